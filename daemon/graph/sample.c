/* SPDX-License-Identifier: MIT */
/*
 * The samples of a batch become frames. Each series of a cohort (a statistic, or a bin of a
 * histogram) gathers them in layers, each of which makes a frame: the first one holds the first
 * sample of each slot, the next one the second samples, and those that are too far from the time
 * of the first.
 */
#include "graph/graph_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Samples of a frame are less than this from its time. */
#define OFFSET_END (60 * US_PER_S)

/* More layers than these are not gathered at once. */
#define LAYERS 8

#define TELL_AGAIN_NS (60 * NS_PER_S)

struct layer {
	struct wallclock time;
	size_t count;
	struct frame frame;
};

struct series {
	record_id statistic;
	uint32_t index; /* of the statistic in the class */
	uint32_t bin;
	bool is_counter;
	struct wallclock last; /* of the frames of the series */
	size_t layer_count;
	struct layer *layers[LAYERS];
	uint8_t next_layer[FRAME_SLOTS]; /* of the next sample of each slot, at least */
};

/* Puts a time forward to another one that is later. */
static void later(struct wallclock *time, struct wallclock other)
{
	if (time->us < other.us)
		*time = other;
}

/* ---- layers and series ---- */

/* Makes the layers of a series into frames. */
static void flush(struct graph *graph, const struct graph_cohort *cohort, struct series *series)
{
	later(&graph->counters.sampled, cohort->newest);
	later(&graph->counters.sampled, series->last);
	for (size_t i = 0; i < series->layer_count; i++) {
		struct layer *layer = series->layers[i];
		struct frame_row row = {.cohort_id = cohort->id,
		    .statistic_id = series->statistic,
		    .bin = series->bin,
		    .time = layer->time,
		    .sample_count = layer->count};

		frame_encode(&layer->frame, &row.payload);
		changes_add_frame(graph, &row);
		free(layer);
	}
	series->layer_count = 0;
	memset(series->next_layer, 0, sizeof(series->next_layer));
}

static bool fits(const struct layer *layer, struct wallclock time)
{
	return time.us - layer->time.us < OFFSET_END && layer->time.us - time.us < OFFSET_END;
}

/* A new layer whose first sample is of this time; NULL if that is too long before the last. */
static struct layer *add_layer(struct series *series, struct wallclock time)
{
	struct layer *layer;
	struct wallclock begin = time;

	if (begin.us <= series->last.us)
		begin.us = series->last.us + 1;
	if (begin.us - time.us >= OFFSET_END)
		return NULL;
	layer = xreallocarray(NULL, 1, sizeof(*layer));
	layer->time = series->last = begin;
	layer->count = 0;
	memset(layer->frame.present, 0, sizeof(layer->frame.present));
	series->layers[series->layer_count++] = layer;
	return layer;
}

/* The layer for a sample, or NULL if it is outdated. */
static struct layer *find_layer(struct graph *graph, const struct graph_cohort *cohort,
    struct series *series, uint32_t slot, struct wallclock time)
{
	size_t i = series->next_layer[slot];

	while (i < series->layer_count && !fits(series->layers[i], time))
		i++;
	if (i == LAYERS) {
		flush(graph, cohort, series);
		i = 0;
	}
	series->next_layer[slot] = (uint8_t)(i + 1);
	return i < series->layer_count ? series->layers[i] : add_layer(series, time);
}

/* A cohort gets its first sample of this batch. */
static void begin_cohort(
    struct graph *graph, const struct graph_session *session, struct graph_cohort *cohort)
{
	const struct graph_class *class = cohort->group->class;

	cohort->series =
	    xcalloc(class->first_series[class->class->statistic_count], sizeof(struct series *));
	TAILQ_INSERT_TAIL(&graph->sampled, cohort, in_batch);
	if (cohort->session == session->number)
		return;
	cohort->session = session->number;
	cohort->limit = cohort->newest;
}

static struct series *add_series(struct graph_cohort *cohort, uint32_t statistic, uint32_t bin)
{
	const struct graph_class *class = cohort->group->class;
	struct series *series = xcalloc(1, sizeof(*series));

	series->statistic = class->statistic_ids[statistic];
	series->index = statistic;
	series->bin = bin;
	series->is_counter = class->class->statistics[statistic].type == STATISTIC_COUNTER;
	series->last = cohort->framed;
	cohort->series[class->first_series[statistic] + bin] = series;
	return series;
}

static void end_series(struct graph *graph, struct graph_cohort *cohort, struct series *series)
{
	if (series == NULL)
		return;
	flush(graph, cohort, series);
	later(&cohort->framed, series->last);
	free(series);
}

/* Makes what a cohort gathered into frames. */
static void end_cohort(struct graph *graph, struct graph_cohort *cohort)
{
	const struct graph_class *class = cohort->group->class;
	uint32_t count = class->first_series[class->class->statistic_count];

	assert(cohort->series != NULL);
	for (uint32_t i = 0; i < count; i++)
		end_series(graph, cohort, cohort->series[i]);
	free(cohort->series);
	cohort->series = NULL;
	TAILQ_REMOVE(&graph->sampled, cohort, in_batch);
	later(&cohort->newest, cohort->framed);
}

/* ---- samples ---- */

/* A batch whose samples are gathered. */
struct gathering {
	struct graph *graph;
	struct graph_session *session;
	size_t outdated;
};

/* Where a number goes. */
struct place {
	struct graph_cohort *cohort;
	struct series *series;
	uint32_t slot;
};

static struct series *reach_series(struct graph_cohort *cohort, uint32_t statistic, uint32_t bin)
{
	const struct graph_class *class = cohort->group->class;
	struct series *series = cohort->series[class->first_series[statistic] + bin];

	return series != NULL ? series : add_series(cohort, statistic, bin);
}

static void add_point(
    struct gathering *gathering, const struct place *place, struct wallclock time, double value)
{
	struct series *series = place->series;
	uint32_t slot = place->slot;
	struct layer *layer = find_layer(gathering->graph, place->cohort, series, slot, time);

	if (layer == NULL) {
		gathering->outdated++;
		return;
	}
	layer->frame.present[slot] = true;
	layer->frame.offset_us[slot] = time.us - layer->time.us;
	layer->frame.value[slot] = value;
	layer->count++;
	later(&place->cohort->newest, time);
	if (series->is_counter)
		counters_take(gathering->graph, place->cohort, slot, series->index, value);
}

/*
 * The cohort of what the session calls by this number, and its slot, for a sample of this time.
 * NULL if there is none: the resource is gone, or the sample is outdated.
 */
static struct graph_cohort *find_cohort(
    struct gathering *gathering, uint32_t number, struct wallclock time, uint32_t *slot)
{
	struct graph *graph = gathering->graph;
	struct graph_slot *session_slot = &gathering->session->slots[number];
	struct graph_cohort *cohort = NULL;

	*slot = session_slot->seat % FRAME_SLOTS;
	if (session_slot->seat != 0)
		cohort = graph->cohorts[session_slot->seat / FRAME_SLOTS];
	if (cohort == NULL || cohort->resources[*slot] != session_slot->id) {
		struct graph_resource *resource = graph_find(graph, session_slot->id);

		if (resource == NULL)
			return NULL;
		cohort =
		    cohort_seat(graph, gathering->session, resource, time, &session_slot->seat);
		*slot = session_slot->seat % FRAME_SLOTS;
	}
	if (cohort->series == NULL)
		begin_cohort(graph, gathering->session, cohort);
	if (time.us > cohort->limit.us)
		return cohort;
	gathering->outdated++;
	return NULL;
}

static void take_group(struct gathering *gathering, const struct sample_group *group)
{
	struct place place = {.cohort = NULL};

	for (size_t i = 0; i < group->count; i++) {
		struct graph_cohort *cohort =
		    find_cohort(gathering, group->resources[i], group->time, &place.slot);

		if (cohort == NULL)
			continue;
		if (cohort != place.cohort)
			place.series = reach_series(cohort, group->statistic, 0);
		place.cohort = cohort;
		add_point(gathering, &place, group->time, group->values[i]);
	}
}

static void take_histogram(struct gathering *gathering, const struct histogram *histogram)
{
	struct place place;

	place.cohort = find_cohort(gathering, histogram->resource, histogram->time, &place.slot);
	for (uint32_t bin = 0; place.cohort != NULL && bin < histogram->count; bin++) {
		place.series = reach_series(place.cohort, histogram->statistic, bin);
		add_point(gathering, &place, histogram->time, (double)histogram->counts[bin]);
	}
}

/* Warns that samples are outdated, once a minute as long as there are any. */
static void warn_of_outdated(const struct gathering *gathering)
{
	struct graph_session *session = gathering->session;
	struct monotonic now = monotonic_now();

	if (session->outdated_told.ns != 0 &&
	    monotonic_since(now, session->outdated_told) < TELL_AGAIN_NS)
		return;
	session->outdated_told = now;
	graph_warn(gathering->graph, session->plugin->name, graph_name(session->scannable),
	    "%zu sample%s not later than those of an earlier session, and left out: was the clock "
	    "put back?",
	    gathering->outdated, gathering->outdated == 1 ? " is" : "s are");
}

void samples_apply(struct application *application)
{
	struct gathering gathering = {.graph = application->graph, .session = application->session};
	const struct batch *batch = application->batch;

	if (application->graph->options.ignores_samples)
		return;
	for (size_t i = 0; i < batch->sample_group_count; i++)
		take_group(&gathering, &batch->sample_groups[i]);
	for (size_t i = 0; i < batch->histogram_count; i++)
		take_histogram(&gathering, &batch->histograms[i]);
	while (!TAILQ_EMPTY(&gathering.graph->sampled))
		end_cohort(gathering.graph, TAILQ_FIRST(&gathering.graph->sampled));
	counters_tell(gathering.graph);
	if (gathering.outdated > 0)
		warn_of_outdated(&gathering);
}
