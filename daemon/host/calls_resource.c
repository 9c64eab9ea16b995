/* SPDX-License-Identifier: MIT */
/* The calls that report, change, find and remove resources and their parents. */
#include "host/calls_internal.h"

#include <stdlib.h>
#include <string.h>

#include "host/assign.h"
#include "host/refusal.h"
#include "host/report.h"

/* ---- resources ---- */

struct iml_resource *call_update_or_create(struct iml_plugin *self, const struct iml_class *class,
    const struct iml_report *report, const char *place)
{
	struct host_session *session = calls_enter_session(self, "iml_update_or_create", place);
	struct iml_resource *handle = NULL;

	if (session == NULL)
		return NULL;
	if (calls_check_change(session, NULL, place) == 0)
		handle = calls_handle_of(report_resource(session, class, report, place));
	host_session_unlock(session);
	return handle;
}

int call_set(
    struct iml_resource *handle, const char *name, const struct iml_value *value, const char *place)
{
	struct host_resource *resource = calls_enter_resource(handle, "iml_set", place);
	struct host_session *session;
	int result;

	if (resource == NULL)
		return IML_EHANDLE;
	session = resource->session;
	result = calls_check_change(session, resource, place);
	if (result == 0)
		result = assign_attribute(resource, name, value, place);
	return calls_leave(session, result);
}

/* Copies a text to the caller, who may not want it. */
static int give_text(struct host_resource *resource, const char *name, const char *from,
    struct iml_value *value, char *text, size_t size, const char *place)
{
	value->kind = IML_KIND_TEXT;
	if (text == NULL)
		return 0;
	if (!text_copy(text, size, from))
		return refuse(resource->session, IML_EVALUE, place, resource,
		    "\"%s\" has %zu bytes and does not fit into %zu", name, strlen(from) + 1, size);
	value->text = text;
	return 0;
}

static int give_value(struct host_resource *resource, size_t attribute, struct iml_value *value,
    char *text, size_t size, const char *place)
{
	const struct value *stored = &resource->values[attribute];

	switch (stored->type) {
	case VALUE_BOOLEAN:
		*value = iml_value_boolean(stored->boolean);
		return 0;
	case VALUE_INTEGER:
		*value = iml_value_integer(stored->integer);
		return 0;
	case VALUE_TEXT:
		return give_text(resource,
		    host_resource_class(resource)->attributes[attribute].name, stored->text, value,
		    text, size, place);
	case VALUE_REFERENCE:
		*value = iml_value_resource(
		    calls_handle_of(host_resource_target(resource, (uint32_t)attribute)));
		return 0;
	default:
		return 0;
	}
}

int call_get(struct iml_resource *handle, const char *name, struct iml_value *value, char *text,
    size_t size, const char *place)
{
	struct host_resource *resource = calls_enter_resource(handle, "iml_get", place);
	struct host_session *session;
	size_t attribute;

	*value = (struct iml_value){.kind = IML_KIND_NULL};
	if (resource == NULL)
		return IML_EHANDLE;
	session = resource->session;
	attribute = assign_find_attribute(session, resource->class, name, resource, place);
	if (attribute == CLASS_NOT_FOUND)
		return calls_leave(session, IML_EUNKNOWN);
	if (text != NULL && size > 0)
		text[0] = '\0';
	return calls_leave(session, give_value(resource, attribute, value, text, size, place));
}

static int remove_resource(struct host_resource *resource, const char *place)
{
	int result = calls_check_change(resource->session, NULL, place);

	if (result != 0)
		return result;
	if (resource->number == 0)
		return refuse(resource->session, IML_ESTATE, place, resource,
		    "the scannable of the session can't be removed by the plugin");
	host_resource_remove(resource);
	return 0;
}

int call_remove(struct iml_resource *handle, const char *place)
{
	struct host_resource *resource = calls_enter_resource(handle, "iml_remove", place);
	struct host_session *session;

	if (resource == NULL)
		return IML_EHANDLE;
	session = resource->session;
	return calls_leave(session, remove_resource(resource, place));
}

/* Lists the resources of a class that have the staged values. */
static void find_staged(struct host_session *session, size_t class, struct iml_resource **found,
    size_t size, size_t *count)
{
	struct host_resource *resource;

	TAILQ_FOREACH (resource, &session->by_class[class], same_class) {
		if (!report_matches_stage(resource))
			continue;
		if (*count < size)
			found[*count] = calls_handle_of(resource);
		(*count)++;
	}
}

int call_find(struct iml_plugin *self, const struct iml_class *declared,
    const struct iml_setting *settings, size_t setting_count, struct iml_resource **found,
    size_t size, size_t *count, const char *place)
{
	struct host_session *session = calls_enter_session(self, "iml_find", place);
	size_t class;
	int result;

	*count = 0;
	if (session == NULL)
		return IML_EHANDLE;
	if (session->filling != NULL)
		return calls_leave(session, calls_check_change(session, NULL, place));
	class = report_find_class(session, declared, place);
	if (class == CLASS_NOT_FOUND)
		return calls_leave(session, IML_EUNKNOWN);
	result = report_stage_search(session, (uint32_t) class, settings, setting_count, place);
	if (result == 0)
		find_staged(session, class, found, size, count);
	report_end_stage(session);
	return calls_leave(session, result);
}

/* Finds the one resource that the stage identifies. */
static int find_identified(struct host_session *session, uint32_t class,
    struct host_resource **resource, const char *place)
{
	char reason[REASON_SIZE];
	char *key;

	*resource = NULL;
	if (!report_stage_identifies(session, class))
		return refuse(session, IML_EIDENTITY, place, NULL,
		    "all identifying attributes of %s must be given",
		    session->host->plugin.classes[class]->name);
	key = host_resource_key(session, class, session->stage.values, reason);
	if (key == NULL)
		return refuse(session, IML_EIDENTITY, place, NULL, "%s", reason);
	*resource = host_resource_find(session, key);
	free(key);
	return 0;
}

int call_remove_by_attr(struct iml_plugin *self, const struct iml_class *declared,
    const struct iml_setting *settings, size_t setting_count, const char *place)
{
	struct host_session *session = calls_enter_session(self, "iml_remove_by_attr", place);
	struct host_resource *resource = NULL;
	size_t class;
	int result;

	if (session == NULL)
		return IML_EHANDLE;
	result = calls_check_change(session, NULL, place);
	if (result != 0)
		return calls_leave(session, result);
	class = report_find_class(session, declared, place);
	if (class == CLASS_NOT_FOUND)
		return calls_leave(session, IML_EUNKNOWN);
	result = report_stage_search(session, (uint32_t) class, settings, setting_count, place);
	if (result == 0)
		result = find_identified(session, (uint32_t) class, &resource, place);
	report_end_stage(session);
	if (result == 0 && resource != NULL)
		result = remove_resource(resource, place);
	return calls_leave(session, result == 0 ? resource != NULL : result);
}

/* ---- parents ---- */

/* The resource of a parent's handle. NULL after refusing. */
static struct host_resource *find_parent(
    struct host_resource *resource, const struct iml_resource *handle, const char *place)
{
	struct host_resource *parent = assign_resource_of(resource->session, handle);

	if (parent == NULL)
		refuse(resource->session, IML_EHANDLE, place, resource, "the parent is %s",
		    handle == NULL ? "NULL: was its own report refused?"
		                   : "no resource of this session, or was removed");
	return parent;
}

static int add_parent(
    struct host_resource *resource, const struct iml_resource *handle, const char *place)
{
	int result = calls_check_change(resource->session, NULL, place);
	struct host_resource *parent;
	struct text label = TEXT_EMPTY;

	if (result != 0)
		return result;
	parent = find_parent(resource, handle, place);
	if (parent == NULL)
		return IML_EHANDLE;
	if (host_resource_has_parent(resource, parent))
		return 0;
	if (!host_resource_would_cycle(resource, parent)) {
		host_resource_add_parent(resource, parent);
		return 0;
	}
	host_resource_describe(parent, &label);
	result = refuse(resource->session, IML_ECYCLE, place, resource,
	    "with %s as a parent it would be its own ancestor", label.data);
	text_clear(&label);
	return result;
}

int call_add_parent(struct iml_resource *handle, struct iml_resource *parent, const char *place)
{
	struct host_resource *resource = calls_enter_resource(handle, "iml_add_parent", place);

	if (resource == NULL)
		return IML_EHANDLE;
	return calls_leave(resource->session, add_parent(resource, parent, place));
}

int call_remove_parent(
    struct iml_resource *handle, struct iml_resource *parent_handle, const char *place)
{
	struct host_resource *resource = calls_enter_resource(handle, "iml_remove_parent", place);
	struct host_resource *parent;
	int result;

	if (resource == NULL)
		return IML_EHANDLE;
	result = calls_check_change(resource->session, NULL, place);
	if (result != 0)
		return calls_leave(resource->session, result);
	parent = find_parent(resource, parent_handle, place);
	if (parent == NULL)
		return calls_leave(resource->session, IML_EHANDLE);
	host_resource_remove_parent(resource, parent);
	return calls_leave(resource->session, 0);
}

int call_get_parents(struct iml_resource *handle, const struct iml_class *class,
    struct iml_resource **parents, size_t size, size_t *count, const char *place)
{
	struct host_resource *resource = calls_enter_resource(handle, "iml_get_parents", place);
	struct host_link *link;

	*count = 0;
	if (resource == NULL)
		return IML_EHANDLE;
	LIST_FOREACH (link, &resource->outgoing, outgoing) {
		if (link->attribute != LINK_TO_PARENT || link->state == LINK_GONE)
			continue;
		if (class != NULL &&
		    !loaded_class_is_a(&resource->session->host->plugin, link->to->class, class))
			continue;
		if (*count < size)
			parents[*count] = calls_handle_of(link->to);
		(*count)++;
	}
	return calls_leave(resource->session, 0);
}
