/* SPDX-License-Identifier: MIT */
/*
 * Finding a resource by its id: a tree of nodes with 64 places each, of as many levels as the
 * highest id needs. Ids that follow each other are mostly used together, and are neighbours here;
 * the nodes above the lowest are few enough to stay in the processor's caches.
 */
#include "graph/graph_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

#define BITS 6
#define PLACES (1 << BITS)
#define LEVELS_MAX 11 /* for ids of 63 bits */

struct id_node {
	uint32_t count;       /* places that are taken */
	void *places[PLACES]; /* other nodes; on level 0 resources */
};

static size_t place_of(record_id id, unsigned level)
{
	return (size_t)(id >> (BITS * level)) & (PLACES - 1);
}

static bool fits(const struct graph_ids *ids, record_id id)
{
	return ids->levels == LEVELS_MAX ||
	       (id >= 0 && ids->levels > 0 && id >> (BITS * ids->levels) == 0);
}

static struct id_node *node_new(void)
{
	return xcalloc(1, sizeof(struct id_node));
}

/* Puts a level above the others. */
static void grow(struct graph_ids *ids)
{
	struct id_node *root;

	ids->levels++;
	if (ids->root == NULL)
		return;
	root = node_new();
	root->places[0] = ids->root;
	root->count = 1;
	ids->root = root;
}

void ids_add(struct graph_ids *ids, record_id id, struct graph_resource *resource)
{
	struct id_node *node;

	assert(id > 0);
	while (!fits(ids, id))
		grow(ids);
	if (ids->root == NULL)
		ids->root = node_new();
	node = ids->root;
	for (unsigned level = ids->levels - 1; level > 0; level--) {
		void **place = &node->places[place_of(id, level)];

		if (*place == NULL) {
			*place = node_new();
			node->count++;
		}
		node = *place;
	}
	assert(node->places[place_of(id, 0)] == NULL);
	node->places[place_of(id, 0)] = resource;
	node->count++;
	ids->count++;
}

struct graph_resource *ids_find(const struct graph_ids *ids, record_id id)
{
	const struct id_node *node = ids->root;

	if (id <= 0 || !fits(ids, id))
		return NULL;
	for (unsigned level = ids->levels - 1; level > 0 && node != NULL; level--)
		node = node->places[place_of(id, level)];
	return node != NULL ? node->places[place_of(id, 0)] : NULL;
}

void ids_remove(struct graph_ids *ids, record_id id)
{
	struct id_node *path[LEVELS_MAX];

	assert(ids_find(ids, id) != NULL);
	path[ids->levels - 1] = ids->root;
	for (unsigned level = ids->levels - 1; level > 0; level--)
		path[level - 1] = path[level]->places[place_of(id, level)];
	ids->count--;
	for (unsigned level = 0; level < ids->levels; level++) {
		path[level]->places[place_of(id, level)] = NULL;
		if (--path[level]->count > 0)
			return;
		free(path[level]);
	}
	ids->root = NULL;
	ids->levels = 0;
}
