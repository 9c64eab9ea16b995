/* SPDX-License-Identifier: MIT */
#include "model/typed.h"

#include <stdlib.h>

#include "base/memory.h"

/* Where mistakes are told. */
struct reader {
	const struct class *class;
	typed_complaint *complain;
	void *context;
	unsigned complaints;
};

static void __attribute__((format(printf, 3, 4)))
complain(struct reader *reader, const char *place, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	reader->complain(reader->context, place, text);
	reader->complaints++;
	free(text);
}

/* The names of what a person may set, joined by commas. */
static char *attribute_names(const struct class *class)
{
	struct text names = TEXT_EMPTY;

	text_append(&names, "");
	for (size_t i = 0; i < class->attribute_count; i++)
		if (!class->attributes[i].user_read_only)
			text_printf(&names, "%s%s", names.length > 0 ? ", " : "",
			    class->attributes[i].name);
	return text_steal(&names);
}

static void read_attribute(
    struct reader *reader, const struct typed_attribute *typed, struct value *values)
{
	const struct class *class = reader->class;
	size_t index = class_find_attribute(class, typed->name);
	char reason[REASON_SIZE];

	if (index == CLASS_NOT_FOUND) {
		char *names = attribute_names(class);

		complain(reader, typed->place, "%s has no attribute \"%s\" (it has: %s)",
		    class->name, typed->name, names);
		free(names);
	} else if (class->attributes[index].user_read_only) {
		complain(
		    reader, typed->place, "\"%s\" is set by the plugin; leave it out", typed->name);
	} else if (typed->value != NULL && !attribute_parse(&class->attributes[index], typed->value,
	                                       &values[index], reason)) {
		complain(reader, typed->place, "%s", reason);
	}
}

/* Gives mandatory attributes their fixed defaults, and complains of those that have none at all. */
static void fill_in_fixed(struct reader *reader, struct value *values)
{
	const struct class *class = reader->class;

	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct attribute *attribute = &class->attributes[i];

		if (attribute->optional || values[i].type != VALUE_NULL)
			continue;
		if (attribute->default_value.type != VALUE_NULL)
			values[i] = value_copy(&attribute->default_value);
		else if (!attribute->has_default_function)
			complain(reader, NULL, "%s needs a value for \"%s\"", class->name,
			    attribute->name);
	}
}

void typed_read(const struct class *class, const struct typed_attribute *attributes, size_t count,
    struct value *values, typed_complaint *complaint, void *context)
{
	struct reader reader = {class, complaint, context, 0};

	for (size_t i = 0; i < count; i++)
		read_attribute(&reader, &attributes[i], values);
	/* What was misspelt would be missing, too. */
	if (reader.complaints == 0)
		fill_in_fixed(&reader, values);
}

bool typed_needs_plugin(const struct class *class, const struct value *values)
{
	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct attribute *attribute = &class->attributes[i];
		bool is_null = values[i].type == VALUE_NULL;

		if (attribute->type == ATTRIBUTE_PASSWORD && !is_null)
			return true;
		if (is_null && !attribute->optional && attribute->has_default_function)
			return true;
	}
	return false;
}

void typed_free_values(const struct class *class, struct value *values)
{
	for (size_t i = 0; i < class->attribute_count; i++)
		if (values[i].type == VALUE_TEXT)
			forget_text(values[i].text);
	free(values);
}
