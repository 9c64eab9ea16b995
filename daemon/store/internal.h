/* SPDX-License-Identifier: MIT */
/*
 * What the files of the store share. One connection does one thing at a time: it answers one
 * question (store_ask) or takes transactions (write.c), one and at most the next behind it.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#ifdef _PTHREAD_H
#error "the store belongs to the supervisor, which has no threads"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <libpq-fe.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "model/record.h"
#include "store/array.h"
#include "store/condense.h"
#include "store/connector.h"
#include "store/partition.h"
#include "store/store.h"

/* The oldest server that can be used, as libpq counts. */
#define OLDEST_SERVER 150000

/* A trouble that lasts, to be told when it begins, now and then, and when it ends. */
struct store_trouble {
	bool on;
	bool told;
	struct monotonic since;
	struct monotonic told_at;
};

/* How a transaction is written; raised when the server refuses what is in it. */
enum write_care {
	WRITE_PLAIN,   /* in one go */
	WRITE_CAREFUL, /* statement by statement; rows that the server refuses are left out */
	WRITE_STRICT   /* the same, and each statement has to keep all constraints */
};

struct writer {
	bool open;         /* a transaction is being written */
	bool ahead;        /* and that of the next changes behind it */
	bool rolling_back; /* after a failed one */
	bool failed;
	bool refused;   /* failed for what is in a row, so that trying again is of no use */
	bool committed; /* the server said so */
	const struct changes *changes; /* that are being sent: in flight, or the next */
	bool complete;                 /* everything of them was handed to libpq */
	bool present;                  /* all frames are of the partition of the present */
	size_t part;                   /* the next rows to send */
	size_t row;
	uint64_t rows; /* written or removed so far */

	enum write_care care; /* the next three are of use unless it is plain */
	size_t limit;         /* rows of the next statement at most */
	size_t first;         /* row that the last statement begins with */
	size_t left_out;      /* rows of this transaction */
	size_t samples;       /* of frames that are not left out */

	int64_t revision; /* the highest one that was sent: the database may have it */
	struct monotonic begun;

	struct backoff wait;
	struct store_trouble trouble;
	char *error; /* why the last attempt failed; NULL after a good one */
};

/*
 * Where to connect: lists of equal length for libpq, in place of those of the conninfo. An entry of
 * hostaddr or port may be empty.
 */
struct endpoints {
	const char *host;
	const char *hostaddr;
	const char *port;
};

struct resolve_options {
	const char *nameserver; /* "127.0.0.1:53", in place of /etc/resolv.conf; or NULL */
	int64_t limit_ms;
	/*
	 * Called once, from the event loop. endpoints: NULL if not one host is known. reason: names
	 * the hosts that are not, and the remedy; NULL if all are. Both are valid during the call.
	 */
	void (*done)(void *context, const struct endpoints *endpoints, const char *reason);
	void *context;
};

/* A question to the server. Neither function frees the result. */
struct question {
	const char *sql;            /* one or more statements; one if there are parameters */
	const char *parameter;      /* a text, or NULL */
	const struct array *arrays; /* or these */
	size_t array_count;
	bool binary;      /* the answer; of one statement only */
	const char *name; /* to prepare the statement under, in place of running it; or NULL */
	/* Gets each row as it comes, unless it is NULL. */
	void (*row)(struct store *store, PGresult *result);
	/* Gets the last result. */
	void (*answered)(struct store *store, PGresult *result);
	/* Gets a failure that leaves the connection as it is; NULL: that ends the connection, too.
	 */
	void (*failed)(struct store *store, PGresult *result);
};

/* How the statistics stand, and what is done for them between transactions. */
struct tending {
	int64_t retention_s[STORE_RESOLUTIONS];
	bool retention_is_new; /* the database is to be told of it */
	bool is_read;          /* what follows is what the database has */
	struct partitions partitions[STORE_RESOLUTIONS];
	/* Every interval that ends at or before this has its frames; INT64_MIN: none was made. */
	int64_t condensed_us[STORE_RESOLUTIONS];
	bool may_be_late[STORE_RESOLUTIONS]; /* there may be frames that are to be made again */

	struct condenser *condenser;
	struct condenser *late_condenser;
	int64_t next_us; /* what the resolution is condensed until when the step is done */

	struct partition present; /* that FRAMES_PRESENT writes into; all 0: it is not prepared */
	bool present_failed;      /* so that it is not used */

	unsigned resolution;         /* of the partition that is being made or dropped */
	struct partition partition;  /* that one */
	struct monotonic not_before; /* after a failure */
	struct backoff wait;
	struct store_trouble trouble;
	struct monotonic drop_not_before; /* after others held what is to be dropped */
	struct backoff drop_wait;
	struct store_trouble drop_trouble;
	size_t left_out;                /* frames that were, and that is yet to be told */
	struct monotonic left_out_told; /* 0: never */
};

struct store {
	struct event_base *base;
	char *conninfo;
	const char *nameserver; /* as of struct resolve_options */
	struct store_callbacks callbacks;
	void *context;

	struct store_limits limits;
	struct monotonic heard; /* when the server sent something, or was asked something anew */

	enum store_state state;
	struct store_statistics statistics;
	struct backoff wait;
	struct store_trouble outage;
	struct monotonic connected_at;

	struct connector *connector;
	struct store_trouble unresolved; /* some of several hosts */
	PGconn *connection;              /* the connector's, NULL until it stands */
	struct event *timer;             /* ends the wait, or is the limit, of the state */
	struct event *kick;
	struct event *second; /* looks every second for what is due */

	size_t pending; /* results that are still to come */
	void (*row)(struct store *store, PGresult *result);
	void (*answered)(struct store *store, PGresult *result);
	void (*failed)(struct store *store, PGresult *result);
	PGresult *answer; /* the last result of the question that is being answered */

	struct connector *probe; /* a second connection, to see whether both have one session */
	PGconn *probe_connection;
	bool is_probing;
	int session; /* of the first one, as the server numbers them */

	struct store_trouble locked;   /* by another runner */
	struct store_trouble careless; /* a person has to do something about the schema */
	bool may_migrate;              /* our role may change the schema */
	char *owner;                   /* the role to be while doing so; NULL: ours */
	int64_t revision;              /* of the database, as we left it */
	char *identity;                /* of the database; NULL until it is known */

	bool loaded;            /* everything; then the next two are of no use */
	size_t load_step;       /* how far loading got, to be continued after a lost connection */
	uint64_t load_rows;     /* of the step */
	struct class_row class; /* read in part */
	size_t class_capacity;  /* of its statistics */

	bool requests_waiting; /* there may be some that were not read */
	bool requests_handed;  /* to be deleted with the next changes; read no others before */
	bool has_asked;        /* for them, since the statistics were tended last */

	struct monotonic next_turn; /* when what else is due comes before changes */
	bool follows;               /* what is in flight was sent ahead, past what else is due */
	struct changes *in_flight;
	struct changes *next; /* taken, and not in flight yet */
	struct writer writer;
	struct tending tending;
};

/* ---- store.c ---- */

/* reason: in words, or NULL. */
void store_set_state(struct store *store, enum store_state state, const char *reason);

/* Closes the connection and waits for the next attempt; takes what is in flight along. */
void store_lost(struct store *store, const char *reason);

/* Disconnects, tells what a person has to do, and looks again after the wait. */
void store_await_care(struct store *store, const char *reason);

/* Gives up. */
void store_give_up(struct store *store, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the wait of the state, or its limit, after this time. */
void store_set_timer(struct store *store, int64_t ms);

/* The same after the next wait. */
void store_wait(struct store *store, struct backoff *wait);

/* The next state, each called by the one before. */
void store_pooler_checked(struct store *store);
void store_migrated(struct store *store);
void store_has_loaded(struct store *store);
void store_statistics_read(struct store *store);
void store_prepared(struct store *store);
void store_written(struct store *store);

/* Writes what is in flight, or first makes what that needs. */
void store_begin_writing(struct store *store);

/*
 * Logs that the trouble is on: when it has lasted for quiet_ns, and then once a minute. The first
 * call begins it.
 */
void store_tell_trouble(
    struct store_trouble *trouble, int64_t quiet_ns, const char *what, const char *reason);
/* Logs that it is over, "what after 3 min", if it was told. */
void store_end_trouble(struct store_trouble *trouble, const char *what);

/* ---- connect.c ---- */

/* Begins an attempt to connect. What the conninfo says overrides the defaults for it. */
void store_connect(struct store *store);

/* Closes the connection, if there is one, and ends the timer. */
void store_disconnect(struct store *store);

/*
 * Appends the statements that make a session fit for the store: limits, and what lets the server
 * find out when this machine is gone.
 */
void store_append_settings(const struct store *store, struct text *sql);

/* Gives the connection up if the server owes an answer for longer than it may take. */
void store_check_silence(struct store *store);

/* As store_lost(), for the reason that libpq or the server gave. */
void store_lost_by_error(struct store *store);

/* Sends what libpq holds back; true if nothing is left. False too when the connection was lost. */
bool store_flush(struct store *store);

/* What the store does with its connector. */
extern const struct connector_callbacks store_connector_callbacks;

/* Whether the conninfo is nothing but the name of a database. */
bool store_conninfo_is_name(const char *conninfo);

/* A message of libpq as one line. The caller frees it. */
char *store_one_line(const char *message);

/* ---- resolve.c ---- */

/*
 * Begins to resolve the host names for which libpq would block: those of the conninfo, or of the
 * service file and the environment. NULL if there are none.
 */
struct resolve *resolve_start(
    struct event_base *base, const char *conninfo, const struct resolve_options *options);

/* Releases it at any time, in done() too; done() is not called any more. */
void resolve_free(struct resolve *resolve);

/* ---- ask.c ---- */

/*
 * Sends a question (one or more statements, with one text parameter unless it is NULL). row gets
 * each row as it comes, unless it is NULL; answered gets the last result. What fails is handled
 * here. Neither function frees the result.
 */
void store_ask(struct store *store, const char *sql, const char *parameter,
    void (*row)(struct store *store, PGresult *result),
    void (*answered)(struct store *store, PGresult *result));

void store_put_question(struct store *store, const struct question *question);

/* Hands on every result that has arrived. */
void store_take_results(struct store *store);

/* "permission denied for schema storage (SQLSTATE 42501); detail; hint". The caller frees it. */
char *store_error_text(const PGresult *result);

/* The text in a column of the first row, or NULL, as long as the result lives. */
char *store_text_at(const PGresult *result, int column);

/* A number, or whether there is "t", in a column of the first row, which is not null. */
int64_t store_number_at(const PGresult *result, int column);
bool store_is_true(const PGresult *result, int column);

/* Whether the error ends the connection, or is better met with another one. */
bool store_error_loses_connection(const PGconn *connection, const PGresult *result);

/* ---- pooler.c ---- */

/* Finds out whether the connection has a session of its own; then store_pooler_checked(). */
void store_check_pooler(struct store *store);

/* Goes on if it was still about that, and is true then. */
bool store_pooler_timeout(struct store *store);

/* Ends it. */
void store_pooler_stop(struct store *store);

extern const struct connector_callbacks store_probe_callbacks;

/* ---- migrate.c ---- */

/* Makes sure of the database: ours alone, and its schema the newest. */
void store_migrate(struct store *store);
void store_migrate_timeout(struct store *store);

/* ---- load.c ---- */

/* Loads what the database holds, or goes on where a lost connection ended it. */
void store_load(struct store *store);
void store_load_clear(struct store *store);

/* ---- request.c ---- */

/* Where the schema's functions say that there are requests. */
#define REQUEST_CHANNEL "storage_manager"

/* Reads what the manager asks for, and is READY again then. */
void store_read_requests(struct store *store);

/* ---- tend.c ---- */

/* Reads how the statistics stand in the database; then store_statistics_read(). */
void store_tend_open(struct store *store);

/* Begins what is due, and is READY again then. False if nothing is. */
bool store_tend(struct store *store);

/*
 * Whether there is a partition for every frame in flight. If not it makes one, and begins to write
 * then. Frames that have expired, or are of a day to come, are left out before.
 */
bool store_tend_before_writing(struct store *store);

/* The same for the next changes, but makes none. */
bool store_tend_before_writing_ahead(struct store *store);

/* Goes on after a failure while changes are in flight. */
void store_tend_timeout(struct store *store);

void store_tend_clear(struct store *store);

/* How far the time of a sample may be from that of its frame. */
#define FRAME_REACH_S 60

/* Leaves the pipeline for questions. False if that lost the connection. */
bool store_begin_step(struct store *store);

/* Goes back to writing: by itself, after a step that went well, or after one that failed. Then the
 * next one begins after a while, for which what is in flight may have to wait. */
void store_end_step(struct store *store);
void store_step_done(struct store *store);
void store_step_failed(struct store *store, PGresult *result);

/* ---- tend_partition.c ---- */

/* Whether there is a partition for a time. */
bool store_has_partition(const struct store *store, unsigned resolution, int64_t time_us);

/* Makes the partition for a time that has none, as a step or the end of one. */
void store_make_partition(struct store *store, unsigned resolution, int64_t time_us);

/* Steps, each false if it is not due: partitions of this time and of the next. */
bool store_make_ahead(struct store *store);
bool store_drop_expired(struct store *store);

/*
 * The same: prepares the statement that writes frames right into the partition of the present,
 * which takes the server less time than to find it for each frame.
 */
bool store_prepare_present(struct store *store);

/* Whether that can write all frames of these changes. */
bool store_frames_are_present(const struct store *store, const struct changes *changes);

/* ---- tend_condense.c ---- */

/* A step: frames of intervals that have ended. */
bool store_condense(struct store *store);

/*
 * Takes a row of finer frames: cohort, statistic, bin, interval (if they are late), time and
 * payload (nulls: there is none), whether it is a counter. One that can't be read is told and left
 * out.
 */
void store_take_part(struct condenser *condenser, const PGresult *result);

/*
 * Appends the beginning of a statement, for which the columns of frames that were made are
 * parameters: as "u" and, but for those that are null, in the table.
 */
void store_append_make_frames(unsigned resolution, struct text *sql);

/* ---- tend_late.c ---- */

/* A step: frames that are to be made again. */
bool store_condense_late(struct store *store);

/* ---- write.c ---- */

/* Prepares what is written most; then store_prepared(). */
void store_prepare(struct store *store);

/* Writes what is in flight. */
void store_write(struct store *store);
/*
 * Whether the next changes may be sent before what is in flight is committed, if they are frames of
 * the present alone. So are those in flight: no two of them have one key, so that it does not
 * matter which are stored first.
 */
bool store_can_write_ahead(const struct store *store);
/* Sends them. */
void store_write_ahead(struct store *store);
/* They are in flight now; what was is committed. */
void store_write_goes_on(struct store *store);
/* Sends more of it, once everything sent so far has left. */
void store_write_more(struct store *store);
/* Takes a result of the transaction over, or NULL at the end of those of each statement. */
void store_write_result(struct store *store, PGresult *result);
/* Writes again after a failure. */
void store_write_timeout(struct store *store);
/* Forgets what was sent: the connection is gone. */
void store_write_interrupted(struct store *store);

#endif
