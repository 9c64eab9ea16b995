/* SPDX-License-Identifier: MIT */
/* How much is logged, about a plugin or about all. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"

/* Takes a level back. */
static const char as_configured[] = "default";

static bool is_level(const char *word)
{
	return strcmp(word, as_configured) == 0 || log_level_parse(word) >= 0;
}

/* ---- showing ---- */

static void add_level(struct table *table, const char *name, struct json_object *entry)
{
	bool is_set = json_flag(entry, "is_set");

	table_add(table, STYLE_PLAIN, name);
	table_add(table, is_set ? STYLE_WARNING : STYLE_PLAIN, json_text(entry, "level"));
	table_add(table, STYLE_DIM, is_set ? "until a reload" : "configured");
}

void render_levels(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	struct json_object *plugins = json_part(answer, "plugins");
	struct table table = table_of(terminal, 3);

	table_add(&table, STYLE_BOLD, "PLUGIN");
	table_add(&table, STYLE_BOLD, "LEVEL");
	table_add(&table, STYLE_BOLD, "FROM");
	if (json_value(answer, "level") != NULL)
		add_level(&table, "(runner)", answer);
	for (size_t i = 0; i < json_count(plugins); i++)
		add_level(&table, json_text(json_item(plugins, i), "name"), json_item(plugins, i));
	table_render(&table, out);
	table_clear(&table);
}

/* What the answer says of one plugin alone, in the same form; NULL with a complaint. */
static struct json_object *only(struct json_object *answer, const char *plugin)
{
	struct json_object *plugins = json_part(answer, "plugins");
	struct json_object *one, *list;

	for (size_t i = 0; i < json_count(plugins); i++) {
		if (strcmp(json_text(json_item(plugins, i), "name"), plugin) != 0)
			continue;
		one = json_object_new_object();
		list = json_object_new_array();
		json_object_array_add(list, json_object_get(json_item(plugins, i)));
		json_object_object_add(one, "plugins", list);
		return one;
	}
	fprintf(stderr, "iml-plugin: plugin \"%s\" is not listed under plugins\n", plugin);
	return NULL;
}

static int show(const struct cli *cli, const char *plugin)
{
	struct json_object *answer = client_get(cli->client, "/v1/log-level");
	struct json_object *shown = answer;
	struct text out = TEXT_EMPTY;

	if (answer != NULL && plugin != NULL) {
		shown = only(answer, plugin);
		json_object_put(answer);
	}
	if (shown == NULL || cli->json)
		return conclude_change(cli, shown);
	render_levels(&out, &cli->terminal, shown);
	json_object_put(shown);
	return print(&out);
}

/* ---- setting ---- */

static int set(const struct cli *cli, const char *plugin, const char *level)
{
	struct json_object *body = json_object_new_object();
	bool is_default = strcmp(level, as_configured) == 0;

	if (plugin != NULL)
		json_object_object_add(body, "plugin", json_object_new_string(plugin));
	json_object_object_add(body, "level", is_default ? NULL : json_object_new_string(level));
	return conclude_change(cli, client_send(cli->client, "POST", "/v1/log-level", body));
}

int command_log_level(struct cli *cli, char **arguments, int count)
{
	if (count == 2 && !is_level(arguments[1]))
		return wrong_usage("not debug, info, warning, error or default: ", arguments[1]);
	if (count == 2)
		return set(cli, arguments[0], arguments[1]);
	if (count == 1 && is_level(arguments[0]))
		return set(cli, NULL, arguments[0]);
	return show(cli, count == 1 ? arguments[0] : NULL);
}
