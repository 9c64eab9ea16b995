/* SPDX-License-Identifier: MIT */
/*
 * What a problem with one resource would affect, and what it suffers from itself. All that depends
 * on it is found nearest first, so the way that each was found by is a shortest one: it is told as
 * the path, which says why.
 */
#include "control/describe.h"

#include <stdlib.h>

#include "base/memory.h"
#include "graph/volume.h"

/* A resource that depends on the one in question, and the place in the list of the one above. */
struct step {
	record_id id;
	struct graph_resource *resource;
	size_t above;
	uint32_t distance;
	UT_hash_handle hh;
};

/* The first step is the resource in question. */
struct impact {
	struct step **steps;
	size_t count, capacity;
	struct step *by_id;
};

static void add_step(
    struct impact *impact, struct graph_resource *resource, size_t above, uint32_t distance)
{
	struct step *step;

	HASH_FIND(hh, impact->by_id, &resource->id, sizeof(resource->id), step);
	if (step != NULL || !resource_is_visible(resource))
		return;
	step = xcalloc(1, sizeof(*step));
	*step = (struct step){
	    .id = resource->id, .resource = resource, .above = above, .distance = distance};
	HASH_ADD(hh, impact->by_id, id, sizeof(step->id), step);
	impact->steps =
	    xgrow(impact->steps, impact->count, &impact->capacity, sizeof(struct step *));
	impact->steps[impact->count++] = step;
}

static void find_steps(struct impact *impact, struct graph_resource *resource)
{
	const struct graph_link *link;

	add_step(impact, resource, 0, 0);
	for (size_t i = 0; i < impact->count; i++)
		TAILQ_FOREACH (link, &impact->steps[i]->resource->children, in_parent)
			add_step(impact, link->child, i, impact->steps[i]->distance + 1);
}

static void clear_steps(struct impact *impact)
{
	HASH_CLEAR(hh, impact->by_id);
	for (size_t i = 0; i < impact->count; i++)
		free(impact->steps[i]);
	free(impact->steps);
}

/* The resources from the one in question to a step, both included. */
static struct json_object *describe_path(const struct impact *impact, size_t last)
{
	size_t length = impact->steps[last]->distance + 1;
	struct json_object *path = json_object_new_array();

	for (size_t i = length, place = last; i-- > 0; place = impact->steps[place]->above)
		json_object_array_put_idx(
		    path, i, describe_reference(impact->steps[place]->resource));
	return path;
}

/* ---- resources ---- */

static struct json_object *describe_affected(const struct impact *impact, size_t limit)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 1; i < impact->count && i <= limit; i++) {
		const struct step *step = impact->steps[i];
		struct json_object *object = describe_reference(step->resource);

		json_object_object_add(object, "distance", json_object_new_int64(step->distance));
		json_object_object_add(
		    object, "through", json_object_new_int64(impact->steps[step->above]->id));
		json_object_array_add(array, object);
	}
	return array;
}

/* ---- volumes and servers, each by the first step that reaches it ---- */

struct found {
	const void *item;
	UT_hash_handle hh;
};

/* Notes a volume or server. Returns whether it was not there before. */
static bool found_add(struct found **set, const void *item)
{
	struct found *found;

	HASH_FIND_PTR(*set, &item, found);
	if (found != NULL)
		return false;
	found = xcalloc(1, sizeof(*found));
	found->item = item;
	HASH_ADD_PTR(*set, item, found);
	return true;
}

static void found_clear(struct found **set)
{
	struct found *found, *next;

	HASH_ITER (hh, *set, found, next) {
		HASH_DEL(*set, found);
		free(found);
	}
}

static struct json_object *describe_volume(
    const struct impact *impact, size_t step, const struct graph_volume *volume)
{
	struct json_object *object = json_object_new_object();
	bool whole = impact->steps[step]->resource == volume->drive;

	json_object_object_add(object, "id", json_object_new_int64(volume->id));
	json_object_object_add(object, "label", json_object_new_string(volume->label));
	json_object_object_add(object, "drive", describe_reference(volume->drive));
	json_object_object_add(object, "paths_only", json_object_new_boolean(!whole));
	json_object_object_add(object, "path", describe_path(impact, step));
	return object;
}

static struct json_object *describe_server(
    const struct impact *impact, size_t step, const struct graph_server *server)
{
	const char *name = server->fqdn != NULL ? server->fqdn : server->address;
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "id", json_object_new_int64(server->id));
	json_object_object_add(object, "label", name != NULL ? json_object_new_string(name) : NULL);
	json_object_object_add(object, "path", describe_path(impact, step));
	return object;
}

static struct json_object *describe_volumes(const struct impact *impact)
{
	struct json_object *array = json_object_new_array();
	struct found *found = NULL;

	for (size_t i = 0; i < impact->count; i++) {
		const struct graph_resource *resource = impact->steps[i]->resource;
		const struct graph_volume *volume = resource->volume;

		if (volume == NULL && resource->volume_node != NULL &&
		    resource->volume_node->id != 0)
			volume = resource->volume_node->volume;
		if (volume != NULL && volume->id != 0 && found_add(&found, volume))
			json_object_array_add(array, describe_volume(impact, i, volume));
	}
	found_clear(&found);
	return array;
}

static struct json_object *describe_servers(const struct impact *impact)
{
	struct json_object *array = json_object_new_array();
	struct found *found = NULL;

	for (size_t i = 0; i < impact->count; i++) {
		const struct graph_volume_node *node = impact->steps[i]->resource->volume_node;

		if (node != NULL && node->id != 0 && node->server->id != 0 &&
		    found_add(&found, node->server))
			json_object_array_add(array, describe_server(impact, i, node->server));
	}
	found_clear(&found);
	return array;
}

/* ---- all of it ---- */

static struct json_object *describe_own_alerts(const struct graph_resource *resource)
{
	struct json_object *array = json_object_new_array();
	const struct graph_alert *alert;

	TAILQ_FOREACH (alert, &resource->alerts, in_resource)
		json_object_array_add(array, describe_alert_with_cause(alert));
	return array;
}

static struct json_object *describe_inherited_alerts(const struct graph_resource *resource)
{
	struct json_object *array = json_object_new_array();
	struct resource_list ancestors = list_ancestors(resource);
	const struct graph_alert *alert;

	for (size_t i = 0; i < ancestors.count; i++)
		TAILQ_FOREACH (alert, &ancestors.items[i]->alerts, in_resource)
			if (json_object_array_length(array) < RELATIVES_MAX)
				json_object_array_add(array, describe_alert_with_cause(alert));
	free(ancestors.items);
	return array;
}

struct json_object *describe_impact(struct graph_resource *resource, size_t limit)
{
	struct json_object *object = json_object_new_object();
	struct impact impact = {0};

	find_steps(&impact, resource);
	json_object_object_add(object, "resource", describe_reference(resource));
	json_object_object_add(object, "alerts", describe_own_alerts(resource));
	json_object_object_add(object, "inherited_alerts", describe_inherited_alerts(resource));
	json_object_object_add(object, "volumes", describe_volumes(&impact));
	json_object_object_add(object, "servers", describe_servers(&impact));
	json_object_object_add(object, "affects", describe_affected(&impact, limit));
	json_object_object_add(
	    object, "affects_count", json_object_new_int64((int64_t)impact.count - 1));
	clear_steps(&impact);
	return object;
}
