/* SPDX-License-Identifier: MIT */
#include "host/handle.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/memory.h"

#define CHUNK_SLOTS 4096
#define CHUNKS 16384

/* Set in every generation: such a number is no address on any machine, nor a small integer. */
#define GENERATION_MARK UINT32_C(0x80000000)

struct slot {
	_Atomic uint32_t
	    generation; /* of the handle that is valid; changes when it is taken back */
	_Atomic uint32_t kind;
	_Atomic(struct host_session *) session;
	void *object;       /* under the session's lock */
	uint32_t next_free; /* under lock: 1 + index; 0: none */
};

static _Atomic(struct slot *) chunks[CHUNKS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t used;       /* under lock: slots ever given out */
static uint32_t first_free; /* under lock: 1 + index; 0: none */

static struct slot *slot_at(uint32_t index)
{
	struct slot *chunk;

	if (index / CHUNK_SLOTS >= CHUNKS)
		return NULL;
	chunk = atomic_load_explicit(&chunks[index / CHUNK_SLOTS], memory_order_acquire);
	return chunk != NULL ? &chunk[index % CHUNK_SLOTS] : NULL;
}

/* The slot of a handle if it is valid. Without the session's lock it may cease to be at any time.
 */
static struct slot *slot_of(uint64_t handle, enum handle_kind kind)
{
	struct slot *slot = slot_at((uint32_t)handle);

	if (slot == NULL || (handle >> 32 & GENERATION_MARK) == 0)
		return NULL;
	if (atomic_load_explicit(&slot->generation, memory_order_acquire) != handle >> 32)
		return NULL;
	return atomic_load_explicit(&slot->kind, memory_order_relaxed) == kind ? slot : NULL;
}

static void add_chunk_locked(void)
{
	struct slot *chunk = xcalloc(CHUNK_SLOTS, sizeof(*chunk));

	assert(used / CHUNK_SLOTS < CHUNKS);
	for (size_t i = 0; i < CHUNK_SLOTS; i++)
		atomic_init(&chunk[i].generation, GENERATION_MARK);
	atomic_store_explicit(&chunks[used / CHUNK_SLOTS], chunk, memory_order_release);
}

static uint32_t take_slot(void)
{
	uint32_t index;

	pthread_mutex_lock(&lock);
	if (first_free != 0) {
		struct slot *slot = slot_at(first_free - 1);

		assert(slot != NULL);
		index = first_free - 1;
		first_free = slot->next_free;
	} else {
		if (used % CHUNK_SLOTS == 0)
			add_chunk_locked();
		index = used++;
	}
	pthread_mutex_unlock(&lock);
	return index;
}

uint64_t handle_new(enum handle_kind kind, struct host_session *session, void *object)
{
	uint32_t index = take_slot();
	struct slot *slot = slot_at(index);

	assert(slot != NULL);
	slot->object = object;
	atomic_store_explicit(&slot->session, session, memory_order_relaxed);
	atomic_store_explicit(&slot->kind, kind, memory_order_release);
	return (uint64_t)atomic_load(&slot->generation) << 32 | index;
}

void handle_free(uint64_t handle)
{
	uint32_t index = (uint32_t)handle;
	struct slot *slot = slot_at(index);
	uint32_t generation = (uint32_t)(handle >> 32);

	assert(slot != NULL && atomic_load(&slot->generation) == generation);
	slot->object = NULL;
	atomic_store_explicit(&slot->kind, HANDLE_NONE, memory_order_relaxed);
	atomic_store_explicit(
	    &slot->generation, (generation + 1) | GENERATION_MARK, memory_order_release);
	pthread_mutex_lock(&lock);
	slot->next_free = first_free;
	first_free = index + 1;
	pthread_mutex_unlock(&lock);
}

struct host_session *handle_session(uint64_t handle, enum handle_kind kind)
{
	struct slot *slot = slot_of(handle, kind);

	return slot != NULL ? atomic_load_explicit(&slot->session, memory_order_relaxed) : NULL;
}

void *handle_object(uint64_t handle, enum handle_kind kind, const struct host_session *session)
{
	struct slot *slot = slot_of(handle, kind);

	if (slot == NULL || atomic_load_explicit(&slot->session, memory_order_relaxed) != session)
		return NULL;
	return slot->object;
}
