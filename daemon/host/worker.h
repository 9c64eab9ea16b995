/* SPDX-License-Identifier: MIT */
/*
 * The threads that run the plugin's hooks, and the notes in the flight recorder of what each of
 * them does.
 */
#ifndef HOST_WORKER_H
#define HOST_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "wire/recorder.h"

struct host;
struct deadline_queue;

/* What a worker does: a hook, the session that it is for, and since when. */
struct worker_note {
	enum hook hook;
	uint32_t session;
	struct monotonic since;
};

struct worker_pool;

enum worker_state {
	WORKER_NONE = 0,
	WORKER_STARTED,
	WORKER_ENDED /* and is to be joined */
};

struct worker {
	struct host *host;
	struct deadline_queue *queue;
	struct worker_pool *pool;
	size_t index; /* in the recorder */
	pthread_t thread;
	_Atomic enum worker_state state;
	struct worker_note now;
};

enum { POOL_PROMPT, POOL_SCANS, POOL_SLOW, POOL_ENDINGS, POOL_COUNT };

/*
 * The workers of one queue. There are more of them when something has been due for too long, and
 * fewer again when they had nothing to do for a minute.
 */
struct worker_pool {
	struct deadline_queue *queue;
	size_t first; /* index of its first worker */
	size_t size;  /* places for workers; does not change, and any thread may read it */
	size_t least, most;
	int64_t patience_ns; /* how long something may be due */
	size_t count;        /* of its threads; main thread only, as all above but size */
	struct monotonic grown, looked;
	_Atomic size_t busy;
	_Atomic size_t busiest; /* since the main thread looked */
};

/*
 * Starts the threads, of which at most scan_workers run scans. Returns 0 or an errno; those that
 * did start are in host->workers.
 */
int workers_start(struct host *host, size_t scan_workers);

/* Sees to it that there are as many threads as are needed. For the main thread, at each turn. */
void workers_balance(struct host *host);

/* Changes how many may run scans. */
void workers_limit(struct host *host, size_t scan_workers);

/* Closes the queues and waits for the threads to end. */
void workers_join(struct host *host);

/* Makes this thread a worker that does not take entries by itself; NULL ends that. */
void worker_become(struct worker *worker);

/* Notes that a worker enters a hook, and returns what it did before. No-op in other threads. */
struct worker_note worker_enter(enum hook hook, uint32_t session);

/* Notes that it left it and does again what it did before. */
void worker_leave(struct worker_note note);

#endif
