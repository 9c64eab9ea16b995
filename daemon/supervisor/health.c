/* SPDX-License-Identifier: MIT */
/* Whether all is well, and else what is not: for monitoring systems, and for people in a hurry. */
#include "supervisor/supervisor.h"

#include <inttypes.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "base/text.h"

/* So many problems are told; all are counted. */
#define PROBLEMS_TOLD 100

/* CRITICAL: something that scans of all scannables of a plugin, or the database, depend on. */
enum severeness { HEALTH_OK, HEALTH_WARNING, HEALTH_CRITICAL };

static const char *const status_names[] = {
    [HEALTH_OK] = "ok", [HEALTH_WARNING] = "warning", [HEALTH_CRITICAL] = "critical"};

struct health {
	enum severeness worst;
	int64_t problem_count;
	struct json_object *problems; /* NULL: nobody asks */
	int64_t plugins, running;
	int64_t scannables, online, degraded, offline, paused;
};

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text != NULL ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

/* Notes a problem; plugin and scannable may be NULL. */
__attribute__((format(printf, 6, 7))) static void add_problem(struct health *health,
    enum severeness severeness, const char *kind, const char *plugin,
    const struct graph_resource *scannable, const char *format, ...)
{
	struct json_object *problem;
	va_list arguments;
	char *text;

	if (severeness > health->worst)
		health->worst = severeness;
	if (++health->problem_count > PROBLEMS_TOLD || health->problems == NULL)
		return;
	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	problem = json_object_new_object();
	add_text(problem, "severity", status_names[severeness]);
	add_text(problem, "kind", kind);
	add_text(problem, "plugin", plugin);
	json_object_object_add(
	    problem, "scannable", scannable != NULL ? json_object_new_int64(scannable->id) : NULL);
	add_text(problem, "text", text);
	json_object_array_add(health->problems, problem);
	free(text);
}

/* For how long the database is away; 0 if it is not. */
static int64_t database_away_ns(const struct supervisor *supervisor)
{
	return supervisor->database_away
	           ? monotonic_since(monotonic_now(), supervisor->database_away_since)
	           : 0;
}

static void examine_database(struct health *health, const struct supervisor *supervisor)
{
	const char *trouble = store_write_error(supervisor->store);
	const char *reason = supervisor->database_reason;
	char time[CLOCK_TEXT_SIZE];

	if (supervisor->database_away) {
		add_problem(health, HEALTH_CRITICAL, "database", NULL, NULL,
		    "the database is away since %s%s%s",
		    duration_format(database_away_ns(supervisor), time), reason != NULL ? ": " : "",
		    reason != NULL ? reason : "");
	} else if (trouble != NULL || supervisor->write_is_slow) {
		add_problem(health, HEALTH_CRITICAL, "database", NULL, NULL,
		    "the database does not store what it is given%s%s", trouble != NULL ? ": " : "",
		    trouble != NULL ? trouble : "");
	}
}

static void examine_scannable(struct health *health, const struct session *session)
{
	const char *plugin = session->plugin->config->name;

	health->scannables++;
	if (graph_find_pause(session->plugin->supervisor->graph, session->scannable) != NULL) {
		health->paused++;
	} else if (session->failure != NULL) {
		health->offline++;
		add_problem(health, HEALTH_WARNING, "scannable", plugin, session->scannable,
		    "%s of plugin %s is not contactable: %s", graph_name(session->scannable),
		    plugin, session->failure);
	} else if (session_is_degraded(session)) {
		health->degraded++;
		add_problem(health, HEALTH_WARNING, "scannable", plugin, session->scannable,
		    "%s of plugin %s is degraded: %u call%s refused in the last scan",
		    graph_name(session->scannable), plugin, session->refused,
		    plural(session->refused));
	} else {
		health->online += session->state == SESSION_ONLINE;
	}
}

static void examine_plugin(struct health *health, const struct plugin *plugin)
{
	const char *reason = plugin->reason != NULL ? plugin->reason : "no reason is known";

	health->plugins++;
	health->running += plugin->state == PLUGIN_RUNNING;
	if (plugin->state == PLUGIN_FAILED)
		add_problem(health, HEALTH_CRITICAL, "plugin", plugin->config->name, NULL,
		    "plugin %s failed: %s", plugin->config->name, reason);
	else if (plugin->state == PLUGIN_BACKOFF)
		add_problem(health, HEALTH_CRITICAL, "plugin", plugin->config->name, NULL,
		    "plugin %s waits to be restarted: %s", plugin->config->name, reason);
}

static void examine_configuration(struct health *health, const struct supervisor *supervisor)
{
	struct json_object *mistakes = supervisor_mistakes(supervisor);

	for (size_t i = 0; i < json_object_array_length(mistakes); i++) {
		struct json_object *mistake = json_object_array_get_idx(mistakes, i);

		add_problem(health, HEALTH_WARNING, "configuration",
		    json_object_get_string(json_object_object_get(mistake, "plugin")), NULL,
		    "%s: %s", json_object_get_string(json_object_object_get(mistake, "place")),
		    json_object_get_string(json_object_object_get(mistake, "text")));
	}
	json_object_put(mistakes);
}

static void examine_plugins(struct health *health, const struct supervisor *supervisor)
{
	const struct plugin *plugin;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		if (!plugin->leaving)
			examine_plugin(health, plugin);
}

static void examine_scannables(struct health *health, const struct supervisor *supervisor)
{
	const struct plugin *plugin;
	const struct session *session;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next)
		TAILQ_FOREACH (session, &plugin->sessions, next)
			examine_scannable(health, session);
}

/* Those first that others may follow from. */
static void examine(struct health *health, const struct supervisor *supervisor)
{
	enum supervisor_state state = supervisor_state(supervisor);

	examine_database(health, supervisor);
	examine_plugins(health, supervisor);
	if (state != SUPERVISOR_RUNNING)
		add_problem(health, HEALTH_WARNING, "runner", NULL, NULL, "the runner is %s",
		    supervisor_state_names[state]);
	examine_configuration(health, supervisor);
	examine_scannables(health, supervisor);
}

struct json_object *supervisor_health(void *context, bool *is_usable)
{
	const struct supervisor *supervisor = supervisor_of(context);
	struct health health = {.problems = json_object_new_array()};
	struct json_object *object = json_object_new_object();

	examine(&health, supervisor);
	add_text(object, "status", status_names[health.worst]);
	add_number(object, "problem_count", health.problem_count);
	json_object_object_add(object, "problems", health.problems);
	add_number(object, "plugins", health.plugins);
	add_number(object, "plugins_running", health.running);
	add_number(object, "scannables", health.scannables);
	add_number(object, "scannables_online", health.online);
	add_number(object, "scannables_degraded", health.degraded);
	add_number(object, "scannables_offline", health.offline);
	add_number(object, "scannables_paused", health.paused);
	add_number(object, "alerts", supervisor_count_alerts(supervisor));
	add_number(object, "database_away_s", database_away_ns(supervisor) / NS_PER_S);
	add_number(object, "dropped_samples", (int64_t)graph_dropped_samples(supervisor->graph));
	*is_usable = health.worst < HEALTH_CRITICAL;
	return object;
}

/* ---- on one line ---- */

/* Plugins that are not well are named, up to so many. */
#define PLUGINS_NAMED 3

/* How the database is. That it writes now, and not then, is no news. */
static void append_database(struct text *out, const struct supervisor *supervisor)
{
	const char *trouble;
	enum store_state state;

	if (supervisor->store == NULL) {
		text_append(out, "database off");
		return;
	}
	trouble = store_write_error(supervisor->store);
	state = store_state(supervisor->store);
	if (supervisor->database_away && store_state_is_usable(state))
		text_append(out, "database coming back");
	else if (supervisor->database_away)
		text_printf(out, "database %s", store_state_name(state));
	else if (trouble != NULL || supervisor->write_is_slow)
		text_append(out, "database does not store");
	else
		text_append(out, "database ready");
	if (trouble == NULL)
		trouble = supervisor->database_reason;
	if (trouble != NULL)
		text_printf(out, " (%s)", trouble);
}

/* Appends " (acme failed, other backoff)" if any are. */
static void append_bad_plugins(struct text *out, const struct supervisor *supervisor)
{
	const struct plugin *plugin;
	unsigned count = 0;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		if (plugin->state != PLUGIN_FAILED && plugin->state != PLUGIN_BACKOFF)
			continue;
		if (count++ < PLUGINS_NAMED)
			text_printf(out, "%s%s %s", count == 1 ? " (" : ", ", plugin->config->name,
			    plugin_state_name(plugin->state));
	}
	if (count > PLUGINS_NAMED)
		text_printf(out, ", %u more", count - PLUGINS_NAMED);
	if (count > 0)
		text_append_char(out, ')');
}

char *supervisor_summary(const struct supervisor *supervisor)
{
	struct health health = {0};
	struct text out = TEXT_EMPTY;

	examine_plugins(&health, supervisor);
	examine_scannables(&health, supervisor);
	text_printf(&out, "%s; ", supervisor_state_names[supervisor_state(supervisor)]);
	append_database(&out, supervisor);
	text_printf(
	    &out, "; %" PRId64 " of %" PRId64 " plugins running", health.running, health.plugins);
	append_bad_plugins(&out, supervisor);
	text_printf(&out, "; %" PRId64 " of %" PRId64 " scannables online",
	    health.online + health.degraded, health.scannables);
	if (health.degraded > 0)
		text_printf(&out, ", %" PRId64 " degraded", health.degraded);
	if (health.paused > 0)
		text_printf(&out, ", %" PRId64 " paused", health.paused);
	if (health.offline > 0)
		text_printf(&out, ", %" PRId64 " not contactable", health.offline);
	return text_steal(&out);
}
