/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include <string.h>

#include "base/log.h"

/* Swaps the scannables of two configurations. */
static void swap_scannables(struct config *a, struct config *b)
{
	struct scannable_config *scannables = a->scannables;
	size_t count = a->scannable_count;

	a->scannables = b->scannables;
	a->scannable_count = b->scannable_count;
	b->scannables = scannables;
	b->scannable_count = count;
}

/* Logs each line of a text as an error. */
static void log_lines(char *text)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		log_error("%s", line);
}

/* Compares the scannables with the classes of the plugins that were loaded. */
static unsigned check_scannables(struct supervisor *supervisor)
{
	struct plugin *plugin;
	unsigned mistakes = 0;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (plugin->classes != NULL)
			mistakes += scannables_check(plugin);
	return mistakes;
}

/* Takes up the scannables of the configuration. */
static void configure_again(struct supervisor *supervisor)
{
	struct plugin *plugin;

	log_info("configuration reloaded: %zu scannables (other changes take effect at the next"
	         " start)",
	    supervisor->config.scannable_count);
	if (supervisor->loaded)
		graph_begin_configuration(supervisor->graph);
	supervisor_check_scannables(supervisor);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		plugin_join(plugin);
		plugin_retry(plugin);
	}
}

void supervisor_reload(struct supervisor *supervisor)
{
	struct config config;
	struct text mistakes = TEXT_EMPTY;

	if (!config_load(supervisor->config.path, &config, &mistakes)) {
		log_lines(mistakes.data);
		log_error("nothing was reloaded, the configuration has mistakes");
	} else if (supervisor->state != SUPERVISOR_STOPPING) {
		swap_scannables(&supervisor->config, &config);
		if (check_scannables(supervisor) == 0) {
			configure_again(supervisor);
		} else {
			swap_scannables(&supervisor->config, &config);
			log_error("nothing was reloaded, the scannables have mistakes");
		}
	}
	text_clear(&mistakes);
	config_free(&config);
}
