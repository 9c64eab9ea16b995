/* SPDX-License-Identifier: MIT */
#include "graph/graph_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/*
 * How far beyond the numbers in use a new number may lie. Numbers are used again, so this is how
 * many resources a plugin can have and remove at once, before any of them is sent.
 */
#define NUMBERS_UNUSED 4000000

struct graph_session *graph_session_find(const struct graph *graph, uint32_t number)
{
	struct graph_session *session = graph->session_found;

	if (session == NULL || session->number != number)
		HASH_FIND(by_number, graph->sessions, &number, sizeof(number), session);
	return session;
}

struct graph_resource *graph_resource_of(
    const struct graph *graph, uint32_t number, uint32_t resource)
{
	const struct graph_session *session = graph_session_find(graph, number);

	if (session == NULL || resource >= session->slot_count)
		return NULL;
	return graph_find(graph, session->slots[resource].id);
}

bool graph_session_reach(struct graph_session *session, uint32_t number, size_t reports)
{
	size_t count = session->slot_count;

	if (number < count)
		return true;
	if (number >= count + reports + NUMBERS_UNUSED || number == UINT32_MAX)
		return false;
	count = number + 1 > count + count / 2 ? number + 1 : count + count / 2;
	session->slots = xreallocarray(session->slots, count, sizeof(*session->slots));
	memset(session->slots + session->slot_count, 0,
	    (count - session->slot_count) * sizeof(*session->slots));
	session->slot_count = count;
	return true;
}

void graph_open(struct graph *graph, uint32_t number, struct graph_resource *scannable)
{
	struct graph_session *session = xcalloc(1, sizeof(*session));

	assert(graph_session_find(graph, number) == NULL);
	assert(scannable->class->scannable && scannable->class->class != NULL);
	session->number = number;
	session->scannable = scannable;
	session->plugin = graph_plugin_find(graph, scannable->class->plugin);
	assert(session->plugin != NULL);
	graph_session_reach(session, 0, 0);
	session->slots[0].id = scannable->id;
	session->slots[0].class = (uint32_t)scannable->class->index;
	HASH_ADD(by_number, graph->sessions, number, sizeof(session->number), session);
}

void graph_session_free(struct graph *graph, struct graph_session *session)
{
	HASH_DELETE(by_number, graph->sessions, session);
	graph->session_found = NULL;
	free(session->slots);
	free(session);
}

bool graph_needs_initial_scan(const struct graph *graph, uint32_t number)
{
	const struct graph_session *session = graph_session_find(graph, number);

	return session != NULL && session->undecided;
}

void graph_close(struct graph *graph, uint32_t number)
{
	struct graph_session *session = graph_session_find(graph, number);

	if (session != NULL)
		graph_session_free(graph, session);
}

size_t graph_class_of(void *context, uint32_t number, uint32_t resource)
{
	struct graph *graph = context;
	struct graph_session *session = graph_session_find(graph, number);
	const struct graph_slot *slot;

	if (session == NULL || resource >= session->slot_count)
		return CLASS_NOT_FOUND;
	graph->session_found = session;
	slot = &session->slots[resource];
	return slot->id > 0 ? slot->class : CLASS_NOT_FOUND;
}
