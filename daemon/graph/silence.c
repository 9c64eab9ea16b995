/* SPDX-License-Identifier: MIT */
/*
 * Silences. Which one a resource is under follows from its own ones and those of its parents, as
 * its cause does, and is found with it: see cause.c.
 */
#include "graph/graph_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define SILENCES_MAX 1000
#define LONGEST_US (366 * 24 * 3600 * US_PER_S)
#define WHO_MAX 100

/* ---- which one counts ---- */

bool silence_outlasts(const struct graph_silence *silence, const struct graph_silence *other)
{
	if (silence == NULL || other == NULL)
		return silence != NULL;
	if (silence->row.end.us != other->row.end.us)
		return silence->row.end.us > other->row.end.us;
	return silence->row.id < other->row.id;
}

struct graph_silence *silence_of_own(
    const struct graph *graph, const struct graph_resource *resource)
{
	struct graph_silence *silence, *longest = NULL;

	if (!resource->silenced)
		return NULL;
	TAILQ_FOREACH (silence, &graph->silences, in_graph)
		if (silence->resource == resource && silence_outlasts(silence, longest))
			longest = silence;
	return longest;
}

const struct graph_silence *graph_silence_of(const struct graph_resource *resource)
{
	return resource->cause != NULL ? resource->cause->silence : NULL;
}

const struct graph_silence_list *graph_silences(const struct graph *graph)
{
	return &graph->silences;
}

static struct graph_silence *find_silence(const struct graph *graph, record_id id)
{
	struct graph_silence *silence;

	TAILQ_FOREACH (silence, &graph->silences, in_graph)
		if (silence->row.id == id)
			return silence;
	return NULL;
}

/* ---- making them ---- */

const char *graph_silence_fault(
    const struct silence_row *row, struct wallclock now, const char **field)
{
	const char *fault;

	*field = "until";
	if (row->end.us <= now.us)
		return "the time has passed already";
	if (row->end.us - now.us > LONGEST_US)
		return "at most one year from now";
	*field = "who";
	fault = text_fault(row->who, WHO_MAX);
	if (fault != NULL)
		return fault;
	*field = "why";
	return text_fault(row->why, SILENCE_WHY_MAX);
}

static struct graph_silence *add_silence(
    struct graph *graph, struct graph_resource *resource, const struct silence_row *row)
{
	struct graph_silence *silence = xcalloc(1, sizeof(*silence));

	silence->row = *row;
	silence->row.resource_id = resource->id;
	silence->row.who = xstrdup(row->who);
	silence->row.why = xstrdup(row->why);
	silence->resource = resource;
	resource->silenced = true;
	TAILQ_INSERT_TAIL(&graph->silences, silence, in_graph);
	graph->silence_count++;
	if (graph->counters.silence_id < row->id)
		graph->counters.silence_id = row->id;
	return silence;
}

/* "2026-11-22T10:23:16Z", as far as people care. */
static void append_moment(struct text *out, struct wallclock time)
{
	char buffer[CLOCK_TEXT_SIZE];

	text_printf(out, "%.19sZ", wallclock_format(time, buffer));
}

const struct graph_silence *graph_silence(struct graph *graph, struct graph_resource *resource,
    const struct silence_row *wanted, char reason[REASON_SIZE])
{
	struct silence_row row = *wanted;
	const struct graph_silence *silence;
	struct text message = TEXT_EMPTY;
	const char *field, *fault;

	graph->time = row.begin = wallclock_now();
	graph->actor = NULL;
	fault = graph_silence_fault(&row, graph->time, &field);
	if (fault != NULL || graph->silence_count >= SILENCES_MAX) {
		reason_write(reason, "%s%s%s", fault != NULL ? field : "",
		    fault != NULL ? ": " : "",
		    fault != NULL ? fault
		                  : "there are 1000 silences already, the most there can be");
		return NULL;
	}
	/* Even ones are given by storage.silence(). */
	if (row.id == 0)
		row.id = graph->counters.silence_id + (graph->counters.silence_id % 2 == 0 ? 1 : 2);
	silence = add_silence(graph, resource, &row);
	changes_add_silence(graph, &silence->row);
	text_printf(&message, "%s is silenced until ", graph_name(resource));
	append_moment(&message, row.end);
	text_printf(&message, " by %s: %s", row.who, row.why);
	causes_change_silences(graph, resource);
	causes_settle(graph);
	changes_add_event(graph, SEVERITY_INFO, resource->id, 0, message.data);
	text_clear(&message);
	return silence;
}

void graph_restore_silence(struct graph *graph, const struct silence_row *row)
{
	struct graph_resource *resource = graph_find(graph, row->resource_id);

	assert(!graph->restored);
	if (graph->counters.silence_id < row->id)
		graph->counters.silence_id = row->id;
	if (resource != NULL)
		add_silence(graph, resource, row);
}

void silences_restored(struct graph *graph)
{
	const struct graph_silence *silence;

	TAILQ_FOREACH (silence, &graph->silences, in_graph)
		causes_change_silences(graph, silence->resource);
}

/* ---- their end ---- */

/* Takes it out of force. It is freed when no resource knows of it any more. */
static void end_silence(struct graph *graph, struct graph_silence *silence)
{
	struct graph_resource *resource = silence->resource;

	TAILQ_REMOVE(&graph->silences, silence, in_graph);
	TAILQ_INSERT_TAIL(&graph->ended_silences, silence, in_graph);
	graph->silence_count--;
	silence->resource = NULL;
	resource->silenced = silence_of_own(graph, resource) != NULL;
	changes_remove_silence(graph, silence->row.id);
	causes_change_silences(graph, resource);
}

/* The same, and tells of it. */
static void conclude(struct graph *graph, struct graph_silence *silence, const char *who)
{
	struct graph_resource *resource = silence->resource;
	struct text message = TEXT_EMPTY;

	graph->time = wallclock_now();
	graph->actor = NULL;
	text_printf(&message, "%s is no longer silenced: ", graph_name(resource));
	if (who != NULL)
		text_printf(&message, "%s ended the silence by %s", who, silence->row.who);
	else
		text_printf(&message, "the silence by %s has run out", silence->row.who);
	end_silence(graph, silence);
	causes_settle(graph);
	changes_add_event(graph, SEVERITY_INFO, resource->id, 0, message.data);
	text_clear(&message);
}

bool graph_unsilence(struct graph *graph, record_id id, const char *who)
{
	struct graph_silence *silence = find_silence(graph, id);

	if (silence != NULL)
		conclude(graph, silence, who);
	return silence != NULL;
}

bool graph_end_silences(struct graph *graph, struct wallclock now)
{
	struct graph_silence *silence, *next;
	bool any = false;

	for (silence = TAILQ_FIRST(&graph->silences); silence != NULL; silence = next) {
		next = TAILQ_NEXT(silence, in_graph);
		if (silence->row.end.us > now.us)
			continue;
		conclude(graph, silence, NULL);
		any = true;
	}
	return any;
}

void silences_forget(struct graph *graph, struct graph_resource *resource)
{
	struct graph_silence *silence, *next;

	for (silence = TAILQ_FIRST(&graph->silences); silence != NULL && resource->silenced;
	     silence = next) {
		next = TAILQ_NEXT(silence, in_graph);
		if (silence->resource == resource)
			end_silence(graph, silence);
	}
}

void silences_free_ended(struct graph *graph)
{
	struct graph_silence *silence;

	while ((silence = TAILQ_FIRST(&graph->ended_silences)) != NULL) {
		TAILQ_REMOVE(&graph->ended_silences, silence, in_graph);
		silence_row_clear(&silence->row);
		free(silence);
	}
}

void silences_free(struct graph *graph)
{
	TAILQ_CONCAT(&graph->ended_silences, &graph->silences, in_graph);
	silences_free_ended(graph);
}
