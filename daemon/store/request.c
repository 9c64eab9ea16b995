/* SPDX-License-Identifier: MIT */
/*
 * What the manager asks for waits in a table. Requests are handed over once: they are deleted with
 * the changes that they lead to, and until then no others are read.
 */
#include "store/internal.h"

#include <stdlib.h>

static void request_arrived(struct store *store, PGresult *row)
{
	const struct request_row request = {
	    .id = strtoll(PQgetvalue(row, 0, 0), NULL, 10),
	    .kind = PQgetvalue(row, 0, 1),
	    .arguments = PQgetvalue(row, 0, 2),
	};

	store->requests_handed = true;
	store->callbacks.request(store->context, &request);
}

static void requests_read(struct store *store, PGresult *result)
{
	(void)result;
	if (!PQenterPipelineMode(store->connection)) {
		store_lost_by_error(store);
		return;
	}
	store_set_state(store, STORE_READY, NULL);
	store_kick(store);
}

void store_read_requests(struct store *store)
{
	if (!PQexitPipelineMode(store->connection)) {
		store_lost_by_error(store);
		return;
	}
	store->requests_waiting = false;
	store_set_state(store, STORE_READING, NULL);
	store_ask(store, "SELECT id, kind, arguments FROM storage.request ORDER BY id", NULL,
	    request_arrived, requests_read);
}
