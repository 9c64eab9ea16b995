/* SPDX-License-Identifier: MIT */
/*
 * Parents come before their children in an order of all resources, which is kept up to date link by
 * link (as Pearce and Kelly do): a new link that agrees with it costs nothing, another one a look
 * at what lies between its two ends. What would close a loop shows on the way.
 */
#include "graph/graph_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* A resource that was reached, and from where: the place of that one, and the link. */
struct step {
	struct graph_resource *resource;
	struct graph_link *link;
	size_t from;
};

struct region {
	struct step *steps;
	size_t count, capacity;
};

static void reach(struct graph *graph, struct region *region, struct graph_resource *resource,
    struct graph_link *link, size_t from)
{
	if (resource->mark == graph->mark)
		return;
	resource->mark = graph->mark;
	region->steps =
	    xgrow(region->steps, region->count, &region->capacity, sizeof(*region->steps));
	region->steps[region->count++] = (struct step){resource, link, from};
}

/* Marks the links of the path that ends with this step. */
static void mark_path(const struct region *region, size_t last)
{
	for (size_t i = last; region->steps[i].link != NULL; i = region->steps[i].from)
		region->steps[i].link->blocks = true;
}

/*
 * Gathers the child and its descendants as far as they come before the parent. Returns false, with
 * the path marked, if that is one of them.
 */
static bool gather_below(struct graph *graph, struct region *below, struct graph_resource *child,
    struct graph_resource *parent)
{
	struct graph_link *link;

	graph->mark++;
	reach(graph, below, child, NULL, 0);
	for (size_t i = 0; i < below->count; i++) {
		TAILQ_FOREACH (link, &below->steps[i].resource->children, in_parent) {
			if (link->child->order <= parent->order)
				reach(graph, below, link->child, link, i);
			if (link->child != parent)
				continue;
			mark_path(below, below->count - 1);
			return false;
		}
	}
	return true;
}

/* Gathers the parent and its ancestors as far as they come after the child. */
static void gather_above(struct graph *graph, struct region *above, struct graph_resource *child,
    struct graph_resource *parent)
{
	struct graph_link *link;

	graph->mark++;
	reach(graph, above, parent, NULL, 0);
	for (size_t i = 0; i < above->count; i++)
		TAILQ_FOREACH (link, &above->steps[i].resource->parents, in_child)
			if (link->parent->order > child->order)
				reach(graph, above, link->parent, link, i);
}

static int compare_steps(const void *a, const void *b)
{
	uint64_t left = ((const struct step *)a)->resource->order;
	uint64_t right = ((const struct step *)b)->resource->order;

	return left < right ? -1 : left > right;
}

static int compare_places(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a;
	uint64_t right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* Gives the places of both regions out anew: first to what is above, then to what is below. */
static void reorder(struct region *above, struct region *below)
{
	size_t count = above->count + below->count;
	uint64_t *places = xcalloc(count, sizeof(*places));

	assert(above->steps != NULL && below->steps != NULL);
	qsort(above->steps, above->count, sizeof(*above->steps), compare_steps);
	qsort(below->steps, below->count, sizeof(*below->steps), compare_steps);
	for (size_t i = 0; i < above->count; i++)
		places[i] = above->steps[i].resource->order;
	for (size_t i = 0; i < below->count; i++)
		places[above->count + i] = below->steps[i].resource->order;
	qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 0; i < above->count; i++)
		above->steps[i].resource->order = places[i];
	for (size_t i = 0; i < below->count; i++)
		below->steps[i].resource->order = places[above->count + i];
	free(places);
}

bool order_link(struct graph *graph, struct graph_resource *child, struct graph_resource *parent)
{
	struct region below = {NULL, 0, 0};
	struct region above = {NULL, 0, 0};
	bool possible;

	if (child == parent)
		return false;
	if (parent->order < child->order)
		return true;
	possible = gather_below(graph, &below, child, parent);
	if (possible) {
		gather_above(graph, &above, child, parent);
		reorder(&above, &below);
	}
	free(below.steps);
	free(above.steps);
	return possible;
}

/* ---- all of it at once ---- */

/* Resources without parents that are not in order yet, then all that are, in order. */
struct sequence {
	struct graph_resource **resources;
	size_t count;
};

/* Sets each resource's place to the number of its parents; takes those without any. */
static void begin_sequence(struct graph *graph, struct sequence *sequence)
{
	const struct graph_class *class;
	struct graph_resource *resource;

	for (class = graph->classes_by_id; class != NULL; class = class->by_id.next) {
		TAILQ_FOREACH (resource, &class->resources, in_class) {
			resource->order = resource->parent_count;
			if (resource->order == 0)
				sequence->resources[sequence->count++] = resource;
		}
	}
}

static void follow_sequence(struct graph *graph, struct sequence *sequence)
{
	const struct graph_link *link;

	graph->mark++;
	for (size_t i = 0; i < sequence->count; i++) {
		struct graph_resource *resource = sequence->resources[i];

		resource->mark = graph->mark;
		resource->order = ++graph->last_order;
		TAILQ_FOREACH (link, &resource->children, in_parent)
			if (--link->child->order == 0)
				sequence->resources[sequence->count++] = link->child;
	}
}

/*
 * Gives places to what is in a loop, or below one. The links to parents of these are taken out, and
 * then added one by one.
 */
static void end_sequence(struct graph *graph, struct sequence *sequence)
{
	struct graph_link_list loose = TAILQ_HEAD_INITIALIZER(loose);
	size_t in_order = sequence->count;
	const struct graph_class *class;
	struct graph_resource *resource;

	for (class = graph->classes_by_id; class != NULL; class = class->by_id.next)
		TAILQ_FOREACH (resource, &class->resources, in_class)
			if (resource->mark != graph->mark)
				sequence->resources[sequence->count++] = resource;
	for (size_t i = in_order; i < sequence->count; i++) {
		sequence->resources[i]->order = ++graph->last_order;
		links_take_out(graph, sequence->resources[i], &loose);
	}
	links_put_back(graph, &loose);
}

void order_restore(struct graph *graph)
{
	struct sequence sequence = {NULL, 0};

	sequence.resources = xcalloc(graph_resource_count(graph) + 1, sizeof(*sequence.resources));
	begin_sequence(graph, &sequence);
	follow_sequence(graph, &sequence);
	if (sequence.count < graph_resource_count(graph))
		end_sequence(graph, &sequence);
	free(sequence.resources);
}
