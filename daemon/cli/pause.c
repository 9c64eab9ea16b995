/* SPDX-License-Identifier: MIT */
/* Commands that pause and resume scannables, and plugins with all that they have. */
#include "cli/command.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "cli/client.h"
#include "cli/json.h"

/* ---- how a pause is told ---- */

void append_pause(struct text *out, const struct terminal *terminal, struct json_object *pause)
{
	const struct passwd *user = getpwuid((uid_t)json_number(pause, "user"));
	const char *why = json_text(pause, "why");

	text_append(out, "paused since ");
	append_time(out, json_text(pause, "since"), true);
	text_append(out, " by ");
	append_clean(out, terminal, user != NULL ? user->pw_name : json_text(pause, "user"));
	text_append(out, json_flag(pause, "with_plugin") ? " with all of its plugin" : "");
	text_append(out, why[0] != '\0' ? ": " : "");
	append_clean(out, terminal, why);
}

/* ---- which scannable is meant ---- */

/* A search for scannables by their name, among those of a plugin or of all. */
struct search {
	const char *name;
	const char *plugin; /* or NULL */
	struct text ids;    /* of those found */
	size_t count;
	bool is_awaited; /* one has the name, and no id before the database has been read */
	struct nearest nearest;
};

static void search_plugin(struct search *search, struct json_object *plugin)
{
	struct json_object *scannables = json_part(plugin, "scannables");

	if (search->plugin != NULL && strcmp(json_text(plugin, "name"), search->plugin) != 0)
		return;
	for (size_t i = 0; i < json_count(scannables); i++) {
		struct json_object *scannable = json_item(scannables, i);
		const char *label = json_text(scannable, "label");
		const char *id = json_text(scannable, "id");

		nearest_try(&search->nearest, label, strlen(label));
		if (strcmp(id, search->name) != 0 && strcmp(label, search->name) != 0)
			continue;
		search->is_awaited = search->is_awaited || id[0] == '\0';
		if (id[0] == '\0')
			continue;
		text_printf(&search->ids, "%s%s", search->count++ > 0 ? ", " : "", id);
	}
}

static void complain(const struct search *search)
{
	if (search->count > 1)
		fprintf(stderr,
		    "iml-plugin: %zu scannables are called \"%s\": give the id of one (%s)\n",
		    search->count, search->name, search->ids.data);
	else if (search->nearest.name != NULL)
		fprintf(stderr, "iml-plugin: no scannable is called \"%s\"; did you mean \"%s\"?\n",
		    search->name, search->nearest.name);
	else
		fprintf(stderr,
		    "iml-plugin: no scannable%s%s is called \"%s\"; see \"iml-plugin status\"\n",
		    search->plugin != NULL ? " of plugin " : "",
		    search->plugin != NULL ? search->plugin : "", search->name);
}

/* The id of the scannable of this name, or id; NULL with a complaint. The caller frees it. */
static char *scannable_id(struct json_object *status, const char *plugin, const char *name)
{
	struct json_object *plugins = json_part(status, "plugins");
	struct search search = {.name = name, .plugin = plugin, .nearest = nearest_to(name)};
	char *id = NULL;

	for (size_t i = 0; i < json_count(plugins); i++)
		search_plugin(&search, json_item(plugins, i));
	/* Without a plugin an id may be that of anything: the runner tells what that is. */
	if (search.count == 0 && plugin == NULL && is_id(name))
		id = xstrdup(name);
	else if (search.count == 1)
		id = xstrdup(search.ids.data);
	else
		complain(&search);
	text_clear(&search.ids);
	return id;
}

/* ---- the commands ---- */

/* Sends "pause" or "resume", with a reason if one is given, for what a path names. */
static int send(const struct cli *cli, const char *path, const char *verb)
{
	struct json_object *body = json_object_new_object();
	char *longer = xasprintf("%s/%s", path, verb);
	struct json_object *answer;

	if (cli->why != NULL)
		json_object_object_add(body, "why", json_object_new_string(cli->why));
	answer = client_send(cli->client, "POST", longer, body);
	free(longer);
	return conclude_change(cli, answer);
}

static int send_plugin(const struct cli *cli, const char *verb)
{
	char *path = client_append_name(xstrdup("/v1/plugins/"), cli->plugin);
	int status = send(cli, path, verb);

	free(path);
	return status;
}

static int send_scannable(
    const struct cli *cli, struct json_object *status, const char *name, const char *verb)
{
	char *id = scannable_id(status, cli->plugin, name);
	char *path;
	int result;

	if (id == NULL)
		return EXIT_FAILURE;
	path = xasprintf("/v1/scannables/%s", id);
	result = send(cli, path, verb);
	free(path);
	free(id);
	return result;
}

/* Pauses or resumes what the words name, or the whole plugin if there are none. */
static int follow(const struct cli *cli, char **words, int count, const char *verb)
{
	struct json_object *status;
	int result = EXIT_SUCCESS;

	if (count == 0 && cli->plugin == NULL)
		return wrong_usage("scannables, or --plugin NAME, go with ", verb);
	if (count == 0)
		return send_plugin(cli, verb);
	status = client_get(cli->client, "/v1/plugins");
	if (status == NULL)
		return EXIT_FAILURE;
	for (int i = 0; i < count; i++)
		if (send_scannable(cli, status, words[i], verb) != EXIT_SUCCESS)
			result = EXIT_FAILURE;
	json_object_put(status);
	return result;
}

int command_pause(struct cli *cli, char **arguments, int count)
{
	return follow(cli, arguments, count, "pause");
}

int command_resume(struct cli *cli, char **arguments, int count)
{
	return follow(cli, arguments, count, "resume");
}
