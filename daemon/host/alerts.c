/* SPDX-License-Identifier: MIT */
#include "host/alerts.h"

#include <math.h>

#include "base/memory.h"
#include "host/session.h"

/* The value that a condition is about: that of the attribute, or the newest sample. */
static struct value subject_value(
    const struct host_resource *resource, const struct alert_condition *condition)
{
	double newest;

	/* Borrowed: the text stays the resource's. */
	if (!condition->on_statistic)
		return resource->values[condition->subject];
	newest = resource->newest[condition->subject];
	return isnan(newest) ? VALUE_NULL_INIT : value_real(newest);
}

static void add_change(struct host_resource *resource, size_t condition, size_t threshold,
    const struct value *value, struct alert_list *changes)
{
	const struct class *class = host_resource_class(resource);
	struct alert_change *change;
	struct text message = TEXT_EMPTY;

	changes->items =
	    xgrow(changes->items, changes->count, &changes->capacity, sizeof(*changes->items));
	change = &changes->items[changes->count++];
	*change = (struct alert_change){.resource = resource->number,
	    .condition = (uint32_t)condition,
	    .threshold = (uint32_t)threshold,
	    .raised = resource->alerts[condition * SEVERITY_COUNT + threshold].raised};
	if (!change->raised)
		return;
	condition_message(class, &class->conditions[condition], value, &message);
	change->message = text_steal(&message);
}

static bool is_declared(const struct threshold *threshold)
{
	return threshold->has_bound || threshold->state_count > 0;
}

/* Counts the scans in a row that found the condition as it is now, this one if it is one. */
static uint32_t count_streak(struct alert_state *state, bool fires, bool is_scan)
{
	if (fires != state->fired)
		state->streak = 0;
	state->fired = fires;
	state->streak += is_scan ? 1 : 0;
	return state->streak;
}

/*
 * Judges one severity: it changes when as many scans in a row as the condition asks for found it
 * otherwise, and at once if that is one. The first verdict of a session that took several scans is
 * told even if it is that the condition does not hold. Returns whether a verdict is on the way.
 */
static bool judge(struct host_resource *resource, size_t index, size_t threshold,
    const struct value *value, bool is_scan, struct alert_list *changes)
{
	const struct alert_condition *condition = &host_resource_class(resource)->conditions[index];
	struct alert_state *state = &resource->alerts[index * SEVERITY_COUNT + threshold];
	bool fires = condition_fires(condition, threshold, value);
	bool several = condition->raise_after > 1 || condition->clear_after > 1;
	bool tell = fires || state->known || several;
	uint32_t needed = fires ? condition->raise_after : condition->clear_after;

	if (state->known && fires == state->raised) {
		state->fired = fires;
		state->streak = 0;
		return false;
	}
	if (count_streak(state, fires, is_scan) < needed && needed > 1)
		return true;
	state->streak = 0;
	state->known = true;
	state->raised = fires;
	if (tell)
		add_change(resource, index, threshold, value, changes);
	return false;
}

bool alerts_judge(struct host_resource *resource, bool is_scan, struct alert_list *changes)
{
	const struct class *class = host_resource_class(resource);
	bool awaits = false;

	for (size_t i = 0; i < class->condition_count; i++) {
		struct value value = subject_value(resource, &class->conditions[i]);

		/* Without a sample there is nothing to judge. */
		if (class->conditions[i].on_statistic && value.type == VALUE_NULL)
			continue;
		for (size_t threshold = 0; threshold < SEVERITY_COUNT; threshold++)
			if (is_declared(&class->conditions[i].thresholds[threshold]))
				awaits |= judge(resource, i, threshold, &value, is_scan, changes);
	}
	return awaits;
}
