/* SPDX-License-Identifier: MIT */
/*
 * What the manager asks for: each kind of request is a function of the schema, and says in its
 * comment what it means.
 */
#include "graph/volume_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "base/memory.h"

/* ---- arguments ---- */

static record_id number_of(struct json_object *arguments, const char *key)
{
	return json_object_get_int64(json_object_object_get(arguments, key));
}

/* A text, or NULL. */
static const char *text_of(struct json_object *arguments, const char *key)
{
	struct json_object *text = json_object_object_get(arguments, key);

	return json_object_is_type(text, json_type_string) ? json_object_get_string(text) : NULL;
}

static size_t length_of(struct json_object *arguments, const char *key)
{
	struct json_object *list = json_object_object_get(arguments, key);

	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static record_id number_at(struct json_object *arguments, const char *key, size_t place)
{
	return json_object_get_int64(
	    json_object_array_get_idx(json_object_object_get(arguments, key), place));
}

/* The server with a record, or the volume, that a request names; NULL with a reason. */
static struct graph_server *find_server(
    struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	record_id id = number_of(arguments, "server");
	struct graph_server *server = graph_find_server(graph, id);

	if (server != NULL && server->address != NULL)
		return server;
	reason_write(reason, "there is no server %" PRId64, id);
	return NULL;
}

static struct graph_volume *find_volume(
    struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	record_id id = number_of(arguments, "volume");
	struct graph_volume *volume = graph_find_volume(graph, id);

	if (volume == NULL)
		reason_write(reason, "there is no volume %" PRId64, id);
	return volume;
}

/* ---- requests: 0, or -1 with a reason ---- */

static int add_server(struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	record_id id = number_of(arguments, "server");
	const char *address = text_of(arguments, "address");
	const char *fqdn = text_of(arguments, "fqdn");
	struct graph_server *server;

	if (address == NULL || id <= 0) {
		reason_write(reason, "a server needs a number and an address");
		return -1;
	}
	server = server_of_address(graph, address);
	if (server != NULL && server->id == id)
		return 0;
	if (server != NULL || server_of_number(graph, id)->address != NULL) {
		reason_write(
		    reason, "there is a server with address %s, or number %" PRId64, address, id);
		return -1;
	}
	server = server_record(graph, id, address, SERVER_SOURCE_MANAGER, SERVER_STATE_REQUESTED);
	if (fqdn != NULL)
		server_set_fqdn(graph, server, fqdn);
	machines_queue(graph);
	return 0;
}

static int set_server(struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	struct graph_server *server = find_server(graph, arguments, reason);
	const char *state = text_of(arguments, "state");
	const char *fqdn = text_of(arguments, "fqdn");

	if (server == NULL)
		return -1;
	if (state != NULL)
		server_set_state(graph, server, state);
	if (fqdn != NULL)
		server_set_fqdn(graph, server, fqdn);
	return 0;
}

static int remove_server(
    struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	struct graph_server *server = graph_find_server(graph, number_of(arguments, "server"));

	(void)reason;
	if (server != NULL && server->address != NULL)
		server_remove(graph, server);
	return 0;
}

static int set_peers(struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	struct graph_server *server = find_server(graph, arguments, reason);
	size_t count = length_of(arguments, "peers");
	record_id *peers;

	if (server == NULL)
		return -1;
	peers = xcalloc(count, sizeof(*peers));
	for (size_t i = 0; i < count; i++)
		peers[i] = number_at(arguments, "peers", i);
	server_set_peers(graph, server, peers, count);
	free(peers);
	return 0;
}

static int set_in_use(struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	struct graph_volume *volume = find_volume(graph, arguments, reason);

	if (volume == NULL)
		return -1;
	graph_set_in_use(
	    graph, volume, json_object_get_boolean(json_object_object_get(arguments, "in_use")));
	return 0;
}

static int choose_nodes(
    struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	struct graph_volume *volume = find_volume(graph, arguments, reason);
	size_t primaries = length_of(arguments, "primary");
	size_t count = primaries + length_of(arguments, "secondary");
	struct node_choice *choices;
	int result;

	if (volume == NULL)
		return -1;
	choices = xcalloc(count, sizeof(*choices));
	for (size_t i = 0; i < count; i++)
		choices[i] = i < primaries
		                 ? (struct node_choice){number_at(arguments, "primary", i), true}
		                 : (struct node_choice){
		                       number_at(arguments, "secondary", i - primaries), false};
	result = graph_choose_nodes(graph, volume, choices, count, reason);
	free(choices);
	return result;
}

/* The resource that a request names, if people are to see it; NULL with a reason. */
static struct graph_resource *find_resource(
    struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	record_id id = number_of(arguments, "resource");
	struct graph_resource *resource = graph_find(graph, id);

	if (resource != NULL && graph_is_shown(resource))
		return resource;
	reason_write(reason, "there is no resource %" PRId64, id);
	return NULL;
}

static int set_alias(struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	struct graph_resource *resource = find_resource(graph, arguments, reason);

	if (resource == NULL)
		return -1;
	graph_set_alias(graph, resource, text_of(arguments, "alias"));
	return 0;
}

static int dismiss(struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	record_id id = number_of(arguments, "alert");
	bool dismissed = json_object_get_boolean(json_object_object_get(arguments, "dismissed"));

	if (graph_dismiss_alert(graph, id, dismissed))
		return 0;
	reason_write(reason, "there is no active alert %" PRId64, id);
	return -1;
}

static int silence(struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	struct graph_resource *resource = find_resource(graph, arguments, reason);
	const char *who = text_of(arguments, "who"), *why = text_of(arguments, "why");
	struct silence_row row = {
	    .id = number_of(arguments, "silence"), .end = {.us = number_of(arguments, "until")}};
	bool made;

	if (resource == NULL)
		return -1;
	row.who = xstrdup(who != NULL ? who : "");
	row.why = xstrdup(why != NULL ? why : "");
	made = graph_silence(graph, resource, &row, reason) != NULL;
	silence_row_clear(&row);
	return made ? 0 : -1;
}

/* One that has ended meanwhile is no error. */
static int unsilence(struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE])
{
	const char *who = text_of(arguments, "who");

	(void)reason;
	graph_unsilence(graph, number_of(arguments, "silence"), who != NULL ? who : "a user");
	return 0;
}

static const struct {
	const char *kind;
	int (*handle)(struct graph *graph, struct json_object *arguments, char reason[REASON_SIZE]);
} kinds[] = {
    {"add_server", add_server},
    {"set_server", set_server},
    {"remove_server", remove_server},
    {"set_peers", set_peers},
    {"set_in_use", set_in_use},
    {"choose_nodes", choose_nodes},
    {"set_alias", set_alias},
    {"dismiss", dismiss},
    {"silence", silence},
    {"unsilence", unsilence},
};

static int handle(struct graph *graph, const struct request_row *row, char reason[REASON_SIZE])
{
	struct json_object *arguments = json_tokener_parse(row->arguments);
	int result = -1;

	reason_write(reason, "it is unknown");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, row->kind) == 0)
			result = kinds[i].handle(graph, arguments, reason);
	json_object_put(arguments);
	return result;
}

void graph_take_request(struct graph *graph, const struct request_row *row)
{
	char reason[REASON_SIZE];

	graph->time = wallclock_now();
	graph->actor = NULL;
	if (handle(graph, row, reason) != 0)
		graph_warn(graph, NULL, NULL, "request %s of the manager is refused: %s", row->kind,
		    reason);
	id_queue_add(&graph->volumes->requests_done, row->id);
	graph_settle(graph);
}
