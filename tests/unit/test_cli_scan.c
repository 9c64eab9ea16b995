/* SPDX-License-Identifier: MIT */
/* The command "scan" as a vendor runs it: the real program, real plugins, a terminal now and then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/json.h"

#define WORDS_MAX 24
#define PATIENCE_NS (60 * NS_PER_S)

#define CANARY "canary-password"

/* What the tests work in, made anew for each. */
static char *directory;

static char *build_path(const char *folder, const char *name)
{
	const char *build = getenv("BUILD");

	return xasprintf("%s/%s/%s", build != NULL ? build : "build", folder, name);
}

static char *work_path(const char *name)
{
	return xasprintf("%s/%s", directory, name);
}

static char *read_all(const char *path)
{
	struct text text = TEXT_EMPTY;
	FILE *file = fopen(path, "r");
	char bytes[4096];
	size_t count;

	text_append(&text, "");
	while (file != NULL && (count = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_append_bytes(&text, bytes, count);
	if (file != NULL)
		fclose(file);
	return text_steal(&text);
}

/* Puts a new file in the place of another. */
static void put_file(const char *path, const char *content, size_t length)
{
	char *new = xasprintf("%s.new", path);
	FILE *file = fopen(new, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, length, file), length);
	fclose(file);
	assert_int_equal(rename(new, path), 0);
	free(new);
}

static char *write_script(const char *content)
{
	char *path = work_path("script");

	put_file(path, content, strlen(content));
	return path;
}

static int make_directory(void **state)
{
	char template[] = "/tmp/test-cli-scan-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(template));
	directory = xstrdup(template);
	return 0;
}

static int remove_directory(void **state)
{
	static const char *const names[] = {"out", "err", "script", "password", "scripted.so"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = work_path(names[i]);

		unlink(path);
		free(path);
	}
	assert_int_equal(rmdir(directory), 0);
	free(directory);
	return 0;
}

/* ---- the program ---- */

struct program {
	pid_t pid;
	char *out, *err; /* files with what it wrote */
	int terminal;    /* master of its standard input and error, or -1 */
};

static void redirect(const char *path, int fd)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);

	dup2(file, fd);
	close(file);
}

static _Noreturn void become_program(const struct program *program, char **words, int terminal)
{
	char *binary = build_path("bin", "iml-plugin");

	redirect(program->out, STDOUT_FILENO);
	redirect(program->err, STDERR_FILENO);
	if (terminal >= 0) {
		dup2(terminal, STDIN_FILENO);
		dup2(terminal, STDERR_FILENO);
	} else {
		redirect("/dev/null", STDIN_FILENO);
	}
	setenv("LC_ALL", "C", 1);
	setenv("TZ", "UTC", 1);
	execv(binary, words);
	_exit(127);
}

/* Starts "iml-plugin scan" with a plugin of a folder of the build and more words, up to NULL. */
static struct program start(bool in_terminal, const char *plugin, char *const *more)
{
	static char name[] = "iml-plugin", scan[] = "scan";
	struct program program = {.terminal = -1};
	char *words[WORDS_MAX] = {name, scan, xstrdup(plugin)};
	int terminal = -1;

	for (size_t i = 0; more[i] != NULL; i++) {
		assert_true(i + 4 < WORDS_MAX);
		words[i + 3] = more[i];
	}
	program.out = work_path("out");
	program.err = work_path("err");
	if (in_terminal)
		assert_int_equal(openpty(&program.terminal, &terminal, NULL, NULL, NULL), 0);
	program.pid = fork();
	assert_true(program.pid >= 0);
	if (program.pid == 0)
		become_program(&program, words, terminal);
	if (terminal >= 0)
		close(terminal);
	free(words[2]);
	return program;
}

#define WORDS(...) ((char *const[]){__VA_ARGS__, NULL})

/* Waits until a file has the text so many times. */
static void await(const char *path, const char *text, unsigned times)
{
	struct monotonic end = monotonic_after(monotonic_now(), PATIENCE_NS);
	unsigned count = 0;

	while (count < times) {
		char *content = read_all(path);

		count = 0;
		for (const char *at = content; (at = strstr(at, text)) != NULL; at++)
			count++;
		if (count < times && monotonic_since(end, monotonic_now()) < 0)
			fail_msg("no \"%s\" in: %s", text, content);
		free(content);
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
}

/* Waits for the end; the exit status, with what was written in *out and *err. */
static int finish(struct program *program, char **out, char **err)
{
	int status;

	assert_int_equal(waitpid(program->pid, &status, 0), program->pid);
	assert_true(WIFEXITED(status));
	*out = read_all(program->out);
	*err = read_all(program->err);
	free(program->out);
	free(program->err);
	if (program->terminal >= 0)
		close(program->terminal);
	return WEXITSTATUS(status);
}

/* Runs it to its end. */
static int run(const char *folder, const char *plugin, char *const *more, char **out, char **err)
{
	char *path = build_path(folder, plugin);
	struct program program = start(false, path, more);

	free(path);
	return finish(&program, out, err);
}

static struct program begin(const char *plugin, char *const *more)
{
	char *path = build_path("tests/plugins", plugin);
	struct program program = start(false, path, more);

	free(path);
	return program;
}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" in: %s", part, text);
}

/* "script=…" for the scripted plugin. */
static char *script_word(const char *content)
{
	char *path = write_script(content);
	char *word = xasprintf("script=%s", path);

	free(path);
	return word;
}

static char name_a[] = "name=A", array[] = "Array", once[] = "--once", json[] = "--json";
static char address[] = "address=a", setting[] = "--setting", debug[] = "--debug";
static char no_isolation[] = "--no-isolation", watch[] = "--watch";
static char hook_update[] = "hook=update_scan", how_segv[] = "how=segv", how_hang[] = "how=hang";
static char password_file[] = "--password-file", address_1[] = "address_1=10.0.0.1";

/* ---- one look ---- */

static void once_draws_the_tree_with_all_that_is_known(void **state)
{
	char *out, *err;

	(void)state;
	assert_int_equal(run("plugins", "example.so", WORDS(address_1, once), &out, &err), 0);
	assert_has(out, "Couplet (10.0.0.1, -)\n|  address_1=10.0.0.1  address_2=-\n");
	assert_has(out, "capacity=4.0TB  status=OK\n");
	assert_has(out, "temperature 25 C\n");
	assert_has(out, "parents: Controller 0, Controller 1, Drive");
	assert_has(out, "read_bytes 1.0GB  write_bytes");
	assert_lacks(out, "Changes as they happen");
	assert_string_equal(err, "");
	free(out);
	free(err);
}

static void no_isolation_gives_the_same(void **state)
{
	char *out, *out_2, *err;

	(void)state;
	assert_int_equal(run("plugins", "example.so", WORDS(address_1, once), &out, &err), 0);
	free(err);
	assert_int_equal(
	    run("plugins", "example.so", WORDS(no_isolation, address_1, once), &out_2, &err), 0);
	assert_string_equal(out, out_2);
	free(out);
	free(out_2);
	free(err);
}

static struct json_object *first_child(struct json_object *resource)
{
	return json_item(json_part(resource, "children"), 0);
}

static void once_gives_programs_one_object(void **state)
{
	char *script = script_word("disk S1 status=FAILED\ntemperature S1 36.5\npool P1 disk=S1\n");
	struct json_object *answer, *disk, *pool, *sample;
	char *out, *err;

	(void)state;
	assert_int_equal(run("tests/plugins", "scripted.so",
	                     WORDS(array, name_a, script, once, json), &out, &err),
	    0);
	answer = json_tokener_parse(out);
	assert_non_null(answer);
	assert_string_equal(json_text(answer, "plugin"), "scripted");
	disk = first_child(json_item(json_part(answer, "trees"), 0));
	assert_string_equal(json_text(json_part(disk, "attributes"), "serial"), "S1");
	assert_string_equal(
	    json_text(json_item(json_part(disk, "alerts"), 0), "severity"), "ERROR");
	sample = json_part(json_part(disk, "statistics"), "temperature");
	assert_true(json_real(sample, "value") == 36.5);
	assert_string_equal(json_text(sample, "units"), "C");
	assert_string_equal(json_text(sample, "text"), "36.5 C");
	pool = first_child(disk);
	assert_int_equal(
	    json_number(json_item(json_part(pool, "parents"), 0), "id"), json_number(disk, "id"));
	assert_int_equal(json_count(json_part(answer, "refused")), 0);
	assert_null(json_part(answer, "failed"));
	json_object_put(answer);
	free(script);
	free(out);
	free(err);
}

static void refused_calls_are_told_with_their_place(void **state)
{
	char *script = script_word("disk S1 bogus=1\ndisk S2 bogus=1\n");
	struct json_object *answer;
	char *out, *err;

	(void)state;
	assert_int_equal(
	    run("tests/plugins", "scripted.so", WORDS(array, name_a, script, once), &out, &err), 1);
	assert_has(err, "\ntests/plugins/scripted.c:");
	assert_has(err, ": iml_set: Disk S1: \"bogus\" is no attribute");
	assert_has(err, ": iml_set: Disk S2: \"bogus\" is no attribute");
	assert_has(out, "! 2 calls were refused");
	free(out);
	free(err);

	assert_int_equal(run("tests/plugins", "scripted.so",
	                     WORDS(array, name_a, script, once, json), &out, &err),
	    1);
	answer = json_tokener_parse(out);
	assert_true(json_count(json_part(answer, "refused")) >= 2);
	json_object_put(answer);
	free(script);
	free(out);
	free(err);
}

static void a_failed_scan_is_told_in_words(void **state)
{
	char *script = script_word("fail no\n");
	struct json_object *answer;
	char *out, *err;

	(void)state;
	assert_int_equal(
	    run("tests/plugins", "scripted.so", WORDS(array, name_a, script, once), &out, &err), 1);
	assert_has(err, "initial_scan failed: script says no\n");
	assert_has(out, "offline       Array A not contactable\n");
	free(out);
	free(err);

	assert_int_equal(run("tests/plugins", "scripted.so",
	                     WORDS(array, name_a, script, once, json), &out, &err),
	    1);
	answer = json_tokener_parse(out);
	assert_string_equal(json_text(json_part(answer, "failed"), "hook"), "initial_scan");
	assert_string_equal(json_text(json_part(answer, "failed"), "reason"), "script says no");
	json_object_put(answer);
	free(script);
	free(out);
	free(err);
}

static void what_the_plugin_prints_is_marked_and_no_output(void **state)
{
	char *out, *err;

	(void)state;
	assert_int_equal(
	    run("tests/plugins", "prints_garbage.so", WORDS(address, once), &out, &err), 0);
	assert_has(err, "prints_garbage prints: a line on stdout\n");
	assert_has(err, "prints_garbage prints: a line on stderr\n");
	assert_lacks(out, "a line on");
	assert_lacks(err, "\033");
	free(out);
	free(err);
}

/* ---- over time ---- */

static void changes_follow_until_ctrl_c(void **state)
{
	char *script = script_word("disk S1 status=FAILED\n");
	struct program program = begin("scripted.so", WORDS(array, name_a, script));
	char *out, *err;

	(void)state;
	await(program.out, "Changes as they happen", 1);
	free(write_script("disk S1 status=OK\npool P1 disk=S1\n"));
	await(program.out, "cleared", 1);
	await(program.out, "changed       Disk S1  Status FAILED -> OK\n", 1);
	await(program.out, "appeared      Pool P1\n", 1);
	kill(program.pid, SIGINT);
	assert_int_equal(finish(&program, &out, &err), 0);
	assert_has(err, "INFO: teardown\n");
	free(script);
	free(out);
	free(err);
}

static void debug_tells_of_scans_and_samples(void **state)
{
	char *script = script_word("disk S1\ntemperature S1 20\n");
	struct program program = begin("scripted.so", WORDS(array, name_a, script, debug));
	char *out, *err;

	(void)state;
	await(program.out, "sampled       Disk S1  Temperature 20 C\n", 1);
	await(program.out, " reports, 0 removals, 1 samples, 0 refused\n", 1);
	kill(program.pid, SIGTERM);
	assert_int_equal(finish(&program, &out, &err), 0);
	assert_has(err, "DEBUG: update scan\n");
	free(script);
	free(out);
	free(err);
}

static void programs_get_the_tree_and_then_each_change_on_a_line(void **state)
{
	char *script = script_word("disk S1 status=OK\n");
	struct program program = begin("scripted.so", WORDS(array, name_a, script, json));
	struct json_object *line;
	char *out, *err, *rest;

	(void)state;
	await(program.out, "\"trees\"", 1);
	free(write_script("disk S1 status=FAILED\n"));
	await(program.out, "\"alert_raised\"", 1);
	kill(program.pid, SIGINT);
	assert_int_equal(finish(&program, &out, &err), 0);
	line = json_tokener_parse(strtok_r(out, "\n", &rest));
	assert_int_equal(json_count(json_part(line, "trees")), 1);
	json_object_put(line);
	line = json_tokener_parse(strtok_r(NULL, "\n", &rest));
	assert_string_equal(json_text(line, "kind"), "changed");
	assert_string_equal(json_text(line, "to"), "FAILED");
	json_object_put(line);
	free(script);
	free(out);
	free(err);
}

static void a_failed_session_is_followed_by_the_next(void **state)
{
	char *script = script_word("disk S1\n");
	struct program program = begin("scripted.so", WORDS(array, name_a, script));
	char *out, *err;

	(void)state;
	await(program.out, "Changes as they happen", 1);
	free(write_script("fail no\n"));
	await(program.out, "offline       Array A not contactable\n", 1);
	await(program.err, "update_scan failed: script says no\n", 1);
	await(program.err, "next try in 2 s\n", 1);
	await(program.err, "next try in 4 s\n", 1);
	free(write_script("disk S1\n"));
	await(program.out, "online        Array A\n", 1);
	kill(program.pid, SIGINT);
	assert_int_equal(finish(&program, &out, &err), 1);
	free(script);
	free(out);
	free(err);
}

static void ctrl_c_waits_for_the_hook_and_a_second_one_does_not(void **state)
{
	struct program program = begin("crash_in_hook.so",
	    WORDS(array, address, setting, hook_update, setting, how_hang, debug));
	char *out, *err;

	(void)state;
	await(program.err, "idle -> scanning", 1);
	kill(program.pid, SIGINT);
	await(program.err, "waiting for update_scan to return (Ctrl-C again: end at once)\n", 1);
	kill(program.pid, SIGINT);
	assert_int_equal(finish(&program, &out, &err), 1);
	assert_has(err, "ended at once: teardown was not waited for\n");
	assert_lacks(err, "plugin died");
	free(out);
	free(err);
}

static void a_hook_that_takes_long_is_told_of(void **state)
{
	struct program program = begin(
	    "crash_in_hook.so", WORDS(array, address, setting, hook_update, setting, how_hang));
	char *out, *err;

	(void)state;
	await(program.err, "update_scan runs since 10 s; the runner would end it after 600 s\n", 1);
	kill(program.pid, SIGINT);
	await(program.err, "waiting for update_scan", 1);
	kill(program.pid, SIGINT);
	assert_int_equal(finish(&program, &out, &err), 1);
	free(out);
	free(err);
}

static void a_crash_has_an_obituary(void **state)
{
	static char quoted[] = "note=it's so";
	char *out, *err;

	(void)state;
	assert_int_equal(
	    run("tests/plugins", "crash_in_hook.so",
	        WORDS(array, address, setting, hook_update, setting, how_segv, setting, quoted),
	        &out, &err),
	    1);
	assert_has(err, "plugin died: signal 11 (Segmentation fault) in update_scan; run it under "
	                "gdb with: gdb --args iml-plugin scan --no-isolation ");
	assert_has(err,
	    "crash_in_hook.so Array address=a --setting hook=update_scan --setting how=segv "
	    "--setting 'note=it'\\''s so'\n");
	free(out);
	free(err);
}

/* ---- watching the file ---- */

static void copy_plugin(const char *to)
{
	char *from = build_path("tests/plugins", "scripted.so");
	FILE *file = fopen(from, "r");
	struct text text = TEXT_EMPTY;
	char bytes[65536];
	size_t count;

	assert_non_null(file);
	while ((count = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_append_bytes(&text, bytes, count);
	fclose(file);
	put_file(to, text.data, text.length);
	text_clear(&text);
	free(from);
}

static void a_new_file_is_loaded(void **state)
{
	char *script = script_word("disk S1\n");
	char *plugin = work_path("scripted.so");
	struct program program;
	char *out, *err;

	(void)state;
	copy_plugin(plugin);
	program = start(false, plugin, WORDS(array, name_a, script, watch));
	await(program.out, "Changes as they happen", 1);

	copy_plugin(plugin);
	await(program.err, "INFO: teardown\n", 1);
	await(program.err, "reloaded ", 1);
	await(program.out, "Changes as they happen", 2);

	put_file(plugin, "junk", 4);
	await(program.err, "scripted.so is no shared object\n", 1);
	await(program.err, "the new file can't be used, and the session of the old one has ended\n",
	    1);
	await(program.err, "waiting for ", 1);

	copy_plugin(plugin);
	await(program.out, "Changes as they happen", 3);
	kill(program.pid, SIGINT);
	assert_int_equal(finish(&program, &out, &err), 0);
	free(plugin);
	free(script);
	free(out);
	free(err);
}

/* ---- passwords ---- */

static void a_password_on_the_command_line_is_refused(void **state)
{
	static char password[] = "password=" CANARY;
	char *out, *err;

	(void)state;
	assert_int_equal(
	    run("tests/plugins", "keeps_secret.so", WORDS(name_a, password, once), &out, &err), 2);
	assert_has(err, "seen by everybody on this machine");
	assert_has(err, "--password-file password=FILE");
	assert_lacks(err, CANARY);
	free(out);
	free(err);

	assert_int_equal(
	    run("tests/plugins", "keeps_secret.so", WORDS(name_a, once), &out, &err), 2);
	assert_has(err, "needs a value for \"password\"");
	assert_has(err, "--password-file ATTRIBUTE=FILE");
	free(out);
	free(err);
}

static void a_password_comes_from_a_file_and_is_nowhere_shown(void **state)
{
	char *path = work_path("password");
	char *word = xasprintf("password=%s", path);
	char *out, *err;

	(void)state;
	put_file(path, CANARY "\n", sizeof(CANARY));
	assert_int_equal(run("tests/plugins", "keeps_secret.so",
	                     WORDS(name_a, password_file, word, once, debug), &out, &err),
	    1); /* for what the plugin does with it */
	assert_has(out, "name=A");
	assert_lacks(out, "canary");
	assert_lacks(err, "canary");
	assert_lacks(err, "is not obfuscated");
	free(path);
	free(word);
	free(out);
	free(err);
}

/* Reads what the terminal shows until there is the text. */
static void await_terminal(int terminal, struct text *shown, const char *text)
{
	struct pollfd event = {.fd = terminal, .events = POLLIN};
	char bytes[4096];
	ssize_t count;

	while (shown->length == 0 || strstr(shown->data, text) == NULL) {
		assert_int_equal(poll(&event, 1, (int)(PATIENCE_NS / NS_PER_MS)), 1);
		count = read(terminal, bytes, sizeof(bytes));
		if (count <= 0)
			fail_msg("no \"%s\" in: %s", text, shown->data);
		text_append_bytes(shown, bytes, (size_t)count);
	}
}

static void a_missing_password_is_asked_for(void **state)
{
	char *path = build_path("tests/plugins", "keeps_secret.so");
	struct program program = start(true, path, WORDS(name_a, once));
	struct text shown = TEXT_EMPTY;
	char *out, *err;

	(void)state;
	await_terminal(program.terminal, &shown, "password: ");
	assert_int_equal(write(program.terminal, CANARY "\n", sizeof(CANARY)), sizeof(CANARY));
	await_terminal(program.terminal, &shown, "keeps_secret.c:");
	await_terminal(program.terminal, &shown, "Next: ");
	assert_int_equal(finish(&program, &out, &err), 1);
	assert_has(out, "name=A");
	assert_lacks(shown.data, "canary");
	assert_lacks(out, "canary");
	text_clear(&shown);
	free(path);
	free(out);
	free(err);
}

/* ---- mistakes ---- */

static void mistakes_in_arguments_are_told(void **state)
{
	static char other[] = "Other", wrong[] = "adress=a", blank[] = "address=not a host";
	static char period[] = "--period", many[] = "many", unknown[] = "--frobnicate";
	static const struct {
		const char *plugin;
		char *words[5];
		const char *said;
	} cases[] = {
	    {"none.so", {address}, "none.so: No such file or directory"},
	    {"t_hooks.c", {address}, "the name of a plugin's file ends with .so"},
	    {"scripted.so", {name_a}, "say which class to scan: Array, Numbered"},
	    {"crash_in_hook.so", {other, address},
	        "no scannable class \"Other\" (it has: Array, Vault)"},
	    {"crash_in_hook.so", {array, wrong},
	        "Array has no attribute \"adress\" (it has: address)"},
	    {"crash_in_hook.so", {array, blank}, "\"address\": "},
	    {"crash_in_hook.so", {array, once}, "Array needs a value for \"address\""},
	    {"crash_in_hook.so", {array, address, period, many},
	        "\"many\" is not a number of seconds"},
	    {"crash_in_hook.so", {array, address, setting, many}, "\"many\" is not KEY=VALUE"},
	    {"crash_in_hook.so", {array, address, other}, "\"Other\" is not ATTRIBUTE=VALUE"},
	    {"crash_in_hook.so", {array, address, unknown}, "unrecognized option"},
	    {"crash_in_hook.so", {array, address, watch, no_isolation}, "leave out --no-isolation"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *out, *err;
		int status = run("tests/plugins", cases[i].plugin, cases[i].words, &out, &err);

		assert_has(err, cases[i].said);
		assert_has(err, "see \"iml-plugin help scan\"\n");
		assert_int_equal(status, 2);
		assert_string_equal(out, "");
		free(out);
		free(err);
	}
}

static void a_plugin_that_cant_be_used_is_told_with_all_reasons(void **state)
{
	char *out, *err;

	(void)state;
	assert_int_equal(run("tests/plugins", "bad_five.so", WORDS(address, once), &out, &err), 1);
	assert_has(err, "the identifier names \"adress\"");
	assert_has(err, "an Enum needs at least one option");
	free(out);
	free(err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(once_draws_the_tree_with_all_that_is_known),
	    TEST(no_isolation_gives_the_same),
	    TEST(once_gives_programs_one_object),
	    TEST(refused_calls_are_told_with_their_place),
	    TEST(a_failed_scan_is_told_in_words),
	    TEST(what_the_plugin_prints_is_marked_and_no_output),
	    TEST(changes_follow_until_ctrl_c),
	    TEST(debug_tells_of_scans_and_samples),
	    TEST(programs_get_the_tree_and_then_each_change_on_a_line),
	    TEST(a_failed_session_is_followed_by_the_next),
	    TEST(ctrl_c_waits_for_the_hook_and_a_second_one_does_not),
	    TEST(a_hook_that_takes_long_is_told_of),
	    TEST(a_crash_has_an_obituary),
	    TEST(a_new_file_is_loaded),
	    TEST(a_password_on_the_command_line_is_refused),
	    TEST(a_password_comes_from_a_file_and_is_nowhere_shown),
	    TEST(a_missing_password_is_asked_for),
	    TEST(mistakes_in_arguments_are_told),
	    TEST(a_plugin_that_cant_be_used_is_told_with_all_reasons),
	};

	return cmocka_run_group_tests_name("iml-plugin scan", tests, NULL, NULL);
}
