/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand requests that are wrong in every way that we could think of: each is answered in
 * JSON, or its connection ended, and the runner is as well afterwards as before. IML_TEST_SEED has
 * the seed of another sequence.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/internal.h"
#include "control_fixture.h"

#define REQUESTS 10000
#define WARM_UP 2000
/* Pages of memory are given back late, if ever; what is kept of one request in ten is more. */
#define GROWTH_MAX (8.0 * 1024 * 1024)

static unsigned seed;
static unsigned instructions;

static size_t below(size_t bound)
{
	return (size_t)rand_r(&seed) % bound;
}

static uint64_t refuse_instruction(void *context, const struct instruction *instruction,
    void (*answered)(void *asker, const struct instruction_answer *answer), void *asker)
{
	(void)context;
	(void)instruction;
	(void)answered;
	(void)asker;
	instructions++;
	return 0;
}

static uint64_t refuse_question(void *context, const struct statistics_question *question,
    void (*answered)(void *asker, const struct statistics_answer *answer), void *asker)
{
	(void)context;
	(void)question;
	(void)answered;
	(void)asker;
	return 0;
}

static struct json_object *healthy(void *context, bool *is_usable)
{
	(void)context;
	*is_usable = true;
	return json_object_new_object();
}

static char *no_metrics(void *context)
{
	(void)context;
	return xstrdup("# EOF");
}

static int start(void **state)
{
	int result = site_start(state);
	struct site *site = *state;

	site->callbacks.instruct = refuse_instruction;
	site->callbacks.ask = refuse_question;
	site->callbacks.health = healthy;
	site->callbacks.metrics = no_metrics;
	return result;
}

/* ---- good requests to begin with ---- */

static const struct {
	enum evhttp_cmd_type method;
	const char *name;
} methods[] = {
    {EVHTTP_REQ_GET, "GET"},
    {EVHTTP_REQ_POST, "POST"},
    {EVHTTP_REQ_PUT, "PUT"},
    {EVHTTP_REQ_PATCH, "PATCH"},
    {EVHTTP_REQ_DELETE, "DELETE"},
    {EVHTTP_REQ_HEAD, "HEAD"},
    {EVHTTP_REQ_OPTIONS, "OPTIONS"},
    {EVHTTP_REQ_TRACE, "TRACE"},
    {EVHTTP_REQ_CONNECT, "CONNECT"},
};
#define METHODS (sizeof(methods) / sizeof(methods[0]))

static const char *method_name(enum evhttp_cmd_type method)
{
	size_t i = 0;

	while (methods[i].method != method)
		i++;
	return methods[i].name;
}

/* Any route but a stream, which would not end. */
static const struct route *any_route(void)
{
	const struct route *route = &control_routes[below(control_route_count)];

	return route->handle != exchange_follow ? route : &control_routes[0];
}

static const char *any_value(void)
{
	static const char *const values[] = {"1", "0", "-1", "acme", "true", "false", "", "x", "%",
	    "%zz", "%ff%fe", "%C0%80", "%00", "99999999999999999999", "9223372036854775807",
	    "9223372036854775808", "1e9", "0x10", "1.5", "ERROR", "PhysicalDisk", "acme.HardDrive",
	    "now", "-1h", "2026-13-45T99:99:99Z", "1970-01-01T00:00:00Z", "%22%7B%5B", "a%0d%0ab",
	    "\xf0\x9f\x92\xa3", "+++", "temperature"};

	return values[below(sizeof(values) / sizeof(values[0]))];
}

static const char *any_json(void)
{
	static const char *const values[] = {"1", "-1", "0", "null", "true", "\"\"", "\"x\"", "{}",
	    "[]", "[1, 2]", "[null]", "{\"a\": \"b\"}", "{\"a\": {\"b\": []}}", "1e999999",
	    "123456789012345678901234567890", "0.5", "-0", "\"\\u0000\"", "\"\\ud800\"", "\"\xff\"",
	    "\"\\x\"", "nul", "NaN", "-Infinity", "01", "'x'", "[1,]", "{\"a\":1,}", "{\"a\" 1}",
	    "\"unended", "\"\xc3\xa4\xe2\x82\xac\"", "/* */ 1"};

	return values[below(sizeof(values) / sizeof(values[0]))];
}

/* The path of a route, with something in the place of its braces. */
static void append_path(struct text *out, const struct route *route)
{
	for (const char *byte = route->path; *byte != '\0'; byte++) {
		if (*byte != '{') {
			text_append_char(out, *byte);
			continue;
		}
		text_append(out, below(3) != 0 ? "3" : any_value());
		byte += strcspn(byte, "}");
	}
}

static void append_parameters(struct text *out, const struct route *route)
{
	size_t times = below(3);

	for (size_t i = 0; i < times && route->parameters[0] != NULL; i++) {
		size_t which = below(ROUTE_PARAMETERS_MAX);

		while (route->parameters[which] == NULL)
			which--;
		text_printf(out, "%c%s=%s", i == 0 ? '?' : '&', route->parameters[which]->name,
		    any_value());
	}
}

/* A body with the members of a route, of which some are of the wrong type, missing or twice. */
static void append_body(struct text *out, const struct route *route)
{
	text_append_char(out, '{');
	for (const struct body_member *member = route->body; member->name != NULL; member++)
		for (size_t times = below(6) == 0 ? below(3) : 1; times > 0; times--)
			text_printf(out, "%s\"%s\": %s", out->length > 1 ? ", " : "", member->name,
			    any_json());
	if (below(8) == 0)
		text_printf(out, "%s\"more\": %s", out->length > 1 ? ", " : "", any_json());
	text_append_char(out, '}');
}

static void append_request(struct text *out, const char *method, const struct route *route,
    const struct text *body, const char *headers)
{
	text_printf(out, "%s ", method);
	append_path(out, route);
	append_parameters(out, route);
	text_printf(
	    out, " HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n", headers, body->length);
	if (body->length > 0)
		text_append_bytes(out, body->data, body->length);
}

/* A request that is as good as its values. */
static void append_any(struct text *out)
{
	const struct route *route = any_route();
	struct text body = TEXT_EMPTY;

	if (route->method != EVHTTP_REQ_GET)
		append_body(&body, route);
	append_request(out, method_name(route->method), route, &body, "");
	text_clear(&body);
}

/* ---- and what becomes of them ---- */

static void only_its_values(struct text *request)
{
	append_any(request);
}

static void mangled(struct text *request)
{
	static const char bytes[] = "{}[]\":,\\u0\xff\r\n /?%-9e";

	append_any(request);
	for (size_t times = 1 + below(4); times > 0; times--) {
		size_t place = below(request->length);
		char byte = bytes[below(sizeof(bytes))]; /* the zero byte, too */

		request->data[place] = byte;
	}
}

static void cut(struct text *request)
{
	append_any(request);
	request->length = below(request->length);
}

static void with_a_hole(struct text *request)
{
	size_t begin, length;

	append_any(request);
	begin = below(request->length);
	length = below(request->length - begin);
	memmove(request->data + begin, request->data + begin + length,
	    request->length - begin - length);
	request->length -= length;
}

static void doubled(struct text *request)
{
	for (size_t times = 2 + below(6); times > 0; times--)
		append_any(request);
}

static void of_another_method(struct text *request)
{
	const struct text body = TEXT_EMPTY;

	append_request(request, methods[below(METHODS)].name, any_route(), &body, "");
}

static void of_unknown_method(struct text *request)
{
	static const char *const names[] = {"", "get", "BREW", "G E T", "GET\t", "\xff"};
	const struct text body = TEXT_EMPTY;

	append_request(
	    request, names[below(sizeof(names) / sizeof(names[0]))], any_route(), &body, "");
}

static void deeply_nested(struct text *request)
{
	static const char *const openings[] = {"[", "{\"a\":", "{\"attributes\":{\"a\":", "[[1],"};
	const char *opening = openings[below(sizeof(openings) / sizeof(openings[0]))];
	const struct route *route = any_route();
	struct text body = TEXT_EMPTY;

	for (size_t depth = below(4000); depth > 0; depth--)
		text_append(&body, opening);
	append_request(request, "PATCH", route, &body, "");
	text_clear(&body);
}

static void of_wrong_length(struct text *request)
{
	static const char *const lengths[] = {"-1", "0", "1", "99999999999999999999", "many", "1 2",
	    "+5", "0x5", "", "5, 5", "9223372036854775807", "70000", "2000000"};

	text_append(request, "PUT ");
	append_path(request, any_route());
	text_printf(request, " HTTP/1.1\r\nContent-Length: %s\r\n\r\n{\"alias\": \"x\"}",
	    lengths[below(sizeof(lengths) / sizeof(lengths[0]))]);
}

static void in_chunks(struct text *request)
{
	static const char *const chunks[] = {"0\r\n\r\n", "5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n",
	    "ffffffffffffffff\r\n{}", "-1\r\n{}\r\n", "zz\r\n", "2;x=y\r\n{}\r\n0\r\nX: y\r\n\r\n",
	    "2\r\n{}0\r\n\r\n", "7fffffff\r\n", "\r\n\r\n", "fffff\r\n{"};

	text_append(request, "PUT ");
	append_path(request, any_route());
	text_printf(request, " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n%s\r\n%s",
	    below(4) == 0 ? "Content-Length: 5\r\n" : "",
	    chunks[below(sizeof(chunks) / sizeof(chunks[0]))]);
}

static void with_odd_headers(struct text *request)
{
	static const char *const headers[] = {"Expect: 100-continue\r\n", "Expect: tea\r\n",
	    "Connection: upgrade\r\nUpgrade: websocket\r\n", " folded: x\r\n", ": empty\r\n",
	    "No-Colon\r\n", "A: \x01\x02\r\n", "Connection: close\r\nConnection: keep-alive\r\n",
	    "Content-Length: 3\r\n", "Host: a\r\nHost: b\r\n", "X: a\r\n\tb\r\n c\r\n", "X:\r\n"};
	const struct text body = TEXT_EMPTY;
	struct text lines = TEXT_EMPTY;

	for (size_t times = below(300); times > 0; times--)
		text_append(&lines, headers[below(sizeof(headers) / sizeof(headers[0]))]);
	append_request(request, "GET", any_route(), &body, lines.length > 0 ? lines.data : "");
	text_clear(&lines);
}

static void of_another_form(struct text *request)
{
	static const char *const lines[] = {"GET http://runner/v1/status HTTP/1.1",
	    "GET //v1//status HTTP/1.1", "GET /../../etc/passwd HTTP/1.1", "GET * HTTP/1.1",
	    "GET /v1/status", "GET  /v1/status  HTTP/1.1", "GET /v1/status HTTP/2.0",
	    "GET /v1/status HTTP/1.1 more", "GET http://[::1 HTTP/1.1", "GET /v1/%73tatus HTTP/1.1",
	    "GET /v1/status#x HTTP/1.1", "GET /v1/status?? HTTP/1.1", "GET ?a=b HTTP/1.1",
	    "GET /v1/resources/3/ HTTP/1.1", "PRI * HTTP/2.0", "\x16\x03\x01\x02",
	    "GET /v1/status?&&=&a HTTP/1.0", "CONNECT runner:80 HTTP/1.1", "GET / HTTP/0.9"};

	text_printf(
	    request, "%s\r\nHost: x\r\n\r\n", lines[below(sizeof(lines) / sizeof(lines[0]))]);
}

static void noise(struct text *request)
{
	for (size_t length = 1 + below(3000); length > 0; length--)
		text_append_char(request, (char)below(256));
}

static void followed_by_noise(struct text *request)
{
	append_any(request);
	noise(request);
	append_any(request);
}

static void longer_than_may_be(struct text *request)
{
	struct text body = TEXT_EMPTY;

	for (size_t length = 60000 + below(20000); length > 0; length--)
		text_append_char(&body, ' ');
	append_request(request, "PUT", any_route(), &body, "");
	text_clear(&body);
}

static void (*const forms[])(struct text *request) = {only_its_values, mangled, cut, with_a_hole,
    doubled, of_another_method, of_unknown_method, deeply_nested, of_wrong_length, in_chunks,
    with_odd_headers, of_another_form, noise, followed_by_noise, longer_than_may_be};

/* ---- answers ---- */

static unsigned refusals;

/* Fails unless what came begins with an answer that is in order. */
static void check_answer(const struct text *received, const struct text *request)
{
	const char *body;
	int code = 0;

	if (received->length == 0)
		return;
	body = strstr(received->data, "\r\n\r\n");
	if (sscanf(received->data, "HTTP/%*d.%*d %d", &code) != 1 || body == NULL ||
	    strstr(received->data, "<HTML>") != NULL || (code >= 500 && code != 503))
		fail_msg("answered with\n%s\nwas the request\n%.*s", received->data,
		    (int)request->length, request->data);
	if (code >= 400 && strncmp(request->data, "HEAD ", 5) != 0)
		refusals += strstr(body, "{\"error\":\"") != NULL;
}

/* Sends a request, of which the server may not want to read all, and reads what comes to its end.
 */
static void exchange_all(const struct site *site, const struct text *request)
{
	struct text received = TEXT_EMPTY;
	int fd = site_connect(site);
	size_t sent = 0;

	while (sent < request->length) {
		ssize_t count =
		    send(fd, request->data + sent, request->length - sent, MSG_NOSIGNAL);

		if (count > 0)
			sent += (size_t)count;
		else if (errno != EAGAIN)
			break;
		event_base_loop(site->base, EVLOOP_NONBLOCK);
	}
	shutdown(fd, SHUT_WR);
	while (site_receive(site, fd, &received))
		continue;
	close(fd);
	check_answer(&received, request);
	text_clear(&received);
}

/* Bytes of memory that this process has. */
static double resident_memory(void)
{
	FILE *stream = fopen("/proc/self/statm", "r");
	unsigned long all, resident = 0;

	assert_non_null(stream);
	assert_int_equal(fscanf(stream, "%lu %lu", &all, &resident), 2);
	fclose(stream);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static bool memory_tells_something(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	return false;
#endif
#endif
	return true;
}

static void ten_thousand_malformed_requests_do_no_harm(void **state)
{
	const char *given = getenv("IML_TEST_SEED");
	struct site *site = *state;
	struct json_object *answer;
	double before = 0, growth;
	int code;

	seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)getpid();
	print_message("IML_TEST_SEED=%u\n", seed);
	for (size_t i = 0; i < REQUESTS; i++) {
		struct text request = TEXT_EMPTY;

		forms[i % (sizeof(forms) / sizeof(forms[0]))](&request);
		exchange_all(site, &request);
		text_clear(&request);
		if (i == WARM_UP)
			before = resident_memory();
	}
	growth = resident_memory() - before;
	if (memory_tells_something() && growth > GROWTH_MAX)
		fail_msg("%.0f bytes more after %d requests", growth, REQUESTS - WARM_UP);
	/* Some are as good as any; most are told what is wrong with them. */
	assert_true(instructions > REQUESTS / 500);
	assert_true(refusals > REQUESTS / 4);
	answer = site_get(site, "/v1/resources?kind=PhysicalDisk", &code);
	assert_int_equal(code, 200);
	assert_int_equal(
	    json_object_array_length(json_object_object_get(answer, "resources")), DRIVES);
	assert_int_equal(clients_count(site->control), 0);
	json_object_put(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        ten_thousand_malformed_requests_do_no_harm, start, site_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
