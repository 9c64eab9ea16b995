/* SPDX-License-Identifier: MIT */
/* Requests that change something: the supervisor is told what, and the client when it is stored. */
#include "control/internal.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "base/log.h"
#include "base/memory.h"

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

/* An array of the lines of a text. */
static struct json_object *array_of_lines(const char *text)
{
	struct json_object *array = json_object_new_array();
	size_t length;

	for (; *text != '\0'; text += length + (text[length] != '\0')) {
		length = strcspn(text, "\n");
		json_object_array_add(array, json_object_new_string_len(text, (int)length));
	}
	return array;
}

static void answered(void *asker, const struct instruction_answer *answer)
{
	static const int codes[] = {
	    [INSTRUCTION_DONE] = HTTP_OK,
	    [INSTRUCTION_MADE] = HTTP_CREATED,
	    [INSTRUCTION_EXISTED] = HTTP_OK,
	    [INSTRUCTION_BEGUN] = HTTP_ACCEPTED,
	    [INSTRUCTION_WRONG] = HTTP_UNPROCESSABLE,
	    [INSTRUCTION_UNKNOWN] = HTTP_NOTFOUND,
	    [INSTRUCTION_REFUSED] = HTTP_CONFLICT,
	    [INSTRUCTION_UNAVAILABLE] = HTTP_SERVUNAVAIL,
	};
	struct exchange exchange = inquiry_end(asker);
	struct json_object *object;

	if (answer->reason_count > 0) {
		answer_reasons(&exchange, codes[answer->result], answer);
		return;
	}
	object = json_object_new_object();
	if (answer->id != 0)
		json_object_object_add(object, "id", json_object_new_int64(answer->id));
	if (answer->changes != NULL)
		json_object_object_add(object, "changes", array_of_lines(answer->changes));
	if (answer->result == INSTRUCTION_MADE || answer->result == INSTRUCTION_EXISTED)
		json_object_object_add(object, "existed",
		    json_object_new_boolean(answer->result == INSTRUCTION_EXISTED));
	exchange_answer_code(&exchange, codes[answer->result], object);
}

void exchange_instruct(struct exchange *exchange, struct instruction instruction)
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

/* ---- aliases and alerts ---- */

void handle_alias(struct exchange *exchange)
{
	exchange_instruct(exchange, (struct instruction){.kind = INSTRUCTION_ALIAS,
	                                .alias = body_text(exchange->body, "alias")});
}

void handle_dismiss(struct exchange *exchange)
{
	struct json_object *dismissed = json_object_object_get(exchange->body, "dismissed");

	exchange_instruct(
	    exchange, (struct instruction){.kind = INSTRUCTION_DISMISS,
	                  .dismissed = dismissed == NULL || json_object_get_boolean(dismissed)});
}

/* ---- scannables ---- */

/* The attributes of a body, as typed. */
struct attribute_list {
	struct typed_attribute *items;
	size_t count;
};

static void free_attributes(struct attribute_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		forget_text(list->items[i].value);
	}
	free(list->items);
}

/* Reads the attributes of a body, if it has any. */
static struct attribute_list read_attributes(struct json_object *body)
{
	struct json_object *attributes = json_object_object_get(body, "attributes");
	struct attribute_list list = {0};

	if (attributes == NULL)
		return list;
	list.items =
	    xcalloc((size_t)json_object_object_length(attributes) + 1, sizeof(*list.items));
	json_object_object_foreach(attributes, name, value)
	{
		list.items[list.count++] = (struct typed_attribute){.name = xstrdup(name),
		    .value = value != NULL ? xstrdup(json_object_get_string(value)) : NULL};
	}
	return list;
}

/* Has the attributes of the body join the instruction, which is passed on. */
static void instruct_with_attributes(struct exchange *exchange, struct instruction instruction)
{
	struct attribute_list list = read_attributes(exchange->body);

	instruction.attributes = list.items;
	instruction.attribute_count = list.count;
	exchange_instruct(exchange, instruction);
	free_attributes(&list);
}

void handle_add(struct exchange *exchange)
{
	instruct_with_attributes(exchange, (struct instruction){.kind = INSTRUCTION_ADD,
	                                       .plugin = body_text(exchange->body, "plugin"),
	                                       .class = body_text(exchange->body, "class")});
}

void handle_edit(struct exchange *exchange)
{
	instruct_with_attributes(
	    exchange, (struct instruction){.kind = INSTRUCTION_EDIT,
	                  .has_alias = json_object_object_get_ex(exchange->body, "alias", NULL),
	                  .alias = body_text(exchange->body, "alias")});
}

void handle_remove(struct exchange *exchange)
{
	exchange_instruct(exchange, (struct instruction){.kind = INSTRUCTION_REMOVE});
}

void handle_scan(struct exchange *exchange)
{
	exchange_instruct(exchange, (struct instruction){.kind = INSTRUCTION_SCAN});
}

/* ---- scannables or, by name, plugins ---- */

void handle_pause(struct exchange *exchange)
{
	exchange_instruct(exchange, (struct instruction){.kind = INSTRUCTION_PAUSE,
	                                .plugin = exchange->query.name,
	                                .why = body_text(exchange->body, "why")});
}

void handle_resume(struct exchange *exchange)
{
	exchange_instruct(exchange,
	    (struct instruction){.kind = INSTRUCTION_RESUME, .plugin = exchange->query.name});
}

/* ---- the runner ---- */

void handle_reload(struct exchange *exchange)
{
	exchange_instruct(exchange, (struct instruction){.kind = INSTRUCTION_RELOAD});
}

void handle_log_level(struct exchange *exchange)
{
	const char *level = body_text(exchange->body, "level");
	int number = level != NULL ? log_level_parse(level) : -1;

	if (level != NULL && number < 0)
		exchange_refuse(exchange, HTTP_UNPROCESSABLE, "level",
		    "level: \"%s\" is not debug, info, warning or error", quotable(level));
	else
		exchange_instruct(exchange, (struct instruction){.kind = INSTRUCTION_LOG_LEVEL,
		                                .plugin = body_text(exchange->body, "plugin"),
		                                .level = number});
}
