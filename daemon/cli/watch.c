/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_tokener.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/client.h"
#include "cli/fold.h"
#include "cli/json.h"

/* How long the initial scans may take before the tree is shown without the rest of them. */
#define PATIENCE_NS (8 * NS_PER_S)
#define POLL_MS 200
#define IDLE_MS 60000

#define AFFECTED_SHOWN 4
#define KIND_COLUMNS 13

/* ---- one change ---- */

static void append_resource(
    struct text *out, const struct terminal *terminal, struct json_object *notice)
{
	append_clean(out, terminal, json_text(json_part(notice, "resource"), "label"));
}

/* Appends how many were told with it, and what it follows from, where that is known. */
static void append_company(
    struct text *out, const struct terminal *terminal, struct json_object *notice)
{
	int64_t consequences = json_number(notice, "consequences");
	int64_t others = json_number(notice, "others");
	struct json_object *cause = json_part(notice, "root_cause");

	if (consequences > 0)
		text_printf(out, " and %" PRId64 " consequence%s", consequences,
		    consequences > 1 ? "s" : "");
	if (others > 0)
		text_printf(out, " and %" PRId64 " more", others);
	if (cause == NULL)
		return;
	text_append(out, ", because of ");
	append_clean(out, terminal, json_text(cause, "message"));
}

/* Appends "ERROR  Drive failure (HardDrive 17) and 3 consequences". */
static void append_cleared(
    struct text *out, const struct terminal *terminal, struct json_object *notice)
{
	const char *severity = json_text(notice, "severity");

	append_styled(out, terminal, style_of_severity(severity), severity);
	text_append(out, "  ");
	append_clean(out, terminal, json_text(notice, "message"));
	append_company(out, terminal, notice);
}

/* Appends "ERROR  Drive failure (HardDrive 17)  affects RaidPool 1, Lun 2 …". */
static void append_alert(
    struct text *out, const struct terminal *terminal, struct json_object *notice)
{
	struct json_object *affects = json_part(notice, "affects");
	size_t count = json_count(affects);

	append_cleared(out, terminal, notice);
	if (count == 0)
		return;
	text_append(out, "  affects ");
	for (size_t i = 0; i < count && i < AFFECTED_SHOWN; i++) {
		text_append(out, i > 0 ? ", " : "");
		append_clean(out, terminal, json_text(json_item(affects, i), "label"));
	}
	if (count > AFFECTED_SHOWN)
		text_printf(out, " %s", ellipsis(terminal));
}

/* Appends the message of an alert that speaks for itself. */
static void append_message(
    struct text *out, const struct terminal *terminal, struct json_object *notice)
{
	append_clean(out, terminal, json_text(notice, "message"));
}

/* A value in a notice as people read it. */
static const char *value_of(struct json_object *notice, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(notice, key, &value) || value == NULL)
		return "-";
	if (json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value) ? "yes" : "no";
	return json_object_get_string(value);
}

/* Appends "HardDrive 17  Status OK -> FAILED". */
static void append_difference(
    struct text *out, const struct terminal *terminal, struct json_object *notice)
{
	append_resource(out, terminal, notice);
	text_append(out, "  ");
	append_clean(out, terminal, json_text(notice, "label"));
	text_append_char(out, ' ');
	append_clean(out, terminal, value_of(notice, "from"));
	text_append(out, " -> ");
	append_clean(out, terminal, value_of(notice, "to"));
}

/* Appends "HardDrive 17  Temperature 36.5 C". */
static void append_sample(
    struct text *out, const struct terminal *terminal, struct json_object *notice)
{
	append_resource(out, terminal, notice);
	text_append(out, "  ");
	append_clean(out, terminal, json_text(notice, "label"));
	text_append_char(out, ' ');
	append_clean(out, terminal, json_text(notice, "text"));
}

/* Appends "update_scan  12.5 ms  3 reports, 0 removals, 2 samples, 1 refused". */
static void append_scan(
    struct text *out, const struct terminal *terminal, struct json_object *notice)
{
	append_clean(out, terminal, json_text(notice, "scan"));
	text_printf(out,
	    "  %.1f ms  %" PRId64 " reports, %" PRId64 " removals, %" PRId64 " samples, %" PRId64
	    " refused",
	    json_real(notice, "duration_ms"), json_number(notice, "reports"),
	    json_number(notice, "removals"), json_number(notice, "samples"),
	    json_number(notice, "refused"));
}

/* How each kind of change is written. */
static const struct {
	const char *kind;
	const char *word;
	enum style style;
	void (*append)(
	    struct text *out, const struct terminal *terminal, struct json_object *notice);
} kinds[] = {
    {"alert_raised", "alert raised", STYLE_BOLD, append_alert},
    {"alert_cleared", "alert cleared", STYLE_GOOD, append_cleared},
    {"appeared", "appeared", STYLE_PLAIN, append_resource},
    {"disappeared", "disappeared", STYLE_WARNING, append_resource},
    {"changed", "changed", STYLE_PLAIN, append_difference},
    {"offline", "offline", STYLE_ERROR, append_message},
    {"online", "online", STYLE_GOOD, append_resource},
    {"paused", "paused", STYLE_DIM, append_resource},
    {"resumed", "resumed", STYLE_GOOD, append_resource},
    {"sampled", "sampled", STYLE_DIM, append_sample},
    {"scanned", "scanned", STYLE_DIM, append_scan},
};

void render_change(struct text *out, const struct terminal *terminal, struct json_object *notice)
{
	const char *kind = json_text(notice, "kind");
	struct text line = TEXT_EMPTY;

	append_time(&line, json_text(notice, "time"), false);
	text_append(&line, "  ");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].kind, kind) != 0)
			continue;
		append_styled(&line, terminal, kinds[i].style, kinds[i].word);
		append_blanks(&line, KIND_COLUMNS - strlen(kinds[i].word));
		text_append_char(&line, ' ');
		kinds[i].append(&line, terminal, notice);
		if (terminal->width > 0)
			append_cut(out, terminal, line.data, terminal->width);
		else
			text_append(out, line.data);
		text_append_char(out, '\n');
	}
	text_clear(&line);
}

/* ---- watching ---- */

struct watch {
	struct cli *cli;
	struct client_events events;
	struct fold fold;
	struct monotonic begin;
	bool live;      /* the tree was shown: changes are shown from now on */
	int64_t *drawn; /* the resources in it, in order of id */
	size_t drawn_count, drawn_capacity;
	int result;
};

/* Writes out now: whoever watches must not wait for a buffer to fill. */
static void show(struct watch *watch, struct text *out)
{
	int result = print(out);

	if (result != EXIT_SUCCESS)
		watch->result = result;
}

static int compare_ids(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Notes which resources the tree shows. */
static void note_drawn(struct watch *watch, struct json_object *resources)
{
	for (size_t i = 0; i < json_count(resources); i++) {
		struct json_object *resource = json_item(resources, i);

		watch->drawn = xgrow(watch->drawn, watch->drawn_count, &watch->drawn_capacity,
		    sizeof(*watch->drawn));
		watch->drawn[watch->drawn_count++] = json_number(resource, "id");
		note_drawn(watch, json_part(resource, "children"));
	}
}

/* Whether it tells that a resource appeared that the tree has: it was drawn before it was stored.
 */
static bool is_known(const struct watch *watch, struct json_object *notice)
{
	int64_t id = json_number(json_part(notice, "resource"), "id");

	return watch->drawn_count > 0 && strcmp(json_text(notice, "kind"), "appeared") == 0 &&
	       bsearch(&id, watch->drawn, watch->drawn_count, sizeof(id), compare_ids) != NULL;
}

static void take_notice(void *context, const char *json)
{
	struct watch *watch = context;
	struct text out = TEXT_EMPTY;
	struct json_object *notice;

	if (!watch->live)
		return;
	if (watch->cli->json) {
		text_printf(&out, "%s\n", json);
		show(watch, &out);
		return;
	}
	notice = json_tokener_parse(json);
	if (fold_take(&watch->fold, notice))
		watch->events.wait_ms = POLL_MS;
	else if (!is_known(watch, notice))
		render_change(&out, &watch->cli->terminal, notice);
	json_object_put(notice);
	if (out.length > 0)
		show(watch, &out);
	text_clear(&out);
}

/* Shows the alerts that were held back. */
static void show_alerts(struct watch *watch)
{
	struct text out = TEXT_EMPTY;

	fold_render(&watch->fold, &out, &watch->cli->terminal);
	watch->events.wait_ms = IDLE_MS;
	if (out.length > 0)
		show(watch, &out);
	text_clear(&out);
}

/* Whether the runner has been to every scannable once; *gone when it no longer answers. */
static bool scans_are_done(struct watch *watch, bool *gone)
{
	struct json_object *status = client_get(watch->cli->client, "/v1/status");
	struct json_object *plugins = json_part(status, "plugins");
	bool done = strcmp(json_text(status, "state"), "running") == 0 &&
	            json_number(status, "scanning_initially") == 0;

	for (size_t i = 0; done && i < json_count(plugins); i++)
		done = strcmp(json_text(json_item(plugins, i), "state"), "starting") != 0;
	*gone = status == NULL;
	json_object_put(status);
	return done;
}

/* Shows the tree and a line that tells what follows. Returns false if there is none to be had. */
static bool show_tree(struct watch *watch)
{
	struct json_object *answer = client_get(watch->cli->client, "/v1/tree");
	struct text out = TEXT_EMPTY;

	if (answer == NULL)
		return false;
	render_trees(&out, &watch->cli->terminal, answer);
	note_drawn(watch, json_part(answer, "trees"));
	if (watch->drawn_count > 0)
		qsort(watch->drawn, watch->drawn_count, sizeof(*watch->drawn), compare_ids);
	json_object_put(answer);
	text_append(&out, "\nChanges as they happen (Ctrl-C ends):\n");
	show(watch, &out);
	return true;
}

/* Called while nothing happens: shows the tree, or alerts, once the time has come. */
static bool wait_for_tree(void *context)
{
	struct watch *watch = context;
	bool gone;

	if (watch->live && fold_is_due(&watch->fold))
		show_alerts(watch);
	if (watch->live)
		return watch->result == EXIT_SUCCESS;
	if (!scans_are_done(watch, &gone) && !gone &&
	    monotonic_since(monotonic_now(), watch->begin) < PATIENCE_NS)
		return true;
	if (gone || (!watch->cli->json && !show_tree(watch))) {
		watch->result = EXIT_FAILURE;
		return false;
	}
	watch->live = true;
	watch->events.wait_ms = IDLE_MS;
	return true;
}

int command_watch(struct cli *cli, char **arguments, int count)
{
	struct watch watch = {.cli = cli, .begin = monotonic_now(), .result = EXIT_SUCCESS};

	(void)arguments;
	(void)count;
	watch.events = (struct client_events){
	    .notice = take_notice, .idle = wait_for_tree, .wait_ms = POLL_MS};
	/* For a program, all is told from the first moment. */
	watch.live = cli->json;
	if (client_follow(cli->client, &watch.events, &watch))
		show_alerts(&watch);
	else
		watch.result = EXIT_FAILURE;
	free(watch.drawn);
	return watch.result;
}
