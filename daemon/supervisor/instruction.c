/* SPDX-License-Identifier: MIT */
#include "supervisor/instruction_internal.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/memory.h"
#include "graph/volume.h"

/* Instructions under way at a time. */
#define TASKS_MAX 1000

/* ---- the life of a task ---- */

static void free_task(struct task *task)
{
	TAILQ_REMOVE(&task->supervisor->tasks, task, next);
	task->supervisor->task_count--;
	for (size_t i = 0; i < task->reason_count; i++) {
		free(task->reasons[i].field);
		free(task->reasons[i].text);
	}
	free(task->reasons);
	text_clear(&task->changes);
	scannable_free_task(task);
	free(task);
}

static void finish(struct task *task)
{
	task->stage = TASK_DONE;
	event_active(task->supervisor->tasks_done, EV_TIMEOUT, 0);
}

static void answer(struct task *task)
{
	const struct instruction_answer said = {.result = task->result,
	    .id = task->id,
	    .changes = task->changes.data,
	    .reasons = task->reasons,
	    .reason_count = task->reason_count};

	if (task->answered != NULL)
		task->answered(task->asker, &said);
	free_task(task);
}

static void answer_done(evutil_socket_t fd, short what, void *context)
{
	struct supervisor *supervisor = supervisor_of(context);
	struct task *task, *next;

	(void)fd;
	(void)what;
	for (task = TAILQ_FIRST(&supervisor->tasks); task != NULL; task = next) {
		next = TAILQ_NEXT(task, next);
		if (task->stage == TASK_DONE)
			answer(task);
	}
}

void task_refuse(
    struct task *task, enum instruction_result result, const char *field, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	task->reasons = xgrow(
	    task->reasons, task->reason_count, &task->reason_capacity, sizeof(*task->reasons));
	task->reasons[task->reason_count++] =
	    (struct instruction_reason){.field = xstrdup(field), .text = text};
	task->result = result;
	finish(task);
}

void task_complain(void *context, const char *place, const char *attribute, const char *text)
{
	(void)place;
	task_refuse(context, INSTRUCTION_WRONG, attribute, "%s", text);
}

bool task_is_refused(const struct task *task)
{
	return task->reason_count > 0;
}

void task_finish(struct task *task, enum instruction_result result)
{
	task->result = result;
	finish(task);
}

void task_store(struct task *task, enum instruction_result result)
{
	struct supervisor *supervisor = task->supervisor;

	task->result = result;
	task->stage = TASK_STORING;
	task->write = supervisor->writes_begun + graph_has_changes(supervisor->graph);
	if (task->write == supervisor->writes_done)
		finish(task);
	supervisor_kick(supervisor);
}

void instructions_stored(struct supervisor *supervisor)
{
	struct task *task;

	TAILQ_FOREACH (task, &supervisor->tasks, next)
		if (task->stage == TASK_STORING && task->write <= supervisor->writes_done)
			finish(task);
}

void instructions_not_stored(struct supervisor *supervisor)
{
	struct task *task;

	TAILQ_FOREACH (task, &supervisor->tasks, next)
		if (task->stage == TASK_STORING)
			task_refuse(task, INSTRUCTION_UNAVAILABLE, NULL,
			    "it is in force, but is stored only when the database is back");
}

void instructions_open(struct supervisor *supervisor)
{
	TAILQ_INIT(&supervisor->tasks);
	supervisor->tasks_done = evtimer_new(supervisor->base, answer_done, supervisor);
	assert(supervisor->tasks_done != NULL);
}

void instructions_close(struct supervisor *supervisor)
{
	struct task *task;

	while ((task = TAILQ_FIRST(&supervisor->tasks)) != NULL)
		free_task(task);
	event_free(supervisor->tasks_done);
}

void supervisor_forget_asker(void *context, uint64_t number)
{
	struct task *task;

	TAILQ_FOREACH (task, &supervisor_of(context)->tasks, next)
		if (task->number == number)
			task->answered = NULL;
}

/* ---- aliases ---- */

/* What is wrong with an alias, or NULL. */
static const char *alias_fault(const char *alias)
{
	size_t length = strlen(alias);

	if (alias[strspn(alias, " \t\r\n\v\f")] == '\0')
		return "May not be blank";
	if (isspace((unsigned char)alias[0]))
		return "No leading whitespace allowed";
	if (isspace((unsigned char)alias[length - 1]))
		return "No trailing whitespace allowed";
	for (size_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)alias[i]))
			return "No control characters allowed";
	return NULL;
}

/* Whether an alias can be one; else the task is refused. */
bool task_accept_alias(struct task *task, const char *alias)
{
	const char *fault = alias_fault(alias);

	if (fault != NULL)
		task_refuse(task, INSTRUCTION_WRONG, "alias", "%s", fault);
	return !task_is_refused(task);
}

/* The resource of an instruction, if people are to see it; else the task is refused. */
static struct graph_resource *find_shown(struct task *task, record_id id)
{
	struct graph_resource *resource = graph_find(task->supervisor->graph, id);

	if (resource != NULL && graph_is_shown(resource))
		return resource;
	task_refuse(task, INSTRUCTION_UNKNOWN, "id", "there is no resource %lld", (long long)id);
	return NULL;
}

static void set_alias(struct task *task, const struct instruction *instruction)
{
	struct graph_resource *resource = find_shown(task, instruction->id);
	const char *alias = instruction->alias;

	if (resource == NULL || (alias != NULL && !task_accept_alias(task, alias)))
		return;
	log_about(LOG_LEVEL_INFO, resource->class->plugin, graph_name(resource), "user %u %s%s",
	    instruction->user, alias != NULL ? "calls it " : "took its alias back",
	    alias != NULL ? alias : "");
	graph_set_alias(task->supervisor->graph, resource, alias);
	task_store(task, INSTRUCTION_DONE);
}

/* ---- alerts ---- */

static void dismiss(struct task *task, const struct instruction *instruction)
{
	struct graph *graph = task->supervisor->graph;

	if (!graph_dismiss_alert(graph, instruction->id, instruction->dismissed)) {
		task_refuse(task, INSTRUCTION_UNKNOWN, "id", "there is no active alert %lld",
		    (long long)instruction->id);
		return;
	}
	log_info("user %u %s alert %lld", instruction->user,
	    instruction->dismissed ? "dismissed" : "no longer dismisses",
	    (long long)instruction->id);
	task_store(task, INSTRUCTION_DONE);
}

/* ---- volumes ---- */

static void choose_nodes(struct task *task, const struct instruction *instruction)
{
	struct graph *graph = task->supervisor->graph;
	struct graph_volume *volume = graph_find_volume(graph, instruction->id);
	size_t count = instruction->secondary_count + (instruction->primary != 0);
	struct node_choice *choices;
	char reason[REASON_SIZE];
	int result;

	if (volume == NULL || !graph_is_shown(volume->drive)) {
		task_refuse(task, INSTRUCTION_UNKNOWN, "id", "there is no volume %lld",
		    (long long)instruction->id);
		return;
	}
	choices = xcalloc(count + 1, sizeof(*choices));
	for (size_t i = 0; i < instruction->secondary_count; i++)
		choices[i] = (struct node_choice){.node = instruction->secondary[i]};
	if (instruction->primary != 0)
		choices[count - 1] = (struct node_choice){instruction->primary, true};
	result = graph_choose_nodes(graph, volume, choices, count, reason);
	free(choices);
	if (result != 0) {
		task_refuse(task, INSTRUCTION_REFUSED, NULL, "%s", reason);
		return;
	}
	log_info("user %u %s nodes of volume \"%s\"", instruction->user,
	    count > 0 ? "chose the" : "no longer chooses the", volume->label);
	task_store(task, INSTRUCTION_DONE);
}

/* ---- all of them ---- */

static void (*const followers[INSTRUCTION_KIND_COUNT])(
    struct task *task, const struct instruction *instruction) = {
    [INSTRUCTION_ALIAS] = set_alias,
    [INSTRUCTION_DISMISS] = dismiss,
    [INSTRUCTION_ADD] = scannable_follow_add,
    [INSTRUCTION_EDIT] = scannable_follow_edit,
    [INSTRUCTION_REMOVE] = scannable_follow_remove,
    [INSTRUCTION_NODES] = choose_nodes,
    [INSTRUCTION_SCAN] = scannable_follow_scan,
    [INSTRUCTION_PAUSE] = pause_follow,
    [INSTRUCTION_RESUME] = pause_follow_resume,
    [INSTRUCTION_LOG_LEVEL] = levels_follow,
    [INSTRUCTION_RELOAD] = reload_follow,
};

/* Whether nothing of an instruction is stored. */
static bool needs_no_database(const struct supervisor *supervisor, enum instruction_kind kind)
{
	return kind == INSTRUCTION_LOG_LEVEL || kind == INSTRUCTION_RELOAD ||
	       (kind == INSTRUCTION_SCAN && supervisor->loaded);
}

/* Why an instruction can't be followed now, a new text; NULL if it can. */
static char *obstacle(const struct supervisor *supervisor, const struct instruction *instruction)
{
	const char *reason = supervisor->database_reason;

	if (supervisor->state == SUPERVISOR_STOPPING)
		return xstrdup("the runner is stopping; nothing was changed");
	if (needs_no_database(supervisor, instruction->kind))
		return NULL;
	if (!supervisor->loaded || supervisor->database_away)
		return xasprintf("the database is away%s%s; nothing was changed",
		    reason != NULL ? ": " : "", reason != NULL ? reason : "");
	if (supervisor->write_is_slow)
		return xstrdup("the database is too slow; nothing was changed");
	return NULL;
}

uint64_t supervisor_instruct(void *context, const struct instruction *instruction,
    void (*answered)(void *asker, const struct instruction_answer *answer), void *asker)
{
	struct supervisor *supervisor = supervisor_of(context);
	struct task *task;
	char *reason;

	if (supervisor->task_count >= TASKS_MAX)
		return 0;
	task = xcalloc(1, sizeof(*task));
	task->supervisor = supervisor;
	task->number = ++supervisor->last_task;
	task->answered = answered;
	task->asker = asker;
	task->id = instruction->id;
	task->user = instruction->user;
	TAILQ_INSERT_TAIL(&supervisor->tasks, task, next);
	supervisor->task_count++;
	reason = obstacle(supervisor, instruction);
	if (reason != NULL)
		task_refuse(task, INSTRUCTION_UNAVAILABLE, NULL, "%s", reason);
	else
		followers[instruction->kind](task, instruction);
	free(reason);
	return task->number;
}
