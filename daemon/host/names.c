/* SPDX-License-Identifier: MIT */
#include "host/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static uint32_t hash_name(const char *name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * UINT32_C(16777619);
	return hash ^ hash >> 16;
}

static const char *name_of(const struct class *class, size_t entry)
{
	return entry < class->attribute_count
	           ? class->attributes[entry].name
	           : class->statistics[entry - class->attribute_count].name;
}

void class_names_init(struct class_names *names, const struct class *class)
{
	size_t count = class->attribute_count + class->statistic_count;
	size_t size = 4;

	while (size < 2 * count)
		size *= 2;
	names->class = class;
	names->slots = xcalloc(size, sizeof(*names->slots));
	names->mask = (uint32_t)size - 1;
	for (size_t i = 0; i < count; i++) {
		uint32_t at = hash_name(name_of(class, i)) & names->mask;

		while (names->slots[at] != 0)
			at = (at + 1) & names->mask;
		names->slots[at] = (uint32_t)i + 1;
	}
}

void class_names_clear(struct class_names *names)
{
	free(names->slots);
}

static size_t find(const struct class_names *names, const char *name)
{
	uint32_t at = hash_name(name) & names->mask;

	for (; names->slots[at] != 0; at = (at + 1) & names->mask)
		if (strcmp(name_of(names->class, names->slots[at] - 1), name) == 0)
			return names->slots[at] - 1;
	return CLASS_NOT_FOUND;
}

size_t class_names_attribute(const struct class_names *names, const char *name)
{
	size_t entry = find(names, name);

	return entry < names->class->attribute_count ? entry : CLASS_NOT_FOUND;
}

size_t class_names_statistic(const struct class_names *names, const char *name)
{
	size_t entry = find(names, name);

	if (entry == CLASS_NOT_FOUND || entry < names->class->attribute_count)
		return CLASS_NOT_FOUND;
	return entry - names->class->attribute_count;
}

void class_names_explain_attribute(
    const struct class_names *names, const char *name, struct text *reason)
{
	const struct class *class = names->class;

	if (class_names_statistic(names, name) != CLASS_NOT_FOUND) {
		text_printf(reason, "\"%s\" is a statistic, no attribute: use iml_sample()", name);
		return;
	}
	text_printf(reason, "\"%s\" is no attribute; the attributes are", name);
	for (size_t i = 0; i < class->attribute_count; i++)
		text_printf(reason, "%s \"%s\"", i > 0 ? "," : "", class->attributes[i].name);
}

void class_names_explain_statistic(
    const struct class_names *names, const char *name, struct text *reason)
{
	const struct class *class = names->class;

	if (class_names_attribute(names, name) != CLASS_NOT_FOUND) {
		text_printf(reason, "\"%s\" is an attribute, no statistic: use iml_set()", name);
		return;
	}
	text_printf(reason, "\"%s\" is no statistic; the statistics are", name);
	for (size_t i = 0; i < class->statistic_count; i++)
		text_printf(reason, "%s \"%s\"", i > 0 ? "," : "", class->statistics[i].name);
}
