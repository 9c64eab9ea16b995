/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "control_fixture.h"

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

static struct json_object *get_well(const struct site *site, const char *path)
{
	int code;
	struct json_object *answer = site_get(site, path, &code);

	assert_int_equal(code, 200);
	return answer;
}

static void status_is_what_the_supervisor_says(void **state)
{
	struct json_object *answer = get_well(*state, "/v1/status");

	assert_string_equal(at(answer, "state"), "running");
	json_object_put(answer);
}

static struct json_object *be_well(void *context, bool *is_usable)
{
	(void)context;
	*is_usable = true;
	return json_tokener_parse("{\"status\": \"ok\"}");
}

static struct json_object *be_ill(void *context, bool *is_usable)
{
	(void)context;
	*is_usable = false;
	return json_tokener_parse("{\"status\": \"critical\"}");
}

static void health_has_another_code_if_the_runner_is_of_no_use(void **state)
{
	struct site *site = *state;
	struct json_object *answer;
	int code;

	site->callbacks.health = be_well;
	answer = get_well(site, "/healthz");
	assert_string_equal(at(answer, "status"), "ok");
	json_object_put(answer);
	site->callbacks.health = be_ill;
	answer = site_get(site, "/healthz", &code);
	assert_int_equal(code, 503);
	assert_string_equal(at(answer, "status"), "critical");
	json_object_put(answer);
}

static void plugins_are_a_part_of_the_status(void **state)
{
	struct json_object *answer = get_well(*state, "/v1/plugins");

	assert_string_equal(at(answer, "plugins/0/name"), "acme");
	json_object_put(answer);
}

static void a_plugin_is_found_by_its_name(void **state)
{
	struct json_object *answer = get_well(*state, "/v1/plugins/ac%6de");

	assert_string_equal(at(answer, "name"), "acme");
	assert_string_equal(at(answer, "state"), "running");
	json_object_put(answer);
	assert_refused(*state, "/v1/plugins/acm", 404, "there is no plugin \"acm\"", "name");
	assert_refused(*state, "/v1/plugins/", 400,
	    "name: \"\" is not a text of 1 to 64 bytes without control characters", "name");
	assert_refused(*state, "/v1/plugins/a%0ab", 400,
	    "name: \"…\" is not a text of 1 to 64 bytes without control characters", "name");
	assert_refused(*state, "/v1/plugins/acme%00x", 404, "no such path; try /v1/status", "");
}

static void classes_tell_what_was_declared_without_passwords(void **state)
{
	struct json_object *answer = get_well(*state, "/v1/classes?kind=PhysicalDisk");

	assert_string_equal(at(answer, "classes/0/class"), "acme.HardDrive");
	assert_string_equal(at(answer, "classes/0/resources"), "10");
	assert_string_equal(at(answer, "classes/0/attributes/1/units"), "bytes");
	assert_string_equal(at(answer, "classes/0/attributes/2/options/1"), "FAILED");
	assert_string_equal(at(answer, "classes/0/attributes/4/name"), "note");
	assert_string_equal(at(answer, "classes/0/statistics/0/units"), "C");
	assert_string_equal(at(answer, "classes/0/charts/0/title"), "Heat");
	assert_string_equal(at(answer, "classes/0/charts/0/series/0"), "temperature");
	assert_string_equal(at(answer, "classes/0/relations/0/type"), "provide");
	assert_string_equal(at(answer, "classes/0/relations/0/class"), "linux.ScsiDevice");
	assert_string_equal(at(answer, "classes/0/relations/0/attributes/0"), "serial_number");
	assert_string_equal(at(answer, "classes/0/relations/0/ignore_case"), "true");
	assert_string_equal(at(answer, "classes/1"), "");
	json_object_put(answer);
}

static void classes_tell_when_alerts_are_raised(void **state)
{
	struct json_object *answer = get_well(*state, "/v1/classes?kind=PhysicalDisk");
	struct json_object *conditions = json_object_object_get(
	    json_object_array_get_idx(json_object_object_get(answer, "classes"), 0),
	    "alert_conditions");

	assert_int_equal(json_object_array_length(conditions), 2);
	assert_string_equal(json_object_to_json_string_ext(
	                        json_object_array_get_idx(conditions, 0), JSON_C_TO_STRING_PLAIN),
	    "{\"id\":null,\"type\":\"value\",\"subject\":\"status\",\"on_statistic\":false,"
	    "\"message\":\"Drive failure\",\"raise_after\":1,\"clear_after\":1,\"severities\":["
	    "{\"name\":\"_status_ERROR\",\"severity\":\"ERROR\",\"states\":[\"FAILED\"]}]}");
	assert_string_equal(json_object_to_json_string_ext(
	                        json_object_array_get_idx(conditions, 1), JSON_C_TO_STRING_PLAIN),
	    "{\"id\":\"heat\",\"type\":\"upper_bound\",\"subject\":\"temperature\","
	    "\"on_statistic\":true,\"message\":null,\"raise_after\":3,\"clear_after\":2,"
	    "\"severities\":["
	    "{\"name\":\"heat_temperature_ERROR\",\"severity\":\"ERROR\",\"bound\":95.0},"
	    "{\"name\":\"heat_temperature_WARNING\",\"severity\":\"WARNING\",\"bound\":85.5}]}");
	json_object_put(answer);
}

static void columns_leave_out_passwords_and_forms_do_not(void **state)
{
	static const char *const columns[] = {
	    "serial_number", "capacity", "status", "located", "spare_of"};
	struct json_object *answer = get_well(*state, "/v1/classes?kind=PhysicalDisk");
	char place[64];

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		snprintf(place, sizeof(place), "classes/0/columns/%zu/name", i);
		assert_string_equal(at(answer, place), columns[i]);
	}
	assert_string_equal(at(answer, "classes/0/columns/5"), "");
	assert_string_equal(at(answer, "classes/0/fields/0/label"), "Serial number");
	assert_string_equal(at(answer, "classes/0/fields/2/options/1"), "FAILED");
	assert_string_equal(at(answer, "classes/0/fields/4/name"), "password");
	assert_string_equal(at(answer, "classes/0/fields/4/type"), "Password");
	assert_string_equal(at(answer, "classes/0/fields/4/optional"), "true");
	assert_string_equal(at(answer, "classes/0/fields/6"), "");
	json_object_put(answer);
}

static void internal_classes_are_listed_when_asked_for(void **state)
{
	struct json_object *without = get_well(*state, "/v1/classes");
	struct json_object *with = get_well(*state, "/v1/classes?internal=true");

	assert_int_equal(
	    json_object_array_length(json_object_object_get(without, "classes")), CLASS_COUNT - 1);
	assert_int_equal(
	    json_object_array_length(json_object_object_get(with, "classes")), CLASS_COUNT);
	json_object_put(without);
	json_object_put(with);
}

static void resources_have_raw_values_and_texts(void **state)
{
	struct json_object *answer = get_well(*state, "/v1/resources?class=HardDrive&limit=2");

	assert_string_equal(at(answer, "resources/1/label"), "HardDrive S2");
	assert_string_equal(at(answer, "resources/1/attributes/capacity"), "4398046511104");
	assert_string_equal(at(answer, "resources/1/texts/capacity"), "4.0TB");
	assert_string_equal(at(answer, "resources/1/attributes/located"), "true");
	assert_string_equal(at(answer, "resources/1/texts/located"), "yes");
	assert_string_equal(at(answer, "resources/1/texts/spare_of"), "HardDrive S1");
	assert_string_equal(at(answer, "resources/0/texts/spare_of"), "");
	assert_string_equal(
	    at(answer, "resources/1/attributes/spare_of"), at(answer, "resources/0/id"));
	assert_string_equal(at(answer, "classes/acme.HardDrive/columns/0/label"), "Serial number");
	json_object_put(answer);
}

static void no_answer_has_a_password_or_a_hidden_attribute(void **state)
{
	static const char *const paths[] = {
	    "/v1/resources", "/v1/tree", "/v1/resources/3", "/v1/alerts"};
	const struct site *site = *state;
	char *request, *answer;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		request = xasprintf("GET %s HTTP/1.0\r\n\r\n", paths[i]);
		answer = site_exchange(site, request);
		assert_null(strstr(answer, "sesame"));
		assert_null(strstr(answer, "password"));
		assert_null(strstr(answer, "for the plugin"));
		free(answer);
		free(request);
	}
}

static void pages_follow_each_other_without_gap_or_repetition(void **state)
{
	char path[128] = "/v1/resources?plugin=acme&kind=PhysicalDisk&limit=3";
	struct json_object *page;
	int seen = 0;

	for (;;) {
		page = get_well(*state, path);
		seen += (int)json_object_array_length(json_object_object_get(page, "resources"));
		if (at(page, "next")[0] == '\0')
			break;
		snprintf(path, sizeof(path), "/v1/resources?kind=PhysicalDisk&limit=3&after=%s",
		    at(page, "next"));
		json_object_put(page);
	}
	assert_int_equal(seen, DRIVES);
	json_object_put(page);
}

static void a_kind_may_be_a_class_of_a_plugin(void **state)
{
	struct json_object *answer = get_well(*state, "/v1/resources?kind=acme.HardDrive");

	assert_int_equal(
	    json_object_array_length(json_object_object_get(answer, "resources")), DRIVES);
	assert_string_equal(at(answer, "classes/acme.HardDrive/ancestry/0"), "acme.HardDrive");
	assert_string_equal(at(answer, "classes/acme.HardDrive/ancestry/1"), "PhysicalDisk");
	json_object_put(answer);
}

/* The ids of a list, page by page, in the order of the answer. */
static char *ids_in_pages(struct site *site, const char *what, const char *array, int limit)
{
	struct text ids = TEXT_EMPTY;
	char path[128], after[32] = "0";

	while (after[0] != '\0') {
		struct json_object *page, *items;

		snprintf(path, sizeof(path), "%s%climit=%d&after=%s", what,
		    strchr(what, '?') != NULL ? '&' : '?', limit, after);
		page = get_well(site, path);
		items = json_object_object_get(page, array);
		assert_in_range(json_object_array_length(items), 1, limit);
		for (size_t i = 0; i < json_object_array_length(items); i++)
			text_printf(&ids, "%s ",
			    json_object_get_string(
			        json_object_object_get(json_object_array_get_idx(items, i), "id")));
		snprintf(after, sizeof(after), "%s", at(page, "next"));
		json_object_put(page);
	}
	return text_steal(&ids);
}

static void pages_of_any_length_are_in_order(void **state)
{
	static const char *const lists[][2] = {{"/v1/resources", "resources"},
	    {"/v1/graph", "nodes"}, {"/v1/resources?sort=-id", "resources"},
	    {"/v1/resources?sort=name", "resources"}, {"/v1/resources?sort=-name", "resources"}};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		char *all = ids_in_pages(*state, lists[i][0], lists[i][1], 1000);

		for (int limit = 1; limit < 8; limit++) {
			char *ids = ids_in_pages(*state, lists[i][0], lists[i][1], limit);

			assert_string_equal(ids, all);
			free(ids);
		}
		free(all);
	}
}

/* The words of a text, each followed by a blank, the last one first. */
static char *reversed(char *words)
{
	struct text out = TEXT_EMPTY;

	for (char *end = words + strlen(words); end > words;) {
		char *word = end - 1;

		while (word > words && word[-1] != ' ')
			word--;
		text_append_bytes(&out, word, (size_t)(end - word));
		end = word;
	}
	free(words);
	return text_steal(&out);
}

static void a_list_is_in_the_order_that_is_asked_for(void **state)
{
	struct site *site = *state;
	char *up = ids_in_pages(site, "/v1/resources?sort=id", "resources", 1000);
	char *down = reversed(ids_in_pages(site, "/v1/resources?sort=-id", "resources", 1000));
	struct json_object *named;

	assert_string_equal(up, down);
	free(up);
	free(down);
	up = ids_in_pages(site, "/v1/resources?sort=name", "resources", 1000);
	down = reversed(ids_in_pages(site, "/v1/resources?sort=-name", "resources", 1000));
	assert_string_equal(up, down);
	free(up);
	free(down);
	named = get_well(site, "/v1/resources?kind=PhysicalDisk&sort=name");
	for (int i = 1; i < DRIVES; i++) {
		char before[64], after[64], label[256];

		snprintf(before, sizeof(before), "resources/%d/label", i - 1);
		snprintf(after, sizeof(after), "resources/%d/label", i);
		snprintf(label, sizeof(label), "%s", at(named, before));
		assert_true(strverscmp(label, at(named, after)) < 0);
	}
	json_object_put(named);
	assert_refused(site, "/v1/resources?sort=colour", 400,
	    "sort: \"colour\" is not id, -id, name or -name", "sort");
	assert_refused(site, "/v1/resources?sort=name&after=999999", 404,
	    "there is no resource 999999 any more: begin again with the first page", "after");
}

static void a_resource_tells_its_relatives_and_their_alerts(void **state)
{
	struct site *site = *state;
	struct json_object *list, *answer;
	char path[64];

	set_status(site, 1, "FAILED");
	list = get_well(site, "/v1/resources?class=acme.StoragePool");
	snprintf(path, sizeof(path), "/v1/resources/%s", at(list, "resources/0/id"));
	answer = get_well(site, path);

	assert_string_equal(at(answer, "label"), "StoragePool p");
	assert_string_equal(at(answer, "kind"), "StoragePool");
	assert_string_equal(at(answer, "fields/0/text"), "p");
	assert_string_equal(at(answer, "fields/0/identifying"), "true");
	assert_string_equal(at(answer, "scope/label"), "Couplet 10.0.0.1");
	assert_string_equal(at(answer, "reporters/0/label"), "Couplet 10.0.0.1");
	assert_int_equal(
	    json_object_array_length(json_object_object_get(answer, "parents")), DRIVES);
	assert_string_equal(at(answer, "alerts/0"), "");
	assert_string_equal(at(answer, "inherited_alerts/0/severity"), "ERROR");
	assert_string_equal(at(answer, "inherited_alerts/0/resource/label"), "HardDrive S1");
	json_object_put(list);
	json_object_put(answer);
}

/* Drive S1, which becomes a parent of drive S2, fails with it. */
static void fail_together(struct site *site)
{
	struct batch *batch;

	set_status(site, 1, "FAILED");
	batch = make_batch(BATCH_UPDATE);
	batch_parent(batch, 3, 2);
	apply(site, batch);
	set_status(site, 2, "FAILED");
}

static void alerts_fold_into_their_root_cause(void **state)
{
	struct site *site = *state;
	struct json_object *answer;

	fail_together(site);
	answer = get_well(site, "/v1/alerts?severity=ERROR");
	assert_string_equal(at(answer, "alerts/0/resource/label"), "HardDrive S1");
	assert_string_equal(at(answer, "alerts/0/cause"), "");
	assert_string_equal(at(answer, "alerts/0/root_cause"), "");
	assert_string_equal(at(answer, "alerts/0/consequences"), "1");
	assert_string_equal(at(answer, "alerts/1/resource/label"), "HardDrive S2");
	assert_string_equal(at(answer, "alerts/1/cause/resource/label"), "HardDrive S1");
	assert_string_equal(at(answer, "alerts/1/root_cause/id"), at(answer, "alerts/0/id"));
	assert_string_equal(at(answer, "alerts/1/consequences"), "0");
	assert_string_equal(at(answer, "alerts/1/dismissed"), "false");
	json_object_put(answer);

	answer = get_well(site, "/v1/alerts?severity=ERROR&roots=true");
	assert_string_equal(at(answer, "alerts/0/resource/label"), "HardDrive S1");
	assert_string_equal(at(answer, "alerts/1"), "");
	json_object_put(answer);
}

static void the_impact_tells_what_is_reached_and_how(void **state)
{
	struct site *site = *state;
	struct json_object *answer;

	fail_together(site);
	answer = get_well(site, "/v1/resources/4/impact");
	assert_string_equal(at(answer, "resource/label"), "HardDrive S2");
	assert_string_equal(at(answer, "alerts/0/root_cause/resource/label"), "HardDrive S1");
	assert_string_equal(at(answer, "inherited_alerts/0/resource/label"), "HardDrive S1");
	assert_string_equal(at(answer, "inherited_alerts/1"), "");
	assert_string_equal(at(answer, "affects/0/label"), "StoragePool p");
	assert_string_equal(at(answer, "affects/0/distance"), "1");
	assert_string_equal(at(answer, "affects/0/through"), "4");
	assert_string_equal(at(answer, "affects_count"), "1");
	assert_string_equal(at(answer, "volumes"), "[ ]");
	assert_string_equal(at(answer, "servers"), "[ ]");
	json_object_put(answer);

	answer = get_well(site, "/v1/resources/2/impact?limit=2");
	assert_string_equal(at(answer, "affects/1/label"), "HardDrive S2");
	assert_string_equal(at(answer, "affects/2"), "");
	assert_string_equal(at(answer, "affects_count"), "11");
	json_object_put(answer);
}

static void the_graph_is_nodes_that_name_their_parents(void **state)
{
	struct site *site = *state;
	struct json_object *answer;

	set_status(site, 1, "FAILED");
	answer = get_well(site, "/v1/graph?id=4");
	assert_string_equal(at(answer, "nodes/0/label"), "Couplet 10.0.0.1");
	assert_string_equal(at(answer, "nodes/1/label"), "Enclosure 1");
	assert_string_equal(at(answer, "nodes/1/parents"), "[ 1 ]");
	assert_string_equal(at(answer, "nodes/2/label"), "HardDrive S2");
	assert_string_equal(at(answer, "nodes/3/class_label"), "acme.StoragePool");
	assert_string_equal(at(answer, "nodes/4"), "");
	assert_string_equal(at(answer, "next"), "");
	json_object_put(answer);

	answer = get_well(site, "/v1/graph?limit=3");
	assert_string_equal(at(answer, "nodes/2/label"), "HardDrive S1");
	assert_string_equal(at(answer, "nodes/2/severity"), "ERROR");
	assert_string_equal(at(answer, "next"), "3");
	json_object_put(answer);
	answer = get_well(site, "/v1/graph?limit=1&after=3");
	assert_string_equal(at(answer, "nodes/0/label"), "HardDrive S2");
	assert_string_equal(at(answer, "nodes/0/severity"), "");
	json_object_put(answer);
}

static void alerts_tell_what_they_affect(void **state)
{
	struct site *site = *state;
	struct json_object *answer;

	set_status(site, 1, "FAILED");
	set_status(site, 2, "FAILED");
	answer = get_well(site, "/v1/alerts?severity=ERROR&limit=1");
	assert_string_equal(at(answer, "alerts/0/resource/label"), "HardDrive S1");
	assert_string_equal(at(answer, "alerts/0/attribute"), "status");
	assert_string_equal(at(answer, "alerts/0/affects/0/label"), "StoragePool p");
	assert_string_equal(at(answer, "alerts/0/affects_more"), "false");
	assert_string_equal(at(answer, "alerts/1"), "");
	assert_string_not_equal(at(answer, "next"), "");
	json_object_put(answer);

	answer = get_well(site, "/v1/alerts?affects=0");
	assert_string_equal(at(answer, "alerts/1/affects_more"), "true");
	json_object_put(answer);

	set_status(site, 1, "OK");
	set_status(site, 2, "OK");
	answer = get_well(site, "/v1/alerts");
	assert_string_equal(at(answer, "alerts/0"), "");
	json_object_put(answer);
}

static void resources_of_a_plugin_that_is_gone_are_hidden(void **state)
{
	struct site *site = *state;
	struct json_object *answer;

	graph_retract(site->graph, "acme");
	answer = get_well(site, "/v1/resources?plugin=acme");
	assert_string_equal(at(answer, "resources/0"), "");
	json_object_put(answer);
	answer = get_well(site, "/v1/tree");
	assert_string_equal(at(answer, "trees/0"), "");
	json_object_put(answer);
	assert_refused(site, "/v1/resources/1", 404,
	    "resource 1 belongs to plugin acme, which is not running", "id");
}

static void what_left_the_configuration_is_hidden(void **state)
{
	struct site *site = *state;
	struct json_object *answer;

	graph_close(site->graph, SESSION);
	graph_begin_configuration(site->graph);
	graph_end_configuration(site->graph, "acme");
	answer = get_well(site, "/v1/resources?class=HardDrive");
	assert_string_equal(at(answer, "resources/0"), "");
	json_object_put(answer);
	answer = get_well(site, "/v1/resources?class=Couplet");
	assert_string_equal(at(answer, "resources/0"), "");
	json_object_put(answer);
	answer = get_well(site, "/v1/classes");
	for (size_t i = 0; i < SHARED; i++) {
		char path[32];

		snprintf(path, sizeof(path), "classes/%zu/resources", i);
		assert_string_equal(at(answer, path), "0");
	}
	json_object_put(answer);
	assert_refused(site, "/v1/resources/1", 404,
	    "resource 1 belongs to a scannable that the configuration no longer has", "id");
}

static char *site_waiting(void *context)
{
	(void)context;
	return xstrdup("the first scan waits for the database");
}

static void answers_tell_that_scans_wait_for_the_database(void **state)
{
	static const char *const paths[] = {"/v1/tree", "/v1/classes", "/v1/resources"};
	struct site *site = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct json_object *answer = get_well(site, paths[i]);

		assert_false(json_object_object_get_ex(answer, "waiting", NULL));
		json_object_put(answer);
	}
	site->callbacks.waiting = site_waiting;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct json_object *answer = get_well(site, paths[i]);

		assert_string_equal(at(answer, "waiting"), "the first scan waits for the database");
		json_object_put(answer);
	}
}

static const char *site_reason(void *context, const struct graph_resource *scannable)
{
	return scannable == ((struct site *)context)->couplet ? "connection refused" : NULL;
}

static void a_scannable_that_is_not_contactable_has_its_reason(void **state)
{
	struct site *site = *state;
	struct json_object *answer;

	site->callbacks.reason = site_reason;
	set_status(site, 1, "FAILED");
	graph_set_offline(site->graph, site->couplet, true);
	answer = get_well(site, "/v1/alerts");
	assert_string_equal(at(answer, "alerts/0/reason"), "");
	assert_string_equal(at(answer, "alerts/1/reason"), "connection refused");
	assert_string_equal(at(answer, "alerts/1/message"), "Couplet 10.0.0.1 not contactable");
	json_object_put(answer);
	answer = get_well(site, "/v1/resources/1");
	assert_string_equal(at(answer, "reason"), "connection refused");
	json_object_put(answer);
}

static void wrong_parameters_are_refused_by_name(void **state)
{
	const struct site *site = *state;

	assert_refused(site, "/v1/resources?limit=0", 400,
	    "limit: \"0\" is not a number (1 to 10000)", "limit");
	assert_refused(site, "/v1/resources?limit=99999999999999999999", 400,
	    "limit: \"99999999999999999999\" is not a number (1 to 10000)", "limit");
	assert_refused(site, "/v1/resources?after=-1", 400,
	    "after: \"-1\" is not a number (0 to 9223372036854775807)", "after");
	assert_refused(site, "/v1/resources?limit=1&limit=2", 400, "limit is given twice", "limit");
	assert_refused(site, "/v1/resources?colour=red", 400,
	    "/v1/resources takes no parameter \"colour\"", "colour");
	assert_refused(
	    site, "/v1/status?limit=1", 400, "/v1/status takes no parameter \"limit\"", "limit");
	assert_refused(site, "/v1/resources?kind=Teapot", 400,
	    "kind: \"Teapot\" is neither a built-in class, such as PhysicalDisk, nor one of a "
	    "plugin, such as acme.Drive",
	    "kind");
	assert_refused(site, "/v1/graph?id=0", 400,
	    "id: \"0\" is not a number (1 to 9223372036854775807)", "id");
	assert_refused(site, "/v1/alerts?severity=bad", 400,
	    "severity: \"bad\" is not INFO, WARNING or ERROR", "severity");
	assert_refused(site, "/v1/classes?internal=1", 400,
	    "internal: \"1\" is neither true nor false", "internal");
	assert_refused(site, "/v1/resources?plugin=acme%00x", 400,
	    "the parameters after \"?\" have a zero character in them", "");
	assert_refused(site, "/v1/resources?limit", 400,
	    "the parameters after \"?\" are not of the form name=value&…", "");
}

static void what_does_not_exist_is_not_found(void **state)
{
	const struct site *site = *state;

	assert_refused(site, "/", 404, "no such path; try /v1/status", "");
	assert_refused(site, "/v1/statusx", 404, "no such path; try /v1/status", "");
	assert_refused(site, "/v1/resources/999", 404, "there is no resource 999", "id");
	assert_refused(site, "/v1/resources/", 404, "\"\" is not an id", "");
	assert_refused(site, "/v1/resources/1x", 404, "\"1x\" is not an id", "");
	assert_refused(site, "/v1/tree?id=999", 404, "there is no resource 999", "id");
	assert_refused(site, "/v1/tree?plugin=nix", 404,
	    "no plugin \"nix\" has been loaded; \"iml-plugin status\" tells of all", "plugin");
	assert_refused(site, "/v1/resources?class=Nix", 404, "no class \"Nix\" is known", "class");
}

static void strange_bytes_are_not_repeated(void **state)
{
	assert_refused(
	    *state, "/v1/resources?class=%1b[31m", 404, "no class \"…\" is known", "class");
}

/* The answer to a method as far as what it ends with; the caller frees it. */
static char *answer_to(const struct site *site, const char *method, const char *end)
{
	char *request = xasprintf("%s /v1/status HTTP/1.1\r\nHost: x\r\n\r\n", method);
	struct text answer = TEXT_EMPTY;
	int fd = site_connect(site);

	site_send(fd, request);
	while (answer.length < strlen(end) ||
	       strcmp(answer.data + answer.length - strlen(end), end) != 0)
		assert_true(site_receive(site, fd, &answer));
	close(fd);
	free(request);
	return text_steal(&answer);
}

static void other_methods_are_refused(void **state)
{
	static const char *const methods[] = {
	    "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"};
	char *answer;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		answer =
		    answer_to(*state, methods[i], "\r\n\r\n{\"error\":\"only GET is allowed\"}\n");
		assert_memory_equal(answer, "HTTP/1.1 405 ", 13);
		assert_non_null(strstr(answer, "\r\nAllow: GET\r\n"));
		assert_non_null(strstr(answer, "\r\nContent-Length: 32\r\n"));
		free(answer);
	}
}

static void head_is_refused_without_a_body(void **state)
{
	char *answer = answer_to(*state, "HEAD", "\r\n\r\n");

	assert_memory_equal(answer, "HTTP/1.1 405 ", 13);
	assert_non_null(strstr(answer, "\r\nContent-Length: 32\r\n"));
	free(answer);
}

static void nonsense_ends_the_connection_and_nothing_else(void **state)
{
	static const char *const nonsense[] = {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
	    "\x16\x03\x01\x02\r\n\r\n", "GET /v1/status HTTP/1.1\r\nbroken header\r\n\r\n",
	    "GET http://[ HTTP/1.1\r\n\r\n"};
	const struct site *site = *state;
	struct json_object *answer;
	struct text received;
	int fd;

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		received = TEXT_EMPTY;
		fd = site_connect(site);
		site_send(fd, nonsense[i]);
		shutdown(fd, SHUT_WR);
		while (site_receive(site, fd, &received))
			continue;
		if (received.length > 0)
			assert_memory_not_equal(received.data, "HTTP/1.1 200", 12);
		close(fd);
		text_clear(&received);
	}
	answer = get_well(site, "/v1/status");
	json_object_put(answer);
}

/* ---- silences ---- */

static void silenced_resources_and_alerts_name_their_silence(void **state)
{
	struct site *site = *state;
	struct silence_row row = {.end = {wallclock_now().us + 3600 * US_PER_S},
	    .who = (char[]){"root"},
	    .why = (char[]){"new firmware"}};
	struct json_object *answer;
	char reason[REASON_SIZE] = "";
	char path[64];

	set_status(site, 1, "FAILED");
	assert_non_null(
	    graph_silence(site->graph, graph_resource_of(site->graph, SESSION, 1), &row, reason));
	answer = get_well(site, "/v1/silences");
	assert_string_equal(at(answer, "silences/0/id"), "1");
	assert_string_equal(at(answer, "silences/0/resource/class"), "acme.Enclosure");
	assert_string_equal(at(answer, "silences/0/alerts"), "1");
	assert_string_equal(at(answer, "silences/0/who"), "root");
	assert_string_equal(at(answer, "silences/0/why"), "new firmware");
	json_object_put(answer);
	answer = get_well(site, "/v1/alerts");
	assert_string_equal(at(answer, "silenced"), "1");
	assert_string_equal(at(answer, "alerts/0/silenced"), "1");
	json_object_put(answer);
	answer = get_well(site, "/v1/resources?class=HardDrive&limit=1");
	assert_string_equal(at(answer, "resources/0/silenced"), "1");
	json_object_put(answer);
	snprintf(path, sizeof(path), "/v1/resources/%lld",
	    (long long)graph_resource_of(site->graph, SESSION, 12)->id);
	answer = get_well(site, path);
	assert_string_equal(at(answer, "silence/why"), "new firmware");
	json_object_put(answer);

	assert_true(graph_unsilence(site->graph, 1, "root"));
	answer = get_well(site, "/v1/alerts");
	assert_string_equal(at(answer, "silenced"), "0");
	assert_string_equal(at(answer, "alerts/0/silenced"), "");
	json_object_put(answer);
	answer = get_well(site, "/v1/silences");
	assert_string_equal(at(answer, "silences"), "[ ]");
	json_object_put(answer);
}

static void resources_name_their_scannable_and_whether_they_can_be_removed(void **state)
{
	static const char *const classes[] = {"Couplet", "HardDrive", "Shared"};
	struct site *site = *state;
	char path[64], id[24];

	snprintf(id, sizeof(id), "%lld", (long long)site->couplet->id);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		struct json_object *answer;

		snprintf(path, sizeof(path), "/v1/resources?class=%s", classes[i]);
		answer = get_well(site, path);
		assert_string_equal(at(answer, "resources/0/scannable_id"), id);
		assert_string_equal(at(answer, "resources/0/removable"), "false");
		json_object_put(answer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        silenced_resources_and_alerts_name_their_silence, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        resources_name_their_scannable_and_whether_they_can_be_removed, site_start,
	        site_stop),
	    cmocka_unit_test_setup_teardown(
	        status_is_what_the_supervisor_says, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        health_has_another_code_if_the_runner_is_of_no_use, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        plugins_are_a_part_of_the_status, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(a_plugin_is_found_by_its_name, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        classes_tell_what_was_declared_without_passwords, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        classes_tell_when_alerts_are_raised, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        columns_leave_out_passwords_and_forms_do_not, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        internal_classes_are_listed_when_asked_for, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        resources_have_raw_values_and_texts, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        no_answer_has_a_password_or_a_hidden_attribute, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        pages_follow_each_other_without_gap_or_repetition, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_kind_may_be_a_class_of_a_plugin, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        pages_of_any_length_are_in_order, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_list_is_in_the_order_that_is_asked_for, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_resource_tells_its_relatives_and_their_alerts, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(alerts_tell_what_they_affect, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        alerts_fold_into_their_root_cause, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        the_impact_tells_what_is_reached_and_how, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        the_graph_is_nodes_that_name_their_parents, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        resources_of_a_plugin_that_is_gone_are_hidden, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        what_left_the_configuration_is_hidden, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        answers_tell_that_scans_wait_for_the_database, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_scannable_that_is_not_contactable_has_its_reason, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        wrong_parameters_are_refused_by_name, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        what_does_not_exist_is_not_found, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(strange_bytes_are_not_repeated, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(other_methods_are_refused, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(head_is_refused_without_a_body, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        nonsense_ends_the_connection_and_nothing_else, site_start, site_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
