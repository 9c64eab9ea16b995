/* SPDX-License-Identifier: MIT */
/*
 * The two kinds of time, which don't mix: monotonic time schedules and measures, wall-clock time
 * is what people and the database read.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Nanoseconds of CLOCK_MONOTONIC. */
struct monotonic {
	int64_t ns;
};

/* Microseconds since 1970-01-01 00:00 UTC. */
struct wallclock {
	int64_t us;
};

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define US_PER_S INT64_C(1000000)

struct monotonic monotonic_now(void);
struct monotonic monotonic_after(struct monotonic from, int64_t ns);

/* from - to in nanoseconds: how long after to from is. */
int64_t monotonic_since(struct monotonic from, struct monotonic to);
struct timespec monotonic_timespec(struct monotonic time);

struct wallclock wallclock_now(void);

/* The same at a lower cost, in whole milliseconds, and up to 5 ms behind. */
struct wallclock wallclock_now_coarse(void);

/*
 * Puts both clocks of this program forward: for tests of what takes time. Whoever waits for a
 * deadline at that moment is not woken.
 */
void clock_skip(int64_t ns);

/* Stops both clocks of this program, which from now on move by clock_skip() only. */
void clock_stop(void);

/* Room for any text of the two functions below. */
#define CLOCK_TEXT_SIZE 48

/* "2026-11-22T10:23:16.123456Z". */
const char *wallclock_format(struct wallclock time, char buffer[CLOCK_TEXT_SIZE]);

/* A duration for people: "0.4 s", "37 s", "3 min", "2 h 5 min". */
const char *duration_format(int64_t ns, char buffer[CLOCK_TEXT_SIZE]);

#endif
