/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/internal.h"
#include "control_fixture.h"

#define STREAM "/v1/events/stream"

/* Lets the server run until the stream has brought what is awaited. */
static void await(const struct site *site, int fd, struct text *stream, const char *awaited)
{
	while (stream->length == 0 || strstr(stream->data, awaited) == NULL)
		assert_true(site_receive(site, fd, stream));
}

/* Begins to follow what is asked for after "?", after the event of an id (NULL: what is new). */
static int follow_from(
    const struct site *site, struct text *stream, const char *query, const char *last)
{
	char *request = xasprintf("GET " STREAM "%s HTTP/1.1\r\nHost: x\r\n%s%s%s\r\n", query,
	    last != NULL ? "Last-Event-ID: " : "", last != NULL ? last : "",
	    last != NULL ? "\r\n" : "");
	int fd = site_connect(site);

	site_send(fd, request);
	await(site, fd, stream, ": changes follow\n\n");
	free(request);
	return fd;
}

static int follow(const struct site *site, struct text *stream)
{
	return follow_from(site, stream, "", NULL);
}

/* Closes the connection of the only follower. */
static void leave(const struct site *site, int fd)
{
	close(fd);
	while (site->control->follower_count > 0)
		event_base_loop(site->base, EVLOOP_ONCE);
}

static void beat(const struct site *site, unsigned beats)
{
	for (unsigned i = 0; i < beats; i++) {
		event_active(site->control->heartbeat, EV_TIMEOUT, 0);
		event_base_loop(site->base, EVLOOP_NONBLOCK);
	}
}

static void tell_of(const struct site *site, struct notice notice, const char *text)
{
	notice.json = xstrdup(text);
	control_tell(site->control, &notice, 1);
	free(notice.json);
}

static void tell(const struct site *site, const char *text)
{
	tell_of(site, (struct notice){.type = NOTICE_RESOURCE}, text);
}

/* The last id in a stream. */
static char *last_id(const struct text *stream)
{
	const char *id = NULL;

	for (const char *at = stream->data; (at = strstr(at, "id: ")) != NULL; at += 4)
		id = at + 4;
	assert_non_null(id);
	return xstrndup(id, strcspn(id, "\n"));
}

static void each_notice_is_an_event(void **state)
{
	const struct site *site = *state;
	struct notice notices[] = {{.type = NOTICE_ALERT, .json = xstrdup("{\"kind\": \"x\"}")},
	    {.type = NOTICE_EVENT, .json = xstrdup("two\nlines")}};
	struct text stream = TEXT_EMPTY;
	int fd = follow(site, &stream);

	assert_non_null(strstr(stream.data, "Content-Type: text/event-stream"));
	control_tell(site->control, notices, 2);
	await(site, fd, &stream, "event: event\ndata: two\ndata: lines\n\n");
	assert_non_null(strstr(stream.data, "-1\nevent: alert\ndata: {\"kind\": \"x\"}\n\n"));
	leave(site, fd);
	text_clear(&stream);
	free(notices[0].json);
	free(notices[1].json);
}

static void the_first_follower_is_announced_and_the_last_when_it_stays_away(void **state)
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
	beat(site, 100);
	assert_true(site->followed);
	leave(site, second);
	beat(site, 10);
	assert_true(site->followed);
	beat(site, 10);
	assert_false(site->followed);
	text_clear(&stream);
}

static void who_comes_back_gets_what_was_told_meanwhile(void **state)
{
	const struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	int fd = follow(site, &stream);
	char *id;

	tell(site, "before");
	await(site, fd, &stream, "before\n\n");
	id = last_id(&stream);
	leave(site, fd);
	tell(site, "meanwhile");
	text_reset(&stream);
	fd = follow_from(site, &stream, "", id);
	tell(site, "after");
	await(site, fd, &stream, "after\n\n");
	assert_non_null(strstr(stream.data, "meanwhile"));
	assert_null(strstr(stream.data, "before"));
	assert_null(strstr(stream.data, "reset"));
	leave(site, fd);
	free(id);
	text_clear(&stream);
}

static void an_id_that_is_not_known_any_more_gives_a_reset(void **state)
{
	static const char *const ids[] = {"12-1", "x", "9999999999999999-3", "-"};
	const struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	char *id, *later;
	int fd;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		text_reset(&stream);
		fd = follow_from(site, &stream, "", ids[i]);
		await(site, fd, &stream, "event: reset\ndata: {");
		leave(site, fd);
	}
	text_reset(&stream);
	fd = follow(site, &stream);
	id = last_id(&stream);
	later = xasprintf("%s0", id);
	leave(site, fd);
	beat(site, 20);
	text_reset(&stream);
	fd = follow_from(site, &stream, "", id);
	await(site, fd, &stream, "event: reset\n");
	leave(site, fd);
	text_reset(&stream);
	fd = follow_from(site, &stream, "", later);
	await(site, fd, &stream, "event: reset\n");
	leave(site, fd);
	free(later);
	free(id);
	text_clear(&stream);
}

static void a_follower_gets_only_what_it_asks_for(void **state)
{
	static const struct {
		const char *query;
		const char *gets, *gets_not;
	} cases[] = {
	    {"?type=alert", "a drive", "an item"},
	    {"?type=alert&type=event", "an item", "a state"},
	    {"?plugin=acme", "a drive", "a state"},
	    {"?resource=2", "a drive", "a pool"},
	    {"?resource=1", "told by the couplet", "a drive"},
	};
	const struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	char acme[] = "acme", other[] = "other";
	int fd;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_reset(&stream);
		fd = follow_from(site, &stream, cases[i].query, NULL);
		tell_of(site,
		    (struct notice){.type = NOTICE_ALERT, .resource_id = 2, .plugin = acme},
		    "a drive");
		tell_of(site, (struct notice){.type = NOTICE_EVENT}, "an item");
		tell_of(site, (struct notice){.type = NOTICE_PLUGIN, .plugin = other}, "a state");
		tell_of(
		    site, (struct notice){.type = NOTICE_RESOURCE, .resource_id = 12}, "a pool");
		tell_of(site, (struct notice){.scannable_id = 1}, "told by the couplet");
		await(site, fd, &stream, cases[i].gets);
		beat(site, 1);
		await(site, fd, &stream, "\n:\n\n");
		assert_null(strstr(stream.data, cases[i].gets_not));
		leave(site, fd);
	}
	text_clear(&stream);
}

static void parameters_that_are_wrong_are_refused(void **state)
{
	static const struct {
		const char *path;
		int code;
	} cases[] = {
	    {STREAM "?type=drive", 400},
	    {STREAM "?resource=0", 400},
	    {STREAM "?resource=12345", 404},
	    {STREAM "?plugin=nothing", 404},
	    {STREAM "?plugin=acme&plugin=acme", 400},
	};
	int code;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *answer = site_get(*state, cases[i].path, &code);

		assert_int_equal(code, cases[i].code);
		json_object_put(answer);
	}
}

static void a_reader_that_does_not_read_costs_little_and_is_told_what_it_missed(void **state)
{
	const struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	int slow = follow(site, &stream);
	char *text = xcalloc(1, 65536);

	memset(text, 'x', 65535);
	for (int i = 0; i < 1000; i++) {
		tell(site, text);
		event_base_loop(site->base, EVLOOP_NONBLOCK);
	}
	assert_true(site->control->recent.bytes < (size_t)17 * 1024 * 1024);
	tell(site, "the newest");
	await(site, slow, &stream, "event: reset\n");
	assert_true(stream.length < (size_t)8 * 1024 * 1024);
	tell(site, "from now on");
	await(site, slow, &stream, "from now on");
	leave(site, slow);
	free(text);
	text_clear(&stream);
}

static void what_was_lost_before_it_came_here_gives_a_reset(void **state)
{
	const struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	int fd = follow(site, &stream);

	control_tell_lost(site->control);
	await(site, fd, &stream, "event: reset\n");
	tell(site, "next");
	await(site, fd, &stream, "next\n\n");
	leave(site, fd);
	text_clear(&stream);
}

static void a_reader_that_reads_gets_even_a_large_burst(void **state)
{
	const struct site *site = *state;
	const size_t count = 20000;
	struct notice *notices = xcalloc(count, sizeof(*notices));
	struct text stream = TEXT_EMPTY;
	int fd = follow(site, &stream);

	for (size_t i = 0; i < count; i++)
		notices[i].json = xasprintf("%0200zu", i);
	control_tell(site->control, notices, count);
	await(site, fd, &stream, notices[count - 1].json);
	tell(site, "the end");
	await(site, fd, &stream, "the end");
	assert_null(strstr(stream.data, "reset"));
	leave(site, fd);
	for (size_t i = 0; i < count; i++)
		notice_clear(&notices[i]);
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
	answer = site_get(site, STREAM, &code);
	assert_int_equal(code, 503);
	json_object_put(answer);
	for (size_t i = 1; i < 64; i++)
		close(fds[i]);
	leave(site, fds[0]);
	text_clear(&stream);
}

static void streams_end_as_they_should_with_the_control(void **state)
{
	struct site *site = *state;
	struct text stream = TEXT_EMPTY;
	int fd = follow(site, &stream);

	control_free(site->control);
	site->control = NULL;
	assert_false(site->followed);
	while (site_receive(site, fd, &stream))
		continue;
	assert_non_null(strstr(stream.data, "\r\n0\r\n\r\n"));
	close(fd);
	text_clear(&stream);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, site_start, site_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_notice_is_an_event),
	    TEST(the_first_follower_is_announced_and_the_last_when_it_stays_away),
	    TEST(who_comes_back_gets_what_was_told_meanwhile),
	    TEST(an_id_that_is_not_known_any_more_gives_a_reset),
	    TEST(a_follower_gets_only_what_it_asks_for),
	    TEST(parameters_that_are_wrong_are_refused),
	    TEST(a_reader_that_does_not_read_costs_little_and_is_told_what_it_missed),
	    TEST(what_was_lost_before_it_came_here_gives_a_reset),
	    TEST(a_reader_that_reads_gets_even_a_large_burst),
	    TEST(too_many_followers_are_refused),
	    TEST(streams_end_as_they_should_with_the_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
