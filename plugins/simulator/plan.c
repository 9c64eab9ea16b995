/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEY_SIZE 64
#define DEFAULT_SLOW_MS 2000
#define OBJECTS_MAX 10000000
#define CHAOS_MIN 0.001

struct whole_setting {
	const char *key;
	size_t offset;
	int64_t minimum, maximum, default_value;
};

static const struct whole_setting whole_settings[] = {
    {"seed", offsetof(struct plan, seed), 0, INT64_MAX, 1},
    {"enclosures", offsetof(struct plan, enclosures), 1, 100000, 2},
    {"drives_per_enclosure", offsetof(struct plan, drives_per_enclosure), 1, 10000, 12},
    {"pools", offsetof(struct plan, pools), 0, 100000, 2},
    {"luns_per_pool", offsetof(struct plan, luns_per_pool), 0, 10000, 4},
    {"servers", offsetof(struct plan, servers), 0, 10000, 0},
    {"first_server", offsetof(struct plan, first_server), 1, 1000000000, 1},
    {"paths", offsetof(struct plan, paths), 1, 64, 1},
    {"period", offsetof(struct plan, period), 1, 86400, 5},
    {"scan_ms", offsetof(struct plan, scan_ms), 0, 3600000, 0},
};

struct decimal_setting {
	const char *key;
	size_t offset;
	double default_value;
};

static const struct decimal_setting decimal_settings[] = {
    {"chaos", offsetof(struct plan, chaos), 0},
    {"chaos_recovery", offsetof(struct plan, chaos_recovery), 15},
    {"step", offsetof(struct plan, step), 0},
};

static const char *const kind_names[] = {
    [KIND_POWER] = "power",
    [KIND_FAN] = "fan",
    [KIND_ENCLOSURE] = "enclosure",
    [KIND_DRIVE] = "drive",
    [KIND_POOL] = "pool",
    [KIND_LUN] = "lun",
    [KIND_NODE] = "node",
    [KIND_MAPPER] = "mapper",
    [KIND_COUPLET] = "couplet",
};

#define BIT(kind) (1u << (kind))
#define OBJECTS (BIT(KIND_COUPLET) - 1)

static const struct {
	const char *name;
	unsigned kinds; /* that it can happen to */
} actions[] = {
    [ACTION_FAIL] = {"fail", OBJECTS},
    [ACTION_DEGRADE] = {"degrade", OBJECTS},
    [ACTION_RECOVER] = {"recover", OBJECTS | BIT(KIND_COUPLET)},
    [ACTION_HOT] = {"hot", BIT(KIND_ENCLOSURE) | BIT(KIND_DRIVE)},
    [ACTION_REMOVE] = {"remove", OBJECTS},
    [ACTION_ADD] = {"add", OBJECTS},
    [ACTION_OFFLINE] = {"offline", BIT(KIND_COUPLET)},
    [ACTION_ONLINE] = {"online", BIT(KIND_COUPLET)},
    [ACTION_SLOW] = {"slow", BIT(KIND_COUPLET)},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Where settings come from and where the reason goes, together. */
struct reader {
	plan_lookup *lookup;
	void *context;
	char *reason;
};

static __attribute__((format(printf, 3, 4))) bool refuse(
    const struct reader *reader, const char *key, const char *format, ...)
{
	int length = snprintf(reader->reason, PLAN_REASON_SIZE, "setting \"%s\": ", key);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reader->reason + length, PLAN_REASON_SIZE - (size_t)length, format, arguments);
	va_end(arguments);
	return false;
}

static bool parse_whole(const char *text, int64_t minimum, int64_t maximum, int64_t *number)
{
	char *end;
	long long parsed;

	errno = 0;
	parsed = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || parsed < minimum || parsed > maximum)
		return false;
	*number = parsed;
	return true;
}

static bool read_whole(const struct reader *reader, const char *key, int64_t minimum,
    int64_t maximum, int64_t default_value, int64_t *number)
{
	const char *text = reader->lookup(reader->context, key);

	*number = default_value;
	if (text == NULL || parse_whole(text, minimum, maximum, number))
		return true;
	return refuse(reader, key, "\"%s\" is not a whole number from %lld to %lld", text,
	    (long long)minimum, (long long)maximum);
}

static bool read_seconds(
    const struct reader *reader, const char *key, double default_value, double *seconds)
{
	const char *text = reader->lookup(reader->context, key);
	char *end;

	*seconds = default_value;
	if (text == NULL)
		return true;
	*seconds = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(*seconds) || *seconds < 0)
		return refuse(reader, key, "\"%s\" is not a number of seconds", text);
	return true;
}

static bool read_boolean(const struct reader *reader, const char *key, bool *on)
{
	static const char *const words[2][3] = {{"false", "off", "no"}, {"true", "on", "yes"}};
	const char *text = reader->lookup(reader->context, key);

	if (text == NULL)
		return true;
	for (int value = 0; value < 2; value++)
		for (size_t i = 0; i < LENGTH(words[value]); i++)
			if (strcasecmp(text, words[value][i]) == 0) {
				*on = value;
				return true;
			}
	return refuse(reader, key, "\"%s\" is not true or false", text);
}

static bool read_word(const struct reader *reader, const char *key, char word[WORD_SIZE])
{
	const char *text = reader->lookup(reader->context, key);

	if (text == NULL)
		return true;
	if (strlen(text) >= WORD_SIZE)
		return refuse(reader, key, "is longer than %d bytes", WORD_SIZE - 1);
	memcpy(word, text, strlen(text) + 1);
	return true;
}

static bool parse_action(const char *text, enum action *action)
{
	for (size_t i = 0; i < LENGTH(actions); i++)
		if (strcmp(actions[i].name, text) == 0) {
			*action = (enum action)i;
			return true;
		}
	return false;
}

/* "drive 3", or "couplet". */
static bool parse_object(const char *text, struct event *event)
{
	for (size_t i = 0; i < LENGTH(kind_names); i++) {
		size_t length = strlen(kind_names[i]);
		int64_t number = 0;

		if (strncmp(text, kind_names[i], length) != 0)
			continue;
		if (i == KIND_COUPLET ? text[length] != '\0'
		                      : text[length] != ' ' ||
		                            !parse_whole(text + length + 1, 0, INT64_MAX, &number))
			return false;
		event->kind = (enum kind)i;
		event->number = (size_t)number;
		return true;
	}
	return false;
}

static const char *script_key(char key[KEY_SIZE], size_t index, const char *part)
{
	snprintf(key, KEY_SIZE, "script.%zu.%s", index, part);
	return key;
}

static bool read_action(const struct reader *reader, size_t index, struct event *event)
{
	char key[KEY_SIZE];
	const char *text = reader->lookup(reader->context, script_key(key, index, "action"));

	if (text == NULL)
		return refuse(reader, key, "is missing");
	if (!parse_action(text, &event->action))
		return refuse(reader, key,
		    "\"%s\" is none of fail, degrade, recover, hot, remove, add, offline, online, "
		    "slow",
		    text);
	return true;
}

static bool read_object(
    const struct reader *reader, const struct plan *plan, size_t index, struct event *event)
{
	char key[KEY_SIZE];
	const char *text = reader->lookup(reader->context, script_key(key, index, "object"));

	if (text == NULL)
		return refuse(reader, key, "is missing");
	if (!parse_object(text, event))
		return refuse(reader, key,
		    "\"%s\" is none of \"power 0\", \"fan 0\", \"enclosure 0\", \"drive 0\", "
		    "\"pool 0\", \"lun 0\", \"node 0\", \"mapper 0\" (with any number), "
		    "\"couplet\"",
		    text);
	if (event->number >= plan_count(plan, event->kind))
		return refuse(reader, key, "there is no \"%s\": the simulation has %zu (from 0)",
		    text, plan_count(plan, event->kind));
	if ((actions[event->action].kinds & BIT(event->kind)) == 0)
		return refuse(reader, key, "\"%s\" can't happen to \"%s\"",
		    actions[event->action].name, text);
	return true;
}

static bool read_event(
    const struct reader *reader, const struct plan *plan, size_t index, struct event *event)
{
	char key[KEY_SIZE];

	return read_seconds(reader, script_key(key, index, "at"), 0, &event->at) &&
	       read_action(reader, index, event) && read_object(reader, plan, index, event) &&
	       read_whole(
	           reader, script_key(key, index, "ms"), 0, 3600000, DEFAULT_SLOW_MS, &event->ms);
}

static bool has_event(const struct reader *reader, size_t index)
{
	static const char *const parts[] = {"at", "action", "object"};
	char key[KEY_SIZE];

	for (size_t i = 0; i < LENGTH(parts); i++)
		if (reader->lookup(reader->context, script_key(key, index, parts[i])) != NULL)
			return true;
	return false;
}

/* Keeps events in order of time, those of one time in order of the script. */
static void insert_event(struct plan *plan, const struct event *event)
{
	size_t place = plan->script_length++;

	for (; place > 0 && plan->script[place - 1].at > event->at; place--)
		plan->script[place] = plan->script[place - 1];
	plan->script[place] = *event;
}

static bool read_script(const struct reader *reader, struct plan *plan)
{
	for (size_t i = 0; has_event(reader, i); i++) {
		struct event event = {0};
		struct event *grown;

		if (!read_event(reader, plan, i, &event))
			return false;
		grown = reallocarray(plan->script, i + 1, sizeof(*grown));
		if (grown == NULL)
			return refuse(reader, "script", "out of memory");
		plan->script = grown;
		insert_event(plan, &event);
	}
	return true;
}

static bool read_numbers(const struct reader *reader, struct plan *plan)
{
	for (size_t i = 0; i < LENGTH(whole_settings); i++) {
		const struct whole_setting *s = &whole_settings[i];
		int64_t *number = (int64_t *)(void *)((char *)plan + s->offset);

		if (!read_whole(reader, s->key, s->minimum, s->maximum, s->default_value, number))
			return false;
	}
	for (size_t i = 0; i < LENGTH(decimal_settings); i++) {
		const struct decimal_setting *s = &decimal_settings[i];
		double *seconds = (double *)(void *)((char *)plan + s->offset);

		if (!read_seconds(reader, s->key, s->default_value, seconds))
			return false;
	}
	return true;
}

/* Whether numbers that are right by themselves are right together. */
static bool is_sensible(const struct reader *reader, const struct plan *plan)
{
	size_t drives = plan_count(plan, KIND_DRIVE), pools = plan_count(plan, KIND_POOL);

	if (drives > OBJECTS_MAX)
		return refuse(reader, "drives_per_enclosure", "%zu drives are more than %d", drives,
		    OBJECTS_MAX);
	if (plan_count(plan, KIND_LUN) > OBJECTS_MAX)
		return refuse(reader, "luns_per_pool", "%zu LUNs are more than %d",
		    plan_count(plan, KIND_LUN), OBJECTS_MAX);
	if (plan_count(plan, KIND_NODE) > OBJECTS_MAX)
		return refuse(reader, "servers", "%zu device nodes are more than %d",
		    plan_count(plan, KIND_NODE), OBJECTS_MAX);
	if (pools > drives)
		return refuse(
		    reader, "pools", "%zu are more than there are drives (%zu)", pools, drives);
	if (plan->chaos > 0 && plan->chaos < CHAOS_MIN)
		return refuse(reader, "chaos", "less than %g seconds; use 0 for none", CHAOS_MIN);
	return true;
}

bool plan_read(struct plan *plan, plan_lookup *lookup, void *context, char reason[PLAN_REASON_SIZE])
{
	const struct reader reader = {lookup, context, reason};

	*plan = (struct plan){.statistics = true};
	if (!read_numbers(&reader, plan) ||
	    !read_boolean(&reader, "statistics", &plan->statistics) ||
	    !read_boolean(&reader, "power_supplies", &plan->power_supplies) ||
	    !read_word(&reader, "shared", plan->shared) ||
	    !read_word(&reader, "blackholed", plan->blackholed) || !is_sensible(&reader, plan))
		return false;
	return read_script(&reader, plan);
}

void plan_clear(struct plan *plan)
{
	free(plan->script);
	plan->script = NULL;
	plan->script_length = 0;
}

size_t plan_count(const struct plan *plan, enum kind kind)
{
	int64_t luns = plan->pools * plan->luns_per_pool;
	const int64_t counts[] = {
	    [KIND_POWER] = plan->power_supplies ? plan->enclosures : 0,
	    [KIND_FAN] = plan->enclosures,
	    [KIND_ENCLOSURE] = plan->enclosures,
	    [KIND_DRIVE] = plan->enclosures * plan->drives_per_enclosure,
	    [KIND_POOL] = plan->pools,
	    [KIND_LUN] = luns,
	    [KIND_NODE] = luns * plan->servers * plan->paths,
	    [KIND_MAPPER] = plan->paths > 1 ? luns * plan->servers : 0,
	    [KIND_COUPLET] = 1,
	};

	return (size_t)counts[kind];
}

/* The drives are dealt out evenly: pool p has those from p × drives / pools on. */
static size_t first_drive(const struct plan *plan, size_t pool)
{
	size_t pools = plan_count(plan, KIND_POOL);

	return (pool * plan_count(plan, KIND_DRIVE) + pools - 1) / pools;
}

static size_t pool_of(const struct plan *plan, size_t drive)
{
	return drive * plan_count(plan, KIND_POOL) / plan_count(plan, KIND_DRIVE);
}

struct span plan_parents(const struct plan *plan, enum kind kind, size_t number)
{
	switch (kind) {
	case KIND_FAN:
		return (struct span){number, plan->power_supplies};
	case KIND_ENCLOSURE:
		return (struct span){number, 1};
	case KIND_DRIVE:
		return (struct span){number / (size_t)plan->drives_per_enclosure, 1};
	case KIND_POOL:
		return (struct span){first_drive(plan, number),
		    first_drive(plan, number + 1) - first_drive(plan, number)};
	case KIND_LUN:
		return (struct span){number / (size_t)plan->luns_per_pool, 1};
	case KIND_NODE:
		return (struct span){number / (size_t)(plan->servers * plan->paths), 1};
	case KIND_MAPPER:
		return (struct span){number * (size_t)plan->paths, (size_t)plan->paths};
	default:
		return (struct span){0, 0};
	}
}

struct span plan_children(const struct plan *plan, enum kind kind, size_t number)
{
	size_t drives = (size_t)plan->drives_per_enclosure, luns = (size_t)plan->luns_per_pool;
	size_t paths = (size_t)plan->paths, nodes = (size_t)plan->servers * paths;

	switch (kind) {
	case KIND_POWER:
	case KIND_FAN:
		return (struct span){number, 1};
	case KIND_ENCLOSURE:
		return (struct span){number * drives, drives};
	case KIND_DRIVE:
		return (struct span){pool_of(plan, number), plan->pools > 0};
	case KIND_POOL:
		return (struct span){number * luns, luns};
	case KIND_LUN:
		return (struct span){number * nodes, nodes};
	case KIND_NODE:
		return (struct span){number / paths, paths > 1};
	default:
		return (struct span){0, 0};
	}
}
