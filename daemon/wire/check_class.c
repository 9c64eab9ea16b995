/* SPDX-License-Identifier: MIT */
#include "wire/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* What a class is checked for, and where the reason goes. */
struct subject {
	const struct class *class;
	char *reason;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that occurs twice, or NULL. Sorts the names. */
static const char *find_twin(char **names, size_t count)
{
	qsort(names, count, sizeof(names[0]), compare_names);
	for (size_t i = 1; i < count; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return names[i];
	return NULL;
}

/* Whether a name has a length that is allowed, and is not reserved. */
static bool name_is_valid(const char *name, size_t longest)
{
	return name[0] != '\0' && name[0] != '_' && utf8_length(name) <= longest;
}

/* Attributes and statistics share one space of names. */
static bool check_member_names(const struct subject *subject)
{
	const struct class *class = subject->class;
	size_t count = class->attribute_count + class->statistic_count;
	char **names = xcalloc(count + 1, sizeof(names[0]));
	const char *wrong = NULL, *twin;

	for (size_t i = 0; i < count; i++) {
		names[i] = i < class->attribute_count
		               ? class->attributes[i].name
		               : class->statistics[i - class->attribute_count].name;
		if (!name_is_valid(names[i], ATTRIBUTE_NAME_MAX))
			wrong = names[i];
	}
	twin = find_twin(names, count);
	free(names);
	if (wrong != NULL)
		return check_refuse(subject->reason,
		    "class %s: the name \"%s\" is too long or begins with an underscore",
		    class->name, wrong);
	if (twin != NULL)
		return check_refuse(
		    subject->reason, "class %s: \"%s\" is declared twice", class->name, twin);
	return true;
}

/* Whether the options are what the type asks for: all texts or all integers, or none. */
static bool options_are_valid(const struct attribute *attribute)
{
	const struct value *options = attribute->options;

	if (attribute->type != ATTRIBUTE_ENUM)
		return attribute->option_count == 0;
	if (attribute->option_count == 0)
		return false;
	for (size_t i = 0; i < attribute->option_count; i++)
		if (options[i].type != options[0].type ||
		    (options[i].type != VALUE_TEXT && options[i].type != VALUE_INTEGER))
			return false;
	return true;
}

static bool check_attribute(const struct subject *subject, const struct attribute *attribute)
{
	const char *what = NULL;

	if (!options_are_valid(attribute))
		what = "its options do not fit its type";
	else if (attribute->has_min && attribute->has_max && attribute->min > attribute->max)
		what = "its lower limit is above the upper one";
	else if (attribute->default_value.type == VALUE_REFERENCE ||
	         (attribute->default_value.type != VALUE_NULL &&
	             !check_value_type(attribute, &attribute->default_value)))
		what = "its default value is of another type";
	if (what != NULL)
		return check_refuse(subject->reason, "class %s: attribute \"%s\": %s",
		    subject->class->name, attribute->name, what);
	return true;
}

static bool check_statistic(const struct subject *subject, const struct statistic *statistic)
{
	if ((statistic->type == STATISTIC_HISTOGRAM) != (statistic->bin_count > 0))
		return check_refuse(subject->reason,
		    "class %s: statistic \"%s\": its bins do not fit its type",
		    subject->class->name, statistic->name);
	for (size_t i = 0; i < statistic->bin_count; i++)
		if (statistic->bins[i].from > statistic->bins[i].to)
			return check_refuse(subject->reason,
			    "class %s: statistic \"%s\": bin %zu ends before it begins",
			    subject->class->name, statistic->name, i);
	return true;
}

/* Whether a condition judges something that the class has and that fits its type. */
static bool subject_is_valid(const struct class *class, const struct alert_condition *condition)
{
	if (!condition->on_statistic)
		return condition->subject < class->attribute_count;
	return condition->type != CONDITION_VALUE && condition->subject < class->statistic_count &&
	       class->statistics[condition->subject].type == STATISTIC_GAUGE;
}

/* Whether a severity has what its type of condition asks for: a bound, or states. */
static bool threshold_is_valid(enum condition_type type, const struct threshold *threshold)
{
	if (type == CONDITION_VALUE ? threshold->has_bound : threshold->state_count > 0)
		return false;
	for (size_t i = 0; i < threshold->state_count; i++)
		if (threshold->states[i].type != VALUE_TEXT &&
		    threshold->states[i].type != VALUE_NULL)
			return false;
	return true;
}

static bool check_condition(const struct subject *subject, size_t index)
{
	const struct class *class = subject->class;
	const struct alert_condition *condition = &class->conditions[index];

	if (!subject_is_valid(class, condition))
		return check_refuse(subject->reason,
		    "class %s: conditions[%zu] judges what the class does not have", class->name,
		    index);
	for (size_t i = 0; i < SEVERITY_COUNT; i++)
		if (!threshold_is_valid(condition->type, &condition->thresholds[i]))
			return check_refuse(subject->reason,
			    "class %s: conditions[%zu].thresholds[%zu] does not fit its type",
			    class->name, index, i);
	return true;
}

/* Names of alerts tell them apart in the database: each must be the only one of its class. */
static bool check_condition_names(const struct subject *subject)
{
	const struct class *class = subject->class;
	char **names = xcalloc(class->condition_count * SEVERITY_COUNT + 1, sizeof(names[0]));
	size_t count = 0;
	const char *twin;
	bool valid = true;

	for (size_t i = 0; i < class->condition_count * SEVERITY_COUNT; i++) {
		const struct alert_condition *condition = &class->conditions[i / SEVERITY_COUNT];
		const struct threshold *threshold = &condition->thresholds[i % SEVERITY_COUNT];
		struct text name = TEXT_EMPTY;

		if (!threshold->has_bound && threshold->state_count == 0)
			continue;
		condition_name(class, condition, i % SEVERITY_COUNT, &name);
		names[count++] = text_steal(&name);
	}
	twin = find_twin(names, count);
	if (twin != NULL)
		valid = check_refuse(subject->reason,
		    "class %s: the alert condition \"%s\" is declared twice", class->name, twin);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return valid;
}

/* Whether there are indexes, and all are below end. */
static bool indexes_are_valid(const size_t *indexes, size_t count, size_t end)
{
	for (size_t i = 0; i < count; i++)
		if (indexes[i] >= end)
			return false;
	return count > 0;
}

static bool check_charts(const struct subject *subject)
{
	const struct class *class = subject->class;

	for (size_t i = 0; i < class->chart_count; i++)
		if (!indexes_are_valid(class->charts[i].series, class->charts[i].series_count,
		        class->statistic_count))
			return check_refuse(subject->reason,
			    "class %s: charts[%zu] shows what the class does not have", class->name,
			    i);
	return true;
}

static bool check_relations(const struct subject *subject)
{
	const struct class *class = subject->class;

	for (size_t i = 0; i < class->relation_count; i++)
		if (!indexes_are_valid(class->relations[i].attributes,
		        class->relations[i].attribute_count, class->attribute_count))
			return check_refuse(subject->reason,
			    "class %s: relations[%zu] matches what the class does not have",
			    class->name, i);
	return true;
}

static bool check_identifier(const struct subject *subject)
{
	const struct class *class = subject->class;
	bool named = class->scope == IDENTIFIER_SCOPED || class->scope == IDENTIFIER_GLOBAL;

	if (named != (class->identifier_count > 0))
		return check_refuse(subject->reason,
		    "class %s: its identifier does not fit its scope", class->name);
	for (size_t i = 0; i < class->identifier_count; i++)
		if (class->identifier[i] >= class->attribute_count)
			return check_refuse(subject->reason,
			    "class %s: identifier[%zu] names attribute %zu of %zu", class->name, i,
			    class->identifier[i], class->attribute_count);
	return true;
}

static bool check_class(const struct class *class, char reason[REASON_SIZE])
{
	const struct subject subject = {.class = class, .reason = reason};

	if (!name_is_valid(class->name, CLASS_NAME_MAX))
		return check_refuse(
		    reason, "the class name \"%s\" is too long or reserved", class->name);
	if (class->ancestry_count == 0)
		return check_refuse(reason, "class %s: it has no ancestry", class->name);
	if (class->attribute_count > CLASS_ATTRIBUTES_MAX)
		return check_refuse(reason, "class %s: %zu attributes are too many (at most %d)",
		    class->name, class->attribute_count, CLASS_ATTRIBUTES_MAX);
	if (!check_member_names(&subject) || !check_identifier(&subject))
		return false;
	for (size_t i = 0; i < class->attribute_count; i++)
		if (!check_attribute(&subject, &class->attributes[i]))
			return false;
	for (size_t i = 0; i < class->statistic_count; i++)
		if (!check_statistic(&subject, &class->statistics[i]))
			return false;
	for (size_t i = 0; i < class->condition_count; i++)
		if (!check_condition(&subject, i))
			return false;
	return check_condition_names(&subject) && check_charts(&subject) &&
	       check_relations(&subject);
}

/* All classes are of one plugin, and no two have one name. */
static bool check_class_names(const struct message_loaded *loaded, char reason[REASON_SIZE])
{
	char **names = xcalloc(loaded->class_count + 1, sizeof(names[0]));
	const char *twin;
	bool valid = true;

	for (size_t i = 0; i < loaded->class_count; i++) {
		names[i] = loaded->classes[i]->name;
		if (strcmp(loaded->classes[i]->plugin, loaded->classes[0]->plugin) != 0)
			valid = check_refuse(reason, "class %s is of another plugin", names[i]);
	}
	twin = find_twin(names, loaded->class_count);
	free(names);
	if (valid && twin != NULL)
		return check_refuse(reason, "class %s is declared twice", twin);
	return valid;
}

bool check_loaded(const void *part, const struct wire_context *context, char reason[REASON_SIZE])
{
	const struct message_loaded *loaded = part;

	(void)context;
	for (size_t i = 0; i < loaded->class_count; i++)
		if (!check_class(loaded->classes[i], reason))
			return false;
	return check_class_names(loaded, reason);
}
