/* SPDX-License-Identifier: MIT */
/* The runner as a whole: its status, health, metrics, plugins and classes. */
#include "control/internal.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "control/openmetrics.h"

void handle_status(struct exchange *exchange)
{
	const struct control *control = exchange->control;

	exchange_answer(exchange, control->callbacks->status(control->context));
}

void handle_health(struct exchange *exchange)
{
	const struct control *control = exchange->control;
	bool is_usable = false;
	struct json_object *answer = control->callbacks->health(control->context, &is_usable);

	/* Their words may name what only those with the token are to know. */
	if (client_is_network(exchange) && !exchange_shows_token(exchange))
		json_object_object_add(answer, "problems", json_object_new_array());
	exchange_answer_code(exchange, is_usable ? HTTP_OK : HTTP_SERVUNAVAIL, answer);
}

void handle_metrics(struct exchange *exchange)
{
	const struct control *control = exchange->control;
	char *text = control->callbacks->metrics(control->context);

	exchange_answer_as(exchange, OPENMETRICS_TYPE, text);
	free(text);
}

void handle_usage(struct exchange *exchange)
{
	const struct control *control = exchange->control;

	exchange_answer(exchange, control->callbacks->usage(control->context));
}

void handle_levels(struct exchange *exchange)
{
	const struct control *control = exchange->control;

	exchange_answer(exchange, control->callbacks->levels(control->context));
}

/* The part of the status that is about plugins; a new reference. */
static struct json_object *get_plugins(const struct control *control)
{
	struct json_object *status = control->callbacks->status(control->context);
	struct json_object *plugins = json_object_get(json_object_object_get(status, "plugins"));

	json_object_put(status);
	return plugins;
}

void handle_plugins(struct exchange *exchange)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "plugins", get_plugins(exchange->control));
	exchange_answer(exchange, answer);
}

void handle_plugin(struct exchange *exchange)
{
	const char *name = exchange->query.name;
	struct json_object *plugins = get_plugins(exchange->control);
	struct json_object *found = NULL;

	for (size_t i = 0; found == NULL && i < json_object_array_length(plugins); i++) {
		struct json_object *plugin = json_object_array_get_idx(plugins, i);
		struct json_object *own = json_object_object_get(plugin, "name");

		if (strcmp(json_object_get_string(own), name) == 0)
			found = json_object_get(plugin);
	}
	json_object_put(plugins);
	if (found != NULL)
		exchange_answer(exchange, found);
	else
		exchange_refuse(
		    exchange, HTTP_NOTFOUND, "name", "there is no plugin \"%s\"", quotable(name));
}

void handle_classes(struct exchange *exchange)
{
	const struct query *query = &exchange->query;
	struct json_object *answer = json_object_new_object();
	struct json_object *classes = json_object_new_array();
	const struct graph_class *class;

	for (class = graph_first_class(exchange->control->graph); class != NULL;
	     class = class->by_id.next) {
		if (class_matches(class, query) && (query->internal || !class->class->internal))
			json_object_array_add(classes, describe_class_fully(class));
	}
	json_object_object_add(answer, "classes", classes);
	add_waiting(answer, exchange->control);
	exchange_answer(exchange, answer);
}

void handle_openapi(struct exchange *exchange)
{
	/* Without its last line end, which every answer gets. */
	exchange_answer_text(exchange, control_openapi, strlen(control_openapi) - 1);
}
