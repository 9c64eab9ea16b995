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

struct worker {
	struct host *host;
	struct deadline_queue *queue;
	size_t index; /* in the recorder */
	pthread_t thread;
	bool started;
	struct worker_note now;
};

/* Starts the threads. Returns 0 or an errno; those that did start are in host->workers. */
int workers_start(struct host *host, size_t scan_workers);

/* Closes the queues and waits for the threads to end. */
void workers_join(struct host *host);

/* Makes this thread a worker that does not take entries by itself; NULL ends that. */
void worker_become(struct worker *worker);

/* The worker that this thread is, or NULL in a thread of the plugin's own. */
struct worker *worker_current(void);

/* Notes that a worker enters a hook, and returns what it did before. No-op in other threads. */
struct worker_note worker_enter(enum hook hook, uint32_t session);

/* Notes that it left it and does again what it did before. */
void worker_leave(struct worker_note note);

#endif
