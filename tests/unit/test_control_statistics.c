/* SPDX-License-Identifier: MIT */
/* Requests that the database answers, played here by the test. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "control_fixture.h"

#define QUESTIONS_MAX 8

/* The database: what it was asked, and the askers. */
struct oracle {
	struct text asked; /* a line each */
	size_t count;
	struct {
		void (*answered)(void *asker, const struct statistics_answer *answer);
		void *asker; /* NULL: answered or withdrawn */
	} askers[QUESTIONS_MAX];
	struct event *soon;
	const struct statistics_answer *answer; /* to every question, soon; NULL: none by itself */
	bool full;
};

static struct oracle oracle;

static uint64_t take_question(void *context, const struct statistics_question *question,
    void (*answered)(void *asker, const struct statistics_answer *answer), void *asker)
{
	static const char *const subjects[] = {"charts", "latest", "series"};
	static const struct timeval at_once = {0};

	(void)context;
	if (oracle.full)
		return 0;
	text_printf(&oracle.asked, "%s of %lld, %lld points", subjects[question->subject],
	    (long long)question->resource, (long long)question->points);
	for (size_t i = 0; i < question->statistic_count; i++)
		text_printf(&oracle.asked, " %s", question->statistics[i]);
	text_printf(&oracle.asked, " %.1f to %.1f\n", (double)question->from.us / 1e6,
	    (double)question->to.us / 1e6);
	assert_true(oracle.count < QUESTIONS_MAX);
	oracle.askers[oracle.count].answered = answered;
	oracle.askers[oracle.count].asker = asker;
	if (oracle.answer != NULL)
		event_add(oracle.soon, &at_once);
	return ++oracle.count;
}

static void take_back(void *context, uint64_t number)
{
	(void)context;
	assert_true(number > 0 && number <= oracle.count);
	assert_non_null(oracle.askers[number - 1].asker);
	oracle.askers[number - 1].asker = NULL;
}

static size_t count_askers(void)
{
	size_t count = 0;

	for (size_t i = 0; i < oracle.count; i++)
		count += oracle.askers[i].asker != NULL;
	return count;
}

static void answer_all(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	(void)argument;
	for (size_t i = 0; i < oracle.count; i++) {
		void *asker = oracle.askers[i].asker;

		oracle.askers[i].asker = NULL;
		if (asker != NULL)
			oracle.askers[i].answered(asker, oracle.answer);
	}
}

static int start(void **state)
{
	static const struct statistics_answer given = {.json = "{\"a\": [1]}", .length = 10};
	struct site *site;

	site_start(state);
	site = *state;
	site->callbacks.ask = take_question;
	site->callbacks.withdraw = take_back;
	oracle = (struct oracle){.answer = &given};
	oracle.soon = evtimer_new(site->base, answer_all, NULL);
	return 0;
}

static int stop(void **state)
{
	event_free(oracle.soon);
	text_clear(&oracle.asked);
	return site_stop(state);
}

/* Asserts that GET path is refused with a code, a message and the field. */
static void assert_refused(
    const struct site *site, const char *path, int code, const char *message, const char *field)
{
	int got;
	struct json_object *answer = site_get(site, path, &got);

	assert_string_equal(at(answer, "error"), message);
	assert_string_equal(at(answer, "field"), field);
	assert_int_equal(got, code);
	json_object_put(answer);
}

static void what_the_database_says_is_the_answer(void **state)
{
	static const char *const paths[] = {"/v1/resources/3/charts?from=1000&to=2000.5&points=17",
	    "/v1/resources/3/series?from=1970-01-01T00:16:40Z&to=2000&statistic=temperature"
	    "&statistic=temperature"};
	int code;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct json_object *answer = site_get(*state, paths[i], &code);

		assert_int_equal(code, 200);
		assert_string_equal(at(answer, "a/0"), "1");
		json_object_put(answer);
	}
	assert_string_equal(oracle.asked.data, "charts of 3, 17 points 1000.0 to 2000.5\n"
	                                       "series of 3, 1000 points temperature temperature"
	                                       " 1000.0 to 2000.0\n");
}

static void the_last_hour_is_what_is_asked_for_without_times(void **state)
{
	double from, to;
	long long id;
	int code;

	json_object_put(site_get(*state, "/v1/resources/3/charts", &code));
	assert_int_equal(code, 200);
	assert_int_equal(
	    sscanf(oracle.asked.data, "charts of %lld, 1000 points %lf to %lf", &id, &from, &to),
	    3);
	assert_int_equal((int)(to - from + 0.5), 3600);
	text_reset(&oracle.asked);
	json_object_put(site_get(*state, "/v1/resources/3/charts?from=-90m&to=now", &code));
	assert_int_equal(
	    sscanf(oracle.asked.data, "charts of %lld, 1000 points %lf to %lf", &id, &from, &to),
	    3);
	assert_true(to - from >= 5400 && to - from < 5460);
}

static void the_answer_has_the_headers_of_all_others(void **state)
{
	char *answer = site_exchange(
	    *state, "GET /v1/resources/3/charts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

	assert_non_null(strstr(answer, "Content-Length: 11\r\n"));
	assert_non_null(strstr(answer, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(answer, "\r\n\r\n{\"a\": [1]}\n"));
	free(answer);
}

static void what_the_database_refuses_is_refused(void **state)
{
	static const struct {
		struct statistics_answer answer;
		int code;
		const char *message, *field;
	} cases[] = {
	    {{.status = ANSWER_REFUSED, .reason = "max_points: bad"}, 400, "points: bad", "points"},
	    {{.status = ANSWER_REFUSED, .reason = "so what"}, 400, "so what", ""},
	    {{.status = ANSWER_TOO_LARGE, .reason = "17 bytes"}, 400,
	        "ask for fewer points: 17 bytes", "points"},
	    {{.status = ANSWER_AWAY, .reason = "refused"}, 503, "the database is away: refused",
	        ""},
	    {{.status = ANSWER_LATE, .reason = "10 s"}, 504, "the database took too long: 10 s",
	        ""},
	    {{.status = ANSWER_FAILED, .reason = "no"}, 500, "the database can't answer: no", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		oracle.answer = &cases[i].answer;
		assert_refused(*state, "/v1/resources/3/charts", cases[i].code, cases[i].message,
		    cases[i].field);
	}
	oracle.full = true;
	assert_refused(*state, "/v1/resources/3/charts", 503,
	    "too many requests wait for the database already", "");
}

static void wrong_requests_never_reach_the_database(void **state)
{
	char path[1024] = "/v1/resources/3/series?";
	char *end = path + strlen(path);

	assert_refused(*state, "/v1/resources/999/charts", 404, "there is no resource 999", "id");
	assert_refused(*state, "/v1/resources/3/charts?from=yesterday", 400,
	    "from: \"yesterday\" is not a time: seconds since 1970, or as in"
	    " \"2026-11-22T10:28:16Z\", or \"-1h\" for an hour ago",
	    "from");
	assert_refused(*state, "/v1/resources/3/charts?to=%01", 400, "to: is not a time", "to");
	assert_refused(*state, "/v1/resources/3/charts?from=20&to=20", 400,
	    "from: the time is not before that of \"to\"", "from");
	assert_refused(*state, "/v1/resources/3/charts?points=0", 400,
	    "points: \"0\" is not a number (1 to 10000)", "points");
	assert_refused(
	    *state, "/v1/resources/3/charts?from=1&from=2", 400, "from is given twice", "from");
	assert_refused(*state, "/v1/resources/3/charts?statistic=a", 400,
	    "/v1/resources/{id}/charts takes no parameter \"statistic\"", "statistic");
	assert_refused(*state, "/v1/resources/3/series", 400,
	    "statistic is missing: The name of one, or several times.", "statistic");
	assert_refused(*state, "/v1/resources/3/series?statistic=noise", 400,
	    "class acme.HardDrive has no statistic \"noise\"", "statistic");
	for (int i = 0; i < 17; i++, end += strlen(end))
		snprintf(end, (size_t)(path + sizeof(path) - end), "%sstatistic=temperature",
		    i > 0 ? "&" : "");
	assert_refused(*state, path, 400, "statistic is given more than 16 times", "statistic");
	assert_int_equal(oracle.count, 0);
}

static void who_left_does_no_harm(void **state)
{
	const struct site *site = *state;
	static const char request[] = "GET /v1/resources/3/charts HTTP/1.1\r\nHost: x\r\n\r\n";
	const struct statistics_answer *answer = oracle.answer;
	int fd = site_connect(site);
	int code;

	oracle.answer = NULL;
	site_send(fd, request);
	while (oracle.count == 0)
		event_base_loop(site->base, EVLOOP_ONCE);
	close(fd);
	event_base_loop(site->base, EVLOOP_NONBLOCK);
	oracle.answer = answer;
	answer_all(-1, 0, NULL);
	event_base_loop(site->base, EVLOOP_NONBLOCK);
	json_object_put(site_get(site, "/v1/status", &code));
	assert_int_equal(code, 200);
}

static void a_connection_serves_one_request_after_another(void **state)
{
	const struct site *site = *state;
	static const char request[] = "GET /v1/resources/3/charts HTTP/1.1\r\nHost: x\r\n\r\n";
	struct text answers = TEXT_EMPTY;
	int fd = site_connect(site);

	site_send(fd, request);
	while (answers.length == 0 || strstr(answers.data, "{\"a\": [1]}\n") == NULL)
		assert_true(site_receive(site, fd, &answers));
	text_reset(&answers);
	site_send(fd, request);
	while (answers.length == 0 || strstr(answers.data, "{\"a\": [1]}\n") == NULL)
		assert_true(site_receive(site, fd, &answers));
	assert_int_equal(oracle.count, 2);
	close(fd);
	text_clear(&answers);
}

static void the_end_of_the_api_withdraws_what_was_asked(void **state)
{
	struct site *site = *state;
	static const char request[] = "GET /v1/resources/3/charts HTTP/1.1\r\nHost: x\r\n\r\n";
	int first = site_connect(site), second = site_connect(site);

	oracle.answer = NULL;
	site_send(first, request);
	site_send(second, request);
	while (oracle.count < 2)
		event_base_loop(site->base, EVLOOP_ONCE);
	control_free(site->control);
	site->control = NULL;
	assert_int_equal(count_askers(), 0);
	close(first);
	close(second);
}

static void a_resource_tells_the_statistics_and_charts_of_its_class(void **state)
{
	int code;
	struct json_object *answer = site_get(*state, "/v1/resources/3", &code);

	assert_int_equal(code, 200);
	assert_string_equal(at(answer, "statistics/0/name"), "temperature");
	assert_string_equal(at(answer, "statistics/0/units"), "C");
	assert_string_equal(at(answer, "statistics/0/sample_period"), "10");
	assert_string_equal(at(answer, "charts/0/title"), "Heat");
	json_object_put(answer);
}

#define a_test(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    a_test(what_the_database_says_is_the_answer),
	    a_test(the_last_hour_is_what_is_asked_for_without_times),
	    a_test(the_answer_has_the_headers_of_all_others),
	    a_test(what_the_database_refuses_is_refused),
	    a_test(wrong_requests_never_reach_the_database),
	    a_test(who_left_does_no_harm),
	    a_test(a_connection_serves_one_request_after_another),
	    a_test(the_end_of_the_api_withdraws_what_was_asked),
	    a_test(a_resource_tells_the_statistics_and_charts_of_its_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
