/* SPDX-License-Identifier: MIT */
#include "host/calls.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/assign.h"
#include "host/handle.h"
#include "host/refusal.h"
#include "host/report.h"
#include "host/session.h"

/* What iml_fail() returns: no IML_E value, and not 0. */
#define FAILED 1

/* ---- the ways in and out ---- */

/* Locks the session of a handle. NULL after refusing if it is not valid. */
static struct host_session *enter_session(const struct iml_plugin *handle, const char *place)
{
	struct host_session *session = handle_session((uintptr_t)handle, HANDLE_SESSION);

	refusal_forget();
	if (session != NULL) {
		host_session_lock(session);
		if (handle_object((uintptr_t)handle, HANDLE_SESSION, session) != NULL)
			return session;
		host_session_unlock(session);
	}
	refuse_handle(handle, IML_EHANDLE, place);
	return NULL;
}

/* Locks the session of a resource's handle. NULL after refusing if it is not valid. */
static struct host_resource *enter_resource(const struct iml_resource *handle, const char *place)
{
	struct host_session *session = handle_session((uintptr_t)handle, HANDLE_RESOURCE);
	struct host_resource *resource;

	refusal_forget();
	if (session != NULL) {
		host_session_lock(session);
		resource = handle_object((uintptr_t)handle, HANDLE_RESOURCE, session);
		if (resource != NULL)
			return resource;
		host_session_unlock(session);
	}
	refuse_handle(handle, IML_EHANDLE, place);
	return NULL;
}

static int leave(struct host_session *session, int result)
{
	host_session_unlock(session);
	return result;
}

static struct iml_resource *handle_of(const struct host_resource *resource)
{
	return resource != NULL ? (struct iml_resource *)(uintptr_t)resource->handle : NULL;
}

/*
 * Refuses changes from within the plugin's label and default functions, which run in the middle of
 * something; a default function may assign attributes of its own resource.
 */
static int check_may_change(
    struct host_session *session, const struct host_resource *resource, const char *place)
{
	if (session->labelling)
		return refuse(session, IML_ESTATE, place, NULL,
		    "a label function can read, but nothing else");
	if (session->filling != NULL && session->filling != resource)
		return refuse(session, IML_ESTATE, place, NULL,
		    "a default function can assign attributes of its own resource, nothing else");
	return 0;
}

/* ---- resources ---- */

static struct iml_resource *call_update_or_create(struct iml_plugin *self,
    const struct iml_class *class, const struct iml_report *report, const char *place)
{
	struct host_session *session = enter_session(self, place);
	struct iml_resource *handle = NULL;

	if (session == NULL)
		return NULL;
	if (check_may_change(session, NULL, place) == 0)
		handle = handle_of(report_resource(session, class, report, place));
	host_session_unlock(session);
	return handle;
}

static int call_set(
    struct iml_resource *handle, const char *name, const struct iml_value *value, const char *place)
{
	struct host_resource *resource = enter_resource(handle, place);
	struct host_session *session;
	int result;

	if (resource == NULL)
		return IML_EHANDLE;
	session = resource->session;
	result = check_may_change(session, resource, place);
	if (result == 0)
		result = assign_attribute(resource, name, value, place);
	return leave(session, result);
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
		    handle_of(host_resource_target(resource, (uint32_t)attribute)));
		return 0;
	default:
		return 0;
	}
}

static int call_get(struct iml_resource *handle, const char *name, struct iml_value *value,
    char *text, size_t size, const char *place)
{
	struct host_resource *resource = enter_resource(handle, place);
	struct host_session *session;
	size_t attribute;

	*value = (struct iml_value){.kind = IML_KIND_NULL};
	if (resource == NULL)
		return IML_EHANDLE;
	session = resource->session;
	attribute = assign_find_attribute(session, resource->class, name, resource, place);
	if (attribute == CLASS_NOT_FOUND)
		return leave(session, IML_EUNKNOWN);
	if (text != NULL && size > 0)
		text[0] = '\0';
	return leave(session, give_value(resource, attribute, value, text, size, place));
}

static int remove_resource(struct host_resource *resource, const char *place)
{
	int result = check_may_change(resource->session, NULL, place);

	if (result != 0)
		return result;
	if (resource->number == 0)
		return refuse(resource->session, IML_ESTATE, place, resource,
		    "the scannable of the session can't be removed by the plugin");
	host_resource_remove(resource);
	return 0;
}

static int call_remove(struct iml_resource *handle, const char *place)
{
	struct host_resource *resource = enter_resource(handle, place);
	struct host_session *session;

	if (resource == NULL)
		return IML_EHANDLE;
	session = resource->session;
	return leave(session, remove_resource(resource, place));
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
			found[*count] = handle_of(resource);
		(*count)++;
	}
}

static int call_find(struct iml_plugin *self, const struct iml_class *declared,
    const struct iml_setting *settings, size_t setting_count, struct iml_resource **found,
    size_t size, size_t *count, const char *place)
{
	struct host_session *session = enter_session(self, place);
	size_t class;
	int result;

	*count = 0;
	if (session == NULL)
		return IML_EHANDLE;
	if (session->filling != NULL)
		return leave(session, check_may_change(session, NULL, place));
	class = report_find_class(session, declared, place);
	if (class == CLASS_NOT_FOUND)
		return leave(session, IML_EUNKNOWN);
	result = report_stage_search(session, (uint32_t) class, settings, setting_count, place);
	if (result == 0)
		find_staged(session, class, found, size, count);
	report_end_stage(session);
	return leave(session, result);
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

static int call_remove_by_attr(struct iml_plugin *self, const struct iml_class *declared,
    const struct iml_setting *settings, size_t setting_count, const char *place)
{
	struct host_session *session = enter_session(self, place);
	struct host_resource *resource = NULL;
	size_t class;
	int result;

	if (session == NULL)
		return IML_EHANDLE;
	result = check_may_change(session, NULL, place);
	if (result != 0)
		return leave(session, result);
	class = report_find_class(session, declared, place);
	if (class == CLASS_NOT_FOUND)
		return leave(session, IML_EUNKNOWN);
	result = report_stage_search(session, (uint32_t) class, settings, setting_count, place);
	if (result == 0)
		result = find_identified(session, (uint32_t) class, &resource, place);
	report_end_stage(session);
	if (result == 0 && resource != NULL)
		result = remove_resource(resource, place);
	return leave(session, result == 0 ? resource != NULL : result);
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
	int result = check_may_change(resource->session, NULL, place);
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

static int call_add_parent(
    struct iml_resource *handle, struct iml_resource *parent, const char *place)
{
	struct host_resource *resource = enter_resource(handle, place);

	if (resource == NULL)
		return IML_EHANDLE;
	return leave(resource->session, add_parent(resource, parent, place));
}

static int call_remove_parent(
    struct iml_resource *handle, struct iml_resource *parent_handle, const char *place)
{
	struct host_resource *resource = enter_resource(handle, place);
	struct host_resource *parent;
	int result;

	if (resource == NULL)
		return IML_EHANDLE;
	result = check_may_change(resource->session, NULL, place);
	if (result != 0)
		return leave(resource->session, result);
	parent = find_parent(resource, parent_handle, place);
	if (parent == NULL)
		return leave(resource->session, IML_EHANDLE);
	host_resource_remove_parent(resource, parent);
	return leave(resource->session, 0);
}

static int call_get_parents(struct iml_resource *handle, const struct iml_class *class,
    struct iml_resource **parents, size_t size, size_t *count, const char *place)
{
	struct host_resource *resource = enter_resource(handle, place);
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
			parents[*count] = handle_of(link->to);
		(*count)++;
	}
	return leave(resource->session, 0);
}

/* ---- statistics ---- */

/* Index of a statistic, of a histogram or of any other type; CLASS_NOT_FOUND after refusing. */
static size_t find_statistic(struct host_resource *resource, const char *name, bool histogram,
    const char *place, int *result)
{
	const struct class_names *names = &resource->session->host->names[resource->class];
	struct text reason = TEXT_EMPTY;
	size_t index = class_names_statistic(names, name != NULL ? name : "");

	if (index == CLASS_NOT_FOUND) {
		class_names_explain_statistic(names, name != NULL ? name : "", &reason);
		*result =
		    refuse(resource->session, IML_EUNKNOWN, place, resource, "%s", reason.data);
		text_clear(&reason);
		return CLASS_NOT_FOUND;
	}
	if ((names->class->statistics[index].type == STATISTIC_HISTOGRAM) == histogram)
		return index;
	*result = refuse(resource->session, IML_EVALUE, place, resource, "\"%s\" is %s: use %s()",
	    name, histogram ? "no histogram" : "a histogram",
	    histogram ? "iml_sample" : "iml_sample_histogram");
	return CLASS_NOT_FOUND;
}

/* Reads a text that is a number and nothing else. */
static bool parse_number(const char *text, double *number)
{
	char *end;

	if (text == NULL || text[0] == '\0')
		return false;
	*number = strtod(text, &end);
	return *end == '\0';
}

/* The finite number that was passed, if it is one. */
static bool read_number(const struct iml_value *value, double *number)
{
	bool is_number = true;

	if (value->kind == IML_KIND_REAL)
		*number = value->real;
	else if (value->kind == IML_KIND_UNSIGNED)
		*number = (double)(uint64_t)value->integer;
	else if (value->kind == IML_KIND_INTEGER || value->kind == IML_KIND_BOOLEAN)
		*number = (double)value->integer;
	else
		is_number = value->kind == IML_KIND_TEXT && parse_number(value->text, number);
	return is_number && isfinite(*number);
}

static void note_sample(struct host_resource *resource, size_t statistic, double number)
{
	struct unsent *unsent = &resource->session->unsent;

	unsent->samples = xgrow(unsent->samples, unsent->sample_count, &unsent->sample_capacity,
	    sizeof(*unsent->samples));
	unsent->samples[unsent->sample_count++] = (struct sample){.resource = resource->number,
	    .statistic = (uint32_t)statistic,
	    .time = wallclock_now(),
	    .value = number};
	resource->sampled_for = resource->session->last_batch + 1;
	if (resource->newest == NULL) {
		host_session_touch_locked(resource->session);
		return;
	}
	resource->newest[statistic] = number;
	host_resource_touch(resource);
}

static int sample(struct host_resource *resource, const char *name, const struct iml_value *value,
    const char *place)
{
	int result = check_may_change(resource->session, NULL, place);
	size_t statistic;
	double number;

	if (result != 0)
		return result;
	statistic = find_statistic(resource, name, false, place, &result);
	if (statistic == CLASS_NOT_FOUND)
		return result;
	if (!read_number(value, &number))
		return refuse(resource->session, IML_EVALUE, place, resource,
		    "\"%s\": a sample must be a finite number", name);
	note_sample(resource, statistic, number);
	return 0;
}

static int call_sample(
    struct iml_resource *handle, const char *name, const struct iml_value *value, const char *place)
{
	struct host_resource *resource = enter_resource(handle, place);

	if (resource == NULL)
		return IML_EHANDLE;
	return leave(resource->session, sample(resource, name, value, place));
}

static void note_histogram(
    struct host_resource *resource, size_t statistic, const int64_t *counts, size_t count)
{
	struct unsent *unsent = &resource->session->unsent;

	unsent->histograms = xgrow(unsent->histograms, unsent->histogram_count,
	    &unsent->histogram_capacity, sizeof(*unsent->histograms));
	unsent->histograms[unsent->histogram_count++] =
	    (struct histogram){.resource = resource->number,
	        .statistic = (uint32_t)statistic,
	        .time = wallclock_now(),
	        .counts = (int64_t *)(void *)xmemdup(counts, count * sizeof(*counts)),
	        .count = count};
	resource->sampled_for = resource->session->last_batch + 1;
	host_session_touch_locked(resource->session);
}

static int sample_histogram(struct host_resource *resource, const char *name, const int64_t *counts,
    size_t count, const char *place)
{
	int result = check_may_change(resource->session, NULL, place);
	size_t statistic, bins;

	if (result != 0)
		return result;
	statistic = find_statistic(resource, name, true, place, &result);
	if (statistic == CLASS_NOT_FOUND)
		return result;
	bins = host_resource_class(resource)->statistics[statistic].bin_count;
	if (count != bins || counts == NULL)
		return refuse(resource->session, IML_EVALUE, place, resource,
		    "\"%s\" has %zu bins, %zu counts were given", name, bins, count);
	for (size_t i = 0; i < count; i++)
		if (counts[i] < 0)
			return refuse(resource->session, IML_EVALUE, place, resource,
			    "\"%s\": count %zu is below 0", name, i);
	note_histogram(resource, statistic, counts, count);
	return 0;
}

static int call_sample_histogram(struct iml_resource *handle, const char *name,
    const int64_t *counts, size_t count, const char *place)
{
	struct host_resource *resource = enter_resource(handle, place);

	if (resource == NULL)
		return IML_EHANDLE;
	return leave(resource->session, sample_histogram(resource, name, counts, count, place));
}

/* ---- the scan ---- */

static int call_incomplete(
    struct iml_plugin *self, const struct iml_class *declared, const char *place)
{
	struct host_session *session = enter_session(self, place);
	struct number_list *incomplete;
	size_t class;

	if (session == NULL)
		return IML_EHANDLE;
	class = report_find_class(session, declared, place);
	if (class == CLASS_NOT_FOUND)
		return leave(session, IML_EUNKNOWN);
	incomplete = &session->unsent.incomplete;
	for (size_t i = 0; i < incomplete->count; i++)
		if (incomplete->items[i] == class)
			return leave(session, 0);
	number_list_add(incomplete, (uint32_t) class);
	return leave(session, 0);
}

static int call_fail(struct iml_plugin *self, const char *reason)
{
	struct host_session *session = enter_session(self, NULL);

	if (session == NULL)
		return IML_EHANDLE;
	free(session->fail_reason);
	session->fail_reason = text_of_plugin(reason);
	return leave(session, FAILED);
}

static int call_forgive(struct iml_plugin *self)
{
	struct host_session *session = enter_session(self, NULL);

	if (session == NULL)
		return IML_EHANDLE;
	refusals_forgive(session);
	return leave(session, 0);
}

static int call_report_unchanged(struct iml_plugin *self, bool on)
{
	struct host_session *session = enter_session(self, NULL);

	if (session == NULL)
		return IML_EHANDLE;
	session->report_unchanged = on;
	return leave(session, 0);
}

static int call_set_update_period(struct iml_plugin *self, unsigned seconds, const char *place)
{
	struct host_session *session = enter_session(self, place);

	if (session == NULL)
		return IML_EHANDLE;
	if (!host_session_set_period_locked(session, seconds > 0 ? seconds : 1))
		host_log(session->host, session->number, LOG_LEVEL_DEBUG,
		    "the update period counts only when set in initial_scan (%s)", place);
	else if (seconds == 0)
		host_log(session->host, session->number, LOG_LEVEL_WARNING,
		    "an update period of 0 s is too short, 1 s is used (%s)", place);
	return leave(session, 0);
}

static bool call_stopping(struct iml_plugin *self)
{
	struct host_session *session = enter_session(self, NULL);
	bool stopping;

	if (session == NULL)
		return true;
	stopping = session->stopping;
	host_session_unlock(session);
	return stopping;
}

/* ---- the session ---- */

static void call_log(struct iml_plugin *self, int level, const char *line)
{
	struct host_session *session = enter_session(self, NULL);
	struct host *host;
	uint32_t number;

	if (session == NULL)
		return;
	host = session->host;
	number = session->number;
	host_log(host, number, level, "%s", line != NULL ? line : "");
	host_session_unlock(session);
}

static const char *call_error(void)
{
	return refusal_reason();
}

static const char *call_setting(struct iml_plugin *self, const char *key)
{
	struct host_session *session = enter_session(self, NULL);
	const struct message_configure *configuration;
	const char *value = NULL;

	if (session == NULL)
		return NULL;
	configuration = &session->host->configuration;
	for (size_t i = 0; key != NULL && i < configuration->setting_count; i++)
		if (strcmp(configuration->settings[i].key, key) == 0)
			value = configuration->settings[i].value;
	host_session_unlock(session);
	return value;
}

static struct iml_resource *call_scannable(struct iml_plugin *self)
{
	struct host_session *session = enter_session(self, NULL);
	struct iml_resource *handle;

	if (session == NULL)
		return NULL;
	handle = handle_of(session->scannable);
	host_session_unlock(session);
	return handle;
}

static int call_set_private(struct iml_plugin *self, void *data)
{
	struct host_session *session = enter_session(self, NULL);

	if (session == NULL)
		return IML_EHANDLE;
	session->private = data;
	return leave(session, 0);
}

static void *call_get_private(struct iml_plugin *self)
{
	struct host_session *session = enter_session(self, NULL);
	void *data;

	if (session == NULL)
		return NULL;
	data = session->private;
	host_session_unlock(session);
	return data;
}

static struct iml_plugin *call_plugin_of(struct iml_resource *handle)
{
	struct host_resource *resource = enter_resource(handle, NULL);
	uint64_t self;

	if (resource == NULL)
		return NULL;
	self = resource->session->handle;
	host_session_unlock(resource->session);
	return (struct iml_plugin *)(uintptr_t)self;
}

const struct iml_calls host_calls = {
    .size = sizeof(struct iml_calls),
    .major = IML_API_MAJOR,
    .minor = IML_API_MINOR,
    .update_or_create = call_update_or_create,
    .set = call_set,
    .get = call_get,
    .add_parent = call_add_parent,
    .remove_parent = call_remove_parent,
    .get_parents = call_get_parents,
    .remove = call_remove,
    .find = call_find,
    .remove_by_attr = call_remove_by_attr,
    .sample = call_sample,
    .sample_histogram = call_sample_histogram,
    .incomplete = call_incomplete,
    .fail = call_fail,
    .forgive = call_forgive,
    .report_unchanged = call_report_unchanged,
    .set_update_period = call_set_update_period,
    .log = call_log,
    .error = call_error,
    .setting = call_setting,
    .scannable = call_scannable,
    .set_private = call_set_private,
    .get_private = call_get_private,
    .plugin_of = call_plugin_of,
    .stopping = call_stopping,
};
