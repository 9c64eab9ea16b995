/* SPDX-License-Identifier: MIT */
/*
 * One-dimensional PostgreSQL arrays in the binary form that is sent as a parameter: one for each
 * column of the rows of a statement.
 */
#ifndef STORE_ARRAY_H
#define STORE_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/text.h"

/* How a field of a row is kept in memory, and what it becomes. */
enum array_type {
	ARRAY_ID,      /* record_id to bigint; 0 is null */
	ARRAY_NUMBER,  /* uint32_t or an enumeration to integer */
	ARRAY_INTEGER, /* int64_t to bigint */
	ARRAY_BOOL,    /* bool to boolean */
	ARRAY_REAL,    /* double to double precision */
	ARRAY_TIME,    /* struct wallclock to timestamptz */
	ARRAY_TEXT,    /* char * to text; NULL is null */
	ARRAY_JSON,    /* char * with JSON to jsonb; NULL is null */
	ARRAY_BYTES,   /* struct text to bytea; an empty one is null */
	ARRAY_TYPE_COUNT
};

struct array {
	enum array_type type;
	uint32_t count;
	struct text bytes; /* complete after every function */
};

/* Begins an array without elements; its memory is kept. A zeroed array may be begun. */
void array_begin(struct array *array, enum array_type type);

/* Appends the field at this address, of the array's type. */
void array_add(struct array *array, const void *field);

void array_clear(struct array *array);

/* The time that a timestamptz in binary form is. */
struct wallclock array_time(int64_t binary);

#endif
