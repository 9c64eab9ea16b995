/* SPDX-License-Identifier: MIT */
/*
 * What links cost in graphs of 1,000 to 1,000,000 resources: one that is reported and taken back,
 * one that a relation makes and drops as a serial number changes; memory, and a restart. Half of
 * the resources are LUNs of one plugin, below pools of 100; half are devices of another, each below
 * a LUN by a relation. Prints rows of the table that tests/bench/run makes.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "graph/graph.h"

enum { SCANNABLE, THING, CLASS_COUNT };
enum { NAME, SERIAL, CAPACITY, STATUS, MODEL, ATTRIBUTE_COUNT };
enum { ARRAY, LINUX, PLUGIN_COUNT };
enum { CHANGES = 201, WARM_CHANGES = 20001, POOL = 100, SIZES = 4, CACHES = 64 << 20 };

static const char *const plugin_names[PLUGIN_COUNT] = {"array", "linux"};
static const uint32_t sizes[SIZES] = {1000, 10000, 100000, 1000000};

/* In seconds, the first four for one change; memory in bytes per resource. */
struct costs {
	double link, match, warm_link, warm_match, restored;
	size_t memory;
};

struct world {
	struct graph *graph;
	struct class *classes[PLUGIN_COUNT][CLASS_COUNT];
	uint64_t batches[PLUGIN_COUNT];
	uint32_t count; /* things of each plugin */
	uint64_t seed;
};

static void warn(const char *plugin, const char *scannable, const char *line)
{
	fprintf(stderr, "%s %s: %s\n", plugin != NULL ? plugin : "-",
	    scannable != NULL ? scannable : "-", line);
}

static const struct graph_options options = {.warn = warn};

static uint32_t pick(struct world *world, uint32_t end)
{
	world->seed = world->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(world->seed >> 33) % end;
}

/* ---- classes ---- */

static struct class *make_class(const char *plugin, bool scannable)
{
	static const char *const names[] = {"name", "serial", "capacity", "status", "model"};
	struct class *class = xcalloc(1, sizeof(*class));

	class->plugin = xstrdup(plugin);
	class->name = xstrdup(scannable ? "Scannable" : "Thing");
	class->label = xasprintf("%s.%s", plugin, class->name);
	class->scannable = scannable;
	class->scope = scannable ? IDENTIFIER_GLOBAL : IDENTIFIER_SCOPED;
	class->ancestry = xcalloc(1, sizeof(*class->ancestry));
	class->ancestry[0] = xstrdup(class->label);
	class->ancestry_count = 1;
	class->identifier = xcalloc(1, sizeof(*class->identifier));
	class->identifier_count = 1;
	class->attribute_count = scannable ? 1 : ATTRIBUTE_COUNT;
	class->attributes = xcalloc(class->attribute_count, sizeof(*class->attributes));
	for (size_t i = 0; i < class->attribute_count; i++)
		class->attributes[i] =
		    (struct attribute){.type = i == CAPACITY ? ATTRIBUTE_INTEGER : ATTRIBUTE_STRING,
		        .name = xstrdup(names[i]),
		        .label = label_from_name(names[i]),
		        .optional = i > NAME};
	return class;
}

static void make_classes(struct world *world)
{
	struct class *lun;

	for (int i = 0; i < PLUGIN_COUNT; i++)
		for (int j = 0; j < CLASS_COUNT; j++)
			world->classes[i][j] = make_class(plugin_names[i], j == SCANNABLE);
	lun = world->classes[ARRAY][THING];
	lun->relations = xcalloc(1, sizeof(*lun->relations));
	lun->relation_count = 1;
	lun->relations[0] = (struct relation){.type = RELATION_PROVIDE,
	    .target_plugin = xstrdup("linux"),
	    .target_class = xstrdup("Thing"),
	    .attributes = xcalloc(1, sizeof(size_t)),
	    .attribute_count = 1,
	    .ignore_case = true};
	lun->relations[0].attributes[0] = SERIAL;
}

static void declare(struct world *world)
{
	for (int i = 0; i < PLUGIN_COUNT; i++)
		graph_declare(world->graph, plugin_names[i], world->classes[i], CLASS_COUNT);
}

/* ---- batches ---- */

static struct batch *make_batch(struct world *world, int plugin, size_t reports)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));

	batch->session = (uint32_t)plugin + 1;
	batch->number = ++world->batches[plugin];
	batch->kind = batch->number == 1 ? BATCH_INITIAL : BATCH_UPDATE;
	batch->time = wallclock_now();
	batch->reports = xcalloc(reports, sizeof(*batch->reports));
	batch->parents = xcalloc(reports + 1, sizeof(*batch->parents));
	return batch;
}

static void set(struct report *report, uint32_t attribute, struct value value)
{
	report->changes[report->change_count++] = (struct change){attribute, value};
}

static struct value serial_of(uint32_t number)
{
	char serial[40];

	snprintf(serial, sizeof(serial), "60001ff0%024" PRIx32, number);
	return value_text(serial);
}

static void add_thing(struct batch *batch, uint32_t number)
{
	struct report *report = &batch->reports[batch->report_count++];
	char name[32];

	snprintf(name, sizeof(name), "thing-%" PRIu32, number);
	*report = (struct report){.resource = number, .class = THING, .created = true};
	report->changes = xcalloc(ATTRIBUTE_COUNT, sizeof(*report->changes));
	set(report, NAME, value_text(name));
	set(report, SERIAL, serial_of(number));
	set(report, CAPACITY, value_integer(INT64_C(4000787030016)));
	set(report, STATUS, value_text("OK"));
	set(report, MODEL, value_text("MODEL-12345-ABC"));
}

static struct batch *make_scan(struct world *world, int plugin)
{
	struct batch *batch = make_batch(world, plugin, world->count);

	for (uint32_t number = 1; number <= world->count; number++) {
		uint32_t first = number - (number - 1) % POOL;

		add_thing(batch, number);
		if (plugin == ARRAY && number != first)
			batch->parents[batch->parent_count++] =
			    (struct parent_change){number, first, true};
	}
	return batch;
}

static void apply(struct world *world, struct batch *batch)
{
	char reason[REASON_SIZE];

	if (graph_apply(world->graph, batch, reason) != 0) {
		fprintf(stderr, "%s\n", reason);
		exit(1);
	}
	batch_free(batch);
}

static void open_session(struct world *world, int plugin)
{
	struct value name = value_text(plugin_names[plugin]);
	char reason[REASON_SIZE];
	struct graph *graph = world->graph;

	graph_open(graph, (uint32_t)plugin + 1,
	    graph_configure(graph, graph_find_class(graph, plugin_names[plugin], "Scannable"),
	        &name, NULL, reason));
	world->batches[plugin] = 0;
	value_clear(&name);
}

static void scan(struct world *world)
{
	for (int i = 0; i < PLUGIN_COUNT; i++) {
		open_session(world, i);
		apply(world, make_scan(world, i));
	}
}

/* ---- measuring ---- */

static void take(struct world *world, size_t expected)
{
	struct changes *changes = graph_take_changes(world->graph);

	if (changes->parents_added_count + changes->parents_removed_count != expected) {
		fprintf(stderr, "a change had not the links that it was to have\n");
		exit(1);
	}
	changes_free(changes);
}

/* A device anywhere gets its neighbour for a parent, and loses it again. */
static void change_link(struct world *world)
{
	uint32_t child = 1 + pick(world, world->count - 1);

	for (int added = 1; added >= 0; added--) {
		struct batch *batch = make_batch(world, LINUX, 0);

		batch->parents[batch->parent_count++] =
		    (struct parent_change){child, child + 1, added};
		apply(world, batch);
		take(world, 1);
	}
}

/* A device anywhere gets a serial number that no LUN has, and its own again. */
static void change_match(struct world *world)
{
	uint32_t number = 1 + pick(world, world->count);

	for (int matches = 0; matches <= 1; matches++) {
		struct batch *batch = make_batch(world, LINUX, 1);
		struct report *report = &batch->reports[batch->report_count++];

		*report = (struct report){.resource = number, .class = THING};
		report->changes = xcalloc(1, sizeof(*report->changes));
		set(report, SERIAL, serial_of(matches ? number : number + world->count));
		apply(world, batch);
		take(world, 1);
	}
}

static int compare_numbers(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return left < right ? -1 : left > right;
}

/* Scans are seconds apart: none finds anything of the graph in the processor's caches. */
static void empty_caches(void)
{
	static unsigned char other[CACHES];

	for (size_t i = 0; i < CACHES; i += 64)
		other[i]++;
}

/*
 * The seconds of one change: the median of pairs of them. They come after each other as in one
 * large scan (warm), or as in scans that are seconds apart.
 */
static double time_changes(struct world *world, void (*change)(struct world *world), bool warm)
{
	static double seconds[WARM_CHANGES];
	int count = warm ? WARM_CHANGES : CHANGES;

	for (int i = 0; i < count; i++) {
		struct monotonic begin;

		if (!warm)
			empty_caches();
		begin = monotonic_now();
		change(world);
		seconds[i] = (double)monotonic_since(monotonic_now(), begin) / NS_PER_S / 2;
	}
	qsort(seconds, (size_t)count, sizeof(*seconds), compare_numbers);
	return seconds[count / 2];
}

static size_t memory_used(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* The graph as it is after a restart with what the changes wrote. */
static void restore(struct world *world, const struct changes *changes)
{
	world->graph = graph_new(&options);
	graph_restore_counters(world->graph, &changes->counters);
	for (size_t i = 0; i < changes->class_count; i++)
		graph_restore_class(world->graph, &changes->classes[i]);
	for (size_t i = 0; i < changes->resource_count; i++)
		graph_restore_resource(world->graph, &changes->resources[i]);
	for (size_t i = 0; i < changes->parents_added_count; i++)
		graph_restore_parent(world->graph, &changes->parents_added[i]);
	graph_restored(world->graph);
	declare(world);
}

static struct costs measure(uint32_t size)
{
	struct world world = {.count = size / PLUGIN_COUNT, .seed = 1};
	struct monotonic begin;
	struct changes *changes;
	struct costs costs;
	size_t before;

	make_classes(&world);
	world.graph = graph_new(&options);
	graph_restored(world.graph);
	declare(&world);
	scan(&world);
	changes = graph_take_changes(world.graph);
	graph_free(world.graph);

	malloc_trim(0);
	before = memory_used();
	begin = monotonic_now();
	restore(&world, changes);
	costs.restored = (double)monotonic_since(monotonic_now(), begin) / NS_PER_S;
	costs.memory = (memory_used() - before) / size;
	changes_free(changes);
	scan(&world);
	if (graph_has_changes(world.graph))
		take(&world, 0);
	costs.warm_link = time_changes(&world, change_link, true);
	costs.warm_match = time_changes(&world, change_match, true);
	costs.link = time_changes(&world, change_link, false);
	costs.match = time_changes(&world, change_match, false);
	graph_free(world.graph);
	for (int i = 0; i < PLUGIN_COUNT; i++)
		for (int j = 0; j < CLASS_COUNT; j++)
			class_free(world.classes[i][j]);
	return costs;
}

static void print_growth(const char *what, double costs, double least, uint32_t size)
{
	printf("graph: %s among %" PRIu32 "\t%.2f µs\tamong %" PRIu32 ", %.2f µs\t%.2f\n", what,
	    size, costs * 1e6, sizes[0], least * 1e6, costs / least);
}

int main(void)
{
	struct costs costs[SIZES];

	for (int i = 0; i < SIZES; i++)
		costs[i] = measure(sizes[i]);
	for (int i = 1; i < SIZES; i++)
		print_growth("one link", costs[i].link, costs[0].link, sizes[i]);
	for (int i = 1; i < SIZES; i++)
		print_growth("one match", costs[i].match, costs[0].match, sizes[i]);
	for (int i = 1; i < SIZES; i++)
		print_growth("one link of many", costs[i].warm_link, costs[0].warm_link, sizes[i]);
	for (int i = 1; i < SIZES; i++)
		print_growth(
		    "one match of many", costs[i].warm_match, costs[0].warm_match, sizes[i]);
	printf("graph: memory for each of 1,000,000 with relations\t%zu B\tgoal, 1 KiB\t%.2f\n",
	    costs[SIZES - 1].memory, (double)costs[SIZES - 1].memory / 1024);
	printf("graph: 1,000,000 with relations restored\t%.4f s\tgoal of a start, 10 s\t%.2f\n",
	    costs[SIZES - 1].restored, costs[SIZES - 1].restored / 10);
	return 0;
}
