/* SPDX-License-Identifier: MIT */
#include "cli/scan.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/command.h"

#define PERIOD_MAX 86400

static bool __attribute__((format(printf, 2, 3)))
mistake(const struct scan *scan, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s: %s\n", scan->program, text);
	free(text);
	return false;
}

/* ---- options ---- */

bool scan_take_password_file(struct scan *scan, const char *argument)
{
	const char *path;
	char *name = typed_split(argument, &path);
	char *password;

	if (name == NULL)
		return mistake(scan, "--password-file: \"%s\" is not ATTRIBUTE=FILE", argument);
	password = password_of_file(scan->program, path);
	if (password != NULL)
		scan_keep_password(scan, name, password);
	free(name);
	if (password == NULL)
		return false;
	forget_text(password);
	return true;
}

bool scan_take_setting(struct scan *scan, const char *argument)
{
	const char *value;
	char *key = typed_split(argument, &value);

	if (key == NULL)
		return mistake(scan, "--setting: \"%s\" is not KEY=VALUE", argument);
	scan->settings = xgrow(
	    scan->settings, scan->setting_count, &scan->setting_capacity, sizeof(*scan->settings));
	scan->settings[scan->setting_count++] =
	    (struct setting){.key = key, .value = xstrdup(value)};
	return true;
}

static bool take_period(struct scan *scan, const char *argument)
{
	char *end;
	unsigned long seconds = strtoul(argument, &end, 10);

	if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || seconds < 1 ||
	    seconds > PERIOD_MAX)
		return mistake(scan, "--period: \"%s\" is not a number of seconds (1 to %d)",
		    argument, PERIOD_MAX);
	scan->period_s = (uint32_t)seconds;
	return true;
}

/* Takes an option by its letter. */
static bool take_option(struct scan *scan, int option, const char *argument)
{
	bool *const flags[] = {['o'] = &scan->once,
	    ['j'] = &scan->json,
	    ['d'] = &scan->debug,
	    ['w'] = &scan->watch,
	    ['x'] = &scan->isolated};

	if (option == 'p')
		return take_period(scan, argument);
	if (option == 's')
		return scan_take_setting(scan, argument);
	if (option == 'P')
		return scan_take_password_file(scan, argument);
	if (option < 0 || option >= (int)(sizeof(flags) / sizeof(flags[0])) ||
	    flags[option] == NULL)
		return false;
	*flags[option] = option != 'x';
	return true;
}

static bool read_options(struct scan *scan, char **words, int count)
{
	static const struct option options[] = {
	    {"once", no_argument, NULL, 'o'},
	    {"json", no_argument, NULL, 'j'},
	    {"debug", no_argument, NULL, 'd'},
	    {"watch", no_argument, NULL, 'w'},
	    {"no-isolation", no_argument, NULL, 'x'},
	    {"period", required_argument, NULL, 'p'},
	    {"setting", required_argument, NULL, 's'},
	    {"password-file", required_argument, NULL, 'P'},
	    {NULL, 0, NULL, 0},
	};
	bool good = true;
	int option;

	optind = 0;
	while ((option = getopt_long(count, words, "", options, NULL)) != -1)
		good = take_option(scan, option, optarg) && good;
	return good;
}

/* ---- words ---- */

/* The name of a plugin: that of its file. NULL if the file is none. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t length = strlen(name);

	if (length <= 3 || strcmp(name + length - 3, ".so") != 0)
		return NULL;
	return xstrndup(name, length - 3);
}

static bool read_file(struct scan *scan, const char *path)
{
	scan->path = path;
	scan->name = name_of(path);
	if (scan->name == NULL)
		return mistake(scan, "%s: the name of a plugin's file ends with .so", path);
	if (access(path, R_OK) != 0)
		return mistake(scan, "%s: %s", path, strerror(errno));
	return true;
}

bool scan_read_words(struct scan *scan, char **words, int count)
{
	bool good = true;

	if (count == 0)
		return mistake(scan, "the plugin's file is missing");
	good = read_file(scan, words[0]);
	for (int i = 1; i < count; i++) {
		const char *value;
		char *name = typed_split(words[i], &value);

		if (name != NULL)
			typed_list_add(&scan->attributes, name, value);
		else if (i == 1)
			scan->class = words[i];
		else
			good = mistake(scan, "\"%s\" is not ATTRIBUTE=VALUE", words[i]);
		free(name);
	}
	return good;
}

void scan_keep_words(struct scan *scan, char **words, int count)
{
	scan->program = xasprintf("iml-plugin %s", words[0]);
	scan->words = xcalloc((size_t)count + 1, sizeof(*scan->words));
	scan->word_count = count;
	memcpy(scan->words, words, (size_t)count * sizeof(*words));
	words[0] = scan->program; /* for what getopt says */
}

bool scan_read_arguments(struct scan *scan, char **words, int count, int *status)
{
	bool good;

	scan->isolated = true;
	scan_keep_words(scan, words, count);
	good = read_options(scan, words, count);
	good = scan_read_words(scan, words + optind, count - optind) && good;
	if (scan->watch && !scan->isolated)
		good = mistake(scan,
		    "--watch needs a process of its own for each version of the plugin: "
		    "leave out --no-isolation");
	if (!good)
		fprintf(stderr, "see \"iml-plugin help scan\"\n");
	*status = SCAN_WRONG_ARGUMENTS;
	return good;
}

void scan_free_arguments(struct scan *scan)
{
	typed_list_free(&scan->attributes);
	typed_list_free(&scan->passwords);
	for (size_t i = 0; i < scan->setting_count; i++) {
		free(scan->settings[i].key);
		free(scan->settings[i].value);
	}
	free(scan->settings);
	free(scan->words);
	free(scan->program);
	free(scan->name);
}
