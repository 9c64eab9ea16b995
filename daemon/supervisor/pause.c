/* SPDX-License-Identifier: MIT */
/* Scannables, and plugins with all that they have, that people pause and resume. */
#include "supervisor/instruction_internal.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"

/* ---- what is paused, or not ---- */

/* Refuses the task with "X is paused already, since … by user 0: why". The field is "id" or NULL.
 */
__attribute__((format(printf, 4, 5))) static void refuse_paused(
    struct task *task, const struct pause_row *pause, const char *field, const char *format, ...)
{
	struct text reason = TEXT_EMPTY;
	va_list arguments;
	char *what;

	va_start(arguments, format);
	what = xvasprintf(format, arguments);
	va_end(arguments);
	graph_describe_pause(pause, &reason);
	task_refuse(task, INSTRUCTION_REFUSED, field, "%s, %s", what, reason.data);
	text_clear(&reason);
	free(what);
}

bool pause_refuses(struct task *task, const struct session *session)
{
	const struct graph_resource *scannable = session->scannable;
	const struct pause_row *pause = graph_find_pause(task->supervisor->graph, scannable);

	if (pause == NULL)
		return false;
	if (pause->scannable_id != 0)
		refuse_paused(task, pause, "id",
		    "%s is not scanned before \"iml-plugin resume %lld\": it is paused",
		    graph_name(scannable), (long long)scannable->id);
	else
		refuse_paused(task, pause, "id",
		    "%s is not scanned before \"iml-plugin resume --plugin %s\": its plugin is "
		    "paused",
		    graph_name(scannable), pause->plugin);
	return true;
}

/* ---- one scannable ---- */

static void pause_scannable(struct task *task, const char *why)
{
	struct graph *graph = task->supervisor->graph;
	struct session *session = scannable_find_session(task);
	const struct pause_row *pause;
	const char *name, *plugin;

	if (session == NULL)
		return;
	name = graph_name(session->scannable);
	plugin = session->plugin->config->name;
	pause = graph_find_pause(graph, session->scannable);
	if (pause != NULL && pause->scannable_id != 0) {
		refuse_paused(task, pause, "id", "%s is paused already", name);
		return;
	}
	log_about(LOG_LEVEL_INFO, plugin, name, "user %u paused it%s%s", task->user,
	    why != NULL ? ": " : "", why != NULL ? why : "");
	graph_pause(graph, plugin, session->scannable, task->user, why);
	session_follow_pause(session);
	task_store(task, INSTRUCTION_DONE);
}

static void resume_scannable(struct task *task)
{
	struct graph *graph = task->supervisor->graph;
	struct session *session = scannable_find_session(task);
	const struct pause_row *pause;
	const char *name, *plugin;

	if (session == NULL)
		return;
	name = graph_name(session->scannable);
	plugin = session->plugin->config->name;
	pause = graph_find_pause(graph, session->scannable);
	if (pause == NULL) {
		task_refuse(task, INSTRUCTION_REFUSED, "id", "%s is not paused", name);
		return;
	}
	if (pause->scannable_id == 0) {
		refuse_paused(task, pause, "id",
		    "%s goes on with \"iml-plugin resume --plugin %s\": its plugin is paused", name,
		    plugin);
		return;
	}
	log_about(LOG_LEVEL_INFO, plugin, name, "user %u resumed it", task->user);
	graph_resume(graph, plugin, session->scannable);
	session_follow_pause(session);
	task_store(task, INSTRUCTION_DONE);
}

/* ---- a whole plugin ---- */

/* All sessions of a plugin follow, as far as their scannables have no pause of their own. */
static void follow_all(struct plugin *plugin)
{
	struct session *session;

	if (plugin != NULL)
		TAILQ_FOREACH (session, &plugin->sessions, next)
			session_follow_pause(session);
}

static void pause_plugin(struct task *task, const char *name, const char *why)
{
	struct graph *graph = task->supervisor->graph;
	struct plugin *plugin = supervisor_find_plugin(task->supervisor, name);
	const struct pause_row *pause = graph_plugin_pause(graph, name);

	if (plugin == NULL) {
		task_refuse(task, INSTRUCTION_UNKNOWN, "plugin",
		    "plugin \"%s\" is not listed under plugins", name);
		return;
	}
	if (pause != NULL) {
		refuse_paused(task, pause, "plugin", "plugin %s is paused already", name);
		return;
	}
	log_about(LOG_LEVEL_INFO, name, NULL, "user %u paused it%s%s", task->user,
	    why != NULL ? ": " : "", why != NULL ? why : "");
	graph_pause(graph, name, NULL, task->user, why);
	follow_all(plugin);
	task_store(task, INSTRUCTION_DONE);
}

/* Also one that has left the list since it was paused. */
static void resume_plugin(struct task *task, const char *name)
{
	struct graph *graph = task->supervisor->graph;
	struct plugin *plugin = supervisor_find_plugin(task->supervisor, name);

	if (graph_plugin_pause(graph, name) == NULL) {
		task_refuse(task, plugin != NULL ? INSTRUCTION_REFUSED : INSTRUCTION_UNKNOWN,
		    "plugin",
		    plugin != NULL ? "plugin %s is not paused"
		                   : "plugin \"%s\" is not listed under plugins",
		    name);
		return;
	}
	log_about(LOG_LEVEL_INFO, name, NULL, "user %u resumed it", task->user);
	graph_resume(graph, name, NULL);
	follow_all(plugin);
	task_store(task, INSTRUCTION_DONE);
}

/* ---- either ---- */

void pause_follow(struct task *task, const struct instruction *instruction)
{
	const char *fault = instruction->why != NULL ? text_fault(instruction->why, WHY_MAX) : NULL;

	if (fault != NULL)
		task_refuse(task, INSTRUCTION_WRONG, "why", "why: %s", fault);
	else if (instruction->plugin != NULL)
		pause_plugin(task, instruction->plugin, instruction->why);
	else
		pause_scannable(task, instruction->why);
}

void pause_follow_resume(struct task *task, const struct instruction *instruction)
{
	if (instruction->plugin != NULL)
		resume_plugin(task, instruction->plugin);
	else
		resume_scannable(task);
}
