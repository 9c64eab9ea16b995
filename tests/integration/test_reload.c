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

/* What a process may have grown in many reloads: pieces of memory that are free, but not given
 * back. */
#define MEMORY_SLACK_KIB 2048

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

static void expect_refusal(struct runner *runner)
{
	unsigned before = count_log(runner, "nothing was reloaded");

	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "nothing was reloaded", before + 1);
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

/* Asserts that the status tells a mistake. */
static void expect_status(struct runner *runner, const char *text)
{
	char *status = command(runner, NULL, "status");

	if (strstr(status, text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, status);
	free(status);
}

static void mistakes_change_nothing(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){.plugin = ""});
	pid_t before = plugin_pid(runner, "extra");
	char *status;

	configure(runner, (struct change){.head = "scan: {limt: 3 s}\n"});
	expect_refusal(runner);
	wait_for_log(runner, "scan.limt: unknown key", 1);
	expect_status(runner, ":9: not reloaded, there is a mistake: scan.limt: unknown key");
	assert_int_equal(plugin_pid(runner, "extra"), before);

	/* What is wrong with one that stays keeps the other from being stopped, too. */
	configure(
	    runner, (struct change){.plugin = ", log_level: debug",
	                .further = "  - {plugin: scripted, class: Array, attributes: {nam: C}}\n"});
	expect_refusal(runner);
	expect_status(runner, "has no attribute \"nam\"");
	assert_int_equal(plugin_pid(runner, "extra"), before);
	assert_int_equal(count_log(runner, "extra Array B: update scan"), 0);

	/* Nothing of it is said any more once the file is good. */
	configure(runner, (struct change){.plugin = ""});
	reload(runner);
	status = command(runner, NULL, "status");
	assert_null(strstr(status, "not reloaded"));
	free(status);
	assert_undisturbed(runner, good);
}

/* ---- a thousand ---- */

/* Where what has happened is not counted in reloads, but in what each takes. */
static unsigned reload_count(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return 60;
#else
	return getenv("IML_TEST_WRAPPER") != NULL ? 40 : 1000;
#endif
}

/* A number from /proc/PID/status: "VmRSS:" in KiB, "Threads:". */
static long process_figure(pid_t pid, const char *name)
{
	char *path = xasprintf("/proc/%d/status", (int)pid);
	char *content = read_whole(path);
	const char *line = strstr(content, name);
	long figure;

	assert_non_null(line);
	figure = strtol(line + strlen(name), NULL, 10);
	free(content);
	free(path);
	return figure;
}

/* How many processes a process has started that have not ended. */
static unsigned count_children(pid_t pid)
{
	char *path = xasprintf("/proc/%d/task/%d/children", (int)pid, (int)pid);
	char *content = read_whole(path);
	unsigned count = 0;

	for (const char *at = content; *at != '\0'; at++)
		count += *at == ' ';
	free(content);
	free(path);
	return count;
}

/* What the runner and the plugin that nothing disturbs hold. */
struct held {
	long runner_kib, plugin_kib;
	long runner_threads, plugin_threads;
	unsigned runner_descriptors, plugin_descriptors;
	unsigned processes;
};

static struct held look_at_held(const struct runner *runner, pid_t plugin)
{
	return (struct held){.runner_kib = process_figure(runner->pid, "VmRSS:"),
	    .plugin_kib = process_figure(plugin, "VmRSS:"),
	    .runner_threads = process_figure(runner->pid, "Threads:"),
	    .plugin_threads = process_figure(plugin, "Threads:"),
	    .runner_descriptors = count_descriptors(runner->pid),
	    .plugin_descriptors = count_descriptors(plugin),
	    .processes = count_children(runner->pid)};
}

static bool holds_more(const struct held *now, const struct held *before)
{
	return now->runner_descriptors > before->runner_descriptors ||
	       now->plugin_descriptors > before->plugin_descriptors ||
	       now->processes > before->processes || now->runner_threads > before->runner_threads ||
	       now->plugin_threads > before->plugin_threads;
}

/* Waits until no more is held than before: a connection may be among it for a moment. */
static void expect_nothing_more(
    const struct runner *runner, pid_t plugin, const struct held *before)
{
	int64_t end = now_ms() + DEADLINE_S * 1000;
	struct held now = look_at_held(runner, plugin);

	while (holds_more(&now, before)) {
		if (now_ms() > end)
			fail_msg("descriptors %u and %u, threads %ld and %ld, %u processes; before "
			         "%u and %u, %ld and %ld, %u",
			    now.runner_descriptors, now.plugin_descriptors, now.runner_threads,
			    now.plugin_threads, now.processes, before->runner_descriptors,
			    before->plugin_descriptors, before->runner_threads,
			    before->plugin_threads, before->processes);
		now = look_at_held(runner, plugin);
	}
	if (reload_count() < 1000)
		return; /* sanitizers and valgrind keep what is freed, and look for leaks themselves
		         */
	assert_in_range(now.runner_kib, 0, before->runner_kib + MEMORY_SLACK_KIB);
	assert_in_range(now.plugin_kib, 0, before->plugin_kib + MEMORY_SLACK_KIB);
}

#define SCANNABLE_C \
	"  - {plugin: extra, class: Array, attributes: {name: C, script: %s/script%s}}\n"

/* The next of the ways in which a configuration may differ from the one before. */
static void reload_other(struct runner *runner, unsigned number)
{
	char *one_more = xasprintf(SCANNABLE_C, runner->directory, "");
	char *another = xasprintf(SCANNABLE_C, runner->directory, ", motto: changed");
	const struct change changes[] = {
	    {.head = SCAN, .plugin = ""},
	    {.head = SCAN, .plugin = "", .further = one_more},
	    {.head = SCAN, .plugin = "", .further = another},
	    {.head = "scan: {limt: 3 s}\n"},
	    {.head = SCAN, .plugin = ", settings: {a: 1}", .further = another},
	    {.head = SCAN, .plugin = ", settings: {a: 1}, log_level: error"},
	    {.head = SCAN},
	};
	const struct change *change = &changes[number % (sizeof(changes) / sizeof(changes[0]))];

	configure(runner, *change);
	if (strcmp(change->head, SCAN) == 0)
		reload(runner);
	else
		expect_refusal(runner);
	free(another);
	free(one_more);
}

/* Reloads until all is as it was at the first of the ways, and everybody has settled. */
static void reload_from_to(struct runner *runner, unsigned from, unsigned end)
{
	for (unsigned i = from; i < end; i++)
		reload_other(runner, i);
	reload_other(runner, 0);
	wait_for_plugin(runner, "extra", "running");
	wait_for(runner, "select count(*) = 2 from storage.resources where plugin = 'extra'");
}

static void a_thousand_reloads_leave_nothing_behind(void **state)
{
	struct runner *runner = *state;
	pid_t good = start(runner, (struct change){.plugin = ""});
	unsigned count = reload_count();
	struct held before;
	char *disk;

	wait_for(runner, "select count(*) = 2 from storage.resources where plugin = 'scripted'");
	disk = xstrdup(query(runner, "select id from storage.resources where plugin = 'scripted' "
	                             "and class = 'Disk'"));
	reload_from_to(runner, 0, count / 5);
	before = look_at_held(runner, good);
	reload_from_to(runner, count / 5, count);
	expect_nothing_more(runner, good, &before);

	assert_int_equal(plugin_pid(runner, "scripted"), good);
	assert_int_equal(count_log(runner, "scripted Array A: initial scan"), 1);
	assert_string_equal(query(runner, "select id from storage.resources where plugin = "
	                                  "'scripted' and class = 'Disk'"),
	    disk);
	assert_no_period_missed(runner, "scripted Array A: update scan");
	assert_int_equal(runner_stop(runner), 0);
	free(disk);
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
	    runner_test(a_thousand_reloads_leave_nothing_behind),
	};

	return cmocka_run_group_tests_name("reload", tests, start_group, stop_group);
}
