/* SPDX-License-Identifier: MIT */
/* The JSON object in the body of a request. Nothing of it is repeated that may be secret. */
#include "control/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>

#include "base/memory.h"

#define BODY_DEPTH 8

/* The names of the types that a member may have, for people. */
static void append_types(struct text *names, unsigned types)
{
	static const struct {
		unsigned type;
		const char *name;
	} known[] = {
	    {BODY_TEXT, "a text"},
	    {BODY_INTEGER, "an integer"},
	    {BODY_BOOLEAN, "true or false"},
	    {BODY_ARRAY, "an array"},
	    {BODY_OBJECT, "an object"},
	    {BODY_NULL, "null"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((types & known[i].type) != 0)
			text_printf(names, "%s%s", names->length > 0 ? " or " : "", known[i].name);
}

/* The member of a name, or NULL. */
static const struct body_member *find_member(
    const struct body_member *members, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

/* Refuses a request for a member that it should not have. */
static void refuse_unknown(
    struct exchange *exchange, const char *name, const struct body_member *members, size_t count)
{
	struct text names = TEXT_EMPTY;

	for (size_t i = 0; i < count; i++)
		text_printf(&names, "%s%s", i > 0 ? ", " : "", members[i].name);
	exchange_refuse(exchange, HTTP_UNPROCESSABLE, quotable(name),
	    "\"%s\" is not known here (known are: %s)", quotable(name),
	    names.length > 0 ? names.data : "none");
	text_clear(&names);
}

/* Whether a value is of a type that the member may have, and has no zero byte if it is a text. */
static bool accept_value(
    struct exchange *exchange, const struct body_member *member, struct json_object *value)
{
	struct text types = TEXT_EMPTY;

	if ((member->types & (1u << json_object_get_type(value))) == 0) {
		append_types(&types, member->types);
		exchange_refuse(exchange, HTTP_UNPROCESSABLE, member->name, "%s is not %s",
		    member->name, types.data);
		text_clear(&types);
		return false;
	}
	if (!json_object_is_type(value, json_type_string) ||
	    strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value))
		return true;
	exchange_refuse(exchange, HTTP_UNPROCESSABLE, member->name, "%s has a zero character in it",
	    member->name);
	return false;
}

/* Whether the object has the members that it is to have, and no others. */
static bool accept_members(struct exchange *exchange, struct json_object *body,
    const struct body_member *members, size_t count)
{
	json_object_object_foreach(body, name, value)
	{
		const struct body_member *member = find_member(members, count, name);

		if (member == NULL) {
			refuse_unknown(exchange, name, members, count);
			return false;
		}
		if (!accept_value(exchange, member, value))
			return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!members[i].required || json_object_object_get_ex(body, members[i].name, NULL))
			continue;
		exchange_refuse(exchange, HTTP_UNPROCESSABLE, members[i].name, "%s is missing",
		    members[i].name);
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

struct json_object *exchange_read_body(
    struct exchange *exchange, const struct body_member *members, size_t count)
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
	if (body == NULL || accept_members(exchange, body, members, count))
		return body;
	json_object_put(body);
	return NULL;
}
