/* SPDX-License-Identifier: MIT */
/* Resources: their handles, finding them by class and attributes, and how failures show them. */
#include "harness.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

/* How many resources a failure lists. */
#define SHOWN_MAX 40

#define WANTED_MAX 32

/* What a test asks for: a class and texts "name=value". */
struct wanted {
	const char *class_name;
	const char *attributes[WANTED_MAX];
	size_t count;
};

/* ---- handles ---- */

struct iml_test_resource *resource_handle(struct iml_test *test, struct graph_resource *resource)
{
	struct iml_test_resource *handle;

	HASH_FIND(hh, test->resources, &resource->id, sizeof(resource->id), handle);
	if (handle == NULL) {
		handle = xcalloc(1, sizeof(*handle));
		handle->test = test;
		handle->id = resource->id;
		HASH_ADD(hh, test->resources, id, sizeof(handle->id), handle);
	}
	free(handle->name);
	handle->name = xasprintf("%s \"%s\"", resource->class->name, graph_name(resource));
	return handle;
}

struct graph_resource *resource_of(struct iml_test_resource *handle, struct place place)
{
	struct graph_resource *resource;

	assert(handle != NULL);
	test_load(handle->test, place);
	resource = graph_find(kit_graph(handle->test->kit), handle->id);
	if (resource == NULL)
		test_fail_with(handle->test, place, "%s is gone", handle->name);
	resource_handle(handle->test, resource);
	return resource;
}

void resources_free(struct iml_test *test)
{
	struct iml_test_resource *handle, *next;

	HASH_ITER (hh, test->resources, handle, next) {
		HASH_DEL(test->resources, handle);
		text_clear(&handle->text);
		free(handle->name);
		free(handle);
	}
}

/* ---- values ---- */

void resource_append_value(struct iml_test *test, const struct graph_resource *resource,
    size_t attribute, struct text *text)
{
	const struct value *value = &resource->values[attribute];
	const struct graph_resource *target = NULL;

	if (value->type == VALUE_REFERENCE)
		target = graph_find(kit_graph(test->kit), (record_id)value->reference);
	if (value->type == VALUE_NULL)
		text_append(text, "null");
	else if (target != NULL)
		text_append(text, graph_name(target));
	else
		value_append_plain(text, value);
}

void resource_append(struct iml_test *test, const struct graph_resource *resource)
{
	const struct class *class = resource->class->class;

	text_printf(&test->message, "  %s \"%s\":", class->name, graph_name(resource));
	for (size_t i = 0; i < class->attribute_count; i++) {
		text_printf(&test->message, " %s=", class->attributes[i].name);
		if (class->attributes[i].type == ATTRIBUTE_PASSWORD &&
		    resource->values[i].type != VALUE_NULL)
			text_append(&test->message, "(a password)");
		else
			resource_append_value(test, resource, i, &test->message);
	}
	text_append(&test->message, "\n");
}

/* Whether texts are equal as far as UUIDs are: without hyphens and case. */
static bool equal_uuids(const char *a, const char *b)
{
	for (;;) {
		while (*a == '-')
			a++;
		while (*b == '-')
			b++;
		if (strncasecmp(a, b, 1) != 0)
			return false;
		if (*a == '\0')
			return true;
		a++;
		b++;
	}
}

int resource_has_value(struct iml_test *test, const struct graph_resource *resource,
    size_t attribute, const char *typed, char reason[REASON_SIZE])
{
	struct attribute declared = resource->class->class->attributes[attribute];
	const struct value *value = &resource->values[attribute];
	struct value wanted = VALUE_NULL_INIT;
	struct text label = TEXT_EMPTY;
	int equal;

	if (typed == NULL || value->type == VALUE_NULL)
		return typed == NULL && value->type == VALUE_NULL;
	if (declared.type == ATTRIBUTE_REFERENCE) {
		resource_append_value(test, resource, attribute, &label);
		equal = strcmp(label.data, typed) == 0;
		text_clear(&label);
		return equal;
	}
	declared.user_read_only = false;
	if (!attribute_parse(&declared, typed, &wanted, reason))
		return -1;
	equal = declared.type == ATTRIBUTE_UUID && wanted.type == VALUE_TEXT
	            ? equal_uuids(value->text, wanted.text)
	            : value_equal(value, &wanted);
	value_clear(&wanted);
	return equal;
}

/* ---- classes ---- */

bool resource_class_is(const struct class *class, const char *name)
{
	for (size_t i = 0; i < class->ancestry_count; i++) {
		const char *ancestor = class->ancestry[i];
		const char *dot = strchr(ancestor, '.');

		if (strcmp(ancestor, name) == 0 || (dot != NULL && strcmp(dot + 1, name) == 0))
			return true;
	}
	return false;
}

void resource_check_class(struct iml_test *test, const char *name, struct place place)
{
	size_t count;
	struct class *const *classes = kit_classes(test->kit, &count);

	for (size_t i = 0; i < count; i++)
		if (name != NULL && resource_class_is(classes[i], name))
			return;
	text_printf(&test->message, "plugin %s has no class \"%s\", but", test->name,
	    name != NULL ? name : "(null)");
	for (size_t i = 0; i < count; i++)
		text_printf(&test->message, "%s %s", i > 0 ? "," : "", classes[i]->name);
	test_fail(test, place);
}

/* Index of the attribute whose name has these bytes, or CLASS_NOT_FOUND. */
static size_t find_attribute(const struct class *class, const char *name, size_t length)
{
	for (size_t i = 0; i < class->attribute_count; i++)
		if (strlen(class->attributes[i].name) == length &&
		    memcmp(class->attributes[i].name, name, length) == 0)
			return i;
	return CLASS_NOT_FOUND;
}

/* Fails unless one of the classes of this name has the attribute. */
static void check_attribute(struct iml_test *test, const char *class_name, const char *name,
    size_t length, struct place place)
{
	size_t count;
	struct class *const *classes = kit_classes(test->kit, &count);

	for (size_t i = 0; i < count; i++)
		if (resource_class_is(classes[i], class_name) &&
		    find_attribute(classes[i], name, length) != CLASS_NOT_FOUND)
			return;
	text_printf(&test->message, "no attribute \"%.*s\":", (int)length, name);
	for (size_t i = 0; i < count; i++) {
		if (!resource_class_is(classes[i], class_name))
			continue;
		text_printf(&test->message, "\n  %s has", classes[i]->name);
		for (size_t j = 0; j < classes[i]->attribute_count; j++)
			text_printf(&test->message, " %s", classes[i]->attributes[j].name);
	}
	test_fail(test, place);
}

size_t resource_attribute(struct iml_test *test, const struct graph_resource *resource,
    const char *name, struct place place)
{
	const struct class *class = resource->class->class;

	check_attribute(test, class->name, name, strlen(name), place);
	return find_attribute(class, name, strlen(name));
}

/* ---- finding ---- */

/* Reads the arguments up to NULL; fails if they make no sense for the plugin. */
static void read_wanted(
    struct iml_test *test, struct wanted *wanted, va_list arguments, struct place place)
{
	const char *argument;

	resource_check_class(test, wanted->class_name, place);
	while ((argument = va_arg(arguments, const char *)) != NULL) {
		if (strchr(argument, '=') == NULL)
			test_fail_with(test, place, "\"%s\" is not \"name=value\"", argument);
		if (wanted->count == WANTED_MAX)
			test_fail_with(test, place, "more than %d attributes", WANTED_MAX);
		check_attribute(test, wanted->class_name, argument, strcspn(argument, "="), place);
		wanted->attributes[wanted->count++] = argument;
	}
}

/* Whether the resource has all that is wanted; fails if a value makes no sense. */
static bool fits(struct iml_test *test, const struct graph_resource *resource,
    const struct wanted *wanted, struct place place)
{
	const struct class *class = resource->class->class;
	char reason[REASON_SIZE];

	for (size_t i = 0; i < wanted->count; i++) {
		const char *text = wanted->attributes[i];
		size_t length = strcspn(text, "=");
		size_t attribute = find_attribute(class, text, length);
		int equal;

		if (attribute == CLASS_NOT_FOUND)
			return false;
		equal = resource_has_value(test, resource, attribute, text + length + 1, reason);
		if (equal < 0)
			test_fail_with(test, place, "%s: %s", class->name, reason);
		if (equal == 0)
			return false;
	}
	return true;
}

/* Calls visit for each resource of a class, or of one derived from it. */
static void visit_class(struct iml_test *test, const char *class_name,
    void (*visit)(void *context, struct graph_resource *resource), void *context)
{
	const struct graph_class *class = graph_first_class(kit_graph(test->kit));
	struct graph_resource *resource;

	for (; class != NULL; class = class->by_id.next) {
		if (class->class == NULL || !resource_class_is(class->class, class_name))
			continue;
		TAILQ_FOREACH (resource, &class->resources, in_class)
			visit(context, resource);
	}
}

/* A search under way, and what it found. */
struct search {
	struct iml_test *test;
	const struct wanted *wanted;
	struct place place;
	struct graph_resource *found; /* the first */
	size_t count;
	bool show;
};

static void search_resource(void *context, struct graph_resource *resource)
{
	struct search *search = context;

	if (!fits(search->test, resource, search->wanted, search->place))
		return;
	if (search->count++ == 0)
		search->found = resource;
	if (search->show && search->count <= SHOWN_MAX)
		resource_append(search->test, resource);
	else if (search->show && search->count == SHOWN_MAX + 1)
		text_append(&search->test->message, "  …\n");
}

static struct search find(struct iml_test *test, const struct wanted *wanted, struct place place)
{
	struct search search = {.test = test, .wanted = wanted, .place = place};

	visit_class(test, wanted->class_name, search_resource, &search);
	return search;
}

/* Appends the resources that fit. */
static void show(struct iml_test *test, const struct wanted *wanted, struct place place)
{
	struct search search = {.test = test, .wanted = wanted, .place = place, .show = true};

	visit_class(test, wanted->class_name, search_resource, &search);
	if (search.count == 0)
		text_append(&test->message, "  none\n");
}

/* Appends "Drive with serial=D0 status=OK". */
static void append_wanted(struct iml_test *test, const struct wanted *wanted)
{
	text_append(&test->message, wanted->class_name);
	for (size_t i = 0; i < wanted->count; i++)
		text_printf(&test->message, "%s %s", i == 0 ? " with" : "", wanted->attributes[i]);
}

/* Fails because too few or too many fit: shows those, or else all of the class. */
static _Noreturn void fail_count(
    struct iml_test *test, const struct wanted *wanted, size_t count, struct place place)
{
	const struct wanted all = {.class_name = wanted->class_name};

	text_printf(&test->message, "there %s ", count == 1 ? "is" : "are");
	if (count > 0)
		text_printf(&test->message, "%zu ", count);
	else
		text_append(&test->message, "no ");
	append_wanted(test, wanted);
	text_append(&test->message, count == 0 && wanted->count > 0 ? ", but:\n" : ":\n");
	show(test, count == 0 ? &all : wanted, place);
	test_fail(test, place);
}

struct iml_test_resource *iml_test_assert_resource_at(
    const char *file, int line, struct iml_test *test, const char *class_name, ...)
{
	struct wanted wanted = {.class_name = class_name};
	struct search search;
	va_list arguments;

	test_load(test, HERE);
	va_start(arguments, class_name);
	read_wanted(test, &wanted, arguments, HERE);
	va_end(arguments);
	search = find(test, &wanted, HERE);
	if (search.count != 1)
		fail_count(test, &wanted, search.count, HERE);
	return resource_handle(test, search.found);
}

struct iml_test_resource *iml_test_find_at(
    const char *file, int line, struct iml_test *test, const char *class_name, ...)
{
	struct wanted wanted = {.class_name = class_name};
	struct search search;
	va_list arguments;

	test_load(test, HERE);
	va_start(arguments, class_name);
	read_wanted(test, &wanted, arguments, HERE);
	va_end(arguments);
	search = find(test, &wanted, HERE);
	if (search.count > 1)
		fail_count(test, &wanted, search.count, HERE);
	return search.count == 1 ? resource_handle(test, search.found) : NULL;
}

void iml_test_assert_no_resource_at(
    const char *file, int line, struct iml_test *test, const char *class_name, ...)
{
	struct wanted wanted = {.class_name = class_name};
	struct search search;
	va_list arguments;

	test_load(test, HERE);
	va_start(arguments, class_name);
	read_wanted(test, &wanted, arguments, HERE);
	va_end(arguments);
	search = find(test, &wanted, HERE);
	if (search.count > 0)
		fail_count(test, &wanted, search.count, HERE);
}

void iml_test_assert_count_at(
    const char *file, int line, struct iml_test *test, const char *class_name, size_t count)
{
	struct wanted wanted = {.class_name = class_name};
	struct search search;

	test_load(test, HERE);
	resource_check_class(test, class_name, HERE);
	search = find(test, &wanted, HERE);
	if (search.count == count)
		return;
	text_printf(&test->message, "expected %zu, but ", count);
	fail_count(test, &wanted, search.count, HERE);
}

struct iml_test_resource *iml_test_resource_of_at(
    const char *file, int line, struct iml_test_scannable *scannable)
{
	struct iml_test *test = scannable->test;
	struct graph_resource *resource;

	test_load(test, HERE);
	resource = graph_find(kit_graph(test->kit), scannable->id);
	if (resource == NULL)
		test_fail_with(test, HERE, "the scannable is gone");
	return resource_handle(test, resource);
}

void iml_test_assert_gone_at(const char *file, int line, struct iml_test_resource *resource)
{
	struct iml_test *test = resource->test;
	struct graph_resource *found;

	test_load(test, HERE);
	found = graph_find(kit_graph(test->kit), resource->id);
	if (found == NULL)
		return;
	text_append(&test->message, "expected to be gone, but there is:\n");
	resource_append(test, found);
	test_fail(test, HERE);
}
