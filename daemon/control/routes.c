/* SPDX-License-Identifier: MIT */
#include "control/internal.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "base/memory.h"
#include "control/openmetrics.h"

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
	return query->kind == NULL || class_derives_from(class->class, query->kind);
}

static void handle_status(struct exchange *exchange)
{
	const struct control *control = exchange->control;

	exchange_answer(exchange, control->callbacks->status(control->context));
}

static void handle_health(struct exchange *exchange)
{
	const struct control *control = exchange->control;
	bool is_usable = false;
	struct json_object *answer = control->callbacks->health(control->context, &is_usable);

	exchange_answer_code(exchange, is_usable ? HTTP_OK : HTTP_SERVUNAVAIL, answer);
}

static void handle_metrics(struct exchange *exchange)
{
	const struct control *control = exchange->control;
	char *text = control->callbacks->metrics(control->context);

	exchange_answer_as(exchange, OPENMETRICS_TYPE, text);
	free(text);
}

/* Adds "waiting", the reason, while there is nothing to show yet. */
static void add_waiting(struct json_object *answer, const struct control *control)
{
	char *reason = control->callbacks->waiting != NULL
	                   ? control->callbacks->waiting(control->context)
	                   : NULL;

	if (reason != NULL)
		json_object_object_add(answer, "waiting", json_object_new_string(reason));
	free(reason);
}

/* Adds "reason" to what is said about a scannable that is not contactable. */
static void add_reason(struct json_object *object, const struct control *control,
    const struct graph_resource *scannable)
{
	const char *reason = control->callbacks->reason != NULL
	                         ? control->callbacks->reason(control->context, scannable)
	                         : NULL;

	if (reason != NULL)
		json_object_object_add(object, "reason", json_object_new_string(reason));
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
	add_waiting(answer, exchange->control);
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
	struct resource_page page = {.after = query->after, .limit = (size_t)query->limit};
	const struct resource_list *list = &page.list;
	const struct graph_class *class;
	struct graph_resource *resource;
	bool more;

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

static void handle_resource(struct exchange *exchange)
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

static void handle_tree(struct exchange *exchange)
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
	struct json_object *object = describe_alert_with_cause(alert);
	struct affected affected = {.names = json_object_new_array(), .room = room};

	graph_visit_descendants(graph, alert->resource, add_affected, &affected);
	json_object_object_add(object, "affects", affected.names);
	json_object_object_add(object, "affects_more", json_object_new_boolean(affected.more));
	return object;
}

/* How many alerts have a root cause, for those that are one. */
struct consequences {
	record_id root;
	int64_t count;
	UT_hash_handle hh;
};

static struct consequences *count_consequences(const struct graph *graph)
{
	struct consequences *counts = NULL, *entry;
	const struct graph_alert *alert;

	TAILQ_FOREACH (alert, graph_alerts(graph), in_active) {
		record_id root = alert->row.root_cause_id;

		if (root == alert->row.id || !resource_is_visible(alert->resource))
			continue;
		HASH_FIND(hh, counts, &root, sizeof(root), entry);
		if (entry == NULL) {
			entry = xcalloc(1, sizeof(*entry));
			entry->root = root;
			HASH_ADD(hh, counts, root, sizeof(entry->root), entry);
		}
		entry->count++;
	}
	return counts;
}

static void add_consequences(
    struct json_object *object, const struct graph_alert *alert, const struct consequences *counts)
{
	const struct consequences *entry;

	HASH_FIND(hh, counts, &alert->row.id, sizeof(alert->row.id), entry);
	json_object_object_add(
	    object, "consequences", json_object_new_int64(entry != NULL ? entry->count : 0));
}

static void free_consequences(struct consequences *counts)
{
	struct consequences *entry, *next;

	HASH_ITER (hh, counts, entry, next) {
		HASH_DEL(counts, entry);
		free(entry);
	}
}

/* Whether it is the alert of a scannable that is not contactable. */
static bool alert_is_offline(const struct graph_alert *alert)
{
	return alert->row.attribute == NULL && strcmp(alert->row.name, ALERT_ROW_OFFLINE) == 0;
}

static bool alert_matches(const struct graph_alert *alert, const struct query *query)
{
	return alert->resource != NULL && resource_is_visible(alert->resource) &&
	       class_matches(alert->resource->class, query) &&
	       alert->row.severity >= query->severity && alert->row.id > query->after &&
	       (!query->roots || alert->row.root_cause_id == alert->row.id);
}

/* How many of all pages are silenced. */
static int64_t count_silenced(const struct graph *graph, const struct query *query)
{
	struct query whole = *query;
	const struct graph_alert *alert;
	int64_t count = 0;

	whole.after = 0;
	TAILQ_FOREACH (alert, graph_alerts(graph), in_active)
		count += alert->row.silence_id != 0 && alert_matches(alert, &whole);
	return count;
}

static void handle_alerts(struct exchange *exchange)
{
	struct graph *graph = exchange->control->graph;
	const struct query *query = &exchange->query;
	struct json_object *answer = json_object_new_object();
	struct json_object *alerts = json_object_new_array();
	struct consequences *counts = count_consequences(graph);
	const struct graph_alert *alert;
	struct json_object *object;
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
		object = describe_alert_and_effects(graph, alert, query->affects);
		add_consequences(object, alert, counts);
		if (alert_is_offline(alert))
			add_reason(object, exchange->control, alert->resource);
		json_object_array_add(alerts, object);
	}
	free_consequences(counts);
	json_object_object_add(answer, "alerts", alerts);
	json_object_object_add(
	    answer, "silenced", json_object_new_int64(count_silenced(graph, query)));
	add_next(answer, more, last);
	exchange_answer(exchange, answer);
}

/* ---- the graph ---- */

static void handle_impact(struct exchange *exchange)
{
	struct graph_resource *resource = find_resource(exchange);

	if (resource != NULL)
		exchange_answer(exchange, describe_impact(resource, (size_t)exchange->query.limit));
}

static void handle_graph(struct exchange *exchange)
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

/* ---- statistics ---- */

/*
 * Completes the times of a query that begins so many seconds before its end if it does not say
 * when. Returns false with the request refused if there is no time between them.
 */
static bool find_range(struct exchange *exchange, int64_t default_s)
{
	struct query *query = &exchange->query;

	if (query->to.us == NOT_GIVEN)
		query->to = wallclock_now();
	if (query->from.us == NOT_GIVEN)
		query->from.us = query->to.us - default_s * US_PER_S;
	if (query->from.us < query->to.us)
		return true;
	exchange_refuse(
	    exchange, HTTP_BADREQUEST, "from", "from: the time is not before that of \"to\"");
	return false;
}

/* Asks the database for what the query says of its resource. */
static void inquire(struct exchange *exchange, enum question_subject subject)
{
	const struct query *query = &exchange->query;

	if (find_resource(exchange) == NULL || !find_range(exchange, 3600))
		return;
	exchange_inquire(exchange, &(const struct database_question){.subject = subject,
	                               .resource = query->id,
	                               .from = query->from,
	                               .to = query->to,
	                               .points = query->limit,
	                               .statistics = query->statistics,
	                               .statistic_count = query->statistic_count});
}

static void handle_charts(struct exchange *exchange)
{
	inquire(exchange, QUESTION_CHARTS);
}

static void handle_statistics(struct exchange *exchange)
{
	inquire(exchange, QUESTION_LATEST);
}

static void handle_series(struct exchange *exchange)
{
	const struct query *query = &exchange->query;
	const struct graph_resource *resource = find_resource(exchange);

	if (resource == NULL)
		return;
	if (query->statistic_count == 0) {
		exchange_refuse(exchange, HTTP_BADREQUEST, "statistic",
		    "statistic is missing: the name of one, or several times");
		return;
	}
	for (size_t i = 0; i < query->statistic_count; i++) {
		if (class_find_statistic(resource->class->class, query->statistics[i]) !=
		    CLASS_NOT_FOUND)
			continue;
		exchange_refuse(exchange, HTTP_BADREQUEST, "statistic",
		    "class %s has no statistic \"%s\"", resource->class->key,
		    quotable(query->statistics[i]));
		return;
	}
	inquire(exchange, QUESTION_SERIES);
}

/* ---- events ---- */

/* Asks the database for what happened. */
static void handle_events(struct exchange *exchange)
{
	const struct query *query = &exchange->query;

	if ((query->id != 0 && find_resource(exchange) == NULL) || !find_range(exchange, 24 * 3600))
		return;
	exchange_inquire(exchange, &(const struct database_question){.subject = QUESTION_EVENTS,
	                               .resource = query->id,
	                               .from = query->from,
	                               .to = query->to,
	                               .points = query->limit,
	                               .severity = query->severity,
	                               .after = query->after});
}

static void handle_stream(struct exchange *exchange)
{
	if (exchange->query.id == 0 || find_resource(exchange) != NULL)
		exchange_follow(exchange);
}

const struct route control_routes[] = {
    {EVHTTP_REQ_GET, "/v1/status", NULL, handle_status, "", 0, 0},
    {EVHTTP_REQ_GET, "/healthz", NULL, handle_health, "", 0, 0},
    {EVHTTP_REQ_GET, "/metrics", NULL, handle_metrics, "", 0, 0},
    {EVHTTP_REQ_GET, "/v1/plugins", NULL, handle_plugins, "", 0, 0},
    {EVHTTP_REQ_GET, "/v1/classes", NULL, handle_classes, "plugin kind internal", 0, 0},
    {EVHTTP_REQ_GET, "/v1/resources", NULL, handle_resources, "plugin class kind limit after", 1000,
        10000},
    {EVHTTP_REQ_GET, "/v1/resources/", "/impact", handle_impact, "limit", 1000, 10000},
    {EVHTTP_REQ_GET, "/v1/resources/", "/charts", handle_charts, "from to points", 1000, 10000},
    {EVHTTP_REQ_GET, "/v1/resources/", "/statistics", handle_statistics, "", 0, 0},
    {EVHTTP_REQ_GET, "/v1/resources/", "/series", handle_series, "statistic from to points", 1000,
        10000},
    {EVHTTP_REQ_GET, "/v1/resources/", NULL, handle_resource, "", 0, 0},
    {EVHTTP_REQ_GET, "/v1/tree", NULL, handle_tree, "plugin id limit", 10000, 100000},
    {EVHTTP_REQ_GET, "/v1/graph", NULL, handle_graph, "plugin id limit after", 1000, 10000},
    {EVHTTP_REQ_GET, "/v1/alerts", NULL, handle_alerts,
        "plugin class kind severity roots limit after affects", 1000, 10000},
    {EVHTTP_REQ_PUT, "/v1/resources/", "/alias", handle_alias, "", 0, 0},
    {EVHTTP_REQ_POST, "/v1/alerts/", "/dismiss", handle_dismiss, "", 0, 0},
    {EVHTTP_REQ_POST, "/v1/scannables", NULL, handle_add, "", 0, 0},
    {EVHTTP_REQ_PATCH, "/v1/scannables/", NULL, handle_edit, "", 0, 0},
    {EVHTTP_REQ_DELETE, "/v1/scannables/", NULL, handle_remove, "", 0, 0},
    {EVHTTP_REQ_POST, "/v1/scannables/", "/scan", handle_scan, "", 0, 0},
    {EVHTTP_REQ_GET, "/v1/silences", NULL, handle_silences, "", 0, 0},
    {EVHTTP_REQ_POST, "/v1/silences", NULL, handle_silence, "", 0, 0},
    {EVHTTP_REQ_DELETE, "/v1/silences/", NULL, handle_unsilence, "", 0, 0},
    {EVHTTP_REQ_GET, "/v1/volumes", NULL, handle_volumes, "limit after", 1000, 10000},
    {EVHTTP_REQ_PUT, "/v1/volumes/", "/nodes", handle_nodes, "", 0, 0},
    {EVHTTP_REQ_GET, "/v1/events", NULL, handle_events, "from to resource severity limit after",
        1000, 10000},
    {EVHTTP_REQ_GET, "/v1/events/stream", NULL, handle_stream, "type resource plugin", 0, 0},
};
const size_t control_route_count = sizeof(control_routes) / sizeof(control_routes[0]);
