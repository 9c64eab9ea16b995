/* SPDX-License-Identifier: MIT */
/* Silences: those in force, and requests to begin and to end one. */
#include "control/internal.h"

#include <stdlib.h>

#include <uthash.h>

#include "base/memory.h"
#include "control/describe_internal.h"
#include "model/moment.h"

/* How many of the alerts that people are to see are under a silence. */
struct silenced {
	const struct graph_silence *silence;
	int64_t alerts;
	UT_hash_handle hh;
};

/* Of all silences that have any. */
static struct silenced *count_alerts(const struct graph *graph)
{
	struct silenced *counts = NULL, *entry;
	const struct graph_alert *alert;

	TAILQ_FOREACH (alert, graph_alerts(graph), in_active) {
		const struct graph_silence *silence = graph_silence_of(alert->resource);

		if (silence == NULL || !resource_is_visible(alert->resource))
			continue;
		HASH_FIND_PTR(counts, &silence, entry);
		if (entry == NULL) {
			entry = xcalloc(1, sizeof(*entry));
			entry->silence = silence;
			HASH_ADD_PTR(counts, silence, entry);
		}
		entry->alerts++;
	}
	return counts;
}

static void free_counts(struct silenced *counts)
{
	struct silenced *entry, *next;

	HASH_ITER (hh, counts, entry, next) {
		HASH_DEL(counts, entry);
		free(entry);
	}
}

void handle_silences(struct exchange *exchange)
{
	const struct graph *graph = exchange->control->graph;
	struct json_object *answer = json_object_new_object();
	struct json_object *silences = json_object_new_array();
	struct silenced *counts = count_alerts(graph), *entry;
	const struct graph_silence *silence;
	struct json_object *object;

	TAILQ_FOREACH (silence, graph_silences(graph), in_graph) {
		if (!resource_is_visible(silence->resource))
			continue;
		object = describe_silence(silence);
		HASH_FIND_PTR(counts, &silence, entry);
		json_object_object_add(
		    object, "alerts", json_object_new_int64(entry != NULL ? entry->alerts : 0));
		json_object_array_add(silences, object);
	}
	free_counts(counts);
	json_object_object_add(answer, "silences", silences);
	exchange_answer(exchange, answer);
}

void handle_silence(struct exchange *exchange)
{
	const char *typed = body_text(exchange->body, "until");
	char reason[REASON_SIZE];
	struct wallclock until;

	if (!moment_parse(typed, wallclock_now(), &until, reason)) {
		exchange_refuse(exchange, HTTP_UNPROCESSABLE, "until", "until: %s", reason);
		return;
	}
	exchange->query.id =
	    json_object_get_int64(json_object_object_get(exchange->body, "resource"));
	exchange_instruct(exchange, (struct instruction){.kind = INSTRUCTION_SILENCE,
	                                .until = until,
	                                .why = body_text(exchange->body, "why")});
}

void handle_unsilence(struct exchange *exchange)
{
	exchange_instruct(exchange, (struct instruction){.kind = INSTRUCTION_UNSILENCE});
}
