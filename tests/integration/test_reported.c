/* SPDX-License-Identifier: MIT */
/* Scannables that another one's scans report: their sessions, and how they end. */
#include "harness.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Array A, with the script "a", is all that the configuration has; or nothing. */
static void configure(struct runner *runner, bool has_a)
{
	char *plugin = built("tests/plugins/scripted.so");
	char *array = xasprintf("  - {plugin: scripted, class: Array, attributes: {name: A, "
	                        "script: %s/a}}\n",
	    runner->directory);

	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\n"
	    "scan:\n  retry_min: 50 ms\n  retry_max: 200 ms\n"
	    "scannables:%s%s",
	    plugin, has_a ? "\n" : " []\n", has_a ? array : "");
	free(array);
	free(plugin);
}

static void reload(struct runner *runner, bool has_a)
{
	configure(runner, has_a);
	kill(runner->pid, SIGHUP);
}

/* A line of A's script that reports an array whose own script has the lower-case name. */
static char *array_line(const struct runner *runner, const char *name, const char *more)
{
	char low[] = {(char)(name[0] | 0x20), '\0'};

	return xasprintf("array %s script=%s/%s%s\n", name, runner->directory, low, more);
}

/* A reports X, which has a disk of its own, and Y below itself. */
static void start(struct runner *runner)
{
	char *x = array_line(runner, "X", "");
	char *y = array_line(runner, "Y", " root=1");

	write_file(runner, "a", "%s%s", x, y);
	write_file(runner, "x", "disk D1 status=FAILED\nshared W\n");
	write_file(runner, "y", "disk D2\n");
	configure(runner, true);
	runner_start(runner, "--verbose", NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk D1'");
	free(x);
	free(y);
}

/* Takes X out of what A reports. */
static void drop_x(struct runner *runner)
{
	char *y = array_line(runner, "Y", " root=1");

	write_file(runner, "a", "gone array X\n%s", y);
	free(y);
}

static const char *find_line(const char *log, const char *scannable, const char *words)
{
	char *text = xasprintf("%s: %s", scannable, words);
	const char *found = strstr(log, text);

	if (found == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, log);
	free(text);
	return found;
}

static void one_without_parents_is_scanned_and_one_below_its_reporter_is_not(void **state)
{
	struct runner *runner = *state;
	char *output;

	start(runner);
	wait_for_log(runner, "session online", 2);
	assert_int_equal(count_log(runner, ": initial scan\n"), 2);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where label = 'Disk D2'"),
	    0);
	assert_string_equal(
	    query(runner, "select string_agg(label, ', ' order by label) from"
	                  " storage.resources where class = 'Array' and configured"),
	    "Array A");
	assert_string_equal(query(runner, "select above.label from storage.resources r join"
	                                  " storage.resources above on above.id = r.scope_id"
	                                  " where r.label = 'Disk D1'"),
	    "Array X");
	output = command(runner, NULL, "status");
	if (strstr(output, "Array X") == NULL || strstr(output, "Array Y") != NULL)
		fail_msg("Array X alone is to have a session:\n%s", output);
	free(output);
	assert_int_equal(runner_stop(runner), 0);
	assert_int_equal(count_log(runner, ": teardown\n"), 2);
}

static void its_session_is_stopped_before_it_is_removed(void **state)
{
	struct runner *runner = *state;
	const char *torn_down, *removed;
	char *log;

	start(runner);
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	drop_x(runner);
	wait_for(runner, "select count(*) = 0 from storage.resource where label = 'Array X'");
	log = read_log(runner);
	torn_down = find_line(log, "Array X", "teardown");
	removed = find_line(log, "Array X", "removed\n");
	assert_true(torn_down < removed);
	free(log);
	assert_int_equal(query_number(runner, "select count(*) from storage.resource"), 2);
	assert_int_equal(query_number(runner, "select count(*) from storage.reporter"), 1);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where active"), 0);
	assert_int_equal(runner_stop(runner), 0);
}

static void what_is_missing_after_a_restart_is_stopped_and_removed(void **state)
{
	struct runner *runner = *state;
	char *y;

	start(runner);
	assert_int_equal(runner_stop(runner), 0);
	y = array_line(runner, "Y", " root=1");
	write_file(runner, "a", "%s", y);
	free(y);
	runner_start(runner, "--verbose", NULL);
	wait_for(runner, "select count(*) = 0 from storage.resource where label = 'Array X'");
	assert_int_equal(query_number(runner, "select count(*) from storage.resource"), 2);
	assert_int_equal(runner_stop(runner), 0);
}

static void it_keeps_its_record_over_a_restart_and_a_kill(void **state)
{
	static const char all[] = "select string_agg(id || label, ',' order by id) from"
	                          " storage.resources";
	struct runner *runner = *state;
	char *before;

	start(runner);
	wait_for_log(runner, "session online", 2);
	wait_for(runner, "select count(*) = 5 from storage.resources");
	before = xstrdup(query(runner, all));
	assert_int_equal(runner_stop(runner), 0);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 2);
	assert_string_equal(query(runner, all), before);
	runner_kill(runner);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 2);
	assert_string_equal(query(runner, all), before);
	assert_int_equal(runner_stop(runner), 0);
	free(before);
}

static void it_is_hidden_with_the_one_that_reports_it(void **state)
{
	struct runner *runner = *state;

	start(runner);
	wait_for(runner, "select count(*) = 5 from storage.resources");
	reload(runner, false);
	wait_for(runner, "select count(*) = 0 from storage.resources");
	assert_int_equal(query_number(runner, "select count(*) from storage.resource"), 5);
	wait_for_log(runner, ": teardown\n", 2);
	reload(runner, true);
	wait_for(runner, "select count(*) = 5 from storage.resources");
	wait_for_log(runner, ": initial scan\n", 4);
	assert_int_equal(query_number(runner, "select max(id) from storage.resource"), 5);
	assert_int_equal(runner_stop(runner), 0);
}

static void other_values_begin_its_session_anew(void **state)
{
	struct runner *runner = *state;
	char *x;

	start(runner);
	write_file(runner, "z", "disk D3\n");
	x = xasprintf("array X script=%s/z\n", runner->directory);
	write_file(runner, "a", "%s", x);
	free(x);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk D3'");
	wait_for_log(runner, "another scannable gave it other values", 1);
	wait_for(runner, "select count(*) = 0 from storage.resources where label = 'Disk D1'");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_parent_ends_its_session_and_none_begins_it(void **state)
{
	struct runner *runner = *state;
	char *x, *y;

	start(runner);
	wait_for_log(runner, "session online", 2);
	x = array_line(runner, "X", " root=1");
	y = array_line(runner, "Y", " noroot=1");
	write_file(runner, "a", "%s%s", x, y);
	free(x);
	free(y);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk D2'");
	wait_for_log(runner, "it has parents, and is scanned with them", 1);
	wait_for_log(runner, ": teardown\n", 1);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where label = 'Disk D1'"),
	    1);
	assert_int_equal(runner_stop(runner), 0);
}

static void one_that_does_not_answer_is_offline_by_itself(void **state)
{
	struct runner *runner = *state;

	start(runner);
	write_file(runner, "x", "fail so\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active"
	                 " and message = 'Array X not contactable'");
	drop_x(runner);
	wait_for(runner, "select count(*) = 0 from storage.resource where label = 'Array X'");
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts"
	                                      " where message like '%%not contactable'"),
	    0);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(one_without_parents_is_scanned_and_one_below_its_reporter_is_not),
	    runner_test(its_session_is_stopped_before_it_is_removed),
	    runner_test(what_is_missing_after_a_restart_is_stopped_and_removed),
	    runner_test(it_keeps_its_record_over_a_restart_and_a_kill),
	    runner_test(it_is_hidden_with_the_one_that_reports_it),
	    runner_test(other_values_begin_its_session_anew),
	    runner_test(a_parent_ends_its_session_and_none_begins_it),
	    runner_test(one_that_does_not_answer_is_offline_by_itself),
	};

	return cmocka_run_group_tests_name("reported", tests, database_start, database_stop);
}
