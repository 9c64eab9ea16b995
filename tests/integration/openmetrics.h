/* SPDX-License-Identifier: MIT */
/*
 * Reads the OpenMetrics text format as strictly as it is specified: whatever is not as it should be
 * fails the test, with the line.
 */
#ifndef TESTS_INTEGRATION_OPENMETRICS_H
#define TESTS_INTEGRATION_OPENMETRICS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* How far a text has been read. */
struct lint {
	const char *line;
	struct text names;  /* of all families so far, each between line ends */
	struct text series; /* the same of all samples, with their labels */
	char family[128];
	char type[16];
	bool has_unit, has_help, has_samples;
	bool in_buckets;
	struct text group; /* the labels, but for le, of the buckets that are being read */
	double bound, bucket;
};

static inline void lint_fail(const struct lint *lint, const char *what)
{
	fail_msg("%s: %.*s", what, (int)strcspn(lint->line, "\n"), lint->line);
}

static inline void lint_assert(const struct lint *lint, bool holds, const char *what)
{
	if (!holds)
		lint_fail(lint, what);
}

static inline bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), part = strlen(end);

	return length >= part && strcmp(text + length - part, end) == 0;
}

/* Adds a line to a list of lines, which must not have it. */
static inline void lint_note(
    const struct lint *lint, struct text *lines, const char *line, size_t length)
{
	char *wanted = xasprintf("\n%.*s\n", (int)length, line);

	if (lines->length == 0)
		text_append_char(lines, '\n');
	lint_assert(lint, strstr(lines->data, wanted) == NULL, "twice");
	text_append(lines, wanted + 1);
	free(wanted);
}

/* The length of a name at the beginning of a text. */
static inline size_t lint_name(const struct lint *lint, const char *text)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t length = strspn(text, all);

	lint_assert(lint, length > 0 && strchr(first, text[0]) != NULL, "not a name");
	return length;
}

/* ---- headings ---- */

/* The end of the buckets of a histogram. */
static inline void lint_end_buckets(struct lint *lint)
{
	lint_assert(lint, !lint->in_buckets, "the buckets before this have no sum and count");
}

static inline void lint_type(struct lint *lint, const char *name, const char *type)
{
	static const char known[] = " counter gauge histogram info stateset ";
	char *word = xasprintf(" %s ", type);

	lint_assert(lint, strstr(known, word) != NULL, "not a type");
	free(word);
	lint_end_buckets(lint);
	lint_note(lint, &lint->names, name, strlen(name));
	lint_assert(lint, !ends_with(name, "_total") && !ends_with(name, "_info"),
	    "the name of a family has no such end");
	assert_true(text_copy(lint->family, sizeof(lint->family), name));
	assert_true(text_copy(lint->type, sizeof(lint->type), type));
	lint->has_unit = lint->has_help = lint->has_samples = false;
}

static inline void lint_about(struct lint *lint, const char *kind, const char *what)
{
	char *end = xasprintf("_%s", what);
	bool is_unit = strcmp(kind, "UNIT") == 0;

	lint_assert(lint, is_unit || strcmp(kind, "HELP") == 0, "not a heading");
	lint_assert(lint, !lint->has_samples, "after the samples");
	lint_assert(lint, what[0] != '\0', "empty");
	lint_assert(lint, !is_unit || ends_with(lint->family, end), "the name lacks the unit");
	lint_assert(lint, is_unit ? !lint->has_unit : !lint->has_help, "twice");
	*(is_unit ? &lint->has_unit : &lint->has_help) = true;
	free(end);
}

static inline void lint_heading(struct lint *lint)
{
	char kind[16], name[128], what[512];

	if (sscanf(lint->line, "# %15[A-Z] %127[^ \n] %511[^\n]", kind, name, what) != 3)
		lint_fail(lint, "not a heading");
	if (strcmp(kind, "TYPE") == 0) {
		lint_type(lint, name, what);
		return;
	}
	lint_assert(lint, strcmp(name, lint->family) == 0, "of another family");
	lint_about(lint, kind, what);
}

/* ---- samples ---- */

/* The length of labels at the beginning of a text, 0 if there are none; the value of one. */
static inline size_t lint_labels(
    const struct lint *lint, const char *text, const char *wanted, char value[128])
{
	const char *at = text;
	struct text names = TEXT_EMPTY;

	value[0] = '\0';
	if (*at != '{')
		return 0;
	do {
		size_t length = lint_name(lint, ++at), used = 0;
		bool is_wanted = strlen(wanted) == length && strncmp(at, wanted, length) == 0;

		lint_note(lint, &names, at, length);
		at += length;
		lint_assert(lint, at[0] == '=' && at[1] == '"', "a label without a value");
		for (at += 2; *at != '"'; at++) {
			lint_assert(lint, *at != '\n' && *at != '\0', "a value without an end");
			at += *at == '\\';
			lint_assert(lint, at[-1] != '\\' || strchr("\\\"n", *at) != NULL, "escape");
			if (is_wanted && used < 127)
				value[used++] = *at;
		}
		if (is_wanted)
			value[used] = '\0';
		at++;
	} while (*at == ',');
	lint_assert(lint, *at == '}', "labels without an end");
	text_clear(&names);
	return (size_t)(at + 1 - text);
}

/* A bucket: above the one before, and with no less in it. */
static inline void lint_bucket(
    struct lint *lint, const char *group, const char *bound_text, double count)
{
	double bound = strtod(bound_text, NULL);

	lint_assert(lint, bound_text[0] != '\0', "a bucket without a bound");
	lint_assert(lint, strpbrk(bound_text, ".I") != NULL, "a bound without a point");
	if (!lint->in_buckets) {
		text_reset(&lint->group);
		text_append(&lint->group, group);
	} else {
		lint_assert(lint, strcmp(lint->group.data, group) == 0, "among others' buckets");
		lint_assert(lint, bound > lint->bound, "the bounds do not ascend");
		lint_assert(lint, count >= lint->bucket, "less than in the bucket before");
	}
	lint->in_buckets = true;
	lint->bound = bound;
	lint->bucket = count;
}

static inline void lint_of_histogram(
    struct lint *lint, const char *suffix, const char *group, const char *bound, double value)
{
	if (strcmp(suffix, "_bucket") == 0) {
		lint_bucket(lint, group, bound, value);
		return;
	}
	lint_assert(
	    lint, lint->in_buckets && strcmp(lint->group.data, group) == 0, "without buckets");
	lint_assert(lint, lint->bound > 1e300, "the last bucket is not +Inf");
	if (strcmp(suffix, "_sum") == 0)
		return;
	lint_assert(lint, strcmp(suffix, "_count") == 0, "not of a histogram");
	lint_assert(lint, value == lint->bucket, "not what the last bucket has");
	lint->in_buckets = false;
}

/* What its type demands of a sample. */
static inline void lint_typed(
    struct lint *lint, const char *suffix, const char *labels, const char *label, double value)
{
	bool is_whole = value == (double)(long long)value;

	if (strcmp(lint->type, "counter") == 0)
		lint_assert(lint, strcmp(suffix, "_total") == 0 && value >= 0, "not of a counter");
	else if (strcmp(lint->type, "gauge") == 0)
		lint_assert(lint, suffix[0] == '\0', "not of a gauge");
	else if (strcmp(lint->type, "info") == 0)
		lint_assert(lint, strcmp(suffix, "_info") == 0 && value == 1, "not of an info");
	else if (strcmp(lint->type, "stateset") == 0)
		lint_assert(lint,
		    suffix[0] == '\0' && label[0] != '\0' && (value == 0 || value == 1),
		    "not of a set of states");
	else
		lint_of_histogram(lint, suffix, labels, label, value);
	lint_assert(
	    lint, is_whole || strcmp(lint->type, "stateset") != 0, "a state that is no number");
}

static inline void lint_sample(struct lint *lint)
{
	bool is_histogram = strcmp(lint->type, "histogram") == 0;
	size_t name = lint_name(lint, lint->line), family = strlen(lint->family);
	char label[128], suffix[128], *end, *group, *le;
	size_t labels =
	    lint_labels(lint, lint->line + name, is_histogram ? "le" : lint->family, label);
	const char *number = lint->line + name + labels;
	double value;

	lint_assert(lint, lint->has_help, "without a heading");
	lint_assert(lint, name >= family && strncmp(lint->line, lint->family, family) == 0,
	    "of another family");
	snprintf(suffix, sizeof(suffix), "%.*s", (int)(name - family), lint->line + family);
	lint_note(lint, &lint->series, lint->line, name + labels);
	lint_assert(lint, *number == ' ' && number[1] != ' ', "without a number");
	value = strtod(number + 1, &end);
	lint_assert(lint, end != number + 1 && *end == '\n', "not a number");
	group = xasprintf("%.*s", (int)labels, lint->line + name);
	le = strstr(group, ",le=");
	if (is_histogram && le == NULL)
		le = strstr(group, "{le=");
	if (is_histogram && le != NULL)
		*le = '\0';
	else if (is_histogram && labels > 0)
		group[labels - 1] = '\0';
	lint_typed(lint, suffix, group, label, value);
	lint->has_samples = true;
	free(group);
}

/* Fails unless a text is OpenMetrics. */
static inline void assert_openmetrics(const char *text)
{
	struct lint lint = {.line = text};

	while (strncmp(lint.line, "# EOF", 5) != 0) {
		const char *end = strchr(lint.line, '\n');

		lint_assert(&lint, end != NULL, "the end is missing");
		if (lint.line[0] == '#')
			lint_heading(&lint);
		else
			lint_sample(&lint);
		lint.line = end + 1;
	}
	lint_end_buckets(&lint);
	lint_assert(&lint, strcmp(lint.line, "# EOF\n") == 0, "more after the end");
	text_clear(&lint.names);
	text_clear(&lint.series);
	text_clear(&lint.group);
}

/* The value of a sample, named with its labels as it is written; fails if there is none. */
static inline double metric_of(const char *text, const char *name)
{
	char *line = xasprintf("\n%s ", name);
	const char *found = strstr(text, line);

	if (found == NULL)
		fail_msg("no %s in:\n%s", name, text);
	found += strlen(line);
	free(line);
	return strtod(found, NULL);
}

#endif
