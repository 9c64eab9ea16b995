/* SPDX-License-Identifier: MIT */
#include "supervisor/supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "control/describe.h"

static struct json_object *text_or_null(const char *text)
{
	return text != NULL ? json_object_new_string(text) : NULL;
}

static double seconds(int64_t ns)
{
	return (double)ns / NS_PER_S;
}

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static struct json_object *texts(char *const *items, size_t count)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_string(items[i]));
	return array;
}

/* A number with so many decimals, not with all that a double has. */
static struct json_object *decimal(double number, int decimals)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*f", decimals, number);
	return json_object_new_double_s(number, text);
}

static struct json_object *milliseconds(int64_t ns)
{
	return decimal(seconds(ns) * 1000, 3);
}

bool session_is_degraded(const struct session *session)
{
	return session->state == SESSION_ONLINE && session->refused > 0;
}

const char *session_shown_state(const struct session *session)
{
	if (session_is_degraded(session))
		return "degraded";
	return session_state_name(session->state);
}

static struct json_object *scannable_status(const struct session *session)
{
	struct json_object *object = json_object_new_object();
	char time[CLOCK_TEXT_SIZE];

	add(object, "id", json_object_new_int64(session->scannable->id));
	add(object, "label", json_object_new_string(graph_name(session->scannable)));
	add(object, "class", json_object_new_string(session->scannable->class->key));
	add(object, "state", json_object_new_string(session_shown_state(session)));
	add(object, "reason", text_or_null(session->reason));
	add(object, "last_scan",
	    session->last_scan.us != 0
	        ? json_object_new_string(wallclock_format(session->last_scan, time))
	        : NULL);
	add(object, "last_scan_ms", milliseconds(session->last_duration_ns));
	add(object, "last_lateness_ms", milliseconds(session->last_lateness_ns));
	add(object, "refused", json_object_new_int64(session->refused));
	add(object, "paused",
	    describe_pause_of(session->plugin->supervisor->graph, session->scannable));
	return object;
}

/* A scannable of the configuration that is not known to the graph before the database is read. */
static struct json_object *awaiting_status(
    const struct plugin *plugin, const struct scannable_config *config)
{
	struct json_object *object = json_object_new_object();
	char *label = scannable_label(plugin, config);
	char *class = xasprintf("%s.%s", config->plugin, config->class);

	add(object, "id", NULL);
	add(object, "label", json_object_new_string(label));
	add(object, "class", json_object_new_string(class));
	add(object, "state", json_object_new_string(session_state_name(SESSION_WAITING)));
	add(object, "reason", json_object_new_string("waiting for the database"));
	add(object, "last_scan", NULL);
	add(object, "last_scan_ms", milliseconds(0));
	add(object, "last_lateness_ms", milliseconds(0));
	add(object, "refused", json_object_new_int64(0));
	add(object, "paused", NULL);
	free(class);
	free(label);
	return object;
}

static struct json_object *scannables_status(const struct plugin *plugin)
{
	const struct config *config = &plugin->supervisor->config;
	bool is_awaiting = !plugin->supervisor->loaded && plugin->state != PLUGIN_FAILED;
	struct json_object *array = json_object_new_array();
	const struct session *session;

	TAILQ_FOREACH (session, &plugin->sessions, next)
		json_object_array_add(array, scannable_status(session));
	for (size_t i = 0; is_awaiting && i < config->scannable_count; i++)
		if (strcmp(config->scannables[i].plugin, plugin->config->name) == 0)
			json_object_array_add(
			    array, awaiting_status(plugin, &config->scannables[i]));
	return array;
}

static struct json_object *warnings(const struct plugin *plugin)
{
	struct json_object *array = texts(plugin->warnings, plugin->warning_count);

	for (size_t i = 0; i < plugin->relation_warning_count; i++)
		json_object_array_add(array, json_object_new_string(plugin->relation_warnings[i]));
	return array;
}

static struct json_object *plugin_status(const struct plugin *plugin)
{
	struct json_object *object = json_object_new_object();
	char api[32];

	snprintf(api, sizeof(api), "%u.%u", plugin->api_major, plugin->api_minor);
	add(object, "name", json_object_new_string(plugin->config->name));
	add(object, "path", json_object_new_string(plugin->config->path));
	add(object, "state", json_object_new_string(plugin_state_name(plugin->state)));
	add(object, "reason", text_or_null(plugin->reason));
	add(object, "pid", plugin->has_process ? json_object_new_int(plugin->process.pid) : NULL);
	add(object, "paused",
	    describe_pause(graph_plugin_pause(plugin->supervisor->graph, plugin->config->name)));
	add(object, "restarts", json_object_new_int64((int64_t)plugin_restarts(plugin)));
	add(object, "api", plugin->api_major != 0 ? json_object_new_string(api) : NULL);
	add(object, "reasons", texts(plugin->reasons, plugin->reason_count));
	add(object, "warnings", warnings(plugin));
	add(object, "scannables", scannables_status(plugin));
	return object;
}

/* ---- mistakes ---- */

static void add_mistake(struct json_object *mistakes, const char *plugin, const char *place,
    const char *text, bool rejected)
{
	struct json_object *object = json_object_new_object();

	add(object, "plugin", text_or_null(plugin));
	add(object, "place", json_object_new_string(place));
	add(object, "text", json_object_new_string(text));
	add(object, "rejected", json_object_new_boolean(rejected));
	json_object_array_add(mistakes, object);
}

static void add_mistakes(struct json_object *mistakes, const char *plugin,
    const struct mistake_list *list, bool rejected)
{
	for (size_t i = 0; i < list->count; i++)
		add_mistake(mistakes, plugin, list->items[i].place, list->items[i].text, rejected);
}

/* Adds the scannables that no plugin looks at. */
static void add_unlisted(struct json_object *mistakes, const struct supervisor *supervisor)
{
	const struct config *config = &supervisor->config;

	for (size_t i = 0; i < config->scannable_count; i++) {
		const struct scannable_config *scannable = &config->scannables[i];
		char *text;

		if (supervisor_find_plugin(supervisor, scannable->plugin) != NULL)
			continue;
		text = xasprintf("plugin \"%s\" is not listed under plugins", scannable->plugin);
		add_mistake(mistakes, scannable->plugin, scannable->place, text, false);
		free(text);
	}
}

struct json_object *supervisor_mistakes(const struct supervisor *supervisor)
{
	struct json_object *mistakes = json_object_new_array();
	const struct plugin *plugin;

	add_mistakes(mistakes, NULL, &supervisor->rejected, true);
	add_mistakes(mistakes, NULL, &supervisor->failed, false);
	add_unlisted(mistakes, supervisor);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		add_mistakes(mistakes, plugin->config->name, &plugin->mistakes, false);
		add_mistakes(mistakes, plugin->config->name, &plugin->rejected, true);
	}
	return mistakes;
}

/* ---- everything else ---- */

static struct json_object *database_status(const struct supervisor *supervisor)
{
	const struct store_statistics *statistics = store_statistics(supervisor->store);
	struct json_object *object = json_object_new_object();
	const char *trouble = store_write_error(supervisor->store);
	int64_t away = supervisor->database_away
	                   ? monotonic_since(monotonic_now(), supervisor->database_away_since)
	                   : 0;

	add(object, "state",
	    json_object_new_string(store_state_name(store_state(supervisor->store))));
	add(object, "reason",
	    text_or_null(trouble != NULL ? trouble : supervisor->database_reason));
	add(object, "embedded", json_object_new_boolean(supervisor->embedded != NULL));
	add(object, "conninfo",
	    supervisor->embedded != NULL
	        ? json_object_new_string(embedded_conninfo(supervisor->embedded))
	        : NULL);
	add(object, "transactions", json_object_new_int64((int64_t)statistics->transactions));
	add(object, "failures", json_object_new_int64((int64_t)statistics->failures));
	add(object, "reconnects", json_object_new_int64((int64_t)statistics->reconnects));
	add(object, "rows", json_object_new_int64((int64_t)statistics->rows));
	add(object, "left_out", json_object_new_int64((int64_t)statistics->left_out));
	add(object, "error", text_or_null(trouble));
	add(object, "slow", json_object_new_boolean(supervisor->write_is_slow));
	add(object, "away_s", decimal(seconds(away), 1));
	return object;
}

/* What a class has of resources that belong to retired scannables, or are such. */
static size_t count_hidden(const struct graph_class *class)
{
	const struct graph_resource *resource, *scoped;
	size_t count = 0;

	TAILQ_FOREACH (resource, &class->resources, in_class) {
		if (graph_is_shown(resource))
			continue;
		count += resource->scope == NULL;
		TAILQ_FOREACH (scoped, &resource->extras->scoped, in_scope)
			count += scoped->class->class != NULL;
	}
	return count;
}

/* Not all are looked at: there may be a million. */
size_t supervisor_count_resources(const struct supervisor *supervisor)
{
	const struct graph *graph = supervisor->graph;
	const struct graph_class *class;
	size_t count = 0, hidden = 0;

	for (class = graph_first_class(graph); class != NULL; class = class->by_id.next) {
		if (class->class == NULL)
			continue;
		count += class->resource_count;
		hidden += class->class->scannable ? count_hidden(class) : 0;
	}
	return count - hidden;
}

int64_t supervisor_count_alerts(const struct supervisor *supervisor, bool silenced)
{
	const struct graph_alert *alert;
	int64_t count = 0;

	TAILQ_FOREACH (alert, graph_alerts(supervisor->graph), in_active)
		count += alert->resource != NULL && graph_is_shown(alert->resource) &&
		         (graph_silence_of(alert->resource) != NULL) == silenced;
	return count;
}

static struct json_object *counts_status(const struct supervisor *supervisor)
{
	struct json_object *object = json_object_new_object();

	add(object, "resources",
	    json_object_new_int64((int64_t)supervisor_count_resources(supervisor)));
	add(object, "alerts", json_object_new_int64(supervisor_count_alerts(supervisor, false)));
	add(object, "alerts_silenced",
	    json_object_new_int64(supervisor_count_alerts(supervisor, true)));
	add(object, "dropped_samples",
	    json_object_new_int64((int64_t)graph_dropped_samples(supervisor->graph)));
	return object;
}

/* The samples that wait for the database in a file. */
static struct json_object *spool_object(const struct supervisor *supervisor)
{
	const struct spool_status status = spool_status(supervisor->spool);
	struct json_object *object = json_object_new_object();

	add(object, "path", json_object_new_string(status.path));
	add(object, "bytes", json_object_new_int64((int64_t)status.bytes));
	add(object, "limit", json_object_new_int64((int64_t)status.limit));
	add(object, "samples", json_object_new_int64((int64_t)status.samples));
	add(object, "left_out", json_object_new_int64((int64_t)status.left_out));
	add(object, "reason", text_or_null(status.reason));
	return object;
}

const char *const supervisor_state_names[] = {
    [SUPERVISOR_STARTING] = "starting",
    [SUPERVISOR_RUNNING] = "running",
    [SUPERVISOR_STOPPING] = "stopping",
    NULL,
};

/* It counts as starting until the database is loaded. */
enum supervisor_state supervisor_state(const struct supervisor *supervisor)
{
	if (supervisor->state == SUPERVISOR_RUNNING && !supervisor->loaded)
		return SUPERVISOR_STARTING;
	return supervisor->state;
}

static const char *state_name(const struct supervisor *supervisor)
{
	return supervisor_state_names[supervisor_state(supervisor)];
}

char *supervisor_waiting(void *context)
{
	const struct supervisor *supervisor = supervisor_of(context);
	const char *reason = supervisor->database_reason;

	if (supervisor->loaded)
		return NULL;
	return xasprintf("the first scan waits for the database%s%s", reason != NULL ? ": " : "",
	    reason != NULL ? reason : "");
}

const char *supervisor_reason(void *context, const struct graph_resource *scannable)
{
	const struct plugin *plugin =
	    supervisor_find_plugin(supervisor_of(context), scannable->class->plugin);
	const struct session *session = NULL;

	if (plugin != NULL)
		HASH_FIND(
		    by_scannable, plugin->by_scannable, &scannable, sizeof(scannable), session);
	return session != NULL ? session->failure : NULL;
}

struct json_object *supervisor_status(void *context)
{
	const struct supervisor *supervisor = supervisor_of(context);
	struct json_object *object = json_object_new_object();
	struct json_object *plugins = json_object_new_array();
	const struct plugin *plugin;

	add(object, "version", json_object_new_string(VERSION));
	add(object, "pid", json_object_new_int(getpid()));
	add(object, "uptime_s",
	    decimal(seconds(monotonic_since(monotonic_now(), supervisor->started)), 1));
	add(object, "state", json_object_new_string(state_name(supervisor)));
	add(object, "config", text_or_null(supervisor->config.path));
	add(object, "scanning_initially",
	    json_object_new_int64(supervisor_scanning_initially(supervisor)));
	add(object, "database", database_status(supervisor));
	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		json_object_array_add(plugins, plugin_status(plugin));
	add(object, "plugins", plugins);
	add(object, "mistakes", supervisor_mistakes(supervisor));
	add(object, "counts", counts_status(supervisor));
	add(object, "spool", spool_object(supervisor));
	return object;
}
