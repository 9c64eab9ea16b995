/* SPDX-License-Identifier: MIT */
/* Silences: those in force, and requests to begin and to end one. */
#include "control/internal.h"

#include <stdlib.h>

#include "control/describe_internal.h"
#include "model/moment.h"

/* How many of the alerts that people are to see are under a silence. */
static int64_t count_alerts(const struct graph *graph, const struct graph_silence *silence)
{
	const struct graph_alert *alert;
	int64_t count = 0;

	TAILQ_FOREACH (alert, graph_alerts(graph), in_active)
		count += graph_silence_of(alert->resource) == silence &&
		         resource_is_visible(alert->resource);
	return count;
}

void handle_silences(struct exchange *exchange)
{
	const struct graph *graph = exchange->control->graph;
	struct json_object *answer = json_object_new_object();
	struct json_object *silences = json_object_new_array();
	const struct graph_silence *silence;
	struct json_object *object;

	TAILQ_FOREACH (silence, graph_silences(graph), in_graph) {
		if (!resource_is_visible(silence->resource))
			continue;
		object = describe_silence(silence);
		json_object_object_add(
		    object, "alerts", json_object_new_int64(count_alerts(graph, silence)));
		json_object_array_add(silences, object);
	}
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
