/* SPDX-License-Identifier: MIT */
/*
 * Reading the relations that a plugin declares, once all its classes are made: a relation may be to
 * any of them. Those to classes of other plugins are resolved by whoever knows these.
 */
#include "host/declaration.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The class of the plugin that is declared at an address, or CLASS_NOT_FOUND. */
static size_t find_declared(const struct loaded_plugin *plugin, const struct iml_class *declared)
{
	for (size_t i = 0; i < plugin->class_count; i++)
		if (plugin->details[i].declared == declared)
			return i;
	return CLASS_NOT_FOUND;
}

/* ---- the target ---- */

/* Finds the target by the address of its class. */
static bool find_target(const struct declaration *at, const struct loaded_plugin *plugin,
    const struct iml_class *target, struct relation *relation)
{
	size_t own = find_declared(plugin, target);
	size_t stride = at->definition->class_size;
	struct iml_class table;

	if (own != CLASS_NOT_FOUND) {
		relation->target_plugin = xstrdup(plugin->name);
		relation->target_class = xstrdup(plugin->classes[own]->name);
		return true;
	}
	if (!image_contains(at->image, target, stride)) {
		complain(at, "its target is not the address of a class");
		return false;
	}
	read_entry(target, 0, stride, &table, sizeof(table));
	if (table.builtin > BUILTIN_NONE && table.builtin < BUILTIN_END) {
		relation->target_class = xstrdup(builtin_name(table.builtin));
		return true;
	}
	complain(at, "its target is not among the classes of the plugin: list it in IML_CLASSES() "
	             "too, or name a class of another plugin");
	return false;
}

/* Takes over the names of the target. */
static bool read_target_names(
    const struct declaration *at, const struct iml_relation *declared, struct relation *relation)
{
	relation->target_plugin =
	    read_text(at, "the plugin of its target", declared->target_plugin, CLASS_NAME_MAX);
	relation->target_class =
	    read_text(at, "the class of its target", declared->target_class, CLASS_NAME_MAX);
	if (declared->target_plugin == NULL || declared->target_class == NULL)
		complain(at, "it has no target: name a class, or a plugin and one of its classes");
	if (relation->target_plugin == NULL || relation->target_class == NULL)
		return false;
	if (relation->target_plugin[0] != '\0' && relation->target_class[0] != '\0')
		return true;
	complain(at, "the name of its target is empty");
	return false;
}

static bool read_target(const struct declaration *at, const struct loaded_plugin *plugin,
    const struct iml_relation *declared, struct relation *relation)
{
	if (declared->target == NULL)
		return read_target_names(at, declared, relation);
	if (declared->target_plugin == NULL && declared->target_class == NULL)
		return find_target(at, plugin, declared->target, relation);
	complain(at, "a class and the name of one as its target exclude each other");
	return false;
}

/* ---- attributes ---- */

static bool compares(const struct relation *relation, size_t attribute)
{
	for (size_t i = 0; i < relation->attribute_count; i++)
		if (relation->attributes[i] == attribute)
			return true;
	return false;
}

/* Complains about attributes whose values nobody may or can compare. */
static void check_type(const struct declaration *at, const struct attribute *attribute)
{
	if (attribute->type == ATTRIBUTE_PASSWORD)
		complain(at, "it matches \"%s\", which is a password", attribute->name);
	else if (attribute->type == ATTRIBUTE_REFERENCE)
		complain(at, "it matches \"%s\", which is a reference", attribute->name);
}

/* Adds an attribute of the class to those that are compared. */
static void add_attribute(const struct declaration *at, const struct class *class, const char *name,
    struct relation *relation)
{
	size_t attribute = class_find_attribute(class, name);

	if (attribute == CLASS_NOT_FOUND)
		complain_of_unknown(at, class, "it matches", name);
	else if (compares(relation, attribute))
		complain(at, "it matches \"%s\" twice", name);
	else
		relation->attributes[relation->attribute_count++] = attribute;
	if (attribute != CLASS_NOT_FOUND)
		check_type(at, &class->attributes[attribute]);
}

/* Reads the names of the attributes; false if any is not usable. */
static bool read_attributes(const struct declaration *at, const struct class *class,
    const struct iml_relation *declared, struct relation *relation)
{
	size_t count = declared->attribute_count;

	if (count == 0)
		complain(at, "it matches no attribute: IML_MATCH(\"attribute\")");
	if (!check_table(at, "attributes to match", declared->attributes, count, sizeof(char *)))
		return false;
	relation->attributes = xcalloc(count, sizeof(*relation->attributes));
	for (size_t i = 0; i < count; i++) {
		const char *declared_name = read_pointer(declared->attributes, i);
		char *name =
		    read_text(at, "the name of an attribute", declared_name, DECLARATION_TEXT_MAX);

		if (declared_name == NULL)
			complain(at, "attribute number %zu to match is NULL", i + 1);
		if (name != NULL)
			add_attribute(at, class, name, relation);
		free(name);
	}
	return relation->attribute_count == count;
}

/* ---- relations ---- */

/* Where a relation is, for messages: its target is text that the caller keeps. */
static struct declaration relation_place(
    const struct declaration *at, const struct relation *relation, struct text *target)
{
	struct declaration place = *at;

	relation_target(relation, target);
	place.kind = "relation to";
	place.item = target->data;
	return place;
}

static void add_relation(struct class *class, struct relation relation)
{
	class->relations =
	    xreallocarray(class->relations, class->relation_count + 1, sizeof(*class->relations));
	class->relations[class->relation_count++] = relation;
}

static void clear_relation(struct relation *relation)
{
	free(relation->target_plugin);
	free(relation->target_class);
	free(relation->attributes);
}

/* Complains if the target is a class that this plugin should have, and warns if nothing matches. */
static void check_target(const struct declaration *at, struct loaded_plugin *plugin,
    const struct class *class, const struct relation *relation)
{
	enum relation_outcome outcome =
	    relation_resolve(class, relation, plugin->classes, plugin->class_count, NULL);
	struct declaration warning = *at;

	warning.reasons = &plugin->warnings;
	if (outcome == RELATION_NO_CLASS)
		complain(at, "the plugin has no class of this name");
	else if (outcome == RELATION_NO_ATTRIBUTE)
		complain(&warning,
		    "neither this class nor one of the plugin that derives from it has all the "
		    "attributes to match");
}

/* Reads what the relation matches, and keeps it if it can be used. */
static void read_relation(const struct declaration *at, struct loaded_plugin *plugin,
    struct class *class, const struct iml_relation *declared, struct relation relation)
{
	struct text target = TEXT_EMPTY;
	struct declaration item = relation_place(at, &relation, &target);

	relation.type = declared->type;
	relation.ignore_case = read_flag(&declared->ignore_case);
	if (declared->type != RELATION_PROVIDE && declared->type != RELATION_SUBSCRIBE)
		complain(&item,
		    "type number %u is unknown: declare it with IML_PROVIDE() or IML_SUBSCRIBE()",
		    declared->type);
	if (read_attributes(&item, class, declared, &relation)) {
		check_target(&item, plugin, class, &relation);
		add_relation(class, relation);
	} else {
		clear_relation(&relation);
	}
	text_clear(&target);
}

/* Reads the relations that the class itself declares. */
static void read_own_relations(const struct declaration *at, struct loaded_plugin *plugin,
    struct class *class, const struct iml_relation_table *table)
{
	size_t stride = at->definition->relation_size;

	if (!check_table(at, "relations", table->items, table->count, stride))
		return;
	for (size_t i = 0; i < table->count; i++) {
		struct declaration item = *at;
		struct relation relation = {0};
		struct iml_relation declared;
		char number[32];

		snprintf(number, sizeof(number), "%zu", i + 1);
		item.kind = "relation number";
		item.item = number;
		read_entry(table->items, i, stride, &declared, sizeof(declared));
		if (read_target(&item, plugin, &declared, &relation))
			read_relation(at, plugin, class, &declared, relation);
		else
			clear_relation(&relation);
	}
}

/* Adds a relation of the base. What was declared anew may not suit it. */
static void inherit_relation(const struct declaration *at, struct class *class,
    const struct class *base, const struct relation *inherited)
{
	struct text target = TEXT_EMPTY;
	struct declaration item = relation_place(at, inherited, &target);
	struct relation relation = *inherited;

	relation.target_plugin = xstrdup(inherited->target_plugin);
	relation.target_class = xstrdup(inherited->target_class);
	relation.attributes = xcalloc(relation.attribute_count, sizeof(*relation.attributes));
	for (size_t i = 0; i < relation.attribute_count; i++) {
		const struct attribute *old = &base->attributes[inherited->attributes[i]];

		relation.attributes[i] = class_find_attribute(class, old->name);
		if (class->attributes[relation.attributes[i]].type != old->type)
			check_type(&item, &class->attributes[relation.attributes[i]]);
	}
	add_relation(class, relation);
	text_clear(&target);
}

/* Gives a class its relations: its own, then inherited ones. */
static void make_class_relations(
    const struct declaration *at, struct loaded_plugin *plugin, size_t index)
{
	const struct loaded_class *detail = &plugin->details[index];
	struct class *class = plugin->classes[index];
	const struct class *base;
	struct iml_class table;

	read_entry(detail->declared, 0, at->definition->class_size, &table, sizeof(table));
	read_own_relations(at, plugin, class, &table.relations);
	if (detail->base == CLASS_NOT_FOUND)
		return;
	base = plugin->classes[detail->base];
	for (size_t i = 0; i < base->relation_count; i++)
		inherit_relation(at, class, base, &base->relations[i]);
}

/* Gives all classes of the plugin their relations, each after its base. */
void make_relations(const struct declaration *at, struct loaded_plugin *plugin)
{
	for (size_t i = 0; i < plugin->class_count; i++) {
		struct declaration place = *at;

		/* Without its bases much would seem to be missing. */
		if (plugin->classes[i]->builtin == BUILTIN_NONE)
			continue;
		place.class = plugin->classes[i]->name;
		make_class_relations(&place, plugin, i);
	}
}
