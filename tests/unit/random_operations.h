/* SPDX-License-Identifier: MIT */
/*
 * The operations that random sequences consist of. Each decides about its details by its own dice,
 * and makes sense, if only that of doing nothing, whatever came before: so any of them can be left
 * out.
 */
#ifndef TESTS_UNIT_RANDOM_OPERATIONS_H
#define TESTS_UNIT_RANDOM_OPERATIONS_H

#include "random_manager.h"

enum kind {
	SCAN,
	REPORT,
	CHANGE,
	LINK,
	UNLINK,
	REMOVE,
	FAIL,
	RESTART,
	RETIRE,
	RETURN,
	DELETE,
	RENAME,
	ALIAS,
	DISMISS,
	HIDE,
	SHOW,
	ADD_SERVER,
	SET_SERVER,
	REMOVE_SERVER,
	SET_PEERS,
	SET_IN_USE,
	CHOOSE,
	KINDS
};

struct operation {
	enum kind kind;
	int scannable;
	uint32_t batch; /* operations of one scannable with the same number are one scan */
	uint32_t dice;  /* decides about the details */
};

/* ---- what is reported ---- */

/* Takes one of the things that a test holds for, or NOWHERE. */
static int pick_thing(struct random_site *site, int scannable, uint32_t *dice,
    bool (*suits)(const struct random_site *site, int scannable, int thing))
{
	int things[THINGS];
	uint32_t count = 0;

	for (int i = 0; i < THINGS; i++)
		if (suits(site, scannable, i))
			things[count++] = i;
	return count > 0 ? things[pick(dice, count)] : NOWHERE;
}

static bool is_reported(const struct random_site *site, int scannable, int thing)
{
	return site->devices[scannable].numbers[thing] != 0;
}

static bool is_end_of_link(const struct random_site *site, int scannable, int thing)
{
	return thing == scannable || is_reported(site, scannable, thing);
}

/* Whether it could be reported: it is not yet, and what identifies it is. */
static bool is_reportable(const struct random_site *site, int scannable, int thing)
{
	int tray = site->model.things[thing].tray;

	return naive_can_report(&site->model, scannable, thing) &&
	       !is_reported(site, scannable, thing) &&
	       (tray == NOWHERE || is_reported(site, scannable, tray));
}

/* Another thing that a reference may name. */
static int pick_target(struct random_site *site, int scannable, int thing, uint32_t *dice)
{
	int targets[THINGS];
	uint32_t count = 0;

	for (int i = 0; i < THINGS; i++)
		if (i != thing && is_reported(site, scannable, i) &&
		    site->model.things[i].class ==
		        naive_classes[site->model.things[thing].class].ref_class)
			targets[count++] = i;
	return count > 0 ? targets[pick(dice, count)] : NOWHERE;
}

/* The number of a server with or without a record, or of none, and one. */
static int pick_host(const struct random_site *site, uint32_t *dice)
{
	static const int strays[] = {1, 99};
	int server = pick_server(site, dice);

	if (server == NOWHERE || pick(dice, 8) == 0)
		return strays[pick(dice, 2)];
	return (int)site->model.servers[server].id + 1;
}

/* A value for a thing; false if there is none that it could have. */
static bool pick_value(
    struct random_site *site, int scannable, int thing, int which, uint32_t *dice, int *value)
{
	const struct naive_class *class = &naive_classes[site->model.things[thing].class];

	*value = 0;
	if (!class->has[which])
		return true;
	if (which != REF) {
		uint32_t least = naive_is_vital(site->model.things[thing].class, which);

		*value = which == HOST ? pick_host(site, dice)
		                       : (int)(least + pick(dice, naive_choices(which) - least));
		return true;
	}
	if (!class->ref_is_vital && pick(dice, 3) == 0)
		return true;
	*value = pick_target(site, scannable, thing, dice) + 1;
	return *value != 0 || !class->ref_is_vital;
}

/* Says of a thing all that the device knows. */
static void say_created(struct random_site *site, int scannable, int thing)
{
	struct random_device *device = &site->devices[scannable];

	device->there[thing] = true;
	device->numbers[thing] = ++device->last_number;
	site->scan.created[thing] = true;
	memcpy(site->scan.values[thing], device->values[thing], sizeof(device->values[thing]));
}

static void do_change(struct random_site *site, int scannable, uint32_t *dice)
{
	int thing = pick_thing(site, scannable, dice, is_reported);
	int which = (int)pick(dice, VALUES), value;

	if (thing == NOWHERE || !naive_classes[site->model.things[thing].class].has[which] ||
	    !pick_value(site, scannable, thing, which, dice, &value))
		return;
	site->devices[scannable].values[thing][which] = value;
	site->scan.values[thing][which] = value;
	site->scan.changed[thing][which] = true;
}

static void do_report(struct random_site *site, int scannable, uint32_t *dice)
{
	int thing = pick_thing(site, scannable, dice, is_reportable);
	int values[VALUES];

	if (thing == NOWHERE)
		return;
	for (int i = 0; i < VALUES; i++)
		if (!pick_value(site, scannable, thing, i, dice, &values[i]))
			return;
	memcpy(site->devices[scannable].values[thing], values, sizeof(values));
	say_created(site, scannable, thing);
}

/* ---- links ---- */

/* Mostly downwards in the table of things, so that loops are rare. */
static void do_link(struct random_site *site, int scannable, uint32_t *dice)
{
	int child = pick_thing(site, scannable, dice, is_end_of_link);
	int parent = pick_thing(site, scannable, dice, is_end_of_link);

	if (child < parent && pick(dice, 6) > 0) {
		int other = child;

		child = parent;
		parent = other;
	}
	if (child == parent || site->scan.unlinked[child][parent])
		return;
	site->devices[scannable].linked[child][parent] = true;
	site->scan.linked[child][parent] = true;
}

static void do_unlink(struct random_site *site, int scannable, uint32_t *dice)
{
	bool(*linked)[THINGS] = site->devices[scannable].linked;
	int skip = (int)pick(dice, THINGS);

	for (int i = 0; i < THINGS; i++) {
		int child = (i + skip) % THINGS;

		for (int parent = 0; parent < THINGS; parent++) {
			if (!linked[child][parent] || site->scan.linked[child][parent])
				continue;
			linked[child][parent] = false;
			site->scan.unlinked[child][parent] = true;
			return;
		}
	}
}

/* ---- what is no longer reported ---- */

/* Marks what can't be reported without a thing, and the thing. */
static void mark_dependent(
    const struct random_site *site, int scannable, int thing, bool marked[THINGS])
{
	const struct random_device *device = &site->devices[scannable];

	marked[thing] = true;
	for (int i = SCANNABLES; i < THINGS; i++) {
		const struct naive_thing *t = &site->model.things[i];
		bool refers =
		    naive_classes[t->class].ref_is_vital && device->values[i][REF] == thing + 1;

		if (device->there[i] && !marked[i] && (t->tray == thing || refers))
			mark_dependent(site, scannable, i, marked);
	}
}

/* The device no longer has a thing: nothing that it says mentions it. */
static void lose(struct random_site *site, int scannable, int thing)
{
	struct random_device *device = &site->devices[scannable];

	device->there[thing] = false;
	device->numbers[thing] = 0;
	memset(site->scan.changed[thing], 0, sizeof(site->scan.changed[thing]));
	for (int i = 0; i < THINGS; i++) {
		device->linked[thing][i] = device->linked[i][thing] = false;
		site->scan.linked[thing][i] = site->scan.linked[i][thing] = false;
		site->scan.unlinked[thing][i] = site->scan.unlinked[i][thing] = false;
		if (device->values[i][REF] == thing + 1)
			device->values[i][REF] = site->scan.values[i][REF] = 0;
	}
}

static void do_remove(struct random_site *site, int scannable, uint32_t *dice)
{
	int thing = pick_thing(site, scannable, dice, is_reported);
	bool marked[THINGS] = {false};

	if (thing == NOWHERE)
		return;
	mark_dependent(site, scannable, thing, marked);
	for (int i = 0; i < THINGS; i++)
		if (marked[i] && (site->scan.created[i] || site->scan.removed[i]))
			return;
	for (int i = 0; i < THINGS; i++) {
		if (!marked[i])
			continue;
		site->old_numbers[i] = site->devices[scannable].numbers[i];
		site->scan.removed[i] = true;
		lose(site, scannable, i);
	}
}

/* ---- initial scans ---- */

static bool can_scan(const struct random_site *site, int scannable)
{
	return site->model.scannables[scannable].configured &&
	       naive_is_loaded(&site->model, scannable);
}

static void lose_some(struct random_site *site, int scannable, uint32_t percent, uint32_t *dice)
{
	for (int i = SCANNABLES; i < THINGS; i++) {
		bool marked[THINGS] = {false};

		if (!site->devices[scannable].there[i] || pick(dice, 100) >= percent)
			continue;
		mark_dependent(site, scannable, i, marked);
		for (int j = 0; j < THINGS; j++)
			if (marked[j])
				lose(site, scannable, j);
	}
}

/* Links that the device had when it was last looked at, and has no more. */
static void lose_links(struct random_site *site, int scannable, uint32_t *dice)
{
	bool(*linked)[THINGS] = site->devices[scannable].linked;

	for (int child = 0; child < THINGS; child++)
		for (int parent = 0; parent < THINGS; parent++)
			if (linked[child][parent] && pick(dice, 4) == 0)
				linked[child][parent] = false;
}

static void set_offline(struct random_site *site, int scannable, bool offline)
{
	naive_prepare(&site->model);
	site->model.scannables[scannable].offline = offline;
	naive_settle(&site->model);
	graph_set_offline(site->graph, random_scannable(site, scannable), offline);
	random_compare(site, false);
}

static void begin_session(struct random_site *site, int scannable)
{
	random_open(site, scannable);
	random_scan_begin(site, scannable, true);
}

static void say_all(struct random_site *site, int scannable)
{
	const struct random_device *device = &site->devices[scannable];

	for (int i = SCANNABLES; i < THINGS; i++)
		if (device->there[i])
			say_created(site, scannable, i);
	memcpy(site->scan.linked, device->linked, sizeof(device->linked));
}

/* Another session, in which the device is found again, or not all of it. */
static void do_scan(struct random_site *site, int scannable, uint32_t *dice)
{
	static const uint32_t losses[] = {0, 0, 0, 0, 0, 0, 10, 10, 30, 90};
	uint32_t percent = losses[pick(dice, sizeof(losses) / sizeof(losses[0]))];

	if (site->model.scannables[scannable].offline)
		set_offline(site, scannable, false);
	if (site->trouble.length > 0)
		return;
	begin_session(site, scannable);
	lose_some(site, scannable, percent, dice);
	if (pick(dice, 2) == 0)
		lose_links(site, scannable, dice);
	if (pick(dice, 6) == 0)
		site->scan.refused = 1 + pick(dice, 3);
	if (pick(dice, 6) == 0)
		site->scan.incomplete[SERVER + 1 + (int)pick(dice, CLASSES - SERVER - 1)] = true;
	for (int i = 0; i < CLASSES; i++)
		if (naive_plugin_of(i) != naive_plugin_of(site->model.things[scannable].class))
			site->scan.incomplete[i] = false;
	say_all(site, scannable);
}

/* ---- the rest ---- */

static void end_session(struct random_site *site, int scannable)
{
	graph_close(site->graph, site->devices[scannable].session);
	site->devices[scannable].session = 0;
	memset(site->devices[scannable].numbers, 0, sizeof(site->devices[scannable].numbers));
}

static void do_fail(struct random_site *site, int scannable, uint32_t *dice)
{
	(void)dice;
	if (!can_scan(site, scannable))
		return;
	end_session(site, scannable);
	set_offline(site, scannable, true);
}

static void configure_all(struct random_site *site)
{
	graph_begin_configuration(site->graph);
	for (int i = 0; i < PLUGINS; i++)
		if (site->model.loaded[i])
			random_configure_plugin(site, i);
}

static void do_retire(struct random_site *site, int scannable, uint32_t *dice)
{
	(void)dice;
	if (!can_scan(site, scannable))
		return;
	end_session(site, scannable);
	naive_retire(&site->model, scannable);
	configure_all(site);
	random_compare(site, false);
}

static void do_return(struct random_site *site, int scannable, uint32_t *dice)
{
	(void)dice;
	if (site->model.scannables[scannable].configured ||
	    !naive_is_loaded(&site->model, scannable))
		return;
	naive_prepare(&site->model);
	naive_configure(&site->model, scannable);
	naive_settle(&site->model);
	random_configure(site, scannable);
	random_compare(site, false);
}

static void do_delete(struct random_site *site, int scannable, uint32_t *dice)
{
	struct graph_resource *resource = random_scannable(site, scannable);

	(void)dice;
	if (resource == NULL || !naive_is_loaded(&site->model, scannable))
		return;
	end_session(site, scannable);
	for (int i = SCANNABLES; i < THINGS; i++)
		lose(site, scannable, i);
	memset(site->devices[scannable].linked, 0, sizeof(site->devices[scannable].linked));
	graph_remove(site->graph, resource);
	naive_delete(&site->model, scannable);
	random_compare(site, false);
}

/* A user gives a scannable another name, which is what identifies it. */
static void do_rename(struct random_site *site, int scannable, uint32_t *dice)
{
	struct naive_scannable *s = &site->model.scannables[scannable];
	struct graph_resource *resource = random_scannable(site, scannable);
	char reason[REASON_SIZE];
	struct value name;

	if (resource == NULL || !can_scan(site, scannable))
		return;
	end_session(site, scannable);
	snprintf(s->name, sizeof(s->name), "s%d%c", scannable, (char)('a' + pick(dice, 4)));
	name = value_text(s->name);
	if (graph_edit(site->graph, resource, &name, reason) != 0)
		text_printf(&site->trouble, "  edit was refused: %s\n", reason);
	value_clear(&name);
	naive_prepare(&site->model);
	random_compare(site, false);
}

static bool has_record(const struct random_site *site, int scannable, int thing)
{
	(void)scannable;
	return naive_is_shown(&site->model, thing);
}

static void do_alias(struct random_site *site, int scannable, uint32_t *dice)
{
	int thing = pick_thing(site, scannable, dice, has_record);
	char alias[16];

	if (thing == NOWHERE)
		return;
	site->model.things[thing].alias = (int)pick(dice, 3);
	snprintf(alias, sizeof(alias), "top-%d", site->model.things[thing].alias);
	graph_set_alias(site->graph, graph_find(site->graph, naive_id(&site->model, thing)),
	    site->model.things[thing].alias != 0 ? alias : NULL);
	naive_prepare(&site->model);
	random_compare(site, false);
}

static void do_dismiss(struct random_site *site, int scannable, uint32_t *dice)
{
	uint32_t count = (uint32_t)site->model.alert_count;
	uint32_t skip = count > 0 ? pick(dice, count) : 0;

	(void)scannable;
	naive_prepare(&site->model);
	for (uint32_t i = 0; i < count; i++) {
		struct naive_alert *alert = &site->model.alerts[(i + skip) % count];

		if (!alert->active)
			continue;
		alert->dismissed = pick(dice, 3) > 0;
		if (!graph_dismiss_alert(site->graph, alert->id, alert->dismissed))
			text_append(&site->trouble, "  an alert can't be dismissed\n");
		break;
	}
	random_compare(site, false);
}

static void do_hide(struct random_site *site, int scannable, uint32_t *dice)
{
	int plugin = naive_plugin_of(site->model.things[scannable].class);

	(void)dice;
	if (!site->model.loaded[plugin])
		return;
	for (int i = 0; i < SCANNABLES; i++)
		if (naive_plugin_of(site->model.things[i].class) == plugin)
			end_session(site, i);
	graph_retract(site->graph, naive_plugins[plugin]);
	graph_hide(site->graph, naive_plugins[plugin]);
	naive_prepare(&site->model);
	site->model.loaded[plugin] = false;
	naive_settle(&site->model);
	random_compare(site, false);
}

static void do_show(struct random_site *site, int scannable, uint32_t *dice)
{
	int plugin = naive_plugin_of(site->model.things[scannable].class);

	(void)dice;
	if (site->model.loaded[plugin])
		return;
	naive_prepare(&site->model);
	site->model.loaded[plugin] = true;
	naive_judge_machines(&site->model);
	naive_settle(&site->model);
	random_declare(site, plugin);
	random_configure_plugin(site, plugin);
	random_compare(site, false);
}

static void do_restart(struct random_site *site, int scannable, uint32_t *dice)
{
	(void)scannable;
	(void)dice;
	random_stop(site);
	for (int i = 0; i < SCANNABLES; i++)
		memset(site->devices[i].numbers, 0, sizeof(site->devices[i].numbers));
	naive_restart(&site->model);
	random_start(site);
	random_compare(site, true);
}

/* ---- all of them ---- */

static const struct {
	const char *name;
	void (*act)(struct random_site *site, int scannable, uint32_t *dice);
	bool in_scan;
	uint32_t weight; /* how often one that is not part of a scan comes */
} kinds[KINDS] = {
    [SCAN] = {"initial scan", do_scan, false, 30},
    [REPORT] = {"report", do_report, true, 0},
    [CHANGE] = {"change", do_change, true, 0},
    [LINK] = {"link", do_link, true, 0},
    [UNLINK] = {"unlink", do_unlink, true, 0},
    [REMOVE] = {"remove", do_remove, true, 0},
    [FAIL] = {"fail", do_fail, false, 4},
    [RESTART] = {"restart", do_restart, false, 6},
    [RETIRE] = {"retire", do_retire, false, 4},
    [RETURN] = {"return", do_return, false, 12},
    [DELETE] = {"delete", do_delete, false, 1},
    [RENAME] = {"rename", do_rename, false, 2},
    [ALIAS] = {"alias", do_alias, false, 6},
    [DISMISS] = {"dismiss", do_dismiss, false, 6},
    [HIDE] = {"hide plugin", do_hide, false, 2},
    [SHOW] = {"show plugin", do_show, false, 12},
    [ADD_SERVER] = {"add server", do_add_server, false, 8},
    [SET_SERVER] = {"set server", do_set_server, false, 4},
    [REMOVE_SERVER] = {"remove server", do_remove_server, false, 3},
    [SET_PEERS] = {"set peers", do_set_peers, false, 12},
    [SET_IN_USE] = {"set in use", do_set_in_use, false, 14},
    [CHOOSE] = {"choose nodes", do_choose, false, 20},
};

static void perform(struct random_site *site, const struct operation *operation)
{
	int scannable = operation->scannable;
	uint32_t dice = operation->dice;

	if (!kinds[operation->kind].in_scan) {
		if (operation->kind != SCAN || can_scan(site, scannable))
			kinds[operation->kind].act(site, scannable, &dice);
		return;
	}
	if (!can_scan(site, scannable))
		return;
	if (!site->scanning && site->devices[scannable].session != 0) {
		random_scan_begin(site, scannable, false);
	} else if (!site->scanning) {
		begin_session(site, scannable);
		say_all(site, scannable);
	}
	kinds[operation->kind].act(site, scannable, &dice);
}

#endif
