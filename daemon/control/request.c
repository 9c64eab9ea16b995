/* SPDX-License-Identifier: MIT */
#include "control/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>

#include "base/memory.h"

#define JSON_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static void release_answer(const void *data, size_t length, void *argument)
{
	struct json_object *answer = argument;

	(void)data;
	(void)length;
	json_object_put(answer);
}

#define JSON_TYPE "application/json"

/* Sends a body of a type, complete but for the line end, and releases it. */
static void send_body(struct exchange *exchange, int code, const char *phrase, const char *type,
    struct evbuffer *body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(exchange->request);
	char content_length[24];

	evbuffer_add(body, "\n", 1);
	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	/* libevent leaves it out in answers to HEAD and CONNECT. */
	snprintf(content_length, sizeof(content_length), "%zu", evbuffer_get_length(body));
	evhttp_add_header(headers, "Content-Length", content_length);
	/* libevent would send it after the headers that HEAD asks for alone. */
	if (evhttp_request_get_command(exchange->request) == EVHTTP_REQ_HEAD)
		evbuffer_drain(body, evbuffer_get_length(body));
	evhttp_send_reply(exchange->request, code, phrase, body);
	evbuffer_free(body);
}

static void send_json(
    struct exchange *exchange, int code, const char *phrase, struct json_object *answer)
{
	struct evbuffer *body = evbuffer_new();
	size_t length;
	const char *bytes = json_object_to_json_string_length(answer, JSON_FLAGS, &length);

	assert(body != NULL && bytes != NULL);
	evbuffer_add_reference(body, bytes, length, release_answer, answer);
	send_body(exchange, code, phrase, JSON_TYPE, body);
}

void exchange_answer_text(struct exchange *exchange, const char *json, size_t length)
{
	struct evbuffer *body = evbuffer_new();

	assert(body != NULL);
	evbuffer_add(body, json, length);
	send_body(exchange, HTTP_OK, "OK", JSON_TYPE, body);
}

void exchange_answer_as(struct exchange *exchange, const char *type, const char *text)
{
	struct evbuffer *body = evbuffer_new();

	assert(body != NULL);
	evbuffer_add(body, text, strlen(text));
	send_body(exchange, HTTP_OK, "OK", type, body);
}

/* The words that go with a code. */
static const char *phrase_of(int code)
{
	static const struct {
		int code;
		const char *phrase;
	} phrases[] = {
	    {HTTP_OK, "OK"},
	    {HTTP_CREATED, "Created"},
	    {HTTP_ACCEPTED, "Accepted"},
	    {HTTP_BADREQUEST, "Bad Request"},
	    {HTTP_FORBIDDEN, "Forbidden"},
	    {HTTP_NOTFOUND, "Not Found"},
	    {HTTP_BADMETHOD, "Method Not Allowed"},
	    {HTTP_CONFLICT, "Conflict"},
	    {HTTP_ENTITYTOOLARGE, "Content Too Large"},
	    {HTTP_UNPROCESSABLE, "Unprocessable Content"},
	    {HTTP_INTERNAL, "Internal Server Error"},
	    {HTTP_SERVUNAVAIL, "Service Unavailable"},
	    {HTTP_GATEWAY_TIMEOUT, "Gateway Timeout"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].code == code)
			return phrases[i].phrase;
	}
	assert(!"code without a phrase");
	return "";
}

void exchange_answer_code(struct exchange *exchange, int code, struct json_object *answer)
{
	send_json(exchange, code, phrase_of(code), answer);
}

void exchange_answer(struct exchange *exchange, struct json_object *answer)
{
	exchange_answer_code(exchange, HTTP_OK, answer);
}

void exchange_refuse(
    struct exchange *exchange, int code, const char *field, const char *format, ...)
{
	struct json_object *answer = json_object_new_object();
	char message[REASON_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	json_object_object_add(answer, "error", json_object_new_string(message));
	if (field != NULL)
		json_object_object_add(answer, "field", json_object_new_string(field));
	exchange_answer_code(exchange, code, answer);
}

/* Whether a path is that of the route; *id and its length are the part of it that is an id. */
static bool route_matches(
    const struct route *route, const char *path, const char **id, size_t *id_length)
{
	size_t length = strlen(route->path), all = strlen(path);
	const char *suffix = route->suffix != NULL ? route->suffix : "";

	*id = NULL;
	*id_length = 0;
	if (strncmp(path, route->path, length) != 0)
		return false;
	if (route->path[length - 1] != '/')
		return path[length] == '\0';
	*id = path + length;
	*id_length = strcspn(*id, "/");
	return length + *id_length + strlen(suffix) == all &&
	       strcmp(path + length + *id_length, suffix) == 0;
}

/* Methods and their names. */
static const struct {
	enum evhttp_cmd_type method;
	const char *name;
} methods[] = {
    {EVHTTP_REQ_GET, "GET"},
    {EVHTTP_REQ_POST, "POST"},
    {EVHTTP_REQ_PUT, "PUT"},
    {EVHTTP_REQ_PATCH, "PATCH"},
    {EVHTTP_REQ_DELETE, "DELETE"},
};

/* The route of a path and a method, or NULL; the id in the path, if any, is the caller's. */
static const struct route *find_route(const char *path, enum evhttp_cmd_type method, char **id)
{
	const char *begin;
	size_t length;

	for (size_t i = 0; i < control_route_count; i++) {
		if (control_routes[i].method != method ||
		    !route_matches(&control_routes[i], path, &begin, &length))
			continue;
		*id = begin != NULL ? xstrndup(begin, length) : NULL;
		return &control_routes[i];
	}
	return NULL;
}

/* Appends the methods that a path has, with words between them. */
static void append_methods(struct text *names, const char *path, const char *between)
{
	char *id = NULL;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (find_route(path, methods[i].method, &id) == NULL)
			continue;
		text_printf(names, "%s%s", names->length > 0 ? between : "", methods[i].name);
		free(id);
		id = NULL;
	}
}

/* Refuses a request whose path, or method, nothing answers to. */
static void refuse_route(struct exchange *exchange, const char *path)
{
	struct text allowed = TEXT_EMPTY, words = TEXT_EMPTY;

	append_methods(&allowed, path, ", ");
	if (allowed.length == 0 && path[0] == '/') {
		exchange_refuse(exchange, HTTP_NOTFOUND, NULL, "no such path; try /v1/status");
		return;
	}
	/* CONNECT has no path. */
	append_methods(&words, path, " or ");
	evhttp_add_header(evhttp_request_get_output_headers(exchange->request), "Allow",
	    allowed.length > 0 ? allowed.data : "GET");
	exchange_refuse(exchange, HTTP_BADMETHOD, NULL, "only %s is allowed",
	    words.length > 0 ? words.data : "GET");
	text_clear(&allowed);
	text_clear(&words);
}

/* Checks what follows the path and the "?", and lets the route answer. */
static void run_route(
    struct exchange *exchange, const struct route *route, const char *id, const char *query_text)
{
	struct evkeyvalq given;

	exchange->query.limit = route->default_limit;
	exchange->query.affects = 20;
	exchange->query.from.us = exchange->query.to.us = NOT_GIVEN;
	if (route->method != EVHTTP_REQ_GET && !exchange_may_change(exchange))
		return;
	if (id != NULL && !parse_digits(id, &exchange->query.id)) {
		exchange_refuse(exchange, HTTP_NOTFOUND, NULL, "\"%s\" is not an id", quotable(id));
		return;
	}
	TAILQ_INIT(&given);
	if (query_text != NULL && evhttp_parse_query_str(query_text, &given) != 0)
		exchange_refuse(exchange, HTTP_BADREQUEST, NULL,
		    "the parameters after \"?\" are not of the form name=value&…");
	else if (parse_query(exchange, route, &given))
		route->handle(exchange);
	evhttp_clear_headers(&given);
}

void control_handle_request(struct evhttp_request *request, void *argument)
{
	struct exchange exchange = {.control = argument, .request = request};
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = evhttp_uri_get_path(uri);
	const struct route *route;
	char *id = NULL;

	assert(exchange.control->magic == CONTROL_MAGIC);
	if (path == NULL)
		path = "";
	route = find_route(path, evhttp_request_get_command(request), &id);
	if (route == NULL) {
		refuse_route(&exchange, path);
		return;
	}
	run_route(&exchange, route, id, evhttp_uri_get_query(uri));
	free(id);
}
