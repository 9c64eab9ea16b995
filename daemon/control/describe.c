/* SPDX-License-Identifier: MIT */
#include "control/describe_internal.h"

#include <stdlib.h>

/* ---- values ---- */

struct json_object *describe_value(const struct value *value)
{
	switch (value->type) {
	case VALUE_BOOLEAN:
		return json_object_new_boolean(value->boolean);
	case VALUE_INTEGER:
		return json_object_new_int64(value->integer);
	case VALUE_UNSIGNED:
		return json_object_new_uint64(value->number);
	case VALUE_REAL:
		return json_object_new_double(value->real);
	case VALUE_TEXT:
		return json_object_new_string(value->text);
	case VALUE_REFERENCE:
		return json_object_new_int64((int64_t)value->reference);
	default:
		return NULL;
	}
}

/* The value as people read it: "4.0TB", "yes", the name of a reference's target, "-" (but nothing
 * for no reference). */
static struct json_object *value_for_people(
    const struct graph *graph, const struct attribute *attribute, const struct value *value)
{
	const struct graph_resource *target;
	struct text text = TEXT_EMPTY;

	if (value->type == VALUE_BOOLEAN)
		return json_object_new_string(value->boolean ? "yes" : "no");
	if (value->type == VALUE_NULL && attribute->type == ATTRIBUTE_REFERENCE)
		return json_object_new_string("");
	if (value->type == VALUE_REFERENCE) {
		target = graph_find(graph, (record_id)value->reference);
		if (target != NULL)
			return json_object_new_string(graph_name(target));
	}
	if (value->type == VALUE_INTEGER && attribute->type == ATTRIBUTE_BYTES)
		bytes_format(value->integer, &text);
	else
		value_append_plain(&text, value);
	return text_to_json(&text);
}

/* Adds the values of all attributes that are shown: raw under "attributes", and as "texts". */
static void add_values(
    struct json_object *object, const struct graph *graph, const struct graph_resource *resource)
{
	const struct class *class = resource->class->class;
	struct json_object *values = json_object_new_object();
	struct json_object *texts = json_object_new_object();
	const struct attribute *attribute;

	for (size_t i = 0; i < class->attribute_count; i++) {
		attribute = &class->attributes[i];
		if (!attribute_is_shown(attribute))
			continue;
		json_object_object_add(
		    values, attribute->name, describe_value(&resource->values[i]));
		json_object_object_add(texts, attribute->name,
		    value_for_people(graph, attribute, &resource->values[i]));
	}
	json_object_object_add(object, "attributes", values);
	json_object_object_add(object, "texts", texts);
}

/* ---- alerts ---- */

struct json_object *describe_alert(const struct graph_alert *alert, bool with_resource)
{
	struct json_object *object = json_object_new_object();
	char time[CLOCK_TEXT_SIZE];

	add_number(object, "id", alert->row.id);
	add_text(object, "name", alert->row.name);
	add_text(object, "severity", severity_name(alert->row.severity));
	add_text(object, "message", alert->row.message);
	add_text(object, "attribute", alert->row.attribute);
	add_text(object, "begin", wallclock_format(alert->row.begin, time));
	add_boolean(object, "dismissed", alert->row.dismissed);
	if (with_resource && alert->resource != NULL)
		json_object_object_add(object, "resource", describe_reference(alert->resource));
	return object;
}

/* An alert as others name it, who are its consequences. */
static struct json_object *describe_cause(const struct graph_alert *alert)
{
	struct json_object *object;

	if (alert == NULL)
		return NULL;
	object = json_object_new_object();
	add_number(object, "id", alert->row.id);
	add_text(object, "severity", severity_name(alert->row.severity));
	add_text(object, "message", alert->row.message);
	json_object_object_add(object, "resource", describe_reference(alert->resource));
	return object;
}

struct json_object *describe_alert_with_cause(const struct graph_alert *alert)
{
	const struct graph_cause *cause = alert->resource->cause;
	struct json_object *object = describe_alert(alert, true);

	json_object_object_add(
	    object, "cause", describe_cause(cause != NULL ? cause->nearest : NULL));
	json_object_object_add(
	    object, "root_cause", describe_cause(cause != NULL ? cause->root : NULL));
	return object;
}

/* Adds the active alerts of a resource. */
static void add_alerts(struct json_object *object, const struct graph_resource *resource)
{
	struct json_object *alerts = add_array(object, "alerts");
	const struct graph_alert *alert;

	TAILQ_FOREACH (alert, &resource->alerts, in_resource)
		json_object_array_add(alerts, describe_alert(alert, false));
}

/* ---- resources ---- */

struct json_object *describe_pause(const struct pause_row *pause)
{
	struct json_object *object;
	char time[CLOCK_TEXT_SIZE];

	if (pause == NULL)
		return NULL;
	object = json_object_new_object();
	add_text(object, "since", wallclock_format(pause->since, time));
	add_number(object, "user", pause->user);
	add_text(object, "why", pause->why);
	return object;
}

struct json_object *describe_pause_of(
    const struct graph *graph, const struct graph_resource *scannable)
{
	const struct pause_row *pause = graph_find_pause(graph, scannable);
	struct json_object *object = describe_pause(pause);

	if (object != NULL)
		add_boolean(object, "with_plugin", pause->scannable_id == 0);
	return object;
}

struct json_object *describe_reference(const struct graph_resource *resource)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "id", resource->id);
	add_text(object, "class", resource->class->key);
	add_text(object, "label", graph_name(resource));
	return object;
}

/* Adds "paused": since when, by whom and why, to a scannable that is. */
static void add_pause(
    struct json_object *object, const struct graph *graph, const struct graph_resource *resource)
{
	struct json_object *paused =
	    resource->class->scannable ? describe_pause_of(graph, resource) : NULL;

	if (paused != NULL)
		json_object_object_add(object, "paused", paused);
}

struct json_object *describe_resource(
    const struct graph *graph, const struct graph_resource *resource, struct json_object *classes)
{
	struct json_object *object = describe_reference(resource);
	const char *key = resource->class->key;

	add_text(object, "alias", resource->extras->alias);
	json_object_object_add(object, "scope",
	    resource->scope != NULL ? json_object_new_int64(resource->scope->id) : NULL);
	add_values(object, graph, resource);
	add_alerts(object, resource);
	add_pause(object, graph, resource);
	if (!json_object_object_get_ex(classes, key, NULL))
		json_object_object_add(classes, key, describe_class(resource->class));
	return object;
}

/* Adds every shown attribute with what is known of it. */
static void add_fields(
    struct json_object *object, const struct graph *graph, const struct graph_resource *resource)
{
	const struct class *class = resource->class->class;
	struct json_object *fields = add_array(object, "fields");
	const struct attribute *attribute;
	struct json_object *field;

	for (size_t i = 0; i < class->attribute_count; i++) {
		attribute = &class->attributes[i];
		if (!attribute_is_shown(attribute))
			continue;
		field = json_object_new_object();
		add_text(field, "name", attribute->name);
		add_text(field, "label", attribute->label);
		add_text(field, "type", attribute_type_name(attribute->type));
		add_text(field, "units", attribute_units(attribute));
		add_boolean(field, "identifying", class_is_identifying(class, i));
		json_object_object_add(field, "value", describe_value(&resource->values[i]));
		json_object_object_add(
		    field, "text", value_for_people(graph, attribute, &resource->values[i]));
		json_object_array_add(fields, field);
	}
}

/* Adds the visible parents and children. */
static void add_relatives(struct json_object *object, const struct graph_resource *resource)
{
	struct json_object *parents = add_array(object, "parents");
	struct json_object *children = add_array(object, "children");
	const struct graph_link *link;
	int64_t child_count = 0;

	TAILQ_FOREACH (link, &resource->parents, in_child) {
		if (resource_is_visible(link->parent))
			json_object_array_add(parents, describe_reference(link->parent));
	}
	TAILQ_FOREACH (link, &resource->children, in_parent) {
		if (resource_is_visible(link->child) && child_count++ < RELATIVES_MAX)
			json_object_array_add(children, describe_reference(link->child));
	}
	add_number(object, "child_count", child_count);
}

/* Adds the scannables that report the resource. */
static void add_reporters(
    struct json_object *object, const struct graph *graph, const struct graph_resource *resource)
{
	struct json_object *reporters = add_array(object, "reporters");
	const struct graph_resource *reporter;

	if (resource->scope != NULL)
		json_object_array_add(reporters, describe_reference(resource->scope));
	for (size_t i = 0; i < resource->reporters.count; i++) {
		reporter = graph_find(graph, graph_reporters(&resource->reporters)[i]);
		if (reporter != NULL && resource_is_visible(reporter))
			json_object_array_add(reporters, describe_reference(reporter));
	}
}

/* Adds the alerts of all ancestors. */
static void add_ancestors_alerts(struct json_object *object, const struct graph_resource *resource)
{
	struct json_object *alerts = add_array(object, "inherited_alerts");
	struct resource_list ancestors = list_ancestors(resource);
	const struct graph_alert *alert;

	for (size_t i = 0; i < ancestors.count; i++) {
		TAILQ_FOREACH (alert, &ancestors.items[i]->alerts, in_resource) {
			if (json_object_array_length(alerts) < RELATIVES_MAX)
				json_object_array_add(alerts, describe_alert_with_cause(alert));
		}
	}
	free(ancestors.items);
}

/* Why a scannable is there. */
static const char *origin_of(const struct graph_resource *scannable)
{
	if (scannable->configured || scannable->was_configured)
		return "configured";
	return scannable->added ? "added" : "reported";
}

struct json_object *describe_resource_fully(
    const struct graph *graph, const struct graph_resource *resource)
{
	const struct class *class = resource->class->class;
	struct json_object *object = describe_reference(resource);

	add_text(object, "plugin", resource->class->plugin);
	add_text(object, "class_label", class->label);
	add_text(object, "kind", builtin_name(class->builtin));
	add_text(object, "alias", resource->extras->alias);
	add_text(object, "label_without_alias", resource->label);
	add_boolean(object, "scannable", class->scannable);
	if (class->scannable)
		add_text(object, "origin", origin_of(resource));
	add_pause(object, graph, resource);
	json_object_object_add(
	    object, "scope", resource->scope != NULL ? describe_reference(resource->scope) : NULL);
	add_values(object, graph, resource);
	add_fields(object, graph, resource);
	describe_statistics(object, class);
	add_relatives(object, resource);
	add_reporters(object, graph, resource);
	add_alerts(object, resource);
	add_ancestors_alerts(object, resource);
	return object;
}
