/* SPDX-License-Identifier: MIT */
/* What the files that turn the graph into JSON share. */
#ifndef CONTROL_DESCRIBE_INTERNAL_H
#define CONTROL_DESCRIBE_INTERNAL_H

#include "control/describe.h"

#include "base/text.h"

static inline void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text != NULL ? json_object_new_string(text) : NULL);
}

static inline void add_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

static inline void add_boolean(struct json_object *object, const char *key, bool boolean)
{
	json_object_object_add(object, key, json_object_new_boolean(boolean));
}

/* Adds an empty array and returns it. */
static inline struct json_object *add_array(struct json_object *object, const char *key)
{
	struct json_object *array = json_object_new_array();

	json_object_object_add(object, key, array);
	return array;
}

/* The text, which is released. */
static inline struct json_object *text_to_json(struct text *text)
{
	struct json_object *string =
	    json_object_new_string_len(text->data != NULL ? text->data : "", (int)text->length);

	text_clear(text);
	return string;
}

/* Secrets are shown nowhere, hidden attributes not with a resource. */
static inline bool attribute_is_shown(const struct attribute *attribute)
{
	return attribute->type != ATTRIBUTE_PASSWORD && !attribute->hidden;
}

static inline const char *attribute_units(const struct attribute *attribute)
{
	return attribute->type == ATTRIBUTE_BYTES ? "bytes" : NULL;
}

/* The value as programs read it: a reference is the id of its target. */
/* A value as it is, for programs. */
struct json_object *describe_value(const struct value *value);

/* Adds the statistics of a class, and the charts that show them. */
void describe_statistics(struct json_object *object, const struct class *class);

#endif
