/* SPDX-License-Identifier: MIT */
/* Has the runner read its configuration again, and tells what that changed. */
#include "cli/command.h"

#include "cli/client.h"
#include "cli/json.h"

void render_changes(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	struct json_object *changes = json_part(answer, "changes");

	for (size_t i = 0; i < json_count(changes); i++) {
		append_clean(out, terminal, json_object_get_string(json_item(changes, i)));
		text_append_char(out, '\n');
	}
	if (json_count(changes) == 0)
		text_append(out, "nothing changed\n");
}

int command_reload(struct cli *cli, char **arguments, int count)
{
	struct json_object *answer = client_send(cli->client, "POST", "/v1/reload", NULL);
	struct text out = TEXT_EMPTY;

	(void)arguments;
	(void)count;
	if (answer == NULL || cli->json)
		return conclude_change(cli, answer);
	render_changes(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}
