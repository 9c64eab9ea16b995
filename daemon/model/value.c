/* SPDX-License-Identifier: MIT */
#include "model/value.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct value value_boolean(bool boolean)
{
	return (struct value){.type = VALUE_BOOLEAN, .boolean = boolean};
}

struct value value_integer(int64_t integer)
{
	return (struct value){.type = VALUE_INTEGER, .integer = integer};
}

struct value value_real(double real)
{
	return (struct value){.type = VALUE_REAL, .real = real};
}

struct value value_text(const char *text)
{
	assert(text != NULL);
	return (struct value){.type = VALUE_TEXT, .text = xstrdup(text)};
}

struct value value_reference(uint64_t reference)
{
	return (struct value){.type = VALUE_REFERENCE, .reference = reference};
}

struct value value_copy(const struct value *value)
{
	return value->type == VALUE_TEXT ? value_text(value->text) : *value;
}

void value_clear(struct value *value)
{
	if (value->type == VALUE_TEXT)
		free(value->text);
	*value = VALUE_NULL_INIT;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOLEAN:
		return a->boolean == b->boolean;
	case VALUE_INTEGER:
		return a->integer == b->integer;
	case VALUE_TEXT:
		return strcmp(a->text, b->text) == 0;
	case VALUE_REFERENCE:
		return a->reference == b->reference;
	case VALUE_REAL:
		return a->real == b->real;
	case VALUE_UNSIGNED:
		return a->number == b->number;
	case VALUE_TYPE_COUNT:
		break;
	}
	assert(!"value of no type");
}

void value_move(struct value *to, struct value *from)
{
	struct value moved = *from;

	*from = VALUE_NULL_INIT;
	value_clear(to);
	*to = moved;
}

/* Appends the shortest of the two notations that reads back as the same number. */
static void append_real(struct text *text, double real)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%.15g", real);
	if (isfinite(real) && strtod(digits, NULL) != real)
		snprintf(digits, sizeof(digits), "%.17g", real);
	text_append(text, digits);
}

/* Appends what JSON and people read alike. */
static void append_simple(struct text *text, const struct value *value)
{
	switch (value->type) {
	case VALUE_BOOLEAN:
		text_append(text, value->boolean ? "true" : "false");
		return;
	case VALUE_INTEGER:
		text_printf(text, "%" PRId64, value->integer);
		return;
	case VALUE_UNSIGNED:
		text_printf(text, "%" PRIu64, value->number);
		return;
	case VALUE_REAL:
		append_real(text, value->real);
		return;
	default:
		assert(!"value of no type");
	}
}

void value_append_json(struct text *text, const struct value *value)
{
	if (value->type == VALUE_NULL || (value->type == VALUE_REAL && !isfinite(value->real)))
		text_append(text, "null");
	else if (value->type == VALUE_TEXT)
		text_append_json(text, value->text);
	else if (value->type == VALUE_REFERENCE)
		text_printf(text, "{\"ref\": %" PRIu64 "}", value->reference);
	else
		append_simple(text, value);
}

void value_append_plain(struct text *text, const struct value *value)
{
	if (value->type == VALUE_NULL)
		text_append_char(text, '-');
	else if (value->type == VALUE_TEXT)
		text_append(text, value->text);
	else if (value->type == VALUE_REFERENCE)
		text_printf(text, "#%" PRIu64, value->reference);
	else
		append_simple(text, value);
}
