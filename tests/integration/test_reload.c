/* SPDX-License-Identifier: MIT */
/* What changes while the runner goes on, when its configuration is read again. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* The lines of the configuration of every test, and of the plugin that nothing is to disturb. */
#define SCAN "scan: {retry_min: 20 ms, retry_max: 100 ms, stop_limit: 3 s}\n"
#define LOG "log: {level: debug}\n"

static char *scripted;

/* What a test changes. */
struct change {
	const char *head;    /* sections before the plugins */
	const char *plugin;  /* keys of plugin "extra" besides its path; NULL: it is not listed */
	const char *further; /* scannables of it besides "B", if it is listed */
};

static void configure(struct runner *runner, struct change change)
{
	char *extra = xasprintf("  - {path: %s/extra.so%s}\n", runner->directory,
	    change.plugin != NULL ? change.plugin : "");
	char *scannable = xasprintf(
	    "  - {plugin: extra, class: Array, attributes: {name: B, script: %s/script}}\n%s",
	    runner->directory, change.further != NULL ? change.further : "");

	runner_configure(runner,
	    "%splugins:\n  - {path: %s, log_level: debug}\n%sscannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/script}}\n%s",
	    change.head != NULL ? change.head : SCAN LOG, scripted,
	    change.plugin != NULL ? extra : "", runner->directory,
	    change.plugin != NULL ? scannable : "");
	free(scannable);
	free(extra);
}

static void reload(struct runner *runner)
{
	unsigned before = count_log(runner, "configuration reloaded: ");

	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "configuration reloaded: ", before + 1);
}

/* Starts with both plugins, or the one alone, and waits until all is well. */
static pid_t start(struct runner *runner, struct change change)
{
	copy_plugin(runner, "tests/plugins/scripted.so", "extra");
	write_file(runner, "script", "disk S1\n");
	configure(runner, change);
	runner_start(runner, NULL);
	wait_for_log(runner, "scripted Array A: session online", 1);
	if (change.plugin != NULL)
		wait_for_log(runner, "extra Array B: session online", 1);
	return plugin_pid(runner, "scripted");
}

/* Lets two more periods of the undisturbed plugin pass, and stops. */
static void assert_undisturbed(struct runner *runner, pid_t before)
{
	wait_for_log(runner, "scripted Array A: update scan",
	    count_log(runner, "scripted Array A: update scan") + 2);
	assert_int_equal(plugin_pid(runner, "scripted"), before);
	assert_int_equal(count_log(runner, "scripted Array A: session initial"), 1);
	assert_no_period_missed(runner, "scripted Array A: update scan");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where name = 'offline'"), 0);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_plugin_that_is_added_starts(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){0});

	configure(runner, (struct change){.plugin = ""});
	reload(runner);
	wait_for(runner, "select count(*) = 1 from storage.resources where plugin = 'extra' and "
	                 "class = 'Disk'");
	assert_undisturbed(runner, good);
}

static void a_plugin_that_is_removed_ends_and_is_hidden(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){.plugin = ", log_level: debug"});
	pid_t gone = plugin_pid(runner, "extra");
	char *ids;

	wait_for(runner, "select count(*) = 2 from storage.resources where plugin = 'extra'");
	ids = xstrdup(query(runner, "select string_agg(id::text, ',' order by id) from "
	                            "storage.resources where plugin = 'extra'"));
	configure(runner, (struct change){0});
	reload(runner);
	wait_for(runner, "select count(*) = 0 from storage.resources where plugin = 'extra'");
	wait_for_log(runner, "extra Array B: teardown", 1);
	assert_int_equal(kill(gone, 0), -1);
	assert_int_equal(plugin_pid(runner, "extra"), 0);

	/* It is what it was when it comes back. */
	configure(runner, (struct change){.plugin = ""});
	reload(runner);
	wait_for(runner,
	    "select string_agg(id::text, ',' order by id) = '%s' from "
	    "storage.resources where plugin = 'extra'",
	    ids);
	free(ids);
	assert_undisturbed(runner, good);
}

static void one_that_comes_back_before_it_has_gone_starts_again(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){.plugin = ""});
	pid_t before = plugin_pid(runner, "extra");

	configure(runner, (struct change){0});
	reload(runner);
	configure(runner, (struct change){.plugin = ""});
	reload(runner);
	wait_for_log(runner, "extra Array B: session online", 2);
	assert_int_not_equal(plugin_pid(runner, "extra"), before);
	wait_for(runner, "select count(*) = 2 from storage.resources where plugin = 'extra'");
	assert_undisturbed(runner, good);
}

static void other_settings_start_the_plugin_anew(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){.plugin = ", settings: {a: 1, b: 2}"});
	pid_t before = plugin_pid(runner, "extra");

	configure(runner, (struct change){.plugin = ", settings: {b: 2, a: 1}"});
	reload(runner);
	assert_int_equal(plugin_pid(runner, "extra"), before);

	configure(runner, (struct change){.plugin = ", settings: {a: 1, b: 3}"});
	reload(runner);
	wait_for_log(runner, "extra Array B: session online", 2);
	assert_int_not_equal(plugin_pid(runner, "extra"), before);
	assert_undisturbed(runner, good);
}

static void a_file_that_was_replaced_is_taken_up(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){.plugin = ""});
	pid_t before = plugin_pid(runner, "extra");

	reload(runner);
	assert_int_equal(plugin_pid(runner, "extra"), before);
	copy_plugin(runner, "tests/plugins/scripted.so", "next");
	rename_in(runner, "next.so", "extra.so");
	reload(runner);
	wait_for_log(runner, "extra Array B: session online", 2);
	assert_int_not_equal(plugin_pid(runner, "extra"), before);
	assert_undisturbed(runner, good);
}

static void levels_and_limits_change_while_the_plugin_runs(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){.plugin = ""});
	pid_t before = plugin_pid(runner, "extra");
	unsigned lines;

	assert_int_equal(count_log(runner, "extra Array B: update scan"), 0);
	configure(runner,
	    (struct change){.plugin = ", log_level: debug, scan_limit: 7 s, stop_limit: 9 s"});
	reload(runner);
	wait_for_log(runner, "extra Array B: update scan", 2);

	configure(runner, (struct change){.plugin = ""});
	reload(runner);
	lines = count_log(runner, "extra Array B: update scan");
	wait_for_log(runner, "scripted Array A: update scan",
	    count_log(runner, "scripted Array A: update scan") + 3);
	assert_in_range(count_log(runner, "extra Array B: update scan"), lines, lines + 1);
	assert_int_equal(plugin_pid(runner, "extra"), before);
	assert_int_equal(count_log(runner, "extra Array B: session initial"), 1);
	assert_undisturbed(runner, good);
}

static void configure_salted(
    struct runner *runner, const char *plugin, const char *password, const char *further)
{
	runner_configure(runner,
	    SCAN LOG
	    "plugins: [%s]\nscannables:\n"
	    "  - {plugin: salts_password, class: Array, attributes: {name: A, password: %s}}"
	    "\n%s",
	    plugin, password, further);
}

static void a_password_that_is_typed_as_before_stays_what_it_is(void **state)
{
	struct runner *runner = *state;
	char *plugin = built("tests/plugins/salts_password.so");
	char *secret;

	configure_salted(runner, plugin, "one", "");
	runner_start(runner, NULL);
	wait_for_log(runner, "salts_password Array A: session online", 1);
	wait_for(runner, "select count(*) = 1 from storage.resource where secrets is not null");
	secret = xstrdup(query(runner, "select secrets from storage.resource"));

	/* What is asked of the plugin later is answered later. */
	configure_salted(runner, plugin, "one",
	    "  - {plugin: salts_password, class: Array, attributes: {name: B, password: b}}\n");
	reload(runner);
	wait_for_log(runner, "salts_password Array B: session online", 1);
	wait_for(runner, "select count(*) = 2 from storage.resource where secrets is not null");
	assert_string_equal(
	    query(runner, "select secrets from storage.resource where identifier = '[\"A\"]'"),
	    secret);
	assert_int_equal(count_log(runner, "salts_password Array A: session initial"), 1);

	configure_salted(runner, plugin, "two", "");
	reload(runner);
	wait_for_log(runner, "salts_password Array A: session initial", 2);
	wait_for(runner,
	    "select secrets <> '%s' from storage.resource where identifier = '[\"A\"]'", secret);
	assert_int_equal(runner_stop(runner), 0);
	free(secret);
	free(plugin);
}

static void the_runners_own_level_and_file_change(void **state)
{
	struct runner *runner = *state;
	char *head = xasprintf(SCAN "log: {level: debug, file: %s/other}\n", runner->directory);
	char *other = xasprintf("%s/other", runner->directory);
	configure(runner, (struct change){.head = SCAN});
	copy_plugin(runner, "tests/plugins/scripted.so", "extra");
	write_file(runner, "script", "disk S1\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Disk'");
	assert_int_equal(count_log(runner, "database: ready"), 0);
	configure(runner, (struct change){.head = head});
	kill(runner->pid, SIGHUP);
	free(runner->log);
	runner->log = other;
	wait_for_log(runner, "configuration reloaded", 1);
	configure(runner, (struct change){.head = head, .plugin = ""});
	reload(runner);
	wait_for_log(runner, "extra Array B: session online", 1);
	assert_int_equal(runner_stop(runner), 0);
	free(head);
}

static void what_only_a_restart_changes_is_told(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){.plugin = ""});

	configure(runner, (struct change){.head = SCAN LOG "user: nobody\n", .plugin = ""});
	reload(runner);
	wait_for_log(runner, ": user: what it is now takes effect when the runner is restarted", 1);
	reload(runner);
	wait_for_log(runner, ": user: what it is now takes effect when the runner is restarted", 2);
	configure(runner, (struct change){.plugin = ""});
	reload(runner);
	assert_int_equal(count_log(runner, "takes effect when the runner is restarted"), 2);
	assert_undisturbed(runner, good);
}

static void mistakes_change_nothing(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){.plugin = ""});
	pid_t before = plugin_pid(runner, "extra");

	configure(runner, (struct change){.head = "scan: {limt: 3 s}\n"});
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "nothing was reloaded", 1);
	wait_for_log(runner, "scan.limt: unknown key", 1);
	assert_int_equal(plugin_pid(runner, "extra"), before);

	/* What is wrong with one that stays keeps the other from being stopped, too. */
	configure(
	    runner, (struct change){.plugin = ", log_level: debug",
	                .further = "  - {plugin: scripted, class: Array, attributes: {nam: C}}\n"});
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "nothing was reloaded", 2);
	assert_int_equal(plugin_pid(runner, "extra"), before);
	assert_int_equal(count_log(runner, "extra Array B: update scan"), 0);
	assert_undisturbed(runner, good);
}

/* A connection of a command that has just ended may be among them for a moment. */
static void many_reloads_leave_nothing_behind(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){.plugin = ""});
	unsigned before = count_descriptors(runner->pid);
	int64_t end;

	for (int i = 0; i < 10; i++) {
		configure(runner, (struct change){.plugin = i % 2 == 0 ? NULL : ""});
		reload(runner);
	}
	wait_for_log(runner, "extra Array B: session online", 2);
	end = now_ms() + DEADLINE_S * 1000;
	while (count_descriptors(runner->pid) > before)
		assert_true(now_ms() < end);
	assert_undisturbed(runner, good);
}

static int start_group(void **state)
{
	scripted = built("tests/plugins/scripted.so");
	return database_start(state);
}

static int stop_group(void **state)
{
	free(scripted);
	return database_stop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(a_plugin_that_is_added_starts),
	    runner_test(a_plugin_that_is_removed_ends_and_is_hidden),
	    runner_test(one_that_comes_back_before_it_has_gone_starts_again),
	    runner_test(other_settings_start_the_plugin_anew),
	    runner_test(a_file_that_was_replaced_is_taken_up),
	    runner_test(levels_and_limits_change_while_the_plugin_runs),
	    runner_test(a_password_that_is_typed_as_before_stays_what_it_is),
	    runner_test(the_runners_own_level_and_file_change),
	    runner_test(what_only_a_restart_changes_is_told),
	    runner_test(mistakes_change_nothing),
	    runner_test(many_reloads_leave_nothing_behind),
	};

	return cmocka_run_group_tests_name("reload", tests, start_group, stop_group);
}
