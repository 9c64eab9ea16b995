/* SPDX-License-Identifier: MIT */
#include "model/class.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- releasing ---- */

static void values_free(struct value *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		value_clear(&values[i]);
	free(values);
}

static void attribute_clear(struct attribute *attribute)
{
	free(attribute->name);
	free(attribute->label);
	values_free(attribute->options, attribute->option_count);
	value_clear(&attribute->default_value);
}

static void statistic_clear(struct statistic *statistic)
{
	free(statistic->name);
	free(statistic->label);
	free(statistic->units);
	free(statistic->bins);
}

static void condition_clear(struct alert_condition *condition)
{
	free(condition->id);
	free(condition->message);
	for (size_t i = 0; i < SEVERITY_COUNT; i++)
		values_free(condition->thresholds[i].states, condition->thresholds[i].state_count);
}

static void chart_clear(struct chart *chart)
{
	free(chart->title);
	free(chart->series);
}

static void relation_clear(struct relation *relation)
{
	free(relation->target_plugin);
	free(relation->target_class);
	free(relation->attributes);
}

void class_free(struct class *class)
{
	if (class == NULL)
		return;
	for (size_t i = 0; i < class->ancestry_count; i++)
		free(class->ancestry[i]);
	for (size_t i = 0; i < class->attribute_count; i++)
		attribute_clear(&class->attributes[i]);
	for (size_t i = 0; i < class->statistic_count; i++)
		statistic_clear(&class->statistics[i]);
	for (size_t i = 0; i < class->condition_count; i++)
		condition_clear(&class->conditions[i]);
	for (size_t i = 0; i < class->chart_count; i++)
		chart_clear(&class->charts[i]);
	for (size_t i = 0; i < class->relation_count; i++)
		relation_clear(&class->relations[i]);
	free(class->plugin);
	free(class->name);
	free(class->label);
	free(class->device_type);
	free(class->ancestry);
	free(class->identifier);
	free(class->attributes);
	free(class->statistics);
	free(class->conditions);
	free(class->charts);
	free(class->relations);
	free(class);
}

/* ---- looking ---- */

bool class_derives_from(const struct class *class, const char *name)
{
	for (size_t i = 0; i < class->ancestry_count; i++) {
		if (strcmp(class->ancestry[i], name) == 0)
			return true;
	}
	return false;
}

size_t class_find_attribute(const struct class *class, const char *name)
{
	for (size_t i = 0; i < class->attribute_count; i++) {
		if (strcmp(class->attributes[i].name, name) == 0)
			return i;
	}
	return CLASS_NOT_FOUND;
}

size_t class_find_statistic(const struct class *class, const char *name)
{
	for (size_t i = 0; i < class->statistic_count; i++) {
		if (strcmp(class->statistics[i].name, name) == 0)
			return i;
	}
	return CLASS_NOT_FOUND;
}

bool class_is_identifying(const struct class *class, size_t attribute)
{
	for (size_t i = 0; i < class->identifier_count; i++) {
		if (class->identifier[i] == attribute)
			return true;
	}
	return false;
}

bool class_is_managed(const struct class *class, size_t attribute)
{
	return class->builtin == BUILTIN_VIRTUAL_MACHINE &&
	       strcmp(class->attributes[attribute].name, "host_id") == 0;
}

/* The name of an entry of a table that leaves no number out. */
static const char *name_in(const char *const *names, size_t count, size_t index)
{
	assert(index < count && names[index] != NULL);
	return names[index];
}

const char *attribute_type_name(enum attribute_type type)
{
	static const char *const names[ATTRIBUTE_TYPE_END] = {
	    [ATTRIBUTE_BOOLEAN] = "Boolean",
	    [ATTRIBUTE_BYTES] = "Bytes",
	    [ATTRIBUTE_ENUM] = "Enum",
	    [ATTRIBUTE_HOSTNAME] = "Hostname",
	    [ATTRIBUTE_INTEGER] = "Integer",
	    [ATTRIBUTE_PASSWORD] = "Password",
	    [ATTRIBUTE_PATH] = "PosixPath",
	    [ATTRIBUTE_STRING] = "String",
	    [ATTRIBUTE_UUID] = "Uuid",
	    [ATTRIBUTE_REFERENCE] = "ResourceReference",
	};

	return name_in(names, ATTRIBUTE_TYPE_END, type);
}

const char *statistic_type_name(enum statistic_type type)
{
	static const char *const names[] = {
	    [STATISTIC_GAUGE] = "Gauge",
	    [STATISTIC_COUNTER] = "Counter",
	    [STATISTIC_HISTOGRAM] = "BytesHistogram",
	};

	return name_in(names, sizeof(names) / sizeof(names[0]), type);
}

const char *relation_type_name(enum relation_type type)
{
	static const char *const names[] = {
	    [RELATION_PROVIDE] = "provide",
	    [RELATION_SUBSCRIBE] = "subscribe",
	};

	return name_in(names, sizeof(names) / sizeof(names[0]), type);
}

void bin_label(const struct bin *bin, struct text *label)
{
	if (bin->to == INT64_MAX)
		text_printf(label, "≥%" PRId64, bin->from);
	else
		text_printf(label, "≤%" PRId64, bin->to);
}

/* ---- comparing ---- */

static bool text_equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool values_equal(
    const struct value *a, size_t a_count, const struct value *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (!value_equal(&a[i], &b[i]))
			return false;
	}
	return true;
}

/* The same but for a limit that is not given, whose value means nothing. */
static bool limits_equal(const struct attribute *a, const struct attribute *b)
{
	return a->has_min == b->has_min && a->has_max == b->has_max &&
	       (!a->has_min || a->min == b->min) && (!a->has_max || a->max == b->max) &&
	       a->max_length == b->max_length;
}

static bool attribute_equal(const struct attribute *a, const struct attribute *b)
{
	return a->type == b->type && text_equal(a->name, b->name) &&
	       text_equal(a->label, b->label) && a->optional == b->optional &&
	       a->hidden == b->hidden && a->user_read_only == b->user_read_only &&
	       a->has_default_function == b->has_default_function && limits_equal(a, b) &&
	       values_equal(a->options, a->option_count, b->options, b->option_count) &&
	       value_equal(&a->default_value, &b->default_value);
}

static bool bins_equal(const struct statistic *a, const struct statistic *b)
{
	if (a->bin_count != b->bin_count)
		return false;
	for (size_t i = 0; i < a->bin_count; i++) {
		if (a->bins[i].from != b->bins[i].from || a->bins[i].to != b->bins[i].to)
			return false;
	}
	return true;
}

static bool statistic_equal(const struct statistic *a, const struct statistic *b)
{
	return a->type == b->type && text_equal(a->name, b->name) &&
	       text_equal(a->label, b->label) && text_equal(a->units, b->units) &&
	       a->sample_period == b->sample_period && bins_equal(a, b);
}

static bool threshold_equal(const struct threshold *a, const struct threshold *b)
{
	return a->has_bound == b->has_bound && (!a->has_bound || a->bound == b->bound) &&
	       values_equal(a->states, a->state_count, b->states, b->state_count);
}

static bool condition_equal(const struct alert_condition *a, const struct alert_condition *b)
{
	for (size_t i = 0; i < SEVERITY_COUNT; i++) {
		if (!threshold_equal(&a->thresholds[i], &b->thresholds[i]))
			return false;
	}
	return a->type == b->type && text_equal(a->id, b->id) &&
	       text_equal(a->message, b->message) && a->on_statistic == b->on_statistic &&
	       a->subject == b->subject && a->raise_after == b->raise_after &&
	       a->clear_after == b->clear_after;
}

static bool indexes_equal(const size_t *a, size_t a_count, const size_t *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (a[i] != b[i])
			return false;
	}
	return true;
}

static bool chart_equal(const struct chart *a, const struct chart *b)
{
	return text_equal(a->title, b->title) &&
	       indexes_equal(a->series, a->series_count, b->series, b->series_count);
}

static bool relation_equal(const struct relation *a, const struct relation *b)
{
	return a->type == b->type && text_equal(a->target_plugin, b->target_plugin) &&
	       text_equal(a->target_class, b->target_class) && a->ignore_case == b->ignore_case &&
	       indexes_equal(a->attributes, a->attribute_count, b->attributes, b->attribute_count);
}

static bool heads_equal(const struct class *a, const struct class *b)
{
	return text_equal(a->plugin, b->plugin) && text_equal(a->name, b->name) &&
	       text_equal(a->label, b->label) && a->has_declared_label == b->has_declared_label &&
	       a->has_label_function == b->has_label_function && a->internal == b->internal &&
	       a->scannable == b->scannable && a->unusable_for_lustre == b->unusable_for_lustre &&
	       text_equal(a->device_type, b->device_type) && a->builtin == b->builtin &&
	       a->scope == b->scope && a->has_declared_charts == b->has_declared_charts;
}

static bool counts_equal(const struct class *a, const struct class *b)
{
	return a->ancestry_count == b->ancestry_count && a->attribute_count == b->attribute_count &&
	       a->statistic_count == b->statistic_count &&
	       a->condition_count == b->condition_count && a->chart_count == b->chart_count &&
	       a->relation_count == b->relation_count;
}

uint32_t class_index(struct class *const *classes, size_t count, const struct class *class)
{
	for (size_t i = 0; i < count; i++)
		if (classes[i] == class)
			return (uint32_t)i;
	assert(!"the class is one of these");
	abort();
}

char *class_scannable_names(struct class *const *classes, size_t count)
{
	struct text names = TEXT_EMPTY;

	for (size_t i = 0; i < count; i++)
		if (classes[i]->scannable)
			text_printf(&names, "%s%s", names.length > 0 ? ", " : "", classes[i]->name);
	return text_steal(&names);
}

bool class_equal(const struct class *a, const struct class *b)
{
	if (!heads_equal(a, b) || !counts_equal(a, b) ||
	    !indexes_equal(a->identifier, a->identifier_count, b->identifier, b->identifier_count))
		return false;
	for (size_t i = 0; i < a->ancestry_count; i++) {
		if (!text_equal(a->ancestry[i], b->ancestry[i]))
			return false;
	}
	for (size_t i = 0; i < a->attribute_count; i++) {
		if (!attribute_equal(&a->attributes[i], &b->attributes[i]))
			return false;
	}
	for (size_t i = 0; i < a->statistic_count; i++) {
		if (!statistic_equal(&a->statistics[i], &b->statistics[i]))
			return false;
	}
	for (size_t i = 0; i < a->condition_count; i++) {
		if (!condition_equal(&a->conditions[i], &b->conditions[i]))
			return false;
	}
	for (size_t i = 0; i < a->chart_count; i++) {
		if (!chart_equal(&a->charts[i], &b->charts[i]))
			return false;
	}
	for (size_t i = 0; i < a->relation_count; i++) {
		if (!relation_equal(&a->relations[i], &b->relations[i]))
			return false;
	}
	return true;
}
