/* SPDX-License-Identifier: MIT */
/*
 * Causes: each resource knows the nearest alert among its ancestors, and that one's root cause; and
 * the silence that it is under, which spreads in the same way, but from the resource itself. What a
 * resource has follows from what its parents have and nothing else, so a change spreads to children
 * only as far as it makes a difference; parents are judged before their children, each resource
 * once. Causes are stored with the alerts rather than found by those who read the database: a
 * transaction that raises 85 alerts writes these rows in any case, and readers, who fold alerts on
 * every page, would walk the graph upwards from each of them.
 */
#include "graph/graph_internal.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- what is to be judged anew ---- */

static void mark_pending(struct graph *graph, struct graph_resource *resource)
{
	if (resource->cause_pending || !graph->restored)
		return;
	resource->cause_pending = true;
	graph->cause_pending = xgrow(graph->cause_pending, graph->cause_pending_count,
	    &graph->cause_pending_capacity, sizeof(*graph->cause_pending));
	graph->cause_pending[graph->cause_pending_count++] = resource->id;
}

void causes_change_alerts(struct graph *graph, struct graph_resource *resource)
{
	resource->alerts_changed = true;
	mark_pending(graph, resource);
}

void causes_change_silences(struct graph *graph, struct graph_resource *resource)
{
	mark_pending(graph, resource);
}

void causes_add_link(struct graph *graph, const struct graph_link *link)
{
	if (link->parent->cause != NULL || !TAILQ_EMPTY(&link->parent->alerts))
		mark_pending(graph, link->child);
}

void causes_drop_link(struct graph *graph, const struct graph_link *link)
{
	if (link->child->cause != NULL)
		mark_pending(graph, link->child);
}

void causes_change_class(struct graph *graph, const struct graph_class *class)
{
	const struct graph_alert *alert;

	TAILQ_FOREACH (alert, &graph->active_alerts, in_active)
		if (alert->resource->class == class)
			causes_change_alerts(graph, alert->resource);
}

void causes_restore(struct graph *graph)
{
	const struct graph_alert *alert;

	TAILQ_FOREACH (alert, &graph->active_alerts, in_active)
		causes_change_alerts(graph, alert->resource);
	silences_restored(graph);
	causes_settle(graph);
}

/* ---- resources to be judged, the first in the order of the graph on top ---- */

struct heap {
	struct graph_resource **items;
	size_t count, capacity;
};

static void heap_push(struct heap *heap, struct graph_resource *resource)
{
	size_t place = heap->count;

	heap->items =
	    xgrow(heap->items, heap->count, &heap->capacity, sizeof(struct graph_resource *));
	heap->count++;
	for (; place > 0; place = (place - 1) / 2) {
		struct graph_resource *above = heap->items[(place - 1) / 2];

		if (above->order <= resource->order)
			break;
		heap->items[place] = above;
	}
	heap->items[place] = resource;
}

static struct graph_resource *heap_pop(struct heap *heap)
{
	struct graph_resource *top = heap->items[0];
	struct graph_resource *last = heap->items[--heap->count];
	size_t place = 0;

	for (size_t below = 1; below < heap->count; below = 2 * place + 1) {
		if (below + 1 < heap->count &&
		    heap->items[below + 1]->order < heap->items[below]->order)
			below++;
		if (last->order <= heap->items[below]->order)
			break;
		heap->items[place] = heap->items[below];
		place = below;
	}
	heap->items[place] = last;
	return top;
}

static void push_children(struct heap *heap, const struct graph_resource *resource)
{
	const struct graph_link *link;

	TAILQ_FOREACH (link, &resource->children, in_parent) {
		if (link->child->cause_pending)
			continue;
		link->child->cause_pending = true;
		heap_push(heap, link->child);
	}
}

/* ---- judging ---- */

/* Whether of two alerts that are equally near one is the cause: the worse, else the older. */
static bool alert_precedes(const struct graph_alert *alert, const struct graph_alert *other)
{
	if (alert->row.severity != other->row.severity)
		return alert->row.severity > other->row.severity;
	if (alert->row.begin.us != other->row.begin.us)
		return alert->row.begin.us < other->row.begin.us;
	return alert->row.id < other->row.id;
}

/* The alert by which a resource is a cause of others; what nobody can see is none. */
static struct graph_alert *leading_alert(const struct graph_resource *resource)
{
	struct graph_alert *alert, *leading = NULL;

	if (!resource->class->shown)
		return NULL;
	TAILQ_FOREACH (alert, &resource->alerts, in_resource)
		if (leading == NULL || alert_precedes(alert, leading))
			leading = alert;
	return leading;
}

/* What a parent gives its children for a cause. */
static struct graph_cause cause_through(const struct graph_resource *parent)
{
	struct graph_alert *alert = leading_alert(parent);
	struct graph_cause cause = {NULL, NULL, 0, NULL};

	if (parent->cause != NULL)
		cause = *parent->cause;
	if (alert != NULL)
		return (struct graph_cause){
		    alert, cause.root != NULL ? cause.root : alert, 1, cause.silence};
	cause.distance += cause.nearest != NULL;
	return cause;
}

static struct graph_cause find_cause(
    const struct graph *graph, const struct graph_resource *resource)
{
	const struct graph_silence *silence = silence_of_own(graph, resource);
	struct graph_cause best = {NULL, NULL, 0, NULL};
	const struct graph_link *link;

	TAILQ_FOREACH (link, &resource->parents, in_child) {
		struct graph_cause cause = cause_through(link->parent);

		if (silence_outlasts(cause.silence, silence))
			silence = cause.silence;
		if (cause.nearest == NULL)
			continue;
		if (best.nearest == NULL || cause.distance < best.distance ||
		    (cause.distance == best.distance &&
		        alert_precedes(cause.nearest, best.nearest)))
			best = cause;
	}
	best.silence = silence;
	return best;
}

static void keep_cause(struct graph_resource *resource, const struct graph_cause *cause)
{
	if (cause->nearest == NULL && cause->silence == NULL) {
		free(resource->cause);
		resource->cause = NULL;
		return;
	}
	if (resource->cause == NULL)
		resource->cause = xcalloc(1, sizeof(*resource->cause));
	*resource->cause = *cause;
}

static void name_cause(
    struct graph *graph, struct graph_alert *alert, const struct graph_cause *cause)
{
	record_id nearest = cause->nearest != NULL ? cause->nearest->row.id : 0;
	record_id root = cause->root != NULL ? cause->root->row.id : alert->row.id;
	record_id silence = cause->silence != NULL ? cause->silence->row.id : 0;

	if (alert->row.cause_id == nearest && alert->row.root_cause_id == root &&
	    alert->row.silence_id == silence)
		return;
	alert->row.silence_id = silence;
	alert->row.cause_id = nearest;
	alert->row.root_cause_id = root;
	alert_touch(graph, alert);
}

/* Judges a resource whose parents are right, and has its children judged if they can see it. */
static void judge(struct graph *graph, struct heap *heap, struct graph_resource *resource)
{
	struct graph_cause now = find_cause(graph, resource), before = {NULL, NULL, 0, NULL};
	bool alerts_changed = resource->alerts_changed;
	struct graph_alert *alert;

	if (resource->cause != NULL)
		before = *resource->cause;
	resource->cause_pending = resource->alerts_changed = false;
	if (!alerts_changed && now.nearest == before.nearest && now.root == before.root &&
	    now.distance == before.distance && now.silence == before.silence)
		return;
	keep_cause(resource, &now);
	TAILQ_FOREACH (alert, &resource->alerts, in_resource)
		name_cause(graph, alert, &now);
	/* An alert of its own hides from the children what is further up, but for the root. */
	if (alerts_changed || now.root != before.root || now.silence != before.silence ||
	    leading_alert(resource) == NULL)
		push_children(heap, resource);
}

void causes_settle(struct graph *graph)
{
	struct heap heap = {NULL, 0, 0};

	for (size_t i = 0; i < graph->cause_pending_count; i++) {
		struct graph_resource *resource = graph_find(graph, graph->cause_pending[i]);

		if (resource != NULL)
			heap_push(&heap, resource);
	}
	graph->cause_pending_count = 0;
	while (heap.count > 0)
		judge(graph, &heap, heap_pop(&heap));
	free(heap.items);
	silences_free_ended(graph);
	notices_settle(graph);
}

void causes_free(struct graph *graph)
{
	free(graph->cause_pending);
}
