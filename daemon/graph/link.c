/* SPDX-License-Identifier: MIT */
/*
 * Parent links, and who reports links and resources.
 */
#include "graph/graph_internal.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- reporters ---- */

const record_id *graph_reporters(const struct reporters *reporters)
{
	return reporters->count > 1 ? reporters->many : &reporters->one;
}

static bool has_reporter(const struct reporters *reporters, record_id reporter)
{
	const record_id *ids = graph_reporters(reporters);

	for (uint32_t i = 0; i < reporters->count; i++)
		if (ids[i] == reporter)
			return true;
	return false;
}

static void append_reporter(struct reporters *reporters, record_id reporter)
{
	uint32_t count = reporters->count;
	record_id *many = count > 1 ? reporters->many : NULL;

	reporters->count++;
	if (count == 0) {
		reporters->one = reporter;
		return;
	}
	many = xreallocarray(many, count + 1, sizeof(*many));
	if (count == 1)
		many[0] = reporters->one;
	many[count] = reporter;
	reporters->many = many;
}

static bool take_reporter(struct reporters *reporters, record_id reporter)
{
	record_id *many = reporters->many;
	uint32_t place = 0;

	if (!has_reporter(reporters, reporter))
		return false;
	reporters->count--;
	if (reporters->count == 0)
		return true;
	while (many[place] != reporter)
		place++;
	many[place] = many[reporters->count];
	if (reporters->count > 1)
		return true;
	reporters->one = many[0];
	free(many);
	return true;
}

void reporters_clear(struct reporters *reporters)
{
	if (reporters->count > 1)
		free(reporters->many);
	reporters->count = 0;
}

bool resource_needs_reporter(const struct graph_resource *resource)
{
	return resource->scope == NULL && !resource->class->scannable;
}

bool resource_has_reporter(
    const struct graph_resource *resource, const struct graph_resource *scannable)
{
	return has_reporter(&resource->reporters, scannable->id);
}

bool reporter_add(
    struct graph *graph, struct graph_resource *resource, struct graph_resource *scannable)
{
	if (resource_has_reporter(resource, scannable))
		return false;
	append_reporter(&resource->reporters, scannable->id);
	scannable_changed(graph, resource);
	id_list_add(graph, &resource_extras(scannable)->reported, scannable, resource->id,
	    resource_has_reporter);
	changes_add_reporter(graph, resource->id, scannable->id);
	return true;
}

bool reporter_drop(
    struct graph *graph, struct graph_resource *resource, struct graph_resource *scannable)
{
	if (!take_reporter(&resource->reporters, scannable->id))
		return false;
	if (resource->reporters.count == 0 && resource_needs_reporter(resource))
		return true;
	scannable_changed(graph, resource);
	changes_drop_reporter(graph, resource->id, scannable->id);
	links_drop_reporter(graph, resource, scannable->id);
	votes_withdraw(graph, resource, scannable);
	return false;
}

/* ---- refused links: by their two ends, for they are in the lists of neither ---- */

struct pair {
	const struct graph_resource *child, *parent;
};

static uint32_t hash_pair(const struct pair *pair)
{
	return 31 * index_hash_id(pair->child->id) + index_hash_id(pair->parent->id);
}

static bool is_pair(const void *item, const void *key)
{
	const struct graph_link *link = item;
	const struct pair *pair = key;

	return link->child == pair->child && link->parent == pair->parent;
}

static struct graph_link *refused_find(const struct graph *graph,
    const struct graph_resource *child, const struct graph_resource *parent)
{
	struct pair pair = {child, parent};

	if (TAILQ_EMPTY(&graph->refused))
		return NULL;
	return index_find(&graph->refused_by_pair, hash_pair(&pair), is_pair, &pair);
}

static void refused_add(struct graph *graph, struct graph_link *link)
{
	struct pair pair = {link->child, link->parent};

	link->refused = true;
	link->child->has_refused = link->parent->has_refused = true;
	TAILQ_INSERT_TAIL(&graph->refused, link, in_child);
	index_add(&graph->refused_by_pair, hash_pair(&pair), link);
}

static void refused_take(struct graph *graph, struct graph_link *link)
{
	struct pair pair = {link->child, link->parent};

	link->refused = false;
	TAILQ_REMOVE(&graph->refused, link, in_child);
	index_remove(&graph->refused_by_pair, hash_pair(&pair), link);
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

struct graph_link *link_find_any(const struct graph *graph, const struct graph_resource *child,
    const struct graph_resource *parent)
{
	struct graph_link *link = link_find(child, parent);

	return link != NULL ? link : refused_find(graph, child, parent);
}

static void enlist(struct graph *graph, struct graph_link *link)
{
	TAILQ_INSERT_TAIL(&link->child->parents, link, in_child);
	TAILQ_INSERT_TAIL(&link->parent->children, link, in_parent);
	link->child->parent_count++;
	link->parent->child_count++;
	scannable_changed(graph, link->child);
	volumes_linked(graph, link);
}

static void unlist(struct graph *graph, struct graph_link *link)
{
	TAILQ_REMOVE(&link->child->parents, link, in_child);
	TAILQ_REMOVE(&link->parent->children, link, in_parent);
	link->child->parent_count--;
	link->parent->child_count--;
	scannable_changed(graph, link->child);
	volumes_unlinked(graph, link);
}

static void warn_refused(struct graph *graph, const struct graph_link *link, record_id reporter)
{
	const struct graph_resource *actor = reporter != RELATION ? graph->actor : NULL;

	graph_warn(graph, link->child->class->plugin, actor != NULL ? graph_name(actor) : NULL,
	    "\"%s\" can't be a parent of \"%s\"%s, which is an ancestor of it: left out until "
	    "that changes",
	    graph_name(link->parent), graph_name(link->child),
	    reporter == RELATION ? " by a relation" : "");
}

/* The order of what is restored is made when all is there. */
static struct graph_link *link_new(struct graph *graph, struct graph_resource *child,
    struct graph_resource *parent, record_id reporter)
{
	struct graph_link *link = xcalloc(1, sizeof(*link));

	link->child = child;
	link->parent = parent;
	if (!graph->restored || order_link(graph, child, parent)) {
		enlist(graph, link);
		causes_add_link(graph, link);
	} else {
		refused_add(graph, link);
		warn_refused(graph, link, reporter);
	}
	return link;
}

struct graph_link *link_add(struct graph *graph, struct graph_resource *child,
    struct graph_resource *parent, record_id reporter)
{
	struct graph_link *link = link_find_any(graph, child, parent);

	if (link == NULL)
		link = link_new(graph, child, parent, reporter);
	if (link_has_reporter(link, reporter))
		return link;
	append_reporter(&link->reporters, reporter);
	if (!link->refused)
		changes_add_parent(graph, link, reporter);
	return link;
}

bool link_has_reporter(const struct graph_link *link, record_id reporter)
{
	return has_reporter(&link->reporters, reporter);
}

void link_drop(struct graph *graph, struct graph_link *link, record_id reporter)
{
	if (!take_reporter(&link->reporters, reporter))
		return;
	if (!link->refused)
		changes_drop_parent(graph, link, reporter);
	if (link->reporters.count == 0)
		link_free(graph, link);
}

void link_free(struct graph *graph, struct graph_link *link)
{
	if (link->refused)
		refused_take(graph, link);
	else
		unlist(graph, link);
	causes_drop_link(graph, link);
	graph->unblocked |= link->blocks;
	reporters_clear(&link->reporters);
	free(link);
}

/* Takes the reporter from the refused links of a resource. */
static void refused_drop_reporter(
    struct graph *graph, const struct graph_resource *resource, record_id reporter)
{
	struct graph_link *link, *next;

	for (link = TAILQ_FIRST(&graph->refused); link != NULL; link = next) {
		next = TAILQ_NEXT(link, in_child);
		if (link->child == resource || link->parent == resource)
			link_drop(graph, link, reporter);
	}
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
	if (resource->has_refused)
		refused_drop_reporter(graph, resource, reporter);
}

void links_forget_refused(struct graph *graph)
{
	struct graph_link *link, *next;

	for (link = TAILQ_FIRST(&graph->refused); link != NULL; link = next) {
		next = TAILQ_NEXT(link, in_child);
		if (link->child->going || link->parent->going)
			link_free(graph, link);
	}
}

/* Has a link that was refused until now, if nothing stands against it any more. */
static void retry(struct graph *graph, struct graph_link *link)
{
	if (!order_link(graph, link->child, link->parent))
		return;
	refused_take(graph, link);
	enlist(graph, link);
	causes_add_link(graph, link);
	for (uint32_t i = 0; i < link->reporters.count; i++)
		changes_add_parent(graph, link, graph_reporters(&link->reporters)[i]);
}

void links_retry(struct graph *graph)
{
	struct graph_link *link, *next;

	if (!graph->unblocked)
		return;
	graph->unblocked = false;
	for (link = TAILQ_FIRST(&graph->refused); link != NULL; link = next) {
		next = TAILQ_NEXT(link, in_child);
		retry(graph, link);
	}
}

/* ---- links that were stored and close a loop ---- */

void links_take_out(
    struct graph *graph, struct graph_resource *resource, struct graph_link_list *loose)
{
	struct graph_link *link;

	while ((link = TAILQ_FIRST(&resource->parents)) != NULL) {
		unlist(graph, link);
		TAILQ_INSERT_TAIL(loose, link, in_child);
	}
}

static void put_back(struct graph *graph, struct graph_link *link)
{
	if (order_link(graph, link->child, link->parent)) {
		enlist(graph, link);
		causes_add_link(graph, link);
		return;
	}
	for (uint32_t i = 0; i < link->reporters.count; i++)
		changes_drop_parent(graph, link, graph_reporters(&link->reporters)[i]);
	refused_add(graph, link);
	warn_refused(graph, link, graph_reporters(&link->reporters)[0]);
}

void links_put_back(struct graph *graph, struct graph_link_list *loose)
{
	struct graph_link *link;

	while ((link = TAILQ_FIRST(loose)) != NULL) {
		TAILQ_REMOVE(loose, link, in_child);
		put_back(graph, link);
	}
}
