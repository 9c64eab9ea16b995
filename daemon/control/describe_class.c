/* SPDX-License-Identifier: MIT */
/* Classes, as their plugins declare them, as JSON. */
#include "control/describe_internal.h"

/* ---- statistics ---- */

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

void describe_statistics(struct json_object *object, const struct class *class)
{
	struct json_object *array = add_array(object, "statistics");

	for (size_t i = 0; i < class->statistic_count; i++)
		json_object_array_add(array, describe_statistic(&class->statistics[i]));
	array = add_array(object, "charts");
	for (size_t i = 0; i < class->chart_count; i++)
		json_object_array_add(array, describe_chart(class, &class->charts[i]));
}

/* ---- attributes ---- */

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

/* Adds the names of the class and of those that it is based on. */
static void add_ancestry(struct json_object *object, const struct class *class)
{
	struct json_object *array = add_array(object, "ancestry");

	for (size_t i = 0; i < class->ancestry_count; i++)
		json_object_array_add(array, json_object_new_string(class->ancestry[i]));
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
	add_ancestry(object, class);
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
	add_boolean(object, "required", attribute_is_required(attribute));
	if (attribute->has_default_function)
		add_boolean(object, "computed", true);
	if (attribute->has_min)
		add_number(object, "min", attribute->min);
	if (attribute->has_max)
		add_number(object, "max", attribute->max);
	if (attribute->max_length > 0)
		add_number(object, "max_length", attribute->max_length);
	if (attribute->default_value.type != VALUE_NULL && attribute->type != ATTRIBUTE_PASSWORD)
		json_object_object_add(
		    object, "default", describe_value(&attribute->default_value));
	if (attribute->option_count > 0) {
		options = add_array(object, "options");
		for (size_t i = 0; i < attribute->option_count; i++)
			json_object_array_add(options, describe_value(&attribute->options[i]));
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
		json_object_array_add(states, describe_value(&threshold->states[i]));
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

	describe_statistics(object, class);
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
	add_ancestry(object, class);
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
