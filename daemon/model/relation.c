/* SPDX-License-Identifier: MIT */
#include "model/class.h"

#include <string.h>

/* Types whose values mean the same everywhere. */
static bool is_comparable(const struct attribute *attribute)
{
	return attribute->type != ATTRIBUTE_PASSWORD && attribute->type != ATTRIBUTE_REFERENCE;
}

void relation_target(const struct relation *relation, struct text *name)
{
	if (relation->target_plugin != NULL)
		text_printf(name, "%s.", relation->target_plugin);
	text_append(name, relation->target_class);
}

/* Whether the class has all attributes that the relation compares. */
static bool has_attributes(
    const struct class *class, const struct class *declaring, const struct relation *relation)
{
	for (size_t i = 0; i < relation->attribute_count; i++) {
		const char *name = declaring->attributes[relation->attributes[i]].name;
		size_t found = class_find_attribute(class, name);

		if (found == CLASS_NOT_FOUND || !is_comparable(&class->attributes[found]))
			return false;
	}
	return true;
}

/* Whether a built-in class or its parents have an attribute. */
static bool builtin_has(enum builtin builtin, const char *name)
{
	for (; builtin != BUILTIN_NONE; builtin = builtin_parent(builtin)) {
		size_t count;
		const struct attribute *attributes = builtin_attributes(builtin, &count);

		for (size_t i = 0; i < count; i++) {
			if (strcmp(attributes[i].name, name) == 0)
				return true;
		}
	}
	return false;
}

/* What becomes of a relation to a built-in class that no class at hand takes part in. */
static enum relation_outcome resolve_builtin(
    const struct class *declaring, const struct relation *relation)
{
	enum builtin builtin = BUILTIN_RESOURCE;

	while (builtin < BUILTIN_END && strcmp(builtin_name(builtin), relation->target_class) != 0)
		builtin++;
	if (builtin == BUILTIN_END)
		return RELATION_NO_CLASS;
	for (size_t i = 0; i < relation->attribute_count; i++) {
		if (!builtin_has(builtin, declaring->attributes[relation->attributes[i]].name))
			return RELATION_NO_ATTRIBUTE;
	}
	return RELATION_FOUND;
}

/* What becomes of a relation to a class of a plugin that no class at hand takes part in. */
static enum relation_outcome resolve_unmatched(
    const struct relation *relation, struct class *const *classes, size_t count)
{
	enum relation_outcome outcome = RELATION_NO_PLUGIN;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(classes[i]->plugin, relation->target_plugin) != 0)
			continue;
		if (strcmp(classes[i]->name, relation->target_class) == 0)
			return RELATION_NO_ATTRIBUTE;
		outcome = RELATION_NO_CLASS;
	}
	return outcome;
}

enum relation_outcome relation_resolve(const struct class *declaring,
    const struct relation *relation, struct class *const *classes, size_t count, bool *takes_part)
{
	struct text target = TEXT_EMPTY;
	bool found = false;

	relation_target(relation, &target);
	for (size_t i = 0; i < count; i++) {
		bool matches = class_derives_from(classes[i], target.data) &&
		               has_attributes(classes[i], declaring, relation);

		found = found || matches;
		if (takes_part != NULL)
			takes_part[i] = matches;
	}
	text_clear(&target);
	if (found)
		return RELATION_FOUND;
	if (relation->target_plugin == NULL)
		return resolve_builtin(declaring, relation);
	return resolve_unmatched(relation, classes, count);
}
