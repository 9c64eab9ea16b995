/* SPDX-License-Identifier: MIT */
/*
 * The runner is killed 200 times at random moments, while things come, change and go: after it was
 * started again and has scanned everything once, the database agrees with the naive model on every
 * view, and whatever was there before still has its number; and the database always has what a
 * plugin was told to be stored. IML_TEST_SEED has another seed, IML_TEST_KILLS another number.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../naive/views.h"

enum { KILLS = 200, SLOW_KILLS = 5, FIRST_STEPS = 25 };

/* What a scannable finds when it looks; its plugin reports what a file says of it. */
struct device {
	bool there[THINGS];
	int values[THINGS][VALUES];
	bool linked[THINGS][THINGS], ever_linked[THINGS][THINGS];
};

struct world {
	struct runner *runner;
	struct naive_model model;
	struct naive_marks marks;
	struct device devices[SCANNABLES];
	unsigned generation;
	uint32_t dice;
	unsigned kills;
};

static uint32_t pick(struct world *world, uint32_t end)
{
	world->dice = world->dice * 1664525 + 1013904223;
	return (world->dice >> 8) % end;
}

/* A moment of up to so many milliseconds: where it ends is where the runner is killed. */
static void let_pass(struct world *world, uint32_t milliseconds)
{
	int64_t ns = (int64_t)pick(world, milliseconds * 1000) * 1000;

	nanosleep(&(struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000}, NULL);
}

/* ---- what is there to find ---- */

/* Of one export all servers but one know nothing: two would each say another device of it. */
static bool can_find(const struct world *world, int scannable, int thing)
{
	const struct naive_thing *t = &world->model.things[thing];

	if (!naive_can_report(&world->model, scannable, thing))
		return false;
	return t->class != EXPORT || t->number % 2 == scannable % 2;
}

/* One of the things of a class that is there, or NOWHERE. */
static int pick_there(struct world *world, int scannable, int class, int but)
{
	int things[THINGS];
	uint32_t count = 0;

	for (int i = 0; i < THINGS; i++)
		if (i != but && world->devices[scannable].there[i] &&
		    world->model.things[i].class == class)
			things[count++] = i;
	return count > 0 ? things[pick(world, count)] : NOWHERE;
}

static uint32_t pick_value(struct world *world, int thing_class, int which)
{
	uint32_t least = naive_is_vital(thing_class, which);

	return least + pick(world, naive_choices(which) - least);
}

/*
 * Gives a thing another value. Of what several report only the state differs from one to the other:
 * whose word on the rest is the latest after a start is a matter of chance.
 */
static bool change(struct world *world, int scannable, int thing, int which)
{
	const struct naive_thing *t = &world->model.things[thing];
	const struct naive_class *class = &naive_classes[t->class];
	int *value = &world->devices[scannable].values[thing][which];

	if (!class->has[which])
		return true;
	if (t->class == SHARED && which != STATE)
		*value = which == REF || which == TYPE ? 0 : 1 + t->number % 3;
	else if (which == HOST)
		*value = 1 + (int)pick(world, 5);
	else if (which != REF)
		*value = (int)pick_value(world, t->class, which);
	else if (!class->ref_is_vital && pick(world, 3) == 0)
		*value = 0;
	else
		*value = pick_there(world, scannable, class->ref_class, thing) + 1;
	return *value != 0 || which != REF || !class->ref_is_vital;
}

static void lose(struct world *world, int scannable, int thing)
{
	struct device *device = &world->devices[scannable];

	device->there[thing] = false;
	for (int i = 0; i < THINGS; i++) {
		device->linked[thing][i] = device->linked[i][thing] = false;
		if (!device->there[i])
			continue;
		if (world->model.things[i].tray == thing ||
		    (device->values[i][REF] == thing + 1 &&
		        naive_classes[world->model.things[i].class].ref_is_vital))
			lose(world, scannable, i);
		else if (device->values[i][REF] == thing + 1)
			device->values[i][REF] = 0;
	}
}

static void find_thing(struct world *world, int scannable, int thing)
{
	struct device *device = &world->devices[scannable];
	int tray = world->model.things[thing].tray;

	if (tray != NOWHERE && !device->there[tray])
		return;
	for (int i = 0; i < VALUES; i++)
		if (!change(world, scannable, thing, i))
			return;
	device->there[thing] = true;
}

/* Parents come first in the table of things, so that no loop is closed. */
static void link_or_unlink(struct world *world, int scannable, int child)
{
	struct device *device = &world->devices[scannable];
	int parent = (int)pick(world, (uint32_t)child);

	if (parent != scannable && !device->there[parent])
		return;
	device->linked[child][parent] = !device->linked[child][parent];
	device->ever_linked[child][parent] = true;
}

static void change_something(struct world *world, int scannable)
{
	int thing = SCANNABLES + (int)pick(world, THINGS - SCANNABLES);
	int saved;
	int which = (int)pick(world, VALUES);

	while (!can_find(world, scannable, thing))
		thing = SCANNABLES + (int)pick(world, THINGS - SCANNABLES);
	saved = world->devices[scannable].values[thing][which];
	if (!world->devices[scannable].there[thing])
		find_thing(world, scannable, thing);
	else if (pick(world, 6) == 0)
		lose(world, scannable, thing);
	else if (pick(world, 2) == 0)
		link_or_unlink(world, scannable, thing);
	else if (!change(world, scannable, thing, which))
		world->devices[scannable].values[thing][which] = saved;
}

/* ---- what the plugins read ---- */

/* Class and number of a thing, as the script names it. */
static const char *key_of(const struct world *world, int thing)
{
	static char keys[4][32];
	static unsigned next;
	const struct naive_thing *t = &world->model.things[thing];
	char *key = keys[next++ % 4];

	if (t->tray != NOWHERE)
		snprintf(key, 32, "%d:%d", world->model.things[t->tray].number, t->number);
	else
		snprintf(key, 32, "%d", thing < SCANNABLES ? 0 : t->number);
	return key;
}

static const char *class_of(const struct world *world, int thing)
{
	return thing < SCANNABLES ? "Root" : naive_classes[world->model.things[thing].class].name;
}

static void write_thing(
    const struct world *world, int scannable, int thing, bool with_references, struct text *script)
{
	const struct naive_class *class = &naive_classes[world->model.things[thing].class];
	const int *values = world->devices[scannable].values[thing];

	text_printf(script, "%s %s", class->name, key_of(world, thing));
	if (class->ref_is_vital)
		text_printf(script, " @%s=%s", class->ref, key_of(world, values[REF] - 1));
	for (int i = 0; i < VALUES; i++)
		if (class->has[i] && naive_values[i].is_vital)
			text_printf(
			    script, " @%s=%s", naive_values[i].name, naive_text(i, values[i]));
	for (int i = 0; i < VALUES; i++)
		if (class->has[i] && i != REF && !naive_values[i].is_vital)
			text_printf(
			    script, " %s=%s", naive_values[i].name, naive_text(i, values[i]));
	if (with_references && class->has[REF] && !class->ref_is_vital)
		text_printf(script, " %s=%s", class->ref,
		    values[REF] != 0 ? key_of(world, values[REF] - 1) : "-");
	text_append_char(script, '\n');
}

static void write_links(const struct world *world, int scannable, struct text *script)
{
	const struct device *device = &world->devices[scannable];

	for (int child = 0; child < THINGS; child++)
		for (int parent = 0; parent < THINGS; parent++)
			if (device->ever_linked[child][parent])
				text_printf(script, "%s %s %s %s %s\n",
				    device->linked[child][parent] ? "link" : "unlink",
				    class_of(world, child), key_of(world, child),
				    class_of(world, parent), key_of(world, parent));
}

/* Has a scannable find what its device now has, under the number of the next generation. */
static void write_script(struct world *world, int scannable)
{
	const struct device *device = &world->devices[scannable];
	struct text script = TEXT_EMPTY;
	char name[16];

	for (int pass = 0; pass < 2; pass++)
		for (int i = SCANNABLES; i < THINGS; i++)
			if (device->there[i])
				write_thing(world, scannable, i, pass == 1, &script);
	write_links(world, scannable, &script);
	for (int i = THINGS - 1; i >= SCANNABLES; i--)
		if (!device->there[i] && can_find(world, scannable, i))
			text_printf(&script, "gone %s %s\n", class_of(world, i), key_of(world, i));
	text_printf(&script, "generation %u\n", world->generation);
	snprintf(name, sizeof(name), "s%d", scannable);
	write_file(world->runner, name, "%s", script.data);
	text_clear(&script);
}

/* ---- the model's side ---- */

/* What a scan finds that finds all there is. */
static void expect(struct world *world, int scannable)
{
	static struct naive_scan scan;
	const struct device *device = &world->devices[scannable];

	memset(&scan, 0, sizeof(scan));
	scan.scannable = scannable;
	scan.initial = true;
	memcpy(scan.created, device->there, sizeof(scan.created));
	memcpy(scan.values, device->values, sizeof(scan.values));
	memcpy(scan.linked, device->linked, sizeof(scan.linked));
	naive_open(&world->model, scannable);
	naive_apply(&world->model, &scan);
}

/* Of a thing that several report, the state is what one of them says. */
static void take_states(struct world *world)
{
	for (int i = SCANNABLES; i < THINGS; i++) {
		struct naive_thing *t = &world->model.things[i];
		const char *state;

		if (!t->exists || t->class != SHARED)
			continue;
		state = query(world->runner,
		    "select coalesce(attributes->>'state', '-') from storage.resources"
		    " where class = 'Shared' and identifier = '[%d]'",
		    t->number);
		for (int j = 0; j < SCANNABLES; j++)
			if (t->reported[j] && strcmp(state, naive_text(STATE, t->says[j])) == 0)
				t->values[STATE] = t->says[j];
	}
}

static void prepare_views(struct world *world)
{
	struct text difference = TEXT_EMPTY;

	naive_prepare_views(world->runner->connection, &difference);
	assert_int_equal(difference.length, 0);
}

/* Fails unless the database shows what the model does. */
static void compare(struct world *world)
{
	struct text difference = TEXT_EMPTY;

	snprintf(world->model.automatic, sizeof(world->model.automatic), "%s",
	    query(world->runner,
	        "select identifier from storage.resources where class = 'Numbered'"));
	take_states(world);
	naive_check(&world->model, world->runner->connection, &world->marks, world->kills % 20 == 0,
	    &difference);
	if (difference.length > 0) {
		printf("after %u kills:\n%s", world->kills, difference.data);
		fail_msg("database and model differ");
	}
	text_clear(&difference);
}

/* ---- the runner ---- */

static void configure(struct world *world)
{
	char *build = built(".");
	struct text scannables = TEXT_EMPTY;

	for (int i = 0; i < SCANNABLES; i++) {
		const struct naive_class *class = &naive_classes[world->model.things[i].class];

		text_printf(&scannables,
		    "  - plugin: %s\n    class: %s\n    attributes: {name: s%d, script: %s/s%d}\n",
		    naive_plugins[class->plugin], class->name, i, world->runner->directory, i);
	}
	runner_configure(world->runner,
	    "scan:\n  retry_min: 50 ms\n  retry_max: 200 ms\nplugins:\n"
	    "  - path: %s/tests/plugins/naive_array.so\n  - path: %s/tests/plugins/naive_linux.so\n"
	    "scannables:\n%s",
	    build, build, scannables.data);
	text_clear(&scannables);
	free(build);
}

/* Starts the runner, for which there is another generation to find. */
static void start(struct world *world)
{
	world->generation++;
	for (int i = 0; i < SCANNABLES; i++)
		write_script(world, i);
	runner_start(world->runner, NULL);
}

static void kill_runner(struct world *world)
{
	runner_kill(world->runner);
	world->kills++;
}

/* Waits until all scannables were scanned, and that is stored. */
static void wait_for_scans(struct world *world)
{
	wait_for(world->runner,
	    "select count(*) = %d from storage.resources where configured"
	    " and attributes->>'generation' = '%u'",
	    SCANNABLES, world->generation);
}

/*
 * Waits until so many scans have found what there is. What the last of them found is being stored
 * now, and what those before it found is stored.
 */
static void wait_until_seen(struct world *world, int scannable, unsigned times)
{
	char *path = xasprintf("%s/s%d.seen", world->runner->directory, scannable);
	int64_t end = now_ms() + DEADLINE_S * 1000;
	unsigned seen = 0, count = 0;

	while (seen != world->generation || count < times) {
		FILE *file = fopen(path, "r");

		if (file != NULL && fscanf(file, "%u %*d %u", &seen, &count) != 2)
			seen = count = 0;
		if (file != NULL)
			fclose(file);
		if (now_ms() > end)
			fail_msg("no scan of scannable %d", scannable);
		nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
	}
	free(path);
}

/* ---- tests ---- */

static uint32_t number_from(const char *variable, uint32_t otherwise)
{
	const char *text = getenv(variable);

	return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

/* What has the highest number goes: nothing that comes later may have that again. */
static void lose_newest(struct world *world)
{
	const struct naive_thing *things = world->model.things;
	int newest = SCANNABLES;

	for (int i = SCANNABLES; i < THINGS; i++)
		if (things[i].exists &&
		    (!things[newest].exists || things[i].id > things[newest].id))
			newest = i;
	for (int i = 0; i < SCANNABLES; i++) {
		if (!world->devices[i].there[newest])
			continue;
		lose(world, i, newest);
		expect(world, i);
	}
}

/* Kills the runner when a plugin was told that its scan is stored: then it is. */
static void kill_when_acknowledged(struct world *world)
{
	int scannable = (int)pick(world, SCANNABLES);

	wait_until_seen(world, scannable, 2);
	kill_runner(world);
	assert_int_equal(query_number(world->runner,
	                     "select count(*) from storage.resources where configured and"
	                     " attributes->>'name' = 's%d' and attributes->>'generation' = '%u'",
	                     scannable, world->generation),
	    1);
}

/* The world changes. */
static void change_things(struct world *world, int scannable)
{
	if (pick(world, 6) == 0) {
		lose_newest(world);
		return;
	}
	for (uint32_t i = 1 + pick(world, 6); i > 0; i--)
		change_something(world, scannable);
	expect(world, scannable);
}

/* The runner is killed as it learns of changes, or soon after it starts. */
static void change_and_kill(struct world *world)
{
	int scannable = (int)pick(world, SCANNABLES);

	change_things(world, scannable);
	if (pick(world, 3) == 0) {
		world->generation++;
		write_script(world, scannable);
		wait_until_seen(world, scannable, 1);
		let_pass(world, 25);
	}
	kill_runner(world);
	start(world);
	while (pick(world, 3) > 0) {
		if (pick(world, 3) == 0) {
			kill_when_acknowledged(world);
		} else {
			let_pass(world, 250);
			kill_runner(world);
		}
		start(world);
	}
}

static void nothing_is_lost_or_made_twice_by_kills(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));
	uint32_t seed = number_from("IML_TEST_SEED", 20261122);
	/* Under valgrind a start takes seconds. */
	bool slow = getenv("IML_TEST_WRAPPER") != NULL;
	unsigned kills = number_from("IML_TEST_KILLS", slow ? SLOW_KILLS : KILLS);

	printf("seed %u\n", seed);
	world->runner = *state;
	world->dice = seed;
	naive_begin(&world->model);
	/* What was balanced first, and in which order, is a matter of chance. */
	world->model.unseen = true;
	for (int i = 0; i < SCANNABLES; i++) {
		naive_configure(&world->model, i);
		for (int j = 0; j < FIRST_STEPS; j++)
			change_something(world, i);
		expect(world, i);
	}
	naive_prepare(&world->model);
	configure(world);
	start(world);
	wait_for_scans(world);
	prepare_views(world);
	compare(world);
	while (world->kills < kills) {
		change_and_kill(world);
		wait_for_scans(world);
		compare(world);
	}
	assert_int_equal(runner_stop(world->runner), 0);
	naive_end(&world->model);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(nothing_is_lost_or_made_twice_by_kills),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
