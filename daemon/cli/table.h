/* SPDX-License-Identifier: MIT */
/*
 * A table in columns that are as wide as they need to be or, where the terminal is too narrow for
 * that, as wide as is left: the widest columns are cut first.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>

#include "cli/terminal.h"

struct cell {
	char *text; /* clean */
	enum style style;
};

struct table {
	const struct terminal *terminal;
	size_t columns;
	bool *to_the_right; /* one per column: aligned there, as numbers are */
	struct cell *cells; /* those of the headings first */
	size_t count;
	size_t capacity;
};

/* Start with this, add the headings first, then rows, cell by cell; end with table_clear(). */
struct table table_of(const struct terminal *terminal, size_t columns);
void table_clear(struct table *table);

void table_align_right(struct table *table, size_t column);

/* Adds the next cell; the text is cleaned and copied. */
void table_add(struct table *table, enum style style, const char *text);
void table_add_number(struct table *table, enum style style, long long number);

/* Appends the table, one line per row. */
void table_render(const struct table *table, struct text *out);

#endif
