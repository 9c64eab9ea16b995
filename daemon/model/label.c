/* SPDX-License-Identifier: MIT */
#include "model/class.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

char *label_from_name(const char *name)
{
	size_t first_word = strcspn(name, "_");
	char *label = xstrdup(name);

	label[0] = upper(label[0]);
	for (size_t i = 1; i < first_word; i++)
		label[i] = lower(label[i]);
	for (char *c = label + first_word; *c != '\0'; c++) {
		if (*c == '_')
			*c = ' ';
	}
	return label;
}

/* Appends one identifying value for people. */
static void append_part(const struct attribute *attribute, const struct value *value,
    reference_label *reference, void *context, struct text *label)
{
	if (attribute->type == ATTRIBUTE_PASSWORD)
		text_append_char(label, '-');
	else if (value->type == VALUE_REFERENCE && reference != NULL)
		reference(context, value->reference, label);
	else
		value_append_plain(label, value);
}

/* Cuts what was appended since begin to the size of a label. */
static void cut_label(struct text *label, size_t begin)
{
	static const char more[] = "…";
	size_t length = label->length - begin;

	if (length < LABEL_SIZE)
		return;
	label->length = begin + utf8_cut(label->data + begin, length, LABEL_SIZE - sizeof(more));
	text_append(label, more);
}

void class_default_label(const struct class *class, const struct value *values,
    reference_label *reference, void *context, struct text *label)
{
	bool several = class->identifier_count > 1;
	size_t begin = label->length;

	text_append(label, class->has_declared_label ? class->label : class->name);
	for (size_t i = 0; i < class->identifier_count; i++) {
		size_t index = class->identifier[i];

		assert(index < class->attribute_count);
		text_append(label, i > 0 ? ", " : several ? " (" : " ");
		append_part(&class->attributes[index], &values[index], reference, context, label);
	}
	if (several)
		text_append_char(label, ')');
	cut_label(label, begin);
}
