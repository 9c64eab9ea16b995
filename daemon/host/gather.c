/* SPDX-License-Identifier: MIT */
#include "host/gather.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/alerts.h"
#include "host/session.h"
#include "host/worker.h"

/* Numbers of forgotten resources that are not worth the trouble. */
#define FORGET_LEAST 1024

/* A batch in the making. */
struct gathering {
	struct host_session *session;
	struct batch *batch;
	struct alert_list alerts;
	size_t report_capacity;
	size_t parent_capacity;
};

/* ---- labels ---- */

/* Logs once per class that its label function does not work. */
static void complain_about_label(const struct host_resource *resource, const char *what)
{
	struct host *host = resource->session->host;

	if (atomic_exchange(&host->label_complained[resource->class], true))
		return;
	host_log(host, resource->session->number, LOG_LEVEL_WARNING,
	    "get_label of class %s %s; the default label is used (told once)",
	    host_resource_class(resource)->name, what);
}

/* What is wrong with a label, or NULL. An empty one is in order: it asks for the default. */
static const char *label_mistake(int result, const char *label)
{
	if (result != 0)
		return "failed";
	if (memchr(label, '\0', LABEL_SIZE) == NULL)
		return "wrote a label without end";
	return utf8_valid(label, strlen(label)) ? NULL : "wrote a label that is not UTF-8";
}

/* Asks the plugin for a label. NULL: the default. */
static char *ask_label(struct host_resource *resource, label_function *get_label)
{
	struct host_session *session = resource->session;
	struct worker_note before = worker_enter(HOOK_GET_LABEL, session->number);
	char label[LABEL_SIZE] = "";
	const char *mistake;

	session->labelling = true;
	mistake = label_mistake(
	    get_label((struct iml_resource *)(uintptr_t)resource->handle, label, sizeof(label)),
	    label);
	session->labelling = false;
	worker_leave(before);
	if (mistake != NULL)
		complain_about_label(resource, mistake);
	return mistake == NULL && label[0] != '\0' ? xstrdup(label) : NULL;
}

/* Puts the label into the report if it differs from the one that was sent. */
static void report_label(struct host_resource *resource, struct report *report)
{
	const struct loaded_class *details =
	    &resource->session->host->plugin.details[resource->class];
	char *label;

	if (details->get_label == NULL)
		return;
	if (resource->is_labelled && !report->created && report->change_count == 0)
		return;
	label = ask_label(resource, details->get_label);
	report->label_changed = (label == NULL) != (resource->label == NULL) ||
	                        (label != NULL && strcmp(label, resource->label) != 0);
	resource->is_labelled = true;
	free(resource->label);
	resource->label = label;
	if (report->label_changed)
		report->label = xstrdup(label);
}

/* ---- reports ---- */

static void add_change(struct report *report, uint32_t attribute, const struct value *value)
{
	report->changes[report->change_count++] =
	    (struct change){.attribute = attribute, .value = value_copy(value)};
}

/* All that a new resource has. */
static void report_values(const struct host_resource *resource, struct report *report)
{
	size_t count = host_resource_class(resource)->attribute_count;

	report->changes = xcalloc(count, sizeof(*report->changes));
	for (uint32_t i = 0; i < count; i++)
		if (resource->values[i].type != VALUE_NULL)
			add_change(report, i, &resource->values[i]);
}

/* What differs from what was sent. */
static void report_changes(struct host_resource *resource, struct report *report)
{
	report->changes = xcalloc(resource->original_count, sizeof(*report->changes));
	for (size_t i = 0; i < resource->original_count; i++) {
		struct original *original = &resource->originals[i];
		const struct value *value = &resource->values[original->attribute];

		if (original->assigned || !value_equal(&original->value, value))
			add_change(report, original->attribute, value);
		value_clear(&original->value);
	}
	free(resource->originals);
	resource->originals = NULL;
	resource->original_count = 0;
	resource->original_capacity = 0;
}

static void add_report(struct gathering *gathering, const struct report *report)
{
	struct batch *batch = gathering->batch;

	batch->reports = xgrow(batch->reports, batch->report_count, &gathering->report_capacity,
	    sizeof(*batch->reports));
	batch->reports[batch->report_count++] = *report;
}

static void gather_resource(struct gathering *gathering, struct host_resource *resource)
{
	struct report report = {
	    .resource = resource->number, .class = resource->class, .created = !resource->sent};

	if (report.created)
		report_values(resource, &report);
	else
		report_changes(resource, &report);
	report_label(resource, &report);
	resource->sent = true;
	if (report.created || report.change_count > 0 || report.label_changed)
		add_report(gathering, &report);
	else
		free(report.changes);
}

/* Judges a resource, and keeps it under watch while a condition awaits the next scan. */
static void judge_resource(struct gathering *gathering, struct host_resource *resource)
{
	struct host_session *session = gathering->session;
	bool is_scan = gathering->batch->kind != BATCH_ASYNC;
	bool awaits = alerts_judge(resource, is_scan, &gathering->alerts);

	if (awaits == resource->is_watched)
		return;
	resource->is_watched = awaits;
	if (awaits)
		TAILQ_INSERT_TAIL(&session->watched, resource, watched);
	else
		TAILQ_REMOVE(&session->watched, resource, watched);
}

/* A scan counts for every condition that awaits it, also where nothing changed. */
static void judge_watched(struct gathering *gathering)
{
	struct host_resource *resource, *next;

	for (resource = TAILQ_FIRST(&gathering->session->watched); resource != NULL;
	     resource = next) {
		next = TAILQ_NEXT(resource, watched);
		if (!resource->is_changed)
			judge_resource(gathering, resource);
	}
}

static void gather_resources(struct gathering *gathering)
{
	struct host_session *session = gathering->session;
	struct host_resource *resource;

	if (gathering->batch->kind != BATCH_ASYNC)
		judge_watched(gathering);
	while ((resource = TAILQ_FIRST(&session->changed)) != NULL) {
		TAILQ_REMOVE(&session->changed, resource, changed);
		resource->is_changed = false;
		gather_resource(gathering, resource);
		judge_resource(gathering, resource);
	}
	gathering->batch->alerts = gathering->alerts.items;
	gathering->batch->alert_count = gathering->alerts.count;
}

/* ---- parents ---- */

static void gather_parents(struct gathering *gathering)
{
	struct host_session *session = gathering->session;
	struct batch *batch = gathering->batch;
	struct host_link *link;

	while ((link = TAILQ_FIRST(&session->changed_links)) != NULL) {
		batch->parents = xgrow(batch->parents, batch->parent_count,
		    &gathering->parent_capacity, sizeof(*batch->parents));
		batch->parents[batch->parent_count++] =
		    (struct parent_change){.child = link->from->number,
		        .parent = link->to->number,
		        .added = link->state == LINK_NEW};
		host_link_sent(link);
	}
}

/* ---- samples ---- */

static int compare_numbers(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static bool is_listed(const void *list, uint32_t number)
{
	const struct number_list *sorted = list;

	return sorted->count > 0 && bsearch(&number, sorted->items, sorted->count, sizeof(number),
	                                compare_numbers) != NULL;
}

static void move_numbers(struct number_list *to, struct number_list *from)
{
	for (size_t i = 0; i < from->count; i++)
		number_list_add(to, from->items[i]);
	from->count = 0;
}

/* Drops the samples of resources that were removed since. Their numbers have no meaning then. */
static void drop_forgotten(struct host_session *session)
{
	struct unsent *unsent = &session->unsent;
	struct number_list *forgotten = &unsent->forgotten;
	size_t kept = 0;

	if (forgotten->count == 0)
		return;
	qsort(forgotten->items, forgotten->count, sizeof(*forgotten->items), compare_numbers);
	sampling_drop(&session->sampling, is_listed, forgotten);
	for (size_t i = 0; i < unsent->histogram_count; i++) {
		if (is_listed(forgotten, unsent->histograms[i].resource))
			free(unsent->histograms[i].counts);
		else
			unsent->histograms[kept++] = unsent->histograms[i];
	}
	unsent->histogram_count = kept;
	forgotten->count = 0;
	move_numbers(&session->vacant, &unsent->vacated);
}

void unsent_forget(struct host_session *session)
{
	const struct unsent *unsent = &session->unsent;

	if (unsent->vacated.count > FORGET_LEAST &&
	    unsent->vacated.count > (session->sampling.count + unsent->histogram_count) / 4)
		drop_forgotten(session);
}

/* Hands all that the session accumulated over to the batch. */
static void gather_unsent(struct gathering *gathering)
{
	struct unsent *unsent = &gathering->session->unsent;
	struct batch *batch = gathering->batch;

	drop_forgotten(gathering->session);
	free(unsent->forgotten.items);
	free(unsent->vacated.items);
	/* From the next batch on: the supervisor knows of the end of these by then. */
	for (size_t i = 0; i < unsent->removed.count; i++)
		number_list_add(&gathering->session->vacant, unsent->removed.items[i]);
	batch->removed = unsent->removed.items;
	batch->removed_count = unsent->removed.count;
	batch->incomplete = unsent->incomplete.items;
	batch->incomplete_count = unsent->incomplete.count;
	sampling_move(&gathering->session->sampling, batch);
	batch->histograms = unsent->histograms;
	batch->histogram_count = unsent->histogram_count;
	batch->refused = unsent->refused;
	batch->diagnostic = unsent->diagnostic;
	*unsent = (struct unsent){.refused = 0};
}

struct batch *gather_batch(struct host_session *session, enum batch_kind kind)
{
	struct gathering gathering = {
	    .session = session, .batch = xcalloc(1, sizeof(*gathering.batch))};

	assert(session->unborn == NULL && !session->labelling);
	gathering.batch->session = session->number;
	gathering.batch->kind = kind;
	gathering.batch->time = wallclock_now();
	gather_resources(&gathering);
	gather_parents(&gathering);
	gather_unsent(&gathering);
	return gathering.batch;
}
