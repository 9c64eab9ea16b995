/* SPDX-License-Identifier: MIT */
/*
 * Watches, in a thread of its own, over what can't wait for the end of a hook: signals, a file that
 * changes, a hook that takes long. It has the sessions of a kit end.
 */
#ifndef KIT_GUARD_H
#define KIT_GUARD_H

#include <stdbool.h>

#include "kit/file_watch.h"
#include "kit/kit.h"

enum guard_reason {
	GUARD_NONE = 0,
	GUARD_SIGNAL,
	GUARD_FILE /* the file changed */
};

/* All functions are called from the guard's thread. */
struct guard_options {
	int signals;             /* a signalfd of what asks to stop */
	struct file_watch *file; /* NULL: none. Is the guard's until guard_free() */
	int recorder;            /* that of the kit; stays the caller's */
	int64_t overdue_ns;      /* how long a hook runs until overdue() is told, once per call */
	void (*overdue)(void *context, const char *hook);
	/* All is to end, and waits for a hook (NULL: none runs). */
	void (*stopping)(void *context, enum guard_reason reason, const char *hook);
	/*
	 * Nothing more is waited for: a stop was asked for the second time, or before a plugin was
	 * loaded; or a hook held up a changed file for overdue_ns. Ends the process.
	 */
	void (*give_up)(void *context, enum guard_reason reason, const char *hook);
	void *context;
};

struct guard;

struct guard *guard_start(const struct guard_options *options);
void guard_free(struct guard *guard);

/* Gives the guard the kit to stop; NULL takes it back, after which the kit may be freed. */
void guard_set_kit(struct guard *guard, struct kit *kit);

/* Why all is to end, and a descriptor that can be read from then on. */
enum guard_reason guard_reason(const struct guard *guard);
int guard_stop(const struct guard *guard);

#endif
