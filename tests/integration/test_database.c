/* SPDX-License-Identifier: MIT */
/* What happens to the data when the database, or the runner, goes away. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/memory.h"

static void start(struct runner *runner, const char *script)
{
	char *plugin = built("tests/plugins/scripted.so");

	write_file(runner, "script", "%s", script);
	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\n"
	    "scannables:\n  - {plugin: scripted, class: Array, attributes: {name: A, script: "
	    "%s/script}}\n",
	    plugin, runner->directory);
	runner_start(runner, NULL);
	free(plugin);
}

static void wait_for_scans(struct runner *runner)
{
	wait_for_log(runner, "update scan", count_log(runner, "update scan") + 2);
}

static void changes_made_while_the_database_is_away_are_written_later(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk S1\ndisk S2\n");
	wait_for(runner, "select count(*) = 3 from storage.resources");
	wait_for_scans(runner);

	database_crash();
	write_file(runner, "script", "disk S1 status=FAILED capacity=9\ngone disk S2\ndisk S3\n");
	wait_for_scans(runner);
	write_file(runner, "script", "disk S1 status=OK capacity=10\ndisk S3\n");
	wait_for_scans(runner);
	database_resume();

	wait_for(runner,
	    "select attributes->>'capacity' = '10' from storage.resources where label = 'Disk S1'");
	assert_string_equal(
	    query(runner, "select string_agg(label, ',' order by label) from storage.resources "
	                  "where class = 'Disk'"),
	    "Disk S1,Disk S3");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where not active and message "
	                         "= 'Drive failure (Disk S1)'"),
	    1);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_stop_waits_a_while_for_a_database_that_is_away(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk S1\n");
	wait_for(runner, "select count(*) = 2 from storage.resources");
	wait_for_scans(runner);

	database_crash();
	write_file(runner, "script", "disk S1 status=FAILED\n");
	wait_for_scans(runner);
	write_file(runner, "script", "disk S1\n");
	wait_for_scans(runner);
	assert_int_equal(kill(runner->pid, SIGTERM), 0);
	wait_for_log(runner, "scripted: stopped", 1);
	database_resume();

	assert_int_equal(runner_wait(runner), 0);
	wait_for(runner, "select count(*) = 1 from storage.alerts where not active and message = "
	                 "'Drive failure (Disk S1)'");
}

static void a_database_that_does_not_answer_stops_no_scan(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk S1\n");
	wait_for(runner, "select count(*) = 2 from storage.resources");
	query(runner, "begin; lock table storage.resource; select 1");
	write_file(runner, "script", "disk S1 capacity=7\n");
	wait_for_log(runner, "scans go on", 1);
	wait_for_scans(runner);
	write_file(runner, "script", "disk S1 capacity=8\n");
	wait_for_scans(runner);
	query(runner, "commit; select 1");

	wait_for_log(runner, "the database stored what it was given", 1);
	wait_for(runner,
	    "select attributes->>'capacity' = '8' from storage.resources where class = "
	    "'Disk'");
	assert_int_equal(runner_stop(runner), 0);
}

/* Tells the runner that the manager asks for something, from a connection of its own. */
static void announce_request(struct runner *runner)
{
	PGconn *connection = PQconnectdb(runner->conninfo);
	PGresult *result = PQexec(connection, "notify storage_manager");

	assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
	PQclear(result);
	PQfinish(connection);
}

static void a_database_that_hangs_while_it_is_read_stops_no_scan(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk S1\n");
	wait_for(runner, "select count(*) = 2 from storage.resources");
	query(runner, "begin; lock table storage.request; select 1");
	announce_request(runner);
	write_file(runner, "script", "disk S1\ndisk S2\n");
	wait_for_log(runner, "scans go on", 1);
	wait_for_scans(runner);
	query(runner, "commit; select 1");

	wait_for_log(runner, "the database stored what it was given", 1);
	wait_for(runner, "select count(*) = 3 from storage.resources");
	assert_int_equal(runner_stop(runner), 0);
}

static void assert_nothing_to_show(struct runner *runner, const char *arguments)
{
	char *output = command(runner, NULL, "%s", arguments);

	assert_non_null(
	    strstr(output, "Nothing to show yet: the first scan waits for the database"));
	free(output);
}

static void status_tells_that_nothing_can_be_stored(void **state)
{
	struct runner *runner = *state;
	char *status;
	int code;

	start(runner, "disk S1\n");
	wait_for(runner, "select count(*) = 2 from storage.resources");
	/* One lock is enough for this, so that the making of partitions can't get in the way. */
	query(runner, "alter table storage.resource rename to mislaid; select 1");
	write_file(runner, "script", "disk S1 capacity=8\n");
	wait_for_log(runner, "writing to the database failed", 1);
	status = command(runner, &code, "status");
	assert_int_equal(code, 1);
	assert_non_null(strstr(status, "The database does not store what it is given: "));
	assert_non_null(strstr(status, "SQLSTATE 42P01"));
	free(status);
	runner_kill(runner);
}

static void a_runner_waits_for_a_database_that_is_not_there_yet(void **state)
{
	struct runner *runner = *state;
	char *status;
	int code;

	database_crash();
	start(runner, "disk S1\n");
	wait_for_plugin(runner, "scripted", "running");
	status = command(runner, &code, "status");
	assert_int_equal(code, 1);
	assert_non_null(strstr(status, "scripted  waiting for the database"));
	free(status);
	assert_nothing_to_show(runner, "tree");
	assert_nothing_to_show(runner, "list");
	assert_nothing_to_show(runner, "list Disk");
	database_resume();
	wait_for(runner, "select count(*) = 2 from storage.resources");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_killed_runner_leaves_nothing_half_written(void **state)
{
	struct runner *runner = *state;
	char *numbers = NULL;

	for (int i = 0; i < 10; i++) {
		start(runner, i % 2 == 0 ? "disk S1\ndisk S2 status=FAILED\npool P pool=P\n"
		                         : "disk S1 status=FAILED\ndisk S2\npool P\n");
		wait_for(runner,
		    "select count(*) = 1 from storage.alerts where active and message like "
		    "'%%S%d%%'",
		    i % 2 == 0 ? 2 : 1);
		runner_kill(runner);
		assert_int_equal(query_number(runner, "select count(*) from storage.resources"), 4);
		if (numbers == NULL)
			numbers = xstrdup(query(runner,
			    "select string_agg(id::text, ',' order by id) from storage.resources"));
		assert_string_equal(
		    query(runner,
		        "select string_agg(id::text, ',' order by id) from storage.resources"),
		    numbers);
	}
	free(numbers);
}

static void a_second_runner_on_the_same_database_is_refused(void **state)
{
	struct runner *runner = *state;
	struct runner second = *runner;

	start(runner, "disk S1\n");
	wait_for(runner, "select count(*) = 2 from storage.resources");
	second.log = xasprintf("%s/second.log", runner->directory);
	second.config = xasprintf("%s/second.yaml", runner->directory);
	write_file(runner, "second.yaml",
	    "database: {conninfo: \"%s\"}\ncontrol: {socket: %s/second.sock}\n"
	    "directories: {state: %s/second}\n",
	    runner->conninfo, runner->directory, runner->directory);
	runner_start(&second, NULL);
	assert_int_equal(runner_wait(&second), 1);
	assert_int_equal(count_log(&second, "another runner"), 1);
	assert_int_equal(runner_stop(runner), 0);
	free(second.log);
	free(second.config);
}

static void every_stored_scan_is_announced(void **state)
{
	struct runner *runner = *state;
	PGconn *listener = PQconnectdb(runner->conninfo);
	PGnotify *notification = NULL;
	int64_t end = now_ms() + DEADLINE_S * 1000;

	PQclear(PQexec(listener, "LISTEN storage"));
	start(runner, "disk S1\n");
	while (notification == NULL && now_ms() < end) {
		PQclear(PQexec(listener, "SELECT 1"));
		PQconsumeInput(listener);
		notification = PQnotifies(listener);
	}
	assert_non_null(notification);
	assert_string_equal(notification->relname, "storage");
	assert_int_equal(notification->extra[0], '{');
	PQfreemem(notification);
	PQfinish(listener);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_newer_schema_is_refused(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk S1\n");
	wait_for(runner, "select count(*) = 2 from storage.resources");
	assert_int_equal(runner_stop(runner), 0);
	query(runner, "with more as (insert into storage.migration (number, name, program) select "
	              "max(number) + 1000, 'later', '99.0' from storage.migration returning 1) "
	              "select count(*) from more");
	runner_start(runner, NULL);
	assert_int_equal(runner_wait(runner), 1);
	assert_true(count_log(runner, "newer") >= 1);
}

/* The number of the process that serves a private cluster, from its lock file; 0 if there is none.
 */
static pid_t embedded_server(struct runner *runner)
{
	char *path = xasprintf("%s/state/postgresql/data/postmaster.pid", runner->directory);
	FILE *file = fopen(path, "r");
	long pid = 0;

	if (file != NULL && fscanf(file, "%ld", &pid) != 1)
		pid = 0;
	if (file != NULL)
		fclose(file);
	free(path);
	return (pid_t)pid;
}

static void the_private_cluster_starts_stops_and_survives_a_kill(void **state)
{
	struct runner *runner = *state;
	char *plugin = built("tests/plugins/scripted.so");
	char *tree;
	pid_t postgres;
	int64_t end;

	write_file(runner, "script", "disk S1\n");
	write_file(runner, "plugin-runner.yaml",
	    "directories: {state: %s/state}\ndatabase: {embedded: true}\ncontrol: {socket: %s}\n"
	    "plugins: [{path: %s, log_level: debug}]\nscannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/script}}\n",
	    runner->directory, runner->socket, plugin, runner->directory);
	free(plugin);
	for (int i = 0; i < 3; i++) {
		runner_start(runner, NULL);
		wait_for_log(runner, "update scan", count_log(runner, "update scan") + 1);
		tree = command(runner, NULL, "tree");
		assert_non_null(strstr(tree, "S1"));
		free(tree);
		postgres = embedded_server(runner);
		assert_true(postgres > 0);
		runner_kill(runner);
		end = now_ms() + DEADLINE_S * 1000;
		while (kill(postgres, 0) == 0 && now_ms() < end)
			continue;
		assert_int_not_equal(kill(postgres, 0), 0);
	}
	runner_start(runner, NULL);
	wait_for_log(runner, "update scan", count_log(runner, "update scan") + 1);
	assert_int_equal(runner_stop(runner), 0);
	assert_int_equal(embedded_server(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(changes_made_while_the_database_is_away_are_written_later),
	    runner_test(a_stop_waits_a_while_for_a_database_that_is_away),
	    runner_test(a_database_that_does_not_answer_stops_no_scan),
	    runner_test(a_database_that_hangs_while_it_is_read_stops_no_scan),
	    runner_test(a_runner_waits_for_a_database_that_is_not_there_yet),
	    runner_test(status_tells_that_nothing_can_be_stored),
	    runner_test(a_killed_runner_leaves_nothing_half_written),
	    runner_test(a_second_runner_on_the_same_database_is_refused),
	    runner_test(every_stored_scan_is_announced),
	    runner_test(a_newer_schema_is_refused),
	    runner_test(the_private_cluster_starts_stops_and_survives_a_kill),
	};

	return cmocka_run_group_tests_name("database", tests, database_start, database_stop);
}
