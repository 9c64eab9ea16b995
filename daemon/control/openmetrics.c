/* SPDX-License-Identifier: MIT */
#include "control/openmetrics.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Whole numbers up to here are exact. */
#define WHOLE_MAX 9007199254740992.0

static const struct {
	const char *name;
	const char *suffix; /* of plain samples */
} types[METRIC_TYPE_COUNT] = {
    [METRIC_COUNTER] = {"counter", "_total"},
    [METRIC_GAUGE] = {"gauge", ""},
    [METRIC_HISTOGRAM] = {"histogram", ""},
    [METRIC_INFO] = {"info", "_info"},
    [METRIC_STATESET] = {"stateset", ""},
};

/* Appends a text with what would end it, or a line, escaped; a quote only where it does. */
static void append_escaped(struct text *out, const char *text, bool is_quoted)
{
	for (const char *byte = text; *byte != '\0'; byte++) {
		if (*byte == '\n')
			text_append(out, "\\n");
		else if (*byte == '\\' || (*byte == '"' && is_quoted))
			text_printf(out, "\\%c", *byte);
		else
			text_append_char(out, *byte);
	}
}

void metrics_family(struct text *out, const struct metric_family *family)
{
	text_printf(out, "# TYPE %s %s\n", family->name, types[family->type].name);
	if (family->unit != NULL)
		text_printf(out, "# UNIT %s %s\n", family->name, family->unit);
	text_printf(out, "# HELP %s ", family->name);
	append_escaped(out, family->help, false);
	text_append_char(out, '\n');
}

/* Appends a label; first tells whether it is, and then that it is not any more. */
static void append_label(struct text *out, const char *name, const char *value, bool *first)
{
	if (value == NULL)
		return;
	text_printf(out, "%c%s=\"", *first ? '{' : ',', name);
	append_escaped(out, value, true);
	text_append_char(out, '"');
	*first = false;
}

/* Appends the name of a sample with its labels and perhaps a further one. */
static void append_name(struct text *out, const struct metric_family *family, const char *suffix,
    const struct metric_label *labels, const struct metric_label *further)
{
	bool first = true;

	text_printf(out, "%s%s", family->name, suffix);
	for (; labels->name != NULL; labels++)
		append_label(out, labels->name, labels->value, &first);
	if (further != NULL)
		append_label(out, further->name, further->value, &first);
	text_append(out, first ? " " : "} ");
}

static void append_number(struct text *out, double value)
{
	bool is_whole = fabs(value) < WHOLE_MAX && value == floor(value);

	text_printf(out, is_whole ? "%.0f\n" : "%.12g\n", value);
}

void metrics_sample(struct text *out, const struct metric_family *family,
    const struct metric_label *labels, double value)
{
	append_name(out, family, types[family->type].suffix, labels, NULL);
	append_number(out, value);
}

/* The bound of a bucket, as a number that has a point. */
static void format_bound(size_t bucket, char text[32])
{
	double bound;

	if (bucket == DURATION_BOUNDS) {
		snprintf(text, 32, "+Inf");
		return;
	}
	bound = (double)duration_bounds_ns[bucket] / NS_PER_S;
	snprintf(text, 32, bound == floor(bound) ? "%.1f" : "%g", bound);
}

void metrics_durations(struct text *out, const struct metric_family *family,
    const struct metric_label *labels, const struct durations *durations)
{
	char bound[32];
	const struct metric_label le = {"le", bound};
	uint64_t count = 0;

	assert(family->type == METRIC_HISTOGRAM);
	for (size_t i = 0; i <= DURATION_BOUNDS; i++) {
		count += durations->counts[i];
		format_bound(i, bound);
		append_name(out, family, "_bucket", labels, &le);
		append_number(out, (double)count);
	}
	append_name(out, family, "_sum", labels, NULL);
	append_number(out, durations->sum_s);
	append_name(out, family, "_count", labels, NULL);
	append_number(out, (double)count);
}

void metrics_states(struct text *out, const struct metric_family *family,
    const struct metric_label *labels, const char *const *states, size_t count, size_t on)
{
	assert(family->type == METRIC_STATESET && on < count);
	for (size_t i = 0; i < count; i++) {
		const struct metric_label state = {family->name, states[i]};

		append_name(out, family, "", labels, &state);
		append_number(out, i == on);
	}
}

void metrics_end(struct text *out)
{
	text_append(out, "# EOF");
}
