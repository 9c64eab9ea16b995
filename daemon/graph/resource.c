/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Of all resources that have none of their own; never changed. */
static struct graph_extras no_extras = {.scoped = TAILQ_HEAD_INITIALIZER(no_extras.scoped)};

char *identity_text(record_id class_id, record_id scope_id, const char *identifier)
{
	return xasprintf("%" PRId64 "/%" PRId64 "/%s", class_id, scope_id, identifier);
}

static bool has_identity(const void *resource, const void *identity)
{
	return strcmp(((const struct graph_resource *)resource)->identity, identity) == 0;
}

struct graph_resource *resource_find_identity(const struct graph *graph, const char *identity)
{
	return index_find(
	    &graph->by_identity, index_hash_identity(identity), has_identity, identity);
}

struct graph_resource *resource_new(struct graph *graph, record_id id, struct graph_class *class,
    struct graph_resource *scope, char *identity)
{
	struct graph_resource *resource = xcalloc(1, sizeof(*resource));

	assert(id > 0 && graph_find(graph, id) == NULL);
	resource->id = id;
	resource->class = class;
	resource->order = ++graph->last_order;
	resource->identity = identity;
	resource->extras = &no_extras;
	TAILQ_INIT(&resource->parents);
	TAILQ_INIT(&resource->children);
	TAILQ_INIT(&resource->alerts);
	TAILQ_INSERT_TAIL(&class->resources, resource, in_class);
	class->resource_count++;
	ids_add(&graph->ids, id, resource);
	index_add(&graph->by_identity, index_hash_identity(identity), resource);
	if (scope != NULL)
		resource_join_scope(resource, scope);
	return resource;
}

struct graph_extras *resource_extras(struct graph_resource *resource)
{
	if (resource->extras == &no_extras) {
		resource->extras = xcalloc(1, sizeof(*resource->extras));
		TAILQ_INIT(&resource->extras->scoped);
	}
	return resource->extras;
}

static void extras_free(struct graph_extras *extras)
{
	if (extras == &no_extras)
		return;
	free(extras->alias);
	free(extras->given);
	free(extras->referrers.ids);
	free(extras->reported.ids);
	free(extras);
}

void resource_forget_unread(struct graph_resource *resource)
{
	if (resource->unread == NULL)
		return;
	free(resource->unread->attributes);
	free(resource->unread->secrets);
	free(resource->unread);
	resource->unread = NULL;
}

void resource_join_scope(struct graph_resource *resource, struct graph_resource *scope)
{
	assert(resource->scope == NULL);
	resource->scope = scope;
	TAILQ_INSERT_TAIL(&resource_extras(scope)->scoped, resource, in_scope);
}

void values_free(struct value *values, size_t count)
{
	if (values == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		value_clear(&values[i]);
	free(values);
}

void resource_free(struct graph *graph, struct graph_resource *resource)
{
	assert(TAILQ_EMPTY(&resource->parents) && TAILQ_EMPTY(&resource->children));
	volumes_forget(graph, resource);
	relations_forget(graph, resource);
	cohorts_forget(graph, resource);
	gaps_forget(graph, resource);
	pauses_forget(graph, resource);
	ids_remove(&graph->ids, resource->id);
	index_remove(&graph->by_identity, index_hash_identity(resource->identity), resource);
	TAILQ_REMOVE(&resource->class->resources, resource, in_class);
	resource->class->resource_count--;
	if (resource->scope != NULL)
		TAILQ_REMOVE(&resource->scope->extras->scoped, resource, in_scope);
	if (resource->values != NULL)
		values_free(resource->values, resource->class->attribute_count);
	free(resource->identity);
	free(resource->label);
	resource_forget_unread(resource);
	extras_free(resource->extras);
	reporters_clear(&resource->reporters);
	free(resource->cause);
	free(resource);
}

void resource_touch(struct graph *graph, struct graph_resource *resource)
{
	if (resource->dirty)
		return;
	resource->dirty = true;
	graph->touched = xgrow(
	    graph->touched, graph->touched_count, &graph->touched_capacity, sizeof(record_id));
	graph->touched[graph->touched_count++] = resource->id;
}

/* ---- lists of ids ---- */

/* Drops entries that are out of date or there twice. */
static void compact(struct graph *graph, struct id_list *list, struct graph_resource *owner,
    bool (*holds)(const struct graph_resource *member, const struct graph_resource *owner))
{
	uint32_t count = 0;

	graph->mark++;
	for (uint32_t i = 0; i < list->count; i++) {
		struct graph_resource *member = graph_find(graph, list->ids[i]);

		if (member == NULL || member->mark == graph->mark || !holds(member, owner))
			continue;
		member->mark = graph->mark;
		list->ids[count++] = member->id;
	}
	list->count = count;
}

void id_list_add(struct graph *graph, struct id_list *list, struct graph_resource *owner,
    record_id id,
    bool (*holds)(const struct graph_resource *member, const struct graph_resource *owner))
{
	if (list->count == list->capacity) {
		compact(graph, list, owner, holds);
		if (list->count >= list->capacity / 2) {
			assert(list->capacity <= UINT32_MAX / 2);
			list->capacity = list->capacity == 0 ? 2 : 2 * list->capacity;
			list->ids = xreallocarray(list->ids, list->capacity, sizeof(*list->ids));
		}
	}
	list->ids[list->count++] = id;
}

/* ---- values ---- */

bool resource_refers_to(const struct graph_resource *resource, const struct graph_resource *target)
{
	const struct class *class = resource->class->class;

	if (resource->values == NULL)
		return false;
	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct value *value = &resource->values[i];

		if (value->type == VALUE_REFERENCE && value->reference == (uint64_t)target->id)
			return true;
	}
	return false;
}

static struct graph_resource *target_of(const struct graph *graph, const struct value *value)
{
	return value->type == VALUE_REFERENCE ? graph_find(graph, (record_id)value->reference)
	                                      : NULL;
}

static void refer(struct graph *graph, struct graph_resource *resource, const struct value *value)
{
	struct graph_resource *target = target_of(graph, value);

	if (target != NULL)
		id_list_add(graph, &resource_extras(target)->referrers, target, resource->id,
		    resource_refers_to);
}

void resource_take_values(
    struct graph *graph, struct graph_resource *resource, struct value *values)
{
	assert(resource->values == NULL && resource->class->class != NULL);
	resource->values = values;
	for (size_t i = 0; i < resource->class->class->attribute_count; i++)
		refer(graph, resource, &values[i]);
	relation_join_later(graph, resource);
	volumes_appeared(graph, resource);
}

void resource_set(
    struct graph *graph, struct graph_resource *resource, size_t attribute, struct value *value)
{
	struct value *stored = &resource->values[attribute];
	struct value before;

	assert(attribute < resource->class->class->attribute_count);
	if (value_equal(stored, value)) {
		value_clear(value);
		return;
	}
	relations_change(graph, resource, attribute);
	before = *stored;
	*stored = *value;
	*value = VALUE_NULL_INIT;
	refer(graph, resource, stored);
	resource_touch(graph, resource);
	volumes_changed(graph, resource);
	notice_changed(graph, resource, attribute, &before, stored);
	value_clear(&before);
}

/* ---- labels ---- */

const char *resource_own_label(const struct graph_resource *resource)
{
	return resource->labelled ? resource->label : NULL;
}

static void append_reference_label(void *context, uint64_t reference, struct text *label)
{
	const struct graph_resource *target = graph_find(context, (record_id)reference);

	if (target != NULL)
		text_append(label, target->label);
	else
		text_printf(label, "#%" PRIu64, reference);
}

void resource_default_label(
    struct graph *graph, const struct graph_resource *resource, struct text *label)
{
	if (resource->values == NULL)
		text_append(label, resource->label);
	else
		class_default_label(
		    resource->class->class, resource->values, append_reference_label, graph, label);
}

/* Gives the resource this label, the plugin's own or not. Returns whether it was another. */
static bool replace_label(
    struct graph *graph, struct graph_resource *resource, const char *label, bool own)
{
	bool changed = resource->label == NULL || strcmp(resource->label, label) != 0;

	if (changed) {
		free(resource->label);
		resource->label = xstrdup(label);
		resource_touch(graph, resource);
		volumes_renamed(graph, resource);
	}
	resource->labelled = own;
	return changed;
}

/* Resources whose labels may no longer be right. */
struct relabelling {
	struct graph_resource **resources;
	size_t count, capacity;
};

/* Whether the default label of a resource names the target. */
static bool label_names(const struct graph_resource *resource, const struct graph_resource *target)
{
	const struct class *class = resource->class->class;

	if (resource->labelled || resource->values == NULL)
		return false;
	for (size_t i = 0; i < class->identifier_count; i++) {
		const struct value *value = &resource->values[class->identifier[i]];

		if (value->type == VALUE_REFERENCE && value->reference == (uint64_t)target->id)
			return true;
	}
	return false;
}

/* Adds those whose default label is made from that of the target. */
static void relabel_referrers(
    struct graph *graph, struct relabelling *relabelling, const struct graph_resource *target)
{
	const struct id_list *referrers = &target->extras->referrers;

	for (uint32_t i = 0; i < referrers->count; i++) {
		struct graph_resource *resource = graph_find(graph, referrers->ids[i]);

		if (resource == NULL || !label_names(resource, target))
			continue;
		relabelling->resources = xgrow(relabelling->resources, relabelling->count,
		    &relabelling->capacity, sizeof(struct graph_resource *));
		relabelling->resources[relabelling->count++] = resource;
	}
}

static void relabel_all(struct graph *graph, const struct graph_resource *changed)
{
	struct relabelling relabelling = {NULL, 0, 0};
	struct text label = TEXT_EMPTY;

	relabel_referrers(graph, &relabelling, changed);
	while (relabelling.count > 0) {
		struct graph_resource *resource = relabelling.resources[--relabelling.count];

		text_reset(&label);
		resource_default_label(graph, resource, &label);
		if (replace_label(graph, resource, label.data, false))
			relabel_referrers(graph, &relabelling, resource);
	}
	text_clear(&label);
	free(relabelling.resources);
}

void resource_set_label(struct graph *graph, struct graph_resource *resource, const char *own)
{
	struct text label = TEXT_EMPTY;

	if (own != NULL)
		text_append(&label, own);
	else
		resource_default_label(graph, resource, &label);
	if (replace_label(graph, resource, label.data, own != NULL) &&
	    resource->extras->referrers.count > 0)
		relabel_all(graph, resource);
	text_clear(&label);
}

void graph_set_alias(struct graph *graph, struct graph_resource *resource, const char *alias)
{
	struct graph_extras *extras = resource_extras(resource);

	free(extras->alias);
	extras->alias = xstrdup(alias);
	resource_touch(graph, resource);
	volumes_renamed(graph, resource);
	graph_settle(graph);
}
