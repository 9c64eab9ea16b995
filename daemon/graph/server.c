/* SPDX-License-Identifier: MIT */
/*
 * Servers, and the virtual machines that stand for some. The runner gives records odd numbers, the
 * function of the schema even ones: neither has to ask the other.
 */
#include "graph/volume_internal.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

/* ---- finding ---- */

static char *lower_case(const char *text)
{
	char *lower = xstrdup(text);

	for (char *c = lower; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return lower;
}

const struct graph_server *graph_first_server(const struct graph *graph)
{
	return graph->volumes->servers;
}

struct graph_server *graph_find_server(const struct graph *graph, record_id id)
{
	struct graph_server *server;

	HASH_FIND(by_id, graph->volumes->servers, &id, sizeof(id), server);
	return server;
}

struct graph_server *server_of_address(const struct graph *graph, const char *address)
{
	struct graph_server *server;
	char *key = lower_case(address);

	HASH_FIND(by_address, graph->volumes->by_address, key, strlen(key), server);
	if (server == NULL)
		HASH_FIND(by_fqdn, graph->volumes->by_fqdn, key, strlen(key), server);
	free(key);
	return server;
}

struct graph_server *server_of_number(struct graph *graph, record_id id)
{
	struct graph_server *server = graph_find_server(graph, id);

	if (server != NULL)
		return server;
	server = xcalloc(1, sizeof(*server));
	server->id = id;
	TAILQ_INIT(&server->nodes);
	HASH_ADD(by_id, graph->volumes->servers, id, sizeof(server->id), server);
	return server;
}

const char *server_name(const struct graph_server *server)
{
	return server->fqdn != NULL ? server->fqdn : server->address;
}

/* The next odd number that is not in use, not even by a plugin's mistake. */
record_id server_next_id(struct graph *graph)
{
	record_id *last = &graph->counters.server_id;

	do
		*last += *last % 2 == 0 ? 1 : 2;
	while (graph_find_server(graph, *last) != NULL);
	return *last;
}

/* ---- records ---- */

static void touch(struct graph *graph, struct graph_server *server)
{
	if (server->dirty || !graph->restored)
		return;
	server->dirty = true;
	TAILQ_INSERT_TAIL(&graph->volumes->dirty_servers, server, in_dirty);
}

struct graph_server *server_record(
    struct graph *graph, record_id id, const char *address, const char *source, const char *state)
{
	struct graph_server *server = server_of_number(graph, id);

	assert(id > 0 && server->address == NULL);
	server->address = xstrdup(address);
	server->source = xstrdup(source);
	server->state = xstrdup(state);
	server->recorded = graph->time;
	server->address_key = lower_case(address);
	HASH_ADD_KEYPTR(by_address, graph->volumes->by_address, server->address_key,
	    strlen(server->address_key), server);
	touch(graph, server);
	return server;
}

static void leave_fqdn(struct graph *graph, struct graph_server *server)
{
	if (server->fqdn_key != NULL)
		HASH_DELETE(by_fqdn, graph->volumes->by_fqdn, server);
	free(server->fqdn_key);
	free(server->fqdn);
	server->fqdn = server->fqdn_key = NULL;
}

void server_set_fqdn(struct graph *graph, struct graph_server *server, const char *fqdn)
{
	struct graph_server *other;
	char *key;

	if (server->fqdn != NULL && strcmp(server->fqdn, fqdn) == 0)
		return;
	leave_fqdn(graph, server);
	server->fqdn = xstrdup(fqdn);
	touch(graph, server);
	key = lower_case(fqdn);
	HASH_FIND(by_fqdn, graph->volumes->by_fqdn, key, strlen(key), other);
	if (other != NULL) {
		free(key);
		return;
	}
	server->fqdn_key = key;
	HASH_ADD_KEYPTR(by_fqdn, graph->volumes->by_fqdn, key, strlen(key), server);
}

void server_set_state(struct graph *graph, struct graph_server *server, const char *state)
{
	if (strcmp(server->state, state) == 0)
		return;
	free(server->state);
	server->state = xstrdup(state);
	touch(graph, server);
}

static void forget_record(struct graph *graph, struct graph_server *server)
{
	if (server->address == NULL)
		return;
	HASH_DELETE(by_address, graph->volumes->by_address, server);
	leave_fqdn(graph, server);
	free(server->address_key);
	free(server->address);
	free(server->state);
	free(server->source);
	server->address = server->address_key = server->state = server->source = NULL;
}

static void free_server(struct graph *graph, struct graph_server *server)
{
	forget_record(graph, server);
	assert(graph->volumes->servers != NULL);
	HASH_DELETE(by_id, graph->volumes->servers, server);
	free(server->peers);
	free(server);
}

void server_tidy(struct graph *graph, struct graph_server *server)
{
	if (server->address == NULL && TAILQ_EMPTY(&server->nodes))
		free_server(graph, server);
}

void server_remove(struct graph *graph, struct graph_server *server)
{
	assert(server->address != NULL);
	server_set_peers(graph, server, NULL, 0);
	if (server->dirty)
		TAILQ_REMOVE(&graph->volumes->dirty_servers, server, in_dirty);
	server->dirty = server->peers_dirty = false;
	id_queue_add(&graph->volumes->removed_servers, server->id);
	forget_record(graph, server);
	server_tidy(graph, server);
}

void servers_free(struct graph *graph)
{
	struct graph_server *server, *next;

	HASH_ITER (by_id, graph->volumes->servers, server, next)
		free_server(graph, server);
	for (size_t i = 0; i < graph->volumes->machine_count; i++)
		free(graph->volumes->machines[i].refused);
	free(graph->volumes->machines);
	free(graph->volumes->associations);
}

/* ---- peers ---- */

static void touch_peers(struct graph *graph, struct graph_server *server)
{
	server->peers_dirty = graph->restored;
	touch(graph, server);
}

static void drop_peer(struct graph *graph, struct graph_server *server, record_id peer)
{
	for (size_t i = server->peer_count; i-- > 0;) {
		if (server->peers[i] != peer)
			continue;
		server->peers[i] = server->peers[--server->peer_count];
		touch_peers(graph, server);
	}
}

static void add_peer(struct graph *graph, struct graph_server *server, record_id peer)
{
	server->peers =
	    xreallocarray(server->peers, server->peer_count + 1, sizeof(*server->peers));
	server->peers[server->peer_count++] = peer;
	touch_peers(graph, server);
}

static bool is_among(const record_id *ids, size_t count, record_id id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

void server_set_peers(
    struct graph *graph, struct graph_server *server, const record_id *peers, size_t count)
{
	struct graph_volume_node *node;

	for (size_t i = server->peer_count; i-- > 0;) {
		struct graph_server *other = graph_find_server(graph, server->peers[i]);

		if (is_among(peers, count, server->peers[i]))
			continue;
		if (other != NULL)
			drop_peer(graph, other, server->id);
		drop_peer(graph, server, server->peers[i]);
	}
	for (size_t i = 0; i < count; i++) {
		struct graph_server *other = graph_find_server(graph, peers[i]);

		if (other == NULL || other == server || other->address == NULL)
			continue;
		if (!is_among(server->peers, server->peer_count, peers[i]))
			add_peer(graph, server, peers[i]);
		if (!is_among(other->peers, other->peer_count, server->id))
			add_peer(graph, other, server->id);
	}
	/* A volume is concerned if it has nodes on both ends of a link. */
	TAILQ_FOREACH (node, &server->nodes, in_server)
		if (node->id != 0)
			homing_queue(graph, node->volume);
}

/* ---- restoring ---- */

void graph_restore_server(struct graph *graph, const struct server_row *row)
{
	struct graph_server *server;

	assert(!graph->restored);
	if (graph->counters.server_id < row->id && row->id % 2 == 1)
		graph->counters.server_id = row->id;
	if (server_of_number(graph, row->id)->address != NULL ||
	    server_of_address(graph, row->address) != NULL) {
		graph_warn(
		    graph, NULL, NULL, "server \"%s\" is stored twice: left out", row->address);
		return;
	}
	server = server_record(graph, row->id, row->address, row->source, row->state);
	server->recorded = row->recorded;
	if (row->fqdn != NULL)
		server_set_fqdn(graph, server, row->fqdn);
}

void graph_restore_peer(struct graph *graph, const struct server_peer_row *row)
{
	struct graph_server *server = graph_find_server(graph, row->server_id);

	assert(!graph->restored);
	if (server != NULL && !is_among(server->peers, server->peer_count, row->peer_id))
		add_peer(graph, server, row->peer_id);
}

/* ---- scannables ---- */

static bool is_hostname(const char *text)
{
	const struct attribute attribute = {.type = ATTRIBUTE_HOSTNAME, .name = (char[]){""}};
	struct value value = value_text(text);
	char reason[REASON_SIZE];
	bool is = attribute_validate(&attribute, &value, reason);

	value_clear(&value);
	return is;
}

struct graph_server *server_of_scannable(struct graph *graph, struct graph_resource *scannable)
{
	struct graph_server *server = server_of_address(graph, scannable->label);

	if (server != NULL)
		return server;
	if (!is_hostname(scannable->label))
		return server_of_number(graph, 0);
	return server_record(
	    graph, server_next_id(graph), scannable->label, SERVER_SOURCE_SCAN, SERVER_STATE_FOUND);
}

/* ---- virtual machines ---- */

void machine_queue(struct graph *graph, struct graph_resource *resource)
{
	struct volumes *volumes = graph->volumes;

	if (resource->traits & TRAIT_MACHINE)
		return;
	resource->traits |= TRAIT_MACHINE;
	volumes->machines = xgrow(volumes->machines, volumes->machine_count,
	    &volumes->machine_capacity, sizeof(*volumes->machines));
	volumes->machines[volumes->machine_count++] = (struct machine){resource->id, NULL};
}

void machines_queue(struct graph *graph)
{
	struct graph_class *class;
	struct graph_resource *resource;

	for (class = graph->classes_by_id; class != NULL; class = class->by_id.next) {
		if (!(class->kinds & KIND_MACHINE))
			continue;
		TAILQ_FOREACH (resource, &class->resources, in_class)
			machine_queue(graph, resource);
	}
}

/* Why no server can have this address, or NULL. */
static const char *judge_address(const char *address)
{
	static const char *const own[] = {
	    "localhost", "localhost.localdomain", "::1", "::", "0.0.0.0"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcasecmp(address, own[i]) == 0)
			return "it is not that of another machine";
	return strncmp(address, "127.", 4) == 0 ? "it is not that of another machine" : NULL;
}

/* The server of a virtual machine, requested if there is none; NULL if it can't have one. */
static struct graph_server *server_of_machine(
    struct graph *graph, const struct graph_resource *resource, const char *address, char **refused)
{
	struct graph_server *server = server_of_address(graph, address);
	const char *wrong = judge_address(address);

	if (server != NULL)
		return server;
	if (wrong == NULL)
		return server_record(graph, server_next_id(graph), address, SERVER_SOURCE_MACHINE,
		    SERVER_STATE_REQUESTED);
	if (*refused == NULL || strcmp(*refused, address) != 0) {
		free(*refused);
		*refused = xstrdup(address);
		graph_warn(graph, resource->class->plugin,
		    graph->actor != NULL ? graph_name(graph->actor) : NULL,
		    "no server is made for \"%s\" with address %s: %s; tried again with each scan",
		    graph_name(resource), address, wrong);
	}
	return NULL;
}

/* The index of the attribute for the number of the server, or CLASS_NOT_FOUND. */
static size_t find_number(const struct class *class)
{
	size_t index = class_find_attribute(class, "host_id");

	if (index == CLASS_NOT_FOUND || class->attributes[index].type != ATTRIBUTE_INTEGER)
		return CLASS_NOT_FOUND;
	return index;
}

/* Returns whether there is nothing left to do for a machine. */
static bool associate(struct graph *graph, size_t place, bool *changed)
{
	struct machine *machine = &graph->volumes->machines[place];
	struct graph_resource *resource = graph_find(graph, machine->id);
	const struct value *address;
	struct graph_server *server;
	struct value number;
	size_t index;

	if (resource == NULL || resource->values == NULL || !is_kind(resource, KIND_MACHINE))
		return true;
	address = resource_value(resource, "address", VALUE_TEXT);
	index = find_number(resource->class->class);
	if (address == NULL || index == CLASS_NOT_FOUND)
		return true;
	server = resource->values[index].type == VALUE_NULL
	             ? server_of_machine(graph, resource, address->text, &machine->refused)
	             : server_of_address(graph, address->text);
	/* One that was associated once is not made again: someone has removed it. */
	if (server == NULL)
		return resource->values[index].type != VALUE_NULL;
	number = value_integer(server->id);
	if (!value_equal(&resource->values[index], &number)) {
		*changed = true;
		resource->traits |= TRAIT_TOLD;
	}
	resource_set(graph, resource, index, &number);
	return true;
}

/* Notes what a session calls the machines whose numbers are to be told. */
static void tell(struct graph *graph, const struct graph_session *session)
{
	struct volumes *volumes = graph->volumes;

	for (uint32_t i = 0; i < session->slot_count; i++) {
		const struct graph_resource *resource =
		    session->slots[i].id > 0 ? graph_find(graph, session->slots[i].id) : NULL;
		const struct value *number =
		    resource != NULL && resource->traits & TRAIT_TOLD
		        ? resource_value(resource, "host_id", VALUE_INTEGER)
		        : NULL;

		if (number == NULL)
			continue;
		volumes->associations = xgrow(volumes->associations, volumes->association_count,
		    &volumes->association_capacity, sizeof(*volumes->associations));
		volumes->associations[volumes->association_count++] =
		    (struct association){session->number, i, number->integer};
	}
}

static void tell_all(struct graph *graph, const struct id_queue *machines)
{
	struct graph_session *session, *next;

	HASH_ITER (by_number, graph->sessions, session, next)
		tell(graph, session);
	for (size_t i = 0; i < machines->count; i++) {
		struct graph_resource *resource = graph_find(graph, machines->ids[i]);

		resource->traits &= (uint8_t)~TRAIT_TOLD;
	}
}

bool graph_next_association(struct graph *graph, struct association *association)
{
	struct volumes *volumes = graph->volumes;

	if (volumes->association_count == 0)
		return false;
	*association = volumes->associations[--volumes->association_count];
	return true;
}

static void dequeue(struct graph *graph, size_t place)
{
	struct volumes *volumes = graph->volumes;
	struct graph_resource *resource = graph_find(graph, volumes->machines[place].id);

	if (resource != NULL)
		resource->traits &= (uint8_t)~TRAIT_MACHINE;
	free(volumes->machines[place].refused);
	volumes->machines[place] = volumes->machines[--volumes->machine_count];
}

bool machines_settle(struct graph *graph)
{
	struct id_queue told = {NULL, 0, 0};
	bool changed = false;

	for (size_t i = graph->volumes->machine_count; i-- > 0;) {
		const struct graph_resource *resource =
		    graph_find(graph, graph->volumes->machines[i].id);

		if (!associate(graph, i, &changed))
			continue;
		dequeue(graph, i);
		if (resource != NULL && resource->traits & TRAIT_TOLD)
			id_queue_add(&told, resource->id);
	}
	if (told.count > 0)
		tell_all(graph, &told);
	free(told.ids);
	return changed;
}
