/* SPDX-License-Identifier: MIT */
#include "control/internal.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

/* Whether the query asks for resources of this class. */
static bool class_matches(const struct graph_class *class, const struct query *query)
{
	if (class->class == NULL)
		return false;
	if (query->plugin != NULL && strcmp(query->plugin, class->plugin) != 0)
		return false;
	if (query->class != NULL && strcmp(query->class, class->name) != 0 &&
	    strcmp(query->class, class->key) != 0)
		return false;
	return query->kind == BUILTIN_NONE || class_is_kind(class->class, query->kind);
}

static void handle_status(struct exchange *exchange)
{
	const struct control *control = exchange->control;

	exchange_answer(exchange, control->callbacks->status(control->context));
}

/* The part of the status that is about plugins. */
static void handle_plugins(struct exchange *exchange)
{
	const struct control *control = exchange->control;
	struct json_object *status = control->callbacks->status(control->context);
	struct json_object *answer = json_object_new_object();
	struct json_object *plugins = NULL;

	if (!json_object_object_get_ex(status, "plugins", &plugins))
		plugins = json_object_new_array();
	else
		json_object_get(plugins);
	json_object_object_add(answer, "plugins", plugins);
	json_object_put(status);
	exchange_answer(exchange, answer);
}

static void handle_classes(struct exchange *exchange)
{
	const struct query *query = &exchange->query;
	struct json_object *answer = json_object_new_object();
	struct json_object *classes = json_object_new_array();
	const struct graph_class *class;

	for (class = graph_first_class(exchange->control->graph); class != NULL;
	     class = class->by_id.next) {
		if (class_matches(class, query) && (query->internal || !class->class->internal))
			json_object_array_add(classes, describe_class_fully(class));
	}
	json_object_object_add(answer, "classes", classes);
	exchange_answer(exchange, answer);
}

/* Adds "next": what to pass as "after" to get what follows, or null at the end. */
static void add_next(struct json_object *answer, bool more, record_id last)
{
	json_object_object_add(answer, "next", more ? json_object_new_int64(last) : NULL);
}

static void handle_resources(struct exchange *exchange)
{
	const struct graph *graph = exchange->control->graph;
	const struct query *query = &exchange->query;
	struct json_object *answer = json_object_new_object();
	struct json_object *classes = json_object_new_object();
	struct json_object *resources = json_object_new_array();
	struct resource_list list = {0};
	const struct graph_class *class;
	struct graph_resource *resource;
	size_t count;

	for (class = graph_first_class(graph); class != NULL; class = class->by_id.next) {
		if (!class_matches(class, query))
			continue;
		TAILQ_FOREACH (resource, &class->resources, in_class) {
			if (resource->id > query->after)
				resource_list_add(&list, resource);
		}
	}
	resource_list_sort_by_id(&list);
	count = list.count < (size_t)query->limit ? list.count : (size_t)query->limit;
	for (size_t i = 0; i < count; i++)
		json_object_array_add(resources, describe_resource(graph, list.items[i], classes));
	json_object_object_add(answer, "classes", classes);
	json_object_object_add(answer, "resources", resources);
	add_next(answer, count<list.count, count> 0 ? list.items[count - 1]->id : 0);
	free(list.items);
	exchange_answer(exchange, answer);
}

/* The resource of the query's id, or NULL with the request refused. */
static struct graph_resource *find_resource(struct exchange *exchange)
{
	record_id id = exchange->query.id;
	struct graph_resource *resource = graph_find(exchange->control->graph, id);

	if (resource != NULL && resource_is_visible(resource))
		return resource;
	if (resource == NULL)
		exchange_refuse(
		    exchange, HTTP_NOTFOUND, "id", "there is no resource %lld", (long long)id);
	else
		exchange_refuse(exchange, HTTP_NOTFOUND, "id",
		    "resource %lld belongs to plugin %s, which is not running", (long long)id,
		    resource->class->plugin);
	return NULL;
}

static void handle_resource(struct exchange *exchange)
{
	const struct graph_resource *resource = find_resource(exchange);

	if (resource != NULL)
		exchange_answer(
		    exchange, describe_resource_fully(exchange->control->graph, resource));
}

static void handle_tree(struct exchange *exchange)
{
	struct graph *graph = exchange->control->graph;
	const struct query *query = &exchange->query;
	struct graph_resource *root;

	if (query->id == 0) {
		exchange_answer(
		    exchange, describe_trees(graph, query->plugin, (size_t)query->limit));
		return;
	}
	root = find_resource(exchange);
	if (root != NULL)
		exchange_answer(exchange, describe_tree(graph, root, (size_t)query->limit));
}

/* ---- alerts ---- */

/* The resources that an alert affects, counted up to a limit. */
struct affected {
	struct json_object *names;
	int64_t room;
	bool more;
};

static bool add_affected(void *context, struct graph_resource *descendant)
{
	struct affected *affected = context;

	if (!resource_is_visible(descendant))
		return true;
	affected->more = affected->room == 0;
	if (affected->more)
		return false;
	affected->room--;
	json_object_array_add(affected->names, describe_reference(descendant));
	return true;
}

/* An alert with what it affects. */
static struct json_object *describe_alert_and_effects(
    struct graph *graph, const struct graph_alert *alert, int64_t room)
{
	struct json_object *object = describe_alert(alert, true);
	struct affected affected = {.names = json_object_new_array(), .room = room};

	graph_visit_descendants(graph, alert->resource, add_affected, &affected);
	json_object_object_add(object, "affects", affected.names);
	json_object_object_add(object, "affects_more", json_object_new_boolean(affected.more));
	return object;
}

static bool alert_matches(const struct graph_alert *alert, const struct query *query)
{
	return alert->resource != NULL && class_matches(alert->resource->class, query) &&
	       alert->row.severity >= query->severity && alert->row.id > query->after;
}

static void handle_alerts(struct exchange *exchange)
{
	struct graph *graph = exchange->control->graph;
	const struct query *query = &exchange->query;
	struct json_object *answer = json_object_new_object();
	struct json_object *alerts = json_object_new_array();
	const struct graph_alert *alert;
	record_id last = 0;
	int64_t count = 0;
	bool more = false;

	TAILQ_FOREACH (alert, graph_alerts(graph), in_active) {
		if (!alert_matches(alert, query))
			continue;
		more = count++ == query->limit;
		if (more)
			break;
		last = alert->row.id;
		json_object_array_add(
		    alerts, describe_alert_and_effects(graph, alert, query->affects));
	}
	json_object_object_add(answer, "alerts", alerts);
	add_next(answer, more, last);
	exchange_answer(exchange, answer);
}

const struct route control_routes[] = {
    {"/v1/status", handle_status, "", 0, 0},
    {"/v1/plugins", handle_plugins, "", 0, 0},
    {"/v1/classes", handle_classes, "plugin kind internal", 0, 0},
    {"/v1/resources", handle_resources, "plugin class kind limit after", 1000, 10000},
    {"/v1/resources/", handle_resource, "", 0, 0},
    {"/v1/tree", handle_tree, "plugin id limit", 10000, 100000},
    {"/v1/alerts", handle_alerts, "plugin class kind severity limit after affects", 1000, 10000},
    {"/v1/changes", exchange_follow, "", 0, 0},
};
const size_t control_route_count = sizeof(control_routes) / sizeof(control_routes[0]);
