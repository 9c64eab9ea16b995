/* SPDX-License-Identifier: MIT */
/*
 * One run of the plugin for one scannable: its resources, what of them has not been sent yet, and
 * its life:
 *
 *	open -> scanning -> committing -> idle -> scanning -> …	-> closing -> teardown -> free
 *
 * A scan that is due does not wait for the batches of the two update scans before to be
 * acknowledged, but for those before them: at most three batches of a session are unacknowledged.
 * After the initial scan nothing is due before its own acknowledgement (committing). Changes that
 * the plugin's own threads make in the idle state are sent shortly after, once everything is
 * acknowledged; in any other state they wait for the next batch. A session that is to end waits a
 * moment for its acknowledgements, so that the last changes can be sent before teardown. In place
 * of an update scan that the plugin does not have nothing is run, and the batch is sent.
 */
#ifndef HOST_SESSION_H
#define HOST_SESSION_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/clock.h"
#include "host/host_internal.h"
#include "host/resource.h"
#include "host/sampling.h"
#include "model/batch.h"

#define HOST_SESSION_MAGIC 0x48534553u

enum host_session_state {
	HOST_SESSION_FREE = 0,   /* of no use at present; the memory stays a session */
	HOST_SESSION_OPEN,       /* waits for a worker to run initial_scan */
	HOST_SESSION_SCANNING,   /* a worker runs a scan */
	HOST_SESSION_COMMITTING, /* nothing may be sent before an acknowledgement */
	HOST_SESSION_IDLE,       /* waits for the next scan, or a change */
	HOST_SESSION_CLOSING,    /* waits for a worker to run teardown */
	HOST_SESSION_TEARDOWN,   /* a worker runs teardown */
	HOST_SESSION_STATE_END
};

/* Numbers that accumulate. */
struct number_list {
	uint32_t *items;
	size_t count;
	size_t capacity;
};

/* What the next batch will hold besides the changes of resources. */
struct unsent {
	struct number_list removed;    /* resources that the supervisor knows */
	struct number_list incomplete; /* classes */
	struct number_list forgotten;  /* removed resources that samples below belong to */
	struct number_list vacated;    /* those of them that the supervisor does not know */
	struct histogram *histograms;
	size_t histogram_count;
	size_t histogram_capacity;
	uint32_t refused;
	char *diagnostic;
};

/* The values of a report while it is checked; one entry per attribute. */
struct stage {
	size_t size; /* the most attributes of any class */
	struct value *values;
	struct host_resource **targets; /* of references */
	bool *given;
};

struct complaint_place;

/* Everything is under lock unless it says otherwise. */
struct host_session {
	/* These stay as they are from one use of the memory to the next. */
	uint32_t magic;
	pthread_mutex_t lock;     /* recursive: label and default functions call back */
	struct queue_entry scan;  /* in queue: the next hook */
	struct queue_entry flush; /* in host->prompt: a batch of changes */

	struct host *host; /* NULL: of no use at present */
	uint32_t number;
	uint64_t handle;
	enum host_session_state state;
	struct host_session *next_free;
	UT_hash_handle by_number; /* in host->sessions, under host->lock */

	/* resources */
	struct host_resource *scannable;
	struct host_resource *resources; /* hash by key */
	struct host_resource_list *by_class;
	uint32_t last_resource;    /* highest number so far */
	struct number_list vacant; /* lower ones that no resource has */
	uint64_t last_visit;       /* stamp of the last walk through the ancestors */
	struct stage stage;
	struct host_resource *unborn;  /* is being made */
	struct host_resource *filling; /* its default functions run: only it may change */
	bool labelling;                /* a label function runs: nothing may change */

	/* not sent yet */
	struct host_resource_list changed;
	struct host_resource_list watched; /* a condition awaits its next judgement */
	struct host_link_list changed_links;
	struct unsent unsent;
	struct sampling sampling;

	/* schedule */
	struct monotonic next_scan; /* the entries above say when a worker looks again */
	bool scan_wanted;
	struct monotonic flush_due;
	bool flush_wanted;
	uint32_t period_s;
	uint64_t last_batch;
	uint64_t acknowledged; /* this batch, and those before */
	enum batch_kind last_kind;
	bool entered;                 /* initial_scan was, so teardown has to be */
	bool stopping;                /* the supervisor wants it to end */
	bool is_slow;                 /* its last scan took longer than its period */
	struct deadline_queue *queue; /* of the host, that scan was last put in; NULL: none yet */
	enum hook hook;               /* that runs, or ran last */

	/* what the plugin asked for */
	void *private;
	bool report_unchanged;
	char *fail_reason;
	struct monotonic clock_told; /* that the clock is behind the samples */
	struct complaint_place *complaints;
};

/* ---- main thread ---- */

void host_session_open(struct host *host, const struct message_open *open);
void host_session_close(struct host *host, uint32_t number);
void host_sessions_close(struct host *host);
void host_session_acknowledge(struct host *host, uint32_t number, uint64_t batch);

/* Notes which server a virtual machine stands for, which the plugin may read. */
void host_session_associate(struct host *host, const struct message_associate *message);

/* Makes the next scan of a session due now, before all others. False if none is planned. */
bool host_session_hurry(struct host *host, uint32_t number);

/* ---- any thread, with the session locked ---- */

/* Something changed that is to be sent: sees to it, unless a batch is coming anyway. */
void host_session_touch_locked(struct host_session *session);

/* Sets the period if initial_scan runs; returns false if it is too late. */
bool host_session_set_period_locked(struct host_session *session, uint32_t seconds);

/* ---- any thread ---- */

/*
 * A session of no number, which runs no hook and sends nothing, and in it a scannable with these
 * values (one per attribute, copied), whose default functions can be run. It is locked until it is
 * given back.
 */
struct host_resource *host_session_borrow(
    struct host *host, uint32_t class, const struct value *values);
void host_session_give_back(struct host_session *session);

/* Takes its next hook out of whichever queue it is in. */
void host_session_unqueue_locked(struct host_session *session);

void host_session_lock(struct host_session *session);
void host_session_unlock(struct host_session *session);

/* The session whose hook this thread runs, or NULL. */
struct host_session *host_session_running(void);

const char *host_session_state_name(enum host_session_state state);

void number_list_add(struct number_list *list, uint32_t number);

/*
 * Drops the samples of resources that were removed before they were sent, so that their numbers are
 * vacant; unless there are few of them, compared with the samples that have to be looked through.
 */
void unsent_forget(struct host_session *session);

#endif
