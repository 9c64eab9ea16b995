/* SPDX-License-Identifier: MIT */
#include "supervisor/plugin_internal.h"

/* The hook a worker is in, as far as a recorder that may hold anything tells. */
struct activity {
	uint32_t hook;
	uint32_t session;
	int64_t for_ns;
};

static bool read_activity(const struct plugin *plugin, size_t worker, struct activity *activity)
{
	const struct recorder_entry *entry = &plugin->process.recorder->workers[worker];
	struct monotonic since = {entry->since_ns};

	*activity = (struct activity){.hook = entry->hook, .session = entry->session};
	activity->for_ns = monotonic_since(monotonic_now(), since);
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
