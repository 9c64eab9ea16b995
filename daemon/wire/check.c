/* SPDX-License-Identifier: MIT */
#include "wire/check.h"

#include <stdarg.h>
#include <string.h>

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

/* The class of a scannable in the making, or NULL. */
static const struct class *scannable_class(
    const struct wire_context *context, uint32_t index, char reason[REASON_SIZE])
{
	if (index >= context->class_count) {
		check_refuse(
		    reason, "class: there is no class %u, only %zu", index, context->class_count);
		return NULL;
	}
	if (context->classes[index]->scannable)
		return context->classes[index];
	check_refuse(reason, "class: %s is not scannable", context->classes[index]->name);
	return NULL;
}

/* Whether there is one value per attribute. */
static bool check_count(const struct class *class, size_t value_count, char reason[REASON_SIZE])
{
	if (value_count == class->attribute_count)
		return true;
	return check_refuse(reason, "values: %s has %zu attributes, not %zu", class->name,
	    class->attribute_count, value_count);
}

bool check_prepare(const void *part, const struct wire_context *context, char reason[REASON_SIZE])
{
	const struct message_prepare *prepare = part;
	const struct class *class = scannable_class(context, prepare->class, reason);

	if (class == NULL || !check_count(class, prepare->value_count, reason))
		return false;
	for (size_t i = 0; i < prepare->value_count; i++) {
		const struct attribute *attribute = &class->attributes[i];
		const struct value *value = &prepare->values[i];

		if (value->type == VALUE_NULL &&
		    (prepare->partial || attribute->has_default_function))
			continue;
		if (!check_value_type(attribute, value) || value->type == VALUE_REFERENCE)
			return check_refuse(reason, "values[%zu]: \"%s\" of %s is of another type",
			    i, attribute->name, class->name);
	}
	return true;
}

/* Whether a value is one that the attribute of a scannable without a session can have. */
static bool check_prepared_value(
    const struct class *class, size_t index, struct value *value, char reason[REASON_SIZE])
{
	const struct attribute *attribute = &class->attributes[index];
	char why[REASON_SIZE];

	if (!check_value_type(attribute, value) || value->type == VALUE_REFERENCE)
		return check_refuse(reason, "values[%zu]: \"%s\" of %s is of another type", index,
		    attribute->name, class->name);
	/* What a password is stored as is the plugin's affair. */
	if (attribute->type == ATTRIBUTE_PASSWORD)
		return true;
	if (!attribute_validate(attribute, value, why))
		return check_refuse(reason, "values[%zu]: %s: %s", index, class->name, why);
	return true;
}

/* Whether there is a reason for some attributes, and nothing else. */
static bool check_reasons(
    const struct class *class, const struct message_prepared *prepared, char reason[REASON_SIZE])
{
	if (prepared->value_count > 0)
		return check_refuse(reason, "it has values, and reasons why there are none");
	if (prepared->reason_count > class->attribute_count)
		return check_refuse(reason,
		    "reasons: %zu are too many for the %zu attributes of %s",
		    prepared->reason_count, class->attribute_count, class->name);
	for (size_t i = 0; i < prepared->reason_count; i++)
		if (strlen(prepared->reasons[i]) >= REASON_SIZE)
			return check_refuse(
			    reason, "reasons[%zu]: it is longer than %d", i, REASON_SIZE - 1);
	return true;
}

bool check_prepared(const void *part, const struct wire_context *context, char reason[REASON_SIZE])
{
	const struct message_prepared *prepared = part;
	const struct class *class = scannable_class(context, prepared->class, reason);

	if (class == NULL)
		return false;
	if (prepared->reason_count > 0)
		return check_reasons(class, prepared, reason);
	if (!check_count(class, prepared->value_count, reason))
		return false;
	for (size_t i = 0; i < prepared->value_count; i++) {
		if (prepared->partial && prepared->values[i].type == VALUE_NULL)
			continue;
		if (!check_prepared_value(class, i, &prepared->values[i], reason))
			return false;
	}
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
	if (ended->reason != NULL && strlen(ended->reason) > PLUGIN_TEXT_MAX)
		return check_refuse(reason, "reason: it is longer than %d", PLUGIN_TEXT_MAX);
	return true;
}

bool check_log(const void *part, const struct wire_context *context, char reason[REASON_SIZE])
{
	const struct message_log *log = part;

	(void)context;
	if (strlen(log->line) > PLUGIN_TEXT_MAX)
		return check_refuse(reason, "line: it is longer than %d", PLUGIN_TEXT_MAX);
	return true;
}
