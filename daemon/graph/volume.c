/* SPDX-License-Identifier: MIT */
/*
 * Which volumes a change concerns. Everything is only noted here; volumes_settle() works it out
 * once, however much changed.
 */
#include "graph/volume_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "base/memory.h"

void id_queue_add(struct id_queue *queue, record_id id)
{
	queue->ids = xgrow(queue->ids, queue->count, &queue->capacity, sizeof(*queue->ids));
	queue->ids[queue->count++] = id;
}

const struct value *resource_value(
    const struct graph_resource *resource, const char *attribute, enum value_type type)
{
	const struct class *class = resource->class->class;
	size_t index = class != NULL ? class_find_attribute(class, attribute) : CLASS_NOT_FOUND;

	if (index == CLASS_NOT_FOUND || resource->values == NULL ||
	    resource->values[index].type != type)
		return NULL;
	return &resource->values[index];
}

/* ---- kinds ---- */

static unsigned kinds_of(enum builtin builtin)
{
	static const unsigned kinds[BUILTIN_END] = {
	    [BUILTIN_LOGICAL_DRIVE] = KIND_DRIVE,
	    [BUILTIN_LOGICAL_DRIVE_SLICE] = KIND_SLICE,
	    [BUILTIN_LOGICAL_DRIVE_OCCUPIER] = KIND_OCCUPIER,
	    [BUILTIN_DEVICE_NODE] = KIND_NODE,
	    [BUILTIN_PATH_WEIGHT] = KIND_WEIGHT,
	    [BUILTIN_VIRTUAL_MACHINE] = KIND_MACHINE,
	};
	unsigned all = 0;

	for (; builtin != BUILTIN_NONE; builtin = builtin_parent(builtin))
		all |= kinds[builtin];
	return all;
}

static enum builtin builtin_of_name(const char *name)
{
	for (enum builtin builtin = BUILTIN_NONE + 1; builtin < BUILTIN_END; builtin++)
		if (strcmp(builtin_name(builtin), name) == 0)
			return builtin;
	return BUILTIN_NONE;
}

/* The names of built-in classes are those without a plugin's; the nearest comes first. */
void volumes_restore_class(struct graph_class *class, const char *ancestry)
{
	struct json_object *names = ancestry != NULL ? json_tokener_parse(ancestry) : NULL;
	enum builtin builtin = BUILTIN_NONE;

	if (json_object_is_type(names, json_type_array))
		for (size_t i = 0; i < json_object_array_length(names) && builtin == BUILTIN_NONE;
		     i++)
			builtin = builtin_of_name(
			    json_object_get_string(json_object_array_get_idx(names, i)));
	json_object_put(names);
	class->kinds = kinds_of(builtin);
}

/* ---- traits ---- */

struct walk {
	struct graph_resource **resources;
	size_t count, capacity;
};

static void walk_add(struct walk *walk, struct graph_resource *resource)
{
	walk->resources =
	    xgrow(walk->resources, walk->count, &walk->capacity, sizeof(*walk->resources));
	walk->resources[walk->count++] = resource;
}

/* What a child inherits from this parent. */
static unsigned traits_below(const struct graph_resource *parent)
{
	unsigned traits = parent->traits & (TRAIT_BELOW_DRIVE | TRAIT_BELOW_WEIGHT);

	if (is_kind(parent, KIND_DRIVE))
		traits |= TRAIT_BELOW_DRIVE;
	if (is_kind(parent, KIND_WEIGHT))
		traits |= TRAIT_BELOW_WEIGHT;
	return traits;
}

static bool shows_occupier(const struct graph_resource *child)
{
	return is_kind(child, KIND_OCCUPIER) ||
	       (child->traits & TRAIT_ABOVE_OCCUPIER && !is_kind(child, KIND_DRIVE));
}

static void spread_down(struct graph_resource *child, unsigned traits)
{
	struct walk walk = {NULL, 0, 0};
	struct graph_link *link;

	walk_add(&walk, child);
	while (walk.count > 0) {
		struct graph_resource *resource = walk.resources[--walk.count];

		if ((resource->traits & traits) == traits)
			continue;
		resource->traits |= (uint8_t)traits;
		TAILQ_FOREACH (link, &resource->children, in_parent)
			walk_add(&walk, link->child);
	}
	free(walk.resources);
}

static void spread_up(struct graph_resource *parent)
{
	struct walk walk = {NULL, 0, 0};
	struct graph_link *link;

	walk_add(&walk, parent);
	while (walk.count > 0) {
		struct graph_resource *resource = walk.resources[--walk.count];

		if (resource->traits & TRAIT_ABOVE_OCCUPIER)
			continue;
		resource->traits |= TRAIT_ABOVE_OCCUPIER;
		if (is_kind(resource, KIND_DRIVE))
			continue;
		TAILQ_FOREACH (link, &resource->parents, in_child)
			walk_add(&walk, link->parent);
	}
	free(walk.resources);
}

/* ---- queues ---- */

void leaf_queue(struct graph *graph, struct graph_resource *resource)
{
	if (resource->traits & TRAIT_QUEUED)
		return;
	resource->traits |= TRAIT_QUEUED;
	id_queue_add(&graph->volumes->leaves, resource->id);
}

/* Has everything at and below a resource looked at when the operation ends. */
static void queue_below(struct graph *graph, struct graph_resource *resource)
{
	if (!graph->restored || resource->traits & TRAIT_SPREAD)
		return;
	resource->traits |= TRAIT_SPREAD;
	id_queue_add(&graph->volumes->roots, resource->id);
}

/* Queues the volumes of the nearest drives at and above a resource. */
static void queue_drives_above(struct graph *graph, struct graph_resource *resource)
{
	struct walk walk = {NULL, 0, 0};
	struct graph_link *link;

	graph->mark++;
	resource->mark = graph->mark;
	walk_add(&walk, resource);
	while (walk.count > 0) {
		struct graph_resource *at = walk.resources[--walk.count];

		if (is_kind(at, KIND_DRIVE)) {
			if (at->volume != NULL)
				volume_queue(graph, at->volume);
			continue;
		}
		TAILQ_FOREACH (link, &at->parents, in_child) {
			if (link->parent->mark == graph->mark)
				continue;
			link->parent->mark = graph->mark;
			walk_add(&walk, link->parent);
		}
	}
	free(walk.resources);
}

/* ---- what happens ---- */

static void note_link(
    struct graph *graph, struct graph_resource *child, struct graph_resource *parent)
{
	if (traits_below(parent) != 0)
		queue_below(graph, child);
	if (shows_occupier(child))
		queue_drives_above(graph, parent);
	if (is_kind(parent, KIND_NODE) && graph->restored)
		leaf_queue(graph, parent);
}

void volumes_linked(struct graph *graph, const struct graph_link *link)
{
	if (graph->volumes == NULL)
		return;
	if (traits_below(link->parent) != 0)
		spread_down(link->child, traits_below(link->parent));
	if (shows_occupier(link->child))
		spread_up(link->parent);
	note_link(graph, link->child, link->parent);
}

void volumes_unlinked(struct graph *graph, const struct graph_link *link)
{
	if (graph->volumes != NULL)
		note_link(graph, link->child, link->parent);
}

/* The class is something else to volumes than it was when its resources were linked. */
static void relink(struct graph *graph, struct graph_class *class)
{
	struct graph_resource *resource;
	struct graph_link *link;

	TAILQ_FOREACH (resource, &class->resources, in_class) {
		queue_below(graph, resource);
		queue_drives_above(graph, resource);
		if (resource->volume != NULL)
			volume_queue(graph, resource->volume);
		TAILQ_FOREACH (link, &resource->parents, in_child)
			volumes_linked(graph, link);
		TAILQ_FOREACH (link, &resource->children, in_parent)
			volumes_linked(graph, link);
	}
}

void volumes_declare(struct graph *graph, struct graph_class *class)
{
	unsigned kinds = kinds_of(class->class->builtin);

	if (class->kinds == kinds)
		return;
	class->kinds = kinds;
	relink(graph, class);
}

void volumes_appeared(struct graph *graph, struct graph_resource *resource)
{
	if (is_kind(resource, KIND_NODE))
		leaf_queue(graph, resource);
	if (is_kind(resource, KIND_DRIVE) && resource->volume != NULL)
		volume_queue(graph, resource->volume);
	if (is_kind(resource, KIND_MACHINE))
		machine_queue(graph, resource);
}

void volumes_changed(struct graph *graph, struct graph_resource *resource)
{
	volumes_appeared(graph, resource);
	if (is_kind(resource, KIND_WEIGHT))
		queue_below(graph, resource);
}

void volumes_reported(struct graph *graph, struct graph_resource *resource)
{
	if (!is_kind(resource, KIND_MACHINE))
		return;
	resource->traits |= TRAIT_TOLD;
	machine_queue(graph, resource);
}

/* The nodes of a scannable that stands for a server are where its label says. */
static void note_renamed_scannable(struct graph *graph, struct graph_resource *scannable)
{
	struct graph_resource *resource;

	TAILQ_FOREACH (resource, &scannable->extras->scoped, in_scope)
		if (resource->volume_node != NULL)
			leaf_queue(graph, resource);
}

void volumes_renamed(struct graph *graph, struct graph_resource *resource)
{
	if (is_kind(resource, KIND_DRIVE))
		queue_below(graph, resource);
	if (resource->class->scannable && graph->restored)
		note_renamed_scannable(graph, resource);
}

void volumes_forget(struct graph *graph, struct graph_resource *resource)
{
	if (resource->volume_node != NULL)
		leaf_drop(graph, resource->volume_node);
	if (resource->volume != NULL)
		volume_drop(graph, resource->volume);
}

/* ---- working it out ---- */

/* Queues what is of interest at and below a resource, unless it was visited before. */
static void spread(struct graph *graph, struct walk *walk, struct graph_resource *root)
{
	struct graph_link *link;

	if (root->mark == graph->mark)
		return;
	root->mark = graph->mark;
	walk_add(walk, root);
	while (walk->count > 0) {
		struct graph_resource *resource = walk->resources[--walk->count];

		volumes_appeared(graph, resource);
		TAILQ_FOREACH (link, &resource->children, in_parent) {
			if (link->child->mark == graph->mark)
				continue;
			link->child->mark = graph->mark;
			walk_add(walk, link->child);
		}
	}
}

static void spread_all(struct graph *graph)
{
	struct id_queue *roots = &graph->volumes->roots;
	struct walk walk = {NULL, 0, 0};

	graph->mark++;
	for (size_t i = 0; i < roots->count; i++) {
		struct graph_resource *resource = graph_find(graph, roots->ids[i]);

		if (resource == NULL)
			continue;
		resource->traits &= (uint8_t)~TRAIT_SPREAD;
		spread(graph, &walk, resource);
	}
	roots->count = 0;
	free(walk.resources);
}

static void update_leaves(struct graph *graph)
{
	struct id_queue *leaves = &graph->volumes->leaves;

	/* One that makes room for a twin queues that one. */
	for (size_t i = 0; i < leaves->count; i++) {
		struct graph_resource *resource = graph_find(graph, leaves->ids[i]);

		if (resource == NULL)
			continue;
		resource->traits &= (uint8_t)~TRAIT_QUEUED;
		leaf_update(graph, resource);
	}
	leaves->count = 0;
}

static void update_volumes(struct graph *graph)
{
	struct volumes *volumes = graph->volumes;
	struct graph_volume *volume;

	while ((volume = TAILQ_FIRST(&volumes->queue)) != NULL) {
		TAILQ_REMOVE(&volumes->queue, volume, in_queue);
		volume->queued = false;
		volume_update(graph, volume);
	}
}

void volumes_settle(struct graph *graph)
{
	/* Relations may compare the numbers of servers. */
	if (machines_settle(graph))
		relations_settle(graph);
	spread_all(graph);
	update_leaves(graph);
	update_volumes(graph);
	homing_run(graph);
}

/* ---- life ---- */

void volumes_new(struct graph *graph)
{
	struct volumes *volumes = xcalloc(1, sizeof(*volumes));

	TAILQ_INIT(&volumes->queue);
	TAILQ_INIT(&volumes->unhomed);
	TAILQ_INIT(&volumes->twins);
	TAILQ_INIT(&volumes->dirty_servers);
	TAILQ_INIT(&volumes->dirty_volumes);
	TAILQ_INIT(&volumes->dirty_nodes);
	graph->volumes = volumes;
}

static void free_volumes(struct graph *graph)
{
	struct graph_class *class;
	struct graph_resource *resource;

	for (class = graph->classes_by_id; class != NULL; class = class->by_id.next)
		TAILQ_FOREACH (resource, &class->resources, in_class)
			if (resource->volume != NULL)
				volume_drop(graph, resource->volume);
}

void volumes_free(struct graph *graph)
{
	struct volumes *volumes = graph->volumes;

	free_volumes(graph);
	servers_free(graph);
	free(volumes->roots.ids);
	free(volumes->leaves.ids);
	free(volumes->removed_servers.ids);
	free(volumes->removed_volumes.ids);
	free(volumes->removed_nodes.ids);
	free(volumes->requests_done.ids);
	free(volumes);
	graph->volumes = NULL;
}
