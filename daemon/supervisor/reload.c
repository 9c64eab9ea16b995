/* SPDX-License-Identifier: MIT */
#include "supervisor/instruction_internal.h"
#include "supervisor/reload_changes.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

static void swap_configs(struct config *a, struct config *b)
{
	struct config other = *a;

	*a = *b;
	*b = other;
}

/* Forgets what was wrong with the file at the last attempt. */
static void forget_rejected(struct supervisor *supervisor)
{
	struct plugin *plugin;

	mistakes_clear(&supervisor->rejected);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		mistakes_clear(&plugin->rejected);
}

/* Logs each mistake, "file:line: what", and keeps it for the status. */
static void reject_lines(struct supervisor *supervisor, char *lines)
{
	char *rest;

	for (char *line = strtok_r(lines, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *colon = strstr(line, ": ");

		log_error("%s", line);
		if (colon != NULL)
			*colon = '\0';
		mistakes_add(&supervisor->rejected, colon != NULL ? line : "",
		    colon != NULL ? colon + 2 : line);
	}
}

/* ---- plugins ---- */

/* Whether another entry before this one has its name. */
static bool is_duplicate(const struct config *config, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(config->plugins[i].name, config->plugins[index].name) == 0)
			return true;
	return false;
}

/* Whether a plugin has an entry of this configuration. */
static bool is_listed(const struct config *config, const struct plugin *plugin)
{
	for (size_t i = 0; i < config->plugin_count; i++)
		if (plugin->config == &config->plugins[i])
			return true;
	return false;
}

/* The plugin that has been there for an entry, or NULL. */
static struct plugin *find_plugin_of(const struct supervisor *supervisor, size_t index)
{
	const struct config *config = &supervisor->config;
	bool refused = is_duplicate(config, index);
	struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->refused == refused && !is_listed(config, plugin) &&
		    strcmp(plugin->config->name, config->plugins[index].name) == 0)
			return plugin;
	return NULL;
}

/* Whether a plugin has this entry. */
static bool any_has(const struct supervisor *supervisor, const struct plugin_config *entry)
{
	const struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->config == entry)
			return true;
	return false;
}

/* Starts what is new in the list, stops what is no longer there, and restarts what is another. */
static void take_plugins(struct supervisor *supervisor, const struct config *before)
{
	const struct config *config = &supervisor->config;
	struct plugin *plugin;

	for (size_t i = 0; i < config->plugin_count; i++) {
		plugin = find_plugin_of(supervisor, i);
		if (plugin != NULL)
			plugin_reconfigure(plugin, &config->plugins[i]);
	}
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (!is_listed(config, plugin) && !plugin->leaving)
			plugin_leave(plugin, &before->plugins[plugin->config - before->plugins]);
	for (size_t i = 0; i < config->plugin_count; i++)
		if (!any_has(supervisor, &config->plugins[i]))
			supervisor_add_plugin(supervisor, &config->plugins[i]);
}

/* ---- scannables ---- */

/* Whether the classes that a plugin has now are those that it will have with its next entry. */
static bool keeps_classes(const struct supervisor *supervisor, const struct plugin *plugin)
{
	const struct config *config = &supervisor->config;

	for (size_t i = 0; i < config->plugin_count; i++)
		if (strcmp(config->plugins[i].name, plugin->config->name) == 0)
			return !plugin_must_restart(plugin, &config->plugins[i]);
	return false;
}

/* Compares the scannables with the classes of the plugins that were loaded, and stay as they are.
 */
static unsigned check_scannables(struct supervisor *supervisor)
{
	struct plugin *plugin;
	unsigned mistakes = 0;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->classes != NULL && keeps_classes(supervisor, plugin))
			mistakes += scannables_check(plugin);
	return mistakes;
}

/* Keeps, of a file that is not taken, also the scannables that no plugin looks at. */
static void reject_unlisted(struct supervisor *supervisor)
{
	const struct config *config = &supervisor->config;

	for (size_t i = 0; i < config->scannable_count; i++) {
		char *text;

		if (supervisor_find_plugin(supervisor, config->scannables[i].plugin) != NULL)
			continue;
		text = xasprintf(
		    "plugin \"%s\" is not listed under plugins", config->scannables[i].plugin);
		mistakes_add(&supervisor->rejected, config->scannables[i].place, text);
		free(text);
	}
}

/* Takes up the scannables of the configuration; whatever waits to be tried again waits no more. */
static void configure_again(struct supervisor *supervisor)
{
	const struct config *config = &supervisor->config;
	struct plugin *plugin;
	struct session *session, *next;

	log_info("configuration reloaded: %zu plugin%s, %zu scannable%s", config->plugin_count,
	    plural(config->plugin_count), config->scannable_count, plural(config->scannable_count));
	if (supervisor->loaded)
		graph_begin_configuration(supervisor->graph);
	supervisor_check_scannables(supervisor);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		plugin_join(plugin);
		plugin_retry(plugin);
		for (session = TAILQ_FIRST(&plugin->sessions); session != NULL; session = next) {
			next = TAILQ_NEXT(session, next);
			session_retry(session);
		}
	}
}

/* Writes the log where the configuration says now, at the level that it says. */
static void take_log(const struct config *config, const struct config *before)
{
	const char *file = config->log_file;
	bool same = file == NULL || before->log_file == NULL ? file == before->log_file
	                                                     : strcmp(file, before->log_file) == 0;

	log_set_level(config->log_level);
	log_set_fold(config->log_fold_ns);
	if (!same && log_open(file) != 0)
		log_error("%s: log.file: %s can't be opened: %s; what is logged goes where it went",
		    config_place(config, "log.file"), file, strerror(errno));
}

/* Keeps what only a restart of the runner changes, and says so. */
static void keep_what_stays(
    struct supervisor *supervisor, struct config *before, struct text *changes)
{
	struct text kept = TEXT_EMPTY;
	char *rest;

	config_keep(&supervisor->config, before, &kept);
	if (kept.data != NULL)
		text_append(changes, kept.data);
	for (char *line = kept.data != NULL ? strtok_r(kept.data, "\n", &rest) : NULL; line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		log_warning("%s", line);
	text_clear(&kept);
}

/*
 * Takes a configuration that has no mistakes by itself, if its scannables have none either. What is
 * not needed any more is left in config. False if nothing was changed.
 */
static bool take(struct supervisor *supervisor, struct config *config, struct text *changes)
{
	swap_configs(&supervisor->config, config);
	if (check_scannables(supervisor) == 0) {
		reload_describe(supervisor, config, changes);
		keep_what_stays(supervisor, config, changes);
		take_log(&supervisor->config, config);
		levels_forget(supervisor);
		database_take_retention(supervisor);
		supervisor_take_group(supervisor);
		supervisor_take_token(supervisor);
		take_plugins(supervisor, config);
		configure_again(supervisor);
		return true;
	}
	supervisor_check_scannables(supervisor);
	reject_unlisted(supervisor);
	swap_configs(&supervisor->config, config);
	log_error("nothing was reloaded, the scannables have mistakes");
	return false;
}

bool supervisor_reload(struct supervisor *supervisor, struct text *changes)
{
	struct config config;
	struct text mistakes = TEXT_EMPTY;
	bool taken = false;
	bool good;

	service_tell_reload();
	good = config_load(supervisor->config.path, &config, &mistakes);
	good = config_check_site(&config, &mistakes) && good;
	if (supervisor->state != SUPERVISOR_STOPPING)
		forget_rejected(supervisor);
	if (!good) {
		reject_lines(supervisor, mistakes.data);
		log_error("nothing was reloaded, the configuration has mistakes");
	} else if (supervisor->state != SUPERVISOR_STOPPING) {
		supervisor_override(supervisor, &config);
		taken = take(supervisor, &config, changes);
	}
	text_clear(&mistakes);
	config_free(&config);
	service_tell_ready();
	return taken;
}

/* ---- for people who ask for it ---- */

static void refuse_all(struct task *task, const struct mistake_list *mistakes)
{
	for (size_t i = 0; i < mistakes->count; i++) {
		const struct mistake *mistake = &mistakes->items[i];

		task_refuse(task, INSTRUCTION_WRONG, NULL, "%s%s%s", mistake->place,
		    mistake->place[0] != '\0' ? ": " : "", mistake->text);
	}
}

void reload_follow(struct task *task, const struct instruction *instruction)
{
	struct supervisor *supervisor = task->supervisor;
	const struct plugin *plugin;

	log_info("user %u wants the configuration reloaded", instruction->user);
	text_append(&task->changes, "");
	if (supervisor_reload(supervisor, &task->changes)) {
		task_finish(task, INSTRUCTION_DONE);
		return;
	}
	refuse_all(task, &supervisor->rejected);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		refuse_all(task, &plugin->rejected);
	assert(task_is_refused(task));
}
