/* SPDX-License-Identifier: MIT */
#include "host/assign.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/handle.h"
#include "host/refusal.h"
#include "host/session.h"
#include "host/worker.h"

static const struct class *class_at(const struct host_session *session, uint32_t index)
{
	return session->host->plugin.classes[index];
}

int assign_refuse(struct host_session *session, int code, const char *place, uint32_t class,
    const struct host_resource *about, const char *reason)
{
	struct text text = TEXT_EMPTY;

	if (about != NULL)
		return refuse(session, code, place, about, "%s", reason);
	host_stage_describe(session, class, &text);
	text_append(&text, ": ");
	text_append(&text, reason);
	return refuse_text(session, code, place, &text);
}

size_t assign_find_attribute(struct host_session *session, uint32_t class, const char *name,
    const struct host_resource *about, const char *place)
{
	const struct class_names *names = &session->host->names[class];
	struct text reason = TEXT_EMPTY;
	size_t attribute;

	if (name == NULL)
		name = "";
	attribute = class_names_attribute(names, name);
	if (attribute != CLASS_NOT_FOUND)
		return attribute;
	class_names_explain_attribute(names, name, &reason);
	assign_refuse(session, IML_EUNKNOWN, place, class, about, reason.data);
	text_clear(&reason);
	return CLASS_NOT_FOUND;
}

/* ---- values ---- */

struct host_resource *assign_resource_of(
    struct host_session *session, const struct iml_resource *handle)
{
	return handle_object((uintptr_t)handle, HANDLE_RESOURCE, session);
}

/* The value that a plugin passed, as it is; false if it is no value at all. */
static bool read_value(struct host_session *session, const struct iml_value *from, struct value *to,
    struct host_resource **target)
{
	*target = NULL;
	*to = VALUE_NULL_INIT;
	switch (from->kind) {
	case IML_KIND_NULL:
		return true;
	case IML_KIND_BOOLEAN:
		*to = value_boolean(from->integer != 0);
		return true;
	case IML_KIND_INTEGER:
		*to = value_integer(from->integer);
		return true;
	case IML_KIND_UNSIGNED:
		*to = value_integer(from->integer);
		if (from->integer < 0)
			*to = (struct value){
			    .type = VALUE_UNSIGNED, .number = (uint64_t)from->integer};
		return true;
	case IML_KIND_REAL:
		*to = value_real(from->real);
		return true;
	case IML_KIND_TEXT:
		if (from->text != NULL)
			*to = value_text(from->text);
		return true;
	case IML_KIND_RESOURCE:
		*target =
		    from->resource != NULL ? assign_resource_of(session, from->resource) : NULL;
		if (*target != NULL)
			*to = value_reference((*target)->number);
		return from->resource == NULL || *target != NULL;
	default:
		return false;
	}
}

int assign_convert(struct host_session *session, uint32_t class, size_t index,
    const struct iml_value *from, const struct host_resource *about, const char *place,
    struct value *to, struct host_resource **target)
{
	const struct attribute *attribute = &class_at(session, class)->attributes[index];
	char reason[REASON_SIZE];

	*target = NULL;
	*to = VALUE_NULL_INIT;
	if (class_is_managed(class_at(session, class), index)) {
		reason_write(reason,
		    "\"%s\": the manager alone says which server this is, leave it out",
		    attribute->name);
		return assign_refuse(session, IML_ESTATE, place, class, about, reason);
	}
	if (!read_value(session, from, to, target)) {
		char *words = xasprintf(
		    "\"%s\": the handle is not of a resource of this session", attribute->name);

		assign_refuse(session, IML_EHANDLE, place, class, about, words);
		free(words);
		return IML_EHANDLE;
	}
	if (attribute_validate(attribute, to, reason))
		return 0;
	value_clear(to);
	return assign_refuse(session, IML_EVALUE, place, class, about, reason);
}

/* Whether what a plugin passed is certainly equal to a stored value, at the cost of looking. */
static bool is_same(const struct value *stored, const struct iml_value *passed)
{
	switch (passed->kind) {
	case IML_KIND_TEXT:
		return stored->type == VALUE_TEXT && passed->text != NULL &&
		       strcmp(stored->text, passed->text) == 0;
	case IML_KIND_INTEGER:
		return stored->type == VALUE_INTEGER && stored->integer == passed->integer;
	case IML_KIND_UNSIGNED:
		return stored->type == VALUE_INTEGER && passed->integer >= 0 &&
		       stored->integer == passed->integer;
	case IML_KIND_BOOLEAN:
		return stored->type == VALUE_BOOLEAN && stored->boolean == (passed->integer != 0);
	case IML_KIND_NULL:
		return stored->type == VALUE_NULL;
	default:
		return false;
	}
}

int assign_check_loop(struct host_resource *resource, size_t index, const struct value *value,
    struct host_resource *target, const char *place)
{
	struct text label = TEXT_EMPTY;
	int result;

	if (target == NULL || value_equal(&resource->values[index], value) ||
	    !host_resource_would_loop(resource, (uint32_t)index, target))
		return 0;
	host_resource_describe(target, &label);
	result = refuse(resource->session, IML_ECYCLE, place, resource,
	    "\"%s\" can't refer to %s, which itself refers to this resource and can't be without "
	    "it",
	    host_resource_class(resource)->attributes[index].name, label.data);
	text_clear(&label);
	return result;
}

/* ---- one attribute ---- */

bool assign_identifies_same(
    const struct attribute *attribute, const struct value *a, const struct value *b)
{
	const char *left, *right;

	if (attribute->type != ATTRIBUTE_UUID || a->type != VALUE_TEXT || b->type != VALUE_TEXT)
		return value_equal(a, b);
	left = a->text;
	right = b->text;
	for (;;) {
		left += strspn(left, "-");
		right += strspn(right, "-");
		if (tolower((unsigned char)*left) != tolower((unsigned char)*right))
			return false;
		if (*left == '\0')
			return true;
		left++;
		right++;
	}
}

/* Replaces a new value by the present one, of which it is another spelling; else clears it. */
static bool keep_identity(const struct host_resource *resource, size_t index, struct value *value)
{
	const struct attribute *attribute = &host_resource_class(resource)->attributes[index];
	bool same = assign_identifies_same(attribute, &resource->values[index], value);

	value_clear(value);
	if (same)
		*value = value_copy(&resource->values[index]);
	return same;
}

int assign_attribute(struct host_resource *resource, const char *name,
    const struct iml_value *passed, const char *place)
{
	struct host_session *session = resource->session;
	size_t index = assign_find_attribute(session, resource->class, name, resource, place);
	struct host_resource *target;
	struct value value;
	int result;

	if (index == CLASS_NOT_FOUND)
		return IML_EUNKNOWN;
	if (!session->report_unchanged && is_same(&resource->values[index], passed))
		return 0;
	result = assign_convert(
	    session, resource->class, index, passed, resource, place, &value, &target);
	if (result != 0)
		return result;
	if (resource != session->unborn &&
	    class_is_identifying(host_resource_class(resource), index) &&
	    !keep_identity(resource, index, &value))
		return refuse(session, IML_EIDENTITY, place, resource,
		    "\"%s\" identifies the resource and can't change: remove it and report another",
		    name);
	result = assign_check_loop(resource, index, &value, target, place);
	if (result != 0)
		value_clear(&value);
	else
		host_resource_assign(resource, (uint32_t)index, &value, target);
	return result;
}

/* ---- defaults ---- */

bool assign_needs_value(const struct host_resource *resource, size_t attribute)
{
	return !host_resource_class(resource)->attributes[attribute].optional &&
	       resource->values[attribute].type == VALUE_NULL;
}

static void assign_fixed_defaults(struct host_resource *resource)
{
	const struct class *class = host_resource_class(resource);

	for (size_t i = 0; i < class->attribute_count; i++) {
		struct value value;

		if (!assign_needs_value(resource, i) ||
		    class->attributes[i].default_value.type == VALUE_NULL)
			continue;
		value = value_copy(&class->attributes[i].default_value);
		host_resource_assign(resource, (uint32_t)i, &value, NULL);
	}
}

int assign_default(struct host_resource *resource, size_t attribute)
{
	struct host_session *session = resource->session;
	default_function *function =
	    session->host->plugin.details[resource->class].functions[attribute].default_value;
	const char *call = refusal_call();
	struct worker_note before;
	int result;

	if (function == NULL)
		return 0;
	before = worker_enter(HOOK_DEFAULT, session->number);
	assert(session->filling == NULL);
	session->filling = resource;
	result = function((struct iml_resource *)(uintptr_t)resource->handle);
	session->filling = NULL;
	worker_leave(before);
	refusal_begin(call);
	return result;
}

void assign_defaults(struct host_resource *resource)
{
	size_t count = host_resource_class(resource)->attribute_count;

	assign_fixed_defaults(resource);
	for (size_t i = 0; i < count; i++)
		if (assign_needs_value(resource, i))
			assign_default(resource, i);
}

int assign_check_complete(struct host_resource *resource, const char *place)
{
	const struct class *class = host_resource_class(resource);
	struct text names = TEXT_EMPTY;
	int result = 0;

	for (size_t i = 0; i < class->attribute_count; i++)
		if (assign_needs_value(resource, i))
			text_printf(&names, "%s\"%s\"", names.length > 0 ? ", " : "",
			    class->attributes[i].name);
	if (names.length > 0)
		result = refuse(resource->session, IML_EMISSING, place, resource,
		    "the first report must give %s", names.data);
	text_clear(&names);
	return result;
}
