/* SPDX-License-Identifier: MIT */
/*
 * What alerts cost in graphs of 1,000 to 1,000,000 resources: one raised and cleared on a drive
 * that 10,000 others depend on (999 where there are not so many), with alerts on 100 of these, so
 * that causes are found for all of them; one on a drive that ten others depend on; a link that
 * brings the consequences of an alert along. The rest of the graph is there to be left alone.
 * Prints rows of the table that tests/bench/run makes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "graph/graph.h"

enum { COUPLET, THING, CLASS_COUNT };
enum { CHANGES = 101, SIZES = 4, DESCENDANTS = 10000, BELOW_SMALL = 10, STRIDE = 100 };
enum { LUN = 2 + STRIDE, CACHES = 64 << 20 };

static const uint32_t sizes[SIZES] = {1000, 10000, 100000, 1000000};

/* In seconds, for one transition or link. */
struct costs {
	double large, small, link;
	uint32_t descendants;
};

struct world {
	struct graph *graph;
	struct class *classes[CLASS_COUNT];
	uint64_t batches;
	uint32_t count;
	uint32_t descendants; /* of thing 1: things 2 to descendants + 1 */
};

static void warn(const char *plugin, const char *scannable, const char *line)
{
	fprintf(stderr, "%s %s: %s\n", plugin != NULL ? plugin : "-",
	    scannable != NULL ? scannable : "-", line);
}

static const struct graph_options options = {.warn = warn};

/* ---- classes ---- */

static struct class *make_class(const char *name, bool scannable)
{
	struct class *class = xcalloc(1, sizeof(*class));

	class->plugin = xstrdup("array");
	class->name = xstrdup(name);
	class->label = xasprintf("array.%s", name);
	class->scannable = scannable;
	class->scope = scannable ? IDENTIFIER_GLOBAL : IDENTIFIER_SCOPED;
	class->ancestry = xcalloc(1, sizeof(*class->ancestry));
	class->ancestry[0] = xstrdup(class->label);
	class->ancestry_count = 1;
	class->identifier = xcalloc(1, sizeof(*class->identifier));
	class->identifier_count = 1;
	class->attributes = xcalloc(1, sizeof(*class->attributes));
	class->attribute_count = 1;
	class->attributes[0] = (struct attribute){
	    .type = ATTRIBUTE_INTEGER, .name = xstrdup("number"), .label = xstrdup("Number")};
	return class;
}

static void add_condition(struct class *class)
{
	class->conditions = xcalloc(1, sizeof(*class->conditions));
	class->condition_count = 1;
	class->conditions[0] = (struct alert_condition){.type = CONDITION_UPPER_BOUND,
	    .message = xstrdup("Too high"),
	    .raise_after = 1,
	    .clear_after = 1};
}

/* ---- batches ---- */

static struct batch *make_batch(struct world *world)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));

	batch->session = 1;
	batch->number = ++world->batches;
	batch->kind = batch->number == 1 ? BATCH_INITIAL : BATCH_UPDATE;
	batch->time = wallclock_now();
	return batch;
}

static void add_thing(struct batch *batch, uint32_t number)
{
	struct report *report = &batch->reports[batch->report_count++];

	*report = (struct report){.resource = number, .class = THING, .created = true};
	report->changes = xcalloc(1, sizeof(*report->changes));
	report->changes[report->change_count++] = (struct change){0, value_integer(number)};
}

static void add_link(struct batch *batch, uint32_t child, uint32_t parent)
{
	batch->parents[batch->parent_count++] = (struct parent_change){child, parent, true};
}

/*
 * Below thing 1 a hundred pools, below each of them its share of LUNs; what is not a descendant of
 * thing 1 hangs in groups of BELOW_SMALL below the last of each.
 */
static struct batch *make_scan(struct world *world)
{
	struct batch *batch = make_batch(world);

	batch->reports = xcalloc(world->count, sizeof(*batch->reports));
	batch->parents = xcalloc(world->count, sizeof(*batch->parents));
	for (uint32_t number = 1; number <= world->count; number++) {
		uint32_t last = world->descendants + 1;
		uint32_t pool = 2 + (number - 2) % STRIDE;

		add_thing(batch, number);
		if (number > 1 && number <= last)
			add_link(batch, number, number < 2 + STRIDE ? 1 : pool);
		else if (number > last + 1 && (number - last) % (BELOW_SMALL + 1) != 1)
			add_link(
			    batch, number, number - 1 - (number - last - 2) % (BELOW_SMALL + 1));
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

static void add_alert(struct batch *batch, uint32_t number, bool raised)
{
	batch->alerts =
	    xreallocarray(batch->alerts, batch->alert_count + 1, sizeof(*batch->alerts));
	batch->alerts[batch->alert_count++] =
	    (struct alert_change){number, 0, 0, raised, raised ? xstrdup("Too high") : NULL};
}

/* ---- measuring ---- */

static void take(struct world *world, size_t alerts)
{
	struct changes *changes = graph_take_changes(world->graph);

	if (changes->alert_count != alerts) {
		fprintf(stderr, "%zu alerts changed, not %zu\n", changes->alert_count, alerts);
		exit(1);
	}
	changes_free(changes);
}

/* Raises an alert and clears it again; so many others change with it. */
static void change_alert(struct world *world, uint32_t number, size_t others)
{
	for (int raised = 1; raised >= 0; raised--) {
		struct batch *batch = make_batch(world);

		add_alert(batch, number, raised);
		apply(world, batch);
		take(world, 1 + others);
	}
}

static void change_large(struct world *world)
{
	change_alert(world, 1, STRIDE);
}

/* A LUN: nothing depends on it. */
static void change_small(struct world *world)
{
	change_alert(world, LUN, 0);
}

/* A LUN with an alert gets a parent with another, and loses it again. */
static void change_link(struct world *world)
{
	for (int added = 1; added >= 0; added--) {
		struct batch *batch = make_batch(world);

		batch->parents = xcalloc(1, sizeof(*batch->parents));
		batch->parents[batch->parent_count++] =
		    (struct parent_change){LUN, world->count, added};
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

/* The seconds of one change: the median of pairs of them. */
static double time_changes(struct world *world, void (*change)(struct world *world))
{
	static double seconds[CHANGES];

	for (int i = 0; i < CHANGES; i++) {
		struct monotonic begin;

		empty_caches();
		begin = monotonic_now();
		change(world);
		seconds[i] = (double)monotonic_since(monotonic_now(), begin) / NS_PER_S / 2;
	}
	qsort(seconds, CHANGES, sizeof(*seconds), compare_numbers);
	return seconds[CHANGES / 2];
}

static void open_session(struct world *world)
{
	struct value number = value_integer(1);
	char reason[REASON_SIZE];
	struct graph *graph = world->graph;

	graph_open(graph, 1,
	    graph_configure(
	        graph, graph_find_class(graph, "array", "Couplet"), &number, NULL, reason));
}

/* Alerts on the pools, which are consequences of whatever is wrong with thing 1. */
static void raise_consequences(struct world *world)
{
	struct batch *batch = make_batch(world);

	for (uint32_t number = 2; number < 2 + STRIDE; number++) {
		add_alert(batch, number, true);
		batch->alerts[batch->alert_count - 1].threshold = 1;
	}
	apply(world, batch);
	take(world, STRIDE);
}

static struct costs measure(uint32_t size)
{
	struct world world = {.count = size - 1};
	struct costs costs;
	struct batch *batch;

	world.descendants = size > DESCENDANTS + 2 ? DESCENDANTS : size / 10 * 9;
	costs.descendants = world.descendants;
	world.classes[COUPLET] = make_class("Couplet", true);
	world.classes[THING] = make_class("Thing", false);
	add_condition(world.classes[THING]);
	world.graph = graph_new(&options);
	graph_restored(world.graph);
	graph_declare(world.graph, "array", world.classes, CLASS_COUNT);
	open_session(&world);
	apply(&world, make_scan(&world));
	take(&world, 0);
	raise_consequences(&world);
	costs.large = time_changes(&world, change_large);
	costs.small = time_changes(&world, change_small);
	batch = make_batch(&world);
	add_alert(batch, LUN, true);
	add_alert(batch, world.count, true);
	apply(&world, batch);
	take(&world, 2);
	costs.link = time_changes(&world, change_link);
	graph_free(world.graph);
	for (int i = 0; i < CLASS_COUNT; i++)
		class_free(world.classes[i]);
	return costs;
}

static void print_growth(const char *what, int i, double cost, double least)
{
	printf("graph: %s among %" PRIu32 "\t%.2f µs\tamong %" PRIu32 ", %.2f µs\t%.2f\n", what,
	    sizes[i], cost * 1e6, sizes[0], least * 1e6, cost / least);
}

int main(void)
{
	struct costs costs[SIZES];

	for (int i = 0; i < SIZES; i++)
		costs[i] = measure(sizes[i]);
	/* The small graph has not as many: what is compared is the cost of each. */
	for (int i = 1; i < SIZES; i++)
		print_growth("one alert, for each descendant", i,
		    costs[i].large / costs[i].descendants, costs[0].large / costs[0].descendants);
	for (int i = 1; i < SIZES; i++)
		print_growth(
		    "one alert on what nothing depends on", i, costs[i].small, costs[0].small);
	for (int i = 1; i < SIZES; i++)
		print_growth("one link to a cause", i, costs[i].link, costs[0].link);
	return 0;
}
