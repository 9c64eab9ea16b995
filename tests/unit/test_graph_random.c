/* SPDX-License-Identifier: MIT */
/*
 * Random scans of two scannables, against a model too simple to be wrong: resources with their
 * reporters, and links with theirs. What is in the graph, and in the database it writes, has to be
 * what the model says, also after restarts.
 */
#include "graph_site.h"

enum { SCANNABLES = 2, NAMES = 12, OPERATIONS = 2500, NOTHING = -1 };

/* Things that exist: index 0 to NAMES-1 are pools, the others shared disks. */
enum { THINGS = 2 * NAMES };

struct model_thing {
	bool reported[SCANNABLES]; /* a pool of each scannable is a thing of its own */
	record_id id[SCANNABLES];  /* of a disk the same in all */
	int colour[SCANNABLES];    /* value of an attribute; of a disk the latest */
	bool alert[SCANNABLES];
};

struct model {
	struct model_thing things[THINGS];
	bool links[SCANNABLES][THINGS][THINGS]; /* child, parent; parent has the higher index */
};

struct player {
	struct site *site;
	struct model model;
	uint32_t session[SCANNABLES]; /* 0: none */
	uint64_t batch[SCANNABLES];
	uint32_t last_number[SCANNABLES];
	uint32_t numbers[SCANNABLES][THINGS]; /* in the session; 0: none */
	uint32_t seed;
};

static uint32_t pick(struct player *player, uint32_t end)
{
	player->seed = player->seed * 1664525 + 1013904223;
	return (player->seed >> 8) % end;
}

static bool is_disk(int thing)
{
	return thing >= NAMES;
}

static const char *address(int scannable)
{
	return scannable == 0 ? "a" : "b";
}

static void report(struct player *player, struct batch *batch, int scannable, int thing)
{
	uint32_t number = ++player->last_number[scannable];
	int colour = (int)pick(player, 3);
	char name[] = {(char)('A' + thing), '\0'};

	player->numbers[scannable][thing] = number;
	if (is_disk(thing)) {
		batch_disk(batch, number, name);
		batch_set(batch, DISK_SIZE, value_integer(colour));
		for (int i = 0; i < SCANNABLES; i++)
			player->model.things[thing].colour[i] = colour;
	} else {
		batch_pool(batch, number, name);
	}
	player->model.things[thing].reported[scannable] = true;
}

static void unlink_thing(struct model *model, int scannable, int thing)
{
	for (int other = 0; other < THINGS; other++)
		model->links[scannable][thing][other] = model->links[scannable][other][thing] =
		    false;
}

static bool exists(const struct model *model, int scannable, int thing)
{
	bool reported = model->things[thing].reported[scannable];

	for (int i = 0; is_disk(thing) && i < SCANNABLES; i++)
		reported = reported || model->things[thing].reported[i];
	return reported;
}

/* The model's side of a scannable that no longer reports a thing. */
static void forget(struct model *model, int scannable, int thing)
{
	model->things[thing].reported[scannable] = false;
	unlink_thing(model, scannable, thing);
	if (exists(model, scannable, thing))
		return;
	for (int i = 0; i < SCANNABLES; i++)
		if (is_disk(thing) || i == scannable)
			model->things[thing].id[i] = 0;
}

/* Adds and removes links, each once in a batch. */
static void link_some(struct player *player, struct batch *batch, int scannable)
{
	bool used[THINGS][THINGS] = {{false}};

	for (uint32_t i = pick(player, 8); i > 0; i--) {
		int child = (int)pick(player, THINGS - 1);
		int parent = child + 1 + (int)pick(player, (uint32_t)(THINGS - 1 - child));
		bool *link = &player->model.links[scannable][child][parent];
		uint32_t child_number = player->numbers[scannable][child];
		uint32_t parent_number = player->numbers[scannable][parent];

		if (child_number == 0 || parent_number == 0 || used[child][parent])
			continue;
		used[child][parent] = true;
		*link = batch->kind == BATCH_INITIAL || !*link;
		batch_parent(batch, child_number, parent_number, *link);
	}
}

/* A new session; some of what there was is reported, in any order, the rest is gone. */
static void initial_scan(struct player *player, int scannable)
{
	uint32_t first = pick(player, THINGS);
	bool refused = pick(player, 5) == 0;
	struct batch *batch;

	if (player->session[scannable] != 0)
		graph_close(player->site->graph, player->session[scannable]);
	player->session[scannable] = site_session(player->site, address(scannable));
	player->last_number[scannable] = 0;
	memset(player->numbers[scannable], 0, sizeof(player->numbers[scannable]));
	player->batch[scannable] = 1;
	batch = batch_new(player->session[scannable], 1);
	batch->refused = refused;
	if (!refused)
		memset(player->model.links[scannable], 0, sizeof(player->model.links[scannable]));
	for (uint32_t i = 0; i < THINGS; i++) {
		int thing = (int)((first + 7 * i) % THINGS);

		if (pick(player, 3) > 0)
			report(player, batch, scannable, thing);
	}
	for (int thing = 0; thing < THINGS && !refused; thing++)
		if (player->numbers[scannable][thing] == 0)
			forget(&player->model, scannable, thing);
	link_some(player, batch, scannable);
	site_apply(player->site, batch);
}

static void change_some(struct player *player, struct batch *batch, int scannable)
{
	for (uint32_t i = pick(player, 4); i > 0; i--) {
		int thing = NAMES + (int)pick(player, NAMES);
		int64_t colour = pick(player, 3);
		uint32_t number = player->numbers[scannable][thing];

		if (number == 0)
			continue;
		batch_report(batch, number, DISK, false);
		batch_set(batch, DISK_SIZE, value_integer(colour));
		for (int other = 0; other < SCANNABLES; other++)
			player->model.things[thing].colour[other] = (int)colour;
	}
}

static void report_some(struct player *player, struct batch *batch, int scannable)
{
	for (uint32_t i = pick(player, 4); i > 0; i--) {
		int thing = (int)pick(player, THINGS);

		if (player->numbers[scannable][thing] == 0)
			report(player, batch, scannable, thing);
	}
}

static bool is_created_in(const struct batch *batch, uint32_t number)
{
	for (size_t i = 0; i < batch->report_count; i++)
		if (batch->reports[i].resource == number && batch->reports[i].created)
			return true;
	return false;
}

static void remove_some(struct player *player, struct batch *batch, int scannable)
{
	for (uint32_t i = pick(player, 4); i > 0; i--) {
		int thing = (int)pick(player, THINGS);
		uint32_t number = player->numbers[scannable][thing];

		if (number == 0 || is_created_in(batch, number))
			continue;
		batch_remove(batch, number);
		player->numbers[scannable][thing] = 0;
		forget(&player->model, scannable, thing);
	}
}

static void update_scan(struct player *player, int scannable)
{
	struct batch *batch;

	if (player->session[scannable] == 0)
		return;
	batch = batch_new(player->session[scannable], ++player->batch[scannable]);
	change_some(player, batch, scannable);
	link_some(player, batch, scannable);
	report_some(player, batch, scannable);
	if (pick(player, 3) == 0)
		remove_some(player, batch, scannable);
	site_apply(player->site, batch);
}

static void restart(struct player *player)
{
	site_write(player->site);
	site_restart(player->site);
	assert_int_equal(site_write(player->site), 0);
	memset(player->session, 0, sizeof(player->session));
	memset(player->numbers, 0, sizeof(player->numbers));
}

/* ---- comparing ---- */

static struct graph_resource *find_thing(const struct player *player, int scannable, int thing)
{
	const struct graph_class *class =
	    graph_find_class(player->site->graph, "acme", is_disk(thing) ? "SharedDisk" : "Pool");
	struct graph_resource *resource;
	const char identifier[] = {'[', '"', (char)('A' + thing), '"', ']', '\0'};

	TAILQ_FOREACH (resource, &class->resources, in_class) {
		bool own =
		    resource->scope == NULL ||
		    strcmp(resource->scope->values[COUPLET_ADDRESS].text, address(scannable)) == 0;

		if (own && strcmp(graph_identifier(resource), identifier) == 0)
			return resource;
	}
	return NULL;
}

static void compare_thing(struct player *player, int scannable, int thing)
{
	struct model_thing *expected = &player->model.things[thing];
	const struct graph_resource *resource = find_thing(player, scannable, thing);

	assert_int_equal(resource != NULL, exists(&player->model, scannable, thing));
	if (resource == NULL)
		return;
	if (expected->id[scannable] == 0)
		expected->id[scannable] = resource->id;
	assert_int_equal(resource->id, expected->id[scannable]);
	if (!is_disk(thing))
		return;
	assert_int_equal(resource->values[DISK_SIZE].integer, expected->colour[scannable]);
	assert_int_equal(resource->reporters.count, expected->reported[0] + expected->reported[1]);
}

/* Links between pools of one scannable or disks: counted by (child, parent, reporter). */
static size_t compare_links(struct player *player, int scannable)
{
	size_t count = 0;

	for (int child = 0; child < THINGS; child++) {
		for (int parent = child + 1; parent < THINGS; parent++) {
			const struct graph_resource *c = find_thing(player, scannable, child);
			const struct graph_resource *p = find_thing(player, scannable, parent);
			const struct graph_link *link = NULL;
			bool reported = false;

			if (c == NULL || p == NULL) {
				assert_false(player->model.links[scannable][child][parent]);
				continue;
			}
			TAILQ_FOREACH (link, &c->parents, in_child)
				if (link->parent == p)
					break;
			for (uint32_t i = 0; link != NULL && i < link->reporters.count; i++)
				reported =
				    reported || graph_find(player->site->graph,
				                    graph_reporters(&link->reporters)[i]) ==
				                    site_couplet(player->site, address(scannable));
			assert_int_equal(reported, player->model.links[scannable][child][parent]);
			count += reported;
		}
	}
	return count;
}

static size_t expected_resources(const struct player *player)
{
	size_t count = SCANNABLES;

	for (int thing = 0; thing < THINGS; thing++)
		for (int scannable = 0; scannable < SCANNABLES; scannable++)
			if (!is_disk(thing) || scannable == 0)
				count += exists(&player->model, scannable, thing);
	return count;
}

static void compare(struct player *player)
{
	size_t links = 0;

	for (int scannable = 0; scannable < SCANNABLES; scannable++) {
		for (int thing = 0; thing < THINGS; thing++)
			compare_thing(player, scannable, thing);
		links += compare_links(player, scannable);
	}
	assert_int_equal(graph_resource_count(player->site->graph), expected_resources(player));
	site_write(player->site);
	assert_int_equal(player->site->database.resource_count, expected_resources(player));
	assert_int_equal(player->site->database.parent_count, links);
}

static void play(struct site *site, uint32_t seed)
{
	struct player player = {.site = site, .seed = seed};

	print_message("seed %u\n", seed);
	for (int i = 0; i < SCANNABLES; i++)
		site_couplet(site, address(i));
	for (int i = 0; i < OPERATIONS; i++) {
		int scannable = (int)pick(&player, SCANNABLES);
		uint32_t choice = pick(&player, 20);

		if (choice == 0)
			restart(&player);
		else if (choice < 4)
			initial_scan(&player, scannable);
		else
			update_scan(&player, scannable);
		if (pick(&player, 4) == 0)
			compare(&player);
	}
	compare(&player);
}

static void random_scans_match_the_model(void **state)
{
	struct site *site = *state;

	play(site, 1);
}

static void other_random_scans_match_the_model(void **state)
{
	struct site *site = *state;

	play(site, 20261122);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
	    TEST(random_scans_match_the_model),
	    TEST(other_random_scans_match_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
