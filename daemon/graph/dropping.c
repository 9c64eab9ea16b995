/* SPDX-License-Identifier: MIT */
/* Samples that are dropped, because the database does not take them and there are too many. */
#include "graph/graph_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Extends the gap of what is being dropped up to this time, or begins one. */
static void note_gap(struct graph *graph, struct wallclock begin, struct wallclock end)
{
	struct gap_row *row = &graph->dropped;

	if (row->id == 0) {
		*row = (struct gap_row){.id = ++graph->counters.gap_id,
		    .begin = begin,
		    .end = begin,
		    .reason = GAP_DROPPED};
		graph->dropped_place = SIZE_MAX;
	}
	if (row->end.us < end.us)
		row->end = end;
	changes_add_gap(graph, row, &graph->dropped_place);
}

static int compare_ids(const void *a, const void *b)
{
	record_id left = *(const record_id *)a;
	record_id right = *(const record_id *)b;

	return left < right ? -1 : left > right;
}

/* Raises the alert on a scannable. */
static void raise_alert(struct graph *graph, struct graph_resource *scannable)
{
	struct text message = TEXT_EMPTY;

	if (scannable == NULL || resource_is_retired(scannable) ||
	    alert_find(scannable, ALERT_DROPPED) != NULL)
		return;
	text_append(&message, "Samples are dropped: the database has been away, or slow, for longer"
	                      " than they can be kept");
	alert_append_resource(graph, scannable, &message);
	alert_raise(graph, scannable, ALERT_DROPPED, NULL, SEVERITY_WARNING, message.data);
	text_clear(&message);
}

/* Raises the alert on all scannables that have one of these frames. */
static void raise_alerts(struct graph *graph, const struct frame_row *frames, size_t count)
{
	record_id *ids = xcalloc(count, sizeof(*ids));

	for (size_t i = 0; i < count; i++)
		ids[i] = frames[i].cohort_id;
	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t number = 1; number < graph->cohort_count; number++) {
		const struct graph_cohort *cohort = graph->cohorts[number];

		if (cohort != NULL &&
		    bsearch(&cohort->id, ids, count, sizeof(*ids), compare_ids) != NULL)
			raise_alert(graph, graph_find(graph, cohort->group->key.scannable_id));
	}
	free(ids);
}

void dropping_note(struct graph *graph, const struct frame_row *frames, size_t count)
{
	if (graph->dropped.id == 0)
		graph_warn(graph, NULL, NULL,
		    "the database has been away, or slow, for too long: older samples are dropped");
	for (size_t i = 0; i < count; i++)
		graph->dropped_samples += frames[i].sample_count;
	note_gap(graph, frames[0].time, frames[count - 1].time);
	raise_alerts(graph, frames, count);
	graph->dropping = graph->dropped_lately = true;
}

void graph_end_dropping(struct graph *graph)
{
	struct graph_alert *alert, *next;
	bool goes_on = graph->dropped_lately;

	graph->dropped_lately = false;
	if (!graph->dropping || goes_on)
		return;
	graph->dropping = false;
	graph->dropped = (struct gap_row){0};
	graph->time = wallclock_now();
	graph->actor = NULL;
	for (alert = TAILQ_FIRST(&graph->active_alerts); alert != NULL; alert = next) {
		next = TAILQ_NEXT(alert, in_active);
		if (alert_is_own(alert) && strcmp(alert->row.name, ALERT_DROPPED) == 0)
			alert_clear(graph, alert);
	}
	causes_settle(graph);
}

uint64_t graph_dropped_samples(const struct graph *graph)
{
	return graph->dropped_samples;
}
