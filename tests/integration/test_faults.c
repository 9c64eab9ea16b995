/* SPDX-License-Identifier: MIT */
/* What plugins that crash, hang or lie do to themselves, and don't do to the others. */
#include "harness.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

/* The sections that every test here begins with, and the well-behaved plugin with its array "A". */
#define LIMITS "scan: {retry_min: 20 ms, retry_max: 100 ms, limit: 60 s, stop_limit: 2 s}\n"

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

/* Where a plugin dies, how its scannables are called, and what makes it call the hook. */
static const struct {
	const char *name;
	const char *host;
	const char *settings;
	bool before_sessions; /* the scannable is not known yet */
} hooks[] = {{"initial_scan", "initial", "", false}, {"update_scan", "update-scan", "", false},
    {"teardown", "teardown", ", fail: yes", false}, {"get_label", "get-label", "", false},
    {"default_function", "default", "", true}, {"obfuscate", "obfuscate", "", true}};

static const struct {
	const char *name;
	const char *words;
} ends[] = {{"segv", "signal 11 (Segmentation fault)"}, {"abort", "signal 6 (Aborted)"},
    {"kill", "signal 9 (Killed)"}, {"exit", "the plugin called exit(3)"}};
#define ENDS (sizeof(ends) / sizeof(ends[0]))

/* How often each plugin dies: a hundred times in each hook, unless that takes valgrind too long. */
static unsigned deaths_of_each(void)
{
	return getenv("IML_TEST_WRAPPER") != NULL ? 2 : 100 / ENDS;
}

/* Waits until a plugin has died often enough, each time of what it was to die of. */
static void assert_obituaries(struct runner *runner, size_t hook, size_t end)
{
	char *plugin = xasprintf("plugin host %s_%s[", ends[end].name, hooks[hook].name);
	char *cause = hooks[hook].before_sessions
	                  ? xasprintf(": %s in %s; it had", ends[end].words, hooks[hook].name)
	                  : xasprintf(": %s in %s of \"Array %s-%s\"; it had", ends[end].words,
	                        hooks[hook].name, ends[end].name, hooks[hook].host);
	unsigned deaths = 0;
	char *log, *rest;

	wait_for_log(runner, plugin, deaths_of_each());
	log = read_log(runner);
	for (char *line = strtok_r(log, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (strstr(line, plugin) == NULL)
			continue;
		deaths++;
		if (strstr(line, "] died: ") == NULL || strstr(line, cause) == NULL)
			fail_msg("\"%s\" is not told of: %s", cause, line);
	}
	assert_true(deaths >= deaths_of_each());
	free(log);
	free(cause);
	free(plugin);
}

/* A plugin for each hook and each end, named like "segv_initial_scan". */
static void add_crasher(
    struct runner *runner, size_t hook, size_t end, struct text *plugins, struct text *scannables)
{
	char *name = xasprintf("%s_%s", ends[end].name, hooks[hook].name);

	copy_plugin(runner, "tests/plugins/crash_in_hook.so", name);
	text_printf(plugins, "  - {path: %s/%s.so, settings: {hook: %s, how: %s%s}}\n",
	    runner->directory, name, hooks[hook].name, ends[end].name, hooks[hook].settings);
	text_printf(scannables, "  - {plugin: %s, class: %s, attributes: {address: %s-%s%s%s}}\n",
	    name, hooks[hook].before_sessions ? "Vault" : "Array", ends[end].name, hooks[hook].host,
	    strcmp(hooks[hook].name, "obfuscate") == 0 ? ", password: " : "",
	    strcmp(hooks[hook].name, "obfuscate") == 0 ? ends[end].name : "");
	free(name);
}

/* A hundred deaths in a hook, beside a plugin that scans every second. */
static void assert_crashes_disturb_nobody(struct runner *runner, const char *name)
{
	struct text plugins = TEXT_EMPTY;
	struct text scannables = TEXT_EMPTY;
	pid_t supervisor, good;
	size_t hook = 0;

	while (strcmp(hooks[hook].name, name) != 0)
		hook++;
	for (size_t end = 0; end < ENDS; end++)
		add_crasher(runner, hook, end, &plugins, &scannables);
	start_beside_good(runner, plugins.data, scannables.data);
	text_clear(&plugins);
	text_clear(&scannables);
	wait_for_log(runner, "Array A: update scan", 2);
	supervisor = runner->pid;
	good = plugin_pid(runner, "scripted");

	for (size_t end = 0; end < ENDS; end++)
		assert_obituaries(runner, hook, end);

	wait_for_log(runner, "Array A: update scan", 5);
	assert_int_equal(runner->pid, supervisor);
	assert_int_equal(plugin_pid(runner, "scripted"), good);
	assert_no_period_missed(runner, "Array A: update scan");
	assert_int_equal(
	    query_number(runner,
	        "select count(*) from storage.alerts where name = 'offline' and message like "
	        "'Array A%%'"),
	    0);
	if (!hooks[hook].before_sessions)
		wait_for(runner,
		    "select count(*) = %zu from storage.alerts where name = 'offline' "
		    "and active",
		    ENDS);
	assert_int_equal(runner_stop(runner), 0);
}

static void crashes_in_initial_scan_disturb_nobody(void **state)
{
	assert_crashes_disturb_nobody(*state, "initial_scan");
}

static void crashes_in_update_scan_disturb_nobody(void **state)
{
	assert_crashes_disturb_nobody(*state, "update_scan");
}

static void crashes_in_teardown_disturb_nobody(void **state)
{
	assert_crashes_disturb_nobody(*state, "teardown");
}

static void crashes_in_get_label_disturb_nobody(void **state)
{
	assert_crashes_disturb_nobody(*state, "get_label");
}

static void crashes_in_a_default_function_disturb_nobody(void **state)
{
	assert_crashes_disturb_nobody(*state, "default_function");
}

static void crashes_in_obfuscate_disturb_nobody(void **state)
{
	assert_crashes_disturb_nobody(*state, "obfuscate");
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
	char *plugin = xasprintf(
	    "  - {path: %s, scan_limit: 2 s, settings: {hook: update_scan, how: hang}}\n", path);

	start_beside_good(runner, plugin,
	    "  - {plugin: crash_in_hook, class: Array, attributes: {address: x}}\n");
	wait_for_log(runner,
	    "died: killed because it did not return from update_scan of \"Array x\" within 2 s; it "
	    "had"
	    " run for",
	    1);
	wait_for_log(runner, "WARNING crash_in_hook Array x: next scan in ", 1);
	wait_for(
	    runner, "select count(*) = 1 from storage.alerts where active and name = 'offline'");
	assert_int_equal(runner_stop(runner), 0);
	free(plugin);
	free(path);
}

/* A plugin with Arrays y, which is well, and x, which hangs; people may add others that hang. */
static void configure_hanging(struct runner *runner, const char *limit)
{
	char *good = good_plugin();
	char *path = built("tests/plugins/crash_in_hook.so");

	runner_configure(runner,
	    LIMITS "plugins:\n%s  - {path: %s, log_level: debug, scan_limit: %s, settings: {hook: "
	           "update_scan, how: hang, spared: y}}\nscannables:\n"
	           "  - {plugin: crash_in_hook, class: Array, attributes: {address: x}}\n"
	           "  - {plugin: crash_in_hook, class: Array, attributes: {address: y}}\n",
	    good, path, limit);
	free(path);
	free(good);
}

#define HANG "update_scan of \"Array x\""
#define SIBLING "crash_in_hook Array y: idle -> scanning"

static void while_a_scan_hangs_people_are_answered_and_its_siblings_come_back(void **state)
{
	struct runner *runner = *state;
	int status;
	long id;

	configure_hanging(runner, "1 h");
	runner_start(runner, NULL);
	wait_for_log(runner, "crash_in_hook Array x: idle -> scanning", 1);
	free(command(runner, &status, "add crash_in_hook Array address=z"));
	assert_int_equal(status, 0);
	wait_for_log(runner, "crash_in_hook Array z: idle -> scanning", 1);

	/* Both hang now, and will for an hour. */
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "configuration reloaded", 1);
	id = query_number(runner, "select id from storage.resources where label = 'Array z'");
	free(command(runner, &status, "remove %ld", id));
	assert_int_equal(status, 0);
	wait_for(runner, "select count(*) = 0 from storage.resources where label = 'Array z'");
	wait_for_log(runner, SIBLING, count_log(runner, SIBLING) + 2);
	assert_int_equal(count_log(runner, " died: "), 0);

	/* From here on it hangs for too long. */
	configure_hanging(runner, "1 s");
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "died: killed because it did not return from " HANG " within 1 s", 1);
	wait_for(
	    runner, "select count(*) = 1 from storage.alerts where active and name = 'offline'");
	wait_for_log(runner, SIBLING, count_log(runner, SIBLING) + 2);
	assert_no_period_missed(runner, "crash_in_hook Array y: ");
	assert_int_equal(runner_stop(runner), 0);
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
	assert_in_range(now_ms() - begin, 1900, 30000);
	assert_int_equal(
	    count_log(runner, "did not stop in time in initial_scan of \"Array x\""), 1);
	assert_int_equal(count_log(runner, ": teardown\n"), 1);
	free(plugin);
	free(path);
}

static void a_process_that_does_nothing_any_more_is_replaced(void **state)
{
	struct runner *runner = *state;
	char *plugin =
	    xasprintf("  - {path: %s/stuck.so, teardown_limit: 1 s}\n", runner->directory);
	pid_t stuck;

	copy_plugin(runner, "tests/plugins/scripted.so", "stuck");
	start_beside_good(runner, plugin, "");
	wait_for_plugin(runner, "stuck", "running");
	stuck = plugin_pid(runner, "stuck");
	assert_int_equal(kill(stuck, SIGSTOP), 0);
	wait_for_log(runner, "died: killed because it has not moved for 11 s", 1);
	wait_for_log(runner, "stuck: running", 2);
	assert_int_not_equal(plugin_pid(runner, "stuck"), stuck);
	assert_int_equal(runner_stop(runner), 0);
	free(plugin);
}

static void a_stop_while_a_plugin_is_loading_is_no_news(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/bad_constructor_hang.so");
	char *plugin = xasprintf("  - path: %s\n", path);

	start_beside_good(runner, plugin, "");
	wait_for_log(runner, "Array A: update scan", 1);
	assert_int_equal(runner_stop(runner), 0);
	assert_int_equal(count_log(runner, "bad_constructor_hang: stopped\n"), 1);
	assert_int_equal(count_log(runner, "died"), 0);
	assert_int_equal(count_log(runner, "kill"), 0);
	free(plugin);
	free(path);
}

static void a_second_signal_stops_at_once(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/crash_in_hook.so");
	char *plugin = xasprintf(
	    "  - {path: %s, stop_limit: 1 h, settings: {hook: initial_scan, how: hang}}\n", path);
	int64_t begin;

	start_beside_good(runner, plugin,
	    "  - {plugin: crash_in_hook, class: Array, attributes: {address: x}}\n");
	wait_for_log(runner, "Array A: update scan", 1);
	begin = now_ms();
	assert_int_equal(kill(runner->pid, SIGTERM), 0);
	wait_for_log(runner, "Terminated: stopping", 1);
	assert_int_equal(kill(runner->pid, SIGTERM), 0);
	assert_int_equal(runner_wait(runner), 1);
	assert_in_range(now_ms() - begin, 0, 30000);
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
	wait_for_log(runner, "does not define a plugin", 1);
	wait_for_log(runner, "duplicate", 1);
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

static void a_plugin_that_dies_while_it_is_loaded_is_tried_again(void **state)
{
	struct runner *runner = *state;
	char *plugin = xasprintf("  - %s/dies_at_first.so\n", runner->directory);
	char *trap = xasprintf("%s/dies_at_first.so.trap", runner->directory);
	char *status;

	copy_plugin(runner, "tests/plugins/dies_at_first.so", "dies_at_first");
	write_file(runner, "dies_at_first.so.trap", "\n");
	start_beside_good(runner, plugin,
	    "  - {plugin: dies_at_first, class: Array, attributes: {address: x}}\n");
	wait_for_log(
	    runner, "failed: could not be loaded: its process died: signal 6 (Aborted)", 2);

	assert_int_equal(unlink(trap), 0);
	wait_for_plugin(runner, "dies_at_first", "running");
	wait_for(
	    runner, "select count(*) = 1 from storage.resources where plugin = 'dies_at_first'");
	status = command(runner, NULL, "status");
	assert_null(strstr(status, "could not be loaded"));
	assert_int_equal(runner_stop(runner), 0);
	free(status);
	free(plugin);
	free(trap);
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
	char *plugins = xasprintf("  - {path: %s, scan_limit: 60 s}\n", path);

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

static void what_a_plugin_logs_again_and_again_is_counted(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/prints_flood.so");
	char *plugins = xasprintf("  - %s\n", path);

	write_file(runner, "conf.d/unfolded.yaml", "log: {fold: 1 h}\n");
	start_beside_good(runner, plugins,
	    "  - {plugin: prints_flood, class: Array, attributes: {address: x}}\n");
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Drive'");
	assert_int_equal(count_log(runner, "WARNING prints_flood Array x: high water\n"), 1);
	assert_int_equal(runner_stop(runner), 0);
	assert_int_equal(count_log(runner, "high water"), 2);
	assert_int_equal(
	    count_log(runner, "WARNING prints_flood Array x: high water (repeated 49 times in "),
	    1);
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
	size_t length;
	FILE *file;

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

	assert_in_range(count_descriptors(plugin_pid(runner, "scripted")), 4, 7);
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
	assert_int_equal(count_log(runner, "ERROR bad_enum_empty: "),
	    count_log(runner, ": failed: Resource class"));
	assert_int_equal(count_log(runner, "plugin-runner.yaml:11: failed: Resource class"), 1);
	assert_int_equal(count_log(runner, "\n1 mistake found\n"), 1);

	runner_configure(runner, "scan: {workers: many}\nuser: no-such-user\n");
	assert_int_equal(run_once(runner, "--check"), 78);
	assert_int_equal(
	    count_log(runner, "2 mistakes found; plugins and scannables were not looked at"), 1);
	assert_int_equal(count_log(runner, "INFO"), 0);
	assert_int_equal(run_once(runner, NULL), 78);
	assert_int_equal(run_once(runner, "--nonsense"), 64);
	free(plugin);
	free(bad);
}

/* ---- many that hang ---- */

static void sixty_hanging_scans_do_not_hold_up_the_live_one(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/crash_in_hook.so");
	char *plugin = xasprintf("  - {path: %s, log_level: debug, scan_limit: 1 h, settings: "
	                         "{hook: initial_scan, how: hang, spared: live}}\n",
	    path);
	struct text scannables = TEXT_EMPTY;

	for (int i = 0; i < 60; i++)
		text_printf(&scannables,
		    "  - {plugin: crash_in_hook, class: Array, attributes: {address: h%d}}\n", i);
	text_append(&scannables,
	    "  - {plugin: crash_in_hook, class: Array, attributes: {address: live}}\n");
	start_beside_good(runner, plugin, scannables.data);
	wait_for_log(runner, "crash_in_hook Array live: idle -> scanning", 5);
	assert_no_period_missed(runner, "crash_in_hook Array live: idle -> scanning");
	assert_int_equal(count_log(runner, "crash_in_hook Array live: closing -> teardown"), 0);
	kill(runner->pid, SIGTERM);
	assert_int_equal(runner_wait(runner), 0);
	assert_int_equal(count_log(runner, "crash_in_hook Array live: closing -> teardown"), 1);
	assert_int_equal(count_log(runner, "crash_in_hook Array live: teardown -> free"), 1);
	text_clear(&scannables);
	free(plugin);
	free(path);
}

static unsigned count_text(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		count++;
	return count;
}

#define LIVE 10
#define BLACKHOLED 40
#define PERIODS 20

/* Configures a simulator with couplets live0, live1 … and dead0, dead1 …, which never answer. */
static void configure_blackholes(struct runner *runner)
{
	struct text scannables = TEXT_EMPTY;

	for (int i = 0; i < LIVE; i++)
		text_printf(&scannables,
		    "  - {plugin: simulator, class: Couplet, attributes: {name: live%d}}\n", i);
	for (int i = 0; i < BLACKHOLED; i++)
		text_printf(&scannables,
		    "  - {plugin: simulator, class: Couplet, attributes: {name: dead%d}}\n", i);
	runner_configure(runner,
	    LIMITS "plugins:\n  - name: simulator\n    log_level: debug\n    scan_limit: 1 h\n"
	           "    settings: {blackholed: dead, period: 1, statistics: off, enclosures: 1,"
	           " drives_per_enclosure: 2, pools: 0}\nscannables:\n%s",
	    scannables.data);
	text_clear(&scannables);
}

static void forty_blackholes_do_not_hold_up_ten_live_ones(void **state)
{
	struct runner *runner = *state;
	char *status;

	configure_blackholes(runner);
	runner_start(runner, NULL);
	for (int i = 0; i < LIVE; i++) {
		char *scan = xasprintf("simulator Couplet live%d: idle -> scanning", i);

		wait_for_log(runner, scan, PERIODS);
		assert_no_period_missed(runner, scan);
		free(scan);
	}
	status = command(runner, NULL, "--json status");
	assert_int_equal(count_text(status, "\"state\": \"initial\""), BLACKHOLED);
	free(status);
	assert_int_equal(count_log(runner, "simulator Couplet dead0: open -> scanning"), 1);
	assert_int_equal(runner_stop(runner), 0);
	assert_int_equal(count_log(runner, "did not stop in time"), 0);
}

/* ---- around the runner ---- */

static void a_file_that_can_not_be_read_for_a_while_is_tried_again(void **state)
{
	struct runner *runner = *state;
	char *plugins = xasprintf("  - %s/extra.so\n", runner->directory);
	char *scannables = xasprintf(
	    "  - {plugin: extra, class: Array, attributes: {name: B, script: %s/script}}\n",
	    runner->directory);

	copy_plugin(runner, "tests/plugins/scripted.so", "extra");
	start_beside_good(runner, plugins, scannables);
	wait_for(runner, "select count(*) = 2 from storage.resources where class = 'Disk'");
	rename_in(runner, "extra.so", "away.so");
	kill(plugin_pid(runner, "extra"), SIGKILL);
	wait_for_log(runner, "extra: backoff: could not be loaded: ", 2);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where class = 'Disk'"), 2);

	rename_in(runner, "away.so", "extra.so");
	wait_for_plugin(runner, "extra", "running");
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	assert_int_equal(runner_stop(runner), 0);
	free(scannables);
	free(plugins);
}

static void a_daemon_that_a_plugin_started_ends_with_the_runner(void **state)
{
	struct runner *runner = *state;
	char *path = built("tests/plugins/leaves_daemon.so");
	char *plugins = xasprintf("  - %s\n", path);
	char *file = xasprintf("%s/daemon.pid", runner->directory);
	char *scannables = xasprintf(
	    "  - {plugin: leaves_daemon, class: Array, attributes: {name: x, file: %s}}\n", file);
	FILE *opened;
	int pid = 0;

	start_beside_good(runner, plugins, scannables);
	wait_for_log(runner, "leaves_daemon Array x: a daemon is left", 1);
	opened = fopen(file, "re");
	assert_non_null(opened);
	assert_int_equal(fscanf(opened, "%d", &pid), 1);
	fclose(opened);
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(runner_stop(runner), 0);
	assert_int_equal(kill(pid, 0), -1);
	free(scannables);
	free(file);
	free(plugins);
	free(path);
}

/* Starts a runner whose standard error is a pipe, and gives the end to read. */
static int start_into_pipe(struct runner *runner, const char *argument)
{
	char *program = built("bin/iml-plugin-runner");
	int ends_of_pipe[2];

	assert_int_equal(pipe2(ends_of_pipe, O_CLOEXEC), 0);
	runner->pid = fork();
	if (runner->pid == 0) {
		dup2(ends_of_pipe[1], STDERR_FILENO);
		execl(program, program, "--config", runner->config, argument, (char *)NULL);
		_exit(127);
	}
	close(ends_of_pipe[1]);
	free(program);
	return ends_of_pipe[0];
}

static void a_log_that_nobody_reads_stops_nothing(void **state)
{
	struct runner *runner = *state;
	char *good = good_plugin();
	char *flood = built("tests/plugins/prints_flood.so");
	int reader;

	runner_configure(runner,
	    LIMITS "plugins:\n%s  - %s\nscannables:\n"
	           "  - {plugin: prints_flood, class: Array, attributes: {address: x}}\n",
	    good, flood);
	reader = start_into_pipe(runner, "--verbose");
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Drive'");
	wait_for_plugin(runner, "prints_flood", "running");
	assert_int_equal(runner_stop(runner), 0);
	close(reader);
	free(flood);
	free(good);
}

static void verbose_writes_to_the_terminal_and_the_file(void **state)
{
	struct runner *runner = *state;
	char *plugin = good_plugin();
	char *file = xasprintf("%s/other", runner->directory);
	char *first;

	runner_configure(runner, "log: {file: %s}\nplugins:\n%s", file, plugin);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "DEBUG database: ready", 1);
	assert_int_equal(runner_stop(runner), 0);
	first = runner->log;
	runner->log = file;
	assert_int_equal(count_log(runner, "DEBUG database: ready"), 1);
	runner->log = first;
	free(file);
	free(plugin);
}

static void systemd_is_told_how_things_are(void **state)
{
	struct runner *runner = *state;
	int notices = notices_open(runner);

	start_beside_good(runner, "", "");
	notices_unset();
	expect_notice(notices, "READY=1");
	expect_notice(notices,
	    "STATUS=running; database ready; 1 of 1 plugins running; 1 of 1 scannables online");
	kill(runner->pid, SIGHUP);
	expect_notice(notices, "RELOADING=1\nMONOTONIC_USEC=");
	expect_notice(notices, "READY=1");
	kill(runner->pid, SIGTERM);
	expect_notice(notices, "STOPPING=1\nEXTEND_TIMEOUT_USEC=");
	close(notices);
	assert_int_equal(runner_wait(runner), 0);
}

static void the_kernel_is_to_kill_a_plugin_rather_than_the_runner(void **state)
{
	struct runner *runner = *state;
	char *path, *score;

	start_beside_good(runner, "", "");
	wait_for_plugin(runner, "scripted", "running");
	path = xasprintf("/proc/%d/oom_score_adj", (int)plugin_pid(runner, "scripted"));
	score = read_whole(path);
	assert_string_equal(score, "200\n");
	free(score);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(crashes_in_initial_scan_disturb_nobody),
	    runner_test(crashes_in_update_scan_disturb_nobody),
	    runner_test(crashes_in_teardown_disturb_nobody),
	    runner_test(crashes_in_get_label_disturb_nobody),
	    runner_test(crashes_in_a_default_function_disturb_nobody),
	    runner_test(crashes_in_obfuscate_disturb_nobody),
	    runner_test(a_crash_that_is_over_is_forgotten),
	    runner_test(a_hanging_scan_is_ended_at_its_limit),
	    runner_test(while_a_scan_hangs_people_are_answered_and_its_siblings_come_back),
	    runner_test(a_stop_does_not_wait_for_a_hanging_scan),
	    runner_test(a_process_that_does_nothing_any_more_is_replaced),
	    runner_test(a_stop_while_a_plugin_is_loading_is_no_news),
	    runner_test(a_second_signal_stops_at_once),
	    runner_test(bad_plugins_are_refused_and_the_good_one_runs),
	    runner_test(a_plugin_that_dies_while_it_is_loaded_is_tried_again),
	    runner_test(what_a_plugin_prints_is_logged_line_by_line),
	    runner_test(a_flood_of_lines_is_cut_short),
	    runner_test(nonsense_on_the_channel_ends_that_process_only),
	    runner_test(what_a_plugin_logs_again_and_again_is_counted),
	    runner_test(what_a_plugin_started_ends_with_it),
	    runner_test(a_plugin_that_loses_its_class_gets_it_back),
	    runner_test(a_reload_while_a_password_is_obfuscated_disturbs_nothing),
	    runner_test(one_invalid_object_in_a_thousand_hides_no_other),
	    runner_test(a_plugin_host_holds_nothing_of_the_supervisor),
	    runner_test(check_gives_its_verdict_by_exit_status),
	    runner_test(sixty_hanging_scans_do_not_hold_up_the_live_one),
	    runner_test(forty_blackholes_do_not_hold_up_ten_live_ones),
	    runner_test(a_file_that_can_not_be_read_for_a_while_is_tried_again),
	    runner_test(a_daemon_that_a_plugin_started_ends_with_the_runner),
	    runner_test(a_log_that_nobody_reads_stops_nothing),
	    runner_test(verbose_writes_to_the_terminal_and_the_file),
	    runner_test(the_kernel_is_to_kill_a_plugin_rather_than_the_runner),
	    runner_test(systemd_is_told_how_things_are),
	};

	return cmocka_run_group_tests_name("faults", tests, database_start, database_stop);
}
