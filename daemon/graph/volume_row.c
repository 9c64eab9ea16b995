/* SPDX-License-Identifier: MIT */
/*
 * Servers, volumes and nodes as the database has them.
 */
#include "graph/volume_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const struct graph_volume *graph_first_volume(const struct graph *graph)
{
	return graph->volumes->by_id;
}

struct graph_volume *graph_find_volume(const struct graph *graph, record_id id)
{
	struct graph_volume *volume;

	HASH_FIND(by_id, graph->volumes->by_id, &id, sizeof(id), volume);
	return volume;
}

/* ---- restoring ---- */

static void reach(record_id *counter, record_id id)
{
	if (*counter < id)
		*counter = id;
}

void graph_restore_volume(struct graph *graph, const struct volume_row *row)
{
	struct graph_resource *drive = graph_find(graph, row->drive_id);
	struct graph_volume *volume;

	assert(!graph->restored);
	reach(&graph->counters.volume_id, row->id);
	if (drive == NULL || drive->volume != NULL) {
		graph_warn(
		    graph, NULL, NULL, "stored volume \"%s\" has no drive: left out", row->label);
		id_queue_add(&graph->volumes->removed_volumes, row->id);
		return;
	}
	volume = volume_new(graph, drive);
	volume->id = row->id;
	volume->label = xstrdup(row->label);
	volume->size = row->size;
	volume->filesystem_type = xstrdup(row->filesystem_type);
	volume->unusable = row->unusable;
	volume->in_use = row->in_use;
	volume->chosen = row->chosen;
	HASH_ADD(by_id, graph->volumes->by_id, id, sizeof(volume->id), volume);
}

void graph_restore_volume_node(struct graph *graph, const struct volume_node_row *row)
{
	struct graph_resource *resource = graph_find(graph, row->resource_id);
	struct graph_volume *volume = graph_find_volume(graph, row->volume_id);
	struct graph_volume_node *node;

	assert(!graph->restored);
	reach(&graph->counters.volume_node_id, row->id);
	if (resource == NULL || volume == NULL || resource->volume_node != NULL) {
		graph_warn(graph, NULL, NULL, "stored volume node %s has no device node: left out",
		    row->path);
		id_queue_add(&graph->volumes->removed_nodes, row->id);
		return;
	}
	node =
	    leaf_new(graph, volume, resource, server_of_number(graph, row->server_id), row->path);
	volume_node_begin(graph, node, row->id);
	node->primary = row->primary;
	node->used = row->used;
	node->weighted = row->weighted;
	node->weight = row->weight;
}

void volumes_restored(struct graph *graph)
{
	struct graph_volume *volume;

	for (volume = graph->volumes->by_id; volume != NULL; volume = volume->by_id.next)
		homing_count(volume);
}

/* ---- taking ---- */

static void take_ids(record_id **ids, size_t *count, struct id_queue *queue)
{
	*ids = queue->ids;
	*count = queue->count;
	*queue = (struct id_queue){NULL, 0, 0};
}

static void take_peers(struct changes *changes, size_t *capacity, const struct graph_server *server)
{
	for (size_t i = 0; i < server->peer_count; i++) {
		changes->peers =
		    xgrow(changes->peers, changes->peer_count, capacity, sizeof(*changes->peers));
		changes->peers[changes->peer_count++] =
		    (struct server_peer_row){server->id, server->peers[i]};
	}
}

static struct server_row server_row_of(const struct graph_server *server)
{
	return (struct server_row){.id = server->id,
	    .address = xstrdup(server->address),
	    .fqdn = xstrdup(server->fqdn),
	    .state = xstrdup(server->state),
	    .source = xstrdup(server->source),
	    .recorded = server->recorded};
}

static void take_servers(struct volumes *volumes, struct changes *changes)
{
	size_t capacity = 0, replaced_capacity = 0, peer_capacity = 0;
	struct graph_server *server;

	while ((server = TAILQ_FIRST(&volumes->dirty_servers)) != NULL) {
		TAILQ_REMOVE(&volumes->dirty_servers, server, in_dirty);
		server->dirty = false;
		changes->servers = xgrow(
		    changes->servers, changes->server_count, &capacity, sizeof(*changes->servers));
		changes->servers[changes->server_count++] = server_row_of(server);
		if (!server->peers_dirty)
			continue;
		server->peers_dirty = false;
		changes->peers_replaced = xgrow(changes->peers_replaced,
		    changes->peers_replaced_count, &replaced_capacity, sizeof(record_id));
		changes->peers_replaced[changes->peers_replaced_count++] = server->id;
		take_peers(changes, &peer_capacity, server);
	}
}

static struct volume_row volume_row_of(const struct graph_volume *volume)
{
	return (struct volume_row){.id = volume->id,
	    .drive_id = volume->drive->id,
	    .label = xstrdup(volume->label),
	    .size = volume->size,
	    .filesystem_type = xstrdup(volume->filesystem_type),
	    .unusable = volume->unusable,
	    .in_use = volume->in_use,
	    .chosen = volume->chosen};
}

static void take_volumes(struct volumes *volumes, struct changes *changes)
{
	struct graph_volume *volume;
	size_t capacity = 0;

	while ((volume = TAILQ_FIRST(&volumes->dirty_volumes)) != NULL) {
		TAILQ_REMOVE(&volumes->dirty_volumes, volume, in_dirty);
		volume->dirty = false;
		changes->volumes = xgrow(
		    changes->volumes, changes->volume_count, &capacity, sizeof(*changes->volumes));
		changes->volumes[changes->volume_count++] = volume_row_of(volume);
	}
}

static struct volume_node_row node_row_of(const struct graph_volume_node *node)
{
	return (struct volume_node_row){.id = node->id,
	    .volume_id = node->volume->id,
	    .resource_id = node->resource->id,
	    .server_id = node->server->id,
	    .path = xstrdup(node->path),
	    .primary = node->primary,
	    .used = node->used,
	    .weighted = node->weighted,
	    .weight = node->weight};
}

static void take_nodes(struct volumes *volumes, struct changes *changes)
{
	struct graph_volume_node *node;
	size_t capacity = 0;

	while ((node = TAILQ_FIRST(&volumes->dirty_nodes)) != NULL) {
		TAILQ_REMOVE(&volumes->dirty_nodes, node, in_dirty);
		node->dirty = false;
		changes->volume_nodes = xgrow(changes->volume_nodes, changes->volume_node_count,
		    &capacity, sizeof(*changes->volume_nodes));
		changes->volume_nodes[changes->volume_node_count++] = node_row_of(node);
	}
}

bool volumes_have_changes(const struct graph *graph)
{
	const struct volumes *volumes = graph->volumes;

	return !TAILQ_EMPTY(&volumes->dirty_servers) || !TAILQ_EMPTY(&volumes->dirty_volumes) ||
	       !TAILQ_EMPTY(&volumes->dirty_nodes) || volumes->removed_servers.count > 0 ||
	       volumes->removed_volumes.count > 0 || volumes->removed_nodes.count > 0 ||
	       volumes->requests_done.count > 0;
}

void volumes_take_changes(struct graph *graph, struct changes *changes)
{
	struct volumes *volumes = graph->volumes;

	take_ids(
	    &changes->servers_removed, &changes->servers_removed_count, &volumes->removed_servers);
	take_ids(
	    &changes->volumes_removed, &changes->volumes_removed_count, &volumes->removed_volumes);
	take_ids(&changes->volume_nodes_removed, &changes->volume_nodes_removed_count,
	    &volumes->removed_nodes);
	take_ids(&changes->requests_done, &changes->requests_done_count, &volumes->requests_done);
	take_servers(volumes, changes);
	take_volumes(volumes, changes);
	take_nodes(volumes, changes);
}
