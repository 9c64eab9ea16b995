/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"

/* A directory of its own for each test; the log goes to "log" in it. */
struct fixture {
	char directory[64];
	char *log;
	char *other;
	int saved_stderr;
};

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	assert_true(
	    text_copy(fixture->directory, sizeof(fixture->directory), "/tmp/iml-log-XXXXXX"));
	assert_non_null(mkdtemp(fixture->directory));
	fixture->log = xasprintf("%s/log", fixture->directory);
	fixture->other = xasprintf("%s/other", fixture->directory);
	fixture->saved_stderr = dup(STDERR_FILENO);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	log_set_sink(NULL);
	log_set_fold(0);
	log_set_level(LOG_LEVEL_INFO);
	unsetenv("JOURNAL_STREAM");
	log_close();
	log_set_journal(JOURNAL_SOCKET);
	dup2(fixture->saved_stderr, STDERR_FILENO);
	close(fixture->saved_stderr);
	unlink(fixture->log);
	unlink(fixture->other);
	rmdir(fixture->directory);
	free(fixture->log);
	free(fixture->other);
	free(fixture);
	return 0;
}

/* What a file holds; the caller frees it. */
static char *contents(const char *path)
{
	struct text text = TEXT_EMPTY;
	char bytes[4096];
	ssize_t length;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	while ((length = read(fd, bytes, sizeof(bytes))) > 0)
		text_append_bytes(&text, bytes, (size_t)length);
	close(fd);
	return text_steal(&text);
}

/* Asserts that the file holds one line with this text behind the time. */
static void assert_logged(const char *path, const char *expected)
{
	static const char form[] = "dddd-dd-dd dd:dd:dd.ddd ";
	char *line = contents(path);

	assert_true(strlen(line) > strlen(form));
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] == 'd')
			assert_in_range(line[i], '0', '9');
		else
			assert_int_equal(line[i], form[i]);
	}
	assert_string_equal(line + strlen(form), expected);
	free(line);
}

/* Lets standard error go to a file. */
static void redirect_stderr(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void a_line_names_level_plugin_and_scannable(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	log_about(LOG_LEVEL_WARNING, "acme", "array-7", "drive %d is missing", 5);
	assert_logged(fixture->log, "WARNING acme array-7: drive 5 is missing\n");
}

static void a_line_about_nobody_has_no_colon(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	log_error("out of luck");
	assert_logged(fixture->log, "ERROR out of luck\n");
}

static void a_line_about_a_plugin_names_it(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	log_about(LOG_LEVEL_INFO, "acme", NULL, "loaded");
	assert_logged(fixture->log, "INFO acme: loaded\n");
}

static void lines_below_the_level_are_dropped(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	log_debug("no");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("no");
	log_error("yes");
	assert_logged(fixture->log, "ERROR yes\n");
}

static void a_plugin_may_have_a_level_of_its_own(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	log_set_level_about("acme", LOG_LEVEL_ERROR);
	log_set_level_about("other", LOG_LEVEL_ERROR);
	log_set_level_about("other", LOG_LEVEL_DEBUG);
	log_about(LOG_LEVEL_WARNING, "acme", NULL, "one");
	log_about(LOG_LEVEL_DEBUG, NULL, NULL, "two");
	log_about(LOG_LEVEL_DEBUG, "other", NULL, "three");
	assert_logged(fixture->log, "DEBUG other: three\n");
	log_set_level_about("other", -1);
	log_set_level_about("acme", -1);
	log_set_level_about("acme", -1);
	unlink(fixture->log);
	log_about(LOG_LEVEL_DEBUG, "other", NULL, "four");
	log_about(LOG_LEVEL_INFO, "acme", NULL, "five");
	assert_logged(fixture->log, "INFO acme: five\n");
}

static void log_always_does_not_ask_for_the_level(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	log_set_level(LOG_LEVEL_ERROR);
	log_always(LOG_LEVEL_DEBUG, "acme", NULL, "100% of it");
	assert_logged(fixture->log, "DEBUG acme: 100% of it\n");
}

static void control_characters_are_escaped(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	log_about(LOG_LEVEL_INFO, "acme", "a\nb", "one\ntwo\r\tthree\x1b[2J\x7f \xc2\x9b é \xff");
	assert_logged(
	    fixture->log, "INFO acme a\\nb: one\\ntwo\\r\\tthree\\x1b[2J\\x7f \\u009b é \\xff\n");
}

static void long_lines_are_not_cut(void **state)
{
	struct fixture *fixture = *state;
	char *line = xcalloc(100001, 1), *logged;

	memset(line, 'x', 100000);
	assert_int_equal(log_open(fixture->log), 0);
	log_info("%s", line);
	logged = contents(fixture->log);
	assert_non_null(strstr(logged, line));
	free(logged);
	free(line);
}

static void a_renamed_file_is_opened_anew(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	log_info("before");
	assert_int_equal(rename(fixture->log, fixture->other), 0);
	log_info("after");
	assert_logged(fixture->other, "INFO before\n");
	assert_logged(fixture->log, "INFO after\n");
}

static void a_deleted_file_is_opened_anew(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	log_info("before");
	assert_int_equal(unlink(fixture->log), 0);
	log_info("after");
	assert_logged(fixture->log, "INFO after\n");
}

static void opening_appends_to_what_is_there(void **state)
{
	struct fixture *fixture = *state;
	char *logged;

	assert_int_equal(log_open(fixture->log), 0);
	log_info("first");
	assert_int_equal(log_open(fixture->log), 0);
	log_info("second");
	logged = contents(fixture->log);
	assert_non_null(strstr(logged, "first"));
	assert_non_null(strstr(logged, "second"));
	free(logged);
}

static void a_file_that_can_not_be_opened_is_refused(void **state)
{
	(void)state;
	assert_int_equal(log_open("/nonexistent/log"), -1);
	assert_int_equal(errno, ENOENT);
}

static void lines_go_to_stderr_while_the_file_can_not_be_written(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	redirect_stderr(fixture->other);
	assert_int_equal(unlink(fixture->log), 0);
	assert_int_equal(mkdir(fixture->log, 0700), 0);
	log_info("not lost");
	assert_logged(fixture->other, "INFO not lost\n");

	assert_int_equal(rmdir(fixture->log), 0);
	log_info("back");
	assert_logged(fixture->log, "INFO back\n");
}

/* Sets the environment as systemd does for a service whose standard error is this stream. */
static void pretend_journal(unsigned long inode_offset)
{
	struct stat status;
	char *stream;

	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	stream = xasprintf(
	    "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)(status.st_ino + inode_offset));
	setenv("JOURNAL_STREAM", stream, 1);
	free(stream);
}

/* A journal at fixture->log, which standard error seems to lead to. */
static int start_journal(const struct fixture *fixture)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(text_copy(address.sun_path, sizeof(address.sun_path), fixture->log));
	assert_int_equal(bind(journal, (struct sockaddr *)&address, sizeof(address)), 0);
	log_set_journal(fixture->log);
	redirect_stderr(fixture->other);
	pretend_journal(0);
	assert_int_equal(log_open(NULL), 0);
	return journal;
}

/* Asserts that the journal got an entry that begins and ends like this. */
static void assert_entry(int journal, const char *begin, const char *end)
{
	char entry[4096];
	ssize_t length = recv(journal, entry, sizeof(entry) - 1, 0);

	assert_true(length > 0);
	entry[length] = '\0';
	assert_ptr_equal(strstr(entry, begin), entry);
	assert_non_null(strstr(entry, "\nSYSLOG_IDENTIFIER=test_base_log\n"));
	assert_true((size_t)length >= strlen(end));
	assert_string_equal(entry + length - strlen(end), end);
}

static void the_journal_gets_entries_with_fields(void **state)
{
	struct fixture *fixture = *state;
	int journal = start_journal(fixture);
	char *logged;

	log_about(LOG_LEVEL_WARNING, "acme", "array\n7", "drive %d\nis missing", 5);
	log_about(LOG_LEVEL_ERROR, "acme", NULL, "e");
	log_info("i");
	assert_entry(journal, "MESSAGE=acme array\\n7: drive 5\\nis missing\nPRIORITY=4\n",
	    "\nPLUGIN=acme\nSCANNABLE=array\\n7\n");
	assert_entry(journal, "MESSAGE=acme: e\nPRIORITY=3\n", "\nPLUGIN=acme\n");
	assert_entry(journal, "MESSAGE=i\nPRIORITY=6\n", "=test_base_log\n");
	logged = contents(fixture->other);
	assert_string_equal(logged, "");
	free(logged);
	close(journal);
}

static void what_the_journal_does_not_take_goes_to_its_stream(void **state)
{
	struct fixture *fixture = *state;
	int journal = start_journal(fixture);
	char *logged;

	/* A queue of datagrams is bounded: some line finds it full, and nobody waits. */
	log_info("flood");
	for (logged = contents(fixture->other); logged[0] == '\0';
	     logged = contents(fixture->other)) {
		free(logged);
		log_info("flood");
	}
	assert_string_equal(logged, "<6>flood\n");
	free(logged);
	close(journal);
	assert_int_equal(unlink(fixture->log), 0);
	log_about(LOG_LEVEL_WARNING, "acme", NULL, "gone");
	logged = contents(fixture->other);
	assert_string_equal(logged, "<6>flood\n<4>acme: gone\n");
	free(logged);
}

static void the_stream_of_the_journal_gets_priorities(void **state)
{
	struct fixture *fixture = *state;
	char *logged;

	log_set_journal("/nowhere/socket");
	redirect_stderr(fixture->other);
	pretend_journal(0);
	assert_int_equal(log_open(NULL), 0);
	log_set_level(LOG_LEVEL_DEBUG);
	log_about(LOG_LEVEL_ERROR, "acme", "array-7", "e");
	log_warning("w");
	log_info("i");
	log_debug("d");
	logged = contents(fixture->other);
	assert_string_equal(logged, "<3>acme array-7: e\n<4>w\n<6>i\n<7>d\n");
	free(logged);
}

static void another_stream_than_the_journal_gets_the_time(void **state)
{
	struct fixture *fixture = *state;

	redirect_stderr(fixture->other);
	pretend_journal(1);
	assert_int_equal(log_open(NULL), 0);
	log_info("i");
	assert_logged(fixture->other, "INFO i\n");
}

static char *sunk;

static void collect(int level, const char *plugin, const char *scannable, const char *line)
{
	free(sunk);
	sunk = xasprintf("%d %s %s %s", level, plugin, scannable, line);
}

static void a_sink_gets_the_lines(void **state)
{
	struct fixture *fixture = *state;
	char *logged;

	assert_int_equal(log_open(fixture->log), 0);
	log_set_sink(collect);
	log_about(LOG_LEVEL_WARNING, "acme", "array-7", "two\nlines");
	assert_string_equal(sunk, "30 acme array-7 two\\nlines");
	logged = contents(fixture->log);
	assert_string_equal(logged, "");
	free(logged);
	free(sunk);
	sunk = NULL;

	log_set_sink(NULL);
	log_info("back");
	assert_logged(fixture->log, "INFO back\n");
}

static void logging_keeps_errno(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	errno = EDOM;
	log_info("line");
	assert_int_equal(errno, EDOM);
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

/* ---- slow readers ---- */

/* Lets standard error go to a pipe or socket; gives the end to read from, which does not block. */
static int open_slow_reader(bool is_socket, int *writer)
{
	int ends[2];

	if (is_socket)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	else
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	assert_int_equal(log_open(NULL), 0);
	*writer = ends[1];
	return ends[0];
}

/* Takes in all that the log has to say. */
static char *read_log_to_end(int reader)
{
	struct text text = TEXT_EMPTY;
	char bytes[65536];
	ssize_t length;

	do {
		log_flush();
		length = read(reader, bytes, sizeof(bytes));
		if (length > 0)
			text_append_bytes(&text, bytes, (size_t)length);
	} while (length > 0);
	return text_steal(&text);
}

/* Logs lines numbered from 1, each of some 1000 bytes. */
static void log_numbered(int count)
{
	for (int i = 1; i <= count; i++)
		log_info("line %d %*s", i, 950, "|");
}

/* Asserts that lines from 1 on are there in order, up to one; gives its number. */
static int assert_in_order(const char *log)
{
	int number = 0;

	for (const char *line = strstr(log, "line "); line != NULL;
	     line = strstr(line + 1, "line "))
		assert_int_equal(atoi(line + 5), ++number);
	return number;
}

static void assert_stalled_reader_stops_nobody(bool is_socket)
{
	int writer;
	int reader = open_slow_reader(is_socket, &writer);
	char left_out[64];
	char *log;
	int kept;

	alarm(30);
	log_numbered(5000);
	alarm(0);
	assert_int_equal(fcntl(writer, F_GETFL) & O_NONBLOCK, 0);
	log = read_log_to_end(reader);
	kept = assert_in_order(log);
	assert_in_range(kept, 250, 4000);
	snprintf(
	    left_out, sizeof(left_out), "WARNING %d lines of the log are left out", 5000 - kept);
	assert_non_null(strstr(log, left_out));
	free(log);

	log_info("back to normal");
	log = read_log_to_end(reader);
	assert_non_null(strstr(log, "INFO back to normal\n"));
	assert_int_equal(count_lines(log), 1);
	free(log);
	close(reader);
	close(writer);
}

static void a_pipe_that_nobody_reads_stops_nobody(void **state)
{
	(void)state;
	assert_stalled_reader_stops_nobody(false);
}

static void a_socket_that_nobody_reads_stops_nobody(void **state)
{
	(void)state;
	assert_stalled_reader_stops_nobody(true);
}

static void a_burst_reaches_a_reader_who_is_late(void **state)
{
	int writer;
	int reader = open_slow_reader(false, &writer);
	char *log;

	(void)state;
	log_numbered(250);
	log = read_log_to_end(reader);
	assert_int_equal(assert_in_order(log), 250);
	assert_int_equal(count_lines(log), 250);
	free(log);
	close(reader);
	close(writer);
}

static void a_reader_who_left_is_no_harm(void **state)
{
	int writer;
	int reader = open_slow_reader(false, &writer);
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);

	(void)state;
	close(reader);
	log_numbered(3);
	signal(SIGPIPE, before);
	close(writer);
}

static void a_copy_goes_to_standard_error(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(log_open(fixture->log), 0);
	log_copy_to_stderr(true);
	redirect_stderr(fixture->other);
	log_info("twice");
	assert_logged(fixture->log, "INFO twice\n");
	assert_logged(fixture->other, "INFO twice\n");
}

/* ---- threads ---- */

#define THREADS 4
#define LINES 250

static void *write_lines(void *name)
{
	for (int i = 0; i < LINES; i++)
		log_about(LOG_LEVEL_INFO, name, NULL, "line %d", i);
	return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
	static char names[THREADS][2] = {"a", "b", "c", "d"};
	struct fixture *fixture = *state;
	pthread_t threads[THREADS];
	char *old, *new;

	assert_int_equal(log_open(fixture->log), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, names[i]), 0);
	assert_int_equal(rename(fixture->log, fixture->other), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	log_info("end");

	old = contents(fixture->other);
	new = contents(fixture->log);
	assert_int_equal(count_lines(old) + count_lines(new), THREADS * LINES + 1);
	free(old);
	free(new);
}

/* ---- what comes again ---- */

#define FOLD_S 10

/* Passes time, and looks every second as the runner does. */
static void pass_seconds(int seconds)
{
	for (int i = 0; i < seconds; i++) {
		clock_skip(NS_PER_S);
		log_flush();
	}
}

/* Begins to fold, with clocks that only pass_seconds() moves. */
static void start_folding(const struct fixture *fixture)
{
	assert_int_equal(log_open(fixture->log), 0);
	clock_stop();
	log_set_fold(FOLD_S * NS_PER_S);
}

/* Asserts what the log has, without the times. */
static void assert_log(const char *path, const char *expected)
{
	char *log = contents(path);
	struct text lines = TEXT_EMPTY;
	char *rest;

	text_append(&lines, "");
	for (char *line = strtok_r(log, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		text_printf(&lines, "%s\n", line + strlen("2026-11-22 10:23:16.123 "));
	assert_string_equal(lines.data, expected);
	text_clear(&lines);
	free(log);
}

static void a_message_that_comes_again_is_counted_and_told(void **state)
{
	struct fixture *fixture = *state;

	start_folding(fixture);
	for (int i = 0; i < 5; i++)
		log_about(LOG_LEVEL_ERROR, "acme", "array-7", "drive 5 is gone");
	assert_log(fixture->log, "ERROR acme array-7: drive 5 is gone\n");
	pass_seconds(FOLD_S - 1);
	assert_log(fixture->log, "ERROR acme array-7: drive 5 is gone\n"
	                         "ERROR acme array-7: drive 5 is gone (repeated 4 times in 9 s)\n");
}

static void one_that_goes_on_is_told_again_and_again(void **state)
{
	struct fixture *fixture = *state;

	start_folding(fixture);
	for (int i = 0; i < 20; i++) {
		log_warning("slow");
		pass_seconds(1);
	}
	assert_log(fixture->log, "WARNING slow\n"
	                         "WARNING slow (repeated 8 times in 9 s)\n"
	                         "WARNING slow (repeated 9 times in 9 s)\n");
}

static void one_that_comes_later_is_written_at_once(void **state)
{
	struct fixture *fixture = *state;

	start_folding(fixture);
	for (int i = 0; i < 3; i++) {
		log_info("once in a while");
		pass_seconds(FOLD_S);
	}
	assert_log(
	    fixture->log, "INFO once in a while\nINFO once in a while\nINFO once in a while\n");
}

static void what_differs_in_anything_is_another_message(void **state)
{
	struct fixture *fixture = *state;

	start_folding(fixture);
	for (int i = 0; i < 2; i++) {
		log_about(LOG_LEVEL_ERROR, "acme", "a", "x");
		log_about(LOG_LEVEL_WARNING, "acme", "a", "x");
		log_about(LOG_LEVEL_ERROR, "beta", "a", "x");
		log_about(LOG_LEVEL_ERROR, "acme", NULL, "x");
		log_about(LOG_LEVEL_ERROR, "acme", "a", "y");
	}
	log_set_fold(0);
	assert_log(fixture->log,
	    "ERROR acme a: x\nWARNING acme a: x\nERROR beta a: x\nERROR acme: x\nERROR acme a: y\n"
	    "ERROR acme a: x (repeated 1 time in 0 s)\n"
	    "WARNING acme a: x (repeated 1 time in 0 s)\n"
	    "ERROR beta a: x (repeated 1 time in 0 s)\n"
	    "ERROR acme: x (repeated 1 time in 0 s)\n"
	    "ERROR acme a: y (repeated 1 time in 0 s)\n");
}

static void debug_lines_and_long_ones_are_all_written(void **state)
{
	struct fixture *fixture = *state;
	char *logged;

	log_set_level(LOG_LEVEL_DEBUG);
	start_folding(fixture);
	for (int i = 0; i < 3; i++) {
		log_debug("scan");
		log_error("%*s", 2049, "long");
	}
	logged = contents(fixture->log);
	assert_int_equal(count_lines(logged), 6);
	free(logged);
}

/* What gives way is told; all that is kept is bounded, and all that came is told. */
static void many_messages_in_turn_are_all_told(void **state)
{
	struct fixture *fixture = *state;
	unsigned long long told = 0;
	char *logged, *rest;

	start_folding(fixture);
	for (int i = 0; i < 1000; i++) {
		log_error("message %d", i);
		log_error("message %d", i);
		log_error("message %d", i % 10);
	}
	log_close();
	logged = contents(fixture->log);
	for (char *line = strtok_r(logged, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		const char *count = strstr(line, "(repeated ");

		told += count != NULL ? strtoull(count + strlen("(repeated "), NULL, 10) : 1;
	}
	assert_int_equal(told, 3000);
	free(logged);
}

static void the_end_of_the_log_tells_what_came_again(void **state)
{
	struct fixture *fixture = *state;

	start_folding(fixture);
	log_error("again");
	log_error("again");
	assert_int_equal(log_open(fixture->other), 0);
	assert_log(fixture->log, "ERROR again\nERROR again (repeated 1 time in 0 s)\n");
	log_error("again");
	assert_log(fixture->other, "ERROR again\n");
}

static void the_journal_gets_fields_with_what_came_again(void **state)
{
	struct fixture *fixture = *state;
	int journal = start_journal(fixture);

	clock_stop();
	log_set_fold(FOLD_S * NS_PER_S);
	for (int i = 0; i < 3; i++)
		log_about(LOG_LEVEL_WARNING, "acme", "array 7", "again");
	pass_seconds(FOLD_S);
	assert_entry(journal, "MESSAGE=acme array 7: again\nPRIORITY=4\n",
	    "\nPLUGIN=acme\nSCANNABLE=array 7\n");
	assert_entry(journal, "MESSAGE=acme array 7: again (repeated 2 times in 9 s)\nPRIORITY=4\n",
	    "\nPLUGIN=acme\nSCANNABLE=array 7\n");
	close(journal);
}

static void levels_have_names(void **state)
{
	(void)state;
	assert_string_equal(log_level_name(10), "DEBUG");
	assert_string_equal(log_level_name(5), "DEBUG");
	assert_string_equal(log_level_name(25), "INFO");
	assert_string_equal(log_level_name(30), "WARNING");
	assert_string_equal(log_level_name(99), "ERROR");
	assert_int_equal(log_level_parse("warning"), LOG_LEVEL_WARNING);
	assert_int_equal(log_level_parse("WARN"), LOG_LEVEL_WARNING);
	assert_int_equal(log_level_parse("Debug"), LOG_LEVEL_DEBUG);
	assert_int_equal(log_level_parse("info"), LOG_LEVEL_INFO);
	assert_int_equal(log_level_parse("error"), LOG_LEVEL_ERROR);
	assert_int_equal(log_level_parse("loud"), -1);
	assert_int_equal(log_level_parse(""), -1);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LOG_TEST(a_line_names_level_plugin_and_scannable),
	    LOG_TEST(a_line_about_nobody_has_no_colon),
	    LOG_TEST(a_line_about_a_plugin_names_it),
	    LOG_TEST(lines_below_the_level_are_dropped),
	    LOG_TEST(a_plugin_may_have_a_level_of_its_own),
	    LOG_TEST(log_always_does_not_ask_for_the_level),
	    LOG_TEST(control_characters_are_escaped),
	    LOG_TEST(long_lines_are_not_cut),
	    LOG_TEST(a_renamed_file_is_opened_anew),
	    LOG_TEST(a_deleted_file_is_opened_anew),
	    LOG_TEST(opening_appends_to_what_is_there),
	    LOG_TEST(a_file_that_can_not_be_opened_is_refused),
	    LOG_TEST(lines_go_to_stderr_while_the_file_can_not_be_written),
	    LOG_TEST(the_journal_gets_entries_with_fields),
	    LOG_TEST(what_the_journal_does_not_take_goes_to_its_stream),
	    LOG_TEST(the_stream_of_the_journal_gets_priorities),
	    LOG_TEST(another_stream_than_the_journal_gets_the_time),
	    LOG_TEST(a_sink_gets_the_lines),
	    LOG_TEST(logging_keeps_errno),
	    LOG_TEST(a_pipe_that_nobody_reads_stops_nobody),
	    LOG_TEST(a_socket_that_nobody_reads_stops_nobody),
	    LOG_TEST(a_burst_reaches_a_reader_who_is_late),
	    LOG_TEST(a_reader_who_left_is_no_harm),
	    LOG_TEST(a_copy_goes_to_standard_error),
	    LOG_TEST(threads_do_not_mix_their_lines),
	    cmocka_unit_test(levels_have_names),
	    /* From here on the clocks stand still. */
	    LOG_TEST(a_message_that_comes_again_is_counted_and_told),
	    LOG_TEST(one_that_goes_on_is_told_again_and_again),
	    LOG_TEST(one_that_comes_later_is_written_at_once),
	    LOG_TEST(what_differs_in_anything_is_another_message),
	    LOG_TEST(debug_lines_and_long_ones_are_all_written),
	    LOG_TEST(many_messages_in_turn_are_all_told),
	    LOG_TEST(the_end_of_the_log_tells_what_came_again),
	    LOG_TEST(the_journal_gets_fields_with_what_came_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
