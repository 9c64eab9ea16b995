/* SPDX-License-Identifier: MIT */
/* What "stats" is asked for, and what it gives to programs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "cli/axis.h"
#include "cli/charts.h"
#include "cli/json.h"
#include "cli/stats.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- times ---- */

static int use_berlin(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return 0;
}

static void times_are_read_in_the_users_time_zone(void **state)
{
	static const struct {
		const char *typed, *asked;
		bool ago;
	} times[] = {
	    {"1h", "-1h", true},
	    {"90 min", "-90 min", true},
	    {"-1h", "-1h", true},
	    {"-1h", "-1h", false},
	    {"now", "now", false},
	    {"1700000000", "1700000000", true},
	    {"1700000000.5", "1700000000.5", true},
	    {"2023-11-14T22:13:20Z", "2023-11-14T22:13:20Z", true},
	    {"2023-11-14T23:13:20+01:00", "2023-11-14T23:13:20+01:00", false},
	    {"2023-11-14", "1699916400", true},
	    {"2023-07-01", "1688162400", false},
	    {"2023-11-14 23:13", "1699999980", true},
	    {"2023-11-14 23:13:20", "1700000000", true},
	};
	char reason[REASON_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		char *asked = stats_time(times[i].typed, times[i].ago, reason);

		if (asked == NULL)
			fail_msg("%s", reason);
		assert_string_equal(asked, times[i].asked);
		free(asked);
	}
}

static void a_time_of_the_day_is_one_of_today(void **state)
{
	char reason[REASON_SIZE];
	char *asked = stats_time("00:00", true, reason);
	time_t now = time(NULL), midnight = strtoll(asked, NULL, 10);
	struct tm local;

	(void)state;
	assert_true(midnight <= now && now - midnight < 25 * 3600);
	localtime_r(&midnight, &local);
	assert_int_equal(local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec, 0);
	free(asked);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {"", "yesterday", "25:00", "10:5x", "2023-11-14T",
	    "2023-13-01", "2023-11-14 ", "2023-11-14 10", "-", "1 sheep", "99999999999999"};
	char reason[REASON_SIZE];
	char *asked;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		asked = stats_time(bad[i], true, reason);
		if (asked != NULL)
			fail_msg("\"%s\" was taken for %s", bad[i], asked);
	}
	/* An end lies not in the past by itself. */
	assert_null(stats_time("1h", false, reason));
	assert_non_null(strstr(reason, "\"1h\" is not a time"));
}

static void an_end_alone_has_the_hour_before_it(void **state)
{
	struct stats_options options = {.until = "1700000000", .points = "20"};
	char *path = stats_charts_path(&options, "/v1/resources/5");

	(void)state;
	assert_string_equal(path, "/v1/resources/5/charts?from=1699996400&to=1700000000&points=20");
	free(path);
	options = (struct stats_options){.since = "1h"};
	path = stats_charts_path(&options, "/v1/resources/5");
	assert_string_equal(path, "/v1/resources/5/charts?from=-1h");
	free(path);
}

static void a_span_that_is_none_is_refused_in_the_users_words(void **state)
{
	static const struct stats_options bad[] = {{.since = "2037-01-01"},
	    {.since = "10 min", .until = "-1h"}, {.since = "1700000000", .until = "1700000000"},
	    {.since = "yesterday"}, {.until = "1h"}};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_null(stats_charts_path(&bad[i], "/v1/resources/5"));
}

static void options_are_kept(void **state)
{
	struct stats_options options = {0};

	(void)state;
	assert_false(stats_take_option(&options, 'a', NULL));
	assert_null(options.given);
	assert_true(stats_take_option(&options, 'S', "1h"));
	assert_true(stats_take_option(&options, 'U', "now"));
	assert_true(stats_take_option(&options, 'P', "5"));
	assert_true(stats_take_option(&options, 'X', "100"));
	assert_true(stats_take_option(&options, 'W', NULL));
	assert_string_equal(options.given, "--watch");
	assert_true(options.watch && !options.csv);
	assert_true(stats_take_option(&options, 'C', NULL));
	assert_true(options.csv);
	for (int i = 0; i < 20; i++)
		assert_true(stats_take_option(&options, 'T', "a"));
	assert_int_equal(options.statistic_count, STATS_STATISTICS_MAX);
	assert_string_equal(options.since, "1h");
	assert_string_equal(options.until, "now");
	assert_string_equal(options.points, "5");
	assert_string_equal(options.width, "100");
}

/* ---- which statistics ---- */

static const char two_charts[] =
    "{\"charts\": [{\"title\": \"A\", \"type\": \"series\", \"series\": [{\"statistic\": \"a\"},"
    " {\"statistic\": \"b\"}, {\"statistic\": \"c\"}], \"times\": [10, 20.25, 30], \"values\":"
    " [[1, 2, 3], [4.50, null, -6e-7], null]}, {\"title\": \"B\", \"type\": \"histogram\","
    " \"series\": [{\"statistic\": \"h,\\\"x\\\"\", \"bin_labels\": [\"≤5\", \">5\"], \"time\": "
    "20.25,"
    " \"counts\": [7, 9223372036854775807]}]}, {\"title\": \"C\", \"type\": \"series\", \"series\":"
    " [{\"statistic\": \"b\"}, {\"statistic\": \"d\"}], \"times\": [10, 30], \"values\": [[2, 8],"
    " [null, 9]]}]}";

static void assert_chosen(const char *const *names, size_t count, const char *expected)
{
	struct json_object *answer = json_tokener_parse(two_charts);

	assert_null(stats_choose(answer, names, count));
	assert_string_equal(
	    json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN), expected);
	json_object_put(answer);
}

static void charts_keep_what_is_chosen(void **state)
{
	static const char *const names[] = {"c", "a"};
	static const char *const other[] = {"d"};

	(void)state;
	assert_chosen(names, 2,
	    "{\"charts\":[{\"title\":\"A\",\"type\":\"series\",\"series\":[{\"statistic\":\"a\"},"
	    "{\"statistic\":\"c\"}],\"times\":[10,20.25,30],\"values\":[[1,3],[4.50,-6e-7],null]}]"
	    "}");
	assert_chosen(other, 1,
	    "{\"charts\":[{\"title\":\"C\",\"type\":\"series\",\"series\":[{\"statistic\":\"d\"}],"
	    "\"times\":[10,30],\"values\":[[8],[9]]}]}");
}

static void without_a_choice_all_is_kept(void **state)
{
	struct json_object *answer = json_tokener_parse(two_charts);

	(void)state;
	assert_null(stats_choose(answer, NULL, 0));
	assert_int_equal(json_count(json_part(answer, "charts")), 3);
	json_object_put(answer);
}

static void a_statistic_without_a_chart_is_told(void **state)
{
	static const char *const names[] = {"a", "z"};
	struct json_object *answer = json_tokener_parse(two_charts);

	(void)state;
	assert_string_equal(stats_choose(answer, names, 2), "z");
	json_object_put(answer);
}

/* ---- commas ---- */

static void assert_csv(const char *json, const char *expected)
{
	struct json_object *answer = json_tokener_parse(json);
	struct text out = TEXT_EMPTY;

	render_csv(&out, answer);
	assert_string_equal(out.data, expected);
	text_clear(&out);
	json_object_put(answer);
}

static void a_table_has_a_column_for_each_statistic_and_bin(void **state)
{
	(void)state;
	assert_csv(two_charts, "time,a,b,c,\"h,\"\"x\"\" ≤5\",\"h,\"\"x\"\" >5\",d\n"
	                       "1970-01-01T00:00:10.000000Z,1,2,3,,,8\n"
	                       "1970-01-01T00:00:20.250000Z,4.50,,-6e-7,7,9223372036854775807,\n"
	                       "1970-01-01T00:00:30.000000Z,,,,,,9\n");
}

static void a_table_without_data_has_its_heading(void **state)
{
	(void)state;
	assert_csv("{\"charts\": []}", "time\n");
	assert_csv("{\"charts\": [{\"series\": [{\"statistic\": \"a\"}], \"times\": [], \"values\":"
	           " []}]}",
	    "time,a\n");
}

static void numbers_that_are_none_are_left_out_of_tables(void **state)
{
	(void)state;
	assert_csv("{\"charts\": [{\"series\": [{\"statistic\": \"a\"}, {\"statistic\": \"b\"}],"
	           " \"times\": [null, 1, 2, 1, \"x\"], \"values\": [[1], [\"NaN\", 2], 7, [3]]}]}",
	    "time,a,b\n"
	    "1970-01-01T00:00:01.000000Z,3,2\n");
}

/* ---- values for people ---- */

static void quantities_have_their_units(void **state)
{
	static const struct {
		double value;
		const char *units, *text;
	} quantities[] = {
	    {36.5, "C", "36.5 C"},
	    {0, "", "0"},
	    {-1e300, "x", "-1e+300 x"},
	    {1536, "bytes", "1.5KB"},
	    {-1536, "bytes", "-1.5KB"},
	    {0.4, "bytes/s", "0.0bytes/s"},
	    {1e30, "bytes", "1e+30bytes"},
	    {3, "bytesize", "3 bytesize"},
	};
	struct text text = TEXT_EMPTY;

	(void)state;
	for (size_t i = 0; i < COUNT(quantities); i++) {
		text_reset(&text);
		append_quantity(&text, quantities[i].value, quantities[i].units);
		assert_string_equal(text.data, quantities[i].text);
	}
	text_clear(&text);
}

/* Whatever the values, they lie on the axis, and marks are as few as was asked for. */
static void axes_hold_any_values(void **state)
{
	static const double values[] = {-1.7e308, -1e18, -1000.5, -1, -1e-9, -5e-324, 0, 5e-324,
	    1e-300, 1e-9, 0.1, 1, 2.5, 9.99, 1023, 1024, 1e6, 123456789, 1e15, 1e15 + 1, 9.3e18,
	    1e300, 1.7e308};
	static const char *const units[] = {"C", "bytes"};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		for (size_t j = i; j < COUNT(values) * 2; j++) {
			for (size_t marks = 3; marks < 8; marks++) {
				double most = values[j < COUNT(values) ? j : i];
				struct value_axis axis =
				    value_axis_of(values[i], most, units[marks % 2], marks);

				assert_true(axis.low <= values[i] + axis.step / 1e6L &&
				            axis.low < axis.high && axis.step > 0);
				assert_true(value_axis_count(&axis) >= 2 &&
				            value_axis_count(&axis) <= marks);
				assert_true(value_axis_place(&axis, values[i]) <= 1.0L);
				assert_true(value_axis_place(&axis, most) >= 0.0L);
			}
		}
	}
}

/* ---- of a resource ---- */

static const char drive[] =
    "{\"id\": 7, \"label\": \"Drive 7\", \"class\": \"acme.Drive\", \"kind\": \"PhysicalDisk\","
    " \"statistics\": [{\"name\": \"t\", \"label\": \"Temperature\", \"type\": \"Gauge\", "
    "\"units\":"
    " \"C\"}, {\"name\": \"r\", \"label\": \"Bytes read\", \"type\": \"Counter\", \"units\":"
    " \"bytes\"}, {\"name\": \"h\", \"label\": \"Sizes\", \"type\": \"Histogram\", \"units\": \"\","
    " \"bin_labels\": [\"≤5\", \">5\", \"x\"]}, {\"name\": \"n\", \"label\": \"New\", \"type\":"
    " \"Gauge\", \"units\": \"\"}]%s}";

static void assert_shown(const char *newest, const char *expected)
{
	struct text json = TEXT_EMPTY;

	text_printf(&json, drive, newest);
	assert_rendered(render_resource, &to_file, json.data, expected);
	text_clear(&json);
}

static void a_resource_shows_its_newest_values(void **state)
{
	(void)state;
	assert_shown(
	    ", \"newest\": [{\"statistic\": \"t\", \"time\": 1700000000, \"value\": 36.5,"
	    " \"counts\": null}, {\"statistic\": \"r\", \"time\": 1700000000, \"value\":"
	    " 4096}, {\"statistic\": \"h\", \"time\": 1700000010, \"value\": null, \"counts\":"
	    " [3, 0, 1]}, {\"statistic\": \"n\", \"time\": null, \"value\": null}]",
	    "Drive 7\n"
	    "Id     7\n"
	    "Class  acme.Drive (PhysicalDisk)\n"
	    "\n"
	    "Statistics\n"
	    "Temperature  36.5 C       2023-11-14 23:13:20\n"
	    "Bytes read   4.0KB        2023-11-14 23:13:20\n"
	    "Sizes        ≤5: 3, x: 1  2023-11-14 23:13:30\n"
	    "New          -\n");
}

static void without_a_database_values_are_left_out_and_that_is_told(void **state)
{
	(void)state;
	assert_shown(", \"newest_missing\": \"the database is away: refused\"",
	    "Drive 7\n"
	    "Id     7\n"
	    "Class  acme.Drive (PhysicalDisk)\n"
	    "\n"
	    "Statistics\n"
	    "not to be had now: the database is away: refused\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_read_in_the_users_time_zone),
	    cmocka_unit_test(a_time_of_the_day_is_one_of_today),
	    cmocka_unit_test(what_is_no_time_is_refused),
	    cmocka_unit_test(options_are_kept),
	    cmocka_unit_test(an_end_alone_has_the_hour_before_it),
	    cmocka_unit_test(a_span_that_is_none_is_refused_in_the_users_words),
	    cmocka_unit_test(charts_keep_what_is_chosen),
	    cmocka_unit_test(without_a_choice_all_is_kept),
	    cmocka_unit_test(a_statistic_without_a_chart_is_told),
	    cmocka_unit_test(a_table_has_a_column_for_each_statistic_and_bin),
	    cmocka_unit_test(a_table_without_data_has_its_heading),
	    cmocka_unit_test(numbers_that_are_none_are_left_out_of_tables),
	    cmocka_unit_test(quantities_have_their_units),
	    cmocka_unit_test(axes_hold_any_values),
	    cmocka_unit_test(a_resource_shows_its_newest_values),
	    cmocka_unit_test(without_a_database_values_are_left_out_and_that_is_told),
	};

	return cmocka_run_group_tests(tests, use_berlin, NULL);
}
