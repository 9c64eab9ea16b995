/* SPDX-License-Identifier: MIT */
/*
 * Requests may have passwords: nothing of them stays in memory that was released. What libevent
 * has, it wipes as soon as it is told to use these functions; json-c can only be made to write
 * over what it has.
 */
#include "control/internal.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>

#include "base/memory.h"

static void release(void *memory)
{
	if (memory != NULL)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

/* As realloc(), but what it leaves behind is wiped. */
static void *resize(void *memory, size_t size)
{
	size_t before = memory != NULL ? malloc_usable_size(memory) : 0;
	void *other = malloc(size);

	if (other == NULL)
		return NULL;
	if (memory != NULL)
		memcpy(other, memory, before < size ? before : size);
	release(memory);
	return other;
}

void control_prepare(void)
{
	event_set_mem_functions(malloc, resize, release);
}

/* A text of so many blanks; the caller frees it. */
static char *blanks_of(size_t length)
{
	char *blanks = xcalloc(1, length + 1);

	memset(blanks, ' ', length);
	return blanks;
}

static void wipe_text(struct json_object *value)
{
	size_t length = (size_t)json_object_get_string_len(value);
	char *blanks = blanks_of(length);

	/* Of the same length, so that it takes the place of the text. */
	json_object_set_string_len(value, blanks, (int)length);
	free(blanks);
}

/* Overwrites the texts in a value. Names are no secrets. */
static void wipe(struct json_object *value)
{
	if (json_object_is_type(value, json_type_string)) {
		wipe_text(value);
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			wipe(json_object_array_get_idx(value, i));
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			(void)name;
			wipe(member);
		}
	}
}

void body_release(struct json_object *body)
{
	wipe(body);
	json_object_put(body);
}

void tokener_rinse(struct json_tokener *tokener, size_t length)
{
	char *text = blanks_of(length + 2);

	text[0] = text[length + 1] = '"';
	json_tokener_reset(tokener);
	json_object_put(json_tokener_parse_ex(tokener, text, (int)length + 3));
	json_tokener_reset(tokener);
	free(text);
}
