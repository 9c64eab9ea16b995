/* SPDX-License-Identifier: MIT */
/* Reading the alert conditions that a plugin declares. */
#include "host/declaration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *condition_subject(const struct class *class, const struct alert_condition *condition)
{
	return condition->on_statistic ? class->statistics[condition->subject].name
	                               : class->attributes[condition->subject].name;
}

/* Takes over the states of one severity. */
static void read_states(
    const struct declaration *at, const struct iml_states *declared, struct threshold *threshold)
{
	if (!check_table(at, "states", declared->items, declared->count, sizeof(char *)))
		return;
	threshold->states = xcalloc(declared->count, sizeof(*threshold->states));
	for (size_t i = 0; i < declared->count; i++) {
		const char *state = read_pointer(declared->items, i);
		char *copy = read_text(at, "a state", state, DECLARATION_TEXT_MAX);
		struct value *value = &threshold->states[threshold->state_count];

		if (state == NULL)
			*value = VALUE_NULL_INIT;
		else if (copy != NULL)
			*value = (struct value){.type = VALUE_TEXT, .text = copy};
		else
			continue;
		threshold->state_count++;
	}
}

/* Takes over one severity. Bounds and states exclude each other. */
static void read_threshold(const struct declaration *at, const struct iml_bound *bound,
    const struct iml_states *states, enum condition_type type, struct threshold *threshold)
{
	if (type == CONDITION_VALUE && bound->given)
		complain(at, "a value condition takes states, not bounds");
	if (type != CONDITION_VALUE && states->count > 0)
		complain(at, "a bound condition takes bounds, not states");
	if (type == CONDITION_VALUE) {
		read_states(at, states, threshold);
		return;
	}
	threshold->has_bound = bound->given != 0;
	threshold->bound = bound->value;
	if (threshold->has_bound && !isfinite(threshold->bound))
		complain(at, "a bound must be a finite number");
}

/* Finds the attribute, or the statistic, that the condition names. */
static bool find_subject(const struct declaration *at, const struct class *class, const char *name,
    struct alert_condition *condition)
{
	condition->subject = class_find_attribute(class, name);
	condition->on_statistic = condition->subject == CLASS_NOT_FOUND;
	if (condition->on_statistic)
		condition->subject = class_find_statistic(class, name);
	if (condition->subject != CLASS_NOT_FOUND)
		return true;
	complain(at, "the class has no attribute or gauge of this name");
	return false;
}

/* Takes over everything but the subject, which is known. */
static void read_fields(const struct declaration *at, const struct iml_alert_condition *declared,
    struct alert_condition *condition)
{
	condition->type = declared->type;
	condition->id = read_text(at, "the id", declared->id, DECLARATION_TEXT_MAX);
	condition->message = read_text(at, "the message", declared->message, DECLARATION_TEXT_MAX);
	condition->raise_after = declared->raise_after > 0 ? declared->raise_after : 1;
	condition->clear_after = declared->clear_after > 0 ? declared->clear_after : 1;
	read_threshold(at, &declared->error_bound, &declared->error_states, condition->type,
	    &condition->thresholds[0]);
	read_threshold(at, &declared->warn_bound, &declared->warn_states, condition->type,
	    &condition->thresholds[1]);
	read_threshold(at, &declared->info_bound, &declared->info_states, condition->type,
	    &condition->thresholds[2]);
}

/* Reads one condition; false after a complaint if what it judges is not known. */
bool read_condition(const struct declaration *at, size_t index,
    const struct iml_alert_condition *declared, const struct class *class,
    struct alert_condition *condition)
{
	struct declaration item = *at;
	char *subject;
	bool found = false;

	*condition = (struct alert_condition){0};
	subject = read_name(
	    at, "attribute of alert condition", index, declared->attribute, ATTRIBUTE_NAME_MAX);
	if (subject == NULL)
		return false;
	item.kind = "alert condition on";
	item.item = subject;
	if (declared->type < CONDITION_UPPER_BOUND || declared->type > CONDITION_VALUE)
		complain(&item,
		    "type number %u is unknown: declare it with IML_VALUE_CONDITION(), "
		    "IML_UPPER_BOUND() or IML_LOWER_BOUND()",
		    declared->type);
	else
		found = find_subject(&item, class, subject, condition);
	if (found) {
		read_fields(&item, declared, condition);
		check_condition(at, class, condition);
	}
	free(subject);
	return found;
}

/* A copy of a condition of class base for class derived, which has all that its base has. */
struct alert_condition copy_condition(
    const struct alert_condition *condition, const struct class *base, const struct class *derived)
{
	const char *subject = condition_subject(base, condition);
	struct alert_condition copy = *condition;

	copy.id = xstrdup(condition->id);
	copy.message = xstrdup(condition->message);
	copy.subject = condition->on_statistic ? class_find_statistic(derived, subject)
	                                       : class_find_attribute(derived, subject);
	for (size_t i = 0; i < SEVERITY_COUNT; i++) {
		const struct threshold *from = &condition->thresholds[i];
		struct threshold *to = &copy.thresholds[i];

		to->states = xcalloc(from->state_count, sizeof(*to->states));
		for (size_t j = 0; j < from->state_count; j++)
			to->states[j] = value_copy(&from->states[j]);
	}
	return copy;
}

/* Whether all values of an attribute are numbers. */
static bool is_numeric(const struct attribute *attribute)
{
	if (attribute->type == ATTRIBUTE_ENUM)
		return attribute->option_count > 0 && attribute->options[0].type == VALUE_INTEGER;
	return attribute->type == ATTRIBUTE_INTEGER || attribute->type == ATTRIBUTE_BYTES;
}

/* Complains about a state that the attribute can't have. */
static void check_state(
    const struct declaration *at, const struct attribute *attribute, const char *state)
{
	struct attribute settable = *attribute;
	struct value value = VALUE_NULL_INIT;
	struct text plain = TEXT_EMPTY;
	char reason[REASON_SIZE];

	settable.user_read_only = false;
	if (!attribute_parse(&settable, state, &value, reason)) {
		complain(at, "the state \"%s\" is not possible: %s", state,
		    reason_without_name(attribute, reason));
		return;
	}
	value_append_plain(&plain, &value);
	if (strcmp(plain.data, state) != 0)
		complain(at, "the state \"%s\" must be written \"%s\"", state, plain.data);
	text_clear(&plain);
	value_clear(&value);
}

static void check_states(const struct declaration *at, const struct attribute *attribute,
    const struct alert_condition *condition)
{
	for (size_t i = 0; i < SEVERITY_COUNT; i++) {
		const struct threshold *threshold = &condition->thresholds[i];

		for (size_t j = 0; j < threshold->state_count; j++)
			if (threshold->states[j].type == VALUE_TEXT)
				check_state(at, attribute, threshold->states[j].text);
	}
}

/* Complains about a condition on an attribute that it can't judge. */
static void check_attribute(const struct declaration *at, const struct attribute *attribute,
    const struct alert_condition *condition)
{
	/* These were complained about where the attribute is declared. */
	if (attribute->type == ATTRIBUTE_TYPE_END ||
	    (attribute->type == ATTRIBUTE_ENUM && attribute->option_count == 0))
		return;
	if (attribute->type == ATTRIBUTE_PASSWORD)
		complain(at, "a password can't be judged: leave the condition out");
	else if (condition->type == CONDITION_VALUE)
		check_states(at, attribute, condition);
	else if (!is_numeric(attribute))
		complain(at, "a bound needs a number, but the attribute is of type %s",
		    attribute_type_name(attribute->type));
}

/* Complains about all that does not fit what the condition judges. */
void check_condition(const struct declaration *at, const struct class *class,
    const struct alert_condition *condition)
{
	struct declaration item = *at;

	item.kind = "alert condition on";
	item.item = condition_subject(class, condition);
	if (!condition->on_statistic)
		check_attribute(&item, &class->attributes[condition->subject], condition);
	else if (condition->type == CONDITION_VALUE)
		complain(&item, "a value condition needs an attribute, and this is a statistic");
	else if (class->statistics[condition->subject].type != STATISTIC_GAUGE)
		complain(&item, "a bound on a statistic needs a gauge, which this is not");
}

static bool is_used(const struct threshold *threshold)
{
	return threshold->has_bound || threshold->state_count > 0;
}

/* Whether two conditions give one of their severities the same name. */
static bool names_clash(const struct class *class, size_t a, size_t b, size_t severity)
{
	struct text name_a = TEXT_EMPTY, name_b = TEXT_EMPTY;
	bool clash;

	if (!is_used(&class->conditions[a].thresholds[severity]) ||
	    !is_used(&class->conditions[b].thresholds[severity]))
		return false;
	condition_name(class, &class->conditions[a], severity, &name_a);
	condition_name(class, &class->conditions[b], severity, &name_b);
	clash = strcmp(name_a.data, name_b.data) == 0;
	text_clear(&name_a);
	text_clear(&name_b);
	return clash;
}

/* Complains about severities of a condition that have the name of an earlier one. */
static void check_clashes(
    const struct declaration *at, const struct class *class, size_t condition, size_t earlier_end)
{
	for (size_t severity = 0; severity < SEVERITY_COUNT; severity++) {
		size_t earlier = 0;

		while (earlier < earlier_end && !names_clash(class, earlier, condition, severity))
			earlier++;
		if (earlier < earlier_end)
			complain(at,
			    "two alert conditions on \"%s\" with severity %s have the same name: "
			    "give them different values of 'id'",
			    condition_subject(class, &class->conditions[condition]),
			    severity_name(severity_of_threshold[severity]));
	}
}

/* Complains about conditions of one name, unless both are inherited. */
void check_condition_names(const struct declaration *at, const struct class *class, size_t own)
{
	for (size_t i = 0; i < class->condition_count; i++)
		check_clashes(at, class, i, i < own ? i : own);
}
