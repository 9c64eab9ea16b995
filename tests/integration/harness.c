/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>
#include <libpq-fe.h>

#include "base/memory.h"
#include "base/text.h"

/* ---- time ---- */

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* The pause between two looks at a condition. */
static void pause_briefly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
}

/* ---- files ---- */

static const char *build_directory(void)
{
	const char *build = getenv("BUILD");

	return build != NULL ? build : "build";
}

char *built(const char *name)
{
	char *relative = xasprintf("%s/%s", build_directory(), name);
	char *path = realpath(relative, NULL);

	if (path == NULL)
		fail_msg("%s was not built", relative);
	free(relative);
	return path;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* In /tmp, where the server's user gets at it, whatever TMPDIR says. */
static char *make_directory(void)
{
	char *path = xstrdup("/tmp/iml-test-XXXXXX");

	assert_non_null(mkdtemp(path));
	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

const char *write_file(struct runner *runner, const char *name, const char *format, ...)
{
	static char path[4096];
	char *content;
	char *next = xasprintf("%s/%s.next", runner->directory, name);
	va_list arguments;
	FILE *file;

	va_start(arguments, format);
	content = xvasprintf(format, arguments);
	va_end(arguments);
	snprintf(path, sizeof(path), "%s/%s", runner->directory, name);
	file = fopen(next, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(next, path), 0);
	free(next);
	free(content);
	return path;
}

/* What is in the file, or nothing if it is not there. */
char *read_whole(const char *path)
{
	FILE *file = fopen(path, "r");
	struct text text = TEXT_EMPTY;
	char part[65536];
	size_t length;

	if (file == NULL)
		return xstrdup("");
	while ((length = fread(part, 1, sizeof(part), file)) > 0)
		text_append_bytes(&text, part, length);
	fclose(file);
	return text_steal(&text);
}

void copy_plugin(struct runner *runner, const char *from, const char *to)
{
	char *path = built(from);
	char *line = xasprintf("cp %s %s/%s.so", path, runner->directory, to);

	assert_int_equal(system(line), 0);
	free(line);
	free(path);
}

void rename_in(struct runner *runner, const char *from, const char *to)
{
	char *old = xasprintf("%s/%s", runner->directory, from);
	char *new = xasprintf("%s/%s", runner->directory, to);

	assert_int_equal(rename(old, new), 0);
	free(new);
	free(old);
}

/* ---- the database server ---- */

static struct {
	char *directory;
	char *user;
	char *bin;
	pid_t pid;
	unsigned databases;
} server;

/* The newest of the installed servers' programs. */
static char *find_bin(void)
{
	glob_t found;
	char *bin;

	if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0)
		fail_msg("no PostgreSQL server is installed");
	bin = xstrdup(found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return bin;
}

static void become(const char *user)
{
	const struct passwd *entry = getpwnam(user);

	if (geteuid() != 0)
		return;
	if (entry == NULL || initgroups(user, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 ||
	    setuid(entry->pw_uid) != 0)
		_exit(126);
}

/*
 * Runs a program of the server, which the first argument names, as its user, output to a file; the
 * child ends with the test.
 */
static pid_t spawn_server_program(char *arguments[])
{
	pid_t pid = fork();

	if (pid == 0) {
		char *log = xasprintf("%s/server.log", server.directory);
		int fd;

		become(server.user);
		/* That user need not get at the directory of the tests, and PostgreSQL insists. */
		if (chdir(server.directory) != 0)
			_exit(126);
		prctl(PR_SET_PDEATHSIG, SIGQUIT);
		fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		/* It looks beside itself for the others. */
		arguments[0] = xasprintf("%s/%s", server.bin, arguments[0]);
		execv(arguments[0], arguments);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

/* Fails the tests with what the server said. */
static void server_failed(const char *program)
{
	char *path = xasprintf("%s/server.log", server.directory);
	char *log = read_whole(path);

	fprintf(stderr, "---- log of the database server ----\n%s", log);
	free(log);
	free(path);
	fail_msg("%s did not succeed", program);
}

static void launch_server(void)
{
	char *arguments[] = {(char[]){"postgres"}, (char[]){"-D"},
	    xasprintf("%s/data", server.directory), (char[]){"-k"}, server.directory,
	    (char[]){"-c"}, (char[]){"listen_addresses="}, (char[]){"-c"},
	    (char[]){"max_connections=40"}, (char[]){"-c"}, (char[]){"shared_buffers=32MB"},
	    (char[]){"-c"}, (char[]){"log_statement=all"}, (char[]){"-c"},
	    (char[]){"log_parameter_max_length=0"}, (char[]){"-c"},
	    (char[]){"log_line_prefix=%a@%d "}, (char[]){"-c"},
	    (char[]){"autovacuum=off"}, /* its transactions would be counted, too */
	    NULL};
	char *conninfo =
	    xasprintf("host=%s user=%s dbname=postgres", server.directory, server.user);
	int64_t end = now_ms() + DEADLINE_S * 1000;

	server.pid = spawn_server_program(arguments);
	while (PQping(conninfo) != PQPING_OK) {
		if (now_ms() > end)
			server_failed("postgres");
		pause_briefly();
	}
	free(arguments[2]);
	free(conninfo);
}

int database_start(void **state)
{
	char *arguments[] = {(char[]){"initdb"}, (char[]){"--no-sync"}, (char[]){"-A"},
	    (char[]){"trust"}, (char[]){"-E"}, (char[]){"UTF8"}, (char[]){"--locale=C.UTF-8"},
	    (char[]){"-D"}, NULL, NULL};
	int status;

	(void)state;
	server.directory = make_directory();
	server.bin = find_bin();
	if (geteuid() == 0) {
		const struct passwd *entry = getpwnam("postgres");

		assert_non_null(entry);
		server.user = xstrdup("postgres");
		assert_int_equal(chown(server.directory, entry->pw_uid, entry->pw_gid), 0);
	} else {
		server.user = xstrdup(getpwuid(geteuid())->pw_name);
	}
	arguments[8] = xasprintf("%s/data", server.directory);
	assert_true(waitpid(spawn_server_program(arguments), &status, 0) > 0);
	if (status != 0)
		server_failed("initdb");
	free(arguments[8]);
	launch_server();
	return 0;
}

int database_stop(void **state)
{
	(void)state;
	if (server.pid > 0) {
		kill(server.pid, SIGQUIT);
		waitpid(server.pid, NULL, 0);
	}
	remove_tree(server.directory);
	free(server.directory);
	free(server.user);
	free(server.bin);
	return 0;
}

void database_crash(void)
{
	kill(server.pid, SIGQUIT);
	waitpid(server.pid, NULL, 0);
	server.pid = 0;
}

void database_resume(void)
{
	launch_server();
}

/* ---- runners ---- */

static void run_sql(const char *database, const char *format, const char *name)
{
	char *conninfo =
	    xasprintf("host=%s user=%s dbname=%s", server.directory, server.user, database);
	char *sql = xasprintf("%s %s", format, name);
	PGconn *connection = PQconnectdb(conninfo);
	PGresult *result = PQexec(connection, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
	free(sql);
	free(conninfo);
}

/* Tests count what is logged: a drop-in lets all of it be written. */
static void unfold_log(struct runner *runner)
{
	char *drop_ins = xasprintf("%s/conf.d", runner->directory);

	assert_int_equal(mkdir(drop_ins, 0755), 0);
	write_file(runner, "conf.d/unfolded.yaml", "log: {fold: 0 s}\n");
	free(drop_ins);
}

int runner_setup(void **state)
{
	struct runner *runner = xcalloc(1, sizeof(*runner));

	runner->directory = make_directory();
	runner->config = xasprintf("%s/plugin-runner.yaml", runner->directory);
	runner->log = xasprintf("%s/log", runner->directory);
	runner->socket = xasprintf("%s/control.sock", runner->directory);
	runner->database = xasprintf("test_%u", ++server.databases);
	runner->conninfo =
	    xasprintf("host=%s user=%s dbname=%s", server.directory, server.user, runner->database);
	run_sql("postgres", "CREATE DATABASE", runner->database);
	unfold_log(runner);
	*state = runner;
	return 0;
}

/* Ends a runner that a failed test has left, and says what it logged. */
static void end_leftover(struct runner *runner)
{
	char *log;

	if (runner->pid == 0)
		return;
	kill(runner->pid, SIGKILL);
	waitpid(runner->pid, NULL, 0);
	log = read_log(runner);
	fprintf(stderr, "---- log of the runner that was still running ----\n%s", log);
	free(log);
}

/* What a sanitizer has found, from there on, in what a program printed; NULL if nothing. */
static const char *find_finding(const char *output)
{
	static const char *const marks[] = {
	    "LeakSanitizer", "AddressSanitizer", "ThreadSanitizer", "runtime error:"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *found = strstr(output, marks[i]);

		if (found != NULL)
			return found;
	}
	return NULL;
}

/* The log also has what plugin hosts print, which is where their sanitizers complain. */
static int complain_of_findings(struct runner *runner)
{
	char *log = read_log(runner);
	const char *finding = find_finding(log);

	if (finding != NULL)
		fprintf(stderr, "---- found in the runner or a plugin host ----\n%s\n", finding);
	free(log);
	return finding != NULL ? -1 : 0;
}

int runner_teardown(void **state)
{
	struct runner *runner = *state;
	int result;

	end_leftover(runner);
	result = complain_of_findings(runner);
	if (runner->connection != NULL)
		PQfinish(runner->connection);
	remove_tree(runner->directory);
	free(runner->directory);
	free(runner->config);
	free(runner->log);
	free(runner->socket);
	free(runner->database);
	free(runner->conninfo);
	free(runner);
	return result;
}

void runner_configure(struct runner *runner, const char *format, ...)
{
	va_list arguments;
	char *rest;
	char *plugins = xasprintf("%s/plugins", build_directory());
	char *plugin_directory = realpath(plugins, NULL);

	va_start(arguments, format);
	rest = xvasprintf(format, arguments);
	va_end(arguments);
	write_file(runner, "plugin-runner.yaml",
	    "directories:\n  plugins: %s\n  state: %s/state\n"
	    "database:\n  conninfo: \"%s\"\n  retry_max: 200 ms\n"
	    "control:\n  socket: %s\n%s",
	    plugin_directory, runner->directory, runner->conninfo, runner->socket, rest);
	free(rest);
	free(plugins);
	free(plugin_directory);
}

/* The words of IML_TEST_WRAPPER, which runners are started with: valgrind, for example. */
static size_t wrapper_words(char *wrapper, const char **words, size_t size)
{
	size_t count = 0;
	char *rest;

	for (char *word = strtok_r(wrapper, " ", &rest); word != NULL && count < size;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	return count;
}

void runner_start(struct runner *runner, const char *argument, ...)
{
	char *program = built("bin/iml-plugin-runner");
	const char *given = getenv("IML_TEST_WRAPPER");
	char *wrapper = xstrdup(given != NULL ? given : "");
	const char *arguments[32] = {NULL};
	size_t count = wrapper_words(wrapper, arguments, 16);
	struct stat log;
	va_list list;

	arguments[count++] = program;
	arguments[count++] = "--config";
	arguments[count++] = runner->config;
	va_start(list, argument);
	for (; argument != NULL && count < 31; argument = va_arg(list, const char *))
		arguments[count++] = argument;
	va_end(list);
	runner->log_start = stat(runner->log, &log) == 0 ? (size_t)log.st_size : 0;
	runner->pid = fork();
	assert_true(runner->pid >= 0);
	if (runner->pid == 0) {
		int fd = open(runner->log, O_WRONLY | O_CREAT | O_APPEND, 0644);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(arguments[0], (char *const *)(uintptr_t)arguments);
		_exit(127);
	}
	free(wrapper);
	free(program);
}

int runner_wait(struct runner *runner)
{
	int64_t end = now_ms() + DEADLINE_S * 1000;
	int status;

	while (waitpid(runner->pid, &status, WNOHANG) == 0) {
		if (now_ms() > end)
			fail_msg("the runner did not end");
		pause_briefly();
	}
	runner->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int runner_stop(struct runner *runner)
{
	assert_int_equal(kill(runner->pid, SIGTERM), 0);
	return runner_wait(runner);
}

void runner_kill(struct runner *runner)
{
	assert_int_equal(kill(runner->pid, SIGKILL), 0);
	runner_wait(runner);
}

/* ---- looking ---- */

/* Runs a query, connecting (again) when there is no usable connection. */
static PGresult *run_query(struct runner *runner, const char *sql)
{
	PGresult *result = NULL;

	if (runner->connection != NULL)
		result = PQexec(runner->connection, sql);
	if (runner->connection == NULL || PQstatus(runner->connection) != CONNECTION_OK) {
		PQclear(result);
		if (runner->connection != NULL)
			PQfinish(runner->connection);
		runner->connection = PQconnectdb(runner->conninfo);
		result = PQexec(runner->connection, sql);
	}
	return result;
}

/* One value, or NULL when the query failed, with the error in *error. */
static const char *query_value(struct runner *runner, const char *sql, const char **error)
{
	static char *value;
	PGresult *result = run_query(runner, sql);

	free(value);
	value = NULL;
	*error = NULL;
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		value = xstrdup(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	else
		*error = PQerrorMessage(runner->connection);
	PQclear(result);
	return value;
}

const char *query(struct runner *runner, const char *format, ...)
{
	va_list arguments;
	const char *error;
	const char *value;
	char *sql;

	va_start(arguments, format);
	sql = xvasprintf(format, arguments);
	va_end(arguments);
	value = query_value(runner, sql, &error);
	if (value == NULL)
		fail_msg("%s: %s", sql, error);
	free(sql);
	return value;
}

long query_number(struct runner *runner, const char *format, ...)
{
	va_list arguments;
	const char *error;
	const char *value;
	char *sql;

	va_start(arguments, format);
	sql = xvasprintf(format, arguments);
	va_end(arguments);
	value = query_value(runner, sql, &error);
	if (value == NULL)
		fail_msg("%s: %s", sql, error);
	free(sql);
	return strtol(value, NULL, 10);
}

void assert_request_refused(struct runner *runner, const char *request, const char *error)
{
	assert_string_equal(
	    query(runner,
	        "create or replace function pg_temp.error_of(request text) returns text language"
	        " plpgsql as $$ begin execute request; return '';"
	        " exception when others then return sqlerrm; end $$;"
	        "select pg_temp.error_of($q$select storage.%s$q$)",
	        request),
	    error);
}

static void give_up_waiting(struct runner *runner, const char *what);

/* Goes on waiting, unless the deadline is over or the runner has ended by itself. */
static void keep_waiting(struct runner *runner, int64_t end, const char *what)
{
	if (now_ms() > end)
		give_up_waiting(runner, what);
	if (runner->pid > 0 && waitpid(runner->pid, NULL, WNOHANG) == runner->pid) {
		runner->pid = 0;
		give_up_waiting(runner, what);
	}
	pause_briefly();
}

/* Fails the test with what was waited for and the end of the log. */
static void give_up_waiting(struct runner *runner, const char *what)
{
	char *log = read_log(runner);
	size_t length = strlen(log);

	fprintf(
	    stderr, "---- end of the log ----\n%s\n", log + (length > 6000 ? length - 6000 : 0));
	free(log);
	fail_msg("waited in vain for: %s", what);
}

void wait_for(struct runner *runner, const char *format, ...)
{
	int64_t end = now_ms() + DEADLINE_S * 1000;
	va_list arguments;
	const char *error;
	char *sql;

	va_start(arguments, format);
	sql = xvasprintf(format, arguments);
	va_end(arguments);
	for (;;) {
		const char *value = query_value(runner, sql, &error);

		if (value != NULL && strcmp(value, "t") == 0)
			break;
		keep_waiting(runner, end, sql);
	}
	free(sql);
}

char *read_log(struct runner *runner)
{
	return read_whole(runner->log);
}

unsigned count_log(struct runner *runner, const char *text)
{
	char *log = read_log(runner);
	const char *at = log + runner->log_start;
	unsigned count = 0;

	for (; (at = strstr(at, text)) != NULL; at += strlen(text))
		count++;
	free(log);
	return count;
}

unsigned count_statements(struct runner *runner)
{
	char *line = xasprintf("grep -c 'iml-plugin-runner.*@%s LOG:' %s/server.log",
	    runner->database, server.directory);
	FILE *pipe = popen(line, "r");
	unsigned count = 0;

	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%u", &count), 1);
	pclose(pipe);
	free(line);
	return count;
}

void wait_for_log(struct runner *runner, const char *text, unsigned count)
{
	int64_t end = now_ms() + DEADLINE_S * 1000;

	while (count_log(runner, text) < count)
		keep_waiting(runner, end, text);
}

char *command(struct runner *runner, int *status, const char *format, ...)
{
	char *program = built("bin/iml-plugin");
	struct text output = TEXT_EMPTY;
	va_list arguments;
	char part[4096];
	char *words;
	char *line;
	size_t length;
	FILE *pipe;
	int code;

	va_start(arguments, format);
	words = xvasprintf(format, arguments);
	va_end(arguments);
	line = xasprintf("%s --socket %s %s 2>&1", program, runner->socket, words);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	while ((length = fread(part, 1, sizeof(part), pipe)) > 0)
		text_append_bytes(&output, part, length);
	code = pclose(pipe);
	if (status != NULL)
		*status = WEXITSTATUS(code);
	if (output.length > 0 && find_finding(output.data) != NULL)
		fail_msg("%s:\n%s", line, output.data);
	free(line);
	free(words);
	free(program);
	return text_steal(&output);
}

/* The plugin's part of the status, or NULL. The caller releases *whole. */
static struct json_object *plugin_status(
    struct runner *runner, const char *plugin, struct json_object **whole)
{
	char *text = command(runner, NULL, "--json status");
	struct json_object *plugins = NULL;

	*whole = json_tokener_parse(text);
	free(text);
	if (*whole == NULL || !json_object_object_get_ex(*whole, "plugins", &plugins))
		return NULL;
	for (size_t i = 0; i < json_object_array_length(plugins); i++) {
		struct json_object *entry = json_object_array_get_idx(plugins, i);

		if (strcmp(json_object_get_string(json_object_object_get(entry, "name")), plugin) ==
		    0)
			return entry;
	}
	return NULL;
}

pid_t plugin_pid(struct runner *runner, const char *plugin)
{
	struct json_object *whole;
	struct json_object *entry = plugin_status(runner, plugin, &whole);
	pid_t pid = 0;

	if (entry != NULL)
		pid = json_object_get_int(json_object_object_get(entry, "pid"));
	json_object_put(whole);
	return pid;
}

unsigned count_descriptors(pid_t pid)
{
	const struct dirent *entry;
	unsigned count = 0;
	DIR *directory;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	directory = opendir(path);
	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

void wait_for_plugin(struct runner *runner, const char *plugin, const char *state)
{
	int64_t end = now_ms() + DEADLINE_S * 1000;
	bool reached = false;

	while (!reached) {
		struct json_object *whole;
		struct json_object *entry = plugin_status(runner, plugin, &whole);

		reached = entry != NULL &&
		          strcmp(json_object_get_string(json_object_object_get(entry, "state")),
		              state) == 0;
		json_object_put(whole);
		if (!reached)
			keep_waiting(runner, end, state);
	}
}

char *status_text(struct runner *runner, const char *plugin, const char *key)
{
	struct json_object *whole;
	struct json_object *entry = plugin_status(runner, plugin, &whole);
	struct json_object *scannables = NULL;
	char *text = NULL;

	if (entry != NULL && json_object_object_get_ex(entry, "scannables", &scannables) &&
	    json_object_array_length(scannables) > 0)
		text = xstrdup(json_object_get_string(
		    json_object_object_get(json_object_array_get_idx(scannables, 0), key)));
	json_object_put(whole);
	return text != NULL ? text : xstrdup("");
}

/* The milliseconds of the day that a line of the log begins with: "2026-11-22 11:25:30.123 …". */
static long time_of_line(const char *line)
{
	int hour, minute, second, thousandth;

	assert_int_equal(sscanf(line + 11, "%d:%d:%d.%d", &hour, &minute, &second, &thousandth), 4);
	return ((hour * 60L + minute) * 60 + second) * 1000 + thousandth;
}

/* The longest time, in milliseconds, between two lines of the log that have a text. */
static long longest_gap(struct runner *runner, const char *text)
{
	char *log = read_log(runner);
	long longest = 0;
	long before = -1;
	char *rest;

	for (char *line = strtok_r(log, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		long now;

		if (strstr(line, text) == NULL)
			continue;
		now = time_of_line(line);
		if (before >= 0 && now >= before && now - before > longest)
			longest = now - before;
		before = now;
	}
	free(log);
	return longest;
}

void assert_no_period_missed(struct runner *runner, const char *text)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	bool slow = true;
#else
	bool slow = getenv("IML_TEST_WRAPPER") != NULL;
#endif

	wait_for_log(runner, text, 2);
	assert_in_range(longest_gap(runner, text), 1, slow ? 20000 : 1990);
}

/* ---- what systemd is told ---- */

int notices_open(const struct runner *runner)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int notices = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", runner->directory);
	assert_int_equal(bind(notices, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	return notices;
}

void notices_unset(void)
{
	unsetenv("NOTIFY_SOCKET");
}

void expect_notice(int socket, const char *begin)
{
	char message[4096] = "";
	int64_t end = now_ms() + DEADLINE_S * 1000;

	for (;;) {
		struct pollfd input = {.fd = socket, .events = POLLIN};
		ssize_t length;

		if (poll(&input, 1, (int)(end - now_ms())) <= 0)
			fail_msg("systemd is not told \"%s\", but at last \"%s\"", begin, message);
		length = recv(socket, message, sizeof(message) - 1, 0);
		assert_true(length > 0);
		message[length] = '\0';
		if (strncmp(message, begin, strlen(begin)) == 0)
			return;
	}
}
