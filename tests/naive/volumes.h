/* SPDX-License-Identifier: MIT */
/*
 * Volumes and their nodes. They are worked out when it is known which links were made; numbers are
 * taken from the database, and which of several device nodes with one path on one server it is that
 * has it, unless one of them was a node before.
 */
#ifndef TESTS_NAIVE_VOLUMES_H
#define TESTS_NAIVE_VOLUMES_H

#include "homing.h"
#include "machines.h"

/* ---- numbers ---- */

static inline int64_t naive_last(const PGresult *result, int64_t last)
{
	for (int row = 0; row < PQntuples(result); row++)
		if (naive_number(result, row, 0) > last)
			last = naive_number(result, row, 0);
	return last;
}

/*
 * The number in the first column of the row with this one in the second. It has to be the one that
 * it was, or else a new one.
 */
static inline int64_t naive_new_number(
    const struct naive_model *model, const PGresult *result, int64_t key, int64_t was, int64_t last)
{
	for (int row = 0; row < PQntuples(result); row++)
		if (naive_number(result, row, 1) == key && naive_number(result, row, 0) > last &&
		    (was == 0 || model->unseen))
			return naive_number(result, row, 0);
	return was;
}

/* ---- leaves ---- */

static inline bool naive_has_children(const struct naive_model *model, int thing)
{
	for (int i = 0; i < THINGS; i++)
		if (model->linked[i][thing])
			return true;
	return false;
}

/* Of the drives above, the nearest; of those the oldest. */
static inline int naive_nearest_drive(const struct naive_model *model, const int above[THINGS])
{
	int nearest = NOWHERE;

	for (int i = 0; i < THINGS; i++) {
		if (above[i] <= 0 || !naive_is_drive(model->things[i].class))
			continue;
		if (nearest == NOWHERE || above[i] < above[nearest] ||
		    (above[i] == above[nearest] && model->things[i].id < model->things[nearest].id))
			nearest = i;
	}
	return nearest;
}

static inline void naive_weigh(
    const struct naive_model *model, const int above[THINGS], struct naive_leaf *leaf)
{
	for (int i = 0; i < THINGS; i++) {
		if (above[i] <= 0 || model->things[i].class != RATING)
			continue;
		leaf->weighted = true;
		leaf->weight += atoi(naive_text(WEIGHT, model->things[i].values[WEIGHT]));
	}
}

static inline bool naive_is_same_leaf(const struct naive_leaf *a, const struct naive_leaf *b)
{
	return a->leads && b->leads && a->life == b->life && a->drive == b->drive &&
	       a->drive_life == b->drive_life && a->server == b->server && a->path == b->path;
}

static inline bool naive_is_stored_node(const PGresult *nodes, int64_t device)
{
	for (int row = 0; row < PQntuples(nodes); row++)
		if (naive_number(nodes, row, 1) == device)
			return true;
	return false;
}

/*
 * Where a device node leads to. While its plugin is away it is where it was, as far as that is
 * known: it need not be any more when it would lead to another drive than before.
 */
static inline struct naive_leaf naive_find_leaf(const struct naive_model *model, int thing,
    const struct naive_leaf *before, const PGresult *nodes)
{
	const struct naive_thing *t = &model->things[thing];
	struct naive_leaf leaf = {.leads = false};
	int above[THINGS];

	if (t->class != DEVICE || !t->exists || naive_has_children(model, thing))
		return leaf;
	naive_reach(model, thing, true, above);
	leaf.drive = naive_nearest_drive(model, above);
	if (leaf.drive == NOWHERE)
		return leaf;
	leaf.life = t->life;
	leaf.drive_life = model->things[leaf.drive].life;
	if (naive_is_loaded(model, thing)) {
		leaf.leads = true;
		leaf.server = t->values[HOST] - 1;
		leaf.path = t->values[PATH];
		naive_weigh(model, above, &leaf);
	} else {
		leaf.leads =
		    before->leads && before->life == t->life &&
		    ((leaf.drive == before->drive && leaf.drive_life == before->drive_life) ||
		        naive_is_stored_node(nodes, t->id));
		leaf.server = before->server;
		leaf.path = before->path;
		leaf.weighted = before->weighted;
		leaf.weight = before->weight;
	}
	if (naive_is_same_leaf(&leaf, before)) {
		leaf.holds = before->is_node && !model->unseen;
		leaf.is_node = before->is_node;
		leaf.id = before->id;
		leaf.primary = before->primary;
		leaf.used = before->used;
	}
	return leaf;
}

/* ---- nodes ---- */

/* Whether something occupies a drive, not looking below further drives. */
static inline bool naive_is_occupied(const struct naive_model *model, int thing)
{
	for (int i = 0; i < THINGS; i++) {
		if (!model->linked[i][thing])
			continue;
		if (model->things[i].class == MOUNT)
			return true;
		if (!naive_is_drive(model->things[i].class) && naive_is_occupied(model, i))
			return true;
	}
	return false;
}

static inline bool naive_is_volume(const struct naive_model *model, int drive)
{
	return model->volumes[drive].exists &&
	       model->volumes[drive].life == model->things[drive].life;
}

static inline bool naive_is_mapped(const struct naive_leaf *leaf)
{
	return strncmp(naive_text(PATH, leaf->path), "/dev/mapper/", 12) == 0;
}

/* Whether a leaf is a node of its volume; of several on a server one that is mapped, if it is one.
 */
static inline bool naive_is_selected(const struct naive_model *model, int thing)
{
	const struct naive_leaf *leaf = &model->leaves[thing];
	size_t mapped = 0;

	if (!leaf->leads || !leaf->holds)
		return false;
	if (naive_is_occupied(model, leaf->drive) &&
	    !(naive_is_volume(model, leaf->drive) && model->volumes[leaf->drive].in_use))
		return false;
	for (int i = 0; i < THINGS; i++) {
		const struct naive_leaf *other = &model->leaves[i];

		mapped += other->leads && other->holds && other->drive == leaf->drive &&
		          other->server == leaf->server && naive_is_mapped(other);
	}
	return mapped != 1 || naive_is_mapped(leaf);
}

static inline bool naive_is_same_place(const struct naive_leaf *a, const struct naive_leaf *b)
{
	return a->leads && b->leads && a->server == b->server && a->path == b->path;
}

static inline bool naive_is_held(const struct naive_model *model, const struct naive_leaf *place)
{
	for (int i = 0; i < THINGS; i++)
		if (naive_is_same_place(&model->leaves[i], place) && model->leaves[i].holds)
			return true;
	return false;
}

static inline bool naive_is_contested(const struct naive_model *model, int thing)
{
	for (int i = 0; i < THINGS; i++)
		if (i != thing && naive_is_same_place(&model->leaves[i], &model->leaves[thing]))
			return true;
	return false;
}

/* Gives contested places to those that have them in the database. */
static inline void naive_adopt_holders(struct naive_model *model, const PGresult *nodes)
{
	for (int row = 0; row < PQntuples(nodes); row++) {
		int device = naive_thing_of(model, naive_number(nodes, row, 1));
		struct naive_leaf *leaf = &model->leaves[device];

		if (device != NOWHERE && leaf->leads && !naive_is_held(model, leaf) &&
		    leaf->server == naive_number(nodes, row, 2) &&
		    strcmp(naive_text(PATH, leaf->path), PQgetvalue(nodes, row, 5)) == 0)
			leaf->holds = true;
	}
}

/* Each path of a server is there once. One that is no node may keep others from being one. */
static inline void naive_settle_places(struct naive_model *model, const PGresult *nodes)
{
	for (int i = 0; i < THINGS; i++)
		if (model->leaves[i].leads && !naive_is_contested(model, i))
			model->leaves[i].holds = true;
	naive_adopt_holders(model, nodes);
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < THINGS; i++) {
			struct naive_leaf *leaf = &model->leaves[i];

			if (!leaf->leads || naive_is_held(model, leaf))
				continue;
			leaf->holds = true;
			leaf->holds = pass == 1 || !naive_is_selected(model, i);
		}
}

/* ---- volumes ---- */

/* The drive that a volume is called after. */
static inline int naive_namesake(const struct naive_model *model, int drive)
{
	const struct naive_class *class = &naive_classes[model->things[drive].class];
	int above[THINGS];
	int only = NOWHERE;

	naive_reach(model, drive, true, above);
	for (int i = 0; i < THINGS; i++) {
		if (above[i] <= 0 || !naive_is_drive(model->things[i].class))
			continue;
		if (only != NOWHERE)
			return drive;
		only = i;
	}
	if (only == NOWHERE || model->things[drive].class == PART ||
	    model->things[only].class == PART)
		return drive;
	return class->device_type != NULL && strcmp(class->device_type, "zfs") == 0 ? drive : only;
}

/* The label of a volume as it is stored, or nothing. */
static inline const char *naive_stored_label(const PGresult *volumes, int64_t id)
{
	for (int row = 0; row < PQntuples(volumes); row++)
		if (naive_number(volumes, row, 0) == id)
			return PQgetvalue(volumes, row, 2);
	return "";
}

/*
 * What the drive says. While its plugin is away it is as it was. What a volume is called that
 * begins meanwhile people don't see.
 */
static inline void naive_describe(struct naive_model *model, int drive, const PGresult *volumes)
{
	const struct naive_thing *t = &model->things[drive];
	struct naive_volume *volume = &model->volumes[drive];

	if (naive_is_loaded(model, drive)) {
		volume->size = t->values[SIZE];
		volume->type = t->values[TYPE];
		volume->unusable = naive_classes[t->class].unusable;
		naive_name(model, naive_namesake(model, drive), volume->label);
	} else if (volume->label[0] == '\0') {
		snprintf(volume->label, sizeof(volume->label), "%s",
		    naive_stored_label(volumes, volume->id));
	}
}

static inline void naive_update_volume(struct naive_model *model, int drive, bool has_nodes,
    const struct naive_rows *rows, int64_t last)
{
	const struct naive_thing *t = &model->things[drive];
	struct naive_volume *volume = &model->volumes[drive];

	if (!naive_is_volume(model, drive))
		*volume = (struct naive_volume){.exists = false};
	if (!t->exists || (!has_nodes && !volume->in_use)) {
		*volume = (struct naive_volume){.exists = false};
		return;
	}
	volume->exists = true;
	volume->life = t->life;
	volume->id = naive_new_number(model, rows->volumes, t->id, volume->id, last);
	naive_describe(model, drive, rows->volumes);
}

static inline void naive_update_volumes(
    struct naive_model *model, const struct naive_rows *rows, int64_t last)
{
	static bool has_nodes[THINGS];

	memset(has_nodes, 0, sizeof(has_nodes));
	for (int i = 0; i < THINGS; i++)
		if (naive_is_selected(model, i))
			has_nodes[model->leaves[i].drive] = true;
	for (int i = 0; i < THINGS; i++)
		naive_update_volume(model, i, has_nodes[i], rows, last);
}

/* What was a node is none any more: a choice is kept as long as what was chosen is there. */
static inline void naive_end_node(struct naive_model *model, const struct naive_leaf *before)
{
	struct naive_volume *volume = &model->volumes[before->drive];

	if (!volume->exists || volume->life != before->drive_life)
		return;
	volume->concerned = true;
	volume->chosen = volume->chosen && !before->used;
}

static inline void naive_update_node(struct naive_model *model, int thing,
    const struct naive_leaf *before, const struct naive_rows *rows, int64_t last)
{
	struct naive_leaf *leaf = &model->leaves[thing];
	bool selected = naive_is_selected(model, thing);

	if (before->is_node && !(leaf->is_node && selected))
		naive_end_node(model, before);
	if (!selected) {
		leaf->is_node = leaf->primary = leaf->used = false;
		leaf->id = 0;
		return;
	}
	if (!leaf->is_node || leaf->weighted != before->weighted || leaf->weight != before->weight)
		model->volumes[leaf->drive].concerned = true;
	leaf->is_node = true;
	leaf->id = naive_new_number(model, rows->nodes, model->things[thing].id, leaf->id, last);
}

/* ---- all of it ---- */

static inline void naive_find_volumes(struct naive_model *model, const struct naive_rows *rows,
    const struct naive_marks *marks, struct text *difference)
{
	static struct naive_leaf before[THINGS];

	memcpy(before, model->leaves, sizeof(before));
	for (int i = 0; i < THINGS; i++)
		model->leaves[i] = naive_find_leaf(model, i, &before[i], rows->nodes);
	naive_settle_places(model, rows->nodes);
	naive_update_volumes(model, rows, marks->volume);
	for (int i = 0; i < THINGS; i++)
		naive_update_node(model, i, &before[i], rows, marks->node);
	naive_home_all(model, rows->nodes, difference);
}

static inline void naive_adopt_volumes(struct naive_model *model, PGconn *connection,
    struct naive_marks *marks, struct text *difference)
{
	struct naive_rows rows = {
	    .servers = naive_ask(connection, "SELECT id, address FROM storage.server", difference),
	    .machines = naive_ask(connection,
	        "SELECT resource.id, resource.attributes->>'host_id' FROM storage.resource"
	        " JOIN storage.class ON class.id = class_id WHERE class.name = 'Machine'",
	        difference),
	    .volumes =
	        naive_ask(connection, "SELECT id, drive_id, label FROM storage.volume", difference),
	    .nodes = naive_ask(connection,
	        "SELECT id, resource_id, coalesce(server_id, 0), is_primary::int, is_used::int,"
	        " path FROM storage.volume_node",
	        difference)};

	naive_associate_all(model, &rows, marks);
	naive_find_volumes(model, &rows, marks, difference);
	marks->volume = naive_last(rows.volumes, marks->volume);
	marks->node = naive_last(rows.nodes, marks->node);
	PQclear(rows.servers);
	PQclear(rows.machines);
	PQclear(rows.volumes);
	PQclear(rows.nodes);
}

#endif
