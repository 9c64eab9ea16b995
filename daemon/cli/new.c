/* SPDX-License-Identifier: MIT */
/* iml-plugin new: the folder of a new plugin, which is small, but works. */
#include "cli/command.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

#define NAME_MAX_LENGTH 64
#define PLACEHOLDER "skeleton" /* stands for the name in texts and names of files */
#define PLACEHOLDER_UPPER "SKELETON"
#define LICENSE "SPDX-License-Identifier:" /* of a line that is ours, and not the author's */

/* skeleton.S */
extern const char skeleton_plugin[], skeleton_device_header[], skeleton_device[], skeleton_test[],
    skeleton_makefile[], skeleton_config[], skeleton_readme[], skeleton_packaging[];

static const struct {
	const char *name;
	const char *content;
} files[] = {
    {"skeleton.c", skeleton_plugin},
    {"device.h", skeleton_device_header},
    {"device.c", skeleton_device},
    {"test_skeleton.c", skeleton_test},
    {"Makefile", skeleton_makefile},
    {"skeleton.yaml", skeleton_config},
    {"README.md", skeleton_readme},
    {"PACKAGING.md", skeleton_packaging},
};
#define FILES (sizeof(files) / sizeof(files[0]))

/* ---- texts ---- */

/* Appends the name in place of a placeholder at the text, and gives its length; 0 if none is. */
static size_t replace_placeholder(struct text *out, const char *text, const char *name)
{
	if (strncmp(text, PLACEHOLDER, strlen(PLACEHOLDER)) == 0) {
		text_append(out, name);
		return strlen(PLACEHOLDER);
	}
	if (strncmp(text, PLACEHOLDER_UPPER, strlen(PLACEHOLDER_UPPER)) == 0) {
		for (; *name != '\0'; name++)
			text_append_char(out, (char)toupper((unsigned char)*name));
		return strlen(PLACEHOLDER_UPPER);
	}
	return 0;
}

/* The text with the name in place of the placeholders. The caller frees it. */
static char *fill_in(const char *text, const char *name)
{
	struct text out = TEXT_EMPTY;

	while (*text != '\0') {
		size_t length = replace_placeholder(&out, text, name);

		if (length == 0)
			text_append_char(&out, *text);
		text += length > 0 ? length : 1;
	}
	return text_steal(&out);
}

/* What follows a first line that tells our license. */
static const char *without_license(const char *text)
{
	const char *end = strchr(text, '\n');
	const char *license = strstr(text, LICENSE);

	return license != NULL && end != NULL && license < end ? end + 1 : text;
}

/* ---- files ---- */

static bool write_file(int directory, const char *name, const char *content)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool good = file != NULL && fputs(content, file) >= 0;

	if (file != NULL)
		good = fclose(file) == 0 && good;
	if (!good)
		fprintf(stderr, "iml-plugin: can't write %s: %s\n", name, strerror(errno));
	return good;
}

static bool write_files(int directory, const char *name)
{
	bool good = true;

	for (size_t i = 0; i < FILES && good; i++) {
		char *file = fill_in(files[i].name, name);
		char *content = fill_in(without_license(files[i].content), name);

		good = write_file(directory, file, content);
		free(content);
		free(file);
	}
	return good;
}

static int explain(const char *name, const char *directory)
{
	struct text out = TEXT_EMPTY;

	text_printf(&out,
	    "Made %s: the plugin %s for a simulated array, its unit test, and notes on packaging.\n"
	    "\n"
	    "Try it:\n"
	    "    cd %s\n"
	    "    make            build %s.so\n"
	    "    make test       run its unit test\n"
	    "    make validate   find mistakes in what it declares\n"
	    "    make scan       see what it reports; Ctrl-C ends it\n"
	    "\n"
	    "Then make it your own: README.md tells how, step by step.\n",
	    directory, name, directory, name);
	return print(&out);
}

static int make_plugin(const char *name, const char *directory)
{
	bool good;
	int fd;

	if (mkdir(directory, 0777) != 0) {
		fprintf(stderr, "iml-plugin: can't make %s: %s%s\n", directory, strerror(errno),
		    errno == EEXIST ? "; name another one with --directory" : "");
		return EXIT_WRONG_ARGUMENT;
	}
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "iml-plugin: %s: %s\n", directory, strerror(errno));
		return EXIT_FAILURE;
	}
	good = write_files(fd, name);
	close(fd);
	return good ? explain(name, directory) : EXIT_FAILURE;
}

/* ---- the command ---- */

/* Why a text can't be the name of a new plugin; NULL if it can. */
static const char *refuse_name(const char *name)
{
	/* Plugins of the runner, and a file that the new plugin has. */
	static const char *const taken[] = {"linux", "example", "simulator", "device"};

	if (name[0] < 'a' || name[0] > 'z' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
		return "it must begin with a lower-case letter and have only these, digits and _";
	if (strlen(name) > NAME_MAX_LENGTH)
		return "it is longer than 64 characters";
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(name, taken[i]) == 0)
			return "this name is taken";
	return NULL;
}

int command_new(struct cli *cli, char **arguments, int count)
{
	static const struct option options[] = {
	    {"directory", required_argument, NULL, 'd'}, {NULL, 0, NULL, 0}};
	static char program[] = "iml-plugin new";
	const char *directory = NULL;
	const char *refusal;
	int option;

	(void)cli;
	arguments[0] = program; /* for what getopt says */
	optind = 0;
	while ((option = getopt_long(count, arguments, "d:", options, NULL)) != -1) {
		if (option != 'd')
			return EXIT_WRONG_ARGUMENT;
		directory = optarg;
	}
	if (count - optind != 1) {
		fprintf(stderr, "usage: iml-plugin new NAME [--directory DIR]\n");
		return EXIT_WRONG_ARGUMENT;
	}
	refusal = refuse_name(arguments[optind]);
	if (refusal != NULL) {
		fprintf(stderr, "iml-plugin: \"%s\" can't be the name of a new plugin: %s\n",
		    arguments[optind], refusal);
		return EXIT_WRONG_ARGUMENT;
	}
	return make_plugin(arguments[optind], directory != NULL ? directory : arguments[optind]);
}
