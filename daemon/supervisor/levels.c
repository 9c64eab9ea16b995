/* SPDX-License-Identifier: MIT */
/*
 * How much is logged about plugins, as people set it for a while: until the runner is restarted, or
 * its configuration reloaded.
 */
#include "supervisor/instruction_internal.h"

#include <json-c/json.h>

#include "base/log.h"

int plugin_log_level(const struct plugin *plugin)
{
	if (plugin->log_level >= 0)
		return plugin->log_level;
	return plugin->config->log_level >= 0 ? plugin->config->log_level
	                                      : plugin->supervisor->config.plugin_log_level;
}

/* Sets the level of a plugin: of its process, and of what is logged about it. */
static void set_level(struct plugin *plugin, int level)
{
	plugin->log_level = level;
	log_set_level_about(plugin->config->name, level);
	plugin_adjust(plugin);
}

/* Sets that of all plugins, and of the runner itself. */
static void set_all(struct supervisor *supervisor, int level)
{
	struct plugin *plugin;

	supervisor->log_level = level;
	log_set_level(level >= 0 ? level : supervisor->config.log_level);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		set_level(plugin, level);
}

void levels_forget(struct supervisor *supervisor)
{
	struct plugin *plugin;

	supervisor->log_level = -1;
	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		plugin->log_level = -1;
		log_set_level_about(plugin->config->name, -1);
	}
}

void levels_follow(struct task *task, const struct instruction *instruction)
{
	struct supervisor *supervisor = task->supervisor;
	const char *name = instruction->plugin;
	const char *level =
	    instruction->level >= 0 ? log_level_name(instruction->level) : "as configured";
	struct plugin *plugin = name != NULL ? supervisor_find_plugin(supervisor, name) : NULL;

	if (name != NULL && plugin == NULL) {
		task_refuse(task, INSTRUCTION_UNKNOWN, "plugin",
		    "plugin \"%s\" is not listed under plugins", name);
		return;
	}
	/* Told before it may be too little, and after it may be enough. */
	if (plugin != NULL)
		log_about(LOG_LEVEL_INFO, name, NULL, "user %u sets its log level: %s", task->user,
		    level);
	else
		log_info("user %u sets the log level of all: %s", task->user, level);
	if (plugin != NULL)
		set_level(plugin, instruction->level);
	else
		set_all(supervisor, instruction->level);
	task_finish(task, INSTRUCTION_DONE);
}

/* ---- what is told ---- */

static void add_level(struct json_object *object, int level, bool is_set)
{
	char name[16];
	const char *from = log_level_name(level);
	size_t i = 0;

	for (; from[i] != '\0' && i < sizeof(name) - 1; i++)
		name[i] = (char)(from[i] | 0x20);
	name[i] = '\0';
	json_object_object_add(object, "level", json_object_new_string(name));
	json_object_object_add(object, "is_set", json_object_new_boolean(is_set));
}

struct json_object *supervisor_levels(void *context)
{
	const struct supervisor *supervisor = supervisor_of(context);
	struct json_object *object = json_object_new_object();
	struct json_object *plugins = json_object_new_array();
	bool is_set = supervisor->log_level >= 0;
	const struct plugin *plugin;

	add_level(object, is_set ? supervisor->log_level : supervisor->config.log_level, is_set);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		struct json_object *entry = json_object_new_object();

		if (plugin->refused || plugin->leaving) {
			json_object_put(entry);
			continue;
		}
		json_object_object_add(entry, "name", json_object_new_string(plugin->config->name));
		add_level(entry, plugin_log_level(plugin), plugin->log_level >= 0);
		json_object_array_add(plugins, entry);
	}
	json_object_object_add(object, "plugins", plugins);
	return object;
}
