/* SPDX-License-Identifier: MIT */
/*
 * Volumes, their nodes, and the servers they are on: what the graph makes of logical drives and
 * device nodes.
 *
 * A device node without children (a leaf) leads to the nearest logical drive among its ancestors;
 * of several at the same distance, to the one with the lowest id. A drive that at least one leaf
 * leads to, and that nothing occupies, has a volume. The leaves of one server that lead to it are
 * the nodes of the volume: all of them, or the one below /dev/mapper/ if there is exactly one.
 *
 * A device node is on the server whose number is its host_id. There need not be a record of that
 * server: it is then a server without a name. With host_id 0 the node is on the server that its
 * scannable stands for: the one whose address, or full name, is the scannable's label. The graph
 * makes a record of it if there is none; if the label is not a host name, the server is unknown.
 *
 * Changes are noted as they happen, and worked out at the end of each operation of the graph: a
 * change costs what lies between it and the volumes that it concerns.
 */
#ifndef GRAPH_VOLUME_H
#define GRAPH_VOLUME_H

#include "graph/graph.h"

struct graph_volume_node;

struct graph_server {
	record_id id;  /* 0: the unknown one */
	char *address; /* NULL: there is no record of it */
	char *fqdn;    /* or NULL */
	char *state;
	char *source;
	struct wallclock recorded;
	record_id *peers; /* in no order */
	size_t peer_count;
	TAILQ_HEAD(, graph_volume_node) nodes; /* leaves on it that lead to a drive */
	size_t primaries;                      /* primary nodes of volumes with several nodes */
	size_t used;                           /* primary and secondary nodes */
	bool dirty, peers_dirty;
	TAILQ_ENTRY(graph_server) in_dirty;
	UT_hash_handle by_id;
	UT_hash_handle by_address; /* key: address in lower case */
	UT_hash_handle by_fqdn;
	char *address_key, *fqdn_key;
};

/* A leaf that leads to a drive. It is a node of the volume if it has an id. */
struct graph_volume_node {
	record_id id;
	struct graph_volume *volume;
	struct graph_resource *resource;
	struct graph_server *server;
	char *path;
	bool twin; /* another one has the same server and path */
	bool primary;
	bool used; /* primary or secondary */
	bool weighted;
	int64_t weight; /* sum of the path weights among its ancestors */
	bool dirty;
	bool kept; /* scratch */
	TAILQ_ENTRY(graph_volume_node) in_volume;
	TAILQ_ENTRY(graph_volume_node) in_server;
	TAILQ_ENTRY(graph_volume_node) in_twins;
	TAILQ_ENTRY(graph_volume_node) in_dirty;
	UT_hash_handle by_id;
	UT_hash_handle by_place; /* key: server and path */
	char *place;
};

/* A drive that a leaf leads to. It is a volume if it has an id. */
struct graph_volume {
	record_id id;
	struct graph_resource *drive;
	char *label;
	int64_t size; /* in bytes; negative: unknown */
	char *filesystem_type;
	bool unusable;     /* for Lustre */
	bool in_use;       /* as the manager says: its nodes keep their roles */
	bool chosen;       /* the roles are a user's choice */
	size_t node_count; /* of nodes with ids */
	TAILQ_HEAD(graph_volume_nodes, graph_volume_node) nodes; /* those without ids too */
	bool counted; /* its roles are counted by the servers */
	bool dirty, queued, unhomed;
	TAILQ_ENTRY(graph_volume) in_dirty;
	TAILQ_ENTRY(graph_volume) in_queue;
	TAILQ_ENTRY(graph_volume) in_unhomed;
	UT_hash_handle by_id;
};

/* What the database holds: servers, then their peers, volumes, nodes. After the resources. */
void graph_restore_server(struct graph *graph, const struct server_row *row);
void graph_restore_peer(struct graph *graph, const struct server_peer_row *row);
void graph_restore_volume(struct graph *graph, const struct volume_row *row);
void graph_restore_volume_node(struct graph *graph, const struct volume_node_row *row);

const struct graph_server *graph_first_server(const struct graph *graph); /* then by_id.next */
struct graph_server *graph_find_server(const struct graph *graph, record_id id);
struct graph_volume *graph_find_volume(const struct graph *graph, record_id id);
const struct graph_volume *graph_first_volume(const struct graph *graph); /* then by_id.next */

/* What a user wants a node of a volume to be; nodes that are not named are to be unused. */
struct node_choice {
	record_id node;
	bool primary; /* else secondary */
};

/*
 * Makes a user's choice for a volume, which is kept until one of the chosen nodes is gone. Without
 * any node the choice is left to the graph again. Returns 0, or -1 with a reason that names the
 * volume: it is in use, a node is not one of its nodes or named twice, there is not exactly one
 * primary node, or the servers are not all peers of each other.
 */
int graph_choose_nodes(struct graph *graph, struct graph_volume *volume,
    const struct node_choice *choices, size_t count, char reason[REASON_SIZE]);

/* Notes whether Lustre uses the volume. */
void graph_set_in_use(struct graph *graph, struct graph_volume *volume, bool in_use);

/*
 * A virtual machine that a session reports, by its number there, is associated with a server.
 * Returns false when there is none to tell of any more; each is told once.
 */
struct association {
	uint32_t session;
	uint32_t resource;
	record_id server;
};
bool graph_next_association(struct graph *graph, struct association *association);

/*
 * Does what the manager asked for, which is part of the next changes. What can't be done is
 * reported by warn(). A request that is handed over twice does no harm.
 */
void graph_take_request(struct graph *graph, const struct request_row *row);

#endif
