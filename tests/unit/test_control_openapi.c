/* SPDX-License-Identifier: MIT */
/*
 * The tables of routes, conf/openapi.json and iml-plugin-api(7) tell the same: every path with its
 * method, parameters and members of the body.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>

#include "../json_schema.h"
#include "control/internal.h"
#include "control_fixture.h"

#define MAN_PAGE "man/iml-plugin-api.7"

static struct json_object *file;

static int read_file(void **state)
{
	(void)state;
	file = json_object_from_file("conf/openapi.json");
	if (file == NULL)
		fail_msg("conf/openapi.json: %s", json_util_get_last_err());
	return 0;
}

static int release_file(void **state)
{
	(void)state;
	json_object_put(file);
	return 0;
}

static const char *method_of(const struct route *route)
{
	switch (route->method) {
	case EVHTTP_REQ_POST:
		return "post";
	case EVHTTP_REQ_PUT:
		return "put";
	case EVHTTP_REQ_PATCH:
		return "patch";
	case EVHTTP_REQ_DELETE:
		return "delete";
	default:
		return "get";
	}
}

static struct json_object *operation_of(const struct route *route)
{
	struct json_object *path = member_of(member_of(file, "paths"), route->path);
	struct json_object *operation = member_of(path, method_of(route));

	if (operation == NULL)
		fail_msg("conf/openapi.json has no %s %s", method_of(route), route->path);
	return operation;
}

/* Asserts that a part of the file is this JSON text. */
static void assert_json(struct json_object *is, const char *expected, const char *where)
{
	struct json_object *wanted = json_tokener_parse(expected);

	assert_non_null(wanted);
	if (!json_object_equal(is, wanted))
		fail_msg("%s: conf/openapi.json has %s, the program %s", where,
		    json_object_to_json_string(is), expected);
	json_object_put(wanted);
}

/* ---- parameters ---- */

/* How a time by default is written. */
static const char *default_time(const struct parameter *parameter)
{
	return parameter->otherwise == 0       ? "now"
	       : parameter->otherwise == 3600  ? "-1h"
	       : parameter->otherwise == 86400 ? "-1d"
	                                       : "?";
}

/* The schema that a parameter is to have. */
static char *schema_of(const struct parameter *parameter)
{
	long long minimum = parameter->minimum, maximum = parameter->maximum;

	switch (parameter->type) {
	case PARAMETER_NUMBER:
		return xasprintf("{\"type\": \"integer\", \"minimum\": %lld, \"maximum\": %lld, "
		                 "\"default\": %lld}",
		    minimum, maximum, (long long)parameter->otherwise);
	case PARAMETER_ID:
		return xasprintf("{\"type\": \"integer\", \"minimum\": %lld, \"maximum\": %lld}",
		    minimum, maximum);
	case PARAMETER_BOOLEAN:
		return xstrdup("{\"type\": \"boolean\", \"default\": false}");
	case PARAMETER_TEXT:
		return xasprintf(
		    "{\"type\": \"string\", \"minLength\": 1, \"maxLength\": %lld}", maximum);
	case PARAMETER_TIME:
		return xasprintf(
		    "{\"type\": \"string\", \"default\": \"%s\"}", default_time(parameter));
	case PARAMETER_SEVERITY:
		return xstrdup(
		    "{\"type\": \"string\", \"enum\": [\"INFO\", \"WARNING\", \"ERROR\"]}");
	case PARAMETER_SORT:
		return xstrdup("{\"type\": \"string\", \"enum\": [\"id\", \"-id\", \"name\", "
		               "\"-name\"], \"default\": \"id\"}");
	case PARAMETER_NOTICE:
		return xasprintf("{\"type\": \"array\", \"items\": {\"type\": \"string\", "
		                 "\"enum\": [\"resource\", \"alert\", \"scannable\", \"plugin\", "
		                 "\"event\"]}, \"minItems\": 1, \"maxItems\": %lld}",
		    maximum);
	case PARAMETER_STATISTIC:
		return xasprintf("{\"type\": \"array\", \"items\": {\"type\": \"string\"}, "
		                 "\"minItems\": 1, \"maxItems\": %lld}",
		    maximum);
	default:
		return xstrdup("{\"type\": \"string\"}");
	}
}

/* Asserts that a parameter of the file is the one of the table. */
static void compare_parameter(struct json_object *described, const struct parameter *parameter,
    const char *in, const char *where)
{
	bool required = parameter->required || strcmp(in, "path") == 0;
	char *schema = schema_of(parameter);

	assert_string_equal(at(described, "name"), parameter->name);
	assert_string_equal(at(described, "in"), in);
	assert_string_equal(at(described, "description"), parameter->meaning);
	assert_int_equal(json_object_get_boolean(member_of(described, "required")), required);
	assert_json(member_of(described, "schema"), schema, where);
	free(schema);
}

static const struct parameter *path_parameter(const char *brace)
{
	for (size_t i = 0; i < path_parameter_count; i++)
		if (strncmp(brace + 1, path_parameters[i].name, strlen(path_parameters[i].name)) ==
		    0)
			return &path_parameters[i];
	fail_msg("no path parameter %s", brace);
	return NULL;
}

static void compare_parameters(const struct route *route, struct json_object *operation)
{
	struct json_object *list = member_of(operation, "parameters");
	size_t count = list != NULL ? json_object_array_length(list) : 0;
	const char *brace = route->path;
	size_t next = 0;

	while ((brace = strchr(brace, '{')) != NULL) {
		assert_true(next < count);
		compare_parameter(json_object_array_get_idx(list, next++), path_parameter(brace),
		    "path", route->path);
		brace++;
	}
	for (size_t i = 0; route->parameters[i] != NULL; i++) {
		if (next >= count)
			fail_msg(
			    "%s: %s is not in the file", route->path, route->parameters[i]->name);
		compare_parameter(json_object_array_get_idx(list, next++), route->parameters[i],
		    "query", route->path);
	}
	assert_int_equal(next, count);
}

/* ---- bodies ---- */

/* Appends the value of "type" for a set of types. */
static void append_types(struct text *json, unsigned types)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {
	    {BODY_TEXT, "string"},
	    {BODY_INTEGER, "integer"},
	    {BODY_BOOLEAN, "boolean"},
	    {BODY_ARRAY, "array"},
	    {BODY_OBJECT, "object"},
	    {BODY_NULL, "null"},
	};
	bool is_list = (types & (types - 1)) != 0, is_first = true;

	text_append(json, is_list ? "\"type\": [" : "\"type\": ");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((types & names[i].type) == 0)
			continue;
		text_printf(json, "%s\"%s\"", is_first ? "" : ", ", names[i].name);
		is_first = false;
	}
	text_append(json, is_list ? "]" : "");
}

static void compare_member(
    struct json_object *described, const struct body_member *member, const char *where)
{
	struct text json = TEXT_EMPTY;

	text_append_char(&json, '{');
	append_types(&json, member->types);
	if (member->items != 0) {
		text_append(&json, (member->types & BODY_ARRAY) != 0
		                       ? ", \"items\": {"
		                       : ", \"additionalProperties\": {");
		append_types(&json, member->items);
		text_append_char(&json, '}');
	}
	if (member->maximum != 0)
		text_printf(&json, ", \"maxLength\": %lld", (long long)member->maximum);
	text_append(&json, ", \"description\": ");
	text_append_json(&json, member->meaning);
	text_append_char(&json, '}');
	assert_json(described, json.data, where);
	text_clear(&json);
}

static bool is_in(struct json_object *list, const char *name)
{
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), name) == 0)
			return true;
	return false;
}

static void compare_bodies(const struct route *route, struct json_object *operation)
{
	struct json_object *content = member_of(member_of(operation, "requestBody"), "content");
	struct json_object *schema = member_of(member_of(content, "application/json"), "schema");
	struct json_object *properties = member_of(schema, "properties");
	const struct body_member *member = route->body;

	assert_true((schema != NULL) == (member->name != NULL));
	for (; member->name != NULL; member++) {
		compare_member(member_of(properties, member->name), member, route->path);
		assert_int_equal(
		    is_in(member_of(schema, "required"), member->name), member->required);
	}
	if (schema == NULL)
		return;
	assert_int_equal(json_object_object_length(properties), member - route->body);
	assert_false(json_object_get_boolean(member_of(schema, "additionalProperties")));
}

/* ---- tests ---- */

static void each_route_is_in_the_file_with_all_that_it_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < control_route_count; i++) {
		const struct route *route = &control_routes[i];
		struct json_object *operation = operation_of(route);

		assert_string_equal(at(operation, "summary"), route->summary);
		compare_parameters(route, operation);
		compare_bodies(route, operation);
		assert_int_equal(json_object_object_get_ex(operation, "security", NULL),
		    route->access == ACCESS_OPEN);
		if (route->method != EVHTTP_REQ_GET)
			assert_non_null(member_of(member_of(operation, "responses"), "403"));
	}
}

static void the_file_has_no_other_routes_and_no_name_twice(void **state)
{
	struct json_object *names = json_object_new_object();
	size_t count = 0;

	(void)state;
	json_object_object_foreach(member_of(file, "paths"), path, methods)
	{
		json_object_object_foreach(methods, method, operation)
		{
			const char *name = at(operation, "operationId");

			if (name[0] == '\0' || json_object_object_get_ex(names, name, NULL))
				fail_msg("%s %s: operationId \"%s\"", method, path, name);
			json_object_object_add(names, name, json_object_new_int(1));
			count++;
		}
	}
	assert_int_equal(count, control_route_count);
	json_object_put(names);
}

static void the_file_is_of_this_version(void **state)
{
	(void)state;
	assert_string_equal(at(file, "openapi"), "3.1.0");
	assert_string_equal(at(file, "info/version"), VERSION);
}

/* Follows every reference below a value; each that leads nowhere ends the test. */
static void follow_references(struct json_object *value, struct text *followed)
{
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			follow_references(json_object_array_get_idx(value, i), followed);
	}
	if (!json_object_is_type(value, json_type_object))
		return;
	json_object_object_foreach(value, name, below)
	{
		if (strcmp(name, "$ref") == 0) {
			schema_at(file, json_object_get_string(below));
			text_printf(followed, "%s ", json_object_get_string(below));
		} else {
			follow_references(below, followed);
		}
	}
}

static void all_references_lead_somewhere_and_nothing_is_left_over(void **state)
{
	struct text followed = TEXT_EMPTY;

	(void)state;
	follow_references(file, &followed);
	json_object_object_foreach(member_of(file, "components"), kind, parts)
	{
		json_object_object_foreach(parts, name, part)
		{
			char *reference = xasprintf("#/components/%s/%s ", kind, name);

			/* The events of a stream are no answer in themselves. */
			if (strstr(followed.data, reference) == NULL &&
			    strcmp(name, "Change") != 0 && strcmp(kind, "securitySchemes") != 0)
				fail_msg("nothing refers to %s", reference);
			assert_non_null(part);
			free(reference);
		}
	}
	text_clear(&followed);
}

static void the_runner_answers_with_the_file(void **state)
{
	struct json_object *answer;
	int code;

	answer = site_get(*state, "/v1/openapi.json", &code);
	assert_int_equal(code, 200);
	assert_true(json_object_equal(answer, file));
	json_object_put(answer);
}

/* ---- the man page ---- */

/* A path with what mdoc has in the place of braces. */
static char *mdoc_path(const struct route *route)
{
	struct text text = TEXT_EMPTY;
	const char *rest = route->path;
	size_t length;

	for (;;) {
		length = strcspn(rest, "{");
		if (length > 0)
			text_printf(
			    &text, "%sPa %.*s", text.length > 0 ? " Ns " : "", (int)length, rest);
		rest += length;
		if (*rest == '\0')
			return text_steal(&text);
		length = strcspn(rest, "}");
		text_printf(&text, " Ns Ar %.*s", (int)length - 1, rest + 1);
		rest += length + 1;
	}
}

static char *upper(const char *word)
{
	char *copy = xstrdup(word);

	for (char *byte = copy; *byte != '\0'; byte++)
		*byte = (char)toupper((unsigned char)*byte);
	return copy;
}

static char *read_page(void)
{
	FILE *stream = fopen(MAN_PAGE, "r");
	struct text page = TEXT_EMPTY;
	char part[4096];
	size_t count;

	assert_non_null(stream);
	while ((count = fread(part, 1, sizeof(part), stream)) > 0)
		text_append_bytes(&page, part, count);
	fclose(stream);
	return text_steal(&page);
}

static void the_man_page_has_every_route_and_no_other(void **state)
{
	char *page = read_page();
	size_t items = 0;

	(void)state;
	for (size_t i = 0; i < control_route_count; i++) {
		char *path = mdoc_path(&control_routes[i]);
		char *method = upper(method_of(&control_routes[i]));
		char *item =
		    xasprintf("\n.It %s Ta %s Ta %s\n", method, path, control_routes[i].summary);

		if (strstr(page, item) == NULL)
			fail_msg(MAN_PAGE " does not have: %s", item + 1);
		free(item);
		free(method);
		free(path);
	}
	for (const char *line = page; (line = strstr(line, "\n.It ")) != NULL; line++) {
		size_t length = strcspn(line + 1, "\n");
		const char *found = memmem(line, length, " Ta Pa /", 8);

		items += found != NULL;
	}
	assert_int_equal(items, control_route_count);
	free(page);
}

/* ---- the validator itself ---- */

/* Why a value is not as a schema says, or "". */
static char *fault_of(const char *schema_text, const char *value_text)
{
	struct schema_check check = {.file = file};
	struct json_object *schema = json_tokener_parse(schema_text);
	struct json_object *value = json_tokener_parse(value_text);
	bool accepted;

	assert_non_null(schema);
	accepted = schema_accepts(&check, schema, value, "");
	assert_int_equal(accepted, check.why.length == 0);
	json_object_put(value);
	json_object_put(schema);
	text_append(&check.why, "");
	return text_steal(&check.why);
}

static void values_are_compared_with_schemas(void **state)
{
	static const char object[] =
	    "{\"type\": [\"object\", \"null\"], \"required\": [\"a\"], \"properties\":"
	    " {\"a\": {\"type\": \"integer\", \"minimum\": 1}, \"b\": {\"type\": \"array\","
	    " \"maxItems\": 1, \"items\": {\"enum\": [\"x\"]}}}}";
	static const struct {
		const char *schema, *value, *fault;
	} cases[] = {
	    {object, "{\"a\": 1, \"b\": [\"x\"]}", ""},
	    {object, "null", ""},
	    {object, "{\"b\": []}", "/: a is missing"},
	    {object, "{\"a\": 0}", "/a: 0 breaks minimum 1"},
	    {object, "{\"a\": \"1\"}", "/a: \"1\" is not of type \"integer\""},
	    {object, "{\"a\": 1, \"c\": 2}", "/c: is not described"},
	    {object, "{\"a\": 1, \"b\": [\"y\"]}", "/b/0: \"y\" is not one of [ \"x\" ]"},
	    {object, "{\"a\": 1, \"b\": [\"x\", \"x\"]}", "/b: [ \"x\", \"x\" ] breaks maxItems 1"},
	    {"{\"type\": \"object\", \"additionalProperties\": {\"type\": \"integer\"}}",
	        "{\"a\": true}", "/a: true is not of type \"integer\""},
	    {"{\"anyOf\": [{\"type\": \"null\"}, {\"type\": \"string\"}]}", "1",
	        "/: is none of the alternatives: (/: 1 is not of type \"null\") (/: 1 is not of "
	        "type \"string\")"},
	    {"{\"$ref\": \"#/components/schemas/Error\"}", "{\"field\": \"a\"}",
	        "/: error is missing"},
	    {"{\"type\": \"string\", \"format\": \"date-time\"}", "\"2026-13-01T00:00:00Z\"",
	        "/: \"2026-13-01T00:00:00Z\" is not a date-time"},
	    {"{\"pattern\": \"x\"}", "1", "/: the schema has the unknown keyword pattern"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *fault = fault_of(cases[i].schema, cases[i].value);

		assert_string_equal(fault, cases[i].fault);
		free(fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_route_is_in_the_file_with_all_that_it_takes),
	    cmocka_unit_test(the_file_has_no_other_routes_and_no_name_twice),
	    cmocka_unit_test(the_file_is_of_this_version),
	    cmocka_unit_test(all_references_lead_somewhere_and_nothing_is_left_over),
	    cmocka_unit_test_setup_teardown(
	        the_runner_answers_with_the_file, site_start, site_stop),
	    cmocka_unit_test(the_man_page_has_every_route_and_no_other),
	    cmocka_unit_test(values_are_compared_with_schemas),
	};

	return cmocka_run_group_tests(tests, read_file, release_file);
}
