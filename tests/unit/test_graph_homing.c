/* SPDX-License-Identifier: MIT */
/* Which nodes of a volume are primary and secondary. */
#include "volume_site.h"

/* A drive of a server, below the weights given (0 ends them), and its node. */
static void see(struct scan *scan, const char *drive, const char *path, const int64_t *weights)
{
	uint32_t disk = scan_report(scan, SCSI, drive);
	uint32_t node = scan_below(scan, disk, NODE, path);

	for (int i = 0; weights != NULL && weights[i] != 0; i++) {
		char key[64];

		snprintf(key, sizeof(key), "%s %s %d", drive, path, i);
		scan_link(scan, node, scan_weight(scan, disk, key, weights[i]));
	}
}

#define WEIGHTS(...)           \
	(const int64_t[])      \
	{                      \
		__VA_ARGS__, 0 \
	}

/* One server's scan of one drive. */
static struct scan see_one(
    struct site *site, int64_t host, const char *drive, const int64_t *weights)
{
	char name[16];
	struct scan scan;

	snprintf(name, sizeof(name), "h%d", (int)host);
	scan = scan_begin(site, name, host);
	see(&scan, drive, "/dev/sda", weights);
	scan_end(&scan);
	return scan;
}

static void add_three_servers(struct site *site, bool peers)
{
	add_server(site, 2, "host_0");
	add_server(site, 4, "host_1");
	add_server(site, 6, "host_2");
	if (peers) {
		set_peers(site, 2, "4, 6");
		set_peers(site, 4, "2, 6");
	}
}

/* ---- weights ---- */

static void the_highest_weight_is_primary_and_the_next_secondary(void **state)
{
	struct site *site = *state;

	add_three_servers(site, true);
	see_one(site, 2, "S", WEIGHTS(10));
	see_one(site, 4, "S", WEIGHTS(30));
	see_one(site, 6, "S", WEIGHTS(20));
	assert_home(site, "S", 4, 6);
	assert_false(the_node(site, 2, "/dev/sda")->used);
	assert_int_equal(the_node(site, 2, "/dev/sda")->weight, 10);
}

static void weights_above_a_node_add_up(void **state)
{
	struct site *site = *state;

	add_three_servers(site, true);
	see_one(site, 2, "S", WEIGHTS(10, 25));
	see_one(site, 4, "S", WEIGHTS(30));
	assert_home(site, "S", 2, 4);
}

static void equal_weights_go_by_name_and_path(void **state)
{
	struct site *site = *state;

	add_three_servers(site, true);
	see_one(site, 6, "S", WEIGHTS(7));
	see_one(site, 4, "S", WEIGHTS(7));
	assert_home(site, "S", 4, 6);
}

static void one_node_without_weight_has_the_volume_balanced(void **state)
{
	struct site *site = *state;

	add_three_servers(site, true);
	see_one(site, 2, "S", NULL);
	see_one(site, 4, "S", WEIGHTS(30));
	see_one(site, 6, "S", WEIGHTS(20));
	assert_home(site, "S", 2, 4);
}

static void the_secondary_is_on_another_server(void **state)
{
	struct site *site = *state;
	struct scan scan;
	uint32_t disk, node;

	add_three_servers(site, true);
	scan = scan_begin(site, "h2", 2);
	disk = scan_report(&scan, SCSI, "S");
	node = scan_below(&scan, disk, NODE, "/dev/sda");
	scan_link(&scan, node, scan_weight(&scan, disk, "a", 30));
	node = scan_below(&scan, disk, NODE, "/dev/sdb");
	scan_link(&scan, node, scan_weight(&scan, disk, "b", 20));
	scan_end(&scan);
	see_one(site, 4, "S", WEIGHTS(10));
	assert_home(site, "S", 2, 4);
	assert_true(the_node(site, 2, "/dev/sda")->primary);
	assert_false(the_node(site, 2, "/dev/sdb")->used);
}

static void a_weight_that_changes_moves_the_primary(void **state)
{
	struct site *site = *state;
	struct scan scan;

	add_three_servers(site, true);
	scan = see_one(site, 2, "S", WEIGHTS(30));
	see_one(site, 4, "S", WEIGHTS(20));
	assert_home(site, "S", 2, 4);
	scan_change(&scan, WEIGHT, 3, WEIGHT_VALUE, value_integer(5));
	scan_end(&scan);
	assert_home(site, "S", 4, 2);
	scan_remove(&scan, 3);
	scan_end(&scan);
	assert_home(site, "S", 2, 4);
	assert_false(the_node(site, 2, "/dev/sda")->weighted);
}

static void weights_stay_while_their_plugin_is_away(void **state)
{
	struct site *site = *state;
	record_id drive;

	add_three_servers(site, true);
	see_one(site, 2, "S", WEIGHTS(30));
	see_one(site, 4, "S", WEIGHTS(20));
	see_one(site, 6, "S", WEIGHTS(40));
	assert_home(site, "S", 6, 2);
	drive = the_volume(site, "S")->drive_id;

	/* An alias has the device nodes below looked at. */
	graph_retract(site->graph, "unix");
	graph_set_alias(site->graph, graph_find(site->graph, drive), "top");
	site_write(site);

	assert_home(site, "S", 6, 2);
	assert_int_equal(the_node(site, 6, "/dev/sda")->weight, 40);
}

/* ---- balancing ---- */

static void see_drives(struct site *site, const char *name, int64_t host, int count)
{
	struct scan scan = scan_begin(site, name, host);

	for (int i = count; i-- > 0;) {
		char serial[32], path[32];

		snprintf(serial, sizeof(serial), "serial_%d", i);
		snprintf(path, sizeof(path), "/dev/sd%c", 'a' + i);
		see(&scan, serial, path, NULL);
	}
	scan_end(&scan);
}

static void each_of_three_servers_gets_one_of_three_volumes(void **state)
{
	struct site *site = *state;

	add_three_servers(site, false);
	see_drives(site, "a", 2, 3);
	see_drives(site, "b", 4, 3);
	see_drives(site, "c", 6, 3);
	assert_home(site, "serial_0", 2, 0);
	assert_home(site, "serial_1", 4, 0);
	assert_home(site, "serial_2", 6, 0);
}

static void names_decide_whatever_the_order_of_reports(void **state)
{
	struct site *site = *state;

	add_three_servers(site, false);
	set_peers(site, 2, "4");
	see_drives(site, "b", 4, 2);
	see_drives(site, "a", 2, 2);
	assert_home(site, "serial_0", 2, 4);
	assert_home(site, "serial_1", 4, 2);
}

static void the_full_name_counts_before_the_address(void **state)
{
	struct site *site = *state;

	add_three_servers(site, false);
	ask(site, "set_server", "{\"server\": 2, \"state\": \"up\", \"fqdn\": \"z.example.com\"}");
	assert_string_equal(database_server(&site->database, 2)->state, "up");
	see_drives(site, "a", 2, 1);
	see_drives(site, "b", 4, 1);
	assert_home(site, "serial_0", 4, 0);
}

static void local_volumes_do_not_count_as_primaries(void **state)
{
	struct site *site = *state;
	struct scan scan;

	add_three_servers(site, true);
	scan = scan_begin(site, "a", 2);
	for (int i = 0; i < 50; i++) {
		char name[32];

		snprintf(name, sizeof(name), "/dev/local%d", i);
		see(&scan, name, name, NULL);
	}
	scan_end(&scan);
	assert_home(site, "/dev/local7", 2, 0);
	see_drives(site, "a2", 2, 1);
	see_drives(site, "b2", 4, 1);
	assert_home(site, "serial_0", 2, 4);
}

static void the_secondary_is_the_peer_with_the_fewest_used_nodes(void **state)
{
	struct site *site = *state;
	struct scan scan;

	add_three_servers(site, true);
	scan = scan_begin(site, "b", 4);
	see(&scan, "local", "/dev/local", NULL);
	scan_end(&scan);
	see_drives(site, "a2", 2, 1);
	see_drives(site, "b2", 4, 1);
	see_drives(site, "c2", 6, 1);
	assert_home(site, "serial_0", 2, 6);
}

/* ---- clusters ---- */

static void without_peers_there_is_no_secondary(void **state)
{
	struct site *site = *state;

	add_three_servers(site, false);
	set_peers(site, 2, "4");
	see_drives(site, "a", 2, 6);
	see_drives(site, "b", 4, 6);
	see_drives(site, "c", 6, 6);
	for (int i = 0; i < 6; i++) {
		char name[32];
		record_id primary, secondary;

		snprintf(name, sizeof(name), "serial_%d", i);
		primary = home_of(site, name, true);
		secondary = home_of(site, name, false);
		assert_int_equal(secondary, primary == 2 ? 4 : primary == 4 ? 2 : 0);
	}
}

static void peers_that_come_and_go_make_and_end_secondaries(void **state)
{
	struct site *site = *state;

	add_three_servers(site, false);
	see_drives(site, "a", 2, 1);
	see_drives(site, "b", 4, 1);
	assert_home(site, "serial_0", 2, 0);
	set_peers(site, 4, "2");
	assert_home(site, "serial_0", 2, 4);
	assert_int_equal(site->database.peer_count, 2);
	volume_restart(site);
	assert_int_equal(site_write(site), 0);
	set_peers(site, 4, "");
	assert_home(site, "serial_0", 2, 0);
	assert_int_equal(site->database.peer_count, 0);
}

static void a_server_in_two_clusters_has_the_peers_of_both(void **state)
{
	struct site *site = *state;

	add_three_servers(site, false);
	set_peers(site, 4, "2, 6");
	see_drives(site, "b", 4, 2);
	see_drives(site, "c", 6, 2);
	assert_home(site, "serial_0", 4, 6);
	assert_home(site, "serial_1", 6, 4);
}

static void a_removed_server_is_no_peer_any_more(void **state)
{
	struct site *site = *state;

	add_three_servers(site, true);
	see_drives(site, "a", 2, 1);
	see_drives(site, "b", 4, 1);
	assert_home(site, "serial_0", 2, 4);
	ask(site, "remove_server", "{\"server\": 4}");
	assert_home(site, "serial_0", 2, 0);
	assert_null(database_server(&site->database, 4));
	assert_non_null(the_node(site, 4, "/dev/sda"));
	ask(site, "remove_server", "{\"server\": 4}");
	add_server(site, 4, "host_1");
	set_peers(site, 4, "2");
	assert_home(site, "serial_0", 2, 4);
}

/* ---- what people say ---- */

static record_id node_id(const struct site *site, record_id server)
{
	return the_node(site, server, "/dev/sda")->id;
}

static void choose(struct site *site, const char *primaries, const char *secondaries)
{
	ask(site, "choose_nodes", "{\"volume\": %ld, \"primary\": [%s], \"secondary\": [%s]}",
	    (long)the_volume(site, "serial_0")->id, primaries, secondaries);
}

static void see_one_from_three(struct site *site, bool peers)
{
	add_three_servers(site, peers);
	see_drives(site, "a", 2, 1);
	see_drives(site, "b", 4, 1);
	see_drives(site, "c", 6, 1);
}

static void a_choice_is_kept_until_a_chosen_node_goes(void **state)
{
	struct site *site = *state;
	struct scan scan;
	char primary[32], secondary[32];

	add_three_servers(site, true);
	see_drives(site, "b", 4, 1);
	see_drives(site, "c", 6, 1);
	assert_home(site, "serial_0", 4, 6);
	snprintf(primary, sizeof(primary), "%ld", (long)node_id(site, 6));
	snprintf(secondary, sizeof(secondary), "%ld", (long)node_id(site, 4));
	choose(site, primary, secondary);
	assert_home(site, "serial_0", 6, 4);
	assert_true(the_volume(site, "serial_0")->chosen);

	see_drives(site, "a", 2, 1);
	set_peers(site, 6, "2, 4");
	assert_home(site, "serial_0", 6, 4);
	volume_restart(site);
	assert_int_equal(site_write(site), 0);
	assert_home(site, "serial_0", 6, 4);

	scan = scan_begin(site, "c", 6);
	scan_report(&scan, SCSI, "serial_0");
	scan_end(&scan);
	assert_home(site, "serial_0", 2, 4);
	assert_false(the_volume(site, "serial_0")->chosen);
}

static void a_choice_clears_the_nodes_not_mentioned_and_can_be_ended(void **state)
{
	struct site *site = *state;
	char primary[32];

	see_one_from_three(site, true);
	assert_home(site, "serial_0", 2, 4);
	snprintf(primary, sizeof(primary), "%ld", (long)node_id(site, 6));
	choose(site, primary, "");
	assert_home(site, "serial_0", 6, 0);
	choose(site, "", "");
	assert_home(site, "serial_0", 2, 4);
	assert_false(the_volume(site, "serial_0")->chosen);
}

static void assert_refused(
    struct site *site, const struct node_choice *choices, size_t count, const char *expected)
{
	record_id id = the_volume(site, "serial_0")->id;
	char reason[REASON_SIZE] = "";

	assert_int_equal(graph_choose_nodes(site->graph, graph_find_volume(site->graph, id),
	                     choices, count, reason),
	    -1);
	assert_non_null(strstr(reason, "volume \"serial_0\": "));
	if (strstr(reason, expected) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", expected, reason);
	assert_int_equal(site_write(site), 0);
}

static void choices_that_can_not_be_are_refused(void **state)
{
	struct site *site = *state;
	struct node_choice two[2];

	see_one_from_three(site, false);
	set_peers(site, 2, "4");
	two[0] = (struct node_choice){node_id(site, 2), true};
	two[1] = (struct node_choice){node_id(site, 6), false};
	assert_refused(site, two, 2, "HA cluster");
	two[1] = (struct node_choice){node_id(site, 4), true};
	assert_refused(site, two, 2, "several primary");
	two[1] = two[0];
	assert_refused(site, two, 2, "twice");
	two[1].node = 4711;
	assert_refused(site, two, 2, "not one of its nodes");
	two[0].primary = false;
	assert_refused(site, two, 1, "no primary");
	ask(site, "set_in_use", "{\"volume\": %ld, \"in_use\": true}",
	    (long)the_volume(site, "serial_0")->id);
	two[0].primary = true;
	assert_refused(site, two, 1, "in use");
}

static void volumes_in_use_are_left_as_they_are(void **state)
{
	struct site *site = *state;
	struct scan scan;
	record_id id;

	add_three_servers(site, true);
	see_drives(site, "b", 4, 1);
	id = the_volume(site, "serial_0")->id;
	ask(site, "set_in_use", "{\"volume\": %ld, \"in_use\": true}", (long)id);
	see_drives(site, "a", 2, 1);
	set_peers(site, 4, "2");
	assert_home(site, "serial_0", 4, 0);
	volume_restart(site);
	assert_int_equal(site_write(site), 0);
	assert_true(the_volume(site, "serial_0")->in_use);

	/* It stays with its drive, and is given roles when it is free again. */
	scan = scan_begin(site, "a", 2);
	scan_report(&scan, SCSI, "serial_0");
	scan_end(&scan);
	scan = scan_begin(site, "b", 4);
	scan_report(&scan, SCSI, "serial_0");
	scan_end(&scan);
	assert_counts(site, 1, 0);
	see_drives(site, "a", 2, 1);
	assert_int_equal(the_volume(site, "serial_0")->id, id);
	assert_home(site, "serial_0", 0, 0);
	ask(site, "set_in_use", "{\"volume\": %ld, \"in_use\": false}", (long)id);
	assert_home(site, "serial_0", 2, 0);
}

static void a_restart_does_not_choose_anew(void **state)
{
	struct site *site = *state;
	record_id before[3];

	add_three_servers(site, true);
	see_drives(site, "c", 6, 3);
	see_drives(site, "b", 4, 2);
	see_drives(site, "a", 2, 1);
	for (int i = 0; i < 3; i++) {
		char name[32];

		snprintf(name, sizeof(name), "serial_%d", i);
		before[i] = home_of(site, name, true);
	}
	volume_restart(site);
	see_drives(site, "a", 2, 1);
	see_drives(site, "b", 4, 2);
	see_drives(site, "c", 6, 3);
	for (int i = 0; i < 3; i++) {
		char name[32];

		snprintf(name, sizeof(name), "serial_%d", i);
		assert_int_equal(home_of(site, name, true), before[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    volume_test(the_highest_weight_is_primary_and_the_next_secondary),
	    volume_test(weights_above_a_node_add_up),
	    volume_test(equal_weights_go_by_name_and_path),
	    volume_test(one_node_without_weight_has_the_volume_balanced),
	    volume_test(the_secondary_is_on_another_server),
	    volume_test(a_weight_that_changes_moves_the_primary),
	    volume_test(weights_stay_while_their_plugin_is_away),
	    volume_test(each_of_three_servers_gets_one_of_three_volumes),
	    volume_test(names_decide_whatever_the_order_of_reports),
	    volume_test(the_full_name_counts_before_the_address),
	    volume_test(local_volumes_do_not_count_as_primaries),
	    volume_test(the_secondary_is_the_peer_with_the_fewest_used_nodes),
	    volume_test(without_peers_there_is_no_secondary),
	    volume_test(peers_that_come_and_go_make_and_end_secondaries),
	    volume_test(a_server_in_two_clusters_has_the_peers_of_both),
	    volume_test(a_removed_server_is_no_peer_any_more),
	    volume_test(a_choice_is_kept_until_a_chosen_node_goes),
	    volume_test(a_choice_clears_the_nodes_not_mentioned_and_can_be_ended),
	    volume_test(choices_that_can_not_be_are_refused),
	    volume_test(volumes_in_use_are_left_as_they_are),
	    volume_test(a_restart_does_not_choose_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
