/* SPDX-License-Identifier: MIT */
/*
 * Lines of text that are compared, and what is taken from the database, once it is seen to make
 * sense: the numbers that the runner gives out (of resources and alerts), and which of several
 * links that close a loop together it left out.
 */
#ifndef TESTS_NAIVE_NUMBERS_H
#define TESTS_NAIVE_NUMBERS_H

#include <inttypes.h>
#include <stdarg.h>

#include <libpq-fe.h>

#include "base/text.h"
#include "model.h"

/* ---- lines ---- */

struct naive_lines {
	char **lines;
	size_t count;
};

static inline void naive_line(struct naive_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void naive_line(struct naive_lines *lines, const char *format, ...)
{
	va_list arguments;

	if ((lines->count & (lines->count - 1)) == 0)
		lines->lines =
		    xreallocarray(lines->lines, 2 * lines->count + 1, sizeof(*lines->lines));
	va_start(arguments, format);
	lines->lines[lines->count++] = xvasprintf(format, arguments);
	va_end(arguments);
}

static inline void naive_clear_lines(struct naive_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->lines[i]);
	free(lines->lines);
	*lines = (struct naive_lines){NULL, 0};
}

static inline int naive_compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void naive_tell(struct text *difference, const char *who, const char *line)
{
	if (difference->length < 4000)
		text_printf(difference, "  only in the %s: %s\n", who, line);
}

/* Appends the lines that only one of them has. */
static inline void naive_differ(
    struct naive_lines *model, struct naive_lines *database, struct text *difference)
{
	size_t i = 0, j = 0;

	if (model->count > 0)
		qsort(model->lines, model->count, sizeof(char *), naive_compare_lines);
	if (database->count > 0)
		qsort(database->lines, database->count, sizeof(char *), naive_compare_lines);
	while (i < model->count || j < database->count) {
		int order = i == model->count      ? 1
		            : j == database->count ? -1
		                                   : strcmp(model->lines[i], database->lines[j]);

		if (order < 0)
			naive_tell(difference, "model", model->lines[i]);
		if (order > 0)
			naive_tell(difference, "database", database->lines[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

/* ---- asking ---- */

/* The answer, or a difference that says why there is none. The caller clears it. */
static inline PGresult *naive_ask(PGconn *connection, const char *sql, struct text *difference)
{
	PGresult *result = PQexec(connection, sql);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		text_printf(difference, "  %s\n", PQerrorMessage(connection));
	return result;
}

static inline int64_t naive_number(const PGresult *result, int row, int column)
{
	return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static inline int naive_thing_of(const struct naive_model *model, int64_t id)
{
	for (int i = 0; i < THINGS; i++)
		if (model->things[i].exists && model->things[i].id == id && id != 0)
			return i;
	return NOWHERE;
}

static inline int64_t naive_id(const struct naive_model *model, int thing)
{
	return thing != NOWHERE ? model->things[thing].id : 0;
}

static inline int64_t naive_alert_id(const struct naive_model *model, int alert)
{
	return alert != NOWHERE && !model->alerts[alert].gone ? model->alerts[alert].id : 0;
}

/* ---- what is taken from the database ---- */

static inline void naive_identifier(const struct naive_model *model, int thing, char text[128])
{
	const struct naive_thing *t = &model->things[thing];

	if (t->class == NUMBERED)
		snprintf(text, 128, "%s", model->automatic);
	else if (thing < SCANNABLES)
		snprintf(text, 128, "[\"%s\"]", model->scannables[thing].name);
	else if (t->tray != NOWHERE)
		snprintf(
		    text, 64, "[{\"ref\": %" PRId64 "}, %d]", model->things[t->tray].id, t->number);
	else
		snprintf(text, 128, "[%d]", t->number);
}

/* Takes the number of a thing that is new from the row that has its identity. */
static inline void naive_adopt_thing(
    struct naive_model *model, int thing, const PGresult *result, int64_t *last)
{
	struct naive_thing *t = &model->things[thing];
	char identifier[128];

	naive_identifier(model, thing, identifier);
	for (int row = 0; row < PQntuples(result); row++) {
		int64_t id = naive_number(result, row, 0);

		if (strcmp(PQgetvalue(result, row, 1), naive_classes[t->class].name) == 0 &&
		    naive_number(result, row, 2) == naive_id(model, t->scope) &&
		    strcmp(PQgetvalue(result, row, 3), identifier) == 0 && id > *last)
			t->id = id;
	}
}

/* Trays have lower numbers in the table than the spindles that they identify. */
static inline void naive_adopt_things(
    struct naive_model *model, PGconn *connection, int64_t *last, struct text *difference)
{
	PGresult *result = naive_ask(connection,
	    "SELECT resource.id, name, scope_id, identifier FROM storage.resource"
	    " JOIN storage.class ON class.id = class_id",
	    difference);
	int64_t highest = *last;

	for (int i = 0; i < THINGS; i++) {
		if (model->things[i].exists && model->things[i].id == 0)
			naive_adopt_thing(model, i, result, last);
		if (model->things[i].exists && model->things[i].id > highest)
			highest = model->things[i].id;
	}
	*last = highest;
	PQclear(result);
}

/* Whether the link would close a loop with those that are there. */
static inline bool naive_closes_loop(const struct naive_model *model, int child, int parent)
{
	int distance[THINGS];

	naive_reach(model, parent, true, distance);
	return distance[child] >= 0;
}

/* Tells of a link by numbers and labels of its two ends. */
static inline void naive_tell_link(const struct naive_model *model, int child, int parent,
    const char *what, struct text *difference)
{
	char below[64], above[64];

	naive_label(model, child, below);
	naive_label(model, parent, above);
	text_printf(difference,
	    "  the link from %" PRId64 " (%s) to its parent %" PRId64 " (%s) %s\n",
	    model->things[child].id, below, model->things[parent].id, above, what);
}

/* Notes a link that is stored; what it names has to be there. */
static inline void naive_note_link(const struct naive_model *model, const PGresult *result, int row,
    bool stored[REPORTERS][THINGS][THINGS], struct text *difference)
{
	int child = naive_thing_of(model, naive_number(result, row, 0));
	int parent = naive_thing_of(model, naive_number(result, row, 1));
	int64_t by = naive_number(result, row, 2);
	int reporter = by == 0 ? BY_RELATION : naive_thing_of(model, by);

	if (child != NOWHERE && parent != NOWHERE && reporter != NOWHERE)
		stored[reporter][child][parent] = true;
	else
		text_printf(difference, "  a link of what is not there: %s < %s by %s\n",
		    PQgetvalue(result, row, 0), PQgetvalue(result, row, 1),
		    PQgetvalue(result, row, 2));
}

/* Takes it that a link is there, or is left out, if there is reason to. */
static inline void naive_adopt_link(
    struct naive_model *model, int child, int parent, bool linked, struct text *difference)
{
	bool was = model->linked[child][parent];

	model->linked[child][parent] = linked;
	if (was && !linked && naive_is_wanted(model, child, parent))
		naive_tell_link(model, child, parent, "was taken away", difference);
}

/* Judges a link when it is known which others are there. */
static inline void naive_judge_link(const struct naive_model *model, int child, int parent,
    bool stored[REPORTERS][THINGS][THINGS], struct text *difference)
{
	bool linked = model->linked[child][parent];

	for (int i = 0; i < REPORTERS; i++) {
		bool wanted = model->wanted[i][child][parent] && linked;

		if (stored[i][child][parent] != wanted)
			naive_tell_link(model, child, parent,
			    wanted ? "lacks a reporter" : "has a reporter too many", difference);
	}
	if (!linked && naive_is_wanted(model, child, parent) &&
	    !naive_closes_loop(model, child, parent))
		naive_tell_link(
		    model, child, parent, "is not there and would close no loop", difference);
}

static inline void naive_adopt_links(
    struct naive_model *model, PGconn *connection, struct text *difference)
{
	static bool stored[REPORTERS][THINGS][THINGS];
	PGresult *result = naive_ask(connection,
	    "SELECT child_id, parent_id, coalesce(reporter_id, 0) FROM storage.parent", difference);

	memset(stored, 0, sizeof(stored));
	for (int row = 0; row < PQntuples(result); row++)
		naive_note_link(model, result, row, stored, difference);
	PQclear(result);
	for (int child = 0; child < THINGS; child++)
		for (int parent = 0; parent < THINGS; parent++) {
			bool linked = false;

			/* What relations made with a plugin that is away may be left, or not. */
			if ((!naive_is_loaded(model, child) || !naive_is_loaded(model, parent)) &&
			    !stored[BY_RELATION][child][parent])
				model->wanted[BY_RELATION][child][parent] = false;
			for (int i = 0; i < REPORTERS; i++)
				linked = linked || stored[i][child][parent];
			naive_adopt_link(model, child, parent, linked, difference);
		}
	for (int child = 0; child < THINGS; child++)
		for (int parent = 0; parent < THINGS; parent++)
			naive_judge_link(model, child, parent, stored, difference);
}

static inline void naive_adopt_alerts(
    struct naive_model *model, PGconn *connection, int64_t *last, struct text *difference)
{
	PGresult *result = naive_ask(connection,
	    "SELECT id, resource_id, name, (extract(epoch FROM begin_time) * 1000000)::bigint"
	    " FROM storage.alert WHERE active ORDER BY id",
	    difference);
	int64_t highest = *last;

	for (int row = 0; row < PQntuples(result); row++) {
		int thing = naive_thing_of(model, naive_number(result, row, 1));
		int64_t id = naive_number(result, row, 0);
		int index = thing != NOWHERE
		                ? naive_find_alert(model, thing, PQgetvalue(result, row, 2))
		                : NOWHERE;

		if (index == NOWHERE || !model->alerts[index].fresh || id <= *last)
			continue;
		model->alerts[index].fresh = false;
		model->alerts[index].id = id;
		model->alerts[index].begin = naive_number(result, row, 3);
		highest = id > highest ? id : highest;
	}
	*last = highest;
	PQclear(result);
}

#endif
