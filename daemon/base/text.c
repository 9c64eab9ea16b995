/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define LEAST_CAPACITY 64

void text_reserve(struct text *text, size_t more)
{
	size_t needed = text->length + more + 1; /* the zero byte after them */
	size_t capacity = text->capacity < LEAST_CAPACITY ? LEAST_CAPACITY : text->capacity;

	assert(needed > more);
	if (needed <= text->capacity)
		return;
	while (capacity < needed)
		capacity = capacity > SIZE_MAX / 2 ? needed : 2 * capacity;
	text->data = xreallocarray(text->data, capacity, 1);
	text->capacity = capacity;
}

void text_clear(struct text *text)
{
	free(text->data);
	*text = TEXT_EMPTY;
}

void text_forget(struct text *text)
{
	if (text->length > 0)
		explicit_bzero(text->data, text->length);
	text_clear(text);
}

void text_reset(struct text *text)
{
	text->length = 0;
	text_reserve(text, 0);
	text->data[0] = '\0';
}

void text_append(struct text *text, const char *string)
{
	text_append_bytes(text, string, strlen(string));
}

void text_append_bytes(struct text *text, const void *bytes, size_t length)
{
	text_reserve(text, length);
	if (length > 0)
		memcpy(text->data + text->length, bytes, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void text_append_char(struct text *text, char byte)
{
	text_append_bytes(text, &byte, 1);
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(text, format, arguments);
	va_end(arguments);
}

void text_vprintf(struct text *text, const char *format, va_list arguments)
{
	va_list again;
	size_t room;
	int length;

	text_reserve(text, 0);
	room = text->capacity - text->length;
	va_copy(again, arguments);
	length = vsnprintf(text->data + text->length, room, format, arguments);
	assert(length >= 0);
	if ((size_t)length >= room) {
		text_reserve(text, (size_t)length);
		vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
	}
	va_end(again);
	text->length += (size_t)length;
}

/* The letter of JSON's short escape for a byte, 'u' for the long one, or 0 for none. */
static char json_escape(unsigned char byte)
{
	static const char escapes[] = {['\b'] = 'b',
	    ['\t'] = 't',
	    ['\n'] = 'n',
	    ['\f'] = 'f',
	    ['\r'] = 'r',
	    ['"'] = '"',
	    ['\\'] = '\\'};
	char escape = byte < sizeof(escapes) ? escapes[byte] : '\0';

	return escape == '\0' && byte < 0x20 ? 'u' : escape;
}

void text_append_json(struct text *text, const char *string)
{
	const char *plain = string;

	if (string == NULL) {
		text_append(text, "null");
		return;
	}
	text_append_char(text, '"');
	for (; *string != '\0'; string++) {
		char escape = json_escape((unsigned char)*string);

		if (escape == '\0')
			continue;
		text_append_bytes(text, plain, (size_t)(string - plain));
		plain = string + 1;
		if (escape == 'u')
			text_printf(text, "\\u%04x", (unsigned)*string);
		else
			text_append_bytes(text, (char[]){'\\', escape}, 2);
	}
	text_append_bytes(text, plain, (size_t)(string - plain));
	text_append_char(text, '"');
}

char *text_steal(struct text *text)
{
	char *data;

	text_reserve(text, 0);
	text->data[text->length] = '\0';
	data = xreallocarray(text->data, text->length + 1, 1);
	*text = TEXT_EMPTY;
	return data;
}

size_t utf8_next(const char *bytes, size_t length)
{
	static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
	const unsigned char *u = (const unsigned char *)bytes;
	uint32_t code;
	size_t size;

	if (length == 0 || u[0] == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	size = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	if (u[0] < 0xc2 || u[0] > 0xf4 || size > length)
		return 0;
	code = u[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (u[i] & 0x3f);
	}
	if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return size;
}

/* Whether eight bytes are all ASCII and none of them zero. */
static bool plain_ascii(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return ((word | (word - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

bool utf8_valid(const char *bytes, size_t length)
{
	size_t i = 0;

	while (i < length) {
		size_t size;

		if (length - i >= 8 && plain_ascii(bytes + i)) {
			i += 8;
			continue;
		}
		size = utf8_next(bytes + i, length - i);
		if (size == 0)
			return false;
		i += size;
	}
	return true;
}

size_t utf8_length(const char *string)
{
	size_t count = 0;

	for (; *string != '\0'; string++)
		count += ((unsigned char)*string & 0xc0) != 0x80;
	return count;
}

const char *text_fault(const char *string, size_t most)
{
	if (string[strspn(string, " \t\r\n\v\f")] == '\0')
		return "May not be blank";
	for (const char *byte = string; *byte != '\0'; byte++)
		if (iscntrl((unsigned char)*byte))
			return "No control characters allowed";
	return utf8_length(string) > most ? "too long" : NULL;
}

size_t utf8_cut(const char *string, size_t length, size_t most)
{
	if (length <= most)
		return length;
	while (most > 0 && ((unsigned char)string[most] & 0xc0) == 0x80)
		most--;
	return most;
}

bool text_copy(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	assert(size > 0);
	if (length >= size) {
		to[0] = '\0';
		return false;
	}
	memcpy(to, from, length + 1);
	return true;
}

void bytes_format_step(int64_t bytes, int64_t step, struct text *out)
{
	static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB", "PB", "EB"};
	double number = (double)bytes, apart = 10 * (double)step;
	size_t unit = 0;
	int decimals = 1;

	/* From 1023.95 on one decimal shows as 1024.0: the next unit's 1.0. */
	while (fabs(number) >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		number /= 1024;
		apart /= 1024;
		unit++;
	}
	for (; apart < 1 && decimals < 6; apart *= 10)
		decimals++;
	text_printf(out, "%.*f%s", decimals, number, units[unit]);
}

void bytes_format(int64_t bytes, struct text *out)
{
	bytes_format_step(bytes, INT64_MAX, out);
}

const char *plural(uint64_t number)
{
	return number == 1 ? "" : "s";
}
