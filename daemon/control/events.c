/* SPDX-License-Identifier: MIT */
/* What happened, which the database knows, and what happens from now on. */
#include "control/internal.h"

void handle_events(struct exchange *exchange)
{
	const struct query *query = &exchange->query;

	if ((query->id != 0 && find_resource(exchange) == NULL) || !accept_range(exchange))
		return;
	exchange_inquire(exchange, &(const struct database_question){.subject = QUESTION_EVENTS,
	                               .resource = query->id,
	                               .from = query->from,
	                               .to = query->to,
	                               .points = query->limit,
	                               .severity = query->severity,
	                               .after = query->after});
}

void handle_stream(struct exchange *exchange)
{
	if (exchange->query.id == 0 || find_resource(exchange) != NULL)
		exchange_follow(exchange);
}
