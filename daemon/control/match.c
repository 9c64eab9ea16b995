/* SPDX-License-Identifier: MIT */
/* Which route a request is for. */
#include "control/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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

void path_values_clear(struct path_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		free(values->items[i].text);
	values->count = 0;
}

/* The parameter that a route has between braces, which begin here. */
static const struct parameter *find_path_parameter(const char *brace)
{
	size_t length = strcspn(brace + 1, "}");

	for (size_t i = 0; i < path_parameter_count; i++) {
		if (strlen(path_parameters[i].name) == length &&
		    memcmp(path_parameters[i].name, brace + 1, length) == 0)
			return &path_parameters[i];
	}
	assert(!"a path with a name that is not in path_parameters");
	return NULL;
}

/* Notes what a path has in the place of the brace. */
static void add_value(
    struct path_values *values, const char *brace, const char *encoded, size_t length)
{
	char *text = xstrndup(encoded, length);
	char *decoded = evhttp_uridecode(text, 0, NULL);

	assert(values->count < PATH_VALUES_MAX && decoded != NULL);
	values->items[values->count].parameter = find_path_parameter(brace);
	values->items[values->count++].text = decoded;
	free(text);
}

/* Whether a path is that of the route; its values are added, and are of no use if it is not. */
static bool route_matches(const char *pattern, const char *path, struct path_values *values)
{
	size_t length;

	while (*pattern != '\0') {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		length = strcspn(path, "/");
		add_value(values, pattern, path, length);
		path += length;
		pattern += strcspn(pattern, "}") + 1;
	}
	return *path == '\0';
}

const struct route *find_route(
    const char *path, enum evhttp_cmd_type method, struct path_values *values)
{
	struct path_values found = {.count = 0};
	bool matches;

	/* Decoded, a zero byte would hide what follows. */
	if (strstr(path, "%00") != NULL)
		return NULL;
	for (size_t i = 0; i < control_route_count; i++) {
		matches = control_routes[i].method == method &&
		          route_matches(control_routes[i].path, path, &found);
		if (matches && values != NULL)
			*values = found;
		else
			path_values_clear(&found);
		if (matches)
			return &control_routes[i];
	}
	return NULL;
}

/* Appends the methods that a path has, with words between them. */
static void append_methods(struct text *names, const char *path, const char *between)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (find_route(path, methods[i].method, NULL) != NULL)
			text_printf(
			    names, "%s%s", names->length > 0 ? between : "", methods[i].name);
}

void refuse_route(struct exchange *exchange, const char *path)
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
