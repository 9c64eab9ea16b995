/* SPDX-License-Identifier: MIT */
#include "control/describe.h"

#include <stdlib.h>

#include "base/text.h"

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text != NULL ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

static void add_boolean(struct json_object *object, const char *key, bool boolean)
{
	json_object_object_add(object, key, json_object_new_boolean(boolean));
}

/* Adds an empty array and returns it. */
static struct json_object *add_array(struct json_object *object, const char *key)
{
	struct json_object *array = json_object_new_array();

	json_object_object_add(object, key, array);
	return array;
}

static struct json_object *text_to_json(struct text *text)
{
	struct json_object *string =
	    json_object_new_string_len(text->data != NULL ? text->data : "", (int)text->length);

	text_clear(text);
	return string;
}

bool class_is_kind(const struct class *class, enum builtin kind)
{
	enum builtin is = class->builtin;

	while (is != kind && is != BUILTIN_NONE)
		is = builtin_parent(is);
	return is == kind;
}

/* ---- values ---- */

/* Secrets are shown nowhere, hidden attributes not with a resource. */
static bool attribute_is_shown(const struct attribute *attribute)
{
	return attribute->type != ATTRIBUTE_PASSWORD && !attribute->hidden;
}

static const char *attribute_units(const struct attribute *attribute)
{
	return attribute->type == ATTRIBUTE_BYTES ? "bytes" : NULL;
}

/* The value as programs read it: a reference is the id of its target. */
static struct json_object *value_raw(const struct value *value)
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
		json_object_object_add(values, attribute->name, value_raw(&resource->values[i]));
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

struct json_object *describe_reference(const struct graph_resource *resource)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "id", resource->id);
	add_text(object, "class", resource->class->key);
	add_text(object, "label", graph_name(resource));
	return object;
}

struct json_object *describe_resource(
    const struct graph *graph, const struct graph_resource *resource, struct json_object *classes)
{
	struct json_object *object = describe_reference(resource);
	const char *key = resource->class->key;

	add_text(object, "alias", resource->alias);
	json_object_object_add(object, "scope",
	    resource->scope != NULL ? json_object_new_int64(resource->scope->id) : NULL);
	add_values(object, graph, resource);
	add_alerts(object, resource);
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
		json_object_object_add(field, "value", value_raw(&resource->values[i]));
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
	for (size_t i = 0; i < resource->reporter_count; i++) {
		reporter = graph_find(graph, resource->reporters[i]);
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

static void add_bins(struct json_object *object, const struct statistic *statistic)
{
	struct json_object *bins = add_array(object, "bins");
	struct json_object *labels = add_array(object, "bin_labels");

	for (size_t i = 0; i < statistic->bin_count; i++) {
		const struct bin *bin = &statistic->bins[i];
		struct json_object *range = json_object_new_array();
		struct text label = TEXT_EMPTY;

		json_object_array_add(range, json_object_new_int64(bin->from));
		json_object_array_add(
		    range, bin->to != INT64_MAX ? json_object_new_int64(bin->to) : NULL);
		json_object_array_add(bins, range);
		bin_label(bin, &label);
		json_object_array_add(labels, text_to_json(&label));
	}
}

static struct json_object *describe_statistic(const struct statistic *statistic)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "name", statistic->name);
	add_text(object, "label", statistic->label);
	add_text(object, "type", statistic_type_name(statistic->type));
	add_text(object, "units", statistic->units);
	add_number(object, "sample_period", statistic->sample_period);
	if (statistic->type == STATISTIC_HISTOGRAM)
		add_bins(object, statistic);
	return object;
}

static struct json_object *describe_chart(const struct class *class, const struct chart *chart)
{
	struct json_object *object = json_object_new_object();
	struct json_object *series;

	add_text(object, "title", chart->title);
	series = add_array(object, "series");
	for (size_t i = 0; i < chart->series_count; i++)
		json_object_array_add(
		    series, json_object_new_string(class->statistics[chart->series[i]].name));
	return object;
}

/* Adds the statistics of a class, and the charts that show them. */
static void add_statistics(struct json_object *object, const struct class *class)
{
	struct json_object *array = add_array(object, "statistics");

	for (size_t i = 0; i < class->statistic_count; i++)
		json_object_array_add(array, describe_statistic(&class->statistics[i]));
	array = add_array(object, "charts");
	for (size_t i = 0; i < class->chart_count; i++)
		json_object_array_add(array, describe_chart(class, &class->charts[i]));
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
	add_text(object, "alias", resource->alias);
	add_text(object, "label_without_alias", resource->label);
	add_boolean(object, "scannable", class->scannable);
	if (class->scannable)
		add_text(object, "origin", origin_of(resource));
	json_object_object_add(
	    object, "scope", resource->scope != NULL ? describe_reference(resource->scope) : NULL);
	add_values(object, graph, resource);
	add_fields(object, graph, resource);
	add_statistics(object, class);
	add_relatives(object, resource);
	add_reporters(object, graph, resource);
	add_alerts(object, resource);
	add_ancestors_alerts(object, resource);
	return object;
}

/* ---- classes ---- */

/* Adds the attributes that tables show. */
static void add_columns(struct json_object *object, const struct class *class)
{
	struct json_object *columns = add_array(object, "columns");

	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct attribute *attribute = &class->attributes[i];
		struct json_object *column;

		if (!attribute_is_shown(attribute))
			continue;
		column = json_object_new_object();
		add_text(column, "name", attribute->name);
		add_text(column, "label", attribute->label);
		add_text(column, "type", attribute_type_name(attribute->type));
		add_text(column, "units", attribute_units(attribute));
		add_boolean(column, "identifying", class_is_identifying(class, i));
		json_object_array_add(columns, column);
	}
}

struct json_object *describe_class(const struct graph_class *graph_class)
{
	const struct class *class = graph_class->class;
	struct json_object *object = json_object_new_object();

	add_text(object, "plugin", class->plugin);
	add_text(object, "name", class->name);
	add_text(object, "label", class->label);
	add_text(object, "kind", builtin_name(class->builtin));
	add_boolean(object, "scannable", class->scannable);
	add_columns(object, class);
	return object;
}

static struct json_object *describe_attribute(const struct class *class, size_t index)
{
	const struct attribute *attribute = &class->attributes[index];
	struct json_object *object = json_object_new_object();
	struct json_object *options;

	add_text(object, "name", attribute->name);
	add_text(object, "label", attribute->label);
	add_text(object, "type", attribute_type_name(attribute->type));
	add_text(object, "units", attribute_units(attribute));
	add_boolean(object, "identifying", class_is_identifying(class, index));
	add_boolean(object, "optional", attribute->optional);
	add_boolean(object, "hidden", attribute->hidden);
	add_boolean(object, "user_read_only", attribute->user_read_only);
	if (attribute->has_min)
		add_number(object, "min", attribute->min);
	if (attribute->has_max)
		add_number(object, "max", attribute->max);
	if (attribute->max_length > 0)
		add_number(object, "max_length", attribute->max_length);
	if (attribute->default_value.type != VALUE_NULL && attribute->type != ATTRIBUTE_PASSWORD)
		json_object_object_add(object, "default", value_raw(&attribute->default_value));
	if (attribute->option_count > 0) {
		options = add_array(object, "options");
		for (size_t i = 0; i < attribute->option_count; i++)
			json_object_array_add(options, value_raw(&attribute->options[i]));
	}
	return object;
}

/* Adds the attributes that forms show: passwords too, which have no value there. */
static void add_form_fields(struct json_object *object, const struct class *class)
{
	struct json_object *fields = add_array(object, "fields");

	for (size_t i = 0; i < class->attribute_count; i++)
		if (!class->attributes[i].hidden)
			json_object_array_add(fields, describe_attribute(class, i));
}

static struct json_object *describe_relation(
    const struct class *class, const struct relation *relation)
{
	struct json_object *object = json_object_new_object();
	struct text target = TEXT_EMPTY;
	struct json_object *names;

	relation_target(relation, &target);
	add_text(object, "type", relation_type_name(relation->type));
	json_object_object_add(object, "class", text_to_json(&target));
	names = add_array(object, "attributes");
	for (size_t i = 0; i < relation->attribute_count; i++)
		json_object_array_add(
		    names, json_object_new_string(class->attributes[relation->attributes[i]].name));
	add_boolean(object, "ignore_case", relation->ignore_case);
	return object;
}

/* One severity of a condition: its stable name, and when it fires. */
static struct json_object *describe_threshold(
    const struct class *class, const struct alert_condition *condition, size_t index)
{
	const struct threshold *threshold = &condition->thresholds[index];
	struct json_object *object = json_object_new_object();
	struct json_object *states;
	struct text name = TEXT_EMPTY;

	condition_name(class, condition, index, &name);
	json_object_object_add(object, "name", text_to_json(&name));
	add_text(object, "severity", severity_name(severity_of_threshold[index]));
	if (condition->type != CONDITION_VALUE) {
		json_object_object_add(object, "bound", json_object_new_double(threshold->bound));
		return object;
	}
	states = add_array(object, "states");
	for (size_t i = 0; i < threshold->state_count; i++)
		json_object_array_add(states, value_raw(&threshold->states[i]));
	return object;
}

static struct json_object *describe_condition(
    const struct class *class, const struct alert_condition *condition)
{
	static const char *const types[] = {[CONDITION_UPPER_BOUND] = "upper_bound",
	    [CONDITION_LOWER_BOUND] = "lower_bound",
	    [CONDITION_VALUE] = "value"};
	struct json_object *object = json_object_new_object();
	struct json_object *severities;

	add_text(object, "id", condition->id);
	add_text(object, "type", types[condition->type]);
	add_text(object, "subject",
	    condition->on_statistic ? class->statistics[condition->subject].name
	                            : class->attributes[condition->subject].name);
	add_boolean(object, "on_statistic", condition->on_statistic);
	add_text(object, "message", condition->message);
	add_number(object, "raise_after", condition->raise_after);
	add_number(object, "clear_after", condition->clear_after);
	severities = add_array(object, "severities");
	for (size_t i = 0; i < SEVERITY_COUNT; i++) {
		if (condition->thresholds[i].has_bound || condition->thresholds[i].state_count > 0)
			json_object_array_add(severities, describe_threshold(class, condition, i));
	}
	return object;
}

/* Adds what the class declares beside its attributes. */
static void add_declarations(struct json_object *object, const struct class *class)
{
	struct json_object *array;

	add_statistics(object, class);
	array = add_array(object, "alert_conditions");
	for (size_t i = 0; i < class->condition_count; i++)
		json_object_array_add(array, describe_condition(class, &class->conditions[i]));
	array = add_array(object, "relations");
	for (size_t i = 0; i < class->relation_count; i++)
		json_object_array_add(array, describe_relation(class, &class->relations[i]));
}

struct json_object *describe_class_fully(const struct graph_class *graph_class)
{
	static const char *const scopes[] = {"none", "scoped", "global", "automatic"};
	const struct class *class = graph_class->class;
	struct json_object *object = json_object_new_object();
	struct json_object *array;

	add_number(object, "id", graph_class->id);
	add_text(object, "class", graph_class->key);
	add_text(object, "plugin", class->plugin);
	add_text(object, "name", class->name);
	add_text(object, "label", class->label);
	add_text(object, "kind", builtin_name(class->builtin));
	add_boolean(object, "scannable", class->scannable);
	add_boolean(object, "internal", class->internal);
	add_text(object, "identifier", scopes[class->scope]);
	add_number(object, "resources", (int64_t)count_visible(graph_class));
	array = add_array(object, "ancestry");
	for (size_t i = 0; i < class->ancestry_count; i++)
		json_object_array_add(array, json_object_new_string(class->ancestry[i]));
	array = add_array(object, "attributes");
	for (size_t i = 0; i < class->attribute_count; i++) {
		if (class->attributes[i].type != ATTRIBUTE_PASSWORD)
			json_object_array_add(array, describe_attribute(class, i));
	}
	add_columns(object, class);
	add_form_fields(object, class);
	add_declarations(object, class);
	return object;
}
