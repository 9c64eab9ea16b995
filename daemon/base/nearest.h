/* SPDX-License-Identifier: MIT */
/*
 * The known name that somebody most likely meant with one that is not known: the one with the
 * fewest letters to insert, remove or replace. Case does not count.
 *
 *	struct nearest nearest = nearest_to("conection");
 *	nearest_try(&nearest, "connection", 10);
 *	if (nearest.name != NULL) …
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *typed;
	const char *name; /* the nearest so far, borrowed; NULL: none is near enough */
	size_t length;
	size_t least;
};

struct nearest nearest_to(const char *typed);

/* Compares it with one known name, of length bytes. */
void nearest_try(struct nearest *nearest, const char *name, size_t length);

#endif
