/* SPDX-License-Identifier: MIT */
/*
 * Whether a drive has a volume, what that is called, and which of the leaves are its nodes.
 */
#include "graph/volume_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define MAPPER "/dev/mapper/"

/* ---- life ---- */

struct graph_volume *volume_new(struct graph *graph, struct graph_resource *drive)
{
	struct graph_volume *volume = xcalloc(1, sizeof(*volume));

	(void)graph;
	assert(drive->volume == NULL);
	volume->drive = drive;
	volume->size = -1;
	TAILQ_INIT(&volume->nodes);
	drive->volume = volume;
	return volume;
}

void volume_queue(struct graph *graph, struct graph_volume *volume)
{
	if (volume->queued)
		return;
	volume->queued = true;
	TAILQ_INSERT_TAIL(&graph->volumes->queue, volume, in_queue);
}

void volume_touch(struct graph *graph, struct graph_volume *volume)
{
	assert(volume->id != 0);
	if (volume->dirty)
		return;
	volume->dirty = true;
	TAILQ_INSERT_TAIL(&graph->volumes->dirty_volumes, volume, in_dirty);
}

void volume_node_touch(struct graph *graph, struct graph_volume_node *node)
{
	assert(node->id != 0);
	if (node->dirty)
		return;
	node->dirty = true;
	TAILQ_INSERT_TAIL(&graph->volumes->dirty_nodes, node, in_dirty);
}

void volume_node_begin(struct graph *graph, struct graph_volume_node *node, record_id id)
{
	assert(node->id == 0 && !node->volume->counted);
	node->id = id;
	node->volume->node_count++;
	HASH_ADD(by_id, graph->volumes->nodes_by_id, id, sizeof(node->id), node);
}

void volume_node_end(struct graph *graph, struct graph_volume_node *node)
{
	struct graph_volume *volume = node->volume;

	assert(!volume->counted);
	if (node->id == 0)
		return;
	/* A choice is kept as long as what was chosen is there. */
	if (node->used && volume->chosen) {
		volume->chosen = false;
		volume_touch(graph, volume);
	}
	if (node->dirty)
		TAILQ_REMOVE(&graph->volumes->dirty_nodes, node, in_dirty);
	HASH_DELETE(by_id, graph->volumes->nodes_by_id, node);
	id_queue_add(&graph->volumes->removed_nodes, node->id);
	node->id = 0;
	node->dirty = node->primary = node->used = false;
	volume->node_count--;
	homing_queue(graph, volume);
}

/* Ends that there is a volume; the leaves go on to lead to the drive. */
static void end_volume(struct graph *graph, struct graph_volume *volume)
{
	struct graph_volume_node *node;

	homing_uncount(volume);
	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		volume_node_end(graph, node);
	homing_forget(graph, volume);
	if (volume->id == 0)
		return;
	if (volume->dirty)
		TAILQ_REMOVE(&graph->volumes->dirty_volumes, volume, in_dirty);
	HASH_DELETE(by_id, graph->volumes->by_id, volume);
	id_queue_add(&graph->volumes->removed_volumes, volume->id);
	volume->id = 0;
	volume->dirty = volume->in_use = volume->chosen = false;
}

void volume_drop(struct graph *graph, struct graph_volume *volume)
{
	struct graph_volume_node *node;

	while ((node = TAILQ_FIRST(&volume->nodes)) != NULL) {
		leaf_queue(graph, node->resource);
		leaf_drop(graph, node);
	}
	end_volume(graph, volume);
	if (volume->queued)
		TAILQ_REMOVE(&graph->volumes->queue, volume, in_queue);
	volume->drive->volume = NULL;
	free(volume->label);
	free(volume->filesystem_type);
	free(volume);
}

/* ---- the drive ---- */

struct search {
	struct graph_resource **resources;
	size_t count, capacity;
};

static void search_add(struct graph *graph, struct search *search, struct graph_resource *resource)
{
	if (resource->mark == graph->mark)
		return;
	resource->mark = graph->mark;
	search->resources =
	    xgrow(search->resources, search->count, &search->capacity, sizeof(*search->resources));
	search->resources[search->count++] = resource;
}

/* Whether something occupies the drive, not looking below further drives. */
static bool is_occupied(struct graph *graph, struct graph_resource *drive)
{
	struct search search = {NULL, 0, 0};
	struct graph_link *link;
	bool occupied = false;

	if (!(drive->traits & TRAIT_ABOVE_OCCUPIER))
		return false;
	graph->mark++;
	search_add(graph, &search, drive);
	for (size_t i = 0; i < search.count && !occupied; i++) {
		TAILQ_FOREACH (link, &search.resources[i]->children, in_parent) {
			occupied = occupied || is_kind(link->child, KIND_OCCUPIER);
			if (link->child->traits & TRAIT_ABOVE_OCCUPIER &&
			    !is_kind(link->child, KIND_DRIVE))
				search_add(graph, &search, link->child);
		}
	}
	free(search.resources);
	return occupied;
}

/* The one drive among the ancestors of a drive; NULL if there is none, or several. */
static struct graph_resource *only_drive_above(struct graph *graph, struct graph_resource *drive)
{
	struct search search = {NULL, 0, 0};
	struct graph_resource *only = NULL;
	struct graph_link *link;
	size_t drives = 0;

	graph->mark++;
	search_add(graph, &search, drive);
	for (size_t i = 0; i < search.count && drives < 2; i++) {
		struct graph_resource *resource = search.resources[i];

		if (i > 0 && is_kind(resource, KIND_DRIVE)) {
			only = resource;
			drives++;
		}
		TAILQ_FOREACH (link, &resource->parents, in_child)
			if (is_kind(link->parent, KIND_DRIVE) ||
			    link->parent->traits & TRAIT_BELOW_DRIVE)
				search_add(graph, &search, link->parent);
	}
	free(search.resources);
	return drives == 1 ? only : NULL;
}

/* The resource that a volume is called after. */
static const struct graph_resource *namesake(struct graph *graph, struct graph_resource *drive)
{
	const char *device_type = drive->class->class->device_type;
	const struct graph_resource *above;

	if (is_kind(drive, KIND_SLICE) || (device_type != NULL && strcmp(device_type, "zfs") == 0))
		return drive;
	above = only_drive_above(graph, drive);
	return above != NULL && !is_kind(above, KIND_SLICE) ? above : drive;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Gives a text the value; returns whether that is another. */
static bool replace_text(char **text, const char *value)
{
	if (same_text(*text, value))
		return false;
	free(*text);
	*text = xstrdup(value);
	return true;
}

/* Follows what the drive says. As long as its plugin is not loaded all is as it was. */
static void describe(struct graph *graph, struct graph_volume *volume)
{
	struct graph_resource *drive = volume->drive;
	const struct value *size = resource_value(drive, "size", VALUE_INTEGER);
	const struct value *type = resource_value(drive, "filesystem_type", VALUE_TEXT);
	int64_t bytes = size != NULL ? size->integer : -1;
	bool changed;

	if (drive->values == NULL) {
		if (replace_text(
		        &volume->label, volume->label != NULL ? volume->label : graph_name(drive)))
			volume_touch(graph, volume);
		return;
	}
	changed =
	    bytes != volume->size || drive->class->class->unusable_for_lustre != volume->unusable;
	volume->size = bytes;
	volume->unusable = drive->class->class->unusable_for_lustre;
	changed |= replace_text(&volume->filesystem_type, type != NULL ? type->text : NULL);
	changed |= replace_text(&volume->label, graph_name(namesake(graph, drive)));
	if (changed)
		volume_touch(graph, volume);
}

/* ---- nodes ---- */

static bool is_mapped(const struct graph_volume_node *node)
{
	return strncmp(node->path, MAPPER, strlen(MAPPER)) == 0;
}

/* Marks those of the leaves of one server that are nodes: all, or the one that is mapped. */
static void select_of_server(struct graph_volume *volume, const struct graph_server *server)
{
	struct graph_volume_node *node;
	size_t mapped = 0;

	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		if (node->server == server && !node->twin && is_mapped(node))
			mapped++;
	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		if (node->server == server)
			node->kept = !node->twin && (mapped != 1 || is_mapped(node));
}

/* Returns whether there are any. */
static bool select_nodes(struct graph_volume *volume, bool available)
{
	struct graph_volume_node *node;
	bool any = false;

	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		node->kept = false;
	if (!available)
		return false;
	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		if (!node->kept)
			select_of_server(volume, node->server);
	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		any = any || node->kept;
	return any;
}

/* Makes the leaves that are marked nodes of the volume, and no others. */
static void take_selected(struct graph *graph, struct graph_volume *volume)
{
	struct graph_volume_node *node;

	TAILQ_FOREACH (node, &volume->nodes, in_volume) {
		if (node->kept == (node->id != 0))
			continue;
		if (!node->kept) {
			volume_node_end(graph, node);
			continue;
		}
		volume_node_begin(graph, node, ++graph->counters.volume_node_id);
		volume_node_touch(graph, node);
		homing_queue(graph, volume);
	}
}

static void begin_volume(struct graph *graph, struct graph_volume *volume)
{
	volume->id = ++graph->counters.volume_id;
	HASH_ADD(by_id, graph->volumes->by_id, id, sizeof(volume->id), volume);
	volume_touch(graph, volume);
}

void volume_update(struct graph *graph, struct graph_volume *volume)
{
	bool is_drive = is_kind(volume->drive, KIND_DRIVE);
	bool available = is_drive && (volume->in_use || !is_occupied(graph, volume->drive));
	bool any = select_nodes(volume, available);

	homing_uncount(volume);
	if (!any && !(is_drive && volume->in_use)) {
		end_volume(graph, volume);
		if (TAILQ_EMPTY(&volume->nodes))
			volume_drop(graph, volume);
		return;
	}
	if (volume->id == 0)
		begin_volume(graph, volume);
	describe(graph, volume);
	take_selected(graph, volume);
	homing_count(volume);
}
