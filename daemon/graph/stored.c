/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "base/memory.h"

size_t values_append_json(
    const struct class *class, const struct value *values, bool secrets, struct text *json)
{
	size_t count = 0;

	text_append_char(json, '{');
	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct attribute *attribute = &class->attributes[i];

		if (values[i].type == VALUE_NULL ||
		    (attribute->type == ATTRIBUTE_PASSWORD) != secrets)
			continue;
		if (count++ > 0)
			text_append(json, ", ");
		text_append_json(json, attribute->name);
		text_append(json, ": ");
		value_append_json(json, &values[i]);
	}
	text_append_char(json, '}');
	return count;
}

static void write_resource(const struct class *class, struct graph_resource *resource)
{
	struct text json = TEXT_EMPTY;

	resource->unread = xcalloc(1, sizeof(*resource->unread));
	values_append_json(class, resource->values, false, &json);
	resource->unread->attributes = text_steal(&json);
	if (values_append_json(class, resource->values, true, &json) > 0)
		resource->unread->secrets = text_steal(&json);
	text_clear(&json);
	values_free(resource->values, class->attribute_count);
	resource->values = NULL;
}

void stored_write(struct graph_class *class)
{
	struct graph_resource *resource;

	TAILQ_FOREACH (resource, &class->resources, in_class)
		write_resource(class->class, resource);
}

/* ---- reading ---- */

/* How often an attribute of a class was found missing, and where first. */
struct missing {
	size_t count;
	const struct graph_resource *first;
};

struct reading {
	struct graph *graph;
	const struct class *class;
	struct json_tokener *tokener;
	struct missing *missing; /* one per attribute */
};

/* The stored JSON object, or NULL if there is none. */
static struct json_object *parse(struct json_tokener *tokener, const char *text)
{
	struct json_object *object;

	if (text == NULL)
		return NULL;
	json_tokener_reset(tokener);
	object = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

static struct value read_reference(const struct reading *reading, struct json_object *json)
{
	struct json_object *number;
	record_id id;

	if (!json_object_object_get_ex(json, "ref", &number))
		return VALUE_NULL_INIT;
	id = json_object_get_int64(number);
	return graph_find(reading->graph, id) != NULL ? value_reference((uint64_t)id)
	                                              : VALUE_NULL_INIT;
}

static struct value read_value(const struct reading *reading, struct json_object *json)
{
	switch (json_object_get_type(json)) {
	case json_type_boolean:
		return value_boolean(json_object_get_boolean(json));
	case json_type_int:
		return value_integer(json_object_get_int64(json));
	case json_type_double:
		return value_real(json_object_get_double(json));
	case json_type_string:
		return value_text(json_object_get_string(json));
	case json_type_object:
		return read_reference(reading, json);
	default:
		return VALUE_NULL_INIT;
	}
}

/* A value as declared now: what does not fit counts as missing. Notes mandatory ones missing. */
static struct value fit_value(struct reading *reading, struct graph_resource *resource,
    size_t index, struct json_object *json)
{
	const struct attribute *attribute = &reading->class->attributes[index];
	struct value value = read_value(reading, json);
	char reason[REASON_SIZE];

	if (value.type != VALUE_NULL && !attribute_validate(attribute, &value, reason))
		value_clear(&value);
	if (value.type != VALUE_NULL || attribute->optional)
		return value;
	if (attribute->default_value.type != VALUE_NULL) {
		resource_touch(reading->graph, resource);
		return value_copy(&attribute->default_value);
	}
	if (!attribute->has_default_function && reading->missing[index].count++ == 0)
		reading->missing[index].first = resource;
	return value;
}

/*
 * Restored labels count as the plugin's own until now: one that the declaration would give as well
 * is none. A label that was made by default is made again.
 */
static void recognize_label(struct graph *graph, struct graph_resource *resource)
{
	struct text label = TEXT_EMPTY;

	if (!resource->labelled) {
		resource_set_label(graph, resource, NULL);
		return;
	}
	resource_default_label(graph, resource, &label);
	if (strcmp(label.data, resource->label) == 0)
		resource->labelled = false;
	text_clear(&label);
}

static void read_resource(struct reading *reading, struct graph_resource *resource)
{
	const struct class *class = reading->class;
	struct json_object *attributes = parse(reading->tokener, resource->unread->attributes);
	struct json_object *secrets = parse(reading->tokener, resource->unread->secrets);
	struct value *values = xcalloc(class->attribute_count, sizeof(*values));

	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct attribute *attribute = &class->attributes[i];
		struct json_object *object =
		    attribute->type == ATTRIBUTE_PASSWORD ? secrets : attributes;
		struct json_object *json = NULL;

		if (object != NULL)
			json_object_object_get_ex(object, attribute->name, &json);
		values[i] = fit_value(reading, resource, i, json);
	}
	json_object_put(attributes);
	json_object_put(secrets);
	resource_forget_unread(resource);
	resource_take_values(reading->graph, resource, values);
	recognize_label(reading->graph, resource);
}

/* One line per attribute, whatever the number of resources. */
static void complain_of_missing(const struct reading *reading)
{
	const struct class *class = reading->class;

	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct missing *missing = &reading->missing[i];
		char *others = NULL;

		if (missing->count == 0)
			continue;
		if (missing->count > 1)
			others = xasprintf(" and of %zu other resources", missing->count - 1);
		graph_error(reading->graph, class->plugin,
		    "mandatory attribute \"%s\" of \"%s\"%s has no stored value and no default",
		    class->attributes[i].name, graph_name(missing->first),
		    others != NULL ? others : "");
		free(others);
	}
}

void stored_read(struct graph *graph, struct graph_class *class)
{
	struct reading reading = {.graph = graph,
	    .class = class->class,
	    .tokener = json_tokener_new(),
	    .missing = xcalloc(class->class->attribute_count + 1, sizeof(*reading.missing))};
	struct graph_resource *resource;

	TAILQ_FOREACH (resource, &class->resources, in_class)
		read_resource(&reading, resource);
	complain_of_missing(&reading);
	json_tokener_free(reading.tokener);
	free(reading.missing);
}
