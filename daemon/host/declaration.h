/* SPDX-License-Identifier: MIT */
/*
 * Reading what a plugin declares: its constant tables become classes with everything that they
 * inherit. The tables are found by the sizes in the plugin's definition, never by our own, and
 * copied; no pointer of theirs is followed before it is known to lead into loaded memory.
 *
 * Every mistake is told, and reading goes on: what could be understood of a wrong declaration is
 * kept, so that one mistake does not look like several.
 */
#ifndef HOST_DECLARATION_H
#define HOST_DECLARATION_H

#include <iml/storage_plugin.h>
#include <stdbool.h>
#include <stddef.h>

#include "host/image.h"
#include "host/load.h"
#include "host/reasons.h"
#include "model/class.h"

/* Most entries of any table: more must be a count that is wrong. */
#define DECLARATION_TABLE_MAX 4096

/* Longest labels, units, messages and options, in characters. */
#define DECLARATION_TEXT_MAX 255

/* Which declaration is being read: the beginning of every message about it. */
struct declaration {
	const struct image *image;
	const struct iml_plugin_definition *definition;
	struct reasons *reasons;
	const char *plugin;
	const char *class;
	const char *kind; /* of the item: "attribute", …; NULL: the class itself */
	const char *item; /* name of the item */
};

/* A class whose table was read, and whose bases are known. */
struct class_draft {
	const struct iml_class *declared; /* in the plugin */
	struct iml_class table;
	char *name;
	size_t base;          /* index among the drafts; CLASS_NOT_FOUND: a built-in class */
	enum builtin builtin; /* nearest built-in base; BUILTIN_NONE: none, because of a mistake */
	size_t depth;         /* number of bases among the drafts */
	size_t made;          /* index of the class once it was made */
};

/*
 * Reads all classes of plugin->definition into plugin->classes and plugin->details. Returns false
 * with reasons if there was any mistake; what was read is then to be released all the same.
 */
bool read_declarations(
    struct loaded_plugin *plugin, const struct image *image, struct reasons *reasons);

/* ---- shared by the readers of the single tables ---- */

/* Adds "Resource class 'NAME': kind "item": …" to the reasons. */
void complain(const struct declaration *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether a table of count entries of size bytes can be read. An empty one always can. */
bool check_table(
    const struct declaration *at, const char *what, const void *items, size_t count, size_t size);

/*
 * Copies entry number index of a table whose entries have stride bytes in the plugin to an entry
 * of size bytes. What the plugin's entries lack is zero.
 */
void read_entry(const void *items, size_t index, size_t stride, void *entry, size_t size);

/* A flag of the plugin: anything but 0 is true, also what no bool can be. */
bool read_flag(const bool *flag);

/* Entry number index of a table of pointers. */
const void *read_pointer(const void *items, size_t index);

/*
 * A copy of a declared text of up to max characters; NULL if it is NULL or, after a complaint
 * about what it is ("its label"), not usable.
 */
char *read_text(const struct declaration *at, const char *what, const char *text, size_t max);

/* The same for a label, which can't be empty. */
char *read_label(const struct declaration *at, const char *label);

/*
 * The same for a name, which must be there; which and index tell of what ("name of attribute"). It
 * may be somewhat longer than max, so that it can be told: check_name() complains about that, and
 * about an underscore at its beginning.
 */
char *read_name(
    const struct declaration *at, const char *which, size_t index, const char *name, size_t max);
void check_name(const struct declaration *at, const char *name, size_t max);

/*
 * Reads one attribute. Returns false after a complaint if it has no usable name; other mistakes
 * leave an attribute that can be referred to.
 */
bool read_attribute(const struct declaration *at, size_t index,
    const struct iml_attribute *declared, bool scannable, struct attribute *attribute,
    struct attribute_functions *functions);
struct attribute copy_attribute(const struct attribute *attribute);
void clear_attribute(struct attribute *attribute);

/* The reason of a refused value without the name of the attribute that it begins with. */
const char *reason_without_name(const struct attribute *attribute, const char *reason);

/* The same for statistics. */
bool read_statistic(const struct declaration *at, size_t index,
    const struct iml_statistic *declared, struct statistic *statistic);
struct statistic copy_statistic(const struct statistic *statistic);
void clear_statistic(struct statistic *statistic);

/*
 * Reads one alert condition of a class whose attributes and statistics are complete. Returns false
 * after a complaint if what it judges is not known.
 */
bool read_condition(const struct declaration *at, size_t index,
    const struct iml_alert_condition *declared, const struct class *class,
    struct alert_condition *condition);

/* A copy of a condition of class base for class derived, which has all that its base has. */
struct alert_condition copy_condition(
    const struct alert_condition *condition, const struct class *base, const struct class *derived);

/* Name of the attribute or statistic that a condition judges. */
const char *condition_subject(const struct class *class, const struct alert_condition *condition);

/* Complains about all that does not fit what the condition judges. */
void check_condition(const struct declaration *at, const struct class *class,
    const struct alert_condition *condition);

/*
 * Complains about conditions of one name, if one of them is among the first own ones: the others
 * are inherited.
 */
void check_condition_names(const struct declaration *at, const struct class *class, size_t own);

/*
 * Gives a class whose statistics are complete its charts: those that are declared, then those of
 * its base (NULL: a built-in class); or, if there are none, one for each statistic.
 */
void make_charts(const struct declaration *at, const struct iml_chart_table *table,
    struct class *class, const struct class *base);

/*
 * Gives all classes of the plugin their relations. Complains about mistakes, and warns of relations
 * that nothing can take part in.
 */
void make_relations(const struct declaration *at, struct loaded_plugin *plugin);

/* Complains that what is named as an attribute of the class is none. */
void complain_of_unknown(
    const struct declaration *at, const struct class *class, const char *what, const char *name);

/*
 * Makes a class of a draft, after its base (an index in plugin->classes, or CLASS_NOT_FOUND), and
 * appends it to plugin->classes and plugin->details, which have room for it.
 */
void make_class(const struct declaration *at, const struct class_draft *draft, size_t base,
    struct loaded_plugin *plugin);

#endif
