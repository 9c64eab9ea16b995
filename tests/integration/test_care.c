/* SPDX-License-Identifier: MIT */
/* iml-plugin db, beside a runner that is at work, or waits for what it does. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Configures a runner that connects as a role of its own. */
static void configure_as(struct runner *runner, const char *role)
{
	char *plugin = built("tests/plugins/scripted.so");
	char *own = runner->conninfo;

	write_file(runner, "script", "disk S1\n");
	runner->conninfo = xasprintf("%s user=%s", own, role);
	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\n"
	    "scannables:\n  - {plugin: scripted, class: Array, attributes: {name: A, script: "
	    "%s/script}}\n",
	    plugin, runner->directory);
	free(runner->conninfo);
	runner->conninfo = own;
	free(plugin);
}

/* Runs a command, which has to end with a status and write a part; what it wrote is freed. */
static void assert_writes(struct runner *runner, int expected, const char *part, const char *words)
{
	int status;
	char *output = command(runner, &status, "%s", words);

	if (status != expected || strstr(output, part) == NULL)
		fail_msg("%s: status %d, not \"%s\": %s", words, status, part, output);
	free(output);
}

static void a_runner_waits_for_init_and_then_works_with_few_rights(void **state)
{
	struct runner *runner = *state;
	char *init = xasprintf("db init --runner scanner --conninfo \"%s\"", runner->conninfo);
	char *check = xasprintf("db check --config %s", runner->config);
	char *migrate = xasprintf("db migrate --config %s", runner->config);
	char *json = xasprintf("--json %s", check);
	char *dry = xasprintf("%s --dry-run --json", migrate);

	query(runner, "create role scanner login; select 1");
	configure_as(runner, "scanner");
	assert_writes(runner, 1, "error    schema: storage: there is none yet", check);
	assert_writes(runner, 1, "make it with iml-plugin db init", migrate);
	runner_start(runner, NULL);
	wait_for_log(runner, "Run iml-plugin db init --conninfo", 1);
	assert_writes(runner, 1, "the role \"scanner\" may not create it", "status");

	assert_writes(
	    runner, 0, "CREATE ROLE \"manager\" LOGIN IN ROLE \"iml_storage_operator\"", init);
	wait_for(runner, "select count(*) = 2 from storage.resources");
	assert_int_equal(count_log(runner, "the database was taken care of after"), 1);
	assert_writes(runner, 0, "good     content: the rows fit together", check);
	assert_writes(runner, 0, "\"level\": \"good\"", json);
	assert_writes(runner, 0, "version 1, the newest", migrate);
	assert_writes(runner, 0, "\"changed\": false", dry);
	assert_writes(runner, 0, "Then: iml-plugin db check", init);
	assert_int_equal(runner_stop(runner), 0);
	query(runner, "drop owned by scanner, iml_storage_owner, iml_storage_reader,"
	              " iml_storage_operator cascade; drop role scanner, iml_storage_owner,"
	              " iml_storage_reader, iml_storage_operator; select 1");
	free(init);
	free(check);
	free(migrate);
	free(json);
	free(dry);
}

static void what_is_asked_wrongly_is_refused_with_the_remedy(void **state)
{
	static const struct {
		const char *words;
		int status;
		const char *part;
	} cases[] = {
	    {"db", 64, "init, migrate and check"},
	    {"db care", 64, "not init, migrate or check: care"},
	    {"db check more", 64, "init, migrate and check"},
	    {"db check --dry-run", 64, "--dry-run is of db migrate"},
	    {"db migrate --owner me", 64, "names of roles are of db init"},
	    {"db check --config a --conninfo b", 64, "either --config or --conninfo"},
	    {"db check --conninfo 'host=/x password=xyzzy'", 64, "~/.pgpass"},
	    {"db check --conninfo 'host /x'", 69, "failed"},
	    {"db check --conninfo 'host=/x color=blue'", 64, "can't be read"},
	    {"db check --conninfo host=/nowhere", 69, "No such file"},
	    {"db check --config /nowhere", 78, "/nowhere"},
	};
	struct runner *runner = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status;
		char *output = command(runner, &status, "%s", cases[i].words);

		if (status != cases[i].status || strstr(output, cases[i].part) == NULL ||
		    strstr(output, "xyzzy") != NULL)
			fail_msg("%s: status %d: %s", cases[i].words, status, output);
		free(output);
	}
}

static void a_private_cluster_needs_no_care(void **state)
{
	struct runner *runner = *state;
	char *check = xasprintf("db check --config %s", runner->config);

	write_file(runner, "plugin-runner.yaml", "database: {embedded: true}\n");
	assert_writes(runner, 78, "the private cluster needs no care by hand", check);
	free(check);
}

static void what_is_due_is_shown_and_then_done(void **state)
{
	struct runner *runner = *state;
	char *init = xasprintf("db init --conninfo \"%s\"", runner->conninfo);
	char *dry = xasprintf("db migrate --dry-run --conninfo \"%s\"", runner->conninfo);

	assert_writes(runner, 0, "The schema has version 1", init);
	query(runner, "set client_min_messages = error; with gone as (delete from "
	              "storage.migration returning 1) select 1 from gone");
	assert_writes(runner, 0, "SET LOCAL ROLE \"iml_storage_owner\";", dry);
	assert_writes(runner, 0, "VALUES (1, 'storage', ", dry);
	assert_int_equal(query_number(runner, "select count(*) from storage.migration"), 0);
	query(runner,
	    "drop schema storage cascade; drop owned by iml_storage_owner, iml_storage_runner,"
	    " iml_storage_reader, iml_storage_operator; drop role iml_storage_owner,"
	    " iml_storage_runner, iml_storage_reader, iml_storage_operator; select 1");
	free(init);
	free(dry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(a_runner_waits_for_init_and_then_works_with_few_rights),
	    runner_test(what_is_asked_wrongly_is_refused_with_the_remedy),
	    runner_test(a_private_cluster_needs_no_care),
	    runner_test(what_is_due_is_shown_and_then_done),
	};

	return cmocka_run_group_tests_name("care", tests, database_start, database_stop);
}
