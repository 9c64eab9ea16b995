/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void removal_add(struct removal *removal, struct graph_resource *resource)
{
	if (resource->going)
		return;
	resource->going = true;
	removal->resources = xgrow(
	    removal->resources, removal->count, &removal->capacity, sizeof(*removal->resources));
	removal->resources[removal->count++] = resource;
}

/* Removes a resource that can't be any more; a scannable may have a session, which ends first. */
static void give_up(struct graph *graph, struct removal *removal, struct graph_resource *resource)
{
	if (resource->class->scannable)
		scannable_depart(graph, resource);
	else
		removal_add(removal, resource);
}

/* Clears the references of a resource to one that is removed, or removes it too. */
static void end_references(struct graph *graph, struct removal *removal,
    struct graph_resource *resource, const struct graph_resource *target)
{
	for (size_t i = 0; i < resource->class->class->attribute_count; i++) {
		const struct value *value = &resource->values[i];
		struct value null = VALUE_NULL_INIT;

		if (value->type != VALUE_REFERENCE || value->reference != (uint64_t)target->id)
			continue;
		if (reference_is_vital(resource, i)) {
			give_up(graph, removal, resource);
			return;
		}
		resource_set(graph, resource, i, &null);
	}
}

static void add_referrers(
    struct graph *graph, struct removal *removal, const struct graph_resource *target)
{
	for (uint32_t i = 0; i < target->extras->referrers.count; i++) {
		struct graph_resource *resource =
		    graph_find(graph, target->extras->referrers.ids[i]);

		if (resource != NULL && !resource->going && resource_refers_to(resource, target))
			end_references(graph, removal, resource, target);
	}
}

/* What a scannable leaves behind: resources of its own, and reports of others. */
static void add_owned(
    struct graph *graph, struct removal *removal, struct graph_resource *scannable)
{
	struct graph_resource *resource;

	TAILQ_FOREACH (resource, &scannable->extras->scoped, in_scope)
		removal_add(removal, resource);
	for (uint32_t i = 0; i < scannable->extras->reported.count; i++) {
		resource = graph_find(graph, scannable->extras->reported.ids[i]);
		if (resource != NULL && reporter_drop(graph, resource, scannable))
			removal_add(removal, resource);
	}
}

static void end_alerts(struct graph *graph, struct graph_resource *resource)
{
	struct graph_alert *alert;

	while ((alert = TAILQ_FIRST(&resource->alerts)) != NULL)
		alert_clear(graph, alert);
}

/* The database removes the links of a resource with it, so they need no rows of their own. */
static void free_links(struct graph *graph, struct graph_resource *resource)
{
	struct graph_link *link;

	while ((link = TAILQ_FIRST(&resource->parents)) != NULL)
		link_free(graph, link);
	while ((link = TAILQ_FIRST(&resource->children)) != NULL)
		link_free(graph, link);
}

static void leave_scope(struct graph_resource *scope)
{
	struct graph_resource *resource;

	while ((resource = TAILQ_FIRST(&scope->extras->scoped)) != NULL) {
		assert(resource->going);
		TAILQ_REMOVE(&scope->extras->scoped, resource, in_scope);
		resource->scope = NULL;
	}
}

static void remove_one(struct graph *graph, struct graph_resource *resource)
{
	notice_resource(graph, "disappeared", resource);
	free_links(graph, resource);
	leave_scope(resource);
	if (resource->stored)
		changes_add_removed(graph, resource->id);
	if (resource->stored && resource->class->scannable)
		changes_forget_offline(graph, resource->id);
	if (graph->actor == resource)
		graph->actor = NULL;
	resource_free(graph, resource);
}

void removal_run(struct graph *graph, struct removal *removal)
{
	for (size_t i = 0; i < removal->count; i++) {
		add_owned(graph, removal, removal->resources[i]);
		add_referrers(graph, removal, removal->resources[i]);
	}
	for (size_t i = 0; i < removal->count; i++)
		end_alerts(graph, removal->resources[i]);
	links_forget_refused(graph);
	for (size_t i = 0; i < removal->count; i++)
		remove_one(graph, removal->resources[i]);
	free(removal->resources);
	*removal = (struct removal){NULL, 0, 0};
}
