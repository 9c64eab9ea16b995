/* SPDX-License-Identifier: MIT */
#include "model/typed.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Where mistakes are told. */
struct reader {
	const struct class *class;
	typed_complaint *complain;
	void *context;
	bool unknown; /* a name was, and may stand for another */
};

static void __attribute__((format(printf, 4, 5)))
complain(struct reader *reader, const char *place, const char *attribute, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	reader->complain(reader->context, place, attribute, text);
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

/* Reads one attribute. Returns its index, or CLASS_NOT_FOUND after a mistake. */
static size_t read_attribute(
    struct reader *reader, const struct typed_attribute *typed, struct value *values)
{
	const struct class *class = reader->class;
	size_t index = class_find_attribute(class, typed->name);
	char reason[REASON_SIZE];

	if (index == CLASS_NOT_FOUND) {
		char *names = attribute_names(class);

		complain(reader, typed->place, typed->name,
		    "%s has no attribute \"%s\" (it has: %s)", class->name, typed->name, names);
		free(names);
		reader->unknown = true;
		return CLASS_NOT_FOUND;
	}
	if (class->attributes[index].user_read_only) {
		complain(reader, typed->place, typed->name,
		    "\"%s\" is set by the plugin; leave it out", typed->name);
		return CLASS_NOT_FOUND;
	}
	if (typed->value == NULL ||
	    attribute_parse(&class->attributes[index], typed->value, &values[index], reason))
		return index;
	complain(reader, typed->place, typed->name, "%s", reason);
	return CLASS_NOT_FOUND;
}

/* Whether something was typed for an attribute. */
static bool is_typed(const struct typed_attribute *attributes, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (attributes[i].value != NULL && strcmp(attributes[i].name, name) == 0)
			return true;
	return false;
}

static void complain_of_missing(struct reader *reader, const char *place, const char *attribute)
{
	complain(reader, place, attribute, "%s needs a value for \"%s\"", reader->class->name,
	    attribute);
}

void typed_read(const struct class *class, const struct typed_attribute *attributes, size_t count,
    struct value *values, typed_complaint *complaint, void *context)
{
	struct reader reader = {class, complaint, context, false};

	for (size_t i = 0; i < count; i++)
		read_attribute(&reader, &attributes[i], values);
	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct attribute *attribute = &class->attributes[i];

		if (attribute->optional || values[i].type != VALUE_NULL)
			continue;
		values[i] = value_copy(&attribute->default_value);
		/* What was misspelt would be missing, too. */
		if (values[i].type == VALUE_NULL && !attribute->has_default_function &&
		    !reader.unknown && !is_typed(attributes, count, attribute->name))
			complain_of_missing(&reader, NULL, attribute->name);
	}
}

void typed_read_changes(const struct class *class, const struct typed_attribute *attributes,
    size_t count, struct value *values, bool *typed, typed_complaint *complaint, void *context)
{
	struct reader reader = {class, complaint, context, false};

	for (size_t i = 0; i < count; i++) {
		size_t index = read_attribute(&reader, &attributes[i], values);

		if (index == CLASS_NOT_FOUND)
			continue;
		typed[index] = true;
		if (values[index].type == VALUE_NULL && !class->attributes[index].optional)
			complain_of_missing(&reader, attributes[i].place, attributes[i].name);
	}
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
