/* SPDX-License-Identifier: MIT */
/*
 * A private PostgreSQL cluster in the runner's state directory, for trying the runner out, for
 * development and for tests: created when missing, listening on a Unix socket in a directory of
 * its own only, started as a child process, stopped with the runner, and by the kernel when the
 * runner is killed. As root it runs as another user, since PostgreSQL refuses to run as root.
 */
#ifndef STORE_EMBEDDED_H
#define STORE_EMBEDDED_H

#include <stdbool.h>
#include <sys/types.h>

#include "model/class.h"

struct event_base;
struct embedded;

struct embedded_options {
	const char *directory; /* of the cluster; made when missing */
	const char *user; /* to run as when the runner is root; NULL: "postgres", else "nobody" */
	const char *bin_directory; /* of initdb and postgres; NULL: found by itself */
	/* The server failed and will not come back by itself. */
	void (*failed)(void *context, const char *reason);
	void *context;
};

/*
 * Begins to create (if need be) and start the cluster, without waiting for it. The database can be
 * connected to with embedded_conninfo() as soon as it answers. If a server of an earlier runner
 * still runs there it is waited for or taken down first. NULL with a reason that names the remedy.
 */
struct embedded *embedded_start(
    struct event_base *base, const struct embedded_options *options, char reason[REASON_SIZE]);

/* For store_new(). Valid until embedded_free(). */
const char *embedded_conninfo(const struct embedded *embedded);

/* Begins a fast shutdown. */
void embedded_stop(struct embedded *embedded);

/* Whether a process of the cluster still runs. */
bool embedded_is_running(const struct embedded *embedded);

/* Tells of the end of a child process; true if it was one of the cluster's. */
bool embedded_child_ended(struct embedded *embedded, pid_t pid, int status);

/* Why it can't be connected to yet, in words; NULL if its server has been started. */
const char *embedded_waiting(const struct embedded *embedded);

/* Releases it; what still runs is ended at once, which takes 3 s at most. */
void embedded_free(struct embedded *embedded);

#endif
