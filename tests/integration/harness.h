/* SPDX-License-Identifier: MIT */
/*
 * What the integration tests have in common: a PostgreSQL server of their own on a Unix socket in a
 * temporary directory, and runners started with the real binary. Everything waits for conditions,
 * with a deadline that fails the test, and a test whose runner or plugin hosts had a sanitizer
 * complain fails. Paths of what was built come from the environment variable BUILD, and
 * IML_TEST_WRAPPER has the words that go before the runner's: "valgrind -q --trace-children=yes".
 */
#ifndef TESTS_INTEGRATION_HARNESS_H
#define TESTS_INTEGRATION_HARNESS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

/* Longest wait for a condition. */
#define DEADLINE_S 120

/* ---- the database server of the test program: group set-up and tear-down ---- */

int database_start(void **state);
int database_stop(void **state);

/* Kills the server as a power failure would, and starts it again. */
void database_crash(void);
void database_resume(void);

/* ---- a runner with a database of its own ---- */

struct runner {
	char *directory;  /* temporary; holds everything of this runner */
	char *config;     /* path of its configuration */
	char *log;        /* path of what it wrote to standard error */
	size_t log_start; /* what was in it before the runner was started last */
	char *socket;     /* control socket */
	char *database;   /* name of the database */
	char *conninfo;
	pid_t pid;        /* 0: not running */
	void *connection; /* libpq's */
};

/* cmocka set-up and tear-down of one test: *state is a struct runner, not started yet. */
int runner_setup(void **state);
int runner_teardown(void **state);

/*
 * Writes the configuration: directories, database, control socket and short retries, followed by
 * the text given (plugins and scannables).
 */
void runner_configure(struct runner *runner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Starts the runner with further arguments (NULL at the end, or just NULL). */
void runner_start(struct runner *runner, const char *argument, ...);

/* Sends SIGTERM, waits, and gives the exit status (128 + signal if one killed it). */
int runner_stop(struct runner *runner);

/* Waits for a runner that ends by itself, or was sent a signal. */
int runner_wait(struct runner *runner);

/* Kills the runner with SIGKILL and waits until it and its plugin hosts are gone. */
void runner_kill(struct runner *runner);

/* ---- looking ---- */

/* The first column of the first row as text ("" for none or null). Valid until the next call. */
const char *query(struct runner *runner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
long query_number(struct runner *runner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Asserts that a request, a call of a function of the schema, is refused at once with this error.
 */
void assert_request_refused(struct runner *runner, const char *request, const char *error);

/* Waits until the query gives "t". */
void wait_for(struct runner *runner, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Waits until the log has the text at least count times since the runner was started last; how
 * often it has it now.
 */
void wait_for_log(struct runner *runner, const char *text, unsigned count);
unsigned count_log(struct runner *runner, const char *text);

/*
 * Asserts that what happens every second, and has this text in the log, has happened every second.
 * Where sanitizers or IML_TEST_WRAPPER take most of the processor, nothing may have come to a halt.
 */
void assert_no_period_missed(struct runner *runner, const char *text);

/* The whole log; the caller frees it. */
char *read_log(struct runner *runner);

/* Runs iml-plugin with these arguments; its output, and its exit status in *status if not NULL. */
char *command(struct runner *runner, int *status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The process of a plugin, or 0 if it has none now. */
pid_t plugin_pid(struct runner *runner, const char *plugin);

/* How many descriptors a process has open. */
unsigned count_descriptors(pid_t pid);

/* A text from the status of a plugin's first scannable ("last_scan"); the caller frees it. */
char *status_text(struct runner *runner, const char *plugin, const char *key);

/* How many statements the runner has had the database server execute. */
unsigned count_statements(struct runner *runner);

/* Waits until a plugin is in this state ("running", "failed", …). */
void wait_for_plugin(struct runner *runner, const char *plugin, const char *state);

/* ---- the control socket ---- */

/* A connection to it, as soon as there is one. */
int http_connect(const struct runner *runner);

/* The whole answer, with its headers, to a request that ends the connection. The caller frees it.
 */
char *http_exchange(const struct runner *runner, const char *request);

/* ---- what systemd is told ---- */

/*
 * A socket for what runners that are started until notices_unset() tell systemd. It holds ten
 * notices; then they wait: it is closed before the end of a runner is waited for.
 */
int notices_open(const struct runner *runner);
void notices_unset(void);

/* Waits for a message that begins like this. */
void expect_notice(int socket, const char *begin);

/* ---- files ---- */

/* Absolute paths of what was built: "plugins/example.so". The caller frees them. */
char *built(const char *name);

/* The whole content of a file; the caller frees it. */
char *read_whole(const char *path);

/* Replaces a file in the runner's directory in one step, and gives its path; valid until the next.
 */
const char *write_file(struct runner *runner, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Copies a test plugin under another name, so that it can be loaded several times. */
void copy_plugin(struct runner *runner, const char *from, const char *to);

/* Puts a file of the runner's directory in the place of another, in one step. */
void rename_in(struct runner *runner, const char *from, const char *to);

/* Milliseconds of the monotonic clock. */
int64_t now_ms(void);

/* A test with a runner of its own. */
#define runner_test(function) \
	cmocka_unit_test_setup_teardown(function, runner_setup, runner_teardown)

#endif
