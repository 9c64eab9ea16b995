/* SPDX-License-Identifier: MIT */
/* Which alerts there have to be, on whose word, and what is told of their end. */
#ifndef TESTS_NAIVE_ALERTS_H
#define TESTS_NAIVE_ALERTS_H

#include "things.h"

static inline void naive_end_alert(struct naive_model *model, int index)
{
	struct naive_alert *alert = &model->alerts[index];
	struct naive_event event = {.alert = index, .thing = alert->thing};

	alert->active = false;
	for (size_t i = model->active_count; i-- > 0;)
		if (model->active[i] == (size_t)index)
			model->active[i] = model->active[--model->active_count];
	snprintf(event.message, sizeof(event.message), "Cleared storage alert: %s", alert->message);
	model->events =
	    xreallocarray(model->events, model->event_count + 1, sizeof(*model->events));
	model->events[model->event_count++] = event;
}

/* An alert about contact says so in other words, and nothing where nobody came back. */
static inline void naive_end_offline(struct naive_model *model, int index, bool told)
{
	int thing = model->alerts[index].thing;
	char name[64];

	naive_end_alert(model, index);
	naive_name(model, thing, name);
	if (told)
		snprintf(model->events[model->event_count - 1].message, 400,
		    "Re-established contact with %s", name);
	else
		model->event_count--;
}

static inline int naive_find_alert(const struct naive_model *model, int thing, const char *name)
{
	for (size_t i = 0; i < model->active_count; i++) {
		const struct naive_alert *alert = &model->alerts[model->active[i]];

		if (alert->thing == thing && strcmp(alert->name, name) == 0)
			return (int)model->active[i];
	}
	return NOWHERE;
}

static inline void naive_raise(struct naive_model *model, int thing, const char *name,
    const char *text, int severity, bool own)
{
	struct naive_alert alert = {
	    .thing = thing, .severity = severity, .own = own, .active = true, .fresh = true};

	snprintf(alert.name, sizeof(alert.name), "%s", name);
	snprintf(alert.message, sizeof(alert.message), "%s", text);
	alert.cause = NOWHERE;
	alert.root = (int)model->alert_count;
	model->alerts =
	    xreallocarray(model->alerts, model->alert_count + 1, sizeof(*model->alerts));
	model->active =
	    xreallocarray(model->active, model->active_count + 1, sizeof(*model->active));
	model->active[model->active_count++] = model->alert_count;
	model->alerts[model->alert_count++] = alert;
}

/* Sees to it that an alert is there, with this text when it is raised, or is not. */
static inline void naive_judge(struct naive_model *model, int thing, const char *name,
    const char *text, int severity, bool holds)
{
	int index = naive_find_alert(model, thing, name);
	bool own = name[0] != '_' && strncmp(name, "any_", 4) != 0;
	char message[320], called[64];

	naive_alert_name(model, thing, called);
	if (strcmp(name, "offline") == 0) {
		naive_name(model, thing, called);
		snprintf(message, sizeof(message), "%s not contactable", called);
	} else {
		snprintf(message, sizeof(message), "%s (%s)", text, called);
	}
	if (index != NOWHERE &&
	    (!holds || (strcmp(name, "collapsed") == 0 && model->scannables[thing].recounted &&
	                   strcmp(model->alerts[index].message, message) != 0))) {
		if (strcmp(name, "offline") == 0)
			naive_end_offline(model, index, true);
		else
			naive_end_alert(model, index);
		index = NOWHERE;
	}
	if (holds && index == NOWHERE)
		naive_raise(model, thing, name, message, severity, own);
}

/* Whether somebody says that a thing is in one of two states. */
static inline bool naive_is_said(const struct naive_model *model, int thing, int state, int other)
{
	const struct naive_thing *t = &model->things[thing];

	for (int i = 0; i < SCANNABLES; i++)
		if (t->reported[i] && (t->says[i] == state || t->says[i] == other))
			return true;
	return false;
}

static inline void naive_judge_own(struct naive_model *model, int scannable)
{
	struct naive_scannable *s = &model->scannables[scannable];
	char text[64];

	snprintf(text, sizeof(text), "%u %s refused", s->refused,
	    s->refused == 1 ? "call was" : "calls were");
	naive_judge(model, scannable, "degraded", text, 30, s->degraded);
	naive_judge(model, scannable, "collapsed", s->collapse, 30, s->collapsed);
	naive_judge(model, scannable, "offline", "", 30, s->offline);
	s->recounted = false;
}

static inline void naive_judge_all(struct naive_model *model)
{
	for (int i = 0; i < THINGS; i++) {
		if (!model->things[i].exists)
			continue;
		naive_judge(model, i, "_state_ERROR", "Failure", 40,
		    naive_is_said(model, i, FAILED, FAILED));
		naive_judge(
		    model, i, "_state_WARNING", "Failure", 30, naive_is_said(model, i, WORN, WORN));
		naive_judge(model, i, "any_state_INFO", "Trouble", 20,
		    naive_is_said(model, i, WORN, FAILED));
		if (i < SCANNABLES)
			naive_judge_own(model, i);
	}
}

#endif
