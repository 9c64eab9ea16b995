/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void graph_begin_configuration(struct graph *graph)
{
	struct graph_class *class;
	struct graph_resource *resource;

	for (class = graph->classes_by_id; class != NULL; class = class->by_id.next) {
		if (!class->scannable)
			continue;
		TAILQ_FOREACH (resource, &class->resources, in_class) {
			resource->was_configured |= resource->configured;
			resource->configured = false;
		}
	}
}

/* Copies the values given, with defaults for those missing. NULL with a reason. */
static struct value *complete_values(
    const struct class *class, const struct value *given, char reason[REASON_SIZE])
{
	struct value *values = xcalloc(class->attribute_count, sizeof(*values));

	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct attribute *attribute = &class->attributes[i];
		bool later = attribute->has_default_function && !class_is_identifying(class, i);

		values[i] = value_copy(&given[i]);
		if (values[i].type != VALUE_NULL || attribute->optional)
			continue;
		values[i] = value_copy(&attribute->default_value);
		if (values[i].type != VALUE_NULL || later)
			continue;
		reason_write(reason, "\"%s\" is missing", attribute->name);
		values_free(values, class->attribute_count);
		return NULL;
	}
	return values;
}

/* The identity of a scannable of the configuration. NULL with a reason. */
static char *make_identity(const struct graph_class *class, const struct value *values,
    const char *name, char reason[REASON_SIZE])
{
	struct text key = TEXT_EMPTY;
	char *identity = NULL;
	bool fits = true;

	if (class->class->scope == IDENTIFIER_AUTO) {
		text_append_char(&key, '[');
		text_append_json(&key, name);
		text_append_char(&key, ']');
	} else {
		fits = class_identifier(class->class, values, &key, reason);
	}
	if (fits)
		identity = identity_text(class->id, 0, key.data);
	text_clear(&key);
	return identity;
}

/*
 * Assigns the values that are marked, or all with NULL. What the plugin has found out, and nobody
 * else may set, stays.
 */
static void update_values(
    struct graph *graph, struct graph_resource *resource, struct value *values, const bool *marked)
{
	const struct class *class = resource->class->class;

	for (size_t i = 0; i < class->attribute_count; i++)
		if (!class->attributes[i].user_read_only && (marked == NULL || marked[i]) &&
		    (values[i].type != VALUE_NULL || !class->attributes[i].has_default_function))
			resource_set(graph, resource, i, &values[i]);
	values_free(values, class->attribute_count);
	if (!resource->labelled)
		resource_set_label(graph, resource, NULL);
}

/* Remembers what the configuration gives; the text is taken over. */
static void set_given(struct graph *graph, struct graph_resource *resource, char *given)
{
	struct graph_extras *extras = resource_extras(resource);

	if (extras->given == NULL || strcmp(extras->given, given) != 0)
		resource_touch(graph, resource);
	free(extras->given);
	extras->given = given;
}

/* Takes up what the configuration gives a scannable, as far as that is not what it gave before. */
static void give_values(struct graph *graph, struct graph_resource *resource, struct value *values)
{
	const struct class *class = resource->class->class;
	bool *changed = xcalloc(class->attribute_count + 1, sizeof(*changed));
	char *given = given_text(class, values);

	given_compare(class, resource->extras->given, given, changed);
	update_values(graph, resource, values, changed);
	set_given(graph, resource, given);
	free(changed);
}

static struct graph_resource *add_scannable(
    struct graph *graph, struct graph_class *class, struct value *values, char *identity)
{
	struct graph_resource *resource =
	    resource_new(graph, ++graph->counters.resource_id, class, NULL, identity);

	set_given(graph, resource, given_text(class->class, values));
	resource_take_values(graph, resource, values);
	resource_set_label(graph, resource, NULL);
	resource_touch(graph, resource);
	notice_resource(graph, "appeared", resource);
	return resource;
}

static void set_configured(struct graph *graph, struct graph_resource *resource)
{
	if (!resource->configured && !resource->was_configured)
		resource_touch(graph, resource);
	resource->configured = true;
	resource->was_configured = false;
	resource->departing = false;
	scannable_changed(graph, resource);
}

/* The scannable of these values, made if there is none. NULL with a reason. */
static struct graph_resource *take_up(struct graph *graph, const struct graph_class *class,
    const struct value *values, const char *name, char reason[REASON_SIZE])
{
	struct graph_class *own = graph_find_class(graph, class->plugin, class->name);
	struct graph_resource *resource;
	struct value *complete;
	char *identity;

	assert(own == class && class->class != NULL && class->scannable);
	graph->time = wallclock_now();
	graph->actor = NULL;
	complete = complete_values(class->class, values, reason);
	if (complete == NULL)
		return NULL;
	identity = make_identity(class, complete, name, reason);
	if (identity == NULL) {
		values_free(complete, class->attribute_count);
		return NULL;
	}
	resource = resource_find_identity(graph, identity);
	if (resource == NULL)
		return add_scannable(graph, own, complete, identity);
	give_values(graph, resource, complete);
	free(identity);
	return resource;
}

struct graph_resource *graph_configure(struct graph *graph, const struct graph_class *class,
    const struct value *values, const char *name, char reason[REASON_SIZE])
{
	struct graph_resource *resource = take_up(graph, class, values, name, reason);

	if (resource == NULL)
		return NULL;
	set_configured(graph, resource);
	graph_settle(graph);
	return resource;
}

struct graph_resource *graph_add(struct graph *graph, const struct graph_class *class,
    const struct value *values, char reason[REASON_SIZE])
{
	char *name = xasprintf("added:%" PRId64, graph->counters.resource_id + 1);
	struct graph_resource *resource = take_up(graph, class, values, name, reason);

	free(name);
	if (resource == NULL)
		return NULL;
	resource->added = true;
	resource->departing = false;
	resource_touch(graph, resource);
	scannable_changed(graph, resource);
	graph_settle(graph);
	return resource;
}

void graph_withdraw(struct graph *graph, struct graph_resource *scannable)
{
	assert(scannable->added || !scannable->in_use);
	graph->time = wallclock_now();
	graph->actor = NULL;
	scannable->added = false;
	scannable->departing = scannable->scope == NULL && scannable->reporters.count == 0;
	resource_touch(graph, scannable);
	scannable_changed(graph, scannable);
	graph_settle(graph);
}

struct graph_resource *graph_find_configured(struct graph *graph, const struct graph_class *class,
    const struct value *values, const char *name)
{
	struct value *complete;
	struct graph_resource *resource = NULL;
	char reason[REASON_SIZE];
	char *identity;

	assert(class->class != NULL && class->scannable);
	complete = complete_values(class->class, values, reason);
	if (complete == NULL)
		return NULL;
	identity = make_identity(class, complete, name, reason);
	if (identity != NULL)
		resource = resource_find_identity(graph, identity);
	values_free(complete, class->class->attribute_count);
	free(identity);
	return resource;
}

/* Gives a scannable another identity. */
static void move(struct graph *graph, struct graph_resource *resource, char *identity)
{
	index_remove(&graph->by_identity, index_hash_identity(resource->identity), resource);
	free(resource->identity);
	resource->identity = identity;
	index_add(&graph->by_identity, index_hash_identity(identity), resource);
	resource_touch(graph, resource);
}

/* Moves a scannable to the identity that the values give it. Returns 0, or -1 with a reason. */
static int move_to(struct graph *graph, struct graph_resource *scannable,
    const struct value *values, char reason[REASON_SIZE])
{
	const struct graph_resource *other;
	char *identity;

	if (scannable->class->class->scope == IDENTIFIER_AUTO)
		return 0;
	identity = make_identity(scannable->class, values, NULL, reason);
	if (identity == NULL)
		return -1;
	other = resource_find_identity(graph, identity);
	if (other == NULL) {
		move(graph, scannable, identity);
		return 0;
	}
	free(identity);
	if (other == scannable)
		return 0;
	reason_write(reason, "\"%s\" has these values already: %s identifies a %s",
	    graph_name(other), graph_identifier(other), other->class->name);
	return -1;
}

/* What only the plugin may set stays as it is. */
static void keep_own_values(const struct graph_resource *resource, struct value *values)
{
	const struct class *class = resource->class->class;

	for (size_t i = 0; i < class->attribute_count; i++) {
		if (!class->attributes[i].user_read_only)
			continue;
		value_clear(&values[i]);
		values[i] = value_copy(&resource->values[i]);
	}
}

int graph_edit(struct graph *graph, struct graph_resource *scannable, const struct value *values,
    char reason[REASON_SIZE])
{
	struct value *complete;
	char *given;

	assert(scannable->class->scannable && scannable->class->class != NULL);
	graph->time = wallclock_now();
	graph->actor = NULL;
	complete = complete_values(scannable->class->class, values, reason);
	if (complete == NULL)
		return -1;
	keep_own_values(scannable, complete);
	given = given_text(scannable->class->class, complete);
	if (move_to(graph, scannable, complete, reason) != 0) {
		values_free(complete, scannable->class->attribute_count);
		free(given);
		return -1;
	}
	set_given(graph, scannable, given);
	update_values(graph, scannable, complete, NULL);
	graph_settle(graph);
	return 0;
}

void graph_remove(struct graph *graph, struct graph_resource *scannable)
{
	struct graph_session *session, *next;
	struct removal removal = {NULL, 0, 0};

	assert(scannable->class->scannable);
	graph->time = wallclock_now();
	graph->actor = NULL;
	HASH_ITER (by_number, graph->sessions, session, next)
		if (session->scannable == scannable)
			graph_session_free(graph, session);
	removal_add(&removal, scannable);
	removal_run(graph, &removal);
	votes_expire(graph);
	graph_settle(graph);
}

/* ---- leaving the configuration ---- */

/* The configuration no longer has a scannable; it is still in use if another one reports it. */
static void leave(struct graph *graph, struct graph_resource *scannable)
{
	scannable->was_configured = false;
	resource_touch(graph, scannable);
	scannable_changed(graph, scannable);
}

void graph_end_configuration(struct graph *graph, const char *plugin)
{
	struct graph_class *class;
	struct graph_resource *resource;

	graph->time = wallclock_now();
	graph->actor = NULL;
	for (class = graph->classes_by_id; class != NULL; class = class->by_id.next) {
		if (!class->scannable || strcmp(class->plugin, plugin) != 0)
			continue;
		TAILQ_FOREACH (resource, &class->resources, in_class)
			if (resource->was_configured && !resource->configured)
				leave(graph, resource);
	}
	scannables_settle(graph);
	causes_settle(graph);
}
