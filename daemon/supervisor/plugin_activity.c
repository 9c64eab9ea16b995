/* SPDX-License-Identifier: MIT */
#include "supervisor/plugin_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

/*
 * How long a process may do nothing at all, in addition to the limit of a label function: while one
 * runs the process can't be asked for anything else of its session.
 */
#define STILL_LIMIT_S 10

/* The hook a worker is in, as far as a recorder that may hold anything tells. */
struct activity {
	uint32_t hook;
	uint32_t session;
	int64_t for_ns;
};

static bool read_activity(const struct plugin *plugin, size_t worker, struct activity *activity)
{
	const struct recorder_entry *entry = &plugin->process.recorder->workers[worker];
	struct monotonic now = monotonic_now(), since = {entry->since_ns};

	*activity = (struct activity){.hook = entry->hook, .session = entry->session};
	if (since.ns > 0 && since.ns < now.ns)
		activity->for_ns = monotonic_since(now, since);
	return hook_runs(activity->hook);
}

/* Appends 'update_scan of "array-7"'. */
static void describe(struct plugin *plugin, const struct activity *activity, struct text *text)
{
	const struct session *session = session_find(plugin, activity->session);

	text_append(text, hook_name(activity->hook));
	if (session != NULL)
		text_printf(text, " of \"%s\"", graph_name(session->scannable));
}

void plugin_describe_activity(struct plugin *plugin, struct text *text)
{
	struct activity activity;
	const char *separator = " in ";

	for (size_t i = 0; i < RECORDER_WORKERS; i++) {
		if (!recorder_suspects(plugin->process.recorder, i))
			continue;
		if (!read_activity(plugin, i, &activity))
			continue;
		text_append(text, separator);
		describe(plugin, &activity, text);
		separator = " and in ";
	}
}

bool plugin_was_busy(const struct plugin *plugin, const struct session *session)
{
	struct activity activity;

	for (size_t i = 0; i < RECORDER_WORKERS; i++) {
		if (!recorder_suspects(plugin->process.recorder, i))
			continue;
		if (read_activity(plugin, i, &activity) && session->number != 0 &&
		    activity.session == session->number)
			return true;
	}
	return false;
}

/* The limit of one run of a hook. */
static int64_t hook_limit(const struct plugin *plugin, uint32_t hook)
{
	switch (hook) {
	case HOOK_INITIAL_SCAN:
	case HOOK_UPDATE_SCAN:
		return plugin->config->scan_limit_ns;
	case HOOK_LOAD:
		return plugin->supervisor->config.load_limit_ns;
	default:
		return plugin->config->teardown_limit_ns;
	}
}

/* Kills it for a hook that takes longer than its limit. */
static void kill_late(struct plugin *plugin, const struct activity *activity, int64_t limit)
{
	struct text hook = TEXT_EMPTY;
	char time[CLOCK_TEXT_SIZE];

	describe(plugin, activity, &hook);
	plugin->hook_told = plugin->overdue = true;
	plugin_kill(
	    plugin, "did not return from %s within %s", hook.data, duration_format(limit, time));
	text_clear(&hook);
}

void plugin_check_limits(struct plugin *plugin)
{
	struct activity activity;

	if (!plugin->has_process || plugin->killed)
		return;
	for (size_t i = 0; i < RECORDER_WORKERS; i++) {
		int64_t limit;

		if (!read_activity(plugin, i, &activity))
			continue;
		limit = hook_limit(plugin, activity.hook);
		if (activity.for_ns > limit) {
			plugin->process.recorder->fatal_worker = (uint32_t)i + 1;
			kill_late(plugin, &activity, limit);
			return;
		}
	}
}

/* Whether a debugger holds a process. */
static bool is_traced(pid_t pid)
{
	char *path = xasprintf("/proc/%d/status", (int)pid);
	FILE *status = fopen(path, "re");
	char line[256];
	int tracer = 0;

	free(path);
	if (status == NULL)
		return false;
	while (fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	fclose(status);
	return tracer != 0;
}

/*
 * Counts seconds of this process, not of a clock: after a time in which nothing on the machine ran
 * nobody is to blame.
 */
void plugin_check_turns(struct plugin *plugin)
{
	int64_t limit_s = plugin->config->teardown_limit_ns / NS_PER_S + STILL_LIMIT_S;
	char time[CLOCK_TEXT_SIZE];
	uint32_t turns;

	if (plugin->state != PLUGIN_RUNNING || plugin->killed || plugin->process.pid == 0)
		return;
	turns = plugin->process.recorder->turns;
	plugin->still_s = turns == plugin->turns ? plugin->still_s + 1 : 0;
	plugin->turns = turns;
	if (plugin->still_s > limit_s && !is_traced(plugin->process.pid))
		plugin_kill(plugin,
		    "has not moved for %s: it is stopped, or its threads wait for each other",
		    duration_format(limit_s * NS_PER_S, time));
}
