/* SPDX-License-Identifier: MIT */
/*
 * A plugin host on the inside. One struct host for each plugin; it is the whole state of the role,
 * so that several can live in one process (--no-isolation).
 *
 * Threads: the main thread reads the channel and sees to the number of workers; pools of workers
 * run the scans, those of scannables that took too long the last time, and teardowns; the prompt
 * worker, which never runs any of these, sends what the plugin's own threads changed and prepares
 * scannables. All of them, and any thread of the plugin, may write to the channel.
 *
 * Locks, in the order in which they may be taken: session.lock, host.lock, then those inside of
 * queue, channel, handle.
 */
#ifndef HOST_HOST_INTERNAL_H
#define HOST_HOST_INTERNAL_H

#ifdef LIBPQ_FE_H
#error "a plugin host knows nothing of the database"
#endif

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/log.h"
#include "host/channel.h"
#include "host/load.h"
#include "host/names.h"
#include "host/queue.h"
#include "host/worker.h"
#include "wire/message.h"
#include "wire/recorder.h"

#define HOST_MAGIC 0x484f5354u

struct host_session;
struct preparation;

/* Takes a message, which stays the sender's. Called from any thread. */
typedef void host_receiver(void *context, const struct message *message);

struct host {
	uint32_t magic;
	bool own_process; /* false in a thread: no signal handlers, no log sink, no _exit() */
	struct host_channel channel;
	host_receiver *receive; /* takes the messages in place of the channel; NULL: nobody */
	void *receiver;
	const struct iml_plugin_definition *definition; /* linked in; NULL: in a file */
	struct recorder *recorder;
	struct message_configure configuration; /* the settings live as long as the host */
	_Atomic uint32_t log_level;             /* these two in place of the configuration's */
	_Atomic uint32_t default_period_s;
	struct loaded_plugin plugin;
	bool loaded;
	struct class_names *names;      /* one per class of the plugin */
	_Atomic bool *label_complained; /* likewise */
	struct deadline_queue scans;
	struct deadline_queue slow; /* of those that did not end in time when they were last run */
	struct deadline_queue endings; /* teardowns */
	struct deadline_queue prompt;  /* what must not wait behind a scan */
	struct worker *workers;
	size_t worker_count;
	struct worker_pool pools[POOL_COUNT]; /* of no workers where one thread does everything */

	pthread_mutex_t lock;                  /* for the members below */
	struct host_session *sessions;         /* hash by number */
	size_t live;                           /* sessions that have not sent ENDED */
	pthread_cond_t all_ended;              /* on CLOCK_MONOTONIC: live has become 0 */
	int wake;                              /* eventfd, for the main thread: the same */
	LIST_HEAD(, preparation) preparations; /* that are not answered */
	bool stopping;                         /* main thread only */
	atomic_bool alone;                     /* nobody acknowledges batches any more */
};

/* Takes over both descriptors. */
struct host *host_new(int channel, int recorder, bool own_process);

/* Waits for the worker threads to end, and releases everything. */
void host_free(struct host *host);

/* What only a process of its own can have: last words, and a log that goes to the supervisor. */
void host_take_process(struct host *host);
void host_release_process(void);

/*
 * Loads the plugin of the configuration and sends how that went. Its constructors run in this
 * thread: "worker" 0.
 */
bool host_load(struct host *host);

/* Acts on a message, of which it may take parts. */
void host_handle(struct host *host, struct message *message);

/* Sends a line about a session (0: none) if its level passes the plugin's. */
void host_log(struct host *host, uint32_t session, int level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Counts the end of a session; host->lock is held. */
void host_session_gone_locked(struct host *host);

/* Sends a message. A broken channel is noticed by the main thread. */
void host_send(struct host *host, const struct message *message);

#endif
