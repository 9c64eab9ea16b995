/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"

#define AFFECTED_SHOWN 3

/* The end of a message without the name in parentheses after it: "Drive failure (Disk (a, b))". */
static size_t length_without_name(const char *message)
{
	size_t length = strlen(message), depth = 0;

	if (length == 0 || message[length - 1] != ')')
		return length;
	for (size_t i = length; i-- > 1;) {
		if (message[i] == ')')
			depth++;
		else if (message[i] == '(' && --depth == 0)
			return message[i - 1] == ' ' ? i - 1 : length;
	}
	return length;
}

void append_message_only(struct text *out, const struct terminal *terminal, const char *message)
{
	struct text only = TEXT_EMPTY;

	text_append_bytes(&only, message, length_without_name(message));
	append_clean(out, terminal, only.data);
	text_clear(&only);
}

void append_names(struct text *out, const struct terminal *terminal, struct json_object *resources,
    size_t most, bool more)
{
	size_t count = json_count(resources);

	for (size_t i = 0; i < count && i < most; i++) {
		text_append(out, i > 0 ? ", " : "");
		append_clean(out, terminal, json_text(json_item(resources, i), "label"));
	}
	if (count > most || more)
		text_printf(out, " %s", ellipsis(terminal));
}

static void add_alert(struct table *table, struct json_object *alert)
{
	const char *severity = json_text(alert, "severity");
	struct text time = TEXT_EMPTY, names = TEXT_EMPTY;

	append_time(&time, json_text(alert, "begin"), true);
	text_append(&time, "");
	text_append(&names, "");
	append_names(&names, table->terminal, json_part(alert, "affects"), AFFECTED_SHOWN,
	    json_flag(alert, "affects_more"));
	table_add(table, STYLE_PLAIN, time.data);
	table_add(table, style_of_severity(severity), severity);
	table_add(table, STYLE_DIM, json_text(json_part(alert, "resource"), "id"));
	table_add(table, STYLE_PLAIN, json_text(alert, "message"));
	table_add(table, STYLE_PLAIN, names.data);
	text_clear(&time);
	text_clear(&names);
}

void render_alerts(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	struct json_object *alerts = json_part(answer, "alerts");
	struct table table;

	if (json_count(alerts) == 0) {
		text_append(out, "No active alerts.\n");
		return;
	}
	table = table_of(terminal, 5);
	table_add(&table, STYLE_BOLD, "SINCE");
	table_add(&table, STYLE_BOLD, "SEVERITY");
	table_add(&table, STYLE_BOLD, "ID");
	table_add(&table, STYLE_BOLD, "ALERT");
	table_add(&table, STYLE_BOLD, "AFFECTS");
	table_align_right(&table, 2);
	for (size_t i = 0; i < json_count(alerts); i++)
		add_alert(&table, json_item(alerts, i));
	table_render(&table, out);
	table_clear(&table);
}

int command_alerts(struct cli *cli, char **arguments, int count)
{
	struct json_object *answer = client_get_all(cli->client, "/v1/alerts", "alerts");
	struct text out = TEXT_EMPTY;

	(void)arguments;
	(void)count;
	if (answer == NULL)
		return EXIT_FAILURE;
	if (cli->json)
		return print_json(answer);
	render_alerts(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}
