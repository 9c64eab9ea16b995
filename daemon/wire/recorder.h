/* SPDX-License-Identifier: MIT */
/*
 * The flight recorder: memory that a plugin host shares with the supervisor, in which each worker
 * thread notes what it is about to do. When the process dies, or hangs, the supervisor reads there
 * in which hook and for which scannable. It is written by untrusted code's process: every field is
 * checked when it is read.
 */
#ifndef WIRE_RECORDER_H
#define WIRE_RECORDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* The most workers of a plugin host: for scans, for scans that take too long, and for teardowns. */
#define SCAN_WORKERS_MAX 256
#define SLOW_WORKERS_MAX (SCAN_WORKERS_MAX / 2)
#define ENDING_WORKERS_MAX 32
/* And the one, the first, that is for what can't wait. */
#define RECORDER_WORKERS (1 + SCAN_WORKERS_MAX + SLOW_WORKERS_MAX + ENDING_WORKERS_MAX)

enum hook {
	HOOK_NONE = 0,
	HOOK_LOAD, /* constructors of the shared object */
	HOOK_INITIAL_SCAN,
	HOOK_UPDATE_SCAN,
	HOOK_TEARDOWN,
	HOOK_GET_LABEL,
	HOOK_DEFAULT,
	HOOK_OBFUSCATE,
	HOOK_END
};

/* "initial_scan", …; "?" for numbers out of range. */
const char *hook_name(uint32_t hook);

struct recorder_entry {
	_Atomic uint32_t hook;    /* enum hook */
	_Atomic uint32_t session; /* 0: none */
	_Atomic int64_t since_ns; /* monotonic */
};

struct recorder {
	_Atomic uint32_t
	    fatal_worker;           /* 1 + index of the worker in which a signal or exit() struck */
	_Atomic int32_t fatal_exit; /* 1 if it was exit() */
	_Atomic uint32_t turns;     /* of its main thread, more than one a second */
	struct recorder_entry workers[RECORDER_WORKERS];
};

/* A new recorder in memory that can be shared: its descriptor, or -1 with errno. */
int recorder_create(void);

/* Maps the recorder of a descriptor, which may then be closed. NULL with errno. */
struct recorder *recorder_map(int fd);
void recorder_unmap(struct recorder *recorder);

/*
 * Whether a worker may be the one to blame for an end: that in which it struck, or all if the
 * recorder does not tell.
 */
bool recorder_suspects(const struct recorder *recorder, size_t worker);

/*
 * Appends how a process ended, by its recorder and its status of waitpid(): as ending_describe(),
 * or "the plugin called exit(3)".
 */
void recorder_describe_end(const struct recorder *recorder, int status, struct text *out);

/* Whether a hook that a recorder holds is one. */
bool hook_runs(uint32_t hook);

/* Notes that a worker enters a hook for a session, and that it left it. */
void recorder_enter(struct recorder *recorder, size_t worker, enum hook hook, uint32_t session);
void recorder_leave(struct recorder *recorder, size_t worker);

#endif
