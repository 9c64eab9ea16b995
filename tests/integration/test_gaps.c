/* SPDX-License-Identifier: MIT */
/* Why there are no samples, and for how long statistics are kept. */
#include "harness.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Configures the scripted plugin with the array "A", and further lines. */
static void configure(struct runner *runner, const char *more)
{
	char *plugin = built("tests/plugins/scripted.so");

	runner_configure(runner,
	    "plugins:\n  - path: %s\n    log_level: debug\n"
	    "scan: {retry_min: 50 ms, retry_max: 100 ms}\n"
	    "scannables:\n  - plugin: scripted\n    class: Array\n"
	    "    attributes: {name: A, script: %s/script}\n%s",
	    plugin, runner->directory, more);
	free(plugin);
}

static void start(struct runner *runner, const char *script)
{
	write_file(runner, "script", "%s", script);
	configure(runner, "");
	runner_start(runner, NULL);
}

/* Starts the plugin that does something in its update scan, once it has one good scan behind it. */
static void start_crasher(struct runner *runner, const char *how, const char *limit)
{
	char *plugin = built("tests/plugins/crash_in_hook.so");

	runner_configure(runner,
	    "plugins:\n  - {path: %s, settings: {hook: update_scan, how: %s}}\n"
	    "scan: {retry_min: 20 ms, retry_max: 50 ms, limit: %s}\n"
	    "scannables:\n  - {plugin: crash_in_hook, class: Array, attributes: {address: x}}\n",
	    plugin, how, limit);
	runner_start(runner, NULL);
	free(plugin);
}

#define SCANNABLE "(SELECT id FROM storage.resource WHERE configured)"
#define FRAMES "(SELECT count(*) FROM storage.frame WHERE resolution = 0)"

static void a_failed_session_leaves_a_gap_until_it_is_scanned_again(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk S1\ntemperature S1 20\n");
	wait_for(runner, "SELECT " FRAMES " > 1");
	write_file(runner, "script", "fail broken\n");
	wait_for(runner, "SELECT count(*) = 1 FROM storage.gap WHERE reason = 'offline'"
	                 " AND end_time IS NULL AND scannable_id = " SCANNABLE);
	wait_for_log(runner, "broken", count_log(runner, "broken") + 3);
	assert_int_equal(query_number(runner, "SELECT count(*) FROM storage.gap"), 1);
	write_file(runner, "script", "disk S1\ntemperature S1 20\n");
	wait_for(runner, "SELECT count(*) = 1 FROM storage.gap WHERE reason = 'offline'"
	                 " AND end_time > begin_time");
	wait_for(runner, "SELECT max(time) > (SELECT end_time FROM storage.gap) FROM storage.frame"
	                 " WHERE resolution = 0");
	/* Times of samples are those of a clock that may be a tick behind. */
	assert_string_equal(
	    query(runner, "SELECT count(*) FROM storage.frame, storage.gap WHERE resolution = 0"
	                  " AND time > begin_time AND time < end_time - interval '20 ms'"),
	    "0");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_scan_that_takes_too_long_leaves_a_gap(void **state)
{
	struct runner *runner = *state;

	start_crasher(runner, "hang", "1 s");
	wait_for(runner, "SELECT count(*) > 0 FROM storage.gap WHERE reason = 'deadline'"
	                 " AND end_time IS NOT NULL AND scannable_id = " SCANNABLE);
	assert_int_equal(
	    query_number(runner, "SELECT count(*) FROM storage.gap WHERE reason <> 'deadline'"), 0);
	runner_stop(runner);
}

static void a_crash_of_the_plugin_leaves_a_gap(void **state)
{
	struct runner *runner = *state;

	start_crasher(runner, "kill", "60 s");
	wait_for(runner, "SELECT count(*) > 0 FROM storage.gap WHERE reason = 'crash'"
	                 " AND end_time IS NOT NULL AND scannable_id = " SCANNABLE);
	assert_int_equal(
	    query_number(runner, "SELECT count(*) FROM storage.gap WHERE reason <> 'crash'"), 0);
	runner_stop(runner);
}

static void the_time_without_a_runner_is_a_gap_of_all(void **state)
{
	struct runner *runner = *state;
	char *sampled;

	start(runner, "disk S1\ntemperature S1 20\n");
	wait_for(runner, "SELECT " FRAMES " > 1");
	assert_int_equal(query_number(runner, "SELECT count(*) FROM storage.gap"), 0);
	assert_int_equal(runner_stop(runner), 0);
	sampled = xstrdup(query(runner, "SELECT sampled FROM storage.counter"));
	runner_start(runner, NULL);

	wait_for(runner,
	    "SELECT count(*) = 1 FROM storage.gap WHERE reason = 'stopped' AND scannable_id IS NULL"
	    " AND begin_time = '%s' AND end_time > begin_time",
	    sampled);
	assert_int_equal(query_number(runner, "SELECT count(*) FROM storage.gap"), 1);
	assert_int_equal(runner_stop(runner), 0);
	free(sampled);
}

static void a_gap_lasts_over_a_kill(void **state)
{
	struct runner *runner = *state;
	char *begun;

	start(runner, "disk S1\n");
	wait_for(runner, "SELECT count(*) = 2 FROM storage.resource");
	write_file(runner, "script", "fail broken\n");
	wait_for(runner, "SELECT count(*) = 1 FROM storage.gap WHERE end_time IS NULL");
	begun = xstrdup(query(runner, "SELECT begin_time FROM storage.gap"));
	runner_kill(runner);
	write_file(runner, "script", "disk S1\n");
	runner_start(runner, NULL);

	wait_for(runner,
	    "SELECT count(*) = 1 FROM storage.gap WHERE reason = 'offline'"
	    " AND begin_time = '%s' AND end_time > begin_time",
	    begun);
	assert_int_equal(query_number(runner, "SELECT count(*) FROM storage.gap"), 1);
	assert_int_equal(runner_stop(runner), 0);
	free(begun);
}

static void statistics_can_be_turned_off_and_on(void **state)
{
	struct runner *runner = *state;
	long frames;

	write_file(runner, "script", "disk S1 capacity=1\ntemperature S1 20\n");
	configure(runner, "statistics: {enabled: false}\n");
	runner_start(runner, NULL);
	wait_for(runner, "SELECT count(*) = 2 FROM storage.resource");
	write_file(runner, "script", "disk S1 capacity=2\ntemperature S1 99\n");
	wait_for(runner, "SELECT count(*) = 1 FROM storage.resource"
	                 " WHERE attributes->>'capacity' = '2'");
	wait_for(runner, "SELECT count(*) = 1 FROM storage.alerts WHERE active"
	                 " AND attribute = 'temperature'");
	assert_int_equal(query_number(runner, "SELECT " FRAMES), 0);

	configure(runner, "");
	kill(runner->pid, SIGHUP);
	wait_for(runner, "SELECT " FRAMES " > 0");
	configure(runner, "statistics: {enabled: false}\n");
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "configuration reloaded", 2);
	wait_for_log(runner, "update scan", count_log(runner, "update scan") + 2);
	frames = query_number(runner, "SELECT " FRAMES);
	wait_for_log(runner, "update scan", count_log(runner, "update scan") + 3);
	assert_int_equal(query_number(runner, "SELECT " FRAMES), frames);
	assert_int_equal(runner_stop(runner), 0);
}

static void the_retention_is_taken_up_by_a_reload(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk S1\n");
	wait_for(runner, "SELECT retention = '1 day' FROM storage.resolution WHERE number = 0");
	configure(runner, "statistics: {retention: {samples: 12 h, one_day: 90 d}}\n");
	kill(runner->pid, SIGHUP);
	wait_for(runner, "SELECT bool_and(retention = CASE number WHEN 0 THEN interval '12 hours'"
	                 " ELSE interval '90 days' END)"
	                 " FROM storage.resolution WHERE number IN (0, 4)");
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(a_failed_session_leaves_a_gap_until_it_is_scanned_again),
	    runner_test(a_scan_that_takes_too_long_leaves_a_gap),
	    runner_test(a_crash_of_the_plugin_leaves_a_gap),
	    runner_test(the_time_without_a_runner_is_a_gap_of_all),
	    runner_test(a_gap_lasts_over_a_kill),
	    runner_test(statistics_can_be_turned_off_and_on),
	    runner_test(the_retention_is_taken_up_by_a_reload),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
