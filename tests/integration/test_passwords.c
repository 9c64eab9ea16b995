/* SPDX-License-Identifier: MIT */
/*
 * A password is looked for in everything that the runner and the author's tools let out: logs,
 * answers, tables and views, arguments, environments, memory of the plugin's process, core files.
 * It is typed in the configuration, and obfuscated by the plugin canary; nobody may see either.
 */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "../plugins/canary.h"
#include "base/memory.h"
#include "base/text.h"

#define SECRET_SIZE 64
#define OPENAPI_FILE "conf/openapi.json"

/* A password as it is typed, and as it is stored. */
struct secret {
	char typed[SECRET_SIZE];
	char stored[SECRET_SIZE];
};

/* Different for each test program that runs, so that a canary is never another's. */
static struct secret make_secret(const char *word)
{
	struct secret secret;

	snprintf(secret.typed, sizeof(secret.typed), "%s-%d-kanarie", word, (int)getpid());
	assert_true(canary_obfuscate(secret.typed, secret.stored, sizeof(secret.stored)));
	return secret;
}

static void configure(struct runner *runner, const char *password)
{
	char *path = built("tests/plugins/canary.so");

	runner_configure(runner,
	    "log: {level: debug, plugin_level: debug}\nplugins: [%s]\n"
	    "scannables:\n  - {plugin: canary, class: Array, attributes: {name: A, password: "
	    "\"%s\"}}\n",
	    path, password);
	free(path);
}

/* ---- looking for it ---- */

/* Fails if the bytes hold a secret; where tells of what they are. */
static void assert_clean(
    const char *where, const void *bytes, size_t length, const struct secret *secret)
{
	if (memmem(bytes, length, secret->typed, strlen(secret->typed)) != NULL)
		fail_msg("the password as it was typed is in %s", where);
	if (memmem(bytes, length, secret->stored, strlen(secret->stored)) != NULL)
		fail_msg("the obfuscated password is in %s", where);
}

static void assert_text_clean(const char *where, char *text, const struct secret *secret)
{
	assert_non_null(text);
	assert_clean(where, text, strlen(text), secret);
	free(text);
}

static void assert_log_clean(struct runner *runner, const struct secret *secret)
{
	assert_text_clean("the log", read_log(runner), secret);
}

/* What a file of /proc holds, which has no size; false if it can't be read. */
static bool read_process_file(const char *process, const char *name, struct text *content)
{
	char *path = xasprintf("/proc/%s/%s", process, name);
	FILE *file = fopen(path, "re");
	char part[4096];
	size_t length;

	free(path);
	if (file == NULL)
		return false;
	while ((length = fread(part, 1, sizeof(part), file)) > 0)
		text_append_bytes(content, part, length);
	fclose(file);
	return true;
}

/* ---- commands and control API ---- */

static void look_at_commands(struct runner *runner, const struct secret *secret)
{
	static const char *const words[] = {"status", "tree", "tree 1", "list", "list --all",
	    "list Array", "list canary.Array", "list ScannableResource", "list Drive", "show 1",
	    "show 2", "alerts", "alerts --all", "impact 1", "impact 2", "graph", "graph 1",
	    "health", "health --nagios", "volumes", "log-level", "top --once"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		int status;
		char *output = command(runner, &status, "%s", words[i]);

		/* 1: not all is well, since a scan is degraded. */
		if (status > 1)
			fail_msg("%s: %s", words[i], output);
		assert_text_clean(words[i], output, secret);
		assert_text_clean(words[i], command(runner, NULL, "--json %s", words[i]), secret);
	}
	assert_text_clean("graph --dot", command(runner, NULL, "graph --dot"), secret);
}

static void look_at_path(struct runner *runner, const char *path, const struct secret *secret)
{
	char *request =
	    xasprintf("GET %s HTTP/1.1\r\nHost: runner\r\nConnection: close\r\n\r\n", path);
	char *answer = http_exchange(runner, request);

	assert_int_equal(strncmp(answer, "HTTP/1.1 ", 9), 0);
	assert_text_clean(path, answer, secret);
	free(request);
}

/* Puts something that is there in the place of what a path leaves open: "{id}", "{name}". */
static char *fill_in(const char *path)
{
	const char *open = strchr(path, '{');
	const char *close = open != NULL ? strchr(open, '}') : NULL;

	if (close == NULL)
		return xstrdup(path);
	return xasprintf("%.*s%s%s", (int)(open - path), path,
	    strncmp(open, "{id}", 4) == 0 ? "1" : "canary", close + 1);
}

/* Whether an answer comes to an end. */
static bool has_end(struct json_object *get)
{
	const char *text = json_object_to_json_string_ext(get, JSON_C_TO_STRING_NOSLASHESCAPE);

	return strstr(text, "text/event-stream") == NULL;
}

/* What the control API answers to everything that can be asked, and to what can't. */
static void look_at_control(struct runner *runner, const struct secret *secret)
{
	static const char *const further[] = {"/v1/classes?internal=true",
	    "/v1/resources?class=canary.Array", "/v1/resources/2", "/v1/resources?password=x",
	    "/v1/nothing"};
	struct json_object *description = json_object_from_file(OPENAPI_FILE);
	struct json_object *paths = json_object_object_get(description, "paths");
	struct json_object *get;
	size_t asked = 0;

	assert_non_null(paths);
	json_object_object_foreach(paths, path, methods)
	{
		char *filled = fill_in(path);

		if (json_object_object_get_ex(methods, "get", &get) && has_end(get)) {
			look_at_path(runner, filled, secret);
			asked++;
		}
		free(filled);
	}
	assert_true(asked >= 10);
	for (size_t i = 0; i < sizeof(further) / sizeof(further[0]); i++)
		look_at_path(runner, further[i], secret);
	json_object_put(description);
}

/* "iml-plugin watch" in the background, with what it writes in a file. Its pid. */
static pid_t start_watch(struct runner *runner, const char *file)
{
	char *program = built("bin/iml-plugin");
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execl(program, program, "--socket", runner->socket, "--json", "watch", NULL);
		_exit(127);
	}
	free(program);
	return pid;
}

/* ---- the database ---- */

/* How many rows of a table or view, without one column, hold either form. */
static long count_rows(
    struct runner *runner, const char *name, const char *column, const struct secret *secret)
{
	return query_number(runner,
	    "select count(*) from %s t where strpos((to_jsonb(t) - '%s')::text, '%s') > 0 or "
	    "strpos((to_jsonb(t) - '%s')::text, '%s') > 0",
	    name, column, secret->typed, column, secret->stored);
}

/* Every table and view; one column of one table holds the obfuscated password, and no other. */
static void look_at_database(struct runner *runner, const struct secret *secret)
{
	long count = query_number(runner,
	    "select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace "
	    "where nspname = 'storage' and relkind in ('r', 'p', 'v', 'm')");

	assert_true(count > 10);
	for (long i = 0; i < count; i++) {
		char *name = xstrdup(query(runner,
		    "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = "
		    "relnamespace where nspname = 'storage' and relkind in ('r', 'p', 'v', 'm') "
		    "order by c.oid offset %ld limit 1",
		    i));
		bool is_table = strcmp(name, "storage.resource") == 0;

		if (count_rows(runner, name, is_table ? "secrets" : "", secret) != 0)
			fail_msg("a password is in %s", name);
		free(name);
	}
	assert_int_equal(query_number(runner,
	                     "select count(*) from storage.resource where secrets->>'password' = "
	                     "'%s' and strpos(secrets::text, '%s') = 0",
	                     secret->stored, secret->typed),
	    1);
}

/* ---- processes ---- */

/* Arguments and environment of every process there is. */
static void look_at_processes(const struct secret *secret)
{
	static const char *const names[] = {"cmdline", "environ", "comm"};
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	size_t looked = 0;

	assert_non_null(processes);
	while ((entry = readdir(processes)) != NULL) {
		for (size_t i = 0; i < 3 && entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
		     i++) {
			struct text content = TEXT_EMPTY;

			looked += read_process_file(entry->d_name, names[i], &content);
			if (content.length > 0)
				assert_clean(names[i], content.data, content.length, secret);
			text_clear(&content);
		}
	}
	closedir(processes);
	assert_true(looked > 0);
}

/* Whether a mapping of a process has the text. */
static bool mapping_has(
    int memory, unsigned long long begin, unsigned long long end, const char *text)
{
	size_t size = end - begin;
	char *bytes = malloc(size);
	ssize_t length = bytes != NULL ? pread(memory, bytes, size, (off_t)begin) : 0;
	bool found = length > 0 && memmem(bytes, (size_t)length, text, strlen(text)) != NULL;

	free(bytes);
	return found;
}

/* A sanitizer maps more than can be read, and what is freed stays for a while. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_READABLE false
#else
#define MEMORY_IS_READABLE true
#endif

/* Looks for a text in all memory of a process. -1: that can't be read. */
static int memory_has(pid_t pid, const char *text)
{
	char number[16], path[64];
	struct text maps = TEXT_EMPTY;
	char *rest = NULL;
	int found = 0, memory;

	snprintf(number, sizeof(number), "%d", (int)pid);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	memory = MEMORY_IS_READABLE ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (memory < 0 || !read_process_file(number, "maps", &maps)) {
		if (memory >= 0)
			close(memory);
		return -1;
	}
	for (char *line = strtok_r(maps.data, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		unsigned long long begin, end;
		char readable;

		if (sscanf(line, "%llx-%llx %c", &begin, &end, &readable) == 3 && readable == 'r' &&
		    strstr(line, "[v") == NULL)
			found |= mapping_has(memory, begin, end, text);
	}
	text_clear(&maps);
	close(memory);
	return found;
}

/* What was typed is gone from the plugin's process, and a core file of it can't be had. */
static void look_at_memory(struct runner *runner, const struct secret *secret)
{
	pid_t plugin = plugin_pid(runner, "canary");
	int found = memory_has(plugin, secret->typed);

	assert_true(count_log(runner, "this process is guarded") > 0);
	assert_int_equal(count_log(runner, "this process is dumpable"), 0);
	if (found < 0) {
		print_message(
		    "the memory of the plugin's process can't be read: only root may, and without "
		    "sanitizers\n");
		return;
	}
	assert_int_equal(found, 0);
	/* The plugin works with what is stored: this shows that memory was looked at. */
	assert_int_equal(memory_has(plugin, secret->stored), 1);
}

/* ---- the tests ---- */

static void look_at_everything(struct runner *runner, const struct secret *secret)
{
	look_at_commands(runner, secret);
	look_at_control(runner, secret);
	look_at_database(runner, secret);
	look_at_processes(secret);
	assert_log_clean(runner, secret);
}

static void a_password_is_in_nothing_that_the_runner_lets_out(void **state)
{
	struct runner *runner = *state;
	const struct secret first = make_secret("first"), second = make_secret("second");
	char *file;
	pid_t watch;

	configure(runner, first.typed);
	runner_start(runner, "--verbose", NULL);
	wait_for(runner, "select count(*) = 1 from storage.resources where class = 'Drive'");
	wait_for(
	    runner, "select count(*) = 1 from storage.alerts where active and name = 'degraded'");
	wait_for_log(runner, "this process is", 2);
	look_at_everything(runner, &first);
	look_at_memory(runner, &first);

	file = xasprintf("%s/watch", runner->directory);
	watch = start_watch(runner, file);
	configure(runner, second.typed);
	kill(runner->pid, SIGHUP);
	wait_for(runner,
	    "select count(*) = 1 from storage.resource where secrets->>'password' = '%s'",
	    second.stored);
	wait_for_log(runner, "this process is", count_log(runner, "this process is") + 2);
	look_at_everything(runner, &second);
	assert_log_clean(runner, &first);
	assert_int_equal(runner_stop(runner), 0);
	assert_true(waitpid(watch, NULL, 0) == watch);
	assert_text_clean("the changes", read_whole(file), &second);
	assert_log_clean(runner, &second);
	free(file);
}

static void a_password_that_the_plugin_refuses_is_told_without_it(void **state)
{
	struct runner *runner = *state;
	const struct secret refused = make_secret("refuse"), deadly = make_secret("abort");

	configure(runner, refused.typed);
	runner_start(runner, NULL);
	wait_for_log(runner, "the plugin's obfuscate function failed", 1);
	look_at_control(runner, &refused);
	assert_int_equal(runner_stop(runner), 0);
	assert_log_clean(runner, &refused);

	configure(runner, deadly.typed);
	runner_start(runner, NULL);
	wait_for_log(runner, "died: signal 6", 1);
	assert_int_equal(
	    query_number(runner, "select count(*) from storage.resources where class = 'Array'"),
	    0);
	look_at_control(runner, &deadly);
	assert_int_equal(runner_stop(runner), 0);
	assert_log_clean(runner, &deadly);
}

/* Configurations with a mistake beside the password, or in it. */
static const char *const mistakes[] = {
    "  - {plugin: canary, class: Array, attributes: {name: A, password: SECRET, colour: red}}\n",
    "  - {plugin: canary, class: Array, attributes: {password: SECRET}}\n",
    "  - {plugin: canary, class: Arrow, attributes: {name: A, password: SECRET}}\n",
    "  - {plugin: canary, class: Array, attributes: {name: A, password: [SECRET]}}\n",
    "  - {plugin: canary, class: Array, attributes: {name: A, password: {SECRET: 1}}}\n",
    "  - {plugin: canary, class: Array, attributes: {name: A, password: SECRET, password: "
    "SECRET}}\n",
    "  - {plugin: canary, class: Array, attributes: {name: A, token: SECRET}}\n",
    "  - {plugin: canary, class: Array, password: SECRET, attributes: {name: A}}\n",
    "  - {plugin: canary, class: Array, attributes: {name: A, password: \"SECRET}}\n",
    "  - {plugin: canary, class: Array, attributes: {name: A, password: SECRET, passwrd: "
    "SECRET}}\n",
    "  - {plugin: canary, class: Array, attributes: {name: A, password: "
    "SECRETSECRETSECRETSECRETSECRETSECRET}}\n",
    "  - {plugin: canary, class: Array, attributes: {name: A, password: *SECRET}}\n",
};

/* The text with a word in it replaced wherever it is; the caller frees it. */
static char *replace(const char *text, const char *word, const char *by)
{
	struct text out = TEXT_EMPTY;
	const char *found;

	for (; (found = strstr(text, word)) != NULL; text = found + strlen(word)) {
		text_append_bytes(&out, text, (size_t)(found - text));
		text_append(&out, by);
	}
	text_append(&out, text);
	return text_steal(&out);
}

static void a_mistake_beside_a_password_is_told_without_it(void **state)
{
	struct runner *runner = *state;
	const struct secret secret = make_secret("beside");
	char *path = built("tests/plugins/canary.so");

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		char *scannables = replace(mistakes[i], "SECRET", secret.typed);

		runner_configure(runner,
		    "log: {level: debug, plugin_level: debug}\nplugins: [%s]\n"
		    "scannables:\n%s",
		    path, scannables);
		runner_start(runner, "--check", NULL);
		if (runner_wait(runner) != 78)
			fail_msg("this is taken for good: %s", scannables);
		free(scannables);
	}
	assert_log_clean(runner, &secret);
	free(path);
}

/* Runs one of the author's commands on the plugin, and looks at all that it writes. */
static void look_at_tool(
    struct runner *runner, const char *words, int expected, const struct secret *secret)
{
	char *plugin = built("tests/plugins/canary.so");
	const char *file = write_file(runner, "password", "%s\n", secret->typed);
	char *with_plugin = replace(words, "PLUGIN", plugin);
	char *with_file = replace(with_plugin, "FILE", file);
	char *line = replace(with_file, "DIRECTORY", runner->directory);
	int status;
	char *output = command(runner, &status, "%s", line);

	if (status != expected)
		fail_msg("%s: %d: %s", line, status, output);
	assert_text_clean(line, output, secret);
	free(line);
	free(with_file);
	free(with_plugin);
	free(plugin);
}

static void a_password_is_in_nothing_that_the_tools_of_authors_let_out(void **state)
{
	struct runner *runner = *state;
	const struct secret secret = make_secret("tools"), refused = make_secret("refuse");
	char *report = xasprintf("%s/report", runner->directory);

	/* Its calls that are refused on purpose make these fail, and are told. */
	look_at_tool(
	    runner, "scan PLUGIN name=A --password-file password=FILE --once --debug", 1, &secret);
	look_at_tool(
	    runner, "scan PLUGIN name=A --password-file password=FILE --once --json", 1, &secret);
	look_at_tool(runner,
	    "scan PLUGIN name=A --password-file password=FILE --once --no-isolation", 1, &secret);
	look_at_tool(
	    runner, "scan PLUGIN name=A --password-file password=FILE --once", 2, &refused);
	look_at_tool(
	    runner, "scan PLUGIN colour=A --password-file password=FILE --once", 2, &secret);
	look_at_tool(runner, "validate PLUGIN --json", 0, &secret);
	look_at_tool(runner,
	    "certify PLUGIN name=A --password-file password=FILE --scans 32 --output "
	    "DIRECTORY/report",
	    1, &secret);
	assert_text_clean("the report", read_whole(report), &secret);
	look_at_tool(runner,
	    "certify PLUGIN name=A --password-file password=FILE --scans 32 --json", 1, &secret);
	look_at_processes(&secret);
	free(report);
}

/* Waits for a process that was killed as by a crash: whether it left a core file. */
static bool leaves_core(pid_t pid)
{
	int status;

	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFSIGNALED(status));
	return WCOREDUMP(status);
}

/* Another process, which leaves a core file, in the runner's directory, if any may. */
static pid_t start_crash(const struct runner *runner)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	if (chdir(runner->directory) == 0)
		raise(SIGQUIT);
	_exit(1);
}

static void the_runner_leaves_no_core_file(void **state)
{
	struct runner *runner = *state;
	const struct secret secret = make_secret("core");
	struct rlimit limit;

	/* What runs it may leave a file of its own. */
	if (getenv("IML_TEST_WRAPPER") != NULL)
		skip();
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_CORE, &limit);
	if (!leaves_core(start_crash(runner)))
		print_message("no process leaves a core file here: the runner's is not tried\n");
	configure(runner, secret.typed);
	runner_start(runner, NULL);
	wait_for_log(runner, "session online", 1);
	assert_int_equal(kill(runner->pid, SIGQUIT), 0);
	assert_false(leaves_core(runner->pid));
	runner->pid = 0;
}

/* ---- the password of the database ---- */

/* Makes a role that the server lets in with its password only. */
static void make_role(struct runner *runner, const char *name, const struct secret *secret)
{
	char *path = xstrdup(query(runner, "show hba_file"));
	char *rules = read_whole(path);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fprintf(file, "local all %s scram-sha-256\n%s", name, rules);
	assert_int_equal(fclose(file), 0);
	query(runner, "create role %s login superuser password $q$%s$q$; select pg_reload_conf()",
	    name, secret->typed);
	free(rules);
	free(path);
}

/* The runner's database is now used by another role. */
static void configure_role(struct runner *runner, const char *name)
{
	char *conninfo = runner->conninfo;
	char *plugin = built("tests/plugins/good_classes.so");

	runner->conninfo = xasprintf("%s user=%s", conninfo, name);
	runner_configure(runner, "log: {level: debug}\nplugins: [%s]\n", plugin);
	free(runner->conninfo);
	runner->conninfo = conninfo;
	free(plugin);
}

static void assert_not_told_to_plugin(struct runner *runner, const char *text)
{
	struct text environment = TEXT_EMPTY;
	char process[16];

	snprintf(process, sizeof(process), "%d", (int)plugin_pid(runner, "good_classes"));
	assert_true(read_process_file(process, "environ", &environment));
	assert_null(memmem(environment.data, environment.length, text, strlen(text)));
	text_clear(&environment);
}

static void the_password_of_the_database_comes_from_systemd(void **state)
{
	struct runner *runner = *state;
	struct secret secret = make_secret("it's\\");
	char *path;

	/* Given a role with a password, and a service that has it as a credential. */
	snprintf(secret.stored, sizeof(secret.stored), "%s", secret.typed);
	make_role(runner, "keeper", &secret);
	configure_role(runner, "keeper");
	write_file(runner, "database-password", "%s\n", secret.typed);
	path = xasprintf("%s/database-password", runner->directory);
	assert_int_equal(chmod(path, 0400), 0);
	setenv("CREDENTIALS_DIRECTORY", runner->directory, 1);

	/* When the runner is started, then the database lets it in. */
	runner_start(runner, "--verbose", NULL);
	unsetenv("CREDENTIALS_DIRECTORY");
	wait_for_log(runner, "database: ready", 1);
	wait_for_plugin(runner, "good_classes", "running");

	/* And nothing tells the password, or plugins the way to it. */
	look_at_control(runner, &secret);
	look_at_processes(&secret);
	assert_log_clean(runner, &secret);
	assert_not_told_to_plugin(runner, "CREDENTIALS");
	assert_int_equal(runner_stop(runner), 0);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(a_password_is_in_nothing_that_the_runner_lets_out),
	    runner_test(a_password_that_the_plugin_refuses_is_told_without_it),
	    runner_test(a_mistake_beside_a_password_is_told_without_it),
	    runner_test(a_password_is_in_nothing_that_the_tools_of_authors_let_out),
	    runner_test(the_runner_leaves_no_core_file),
	    runner_test(the_password_of_the_database_comes_from_systemd),
	};

	return cmocka_run_group_tests_name("passwords", tests, database_start, database_stop);
}
