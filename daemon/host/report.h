/* SPDX-License-Identifier: MIT */
/*
 * Reports of whole resources, and searches, which are read into the session's stage first.
 * Called with the session locked; what is refused is refused here, with its reason.
 */
#ifndef HOST_REPORT_H
#define HOST_REPORT_H

#include <iml/storage_plugin.h>

#include "host/resource.h"

struct host_session;

/* Index of a class that the plugin can report, or CLASS_NOT_FOUND after refusing. */
size_t report_find_class(
    struct host_session *session, const struct iml_class *declared, const char *place);

/*
 * Finds the resource of a report or makes it, all of the report or nothing. Returns NULL after
 * refusing.
 */
struct host_resource *report_resource(struct host_session *session,
    const struct iml_class *declared, const struct iml_report *report, const char *place);

/*
 * Reads the identifying attributes of a search into session->stage; others are left out. Returns 0
 * or an IML_E value; report_end_stage() must follow in either case.
 */
int report_stage_search(struct host_session *session, uint32_t class,
    const struct iml_setting *settings, size_t count, const char *place);
void report_end_stage(struct host_session *session);

/* Whether the resource has all the staged values. */
bool report_matches_stage(const struct host_resource *resource);

/* Whether the stage holds everything that identifies a resource; what is optional may be null. */
bool report_stage_identifies(const struct host_session *session, uint32_t class);

#endif
