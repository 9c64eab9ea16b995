/* SPDX-License-Identifier: MIT */
/*
 * Links that relations make, between the LUNs of a plugin "array" and the devices of a plugin
 * "linux":
 *
 *	array.Lun, array.FatLun    provide to linux.ScsiDevice by serial, ignoring case
 *	linux.View                 subscribes to array.Lun by (host, path), and to linux.ScsiDevice
 *	                           by wwid
 */
#include "graph_site.h"

enum { SCANNABLE, FIRST, DERIVED, VIEW, CLASSES };
enum { NAME, SERIAL, HOST, PATH, WWID, ATTRIBUTES };
enum { ARRAY_PLUGIN, LINUX_PLUGIN, PLUGINS };

static const char *const plugin_names[PLUGINS] = {"array", "linux"};
static const char *const class_names[PLUGINS][CLASSES] = {
    {"Controller", "Lun", "FatLun", "Shelf"}, {"Server", "ScsiDevice", "FastDevice", "View"}};

/* ---- classes ---- */

static struct class *make_class(int plugin, int index)
{
	struct class *class = class_begin(class_names[plugin][index],
	    index == SCANNABLE ? BUILTIN_SCANNABLE : BUILTIN_LOGICAL_DRIVE,
	    index == SCANNABLE ? IDENTIFIER_GLOBAL : IDENTIFIER_SCOPED);

	free(class->plugin);
	free(class->ancestry[0]);
	class->plugin = xstrdup(plugin_names[plugin]);
	class->ancestry[0] = xasprintf("%s.%s", class->plugin, class->name);
	if (index == DERIVED) {
		class->ancestry = xreallocarray(class->ancestry, 3, sizeof(*class->ancestry));
		class->ancestry[2] = class->ancestry[1];
		class->ancestry[1] = xasprintf("%s.%s", class->plugin, class_names[plugin][FIRST]);
		class->ancestry_count = 3;
	}
	add_attribute(class, "name", ATTRIBUTE_STRING, false);
	add_attribute(class, "serial", ATTRIBUTE_STRING, true);
	add_attribute(class, "host", ATTRIBUTE_INTEGER, true);
	add_attribute(class, "path", ATTRIBUTE_STRING, true);
	add_attribute(class, "wwid", ATTRIBUTE_UUID, true);
	add_identifier(class, NAME);
	return class;
}

static void add_relation(struct class *class, enum relation_type type, int plugin,
    size_t first_attribute, size_t count, bool ignore_case)
{
	struct relation relation = {.type = type,
	    .target_plugin = xstrdup(plugin_names[plugin]),
	    .target_class = xstrdup(class_names[plugin][FIRST]),
	    .attributes = xcalloc(count, sizeof(size_t)),
	    .attribute_count = count,
	    .ignore_case = ignore_case};

	for (size_t i = 0; i < count; i++)
		relation.attributes[i] = first_attribute + i;
	APPEND(class->relations, class->relation_count, relation);
}

struct world {
	struct site site; /* its classes are not used */
	struct class **classes[PLUGINS];
	uint32_t session[PLUGINS];
	uint64_t batch[PLUGINS];
};

static struct class **make_plugin(int plugin)
{
	struct class **classes = xcalloc(CLASSES, sizeof(*classes));

	for (int i = 0; i < CLASSES; i++)
		classes[i] = make_class(plugin, i);
	if (plugin == ARRAY_PLUGIN) {
		add_relation(classes[FIRST], RELATION_PROVIDE, LINUX_PLUGIN, SERIAL, 1, true);
		add_relation(classes[DERIVED], RELATION_PROVIDE, LINUX_PLUGIN, SERIAL, 1, true);
	} else {
		add_relation(classes[VIEW], RELATION_SUBSCRIBE, ARRAY_PLUGIN, HOST, 2, false);
		add_relation(classes[VIEW], RELATION_SUBSCRIBE, LINUX_PLUGIN, WWID, 1, false);
	}
	return classes;
}

static void free_plugin(struct class **classes)
{
	for (int i = 0; i < CLASSES; i++)
		class_free(classes[i]);
	free(classes);
}

static void declare(struct world *world, int plugin)
{
	graph_declare(world->site.graph, plugin_names[plugin], world->classes[plugin], CLASSES);
}

static int world_setup(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));

	text_reset(&site_warnings);
	site_start(&world->site);
	for (int i = 0; i < PLUGINS; i++)
		world->classes[i] = make_plugin(i);
	*state = world;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *world = *state;

	graph_free(world->site.graph);
	for (int i = 0; i < PLUGINS; i++)
		free_plugin(world->classes[i]);
	database_clear(&world->site.database);
	text_clear(&world->site.notices);
	text_clear(&site_warnings);
	free(world);
	return 0;
}

/* The runner starts again; no plugin is loaded yet. */
static void restart(struct world *world)
{
	site_write(&world->site);
	graph_free(world->site.graph);
	site_start(&world->site);
	memset(world->session, 0, sizeof(world->session));
}

/* ---- batches ---- */

/* A session of the plugin's one scannable. */
static struct batch *initial_scan(struct world *world, int plugin)
{
	struct graph *graph = world->site.graph;
	struct value values[ATTRIBUTES] = {value_text(plugin_names[plugin])};
	char reason[REASON_SIZE];
	struct graph_resource *scannable = graph_configure(graph,
	    graph_find_class(graph, plugin_names[plugin], class_names[plugin][SCANNABLE]), values,
	    NULL, reason);

	value_clear(&values[0]);
	if (world->session[plugin] != 0)
		graph_close(graph, world->session[plugin]);
	world->session[plugin] = site_open(&world->site, scannable);
	world->batch[plugin] = 1;
	return batch_new(world->session[plugin], 1);
}

static struct batch *update_scan(struct world *world, int plugin)
{
	return batch_new(world->session[plugin], ++world->batch[plugin]);
}

static void report(
    struct batch *batch, uint32_t number, uint32_t class, const char *name, const char *serial)
{
	batch_report(batch, number, class, true);
	batch_set(batch, NAME, value_text(name));
	if (serial != NULL)
		batch_set(batch, SERIAL, value_text(serial));
}

static void report_place(struct batch *batch, uint32_t number, uint32_t class, const char *name,
    int64_t host, const char *path)
{
	report(batch, number, class, name, NULL);
	batch_set(batch, HOST, value_integer(host));
	batch_set(batch, PATH, value_text(path));
}

static void report_wwid(
    struct batch *batch, uint32_t number, uint32_t class, const char *name, const char *wwid)
{
	report(batch, number, class, name, NULL);
	batch_set(batch, WWID, value_text(wwid));
}

static void change_serial(struct batch *batch, uint32_t number, uint32_t class, const char *serial)
{
	batch_report(batch, number, class, false);
	batch_set(batch, SERIAL, serial != NULL ? value_text(serial) : VALUE_NULL_INIT);
}

static void apply(struct world *world, struct batch *batch)
{
	site_apply(&world->site, batch);
}

/* Both plugins with nothing reported. */
static void load_both(struct world *world)
{
	for (int i = 0; i < PLUGINS; i++) {
		declare(world, i);
		apply(world, initial_scan(world, i));
	}
}

/* LUN 1 and device 1 with the same serial, reported in this order. */
static void report_pair(struct world *world, int first)
{
	load_both(world);
	for (int i = 0; i < PLUGINS; i++) {
		int plugin = i == 0 ? first : PLUGINS - 1 - first;
		struct batch *batch = update_scan(world, plugin);

		report(batch, 1, FIRST, plugin == ARRAY_PLUGIN ? "1" : "sda", "X");
		apply(world, batch);
	}
}

/* ---- looking ---- */

/* "child<parent" for each link, in the order of ids; what is stored is compared with it. */
static const char *links(struct world *world)
{
	static struct text text;
	struct graph *graph = world->site.graph;
	size_t count = 0;

	site_write(&world->site);
	text_reset(&text);
	text_append(&text, "");
	for (record_id id = 1; id <= world->site.database.counters.resource_id; id++) {
		const struct graph_resource *child = graph_find(graph, id);
		const struct graph_link *link;

		if (child == NULL)
			continue;
		TAILQ_FOREACH (link, &child->parents, in_child) {
			text_printf(&text, "%s%s<%s", text.length > 0 ? " " : "",
			    strchr(child->label, ' ') + 1, strchr(link->parent->label, ' ') + 1);
			count += link->reporters.count;
			assert_true(link->parent->order < child->order);
		}
	}
	assert_int_equal(world->site.database.parent_count, count);
	return text.data;
}

/* ---- tests ---- */

static void a_match_makes_a_link(void **state)
{
	struct world *world = *state;

	report_pair(world, ARRAY_PLUGIN);
	assert_string_equal(links(world), "sda<1");
	assert_int_equal(world->site.database.parents[0].reporter_id, RELATION);
}

static void the_order_of_arrival_does_not_matter(void **state)
{
	struct world *world = *state;

	report_pair(world, LINUX_PLUGIN);
	assert_string_equal(links(world), "sda<1");
}

static void a_plugin_may_be_loaded_after_the_other_reported(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	declare(world, LINUX_PLUGIN);
	batch = initial_scan(world, LINUX_PLUGIN);
	report(batch, 1, FIRST, "sda", "X");
	apply(world, batch);
	declare(world, ARRAY_PLUGIN);
	batch = initial_scan(world, ARRAY_PLUGIN);
	report(batch, 1, FIRST, "1", "x");
	apply(world, batch);
	assert_string_equal(links(world), "sda<1");
}

static void classes_derived_from_either_side_take_part(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	load_both(world);
	batch = update_scan(world, ARRAY_PLUGIN);
	report(batch, 1, DERIVED, "1", "X");
	apply(world, batch);
	batch = update_scan(world, LINUX_PLUGIN);
	report(batch, 1, DERIVED, "sda", "X");
	report(batch, 2, VIEW, "v", "X");
	apply(world, batch);
	assert_string_equal(links(world), "sda<1");
}

static void each_of_several_matches_is_a_link(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	load_both(world);
	batch = update_scan(world, ARRAY_PLUGIN);
	report(batch, 1, FIRST, "1", "X");
	report(batch, 2, FIRST, "2", "X");
	report(batch, 3, FIRST, "3", "Y");
	apply(world, batch);
	batch = update_scan(world, LINUX_PLUGIN);
	report(batch, 1, FIRST, "sda", "X");
	report(batch, 2, FIRST, "sdb", "X");
	apply(world, batch);
	assert_string_equal(links(world), "sda<2 sda<1 sdb<2 sdb<1");
}

static void case_is_ignored_only_if_the_relation_says_so(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	load_both(world);
	batch = update_scan(world, ARRAY_PLUGIN);
	report(batch, 1, FIRST, "1", "123ABCÄ");
	report_place(batch, 2, FIRST, "2", 1, "/dev/A");
	apply(world, batch);
	batch = update_scan(world, LINUX_PLUGIN);
	report(batch, 1, FIRST, "sda", "123abcÄ");
	report(batch, 2, FIRST, "sdb", "123abcä");
	report_place(batch, 3, VIEW, "v", 1, "/dev/A");
	report_place(batch, 4, VIEW, "w", 1, "/dev/a");
	apply(world, batch);
	assert_string_equal(links(world), "sda<1 v<2");
}

static void all_named_values_must_be_equal(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	load_both(world);
	batch = update_scan(world, ARRAY_PLUGIN);
	report_place(batch, 1, FIRST, "1", 1, "/a");
	apply(world, batch);
	batch = update_scan(world, LINUX_PLUGIN);
	report_place(batch, 1, VIEW, "v", 2, "/a");
	report_place(batch, 2, VIEW, "w", 1, "/b");
	report_place(batch, 3, VIEW, "x", 1, "/a");
	apply(world, batch);
	assert_string_equal(links(world), "x<1");
}

static void uuids_are_compared_whatever_their_notation(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	load_both(world);
	batch = update_scan(world, LINUX_PLUGIN);
	report_wwid(batch, 1, FIRST, "sda", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8");
	report_wwid(batch, 2, VIEW, "v", "6ba7b8109dad11d180b400c04fd430c8");
	report_wwid(batch, 3, VIEW, "w", "6ba7b8109dad11d180b400c04fd430c9");
	apply(world, batch);
	assert_string_equal(links(world), "v<sda");
}

static void null_matches_nothing(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	load_both(world);
	batch = update_scan(world, ARRAY_PLUGIN);
	report(batch, 1, FIRST, "1", NULL);
	apply(world, batch);
	batch = update_scan(world, LINUX_PLUGIN);
	report(batch, 1, FIRST, "sda", NULL);
	apply(world, batch);
	assert_string_equal(links(world), "");
}

static void a_changed_value_moves_the_link_in_the_same_batch(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	report_pair(world, ARRAY_PLUGIN);
	batch = update_scan(world, LINUX_PLUGIN);
	report(batch, 2, FIRST, "sdb", "Y");
	apply(world, batch);
	batch = update_scan(world, ARRAY_PLUGIN);
	change_serial(batch, 1, FIRST, "Y");
	apply(world, batch);
	assert_string_equal(links(world), "sdb<1");

	batch = update_scan(world, ARRAY_PLUGIN);
	change_serial(batch, 1, FIRST, NULL);
	apply(world, batch);
	assert_string_equal(links(world), "");
	batch = update_scan(world, ARRAY_PLUGIN);
	change_serial(batch, 1, FIRST, "x");
	apply(world, batch);
	assert_string_equal(links(world), "sda<1");
}

static void a_change_of_something_else_writes_no_link(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	report_pair(world, ARRAY_PLUGIN);
	site_write(&world->site);
	batch = update_scan(world, ARRAY_PLUGIN);
	batch_report(batch, 1, FIRST, false);
	batch_set(batch, PATH, value_text("/elsewhere"));
	apply(world, batch);
	assert_int_equal(site_write(&world->site), 1);
	assert_string_equal(links(world), "sda<1");
}

static void links_go_with_one_side_and_return_with_it(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	report_pair(world, ARRAY_PLUGIN);
	for (uint32_t number = 1; number < 3; number++) {
		batch = update_scan(world, LINUX_PLUGIN);
		batch_remove(batch, number);
		apply(world, batch);
		assert_string_equal(links(world), "");
		assert_non_null(site_find(&world->site, "Lun 1"));
		batch = update_scan(world, LINUX_PLUGIN);
		report(batch, number + 1, FIRST, "sda", "X");
		apply(world, batch);
		assert_string_equal(links(world), "sda<1");
	}
}

static void links_survive_initial_scans_that_report_none(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	report_pair(world, ARRAY_PLUGIN);
	site_write(&world->site);
	batch = initial_scan(world, LINUX_PLUGIN);
	report(batch, 1, FIRST, "sda", "X");
	apply(world, batch);
	assert_int_equal(site_write(&world->site), 0);
	assert_string_equal(links(world), "sda<1");
}

static void a_link_may_be_reported_and_made_by_relations(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	load_both(world);
	batch = update_scan(world, LINUX_PLUGIN);
	report_wwid(batch, 1, FIRST, "sda", "6ba7b8109dad11d180b400c04fd430c8");
	report_wwid(batch, 2, VIEW, "v", "6ba7b8109dad11d180b400c04fd430c8");
	batch_parent(batch, 2, 1, true);
	apply(world, batch);
	assert_string_equal(links(world), "v<sda");
	assert_int_equal(world->site.database.parent_count, 2);

	batch = update_scan(world, LINUX_PLUGIN);
	batch_parent(batch, 2, 1, false);
	apply(world, batch);
	assert_string_equal(links(world), "v<sda");
	batch = update_scan(world, LINUX_PLUGIN);
	batch_parent(batch, 2, 1, true);
	batch_report(batch, 1, FIRST, false);
	batch_set(batch, WWID, VALUE_NULL_INIT);
	apply(world, batch);
	assert_string_equal(links(world), "v<sda");
	assert_int_equal(world->site.database.parent_count, 1);
}

static void nothing_is_linked_to_itself(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	add_relation(
	    world->classes[ARRAY_PLUGIN][FIRST], RELATION_PROVIDE, ARRAY_PLUGIN, HOST, 1, false);
	load_both(world);
	batch = update_scan(world, ARRAY_PLUGIN);
	report_place(batch, 1, FIRST, "1", 7, "/a");
	apply(world, batch);
	assert_string_equal(links(world), "");
	assert_int_equal(site_warnings.length, 0);
}

static void a_relation_that_would_close_a_loop_waits_until_it_does_not(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	load_both(world);
	batch = update_scan(world, LINUX_PLUGIN);
	report_wwid(batch, 1, FIRST, "sda", "6ba7b8109dad11d180b400c04fd430c8");
	report(batch, 2, VIEW, "v", NULL);
	batch_parent(batch, 1, 2, true);
	apply(world, batch);
	batch = update_scan(world, LINUX_PLUGIN);
	batch_report(batch, 2, VIEW, false);
	batch_set(batch, WWID, value_text("6ba7b8109dad11d180b400c04fd430c8"));
	apply(world, batch);
	assert_string_equal(links(world), "sda<v");
	assert_string_equal(site_warnings.data,
	    "\"ScsiDevice sda\" can't be a parent of \"View v\" by a relation, which is an "
	    "ancestor of it: left out until that changes\n");

	batch = update_scan(world, LINUX_PLUGIN);
	batch_parent(batch, 1, 2, false);
	apply(world, batch);
	assert_string_equal(links(world), "v<sda");
}

static void a_refused_relation_that_ends_does_not_come(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	load_both(world);
	batch = update_scan(world, LINUX_PLUGIN);
	report_wwid(batch, 1, FIRST, "sda", "6ba7b8109dad11d180b400c04fd430c8");
	report_wwid(batch, 2, VIEW, "v", "6ba7b8109dad11d180b400c04fd430c8");
	batch_parent(batch, 1, 2, true);
	apply(world, batch);
	assert_string_equal(links(world), "sda<v");
	batch = update_scan(world, LINUX_PLUGIN);
	batch_parent(batch, 1, 2, false);
	batch_report(batch, 2, VIEW, false);
	batch_set(batch, WWID, VALUE_NULL_INIT);
	apply(world, batch);
	assert_string_equal(links(world), "");
}

static void a_restart_writes_nothing_whatever_is_loaded_first(void **state)
{
	struct world *world = *state;

	report_pair(world, ARRAY_PLUGIN);
	for (int first = 0; first < PLUGINS; first++) {
		restart(world);
		assert_string_equal(links(world), "sda<1");
		declare(world, first);
		assert_string_equal(links(world), "sda<1");
		declare(world, PLUGINS - 1 - first);
		assert_int_equal(site_write(&world->site), 0);
		assert_string_equal(links(world), "sda<1");
	}
}

static void what_is_stored_is_linked_to_what_is_reported_after_a_restart(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	load_both(world);
	batch = update_scan(world, LINUX_PLUGIN);
	report(batch, 1, FIRST, "sda", "X");
	apply(world, batch);
	restart(world);
	declare(world, ARRAY_PLUGIN);
	batch = initial_scan(world, ARRAY_PLUGIN);
	report(batch, 1, FIRST, "1", "X");
	apply(world, batch);
	assert_string_equal(links(world), "");
	declare(world, LINUX_PLUGIN);
	assert_string_equal(links(world), "sda<1");
}

static void links_of_a_relation_that_an_upgrade_dropped_go(void **state)
{
	struct world *world = *state;
	struct class **upgraded = make_plugin(ARRAY_PLUGIN);

	report_pair(world, ARRAY_PLUGIN);
	site_write(&world->site);
	upgraded[FIRST]->relations[0].ignore_case = false;
	graph_declare(world->site.graph, "array", upgraded, CLASSES);
	assert_int_equal(site_write(&world->site), 1);
	assert_string_equal(links(world), "sda<1");
	free_plugin(world->classes[ARRAY_PLUGIN]);
	world->classes[ARRAY_PLUGIN] = upgraded;

	restart(world);
	free(upgraded[FIRST]->relations[0].target_class);
	upgraded[FIRST]->relations[0].target_class = xstrdup("View");
	declare(world, ARRAY_PLUGIN);
	assert_string_equal(links(world), "sda<1");
	declare(world, LINUX_PLUGIN);
	assert_string_equal(links(world), "");
}

static void links_stay_while_a_plugin_is_away(void **state)
{
	struct world *world = *state;
	struct batch *batch;

	report_pair(world, ARRAY_PLUGIN);
	graph_retract(world->site.graph, "array");
	assert_string_equal(links(world), "sda<1");
	batch = update_scan(world, LINUX_PLUGIN);
	report(batch, 2, FIRST, "sdb", "X");
	change_serial(batch, 1, FIRST, "Z");
	apply(world, batch);
	assert_string_equal(links(world), "sda<1");
	declare(world, ARRAY_PLUGIN);
	assert_string_equal(links(world), "sdb<1");
}

/* Reports this many things that all have the same serial number. */
static void report_many(struct world *world, int plugin, uint32_t count)
{
	struct batch *batch = initial_scan(world, plugin);

	for (uint32_t number = 1; number <= count; number++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", number);
		report(batch, number, FIRST, name, "unknown");
	}
	apply(world, batch);
}

/* The number of links to parents; nothing is written, of so many. */
static size_t count_links(struct world *world)
{
	const struct graph_class *class =
	    graph_find_class(world->site.graph, "linux", "ScsiDevice");
	const struct graph_resource *device;
	size_t count = 0;

	changes_free(graph_take_changes(world->site.graph));
	TAILQ_FOREACH (device, &class->resources, in_class)
		count += device->parent_count;
	return count;
}

static void a_value_that_too_many_share_links_nothing(void **state)
{
	struct world *world = *state;

	load_both(world);
	report_many(world, ARRAY_PLUGIN, 310);
	report_many(world, LINUX_PLUGIN, 320);
	assert_int_equal(count_links(world), 310 * 320);
	report_many(world, LINUX_PLUGIN, 330);
	assert_int_equal(count_links(world), 0);
	assert_non_null(strstr(site_warnings.data, "so it tells nothing"));

	/* It is told once, also while the number goes up and down. */
	text_reset(&site_warnings);
	report_many(world, LINUX_PLUGIN, 200);
	report_many(world, LINUX_PLUGIN, 340);
	report_many(world, LINUX_PLUGIN, 200);
	assert_int_equal(count_links(world), 0);
	assert_int_equal(site_warnings.length, 0);
	report_many(world, LINUX_PLUGIN, 160);
	assert_int_equal(count_links(world), 310 * 160);
	graph_retract(world->site.graph, "linux");
	declare(world, LINUX_PLUGIN);
	assert_int_equal(count_links(world), 310 * 160);
}

static void removing_a_scannable_removes_its_links(void **state)
{
	struct world *world = *state;

	report_pair(world, ARRAY_PLUGIN);
	graph_remove(world->site.graph, site_find(&world->site, "Controller array"));
	assert_string_equal(links(world), "");
	assert_non_null(site_find(&world->site, "ScsiDevice sda"));
	graph_remove(world->site.graph, site_find(&world->site, "Server linux"));
	site_write(&world->site);
	assert_int_equal(world->site.database.resource_count, 0);
	assert_int_equal(world->site.database.parent_count, 0);
}

/* ---- against a search of everything ---- */

enum { THINGS = 12, OPERATIONS = 4000, VALUES = 4 };

struct thing {
	bool exists;
	uint32_t number;
	uint32_t class;
	int serial, host, path; /* 0: null */
};

struct player {
	struct world *world;
	struct thing things[PLUGINS][THINGS];
	uint32_t last_number[PLUGINS];
	uint64_t seed;
};

static uint32_t pick(struct player *player, uint32_t end)
{
	player->seed = player->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(player->seed >> 33) % end;
}

static void set_values(struct player *player, struct batch *batch, struct thing *thing)
{
	char serial[] = {(char)(thing->serial + (pick(player, 2) ? 'A' : 'a')), '\0'};
	char path[] = {(char)(thing->path + 'A'), '\0'};

	if (thing->serial != 0)
		batch_set(batch, SERIAL, value_text(serial));
	if (thing->host != 0)
		batch_set(batch, HOST, value_integer(thing->host));
	if (thing->path != 0)
		batch_set(batch, PATH, value_text(path));
}

static void choose_values(struct player *player, struct thing *thing)
{
	thing->serial = (int)pick(player, VALUES);
	thing->host = (int)pick(player, 3);
	thing->path = (int)pick(player, 3);
}

static void appear(struct player *player, struct batch *batch, int plugin, int index)
{
	struct thing *thing = &player->things[plugin][index];
	char name[] = {(char)('a' + index), '\0'};

	if (!thing->exists) {
		thing->class = FIRST + pick(player, 3);
		choose_values(player, thing);
	}
	thing->exists = true;
	thing->number = ++player->last_number[plugin];
	batch_report(batch, thing->number, thing->class, true);
	batch_set(batch, NAME, value_text(name));
	set_values(player, batch, thing);
}

static void alter(struct player *player, struct batch *batch, int plugin, int index)
{
	struct thing *thing = &player->things[plugin][index];

	if (!thing->exists) {
		appear(player, batch, plugin, index);
	} else if (pick(player, 4) == 0) {
		batch_remove(batch, thing->number);
		thing->exists = false;
	} else {
		choose_values(player, thing);
		batch_report(batch, thing->number, thing->class, false);
		for (uint32_t attribute = SERIAL; attribute <= PATH; attribute++)
			batch_set(batch, attribute, VALUE_NULL_INIT);
		set_values(player, batch, thing);
	}
}

static void update(struct player *player)
{
	int plugin = (int)pick(player, PLUGINS);
	struct batch *batch = update_scan(player->world, plugin);
	uint32_t first = pick(player, THINGS);

	for (uint32_t i = pick(player, 4); i > 0; i--)
		alter(player, batch, plugin, (int)((first + i) % THINGS));
	apply(player->world, batch);
}

/* Everything is reported again, in another session. */
static void scan_again(struct player *player, int plugin)
{
	struct batch *batch = initial_scan(player->world, plugin);

	player->last_number[plugin] = 0;
	for (int i = 0; i < THINGS; i++)
		if (player->things[plugin][i].exists)
			appear(player, batch, plugin, i);
	apply(player->world, batch);
}

static void load_again(struct player *player)
{
	int first = (int)pick(player, PLUGINS);

	if (pick(player, 2) == 0)
		restart(player->world);
	else
		graph_retract(player->world->site.graph, plugin_names[first]);
	for (int i = 0; i < PLUGINS; i++) {
		int plugin = i == 0 ? first : PLUGINS - 1 - first;

		declare(player->world, plugin);
		scan_again(player, plugin);
	}
}

/* Whether the parent is one by a relation of the plugins. */
static bool matches(const struct thing *lun, const struct thing *device)
{
	bool is_lun = lun->class == FIRST || lun->class == DERIVED;

	if (!lun->exists || !device->exists || !is_lun)
		return false;
	if (device->class != VIEW)
		return lun->serial != 0 && lun->serial == device->serial;
	return lun->host != 0 && lun->path != 0 && lun->host == device->host &&
	       lun->path == device->path;
}

static const struct graph_resource *find_thing(const struct player *player, int plugin, int index)
{
	char label[32];

	snprintf(label, sizeof(label), "%s %c",
	    class_names[plugin][player->things[plugin][index].class], 'a' + index);
	return site_find(&player->world->site, label);
}

static void check(struct player *player)
{
	size_t expected = 0;

	for (int i = 0; i < THINGS; i++) {
		for (int j = 0; j < THINGS; j++) {
			const struct graph_resource *lun, *device;
			const struct graph_link *link;
			bool found = false;

			if (!matches(
			        &player->things[ARRAY_PLUGIN][i], &player->things[LINUX_PLUGIN][j]))
				continue;
			lun = find_thing(player, ARRAY_PLUGIN, i);
			device = find_thing(player, LINUX_PLUGIN, j);
			TAILQ_FOREACH (link, &device->parents, in_child)
				found = found || link->parent == lun;
			assert_true(found);
			expected++;
		}
	}
	links(player->world);
	assert_int_equal(player->world->site.database.parent_count, expected);
}

static void play(struct world *world, uint64_t seed)
{
	struct player player = {.world = world, .seed = seed};

	print_message("seed %llu\n", (unsigned long long)seed);
	load_both(world);
	for (int i = 0; i < OPERATIONS; i++) {
		if (pick(&player, 50) == 0)
			load_again(&player);
		update(&player);
		if (pick(&player, 3) == 0)
			check(&player);
	}
	check(&player);
}

static void random_changes_leave_the_links_that_a_search_finds(void **state)
{
	play(*state, 1);
}

static void other_random_changes_leave_the_links_that_a_search_finds(void **state)
{
	play(*state, 20261122);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	    TEST(a_match_makes_a_link),
	    TEST(the_order_of_arrival_does_not_matter),
	    TEST(a_plugin_may_be_loaded_after_the_other_reported),
	    TEST(classes_derived_from_either_side_take_part),
	    TEST(each_of_several_matches_is_a_link),
	    TEST(case_is_ignored_only_if_the_relation_says_so),
	    TEST(all_named_values_must_be_equal),
	    TEST(uuids_are_compared_whatever_their_notation),
	    TEST(null_matches_nothing),
	    TEST(a_changed_value_moves_the_link_in_the_same_batch),
	    TEST(a_change_of_something_else_writes_no_link),
	    TEST(links_go_with_one_side_and_return_with_it),
	    TEST(links_survive_initial_scans_that_report_none),
	    TEST(a_link_may_be_reported_and_made_by_relations),
	    TEST(nothing_is_linked_to_itself),
	    TEST(a_relation_that_would_close_a_loop_waits_until_it_does_not),
	    TEST(a_refused_relation_that_ends_does_not_come),
	    TEST(a_restart_writes_nothing_whatever_is_loaded_first),
	    TEST(what_is_stored_is_linked_to_what_is_reported_after_a_restart),
	    TEST(links_of_a_relation_that_an_upgrade_dropped_go),
	    TEST(links_stay_while_a_plugin_is_away),
	    TEST(a_value_that_too_many_share_links_nothing),
	    TEST(removing_a_scannable_removes_its_links),
	    TEST(random_changes_leave_the_links_that_a_search_finds),
	    TEST(other_random_changes_leave_the_links_that_a_search_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
