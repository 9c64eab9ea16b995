/* SPDX-License-Identifier: MIT */
/*
 * Parent links, and who reports links and resources.
 */
#include "graph/graph_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* ---- reporters ---- */

static bool is_reporter(const record_id *reporters, uint32_t count, record_id reporter)
{
	for (uint32_t i = 0; i < count; i++)
		if (reporters[i] == reporter)
			return true;
	return false;
}

static void append_reporter(record_id **reporters, uint32_t *count, record_id reporter)
{
	*reporters = xreallocarray(*reporters, *count + 1, sizeof(**reporters));
	(*reporters)[(*count)++] = reporter;
}

static bool take_reporter(record_id *reporters, uint32_t *count, record_id reporter)
{
	for (uint32_t i = 0; i < *count; i++) {
		if (reporters[i] != reporter)
			continue;
		reporters[i] = reporters[--*count];
		return true;
	}
	return false;
}

bool resource_needs_reporter(const struct graph_resource *resource)
{
	return resource->scope == NULL && !resource->class->scannable;
}

bool resource_has_reporter(
    const struct graph_resource *resource, const struct graph_resource *scannable)
{
	return is_reporter(resource->reporters, resource->reporter_count, scannable->id);
}

bool reporter_add(
    struct graph *graph, struct graph_resource *resource, struct graph_resource *scannable)
{
	if (resource_has_reporter(resource, scannable))
		return false;
	append_reporter(&resource->reporters, &resource->reporter_count, scannable->id);
	id_list_add(graph, &scannable->reported, scannable, resource->id, resource_has_reporter);
	changes_add_reporter(graph, resource->id, scannable->id);
	return true;
}

bool reporter_drop(
    struct graph *graph, struct graph_resource *resource, struct graph_resource *scannable)
{
	if (!take_reporter(resource->reporters, &resource->reporter_count, scannable->id))
		return false;
	if (resource->reporter_count == 0)
		return true;
	changes_drop_reporter(graph, resource->id, scannable->id);
	links_drop_reporter(graph, resource, scannable->id);
	return false;
}

/* ---- links ---- */

struct graph_link *link_find(
    const struct graph_resource *child, const struct graph_resource *parent)
{
	struct graph_link *link;

	if (child->parent_count <= parent->child_count) {
		TAILQ_FOREACH (link, &child->parents, in_child)
			if (link->parent == parent)
				return link;
	} else {
		TAILQ_FOREACH (link, &parent->children, in_parent)
			if (link->child == child)
				return link;
	}
	return NULL;
}

/* Resources whose parents are still to be looked at. */
struct ascent {
	struct graph_resource **resources;
	size_t count, capacity;
};

static void ascend(struct graph *graph, struct ascent *ascent, struct graph_resource *resource)
{
	if (resource->mark == graph->mark)
		return;
	resource->mark = graph->mark;
	ascent->resources =
	    xgrow(ascent->resources, ascent->count, &ascent->capacity, sizeof(*ascent->resources));
	ascent->resources[ascent->count++] = resource;
}

/* Whether the resource is the other one or above it. */
static bool is_above(
    struct graph *graph, const struct graph_resource *resource, struct graph_resource *other)
{
	struct ascent ascent = {NULL, 0, 0};
	const struct graph_link *link;

	if (resource == other)
		return true;
	if (TAILQ_EMPTY(&resource->children) || TAILQ_EMPTY(&other->parents))
		return false;
	graph->mark++;
	ascend(graph, &ascent, other);
	while (ascent.count > 0 && resource->mark != graph->mark) {
		struct graph_resource *next = ascent.resources[--ascent.count];

		TAILQ_FOREACH (link, &next->parents, in_child)
			ascend(graph, &ascent, link->parent);
	}
	free(ascent.resources);
	return resource->mark == graph->mark;
}

static struct graph_link *link_new(struct graph_resource *child, struct graph_resource *parent)
{
	struct graph_link *link = xcalloc(1, sizeof(*link));

	link->child = child;
	link->parent = parent;
	TAILQ_INSERT_TAIL(&child->parents, link, in_child);
	TAILQ_INSERT_TAIL(&parent->children, link, in_parent);
	child->parent_count++;
	parent->child_count++;
	return link;
}

void link_add(struct graph *graph, struct graph_resource *child, struct graph_resource *parent,
    record_id reporter)
{
	struct graph_link *link = link_find(child, parent);

	if (link != NULL && link_has_reporter(link, reporter))
		return;
	if (link == NULL && is_above(graph, child, parent)) {
		graph_warn(graph, child->class->plugin,
		    graph->actor != NULL ? graph_name(graph->actor) : NULL,
		    "\"%s\" can't be a parent of \"%s\", which is an ancestor of it: left out",
		    graph_name(parent), graph_name(child));
		return;
	}
	if (link == NULL)
		link = link_new(child, parent);
	append_reporter(&link->reporters, &link->reporter_count, reporter);
	changes_add_parent(graph, link, reporter);
}

bool link_has_reporter(const struct graph_link *link, record_id reporter)
{
	return is_reporter(link->reporters, link->reporter_count, reporter);
}

void link_drop(struct graph *graph, struct graph_link *link, record_id reporter)
{
	if (!take_reporter(link->reporters, &link->reporter_count, reporter))
		return;
	changes_drop_parent(graph, link, reporter);
	if (link->reporter_count == 0)
		link_free(link);
}

void link_free(struct graph_link *link)
{
	TAILQ_REMOVE(&link->child->parents, link, in_child);
	TAILQ_REMOVE(&link->parent->children, link, in_parent);
	link->child->parent_count--;
	link->parent->child_count--;
	free(link->reporters);
	free(link);
}

void links_drop_reporter(struct graph *graph, struct graph_resource *resource, record_id reporter)
{
	struct graph_link *link, *next;

	for (link = TAILQ_FIRST(&resource->parents); link != NULL; link = next) {
		next = TAILQ_NEXT(link, in_child);
		link_drop(graph, link, reporter);
	}
	for (link = TAILQ_FIRST(&resource->children); link != NULL; link = next) {
		next = TAILQ_NEXT(link, in_parent);
		link_drop(graph, link, reporter);
	}
}
