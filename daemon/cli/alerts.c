/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <inttypes.h>
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

/* The message, with the reason where one is known, and how many others follow from it. */
static void add_message(struct table *table, struct json_object *alert)
{
	int64_t consequences = json_number(alert, "consequences");
	bool is_silenced = json_number(alert, "silenced") > 0;
	bool is_dim = is_silenced || json_flag(alert, "dismissed");
	struct text message = TEXT_EMPTY;

	text_append(&message, json_text(alert, "message"));
	if (json_text(alert, "reason")[0] != '\0')
		text_printf(&message, ": %s", json_text(alert, "reason"));
	if (consequences > 0)
		text_printf(&message, " and %" PRId64 " consequence%s", consequences,
		    consequences > 1 ? "s" : "");
	if (json_flag(alert, "dismissed"))
		text_append(&message, " (seen)");
	if (is_silenced)
		text_append(&message, " (silenced)");
	table_add(table, is_dim ? STYLE_DIM : STYLE_PLAIN, message.data);
	text_clear(&message);
}

static void add_alert(struct table *table, struct json_object *alert, bool causes)
{
	const char *severity = json_text(alert, "severity");
	struct json_object *cause = json_part(alert, "cause");
	struct text time = TEXT_EMPTY, names = TEXT_EMPTY;

	table_add(table, STYLE_DIM, json_text(alert, "id"));
	append_time(&time, json_text(alert, "begin"), true);
	text_append(&time, "");
	text_append(&names, "");
	append_names(&names, table->terminal, json_part(alert, "affects"), AFFECTED_SHOWN,
	    json_flag(alert, "affects_more"));
	table_add(table, STYLE_PLAIN, time.data);
	table_add(table, style_of_severity(severity), severity);
	table_add(table, STYLE_DIM, json_text(json_part(alert, "resource"), "id"));
	add_message(table, alert);
	if (causes)
		table_add(table, STYLE_PLAIN, json_text(json_part(cause, "resource"), "label"));
	table_add(table, STYLE_PLAIN, names.data);
	text_clear(&time);
	text_clear(&names);
}

/* Whether one of the alerts is a consequence of another. */
static bool has_causes(struct json_object *alerts)
{
	for (size_t i = 0; i < json_count(alerts); i++)
		if (json_part(json_item(alerts, i), "cause") != NULL)
			return true;
	return false;
}

/* Renders the alerts but those that are silenced, or all of them. */
static void render_table(
    struct text *out, const struct terminal *terminal, struct json_object *alerts, bool all)
{
	bool causes = has_causes(alerts);
	struct table table = table_of(terminal, causes ? 7 : 6);
	size_t count = 0;

	table_add(&table, STYLE_BOLD, "#");
	table_add(&table, STYLE_BOLD, "SINCE");
	table_add(&table, STYLE_BOLD, "SEVERITY");
	table_add(&table, STYLE_BOLD, "ID");
	table_add(&table, STYLE_BOLD, "ALERT");
	if (causes)
		table_add(&table, STYLE_BOLD, "CAUSE");
	table_add(&table, STYLE_BOLD, "AFFECTS");
	table_align_right(&table, 0);
	table_align_right(&table, 3);
	for (size_t i = 0; i < json_count(alerts); i++) {
		if (!all && json_number(json_item(alerts, i), "silenced") > 0)
			continue;
		add_alert(&table, json_item(alerts, i), causes);
		count++;
	}
	if (count > 0)
		table_render(&table, out);
	else
		text_append(out, "No active alerts.\n");
	table_clear(&table);
}

void render_all_alerts(
    struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	render_table(out, terminal, json_part(answer, "alerts"), true);
}

void render_alerts(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	int64_t silenced = json_number(answer, "silenced");

	render_table(out, terminal, json_part(answer, "alerts"), false);
	if (silenced > 0)
		text_printf(
		    out, "%" PRId64 " alert%s silenced\n", silenced, silenced > 1 ? "s" : "");
}

int command_alerts(struct cli *cli, char **arguments, int count)
{
	const char *path = cli->all || cli->json ? "/v1/alerts" : "/v1/alerts?roots=true";
	struct json_object *answer = client_get_all(cli->client, path, "alerts");
	struct text out = TEXT_EMPTY;

	(void)arguments;
	(void)count;
	if (answer == NULL)
		return EXIT_FAILURE;
	if (cli->json)
		return print_json(answer);
	(cli->all ? render_all_alerts : render_alerts)(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}
