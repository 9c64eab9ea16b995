/* SPDX-License-Identifier: MIT */
/* What the files about instructions share: their life (instruction.c), and following them. */
#ifndef SUPERVISOR_INSTRUCTION_INTERNAL_H
#define SUPERVISOR_INSTRUCTION_INTERNAL_H

#include "supervisor/supervisor.h"

enum task_stage {
	TASK_FOLLOWED,  /* what is to be done is being found out */
	TASK_PREPARING, /* a plugin obfuscates passwords, and computes defaults */
	TASK_STORING,   /* a write has to be finished */
	TASK_DONE       /* to be answered */
};

/* An instruction that was not answered yet. */
struct task {
	struct supervisor *supervisor;
	uint64_t number;
	enum task_stage stage;
	void (*answered)(void *asker, const struct instruction_answer *answer); /* NULL: gone */
	void *asker;

	enum instruction_result result;
	record_id id; /* of what it is about */
	struct instruction_reason *reasons;
	size_t reason_count, reason_capacity;
	uint64_t write;      /* that has to be finished */
	struct text changes; /* lines; empty where it is not asked for them */

	/* Of scannables to be added or edited. */
	unsigned user;
	struct plugin *plugin;     /* that prepares the values */
	uint32_t request;          /* what it was asked, 0: nothing */
	const struct class *class; /* as long as it is worked on */
	struct value *values;      /* what was typed, one per attribute */
	size_t value_count;
	bool *typed;    /* of an edit: which were */
	bool has_alias; /* of an edit: it takes this, or NULL */
	char *alias;
	TAILQ_ENTRY(task) next;
};

/* It can't be followed, for this reason, which is about a field or NULL. */
void task_refuse(struct task *task, enum instruction_result result, const char *field,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same for each mistake in what was typed; the context is the task. */
void task_complain(void *context, const char *place, const char *attribute, const char *text);

/* Whether an alias can be one; else the task is refused. */
bool task_accept_alias(struct task *task, const char *alias);

/* Whether the task is refused already. */
bool task_is_refused(const struct task *task);

/* It was followed, and leaves nothing to be stored. */
void task_finish(struct task *task, enum instruction_result result);

/* It was followed: it is answered with this when what the graph has now is stored. */
void task_store(struct task *task, enum instruction_result result);

/* ---- scannable_instruct.c ---- */

void scannable_follow_add(struct task *task, const struct instruction *instruction);
void scannable_follow_edit(struct task *task, const struct instruction *instruction);
void scannable_follow_remove(struct task *task, const struct instruction *instruction);
void scannable_follow_scan(struct task *task, const struct instruction *instruction);

/* The scannable of the task if it is scanned on its own, and its session; NULL with the task
 * refused.
 */
struct session *scannable_find_session(struct task *task);

/* ---- pause.c ---- */

void pause_follow(struct task *task, const struct instruction *instruction);
void pause_follow_resume(struct task *task, const struct instruction *instruction);

/* Refuses what can't be done with a scannable because it is paused. False if it is not. */
bool pause_refuses(struct task *task, const struct session *session);

/* ---- levels.c ---- */

void levels_follow(struct task *task, const struct instruction *instruction);

/* ---- reload.c ---- */

void reload_follow(struct task *task, const struct instruction *instruction);

/* Releases what of a task is about scannables. */
void scannable_free_task(struct task *task);

#endif
