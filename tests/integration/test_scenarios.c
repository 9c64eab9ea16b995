/* SPDX-License-Identifier: MIT */
/*
 * A site as a whole: servers (t_volumes), the controller of an array (t_controller), and whatever a
 * file says (scripted), in the situations that an administrator meets.
 */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* What a scannable reports from now on. */
static void say(struct runner *runner, const char *name, const char *script)
{
	write_file(runner, name, "%s", script);
}

static void add_scannables(struct text *text, const struct runner *runner, const char *plugin,
    const char *class, const char *const *names)
{
	for (; *names != NULL; names++)
		text_printf(text,
		    "  - {plugin: %s, class: %s, attributes: {name: %s, script: %s/%s}}\n", plugin,
		    class, *names, runner->directory, *names);
}

/* Configures servers, and controllers, by these names. Their files are to be written first. */
static void configure(
    struct runner *runner, const char *const *servers, const char *const *controllers)
{
	char *build = built("tests/plugins");
	struct text scannables = TEXT_EMPTY;

	add_scannables(&scannables, runner, "t_volumes", "Server", servers);
	add_scannables(&scannables, runner, "t_controller", "Controller", controllers);
	runner_configure(runner,
	    "plugins: [%s/t_controller.so, {path: %s/t_volumes.so, log_level: debug}]\n"
	    "scannables:%s%s",
	    build, build, scannables.length > 0 ? "\n" : " []\n",
	    scannables.length > 0 ? scannables.data : "");
	text_clear(&scannables);
	free(build);
}

/* Starts a runner for arrays of the plugin that does what a file says. */
static void start_scripted(struct runner *runner, const char *const *names)
{
	char *plugin = built("tests/plugins/scripted.so");
	struct text scannables = TEXT_EMPTY;

	add_scannables(&scannables, runner, "scripted", "Array", names);
	runner_configure(runner, "plugins: [{path: %s, log_level: debug}]\nscannables:\n%s", plugin,
	    scannables.data);
	runner_start(runner, NULL);
	text_clear(&scannables);
	free(plugin);
}

static void wait_for_alerts(struct runner *runner, const char *expected)
{
	wait_for(runner,
	    "select coalesce(string_agg(severity || ' ' || message, ', ' order by severity,"
	    " message), '') = '%s' from storage.alerts where active",
	    expected);
}

static void wait_for_volumes(struct runner *runner, const char *expected)
{
	wait_for(runner,
	    "select coalesce(string_agg(label, ' ' order by label), '') = '%s'"
	    " from storage.volumes",
	    expected);
}

/* ---- alerts ---- */

static void each_severity_is_judged_by_itself(void **state)
{
	struct runner *runner = *state;

	say(runner, "a", "sensor T value=85\n");
	start_scripted(runner, NAMES("a"));
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Sensor'");
	say(runner, "a", "sensor T value=86\n");
	wait_for_alerts(runner, "WARNING Too high (Sensor T)");
	say(runner, "a", "sensor T value=96\n");
	wait_for_alerts(runner, "ERROR Too high (Sensor T), WARNING Too high (Sensor T)");
	say(runner, "a", "sensor T value=90\n");
	wait_for_alerts(runner, "WARNING Too high (Sensor T)");
	say(runner, "a", "sensor T value=-1\n");
	wait_for_alerts(runner, "INFO Too low (Sensor T)");
	say(runner, "a", "sensor T value=0\n");
	wait_for_alerts(runner, "");
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts"), 3);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.events"
	                         " where message like 'Cleared storage alert: Too %%'"),
	    3);
	say(runner, "a", "sensor T value=-1\n");
	wait_for_alerts(runner, "INFO Too low (Sensor T)");
	say(runner, "a", "sensor T value=-\n");
	wait_for_alerts(runner, "");
	assert_int_equal(runner_stop(runner), 0);
}

static void two_conditions_on_one_value_are_two_alerts(void **state)
{
	struct runner *runner = *state;

	say(runner, "a", "sensor T mode=LOUD\n");
	start_scripted(runner, NAMES("a"));
	wait_for_alerts(runner, "WARNING Disturbed (Sensor T), WARNING Heard (Sensor T)");
	say(runner, "a", "sensor T mode=QUIET\n");
	wait_for_alerts(runner, "");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_condition_may_ask_for_several_scans_in_a_row(void **state)
{
	struct runner *runner = *state;
	unsigned before;

	say(runner, "a", "disk D capacity=1\n");
	start_scripted(runner, NAMES("a"));
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Disk'");

	/* Three to raise it and two to clear it; the first of them may have begun already. */
	before = count_log(runner, "update scan");
	say(runner, "a", "disk D capacity=0\n");
	wait_for_alerts(runner, "WARNING Capacity lost (Disk D)");
	assert_true(count_log(runner, "update scan") >= before + 2);
	before = count_log(runner, "update scan");
	say(runner, "a", "disk D capacity=1\n");
	wait_for_alerts(runner, "");
	assert_true(count_log(runner, "update scan") >= before + 1);
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void trouble_reaches_every_descendant_once(void **state)
{
	struct runner *runner = *state;

	/* A LUN in two pools, which have a disk in common. */
	say(runner, "a", "disk D\npool P disk=D\npool Q disk=D\ndisk L pool=P pool=Q\n");
	start_scripted(runner, NAMES("a"));
	wait_for(runner, "select count(*) = 5 from storage.resources");
	say(runner, "a", "disk D status=FAILED\n");
	wait_for(runner,
	    "select string_agg(r.label, ' ' order by r.label) = 'Disk L Pool P Pool Q'"
	    " from storage.affected a join storage.resources r on r.id = a.resource_id");
	say(runner, "a", "disk D status=OK\n");
	wait_for(runner, "select count(*) = 0 from storage.affected");
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void what_is_removed_leaves_its_alert_as_history(void **state)
{
	struct runner *runner = *state;

	say(runner, "a", "disk D status=FAILED\npool P disk=D\n");
	start_scripted(runner, NAMES("a"));
	wait_for(runner, "select count(*) = 1 from storage.affected");
	say(runner, "a", "gone disk D\n");
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	assert_int_equal(query_number(runner, "select count(*) from storage.affected"), 0);
	assert_string_equal(
	    query(runner, "select message || ' ' || (end_time >= begin_time) || ' ' ||"
	                  " (resource_id is null) from storage.alerts"),
	    "Drive failure (Disk D) true true");
	assert_int_equal(query_number(runner, "select count(*) from storage.resources"), 2);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- operations ---- */

static void removed_and_reported_in_one_scan_is_there(void **state)
{
	struct runner *runner = *state;

	say(runner, "a", "disk X\n");
	start_scripted(runner, NAMES("a"));
	wait_for(runner, "select count(*) = 2 from storage.resources");
	say(runner, "a", "gone disk X\ndisk X\ndisk Y\ngone disk Y\ndisk Z\n");
	wait_for(runner, "select string_agg(label, ' ' order by label) = 'Disk X Disk Z' from"
	                 " storage.resources where class = 'Disk'");
	wait_for_log(runner, "update scan", count_log(runner, "update scan") + 2);
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.events where message like '%%Disk Y%%'"),
	    0);
	assert_int_equal(runner_stop(runner), 0);
}

/* A server's device with a node on a node, as a script. */
#define DEVICE "disk S\n"
#define NODES "node /dev/foo host_id=2 on=disk:S\nnode /dev/foobar host_id=2 on=node:/dev/foo\n"
#define BARE_NODES "node /dev/foo host_id=2\nnode /dev/foobar host_id=2 on=node:/dev/foo\n"

static void devices_and_nodes_come_and_go_in_any_order(void **state)
{
	/* Both at once, or one after the other; and so they go. */
	static const struct {
		const char *first, *both, *last;
	} orders[] = {{DEVICE, DEVICE NODES, BARE_NODES}, {BARE_NODES, DEVICE NODES, DEVICE},
	    {DEVICE, DEVICE NODES, DEVICE}, {BARE_NODES, DEVICE NODES, BARE_NODES}};
	struct runner *runner = *state;

	say(runner, "h", "");
	configure(runner, NAMES("h"), NAMES(NULL));
	runner_start(runner, NULL);
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		say(runner, "h", orders[i].first);
		wait_for_log(runner, "scanned", count_log(runner, "scanned") + 2);
		wait_for_volumes(runner, "");
		say(runner, "h", orders[i].both);
		wait_for(runner,
		    "select string_agg(path, ' ') = '/dev/foobar' from storage.volume_nodes");
		wait_for_volumes(runner, "S");
		say(runner, "h", orders[i].last);
		wait_for_volumes(runner, "");
		assert_int_equal(
		    query_number(runner, "select count(*) from storage.volume_node"), 0);
		say(runner, "h", "");
		wait_for(runner, "select count(*) = 1 from storage.resources");
	}
	assert_int_equal(runner_stop(runner), 0);
}

static void a_node_is_below_the_lun_that_is_presented_to_it(void **state)
{
	struct runner *runner = *state;

	say(runner, "h", "node /dev/sda host_id=2\nnode /dev/sdb host_id=4\n");
	say(runner, "c", "Lun mylun\nPresentation p lun=mylun host_id=2 path=/dev/sda\n");
	configure(runner, NAMES("h"), NAMES("c"));
	runner_start(runner, NULL);
	wait_for_volumes(runner, "mylun");
	assert_string_equal(
	    query(runner, "select server_id || path from storage.volume_nodes"), "2/dev/sda");
	say(runner, "c", "Lun mylun\nPresentation p lun=mylun host_id=4 path=/dev/sda\n");
	wait_for_volumes(runner, "");
	say(runner, "c", "Lun mylun\nPresentation p lun=mylun host_id=4 path=/dev/sdb\n");
	wait_for(runner, "select server_id || path = '4/dev/sdb' from storage.volume_nodes");
	say(runner, "c", "gone Presentation p\n");
	wait_for_volumes(runner, "");
	assert_int_equal(query_number(runner, "select count(*) from storage.resources"), 5);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_failed_drive_names_the_volume_at_risk(void **state)
{
	struct runner *runner = *state;

	say(runner, "h", "disk ABC\nnode /dev/sda host_id=2 on=disk:ABC\n");
	say(runner, "c", "Drive 1 status=FAILED\nLun mylun key=abc parent=Drive:1\n");
	configure(runner, NAMES("h"), NAMES("c"));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.affected_volumes");
	assert_string_equal(query(runner, "select v.label || ' ' || s.server_id from"
	                                  " storage.affected_volumes a join storage.volumes v on"
	                                  " v.id = a.volume_id join storage.affected_servers s on"
	                                  " s.alert_id = a.alert_id"),
	    "mylun 2");
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- the names of volumes ---- */

static void a_volume_takes_the_name_of_its_lun_and_gives_it_back(void **state)
{
	struct runner *runner = *state;

	say(runner, "h", "disk 123abc456\nnode /dev/sda host_id=2 on=disk:123abc456\n");
	say(runner, "c", "");
	configure(runner, NAMES("h"), NAMES("c"));
	runner_start(runner, NULL);
	wait_for_volumes(runner, "123abc456");
	say(runner, "c", "Lun mylun123 key=123ABC456\n");
	wait_for_volumes(runner, "mylun123");
	say(runner, "c", "gone Lun mylun123\n");
	wait_for_volumes(runner, "123abc456");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_lun_that_was_there_first_names_the_volume_too(void **state)
{
	struct runner *runner = *state;

	say(runner, "h", "");
	say(runner, "c", "Lun mylun123 key=123ABC456\n");
	configure(runner, NAMES("h"), NAMES("c"));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Lun'");
	wait_for_volumes(runner, "");
	say(runner, "h", "disk 123abc456\nnode /dev/sda host_id=2 on=disk:123abc456\n");
	wait_for_volumes(runner, "mylun123");
	assert_int_equal(runner_stop(runner), 0);
}

static void partitions_and_logical_volumes_keep_names_of_their_own(void **state)
{
	struct runner *runner = *state;

	say(runner, "c", "Lun mylun123 key=123abc456\n");
	say(runner, "h",
	    "disk 123abc456\nnode /dev/sda host_id=2 on=disk:123abc456\n"
	    "part 123abc456-1 on=node:/dev/sda\nnode /dev/sda1 host_id=2 on=part:123abc456-1\n"
	    "part 123abc456-2 on=node:/dev/sda\nnode /dev/sda2 host_id=2 on=part:123abc456-2\n"
	    "group vg on=node:/dev/sda2\nvolume vg-lv on=group:vg\n"
	    "node /dev/vg/lv host_id=2 on=volume:vg-lv\n");
	configure(runner, NAMES("h"), NAMES("c"));
	runner_start(runner, NULL);
	wait_for_volumes(runner, "123abc456-1 vg-lv");
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Lun'");
	wait_for(runner, "select count(*) = 1 from storage.parent where reporter_id is null");
	wait_for_log(runner, "scanned", count_log(runner, "scanned") + 2);
	wait_for_volumes(runner, "123abc456-1 vg-lv");
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- balancing ---- */

static void each_of_three_servers_is_primary_of_one_of_three_volumes(void **state)
{
	struct runner *runner = *state;
	char script[512];

	for (int i = 0; i < 3; i++)
		say(runner, (char[]){(char)('x' + i), '\0'}, "");
	configure(runner, NAMES("x", "y", "z"), NAMES(NULL));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 3 from storage.resources");
	query(runner, "select storage.add_server('host_0'), storage.add_server('host_1'),"
	              " storage.add_server('host_2')");
	wait_for(runner, "select count(*) = 3 from storage.servers");
	for (int i = 0; i < 3; i++) {
		struct text text = TEXT_EMPTY;

		for (int j = 2; j >= 0; j--)
			text_printf(&text,
			    "disk serial_%d\nnode /dev/sd%c host_id=%d on=disk:serial_%d\n", j,
			    'a' + j, 2 * (i + 1), j);
		snprintf(script, sizeof(script), "%s", text.data);
		text_clear(&text);
		say(runner, (char[]){(char)('x' + i), '\0'}, script);
	}
	wait_for(runner, "select count(*) = 9 from storage.volume_nodes");
	wait_for(runner, "select count(distinct server) = 3 and count(*) = 3 from"
	                 " storage.volume_nodes where \"primary\"");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.volume_nodes where secondary"), 0);
	query(runner, "select storage.set_peers(2, '{4}')");
	wait_for(runner, "select count(*) = 2 from storage.volume_nodes where secondary");
	assert_int_equal(query_number(runner, "select count(*) from storage.volume_nodes a join"
	                                      " storage.volume_nodes b on a.volume_id = b.volume_id"
	                                      " and b.secondary where a.\"primary\""
	                                      " and 6 in (a.server_id, b.server_id)"),
	    0);
	assert_int_equal(query_number(runner, "select count(*) from storage.volumes"), 3);
	assert_int_equal(runner_stop(runner), 0);
}

/* ---- many ---- */

/* A server with 4 disks and their nodes: 9 resources, and as many of a controller as 45. */
static void a_server_goes_and_its_controller_stays(void **state)
{
	struct runner *runner = *state;
	struct text server = TEXT_EMPTY, controller = TEXT_EMPTY;

	for (int i = 0; i < 4; i++)
		text_printf(
		    &server, "disk S%d\nnode /dev/sd%c host_id=2 on=disk:S%d\n", i, 'a' + i, i);
	for (int i = 0; i < 40; i++)
		text_printf(&controller, "Drive %d\n", i);
	for (int i = 0; i < 4; i++)
		text_printf(&controller, "Lun L%d key=s%d parent=Drive:%d\n", i, i, i);
	say(runner, "h", server.data);
	say(runner, "c", controller.data);
	configure(runner, NAMES("h"), NAMES("c"));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 9 + 45 from storage.resources");
	wait_for_volumes(runner, "L0 L1 L2 L3");
	assert_int_equal(query_number(runner, "select count(*) from storage.parents"), 12);

	configure(runner, NAMES(NULL), NAMES("c"));
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select count(*) = 45 and bool_and(plugin = 't_controller') from"
	                 " storage.resources");
	wait_for(runner, "select count(*) = 4 from storage.parents");
	configure(runner, NAMES(NULL), NAMES(NULL));
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select count(*) = 0 from storage.resources");
	configure(runner, NAMES("h"), NAMES("c"));
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select count(*) = 9 + 45 and max(id) = 9 + 45 from storage.resources");
	assert_int_equal(query_number(runner, "select count(*) from storage.parents"), 12);
	assert_int_equal(runner_stop(runner), 0);
	text_clear(&server);
	text_clear(&controller);
}

/* ---- sessions ---- */

static void a_session_that_waits_holds_up_no_other(void **state)
{
	struct runner *runner = *state;

	say(runner, "a", "disk A\n");
	say(runner, "b", "disk B\npause\n");
	start_scripted(runner, NAMES("a", "b"));
	wait_for_log(runner, "waiting for another script", 1);
	for (int i = 0; i < 3; i++) {
		char script[64];

		snprintf(script, sizeof(script), "disk A\ndisk A%d\n", i);
		say(runner, "a", script);
		wait_for(runner,
		    "select count(*) = 1 from storage.resources where label = 'Disk A%d'", i);
	}
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where label = 'Disk B'"),
	    0);
	say(runner, "b", "disk B\n");
	wait_for(runner, "select count(*) = 1 from storage.resources where label = 'Disk B'");
	assert_int_equal(count_log(runner, ": initial scan\n"), 2);
	assert_int_equal(runner_stop(runner), 0);
	assert_int_equal(count_log(runner, ": teardown\n"), 2);
}

/* ---- virtual machines ---- */

static void a_virtual_machine_is_one_server_however_often_it_is_reported(void **state)
{
	struct runner *runner = *state;

	say(runner, "h", "machine vm0 address=10.0.0.5\nmachine vm1 address=10.0.0.6\n");
	configure(runner, NAMES("h"), NAMES(NULL));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 2 from storage.servers");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(runner_stop(runner), 0);
		runner_start(runner, NULL);
		wait_for_log(runner, "scanned", 2);
	}
	assert_int_equal(query_number(runner, "select count(*) from storage.servers"), 2);
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.resources r join storage.servers s on"
	                     " s.id = (r.attributes->>'host_id')::bigint and s.address ="
	                     " r.attributes->>'address' where r.class = 'Machine'"),
	    2);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_virtual_machine_that_is_a_server_already_is_that_one(void **state)
{
	struct runner *runner = *state;
	long server;

	say(runner, "h", "");
	configure(runner, NAMES("h"), NAMES(NULL));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources");
	server = query_number(runner, "select storage.add_server('10.0.0.5')");
	wait_for(runner, "select count(*) = 1 from storage.servers");
	say(runner, "h", "machine vm0 address=10.0.0.5\n");
	wait_for(runner,
	    "select (attributes->>'host_id')::bigint = %ld from storage.resources where"
	    " class = 'Machine'",
	    server);
	assert_int_equal(query_number(runner, "select count(*) from storage.servers"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(each_severity_is_judged_by_itself),
	    runner_test(two_conditions_on_one_value_are_two_alerts),
	    runner_test(a_condition_may_ask_for_several_scans_in_a_row),
	    runner_test(trouble_reaches_every_descendant_once),
	    runner_test(what_is_removed_leaves_its_alert_as_history),
	    runner_test(removed_and_reported_in_one_scan_is_there),
	    runner_test(devices_and_nodes_come_and_go_in_any_order),
	    runner_test(a_node_is_below_the_lun_that_is_presented_to_it),
	    runner_test(a_failed_drive_names_the_volume_at_risk),
	    runner_test(a_volume_takes_the_name_of_its_lun_and_gives_it_back),
	    runner_test(a_lun_that_was_there_first_names_the_volume_too),
	    runner_test(partitions_and_logical_volumes_keep_names_of_their_own),
	    runner_test(each_of_three_servers_is_primary_of_one_of_three_volumes),
	    runner_test(a_server_goes_and_its_controller_stays),
	    runner_test(a_session_that_waits_holds_up_no_other),
	    runner_test(a_virtual_machine_is_one_server_however_often_it_is_reported),
	    runner_test(a_virtual_machine_that_is_a_server_already_is_that_one),
	};

	return cmocka_run_group_tests_name("scenarios", tests, database_start, database_stop);
}
