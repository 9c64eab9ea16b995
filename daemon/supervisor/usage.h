/* SPDX-License-Identifier: MIT */
/* What a process takes, as the kernel tells. */
#ifndef SUPERVISOR_USAGE_H
#define SUPERVISOR_USAGE_H

#include <stdbool.h>
#include <sys/types.h>

/* What is not known, of a process of another user, is less than 0. */
struct usage {
	double processor_s;
	double resident; /* bytes */
	double virtual;
	double threads;
	double descriptors;
	double descriptors_max;
};

/* Returns false if there is no such process. */
bool usage_read(pid_t pid, struct usage *usage);

#endif
