/* SPDX-License-Identifier: MIT */
/*
 * What the files about volumes, homing and servers share. The functions called by other files of
 * the graph are in graph_internal.h.
 */
#ifndef GRAPH_VOLUME_INTERNAL_H
#define GRAPH_VOLUME_INTERNAL_H

#include "graph/graph_internal.h"
#include "graph/volume.h"

/* Bits of graph_class.kinds: what its resources are to volumes. */
enum {
	KIND_DRIVE = 1,
	KIND_SLICE = 2,
	KIND_OCCUPIER = 4,
	KIND_NODE = 8,
	KIND_WEIGHT = 16,
	KIND_MACHINE = 32
};

/*
 * Bits of graph_resource.traits. The first three are never taken back: they say that there is
 * something, or once was, and keep others from looking for it.
 */
enum {
	TRAIT_BELOW_DRIVE = 1,
	TRAIT_BELOW_WEIGHT = 2,
	TRAIT_ABOVE_OCCUPIER = 4, /* with no drive in between */
	TRAIT_QUEUED = 8,         /* in volumes->leaves */
	TRAIT_SPREAD = 16,        /* in volumes->roots */
	TRAIT_MACHINE = 32,       /* in volumes->machines */
	TRAIT_TOLD = 64           /* its association is to be told: scratch */
};

struct id_queue {
	record_id *ids;
	size_t count, capacity;
};

/* A virtual machine without server, and the address that was refused for it, or NULL. */
struct machine {
	record_id id;
	char *refused;
};

struct volumes {
	struct id_queue roots;  /* resources whose ancestors changed, and with them those below */
	struct id_queue leaves; /* device nodes to be looked at */
	TAILQ_HEAD(, graph_volume) queue;
	TAILQ_HEAD(, graph_volume) unhomed; /* their roles are to be given anew */

	struct graph_volume *by_id;
	struct graph_volume_node *nodes_by_id;
	struct graph_volume_node *places;
	TAILQ_HEAD(, graph_volume_node) twins;

	struct graph_server *servers;
	struct graph_server *by_address;
	struct graph_server *by_fqdn;
	struct association *associations; /* to be told */
	size_t association_count, association_capacity;
	struct machine *machines;
	size_t machine_count, machine_capacity;

	TAILQ_HEAD(, graph_server) dirty_servers;
	TAILQ_HEAD(, graph_volume) dirty_volumes;
	TAILQ_HEAD(, graph_volume_node) dirty_nodes;
	struct id_queue removed_servers, removed_volumes, removed_nodes, requests_done;
};

static inline bool is_kind(const struct graph_resource *resource, unsigned kinds)
{
	return (resource->class->kinds & kinds) != 0;
}

void id_queue_add(struct id_queue *queue, record_id id);

/* The value of an attribute of this type, or NULL if there is none. */
const struct value *resource_value(
    const struct graph_resource *resource, const char *attribute, enum value_type type);

/* ---- volume.c ---- */

/* Has a device node looked at when the operation ends. */
void leaf_queue(struct graph *graph, struct graph_resource *resource);

/* ---- volume_leaf.c ---- */

/* Looks at a device node anew: where it leads to, its server and weight. */
void leaf_update(struct graph *graph, struct graph_resource *resource);

/* Ends that a leaf leads to a drive. */
void leaf_drop(struct graph *graph, struct graph_volume_node *node);

/* A leaf that leads to the drive of a volume; takes its place among those of equal path. */
struct graph_volume_node *leaf_new(struct graph *graph, struct graph_volume *volume,
    struct graph_resource *resource, struct graph_server *server, const char *path);

/* ---- volume_update.c ---- */

struct graph_volume *volume_new(struct graph *graph, struct graph_resource *drive);

/* Has a volume looked at when the operation ends. */
void volume_queue(struct graph *graph, struct graph_volume *volume);
void volume_update(struct graph *graph, struct graph_volume *volume);

/* Releases a volume, whose leaves lead nowhere then. */
void volume_drop(struct graph *graph, struct graph_volume *volume);
void volume_touch(struct graph *graph, struct graph_volume *volume);
void volume_node_touch(struct graph *graph, struct graph_volume_node *node);

/* Makes a leaf a node of its volume, or ends that. */
void volume_node_begin(struct graph *graph, struct graph_volume_node *node, record_id id);
void volume_node_end(struct graph *graph, struct graph_volume_node *node);

/* ---- homing.c ---- */

/* Counts the roles of a volume's nodes at their servers, or takes them back. */
void homing_count(struct graph_volume *volume);
void homing_uncount(struct graph_volume *volume);

/* Has the roles given anew when the operation ends, unless they are to be left alone. */
void homing_queue(struct graph *graph, struct graph_volume *volume);
void homing_forget(struct graph *graph, struct graph_volume *volume);
void homing_run(struct graph *graph);

/* Whether each of the servers can take over from the other. */
bool servers_are_peers(const struct graph_server *a, const struct graph_server *b);

/* ---- server.c ---- */

/* The server of this number, with or without record. */
struct graph_server *server_of_number(struct graph *graph, record_id id);

/* The server with this address or full name, or NULL. */
struct graph_server *server_of_address(const struct graph *graph, const char *address);

/* The server that a scannable stands for. */
struct graph_server *server_of_scannable(struct graph *graph, struct graph_resource *scannable);

/* Makes a record of a server that had none. */
struct graph_server *server_record(
    struct graph *graph, record_id id, const char *address, const char *source, const char *state);
void server_set_fqdn(struct graph *graph, struct graph_server *server, const char *fqdn);
void server_set_state(struct graph *graph, struct graph_server *server, const char *state);

/* Replaces the peers of a server, in both directions. */
void server_set_peers(
    struct graph *graph, struct graph_server *server, const record_id *peers, size_t count);

/* Removes the record. A server that has nodes goes on without a name. */
void server_remove(struct graph *graph, struct graph_server *server);

/* Its full name or, in want of that, its address; NULL without record. */
const char *server_name(const struct graph_server *server);

/* A number for a new record. */
record_id server_next_id(struct graph *graph);

/* Releases a server without record that nothing is on. */
void server_tidy(struct graph *graph, struct graph_server *server);

/* Has all virtual machines looked at when the operation ends. */
void machines_queue(struct graph *graph);
void machine_queue(struct graph *graph, struct graph_resource *resource);

/* Associates virtual machines with servers. Returns whether any was. */
bool machines_settle(struct graph *graph);
void servers_free(struct graph *graph);

#endif
