/* SPDX-License-Identifier: MIT */
#include "cli/table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

#define GAP 2
#define NARROWEST_COLUMN 6

struct table table_of(const struct terminal *terminal, size_t columns)
{
	assert(columns > 0);
	return (struct table){.terminal = terminal,
	    .columns = columns,
	    .to_the_right = xcalloc(columns, sizeof(bool))};
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table->to_the_right);
	*table = (struct table){0};
}

void table_align_right(struct table *table, size_t column)
{
	assert(column < table->columns);
	table->to_the_right[column] = true;
}

void table_add(struct table *table, enum style style, const char *text)
{
	struct text clean = TEXT_EMPTY;

	append_clean(&clean, table->terminal, text);
	table->cells = xgrow(table->cells, table->count, &table->capacity, sizeof(struct cell));
	table->cells[table->count++] = (struct cell){text_steal(&clean), style};
}

void table_add_number(struct table *table, enum style style, long long number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld", number);
	table_add(table, style, digits);
}

/* The columns' widths as the cells ask for them. Returns their sum with the gaps. */
static size_t natural_widths(const struct table *table, size_t *widths)
{
	size_t total = GAP * (table->columns - 1);
	size_t width, column;

	for (size_t i = 0; i < table->count; i++) {
		column = i % table->columns;
		width = display_width(table->cells[i].text);
		if (width <= widths[column])
			continue;
		total += width - widths[column];
		widths[column] = width;
	}
	return total;
}

/* Narrows the widest columns until the total fits. */
static void fit_widths(const struct table *table, size_t *widths, size_t total)
{
	size_t widest;

	for (; total > table->terminal->width; total--) {
		widest = 0;
		for (size_t column = 1; column < table->columns; column++) {
			if (widths[column] >= widths[widest])
				widest = column;
		}
		if (widths[widest] <= NARROWEST_COLUMN)
			return;
		widths[widest]--;
	}
}

static void render_cell(const struct table *table, const struct cell *cell, size_t column,
    size_t width, struct text *out)
{
	struct text fitted = TEXT_EMPTY;
	const struct terminal plain = {.unicode = table->terminal->unicode};
	size_t blanks;

	append_cut(&fitted, &plain, cell->text, width);
	blanks = width - display_width(fitted.data);
	if (table->to_the_right[column])
		append_blanks(out, blanks);
	append_styled(out, table->terminal, cell->style, fitted.data);
	if (!table->to_the_right[column] && column + 1 < table->columns)
		append_blanks(out, blanks);
	text_clear(&fitted);
}

void table_render(const struct table *table, struct text *out)
{
	size_t *widths = xcalloc(table->columns, sizeof(size_t));
	size_t total = natural_widths(table, widths);
	size_t column, begin = out->length;

	assert(table->count % table->columns == 0);
	if (table->terminal->width > 0)
		fit_widths(table, widths, total);
	for (size_t i = 0; i < table->count; i++) {
		column = i % table->columns;
		if (column > 0)
			append_blanks(out, GAP);
		else
			begin = out->length;
		render_cell(table, &table->cells[i], column, widths[column], out);
		if (column + 1 < table->columns)
			continue;
		trim_blanks(out, begin);
		text_append_char(out, '\n');
	}
	free(widths);
}
