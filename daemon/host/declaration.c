/* SPDX-License-Identifier: MIT */
/*
 * Reading the classes that a plugin declares. First all class tables are copied and their bases
 * found, then each class is made after its base.
 */
#include "host/declaration.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct reading {
	struct declaration at;
	struct class_draft *drafts;
	size_t count;
};

/* The declaration that messages about a class begin with. */
static struct declaration class_declaration(const struct reading *reading, const char *name)
{
	struct declaration at = reading->at;

	at.class = name;
	return at;
}

/* ---- the list of classes ---- */

/* Adds the class at an address to the drafts if its table and its name can be read. */
static void read_draft(struct reading *reading, size_t index, const struct iml_class *declared)
{
	struct class_draft *draft = &reading->drafts[reading->count];
	size_t stride = reading->at.definition->class_size;
	struct declaration at;
	char number[32];

	snprintf(number, sizeof(number), "number %zu", index + 1);
	at = class_declaration(reading, number);
	*draft = (struct class_draft){.declared = declared, .base = CLASS_NOT_FOUND};
	if (declared == NULL) {
		complain(&at, "the pointer to it is NULL: leave it out of IML_CLASSES()");
		return;
	}
	if (!image_contains(at.image, declared, stride)) {
		complain(&at, "it must have static storage duration");
		return;
	}
	read_entry(declared, 0, stride, &draft->table, sizeof(draft->table));
	draft->name = read_name(&at, "name of class", index, draft->table.name, CLASS_NAME_MAX);
	if (draft->name == NULL)
		return;
	at.class = draft->name;
	check_name(&at, draft->name, CLASS_NAME_MAX);
	reading->count++;
}

/* Complains if an earlier class is the same, or has the same name. */
static void check_duplicate(const struct reading *reading, size_t index)
{
	const struct class_draft *draft = &reading->drafts[index];
	struct declaration at = class_declaration(reading, draft->name);

	for (size_t i = 0; i < index; i++) {
		if (reading->drafts[i].declared == draft->declared)
			complain(&at, "it is listed twice in IML_CLASSES()");
		else if (strcmp(reading->drafts[i].name, draft->name) == 0)
			complain(
			    &at, "the plugin has another class of this name: rename one of them");
		else
			continue;
		return;
	}
}

/* Reads the tables of all classes of the plugin. */
static void read_drafts(struct reading *reading)
{
	const struct iml_class_table *table = &reading->at.definition->classes;
	struct reasons *reasons = reading->at.reasons;

	if (table->items == NULL || table->count == 0) {
		reasons_add(reasons,
		    "the plugin declares no classes: list them in .classes = IML_CLASSES(&...)");
	} else if (table->count > DECLARATION_TABLE_MAX) {
		reasons_add(reasons, "%zu classes are too many (at most %d)", table->count,
		    DECLARATION_TABLE_MAX);
	} else if (!image_contains(
	               reading->at.image, table->items, table->count * sizeof(*table->items))) {
		reasons_add(reasons, "the table of classes must have static storage duration");
	} else {
		reading->drafts = xcalloc(table->count, sizeof(*reading->drafts));
		for (size_t i = 0; i < table->count; i++)
			read_draft(reading, i, read_pointer(table->items, i));
	}
	for (size_t i = 0; i < reading->count; i++)
		check_duplicate(reading, i);
}

/* ---- bases ---- */

static size_t find_draft(const struct reading *reading, const struct iml_class *declared)
{
	for (size_t i = 0; i < reading->count; i++)
		if (reading->drafts[i].declared == declared)
			return i;
	return CLASS_NOT_FOUND;
}

/* The built-in class at an address; BUILTIN_NONE after a complaint if it is none. */
static enum builtin read_builtin(const struct reading *reading, const struct class_draft *draft)
{
	struct declaration at = class_declaration(reading, draft->name);
	size_t stride = reading->at.definition->class_size;
	struct iml_class table;

	if (draft->table.base == NULL)
		return BUILTIN_RESOURCE;
	if (!image_contains(at.image, draft->table.base, stride)) {
		complain(&at, "its base is not the address of a class");
		return BUILTIN_NONE;
	}
	read_entry(draft->table.base, 0, stride, &table, sizeof(table));
	if (table.builtin > BUILTIN_NONE && table.builtin < BUILTIN_END)
		return table.builtin;
	if (table.builtin == BUILTIN_NONE)
		complain(&at, "its base is not among the classes of the plugin: list it in "
		              "IML_CLASSES() too");
	else
		complain(&at, "its base is the built-in class number %u, which is unknown",
		    table.builtin);
	return BUILTIN_NONE;
}

/* Finds what each class is directly based on. */
static void find_bases(struct reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		struct class_draft *draft = &reading->drafts[i];
		struct declaration at = class_declaration(reading, draft->name);

		if (draft->table.builtin != BUILTIN_NONE) {
			complain(&at,
			    "a built-in class can only be a base: leave it out of IML_CLASSES()");
			continue;
		}
		if (draft->table.base != NULL)
			draft->base = find_draft(reading, draft->table.base);
		if (draft->base == CLASS_NOT_FOUND)
			draft->builtin = read_builtin(reading, draft);
	}
}

/* The name of each class from the given one up to where its bases come back to it. */
static void complain_of_loop(const struct reading *reading, size_t index)
{
	struct declaration at = class_declaration(reading, reading->drafts[index].name);
	struct text path = TEXT_EMPTY;
	size_t i = index;

	do {
		text_printf(&path, "%s, ", reading->drafts[i].name);
		i = reading->drafts[i].base;
	} while (i != index);
	complain(&at, "its bases form a loop (%s%s)", path.data, reading->drafts[index].name);
	text_clear(&path);
}

/* Follows the bases of a class to its depth and its built-in base. */
static void follow_bases(struct reading *reading, size_t index)
{
	struct class_draft *draft = &reading->drafts[index];
	size_t i = index;

	while (reading->drafts[i].base != CLASS_NOT_FOUND && draft->depth <= reading->count) {
		i = reading->drafts[i].base;
		draft->depth++;
		if (i != index)
			continue;
		complain_of_loop(reading, index);
		return;
	}
	if (reading->drafts[i].base == CLASS_NOT_FOUND)
		draft->builtin = reading->drafts[i].builtin;
}

/* Finds the bases of all classes. Those in a loop, or above one, are then based on nothing. */
static void resolve_bases(struct reading *reading)
{
	find_bases(reading);
	for (size_t i = 0; i < reading->count; i++)
		follow_bases(reading, i);
	for (size_t i = 0; i < reading->count; i++) {
		struct class_draft *draft = &reading->drafts[i];

		if (draft->builtin != BUILTIN_NONE)
			continue;
		draft->base = CLASS_NOT_FOUND;
		draft->depth = 0;
	}
}

/* ---- making the classes ---- */

/* Makes the classes that have depth bases; returns whether there was any. */
static bool make_classes_of_depth(
    struct reading *reading, struct loaded_plugin *plugin, size_t depth)
{
	size_t before = plugin->class_count;

	for (size_t i = 0; i < reading->count; i++) {
		struct class_draft *draft = &reading->drafts[i];
		struct declaration at = class_declaration(reading, draft->name);
		size_t base = CLASS_NOT_FOUND;

		if (draft->depth != depth)
			continue;
		if (draft->base != CLASS_NOT_FOUND)
			base = reading->drafts[draft->base].made;
		draft->made = plugin->class_count;
		make_class(&at, draft, base, plugin);
	}
	return plugin->class_count > before;
}

/* Makes all classes, each after its bases. */
static void make_classes(struct reading *reading, struct loaded_plugin *plugin)
{
	size_t depth = 0;

	plugin->classes = xcalloc(reading->count, sizeof(*plugin->classes));
	plugin->details = xcalloc(reading->count, sizeof(*plugin->details));
	while (make_classes_of_depth(reading, plugin, depth))
		depth++;
	assert(plugin->class_count == reading->count);
}

/* Complains about scannable classes of a plugin that can't scan. */
static void check_hooks(const struct loaded_plugin *plugin, struct reasons *reasons)
{
	if (plugin->definition.initial_scan != NULL)
		return;
	for (size_t i = 0; i < plugin->class_count; i++) {
		if (!plugin->classes[i]->scannable)
			continue;
		reasons_add(reasons,
		    "the plugin has no initial_scan, which its scannable class '%s' needs",
		    plugin->classes[i]->name);
		return;
	}
}

/* Reads all classes of a plugin; false with reasons if there was any mistake. */
bool read_declarations(
    struct loaded_plugin *plugin, const struct image *image, struct reasons *reasons)
{
	size_t mistakes = reasons->count;
	struct reading reading = {.at = {.image = image,
	                              .definition = &plugin->definition,
	                              .reasons = reasons,
	                              .plugin = plugin->name}};

	read_drafts(&reading);
	resolve_bases(&reading);
	make_classes(&reading, plugin);
	make_relations(&reading.at, plugin);
	check_hooks(plugin, reasons);
	for (size_t i = 0; i < reading.count; i++)
		free(reading.drafts[i].name);
	free(reading.drafts);
	return reasons->count == mistakes;
}
