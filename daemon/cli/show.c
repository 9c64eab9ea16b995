/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/axis.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"

/* Most relatives listed one by one. */
#define RELATIVES_SHOWN 50

void append_heading(struct text *out, const struct terminal *terminal, const char *heading)
{
	text_append_char(out, '\n');
	append_styled(out, terminal, STYLE_BOLD, heading);
	text_append_char(out, '\n');
}

static void add_pair(struct table *table, const char *label, const char *value)
{
	table_add(table, STYLE_DIM, label);
	table_add(table, STYLE_PLAIN, value);
}

/* "example.HardDrive (PhysicalDisk)". */
static void add_class(struct table *table, struct json_object *resource)
{
	struct text class = TEXT_EMPTY;

	text_printf(&class, "%s (%s)", json_text(resource, "class"), json_text(resource, "kind"));
	add_pair(table, "Class", class.data);
	text_clear(&class);
}

/* Who reports it: its scannable, or all that know it by its global identifier. */
static void add_reporters(struct table *table, struct json_object *reporters)
{
	struct text names = TEXT_EMPTY;

	if (json_count(reporters) == 0)
		return;
	append_names(&names, table->terminal, reporters, RELATIVES_SHOWN, false);
	add_pair(table, "Reported by", names.data);
	text_clear(&names);
}

/* Why it is not scanned, if it is paused. */
static void add_paused(struct table *table, struct json_object *pause)
{
	struct text words = TEXT_EMPTY;

	if (pause == NULL)
		return;
	append_pause(&words, table->terminal, pause);
	add_pair(table, "State", words.data);
	text_clear(&words);
}

void append_alert_lines(struct text *out, const struct terminal *terminal, const char *heading,
    struct json_object *alerts)
{
	struct json_object *alert;
	const char *severity, *root;

	if (json_count(alerts) == 0)
		return;
	append_heading(out, terminal, heading);
	for (size_t i = 0; i < json_count(alerts); i++) {
		alert = json_item(alerts, i);
		severity = json_text(alert, "severity");
		append_styled(out, terminal, style_of_severity(severity), severity);
		text_append(out, "  ");
		append_clean(out, terminal, json_text(alert, "message"));
		text_append(out, json_flag(alert, "dismissed") ? " (seen)  since " : "  since ");
		append_time(out, json_text(alert, "begin"), true);
		root = json_text(json_part(alert, "root_cause"), "message");
		text_append(out, root[0] != '\0' ? "  because of " : "");
		append_clean(out, terminal, root);
		text_append_char(out, '\n');
	}
}

static void append_relatives(struct text *out, const struct terminal *terminal, const char *heading,
    struct json_object *resources, size_t count)
{
	struct table table;
	size_t listed = json_count(resources);
	size_t shown = listed < RELATIVES_SHOWN ? listed : RELATIVES_SHOWN;

	if (count == 0)
		return;
	append_heading(out, terminal, heading);
	table = table_of(terminal, 3);
	for (size_t i = 0; i < shown; i++) {
		table_add_number(&table, STYLE_DIM, json_number(json_item(resources, i), "id"));
		table_add(&table, STYLE_PLAIN, json_text(json_item(resources, i), "label"));
		table_add(&table, STYLE_DIM, json_text(json_item(resources, i), "class"));
	}
	table_align_right(&table, 0);
	table_render(&table, out);
	table_clear(&table);
	if (shown < count)
		text_printf(out, "%s %zu more\n", ellipsis(terminal), count - shown);
}

/* ---- statistics ---- */

/* The newest value of a statistic, an object, or NULL. */
static struct json_object *find_newest(struct json_object *newest, const char *name)
{
	for (size_t i = 0; i < json_count(newest); i++)
		if (strcmp(json_text(json_item(newest, i), "statistic"), name) == 0)
			return json_item(newest, i);
	return NULL;
}

/* Appends the bins that count anything: "≤512: 3, ≥513: 1". */
static void append_counts(struct text *out, struct json_object *counts, struct json_object *labels)
{
	size_t begin = out->length;

	for (size_t i = 0; i < json_count(counts) && i < json_count(labels); i++) {
		int64_t count = json_object_get_int64(json_item(counts, i));

		if (count != 0)
			text_printf(out, "%s%s: %" PRId64, out->length > begin ? ", " : "",
			    json_object_get_string(json_item(labels, i)), count);
	}
	text_append(out, out->length == begin ? "empty" : "");
}

/* Adds a line with a statistic, its newest value, and since when it has that. */
static void add_statistic(
    struct table *table, struct json_object *statistic, struct json_object *newest)
{
	struct json_object *counts = json_part(newest, "counts");
	struct text value = TEXT_EMPTY, when = TEXT_EMPTY;
	double time, number;

	if (counts != NULL)
		append_counts(&value, counts, json_part(statistic, "bin_labels"));
	else if (json_finite(json_value(newest, "value"), &number))
		append_quantity(&value, number, json_text(statistic, "units"));
	if (value.length > 0 && json_finite(json_value(newest, "time"), &time))
		append_local_time(&when, time);
	add_pair(table, json_text(statistic, "label"), value.length > 0 ? value.data : "-");
	table_add(table, STYLE_DIM, when.length > 0 ? when.data : "");
	text_clear(&value);
	text_clear(&when);
}

/* Appends the statistics with their newest values, as far as these could be had. */
static void append_statistics(
    struct text *out, const struct terminal *terminal, struct json_object *resource)
{
	struct json_object *statistics = json_part(resource, "statistics");
	struct json_object *newest = json_part(resource, "newest");
	const char *why_not = json_text(resource, "newest_missing");
	struct table table;

	if (json_count(statistics) == 0 || (newest == NULL && why_not[0] == '\0'))
		return;
	append_heading(out, terminal, "Statistics");
	if (newest == NULL) {
		text_append(out, "not to be had now: ");
		append_clean(out, terminal, why_not);
		text_append_char(out, '\n');
		return;
	}
	table = table_of(terminal, 3);
	for (size_t i = 0; i < json_count(statistics); i++) {
		struct json_object *statistic = json_item(statistics, i);

		add_statistic(&table, statistic, find_newest(newest, json_text(statistic, "name")));
	}
	table_render(&table, out);
	table_clear(&table);
}

/* Adds the newest values, which the database has to tell, or why there are none. */
static void fetch_newest(struct cli *cli, const char *path, struct json_object *resource)
{
	char *longer = xasprintf("%s/statistics", path);
	char *reason = NULL;
	struct json_object *answer = NULL;

	if (json_count(json_part(resource, "statistics")) > 0)
		answer = client_try(cli->client, longer, &reason);
	if (answer != NULL)
		json_object_object_add(
		    resource, "newest", json_object_get(json_part(answer, "statistics")));
	else if (reason != NULL)
		json_object_object_add(resource, "newest_missing", json_object_new_string(reason));
	json_object_put(answer);
	free(reason);
	free(longer);
}

void render_resource(
    struct text *out, const struct terminal *terminal, struct json_object *resource)
{
	struct json_object *fields = json_part(resource, "fields");
	struct json_object *parents = json_part(resource, "parents");
	struct json_object *children = json_part(resource, "children");
	struct table table = table_of(terminal, 2);

	append_styled(out, terminal, STYLE_BOLD, json_text(resource, "label"));
	text_append_char(out, '\n');
	add_pair(&table, "Id", json_text(resource, "id"));
	add_class(&table, resource);
	if (json_text(resource, "alias")[0] != '\0')
		add_pair(&table, "Label", json_text(resource, "label_without_alias"));
	add_reporters(&table, json_part(resource, "reporters"));
	add_paused(&table, json_part(resource, "paused"));
	if (json_text(resource, "reason")[0] != '\0')
		add_pair(&table, "Not contactable", json_text(resource, "reason"));
	for (size_t i = 0; i < json_count(fields); i++)
		add_pair(&table, json_text(json_item(fields, i), "label"),
		    json_text(json_item(fields, i), "text"));
	table_render(&table, out);
	table_clear(&table);
	append_statistics(out, terminal, resource);
	append_alert_lines(out, terminal, "Alerts", json_part(resource, "alerts"));
	append_alert_lines(out, terminal, "Affected by", json_part(resource, "inherited_alerts"));
	append_relatives(out, terminal, "Parents", parents, json_count(parents));
	append_relatives(
	    out, terminal, "Children", children, (size_t)json_number(resource, "child_count"));
}

int command_show(struct cli *cli, char **arguments, int count)
{
	char *path = xasprintf("/v1/resources/%s", arguments[0]);
	struct json_object *answer = client_get(cli->client, path);
	struct text out = TEXT_EMPTY;

	(void)count;
	if (answer != NULL)
		fetch_newest(cli, path, answer);
	free(path);
	if (answer == NULL || cli->json)
		return answer != NULL ? print_json(answer) : EXIT_FAILURE;
	render_resource(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}
