/* SPDX-License-Identifier: MIT */
/* Requests that change something: what of them reaches the supervisor, and who may make them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <grp.h>
#include <sys/wait.h>

#include "base/log.h"
#include "control/internal.h"
#include "control_fixture.h"

/* What the supervisor was told last, and who waits for it. */
static struct {
	unsigned count;
	struct instruction instruction;
	char alias[256];
	char why[256];
	struct text words; /* of a scannable */
	record_id secondary;
	void (*answered)(void *asker, const struct instruction_answer *answer);
	void *asker;
	uint64_t forgotten;
	uint64_t number; /* to give; 0: refused */
} told;

static const char *or_none(const char *text)
{
	return text != NULL ? text : "(none)";
}

static uint64_t take_instruction(void *context, const struct instruction *instruction,
    void (*answered)(void *asker, const struct instruction_answer *answer), void *asker)
{
	(void)context;
	told.count++;
	told.instruction = *instruction;
	told.secondary = instruction->secondary_count > 0 ? instruction->secondary[0] : 0;
	snprintf(told.alias, sizeof(told.alias), "%s", or_none(instruction->alias));
	snprintf(told.why, sizeof(told.why), "%s", or_none(instruction->why));
	text_reset(&told.words);
	text_printf(
	    &told.words, "%s.%s", or_none(instruction->plugin), or_none(instruction->class));
	for (size_t i = 0; i < instruction->attribute_count; i++)
		text_printf(&told.words, " %s=%s", instruction->attributes[i].name,
		    or_none(instruction->attributes[i].value));
	told.answered = answered;
	told.asker = asker;
	return told.number;
}

static void forget(void *context, uint64_t number)
{
	(void)context;
	told.forgotten = number;
}

static int start(void **state)
{
	int result = site_start(state);
	struct site *site = *state;

	text_clear(&told.words);
	memset(&told, 0, sizeof(told));
	told.number = 7;
	site->callbacks.instruct = take_instruction;
	site->callbacks.forget = forget;
	return result;
}

/* Sends a request with a body, on a connection that ends with its answer. */
static int send_request(
    const struct site *site, const char *method, const char *path, const char *body, size_t length)
{
	int fd = site_connect(site);
	char *head = xasprintf("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	                       "Content-Length: %zu\r\n\r\n",
	    method, path, length);

	site_send(fd, head);
	while (length > 0) {
		ssize_t written = write(fd, body, length);

		if (written > 0) {
			body += written;
			length -= (size_t)written;
		}
		event_base_loop(site->base, EVLOOP_NONBLOCK);
	}
	free(head);
	return fd;
}

/* Reads the rest of an answer, and gives its JSON and code. */
static struct json_object *finish_request(const struct site *site, int fd, int *code)
{
	struct text answer = TEXT_EMPTY;
	struct json_object *json;

	while (site_receive(site, fd, &answer))
		continue;
	close(fd);
	assert_int_equal(sscanf(answer.data, "HTTP/1.1 %d", code), 1);
	json = json_tokener_parse(strstr(answer.data, "\r\n\r\n"));
	assert_non_null(json);
	text_clear(&answer);
	return json;
}

static void run_until_told(const struct site *site)
{
	while (told.count == 0)
		event_base_loop(site->base, EVLOOP_ONCE);
}

/* Asserts that a request is refused before the supervisor hears of it. */
static void assert_refused(const struct site *site, const char *request, const char *body, int code,
    const char *error, const char *field)
{
	char method[8], path[64];
	struct json_object *answer;
	int got;

	assert_int_equal(sscanf(request, "%7s %63s", method, path), 2);
	answer = finish_request(site, send_request(site, method, path, body, strlen(body)), &got);
	assert_string_equal(at(answer, "error"), error);
	assert_string_equal(at(answer, "field"), field);
	assert_int_equal(got, code);
	assert_int_equal(told.count, 0);
	json_object_put(answer);
}

static const char alias_path[] = "PUT /v1/resources/5/alias";

static void a_change_is_answered_when_it_was_followed(void **state)
{
	const struct site *site = *state;
	const char body[] = "{\"alias\": \"north wall\"}";
	int fd = send_request(site, "PUT", "/v1/resources/5/alias", body, strlen(body));
	struct json_object *answer;
	int code;

	run_until_told(site);
	assert_int_equal(told.instruction.kind, INSTRUCTION_ALIAS);
	assert_int_equal(told.instruction.id, 5);
	assert_int_equal(told.instruction.user, getuid());
	assert_string_equal(told.alias, "north wall");
	told.answered(
	    told.asker, &(const struct instruction_answer){.result = INSTRUCTION_DONE, .id = 5});
	answer = finish_request(site, fd, &code);
	assert_int_equal(code, 200);
	assert_string_equal(at(answer, "id"), "5");
	assert_int_equal(told.forgotten, 0);
	json_object_put(answer);
}

static void null_takes_an_alias_back(void **state)
{
	const struct site *site = *state;
	const char body[] = "{\"alias\": null}";
	int fd = send_request(site, "PUT", "/v1/resources/5/alias", body, strlen(body));

	run_until_told(site);
	assert_string_equal(told.alias, "(none)");
	close(fd);
}

static void who_left_does_no_harm(void **state)
{
	const struct site *site = *state;
	struct json_object *answer;
	int fd = send_request(site, "POST", "/v1/alerts/31/dismiss", "", 0);
	int code;

	run_until_told(site);
	close(fd);
	told.answered(
	    told.asker, &(const struct instruction_answer){.result = INSTRUCTION_DONE, .id = 31});
	for (int i = 0; i < 10; i++)
		event_base_loop(site->base, EVLOOP_NONBLOCK);
	answer = site_get(site, "/v1/status", &code);
	assert_int_equal(code, 200);
	json_object_put(answer);
}

static void an_alert_is_dismissed_without_a_body(void **state)
{
	const struct site *site = *state;
	int fd = send_request(site, "POST", "/v1/alerts/31/dismiss", "", 0);

	run_until_told(site);
	assert_int_equal(told.instruction.kind, INSTRUCTION_DISMISS);
	assert_int_equal(told.instruction.id, 31);
	assert_true(told.instruction.dismissed);
	close(fd);
}

static void a_dismissal_is_taken_back(void **state)
{
	const struct site *site = *state;
	const char body[] = "{\"dismissed\": false}";
	int fd = send_request(site, "POST", "/v1/alerts/31/dismiss", body, strlen(body));

	run_until_told(site);
	assert_false(told.instruction.dismissed);
	close(fd);
}

/* ---- scannables ---- */

static void a_scannable_is_added_as_it_was_typed(void **state)
{
	static const char body[] =
	    "{\"plugin\": \"acme\", \"class\": \"Couplet\", \"attributes\": {\"address\": \"a\", "
	    "\"port\": 80, \"on\": true, \"note\": null}}";
	const struct site *site = *state;
	int fd = send_request(site, "POST", "/v1/scannables", body, strlen(body));
	struct json_object *answer;
	int code;

	run_until_told(site);
	assert_int_equal(told.instruction.kind, INSTRUCTION_ADD);
	assert_string_equal(told.words.data, "acme.Couplet address=a port=80 on=true note=(none)");
	told.answered(
	    told.asker, &(const struct instruction_answer){.result = INSTRUCTION_MADE, .id = 17});
	answer = finish_request(site, fd, &code);
	assert_int_equal(code, 201);
	assert_string_equal(at(answer, "id"), "17");
	assert_string_equal(at(answer, "existed"), "false");
	json_object_put(answer);
}

static void a_scannable_is_changed_by_its_id(void **state)
{
	static const char body[] = "{\"attributes\": {\"port\": \"81\"}, \"alias\": null}";
	const struct site *site = *state;
	int fd = send_request(site, "PATCH", "/v1/scannables/17", body, strlen(body));

	run_until_told(site);
	assert_int_equal(told.instruction.kind, INSTRUCTION_EDIT);
	assert_int_equal(told.instruction.id, 17);
	assert_true(told.instruction.has_alias);
	assert_string_equal(told.words.data, "(none).(none) port=81");
	close(fd);
}

static void a_removal_is_accepted(void **state)
{
	const struct site *site = *state;
	int fd = send_request(site, "DELETE", "/v1/scannables/17", "", 0);
	struct json_object *answer;
	int code;

	run_until_told(site);
	assert_int_equal(told.instruction.kind, INSTRUCTION_REMOVE);
	told.answered(
	    told.asker, &(const struct instruction_answer){.result = INSTRUCTION_BEGUN, .id = 17});
	answer = finish_request(site, fd, &code);
	assert_int_equal(code, 202);
	json_object_put(answer);
}

static void a_scannable_is_paused_by_its_id_and_a_plugin_by_its_name(void **state)
{
	static const char body[] = "{\"why\": \"new firmware\"}";
	const struct site *site = *state;
	struct json_object *answer;
	int fd = send_request(site, "POST", "/v1/scannables/17/pause", body, strlen(body));
	int code;

	run_until_told(site);
	assert_int_equal(told.instruction.kind, INSTRUCTION_PAUSE);
	assert_int_equal(told.instruction.id, 17);
	assert_string_equal(told.words.data, "(none).(none)");
	assert_string_equal(told.why, "new firmware");
	close(fd);
	told.count = 0;
	fd = send_request(site, "POST", "/v1/plugins/acme-1.x/resume", "", 0);
	run_until_told(site);
	assert_int_equal(told.instruction.kind, INSTRUCTION_RESUME);
	assert_int_equal(told.instruction.id, 0);
	assert_string_equal(told.words.data, "acme-1.x.(none)");
	told.answered(told.asker, &(const struct instruction_answer){.result = INSTRUCTION_DONE});
	answer = finish_request(site, fd, &code);
	assert_int_equal(code, 200);
	assert_int_equal(json_object_object_length(answer), 0);
	json_object_put(answer);
}

static void what_can_be_no_pause_is_refused(void **state)
{
	assert_refused(*state, "POST /v1/scannables/17/pause", "{\"why\": 5}", 422,
	    "why is not a text or null", "why");
	assert_refused(*state, "POST /v1/plugins/acme/resume", "{\"why\": \"\"}", 422,
	    "\"why\" is not known here (known are: none)", "why");
	assert_refused(
	    *state, "POST /v1/scannables/acme/pause", "", 404, "\"acme\" is not an id", "");
	assert_refused(*state, "GET /v1/plugins/acme/pause", "", 405, "only POST is allowed", "");
}

/* Asks for a log level, and waits until the supervisor is told. */
static void ask_for_level(const struct site *site, const char *body)
{
	int fd;

	told.count = 0;
	fd = send_request(site, "POST", "/v1/log-level", body, strlen(body));
	run_until_told(site);
	assert_int_equal(told.instruction.kind, INSTRUCTION_LOG_LEVEL);
	close(fd);
}

static void a_log_level_is_that_of_a_plugin_or_of_all(void **state)
{
	ask_for_level(*state, "{\"plugin\": \"acme\", \"level\": \"debug\"}");
	assert_int_equal(told.instruction.level, LOG_LEVEL_DEBUG);
	assert_string_equal(told.words.data, "acme.(none)");
	ask_for_level(*state, "{\"plugin\": null, \"level\": null}");
	assert_int_equal(told.instruction.level, -1);
	assert_string_equal(told.words.data, "(none).(none)");
	told.count = 0;
	assert_refused(*state, "POST /v1/log-level", "{\"level\": \"loud\"}", 422,
	    "level: \"loud\" is not debug, info, warning or error", "level");
	assert_refused(*state, "POST /v1/log-level", "{}", 422, "level is missing", "level");
}

static void a_reload_is_answered_with_what_changed(void **state)
{
	const struct site *site = *state;
	int fd = send_request(site, "POST", "/v1/reload", "", 0);
	struct json_object *answer;
	int code;

	run_until_told(site);
	assert_int_equal(told.instruction.kind, INSTRUCTION_RELOAD);
	told.answered(told.asker, &(const struct instruction_answer){.result = INSTRUCTION_DONE,
	                              .changes = "a.yaml:3: one\ntwo\n"});
	answer = finish_request(site, fd, &code);
	assert_int_equal(code, 200);
	assert_string_equal(at(answer, "changes"), "[ \"a.yaml:3: one\", \"two\" ]");
	json_object_put(answer);
}

static void the_nodes_of_a_volume_are_chosen(void **state)
{
	static const char body[] = "{\"primary\": 4, \"secondary\": [5, 6]}";
	const struct site *site = *state;
	int fd = send_request(site, "PUT", "/v1/volumes/3/nodes", body, strlen(body));

	run_until_told(site);
	assert_int_equal(told.instruction.kind, INSTRUCTION_NODES);
	assert_int_equal(told.instruction.id, 3);
	assert_int_equal(told.instruction.primary, 4);
	assert_int_equal(told.instruction.secondary_count, 2);
	assert_int_equal(told.secondary, 5);
	close(fd);
}

static void what_can_be_no_choice_is_refused(void **state)
{
	static const char choose[] = "PUT /v1/volumes/3/nodes";

	assert_refused(*state, choose, "{\"secondary\": []}", 422, "primary is missing", "primary");
	assert_refused(*state, choose, "{\"primary\": \"4\"}", 422,
	    "primary is not an integer or null", "primary");
	assert_refused(*state, choose, "{\"primary\": 4, \"secondary\": [5, \"6\"]}", 422,
	    "element 2 of secondary is not an integer", "secondary");
}

static void there_are_no_volumes_without_device_nodes(void **state)
{
	int code;
	struct json_object *answer = site_get(*state, "/v1/volumes", &code);

	assert_int_equal(code, 200);
	assert_string_equal(at(answer, "volumes"), "[ ]");
	assert_string_equal(at(answer, "next"), "");
	json_object_put(answer);
}

static void what_can_be_no_scannable_is_refused(void **state)
{
	static const char add[] = "POST /v1/scannables";

	assert_refused(*state, add, "{}", 422, "plugin is missing", "plugin");
	assert_refused(*state, add, "{\"plugin\": \"a\", \"class\": \"b\", \"attributes\": []}",
	    422, "attributes is not an object", "attributes");
	assert_refused(*state, add,
	    "{\"plugin\": \"a\", \"class\": \"b\", \"attributes\": {\"c\": {}}}", 422,
	    "\"c\" is not a text, an integer, true, false or null", "c");
	assert_refused(*state, add,
	    "{\"plugin\": \"a\", \"class\": \"b\", \"attributes\": {\"c\": 1.5}}", 422,
	    "\"c\" is not a text, an integer, true, false or null", "c");
	assert_refused(*state, add,
	    "{\"plugin\": \"a\", \"class\": \"b\", \"attributes\": {\"c\": \"x\\u0000\"}}", 422,
	    "\"c\" has a zero character in it", "c");
	assert_refused(*state, "DELETE /v1/scannables/5", "{\"force\": true}", 422,
	    "\"force\" is not known here (known are: none)", "force");
	assert_refused(
	    *state, "PUT /v1/scannables/5", "", 405, "only PATCH or DELETE is allowed", "");
}

static void every_reason_is_told_with_its_field(void **state)
{
	static char field[] = "address", first[] = "is no name", second[] = "something else";
	const struct instruction_reason reasons[] = {{field, first}, {NULL, second}};
	const struct site *site = *state;
	int fd = send_request(site, "POST", "/v1/alerts/31/dismiss", "", 0);
	struct json_object *answer;
	int code;

	run_until_told(site);
	told.answered(
	    told.asker, &(const struct instruction_answer){
	                    .result = INSTRUCTION_WRONG, .reasons = reasons, .reason_count = 2});
	answer = finish_request(site, fd, &code);
	assert_int_equal(code, 422);
	assert_string_equal(at(answer, "error"), "is no name");
	assert_string_equal(at(answer, "field"), "address");
	assert_string_equal(at(answer, "further/0/error"), "something else");
	assert_string_equal(at(answer, "further/0/field"), "");
	json_object_put(answer);
}

static void what_can_not_be_begun_is_refused(void **state)
{
	const struct site *site = *state;
	struct json_object *answer;
	int code;

	told.number = 0;
	answer =
	    finish_request(site, send_request(site, "POST", "/v1/alerts/1/dismiss", "", 0), &code);
	assert_int_equal(code, 503);
	assert_string_equal(at(answer, "error"), "too many changes are under way already");
	json_object_put(answer);
}

static void who_waits_when_the_runner_ends_is_forgotten(void **state)
{
	struct site *site = *state;
	int fd = send_request(site, "POST", "/v1/alerts/31/dismiss", "", 0);

	run_until_told(site);
	control_free(site->control);
	site->control = NULL;
	assert_int_equal(told.forgotten, 7);
	close(fd);
}

static void a_body_that_is_no_object_is_refused(void **state)
{
	static const char *const bodies[] = {"{", "{\"alias\": }", "{\"alias\": \"x\"} {}",
	    "{\"alias\": \"\xff\"}", "[[[[[[[[[[[[]]]]]]]]]]]]", "nul", "{\"alias\": \"x"};
	struct json_object *answer;
	int code;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		answer = finish_request(*state,
		    send_request(
		        *state, "PUT", "/v1/resources/5/alias", bodies[i], strlen(bodies[i])),
		    &code);
		assert_int_equal(code, 400);
		assert_memory_equal(at(answer, "error"), "the body is not JSON", 20);
		assert_int_equal(told.count, 0);
		json_object_put(answer);
	}
	assert_refused(*state, alias_path, "[]", 400, "the body is not a JSON object", "");
	assert_refused(*state, alias_path, "null", 400, "the body is not a JSON object", "");
	assert_refused(*state, alias_path, "17", 400, "the body is not a JSON object", "");
}

static void the_members_of_a_body_are_checked(void **state)
{
	assert_refused(*state, alias_path, "", 422, "alias is missing", "alias");
	assert_refused(*state, alias_path, "{}", 422, "alias is missing", "alias");
	assert_refused(
	    *state, alias_path, "{\"alias\": 5}", 422, "alias is not a text or null", "alias");
	assert_refused(*state, alias_path, "{\"alias\": \"a\\u0000b\"}", 422,
	    "alias has a zero character in it", "alias");
	assert_refused(*state, alias_path, "{\"alias\": \"a\", \"name\": 1}", 422,
	    "\"name\" is not known here (known are: alias)", "name");
	assert_refused(*state, alias_path, "{\"\\u001b[31m\": 1}", 422,
	    "\"…\" is not known here (known are: alias)", "…");
	assert_refused(*state, "POST /v1/alerts/5/dismiss", "{\"dismissed\": 1}", 422,
	    "dismissed is not true or false", "dismissed");
}

static void a_body_that_is_too_long_is_refused(void **state)
{
	size_t length = 65537;
	char *body = xcalloc(1, length);
	struct json_object *answer;
	int code;

	memset(body, ' ', length);
	answer = finish_request(
	    *state, send_request(*state, "PUT", "/v1/resources/5/alias", body, length), &code);
	assert_int_equal(code, 413);
	assert_string_equal(at(answer, "error"), "the body is longer than 65536 bytes");
	assert_int_equal(told.count, 0);
	json_object_put(answer);
	free(body);
}

static void paths_have_methods(void **state)
{
	assert_refused(*state, "POST /v1/resources/5/alias", "", 405, "only PUT is allowed", "");
	assert_refused(*state, "GET /v1/alerts/5/dismiss", "", 405, "only POST is allowed", "");
	assert_refused(*state, "PUT /v1/nothing", "", 404, "no such path; try /v1/status", "");
	assert_refused(*state, "PUT /v1/resources/x/alias", "", 404, "\"x\" is not an id", "");
	assert_refused(*state, "PUT /v1/resources/5/alias?x=1", "", 400,
	    "/v1/resources/{id}/alias takes no parameter \"x\"", "x");
}

/* ---- who may change things ---- */

#define STRANGER 64321
#define STRANGERS_GROUP 64322

/* Makes a request as a stranger with a group besides the first, and gives the code. */
static int ask_as_stranger(const struct site *site, const char *request)
{
	int status, code = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		const gid_t group = STRANGERS_GROUP;
		char answer[64] = "";
		int fd;

		if (setgroups(1, &group) != 0 || setgid(STRANGER) != 0 || setuid(STRANGER) != 0)
			_exit(1);
		fd = site_connect(site);
		fcntl(fd, F_SETFL, 0);
		site_send(fd, request);
		if (read(fd, answer, sizeof(answer) - 1) > 0)
			sscanf(answer, "HTTP/1.1 %d", &code);
		_exit(code == 200 ? 200 : code == 403 ? 3 : code == 404 ? 4 : 1);
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		event_base_loop(site->base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	return WEXITSTATUS(status);
}

/* Lets everybody make connections. */
static void let_in_everybody(struct site *site)
{
	chmod(site->directory, 0755);
	*strrchr(site->path, '/') = '\0';
	chmod(site->path, 0755);
	site->path[strlen(site->path)] = '/';
	chmod(site->path, 0666);
}

static void a_stranger_may_only_read(void **state)
{
	static const char dismiss[] = "POST /v1/alerts/x/dismiss HTTP/1.1\r\nHost: x\r\n\r\n";
	struct site *site = *state;

	if (geteuid() != 0)
		skip();
	let_in_everybody(site);
	assert_int_equal(ask_as_stranger(site, "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_int_equal(ask_as_stranger(site, dismiss), 3);
	control_set_group(site->control, "others", STRANGERS_GROUP + 1);
	assert_int_equal(ask_as_stranger(site, dismiss), 3);
	control_set_group(site->control, "one of theirs", STRANGERS_GROUP);
	assert_int_equal(ask_as_stranger(site, dismiss), 4);
	control_set_group(site->control, "their first", STRANGER);
	assert_int_equal(ask_as_stranger(site, dismiss), 4);
	control_set_group(site->control, NULL, 0);
	assert_int_equal(ask_as_stranger(site, dismiss), 3);
	assert_int_equal(told.count, 0);
}

static void every_change_is_refused_to_a_stranger(void **state)
{
	static const char *const methods[][2] = {
	    {"POST", "{}"}, {"PUT", "{}"}, {"PATCH", "{}"}, {"DELETE", ""}};
	struct site *site = *state;
	size_t count = 0, refused = 0;

	if (geteuid() != 0)
		skip();
	let_in_everybody(site);
	for (size_t i = 0; i < control_route_count; i++) {
		const struct route *route = &control_routes[i];

		count += route->method != EVHTTP_REQ_GET;
		for (size_t j = 0; j < sizeof(methods) / sizeof(methods[0]); j++) {
			char *request = xasprintf("%s %s HTTP/1.1\r\nHost: x\r\n"
			                          "Content-Length: %zu\r\n\r\n%s",
			    methods[j][0], route->path, strlen(methods[j][1]), methods[j][1]);
			int code = ask_as_stranger(site, request);

			assert_int_not_equal(code, 200);
			refused += code == 3;
			free(request);
		}
	}
	assert_true(count > 0 && refused >= count);
	assert_int_equal(told.count, 0);
}

#define site_test(function) cmocka_unit_test_setup_teardown(function, start, site_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    site_test(a_change_is_answered_when_it_was_followed),
	    site_test(null_takes_an_alias_back),
	    site_test(who_left_does_no_harm),
	    site_test(an_alert_is_dismissed_without_a_body),
	    site_test(a_dismissal_is_taken_back),
	    site_test(a_scannable_is_added_as_it_was_typed),
	    site_test(a_scannable_is_changed_by_its_id),
	    site_test(a_removal_is_accepted),
	    site_test(what_can_be_no_scannable_is_refused),
	    site_test(a_scannable_is_paused_by_its_id_and_a_plugin_by_its_name),
	    site_test(what_can_be_no_pause_is_refused),
	    site_test(a_log_level_is_that_of_a_plugin_or_of_all),
	    site_test(a_reload_is_answered_with_what_changed),
	    site_test(the_nodes_of_a_volume_are_chosen),
	    site_test(what_can_be_no_choice_is_refused),
	    site_test(there_are_no_volumes_without_device_nodes),
	    site_test(every_reason_is_told_with_its_field),
	    site_test(what_can_not_be_begun_is_refused),
	    site_test(who_waits_when_the_runner_ends_is_forgotten),
	    site_test(a_body_that_is_no_object_is_refused),
	    site_test(the_members_of_a_body_are_checked),
	    site_test(a_body_that_is_too_long_is_refused),
	    site_test(paths_have_methods),
	    site_test(a_stranger_may_only_read),
	    site_test(every_change_is_refused_to_a_stranger),
	};

	return cmocka_run_group_tests_name("instructions", tests, NULL, NULL);
}
