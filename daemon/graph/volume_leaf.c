/* SPDX-License-Identifier: MIT */
/*
 * Device nodes without children: where they lead to, which server they are on, and what they weigh.
 */
#include "graph/volume_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* What the path weights above a node come to. */
struct rating {
	bool weighted; /* there are any */
	int64_t weight;
};

/* ---- looking up ---- */

struct climb {
	struct graph_resource **resources;
	size_t count, capacity;
};

static void climb_to(struct graph *graph, struct climb *climb, struct graph_resource *resource)
{
	if (resource->mark == graph->mark)
		return;
	resource->mark = graph->mark;
	climb->resources =
	    xgrow(climb->resources, climb->count, &climb->capacity, sizeof(*climb->resources));
	climb->resources[climb->count++] = resource;
}

static void climb_from(struct graph *graph, struct climb *climb,
    const struct graph_resource *resource, unsigned kinds, unsigned traits)
{
	struct graph_link *link;

	TAILQ_FOREACH (link, &resource->parents, in_child)
		if (is_kind(link->parent, kinds) || link->parent->traits & traits)
			climb_to(graph, climb, link->parent);
}

/* The drive with the lowest id among these, or NULL. */
static struct graph_resource *first_drive(const struct climb *climb, size_t from)
{
	struct graph_resource *first = NULL;

	for (size_t i = from; i < climb->count; i++) {
		struct graph_resource *resource = climb->resources[i];

		if (is_kind(resource, KIND_DRIVE) && (first == NULL || resource->id < first->id))
			first = resource;
	}
	return first;
}

/* The nearest drive above a device node, or NULL. */
static struct graph_resource *nearest_drive(struct graph *graph, struct graph_resource *leaf)
{
	struct climb climb = {NULL, 0, 0};
	struct graph_resource *drive = NULL;
	size_t level = 0;

	graph->mark++;
	climb_to(graph, &climb, leaf);
	while (drive == NULL && level < climb.count) {
		size_t end = climb.count;

		for (size_t i = level; i < end; i++)
			climb_from(
			    graph, &climb, climb.resources[i], KIND_DRIVE, TRAIT_BELOW_DRIVE);
		level = end;
		drive = first_drive(&climb, level);
	}
	free(climb.resources);
	return drive;
}

/*
 * Adds up the path weights among the ancestors. As long as the plugin of one is not loaded the sum
 * is what it was.
 */
static struct rating weigh(
    struct graph *graph, struct graph_resource *leaf, const struct rating *before)
{
	struct climb climb = {NULL, 0, 0};
	struct rating rating = {false, 0};
	bool known = true;

	graph->mark++;
	climb_to(graph, &climb, leaf);
	for (size_t i = 0; i < climb.count; i++) {
		struct graph_resource *resource = climb.resources[i];
		const struct value *weight = is_kind(resource, KIND_WEIGHT)
		                                 ? resource_value(resource, "weight", VALUE_INTEGER)
		                                 : NULL;

		climb_from(graph, &climb, resource, KIND_WEIGHT, TRAIT_BELOW_WEIGHT);
		known = known && (!is_kind(resource, KIND_WEIGHT) || resource->values != NULL);
		if (weight == NULL)
			continue;
		rating.weighted = true;
		if (__builtin_add_overflow(rating.weight, weight->integer, &rating.weight))
			rating.weight = weight->integer > 0 ? INT64_MAX : INT64_MIN;
	}
	free(climb.resources);
	return known ? rating : *before;
}

/* ---- places: each path of a server once ---- */

static void take_place(struct graph *graph, struct graph_volume_node *node)
{
	struct volumes *volumes = graph->volumes;
	struct graph_volume_node *other;

	node->place = xasprintf("%" PRId64 " %s", node->server->id, node->path);
	HASH_FIND(by_place, volumes->places, node->place, strlen(node->place), other);
	node->twin = other != NULL;
	if (node->twin)
		TAILQ_INSERT_TAIL(&volumes->twins, node, in_twins);
	else
		HASH_ADD_KEYPTR(by_place, volumes->places, node->place, strlen(node->place), node);
}

/* Gives the place of a node to others that wait for it. */
static void leave_place(struct graph *graph, struct graph_volume_node *node)
{
	struct volumes *volumes = graph->volumes;
	struct graph_volume_node *twin;

	if (node->twin) {
		TAILQ_REMOVE(&volumes->twins, node, in_twins);
	} else {
		HASH_DELETE(by_place, volumes->places, node);
		TAILQ_FOREACH (twin, &volumes->twins, in_twins)
			if (strcmp(twin->place, node->place) == 0)
				leaf_queue(graph, twin->resource);
	}
	free(node->place);
	node->place = NULL;
	node->twin = false;
}

static void settle_at(struct graph *graph, struct graph_volume_node *node,
    struct graph_server *server, const char *path)
{
	node->server = server;
	node->path = xstrdup(path);
	TAILQ_INSERT_TAIL(&server->nodes, node, in_server);
	take_place(graph, node);
}

static void leave(struct graph *graph, struct graph_volume_node *node)
{
	struct graph_server *server = node->server;

	leave_place(graph, node);
	TAILQ_REMOVE(&server->nodes, node, in_server);
	free(node->path);
	node->path = NULL;
	node->server = NULL;
	server_tidy(graph, server);
}

/* ---- life ---- */

struct graph_volume_node *leaf_new(struct graph *graph, struct graph_volume *volume,
    struct graph_resource *resource, struct graph_server *server, const char *path)
{
	struct graph_volume_node *node = xcalloc(1, sizeof(*node));

	assert(resource->volume_node == NULL);
	node->volume = volume;
	node->resource = resource;
	resource->volume_node = node;
	TAILQ_INSERT_TAIL(&volume->nodes, node, in_volume);
	settle_at(graph, node, server, path);
	return node;
}

void leaf_drop(struct graph *graph, struct graph_volume_node *node)
{
	homing_uncount(node->volume);
	volume_node_end(graph, node);
	volume_queue(graph, node->volume);
	leave(graph, node);
	TAILQ_REMOVE(&node->volume->nodes, node, in_volume);
	node->resource->volume_node = NULL;
	free(node);
}

static struct graph_server *server_of(struct graph *graph, const struct graph_resource *leaf)
{
	const struct value *number = resource_value(leaf, "host_id", VALUE_INTEGER);

	if (number != NULL && number->integer > 0)
		return server_of_number(graph, number->integer);
	if (leaf->scope != NULL)
		return server_of_scannable(graph, leaf->scope);
	return server_of_number(graph, 0);
}

static struct rating rating_of(const struct graph_volume_node *node)
{
	return node != NULL ? (struct rating){node->weighted, node->weight}
	                    : (struct rating){false, 0};
}

static void set_rating(
    struct graph *graph, struct graph_volume_node *node, const struct rating *rating)
{
	if (node->weighted == rating->weighted && node->weight == rating->weight)
		return;
	node->weighted = rating->weighted;
	node->weight = rating->weight;
	if (node->id == 0)
		return;
	volume_node_touch(graph, node);
	homing_queue(graph, node->volume);
}

/* Whether a device node is one at the end of a path, as far as is known. */
static bool is_leaf(const struct graph_resource *resource)
{
	return is_kind(resource, KIND_NODE) && TAILQ_EMPTY(&resource->children);
}

/*
 * Where a device node is: its path, which the caller frees, and the number of its server. As long
 * as its plugin is not loaded it is where it was. False if that is not known.
 */
static bool locate(
    struct graph *graph, const struct graph_resource *resource, char **path, record_id *server)
{
	const struct graph_volume_node *node = resource->volume_node;
	const struct value *value = resource_value(resource, "path", VALUE_TEXT);

	if (resource->values == NULL && node != NULL) {
		*path = xstrdup(node->path);
		*server = node->server->id;
		return true;
	}
	if (value == NULL)
		return false;
	*path = xstrdup(value->text);
	*server = server_of(graph, resource)->id;
	return true;
}

/* Puts a leaf that leads to a drive where it is, if it is not there. */
static void put(struct graph *graph, struct graph_resource *leaf, struct graph_resource *drive,
    const char *path, record_id server)
{
	struct graph_volume_node *node = leaf->volume_node;

	if (node != NULL && !node->twin && node->volume->drive == drive &&
	    node->server->id == server && strcmp(node->path, path) == 0)
		return;
	if (node != NULL)
		leaf_drop(graph, node);
	if (drive->volume == NULL)
		volume_new(graph, drive);
	leaf_new(graph, drive->volume, leaf, server_of_number(graph, server), path);
	volume_queue(graph, drive->volume);
}

void leaf_update(struct graph *graph, struct graph_resource *resource)
{
	struct graph_resource *drive = is_leaf(resource) ? nearest_drive(graph, resource) : NULL;
	struct rating rating = rating_of(resource->volume_node);
	record_id server;
	char *path;

	if (drive == NULL || !locate(graph, resource, &path, &server)) {
		if (resource->volume_node != NULL)
			leaf_drop(graph, resource->volume_node);
		return;
	}
	put(graph, resource, drive, path, server);
	rating = weigh(graph, resource, &rating);
	set_rating(graph, resource->volume_node, &rating);
	free(path);
}
