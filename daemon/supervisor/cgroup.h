/* SPDX-License-Identifier: MIT */
/*
 * Control groups (version 2): one for each plugin host, below that of the service, if the service
 * was given it to divide (Delegate= of systemd). They bound memory and tasks of a plugin with all
 * that it starts, and tell whom the kernel killed for want of memory.
 */
#ifndef SUPERVISOR_CGROUP_H
#define SUPERVISOR_CGROUP_H

#include <stdint.h>

#include "base/text.h"
#include "model/class.h"

struct cgroup_limits {
	int64_t memory_max; /* bytes */
	uint32_t tasks_max; /* processes and threads */
};

/* The group of a plugin host. */
struct cgroup {
	int parent; /* that of the service, borrowed */
	int fd;     /* -1: it has none */
	char *name;
	uint64_t past_kills; /* of processes in it, before this one was started */
	uint64_t past_limits;
};
#define CGROUP_NONE ((struct cgroup){.parent = -1, .fd = -1})

/*
 * The directory of the group of this process, which was given to it to divide. The caller frees it.
 * NULL with a reason.
 */
char *cgroup_find(char reason[REASON_SIZE]);

/*
 * Prepares the group in a directory to be divided: this process moves into one below it. Returns
 * its descriptor, or -1 with a reason.
 */
int cgroup_divide(const char *directory, char reason[REASON_SIZE]);

/* Makes the group of a plugin's host. Returns 0, or -1 with a reason. */
int cgroup_make(struct cgroup *cgroup, int parent, const char *plugin,
    const struct cgroup_limits *limits, char reason[REASON_SIZE]);

/* Gives the group other limits. Returns 0, or -1 with errno. */
int cgroup_limit(const struct cgroup *cgroup, const struct cgroup_limits *limits);

/* Moves the calling process into the group. Returns 0, or -1 with errno. */
int cgroup_enter(const struct cgroup *cgroup);

enum cgroup_kill {
	CGROUP_KILL_NONE,
	CGROUP_KILL_LIMIT,  /* the group had all the memory that it may have */
	CGROUP_KILL_MACHINE /* the machine had no more */
};

/* Whether the kernel has killed a process of the group for want of memory since it was made. */
enum cgroup_kill cgroup_find_kill(const struct cgroup *cgroup);

/* Kills what is left in the group, and removes it, or what becomes of it is used by the next. */
void cgroup_remove(struct cgroup *cgroup);

#endif
