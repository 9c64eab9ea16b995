/* SPDX-License-Identifier: MIT */
/*
 * An end that lines are written to without ever waiting for whoever reads them. What a pipe,
 * socket or terminal does not take at once is kept, up to a bound, and written later; lines beyond
 * it are dropped and counted. Regular files take everything at once.
 */
#ifndef BASE_OUTLET_H
#define BASE_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

#define OUTLET_QUEUE_MAX (256 * 1024)

enum outlet_kind {
	OUTLET_PLAIN,  /* takes everything, or does not block by itself */
	OUTLET_SOCKET, /* does not block when asked so with each write */
	OUTLET_SHARED  /* may block; whether it would is asked before each write */
};

struct outlet {
	int fd; /* -1: closed */
	bool is_ours;
	enum outlet_kind kind;
	dev_t device; /* of what was opened */
	ino_t inode;
	struct text queue; /* not written yet, from sent on */
	size_t sent;
	unsigned long long dropped; /* lines, since somebody took note of it */
};

#define OUTLET_CLOSED    \
	{                \
		.fd = -1 \
	}

/*
 * Begins to write to a descriptor. If it is a pipe or terminal it is opened once more, if that is
 * allowed: others who have it too are not to find it non-blocking. ours: closed at the end.
 */
void outlet_open(struct outlet *outlet, int fd, bool ours);

/* Drops what is kept. */
void outlet_close(struct outlet *outlet);

/* Whether the descriptor still leads to what it did when it was opened. */
bool outlet_is_of(const struct outlet *outlet, int fd);

/* How many bytes are kept. */
size_t outlet_kept(const struct outlet *outlet);

/* Writes what is kept, as far as it goes. Returns whether nothing is left. */
bool outlet_flush(struct outlet *outlet);

/* Writes, keeps or drops a line. Returns false with errno if it can't ever be written. */
bool outlet_write(struct outlet *outlet, const char *line, size_t length);

#endif
