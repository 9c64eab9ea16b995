/* SPDX-License-Identifier: MIT */
/*
 * References that a resource can't be without. Several scannables may report what is in a loop of
 * these, so that no plugin host sees all of it.
 */
#include "graph/graph_internal.h"

#include <stdlib.h>

#include "base/memory.h"

/* Identifying references are what tells it from others; scannables are never a side effect. */
bool reference_is_vital(const struct graph_resource *resource, size_t attribute)
{
	const struct class *class = resource->class->class;

	return !resource->class->scannable &&
	       (!class->attributes[attribute].optional || class_is_identifying(class, attribute));
}

/* Resources whose references are still to be followed. */
struct pursuit {
	struct graph_resource **resources;
	size_t count, capacity;
};

static void pursue(struct graph *graph, struct pursuit *pursuit, struct graph_resource *resource)
{
	if (resource == NULL || resource->mark == graph->mark)
		return;
	resource->mark = graph->mark;
	pursuit->resources = xgrow(
	    pursuit->resources, pursuit->count, &pursuit->capacity, sizeof(*pursuit->resources));
	pursuit->resources[pursuit->count++] = resource;
}

static void pursue_vital(
    struct graph *graph, struct pursuit *pursuit, const struct graph_resource *resource)
{
	for (size_t i = 0; resource->values != NULL && i < resource->class->attribute_count; i++)
		if (resource->values[i].type == VALUE_REFERENCE && reference_is_vital(resource, i))
			pursue(graph, pursuit,
			    graph_find(graph, (record_id)resource->values[i].reference));
}

bool reference_would_loop(struct graph *graph, const struct graph_resource *resource,
    size_t attribute, const struct value *value)
{
	struct pursuit pursuit = {NULL, 0, 0};
	bool met;

	if (value->type != VALUE_REFERENCE || !reference_is_vital(resource, attribute) ||
	    value_equal(&resource->values[attribute], value))
		return false;
	graph->mark++;
	pursue(graph, &pursuit, graph_find(graph, (record_id)value->reference));
	while (resource->mark != graph->mark && pursuit.count > 0)
		pursue_vital(graph, &pursuit, pursuit.resources[--pursuit.count]);
	met = resource->mark == graph->mark;
	free(pursuit.resources);
	return met;
}
