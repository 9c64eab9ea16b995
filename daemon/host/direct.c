/* SPDX-License-Identifier: MIT */
#include "host/direct.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "host/host_internal.h"
#include "host/inject.h"
#include "host/session.h"

/* The one worker of each kind; this thread is whichever it does the work of. */
enum { WORKER_PROMPT, WORKER_SCANS, WORKER_COUNT };

static void make_workers(struct host *host)
{
	host->worker_count = WORKER_COUNT;
	host->workers = xcalloc(WORKER_COUNT, sizeof(*host->workers));
	for (size_t i = 0; i < WORKER_COUNT; i++)
		host->workers[i] = (struct worker){.host = host, .index = i};
	host->workers[WORKER_PROMPT].queue = &host->prompt;
	host->workers[WORKER_SCANS].queue = &host->scans;
	host->prompt.wake = host->wake;
	host->scans.wake = host->wake;
}

struct host *host_direct_load(const struct host_direct_options *options)
{
	bool own_process = options->recorder >= 0;
	struct host *host =
	    host_new(-1, own_process ? options->recorder : recorder_create(), own_process);

	assert(options->configure.type == MESSAGE_CONFIGURE);
	assert(host->recorder != NULL && host->wake >= 0);
	host->configuration = options->configure.configure;
	host->log_level = host->configuration.log_level;
	host->default_period_s = host->configuration.default_period_s;
	host->definition = options->definition;
	host->receive = options->receive;
	host->receiver = options->context;
	if (own_process)
		host_take_process(host);
	if (host_load(host)) {
		make_workers(host);
		if (options->injection != NULL)
			inject(host, options->injection);
		return host;
	}
	host_direct_free(host);
	return NULL;
}

void host_direct_free(struct host *host)
{
	if (host->own_process)
		host_release_process();
	host_free(host);
}

void host_direct_handle(struct host *host, struct message *message)
{
	host_handle(host, message);
}

/* Runs the entry in this thread, as if it were the worker. */
static void run_entry(struct worker *worker, struct queue_entry *entry)
{
	worker_become(worker);
	entry->run(worker, entry);
	worker_become(NULL);
}

bool host_direct_run(struct host *host)
{
	for (size_t i = 0; i < host->worker_count; i++) {
		struct worker *worker = &host->workers[i];
		struct queue_entry *entry = deadline_queue_take_due(worker->queue);

		if (entry == NULL)
			continue;
		run_entry(worker, entry);
		return true;
	}
	return false;
}

bool host_direct_next(struct host *host, struct monotonic *due)
{
	struct monotonic other;
	bool any = deadline_queue_next(&host->prompt, due);

	if (!deadline_queue_next(&host->scans, &other))
		return any;
	if (!any || other.ns < due->ns)
		*due = other;
	return true;
}

bool host_direct_next_changes(struct host *host, struct monotonic *due)
{
	return deadline_queue_next(&host->prompt, due);
}

bool host_direct_hurry(struct host *host, uint32_t session)
{
	return host_session_hurry(host, session);
}

int host_direct_wake(const struct host *host)
{
	return host->wake;
}

void host_direct_stop(struct host *host)
{
	host_sessions_close(host);
}

size_t host_direct_sessions(struct host *host)
{
	size_t live;

	pthread_mutex_lock(&host->lock);
	live = host->live;
	pthread_mutex_unlock(&host->lock);
	return live;
}
