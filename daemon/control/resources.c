/* SPDX-License-Identifier: MIT */
/* Resources: in lists, alone, in trees and as a graph. */
#include "control/internal.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

bool class_matches(const struct graph_class *class, const struct query *query)
{
	if (class->class == NULL)
		return false;
	if (query->plugin != NULL && strcmp(query->plugin, class->plugin) != 0)
		return false;
	if (query->class != NULL && strcmp(query->class, class->name) != 0 &&
	    strcmp(query->class, class->key) != 0)
		return false;
	return query->kind == NULL || class_derives_from(class->class, query->kind);
}

void add_waiting(struct json_object *answer, const struct control *control)
{
	char *reason = control->callbacks->waiting != NULL
	                   ? control->callbacks->waiting(control->context)
	                   : NULL;

	if (reason != NULL)
		json_object_object_add(answer, "waiting", json_object_new_string(reason));
	free(reason);
}

void add_reason(struct json_object *object, const struct control *control,
    const struct graph_resource *scannable)
{
	const char *reason = control->callbacks->reason != NULL
	                         ? control->callbacks->reason(control->context, scannable)
	                         : NULL;

	if (reason != NULL)
		json_object_object_add(object, "reason", json_object_new_string(reason));
}

void add_next(struct json_object *answer, bool more, record_id last)
{
	json_object_object_add(answer, "next", more ? json_object_new_int64(last) : NULL);
}

/* The page that a query asks for. False, with an answer, if the one before it can't be found. */
static bool begin_page(struct exchange *exchange, struct resource_page *page)
{
	const struct query *query = &exchange->query;

	*page = (struct resource_page){.after = query->after,
	    .limit = (size_t)query->limit,
	    .by_name = query->order.by_name,
	    .descending = query->order.descending};
	if (!page->by_name || query->after == 0)
		return true;
	page->last = graph_find(exchange->control->graph, query->after);
	if (page->last == NULL)
		exchange_refuse(exchange, HTTP_NOTFOUND, "after",
		    "there is no resource %lld any more: begin again with the first page",
		    (long long)query->after);
	return page->last != NULL;
}

void handle_resources(struct exchange *exchange)
{
	const struct graph *graph = exchange->control->graph;
	const struct query *query = &exchange->query;
	struct json_object *answer, *classes, *resources;
	struct resource_page page;
	const struct resource_list *list = &page.list;
	const struct graph_class *class;
	struct graph_resource *resource;
	bool more;

	if (!begin_page(exchange, &page))
		return;
	answer = json_object_new_object();
	classes = json_object_new_object();
	resources = json_object_new_array();
	for (class = graph_first_class(graph); class != NULL; class = class->by_id.next) {
		if (!class_matches(class, query))
			continue;
		TAILQ_FOREACH (resource, &class->resources, in_class)
			resource_page_add(&page, resource);
	}
	more = resource_page_finish(&page);
	for (size_t i = 0; i < list->count; i++)
		json_object_array_add(resources, describe_resource(graph, list->items[i], classes));
	json_object_object_add(answer, "classes", classes);
	json_object_object_add(answer, "resources", resources);
	add_next(answer, more, more ? list->items[list->count - 1]->id : 0);
	free(list->items);
	add_waiting(answer, exchange->control);
	exchange_answer(exchange, answer);
}

struct graph_resource *find_resource(struct exchange *exchange)
{
	record_id id = exchange->query.id;
	struct graph_resource *resource = graph_find(exchange->control->graph, id);

	if (resource != NULL && resource_is_visible(resource))
		return resource;
	if (resource == NULL)
		exchange_refuse(
		    exchange, HTTP_NOTFOUND, "id", "there is no resource %lld", (long long)id);
	else if (resource->class->class != NULL)
		exchange_refuse(exchange, HTTP_NOTFOUND, "id",
		    "resource %lld belongs to a scannable that the configuration no longer has",
		    (long long)id);
	else
		exchange_refuse(exchange, HTTP_NOTFOUND, "id",
		    "resource %lld belongs to plugin %s, which is not running", (long long)id,
		    resource->class->plugin);
	return NULL;
}

void handle_resource(struct exchange *exchange)
{
	const struct control *control = exchange->control;
	const struct graph_resource *resource = find_resource(exchange);
	struct json_object *answer;

	if (resource == NULL)
		return;
	answer = describe_resource_fully(control->graph, resource);
	add_reason(answer, control, resource);
	exchange_answer(exchange, answer);
}

void handle_tree(struct exchange *exchange)
{
	struct graph *graph = exchange->control->graph;
	const struct query *query = &exchange->query;
	struct graph_resource *root;
	struct json_object *answer;

	if (query->id == 0) {
		answer = describe_trees(graph, query->plugin, (size_t)query->limit);
		add_waiting(answer, exchange->control);
		exchange_answer(exchange, answer);
		return;
	}
	root = find_resource(exchange);
	if (root != NULL)
		exchange_answer(exchange, describe_tree(graph, root, (size_t)query->limit));
}

void handle_impact(struct exchange *exchange)
{
	struct graph_resource *resource = find_resource(exchange);

	if (resource != NULL)
		exchange_answer(exchange, describe_impact(resource, (size_t)exchange->query.limit));
}

void handle_graph(struct exchange *exchange)
{
	struct graph *graph = exchange->control->graph;
	const struct query *query = &exchange->query;
	struct graph_resource *resource;

	if (query->id == 0) {
		exchange_answer(exchange,
		    describe_graph(graph, query->plugin, query->after, (size_t)query->limit));
		return;
	}
	resource = find_resource(exchange);
	if (resource != NULL)
		exchange_answer(exchange,
		    describe_graph_around(graph, resource, query->after, (size_t)query->limit));
}
