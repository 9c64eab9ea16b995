/* SPDX-License-Identifier: MIT */
/* What is too long, too slow or too much is refused in JSON, and does nobody else any harm. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/internal.h"
#include "control_fixture.h"

/* The JSON of an answer of this code, which ends the connection. */
static struct json_object *refusal_in(const char *answer, int code)
{
	const char *body = strstr(answer, "\r\n\r\n");
	struct json_object *json = body != NULL ? json_tokener_parse(body) : NULL;
	int got = 0;

	sscanf(answer, "HTTP/1.1 %d", &got);
	if (got != code || json == NULL || strstr(answer, "\r\nConnection: close\r\n") == NULL)
		fail_msg("not refused with %d and JSON, but:\n%s", code, answer);
	assert_non_null(strstr(answer, "\r\nContent-Type: application/json\r\n"));
	return json;
}

static void assert_refusal(const char *answer, int code, const char *error)
{
	struct json_object *json = refusal_in(answer, code);

	assert_string_equal(at(json, "error"), error);
	json_object_put(json);
}

static void assert_answers(const struct site *site)
{
	int code;

	json_object_put(site_get(site, "/v1/plugins", &code));
	assert_int_equal(code, 200);
}

/* Reads until the connection ends; the caller frees what came. */
static char *read_to_end(const struct site *site, int fd)
{
	struct text answer = TEXT_EMPTY;

	while (site_receive(site, fd, &answer))
		continue;
	close(fd);
	text_append(&answer, "");
	return text_steal(&answer);
}

/* More than a connection ever keeps, and than fits into sockets. */
#define INPUT_KEPT_MAX ((size_t)16 * 1024 * 1024)

/* Has times looked at in each round of the loop. */
static void look_often(struct site *site)
{
	site->control->limits.look_ms = 1;
	event_active(site->control->look, EV_TIMEOUT, 0);
}

/* ---- too long ---- */

/* Asserts that a text with count times "x" after it, and the end, is refused. */
static void assert_too_long(const struct site *site, const char *text, int count, const char *end,
    int code, const char *error)
{
	struct text request = TEXT_EMPTY;
	char *answer;

	text_append(&request, text);
	for (int i = 0; i < count; i++)
		text_append_char(&request, 'x');
	text_append(&request, end);
	answer = site_exchange(site, request.data);
	assert_refusal(answer, code, error);
	free(answer);
	text_clear(&request);
}

static void what_is_too_long_is_refused(void **state)
{
	static const char head[] = "the request is longer than 16384 bytes without its body";
	const struct site *site = *state;

	assert_too_long(site, "GET /v1/status HTTP/1.1\r\nX: ", 20000, "\r\n\r\n", 431, head);
	assert_too_long(site, "GET /v1/resources?class=", 20000, " HTTP/1.1\r\n\r\n", 431, head);
	assert_too_long(site, "GET /v1/resources?class=", 8173,
	    " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 414,
	    "the path and its parameters are longer than 8192 bytes");
	assert_too_long(site, "POST /v1/status HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", 1, "",
	    413, "the body is too long");
	assert_too_long(site,
	    "PUT /v1/resources/1/alias HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	    "Content-Length: 65537\r\n\r\n",
	    65537, "", 413, "the body is longer than 65536 bytes");
	assert_answers(site);
}

static void the_longest_path_is_looked_at(void **state)
{
	struct text request = TEXT_EMPTY;
	char *answer;

	text_append(&request, "GET /v1/resources?class=");
	for (int i = 0; i < 8172; i++)
		text_append_char(&request, 'x');
	text_append(&request, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	answer = site_exchange(*state, request.data);
	assert_refusal(answer, 404, "no class \"…\" is known");
	free(answer);
	text_clear(&request);
}

static void what_is_not_http_is_told_so_in_json(void **state)
{
	static const char *const nonsense[] = {"GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
	    "GET /v1/status HTTP/1.1\r\nbroken header\r\n\r\n",
	    "PUT /v1/resources/1/alias HTTP/1.1\r\nContent-Length: many\r\n\r\n"};
	char *answer;

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		answer = site_exchange(*state, nonsense[i]);
		assert_refusal(answer, 400, "this is no HTTP request");
		free(answer);
	}
	answer = site_exchange(*state, "PUT /v1/resources/1/alias HTTP/1.1\r\nHost: x\r\n"
	                               "Expect: tea\r\nContent-Length: 2\r\n\r\n{}");
	assert_refusal(answer, 417, "the header Expect is not understood");
	free(answer);
}

/* ---- too slow ---- */

static void a_request_that_does_not_come_in_is_told_so(void **state)
{
	static const char *const beginnings[] = {"G", "GET /v1/status HTTP/1.1\r\n",
	    "PUT /v1/resources/1/alias HTTP/1.1\r\nContent-Length: 20\r\n\r\n{\"alias\""};
	struct site *site = *state;
	char *answer;
	int fd;

	site->control->limits.request_ms = 0;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		fd = site_connect(site);
		site_send(fd, beginnings[i]);
		look_often(site);
		answer = read_to_end(site, fd);
		assert_refusal(answer, 408, "the request has not come in within 0 s");
		free(answer);
	}
	site->control->limits.request_ms = 30000;
	assert_answers(site);
}

static void the_second_request_of_a_connection_has_its_own_time(void **state)
{
	struct site *site = *state;
	struct text answer = TEXT_EMPTY;
	int fd = site_connect(site);
	char *rest;

	site_send(fd, "GET /v1/plugins HTTP/1.1\r\nHost: x\r\n\r\n");
	while (answer.length == 0 || strstr(answer.data, "]}\n") == NULL)
		assert_true(site_receive(site, fd, &answer));
	/* A connection that waits for its next request is not one that sends one slowly. */
	site->control->limits.request_ms = 0;
	look_often(site);
	for (int i = 0; i < 10; i++)
		assert_true(site_receive(site, fd, &answer));
	site_send(fd, "GET /v1/pl");
	rest = read_to_end(site, fd);
	assert_refusal(rest, 408, "the request has not come in within 0 s");
	free(rest);
	text_clear(&answer);
}

/* A status that no socket takes at once. */
static struct json_object *large_status(void *context)
{
	struct json_object *status = json_object_new_object();
	char *text = xcalloc(1, 8 * 1024 * 1024 + 1);

	(void)context;
	memset(text, 'x', 8 * 1024 * 1024);
	json_object_object_add(status, "version", json_object_new_string(text));
	free(text);
	return status;
}

static void an_answer_that_is_not_taken_is_dropped(void **state)
{
	struct site *site = *state;
	int fd = site_connect(site);

	site->callbacks.status = large_status;
	site->control->limits.answer_ms = 0;
	site_send(fd, "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n");
	look_often(site);
	while (clients_count(site->control) == 0)
		event_base_loop(site->base, EVLOOP_ONCE);
	while (clients_count(site->control) > 0)
		event_base_loop(site->base, EVLOOP_ONCE);
	close(fd);
}

static void an_answer_that_is_taken_is_complete(void **state)
{
	struct site *site = *state;
	char *answer;

	site->callbacks.status = large_status;
	answer =
	    site_exchange(site, "GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	assert_int_equal(strlen(strstr(answer, "\r\n\r\n") + 4), 8 * 1024 * 1024 + 15);
	free(answer);
}

static void who_says_nothing_is_disconnected(void **state)
{
	struct site *site = *state;
	char *answer;

	evhttp_set_timeout_tv(site->control->http, &(const struct timeval){.tv_usec = 1000});
	answer = read_to_end(site, site_connect(site));
	assert_string_equal(answer, "");
	free(answer);
}

static void what_is_sent_while_a_stream_is_read_is_not_gathered(void **state)
{
	static const char nothing[65536];
	struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	int fd = site_connect(site);
	size_t sent = 0;
	int idle = 0;

	site_send(fd, "GET /v1/events/stream HTTP/1.1\r\nHost: x\r\n\r\n");
	while (stream.length == 0 || strstr(stream.data, "changes follow") == NULL)
		assert_true(site_receive(site, fd, &stream));
	while (idle < 100 && sent < INPUT_KEPT_MAX) {
		ssize_t taken = send(fd, nothing, sizeof(nothing), MSG_DONTWAIT | MSG_NOSIGNAL);

		sent += taken > 0 ? (size_t)taken : 0;
		idle = taken > 0 ? 0 : idle + 1;
		event_base_loop(site->base, EVLOOP_NONBLOCK);
	}
	assert_true(sent < INPUT_KEPT_MAX);
	close(fd);
	text_clear(&stream);
}

/* ---- too many ---- */

static void a_user_may_have_so_many_connections(void **state)
{
	struct site *site = *state;
	struct text received = TEXT_EMPTY;
	int first, second;
	char *answer;

	site->control->limits.user_connections = 2;
	first = site_connect(site);
	second = site_connect(site);
	answer = read_to_end(site, site_connect(site));
	assert_refusal(answer, 429, "this user has 2 connections already, the most there can be");
	free(answer);
	/* Those that are there are served, and others when one of them has ended. */
	site_send(first, "GET /v1/plugins HTTP/1.1\r\nHost: x\r\n\r\n");
	while (received.length == 0)
		assert_true(site_receive(site, first, &received));
	assert_memory_equal(received.data, "HTTP/1.1 200 ", 13);
	close(second);
	while (clients_count(site->control) > 1)
		event_base_loop(site->base, EVLOOP_ONCE);
	assert_answers(site);
	close(first);
	text_clear(&received);
}

static unsigned changes;

static uint64_t count_changes(void *context, const struct instruction *instruction,
    void (*answered)(void *asker, const struct instruction_answer *answer), void *asker)
{
	(void)context;
	(void)instruction;
	(void)answered;
	(void)asker;
	changes++;
	return 0;
}

static void what_is_refused_is_not_done(void **state)
{
	struct site *site = *state;
	int fd;

	changes = 0;
	site->callbacks.instruct = count_changes;
	site->control->limits.user_connections = 0;
	fd = site_connect(site);
	site_send(fd, "POST /v1/alerts/1/dismiss HTTP/1.1\r\nHost: x\r\n"
	              "Content-Length: 0\r\n\r\n");
	free(read_to_end(site, fd));
	assert_int_equal(changes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_is_too_long_is_refused, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(the_longest_path_is_looked_at, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        what_is_not_http_is_told_so_in_json, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_request_that_does_not_come_in_is_told_so, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        the_second_request_of_a_connection_has_its_own_time, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        an_answer_that_is_not_taken_is_dropped, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        an_answer_that_is_taken_is_complete, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        who_says_nothing_is_disconnected, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        what_is_sent_while_a_stream_is_read_is_not_gathered, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_user_may_have_so_many_connections, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(what_is_refused_is_not_done, site_start, site_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
