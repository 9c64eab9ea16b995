/* SPDX-License-Identifier: MIT */
#include "host/refusal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/session.h"

#define REFUSAL_SIZE 2048
#define COMPLAINTS_MAX 256
#define COMPLAINT_INTERVAL_NS (60 * NS_PER_S)

/* One place in the plugin's source from which a kind of call was refused. */
struct complaint {
	char *key;
	struct monotonic logged;
	unsigned since; /* refused and not logged */
	UT_hash_handle hh;
};

static _Thread_local char last_reason[REFUSAL_SIZE];

const char *refusal_reason(void)
{
	return last_reason;
}

void refusal_forget(void)
{
	last_reason[0] = '\0';
}

char *text_of_plugin(const char *text)
{
	char *copy = xstrdup(text != NULL ? text : "");

	if (utf8_valid(copy, strlen(copy)))
		return copy;
	for (char *byte = copy; *byte != '\0'; byte++)
		if ((unsigned char)*byte >= 0x80)
			*byte = '?';
	return copy;
}

/* Keeps the reason for the plugin, shortened at a character if it is very long. */
static void keep_reason(const char *reason)
{
	size_t length = strnlen(reason, sizeof(last_reason) - 1);

	while (length > 0 && ((unsigned char)reason[length] & 0xc0) == 0x80)
		length--;
	memcpy(last_reason, reason, length);
	last_reason[length] = '\0';
}

/* The complaint about this place and kind, a new one if there is room for it, or NULL. */
static struct complaint *find_complaint(struct host_session *session, const char *key)
{
	struct complaint *complaint;

	HASH_FIND_STR(session->complaints, key, complaint);
	if (complaint != NULL || HASH_COUNT(session->complaints) >= COMPLAINTS_MAX)
		return complaint;
	complaint = xcalloc(1, sizeof(*complaint));
	complaint->key = xstrdup(key);
	complaint->logged.ns = INT64_MIN;
	HASH_ADD_KEYPTR(hh, session->complaints, complaint->key, strlen(complaint->key), complaint);
	return complaint;
}

/* Logs the first refusal of its place and kind, and then one in a while with their number. */
static void complain(struct host_session *session, const char *key, const char *reason)
{
	struct complaint *complaint = find_complaint(session, key);
	struct monotonic now = monotonic_now();

	if (complaint == NULL)
		return;
	if (complaint->logged.ns != INT64_MIN &&
	    monotonic_since(now, complaint->logged) < COMPLAINT_INTERVAL_NS) {
		complaint->since++;
		return;
	}
	if (complaint->since > 0)
		host_log(session->host, session->number, LOG_LEVEL_WARNING,
		    "refused: %s (and %u more like this)", reason, complaint->since);
	else
		host_log(session->host, session->number, LOG_LEVEL_WARNING, "refused: %s", reason);
	complaint->logged = now;
	complaint->since = 0;
}

int refuse_text(struct host_session *session, int code, const char *place, struct text *reason)
{
	char *key = xasprintf("%d %s", code, place != NULL ? place : "");
	char *clean;

	if (place != NULL)
		text_printf(reason, " (%s)", place);
	clean = text_of_plugin(reason->data);
	keep_reason(clean);
	complain(session, key, clean);
	session->unsent.refused++;
	if (session->unsent.diagnostic == NULL)
		session->unsent.diagnostic = xstrdup(clean);
	free(clean);
	free(key);
	text_clear(reason);
	return code;
}

int refuse(struct host_session *session, int code, const char *place,
    const struct host_resource *about, const char *format, ...)
{
	struct text reason = TEXT_EMPTY;
	va_list arguments;

	if (about != NULL) {
		host_resource_describe(about, &reason);
		text_append(&reason, ": ");
	}
	va_start(arguments, format);
	text_vprintf(&reason, format, arguments);
	va_end(arguments);
	return refuse_text(session, code, place, &reason);
}

int refuse_handle(const void *handle, int code, const char *place)
{
	static const char is_null[] = "the handle is NULL: was the report that gave it refused?";
	static const char is_dead[] =
	    "the handle is not valid: its resource was removed, or its session has ended";
	const char *reason = handle == NULL ? is_null : is_dead;
	struct host_session *session = host_session_running();

	if (session == NULL) {
		keep_reason(reason);
		return code;
	}
	host_session_lock(session);
	refuse(session, code, place, NULL, "%s", reason);
	host_session_unlock(session);
	return code;
}

void refusals_forgive(struct host_session *session)
{
	session->unsent.refused = 0;
	free(session->unsent.diagnostic);
	session->unsent.diagnostic = NULL;
}

void refusals_free(struct host_session *session)
{
	struct complaint *complaint, *next;

	refusals_forgive(session);
	HASH_ITER (hh, session->complaints, complaint, next) {
		HASH_DEL(session->complaints, complaint);
		free(complaint->key);
		free(complaint);
	}
}
