/* SPDX-License-Identifier: MIT */
/* What the files about instructions share: their life (instruction.c), and following them. */
#ifndef SUPERVISOR_INSTRUCTION_INTERNAL_H
#define SUPERVISOR_INSTRUCTION_INTERNAL_H

#include "supervisor/supervisor.h"

enum task_stage {
	TASK_FOLLOWED, /* the graph has what came of it */
	TASK_STORING,  /* a write has to be finished */
	TASK_DONE      /* to be answered */
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
	uint64_t write; /* that has to be finished */
	TAILQ_ENTRY(task) next;
};

/* It can't be followed, for this reason, which is about a field or NULL. */
void task_refuse(struct task *task, enum instruction_result result, const char *field,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* It was followed: it is answered with this when what the graph has now is stored. */
void task_store(struct task *task, enum instruction_result result);

#endif
