/* SPDX-License-Identifier: MIT */
/*
 * What a running runner answers is what conf/openapi.json describes: every route, with plugins that
 * have alerts, volumes, servers and statistics.
 */
#include "harness.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../json_schema.h"

static struct json_object *file; /* conf/openapi.json */
static struct json_object *seen; /* "get /v1/status 200": what was asked for */

static int start_all(void **state)
{
	file = json_object_from_file("conf/openapi.json");
	assert_non_null(file);
	seen = json_object_new_object();
	return database_start(state);
}

static int stop_all(void **state)
{
	json_object_put(seen);
	json_object_put(file);
	return database_stop(state);
}

/* ---- requests ---- */

/* The answer of the file to a method and path with this code, its reference followed; or NULL. */
static struct json_object *described_answer(const char *method, const char *path, const char *code)
{
	struct json_object *operation =
	    member_of(member_of(member_of(file, "paths"), path), method);
	struct json_object *answer = member_of(member_of(operation, "responses"), code);
	struct json_object *reference = member_of(answer, "$ref");

	return reference != NULL ? schema_at(file, json_object_get_string(reference)) : answer;
}

/* Fails unless the text is what the file describes for the answer to a request. */
static void assert_described(
    const char *method, const char *path, const char *code, const char *type, const char *text)
{
	struct json_object *content = member_of(described_answer(method, path, code), "content");
	struct schema_check check = {.file = file};
	struct json_object *schema = member_of(member_of(content, type), "schema");
	struct json_object *answer = NULL;
	char *key = xasprintf("%s %s %s", method, path, code);

	if (schema == NULL)
		fail_msg("%s %s: no answer %s of type %s is described, but:\n%s", method, path,
		    code, type, text);
	answer = strcmp(type, "application/json") == 0 ? json_tokener_parse(text)
	                                               : json_object_new_string(text);
	if (!schema_accepts(&check, schema, answer, ""))
		fail_msg("%s %s: %s\n%s", method, path, check.why.data, text);
	json_object_object_add(seen, key, json_object_new_int(1));
	json_object_put(answer);
	free(key);
}

/* The value of a header of an answer; the caller frees it. */
static char *header_of(const char *answer, const char *name)
{
	char *line = xasprintf("\r\n%s: ", name);
	const char *found = strstr(answer, line);
	const char *value = found != NULL ? found + strlen(line) : "";

	free(line);
	return xstrndup(value, strcspn(value, "\r"));
}

/*
 * Makes a request (its path as the file has it, and as it is), whose answer must have the code and
 * be described. The answer, if it is JSON; the caller releases it.
 */
static struct json_object *ask(struct runner *runner, const char *method, const char *described,
    const char *path, const char *body, int code)
{
	char *request = xasprintf("%s %s HTTP/1.1\r\nHost: runner\r\nConnection: close\r\n"
	                          "Content-Length: %zu\r\n\r\n%s",
	    method, path, strlen(body), body);
	char *answer = http_exchange(runner, request);
	char *type = header_of(answer, "Content-Type");
	const char *text = strstr(answer, "\r\n\r\n");
	char *lower = xstrdup(method);
	char digits[8];
	struct json_object *json;

	for (char *byte = lower; *byte != '\0'; byte++)
		*byte = (char)(*byte | 0x20);
	snprintf(digits, sizeof(digits), "%d", code);
	assert_non_null(text);
	if (strncmp(answer + strlen("HTTP/1.1 "), digits, strlen(digits)) != 0)
		fail_msg("%s %s is not answered with %d, but:\n%s", method, path, code, answer);
	assert_described(lower, described, digits, type, text + 4);
	json = json_tokener_parse(text + 4);
	free(lower);
	free(type);
	free(answer);
	free(request);
	return json;
}

/* The same for an answer that is of no further use. */
static void check(struct runner *runner, const char *method, const char *described,
    const char *path, const char *body, int code)
{
	json_object_put(ask(runner, method, described, path, body, code));
}

static void get(struct runner *runner, const char *path)
{
	char *described = xstrndup(path, strcspn(path, "?"));

	check(runner, "GET", described, path, "", 200);
	free(described);
}

/* A request about a resource, or whatever else has an id. */
static struct json_object *ask_about(struct runner *runner, const char *method,
    const char *described, int64_t id, const char *parameters, const char *body, int code)
{
	const char *brace = strstr(described, "{id}");
	char *path = xasprintf("%.*s%lld%s%s", (int)(brace - described), described, (long long)id,
	    brace + strlen("{id}"), parameters);
	struct json_object *answer = ask(runner, method, described, path, body, code);

	free(path);
	return answer;
}

static void check_about(struct runner *runner, const char *method, const char *described,
    int64_t id, const char *parameters, const char *body, int code)
{
	json_object_put(ask_about(runner, method, described, id, parameters, body, code));
}

/* ---- the runner ---- */

/* A couplet with a failed drive and servers, and an array that reports what the script says. */
static void start(struct runner *runner)
{
	char *scripted = built("tests/plugins/scripted.so");

	write_file(runner, "script",
	    "disk S1 status=FAILED\npool P disk=S1\ntemperature S1 36.5\nsensor T value=1\n"
	    "count T 1000\nsizes T 3 5\n");
	runner_configure(runner,
	    "scan: {retry_min: 50 ms, retry_max: 100 ms, period: 1 s}\n"
	    "plugins:\n  - path: %s\n  - name: simulator\n    settings:\n"
	    "      {enclosures: 1, drives_per_enclosure: 4, pools: 1, luns_per_pool: 2, servers: 2,"
	    " paths: 2,\n       period: 1, script: [{at: 0, action: fail, object: drive 1}]}\n"
	    "scannables:\n"
	    "  - {plugin: scripted, class: Array, attributes: {name: A, script: %s/script}}\n"
	    "  - {plugin: simulator, class: Couplet, attributes: {name: alpha}}\n"
	    "  - {plugin: nobody, class: Couplet, attributes: {name: beta}}\n",
	    scripted, runner->directory);
	runner_start(runner, NULL);
	wait_for(runner, "select count(*) > 0 from storage.volumes");
	wait_for(runner, "select count(*) > 0 from storage.alerts a join storage.resources r on "
	                 "r.id = resource_id where plugin = 'simulator'");
	wait_for(runner, "select count(*) > 0 from storage.resources r, storage.latest(r.id) l"
	                 " where class = 'Disk' and l.value is not null");
	wait_for(runner, "select count(*) > 0 from storage.resources r, storage.latest(r.id) l"
	                 " where class = 'Sensor' and l.counts is not null");
	free(scripted);
}

static int64_t id_where(struct runner *runner, const char *condition)
{
	return query_number(runner, "select min(id) from storage.resources where %s", condition);
}

/* ---- what is looked at ---- */

static void look_at_lists(struct runner *runner)
{
	get(runner, "/healthz");
	get(runner, "/metrics");
	get(runner, "/v1/openapi.json");
	get(runner, "/v1/status");
	get(runner, "/v1/plugins");
	check(runner, "GET", "/v1/plugins/{name}", "/v1/plugins/simulator", "", 200);
	check(runner, "GET", "/v1/plugins/{name}", "/v1/plugins/nobody", "", 404);
	get(runner, "/v1/usage");
	get(runner, "/v1/classes?internal=true");
	get(runner, "/v1/classes?class=Array");
	check(runner, "GET", "/v1/classes", "/v1/classes?kind=Teapot", "", 400);
	get(runner, "/v1/resources");
	get(runner, "/v1/resources?limit=1");
	get(runner, "/v1/tree");
	get(runner, "/v1/graph?limit=3");
	get(runner, "/v1/graph");
	get(runner, "/v1/alerts?severity=INFO");
	get(runner, "/v1/servers");
	get(runner, "/v1/volumes");
	get(runner, "/v1/volumes?limit=1");
}

/* Everything about every resource. */
static void look_at_resources(struct runner *runner)
{
	static const char *const paths[] = {"/v1/resources/{id}", "/v1/resources/{id}/impact",
	    "/v1/resources/{id}/statistics", "/v1/resources/{id}/charts"};
	struct json_object *list = ask(runner, "GET", "/v1/resources", "/v1/resources", "", 200);
	struct json_object *resources = member_of(list, "resources");

	for (size_t i = 0; i < json_object_array_length(resources); i++) {
		int64_t id =
		    json_object_get_int64(member_of(json_object_array_get_idx(resources, i), "id"));

		for (size_t j = 0; j < sizeof(paths) / sizeof(paths[0]); j++)
			check_about(runner, "GET", paths[j], id, "", "", 200);
	}
	check_about(runner, "GET", "/v1/resources/{id}", 999999, "", "", 404);
	json_object_put(list);
}

static void look_at_series(struct runner *runner)
{
	int64_t disk = id_where(runner, "class = 'Disk'");

	check_about(runner, "GET", "/v1/resources/{id}/series", disk,
	    "?statistic=temperature&from=-5m", "", 200);
	check_about(runner, "GET", "/v1/resources/{id}/series", disk, "", "", 400);
	check_about(runner, "GET", "/v1/resources/{id}/series", disk, "?statistic=x", "", 400);
}

/* ---- what is changed ---- */

static void change_resources(struct runner *runner)
{
	static const char alias[] = "/v1/resources/{id}/alias";
	int64_t disk = id_where(runner, "class = 'Disk'");

	check_about(runner, "PUT", alias, disk, "", "{\"alias\": \"north wall\"}", 200);
	check_about(runner, "PUT", alias, disk, "", "{\"alias\": 5}", 422);
	check_about(runner, "PUT", alias, 999999, "", "{\"alias\": \"x\"}", 404);
	check_about(runner, "GET", "/v1/resources/{id}", disk, "", "", 200);
	check_about(runner, "POST", "/v1/alerts/{id}/dismiss",
	    query_number(runner, "select min(id) from storage.alerts"), "", "", 200);
	check_about(runner, "POST", "/v1/alerts/{id}/dismiss", 999999, "", "", 404);
}

static void silence_resources(struct runner *runner)
{
	static const char silences[] = "/v1/silences", one[] = "/v1/silences/{id}";
	char *body = xasprintf("{\"resource\": %lld, \"until\": \"%lld\", \"why\": \"a test\"}",
	    (long long)id_where(runner, "class = 'Disk'"), (long long)time(NULL) + 3600);
	struct json_object *answer = ask(runner, "POST", silences, silences, body, 201);
	int64_t id = json_object_get_int64(member_of(answer, "id"));

	json_object_put(answer);
	get(runner, silences);
	get(runner, "/v1/tree");
	get(runner, "/v1/alerts");
	check_about(
	    runner, "GET", "/v1/resources/{id}", id_where(runner, "class = 'Disk'"), "", "", 200);
	check(runner, "POST", silences, silences,
	    "{\"resource\": 999999, \"until\": \"1\", \"why\": \"x\"}", 404);
	check(runner, "POST", silences, silences,
	    "{\"resource\": 1, \"until\": \"1\", \"why\": \"x\"}", 422);
	check_about(runner, "DELETE", one, id, "", "", 200);
	check_about(runner, "DELETE", one, id, "", "", 404);
	get(runner, "/v1/events");
	get(runner, "/v1/events?limit=1");
	check(runner, "GET", "/v1/events", "/v1/events?resource=999999", "", 404);
	free(body);
}

static void choose_nodes(struct runner *runner)
{
	static const char nodes[] = "/v1/volumes/{id}/nodes";
	int64_t volume = query_number(runner, "select min(id) from storage.volumes");
	char *body;

	body = xasprintf("{\"primary\": %ld, \"secondary\": []}",
	    query_number(runner, "select min(id) from storage.volume_nodes where volume_id = %lld",
	        (long long)volume));
	check_about(runner, "PUT", nodes, volume, "", body, 200);
	check_about(runner, "PUT", nodes, volume, "", "{\"primary\": 999999}", 409);
	check_about(runner, "PUT", nodes, volume, "", "{\"primary\": null}", 200);
	free(body);
}

static void pause_and_resume(struct runner *runner)
{
	static const char whole[] = "/v1/plugins/{name}/pause",
	                  again[] = "/v1/plugins/{name}/resume";
	static const char pause[] = "/v1/scannables/{id}/pause";
	static const char resume[] = "/v1/scannables/{id}/resume";
	int64_t couplet = id_where(runner, "class = 'Couplet'");

	check(runner, "POST", whole, "/v1/plugins/simulator/pause", "", 200);
	check_about(runner, "POST", pause, couplet, "", "{\"why\": \"new firmware\"}", 200);
	check_about(runner, "POST", pause, couplet, "", "", 409);
	get(runner, "/v1/status");
	get(runner, "/v1/resources");
	check_about(runner, "GET", "/v1/resources/{id}", couplet, "", "", 200);
	get(runner, "/v1/tree");
	check_about(runner, "POST", "/v1/scannables/{id}/scan", couplet, "", "", 409);
	check_about(runner, "POST", resume, couplet, "", "", 200);
	check_about(runner, "POST", resume, couplet, "", "", 409);
	check(runner, "POST", again, "/v1/plugins/simulator/resume", "", 200);
	check(runner, "POST", again, "/v1/plugins/simulator/resume", "{\"why\": 1}", 422);
	check(runner, "POST", again, "/v1/plugins/nobody/resume", "", 404);
}

static void change_the_runner(struct runner *runner)
{
	static const char level[] = "/v1/log-level", reload[] = "/v1/reload";

	check(
	    runner, "POST", level, level, "{\"plugin\": \"simulator\", \"level\": \"debug\"}", 200);
	check(runner, "POST", level, level, "{\"plugin\": \"nobody\", \"level\": null}", 404);
	check(runner, "POST", level, level, "{\"level\": \"loud\"}", 422);
	get(runner, level);
	check(runner, "POST", reload, reload, "", 200);
	get(runner, level);
}

static void change_scannables(struct runner *runner)
{
	static const char scannables[] = "/v1/scannables", one[] = "/v1/scannables/{id}";
	char *body = xasprintf("{\"plugin\": \"scripted\", \"class\": \"Array\", \"attributes\":"
	                       " {\"name\": \"N\", \"script\": \"%s/other\"}}",
	    runner->directory);
	struct json_object *answer;
	int64_t id;

	write_file(runner, "other", "disk N1\n");
	answer = ask(runner, "POST", scannables, scannables, body, 201);
	id = json_object_get_int64(member_of(answer, "id"));
	json_object_put(answer);
	check(runner, "POST", scannables, scannables, body, 200);
	check(runner, "POST", scannables, scannables,
	    "{\"plugin\": \"scripted\", \"class\": \"Array\", \"attributes\": {\"x\": 1}}", 422);
	check_about(runner, "PATCH", one, id, "", "{\"attributes\": {\"motto\": \"on\"}}", 200);
	check_about(runner, "PATCH", one, id_where(runner, "class = 'Couplet'"), "",
	    "{\"attributes\": {\"name\": \"b\"}}", 409);
	check_about(runner, "POST", "/v1/scannables/{id}/scan", id, "", "", 202);
	check_about(runner, "GET", "/v1/resources/{id}", id, "", "", 200);
	check_about(runner, "DELETE", one, id, "", "", 202);
	check_about(runner, "DELETE", one, 999999, "", "", 404);
	free(body);
}

/* ---- what is followed ---- */

/* Reads the stream until it has the text. */
static void read_until(int fd, struct text *stream, const char *wanted)
{
	int64_t end = now_ms() + DEADLINE_S * INT64_C(1000);
	struct pollfd input = {.fd = fd, .events = POLLIN};
	char part[4096];
	ssize_t count;

	while (stream->length == 0 || strstr(stream->data, wanted) == NULL) {
		count = poll(&input, 1, DEADLINE_S * 1000) == 1 ? read(fd, part, sizeof(part)) : 0;
		if (count <= 0 || now_ms() > end)
			fail_msg("the stream has no %s:\n%s", wanted, stream->data);
		text_append_bytes(stream, part, (size_t)count);
	}
}

/* Fails unless each event of the stream is described. How many there are. */
static unsigned assert_events(const char *stream)
{
	struct json_object *schema = schema_at(file, "#/components/schemas/Change");
	unsigned count = 0;

	while ((stream = strstr(stream, "data: ")) != NULL) {
		size_t length = strcspn(stream += strlen("data: "), "\r\n");
		struct schema_check check_event = {.file = file};
		char *line = xstrndup(stream, length);
		struct json_object *event = json_tokener_parse(line);

		if (stream[length] != '\0' && !schema_accepts(&check_event, schema, event, ""))
			fail_msg("%s\n%s", check_event.why.data, line);
		json_object_put(event);
		free(line);
		count++;
	}
	return count;
}

static void follow_changes(struct runner *runner)
{
	static const char request[] = "GET /v1/events/stream HTTP/1.1\r\nHost: runner\r\n\r\n";
	struct text stream = TEXT_EMPTY;
	int fd = http_connect(runner);

	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	read_until(fd, &stream, ": changes follow");
	write_file(runner, "script",
	    "disk S1 status=OK spare_of=S2\ndisk S2 status=DEGRADED\ngone sensor T\n");
	read_until(fd, &stream, "\"appeared\"");
	read_until(fd, &stream, "\"changed\"");
	read_until(fd, &stream, "\"alert_cleared\"");
	write_file(runner, "script", "gone disk S2\n");
	read_until(fd, &stream, "\"disappeared\"");
	write_file(runner, "script", "fail broken\n");
	read_until(fd, &stream, "\"offline\"");
	get(runner, "/v1/alerts");
	check_about(
	    runner, "GET", "/v1/resources/{id}", id_where(runner, "class = 'Array'"), "", "", 200);
	assert_true(assert_events(stream.data) >= 5);
	json_object_object_add(seen, "get /v1/events/stream 200", json_object_new_int(1));
	close(fd);
	text_clear(&stream);
}

/* Fails for each operation of the file without an answer of 200 or so that was seen. */
static void assert_all_seen(void)
{
	json_object_object_foreach(member_of(file, "paths"), path, methods)
	{
		json_object_object_foreach(methods, method, operation)
		{
			json_object_object_foreach(member_of(operation, "responses"), code, answer)
			{
				char *key = xasprintf("%s %s %s", method, path, code);

				if (code[0] == '2' && !json_object_object_get_ex(seen, key, NULL))
					fail_msg("%s has not been seen", key);
				assert_non_null(answer);
				free(key);
			}
		}
	}
}

static void every_answer_is_as_it_is_described(void **state)
{
	struct runner *runner = *state;

	start(runner);
	look_at_lists(runner);
	look_at_resources(runner);
	look_at_series(runner);
	change_resources(runner);
	silence_resources(runner);
	choose_nodes(runner);
	change_scannables(runner);
	pause_and_resume(runner);
	change_the_runner(runner);
	follow_changes(runner);
	assert_all_seen();
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(every_answer_is_as_it_is_described),
	};

	return cmocka_run_group_tests(tests, start_all, stop_all);
}
