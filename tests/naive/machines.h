/* SPDX-License-Identifier: MIT */
/* Which servers the virtual machines have. */
#ifndef TESTS_NAIVE_MACHINES_H
#define TESTS_NAIVE_MACHINES_H

#include "numbers.h"

/* What the database says of volumes and servers. */
struct naive_rows {
	PGresult *servers;  /* id, address */
	PGresult *machines; /* resource, number of the server */
	PGresult *volumes;  /* id, drive, label */
	PGresult *nodes;    /* id, device node, server, primary, used, path */
};

/* How far the numbers that the runner gives out were seen to go. */
struct naive_marks {
	int64_t thing, alert, event, server, volume, node;
	int64_t checks;
};

/* The runner gives odd numbers, the manager's function even ones. */
static inline int64_t naive_number_of_server(
    const PGresult *servers, const char *address, int64_t last)
{
	for (int row = 0; row < PQntuples(servers); row++)
		if (strcmp(PQgetvalue(servers, row, 1), address) == 0 &&
		    naive_number(servers, row, 0) > last && naive_number(servers, row, 0) % 2 == 1)
			return naive_number(servers, row, 0);
	return 0;
}

/* The server of a machine that had none; there is one from then on unless the address can't be. */
static inline void naive_request_server(
    struct naive_model *model, struct naive_thing *t, const struct naive_rows *rows, int64_t last)
{
	const char *address = naive_text(ADDRESS, t->values[ADDRESS]);
	int server = naive_server_of_address(model, address);

	if (server == NOWHERE && strcmp(address, "localhost") == 0)
		return;
	if (server == NOWHERE)
		server =
		    naive_record_server(model, naive_number_of_server(rows->servers, address, last),
		        address, "virtual machine");
	t->server = model->servers[server].id;
}

/*
 * A machine goes over to the server that has its address as soon as it is told of, or the manager
 * adds a server. When else that is found, after a server got another name or was just requested,
 * is not said.
 */
static inline void naive_follow_address(const struct naive_model *model, struct naive_thing *t,
    const struct naive_rows *rows, int64_t last)
{
	int server = naive_server_of_address(model, naive_text(ADDRESS, t->values[ADDRESS]));
	bool is_new, is_stored = false;

	if (server == NOWHERE)
		return;
	is_new = model->servers[server].id % 2 == 1 && model->servers[server].id > last;
	for (int row = 0; row < PQntuples(rows->machines); row++)
		is_stored = is_stored ||
		            (naive_number(rows->machines, row, 0) == t->id &&
		                naive_number(rows->machines, row, 1) == model->servers[server].id);
	if (is_stored || (t->judged && !is_new))
		t->server = model->servers[server].id;
}

static inline void naive_associate_all(
    struct naive_model *model, const struct naive_rows *rows, struct naive_marks *marks)
{
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < THINGS; i++) {
			struct naive_thing *t = &model->things[i];

			if (t->class != MACHINE || !t->exists || !naive_is_loaded(model, i))
				continue;
			if (pass == 0 && t->server == 0)
				naive_request_server(model, t, rows, marks->server);
			else if (pass == 1)
				naive_follow_address(model, t, rows, marks->server);
		}
	for (int i = 0; i < THINGS; i++)
		model->things[i].judged = false;
	for (int i = 0; i < RECORDS; i++)
		if (model->servers[i].exists && model->servers[i].id % 2 == 1 &&
		    model->servers[i].id > marks->server)
			marks->server = model->servers[i].id;
}

#endif
