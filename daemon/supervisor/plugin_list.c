/* SPDX-License-Identifier: MIT */
/* How a plugin follows the configuration's list of plugins when that is read again. */
#include "supervisor/plugin_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

/* ---- one that stays ---- */

struct message_adjust plugin_adjustment(const struct plugin *plugin)
{
	const struct config *config = &plugin->supervisor->config;

	return (struct message_adjust){.log_level = (uint32_t)plugin_log_level(plugin),
	    .workers = config->scan_workers,
	    .default_period_s = (uint32_t)(config->scan_period_ns / NS_PER_S)};
}

void plugin_adjust(struct plugin *plugin)
{
	struct message message = {.type = MESSAGE_ADJUST, .adjust = plugin_adjustment(plugin)};

	if (!plugin->has_process ||
	    memcmp(&message.adjust, &plugin->adjusted, sizeof(message.adjust)) == 0)
		return;
	plugin->adjusted = message.adjust;
	plugin_send(plugin, &message);
}

/* Whether another file is where that was which the process has loaded. */
static bool file_was_replaced(const struct plugin *plugin)
{
	const struct stat *loaded = &plugin->file;
	struct stat now;

	if (!plugin->has_process || stat(plugin->config->path, &now) != 0)
		return false;
	return now.st_dev != loaded->st_dev || now.st_ino != loaded->st_ino ||
	       now.st_size != loaded->st_size || now.st_mtim.tv_sec != loaded->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != loaded->st_mtim.tv_nsec;
}

bool plugin_must_restart(const struct plugin *plugin, const struct plugin_config *config)
{
	return plugin->leaving || !plugin_config_runs_alike(plugin->config, config) ||
	       file_was_replaced(plugin);
}

/* New waits after failures; a wait that has begun is not changed. */
static void take_waits(struct plugin *plugin)
{
	const struct config *config = &plugin->supervisor->config;
	struct session *session;

	backoff_limit(&plugin->backoff, config->retry_min_ns, config->retry_max_ns);
	TAILQ_FOREACH (session, &plugin->sessions, next)
		session_take_waits(session);
}

void plugin_drop_own_config(struct plugin *plugin)
{
	if (plugin->own_config != NULL)
		plugin_config_clear(plugin->own_config);
	free(plugin->own_config);
	plugin->own_config = NULL;
}

void plugin_reconfigure(struct plugin *plugin, const struct plugin_config *config)
{
	bool must_restart = plugin_must_restart(plugin, config);

	plugin->config = config;
	plugin->leaving = false;
	plugin_drop_own_config(plugin);
	take_waits(plugin);
	if (plugin->refused)
		return;
	if (must_restart) {
		log_about(LOG_LEVEL_INFO, config->name, NULL,
		    "its file, path or settings changed: starting it anew");
		backoff_reset(&plugin->backoff);
		plugin_restart(plugin);
	} else if (plugin->has_process) {
		plugin_adjust(plugin);
		process_limit(&plugin->process, &plugin->supervisor->config);
	}
}

/* ---- one that goes ---- */

void plugin_leave(struct plugin *plugin, struct plugin_config *config)
{
	if (plugin->leaving)
		return;
	plugin->own_config = xcalloc(1, sizeof(*plugin->own_config));
	*plugin->own_config = *config;
	*config = (struct plugin_config){0};
	plugin->config = plugin->own_config;
	plugin->leaving = true;
	plugin->restarting = false;
	log_about(LOG_LEVEL_INFO, plugin->config->name, NULL, "is no longer listed");
	scannables_forget(plugin);
	scannables_lose_instructions(plugin);
	plugin_stop(plugin);
	if (!plugin->has_process)
		plugin_depart(plugin);
}

void plugin_depart(struct plugin *plugin)
{
	struct supervisor *supervisor = plugin->supervisor;

	plugin->condemned = false;
	if (plugin->state != PLUGIN_STOPPED)
		plugin_take_state(plugin, PLUGIN_STOPPED, NULL);
	if (plugin->refused)
		return;
	if (plugin->declared)
		graph_retract(supervisor->graph, plugin->config->name);
	plugin->declared = false;
	if (supervisor->loaded)
		graph_hide(supervisor->graph, plugin->config->name);
	plugins_check_relations(supervisor);
	supervisor_kick(supervisor);
}

void plugins_sweep(struct supervisor *supervisor)
{
	struct plugin *plugin, *next;

	for (plugin = TAILQ_FIRST(&supervisor->plugins); plugin != NULL; plugin = next) {
		next = TAILQ_NEXT(plugin, next);
		if (!plugin->leaving || plugin->has_process)
			continue;
		TAILQ_REMOVE(&supervisor->plugins, plugin, next);
		plugin_free(plugin);
	}
}
