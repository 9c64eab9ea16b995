/* SPDX-License-Identifier: MIT */
/* What scans leave in the database: creation, change, removal, restarts, failures, alerts. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "base/text.h"

/* Configures the scripted plugin and one array "A", whose script is given. */
static void configure_script(struct runner *runner, const char *script)
{
	char *plugin = built("tests/plugins/scripted.so");

	write_file(runner, "script", "%s", script);
	runner_configure(runner,
	    "plugins:\n  - path: %s\n    log_level: debug\n"
	    "scan:\n  retry_min: 50 ms\n  retry_max: 200 ms\n"
	    "scannables:\n  - plugin: scripted\n    class: Array\n"
	    "    attributes:\n      name: A\n      script: %s/script\n",
	    plugin, runner->directory);
	free(plugin);
}

static void start_with_script(struct runner *runner, const char *script)
{
	configure_script(runner, script);
	runner_start(runner, NULL);
}

static void change_script(struct runner *runner, const char *script)
{
	write_file(runner, "script", "%s", script);
}

static void restart(struct runner *runner)
{
	assert_int_equal(runner_stop(runner), 0);
	runner_start(runner, NULL);
}

/* Waits until two more update scans were stored or acknowledged. */
static void wait_for_scans(struct runner *runner)
{
	wait_for_log(runner, "update scan", count_log(runner, "update scan") + 2);
}

#define DISKS "(select count(*) from storage.resources where class = 'Disk')"

static void resources_and_parents_appear(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "pool P1 size=1000\ndisk S1 capacity=4096 pool=P1\ndisk S2\n");
	wait_for(runner, "select " DISKS " = 2");
	assert_string_equal(
	    query(runner,
	        "select attributes->>'capacity' from storage.resources where label = 'Disk S1'"),
	    "4096");
	assert_int_equal(
	    query_number(runner,
	        "select count(*) from storage.parents p join storage.resources c on c.id = "
	        "p.child_id join storage.resources r on r.id = p.parent_id where c.label = "
	        "'Disk S1' and r.label = 'Pool P1'"),
	    1);
	assert_int_equal(query_number(runner, "select count(*) from storage.parents"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void restart_keeps_numbers_and_writes_nothing_new(void **state)
{
	struct runner *runner = *state;
	char *before;

	start_with_script(
	    runner, "disk S1\ndisk S2 status=FAILED\npool P pool=P\nshared W1 note=x\n");
	wait_for(runner, "select count(*) = 5 from storage.resources");
	wait_for(runner,
	    "select count(*) = 1 from storage.alerts where active and name like '%%status%%'");
	before = xstrdup(query(runner, "select string_agg(id || identifier || label, ',' order by "
	                               "id) from storage.resources"));

	restart(runner);
	wait_for_log(runner, "initial scan", 1);
	wait_for_scans(runner);

	assert_string_equal(
	    query(runner, "select string_agg(id || identifier || label, ',' order by id) "
	                  "from storage.resources"),
	    before);
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.alerts where name like '%%status%%'"),
	    1);
	assert_int_equal(runner_stop(runner), 0);
	free(before);
}

static void unchanged_scans_write_nothing(void **state)
{
	struct runner *runner = *state;
	struct text script = TEXT_EMPTY;
	char *before;

	for (int i = 0; i < 1000; i++)
		text_printf(&script, "disk S%d capacity=%d\n", i, i + 1);
	start_with_script(runner, script.data);
	text_clear(&script);
	wait_for(runner, "select " DISKS " = 1000");
	wait_for_scans(runner);

	/*
	 * Each transaction that writes what scans found is counted. Transaction ids would not do:
	 * making partitions and condensing take some, whatever the scans find.
	 */
	before = xstrdup(query(runner, "select revision from storage.counter"));
	assert_string_not_equal(before, "0");
	wait_for_scans(runner);
	wait_for_scans(runner);
	assert_string_equal(query(runner, "select revision from storage.counter"), before);
	assert_int_equal(runner_stop(runner), 0);
	free(before);
}

static void initial_scan_removes_what_is_lost_and_update_scans_do_not(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "disk S1\ndisk S2\ndisk S3\n");
	wait_for(runner, "select " DISKS " = 3");
	change_script(runner, "disk S1\n");
	wait_for_scans(runner);
	assert_int_equal(query_number(runner, "select " DISKS), 3);
	restart(runner);
	wait_for(runner, "select " DISKS " = 1");
	assert_string_equal(
	    query(runner, "select label from storage.resources where class = 'Disk'"), "Disk S1");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_failed_initial_scan_removes_nothing(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "disk S1\ndisk S2\ndisk S3\n");
	wait_for(runner, "select " DISKS " = 3");
	assert_int_equal(runner_stop(runner), 0);
	change_script(runner, "disk S1 capacity=7\nfail broken\n");
	runner_start(runner, NULL);
	wait_for_log(runner, "script says broken", 3);
	wait_for(
	    runner, "select count(*) = 1 from storage.alerts where active and name = 'offline'");
	assert_int_equal(query_number(runner, "select " DISKS), 3);
	assert_int_equal(
	    query_number(
	        runner, "select count(*) from storage.resources where attributes ? 'capacity'"),
	    0);

	change_script(runner, "disk S1\ndisk S2\n");
	wait_for(runner, "select " DISKS " = 2");
	wait_for(runner,
	    "select count(*) = 1 from storage.events where message = 'Re-established contact "
	    "with Array A'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where active"), 0);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where name = 'offline'"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void an_update_scan_that_fails_tears_the_session_down(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "disk S1\n");
	wait_for(runner, "select " DISKS " = 1");
	wait_for_scans(runner);
	change_script(runner, "disk S1\nfail later\n");
	wait_for_log(runner, ": teardown\n", 1);
	wait_for_log(runner, ": initial scan", 2);
	change_script(runner, "disk S1\ndisk S2\n");
	wait_for(runner, "select " DISKS " = 2");
	assert_int_equal(runner_stop(runner), 0);
}

static void one_refused_object_hides_nobody_and_removes_nobody(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "disk S1\ndisk S2\ndisk S3\n");
	wait_for(runner, "select " DISKS " = 3");
	assert_int_equal(runner_stop(runner), 0);
	change_script(runner, "disk S1\ndisk S2 status=EXPLODED\ndisk S4\n");
	runner_start(runner, NULL);
	wait_for(runner, "select " DISKS " = 4");
	wait_for(
	    runner, "select count(*) = 1 from storage.alerts where active and name = 'degraded'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where name = 'offline'"), 0);
	assert_true(count_log(runner, "EXPLODED") >= 1);
	change_script(runner, "disk S1\ndisk S2 status=OK\ndisk S4\n");
	wait_for_scans(runner);
	assert_int_equal(query_number(runner, "select " DISKS), 4);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where active"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

/* Configures one array "A" for which initial scans are repeated soon. */
static void configure_confirmation(struct runner *runner)
{
	char *plugin = built("tests/plugins/scripted.so");

	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\n"
	    "scan: {confirm_after: 100 ms}\n"
	    "scannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/script}}\n",
	    plugin, runner->directory);
	free(plugin);
}

static void what_is_gone_after_a_degraded_scan_is_removed_without_a_restart(void **state)
{
	struct runner *runner = *state;

	configure_confirmation(runner);
	write_file(runner, "script", "disk S1\ndisk S2\ndisk S3\n");
	runner_start(runner, NULL);
	wait_for(runner, "select " DISKS " = 3");
	assert_int_equal(runner_stop(runner), 0);
	change_script(runner, "disk S1\ndisk S2 status=EXPLODED\ndisk S4\n");
	runner_start(runner, NULL);
	wait_for(
	    runner, "select count(*) = 1 from storage.alerts where active and name = 'degraded'");
	wait_for_scans(runner);
	assert_int_equal(query_number(runner, "select " DISKS), 4);
	assert_int_equal(count_log(runner, ": initial scan"), 1);

	change_script(runner, "disk S1\ndisk S2 status=OK\ndisk S4\n");
	wait_for(runner, "select " DISKS " = 3");
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	assert_int_equal(count_log(runner, ": initial scan"), 2);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where name = 'offline'"), 0);
	wait_for_scans(runner);
	assert_int_equal(count_log(runner, ": initial scan"), 2);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_collapse_is_confirmed_without_a_restart(void **state)
{
	struct runner *runner = *state;
	struct text script = TEXT_EMPTY;

	configure_confirmation(runner);
	for (int i = 0; i < 40; i++)
		text_printf(&script, "disk S%d\n", i);
	write_file(runner, "script", "%s", script.data);
	text_clear(&script);
	runner_start(runner, NULL);
	wait_for(runner, "select " DISKS " = 40");
	assert_int_equal(runner_stop(runner), 0);
	change_script(runner, "disk S1\ndisk S2\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.alerts where name = 'collapsed'");
	wait_for(runner, "select " DISKS " = 2");
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	wait_for_scans(runner);
	assert_int_equal(count_log(runner, ": initial scan"), 2);
	assert_int_equal(runner_stop(runner), 0);
}

static void an_incomplete_class_is_not_culled(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "disk S1\ndisk S2\npool P1\npool P2\n");
	wait_for(runner, "select count(*) = 5 from storage.resources");
	assert_int_equal(runner_stop(runner), 0);
	change_script(runner, "disk S1\nincomplete disk\npool P1\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Pool'");
	assert_int_equal(query_number(runner, "select " DISKS), 2);
	assert_int_equal(runner_stop(runner), 0);
}

static void alerts_rise_and_fall_with_their_history(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "pool P\ndisk S1 pool=P\n");
	wait_for(runner, "select " DISKS " = 1");
	change_script(runner, "pool P\ndisk S1 status=FAILED\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	assert_string_equal(
	    query(runner, "select message || ' ' || severity from storage.alerts where active"),
	    "Drive failure (Disk S1) ERROR");
	wait_for_scans(runner);
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts"), 1);
	change_script(runner, "pool P\ndisk S1 status=DEGRADED\n");
	wait_for(runner, "select count(*) = 2 from storage.alerts");
	wait_for(runner,
	    "select count(*) = 1 from storage.alerts where active and severity = 'WARNING'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where not active and "
	                         "end_time >= begin_time"),
	    1);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.events where message = 'Cleared "
	                         "storage alert: Drive failure (Disk S1)'"),
	    1);
	change_script(runner, "pool P\ndisk S1 status=OK\n");
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts"), 2);
	assert_int_equal(runner_stop(runner), 0);
}

static void an_alert_affects_all_descendants(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner,
	    "disk S1 status=FAILED\ndisk S2\npool P1 disk=S1 disk=S2\npool P2 "
	    "disk=S1\ndisk S3 pool=P1 pool=P2\npool P3 disk=S2\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	assert_string_equal(
	    query(runner,
	        "select string_agg(r.label, ', ' order by r.label) from storage.affected a "
	        "join storage.resources r on r.id = a.resource_id"),
	    "Disk S3, Pool P1, Pool P2");
	assert_int_equal(runner_stop(runner), 0);
	change_script(runner, "disk S1 status=OK\nonce\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 0 from storage.affected");
	assert_int_equal(runner_stop(runner), 0);
}

static void an_alert_survives_a_restart_and_clears_when_it_no_longer_holds(void **state)
{
	struct runner *runner = *state;
	char *begin;

	start_with_script(runner, "disk S1 status=FAILED\ndisk S2 status=FAILED\n");
	wait_for(runner, "select count(*) = 2 from storage.alerts where active");
	begin = xstrdup(
	    query(runner, "select begin_time from storage.alerts where message like '%%S1%%'"));
	assert_int_equal(runner_stop(runner), 0);
	change_script(runner, "disk S1 status=FAILED\ndisk S2 status=OK\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	assert_string_equal(
	    query(runner,
	        "select begin_time from storage.alerts where active and message like '%%S1%%'"),
	    begin);
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts"), 2);
	free(begin);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_condition_may_ask_for_several_scans(void **state)
{
	struct runner *runner = *state;
	char *begin;
	unsigned scans;

	start_with_script(runner, "disk S1 capacity=5\n");
	wait_for_scans(runner);
	scans = count_log(runner, "update scan\n");
	change_script(runner, "disk S1 capacity=0\n");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	assert_true(count_log(runner, "update scan\n") >= scans + 3);
	begin = xstrdup(query(runner, "select id || ' ' || begin_time from storage.alerts"));

	restart(runner);
	wait_for_log(runner, "initial scan\n", 1);
	wait_for_scans(runner);
	wait_for_scans(runner);
	assert_string_equal(
	    query(runner, "select id || ' ' || begin_time from storage.alerts where active"),
	    begin);
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts"), 1);

	assert_int_equal(runner_stop(runner), 0);
	change_script(runner, "disk S1 capacity=6\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	free(begin);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_gauge_above_its_bound_raises_an_alert(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "disk S1\ntemperature S1 85\n");
	wait_for(runner,
	    "select count(*) >= 2 from storage.samples((select id from storage.resources where "
	    "label = 'Disk S1'), 'temperature', '-infinity', 'infinity')");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.alerts where active"), 0);
	change_script(runner, "disk S1\ntemperature S1 85.5\n");
	wait_for(runner,
	    "select count(*) = 1 from storage.alerts where active and message = 'Drive too hot "
	    "(Disk S1)'");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_reader_sees_all_of_a_slow_scan_or_nothing(void **state)
{
	struct runner *runner = *state;
	struct text script = TEXT_EMPTY;
	int64_t end;

	for (int i = 0; i < 1000; i++)
		text_printf(&script, "disk S%d\n%s", i, i == 500 ? "pause\n" : "");
	start_with_script(runner, script.data);
	wait_for_log(runner, "waiting for another script", 1);
	wait_for(runner, "select to_regclass('storage.resources') is not null");
	for (int i = 0; i < 50; i++)
		assert_int_equal(query_number(runner, "select " DISKS), 0);
	change_script(runner, script.data);
	for (end = now_ms() + DEADLINE_S * 1000;;) {
		long seen = query_number(runner, "select " DISKS);

		assert_true(seen == 0 || seen == 1000);
		assert_true(now_ms() < end);
		if (seen == 1000)
			break;
	}
	text_clear(&script);
	change_script(runner, "once\n");
	assert_int_equal(runner_stop(runner), 0);
}

static void removals_and_parents_follow_the_plugin(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "pool P1\npool P2\ndisk S1 pool=P1 pool=P2\ndisk S2\n");
	wait_for(runner, "select count(*) = 2 from storage.parents");
	change_script(runner, "disk S1 nopool=P2\ngone disk S2\n");
	wait_for(runner, "select count(*) = 1 from storage.parents");
	wait_for(runner, "select " DISKS " = 1");
	change_script(runner, "gone pool P1\nonce\n");
	wait_for(runner, "select count(*) = 0 from storage.parents");
	assert_int_equal(query_number(runner, "select " DISKS), 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void references_name_the_record_whatever_the_order(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "disk S2\ndisk S1 spare_of=S2\n");
	wait_for(runner, "select " DISKS " = 2");
	assert_string_equal(
	    query(runner, "select (select r.label from storage.resources r where r.id = "
	                  "(d.attributes->'spare_of'->>'ref')::bigint) from "
	                  "storage.resources d where d.label = 'Disk S1'"),
	    "Disk S2");
	change_script(runner, "disk S1\ngone disk S2\nonce\n");
	wait_for(runner, "select " DISKS " = 1");
	wait_for(runner,
	    "select not attributes ? 'spare_of' from storage.resources where label = 'Disk S1'");
	assert_int_equal(runner_stop(runner), 0);
}

static void the_plugin_may_assign_to_its_scannable(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "firmware 1.2\n");
	wait_for(runner,
	    "select attributes->>'firmware' = '1.2' from storage.resources where class = 'Array'");
	assert_int_equal(runner_stop(runner), 0);
}

/* Two arrays that report the same shared disk. */
static void configure_two_arrays(struct runner *runner)
{
	char *plugin = built("tests/plugins/scripted.so");

	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\n"
	    "scannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/a}}\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: B, script: %s/b}}\n",
	    plugin, runner->directory, runner->directory);
	free(plugin);
}

static void a_global_resource_lives_as_long_as_someone_reports_it(void **state)
{
	struct runner *runner = *state;

	configure_two_arrays(runner);
	write_file(runner, "a", "shared W1 note=a\ndisk S1\n");
	write_file(runner, "b", "shared W1\ndisk S1\n");
	runner_start(runner, NULL);
	wait_for(runner, "select " DISKS " = 2");
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'SharedDisk'");
	write_file(runner, "a", "gone shared W1\nonce\n");
	wait_for_log(runner, "A: update scan", count_log(runner, "A: update scan") + 2);
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.resources where class = 'SharedDisk'"),
	    1);
	write_file(runner, "b", "gone shared W1\nonce\n");
	wait_for(runner, "select count(*) = 0 from storage.resources where class = 'SharedDisk'");
	assert_int_equal(runner_stop(runner), 0);
}

static void one_reporter_does_not_clear_what_another_still_sees(void **state)
{
	static const char active[] = "select count(*) from storage.alerts where active";
	struct runner *runner = *state;

	configure_two_arrays(runner);
	write_file(runner, "a", "shared W1 health=FAILED\n");
	write_file(runner, "b", "pause\nshared W1 health=OK\n");
	runner_start(runner, NULL);
	wait_for(runner, "select (%s) = 1", active);
	write_file(runner, "b", "shared W1 health=OK\n");
	wait_for(runner, "select count(*) = 2 from storage.reporter");
	wait_for_scans(runner);
	assert_int_equal(query_number(runner, "%s", active), 1);

	/* Nor does a restart, whoever is the first to report. */
	restart(runner);
	wait_for_log(runner, "initial scan\n", 2);
	wait_for_scans(runner);
	assert_int_equal(query_number(runner, "%s", active), 1);
	write_file(runner, "a", "shared W1 health=OK\n");
	wait_for(runner, "select (%s) = 0", active);
	assert_int_equal(query_number(runner, "select count(*) from storage.alerts"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_reload_leaves_what_the_plugin_assigned(void **state)
{
	static const char motto[] =
	    "select attributes->>'motto' = 'onwards' from storage.resources where class = 'Array'";
	struct runner *runner = *state;

	start_with_script(runner, "motto onwards\n");
	wait_for(runner, motto);
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "configuration reloaded", 1);
	wait_for_scans(runner);
	assert_string_equal(query(runner, motto), "t");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_scannable_added_to_the_file_is_picked_up_on_reload(void **state)
{
	struct runner *runner = *state;

	start_with_script(runner, "disk S1\n");
	wait_for(runner, "select " DISKS " = 1");
	wait_for_scans(runner);
	configure_two_arrays(runner);
	write_file(runner, "a", "disk S1\n");
	write_file(runner, "b", "disk S1\n");
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select count(*) = 2 from storage.resources where class = 'Array'");
	wait_for_log(runner, "Array B: initial scan", 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void two_scannables_that_report_the_same_at_once_share_its_records(void **state)
{
	struct runner *runner = *state;
	struct text script = TEXT_EMPTY;

	configure_two_arrays(runner);
	write_file(runner, "a", "pause\n");
	write_file(runner, "b", "pause\n");
	runner_start(runner, NULL);
	wait_for_log(runner, "waiting for another script", 2);
	for (int i = 0; i < 200; i++)
		text_printf(&script, "shared W%03d note=n\n", i);
	write_file(runner, "a", "%s", script.data);
	write_file(runner, "b", "%s", script.data);
	wait_for(runner, "select count(*) = 400 from storage.reporter");
	wait_for_scans(runner);
	assert_int_equal(
	    query_number(runner,
	        "select count(*) from storage.resource join storage.class on class.id = class_id"
	        " where class.name = 'SharedDisk'"),
	    200);
	assert_int_equal(query_number(runner, "select count(*) from storage.reporter"), 400);
	assert_int_equal(runner_stop(runner), 0);
	text_clear(&script);
}

static void every_sample_of_a_scan_is_stored(void **state)
{
	struct runner *runner = *state;
	struct text script = TEXT_EMPTY;

	text_append(&script, "disk S1\nonce\n");
	for (int i = 0; i < 2000; i++)
		text_append(&script, "temperature S1 20\n");
	start_with_script(runner, script.data);
	wait_for_scans(runner);
	assert_int_equal(
	    query_number(runner,
	        "select count(*) from storage.samples((select id from storage.resources where "
	        "label = 'Disk S1'), 'temperature', now() - interval '1 h', 'infinity', 10000)"),
	    2000);
	assert_int_equal(runner_stop(runner), 0);
	text_clear(&script);
}

/* Waits until a reader finds so many samples of the temperature of the disk. */
static void wait_for_samples(struct runner *runner, int64_t count)
{
	wait_for(runner,
	    "select count(*) >= %lld from storage.samples((select id from storage.resources where "
	    "label = 'Disk S1'), 'temperature', now() - interval '1 h', 'infinity')",
	    (long long)count);
}

static void samples_go_on_at_the_same_slot_after_a_kill(void **state)
{
	struct runner *runner = *state;
	int64_t before;

	start_with_script(runner, "disk S1\ntemperature S1 20\n");
	wait_for_samples(runner, 2);
	runner_kill(runner);
	before = query_number(runner, "select count(*) from storage.frame_0");
	runner_start(runner, NULL);
	wait_for_samples(runner, before + 2);
	assert_int_equal(query_number(runner, "select count(*) from storage.slot"), 1);
	assert_int_equal(query_number(runner, "select count(*) from storage.cohort"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void programs_are_shown_the_newest_samples_of_a_resource(void **state)
{
	struct runner *runner = *state;
	struct json_object *resource, *newest;
	char *text;

	start_with_script(runner, "disk S1\ntemperature S1 20\n");
	wait_for_samples(runner, 1);
	text = command(runner, NULL, "--json show %lld",
	    (long long)query_number(
	        runner, "select id from storage.resources where label = 'Disk S1'"));
	resource = json_tokener_parse(text);
	newest = json_object_array_get_idx(json_object_object_get(resource, "newest"), 0);
	assert_string_equal(
	    json_object_get_string(json_object_object_get(newest, "statistic")), "temperature");
	assert_int_equal(json_object_get_int(json_object_object_get(newest, "value")), 20);
	json_object_put(resource);
	free(text);
	assert_int_equal(runner_stop(runner), 0);
}

/* Configures only the first of the two arrays, with this script. */
static void configure_first_array(struct runner *runner, const char *script)
{
	char *plugin = built("tests/plugins/scripted.so");

	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\n"
	    "scannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/%s}}\n",
	    plugin, runner->directory, script);
	free(plugin);
}

static void a_scannable_removed_and_added_while_it_closes_is_scanned_again(void **state)
{
	struct runner *runner = *state;
	pid_t process;

	configure_two_arrays(runner);
	write_file(runner, "a", "disk S1\n");
	write_file(runner, "b", "disk S1\n");
	runner_start(runner, NULL);
	wait_for_log(runner, "Array B: update scan", 1);
	process = plugin_pid(runner, "scripted");

	assert_int_equal(kill(process, SIGSTOP), 0);
	configure_first_array(runner, "a");
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "configuration reloaded", 1);
	configure_two_arrays(runner);
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "configuration reloaded", 2);
	assert_int_equal(kill(process, SIGCONT), 0);

	wait_for_log(runner, "Array B: teardown", 1);
	wait_for_log(runner, "Array B: initial scan", 2);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_scannable_changed_in_the_file_is_scanned_with_its_new_values(void **state)
{
	struct runner *runner = *state;

	configure_first_array(runner, "a");
	write_file(runner, "a", "disk S1\n");
	write_file(runner, "script", "disk S2\n");
	runner_start(runner, NULL);
	wait_for_log(runner, "Array A: update scan", 1);
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "configuration reloaded", 1);
	wait_for_scans(runner);
	assert_int_equal(count_log(runner, "Array A: initial scan"), 1);

	configure_first_array(runner, "script");
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "Array A: initial scan", 2);
	wait_for(runner, "select string_agg(label, ',') = 'Disk S2' from storage.resources where "
	                 "class = 'Disk'");
	assert_int_equal(runner_stop(runner), 0);
}

static void a_reload_ends_the_wait_after_a_failure(void **state)
{
	struct runner *runner = *state;
	char *plugin = built("tests/plugins/scripted.so");
	char *output;

	runner_configure(runner,
	    "plugins: [%s]\nscan:\n  retry_min: 1 h\n  retry_max: 1 h\n"
	    "scannables:\n  - {plugin: scripted, class: Array, attributes: {name: A, script: "
	    "%s}}\n",
	    plugin, write_file(runner, "script", "fail no cable\n"));
	runner_start(runner, NULL);
	wait_for_log(runner, "initial_scan failed: script says no; next scan in ", 1);
	output = command(runner, NULL, "alerts");
	assert_non_null(
	    strstr(output, "Array A not contactable: initial_scan failed: script says no"));
	free(output);
	write_file(runner, "script", "disk S1\n");
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select " DISKS " = 1");
	assert_int_equal(runner_stop(runner), 0);
	free(plugin);
}

static void a_mistake_in_a_scannable_changes_nothing_on_reload(void **state)
{
	struct runner *runner = *state;
	char *plugin = built("tests/plugins/scripted.so");

	configure_two_arrays(runner);
	write_file(runner, "a", "disk S1\n");
	write_file(runner, "b", "disk S1\n");
	runner_start(runner, NULL);
	wait_for_log(runner, "Array B: update scan", 1);
	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\n"
	    "scannables:\n  - {plugin: scripted, class: Array, attributes: {nmae: A}}\n",
	    plugin);
	kill(runner->pid, SIGHUP);
	wait_for_log(runner, "has no attribute \"nmae\"", 1);
	wait_for_log(runner, "nothing was reloaded", 1);
	wait_for_scans(runner);
	assert_int_equal(count_log(runner, ": teardown\n"), 0);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where configured"), 2);
	assert_int_equal(runner_stop(runner), 0);
	free(plugin);
}

static void numbered_scannables_stay_who_they_are_when_others_go(void **state)
{
	struct runner *runner = *state;
	char *plugin = built("tests/plugins/scripted.so");
	char *numbered =
	    xasprintf("  - {plugin: scripted, class: Numbered, attributes: {script: %s/a}}\n"
	              "  - {plugin: scripted, class: Numbered, attributes: {script: %s/a}}\n"
	              "  - {plugin: scripted, class: Numbered, attributes: {script: %s/b}}\n",
	        runner->directory, runner->directory, runner->directory);
	char *before;

	write_file(runner, "a", "disk S1\n");
	write_file(runner, "b", "disk S2\n");
	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\nscannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/a}}\n%s",
	    plugin, runner->directory, numbered);
	runner_start(runner, NULL);
	wait_for(runner, "select " DISKS " = 4");
	before = xstrdup(
	    query(runner, "select string_agg(id || (attributes->>'script'), ',' order by id) "
	                  "from storage.resources where class = 'Numbered'"));
	assert_int_equal(runner_stop(runner), 0);

	runner_configure(
	    runner, "plugins: [{path: %s, log_level: debug}]\nscannables:\n%s", plugin, numbered);
	runner_start(runner, NULL);
	wait_for_log(runner, "initial scan\n", 3);
	wait_for_scans(runner);
	assert_string_equal(
	    query(runner, "select string_agg(id || (attributes->>'script'), ',' order by id) "
	                  "from storage.resources where class = 'Numbered'"),
	    before);
	assert_int_equal(runner_stop(runner), 0);
	free(before);
	free(numbered);
	free(plugin);
}

static void a_scannable_that_leaves_the_file_is_hidden_until_it_is_back(void **state)
{
	struct runner *runner = *state;
	char *before, *output;

	configure_two_arrays(runner);
	write_file(runner, "a", "disk S1\n");
	write_file(runner, "b", "disk S2 status=FAILED\n");
	runner_start(runner, NULL);
	wait_for(runner, "select " DISKS " = 2");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	before = xstrdup(query(
	    runner, "select string_agg(id || label, ',' order by id) from storage.resources"));

	configure_script(runner, "disk S1\n");
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select " DISKS " = 1");
	wait_for(runner, "select count(*) = 0 from storage.alerts where active");
	assert_int_equal(query_number(runner, "select count(*) from storage.resource"), 4);
	output = command(runner, NULL, "list disk");
	assert_non_null(strstr(output, "Disk S1"));
	assert_null(strstr(output, "Disk S2"));
	free(output);
	output = command(runner, NULL, "status");
	assert_non_null(strstr(output, "resources: 2, active alerts: 0"));
	free(output);
	assert_int_equal(runner_stop(runner), 0);
	runner_start(runner, NULL);
	wait_for_log(runner, "initial scan\n", 1);
	assert_int_equal(query_number(runner, "select " DISKS), 1);

	configure_two_arrays(runner);
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select " DISKS " = 2");
	wait_for(runner, "select count(*) = 1 from storage.alerts where active");
	assert_string_equal(
	    query(runner, "select string_agg(id || label, ',' order by id) from storage.resources"),
	    before);
	assert_int_equal(runner_stop(runner), 0);
	free(before);
}

static void what_only_a_scannable_that_left_the_file_reports_is_hidden_with_it(void **state)
{
	static const char shared[] = "select coalesce(string_agg(identifier, '' order by id), '') "
	                             "from storage.resources where class = 'SharedDisk'";
	struct runner *runner = *state;

	configure_two_arrays(runner);
	write_file(runner, "a", "shared W1\n");
	write_file(runner, "b", "shared W1\nshared W2\n");
	runner_start(runner, NULL);
	wait_for(runner, "select (%s) like '%%W1%%W2%%' or (%s) like '%%W2%%W1%%'", shared, shared);

	configure_script(runner, "shared W1\n");
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select (%s) = '[\"W1\"]'", shared);
	assert_int_equal(query_number(runner, "select count(*) from storage.resource"), 4);

	configure_two_arrays(runner);
	kill(runner->pid, SIGHUP);
	wait_for(runner, "select length((%s)) = 12", shared);
	assert_int_equal(query_number(runner, "select max(id) from storage.resource"), 4);
	assert_int_equal(runner_stop(runner), 0);
}

static void stop_calls_every_teardown_and_ends_with_status_0(void **state)
{
	struct runner *runner = *state;

	configure_two_arrays(runner);
	write_file(runner, "a", "disk S1\n");
	write_file(runner, "b", "pause\n");
	runner_start(runner, NULL);
	wait_for(runner, "select " DISKS " = 1");
	wait_for_log(runner, "initial scan", 2);
	assert_int_equal(runner_stop(runner), 0);
	assert_int_equal(count_log(runner, ": teardown\n"), 2);
}

#define EVERYTHING                                                                                \
	"(select string_agg(concat_ws(' ', id, identifier, label, alias), ',' order by id) from " \
	"storage.resources)"

static void a_kill_at_any_moment_loses_and_doubles_nothing(void **state)
{
	struct runner *runner = *state;
	struct text script = TEXT_EMPTY;
	unsigned seed = (unsigned)now_ms();
	char *everything;
	long history = 0;

	print_message("seed %u\n", seed);
	for (int i = 0; i < 200; i++)
		text_printf(
		    &script, "disk S%d%s\nshared W%d\n", i, i % 10 == 0 ? " status=FAILED" : "", i);
	start_with_script(runner, script.data);
	wait_for(runner, "select count(*) = 20 from storage.alerts where active");
	runner_kill(runner);
	query(runner,
	    "with named as (update storage.resource set alias = 'top left' where label = 'Disk S7' "
	    "returning 1) select count(*) from named");
	everything = xstrdup(query(runner, "select " EVERYTHING));
	for (int i = 0; i < 20; i++) {
		long alerts;

		runner_start(runner, NULL);
		wait_for_log(runner, "database loaded", 1);
		nanosleep(&(struct timespec){.tv_nsec = rand_r(&seed) % 100 * 1000000L}, NULL);
		runner_kill(runner);
		assert_string_equal(query(runner, "select " EVERYTHING), everything);
		alerts = query_number(
		    runner, "select count(*) from storage.alerts where name like '%%status%%'");
		assert_true(history == 0 || alerts == history);
		history = alerts;
	}
	assert_int_equal(history, 20);
	text_clear(&script);
	free(everything);
}

static void a_plugin_that_is_no_longer_listed_keeps_its_resources_hidden(void **state)
{
	struct runner *runner = *state;
	char *plugin;
	char *before;

	start_with_script(runner, "disk S1\ndisk S2\n");
	wait_for(runner, "select " DISKS " = 2");
	before = xstrdup(
	    query(runner, "select string_agg(id::text, ',' order by id) from storage.resources"));
	assert_int_equal(runner_stop(runner), 0);

	runner_configure(runner, "plugins: []\n");
	runner_start(runner, NULL);
	wait_for_log(runner, "database loaded", 1);
	wait_for(runner, "select count(*) = 0 from storage.resources");
	assert_int_equal(query_number(runner, "select count(*) from storage.resource"), 3);
	assert_int_equal(runner_stop(runner), 0);

	plugin = built("tests/plugins/scripted.so");
	runner_configure(runner,
	    "plugins: [{path: %s, log_level: debug}]\nscannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/script}}\n",
	    plugin, runner->directory);
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 3 from storage.resources");
	assert_string_equal(
	    query(runner, "select string_agg(id::text, ',' order by id) from storage.resources"),
	    before);
	assert_int_equal(runner_stop(runner), 0);
	free(before);
	free(plugin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(resources_and_parents_appear),
	    runner_test(restart_keeps_numbers_and_writes_nothing_new),
	    runner_test(unchanged_scans_write_nothing),
	    runner_test(initial_scan_removes_what_is_lost_and_update_scans_do_not),
	    runner_test(a_failed_initial_scan_removes_nothing),
	    runner_test(an_update_scan_that_fails_tears_the_session_down),
	    runner_test(one_refused_object_hides_nobody_and_removes_nobody),
	    runner_test(what_is_gone_after_a_degraded_scan_is_removed_without_a_restart),
	    runner_test(a_collapse_is_confirmed_without_a_restart),
	    runner_test(an_incomplete_class_is_not_culled),
	    runner_test(alerts_rise_and_fall_with_their_history),
	    runner_test(an_alert_affects_all_descendants),
	    runner_test(an_alert_survives_a_restart_and_clears_when_it_no_longer_holds),
	    runner_test(a_condition_may_ask_for_several_scans),
	    runner_test(a_gauge_above_its_bound_raises_an_alert),
	    runner_test(a_reader_sees_all_of_a_slow_scan_or_nothing),
	    runner_test(removals_and_parents_follow_the_plugin),
	    runner_test(references_name_the_record_whatever_the_order),
	    runner_test(the_plugin_may_assign_to_its_scannable),
	    runner_test(a_global_resource_lives_as_long_as_someone_reports_it),
	    runner_test(one_reporter_does_not_clear_what_another_still_sees),
	    runner_test(a_reload_leaves_what_the_plugin_assigned),
	    runner_test(a_scannable_added_to_the_file_is_picked_up_on_reload),
	    runner_test(a_scannable_removed_and_added_while_it_closes_is_scanned_again),
	    runner_test(two_scannables_that_report_the_same_at_once_share_its_records),
	    runner_test(every_sample_of_a_scan_is_stored),
	    runner_test(samples_go_on_at_the_same_slot_after_a_kill),
	    runner_test(programs_are_shown_the_newest_samples_of_a_resource),
	    runner_test(a_reload_ends_the_wait_after_a_failure),
	    runner_test(a_mistake_in_a_scannable_changes_nothing_on_reload),
	    runner_test(a_scannable_changed_in_the_file_is_scanned_with_its_new_values),
	    runner_test(numbered_scannables_stay_who_they_are_when_others_go),
	    runner_test(a_scannable_that_leaves_the_file_is_hidden_until_it_is_back),
	    runner_test(what_only_a_scannable_that_left_the_file_reports_is_hidden_with_it),
	    runner_test(stop_calls_every_teardown_and_ends_with_status_0),
	    runner_test(a_kill_at_any_moment_loses_and_doubles_nothing),
	    runner_test(a_plugin_that_is_no_longer_listed_keeps_its_resources_hidden),
	};

	return cmocka_run_group_tests_name("scans", tests, database_start, database_stop);
}
