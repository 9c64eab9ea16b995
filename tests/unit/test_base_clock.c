/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"

static void monotonic_time_adds_and_subtracts(void **state)
{
	struct monotonic now = monotonic_now();
	struct monotonic later = monotonic_after(now, 3 * NS_PER_S + 5);
	struct timespec time = monotonic_timespec((struct monotonic){7 * NS_PER_S + 42});
	(void)state;

	assert_int_equal(monotonic_since(later, now), 3 * NS_PER_S + 5);
	assert_int_equal(monotonic_since(now, later), -(3 * NS_PER_S + 5));
	assert_true(monotonic_since(monotonic_now(), now) >= 0);
	assert_int_equal(time.tv_sec, 7);
	assert_int_equal(time.tv_nsec, 42);
}

static void wallclock_time_is_written_in_utc(void **state)
{
	char buffer[CLOCK_TEXT_SIZE];
	(void)state;

	assert_string_equal(wallclock_format((struct wallclock){INT64_C(1795343296123456)}, buffer),
	    "2026-11-22T10:28:16.123456Z");
	assert_string_equal(
	    wallclock_format((struct wallclock){0}, buffer), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(
	    wallclock_format((struct wallclock){-1}, buffer), "1969-12-31T23:59:59.999999Z");
}

static void wallclock_now_is_after_this_was_written(void **state)
{
	(void)state;
	assert_true(wallclock_now().us > INT64_C(1700000000) * US_PER_S);
}

static void durations_are_written_for_people(void **state)
{
	const int64_t second = NS_PER_S, minute = 60 * second, hour = 60 * minute;
	const struct {
		int64_t ns;
		const char *shown;
	} durations[] = {{-1, "0 s"}, {0, "0 s"}, {1500, "1 us"}, {12 * NS_PER_MS, "12 ms"},
	    {400 * NS_PER_MS, "0.4 s"}, {4 * second, "4 s"}, {4500 * NS_PER_MS, "4.5 s"},
	    {37 * second, "37 s"}, {minute - 1, "59 s"}, {minute, "1 min"}, {3 * minute, "3 min"},
	    {hour - 1, "59 min"}, {2 * hour + 5 * minute, "2 h 5 min"}, {2 * hour, "2 h"},
	    {49 * hour, "2 d 1 h"}, {24 * hour, "1 d"}};
	char buffer[CLOCK_TEXT_SIZE];
	(void)state;

	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
		assert_string_equal(duration_format(durations[i].ns, buffer), durations[i].shown);
}

/* For good: the last of the tests. */
static void stopped_clocks_move_only_when_told_to(void **state)
{
	struct timespec a_while = {.tv_nsec = 2 * NS_PER_MS};
	struct monotonic before, skipped;
	struct wallclock wall;
	(void)state;

	clock_stop();
	before = monotonic_now();
	wall = wallclock_now();
	nanosleep(&a_while, NULL);
	clock_stop();
	assert_int_equal(monotonic_now().ns, before.ns);
	assert_int_equal(wallclock_now().us, wall.us);

	clock_skip(5 * NS_PER_S);
	skipped = monotonic_now();
	assert_int_equal(monotonic_since(skipped, before), 5 * NS_PER_S);
	assert_int_equal(wallclock_now().us - wall.us, 5 * US_PER_S);
}

static void the_coarse_clock_is_in_milliseconds_and_a_little_behind(void **state)
{
	struct wallclock before = wallclock_now(), coarse = wallclock_now_coarse();
	(void)state;

	assert_int_equal(coarse.us % 1000, 0);
	assert_true(before.us - coarse.us <= 5000);
	assert_true(coarse.us <= wallclock_now().us);
	clock_stop();
	before = wallclock_now();
	clock_skip(7 * NS_PER_S);
	assert_int_equal(wallclock_now_coarse().us, (before.us + 7 * US_PER_S) / 1000 * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(monotonic_time_adds_and_subtracts),
	    cmocka_unit_test(wallclock_time_is_written_in_utc),
	    cmocka_unit_test(wallclock_now_is_after_this_was_written),
	    cmocka_unit_test(durations_are_written_for_people),
	    cmocka_unit_test(stopped_clocks_move_only_when_told_to),
	    cmocka_unit_test(the_coarse_clock_is_in_milliseconds_and_a_little_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
