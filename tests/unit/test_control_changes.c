/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/internal.h"
#include "control_fixture.h"

static const char follow_request[] = "GET /v1/changes HTTP/1.1\r\nHost: x\r\n\r\n";

/* Lets the server run until the stream has brought what is awaited. */
static void await(const struct site *site, int fd, struct text *stream, const char *awaited)
{
	while (stream->length == 0 || strstr(stream->data, awaited) == NULL)
		assert_true(site_receive(site, fd, stream));
}

/* Begins to follow, and waits for the first line. */
static int follow(const struct site *site, struct text *stream)
{
	int fd = site_connect(site);

	site_send(fd, follow_request);
	await(site, fd, stream, ": changes follow\n\n");
	return fd;
}

static void run_until_followed(const struct site *site, bool followed)
{
	while (site->followed != followed)
		event_base_loop(site->base, EVLOOP_ONCE);
}

static void tell(const struct site *site, const char *notice)
{
	char *copy = xstrdup(notice);

	control_tell(site->control, &copy, 1);
	free(copy);
}

static void each_notice_is_an_event(void **state)
{
	const struct site *site = *state;
	char *notices[] = {xstrdup("{\"kind\": \"appeared\"}"), xstrdup("two\nlines")};
	struct text stream = TEXT_EMPTY;
	int fd = follow(site, &stream);

	assert_non_null(strstr(stream.data, "Content-Type: text/event-stream"));
	control_tell(site->control, notices, 2);
	await(site, fd, &stream, "data: two\ndata: lines\n\n");
	assert_non_null(strstr(stream.data, "data: {\"kind\": \"appeared\"}\n\n"));
	close(fd);
	run_until_followed(site, false);
	text_clear(&stream);
	free(notices[0]);
	free(notices[1]);
}

static void the_first_follower_and_the_last_are_announced(void **state)
{
	const struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	int first, second;

	assert_false(site->followed);
	first = follow(site, &stream);
	assert_true(site->followed);
	text_reset(&stream);
	second = follow(site, &stream);
	close(first);
	tell(site, "still there");
	await(site, second, &stream, "still there");
	assert_true(site->followed);
	close(second);
	run_until_followed(site, false);
	text_clear(&stream);
}

static void a_reader_that_does_not_read_is_cut_off(void **state)
{
	const struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	int slow = follow(site, &stream);
	char *notice = xcalloc(1, 65536);

	memset(notice, 'x', 65535);
	for (int i = 0; i < 1000 && site->followed; i++) {
		control_tell(site->control, &notice, 1);
		event_base_loop(site->base, EVLOOP_NONBLOCK);
	}
	assert_false(site->followed);
	while (site_receive(site, slow, &stream))
		continue;
	assert_true(stream.length < 8 * 1024 * 1024);
	close(slow);
	free(notice);
	text_clear(&stream);
}

static void a_reader_that_reads_gets_even_a_large_burst(void **state)
{
	const struct site *site = *state;
	const size_t count = 20000;
	char **notices = xcalloc(count, sizeof(char *));
	struct text stream = TEXT_EMPTY;
	int fd = follow(site, &stream);

	for (size_t i = 0; i < count; i++)
		notices[i] = xasprintf("%0200zu", i);
	control_tell(site->control, notices, count);
	await(site, fd, &stream, notices[count - 1]);
	tell(site, "the end");
	await(site, fd, &stream, "the end");
	close(fd);
	run_until_followed(site, false);
	for (size_t i = 0; i < count; i++)
		free(notices[i]);
	free(notices);
	text_clear(&stream);
}

static void too_many_followers_are_refused(void **state)
{
	struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	struct json_object *answer;
	int fds[64], code;

	site->control->limits.user_connections = 100;
	for (size_t i = 0; i < 64; i++) {
		text_reset(&stream);
		fds[i] = follow(site, &stream);
	}
	answer = site_get(site, "/v1/changes", &code);
	assert_int_equal(code, 503);
	json_object_put(answer);
	for (size_t i = 0; i < 64; i++)
		close(fds[i]);
	run_until_followed(site, false);
	text_clear(&stream);
}

static void streams_end_with_the_control(void **state)
{
	struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	int fd = follow(site, &stream);

	control_free(site->control);
	site->control = NULL;
	assert_false(site->followed);
	while (site_receive(site, fd, &stream))
		continue;
	close(fd);
	text_clear(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(each_notice_is_an_event, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        the_first_follower_and_the_last_are_announced, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_reader_that_does_not_read_is_cut_off, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_reader_that_reads_gets_even_a_large_burst, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(too_many_followers_are_refused, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(streams_end_with_the_control, site_start, site_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
