/* SPDX-License-Identifier: MIT */
/*
 * Whether JSON values are what the schemas of an OpenAPI file say: as much of JSON Schema as
 * conf/openapi.json has, and a failure for anything else. It is stricter than the standard: objects
 * have no other members than those described.
 */
#ifndef TESTS_JSON_SCHEMA_H
#define TESTS_JSON_SCHEMA_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/moment.h"

struct schema_check {
	struct json_object *file;
	struct text why; /* of the first fault */
};

static inline bool schema_accepts(struct schema_check *check, struct json_object *schema,
    struct json_object *value, const char *place);

static inline struct json_object *member_of(struct json_object *object, const char *name)
{
	return json_object_object_get(object, name);
}

/* What "#/components/schemas/Error" names. */
static inline struct json_object *schema_at(struct json_object *file, const char *reference)
{
	struct json_object *found = NULL;

	if (reference[0] != '#' || json_pointer_get(file, reference + 1, &found) != 0) {
		fprintf(stderr, "nothing is at %s\n", reference);
		abort();
	}
	return found;
}

__attribute__((format(printf, 3, 4))) static inline bool schema_fault(
    struct schema_check *check, const char *place, const char *format, ...)
{
	va_list arguments;

	if (check->why.length > 0)
		return false;
	text_printf(&check->why, "%s: ", place[0] != '\0' ? place : "/");
	va_start(arguments, format);
	text_vprintf(&check->why, format, arguments);
	va_end(arguments);
	return false;
}

/* ---- types ---- */

static inline bool is_of_type(struct json_object *value, const char *type)
{
	static const struct {
		const char *name;
		enum json_type type;
	} types[] = {
	    {"null", json_type_null},
	    {"boolean", json_type_boolean},
	    {"integer", json_type_int},
	    {"number", json_type_int},
	    {"number", json_type_double},
	    {"string", json_type_string},
	    {"array", json_type_array},
	    {"object", json_type_object},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, type) == 0 && json_object_is_type(value, types[i].type))
			return true;
	return false;
}

static inline bool accepts_type(struct schema_check *check, struct json_object *wanted,
    struct json_object *value, const char *place)
{
	bool is_list = json_object_is_type(wanted, json_type_array);
	size_t count = is_list ? json_object_array_length(wanted) : 1;

	for (size_t i = 0; i < count; i++) {
		struct json_object *type = is_list ? json_object_array_get_idx(wanted, i) : wanted;

		if (is_of_type(value, json_object_get_string(type)))
			return true;
	}
	return schema_fault(check, place, "%s is not of type %s", json_object_to_json_string(value),
	    json_object_to_json_string(wanted));
}

static inline bool accepts_enum(struct schema_check *check, struct json_object *wanted,
    struct json_object *value, const char *place)
{
	for (size_t i = 0; i < json_object_array_length(wanted); i++)
		if (json_object_equal(json_object_array_get_idx(wanted, i), value))
			return true;
	return value == NULL ||
	       schema_fault(check, place, "%s is not one of %s", json_object_to_json_string(value),
	           json_object_to_json_string(wanted));
}

/* ---- bounds ---- */

/* What minimum and the like are about: a number, the characters of a text, the length of an array.
 */
static inline double size_of(struct json_object *value, const char *keyword)
{
	if (strstr(keyword, "Items") != NULL)
		return json_object_is_type(value, json_type_array)
		           ? (double)json_object_array_length(value)
		           : -1;
	if (strstr(keyword, "Length") != NULL)
		return json_object_is_type(value, json_type_string)
		           ? (double)utf8_length(json_object_get_string(value))
		           : -1;
	return json_object_is_type(value, json_type_int) ||
	               json_object_is_type(value, json_type_double)
	           ? json_object_get_double(value)
	           : -1;
}

static inline bool accepts_bound(struct schema_check *check, const char *keyword,
    struct json_object *bound, struct json_object *value, const char *place)
{
	bool is_least = strncmp(keyword, "min", 3) == 0;
	double size = size_of(value, keyword), limit = json_object_get_double(bound);

	if (size == -1 && value == NULL)
		return true;
	if (is_least ? size >= limit : size <= limit)
		return true;
	return schema_fault(
	    check, place, "%s breaks %s %g", json_object_to_json_string(value), keyword, limit);
}

/* Only times are looked at, which the runner itself could read. */
static inline bool accepts_format(struct schema_check *check, struct json_object *format,
    struct json_object *value, const char *place)
{
	struct wallclock moment;
	char reason[REASON_SIZE];

	if (value == NULL)
		return true;
	if (strcmp(json_object_get_string(format), "date-time") == 0 &&
	    moment_parse(json_object_get_string(value), wallclock_now(), &moment, reason))
		return true;
	return schema_fault(check, place, "%s is not a %s", json_object_to_json_string(value),
	    json_object_get_string(format));
}

/* ---- what values are made of ---- */

static inline bool accepts_any(struct schema_check *check, struct json_object *schemas,
    struct json_object *value, const char *place)
{
	struct text reasons = TEXT_EMPTY;
	bool accepted = false;

	for (size_t i = 0; !accepted && i < json_object_array_length(schemas); i++) {
		struct schema_check trial = {.file = check->file};

		accepted =
		    schema_accepts(&trial, json_object_array_get_idx(schemas, i), value, place);
		text_printf(&reasons, " (%s)", accepted ? "" : trial.why.data);
		text_clear(&trial.why);
	}
	if (!accepted)
		schema_fault(check, place, "is none of the alternatives:%s", reasons.data);
	text_clear(&reasons);
	return accepted;
}

static inline bool accepts_items(struct schema_check *check, struct json_object *schema,
    struct json_object *value, const char *place)
{
	size_t count =
	    json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
	bool accepted = true;
	char *below;

	for (size_t i = 0; accepted && i < count; i++) {
		below = xasprintf("%s/%zu", place, i);
		accepted =
		    schema_accepts(check, schema, json_object_array_get_idx(value, i), below);
		free(below);
	}
	return accepted;
}

static inline bool accepts_members(struct schema_check *check, struct json_object *schema,
    struct json_object *value, const char *place)
{
	struct json_object *properties = member_of(schema, "properties");
	struct json_object *additional = member_of(schema, "additionalProperties");
	bool accepted = true;

	json_object_object_foreach(value, name, member)
	{
		struct json_object *own = member_of(properties, name);
		char *below = xasprintf("%s/%s", place, name);

		if (own == NULL && json_object_is_type(additional, json_type_object))
			own = additional;
		if (own != NULL)
			accepted = accepted && schema_accepts(check, own, member, below);
		else if (!json_object_get_boolean(additional))
			accepted = schema_fault(check, below, "is not described");
		free(below);
	}
	return accepted;
}

static inline bool accepts_required(struct schema_check *check, struct json_object *names,
    struct json_object *value, const char *place)
{
	for (size_t i = 0; i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));

		if (!json_object_object_get_ex(value, name, NULL))
			return schema_fault(check, place, "%s is missing", name);
	}
	return true;
}

/* ---- all of it ---- */

static inline bool accepts_keyword(struct schema_check *check, const char *keyword,
    struct json_object *argument, struct json_object *value, const char *place)
{
	static const char *const silent[] = {
	    "description", "default", "properties", "additionalProperties", NULL};

	for (size_t i = 0; silent[i] != NULL; i++)
		if (strcmp(keyword, silent[i]) == 0)
			return true;
	if (strcmp(keyword, "$ref") == 0)
		return schema_accepts(
		    check, schema_at(check->file, json_object_get_string(argument)), value, place);
	if (strcmp(keyword, "type") == 0)
		return accepts_type(check, argument, value, place);
	if (strcmp(keyword, "enum") == 0)
		return accepts_enum(check, argument, value, place);
	if (strcmp(keyword, "anyOf") == 0)
		return accepts_any(check, argument, value, place);
	if (strcmp(keyword, "items") == 0)
		return accepts_items(check, argument, value, place);
	if (strcmp(keyword, "format") == 0)
		return accepts_format(check, argument, value, place);
	if (strcmp(keyword, "required") == 0)
		return value == NULL || accepts_required(check, argument, value, place);
	if (strncmp(keyword, "min", 3) == 0 || strncmp(keyword, "max", 3) == 0)
		return accepts_bound(check, keyword, argument, value, place);
	return schema_fault(check, place, "the schema has the unknown keyword %s", keyword);
}

/* Whether the value, which is at this place in the whole, is as the schema says. */
static inline bool schema_accepts(struct schema_check *check, struct json_object *schema,
    struct json_object *value, const char *place)
{
	bool accepted = true;

	json_object_object_foreach(schema, keyword, argument)
	{
		accepted = accepted && accepts_keyword(check, keyword, argument, value, place);
	}
	return accepted && (!json_object_is_type(value, json_type_object) ||
	                       member_of(schema, "type") == NULL ||
	                       accepts_members(check, schema, value, place));
}

#endif
