/* SPDX-License-Identifier: MIT */
/* Servers that virtual machines and scannables stand for. */
#include "volume_site.h"

static uint32_t report_machine(struct scan *scan, const char *key, const char *address)
{
	uint32_t number = scan_report(scan, MACHINE, key);

	batch_set(scan->batch, MACHINE_ADDRESS, value_text(address));
	return number;
}

/* The number of the server that a machine is associated with; 0: none. */
static int64_t server_of(const struct site *site, const char *label)
{
	const struct value *value = &site_find(site, label)->values[MACHINE_HOST];

	return value->type == VALUE_INTEGER ? value->integer : 0;
}

static void a_virtual_machine_requests_a_server_once(void **state)
{
	struct site *site = *state;
	const struct server_row *server;

	for (int i = 0; i < 3; i++) {
		struct scan scan = scan_begin(site, "array", 0);

		report_machine(&scan, "vm0", "192.168.1.11");
		scan_end(&scan);
		volume_restart(site);
		site_write(site);
	}
	assert_int_equal(site->database.server_count, 1);
	server = &site->database.servers[0];
	assert_string_equal(server->address, "192.168.1.11");
	assert_string_equal(server->state, "requested");
	assert_string_equal(server->source, "virtual machine");
	assert_int_equal(server_of(site, "vm0"), server->id);
	assert_int_equal(server->id % 2, 1);
	assert_non_null(strstr(
	    database_find(&site->database, site_id(site, "vm0"))->attributes, "\"host_id\": 1"));
}

static void it_may_be_reported_by_an_update(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "array", 0);

	scan_end(&scan);
	report_machine(&scan, "vm0", "10.0.0.5");
	scan_end(&scan);
	assert_int_equal(site->database.server_count, 1);
}

static void a_server_that_exists_is_associated(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "array", 0);

	add_server(site, 8, "Node1");
	ask(site, "set_server", "{\"server\": 8, \"fqdn\": \"node1.example.com\"}");
	report_machine(&scan, "vm0", "node1");
	report_machine(&scan, "vm1", "node1.example.com");
	scan_end(&scan);
	assert_int_equal(site->database.server_count, 1);
	assert_int_equal(server_of(site, "vm0"), 8);
	assert_int_equal(server_of(site, "vm1"), 8);
}

static void no_plugin_sets_the_number(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "array", 0);
	uint32_t machine = report_machine(&scan, "vm0", "10.0.0.5");

	batch_set(scan.batch, MACHINE_HOST, value_integer(77));
	scan_end(&scan);
	assert_int_equal(server_of(site, "vm0"), 1);
	scan_change(&scan, MACHINE, machine, MACHINE_HOST, value_integer(5));
	scan_end(&scan);
	assert_int_equal(server_of(site, "vm0"), 1);
	scan = scan_begin(site, "array", 0);
	report_machine(&scan, "vm0", "10.0.0.5");
	assert_int_equal(scan_end(&scan), 0);
	assert_int_equal(server_of(site, "vm0"), 1);
}

static void sessions_are_told_the_number_once(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "array", 0);
	struct association association;
	uint32_t machine;

	scan_report(&scan, SCSI, "S");
	machine = report_machine(&scan, "vm0", "10.0.0.5");
	scan_end(&scan);
	assert_true(graph_next_association(site->graph, &association));
	assert_int_equal(association.session, scan.session);
	assert_int_equal(association.resource, machine);
	assert_int_equal(association.server, 1);
	assert_false(graph_next_association(site->graph, &association));
	scan_change(&scan, MACHINE, machine, MACHINE_ADDRESS, value_text("10.0.0.6"));
	scan_end(&scan);
	assert_false(graph_next_association(site->graph, &association));

	volume_restart(site);
	assert_false(graph_next_association(site->graph, &association));
	scan = scan_begin(site, "array", 0);
	machine = report_machine(&scan, "vm0", "10.0.0.6");
	scan_end(&scan);
	assert_true(graph_next_association(site->graph, &association));
	assert_int_equal(association.resource, machine);
	/* Another server with its address takes its place, in a session that goes on. */
	add_server(site, 2, "10.0.0.6");
	assert_true(graph_next_association(site->graph, &association));
	assert_int_equal(association.resource, machine);
	assert_int_equal(association.server, 2);
}

static void the_server_outlives_the_machine(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "array", 0);
	uint32_t machine = report_machine(&scan, "vm0", "10.0.0.5");

	scan_end(&scan);
	scan_remove(&scan, machine);
	scan_end(&scan);
	assert_int_equal(site->database.server_count, 1);
	machine = report_machine(&scan, "vm0", "10.0.0.5");
	scan_end(&scan);
	assert_int_equal(site->database.server_count, 1);
	assert_int_equal(server_of(site, "vm0"), 1);
}

static void a_removed_server_is_not_made_again(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "array", 0);

	report_machine(&scan, "vm0", "10.0.0.5");
	scan_end(&scan);
	ask(site, "remove_server", "{\"server\": 1}");
	volume_restart(site);
	scan = scan_begin(site, "array", 0);
	report_machine(&scan, "vm0", "10.0.0.5");
	scan_end(&scan);
	assert_int_equal(site->database.server_count, 0);
	/* Unless a user adds it. */
	add_server(site, 2, "10.0.0.5");
	assert_int_equal(server_of(site, "vm0"), 2);
}

static void an_address_that_can_not_be_is_told_once_and_tried_again(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "array", 0);
	uint32_t machine = report_machine(&scan, "vm0", "localhost");
	size_t told;

	report_machine(&scan, "vm1", "127.0.0.1");
	scan_report(&scan, SCSI, "S");
	scan_end(&scan);
	assert_non_null(site_find(site, "S"));
	assert_int_equal(site->database.server_count, 0);
	assert_int_equal(server_of(site, "vm0"), 0);
	assert_non_null(strstr(site_warnings.data, "\"vm0\" with address localhost"));
	assert_non_null(strstr(site_warnings.data, "127.0.0.1"));
	told = site_warnings.length;
	scan_end(&scan);
	assert_int_equal(site_warnings.length, told);

	scan_change(&scan, MACHINE, machine, MACHINE_ADDRESS, value_text("10.0.0.5"));
	scan_end(&scan);
	assert_int_equal(site->database.server_count, 1);
	assert_int_equal(server_of(site, "vm0"), 1);
	/* What was in the way may be gone, too. */
	add_server(site, 2, "127.0.0.1");
	assert_int_equal(server_of(site, "vm1"), 2);
}

static void another_address_is_no_other_machine(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "array", 0);
	uint32_t machine = report_machine(&scan, "vm0", "10.0.0.5");

	scan_end(&scan);
	scan_change(&scan, MACHINE, machine, MACHINE_ADDRESS, value_text("10.0.0.6"));
	scan_end(&scan);
	assert_int_equal(site->database.server_count, 1);
	assert_int_equal(server_of(site, "vm0"), 1);
}

/* Has device nodes be children of the machine that has their server's number. */
static void relate_nodes_to_machines(struct site *site)
{
	struct class *node = unix_declared[NODE];

	node->relations = xcalloc(1, sizeof(*node->relations));
	node->relation_count = 1;
	node->relations[0] = (struct relation){.type = RELATION_SUBSCRIBE,
	    .target_plugin = xstrdup("unix"),
	    .target_class = xstrdup("Machine"),
	    .attributes = xcalloc(1, sizeof(size_t)),
	    .attribute_count = 1};
	node->relations[0].attributes[0] = NODE_HOST;
	graph_declare(site->graph, "unix", unix_declared, UNIX_COUNT);
}

static void a_request_that_makes_a_link_brings_causes_with_it(void **state)
{
	struct site *site = *state;
	const struct request_row request = {.id = 1,
	    .kind = (char[]){"add_server"},
	    .arguments = (char[]){"{\"server\": 8, \"address\": \"127.0.0.1\"}"}};
	struct graph_resource *room;
	struct scan scan;

	relate_nodes_to_machines(site);
	scan = scan_begin(site, "room", 8);
	scan_link(&scan, report_machine(&scan, "vm0", "127.0.0.1"), 0);
	scan_below(&scan, scan_report(&scan, SCSI, "S"), NODE, "/dev/sda");
	scan_end(&scan);
	room = site_find(site, "Server room");
	graph_set_offline(site->graph, room, true);
	assert_null(site_find(site, "/dev/sda")->cause);
	graph_take_request(site->graph, &request); /* and nothing is written yet */
	assert_int_equal(server_of(site, "vm0"), 8);
	assert_non_null(site_find(site, "/dev/sda")->cause);
	assert_ptr_equal(site_find(site, "/dev/sda")->cause->nearest, TAILQ_FIRST(&room->alerts));
}

/* ---- device nodes without a number ---- */

static void label_scannable(struct scan *scan, const char *label)
{
	batch_report(scan_batch(scan), 0, MACHINE_ROOM, false);
	scan_label(scan, label);
}

static void nodes_without_number_are_on_the_server_of_their_scannable(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "x", 0);

	label_scannable(&scan, "node1.example.com");
	scan_below(&scan, scan_report(&scan, SCSI, "S"), NODE, "/dev/sda");
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_int_equal(site->database.server_count, 1);
	assert_string_equal(site->database.servers[0].address, "node1.example.com");
	assert_string_equal(site->database.servers[0].state, "found");
	assert_string_equal(site->database.servers[0].source, "scan");
	assert_non_null(the_node(site, 1, "/dev/sda"));
	volume_restart(site);
	assert_int_equal(site_write(site), 0);

	/* The machine is called something else, and the manager knows that one. */
	add_server(site, 2, "node2");
	scan = scan_begin(site, "x", 0);
	label_scannable(&scan, "node2");
	scan_below(&scan, scan_report(&scan, SCSI, "S"), NODE, "/dev/sda");
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_non_null(the_node(site, 2, "/dev/sda"));
}

static void a_scannable_that_is_no_server_leaves_it_unknown(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "x", 0);

	scan_below(&scan, scan_report(&scan, SCSI, "S"), NODE, "/dev/sda");
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_int_equal(site->database.server_count, 0);
	assert_non_null(the_node(site, 0, "/dev/sda"));
	volume_restart(site);
	assert_int_equal(site_write(site), 0);
}

static void a_number_in_use_is_not_given_to_another_server(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "x", 1);

	scan_below(&scan, scan_report(&scan, SCSI, "S"), NODE, "/dev/sda");
	report_machine(&scan, "vm0", "10.0.0.5");
	scan_end(&scan);
	report_machine(&scan, "vm1", "10.0.0.6");
	scan_end(&scan);
	assert_non_null(the_node(site, 1, "/dev/sda"));
	assert_int_not_equal(server_of(site, "vm1"), 1);
	assert_int_not_equal(server_of(site, "vm1"), server_of(site, "vm0"));
}

static void requests_that_make_no_sense_are_told_and_done(void **state)
{
	struct site *site = *state;

	text_reset(&site_warnings);
	ask(site, "dance", "{}");
	ask(site, "set_peers", "{\"server\": 12, \"peers\": [1]}");
	ask(site, "set_in_use", "{\"volume\": 3, \"in_use\": true}");
	ask(site, "add_server", "{}");
	ask(site, "choose_nodes", "[]");
	assert_string_equal(site_warnings.data,
	    "request dance of the manager is refused: it is unknown\n"
	    "request set_peers of the manager is refused: there is no server 12\n"
	    "request set_in_use of the manager is refused: there is no volume 3\n"
	    "request add_server of the manager is refused: a server needs a number and an address\n"
	    "request choose_nodes of the manager is refused: there is no volume 0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    volume_test(a_virtual_machine_requests_a_server_once),
	    volume_test(it_may_be_reported_by_an_update),
	    volume_test(a_server_that_exists_is_associated),
	    volume_test(no_plugin_sets_the_number),
	    volume_test(sessions_are_told_the_number_once),
	    volume_test(the_server_outlives_the_machine),
	    volume_test(a_removed_server_is_not_made_again),
	    volume_test(an_address_that_can_not_be_is_told_once_and_tried_again),
	    volume_test(another_address_is_no_other_machine),
	    volume_test(a_request_that_makes_a_link_brings_causes_with_it),
	    volume_test(nodes_without_number_are_on_the_server_of_their_scannable),
	    volume_test(a_scannable_that_is_no_server_leaves_it_unknown),
	    volume_test(a_number_in_use_is_not_given_to_another_server),
	    volume_test(requests_that_make_no_sense_are_told_and_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
