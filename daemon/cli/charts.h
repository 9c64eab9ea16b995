/* SPDX-License-Identifier: MIT */
/* How charts look: lines in a frame of axes for what goes with time, bars for histograms. */
#ifndef CLI_CHARTS_H
#define CLI_CHARTS_H

#include <json-c/json_object.h>

#include "cli/terminal.h"

/* Lines of a chart without its axis of times, where there is no reason for fewer. */
#define CHART_ROWS 11

/* The lines that a chart takes beside these: an empty one, heading, units, times (2), legend. */
#define CHART_LINES 6

/* Appends all charts of an answer of /charts, each with so many rows, and what they lack and why.
 */
void render_charts(
    struct text *out, const struct terminal *terminal, struct json_object *answer, size_t rows);

/* The lines that are told below all charts about what they lack. */
size_t charts_gap_lines(struct json_object *answer);

/* Appends the same values as a table for programs, a line for each time. */
void render_csv(struct text *out, struct json_object *answer);

/* ---- the kinds of charts ---- */

void append_plot(struct text *out, const struct terminal *terminal, struct json_object *answer,
    struct json_object *chart, size_t rows);
void append_bars(struct text *out, const struct terminal *terminal, struct json_object *chart);

/* The columns to draw in. */
size_t chart_width(const struct terminal *terminal);

#endif
