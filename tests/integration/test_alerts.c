/* SPDX-License-Identifier: MIT */
/* One problem with many consequences: alerts, their causes, and what they put at risk. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/*
 * A shelf of 60 drives in two pools of ten LUNs each, which two servers have by two paths. With its
 * power supply fail a fan, the enclosure, 60 drives, 2 pools and 20 LUNs.
 */
#define SHELF                                                                                    \
	"enclosures: 1, drives_per_enclosure: 60, pools: 2, luns_per_pool: 10, power_supplies: " \
	"true, servers: 2, first_server: 101, paths: 2, statistics: off, period: 1, step: 1"
#define CONSEQUENCES 84
#define VOLUMES 20

/* A script that happens at the times given, in seconds, which are scans. */
#define EVENT(at, action, object) "{at: " #at ", action: " action ", object: " object "}"

static void configure(struct runner *runner, const char *settings, const char *script)
{
	runner_configure(runner,
	    "plugins:\n  - name: simulator\n    settings: {%s, script: [%s]}\n"
	    "scan:\n  retry_min: 50 ms\n  retry_max: 200 ms\n"
	    "scannables:\n  - {plugin: simulator, class: Couplet, attributes: {name: alpha}}\n",
	    settings, script);
}

static void wait_for_active(struct runner *runner, int count)
{
	wait_for(runner, "select count(*) = %d from storage.alerts where active", count);
}

/* The label of what has the cause of the alert on a resource of a class; "" if there is none. */
static const char *cause_of(struct runner *runner, const char *class)
{
	return query(runner,
	    "select distinct above.class_label from storage.alerts a"
	    " join storage.resources r on r.id = a.resource_id"
	    " join storage.alerts cause on cause.id = a.cause_id"
	    " join storage.resources above on above.id = cause.resource_id"
	    " where a.active and r.class = '%s'",
	    class);
}

static void assert_one_root(struct runner *runner)
{
	assert_int_equal(
	    query_number(
	        runner, "select count(*) from storage.alerts where active and cause_id is null"),
	    1);
	assert_int_equal(query_number(runner, "select consequences from storage.alerts"
	                                      " where active and cause_id is null"),
	    CONSEQUENCES);
	assert_string_equal(query(runner, "select message from storage.alerts"
	                                  " where active and cause_id is null"),
	    "Power supply failed (Power supply 0)");
	assert_int_equal(
	    query_number(runner, "select count(distinct root_cause_id) from storage.alerts"
	                         " where active"),
	    1);
}

static void a_shelf_without_power_is_one_problem(void **state)
{
	struct runner *runner = *state;

	configure(runner, SHELF, EVENT(0, "fail", "power 0"));
	runner_start(runner, NULL);
	wait_for_active(runner, 1 + CONSEQUENCES);
	assert_one_root(runner);
	assert_string_equal(cause_of(runner, "PowerSupply"), "");
	assert_string_equal(cause_of(runner, "Fan"), "Power supply");
	assert_string_equal(cause_of(runner, "Enclosure"), "Fan");
	assert_string_equal(cause_of(runner, "HardDrive"), "Enclosure");
	assert_string_equal(cause_of(runner, "Pool"), "Drive");
	assert_string_equal(cause_of(runner, "Lun"), "Pool");
	assert_int_equal(runner_stop(runner), 0);
}

static void the_volumes_and_servers_at_risk_are_known(void **state)
{
	struct runner *runner = *state;
	long root;

	configure(runner, SHELF, EVENT(0, "fail", "power 0") ", " EVENT(0, "fail", "node 0"));
	runner_start(runner, NULL);
	wait_for_active(runner, 2 + CONSEQUENCES);
	root =
	    query_number(runner, "select id from storage.alerts where active and cause_id is null");
	assert_int_equal(query_number(runner, "select count(*) from storage.volumes"), VOLUMES);
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.affected_volumes where alert_id = %ld "
	                     "and not paths_only",
	                     root),
	    VOLUMES);
	assert_string_equal(
	    query(runner,
	        "select string_agg(server_id || ': ' || volumes, ', ' order by server_id)"
	        " from storage.affected_servers where alert_id = %ld",
	        root),
	    "101: 20, 102: 20");
	/* 1 fan, 1 enclosure, 60 drives, 2 pools, 20 LUNs, 80 paths, 40 of /dev/mapper. */
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.affected where alert_id = %ld", root),
	    204);
	/* A path that failed leaves the volume its other ways. */
	assert_string_equal(
	    query(runner,
	        "select string_agg(v.paths_only || ' ' || s.server_id, ', ')"
	        " from storage.alerts a join storage.affected_volumes v on v.alert_id = a.id"
	        " join storage.affected_servers s on s.alert_id = a.id"
	        " where a.active and a.message like 'Path failed%%'"),
	    "true 101");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_restart_keeps_alerts_and_causes(void **state)
{
	static const char all[] = "select md5(string_agg(a::text, ',' order by id)) from"
	                          " storage.alerts a";
	struct runner *runner = *state;
	char *before;

	configure(runner, SHELF, EVENT(0, "fail", "power 0"));
	runner_start(runner, "--verbose", NULL);
	wait_for_active(runner, 1 + CONSEQUENCES);
	before = xstrdup(query(runner, all));
	assert_int_equal(runner_stop(runner), 0);
	assert_string_equal(query(runner, all), before);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 1);
	assert_string_equal(query(runner, all), before);
	runner_kill(runner);
	runner_start(runner, "--verbose", NULL);
	wait_for_log(runner, "session online", 1);
	assert_string_equal(query(runner, all), before);
	assert_one_root(runner);
	assert_int_equal(runner_stop(runner), 0);
	free(before);
}

static void what_recovers_is_history_with_its_cause(void **state)
{
	struct runner *runner = *state;

	configure(runner, SHELF, EVENT(1, "fail", "power 0") ", " EVENT(3, "recover", "power 0"));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = %d and bool_and(not active) from storage.alerts",
	    1 + CONSEQUENCES);
	assert_int_equal(query_number(runner, "select count(*) from storage.affected"), 0);
	assert_int_equal(query_number(runner, "select count(*) from storage.affected_volumes"), 0);
	assert_int_equal(
	    query_number(runner,
	        "select count(*) from storage.alerts a join storage.alerts root"
	        " on root.id = a.root_cause_id where root.message like 'Power supply failed%%'"),
	    1 + CONSEQUENCES);
	assert_int_equal(query_number(runner, "select count(*) from storage.events"
	                                      " where message like 'Cleared storage alert: %%'"),
	    1 + CONSEQUENCES);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_cause_that_ends_before_its_consequences_leaves_them_to_the_next(void **state)
{
	struct runner *runner = *state;

	/* A fan that runs again does not mend the drive that it cooked. */
	configure(runner, SHELF,
	    EVENT(1, "fail", "fan 0") ", " EVENT(1, "fail", "drive 7") ", " EVENT(
	        4, "recover", "fan 0"));
	runner_start(runner, NULL);
	wait_for_active(runner, 3);
	assert_string_equal(cause_of(runner, "HardDrive"), "Fan");
	assert_string_equal(cause_of(runner, "Pool"), "Drive");
	wait_for_active(runner, 2);
	assert_string_equal(cause_of(runner, "HardDrive"), "");
	assert_string_equal(query(runner, "select message from storage.alerts"
	                                  " where active and cause_id is null"),
	    "Drive failed (Drive 7)");
	assert_int_equal(runner_stop(runner), 0);
}

static void what_is_affected_follows_the_graph_while_the_alert_is_active(void **state)
{
	static const char affected[] =
	    "select count(*) = %d from storage.affected join storage.alerts on alerts.id = alert_id"
	    " where message = 'Enclosure failed (Enclosure 0)'";
	struct runner *runner = *state;

	configure(runner,
	    "enclosures: 1, drives_per_enclosure: 6, pools: 1, luns_per_pool: 1, statistics: off, "
	    "period: 1, step: 1",
	    EVENT(1, "fail", "enclosure 0") ", " EVENT(4, "remove", "drive 3") ", " EVENT(
	        9, "add", "drive 3"));
	runner_start(runner, NULL);
	wait_for(runner, affected, 8);
	wait_for(runner, affected, 7);
	/* The pool lacks a drive; what is wrong two links up is the nearest cause there is. */
	assert_string_equal(cause_of(runner, "Pool"), "Enclosure");
	wait_for(runner, affected, 8);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- two controllers of one array ---- */

static void two_controllers_of_one_shelf_see_one_failed_drive(void **state)
{
	struct runner *runner = *state;

	runner_configure(runner,
	    "plugins:\n  - name: simulator\n    settings: {shared: array, enclosures: 1, "
	    "drives_per_enclosure: 6, pools: 1, luns_per_pool: 1, statistics: off, period: 1, "
	    "step: 1, script: [" EVENT(1, "fail", "drive 3") ", " EVENT(6, "recover",
	        "drive 3") "]}\n"
	                   "scannables:\n  - {plugin: simulator, class: Couplet, attributes: "
	                   "{name: left}}\n"
	                   "  - {plugin: simulator, class: Couplet, attributes: {name: right}}\n");
	runner_start(runner, NULL);
	wait_for_active(runner, 3);
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.resources where class = 'SharedDrive'"),
	    6);
	assert_string_equal(
	    query(runner,
	        "select string_agg(r.class || ' ' || a.consequences, ', ' order by r.class)"
	        " from storage.alerts a join storage.resources r on r.id = a.resource_id"
	        " where a.active"),
	    "Pool 0, Pool 0, SharedDrive 2");
	wait_for_active(runner, 0);
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts"), 3);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- what people see ---- */

static unsigned count_of(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		count++;
	return count;
}

static void assert_says(const char *output, const char *words)
{
	if (strstr(output, words) == NULL)
		fail_msg("\"%s\" is not in:\n%s", words, output);
}

static void the_command_folds_consequences(void **state)
{
	struct runner *runner = *state;
	char *output;
	int status;

	configure(runner, SHELF, EVENT(0, "fail", "power 0"));
	runner_start(runner, NULL);
	wait_for_active(runner, 1 + CONSEQUENCES);
	output = command(runner, &status, "alerts");
	assert_int_equal(status, 0);
	assert_int_equal(count_of(output, "\n"), 2);
	assert_says(output, "Power supply failed (Power supply 0) and 84 consequences");
	free(output);
	output = command(runner, &status, "alerts --all");
	assert_int_equal(count_of(output, "\n"), 1 + 1 + CONSEQUENCES);
	assert_says(output, "CAUSE");
	free(output);
	output = command(runner, &status, "--json alerts");
	assert_int_equal(count_of(output, "\"root_cause\": {"), CONSEQUENCES);
	free(output);
	assert_int_equal(runner_stop(runner), 0);
}

/* Follows the changes in another process, from the moment on that is returned. */
static FILE *watch(struct runner *runner)
{
	char *program = built("bin/iml-plugin");
	char *line = xasprintf("%s --socket %s watch 2>&1", program, runner->socket);
	FILE *pipe = popen(line, "r");
	char shown[4096];

	assert_non_null(pipe);
	do {
		assert_non_null(fgets(shown, sizeof(shown), pipe));
	} while (strncmp(shown, "Changes as they happen", 22) != 0);
	free(line);
	free(program);
	return pipe;
}

/* What was written about changes until the runner ended. */
static char *changes_of(FILE *pipe)
{
	struct text output = TEXT_EMPTY;
	char part[4096];
	size_t length;

	while ((length = fread(part, 1, sizeof(part), pipe)) > 0)
		text_append_bytes(&output, part, length);
	pclose(pipe);
	return text_steal(&output);
}

static void who_watches_sees_one_problem_as_one(void **state)
{
	static const char script[] = "disk S1 status=%s\ndisk S2 status=%s disk=S1\n"
	                             "disk S3 status=%s disk=S2\ndisk S4 status=%s disk=S1\n";
	struct runner *runner = *state;
	char *plugin = built("tests/plugins/scripted.so");
	char *output;
	FILE *pipe;

	write_file(runner, "script", script, "OK", "OK", "OK", "OK");
	runner_configure(runner,
	    "plugins: [%s]\nscannables:\n  - {plugin: scripted, class: Array, attributes: "
	    "{name: A, script: %s/script}}\n",
	    plugin, runner->directory);
	runner_start(runner, NULL);
	wait_for_plugin(runner, "scripted", "running");
	pipe = watch(runner);
	write_file(runner, "script", script, "FAILED", "FAILED", "FAILED", "FAILED");
	wait_for_active(runner, 4);
	write_file(runner, "script", script, "OK", "OK", "OK", "OK");
	wait_for_active(runner, 0);
	assert_int_equal(runner_stop(runner), 0);
	output = changes_of(pipe);
	assert_int_equal(count_of(output, "alert raised"), 1);
	assert_says(output, "ERROR  Drive failure (Disk S1) and 3 consequences");
	assert_int_equal(count_of(output, "alert cleared"), 1);
	free(output);
	free(plugin);
}

static void what_is_drawn_before_it_is_stored_does_not_appear_once_more(void **state)
{
	struct runner *runner = *state;
	char *plugin = built("tests/plugins/scripted.so");
	char *output;
	FILE *pipe;

	write_file(runner, "script", "pause\n");
	runner_configure(runner,
	    "plugins: [%s]\nscannables:\n  - {plugin: scripted, class: Array, attributes: "
	    "{name: A, script: %s/script}}\n",
	    plugin, runner->directory);
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources");
	query(runner, "begin; lock table storage.resource in access exclusive mode; select 1");
	write_file(runner, "script", "disk S1 status=OK\n");
	pipe = watch(runner);
	query(runner, "commit; select 1");
	wait_for(runner, "select count(*) = 2 from storage.resources");
	write_file(runner, "script", "disk S1 status=OK\ndisk S2 status=OK\n");
	wait_for(runner, "select count(*) = 3 from storage.resources");
	assert_int_equal(runner_stop(runner), 0);
	output = changes_of(pipe);
	assert_says(output, "appeared      Disk S2");
	assert_int_equal(count_of(output, "appeared"), 1);
	free(output);
	free(plugin);
}

static void the_command_tells_the_impact_and_why(void **state)
{
	struct runner *runner = *state;
	char *output;
	int status;

	configure(runner, SHELF, EVENT(0, "fail", "power 0"));
	runner_start(runner, NULL);
	wait_for_active(runner, 1 + CONSEQUENCES);
	output = command(runner, &status, "impact %ld",
	    query_number(runner, "select id from storage.resources where label = 'Drive 7'"));
	assert_int_equal(status, 0);
	assert_says(output, "Drive failed (Drive 7)");
	assert_says(output, "because of Power supply failed (Power supply 0)");
	assert_says(output, "Drive 7 → Pool 0 → LUN 9");
	assert_says(output, "\n101  -  Drive 7 → ");
	assert_null(strstr(output, "LUN 10"));
	free(output);
	output = command(runner, &status, "impact 999999");
	assert_int_equal(status, 1);
	free(output);
	assert_int_equal(runner_stop(runner), 0);
}

static void the_command_draws_the_graph(void **state)
{
	struct runner *runner = *state;
	char *output;
	int status;

	configure(runner, SHELF, EVENT(0, "fail", "power 0"));
	runner_start(runner, NULL);
	wait_for_active(runner, 1 + CONSEQUENCES);
	output = command(runner, &status, "graph %ld",
	    query_number(runner, "select id from storage.resources where label = 'Pool 1'"));
	assert_int_equal(status, 0);
	assert_says(output, "Depends on");
	assert_says(output, "Power supply 0");
	assert_says(output, "Affects");
	assert_int_equal(count_of(output, "LUN 1"), 10);
	assert_null(strstr(output, "Pool 0"));
	free(output);
	output = command(runner, &status, "graph --dot");
	assert_int_equal(status, 0);
	assert_int_equal(count_of(output, "[label=\""),
	    query_number(runner, "select count(*) from storage.graph"));
	assert_int_equal(count_of(output, " -> "),
	    query_number(runner, "select sum(cardinality(parents)) from storage.graph"));
	free(output);
	output = command(runner, &status, "--json graph");
	assert_int_equal(status, 0);
	assert_says(output, "\"class_label\": \"Power supply\"");
	free(output);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(a_shelf_without_power_is_one_problem),
	    runner_test(the_volumes_and_servers_at_risk_are_known),
	    runner_test(a_restart_keeps_alerts_and_causes),
	    runner_test(what_recovers_is_history_with_its_cause),
	    runner_test(a_cause_that_ends_before_its_consequences_leaves_them_to_the_next),
	    runner_test(what_is_affected_follows_the_graph_while_the_alert_is_active),
	    runner_test(two_controllers_of_one_shelf_see_one_failed_drive),
	    runner_test(the_command_folds_consequences),
	    runner_test(who_watches_sees_one_problem_as_one),
	    runner_test(what_is_drawn_before_it_is_stored_does_not_appear_once_more),
	    runner_test(the_command_tells_the_impact_and_why),
	    runner_test(the_command_draws_the_graph),
	};

	return cmocka_run_group_tests_name("alerts", tests, database_start, database_stop);
}
