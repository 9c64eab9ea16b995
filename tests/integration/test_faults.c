/* SPDX-License-Identifier: MIT */
/* What plugins that crash, hang or lie do to themselves, and don't do to the others. */
#include "harness.h"

#include <dirent.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

/* The sections that every test here begins with, and the well-behaved plugin with its array "A". */
#define LIMITS                                                                                    \
	"scan: {retry_min: 20 ms, retry_max: 100 ms, limit: 2 s, load_limit: 3 s, stop_limit: 2 " \
	"s}\n"

static char *good_plugin(void)
{
	char *path = built("tests/plugins/scripted.so");
	char *entry = xasprintf("  - {path: %s, log_level: debug}\n", path);

	free(path);
	return entry;
}

static char *good_scannable(const struct runner *runner)
{
	return xasprintf(
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/script}}\n",
	    runner->directory);
}

/* Starts a runner with the good plugin and further lines under plugins and scannables. */
static void start_beside_good(struct runner *runner, const char *plugins, const char *scannables)
{
	char *plugin = good_plugin();
	char *scannable = good_scannable(runner);

	write_file(runner, "script", "disk S1\n");
	runner_configure(runner, LIMITS "plugins:\n%s%sscannables:\n%s%s", plugin, plugins,
	    scannable, scannables);
	runner_start(runner, NULL);
	free(plugin);
	free(scannable);
}

/* Copies a test plugin under another name, so that it can be loaded several times. */
static void copy_plugin(struct runner *runner, const char *from, const char *to)
{
	char *path = built(from);
	char *line = xasprintf("cp %s %s/%s.so", path, runner->directory, to);

	assert_int_equal(system(line), 0);
	free(line);
	free(path);
}

/* Puts a file in the place of another, in one step. */
static void rename_in(struct runner *runner, const char *from, const char *to)
{
	char *old = xasprintf("%s/%s", runner->directory, from);
	char *new = xasprintf("%s/%s", runner->directory, to);

	assert_int_equal(rename(old, new), 0);
	free(new);
	free(old);
}

static const char *const hooks[] = {"initial_scan", "update_scan", "teardown", "get_label"};
static const struct {
	const char *name;
	const char *words;
} ends[] = {{"segv", "signal 11 (Segmentation fault)"}, {"abort", "signal 6 (Aborted)"},
    {"kill", "signal 9 (Killed)"}, {"exit", "the plugin called exit(3)"}};

/* The milliseconds of the day that a line of the log begins with: "2026-11-22 11:25:30.123 …". */
static long time_of_line(const char *line)
{
	int hour, minute, second, thousandth;

	assert_int_equal(sscanf(line + 11, "%d:%d:%d.%d", &hour, &minute, &second, &thousandth), 4);
	return ((hour * 60L + minute) * 60 + second) * 1000 + thousandth;
}

/* The longest time between two update scans of the good plugin. */
static long longest_gap(struct runner *runner)
{
	char *log = read_log(runner);
	long longest = 0;
	long before = -1;
	char *rest;

	for (char *line = strtok_r(log, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		long now;

		if (strstr(line, "Array A: update scan") == NULL)
			continue;
		now = time_of_line(line);
		if (before >= 0 && now >= before && now - before > longest)
			longest = now - before;
		before = now;
	}
	free(log);
	return longest;
}

static void assert_obituary(struct runner *runner, const char *hook, size_t end)
{
	char *with_hook = xasprintf("died: %s in %s of \"Array %s-%s\"", ends[end].words, hook,
	    ends[end].name, strcmp(hook, "initial_scan") == 0 ? "initial" : hook);

	/* Host names have no underscore. */
	for (char *underscore = strchr(strstr(with_hook, "\"Array"), '_'); underscore != NULL;
	     underscore = strchr(underscore, '_'))
		*underscore = '-';
	wait_for_log(runner, with_hook, 1);
	free(with_hook);
}

/* A plugin for each hook and each end, named like "segv_initial_scan". */
static void add_crashers(struct runner *runner, struct text *plugins, struct text *scannables)
{
	for (size_t hook = 0; hook < 4; hook++) {
		for (size_t end = 0; end < 4; end++) {
			char *name = xasprintf("%s_%s", ends[end].name, hooks[hook]);
			char *host = xasprintf("%s-%s", ends[end].name,
			    hook == 0   ? "initial"
			    : hook == 1 ? "update-scan"
			    : hook == 2 ? "teardown"
			                : "get-label");

			copy_plugin(runner, "tests/plugins/crash_in_hook.so", name);
			text_printf(plugins,
			    "  - {path: %s/%s.so, settings: {hook: %s, how: %s%s}}\n",
			    runner->directory, name, hooks[hook], ends[end].name,
			    hook == 2 ? ", fail: yes" : "");
			text_printf(scannables,
			    "  - {plugin: %s, class: Array, attributes: {address: %s}}\n", name,
			    host);
			free(name);
			free(host);
		}
	}
}

static void a_hundred_crashes_in_every_hook_disturb_nobody(void **state)
{
	struct runner *runner = *state;
	struct text plugins = TEXT_EMPTY;
	struct text scannables = TEXT_EMPTY;
	pid_t supervisor, good;

	add_crashers(runner, &plugins, &scannables);
	start_beside_good(runner, plugins.data, scannables.data);
	text_clear(&plugins);
	text_clear(&scannables);
	wait_for_log(runner, "Array A: update scan", 2);
	supervisor = runner->pid;
	good = plugin_pid(runner, "scripted");

	wait_for_log(runner, "] died: ", 100);
	wait_for_log(runner, "Array A: update scan", 5);
	for (size_t hook = 0; hook < 4; hook++)
		for (size_t end = 0; end < 4; end++)
			assert_obituary(runner, hooks[hook], end);

	assert_int_equal(runner->pid, supervisor);
	assert_int_equal(plugin_pid(runner, "scripted"), good);
	assert_in_range(longest_gap(runner), 0, 1990);
	assert_int_equal(
	    query_number(runner,
	        "select count(*) from storage.alerts where name = 'offline' and message like "
	        "'Array A%%'"),
	    0);
	assert_true(
	    query_number(runner, "select count(*) from storage.alerts where name = 'offline' and "
	                         "active") >= 12);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_crash_that_is_over_is_forgotten(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/crash_in_hook.so");
	char *plugin =
	    xasprintf("  - {path: %s, settings: {hook: update_scan, how: segv, after: 1}}\n", path);

	start_beside_good(runner, plugin,
	    "  - {plugin: crash_in_hook, class: Array, attributes: {address: x}}\n");
	wait_for_log(runner, "] died: signal 11", 2);
	wait_for(runner,
	    "select count(*) >= 1 from storage.events where message = 'Re-established contact with "
	    "Array x'");
	wait_for(runner, "select count(*) = 3 from storage.resources where class = 'Drive'");
	assert_int_equal(runner_stop(runner), 0);
	free(plugin);
	free(path);
}

static void a_hanging_scan_is_ended_at_its_limit(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/crash_in_hook.so");
	char *plugin =
	    xasprintf("  - {path: %s, settings: {hook: update_scan, how: hang}}\n", path);

	start_beside_good(runner, plugin,
	    "  - {plugin: crash_in_hook, class: Array, attributes: {address: x}}\n");
	wait_for_log(runner, "did not return from update_scan within 2 s", 1);
	wait_for_log(runner, "in update_scan of \"Array x\"", 1);
	wait_for(
	    runner, "select count(*) = 1 from storage.alerts where active and name = 'offline'");
	assert_int_equal(runner_stop(runner), 0);
	free(plugin);
	free(path);
}

static void a_stop_does_not_wait_for_a_hanging_scan(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/crash_in_hook.so");
	char *plugin = xasprintf(
	    "  - {path: %s, scan_limit: 1 h, settings: {hook: initial_scan, how: hang}}\n", path);
	int64_t begin;

	start_beside_good(runner, plugin,
	    "  - {plugin: crash_in_hook, class: Array, attributes: {address: x}}\n");
	wait_for_log(runner, "Array A: update scan", 2);
	begin = now_ms();
	assert_int_equal(runner_stop(runner), 0);
	assert_in_range(now_ms() - begin, 1900, 6000);
	assert_int_equal(
	    count_log(runner, "did not stop in time in initial_scan of \"Array x\""), 2);
	assert_int_equal(count_log(runner, ": teardown\n"), 1);
	free(plugin);
	free(path);
}

static void a_second_signal_stops_at_once(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/crash_in_hook.so");
	char *plugin =
	    xasprintf("  - {path: %s, settings: {hook: initial_scan, how: hang}}\n", path);
	int64_t begin;

	start_beside_good(runner, plugin,
	    "  - {plugin: crash_in_hook, class: Array, attributes: {address: x}}\n");
	wait_for_log(runner, "Array A: update scan", 1);
	begin = now_ms();
	assert_int_equal(kill(runner->pid, SIGTERM), 0);
	wait_for_log(runner, "Terminated: stopping", 1);
	assert_int_equal(kill(runner->pid, SIGTERM), 0);
	assert_int_equal(runner_wait(runner), 1);
	assert_in_range(now_ms() - begin, 0, 1500);
	free(plugin);
	free(path);
}

/* Every plugin of tests/plugins that must not load, but for the one that hangs. */
static unsigned add_bad_plugins(struct text *plugins)
{
	char *any = built("tests/plugins/bad_base_loop.so");
	char *pattern;
	unsigned count;
	glob_t found;

	*strrchr(any, '/') = '\0';
	pattern = xasprintf("%s/bad_*.so", any);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (count = 0; count < found.gl_pathc; count++)
		text_printf(plugins, "  - %s\n", found.gl_pathv[count]);
	globfree(&found);
	free(pattern);
	free(any);
	return count;
}

static void bad_plugins_are_refused_and_the_good_one_runs(void **state)
{
	struct runner *runner = *state;
	struct text plugins = TEXT_EMPTY;
	unsigned count = add_bad_plugins(&plugins);
	char *status;
	int code;

	write_file(runner, "text_file.so", "This is no shared object.\n");
	copy_plugin(runner, "tests/plugins/good_classes.so", "truncated");
	copy_plugin(runner, "tests/plugins/scripted.so", "scripted");
	text_printf(&plugins, "  - %s/text_file.so\n  - /nowhere/missing.so\n", runner->directory);
	status = xasprintf("truncate -s 9000 %s/truncated.so", runner->directory);
	assert_int_equal(system(status), 0);
	free(status);
	text_printf(&plugins, "  - %s/truncated.so\n  - %s/scripted.so\n", runner->directory,
	    runner->directory);
	start_beside_good(runner, plugins.data, "");
	text_clear(&plugins);

	wait_for_log(runner, " failed: ", count + 4);
	wait_for_log(runner, "Array A: update scan", 2);
	status = command(runner, &code, "status");
	assert_int_equal(code, 1);
	assert_non_null(strstr(status, "does not define a plugin"));
	assert_non_null(strstr(status, "duplicate"));
	free(status);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Disk'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.plugins where loaded"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void what_a_plugin_prints_is_logged_line_by_line(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/prints_garbage.so");
	char *plugin = xasprintf("  - {path: %s, log_level: debug}\n", path);

	start_beside_good(runner, plugin,
	    "  - {plugin: prints_garbage, class: Array, attributes: {address: x}}\n");
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Drive'");
	wait_for_log(runner, " prints_garbage: ", 2);
	assert_int_equal(runner_stop(runner), 0);
	free(plugin);
	free(path);
}

static void a_flood_of_lines_is_cut_short(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/prints_flood.so");
	char *plugins = xasprintf("  - %s\n", path);

	start_beside_good(runner, plugins,
	    "  - {plugin: prints_flood, class: Array, attributes: {address: x}}\n");
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Drive'");
	wait_for_log(runner, " prints_flood Array x: deluge", 1000);
	wait_for_log(runner, "left out here: more than", 1);
	assert_int_equal(runner_stop(runner), 0);
	assert_in_range(count_log(runner, " prints_flood"), 2000, 50000);
	free(plugins);
	free(path);
}

static void what_a_plugin_started_ends_with_it(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/leaves_child.so");
	char *plugins = xasprintf("  - %s\n", path);

	start_beside_good(
	    runner, plugins, "  - {plugin: leaves_child, class: Array, attributes: {name: x}}\n");
	wait_for_log(runner, "plugin host leaves_child[", 3);
	wait_for_log(runner, "Array A: update scan", count_log(runner, "Array A: update scan") + 2);
	assert_int_equal(runner_stop(runner), 0);
	free(plugins);
	free(path);
}

static void a_plugin_that_loses_its_class_gets_it_back(void **state)
{
	struct runner *runner = *state;
	char *plugins = xasprintf("  - %s/changing.so\n", runner->directory);
	char *scannables = xasprintf(
	    "  - {plugin: changing, class: Array, attributes: {name: B, script: %s/script}}\n",
	    runner->directory);

	copy_plugin(runner, "tests/plugins/scripted.so", "changing");
	start_beside_good(runner, plugins, scannables);
	wait_for(runner, "select count(*) = 2 from storage.resources where class = 'Array'");

	copy_plugin(runner, "tests/plugins/good_builtins.so", "next");
	rename_in(runner, "next.so", "changing.so");
	kill(plugin_pid(runner, "changing"), SIGKILL);
	wait_for_log(runner, "has no scannable class \"Array\"", 1);
	wait_for_log(runner, "Array A: update scan", count_log(runner, "Array A: update scan") + 2);

	copy_plugin(runner, "tests/plugins/scripted.so", "next");
	rename_in(runner, "next.so", "changing.so");
	kill(plugin_pid(runner, "changing"), SIGKILL);
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	assert_int_equal(runner_stop(runner), 0);
	free(scannables);
	free(plugins);
}

static void configure_secret(struct runner *runner)
{
	char *path = built("tests/plugins/keeps_secret.so");

	runner_configure(runner,
	    "plugins: [%s]\nscannables:\n  - {plugin: keeps_secret, class: Array, "
	    "attributes: {name: S, password: %s/canary}}\n",
	    path, runner->directory);
	free(path);
}

/* Fails if what a command prints has a secret in it. */
static void assert_no_canary(struct runner *runner, const char *words)
{
	char *output = command(runner, NULL, "%s", words);

	assert_null(strstr(output, "canary"));
	assert_null(strstr(output, "obfuscated-"));
	free(output);
}

static void a_password_is_shown_nowhere(void **state)
{
	struct runner *runner = *state;
	char *log;

	configure_secret(runner);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 1);
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	assert_no_canary(runner, "--json status");
	assert_no_canary(runner, "--json list keeps_secret.Array");
	assert_no_canary(runner, "--json show 1");
	assert_no_canary(runner, "--json tree");
	assert_no_canary(runner, "--json alerts");
	assert_int_equal(
	    query_number(runner, "select (select count(*) from storage.resources r where r::text "
	                         "~ 'canary|obfuscated') + (select count(*) from storage.events e "
	                         "where e::text ~ 'canary|obfuscated') + (select count(*) from "
	                         "storage.alerts a where a::text ~ 'canary|obfuscated')"),
	    0);
	assert_int_equal(runner_stop(runner), 0);
	log = read_log(runner);
	assert_null(strstr(log, "canary"));
	assert_null(strstr(log, "obfuscated-"));
	free(log);
}

static void a_reload_while_a_password_is_obfuscated_disturbs_nothing(void **state)
{
	struct runner *runner = *state;
	pid_t process;

	configure_secret(runner);
	write_file(runner, "canary", "wait\n");
	runner_start(runner, NULL);
	wait_for_plugin(runner, "keeps_secret", "running");
	process = plugin_pid(runner, "keeps_secret");
	for (unsigned i = 1; i <= 3; i++) {
		kill(runner->pid, SIGHUP);
		wait_for_log(runner, "configuration reloaded", i);
	}
	rename_in(runner, "canary", "gone");
	wait_for(runner, "select count(*) = 1 from storage.resources where configured");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	assert_int_equal(plugin_pid(runner, "keeps_secret"), process);
	assert_int_equal(runner_stop(runner), 0);
}

static void nonsense_on_the_channel_ends_that_process_only(void **state)
{
	struct runner *runner = *state;
	char *channel = built("tests/plugins/writes_channel.so");
	char *closes = built("tests/plugins/closes_descriptors.so");
	char *plugins = xasprintf("  - %s\n  - %s\n", channel, closes);
	pid_t good;

	start_beside_good(runner, plugins,
	    "  - {plugin: writes_channel, class: Array, attributes: {address: x}}\n"
	    "  - {plugin: closes_descriptors, class: Array, attributes: {address: y}}\n");
	wait_for_log(runner, "Array A: update scan", 1);
	good = plugin_pid(runner, "scripted");
	wait_for_log(runner, "plugin host writes_channel[", 2);
	wait_for_log(runner, "plugin host closes_descriptors[", 2);
	assert_int_equal(plugin_pid(runner, "scripted"), good);
	assert_int_equal(runner_stop(runner), 0);
	free(plugins);
	free(channel);
	free(closes);
}

static void one_invalid_object_in_a_thousand_hides_no_other(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/invalid_values.so");
	char *plugin = xasprintf("  - {path: %s, settings: {count: 1000, bad: 500}}\n", path);

	start_beside_good(runner, plugin,
	    "  - {plugin: invalid_values, class: Array, attributes: {address: x}}\n");
	wait_for(runner, "select count(*) = 999 from storage.resources where class = 'Drive'");
	wait_for(
	    runner, "select count(*) = 1 from storage.alerts where active and name = 'degraded'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where name = 'offline'"), 0);
	assert_int_equal(runner_stop(runner), 0);
	free(plugin);
	free(path);
}

static void a_plugin_host_holds_nothing_of_the_supervisor(void **state)
{
	struct runner *runner = *state;
	char path[64];
	char content[4096];
	unsigned descriptors = 0;
	struct dirent *entry;
	size_t length;
	FILE *file;
	DIR *directory;

	setenv("PGPASSWORD", "canary-of-the-environment", 1);
	start_beside_good(runner, "", "");
	unsetenv("PGPASSWORD");
	wait_for_log(runner, "Array A: update scan", 1);
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)plugin_pid(runner, "scripted"));
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(content, 1, sizeof(content) - 1, file);
	fclose(file);
	assert_null(memmem(content, length, "PG", 2));
	assert_null(memmem(content, length, "canary", 6));

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)plugin_pid(runner, "scripted"));
	directory = opendir(path);
	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL)
		descriptors += entry->d_name[0] != '.';
	closedir(directory);
	assert_in_range(descriptors, 4, 7);
	assert_int_equal(runner_stop(runner), 0);
}

/* Runs the runner with --check (or what is given) and gives its exit status. */
static int run_once(struct runner *runner, const char *argument)
{
	runner_start(runner, argument, NULL);
	return runner_wait(runner);
}

static void check_gives_its_verdict_by_exit_status(void **state)
{
	struct runner *runner = *state;
	char *plugin = good_plugin();
	char *bad = built("tests/plugins/bad_enum_empty.so");

	runner_configure(runner,
	    "plugins:\n%sscannables:\n  - {plugin: scripted, class: Array, attributes: {name: A, "
	    "script: /x}}\n",
	    plugin);
	assert_int_equal(run_once(runner, "--check"), 0);

	runner_configure(runner,
	    "plugins:\n%sscannables:\n  - {plugin: scripted, class: Array, attributes: {nam: A, "
	    "script: /x}}\n"
	    "  - {plugin: scripted, class: Disk}\n  - {plugin: other, class: Disk}\n",
	    plugin);
	assert_int_equal(run_once(runner, "--check"), 78);
	assert_int_equal(
	    count_log(runner, "plugin-runner.yaml:12: Array has no attribute \"nam\""), 1);
	assert_int_equal(
	    count_log(
	        runner, "plugin-runner.yaml:13: plugin scripted has no scannable class \"Disk\""),
	    1);
	assert_int_equal(
	    count_log(runner, "plugin-runner.yaml:14: plugin \"other\" is not listed"), 1);

	runner_configure(runner, "plugins:\n%s  - %s\n", plugin, bad);
	assert_int_equal(run_once(runner, "--check"), 78);
	assert_int_equal(count_log(runner, "Resource class"), 1);

	runner_configure(runner, "scan: {workers: many}\n");
	assert_int_equal(run_once(runner, "--check"), 78);
	assert_int_equal(run_once(runner, NULL), 78);
	assert_int_equal(run_once(runner, "--nonsense"), 64);
	free(plugin);
	free(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(a_hundred_crashes_in_every_hook_disturb_nobody),
	    runner_test(a_crash_that_is_over_is_forgotten),
	    runner_test(a_hanging_scan_is_ended_at_its_limit),
	    runner_test(a_stop_does_not_wait_for_a_hanging_scan),
	    runner_test(a_second_signal_stops_at_once),
	    runner_test(bad_plugins_are_refused_and_the_good_one_runs),
	    runner_test(what_a_plugin_prints_is_logged_line_by_line),
	    runner_test(a_flood_of_lines_is_cut_short),
	    runner_test(nonsense_on_the_channel_ends_that_process_only),
	    runner_test(what_a_plugin_started_ends_with_it),
	    runner_test(a_plugin_that_loses_its_class_gets_it_back),
	    runner_test(a_password_is_shown_nowhere),
	    runner_test(a_reload_while_a_password_is_obfuscated_disturbs_nothing),
	    runner_test(one_invalid_object_in_a_thousand_hides_no_other),
	    runner_test(a_plugin_host_holds_nothing_of_the_supervisor),
	    runner_test(check_gives_its_verdict_by_exit_status),
	};

	return cmocka_run_group_tests_name("faults", tests, database_start, database_stop);
}
