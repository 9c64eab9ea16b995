/* SPDX-License-Identifier: MIT */
/*
 * Lines on a grid of dots that become characters: eight dots in each with braille, or one with
 * marks, which tell series apart where there are no colours.
 */
#ifndef CLI_CANVAS_H
#define CLI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/terminal.h"

struct canvas {
	size_t columns, rows; /* characters */
	size_t width, height; /* dots */
	bool braille;
	unsigned char *dots;   /* of each character */
	unsigned char *series; /* the last that was drawn there, from 1; 0: none */
};

/* An empty canvas of so many characters, at least one; end with canvas_clear(). */
struct canvas canvas_of(size_t columns, size_t rows, bool braille);
void canvas_clear(struct canvas *canvas);

/* Draws from one dot to another, both included; the first is at the top left. */
void canvas_line(struct canvas *canvas, size_t x0, size_t y0, size_t x1, size_t y1, size_t series);

/* Appends a row of characters in the colours of the series. */
void canvas_append_row(
    const struct canvas *canvas, size_t row, const struct terminal *terminal, struct text *out);

/* Appends what stands for a series in a legend. */
void canvas_append_mark(
    struct text *out, const struct terminal *terminal, bool braille, size_t series);

#endif
