/* SPDX-License-Identifier: MIT */
/* Commands that add, change and remove scannables. Passwords are no arguments: they are asked for.
 */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/client.h"
#include "cli/json.h"
#include "cli/password.h"

/* What is being put together. */
struct request {
	struct cli *cli;
	struct json_object *fields; /* of the class, as forms show them; NULL: not known */
	struct json_object *attributes;
	struct terminal terminal; /* standard error */
	bool good;
};

static void __attribute__((format(printf, 2, 3)))
complain(struct request *request, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	fprintf(stderr, "iml-plugin: %s\n", text);
	free(text);
	request->good = false;
}

/* The fields of a class in what is said of the classes of its plugin, or NULL. They are shared. */
static struct json_object *fields_of(struct json_object *answer, const char *name)
{
	struct json_object *classes = json_part(answer, "classes");

	for (size_t i = 0; i < json_count(classes); i++)
		if (strcmp(json_text(json_item(classes, i), "name"), name) == 0)
			return json_object_get(json_part(json_item(classes, i), "fields"));
	return NULL;
}

/* Gets the fields of a class. False if the runner does not answer. */
static bool get_fields(struct request *request, const char *plugin, const char *class)
{
	char *path = client_add_parameter(xstrdup("/v1/classes?internal=true"), "plugin", plugin);
	struct json_object *answer = client_get(request->cli->client, path);

	free(path);
	if (answer == NULL)
		return false;
	request->fields = fields_of(answer, class);
	json_object_put(answer);
	return true;
}

/* ---- attributes ---- */

static bool is_password(const struct request *request, const char *name)
{
	for (size_t i = 0; i < json_count(request->fields); i++) {
		struct json_object *field = json_item(request->fields, i);

		if (strcmp(json_text(field, "name"), name) == 0)
			return strcmp(json_text(field, "type"), "Password") == 0;
	}
	return false;
}

static void set(struct request *request, const char *name, struct json_object *value)
{
	if (json_object_object_get_ex(request->attributes, name, NULL)) {
		complain(request, "\"%s\" is given twice", name);
		json_object_put(value);
		return;
	}
	json_object_object_add(request->attributes, name, value);
}

/* Takes "name=value". */
static void take_word(struct request *request, const char *word)
{
	const char *value;
	char *name = typed_split(word, &value);

	if (name == NULL)
		complain(request, "\"%s\" is not ATTRIBUTE=VALUE", word);
	else if (is_password(request, name))
		complain(request,
		    "\"%s\" is a password, and one on the command line is seen by everybody on "
		    "this "
		    "machine: leave it out to be asked, or give it with --password-file %s=FILE",
		    name, name);
	else
		set(request, name, json_object_new_string(value));
	free(name);
}

/* Takes a password, which is released; NULL: there is none. */
static void take_password(struct request *request, const char *name, char *password)
{
	if (password == NULL) {
		request->good = false;
		return;
	}
	set(request, name, json_object_new_string(password));
	forget_text(password);
}

/* Asks for a password; NULL if there is nobody to ask, or no answer. */
static char *ask(const struct request *request, const char *name)
{
	sigset_t before;
	char *password;
	int signals;

	if (!isatty(STDIN_FILENO))
		return NULL;
	signals = client_take_signals(&before);
	password = password_ask(STDERR_FILENO, &request->terminal, signals, name);
	client_give_signals_back(signals, &before);
	return password;
}

/* Takes an option with "name=file" or "name=command". */
static void take_source(struct request *request, const struct given *given)
{
	const char *source;
	char *name = typed_split(given->argument, &source);

	if (name == NULL)
		complain(request, "\"%s\" is not ATTRIBUTE=%s", given->argument,
		    given->option == GIVEN_FILE ? "FILE" : "COMMAND");
	else if (given->option == GIVEN_FILE)
		take_password(request, name, password_of_file("iml-plugin", source));
	else
		take_password(request, name, password_of_command("iml-plugin", source));
	free(name);
}

static void take_option(struct request *request, const struct given *given)
{
	char *password;

	if (given->option == GIVEN_UNSET) {
		set(request, given->argument, NULL);
		return;
	}
	if (given->option != GIVEN_PASSWORD) {
		take_source(request, given);
		return;
	}
	password = ask(request, given->argument);
	if (password == NULL)
		complain(request, "no password was typed for \"%s\"", given->argument);
	else
		take_password(request, given->argument, password);
}

/* Asks for the passwords that a scannable needs; who does not answer leaves it to the runner. */
static void ask_for_missing(struct request *request)
{
	for (size_t i = 0; request->good && i < json_count(request->fields); i++) {
		struct json_object *field = json_item(request->fields, i);
		const char *name = json_text(field, "name");
		char *password;

		if (!is_password(request, name) || json_flag(field, "optional") ||
		    json_object_object_get_ex(request->attributes, name, NULL))
			continue;
		password = ask(request, name);
		if (password != NULL)
			take_password(request, name, password);
	}
}

/* Takes words and options. */
static void take_all(struct request *request, char **words, int count)
{
	const struct given_list *given = &request->cli->given;

	password_guard();
	request->attributes = json_object_new_object();
	for (int i = 0; i < count; i++)
		take_word(request, words[i]);
	for (size_t i = 0; request->good && i < given->count; i++)
		take_option(request, &given->items[i]);
}

/* Sends the attributes, with what else is in the body. NULL if it was refused. */
static struct json_object *send_attributes(
    struct request *request, const char *method, const char *path, struct json_object *body)
{
	json_object_object_add(body, "attributes", json_object_get(request->attributes));
	return client_send(request->cli->client, method, path, body);
}

static void release(struct request *request)
{
	json_object_put(request->attributes);
	json_object_put(request->fields);
}

/* ---- the commands ---- */

/* Tells the number of a scannable that was added. */
static int conclude_add(const struct cli *cli, struct json_object *answer)
{
	struct text out = TEXT_EMPTY;

	if (answer == NULL || cli->json)
		return conclude_change(cli, answer);
	text_printf(&out,
	    json_flag(answer, "existed") ? "%s was there, and is as it was\n" : "%s\n",
	    json_text(answer, "id"));
	json_object_put(answer);
	return print(&out);
}

int command_add(struct cli *cli, char **arguments, int count)
{
	struct request request = {.cli = cli, .terminal = {.unicode = true}, .good = true};
	struct json_object *body, *answer = NULL;

	if (!get_fields(&request, arguments[0], arguments[1]))
		return EXIT_FAILURE;
	take_all(&request, arguments + 2, count - 2);
	ask_for_missing(&request);
	if (request.good) {
		body = json_object_new_object();
		json_object_object_add(body, "plugin", json_object_new_string(arguments[0]));
		json_object_object_add(body, "class", json_object_new_string(arguments[1]));
		answer = send_attributes(&request, "POST", "/v1/scannables", body);
	}
	release(&request);
	return conclude_add(cli, answer);
}

/* "/v1/scannables/ID" of what was named by id or label, and its fields; NULL with a complaint. */
static char *find_scannable(struct request *request, const char *name)
{
	char *path = resource_path(request->cli, name);
	struct json_object *resource = path != NULL ? client_get(request->cli->client, path) : NULL;
	const char *class = strrchr(json_text(resource, "class"), '.');
	bool good = resource != NULL && class != NULL &&
	            get_fields(request, json_text(resource, "plugin"), class + 1);

	free(path);
	path = good ? xasprintf("/v1/scannables/%s", json_text(resource, "id")) : NULL;
	json_object_put(resource);
	return path;
}

int command_modify(struct cli *cli, char **arguments, int count)
{
	struct request request = {.cli = cli, .terminal = {.unicode = true}, .good = true};
	char *path = find_scannable(&request, arguments[0]);
	struct json_object *answer = NULL;

	if (path == NULL)
		return EXIT_FAILURE;
	take_all(&request, arguments + 1, count - 1);
	if (request.good)
		answer = send_attributes(&request, "PATCH", path, json_object_new_object());
	release(&request);
	free(path);
	return conclude_change(cli, answer);
}

int command_remove(struct cli *cli, char **arguments, int count)
{
	struct json_object *answer;
	char *resource, *path;

	(void)count;
	resource = resource_path(cli, arguments[0]);
	if (resource == NULL)
		return EXIT_FAILURE;
	path = xasprintf("/v1/scannables/%s", strrchr(resource, '/') + 1);
	answer = client_send(cli->client, "DELETE", path, NULL);
	free(path);
	free(resource);
	return conclude_change(cli, answer);
}

/* ---- scanning ---- */

/* Has one scannable scanned, by its id. */
static int rescan(const struct cli *cli, const char *id)
{
	char *path = xasprintf("/v1/scannables/%s/scan", id);
	struct json_object *answer = client_send(cli->client, "POST", path, NULL);

	free(path);
	return conclude_change(cli, answer);
}

/* Has all scannables of all plugins scanned that are not paused. */
static int rescan_all(const struct cli *cli)
{
	struct json_object *status = client_get(cli->client, "/v1/status");
	struct json_object *plugins = json_part(status, "plugins");
	int result = status != NULL ? EXIT_SUCCESS : EXIT_FAILURE;

	for (size_t i = 0; i < json_count(plugins); i++) {
		struct json_object *scannables = json_part(json_item(plugins, i), "scannables");

		for (size_t j = 0; j < json_count(scannables); j++) {
			struct json_object *scannable = json_item(scannables, j);

			if (json_part(scannable, "paused") == NULL &&
			    rescan(cli, json_text(scannable, "id")) != EXIT_SUCCESS)
				result = EXIT_FAILURE;
		}
	}
	json_object_put(status);
	return result;
}

int command_rescan(struct cli *cli, char **arguments, int count)
{
	int status = EXIT_SUCCESS;

	if (cli->all != (count == 0))
		return wrong_usage("either scannables or --all goes with rescan", "");
	if (cli->all)
		return rescan_all(cli);
	for (int i = 0; i < count; i++) {
		char *path = resource_path(cli, arguments[i]);

		if (path == NULL || rescan(cli, strrchr(path, '/') + 1) != EXIT_SUCCESS)
			status = EXIT_FAILURE;
		free(path);
	}
	return status;
}
