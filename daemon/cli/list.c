/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "base/memory.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"

void render_classes(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	struct json_object *classes = json_part(answer, "classes");
	struct table table = table_of(terminal, 4);
	struct json_object *class;

	if (json_count(classes) == 0) {
		text_append(out, "No classes: no plugin is loaded.\n");
		table_clear(&table);
		return;
	}
	table_add(&table, STYLE_BOLD, "CLASS");
	table_add(&table, STYLE_BOLD, "LABEL");
	table_add(&table, STYLE_BOLD, "KIND");
	table_add(&table, STYLE_BOLD, "RESOURCES");
	table_align_right(&table, 3);
	for (size_t i = 0; i < json_count(classes); i++) {
		class = json_item(classes, i);
		table_add(&table, STYLE_PLAIN, json_text(class, "class"));
		table_add(&table, STYLE_PLAIN, json_text(class, "label"));
		table_add(&table, STYLE_PLAIN, json_text(class, "kind"));
		table_add_number(&table, STYLE_PLAIN, json_number(class, "resources"));
	}
	table_render(&table, out);
	table_clear(&table);
}

/* Whether the values of a column are numbers, which are easier to compare at the right. */
static bool is_numeric(struct json_object *column)
{
	const char *type = json_text(column, "type");

	return strcmp(type, "Bytes") == 0 || strcmp(type, "Integer") == 0;
}

/* The first row of a class's table: ID, NAME, its attributes, ALERTS. */
static struct table begin_table(const struct terminal *terminal, struct json_object *columns)
{
	size_t count = json_count(columns);
	struct table table = table_of(terminal, count + 3);

	table_add(&table, STYLE_BOLD, "ID");
	table_add(&table, STYLE_BOLD, "NAME");
	for (size_t i = 0; i < count; i++) {
		table_add(&table, STYLE_BOLD, json_text(json_item(columns, i), "label"));
		if (is_numeric(json_item(columns, i)))
			table_align_right(&table, i + 2);
	}
	table_add(&table, STYLE_BOLD, "ALERTS");
	table_align_right(&table, 0);
	return table;
}

/* Adds the messages of all alerts as one cell. */
static void add_alerts(struct table *table, struct json_object *alerts)
{
	struct text messages = TEXT_EMPTY;
	enum style style = STYLE_PLAIN, next;

	text_append(&messages, "");
	for (size_t i = 0; i < json_count(alerts); i++) {
		next = style_of_severity(json_text(json_item(alerts, i), "severity"));
		style = style == STYLE_PLAIN || next < style ? next : style;
		text_append(&messages, i > 0 ? ", " : "");
		append_message_only(
		    &messages, table->terminal, json_text(json_item(alerts, i), "message"));
	}
	table_add(table, style, messages.data);
	text_clear(&messages);
}

static void add_resource(
    struct table *table, struct json_object *columns, struct json_object *resource)
{
	struct json_object *texts = json_part(resource, "texts");

	table_add_number(table, STYLE_DIM, json_number(resource, "id"));
	table_add(table, STYLE_PLAIN, json_text(resource, "label"));
	for (size_t i = 0; i < json_count(columns); i++)
		table_add(
		    table, STYLE_PLAIN, json_text(texts, json_text(json_item(columns, i), "name")));
	add_alerts(table, json_part(resource, "alerts"));
}

/* Renders the resources of one class. */
static void render_class(struct text *out, const struct terminal *terminal, const char *name,
    struct json_object *class, struct json_object *resources)
{
	struct json_object *columns = json_part(class, "columns");
	struct table table = begin_table(terminal, columns);

	for (size_t i = 0; i < json_count(resources); i++) {
		if (strcmp(json_text(json_item(resources, i), "class"), name) == 0)
			add_resource(&table, columns, json_item(resources, i));
	}
	table_render(&table, out);
	table_clear(&table);
}

void render_list(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	struct json_object *classes = json_part(answer, "classes");
	struct json_object *resources = json_part(answer, "resources");
	bool several = classes != NULL && json_object_object_length(classes) > 1;
	size_t begin = out->length;

	if (json_count(resources) == 0) {
		text_append(out, "No resources.\n");
		return;
	}
	json_object_object_foreach(classes, name, class)
	{
		if (out->length > begin)
			text_append_char(out, '\n');
		if (several) {
			append_styled(out, terminal, STYLE_BOLD, name);
			text_append_char(out, '\n');
		}
		render_class(out, terminal, name, class, resources);
	}
}

int command_list(struct cli *cli, char **arguments, int count)
{
	struct text out = TEXT_EMPTY;
	struct json_object *answer;
	char *path;

	if (count == 0) {
		answer = client_get(cli->client, "/v1/classes?internal=true");
	} else {
		path = client_add_parameter(xstrdup("/v1/resources"), "class", arguments[0]);
		answer = client_get_all(cli->client, path, "resources");
		free(path);
	}
	if (answer == NULL)
		return EXIT_FAILURE;
	if (cli->json)
		return print_json(answer);
	if (count == 0)
		render_classes(&out, &cli->terminal, answer);
	else
		render_list(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}
