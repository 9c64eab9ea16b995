/* SPDX-License-Identifier: MIT */
/* The library of a vendor, as the documents use it. */
#ifndef TESTS_DOCS_ACME_H
#define TESTS_DOCS_ACME_H

#include <stdint.h>

struct acme;

struct acme_drive {
	const char *serial;
	uint64_t bytes;
	const char *state;
	double celsius;
};

struct acme *acme_connect(const char *address);
void acme_disconnect(struct acme *connection);
int acme_drive(const char *address, int number, struct acme_drive *drive);
const char *acme_drive_state(void);
const char *acme_error(void);

#endif
