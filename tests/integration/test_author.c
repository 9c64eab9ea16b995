/* SPDX-License-Identifier: MIT */
/*
 * What a plugin author gets from iml-plugin: every mistake in words, no surprise from files that
 * are broken, and a new plugin that works. Only the last test needs a database.
 */
#include "harness.h"

#include <elf.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "../refusals.h"
#include "base/memory.h"
#include "base/text.h"

#define COPIES 200     /* corrupted ones that are validated */
#define COPIES_RUN 40  /* and given to a runner */
#define BAD_PLUGINS 60 /* at least */
#define CHANGES_MAX 16 /* bytes that are changed in one copy */

/* What is said about bad plugins that end or stop their process when they are loaded. */
static const struct refusal deaths[] = {
    {"bad_constructor_abort",
        {"the plugin can't be loaded: its process died: signal 6 (Aborted): what can fail belongs "
         "into the hooks, not into constructors"}},
    {"bad_constructor_exit", {"the plugin can't be loaded: it ended its process with status 10: a "
                              "plugin must not call exit()"}},
    {"bad_constructor_hang", {"the plugin can't be loaded: its constructors did not return within "
                              "30 s: leave work to the hooks"}},
    {"bad_constructor_quit", {"the plugin can't be loaded: it ended its process with status 0: a "
                              "plugin must not call exit()"}},
    {"bad_constructor_segv",
        {"the plugin can't be loaded: its process died: signal 11 (Segmentation fault): what can "
         "fail belongs into the hooks, not into constructors"}},
};

/* The directory of these tests, and what a plugin that hangs makes of its 30 s meanwhile. */
static char *directory;
static FILE *hanging;

/* ---- commands ---- */

/* What can still be read from a pipe, and how its process ends. */
static char *read_pipe(FILE *pipe, int *status)
{
	struct text text = TEXT_EMPTY;
	char part[4096];
	size_t length;

	while ((length = fread(part, 1, sizeof(part), pipe)) > 0)
		text_append_bytes(&text, part, length);
	*status = pclose(pipe);
	return text_steal(&text);
}

static FILE *start(const char *line)
{
	FILE *pipe = popen(line, "r");

	assert_non_null(pipe);
	return pipe;
}

/* Runs a line of shell; gives its output, and the exit status, which no signal may be. */
static char *run(int *status, const char *format, ...) __attribute__((format(printf, 2, 3)));
static char *run(int *status, const char *format, ...)
{
	va_list arguments;
	char *line, *output;
	int code;

	va_start(arguments, format);
	line = xvasprintf(format, arguments);
	va_end(arguments);
	output = read_pipe(start(line), &code);
	if (!WIFEXITED(code))
		fail_msg("%s: ended by signal %d", line, WTERMSIG(code));
	*status = WEXITSTATUS(code);
	free(line);
	return output;
}

static char *validate(const char *path, int *status)
{
	char *program = built("bin/iml-plugin");
	char *output = run(status, "%s validate %s 2>/dev/null", program, path);

	free(program);
	return output;
}

/* ---- bad and good plugins ---- */

/* The files in a directory of what was built, as "tests/plugins/bad_*.so" names them. */
static glob_t find_files(const char *one, const char *pattern)
{
	char *path = built(one);
	char *whole;
	glob_t found;

	*strrchr(path, '/') = '\0';
	whole = xasprintf("%s/%s", path, pattern);
	assert_int_equal(glob(whole, 0, NULL, &found), 0);
	free(whole);
	free(path);
	return found;
}

static const struct refusal *find_among(
    const struct refusal *table, size_t count, const char *file, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(table[i].file) == length && strncmp(table[i].file, file, length) == 0)
			return &table[i];
	return NULL;
}

/* What is to be said about the plugin at a path. */
static const struct refusal *find_refusal(const char *path)
{
	const char *file = strrchr(path, '/') + 1;
	size_t length = strlen(file) - strlen(".so");
	const struct refusal *found =
	    find_among(refusals, sizeof(refusals) / sizeof(refusals[0]), file, length);

	if (found == NULL)
		found = find_among(deaths, sizeof(deaths) / sizeof(deaths[0]), file, length);
	if (found == NULL)
		fail_msg("what is to be said about %s?", path);
	return found;
}

/* All of what the command writes about a bad plugin. */
static char *expected_output(const struct refusal *refusal, const char *path)
{
	struct text text = TEXT_EMPTY;

	text_printf(&text, "Validating plugin '%s'...\nValidation errors:\n", refusal->file);
	for (size_t i = 0; i < REASONS_MAX && refusal->reasons[i] != NULL; i++) {
		const char *reason = refusal->reasons[i];
		const char *at = strstr(reason, "PATH");

		text_append(&text, "    ");
		if (at != NULL)
			text_printf(&text, "%.*s%s%s\n", (int)(at - reason), reason, path,
			    at + strlen("PATH"));
		else
			text_printf(&text, "%s\n", reason);
	}
	return text_steal(&text);
}

static void assert_refused(const char *path, const char *output, int status)
{
	char *expected = expected_output(find_refusal(path), path);

	assert_string_equal(output, expected);
	assert_int_equal(status, 1);
	free(expected);
}

static bool hangs(const char *path)
{
	return strstr(path, "bad_constructor_hang") != NULL;
}

static void every_bad_plugin_is_refused_with_all_that_is_wrong(void **state)
{
	glob_t found = find_files("tests/plugins/bad_five.so", "bad_*.so");
	(void)state;

	assert_true(found.gl_pathc >= BAD_PLUGINS);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		int status;
		char *output;

		if (hangs(path))
			continue;
		output = validate(path, &status);
		assert_refused(path, output, status);
		free(output);
	}
	globfree(&found);
}

/* It was started before the other tests. */
static void a_plugin_that_hangs_is_refused_after_a_while(void **state)
{
	char *path = built("tests/plugins/bad_constructor_hang.so");
	int status;
	char *output = read_pipe(hanging, &status);
	(void)state;

	assert_true(WIFEXITED(status));
	assert_refused(path, output, WEXITSTATUS(status));
	free(output);
	free(path);
}

static void the_plugins_of_the_runner_are_good(void **state)
{
	static const char *const names[] = {"example", "linux", "simulator"};
	(void)state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *file = xasprintf("plugins/%s.so", names[i]);
		char *path = built(file);
		char *expected = xasprintf("Validating plugin '%s'...\nOK\n", names[i]);
		int status;
		char *output = validate(path, &status);

		assert_string_equal(output, expected);
		assert_int_equal(status, 0);
		free(output);
		free(expected);
		free(path);
		free(file);
	}
}

static void good_test_plugins_are_ok(void **state)
{
	glob_t found = find_files("tests/plugins/bad_five.so", "good_*.so");
	(void)state;

	for (size_t i = 0; i < found.gl_pathc; i++) {
		int status;
		char *output = validate(found.gl_pathv[i], &status);

		assert_non_null(strstr(output, "\nOK\n"));
		assert_int_equal(status, 0);
		free(output);
	}
	globfree(&found);
}

static void warnings_are_told_and_change_nothing(void **state)
{
	char *path = built("tests/plugins/good_other_name.so");
	int status;
	char *output = validate(path, &status);
	(void)state;

	assert_string_equal(output,
	    "Validating plugin 'good_other_name'...\nOK\nWarnings:\n    Warning: the plugin calls "
	    "itself \"quite_another\" in IML_PLUGIN(), but the name of its file counts: "
	    "\"good_other_name\"\n");
	assert_int_equal(status, 0);
	free(output);
	free(path);
}

static void what_a_plugin_prints_goes_to_standard_error(void **state)
{
	char *program = built("bin/iml-plugin");
	char *path = built("tests/plugins/prints_while_loaded.so");
	int status;
	char *output = run(&status, "%s validate %s 2>&1 >/dev/null", program, path);
	(void)state;

	assert_string_equal(output, "prints_while_loaded prints: welcome to [1mACME[0m\n"
	                            "prints_while_loaded prints: no license\n");
	free(output);
	free(path);
	free(program);
}

static void a_file_that_is_not_there_and_wrong_words_are_no_verdict(void **state)
{
	static const char *const words[] = {"", "a.so b.so", "--colour a.so"};
	char *program = built("bin/iml-plugin");
	int status;
	char *output = run(&status, "%s validate /nonexistent.so 2>&1", program);
	(void)state;

	assert_string_equal(output, "File not found /nonexistent.so\n");
	assert_int_equal(status, 2);
	free(output);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		output = run(&status, "%s validate %s 2>/dev/null", program, words[i]);
		assert_string_equal(output, "");
		assert_int_equal(status, 2);
		free(output);
	}
	free(program);
}

static void programs_get_json(void **state)
{
	char *program = built("bin/iml-plugin");
	char *path = built("tests/plugins/bad_five.so");
	char *good = built("plugins/example.so");
	int status;
	char *output = run(&status, "%s validate %s --json", program, path);
	struct json_object *answer = json_tokener_parse(output);
	(void)state;

	assert_int_equal(status, 1);
	assert_string_equal(
	    json_object_get_string(json_object_object_get(answer, "plugin")), "bad_five");
	assert_string_equal(json_object_get_string(json_object_object_get(answer, "path")), path);
	assert_false(json_object_get_boolean(json_object_object_get(answer, "valid")));
	assert_null(json_object_object_get(answer, "interface"));
	assert_int_equal(json_object_array_length(json_object_object_get(answer, "errors")), 5);
	assert_int_equal(json_object_array_length(json_object_object_get(answer, "classes")), 0);
	json_object_put(answer);
	free(output);

	output = run(&status, "%s --json validate %s", program, good);
	answer = json_tokener_parse(output);
	assert_int_equal(status, 0);
	assert_true(json_object_get_boolean(json_object_object_get(answer, "valid")));
	assert_int_equal(json_object_get_int(json_object_object_get(
	                     json_object_object_get(answer, "interface"), "major")),
	    1);
	assert_int_equal(json_object_array_length(json_object_object_get(answer, "errors")), 0);
	assert_int_equal(json_object_array_length(json_object_object_get(answer, "warnings")), 0);
	assert_int_equal(json_object_array_length(json_object_object_get(answer, "classes")), 5);
	json_object_put(answer);
	free(output);
	free(good);
	free(path);
	free(program);
}

/* ---- corrupted files ---- */

struct content {
	unsigned char *bytes;
	size_t size;
};

static struct content read_good(void)
{
	char *path = built("tests/plugins/good_classes.so");
	FILE *file = fopen(path, "rb");
	struct stat status;
	struct content content;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &status), 0);
	content.size = (size_t)status.st_size;
	content.bytes = xcalloc(content.size, 1);
	assert_int_equal(fread(content.bytes, 1, content.size, file), content.size);
	fclose(file);
	free(path);
	return content;
}

static uint32_t seed;

/* A number below limit. */
static size_t below(size_t limit)
{
	seed = seed * 1664525u + 1013904223u;
	return ((size_t)(seed >> 8) << 8 | seed >> 24) % limit;
}

static void truncate_somewhere(struct content *content)
{
	content->size = below(content->size);
}

static void flip_bytes(struct content *content)
{
	for (size_t left = 1 + below(CHANGES_MAX); left > 0; left--)
		content->bytes[below(content->size)] ^= (unsigned char)(1 + below(255));
}

/* Changes only where the file tells what is in it. */
static void flip_headers(struct content *content)
{
	struct content headers = {content->bytes, sizeof(Elf64_Ehdr) + 11 * sizeof(Elf64_Phdr)};

	flip_bytes(&headers);
}

/* Exchanges two of count entries of size bytes. */
static void swap_entries(unsigned char *entries, size_t count, size_t size)
{
	unsigned char *a = entries + below(count) * size, *b = entries + below(count) * size;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = a[i];

		a[i] = b[i];
		b[i] = byte;
	}
}

static void swap_sections(struct content *content)
{
	Elf64_Ehdr header;

	memcpy(&header, content->bytes, sizeof(header));
	swap_entries(content->bytes + header.e_shoff, header.e_shnum, sizeof(Elf64_Shdr));
}

static void swap_segments(struct content *content)
{
	Elf64_Ehdr header;

	memcpy(&header, content->bytes, sizeof(header));
	swap_entries(content->bytes + header.e_phoff, header.e_phnum, sizeof(Elf64_Phdr));
}

static void swap_blocks(struct content *content)
{
	swap_entries(content->bytes, content->size / 512, 512);
}

static void (*const corruptions[])(struct content *content) = {
    truncate_somewhere, flip_bytes, flip_headers, swap_sections, swap_segments, swap_blocks};
#define CORRUPTIONS (sizeof(corruptions) / sizeof(corruptions[0]))

/* Writes a copy of the good plugin with one corruption; number says which kind. */
static void write_corrupted(const char *path, const struct content *good, size_t number)
{
	struct content copy = {xcalloc(good->size, 1), good->size};
	FILE *file = fopen(path, "wb");

	memcpy(copy.bytes, good->bytes, good->size);
	corruptions[number % CORRUPTIONS](&copy);
	assert_non_null(file);
	assert_int_equal(fwrite(copy.bytes, 1, copy.size, file), copy.size);
	assert_int_equal(fclose(file), 0);
	free(copy.bytes);
}

/* Whether the runner, which loads plugins in new processes of their own, can load the file. */
static bool loads(const char *path)
{
	char *program = built("bin/iml-plugin-runner");
	char *config = xasprintf("%s/runner.yaml", directory);
	FILE *file = fopen(config, "w");
	int status;
	char *output;

	assert_non_null(file);
	fprintf(file, "directories: {state: %s}\nplugins: [%s]\n", directory, path);
	assert_int_equal(fclose(file), 0);
	output = run(&status, "%s --check --config %s 2>&1", program, config);
	if (status != 0)
		print_message("%s", output);
	free(output);
	free(config);
	free(program);
	return status == 0;
}

/* The same corruptions each time, unless IML_TEST_SEED has another seed. */
static void choose_seed(void)
{
	const char *given = getenv("IML_TEST_SEED");

	seed = given != NULL ? (uint32_t)strtoul(given, NULL, 10) : 20261122;
	print_message("IML_TEST_SEED=%u\n", seed);
}

static void no_corrupted_file_is_called_good_that_can_t_be_loaded(void **state)
{
	struct content good = read_good();
	char *path = xasprintf("%s/corrupted.so", directory);
	unsigned refused = 0;
	(void)state;

	choose_seed();
	for (size_t i = 0; i < COPIES; i++) {
		int status;
		char *output;

		unlink(path);
		write_corrupted(path, &good, i);
		output = validate(path, &status);
		assert_in_range(status, 0, 1);
		assert_int_equal(status, strstr(output, "\nOK\n") != NULL ? 0 : 1);
		if (status == 0 && !loads(path))
			fail_msg("copy %zu is said to be good, but can't be loaded", i);
		refused += status != 0;
		free(output);
	}
	assert_in_range(refused, COPIES / 4, COPIES);
	unlink(path);
	free(path);
	free(good.bytes);
}

/* Adds corrupted copies to the plugins of a runner. */
static void add_corrupted(const struct runner *runner, struct text *plugins)
{
	struct content good = read_good();

	choose_seed();
	for (size_t i = 0; i < COPIES_RUN; i++) {
		char *path = xasprintf("%s/corrupted_%zu.so", runner->directory, i);

		write_corrupted(path, &good, i);
		text_printf(plugins, "  - %s\n", path);
		free(path);
	}
	free(good.bytes);
}

static void a_runner_with_corrupted_plugins_runs_the_good_one(void **state)
{
	struct runner *runner = *state;
	struct text plugins = TEXT_EMPTY;
	char *scripted = built("tests/plugins/scripted.so");
	pid_t supervisor, good;

	add_corrupted(runner, &plugins);
	write_file(runner, "script", "disk S1\n");
	runner_configure(runner,
	    "scan: {retry_min: 20 ms, retry_max: 100 ms}\n"
	    "plugins:\n  - {path: %s, log_level: debug}\n%s"
	    "scannables:\n  - {plugin: scripted, class: Array, attributes: {name: A, script: "
	    "%s/script}}\n",
	    scripted, plugins.data, runner->directory);
	runner_start(runner, NULL);
	wait_for_log(runner, " failed: ", COPIES_RUN / 4);
	wait_for_log(runner, "Array A: update scan", 2);
	supervisor = runner->pid;
	good = plugin_pid(runner, "scripted");
	wait_for_log(runner, "Array A: update scan", 4);
	assert_int_equal(runner->pid, supervisor);
	assert_int_equal(plugin_pid(runner, "scripted"), good);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Disk'");
	assert_int_equal(runner_stop(runner), 0);
	text_clear(&plugins);
	free(scripted);
}

/* ---- new ---- */

#ifdef __SANITIZE_ADDRESS__
#define COMPILERS 1 /* of one maker must be all that is sanitized */
#define CFLAGS "-O1 -g -fsanitize=address,undefined"
#else
#define COMPILERS 2
#define CFLAGS "-O2 -g"
#endif

/* Installs what was built below the directory of the tests, and gives the prefix. */
static char *install(void)
{
	const char *build = getenv("BUILD");
	int status;
	char *output = run(&status,
	    "env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -o all install BUILD=%s "
	    "DESTDIR=%s/root "
	    "prefix=/usr 2>&1",
	    build != NULL ? build : "build", directory);

	if (status != 0)
		fail_msg("%s", output);
	free(output);
	return xasprintf("%s/root/usr", directory);
}

/* Runs make for a new plugin, with what is installed below the prefix. */
static char *make_new(const char *prefix, const char *compiler, const char *targets, int *status)
{
	return run(status,
	    "cd %s/acme_2 && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "
	    "PKG_CONFIG_PATH=%s/lib/pkgconfig "
	    "make PKG_CONFIG='pkg-config --define-prefix' IML_PLUGIN=%s/bin/iml-plugin CC=%s "
	    "CFLAGS='" CFLAGS "' %s 2>&1",
	    directory, prefix, prefix, compiler, targets);
}

/* Only "make check" asks for all of them. */
static bool is_installed(const char *compiler)
{
	int status;

	free(run(&status, "command -v %s", compiler));
	return status == 0;
}

static void a_new_plugin_compiles_passes_its_test_and_is_valid(void **state)
{
	static const char *const compilers[] = {"gcc", "clang"};
	char *prefix = install();
	int status;
	char *output = run(&status, "cd %s && %s/bin/iml-plugin new acme_2", directory, prefix);
	(void)state;

	assert_int_equal(status, 0);
	assert_non_null(strstr(output, "make test"));
	free(output);
	for (size_t i = 0; i < COMPILERS; i++) {
		if (!is_installed(compilers[i]))
			continue;
		output = make_new(prefix, compilers[i], "clean all test validate", &status);
		if (status != 0 || strstr(output, "[  PASSED  ] 5 test(s).") == NULL ||
		    strstr(output, "Validating plugin 'acme_2'...\nOK\n") == NULL ||
		    strstr(output, "arning:") != NULL)
			fail_msg("%s", output);
		free(output);
	}
	output = run(&status, "grep -rliE 'skeleton|SPDX' %s/acme_2", directory);
	assert_string_equal(output, "");
	free(output);
	free(prefix);
}

static void a_new_plugin_installs_where_the_runner_looks(void **state)
{
	char *prefix = xasprintf("%s/root/usr", directory);
	char *targets = xasprintf("install DESTDIR=%s/package", directory);
	int status;
	char *output = make_new(prefix, "gcc", targets, &status);
	(void)state;

	assert_int_equal(status, 0);
	free(output);
	output = run(&status, "cd %s/package%s && find . -type f | sort", directory, prefix);
	assert_string_equal(output, "./lib/iml-plugins/acme_2.so\n");
	free(output);
	output = run(&status, "cat %s/package/etc/iml/conf.d/acme_2.yaml", directory);
	assert_non_null(strstr(output, "plugins:\n  - acme_2\n"));
	free(output);
	free(targets);
	free(prefix);
}

static void names_that_can_t_be_are_refused(void **state)
{
	static const char *const names[] = {
	    "", "Acme", "2fast", "_acme", "ac-me", "ac/me", "linux", "device", "'ac me'", "b b"};
	char *program = built("bin/iml-plugin");
	(void)state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int status;
		char *output =
		    run(&status, "cd %s && %s new %s 2>&1", directory, program, names[i]);

		assert_int_equal(status, 2);
		assert_true(strlen(output) > 0);
		free(output);
	}
	free(program);
}

static void a_folder_that_exists_is_left_alone(void **state)
{
	char *program = built("bin/iml-plugin");
	int status;
	char *output = run(&status,
	    "cd %s && mkdir mine && touch mine/acme.c && %s new acme --directory mine 2>&1",
	    directory, program);
	(void)state;

	assert_int_equal(status, 2);
	assert_string_equal(output,
	    "iml-plugin: can't make mine: File exists; name another one with "
	    "--directory\n");
	free(output);
	output = run(&status, "ls %s/mine", directory);
	assert_string_equal(output, "acme.c\n");
	free(output);
	free(program);
}

/* ---- all ---- */

static int begin(void **state)
{
	char *program = built("bin/iml-plugin");
	char *path = built("tests/plugins/bad_constructor_hang.so");
	char *line = xasprintf("%s validate %s 2>/dev/null", program, path);
	(void)state;

	directory = xstrdup("/tmp/iml-author-XXXXXX");
	assert_non_null(mkdtemp(directory));
	hanging = start(line);
	free(line);
	free(path);
	free(program);
	return 0;
}

static int end(void **state)
{
	int status;
	char *output = run(&status, "rm -rf %s", directory);
	(void)state;

	free(output);
	free(directory);
	return status;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_bad_plugin_is_refused_with_all_that_is_wrong),
	    cmocka_unit_test(the_plugins_of_the_runner_are_good),
	    cmocka_unit_test(good_test_plugins_are_ok),
	    cmocka_unit_test(warnings_are_told_and_change_nothing),
	    cmocka_unit_test(what_a_plugin_prints_goes_to_standard_error),
	    cmocka_unit_test(a_file_that_is_not_there_and_wrong_words_are_no_verdict),
	    cmocka_unit_test(programs_get_json),
	    cmocka_unit_test(no_corrupted_file_is_called_good_that_can_t_be_loaded),
	    cmocka_unit_test(a_new_plugin_compiles_passes_its_test_and_is_valid),
	    cmocka_unit_test(a_new_plugin_installs_where_the_runner_looks),
	    cmocka_unit_test(names_that_can_t_be_are_refused),
	    cmocka_unit_test(a_folder_that_exists_is_left_alone),
	    cmocka_unit_test(a_plugin_that_hangs_is_refused_after_a_while),
	};
	const struct CMUnitTest with_runner[] = {
	    runner_test(a_runner_with_corrupted_plugins_runs_the_good_one),
	};
	int failed = cmocka_run_group_tests_name("an author", tests, begin, end);

	failed += cmocka_run_group_tests_name("a site", with_runner, database_start, database_stop);
	return failed != 0;
}
