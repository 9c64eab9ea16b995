/* SPDX-License-Identifier: MIT */
/* What the views have to show if the naive model is right, as lines of text. */
#ifndef TESTS_NAIVE_EXPECTED_H
#define TESTS_NAIVE_EXPECTED_H

#include "expected_volumes.h"

/*
 * How much is compared: the past from an alert on, and what takes long for one of so many resources
 * and alerts in turn, or for all.
 */
struct naive_extent {
	int64_t alerts_from, events_from;
	int64_t every, turn;
};

/* Whether it is time to see what an alert affects: twice as often as for resources. */
static inline bool naive_is_alert_in_turn(const struct naive_extent *extent, int64_t alert)
{
	int64_t every = extent->every < 8 ? extent->every : 8;

	return alert % every == extent->turn % every;
}

/*
 * All views that there are. Each is compared but those about samples, "gaps" and "histograms": the
 * classes have no statistics; and "pauses" and "silences", of which none is made. Of "classes" what
 * differs from class to class is.
 */
static const char *const naive_view_names[] = {"affected", "affected_servers", "affected_volumes",
    "alerts", "classes", "events", "gaps", "graph", "histograms", "parents", "pauses", "plugins",
    "resources", "servers", "silences", "volume_nodes", "volume_resources", "volumes"};

/* The scannable that a thing goes with: its scope, or of those that report it the first one. */
static inline int64_t naive_scannable_of(const struct naive_model *model, int thing)
{
	int64_t first = 0;

	if (thing < SCANNABLES)
		return model->things[thing].id;
	if (model->things[thing].scope != NOWHERE)
		return naive_id(model, model->things[thing].scope);
	for (int i = 0; i < SCANNABLES; i++)
		if (model->things[thing].reported[i] && model->scannables[i].configured &&
		    (first == 0 || model->things[i].id < first))
			first = model->things[i].id;
	return first;
}

static inline void naive_expect_resource(
    const struct naive_model *model, int thing, struct naive_lines *lines)
{
	const struct naive_thing *t = &model->things[thing];
	const struct naive_class *class = &naive_classes[t->class];
	char identifier[128], label[64], name[64], alias[64] = "-", server[24];

	naive_identifier(model, thing, identifier);
	naive_label(model, thing, label);
	naive_name(model, thing, name);
	if (t->alias != 0)
		snprintf(alias, sizeof(alias), "%s", name);
	snprintf(server, sizeof(server), "%" PRId64, t->server);
	naive_line(lines,
	    "resource %" PRId64 " %s.%s %" PRId64
	    " %s '%s' alias %s name %s state %s wwn %s size %s"
	    " ref %" PRId64 " configured %d removable %d with %" PRId64
	    " type %s path %s server %s weight %s address %s",
	    t->id, naive_plugins[class->plugin], class->name, naive_id(model, t->scope), identifier,
	    label, alias, name, naive_text(STATE, t->values[STATE]),
	    naive_text(WWN, t->values[WWN]), naive_text(SIZE, t->values[SIZE]),
	    naive_id(model, t->values[REF] - 1), thing < SCANNABLES, 0,
	    naive_scannable_of(model, thing), naive_text(TYPE, t->values[TYPE]),
	    naive_text(PATH, t->values[PATH]),
	    t->server != 0 ? server : naive_text(HOST, t->values[HOST]),
	    naive_text(WEIGHT, t->values[WEIGHT]), naive_text(ADDRESS, t->values[ADDRESS]));
}

static inline void naive_expect_kind(
    const struct naive_model *model, int thing, struct naive_lines *lines)
{
	const struct naive_class *class = &naive_classes[model->things[thing].class];
	int64_t id = model->things[thing].id;

	if (strcmp(class->kind, "PhysicalDisk") == 0)
		naive_line(lines, "kind %s %" PRId64, class->kind, id);
	if (naive_is_drive(model->things[thing].class))
		naive_line(lines, "kind LogicalDrive %" PRId64, id);
	if (naive_is_lun(&model->things[thing]))
		naive_line(lines, "kind naive_array.Lun %" PRId64, id);
	if (model->things[thing].class == DEVICE)
		naive_line(lines, "kind naive_linux.Device %" PRId64, id);
}

static inline void naive_expect_parents(
    const struct naive_model *model, int thing, struct naive_lines *lines)
{
	const struct naive_class *class = &naive_classes[model->things[thing].class];
	struct text parents = TEXT_EMPTY;
	int64_t ids[THINGS];
	size_t count = 0;
	char name[64];

	naive_name(model, thing, name);
	for (int i = 0; i < THINGS; i++)
		if (model->linked[thing][i] && naive_is_shown(model, i))
			ids[count++] = model->things[i].id;
	qsort(ids, count, sizeof(ids[0]), naive_compare_ids);
	for (size_t i = 0; i < count; i++) {
		text_printf(&parents, "%s%" PRId64, i > 0 ? "," : "", ids[i]);
		naive_line(lines, "parent %" PRId64 " < %" PRId64, model->things[thing].id, ids[i]);
	}
	naive_line(lines, "graph %" PRId64 " %s.%s %s %s {%s}", model->things[thing].id,
	    naive_plugins[class->plugin], class->name, class->name, name,
	    parents.length > 0 ? parents.data : "");
	text_clear(&parents);
}

static inline void naive_expect_reach(const struct naive_model *model, int thing,
    const struct naive_extent *extent, struct naive_lines *lines)
{
	int above[THINGS], below[THINGS];
	int64_t id = model->things[thing].id;
	bool in_turn = id % extent->every == extent->turn;

	naive_reach(model, thing, true, above);
	naive_reach(model, thing, false, below);
	for (int i = 0; i < THINGS; i++) {
		if (!in_turn || !naive_is_shown(model, i))
			continue;
		if (above[i] >= 0)
			naive_line(
			    lines, "ancestor %" PRId64 " of %" PRId64, model->things[i].id, id);
		if (below[i] > 0)
			naive_line(
			    lines, "descendant %" PRId64 " of %" PRId64, model->things[i].id, id);
	}
	for (size_t i = 0; i < model->active_count; i++) {
		const struct naive_alert *alert = &model->alerts[model->active[i]];

		if (!naive_is_loaded(model, alert->thing))
			continue;
		if (in_turn && above[alert->thing] >= 0 && naive_is_shown(model, alert->thing))
			naive_line(lines, "active alert %" PRId64 " of %" PRId64 " %d", alert->id,
			    id, alert->thing != thing);
		if (above[alert->thing] > 0 && naive_is_alert_in_turn(extent, alert->id))
			naive_line(lines, "affected %" PRId64 " by %" PRId64, id, alert->id);
	}
}

/* Who reports and refers, whether people see it or not. */
static inline void naive_expect_rows(
    const struct naive_model *model, int thing, struct naive_lines *lines)
{
	const struct naive_thing *t = &model->things[thing];

	for (int i = 0; i < SCANNABLES; i++)
		if (thing >= SCANNABLES && t->scope == NOWHERE && t->reported[i])
			naive_line(
			    lines, "reporter %" PRId64 " of %" PRId64, model->things[i].id, t->id);
	if (t->tray != NOWHERE)
		naive_line(lines, "reference tray of %" PRId64 " to %" PRId64, t->id,
		    naive_id(model, t->tray));
	if (t->values[REF] != 0)
		naive_line(lines, "reference %s of %" PRId64 " to %" PRId64,
		    naive_classes[t->class].ref, t->id, naive_id(model, t->values[REF] - 1));
}

static inline bool naive_votes(
    const struct naive_model *model, const struct naive_alert *alert, int by)
{
	int says = model->things[alert->thing].says[by];

	if (alert->own || !model->things[alert->thing].reported[by])
		return false;
	return alert->severity == 20 ? says == WORN || says == FAILED
	                             : says == (alert->severity == 40 ? FAILED : WORN);
}

static inline size_t naive_consequences(const struct naive_model *model, int index)
{
	size_t count = 0;

	for (size_t i = 0; i < model->active_count; i++) {
		const struct naive_alert *alert = &model->alerts[model->active[i]];

		count += alert->root == index && (int)model->active[i] != index &&
		         naive_is_loaded(model, alert->thing);
	}
	return count;
}

static inline const char *naive_severity(int severity)
{
	return severity == 40 ? "ERROR" : severity == 30 ? "WARNING" : "INFO";
}

static inline void naive_expect_alert(
    const struct naive_model *model, int index, struct naive_lines *lines)
{
	const struct naive_alert *alert = &model->alerts[index];

	for (int i = 0; alert->active && i < SCANNABLES; i++)
		if (naive_votes(model, alert, i))
			naive_line(lines, "vote of %" PRId64 " on %" PRId64, model->things[i].id,
			    alert->id);
	if (alert->gone || (alert->thing != NOWHERE && !naive_is_loaded(model, alert->thing)))
		return;
	naive_line(lines,
	    "alert %" PRId64 " of %" PRId64 " %s %s %s %s active %d dismissed %d cause %" PRId64
	    " root %" PRId64 " consequences %zu ",
	    alert->id, naive_id(model, alert->thing), alert->name, alert->own ? "-" : "state",
	    naive_severity(alert->severity), alert->message, alert->active, alert->dismissed,
	    naive_alert_id(model, alert->cause), naive_alert_id(model, alert->root),
	    naive_consequences(model, index));
}

static inline void naive_expect_plugins(const struct naive_model *model, struct naive_lines *lines)
{
	for (int i = 0; i < PLUGINS; i++) {
		int count = 0;

		for (int j = 0; j < CLASSES; j++) {
			if (naive_plugin_of(j) != i || !model->loaded[i])
				continue;
			count++;
			naive_line(lines, "class %s.%s %d", naive_plugins[i], naive_classes[j].name,
			    j <= SERVER);
		}
		naive_line(lines, "plugin %s %d %d", naive_plugins[i], model->loaded[i], count);
	}
}

static inline struct naive_lines naive_expected(
    const struct naive_model *model, const struct naive_extent *extent)
{
	struct naive_lines lines = {NULL, 0};

	naive_expect_plugins(model, &lines);
	for (int i = 0; i < THINGS; i++) {
		if (!model->things[i].exists)
			continue;
		naive_expect_rows(model, i, &lines);
		if (!naive_is_shown(model, i))
			continue;
		naive_expect_resource(model, i, &lines);
		naive_expect_kind(model, i, &lines);
		naive_expect_parents(model, i, &lines);
		naive_expect_reach(model, i, extent, &lines);
	}
	for (size_t i = 0; i < model->alert_count; i++)
		if (model->alerts[i].active || model->alerts[i].id >= extent->alerts_from)
			naive_expect_alert(model, (int)i, &lines);
	for (size_t i = 0; i < model->event_count; i++)
		if (model->events[i].thing == NOWHERE ||
		    naive_is_loaded(model, model->events[i].thing))
			naive_line(&lines, "event of %" PRId64 " on %" PRId64 " INFO %s",
			    naive_alert_id(model, model->events[i].alert),
			    naive_id(model, model->events[i].thing), model->events[i].message);
	naive_expect_servers(model, &lines);
	naive_expect_volumes(model, &lines);
	for (size_t i = 0; i < model->active_count; i++) {
		const struct naive_alert *alert = &model->alerts[model->active[i]];

		if (naive_is_loaded(model, alert->thing) &&
		    naive_is_alert_in_turn(extent, alert->id))
			naive_expect_risk(model, alert, &lines);
	}
	for (size_t i = 0; i < sizeof(naive_view_names) / sizeof(naive_view_names[0]); i++)
		naive_line(&lines, "view %s", naive_view_names[i]);
	return lines;
}

#endif
