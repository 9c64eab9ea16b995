/* SPDX-License-Identifier: MIT */
#include "model/class.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define TWO_TO_63 9223372036854775808.0

const enum severity severity_of_threshold[SEVERITY_COUNT] = {
    SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO};

const char *severity_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_INFO:
		return "INFO";
	case SEVERITY_WARNING:
		return "WARNING";
	case SEVERITY_ERROR:
		return "ERROR";
	}
	assert(!"no such severity");
}

static const char *subject_name(const struct class *class, const struct alert_condition *condition)
{
	if (condition->on_statistic) {
		assert(condition->subject < class->statistic_count);
		return class->statistics[condition->subject].name;
	}
	assert(condition->subject < class->attribute_count);
	return class->attributes[condition->subject].name;
}

void condition_name(const struct class *class, const struct alert_condition *condition,
    size_t threshold, struct text *name)
{
	assert(threshold < SEVERITY_COUNT);
	text_printf(name, "%s_%s_%s", condition->id != NULL ? condition->id : "",
	    subject_name(class, condition), severity_name(severity_of_threshold[threshold]));
}

/*
 * Less than, equal to or greater than 0 as the integer is to the bound. A conversion to double
 * would round integers above 2^53.
 */
static int compare_integer(int64_t integer, double bound)
{
	int64_t whole;
	double rest;

	if (bound >= TWO_TO_63)
		return -1;
	if (bound < -TWO_TO_63)
		return 1;
	whole = (int64_t)bound;
	if (integer != whole)
		return integer < whole ? -1 : 1;
	rest = bound - (double)whole;
	return (rest < 0) - (rest > 0);
}

/* Whether a number is beyond a bound in the condition's direction. Nothing is beyond NaN. */
static bool bound_fires(enum condition_type type, double bound, const struct value *value)
{
	bool upper = type == CONDITION_UPPER_BOUND;

	if (isnan(bound))
		return false;
	if (value->type == VALUE_INTEGER) {
		int order = compare_integer(value->integer, bound);

		return upper ? order > 0 : order < 0;
	}
	if (value->type == VALUE_REAL)
		return upper ? value->real > bound : value->real < bound;
	return false;
}

/* Whether a value is one of the states, which are texts, or null for null. */
static bool state_fires(const struct threshold *threshold, const struct value *value)
{
	struct text plain = TEXT_EMPTY;
	bool fires = false;

	value_append_plain(&plain, value);
	for (size_t i = 0; i < threshold->state_count && !fires; i++) {
		const struct value *state = &threshold->states[i];

		if (state->type == VALUE_TEXT && value->type != VALUE_NULL)
			fires = strcmp(state->text, plain.data) == 0;
		else
			fires = value_equal(state, value);
	}
	text_clear(&plain);
	return fires;
}

bool condition_fires(
    const struct alert_condition *condition, size_t threshold, const struct value *value)
{
	const struct threshold *limit = &condition->thresholds[threshold];

	assert(threshold < SEVERITY_COUNT);
	if (condition->type == CONDITION_VALUE)
		return limit->state_count > 0 && state_fires(limit, value);
	return limit->has_bound && bound_fires(condition->type, limit->bound, value);
}

/* Appends label and value of the attribute, for a condition without a message. */
static void append_attribute(
    const struct attribute *attribute, const struct value *value, struct text *message)
{
	text_append(message, attribute->label);
	if (attribute->type == ATTRIBUTE_PASSWORD)
		return;
	text_append_char(message, ' ');
	if (attribute->type == ATTRIBUTE_BYTES && value->type == VALUE_INTEGER)
		bytes_format(value->integer, message);
	else
		value_append_plain(message, value);
}

static void append_statistic(
    const struct statistic *statistic, const struct value *value, struct text *message)
{
	text_append(message, statistic->label);
	text_append_char(message, ' ');
	value_append_plain(message, value);
	if (statistic->units[0] != '\0')
		text_printf(message, " %s", statistic->units);
}

void condition_message(const struct class *class, const struct alert_condition *condition,
    const struct value *value, struct text *message)
{
	if (condition->message != NULL) {
		text_append(message, condition->message);
	} else if (condition->on_statistic) {
		assert(condition->subject < class->statistic_count);
		append_statistic(&class->statistics[condition->subject], value, message);
	} else {
		assert(condition->subject < class->attribute_count);
		append_attribute(&class->attributes[condition->subject], value, message);
	}
}
