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

/* The part of a device node's path that tells it from others. */
static const char *short_path(const char *path)
{
	static const char *const directories[] = {
	    "/dev/mapper/", "/dev/disk/by-id/", "/dev/disk/by-path/", "/dev/"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		size_t length = strlen(directories[i]);

		if (strncmp(path, directories[i], length) == 0)
			return path + length;
	}
	return path;
}

/* Finds the attributes that device nodes are called after. False if they are not. */
static bool find_place(const struct class *class, size_t *host, size_t *path)
{
	*host = class_find_attribute(class, "host_id");
	*path = class_find_attribute(class, "path");
	return class->builtin == BUILTIN_DEVICE_NODE && *host != CLASS_NOT_FOUND &&
	       *path != CLASS_NOT_FOUND;
}

/* Appends the server and the path of a device node: "3:mpath0". False if it has none. */
static bool append_node(const struct class *class, const struct value *values, struct text *label)
{
	size_t host, path;

	if (!find_place(class, &host, &path))
		return false;
	value_append_plain(label, &values[host]);
	text_append_char(label, ':');
	if (values[path].type == VALUE_TEXT)
		text_append(label, short_path(values[path].text));
	else
		value_append_plain(label, &values[path]);
	return true;
}

/* Appends the label or name of the class, and the identifying values. */
static void append_identity(const struct class *class, const struct value *values,
    reference_label *reference, void *context, struct text *label)
{
	bool several = class->identifier_count > 1;

	text_append(label, class->has_declared_label ? class->label : class->name);
	for (size_t i = 0; i < class->identifier_count; i++) {
		size_t index = class->identifier[i];

		assert(index < class->attribute_count);
		text_append(label, i > 0 ? ", " : several ? " (" : " ");
		append_part(&class->attributes[index], &values[index], reference, context, label);
	}
	if (several)
		text_append_char(label, ')');
}

void class_default_label(const struct class *class, const struct value *values,
    reference_label *reference, void *context, struct text *label)
{
	size_t begin = label->length;

	if (!append_node(class, values, label))
		append_identity(class, values, reference, context, label);
	cut_label(label, begin);
}

bool class_default_label_has(const struct class *class, size_t attribute)
{
	size_t host, path;

	if (find_place(class, &host, &path))
		return attribute == host || attribute == path;
	return class_is_identifying(class, attribute);
}
