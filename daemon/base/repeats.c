/* SPDX-License-Identifier: MIT */
#include "base/repeats.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_same(const struct message_seen *seen, const struct message *message)
{
	return seen->level == message->level && same_text(seen->line, message->line) &&
	       same_text(seen->plugin, message->plugin) &&
	       same_text(seen->scannable, message->scannable);
}

static void forget(struct message_seen *seen)
{
	free(seen->plugin);
	free(seen->scannable);
	free(seen->line);
	*seen = (struct message_seen){.line = NULL};
}

static void tell_and_forget(struct message_seen *seen, repeats_tell *tell)
{
	if (seen->count > 0)
		tell(seen);
	forget(seen);
}

static size_t size_of(const struct message *message)
{
	return strlen(message->line) + (message->plugin != NULL ? strlen(message->plugin) : 0) +
	       (message->scannable != NULL ? strlen(message->scannable) : 0);
}

/* Whether the place of a is to be taken before that of b. */
static bool gives_way(const struct message_seen *a, const struct message_seen *b)
{
	if (a->line == NULL || b->line == NULL)
		return a->line == NULL && b->line != NULL;
	return a->since.ns < b->since.ns;
}

bool repeats_are_new(struct repeats *repeats, const struct message *message, repeats_tell *tell)
{
	struct message_seen *place = &repeats->seen[0];

	if (size_of(message) > REPEATS_LINE_MAX)
		return true;
	for (size_t i = 0; i < REPEATS_MAX; i++) {
		struct message_seen *seen = &repeats->seen[i];

		if (is_same(seen, message)) {
			seen->count++;
			return false;
		}
		if (gives_way(seen, place))
			place = seen;
	}
	tell_and_forget(place, tell);
	*place = (struct message_seen){.level = message->level,
	    .plugin = xstrdup(message->plugin),
	    .scannable = xstrdup(message->scannable),
	    .line = xstrdup(message->line),
	    .since = monotonic_now()};
	return true;
}

void repeats_tell_older(struct repeats *repeats, int64_t age_ns, repeats_tell *tell)
{
	struct monotonic now = monotonic_now();

	for (size_t i = 0; i < REPEATS_MAX; i++) {
		struct message_seen *seen = &repeats->seen[i];

		if (seen->line == NULL || monotonic_since(now, seen->since) < age_ns)
			continue;
		if (seen->count == 0) {
			forget(seen);
			continue;
		}
		tell(seen);
		seen->since = now;
		seen->count = 0;
	}
}

void repeats_tell_all(struct repeats *repeats, repeats_tell *tell)
{
	for (size_t i = 0; i < REPEATS_MAX; i++)
		if (repeats->seen[i].line != NULL)
			tell_and_forget(&repeats->seen[i], tell);
}
