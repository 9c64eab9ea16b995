/* SPDX-License-Identifier: MIT */
/*
 * Finding something by a hash among a million: open addressing, so that an item costs two dozen
 * bytes in each index and a look-up one or two cache lines.
 */
#include "graph/graph_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

#define LEAST_CAPACITY 64

/* Where an item of this hash is if nothing is in its way. */
static size_t home_of(const struct graph_index *index, uint32_t hash)
{
	return hash & (index->capacity - 1);
}

static void insert(struct graph_index *index, uint32_t hash, void *item)
{
	size_t place = home_of(index, hash);

	while (index->slots[place].item != NULL)
		place = (place + 1) & (index->capacity - 1);
	index->slots[place] = (struct graph_index_slot){item, hash};
}

static void grow(struct graph_index *index)
{
	struct graph_index old = *index;

	index->capacity = old.capacity == 0 ? LEAST_CAPACITY : 2 * old.capacity;
	index->slots = xcalloc(index->capacity, sizeof(*index->slots));
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i].item != NULL)
			insert(index, old.slots[i].hash, old.slots[i].item);
	free(old.slots);
}

void index_add(struct graph_index *index, uint32_t hash, void *item)
{
	if (4 * (index->count + 1) > 3 * index->capacity)
		grow(index);
	insert(index, hash, item);
	index->count++;
}

/* Whether what is at place may move to the empty place before it: its home is not in between. */
static bool may_move(const struct graph_index *index, size_t place, size_t empty)
{
	size_t mask = index->capacity - 1;
	size_t home = home_of(index, index->slots[place].hash);

	return ((place - home) & mask) >= ((place - empty) & mask);
}

void index_remove(struct graph_index *index, uint32_t hash, const void *item)
{
	size_t mask = index->capacity - 1;
	size_t empty = home_of(index, hash);

	while (index->slots[empty].item != item) {
		assert(index->slots[empty].item != NULL);
		empty = (empty + 1) & mask;
	}
	for (size_t place = (empty + 1) & mask; index->slots[place].item != NULL;
	     place = (place + 1) & mask) {
		if (!may_move(index, place, empty))
			continue;
		index->slots[empty] = index->slots[place];
		empty = place;
	}
	index->slots[empty].item = NULL;
	index->count--;
}

void *index_find(const struct graph_index *index, uint32_t hash,
    bool (*is)(const void *item, const void *key), const void *key)
{
	if (index->capacity == 0)
		return NULL;
	for (size_t place = home_of(index, hash); index->slots[place].item != NULL;
	     place = (place + 1) & (index->capacity - 1)) {
		const struct graph_index_slot *slot = &index->slots[place];

		if (slot->hash == hash && is(slot->item, key))
			return slot->item;
	}
	return NULL;
}

void index_clear(struct graph_index *index)
{
	free(index->slots);
	*index = (struct graph_index){NULL, 0, 0};
}

static uint32_t mix(uint64_t number)
{
	return (uint32_t)((number * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

uint32_t index_hash_id(record_id id)
{
	return mix((uint64_t)id);
}

uint32_t index_hash_identity(const char *identity)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);

	for (const unsigned char *c = (const unsigned char *)identity; *c != '\0'; c++)
		hash = (hash ^ *c) * UINT64_C(0x100000001B3);
	return mix(hash ^ (hash >> 32));
}
