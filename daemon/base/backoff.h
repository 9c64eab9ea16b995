/* SPDX-License-Identifier: MIT */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

/* Waits that double from least to most, each taken with ±20 % of chance. */
struct backoff {
	int64_t least_ns;
	int64_t most_ns;
	int64_t next_ns; /* 0: start with the least */
};

/* The wait after one more failure. */
int64_t backoff_next(struct backoff *backoff);
void backoff_reset(struct backoff *backoff);

/* Other limits, which the next wait keeps to. */
void backoff_limit(struct backoff *backoff, int64_t least_ns, int64_t most_ns);

#endif
