/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>

#include "base/log.h"
#include "control/internal.h"
#include "control_fixture.h"

/* Starts a second control at path, which must fail; the caller frees the reason. */
static char *refusal(struct site *site, const char *path)
{
	char reason[REASON_SIZE] = "";

	assert_null(control_start(site->base, path, site->graph, &site->callbacks, site, reason));
	return xstrdup(reason);
}

static void the_socket_is_for_owner_and_group_in_a_new_directory(void **state)
{
	struct site *site = *state;
	struct stat status;

	assert_int_equal(stat(site->path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0660);
	*strrchr(site->path, '/') = '\0';
	assert_int_equal(stat(site->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);
	site->path[strlen(site->path)] = '/';
}

static void a_socket_that_is_answered_is_left_alone(void **state)
{
	struct site *site = *state;
	char *reason = refusal(site, site->path);
	char *expected = xasprintf("another runner answers on %s", site->path);
	struct json_object *answer;
	int code;

	assert_string_equal(reason, expected);
	answer = site_get(site, "/v1/status", &code);
	assert_int_equal(code, 200);
	json_object_put(answer);
	free(expected);
	free(reason);
}

static void a_socket_that_nobody_answers_is_replaced(void **state)
{
	struct site *site = *state;
	char reason[REASON_SIZE] = "";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct json_object *answer;
	int fd, code;

	control_free(site->control);
	assert_true(text_copy(address.sun_path, sizeof(address.sun_path), site->path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);

	site->control =
	    control_start(site->base, site->path, site->graph, &site->callbacks, site, reason);
	assert_non_null(site->control);
	answer = site_get(site, "/v1/status", &code);
	assert_int_equal(code, 200);
	json_object_put(answer);
}

static void the_socket_is_removed_at_the_end(void **state)
{
	struct site *site = *state;

	control_free(site->control);
	site->control = NULL;
	assert_int_equal(access(site->path, F_OK), -1);
}

static void the_socket_of_a_successor_is_left_alone(void **state)
{
	struct site *site = *state;
	int fd;

	assert_int_equal(unlink(site->path), 0);
	fd = open(site->path, O_CREAT | O_EXCL | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	control_free(site->control);
	site->control = NULL;
	assert_int_equal(access(site->path, F_OK), 0);
}

static void a_file_that_is_no_socket_is_not_replaced(void **state)
{
	struct site *site = *state;
	char *path = xasprintf("%s.txt", site->path);
	char *expected = xasprintf("%s exists and is not a socket", path);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	char *reason = refusal(site, path);

	assert_string_equal(reason, expected);
	close(fd);
	unlink(path);
	free(reason);
	free(expected);
	free(path);
}

static void paths_that_can_not_be_are_refused_with_a_reason(void **state)
{
	struct site *site = *state;
	char path[200], *reason;

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	reason = refusal(site, path);
	assert_non_null(strstr(reason, "longer than 107 characters"));
	free(reason);

	reason = refusal(site, "/proc/nowhere/control.sock");
	assert_non_null(strstr(reason, "/proc/nowhere"));
	free(reason);
}

/* ---- too many connections ---- */

static unsigned complaints;

static void count_complaints(int level, const char *plugin, const char *scannable, const char *line)
{
	(void)plugin;
	(void)scannable;
	complaints += level == LOG_LEVEL_WARNING && strstr(line, "control socket: ") != NULL;
}

/* Sets the number of descriptors that this process may have; gives what it was. */
static rlim_t limit_descriptors(rlim_t number)
{
	struct rlimit limit;
	rlim_t before;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = number;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return before;
}

/* Starts the site's control again, which may have this number of descriptors. */
static void restart_with(struct site *site, rlim_t descriptors)
{
	char reason[REASON_SIZE] = "";
	rlim_t before = limit_descriptors(descriptors);

	control_free(site->control);
	site->control =
	    control_start(site->base, site->path, site->graph, &site->callbacks, site, reason);
	assert_non_null(site->control);
	limit_descriptors(before);
	site->control->limits.user_connections = 1000;
	complaints = 0;
	log_set_sink(count_complaints);
}

/* Lets the server run for some time. */
static void let_run(const struct site *site, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		event_base_loop(site->base, EVLOOP_NONBLOCK);
		poll(NULL, 0, 5);
	}
}

static void assert_answers(struct site *site)
{
	int code;

	json_object_put(site_get(site, "/v1/status", &code));
	assert_int_equal(code, 200);
}

static void idle_connections_leave_descriptors_for_others(void **state)
{
	struct site *site = *state;
	const char *request = "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n";
	struct text answer = TEXT_EMPTY;
	int idle[40], waiting;

	restart_with(site, 80);
	for (size_t i = 0; i < 40; i++)
		idle[i] = site_connect(site);
	waiting = site_connect(site);
	site_send(waiting, request);
	let_run(site, 60);
	assert_true(site_receive(site, waiting, &answer));
	assert_int_equal(answer.length, 0);
	assert_int_equal(complaints, 1);

	/* Room for others as soon as some end. */
	for (size_t i = 0; i < 40; i++)
		close(idle[i]);
	while (answer.length == 0)
		assert_true(site_receive(site, waiting, &answer));
	close(waiting);
	text_clear(&answer);
	assert_answers(site);
	log_set_sink(NULL);
}

static void no_descriptor_left_is_told_once_and_gets_over(void **state)
{
	struct site *site = *state;
	struct text answer = TEXT_EMPTY;
	rlim_t before;
	int client;

	restart_with(site, 1024);
	client = site_connect(site);
	site_send(client, "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n");
	before = limit_descriptors((rlim_t)client + 1);
	let_run(site, 60);
	assert_int_equal(complaints, 1);
	limit_descriptors(before);
	while (answer.length == 0)
		assert_true(site_receive(site, client, &answer));
	close(client);
	text_clear(&answer);
	assert_answers(site);
	assert_int_equal(complaints, 1);
	log_set_sink(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        the_socket_is_for_owner_and_group_in_a_new_directory, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_socket_that_is_answered_is_left_alone, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_socket_that_nobody_answers_is_replaced, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        the_socket_is_removed_at_the_end, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        the_socket_of_a_successor_is_left_alone, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_file_that_is_no_socket_is_not_replaced, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        paths_that_can_not_be_are_refused_with_a_reason, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        idle_connections_leave_descriptors_for_others, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        no_descriptor_left_is_told_once_and_gets_over, site_start, site_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
