/* SPDX-License-Identifier: MIT */
/* Reading tables and texts out of a plugin's memory. */
#include "host/declaration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* Adds a mistake to the reasons, with the class and the item it is in. */
void complain(const struct declaration *at, const char *format, ...)
{
	struct text text = TEXT_EMPTY;
	va_list arguments;

	text_printf(&text, "Resource class '%s': ", at->class);
	if (at->kind != NULL)
		text_printf(&text, "%s \"%s\": ", at->kind, at->item);
	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	reasons_take(at->reasons, text_steal(&text));
}

/* Whether a table can be read: its address, its count, its memory. */
bool check_table(
    const struct declaration *at, const char *what, const void *items, size_t count, size_t size)
{
	if (count == 0)
		return true;
	if (items == NULL)
		complain(at, "the table of %s is NULL, but its count is %zu", what, count);
	else if (count > DECLARATION_TABLE_MAX)
		complain(
		    at, "%zu %s are too many (at most %d)", count, what, DECLARATION_TABLE_MAX);
	else if (!image_contains(at->image, items, count * size))
		complain(at, "the table of %s must have static storage duration", what);
	else
		return true;
	return false;
}

/* Copies an entry of a table, as much of it as both the plugin and the runner know. */
void read_entry(const void *items, size_t index, size_t stride, void *entry, size_t size)
{
	memset(entry, 0, size);
	memcpy(entry, (const char *)items + index * stride, stride < size ? stride : size);
}

/* A flag of the plugin: anything but 0 is true, also what no bool can be. */
bool read_flag(const bool *flag)
{
	unsigned char byte;

	memcpy(&byte, flag, sizeof(byte));
	return byte != 0;
}

/* Entry number index of a table of pointers, aligned or not. */
const void *read_pointer(const void *items, size_t index)
{
	const void *pointer;

	memcpy(&pointer, (const char *)items + index * sizeof(pointer), sizeof(pointer));
	return pointer;
}

static bool has_control_character(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

/* A copy of a text of up to max characters; NULL if it is NULL or, after a complaint, unusable. */
char *read_text(const struct declaration *at, const char *what, const char *text, size_t max)
{
	size_t length;

	if (text == NULL)
		return NULL;
	if (!image_text(at->image, text, &length))
		complain(at, "%s must have static storage duration", what);
	else if (!utf8_valid(text, length))
		complain(at, "%s is not valid UTF-8", what);
	else if (utf8_length(text) > max)
		complain(at, "%s has %zu characters (at most %zu)", what, utf8_length(text), max);
	else if (has_control_character(text))
		complain(at, "%s contains a control character", what);
	else
		return xstrdup(text);
	return NULL;
}

/* A copy of a label that is not empty; NULL if there is none or, after a complaint, unusable. */
char *read_label(const struct declaration *at, const char *label)
{
	char *copy = read_text(at, "the label", label, DECLARATION_TEXT_MAX);

	if (copy == NULL || copy[0] != '\0')
		return copy;
	complain(at, "the label is empty: leave it out to have one made from the name");
	free(copy);
	return NULL;
}

/* A copy of a name; NULL after a complaint if it can't be read. */
char *read_name(
    const struct declaration *at, const char *which, size_t index, const char *name, size_t max)
{
	char what[64];

	snprintf(what, sizeof(what), "the %s number %zu", which, index + 1);
	if (name != NULL && (!image_contains(at->image, name, 1) || *name != '\0'))
		return read_text(at, what, name, 2 * max);
	complain(at, "%s is missing", what);
	return NULL;
}

/* Complains about a name that is too long, or reserved. */
void check_name(const struct declaration *at, const char *name, size_t max)
{
	size_t length = utf8_length(name);

	if (length > max)
		complain(at, "the name has %zu characters (at most %zu)", length, max);
	if (name[0] == '_')
		complain(at, "names that begin with an underscore are reserved: rename it");
}
