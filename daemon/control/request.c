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
	client_takes(exchange);
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

const char *phrase_of(int code)
{
	static const struct {
		int code;
		const char *phrase;
	} phrases[] = {
	    {HTTP_OK, "OK"},
	    {HTTP_CREATED, "Created"},
	    {HTTP_ACCEPTED, "Accepted"},
	    {HTTP_BADREQUEST, "Bad Request"},
	    {HTTP_UNAUTHORIZED, "Unauthorized"},
	    {HTTP_FORBIDDEN, "Forbidden"},
	    {HTTP_NOTFOUND, "Not Found"},
	    {HTTP_BADMETHOD, "Method Not Allowed"},
	    {HTTP_REQUEST_TIMEOUT, "Request Timeout"},
	    {HTTP_CONFLICT, "Conflict"},
	    {HTTP_ENTITYTOOLARGE, "Content Too Large"},
	    {HTTP_URI_TOO_LONG, "URI Too Long"},
	    {HTTP_EXPECTATION_FAILED, "Expectation Failed"},
	    {HTTP_UNPROCESSABLE, "Unprocessable Content"},
	    {HTTP_TOO_MANY_REQUESTS, "Too Many Requests"},
	    {HTTP_HEADERS_TOO_LARGE, "Request Header Fields Too Large"},
	    {HTTP_INTERNAL, "Internal Server Error"},
	    {HTTP_NOTIMPLEMENTED, "Not Implemented"},
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

/*
 * Reads the parameters that follow the "?". What they say belongs to given, which is the caller's
 * to clear. False with the request refused.
 */
static bool read_query(
    struct exchange *exchange, const struct route *route, struct evkeyvalq *given, const char *text)
{
	TAILQ_INIT(given);
	if (text != NULL && evhttp_parse_query_str(text, given) != 0) {
		exchange_refuse(exchange, HTTP_BADREQUEST, NULL,
		    "the parameters after \"?\" are not of the form name=value&…");
		return false;
	}
	if (text != NULL && strstr(text, "%00") != NULL) {
		exchange_refuse(exchange, HTTP_BADREQUEST, NULL,
		    "the parameters after \"?\" have a zero character in them");
		return false;
	}
	return parse_query(exchange, route, given);
}

/* Checks everything that the request says, and lets the route answer. */
static void run_route(struct exchange *exchange, const struct route *route,
    const struct path_values *values, const char *query_text)
{
	struct evkeyvalq given;

	query_set_defaults(&exchange->query, route);
	if (route->method != EVHTTP_REQ_GET && !exchange_may_change(exchange))
		return;
	if (!parse_path_values(exchange, values))
		return;
	if (read_query(exchange, route, &given, query_text)) {
		exchange->body = exchange_read_body(exchange, route);
		if (exchange->body != NULL)
			route->handle(exchange);
		json_object_put(exchange->body);
	}
	evhttp_clear_headers(&given);
}

void control_handle_request(struct evhttp_request *request, void *argument)
{
	struct exchange exchange = {.control = argument, .request = request};
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = evhttp_uri_get_path(uri);
	const struct route *route;
	struct path_values values = {.count = 0};
	bool is_welcome;

	assert(exchange.control->magic == CONTROL_MAGIC);
	if (!client_asked(&exchange)) {
		exchange_refuse(&exchange, HTTP_TOO_MANY_REQUESTS, NULL, "the connection ends");
		return;
	}
	if (strlen(evhttp_request_get_uri(request)) > REQUEST_URI_MAX) {
		exchange_refuse(&exchange, HTTP_URI_TOO_LONG, NULL,
		    "the path and its parameters are longer than %d bytes", REQUEST_URI_MAX);
		return;
	}
	if (path == NULL)
		path = "";
	route = find_route(path, evhttp_request_get_command(request), &values);
	is_welcome = !client_is_network(&exchange) || exchange_has_token(&exchange, route);
	if (is_welcome && route != NULL)
		run_route(&exchange, route, &values, evhttp_uri_get_query(uri));
	else if (is_welcome)
		refuse_route(&exchange, path);
	path_values_clear(&values);
}
