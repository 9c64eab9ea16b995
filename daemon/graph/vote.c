/* SPDX-License-Identifier: MIT */
/*
 * Votes: which scannables say that the condition of an alert holds. Each says so for itself, and
 * takes nothing but its own vote back; the alert is active as long as there is one.
 */
#include "graph/graph_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"

static void add(struct graph_alert *alert, record_id voter)
{
	alert->voters =
	    xreallocarray(alert->voters, alert->voter_count + 1, sizeof(*alert->voters));
	alert->voters[alert->voter_count++] = voter;
}

static bool has_voter(const struct graph_alert *alert, record_id voter)
{
	for (uint32_t i = 0; i < alert->voter_count; i++)
		if (alert->voters[i] == voter)
			return true;
	return false;
}

void vote_add(
    struct graph *graph, struct graph_alert *alert, const struct graph_resource *scannable)
{
	if (has_voter(alert, scannable->id))
		return;
	add(alert, scannable->id);
	alert_touch(graph, alert);
}

/* Takes a vote that is there. The last one ends the alert. */
static void take(struct graph *graph, struct graph_alert *alert, uint32_t index)
{
	alert->voters[index] = alert->voters[--alert->voter_count];
	if (alert->voter_count > 0)
		alert_touch(graph, alert);
	else
		alert_clear(graph, alert);
}

void vote_drop(
    struct graph *graph, struct graph_alert *alert, const struct graph_resource *scannable)
{
	for (uint32_t i = 0; i < alert->voter_count; i++) {
		if (alert->voters[i] != scannable->id)
			continue;
		take(graph, alert, i);
		return;
	}
}

void votes_withdraw(
    struct graph *graph, struct graph_resource *resource, const struct graph_resource *scannable)
{
	struct graph_alert *alert, *next;

	for (alert = TAILQ_FIRST(&resource->alerts); alert != NULL; alert = next) {
		next = TAILQ_NEXT(alert, in_resource);
		vote_drop(graph, alert, scannable);
	}
}

/* Takes the votes of scannables that are gone or retired. */
static void expire(struct graph *graph, struct graph_alert *alert)
{
	for (uint32_t i = alert->voter_count; i-- > 0;) {
		const struct graph_resource *voter = graph_find(graph, alert->voters[i]);

		if (voter == NULL || !voter->in_use)
			take(graph, alert, i);
	}
}

void votes_expire(struct graph *graph)
{
	struct graph_alert *alert, *next;

	for (alert = TAILQ_FIRST(&graph->active_alerts); alert != NULL; alert = next) {
		next = TAILQ_NEXT(alert, in_active);
		expire(graph, alert);
	}
}

/* ---- as they are stored ---- */

char *votes_text(const struct graph_alert *alert)
{
	struct text text = TEXT_EMPTY;

	if (alert->voter_count == 0)
		return NULL;
	for (uint32_t i = 0; i < alert->voter_count; i++)
		text_printf(&text, "%c%" PRId64, i == 0 ? '{' : ',', alert->voters[i]);
	text_append_char(&text, '}');
	return text_steal(&text);
}

/* Where nothing is known of the votes, all that report the resource have one until they say. */
static void assume(struct graph_alert *alert)
{
	const struct graph_resource *resource = alert->resource;

	if (resource->scope != NULL)
		add(alert, resource->scope->id);
	else if (resource->class->scannable)
		add(alert, resource->id);
	for (uint32_t i = 0; i < resource->reporters.count; i++)
		add(alert, graph_reporters(&resource->reporters)[i]);
}

void votes_restore(struct graph *graph, struct graph_alert *alert, const char *text)
{
	while (text != NULL && *text != '\0' && *text != '}') {
		char *end;
		record_id voter = strtoll(text + 1, &end, 10);

		if (graph_find(graph, voter) != NULL && !has_voter(alert, voter))
			add(alert, voter);
		text = end > text + 1 ? end : NULL;
	}
}

void votes_restored(struct graph *graph)
{
	struct graph_alert *alert, *next;

	for (alert = TAILQ_FIRST(&graph->active_alerts); alert != NULL; alert = next) {
		next = TAILQ_NEXT(alert, in_active);
		if (alert_is_own(alert) || alert->voter_count > 0)
			continue;
		assume(alert);
		if (alert->voter_count == 0)
			alert_clear(graph, alert);
	}
}
