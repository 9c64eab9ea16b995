/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"

#define AFFECTED_SHOWN 20

/* Appends the members by which every notice names a resource. */
static void append_resource(struct text *json, const struct graph_resource *resource, bool full)
{
	text_printf(json, "{\"id\": %" PRId64 ", \"class\": ", resource->id);
	text_append_json(json, resource->class->key);
	if (full) {
		text_append(json, ", \"class_label\": ");
		text_append_json(json, resource->class->label);
	}
	text_append(json, ", \"label\": ");
	text_append_json(json, graph_name(resource));
	text_append_char(json, '}');
}

/* Begins a notice: everything that all kinds have in common. The resource may be NULL. */
static void begin(
    struct graph *graph, struct text *json, const char *kind, const struct graph_resource *resource)
{
	char time[CLOCK_TEXT_SIZE];

	text_printf(json, "{\"time\": \"%s\", \"kind\": \"%s\", \"resource\": ",
	    wallclock_format(graph->time, time), kind);
	if (resource != NULL)
		append_resource(json, resource, true);
	else
		text_append(json, "null");
	text_append(json, ", \"scannable\": ");
	if (graph->actor == NULL) {
		text_append(json, "null");
		return;
	}
	text_printf(json, "{\"id\": %" PRId64 ", \"label\": ", graph->actor->id);
	text_append_json(json, graph_name(graph->actor));
	text_append_char(json, '}');
}

static void finish(struct graph *graph, struct text *json, enum notice_type type,
    const struct graph_resource *resource)
{
	struct notice notice = {.type = type};

	if (resource != NULL) {
		notice.resource_id = resource->id;
		notice.plugin = xstrdup(resource->class->plugin);
	}
	if (graph->actor != NULL)
		notice.scannable_id = graph->actor->id;
	text_append_char(json, '}');
	notice.json = text_steal(json);
	changes_add_notice(graph, notice);
}

void notice_resource(struct graph *graph, const char *kind, const struct graph_resource *resource)
{
	bool is_about_scans = strcmp(kind, "paused") == 0 || strcmp(kind, "resumed") == 0;
	struct text json = TEXT_EMPTY;

	if (!graph->collecting)
		return;
	begin(graph, &json, kind, resource);
	finish(graph, &json, is_about_scans ? NOTICE_SCANNABLE : NOTICE_RESOURCE, resource);
}

/* A value in a notice: as it is stored, or the name of what it refers to. */
static void append_value(struct graph *graph, struct text *json, const struct value *value)
{
	const struct graph_resource *target = NULL;

	if (value->type == VALUE_REFERENCE)
		target = graph_find(graph, (record_id)value->reference);
	if (target != NULL)
		text_append_json(json, graph_name(target));
	else
		value_append_json(json, value);
}

void notice_changed(struct graph *graph, const struct graph_resource *resource, size_t attribute,
    const struct value *from, const struct value *to)
{
	const struct attribute *declared = &resource->class->class->attributes[attribute];
	struct text json = TEXT_EMPTY;

	if (!graph->collecting || declared->type == ATTRIBUTE_PASSWORD || declared->hidden)
		return;
	begin(graph, &json, "changed", resource);
	text_append(&json, ", \"attribute\": ");
	text_append_json(&json, declared->name);
	text_append(&json, ", \"label\": ");
	text_append_json(&json, declared->label);
	text_append(&json, ", \"from\": ");
	append_value(graph, &json, from);
	text_append(&json, ", \"to\": ");
	append_value(graph, &json, to);
	finish(graph, &json, NOTICE_RESOURCE, resource);
}

/* The descendants of a resource being listed. */
struct affected {
	struct text *json;
	size_t count;
};

static bool append_affected(void *context, struct graph_resource *descendant)
{
	struct affected *affected = context;

	if (affected->count < AFFECTED_SHOWN) {
		text_append(affected->json, affected->count > 0 ? ", " : "");
		append_resource(affected->json, descendant, false);
	}
	affected->count++;
	return true;
}

static const char *alert_kind(const struct graph_alert *alert)
{
	if (alert->row.active)
		return alert_is_offline(alert) ? "offline" : "alert_raised";
	if (!alert_is_offline(alert))
		return "alert_cleared";
	/* Contact with a scannable does not come back by its removal. */
	return alert->resource->going || resource_is_retired(alert->resource) ? "alert_cleared"
	                                                                      : "online";
}

/* What an active alert, or one that has just ended, follows from. */
static void append_root_cause(struct text *json, const struct graph_alert *alert)
{
	const struct graph_cause *cause = alert->resource->cause;

	text_append(json, ", \"root_cause\": ");
	if (cause == NULL || cause->root == NULL) {
		text_append(json, "null");
		return;
	}
	text_printf(json, "{\"alert\": %" PRId64 ", \"message\": ", cause->root->row.id);
	text_append_json(json, cause->root->row.message);
	text_append_char(json, '}');
}

/* Appends whether a resource, which may be NULL, is under a silence. */
static void append_silenced(struct text *json, const struct graph_resource *resource)
{
	bool silenced = resource != NULL && graph_silence_of(resource) != NULL;

	text_printf(json, ", \"silenced\": %s", silenced ? "true" : "false");
}

/* Appends all that is to be said of an alert. */
static void tell_alert(struct graph *graph, const struct graph_alert *alert, const char *kind)
{
	bool contact = strcmp(kind, "offline") == 0 || strcmp(kind, "online") == 0;
	struct text json = TEXT_EMPTY;
	struct affected affected = {&json, 0};

	begin(graph, &json, kind, alert->resource);
	text_printf(&json, ", \"alert\": %" PRId64 ", \"name\": ", alert->row.id);
	text_append_json(&json, alert->row.name);
	text_printf(
	    &json, ", \"severity\": \"%s\", \"message\": ", severity_name(alert->row.severity));
	text_append_json(&json, alert->row.message);
	text_append(&json, ", \"affects\": [");
	graph_visit_descendants(graph, alert->resource, append_affected, &affected);
	text_printf(&json, "], \"affects_count\": %zu", affected.count);
	append_root_cause(&json, alert);
	text_printf(&json, ", \"dismissed\": %s", alert->row.dismissed ? "true" : "false");
	append_silenced(&json, alert->resource);
	finish(graph, &json, contact ? NOTICE_SCANNABLE : NOTICE_ALERT, alert->resource);
}

void notice_alert(struct graph *graph, const struct graph_alert *alert)
{
	if (!graph->collecting)
		return;
	if (!alert->row.active) {
		notices_settle(graph);
		tell_alert(graph, alert, alert_kind(alert));
		return;
	}
	graph->raised = xgrow(
	    graph->raised, graph->raised_count, &graph->raised_capacity, sizeof(*graph->raised));
	graph->raised[graph->raised_count++] = alert;
}

void notices_settle(struct graph *graph)
{
	for (size_t i = 0; i < graph->raised_count; i++)
		if (graph->raised[i]->resource != NULL)
			tell_alert(graph, graph->raised[i], alert_kind(graph->raised[i]));
	graph->raised_count = 0;
}

void notice_alert_changed(struct graph *graph, const struct graph_alert *alert)
{
	if (graph->collecting)
		tell_alert(graph, alert, "alert_changed");
}

void notice_event(struct graph *graph, const struct event_row *row)
{
	const struct graph_resource *resource = graph_find(graph, row->resource_id);
	struct text json = TEXT_EMPTY;

	if (!graph->collecting)
		return;
	begin(graph, &json, "event", resource);
	text_printf(&json, ", \"event\": %" PRId64 ", \"severity\": \"%s\", \"alert\": ", row->id,
	    severity_name(row->severity));
	if (row->alert_id != 0)
		text_printf(&json, "%" PRId64, row->alert_id);
	else
		text_append(&json, "null");
	text_append(&json, ", \"message\": ");
	text_append_json(&json, row->message);
	append_silenced(&json, resource);
	finish(graph, &json, NOTICE_EVENT, resource);
}
