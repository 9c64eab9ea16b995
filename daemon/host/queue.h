/* SPDX-License-Identifier: MIT */
/*
 * What is to be done when: a queue ordered by monotonic time, from which threads take what is due.
 * Entries are members of whatever is to be handled; the queue holds no memory of theirs. An entry
 * is in one queue at most. Every function may be called from any thread.
 */
#ifndef HOST_QUEUE_H
#define HOST_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct worker;

/* Start with run set and the rest zero. */
struct queue_entry {
	void (*run)(struct worker *worker, struct queue_entry *entry);
	struct monotonic due;
	uint64_t order;  /* entries due at the same time keep the order in which they came */
	size_t position; /* 1 + index in the heap; 0: not queued */
};

struct deadline_queue {
	pthread_mutex_t lock;
	/*
	 * Of those who wait, one waits for the time of the first entry (on CLOCK_MONOTONIC); the
	 * others wait to take its place, so that a deadline wakes one thread only: the one that
	 * came last, whose memory the processor still has at hand.
	 */
	pthread_cond_t first_changed;
	bool watched;
	struct queue_waiter *waiting; /* the last one that came */
	struct queue_entry **heap;
	size_t count;
	size_t capacity;
	uint64_t last_order;
	size_t retiring; /* of those who wait or come next, so many get nothing any more */
	int wake;        /* eventfd that is set when another entry becomes the first; -1: none */
	bool closed;
};

void deadline_queue_init(struct deadline_queue *queue);
void deadline_queue_destroy(struct deadline_queue *queue);

/* Queues the entry, or gives it another time if it is queued. */
void deadline_queue_put(
    struct deadline_queue *queue, struct queue_entry *entry, struct monotonic due);

/* Takes the entry out, if it is queued. */
void deadline_queue_remove(struct deadline_queue *queue, struct queue_entry *entry);

/*
 * Waits for the next entry to be due and takes it. NULL once the queue was closed, and for those
 * who are to retire.
 */
struct queue_entry *deadline_queue_take(struct deadline_queue *queue);

/* Takes the next entry if one is due, else NULL. */
struct queue_entry *deadline_queue_take_due(struct deadline_queue *queue);

/* When the next entry is due. Returns false if there is none. */
bool deadline_queue_next(struct deadline_queue *queue, struct monotonic *due);

/* How many entries were due at a time. */
size_t deadline_queue_count_due(struct deadline_queue *queue, struct monotonic then);

/* Lets so many of the threads go that have nothing to do, now or later. 0 calls that off. */
void deadline_queue_retire(struct deadline_queue *queue, size_t threads);

/* Wakes all who wait; from now on nobody gets anything. */
void deadline_queue_close(struct deadline_queue *queue);

#endif
