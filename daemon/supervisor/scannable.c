/* SPDX-License-Identifier: MIT */
#include "supervisor/scannable_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

/* An identity that a scannable of the configuration has. */
struct identity {
	char *key;   /* class and identifier */
	char *place; /* of the scannable */
	UT_hash_handle hh;
};

/* ---- mistakes ---- */

void scannable_mistake(struct reading *reading, const char *place, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	log_about(LOG_LEVEL_ERROR, reading->plugin->config->name, NULL, "%s: %s", place, text);
	mistakes_add(reading->mistakes, place, text);
	free(text);
}

void mistakes_add(struct mistake_list *list, const char *place, const char *text)
{
	list->items = xgrow(list->items, list->count, &list->capacity, sizeof(*list->items));
	list->items[list->count++] =
	    (struct mistake){.place = xstrdup(place), .text = xstrdup(text)};
}

void mistakes_clear(struct mistake_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].place);
		free(list->items[i].text);
	}
	free(list->items);
	*list = (struct mistake_list){0};
}

/* ---- reading ---- */

const struct class *scannable_find_class(const struct plugin *plugin, const char *name)
{
	for (size_t i = 0; i < plugin->class_count; i++)
		if (strcmp(plugin->classes[i]->name, name) == 0)
			return plugin->classes[i];
	return NULL;
}

/* A scannable that is being read. */
struct complainer {
	struct reading *reading;
	const char *place; /* of the whole */
};

static void complain(void *context, const char *place, const char *attribute, const char *text)
{
	const struct complainer *complainer = context;

	(void)attribute;
	scannable_mistake(
	    complainer->reading, place != NULL ? place : complainer->place, "%s", text);
}

static void complain_of_class(struct reading *reading, const struct scannable_config *config)
{
	char *names = class_scannable_names(reading->plugin->classes, reading->plugin->class_count);

	scannable_mistake(reading, config->place,
	    "plugin %s has no scannable class \"%s\" (it has: %s)", config->plugin, config->class,
	    names);
	free(names);
}

struct value *scannable_read(
    struct reading *reading, const struct scannable_config *config, const struct class **class)
{
	struct complainer complainer = {reading, config->place};
	size_t before = reading->mistakes->count;
	struct value *values;

	*class = scannable_find_class(reading->plugin, config->class);
	if (*class == NULL || !(*class)->scannable) {
		*class = NULL;
		complain_of_class(reading, config);
		return NULL;
	}
	values = xcalloc((*class)->attribute_count, sizeof(*values));
	typed_read(
	    *class, config->attributes, config->attribute_count, values, complain, &complainer);
	if (reading->mistakes->count == before)
		return values;
	typed_free_values(*class, values);
	return NULL;
}

const char *scannable_typed(const struct scannable_config *config, const char *attribute)
{
	for (size_t i = 0; i < config->attribute_count; i++)
		if (strcmp(config->attributes[i].name, attribute) == 0)
			return config->attributes[i].value;
	return NULL;
}

static void ignore_complaint(
    void *context, const char *place, const char *attribute, const char *text)
{
	(void)context;
	(void)place;
	(void)attribute;
	(void)text;
}

char *scannable_label(const struct plugin *plugin, const struct scannable_config *config)
{
	const struct class *class = scannable_find_class(plugin, config->class);
	struct text label = TEXT_EMPTY;
	struct value *values;

	if (class == NULL)
		return xasprintf("%s (%s)", config->class, config->place);
	values = xcalloc(class->attribute_count, sizeof(*values));
	typed_read(
	    class, config->attributes, config->attribute_count, values, ignore_complaint, NULL);
	class_default_label(class, values, NULL, NULL, &label);
	typed_free_values(class, values);
	return text_steal(&label);
}

/* ---- identities ---- */

/* Notes an identity, or finds the scannable before that has it. */
static const struct identity *note_identity(
    struct identity **identities, const char *key, const char *place)
{
	struct identity *identity;

	HASH_FIND_STR(*identities, key, identity);
	if (identity != NULL)
		return identity;
	identity = xcalloc(1, sizeof(*identity));
	identity->key = xstrdup(key);
	identity->place = xstrdup(place);
	HASH_ADD_KEYPTR(hh, *identities, identity->key, strlen(identity->key), identity);
	return NULL;
}

bool scannable_take_identity(struct reading *reading, const struct scannable_config *config,
    const struct class *class, const struct value *values)
{
	const struct identity *other = NULL;
	struct text key = TEXT_EMPTY;
	char reason[REASON_SIZE];
	bool possible;

	if (class->scope == IDENTIFIER_AUTO)
		return true;
	text_append(&key, class->name);
	possible = class_identifier(class, values, &key, reason);
	if (possible)
		other = note_identity(reading->identities, key.data, config->place);
	text_clear(&key);
	if (!possible)
		scannable_mistake(reading, config->place, "%s", reason);
	else if (other != NULL)
		scannable_mistake(reading, config->place, "this %s is already given at %s",
		    class->name, other->place);
	return possible && other == NULL;
}

void identities_free(struct identity **identities)
{
	struct identity *identity, *next;

	HASH_ITER (hh, *identities, identity, next) {
		HASH_DEL(*identities, identity);
		free(identity->key);
		free(identity->place);
		free(identity);
	}
}

/* ---- checking ---- */

static void check_one(struct reading *reading, const struct scannable_config *config)
{
	const struct class *class;
	struct value *values = scannable_read(reading, config, &class);

	if (values == NULL)
		return;
	if (!typed_needs_plugin(class, values))
		scannable_take_identity(reading, config, class, values);
	typed_free_values(class, values);
}

unsigned scannables_check(struct plugin *plugin)
{
	const struct config *config = &plugin->supervisor->config;
	struct identity *identities = NULL;
	struct reading reading = {
	    .plugin = plugin, .mistakes = &plugin->rejected, .identities = &identities};

	mistakes_clear(&plugin->rejected);
	for (size_t i = 0; i < config->scannable_count; i++)
		if (strcmp(config->scannables[i].plugin, plugin->config->name) == 0)
			check_one(&reading, &config->scannables[i]);
	identities_free(&identities);
	return (unsigned)plugin->rejected.count;
}
