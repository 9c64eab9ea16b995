/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "control_fixture.h"

static struct json_object *get_tree(const struct site *site, const char *parameters)
{
	char *path = xasprintf("/v1/tree%s", parameters);
	int code;
	struct json_object *answer = site_get(site, path, &code);

	assert_int_equal(code, 200);
	free(path);
	return answer;
}

static size_t count_of(struct json_object *json, const char *key)
{
	return json_object_array_length(json_object_object_get(json, key));
}

/* The resources in a tree, those only mentioned left out. */
static size_t count_placed(struct json_object *node)
{
	struct json_object *children = json_object_object_get(node, "children");
	size_t count = 1;

	if (json_object_object_get(node, "see_also") != NULL)
		return 0;
	for (size_t i = 0; i < json_object_array_length(children); i++)
		count += count_placed(json_object_array_get_idx(children, i));
	return count;
}

static void resources_hang_below_their_parents_in_order(void **state)
{
	struct json_object *answer = get_tree(*state, "");
	struct json_object *drives;

	assert_string_equal(at(answer, "truncated"), "false");
	assert_string_equal(at(answer, "trees/0/label"), "Couplet 10.0.0.1");
	assert_string_equal(at(answer, "trees/0/children/0/label"), "Enclosure 1");
	assert_string_equal(at(answer, "trees/0/children/0/children/0/label"), "HardDrive S1");
	assert_string_equal(at(answer, "trees/0/children/0/children/1/label"), "HardDrive S2");
	assert_string_equal(at(answer, "trees/0/children/0/children/9/label"), "HardDrive S10");
	drives = json_object_object_get(
	    json_object_array_get_idx(json_object_object_get(answer, "trees"), 0), "children");
	assert_int_equal(count_of(json_object_array_get_idx(drives, 0), "children"), DRIVES);
	assert_string_equal(at(answer, "classes/acme.HardDrive/kind"), "PhysicalDisk");
	json_object_put(answer);
}

static void a_resource_with_several_parents_is_placed_once(void **state)
{
	struct json_object *answer = get_tree(*state, "");

	assert_string_equal(
	    at(answer, "trees/0/children/0/children/0/children/0/label"), "StoragePool p");
	assert_string_equal(at(answer, "trees/0/children/0/children/0/children/0/see_also"), "");
	assert_string_equal(
	    at(answer, "trees/0/children/0/children/1/children/0/see_also"), "true");
	assert_string_equal(
	    at(answer, "trees/0/children/0/children/1/children/0/label"), "StoragePool p");
	json_object_put(answer);
}

static void resources_with_global_identifiers_hang_below_their_reporter(void **state)
{
	struct json_object *answer = get_tree(*state, "");

	assert_string_equal(at(answer, "trees/0/children/1/label"), "Shared w");
	json_object_put(answer);
}

static void an_alert_marks_all_that_is_below(void **state)
{
	struct site *site = *state;
	struct json_object *answer;

	set_status(site, 2, "FAILED");
	answer = get_tree(site, "");
	assert_string_equal(at(answer, "trees/0/children/0/children/1/alerts/0/severity"), "ERROR");
	assert_string_equal(
	    at(answer, "trees/0/children/0/children/0/children/0/affected_by/0/resource/label"),
	    "HardDrive S2");
	assert_string_equal(at(answer, "trees/0/children/0/affected_by"), "");
	json_object_put(answer);
}

static void the_tree_below_one_resource_has_its_descendants(void **state)
{
	struct json_object *all = get_tree(*state, ""), *answer;
	char parameters[64];

	snprintf(parameters, sizeof(parameters), "?id=%s", at(all, "trees/0/children/0/id"));
	answer = get_tree(*state, parameters);
	assert_string_equal(at(answer, "trees/0/label"), "Enclosure 1");
	assert_string_equal(at(answer, "trees/0/children/9/label"), "HardDrive S10");
	assert_string_equal(at(answer, "trees/0/children/0/children/0/label"), "StoragePool p");
	json_object_put(answer);

	snprintf(parameters, sizeof(parameters), "?id=%s", at(all, "trees/0/id"));
	answer = get_tree(*state, parameters);
	assert_string_equal(json_object_to_json_string(answer), json_object_to_json_string(all));
	json_object_put(answer);
	json_object_put(all);
}

static void a_tree_that_is_cut_says_so(void **state)
{
	struct json_object *answer = get_tree(*state, "?plugin=acme&limit=4");
	struct json_object *trees = json_object_object_get(answer, "trees");

	assert_string_equal(at(answer, "truncated"), "true");
	assert_int_equal(count_placed(json_object_array_get_idx(trees, 0)), 4);
	json_object_put(answer);
}

/* A chain longer than trees are deep: nothing of it may be lost, and no parser overwhelmed. */
static void what_is_too_deep_hangs_below_the_root(void **state)
{
	const uint32_t first = 100, length = 200;
	struct site *site = *state;
	struct batch *batch = make_batch(BATCH_ASYNC);
	struct json_object *answer, *trees;

	for (uint32_t i = 0; i < length; i++) {
		report_value(
		    batch_report(batch, first + i, ENCLOSURE, true), 0, value_integer(first + i));
		batch_parent(batch, first + i, i == 0 ? 1 : first + i - 1);
	}
	apply(site, batch);
	answer = get_tree(site, ""); /* with a parser that allows 32 levels */
	trees = json_object_object_get(answer, "trees");
	assert_int_equal(
	    count_placed(json_object_array_get_idx(trees, 0)), 1 + 1 + DRIVES + 1 + 1 + length);
	json_object_put(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        resources_hang_below_their_parents_in_order, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        a_resource_with_several_parents_is_placed_once, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        resources_with_global_identifiers_hang_below_their_reporter, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        an_alert_marks_all_that_is_below, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        the_tree_below_one_resource_has_its_descendants, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(a_tree_that_is_cut_says_so, site_start, site_stop),
	    cmocka_unit_test_setup_teardown(
	        what_is_too_deep_hangs_below_the_root, site_start, site_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
