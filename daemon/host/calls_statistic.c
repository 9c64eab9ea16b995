/* SPDX-License-Identifier: MIT */
/* The calls that sample statistics. */
#include "host/calls_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "host/refusal.h"

/* So much the clock may seem to be behind for many samples were made at once. */
#define CLOCK_BACK_US US_PER_S

#define CLOCK_TELL_AGAIN_NS (60 * NS_PER_S)

/* Index of a statistic, of a histogram or of any other type; CLASS_NOT_FOUND after refusing. */
static size_t find_statistic(struct host_resource *resource, const char *name, bool histogram,
    const char *place, int *result)
{
	const struct class_names *names = &resource->session->host->names[resource->class];
	struct text reason = TEXT_EMPTY;
	size_t index = class_names_statistic(names, name != NULL ? name : "");

	if (index == CLASS_NOT_FOUND) {
		class_names_explain_statistic(names, name != NULL ? name : "", &reason);
		*result =
		    refuse(resource->session, IML_EUNKNOWN, place, resource, "%s", reason.data);
		text_clear(&reason);
		return CLASS_NOT_FOUND;
	}
	if ((names->class->statistics[index].type == STATISTIC_HISTOGRAM) == histogram)
		return index;
	*result = refuse(resource->session, IML_EVALUE, place, resource, "\"%s\" is %s: use %s()",
	    name, histogram ? "no histogram" : "a histogram",
	    histogram ? "iml_sample" : "iml_sample_histogram");
	return CLASS_NOT_FOUND;
}

/* Reads a text that is a number and nothing else. */
static bool parse_number(const char *text, double *number)
{
	char *end;

	if (text == NULL || text[0] == '\0')
		return false;
	*number = strtod(text, &end);
	return *end == '\0';
}

/* The finite number that was passed, if it is one. */
static bool read_number(const struct iml_value *value, double *number)
{
	bool is_number = true;

	if (value->kind == IML_KIND_REAL)
		*number = value->real;
	else if (value->kind == IML_KIND_UNSIGNED)
		*number = (double)(uint64_t)value->integer;
	else if (value->kind == IML_KIND_INTEGER || value->kind == IML_KIND_BOOLEAN)
		*number = (double)value->integer;
	else
		is_number = value->kind == IML_KIND_TEXT && parse_number(value->text, number);
	return is_number && isfinite(*number);
}

/* Warns that the clock was put back, once a minute as long as that matters. */
static void warn_of_clock(struct host_resource *resource, int64_t behind_us)
{
	struct host_session *session = resource->session;
	struct monotonic now = monotonic_now();
	char behind[CLOCK_TEXT_SIZE];
	struct text label = TEXT_EMPTY;

	if (session->clock_told.ns != 0 &&
	    monotonic_since(now, session->clock_told) < CLOCK_TELL_AGAIN_NS)
		return;
	session->clock_told = now;
	host_resource_describe(resource, &label);
	host_log(session->host, session->number, LOG_LEVEL_WARNING,
	    "%s: samples are not stored, since the clock is %s behind the newest one: was it put "
	    "back?",
	    label.data, duration_format(behind_us * 1000, behind));
	text_clear(&label);
}

/*
 * The time of a sample made now: later than that of the one before, so that both are kept. False if
 * it can't be, since the clock was put back.
 */
static bool take_time(struct host_resource *resource, size_t statistic, struct wallclock *time)
{
	size_t count = host_resource_class(resource)->statistic_count;
	struct wallclock *newest;

	if (resource->sampled == NULL)
		resource->sampled = xcalloc(count, sizeof(*resource->sampled));
	newest = &resource->sampled[statistic];
	*time = wallclock_now_coarse();
	if (newest->us - time->us > CLOCK_BACK_US) {
		warn_of_clock(resource, newest->us - time->us);
		return false;
	}
	if (time->us <= newest->us)
		time->us = newest->us + 1;
	*newest = *time;
	return true;
}

static void add_sample(struct host_resource *resource, size_t statistic, double number)
{
	struct sample sample = {
	    .resource = resource->number, .statistic = (uint32_t)statistic, .value = number};

	if (!take_time(resource, statistic, &sample.time))
		return;
	sampling_add(&resource->session->sampling, &sample);
	resource->sampled_for = resource->session->last_batch + 1;
}

static void note_sample(struct host_resource *resource, size_t statistic, double number)
{
	add_sample(resource, statistic, number);
	if (resource->newest == NULL) {
		host_session_touch_locked(resource->session);
		return;
	}
	resource->newest[statistic] = number;
	host_resource_touch(resource);
}

static int sample(struct host_resource *resource, const char *name, const struct iml_value *value,
    const char *place)
{
	int result = calls_check_change(resource->session, NULL, place);
	size_t statistic;
	double number;

	if (result != 0)
		return result;
	statistic = find_statistic(resource, name, false, place, &result);
	if (statistic == CLASS_NOT_FOUND)
		return result;
	if (!read_number(value, &number))
		return refuse(resource->session, IML_EVALUE, place, resource,
		    "\"%s\": a sample must be a finite number", name);
	note_sample(resource, statistic, number);
	return 0;
}

int call_sample(
    struct iml_resource *handle, const char *name, const struct iml_value *value, const char *place)
{
	struct host_resource *resource = calls_enter_resource(handle, "iml_sample", place);

	if (resource == NULL)
		return IML_EHANDLE;
	return calls_leave(resource->session, sample(resource, name, value, place));
}

static void note_histogram(
    struct host_resource *resource, size_t statistic, const int64_t *counts, size_t count)
{
	struct unsent *unsent = &resource->session->unsent;
	struct wallclock time;

	if (!take_time(resource, statistic, &time))
		return;
	unsent->histograms = xgrow(unsent->histograms, unsent->histogram_count,
	    &unsent->histogram_capacity, sizeof(*unsent->histograms));
	unsent->histograms[unsent->histogram_count++] =
	    (struct histogram){.resource = resource->number,
	        .statistic = (uint32_t)statistic,
	        .time = time,
	        .counts = (int64_t *)(void *)xmemdup(counts, count * sizeof(*counts)),
	        .count = count};
	resource->sampled_for = resource->session->last_batch + 1;
	host_session_touch_locked(resource->session);
}

static int sample_histogram(struct host_resource *resource, const char *name, const int64_t *counts,
    size_t count, const char *place)
{
	int result = calls_check_change(resource->session, NULL, place);
	size_t statistic, bins;

	if (result != 0)
		return result;
	statistic = find_statistic(resource, name, true, place, &result);
	if (statistic == CLASS_NOT_FOUND)
		return result;
	bins = host_resource_class(resource)->statistics[statistic].bin_count;
	if (count != bins || counts == NULL)
		return refuse(resource->session, IML_EVALUE, place, resource,
		    "\"%s\" has %zu bins, %zu counts were given", name, bins, count);
	for (size_t i = 0; i < count; i++)
		if (counts[i] < 0)
			return refuse(resource->session, IML_EVALUE, place, resource,
			    "\"%s\": count %zu is below 0", name, i);
	note_histogram(resource, statistic, counts, count);
	return 0;
}

int call_sample_histogram(struct iml_resource *handle, const char *name, const int64_t *counts,
    size_t count, const char *place)
{
	struct host_resource *resource =
	    calls_enter_resource(handle, "iml_sample_histogram", place);

	if (resource == NULL)
		return IML_EHANDLE;
	return calls_leave(
	    resource->session, sample_histogram(resource, name, counts, count, place));
}
