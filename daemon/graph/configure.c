/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <assert.h>
#include <stdlib.h>

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

/* Appends the identity of a scannable of the configuration, and tells where its identifier is. */
static bool make_identity(const struct graph_class *class, const struct value *values,
    const char *name, struct text *identity, size_t *identifier, char reason[REASON_SIZE])
{
	struct text key = TEXT_EMPTY;
	bool fits = true;

	if (class->class->scope == IDENTIFIER_AUTO) {
		text_append_char(&key, '[');
		text_append_json(&key, name);
		text_append_char(&key, ']');
	} else {
		fits = class_identifier(class->class, values, &key, reason);
	}
	if (fits)
		*identifier = identity_append(identity, class->id, 0, key.data);
	text_clear(&key);
	return fits;
}

/* What the plugin has found out, and nobody else may set, stays. */
static void update_values(
    struct graph *graph, struct graph_resource *resource, struct value *values)
{
	const struct class *class = resource->class->class;

	for (size_t i = 0; i < class->attribute_count; i++)
		if (!class->attributes[i].user_read_only &&
		    (values[i].type != VALUE_NULL || !class->attributes[i].has_default_function))
			resource_set(graph, resource, i, &values[i]);
	values_free(values, class->attribute_count);
	if (resource->own_label == NULL)
		resource_set_label(graph, resource, NULL);
}

static struct graph_resource *add_scannable(struct graph *graph, struct graph_class *class,
    struct value *values, char *identity, size_t identifier)
{
	struct graph_resource *resource =
	    resource_new(graph, ++graph->counters.resource_id, class, NULL, identity, identifier);

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
}

struct graph_resource *graph_configure(struct graph *graph, const struct graph_class *class,
    const struct value *values, const char *name, char reason[REASON_SIZE])
{
	struct graph_class *own = graph_find_class(graph, class->plugin, class->name);
	struct graph_resource *resource;
	struct text identity = TEXT_EMPTY;
	struct value *complete;
	size_t identifier;

	assert(own == class && class->class != NULL && class->scannable);
	graph->time = wallclock_now();
	graph->actor = NULL;
	complete = complete_values(class->class, values, reason);
	if (complete == NULL)
		return NULL;
	if (!make_identity(class, complete, name, &identity, &identifier, reason)) {
		values_free(complete, class->attribute_count);
		return NULL;
	}
	resource = resource_find_identity(graph, identity.data);
	if (resource != NULL) {
		update_values(graph, resource, complete);
		text_clear(&identity);
	} else {
		resource = add_scannable(graph, own, complete, text_steal(&identity), identifier);
	}
	set_configured(graph, resource);
	return resource;
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
}

/* ---- leaving the configuration ---- */

bool resource_is_retired(const struct graph_resource *resource)
{
	return resource->class->scannable && !resource->configured && !resource->was_configured &&
	       resource->scope == NULL && resource->reporter_count == 0;
}

static void end_alerts(struct graph *graph, struct graph_resource *resource)
{
	struct graph_alert *alert;

	while ((alert = TAILQ_FIRST(&resource->alerts)) != NULL)
		alert_clear(graph, alert);
}

/* Nobody looks any more at a scannable and what is its own: nothing there can be called wrong. */
static void retire(struct graph *graph, struct graph_resource *scannable)
{
	struct graph_resource *resource;

	scannable->was_configured = false;
	resource_touch(graph, scannable);
	end_alerts(graph, scannable);
	if (resource_is_retired(scannable))
		changes_forget_offline(graph, scannable->id);
	TAILQ_FOREACH (resource, &scannable->scoped, in_scope)
		end_alerts(graph, resource);
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
				retire(graph, resource);
	}
}

bool graph_is_shown(const struct graph_resource *resource)
{
	return resource->class->class != NULL && !resource_is_retired(resource) &&
	       (resource->scope == NULL || !resource_is_retired(resource->scope));
}
