/* SPDX-License-Identifier: MIT */
#include "wire/check.h"

#include <stdarg.h>

bool check_refuse(char reason[REASON_SIZE], const char *format, ...)
{
	struct text text = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	reason_write(reason, "%s", text.data);
	text_clear(&text);
	return false;
}

/* Type of value that an attribute of each type stores; an enumeration stores that of its options.
 */
static const enum value_type stored_types[ATTRIBUTE_TYPE_END] = {
    [ATTRIBUTE_BOOLEAN] = VALUE_BOOLEAN,
    [ATTRIBUTE_BYTES] = VALUE_INTEGER,
    [ATTRIBUTE_HOSTNAME] = VALUE_TEXT,
    [ATTRIBUTE_INTEGER] = VALUE_INTEGER,
    [ATTRIBUTE_PASSWORD] = VALUE_TEXT,
    [ATTRIBUTE_PATH] = VALUE_TEXT,
    [ATTRIBUTE_STRING] = VALUE_TEXT,
    [ATTRIBUTE_UUID] = VALUE_TEXT,
    [ATTRIBUTE_REFERENCE] = VALUE_REFERENCE,
};

bool check_value_type(const struct attribute *attribute, const struct value *value)
{
	if (value->type == VALUE_NULL)
		return attribute->optional;
	if (attribute->type == ATTRIBUTE_ENUM)
		return attribute->option_count > 0 && value->type == attribute->options[0].type;
	return value->type == stored_types[attribute->type];
}

bool check_configure(const void *part, const struct wire_context *context, char reason[REASON_SIZE])
{
	const struct message_configure *configure = part;

	(void)context;
	if (configure->path[0] != '/')
		return check_refuse(reason, "path: \"%s\" is not absolute", configure->path);
	return true;
}

bool check_open(const void *part, const struct wire_context *context, char reason[REASON_SIZE])
{
	const struct message_open *open = part;
	const struct class *class;

	if (open->class >= context->class_count)
		return check_refuse(reason, "class: there is no class %u, only %zu", open->class,
		    context->class_count);
	class = context->classes[open->class];
	for (size_t i = 0; i < open->value_count; i++) {
		const struct change *value = &open->values[i];

		if (value->attribute >= class->attribute_count)
			return check_refuse(reason,
			    "values[%zu].attribute: %s has no attribute %u, only %zu", i,
			    class->name, value->attribute, class->attribute_count);
		if (!check_value_type(&class->attributes[value->attribute], &value->value))
			return check_refuse(reason, "values[%zu]: \"%s\" of %s is of another type",
			    i, class->attributes[value->attribute].name, class->name);
	}
	return true;
}

bool check_obfuscate(const void *part, const struct wire_context *context, char reason[REASON_SIZE])
{
	const struct message_obfuscate *obfuscate = part;
	const struct class *class;

	if (obfuscate->class >= context->class_count)
		return check_refuse(reason, "class: there is no class %u, only %zu",
		    obfuscate->class, context->class_count);
	class = context->classes[obfuscate->class];
	if (obfuscate->attribute >= class->attribute_count)
		return check_refuse(reason, "attribute: %s has no attribute %u, only %zu",
		    class->name, obfuscate->attribute, class->attribute_count);
	if (class->attributes[obfuscate->attribute].type != ATTRIBUTE_PASSWORD)
		return check_refuse(reason, "attribute: \"%s\" of %s is no password",
		    class->attributes[obfuscate->attribute].name, class->name);
	return true;
}

bool check_failed(const void *part, const struct wire_context *context, char reason[REASON_SIZE])
{
	const struct message_failed *failed = part;

	(void)context;
	if (failed->reason_count == 0)
		return check_refuse(reason, "reasons: there is none");
	return true;
}

bool check_ended(const void *part, const struct wire_context *context, char reason[REASON_SIZE])
{
	const struct message_ended *ended = part;

	(void)context;
	if (ended->failed && (ended->hook == NULL || ended->reason == NULL))
		return check_refuse(reason, "it tells of a failure without hook or reason");
	return true;
}
