/* SPDX-License-Identifier: MIT */
/* Making a class of what a plugin declares and what it inherits. */
#include "host/declaration.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Most attributes that a message lists. */
#define LISTED_MAX 20

/* A class while it is made. */
struct making {
	struct declaration at;
	const struct iml_class *table;
	struct class *class;
	struct loaded_class *detail;
	const struct class *base; /* NULL: a built-in class */
	const struct loaded_class *base_detail;
	/* Own attributes while they are read; then moved behind the inherited ones. */
	struct attribute *own_attributes;
	struct attribute_functions *own_functions;
	size_t own_attribute_count;
	size_t own_statistic_count; /* these come first in class->statistics */
	size_t own_condition_count; /* these come first in class->conditions */
};

/* ---- attributes ---- */

static bool declares_attribute(const struct making *making, const char *name)
{
	for (size_t i = 0; i < making->own_attribute_count; i++)
		if (strcmp(making->own_attributes[i].name, name) == 0)
			return true;
	return false;
}

/* Keeps an own attribute unless there is one of its name. */
static void keep_attribute(
    struct making *making, struct attribute *attribute, struct attribute_functions functions)
{
	if (declares_attribute(making, attribute->name)) {
		complain(&making->at, "two attributes have the name \"%s\": rename one of them",
		    attribute->name);
		clear_attribute(attribute);
		return;
	}
	making->own_attributes[making->own_attribute_count] = *attribute;
	making->own_functions[making->own_attribute_count] = functions;
	making->own_attribute_count++;
}

/* Reads the attributes that the class itself declares. */
static void read_own_attributes(struct making *making)
{
	const struct iml_attribute_table *table = &making->table->attributes;
	size_t stride = making->at.definition->attribute_size;

	if (!check_table(&making->at, "attributes", table->items, table->count, stride))
		return;
	making->own_attributes = xcalloc(table->count, sizeof(*making->own_attributes));
	making->own_functions = xcalloc(table->count, sizeof(*making->own_functions));
	for (size_t i = 0; i < table->count; i++) {
		struct iml_attribute declared;
		struct attribute attribute;
		struct attribute_functions functions;

		read_entry(table->items, i, stride, &declared, sizeof(declared));
		if (read_attribute(&making->at, i, &declared, making->class->scannable, &attribute,
		        &functions))
			keep_attribute(making, &attribute, functions);
	}
}

/* Appends an attribute, which the class then owns. */
static void add_attribute(
    struct making *making, struct attribute attribute, struct attribute_functions functions)
{
	struct class *class = making->class;
	struct loaded_class *detail = making->detail;
	size_t count = class->attribute_count + 1;

	class->attributes = xreallocarray(class->attributes, count, sizeof(*class->attributes));
	detail->functions = xreallocarray(detail->functions, count, sizeof(*detail->functions));
	class->attributes[count - 1] = attribute;
	detail->functions[count - 1] = functions;
	class->attribute_count = count;
}

/* Adds an inherited attribute unless the class declares it anew. */
static void inherit_attribute(
    struct making *making, const struct attribute *attribute, struct attribute_functions functions)
{
	if (!declares_attribute(making, attribute->name))
		add_attribute(making, copy_attribute(attribute), functions);
}

/* Adds the attributes of a built-in class after those of its parent. */
static void inherit_builtin(struct making *making, enum builtin builtin)
{
	const struct attribute *attributes;
	size_t count;

	if (builtin == BUILTIN_NONE)
		return;
	inherit_builtin(making, builtin_parent(builtin));
	attributes = builtin_attributes(builtin, &count);
	for (size_t i = 0; i < count; i++)
		inherit_attribute(making, &attributes[i], (struct attribute_functions){0});
}

/* Gives the class its attributes: inherited ones, then its own. */
static void make_attributes(struct making *making)
{
	read_own_attributes(making);
	if (making->base == NULL)
		inherit_builtin(making, making->class->builtin);
	for (size_t i = 0; making->base != NULL && i < making->base->attribute_count; i++)
		inherit_attribute(
		    making, &making->base->attributes[i], making->base_detail->functions[i]);
	for (size_t i = 0; i < making->own_attribute_count; i++)
		add_attribute(making, making->own_attributes[i], making->own_functions[i]);
	if (making->class->attribute_count > CLASS_ATTRIBUTES_MAX)
		complain(&making->at,
		    "%zu attributes, inherited ones included, are too many (at most %d)",
		    making->class->attribute_count, CLASS_ATTRIBUTES_MAX);
}

/* ---- statistics ---- */

static void add_statistic(struct class *class, struct statistic statistic)
{
	class->statistics = xreallocarray(
	    class->statistics, class->statistic_count + 1, sizeof(*class->statistics));
	class->statistics[class->statistic_count++] = statistic;
}

/* Reads the statistics that the class itself declares. */
static void read_own_statistics(struct making *making)
{
	const struct iml_statistic_table *table = &making->table->statistics;
	size_t stride = making->at.definition->statistic_size;

	if (!check_table(&making->at, "statistics", table->items, table->count, stride))
		return;
	for (size_t i = 0; i < table->count; i++) {
		struct iml_statistic declared;
		struct statistic statistic;

		read_entry(table->items, i, stride, &declared, sizeof(declared));
		if (!read_statistic(&making->at, i, &declared, &statistic))
			continue;
		if (class_find_statistic(making->class, statistic.name) == CLASS_NOT_FOUND) {
			add_statistic(making->class, statistic);
			continue;
		}
		complain(&making->at, "two statistics have the name \"%s\": rename one of them",
		    statistic.name);
		clear_statistic(&statistic);
	}
}

/* Gives the class its statistics: its own, then inherited ones that it does not declare anew. */
static void make_statistics(struct making *making)
{
	struct class *class = making->class;

	read_own_statistics(making);
	making->own_statistic_count = class->statistic_count;
	for (size_t i = 0; making->base != NULL && i < making->base->statistic_count; i++) {
		const struct statistic *statistic = &making->base->statistics[i];

		if (class_find_statistic(class, statistic->name) == CLASS_NOT_FOUND)
			add_statistic(class, copy_statistic(statistic));
	}
}

static bool has_both(const struct class *class, const char *name)
{
	return class_find_attribute(class, name) != CLASS_NOT_FOUND &&
	       class_find_statistic(class, name) != CLASS_NOT_FOUND;
}

/* Complains about names of both an attribute and a statistic, unless the base has both. */
static void check_ambiguous_names(const struct making *making)
{
	for (size_t i = 0; i < making->class->statistic_count; i++) {
		const char *name = making->class->statistics[i].name;

		if (has_both(making->class, name) &&
		    (making->base == NULL || !has_both(making->base, name)))
			complain(&making->at,
			    "\"%s\" is both an attribute and a statistic: rename one of them",
			    name);
	}
}

/* ---- alert conditions ---- */

static void add_condition(struct class *class, struct alert_condition condition)
{
	class->conditions = xreallocarray(
	    class->conditions, class->condition_count + 1, sizeof(*class->conditions));
	class->conditions[class->condition_count++] = condition;
}

/* Reads the conditions that the class itself declares. */
static void read_own_conditions(struct making *making)
{
	const struct iml_alert_condition_table *table = &making->table->alert_conditions;
	size_t stride = making->at.definition->alert_condition_size;

	if (!check_table(&making->at, "alert conditions", table->items, table->count, stride))
		return;
	for (size_t i = 0; i < table->count; i++) {
		struct iml_alert_condition declared;
		struct alert_condition condition;

		read_entry(table->items, i, stride, &declared, sizeof(declared));
		if (read_condition(&making->at, i, &declared, making->class, &condition))
			add_condition(making->class, condition);
	}
}

/* Whether a condition judges what the class itself declares. */
static bool judges_own(const struct making *making, const struct alert_condition *condition)
{
	size_t inherited = making->class->attribute_count - making->own_attribute_count;

	return condition->on_statistic ? condition->subject < making->own_statistic_count
	                               : condition->subject >= inherited;
}

/* Gives the class its conditions: its own, then all inherited ones. */
static void make_conditions(struct making *making)
{
	struct class *class = making->class;

	read_own_conditions(making);
	making->own_condition_count = class->condition_count;
	for (size_t i = 0; making->base != NULL && i < making->base->condition_count; i++) {
		add_condition(
		    class, copy_condition(&making->base->conditions[i], making->base, class));
		/* What was declared anew may not suit the inherited condition. */
		if (judges_own(making, &class->conditions[class->condition_count - 1]))
			check_condition(
			    &making->at, class, &class->conditions[class->condition_count - 1]);
	}
	check_condition_names(&making->at, class, making->own_condition_count);
}

/* ---- identifier ---- */

/* Complains about a name that is no attribute, and lists those that are. */
void complain_of_unknown(
    const struct declaration *at, const struct class *class, const char *what, const char *name)
{
	struct text known = TEXT_EMPTY;

	if (class_find_statistic(class, name) != CLASS_NOT_FOUND) {
		complain(at, "%s \"%s\", which is a statistic, not an attribute", what, name);
		return;
	}
	for (size_t i = 0; i < class->attribute_count && i < LISTED_MAX; i++)
		text_printf(&known, "%s%s", i > 0 ? ", " : "", class->attributes[i].name);
	if (class->attribute_count > LISTED_MAX)
		text_append(&known, ", …");
	complain(at, "%s \"%s\", which is no attribute; there are: %s", what, name,
	    known.length > 0 ? known.data : "none");
	text_clear(&known);
}

/* Adds an attribute to the identifier. */
static void add_identifying(struct making *making, const char *name)
{
	struct class *class = making->class;
	size_t attribute = class_find_attribute(class, name);

	if (attribute == CLASS_NOT_FOUND)
		complain_of_unknown(&making->at, class, "the identifier names", name);
	else if (class_is_identifying(class, attribute))
		complain(&making->at, "the identifier names \"%s\" twice", name);
	else if (class->attributes[attribute].type == ATTRIBUTE_PASSWORD)
		complain(&making->at,
		    "the identifier names \"%s\", which is a password and can't identify", name);
	else
		class->identifier[class->identifier_count++] = attribute;
}

/* Reads the names of the identifying attributes. */
static void read_identifying(struct making *making)
{
	const struct iml_identifier *declared = &making->table->identifier;

	if (declared->count == 0)
		complain(
		    &making->at, "the identifier names no attribute: IML_SCOPED_ID(\"attribute\")");
	if (!check_table(&making->at, "identifying attributes", declared->names, declared->count,
	        sizeof(char *)))
		return;
	making->class->identifier = xcalloc(declared->count, sizeof(*making->class->identifier));
	for (size_t i = 0; i < declared->count; i++) {
		const char *declared_name = read_pointer(declared->names, i);
		char *name = read_text(
		    &making->at, "a name in the identifier", declared_name, DECLARATION_TEXT_MAX);

		if (declared_name == NULL)
			complain(&making->at, "name number %zu in the identifier is NULL", i + 1);
		if (name != NULL)
			add_identifying(making, name);
		free(name);
	}
}

/* Gives the class its identifier, which is never inherited. */
static void make_identifier(struct making *making)
{
	const struct iml_identifier *declared = &making->table->identifier;

	making->class->scope = declared->scope;
	if (declared->scope == IDENTIFIER_SCOPED || declared->scope == IDENTIFIER_GLOBAL)
		read_identifying(making);
	else if (declared->scope == IDENTIFIER_NONE)
		complain(&making->at,
		    "it has no identifier: give it .identifier = IML_SCOPED_ID(\"attribute\") or "
		    "IML_GLOBAL_ID(\"attribute\") (identifiers are not inherited)");
	else if (declared->scope != IDENTIFIER_AUTO)
		complain(&making->at,
		    "the identifier has the unknown scope number %u: make it with "
		    "IML_SCOPED_ID(\"attribute\") or IML_GLOBAL_ID(\"attribute\")",
		    declared->scope);
	else if (!making->class->scannable)
		complain(&making->at,
		    "an automatic identifier is for scannable classes only: use "
		    "IML_SCOPED_ID(\"attribute\") or IML_GLOBAL_ID(\"attribute\")");
	else if (declared->count > 0)
		complain(&making->at, "an automatic identifier names no attributes: IML_AUTO_ID()");
}

/* ---- the class itself ---- */

static bool builtin_is_a(enum builtin builtin, enum builtin base)
{
	while (builtin != BUILTIN_NONE && builtin != base)
		builtin = builtin_parent(builtin);
	return builtin == base;
}

static void add_ancestor(struct class *class, char *name)
{
	class->ancestry =
	    xreallocarray(class->ancestry, class->ancestry_count + 1, sizeof(*class->ancestry));
	class->ancestry[class->ancestry_count++] = name;
}

/* Lists the class and its bases up to the plain resource. */
static void make_ancestry(struct making *making)
{
	struct class *class = making->class;
	enum builtin builtin = class->builtin;

	add_ancestor(class, xasprintf("%s.%s", class->plugin, class->name));
	for (size_t i = 0; making->base != NULL && i < making->base->ancestry_count; i++)
		add_ancestor(class, xstrdup(making->base->ancestry[i]));
	for (; making->base == NULL && builtin != BUILTIN_NONE; builtin = builtin_parent(builtin))
		add_ancestor(class, xstrdup(builtin_name(builtin)));
}

/* Reads what is declared for logical drives, and inherited among them. */
static void make_logical_drive(struct making *making)
{
	const struct iml_class *table = making->table;
	struct class *class = making->class;

	class->device_type =
	    read_text(&making->at, "the device type", table->device_type, DECLARATION_TEXT_MAX);
	class->unusable_for_lustre = read_flag(&table->unusable_for_lustre);
	if (!builtin_is_a(class->builtin, BUILTIN_LOGICAL_DRIVE)) {
		if (table->device_type != NULL || class->unusable_for_lustre)
			complain(&making->at, "device_type and unusable_for_lustre are for logical "
			                      "drives only");
		return;
	}
	if (making->base != NULL && making->base->unusable_for_lustre)
		class->unusable_for_lustre = true;
	if (class->device_type == NULL)
		class->device_type =
		    xstrdup(making->base != NULL ? making->base->device_type : NULL);
	if (class->device_type == NULL)
		class->device_type = xstrdup("linux");
}

/* Reads the label, and takes over the function that makes labels of resources. */
static void make_label(struct making *making)
{
	struct class *class = making->class;

	class->label = read_label(&making->at, making->table->label);
	class->has_declared_label = class->label != NULL;
	if (class->label == NULL)
		class->label = xasprintf("%s.%s", class->plugin, class->name);
	making->detail->get_label = making->table->get_label;
	if (making->detail->get_label == NULL && making->base != NULL)
		making->detail->get_label = making->base_detail->get_label;
	class->has_label_function = making->detail->get_label != NULL;
}

/* Makes the parts of a class in an order in which each can refer to those before it. */
static void make_parts(struct making *making, bool bases_known)
{
	make_label(making);
	make_attributes(making);
	make_statistics(making);
	check_ambiguous_names(making);
	/* Without its bases much would seem to be missing. */
	if (!bases_known)
		return;
	make_ancestry(making);
	make_logical_drive(making);
	make_identifier(making);
	make_conditions(making);
	make_charts(&making->at, &making->table->charts, making->class, making->base);
}

/* Makes a class of a draft and appends it to those of the plugin. */
void make_class(const struct declaration *at, const struct class_draft *draft, size_t base,
    struct loaded_plugin *plugin)
{
	size_t index = plugin->class_count++;
	struct class *class = xcalloc(1, sizeof(*class));
	struct making making = {
	    .at = *at, .table = &draft->table, .class = class, .detail = &plugin->details[index]};

	plugin->classes[index] = class;
	plugin->details[index] =
	    (struct loaded_class){.declared = draft->declared, .index = index, .base = base};
	if (base != CLASS_NOT_FOUND) {
		making.base = plugin->classes[base];
		making.base_detail = &plugin->details[base];
	}
	class->plugin = xstrdup(at->plugin);
	class->name = xstrdup(draft->name);
	class->internal = read_flag(&plugin->definition.internal);
	class->builtin = draft->builtin;
	class->scannable = builtin_is_a(draft->builtin, BUILTIN_SCANNABLE);
	make_parts(&making, draft->builtin != BUILTIN_NONE);
	free(making.own_attributes);
	free(making.own_functions);
}
