/* SPDX-License-Identifier: MIT */
/* The table of calls, the ways in and out of a session, and the calls about the session itself. */
#include "host/calls.h"

#include <stdlib.h>
#include <string.h>

#include "host/calls_internal.h"
#include "host/handle.h"
#include "host/refusal.h"
#include "host/report.h"

/* What iml_fail() returns: no IML_E value, and not 0. */
#define FAILED 1

/* ---- the ways in and out ---- */

struct host_session *calls_enter_session(
    const struct iml_plugin *handle, const char *call, const char *place)
{
	struct host_session *session = handle_session((uintptr_t)handle, HANDLE_SESSION);

	refusal_begin(call);
	if (session != NULL) {
		host_session_lock(session);
		if (handle_object((uintptr_t)handle, HANDLE_SESSION, session) != NULL)
			return session;
		host_session_unlock(session);
	}
	refuse_handle(handle, IML_EHANDLE, place);
	return NULL;
}

struct host_resource *calls_enter_resource(
    const struct iml_resource *handle, const char *call, const char *place)
{
	struct host_session *session = handle_session((uintptr_t)handle, HANDLE_RESOURCE);
	struct host_resource *resource;

	refusal_begin(call);
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

int calls_leave(struct host_session *session, int result)
{
	host_session_unlock(session);
	return result;
}

struct iml_resource *calls_handle_of(const struct host_resource *resource)
{
	return resource != NULL ? (struct iml_resource *)(uintptr_t)resource->handle : NULL;
}

int calls_check_change(
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

/* ---- the scan ---- */

static int call_incomplete(
    struct iml_plugin *self, const struct iml_class *declared, const char *place)
{
	struct host_session *session = calls_enter_session(self, "iml_incomplete", place);
	struct number_list *incomplete;
	size_t class;

	if (session == NULL)
		return IML_EHANDLE;
	class = report_find_class(session, declared, place);
	if (class == CLASS_NOT_FOUND)
		return calls_leave(session, IML_EUNKNOWN);
	incomplete = &session->unsent.incomplete;
	for (size_t i = 0; i < incomplete->count; i++)
		if (incomplete->items[i] == class)
			return calls_leave(session, 0);
	number_list_add(incomplete, (uint32_t) class);
	return calls_leave(session, 0);
}

static int call_fail(struct iml_plugin *self, const char *reason)
{
	struct host_session *session = calls_enter_session(self, "iml_fail", NULL);

	if (session == NULL)
		return IML_EHANDLE;
	free(session->fail_reason);
	session->fail_reason = text_of_plugin(reason);
	return calls_leave(session, FAILED);
}

static int call_forgive(struct iml_plugin *self)
{
	struct host_session *session = calls_enter_session(self, "iml_forgive", NULL);

	if (session == NULL)
		return IML_EHANDLE;
	refusals_forgive(session);
	return calls_leave(session, 0);
}

static int call_report_unchanged(struct iml_plugin *self, bool on)
{
	struct host_session *session = calls_enter_session(self, "iml_report_unchanged", NULL);

	if (session == NULL)
		return IML_EHANDLE;
	session->report_unchanged = on;
	return calls_leave(session, 0);
}

static int call_set_update_period(struct iml_plugin *self, unsigned seconds, const char *place)
{
	struct host_session *session = calls_enter_session(self, "iml_set_update_period", place);

	if (session == NULL)
		return IML_EHANDLE;
	if (!host_session_set_period_locked(session, seconds > 0 ? seconds : 1))
		host_log(session->host, session->number, LOG_LEVEL_DEBUG,
		    "the update period counts only when set in initial_scan (%s)", place);
	else if (seconds == 0)
		host_log(session->host, session->number, LOG_LEVEL_WARNING,
		    "an update period of 0 s is too short, 1 s is used (%s)", place);
	return calls_leave(session, 0);
}

static bool call_stopping(struct iml_plugin *self)
{
	struct host_session *session = calls_enter_session(self, "iml_stopping", NULL);
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
	struct host_session *session = calls_enter_session(self, "iml_log", NULL);
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
	struct host_session *session = calls_enter_session(self, "iml_setting", NULL);
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
	struct host_session *session = calls_enter_session(self, "iml_scannable_of", NULL);
	struct iml_resource *handle;

	if (session == NULL)
		return NULL;
	handle = calls_handle_of(session->scannable);
	host_session_unlock(session);
	return handle;
}

static int call_set_private(struct iml_plugin *self, void *data)
{
	struct host_session *session = calls_enter_session(self, "iml_set_private", NULL);

	if (session == NULL)
		return IML_EHANDLE;
	session->private = data;
	return calls_leave(session, 0);
}

static void *call_get_private(struct iml_plugin *self)
{
	struct host_session *session = calls_enter_session(self, "iml_get_private", NULL);
	void *data;

	if (session == NULL)
		return NULL;
	data = session->private;
	host_session_unlock(session);
	return data;
}

static struct iml_plugin *call_plugin_of(struct iml_resource *handle)
{
	struct host_resource *resource = calls_enter_resource(handle, "iml_plugin_of", NULL);
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
