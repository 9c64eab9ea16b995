/* SPDX-License-Identifier: MIT */
/*
 * A plugin host without threads of its own and without a channel: the caller's thread runs the
 * hooks, when the caller says so, and takes the messages that would go to a supervisor. For tools
 * and tests of plugins; what the hooks and calls mean is the same.
 *
 * One thread calls everything here, but for host_direct_stop(), which any thread may call.
 */
#ifndef HOST_DIRECT_H
#define HOST_DIRECT_H

#include <iml/storage_plugin.h>

#include "base/clock.h"
#include "wire/message.h"

struct host;
struct injection;

struct host_direct_options {
	struct message configure;                       /* CONFIGURE; taken over */
	const struct iml_plugin_definition *definition; /* NULL: load configure's file */
	/*
	 * Shared memory that tells another process in which hook this one died; taken over. -1 to
	 * make one, and install no signal handlers.
	 */
	int recorder;
	struct injection *injection; /* of host/inject.h, for examinations; NULL: none */
	/* Takes every message, which stays the sender's; LOG may come from any thread. */
	void (*receive)(void *context, const struct message *message);
	void *context;
};

/*
 * Loads the plugin; LOADED or FAILED is received before this returns. NULL if it can't be loaded.
 * The classes of LOADED live until host_direct_free().
 */
struct host *host_direct_load(const struct host_direct_options *options);

/* Releases a host whose sessions have ended. The shared object stays loaded. */
void host_direct_free(struct host *host);

/* Hands in a message (OPEN, CLOSE, ACKNOWLEDGE, PREPARE), from which parts may be taken. */
void host_direct_handle(struct host *host, struct message *message);

/* Does one thing that is due now: a hook, or the sending of changes. False if nothing was. */
bool host_direct_run(struct host *host);

/* When the next thing is due. False if nothing is planned. */
bool host_direct_next(struct host *host, struct monotonic *due);

/*
 * When changes that are no scan's, but those of the plugin's own threads, are to be sent, which is
 * before any scan that is due then. False if there are none.
 */
bool host_direct_next_changes(struct host *host, struct monotonic *due);

/* Makes the next scan of a session due now, before all others. False if none is planned. */
bool host_direct_hurry(struct host *host, uint32_t session);

/* A descriptor that becomes readable (an eventfd) when host_direct_next() may say something else.
 */
int host_direct_wake(const struct host *host);

/* Asks all sessions to end, as iml_stopping() tells their hooks. */
void host_direct_stop(struct host *host);

/* Sessions that have not ended. */
size_t host_direct_sessions(struct host *host);

#endif
