/* SPDX-License-Identifier: MIT */
/* The statements that a transaction is made of. */
#ifndef STORE_WRITE_PART_H
#define STORE_WRITE_PART_H

#include <stddef.h>

#include "model/record.h"
#include "store/array.h"

#define MAX_COLUMNS 14

/* One array parameter of a statement: a field of each row. */
struct column {
	enum array_type type;
	size_t offset;
};

/* A statement, and the rows of struct changes that it is for. All rows begin with a record_id. */
struct part {
	const char *sql;
	/*
	 * What is sent instead unless care is needed, prepared under this name; or NULL. It may
	 * fail where a transaction is repeated that was committed.
	 */
	const char *prepared;
	const char *prepared_sql;
	/* The same where all frames are of the partition of the present. */
	const char *present;
	const char *what; /* the rows, for logs */
	size_t name;      /* offset of a text that tells people which row it is; 0: none */
	size_t rows;      /* offset of the pointer to the rows */
	size_t count;     /* offset of their number */
	size_t row_size;
	const struct column *columns;
	size_t column_count;
	/* Adds a row to the arrays; NULL: its columns. */
	void (*add)(const struct part *part, struct array *arrays, const void *row);
};

/*
 * What a statement that inserts frames says after the name of the table. In the list of columns
 * unnest() keeps no copy of what it gives, other than after FROM.
 */
#define FRAME_INSERTION                                              \
	" (cohort_id, statistic_id, bin, time, resolution, payload)" \
	" SELECT unnest($1::bigint[]), unnest($2::bigint[]),"        \
	" unnest($3::integer[]), unnest($4::timestamptz[]), 0,"      \
	" unnest($5::bytea[])"

/* The prepared statement for frames of the present. */
#define FRAMES_PRESENT "frames_present"

/* All of them, in the order in which they are sent. */
extern const struct part write_parts[];
extern const size_t write_part_count;

/* How many rows the changes have of a part, and where they are. */
size_t part_count(const struct part *part, const struct changes *changes);
const char *part_rows(const struct part *part, const struct changes *changes);

/* Adds a row to the arrays of its part. */
void part_add_row(const struct part *part, struct array *arrays, const void *row);

#endif
