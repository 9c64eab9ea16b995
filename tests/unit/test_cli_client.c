/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/client.h"

/* A runner of another process that gives fixed answers, one per connection. */
struct fake_runner {
	char directory[64];
	char *path;
	pid_t pid;
};

struct fake_answer {
	const char *path;
	const char *pieces[6]; /* sent one by one, the last followed by the end of the stream */
};

#define OK_HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

#define UNAVAILABLE_HEAD "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n"

static const struct fake_answer answers[] = {
    {"/v1/status", {OK_HEAD "{\"state\": \"running\"}"}},
    {"/v1/missing",
        {"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{\"error\": \"no such\"}"}},
    {"/healthz", {UNAVAILABLE_HEAD "{\"status\": \"critical\"}"}},
    {"/v1/away", {UNAVAILABLE_HEAD "{\"error\": \"the database is away\"}"}},
    {"/v1/garbage", {OK_HEAD "{\"state\": "}},
    {"/v1/array", {OK_HEAD "[1]"}},
    {"/v1/short", {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"}},
    {"/v1/list?limit=2", {OK_HEAD "{\"items\": [1, 2], \"classes\": {\"a\": {}}, \"next\": 2}"}},
    {"/v1/list?limit=2&after=2",
        {OK_HEAD "{\"items\": [3], \"classes\": {\"b\": {}}, \"next\": null}"}},
    {"/v1/events/stream", {OK_HEAD ": changes follow\n\n", "data: {\"a\"", ": 1}\n", "\n:\n\nda",
                              "ta: two\ndata: lines\n\ndata: cut off"}},
};

/* Reads a request up to its end and returns the answer to its path. */
static const struct fake_answer *read_request(int fd)
{
	char request[4096], path[256] = "";
	size_t length = 0;
	ssize_t count;

	do {
		count = read(fd, request + length, sizeof(request) - 1 - length);
		length += count > 0 ? (size_t)count : 0;
		request[length] = '\0';
	} while (count > 0 && strstr(request, "\r\n\r\n") == NULL);
	if (sscanf(request, "GET %255s", path) != 1)
		return NULL;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (strcmp(answers[i].path, path) == 0)
			return &answers[i];
	}
	return NULL;
}

/* Answers until it is killed. */
static void serve(int listener)
{
	const struct timespec pause = {.tv_nsec = 2000000}; /* so that pieces arrive as such */
	const struct fake_answer *answer;
	int fd;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		answer = read_request(fd);
		for (size_t i = 0; answer != NULL && answer->pieces[i] != NULL; i++) {
			nanosleep(&pause, NULL);
			send(fd, answer->pieces[i], strlen(answer->pieces[i]), MSG_NOSIGNAL);
		}
		close(fd);
	}
}

static int fake_listen(const struct fake_runner *runner)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(text_copy(address.sun_path, sizeof(address.sun_path), runner->path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 10), 0);
	return fd;
}

static void fake_start(struct fake_runner *runner)
{
	int fd = fake_listen(runner);

	runner->pid = fork();
	if (runner->pid == 0)
		serve(fd);
	close(fd);
}

static void fake_stop(struct fake_runner *runner)
{
	kill(runner->pid, SIGKILL);
	waitpid(runner->pid, NULL, 0);
}

static int start(void **state)
{
	struct fake_runner *runner = xcalloc(1, sizeof(*runner));

	snprintf(runner->directory, sizeof(runner->directory), "/tmp/test-client-XXXXXX");
	assert_non_null(mkdtemp(runner->directory));
	runner->path = xasprintf("%s/control.sock", runner->directory);
	fake_start(runner);
	*state = runner;
	return 0;
}

static int stop(void **state)
{
	struct fake_runner *runner = *state;

	fake_stop(runner);
	unlink(runner->path);
	rmdir(runner->directory);
	free(runner->path);
	free(runner);
	return 0;
}

static struct client *open_client(const struct fake_runner *runner)
{
	struct client *client = client_open(runner->path, 0);

	assert_non_null(client);
	return client;
}

static void an_answer_is_an_object(void **state)
{
	struct client *client = open_client(*state);
	struct json_object *answer = client_get(client, "/v1/status");

	assert_string_equal(
	    json_object_get_string(json_object_object_get(answer, "state")), "running");
	json_object_put(answer);
	client_free(client);
}

static void anything_else_is_no_answer(void **state)
{
	struct client *client = open_client(*state);

	assert_null(client_get(client, "/v1/missing"));
	assert_null(client_get(client, "/v1/away"));
	assert_null(client_get(client, "/v1/garbage"));
	assert_null(client_get(client, "/v1/array"));
	assert_null(client_get(client, "/v1/short"));
	assert_null(client_get(client, "/v1/nothing"));
	client_free(client);
}

static void that_the_runner_is_of_no_use_is_an_answer(void **state)
{
	struct client *client = open_client(*state);
	struct json_object *answer = client_get(client, "/healthz");

	assert_string_equal(
	    json_object_get_string(json_object_object_get(answer, "status")), "critical");
	json_object_put(answer);
	client_free(client);
}

static void pages_are_put_together(void **state)
{
	struct client *client = open_client(*state);
	struct json_object *all = client_get_all(client, "/v1/list?limit=2", "items");

	assert_string_equal(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN),
	    "{\"items\":[1,2,3],\"classes\":{\"a\":{},\"b\":{}},\"next\":null}");
	json_object_put(all);
	client_free(client);
}

static void parameters_are_escaped(void **state)
{
	char *path = client_add_parameter(xstrdup("/v1/x"), "class", "a b&c=d\"/é");
	(void)state;

	path = client_add_parameter(path, "n", "1");
	assert_string_equal(path, "/v1/x?class=a%20b%26c%3Dd%22%2F%C3%A9&n=1");
	free(path);
}

/* ---- following ---- */

struct followed {
	struct text notices;
	int idles;
	int most_idles; /* -1: no limit */
};

static void note(void *context, const char *json)
{
	text_printf(&((struct followed *)context)->notices, "<%s>", json);
}

static bool count_idles(void *context)
{
	struct followed *followed = context;

	return followed->most_idles < 0 || followed->idles++ < followed->most_idles;
}

static bool follow(const struct fake_runner *runner, struct followed *followed)
{
	const struct client_events events = {
	    .path = "/v1/events/stream", .notice = note, .idle = count_idles, .wait_ms = 50};
	struct client *client = open_client(runner);
	bool result = client_follow(client, &events, followed);

	client_free(client);
	return result;
}

static void notices_come_whole_however_they_are_sent(void **state)
{
	struct followed followed = {.most_idles = -1};

	assert_true(follow(*state, &followed));
	assert_string_equal(followed.notices.data, "<{\"a\": 1}><two\nlines>");
	text_clear(&followed.notices);
}

static void following_ends_when_the_follower_wants_no_more(void **state)
{
	struct followed followed = {.most_idles = 0};

	assert_true(follow(*state, &followed));
	assert_int_equal(followed.notices.length, 0);
	text_clear(&followed.notices);
}

static void following_ends_with_a_signal(void **state)
{
	struct followed followed = {.most_idles = -1};
	sigset_t blocked, pending;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	raise(SIGINT);
	assert_true(follow(*state, &followed));
	/* The signal was taken: it does not end the program later. */
	sigpending(&pending);
	assert_false(sigismember(&pending, SIGINT));
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	text_clear(&followed.notices);
}

/* ---- finding the runner ---- */

static void nobody_at_the_socket_is_no_runner(void **state)
{
	struct fake_runner *runner = *state;

	fake_stop(runner);
	assert_null(client_open(runner->path, 0));
	assert_int_equal(errno, ENOENT);
	unlink(runner->path);
	assert_null(client_open(runner->path, 0));
	assert_int_equal(errno, ENOENT);
	fake_start(runner);
}

static void a_runner_that_is_starting_can_be_waited_for(void **state)
{
	struct fake_runner *runner = *state;
	struct client *client;

	fake_stop(runner);
	unlink(runner->path);
	runner->pid = fork();
	if (runner->pid == 0) {
		nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
		serve(fake_listen(runner));
	}
	client = client_open(runner->path, 10);
	assert_non_null(client);
	client_free(client);
}

static void the_environment_names_the_socket(void **state)
{
	struct fake_runner *runner = *state;
	struct client *client;

	setenv("IML_PLUGIN_SOCKET", runner->path, 1);
	client = client_open(NULL, 0);
	assert_non_null(client);
	client_free(client);
	unsetenv("IML_PLUGIN_SOCKET");
}

/* What went to standard error while a client tried to connect in vain. The caller frees it. */
static char *complaint_of(const char *socket)
{
	char path[] = "/tmp/test-client-error-XXXXXX";
	int file = mkstemp(path), before = dup(STDERR_FILENO);
	char *complaint = xcalloc(1, 4096);

	dup2(file, STDERR_FILENO);
	assert_null(client_open(socket, 0));
	fflush(stderr);
	dup2(before, STDERR_FILENO);
	assert_true(pread(file, complaint, 4095, 0) >= 0);
	close(before);
	close(file);
	unlink(path);
	return complaint;
}

static void assert_complaint(const char *socket, const char *expected)
{
	char *complaint = complaint_of(socket);

	if (strstr(complaint, expected) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", complaint, expected);
	free(complaint);
}

static void a_complaint_tells_why_nobody_answers(void **state)
{
	struct fake_runner *runner = *state;
	char *expected = xasprintf("no runner answers at %s: no such file", runner->path);

	fake_stop(runner);
	assert_complaint(runner->path, "no runner answers at ");
	assert_complaint(runner->path, "control.sock: refused, whoever made it has ended");
	unlink(runner->path);
	assert_complaint(runner->path, expected);
	assert_complaint(NULL, "the plugin runner is not running (");
	free(expected);
	fake_start(runner);
}

static void the_socket_of_another_user_can_be_named(void **state)
{
	struct fake_runner *runner = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(runner->path, 65534, 65534), 0);
	client_free(open_client(runner));
}

static void where_the_mode_forbids_it_the_group_is_named(void **state)
{
	struct fake_runner *runner = *state;
	pid_t child;
	int status;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(runner->directory, 0755), 0);
	assert_int_equal(chmod(runner->path, 0660), 0);
	child = fork();
	if (child == 0) {
		char *complaint;

		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(2);
		if (client_open(runner->path, 0) != NULL || errno != EACCES)
			_exit(3);
		complaint = complaint_of(runner->path);
		_exit(strstr(complaint, "permission denied; be root or a member of the group "
		                        "iml-plugin-runner") == NULL);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_answer_is_an_object, start, stop),
	    cmocka_unit_test_setup_teardown(anything_else_is_no_answer, start, stop),
	    cmocka_unit_test_setup_teardown(that_the_runner_is_of_no_use_is_an_answer, start, stop),
	    cmocka_unit_test_setup_teardown(pages_are_put_together, start, stop),
	    cmocka_unit_test(parameters_are_escaped),
	    cmocka_unit_test_setup_teardown(notices_come_whole_however_they_are_sent, start, stop),
	    cmocka_unit_test_setup_teardown(
	        following_ends_when_the_follower_wants_no_more, start, stop),
	    cmocka_unit_test_setup_teardown(following_ends_with_a_signal, start, stop),
	    cmocka_unit_test_setup_teardown(nobody_at_the_socket_is_no_runner, start, stop),
	    cmocka_unit_test_setup_teardown(
	        a_runner_that_is_starting_can_be_waited_for, start, stop),
	    cmocka_unit_test_setup_teardown(the_environment_names_the_socket, start, stop),
	    cmocka_unit_test_setup_teardown(a_complaint_tells_why_nobody_answers, start, stop),
	    cmocka_unit_test_setup_teardown(the_socket_of_another_user_can_be_named, start, stop),
	    cmocka_unit_test_setup_teardown(
	        where_the_mode_forbids_it_the_group_is_named, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
