/* SPDX-License-Identifier: MIT */
/*
 * From what a plugin passes to what an attribute stores. Called with the session locked; what is
 * refused is refused here, with its reason.
 */
#ifndef HOST_ASSIGN_H
#define HOST_ASSIGN_H

#include <iml/storage_plugin.h>

#include "host/resource.h"

struct host_session;

/* The resource of a handle if it is one of this session, or NULL. Refuses nothing. */
struct host_resource *assign_resource_of(
    struct host_session *session, const struct iml_resource *handle);

/*
 * Refuses with the label of the resource in front or, when about is NULL, that of the report of
 * this class in session->stage. Returns code.
 */
int assign_refuse(struct host_session *session, int code, const char *place, uint32_t class,
    const struct host_resource *about, const char *reason);

/* Index of the attribute of this name, or CLASS_NOT_FOUND after refusing. */
size_t assign_find_attribute(struct host_session *session, uint32_t class, const char *name,
    const struct host_resource *about, const char *place);

/*
 * Makes a valid value of an attribute of what a plugin passed, and the resource that a reference
 * names. Returns 0, or an IML_E value after refusing.
 */
int assign_convert(struct host_session *session, uint32_t class, size_t index,
    const struct iml_value *from, const struct host_resource *about, const char *place,
    struct value *to, struct host_resource **target);

/* Whether two values identify the same: UUIDs without hyphens and case, others as they are. */
bool assign_identifies_same(
    const struct attribute *attribute, const struct value *a, const struct value *b);

/*
 * Refuses a reference that would close a loop of references none of which can be null. Returns 0 or
 * an IML_E value.
 */
int assign_check_loop(struct host_resource *resource, size_t index, const struct value *value,
    struct host_resource *target, const char *place);

/* Assigns one attribute of a resource. Returns 0, or an IML_E value after refusing. */
int assign_attribute(struct host_resource *resource, const char *name,
    const struct iml_value *passed, const char *place);

/* Whether an attribute has no value and can't be without one. */
bool assign_needs_value(const struct host_resource *resource, size_t attribute);

/*
 * Lets the default function of an attribute assign it, if it has one. Returns what the function
 * returned, or 0.
 */
int assign_default(struct host_resource *resource, size_t attribute);

/*
 * Gives the mandatory attributes that have no value their defaults, fixed ones first, then those
 * that functions of the plugin assign.
 */
void assign_defaults(struct host_resource *resource);

/* Refuses if a mandatory attribute has no value. Returns 0 or an IML_E value. */
int assign_check_complete(struct host_resource *resource, const char *place);

#endif
