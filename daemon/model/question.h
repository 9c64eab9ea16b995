/* SPDX-License-Identifier: MIT */
/* What the control API asks the database, and what comes back. */
#ifndef MODEL_QUESTION_H
#define MODEL_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "model/record.h"

enum question_subject {
	QUESTION_CHARTS, /* of its class, with all that is in them */
	QUESTION_LATEST, /* the newest value of each statistic; has no time nor points */
	QUESTION_SERIES, /* of the statistics named, by time */
	QUESTION_EVENTS, /* the newest first; points: the most */
	QUESTION_SUBJECT_COUNT
};

struct database_question {
	enum question_subject subject;
	record_id resource; /* 0: any */
	struct wallclock from, to;
	int64_t points; /* most in a series */
	const char *const *statistics;
	size_t statistic_count;
	int64_t severity; /* least */
	record_id after;  /* the last event that was told; 0: none was */
};

enum answer_status {
	ANSWER_GIVEN,
	ANSWER_REFUSED,   /* a parameter is wrong */
	ANSWER_TOO_LARGE, /* fewer points may do */
	ANSWER_AWAY,      /* the database can't be reached */
	ANSWER_LATE,      /* it took too long */
	ANSWER_FAILED
};

struct database_answer {
	enum answer_status status;
	const char *json; /* an object, if it was given */
	size_t length;
	const char *reason; /* in words, if it was not */
};

#endif
