/* SPDX-License-Identifier: MIT */
/*
 * A good configuration, changed at random in 200 ways, some of which leave it good: what is wrong
 * is told with file, line and key, and --check and the start agree on it. IML_TEST_SEED has the
 * seed of other changes to try.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "supervisor/config.h"
#include "supervisor/config_keys.h"

enum { CHANGES = 200, WRONG_CONFIGURATION = 78, FILE_MAX = 4 * 1024 * 1024 };
#define PATIENCE_NS (120 * NS_PER_S)

/* A line of the good file, "INDENT NAME: VALUE"; '@' in a value is the directory of the test. */
struct line {
	const char *indent;
	const char *name;
	const char *value; /* NULL: others are below it */
	const char *key;   /* as mistakes name it; NULL: what anyone may name as they like */
};

static const struct line lines[] = {
    {"", "plugins", NULL, "plugins"},
    {"  - ", "path", "@/simulator.so", "plugins[0].path"},
    {"    ", "log_level", "warning", "plugins[0].log_level"},
    {"    ", "scan_limit", "20 s", "plugins[0].scan_limit"},
    {"    ", "teardown_limit", "1 min", "plugins[0].teardown_limit"},
    {"    ", "settings", NULL, "plugins[0].settings"},
    {"      ", "enclosures", "1", NULL},
    {"      ", "pools", "1", NULL},
    {"", "scannables", NULL, "scannables"},
    {"  - ", "plugin", "simulator", "scannables[0].plugin"},
    {"    ", "class", "Couplet", "scannables[0].class"},
    {"    ", "attributes", NULL, "scannables[0].attributes"},
    {"      ", "name", "alpha", NULL},
    {"", "directories", NULL, "directories"},
    {"  ", "plugins", "@", "directories.plugins"},
    {"  ", "state", "@/state", "directories.state"},
    {"", "database", NULL, "database"},
    {"  ", "conninfo", "host=@/nowhere", "database.conninfo"},
    {"  ", "embedded", "false", "database.embedded"},
    {"  ", "retry_max", "1 s", "database.retry_max"},
    {"", "scan", NULL, "scan"},
    {"  ", "period", "5 s", "scan.period"},
    {"  ", "workers", "4", "scan.workers"},
    {"  ", "limit", "2 min", "scan.limit"},
    {"  ", "stop_limit", "3 s", "scan.stop_limit"},
    {"  ", "retry_min", "250 ms", "scan.retry_min"},
    {"", "statistics", NULL, "statistics"},
    {"  ", "enabled", "true", "statistics.enabled"},
    {"  ", "memory", "1 MiB", "statistics.memory"},
    {"  ", "spool", "0 B", "statistics.spool"},
    {"  ", "retention", NULL, "statistics.retention"},
    {"    ", "samples", "6 h", "statistics.retention.samples"},
    {"    ", "one_minute", "2 d", "statistics.retention.one_minute"},
    {"", "log", NULL, "log"},
    {"  ", "level", "info", "log.level"},
    {"  ", "file", "@/log", "log.file"},
    {"", "control", NULL, "control"},
    {"  ", "socket", "@/control.sock", "control.socket"},
};
#define LINE_COUNT (sizeof(lines) / sizeof(lines[0]))

enum verdict { ACCEPTED, REFUSED, EITHER };

/* What must come of a change. */
struct expected {
	enum verdict verdict;
	size_t line;        /* 0: any, or none */
	const char *key;    /* NULL: any, or none */
	const char *reason; /* NULL: any */
};

struct site {
	char directory[32];
	char *path; /* of the configuration */
	uint64_t random;
	char name[128]; /* the key of an expected mistake that is made up */
	const char *kind;
	unsigned number;
};

/* ---- the good file ---- */

static size_t draw(struct site *site, size_t below)
{
	site->random = site->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(site->random >> 33) % below;
}

/* Whether a line has a single value that the runner, not a plugin, reads. */
static bool is_scalar(const struct line *line)
{
	return line->key != NULL && line->value != NULL;
}

static bool begins_entry(const struct line *line)
{
	return strchr(line->indent, '-') != NULL;
}

/* Any line with a single value; not the first of an entry of a list if not wanted. */
static size_t draw_scalar(struct site *site, bool first_too)
{
	for (;;) {
		size_t i = draw(site, LINE_COUNT);

		if (is_scalar(&lines[i]) && (first_too || !begins_entry(&lines[i])))
			return i;
	}
}

/* The row of a line's key in the table of keys. */
static const struct config_key *key_of(const struct line *line)
{
	struct text name = TEXT_EMPTY;
	const struct config_key *key;

	for (const char *at = line->key; *at != '\0'; at++)
		if (*at != '0')
			text_append_char(&name, *at);
	key = config_key_find(name.data);
	assert_non_null(key);
	text_clear(&name);
	return key;
}

static bool is_any_text(const struct line *line)
{
	return key_of(line)->type == CONFIG_TEXT || key_of(line)->type == CONFIG_PATH;
}

static void append_value(const struct site *site, const char *value, struct text *file)
{
	for (; *value != '\0'; value++)
		if (*value == '@')
			text_append(file, site->directory);
		else
			text_append_char(file, *value);
}

static void append_pair(
    const struct site *site, const struct line *line, const char *name, struct text *file)
{
	text_printf(file, "%s%s:", line->indent, name);
	if (line->value != NULL) {
		text_append_char(file, ' ');
		append_value(site, line->value, file);
	}
	text_append_char(file, '\n');
}

static void append_lines(const struct site *site, size_t from, size_t end, struct text *file)
{
	for (size_t i = from; i < end; i++)
		append_pair(site, &lines[i], lines[i].name, file);
}

/* Writes the file with another value in one line. */
static void write_value(const struct site *site, size_t at, const char *value, struct text *file)
{
	struct line line = lines[at];

	line.value = value;
	append_lines(site, 0, at, file);
	append_pair(site, &line, line.name, file);
	append_lines(site, at + 1, LINE_COUNT, file);
}

static struct expected refused_at(size_t index, const char *key, const char *reason)
{
	return (struct expected){REFUSED, index + 1, key, reason};
}

/* ---- changes ---- */

static struct expected key_misspelt(struct site *site, struct text *file)
{
	static const char *const not_keys[] = {"x", "_", "0"};
	size_t at = draw_scalar(site, true);
	const struct line *line = &lines[at];
	size_t prefix = strlen(line->key) - strlen(line->name);
	size_t place = draw(site, strlen(line->name));
	char *name = xasprintf(
	    "%.*s%s%s", (int)place, line->name, not_keys[draw(site, 3)], line->name + place + 1);

	append_lines(site, 0, at, file);
	append_pair(site, line, name, file);
	append_lines(site, at + 1, LINE_COUNT, file);
	snprintf(site->name, sizeof(site->name), "%.*s%s", (int)prefix, line->key, name);
	free(name);
	return refused_at(at, site->name, "unknown key");
}

static struct expected value_of_the_wrong_type(struct site *site, struct text *file)
{
	static const char *const values[] = {
	    "[1, 2]", "{a: b}", "[]", "five", "''", "1.5", "5 sheep", "\"a\\0b\"", "0x1F s"};
	size_t at = draw_scalar(site, true);
	size_t count = sizeof(values) / sizeof(values[0]);

	write_value(site, at, values[draw(site, is_any_text(&lines[at]) ? 3 : count)], file);
	return refused_at(at, lines[at].key, NULL);
}

static struct expected value_out_of_range(struct site *site, struct text *file)
{
	static const char *const values[] = {"-1 s", "99999999999999999999 d", "9999999 d"};
	const struct config_key *key;
	size_t at;

	do {
		at = draw_scalar(site, true);
		key = key_of(&lines[at]);
	} while (key->type != CONFIG_NUMBER && key->type != CONFIG_DURATION &&
	         key->type != CONFIG_SECONDS && key->type != CONFIG_SIZE);
	write_value(site, at,
	    key->type == CONFIG_NUMBER ? "4294967297"
	    : key->type == CONFIG_SIZE ? "999999999 GiB"
	                               : values[draw(site, 3)],
	    file);
	return refused_at(at, lines[at].key, NULL);
}

static struct expected key_doubled(struct site *site, struct text *file)
{
	size_t at = draw_scalar(site, false);

	append_lines(site, 0, at + 1, file);
	append_lines(site, at, LINE_COUNT, file);
	return refused_at(at + 1, lines[at].key, "is given twice, first in line");
}

static struct expected line_missing(struct site *site, struct text *file)
{
	size_t at = draw_scalar(site, false);

	append_lines(site, 0, at, file);
	append_lines(site, at + 1, LINE_COUNT, file);
	if (strcmp(lines[at].key, "scannables[0].class") == 0)
		return (struct expected){
		    REFUSED, at, "scannables[0]", "needs a plugin and a class"};
	return (struct expected){.verdict = ACCEPTED};
}

static struct expected indented_otherwise(struct site *site, struct text *file)
{
	static const char *const indents[] = {" ", "\t", "   ", "  \t "};
	size_t at = draw(site, LINE_COUNT);

	append_lines(site, 0, at, file);
	text_append(file, indents[draw(site, 4)]);
	append_lines(site, at, LINE_COUNT, file);
	return (struct expected){.verdict = EITHER};
}

static struct expected tag_or_alias(struct site *site, struct text *file)
{
	static const char *const tags[] = {"!!int 5", "!x 5 s", "!<tag:a,2020:b> true"};
	size_t at = draw_scalar(site, true);
	size_t other;

	if (draw(site, 2) == 0) {
		write_value(site, at, tags[draw(site, 3)], file);
		return refused_at(at, NULL, "tags are not supported");
	}
	while ((other = draw_scalar(site, true)) <= at)
		at = draw_scalar(site, true);
	append_lines(site, 0, at, file);
	text_printf(file, "%s%s: &a 5 s\n", lines[at].indent, lines[at].name);
	append_lines(site, at + 1, other, file);
	text_printf(file, "%s%s: *a\n", lines[other].indent, lines[other].name);
	append_lines(site, other + 1, LINE_COUNT, file);
	return refused_at(at, NULL, "aliases are not supported");
}

static struct expected byte_that_is_no_text(struct site *site, struct text *file)
{
	static const char *const bytes[] = {"\xff", "\xc3(", "\x80", "\xed\xa0\x80", "\x01", ""};
	size_t at = draw(site, LINE_COUNT);
	const char *drawn = bytes[draw(site, 6)];

	append_lines(site, 0, at, file);
	text_append_bytes(file, drawn, drawn[0] != '\0' ? strlen(drawn) : 1);
	append_lines(site, at, LINE_COUNT, file);
	return refused_at(at, NULL, NULL);
}

/* A little too deep, or so deep that the YAML parser would take hours. */
static struct expected nested_too_deep(struct site *site, struct text *file)
{
	size_t depth = draw(site, 3) == 0 ? 2000000 : 17 + draw(site, 40);
	size_t at = 6; /* the first of the settings */

	append_lines(site, 0, at, file);
	text_append(file, "      deep: ");
	for (size_t i = 0; i < depth; i++)
		text_append_char(file, '[');
	for (size_t i = 0; i < depth; i++)
		text_append_char(file, ']');
	text_append_char(file, '\n');
	append_lines(site, at, LINE_COUNT, file);
	snprintf(site->name, sizeof(site->name),
	    "plugins[0].settings.deep[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]");
	return refused_at(at, depth < 64 ? site->name : NULL, "is nested too deeply");
}

static struct expected file_too_large(struct site *site, struct text *file)
{
	append_lines(site, 0, LINE_COUNT, file);
	while (file->length <= FILE_MAX)
		text_append(file, "# and so on, and on, and on, and on, and on, and on, and on\n");
	return (struct expected){REFUSED, 0, NULL, "can't be read: File too large"};
}

static struct expected bytes_changed(struct site *site, struct text *file)
{
	append_lines(site, 0, LINE_COUNT, file);
	for (size_t i = draw(site, 8) + 1; i > 0; i--)
		file->data[draw(site, file->length)] =
		    "\n\t :-#[]{}&*!|>'\"%@`,?x0\x80"[draw(site, 26)];
	return (struct expected){.verdict = EITHER};
}

/* Writes the same in other words. */
static struct expected said_otherwise(struct site *site, struct text *file)
{
	static const char *const around[][2] = {{"'", "'"}, {"\"", "\""}, {"   ", "  # why not"},
	    {"", "\r"}, {"&anchor ", ""}, {"", "\n\n# a comment\n"}, {"! ", ""}};
	size_t way = draw(site, sizeof(around) / sizeof(around[0]));
	size_t at = draw_scalar(site, true);
	char *value = xasprintf("%s%s%s", around[way][0], lines[at].value, around[way][1]);

	if (draw(site, 2) == 0)
		text_append(file, "\xef\xbb\xbf");
	write_value(site, at, value, file);
	free(value);
	return (struct expected){.verdict = ACCEPTED};
}

static const struct {
	const char *name;
	struct expected (*make)(struct site *site, struct text *file);
} changes[] = {
    {"a key misspelt", key_misspelt},
    {"a value of the wrong type", value_of_the_wrong_type},
    {"a value out of range", value_out_of_range},
    {"a key doubled", key_doubled},
    {"a line missing", line_missing},
    {"a line indented otherwise", indented_otherwise},
    {"a tag or an alias", tag_or_alias},
    {"a byte that is no text", byte_that_is_no_text},
    {"nested too deep", nested_too_deep},
    {"a file too large", file_too_large},
    {"bytes changed", bytes_changed},
    {"the same said otherwise", said_otherwise},
};
#define KINDS (sizeof(changes) / sizeof(changes[0]))

/* ---- the site ---- */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static char *build_path(const char *name)
{
	const char *build = getenv("BUILD");
	char *relative = xasprintf("%s/%s", build != NULL ? build : "build", name);
	char *path = realpath(relative, NULL);

	if (path == NULL)
		fail_msg("%s was not built", relative);
	free(relative);
	return path;
}

static int setup(void **state)
{
	struct site *site = xcalloc(1, sizeof(*site));
	const char *seed = getenv("IML_TEST_SEED");
	char *plugin = build_path("plugins/simulator.so");
	char *link;

	site->random = seed != NULL ? strtoull(seed, NULL, 10) : 20261123;
	snprintf(site->directory, sizeof(site->directory), "/tmp/iml-changes.XXXXXX");
	assert_non_null(mkdtemp(site->directory));
	site->path = xasprintf("%s/r.yaml", site->directory);
	link = xasprintf("%s/simulator.so", site->directory);
	assert_int_equal(symlink(plugin, link), 0);
	/* What a file does not say any more stays here, too. */
	setenv("STATE_DIRECTORY", site->directory, 1);
	setenv("RUNTIME_DIRECTORY", site->directory, 1);
	free(link);
	free(plugin);
	*state = site;
	return 0;
}

static int teardown(void **state)
{
	struct site *site = *state;

	nftw(site->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(site->path);
	free(site);
	return 0;
}

static void write_configuration(const struct site *site, const struct text *file)
{
	FILE *opened = fopen(site->path, "w");

	assert_non_null(opened);
	assert_int_equal(fwrite(file->data, 1, file->length, opened), file->length);
	assert_int_equal(fclose(opened), 0);
}

/* Fails with the change that it was. */
static void fail_change(const struct site *site, const char *what, const char *mistakes)
{
	fail_msg("change %u, %s: %s: %s", site->number, site->kind, what,
	    mistakes[0] != '\0' ? mistakes : "(no mistakes)");
}

/* ---- in this process ---- */

/* Whether a line of mistakes begins with "FILE:NUMBER: ", or is about a file as a whole. */
static bool has_place(const struct site *site, const char *line)
{
	size_t length = strlen(site->path);
	char *end;

	if (strncmp(line, site->path, length) != 0 || line[length] != ':')
		return false;
	if (strncmp(line + length, ": can't be read: ", 17) == 0)
		return true;
	return strtol(line + length + 1, &end, 10) > 0 && strncmp(end, ": ", 2) == 0;
}

/* Whether one of the mistakes is the expected one. */
static bool has_mistake(
    const struct site *site, const char *mistakes, const struct expected *expected)
{
	char *begin = expected->line == 0 ? xasprintf("%s:", site->path)
	              : expected->key == NULL
	                  ? xasprintf("%s:%zu: ", site->path, expected->line)
	                  : xasprintf("%s:%zu: %s: ", site->path, expected->line, expected->key);
	bool found = false;

	for (const char *line = mistakes; line != NULL && !found;
	     line = strchr(line, '\n') != NULL ? strchr(line, '\n') + 1 : NULL) {
		size_t length = strcspn(line, "\n");

		found = strncmp(line, begin, strlen(begin)) == 0 &&
		        (expected->reason == NULL || memmem(line, length, expected->reason,
		                                         strlen(expected->reason)) != NULL);
	}
	free(begin);
	return found;
}

static void expect_places(const struct site *site, const char *mistakes)
{
	for (const char *line = mistakes; *line != '\0'; line = strchr(line, '\n') + 1) {
		if (!has_place(site, line))
			fail_change(site, "a mistake without a place", line);
		assert_non_null(strchr(line, '\n'));
	}
}

/* Reads the file as --check and the start do; returns whether it is good, and every mistake. */
static bool read_configuration(const struct site *site, struct text *mistakes)
{
	struct config config;
	bool good = config_load(site->path, &config, mistakes);

	good = config_check_site(&config, mistakes) && good;
	config_free(&config);
	text_append(mistakes, "");
	return good;
}

static bool expect_verdict(
    const struct site *site, const struct expected *expected, struct text *mistakes)
{
	bool good = read_configuration(site, mistakes);

	if (good != (mistakes->length == 0))
		fail_change(site, "verdict and mistakes contradict each other", mistakes->data);
	expect_places(site, mistakes->data);
	if (expected->verdict == ACCEPTED && !good)
		fail_change(site, "refused", mistakes->data);
	if (expected->verdict == REFUSED && good)
		fail_change(site, "accepted", mistakes->data);
	if (expected->verdict == REFUSED && !has_mistake(site, mistakes->data, expected))
		fail_change(site,
		    expected->key != NULL ? expected->key : "another mistake expected",
		    mistakes->data);
	return good;
}

/* ---- the program ---- */

static pid_t start_program(const struct site *site, const char *argument)
{
	char *program = build_path("bin/iml-plugin-runner");
	char *output = xasprintf("%s/output", site->directory);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execl(program, program, "--config", site->path, argument, (char *)NULL);
		_exit(127);
	}
	free(output);
	free(program);
	return pid;
}

static void pause_briefly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 5 * NS_PER_MS}, NULL);
}

/* Whether the program has ended; its exit status, or 128 and a signal's number. */
static bool has_ended(pid_t pid, int *result)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return false;
	*result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

static int wait_for_end(const struct site *site, pid_t pid)
{
	struct monotonic end = monotonic_after(monotonic_now(), PATIENCE_NS);
	int result = 0;

	while (!has_ended(pid, &result)) {
		if (monotonic_since(end, monotonic_now()) <= 0)
			fail_change(site, "the program does not end", "");
		pause_briefly();
	}
	return result;
}

/* Starts the runner, stops it as soon as it is at work, and gives its exit status. */
static int start_and_stop(const struct site *site)
{
	struct monotonic end = monotonic_after(monotonic_now(), PATIENCE_NS);
	char *socket = xasprintf("%s/control.sock", site->directory);
	pid_t pid = start_program(site, NULL);
	int result = 0;
	bool ended;

	while (!(ended = has_ended(pid, &result)) && access(socket, F_OK) != 0) {
		if (monotonic_since(end, monotonic_now()) <= 0)
			fail_change(site, "the program does not begin", "");
		pause_briefly();
	}
	free(socket);
	if (ended)
		return result;
	kill(pid, SIGTERM);
	return wait_for_end(site, pid);
}

/* Asserts that what the program has printed begins with the mistakes. */
static void expect_output(const struct site *site, const struct text *mistakes)
{
	char *path = xasprintf("%s/output", site->directory);
	char *output = xcalloc(1, mistakes->length + 1);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_int_equal(fread(output, 1, mistakes->length, file), mistakes->length);
	fclose(file);
	if (strcmp(output, mistakes->data) != 0)
		fail_change(site, output, mistakes->data);
	free(output);
	free(path);
}

/* What is good by itself may name things that are not there: then only --check says so. */
static void expect_same_of_program(
    const struct site *site, bool good, const struct text *mistakes, bool plugins_too)
{
	int status = wait_for_end(site, start_program(site, "--check"));

	expect_output(site, mistakes);
	if ((!good && status != WRONG_CONFIGURATION) || (good && plugins_too && status != 0))
		fail_change(site, "--check gives another verdict", mistakes->data);
	status = start_and_stop(site);
	expect_output(site, mistakes);
	if (status != (good ? 0 : WRONG_CONFIGURATION))
		fail_change(site, "the start gives another verdict", mistakes->data);
}

/* ---- tests ---- */

static void make_change(struct site *site, unsigned number, struct expected *expected)
{
	struct text file = TEXT_EMPTY;

	site->number = number;
	site->kind = changes[number % KINDS].name;
	*expected = changes[number % KINDS].make(site, &file);
	write_configuration(site, &file);
	text_clear(&file);
}

static void every_change_is_told_with_file_line_and_key(void **state)
{
	struct expected expected;
	unsigned good = 0;

	for (unsigned i = 0; i < CHANGES; i++) {
		struct text mistakes = TEXT_EMPTY;

		make_change(*state, i, &expected);
		good += expect_verdict(*state, &expected, &mistakes);
		text_clear(&mistakes);
	}
	assert_in_range(good, CHANGES / 10, CHANGES / 2);
}

static void check_and_start_agree(void **state)
{
	struct expected expected;

	for (unsigned i = 0; i < 2 * KINDS; i++) {
		struct text mistakes = TEXT_EMPTY;
		bool good;

		make_change(*state, i, &expected);
		good = expect_verdict(*state, &expected, &mistakes);
		expect_same_of_program(*state, good, &mistakes, expected.verdict == ACCEPTED);
		text_clear(&mistakes);
	}
}

/* The file, made to be something else, can't be read: by anyone, in the same words. */
static void expect_unreadable(struct site *site, const char *kind, const char *reason)
{
	const struct expected expected = {REFUSED, 0, NULL, reason};
	struct text mistakes = TEXT_EMPTY;

	site->kind = kind;
	assert_false(expect_verdict(site, &expected, &mistakes));
	expect_same_of_program(site, false, &mistakes, false);
	text_clear(&mistakes);
}

static void what_can_not_be_read_is_refused(void **state)
{
	struct site *site = *state;
	struct text file = TEXT_EMPTY;

	expect_unreadable(site, "no file", "can't be read: No such file or directory");
	assert_int_equal(mkdir(site->path, 0700), 0);
	expect_unreadable(site, "a directory", "can't be read: Is a directory");
	assert_int_equal(rmdir(site->path), 0);
	assert_int_equal(symlink(site->path, site->path), 0);
	expect_unreadable(site, "a loop", "can't be read: Too many levels of symbolic links");
	assert_int_equal(unlink(site->path), 0);
	if (geteuid() != 0) {
		append_lines(site, 0, LINE_COUNT, &file);
		write_configuration(site, &file);
		text_clear(&file);
		assert_int_equal(chmod(site->path, 0), 0);
		expect_unreadable(site, "forbidden", "can't be read: Permission denied");
	}
}

static void a_good_file_is_good_for_all(void **state)
{
	struct site *site = *state;
	struct text file = TEXT_EMPTY, mistakes = TEXT_EMPTY;
	const struct expected expected = {.verdict = ACCEPTED};

	site->kind = "nothing";
	append_lines(site, 0, LINE_COUNT, &file);
	write_configuration(site, &file);
	assert_true(expect_verdict(site, &expected, &mistakes));
	expect_same_of_program(site, true, &mistakes, true);
	text_clear(&mistakes);
	text_clear(&file);
}

#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SITE_TEST(a_good_file_is_good_for_all),
	    SITE_TEST(every_change_is_told_with_file_line_and_key),
	    SITE_TEST(check_and_start_agree),
	    SITE_TEST(what_can_not_be_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
