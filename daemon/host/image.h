/* SPDX-License-Identifier: MIT */
/*
 * The memory of one shared object, or of the program: what a constant table of a plugin is in. A
 * pointer to anywhere else is a mistake (or a table on a stack that is gone), and is told apart
 * here before it is followed. Other objects don't count, since each run has them elsewhere: a
 * pointer that is wrong would be found out in one run, and followed in the next.
 */
#ifndef HOST_IMAGE_H
#define HOST_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image_range {
	uintptr_t begin;
	uintptr_t end; /* first address that is not in it */
	bool writable;
};

struct image {
	struct image_range *ranges;
	size_t count;
	size_t capacity;
	const void *inside;
};

/* The memory of the object that has this address; nothing if none has. */
void image_take(struct image *image, const void *inside);
void image_clear(struct image *image);

/* Whether size bytes at address can be read. */
bool image_contains(const struct image *image, const void *address, size_t size);

/* Whether they can be written, too. */
bool image_is_writable(const struct image *image, const void *address, size_t size);

/* Whether a text with its zero byte is there: then its length is stored. */
bool image_text(const struct image *image, const char *text, size_t *length);

#endif
