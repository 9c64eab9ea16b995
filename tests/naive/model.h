/* SPDX-License-Identifier: MIT */
/* What happens to the naive model: scans, and what the runner and people do. */
#ifndef TESTS_NAIVE_MODEL_H
#define TESTS_NAIVE_MODEL_H

#include "servers.h"

/* Before anything happens: what is told of it begins anew. */
static inline void naive_prepare(struct naive_model *model)
{
	model->event_count = 0;
}

/* After it: all that follows. Links and causes follow when it is known which links were made. */
static inline void naive_settle(struct naive_model *model)
{
	naive_sweep(model);
	naive_relate(model);
	naive_judge_all(model);
}

static inline void naive_report(struct naive_model *model, const struct naive_scan *scan, int thing)
{
	struct naive_thing *t = &model->things[thing];

	if (!t->exists) {
		t->exists = true;
		t->life = ++model->lives;
	}
	t->judged = true;
	model->scannables[scan->scannable].means[thing] = t->life;
	t->reported[scan->scannable] = true;
	memcpy(t->values, scan->values[thing], sizeof(t->values));
	t->says[scan->scannable] = t->values[STATE];
	model->scannables[scan->scannable].missing[thing] = false;
}

/* Whether what the session says of a thing still means it. */
static inline bool naive_means(const struct naive_model *model, int scannable, int thing)
{
	return thing == scannable ||
	       (model->things[thing].exists &&
	           model->scannables[scannable].means[thing] == model->things[thing].life);
}

static inline void naive_change(struct naive_model *model, const struct naive_scan *scan, int thing)
{
	struct naive_thing *t = &model->things[thing];

	for (int i = 0; i < VALUES; i++) {
		if (!scan->changed[thing][i] || !naive_means(model, scan->scannable, thing))
			continue;
		t->judged = t->judged || t->values[i] != scan->values[thing][i];
		t->values[i] = scan->values[thing][i];
		if (i == STATE)
			t->says[scan->scannable] = t->values[i];
		model->scannables[scan->scannable].missing[thing] = false;
	}
}

/* Ends reports of things; a thing that is reported again in the scan loses its links only. */
static inline void naive_remove(struct naive_model *model, const struct naive_scan *scan, int thing)
{
	if (!naive_means(model, scan->scannable, thing))
		return;
	if (scan->created[thing]) {
		naive_unlink(model, scan->scannable, thing);
		return;
	}
	naive_unreport(model, scan->scannable, thing);
	model->scannables[scan->scannable].means[thing] = 0;
}

/* Links of the things in the session that an initial scan does not report are gone. */
static inline void naive_cull_links(struct naive_model *model, const struct naive_scan *scan)
{
	for (int child = 0; child < THINGS; child++) {
		if (!scan->created[child] && child != scan->scannable)
			continue;
		if (!scan->incomplete[model->things[child].class])
			memset(model->wanted[scan->scannable][child], 0,
			    sizeof(model->wanted[scan->scannable][child]));
	}
}

static inline void naive_link(struct naive_model *model, const struct naive_scan *scan)
{
	for (int child = 0; child < THINGS; child++)
		for (int parent = 0; parent < THINGS; parent++) {
			bool *link = &model->wanted[scan->scannable][child][parent];

			if (!naive_means(model, scan->scannable, child) ||
			    !naive_means(model, scan->scannable, parent))
				continue;
			*link = (*link && !scan->unlinked[child][parent]) ||
			        scan->linked[child][parent];
		}
}

/*
 * Ends reports of what an initial scan does not mention, unless that would be most of what there
 * was and nobody has confirmed it.
 */
static inline void naive_cull(struct naive_model *model, const struct naive_scan *scan, size_t had)
{
	struct naive_scannable *s = &model->scannables[scan->scannable];
	bool lost[THINGS] = {false};
	size_t count = 0;

	for (int i = SCANNABLES; i < THINGS; i++) {
		if (!model->things[i].reported[scan->scannable] || scan->created[i] ||
		    scan->incomplete[model->things[i].class])
			continue;
		if (s->missing[i])
			naive_unreport(model, scan->scannable, i), had--;
		else
			lost[i] = true, count++;
	}
	s->collapsed = count >= 20 && 2 * count > had;
	s->recounted = true;
	memset(s->missing, 0, sizeof(s->missing));
	for (int i = 0; i < THINGS && s->collapsed; i++)
		s->missing[i] = lost[i];
	for (int i = 0; i < THINGS && !s->collapsed; i++)
		if (lost[i])
			naive_unreport(model, scan->scannable, i);
	if (s->collapsed)
		snprintf(s->collapse, sizeof(s->collapse),
		    "%zu of %zu resources were not reported by the initial scan; they are kept "
		    "until "
		    "the next one confirms that they are gone",
		    count, had);
}

static inline size_t naive_count_reported(const struct naive_model *model, int scannable)
{
	size_t count = 0;

	for (int i = SCANNABLES; i < THINGS; i++)
		count += model->things[i].reported[scannable];
	return count;
}

/* In an update, what was missing is there after all; when all of it is, the alert ends. */
static inline void naive_note_missing(struct naive_model *model, int scannable, bool any_before)
{
	struct naive_scannable *s = &model->scannables[scannable];
	bool any = false;

	for (int i = 0; i < THINGS; i++) {
		s->missing[i] = s->missing[i] && model->things[i].reported[scannable];
		any = any || s->missing[i];
	}
	if (any_before && !any)
		s->collapsed = false;
}

static inline bool naive_any_missing(const struct naive_model *model, int scannable)
{
	for (int i = 0; i < THINGS; i++)
		if (model->scannables[scannable].missing[i])
			return true;
	return false;
}

static inline void naive_note_refusals(struct naive_model *model, const struct naive_scan *scan)
{
	struct naive_scannable *s = &model->scannables[scan->scannable];

	if (scan->initial)
		s->session_refused = scan->refused > 0;
	if (scan->refused > 0 && !s->degraded)
		s->refused = scan->refused;
	s->degraded = scan->refused > 0 || (s->degraded && s->session_refused);
}

static inline void naive_apply(struct naive_model *model, const struct naive_scan *scan)
{
	size_t had = naive_count_reported(model, scan->scannable);
	bool missing = naive_any_missing(model, scan->scannable);
	bool complete = scan->initial && scan->refused == 0;

	naive_prepare(model);
	for (int i = 0; i < THINGS; i++)
		if (scan->removed[i] && scan->created[i])
			naive_remove(model, scan, i);
	for (int i = 0; i < THINGS; i++)
		if (scan->created[i])
			naive_report(model, scan, i);
		else
			naive_change(model, scan, i);
	for (int i = 0; i < THINGS; i++)
		if (scan->removed[i] && !scan->created[i])
			naive_remove(model, scan, i);
	if (complete)
		naive_cull_links(model, scan);
	naive_link(model, scan);
	if (complete)
		naive_cull(model, scan, had);
	naive_note_refusals(model, scan);
	naive_sweep(model);
	if (!scan->initial)
		naive_note_missing(model, scan->scannable, missing);
	naive_settle(model);
}

static inline void naive_open(struct naive_model *model, int scannable)
{
	struct naive_scannable *s = &model->scannables[scannable];

	s->session = true;
	s->session_refused = false;
	memset(s->means, 0, sizeof(s->means));
}

static inline void naive_configure(struct naive_model *model, int scannable)
{
	struct naive_thing *t = &model->things[scannable];

	if (!t->exists) {
		t->exists = true;
		t->life = ++model->lives;
	}
	model->scannables[scannable].configured = true;
}

/* Alerts about contact leave no record when nobody looks any more, nor are they a cause then. */
static inline void naive_forget_contact(struct naive_model *model, int scannable)
{
	for (size_t i = 0; i < model->alert_count; i++) {
		if (model->alerts[i].thing != scannable ||
		    strcmp(model->alerts[i].name, "offline") != 0)
			continue;
		if (model->alerts[i].active)
			naive_end_offline(model, (int)i, false);
		model->alerts[i].gone = true;
		for (size_t j = 0; j < model->alert_count; j++) {
			if (model->alerts[j].cause == (int)i)
				model->alerts[j].cause = NOWHERE;
			if (model->alerts[j].root == (int)i)
				model->alerts[j].root = (int)j;
		}
	}
}

/* A scannable that nobody looks at any more: nothing can be called wrong on its word. */
static inline void naive_retire(struct naive_model *model, int scannable)
{
	struct naive_scannable *s = &model->scannables[scannable];

	naive_prepare(model);
	naive_forget_contact(model, scannable);
	s->configured = s->session = false;
	s->offline = s->degraded = s->collapsed = false;
	memset(s->missing, 0, sizeof(s->missing));
	for (int i = 0; i < THINGS; i++)
		model->things[i].says[scannable] = NO_STATE;
	naive_settle(model);
}

static inline void naive_delete(struct naive_model *model, int scannable)
{
	struct naive_scannable *s = &model->scannables[scannable];

	naive_prepare(model);
	naive_forget_contact(model, scannable);
	s->configured = s->session = false;
	s->offline = s->degraded = s->collapsed = false;
	memset(s->missing, 0, sizeof(s->missing));
	for (int i = SCANNABLES; i < THINGS; i++)
		if (model->things[i].reported[scannable])
			naive_unreport(model, scannable, i);
	naive_sweep(model);
	naive_forget(model, scannable);
	naive_settle(model);
}

/* What a runner that ends knows without having stored it: refused links, and what is missing. */
static inline void naive_restart(struct naive_model *model)
{
	naive_prepare(model);
	for (int i = 0; i < SCANNABLES; i++) {
		model->scannables[i].session = false;
		memset(model->scannables[i].missing, 0, sizeof(model->scannables[i].missing));
		for (int child = 0; child < THINGS; child++)
			for (int parent = 0; parent < THINGS; parent++)
				model->wanted[i][child][parent] =
				    model->wanted[i][child][parent] && model->linked[child][parent];
	}
	naive_forget_places(model);
	naive_settle(model);
}

#endif
