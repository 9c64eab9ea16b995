/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli_fixture.h"

#define WELL                                                                           \
	"{\"status\": \"ok\", \"problem_count\": 0, \"problems\": [], \"plugins\": 3," \
	" \"plugins_running\": 3, \"scannables\": 2, \"scannables_online\": 2,"        \
	" \"scannables_degraded\": 0, \"scannables_offline\": 0, \"alerts\": 4,"       \
	" \"database_away_s\": 0, \"dropped_samples\": 7}"

#define ILL                                                                               \
	"{\"status\": \"critical\", \"problem_count\": 102, \"problems\": ["              \
	"{\"severity\": \"critical\", \"text\": \"the database is away | since 3 s\"},"   \
	"{\"severity\": \"warning\", \"text\": \"Array\\u001b[1m is not contactable\"}]," \
	" \"plugins\": 1, \"plugins_running\": 1, \"scannables\": 101,"                   \
	" \"scannables_offline\": 101, \"database_away_s\": 3}"

static char *nagios(const char *json)
{
	struct json_object *health = json_tokener_parse(json);
	struct text out = TEXT_EMPTY;

	assert_non_null(health);
	render_nagios(&out, health);
	json_object_put(health);
	return text_steal(&out);
}

static int status_of(const char *json)
{
	struct json_object *health = json_tokener_parse(json);
	int status = health_status(health);

	json_object_put(health);
	return status;
}

static void people_read_the_counts_and_every_problem(void **state)
{
	(void)state;
	assert_rendered(render_health, &to_file, WELL,
	    "OK: 3 of 3 plugins running, 2 of 2 scannables online\n");
	assert_rendered(render_health, &to_file, ILL,
	    "CRITICAL: 1 of 1 plugin running, 0 of 101 scannables online\n"
	    "CRITICAL  the database is away | since 3 s\n"
	    "WARNING  Array[1m is not contactable\n"
	    "and 100 more\n");
	assert_rendered(render_health, &to_file,
	    "{\"status\": \"ok\", \"plugins\": 1, \"plugins_running\": 1, \"scannables\": 2,"
	    " \"scannables_online\": 1, \"scannables_paused\": 1}",
	    "OK: 1 of 1 plugin running, 1 of 2 scannables online, 1 paused\n");
}

static void monitors_read_one_line_with_data_and_further_ones(void **state)
{
	char *text = nagios(WELL);

	(void)state;
	assert_string_equal(text,
	    "IML OK - 3 of 3 plugins running, 2 of 2 scannables online | plugins=3;;;0"
	    " plugins_running=3;;;0;3 scannables=2;;;0 scannables_online=2;;;0;2"
	    " scannables_degraded=0;;;0;2 scannables_offline=0;;;0;2 scannables_paused=0;;;0;2 "
	    "alerts=4;;;0"
	    " database_away_s=0s;;;0 dropped_samples=7c;;;0\n");
	free(text);
	text = nagios(ILL);
	assert_string_equal(text,
	    "IML CRITICAL - the database is away / since 3 s, and 101 more | plugins=1;;;0"
	    " plugins_running=1;;;0;1 scannables=101;;;0 scannables_online=0;;;0;101"
	    " scannables_degraded=0;;;0;101 scannables_offline=101;;;0;101 "
	    "scannables_paused=0;;;0;101 alerts=0;;;0"
	    " database_away_s=3s;;;0 dropped_samples=0c;;;0\n"
	    "Array[1m is not contactable\n");
	free(text);
}

static void the_exit_status_is_that_of_monitoring_plugins(void **state)
{
	(void)state;
	assert_int_equal(status_of("{\"status\": \"ok\"}"), 0);
	assert_int_equal(status_of("{\"status\": \"warning\"}"), 1);
	assert_int_equal(status_of("{\"status\": \"critical\"}"), 2);
	assert_int_equal(status_of("{\"status\": \"splendid\"}"), 3);
	assert_int_equal(status_of("{}"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(people_read_the_counts_and_every_problem),
	    cmocka_unit_test(monitors_read_one_line_with_data_and_further_ones),
	    cmocka_unit_test(the_exit_status_is_that_of_monitoring_plugins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
