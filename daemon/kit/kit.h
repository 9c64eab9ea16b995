/* SPDX-License-Identifier: MIT */
/*
 * One plugin at work without runner and database: loaded into this process, its hooks run in the
 * caller's thread, what it reports applied to a graph of its own. What a plugin author's tools and
 * tests are made of.
 *
 * One thread uses a kit; kit_stop() alone may be called from any thread.
 */
#ifndef KIT_KIT_H
#define KIT_KIT_H

#include <iml/storage_plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "graph/graph.h"
#include "host/reasons.h"
#include "model/batch.h"
#include "model/typed.h"
#include "wire/message.h"

struct kit;
struct injection;

enum kit_state {
	KIT_CLOSED,  /* no session: not begun, failed or ended */
	KIT_INITIAL, /* its initial scan is due, or runs */
	KIT_FIRST,   /* its first update scan is due */
	KIT_ONLINE
};

/* A scannable and its session. Read by everybody, changed by the functions below. */
struct kit_session {
	struct kit *kit;
	const struct class *class;
	struct graph_resource *scannable; /* with its attributes as they are now */
	enum kit_state state;
	uint32_t number; /* of the session that is open; 0: none */
	char *name;      /* of the scannable when it was opened */
	uint64_t unacknowledged;
	uint64_t scans;    /* batches of scans so far */
	uint64_t failures; /* hooks that failed */
	void *user;        /* the caller's */
	TAILQ_ENTRY(kit_session) next;
};
TAILQ_HEAD(kit_session_list, kit_session);

/* What the caller is told. Any may be NULL. batch is valid during the call. */
struct kit_callbacks {
	/* May come from any thread of the plugin; session is NULL for lines about the plugin. */
	void (*log)(void *context, const char *scannable, int level, const char *line);
	/* A batch was applied to the graph. */
	void (*applied)(void *context, struct kit_session *session, const struct batch *batch);
	/* The session is over; hook and reason are NULL unless a hook failed. */
	void (*ended)(
	    void *context, struct kit_session *session, const char *hook, const char *reason);
	/* One change as graph_collect_notices() describes it; only if kit_options.notices. */
	void (*changed)(void *context, const char *notice);
	/* What the runner would write to its database now; before changed() tells of it. */
	void (*stored)(void *context, const struct changes *changes);
};

struct kit_options {
	const char *name;                               /* of the plugin */
	const char *path;                               /* of the shared object */
	const struct iml_plugin_definition *definition; /* in place of path: linked in */
	int log_level;                                  /* least that is told; 0: LOG_LEVEL_INFO */
	uint32_t period_s;              /* between update scans if the plugin sets none; 0: 5 */
	const struct setting *settings; /* copied */
	size_t setting_count;
	/* isolate.h's shared memory; -1: none. Taken over. */
	int recorder;
	struct injection *injection; /* of host/inject.h, for examinations; NULL: none */
	bool notices;
	struct kit_callbacks callbacks;
	void *context;
};

/*
 * Loads the plugin. NULL with at least one reason if it can't be used. Warnings are added in either
 * case.
 */
struct kit *kit_load(
    const struct kit_options *options, struct reasons *reasons, struct reasons *warnings);

/*
 * Puts an injection, which must outlive the kit, between the plugin and all hosts of this process
 * that it is loaded into. Once; not if kit_options has one.
 */
void kit_inject(struct kit *kit, struct injection *injection);

/* Ends all sessions, tearing them down, and releases everything but the shared object. */
void kit_free(struct kit *kit);

struct graph *kit_graph(const struct kit *kit);
struct class *const *kit_classes(const struct kit *kit, size_t *count);
bool kit_has_update_scan(const struct kit *kit);

/* The scannable class of this name or, for NULL, the plugin's only one. NULL with a reason. */
const struct class *kit_choose_class(
    const struct kit *kit, const char *name, struct reasons *reasons);

/*
 * Makes a scannable known, as the runner does with those of its configuration: reads the
 * attributes, has the plugin obfuscate passwords and run default functions. class NULL stands for
 * the plugin's only scannable class. NULL with reasons. The session is not open yet.
 */
struct kit_session *kit_add(struct kit *kit, const char *class,
    const struct typed_attribute *attributes, size_t count, struct reasons *reasons);

/* Opens a session that is closed: its initial scan is due now. */
void kit_open(struct kit_session *session);

/* Asks a session to end. ended() is called when its teardown is over, which kit_run() does. */
void kit_close(struct kit_session *session);

/* Does one thing that is due (a hook, a batch of changes). False if nothing was. */
bool kit_run(struct kit *kit);

/* When the next thing is due. False if nothing is planned. */
bool kit_next(struct kit *kit, struct monotonic *due);

/* When changes of the plugin's own threads are due, which is before any scan that is due then. */
bool kit_next_changes(struct kit *kit, struct monotonic *due);

/* Makes the next scan of an open session due now, before all others. False if it has none. */
bool kit_hurry(struct kit_session *session);

/* A descriptor that becomes readable when kit_next() may say something else. */
int kit_wake(const struct kit *kit);

/* Asks all sessions to end, also one whose hook runs now. Any thread. */
void kit_stop(struct kit *kit);

/* Whether any session is open. */
bool kit_is_busy(const struct kit *kit);

#endif
