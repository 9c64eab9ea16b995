/* SPDX-License-Identifier: MIT */
#include "host/refusal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/session.h"

#define REFUSAL_SIZE 2048
/* Room for what stands at the end of a text that was cut. */
#define CUT_MARK_MAX 64
/* Texts that are told apart at one place, and places in one session. */
#define COMPLAINTS_AT_PLACE 10
#define PLACES_MAX 64
#define COMPLAINT_INTERVAL_NS (60 * NS_PER_S)

/* One reason for which calls were refused at a place. */
struct complaint {
	unsigned text; /* its hash */
	struct monotonic logged;
	unsigned since; /* refused and not logged */
};

/* One place in the plugin's source from which calls were refused. */
struct complaint_place {
	char *name; /* "" if it is not known */
	struct complaint complaints[COMPLAINTS_AT_PLACE];
	size_t count;
	unsigned left_out;     /* refused for other reasons, and neither logged nor told */
	struct monotonic told; /* that some were left out; 0: never */
	UT_hash_handle hh;
};

static _Thread_local char last_reason[REFUSAL_SIZE];
static _Thread_local const char *last_call;

const char *refusal_reason(void)
{
	return last_reason;
}

void refusal_begin(const char *call)
{
	last_reason[0] = '\0';
	last_call = call;
}

const char *refusal_call(void)
{
	return last_call;
}

char *text_of_plugin(const char *text)
{
	size_t length = text != NULL ? strlen(text) : 0;
	char *copy = xstrndup(length > 0 ? text : "", length);
	char *shorter;

	if (!utf8_valid(copy, length))
		for (char *byte = copy; *byte != '\0'; byte++)
			if ((unsigned char)*byte >= 0x80)
				*byte = '?';
	if (length <= PLUGIN_TEXT_MAX)
		return copy;
	shorter = xasprintf("%.*s… (%zu bytes in all)",
	    (int)utf8_cut(copy, length, PLUGIN_TEXT_MAX - CUT_MARK_MAX), copy, length);
	free(copy);
	return shorter;
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

static bool is_recent(struct monotonic time)
{
	return monotonic_since(monotonic_now(), time) < COMPLAINT_INTERVAL_NS;
}

/* The place of this name, a new one if there is room for it, or that of all others. */
static struct complaint_place *find_place(struct host_session *session, const char *name)
{
	static const char others[] = "other places";
	struct complaint_place *place;

	HASH_FIND_STR(session->complaints, name, place);
	if (place != NULL)
		return place;
	if (HASH_COUNT(session->complaints) >= PLACES_MAX - 1) {
		name = others;
		HASH_FIND_STR(session->complaints, name, place);
	}
	if (place != NULL)
		return place;
	place = xcalloc(1, sizeof(*place));
	place->name = xstrdup(name);
	HASH_ADD_KEYPTR(hh, session->complaints, place->name, strlen(place->name), place);
	return place;
}

/*
 * The complaint of this text. A new one takes the room of one that has not been logged of late;
 * NULL if there is no room.
 */
static struct complaint *find_complaint(struct complaint_place *place, unsigned text)
{
	struct complaint *room = NULL;

	for (size_t i = 0; i < place->count; i++) {
		if (place->complaints[i].text == text)
			return &place->complaints[i];
		if (room == NULL && !is_recent(place->complaints[i].logged))
			room = &place->complaints[i];
	}
	if (place->count < COMPLAINTS_AT_PLACE)
		room = &place->complaints[place->count++];
	if (room != NULL)
		*room = (struct complaint){.text = text, .logged = {INT64_MIN}};
	return room;
}

/* Logs a reason when it is new at its place, and then once in a while with the number of calls. */
static void complain(struct host_session *session, const char *name, const char *reason)
{
	struct complaint_place *place = find_place(session, name != NULL ? name : "");
	struct complaint *complaint;
	unsigned hash;

	HASH_VALUE(reason, strlen(reason), hash);
	complaint = find_complaint(place, hash);
	if (complaint == NULL) {
		place->left_out++;
		return;
	}
	if (complaint->logged.ns != INT64_MIN && is_recent(complaint->logged)) {
		complaint->since++;
		return;
	}
	if (complaint->since > 0)
		host_log(session->host, session->number, LOG_LEVEL_WARNING,
		    "refused: %s (and %u more like this)", reason, complaint->since);
	else
		host_log(session->host, session->number, LOG_LEVEL_WARNING, "refused: %s", reason);
	complaint->logged = monotonic_now();
	complaint->since = 0;
}

void refusals_tell_left_out(struct host_session *session)
{
	struct complaint_place *place, *next;

	HASH_ITER (hh, session->complaints, place, next) {
		if (place->left_out > 0 && (place->told.ns == 0 || !is_recent(place->told))) {
			host_log(session->host, session->number, LOG_LEVEL_WARNING,
			    "%u more call%s refused%s%s, not shown", place->left_out,
			    plural(place->left_out), place->name[0] != '\0' ? " at " : "",
			    place->name);
			place->told = monotonic_now();
		}
		place->left_out = 0;
	}
}

int refuse_text(struct host_session *session, int code, const char *place, struct text *reason)
{
	char *clean;

	if (place != NULL)
		text_printf(reason, " (%s at %s)", last_call, place);
	clean = text_of_plugin(reason->data);
	keep_reason(clean);
	complain(session, place, clean);
	session->unsent.refused++;
	if (session->unsent.diagnostic == NULL)
		session->unsent.diagnostic = xstrdup(clean);
	free(clean);
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
	struct complaint_place *place, *next;

	refusals_forgive(session);
	HASH_ITER (hh, session->complaints, place, next) {
		HASH_DEL(session->complaints, place);
		free(place->name);
		free(place);
	}
}
