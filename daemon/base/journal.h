/* SPDX-License-Identifier: MIT */
/*
 * Entries of the systemd journal with fields of their own, by the journal's protocol. Nothing here
 * waits: what the journal does not take at once is left to the caller.
 */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <stdbool.h>

/* Where the journal listens. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct journal_field {
	const char *name;  /* capitals, digits and "_" */
	const char *value; /* without line ends; NULL: the entry has no such field */
};

/* A descriptor to send entries by, or -1 with errno. */
int journal_open(void);

/* Sends an entry to the journal at a path; a field without a name ends it. False with errno. */
bool journal_send(int fd, const char *path, const struct journal_field *fields);

#endif
