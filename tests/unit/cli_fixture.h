/* SPDX-License-Identifier: MIT */
/* Terminals to render for, and what was rendered as text to compare. */
#ifndef CLI_FIXTURE_H
#define CLI_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/command.h"
#include "cli/terminal.h"

static const struct terminal to_file = {.width = 0, .unicode = true};
static const struct terminal ascii_file = {.width = 0};
static const struct terminal narrow = {.width = 40, .unicode = true};
static const struct terminal coloured = {.width = 80, .colour = true, .unicode = true};

typedef void render_function(
    struct text *out, const struct terminal *terminal, struct json_object *answer);

/* What a function renders of a JSON text; the caller frees it. */
static inline char *rendered(
    render_function *render, const struct terminal *terminal, const char *json)
{
	struct json_object *answer = json_tokener_parse(json);
	struct text out = TEXT_EMPTY;

	assert_non_null(answer);
	render(&out, terminal, answer);
	json_object_put(answer);
	return text_steal(&out);
}

static inline void assert_rendered(render_function *render, const struct terminal *terminal,
    const char *json, const char *expected)
{
	char *text = rendered(render, terminal, json);

	assert_string_equal(text, expected);
	free(text);
}

#endif
