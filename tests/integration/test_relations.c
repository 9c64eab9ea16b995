/* SPDX-License-Identifier: MIT */
/*
 * Links between the LUNs of one plugin and the devices of another, which know nothing of each
 * other, from the scans to the views that the user interface reads.
 */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Writes a configuration of these plugins, each with its scannable, in this order. */
static void configure(struct runner *runner, const char *first, const char *second)
{
	const char *plugins[] = {first, second};
	char *build = built(".");
	char *listed = xstrdup("");
	char *scannables = xstrdup("");

	for (int i = 0; i < 2 && plugins[i] != NULL; i++) {
		const char *class = strcmp(plugins[i], "relation_array") == 0   ? "Controller"
		                    : strcmp(plugins[i], "relation_linux") == 0 ? "Server"
		                                                                : "Box";
		char *more =
		    xasprintf("%s  - path: %s/tests/plugins/%s.so\n", listed, build, plugins[i]);

		free(listed);
		listed = more;
		more = xasprintf("%s  - plugin: %s\n    class: %s\n"
		                 "    attributes: {name: %s, script: %s/%s}\n",
		    scannables, plugins[i], class, plugins[i], runner->directory, plugins[i]);
		free(scannables);
		scannables = more;
	}
	runner_configure(runner,
	    "scan:\n  retry_min: 50 ms\n  retry_max: 200 ms\nplugins:\n%sscannables:\n%s", listed,
	    scannables);
	free(build);
	free(listed);
	free(scannables);
}

/* What a plugin reports from now on; before, its scans fail. */
static void report_array(struct runner *runner, const char *script)
{
	write_file(runner, "relation_array", "%s", script);
}

static void report_linux(struct runner *runner, const char *script)
{
	write_file(runner, "relation_linux", "%s", script);
}

static void start_both(struct runner *runner, const char *array, const char *linux_script)
{
	configure(runner, "relation_array", "relation_linux");
	report_array(runner, array);
	report_linux(runner, linux_script);
	runner_start(runner, NULL);
}

#define LINKS                                                                                      \
	"(select coalesce(string_agg(c.label || '<' || p.label, ', ' order by c.label, p.label), " \
	"'')"                                                                                      \
	" from storage.parents l join storage.resources c on c.id = l.child_id"                    \
	" join storage.resources p on p.id = l.parent_id)"

/* Waits until just these links exist: "child<parent, child<parent". */
static void wait_for_links(struct runner *runner, const char *links)
{
	wait_for(runner, "select " LINKS " = '%s'", links);
}

/* ---- tests ---- */

static void a_lun_that_comes_first_is_linked(void **state)
{
	struct runner *runner = *state;

	configure(runner, "relation_array", "relation_linux");
	report_array(runner, "Lun 1 serial=X\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Lun'");
	report_linux(runner, "ScsiDevice sda serial=X\n");
	wait_for_links(runner, "ScsiDevice sda<Lun 1");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.parent where reporter_id is null"),
	    1);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_device_that_comes_first_is_linked(void **state)
{
	struct runner *runner = *state;

	configure(runner, "relation_linux", "relation_array");
	report_linux(runner, "ScsiDevice sda serial=X\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'ScsiDevice'");
	report_array(runner, "Lun 1 serial=X\n");
	wait_for_links(runner, "ScsiDevice sda<Lun 1");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_relation_that_would_close_a_loop_waits_until_it_does_not(void **state)
{
	struct runner *runner = *state;
	long lun;

	/* Below its LUN by relation; the plugin says that it is the other way around. */
	configure(runner, "relation_array", NULL);
	report_array(runner, "Presentation p lun=1\nLun 1 parent=Presentation:p\n");
	runner_start(runner, NULL);
	wait_for_links(runner, "Lun 1<Presentation p");
	wait_for_log(runner, "\"Lun 1\" can't be a parent of \"Presentation p\"", 1);
	lun = query_number(runner, "select id from storage.resources where class = 'Lun'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.ancestors(%ld)", lun), 2);
	report_array(runner, "gone Lun 1\n");
	wait_for_links(runner, "");
	report_array(runner, "Presentation p lun=1\nLun 1\n");
	wait_for_links(runner, "Presentation p<Lun 1");
	assert_int_equal(count_log(runner, "can't be a parent of"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void links_that_a_plugin_no_longer_names_go_and_those_of_relations_stay(void **state)
{
	struct runner *runner = *state;

	start_both(runner, "Disk A\nDisk B\nLun 1 serial=X parent=Disk:A parent=Disk:B\n",
	    "ScsiDevice sda serial=X\n");
	wait_for_links(runner, "Lun 1<Disk A, Lun 1<Disk B, ScsiDevice sda<Lun 1");
	assert_int_equal(runner_stop(runner), 0);
	report_array(runner, "Disk A\nDisk B\nLun 1 serial=X parent=Disk:A\n");
	runner_start(runner, NULL);
	wait_for_links(runner, "Lun 1<Disk A, ScsiDevice sda<Lun 1");
	assert_int_equal(query_number(runner, "select count(*) from storage.resources"), 6);
	assert_int_equal(runner_stop(runner), 0);
}

static void all_that_match_are_linked(void **state)
{
	struct runner *runner = *state;

	start_both(runner,
	    "Lun 1 serial=123ABC\nLun 2 serial=123ABC\nFatLun 3 serial=Z\nLun 4\n"
	    "Presentation p lun=1 path=/dev/a\nPresentation q lun=3 path=/dev/A\n",
	    "ScsiDevice sda serial=123abc\nFastDevice sdb serial=z\nScsiDevice sdc\n"
	    "Node /dev/a\n");
	wait_for_links(runner,
	    "FastDevice sdb<FatLun 3, Node /dev/a<Presentation p, Presentation p<Lun 1, "
	    "Presentation q<FatLun 3, ScsiDevice sda<Lun 1, ScsiDevice sda<Lun 2");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_changed_value_moves_the_link(void **state)
{
	struct runner *runner = *state;

	start_both(
	    runner, "Lun 1 serial=X\n", "ScsiDevice sda serial=X\nScsiDevice sdb serial=Y\n");
	wait_for_links(runner, "ScsiDevice sda<Lun 1");
	report_array(runner, "Lun 1 serial=Y\n");
	wait_for_links(runner, "ScsiDevice sdb<Lun 1");
	report_linux(runner, "ScsiDevice sda serial=y\nScsiDevice sdb serial=-\n");
	wait_for_links(runner, "ScsiDevice sda<Lun 1");
	assert_int_equal(runner_stop(runner), 0);
}

static void links_go_with_one_side_and_return_with_it(void **state)
{
	struct runner *runner = *state;

	start_both(runner, "Lun 1 serial=X\nPresentation p lun=1 path=/dev/a\n",
	    "ScsiDevice sda serial=X\nNode /dev/a\n");
	wait_for_links(
	    runner, "Node /dev/a<Presentation p, Presentation p<Lun 1, ScsiDevice sda<Lun 1");
	report_array(runner, "Lun 1 serial=X\ngone Presentation p\n");
	wait_for_links(runner, "ScsiDevice sda<Lun 1");
	assert_int_equal(query_number(runner, "select count(*) from storage.resources"), 5);
	report_array(runner, "Lun 1 serial=X\nPresentation p lun=1 path=/dev/a\n");
	wait_for_links(
	    runner, "Node /dev/a<Presentation p, Presentation p<Lun 1, ScsiDevice sda<Lun 1");
	assert_int_equal(runner_stop(runner), 0);
}

static void restarts_keep_links_and_make_those_that_are_new(void **state)
{
	struct runner *runner = *state;
	char *before;

	start_both(runner, "Disk A\nLun 1 serial=X parent=Disk:A\n",
	    "ScsiDevice sda serial=X\nScsiDevice sdb serial=Y\n");
	wait_for_links(runner, "Lun 1<Disk A, ScsiDevice sda<Lun 1");
	before = xstrdup(query(runner, "select string_agg(xmin || ' ' || t, ', ' order by t) from "
	                               "storage.parent t"));

	/* In the other order; what is in the database is linked with what comes. */
	assert_int_equal(runner_stop(runner), 0);
	configure(runner, "relation_linux", "relation_array");
	runner_start(runner, NULL);
	wait_for_plugin(runner, "relation_array", "running");
	wait_for_plugin(runner, "relation_linux", "running");
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	assert_string_equal(
	    query(runner, "select string_agg(xmin || ' ' || t, ', ' order by t) from "
	                  "storage.parent t"),
	    before);
	free(before);

	assert_int_equal(runner_stop(runner), 0);
	report_array(runner, "Disk A\nLun 1 serial=Q\nLun 2 serial=Y\n");
	runner_start(runner, NULL);
	wait_for_links(runner, "ScsiDevice sdb<Lun 2");
	runner_kill(runner);
	runner_start(runner, NULL);
	wait_for_plugin(runner, "relation_array", "running");
	wait_for_links(runner, "ScsiDevice sdb<Lun 2");
	assert_int_equal(runner_stop(runner), 0);
}

static void trouble_shows_on_all_below_by_way_of_relations(void **state)
{
	struct runner *runner = *state;
	const char *server = "ScsiDevice sda serial=X\n";

	start_both(runner,
	    "Disk A status=FAILED\nLun 1 parent=Disk:A\nPresentation p lun=1 path=/dev/a\n",
	    server);
	wait_for(runner, "select count(*) = 1 from storage.alerts where active and message like "
	                 "'Drive failure%%'");
	wait_for(runner,
	    "select string_agg(r.label, ', ' order by r.label) = 'Lun 1, Presentation p' "
	    "from storage.affected a join storage.resources r on r.id = a.resource_id");
	report_linux(runner, "ScsiDevice sda serial=X\nNode /dev/a\n");
	report_array(runner, "Lun 1 serial=X\n");
	wait_for(runner, "select string_agg(r.label, ', ' order by r.label) = 'Lun 1, Node /dev/a, "
	                 "Presentation p, ScsiDevice sda' from storage.affected a join "
	                 "storage.resources r on r.id = a.resource_id");
	assert_int_equal(query_number(runner, "select count(*) from storage.resources r, "
	                                      "storage.descendants(r.id) where label = 'Disk A'"),
	    4);
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.resources r, storage.ancestors(r.id) a "
	                     "where label = 'Node /dev/a' and a.id <> r.id"),
	    3);
	report_array(runner, "Lun 1 serial=Y\n");
	wait_for(runner, "select count(*) = 3 from storage.affected");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_plugin_host_that_dies_takes_no_links_along(void **state)
{
	struct runner *runner = *state;

	start_both(runner, "Lun 1 serial=X\n", "ScsiDevice sda serial=X\n");
	wait_for_links(runner, "ScsiDevice sda<Lun 1");
	kill(plugin_pid(runner, "relation_array"), SIGKILL);
	wait_for_log(runner, "died", 1);
	wait_for_links(runner, "ScsiDevice sda<Lun 1");
	wait_for_plugin(runner, "relation_array", "running");
	report_array(runner, "Lun 1 serial=Z\n");
	wait_for_links(runner, "");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_plugin_that_is_missing_is_warned_about(void **state)
{
	struct runner *runner = *state;
	char *status;
	int code;

	configure(runner, "relation_array", NULL);
	report_array(runner, "Lun 1 serial=X\n");
	runner_start(runner, NULL);
	wait_for_log(runner,
	    "Resource class 'Lun': relation to \"relation_linux.ScsiDevice\": plugin "
	    "relation_linux "
	    "is not listed under plugins",
	    1);
	status = command(runner, &code, "status");
	assert_non_null(strstr(status, "relation_linux is not listed"));
	free(status);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Lun'");

	assert_int_equal(runner_stop(runner), 0);
	configure(runner, "relation_array", "relation_linux");
	report_linux(runner, "ScsiDevice sda serial=X\n");
	runner_start(runner, NULL);
	wait_for_links(runner, "ScsiDevice sda<Lun 1");
	status = command(runner, &code, "status");
	assert_null(strstr(status, "warnings"));
	free(status);
	assert_int_equal(runner_stop(runner), 0);
}

static const char wrong_case[] =
    "Resource class 'Lun': relation to \"relation_linux.scsidevice\": plugin relation_linux has no "
    "class of this name, but one named \"ScsiDevice\": case counts";

static void a_class_that_is_missing_fails_the_declaring_plugin_only(void **state)
{
	struct runner *runner = *state;
	char *status;
	int code;

	write_file(runner, "relation_wrong_case", "Lun 1 serial=X\n");
	configure(runner, "relation_wrong_case", "relation_linux");
	report_linux(runner, "ScsiDevice sda serial=X\n");
	runner_start(runner, NULL);
	wait_for_plugin(runner, "relation_wrong_case", "failed");
	wait_for_log(runner, wrong_case, 1);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'ScsiDevice'");
	wait_for(runner, "select count(*) = 0 from storage.resources where plugin = "
	                 "'relation_wrong_case'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where name = 'offline'"), 0);
	status = command(runner, &code, "status");
	assert_int_equal(code, 1);
	assert_non_null(strstr(status, "case counts"));
	free(status);
	wait_for_plugin(runner, "relation_linux", "running");
	assert_int_equal(runner_stop(runner), 0);

	configure(runner, "relation_linux", "relation_wrong_case");
	runner_start(runner, "--check", NULL);
	assert_int_equal(runner_wait(runner), 78);
	assert_true(count_log(runner, wrong_case) > 0);
}

static void a_class_that_turns_out_to_be_missing_ends_what_runs(void **state)
{
	struct runner *runner = *state;
	char *wrong = built("tests/plugins/relation_wrong_case.so");
	char *right = built("tests/plugins/relation_linux.so");
	char *copy = xasprintf("cp %s %s/new && mv %s/new %s/relation_linux.so", right,
	    runner->directory, runner->directory, runner->directory);

	/* The other plugin can't be loaded yet. */
	write_file(runner, "relation_linux.so", "damaged");
	write_file(runner, "relation_wrong_case", "Lun 1 serial=X\n");
	runner_configure(runner,
	    "plugins:\n  - path: %s\n  - path: %s/relation_linux.so\nscannables:\n"
	    "  - plugin: relation_wrong_case\n    class: Box\n"
	    "    attributes: {name: a, script: %s/relation_wrong_case}\n",
	    wrong, runner->directory, runner->directory);
	runner_start(runner, NULL);
	wait_for_log(
	    runner, "plugin relation_linux is not loaded; there will be links when it is", 1);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Lun'");
	assert_int_equal(count_log(runner, wrong_case), 0);

	assert_int_equal(system(copy), 0);
	kill(runner->pid, SIGHUP);
	wait_for_plugin(runner, "relation_wrong_case", "failed");
	wait_for_plugin(runner, "relation_linux", "running");
	assert_int_equal(count_log(runner, wrong_case), 1);
	wait_for(runner, "select count(*) = 0 from storage.resources");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alert where name = 'offline'"), 0);
	assert_int_equal(query_number(runner, "select count(*) from storage.resource"), 2);
	assert_int_equal(runner_stop(runner), 0);
	free(wrong);
	free(right);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(a_lun_that_comes_first_is_linked),
	    runner_test(a_device_that_comes_first_is_linked),
	    runner_test(a_relation_that_would_close_a_loop_waits_until_it_does_not),
	    runner_test(links_that_a_plugin_no_longer_names_go_and_those_of_relations_stay),
	    runner_test(all_that_match_are_linked),
	    runner_test(a_changed_value_moves_the_link),
	    runner_test(links_go_with_one_side_and_return_with_it),
	    runner_test(restarts_keep_links_and_make_those_that_are_new),
	    runner_test(trouble_shows_on_all_below_by_way_of_relations),
	    runner_test(a_plugin_host_that_dies_takes_no_links_along),
	    runner_test(a_plugin_that_is_missing_is_warned_about),
	    runner_test(a_class_that_is_missing_fails_the_declaring_plugin_only),
	    runner_test(a_class_that_turns_out_to_be_missing_ends_what_runs),
	};

	return cmocka_run_group_tests_name("relations", tests, database_start, database_stop);
}
