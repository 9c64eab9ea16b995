/* SPDX-License-Identifier: MIT */
#include "host/host_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "host/obituary.h"

static _Thread_local struct worker *current;

void worker_become(struct worker *worker)
{
	current = worker;
	if (worker != NULL)
		obituary_enter_thread(worker->index);
	else
		obituary_leave_thread();
}

struct worker *worker_current(void)
{
	return current;
}

/* Writes what the worker does to the recorder. */
static void note(struct worker *worker, struct worker_note now)
{
	struct recorder *recorder = worker->host->recorder;

	worker->now = now;
	if (now.hook == HOOK_NONE) {
		recorder_leave(recorder, worker->index);
		return;
	}
	recorder_enter(recorder, worker->index, now.hook, now.session);
	/* A hook goes on where it was when what it called returns: its time has not begun anew. */
	atomic_store(&recorder->workers[worker->index].since_ns, now.since.ns);
}

struct worker_note worker_enter(enum hook hook, uint32_t session)
{
	struct worker_note before = {.hook = HOOK_NONE};

	if (current == NULL)
		return before;
	before = current->now;
	note(current, (struct worker_note){hook, session, monotonic_now()});
	return before;
}

void worker_leave(struct worker_note before)
{
	if (current != NULL)
		note(current, before);
}

/* The life of a worker: do what is due, until there is no more. */
static void *work(void *argument)
{
	struct worker *worker = argument;
	struct queue_entry *entry;
	char name[16];

	snprintf(name, sizeof(name), "worker-%zu", worker->index);
	pthread_setname_np(pthread_self(), name);
	worker_become(worker);
	while ((entry = deadline_queue_take(worker->queue)) != NULL)
		entry->run(worker, entry);
	worker_become(NULL);
	return NULL;
}

int workers_start(struct host *host, size_t scan_workers)
{
	int error = 0;

	host->worker_count = scan_workers + 1;
	assert(host->worker_count <= RECORDER_WORKERS);
	host->workers = xcalloc(host->worker_count, sizeof(*host->workers));
	for (size_t i = 0; i < host->worker_count && error == 0; i++) {
		struct worker *worker = &host->workers[i];

		worker->host = host;
		worker->index = i;
		worker->queue = i == 0 ? &host->prompt : &host->scans;
		error = pthread_create(&worker->thread, NULL, work, worker);
		worker->started = error == 0;
	}
	return error;
}

void workers_join(struct host *host)
{
	deadline_queue_close(&host->scans);
	deadline_queue_close(&host->prompt);
	for (size_t i = 0; i < host->worker_count; i++)
		if (host->workers[i].started)
			pthread_join(host->workers[i].thread, NULL);
	free(host->workers);
	host->workers = NULL;
	host->worker_count = 0;
}
