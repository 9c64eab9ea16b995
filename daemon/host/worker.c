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

/* ---- pools ---- */

/* Threads that a pool begins with. */
#define SCANS_LEAST 32
#define SLOW_LEAST 1
#define ENDINGS_LEAST 2
/* From one look at what could be less to the next, and from one growth to the next. */
#define LOOK_NS (60 * NS_PER_S)
#define GROW_NS (NS_PER_S / 2)

static void note_busy(struct worker_pool *pool)
{
	size_t busy = atomic_fetch_add(&pool->busy, 1) + 1;
	size_t busiest = atomic_load(&pool->busiest);

	while (busiest < busy && !atomic_compare_exchange_weak(&pool->busiest, &busiest, busy))
		continue;
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
	while ((entry = deadline_queue_take(worker->queue)) != NULL) {
		note_busy(worker->pool);
		entry->run(worker, entry);
		atomic_fetch_sub(&worker->pool->busy, 1);
	}
	worker_become(NULL);
	atomic_store(&worker->state, WORKER_ENDED);
	return NULL;
}

/* Joins those that retired, and gives a place for one more, or NULL. */
static struct worker *find_place(struct host *host, struct worker_pool *pool)
{
	struct worker *place = NULL;

	assert(host->workers != NULL);
	for (size_t i = 0; i < pool->size; i++) {
		struct worker *worker = &host->workers[pool->first + i];

		if (atomic_load(&worker->state) == WORKER_ENDED) {
			pthread_join(worker->thread, NULL);
			atomic_store(&worker->state, WORKER_NONE);
			pool->count--;
		}
		if (place == NULL && atomic_load(&worker->state) == WORKER_NONE)
			place = worker;
	}
	return pool->count < pool->most ? place : NULL;
}

/* Starts so many more, up to the most. Returns 0 or an errno. */
static int add_workers(struct host *host, struct worker_pool *pool, size_t count)
{
	struct worker *worker;
	int error = 0;

	while (count-- > 0 && error == 0 && (worker = find_place(host, pool)) != NULL) {
		worker->host = host;
		worker->pool = pool;
		worker->queue = pool->queue;
		worker->index = (size_t)(worker - host->workers);
		atomic_store(&worker->state, WORKER_STARTED);
		error = pthread_create(&worker->thread, NULL, work, worker);
		if (error == 0)
			pool->count++;
		else
			atomic_store(&worker->state, WORKER_NONE);
	}
	return error;
}

static size_t at_least_one(size_t number)
{
	return number > 0 ? number : 1;
}

void workers_limit(struct host *host, size_t scan_workers)
{
	size_t most =
	    scan_workers < SCAN_WORKERS_MAX ? at_least_one(scan_workers) : SCAN_WORKERS_MAX;
	struct worker_pool *scans = &host->pools[POOL_SCANS];
	struct worker_pool *slow = &host->pools[POOL_SLOW];

	scans->most = most;
	scans->least = most < SCANS_LEAST ? most : SCANS_LEAST;
	slow->most = at_least_one(most / 2);
	slow->least = SLOW_LEAST;
	scans->looked = slow->looked = (struct monotonic){0};
}

static void make_pools(struct host *host)
{
	struct worker_pool *pools = host->pools;

	pools[POOL_PROMPT] =
	    (struct worker_pool){.queue = &host->prompt, .size = 1, .least = 1, .most = 1};
	pools[POOL_SCANS] = (struct worker_pool){.queue = &host->scans,
	    .first = 1,
	    .size = SCAN_WORKERS_MAX,
	    .patience_ns = NS_PER_S / 4};
	pools[POOL_SLOW] = (struct worker_pool){.queue = &host->slow,
	    .first = 1 + SCAN_WORKERS_MAX,
	    .size = SLOW_WORKERS_MAX,
	    .patience_ns = NS_PER_S};
	pools[POOL_ENDINGS] = (struct worker_pool){.queue = &host->endings,
	    .first = 1 + SCAN_WORKERS_MAX + SLOW_WORKERS_MAX,
	    .size = ENDING_WORKERS_MAX,
	    .least = ENDINGS_LEAST,
	    .most = ENDING_WORKERS_MAX};
}

int workers_start(struct host *host, size_t scan_workers)
{
	int error = 0;

	host->worker_count = RECORDER_WORKERS;
	host->workers = xcalloc(host->worker_count, sizeof(*host->workers));
	make_pools(host);
	workers_limit(host, scan_workers);
	for (size_t i = 0; i < POOL_COUNT && error == 0; i++)
		error = add_workers(host, &host->pools[i], host->pools[i].least);
	return error;
}

/* Adds a worker for each entry that has been due for too long. */
static void grow(struct host *host, struct worker_pool *pool, struct monotonic now)
{
	size_t late;

	if (monotonic_since(now, pool->grown) < GROW_NS)
		return;
	late = deadline_queue_count_due(pool->queue, monotonic_after(now, -pool->patience_ns));
	if (late == 0)
		return;
	pool->grown = now;
	deadline_queue_retire(pool->queue, 0);
	/* What can't be had now is asked for again. */
	add_workers(host, pool, late);
}

/* Lets those go that were not needed since the last look. */
static void shrink(struct worker_pool *pool, struct monotonic now)
{
	size_t needed;

	if (monotonic_since(now, pool->looked) < LOOK_NS)
		return;
	pool->looked = now;
	needed = atomic_exchange(&pool->busiest, atomic_load(&pool->busy));
	if (needed < pool->least)
		needed = pool->least;
	if (needed > pool->most)
		needed = pool->most;
	deadline_queue_retire(pool->queue, pool->count > needed ? pool->count - needed : 0);
}

void workers_balance(struct host *host)
{
	struct monotonic now = monotonic_now();

	for (size_t i = POOL_SCANS; i < POOL_COUNT; i++) {
		grow(host, &host->pools[i], now);
		shrink(&host->pools[i], now);
	}
}

void workers_join(struct host *host)
{
	deadline_queue_close(&host->scans);
	deadline_queue_close(&host->slow);
	deadline_queue_close(&host->endings);
	deadline_queue_close(&host->prompt);
	for (size_t i = 0; i < host->worker_count; i++)
		if (atomic_load(&host->workers[i].state) != WORKER_NONE)
			pthread_join(host->workers[i].thread, NULL);
	free(host->workers);
	host->workers = NULL;
	host->worker_count = 0;
}
