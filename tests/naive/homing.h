/* SPDX-License-Identifier: MIT */
/*
 * Which nodes of a volume are primary and secondary.
 *
 * Volumes are given their roles anew when a node came or went, a weight changed, or the manager
 * said something of a server or of the volume; those in use, and those with a user's choice, are
 * left alone. Those concerned are taken in order of name while all others count as they are: so
 * the balance can be foretold as long as the model is told of every step.
 */
#ifndef TESTS_NAIVE_HOMING_H
#define TESTS_NAIVE_HOMING_H

#include "numbers.h"

static inline bool naive_is_node_of(const struct naive_model *model, int device, int drive)
{
	return model->leaves[device].is_node && model->leaves[device].drive == drive;
}

static inline size_t naive_node_count(const struct naive_model *model, int drive)
{
	size_t count = 0;

	for (int i = 0; i < THINGS; i++)
		count += naive_is_node_of(model, i, drive);
	return count;
}

/* Whether every path to the volume is rated. */
static inline bool naive_is_weighted(const struct naive_model *model, int drive)
{
	for (int i = 0; i < THINGS; i++)
		if (naive_is_node_of(model, i, drive) && !model->leaves[i].weighted)
			return false;
	return true;
}

/*
 * How many used nodes there are on a server, or primary ones of volumes with several nodes. Volumes
 * whose roles are yet to be given don't count.
 */
static inline size_t naive_load(const struct naive_model *model, int64_t server, bool primaries)
{
	size_t load = 0;

	for (int i = 0; i < THINGS; i++) {
		const struct naive_leaf *leaf = &model->leaves[i];

		if (!leaf->is_node || leaf->server != server ||
		    model->volumes[leaf->drive].concerned)
			continue;
		load += primaries ? leaf->primary && naive_node_count(model, leaf->drive) > 1
		                  : leaf->used;
	}
	return load;
}

/* The order of two nodes by server, those without a name last, and path. */
static inline int naive_compare_places(
    const struct naive_model *model, const struct naive_leaf *a, const struct naive_leaf *b)
{
	const char *one = naive_server_name(model, a->server);
	const char *other = naive_server_name(model, b->server);
	int order =
	    one != NULL && other != NULL ? strcmp(one, other) : (one == NULL) - (other == NULL);

	if (order == 0)
		order = (a->server > b->server) - (a->server < b->server);
	return order != 0 ? order : strcmp(naive_text(PATH, a->path), naive_text(PATH, b->path));
}

/* The best of a volume's nodes: for the primary one (NOWHERE), or of those on its peers. */
static inline int naive_best_node(const struct naive_model *model, int drive, int primary)
{
	bool weighted = naive_is_weighted(model, drive);
	int best = NOWHERE;

	for (int i = 0; i < THINGS; i++) {
		const struct naive_leaf *leaf = &model->leaves[i], *first;
		int order;

		if (!naive_is_node_of(model, i, drive) ||
		    (primary != NOWHERE &&
		        !naive_are_peers(model, leaf->server, model->leaves[primary].server)))
			continue;
		if (best == NOWHERE) {
			best = i;
			continue;
		}
		first = &model->leaves[best];
		order = weighted ? first->weight - leaf->weight
		                 : (int)naive_load(model, leaf->server, primary == NOWHERE) -
		                       (int)naive_load(model, first->server, primary == NOWHERE);
		if (order < 0 || (order == 0 && naive_compare_places(model, leaf, first) < 0))
			best = i;
	}
	return best;
}

static inline void naive_home(struct naive_model *model, int drive)
{
	int primary = naive_best_node(model, drive, NOWHERE);
	int secondary = primary != NOWHERE ? naive_best_node(model, drive, primary) : NOWHERE;

	for (int i = 0; i < THINGS; i++) {
		if (!naive_is_node_of(model, i, drive))
			continue;
		model->leaves[i].primary = i == primary;
		model->leaves[i].used = i == primary || i == secondary;
	}
	model->volumes[drive].concerned = false;
}

/* The first by name of the volumes that are concerned, or NOWHERE. */
static inline int naive_next_concerned(const struct naive_model *model)
{
	int first = NOWHERE;

	for (int i = 0; i < THINGS; i++) {
		const struct naive_volume *volume = &model->volumes[i];
		int order;

		if (!volume->concerned)
			continue;
		order = first != NOWHERE ? strcmp(volume->label, model->volumes[first].label) : -1;
		if (order < 0 || (order == 0 && volume->id < model->volumes[first].id))
			first = i;
	}
	return first;
}

/*
 * Takes it that a volume is balanced as the database has it, whatever came first: one node is
 * primary, and at most one other is used, on a peer of that one's server, if there is any.
 */
static inline void naive_adopt_roles(
    struct naive_model *model, int drive, const PGresult *nodes, struct text *difference)
{
	size_t primaries = 0, secondaries = 0;
	int primary = NOWHERE;

	for (int row = 0; row < PQntuples(nodes); row++) {
		int device = naive_thing_of(model, naive_number(nodes, row, 1));

		if (device == NOWHERE || !naive_is_node_of(model, device, drive))
			continue;
		model->leaves[device].primary = naive_number(nodes, row, 3) != 0;
		model->leaves[device].used = naive_number(nodes, row, 4) != 0;
		primaries += model->leaves[device].primary;
		secondaries += model->leaves[device].used && !model->leaves[device].primary;
		if (model->leaves[device].primary)
			primary = device;
	}
	model->volumes[drive].concerned = false;
	if (primaries != 1 ||
	    secondaries != (naive_best_node(model, drive, primary) != NOWHERE ? 1 : 0))
		text_printf(difference,
		    "  volume %" PRId64 " (%s) has %zu primary nodes and %zu secondary ones\n",
		    model->volumes[drive].id, model->volumes[drive].label, primaries, secondaries);
}

static inline void naive_home_all(
    struct naive_model *model, const PGresult *nodes, struct text *difference)
{
	int drive;

	for (int i = 0; i < THINGS; i++) {
		struct naive_volume *volume = &model->volumes[i];

		volume->concerned = volume->exists && !volume->in_use && !volume->chosen &&
		                    (volume->concerned || model->unseen);
	}
	while ((drive = naive_next_concerned(model)) != NOWHERE)
		if (model->unseen && !naive_is_weighted(model, drive))
			naive_adopt_roles(model, drive, nodes, difference);
		else
			naive_home(model, drive);
}

#endif
