/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"

/* "node1.example.com", or the number of a server without a name. */
static void add_server(struct table *table, struct json_object *server)
{
	const char *label = json_text(server, "label");

	table_add(table, STYLE_PLAIN, label[0] != '\0' ? label : json_text(server, "id"));
}

/* Adds a node, or that there is none (NULL), after what was said of its volume. */
static void add_node(struct table *table, struct json_object *node)
{
	const char *role = json_text(node, "role");

	table_add(table, STYLE_DIM, json_text(node, "id"));
	add_server(table, json_part(node, "server"));
	table_add(table, STYLE_PLAIN, json_text(node, "path"));
	table_add(table, strcmp(role, "unused") == 0 ? STYLE_DIM : STYLE_PLAIN,
	    node != NULL ? role : "no nodes");
}

/* Adds a line for each node, or one; the first has the volume before it. */
static void add_volume(struct table *table, struct json_object *volume)
{
	struct json_object *nodes = json_part(volume, "nodes");
	size_t lines = json_count(nodes) > 0 ? json_count(nodes) : 1;

	for (size_t i = 0; i < lines; i++) {
		table_add(table, STYLE_DIM, i == 0 ? json_text(volume, "id") : "");
		table_add(table, STYLE_PLAIN, i == 0 ? json_text(volume, "label") : "");
		add_node(table, i < json_count(nodes) ? json_item(nodes, i) : NULL);
		table_add(table, STYLE_DIM,
		    i > 0                         ? ""
		    : json_flag(volume, "in_use") ? "in use"
		    : json_flag(volume, "chosen") ? "chosen"
		                                  : "");
	}
}

void render_volumes(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	static const char *const heads[] = {"ID", "VOLUME", "NODE", "SERVER", "PATH", "ROLE", ""};
	struct json_object *volumes = json_part(answer, "volumes");
	struct table table;

	if (json_count(volumes) == 0) {
		text_append(out, "No volumes: no logical drive has device nodes on a server.\n");
		return;
	}
	table = table_of(terminal, sizeof(heads) / sizeof(heads[0]));
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		table_add(&table, STYLE_BOLD, heads[i]);
	table_align_right(&table, 0);
	table_align_right(&table, 2);
	for (size_t i = 0; i < json_count(volumes); i++)
		add_volume(&table, json_item(volumes, i));
	table_render(&table, out);
	table_clear(&table);
}

int command_volumes(struct cli *cli, char **arguments, int count)
{
	struct json_object *answer = client_get_all(cli->client, "/v1/volumes", "volumes");
	struct text out = TEXT_EMPTY;

	(void)arguments;
	(void)count;
	if (answer == NULL)
		return EXIT_FAILURE;
	if (cli->json)
		return print_json(answer);
	render_volumes(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}

int command_choose(struct cli *cli, char **arguments, int count)
{
	struct json_object *body, *secondary, *answer;
	char *path;

	if (cli->clear != (count == 1))
		return wrong_usage("either nodes or --clear goes with choose", "");
	for (int i = 0; i < count; i++)
		if (!is_id(arguments[i]))
			return wrong_usage("not a number, see \"volumes\": ", arguments[i]);
	body = json_object_new_object();
	secondary = json_object_new_array();
	for (int i = 2; i < count; i++)
		json_object_array_add(
		    secondary, json_object_new_int64(strtoll(arguments[i], NULL, 10)));
	json_object_object_add(body, "primary",
	    cli->clear ? NULL : json_object_new_int64(strtoll(arguments[1], NULL, 10)));
	json_object_object_add(body, "secondary", secondary);
	path = xasprintf("/v1/volumes/%s/nodes", arguments[0]);
	answer = client_send(cli->client, "PUT", path, body);
	free(path);
	return conclude_change(cli, answer);
}
