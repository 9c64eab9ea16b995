/* SPDX-License-Identifier: MIT */
#include "kit/refused_calls.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* How the plugin host begins the line of a refused call. */
#define PREFIX "refused: "

struct refused_calls {
	pthread_mutex_t lock;
	struct reasons lines; /* under lock */
	uint32_t count;       /* of the calls that these tell of; under lock */
};

struct refused_calls *refused_calls_new(void)
{
	struct refused_calls *calls = xcalloc(1, sizeof(*calls));

	pthread_mutex_init(&calls->lock, NULL);
	return calls;
}

void refused_calls_free(struct refused_calls *calls)
{
	pthread_mutex_destroy(&calls->lock);
	reasons_clear(&calls->lines);
	free(calls);
}

/* Between the name of a call and its place. */
#define AT " at "

/* Whether these bytes are a call and its place: "iml_set at acme.c:31". */
static bool is_place(const char *text, size_t length)
{
	size_t digits = 0;

	while (
	    digits < length && text[length - 1 - digits] >= '0' && text[length - 1 - digits] <= '9')
		digits++;
	return digits > 0 && digits + 1 < length && text[length - 1 - digits] == ':' &&
	       memmem(text, length, AT, sizeof(AT) - 1) != NULL;
}

/* The reason with its place, "… (iml_set at acme.c:31)" at the end or before a remark, in front. */
static char *put_place_first(const char *reason)
{
	const char *end = reason + strlen(reason), *begin = end;

	while (begin > reason) {
		const char *close, *at;

		begin--;
		if (*begin != '(')
			continue;
		close = strchr(begin, ')');
		if (begin == reason || close == NULL ||
		    !is_place(begin + 1, (size_t)(close - begin - 1)))
			continue;
		at = strstr(begin, AT);
		return xasprintf("%.*s: %.*s: %.*s%s", (int)(close - at - (sizeof(AT) - 1)),
		    at + sizeof(AT) - 1, (int)(at - begin - 1), begin + 1,
		    (int)(begin - 1 - reason), reason, close + 1);
	}
	return xstrdup(reason);
}

/* How many calls "5 more calls refused at acme.c:31, not shown" tells of; 0 for any other line. */
static uint32_t count_left_out(const char *line)
{
	char *rest;
	unsigned long number = strtoul(line, &rest, 10);

	return strncmp(rest, " more call", 10) == 0 && strstr(rest, " refused") != NULL
	           ? (uint32_t)number
	           : 0;
}

bool refused_calls_note(struct refused_calls *calls, const char *line)
{
	bool is_call = strncmp(line, PREFIX, sizeof(PREFIX) - 1) == 0;
	uint32_t count = is_call ? 1 : count_left_out(line);

	if (count == 0)
		return false;
	pthread_mutex_lock(&calls->lock);
	reasons_take(
	    &calls->lines, is_call ? put_place_first(line + sizeof(PREFIX) - 1) : xstrdup(line));
	calls->count += count;
	pthread_mutex_unlock(&calls->lock);
	return true;
}

/* Tells of the calls that no line came for. */
static void add_silent(struct reasons *lines, uint32_t silent, const char *diagnostic, bool any)
{
	char *first = put_place_first(diagnostic);

	if (any)
		reasons_add(lines, "and %u more refused like these", silent);
	else if (silent > 1)
		reasons_add(lines, "%s (and %u more)", first, silent - 1);
	else
		reasons_add(lines, "%s", first);
	free(first);
}

void refused_calls_take(
    struct refused_calls *calls, uint32_t count, const char *diagnostic, struct reasons *lines)
{
	uint32_t noted;

	pthread_mutex_lock(&calls->lock);
	noted = calls->count;
	for (size_t i = 0; i < calls->lines.count; i++)
		reasons_take(lines, xstrdup(calls->lines.items[i]));
	reasons_clear(&calls->lines);
	calls->lines = (struct reasons){0};
	calls->count = 0;
	pthread_mutex_unlock(&calls->lock);
	if (count > noted && diagnostic != NULL)
		add_silent(lines, count - noted, diagnostic, noted > 0);
}
