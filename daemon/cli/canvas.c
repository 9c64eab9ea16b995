/* SPDX-License-Identifier: MIT */
#include "cli/canvas.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* The series of a chart, in turn. */
static const enum style styles[] = {
    STYLE_INFO, STYLE_WARNING, STYLE_GOOD, STYLE_MAGENTA, STYLE_BLUE, STYLE_ERROR};
static const char *const marks[] = {"*", "+", "x", "o", "#", "@"};

#define STYLES (sizeof(styles) / sizeof(styles[0]))

struct canvas canvas_of(size_t columns, size_t rows, bool braille)
{
	assert(columns > 0 && rows > 0);
	return (struct canvas){
	    .columns = columns,
	    .rows = rows,
	    .width = columns * (braille ? 2 : 1),
	    .height = rows * (braille ? 4 : 1),
	    .braille = braille,
	    .dots = xcalloc(columns, rows),
	    .series = xcalloc(columns, rows),
	};
}

void canvas_clear(struct canvas *canvas)
{
	free(canvas->dots);
	free(canvas->series);
	*canvas = (struct canvas){0};
}

static void draw_dot(struct canvas *canvas, size_t x, size_t y, size_t series)
{
	/* The bits of U+2800 to U+28ff, by row and column. */
	static const unsigned char bits[4][2] = {
	    {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
	size_t cell;

	assert(x < canvas->width && y < canvas->height);
	cell = canvas->braille ? y / 4 * canvas->columns + x / 2 : y * canvas->columns + x;
	canvas->dots[cell] |= canvas->braille ? bits[y % 4][x % 2] : 1;
	canvas->series[cell] = (unsigned char)(series % STYLES + 1);
}

/* From a towards b in so many steps, rounded. */
static size_t between(size_t a, size_t b, size_t step, size_t steps)
{
	if (b >= a)
		return a + ((b - a) * step + steps / 2) / steps;
	return a - ((a - b) * step + steps / 2) / steps;
}

void canvas_line(struct canvas *canvas, size_t x0, size_t y0, size_t x1, size_t y1, size_t series)
{
	size_t across = x1 > x0 ? x1 - x0 : x0 - x1;
	size_t down = y1 > y0 ? y1 - y0 : y0 - y1;
	size_t steps = across > down ? across : down;

	draw_dot(canvas, x0, y0, series);
	for (size_t step = 1; step <= steps; step++)
		draw_dot(
		    canvas, between(x0, x1, step, steps), between(y0, y1, step, steps), series);
}

/* Appends the character of U+2800 to U+28ff. */
static void append_braille(struct text *out, unsigned char dots)
{
	text_append_char(out, (char)0xe2);
	text_append_char(out, (char)(0xa0 | dots >> 6));
	text_append_char(out, (char)(0x80 | (dots & 0x3f)));
}

/* Appends one character, in colour. */
static void append_cell(
    const struct canvas *canvas, size_t cell, const struct terminal *terminal, struct text *out)
{
	unsigned char series = canvas->series[cell];
	struct text character = TEXT_EMPTY;

	if (series == 0) {
		text_append_char(out, ' ');
		return;
	}
	if (canvas->braille)
		append_braille(&character, canvas->dots[cell]);
	else
		text_append(&character, marks[series - 1]);
	append_styled(out, terminal, styles[series - 1], character.data);
	text_clear(&character);
}

void canvas_append_row(
    const struct canvas *canvas, size_t row, const struct terminal *terminal, struct text *out)
{
	assert(row < canvas->rows);
	for (size_t column = 0; column < canvas->columns; column++)
		append_cell(canvas, row * canvas->columns + column, terminal, out);
}

void canvas_append_mark(
    struct text *out, const struct terminal *terminal, bool braille, size_t series)
{
	append_styled(
	    out, terminal, styles[series % STYLES], braille ? "⠒⠒" : marks[series % STYLES]);
}
