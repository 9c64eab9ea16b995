/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

const char ALERT_OFFLINE[] = ALERT_ROW_OFFLINE;
const char ALERT_DEGRADED[] = "degraded";
const char ALERT_COLLAPSED[] = "collapsed";
const char ALERT_DROPPED[] = "dropped";

struct graph_alert *alert_find(const struct graph_resource *resource, const char *name)
{
	struct graph_alert *alert;

	TAILQ_FOREACH (alert, &resource->alerts, in_resource)
		if (strcmp(alert->row.name, name) == 0)
			return alert;
	return NULL;
}

bool alert_is_own(const struct graph_alert *alert)
{
	return alert->row.attribute == NULL;
}

bool alert_is_offline(const struct graph_alert *alert)
{
	return alert_is_own(alert) && strcmp(alert->row.name, ALERT_OFFLINE) == 0;
}

void alert_free(struct graph_alert *alert)
{
	alert_row_clear(&alert->row);
	free(alert->voters);
	free(alert->missing);
	free(alert);
}

void alert_touch(struct graph *graph, struct graph_alert *alert)
{
	if (alert->dirty)
		return;
	alert->dirty = true;
	TAILQ_INSERT_TAIL(&graph->dirty_alerts, alert, in_dirty);
}

struct graph_alert *alert_raise(struct graph *graph, struct graph_resource *resource,
    const char *name, const char *attribute, enum severity severity, const char *message)
{
	struct graph_alert *alert = alert_find(resource, name);

	if (alert != NULL)
		return alert;
	alert = xcalloc(1, sizeof(*alert));
	alert->row = (struct alert_row){.id = ++graph->counters.alert_id,
	    .resource_id = resource->id,
	    .name = xstrdup(name),
	    .attribute = xstrdup(attribute),
	    .severity = severity,
	    .message = xstrdup(message),
	    .begin = graph->time,
	    .active = true};
	alert->row.root_cause_id = alert->row.id;
	alert->resource = resource;
	TAILQ_INSERT_TAIL(&resource->alerts, alert, in_resource);
	TAILQ_INSERT_TAIL(&graph->active_alerts, alert, in_active);
	alert_touch(graph, alert);
	causes_change_alerts(graph, resource);
	notice_alert(graph, alert);
	return alert;
}

/* Records that the alert has ended; contact with a scannable does not come back by its removal. */
static void add_end_event(struct graph *graph, const struct graph_alert *alert)
{
	bool offline = alert_is_offline(alert);
	char *message;

	if (offline && (alert->resource->going || resource_is_retired(alert->resource)))
		return;
	message = offline ? xasprintf("Re-established contact with %s", graph_name(alert->resource))
	                  : xasprintf("Cleared storage alert: %s", alert->row.message);
	changes_add_event(graph, SEVERITY_INFO, alert->row.resource_id, alert->row.id, message);
	free(message);
}

void alert_clear(struct graph *graph, struct graph_alert *alert)
{
	struct alert_row *row = &alert->row;

	assert(row->active);
	row->active = false;
	row->end = graph->time.us > row->begin.us ? graph->time : row->begin;
	TAILQ_REMOVE(&alert->resource->alerts, alert, in_resource);
	TAILQ_REMOVE(&graph->active_alerts, alert, in_active);
	alert_touch(graph, alert);
	add_end_event(graph, alert);
	notice_alert(graph, alert);
	causes_change_alerts(graph, alert->resource);
	alert->resource = NULL;
}

bool graph_dismiss_alert(struct graph *graph, record_id id, bool dismissed)
{
	struct graph_alert *alert;

	TAILQ_FOREACH (alert, &graph->active_alerts, in_active)
		if (alert->row.id == id)
			break;
	if (alert == NULL)
		return false;
	if (alert->row.dismissed != dismissed) {
		alert->row.dismissed = dismissed;
		alert_touch(graph, alert);
		graph->time = wallclock_now();
		graph->actor = NULL;
		notice_alert_changed(graph, alert);
	}
	return true;
}

/* Whether a name begins with the label of its class, as a word: then that is not said twice. */
static bool says_class(const char *name, const char *class_label)
{
	size_t length = strlen(class_label);
	unsigned char next;

	if (strncasecmp(name, class_label, length) != 0)
		return false;
	next = (unsigned char)name[length];
	return !isalpha(next) && next < 0x80;
}

void alert_append_resource(
    struct graph *graph, const struct graph_resource *resource, struct text *message)
{
	const char *own = resource->extras->alias != NULL ? resource->extras->alias
	                                                  : resource_own_label(resource);

	text_append(message, " (");
	if (own != NULL && says_class(own, resource->class->label))
		text_append(message, own);
	else if (own != NULL)
		text_printf(message, "%s %s", resource->class->label, own);
	else
		resource_default_label(graph, resource, message);
	text_append_char(message, ')');
}

/* ---- the runner's own ---- */

void graph_set_offline(struct graph *graph, struct graph_resource *scannable, bool offline)
{
	struct graph_alert *alert = alert_find(scannable, ALERT_OFFLINE);
	char *message;

	graph->time = wallclock_now();
	graph->actor = scannable;
	if (offline == (alert != NULL))
		return;
	if (offline) {
		message = xasprintf("%s not contactable", graph_name(scannable));
		alert_raise(graph, scannable, ALERT_OFFLINE, NULL, SEVERITY_WARNING, message);
		free(message);
	} else {
		alert_clear(graph, alert);
	}
	causes_settle(graph);
}
