/* SPDX-License-Identifier: MIT */
/* What follows from what is reported: what goes with what, links of relations, causes. */
#ifndef TESTS_NAIVE_FOLLOW_H
#define TESTS_NAIVE_FOLLOW_H

#include "alerts.h"

/* ---- what goes ---- */

static inline void naive_unlink(struct naive_model *model, int reporter, int thing)
{
	for (int i = 0; i < THINGS; i++)
		model->wanted[reporter][thing][i] = model->wanted[reporter][i][thing] = false;
}

/* Ends a scannable's word about a thing. */
static inline void naive_unreport(struct naive_model *model, int scannable, int thing)
{
	model->things[thing].reported[scannable] = false;
	model->things[thing].says[scannable] = NO_STATE;
	naive_unlink(model, scannable, thing);
}

static inline bool naive_has_reporter(const struct naive_thing *thing)
{
	for (int i = 0; i < SCANNABLES; i++)
		if (thing->reported[i])
			return true;
	return false;
}

static inline void naive_forget(struct naive_model *model, int thing)
{
	struct naive_thing *t = &model->things[thing];

	for (size_t i = 0; i < model->alert_count; i++) {
		if (model->alerts[i].thing != thing)
			continue;
		if (model->alerts[i].active && strcmp(model->alerts[i].name, "offline") == 0)
			naive_end_offline(model, (int)i, false);
		else if (model->alerts[i].active)
			naive_end_alert(model, (int)i);
		model->alerts[i].thing = NOWHERE;
	}
	for (size_t i = 0; i < model->event_count; i++)
		if (model->events[i].thing == thing)
			model->events[i].thing = NOWHERE;
	for (int i = 0; i < REPORTERS; i++)
		naive_unlink(model, i, thing);
	for (int i = 0; i < SCANNABLES; i++)
		t->reported[i] = false, t->says[i] = NO_STATE;
	for (int i = 0; i < THINGS; i++)
		model->linked[thing][i] = model->linked[i][thing] = false;
	t->exists = false;
	t->id = t->server = 0;
	t->alias = 0;
}

/* Whether a thing can't be without what it refers to, which is not there. */
static inline bool naive_is_bereft(const struct naive_model *model, const struct naive_thing *t)
{
	int target = t->values[REF] - 1;

	if (t->tray != NOWHERE && !model->things[t->tray].exists)
		return true;
	return naive_classes[t->class].ref_is_vital && !model->things[target].exists;
}

/* Removes what nobody reports and what can't be alone, until there is no more of it. */
static inline void naive_sweep(struct naive_model *model)
{
	bool again = true;

	while (again) {
		again = false;
		for (int i = SCANNABLES; i < THINGS; i++) {
			struct naive_thing *t = &model->things[i];

			if (!t->exists)
				continue;
			if (!naive_has_reporter(t) || naive_is_bereft(model, t)) {
				naive_forget(model, i);
				again = true;
			} else if (t->values[REF] != 0 &&
			           !model->things[t->values[REF] - 1].exists) {
				t->values[REF] = 0;
			}
		}
	}
}

/* ---- relations ---- */

static inline bool naive_same_wwn(int a, int b, bool ignore_case)
{
	if (a == 0 || b == 0)
		return false;
	return a == b || (ignore_case && (a + 1) / 2 == (b + 1) / 2);
}

static inline bool naive_is_lun(const struct naive_thing *thing)
{
	return thing->class == LUN || thing->class == FAT_LUN;
}

/* Whether a relation makes one a parent of the other. */
static inline bool naive_relates(const struct naive_thing *child, const struct naive_thing *parent)
{
	const int *c = child->values, *p = parent->values;
	bool same_size = c[SIZE] != 0 && c[SIZE] == p[SIZE];

	if (parent->class == PART && child->class == MOUNT)
		return same_size;
	if (parent->class == RATING && child->class == DEVICE)
		return naive_same_wwn(c[WWN], p[WWN], false);
	if (naive_is_lun(parent) && child->class == DEVICE)
		return naive_same_wwn(c[WWN], p[WWN], true);
	if (parent->class == SHARED && child->class == DEVICE)
		return naive_same_wwn(c[WWN], p[WWN], false) && same_size;
	return naive_is_lun(parent) && child->class == EXPORT && same_size;
}

/* While a plugin is away nobody can tell: what was is left. */
static inline void naive_relate(struct naive_model *model)
{
	for (int child = 0; child < THINGS; child++)
		for (int parent = 0; parent < THINGS; parent++) {
			const struct naive_thing *c = &model->things[child];
			const struct naive_thing *p = &model->things[parent];

			if (naive_is_loaded(model, child) && naive_is_loaded(model, parent))
				model->wanted[BY_RELATION][child][parent] =
				    c->exists && p->exists && naive_relates(c, p);
		}
}

/* ---- links ---- */

static inline bool naive_is_wanted(const struct naive_model *model, int child, int parent)
{
	for (int i = 0; i < REPORTERS; i++)
		if (model->wanted[i][child][parent])
			return true;
	return false;
}

/* Distances from a thing along the links, to parents or to children; -1: not reached. */
static inline void naive_reach(
    const struct naive_model *model, int thing, bool upwards, int distance[THINGS])
{
	bool further = true;

	for (int i = 0; i < THINGS; i++)
		distance[i] = i == thing ? 0 : -1;
	for (int step = 0; further; step++) {
		further = false;
		for (int i = 0; i < THINGS; i++) {
			if (distance[i] != step)
				continue;
			further = true;
			for (int j = 0; j < THINGS; j++)
				if (distance[j] < 0 &&
				    (upwards ? model->linked[i][j] : model->linked[j][i]))
					distance[j] = step + 1;
		}
	}
}

/* ---- causes ---- */

static inline bool naive_precedes(const struct naive_alert *a, const struct naive_alert *b)
{
	if (a->severity != b->severity)
		return a->severity > b->severity;
	return a->begin != b->begin ? a->begin < b->begin : a->id < b->id;
}

/* The nearest active alert above a thing that people can see. */
static inline int naive_cause(const struct naive_model *model, int thing)
{
	int distance[THINGS];
	int best = NOWHERE;

	naive_reach(model, thing, true, distance);
	for (size_t i = 0; i < model->active_count; i++) {
		const struct naive_alert *alert = &model->alerts[model->active[i]];
		int far = distance[alert->thing];
		int least = best != NOWHERE ? distance[model->alerts[best].thing] : THINGS;

		if (far <= 0 || !naive_is_loaded(model, alert->thing))
			continue;
		if (far < least || (far == least && naive_precedes(alert, &model->alerts[best])))
			best = (int)model->active[i];
	}
	return best;
}

/* Names the causes of all active alerts; ended ones keep their last. */
static inline void naive_name_causes(struct naive_model *model)
{
	for (size_t i = 0; i < model->active_count; i++) {
		struct naive_alert *alert = &model->alerts[model->active[i]];

		alert->cause = naive_cause(model, alert->thing);
	}
	for (size_t i = 0; i < model->active_count; i++) {
		int root = (int)model->active[i];

		while (model->alerts[root].cause != NOWHERE)
			root = model->alerts[root].cause;
		model->alerts[model->active[i]].root = root;
	}
}

#endif
