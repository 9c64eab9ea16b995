/* SPDX-License-Identifier: MIT */
/* Silences as people make and end them, and their end when the time has come. */
#include "supervisor/instruction_internal.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"

/*
 * The name of a user, a new text. Only the machine's own file is asked: directories on the network
 * may let us wait.
 */
static char *user_name(unsigned user)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry = NULL;
	char *name;

	while (file != NULL && (entry = fgetpwent(file)) != NULL)
		if (entry->pw_uid == user)
			break;
	name = entry != NULL ? xstrdup(entry->pw_name) : xasprintf("user %u", user);
	if (file != NULL)
		fclose(file);
	return name;
}

/* Silences a resource; the instruction has been found to be good. */
static void silence(
    struct task *task, struct graph_resource *resource, const struct silence_row *row)
{
	const struct graph_silence *made;
	char reason[REASON_SIZE];

	made = graph_silence(task->supervisor->graph, resource, row, reason);
	if (made == NULL) {
		task_refuse(task, INSTRUCTION_REFUSED, NULL, "%s", reason);
		return;
	}
	task->id = made->row.id;
	log_about(LOG_LEVEL_INFO, resource->class->plugin, graph_name(resource),
	    "%s silenced it (silence %lld): %s", row->who, (long long)task->id, row->why);
	task_store(task, INSTRUCTION_MADE);
}

void silence_follow(struct task *task, const struct instruction *instruction)
{
	struct graph_resource *resource = task_find_shown(task, instruction->id);
	struct silence_row row = {.end = instruction->until};
	const char *field, *fault;

	if (resource == NULL)
		return;
	row.who = user_name(instruction->user);
	row.why = xstrdup(instruction->why);
	fault = graph_silence_fault(&row, wallclock_now(), &field);
	if (fault != NULL)
		task_refuse(task, INSTRUCTION_WRONG, field, "%s: %s", field, fault);
	else
		silence(task, resource, &row);
	silence_row_clear(&row);
}

void silence_follow_end(struct task *task, const struct instruction *instruction)
{
	char *who = user_name(instruction->user);

	if (graph_unsilence(task->supervisor->graph, instruction->id, who)) {
		log_info("%s ended silence %lld", who, (long long)instruction->id);
		task_store(task, INSTRUCTION_DONE);
	} else {
		task_refuse(task, INSTRUCTION_UNKNOWN, "id", "there is no silence %lld",
		    (long long)instruction->id);
	}
	free(who);
}

void silences_check(struct supervisor *supervisor)
{
	if (supervisor->loaded && graph_end_silences(supervisor->graph, wallclock_now()))
		supervisor_kick(supervisor);
}
