/* SPDX-License-Identifier: MIT */
/* What people steer while the runner runs: which scannables rest, how much is logged, reloads. */
#include "harness.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Arrays A and B, which report what the files "a" and "b" say. */
static void configure(struct runner *runner, const char *level, const char *extra)
{
	char *plugin = built("tests/plugins/scripted.so");

	runner_configure(runner,
	    "plugins: [{path: %s, log_level: %s}]\n"
	    "scan:\n  retry_min: 50 ms\n  retry_max: 200 ms\n  period: 1 s\n"
	    "%s"
	    "scannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/a}}\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: B, script: %s/b}}\n",
	    plugin, level, extra, runner->directory, runner->directory);
	free(plugin);
}

static void start(struct runner *runner)
{
	write_file(runner, "a", "disk D1\n");
	write_file(runner, "b", "disk D2\n");
	configure(runner, "debug", "");
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 2);
	wait_for(runner, "select count(*) = 4 from storage.resources");
}

/* Runs a command that is to succeed, and asserts that it says this. */
static void expect(struct runner *runner, const char *words, const char *said)
{
	int status;
	char *output = command(runner, &status, "%s", words);

	if (strstr(output, said) == NULL || status != 0)
		fail_msg("%s: %d, %s", words, status, output);
	free(output);
}

/* Runs a command that is to fail, and to say this. */
static void refuse(struct runner *runner, const char *words, const char *complaint)
{
	int status;
	char *output = command(runner, &status, "%s", words);

	if (strstr(output, complaint) == NULL || status != 1)
		fail_msg("%s: %d, %s", words, status, output);
	free(output);
}

/* Waits until the first scannable of the plugin is in this state. */
static void wait_for_state(struct runner *runner, const char *state)
{
	int64_t deadline = now_ms() + DEADLINE_S * 1000;
	bool is_there = false;

	wait_for_plugin(runner, "scripted", "running");
	while (!is_there && now_ms() < deadline) {
		char *now = status_text(runner, "scripted", "state");

		is_there = now != NULL && strcmp(now, state) == 0;
		free(now);
	}
	assert_true(is_there);
}

/* ---- pauses ---- */

static void what_is_paused_rests_until_it_is_resumed(void **state)
{
	struct runner *runner = *state;

	start(runner);
	write_file(runner, "a", "disk D1 status=FAILED\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	expect(runner, "pause 'Array A' --why 'new firmware'", "");
	assert_string_equal(query(runner, "select p.reason || ' ' || r.name from storage.pauses p"
	                                  " join storage.resources r on r.id = p.scannable_id"),
	    "new firmware Array A");
	wait_for_log(runner, "session paused: since ", 1);
	wait_for(runner, "select count(*) = 1 from storage.gaps g join storage.resources r"
	                 " on r.id = g.scannable_id where r.name = 'Array A'"
	                 " and g.reason = 'paused' and g.end_time is null");
	write_file(runner, "a", "disk D1\ndisk D3\n");
	expect(runner, "status", "Array A of plugin scripted is paused since ");
	expect(runner, "tree", "new firmware");
	expect(runner, "list Array", "Array A (paused)");
	expect(runner, "health", "1 of 2 scannables online, 1 paused");
	refuse(runner, "rescan 'Array A'", "is not scanned before \"iml-plugin resume ");
	refuse(runner, "pause 'Array A'", "Array A is paused already, since ");
	refuse(runner, "resume 'Array B'", "Array B is not paused");
	refuse(runner, "pause 'Array C'", "no scannable is called \"Array C\"");
	refuse(runner, "pause 99", "there is no resource 99");
	refuse(runner, "pause 'Disk D1'", "no scannable is called");
	expect(runner, "rescan --all", "");

	runner_kill(runner);
	runner_start(runner, "--verbose", NULL);
	wait_for_state(runner, "paused");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where active"), 1);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where class = 'Disk'"), 2);
	expect(runner, "resume 'Array A'", "");
	wait_for(runner, "select count(*) = 3 from storage.resources where class = 'Disk'");
	wait_for(runner, "select count(*) = 0 from storage.gaps where end_time is null");
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	assert_int_equal(query_number(runner, "select count(*) from storage.pauses"), 0);
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts where name = "
	                                      "'offline'"),
	    0);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_plugin_is_paused_with_all_that_it_has_and_gets(void **state)
{
	struct runner *runner = *state;
	char *add;

	start(runner);
	expect(runner, "pause --plugin scripted 'Array A'", "");
	expect(runner, "pause --plugin scripted --why 'fabric work'", "");
	wait_for_log(runner, "session paused: since ", 2);
	refuse(runner, "pause --plugin scripted", "plugin scripted is paused already, since ");
	refuse(runner, "pause --plugin acme", "plugin \"acme\" is not listed under plugins");
	refuse(runner, "resume 'Array B'", "\"iml-plugin resume --plugin scripted\"");
	add = xasprintf("add scripted Array name=C script=%s/a", runner->directory);
	expect(runner, add, "");
	free(add);
	expect(runner, "health", "0 of 3 scannables online, 3 paused");
	expect(runner, "resume --plugin scripted", "");
	refuse(runner, "resume --plugin scripted", "plugin scripted is not paused");
	wait_for_log(runner, "session online", 4);
	expect(runner, "health", "2 of 3 scannables online, 1 paused");
	expect(runner, "resume --plugin scripted 'Array A'", "");
	wait_for_log(runner, "session online", 5);
	assert_int_equal(query_number(runner, "select count(*) from storage.events where message in"
	                                      " ('Array A resumed', 'Plugin scripted resumed')"),
	    2);
	database_crash();
	wait_for_log(runner, "database lost", 1);
	refuse(runner, "pause 'Array A'", "the database is away");
	database_resume();
	wait_for_log(runner, "database back", 1);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- log levels ---- */

/* How many lines of this level there are about a plugin, in the log of now. */
static void wait_for_more(struct runner *runner, const char *text)
{
	wait_for_log(runner, text, count_log(runner, text) + 2);
}

static void a_level_holds_for_one_plugin_and_is_taken_up_at_once(void **state)
{
	static const char scan[] = "scripted Array A: update scan";
	struct runner *runner = *state;
	pid_t pid;

	write_file(runner, "a", "disk D1\n");
	write_file(runner, "b", "disk D2\n");
	configure(runner, "warning", "log: {level: info}\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 4 from storage.resources");
	pid = plugin_pid(runner, "scripted");
	expect(runner, "log-level scripted warning", "");
	expect(runner, "log-level scripted", "scripted  warning  until a reload");
	expect(runner, "--json log-level", "\"is_set\": true");
	expect(runner, "rescan 'Array A'", "");
	assert_int_equal(count_log(runner, "wants it scanned now"), 0);
	assert_int_equal(count_log(runner, scan), 0);
	expect(runner, "log-level scripted debug", "");
	wait_for_more(runner, scan);
	expect(runner, "pause 'Array A'", "");
	wait_for_log(runner, "session paused", 1);
	expect(runner, "resume 'Array A'", "");
	assert_int_equal(plugin_pid(runner, "scripted"), pid);

	kill(pid, SIGKILL);
	wait_for_log(runner, "plugin host scripted", 1);
	wait_for_plugin(runner, "scripted", "running");
	expect(runner, "log-level scripted", "scripted  debug  until a reload");
	wait_for_more(runner, scan);
	expect(runner, "log-level error", "");
	expect(runner, "log-level", "(runner)  error");
	expect(runner, "log-level default", "");
	expect(runner, "log-level", "(runner)  info     configured");
	refuse(runner, "log-level acme debug", "plugin \"acme\" is not listed under plugins");
	refuse(runner, "log-level acme", "plugin \"acme\" is not listed under plugins");
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- reloads ---- */

static void a_reload_tells_what_changed_or_every_mistake(void **state)
{
	struct runner *runner = *state;
	char *plugin = built("tests/plugins/scripted.so");
	pid_t pid;

	start(runner);
	expect(runner, "reload", "nothing changed");
	expect(runner, "classes array", "required");
	expect(runner, "plugins", "INTERFACE");
	expect(runner, "top --sort mean", "Array B");
	expect(runner, "--json top", "\"mean_lateness_ms\": ");
	pid = plugin_pid(runner, "scripted");
	expect(runner, "log-level scripted error", "");
	configure(runner, "info", "log: {level: debug}\n");
	expect(runner, "reload", "plugin scripted has another log_level");
	expect(runner, "log-level scripted", "scripted  info   configured");
	assert_int_equal(plugin_pid(runner, "scripted"), pid);
	runner_configure(runner,
	    "plugins: [{path: %s, settings: {a: b}}]\nscan: {period: 2 s, load_limit: 40 s}\n"
	    "scannables: [{plugin: scripted, class: Array, attributes: {name: A, script: %s/b}}]\n",
	    plugin, runner->directory);
	expect(runner, "reload | tr '\\n' ' '", "scan.load_limit is changed ");
	wait_for_plugin(runner, "scripted", "running");
	runner_configure(runner, "scan: {workers: many, period: 0.5}\nplugins: [nothing]\n");
	refuse(runner, "reload", "scan.workers: \"many\" is not a number");
	refuse(runner, "reload", "scan.period: ");
	expect(runner, "status | head -3; true", "not reloaded");
	free(plugin);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(what_is_paused_rests_until_it_is_resumed),
	    runner_test(a_plugin_is_paused_with_all_that_it_has_and_gets),
	    runner_test(a_reload_tells_what_changed_or_every_mistake),
	    runner_test(a_level_holds_for_one_plugin_and_is_taken_up_at_once),
	};

	return cmocka_run_group_tests_name("steering", tests, database_start, database_stop);
}
