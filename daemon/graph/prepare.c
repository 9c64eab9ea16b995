/* SPDX-License-Identifier: MIT */
/*
 * The checking half of graph_apply(): nothing in here changes the graph. A plugin host is not
 * trusted, but it can't know that the graph removed a resource by itself; what names such a one is
 * no error.
 */
#include "graph/graph_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static int refuse(struct application *application, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int refuse(struct application *application, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(application->reason, REASON_SIZE, format, arguments);
	va_end(arguments);
	return -1;
}

/* The slot of a number that the session or this batch has reported, or NULL. */
static struct graph_slot *find_slot(const struct application *application, uint32_t number)
{
	struct graph_slot *slot;

	if (number >= application->session->slot_count)
		return NULL;
	slot = &application->session->slots[number];
	return slot->id > 0 || slot->in_batch != 0 ? slot : NULL;
}

static bool is_created_here(const struct graph_slot *slot)
{
	return slot->in_batch != 0 && slot->in_batch != SLOT_REMOVED;
}

struct graph_resource *application_resource(const struct application *application, uint32_t number)
{
	const struct graph_slot *slot = &application->session->slots[number];

	return slot->id > 0 ? graph_find(application->graph, slot->id) : NULL;
}

static const struct class *class_of(
    const struct application *application, const struct graph_slot *slot)
{
	return application->session->plugin->classes[slot->class]->class;
}

/* ---- what can be checked item by item ---- */

static int check_place(struct application *application)
{
	const struct batch *batch = application->batch;
	uint64_t last = application->session->last_batch;

	if (batch->number <= last)
		return refuse(application, "batch %" PRIu64 " comes after batch %" PRIu64,
		    batch->number, last);
	if (last == 0 && batch->kind != BATCH_INITIAL)
		return refuse(application, "the first batch is not that of the initial scan");
	if (last > 0 && batch->kind == BATCH_INITIAL)
		return refuse(application, "a second initial scan in one session");
	return 0;
}

static int check_incomplete(struct application *application)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->incomplete_count; i++)
		if (batch->incomplete[i] >= application->session->plugin->class_count)
			return refuse(
			    application, "class %" PRIu32 " is unknown", batch->incomplete[i]);
	return 0;
}

static int check_removed(struct application *application)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->removed_count; i++) {
		struct graph_slot *slot = find_slot(application, batch->removed[i]);

		if (batch->removed[i] == 0)
			return refuse(application, "the scannable can't be removed");
		if (slot == NULL || slot->in_batch != 0)
			return refuse(application, "resource %" PRIu32 " is removed but %s",
			    batch->removed[i], slot == NULL ? "unknown" : "was removed already");
		slot->in_batch = SLOT_REMOVED;
	}
	return 0;
}

static int check_created(struct application *application, uint32_t index)
{
	const struct report *report = application->reports[index].report;
	const struct class *class = application->reports[index].class->class;
	struct graph_slot *slot = &application->session->slots[report->resource];

	if (slot->id != SLOT_UNUSED || slot->in_batch != 0)
		return refuse(application, "resource %" PRIu32 " is created but known already",
		    report->resource);
	if (class->scope != IDENTIFIER_SCOPED && class->scope != IDENTIFIER_GLOBAL)
		return refuse(application, "class \"%s\" can't be reported", class->name);
	slot->in_batch = index + 1;
	slot->class = report->class;
	return 0;
}

static int check_changed(struct application *application, const struct report *report)
{
	const struct graph_slot *slot = find_slot(application, report->resource);

	if (slot == NULL || is_created_here(slot))
		return refuse(
		    application, "resource %" PRIu32 " is changed but unknown", report->resource);
	if (slot->class != report->class)
		return refuse(
		    application, "resource %" PRIu32 " changes its class", report->resource);
	return 0;
}

/* Gives new numbers their slots, all at once. */
static int make_slots(struct application *application)
{
	const struct batch *batch = application->batch;
	uint32_t highest = 0;

	for (size_t i = 0; i < batch->report_count; i++)
		if (batch->reports[i].created && batch->reports[i].resource > highest)
			highest = batch->reports[i].resource;
	if (graph_session_reach(application->session, highest, batch->report_count))
		return 0;
	return refuse(application, "resource number %" PRIu32 " is out of range", highest);
}

/* Finds the class of each report. */
static int check_reports(struct application *application)
{
	const struct graph_plugin *plugin = application->session->plugin;

	if (make_slots(application) != 0)
		return -1;
	for (size_t i = 0; i < application->batch->report_count; i++) {
		const struct report *report = &application->batch->reports[i];
		struct prepared *prepared = &application->reports[i];

		if (report->class >= plugin->class_count)
			return refuse(application, "class %" PRIu32 " is unknown", report->class);
		prepared->report = report;
		prepared->class = plugin->classes[report->class];
		if (report->created ? check_created(application, (uint32_t)i) != 0
		                    : check_changed(application, report) != 0)
			return -1;
	}
	return 0;
}

/* Whether a value may be stored in an attribute as it is. */
static int check_value(
    struct application *application, const struct prepared *prepared, const struct change *change)
{
	const struct class *class = prepared->class->class;
	const struct attribute *attribute = &class->attributes[change->attribute];
	struct value value = change->value;
	char reason[REASON_SIZE];
	bool fits;

	if (value.type == VALUE_REFERENCE &&
	    (value.reference > UINT32_MAX ||
	        find_slot(application, (uint32_t)value.reference) == NULL))
		return refuse(application,
		    "resource %" PRIu32 " (%s): \"%s\" refers to resource %" PRIu64
		    ", which is unknown",
		    prepared->report->resource, class->name, attribute->name, value.reference);
	value = value_copy(&change->value);
	fits = attribute_validate(attribute, &value, reason) && value_equal(&value, &change->value);
	value_clear(&value);
	if (fits)
		return 0;
	return refuse(application,
	    "resource %" PRIu32 " (%s): \"%s\" has a value that does not fit",
	    prepared->report->resource, class->name, attribute->name);
}

static int check_mandatory(struct application *application, const struct prepared *prepared)
{
	const struct class *class = prepared->class->class;

	for (size_t i = 0; i < class->attribute_count; i++)
		if (prepared->values[i].type == VALUE_NULL && !class->attributes[i].optional)
			return refuse(application, "resource %" PRIu32 " (%s): \"%s\" is missing",
			    prepared->report->resource, class->name, class->attributes[i].name);
	return 0;
}

/* Checks the values of a report, and puts them in their places. */
static int place_values(struct application *application, struct prepared *prepared)
{
	const struct report *report = prepared->report;
	const struct class *class = prepared->class->class;

	for (size_t i = 0; i < report->change_count; i++) {
		const struct change *change = &report->changes[i];
		size_t place = report->created ? change->attribute : i;

		if (change->attribute >= class->attribute_count)
			return refuse(application,
			    "resource %" PRIu32 " (%s): attribute %" PRIu32 " is unknown",
			    report->resource, class->name, change->attribute);
		if (check_value(application, prepared, change) != 0)
			return -1;
		prepared->values[place] =
		    class_is_managed(class, change->attribute) ? VALUE_NULL_INIT : change->value;
	}
	return report->created ? check_mandatory(application, prepared) : 0;
}

static size_t count_values(const struct prepared *prepared)
{
	return prepared->report->created ? prepared->class->attribute_count
	                                 : prepared->report->change_count;
}

static int check_values(struct application *application)
{
	size_t report_count = application->batch->report_count;
	size_t count = 0;

	for (size_t i = 0; i < report_count; i++)
		count += count_values(&application->reports[i]);
	application->values = xcalloc(count, sizeof(*application->values));
	count = 0;
	for (size_t i = 0; i < report_count; i++) {
		struct prepared *prepared = &application->reports[i];

		prepared->values = application->values + count;
		count += count_values(prepared);
		if (place_values(application, prepared) != 0)
			return -1;
	}
	return 0;
}

static int check_parents(struct application *application)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->parent_count; i++) {
		const struct parent_change *change = &batch->parents[i];

		if (find_slot(application, change->child) == NULL ||
		    find_slot(application, change->parent) == NULL)
			return refuse(application,
			    "parent %" PRIu32 " of resource %" PRIu32 ": one of them is unknown",
			    change->parent, change->child);
	}
	return 0;
}

/* Whether the class has a statistic of this number, which is a histogram or not. */
static bool has_statistic(const struct class *class, uint32_t statistic, bool histogram)
{
	return statistic < class->statistic_count &&
	       (class->statistics[statistic].type == STATISTIC_HISTOGRAM) == histogram;
}

/* The resources of a group are of one class most of the time. */
static int check_sample_group(struct application *application, const struct sample_group *group)
{
	const struct class *known = NULL;

	for (size_t i = 0; i < group->count; i++) {
		const struct graph_slot *slot = find_slot(application, group->resources[i]);
		const struct class *class = slot != NULL ? class_of(application, slot) : NULL;

		if (class == NULL ||
		    (class != known && !has_statistic(class, group->statistic, false)) ||
		    !isfinite(group->values[i]))
			return refuse(application,
			    "a sample of resource %" PRIu32
			    " has no such resource, no such statistic or no finite value",
			    group->resources[i]);
		known = class;
	}
	return 0;
}

static int check_histograms(struct application *application)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->histogram_count; i++) {
		const struct histogram *histogram = &batch->histograms[i];
		const struct graph_slot *slot = find_slot(application, histogram->resource);
		const struct class *class = slot != NULL ? class_of(application, slot) : NULL;

		if (class == NULL || !has_statistic(class, histogram->statistic, true) ||
		    histogram->count != class->statistics[histogram->statistic].bin_count)
			return refuse(application,
			    "a histogram of resource %" PRIu32
			    " has no such resource, no such statistic or not its bins",
			    histogram->resource);
	}
	return 0;
}

static int check_samples(struct application *application)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->sample_group_count; i++)
		if (check_sample_group(application, &batch->sample_groups[i]) != 0)
			return -1;
	return check_histograms(application);
}

static int check_alerts(struct application *application)
{
	const struct batch *batch = application->batch;

	for (size_t i = 0; i < batch->alert_count; i++) {
		const struct alert_change *change = &batch->alerts[i];
		const struct graph_slot *slot = find_slot(application, change->resource);

		if (slot == NULL ||
		    change->condition >= class_of(application, slot)->condition_count ||
		    change->threshold >= SEVERITY_COUNT ||
		    (change->raised && change->message == NULL))
			return refuse(application,
			    "an alert of resource %" PRIu32
			    " has no such resource, no such condition or no message",
			    change->resource);
	}
	return 0;
}

/* ---- identities: references among created resources decide about the order ---- */

/* The report that creates the resource of a value, if this batch does. */
static struct prepared *creator_of(const struct application *application, const struct value *value)
{
	const struct graph_slot *slot;

	if (value->type != VALUE_REFERENCE)
		return NULL;
	slot = find_slot(application, (uint32_t)value->reference);
	assert(slot != NULL);
	return is_created_here(slot) ? &application->reports[slot->in_batch - 1] : NULL;
}

/* Turns the number of a resource into its id, or into null if it is gone. */
static void resolve_value(const struct application *application, struct value *value)
{
	const struct prepared *creator = creator_of(application, value);
	record_id id;

	if (value->type != VALUE_REFERENCE)
		return;
	if (creator != NULL)
		id = creator->state == PREPARED_GONE ? 0 : creator->id;
	else
		id = application->session->slots[value->reference].id;
	if (creator == NULL && graph_find(application->graph, id) == NULL)
		id = 0;
	*value = id != 0 ? value_reference((uint64_t)id) : VALUE_NULL_INIT;
}

/* A report that can't be stored although its host is honest: told once, and left out. */
static void give_up(struct application *application, struct prepared *prepared, const char *reason)
{
	prepared->state = PREPARED_GONE;
	prepared->id = ++application->last_id;
	graph_warn(application->graph, prepared->class->plugin, graph_name(application->scannable),
	    "a resource of class \"%s\" is left out: %s", prepared->class->name, reason);
}

/* Resolves the identifying references; false if one of them is gone. */
static bool resolve_identifying(struct application *application, struct prepared *prepared)
{
	const struct class *class = prepared->class->class;
	bool complete = true;

	for (size_t i = 0; i < class->identifier_count; i++) {
		struct value *value = &prepared->values[class->identifier[i]];

		if (value->type != VALUE_REFERENCE)
			continue;
		resolve_value(application, value);
		complete = complete && value->type != VALUE_NULL;
	}
	return complete;
}

static bool has_identity(const void *prepared, const void *identity)
{
	return strcmp(((const struct prepared *)prepared)->identity, identity) == 0;
}

static int refuse_same(
    struct application *application, const struct prepared *one, const struct prepared *other)
{
	return refuse(application, "resources %" PRIu32 " and %" PRIu32 " are the same",
	    one->report->resource, other->report->resource);
}

/* The report is of a resource that is there already, if no other report is. */
static int claim(
    struct application *application, struct prepared *prepared, struct graph_resource *resource)
{
	const struct prepared *other = application->reports;

	if (resource->mark == application->graph->mark) {
		while (other->resource != resource)
			other++;
		return refuse_same(application, other, prepared);
	}
	resource->mark = application->graph->mark;
	prepared->resource = resource;
	prepared->id = resource->id;
	return 0;
}

/* The report is of a resource that is new, if no other report is of the same. */
static int claim_new(struct application *application, struct prepared *prepared, char *identity)
{
	uint32_t hash = index_hash_identity(identity);
	const struct prepared *other =
	    index_find(&application->by_identity, hash, has_identity, identity);

	prepared->identity = identity;
	if (other != NULL)
		return refuse_same(application, other, prepared);
	index_add(&application->by_identity, hash, prepared);
	prepared->id = ++application->last_id;
	return 0;
}

static int find_identity(struct application *application, struct prepared *prepared)
{
	const struct class *class = prepared->class->class;
	record_id scope = class->scope == IDENTIFIER_SCOPED ? application->scannable->id : 0;
	struct text key = TEXT_EMPTY;
	struct graph_resource *resource;
	char reason[REASON_SIZE];
	char *identity;

	if (!class_identifier(class, prepared->values, &key, reason)) {
		give_up(application, prepared, reason);
		text_clear(&key);
		return 0;
	}
	identity = identity_text(prepared->class->id, scope, key.data);
	text_clear(&key);
	prepared->state = PREPARED_READY;
	resource = resource_find_identity(application->graph, identity);
	if (resource == NULL)
		return claim_new(application, prepared, identity);
	free(identity);
	return claim(application, prepared, resource);
}

/* Gives a created resource its id; those that identify it have theirs. */
static int identify(struct application *application, struct prepared *prepared)
{
	if (!resolve_identifying(application, prepared))
		give_up(application, prepared,
		    "it is identified by a resource that was removed with another");
	else if (find_identity(application, prepared) != 0)
		return -1;
	application->order[application->order_count++] =
	    (uint32_t)(prepared - application->reports);
	return 0;
}

/* The first resource that identifies this one and has no id yet, or NULL. */
static struct prepared *first_unidentified(
    const struct application *application, const struct prepared *prepared)
{
	const struct class *class = prepared->class->class;

	for (size_t i = 0; i < class->identifier_count; i++) {
		struct prepared *creator =
		    creator_of(application, &prepared->values[class->identifier[i]]);

		if (creator != NULL && creator->state <= PREPARED_BEGUN)
			return creator;
	}
	return NULL;
}

/*
 * Identifies a created resource after those that identify it. The stack has room for all reports:
 * each is on it once, or there is a loop.
 */
static int identify_in_order(
    struct application *application, struct prepared *first, struct prepared **stack)
{
	size_t depth = 0;

	stack[depth++] = first;
	first->state = PREPARED_BEGUN;
	while (depth > 0) {
		struct prepared *top = stack[depth - 1];
		struct prepared *needed = first_unidentified(application, top);

		if (needed == NULL) {
			if (identify(application, top) != 0)
				return -1;
			depth--;
			continue;
		}
		if (needed->state == PREPARED_BEGUN)
			return refuse(application,
			    "resource %" PRIu32 " is identified by itself in the end",
			    needed->report->resource);
		needed->state = PREPARED_BEGUN;
		stack[depth++] = needed;
	}
	return 0;
}

static int identify_all(struct application *application)
{
	size_t count = application->batch->report_count;
	struct prepared **stack = xcalloc(count, sizeof(*stack));
	int result = 0;

	application->order = xcalloc(count, sizeof(*application->order));
	application->last_id = application->graph->counters.resource_id;
	application->graph->mark++;
	for (size_t i = 0; i < count && result == 0; i++) {
		struct prepared *prepared = &application->reports[i];

		if (prepared->report->created && prepared->state == PREPARED_NOT)
			result = identify_in_order(application, prepared, stack);
	}
	free(stack);
	return result;
}

/* ---- the other references ---- */

static void resolve_created(struct application *application, struct prepared *prepared)
{
	const struct class *class = prepared->class->class;

	for (size_t i = 0; i < class->attribute_count; i++) {
		struct value *value = &prepared->values[i];

		if (value->type != VALUE_REFERENCE || class_is_identifying(class, i))
			continue;
		resolve_value(application, value);
		if (value->type == VALUE_NULL && !class->attributes[i].optional)
			prepared->orphan = !class->scannable;
	}
}

/* Whether the changes leave the identity as it is. */
static bool keeps_identity(const struct prepared *prepared)
{
	const struct class *class = prepared->class->class;
	const struct report *report = prepared->report;
	struct value *values;
	struct text key = TEXT_EMPTY;
	char reason[REASON_SIZE];
	bool identifying = false;
	bool same;

	values = xcalloc(class->attribute_count, sizeof(*values));
	memcpy(values, prepared->resource->values, class->attribute_count * sizeof(*values));
	for (size_t i = 0; i < report->change_count; i++) {
		uint32_t attribute = report->changes[i].attribute;

		values[attribute] = prepared->values[i];
		identifying = identifying || class_is_identifying(class, attribute);
	}
	same = !identifying || class->scope == IDENTIFIER_AUTO ||
	       (class_identifier(class, values, &key, reason) &&
	           strcmp(key.data, graph_identifier(prepared->resource)) == 0);
	text_clear(&key);
	free(values);
	return same;
}

static int resolve_changed(struct application *application, struct prepared *prepared)
{
	const struct class *class = prepared->class->class;
	const struct report *report = prepared->report;

	prepared->resource = application_resource(application, report->resource);
	prepared->state = prepared->resource != NULL ? PREPARED_READY : PREPARED_GONE;
	if (prepared->resource == NULL)
		return 0;
	prepared->id = prepared->resource->id;
	for (size_t i = 0; i < report->change_count; i++) {
		struct value *value = &prepared->values[i];
		bool was_null = value->type == VALUE_NULL;

		resolve_value(application, value);
		if (!was_null && value->type == VALUE_NULL &&
		    !class->attributes[report->changes[i].attribute].optional)
			prepared->orphan = !class->scannable;
	}
	if (keeps_identity(prepared))
		return 0;
	return refuse(
	    application, "resource %" PRIu32 " changes what identifies it", report->resource);
}

static int resolve_references(struct application *application)
{
	for (size_t i = 0; i < application->batch->report_count; i++) {
		struct prepared *prepared = &application->reports[i];

		if (!prepared->report->created) {
			if (resolve_changed(application, prepared) != 0)
				return -1;
		} else if (prepared->state == PREPARED_READY) {
			resolve_created(application, prepared);
		}
	}
	return 0;
}

int application_prepare(struct application *application)
{
	static int (*const steps[])(struct application * application) = {check_place,
	    check_incomplete, check_removed, check_reports, check_values, check_parents,
	    check_samples, check_alerts, identify_all, resolve_references};

	application->reports =
	    xcalloc(application->batch->report_count, sizeof(*application->reports));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i](application) != 0)
			return -1;
	return 0;
}

static void clear_slots(struct application *application)
{
	const struct batch *batch = application->batch;
	struct graph_session *session = application->session;

	for (size_t i = 0; i < batch->removed_count; i++)
		if (batch->removed[i] < session->slot_count)
			session->slots[batch->removed[i]].in_batch = 0;
	for (size_t i = 0; i < batch->report_count; i++)
		if (batch->reports[i].resource < session->slot_count)
			session->slots[batch->reports[i].resource].in_batch = 0;
}

void application_clear(struct application *application)
{
	index_clear(&application->by_identity);
	for (size_t i = 0; i < application->batch->report_count; i++)
		free(application->reports[i].identity);
	free(application->values);
	clear_slots(application);
	free(application->reports);
	free(application->order);
}
