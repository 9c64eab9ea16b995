/* SPDX-License-Identifier: MIT */
/*
 * A list of texts that grows: every mistake found in a plugin, or every warning about it. Start
 * with {0}, end with reasons_clear().
 */
#ifndef HOST_REASONS_H
#define HOST_REASONS_H

#include <stdarg.h>
#include <stddef.h>

struct reasons {
	char **items;
	size_t count;
	size_t capacity;
};

void reasons_add(struct reasons *reasons, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a text that the list then owns. What is not UTF-8 in it is replaced. */
void reasons_take(struct reasons *reasons, char *reason);
void reasons_clear(struct reasons *reasons);

#endif
