/* SPDX-License-Identifier: MIT */
/* Servers, and what the manager says of them and of volumes. */
#ifndef TESTS_NAIVE_SERVERS_H
#define TESTS_NAIVE_SERVERS_H

#include <strings.h>

#include "follow.h"

/* ---- servers ---- */

static inline int naive_server_of_number(const struct naive_model *model, int64_t id)
{
	for (int i = 0; i < RECORDS; i++)
		if (model->servers[i].exists && model->servers[i].id == id)
			return i;
	return NOWHERE;
}

static inline int naive_server_of_address(const struct naive_model *model, const char *address)
{
	for (int i = 0; i < RECORDS; i++)
		if (model->servers[i].exists &&
		    (strcasecmp(model->servers[i].address, address) == 0 ||
		        strcasecmp(model->servers[i].fqdn, address) == 0))
			return i;
	return NOWHERE;
}

/* What to call the server of a number, or NULL if there is no record of it. */
static inline const char *naive_server_name(const struct naive_model *model, int64_t id)
{
	int server = naive_server_of_number(model, id);

	if (server == NOWHERE)
		return NULL;
	return model->servers[server].fqdn[0] != '\0' ? model->servers[server].fqdn
	                                              : model->servers[server].address;
}

/* Each of two servers can take over from the other. */
static inline bool naive_are_peers(const struct naive_model *model, int64_t one, int64_t other)
{
	int a = naive_server_of_number(model, one), b = naive_server_of_number(model, other);

	return a != NOWHERE && b != NOWHERE && a != b && model->servers[a].peers[b];
}

/* A record with a number that is yet to be known, if it is 0. */
static inline int naive_record_server(
    struct naive_model *model, int64_t id, const char *address, const char *source)
{
	int at = 0;

	while (model->servers[at].exists)
		if (++at == RECORDS)
			abort();
	model->servers[at] = (struct naive_server){.exists = true, .id = id};
	snprintf(model->servers[at].address, sizeof(model->servers[at].address), "%s", address);
	snprintf(model->servers[at].source, sizeof(model->servers[at].source), "%s", source);
	snprintf(model->servers[at].state, sizeof(model->servers[at].state), "requested");
	return at;
}

/* Has the server of every virtual machine be looked for again. */
static inline void naive_judge_machines(struct naive_model *model)
{
	for (int i = 0; i < THINGS; i++)
		model->things[i].judged = true;
}

static inline void naive_add_server(
    struct naive_model *model, int64_t id, const char *address, const char *fqdn)
{
	int server = naive_record_server(model, id, address, "manager");

	snprintf(model->servers[server].fqdn, sizeof(model->servers[server].fqdn), "%s", fqdn);
	naive_judge_machines(model);
}

/* ---- the manager ---- */

/* Volumes that have nodes on the server are balanced anew. */
static inline void naive_concern_volumes_on(struct naive_model *model, int64_t server)
{
	for (int i = 0; i < THINGS; i++)
		if (model->leaves[i].is_node && model->leaves[i].server == server)
			model->volumes[model->leaves[i].drive].concerned = true;
}

static inline void naive_set_peers(struct naive_model *model, int server, const bool peers[RECORDS])
{
	for (int i = 0; i < RECORDS; i++)
		model->servers[server].peers[i] = model->servers[i].peers[server] =
		    peers[i] && i != server && model->servers[i].exists;
	naive_concern_volumes_on(model, model->servers[server].id);
}

static inline void naive_remove_server(struct naive_model *model, int server)
{
	static const bool none[RECORDS];

	naive_set_peers(model, server, none);
	model->servers[server].exists = false;
}

static inline bool naive_has_primary(const struct naive_model *model, int drive)
{
	for (int i = 0; i < THINGS; i++)
		if (model->leaves[i].is_node && model->leaves[i].drive == drive &&
		    model->leaves[i].primary)
			return true;
	return false;
}

static inline void naive_set_in_use(struct naive_model *model, int drive, bool in_use)
{
	struct naive_volume *volume = &model->volumes[drive];

	if (volume->in_use && !in_use && !volume->chosen && !naive_has_primary(model, drive))
		volume->concerned = true;
	volume->in_use = in_use;
}

/* A choice of nodes, by device nodes: at most one each. */
struct naive_choice {
	int drive;
	bool primary[THINGS], secondary[THINGS];
};

/* Whether a choice is to be refused. */
static inline bool naive_is_refused(const struct naive_model *model, const struct naive_choice *c)
{
	size_t primaries = 0, count = 0;

	for (int i = 0; i < THINGS; i++) {
		if (!c->primary[i] && !c->secondary[i])
			continue;
		count++;
		primaries += c->primary[i];
		if (!model->leaves[i].is_node || model->leaves[i].drive != c->drive)
			return true;
		for (int j = 0; j < i; j++)
			if ((c->primary[j] || c->secondary[j]) &&
			    !naive_are_peers(
			        model, model->leaves[i].server, model->leaves[j].server))
				return true;
	}
	return model->volumes[c->drive].in_use || (count > 0 && primaries != 1);
}

static inline void naive_choose(struct naive_model *model, const struct naive_choice *c)
{
	struct naive_volume *volume = &model->volumes[c->drive];

	volume->chosen = false;
	for (int i = 0; i < THINGS; i++)
		volume->chosen = volume->chosen || c->primary[i];
	volume->concerned = !volume->chosen;
	for (int i = 0; i < THINGS && volume->chosen; i++) {
		struct naive_leaf *leaf = &model->leaves[i];

		if (!leaf->is_node || leaf->drive != c->drive)
			continue;
		leaf->primary = c->primary[i];
		leaf->used = c->primary[i] || c->secondary[i];
	}
}

/* ---- a runner that ends ---- */

/* Places of what is no node are not stored. */
static inline void naive_forget_places(struct naive_model *model)
{
	naive_judge_machines(model);
	for (int i = 0; i < THINGS; i++)
		model->leaves[i].leads = model->leaves[i].leads && model->leaves[i].is_node;
}

#endif
