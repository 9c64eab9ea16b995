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

/* A server of which there is a record, as the view storage.servers has it; its peers in no order.
 */
static struct json_object *describe_server_fully(const struct graph_server *server)
{
	struct json_object *object = describe_server(server);
	struct json_object *peers = json_object_new_array();
	char time[CLOCK_TEXT_SIZE];

	add(object, "address", json_object_new_string(server->address));
	add(object, "fqdn", text_or_null(server->fqdn));
	add(object, "state", json_object_new_string(server->state));
	add(object, "source", json_object_new_string(server->source));
	add(object, "recorded", json_object_new_string(wallclock_format(server->recorded, time)));
	for (size_t i = 0; i < server->peer_count; i++)
		json_object_array_add(peers, json_object_new_int64(server->peers[i]));
	add(object, "peers", peers);
	return object;
}

void handle_servers(struct exchange *exchange)
{
	struct json_object *answer = json_object_new_object();
	struct json_object *servers = json_object_new_array();
	const struct graph_server *server = graph_first_server(exchange->control->graph);

	for (; server != NULL; server = server->by_id.next)
		if (server->address != NULL)
			json_object_array_add(servers, describe_server_fully(server));
	add(answer, "servers", servers);
	exchange_answer(exchange, answer);
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

/* Whether and how a volume can be used; the view storage.volumes says the same. */
static const char *volume_status(const struct graph_volume *volume)
{
	const struct graph_volume_node *node;
	size_t count = 0, primaries = 0, used = 0;

	TAILQ_FOREACH (node, &volume->nodes, in_volume) {
		if (node->id == 0 || !resource_is_visible(node->resource))
			continue;
		count++;
		primaries += node->primary;
		used += node->used;
	}
	if (primaries > 0 && used > 1)
		return "configured-ha";
	return count == 1 || primaries > 0 ? "configured-noha" : "unconfigured";
}

static struct json_object *describe_volume(const struct graph_volume *volume)
{
	struct json_object *object = json_object_new_object();
	struct json_object *nodes = json_object_new_array();
	const struct graph_volume_node *node;

	add(object, "id", json_object_new_int64(volume->id));
	add(object, "label", json_object_new_string(volume->label));
	add(object, "drive", describe_reference(volume->drive));
	add(object, "kind", json_object_new_string(volume->drive->class->label));
	add(object, "status", json_object_new_string(volume_status(volume)));
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
