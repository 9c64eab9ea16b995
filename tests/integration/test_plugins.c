/* SPDX-License-Identifier: MIT */
/* The plugins that come with the runner, on this machine and through to the database. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "base/text.h"

/* What lsblk says, or NULL if the machine has none. */
static struct json_object *run_lsblk(void)
{
	FILE *pipe = popen("lsblk -J -b -o NAME,TYPE,SIZE 2>/dev/null", "r");
	struct text text = TEXT_EMPTY;
	struct json_object *result;
	char part[4096];
	size_t length;

	assert_non_null(pipe);
	while ((length = fread(part, 1, sizeof(part), pipe)) > 0)
		text_append_bytes(&text, part, length);
	pclose(pipe);
	result = text.length > 0 ? json_tokener_parse(text.data) : NULL;
	text_clear(&text);
	return result;
}

/* Checks that a device of lsblk, and those below it, are in the database with their sizes. */
static unsigned check_device(struct runner *runner, struct json_object *device)
{
	const char *name = json_object_get_string(json_object_object_get(device, "name"));
	const char *type = json_object_get_string(json_object_object_get(device, "type"));
	int64_t size = json_object_get_int64(json_object_object_get(device, "size"));
	struct json_object *children = json_object_object_get(device, "children");
	unsigned count = 1;

	if (strcmp(type, "disk") == 0 || strcmp(type, "part") == 0)
		assert_int_equal(
		    query_number(runner,
		        "select count(distinct drive.id) from storage.resources node join lateral "
		        "storage.ancestors(node.id) a on true join storage.resources drive on "
		        "drive.id = a.id "
		        "where node.class = 'DeviceNode' and node.attributes->>'path' = '/dev/%s' "
		        "and "
		        "(drive.attributes->>'size')::bigint = %lld",
		        name, (long long)size) >= 1,
		    1);
	for (size_t i = 0; children != NULL && i < json_object_array_length(children); i++)
		count += check_device(runner, json_object_array_get_idx(children, i));
	return count;
}

static void this_machines_disks_are_those_of_lsblk(void **state)
{
	struct runner *runner = *state;
	struct json_object *lsblk = run_lsblk();
	struct json_object *devices;
	unsigned count = 0;

	if (lsblk == NULL)
		skip();
	runner_configure(
	    runner, "plugins: [linux]\nscannables: [{plugin: linux, class: Server}]\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Server'");
	wait_for(runner, "select count(*) > 0 from storage.resources where class = 'DeviceNode'");
	devices = json_object_object_get(lsblk, "blockdevices");
	for (size_t i = 0; i < json_object_array_length(devices); i++)
		count += check_device(runner, json_object_array_get_idx(devices, i));
	assert_true(count > 0);
	json_object_put(lsblk);
	assert_int_equal(runner_stop(runner), 0);
}

static void the_example_runs_and_survives_an_array_that_does_not_answer(void **state)
{
	struct runner *runner = *state;

	runner_configure(runner,
	    "plugins: [example]\nscannables:\n"
	    "  - {plugin: example, class: Couplet, attributes: {address_1: a.example.com}}\n"
	    "  - {plugin: example, class: Couplet, attributes: {address_1: "
	    "unreachable.example.com}}\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 12 from storage.resources where class = 'HardDrive'");
	wait_for(runner,
	    "select count(*) = 1 from storage.alerts where active and name = 'offline' and message "
	    "like '%%unreachable%%'");
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where class = 'Couplet'"),
	    2);
	assert_int_equal(
	    query_number(runner,
	        "select count(*) from storage.classes where name = 'Lun' and charts = "
	        "'[{\"title\": \"Bandwidth\", \"series\": [\"read_bytes\", \"write_bytes\"]}]' and "
	        "relations->0->>'class' = 'ScsiDevice' and statistics->0->>'units' = 'bytes'"),
	    1);
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.classes where name = 'HardDrive' and "
	                     "charts->0->>'title' = 'Temperature'"),
	    1);
	assert_int_equal(runner_stop(runner), 0);
}

#define DRIVES 10000

/* Waits until one more scan has ended, and its batch, if it had one, is stored. */
static void wait_for_more_scans(struct runner *runner)
{
	char *before = status_text(runner, "simulator", "last_scan");
	bool same = true;
	int64_t end = now_ms() + DEADLINE_S * 1000;

	while (same && now_ms() < end) {
		char *now = status_text(runner, "simulator", "last_scan");

		same = strcmp(before, now) == 0;
		free(now);
	}
	assert_false(same);
	free(before);
}

/* How many statements the runner executes during three scans. */
static unsigned count_statements_of_scans(struct runner *runner)
{
	unsigned before = count_statements(runner);

	assert_true(before > 10);
	for (int i = 0; i < 3; i++)
		wait_for_more_scans(runner);
	return count_statements(runner) - before;
}

static void unchanged_scans_of_ten_thousand_resources_execute_no_sql(void **state)
{
	struct runner *runner = *state;
	int64_t end = now_ms() + DEADLINE_S * 1000;

	runner_configure(runner,
	    "plugins:\n  - name: simulator\n    settings: {enclosures: 100, drives_per_enclosure: "
	    "%d, pools: 1, "
	    "luns_per_pool: 1, statistics: off, period: 1}\n"
	    "scannables: [{plugin: simulator, class: Couplet, attributes: {name: big}}]\n",
	    DRIVES / 100);
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = %d from storage.resources where class = 'HardDrive'",
	    DRIVES);
	wait_for_more_scans(runner);
	/* Once a minute partitions are made and statistics condensed, whatever the scans find. */
	while (count_statements_of_scans(runner) > 0)
		assert_true(now_ms() < end);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(this_machines_disks_are_those_of_lsblk),
	    runner_test(the_example_runs_and_survives_an_array_that_does_not_answer),
	    runner_test(unchanged_scans_of_ten_thousand_resources_execute_no_sql),
	};

	return cmocka_run_group_tests_name("plugins", tests, database_start, database_stop);
}
