/* SPDX-License-Identifier: MIT */
#include "host/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "base/memory.h"

/* A thread that waits to take the place of the one that watches the first entry. */
struct queue_waiter {
	struct queue_waiter *next; /* the one that came before */
	pthread_cond_t woken;
	bool is_waiting; /* is in the list */
};

void deadline_queue_init(struct deadline_queue *queue)
{
	pthread_condattr_t attributes;

	*queue = (struct deadline_queue){.wake = -1};
	pthread_mutex_init(&queue->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->first_changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

void deadline_queue_destroy(struct deadline_queue *queue)
{
	free(queue->heap);
	pthread_cond_destroy(&queue->first_changed);
	pthread_mutex_destroy(&queue->lock);
}

static bool is_before(const struct queue_entry *a, const struct queue_entry *b)
{
	return a->due.ns != b->due.ns ? a->due.ns < b->due.ns : a->order < b->order;
}

static void place_locked(struct deadline_queue *queue, struct queue_entry *entry, size_t index)
{
	queue->heap[index] = entry;
	entry->position = index + 1;
}

/* Moves the entry from index towards the top as far as it belongs. */
static void sift_up_locked(struct deadline_queue *queue, struct queue_entry *entry, size_t index)
{
	while (index > 0 && is_before(entry, queue->heap[(index - 1) / 2])) {
		place_locked(queue, queue->heap[(index - 1) / 2], index);
		index = (index - 1) / 2;
	}
	place_locked(queue, entry, index);
}

/* Moves the entry from index towards the bottom as far as it belongs. */
static void sift_down_locked(struct deadline_queue *queue, struct queue_entry *entry, size_t index)
{
	for (size_t child = 2 * index + 1; child < queue->count; child = 2 * index + 1) {
		if (child + 1 < queue->count &&
		    is_before(queue->heap[child + 1], queue->heap[child]))
			child++;
		if (is_before(entry, queue->heap[child]))
			break;
		place_locked(queue, queue->heap[child], index);
		index = child;
	}
	place_locked(queue, entry, index);
}

static void remove_locked(struct deadline_queue *queue, struct queue_entry *entry)
{
	size_t index = entry->position - 1;
	struct queue_entry *last = queue->heap[queue->count - 1];

	assert(entry->position != 0 && queue->heap[index] == entry);
	queue->count--;
	entry->position = 0;
	if (last == entry)
		return;
	if (index > 0 && is_before(last, queue->heap[(index - 1) / 2]))
		sift_up_locked(queue, last, index);
	else
		sift_down_locked(queue, last, index);
}

/* Wakes the thread that came last, if any waits. */
static void wake_last_locked(struct deadline_queue *queue)
{
	struct queue_waiter *last = queue->waiting;

	if (last == NULL)
		return;
	queue->waiting = last->next;
	last->is_waiting = false;
	pthread_cond_signal(&last->woken);
}

static void wake_all_locked(struct deadline_queue *queue)
{
	while (queue->waiting != NULL)
		wake_last_locked(queue);
}

/* Tells those who wait that another entry is the first. */
static void wake_locked(struct deadline_queue *queue)
{
	if (queue->watched)
		pthread_cond_signal(&queue->first_changed);
	else
		wake_last_locked(queue);
	if (queue->wake >= 0)
		eventfd_write(queue->wake, 1);
}

void deadline_queue_put(
    struct deadline_queue *queue, struct queue_entry *entry, struct monotonic due)
{
	pthread_mutex_lock(&queue->lock);
	if (entry->position != 0)
		remove_locked(queue, entry);
	entry->due = due;
	entry->order = ++queue->last_order;
	queue->heap = xgrow(queue->heap, queue->count, &queue->capacity, sizeof(*queue->heap));
	queue->count++;
	sift_up_locked(queue, entry, queue->count - 1);
	if (entry->position == 1)
		wake_locked(queue);
	pthread_mutex_unlock(&queue->lock);
}

void deadline_queue_remove(struct deadline_queue *queue, struct queue_entry *entry)
{
	pthread_mutex_lock(&queue->lock);
	if (entry->position != 0)
		remove_locked(queue, entry);
	pthread_mutex_unlock(&queue->lock);
}

/* Waits until somebody must watch the first entry; who comes later is woken before. */
static void wait_in_line_locked(struct deadline_queue *queue)
{
	struct queue_waiter self = {
	    .next = queue->waiting, .woken = PTHREAD_COND_INITIALIZER, .is_waiting = true};

	queue->waiting = &self;
	while (self.is_waiting)
		pthread_cond_wait(&self.woken, &queue->lock);
	pthread_cond_destroy(&self.woken);
}

/* Waits until the first entry may be due, or somebody must watch it. */
static void wait_locked(struct deadline_queue *queue)
{
	struct timespec due;

	if (queue->count == 0 || queue->watched) {
		wait_in_line_locked(queue);
		return;
	}
	due = monotonic_timespec(queue->heap[0]->due);
	queue->watched = true;
	pthread_cond_timedwait(&queue->first_changed, &queue->lock, &due);
	queue->watched = false;
}

static bool first_is_due_locked(const struct deadline_queue *queue)
{
	return queue->count > 0 && queue->heap[0]->due.ns <= monotonic_now().ns;
}

struct queue_entry *deadline_queue_take(struct deadline_queue *queue)
{
	struct queue_entry *entry = NULL;

	pthread_mutex_lock(&queue->lock);
	while (!queue->closed && queue->retiring == 0 && !first_is_due_locked(queue))
		wait_locked(queue);
	if (!queue->closed && first_is_due_locked(queue)) {
		entry = queue->heap[0];
		remove_locked(queue, entry);
	} else if (queue->retiring > 0) {
		queue->retiring--;
	}
	if (queue->count > 0 && !queue->watched)
		wake_last_locked(queue);
	pthread_mutex_unlock(&queue->lock);
	return entry;
}

struct queue_entry *deadline_queue_take_due(struct deadline_queue *queue)
{
	struct queue_entry *entry = NULL;

	pthread_mutex_lock(&queue->lock);
	if (first_is_due_locked(queue)) {
		entry = queue->heap[0];
		remove_locked(queue, entry);
	}
	pthread_mutex_unlock(&queue->lock);
	return entry;
}

bool deadline_queue_next(struct deadline_queue *queue, struct monotonic *due)
{
	bool any;

	pthread_mutex_lock(&queue->lock);
	any = queue->count > 0;
	if (any)
		*due = queue->heap[0]->due;
	pthread_mutex_unlock(&queue->lock);
	return any;
}

size_t deadline_queue_count_due(struct deadline_queue *queue, struct monotonic then)
{
	size_t count = 0;

	pthread_mutex_lock(&queue->lock);
	for (size_t i = 0; i < queue->count; i++)
		count += queue->heap[i]->due.ns <= then.ns;
	pthread_mutex_unlock(&queue->lock);
	return count;
}

void deadline_queue_retire(struct deadline_queue *queue, size_t threads)
{
	pthread_mutex_lock(&queue->lock);
	queue->retiring = threads;
	if (threads > 0)
		wake_all_locked(queue);
	pthread_mutex_unlock(&queue->lock);
}

void deadline_queue_close(struct deadline_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_cond_broadcast(&queue->first_changed);
	wake_all_locked(queue);
	pthread_mutex_unlock(&queue->lock);
}
