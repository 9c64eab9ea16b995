/* SPDX-License-Identifier: MIT */
/* The classes of the naive model, as plugin hosts declare them. */
#ifndef TESTS_UNIT_RANDOM_CLASSES_H
#define TESTS_UNIT_RANDOM_CLASSES_H

#include "graph_site.h"

#include "../naive/things.h"

static inline void random_add_states(struct class *class, size_t state)
{
	struct alert_condition *conditions = xcalloc(2, sizeof(*conditions));

	class->conditions = conditions;
	class->condition_count = 2;
	for (int i = 0; i < 2; i++)
		conditions[i] = (struct alert_condition){
		    .type = CONDITION_VALUE, .subject = state, .raise_after = 1, .clear_after = 1};
	conditions[0].message = xstrdup("Failure");
	conditions[1].message = xstrdup("Trouble");
	conditions[1].id = xstrdup("any");
	add_state(class, 0, 0, naive_text(STATE, FAILED));
	add_state(class, 0, 1, naive_text(STATE, WORN));
	add_state(class, 1, 2, naive_text(STATE, WORN));
	add_state(class, 1, 2, naive_text(STATE, FAILED));
}

/* Index of the attribute that holds a value of the model. */
static inline uint32_t random_attribute(int class, int value)
{
	uint32_t index = class == SPINDLE ? 2 : 1;

	for (int i = 0; i < value; i++)
		index += naive_classes[class].has[i];
	return index;
}

static inline void random_add_attributes(struct class *class, int index)
{
	const struct naive_class *naive = &naive_classes[index];

	if (index == SPINDLE)
		add_attribute(class, "tray", ATTRIBUTE_REFERENCE, false);
	add_attribute(class, "name", index <= SERVER ? ATTRIBUTE_STRING : ATTRIBUTE_INTEGER, false);
	for (int i = 0; i < VALUES; i++)
		if (naive->has[i])
			add_attribute(class, i == REF ? naive->ref : naive_values[i].name,
			    i == REF                    ? ATTRIBUTE_REFERENCE
			    : naive_values[i].is_number ? ATTRIBUTE_INTEGER
			                                : ATTRIBUTE_STRING,
			    !naive_is_vital(index, i));
	if (index == MACHINE)
		add_attribute(class, "host_id", ATTRIBUTE_INTEGER, true);
	if (index == NUMBERED)
		return;
	add_identifier(class, 0);
	if (index == SPINDLE)
		add_identifier(class, 1);
}

static inline void random_add_relation(struct class *class, enum relation_type type,
    const char *plugin, const char *target, int first, int last, bool ignore_case)
{
	struct relation relation = {.type = type,
	    .target_plugin = xstrdup(plugin),
	    .target_class = xstrdup(target),
	    .attributes = xcalloc(2, sizeof(size_t)),
	    .ignore_case = ignore_case};

	relation.attributes[relation.attribute_count++] = (size_t)first;
	if (last != first)
		relation.attributes[relation.attribute_count++] = (size_t)last;
	APPEND(class->relations, class->relation_count, relation);
}

static inline void random_add_relations(struct class *class, int index)
{
	int wwn = (int)random_attribute(index, WWN), size = (int)random_attribute(index, SIZE);

	if (index == LUN || index == FAT_LUN)
		random_add_relation(
		    class, RELATION_PROVIDE, "naive_linux", "Device", wwn, wwn, true);
	if (index == DEVICE)
		random_add_relation(
		    class, RELATION_SUBSCRIBE, "naive_array", "Shared", wwn, size, false);
	if (index == MOUNT)
		random_add_relation(
		    class, RELATION_SUBSCRIBE, "naive_linux", "Part", size, size, false);
	if (index == RATING)
		random_add_relation(
		    class, RELATION_PROVIDE, "naive_linux", "Device", wwn, wwn, false);
	if (index == EXPORT)
		random_add_relation(
		    class, RELATION_SUBSCRIBE, "naive_array", "Lun", size, size, false);
}

static inline enum builtin random_builtin(const char *name)
{
	enum builtin builtin = BUILTIN_RESOURCE;

	while (strcmp(builtin_name(builtin), name) != 0)
		builtin++;
	return builtin;
}

/* Names another base, nearer than the one that was at this place. */
static inline void random_add_ancestor(struct class *class, size_t place, const char *name)
{
	class->ancestry =
	    xreallocarray(class->ancestry, ++class->ancestry_count, sizeof(*class->ancestry));
	for (size_t i = class->ancestry_count - 1; i > place; i--)
		class->ancestry[i] = class->ancestry[i - 1];
	class->ancestry[place] = xstrdup(name);
}

static inline struct class *random_class(int index)
{
	const struct naive_class *naive = &naive_classes[index];
	struct class *class = class_begin(naive->name, random_builtin(naive->kind),
	    index == NUMBERED                                       ? IDENTIFIER_AUTO
	    : index <= SERVER || index == SHARED || index == EXPORT ? IDENTIFIER_GLOBAL
	                                                            : IDENTIFIER_SCOPED);

	free(class->plugin);
	class->plugin = xstrdup(naive_plugins[naive->plugin]);
	free(class->label);
	class->label = xstrdup(naive->name);
	class->has_declared_label = true;
	free(class->ancestry[0]);
	class->ancestry[0] = xasprintf("%s.%s", class->plugin, naive->name);
	if (index == FAT_LUN)
		random_add_ancestor(class, 1, "naive_array.Lun");
	if (index == PART)
		random_add_ancestor(class, 2, "LogicalDrive");
	class->device_type = xstrdup(naive->device_type != NULL ? naive->device_type : "linux");
	class->unusable_for_lustre = naive->unusable;
	random_add_attributes(class, index);
	if (naive->has[STATE])
		random_add_states(class, random_attribute(index, STATE));
	random_add_relations(class, index);
	return class;
}

/* Where a class is among those of its plugin: both are in the order of the model. */
static inline uint32_t random_class_place(int index)
{
	uint32_t place = 0;

	for (int i = 0; i < index; i++)
		place += naive_classes[i].plugin == naive_classes[index].plugin;
	return place;
}

static inline size_t random_class_count(int plugin)
{
	size_t count = 0;

	for (int i = 0; i < CLASSES; i++)
		count += naive_classes[i].plugin == plugin;
	return count;
}

static inline struct class **random_classes(int plugin)
{
	struct class **classes = xcalloc(CLASSES, sizeof(*classes));

	for (int i = 0; i < CLASSES; i++)
		if (naive_classes[i].plugin == plugin)
			classes[random_class_place(i)] = random_class(i);
	return classes;
}

#endif
