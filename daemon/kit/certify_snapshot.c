/* SPDX-License-Identifier: MIT */
/*
 * What a session has reported, as text: a line is the class, the identifier, and the attributes
 * that are not null, "name=value", each ended by FIELD_END. So it can be sorted, sent and compared.
 */
#include "kit/certify_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define FIELD_END '\x1f'

/* ---- taking ---- */

static void append_value(const struct trial *trial, const struct value *value, struct text *line)
{
	const struct graph_resource *target;

	if (value->type != VALUE_REFERENCE) {
		value_append_json(line, value);
		return;
	}
	target = graph_find(kit_graph(trial->kit), (record_id)value->reference);
	text_append(line, target != NULL ? graph_identifier(target) : "?");
}

/* Passwords are told apart by their presence alone. */
static char *describe(const struct trial *trial, const struct graph_resource *resource)
{
	const struct class *class = resource->class->class;
	struct text line = TEXT_EMPTY;

	text_printf(
	    &line, "%s%c%s%c", class->name, FIELD_END, graph_identifier(resource), FIELD_END);
	for (size_t i = 0; i < class->attribute_count; i++) {
		if (resource->values[i].type == VALUE_NULL)
			continue;
		text_printf(&line, "%s=", class->attributes[i].name);
		if (class->attributes[i].type != ATTRIBUTE_PASSWORD)
			append_value(trial, &resource->values[i], &line);
		text_append_char(&line, FIELD_END);
	}
	return text_steal(&line);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct snapshot *snapshot)
{
	if (snapshot->lines.count > 1)
		qsort(snapshot->lines.items, snapshot->lines.count, sizeof(char *), compare_lines);
}

void snapshot_take(const struct trial *trial, struct snapshot *snapshot)
{
	const struct graph_class *class;
	const struct graph_resource *resource;

	*snapshot = (struct snapshot){.lines = {.count = 0}};
	for (class = graph_first_class(kit_graph(trial->kit)); class != NULL;
	     class = class->by_id.next)
		TAILQ_FOREACH (resource, &class->resources, in_class)
			if (resource != trial->session->scannable)
				reasons_take(&snapshot->lines, describe(trial, resource));
	sort(snapshot);
}

void snapshot_from_facts(const struct reasons *facts, struct snapshot *snapshot)
{
	*snapshot = (struct snapshot){.lines = {.count = 0}};
	for (size_t i = 0; i < facts->count; i++)
		reasons_take(&snapshot->lines, xstrdup(facts->items[i]));
	sort(snapshot);
}

void snapshot_tell(struct trial *trial, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->lines.count; i++)
		trial_fact(trial, snapshot->lines.items[i]);
}

void snapshot_clear(struct snapshot *snapshot)
{
	reasons_clear(&snapshot->lines);
}

/* ---- reading lines ---- */

static size_t class_length(const char *line)
{
	assert(line != NULL);
	return strcspn(line, (const char[]){FIELD_END, '\0'});
}

/* Length of class and identifier, by which resources are the same. */
static size_t identity_length(const char *line)
{
	size_t class = class_length(line) + 1;

	return class + class_length(line + class) + 1;
}

static int compare_identities(const char *a, const char *b)
{
	size_t lengths[] = {identity_length(a), identity_length(b)};
	size_t least = lengths[0] < lengths[1] ? lengths[0] : lengths[1];
	int order = memcmp(a, b, least);

	return order != 0 || lengths[0] == lengths[1] ? order : lengths[0] < lengths[1] ? -1 : 1;
}

char *snapshot_name(const char *line)
{
	size_t class = class_length(line);
	int rest = (int)(identity_length(line) - class - 2);

	return xasprintf("%.*s %.*s", (int)class, line, rest, line + class + 1);
}

static int compare_to_item(const void *key, const void *item)
{
	return compare_identities(key, *(char *const *)item);
}

bool snapshot_has(const struct snapshot *snapshot, const char *line)
{
	return snapshot->lines.count > 0 &&
	       bsearch(line, snapshot->lines.items, snapshot->lines.count, sizeof(char *),
	           compare_to_item) != NULL;
}

/* ---- comparing ---- */

/* The tally of a class, or of an attribute of it; a new one if there is none. */
static struct tally *find_tally(
    struct comparison *comparison, const char *line, const char *attribute, size_t attribute_length)
{
	char *name = attribute == NULL ? xstrndup(line, class_length(line))
	                               : xasprintf("%.*s.%.*s", (int)class_length(line), line,
	                                     (int)attribute_length, attribute);

	for (size_t i = 0; i < comparison->count; i++) {
		if (strcmp(comparison->tallies[i].name, name) != 0)
			continue;
		free(name);
		return &comparison->tallies[i];
	}
	comparison->tallies = xgrow(comparison->tallies, comparison->count, &comparison->capacity,
	    sizeof(*comparison->tallies));
	comparison->tallies[comparison->count] = (struct tally){.name = name};
	return &comparison->tallies[comparison->count++];
}

/* Counters of the comparison that is under way, for those of all. */
struct step {
	size_t lost, gained, changed;
};

/* The tallies as they were before a comparison, by position; new ones begin with 0. */
static struct step *keep_counts(const struct comparison *comparison)
{
	struct step *steps = xcalloc(comparison->count + 1, sizeof(*steps));

	for (size_t i = 0; i < comparison->count; i++)
		steps[i] = (struct step){comparison->tallies[i].lost, comparison->tallies[i].gained,
		    comparison->tallies[i].changed};
	return steps;
}

static void close_tally(struct tally *tally, struct step before)
{
	size_t lost = tally->lost - before.lost;
	size_t gained = tally->gained - before.gained;
	size_t changed = tally->changed - before.changed;

	tally->comparisons += lost > 0 || gained > 0 || changed > 0;
	tally->replacements += lost > 0 && gained > 0;
	tally->most |= lost * 2 > tally->before || gained * 2 > tally->before;
}

static void note_example(struct tally *tally, const char *line)
{
	if (tally->example == NULL)
		tally->example = snapshot_name(line);
}

static void note_lost(struct comparison *comparison, const char *line)
{
	struct tally *tally = find_tally(comparison, line, NULL, 0);

	tally->lost++;
	note_example(tally, line);
}

static void note_gained(struct comparison *comparison, const char *line)
{
	struct tally *tally = find_tally(comparison, line, NULL, 0);

	tally->gained++;
	note_example(tally, line);
}

static void note_changed(struct comparison *comparison, const char *line, const char *field)
{
	struct tally *tally = find_tally(comparison, line, field, strcspn(field, "="));

	tally->changed++;
	note_example(tally, line);
}

/* Whether the fields of a line, each with its end, include this one. */
static bool has_field(const char *fields, const char *field, size_t length)
{
	for (const char *at = fields; *at != '\0'; at = strchr(at, FIELD_END) + 1)
		if (strncmp(at, field, length) == 0)
			return true;
	return false;
}

/* Notes the fields of one that the other lacks. What only became null is in before alone. */
static void compare_fields(
    struct comparison *comparison, const char *one, const char *other, bool only_new)
{
	const char *fields = one + identity_length(one);
	const char *others = other + identity_length(other);
	size_t length;

	for (const char *at = fields; *at != '\0'; at += length) {
		const char *name_end = strchr(at, '=');

		length = (size_t)(strchr(at, FIELD_END) - at) + 1;
		if (has_field(others, at, length))
			continue;
		if (!only_new || !has_field(others, at, (size_t)(name_end - at) + 1))
			note_changed(comparison, one, at);
	}
}

static void compare_same(struct comparison *comparison, const char *before, const char *after)
{
	if (strcmp(before, after) == 0)
		return;
	compare_fields(comparison, before, after, false);
	compare_fields(comparison, after, before, true);
}

static void count_before(struct comparison *comparison, const struct snapshot *before)
{
	for (size_t i = 0; i < comparison->count; i++)
		comparison->tallies[i].before = 0;
	for (size_t i = 0; i < before->lines.count; i++)
		find_tally(comparison, before->lines.items[i], NULL, 0)->before++;
}

void comparison_add(
    struct comparison *comparison, const struct snapshot *before, const struct snapshot *after)
{
	struct step *steps;
	size_t known, i = 0, j = 0;

	count_before(comparison, before);
	steps = keep_counts(comparison);
	known = comparison->count;
	while (i < before->lines.count || j < after->lines.count) {
		const char *old = i < before->lines.count ? before->lines.items[i] : NULL;
		const char *new = j < after->lines.count ? after->lines.items[j] : NULL;
		int order = old == NULL ? 1 : new == NULL ? -1 : compare_identities(old, new);

		if (order < 0)
			note_lost(comparison, old);
		else if (order > 0)
			note_gained(comparison, new);
		else
			compare_same(comparison, old, new);
		i += order <= 0;
		j += order >= 0;
	}
	for (size_t k = 0; k < comparison->count; k++)
		close_tally(&comparison->tallies[k], k < known ? steps[k] : (struct step){0});
	comparison->comparisons++;
	free(steps);
}

void comparison_clear(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->count; i++) {
		free(comparison->tallies[i].name);
		free(comparison->tallies[i].example);
	}
	free(comparison->tallies);
}
