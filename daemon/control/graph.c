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

/* The answer with the resources of the page; releases that. */
static struct json_object *describe_nodes(struct resource_page *page)
{
	struct json_object *answer = json_object_new_object();
	struct json_object *nodes = json_object_new_array();
	bool more = resource_page_finish(page);
	const struct resource_list *list = &page->list;

	for (size_t i = 0; i < list->count; i++)
		json_object_array_add(nodes, describe_node(list->items[i]));
	json_object_object_add(answer, "nodes", nodes);
	json_object_object_add(
	    answer, "next", more ? json_object_new_int64(list->items[list->count - 1]->id) : NULL);
	free(list->items);
	return answer;
}

struct json_object *describe_graph(
    const struct graph *graph, const char *plugin, record_id after, size_t limit)
{
	struct resource_page page = {.after = after, .limit = limit};
	const struct graph_class *class;
	struct graph_resource *resource;

	for (class = graph_first_class(graph); class != NULL; class = class->by_id.next) {
		if (plugin != NULL && strcmp(plugin, class->plugin) != 0)
			continue;
		TAILQ_FOREACH (resource, &class->resources, in_class)
			resource_page_add(&page, resource);
	}
	return describe_nodes(&page);
}

static bool gather(void *context, struct graph_resource *descendant)
{
	resource_page_add(context, descendant);
	return true;
}

struct json_object *describe_graph_around(
    struct graph *graph, struct graph_resource *resource, record_id after, size_t limit)
{
	struct resource_list ancestors = list_ancestors(resource);
	struct resource_page page = {.after = after, .limit = limit};

	gather(&page, resource);
	for (size_t i = 0; i < ancestors.count; i++)
		gather(&page, ancestors.items[i]);
	free(ancestors.items);
	graph_visit_descendants(graph, resource, gather, &page);
	return describe_nodes(&page);
}
