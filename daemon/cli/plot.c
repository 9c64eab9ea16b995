/* SPDX-License-Identifier: MIT */
/* Values by time, as lines between axes. */
#include "cli/charts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/axis.h"
#include "cli/canvas.h"
#include "cli/json.h"

/* Points so many times farther apart than usual are not joined. */
#define APART 2.5

#define NARROWEST_PLOT 10

struct line {
	const char *label;
	struct text units; /* as drawn: those of a counter are per second */
	size_t axis;
	bool has_points; /* in the time that is drawn */
	double least, most;
	double apart; /* seconds, beyond which points are not joined */
};

struct plot {
	const struct terminal *terminal;
	struct json_object *gaps;
	double from, to;

	struct line *lines;
	size_t line_count;
	double *times;
	double *values; /* by time, then by line; NAN: none */
	size_t count;

	struct value_axis axes[2]; /* left and right */
	size_t axis_count;
	size_t label_widths[2];
	struct time_axis time_axis;
	struct canvas canvas;
};

/* ---- reading ---- */

static double value_at(const struct plot *plot, size_t index, size_t line)
{
	return plot->values[index * plot->line_count + line];
}

static bool is_drawn(const struct plot *plot, size_t index, size_t line)
{
	return isfinite(value_at(plot, index, line)) && plot->times[index] >= plot->from &&
	       plot->times[index] <= plot->to;
}

static void read_points(struct plot *plot, struct json_object *chart)
{
	struct json_object *times = json_part(chart, "times");
	struct json_object *values = json_part(chart, "values");

	plot->times = xcalloc(json_count(times) + 1, sizeof(double));
	plot->values = xcalloc(json_count(times) * plot->line_count + 1, sizeof(double));
	for (size_t i = 0; i < json_count(times); i++) {
		struct json_object *row = json_item(values, i);

		if (!json_finite(json_item(times, i), &plot->times[plot->count]))
			continue;
		for (size_t line = 0; line < plot->line_count; line++) {
			double *value = &plot->values[plot->count * plot->line_count + line];

			if (line >= json_count(row) || !json_finite(json_item(row, line), value))
				*value = NAN;
		}
		plot->count++;
	}
}

static void read_lines(struct plot *plot, struct json_object *chart)
{
	struct json_object *series = json_part(chart, "series");

	plot->line_count = json_count(series);
	plot->lines = xcalloc(plot->line_count + 1, sizeof(struct line));
	for (size_t i = 0; i < plot->line_count; i++) {
		struct json_object *one = json_item(series, i);

		plot->lines[i].label = json_text(one, "label");
		text_append(&plot->lines[i].units, "");
		append_clean(&plot->lines[i].units, plot->terminal, json_text(one, "units"));
		if (strcasecmp(json_text(one, "type"), "counter") == 0)
			text_append(&plot->lines[i].units, "/s");
	}
}

static int compare_doubles(const void *a, const void *b)
{
	const double *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

/* How far apart the points of a line usually are; 0 if that can't be told. */
static double usual_distance(const struct plot *plot, size_t line)
{
	double *distances = xcalloc(plot->count + 1, sizeof(double));
	double last = NAN, usual = 0;
	size_t count = 0;

	for (size_t i = 0; i < plot->count; i++) {
		if (!isfinite(value_at(plot, i, line)))
			continue;
		if (!isnan(last))
			distances[count++] = plot->times[i] - last;
		last = plot->times[i];
	}
	qsort(distances, count, sizeof(double), compare_doubles);
	if (count >= 2)
		usual = distances[(count - 1) / 2];
	free(distances);
	return usual;
}

static void measure_line(struct plot *plot, size_t index, double step)
{
	struct line *line = &plot->lines[index];
	double usual = fmax(usual_distance(plot, index), step);

	line->apart = usual > 0 ? APART * usual : INFINITY;
	for (size_t i = 0; i < plot->count; i++) {
		double value = value_at(plot, i, index);

		if (!is_drawn(plot, i, index))
			continue;
		line->least = line->has_points ? fmin(line->least, value) : value;
		line->most = line->has_points ? fmax(line->most, value) : value;
		line->has_points = true;
	}
}

/* ---- the axes ---- */

/* The axis of these units: one there is, or a new one; those of a third kind share the second. */
static size_t axis_of(struct plot *plot, const char *units[2], const char *unit)
{
	assert(plot->axis_count <= 2);
	for (size_t i = 0; i < plot->axis_count; i++)
		if (strcmp(units[i], unit) == 0)
			return i;
	if (plot->axis_count == 2)
		return 1;
	units[plot->axis_count] = unit;
	return plot->axis_count++;
}

static void assign_axes(struct plot *plot)
{
	const char *units[2] = {"", ""};

	for (size_t i = 0; i < plot->line_count; i++)
		if (plot->lines[i].has_points)
			plot->lines[i].axis = axis_of(plot, units, plot->lines[i].units.data);
}

/* Makes an axis for all its lines. */
static void make_axis(struct plot *plot, size_t number, size_t marks)
{
	double least = INFINITY, most = -INFINITY;
	const char *units = "";
	struct text label = TEXT_EMPTY;

	for (size_t i = 0; i < plot->line_count; i++) {
		const struct line *line = &plot->lines[i];

		if (!line->has_points || line->axis != number)
			continue;
		if (least > most)
			units = line->units.data;
		least = fmin(least, line->least);
		most = fmax(most, line->most);
	}
	plot->axes[number] = value_axis_of(least, most, units, marks);
	for (size_t mark = 0; mark < value_axis_count(&plot->axes[number]); mark++) {
		text_reset(&label);
		value_axis_append(&plot->axes[number], mark, &label);
		if (label.length > plot->label_widths[number])
			plot->label_widths[number] = label.length;
	}
	text_clear(&label);
}

/* ---- drawing ---- */

/* Whether it is known that there is no data between two times. */
static bool has_gap(const struct plot *plot, double from, double to)
{
	for (size_t i = 0; i < json_count(plot->gaps); i++) {
		struct json_object *gap = json_item(plot->gaps, i);
		double begin, end;

		if (!json_finite(json_value(gap, "from"), &begin) || begin >= to)
			continue;
		if (!json_finite(json_value(gap, "to"), &end) || end > from)
			return true;
	}
	return false;
}

static size_t dot_across(const struct plot *plot, double time)
{
	return (size_t)round(
	    (time - plot->from) / (plot->to - plot->from) * (double)(plot->canvas.width - 1));
}

static size_t dot_down(const struct plot *plot, const struct value_axis *axis, long double value)
{
	return (size_t)roundl(
	    value_axis_place(axis, value) * (long double)(plot->canvas.height - 1));
}

static void draw_line(struct plot *plot, size_t number)
{
	const struct line *line = &plot->lines[number];
	size_t x, y, last_x = 0, last_y = 0;
	double last = NAN;

	for (size_t i = 0; i < plot->count; i++) {
		double time = plot->times[i];

		if (!is_drawn(plot, i, number))
			continue;
		x = dot_across(plot, time);
		y = dot_down(plot, &plot->axes[line->axis], value_at(plot, i, number));
		if (isnan(last) || time - last > line->apart || has_gap(plot, last, time))
			canvas_line(&plot->canvas, x, y, x, y, number);
		else
			canvas_line(&plot->canvas, last_x, last_y, x, y, number);
		last = time;
		last_x = x;
		last_y = y;
	}
}

/* ---- writing ---- */

/* The character of a frame in UTF-8 and in ASCII. */
static const char *frame(const struct plot *plot, const char *unicode, const char *ascii)
{
	return plot->terminal->unicode ? unicode : ascii;
}

/* The label of the mark in a row, "" if there is none. */
static void append_label(
    const struct plot *plot, const struct value_axis *axis, size_t row, struct text *label)
{
	size_t dots = plot->canvas.height / plot->canvas.rows;

	for (size_t mark = 0; mark < value_axis_count(axis); mark++) {
		long double value = axis->low + axis->step * (long double)mark;

		if (dot_down(plot, axis, value) / dots == row)
			value_axis_append(axis, mark, label);
	}
}

static void append_row(const struct plot *plot, size_t row, struct text *out)
{
	struct text left = TEXT_EMPTY, right = TEXT_EMPTY;
	size_t begin = out->length;

	append_label(plot, &plot->axes[0], row, &left);
	append_blanks(out, plot->label_widths[0] - left.length);
	text_append(out, left.length > 0 ? left.data : "");
	text_append(out, left.length > 0 ? frame(plot, " ┤", " +") : frame(plot, " │", " |"));
	canvas_append_row(&plot->canvas, row, plot->terminal, out);
	if (plot->axis_count > 1) {
		append_label(plot, &plot->axes[1], row, &right);
		text_append(
		    out, right.length > 0 ? frame(plot, "├ ", "+ ") : frame(plot, "│", "|"));
		text_append(out, right.length > 0 ? right.data : "");
	}
	trim_blanks(out, begin);
	text_append_char(out, '\n');
	text_clear(&left);
	text_clear(&right);
}

/* Appends the units above the axes whose labels don't tell them. */
static void append_units(const struct plot *plot, struct text *out)
{
	const char *left = value_axis_has_units(&plot->axes[0]) ? "" : plot->axes[0].units;
	const char *right =
	    plot->axis_count < 2 || value_axis_has_units(&plot->axes[1]) ? "" : plot->axes[1].units;
	size_t edge = plot->label_widths[0] + 2 + plot->canvas.columns + 2;
	size_t used = display_width(left);

	if (left[0] == '\0' && right[0] == '\0')
		return;
	if (used < plot->label_widths[0]) {
		append_blanks(out, plot->label_widths[0] - used);
		used = plot->label_widths[0];
	}
	text_append(out, left);
	if (right[0] != '\0')
		append_blanks(out, edge > used ? edge - used : 1);
	text_append(out, right);
	text_append_char(out, '\n');
}

static size_t column_of(const struct plot *plot, time_t mark)
{
	return (size_t)round(((double)mark - plot->from) / (plot->to - plot->from) *
	                     (double)(plot->canvas.columns - 1));
}

/* Appends the line below the plot, with the marks of the times. */
static void append_base(const struct plot *plot, struct text *out)
{
	const struct time_axis *axis = &plot->time_axis;
	time_t mark = time_axis_first(axis);

	append_blanks(out, plot->label_widths[0] + 1);
	text_append(out, frame(plot, "└", "+"));
	for (size_t column = 0; column < plot->canvas.columns; column++) {
		bool marked = (double)mark <= plot->to && column_of(plot, mark) == column;

		text_append(out, marked ? frame(plot, "┬", "+") : frame(plot, "─", "-"));
		if (marked)
			mark = time_axis_next(axis, mark);
	}
	text_append(out, plot->axis_count > 1 ? frame(plot, "┘", "+") : "");
	text_append_char(out, '\n');
}

/* Appends the times below their marks, as far as there is room. */
static void append_times(const struct plot *plot, struct text *out)
{
	const struct time_axis *axis = &plot->time_axis;
	size_t left = plot->label_widths[0] + 2;
	size_t right = left + plot->canvas.columns + 1 + plot->label_widths[1];
	size_t used = 0, begin;
	struct text label = TEXT_EMPTY;

	for (time_t mark = time_axis_first(axis); (double)mark <= plot->to;
	     mark = time_axis_next(axis, mark)) {
		text_reset(&label);
		time_axis_append(axis, mark, &label);
		begin = left + column_of(plot, mark);
		begin -= label.length / 2 < begin ? label.length / 2 : begin;
		if (begin + label.length > right)
			begin = right - label.length;
		if (begin < used + (used > 0))
			continue;
		append_blanks(out, begin - used);
		text_append(out, label.data);
		used = begin + label.length;
	}
	text_append_char(out, '\n');
	text_clear(&label);
}

/* Appends what tells the lines apart, and those of which there is nothing. */
static void append_legend(const struct plot *plot, const char *title, struct text *out)
{
	size_t used = 0, width = chart_width(plot->terminal);

	if (plot->line_count == 1 && strcasecmp(plot->lines[0].label, title) == 0)
		return;
	for (size_t i = 0; i < plot->line_count; i++) {
		const struct line *line = &plot->lines[i];
		struct text entry = TEXT_EMPTY;

		canvas_append_mark(&entry, plot->terminal, plot->canvas.braille, i);
		text_append_char(&entry, ' ');
		append_clean(&entry, plot->terminal, line->label);
		if (!line->has_points)
			text_append(&entry, " (no data)");
		else if (plot->axis_count > 1)
			text_append(&entry, line->axis == 0 ? " (left)" : " (right)");
		if (used > 0 && used + 2 + display_width(entry.data) > width) {
			text_append_char(out, '\n');
			used = 0;
		}
		append_blanks(out, 2);
		text_append(out, entry.data);
		used += 2 + display_width(entry.data);
		text_clear(&entry);
	}
	text_append_char(out, '\n');
}

/* Lays out the plot in so many rows and appends it. */
static void draw(struct plot *plot, const char *title, size_t rows, struct text *out)
{
	bool coloured = plot->terminal->colour || plot->line_count == 1;
	size_t width = chart_width(plot->terminal);
	size_t beside;

	for (size_t i = 0; i < plot->axis_count; i++)
		make_axis(plot, i, rows < 4 ? 3 : rows / 2 + 1);
	beside = plot->label_widths[0] + 2 + (plot->axis_count > 1 ? 2 + plot->label_widths[1] : 0);
	plot->canvas = canvas_of(width > beside + NARROWEST_PLOT ? width - beside : NARROWEST_PLOT,
	    rows, plot->terminal->unicode && coloured);
	plot->time_axis = time_axis_of(plot->from, plot->to, plot->canvas.columns);
	for (size_t i = 0; i < plot->line_count; i++)
		draw_line(plot, i);
	append_units(plot, out);
	for (size_t row = 0; row < rows; row++)
		append_row(plot, row, out);
	append_base(plot, out);
	append_times(plot, out);
	append_legend(plot, title, out);
	canvas_clear(&plot->canvas);
}

void append_plot(struct text *out, const struct terminal *terminal, struct json_object *answer,
    struct json_object *chart, size_t rows)
{
	struct plot plot = {.terminal = terminal,
	    .gaps = json_part(answer, "gaps"),
	    .from = json_real(answer, "from"),
	    .to = json_real(answer, "to")};

	read_lines(&plot, chart);
	read_points(&plot, chart);
	for (size_t i = 0; i < plot.line_count; i++)
		measure_line(&plot, i, json_real(answer, "step"));
	assign_axes(&plot);
	if (plot.axis_count > 0 && plot.from < plot.to)
		draw(&plot, json_text(chart, "title"), rows, out);
	else
		text_append(out, "  no samples in this time\n");
	for (size_t i = 0; i < plot.line_count; i++)
		text_clear(&plot.lines[i].units);
	free(plot.lines);
	free(plot.times);
	free(plot.values);
}
