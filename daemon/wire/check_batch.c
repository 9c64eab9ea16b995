/* SPDX-License-Identifier: MIT */
/*
 * Whether a batch fits the classes of its plugin. A resource's class is that of the report that
 * creates it or, if it is older, what the context tells. Which resources exist is for the graph to
 * judge: here only those matter whose class gives meaning to an index.
 */
#include "wire/check.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A resource that the batch creates. */
struct created {
	uint32_t resource;
	uint32_t class;
};

/* The resource that was asked for last: samples of one come one after the other. */
struct last {
	uint32_t resource;
	const struct class *class; /* NULL: none yet, or there is no such resource */
};

struct checker {
	const struct batch *batch;
	const struct wire_context *context;
	struct last *last;
	struct created *created; /* in order of resource */
	size_t created_count;
	char *reason;
};

static int compare_created(const void *a, const void *b)
{
	const struct created *x = a, *y = b;

	return (x->resource > y->resource) - (x->resource < y->resource);
}

static const struct class *look_up_class(const struct checker *checker, uint32_t resource)
{
	const struct wire_context *context = checker->context;
	struct created key = {.resource = resource};
	const struct created *created = NULL;
	size_t class = CLASS_NOT_FOUND;

	if (checker->created_count > 0)
		created = bsearch(
		    &key, checker->created, checker->created_count, sizeof(key), compare_created);
	if (created != NULL)
		class = created->class;
	else if (context->class_of != NULL)
		class = context->class_of(context->context, checker->batch->session, resource);
	return class < context->class_count ? context->classes[class] : NULL;
}

/* The class of a resource, or NULL if there is none of this number. */
static const struct class *class_of(const struct checker *checker, uint32_t resource)
{
	struct last *last = checker->last;

	if (last->class == NULL || last->resource != resource)
		*last = (struct last){resource, look_up_class(checker, resource)};
	return last->class;
}

/* Notes which resources the batch creates. Their classes must exist, their numbers be unique. */
static bool gather_created(struct checker *checker)
{
	const struct batch *batch = checker->batch;
	size_t count = 0;

	checker->created = xcalloc(batch->report_count + 1, sizeof(checker->created[0]));
	for (size_t i = 0; i < batch->report_count; i++) {
		const struct report *report = &batch->reports[i];

		if (report->class >= checker->context->class_count)
			return check_refuse(checker->reason,
			    "reports[%zu].class: there is no class %u, only %zu", i, report->class,
			    checker->context->class_count);
		if (report->created)
			checker->created[count++] =
			    (struct created){report->resource, report->class};
	}
	checker->created_count = count;
	qsort(checker->created, count, sizeof(checker->created[0]), compare_created);
	for (size_t i = 1; i < count; i++)
		if (checker->created[i - 1].resource == checker->created[i].resource)
			return check_refuse(checker->reason, "resource %u is created twice",
			    checker->created[i].resource);
	return true;
}

/* Whether a change names an attribute of the class and fits it. */
static bool check_change(
    const struct checker *checker, const struct class *class, struct change *change, size_t report)
{
	const struct attribute *attribute;
	char reason[REASON_SIZE];

	if (change->attribute >= class->attribute_count)
		return check_refuse(checker->reason,
		    "reports[%zu]: %s has no attribute %u, only %zu", report, class->name,
		    change->attribute, class->attribute_count);
	attribute = &class->attributes[change->attribute];
	if (!check_value_type(attribute, &change->value))
		return check_refuse(checker->reason,
		    "reports[%zu]: the value of \"%s\" of %s is not of type %s", report,
		    attribute->name, class->name, attribute_type_name(attribute->type));
	/* What a password is stored as is the plugin's affair. */
	if (attribute->type == ATTRIBUTE_PASSWORD)
		return true;
	if (!attribute_validate(attribute, &change->value, reason))
		return check_refuse(
		    checker->reason, "reports[%zu]: %s: %s", report, class->name, reason);
	return true;
}

static bool check_report(const struct checker *checker, size_t index)
{
	const struct report *report = &checker->batch->reports[index];
	const struct class *class = checker->context->classes[report->class];

	assert(class != NULL);
	if (class_of(checker, report->resource) != class)
		return check_refuse(checker->reason,
		    "reports[%zu]: resource %u is not known to be a %s", index, report->resource,
		    class->name);
	if (report->label != NULL && strlen(report->label) >= LABEL_SIZE)
		return check_refuse(checker->reason, "reports[%zu].label: it is longer than %d",
		    index, LABEL_SIZE - 1);
	for (size_t i = 0; i < report->change_count; i++)
		if (!check_change(checker, class, &report->changes[i], index))
			return false;
	return true;
}

/* The statistic that a sample is of, or NULL with a reason. */
static const struct statistic *statistic_of(const struct checker *checker, const char *part,
    size_t index, uint32_t resource, uint32_t statistic)
{
	const struct class *class = class_of(checker, resource);

	if (class == NULL) {
		check_refuse(
		    checker->reason, "%s[%zu]: there is no resource %u", part, index, resource);
		return NULL;
	}
	if (statistic >= class->statistic_count) {
		check_refuse(checker->reason, "%s[%zu]: %s has no statistic %u, only %zu", part,
		    index, class->name, statistic, class->statistic_count);
		return NULL;
	}
	return &class->statistics[statistic];
}

/* The resources of a group are of one class most of the time: what that has is asked once. */
static bool check_sample_group(const struct checker *checker, size_t index)
{
	const struct sample_group *group = &checker->batch->sample_groups[index];
	const struct class *known = NULL;

	for (size_t i = 0; i < group->count; i++) {
		const struct class *class = class_of(checker, group->resources[i]);
		const struct statistic *statistic;

		if (class != NULL && class == known)
			continue;
		statistic = statistic_of(
		    checker, "sample_groups", index, group->resources[i], group->statistic);
		if (statistic == NULL)
			return false;
		if (statistic->type == STATISTIC_HISTOGRAM)
			return check_refuse(checker->reason,
			    "sample_groups[%zu]: \"%s\" is a histogram and takes no single number",
			    index, statistic->name);
		known = class;
	}
	return true;
}

static bool check_histogram(const struct checker *checker, size_t index)
{
	const struct histogram *histogram = &checker->batch->histograms[index];
	const struct statistic *statistic =
	    statistic_of(checker, "histograms", index, histogram->resource, histogram->statistic);

	if (statistic == NULL)
		return false;
	if (statistic->type != STATISTIC_HISTOGRAM)
		return check_refuse(checker->reason, "histograms[%zu]: \"%s\" is no histogram",
		    index, statistic->name);
	if (histogram->count != statistic->bin_count)
		return check_refuse(checker->reason,
		    "histograms[%zu]: \"%s\" has %zu bins, not %zu", index, statistic->name,
		    statistic->bin_count, histogram->count);
	for (size_t i = 0; i < histogram->count; i++)
		if (histogram->counts[i] < 0)
			return check_refuse(checker->reason,
			    "histograms[%zu]: the count of bin %zu is below 0", index, i);
	return true;
}

static bool check_alert(const struct checker *checker, size_t index)
{
	const struct alert_change *alert = &checker->batch->alerts[index];
	const struct class *class = class_of(checker, alert->resource);
	const struct threshold *threshold;

	if (class == NULL)
		return check_refuse(checker->reason, "alerts[%zu]: there is no resource %u", index,
		    alert->resource);
	if (alert->condition >= class->condition_count)
		return check_refuse(checker->reason,
		    "alerts[%zu]: %s has no condition %u, only %zu", index, class->name,
		    alert->condition, class->condition_count);
	threshold = &class->conditions[alert->condition].thresholds[alert->threshold];
	if (!threshold->has_bound && threshold->state_count == 0)
		return check_refuse(checker->reason,
		    "alerts[%zu]: condition %u of %s does not have severity %s", index,
		    alert->condition, class->name,
		    severity_name(severity_of_threshold[alert->threshold]));
	if (alert->raised && alert->message == NULL)
		return check_refuse(
		    checker->reason, "alerts[%zu]: a raised alert has no message", index);
	return true;
}

static bool check_incomplete(const struct checker *checker, size_t index)
{
	uint32_t class = checker->batch->incomplete[index];

	if (class >= checker->context->class_count)
		return check_refuse(checker->reason,
		    "incomplete[%zu]: there is no class %u, only %zu", index, class,
		    checker->context->class_count);
	return true;
}

static bool check_parent(const struct checker *checker, size_t index)
{
	const struct parent_change *change = &checker->batch->parents[index];

	if (change->child == change->parent)
		return check_refuse(checker->reason, "parents[%zu]: resource %u is its own parent",
		    index, change->child);
	return true;
}

/* Checks each of count elements. */
static bool check_each(const struct checker *checker, size_t count,
    bool (*check)(const struct checker *checker, size_t index))
{
	for (size_t i = 0; i < count; i++)
		if (!check(checker, i))
			return false;
	return true;
}

bool check_batch(const void *part, const struct wire_context *context, char reason[REASON_SIZE])
{
	const struct batch *batch = *(struct batch *const *)part;
	struct last last = {0};
	struct checker checker = {
	    .batch = batch, .context = context, .last = &last, .reason = reason};
	bool valid = gather_created(&checker) &&
	             check_each(&checker, batch->incomplete_count, check_incomplete) &&
	             check_each(&checker, batch->report_count, check_report) &&
	             check_each(&checker, batch->parent_count, check_parent) &&
	             check_each(&checker, batch->sample_group_count, check_sample_group) &&
	             check_each(&checker, batch->histogram_count, check_histogram) &&
	             check_each(&checker, batch->alert_count, check_alert);

	free(checker.created);
	return valid;
}
