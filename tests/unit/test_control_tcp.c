/* SPDX-License-Identifier: MIT */
/* The control API on a port of the loopback interface: whom it answers, and what. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "control/internal.h"
#include "control_fixture.h"

#define TOKEN "0123456789abcdef-and-more"

static char *metrics(void *context)
{
	(void)context;
	return xstrdup("# EOF");
}

static struct json_object *health(void *context, bool *is_usable)
{
	(void)context;
	*is_usable = true;
	return json_tokener_parse(
	    "{\"problem_count\": 1, \"problems\": [{\"text\": \"north wall\"}]}");
}

/* A site that listens on a free port, with the token. */
static int start(void **state)
{
	int result = site_start(state);
	struct site *site = *state;
	char reason[REASON_SIZE] = "";

	site->callbacks.metrics = metrics;
	site->callbacks.health = health;
	if (!control_listen_tcp(site->control, "127.0.0.1:0", reason))
		fail_msg("%s", reason);
	control_set_token(site->control, TOKEN, false);
	return result;
}

/* The answer to a request with these headers, over TCP. The caller frees it. */
static char *exchange_by_tcp(const struct site *site, const char *line, const char *headers)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)site->control->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char *request =
	    xasprintf("%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", line, headers);
	struct text answer = TEXT_EMPTY;

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	site_send(fd, request);
	while (site_receive(site, fd, &answer))
		continue;
	close(fd);
	free(request);
	text_append(&answer, "");
	return text_steal(&answer);
}

/* Asserts the code of an answer, and that it has a text. */
static void assert_answer(
    const struct site *site, const char *line, const char *headers, int code, const char *text)
{
	char *answer = exchange_by_tcp(site, line, headers);
	int got = 0;

	sscanf(answer, "HTTP/1.1 %d", &got);
	if (got != code || strstr(answer, text) == NULL)
		fail_msg("%s: not %d with \"%s\", but:\n%s", line, code, text, answer);
	free(answer);
}

static void the_token_is_needed(void **state)
{
	static const char wrong[] = "this is not the token of control.token_file";
	const struct site *site = *state;

	assert_answer(site, "GET /v1/status", "Authorization: Bearer " TOKEN "\r\n", 200,
	    "\"state\":\"running\"");
	assert_answer(
	    site, "GET /v1/status", "authorization: bearer  " TOKEN "\r\n", 200, "running");
	assert_answer(site, "GET /v1/status", "", 401,
	    "\r\nWWW-Authenticate: Bearer realm=\"iml-plugin-runner\"\r\n");
	assert_answer(site, "GET /v1/status", "", 401, "Authorization: Bearer TOKEN");
	assert_answer(site, "GET /v1/status", "Authorization: Bearer " TOKEN "x\r\n", 401, wrong);
	assert_answer(
	    site, "GET /v1/status", "Authorization: Bearer 0123456789abcdef\r\n", 401, wrong);
	assert_answer(site, "GET /v1/status", "Authorization: Bearer\r\n", 401, wrong);
	assert_answer(site, "GET /v1/status", "Authorization: Basic " TOKEN "\r\n", 401, wrong);
	assert_answer(site, "GET /v1/status?token=" TOKEN, "", 401, "");
}

static void without_a_token_problems_are_counted_and_not_told(void **state)
{
	const struct site *site = *state;

	assert_answer(site, "GET /healthz", "", 200, "\"problem_count\":1,\"problems\":[]");
	assert_answer(
	    site, "GET /healthz", "Authorization: Bearer " TOKEN "\r\n", 200, "north wall");
}

static void without_a_token_nothing_is_told(void **state)
{
	static const struct {
		enum evhttp_cmd_type method;
		const char *name;
	} methods[] = {{EVHTTP_REQ_GET, "GET"}, {EVHTTP_REQ_PUT, "PUT"}, {EVHTTP_REQ_POST, "POST"},
	    {EVHTTP_REQ_PATCH, "PATCH"}, {EVHTTP_REQ_DELETE, "DELETE"}};
	struct site *site = *state;

	for (size_t i = 0; i < control_route_count; i++) {
		const struct route *route = &control_routes[i];
		size_t method = 0;
		char *line;

		while (methods[method].method != route->method)
			method++;
		line = xasprintf("%s %s", methods[method].name, route->path);
		assert_answer(site, line, "", route->access == ACCESS_OPEN ? 200 : 401, "");
		free(line);
	}
	assert_answer(site, "GET /no/such/path", "", 401, "");
	assert_answer(site, "BREW /v1/status", "", 401, "");
	control_set_token(site->control, NULL, false);
	assert_answer(site, "GET /v1/status", "Authorization: Bearer \r\n", 401, "");
}

static void metrics_may_be_open(void **state)
{
	struct site *site = *state;

	assert_answer(site, "GET /metrics", "Authorization: Bearer " TOKEN "\r\n", 200, "# EOF");
	control_set_token(site->control, TOKEN, true);
	assert_answer(site, "GET /metrics", "", 200, "# EOF");
	assert_answer(site, "GET /v1/status", "", 401, "");
}

static void nothing_is_changed_over_tcp(void **state)
{
	const struct site *site = *state;

	assert_answer(site, "POST /v1/alerts/1/dismiss", "Authorization: Bearer " TOKEN "\r\n", 403,
	    "over TCP nothing can be changed: use the control socket");
}

static void the_token_may_be_another_one_from_now_on(void **state)
{
	struct site *site = *state;

	control_set_token(site->control, "another-token-altogether", false);
	assert_answer(site, "GET /v1/status", "Authorization: Bearer " TOKEN "\r\n", 401, "");
	assert_answer(
	    site, "GET /v1/status", "Authorization: Bearer another-token-altogether\r\n", 200, "");
}

static void only_loopback_addresses_are_listened_on(void **state)
{
	static const char *const good[] = {"127.0.0.1:9500", "127.8.8.8:1", "[::1]:9500"};
	static const struct {
		const char *address, *reason;
	} bad[] = {
	    {"0.0.0.0:9500", "0.0.0.0:9500 is not of this machine alone: name 127.0.0.1 or [::1]"},
	    {"[::]:9500", "is not of this machine alone"},
	    {"192.0.2.1:9500", "is not of this machine alone"},
	    {"[::ffff:127.0.0.1]:9500", "is not of this machine alone"},
	    {"localhost:9500", "\"localhost:9500\" is not an address and port, such as"},
	    {"127.0.0.1", "is not an address and port"},
	    {"127.0.0.1:", "is not an address and port"},
	    {"127.0.0.1:65536", "is not an address and port"},
	    {"[::1]", "is not an address and port"},
	    {"9500", "is not an address and port"},
	    {"", "is not an address and port"},
	};
	char reason[REASON_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(control_check_address(good[i], reason));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(control_check_address(bad[i].address, reason));
		if (strstr(reason, bad[i].reason) == NULL)
			fail_msg("%s: %s", bad[i].address, reason);
	}
}

static void a_port_that_is_taken_is_told(void **state)
{
	struct site *first = *state;
	char *address = xasprintf("127.0.0.1:%u", first->control->port);
	char reason[REASON_SIZE] = "";
	struct site *second;
	void *other;

	site_start(&other);
	second = other;
	assert_false(control_listen_tcp(second->control, address, reason));
	assert_non_null(strstr(reason, "Address already in use"));
	assert_int_equal(strncmp(reason, address, strlen(address)), 0);
	site_stop(&other);
	free(address);
}

/* ---- the file with the token ---- */

/* Writes a file of this mode, and reads the token from it; the reason if there is none. */
static char *read_token_of(
    struct site *site, const char *content, size_t length, mode_t mode, char **token)
{
	char *path = xasprintf("%s/token", site->directory);
	char reason[REASON_SIZE] = "";
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_int_equal(write(fd, content, length), length);
	fchmod(fd, mode);
	close(fd);
	*token = control_read_token(path, reason);
	unlink(path);
	assert_true((*token != NULL) == (reason[0] == '\0'));
	if (reason[0] != '\0')
		assert_memory_equal(reason, path, strlen(path));
	free(path);
	return xstrdup(reason);
}

static void assert_token(
    struct site *site, const char *content, mode_t mode, const char *expected, const char *fault)
{
	char *token;
	char *reason = read_token_of(site, content, strlen(content), mode, &token);

	if (strstr(reason, fault) == NULL)
		fail_msg("not \"%s\", but: %s", fault, reason);
	assert_string_equal(token != NULL ? token : "", expected);
	free(reason);
	forget_text(token);
}

static void the_file_of_a_token_is_looked_at(void **state)
{
	struct site *site = *state;
	char reason[REASON_SIZE], *token, *fault;
	char large[2000];

	assert_token(site, TOKEN, 0600, TOKEN, "");
	assert_token(site, TOKEN "\n", 0640, TOKEN, "");
	assert_token(site, TOKEN, 0644, "", "may be used by others: chmod 640 it, or 600");
	assert_token(site, TOKEN, 0660, "", "may be used by others");
	assert_token(site, "", 0600, "", "less than 16 characters");
	assert_token(site, "123456789012345\n", 0600, "", "less than 16 characters");
	assert_token(site, "1234567890123456\n", 0600, "1234567890123456", "");
	assert_token(site, TOKEN "\n\n", 0600, "", "nothing but a token on one line");
	assert_token(site, "a token with blanks", 0600, "", "nothing but a token on one line");
	fault = read_token_of(site, "12345678901234567\0", 18, 0600, &token);
	assert_non_null(strstr(fault, "nothing but a token on one line"));
	free(fault);
	memset(large, 'x', sizeof(large));
	fault = read_token_of(site, large, sizeof(large), 0600, &token);
	assert_non_null(strstr(fault, "is longer than 1024 characters"));
	free(fault);
	assert_null(control_read_token("/nowhere/token", reason));
	assert_string_equal(reason, "/nowhere/token: No such file or directory");
	assert_null(control_read_token(site->directory, reason));
	assert_non_null(strstr(reason, "is no file"));
}

#define site_test(function) cmocka_unit_test_setup_teardown(function, start, site_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    site_test(the_token_is_needed),
	    site_test(without_a_token_nothing_is_told),
	    site_test(without_a_token_problems_are_counted_and_not_told),
	    site_test(metrics_may_be_open),
	    site_test(nothing_is_changed_over_tcp),
	    site_test(the_token_may_be_another_one_from_now_on),
	    site_test(only_loopback_addresses_are_listened_on),
	    site_test(a_port_that_is_taken_is_told),
	    site_test(the_file_of_a_token_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
