/* SPDX-License-Identifier: MIT */
/*
 * The numbered changes that make the schema what this program needs. They are applied in order,
 * each in a transaction with the row that records it.
 */
#ifndef STORE_MIGRATION_H
#define STORE_MIGRATION_H

#include <stdint.h>

#include "base/text.h"

/* The advisory lock that a runner holds as long as it uses the database. */
#define RUNNER_LOCK "4803916, 1"

struct migration {
	int number;
	const char *name;
	const char *sql;
};

/* The migration that follows this number, or NULL. */
const struct migration *migration_after(int64_t number);

/* The number of the last one. */
int migration_newest(void);

/* Appends the statements that apply and record a migration, to be run in a transaction. */
void migration_append(const struct migration *migration, struct text *sql);

#endif
