/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/linkhash.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"
#include "model/class.h"

bool append_waiting(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	const char *reason = json_text(answer, "waiting");

	if (reason[0] == '\0')
		return false;
	text_append(out, "Nothing to show yet: ");
	append_clean(out, terminal, reason);
	text_append_char(out, '\n');
	return true;
}

void render_classes(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	struct json_object *classes = json_part(answer, "classes");
	struct table table = table_of(terminal, 4);
	struct json_object *class;

	if (json_count(classes) == 0) {
		if (!append_waiting(out, terminal, answer))
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

/* Adds the name, which says so where it is that of a scannable that is paused. */
static void add_name(struct table *table, struct json_object *resource)
{
	struct text name = TEXT_EMPTY;
	bool is_paused = json_part(resource, "paused") != NULL;

	text_printf(&name, "%s%s", json_text(resource, "label"), is_paused ? " (paused)" : "");
	table_add(table, is_paused ? STYLE_WARNING : STYLE_PLAIN, name.data);
	text_clear(&name);
}

static void add_resource(
    struct table *table, struct json_object *columns, struct json_object *resource)
{
	struct json_object *texts = json_part(resource, "texts");

	table_add_number(table, STYLE_DIM, json_number(resource, "id"));
	add_name(table, resource);
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
		if (!append_waiting(out, terminal, answer))
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

/* ---- which class is meant ---- */

/* How a class may be named, what is most exact first. */
static const struct {
	const char *key; /* of a class in the answer */
	int (*compare)(const char *a, const char *b);
} spellings[] = {
    {"class", strcmp},
    {"name", strcmp},
    {"class", strcasecmp},
    {"name", strcasecmp},
    {"label", strcasecmp},
};

/* The built-in class of this name in any case, or NULL. */
static const char *find_kind(const char *typed)
{
	for (enum builtin kind = BUILTIN_RESOURCE; kind < BUILTIN_END; kind++)
		if (strcasecmp(builtin_name(kind), typed) == 0)
			return builtin_name(kind);
	return NULL;
}

/* The first class that has the name in this spelling, or NULL. */
static struct json_object *find_class(
    struct json_object *classes, size_t spelling, const char *typed)
{
	for (size_t i = 0; i < json_count(classes); i++) {
		struct json_object *class = json_item(classes, i);

		if (spellings[spelling].compare(json_text(class, spellings[spelling].key), typed) ==
		    0)
			return class;
	}
	return NULL;
}

struct json_object *class_named(struct json_object *classes, const char *typed)
{
	struct json_object *class = NULL;

	for (size_t i = 0; class == NULL && i < sizeof(spellings) / sizeof(spellings[0]); i++)
		class = find_class(classes, i, typed);
	return class;
}

void complain_of_class(struct json_object *classes, const char *typed)
{
	struct nearest nearest = nearest_to(typed);

	for (size_t i = 0; i < json_count(classes); i++)
		for (size_t j = 0; j < sizeof(spellings) / sizeof(spellings[0]); j++) {
			const char *name = json_text(json_item(classes, i), spellings[j].key);

			nearest_try(&nearest, name, strlen(name));
		}
	for (enum builtin kind = BUILTIN_RESOURCE; kind < BUILTIN_END; kind++)
		nearest_try(&nearest, builtin_name(kind), strlen(builtin_name(kind)));
	if (nearest.name != NULL)
		fprintf(stderr,
		    "iml-plugin: no class or kind is named \"%s\"; did you mean \"%s\"?\n", typed,
		    nearest.name);
	else
		fprintf(stderr,
		    "iml-plugin: no class or kind is named \"%s\"; see \"iml-plugin list\"\n",
		    typed);
}

char *list_path(struct json_object *classes, const char *typed)
{
	const char *kind = find_kind(typed);
	char *path = xstrdup("/v1/resources");

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		struct json_object *class = find_class(classes, i, typed);
		const char *key = strcmp(spellings[i].key, "name") == 0 ? "name" : "class";

		if (class != NULL)
			return client_add_parameter(path, "class", json_text(class, key));
	}
	if (kind != NULL)
		return client_add_parameter(path, "kind", kind);
	complain_of_class(classes, typed);
	free(path);
	return NULL;
}

/* What the runner answers about the resources of the class, or kind, that is meant. */
static struct json_object *get_resources(struct client *client, const char *typed)
{
	struct json_object *known = client_get(client, "/v1/classes?internal=true");
	struct json_object *answer = NULL;
	char *path;

	if (known == NULL)
		return NULL;
	path = json_text(known, "waiting")[0] != '\0'
	           ? xstrdup("/v1/resources")
	           : list_path(json_part(known, "classes"), typed);
	if (path != NULL)
		answer = client_get_all(client, path, "resources");
	free(path);
	json_object_put(known);
	return answer;
}

int command_list(struct cli *cli, char **arguments, int count)
{
	struct text out = TEXT_EMPTY;
	struct json_object *answer;

	if (count == 0)
		answer =
		    client_get(cli->client, cli->all ? "/v1/classes?internal=true" : "/v1/classes");
	else
		answer = get_resources(cli->client, arguments[0]);
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
