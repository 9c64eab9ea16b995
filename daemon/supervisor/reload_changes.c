/* SPDX-License-Identifier: MIT */
/* What a reload changes, in words. */
#include "supervisor/reload_changes.h"

#include <string.h>

#include "supervisor/config_keys.h"

#define OF_PLUGIN "plugins[]."

/* Whether a key has one value, in the configuration itself or (prefix) in an entry of a list. */
static bool is_scalar(const struct config_key *key, const char *prefix)
{
	bool is_in_list = strchr(key->name, '[') != NULL;

	if (key->type == CONFIG_LIST || key->type == CONFIG_MAPPING)
		return false;
	return prefix != NULL ? strncmp(key->name, prefix, strlen(prefix)) == 0 : !is_in_list;
}

/* Those that take a restart are told of elsewhere. */
static void describe_settings(
    const struct config *next, const struct config *before, struct text *changes)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (is_scalar(key, NULL) && !key->needs_restart &&
		    !config_key_equal(key, next, before))
			text_printf(changes, "%s: %s is changed\n", config_place(next, key->name),
			    key->name);
	}
}

/* ---- plugins ---- */

static bool has_plugin(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->plugin_count; i++)
		if (strcmp(config->plugins[i].name, name) == 0)
			return true;
	return false;
}

/* Appends the names of what an entry has otherwise and a running process takes up. */
static void describe_entry(
    const struct plugin_config *next, const struct plugin_config *before, struct text *changes)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (is_scalar(key, OF_PLUGIN) && strcmp(key->name, OF_PLUGIN "name") != 0 &&
		    !config_key_equal(key, next, before))
			text_printf(changes, "%s: plugin %s has another %s\n", next->place,
			    next->name, key->name + strlen(OF_PLUGIN));
	}
}

static void describe_plugins(
    const struct supervisor *supervisor, const struct config *before, struct text *changes)
{
	const struct config *config = &supervisor->config;

	for (size_t i = 0; i < config->plugin_count; i++) {
		const struct plugin_config *entry = &config->plugins[i];
		const struct plugin *plugin = supervisor_find_plugin(supervisor, entry->name);

		if (plugin == NULL)
			text_printf(changes, "%s: plugin %s is added\n", entry->place, entry->name);
		else if (plugin_must_restart(plugin, entry))
			text_printf(changes,
			    "%s: plugin %s starts anew: its file, path or settings changed\n",
			    entry->place, entry->name);
		else
			describe_entry(entry, plugin->config, changes);
	}
	for (size_t i = 0; i < before->plugin_count; i++)
		if (!has_plugin(config, before->plugins[i].name))
			text_printf(
			    changes, "plugin %s is no longer listed\n", before->plugins[i].name);
}

/* ---- scannables ---- */

static bool same_value(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool has_attribute(
    const struct scannable_config *scannable, const struct typed_attribute *attribute)
{
	for (size_t i = 0; i < scannable->attribute_count; i++)
		if (strcmp(scannable->attributes[i].name, attribute->name) == 0)
			return same_value(scannable->attributes[i].value, attribute->value);
	return false;
}

static bool is_same(const struct scannable_config *a, const struct scannable_config *b)
{
	if (strcmp(a->plugin, b->plugin) != 0 || strcmp(a->class, b->class) != 0 ||
	    a->attribute_count != b->attribute_count)
		return false;
	for (size_t i = 0; i < a->attribute_count; i++)
		if (!has_attribute(b, &a->attributes[i]))
			return false;
	return true;
}

/* Whether a configuration has the scannable; most are one after another, which *place follows. */
static bool has_scannable(
    const struct config *config, const struct scannable_config *scannable, size_t *place)
{
	for (size_t i = 0; i < config->scannable_count; i++) {
		size_t at = (*place + i) % config->scannable_count;

		if (!is_same(&config->scannables[at], scannable))
			continue;
		*place = at + 1;
		return true;
	}
	return false;
}

/* Tells of the scannables that one configuration has and the other has not. */
static void describe_scannables(
    const struct config *one, const struct config *other, const char *what, struct text *changes)
{
	size_t place = 0;

	for (size_t i = 0; i < one->scannable_count; i++) {
		const struct scannable_config *scannable = &one->scannables[i];

		if (!has_scannable(other, scannable, &place))
			text_printf(changes, "%s: %s of plugin %s %s\n", scannable->place,
			    scannable->class, scannable->plugin, what);
	}
}

void reload_describe(
    const struct supervisor *supervisor, const struct config *before, struct text *changes)
{
	const struct config *config = &supervisor->config;

	describe_settings(config, before, changes);
	describe_plugins(supervisor, before, changes);
	describe_scannables(config, before, "is added, or has other attributes", changes);
	describe_scannables(before, config, "is removed, or had other attributes", changes);
}
