/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"

/* Most resources listed one by one. */
#define AFFECTED_SHOWN 50

/* Appends "Enclosure 3 → Drive 7 → Pool 1". */
static void append_path(struct text *out, const struct terminal *terminal, struct json_object *path)
{
	text_append(out, "");
	for (size_t i = 0; i < json_count(path); i++) {
		if (i > 0)
			text_append(out, terminal->unicode ? " → " : " -> ");
		append_clean(out, terminal, json_text(json_item(path, i), "label"));
	}
}

/* A server may have none. */
static const char *label_of(struct json_object *item)
{
	const char *label = json_text(item, "label");

	return label[0] != '\0' ? label : "-";
}

/* Appends volumes or servers, each with the way by which the problem reaches it. */
static void append_reached(struct text *out, const struct terminal *terminal, const char *heading,
    struct json_object *items)
{
	struct table table;

	if (json_count(items) == 0)
		return;
	append_heading(out, terminal, heading);
	table = table_of(terminal, 3);
	table_align_right(&table, 0);
	for (size_t i = 0; i < json_count(items); i++) {
		struct text path = TEXT_EMPTY;

		append_path(&path, terminal, json_part(json_item(items, i), "path"));
		table_add_number(&table, STYLE_DIM, json_number(json_item(items, i), "id"));
		table_add(&table, STYLE_PLAIN, label_of(json_item(items, i)));
		table_add(&table, STYLE_DIM, path.data);
		text_clear(&path);
	}
	table_render(&table, out);
	table_clear(&table);
}

static void append_affected(
    struct text *out, const struct terminal *terminal, struct json_object *impact)
{
	struct json_object *affected = json_part(impact, "affects");
	size_t listed = json_count(affected), count = (size_t)json_number(impact, "affects_count");
	size_t shown = listed < AFFECTED_SHOWN ? listed : AFFECTED_SHOWN;
	struct table table = table_of(terminal, 3);

	append_heading(out, terminal, count > 0 ? "Affects" : "Nothing depends on it");
	for (size_t i = 0; i < shown; i++) {
		struct json_object *resource = json_item(affected, i);

		table_add_number(&table, STYLE_DIM, json_number(resource, "id"));
		table_add(&table, STYLE_PLAIN, json_text(resource, "label"));
		table_add(&table, STYLE_DIM, json_text(resource, "class"));
	}
	table_align_right(&table, 0);
	if (shown > 0)
		table_render(&table, out);
	table_clear(&table);
	if (shown < count)
		text_printf(out, "%s %zu more\n", ellipsis(terminal), count - shown);
}

void render_impact(struct text *out, const struct terminal *terminal, struct json_object *impact)
{
	append_styled(out, terminal, STYLE_BOLD, json_text(json_part(impact, "resource"), "label"));
	text_append_char(out, '\n');
	append_alert_lines(out, terminal, "Alerts", json_part(impact, "alerts"));
	append_alert_lines(out, terminal, "Suffers from", json_part(impact, "inherited_alerts"));
	append_reached(out, terminal, "Volumes", json_part(impact, "volumes"));
	append_reached(out, terminal, "Servers", json_part(impact, "servers"));
	append_affected(out, terminal, impact);
}

int command_impact(struct cli *cli, char **arguments, int count)
{
	char *path = xasprintf("/v1/resources/%s/impact", arguments[0]);
	struct json_object *answer = client_get(cli->client, path);
	struct text out = TEXT_EMPTY;

	(void)count;
	free(path);
	if (answer == NULL)
		return EXIT_FAILURE;
	if (cli->json)
		return print_json(answer);
	render_impact(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}
