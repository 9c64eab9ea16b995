/* SPDX-License-Identifier: MIT */
/*
 * What an initial scan did not report is gone. Only resources marked as kept, those of the session,
 * are sure to stay.
 */
#include "graph/graph_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A scan that would remove this many resources, and more than half, has to be confirmed. */
#define COLLAPSE_LEAST 20

static bool is_incomplete(
    const struct application *application, const struct graph_resource *resource)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->incomplete_count; i++)
		if (batch->incomplete[i] == resource->class->index)
			return true;
	return false;
}

/* ---- links ---- */

static void keep_links(struct application *application, bool kept)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->parent_count; i++) {
		const struct parent_change *change = &batch->parents[i];
		struct graph_resource *child = application_resource(application, change->child);
		struct graph_resource *parent = application_resource(application, change->parent);
		struct graph_link *link = child != NULL && parent != NULL
		                              ? link_find_any(application->graph, child, parent)
		                              : NULL;

		if (link != NULL && change->added)
			link->kept = kept;
	}
}

static void cull_refused(const struct application *application, const struct graph_resource *child)
{
	struct graph_link *link, *next;

	for (link = TAILQ_FIRST(&application->graph->refused); link != NULL; link = next) {
		next = TAILQ_NEXT(link, in_child);
		if (link->child == child && !link->kept)
			link_drop(application->graph, link, application->scannable->id);
	}
}

void cull_links(struct application *application)
{
	const struct graph_session *session = application->session;

	keep_links(application, true);
	for (uint32_t number = 0; number < session->slot_count; number++) {
		struct graph_resource *child = application_resource(application, number);
		struct graph_link *link, *next;

		if (child == NULL || is_incomplete(application, child))
			continue;
		for (link = TAILQ_FIRST(&child->parents); link != NULL; link = next) {
			next = TAILQ_NEXT(link, in_child);
			if (!link->kept)
				link_drop(application->graph, link, application->scannable->id);
		}
		if (child->has_refused)
			cull_refused(application, child);
	}
	keep_links(application, false);
}

/* ---- resources ---- */

static void cull(
    struct application *application, struct graph_resource *lost, struct removal *removal)
{
	if (lost->class->scannable)
		scannable_release(application->graph, lost, application->scannable);
	else if (!resource_needs_reporter(lost) ||
	         reporter_drop(application->graph, lost, application->scannable))
		removal_add(removal, lost);
}

/* What a scannable had before the scan, and what of it was not reported. */
struct losses {
	size_t had;
	struct graph_resource **lost;
	size_t count, capacity;
};

static void judge(
    const struct application *application, struct losses *losses, struct graph_resource *resource)
{
	bool culled = resource->class->class != NULL && !resource->departing && !resource->kept &&
	              !is_incomplete(application, resource);

	losses->had++;
	if (!culled)
		return;
	losses->lost = xgrow(losses->lost, losses->count, &losses->capacity, sizeof(*losses->lost));
	losses->lost[losses->count++] = resource;
}

static void judge_all(const struct application *application, struct losses *losses)
{
	const struct graph_resource *scannable = application->scannable;
	struct graph *graph = application->graph;
	struct graph_resource *resource;

	TAILQ_FOREACH (resource, &scannable->extras->scoped, in_scope)
		judge(application, losses, resource);
	graph->mark++;
	for (uint32_t i = 0; i < scannable->extras->reported.count; i++) {
		resource = graph_find(graph, scannable->extras->reported.ids[i]);
		if (resource == NULL || resource->mark == graph->mark ||
		    !resource_has_reporter(resource, scannable))
			continue;
		resource->mark = graph->mark;
		judge(application, losses, resource);
	}
	losses->had -= application->fresh;
}

/* Marks the resources that an earlier initial scan did not report, and nobody since. */
static void mark_missing(struct graph *graph, const struct graph_alert *collapsed)
{
	graph->mark++;
	for (size_t i = 0; collapsed != NULL && i < collapsed->missing_count; i++) {
		struct graph_resource *resource = graph_find(graph, collapsed->missing[i]);

		if (resource != NULL)
			resource->mark = graph->mark;
	}
}

/* Removes what was lost twice. The rest of the losses are left, as if there had been no more. */
static void cull_confirmed(
    struct application *application, struct losses *losses, struct removal *removal)
{
	struct graph *graph = application->graph;
	struct graph_resource **confirmed = xcalloc(losses->count + 1, sizeof(*confirmed));
	size_t count = 0, left = 0;

	mark_missing(graph, alert_find(application->scannable, ALERT_COLLAPSED));
	for (size_t i = 0; i < losses->count; i++) {
		if (losses->lost[i]->mark == graph->mark)
			confirmed[count++] = losses->lost[i];
		else
			losses->lost[left++] = losses->lost[i];
	}
	for (size_t i = 0; i < count; i++)
		cull(application, confirmed[i], removal);
	free(confirmed);
	losses->had -= count;
	losses->count = left;
}

/* Notes what has to be confirmed. An alert that says the same already stays. */
static void raise_collapsed(struct application *application, const struct losses *losses)
{
	struct graph_resource *scannable = application->scannable;
	struct graph_alert *alert = alert_find(scannable, ALERT_COLLAPSED);
	struct text message = TEXT_EMPTY;

	text_printf(&message,
	    "%zu of %zu resources were not reported by the initial scan; they are kept until the "
	    "next one confirms that they are gone",
	    losses->count, losses->had);
	alert_append_resource(application->graph, scannable, &message);
	if (alert != NULL && strcmp(alert->row.message, message.data) != 0)
		alert_clear(application->graph, alert);
	alert = alert_raise(
	    application->graph, scannable, ALERT_COLLAPSED, NULL, SEVERITY_WARNING, message.data);
	text_clear(&message);
	free(alert->missing);
	alert->missing = xcalloc(losses->count, sizeof(*alert->missing));
	alert->missing_count = losses->count;
	for (size_t i = 0; i < losses->count; i++)
		alert->missing[i] = losses->lost[i]->id;
}

static void clear_collapsed(struct application *application)
{
	struct graph_alert *alert = alert_find(application->scannable, ALERT_COLLAPSED);

	if (alert != NULL)
		alert_clear(application->graph, alert);
}

void cull_note_reports(struct application *application)
{
	struct graph_alert *alert = alert_find(application->scannable, ALERT_COLLAPSED);
	struct graph *graph = application->graph;
	size_t left = 0;

	if (alert == NULL || alert->missing_count == 0)
		return;
	graph->mark++;
	for (size_t i = 0; i < application->batch->report_count; i++)
		if (application->reports[i].resource != NULL)
			application->reports[i].resource->mark = graph->mark;
	for (size_t i = 0; i < alert->missing_count; i++) {
		const struct graph_resource *resource = graph_find(graph, alert->missing[i]);

		if (resource != NULL && resource->mark != graph->mark)
			alert->missing[left++] = alert->missing[i];
	}
	alert->missing_count = left;
	if (left == 0)
		alert_clear(graph, alert);
}

static void keep_session(const struct application *application, bool kept)
{
	for (uint32_t number = 0; number < application->session->slot_count; number++) {
		struct graph_resource *resource = application_resource(application, number);

		if (resource != NULL)
			resource->kept = kept;
	}
}

bool cull_resources(struct application *application, struct removal *removal)
{
	struct losses losses = {0, NULL, 0, 0};
	bool collapsed;

	keep_session(application, true);
	judge_all(application, &losses);
	keep_session(application, false);
	cull_confirmed(application, &losses, removal);
	collapsed = losses.count >= COLLAPSE_LEAST && 2 * losses.count > losses.had;
	for (size_t i = 0; i < losses.count && !collapsed; i++)
		cull(application, losses.lost[i], removal);
	if (collapsed)
		raise_collapsed(application, &losses);
	else
		clear_collapsed(application);
	free(losses.lost);
	return !collapsed;
}
