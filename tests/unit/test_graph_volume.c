/* SPDX-License-Identifier: MIT */
/* Which volumes and nodes there are, and what they are called. */
#include "volume_site.h"

static void a_leaf_with_a_drive_above_makes_volume_and_node(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t device = scan_report(&scan, SCSI, "S1");
	uint32_t node = scan_below(&scan, device, NODE, "/dev/foo");

	scan_below(&scan, node, NODE, "/dev/foobar");
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_string_equal(site->database.nodes[0].path, "/dev/foobar");
	assert_int_equal(site->database.nodes[0].server_id, 1);
	assert_int_equal(the_volume(site, "S1")->drive_id, site_id(site, "S1"));
	assert_int_equal(the_volume(site, "S1")->size, 4096);
	assert_int_equal(site->database.nodes[0].volume_id, site->database.volumes[0].id);
}

static void drives_alone_and_nodes_alone_make_none(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "array", 0);

	scan_report(&scan, LUN, "L1");
	scan_report(&scan, NODE, "/dev/sda");
	scan_end(&scan);
	assert_counts(site, 0, 0);
}

static void of_several_drives_the_nearest_counts_and_then_the_oldest(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t far = scan_report(&scan, LUN, "far");
	uint32_t near = scan_below(&scan, far, SCSI, "near");
	uint32_t later = scan_report(&scan, SCSI, "later");
	uint32_t node = scan_report(&scan, NODE, "/dev/a");

	scan_link(&scan, node, later);
	scan_link(&scan, node, near);
	scan_link(&scan, node, far);
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_int_equal(site->database.volumes[0].drive_id, site_id(site, "far"));
	scan_unlink(&scan, node, far);
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_int_equal(site->database.volumes[0].drive_id, site_id(site, "near"));
	scan_unlink(&scan, node, near);
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_int_equal(site->database.volumes[0].drive_id, site_id(site, "later"));
}

static void the_drive_may_come_later_from_another_session(void **state)
{
	struct site *site = *state;
	struct scan server = scan_begin(site, "h1", 1);
	struct scan array = scan_begin(site, "array", 0);
	uint32_t group, lun;

	scan_below(&server, scan_report(&server, GROUP, "presentation"), NODE, "/dev/sda");
	scan_end(&server);
	assert_counts(site, 0, 0);

	lun = scan_report(&array, LUN, "L1");
	group = scan_report(&array, GROUP, "presentation");
	scan_link(&array, group, lun);
	scan_end(&array);
	assert_counts(site, 1, 1);
	scan_unlink(&array, group, lun);
	scan_end(&array);
	assert_counts(site, 0, 0);
}

static void servers_that_see_the_same_drives_share_volumes(void **state)
{
	struct site *site = *state;
	static const char *const names[] = {"h1", "h2", "h3"};
	static const char *const serials[] = {"serial_0", "serial_1", "serial_2"};

	for (int again = 0; again < 2; again++)
		for (int host = 0; host < 3; host++) {
			struct scan scan = scan_begin(site, names[host], host + 1);

			for (int drive = 0; drive < 3; drive++) {
				char path[32];

				snprintf(path, sizeof(path), "/dev/sd%c", 'a' + drive);
				scan_below(
				    &scan, scan_report(&scan, SCSI, serials[drive]), NODE, path);
			}
			scan_end(&scan);
		}
	assert_counts(site, 3, 9);
}

static void a_path_of_a_server_is_there_once(void **state)
{
	struct site *site = *state;
	struct scan one = scan_begin(site, "one", 7);
	struct scan other = scan_begin(site, "other", 7);

	scan_below(&one, scan_report(&one, SCSI, "S1"), NODE, "/dev/sda");
	scan_end(&one);
	scan_below(&other, scan_report(&other, SCSI, "S2"), NODE, "/dev/sda");
	scan_end(&other);
	assert_counts(site, 1, 1);
	assert_non_null(the_volume(site, "S1"));
	volume_restart(site);
	assert_int_equal(site_write(site), 0);

	one = scan_begin(site, "one", 7);
	scan_report(&one, SCSI, "S1");
	scan_end(&one);
	assert_counts(site, 1, 1);
	assert_non_null(the_volume(site, "S2"));
}

static void volumes_follow_size_and_type_of_the_drive(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t device = scan_report(&scan, SCSI, "S1");
	record_id id;

	batch_set(scan.batch, DRIVE_TYPE, value_text("ext2"));
	scan_below(&scan, device, NODE, "/dev/sda");
	scan_below(&scan, scan_report(&scan, RAW, "R1"), NODE, "/dev/sdb");
	scan_end(&scan);
	id = the_volume(site, "S1")->id;
	assert_string_equal(the_volume(site, "S1")->filesystem_type, "ext2");
	assert_false(the_volume(site, "S1")->unusable);
	assert_true(the_volume(site, "R1")->unusable);

	scan_change(&scan, SCSI, device, DRIVE_BYTES, value_integer(8192));
	batch_set(scan.batch, DRIVE_TYPE, VALUE_NULL_INIT);
	scan_end(&scan);
	assert_int_equal(the_volume(site, "S1")->size, 8192);
	assert_null(the_volume(site, "S1")->filesystem_type);
	assert_int_equal(the_volume(site, "S1")->id, id);
}

/* ---- names ---- */

static void a_volume_is_called_after_the_one_drive_above(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t disk = scan_report(&scan, SCSI, "123abc456");
	struct scan array = scan_begin(site, "array", 0);
	uint32_t lun, other;

	scan_below(&scan, disk, NODE, "/dev/sda");
	scan_end(&scan);
	assert_string_equal(site->database.volumes[0].label, "123abc456");

	/* By two ways it is still one drive. */
	lun = scan_report(&array, LUN, "mylun123");
	other = scan_below(&array, lun, GROUP, "g");
	disk = scan_report(&array, SCSI, "123abc456");
	scan_link(&array, disk, lun);
	scan_link(&array, disk, other);
	scan_end(&array);
	assert_string_equal(site->database.volumes[0].label, "mylun123");

	other = scan_report(&array, LUN, "second");
	scan_link(&array, disk, other);
	scan_end(&array);
	assert_string_equal(site->database.volumes[0].label, "123abc456");
	scan_remove(&array, other);
	scan_end(&array);
	assert_string_equal(site->database.volumes[0].label, "mylun123");
	scan_remove(&array, lun);
	scan_end(&array);
	assert_string_equal(site->database.volumes[0].label, "123abc456");
	assert_counts(site, 1, 1);
}

static void slices_and_datasets_keep_their_own_names(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t disk = scan_report(&scan, SCSI, "123abc456");
	uint32_t part =
	    scan_below(&scan, scan_below(&scan, disk, NODE, "/dev/sda"), PARTITION, "123abc456-1");
	uint32_t slice = scan_report(&scan, PARTITION, "vg-lv");
	uint32_t drive = scan_below(&scan, slice, SCSI, "on-slice");
	uint32_t set = scan_below(&scan, scan_report(&scan, SCSI, "pooled"), DATASET, "pool/set");

	scan_below(&scan, part, NODE, "/dev/sda1");
	scan_below(&scan, drive, NODE, "/dev/sdx");
	scan_below(&scan, set, NODE, "/dev/zd0");
	scan_end(&scan);
	assert_counts(site, 3, 3);
	assert_non_null(the_volume(site, "123abc456-1"));
	assert_non_null(the_volume(site, "on-slice"));
	assert_non_null(the_volume(site, "pool/set"));
}

static void names_follow_labels_and_aliases(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t lun = scan_report(&scan, LUN, "mylun");
	uint32_t disk = scan_below(&scan, lun, SCSI, "S1");

	scan_below(&scan, disk, NODE, "/dev/sda");
	scan_end(&scan);
	assert_non_null(the_volume(site, "mylun"));
	batch_report(scan_batch(&scan), lun, LUN, false);
	scan_label(&scan, "renamed");
	scan_end(&scan);
	assert_non_null(the_volume(site, "renamed"));

	graph_set_alias(site->graph, site_find(site, "renamed"), "scratch");
	site_write(site);
	assert_non_null(the_volume(site, "scratch"));
	volume_restart(site);
	assert_int_equal(site_write(site), 0);
	graph_set_alias(site->graph, site_find(site, "renamed"), NULL);
	site_write(site);
	assert_non_null(the_volume(site, "renamed"));
	assert_counts(site, 1, 1);
}

/* ---- occupiers ---- */

static void a_device_node_is_called_after_its_server_and_path(void **state)
{
	struct site *site = *state;
	struct scan server = scan_begin(site, "h1", 1);
	uint32_t node = scan_report(&server, NODE, "/dev/mapper/mp");

	free(server.batch->reports[0].label);
	server.batch->reports[0].label = NULL;
	scan_end(&server);
	assert_string_equal(graph_resource_of(site->graph, server.session, node)->label, "1:mp");
	scan_change(&server, NODE, node, NODE_HOST, value_integer(2));
	scan_end(&server);
	assert_string_equal(graph_resource_of(site->graph, server.session, node)->label, "2:mp");
}

static void an_occupier_withdraws_the_volume_and_gives_it_back(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t whole = scan_below(&scan, scan_report(&scan, SCSI, "S"), NODE, "/dev/sda");
	uint32_t one =
	    scan_below(&scan, scan_below(&scan, whole, PARTITION, "S-1"), NODE, "/dev/sda1");
	uint32_t two =
	    scan_below(&scan, scan_below(&scan, whole, PARTITION, "S-2"), NODE, "/dev/sda2");
	uint32_t mount;

	scan_below(&scan, one, MOUNT, "/");
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_non_null(the_volume(site, "S-2"));

	mount = scan_below(&scan, two, MOUNT, "/srv");
	scan_end(&scan);
	assert_counts(site, 0, 0);
	scan_remove(&scan, mount);
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_non_null(the_volume(site, "S-2"));
}

static void an_occupier_on_one_path_withdraws_the_volume_of_all(void **state)
{
	struct site *site = *state;
	struct scan one = scan_begin(site, "h1", 1);
	struct scan two = scan_begin(site, "h2", 2);
	uint32_t node, group, mount;

	scan_below(&one, scan_report(&one, SCSI, "S"), NODE, "/dev/sda");
	scan_end(&one);
	node = scan_below(&two, scan_report(&two, SCSI, "S"), NODE, "/dev/sdb");
	scan_end(&two);
	assert_counts(site, 1, 2);

	group = scan_below(&two, node, GROUP, "vg");
	scan_end(&two);
	assert_counts(site, 1, 1);
	mount = scan_report(&two, MOUNT, "/mnt");
	scan_link(&two, mount, group);
	scan_end(&two);
	assert_counts(site, 0, 0);
	scan_unlink(&two, group, node);
	scan_end(&two);
	assert_counts(site, 1, 2);
}

/* ---- device mapper ---- */

static void one_mapped_path_takes_the_place_of_the_others(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t disk = scan_report(&scan, SCSI, "S");
	uint32_t mapped, second;

	scan_below(&scan, disk, NODE, "/dev/sda");
	scan_below(&scan, disk, NODE, "/dev/sdb");
	scan_end(&scan);
	assert_counts(site, 1, 2);
	mapped = scan_below(&scan, disk, NODE, "/dev/mapper/mp");
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_non_null(the_node(site, 1, "/dev/mapper/mp"));
	second = scan_below(&scan, disk, NODE, "/dev/mapper/mq");
	scan_end(&scan);
	assert_counts(site, 1, 4);
	scan_remove(&scan, second);
	scan_remove(&scan, mapped);
	scan_end(&scan);
	assert_counts(site, 1, 2);
}

static void each_server_is_judged_on_its_own(void **state)
{
	struct site *site = *state;

	for (int host = 1; host <= 2; host++) {
		struct scan scan = scan_begin(site, host == 1 ? "h1" : "h2", host);
		uint32_t one = scan_report(&scan, SCSI, "S1");
		uint32_t two = scan_report(&scan, SCSI, "S2");

		scan_below(&scan, one, NODE, "/dev/sda");
		scan_below(&scan, one, NODE, "/dev/sdb");
		scan_below(&scan, two, NODE, "/dev/sdc");
		scan_below(&scan, two, NODE, "/dev/sdd");
		if (host == 1)
			scan_below(&scan, scan_report(&scan, SCSI, "M"), NODE, "/dev/mapper/mp");
		else
			scan_below(&scan, scan_report(&scan, SCSI, "M"), NODE, "/dev/sde");
		scan_end(&scan);
	}
	assert_counts(site, 3, 10);
	assert_non_null(the_node(site, 1, "/dev/mapper/mp"));
	assert_non_null(the_node(site, 2, "/dev/sde"));
}

/* ---- the end ---- */

static void the_order_of_coming_and_going_does_not_matter(void **state)
{
	struct site *site = *state;

	for (int order = 0; order < 4; order++) {
		struct scan scan = scan_begin(site, order % 2 == 0 ? "h1" : "h2", 1);
		uint32_t disk = 0, node = 0;

		if (order < 2) {
			disk = scan_report(&scan, SCSI, "S");
			scan_end(&scan);
			node = scan_below(&scan, disk, NODE, "/dev/sda");
		} else {
			node = scan_report(&scan, NODE, "/dev/sda");
			scan_end(&scan);
			disk = scan_report(&scan, SCSI, "S");
			scan_link(&scan, node, disk);
		}
		assert_counts(site, 0, 0);
		scan_end(&scan);
		assert_counts(site, 1, 1);
		scan_remove(&scan, order % 2 == 0 ? disk : node);
		scan_end(&scan);
		assert_counts(site, 0, 0);
		scan_remove(&scan, order % 2 == 0 ? node : disk);
		scan_end(&scan);
		assert_counts(site, 0, 0);
	}
}

static void a_partition_takes_the_place_of_its_disk(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t node = scan_below(&scan, scan_report(&scan, SCSI, "S"), NODE, "/dev/sda");
	uint32_t part;

	scan_end(&scan);
	assert_non_null(the_volume(site, "S"));
	part = scan_below(&scan, node, PARTITION, "S-1");
	scan_below(&scan, part, NODE, "/dev/sda1");
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_non_null(the_volume(site, "S-1"));
	scan_remove(&scan, part);
	scan_end(&scan);
	assert_counts(site, 1, 1);
	assert_non_null(the_volume(site, "S"));
}

static void a_volume_stays_with_the_last_of_its_nodes(void **state)
{
	struct site *site = *state;
	struct scan one = scan_begin(site, "h1", 1);
	struct scan two = scan_begin(site, "h2", 2);
	record_id id;

	scan_below(&one, scan_report(&one, SCSI, "S"), NODE, "/dev/sda");
	scan_end(&one);
	scan_below(&two, scan_report(&two, SCSI, "S"), NODE, "/dev/sda");
	scan_end(&two);
	id = the_volume(site, "S")->id;
	assert_counts(site, 1, 2);
	scan_remove(&one, 2);
	scan_end(&one);
	assert_counts(site, 1, 1);
	assert_int_equal(the_volume(site, "S")->id, id);
	graph_remove(site->graph, site_find(site, "Server h2"));
	site_write(site);
	assert_counts(site, 0, 0);
	graph_remove(site->graph, site_find(site, "Server h1"));
	site_write(site);
}

static void a_link_far_above_concerns_what_is_below(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t lun = scan_report(&scan, LUN, "L");
	uint32_t top = scan_below(&scan, lun, GROUP, "g1");
	uint32_t middle = scan_below(&scan, top, GROUP, "g2");
	uint32_t node = scan_below(&scan, middle, NODE, "/dev/sda");

	scan_end(&scan);
	assert_counts(site, 1, 1);
	/* From above and from below, in one batch. */
	scan_unlink(&scan, top, lun);
	scan_unlink(&scan, middle, top);
	scan_unlink(&scan, node, middle);
	scan_end(&scan);
	assert_counts(site, 0, 0);
	scan_link(&scan, node, middle);
	scan_link(&scan, middle, top);
	scan_link(&scan, top, lun);
	scan_end(&scan);
	assert_counts(site, 1, 1);
}

static void numbers_and_rows_survive_a_restart(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	record_id volume, node;

	scan_below(&scan, scan_report(&scan, SCSI, "S"), NODE, "/dev/sda");
	scan_end(&scan);
	volume = site->database.volumes[0].id;
	node = site->database.nodes[0].id;
	for (int i = 0; i < 2; i++) {
		volume_restart(site);
		assert_int_equal(site_write(site), 0);
		scan = scan_begin(site, "h1", 1);
		scan_below(&scan, scan_report(&scan, SCSI, "S"), NODE, "/dev/sda");
		assert_int_equal(scan_end(&scan), 0);
	}
	assert_int_equal(site->database.volumes[0].id, volume);
	assert_int_equal(site->database.nodes[0].id, node);

	/* What is not loaded stays as it was, and is understood all the same. */
	site_restart(site);
	assert_int_equal(site_write(site), 0);
	graph_declare(site->graph, "unix", unix_declared, UNIX_COUNT);
	graph_retract(site->graph, "unix");
	assert_int_equal(site_write(site), 0);
	assert_counts(site, 1, 1);
}

static void a_class_may_become_a_drive(void **state)
{
	struct site *site = *state;
	struct scan scan = scan_begin(site, "h1", 1);
	uint32_t group = scan_report(&scan, GROUP, "g");

	scan_below(&scan, scan_below(&scan, group, GROUP, "h"), NODE, "/dev/sda");
	scan_end(&scan);
	assert_counts(site, 0, 0);
	unix_declared[SCSI]->builtin = BUILTIN_STORAGE_POOL;
	unix_declared[GROUP]->builtin = BUILTIN_LOGICAL_DRIVE;
	volume_restart(site);
	site_write(site);
	assert_counts(site, 1, 1);
	assert_non_null(the_volume(site, "g"));
	unix_declared[GROUP]->builtin = BUILTIN_STORAGE_POOL;
	volume_restart(site);
	site_write(site);
	assert_counts(site, 0, 0);
}

/* ---- at random ---- */

#define THINGS 24

/* A drive, pool, node, mount or weight, and which of the others are its parents. */
struct thing {
	uint32_t number; /* 0: not reported */
	int class;
	bool below[THINGS];
};

struct world {
	struct scan scan;
	struct thing things[THINGS];
	unsigned random;
};

static unsigned choose(struct world *world, unsigned count)
{
	world->random = world->random * 1103515245 + 12345;
	return (world->random >> 16) % count;
}

static void appear(struct world *world, unsigned place)
{
	static const int classes[] = {
	    LUN, SCSI, PARTITION, DATASET, GROUP, NODE, NODE, NODE, MOUNT, WEIGHT, RAW, NODE};
	struct thing *thing = &world->things[place];
	char key[32];

	thing->class = classes[choose(world, sizeof(classes) / sizeof(classes[0]))];
	snprintf(key, sizeof(key), "%sx%u",
	    choose(world, 3) == 0 && thing->class == NODE ? "/dev/mapper/" : "/dev/", place);
	world->scan.host = choose(world, 3) + 1;
	thing->number = scan_report(&world->scan, thing->class, key);
	if (thing->class == WEIGHT)
		batch_set(world->scan.batch, WEIGHT_VALUE, value_integer(choose(world, 9)));
}

static void disappear(struct world *world, unsigned place)
{
	/* What is new can't go in the same batch. */
	scan_end(&world->scan);
	scan_remove(&world->scan, world->things[place].number);
	world->things[place] = (struct thing){0};
	for (unsigned i = 0; i < THINGS; i++)
		world->things[i].below[place] = false;
}

/* Adds or removes a link from a thing to one before it, so that there are no loops. */
static void relate(struct world *world)
{
	unsigned above = choose(world, THINGS - 1);
	unsigned place = above + 1 + choose(world, THINGS - 1 - above);
	struct thing *child = &world->things[place];

	if (child->number == 0 || world->things[above].number == 0)
		return;
	/* Each pair once in a batch. */
	for (size_t i = 0; i < scan_batch(&world->scan)->parent_count; i++)
		if (world->scan.batch->parents[i].child == child->number &&
		    world->scan.batch->parents[i].parent == world->things[above].number)
			return;
	child->below[above] = !child->below[above];
	batch_parent(scan_batch(&world->scan), child->number, world->things[above].number,
	    child->below[above]);
}

/* One batch of some changes, each thing appearing or disappearing at most once. */
static void happen(struct world *world)
{
	unsigned place = choose(world, THINGS);
	unsigned links = choose(world, 4);

	if (links > 0)
		relate(world);
	else if (world->things[place].number == 0)
		appear(world, place);
	else if (choose(world, 3) == 0)
		disappear(world, place);
	if (choose(world, 2) == 0)
		scan_end(&world->scan);
}

/* What follows step by step is what is found when all is looked at anew. */
static void small_steps_lead_where_a_fresh_look_does(void **state)
{
	struct site *site = *state;

	for (unsigned seed = 1; seed <= 40; seed++) {
		struct world world = {.random = seed};
		char name[32];

		snprintf(name, sizeof(name), "h%u", seed);
		world.scan = scan_begin(site, name, 1);
		scan_end(&world.scan);
		for (int i = 0; i < 250; i++)
			happen(&world);
		scan_end(&world.scan);
		volume_restart(site);
		if (site_write(site) != 0)
			fail_msg("seed %u: a fresh look finds something else", seed);
		snprintf(name, sizeof(name), "Server h%u", seed);
		graph_remove(site->graph, site_find(site, name));
		site_write(site);
		assert_counts(site, 0, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    volume_test(a_leaf_with_a_drive_above_makes_volume_and_node),
	    volume_test(drives_alone_and_nodes_alone_make_none),
	    volume_test(of_several_drives_the_nearest_counts_and_then_the_oldest),
	    volume_test(the_drive_may_come_later_from_another_session),
	    volume_test(servers_that_see_the_same_drives_share_volumes),
	    volume_test(a_path_of_a_server_is_there_once),
	    volume_test(volumes_follow_size_and_type_of_the_drive),
	    volume_test(a_volume_is_called_after_the_one_drive_above),
	    volume_test(slices_and_datasets_keep_their_own_names),
	    volume_test(names_follow_labels_and_aliases),
	    volume_test(a_device_node_is_called_after_its_server_and_path),
	    volume_test(an_occupier_withdraws_the_volume_and_gives_it_back),
	    volume_test(an_occupier_on_one_path_withdraws_the_volume_of_all),
	    volume_test(one_mapped_path_takes_the_place_of_the_others),
	    volume_test(each_server_is_judged_on_its_own),
	    volume_test(the_order_of_coming_and_going_does_not_matter),
	    volume_test(a_partition_takes_the_place_of_its_disk),
	    volume_test(a_volume_stays_with_the_last_of_its_nodes),
	    volume_test(a_link_far_above_concerns_what_is_below),
	    volume_test(numbers_and_rows_survive_a_restart),
	    volume_test(a_class_may_become_a_drive),
	    volume_test(small_steps_lead_where_a_fresh_look_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
