/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define HOT_CELSIUS 55.0
#define BREATH_SECONDS 300.0 /* temperatures and rates swing slowly */
#define DRIVES_A_POOL_SURVIVES 2

struct object {
	uint8_t condition; /* enum condition */
	bool hot;
	bool absent;
};

/* A failure that chaos made, to be over later. */
struct recovery {
	struct event event;
	struct recovery *next;
};

struct world {
	const struct plan *plan;
	uint64_t seed;
	uint64_t random;
	double now;
	struct object *objects[KIND_COUNT];
	size_t script_position;
	double next_failure;         /* by chaos */
	struct recovery *recoveries; /* in order of time */
	bool offline;
	int64_t slow_ms;
};

/* One step of SplitMix64: a well mixed number for any input. */
static uint64_t mix(uint64_t z)
{
	z += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* From 0 up to but without 1. */
static double fraction(uint64_t bits)
{
	return (double)(bits >> 11) * 0x1p-53;
}

static double next_random(struct world *world)
{
	world->random++;
	return fraction(mix(world->random));
}

/* A number that stays with one object: from 0 up to 1. */
static double trait(const struct world *world, enum kind kind, size_t number, unsigned which)
{
	return fraction(mix(world->seed ^ mix(number * 64 + (size_t)kind * 8 + which)));
}

static double next_exponential(struct world *world, double mean)
{
	return -mean * log(1.0 - next_random(world));
}

struct world *world_new(const struct plan *plan, uint64_t seed)
{
	struct world *world = calloc(1, sizeof(*world));

	if (world == NULL)
		return NULL;
	world->plan = plan;
	world->seed = mix(seed);
	world->random = mix(world->seed);
	for (size_t kind = 0; kind < KIND_COUNT; kind++) {
		world->objects[kind] = calloc(plan_count(plan, kind) + 1, sizeof(struct object));
		if (world->objects[kind] == NULL) {
			world_free(world);
			return NULL;
		}
	}
	world->next_failure = plan->chaos > 0 ? next_exponential(world, plan->chaos) : INFINITY;
	return world;
}

void world_free(struct world *world)
{
	struct recovery *recovery;

	while ((recovery = world->recoveries) != NULL) {
		world->recoveries = recovery->next;
		free(recovery);
	}
	for (size_t kind = 0; kind < KIND_COUNT; kind++)
		free(world->objects[kind]);
	free(world);
}

static void happen_to_couplet(struct world *world, const struct event *event)
{
	if (event->action == ACTION_OFFLINE)
		world->offline = true;
	else if (event->action == ACTION_SLOW)
		world->slow_ms = event->ms;
	else
		world->offline = false;
	if (event->action == ACTION_RECOVER)
		world->slow_ms = 0;
}

static void happen(struct world *world, const struct event *event)
{
	struct object *object;

	if (event->kind == KIND_COUPLET) {
		happen_to_couplet(world, event);
		return;
	}
	object = &world->objects[event->kind][event->number];
	if (event->action == ACTION_FAIL)
		object->condition = CONDITION_FAILED;
	else if (event->action == ACTION_DEGRADE)
		object->condition = CONDITION_DEGRADED;
	else if (event->action == ACTION_HOT)
		object->hot = true;
	else if (event->action == ACTION_REMOVE)
		object->absent = true;
	else
		*object = (struct object){0};
}

static bool is_healthy(const struct object *object)
{
	return object->condition == CONDITION_OK && !object->hot && !object->absent;
}

static bool schedule_recovery(struct world *world, const struct event *event)
{
	struct recovery *recovery = malloc(sizeof(*recovery));
	struct recovery **place = &world->recoveries;

	if (recovery == NULL)
		return false;
	recovery->event = *event;
	while (*place != NULL && (*place)->event.at <= event->at)
		place = &(*place)->next;
	recovery->next = *place;
	*place = recovery;
	return true;
}

/* What fails, and how: mostly drives. What is in trouble already is left alone. */
static bool strike(struct world *world)
{
	double dice = next_random(world);
	enum kind kind = dice < 0.75 ? KIND_DRIVE : dice < 0.9 ? KIND_FAN : KIND_ENCLOSURE;
	double how = next_random(world);
	size_t count = plan_count(world->plan, kind);
	struct event event = {.at = world->next_failure, .kind = kind};

	event.number = (size_t)(next_random(world) * (double)count);
	event.action = how < 0.6 ? ACTION_FAIL : ACTION_DEGRADE;
	if (how > 0.85 && kind != KIND_FAN)
		event.action = ACTION_HOT;
	world->next_failure += next_exponential(world, world->plan->chaos);
	if (!is_healthy(&world->objects[kind][event.number]))
		return true;
	happen(world, &event);
	event.at += world->plan->chaos_recovery * (0.5 + next_random(world));
	event.action = ACTION_RECOVER;
	return schedule_recovery(world, &event);
}

static void recover_next(struct world *world)
{
	struct recovery *recovery = world->recoveries;

	assert(recovery != NULL);
	world->recoveries = recovery->next;
	happen(world, &recovery->event);
	free(recovery);
}

bool world_advance(struct world *world, double now)
{
	const struct plan *plan = world->plan;

	for (;;) {
		double script = world->script_position < plan->script_length
		                    ? plan->script[world->script_position].at
		                    : INFINITY;
		double recovery =
		    world->recoveries != NULL ? world->recoveries->event.at : INFINITY;
		double first = fmin(fmin(script, recovery), world->next_failure);

		if (first > now)
			break;
		if (script == first)
			happen(world, &plan->script[world->script_position++]);
		else if (recovery == first)
			recover_next(world);
		else if (!strike(world))
			return false;
	}
	world->now = now;
	return true;
}

bool world_is_offline(const struct world *world)
{
	return world->offline;
}

int64_t world_slow_ms(const struct world *world)
{
	return world->slow_ms;
}

bool world_is_present(const struct world *world, enum kind kind, size_t number)
{
	return !world->objects[kind][number].absent;
}

/* Whether an object in an enclosure is without power. */
static bool is_dark(const struct world *world, enum kind kind, size_t number)
{
	const struct plan *plan = world->plan;
	const struct object *power;

	if (!plan->power_supplies || kind > KIND_DRIVE)
		return false;
	if (kind == KIND_DRIVE)
		number /= (size_t)plan->drives_per_enclosure;
	power = &world->objects[KIND_POWER][number];
	return power->absent || power->condition == CONDITION_FAILED;
}

/* A pool is as well as its drives are. */
static enum condition pool_condition(const struct world *world, size_t pool)
{
	struct span drives = plan_parents(world->plan, KIND_POOL, pool);
	size_t failed = 0;

	for (size_t i = drives.first; i < drives.first + drives.count; i++) {
		const struct object *drive = &world->objects[KIND_DRIVE][i];

		failed += drive->absent || drive->condition == CONDITION_FAILED ||
		          is_dark(world, KIND_DRIVE, i);
	}
	if (failed == 0)
		return CONDITION_OK;
	return failed <= DRIVES_A_POOL_SURVIVES ? CONDITION_DEGRADED : CONDITION_FAILED;
}

/* A LUN of a pool that failed can't be read; one of a degraded pool can. */
static enum condition lun_condition(const struct world *world, size_t lun)
{
	size_t pool = plan_parents(world->plan, KIND_LUN, lun).first;

	return world_condition(world, KIND_POOL, pool) == CONDITION_FAILED ? CONDITION_FAILED
	                                                                   : CONDITION_OK;
}

/* What is wrong with an object because of others. */
static enum condition inherited_condition(const struct world *world, enum kind kind, size_t number)
{
	if (kind == KIND_POOL)
		return pool_condition(world, number);
	if (kind == KIND_LUN)
		return lun_condition(world, number);
	return is_dark(world, kind, number) ? CONDITION_FAILED : CONDITION_OK;
}

enum condition world_condition(const struct world *world, enum kind kind, size_t number)
{
	enum condition own = world->objects[kind][number].condition;
	enum condition inherited = inherited_condition(world, kind, number);

	return own > inherited ? own : inherited;
}

double world_celsius(const struct world *world, enum kind kind, size_t number)
{
	double phase = world->now / BREATH_SECONDS + trait(world, kind, number, 0);
	double base = 32.0 + 6.0 * trait(world, kind, number, 1);

	if (world->objects[kind][number].hot)
		base += HOT_CELSIUS;
	return base + 2.0 * sin(2.0 * M_PI * phase);
}

/* The integral of rate × (1 + sin): grows always, now faster, now slower. */
static uint64_t swinging_total(const struct world *world, double rate, double offset)
{
	double turn = 2.0 * M_PI / BREATH_SECONDS, phase = 2.0 * M_PI * offset;

	return (
	    uint64_t)(rate * (world->now + (cos(phase) - cos(turn * world->now + phase)) / turn));
}

uint64_t world_bytes_read(const struct world *world, enum kind kind, size_t number)
{
	return swinging_total(
	    world, 5e8 * trait(world, kind, number, 2), trait(world, kind, number, 3));
}

uint64_t world_bytes_written(const struct world *world, enum kind kind, size_t number)
{
	return swinging_total(
	    world, 3e8 * trait(world, kind, number, 4), trait(world, kind, number, 5));
}
