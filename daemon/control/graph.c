/* SPDX-License-Identifier: MIT */
/*
 * The graph as nodes that name their parents: all of it, page by page in order of id, or one
 * resource with all its ancestors and descendants.
 */
#include "control/describe.h"

#include <stdlib.h>
#include <string.h>

/* The worst of the alerts of a resource, or NULL. */
static const char *worst_severity(const struct graph_resource *resource)
{
	const struct graph_alert *alert;
	int worst = 0;

	TAILQ_FOREACH (alert, &resource->alerts, in_resource)
		if ((int)alert->row.severity > worst)
			worst = (int)alert->row.severity;
	return worst != 0 ? severity_name((enum severity)worst) : NULL;
}

static struct json_object *describe_node(const struct graph_resource *resource)
{
	struct json_object *object = describe_reference(resource);
	struct json_object *parents = json_object_new_array();
	const char *severity = worst_severity(resource);
	const struct graph_link *link;

	json_object_object_add(
	    object, "class_label", json_object_new_string(resource->class->label));
	TAILQ_FOREACH (link, &resource->parents, in_child)
		if (resource_is_visible(link->parent))
			json_object_array_add(parents, json_object_new_int64(link->parent->id));
	json_object_object_add(object, "parents", parents);
	json_object_object_add(
	    object, "severity", severity != NULL ? json_object_new_string(severity) : NULL);
	return object;
}

/* The answer with the first resources of the list, in order of id; releases the list. */
static struct json_object *describe_nodes(struct resource_list *list, size_t limit)
{
	struct json_object *answer = json_object_new_object();
	struct json_object *nodes = json_object_new_array();
	size_t count = list->count < limit ? list->count : limit;
	bool more = count < list->count;

	resource_list_sort_by_id(list);
	for (size_t i = 0; i < count; i++)
		json_object_array_add(nodes, describe_node(list->items[i]));
	json_object_object_add(answer, "nodes", nodes);
	json_object_object_add(
	    answer, "next", more ? json_object_new_int64(list->items[count - 1]->id) : NULL);
	free(list->items);
	return answer;
}

struct json_object *describe_graph(
    const struct graph *graph, const char *plugin, record_id after, size_t limit)
{
	struct resource_list list = {0};
	const struct graph_class *class;
	struct graph_resource *resource;

	for (class = graph_first_class(graph); class != NULL; class = class->by_id.next) {
		if (plugin != NULL && strcmp(plugin, class->plugin) != 0)
			continue;
		TAILQ_FOREACH (resource, &class->resources, in_class)
			if (resource->id > after && resource_is_visible(resource))
				resource_list_add(&list, resource);
	}
	return describe_nodes(&list, limit);
}

struct gathering {
	struct resource_list list;
	record_id after;
};

static bool gather(void *context, struct graph_resource *descendant)
{
	struct gathering *gathering = context;

	if (descendant->id > gathering->after && resource_is_visible(descendant))
		resource_list_add(&gathering->list, descendant);
	return true;
}

struct json_object *describe_graph_around(
    struct graph *graph, struct graph_resource *resource, record_id after, size_t limit)
{
	struct resource_list ancestors = list_ancestors(resource);
	struct gathering gathering = {.after = after};

	gather(&gathering, resource);
	for (size_t i = 0; i < ancestors.count; i++)
		gather(&gathering, ancestors.items[i]);
	free(ancestors.items);
	graph_visit_descendants(graph, resource, gather, &gathering);
	return describe_nodes(&gathering.list, limit);
}
