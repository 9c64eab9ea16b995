/* SPDX-License-Identifier: MIT */
/* What the manager says of servers and volumes, in random sequences: by functions of the schema. */
#ifndef TESTS_UNIT_RANDOM_MANAGER_H
#define TESTS_UNIT_RANDOM_MANAGER_H

#include "random_site.h"

static uint32_t pick(uint32_t *dice, uint32_t end)
{
	*dice = *dice * 1664525 + 1013904223;
	return (*dice >> 8) % end;
}

/* ---- asking ---- */

/* Calls a function of the schema; gives the number that it returns, or -1 if it refuses. */
static int64_t __attribute__((format(printf, 2, 3)))
ask(struct random_site *site, const char *format, ...)
{
	PGresult *result;
	va_list arguments;
	int64_t number = -1;
	char *sql;

	va_start(arguments, format);
	sql = xvasprintf(format, arguments);
	va_end(arguments);
	result = PQexec(site->connection, sql);
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	free(sql);
	result =
	    naive_ask(site->connection, "SELECT count(*) FROM storage.request", &site->trouble);
	if (site->trouble.length == 0)
		site->asked = naive_number(result, 0, 0);
	PQclear(result);
	return number;
}

static void expect_taken(struct random_site *site, const char *what, int64_t number)
{
	if (number == -1)
		text_printf(&site->trouble, "  %s was refused\n", what);
	naive_settle(&site->model);
	random_compare(site, false);
}

/* ---- servers ---- */

/* One of those with a record, or NOWHERE. */
static int pick_server(const struct random_site *site, uint32_t *dice)
{
	int servers[RECORDS];
	uint32_t count = 0;

	for (int i = 0; i < RECORDS; i++)
		if (site->model.servers[i].exists)
			servers[count++] = i;
	return count > 0 ? servers[pick(dice, count)] : NOWHERE;
}

/* A server with one of few addresses, some of which virtual machines have, too. */
static void do_add_server(struct random_site *site, int scannable, uint32_t *dice)
{
	static const char *const addresses[] = {"node1", "node2", "node3", "NODE1", "VM1", "vm2"};
	const char *address = addresses[pick(dice, sizeof(addresses) / sizeof(addresses[0]))];
	int server = naive_server_of_address(&site->model, address);
	int64_t number;

	(void)scannable;
	naive_prepare(&site->model);
	number = ask(site, "SELECT storage.add_server('%s')", address);
	if (server == NOWHERE)
		naive_add_server(&site->model, number, address, "");
	else if (number != site->model.servers[server].id)
		text_printf(&site->trouble, "  %s was added twice\n", address);
	expect_taken(site, "a new server", number);
}

/* Full names are there once, like addresses; a virtual machine may be called by one. */
static void do_set_server(struct random_site *site, int scannable, uint32_t *dice)
{
	static const char *const names[] = {"a.site", "b.site", "c.site", "vm3"};
	static const char *const states[] = {"requested", "ready", "managed"};
	const char *name = names[pick(dice, sizeof(names) / sizeof(names[0]))];
	const char *state = states[pick(dice, sizeof(states) / sizeof(states[0]))];
	int index = pick_server(site, dice);
	struct naive_server *server;

	(void)scannable;
	if (index == NOWHERE)
		return;
	server = &site->model.servers[index];
	snprintf(server->state, sizeof(server->state), "%s", state);
	if (naive_server_of_address(&site->model, name) != NOWHERE)
		name = server->fqdn[0] != '\0' ? server->fqdn : NULL;
	else
		snprintf(server->fqdn, sizeof(server->fqdn), "%s", name);
	naive_prepare(&site->model);
	expect_taken(site, "a change of a server",
	    ask(site, "SELECT 1 FROM storage.set_server(%" PRId64 ", '%s'%s%s%s)", server->id,
	        state, name != NULL ? ", '" : "", name != NULL ? name : "",
	        name != NULL ? "'" : ""));
}

static void do_remove_server(struct random_site *site, int scannable, uint32_t *dice)
{
	int server = pick_server(site, dice);

	(void)scannable;
	if (server == NOWHERE)
		return;
	naive_prepare(&site->model);
	naive_remove_server(&site->model, server);
	expect_taken(site, "the removal of a server",
	    ask(site, "SELECT 1 FROM storage.remove_server(%" PRId64 ")",
	        site->model.servers[server].id));
}

static void do_set_peers(struct random_site *site, int scannable, uint32_t *dice)
{
	int server = pick_server(site, dice);
	bool peers[RECORDS] = {false};
	struct text list = TEXT_EMPTY;
	static const uint32_t percents[] = {0, 50, 90, 100};
	uint32_t percent = percents[pick(dice, sizeof(percents) / sizeof(percents[0]))];

	(void)scannable;
	if (server == NOWHERE)
		return;
	for (int i = 0; i < RECORDS; i++) {
		peers[i] = site->model.servers[i].exists && pick(dice, 100) < percent;
		if (peers[i])
			text_printf(&list, "%s%" PRId64, list.length > 0 ? "," : "",
			    site->model.servers[i].id);
	}
	naive_prepare(&site->model);
	naive_set_peers(&site->model, server, peers);
	expect_taken(site, "a list of peers",
	    ask(site, "SELECT 1 FROM storage.set_peers(%" PRId64 ", '{%s}')",
	        site->model.servers[server].id, list.length > 0 ? list.data : ""));
	text_clear(&list);
}

/* ---- volumes ---- */

static int pick_volume(const struct random_site *site, uint32_t *dice)
{
	int drives[THINGS];
	uint32_t count = 0;

	for (int i = 0; i < THINGS; i++)
		if (site->model.volumes[i].exists)
			drives[count++] = i;
	return count > 0 ? drives[pick(dice, count)] : NOWHERE;
}

static void do_set_in_use(struct random_site *site, int scannable, uint32_t *dice)
{
	int drive = pick_volume(site, dice);
	bool in_use = pick(dice, 5) < 2;

	(void)scannable;
	if (drive == NOWHERE)
		return;
	naive_prepare(&site->model);
	naive_set_in_use(&site->model, drive, in_use);
	expect_taken(site, "the use of a volume",
	    ask(site, "SELECT 1 FROM storage.set_in_use(%" PRId64 ", %s)",
	        site->model.volumes[drive].id, in_use ? "true" : "false"));
}

/* Nodes of a volume, mostly such as can be chosen; now and then one of another volume. */
static void make_choice(struct random_site *site, uint32_t *dice, struct naive_choice *choice)
{
	uint32_t skip = pick(dice, THINGS), nonsense = pick(dice, 6);
	int64_t primary = 0;

	for (int n = 0; n < THINGS; n++) {
		int i = (n + (int)skip) % THINGS;
		const struct naive_leaf *leaf = &site->model.leaves[i];

		if (!leaf->is_node || (leaf->drive != choice->drive && nonsense != 0))
			continue;
		if (primary == 0 || (nonsense == 1 && pick(dice, 2) == 0)) {
			choice->primary[i] = true;
			primary = leaf->server;
		} else if (naive_are_peers(&site->model, leaf->server, primary) || nonsense == 2) {
			choice->secondary[i] = pick(dice, 3) > 0;
		}
	}
}

/* The numbers of nodes, as the schema takes them. The caller frees them. */
static char *list_nodes(const struct random_site *site, const bool nodes[THINGS])
{
	struct text list = TEXT_EMPTY;

	text_append_char(&list, '{');
	for (int i = 0; i < THINGS; i++)
		if (nodes[i])
			text_printf(&list, "%s%" PRId64, list.length > 1 ? "," : "",
			    site->model.leaves[i].id);
	text_append_char(&list, '}');
	return text_steal(&list);
}

/* What the function of the schema refuses, the graph would refuse, too. */
static bool would_refuse(struct random_site *site, const struct naive_choice *choice)
{
	struct node_choice choices[THINGS];
	char reason[REASON_SIZE];
	size_t count = 0;

	for (int i = 0; i < THINGS; i++)
		if (choice->primary[i] || choice->secondary[i])
			choices[count++] =
			    (struct node_choice){site->model.leaves[i].id, choice->primary[i]};
	return graph_choose_nodes(site->graph,
	           graph_find_volume(site->graph, site->model.volumes[choice->drive].id), choices,
	           count, reason) != 0;
}

static void do_choose(struct random_site *site, int scannable, uint32_t *dice)
{
	struct naive_choice choice = {.drive = pick_volume(site, dice)};
	char *primary, *secondary;
	int64_t answer;

	(void)scannable;
	if (choice.drive == NOWHERE)
		return;
	if (pick(dice, 4) > 0)
		make_choice(site, dice, &choice);
	primary = list_nodes(site, choice.primary);
	secondary = list_nodes(site, choice.secondary);
	naive_prepare(&site->model);
	answer = ask(site, "SELECT 1 FROM storage.choose_nodes(%" PRId64 ", '%s', '%s')",
	    site->model.volumes[choice.drive].id, primary, secondary);
	free(primary);
	free(secondary);
	if (!naive_is_refused(&site->model, &choice)) {
		naive_choose(&site->model, &choice);
		expect_taken(site, "a choice", answer);
		return;
	}
	if (answer != -1 || !would_refuse(site, &choice))
		text_append(&site->trouble, "  a choice was not refused\n");
	random_compare(site, false);
}

#endif
