/* SPDX-License-Identifier: MIT */
/*
 * What the graph costs: memory per resource, the first scan, the same scan after a restart, an
 * update of 100 resources, for a million resources of one scannable, against a tenth of that.
 * Prints rows of the table that tests/bench/run makes.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "graph/graph.h"

enum { COUPLET, DRIVE, CLASS_COUNT };
enum { SERIAL, CAPACITY, STATUS, SLOT, MODEL, FIRMWARE, ATTRIBUTE_COUNT };
enum { CHANGED = 100, MANY = 1000000, FEW = MANY / 10 };

/* Of one number of resources; in seconds, and bytes per resource. */
struct costs {
	double first, restored, again, update;
	size_t memory;
};

static void warn(const char *plugin, const char *scannable, const char *line)
{
	fprintf(stderr, "%s %s: %s\n", plugin != NULL ? plugin : "-",
	    scannable != NULL ? scannable : "-", line);
}

static struct class *make_class(const char *name, bool scannable, size_t attribute_count)
{
	static const char *const names[] = {
	    "serial_number", "capacity", "status", "slot", "model", "firmware"};
	struct class *class = xcalloc(1, sizeof(*class));

	class->plugin = xstrdup("bench");
	class->name = xstrdup(name);
	class->label = xasprintf("bench.%s", name);
	class->scannable = scannable;
	class->scope = scannable ? IDENTIFIER_GLOBAL : IDENTIFIER_SCOPED;
	class->identifier = xcalloc(1, sizeof(*class->identifier));
	class->identifier_count = 1;
	class->attributes = xcalloc(attribute_count, sizeof(*class->attributes));
	class->attribute_count = attribute_count;
	for (size_t i = 0; i < attribute_count; i++) {
		bool number = i == CAPACITY || i == SLOT;

		class->attributes[i].type = number ? ATTRIBUTE_INTEGER : ATTRIBUTE_STRING;
		class->attributes[i].name = xstrdup(names[i]);
		class->attributes[i].label = label_from_name(names[i]);
	}
	return class;
}

static void set(struct report *report, uint32_t attribute, struct value value)
{
	report->changes[report->change_count++] = (struct change){attribute, value};
}

/* The scan of a shelf and all its drives. */
static struct batch *make_scan(uint32_t session, uint32_t count)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));

	batch->session = session;
	batch->number = 1;
	batch->kind = BATCH_INITIAL;
	batch->time = wallclock_now();
	batch->reports = xcalloc(count, sizeof(*batch->reports));
	batch->parents = xcalloc(count, sizeof(*batch->parents));
	for (uint32_t i = 1; i <= count; i++) {
		struct report *report = &batch->reports[batch->report_count++];
		char serial[32];

		snprintf(serial, sizeof(serial), "SN-%010" PRIu32, i);
		*report = (struct report){.resource = i, .class = DRIVE, .created = true};
		report->changes = xcalloc(ATTRIBUTE_COUNT, sizeof(*report->changes));
		set(report, SERIAL, value_text(serial));
		set(report, CAPACITY, value_integer(INT64_C(4000787030016)));
		set(report, STATUS, value_text("OK"));
		set(report, SLOT, value_integer(i % 84));
		set(report, MODEL, value_text("MODEL-12345-ABC"));
		set(report, FIRMWARE, value_text("1.2.3"));
		if (i > 1)
			batch->parents[batch->parent_count++] =
			    (struct parent_change){i, 1 + (i - 2) / 84, true};
	}
	return batch;
}

static struct batch *make_update(uint32_t session, uint32_t count)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));

	batch->session = session;
	batch->number = 2;
	batch->kind = BATCH_UPDATE;
	batch->time = wallclock_now();
	batch->reports = xcalloc(CHANGED, sizeof(*batch->reports));
	for (uint32_t i = 0; i < CHANGED; i++) {
		struct report *report = &batch->reports[batch->report_count++];

		*report = (struct report){.resource = 1 + i * (count / CHANGED), .class = DRIVE};
		report->changes = xcalloc(1, sizeof(*report->changes));
		set(report, STATUS, value_text("FAILED"));
	}
	return batch;
}

/* Seconds that applying the batch takes. */
static double apply(struct graph *graph, struct batch *batch)
{
	struct monotonic begin = monotonic_now();
	char reason[REASON_SIZE];

	if (graph_apply(graph, batch, reason) != 0) {
		fprintf(stderr, "%s\n", reason);
		exit(1);
	}
	batch_free(batch);
	return (double)monotonic_since(monotonic_now(), begin) / NS_PER_S;
}

static size_t memory_used(void)
{
	struct mallinfo2 info = mallinfo2();

	malloc_trim(0);
	return info.uordblks + info.hblkhd;
}

static struct graph_resource *configure(struct graph *graph)
{
	struct value address = value_text("a");
	char reason[REASON_SIZE];
	struct graph_resource *couplet = graph_configure(
	    graph, graph_find_class(graph, "bench", "Couplet"), &address, NULL, reason);

	value_clear(&address);
	return couplet;
}

/* A graph as it is after a restart with what the changes wrote. */
static struct graph *restore(
    const struct graph_options *options, const struct changes *changes, double *seconds)
{
	struct monotonic begin = monotonic_now();
	struct graph *graph = graph_new(options);

	graph_restore_counters(graph, &changes->counters);
	for (size_t i = 0; i < changes->class_count; i++)
		graph_restore_class(graph, &changes->classes[i]);
	for (size_t i = 0; i < changes->resource_count; i++)
		graph_restore_resource(graph, &changes->resources[i]);
	for (size_t i = 0; i < changes->parents_added_count; i++)
		graph_restore_parent(graph, &changes->parents_added[i]);
	graph_restored(graph);
	*seconds = (double)monotonic_since(monotonic_now(), begin) / NS_PER_S;
	return graph;
}

/* The costs after a restart, with the rows that the first scan made. */
static void measure_restarted(struct costs *costs, uint32_t count, struct class **classes,
    const struct graph_options *options, const struct changes *rows)
{
	size_t before = memory_used();
	struct graph *graph = restore(options, rows, &costs->restored);
	struct changes *none;

	graph_declare(graph, "bench", classes, CLASS_COUNT);
	graph_open(graph, 1, configure(graph));
	costs->again = apply(graph, make_scan(1, count));
	none = graph_take_changes(graph);
	if (none == NULL || !changes_are_empty(none)) {
		fprintf(stderr, "an unchanged scan wrote something\n");
		exit(1);
	}
	changes_free(none);
	costs->memory = (memory_used() - before) / count;
	costs->update = apply(graph, make_update(1, count));
	graph_free(graph);
}

static struct costs measure(uint32_t count)
{
	static const struct graph_options options = {.warn = warn};
	struct class *classes[] = {
	    make_class("Couplet", true, 1), make_class("Drive", false, ATTRIBUTE_COUNT)};
	struct graph *graph = graph_new(&options);
	struct changes *changes;
	struct costs costs;

	graph_restored(graph);
	graph_declare(graph, "bench", classes, CLASS_COUNT);
	graph_open(graph, 1, configure(graph));
	costs.first = apply(graph, make_scan(1, count));
	changes = graph_take_changes(graph);
	graph_free(graph);
	measure_restarted(&costs, count, classes, &options, changes);
	changes_free(changes);
	for (size_t i = 0; i < CLASS_COUNT; i++)
		class_free(classes[i]);
	return costs;
}

/* A row of what is to grow with the number of resources, or not at all. */
static void print_growth(const char *what, double many, double few, double growth)
{
	printf("%s\t%.4f s\t%g x with 100,000, %.4f s\t%.2f\n", what, many, growth, few * growth,
	    many / (few * growth));
}

int main(void)
{
	struct costs few = measure(FEW);
	struct costs many = measure(MANY);

	printf("graph: memory for each of 1,000,000 resources\t%zu B\tgoal, 1 KiB\t%.2f\n",
	    many.memory, (double)many.memory / 1024);
	print_growth("graph: first scan of 1,000,000", many.first, few.first, 10);
	printf("graph: the same scan after a restart\t%.4f s\tfirst scan, %.4f s\t%.2f\n",
	    many.again, many.first, many.again / many.first);
	printf("graph: 1,000,000 restored\t%.4f s\tgoal of a start, 10 s\t%.2f\n", many.restored,
	    many.restored / 10);
	print_growth("graph: update of 100 among 1,000,000", many.update, few.update, 1);
	return 0;
}
