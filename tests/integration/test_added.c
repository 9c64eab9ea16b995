/* SPDX-License-Identifier: MIT */
/* Scannables that people add, change and remove while the runner runs. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Plugins, and Array F of the file or (has_f false) nothing to scan. */
static void configure(struct runner *runner, bool has_f)
{
	char *scripted = built("tests/plugins/scripted.so");
	char *salts = built("tests/plugins/salts_password.so");
	char *canary = built("tests/plugins/canary.so");
	char *array =
	    xasprintf("\n  - {plugin: scripted, class: Array, attributes: {name: F, script: %s/f}}",
	        runner->directory);

	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}, {path: %s, log_level: debug}, %s]\n"
	    "scan:\n  retry_min: 60 s\n  retry_max: 60 s\n  period: 1 s\n"
	    "scannables:%s\n",
	    scripted, salts, canary, has_f ? array : " []");
	free(array);
	free(canary);
	free(salts);
	free(scripted);
}

/* Asserts whether users may remove a resource, as the database tells. */
static void assert_removable(struct runner *runner, const char *label, const char *expected)
{
	assert_string_equal(
	    query(runner, "select removable from storage.resources where label = '%s'", label),
	    expected);
}

static void start(struct runner *runner)
{
	write_file(runner, "f", "disk F1\n");
	write_file(runner, "a", "disk A1\n");
	configure(runner, true);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 1);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk F1'");
}

static void reload(struct runner *runner, bool has_f)
{
	unsigned before = count_log(runner, "configuration reloaded");

	configure(runner, has_f);
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "configuration reloaded", before + 1);
}

/* Runs a command, asserts its status, and asserts that it says the words (NULL: nothing). */
static void run(struct runner *runner, int status, const char *words, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void run(struct runner *runner, int status, const char *words, const char *format, ...)
{
	va_list arguments;
	char *line, *output;
	int got;

	va_start(arguments, format);
	line = xvasprintf(format, arguments);
	va_end(arguments);
	output = command(runner, &got, "%s", line);
	if (words == NULL ? output[0] != '\0' : strstr(output, words) == NULL)
		fail_msg("%s said:\n%s", line, output);
	assert_int_equal(got, status);
	free(output);
	free(line);
}

/* Adds Array A with the script "a", and gives its number. */
static long add_a(struct runner *runner)
{
	run(runner, 0, "\n", "add scripted Array name=A script=%s/a", runner->directory);
	return query_number(runner, "select id from storage.resources where label = 'Array A'");
}

/* ---- adding ---- */

static void one_that_is_added_is_stored_and_scanned_at_once(void **state)
{
	struct runner *runner = *state;
	long id;

	start(runner);
	id = add_a(runner);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	assert_string_equal(
	    query(runner, "select added and not configured from storage.resources where id = %ld",
	        id),
	    "t");
	run(runner, 0, "\"origin\": \"added\"", "--json show %ld", id);
	run(runner, 0, "\"origin\": \"configured\"", "--json show 1");
	wait_for_log(runner, "session online", 2);
	runner_kill(runner);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 2);
	assert_int_equal(
	    query_number(runner, "select id from storage.resources where label = 'Array A'"), id);
	assert_int_equal(runner_stop(runner), 0);
}

static void one_that_is_there_stays_as_it_is(void **state)
{
	struct runner *runner = *state;
	long id;

	start(runner);
	id = add_a(runner);
	run(runner, 0, "was there, and is as it was", "add scripted Array name=A script=/nowhere");
	run(runner, 0, "\"existed\": true", "--json add scripted Array name=F script=/nowhere");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where class = 'Array'"),
	    2);
	assert_string_equal(query(runner,
	                        "select (attributes->>'script') like '%%/a' from "
	                        "storage.resources where id = %ld",
	                        id),
	    "t");
	assert_int_equal(runner_stop(runner), 0);
}

static void an_automatic_identifier_makes_each_another_one(void **state)
{
	struct runner *runner = *state;

	start(runner);
	for (int i = 0; i < 2; i++)
		run(runner, 0, "\"existed\": false", "--json add scripted Numbered script=%s/a",
		    runner->directory);
	wait_for(runner, "select count(*) = 2 from storage.resources where label = 'Disk A1'");
	wait_for_log(runner, "session online", 3);
	runner_kill(runner);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 3);
	wait_for_log(runner, "database: ready", 1);
	run(runner, 0, "\"existed\": false", "--json add scripted Numbered script=%s/a",
	    runner->directory);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where class = 'Numbered'"),
	    3);
	assert_int_equal(runner_stop(runner), 0);
}

static void every_mistake_is_told_and_nothing_is_stored(void **state)
{
	struct runner *runner = *state;

	start(runner);
	run(runner, 1,
	    "iml-plugin: Array has no attribute \"nme\" (it has: name, script, motto)\n"
	    "iml-plugin: \"firmware\" is set by the plugin; leave it out\n",
	    "add scripted Array nme=A firmware=1 script=/a");
	run(runner, 1,
	    "iml-plugin: Array needs a value for \"name\"\n"
	    "iml-plugin: Array needs a value for \"script\"\n",
	    "add scripted Array motto=x");
	run(runner, 1, "plugin scripted has no scannable class \"Disk\" (it has: Array, Numbered)",
	    "add scripted Disk serial=1");
	run(runner, 1, "no plugin \"nix\" has been loaded", "add nix Array name=1");
	run(runner, 1, "\"name\" is given twice", "add scripted Array name=1 name=2");
	run(runner, 1, "\"name\" is not ATTRIBUTE=VALUE", "add scripted Array name");
	assert_int_equal(query_number(runner, "select count(*) from storage.resource"), 2);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- changing ---- */

static void one_that_is_changed_keeps_its_number_and_all_that_it_has(void **state)
{
	struct runner *runner = *state;
	long id, disk;

	start(runner);
	id = add_a(runner);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	disk = query_number(runner, "select id from storage.resources where label = 'Disk A1'");
	run(runner, 0, NULL, "modify 'Array A' name=B motto=hello");
	assert_string_equal(query(runner,
	                        "select label || (attributes->>'motto') from "
	                        "storage.resources where id = %ld",
	                        id),
	    "Array Bhello");
	wait_for_log(runner, "Array B: initial scan", 1);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	assert_int_equal(
	    query_number(runner, "select id from storage.resources where label = 'Disk A1'"), disk);
	assert_int_equal(count_log(runner, ": teardown\n"), 1);
	run(runner, 0, NULL, "modify %ld --unset motto", id);
	assert_string_equal(
	    query(runner, "select attributes ? 'motto' from storage.resources where id = %ld", id),
	    "f");
	runner_kill(runner);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "database: ready", 1);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where class = 'Array'"),
	    2);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_change_that_can_not_be_changes_nothing(void **state)
{
	struct runner *runner = *state;
	long id;

	start(runner);
	id = add_a(runner);
	run(runner, 1, "\"Array F\" has these values already", "modify %ld name=F motto=x", id);
	run(runner, 1, "\"firmware\" is set by the plugin", "modify %ld firmware=2 motto=x", id);
	run(runner, 1, "Array needs a value for \"name\"", "modify %ld --unset name motto=x", id);
	run(runner, 1, "nothing is to be changed", "modify %ld", id);
	run(runner, 1, "there is no resource 99", "modify 99 name=x");
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	run(runner, 1, "is reported by its plugin", "modify 'Disk A1' serial=2");
	run(runner, 1, "is reported by its plugin", "remove 'Disk A1'");
	assert_string_equal(
	    query(runner, "select attributes ? 'motto' from storage.resources where id = %ld", id),
	    "f");
	assert_int_equal(count_log(runner, ": teardown\n"), 0);
	assert_int_equal(runner_stop(runner), 0);
}

static void one_that_waits_after_a_failure_is_tried_at_once_with_its_new_values(void **state)
{
	struct runner *runner = *state;

	start(runner);
	write_file(runner, "b", "fail so\n");
	run(runner, 0, "\n", "add scripted Array name=A script=%s/b", runner->directory);
	wait_for_log(runner, "next scan in", 1);
	run(runner, 0, NULL, "modify 'Array A' script=%s/a", runner->directory);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- removing ---- */

static void what_is_removed_is_torn_down_and_leaves_nothing(void **state)
{
	struct runner *runner = *state;
	long id;

	start(runner);
	id = add_a(runner);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	run(runner, 0, NULL, "remove 'Array A'");
	wait_for(runner, "select count(*) = 2 from storage.resource");
	wait_for_log(runner, "Array A: teardown", 1);
	assert_true(add_a(runner) > id);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_removal_that_a_kill_interrupts_is_finished_afterwards(void **state)
{
	struct runner *runner = *state;

	start(runner);
	add_a(runner);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	write_file(runner, "a", "pause\n");
	wait_for_log(runner, "Array A: update scan", 2);
	run(runner, 0, NULL, "remove 'Array A'");
	runner_kill(runner);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "database loaded", 1);
	wait_for(runner, "select count(*) = 2 from storage.resource");
	assert_int_equal(count_log(runner, "Array A: initial scan"), 0);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- with the configuration ---- */

static void what_the_configuration_has_is_changed_there(void **state)
{
	struct runner *runner = *state;
	char *place = xasprintf("Array F is of the configuration (%s:", runner->config);

	start(runner);
	run(runner, 1, place, "modify 'Array F' motto=x");
	run(runner, 1, place, "remove 'Array F'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where class = 'Array'"),
	    1);
	free(place);
	assert_int_equal(runner_stop(runner), 0);
}

static void one_that_was_added_outlives_a_reload(void **state)
{
	struct runner *runner = *state;

	start(runner);
	add_a(runner);
	wait_for_log(runner, "session online", 2);
	reload(runner, false);
	wait_for(runner, "select count(*) = 0 from storage.resources where label = 'Array F'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where label = 'Array A'"),
	    1);
	assert_int_equal(count_log(runner, "Array A: teardown"), 0);
	assert_int_equal(runner_stop(runner), 0);
}

static void the_configuration_may_take_one_over_and_leave_it_again(void **state)
{
	struct runner *runner = *state;
	long id;

	write_file(runner, "f", "disk F1\n");
	write_file(runner, "a", "disk A1\n");
	configure(runner, false);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "database: ready", 1);
	wait_for_plugin(runner, "scripted", "running");
	run(runner, 0, "\n", "add scripted Array name=F script=%s/a", runner->directory);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	id = query_number(runner, "select id from storage.resources where label = 'Array F'");
	assert_removable(runner, "Array F", "t");
	assert_removable(runner, "Disk A1", "f");
	reload(runner, true);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk F1'");
	assert_removable(runner, "Array F", "f");
	run(runner, 1, "is of the configuration", "remove 'Array F'");
	reload(runner, false);
	run(runner, 0, NULL, "modify %ld script=%s/a", id, runner->directory);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	assert_int_equal(
	    query_number(runner, "select id from storage.resources where label = 'Array F'"), id);
	assert_int_equal(runner_stop(runner), 0);
}

static void what_left_the_configuration_can_be_added(void **state)
{
	struct runner *runner = *state;

	start(runner);
	wait_for(runner, "select count(*) = 2 from storage.resources");
	reload(runner, false);
	wait_for(runner, "select count(*) = 0 from storage.resources");
	run(runner, 0, "1\n", "add scripted Array name=F script=%s/a", runner->directory);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	reload(runner, true);
	wait_for(runner, "select configured from storage.resources where id = 1");
	run(runner, 1, "is of the configuration", "remove 1");
	assert_int_equal(runner_stop(runner), 0);
}

static void the_records_of_what_left_the_configuration_can_be_removed(void **state)
{
	struct runner *runner = *state;

	start(runner);
	wait_for(runner, "select count(*) = 2 from storage.resources");
	reload(runner, false);
	wait_for(runner, "select count(*) = 0 from storage.resources");
	assert_int_equal(query_number(runner, "select count(*) from storage.resource"), 2);
	run(runner, 0, NULL, "remove 1");
	wait_for(runner, "select count(*) = 0 from storage.resource");
	assert_int_equal(runner_stop(runner), 0);
}

static void one_that_another_reports_is_not_for_people(void **state)
{
	struct runner *runner = *state;

	write_file(runner, "f", "array X script=%s/a\n", runner->directory);
	write_file(runner, "a", "disk A1\n");
	configure(runner, true);
	runner_start(runner, "--verbose", NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk A1'");
	run(runner, 1, "is reported by another scannable", "modify 'Array X' motto=x");
	run(runner, 1, "is reported by another scannable", "remove 'Array X'");
	assert_removable(runner, "Array X", "f");
	run(runner, 0, "\"origin\": \"reported\"",
	    "--json show $(%s/bin/iml-plugin --socket %s "
	    "--json list Array | sed -n 's/,//; s/.*\"id\": //p' | tail -1)",
	    getenv("BUILD") != NULL ? getenv("BUILD") : "build", runner->socket);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- scanning now ---- */

static void a_scannable_that_failed_is_tried_again_at_once(void **state)
{
	struct runner *runner = *state;

	start(runner);
	write_file(runner, "b", "fail so\n");
	run(runner, 0, "\n", "add scripted Array name=A script=%s/b", runner->directory);
	wait_for_log(runner, "next scan in", 1);
	write_file(runner, "b", "disk B1\n");
	run(runner, 0, NULL, "rescan 'Array A'");
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk B1'");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_scan_comes_before_its_time(void **state)
{
	struct runner *runner = *state;
	char *plugin = built("tests/plugins/scripted.so");

	write_file(runner, "f", "disk F1\n");
	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\nscan: {period: 1 h}\n"
	    "scannables:\n  - {plugin: scripted, class: Array, attributes: {name: F, script: "
	    "%s/f}}\n",
	    plugin, runner->directory);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "committing -> idle", 2);
	write_file(runner, "f", "disk F1\ndisk F2\n");
	run(runner, 0, NULL, "rescan 1");
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk F2'");
	wait_for_log(runner, "committing -> idle", 3);
	run(runner, 0, "\"id\": 1", "--json rescan --all");
	wait_for_log(runner, "Array F: update scan", 3);
	free(plugin);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_plugin_that_died_is_started_for_a_scan(void **state)
{
	struct runner *runner = *state;

	start(runner);
	wait_for_log(runner, "committing -> idle", 2);
	kill(plugin_pid(runner, "scripted"), SIGKILL);
	wait_for_plugin(runner, "scripted", "backoff");
	run(runner, 0, NULL, "rescan 'Array F'");
	wait_for_plugin(runner, "scripted", "running");
	wait_for_log(runner, "Array F: initial scan", 2);
	assert_int_equal(runner_stop(runner), 0);
}

static void what_is_not_scanned_can_not_be_scanned_now(void **state)
{
	struct runner *runner = *state;

	start(runner);
	run(runner, 1, "Disk F1 is not scanned on its own", "rescan 'Disk F1'");
	run(runner, 1, "there is no resource 99", "rescan 99");
	run(runner, 64, "either scannables or --all goes with rescan", "rescan");
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- passwords ---- */

static void a_password_is_obfuscated_once_and_kept(void **state)
{
	static const char stored[] =
	    "select secrets->>'password' from storage.resource where label = 'Array S'";
	struct runner *runner = *state;
	char *before;

	start(runner);
	write_file(runner, "password", "xyzzy\nsecond line\n");
	run(runner, 1, "is a password, and one on the command line is seen",
	    "add salts_password Array name=S password=xyzzy");
	run(runner, 1, "Array needs a value for \"password\"",
	    "add salts_password Array name=S </dev/null");
	run(runner, 0, "\n", "add salts_password Array name=S --password-file password=%s/password",
	    runner->directory);
	before = xstrdup(query(runner, stored));
	assert_string_equal(before, "1-5");
	run(runner, 0, NULL, "modify 'Array S' name=S");
	runner_kill(runner);
	runner_start(runner, "--verbose", NULL);
	assert_string_equal(query(runner, stored), before);
	wait_for_log(runner, "database: ready", 1);
	wait_for_plugin(runner, "salts_password", "running");
	run(runner, 0, NULL, "modify 'Array S' --password-command 'password=echo longer one'");
	assert_string_equal(query(runner, stored), "1-10");
	free(before);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_function_that_fails_or_dies_leaves_nothing(void **state)
{
	struct runner *runner = *state;

	start(runner);
	wait_for_plugin(runner, "canary", "running");
	run(runner, 1, "\"password\": the plugin's obfuscate function failed",
	    "add canary Array name=C --password-command 'password=echo refuse me'");
	run(runner, 1,
	    "plugin canary ended before it had obfuscated passwords; nothing was changed",
	    "add canary Array name=C --password-command 'password=echo abort'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resource where label = 'Array C'"),
	    0);
	wait_for_log(runner, "Array F: update scan", count_log(runner, "Array F: update scan") + 1);
	assert_int_equal(count_log(runner, "Array F: teardown"), 0);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_password_that_was_typed_is_nowhere(void **state)
{
	static const char secret[] = "kanarie-geheim-71";
	struct runner *runner = *state;
	char *log, *output;

	start(runner);
	wait_for_plugin(runner, "canary", "running");
	run(runner, 0, "\n", "add canary Array name=C --password-command 'password=echo %s'",
	    secret);
	run(runner, 1, "has no attribute",
	    "add canary Array nme=x --password-command 'password=echo %s'", secret);
	run(runner, 0, NULL, "modify 'Array C' --password-command 'password=echo %s'", secret);
	log = read_log(runner);
	output = command(runner, NULL, "--json list Array");
	assert_null(strstr(log, secret));
	assert_null(strstr(output, secret));
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.resource where resource::text like "
	                     "'%%%s%%'",
	                     secret),
	    0);
	free(log);
	free(output);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(one_that_is_added_is_stored_and_scanned_at_once),
	    runner_test(one_that_is_there_stays_as_it_is),
	    runner_test(an_automatic_identifier_makes_each_another_one),
	    runner_test(every_mistake_is_told_and_nothing_is_stored),
	    runner_test(one_that_is_changed_keeps_its_number_and_all_that_it_has),
	    runner_test(a_change_that_can_not_be_changes_nothing),
	    runner_test(one_that_waits_after_a_failure_is_tried_at_once_with_its_new_values),
	    runner_test(what_is_removed_is_torn_down_and_leaves_nothing),
	    runner_test(a_removal_that_a_kill_interrupts_is_finished_afterwards),
	    runner_test(what_the_configuration_has_is_changed_there),
	    runner_test(one_that_was_added_outlives_a_reload),
	    runner_test(the_configuration_may_take_one_over_and_leave_it_again),
	    runner_test(what_left_the_configuration_can_be_added),
	    runner_test(the_records_of_what_left_the_configuration_can_be_removed),
	    runner_test(one_that_another_reports_is_not_for_people),
	    runner_test(a_scannable_that_failed_is_tried_again_at_once),
	    runner_test(a_scan_comes_before_its_time),
	    runner_test(a_plugin_that_died_is_started_for_a_scan),
	    runner_test(what_is_not_scanned_can_not_be_scanned_now),
	    runner_test(a_password_is_obfuscated_once_and_kept),
	    runner_test(a_function_that_fails_or_dies_leaves_nothing),
	    runner_test(a_password_that_was_typed_is_nowhere),
	};

	return cmocka_run_group_tests_name("added", tests, database_start, database_stop);
}
