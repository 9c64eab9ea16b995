/* SPDX-License-Identifier: MIT */
#include "supervisor/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/memory.h"

#define CGROUP_MOUNT "/sys/fs/cgroup"

/* Where the runner itself is: processes are in the leaves of the tree only. */
#define OWN_GROUP "runner"

/* ---- files of a group ---- */

/* Writes a value to a file of a group. Returns 0, or -1 with errno. */
static int write_value(int group, const char *name, const char *value)
{
	int fd = openat(group, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t length = fd >= 0 ? write(fd, value, strlen(value)) : -1;
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return length >= 0 ? 0 : -1;
}

static int write_number(int group, const char *name, int64_t number)
{
	char value[24];

	snprintf(value, sizeof(value), "%" PRId64, number);
	return write_value(group, name, value);
}

/* The number on the line "NAME NUMBER" of memory.events; 0 if there is none. */
static uint64_t read_event(int group, const char *name)
{
	int fd = openat(group, "memory.events", O_RDONLY | O_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char event[32];
	uint64_t number, found = 0;

	if (file == NULL)
		return 0;
	while (fscanf(file, "%31s %" SCNu64, event, &number) == 2)
		if (strcmp(event, name) == 0)
			found = number;
	fclose(file);
	return found;
}

/* Opens a group below another, and makes it if it is not there. -1 with errno. */
static int open_below(int parent, const char *name)
{
	if (mkdirat(parent, name, 0755) != 0 && errno != EEXIST)
		return -1;
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* ---- that of the service ---- */

/* The path of the group of this process in the tree of version 2; NULL: it is in none. */
static char *own_path(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[4096];
	char *path = NULL;

	if (file == NULL)
		return NULL;
	while (path == NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "0::/", 4) == 0)
			path =
			    xasprintf(CGROUP_MOUNT "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
	fclose(file);
	return path;
}

/* Whether systemd has marked a group as given to its service. Who may write to it says less. */
static bool is_delegated(const char *directory)
{
	static const char *const marks[] = {"user.delegate", "trusted.delegate"};
	char value;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (getxattr(directory, marks[i], &value, 1) == 1 && value == '1')
			return true;
	return false;
}

char *cgroup_find(char reason[REASON_SIZE])
{
	char *directory = own_path();

	if (directory == NULL || access(CGROUP_MOUNT "/cgroup.controllers", F_OK) != 0) {
		reason_write(reason, "this machine has no control groups of version 2");
	} else if (!is_delegated(directory)) {
		reason_write(reason,
		    "the control group %s is not the runner's to divide (Delegate= in its unit)",
		    directory);
	} else {
		return directory;
	}
	free(directory);
	return NULL;
}

int cgroup_divide(const char *directory, char reason[REASON_SIZE])
{
	int group = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int own = group >= 0 ? open_below(group, OWN_GROUP) : -1;
	const char *failed = NULL;

	if (own < 0)
		failed = "the control group " OWN_GROUP " can't be made in it";
	else if (write_value(own, "cgroup.procs", "0") != 0)
		failed = "the runner can't move in it";
	else if (write_value(group, "cgroup.subtree_control", "+memory +pids") != 0)
		failed = "memory and tasks can't be bounded in it";
	if (failed != NULL)
		reason_write(reason, "%s: %s: %s", directory, failed, strerror(errno));
	if (own >= 0)
		close(own);
	if (failed != NULL && group >= 0)
		close(group);
	return failed == NULL ? group : -1;
}

/* ---- those of the plugin hosts ---- */

int cgroup_limit(const struct cgroup *cgroup, const struct cgroup_limits *limits)
{
	if (write_number(cgroup->fd, "memory.max", limits->memory_max) != 0)
		return -1;
	return write_number(cgroup->fd, "pids.max", limits->tasks_max);
}

int cgroup_make(struct cgroup *cgroup, int parent, const char *plugin,
    const struct cgroup_limits *limits, char reason[REASON_SIZE])
{
	*cgroup = (struct cgroup){.parent = parent, .name = xasprintf("host-%s", plugin)};
	cgroup->fd = open_below(parent, cgroup->name);
	/* A plugin without its helper is no better than none: the kernel ends them together. */
	if (cgroup->fd < 0 || cgroup_limit(cgroup, limits) != 0 ||
	    write_value(cgroup->fd, "memory.oom.group", "1") != 0) {
		reason_write(reason, "%s: %s", cgroup->name, strerror(errno));
		cgroup_remove(cgroup);
		return -1;
	}
	cgroup->past_kills = read_event(cgroup->fd, "oom_kill");
	cgroup->past_limits = read_event(cgroup->fd, "oom");
	return 0;
}

int cgroup_enter(const struct cgroup *cgroup)
{
	return write_value(cgroup->fd, "cgroup.procs", "0");
}

enum cgroup_kill cgroup_find_kill(const struct cgroup *cgroup)
{
	if (cgroup->fd < 0 || read_event(cgroup->fd, "oom_kill") <= cgroup->past_kills)
		return CGROUP_KILL_NONE;
	return read_event(cgroup->fd, "oom") > cgroup->past_limits ? CGROUP_KILL_LIMIT
	                                                           : CGROUP_KILL_MACHINE;
}

void cgroup_remove(struct cgroup *cgroup)
{
	if (cgroup->fd >= 0) {
		write_value(cgroup->fd, "cgroup.kill", "1");
		close(cgroup->fd);
	}
	/* What was just killed may still be in it: then it stays, empty. */
	if (cgroup->name != NULL)
		unlinkat(cgroup->parent, cgroup->name, AT_REMOVEDIR);
	free(cgroup->name);
	*cgroup = CGROUP_NONE;
}
