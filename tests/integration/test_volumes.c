/* SPDX-License-Identifier: MIT */
/* Volumes, homing, virtual machines: what a plugin reports, as the database shows it. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static void say(struct runner *runner, const char *server, const char *script)
{
	char name[64];

	snprintf(name, sizeof(name), "script_%s", server);
	write_file(runner, name, "%s", script);
}

/* Configures scannables by these names, whose scripts are empty as yet. */
static void configure(struct runner *runner, const char *const *names)
{
	char *plugin = built("tests/plugins/t_volumes.so");
	struct text scannables = TEXT_EMPTY;

	for (; *names != NULL; names++) {
		say(runner, *names, "");
		text_printf(&scannables,
		    "  - plugin: t_volumes\n    class: Server\n    attributes:\n      name: %s\n"
		    "      script: %s/script_%s\n",
		    *names, runner->directory, *names);
	}
	runner_configure(runner, "plugins:\n  - path: %s\n    log_level: debug\nscannables:\n%s",
	    plugin, scannables.data);
	text_clear(&scannables);
	free(plugin);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void restart(struct runner *runner)
{
	assert_int_equal(runner_stop(runner), 0);
	runner_start(runner, NULL);
}

/* Waits until each of so many scannables was scanned twice more. */
static void wait_for_scans(struct runner *runner, unsigned scannables)
{
	wait_for_log(runner, "scanned", count_log(runner, "scanned") + 2 * scannables);
}

/* How a volume is homed: "primary secondary", by the names of servers. */
static void wait_for_home(struct runner *runner, const char *volume, const char *expected)
{
	wait_for(runner,
	    "select (select server from storage.volume_nodes n where n.volume_id = v.id and"
	    " \"primary\") || ' ' || coalesce((select server from storage.volume_nodes n where"
	    " n.volume_id = v.id and secondary), '-') = '%s' from storage.volumes v where label ="
	    " '%s'",
	    expected, volume);
}

static void volumes_come_go_and_are_renamed(void **state)
{
	struct runner *runner = *state;

	configure(runner, NAMES("h1", "array"));
	say(runner, "h1",
	    "disk 123abc456 size=5000 filesystem_type=ext2\n"
	    "node /dev/foo host_id=1 on=disk:123abc456\n"
	    "node /dev/foobar host_id=1 on=node:/dev/foo\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.volumes");
	assert_string_equal(
	    query(runner,
	        "select label || '|' || kind || '|' || size || '|' || filesystem_type ||"
	        " '|' || nodes || '|' || status || '|' || usable || '|' || unused || '|' ||"
	        " (drive_id = (select id from storage.resources where class = 'Disk'))"
	        " from storage.volumes"),
	    "123abc456|Disk|5000|ext2|1|configured-noha|true|true|true");
	assert_string_equal(
	    query(runner, "select server_id || path from storage.volume_nodes"), "1/dev/foobar");

	say(runner, "array", "lun mylun123\ndisk 123abc456 size=5000 on=lun:mylun123\n");
	wait_for(runner, "select label = 'mylun123' from storage.volumes");
	say(runner, "array", "");
	wait_for(runner, "select label = '123abc456' from storage.volumes");
	assert_int_equal(query_number(runner, "select count(*) from storage.volume_resources"), 2);

	say(runner, "h1", "node /dev/foo host_id=1\n");
	wait_for(runner, "select count(*) = 0 from storage.volumes");
	assert_int_equal(query_number(runner, "select count(*) from storage.volume_node"), 0);
	assert_int_equal(runner_stop(runner), 0);
}

static void occupied_and_unusable_drives_are_not_offered(void **state)
{
	struct runner *runner = *state;

	configure(runner, NAMES("h1"));
	say(runner, "h1",
	    "disk S\nnode /dev/sda host_id=1 on=disk:S\n"
	    "part S-1 on=node:/dev/sda\nnode /dev/sda1 host_id=1 on=part:S-1\n"
	    "part S-2 on=node:/dev/sda\nnode /dev/sda2 host_id=1 on=part:S-2\n"
	    "mount / on=node:/dev/sda1\n"
	    "raw R\nnode /dev/sdr host_id=1 on=raw:R\n");
	runner_start(runner, NULL);
	wait_for(
	    runner, "select string_agg(label, ' ' order by label) = 'R S-2' from storage.volumes");
	assert_string_equal(
	    query(runner, "select string_agg(label, ' ') from storage.volumes where usable"),
	    "S-2");

	say(runner, "h1",
	    "disk S\nnode /dev/sda host_id=1 on=disk:S\n"
	    "part S-1 on=node:/dev/sda\nnode /dev/sda1 host_id=1 on=part:S-1\n"
	    "part S-2 on=node:/dev/sda\nnode /dev/sda2 host_id=1 on=part:S-2\n"
	    "mount /srv on=node:/dev/sda2\n");
	wait_for(runner, "select string_agg(label, ' ') = 'S-1' from storage.volumes");
	assert_int_equal(runner_stop(runner), 0);
}

static void servers_are_balanced_and_choices_survive_restarts(void **state)
{
	struct runner *runner = *state;
	long a, b, first, second;
	char script[1024], *before;

	configure(runner, NAMES("x", "y"));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 2 from storage.resources");
	a = query_number(runner, "select storage.add_server('host_0')");
	b = query_number(runner, "select storage.add_server('host_1', 'host_1.example.com')");
	assert_int_equal(query_number(runner, "select storage.add_server('HOST_0')"), a);
	query(runner, "select storage.set_peers(%ld, '{%ld}')", a, b);
	wait_for(runner, "select peers = '{%ld}' from storage.servers where id = %ld", a, b);

	for (int i = 0; i < 2; i++) {
		snprintf(script, sizeof(script),
		    "disk serial_1\nnode /dev/sdb host_id=%ld on=disk:serial_1\n"
		    "disk serial_0\nnode /dev/sda host_id=%ld on=disk:serial_0\n",
		    i == 0 ? b : a, i == 0 ? b : a);
		say(runner, i == 0 ? "y" : "x", script);
		wait_for(runner, "select count(*) = %d from storage.volume_nodes", 2 * (i + 1));
	}
	wait_for_home(runner, "serial_0", "host_0 host_1.example.com");
	wait_for_home(runner, "serial_1", "host_1.example.com host_0");
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.volumes where status = 'configured-ha'"),
	    2);

	first = query_number(runner,
	    "select id from storage.volume_nodes where server_id = %ld and path = '/dev/sda'", a);
	second = query_number(runner,
	    "select id from storage.volume_nodes where server_id = %ld and path = '/dev/sda'", b);
	query(runner,
	    "select storage.choose_nodes((select id from storage.volumes where label = 'serial_0'),"
	    " '{%ld}', '{%ld}')",
	    second, first);
	wait_for_home(runner, "serial_0", "host_1.example.com host_0");
	query(runner,
	    "select storage.set_in_use((select id from storage.volumes where label = 'serial_1'),"
	    " true)");
	wait_for(
	    runner, "select string_agg(label, ' ') = 'serial_0' from storage.volumes where unused");
	assert_int_equal(query_number(runner, "select count(*) from storage.request"), 0);

	before = xstrdup(query(runner, "select string_agg(v::text, ';' order by v.id) || (select"
	                               " string_agg(n::text, ';' order by n.id) from"
	                               " storage.volume_nodes n) from storage.volumes v"));
	restart(runner);
	wait_for_scans(runner, 2);
	assert_string_equal(query(runner, "select string_agg(v::text, ';' order by v.id) || (select"
	                                  " string_agg(n::text, ';' order by n.id) from"
	                                  " storage.volume_nodes n) from storage.volumes v"),
	    before);
	free(before);
	assert_int_equal(runner_stop(runner), 0);
}

static void requests_made_while_the_runner_is_away_are_done_when_it_is_back(void **state)
{
	struct runner *runner = *state;

	configure(runner, NAMES("h1"));
	say(runner, "h1", "disk S\nnode /dev/sda host_id=2 on=disk:S\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.volumes");
	assert_int_equal(runner_stop(runner), 0);
	query(runner, "select storage.add_server('node1')");
	query(runner, "select storage.set_server(2, 'up', 'node1.example.com')");
	query(runner, "select storage.set_in_use((select id from storage.volumes), true)");
	runner_start(runner, NULL);
	wait_for(runner, "select in_use from storage.volumes");
	wait_for(runner, "select server = 'node1.example.com' from storage.volume_nodes");
	assert_string_equal(query(runner, "select state from storage.servers"), "up");
	assert_int_equal(runner_stop(runner), 0);
}

static void weights_decide_and_follow_changes(void **state)
{
	struct runner *runner = *state;
	static const char script[] = "lun L\nweight w on=lun:L weight=%d\n"
	                             "node /dev/sda host_id=%d on=lun:L on=weight:w\n";
	char text[256];

	configure(runner, NAMES("a", "b"));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 2 from storage.resources");
	query(runner, "select storage.add_server('a'), storage.add_server('b'),"
	              " storage.set_peers(2, '{4}')");
	snprintf(text, sizeof(text), script, 30, 2);
	say(runner, "a", text);
	snprintf(text, sizeof(text), script, 20, 4);
	say(runner, "b", text);
	wait_for_home(runner, "L", "a b");
	snprintf(text, sizeof(text), script, 5, 2);
	say(runner, "a", text);
	wait_for_home(runner, "L", "b a");
	assert_int_equal(runner_stop(runner), 0);
}

/* Runs a command that gives this status, and says the words (NULL: nothing). */
static void run(struct runner *runner, int status, const char *words, const char *line)
{
	int got;
	char *output = command(runner, &got, "%s", line);

	if (words == NULL ? output[0] != '\0' : strstr(output, words) == NULL)
		fail_msg("%s said:\n%s", line, output);
	assert_int_equal(got, status);
	free(output);
}

/* The number of the node of the one volume that a server has, as text; the caller frees it. */
static char *node_of(struct runner *runner, const char *server)
{
	return xstrdup(
	    query(runner, "select id from storage.volume_nodes where server = '%s'", server));
}

static void people_choose_the_nodes_of_a_volume(void **state)
{
	struct runner *runner = *state;
	char *a, *b, *line;

	configure(runner, NAMES("a", "b"));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 2 from storage.resources");
	query(runner, "select storage.add_server('a'), storage.add_server('b'),"
	              " storage.set_peers(2, '{4}')");
	say(runner, "a",
	    "lun L\nweight w on=lun:L weight=30\n"
	    "node /dev/sda host_id=2 on=lun:L on=weight:w\n");
	say(runner, "b",
	    "lun L\nweight w on=lun:L weight=20\n"
	    "node /dev/sda host_id=4 on=lun:L on=weight:w\n");
	wait_for_home(runner, "L", "a b");
	a = node_of(runner, "a");
	b = node_of(runner, "b");
	run(runner, 0, "primary", "volumes");
	line = xasprintf("choose 1 %s", b);
	run(runner, 0, NULL, line);
	wait_for_home(runner, "L", "b -");
	run(runner, 0, "\"chosen\": true", "--json volumes");
	run(runner, 1, "there is no volume 99", "choose 99 1");
	run(runner, 1, "a node that was chosen is not one of its nodes", "choose 1 9999");
	restart(runner);
	wait_for_home(runner, "L", "b -");
	wait_for_scans(runner, 2);
	run(runner, 0, NULL, "choose 1 --clear");
	wait_for_home(runner, "L", "a b");
	free(line);
	line = xasprintf("choose 1 %s %s", b, a);
	run(runner, 0, NULL, line);
	wait_for_home(runner, "L", "b a");
	free(line);
	free(a);
	free(b);
	assert_int_equal(runner_stop(runner), 0);
}

/* Two peers and a server of its own that have the disk S, as a, b and c, with the numbers 2 to 6.
 */
static void start_three_servers(struct runner *runner)
{
	configure(runner, NAMES("a", "b", "c"));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 3 from storage.resources");
	query(runner, "select storage.add_server('a'), storage.add_server('b'),"
	              " storage.add_server('c'), storage.set_peers(2, '{4}')");
	say(runner, "a", "disk S\nnode /dev/sda host_id=2 on=disk:S\n");
	say(runner, "b", "disk S\nnode /dev/sda host_id=4 on=disk:S\n");
	say(runner, "c", "disk S\nnode /dev/sda host_id=6 on=disk:S\n");
	wait_for(runner, "select count(*) = 3 from storage.volume_nodes where server is not null");
}

static void what_can_not_be_chosen_is_refused(void **state)
{
	struct runner *runner = *state;
	char *a, *b, *c, *line;

	start_three_servers(runner);
	a = node_of(runner, "a");
	b = node_of(runner, "b");
	c = node_of(runner, "c");
	line = xasprintf("choose 1 %s %s", a, c);
	run(runner, 1,
	    "volume \"S\": the nodes that were chosen are not on different servers of one HA "
	    "cluster\n",
	    line);
	free(line);
	line = xasprintf("choose 1 %s %s %s", a, b, a);
	run(runner, 1, "volume \"S\": a node was chosen twice\n", line);
	free(line);
	line = xasprintf("choose_nodes(1, '{%s,%s}', '{}')", a, b);
	assert_request_refused(runner, line, "volume \"S\": several primary nodes were chosen");
	free(line);
	query(runner, "select storage.set_in_use(1, true)");
	wait_for(runner, "select in_use from storage.volumes");
	run(runner, 1, "volume \"S\": it is in use\n", "choose 1 --clear");
	line = xasprintf("choose_nodes(1, '{%s}', '{}')", a);
	assert_request_refused(runner, line, "volume \"S\": it is in use");
	assert_string_equal(query(runner, "select chosen from storage.volumes"), "f");
	free(line);
	free(c);
	free(b);
	free(a);
	assert_int_equal(runner_stop(runner), 0);
}

static void a_choice_lasts_as_long_as_its_nodes(void **state)
{
	struct runner *runner = *state;
	char *b, *line;

	start_three_servers(runner);
	wait_for_home(runner, "S", "a b");
	b = node_of(runner, "b");
	line = xasprintf("choose 1 %s", b);
	run(runner, 0, NULL, line);
	wait_for_home(runner, "S", "b -");
	say(runner, "a",
	    "disk S\nnode /dev/sda host_id=2 on=disk:S\nnode /dev/sdb host_id=2 on=disk:S\n");
	wait_for(runner, "select count(*) = 4 from storage.volume_nodes");
	wait_for_home(runner, "S", "b -");
	assert_string_equal(query(runner, "select chosen from storage.volumes"), "t");
	say(runner, "b", "disk S\n");
	wait_for(runner, "select count(*) = 3 and count(*) filter (where \"primary\") = 1 from"
	                 " storage.volume_nodes");
	assert_string_equal(query(runner, "select chosen from storage.volumes"), "f");
	free(line);
	free(b);
	assert_int_equal(runner_stop(runner), 0);
}

/* The paths to a disk on a server, in order of name. */
static void wait_for_paths(struct runner *runner, const char *server, const char *expected)
{
	wait_for(runner,
	    "select string_agg(path, ' ' order by path) = '%s' from storage.volume_nodes where"
	    " server_id = %s",
	    expected, server);
}

#define TWO_PATHS "disk S\nnode /dev/sda host_id=2 on=disk:S\nnode /dev/sdb host_id=2 on=disk:S\n"

static void the_mapped_path_of_a_server_stands_for_its_others(void **state)
{
	struct runner *runner = *state;

	configure(runner, NAMES("a", "b"));
	say(runner, "a", TWO_PATHS);
	say(runner, "b", "disk S\nnode /dev/sdc host_id=4 on=disk:S\n");
	runner_start(runner, NULL);
	wait_for_paths(runner, "2", "/dev/sda /dev/sdb");
	say(runner, "a", TWO_PATHS "node /dev/mapper/mp host_id=2 on=disk:S\n");
	wait_for_paths(runner, "2", "/dev/mapper/mp");
	assert_string_equal(
	    query(runner, "select path from storage.volume_nodes where server_id = 4"), "/dev/sdc");
	say(runner, "a",
	    TWO_PATHS "node /dev/mapper/mp host_id=2 on=disk:S\n"
	              "node /dev/mapper/mq host_id=2 on=disk:S\n");
	wait_for_paths(runner, "2", "/dev/mapper/mp /dev/mapper/mq /dev/sda /dev/sdb");
	say(runner, "a", TWO_PATHS);
	wait_for_paths(runner, "2", "/dev/sda /dev/sdb");
	assert_int_equal(query_number(runner, "select count(*) from storage.volumes"), 1);
	assert_int_equal(runner_stop(runner), 0);
}

static void wait_for_status(struct runner *runner, long nodes, const char *expected)
{
	wait_for(runner,
	    "select nodes = %ld and concat_ws(' ', status, usable, unused) = '%s' from"
	    " storage.volumes",
	    nodes, expected);
}

static void a_volume_tells_how_far_it_is_configured(void **state)
{
	struct runner *runner = *state;

	configure(runner, NAMES("a", "b"));
	say(runner, "a", "disk S\nnode /dev/sda host_id=2 on=disk:S\n");
	say(runner, "b", "");
	runner_start(runner, NULL);
	wait_for_status(runner, 1, "configured-noha t t");
	query(runner, "select storage.add_server('a'), storage.add_server('b')");
	say(runner, "a", TWO_PATHS);
	say(runner, "b", "disk S\nnode /dev/sda host_id=4 on=disk:S\n");
	wait_for_status(runner, 3, "configured-noha t t");
	query(runner, "select storage.set_peers(2, '{4}')");
	wait_for_status(runner, 3, "configured-ha t t");
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.volumes where id in (select volume_id"
	                     " from storage.volume_nodes where server = 'a')"),
	    1);
	query(runner, "select storage.set_in_use(1, true)");
	wait_for_status(runner, 3, "configured-ha t f");

	/* The primary one goes, and no other takes its place while it is in use. */
	assert_string_equal(
	    query(runner, "select server from storage.volume_nodes where \"primary\""), "a");
	say(runner, "a", "disk S\nnode /dev/sdx host_id=2 on=disk:S\n");
	wait_for_status(runner, 2, "unconfigured f f");
	say(runner, "a", "disk S\n");
	say(runner, "b", "disk S\n");
	wait_for_status(runner, 0, "unconfigured f f");
	run(runner, 0, "no nodes  in use\n", "volumes");
	assert_int_equal(runner_stop(runner), 0);
}

static void what_a_manager_asks_wrongly_is_an_error_at_once(void **state)
{
	static const struct {
		const char *request, *error;
	} wrong[] = {
	    {"add_server(null)", "a server needs an address"},
	    {"add_server('')", "a server needs an address"},
	    {"add_server('b', '')", "the full name of a server can't be empty"},
	    {"set_server(99, 'up')", "there is no server 99"},
	    {"set_server(2, '')", "state and full name of a server can't be empty"},
	    {"set_server(2, null, '')", "state and full name of a server can't be empty"},
	    {"remove_server(null)", "there is no server <NULL>"},
	    {"set_peers(2, '{99}')", "there is no server 99"},
	    {"set_peers(2, '{null}')", "there is no server <NULL>"},
	    {"set_in_use(99, true)", "there is no volume 99"},
	    {"choose_nodes(null, '{}', '{}')", "there is no volume <NULL>"},
	};
	struct runner *runner = *state;

	configure(runner, NAMES("h1"));
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources");
	query(runner, "select storage.add_server('a'), storage.add_server('b')");
	wait_for(runner, "select count(*) = 2 from storage.servers");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_request_refused(runner, wrong[i].request, wrong[i].error);
	assert_int_equal(query_number(runner, "select count(*) from storage.request"), 0);
	query(runner, "select storage.set_server(2, null, null), storage.set_peers(2, '{{4}}')");
	wait_for(runner, "select peers = '{4}' and name = 'a' and state = 'requested' from"
	                 " storage.servers where id = 2");
	query(runner, "select storage.set_peers(2, null)");
	wait_for(runner, "select peers = '{}' from storage.servers where id = 4");
	assert_int_equal(runner_stop(runner), 0);
}

static void virtual_machines_become_servers(void **state)
{
	struct runner *runner = *state;

	configure(runner, NAMES("array"));
	say(runner, "array", "machine vm0 address=192.168.1.11\nmachine bad address=127.0.0.1\n");
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) = 1 from storage.servers");
	assert_string_equal(
	    query(runner, "select address || '|' || state || '|' || source from storage.servers"),
	    "192.168.1.11|requested|virtual machine");
	wait_for(runner,
	    "select (attributes->>'host_id')::bigint = (select id from storage.servers)"
	    " from storage.resources where label like '%%vm0'");
	wait_for_log(runner, "with address 127.0.0.1", 1);
	wait_for_scans(runner, 1);
	assert_int_equal(count_log(runner, "with address 127.0.0.1"), 1);

	/* The number is not the plugin's to set, but to read. */
	say(runner, "array",
	    "machine vm0 address=192.168.1.11 host_id=5\nmachine bad address=10.0.0.7\nnumber "
	    "vm0\n");
	wait_for(runner, "select count(*) = 2 from storage.servers");
	wait_for_log(runner, "\"host_id\": the manager alone says which server this is", 1);
	wait_for_log(runner, "vm0 has number 1", 1);
	restart(runner);
	wait_for_log(runner, "vm0 has number 1", count_log(runner, "vm0 has number 1") + 2);
	say(runner, "array", "");
	wait_for(runner, "select count(*) = 1 from storage.resources");
	assert_int_equal(query_number(runner, "select count(*) from storage.servers"), 2);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(volumes_come_go_and_are_renamed),
	    runner_test(occupied_and_unusable_drives_are_not_offered),
	    runner_test(servers_are_balanced_and_choices_survive_restarts),
	    runner_test(requests_made_while_the_runner_is_away_are_done_when_it_is_back),
	    runner_test(weights_decide_and_follow_changes),
	    runner_test(people_choose_the_nodes_of_a_volume),
	    runner_test(what_can_not_be_chosen_is_refused),
	    runner_test(a_choice_lasts_as_long_as_its_nodes),
	    runner_test(the_mapped_path_of_a_server_stands_for_its_others),
	    runner_test(a_volume_tells_how_far_it_is_configured),
	    runner_test(what_a_manager_asks_wrongly_is_an_error_at_once),
	    runner_test(virtual_machines_become_servers),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
