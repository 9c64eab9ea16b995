/* SPDX-License-Identifier: MIT */
#include "supervisor/plugin_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/memory.h"

void plugin_free_classes(struct plugin *plugin)
{
	for (size_t i = 0; i < plugin->class_count; i++)
		class_free(plugin->classes[i]);
	free(plugin->classes);
	plugin->classes = NULL;
	plugin->class_count = 0;
}

/* Whether the classes are those that an earlier process of this plugin declared. */
static bool same_classes(const struct plugin *plugin, const struct message_loaded *loaded)
{
	if (plugin->classes == NULL || plugin->class_count != loaded->class_count)
		return false;
	for (size_t i = 0; i < plugin->class_count; i++)
		if (!class_equal(plugin->classes[i], loaded->classes[i]))
			return false;
	return true;
}

/* Whether every class says that it is this plugin's. */
static bool are_own_classes(const struct plugin *plugin, const struct message_loaded *loaded)
{
	for (size_t i = 0; i < loaded->class_count; i++)
		if (strcmp(loaded->classes[i]->plugin, plugin->config->name) != 0)
			return false;
	return true;
}

/* Takes over the classes of the message. False if the graph already has, or had, just these. */
static bool take_classes(struct plugin *plugin, struct message_loaded *loaded)
{
	if (same_classes(plugin, loaded))
		return false;
	if (plugin->classes != NULL) {
		if (plugin->declared)
			graph_retract(plugin->supervisor->graph, plugin->config->name);
		plugin->declared = false;
		plugin_free_classes(plugin);
	}
	plugin->classes = loaded->classes;
	plugin->class_count = loaded->class_count;
	loaded->classes = NULL;
	loaded->class_count = 0;
	return true;
}

void plugin_join(struct plugin *plugin)
{
	struct supervisor *supervisor = plugin->supervisor;
	struct session *session;

	if (plugin->state == PLUGIN_FAILED && supervisor->loaded) {
		graph_hide(supervisor->graph, plugin->config->name);
		supervisor_kick(supervisor);
	}
	if (plugin->state != PLUGIN_RUNNING || !supervisor->loaded)
		return;
	if (!plugin->declared)
		graph_declare(
		    supervisor->graph, plugin->config->name, plugin->classes, plugin->class_count);
	plugin->declared = true;
	scannables_configure(plugin);
	scannables_follow(supervisor);
	TAILQ_FOREACH (session, &plugin->sessions, next)
		session_open(session);
	supervisor_kick(supervisor);
}

static void take_warnings(struct plugin *plugin, struct message_loaded *loaded)
{
	texts_free(&plugin->warnings, &plugin->warning_count);
	plugin->warnings = loaded->warnings;
	plugin->warning_count = loaded->warning_count;
	loaded->warnings = NULL;
	loaded->warning_count = 0;
	for (size_t i = 0; i < plugin->warning_count; i++)
		log_about(LOG_LEVEL_WARNING, plugin->config->name, NULL, "%s", plugin->warnings[i]);
}

/* Starts those again that named classes which this plugin may have now. */
static void retry_lacking(struct supervisor *supervisor)
{
	struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->lacks_class)
			plugin_retry(plugin);
}

void plugin_receive_loaded(struct plugin *plugin, struct message *message)
{
	struct message_loaded *loaded = &message->loaded;
	char process[32] = "";
	bool changed;

	if (!are_own_classes(plugin, loaded)) {
		plugin_kill(plugin, "declared classes of another plugin");
		return;
	}
	evtimer_del(plugin->timer);
	plugin->api_major = loaded->api_major;
	plugin->api_minor = loaded->api_minor;
	changed = take_classes(plugin, loaded);
	take_warnings(plugin, loaded);
	if (plugin->process.pid > 0)
		snprintf(process, sizeof(process), ", process %d", (int)plugin->process.pid);
	plugin_set_state(plugin, PLUGIN_RUNNING, "%zu class%s, interface %u.%u%s",
	    plugin->class_count, plugin->class_count == 1 ? "" : "es", plugin->api_major,
	    plugin->api_minor, process);
	plugins_check_relations(plugin->supervisor);
	if (plugin->condemned)
		return;
	plugin_join(plugin);
	if (changed)
		retry_lacking(plugin->supervisor);
}

/*
 * One that has been loaded before is tried again: its file may be about to be replaced, or not be
 * readable for a moment. The process ends by itself.
 */
void plugin_receive_failed(struct plugin *plugin, struct message *message)
{
	struct message_failed *failed = &message->failed;

	texts_free(&plugin->reasons, &plugin->reason_count);
	plugin->reasons = failed->reasons;
	plugin->reason_count = failed->reason_count;
	failed->reasons = NULL;
	failed->reason_count = 0;
	if (plugin->classes != NULL)
		return;
	evtimer_del(plugin->timer);
	if (plugin->reason_count == 0) {
		plugin_refuse(plugin, "could not be loaded");
		return;
	}
	plugin_fail(plugin);
	plugin_join(plugin);
	plugins_check_relations(plugin->supervisor);
}
