/* SPDX-License-Identifier: MIT */
/* What people are told of what happens, and what they do not want to hear of. */
#include "harness.h"

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
	    "plugins: [{path: %s}]\n"
	    "scan:\n  retry_min: 50 ms\n  retry_max: 200 ms\n  period: 1 s\n"
	    "scannables:\n  - {plugin: scripted, class: Array, attributes: {name: A, script: "
	    "%s/a}}\n",
	    plugin, runner->directory);
	free(plugin);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 1);
	wait_for(runner, "select count(*) > 0 from storage.resources");
}

/* Runs a command, which has to exit so and to say this somewhere. */
static void run(struct runner *runner, int expected, const char *part, const char *words)
{
	int status;
	char *output = command(runner, &status, "%s", words);

	if (strstr(output, part) == NULL)
		fail_msg("\"%s\" is not in the output of \"%s\":\n%s", part, words, output);
	assert_int_equal(status, expected);
	free(output);
}

/* ---- silences ---- */

static void silenced_alerts_count_for_nothing_until_the_silence_ends(void **state)
{
	struct runner *runner = *state;

	start(runner, "pool P\ndisk D status=FAILED pool=P\nsensor T value=96\n");
	wait_for(runner, "select count(*) >= 2 from storage.alerts where active");
	run(runner, 0, "\n", "silence 'Pool P' --for 1h --why 'new firmware'");
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts join"
	                                      " storage.silences on silences.id = silenced"),
	    1);
	run(runner, 0, "1 alert silenced", "alerts");
	run(runner, 0, "(silenced)", "alerts --all");
	run(runner, 0, "(silenced)", "tree");
	run(runner, 0, "new firmware", "silences");
	run(runner, 0, "silenced alerts: 1", "status");
	run(runner, 0, "\"silenced\": ", "--json show 3");

	runner_kill(runner);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 1);
	run(runner, 0, "1 alert silenced", "alerts");
	run(runner, 0, "", "silence --end 1");
	run(runner, 1, "there is no silence 1", "silence --end 1");
	run(runner, 0, "Nothing is silenced.", "silences");
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts where silenced"
	                                      " is not null"),
	    0);
	assert_int_equal(query_number(runner, "select count(*) from storage.events where message"
	                                      " like '%%no longer silenced%%'"),
	    1);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_silenced_scannable_is_no_problem_while_it_is_away(void **state)
{
	struct runner *runner = *state;

	start(runner, "");
	run(runner, 0, "\n", "silence 'Array A' --for 1h --why 'moved to another rack'");
	write_file(runner, "a", "fail unplugged\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active and silenced = 1");
	run(runner, 0, "scannables_silenced=1", "health --nagios");
	run(runner, 0, "alerts_silenced=1", "health --nagios");
	run(runner, 0, "", "silence --end 1");
	run(runner, 1, "not contactable", "health --nagios");
	run(runner, 0, "\n", "silence 'Array A' --for 2s --why 'nearly done'");
	wait_for(
	    runner, "select count(*) = 1 from storage.events where message like '%%has run out'");
	wait_for(runner, "select count(*) = 0 from storage.silences");
	run(runner, 1, "not contactable", "health --nagios");
	assert_int_equal(runner_stop(runner), 0);
}

static void what_can_be_no_silence_is_refused(void **state)
{
	static const struct {
		const char *words;
		int status;
		const char *complaint;
	} cases[] = {
	    {"silence 'Array A' --until 2020-01-01 --why x", 1, "the time has passed already"},
	    {"silence 'Array A' --for 9000h --why x", 1, "at most one year from now"},
	    {"silence 'Array A' --for 1h --why ' '", 1, "May not be blank"},
	    {"silence 'Array A' --for soon --why x", 64, "--for: "},
	    {"silence 'Array A' --until soon --why x", 64, "--until: "},
	    {"silence 'Array A' --for 1h", 64, "--why is missing"},
	    {"silence 'Array A' --why x", 64, "either --until or --for"},
	    {"silence 'Array A' --until 2020-01-01 --for 1h --why x", 64,
	        "either --until or --for"},
	    {"silence 'Array A' --end 1", 64, "--end goes with nothing else"},
	    {"silence --end x", 64, "not the number of a silence"},
	    {"silence", 64, "an argument is missing"},
	    {"silence 99 --for 1h --why x", 1, "there is no resource 99"},
	    {"tree --for 1h", 64, "--for is of silence"},
	    {"tree --follow", 64, "--follow is of events"},
	    {"tree --since 1h", 64, "--since is not of tree"},
	};
	struct runner *runner = *state;

	start(runner, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run(runner, cases[i].status, cases[i].complaint, cases[i].words);
	assert_int_equal(query_number(runner, "select count(*) from storage.silences"), 0);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- what users of the database ask for ---- */

static void aliases_marks_and_silences_can_be_asked_for_by_sql(void **state)
{
	static const struct {
		const char *call, *error;
	} wrong[] = {
	    {"set_alias(99, 'x')", "there is no resource 99"},
	    {"set_alias(1, ' ')", "alias: May not be blank"},
	    {"set_alias(1, 'x ')", "alias: No trailing whitespace allowed"},
	    {"set_alias(1, ' x')", "alias: No leading whitespace allowed"},
	    {"set_alias(1, E'x\\ty')", "alias: No control characters allowed"},
	    {"set_alias(1, repeat('x', 65))", "alias: too long: 65 characters (at most 64)"},
	    {"dismiss(99)", "there is no active alert 99"},
	    {"silence(99, now() + '1 h', 'x')", "there is no resource 99"},
	    {"silence(1, now(), 'x')", "until: the time has passed already"},
	    {"silence(1, null, 'x')", "until: the time has passed already"},
	    {"silence(1, now() + '2 years', 'x')", "until: at most one year from now"},
	    {"silence(1, now() + '1 h', null)", "why: May not be blank"},
	    {"silence(1, now() + '1 h', 'x', '')", "who: May not be blank"},
	    {"unsilence(99)", "there is no silence 99"},
	};
	struct runner *runner = *state;
	long number;

	start(runner, "disk D status=FAILED\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	query(runner, "select storage.set_alias(id, 'north wall') from storage.resources"
	              " where class = 'Disk'");
	wait_for(runner, "select count(*) = 1 from storage.resources where name = 'north wall'");
	query(runner, "select storage.set_alias(id, null) from storage.resources where class ="
	              " 'Disk'");
	wait_for(runner, "select count(*) = 0 from storage.resources where alias is not null");
	query(runner, "select storage.dismiss(id) from storage.alerts");
	wait_for(runner, "select dismissed from storage.alerts");
	query(runner, "select storage.dismiss(id, false) from storage.alerts");
	wait_for(runner, "select not dismissed from storage.alerts");
	number = query_number(runner, "select storage.silence(id, now() + '1 h', 'why not', 'me')"
	                              " from storage.resources where class = 'Disk'");
	wait_for(runner, "select count(*) = 1 from storage.alerts where silenced = %ld", number);
	assert_string_equal(
	    query(runner, "select who || ': ' || why from storage.silences"), "me: why not");
	query(runner, "select storage.unsilence(%ld)", number);
	wait_for(runner, "select count(*) = 0 from storage.silences");
	assert_int_equal(
	    query_number(runner, "select storage.silence(1, now() + '1 h', 'x')"), number + 2);
	wait_for(runner, "select who = session_user from storage.silences");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_request_refused(runner, wrong[i].call, wrong[i].error);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- events ---- */

static void events_are_told_and_followed_also_without_the_database(void **state)
{
	struct runner *runner = *state;
	char *program = built("bin/iml-plugin");
	char *words;
	FILE *stream;
	char line[4096];

	start(runner, "disk D status=FAILED\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	write_file(runner, "a", "disk D\n");
	wait_for(runner, "select count(*) >= 1 from storage.events where message like 'Cleared%%'");
	run(runner, 0, "Cleared storage alert", "events");
	run(runner, 0, "No events.", "events --resource 'Array A'");
	run(runner, 0, "Cleared storage alert", "events --resource 'Disk D' --since 7d");
	run(runner, 0, "\"next\": null", "--json events");
	words =
	    xasprintf("exec %s --socket %s --json events --follow 2>&1", program, runner->socket);
	stream = popen(words, "r");
	assert_non_null(stream);
	do
		assert_non_null(fgets(line, sizeof(line), stream));
	while (strstr(line, "Cleared storage alert") == NULL);
	run(runner, 0, "\n", "silence 'Disk D' --for 1h --why 'to see it'");
	do
		assert_non_null(fgets(line, sizeof(line), stream));
	while (strstr(line, "is silenced until") == NULL);
	assert_non_null(strstr(line, "\"silenced\":true"));
	database_crash();
	run(runner, 1, "the database is away", "events");
	database_resume();
	assert_int_equal(runner_stop(runner), 0);
	assert_int_equal(pclose(stream), 0);
	free(words);
	free(program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(silenced_alerts_count_for_nothing_until_the_silence_ends),
	    runner_test(a_silenced_scannable_is_no_problem_while_it_is_away),
	    runner_test(what_can_be_no_silence_is_refused),
	    runner_test(aliases_marks_and_silences_can_be_asked_for_by_sql),
	    runner_test(events_are_told_and_followed_also_without_the_database),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
