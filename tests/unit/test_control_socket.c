/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
