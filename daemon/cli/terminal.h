/* SPDX-License-Identifier: MIT */
/*
 * What the output goes to, and text made fit for it: harmless, styled, cut to the width. All texts
 * are UTF-8.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct terminal {
	size_t width;  /* columns; 0: no limit, as for a file or a pipe */
	size_t height; /* lines; 0: no limit */
	bool colour;
	bool unicode;
};

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_ERROR,
	STYLE_WARNING,
	STYLE_INFO,
	STYLE_GOOD,
	STYLE_BLUE,
	STYLE_MAGENTA,
	STYLE_COUNT
};

/* What standard output is. */
struct terminal terminal_of_output(void);

/*
 * Appends text that someone else wrote: without control characters, escape sequences and marks that
 * turn the direction of writing; in plain ASCII if the terminal is no better.
 */
void append_clean(struct text *out, const struct terminal *terminal, const char *string);

/* The same in a style. */
void append_styled(
    struct text *out, const struct terminal *terminal, enum style style, const char *string);

/* Columns that clean text takes; styles take none. */
size_t display_width(const char *text);

/* Appends clean, styled text, cut to columns with an ellipsis if it is wider. */
void append_cut(
    struct text *out, const struct terminal *terminal, const char *text, size_t columns);

/* Appends blanks. */
void append_blanks(struct text *out, size_t count);

/* Removes blanks at the end, after the first so many bytes. */
void trim_blanks(struct text *out, size_t from);

/* The style of a severity's name: "ERROR", "WARNING" or "INFO". */
enum style style_of_severity(const char *severity);

/* "…" or "...". */
const char *ellipsis(const struct terminal *terminal);

#endif
