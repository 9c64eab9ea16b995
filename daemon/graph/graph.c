/* SPDX-License-Identifier: MIT */
#include "graph/graph.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "graph/graph_internal.h"

/* Minutes of the most that is designed for. */
#define FRAME_LIMIT ((size_t)64 * 1024 * 1024)

struct graph *graph_new(const struct graph_options *options)
{
	struct graph *graph = xcalloc(1, sizeof(*graph));

	assert(options->warn != NULL);
	graph->options = *options;
	if (graph->options.error == NULL)
		graph->options.error = options->warn;
	if (graph->options.frame_limit == 0)
		graph->options.frame_limit = FRAME_LIMIT;
	TAILQ_INIT(&graph->plugins);
	TAILQ_INIT(&graph->active_alerts);
	TAILQ_INIT(&graph->dirty_alerts);
	TAILQ_INIT(&graph->refused);
	TAILQ_INIT(&graph->rules);
	TAILQ_INIT(&graph->crowded);
	TAILQ_INIT(&graph->sampled);
	TAILQ_INIT(&graph->falls);
	volumes_new(graph);
	graph->dropping = true; /* some may be restored */
	return graph;
}

static void free_alerts(struct graph *graph)
{
	struct graph_alert *alert;

	while ((alert = TAILQ_FIRST(&graph->active_alerts)) != NULL) {
		TAILQ_REMOVE(&graph->active_alerts, alert, in_active);
		if (!alert->dirty)
			alert_free(alert);
	}
	while ((alert = TAILQ_FIRST(&graph->dirty_alerts)) != NULL) {
		TAILQ_REMOVE(&graph->dirty_alerts, alert, in_dirty);
		alert_free(alert);
	}
}

static void free_resources(struct graph *graph, struct graph_class *class)
{
	struct graph_resource *resource;

	while ((resource = TAILQ_FIRST(&class->resources)) != NULL) {
		resource->scope = NULL;
		resource_free(graph, resource);
	}
}

static void free_links(struct graph *graph, struct graph_class *class)
{
	struct graph_resource *resource;
	struct graph_link *link;

	TAILQ_FOREACH (resource, &class->resources, in_class)
		while ((link = TAILQ_FIRST(&resource->parents)) != NULL)
			link_free(graph, link);
}

static void free_plugins(struct graph *graph)
{
	struct graph_plugin *plugin;

	while ((plugin = TAILQ_FIRST(&graph->plugins)) != NULL)
		graph_plugin_free(graph, plugin);
}

static void free_classes(struct graph *graph)
{
	struct graph_class *class, *next;

	for (class = graph->classes_by_id; class != NULL; class = class->by_id.next)
		free_links(graph, class);
	while (!TAILQ_EMPTY(&graph->refused))
		link_free(graph, TAILQ_FIRST(&graph->refused));
	HASH_CLEAR(by_name, graph->classes_by_name);
	HASH_ITER (by_id, graph->classes_by_id, class, next) {
		HASH_DELETE(by_id, graph->classes_by_id, class);
		free_resources(graph, class);
		graph_class_free(class);
	}
}

void graph_free(struct graph *graph)
{
	struct graph_session *session, *next;

	if (graph == NULL)
		return;
	HASH_ITER (by_number, graph->sessions, session, next)
		graph_session_free(graph, session);
	volumes_free(graph);
	cohorts_free(graph);
	free_alerts(graph);
	free_plugins(graph);
	free_classes(graph);
	relations_free(graph);
	free(graph->touched);
	causes_free(graph);
	gaps_free(graph);
	pauses_free(graph);
	index_clear(&graph->refused_by_pair);
	index_clear(&graph->by_identity);
	if (graph->next != NULL)
		changes_free(graph->next);
	free(graph->parents_added);
	free(graph->reporters_added);
	free(graph->pending_scopes);
	free(graph->scannables);
	free(graph->raised);
	free(graph);
}

void graph_warn(
    struct graph *graph, const char *plugin, const char *scannable, const char *format, ...)
{
	va_list arguments;
	char *line;

	va_start(arguments, format);
	line = xvasprintf(format, arguments);
	va_end(arguments);
	graph->options.warn(plugin, scannable, line);
	free(line);
}

void graph_error(struct graph *graph, const char *plugin, const char *format, ...)
{
	va_list arguments;
	char *line;

	va_start(arguments, format);
	line = xvasprintf(format, arguments);
	va_end(arguments);
	graph->options.error(plugin, NULL, line);
	free(line);
}

void graph_collect_notices(struct graph *graph, bool on)
{
	graph->collecting = on;
}

void graph_settle(struct graph *graph)
{
	scannables_settle(graph);
	relations_settle(graph);
	volumes_settle(graph);
	scannables_settle(graph); /* relations make parents, too */
	causes_settle(graph);
}

struct graph_resource *graph_find(const struct graph *graph, record_id id)
{
	return ids_find(&graph->ids, id);
}

struct graph_class *graph_find_class(
    const struct graph *graph, const char *plugin, const char *name)
{
	struct graph_class *class;
	char *key = xasprintf("%s.%s", plugin, name);

	HASH_FIND(by_name, graph->classes_by_name, key, strlen(key), class);
	free(key);
	return class;
}

const struct graph_class *graph_first_class(const struct graph *graph)
{
	return graph->classes_by_id;
}

size_t graph_resource_count(const struct graph *graph)
{
	return graph->ids.count;
}

const struct graph_alert_list *graph_alerts(const struct graph *graph)
{
	return &graph->active_alerts;
}

const char *graph_name(const struct graph_resource *resource)
{
	return resource->extras->alias != NULL ? resource->extras->alias : resource->label;
}

const char *graph_identifier(const struct graph_resource *resource)
{
	return strchr(strchr(resource->identity, '/') + 1, '/') + 1;
}

/* Resources still to be looked at, and those that were, in order. */
struct queue {
	struct graph_resource **resources;
	size_t count, capacity;
};

static void queue_children(
    struct graph *graph, struct queue *queue, const struct graph_resource *resource)
{
	const struct graph_link *link;

	TAILQ_FOREACH (link, &resource->children, in_parent) {
		if (link->child->mark == graph->mark)
			continue;
		link->child->mark = graph->mark;
		queue->resources = xgrow(
		    queue->resources, queue->count, &queue->capacity, sizeof(*queue->resources));
		queue->resources[queue->count++] = link->child;
	}
}

void graph_visit_descendants(struct graph *graph, struct graph_resource *resource,
    bool (*visit)(void *context, struct graph_resource *descendant), void *context)
{
	struct queue queue = {NULL, 0, 0};

	resource->mark = ++graph->mark;
	queue_children(graph, &queue, resource);
	for (size_t i = 0; i < queue.count && visit(context, queue.resources[i]); i++)
		queue_children(graph, &queue, queue.resources[i]);
	free(queue.resources);
}
