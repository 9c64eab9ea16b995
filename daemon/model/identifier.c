/* SPDX-License-Identifier: MIT */
#include "model/class.h"

#include <assert.h>

/* Appends a UUID as its 32 digits in lower case, so that notations of one UUID are equal. */
static void append_uuid(struct text *key, const char *uuid)
{
	text_append_char(key, '"');
	for (; *uuid != '\0'; uuid++) {
		bool upper = *uuid >= 'A' && *uuid <= 'F';

		if (*uuid != '-')
			text_append_char(key, upper ? (char)(*uuid - 'A' + 'a') : *uuid);
	}
	text_append_char(key, '"');
}

static void append_part(
    struct text *key, const struct attribute *attribute, const struct value *value)
{
	if (attribute->type == ATTRIBUTE_UUID && value->type == VALUE_TEXT)
		append_uuid(key, value->text);
	else
		value_append_json(key, value);
}

/* The first identifying attribute that has no value and needs one, or NULL. */
static const struct attribute *first_missing(const struct class *class, const struct value *values)
{
	for (size_t i = 0; i < class->identifier_count; i++) {
		size_t index = class->identifier[i];

		assert(index < class->attribute_count);
		if (values[index].type == VALUE_NULL && !class->attributes[index].optional)
			return &class->attributes[index];
	}
	return NULL;
}

bool class_identifier(const struct class *class, const struct value *values, struct text *key,
    char reason[REASON_SIZE])
{
	const struct attribute *missing = first_missing(class, values);
	size_t begin = key->length, length;

	if (missing != NULL) {
		reason_write(
		    reason, "\"%s\": missing (it is part of the identifier)", missing->name);
		return false;
	}
	text_append_char(key, '[');
	for (size_t i = 0; i < class->identifier_count; i++) {
		size_t index = class->identifier[i];

		if (i > 0)
			text_append(key, ", ");
		append_part(key, &class->attributes[index], &values[index]);
	}
	text_append_char(key, ']');
	length = key->length - begin;
	if (length <= IDENTIFIER_MAX)
		return true;
	key->length = begin;
	key->data[begin] = '\0';
	reason_write(
	    reason, "identifier of %zu bytes is too long (max %d)", length, IDENTIFIER_MAX);
	return false;
}
