/* SPDX-License-Identifier: MIT */
/* iml-plugin validate: what is wrong with a plugin, before it is installed. */
#include "cli/command.h"
#include "cli/plugin_places.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "kit/validate.h"

#define LOAD_LIMIT_NS (30 * NS_PER_S)

/* ---- JSON ---- */

static struct json_object *texts(const struct reasons *reasons)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < reasons->count; i++)
		json_object_array_add(array, json_object_new_string(reasons->items[i]));
	return array;
}

static struct json_object *class_names(const struct validation *validation)
{
	struct json_object *array = json_object_new_array();
	size_t count;
	struct class *const *classes = validation_classes(validation, &count);

	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_string(classes[i]->name));
	return array;
}

/* The version that the plugin was built for; null if that is not known. */
static struct json_object *interface(const struct validation *validation)
{
	struct json_object *version;

	if (validation->loaded.type != MESSAGE_LOADED)
		return NULL;
	version = json_object_new_object();
	json_object_object_add(
	    version, "major", json_object_new_int(validation->loaded.loaded.api_major));
	json_object_object_add(
	    version, "minor", json_object_new_int(validation->loaded.loaded.api_minor));
	return version;
}

static int write_json(const struct validation *validation, const char *path)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "plugin", json_object_new_string(validation->name));
	json_object_object_add(answer, "path", json_object_new_string(path));
	json_object_object_add(
	    answer, "valid", json_object_new_boolean(validation->errors.count == 0));
	json_object_object_add(answer, "interface", interface(validation));
	json_object_object_add(answer, "errors", texts(&validation->errors));
	json_object_object_add(answer, "warnings", texts(&validation->warnings));
	json_object_object_add(answer, "classes", class_names(validation));
	return print_json(answer);
}

/* ---- text ---- */

static void append_lines(struct text *out, const struct terminal *terminal, enum style style,
    const char *heading, const char *prefix, const struct reasons *reasons)
{
	if (reasons->count == 0)
		return;
	append_styled(out, terminal, style, heading);
	text_append_char(out, '\n');
	for (size_t i = 0; i < reasons->count; i++) {
		text_printf(out, "    %s", prefix);
		append_clean(out, terminal, reasons->items[i]);
		text_append_char(out, '\n');
	}
}

static int write_text(const struct validation *validation, const struct terminal *terminal)
{
	struct text out = TEXT_EMPTY;

	text_append(&out, "Validating plugin '");
	append_clean(&out, terminal, validation->name);
	text_append(&out, "'...\n");
	append_lines(&out, terminal, STYLE_ERROR, "Validation errors:", "", &validation->errors);
	if (validation->errors.count == 0) {
		append_styled(&out, terminal, STYLE_GOOD, "OK");
		text_append_char(&out, '\n');
	}
	append_lines(
	    &out, terminal, STYLE_WARNING, "Warnings:", "Warning: ", &validation->warnings);
	return print(&out);
}

/* Repeats what the plugin wrote, line by line, on standard error. */
static void repeat_printed(const struct validation *validation)
{
	const struct terminal plain = {.unicode = true};
	const struct text *printed = &validation->printed;
	struct text out = TEXT_EMPTY;
	char *rest = NULL;

	for (char *line = printed->length > 0 ? strtok_r(printed->data, "\n", &rest) : NULL;
	     line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		append_clean(&out, &plain, validation->name);
		text_append(&out, " prints: ");
		append_clean(&out, &plain, line);
		text_append_char(&out, '\n');
	}
	if (out.length > 0)
		fputs(out.data, stderr);
	text_clear(&out);
}

/* ---- the command ---- */

static void validate_among_installed(const char *path, struct validation *validation)
{
	struct plugin_places places = plugin_places();
	const struct validate_options options = {.path = path,
	    .limit_ns = LOAD_LIMIT_NS,
	    .directories = places.directories,
	    .directory_count = PLUGIN_PLACES};

	validate_plugin(&options, validation);
	plugin_places_clear(&places);
}

/* Appends the attributes that a scannable of the class needs: " address=…". */
static void append_needed(struct text *out, const struct class *class)
{
	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct attribute *attribute = &class->attributes[i];

		if (!attribute_is_required(attribute))
			continue;
		if (attribute->type == ATTRIBUTE_PASSWORD)
			text_printf(out, " --password-file %s=FILE", attribute->name);
		else
			text_printf(out, " %s=VALUE", attribute->name);
	}
}

/* Tells what to do next. */
static void tell_next(const struct cli *cli, const char *path, const struct validation *validation)
{
	size_t count;
	struct class *const *classes = validation_classes(validation, &count);
	const struct class *first = NULL;
	struct text needed = TEXT_EMPTY;
	size_t scannable = 0;

	if (validation->errors.count > 0) {
		print_next(cli, "correct this in the source, build it again, and validate again");
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (classes[i]->scannable && scannable++ == 0)
			first = classes[i];
	if (first == NULL)
		return;
	if (scannable > 1)
		text_printf(&needed, " %s", first->name);
	append_needed(&needed, first);
	print_next(cli, "see what it reports: iml-plugin scan %s%s --watch", path,
	    needed.length > 0 ? needed.data : "");
	text_clear(&needed);
}

static int validate(const struct cli *cli, const char *path)
{
	struct validation validation;
	int status, written;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		fprintf(stderr, "File not found %s\n", path);
		return EXIT_WRONG_ARGUMENT;
	}
	validate_among_installed(path, &validation);
	repeat_printed(&validation);
	status = validation.errors.count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	written =
	    cli->json ? write_json(&validation, path) : write_text(&validation, &cli->terminal);
	tell_next(cli, path, &validation);
	validation_clear(&validation);
	return written == EXIT_SUCCESS ? status : written;
}

int command_validate(struct cli *cli, char **arguments, int count)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	static char program[] = "iml-plugin validate";
	int option;

	arguments[0] = program; /* for what getopt says */
	optind = 0;
	while ((option = getopt_long(count, arguments, "j", options, NULL)) != -1) {
		if (option != 'j')
			return EXIT_WRONG_ARGUMENT;
		cli->json = true;
	}
	if (count - optind != 1) {
		fprintf(stderr, "usage: iml-plugin validate FILE.so [--json]\n");
		return EXIT_WRONG_ARGUMENT;
	}
	return validate(cli, arguments[optind]);
}
