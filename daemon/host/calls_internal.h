/* SPDX-License-Identifier: MIT */
/*
 * What the files of the plugin's calls share: the ways in and out of a session, and the calls that
 * the table in calls.c names. A call takes handles that may be of any time, and anything else that
 * a plugin may pass; place is where in the plugin it was made.
 */
#ifndef HOST_CALLS_INTERNAL_H
#define HOST_CALLS_INTERNAL_H

#include "host/calls.h"
#include "host/session.h"

/* ---- calls.c ---- */

/*
 * Begins the call of this name: locks the session of a handle. NULL after refusing if it is not
 * valid.
 */
struct host_session *calls_enter_session(
    const struct iml_plugin *handle, const char *call, const char *place);

/* The same for a resource's handle. */
struct host_resource *calls_enter_resource(
    const struct iml_resource *handle, const char *call, const char *place);

/* Unlocks the session, and returns the result. */
int calls_leave(struct host_session *session, int result);

/* NULL for NULL. */
struct iml_resource *calls_handle_of(const struct host_resource *resource);

/*
 * Refuses changes from within the plugin's label and default functions, which run in the middle of
 * something; a default function may assign attributes of its own resource.
 */
int calls_check_change(
    struct host_session *session, const struct host_resource *resource, const char *place);

/* ---- calls_resource.c ---- */

struct iml_resource *call_update_or_create(struct iml_plugin *self, const struct iml_class *class,
    const struct iml_report *report, const char *place);
int call_set(struct iml_resource *handle, const char *name, const struct iml_value *value,
    const char *place);
int call_get(struct iml_resource *handle, const char *name, struct iml_value *value, char *text,
    size_t size, const char *place);
int call_remove(struct iml_resource *handle, const char *place);
int call_find(struct iml_plugin *self, const struct iml_class *declared,
    const struct iml_setting *settings, size_t setting_count, struct iml_resource **found,
    size_t size, size_t *count, const char *place);
int call_remove_by_attr(struct iml_plugin *self, const struct iml_class *declared,
    const struct iml_setting *settings, size_t setting_count, const char *place);
int call_add_parent(struct iml_resource *handle, struct iml_resource *parent, const char *place);
int call_remove_parent(
    struct iml_resource *handle, struct iml_resource *parent_handle, const char *place);
int call_get_parents(struct iml_resource *handle, const struct iml_class *class,
    struct iml_resource **parents, size_t size, size_t *count, const char *place);

/* ---- calls_statistic.c ---- */

int call_sample(struct iml_resource *handle, const char *name, const struct iml_value *value,
    const char *place);
int call_sample_histogram(struct iml_resource *handle, const char *name, const int64_t *counts,
    size_t count, const char *place);

#endif
