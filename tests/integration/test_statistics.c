/* SPDX-License-Identifier: MIT */
/* Statistics from a plugin to those who read them. */
#include "harness.h"

#include <stdlib.h>

#define SENSOR "(SELECT id FROM storage.resources WHERE class = 'Sensor')"
#define DISK "(SELECT id FROM storage.resources WHERE class = 'Disk')"
#define HOUR "now() - interval '1 hour', 'infinity'"

static void start(struct runner *runner, const char *script)
{
	char *plugin = built("tests/plugins/scripted.so");

	write_file(runner, "script", "%s", script);
	runner_configure(runner,
	    "plugins:\n  - {path: %s, log_level: debug}\nscan: {period: 1 s}\n"
	    "scannables:\n  - {plugin: scripted, class: Array,"
	    " attributes: {name: A, script: %s/script}}\n",
	    plugin, runner->directory);
	runner_start(runner, NULL);
	free(plugin);
}

static void every_kind_of_statistic_reaches_its_readers(void **state)
{
	struct runner *runner = *state;

	/* given a gauge, a counter and a histogram; the first two scans follow each other at once
	 */
	start(runner, "disk S1\ntemperature S1 20.5\nsensor T\ncount T 1000\nsizes T 3 5\n");
	wait_for(runner, "SELECT count(*) > 0 FROM storage.samples(" SENSOR ", 'count', " HOUR ")");
	write_file(runner, "script", "count T 3000\nsizes T 30 50\n");
	wait_for(runner,
	    "SELECT counts = '{30,50}' FROM storage.histograms WHERE resource_id = " SENSOR);

	/* then each is there as what it is */
	wait_for(runner, "SELECT value = 20.5 AND units = 'C' FROM storage.resources AS r,"
	                 " storage.latest(r.id), storage.classes AS c,"
	                 " jsonb_to_recordset(c.statistics::jsonb) AS s (name text, units text)"
	                 " WHERE r.class = 'Disk' AND c.name = 'Disk' AND s.name = 'temperature'");
	wait_for(runner, "SELECT value = 3000 FROM storage.latest(" SENSOR ")"
	                 " WHERE statistic = 'count'");
	wait_for(runner, "SELECT max(value) > 0 AND min(value) >= 0"
	                 " FROM storage.samples(" SENSOR ", 'count', " HOUR ")");
	wait_for(runner, "SELECT count(DISTINCT counts) = 2 FROM storage.histogram_samples(" SENSOR
	                 ", 'sizes', " HOUR ")");
	wait_for(runner,
	    "SELECT jsonb_array_length(storage.charts(" SENSOR ", " HOUR ")->'charts') = 2");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_counter_that_is_reset_is_an_event_and_no_negative_rate(void **state)
{
	struct runner *runner = *state;

	start(runner, "sensor T\ncount T 1000\n");
	wait_for(runner, "SELECT count(*) > 0 FROM storage.latest(" SENSOR ") WHERE value = 1000");
	write_file(runner, "script", "count T 10\n");
	wait_for(runner, "SELECT count(*) = 1 FROM storage.events WHERE resource_id = " SENSOR
	                 " AND severity = 'INFO' AND message ="
	                 " 'Counter \"Count\" of Sensor T was reset, from 1000 to 10'");
	wait_for(runner, "SELECT count(*) > 2 AND max(value) = 0"
	                 " FROM storage.samples(" SENSOR ", 'count', " HOUR ")");
	assert_int_equal(runner_stop(runner), 0);
}

static void another_period_drops_the_samples_of_that_statistic(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk S1\ntemperature S1 20\nsensor T\ncount T 1000\n");
	wait_for(
	    runner, "SELECT count(*) > 1 FROM storage.samples(" DISK ", 'temperature', " HOUR ")");
	assert_int_equal(runner_stop(runner), 0);

	/* given that it was an older version of the plugin, with another period, that made these */
	query_number(runner, "UPDATE storage.statistic SET sample_period = 60"
	                     " WHERE name = 'temperature' RETURNING 1");
	write_file(runner, "script", "disk S1\ntemperature S1 30\nsensor T\n");
	runner_start(runner, NULL);
	wait_for(runner, "SELECT count(*) > 1 FROM storage.samples(" DISK ", 'temperature', " HOUR
	                 ") WHERE value = 30");

	/* then they are gone, others are not, and it was told */
	assert_int_equal(query_number(runner, "SELECT min(value) FROM storage.samples(" DISK
	                                      ", 'temperature', " HOUR ") WHERE gap IS NULL"),
	    30);
	assert_int_equal(query_number(runner, "SELECT value FROM storage.latest(" SENSOR ")"
	                                      " WHERE statistic = 'count'"),
	    1000);
	assert_int_equal(
	    count_log(runner, "statistic \"temperature\" of class \"Disk\" has a sample "
	                      "period of 10 s, no longer of 60 s"),
	    1);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(every_kind_of_statistic_reaches_its_readers),
	    runner_test(a_counter_that_is_reset_is_an_event_and_no_negative_rate),
	    runner_test(another_period_drops_the_samples_of_that_statistic),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
