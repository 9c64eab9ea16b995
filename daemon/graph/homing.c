/* SPDX-License-Identifier: MIT */
/*
 * Which of a volume's nodes are primary and secondary. Servers count what they have, so that
 * balancing looks at nothing but the volumes concerned.
 */
#include "graph/volume_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- counts ---- */

/* Counts, or takes back, the roles of all nodes. */
static void count_roles(const struct graph_volume *volume, size_t one)
{
	struct graph_volume_node *node;

	TAILQ_FOREACH (node, &volume->nodes, in_volume) {
		if (node->used)
			node->server->used += one;
		if (node->primary && volume->node_count > 1)
			node->server->primaries += one;
	}
}

void homing_count(struct graph_volume *volume)
{
	if (!volume->counted)
		count_roles(volume, 1);
	volume->counted = true;
}

void homing_uncount(struct graph_volume *volume)
{
	if (volume->counted)
		count_roles(volume, (size_t)-1);
	volume->counted = false;
}

/* ---- whose turn it is ---- */

void homing_queue(struct graph *graph, struct graph_volume *volume)
{
	if (volume->unhomed)
		return;
	volume->unhomed = true;
	TAILQ_INSERT_TAIL(&graph->volumes->unhomed, volume, in_unhomed);
}

void homing_forget(struct graph *graph, struct graph_volume *volume)
{
	if (volume->unhomed)
		TAILQ_REMOVE(&graph->volumes->unhomed, volume, in_unhomed);
	volume->unhomed = false;
}

/* ---- choosing ---- */

/* Whose turn is first: by the names, those without after the others. */
static int compare_servers(const struct graph_server *a, const struct graph_server *b)
{
	const char *name_a = server_name(a);
	const char *name_b = server_name(b);
	int order = 0;

	if (name_a != NULL && name_b != NULL)
		order = strcmp(name_a, name_b);
	else if (name_a != NULL || name_b != NULL)
		order = name_a != NULL ? -1 : 1;
	return order != 0 ? order : (a->id > b->id) - (a->id < b->id);
}

static int compare_places(const struct graph_volume_node *a, const struct graph_volume_node *b)
{
	int order = compare_servers(a->server, b->server);

	return order != 0 ? order : strcmp(a->path, b->path);
}

static int by_weight(const struct graph_volume_node *a, const struct graph_volume_node *b)
{
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return compare_places(a, b);
}

static int by_primaries(const struct graph_volume_node *a, const struct graph_volume_node *b)
{
	if (a->server->primaries != b->server->primaries)
		return a->server->primaries < b->server->primaries ? -1 : 1;
	return compare_places(a, b);
}

static int by_used(const struct graph_volume_node *a, const struct graph_volume_node *b)
{
	if (a->server->used != b->server->used)
		return a->server->used < b->server->used ? -1 : 1;
	return compare_places(a, b);
}

static bool has_peer(const struct graph_server *server, record_id id)
{
	for (size_t i = 0; i < server->peer_count; i++)
		if (server->peers[i] == id)
			return true;
	return false;
}

bool servers_are_peers(const struct graph_server *a, const struct graph_server *b)
{
	return a != b && has_peer(a, b->id) && has_peer(b, a->id);
}

/*
 * The first of the nodes; with a primary one, of those on its peers. Two peers are always in one
 * cluster: a largest set of servers that are all peers of each other.
 */
static struct graph_volume_node *first_node(struct graph_volume *volume,
    int (*compare)(const struct graph_volume_node *a, const struct graph_volume_node *b),
    const struct graph_volume_node *primary)
{
	struct graph_volume_node *first = NULL, *node;

	TAILQ_FOREACH (node, &volume->nodes, in_volume) {
		if (node->id == 0)
			continue;
		if (primary != NULL && !servers_are_peers(node->server, primary->server))
			continue;
		if (first == NULL || compare(node, first) < 0)
			first = node;
	}
	return first;
}

static bool all_weighted(const struct graph_volume *volume)
{
	const struct graph_volume_node *node;

	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		if (node->id != 0 && !node->weighted)
			return false;
	return true;
}

static void set_roles(struct graph *graph, struct graph_volume_node *node, bool primary, bool used)
{
	if (node->primary == primary && node->used == used)
		return;
	node->primary = primary;
	node->used = used;
	volume_node_touch(graph, node);
}

/* Gives the nodes of a volume their roles. */
static void home(struct graph *graph, struct graph_volume *volume)
{
	bool weighted = all_weighted(volume);
	struct graph_volume_node *primary, *secondary, *node;

	assert(!volume->counted);
	primary = first_node(volume, weighted ? by_weight : by_primaries, NULL);
	secondary =
	    primary != NULL ? first_node(volume, weighted ? by_weight : by_used, primary) : NULL;
	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		if (node->id != 0)
			set_roles(
			    graph, node, node == primary, node == primary || node == secondary);
	homing_count(volume);
}

static int by_name(const void *a, const void *b)
{
	const struct graph_volume *one = *(struct graph_volume *const *)a;
	const struct graph_volume *other = *(struct graph_volume *const *)b;
	int order = strcmp(one->label, other->label);

	return order != 0 ? order : (one->id > other->id) - (one->id < other->id);
}

void homing_run(struct graph *graph)
{
	struct volumes *volumes = graph->volumes;
	struct graph_volume **concerned = NULL;
	size_t count = 0, capacity = 0;
	struct graph_volume *volume;

	while ((volume = TAILQ_FIRST(&volumes->unhomed)) != NULL) {
		homing_forget(graph, volume);
		if (volume->id == 0 || volume->in_use || volume->chosen)
			continue;
		homing_uncount(volume);
		concerned =
		    xgrow((void *)concerned, count, &capacity, sizeof(struct graph_volume *));
		concerned[count++] = volume;
	}
	if (count > 1)
		qsort((void *)concerned, count, sizeof(struct graph_volume *), by_name);
	for (size_t i = 0; i < count; i++)
		home(graph, concerned[i]);
	free((void *)concerned);
}

/* ---- what people say ---- */

static const struct node_choice *choice_of(
    const struct graph_volume_node *node, const struct node_choice *choices, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (choices[i].node == node->id)
			return &choices[i];
	return NULL;
}

static struct graph_volume_node *node_of(const struct graph_volume *volume, record_id id)
{
	struct graph_volume_node *node;

	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		if (node->id != 0 && node->id == id)
			return node;
	return NULL;
}

/* What is wrong with the nodes chosen, or NULL. */
static const char *judge_choice(
    const struct graph_volume *volume, const struct node_choice *choices, size_t count)
{
	size_t primaries = 0;

	for (size_t i = 0; i < count; i++) {
		const struct graph_volume_node *node = node_of(volume, choices[i].node);

		if (node == NULL)
			return "a node that was chosen is not one of its nodes";
		if (choice_of(node, choices, count) != &choices[i])
			return "a node was chosen twice";
		primaries += choices[i].primary;
		for (size_t j = 0; j < i; j++)
			if (!servers_are_peers(
			        node->server, node_of(volume, choices[j].node)->server))
				return "the nodes that were chosen are not on different servers of "
				       "one HA cluster";
	}
	if (primaries > 1)
		return "several primary nodes were chosen";
	return count > 0 && primaries == 0 ? "no primary node was chosen" : NULL;
}

int graph_choose_nodes(struct graph *graph, struct graph_volume *volume,
    const struct node_choice *choices, size_t count, char reason[REASON_SIZE])
{
	const char *wrong = volume->in_use ? "it is in use" : judge_choice(volume, choices, count);
	struct graph_volume_node *node;

	assert(volume->id != 0);
	if (wrong != NULL) {
		reason_write(reason, "volume \"%s\": %s", volume->label, wrong);
		return -1;
	}
	if (volume->chosen != (count > 0))
		volume_touch(graph, volume);
	volume->chosen = count > 0;
	if (!volume->chosen) {
		homing_queue(graph, volume);
		homing_run(graph);
		return 0;
	}
	homing_uncount(volume);
	TAILQ_FOREACH (node, &volume->nodes, in_volume) {
		const struct node_choice *choice =
		    node->id != 0 ? choice_of(node, choices, count) : NULL;

		if (node->id != 0)
			set_roles(graph, node, choice != NULL && choice->primary, choice != NULL);
	}
	homing_count(volume);
	return 0;
}

void graph_set_in_use(struct graph *graph, struct graph_volume *volume, bool in_use)
{
	const struct graph_volume_node *node;
	bool primary = false;

	assert(volume->id != 0);
	if (volume->in_use == in_use)
		return;
	volume->in_use = in_use;
	volume_touch(graph, volume);
	TAILQ_FOREACH (node, &volume->nodes, in_volume)
		primary = primary || node->primary;
	/* Nodes may have come and gone, without being given roles. */
	if (!in_use && !primary)
		homing_queue(graph, volume);
	volume_queue(graph, volume);
	graph_settle(graph);
}
