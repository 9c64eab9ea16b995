/* SPDX-License-Identifier: MIT */
/* What the runner tells those that watch over it: its metrics, and whether all is well. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "openmetrics.h"

#define MAN_PAGE "man/iml-plugin-metrics.7"

/* ---- the runner ---- */

static void start(struct runner *runner, const char *script, const char *more)
{
	char *plugin = built("tests/plugins/scripted.so");

	write_file(runner, "script", "%s", script);
	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\n"
	    "scan: {retry_min: 50 ms, retry_max: 100 ms}\n"
	    "scannables:\n  - plugin: scripted\n    class: Array\n"
	    "    attributes: {name: A, script: %s/script}\n%s",
	    plugin, runner->directory, more);
	runner_start(runner, NULL);
	free(plugin);
}

/* The metrics, which must be without a mistake. */
static char *scrape(const struct runner *runner)
{
	char *answer = http_exchange(
	    runner, "GET /metrics HTTP/1.1\r\nHost: runner\r\nConnection: close\r\n\r\n");
	const char *body = strstr(answer, "\r\n\r\n");
	char *text;

	assert_memory_equal(answer, "HTTP/1.1 200 ", strlen("HTTP/1.1 200 "));
	assert_non_null(strstr(answer, "\r\nContent-Type: application/openmetrics-text; "
	                               "version=1.0.0; charset=utf-8\r\n"));
	assert_non_null(body);
	text = xstrdup(body + 4);
	free(answer);
	assert_openmetrics(text);
	return text;
}

/* Waits until a metric has at least this value; the metrics of that moment. */
static char *scrape_until(const struct runner *runner, const char *name, double least)
{
	int64_t end = now_ms() + DEADLINE_S * INT64_C(1000);
	char *text = scrape(runner);

	while (metric_of(text, name) < least) {
		if (now_ms() > end)
			fail_msg("%s is still below %g:\n%s", name, least, text);
		free(text);
		usleep(20000);
		text = scrape(runner);
	}
	return text;
}

static void assert_metric(const char *text, const char *name, double value)
{
	double is = metric_of(text, name);

	if (is != value)
		fail_msg("%s is %g, not %g", name, is, value);
}

/* ---- the tests ---- */

static void scans_batches_and_samples_are_counted(void **state)
{
	struct runner *runner = *state;
	char *text;

	start(runner, "disk S1\ntemperature S1 20\nsensor T value=1\nsizes T 3 5\n", "");
	text = scrape_until(runner, "iml_samples_stored_total", 6);
	assert_metric(text, "iml_build_info{version=\"" VERSION "\"}", 1);
	assert_metric(text, "iml_runner_state{iml_runner_state=\"running\"}", 1);
	assert_metric(
	    text, "iml_plugin_state{plugin=\"scripted\",iml_plugin_state=\"running\"}", 1);
	assert_metric(text, "iml_scannables{plugin=\"scripted\",state=\"online\"}", 1);
	assert_metric(
	    text, "iml_scan_duration_seconds_count{plugin=\"scripted\",hook=\"initial_scan\"}", 1);
	assert_metric(text,
	    "iml_scan_duration_seconds_bucket{plugin=\"scripted\",hook=\"initial_scan\","
	    "le=\"+Inf\"}",
	    1);
	assert_metric(text, "iml_batches_total{plugin=\"scripted\",kind=\"initial\"}", 1);
	assert_true(metric_of(text, "iml_scan_lateness_seconds_count{plugin=\"scripted\"}") >= 2);
	assert_true(metric_of(text, "iml_samples_received_total{plugin=\"scripted\"}") >= 6);
	assert_metric(text, "iml_resources", 3);
	assert_metric(text, "iml_database_up", 1);
	assert_true(metric_of(text, "iml_database_transaction_duration_seconds_count") >= 2);
	assert_true(metric_of(text, "iml_database_rows_total") >= 3);
	free(text);
	assert_int_equal(runner_stop(runner), 0);
}

static void each_process_is_measured(void **state)
{
	struct runner *runner = *state;
	struct timespec now;
	double started;
	char *text;

	start(runner, "disk S1\n", "");
	wait_for_plugin(runner, "scripted", "running");
	text = scrape(runner);
	assert_true(
	    metric_of(text, "iml_process_resident_memory_bytes{process=\"runner\"}") > 1000000);
	assert_true(metric_of(text, "iml_process_resident_memory_bytes{process=\"plugin\","
	                            "plugin=\"scripted\"}") > 1000000);
	assert_true(metric_of(text, "iml_process_open_fds{process=\"runner\"}") > 5);
	assert_true(metric_of(text, "iml_process_max_fds{process=\"runner\"}") > 5);
	assert_metric(text, "iml_process_threads{process=\"runner\"}", 1);
	started = metric_of(text, "iml_process_start_time_seconds{process=\"runner\"}");
	clock_gettime(CLOCK_REALTIME, &now);
	assert_true(started <= (double)now.tv_sec + 1 && started > (double)now.tv_sec - 900);
	assert_true(metric_of(text, "iml_process_start_time_seconds{process=\"plugin\","
	                            "plugin=\"scripted\"}") >= started);
	free(text);
	text = scrape_until(runner, "iml_process_cpu_seconds_total{process=\"runner\"}", 0.01);
	free(text);
	assert_int_equal(runner_stop(runner), 0);
}

static void refused_calls_and_failed_scans_are_counted(void **state)
{
	struct runner *runner = *state;
	char *text;

	start(runner, "disk S1 status=LOUD\n", "");
	text = scrape_until(runner, "iml_refused_calls_total{plugin=\"scripted\"}", 2);
	free(text);
	text = scrape_until(runner, "iml_scannables{plugin=\"scripted\",state=\"degraded\"}", 1);
	assert_metric(text, "iml_scannables{plugin=\"scripted\",state=\"online\"}", 0);
	assert_metric(text, "iml_scan_failures_total{plugin=\"scripted\",reason=\"failed\"}", 0);
	free(text);
	write_file(runner, "script", "fail broken\n");
	text = scrape_until(
	    runner, "iml_scan_failures_total{plugin=\"scripted\",reason=\"failed\"}", 2);
	assert_true(metric_of(text, "iml_alerts{severity=\"WARNING\"}") >= 1);
	free(text);
	assert_int_equal(runner_stop(runner), 0);
}

static void restarts_are_counted_by_their_reason(void **state)
{
	struct runner *runner = *state;
	char *text;
	pid_t pid;

	start(runner, "disk S1\n", "");
	free(scrape_until(runner, "iml_scannables{plugin=\"scripted\",state=\"online\"}", 1));
	pid = plugin_pid(runner, "scripted");
	assert_int_equal(kill(pid, SIGABRT), 0);
	text = scrape_until(
	    runner, "iml_plugin_restarts_total{plugin=\"scripted\",reason=\"crash\"}", 1);
	assert_metric(
	    text, "iml_plugin_restarts_total{plugin=\"scripted\",reason=\"deadline\"}", 0);
	free(text);
	/* What was counted is that of the plugin, not of its process. */
	text = scrape_until(runner, "iml_scannables{plugin=\"scripted\",state=\"online\"}", 1);
	assert_true(
	    metric_of(text, "iml_batches_total{plugin=\"scripted\",kind=\"initial\"}") >= 2);
	free(text);
	assert_int_equal(runner_stop(runner), 0);
}

static void samples_that_nobody_wants_are_counted_as_dropped(void **state)
{
	struct runner *runner = *state;
	char *text;

	start(runner, "disk S1\ntemperature S1 20\n", "statistics: {enabled: false}\n");
	text = scrape_until(runner, "iml_samples_dropped_total{reason=\"disabled\"}", 2);
	assert_metric(text, "iml_samples_stored_total", 0);
	assert_metric(text, "iml_samples_dropped_total{reason=\"full\"}", 0);
	free(text);
	assert_int_equal(runner_stop(runner), 0);
}

static void there_are_metrics_while_the_database_is_away(void **state)
{
	struct runner *runner = *state;
	char *text;

	database_crash();
	start(runner, "disk S1\ntemperature S1 20\n", "");
	wait_for_plugin(runner, "scripted", "running");
	text = scrape(runner);
	assert_metric(text, "iml_database_up", 0);
	assert_metric(text, "iml_runner_state{iml_runner_state=\"starting\"}", 1);
	free(text);
	database_resume();
	text = scrape_until(runner, "iml_database_up", 1);
	free(text);
	free(scrape_until(runner, "iml_samples_stored_total", 1));
	database_crash();
	text = scrape_until(runner, "iml_spool_samples", 1);
	assert_metric(text, "iml_database_up", 0);
	assert_true(metric_of(text, "iml_spool_bytes") > 0);
	free(text);
	database_resume();
	text = scrape_until(runner, "iml_database_reconnects_total", 1);
	free(text);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- health ---- */

/* Waits until "health" ends with a status; what it then writes with this option. */
static char *await_health(struct runner *runner, int wanted, const char *option)
{
	int64_t end = now_ms() + DEADLINE_S * INT64_C(1000);
	char *output;
	int status;

	for (;;) {
		output = command(runner, &status, "health %s", option);
		if (status == wanted)
			return output;
		if (now_ms() > end)
			fail_msg(
			    "\"health\" still ends with %d, not %d:\n%s", status, wanted, output);
		free(output);
		usleep(20000);
	}
}

/* Asserts that the first line of an answer for Nagios ends with such data: "a=1s;;;0 b=2;;;0;2". */
static void assert_performance(const char *output)
{
	const char *at = strstr(output, " |");
	unsigned count = 0;

	assert_non_null(at);
	for (at += 2; *at == ' '; count++) {
		size_t label = strspn(++at, "abcdefghijklmnopqrstuvwxyz_");

		assert_true(label > 0 && at[label] == '=');
		at += label + 1;
		assert_true(strspn(at, "0123456789") > 0);
		at += strspn(at, "0123456789");
		at += *at == 's' || *at == 'c';
		assert_memory_equal(at, ";;;0", 4);
		at += 4;
		at += *at == ';' ? 1 + strspn(at + 1, "0123456789") : 0;
	}
	assert_int_equal(*at, '\n');
	assert_int_equal(count, 12);
}

static void assert_says(const char *output, const char *words)
{
	if (strstr(output, words) == NULL)
		fail_msg("\"%s\" is not in:\n%s", words, output);
}

static void health_is_ok_when_everything_is_online(void **state)
{
	struct runner *runner = *state;
	char *output;

	start(runner, "disk S1\n", "");
	free(scrape_until(runner, "iml_scannables{plugin=\"scripted\",state=\"online\"}", 1));
	output = await_health(runner, 0, "");
	assert_string_equal(output, "OK: 1 of 1 plugin running, 1 of 1 scannable online\n");
	free(output);
	output = await_health(runner, 0, "--nagios");
	assert_says(output, "IML OK - 1 of 1 plugin running, 1 of 1 scannable online | ");
	assert_says(output, " scannables_online=1;;;0;1 ");
	assert_performance(output);
	free(output);
	output = http_exchange(
	    runner, "GET /healthz HTTP/1.1\r\nHost: runner\r\nConnection: close\r\n\r\n");
	assert_memory_equal(output, "HTTP/1.1 200 ", strlen("HTTP/1.1 200 "));
	assert_says(output, "{\"status\":\"ok\",\"problem_count\":0,\"problems\":[],");
	free(output);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_scannable_that_fails_is_a_warning(void **state)
{
	struct runner *runner = *state;
	char *output;

	start(runner, "fail no|answer\n", "");
	free(scrape_until(
	    runner, "iml_scan_failures_total{plugin=\"scripted\",reason=\"failed\"}", 1));
	output = await_health(runner, 1, "");
	assert_says(output, "WARNING: 1 of 1 plugin running, 0 of 1 scannable online\n");
	assert_says(output, "WARNING  Array A of plugin scripted is not contactable: ");
	free(output);
	output = await_health(runner, 1, "--nagios");
	assert_says(output, "IML WARNING - Array A of plugin scripted is not contactable: ");
	assert_says(output, "no/answer | plugins=1;;;0 ");
	assert_says(output, " scannables_offline=1;;;0;1 ");
	assert_performance(output);
	free(output);
	output = http_exchange(
	    runner, "GET /healthz HTTP/1.1\r\nHost: runner\r\nConnection: close\r\n\r\n");
	assert_memory_equal(output, "HTTP/1.1 200 ", strlen("HTTP/1.1 200 "));
	assert_says(output, "\"kind\":\"scannable\",\"plugin\":\"scripted\",\"scannable\":");
	free(output);

	/* Calls that are refused are no better. */
	write_file(runner, "script", "disk S1 status=LOUD\n");
	free(scrape_until(runner, "iml_scannables{plugin=\"scripted\",state=\"degraded\"}", 1));
	output = await_health(runner, 1, "");
	assert_says(output, "is degraded: 1 call refused in the last scan");
	free(output);
	write_file(runner, "script", "disk S1\n");
	free(await_health(runner, 0, ""));
	assert_int_equal(runner_stop(runner), 0);
}

static void a_plugin_that_failed_is_critical(void **state)
{
	struct runner *runner = *state;
	char *output;

	runner_configure(runner, "plugins: [/nowhere/missing.so]\n"
	                         "scannables: [{plugin: nobody, class: Array}]\n");
	runner_start(runner, NULL);
	wait_for_plugin(runner, "missing", "failed");
	wait_for_log(runner, "database loaded", 1);
	output = await_health(runner, 2, "");
	assert_says(output, "CRITICAL: 0 of 1 plugin running, 0 of 0 scannables online\n");
	assert_says(output, "CRITICAL  plugin missing failed: ");
	assert_says(output, "\"nobody\" is not listed under plugins\n");
	free(output);
	output = await_health(runner, 2, "--nagios");
	assert_says(output, "IML CRITICAL - plugin missing failed: ");
	assert_says(output, ", and 1 more | plugins=1;;;0 plugins_running=0;;;0;1 ");
	assert_performance(output);
	free(output);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_database_that_is_away_is_critical(void **state)
{
	struct runner *runner = *state;
	char *output;

	start(runner, "disk S1\n", "");
	free(await_health(runner, 0, ""));
	database_crash();
	output = await_health(runner, 2, "--nagios");
	assert_says(output, "IML CRITICAL - the database is away since ");
	assert_performance(output);
	free(output);
	output = http_exchange(
	    runner, "GET /healthz HTTP/1.1\r\nHost: runner\r\nConnection: close\r\n\r\n");
	assert_memory_equal(output, "HTTP/1.1 503 ", strlen("HTTP/1.1 503 "));
	assert_says(output, "{\"status\":\"critical\",\"problem_count\":1,");
	free(output);
	output = await_health(runner, 2, "--json");
	assert_says(output, "\"status\": \"critical\"");
	free(output);
	database_resume();
	free(await_health(runner, 0, ""));
	assert_int_equal(runner_stop(runner), 0);
}

static void without_a_runner_the_status_says_so_and_health_is_critical(void **state)
{
	struct runner *runner = *state;
	char *output;
	int status;

	free(command(runner, &status, "status"));
	assert_int_equal(status, 3);
	output = command(runner, &status, "health --nagios");
	assert_int_equal(status, 2);
	assert_says(output, "IML CRITICAL - no plugin runner answers\n");
	free(output);
	start(runner, "disk S1\n", "");
	free(await_health(runner, 0, ""));
	free(command(runner, &status, "status"));
	assert_int_equal(status, 0);
	runner_kill(runner);
	free(command(runner, &status, "status"));
	assert_int_equal(status, 3);
	free(command(runner, &status, "health --nagios --json"));
	assert_int_equal(status, 64);
	free(command(runner, &status, "status --nagios"));
	assert_int_equal(status, 64);
}

/* ---- systemd ---- */

static void the_status_line_names_what_is_not_well(void **state)
{
	struct runner *runner = *state;
	char *plugin = built("tests/plugins/scripted.so");
	int notices = notices_open(runner);

	write_file(runner, "script", "fail broken\n");
	write_file(runner, "other", "disk S1 status=LOUD\n");
	runner_configure(runner,
	    "plugins: [%s, /nowhere/missing.so]\n"
	    "scan: {retry_min: 50 ms, retry_max: 100 ms}\n"
	    "scannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/script}}\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: B, script: %s/other}}\n",
	    plugin, runner->directory, runner->directory);
	runner_start(runner, NULL);
	notices_unset();
	expect_notice(notices, "STATUS=running; database ready; 1 of 2 plugins running (missing"
	                       " failed); 1 of 2 scannables online, 1 degraded, 1 not contactable");
	write_file(runner, "script", "disk S1\n");
	expect_notice(notices, "STATUS=running; database ready; 1 of 2 plugins running (missing"
	                       " failed); 2 of 2 scannables online, 1 degraded");
	database_crash();
	expect_notice(notices, "STATUS=running; database waiting (");
	database_resume();
	expect_notice(notices, "STATUS=running; database ready; ");
	close(notices);
	assert_int_equal(runner_stop(runner), 0);
	free(plugin);
}

static void signs_of_life_are_given_if_systemd_wants_them(void **state)
{
	struct runner *runner = *state;
	int notices = notices_open(runner);

	setenv("WATCHDOG_USEC", "300000", 1);
	start(runner, "disk S1\n", "");
	unsetenv("WATCHDOG_USEC");
	notices_unset();
	expect_notice(notices, "READY=1");
	for (int i = 0; i < 3; i++)
		expect_notice(notices, "WATCHDOG=1");
	close(notices);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- the man page ---- */

/* What the man page calls a family: as its samples are named. */
static char *documented_name(const char *name, const char *type)
{
	if (strcmp(type, "counter") == 0)
		return xasprintf("%s_total", name);
	if (strcmp(type, "info") == 0)
		return xasprintf("%s_info", name);
	return xstrdup(name);
}

/* Fails for each item of the page that no family is named by, and each family without one. */
static void compare_with_page(const char *text, const char *page)
{
	char name[128], type[16];
	unsigned families = 0, items = 0;

	for (const char *line = text; line != NULL && *line != '\0';) {
		if (sscanf(line, "# TYPE %127s %15s", name, type) == 2) {
			char *documented = documented_name(name, type);
			char *item = xasprintf("\n.It Li %s Pq %s\n", documented, type);

			if (strstr(page, item) == NULL)
				fail_msg(MAN_PAGE " does not have: %s", item + 1);
			free(item);
			free(documented);
			families++;
		}
		line = strchr(line, '\n');
		line += line != NULL;
	}
	for (const char *item = page; (item = strstr(item, "\n.It Li iml_")) != NULL; item++)
		items++;
	if (items != families)
		fail_msg(MAN_PAGE " has %u metrics, but there are %u", items, families);
}

static void the_man_page_has_every_metric_and_no_other(void **state)
{
	struct runner *runner = *state;
	char *page = read_whole(MAN_PAGE);
	char *text;

	start(runner, "disk S1\n", "");
	text = scrape(runner);
	compare_with_page(text, page);
	free(text);
	free(page);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(scans_batches_and_samples_are_counted),
	    runner_test(each_process_is_measured),
	    runner_test(refused_calls_and_failed_scans_are_counted),
	    runner_test(restarts_are_counted_by_their_reason),
	    runner_test(samples_that_nobody_wants_are_counted_as_dropped),
	    runner_test(there_are_metrics_while_the_database_is_away),
	    runner_test(health_is_ok_when_everything_is_online),
	    runner_test(a_scannable_that_fails_is_a_warning),
	    runner_test(a_plugin_that_failed_is_critical),
	    runner_test(a_database_that_is_away_is_critical),
	    runner_test(without_a_runner_the_status_says_so_and_health_is_critical),
	    runner_test(the_status_line_names_what_is_not_well),
	    runner_test(signs_of_life_are_given_if_systemd_wants_them),
	    runner_test(the_man_page_has_every_metric_and_no_other),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
