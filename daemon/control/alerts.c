/* SPDX-License-Identifier: MIT */
/* Active alerts, what they affect, and what they are consequences of. */
#include "control/internal.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "base/memory.h"

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

void handle_alerts(struct exchange *exchange)
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
	add_next(answer, more, last);
	exchange_answer(exchange, answer);
}
