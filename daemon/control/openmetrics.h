/* SPDX-License-Identifier: MIT */
/*
 * Writes the OpenMetrics text format, version 1.0: families in turn, each with its heading and then
 * its samples, and metrics_end() after the last.
 */
#ifndef CONTROL_OPENMETRICS_H
#define CONTROL_OPENMETRICS_H

#include <stdbool.h>

#include "base/durations.h"
#include "base/text.h"

#define OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_HISTOGRAM,
	METRIC_INFO,
	METRIC_STATESET,
	METRIC_TYPE_COUNT
};

/* The name ends with "_" and the unit, if there is one; that of a counter's samples has "_total".
 */
struct metric_family {
	const char *name;
	enum metric_type type;
	const char *unit; /* or NULL */
	const char *help;
};

/* A list of these ends with one that has no name; one without a value is left out. */
struct metric_label {
	const char *name;
	const char *value; /* UTF-8, or NULL */
};

#define METRIC_LABELS(...) ((const struct metric_label[]){__VA_ARGS__, {NULL, NULL}})
#define METRIC_NO_LABELS ((const struct metric_label[]){{NULL, NULL}})

/* The heading. */
void metrics_family(struct text *out, const struct metric_family *family);

/* A sample of a counter, gauge or (1) info. */
void metrics_sample(struct text *out, const struct metric_family *family,
    const struct metric_label *labels, double value);

/* The samples of a histogram of durations, in seconds. */
void metrics_durations(struct text *out, const struct metric_family *family,
    const struct metric_label *labels, const struct durations *durations);

/* The samples of a set of states, of which one is on. */
void metrics_states(struct text *out, const struct metric_family *family,
    const struct metric_label *labels, const char *const *states, size_t count, size_t on);

/* The end of everything, but for a line end. */
void metrics_end(struct text *out);

#endif
