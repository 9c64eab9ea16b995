/* SPDX-License-Identifier: MIT */
#include "supervisor/config_document.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/paths.h"
#include "supervisor/config_keys.h"
#include "supervisor/config_settings.h"

/* Where in the tree of keys the walk is: a mapping, and the structure that its keys fill. */
struct scope {
	const char *prefix; /* of the names in config_keys: "scan.", "plugins[]." */
	const char *shown;  /* of the names in messages: "scan.", "plugins[2]." */
	void *object;
};

/* ---- keys ---- */

static void read_mapping(
    struct source *source, const yaml_node_t *mapping, const struct scope *scope);
static void read_plugins(
    struct source *source, const yaml_node_t *node, const char *shown, void *object);
static void read_scannables(
    struct source *source, const yaml_node_t *node, const char *shown, void *object);

/* Readers of the keys that are not scalars. */
static const struct {
	const char *name;
	void (*read)(
	    struct source *source, const yaml_node_t *node, const char *shown, void *object);
} structures[] = {
    {"plugins", read_plugins},
    {"plugins[].settings", config_read_settings},
    {"scannables", read_scannables},
    {"scannables[].attributes", config_read_attributes},
};

/* Reads a key that is not a scalar. */
static void read_structure(struct source *source, const struct config_key *key,
    const yaml_node_t *node, const char *shown, void *object)
{
	for (size_t i = 0; i < sizeof(structures) / sizeof(structures[0]); i++)
		if (strcmp(structures[i].name, key->name) == 0)
			structures[i].read(source, node, shown, object);
}

static void read_scalar(struct source *source, const struct config_key *key,
    const yaml_node_t *node, const char *shown, void *object)
{
	char **place = &source->loader->config->places[key - config_keys];
	const char *typed;
	char reason[REASON_SIZE];

	if (!node_expect_scalar(source, node, shown))
		return;
	typed = node_is_null(node) ? NULL : node_text(node);
	if (!config_key_store(key, typed, source->directory, object, reason)) {
		node_mistake(source, node, shown, "%s", reason);
		return;
	}
	free(*place);
	*place = node_place(source, node);
}

/* Reads the keys of a section, which may be empty. */
static void read_section(
    struct source *source, const yaml_node_t *node, const char *name, const struct scope *scope)
{
	char *prefix = xasprintf("%s.", name);
	struct scope inner = {.prefix = prefix, .shown = prefix, .object = scope->object};
	struct text known = TEXT_EMPTY;

	if (node->type == YAML_MAPPING_NODE) {
		read_mapping(source, node, &inner);
	} else if (!node_is_null(node)) {
		config_key_suggest(prefix, "", &known);
		node_mistake(source, node, name, "must be a mapping (%s)", known.data);
	}
	text_clear(&known);
	free(prefix);
}

static void read_unknown(const struct source *source, const yaml_node_t *key, const char *shown,
    const struct scope *scope)
{
	struct text advice = TEXT_EMPTY;

	config_key_suggest(scope->prefix, node_text(key), &advice);
	node_mistake(source, key, shown, "unknown key; %s", advice.data);
	text_clear(&advice);
}

/* Reads one key, whatever it is. */
static void read_pair(struct source *source, const yaml_node_t *key, const yaml_node_t *value,
    const struct scope *scope)
{
	char *name = xasprintf("%s%s", scope->prefix, node_text(key));
	char *shown = xasprintf("%s%s", scope->shown, node_text(key));
	bool nested = strpbrk(node_text(key), ".[") != NULL;
	const struct config_key *known = nested ? NULL : config_key_find(name);

	if (known != NULL && (known->type == CONFIG_LIST || known->type == CONFIG_MAPPING))
		read_structure(source, known, value, shown, scope->object);
	else if (known != NULL)
		read_scalar(source, known, value, shown, scope->object);
	else if (!nested && config_key_is_section(name))
		read_section(source, value, name, scope);
	else
		read_unknown(source, key, shown, scope);
	free(name);
	free(shown);
}

static void read_mapping(
    struct source *source, const yaml_node_t *mapping, const struct scope *scope)
{
	const yaml_node_t *key, *value;

	node_check_duplicates(source, mapping, scope->shown);
	for (size_t i = 0; i < node_pair_count(mapping); i++)
		if (node_pair(source, mapping, i, &key, &value))
			read_pair(source, key, value, scope);
}

/* ---- lists ---- */

/* A name or path by itself: what has a slash or ends with ".so" is a path. */
static void read_plugin_scalar(
    const struct source *source, const yaml_node_t *node, struct plugin_config *plugin)
{
	const char *text = node_text(node);
	size_t length = strlen(text);

	if (strchr(text, '/') != NULL || (length > 3 && strcmp(text + length - 3, ".so") == 0))
		plugin->path = config_absolute_path(text, source->directory);
	else
		plugin->name = xstrdup(text);
}

/* Checks that there is a name or a path, and makes the name of the path. */
static void complete_plugin(const struct source *source, const yaml_node_t *node, const char *shown,
    struct plugin_config *plugin)
{
	if (plugin->name != NULL && plugin->path != NULL) {
		node_mistake(source, node, shown, "has both a name and a path: remove one");
		return;
	}
	if (plugin->name == NULL && plugin->path == NULL) {
		node_mistake(source, node, shown, "needs either a name or a path");
		return;
	}
	if (plugin->name == NULL)
		plugin->name = plugin_name_of(plugin->path);
	if (!plugin_name_is_valid(plugin->name))
		node_mistake(source, node, shown,
		    "\"%s\" can't be a plugin's name (letters, digits, _ and -, at most %d)",
		    plugin->name, PLUGIN_NAME_MAX);
}

static void read_plugin(
    struct source *source, const yaml_node_t *node, const char *shown, struct config *config)
{
	struct plugin_config plugin = {.log_level = -1,
	    .scan_limit_ns = -1,
	    .teardown_limit_ns = -1,
	    .stop_limit_ns = -1,
	    .place = node_place(source, node)};
	size_t before = source->loader->mistakes->length;
	char *prefix = xasprintf("%s.", shown);
	struct scope scope = {.prefix = "plugins[].", .shown = prefix, .object = &plugin};

	if (node->type == YAML_MAPPING_NODE)
		read_mapping(source, node, &scope);
	else if (node_expect_scalar(source, node, shown) && !node_is_null(node))
		read_plugin_scalar(source, node, &plugin);
	free(prefix);
	if (source->loader->mistakes->length == before)
		complete_plugin(source, node, shown, &plugin);
	config->plugins =
	    xreallocarray(config->plugins, config->plugin_count + 1, sizeof(config->plugins[0]));
	config->plugins[config->plugin_count++] = plugin;
}

static void read_plugins(
    struct source *source, const yaml_node_t *node, const char *shown, void *object)
{
	if (!node_expect_list(source, node, shown))
		return;
	for (size_t i = 0; i < node_item_count(node); i++) {
		char *name = xasprintf("%s[%zu]", shown, i);

		read_plugin(source, node_item(source, node, i), name, object);
		free(name);
	}
}

static void read_scannable(
    struct source *source, const yaml_node_t *node, const char *shown, struct config *config)
{
	struct scannable_config scannable = {.place = node_place(source, node)};
	size_t before = source->loader->mistakes->length;
	char *prefix = xasprintf("%s.", shown);
	struct scope scope = {.prefix = "scannables[].", .shown = prefix, .object = &scannable};

	if (node->type == YAML_MAPPING_NODE)
		read_mapping(source, node, &scope);
	else
		node_mistake(source, node, shown, "must be a mapping (plugin, class, attributes)");
	free(prefix);
	if (source->loader->mistakes->length == before &&
	    (scannable.plugin == NULL || scannable.class == NULL))
		node_mistake(source, node, shown, "needs a plugin and a class");
	config->scannables = xreallocarray(
	    config->scannables, config->scannable_count + 1, sizeof(config->scannables[0]));
	config->scannables[config->scannable_count++] = scannable;
}

static void read_scannables(
    struct source *source, const yaml_node_t *node, const char *shown, void *object)
{
	if (!node_expect_list(source, node, shown))
		return;
	for (size_t i = 0; i < node_item_count(node); i++) {
		char *name = xasprintf("%s[%zu]", shown, i);

		read_scannable(source, node_item(source, node, i), name, object);
		free(name);
	}
}

/* ---- the document ---- */

void config_read_document(struct source *source, const yaml_node_t *root)
{
	const struct scope scope = {.prefix = "", .shown = "", .object = source->loader->config};

	if (root->type == YAML_MAPPING_NODE)
		read_mapping(source, root, &scope);
	else
		node_mistake(
		    source, root, "", "must be a mapping of keys, as in \"plugins: [linux]\"");
}
