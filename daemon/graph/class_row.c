/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "base/memory.h"

static const char *json_boolean(bool value)
{
	return value ? "true" : "false";
}

static char *ancestry_json(const struct class *class)
{
	struct text json = TEXT_EMPTY;

	text_append_char(&json, '[');
	for (size_t i = 0; i < class->ancestry_count; i++) {
		text_append(&json, i > 0 ? ", " : "");
		text_append_json(&json, class->ancestry[i]);
	}
	text_append_char(&json, ']');
	return text_steal(&json);
}

static void append_options(struct text *json, const struct attribute *attribute)
{
	text_append(json, ", \"options\": [");
	for (size_t i = 0; i < attribute->option_count; i++) {
		text_append(json, i > 0 ? ", " : "");
		value_append_json(json, &attribute->options[i]);
	}
	text_append_char(json, ']');
}

static void append_attribute(struct text *json, const struct attribute *attribute)
{
	text_append(json, "{\"name\": ");
	text_append_json(json, attribute->name);
	text_append(json, ", \"label\": ");
	text_append_json(json, attribute->label);
	text_printf(json,
	    ", \"type\": \"%s\", \"optional\": %s, \"hidden\": %s, \"user_read_only\": %s",
	    attribute_type_name(attribute->type), json_boolean(attribute->optional),
	    json_boolean(attribute->hidden), json_boolean(attribute->user_read_only));
	if (attribute->option_count > 0)
		append_options(json, attribute);
	if (attribute->has_min)
		text_printf(json, ", \"min\": %" PRId64, attribute->min);
	if (attribute->has_max)
		text_printf(json, ", \"max\": %" PRId64, attribute->max);
	if (attribute->max_length > 0)
		text_printf(json, ", \"max_length\": %" PRIu32, attribute->max_length);
	if (attribute->default_value.type != VALUE_NULL && attribute->type != ATTRIBUTE_PASSWORD) {
		text_append(json, ", \"default\": ");
		value_append_json(json, &attribute->default_value);
	}
	text_append_char(json, '}');
}

static char *attributes_json(const struct class *class)
{
	struct text json = TEXT_EMPTY;

	text_append_char(&json, '[');
	for (size_t i = 0; i < class->attribute_count; i++) {
		text_append(&json, i > 0 ? ", " : "");
		append_attribute(&json, &class->attributes[i]);
	}
	text_append_char(&json, ']');
	return text_steal(&json);
}

static char *bins_json(const struct statistic *statistic)
{
	struct text json = TEXT_EMPTY;

	if (statistic->type != STATISTIC_HISTOGRAM)
		return NULL;
	text_append_char(&json, '[');
	for (size_t i = 0; i < statistic->bin_count; i++) {
		const struct bin *bin = &statistic->bins[i];

		text_printf(&json, "%s[%" PRId64 ", ", i > 0 ? ", " : "", bin->from);
		if (bin->to == INT64_MAX)
			text_append(&json, "null]");
		else
			text_printf(&json, "%" PRId64 "]", bin->to);
	}
	text_append_char(&json, ']');
	return text_steal(&json);
}

static char *bin_labels_json(const struct statistic *statistic)
{
	struct text json = TEXT_EMPTY;

	if (statistic->type != STATISTIC_HISTOGRAM)
		return NULL;
	text_append_char(&json, '[');
	for (size_t i = 0; i < statistic->bin_count; i++) {
		struct text label = TEXT_EMPTY;

		bin_label(&statistic->bins[i], &label);
		text_append(&json, i > 0 ? ", " : "");
		text_append_json(&json, label.data);
		text_clear(&label);
	}
	text_append_char(&json, ']');
	return text_steal(&json);
}

static char *charts_json(const struct class *class)
{
	struct text json = TEXT_EMPTY;

	text_append_char(&json, '[');
	for (size_t i = 0; i < class->chart_count; i++) {
		const struct chart *chart = &class->charts[i];

		text_append(&json, i > 0 ? ", {\"title\": " : "{\"title\": ");
		text_append_json(&json, chart->title);
		text_append(&json, ", \"series\": [");
		for (size_t j = 0; j < chart->series_count; j++) {
			text_append(&json, j > 0 ? ", " : "");
			text_append_json(&json, class->statistics[chart->series[j]].name);
		}
		text_append(&json, "]}");
	}
	text_append_char(&json, ']');
	return text_steal(&json);
}

static void append_relation(
    struct text *json, const struct class *class, const struct relation *relation)
{
	text_printf(json, "{\"type\": \"%s\", \"plugin\": ", relation_type_name(relation->type));
	text_append_json(json, relation->target_plugin);
	text_append(json, ", \"class\": ");
	text_append_json(json, relation->target_class);
	text_append(json, ", \"attributes\": [");
	for (size_t i = 0; i < relation->attribute_count; i++) {
		text_append(json, i > 0 ? ", " : "");
		text_append_json(json, class->attributes[relation->attributes[i]].name);
	}
	text_printf(json, "], \"ignore_case\": %s}", json_boolean(relation->ignore_case));
}

static char *relations_json(const struct class *class)
{
	struct text json = TEXT_EMPTY;

	text_append_char(&json, '[');
	for (size_t i = 0; i < class->relation_count; i++) {
		text_append(&json, i > 0 ? ", " : "");
		append_relation(&json, class, &class->relations[i]);
	}
	text_append_char(&json, ']');
	return text_steal(&json);
}

struct statistic_row statistic_row_of(record_id id, const struct statistic *statistic)
{
	return (struct statistic_row){.id = id,
	    .name = xstrdup(statistic->name),
	    .type = xstrdup(statistic_type_name(statistic->type)),
	    .label = xstrdup(statistic->label),
	    .units = xstrdup(statistic->units),
	    .sample_period = statistic->sample_period,
	    .bins = bins_json(statistic),
	    .bin_labels = bin_labels_json(statistic),
	    .declared = true};
}

struct class_row class_row_of(
    record_id id, const struct class *class, const record_id *statistic_ids)
{
	struct class_row row = {.id = id,
	    .plugin = xstrdup(class->plugin),
	    .name = xstrdup(class->name),
	    .label = xstrdup(class->label),
	    .scannable = class->scannable,
	    .internal = class->internal,
	    .loaded = true,
	    .ancestry = ancestry_json(class),
	    .attributes = attributes_json(class),
	    .charts = charts_json(class),
	    .relations = relations_json(class),
	    .statistics = xcalloc(class->statistic_count, sizeof(*row.statistics)),
	    .statistic_count = class->statistic_count};

	for (size_t i = 0; i < class->statistic_count; i++)
		row.statistics[i] = statistic_row_of(statistic_ids[i], &class->statistics[i]);
	return row;
}

static void append_statistic(struct text *json, const struct statistic_row *row)
{
	text_append_json(json, row->name);
	text_printf(json, ": {\"id\": %" PRId64 ", \"period\": %" PRIu32 ", \"type\": ", row->id,
	    row->sample_period);
	text_append_json(json, row->type);
	text_append(json, ", \"label\": ");
	text_append_json(json, row->label);
	text_append(json, ", \"units\": ");
	text_append_json(json, row->units);
	text_printf(json, ", \"bins\": %s}", row->bins != NULL ? row->bins : "null");
}

char *class_row_text(const struct class_row *row)
{
	struct text json = TEXT_EMPTY;
	const char *separator = "";

	text_append(&json, "{\"class\": {\"label\": ");
	text_append_json(&json, row->label);
	text_printf(&json,
	    ", \"scannable\": %s, \"internal\": %s, \"ancestry\": %s, \"attributes\": %s, "
	    "\"charts\": %s, \"relations\": %s}, \"statistics\": {",
	    json_boolean(row->scannable), json_boolean(row->internal), row->ancestry,
	    row->attributes, row->charts, row->relations);
	for (size_t i = 0; i < row->statistic_count; i++) {
		if (!row->statistics[i].declared)
			continue;
		text_append(&json, separator);
		append_statistic(&json, &row->statistics[i]);
		separator = ", ";
	}
	text_append(&json, "}}");
	return text_steal(&json);
}

bool class_rows_equal(const char *a, const char *b)
{
	struct json_object *parsed_a = json_tokener_parse(a);
	struct json_object *parsed_b = json_tokener_parse(b);
	bool equal = parsed_a != NULL && json_object_equal(parsed_a, parsed_b);

	json_object_put(parsed_a);
	json_object_put(parsed_b);
	return equal;
}
