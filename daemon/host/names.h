/* SPDX-License-Identifier: MIT */
/*
 * Attributes and statistics by name, as quickly as calls by name need it. Made once per class, then
 * only read.
 */
#ifndef HOST_NAMES_H
#define HOST_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/class.h"

struct class_names {
	const struct class *class;
	uint32_t *slots; /* 1 + index: attributes first, then statistics; 0: empty */
	uint32_t mask;
};

void class_names_init(struct class_names *names, const struct class *class);
void class_names_clear(struct class_names *names);

/* Index of the attribute or statistic, or CLASS_NOT_FOUND. */
size_t class_names_attribute(const struct class_names *names, const char *name);
size_t class_names_statistic(const struct class_names *names, const char *name);

/* Appends why a name is no attribute (or no statistic), with the names that are known. */
void class_names_explain_attribute(
    const struct class_names *names, const char *name, struct text *reason);
void class_names_explain_statistic(
    const struct class_names *names, const char *name, struct text *reason);

#endif
