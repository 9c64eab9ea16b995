/* SPDX-License-Identifier: MIT */
/* What was measured: the database is asked. */
#include "control/internal.h"

/* Asks the database for what the query says of its resource. */
static void inquire(struct exchange *exchange, enum question_subject subject)
{
	const struct query *query = &exchange->query;

	if (find_resource(exchange) == NULL)
		return;
	if (subject != QUESTION_LATEST && query->from.us >= query->to.us) {
		exchange_refuse(exchange, HTTP_BADREQUEST, "from",
		    "from: the time is not before that of \"to\"");
		return;
	}
	exchange_inquire(exchange, &(const struct statistics_question){.subject = subject,
	                               .resource = query->id,
	                               .from = query->from,
	                               .to = query->to,
	                               .points = query->limit,
	                               .statistics = query->statistics,
	                               .statistic_count = query->statistic_count});
}

void handle_charts(struct exchange *exchange)
{
	inquire(exchange, QUESTION_CHARTS);
}

void handle_statistics(struct exchange *exchange)
{
	inquire(exchange, QUESTION_LATEST);
}

void handle_series(struct exchange *exchange)
{
	const struct query *query = &exchange->query;
	const struct graph_resource *resource = find_resource(exchange);

	if (resource == NULL)
		return;
	for (size_t i = 0; i < query->statistic_count; i++) {
		if (class_find_statistic(resource->class->class, query->statistics[i]) !=
		    CLASS_NOT_FOUND)
			continue;
		exchange_refuse(exchange, HTTP_BADREQUEST, "statistic",
		    "class %s has no statistic \"%s\"", resource->class->key,
		    quotable(query->statistics[i]));
		return;
	}
	inquire(exchange, QUESTION_SERIES);
}
