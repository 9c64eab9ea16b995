/* SPDX-License-Identifier: MIT */
/* Volumes and their nodes, and whose choice it is which of them are used. */
#include "control/internal.h"

#include <stdlib.h>

#include "base/memory.h"
#include "graph/volume.h"

static void add(struct json_object *object, const char *name, struct json_object *value)
{
	json_object_object_add(object, name, value);
}

static struct json_object *text_or_null(const char *text)
{
	return text != NULL ? json_object_new_string(text) : NULL;
}

/* {"id", "label"} of a server, whose label is null if nothing is known but its number. */
static struct json_object *describe_server(const struct graph_server *server)
{
	struct json_object *object = json_object_new_object();

	add(object, "id", json_object_new_int64(server->id));
	add(object, "label", text_or_null(server->fqdn != NULL ? server->fqdn : server->address));
	return object;
}

static struct json_object *describe_node(const struct graph_volume_node *node)
{
	struct json_object *object = json_object_new_object();

	add(object, "id", json_object_new_int64(node->id));
	add(object, "resource", describe_reference(node->resource));
	add(object, "server", node->server->id != 0 ? describe_server(node->server) : NULL);
	add(object, "path", json_object_new_string(node->path));
	add(object, "role",
	    json_object_new_string(node->primary ? "primary"
	                           : node->used  ? "secondary"
	                                         : "unused"));
	return object;
}

static struct json_object *describe_volume(const struct graph_volume *volume)
{
	struct json_object *object = json_object_new_object();
	struct json_object *nodes = json_object_new_array();
	const struct graph_volume_node *node;

	add(object, "id", json_object_new_int64(volume->id));
	add(object, "label", json_object_new_string(volume->label));
	add(object, "drive", describe_reference(volume->drive));
	add(object, "size", volume->size >= 0 ? json_object_new_int64(volume->size) : NULL);
	add(object, "in_use", json_object_new_boolean(volume->in_use));
	add(object, "chosen", json_object_new_boolean(volume->chosen));
	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		if (node->id != 0 && resource_is_visible(node->resource))
			json_object_array_add(nodes, describe_node(node));
	add(object, "nodes", nodes);
	return object;
}

void handle_volumes(struct exchange *exchange)
{
	const struct query *query = &exchange->query;
	struct json_object *answer = json_object_new_object();
	struct json_object *volumes = json_object_new_array();
	const struct graph_volume *volume;
	record_id last = 0;
	int64_t count = 0;

	for (volume = graph_first_volume(exchange->control->graph); volume != NULL;
	     volume = volume->by_id.next) {
		if (volume->id <= query->after || !resource_is_visible(volume->drive))
			continue;
		if (count++ == query->limit)
			break;
		last = volume->id;
		json_object_array_add(volumes, describe_volume(volume));
	}
	add(answer, "volumes", volumes);
	add(answer, "next", volume != NULL ? json_object_new_int64(last) : NULL);
	exchange_answer(exchange, answer);
}

void handle_nodes(struct exchange *exchange)
{
	struct json_object *array = json_object_object_get(exchange->body, "secondary");
	struct json_object *primary = json_object_object_get(exchange->body, "primary");
	size_t count = array != NULL ? json_object_array_length(array) : 0;
	record_id *secondary = xcalloc(count + 1, sizeof(*secondary));

	for (size_t i = 0; i < count; i++)
		secondary[i] = json_object_get_int64(json_object_array_get_idx(array, i));
	exchange_instruct(exchange, (struct instruction){.kind = INSTRUCTION_NODES,
	                                .primary = json_object_get_int64(primary),
	                                .secondary = secondary,
	                                .secondary_count = count});
	free(secondary);
}
