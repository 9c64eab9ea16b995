/* SPDX-License-Identifier: MIT */
/* What people change with iml-plugin: it is stored when the command ends, and lasts. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Array A, which reports what the file "a" says. */
static void start(struct runner *runner, const char *script)
{
	char *plugin = built("tests/plugins/scripted.so");

	write_file(runner, "a", "%s", script);
	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\n"
	    "scan:\n  retry_min: 50 ms\n  retry_max: 200 ms\n  period: 1 s\n"
	    "scannables:\n  - {plugin: scripted, class: Array, attributes: {name: A, script: "
	    "%s/a}}\n",
	    plugin, runner->directory);
	free(plugin);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 1);
	wait_for(runner, "select count(*) > 0 from storage.resources");
}

/* Runs a command that is to succeed and say nothing. */
static void change(struct runner *runner, const char *words)
{
	int status;
	char *output = command(runner, &status, "%s", words);

	assert_string_equal(output, "");
	assert_int_equal(status, 0);
	free(output);
}

/* Runs a command that is to fail, and to say this. */
static void refuse(struct runner *runner, const char *words, const char *complaint)
{
	int status;
	char *output = command(runner, &status, "%s", words);

	assert_non_null(strstr(output, complaint));
	assert_int_equal(status, 1);
	free(output);
}

/* ---- aliases ---- */

static void an_alias_is_stored_when_the_command_ends(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk D1\n");
	change(runner, "alias 'Disk D1' 'north wall'");
	runner_kill(runner);
	assert_string_equal(
	    query(runner, "select name from storage.resources where class = 'Disk'"), "north wall");
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 1);
	wait_for_log(runner, "database: ready", 1);
	change(runner, "alias 'north wall' 'south wall'");
	assert_string_equal(
	    query(runner, "select name || label from storage.resources where class = 'Disk'"),
	    "south wallDisk D1");
	change(runner, "alias 'south wall' --clear");
	assert_int_equal(query_number(runner, "select count(*) from storage.resources where alias "
	                                      "is not null"),
	    0);
	assert_int_equal(runner_stop(runner), 0);
}

static void an_alias_is_used_in_alerts(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk D1\n");
	change(runner, "alias 'Disk D1' 'north wall'");
	write_file(runner, "a", "disk D1 status=FAILED\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active and message like "
	                 "'%%north wall)'");
	assert_int_equal(runner_stop(runner), 0);
}

static void what_can_be_no_alias_is_refused_and_the_old_one_kept(void **state)
{
	static const char full[] =
	    "ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää";
	struct runner *runner = *state;
	char *words = xasprintf("alias 1 %s", full);

	start(runner, "");
	change(runner, words);
	free(words);
	words = xasprintf("alias 1 %sx", full);
	refuse(runner, words, "too long: 65 characters (at most 64)");
	free(words);
	refuse(runner, "alias 1 ''", "May not be blank");
	refuse(runner, "alias 1 ' '", "May not be blank");
	refuse(runner, "alias 1 'foo '", "No trailing whitespace allowed");
	refuse(runner, "alias 1 ' foo'", "No leading whitespace allowed");
	refuse(runner, "alias 1 \"$(printf 'a\\tb')\"", "No control characters allowed");
	refuse(runner, "alias 99 foo", "there is no resource 99");
	refuse(runner, "alias nobody foo", "no resource is called \"nobody\"");
	assert_string_equal(query(runner, "select alias from storage.resources"), full);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- alerts ---- */

static long active_alert(struct runner *runner)
{
	return query_number(runner, "select id from storage.alerts where active");
}

static void a_dismissal_lasts_as_long_as_its_alert(void **state)
{
	static const char dismissed[] =
	    "select dismissed and active from storage.alerts where id = %ld";
	struct runner *runner = *state;
	char words[64];
	long alert;

	start(runner, "disk D1 status=FAILED\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	alert = active_alert(runner);
	snprintf(words, sizeof(words), "dismiss %ld", alert);
	change(runner, words);
	runner_kill(runner);
	assert_string_equal(query(runner, dismissed, alert), "t");
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 1);
	assert_string_equal(query(runner, dismissed, alert), "t");
	write_file(runner, "a", "disk D1 status=OK\n");
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	write_file(runner, "a", "disk D1 status=FAILED\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	assert_true(active_alert(runner) > alert);
	assert_string_equal(
	    query(runner, "select dismissed from storage.alerts where active"), "f");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_dismissal_can_be_taken_back(void **state)
{
	struct runner *runner = *state;
	char words[64];

	start(runner, "disk D1 status=FAILED\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	snprintf(words, sizeof(words), "dismiss %ld", active_alert(runner));
	change(runner, words);
	snprintf(words, sizeof(words), "dismiss --undo %ld", active_alert(runner));
	change(runner, words);
	assert_string_equal(
	    query(runner, "select dismissed from storage.alerts where active"), "f");
	refuse(runner, "dismiss 98", "there is no active alert 98");
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- the database ---- */

static void nothing_is_changed_while_the_database_is_away(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk D1\n");
	database_crash();
	wait_for_log(runner, "database lost", 1);
	refuse(runner, "alias 1 foo", "the database is away");
	database_resume();
	wait_for_log(runner, "database back", 1);
	change(runner, "alias 1 bar");
	change(runner, "show 1 | grep -q bar");
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(an_alias_is_stored_when_the_command_ends),
	    runner_test(an_alias_is_used_in_alerts),
	    runner_test(what_can_be_no_alias_is_refused_and_the_old_one_kept),
	    runner_test(a_dismissal_lasts_as_long_as_its_alert),
	    runner_test(a_dismissal_can_be_taken_back),
	    runner_test(nothing_is_changed_while_the_database_is_away),
	};

	return cmocka_run_group_tests_name("instructions", tests, database_start, database_stop);
}
