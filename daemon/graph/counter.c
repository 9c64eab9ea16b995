/* SPDX-License-Identifier: MIT */
/*
 * Counters that fall were reset, or wrapped around: that is recorded as an event. Those of a class
 * that one scan finds are told together, and not all the time if a counter is none.
 */
#include "graph/graph_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* The falls of a counter within this time after an event are told by the next one. */
#define TELL_AGAIN_NS (60 * NS_PER_S)

/* The falls of one counter of the resources of a group. */
struct counter_falls {
	const struct graph_cohort_group *group;
	uint32_t statistic;
	size_t count; /* since the last event */
	/* The first of them. */
	record_id resource;
	double from;
	double to;
	struct monotonic told; /* the last event; 0: there was none */
	bool in_batch;
	TAILQ_ENTRY(counter_falls) in_graph;
};

/* ---- what was counted last ---- */

/* Makes room for all slots of the cohort. What is not known yet is NaN. */
static void reach_counts(struct graph_cohort *cohort)
{
	uint32_t each = cohort->group->class->counter_count;

	cohort->counts =
	    xreallocarray(cohort->counts, (size_t)cohort->capacity * each, sizeof(*cohort->counts));
	for (size_t i = (size_t)cohort->counted_slots * each; i < (size_t)cohort->capacity * each;
	     i++)
		cohort->counts[i] = NAN;
	cohort->counted_slots = cohort->capacity;
}

static void note_fall(struct graph *graph, const struct graph_cohort *cohort, uint32_t slot,
    uint32_t statistic, double from, double to)
{
	struct graph_cohort_group *group = cohort->group;
	struct counter_falls *falls;

	if (group->falls == NULL)
		group->falls = xcalloc(group->class->class->statistic_count, sizeof(*falls));
	falls = &group->falls[statistic];
	if (falls->count++ == 0) {
		falls->group = group;
		falls->statistic = statistic;
		falls->resource = cohort->resources[slot];
		falls->from = from;
		falls->to = to;
	}
	if (falls->in_batch)
		return;
	falls->in_batch = true;
	TAILQ_INSERT_TAIL(&graph->falls, falls, in_graph);
}

void counters_take(struct graph *graph, struct graph_cohort *cohort, uint32_t slot,
    uint32_t statistic, double value)
{
	const struct graph_class *class = cohort->group->class;
	double *count;

	if (slot >= cohort->counted_slots)
		reach_counts(cohort);
	count = &cohort->counts[slot * class->counter_count + class->counter_places[statistic]];
	if (value < *count)
		note_fall(graph, cohort, slot, statistic, *count, value);
	*count = value;
}

void counters_leave(struct graph_cohort *cohort, uint32_t slot)
{
	uint32_t each = cohort->group->class->counter_count;

	if (slot >= cohort->counted_slots)
		return;
	for (uint32_t i = 0; i < each; i++)
		cohort->counts[slot * each + i] = NAN;
}

void counters_forget(struct graph_cohort *cohort)
{
	free(cohort->counts);
	cohort->counts = NULL;
	cohort->counted_slots = 0;
}

void counters_forget_class(struct graph *graph, const struct graph_class *class)
{
	struct graph_cohort_group *group, *next;
	struct graph_cohort *cohort;

	assert(TAILQ_EMPTY(&graph->falls));
	HASH_ITER (by_key, graph->cohort_groups, group, next) {
		if (group->class != class)
			continue;
		free(group->falls);
		group->falls = NULL;
		TAILQ_FOREACH (cohort, &group->cohorts, in_group)
			counters_forget(cohort);
	}
}

/* ---- telling ---- */

/* At which power of 2 a counter wrapped around: from close below it to little above 0; 0: none. */
static int wrapped_at(double from, double to)
{
	static const int bits[] = {32, 64};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		double end = ldexp(1, bits[i]);

		if (from <= end && from >= end * 3 / 4 && to >= 0 && to < end / 4)
			return bits[i];
	}
	return 0;
}

/* Records the falls as an event of the resource or, if there are several, of the scannable. */
static void tell(struct graph *graph, const struct counter_falls *falls)
{
	const struct graph_class *class = falls->group->class;
	const struct statistic *statistic = &class->class->statistics[falls->statistic];
	struct graph_resource *resource = graph_find(graph, falls->resource);
	record_id about = falls->resource;
	int bits = wrapped_at(falls->from, falls->to);
	struct text message = TEXT_EMPTY;

	text_printf(&message, "Counter \"%s\" of %s ", statistic->label,
	    resource != NULL ? graph_name(resource) : class->label);
	if (bits > 0)
		text_printf(&message, "wrapped around at 2^%d", bits);
	else
		text_append(&message, "was reset");
	text_printf(&message, ", from %.15g to %.15g", falls->from, falls->to);
	if (falls->count > 1)
		text_printf(&message, "; it fell %zu times at resources of class %s", falls->count,
		    class->name);
	if (falls->count > 1 || resource == NULL)
		about = falls->group->key.scannable_id;
	changes_add_event(graph, SEVERITY_INFO, about, 0, message.data);
	text_clear(&message);
}

void counters_tell(struct graph *graph)
{
	struct monotonic now = monotonic_now();
	struct counter_falls *falls;

	while ((falls = TAILQ_FIRST(&graph->falls)) != NULL) {
		TAILQ_REMOVE(&graph->falls, falls, in_graph);
		falls->in_batch = false;
		if (falls->told.ns != 0 && monotonic_since(now, falls->told) < TELL_AGAIN_NS)
			continue;
		tell(graph, falls);
		falls->told = now;
		falls->count = 0;
	}
}
