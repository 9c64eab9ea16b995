/* SPDX-License-Identifier: MIT */
/* What a class is made of: what tables show of it, and what a form to add one asks for. */
#include "cli/command.h"

#include <stdlib.h>

#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"

/* ---- one class ---- */

static void append_value(struct text *out, struct json_object *value)
{
	text_append(out, value != NULL ? json_object_get_string(value) : "null");
}

/* Appends what separates one remark from those before it since a place. */
static void separate(struct text *out, size_t begin)
{
	text_append(out, out->length > begin ? ", " : "");
}

static void append_bounds(struct text *out, struct json_object *field, const char *unit)
{
	bool has_min = json_value(field, "min") != NULL, has_max = json_value(field, "max") != NULL;

	if (has_min && has_max)
		text_printf(out, "%s to %s", json_text(field, "min"), json_text(field, "max"));
	else if (has_min)
		text_printf(out, "at least %s", json_text(field, "min"));
	else if (has_max)
		text_printf(out, "at most %s", json_text(field, "max"));
	if ((has_min || has_max) && unit[0] != '\0')
		text_printf(out, " %s", unit);
}

/* What a value of the field can be, and what it is if none is given: "1 to 10, default 5". */
static void append_remarks(struct text *out, struct json_object *field)
{
	struct json_object *options = json_part(field, "options");
	size_t begin = out->length;

	text_append(out, json_flag(field, "required") ? "required" : "");
	if (json_flag(field, "user_read_only"))
		text_append(out, "set by the plugin");
	if (json_count(options) > 0)
		separate(out, begin);
	for (size_t i = 0; i < json_count(options); i++) {
		text_append(out, i > 0 ? " | " : "");
		append_value(out, json_item(options, i));
	}
	if (json_value(field, "min") != NULL || json_value(field, "max") != NULL)
		separate(out, begin);
	append_bounds(out, field, json_text(field, "units"));
	if (json_value(field, "max_length") != NULL) {
		separate(out, begin);
		text_printf(out, "at most %s characters", json_text(field, "max_length"));
	}
	if (json_value(field, "default") != NULL) {
		separate(out, begin);
		text_append(out, "default ");
		append_value(out, json_value(field, "default"));
	} else if (json_flag(field, "computed")) {
		separate(out, begin);
		text_append(out, "computed if not given");
	}
}

static void append_fields(
    struct text *out, const struct terminal *terminal, struct json_object *fields)
{
	struct table table = table_of(terminal, 4);

	table_add(&table, STYLE_BOLD, "ATTRIBUTE");
	table_add(&table, STYLE_BOLD, "LABEL");
	table_add(&table, STYLE_BOLD, "TYPE");
	table_add(&table, STYLE_BOLD, "VALUE");
	for (size_t i = 0; i < json_count(fields); i++) {
		struct json_object *field = json_item(fields, i);
		struct text remarks = TEXT_EMPTY;

		text_append(&remarks, "");
		append_remarks(&remarks, field);
		table_add(&table, STYLE_PLAIN, json_text(field, "name"));
		table_add(&table, STYLE_PLAIN, json_text(field, "label"));
		table_add(&table, STYLE_PLAIN, json_text(field, "type"));
		table_add(&table, STYLE_PLAIN, remarks.data);
		text_clear(&remarks);
	}
	table_render(&table, out);
	table_clear(&table);
}

/* Appends the labels of an array of objects, after a word; nothing if there are none. */
static void append_labels(
    struct text *out, const struct terminal *terminal, const char *word, struct json_object *array)
{
	for (size_t i = 0; i < json_count(array); i++) {
		text_append(out, i > 0 ? ", " : word);
		append_clean(out, terminal, json_text(json_item(array, i), "label"));
	}
	text_append(out, json_count(array) > 0 ? "\n" : "");
}

void render_class_fully(
    struct text *out, const struct terminal *terminal, struct json_object *class)
{
	append_styled(out, terminal, STYLE_BOLD, json_text(class, "class"));
	text_append(out, "  ");
	append_clean(out, terminal, json_text(class, "label"));
	text_printf(out, ", %s%s\n\n", json_text(class, "kind"),
	    json_flag(class, "scannable") ? ", can be added" : "");
	append_fields(out, terminal, json_part(class, "fields"));
	text_append_char(out, '\n');
	append_labels(out, terminal, "Columns: ", json_part(class, "columns"));
	append_labels(out, terminal, "Statistics: ", json_part(class, "statistics"));
}

/* ---- the command ---- */

/* Shows what is said of the class that is meant, and releases the answer. */
static int show_class(const struct cli *cli, struct json_object *answer, const char *typed)
{
	struct json_object *class = class_named(json_part(answer, "classes"), typed);
	struct text out = TEXT_EMPTY;

	if (class == NULL && !append_waiting(&out, &cli->terminal, answer))
		complain_of_class(json_part(answer, "classes"), typed);
	else if (class != NULL && cli->json)
		append_json(&out, class);
	else if (class != NULL)
		render_class_fully(&out, &cli->terminal, class);
	json_object_put(answer);
	return print(&out) == EXIT_SUCCESS && class != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_classes(struct cli *cli, char **arguments, int count)
{
	struct json_object *answer;

	if (count == 0)
		return command_list(cli, NULL, 0);
	answer = client_get(cli->client, "/v1/classes?internal=true");
	return answer != NULL ? show_class(cli, answer, arguments[0]) : EXIT_FAILURE;
}
