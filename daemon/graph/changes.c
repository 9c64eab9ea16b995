/* SPDX-License-Identifier: MIT */
/*
 * What is to be written. Removals, events, samples and notices become rows as they happen;
 * resources and alerts when the changes are taken, in the state they have then; links and reports
 * are looked up then, and left out if they are gone again.
 */
#include "graph/graph_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Those who follow the changes miss what goes beyond. */
#define NOTICES_MAX 100000

/* Appends a row to one of the arrays of graph->next. */
#define ADD(graph, array, counter, added)                                                      \
	do {                                                                                   \
		struct changes *next_ = changes_next(graph);                                   \
		next_->array = xgrow(next_->array, next_->counter, &(graph)->capacities.array, \
		    sizeof(*next_->array));                                                    \
		next_->array[next_->counter++] = (added);                                      \
	} while (0)

struct changes *changes_next(struct graph *graph)
{
	if (graph->next == NULL) {
		graph->next = xcalloc(1, sizeof(*graph->next));
		graph->capacities = (struct graph_capacities){0};
		graph->frame_bytes = 0;
	}
	return graph->next;
}

void changes_add_class(struct graph *graph, struct class_row *row)
{
	struct changes *next = changes_next(graph);

	for (size_t i = 0; i < next->class_count; i++) {
		if (next->classes[i].id != row->id)
			continue;
		class_row_clear(&next->classes[i]);
		next->classes[i] = *row;
		return;
	}
	ADD(graph, classes, class_count, *row);
}

void changes_add_removed(struct graph *graph, record_id id)
{
	ADD(graph, removed_resources, removed_resource_count, id);
}

void changes_forget_offline(struct graph *graph, record_id scannable)
{
	ADD(graph, forgotten_offline, forgotten_offline_count, scannable);
}

void changes_add_parent(struct graph *graph, const struct graph_link *link, record_id reporter)
{
	struct parent_row row = {link->child->id, link->parent->id, reporter};

	if (!graph->restored)
		return;
	graph->parents_added = xgrow(graph->parents_added, graph->parents_added_count,
	    &graph->parents_added_capacity, sizeof(*graph->parents_added));
	graph->parents_added[graph->parents_added_count++] = row;
}

void changes_drop_parent(struct graph *graph, const struct graph_link *link, record_id reporter)
{
	struct parent_row row = {link->child->id, link->parent->id, reporter};

	ADD(graph, parents_removed, parents_removed_count, row);
}

void changes_add_reporter(struct graph *graph, record_id resource, record_id reporter)
{
	struct reporter_row row = {resource, reporter};

	if (!graph->restored)
		return;
	graph->reporters_added = xgrow(graph->reporters_added, graph->reporters_added_count,
	    &graph->reporters_added_capacity, sizeof(*graph->reporters_added));
	graph->reporters_added[graph->reporters_added_count++] = row;
}

void changes_drop_reporter(struct graph *graph, record_id resource, record_id reporter)
{
	struct reporter_row row = {resource, reporter};

	ADD(graph, reporters_removed, reporters_removed_count, row);
}

void changes_add_event(struct graph *graph, enum severity severity, record_id resource,
    record_id alert, const char *message)
{
	struct event_row row = {.id = ++graph->counters.event_id,
	    .time = graph->time,
	    .severity = severity,
	    .resource_id = resource,
	    .alert_id = alert,
	    .message = xstrdup(message)};

	ADD(graph, events, event_count, row);
}

/* Bytes that a frame takes in memory. */
static size_t size_of_frame(const struct frame_row *row)
{
	return sizeof(*row) + row->payload.capacity;
}

/* Takes the oldest frames out of the next changes. */
static void forget_frames(struct graph *graph, size_t count)
{
	struct changes *next = changes_next(graph);

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		graph->frame_bytes -= size_of_frame(&next->frames[i]);
		text_clear(&next->frames[i].payload);
	}
	next->frame_count -= count;
	memmove(next->frames, next->frames + count, next->frame_count * sizeof(*next->frames));
}

void graph_spill(struct graph *graph)
{
	const struct graph_options *options = &graph->options;
	const struct changes *next = graph->next;

	if (next != NULL && next->frame_count > 0 && options->spill != NULL)
		forget_frames(
		    graph, options->spill(options->context, next->frames, next->frame_count));
}

/* Spills the frames when they come to too much, and drops the older half if that is of no use. */
static void make_room_for_frame(struct graph *graph, size_t size)
{
	const struct changes *next = changes_next(graph);
	size_t limit = graph->options.frame_limit;
	size_t dropped;

	if (graph->frame_bytes + size > limit)
		graph_spill(graph);
	if (graph->frame_bytes + size <= limit || next->frame_count == 0)
		return;
	dropped = (next->frame_count + 1) / 2;
	dropping_note(graph, next->frames, dropped);
	forget_frames(graph, dropped);
}

void changes_add_frame(struct graph *graph, const struct frame_row *row)
{
	make_room_for_frame(graph, size_of_frame(row));
	graph->frame_bytes += size_of_frame(row);
	ADD(graph, frames, frame_count, *row);
}

void changes_add_gap(struct graph *graph, const struct gap_row *row, size_t *place)
{
	const struct changes *next = changes_next(graph);

	if (*place < next->gap_count && next->gaps[*place].id == row->id) {
		next->gaps[*place] = *row;
		return;
	}
	*place = next->gap_count;
	ADD(graph, gaps, gap_count, *row);
}

void changes_add_pause(struct graph *graph, const struct pause_row *row)
{
	const struct changes *next = changes_next(graph);
	struct pause_row copy = *row;

	copy.plugin = xstrdup(row->plugin);
	copy.why = xstrdup(row->why);
	for (size_t i = 0; i < next->pause_count; i++) {
		struct pause_row *earlier = &next->pauses[i];

		if (earlier->scannable_id != row->scannable_id ||
		    strcmp(earlier->plugin, row->plugin) != 0)
			continue;
		pause_row_clear(earlier);
		*earlier = copy;
		return;
	}
	ADD(graph, pauses, pause_count, copy);
}

void changes_add_batch(struct graph *graph, struct graph_session *session, uint64_t number)
{
	struct batch_reference reference = {session->number, number};
	const struct changes *next = changes_next(graph);

	/* A later batch of the session takes the place of the one before. */
	if (session->reference < next->batch_count &&
	    next->batches[session->reference].session == session->number) {
		next->batches[session->reference] = reference;
		return;
	}
	session->reference = next->batch_count;
	ADD(graph, batches, batch_count, reference);
}

void changes_add_notice(struct graph *graph, char *notice)
{
	/* Nobody is told before it is stored, which may take the database long. */
	if (changes_next(graph)->notice_count >= NOTICES_MAX) {
		free(notice);
		return;
	}
	ADD(graph, notices, notice_count, notice);
}

/* ---- taking ---- */

static void take_references(
    struct changes *changes, size_t *capacity, const struct graph_resource *resource)
{
	const struct class *class = resource->class->class;

	for (size_t i = 0; class != NULL && i < class->attribute_count; i++) {
		const struct value *value = &resource->values[i];

		if (value->type != VALUE_REFERENCE)
			continue;
		changes->references = xgrow(changes->references, changes->reference_count, capacity,
		    sizeof(*changes->references));
		changes->references[changes->reference_count++] =
		    (struct reference_row){.resource_id = resource->id,
		        .attribute = xstrdup(class->attributes[i].name),
		        .target_id = (record_id)value->reference};
	}
}

static void take_attributes(struct resource_row *row, const struct graph_resource *resource)
{
	const struct class *class = resource->class->class;
	struct text json = TEXT_EMPTY;

	if (class == NULL) {
		row->attributes = xstrdup(resource->unread->attributes);
		row->secrets = xstrdup(resource->unread->secrets);
		return;
	}
	values_append_json(class, resource->values, false, &json);
	row->attributes = text_steal(&json);
	if (values_append_json(class, resource->values, true, &json) > 0)
		row->secrets = text_steal(&json);
	text_clear(&json);
}

static void take_resource(struct resource_row *row, struct graph_resource *resource)
{
	*row = (struct resource_row){.id = resource->id,
	    .class_id = resource->class->id,
	    .scope_id = resource->scope != NULL ? resource->scope->id : 0,
	    .identifier = xstrdup(graph_identifier(resource)),
	    .label = xstrdup(resource->label),
	    .alias = xstrdup(resource->extras->alias),
	    .configured = resource->configured || resource->was_configured,
	    .added = resource->added,
	    .in_use = resource->in_use,
	    .departing = resource->departing,
	    .given = xstrdup(resource->extras->given)};
	take_attributes(row, resource);
	resource->stored = true;
}

static void take_resources(struct graph *graph, struct changes *changes)
{
	size_t capacity = 0;

	changes->resources = xcalloc(graph->touched_count, sizeof(*changes->resources));
	for (size_t i = 0; i < graph->touched_count; i++) {
		struct graph_resource *resource = graph_find(graph, graph->touched[i]);

		if (resource == NULL)
			continue;
		resource->dirty = false;
		take_resource(&changes->resources[changes->resource_count++], resource);
		take_references(changes, &capacity, resource);
	}
	free(graph->touched);
	graph->touched = NULL;
	graph->touched_count = graph->touched_capacity = 0;
}

static bool parent_holds(const struct graph *graph, const struct parent_row *row)
{
	const struct graph_resource *child = graph_find(graph, row->child_id);
	const struct graph_resource *parent = graph_find(graph, row->parent_id);
	const struct graph_link *link =
	    child != NULL && parent != NULL ? link_find(child, parent) : NULL;

	return link != NULL && link_has_reporter(link, row->reporter_id);
}

static void take_parents(struct graph *graph, struct changes *changes)
{
	for (size_t i = 0; i < graph->parents_added_count; i++)
		if (parent_holds(graph, &graph->parents_added[i]))
			graph->parents_added[changes->parents_added_count++] =
			    graph->parents_added[i];
	changes->parents_added = graph->parents_added;
	graph->parents_added = NULL;
	graph->parents_added_count = graph->parents_added_capacity = 0;
}

static bool reporter_holds(const struct graph *graph, const struct reporter_row *row)
{
	const struct graph_resource *resource = graph_find(graph, row->resource_id);
	const struct graph_resource *reporter = graph_find(graph, row->reporter_id);

	return resource != NULL && reporter != NULL && resource_has_reporter(resource, reporter);
}

static void take_reporters(struct graph *graph, struct changes *changes)
{
	for (size_t i = 0; i < graph->reporters_added_count; i++)
		if (reporter_holds(graph, &graph->reporters_added[i]))
			graph->reporters_added[changes->reporters_added_count++] =
			    graph->reporters_added[i];
	changes->reporters_added = graph->reporters_added;
	graph->reporters_added = NULL;
	graph->reporters_added_count = graph->reporters_added_capacity = 0;
}

/* Whether an alert ended because nobody looks at its scannable any more: it leaves no history. */
static bool is_forgotten(const struct graph *graph, const struct graph_alert *alert)
{
	const struct graph_resource *scannable = graph_find(graph, alert->row.resource_id);

	return !alert->row.active && alert_is_offline(alert) &&
	       (scannable == NULL || resource_is_retired(scannable));
}

/* Ids of alerts that leave no history, lowest first. */
struct forgotten {
	record_id *ids;
	size_t count, capacity;
};

static int compare_ids(const void *a, const void *b)
{
	record_id left = *(const record_id *)a;
	record_id right = *(const record_id *)b;

	return left < right ? -1 : left > right;
}

static void forget_alerts(struct graph *graph, struct forgotten *forgotten)
{
	struct graph_alert *alert, *next;

	for (alert = TAILQ_FIRST(&graph->dirty_alerts); alert != NULL; alert = next) {
		next = TAILQ_NEXT(alert, in_dirty);
		if (!is_forgotten(graph, alert))
			continue;
		TAILQ_REMOVE(&graph->dirty_alerts, alert, in_dirty);
		forgotten->ids = xgrow(forgotten->ids, forgotten->count, &forgotten->capacity,
		    sizeof(*forgotten->ids));
		forgotten->ids[forgotten->count++] = alert->row.id;
		alert_free(alert);
	}
	if (forgotten->count > 0)
		qsort(forgotten->ids, forgotten->count, sizeof(*forgotten->ids), compare_ids);
}

static bool is_among(const struct forgotten *forgotten, record_id id)
{
	return forgotten->count > 0 && bsearch(&id, forgotten->ids, forgotten->count,
	                                   sizeof(*forgotten->ids), compare_ids) != NULL;
}

/* What ended in the same time has for its last cause nothing that can't be looked up. */
static void forget_causes(struct alert_row *row, const struct forgotten *forgotten)
{
	if (is_among(forgotten, row->cause_id))
		row->cause_id = 0;
	if (is_among(forgotten, row->root_cause_id))
		row->root_cause_id = row->id;
}

/* Copies the row of an active alert; that of an ended one leaves the graph. */
static void take_alert(struct alert_row *row, struct graph_alert *alert)
{
	*row = alert->row;
	if (!row->active) {
		alert->row = (struct alert_row){0};
		alert_free(alert);
		return;
	}
	row->name = xstrdup(row->name);
	row->attribute = xstrdup(row->attribute);
	row->message = xstrdup(row->message);
	row->voters = votes_text(alert);
}

static void take_alerts(struct graph *graph, struct changes *changes)
{
	struct forgotten forgotten = {NULL, 0, 0};
	struct graph_alert *alert;
	size_t capacity = 0;

	forget_alerts(graph, &forgotten);
	while ((alert = TAILQ_FIRST(&graph->dirty_alerts)) != NULL) {
		struct alert_row *row;

		TAILQ_REMOVE(&graph->dirty_alerts, alert, in_dirty);
		alert->dirty = false;
		changes->alerts = xgrow(
		    changes->alerts, changes->alert_count, &capacity, sizeof(*changes->alerts));
		row = &changes->alerts[changes->alert_count++];
		take_alert(row, alert);
		forget_causes(row, &forgotten);
	}
	free(forgotten.ids);
}

bool graph_has_changes(const struct graph *graph)
{
	return graph->next != NULL || graph->parents_added_count > 0 ||
	       graph->reporters_added_count > 0 || volumes_have_changes(graph) ||
	       cohorts_have_changes(graph) || graph->touched_count > 0 ||
	       !TAILQ_EMPTY(&graph->dirty_alerts);
}

struct changes *graph_take_changes(struct graph *graph)
{
	struct changes *changes;

	causes_settle(graph);
	if (!graph_has_changes(graph))
		return NULL;
	changes = changes_next(graph);
	graph->next = NULL;
	take_resources(graph, changes);
	take_reporters(graph, changes);
	take_parents(graph, changes);
	take_alerts(graph, changes);
	volumes_take_changes(graph, changes);
	cohorts_take_changes(graph, changes);
	changes->counters = graph->counters;
	return changes;
}

struct wallclock graph_sampled(const struct graph *graph)
{
	return graph->counters.sampled;
}
