/* SPDX-License-Identifier: MIT */
/*
 * How files add up: the lists (plugins, scannables) of all files are joined, in the order of the
 * files; of a scalar key that several files set the last counts, so that an administrator can
 * change a packaged file by a drop-in. Within one file a key that is given twice is a mistake.
 */
#include "supervisor/config.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "supervisor/config_file.h"
#include "supervisor/config_keys.h"

#define DROP_INS "conf.d"

/* Whether a key is a scalar of struct config itself. */
static bool is_global(const struct config_key *key)
{
	return key->type != CONFIG_LIST && strchr(key->name, '[') == NULL;
}

static void set_defaults(struct config *config)
{
	char reason[REASON_SIZE];

	for (size_t i = 0; i < config_key_count; i++) {
		bool stored;

		if (!is_global(&config_keys[i]))
			continue;
		stored = config_key_store(&config_keys[i], NULL, "/", config, reason);
		assert(stored);
	}
}

void plugin_config_clear(struct plugin_config *plugin)
{
	for (size_t i = 0; i < plugin->setting_count; i++) {
		free(plugin->settings[i].key);
		free(plugin->settings[i].value);
	}
	free(plugin->settings);
	free(plugin->name);
	free(plugin->path);
	free(plugin->place);
}

static void scannable_config_clear(struct scannable_config *scannable)
{
	for (size_t i = 0; i < scannable->attribute_count; i++) {
		free(scannable->attributes[i].name);
		forget_text(scannable->attributes[i].value); /* it may be a password */
		free(scannable->attributes[i].place);
	}
	free(scannable->attributes);
	free(scannable->plugin);
	free(scannable->class);
	free(scannable->place);
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->plugin_count; i++)
		plugin_config_clear(&config->plugins[i]);
	for (size_t i = 0; i < config->scannable_count; i++)
		scannable_config_clear(&config->scannables[i]);
	for (size_t i = 0; i < config_key_count; i++)
		if (is_global(&config_keys[i]))
			config_key_clear(&config_keys[i], config);
	for (size_t i = 0; config->places != NULL && i < config_key_count; i++)
		free(config->places[i]);
	free(config->places);
	free(config->plugins);
	free(config->scannables);
	free(config->path);
	*config = (struct config){0};
}

/* ---- comparing ---- */

/* The value of a setting, or NULL. */
static const char *find_setting(const struct plugin_config *plugin, const char *key)
{
	for (size_t i = 0; i < plugin->setting_count; i++)
		if (strcmp(plugin->settings[i].key, key) == 0)
			return plugin->settings[i].value;
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool plugin_config_runs_alike(const struct plugin_config *a, const struct plugin_config *b)
{
	if (strcmp(a->path, b->path) != 0 || a->setting_count != b->setting_count)
		return false;
	for (size_t i = 0; i < a->setting_count; i++)
		if (!same_text(a->settings[i].value, find_setting(b, a->settings[i].key)))
			return false;
	return true;
}

void config_keep(struct config *next, struct config *present, struct text *kept)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (!key->needs_restart || config_key_equal(key, next, present))
			continue;
		text_printf(kept,
		    "%s: %s: what it is now takes effect when the runner is restarted\n",
		    config_place(next, key->name), key->name);
		config_key_swap(key, next, present);
	}
}

/* ---- drop-ins ---- */

/* Whether the name is that of a drop-in: not hidden, and with the extension. */
static int is_drop_in(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

/* Orders names by their bytes, whatever the language. */
static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Path of the drop-ins' directory, beside the main file. The caller frees it. */
static char *drop_in_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(DROP_INS);
	return xasprintf("%.*s/" DROP_INS, (int)(slash - path), path);
}

static void read_drop_ins(struct config_loader *loader, const char *path)
{
	char *directory = drop_in_directory(path);
	struct dirent **entries;
	int count = scandir(directory, &entries, is_drop_in, compare_entries);

	if (count < 0 && errno != ENOENT && errno != ENOTDIR)
		text_printf(
		    loader->mistakes, "%s: can't be read: %s\n", directory, strerror(errno));
	for (int i = 0; i < count; i++) {
		char *file = xasprintf("%s/%s", directory, entries[i]->d_name);

		config_file_read(loader, file);
		free(file);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	free(directory);
}

/* ---- the whole ---- */

/* Fills in what plugins take from the rest of the configuration. */
static void complete_plugins(struct config *config)
{
	for (size_t i = 0; i < config->plugin_count; i++) {
		struct plugin_config *plugin = &config->plugins[i];

		if (plugin->path == NULL && plugin->name != NULL)
			plugin->path =
			    xasprintf("%s/%s.so", config->plugin_directory, plugin->name);
		if (plugin->scan_limit_ns < 0)
			plugin->scan_limit_ns = config->scan_limit_ns;
		if (plugin->teardown_limit_ns < 0)
			plugin->teardown_limit_ns = config->teardown_limit_ns;
		if (plugin->stop_limit_ns < 0)
			plugin->stop_limit_ns = config->stop_limit_ns;
	}
}

const char *config_place(const struct config *config, const char *key)
{
	const char *place =
	    config->places != NULL ? config->places[config_key_find(key) - config_keys] : NULL;

	return place != NULL ? place : "default";
}

/* Complains of keys that contradict each other. */
static void check_together(const struct config_loader *loader)
{
	const struct config *config = loader->config;
	char low[CLOCK_TEXT_SIZE], high[CLOCK_TEXT_SIZE];

	if (config->embedded && config->conninfo[0] != '\0')
		text_printf(loader->mistakes,
		    "%s: database.embedded: excludes database.conninfo (%s); remove one of them\n",
		    config_place(config, "database.embedded"),
		    config_place(config, "database.conninfo"));
	if (config->retry_min_ns > config->retry_max_ns)
		text_printf(loader->mistakes,
		    "%s: scan.retry_min: %s is more than scan.retry_max, %s (%s)\n",
		    config_place(config, "scan.retry_min"),
		    duration_format(config->retry_min_ns, low),
		    duration_format(config->retry_max_ns, high),
		    config_place(config, "scan.retry_max"));
}

/* Complains of frames that are dropped before those that they are made of. */
static void check_retention(const struct config_loader *loader)
{
	static const char *const keys[STORE_RESOLUTIONS] = {"statistics.retention.samples",
	    "statistics.retention.one_minute", "statistics.retention.five_minutes",
	    "statistics.retention.one_hour", "statistics.retention.one_day"};
	const struct config *config = loader->config;
	const int64_t *ns = config->retention_ns;
	char fine[CLOCK_TEXT_SIZE], coarse[CLOCK_TEXT_SIZE];

	for (size_t i = 1; i < STORE_RESOLUTIONS; i++) {
		if (ns[i - 1] <= ns[i])
			continue;
		text_printf(loader->mistakes, "%s: %s: %s is more than %s, %s (%s)\n",
		    config_place(config, keys[i - 1]), keys[i - 1],
		    duration_format(ns[i - 1], fine), keys[i], duration_format(ns[i], coarse),
		    config_place(config, keys[i]));
	}
}

bool config_load(const char *path, struct config *config, struct text *mistakes)
{
	struct config_loader loader = {.config = config, .mistakes = mistakes};
	size_t before = mistakes->length;

	*config = (struct config){.path = path != NULL ? config_absolute_path(path, ".") : NULL};
	set_defaults(config);
	if (path == NULL)
		return true;
	config->places = xcalloc(config_key_count, sizeof(config->places[0]));
	config_file_read(&loader, path);
	read_drop_ins(&loader, path);
	complete_plugins(config);
	check_together(&loader);
	check_retention(&loader);
	return mistakes->length == before;
}
