/* SPDX-License-Identifier: MIT */
/*
 * Within the log: the messages of late. One that comes again is counted, and how often it came is
 * told when its time is over. There are so many at most; the one that was written first gives way
 * to a new one, and is told then.
 */
#ifndef BASE_REPEATS_H
#define BASE_REPEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define REPEATS_MAX 64
/* A message of more bytes is not looked at: it is always new. */
#define REPEATS_LINE_MAX 2048

struct message {
	int level;
	const char *plugin;    /* NULL: none */
	const char *scannable; /* NULL: none */
	const char *line;
};

/* One that was written. */
struct message_seen {
	int level;
	char *plugin;
	char *scannable;
	char *line;             /* NULL: the place is free */
	struct monotonic since; /* when it was written, or told, last */
	uint64_t count;         /* how often it came since then */
};

struct repeats {
	struct message_seen seen[REPEATS_MAX];
};

/* Writes how often a message came; count is not 0. */
typedef void repeats_tell(const struct message_seen *seen);

/* Whether a message is new, and to be written; else it is counted. */
bool repeats_are_new(struct repeats *repeats, const struct message *message, repeats_tell *tell);

/* Tells of messages that were written so long ago, and forgets those that have not come since. */
void repeats_tell_older(struct repeats *repeats, int64_t age_ns, repeats_tell *tell);

/* Tells of all, and forgets them. */
void repeats_tell_all(struct repeats *repeats, repeats_tell *tell);

#endif
