/* SPDX-License-Identifier: MIT */
/*
 * Scannables that are in use because another one reports them, or because a person added them. They
 * get sessions like those of the configuration, and are removed when nobody reports or wants them
 * any more and their sessions have ended.
 */
#include "supervisor/supervisor.h"

#include "base/log.h"

/* The session of a scannable, also with a plugin that is about to leave; NULL: it has none. */
static struct session *find_session(
    const struct supervisor *supervisor, const struct graph_resource *scannable)
{
	const struct plugin *plugin;
	struct session *session = NULL;

	TAILQ_FOREACH (plugin, &supervisor->plugins, next) {
		session = session_of_scannable(plugin, scannable);
		if (session != NULL)
			break;
	}
	return session;
}

/* Whether a scannable has no session, nor has any that would be removed with it. */
static bool is_at_rest(const struct supervisor *supervisor, const struct graph_resource *scannable)
{
	const struct graph_resource *scoped;

	if (find_session(supervisor, scannable) != NULL)
		return false;
	TAILQ_FOREACH (scoped, &scannable->extras->scoped, in_scope)
		if (scoped->class->scannable && !is_at_rest(supervisor, scoped))
			return false;
	return true;
}

void scannable_left(struct supervisor *supervisor, struct graph_resource *scannable)
{
	struct graph_resource *above;

	for (; scannable != NULL; scannable = above) {
		above = scannable->scope;
		if (!scannable->departing || !is_at_rest(supervisor, scannable))
			continue;
		log_about(
		    LOG_LEVEL_INFO, scannable->class->plugin, graph_name(scannable), "removed");
		graph_remove(supervisor->graph, scannable);
		supervisor_kick(supervisor);
	}
}

/* A session for a scannable that is reported, or was added; one of the configuration gets its own
 * there. */
static void begin(struct supervisor *supervisor, struct graph_resource *scannable)
{
	struct plugin *plugin = supervisor_find_plugin(supervisor, scannable->class->plugin);

	if (plugin == NULL || scannable->configured || scannable->was_configured)
		return;
	session_open(session_new(plugin, scannable));
}

/* Why a scannable that has a session is not to have one any more. */
static const char *reason_of(const struct graph_resource *scannable)
{
	if (scannable->in_use)
		return "it has parents, and is scanned with them";
	return scannable->departing ? "it is to be removed" : "no longer in the configuration";
}

static void follow(struct supervisor *supervisor, struct graph_resource *scannable, bool edited)
{
	struct session *session = find_session(supervisor, scannable);

	if (!graph_wants_session(scannable)) {
		if (session != NULL)
			session_close(session, reason_of(scannable));
		else
			scannable_left(supervisor, scannable);
		return;
	}
	if (session == NULL) {
		begin(supervisor, scannable);
		return;
	}
	session_want(session);
	if (edited)
		session_renew(session, "another scannable gave it other values");
}

void scannables_follow(struct supervisor *supervisor)
{
	struct graph_resource *scannable;
	bool edited;

	while ((scannable = graph_next_scannable(supervisor->graph, &edited)) != NULL)
		follow(supervisor, scannable, edited);
}
