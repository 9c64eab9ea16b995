/* SPDX-License-Identifier: MIT */
/*
 * What the configuration gave a scannable the last time: typed values, and defaults in the place of
 * others. It is stored, as a JSON object, so that a value which the plugin has assigned since is
 * not taken for one to be replaced. Of passwords it says only that there is one.
 */
#include "graph/graph_internal.h"

#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

char *given_text(const struct class *class, const struct value *values)
{
	struct text json = TEXT_EMPTY;
	size_t count = 0;

	text_append_char(&json, '{');
	for (size_t i = 0; i < class->attribute_count; i++) {
		if (values[i].type == VALUE_NULL)
			continue;
		text_append(&json, count++ > 0 ? ", " : "");
		text_append_json(&json, class->attributes[i].name);
		text_append(&json, ": ");
		if (class->attributes[i].type == ATTRIBUTE_PASSWORD)
			text_append(&json, "null");
		else
			value_append_json(&json, &values[i]);
	}
	text_append_char(&json, '}');
	return text_steal(&json);
}

/* Whether two objects have another value under a name; nobody knows what a password was. */
static bool differs(struct json_object *before, struct json_object *now, const char *name)
{
	struct json_object *old = NULL, *new = NULL;
	bool was = before != NULL && json_object_object_get_ex(before, name, &old);
	bool is = json_object_object_get_ex(now, name, &new);

	return was != is || (is && (new == NULL || !json_object_equal(old, new)));
}

void given_compare(const struct class *class, const char *before, const char *now, bool *changed)
{
	struct json_object *old = before != NULL ? json_tokener_parse(before) : NULL;
	struct json_object *new = json_tokener_parse(now);

	for (size_t i = 0; i < class->attribute_count; i++)
		changed[i] = differs(old, new, class->attributes[i].name);
	json_object_put(old);
	json_object_put(new);
}
