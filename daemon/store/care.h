/* SPDX-License-Identifier: MIT */
/*
 * What a person does with the database apart from the runner: makes the schema and its roles,
 * migrates it, examines it. These functions wait for the server, and are for programs of their own.
 */
#ifndef STORE_CARE_H
#define STORE_CARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "model/class.h"

struct care;

/*
 * Connects. The conninfo is anything that libpq takes; action ("init") is told to the server. NULL
 * with the reason if the database can't be reached.
 */
struct care *care_open(const char *conninfo, const char *action, char reason[REASON_SIZE]);
void care_free(struct care *care);

/* Whether a conninfo that others may see holds a password. */
bool care_conninfo_has_password(const char *conninfo);

/* What there is to connect to, for people: "postgres@/run/postgresql:5432/storage". */
const char *care_target(const struct care *care);

/* Names of the roles besides the owner, in the order of their table; NULL: as they are, else the
 * default. */
enum care_role { CARE_RUNNER, CARE_READER, CARE_OPERATOR, CARE_ROLES };
struct care_names {
	const char *owner;
	const char *roles[CARE_ROLES];
};

/*
 * Each of these appends the SQL that makes the schema, its roles and their rights, or that migrates
 * it; nothing if there is nothing to do. False with a reason that names the remedy.
 */
bool care_plan_init(
    struct care *care, const struct care_names *names, struct text *sql, char reason[REASON_SIZE]);
bool care_plan_migration(struct care *care, struct text *sql, char reason[REASON_SIZE]);

/* Does what was planned, in one transaction. False with a reason; then nothing was changed. */
bool care_carry_out(struct care *care, const char *sql, char reason[REASON_SIZE]);

/* The version of the schema that the database has; 0: none. */
int care_version(struct care *care);

/* The name of a role, as it stands in the database; NULL if none is named. Owned by care. */
const char *care_role_name(struct care *care, enum care_role role);

enum care_level { CARE_GOOD, CARE_NOTE, CARE_WARNING, CARE_ERROR };
const char *care_level_name(enum care_level level);

struct care_finding {
	enum care_level level;
	const char *check; /* what was examined: "roles" */
	char *place;       /* where; or NULL */
	char *message;
	char *remedy; /* or NULL */
};

struct care_report {
	struct care_finding *findings;
	size_t count;
	size_t capacity;
};

/* Examines server, settings, roles, schema and content, each of which adds to the report. */
void care_check(struct care *care, struct care_report *report);

/* The worst level of the findings. */
enum care_level care_report_level(const struct care_report *report);
void care_report_clear(struct care_report *report);

#endif
