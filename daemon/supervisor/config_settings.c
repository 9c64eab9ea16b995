/* SPDX-License-Identifier: MIT */
#include "supervisor/config_settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define SETTINGS_DEPTH_MAX 16

/* ---- settings of a plugin ---- */

static void read_setting(const struct source *source, const yaml_node_t *node, const char *shown,
    const char *name, struct plugin_config *plugin, size_t depth);

/* Reads the entries of a mapping; their names go behind prefix. */
static void read_setting_mapping(const struct source *source, const yaml_node_t *mapping,
    const char *shown, const char *prefix, struct plugin_config *plugin, size_t depth)
{
	const yaml_node_t *key, *value;
	char *inner = xasprintf("%s.", shown);

	node_check_duplicates(source, mapping, inner);
	free(inner);
	for (size_t i = 0; i < node_pair_count(mapping); i++) {
		char *name, *inner_shown;

		if (!node_pair(source, mapping, i, &key, &value))
			continue;
		name = xasprintf("%s%s", prefix, node_text(key));
		inner_shown = xasprintf("%s.%s", shown, node_text(key));
		if (node_text(key)[0] == '\0' || strchr(node_text(key), '.') != NULL)
			node_mistake(source, key, inner_shown,
			    "a name is not empty and has no dot (nest mappings instead)");
		else
			read_setting(source, value, inner_shown, name, plugin, depth + 1);
		free(name);
		free(inner_shown);
	}
}

/* Reads the entries of a list, which are named by their numbers. */
static void read_setting_list(const struct source *source, const yaml_node_t *list,
    const char *shown, const char *prefix, struct plugin_config *plugin, size_t depth)
{
	for (size_t i = 0; i < node_item_count(list); i++) {
		char *name = xasprintf("%s%zu", prefix, i);
		char *inner_shown = xasprintf("%s[%zu]", shown, i);

		read_setting(
		    source, node_item(source, list, i), inner_shown, name, plugin, depth + 1);
		free(name);
		free(inner_shown);
	}
}

static void add_setting(struct plugin_config *plugin, const char *name, const yaml_node_t *value)
{
	plugin->settings =
	    xreallocarray(plugin->settings, plugin->setting_count + 1, sizeof(plugin->settings[0]));
	plugin->settings[plugin->setting_count++] = (struct setting){
	    .key = xstrdup(name), .value = node_is_null(value) ? NULL : xstrdup(node_text(value))};
}

static void read_setting(const struct source *source, const yaml_node_t *node, const char *shown,
    const char *name, struct plugin_config *plugin, size_t depth)
{
	char *prefix;

	if (node->type == YAML_SCALAR_NODE) {
		if (node_expect_scalar(source, node, shown))
			add_setting(plugin, name, node);
		return;
	}
	if (depth > SETTINGS_DEPTH_MAX) {
		node_mistake(source, node, shown, "is nested too deeply (more than %d levels)",
		    SETTINGS_DEPTH_MAX);
		return;
	}
	prefix = xasprintf("%s.", name);
	if (node->type == YAML_MAPPING_NODE)
		read_setting_mapping(source, node, shown, prefix, plugin, depth);
	else
		read_setting_list(source, node, shown, prefix, plugin, depth);
	free(prefix);
}

void config_read_settings(
    struct source *source, const yaml_node_t *node, const char *shown, void *plugin)
{
	if (node_is_null(node))
		return;
	if (node->type != YAML_MAPPING_NODE)
		node_mistake(source, node, shown, "must be a mapping of names and values");
	else
		read_setting_mapping(source, node, shown, "", plugin, 1);
}

/* ---- attributes of a scannable ---- */

static void add_attribute(const struct source *source, const yaml_node_t *key,
    const yaml_node_t *value, struct scannable_config *scannable)
{
	scannable->attributes = xreallocarray(scannable->attributes, scannable->attribute_count + 1,
	    sizeof(scannable->attributes[0]));
	scannable->attributes[scannable->attribute_count++] =
	    (struct typed_attribute){.name = xstrdup(node_text(key)),
	        .value = node_is_null(value) ? NULL : xstrdup(node_text(value)),
	        .place = node_place(source, key)};
}

void config_read_attributes(
    struct source *source, const yaml_node_t *node, const char *shown, void *scannable)
{
	const yaml_node_t *key, *value;
	char *inner;

	if (node_is_null(node))
		return;
	if (node->type != YAML_MAPPING_NODE) {
		node_mistake(
		    source, node, shown, "must be a mapping of attribute names and values");
		return;
	}
	inner = xasprintf("%s.", shown);
	node_check_duplicates(source, node, inner);
	for (size_t i = 0; i < node_pair_count(node); i++) {
		char *name;

		if (!node_pair(source, node, i, &key, &value))
			continue;
		name = xasprintf("%s%s", inner, node_text(key));
		if (node_expect_scalar(source, value, name))
			add_attribute(source, key, value, scannable);
		free(name);
	}
	free(inner);
}
