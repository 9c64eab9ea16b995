/* SPDX-License-Identifier: MIT */
/* What the views of servers and volumes have to show, and what problems put at risk. */
#ifndef TESTS_NAIVE_EXPECTED_VOLUMES_H
#define TESTS_NAIVE_EXPECTED_VOLUMES_H

#include "volumes.h"

/* ---- servers ---- */

static inline const char *naive_or_none(const char *text)
{
	return text != NULL ? text : "-";
}

static int naive_compare_ids(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

static inline void naive_expect_server(
    const struct naive_model *model, int index, struct naive_lines *lines)
{
	const struct naive_server *server = &model->servers[index];
	struct text peers = TEXT_EMPTY;
	int64_t ids[RECORDS];
	size_t count = 0;

	for (int i = 0; i < RECORDS; i++)
		if (server->peers[i])
			ids[count++] = model->servers[i].id;
	qsort(ids, count, sizeof(ids[0]), naive_compare_ids);
	for (size_t i = 0; i < count; i++)
		text_printf(&peers, "%s%" PRId64, i > 0 ? "," : "", ids[i]);
	naive_line(lines, "server %" PRId64 " %s fqdn %s name %s %s by %s peers {%s}", server->id,
	    server->address, server->fqdn[0] != '\0' ? server->fqdn : "-",
	    naive_server_name(model, server->id), server->state, server->source,
	    count > 0 ? peers.data : "");
	text_clear(&peers);
}

static inline void naive_expect_servers(const struct naive_model *model, struct naive_lines *lines)
{
	for (int i = 0; i < RECORDS; i++)
		if (model->servers[i].exists)
			naive_expect_server(model, i, lines);
}

/* ---- volumes ---- */

/* Whether people see a node: its device node is shown. */
static inline bool naive_is_shown_node(const struct naive_model *model, int device, int drive)
{
	return naive_is_node_of(model, device, drive) && naive_is_shown(model, device);
}

static inline void naive_expect_shown_volume(
    const struct naive_model *model, int drive, struct naive_lines *lines)
{
	const struct naive_volume *volume = &model->volumes[drive];
	size_t nodes = 0, primaries = 0, used = 0;
	bool usable;

	for (int i = 0; i < THINGS; i++) {
		if (!naive_is_shown_node(model, i, drive))
			continue;
		nodes++;
		primaries += model->leaves[i].primary;
		used += model->leaves[i].used;
	}
	usable = !volume->unusable && (nodes == 1 || primaries > 0);
	naive_line(lines,
	    "volume %" PRId64 " of %" PRId64
	    " '%s' %s size %s type %s nodes %zu %s usable %d unused %d unusable %d in use %d"
	    " chosen %d",
	    volume->id, naive_id(model, drive), volume->label,
	    naive_classes[model->things[drive].class].name, naive_text(SIZE, volume->size),
	    naive_text(TYPE, volume->type), nodes,
	    primaries > 0 && used > 1      ? "configured-ha"
	    : nodes == 1 || primaries == 1 ? "configured-noha"
	                                   : "unconfigured",
	    usable, usable && !volume->in_use, volume->unusable, volume->in_use, volume->chosen);
}

static inline void naive_expect_volume(
    const struct naive_model *model, int drive, struct naive_lines *lines)
{
	const struct naive_volume *volume = &model->volumes[drive];

	naive_line(lines, "stored volume %" PRId64 " of %" PRId64 " in use %d chosen %d",
	    volume->id, naive_id(model, drive), volume->in_use, volume->chosen);
	naive_line(
	    lines, "part %" PRId64 " of volume %" PRId64, naive_id(model, drive), volume->id);
	if (naive_is_shown(model, drive))
		naive_expect_shown_volume(model, drive, lines);
}

static inline void naive_expect_node(
    const struct naive_model *model, int device, struct naive_lines *lines)
{
	const struct naive_leaf *leaf = &model->leaves[device];
	int64_t volume = model->volumes[leaf->drive].id, id = naive_id(model, device);
	char weight[16] = "-";

	if (leaf->weighted)
		snprintf(weight, sizeof(weight), "%d", leaf->weight);
	naive_line(lines,
	    "stored node %" PRId64 " of %" PRId64 " at %" PRId64 " on %" PRId64
	    " %s primary %d used %d weight %s",
	    leaf->id, volume, id, leaf->server, naive_text(PATH, leaf->path), leaf->primary,
	    leaf->used, weight);
	naive_line(lines, "part %" PRId64 " of volume %" PRId64, id, volume);
	if (naive_is_shown(model, device))
		naive_line(lines,
		    "node %" PRId64 " of %" PRId64 " at %" PRId64 " on %" PRId64
		    " %s %s primary %d secondary %d used %d weight %s",
		    leaf->id, volume, id, leaf->server,
		    naive_or_none(naive_server_name(model, leaf->server)),
		    naive_text(PATH, leaf->path), leaf->primary, leaf->used && !leaf->primary,
		    leaf->used, weight);
}

static inline void naive_expect_volumes(const struct naive_model *model, struct naive_lines *lines)
{
	for (int i = 0; i < THINGS; i++) {
		if (model->volumes[i].exists)
			naive_expect_volume(model, i, lines);
		if (model->leaves[i].is_node)
			naive_expect_node(model, i, lines);
	}
}

/* ---- risks ---- */

/* Whether a problem with one thing reaches the other, as far as people see them. */
static inline bool naive_reaches(
    const struct naive_model *model, const int below[THINGS], int thing)
{
	return below[thing] == 0 || (below[thing] > 0 && naive_is_shown(model, thing));
}

/* Whether an alert puts a volume at risk, and if so whether only ways to it. */
static inline bool naive_is_at_risk(
    const struct naive_model *model, const int below[THINGS], int drive, bool *paths_only)
{
	bool reached = naive_reaches(model, below, drive);

	if (!model->volumes[drive].exists || !naive_is_shown(model, drive))
		return false;
	*paths_only = !reached;
	for (int i = 0; i < THINGS && !reached; i++)
		reached = naive_is_node_of(model, i, drive) && naive_reaches(model, below, i);
	return reached;
}

/* Volumes that a server may lose a way to. */
static inline size_t naive_count_at_risk(
    const struct naive_model *model, const int below[THINGS], int alerting, int64_t server)
{
	size_t count = 0;

	for (int drive = 0; drive < THINGS; drive++) {
		bool paths_only, lost = false;

		if (!naive_is_at_risk(model, below, drive, &paths_only))
			continue;
		for (int i = 0; i < THINGS; i++)
			lost = lost || (naive_is_shown_node(model, i, drive) &&
			                   model->leaves[i].server == server &&
			                   (!paths_only ||
			                       (below[i] >= 0 && naive_is_shown(model, alerting))));
		count += lost;
	}
	return count;
}

static inline void naive_expect_risk(
    const struct naive_model *model, const struct naive_alert *alert, struct naive_lines *lines)
{
	int below[THINGS];

	naive_reach(model, alert->thing, false, below);
	for (int i = 0; i < THINGS; i++) {
		bool paths_only;

		if (naive_is_at_risk(model, below, i, &paths_only))
			naive_line(lines, "risk %" PRId64 " of volume %" PRId64 " paths only %d",
			    alert->id, model->volumes[i].id, paths_only);
	}
	for (int i = 0; i < THINGS; i++) {
		int64_t server = model->leaves[i].server;
		size_t count;
		bool seen = !model->leaves[i].is_node || server == 0;

		for (int j = 0; j < i; j++)
			seen =
			    seen || (model->leaves[j].is_node && model->leaves[j].server == server);
		count = seen ? 0 : naive_count_at_risk(model, below, alert->thing, server);
		if (count > 0)
			naive_line(lines, "risk %" PRId64 " of server %" PRId64 " %s volumes %zu",
			    alert->id, server, naive_or_none(naive_server_name(model, server)),
			    count);
	}
}

#endif
