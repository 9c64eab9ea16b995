/* SPDX-License-Identifier: MIT */
/* What each process takes, and how long the scans of each scannable do. */
#include "supervisor/supervisor.h"

#include <stdio.h>
#include <unistd.h>

#include <json-c/json.h>

#include "supervisor/usage.h"

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void add_count(struct json_object *object, const char *key, uint64_t count)
{
	add(object, key, json_object_new_int64((int64_t)count));
}

/* A number with three decimals, not with all that a double has. */
static void add_decimal(struct json_object *object, const char *key, double number)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f", number);
	add(object, key, json_object_new_double_s(number, text));
}

/* Adds a number that the kernel tells, or null if it does not. */
static void add_known(struct json_object *object, const char *key, double number)
{
	add(object, key, number >= 0 ? json_object_new_int64((int64_t)number) : NULL);
}

/* The mean of so many durations in milliseconds; 0 of none. */
static double mean_ms(double sum_ms, uint64_t count)
{
	return count > 0 ? sum_ms / (double)count : 0;
}

/* Adds what a process takes; nothing if there is none. */
static void add_process(struct json_object *object, pid_t pid, struct wallclock started)
{
	double age_s = (double)(wallclock_now().us - started.us) / US_PER_S;
	struct usage usage;

	if (pid <= 0 || !usage_read(pid, &usage))
		return;
	add(object, "pid", json_object_new_int(pid));
	add_decimal(object, "processor_s", usage.processor_s);
	add_decimal(object, "processor_percent", age_s > 0 ? 100 * usage.processor_s / age_s : 0);
	add_known(object, "memory", usage.resident);
	add_known(object, "descriptors", usage.descriptors);
	add_known(object, "descriptors_max", usage.descriptors_max);
	add_known(object, "threads", usage.threads);
}

static uint64_t count_of(const struct durations *durations)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= DURATION_BOUNDS; i++)
		count += durations->counts[i];
	return count;
}

static struct json_object *plugin_usage(const struct plugin *plugin)
{
	const struct plugin_counts *counts = &plugin->counts;
	const struct durations *initial = &counts->scans[BATCH_INITIAL];
	const struct durations *update = &counts->scans[BATCH_UPDATE];
	uint64_t scans = count_of(initial) + count_of(update);
	struct json_object *object = json_object_new_object();

	add(object, "name", json_object_new_string(plugin->config->name));
	add(object, "state", json_object_new_string(plugin_state_name(plugin->state)));
	add_count(object, "scans", scans);
	add_decimal(
	    object, "mean_scan_ms", mean_ms(1000 * (initial->sum_s + update->sum_s), scans));
	add_decimal(object, "mean_lateness_ms", mean_ms(1000 * counts->lateness.sum_s, scans));
	add_count(object, "refused", counts->refused);
	add_count(object, "restarts", plugin_restarts(plugin));
	if (plugin->has_process)
		add_process(object, plugin->process.pid, plugin->process.started);
	return object;
}

static double ms(int64_t ns)
{
	return (double)ns / NS_PER_MS;
}

static struct json_object *scannable_usage(const struct session *session)
{
	const struct scan_totals *totals = &session->totals;
	struct json_object *object = json_object_new_object();

	add(object, "id", json_object_new_int64(session->scannable->id));
	add(object, "label", json_object_new_string(graph_name(session->scannable)));
	add(object, "plugin", json_object_new_string(session->plugin->config->name));
	add(object, "state", json_object_new_string(session_shown_state(session)));
	add_count(object, "scans", totals->scans);
	add_decimal(object, "last_scan_ms", ms(session->last_duration_ns));
	add_decimal(object, "mean_scan_ms", mean_ms(ms(totals->duration_ns), totals->scans));
	add_decimal(object, "last_lateness_ms", ms(session->last_lateness_ns));
	add_decimal(object, "mean_lateness_ms", mean_ms(ms(totals->lateness_ns), totals->scans));
	add_count(object, "refused", totals->refused);
	return object;
}

struct json_object *supervisor_usage(void *context)
{
	const struct supervisor *supervisor = supervisor_of(context);
	struct json_object *object = json_object_new_object();
	struct json_object *runner = json_object_new_object();
	struct json_object *plugins = json_object_new_array();
	struct json_object *scannables = json_object_new_array();
	const struct plugin *plugin;
	const struct session *session;

	add_decimal(object, "time_s", (double)monotonic_now().ns / NS_PER_S);
	add_process(runner, getpid(), supervisor->started_at);
	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		if (plugin->refused || plugin->leaving)
			continue;
		json_object_array_add(plugins, plugin_usage(plugin));
		TAILQ_FOREACH (session, &plugin->sessions, next)
			json_object_array_add(scannables, scannable_usage(session));
	}
	add(object, "runner", runner);
	add(object, "plugins", plugins);
	add(object, "scannables", scannables);
	return object;
}
