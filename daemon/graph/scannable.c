/* SPDX-License-Identifier: MIT */
/*
 * Which scannables are in use: those of the configuration and those that people added, those that
 * they report, those that these report, and so on. What changed is noted, and judged when the
 * operation ends.
 */
#include "graph/graph_internal.h"

#include <stdlib.h>

#include "base/memory.h"

bool scannable_is_wanted(const struct graph_resource *scannable)
{
	return scannable->configured || scannable->was_configured || scannable->added;
}

bool resource_is_retired(const struct graph_resource *resource)
{
	return resource->class->scannable && !resource->in_use;
}

static bool is_reported(const struct graph_resource *resource)
{
	const record_id *reporters = graph_reporters(&resource->reporters);

	for (uint32_t i = 0; i < resource->reporters.count; i++) {
		const struct graph_resource *reporter =
		    graph_find(resource->class->graph, reporters[i]);

		if (reporter != NULL && reporter->in_use)
			return true;
	}
	return false;
}

bool graph_is_shown(const struct graph_resource *resource)
{
	if (resource->class->class == NULL)
		return false;
	if (resource->class->scannable)
		return resource->in_use;
	return resource->scope != NULL ? resource->scope->in_use : is_reported(resource);
}

bool graph_wants_session(const struct graph_resource *scannable)
{
	return scannable->in_use &&
	       (scannable_is_wanted(scannable) || TAILQ_EMPTY(&scannable->parents));
}

/* ---- what changed ---- */

void scannable_changed(struct graph *graph, struct graph_resource *scannable)
{
	if (!scannable->class->scannable || scannable->unjudged || !graph->restored)
		return;
	scannable->unjudged = true;
	graph->scannables = xgrow(graph->scannables, graph->scannable_count,
	    &graph->scannable_capacity, sizeof(*graph->scannables));
	graph->scannables[graph->scannable_count++] = scannable->id;
}

void scannables_review(struct graph *graph, const struct graph_class *class)
{
	struct graph_resource *resource;

	if (!class->scannable)
		return;
	TAILQ_FOREACH (resource, &class->resources, in_class)
		scannable_changed(graph, resource);
	scannables_settle(graph);
}

struct graph_resource *graph_next_scannable(struct graph *graph, bool *edited)
{
	struct graph_resource *scannable = NULL;

	while (scannable == NULL && graph->scannables_told < graph->scannables_judged)
		scannable = graph_find(graph, graph->scannables[graph->scannables_told++]);
	if (graph->scannables_told == graph->scannable_count)
		graph->scannables_told = graph->scannables_judged = graph->scannable_count = 0;
	if (scannable == NULL)
		return NULL;
	*edited = scannable->edited;
	scannable->edited = false;
	return scannable;
}

/* ---- reports ---- */

/* What was said of it before it departed is no longer true. */
static void return_to_use(struct graph *graph, struct graph_resource *scannable)
{
	scannable->departing = false;
	while (scannable->reporters.count > 0)
		reporter_drop(
		    graph, scannable, graph_find(graph, graph_reporters(&scannable->reporters)[0]));
}

bool scannable_report(struct graph *graph, struct graph_resource *scannable,
    struct graph_resource *reporter, bool is_new)
{
	if (scannable == reporter)
		return false;
	if (scannable->departing)
		return_to_use(graph, scannable);
	scannable_changed(graph, scannable);
	return scannable->scope != NULL ? is_new : reporter_add(graph, scannable, reporter);
}

void scannable_release(
    struct graph *graph, struct graph_resource *scannable, struct graph_resource *reporter)
{
	bool is_reporter = resource_has_reporter(scannable, reporter);

	if (scannable->scope == reporter || (is_reporter && scannable->reporters.count == 1))
		scannable_depart(graph, scannable);
	if (is_reporter && !scannable->departing)
		reporter_drop(graph, scannable, reporter);
}

void scannable_depart(struct graph *graph, struct graph_resource *scannable)
{
	if (scannable_is_wanted(scannable) || scannable->departing)
		return;
	scannable->departing = true;
	scannable_changed(graph, scannable);
}

/* ---- judging ---- */

/* Scannables to be looked at, each once. */
struct path {
	struct graph_resource **items;
	size_t count, capacity;
};

static void path_add(struct graph *graph, struct path *path, struct graph_resource *scannable)
{
	if (scannable == NULL || scannable->mark == graph->mark)
		return;
	scannable->mark = graph->mark;
	path->items =
	    xgrow(path->items, path->count, &path->capacity, sizeof(struct graph_resource *));
	path->items[path->count++] = scannable;
}

/*
 * Whether a scannable is wanted, or one that reports it, or one that reports that. They
 * may report one another, so those above are asked for what they are, not for what they were found
 * to be.
 */
static bool is_reached(struct graph *graph, struct graph_resource *scannable)
{
	struct path path = {NULL, 0, 0};
	bool reached = false;

	graph->mark++;
	path_add(graph, &path, scannable);
	for (size_t i = 0; i < path.count && !reached; i++) {
		const struct graph_resource *at = path.items[i];

		reached = scannable_is_wanted(at);
		if (at->departing)
			continue;
		path_add(graph, &path, at->scope);
		for (uint32_t j = 0; j < at->reporters.count; j++)
			path_add(
			    graph, &path, graph_find(graph, graph_reporters(&at->reporters)[j]));
	}
	free(path.items);
	return reached;
}

/* Nobody looks at it any more: nothing there can be called wrong. */
static void retire(struct graph *graph, struct graph_resource *scannable)
{
	struct graph_alert *alert, *next;

	for (alert = TAILQ_FIRST(&scannable->alerts); alert != NULL; alert = next) {
		next = TAILQ_NEXT(alert, in_resource);
		if (alert_is_own(alert))
			alert_clear(graph, alert);
	}
	changes_forget_offline(graph, scannable->id);
}

/* Has those judged that a scannable reports. */
static void spread(struct graph *graph, const struct graph_resource *scannable)
{
	struct graph_resource *resource;

	TAILQ_FOREACH (resource, &scannable->extras->scoped, in_scope)
		scannable_changed(graph, resource);
	for (uint32_t i = 0; i < scannable->extras->reported.count; i++) {
		resource = graph_find(graph, scannable->extras->reported.ids[i]);
		if (resource != NULL && resource_has_reporter(resource, scannable))
			scannable_changed(graph, resource);
	}
}

/* Returns whether the scannable is no longer in use. */
static bool judge(struct graph *graph, struct graph_resource *scannable)
{
	bool in_use = is_reached(graph, scannable);

	scannable->unjudged = false;
	if (scannable->in_use == in_use)
		return false;
	scannable->in_use = in_use;
	resource_touch(graph, scannable);
	spread(graph, scannable);
	if (!in_use)
		retire(graph, scannable);
	return !in_use;
}

void scannables_settle(struct graph *graph)
{
	bool some = false;

	for (; graph->scannables_judged < graph->scannable_count; graph->scannables_judged++) {
		struct graph_resource *scannable =
		    graph_find(graph, graph->scannables[graph->scannables_judged]);

		if (scannable != NULL && judge(graph, scannable))
			some = true;
	}
	if (some)
		votes_expire(graph);
}
