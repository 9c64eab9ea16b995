/* SPDX-License-Identifier: MIT */
/* Reading the attributes that a plugin declares. */
#include "host/declaration.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The options that only some types take. */
static const struct {
	bool limits;
	bool max_length;
	bool options;
	bool obfuscate;
} type_takes[ATTRIBUTE_TYPE_END] = {
    [ATTRIBUTE_BYTES] = {.limits = true},
    [ATTRIBUTE_ENUM] = {.options = true},
    [ATTRIBUTE_INTEGER] = {.limits = true},
    [ATTRIBUTE_PASSWORD] = {.max_length = true, .obfuscate = true},
    [ATTRIBUTE_STRING] = {.max_length = true},
};

const char *reason_without_name(const struct attribute *attribute, const char *reason)
{
	size_t length = strlen(attribute->name);

	if (reason[0] == '"' && strncmp(reason + 1, attribute->name, length) == 0 &&
	    strncmp(reason + 1 + length, "\": ", 3) == 0)
		return reason + length + 4;
	return reason;
}

void clear_attribute(struct attribute *attribute)
{
	free(attribute->name);
	free(attribute->label);
	for (size_t i = 0; i < attribute->option_count; i++)
		value_clear(&attribute->options[i]);
	free(attribute->options);
	value_clear(&attribute->default_value);
	*attribute = (struct attribute){0};
}

/* A copy that owns its texts; a label that is not there is made from the name. */
struct attribute copy_attribute(const struct attribute *attribute)
{
	struct attribute copy = *attribute;

	copy.name = xstrdup(attribute->name);
	copy.label =
	    attribute->label != NULL ? xstrdup(attribute->label) : label_from_name(attribute->name);
	copy.options = xcalloc(attribute->option_count, sizeof(*copy.options));
	for (size_t i = 0; i < attribute->option_count; i++)
		copy.options[i] = value_copy(&attribute->options[i]);
	copy.default_value = value_copy(&attribute->default_value);
	return copy;
}

/* Complains about options that mean nothing for the attribute's type. */
static void check_foreign_options(
    const struct declaration *at, const struct iml_attribute *declared)
{
	const char *type = attribute_type_name(declared->type);

	if (!type_takes[declared->type].limits && (declared->min.given || declared->max.given))
		complain(at, "type %s takes no min or max: Integer and Bytes do", type);
	if (!type_takes[declared->type].max_length && declared->max_length != 0)
		complain(at, "type %s takes no max_length: String and Password do", type);
	if (!type_takes[declared->type].options &&
	    (declared->options != NULL || declared->numbers != NULL ||
	        declared->options_count != 0))
		complain(at, "type %s takes no options: Enum does", type);
	if (!type_takes[declared->type].obfuscate && declared->obfuscate != NULL)
		complain(at, "type %s takes no obfuscate function: Password does", type);
}

/* Takes over the limits of a number. */
static void read_limits(
    const struct declaration *at, const struct iml_attribute *declared, struct attribute *attribute)
{
	attribute->has_min = declared->min.given != 0;
	attribute->min = declared->min.value;
	attribute->has_max = declared->max.given != 0;
	attribute->max = declared->max.value;
	if (attribute->has_min && attribute->has_max && attribute->min > attribute->max)
		complain(at, "min %lld is above max %lld", (long long)attribute->min,
		    (long long)attribute->max);
	if (attribute->type == ATTRIBUTE_BYTES && !attribute->has_min && attribute->has_max &&
	    attribute->max < 0)
		complain(at, "max %lld is below 0, the least number of bytes without a min",
		    (long long)attribute->max);
}

/* Adds an option unless it is there already. */
static void add_option(
    const struct declaration *at, struct attribute *attribute, struct value option)
{
	struct text plain = TEXT_EMPTY;

	for (size_t i = 0; i < attribute->option_count; i++) {
		if (!value_equal(&attribute->options[i], &option))
			continue;
		value_append_plain(&plain, &option);
		complain(at, "the option \"%s\" is given twice", plain.data);
		text_clear(&plain);
		value_clear(&option);
		return;
	}
	attribute->options[attribute->option_count++] = option;
}

static void read_text_options(
    const struct declaration *at, const struct iml_attribute *declared, struct attribute *attribute)
{
	for (size_t i = 0; i < declared->options_count; i++) {
		const char *option = read_pointer(declared->options, i);
		char *copy = read_text(at, "an option", option, DECLARATION_TEXT_MAX);

		if (option == NULL)
			complain(at, "option number %zu is NULL", i + 1);
		if (copy != NULL)
			add_option(at, attribute, (struct value){.type = VALUE_TEXT, .text = copy});
	}
}

static void read_number_options(
    const struct declaration *at, const struct iml_attribute *declared, struct attribute *attribute)
{
	int64_t number;

	for (size_t i = 0; i < declared->options_count; i++) {
		read_entry(declared->numbers, i, sizeof(number), &number, sizeof(number));
		add_option(at, attribute, value_integer(number));
	}
}

/* Takes over the options of an enumeration: texts or numbers. */
static void read_options(
    const struct declaration *at, const struct iml_attribute *declared, struct attribute *attribute)
{
	const void *items = declared->options;

	if (declared->options == NULL)
		items = declared->numbers;
	if (declared->options != NULL && declared->numbers != NULL) {
		complain(at, "options and numbers exclude each other");
		return;
	}
	if (items == NULL || declared->options_count == 0) {
		complain(at, "an Enum needs at least one option: IML_OPTIONS(\"OK\", \"FAILED\")");
		return;
	}
	/* Pointers and numbers have one size. */
	if (!check_table(at, "options", items, declared->options_count, sizeof(int64_t)))
		return;
	attribute->options = xcalloc(declared->options_count, sizeof(*attribute->options));
	if (declared->options != NULL)
		read_text_options(at, declared, attribute);
	else
		read_number_options(at, declared, attribute);
}

/* The value that a plugin wrote as the default; false if it is none that a constant can have. */
static bool read_value(
    const struct declaration *at, const struct iml_value *declared, struct value *value)
{
	*value = VALUE_NULL_INIT;
	if (declared->kind == IML_KIND_BOOLEAN)
		*value = value_boolean(declared->integer != 0);
	else if (declared->kind == IML_KIND_INTEGER)
		*value = value_integer(declared->integer);
	else if (declared->kind == IML_KIND_UNSIGNED)
		*value =
		    (struct value){.type = VALUE_UNSIGNED, .number = (uint64_t)declared->integer};
	else if (declared->kind == IML_KIND_REAL)
		*value = value_real(declared->real);
	else if (declared->kind == IML_KIND_TEXT)
		value->text = read_text(at, "the default value", declared->text, UINT32_MAX);
	else
		return false;
	if (declared->kind == IML_KIND_TEXT && value->text != NULL)
		value->type = VALUE_TEXT;
	return true;
}

/* Takes over the fixed default, if the attribute could be assigned it; an optional one has none. */
static void read_default(
    const struct declaration *at, const struct iml_attribute *declared, struct attribute *attribute)
{
	char reason[REASON_SIZE];
	struct value value;

	if (declared->default_value.kind == IML_KIND_NULL)
		return;
	if (attribute->type == ATTRIBUTE_REFERENCE ||
	    !read_value(at, &declared->default_value, &value)) {
		complain(at, "the default value can't be one of type %s",
		    attribute_type_name(attribute->type));
		return;
	}
	if (value.type == VALUE_NULL)
		return;
	/* Without options, which was complained about, no value could be valid. */
	if (attribute->type == ATTRIBUTE_ENUM && attribute->option_count == 0)
		value_clear(&value);
	else if (!attribute_validate(attribute, &value, reason))
		complain(at, "the default value is not valid: %s",
		    reason_without_name(attribute, reason));
	else if (!attribute->optional)
		value_move(&attribute->default_value, &value);
	value_clear(&value);
}

/* Complains about options that contradict each other. */
static void check_options(const struct declaration *at, const struct iml_attribute *declared,
    const struct attribute *attribute, bool scannable)
{
	bool has_default =
	    declared->default_value.kind != IML_KIND_NULL || declared->default_function != NULL;

	if (declared->default_value.kind != IML_KIND_NULL && declared->default_function != NULL)
		complain(at, "default_value and default_function exclude each other");
	if (attribute->user_read_only && !attribute->optional)
		complain(at, "an attribute that users can't set (user_read_only) must be optional");
	if (attribute->type == ATTRIBUTE_PASSWORD && declared->obfuscate == NULL)
		complain(at,
		    "a password needs an obfuscate function: IML_PASSWORD(\"%s\", "
		    ".obfuscate = function)",
		    attribute->name);
	if (!scannable || attribute->optional || has_default)
		return;
	if (attribute->hidden)
		complain(at, "hidden in a scannable class, so that nobody can fill it in: make it "
		             "optional or give it a default");
	else if (attribute->type == ATTRIBUTE_REFERENCE)
		complain(at,
		    "a reference in a scannable class, so that nobody can fill it in: make "
		    "it optional");
}

/* Takes over the greatest length. One that would be this long was written as a negative number. */
static void read_max_length(
    const struct declaration *at, const struct iml_attribute *declared, struct attribute *attribute)
{
	if (declared->max_length > INT32_MAX)
		complain(at, "max_length %d is below 0", (int)declared->max_length);
	else
		attribute->max_length = declared->max_length;
}

/* Takes over what depends on the attribute's type. */
static void read_type(const struct declaration *at, const struct iml_attribute *declared,
    bool scannable, struct attribute *attribute)
{
	if (declared->type < ATTRIBUTE_BOOLEAN || declared->type >= ATTRIBUTE_TYPE_END) {
		complain(at,
		    "type number %u is unknown: declare it with IML_STRING(\"%s\") or one of its "
		    "sisters",
		    declared->type, attribute->name);
		attribute->type = ATTRIBUTE_TYPE_END;
		return;
	}
	attribute->type = declared->type;
	check_foreign_options(at, declared);
	if (type_takes[declared->type].limits)
		read_limits(at, declared, attribute);
	if (type_takes[declared->type].max_length)
		read_max_length(at, declared, attribute);
	if (type_takes[declared->type].options)
		read_options(at, declared, attribute);
	read_default(at, declared, attribute);
	check_options(at, declared, attribute, scannable);
}

/* Reads one attribute; false after a complaint if it has no usable name. */
bool read_attribute(const struct declaration *at, size_t index,
    const struct iml_attribute *declared, bool scannable, struct attribute *attribute,
    struct attribute_functions *functions)
{
	struct declaration item = *at;

	*attribute = (struct attribute){.optional = read_flag(&declared->optional),
	    .hidden = read_flag(&declared->hidden),
	    .user_read_only = read_flag(&declared->user_read_only),
	    .origin = index};
	attribute->has_default_function =
	    declared->default_function != NULL && !attribute->optional;
	*functions = (struct attribute_functions){.obfuscate = declared->obfuscate};
	if (attribute->has_default_function)
		functions->default_value = declared->default_function;
	attribute->name =
	    read_name(at, "name of attribute", index, declared->name, ATTRIBUTE_NAME_MAX);
	if (attribute->name == NULL)
		return false;
	item.kind = "attribute";
	item.item = attribute->name;
	check_name(&item, attribute->name, ATTRIBUTE_NAME_MAX);
	attribute->label = read_label(&item, declared->label);
	if (attribute->label == NULL)
		attribute->label = label_from_name(attribute->name);
	read_type(&item, declared, scannable, attribute);
	return true;
}
