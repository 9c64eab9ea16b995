/* SPDX-License-Identifier: MIT */
/* The axes of a chart: which values and times are marked, and how they are written. */
#ifndef CLI_AXIS_H
#define CLI_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/text.h"

/* Appends a value for people: "36.5 C", "4.0KB", "12" without units. */
void append_quantity(struct text *out, double value, const char *units);

/* ---- values ---- */

/* A range with marks at multiples of a step. Long, so that no two numbers are too far apart. */
struct value_axis {
	long double low, high, step;
	const char *units; /* borrowed */
};

/* An axis for values from least to most with at most so many marks, at least 3. */
struct value_axis value_axis_of(double least, double most, const char *units, size_t marks);

/* How many marks there are. */
size_t value_axis_count(const struct value_axis *axis);

/* Where a value is between high (0) and low (1). */
long double value_axis_place(const struct value_axis *axis, long double value);

/* Appends the label of a mark, counted from below: "1.5", "20k", "4.0KB". */
void value_axis_append(const struct value_axis *axis, size_t mark, struct text *out);

/* Whether the labels tell the units, so that they need not be told with the axis. */
bool value_axis_has_units(const struct value_axis *axis);

/* ---- times ---- */

/* How a time is written: "10:28:16", "10:28", "11-22", "2026-11", "2026". */
enum time_label { TIME_SECONDS, TIME_MINUTES, TIME_DAYS, TIME_MONTHS, TIME_YEARS };

/* Marks at times that are round in the user's time zone. */
struct time_axis {
	double from, to;
	int count; /* units from one mark to the next */
	char unit; /* 's', 'd' or 'm' for months */
	enum time_label label;
};

/* An axis of so many columns, labels fitting in with blanks between them. */
struct time_axis time_axis_of(double from, double to, size_t columns);

/* The first mark at or after from, or the one after a mark. */
time_t time_axis_first(const struct time_axis *axis);
time_t time_axis_next(const struct time_axis *axis, time_t mark);

/* Appends the label of a mark; at midnight that is the day. */
void time_axis_append(const struct time_axis *axis, time_t mark, struct text *out);

#endif
