/* SPDX-License-Identifier: MIT */
#include "supervisor/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STAT_SIZE 1024

/* Reads /proc/PID/stat from the state on: what goes before may have blanks in it. */
static bool read_stat(pid_t pid, char stat[STAT_SIZE], const char **fields)
{
	char path[64];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	length = fread(stat, 1, STAT_SIZE - 1, file);
	fclose(file);
	stat[length] = '\0';
	*fields = strrchr(stat, ')');
	return *fields != NULL;
}

/* Counts the descriptors of a process; -1 if that is not for us to see. */
static double count_descriptors(pid_t pid)
{
	const struct dirent *entry;
	double count = 0;
	char path[64];
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	directory = opendir(path);
	if (directory == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return pid == getpid() ? count - 1 : count;
}

static double descriptor_limit(pid_t pid)
{
	struct rlimit limit;

	return prlimit(pid, RLIMIT_NOFILE, NULL, &limit) == 0 ? (double)limit.rlim_cur : -1;
}

bool usage_read(pid_t pid, struct usage *usage)
{
	double tick = (double)sysconf(_SC_CLK_TCK);
	unsigned long user, system, size;
	char stat[STAT_SIZE];
	const char *fields;
	long threads, pages;

	if (!read_stat(pid, stat, &fields))
		return false;
	if (sscanf(fields,
	        ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld %*d %*u"
	        " %lu %ld",
	        &user, &system, &threads, &size, &pages) != 5)
		return false;
	*usage = (struct usage){.processor_s = (double)(user + system) / tick,
	    .resident = (double)pages * (double)sysconf(_SC_PAGESIZE),
	    .virtual = (double)size,
	    .threads = (double)threads,
	    .descriptors = count_descriptors(pid),
	    .descriptors_max = descriptor_limit(pid)};
	return true;
}
