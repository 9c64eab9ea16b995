/* SPDX-License-Identifier: MIT */
/* What a person tells the runner to change, by way of the control API, and what comes of it. */
#ifndef MODEL_INSTRUCTION_H
#define MODEL_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>

#include "model/record.h"
#include "model/typed.h"

/* Characters of an alias. */
#define ALIAS_MAX 64

/* Characters of the reason for a pause. */
#define WHY_MAX 1000

enum instruction_kind {
	INSTRUCTION_ALIAS,   /* of a resource: alias, NULL takes it back */
	INSTRUCTION_DISMISS, /* an alert, or (dismissed false) no longer */
	INSTRUCTION_ADD,     /* a scannable: plugin, class, attributes; it has no id yet */
	INSTRUCTION_EDIT,    /* one that was added: attributes, and if has_alias its alias */
	INSTRUCTION_REMOVE,  /* one that was added, or is no longer in use */
	INSTRUCTION_NODES,   /* of a volume: which are used; primary 0 ends the choice */
	INSTRUCTION_SCAN,    /* a scannable, now */
	INSTRUCTION_PAUSE,   /* a scannable, or all of a plugin: why, or NULL */
	INSTRUCTION_RESUME,  /* the same again */
	/* Of a plugin, or of all: level, until the runner is restarted or reloaded. */
	INSTRUCTION_LOG_LEVEL,
	INSTRUCTION_RELOAD, /* the configuration; answered with the changes */
	INSTRUCTION_KIND_COUNT
};

struct instruction {
	enum instruction_kind kind;
	record_id id;  /* of what it is about */
	unsigned user; /* who gives it */
	const char *alias;
	bool has_alias;
	bool dismissed;
	record_id primary;
	const record_id *secondary;
	size_t secondary_count;
	const char *plugin, *class;
	const char *why;
	int level;                                /* -1: as the configuration has it */
	const struct typed_attribute *attributes; /* the place of each is NULL */
	size_t attribute_count;
};

enum instruction_result {
	INSTRUCTION_DONE,       /* and stored */
	INSTRUCTION_MADE,       /* and stored: there is something new */
	INSTRUCTION_EXISTED,    /* it was there, and is as it was */
	INSTRUCTION_BEGUN,      /* what has to be stored is; the rest follows */
	INSTRUCTION_WRONG,      /* what was given can't be, for the reasons */
	INSTRUCTION_UNKNOWN,    /* there is nothing of this id */
	INSTRUCTION_REFUSED,    /* not as things are */
	INSTRUCTION_UNAVAILABLE /* not now */
};

/* Why an instruction is not followed. */
struct instruction_reason {
	char *field; /* what was given wrongly, or NULL */
	char *text;
};

struct instruction_answer {
	enum instruction_result result;
	record_id id; /* of what it was about, or is new */
	const struct instruction_reason *reasons;
	size_t reason_count;
	const char *changes; /* of a reload: a line for each; else NULL */
};

#endif
