/* SPDX-License-Identifier: MIT */
#include "kit/lint.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kit/words.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define TYPE(type) (1u << (type))
#define TEXT_TYPE TYPE(ATTRIBUTE_STRING)
#define NUMBER_TYPE TYPE(ATTRIBUTE_INTEGER)

/* Integers with a max up to here are no sizes: percentages, levels. */
#define SMALL_MAX 1000

/* The class that is looked at, and the warnings about it. */
struct linting {
	const struct class *class;
	const struct class *base; /* NULL: a built-in class */
	struct reasons *warnings;
};

/* ---- types ---- */

/* What a name tells of the type of an attribute: by its last word, and that before it. */
struct type_rule {
	const char *const *last;   /* the last word, numbers at the end aside, is one of these */
	const char *const *before; /* NULL, or one of these must come before it */
	const char *const *except; /* NULL, or one of these must not */
	bool alone;                /* the last word may also be the only one */
	bool scannable;            /* counts for scannable classes only */
	unsigned types;            /* those that are too weak */
	bool secret;               /* even with a max_length */
	const char *tells;
	const char *macro;
	const char *options; /* in the macro, after the name */
	const char *gives;   /* what the better type does */
};

#define SECRET                                                                            \
	.types = TEXT_TYPE, .secret = true, .tells = "a secret", .macro = "IML_PASSWORD", \
	.options = ", .obfuscate = function", .gives = "is never shown"
#define HOSTNAME                                                                        \
	.types = TEXT_TYPE, .tells = "a host name or address", .macro = "IML_HOSTNAME", \
	.gives = "refuses what is none"
#define PATH \
	.types = TEXT_TYPE, .tells = "a path", .macro = "IML_PATH", .gives = "refuses what is none"
#define BYTES                                                                      \
	.types = TEXT_TYPE | NUMBER_TYPE, .tells = "a size", .macro = "IML_BYTES", \
	.gives = "is shown with a suitable unit"

static const struct type_rule type_rules[] = {
    {.last = LIST("password", "passwd", "passphrase", "pwd", "secret"), .alone = true, SECRET},
    {.last = LIST("key"),
        .before = LIST("api", "private", "secret", "access", "encryption"),
        SECRET},
    {.last = LIST("token"), .before = LIST("api", "auth", "access", "session", "bearer"), SECRET},
    {.last = LIST("hostname", "fqdn", "ip", "ipv4", "ipv6"), .alone = true, HOSTNAME},
    {.last = LIST("address", "addr"),
        .before = LIST("ip", "ipv4", "ipv6", "host", "server", "management", "mgmt", "controller",
            "network", "bmc"),
        HOSTNAME},
    {.last = LIST("address"), .before = LIST(""), .alone = true, .scannable = true, HOSTNAME},
    {.last = LIST("uuid", "guid"),
        .alone = true,
        .types = TEXT_TYPE,
        .tells = "a UUID",
        .macro = "IML_UUID",
        .gives = "is compared without hyphens and case"},
    {.last = LIST("path", "devnode", "mountpoint"), .alone = true, PATH},
    {.last = LIST("node"), .before = LIST("device"), PATH},
    {.last = LIST("point"), .before = LIST("mount"), PATH},
    {.last = LIST("bytes"), .alone = true, BYTES},
    {.last = LIST("capacity"), .except = LIST("battery", "percent"), .alone = true, BYTES},
    {.last = LIST("size"),
        .before = LIST("total", "used", "free", "disk", "drive", "volume", "lun", "cache", "memory",
            "raw", "usable", "available", "allocated", "provisioned", "logical", "physical",
            "block", "sector", "stripe", "chunk", "segment", "file"),
        .alone = true,
        BYTES},
    {.last = LIST("enabled", "disabled"),
        .alone = true,
        .types = TEXT_TYPE | NUMBER_TYPE,
        .tells = "yes or no",
        .macro = "IML_BOOLEAN",
        .gives = "keeps just that"},
    {.last = LIST("count"),
        .alone = true,
        .types = TEXT_TYPE,
        .tells = "a number",
        .macro = "IML_INTEGER",
        .gives = "can be compared and judged"},
};

/* The same for what the first word tells. */
static const struct type_rule first_word_rules[] = {
    {.last = LIST("is", "has"),
        .types = TEXT_TYPE | NUMBER_TYPE,
        .tells = "yes or no",
        .macro = "IML_BOOLEAN",
        .gives = "keeps just that"},
    {.last = LIST("num"),
        .types = TEXT_TYPE,
        .tells = "a number",
        .macro = "IML_INTEGER",
        .gives = "can be compared and judged"},
};

/* Units of sizes at the end of a name, unless it is that of a speed. */
static const char *const size_units[] = {
    "kb", "kib", "mb", "mib", "gb", "gib", "tb", "tib", "pb", "pib", NULL};
static const char *const speeds[] = {
    "speed", "rate", "bandwidth", "throughput", "link", "per", NULL};

static bool is_number(const char *word)
{
	return word[strspn(word, "0123456789")] == '\0';
}

static void warn_of_item(
    const struct linting *linting, const char *kind, const char *item, const char *what)
{
	reasons_add(linting->warnings, "Resource class '%s': %s \"%s\": %s", linting->class->name,
	    kind, item, what);
}

/* Whether a name whose last word is number last - 1 is what the rule is about. */
static bool name_matches(
    const struct type_rule *rule, const struct words *words, size_t last, bool scannable)
{
	const char *before = last > 1 ? words->items[last - 2] : NULL;

	if (last == 0 || !word_is_one_of(words->items[last - 1], rule->last) ||
	    (rule->scannable && !scannable))
		return false;
	if (before == NULL)
		return rule->alone;
	if (rule->except != NULL && word_is_one_of(before, rule->except))
		return false;
	return rule->before == NULL || word_is_one_of(before, rule->before);
}

/* Whether the rule finds the attribute's type too weak, and the author has not meant it. */
static bool type_is_weak(const struct type_rule *rule, const struct attribute *attribute)
{
	if ((rule->types & TYPE(attribute->type)) == 0)
		return false;
	if (attribute->type == ATTRIBUTE_STRING && attribute->max_length > 0 && !rule->secret)
		return false;
	return !attribute->has_max || attribute->max > SMALL_MAX;
}

/* The first rule that the attribute breaks, or NULL. */
static const struct type_rule *find_type_rule(
    const struct linting *linting, const struct attribute *attribute, const struct words *words)
{
	size_t last = words->count;

	while (last > 1 && is_number(words->items[last - 1]))
		last--;
	for (size_t i = 0; i < sizeof(type_rules) / sizeof(type_rules[0]); i++)
		if (name_matches(&type_rules[i], words, last, linting->class->scannable) &&
		    type_is_weak(&type_rules[i], attribute))
			return &type_rules[i];
	for (size_t i = 0; i < sizeof(first_word_rules) / sizeof(first_word_rules[0]); i++)
		if (words->count > 1 && word_is_one_of(words->items[0], first_word_rules[i].last) &&
		    type_is_weak(&first_word_rules[i], attribute))
			return &first_word_rules[i];
	return NULL;
}

/* Warns of a text whose default value is a number. */
static void check_default(const struct linting *linting, const struct attribute *attribute)
{
	const struct value *value = &attribute->default_value;
	char *what;

	if (attribute->type != ATTRIBUTE_STRING || attribute->max_length > 0 ||
	    value->type != VALUE_TEXT || value->text[0] == '\0' || !is_number(value->text))
		return;
	what =
	    xasprintf("it is a String, but its default \"%s\" is a number: IML_INTEGER(\"%s\") "
	              "checks and sorts it as one (if it may be any text, give it a .max_length)",
	        value->text, attribute->name);
	warn_of_item(linting, "attribute", attribute->name, what);
	free(what);
}

static void check_type(
    const struct linting *linting, const struct attribute *attribute, const struct words *words)
{
	const struct type_rule *rule = find_type_rule(linting, attribute, words);
	bool can_be_meant = attribute->type == ATTRIBUTE_STRING && rule != NULL && !rule->secret;
	char *what;

	if (rule == NULL) {
		check_default(linting, attribute);
		return;
	}
	what = xasprintf("it is %s %s, but its name tells of %s: %s(\"%s\"%s) %s%s",
	    attribute->type == ATTRIBUTE_INTEGER ? "an" : "a", attribute_type_name(attribute->type),
	    rule->tells, rule->macro, attribute->name, rule->options != NULL ? rule->options : "",
	    rule->gives, can_be_meant ? " (if it may be any text, give it a .max_length)" : "");
	warn_of_item(linting, "attribute", attribute->name, what);
	free(what);
}

/* Whether the name ends with a unit of sizes, and is not that of a speed. */
static bool names_size_unit(const struct words *words)
{
	if (words->count < 2 || !word_is_one_of(words->items[words->count - 1], size_units))
		return false;
	for (size_t i = 0; i < words->count; i++)
		if (word_is_one_of(words->items[i], speeds))
			return false;
	return true;
}

static void check_size_unit(
    const struct linting *linting, const struct attribute *attribute, const struct words *words)
{
	const char *unit = words->items[words->count - 1];
	size_t length = strlen(attribute->name) - strlen(unit);
	char *what;

	while (length > 1 && attribute->name[length - 1] == '_')
		length--;
	what = xasprintf("%s: IML_BYTES(\"%.*s\"), in single bytes, is shown with a suitable unit",
	    attribute->type == ATTRIBUTE_BYTES ? "its name tells of another unit than bytes"
	                                       : "its name tells of a size",
	    (int)length, attribute->name);
	warn_of_item(linting, "attribute", attribute->name, what);
	free(what);
}

/* ---- labels ---- */

/* Warns of a label that was made from the name, and has an abbreviation in it. */
static void check_label(
    const struct linting *linting, const char *kind, const char *name, const char *label)
{
	char *made = label_from_name(name);
	char *better = strcmp(made, label) == 0 ? spell_abbreviations(label) : NULL;
	char *what;

	if (better != NULL) {
		what =
		    xasprintf("its label is made of its name, \"%s\": .label = \"%s\" reads better",
		        label, better);
		warn_of_item(linting, kind, name, what);
		free(what);
	}
	free(better);
	free(made);
}

/* The same for the class, by whose name its resources are called. */
static void check_class_label(const struct linting *linting)
{
	const struct class *class = linting->class;
	char *sentence = sentence_of(class->name);
	char *better = spell_abbreviations(sentence);
	/* "LUN" is spelt as it should be. */
	char *spelt = spell_abbreviations(class->name);
	bool is_one_word = strchr(sentence, ' ') == NULL;

	if (!class->has_declared_label && better != NULL && (!is_one_word || spelt != NULL))
		reasons_add(linting->warnings,
		    "Resource class '%s': it has no label, and is called \"%s\" and its resources "
		    "after its name: .label = \"%s\" reads better",
		    class->name, class->label, better);
	free(spelt);
	free(better);
	free(sentence);
}

/* ---- attributes ---- */

/* Whether the class has the attribute from its base as it is. */
static bool is_inherited(const struct linting *linting, const struct attribute *attribute)
{
	size_t index;

	if (linting->base == NULL)
		return false;
	index = class_find_attribute(linting->base, attribute->name);
	return index != CLASS_NOT_FOUND && linting->base->attributes[index].type == attribute->type;
}

static void check_attribute(const struct linting *linting, const struct attribute *attribute)
{
	const unsigned sizes = TYPE(ATTRIBUTE_BYTES) | NUMBER_TYPE | TEXT_TYPE;
	struct words words = words_of(attribute->name);

	if ((sizes & TYPE(attribute->type)) != 0 && names_size_unit(&words))
		check_size_unit(linting, attribute, &words);
	else
		check_type(linting, attribute, &words);
	if (!attribute->hidden)
		check_label(linting, "attribute", attribute->name, attribute->label);
	words_clear(&words);
}

/* ---- statistics ---- */

static const struct {
	const char *const *last;
	const char *units;
} unit_rules[] = {
    {LIST("temperature", "temp", "celsius"), "C"},
    {LIST("bytes"), "bytes"},
    {LIST("percent", "percentage", "utilization", "utilisation"), "%"},
    {LIST("latency", "ms", "msec", "milliseconds"), "ms"},
    {LIST("us", "usec", "microseconds"), "us"},
    {LIST("seconds"), "s"},
    {LIST("iops"), "op/s"},
    {LIST("watts", "power"), "W"},
    {LIST("volts", "voltage"), "V"},
    {LIST("rpm"), "rpm"},
};

static void check_units(const struct linting *linting, const struct statistic *statistic)
{
	struct words words = words_of(statistic->name);
	const char *units = NULL;
	char *what;

	for (size_t i = 0; i < sizeof(unit_rules) / sizeof(unit_rules[0]) && words.count > 0; i++)
		if (word_is_one_of(words.items[words.count - 1], unit_rules[i].last))
			units = unit_rules[i].units;
	if (words.count > 0 && strcmp(words.items[0], "bytes") == 0)
		units = "bytes";
	if (units != NULL && statistic->units[0] == '\0') {
		what = xasprintf(
		    "it has no units, and its name tells of some: .units = \"%s\"", units);
		warn_of_item(linting, "statistic", statistic->name, what);
		free(what);
	}
	words_clear(&words);
}

static void check_statistic(const struct linting *linting, const struct statistic *statistic)
{
	check_units(linting, statistic);
	check_label(linting, "statistic", statistic->name, statistic->label);
}

/* ---- alert conditions ---- */

/* Whether any of its severities can fire. */
static bool can_fire(const struct alert_condition *condition)
{
	for (size_t i = 0; i < SEVERITY_COUNT; i++)
		if (condition->thresholds[i].has_bound || condition->thresholds[i].state_count > 0)
			return true;
	return false;
}

/* Whether a milder severity fires later than a graver one, so that it tells nothing new. */
static bool is_upside_down(const struct alert_condition *condition)
{
	double sign = condition->type == CONDITION_UPPER_BOUND ? 1 : -1;
	const struct threshold *graver = NULL;

	for (size_t i = 0; i < SEVERITY_COUNT; i++) {
		const struct threshold *threshold = &condition->thresholds[i];

		if (!threshold->has_bound)
			continue;
		if (graver != NULL && sign * threshold->bound >= sign * graver->bound)
			return true;
		graver = threshold;
	}
	return false;
}

static void check_condition(const struct linting *linting, const struct alert_condition *condition)
{
	const struct class *class = linting->class;
	const char *subject = condition->on_statistic ? class->statistics[condition->subject].name
	                                              : class->attributes[condition->subject].name;

	if (!can_fire(condition))
		warn_of_item(linting, "alert condition on", subject,
		    "it has neither bound nor state and never fires: give it one, as in "
		    ".error_bound = IML_BOUND(85) or .error_states = IML_STATES(\"FAILED\")");
	if (is_upside_down(condition))
		warn_of_item(linting, "alert condition on", subject,
		    "a milder severity begins where a graver one already holds: exchange the "
		    "bounds");
	if (condition->message == NULL || condition->message[0] == '\0')
		warn_of_item(linting, "alert condition on", subject,
		    "it has no message: tell people what is wrong, as in .message = \"Drive "
		    "failure\"");
}

/* ---- relations ---- */

/* Whether anything in the plugin links its resources to those of others. */
static bool has_links(struct class *const *classes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (classes[i]->relation_count > 0 || classes[i]->builtin == BUILTIN_DEVICE_NODE)
			return true;
	return false;
}

/* Warns of a logical drive that stays alone: what happens to it reaches no Lustre volume. */
static void check_links(const struct linting *linting)
{
	const struct class *class = linting->class;
	bool has_serial = class_find_attribute(class, "serial") != CLASS_NOT_FOUND;

	if (class->builtin != BUILTIN_LOGICAL_DRIVE || class->unusable_for_lustre ||
	    linting->base != NULL)
		return;
	reasons_add(linting->warnings,
	    "Resource class '%s': nothing links this logical drive to the disks that servers see, "
	    "so no Lustre volume is affected by its problems: %s.relations = "
	    "IML_RELATIONS(IML_PROVIDE_TO(\"linux\", \"ScsiDevice\", IML_MATCH(\"serial\"), "
	    ".ignore_case = true))",
	    class->name,
	    has_serial ? "" : "report the serial that they see, with IML_STRING(\"serial\") and ");
}

/* ---- classes ---- */

const struct class *lint_base_of(
    const struct class *class, struct class *const *classes, size_t count)
{
	size_t length = strlen(class->plugin);

	for (size_t i = 0; i<count &&class->ancestry_count> 1; i++) {
		const char *name = class->ancestry[1];

		if (strncmp(name, class->plugin, length) == 0 && name[length] == '.' &&
		    strcmp(name + length + 1, classes[i]->name) == 0)
			return classes[i];
	}
	return NULL;
}

/* How many of a class's things, the first ones, are its own if its base has so many. */
static size_t own_count(size_t all, size_t inherited)
{
	return inherited < all ? all - inherited : 0;
}

static void lint_class(const struct linting *linting)
{
	const struct class *class = linting->class, *base = linting->base;
	size_t conditions =
	    own_count(class->condition_count, base != NULL ? base->condition_count : 0);

	check_class_label(linting);
	for (size_t i = 0; i < class->attribute_count; i++)
		if (!is_inherited(linting, &class->attributes[i]))
			check_attribute(linting, &class->attributes[i]);
	for (size_t i = 0; i < class->statistic_count; i++)
		if (base == NULL ||
		    class_find_statistic(base, class->statistics[i].name) == CLASS_NOT_FOUND)
			check_statistic(linting, &class->statistics[i]);
	for (size_t i = 0; i < conditions; i++)
		check_condition(linting, &class->conditions[i]);
}

void lint_classes(struct class *const *classes, size_t count, struct reasons *warnings)
{
	bool linked = has_links(classes, count);

	for (size_t i = 0; i < count; i++) {
		const struct linting linting = {.class = classes[i],
		    .base = lint_base_of(classes[i], classes, count),
		    .warnings = warnings};

		lint_class(&linting);
		if (!linked)
			check_links(&linting);
	}
}
