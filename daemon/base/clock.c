/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

/* The system's cheap clock is of use if it ticks at least this often. */
#define COARSE_MAX_NS (4 * NS_PER_MS)

static _Atomic int64_t skipped_ns;

/* Where the clocks stand, without what was skipped; monotonic 0: they run. */
static _Atomic int64_t stopped_monotonic_ns;
static _Atomic int64_t stopped_wallclock_ns;

void clock_skip(int64_t ns)
{
	atomic_fetch_add(&skipped_ns, ns);
}

/* Nanoseconds of a clock of the system. */
static int64_t read_clock(clockid_t clock)
{
	struct timespec now;
	int failed = clock_gettime(clock, &now);

	assert(failed == 0);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void clock_stop(void)
{
	if (atomic_load(&stopped_monotonic_ns) != 0)
		return;
	atomic_store(&stopped_wallclock_ns, read_clock(CLOCK_REALTIME));
	atomic_store(&stopped_monotonic_ns, read_clock(CLOCK_MONOTONIC));
}

struct monotonic monotonic_now(void)
{
	int64_t stopped_ns = atomic_load(&stopped_monotonic_ns);
	int64_t now_ns = stopped_ns != 0 ? stopped_ns : read_clock(CLOCK_MONOTONIC);

	return (struct monotonic){now_ns + atomic_load(&skipped_ns)};
}

struct monotonic monotonic_after(struct monotonic from, int64_t ns)
{
	return (struct monotonic){from.ns + ns};
}

int64_t monotonic_since(struct monotonic from, struct monotonic to)
{
	return from.ns - to.ns;
}

struct timespec monotonic_timespec(struct monotonic time)
{
	assert(time.ns >= 0);
	return (struct timespec){.tv_sec = time.ns / NS_PER_S, .tv_nsec = time.ns % NS_PER_S};
}

/* Nanoseconds since 1970 by the system's clock, or by the one of this program. */
static int64_t read_wallclock(clockid_t clock)
{
	bool stopped = atomic_load(&stopped_monotonic_ns) != 0;
	int64_t now_ns = stopped ? atomic_load(&stopped_wallclock_ns) : read_clock(clock);

	return now_ns + atomic_load(&skipped_ns);
}

struct wallclock wallclock_now(void)
{
	return (struct wallclock){read_wallclock(CLOCK_REALTIME) / 1000};
}

/* The cheapest clock of the system that is good enough for milliseconds. */
static clockid_t choose_coarse_clock(void)
{
	struct timespec resolution;
	int failed = clock_getres(CLOCK_REALTIME_COARSE, &resolution);

	if (failed != 0 || resolution.tv_sec > 0 || resolution.tv_nsec > COARSE_MAX_NS)
		return CLOCK_REALTIME;
	return CLOCK_REALTIME_COARSE;
}

struct wallclock wallclock_now_coarse(void)
{
	static _Atomic int chosen = -1;
	int clock = atomic_load_explicit(&chosen, memory_order_relaxed);

	if (clock < 0) {
		clock = choose_coarse_clock();
		atomic_store_explicit(&chosen, clock, memory_order_relaxed);
	}
	return (struct wallclock){read_wallclock(clock) / NS_PER_MS * (NS_PER_MS / 1000)};
}

const char *wallclock_format(struct wallclock time, char buffer[CLOCK_TEXT_SIZE])
{
	int64_t us = time.us % US_PER_S;
	time_t seconds;
	struct tm tm;

	if (us < 0)
		us += US_PER_S;
	seconds = (time.us - us) / US_PER_S;
	if (gmtime_r(&seconds, &tm) == NULL)
		return "?";
	snprintf(buffer, CLOCK_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)us);
	return buffer;
}

/* "2 h 5 min", or "2 h" when there is nothing of the smaller unit. */
static void format_pair(
    char *buffer, int64_t count, int64_t per, const char *large, const char *small)
{
	if (count % per == 0)
		snprintf(buffer, CLOCK_TEXT_SIZE, "%" PRId64 " %s", count / per, large);
	else
		snprintf(buffer, CLOCK_TEXT_SIZE, "%" PRId64 " %s %" PRId64 " %s", count / per,
		    large, count % per, small);
}

const char *duration_format(int64_t ns, char buffer[CLOCK_TEXT_SIZE])
{
	const int64_t minute = 60 * NS_PER_S;
	int64_t tenths = ns / (NS_PER_S / 10);

	if (ns <= 0)
		snprintf(buffer, CLOCK_TEXT_SIZE, "0 s");
	else if (ns < NS_PER_MS)
		snprintf(buffer, CLOCK_TEXT_SIZE, "%" PRId64 " us", ns / 1000);
	else if (tenths == 0)
		snprintf(buffer, CLOCK_TEXT_SIZE, "%" PRId64 " ms", ns / NS_PER_MS);
	else if (tenths < 100 && tenths % 10 != 0)
		snprintf(
		    buffer, CLOCK_TEXT_SIZE, "%d.%d s", (int)(tenths / 10), (int)(tenths % 10));
	else if (ns < minute)
		snprintf(buffer, CLOCK_TEXT_SIZE, "%d s", (int)(tenths / 10));
	else if (ns < 60 * minute)
		snprintf(buffer, CLOCK_TEXT_SIZE, "%d min", (int)(ns / minute));
	else if (ns < 24 * 60 * minute)
		format_pair(buffer, ns / minute, 60, "h", "min");
	else
		format_pair(buffer, ns / (60 * minute), 24, "d", "h");
	return buffer;
}
