/* SPDX-License-Identifier: MIT */
#include "host/inject.h"

#include <assert.h>
#include <stdio.h>

#include "host/calls.h"
#include "host/calls_internal.h"
#include "host/host_internal.h"
#include "host/refusal.h"

static struct injection *current;
static struct iml_plugin_definition original;
static struct iml_calls calls;

/* ---- calls ---- */

/* Counts a call. Whether it is to be refused. */
static bool is_refused(const char *place)
{
	uint64_t number = atomic_fetch_add(&current->calls, 1) + 1;

	if (current->at_call != NULL)
		current->at_call(current->context, number);
	if (number < current->first_refused || number > current->last_refused)
		return false;
	snprintf(current->place, sizeof(current->place), "%s", place != NULL ? place : "");
	atomic_fetch_add(&current->refusals, 1);
	return true;
}

/* Refuses a call of the session, which is locked. */
static int refuse_in(struct host_session *session, const char *place)
{
	return calls_leave(
	    session, refuse(session, IML_EVALUE, place, NULL, "refused by the examination"));
}

static int refuse_for_session(const struct iml_plugin *self, const char *call, const char *place)
{
	struct host_session *session = calls_enter_session(self, call, place);

	return session != NULL ? refuse_in(session, place) : IML_EHANDLE;
}

static int refuse_for_resource(
    const struct iml_resource *handle, const char *call, const char *place)
{
	struct host_resource *resource = calls_enter_resource(handle, call, place);

	return resource != NULL ? refuse_in(resource->session, place) : IML_EHANDLE;
}

static struct iml_resource *update_or_create(struct iml_plugin *self, const struct iml_class *class,
    const struct iml_report *report, const char *place)
{
	if (!is_refused(place))
		return host_calls.update_or_create(self, class, report, place);
	refuse_for_session(self, "iml_update_or_create", place);
	return NULL;
}

static int set(
    struct iml_resource *handle, const char *name, const struct iml_value *value, const char *place)
{
	return is_refused(place) ? refuse_for_resource(handle, "iml_set", place)
	                         : host_calls.set(handle, name, value, place);
}

static int add_parent(struct iml_resource *handle, struct iml_resource *parent, const char *place)
{
	return is_refused(place) ? refuse_for_resource(handle, "iml_add_parent", place)
	                         : host_calls.add_parent(handle, parent, place);
}

static int remove_parent(
    struct iml_resource *handle, struct iml_resource *parent, const char *place)
{
	return is_refused(place) ? refuse_for_resource(handle, "iml_remove_parent", place)
	                         : host_calls.remove_parent(handle, parent, place);
}

static int remove_resource(struct iml_resource *handle, const char *place)
{
	return is_refused(place) ? refuse_for_resource(handle, "iml_remove", place)
	                         : host_calls.remove(handle, place);
}

static int remove_by_attr(struct iml_plugin *self, const struct iml_class *class,
    const struct iml_setting *settings, size_t count, const char *place)
{
	return is_refused(place) ? refuse_for_session(self, "iml_remove_by_attr", place)
	                         : host_calls.remove_by_attr(self, class, settings, count, place);
}

static int sample(
    struct iml_resource *handle, const char *name, const struct iml_value *value, const char *place)
{
	return is_refused(place) ? refuse_for_resource(handle, "iml_sample", place)
	                         : host_calls.sample(handle, name, value, place);
}

static int sample_histogram(struct iml_resource *handle, const char *name, const int64_t *counts,
    size_t count, const char *place)
{
	return is_refused(place) ? refuse_for_resource(handle, "iml_sample_histogram", place)
	                         : host_calls.sample_histogram(handle, name, counts, count, place);
}

/* ---- hooks ---- */

/* What a hook returns, or a failure in its place. */
static int outcome(struct iml_plugin *self, enum hook hook, int result)
{
	if (hook != current->failing_hook || result != 0)
		return result;
	return (host_calls.fail)(self, INJECTED_FAILURE);
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	current->entered[HOOK_INITIAL_SCAN]++;
	return outcome(self, HOOK_INITIAL_SCAN, original.initial_scan(self, scannable));
}

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	current->entered[HOOK_UPDATE_SCAN]++;
	return outcome(self, HOOK_UPDATE_SCAN, original.update_scan(self, scannable));
}

static int teardown(struct iml_plugin *self)
{
	current->entered[HOOK_TEARDOWN]++;
	return original.teardown != NULL ? original.teardown(self) : 0;
}

void inject(struct host *host, struct injection *injection)
{
	struct iml_plugin_definition *definition = &host->plugin.definition;

	assert(host->loaded && definition->calls != NULL);
	current = injection;
	original = *definition;
	calls = host_calls;
	calls.update_or_create = update_or_create;
	calls.set = set;
	calls.add_parent = add_parent;
	calls.remove_parent = remove_parent;
	calls.remove = remove_resource;
	calls.remove_by_attr = remove_by_attr;
	calls.sample = sample;
	calls.sample_histogram = sample_histogram;
	*definition->calls = &calls;
	definition->initial_scan = original.initial_scan != NULL ? initial_scan : NULL;
	definition->update_scan = original.update_scan != NULL ? update_scan : NULL;
	definition->teardown = teardown;
}
