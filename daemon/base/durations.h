/* SPDX-License-Identifier: MIT */
/* How long something took, each time: counted by length. Start with {0}. */
#ifndef BASE_DURATIONS_H
#define BASE_DURATIONS_H

#include <stddef.h>
#include <stdint.h>

#define DURATION_BOUNDS 17

/* From 1 ms to 5 min, ascending. */
extern const int64_t duration_bounds_ns[DURATION_BOUNDS];

struct durations {
	uint64_t
	    counts[DURATION_BOUNDS + 1]; /* up to each bound and above the one before; longer */
	double sum_s;
};

/* Counts one; less than nothing counts as nothing. */
void durations_add(struct durations *durations, int64_t ns);

#endif
