/* SPDX-License-Identifier: MIT */
/*
 * Scannables that people add, edit and remove. They are kept in the database alone; what the
 * configuration has is changed there.
 */
#include "supervisor/instruction_internal.h"
#include "supervisor/scannable_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

void scannable_free_task(struct task *task)
{
	for (size_t i = 0; i < task->value_count; i++)
		if (task->values[i].type == VALUE_TEXT)
			forget_text(task->values[i].text);
	free(task->values);
	free(task->typed);
	free(task->alias);
}

/* ---- which ---- */

/* Whether a plugin is there to be asked; else the task is refused. */
static bool accept_plugin(struct task *task, const struct plugin *plugin)
{
	if (plugin->class_count > 0 && plugin->declared && plugin->state != PLUGIN_FAILED)
		return true;
	task_refuse(task, INSTRUCTION_UNAVAILABLE, NULL, "plugin %s is not running (%s)",
	    plugin->config->name, plugin_state_name(plugin->state));
	return false;
}

/* The plugin of this name, which has its classes; NULL with the task refused. */
static struct plugin *find_plugin(struct task *task, const char *name)
{
	struct plugin *plugin = supervisor_find_plugin(task->supervisor, name);

	if (plugin == NULL)
		task_refuse(task, INSTRUCTION_WRONG, "plugin",
		    "plugin \"%s\" is not listed under plugins", name);
	return plugin != NULL && accept_plugin(task, plugin) ? plugin : NULL;
}

/* The scannable class of this name; NULL with the task refused. */
static const struct class *find_class(
    struct task *task, const struct plugin *plugin, const char *name)
{
	const struct class *class = scannable_find_class(plugin, name);
	char *names;

	if (class != NULL && class->scannable)
		return class;
	names = class_scannable_names(plugin->classes, plugin->class_count);
	task_refuse(task, INSTRUCTION_WRONG, "class",
	    "plugin %s has no scannable class \"%s\" (it has: %s)", plugin->config->name, name,
	    names);
	free(names);
	return NULL;
}

/* Refuses what is about a scannable of the configuration. */
static void refuse_configured(
    struct task *task, const struct plugin *plugin, const struct graph_resource *scannable)
{
	const struct session *session = session_of_scannable(plugin, scannable);

	task_refuse(task, INSTRUCTION_REFUSED, "id",
	    "%s is of the configuration (%s): change it there, and reload", graph_name(scannable),
	    session != NULL && session->place != NULL ? session->place
	                                              : task->supervisor->config.path);
}

/*
 * The scannable of the task, which is of no configuration, and its plugin; NULL with the task
 * refused.
 */
static struct graph_resource *find_scannable(struct task *task, struct plugin **plugin)
{
	struct graph_resource *scannable = graph_find(task->supervisor->graph, task->id);

	if (scannable == NULL) {
		task_refuse(task, INSTRUCTION_UNKNOWN, "id", "there is no resource %lld",
		    (long long)task->id);
		return NULL;
	}
	if (!scannable->class->scannable) {
		task_refuse(task, INSTRUCTION_REFUSED, "id",
		    "%s is reported by its plugin: only scannables can be changed or removed",
		    graph_name(scannable));
		return NULL;
	}
	*plugin = find_plugin(task, scannable->class->plugin);
	if (*plugin == NULL)
		return NULL;
	if (!scannable->configured && !scannable->was_configured)
		return scannable;
	refuse_configured(task, *plugin, scannable);
	return NULL;
}

/* ---- by way of the plugin ---- */

/* Asks the plugin to obfuscate passwords and, unless partial, to compute defaults. */
static void ask(struct task *task, struct plugin *plugin, bool partial)
{
	struct message message = {.type = MESSAGE_PREPARE};

	if (plugin->state != PLUGIN_RUNNING || plugin->killed) {
		task_refuse(task, INSTRUCTION_UNAVAILABLE, NULL,
		    "plugin %s, which has to obfuscate passwords, is not running (%s)",
		    plugin->config->name, plugin_state_name(plugin->state));
		return;
	}
	task->stage = TASK_PREPARING;
	task->plugin = plugin;
	task->request = ++task->supervisor->last_request;
	message.prepare = (struct message_prepare){.request = task->request,
	    .class = class_index(plugin->classes, plugin->class_count, task->class),
	    .values = task->values,
	    .value_count = task->class->attribute_count,
	    .partial = partial};
	plugin_send(plugin, &message);
}

void scannables_lose_instructions(struct plugin *plugin)
{
	struct task *task;

	TAILQ_FOREACH (task, &plugin->supervisor->tasks, next)
		if (task->stage == TASK_PREPARING && task->plugin == plugin)
			task_refuse(task, INSTRUCTION_UNAVAILABLE, NULL,
			    "plugin %s ended before it had obfuscated passwords; nothing was "
			    "changed",
			    plugin->config->name);
}

/* The task that waits for an answer of a plugin, or NULL. */
static struct task *find_task(const struct plugin *plugin, uint32_t request)
{
	struct task *task;

	TAILQ_FOREACH (task, &plugin->supervisor->tasks, next)
		if (task->stage == TASK_PREPARING && task->plugin == plugin &&
		    task->request == request)
			return task;
	return NULL;
}

/* ---- adding ---- */

/* Takes a complete scannable into use, unless there is one of its identity. */
static void add(struct task *task, struct plugin *plugin, const struct value *values)
{
	struct graph *graph = plugin->supervisor->graph;
	const struct graph_class *known =
	    graph_find_class(graph, plugin->config->name, task->class->name);
	struct graph_resource *scannable = NULL;
	char reason[REASON_SIZE];

	if (task->class->scope != IDENTIFIER_AUTO)
		scannable = graph_find_configured(graph, known, values, NULL);
	if (scannable != NULL && scannable->departing) {
		task_refuse(task, INSTRUCTION_REFUSED, NULL,
		    "%s is being removed; try again when it is gone", graph_name(scannable));
		return;
	}
	if (scannable != NULL && scannable->in_use) {
		task->id = scannable->id;
		task_store(task, INSTRUCTION_EXISTED);
		return;
	}
	scannable = graph_add(graph, known, values, reason);
	if (scannable == NULL) {
		task_refuse(task, INSTRUCTION_WRONG, NULL, "%s", reason);
		return;
	}
	log_about(LOG_LEVEL_INFO, plugin->config->name, graph_name(scannable), "user %u added it",
	    task->user);
	task->id = scannable->id;
	scannables_follow(plugin->supervisor);
	task_store(task, INSTRUCTION_MADE);
}

void scannable_follow_add(struct task *task, const struct instruction *instruction)
{
	struct plugin *plugin = find_plugin(task, instruction->plugin);

	if (plugin == NULL)
		return;
	task->class = find_class(task, plugin, instruction->class);
	if (task->class == NULL)
		return;
	task->value_count = task->class->attribute_count;
	task->values = xcalloc(task->value_count, sizeof(*task->values));
	typed_read(task->class, instruction->attributes, instruction->attribute_count, task->values,
	    task_complain, task);
	if (task_is_refused(task))
		return;
	if (typed_needs_plugin(task->class, task->values))
		ask(task, plugin, false);
	else
		add(task, plugin, task->values);
}

/* ---- editing ---- */

/*
 * The values that a scannable is to have: those that it has, but for what was typed. Passwords are
 * taken from the answer of the plugin.
 */
static struct value *merge(
    const struct task *task, const struct graph_resource *scannable, const struct value *passwords)
{
	const struct class *class = task->class;
	struct value *values = xcalloc(class->attribute_count, sizeof(*values));

	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct value *from = &scannable->values[i];

		if (task->typed[i])
			from = class->attributes[i].type == ATTRIBUTE_PASSWORD && passwords != NULL
			           ? &passwords[i]
			           : &task->values[i];
		values[i] = value_copy(from);
	}
	return values;
}

/* Begins the session anew, at once, with the values that it has now. */
static void renew(struct plugin *plugin, struct graph_resource *scannable)
{
	struct session *session = session_of_scannable(plugin, scannable);

	if (session == NULL)
		return;
	session_renew(session, "a user edited it");
	session_retry(session);
}

/* Gives a scannable what was typed. */
static void edit(struct task *task, struct plugin *plugin, struct graph_resource *scannable,
    const struct value *passwords)
{
	struct graph *graph = plugin->supervisor->graph;
	struct value *values = merge(task, scannable, passwords);
	char reason[REASON_SIZE];
	int result = graph_edit(graph, scannable, values, reason);

	typed_free_values(task->class, values);
	if (result != 0) {
		task_refuse(task, INSTRUCTION_REFUSED, NULL, "%s", reason);
		return;
	}
	if (task->has_alias)
		graph_set_alias(graph, scannable, task->alias);
	log_about(LOG_LEVEL_INFO, plugin->config->name, graph_name(scannable), "user %u edited it",
	    task->user);
	renew(plugin, scannable);
	scannables_follow(plugin->supervisor);
	task_store(task, INSTRUCTION_DONE);
}

/* Whether a scannable can be edited by people; else the task is refused. */
static bool accept_edit(struct task *task, const struct graph_resource *scannable)
{
	if (scannable->added)
		return true;
	if (scannable->in_use)
		task_refuse(task, INSTRUCTION_REFUSED, "id",
		    "%s is reported by another scannable, which gives it its values",
		    graph_name(scannable));
	else
		task_refuse(task, INSTRUCTION_UNKNOWN, "id", "%s is no longer in use",
		    graph_name(scannable));
	return false;
}

/* Reads what is to be changed. False with the task refused. */
static bool read_edit(struct task *task, const struct instruction *instruction)
{
	if (instruction->attribute_count == 0 && !instruction->has_alias) {
		task_refuse(task, INSTRUCTION_WRONG, NULL, "nothing is to be changed");
		return false;
	}
	task->value_count = task->class->attribute_count;
	task->values = xcalloc(task->value_count, sizeof(*task->values));
	task->typed = xcalloc(task->value_count, sizeof(*task->typed));
	task->has_alias = instruction->has_alias;
	task->alias = xstrdup(instruction->alias);
	typed_read_changes(task->class, instruction->attributes, instruction->attribute_count,
	    task->values, task->typed, task_complain, task);
	if (task->alias != NULL)
		task_accept_alias(task, task->alias);
	return !task_is_refused(task);
}

/* Whether a password is to be changed. */
static bool has_password(const struct task *task)
{
	for (size_t i = 0; i < task->value_count; i++)
		if (task->class->attributes[i].type == ATTRIBUTE_PASSWORD &&
		    task->values[i].type != VALUE_NULL)
			return true;
	return false;
}

void scannable_follow_edit(struct task *task, const struct instruction *instruction)
{
	struct plugin *plugin;
	struct graph_resource *scannable = find_scannable(task, &plugin);

	if (scannable == NULL || !accept_edit(task, scannable))
		return;
	task->class = scannable->class->class;
	if (!read_edit(task, instruction))
		return;
	if (has_password(task))
		ask(task, plugin, true);
	else
		edit(task, plugin, scannable, NULL);
}

/* ---- what the plugin has prepared ---- */

/* Takes up what was prepared; the scannable may have changed, or gone, meanwhile. */
static void conclude(struct task *task, struct plugin *plugin, const struct value *values)
{
	struct graph_resource *scannable;

	task->stage = TASK_FOLLOWED;
	if (task->typed == NULL) {
		add(task, plugin, values);
		return;
	}
	scannable = find_scannable(task, &plugin);
	if (scannable != NULL && accept_edit(task, scannable))
		edit(task, plugin, scannable, values);
}

/* The attribute that a reason of the plugin host begins with, in quotation marks; or NULL. */
static const char *attribute_of(const struct class *class, const char *reason)
{
	for (size_t i = 0; i < class->attribute_count; i++) {
		const char *name = class->attributes[i].name;
		size_t length = strlen(name);

		if (reason[0] == '"' && strncmp(reason + 1, name, length) == 0 &&
		    reason[1 + length] == '"')
			return name;
	}
	return NULL;
}

void scannable_instructed(struct plugin *plugin, const struct message_prepared *answer)
{
	struct task *task = find_task(plugin, answer->request);

	if (task == NULL)
		return;
	if (answer->partial != (task->typed != NULL) ||
	    answer->class != class_index(plugin->classes, plugin->class_count, task->class)) {
		plugin_kill(plugin, "answered another request than was made");
		return;
	}
	for (size_t i = 0; i < answer->reason_count; i++)
		task_refuse(task, INSTRUCTION_WRONG, attribute_of(task->class, answer->reasons[i]),
		    "%s", answer->reasons[i]);
	if (!task_is_refused(task))
		conclude(task, plugin, answer->values);
}

/* ---- removing ---- */

void scannable_follow_remove(struct task *task, const struct instruction *instruction)
{
	struct plugin *plugin;
	struct graph_resource *scannable = find_scannable(task, &plugin);

	(void)instruction;
	if (scannable == NULL)
		return;
	if (scannable->in_use && !scannable->added) {
		task_refuse(task, INSTRUCTION_REFUSED, "id",
		    "%s is reported by another scannable, and goes when that no longer does so",
		    graph_name(scannable));
		return;
	}
	log_about(LOG_LEVEL_INFO, plugin->config->name, graph_name(scannable), "user %u removed it",
	    task->user);
	graph_withdraw(plugin->supervisor->graph, scannable);
	scannables_follow(plugin->supervisor);
	task_store(task, INSTRUCTION_BEGUN);
}

/* ---- scanning ---- */

struct session *scannable_find_session(struct task *task)
{
	struct graph_resource *scannable = graph_find(task->supervisor->graph, task->id);
	struct plugin *plugin = NULL;
	struct session *session = NULL;

	if (scannable != NULL)
		plugin = supervisor_find_plugin(task->supervisor, scannable->class->plugin);
	if (plugin != NULL)
		session = session_of_scannable(plugin, scannable);
	if (scannable == NULL || !graph_is_shown(scannable)) {
		task_refuse(task, INSTRUCTION_UNKNOWN, "id", "there is no resource %lld",
		    (long long)task->id);
		return NULL;
	}
	if (session == NULL)
		task_refuse(task, INSTRUCTION_REFUSED, "id", "%s is not scanned on its own",
		    graph_name(scannable));
	return session;
}

void scannable_follow_scan(struct task *task, const struct instruction *instruction)
{
	struct session *session = scannable_find_session(task);

	(void)instruction;
	if (session == NULL || pause_refuses(task, session))
		return;
	log_about(LOG_LEVEL_INFO, session->plugin->config->name, graph_name(session->scannable),
	    "user %u wants it scanned now", task->user);
	session_hurry(session);
	task_finish(task, INSTRUCTION_BEGUN);
}
