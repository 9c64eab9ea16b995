/* SPDX-License-Identifier: MIT */
/* What the files of care share. */
#ifndef STORE_CARE_INTERNAL_H
#define STORE_CARE_INTERNAL_H

#include <stdint.h>

#include <libpq-fe.h>

#include "store/care.h"

struct care {
	PGconn *connection;
	char *conninfo;
	char *name; /* that the server is told */
	char *target;
	char *roles[CARE_ROLES];
	bool is_shared; /* a pooler gives each transaction another session */
};

/* How the schema stands. */
struct care_schema {
	bool exists;
	bool is_ours;
	bool has_things;
	char *owner; /* NULL: there is no schema */
	bool may_be_owner;
	int version; /* 0: none; -1: it may not be read */
};

/* The answer to a question; NULL with the reason, in which the error is one line. */
PGresult *care_ask(struct care *care, const char *sql, char reason[REASON_SIZE]);

void care_read_schema(struct care *care, struct care_schema *schema);
void care_schema_clear(struct care_schema *schema);

/* Adds a finding. The texts are copied; place and remedy may be NULL. */
void care_find(struct care_report *report, enum care_level level, const char *check,
    const char *place, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Judges a clock that is so many microseconds ahead of ours, or behind, give or take the other. */
void care_judge_clock(struct care_report *report, int64_t ahead_us, int64_t doubt_us);

/* ---- care_rights.c ---- */

void care_check_rights(struct care *care, struct care_report *report);

/* ---- care_content.c ---- */

void care_check_content(struct care *care, struct care_report *report);

#endif
