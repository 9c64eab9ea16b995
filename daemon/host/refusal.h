/* SPDX-License-Identifier: MIT */
/*
 * Refused calls: the reason in words for the plugin (iml_error()), the log, and the batch, which
 * then counts as degraded.
 *
 * The log has each reason once a minute, so that all mistakes made in a loop are seen, but only
 * some reasons for each place in the source: the others are counted.
 */
#ifndef HOST_REFUSAL_H
#define HOST_REFUSAL_H

#include <stdarg.h>

#include "base/text.h"

struct host_session;
struct host_resource;

/* Why the last call of this thread was refused; "" if it was not. */
const char *refusal_reason(void);

/* Every call begins with this; call is its name, which a refusal tells before its place. */
void refusal_begin(const char *call);

/* The name of the call that this thread is in, or was in last; NULL: none yet. */
const char *refusal_call(void);

/*
 * Refuses a call with the session locked: about (may be NULL) is named in front of the reason.
 * Returns code.
 */
int refuse(struct host_session *session, int code, const char *place,
    const struct host_resource *about, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The same with a text that is complete, which is released. */
int refuse_text(struct host_session *session, int code, const char *place, struct text *reason);

/*
 * Refuses a call whose handle leads to no session. It counts for the session whose hook this thread
 * runs, if there is one.
 */
int refuse_handle(const void *handle, int code, const char *place);

/*
 * Tells, at the end of a scan, of calls that were refused and not logged because too many others
 * were at the same place. With the session locked.
 */
void refusals_tell_left_out(struct host_session *session);

/* Forgets the refused calls of a session that were not sent. With the session locked. */
void refusals_forgive(struct host_session *session);

/* Releases what is kept of a session's refusals. */
void refusals_free(struct host_session *session);

/*
 * Well-formed UTF-8 for a text of the plugin's: other bytes become "?". At most PLUGIN_TEXT_MAX
 * bytes of it, with a mark where it was cut. The caller frees it.
 */
char *text_of_plugin(const char *text);

#endif
