/* SPDX-License-Identifier: MIT */
/*
 * What an initial scan did not report is gone. Only resources marked as kept, those of the session,
 * are sure to stay.
 */
#include "graph/graph_internal.h"

#include <stdlib.h>

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
		struct graph_link *link =
		    child != NULL && parent != NULL ? link_find(child, parent) : NULL;

		if (link != NULL && change->added)
			link->kept = kept;
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
	}
	keep_links(application, false);
}

/* ---- resources ---- */

/* What a scannable had before the scan, and what of it was not reported. */
struct losses {
	size_t had;
	struct graph_resource **lost;
	size_t count, capacity;
};

static void judge(
    const struct application *application, struct losses *losses, struct graph_resource *resource)
{
	bool culled = resource->class->class != NULL && !resource->class->scannable &&
	              !resource->kept && !is_incomplete(application, resource);

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

	TAILQ_FOREACH (resource, &scannable->scoped, in_scope)
		judge(application, losses, resource);
	graph->mark++;
	for (uint32_t i = 0; i < scannable->reported.count; i++) {
		resource = graph_find(graph, scannable->reported.ids[i]);
		if (resource == NULL || resource->mark == graph->mark ||
		    !resource_has_reporter(resource, scannable))
			continue;
		resource->mark = graph->mark;
		judge(application, losses, resource);
	}
	losses->had -= application->fresh;
}

/* Whether the losses have to wait for another scan that confirms them. */
static bool wait_for_confirmation(struct application *application, const struct losses *losses)
{
	struct graph_resource *scannable = application->scannable;
	struct graph_alert *alert = alert_find(scannable, ALERT_COLLAPSED);
	struct text message = TEXT_EMPTY;
	bool collapsed = losses->count >= COLLAPSE_LEAST && 2 * losses->count > losses->had;

	if (alert != NULL)
		alert_clear(application->graph, alert);
	if (alert != NULL || !collapsed)
		return false;
	text_printf(&message,
	    "%zu of %zu resources were not reported by the initial scan; they are kept until the "
	    "next one confirms that they are gone",
	    losses->count, losses->had);
	alert_append_resource(application->graph, scannable, &message);
	alert_raise(
	    application->graph, scannable, ALERT_COLLAPSED, NULL, SEVERITY_WARNING, message.data);
	text_clear(&message);
	return true;
}

static void keep_session(const struct application *application, bool kept)
{
	for (uint32_t number = 0; number < application->session->slot_count; number++) {
		struct graph_resource *resource = application_resource(application, number);

		if (resource != NULL)
			resource->kept = kept;
	}
}

void cull_resources(struct application *application, struct removal *removal)
{
	struct losses losses = {0, NULL, 0, 0};

	keep_session(application, true);
	judge_all(application, &losses);
	keep_session(application, false);
	if (!wait_for_confirmation(application, &losses)) {
		for (size_t i = 0; i < losses.count; i++) {
			struct graph_resource *lost = losses.lost[i];

			if (!resource_needs_reporter(lost) ||
			    reporter_drop(application->graph, lost, application->scannable))
				removal_add(removal, lost);
		}
	}
	free(losses.lost);
}
