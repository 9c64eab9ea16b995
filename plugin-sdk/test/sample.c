/* SPDX-License-Identifier: MIT */
/* Samples and histograms: what was stored of them, and assertions about it. */
#include "harness.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kit/sampled.h"

/* How much samples may differ, as a part of the value that is expected. */
#define TOLERANCE 1e-6

static struct series *find_series(struct iml_test *test, record_id resource, record_id statistic)
{
	struct series_key key;
	struct series *series;

	memset(&key, 0, sizeof(key));
	key.resource = resource;
	key.statistic = statistic;
	HASH_FIND(hh, test->series, &key, sizeof(key), series);
	return series;
}

/* The series of a sample, which is counted. */
static struct series *note_sample(struct iml_test *test, record_id resource, record_id statistic)
{
	struct series *series = find_series(test, resource, statistic);

	if (series == NULL) {
		series = xcalloc(1, sizeof(*series));
		series->key.resource = resource;
		series->key.statistic = statistic;
		HASH_ADD(hh, test->series, key, sizeof(series->key), series);
	}
	series->count++;
	return series;
}

static void collect(void *context, const struct kit_sample *sample)
{
	struct series *series =
	    note_sample(context, sample->resource->id, sampled_statistic(sample));

	series->value = sample->value;
	if (sample->counts == NULL)
		return;
	series->counts = xreallocarray(series->counts, sample->count, sizeof(*series->counts));
	memcpy(series->counts, sample->counts, sample->count * sizeof(*series->counts));
	series->bins = sample->count;
}

void series_collect(
    struct iml_test *test, const struct kit_session *session, const struct batch *batch)
{
	sampled_visit(kit_graph(session->kit), batch, collect, test);
}

void series_free(struct iml_test *test)
{
	struct series *series, *next;

	HASH_ITER (hh, test->series, series, next) {
		HASH_DEL(test->series, series);
		free(series->counts);
		free(series);
	}
}

/* ---- assertions ---- */

/* Index of a statistic; fails if the class has none of the name. */
static size_t find_statistic(struct iml_test *test, const struct graph_resource *resource,
    const char *name, struct place place)
{
	const struct class *class = resource->class->class;
	size_t statistic = class_find_statistic(class, name);

	if (statistic != CLASS_NOT_FOUND)
		return statistic;
	text_printf(&test->message, "class %s has no statistic \"%s\", but", class->name, name);
	for (size_t i = 0; i < class->statistic_count; i++)
		text_printf(&test->message, " %s", class->statistics[i].name);
	if (class->statistic_count == 0)
		text_append(&test->message, " none at all");
	test_fail(test, place);
}

/* What was stored of a statistic, or NULL. Fails unless it is a histogram or none, as asked for. */
static struct series *series_of(
    struct iml_test_resource *handle, const char *name, bool histogram, struct place place)
{
	struct graph_resource *resource = resource_of(handle, place);
	size_t index = find_statistic(handle->test, resource, name, place);
	const struct statistic *statistic = &resource->class->class->statistics[index];

	if ((statistic->type == STATISTIC_HISTOGRAM) != histogram)
		test_fail_with(
		    handle->test, place, "\"%s\" is %s histogram", name, histogram ? "no" : "a");
	return find_series(handle->test, handle->id, resource->class->statistic_ids[index]);
}

double iml_test_sample_at(
    const char *file, int line, struct iml_test_resource *handle, const char *name)
{
	const struct series *series = series_of(handle, name, false, HERE);

	if (series == NULL)
		test_fail_with(
		    handle->test, HERE, "%s has no sample of \"%s\"", handle->name, name);
	return series->value;
}

void iml_test_assert_sample_at(
    const char *file, int line, struct iml_test_resource *handle, const char *name, double value)
{
	double newest = iml_test_sample_at(file, line, handle, name);

	if (fabs(newest - value) <= TOLERANCE * fmax(1, fabs(value)))
		return;
	test_fail_with(handle->test, HERE,
	    "the newest sample of \"%s\" of %s is %.10g, expected %.10g", name, handle->name,
	    newest, value);
}

void iml_test_assert_samples_at(
    const char *file, int line, struct iml_test_resource *handle, const char *name, uint64_t count)
{
	struct graph_resource *resource = resource_of(handle, HERE);
	size_t index = find_statistic(handle->test, resource, name, HERE);
	const struct series *series =
	    find_series(handle->test, handle->id, resource->class->statistic_ids[index]);
	uint64_t stored = series != NULL ? series->count : 0;

	if (stored != count)
		test_fail_with(handle->test, HERE,
		    "%s has %" PRIu64 " samples of \"%s\", expected %" PRIu64, handle->name, stored,
		    name, count);
}

static void append_counts(struct iml_test *test, const int64_t *counts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_printf(&test->message, " %" PRId64, counts[i]);
	text_append(&test->message, "\n");
}

void iml_test_assert_histogram_at(const char *file, int line, struct iml_test_resource *handle,
    const char *name, const int64_t *counts, size_t count)
{
	const struct series *series = series_of(handle, name, true, HERE);
	struct iml_test *test = handle->test;

	if (series != NULL && series->bins == count &&
	    memcmp(series->counts, counts, count * sizeof(*counts)) == 0)
		return;
	text_printf(&test->message, "the newest histogram \"%s\" of %s is\n ", name, handle->name);
	if (series != NULL)
		append_counts(test, series->counts, series->bins);
	else
		text_append(&test->message, "none\n");
	text_append(&test->message, "expected\n ");
	append_counts(test, counts, count);
	test_fail(test, HERE);
}
