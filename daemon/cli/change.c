/* SPDX-License-Identifier: MIT */
/* Commands that change how the runner shows things. */
#include "cli/command.h"

#include <stdlib.h>

#include "base/memory.h"
#include "cli/client.h"

int conclude_change(const struct cli *cli, struct json_object *answer)
{
	if (answer == NULL)
		return EXIT_FAILURE;
	if (cli->json)
		return print_json(answer);
	json_object_put(answer);
	return EXIT_SUCCESS;
}

int command_alias(struct cli *cli, char **arguments, int count)
{
	struct json_object *body, *answer;
	char *resource, *path;

	if (cli->clear != (count == 1))
		return wrong_usage("either a text or --clear goes with alias", "");
	resource = resource_path(cli, arguments[0]);
	if (resource == NULL)
		return EXIT_FAILURE;
	path = xasprintf("%s/alias", resource);
	body = json_object_new_object();
	json_object_object_add(
	    body, "alias", cli->clear ? NULL : json_object_new_string(arguments[1]));
	answer = client_send(cli->client, "PUT", path, body);
	free(path);
	free(resource);
	return conclude_change(cli, answer);
}

/* Marks one alert, or takes its mark back. */
static int dismiss(struct cli *cli, const char *id)
{
	struct json_object *body = json_object_new_object();
	char *path = xasprintf("/v1/alerts/%s/dismiss", id);
	struct json_object *answer;

	json_object_object_add(body, "dismissed", json_object_new_boolean(!cli->undo));
	answer = client_send(cli->client, "POST", path, body);
	free(path);
	return conclude_change(cli, answer);
}

int command_dismiss(struct cli *cli, char **arguments, int count)
{
	int status = EXIT_SUCCESS;

	for (int i = 0; i < count; i++)
		if (!is_id(arguments[i]))
			return wrong_usage(
			    "not the number of an alert, see \"alerts\": ", arguments[i]);
	for (int i = 0; i < count; i++)
		if (dismiss(cli, arguments[i]) != EXIT_SUCCESS)
			status = EXIT_FAILURE;
	return status;
}
