/* SPDX-License-Identifier: MIT */
/* Assertions about one resource: attributes, label, parents, alerts. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- attributes ---- */

void iml_test_assert_attribute_at(const char *file, int line, struct iml_test_resource *handle,
    const char *name, const char *value)
{
	struct graph_resource *resource = resource_of(handle, HERE);
	struct iml_test *test = handle->test;
	size_t attribute = resource_attribute(test, resource, name, HERE);
	char reason[REASON_SIZE];
	int equal = resource_has_value(test, resource, attribute, value, reason);

	if (equal > 0)
		return;
	if (equal < 0)
		test_fail_with(test, HERE, "%s: %s", handle->name, reason);
	text_printf(&test->message, "\"%s\" expected to be %s, but there is:\n", name,
	    value != NULL ? value : "null");
	resource_append(test, resource);
	test_fail(test, HERE);
}

const char *iml_test_attribute_at(
    const char *file, int line, struct iml_test_resource *handle, const char *name)
{
	struct graph_resource *resource = resource_of(handle, HERE);
	size_t attribute = resource_attribute(handle->test, resource, name, HERE);

	if (resource->values[attribute].type == VALUE_NULL)
		return NULL;
	text_reset(&handle->text);
	resource_append_value(handle->test, resource, attribute, &handle->text);
	return handle->text.data;
}

void iml_test_assert_label_at(
    const char *file, int line, struct iml_test_resource *handle, const char *label)
{
	struct graph_resource *resource = resource_of(handle, HERE);

	if (strcmp(graph_name(resource), label) == 0)
		return;
	text_printf(&handle->test->message, "label expected to be \"%s\", but there is:\n", label);
	resource_append(handle->test, resource);
	test_fail(handle->test, HERE);
}

/* ---- parents ---- */

static bool is_parent(const struct graph_resource *child, const struct graph_resource *parent)
{
	const struct graph_link *link;

	TAILQ_FOREACH (link, &child->parents, in_child)
		if (link->parent == parent)
			return true;
	return false;
}

static void append_parents(struct iml_test *test, const struct graph_resource *child)
{
	const struct graph_link *link;

	TAILQ_FOREACH (link, &child->parents, in_child)
		resource_append(test, link->parent);
	if (TAILQ_EMPTY(&child->parents))
		text_append(&test->message, "  none\n");
}

static void check_parent(
    struct iml_test_resource *child, struct iml_test_resource *parent, bool is, struct place place)
{
	struct graph_resource *below = resource_of(child, place);
	struct graph_resource *above = resource_of(parent, place);

	if (is_parent(below, above) == is)
		return;
	text_printf(&child->test->message, "%s is %s parent of %s, whose parents are:\n",
	    parent->name, is ? "no" : "a", child->name);
	append_parents(child->test, below);
	test_fail(child->test, place);
}

void iml_test_assert_parent_at(
    const char *file, int line, struct iml_test_resource *child, struct iml_test_resource *parent)
{
	check_parent(child, parent, true, HERE);
}

void iml_test_assert_no_parent_at(
    const char *file, int line, struct iml_test_resource *child, struct iml_test_resource *parent)
{
	check_parent(child, parent, false, HERE);
}

void iml_test_assert_parents_at(
    const char *file, int line, struct iml_test_resource *handle, size_t count)
{
	struct graph_resource *resource = resource_of(handle, HERE);
	struct iml_test *test = handle->test;

	if (resource->parent_count == count)
		return;
	text_printf(&test->message, "%s expected to have %zu parents, but has %u:\n", handle->name,
	    count, resource->parent_count);
	append_parents(test, resource);
	test_fail(test, HERE);
}

struct iml_test_resource *iml_test_parent_at(
    const char *file, int line, struct iml_test_resource *handle, size_t index)
{
	struct graph_resource *resource = resource_of(handle, HERE);
	const struct graph_link *link;

	TAILQ_FOREACH (link, &resource->parents, in_child)
		if (index-- == 0)
			return resource_handle(handle->test, link->parent);
	return NULL;
}

bool iml_test_is_a_at(
    const char *file, int line, struct iml_test_resource *handle, const char *class_name)
{
	struct graph_resource *resource = resource_of(handle, HERE);

	resource_check_class(handle->test, class_name, HERE);
	return resource_class_is(resource->class->class, class_name);
}

/* ---- alerts ---- */

static bool alert_fits(const struct graph_alert *alert, const char *severity, const char *message)
{
	return (severity == NULL || strcmp(severity_name(alert->row.severity), severity) == 0) &&
	       (message == NULL || strstr(alert->row.message, message) != NULL);
}

/* Appends the active alerts of the resource; how many. */
static size_t append_alerts(struct iml_test *test, const struct graph_resource *resource)
{
	const struct graph_alert *alert;
	size_t count = 0;

	TAILQ_FOREACH (alert, &resource->alerts, in_resource) {
		text_printf(&test->message, "  %s \"%s\"\n", severity_name(alert->row.severity),
		    alert->row.message);
		count++;
	}
	return count;
}

/* Appends "ERROR alert "Drive failure"". */
static void append_wanted_alert(struct iml_test *test, const char *severity, const char *message)
{
	text_printf(&test->message, "%s%salert", severity != NULL ? severity : "",
	    severity != NULL ? " " : "");
	if (message != NULL)
		text_printf(&test->message, " \"%s\"", message);
}

static void check_severity(struct iml_test *test, const char *severity, struct place place)
{
	for (size_t i = 0; i < SEVERITY_COUNT; i++)
		if (severity == NULL ||
		    strcmp(severity_name(severity_of_threshold[i]), severity) == 0)
			return;
	test_fail_with(test, place, "\"%s\" is no severity: ERROR, WARNING or INFO", severity);
}

void iml_test_assert_alert_at(const char *file, int line, struct iml_test_resource *handle,
    const char *severity, const char *message)
{
	struct graph_resource *resource = resource_of(handle, HERE);
	struct iml_test *test = handle->test;
	const struct graph_alert *alert;

	check_severity(test, severity, HERE);
	TAILQ_FOREACH (alert, &resource->alerts, in_resource)
		if (alert_fits(alert, severity, message))
			return;
	text_append(&test->message, "no ");
	append_wanted_alert(test, severity, message);
	text_append(&test->message, " is active for\n");
	resource_append(test, resource);
	text_append(&test->message, "but:\n");
	if (append_alerts(test, resource) == 0)
		text_append(&test->message, "  none\n");
	test_fail(test, HERE);
}

void iml_test_assert_no_alert_at(const char *file, int line, struct iml_test_resource *handle)
{
	struct graph_resource *resource = resource_of(handle, HERE);
	struct iml_test *test = handle->test;

	if (TAILQ_EMPTY(&resource->alerts))
		return;
	text_append(&test->message, "no alert expected for\n");
	resource_append(test, resource);
	text_append(&test->message, "but:\n");
	append_alerts(test, resource);
	test_fail(test, HERE);
}

/* ---- what alerts affect ---- */

/* The resource, then all its ancestors, each once, nearest first. */
struct lineage {
	struct graph_resource **items;
	size_t count, capacity;
};

static void lineage_add(struct lineage *lineage, struct graph_resource *resource)
{
	for (size_t i = 0; i < lineage->count; i++)
		if (lineage->items[i] == resource)
			return;
	lineage->items =
	    xgrow(lineage->items, lineage->count, &lineage->capacity, sizeof(*lineage->items));
	lineage->items[lineage->count++] = resource;
}

static void lineage_take(struct lineage *lineage, struct graph_resource *resource)
{
	const struct graph_link *link;

	*lineage = (struct lineage){.count = 0};
	lineage_add(lineage, resource);
	for (size_t i = 0; i < lineage->count; i++)
		TAILQ_FOREACH (link, &lineage->items[i]->parents, in_child)
			lineage_add(lineage, link->parent);
}

/* Appends the alerts of all of them, with whose they are. Returns whether one has the message. */
static bool lineage_append_alerts(
    struct iml_test *test, const struct lineage *lineage, const char *message, size_t *count)
{
	const struct graph_alert *alert;
	bool found = false;

	*count = 0;
	for (size_t i = 0; i < lineage->count; i++) {
		TAILQ_FOREACH (alert, &lineage->items[i]->alerts, in_resource) {
			text_printf(&test->message, "  %s \"%s\" of %s \"%s\"\n",
			    severity_name(alert->row.severity), alert->row.message,
			    lineage->items[i]->class->name, graph_name(lineage->items[i]));
			found = found || alert_fits(alert, NULL, message);
			++*count;
		}
	}
	return found;
}

void iml_test_assert_affected_at(
    const char *file, int line, struct iml_test_resource *handle, const char *message)
{
	struct graph_resource *resource = resource_of(handle, HERE);
	struct iml_test *test = handle->test;
	struct lineage lineage;
	size_t count;
	bool found;

	text_printf(&test->message, "%s is not affected by an ", handle->name);
	append_wanted_alert(test, NULL, message);
	text_append(&test->message, "; alerts of it and its ancestors:\n");
	lineage_take(&lineage, resource);
	found = lineage_append_alerts(test, &lineage, message, &count);
	if (count == 0)
		text_append(&test->message, "  none\nIt and its ancestors are:\n");
	for (size_t i = 0; i < lineage.count && count == 0; i++)
		resource_append(test, lineage.items[i]);
	free(lineage.items);
	if (!found)
		test_fail(test, HERE);
	text_reset(&test->message);
}

void iml_test_assert_not_affected_at(const char *file, int line, struct iml_test_resource *handle)
{
	struct graph_resource *resource = resource_of(handle, HERE);
	struct iml_test *test = handle->test;
	struct lineage lineage;
	size_t count;

	text_printf(&test->message, "%s is affected by:\n", handle->name);
	lineage_take(&lineage, resource);
	lineage_append_alerts(test, &lineage, NULL, &count);
	free(lineage.items);
	if (count > 0)
		test_fail(test, HERE);
	text_reset(&test->message);
}
