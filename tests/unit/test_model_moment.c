/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "model/moment.h"

/* 2026-11-22T10:28:16.123456Z */
static const struct wallclock now = {INT64_C(1795343296123456)};

static void times_are_read_in_each_form(void **state)
{
	static const struct {
		const char *text, *time;
	} good[] = {
	    {"now", "2026-11-22T10:28:16.123456Z"},
	    {"-0 s", "2026-11-22T10:28:16.123456Z"},
	    {"-1h", "2026-11-22T09:28:16.123456Z"},
	    {"-250 ms", "2026-11-22T10:28:15.873456Z"},
	    {"0", "1970-01-01T00:00:00.000000Z"},
	    {"1795343296", "2026-11-22T10:28:16.000000Z"},
	    {"1795343296.5", "2026-11-22T10:28:16.500000Z"},
	    {"1795343296.1234569", "2026-11-22T10:28:16.123456Z"},
	    {"253402300799", "9999-12-31T23:59:59.000000Z"},
	    {"2026-11-22T10:28:16Z", "2026-11-22T10:28:16.000000Z"},
	    {"2026-11-22T10:28:16.25z", "2026-11-22T10:28:16.250000Z"},
	    {"2026-11-22T00:28:16.25+01:30", "2026-11-21T22:58:16.250000Z"},
	    {"2024-02-29T23:59:59-00:01", "2024-03-01T00:00:59.000000Z"},
	};
	char reason[REASON_SIZE], buffer[CLOCK_TEXT_SIZE];
	struct wallclock moment;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!moment_parse(good[i].text, now, &moment, reason))
			fail_msg("%s", reason);
		assert_string_equal(wallclock_format(moment, buffer), good[i].time);
	}
}

static void anything_else_is_no_time(void **state)
{
	static const char *const bad[] = {"", "yesterday", "-", "-5", "--1h", "-1 sheep", "1h",
	    "+1h", "1.", ".5", "1e9", "1795343296 ", "1234567890123", "2026-11-22",
	    "2026-11-22T10:28Z", "2026-11-22T10:28:16", "2026-11-22T10:28:16.Z",
	    "2026-11-22T10:28:16 Z", "2026-11-22T10:28:16+", "2026-11-22T10:28:16+1",
	    "2026-11-22T10:28:16+01", "2026-11-22T10:28:16+01:", "2026-11-22T10:28:16+01:0",
	    "2026-11-22T10:28:16+24:00", "2026-11-22T10:28:16+01:60", "2026-11-22T10:28:16+01:00Z",
	    "2026-13-22T10:28:16Z"};
	char reason[REASON_SIZE];
	struct wallclock moment;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (moment_parse(bad[i], now, &moment, reason))
			fail_msg("\"%s\" was taken for a time", bad[i]);
	}
	assert_string_equal(reason,
	    "\"2026-13-22T10:28:16Z\" is not a time: seconds since 1970, or as in"
	    " \"2026-11-22T10:28:16Z\", or \"-1h\" for an hour ago");
}

static void times_are_of_four_digit_years(void **state)
{
	static const char *const bad[] = {
	    "253402300800", "-30000d", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01"};
	char reason[REASON_SIZE];
	struct wallclock moment;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(moment_parse(bad[i], now, &moment, reason));
		assert_non_null(strstr(reason, "is not between the years 1970 and 9999"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_read_in_each_form),
	    cmocka_unit_test(anything_else_is_no_time),
	    cmocka_unit_test(times_are_of_four_digit_years),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
