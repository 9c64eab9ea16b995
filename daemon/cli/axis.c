/* SPDX-License-Identifier: MIT */
#include "cli/axis.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* There are no prefixes beyond. */
#define BYTES_END 9.2e18L

static bool is_bytes(const char *units)
{
	return strcmp(units, "bytes") == 0 || strcmp(units, "bytes/s") == 0;
}

/* A number of bytes, exact enough for those that differ by a step. */
static void append_bytes(struct text *out, long double value, int64_t step, const char *units)
{
	const char *rate = units + strlen("bytes");

	if (fabsl(value) >= BYTES_END) {
		text_printf(out, "%.3Lgbytes%s", value, rate);
		return;
	}
	bytes_format_step((int64_t)value, step, out);
	text_append(out, rate);
}

void append_quantity(struct text *out, double value, const char *units)
{
	if (is_bytes(units))
		append_bytes(out, value, INT64_MAX, units);
	else
		text_printf(out, "%.10g%s%s", value, units[0] != '\0' ? " " : "", units);
}

/* ---- values ---- */

/* The least of 1, 2 and 5 times a power of ten that is not below. */
static long double round_step(long double least)
{
	long double power = powl(10, floorl(log10l(least)));

	if (least <= power)
		return power;
	if (least <= 2 * power)
		return 2 * power;
	return least <= 5 * power ? 5 * power : 10 * power;
}

/* The same for bytes, whose prefixes are powers of 1024. */
static long double round_bytes_step(long double least)
{
	return least <= 1 ? 1 : powl(2, ceill(log2l(least)));
}

struct value_axis value_axis_of(double least, double most, const char *units, size_t marks)
{
	struct value_axis axis = {.low = least, .high = most, .units = units};
	long double wanted;

	assert(least <= most && marks >= 3);
	if (axis.low >= 0 && axis.low <= axis.high / 2)
		axis.low = 0;
	if (axis.high <= 0 && axis.high >= axis.low / 2)
		axis.high = 0;
	if (axis.low == axis.high) {
		long double room = axis.low != 0 ? fabsl(axis.low) / 20 : 1;

		axis.low -= axis.low == 0 ? 0 : room;
		axis.high += room;
	}
	wanted = (axis.high - axis.low) / (long double)(marks - 1);
	/* To round the ends may take one step more. */
	for (;; wanted = axis.step * 1.01L) {
		struct value_axis rounded = axis;

		axis.step = is_bytes(units) ? round_bytes_step(wanted) : round_step(wanted);
		rounded.step = axis.step;
		rounded.low = floorl(axis.low / axis.step + 1e-9L) * axis.step;
		rounded.high = ceill(axis.high / axis.step - 1e-9L) * axis.step;
		if (rounded.low == rounded.high)
			rounded.high += axis.step;
		if (value_axis_count(&rounded) <= marks)
			return rounded;
	}
}

size_t value_axis_count(const struct value_axis *axis)
{
	return (size_t)roundl((axis->high - axis->low) / axis->step) + 1;
}

long double value_axis_place(const struct value_axis *axis, long double value)
{
	long double place = (axis->high - value) / (axis->high - axis->low);

	/* The ends are rounded, and a value may be beyond by that. */
	return fminl(fmaxl(place, 0), 1);
}

bool value_axis_has_units(const struct value_axis *axis)
{
	return is_bytes(axis->units);
}

void value_axis_append(const struct value_axis *axis, size_t mark, struct text *out)
{
	static const char prefixes[] = " kMGTPE";
	long double largest = fmaxl(fabsl(axis->low), fabsl(axis->high));
	long double value = axis->low + axis->step * (long double)mark;
	long double step = axis->step;
	size_t prefix = 0;
	int decimals;

	/* What adding leaves of zero. */
	if (fabsl(value) < step / 2)
		value = 0;
	if (is_bytes(axis->units)) {
		append_bytes(out, value, step < BYTES_END ? (int64_t)step : INT64_MAX, axis->units);
		return;
	}
	if (largest >= 1e21L || step < 1e-6L) {
		text_printf(out, "%.4Lg", value);
		return;
	}
	for (; largest >= (prefix == 0 ? 10000 : 1000) && prefixes[prefix + 1] != '\0'; prefix++) {
		largest /= 1000;
		value /= 1000;
		step /= 1000;
	}
	decimals = (int)-floorl(log10l(step) + 1e-9L);
	text_printf(out, "%.*Lf", decimals > 0 ? decimals : 0, value);
	if (prefix > 0 && value != 0)
		text_append_char(out, prefixes[prefix]);
}

/* ---- times ---- */

#define DAY_SECONDS 86400

/* Makes weeks begin with Mondays: the first day of 1970 was a Thursday. */
#define MONDAY 3

static const struct {
	int count;
	char unit;
	double seconds; /* the least that it takes */
	enum time_label label;
	size_t columns; /* that the label takes */
} time_steps[] = {
    {1, 's', 1, TIME_SECONDS, 8},
    {2, 's', 2, TIME_SECONDS, 8},
    {5, 's', 5, TIME_SECONDS, 8},
    {10, 's', 10, TIME_SECONDS, 8},
    {15, 's', 15, TIME_SECONDS, 8},
    {30, 's', 30, TIME_SECONDS, 8},
    {60, 's', 60, TIME_MINUTES, 5},
    {120, 's', 120, TIME_MINUTES, 5},
    {300, 's', 300, TIME_MINUTES, 5},
    {600, 's', 600, TIME_MINUTES, 5},
    {900, 's', 900, TIME_MINUTES, 5},
    {1800, 's', 1800, TIME_MINUTES, 5},
    {3600, 's', 3600, TIME_MINUTES, 5},
    {7200, 's', 7200, TIME_MINUTES, 5},
    {10800, 's', 10800, TIME_MINUTES, 5},
    {21600, 's', 21600, TIME_MINUTES, 5},
    {43200, 's', 43200, TIME_MINUTES, 5},
    {1, 'd', DAY_SECONDS, TIME_DAYS, 5},
    {2, 'd', 2.0 * DAY_SECONDS, TIME_DAYS, 5},
    {7, 'd', 7.0 * DAY_SECONDS, TIME_DAYS, 5},
    {1, 'm', 28.0 * DAY_SECONDS, TIME_MONTHS, 7},
    {3, 'm', 90.0 * DAY_SECONDS, TIME_MONTHS, 7},
    {6, 'm', 181.0 * DAY_SECONDS, TIME_MONTHS, 7},
    {12, 'm', 365.0 * DAY_SECONDS, TIME_YEARS, 4},
    {60, 'm', 5 * 365.0 * DAY_SECONDS, TIME_YEARS, 4},
    {240, 'm', 20 * 365.0 * DAY_SECONDS, TIME_YEARS, 4},
    {1200, 'm', 100 * 365.0 * DAY_SECONDS, TIME_YEARS, 4},
};

struct time_axis time_axis_of(double from, double to, size_t columns)
{
	size_t last = sizeof(time_steps) / sizeof(time_steps[0]) - 1;
	size_t i = 0;

	assert(from < to);
	while (i < last && time_steps[i].seconds / (to - from) * (double)columns <
	                       (double)time_steps[i].columns + 2)
		i++;
	return (struct time_axis){.from = from,
	    .to = to,
	    .count = time_steps[i].count,
	    .unit = time_steps[i].unit,
	    .label = time_steps[i].label};
}

/* Days since 1970 of a local date. */
static long day_number(const struct tm *local)
{
	struct tm day = {
	    .tm_year = local->tm_year, .tm_mon = local->tm_mon, .tm_mday = local->tm_mday};

	return (long)(timegm(&day) / DAY_SECONDS);
}

/* The round time at or before a local time. */
static void round_down(const struct time_axis *axis, struct tm *local)
{
	int months, seconds;

	if (axis->unit == 's') {
		seconds = local->tm_hour * 3600 + local->tm_min * 60 + local->tm_sec;
		seconds -= seconds % axis->count;
		local->tm_hour = seconds / 3600;
		local->tm_min = seconds / 60 % 60;
		local->tm_sec = seconds % 60;
		return;
	}
	local->tm_hour = local->tm_min = local->tm_sec = 0;
	if (axis->unit == 'd') {
		local->tm_mday -= (int)((day_number(local) + MONDAY) % axis->count);
		return;
	}
	months = (local->tm_year + 1900) * 12 + local->tm_mon;
	months -= months % axis->count;
	local->tm_year = months / 12 - 1900;
	local->tm_mon = months % 12;
	local->tm_mday = 1;
}

static void advance(const struct time_axis *axis, struct tm *local)
{
	if (axis->unit == 's')
		local->tm_sec += axis->count;
	else if (axis->unit == 'd')
		local->tm_mday += axis->count;
	else
		local->tm_mon += axis->count;
}

/* The first mark that is later than a time; days may have 23 or 25 hours. */
static time_t mark_after(const struct time_axis *axis, time_t time)
{
	struct tm local;
	time_t mark;

	localtime_r(&time, &local);
	round_down(axis, &local);
	do {
		struct tm parts;

		advance(axis, &local);
		parts = local;
		parts.tm_isdst = -1;
		mark = mktime(&parts);
	} while (mark <= time && mark != (time_t)-1);
	return mark;
}

time_t time_axis_first(const struct time_axis *axis)
{
	return mark_after(axis, (time_t)ceil(axis->from) - 1);
}

time_t time_axis_next(const struct time_axis *axis, time_t mark)
{
	return mark_after(axis, mark);
}

void time_axis_append(const struct time_axis *axis, time_t mark, struct text *out)
{
	enum time_label label = axis->label;
	char buffer[32] = "";
	struct tm local;

	localtime_r(&mark, &local);
	if (label == TIME_MINUTES && local.tm_hour == 0 && local.tm_min == 0)
		label = TIME_DAYS;
	if (label == TIME_SECONDS)
		strftime(buffer, sizeof(buffer), "%H:%M:%S", &local);
	else if (label == TIME_MINUTES)
		strftime(buffer, sizeof(buffer), "%H:%M", &local);
	else if (label == TIME_DAYS)
		strftime(buffer, sizeof(buffer), "%m-%d", &local);
	else if (label == TIME_MONTHS)
		strftime(buffer, sizeof(buffer), "%Y-%m", &local);
	else
		strftime(buffer, sizeof(buffer), "%Y", &local);
	text_append(out, buffer);
}
