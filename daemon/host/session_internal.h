/* SPDX-License-Identifier: MIT */
/*
 * What the life of a session (session.c) and the memory of sessions (session_pool.c) share.
 */
#ifndef HOST_SESSION_INTERNAL_H
#define HOST_SESSION_INTERNAL_H

#include "host/session.h"

/* ---- session.c ---- */

void host_session_set_state(struct host_session *session, enum host_session_state state);

/* Does what is due for a session: the run of its entry scan. */
void host_session_run_due(struct worker *worker, struct queue_entry *entry);

/* Sends what changed outside of scans: the run of its entry flush. */
void host_session_run_flush(struct worker *worker, struct queue_entry *entry);

/* ---- session_pool.c ---- */

/* A locked session in its first state, with its copy of the scannable. */
struct host_session *host_session_take(struct host *host, const struct message_open *open);

/*
 * Makes every handle of a locked session invalid, releases all that it holds, and unlocks it. It is
 * found no more, but its host and number stay until it is kept for the next use.
 */
void host_session_empty(struct host_session *session);
void host_session_keep(struct host_session *session);

#endif
