/* SPDX-License-Identifier: MIT */
/* The JSON object in the body of a request. Nothing of it is repeated that may be secret. */
#include "control/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>

#include "base/memory.h"

#define BODY_DEPTH 8

/* The names of the types that a value may have, for people. */
static void append_types(struct text *names, unsigned types)
{
	static const struct {
		unsigned type;
		const char *name;
	} known[] = {
	    {BODY_TEXT, "a text"},
	    {BODY_INTEGER, "an integer"},
	    {BODY_BOOLEAN, "true"},
	    {BODY_BOOLEAN, "false"},
	    {BODY_ARRAY, "an array"},
	    {BODY_OBJECT, "an object"},
	    {BODY_NULL, "null"},
	};
	const char *last = NULL;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if ((types & known[i].type) == 0)
			continue;
		if (last != NULL)
			text_printf(names, "%s%s", names->length > 0 ? ", " : "", last);
		last = known[i].name;
	}
	text_printf(names, "%s%s", names->length > 0 ? " or " : "", last);
}

/* The member of a name, or NULL. */
static const struct body_member *find_member(const struct body_member *members, const char *name)
{
	for (; members->name != NULL; members++)
		if (strcmp(members->name, name) == 0)
			return members;
	return NULL;
}

/* Refuses a request for a member that it should not have. */
static void refuse_unknown(
    struct exchange *exchange, const char *name, const struct body_member *members)
{
	struct text names = TEXT_EMPTY;

	for (; members->name != NULL; members++)
		text_printf(&names, "%s%s", names.length > 0 ? ", " : "", members->name);
	exchange_refuse(exchange, HTTP_UNPROCESSABLE, quotable(name),
	    "\"%s\" is not known here (known are: %s)", quotable(name),
	    names.length > 0 ? names.data : "none");
	text_clear(&names);
}

/* Refuses a request for a value, called so, that is not of one of these types. */
static void refuse_type(
    struct exchange *exchange, const char *field, const char *called, unsigned types)
{
	struct text names = TEXT_EMPTY;

	append_types(&names, types);
	exchange_refuse(exchange, HTTP_UNPROCESSABLE, field, "%s is not %s", called, names.data);
	text_clear(&names);
}

static bool is_of(struct json_object *value, unsigned types)
{
	return (types & (1u << json_object_get_type(value))) != 0;
}

/* Whether a value, called so, is no text that has a zero byte in it or is too long. */
static bool accept_text(struct exchange *exchange, const char *field, const char *called,
    struct json_object *value, int64_t maximum)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return true;
	text = json_object_get_string(value);
	if (strlen(text) != (size_t)json_object_get_string_len(value))
		exchange_refuse(
		    exchange, HTTP_UNPROCESSABLE, field, "%s has a zero character in it", called);
	else if (maximum != 0 && utf8_length(text) > (size_t)maximum)
		exchange_refuse(exchange, HTTP_UNPROCESSABLE, field,
		    "too long: %zu characters (at most %lld)", utf8_length(text),
		    (long long)maximum);
	else
		return true;
	return false;
}

/* Whether all elements of an array are of the types that they may be. */
static bool accept_elements(
    struct exchange *exchange, const struct body_member *member, struct json_object *array)
{
	struct text names = TEXT_EMPTY;

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		if (is_of(json_object_array_get_idx(array, i), member->items))
			continue;
		append_types(&names, member->items);
		exchange_refuse(exchange, HTTP_UNPROCESSABLE, member->name,
		    "element %zu of %s is not %s", i + 1, member->name, names.data);
		text_clear(&names);
		return false;
	}
	return true;
}

/* Whether all members of an object are of the types that they may be: each is a field. */
static bool accept_fields(
    struct exchange *exchange, const struct body_member *member, struct json_object *object)
{
	char called[128];

	json_object_object_foreach(object, name, value)
	{
		snprintf(called, sizeof(called), "\"%s\"", quotable(name));
		if (!is_of(value, member->items)) {
			refuse_type(exchange, quotable(name), called, member->items);
			return false;
		}
		if (!accept_text(exchange, quotable(name), called, value, member->maximum))
			return false;
	}
	return true;
}

/* Whether a value is what the member may have. */
static bool accept_value(
    struct exchange *exchange, const struct body_member *member, struct json_object *value)
{
	if (!is_of(value, member->types)) {
		refuse_type(exchange, member->name, member->name, member->types);
		return false;
	}
	if (json_object_is_type(value, json_type_array))
		return accept_elements(exchange, member, value);
	if (json_object_is_type(value, json_type_object))
		return accept_fields(exchange, member, value);
	return accept_text(exchange, member->name, member->name, value, member->maximum);
}

/* Whether the object has the members that it is to have, and no others. */
static bool accept_members(
    struct exchange *exchange, struct json_object *body, const struct body_member *members)
{
	json_object_object_foreach(body, name, value)
	{
		const struct body_member *member = find_member(members, name);

		if (member == NULL) {
			refuse_unknown(exchange, name, members);
			return false;
		}
		if (!accept_value(exchange, member, value))
			return false;
	}
	for (; members->name != NULL; members++) {
		if (!members->required || json_object_object_get_ex(body, members->name, NULL))
			continue;
		exchange_refuse(
		    exchange, HTTP_UNPROCESSABLE, members->name, "%s is missing", members->name);
		return false;
	}
	return true;
}

/* The JSON value of a text; NULL with the request refused. */
static struct json_object *parse(struct exchange *exchange, const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new_ex(BODY_DEPTH);
	struct json_object *value;
	enum json_tokener_error error;

	assert(tokener != NULL);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* The zero byte after it ends a number. */
	value = json_tokener_parse_ex(tokener, text, (int)length + 1);
	error = json_tokener_get_error(tokener);
	if (error == json_tokener_success && json_object_is_type(value, json_type_object)) {
		json_tokener_free(tokener);
		return value;
	}
	if (error == json_tokener_success)
		exchange_refuse(exchange, HTTP_BADREQUEST, NULL, "the body is not a JSON object");
	else
		exchange_refuse(exchange, HTTP_BADREQUEST, NULL, "the body is not JSON: %s",
		    json_tokener_error_desc(error));
	json_tokener_free(tokener);
	json_object_put(value);
	return NULL;
}

struct json_object *exchange_read_body(struct exchange *exchange, const struct route *route)
{
	struct evbuffer *input = evhttp_request_get_input_buffer(exchange->request);
	size_t length = evbuffer_get_length(input);
	struct json_object *body = NULL;
	char *text;

	if (length > REQUEST_BODY_MAX) {
		exchange_refuse(exchange, HTTP_ENTITYTOOLARGE, NULL,
		    "the body is longer than %d bytes", REQUEST_BODY_MAX);
		return NULL;
	}
	text = xcalloc(1, length + 1);
	evbuffer_remove(input, text, length);
	body = length > 0 ? parse(exchange, text, length) : json_object_new_object();
	explicit_bzero(text, length);
	free(text);
	if (body == NULL || accept_members(exchange, body, route->body))
		return body;
	json_object_put(body);
	return NULL;
}

const char *body_text(struct json_object *body, const char *name)
{
	struct json_object *value = json_object_object_get(body, name);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}
