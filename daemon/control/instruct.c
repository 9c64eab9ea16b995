/* SPDX-License-Identifier: MIT */
/* Requests that change something: the supervisor is told what, and the client when it is stored. */
#include "control/internal.h"

#include <stdlib.h>

/* Answers with the reasons: the first, and if there are several all of them. */
static void answer_reasons(
    struct exchange *exchange, int code, const struct instruction_answer *answer)
{
	struct json_object *object = json_object_new_object();
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < answer->reason_count; i++) {
		const struct instruction_reason *reason = &answer->reasons[i];
		struct json_object *entry = i == 0 ? object : json_object_new_object();

		json_object_object_add(entry, "error", json_object_new_string(reason->text));
		if (reason->field != NULL)
			json_object_object_add(
			    entry, "field", json_object_new_string(reason->field));
		if (i > 0)
			json_object_array_add(all, entry);
	}
	if (json_object_array_length(all) > 0)
		json_object_object_add(object, "further", all);
	else
		json_object_put(all);
	exchange_answer_code(exchange, code, object);
}

static void answered(void *asker, const struct instruction_answer *answer)
{
	static const int codes[] = {
	    [INSTRUCTION_DONE] = HTTP_OK,
	    [INSTRUCTION_WRONG] = HTTP_UNPROCESSABLE,
	    [INSTRUCTION_UNKNOWN] = HTTP_NOTFOUND,
	    [INSTRUCTION_UNAVAILABLE] = HTTP_SERVUNAVAIL,
	};
	struct exchange exchange = inquiry_end(asker);
	struct json_object *object;

	if (answer->reason_count > 0) {
		answer_reasons(&exchange, codes[answer->result], answer);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "id", json_object_new_int64(answer->id));
	exchange_answer_code(&exchange, codes[answer->result], object);
}

/* Passes the instruction on; the request is answered when it has been followed. */
static void instruct(struct exchange *exchange, struct instruction instruction)
{
	const struct control *control = exchange->control;
	struct inquiry *inquiry = inquiry_new(exchange, control->callbacks->forget);
	uint64_t number;

	instruction.user = exchange->user;
	instruction.id = exchange->query.id;
	number = control->callbacks->instruct(control->context, &instruction, answered, inquiry);

	inquiry_begin(inquiry, number);
	if (number == 0)
		exchange_refuse(
		    exchange, HTTP_SERVUNAVAIL, NULL, "too many changes are under way already");
}

/* The text of a member, or NULL. It belongs to the body. */
static const char *text_of(struct json_object *body, const char *name)
{
	struct json_object *value = json_object_object_get(body, name);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

void handle_alias(struct exchange *exchange)
{
	static const struct body_member members[] = {{"alias", BODY_TEXT | BODY_NULL, true}};
	struct json_object *body = exchange_read_body(exchange, members, 1);

	if (body == NULL)
		return;
	instruct(exchange,
	    (struct instruction){.kind = INSTRUCTION_ALIAS, .alias = text_of(body, "alias")});
	json_object_put(body);
}

void handle_dismiss(struct exchange *exchange)
{
	static const struct body_member members[] = {{"dismissed", BODY_BOOLEAN, false}};
	struct json_object *body = exchange_read_body(exchange, members, 1);
	struct json_object *dismissed;

	if (body == NULL)
		return;
	dismissed = json_object_object_get(body, "dismissed");
	instruct(
	    exchange, (struct instruction){.kind = INSTRUCTION_DISMISS,
	                  .dismissed = dismissed == NULL || json_object_get_boolean(dismissed)});
	json_object_put(body);
}
