/* SPDX-License-Identifier: MIT */
/*
 * What was told lately, for those who come back and for those who read slowly: what it holds is
 * all that a follower ever lags behind by.
 */
#include "control/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BYTES_MAX ((size_t)16 * 1024 * 1024)

void recent_begin(struct recent *recent)
{
	/* Ids of another run of the runner are not taken for those of this one. */
	snprintf(recent->epoch, sizeof(recent->epoch), "%" PRIx64, (uint64_t)wallclock_now().us);
	recent->first = recent->next = 1;
}

/* The place of a number. */
static struct told *place_of(const struct recent *recent, uint64_t number)
{
	assert(recent->capacity > 0);
	return &recent->items[number % recent->capacity];
}

static size_t size_of(const struct told *told)
{
	return sizeof(*told) + told->length + (told->plugin != NULL ? strlen(told->plugin) : 0);
}

static void drop_first(struct recent *recent)
{
	struct told *told = place_of(recent, recent->first++);

	recent->bytes -= size_of(told);
	free(told->plugin);
	free(told->text);
}

/* Makes room for one more: places are anew then. */
static void grow(struct recent *recent)
{
	size_t capacity = recent->capacity > 0 ? 2 * recent->capacity : 256;
	struct told *items = xcalloc(capacity, sizeof(*items));

	for (uint64_t number = recent->first; number < recent->next; number++)
		items[number % capacity] = *place_of(recent, number);
	free(recent->items);
	recent->items = items;
	recent->capacity = capacity;
}

/* Appends the data of an event; each line of it needs a field of its own. */
static void append_data(struct text *event, const char *data)
{
	const char *line = data;
	size_t length;

	for (;;) {
		length = strcspn(line, "\r\n");
		text_append(event, "data: ");
		text_append_bytes(event, line, length);
		text_append_char(event, '\n');
		if (line[length] == '\0')
			break;
		line += length + 1;
	}
	text_append_char(event, '\n');
}

void recent_append_event(const struct recent *recent, struct text *event, uint64_t number,
    const char *name, const char *data)
{
	text_printf(event, "id: %s-%" PRIu64 "\nevent: %s\n", recent->epoch, number, name);
	append_data(event, data);
}

void recent_add(struct recent *recent, const struct notice *notice)
{
	struct text event = TEXT_EMPTY;
	struct told *told;

	if (recent->next - recent->first == recent->capacity)
		grow(recent);
	recent_append_event(
	    recent, &event, recent->next, notice_type_name(notice->type), notice->json);
	told = place_of(recent, recent->next++);
	*told = (struct told){.type = notice->type,
	    .resource = notice->resource_id,
	    .scannable = notice->scannable_id,
	    .plugin = xstrdup(notice->plugin),
	    .length = event.length};
	told->text = text_steal(&event);
	recent->bytes += size_of(told);
	while (recent->bytes > BYTES_MAX && recent->next - recent->first > 1)
		drop_first(recent);
}

const struct told *recent_get(const struct recent *recent, uint64_t number)
{
	assert(number >= recent->first && number < recent->next);
	return place_of(recent, number);
}

uint64_t recent_after(const struct recent *recent, const char *id)
{
	size_t length = strlen(recent->epoch);
	int64_t number;

	if (strncmp(id, recent->epoch, length) != 0 || id[length] != '-' ||
	    !parse_digits(id + length + 1, &number) || (uint64_t)number >= recent->next)
		return 0;
	return (uint64_t)number + 1;
}

void recent_forget(struct recent *recent)
{
	while (recent->first < recent->next)
		drop_first(recent);
	free(recent->items);
	recent->items = NULL;
	recent->capacity = 0;
	/* A number stands for what is not there, so that nobody goes on over it. */
	recent->first = ++recent->next;
}
