/* SPDX-License-Identifier: MIT */
/* Times without samples, and why: those that last, by their scannable. */
#include "graph/graph_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* A gap that lasts. */
struct graph_gap {
	struct gap_row row;
	size_t place; /* of its row in the next changes, if it is there */
	UT_hash_handle by_scannable;
};

static struct graph_gap *find_gap(const struct graph *graph, const struct graph_resource *scannable)
{
	record_id id = scannable != NULL ? scannable->id : 0;
	struct graph_gap *gap;

	HASH_FIND(by_scannable, graph->gaps, &id, sizeof(id), gap);
	return gap;
}

static struct graph_gap *add_gap(struct graph *graph, const struct gap_row *row)
{
	struct graph_gap *gap = xcalloc(1, sizeof(*gap));

	gap->row = *row;
	gap->place = SIZE_MAX;
	HASH_ADD(by_scannable, graph->gaps, row.scannable_id, sizeof(gap->row.scannable_id), gap);
	return gap;
}

static void free_gap(struct graph *graph, struct graph_gap *gap)
{
	HASH_DELETE(by_scannable, graph->gaps, gap);
	free(gap);
}

/* Ends a gap, not before it began. */
static void end_gap(struct graph *graph, struct graph_gap *gap, struct wallclock end)
{
	gap->row.open = false;
	gap->row.end = end.us > gap->row.begin.us ? end : gap->row.begin;
	changes_add_gap(graph, &gap->row, &gap->place);
	free_gap(graph, gap);
}

void graph_begin_gap(struct graph *graph, const struct graph_resource *scannable,
    enum gap_reason reason, struct wallclock begin)
{
	struct graph_gap *gap = find_gap(graph, scannable);
	struct wallclock now = wallclock_now();
	struct gap_row row = {.scannable_id = scannable != NULL ? scannable->id : 0,
	    .begin = begin,
	    .open = true,
	    .reason = reason};

	if (gap != NULL && gap->row.reason == reason)
		return;
	if (gap != NULL) {
		row.begin = now;
		end_gap(graph, gap, now);
	}
	row.id = ++graph->counters.gap_id;
	gap = add_gap(graph, &row);
	changes_add_gap(graph, &gap->row, &gap->place);
}

void graph_end_gap(struct graph *graph, const struct graph_resource *scannable,
    enum gap_reason reason, struct wallclock end)
{
	struct graph_gap *gap = find_gap(graph, scannable);

	if (gap != NULL && (reason == GAP_REASON_COUNT || gap->row.reason == reason))
		end_gap(graph, gap, end);
}

void graph_restore_gap(struct graph *graph, const struct gap_row *row)
{
	struct graph_gap *gap;

	assert(!graph->restored && row->open);
	if (graph->counters.gap_id < row->id)
		graph->counters.gap_id = row->id;
	HASH_FIND(by_scannable, graph->gaps, &row->scannable_id, sizeof(row->scannable_id), gap);
	if (gap == NULL)
		add_gap(graph, row);
}

bool graph_begin_stopped(struct graph *graph)
{
	struct wallclock since = graph->counters.sampled;
	const struct graph_gap *gap;

	assert(graph->restored);
	if (since.us == 0)
		return false;
	for (gap = graph->gaps; gap != NULL; gap = gap->by_scannable.next)
		if (gap->row.begin.us > since.us)
			since = gap->row.begin;
	graph_begin_gap(graph, NULL, GAP_STOPPED, since);
	return true;
}

void gaps_forget(struct graph *graph, const struct graph_resource *scannable)
{
	struct graph_gap *gap = find_gap(graph, scannable);

	if (gap != NULL)
		free_gap(graph, gap);
}

void gaps_free(struct graph *graph)
{
	struct graph_gap *gap, *next;

	HASH_ITER (by_scannable, graph->gaps, gap, next)
		free_gap(graph, gap);
}
