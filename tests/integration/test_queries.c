/* SPDX-License-Identifier: MIT */
/* What a user interface asks, of the database and of the runner, about plugins that run. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* What a scannable reports from now on. */
static void say(struct runner *runner, const char *name, const char *script)
{
	write_file(runner, name, "%s", script);
}

/* Array a (scripted), controller c and, if has_servers, server h (t_volumes). */
static void configure(struct runner *runner, bool has_servers)
{
	char *build = built("tests/plugins");
	char *server = xasprintf(
	    "  - {plugin: t_volumes, class: Server, attributes: {name: H, script: %s/h}}\n",
	    runner->directory);

	runner_configure(runner,
	    "plugins: [%s/scripted.so, %s/t_controller.so%s%s%s]\nscannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/a}}\n"
	    "  - {plugin: t_controller, class: Controller, attributes: {name: C, script: %s/c}}\n"
	    "%s",
	    build, build, has_servers ? ", " : "", has_servers ? build : "",
	    has_servers ? "/t_volumes.so" : "", runner->directory, runner->directory,
	    has_servers ? server : "");
	free(server);
	free(build);
}

/* Starts a runner for all of them, which do what files say. */
static void start(struct runner *runner, const char *a, const char *c, const char *h)
{
	say(runner, "a", a);
	say(runner, "c", c);
	say(runner, "h", h);
	configure(runner, true);
	runner_start(runner, NULL);
}

/* Asserts the rows of a query in order, each as text, with blanks between them. */
static void assert_rows(
    struct runner *runner, const char *expected, const char *column, const char *rest)
{
	assert_string_equal(
	    query(runner, "select coalesce(string_agg(x, ' '), '') from (select %s as x %s) as q",
	        column, rest),
	    expected);
}

static void assert_count(struct runner *runner, long count, const char *rest)
{
	assert_int_equal(query_number(runner, "select count(*) from %s", rest), count);
}

/* Runs a command that gives this status, and says the words. */
static void run(
    struct runner *runner, int status, const char *words, const char *verb, const char *argument)
{
	int got;
	char *line = xasprintf("%s %s", verb, argument);
	char *output = command(runner, &got, "%s", line);

	if (strstr(output, words) == NULL)
		fail_msg("%s said:\n%s", line, output);
	assert_int_equal(got, status);
	free(output);
	free(line);
}

static char *id_of(struct runner *runner, const char *label)
{
	return xstrdup(query(runner, "select id from storage.resources where label = '%s'", label));
}

/* ---- lists ---- */

static void resources_are_listed_by_plugin_class_and_kind(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk D1\ndisk D2\nshared W\npool P\n", "Drive 1\n", "");
	wait_for(runner, "select count(*) = 8 from storage.resources");
	assert_rows(runner, "Disk D1 Disk D2", "label",
	    "from storage.resources where plugin = 'scripted' and class = 'Disk' order by label");
	assert_rows(runner, "Disk D1 Disk D2 Drive 1 SharedDisk W", "label",
	    "from storage.resources_of_kind('PhysicalDisk') order by label");
	assert_rows(runner, "Disk D1 Disk D2", "label",
	    "from storage.resources_of_kind('scripted.Disk') order by label");
	assert_count(runner, 3, "storage.resources_of_kind('ScannableResource')");
	assert_count(runner, 8, "storage.resources_of_kind('Resource')");
	assert_count(runner, 0, "storage.resources_of_kind('Fan')");
	run(runner, 0, "SharedDisk W", "list", "physicaldisk");
	run(runner, 0, "Drive 1", "list", "PhysicalDisk");
	run(runner, 1, "no class or kind is named \"Fann\"; did you mean \"Fan\"?", "list", "Fann");
	assert_int_equal(runner_stop(runner), 0);
}

static void an_entry_tells_what_it_is_and_where_it_comes_from(void **state)
{
	struct runner *runner = *state;

	start(runner, "disk D1\nshared W\n", "", "");
	wait_for(runner, "select count(*) = 5 from storage.resources");
	run(runner, 0, "", "alias 'Disk D1'", "'top left'");
	assert_string_equal(
	    query(runner,
	        "select concat_ws('|', plugin, class, ancestry, label, alias, name, (select name"
	        " from storage.resources r where r.id = d.scannable_id)) from storage.resources d"
	        " where class = 'Disk'"),
	    "scripted|Disk|[\"scripted.Disk\", \"PhysicalDisk\", \"Resource\"]|Disk D1|top "
	    "left|top "
	    "left|Array A");
	assert_string_equal(
	    query(runner, "select concat_ws('|', coalesce(alias, '-'), name, (select name from"
	                  " storage.resources r where r.id = d.scannable_id)) from"
	                  " storage.resources d where class = 'SharedDisk'"),
	    "-|SharedDisk W|Array A");
	run(runner, 0, "\"ancestry\": [\n        \"scripted.Disk\",\n        \"PhysicalDisk\"",
	    "--json list", "Disk");
	assert_int_equal(runner_stop(runner), 0);
}

static void lists_are_sorted_by_the_type_of_an_attribute(void **state)
{
	struct runner *runner = *state;

	start(runner,
	    "sensor nine value=9\nsensor ten value=10\nsensor none\nsensor below value=-3\n", "",
	    "");
	wait_for(runner, "select count(*) = 7 from storage.resources");
	assert_rows(runner, "below nine ten none", "attributes->>'name'",
	    "from storage.resources where class = 'Sensor'"
	    " order by storage.sort_value(attributes->'value') nulls last");
	assert_rows(runner, "ten nine below none", "attributes->>'name'",
	    "from storage.resources where class = 'Sensor'"
	    " order by storage.sort_value(attributes->'value') desc nulls last");
	assert_rows(runner, "ten none nine below", "attributes->>'name'",
	    "from storage.resources where class = 'Sensor'"
	    " order by storage.sort_value(attributes->'name') desc nulls last");
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- the graph ---- */

/* A device node below a LUN in a pool of two disks that have an enclosure in common. */
#define SHELF                                                                        \
	"raw E\ndisk D1 on=raw:E\ndisk D2 on=raw:E\ngroup G on=disk:D1 on=disk:D2\n" \
	"lun L on=group:G\nnode /dev/sda host_id=2 on=lun:L\n"

/* How many links "graph --dot" draws. */
static long count_arrows(struct runner *runner)
{
	char *drawn = command(runner, NULL, "graph --dot");
	long count = 0;

	for (const char *at = drawn; (at = strstr(at, " -> ")) != NULL; at++)
		count++;
	free(drawn);
	return count;
}

static void a_node_has_each_ancestor_once_whoever_links_it(void **state)
{
	struct runner *runner = *state;
	char *node;

	start(runner, "", "", SHELF);
	wait_for(runner, "select count(*) = 9 from storage.resources");
	node = id_of(runner, "2:sda");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.ancestors(%s)", node), 6);
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.ancestors(%s) a join"
	                     " storage.resources r using (id) where label = 'E'",
	                     node),
	    1);
	assert_int_equal(count_arrows(runner), 6);
	say(runner, "c", "Drive 1\nLun far key=d1 parent=Drive:1\n");
	wait_for(runner, "select count(*) = 8 from storage.ancestors(%s)", node);
	assert_count(runner, 8, "storage.parents");
	assert_int_equal(count_arrows(runner), 8);
	run(runner, 0, "Depends on\n", "graph", node);
	run(runner, 0, "far  t_controller.Lun", "graph", node);
	free(node);
	assert_int_equal(runner_stop(runner), 0);
}

static void what_is_not_there_has_no_graph(void **state)
{
	static const char *const functions[] = {"ancestors", "descendants", "active_alerts"};
	struct runner *runner = *state;

	start(runner, "disk D1 status=FAILED\n", "", "");
	wait_for(runner, "select count(*) = 4 from storage.resources");
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		assert_int_equal(
		    query_number(runner,
		        "select (select count(*) from storage.%s(null)) + (select count(*) from"
		        " storage.%s(99)) + (select count(*) from storage.%s(-1))",
		        functions[i], functions[i], functions[i]),
		    0);
	assert_string_equal(query(runner, "select storage.sort_value(null)"), "");
	assert_string_equal(query(runner, "select storage.reference_name('{\"ref\": 99}')"), "");
	run(runner, 1, "there is no resource 99", "graph", "99");
	run(runner, 1, "there is no resource 99", "graph --dot", "99");
	run(runner, 1, "there is no resource 99", "impact", "99");
	run(runner, 1, "there is no resource 0", "impact", "0");
	run(runner, 1, "\"0\" is not a number", "graph", "0");
	run(runner, 64, "not the id of a resource", "impact", "D1");
	run(runner, 64, "not the id of a resource", "graph --", "-1");
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- volumes ---- */

static void nodes_of_a_plugin_that_is_not_in_use_are_not_shown(void **state)
{
	struct runner *runner = *state;

	start(runner, "", "Lun L\nPresentation p lun=L host_id=2 path=/dev/sda\n",
	    "node /dev/sda host_id=2\n");
	wait_for(runner, "select count(*) = 1 from storage.volume_nodes");
	run(runner, 0, "/dev/sda", "volumes", "");
	configure(runner, false);
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select nodes = 0 and not usable from storage.volumes");
	run(runner, 0, "no nodes\n", "volumes", "");
	assert_count(runner, 0, "storage.volume_nodes");
	configure(runner, true);
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select nodes = 1 and usable from storage.volumes");
	run(runner, 0, "/dev/sda", "volumes", "");
	assert_count(runner, 1, "storage.volumes where id = 1");
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- alerts ---- */

static void alerts_of_a_resource_are_told_from_those_that_reach_it(void **state)
{
	struct runner *runner = *state;
	char *pool, *disk;

	start(runner, "disk D1 status=FAILED\npool P disk=D1\n", "", "");
	wait_for(runner, "select count(*) = 1 from storage.affected");
	disk = id_of(runner, "Disk D1");
	pool = id_of(runner, "Pool P");
	assert_string_equal(
	    query(runner, "select string_agg(propagated::text, ' ') from storage.active_alerts(%s)",
	        disk),
	    "false");
	assert_string_equal(
	    query(runner, "select string_agg(propagated::text, ' ') from storage.active_alerts(%s)",
	        pool),
	    "true");
	run(runner, 0, "Alerts\nERROR  Drive failure (Disk D1)", "show", disk);
	run(runner, 0, "Affected by\nERROR  Drive failure (Disk D1)", "show", pool);
	run(runner, 0, "Suffers from\nERROR  Drive failure (Disk D1)", "impact", pool);
	say(runner, "a", "disk D1 status=DEGRADED\n");
	wait_for(runner, "select string_agg(severity, ' ') = 'WARNING' from storage.alerts where"
	                 " active");
	say(runner, "a", "disk D1 status=OK\n");
	wait_for(runner, "select count(*) = 0 from storage.active_alerts(%s)", pool);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.active_alerts(%s)", disk), 0);
	assert_string_equal(
	    query(runner,
	        "select string_agg(concat_ws('|', severity, message, active, dismissed, end_time >="
	        " begin_time), ' ' order by id) from storage.alerts where resource_id = %s",
	        disk),
	    "ERROR|Drive failure (Disk D1)|f|f|t WARNING|Drive failure (Disk D1)|f|f|t");
	assert_count(runner, 1, "storage.alerts where severity_number >= 40 and not active");
	free(pool);
	free(disk);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(resources_are_listed_by_plugin_class_and_kind),
	    runner_test(an_entry_tells_what_it_is_and_where_it_comes_from),
	    runner_test(lists_are_sorted_by_the_type_of_an_attribute),
	    runner_test(a_node_has_each_ancestor_once_whoever_links_it),
	    runner_test(what_is_not_there_has_no_graph),
	    runner_test(nodes_of_a_plugin_that_is_not_in_use_are_not_shown),
	    runner_test(alerts_of_a_resource_are_told_from_those_that_reach_it),
	};

	return cmocka_run_group_tests_name("queries", tests, database_start, database_stop);
}
