/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- reports ---- */

/* Adds a resource that is new, as yet without values, so that those of others can refer to it. */
static void add_resource(struct application *application, struct prepared *prepared)
{
	bool scoped = prepared->class->class->scope == IDENTIFIER_SCOPED;
	struct graph_resource *scope = scoped ? application->scannable : NULL;

	if (prepared->resource != NULL || prepared->state == PREPARED_GONE)
		return;
	prepared->resource = resource_new(
	    application->graph, prepared->id, prepared->class, scope, prepared->identity);
	prepared->identity = NULL;
	prepared->is_new = true;
}

static void fill_resource(struct application *application, struct prepared *prepared)
{
	struct graph_resource *resource = prepared->resource;
	size_t count = prepared->class->attribute_count;
	struct value *values = xcalloc(count, sizeof(*values));

	for (size_t i = 0; i < count; i++)
		values[i] = value_copy(&prepared->values[i]);
	resource_take_values(application->graph, resource, values);
	resource_set_label(application->graph, resource, prepared->report->label);
	resource_touch(application->graph, resource);
	notice_resource(application->graph, "appeared", resource);
}

/* Notes that a scannable gets another value from the session of another one. */
static void note_edit(
    struct application *application, struct graph_resource *resource, size_t attribute)
{
	if (!resource->class->scannable || resource == application->scannable ||
	    resource->class->class->attributes[attribute].user_read_only)
		return;
	resource->edited = true;
	scannable_changed(application->graph, resource);
}

/* Assigns a value, unless it closes a loop of references that can't be null. */
static void set_value(struct application *application, const struct prepared *prepared,
    size_t attribute, const struct value *value)
{
	struct graph *graph = application->graph;
	struct graph_resource *resource = prepared->resource;

	if (class_is_managed(prepared->class->class, attribute) ||
	    value_equal(&resource->values[attribute], value))
		return;
	if (!reference_would_loop(graph, resource, attribute, value)) {
		struct value copy = value_copy(value);

		note_edit(application, resource, attribute);
		resource_set(graph, resource, attribute, &copy);
		return;
	}
	graph_warn(graph, resource->class->plugin, graph_name(application->scannable),
	    "\"%s\" of \"%s\" can't refer to \"%s\", which itself refers to this resource and "
	    "can't be without it: left as it was",
	    prepared->class->class->attributes[attribute].name, graph_name(resource),
	    graph_name(graph_find(graph, (record_id)value->reference)));
}

static void replace_values(struct application *application, struct prepared *prepared)
{
	for (size_t i = 0; i < prepared->class->attribute_count; i++)
		set_value(application, prepared, i, &prepared->values[i]);
	resource_set_label(application->graph, prepared->resource, prepared->report->label);
}

/* Whether the scannable did not report this resource in earlier sessions; it does now. */
static bool join_reporters(
    struct application *application, struct graph_resource *resource, bool is_new)
{
	if (resource->class->scannable)
		return scannable_report(
		    application->graph, resource, application->scannable, is_new);
	if (resource_needs_reporter(resource))
		return reporter_add(application->graph, resource, application->scannable);
	return is_new && resource->scope != NULL;
}

/* Stores a resource that is new to the session. */
static void apply_created(struct application *application, struct prepared *prepared)
{
	application->session->slots[prepared->report->resource].id = prepared->id;
	if (prepared->state == PREPARED_GONE)
		return;
	if (prepared->is_new)
		fill_resource(application, prepared);
	else
		replace_values(application, prepared);
	volumes_reported(application->graph, prepared->resource);
	if (join_reporters(application, prepared->resource, prepared->is_new))
		application->fresh++;
}

static void apply_changed(struct application *application, struct prepared *prepared)
{
	const struct report *report = prepared->report;
	struct graph_resource *resource = prepared->resource;
	bool relabel = report->label_changed;

	if (prepared->state == PREPARED_GONE)
		return;
	for (size_t i = 0; i < report->change_count; i++) {
		size_t attribute = report->changes[i].attribute;

		relabel = relabel || class_default_label_has(prepared->class->class, attribute);
		set_value(application, prepared, attribute, &prepared->values[i]);
	}
	if (relabel)
		resource_set_label(application->graph, resource,
		    report->label_changed ? report->label : resource_own_label(resource));
}

static void apply_reports(struct application *application)
{
	for (size_t i = 0; i < application->order_count; i++)
		add_resource(application, &application->reports[application->order[i]]);
	for (size_t i = 0; i < application->order_count; i++)
		apply_created(application, &application->reports[application->order[i]]);
	application->graph->counters.resource_id = application->last_id;
	for (size_t i = 0; i < application->batch->report_count; i++)
		if (!application->reports[i].report->created)
			apply_changed(application, &application->reports[i]);
}

/* ---- removals ---- */

static void keep_created(const struct application *application, bool kept)
{
	for (size_t i = 0; i < application->batch->report_count; i++) {
		const struct prepared *prepared = &application->reports[i];

		if (prepared->report->created && prepared->resource != NULL)
			prepared->resource->kept = kept;
	}
}

/* Ends what the session says of a resource; that goes unless it was reported anew, or elsewhere. */
static void apply_removal(struct application *application, uint32_t number, struct removal *removal)
{
	struct graph_resource *resource = application_resource(application, number);
	struct graph *graph = application->graph;

	application->session->slots[number].id = SLOT_UNUSED;
	application->session->slots[number].seat = 0;
	if (resource == NULL)
		return;
	if (resource->kept)
		links_drop_reporter(graph, resource, application->scannable->id);
	else if (resource->class->scannable)
		scannable_release(graph, resource, application->scannable);
	else if (!resource_needs_reporter(resource) ||
	         reporter_drop(graph, resource, application->scannable))
		removal_add(removal, resource);
}

static void apply_removals(struct application *application, struct removal *removal)
{
	const struct batch *batch = application->batch;

	keep_created(application, true);
	for (size_t i = 0; i < batch->removed_count; i++)
		apply_removal(application, batch->removed[i], removal);
	keep_created(application, false);
	for (size_t i = 0; i < batch->report_count; i++)
		if (application->reports[i].orphan)
			removal_add(removal, application->reports[i].resource);
}

/* ---- parents ---- */

static void apply_parent(struct application *application, const struct parent_change *change)
{
	struct graph_resource *child = application_resource(application, change->child);
	struct graph_resource *parent = application_resource(application, change->parent);
	struct graph_link *link;

	if (child == NULL || parent == NULL || child->going || parent->going)
		return;
	if (change->added) {
		link_add(application->graph, child, parent, application->scannable->id);
		return;
	}
	link = link_find_any(application->graph, child, parent);
	if (link != NULL)
		link_drop(application->graph, link, application->scannable->id);
}

/* Removals first, so that a link that is turned round does not look like a loop. */
static void apply_parents(struct application *application)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->parent_count; i++)
		if (!batch->parents[i].added)
			apply_parent(application, &batch->parents[i]);
	for (size_t i = 0; i < batch->parent_count; i++)
		if (batch->parents[i].added)
			apply_parent(application, &batch->parents[i]);
}

/* ---- alerts ---- */

static const char *subject_name(const struct class *class, const struct alert_condition *condition)
{
	return condition->on_statistic ? class->statistics[condition->subject].name
	                               : class->attributes[condition->subject].name;
}

static void raise_alert(struct application *application, struct graph_resource *resource,
    const struct alert_change *change, const char *name)
{
	const struct class *class = resource->class->class;
	struct graph *graph = application->graph;
	struct text message = TEXT_EMPTY;
	struct graph_alert *alert;

	text_append(&message, change->message);
	alert_append_resource(graph, resource, &message);
	alert = alert_raise(graph, resource, name,
	    subject_name(class, &class->conditions[change->condition]),
	    severity_of_threshold[change->threshold], message.data);
	alert->kept = true;
	vote_add(graph, alert, application->scannable);
	text_clear(&message);
}

static void apply_alert(struct application *application, const struct alert_change *change)
{
	struct graph_resource *resource = application_resource(application, change->resource);
	struct text name = TEXT_EMPTY;
	struct graph_alert *alert;

	if (resource == NULL)
		return;
	condition_name(resource->class->class,
	    &resource->class->class->conditions[change->condition], change->threshold, &name);
	if (change->raised) {
		raise_alert(application, resource, change, name.data);
	} else {
		alert = alert_find(resource, name.data);
		if (alert != NULL)
			vote_drop(application->graph, alert, application->scannable);
	}
	text_clear(&name);
}

/*
 * Whether the alert's condition asks for several scans: then the first batch of a session can't
 * tell whether it holds, and the plugin host will tell either way.
 */
static bool is_judged_later(const struct graph_alert *alert)
{
	const struct class *class = alert->resource->class->class;
	bool later = false;

	for (size_t i = 0; i < class->condition_count && !later; i++) {
		const struct alert_condition *condition = &class->conditions[i];

		if (condition->raise_after <= 1 && condition->clear_after <= 1)
			continue;
		for (size_t threshold = 0; threshold < SEVERITY_COUNT && !later; threshold++) {
			struct text name = TEXT_EMPTY;

			condition_name(class, condition, threshold, &name);
			later = strcmp(name.data, alert->row.name) == 0;
			text_clear(&name);
		}
	}
	return later;
}

/* Takes back what an earlier session said, and this one, which tells all that holds, does not. */
static void withdraw_votes_of_old(struct application *application, struct graph_resource *resource)
{
	struct graph_alert *alert, *next;

	for (alert = TAILQ_FIRST(&resource->alerts); alert != NULL; alert = next) {
		next = TAILQ_NEXT(alert, in_resource);
		if (!alert->kept && !alert_is_own(alert) && !is_judged_later(alert))
			vote_drop(application->graph, alert, application->scannable);
	}
}

static void forget_kept(const struct application *application)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->alert_count; i++) {
		struct graph_resource *resource =
		    application_resource(application, batch->alerts[i].resource);
		struct graph_alert *alert;

		if (resource == NULL)
			continue;
		TAILQ_FOREACH (alert, &resource->alerts, in_resource)
			alert->kept = false;
	}
}

static void apply_alerts(struct application *application)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->alert_count; i++)
		apply_alert(application, &batch->alerts[i]);
	for (size_t i = 0; i < batch->report_count; i++) {
		struct graph_resource *resource =
		    application_resource(application, batch->reports[i].resource);

		if (batch->reports[i].created && resource != NULL)
			withdraw_votes_of_old(application, resource);
	}
	if (batch->kind == BATCH_INITIAL)
		withdraw_votes_of_old(application, application->scannable);
	forget_kept(application);
}

/*
 * Shows that calls were refused until a scan passes without: an initial one, if what is gone could
 * not be told because of them.
 */
static void apply_refusals(struct application *application)
{
	const struct batch *batch = application->batch;
	struct graph_resource *scannable = application->scannable;
	struct graph_alert *alert = alert_find(scannable, ALERT_DEGRADED);
	struct text message = TEXT_EMPTY;

	if (batch->refused == 0) {
		if (alert != NULL && batch->kind != BATCH_ASYNC && !application->session->refused)
			alert_clear(application->graph, alert);
		return;
	}
	text_printf(&message, "%" PRIu32 " %s refused", batch->refused,
	    batch->refused == 1 ? "call was" : "calls were");
	if (batch->diagnostic != NULL)
		text_printf(
		    &message, "%s: %s", batch->refused == 1 ? "" : ", first", batch->diagnostic);
	alert_append_resource(application->graph, scannable, &message);
	alert_raise(
	    application->graph, scannable, ALERT_DEGRADED, NULL, SEVERITY_WARNING, message.data);
	text_clear(&message);
}

/* ---- all of it ---- */

static void apply(struct application *application)
{
	const struct batch *batch = application->batch;
	struct graph *graph = application->graph;
	struct removal removal = {NULL, 0, 0};
	bool complete = batch->kind == BATCH_INITIAL && batch->refused == 0;

	graph->time = batch->time;
	graph->actor = application->scannable;
	apply_reports(application);
	apply_removals(application, &removal);
	if (complete)
		cull_links(application);
	apply_parents(application);
	if (complete)
		application->session->undecided = !cull_resources(application, &removal);
	else if (batch->kind == BATCH_INITIAL)
		application->session->refused = application->session->undecided = true;
	else
		cull_note_reports(application);
	removal_run(graph, &removal);
	scannables_settle(graph);
	relations_settle(graph);
	volumes_settle(graph);
	samples_apply(application);
	apply_alerts(application);
	apply_refusals(application);
	scannables_settle(graph);
	causes_settle(graph);
	application->session->last_batch = batch->number;
	changes_add_batch(graph, application->session, batch->number);
}

int graph_apply(struct graph *graph, const struct batch *batch, char reason[REASON_SIZE])
{
	struct application application = {.graph = graph, .batch = batch, .reason = reason};
	int result;

	application.session = graph_session_find(graph, batch->session);
	if (application.session == NULL) {
		reason_write(reason, "session %" PRIu32 " is not open", batch->session);
		return -1;
	}
	application.scannable = application.session->scannable;
	result = application_prepare(&application);
	if (result == 0)
		apply(&application);
	application_clear(&application);
	return result;
}
