/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void graph_restore_counters(struct graph *graph, const struct counters *counters)
{
	graph->counters = *counters;
}

/* Ids that are in use must never be given out again, whatever the stored counters say. */
static void reach(record_id *counter, record_id id)
{
	if (*counter < id)
		*counter = id;
}

void graph_restore_class(struct graph *graph, const struct class_row *row)
{
	struct graph_class *class;

	assert(!graph->restored);
	if (graph_find_class(graph, row->plugin, row->name) != NULL) {
		graph_warn(graph, row->plugin, NULL, "class \"%s\" is stored twice", row->name);
		return;
	}
	reach(&graph->counters.class_id, row->id);
	class = graph_class_new(graph, row->id, row->plugin, row->name, row->label, row->scannable);
	class->shown = row->loaded;
	volumes_restore_class(class, row->ancestry);
	if (row->loaded)
		class->row_text = class_row_text(row);
	for (size_t i = 0; i < row->statistic_count; i++) {
		reach(&graph->counters.statistic_id, row->statistics[i].id);
		graph_class_learn_statistic(class, &row->statistics[i]);
	}
}

static void note_scope(struct graph *graph, struct graph_resource *resource, record_id scope_id)
{
	graph->pending_scopes = xgrow(graph->pending_scopes, graph->pending_scope_count,
	    &graph->pending_scope_capacity, sizeof(*graph->pending_scopes));
	graph->pending_scopes[graph->pending_scope_count++] =
	    (struct pending_scope){resource, scope_id};
}

void graph_restore_resource(struct graph *graph, const struct resource_row *row)
{
	struct graph_resource *resource;
	struct graph_class *class;
	char *identity;

	assert(!graph->restored);
	reach(&graph->counters.resource_id, row->id);
	HASH_FIND(by_id, graph->classes_by_id, &row->class_id, sizeof(row->class_id), class);
	if (class == NULL || graph_find(graph, row->id) != NULL) {
		graph_warn(graph, NULL, NULL, "stored resource %" PRId64 " (%s) %s: left out",
		    row->id, row->label, class == NULL ? "has no class" : "is there twice");
		return;
	}
	identity = identity_text(row->class_id, row->scope_id, row->identifier);
	if (resource_find_identity(graph, identity) != NULL) {
		graph_warn(graph, class->plugin, NULL,
		    "stored resource %" PRId64 " (%s) is the same as another: left out", row->id,
		    row->label);
		free(identity);
		return;
	}
	resource = resource_new(graph, row->id, class, NULL, identity);
	resource->label = xstrdup(row->label);
	resource->labelled = true;
	resource->unread = xcalloc(1, sizeof(*resource->unread));
	resource->unread->attributes = xstrdup(row->attributes);
	resource->unread->secrets = xstrdup(row->secrets);
	resource->configured = row->configured;
	resource->added = row->added;
	resource->in_use = row->in_use;
	resource->departing = row->departing;
	resource->stored = true;
	if (row->alias != NULL)
		resource_extras(resource)->alias = xstrdup(row->alias);
	if (row->given != NULL)
		resource_extras(resource)->given = xstrdup(row->given);
	if (row->scope_id != 0)
		note_scope(graph, resource, row->scope_id);
}

/* The resource of this number; NULL, with a warning, if there is none. */
static struct graph_resource *find_or_warn(struct graph *graph, record_id id, const char *what)
{
	struct graph_resource *resource = graph_find(graph, id);

	if (resource == NULL)
		graph_warn(graph, NULL, NULL,
		    "a stored %s names resource %" PRId64 ", which is not there: left out", what,
		    id);
	return resource;
}

void graph_restore_parent(struct graph *graph, const struct parent_row *row)
{
	struct graph_resource *child = find_or_warn(graph, row->child_id, "parent link");
	struct graph_resource *parent = find_or_warn(graph, row->parent_id, "parent link");

	assert(!graph->restored);
	if (child == NULL || parent == NULL)
		return;
	if (row->reporter_id == RELATION)
		link_add(graph, child, parent, RELATION)->unconfirmed = true;
	else if (find_or_warn(graph, row->reporter_id, "parent link") != NULL)
		link_add(graph, child, parent, row->reporter_id);
}

void graph_restore_reporter(struct graph *graph, const struct reporter_row *row)
{
	struct graph_resource *resource = find_or_warn(graph, row->resource_id, "report");
	struct graph_resource *reporter = find_or_warn(graph, row->reporter_id, "report");

	assert(!graph->restored);
	if (resource != NULL && reporter != NULL)
		reporter_add(graph, resource, reporter);
}

void graph_restore_alert(struct graph *graph, const struct alert_row *row)
{
	struct graph_resource *resource = find_or_warn(graph, row->resource_id, "alert");
	struct graph_alert *alert;

	assert(!graph->restored);
	reach(&graph->counters.alert_id, row->id);
	if (resource == NULL || !row->active || alert_find(resource, row->name) != NULL)
		return;
	alert = xcalloc(1, sizeof(*alert));
	alert->row = *row;
	alert->row.name = xstrdup(row->name);
	alert->row.attribute = xstrdup(row->attribute);
	alert->row.message = xstrdup(row->message);
	alert->row.voters = NULL;
	votes_restore(graph, alert, row->voters);
	alert->resource = resource;
	TAILQ_INSERT_TAIL(&resource->alerts, alert, in_resource);
	TAILQ_INSERT_TAIL(&graph->active_alerts, alert, in_active);
}

/* Gives a resource its scope; without one it is left out. */
static void join(struct graph *graph, const struct pending_scope *pending, struct removal *orphans)
{
	struct graph_resource *resource = pending->resource;
	struct graph_resource *scope = graph_find(graph, pending->scope_id);

	if (scope != NULL && scope != resource) {
		resource_join_scope(resource, scope);
		return;
	}
	graph_warn(graph, resource->class->plugin, NULL,
	    "stored resource %" PRId64 " (%s) names scannable %" PRId64
	    ", which is not there: left out",
	    resource->id, resource->label, pending->scope_id);
	resource->stored = false;
	removal_add(orphans, resource);
}

void graph_restored(struct graph *graph)
{
	struct removal orphans = {NULL, 0, 0};

	assert(!graph->restored);
	graph->time = wallclock_now();
	for (size_t i = 0; i < graph->pending_scope_count; i++)
		join(graph, &graph->pending_scopes[i], &orphans);
	removal_run(graph, &orphans);
	free(graph->pending_scopes);
	graph->pending_scopes = NULL;
	graph->pending_scope_count = graph->pending_scope_capacity = 0;
	order_restore(graph);
	volumes_restored(graph);
	votes_restored(graph);
	graph->restored = true;
	causes_restore(graph);
}
