/* SPDX-License-Identifier: MIT */
/*
 * PostgreSQL, driven from the event loop without ever blocking it: connects, migrates the schema,
 * loads what is stored, writes changes in order, a transaction each, reconnects with back-off.
 * Between transactions it tends the statistics: partitions, and frames of coarser resolutions.
 *
 * Life: CONNECTING → MIGRATING → LOADING (the first time only) → READY ⇄ READING, WRITING or
 * TENDING, and from any of these back to WAITING when the connection is lost. Changes in flight at
 * that moment are written again: a transaction may have been committed without our knowing, and
 * writing it twice does no harm.
 *
 * Changes are written one after the other, but the server need not wait for the next ones: if these
 * and those in flight are nothing but samples, they are sent before the server has answered.
 *
 * A transaction that fails is written again, too, until it succeeds. Only where the server refuses
 * what is in a row (SQLSTATE class 22, 23 or 54) that would never be: then the rows that it refuses
 * are found, told as errors, and left out, so that one of them does not keep all others away.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/durations.h"
#include "model/record.h"

struct event_base;
struct store;

enum store_state {
	STORE_WAITING, /* for the next attempt to connect */
	STORE_CONNECTING,
	STORE_MIGRATING,
	STORE_LOADING,
	STORE_READY,
	STORE_READING, /* what the manager asks for */
	STORE_WRITING,
	STORE_TENDING, /* partitions and condensed frames */
	STORE_STOPPED
};
const char *store_state_name(enum store_state state);

/* Whether the database can be used in this state. */
bool store_state_is_usable(enum store_state state);

/* How finely statistics are kept: as samples, and by 1 min, 5 min, 1 h and 1 d. */
#define STORE_RESOLUTIONS 5

struct store_statistics {
	uint64_t transactions; /* committed */
	uint64_t failures;     /* transactions that failed and were tried again */
	uint64_t reconnects;
	uint64_t rows;     /* written or removed */
	uint64_t left_out; /* rows that the server refused */
	uint64_t samples;  /* written */
	uint64_t samples_refused;
	uint64_t samples_out_of_time; /* older than they are kept, or of a time to come */
	struct durations durations;   /* of transactions that were committed */
};

struct store_callbacks {
	/* What the database holds, while loading, in this order. Rows belong to the store. */
	void (*counters)(void *context, const struct counters *counters);
	void (*class)(void *context, const struct class_row *row);
	void (*resource)(void *context, const struct resource_row *row);
	void (*parent)(void *context, const struct parent_row *row);
	void (*reporter)(void *context, const struct reporter_row *row);
	void (*alert)(void *context, const struct alert_row *row); /* active ones */
	void (*silence)(void *context, const struct silence_row *row);
	void (*server)(void *context, const struct server_row *row);
	void (*peer)(void *context, const struct server_peer_row *row);
	void (*volume)(void *context, const struct volume_row *row);
	void (*volume_node)(void *context, const struct volume_node_row *row);
	void (*cohort)(void *context, const struct cohort_row *row); /* by id */
	void (*slot)(void *context, const struct slot_row *row);
	void (*gap)(void *context, const struct gap_row *row); /* open ones */
	void (*pause)(void *context, const struct pause_row *row);
	/* Everything was loaded; once. */
	void (*loaded)(void *context);

	/*
	 * What the manager asks for, once: the next changes that are taken have it among those that
	 * are done, and it comes again after a restart if they are not committed.
	 */
	void (*request)(void *context, const struct request_row *row);

	/*
	 * The next changes to write, or NULL. Asked when READY, after store_kick() and
	 * store_offer(), and while others are in flight.
	 */
	struct changes *(*take)(void *context);
	/* These changes are committed. The callee frees them. */
	void (*committed)(void *context, struct changes *changes);
	/* The state changed; reason in words, or NULL. Not called between usable ones. */
	void (*state)(void *context, enum store_state state, const char *reason);
	/*
	 * The database can't be used as it is and waiting for it is of no use: at start-up a newer
	 * schema, missing rights, another runner on it; later a database that is not the one that
	 * was loaded (restored from a backup, for example). The store is STOPPED.
	 */
	void (*fatal)(void *context, const char *reason);
};

/*
 * Whether libpq can read a conninfo; else the reason, without anything of it that may be secret,
 * tells how to write one.
 */
bool store_check_conninfo(const char *conninfo, char reason[REASON_SIZE]);

/*
 * A conninfo that can be read, with the password that is the only line of a file, in place of its
 * own. The caller frees it. NULL with a reason, which does not have the password.
 */
char *store_conninfo_with_password(
    const char *conninfo, const char *path, char reason[REASON_SIZE]);

/*
 * A store for the database of conninfo (anything libpq takes), not connected yet. Retries wait
 * from 100 ms up to retry_max_ms.
 */
struct store *store_new(struct event_base *base, const char *conninfo, int64_t retry_max_ms,
    const struct store_callbacks *callbacks, void *context);

/* How long the server may take, in milliseconds, before what it does is given up and tried again.
 */
struct store_limits {
	int64_t statement_ms;
	int64_t lock_ms; /* for a lock that others hold */
};

/* Limits other than 10 min and 15 s, for connections to come. */
void store_set_limits(struct store *store, const struct store_limits *limits);

/*
 * How long frames of each resolution are kept, in seconds: 1 d, 3 d, 7 d, 30 d and 70,000 d until
 * this is called, which may be at any time.
 */
void store_set_retention(struct store *store, const int64_t retention_s[STORE_RESOLUTIONS]);

/* Begins to connect. */
void store_start(struct store *store);

/* There may be changes to take. Cheap; may be called at any time. */
void store_kick(struct store *store);

/*
 * The same for changes that are to be a transaction of their own: they are taken at once, if none
 * wait before them. Not from a callback.
 */
void store_offer(struct store *store);

/* Tries to connect now rather than at the end of the wait. */
void store_retry_now(struct store *store);

enum store_state store_state(const struct store *store);
const struct store_statistics *store_statistics(const struct store *store);

/* Why the last transaction failed and is tried again, or NULL. Valid until the next event. */
const char *store_write_error(const struct store *store);

/* What tells the database from others, and how many transactions it had. While loading, and later.
 */
const char *store_identity(const struct store *store);
int64_t store_revision(const struct store *store);

/* Gives how many changes were taken and are not committed yet, and which, in order. */
#define STORE_IN_FLIGHT_MOST 2
size_t store_in_flight(
    const struct store *store, const struct changes *in_flight[STORE_IN_FLIGHT_MOST]);

/* Closes the connection at once and releases everything; changes in flight are freed. */
void store_free(struct store *store);

#endif
