/* SPDX-License-Identifier: MIT */
/* What happened, and what happens from now on. */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_tokener.h>

#include "base/memory.h"
#include "cli/client.h"
#include "cli/json.h"

#define IDLE_MS 60000
#define SEVERITY_COLUMNS 8

/* Appends "2026-11-22 10:23:16  WARNING  Array not contactable". */
static void append_event(
    struct text *out, const struct terminal *terminal, struct json_object *event)
{
	const char *severity = json_text(event, "severity");
	size_t length = strlen(severity);
	struct text line = TEXT_EMPTY;

	append_time(&line, json_text(event, "time"), true);
	text_append(&line, "  ");
	append_styled(&line, terminal, style_of_severity(severity), severity);
	append_blanks(&line, length < SEVERITY_COLUMNS ? SEVERITY_COLUMNS - length : 0);
	text_append_char(&line, ' ');
	append_clean(&line, terminal, json_text(event, "message"));
	if (terminal->width > 0)
		append_cut(out, terminal, line.data, terminal->width);
	else
		text_append(out, line.data);
	text_append_char(out, '\n');
	text_clear(&line);
}

void render_events(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	struct json_object *events = json_part(answer, "events");

	/* The newest come first, and are read last. */
	for (size_t i = json_count(events); i-- > 0;)
		append_event(out, terminal, json_item(events, i));
	if (json_count(events) == 0)
		text_append(out, "No events.\n");
}

/* ---- following ---- */

struct feed {
	struct cli *cli;
	const char *history; /* what to ask for first */
	bool begun;          /* the stream: nothing is missed from now on */
	bool live;           /* the history was shown */
	int64_t last;        /* the newest event in it */
	int result;
};

static void show(struct feed *feed, struct text *out)
{
	if (out->length > 0 && print(out) != EXIT_SUCCESS)
		feed->result = EXIT_FAILURE;
}

/* Appends an event as one line, for people or for programs. */
static void append_line(struct feed *feed, struct text *out, struct json_object *event)
{
	if (feed->cli->json)
		text_printf(
		    out, "%s\n", json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN));
	else
		append_event(out, &feed->cli->terminal, event);
}

/* Shows what happened so far. Without the database that is left out. */
static void show_history(struct feed *feed)
{
	struct json_object *answer = client_get_all(feed->cli->client, feed->history, "events");
	struct json_object *events = json_part(answer, "events");
	struct text out = TEXT_EMPTY;

	for (size_t i = json_count(events); i-- > 0;) {
		struct json_object *event = json_item(events, i);

		append_line(feed, &out, event);
		if (json_number(event, "event") > feed->last)
			feed->last = json_number(event, "event");
	}
	json_object_put(answer);
	show(feed, &out);
	feed->live = true;
}

static void take_notice(void *context, const char *json)
{
	struct feed *feed = context;
	struct json_object *notice;
	struct text out = TEXT_EMPTY;

	/* What comes before the history is asked for is in it. */
	if (!feed->live)
		return;
	notice = json_tokener_parse(json);
	if (strcmp(json_text(notice, "kind"), "event") != 0)
		fprintf(stderr, "iml-plugin: %s\n", json_text(notice, "message"));
	else if (json_number(notice, "event") > feed->last)
		append_line(feed, &out, notice);
	json_object_put(notice);
	show(feed, &out);
}

static void begin(void *context)
{
	((struct feed *)context)->begun = true;
}

static bool idle(void *context)
{
	struct feed *feed = context;

	if (feed->begun && !feed->live)
		show_history(feed);
	return feed->result == EXIT_SUCCESS;
}

static int follow(struct cli *cli, const char *history, const char *resource)
{
	struct feed feed = {.cli = cli, .history = history, .result = EXIT_SUCCESS};
	char *path = xstrdup("/v1/events/stream?type=event");
	struct client_events events = {
	    .notice = take_notice, .begun = begin, .idle = idle, .wait_ms = IDLE_MS};

	if (resource != NULL)
		path = client_add_parameter(path, "resource", resource);
	events.path = path;
	if (!client_follow(cli->client, &events, &feed))
		feed.result = EXIT_FAILURE;
	free(path);
	return feed.result;
}

/* ---- the command ---- */

/* What to ask for; NULL with a complaint. */
static char *history_path(const struct cli *cli, const char *resource)
{
	char *path = xstrdup("/v1/events?limit=10000");
	char reason[REASON_SIZE];
	char *since = NULL;

	if (cli->stats.since != NULL &&
	    (since = stats_time(cli->stats.since, true, reason)) == NULL) {
		fprintf(stderr, "iml-plugin: --since: %s\n", reason);
		free(path);
		return NULL;
	}
	if (since != NULL)
		path = client_add_parameter(path, "from", since);
	if (resource != NULL)
		path = client_add_parameter(path, "resource", resource);
	free(since);
	return path;
}

static int show_once(struct cli *cli, const char *history)
{
	struct json_object *answer = client_get_all(cli->client, history, "events");
	struct text out = TEXT_EMPTY;

	if (answer == NULL)
		return EXIT_FAILURE;
	if (cli->json)
		return print_json(answer);
	render_events(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}

/* Room for the id of a resource. */
#define ID_SIZE 24

/* The id of the resource that was asked for, empty if none was. False with a complaint. */
static bool take_resource(struct cli *cli, char id[ID_SIZE])
{
	char *path;

	id[0] = '\0';
	if (cli->resource == NULL)
		return true;
	path = resource_path(cli, cli->resource);
	if (path != NULL)
		snprintf(id, ID_SIZE, "%s", strrchr(path, '/') + 1);
	free(path);
	return id[0] != '\0';
}

int command_events(struct cli *cli, char **arguments, int count)
{
	char id[ID_SIZE], *history;
	const char *resource;
	int result = EXIT_WRONG_USAGE;

	(void)arguments;
	(void)count;
	if (!take_resource(cli, id))
		return EXIT_FAILURE;
	resource = id[0] != '\0' ? id : NULL;
	history = history_path(cli, resource);
	if (history != NULL)
		result = cli->follow ? follow(cli, history, resource) : show_once(cli, history);
	free(history);
	return result;
}
