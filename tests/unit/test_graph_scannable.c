/* SPDX-License-Identifier: MIT */
/* Scannables that others report: which are in use, get sessions, and are to be removed. */
#include "graph_site.h"

/* Adds the report of another couplet, or of a blade. */
static void report_couplet(struct batch *batch, uint32_t resource, const char *address)
{
	batch_report(batch, resource, COUPLET, true);
	batch_set(batch, COUPLET_ADDRESS, value_text(address));
	batch_set(batch, COUPLET_PORT, value_integer(80));
}

static void report_blade(struct batch *batch, uint32_t resource, int64_t number)
{
	batch_report(batch, resource, BLADE, true);
	batch_set(batch, BLADE_NUMBER, value_integer(number));
}

/* An initial scan of a couplet of the configuration that reports another one. */
static void scan_reporting(struct site *site, const char *address, const char *other)
{
	struct batch *batch = batch_new(site_session(site, address), 1);

	if (other != NULL)
		report_couplet(batch, 1, other);
	site_apply(site, batch);
}

/* Takes everything but these two (NULL: none) out of the configuration. */
static void configure_only(struct site *site, const char *one, const char *two)
{
	graph_begin_configuration(site->graph);
	if (one != NULL)
		site_couplet(site, one);
	if (two != NULL)
		site_couplet(site, two);
	graph_end_configuration(site->graph, "acme");
}

/* Removes what departs and has no session, as the owner of the graph does. */
static void remove_departed(struct site *site)
{
	struct graph_resource *scannable;
	bool edited;

	while ((scannable = graph_next_scannable(site->graph, &edited)) != NULL)
		if (scannable->departing)
			graph_remove(site->graph, scannable);
}

/* Whether the next scannables that are told include one, and whether it was edited. */
static bool is_told(struct site *site, const char *label, bool *was_edited)
{
	const struct graph_resource *scannable;
	bool edited, told = false;

	*was_edited = false;
	while ((scannable = graph_next_scannable(site->graph, &edited)) != NULL) {
		if (strcmp(scannable->label, label) != 0)
			continue;
		told = true;
		*was_edited |= edited;
	}
	return told;
}

static void one_without_parents_is_to_be_scanned_and_one_with_parents_is_not(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	report_couplet(batch, 1, "x");
	report_couplet(batch, 2, "y");
	batch_parent(batch, 2, 0, true);
	site_apply(site, batch);
	assert_true(graph_wants_session(site_find(site, "Couplet x")));
	assert_false(graph_wants_session(site_find(site, "Couplet y")));
	assert_true(graph_is_shown(site_find(site, "Couplet y")));

	batch = batch_new(site->last_session, 2);
	batch_parent(batch, 2, 0, false);
	batch_parent(batch, 1, 0, true);
	site_apply(site, batch);
	assert_false(graph_wants_session(site_find(site, "Couplet x")));
	assert_true(graph_wants_session(site_find(site, "Couplet y")));
}

static void one_of_the_configuration_is_scanned_whatever_its_parents(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	site_couplet(site, "b");
	batch = batch_new(site_session(site, "a"), 1);
	report_couplet(batch, 1, "b");
	batch_parent(batch, 1, 0, true);
	site_apply(site, batch);
	assert_int_equal(site_find(site, "Couplet b")->parent_count, 1);
	assert_true(graph_wants_session(site_find(site, "Couplet b")));
}

static void each_change_is_told_with_its_reason(void **state)
{
	struct site *site = *state;
	struct batch *batch;
	bool edited;

	scan_reporting(site, "a", "x");
	assert_true(is_told(site, "Couplet x", &edited));
	assert_false(edited);
	assert_false(is_told(site, "Couplet x", &edited));

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 1, COUPLET, false);
	batch_set(batch, COUPLET_PORT, value_integer(81));
	site_apply(site, batch);
	assert_true(is_told(site, "Couplet x", &edited));
	assert_true(edited);

	batch = batch_new(site->last_session, 3);
	batch_report(batch, 1, COUPLET, false);
	batch_set(batch, COUPLET_FIRMWARE, value_text("2.0"));
	site_apply(site, batch);
	assert_false(is_told(site, "Couplet x", &edited));
}

static void its_own_session_may_change_it(void **state)
{
	struct site *site = *state;
	struct batch *batch;
	bool edited;

	scan_reporting(site, "a", "x");
	assert_true(is_told(site, "Couplet x", &edited));
	batch = batch_new(site_open(site, site_find(site, "Couplet x")), 1);
	batch_report(batch, 0, COUPLET, false);
	batch_set(batch, COUPLET_PORT, value_integer(81));
	site_apply(site, batch);
	assert_false(is_told(site, "Couplet x", &edited));
}

static void one_that_is_no_longer_reported_departs_with_what_is_its_own(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	scan_reporting(site, "a", "x");
	batch = batch_new(site_open(site, site_find(site, "Couplet x")), 1);
	batch_shelf(batch, 1, 7);
	batch_disk(batch, 2, "W");
	site_apply(site, batch);
	graph_set_offline(site->graph, site_find(site, "Couplet x"), true);
	site_write(site);
	assert_true(database_find(&site->database, site_id(site, "Couplet x"))->in_use);

	scan_reporting(site, "a", NULL);
	assert_true(site_find(site, "Couplet x")->departing);
	assert_false(graph_wants_session(site_find(site, "Couplet x")));
	assert_false(graph_is_shown(site_find(site, "SharedDisk W")));
	site_write(site);
	assert_false(database_find(&site->database, site_id(site, "Couplet x"))->in_use);
	assert_null(site_alert(site, "not contactable"));
	assert_int_equal(site->database.reporter_count, 2);

	remove_departed(site);
	assert_int_equal(graph_resource_count(site->graph), 1);
	site_write(site);
	assert_int_equal(site->database.resource_count, 1);
	assert_int_equal(site->database.reporter_count, 0);
}

static void one_that_is_removed_by_the_plugin_departs(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	scan_reporting(site, "a", "x");
	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 1);
	site_apply(site, batch);
	remove_departed(site);
	assert_null(site_find(site, "Couplet x"));
}

static void one_that_is_reported_again_in_time_stays(void **state)
{
	struct site *site = *state;
	record_id id;

	scan_reporting(site, "a", "x");
	scan_reporting(site, "b", NULL);
	id = site_id(site, "Couplet x");
	scan_reporting(site, "a", NULL);
	assert_true(site_find(site, "Couplet x")->departing);
	scan_reporting(site, "b", "x");
	assert_true(graph_wants_session(site_find(site, "Couplet x")));
	remove_departed(site);
	assert_int_equal(site_id(site, "Couplet x"), id);
	assert_int_equal(site_find(site, "Couplet x")->reporters.count, 1);
	scan_reporting(site, "b", NULL);
	remove_departed(site);
	assert_null(site_find(site, "Couplet x"));
}

static void one_that_two_report_stays_until_neither_does(void **state)
{
	struct site *site = *state;

	scan_reporting(site, "a", "x");
	scan_reporting(site, "b", "x");
	scan_reporting(site, "a", NULL);
	remove_departed(site);
	assert_true(graph_wants_session(site_find(site, "Couplet x")));
	scan_reporting(site, "b", NULL);
	remove_departed(site);
	assert_null(site_find(site, "Couplet x"));
}

static void one_of_the_configuration_does_not_depart(void **state)
{
	struct site *site = *state;

	site_couplet(site, "b");
	scan_reporting(site, "a", "b");
	scan_reporting(site, "a", NULL);
	remove_departed(site);
	assert_true(graph_wants_session(site_find(site, "Couplet b")));
	assert_int_equal(site_find(site, "Couplet b")->reporters.count, 0);
	site_write(site);
	assert_int_equal(site->database.reporter_count, 0);
}

static void one_that_leaves_the_configuration_is_in_use_while_it_is_reported(void **state)
{
	struct site *site = *state;

	site_couplet(site, "b");
	scan_reporting(site, "a", "b");
	configure_only(site, "a", NULL);
	assert_true(graph_wants_session(site_find(site, "Couplet b")));
	configure_only(site, NULL, NULL);
	assert_false(graph_wants_session(site_find(site, "Couplet b")));
	assert_false(graph_is_shown(site_find(site, "Couplet b")));
	remove_departed(site);
	configure_only(site, "a", NULL);
	assert_true(graph_wants_session(site_find(site, "Couplet b")));
}

static void those_that_report_each_other_do_not_keep_each_other_in_use(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	scan_reporting(site, "a", "x");
	batch = batch_new(site_open(site, site_find(site, "Couplet x")), 1);
	report_couplet(batch, 1, "a");
	report_couplet(batch, 2, "x");
	site_apply(site, batch);
	assert_int_equal(site_find(site, "Couplet x")->reporters.count, 1);
	configure_only(site, NULL, NULL);
	assert_false(graph_is_shown(site_find(site, "Couplet a")));
	assert_false(graph_is_shown(site_find(site, "Couplet x")));
	configure_only(site, "a", NULL);
	assert_true(graph_is_shown(site_find(site, "Couplet x")));
}

static void what_a_reported_one_reports_is_shown_also_after_a_restart(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	scan_reporting(site, "a", "x");
	batch = batch_new(site_open(site, site_find(site, "Couplet x")), 1);
	report_couplet(batch, 1, "z");
	batch_disk(batch, 2, "W");
	site_apply(site, batch);
	assert_true(graph_is_shown(site_find(site, "SharedDisk W")));
	assert_true(graph_wants_session(site_find(site, "Couplet z")));
	site_write(site);
	site_restart(site);
	configure_only(site, "a", NULL);
	assert_true(graph_is_shown(site_find(site, "SharedDisk W")));
	assert_true(graph_wants_session(site_find(site, "Couplet z")));
	site_write(site);
	site_restart(site);
	configure_only(site, NULL, NULL);
	assert_false(graph_is_shown(site_find(site, "SharedDisk W")));
	assert_false(graph_wants_session(site_find(site, "Couplet z")));
}

static void removing_a_scannable_leaves_others_that_it_reports(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	report_couplet(batch, 1, "x");
	report_blade(batch, 2, 1);
	site_apply(site, batch);
	assert_true(graph_wants_session(site_find(site, "Blade 1")));
	graph_remove(site->graph, site_find(site, "Couplet a"));
	remove_departed(site);
	assert_null(site_find(site, "Blade 1"));
	assert_non_null(site_find(site, "Couplet x"));
	assert_false(graph_is_shown(site_find(site, "Couplet x")));
}

static void a_scoped_one_departs_with_its_scope(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	scan_reporting(site, "a", "x");
	batch = batch_new(site_open(site, site_find(site, "Couplet x")), 1);
	report_blade(batch, 1, 1);
	report_blade(batch, 2, 2);
	site_apply(site, batch);
	batch = batch_new(site_open(site, site_find(site, "Couplet x")), 1);
	report_blade(batch, 1, 1);
	site_apply(site, batch);
	assert_true(site_find(site, "Blade 2")->departing);
	assert_true(graph_wants_session(site_find(site, "Blade 1")));
	scan_reporting(site, "a", NULL);
	assert_false(graph_wants_session(site_find(site, "Blade 1")));
	remove_departed(site);
	assert_int_equal(graph_resource_count(site->graph), 1);
}

/* ---- scannables that people add ---- */

/* Adds a couplet as a person does. */
static struct graph_resource *add_couplet(struct site *site, const char *address)
{
	struct value values[] = {
	    value_text(address), VALUE_NULL_INIT, VALUE_NULL_INIT, VALUE_NULL_INIT};
	char reason[REASON_SIZE];
	struct graph_resource *couplet = graph_add(
	    site->graph, graph_find_class(site->graph, "acme", "Couplet"), values, reason);

	value_clear(&values[0]);
	assert_non_null(couplet);
	return couplet;
}

static void one_that_was_added_is_in_use_without_a_configuration(void **state)
{
	struct site *site = *state;
	record_id id = add_couplet(site, "x")->id;

	configure_only(site, NULL, NULL);
	assert_true(graph_wants_session(graph_find(site->graph, id)));
	site_write(site);
	assert_false(database_find(&site->database, id)->configured);
	assert_true(database_find(&site->database, id)->added);
	site_restart(site);
	configure_only(site, NULL, NULL);
	assert_true(graph_wants_session(graph_find(site->graph, id)));
	assert_int_equal(site_couplet(site, "x")->id, id);
	configure_only(site, NULL, NULL);
	assert_true(graph_wants_session(graph_find(site->graph, id)));
}

static void one_that_was_added_is_scanned_whatever_its_parents(void **state)
{
	struct site *site = *state;
	struct graph_resource *x = add_couplet(site, "x");
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	report_couplet(batch, 1, "x");
	batch_parent(batch, 1, 0, true);
	site_apply(site, batch);
	assert_true(graph_wants_session(x));
}

static void one_that_is_withdrawn_departs_also_after_a_restart(void **state)
{
	struct site *site = *state;
	struct graph_resource *x = add_couplet(site, "x");
	record_id id = x->id;

	scan_reporting(site, "a", NULL);
	site_write(site);
	graph_withdraw(site->graph, x);
	assert_true(x->departing);
	assert_false(graph_is_shown(x));
	site_write(site);
	assert_true(database_find(&site->database, id)->departing);
	site_restart(site);
	remove_departed(site);
	assert_null(graph_find(site->graph, id));
	assert_non_null(site_find(site, "Couplet a"));
	site_write(site);
	assert_null(database_find(&site->database, id));
}

static void one_that_is_withdrawn_stays_while_another_reports_it(void **state)
{
	struct site *site = *state;
	struct graph_resource *x = add_couplet(site, "x");

	scan_reporting(site, "a", "x");
	graph_withdraw(site->graph, x);
	assert_false(x->departing);
	assert_true(x->in_use);
	scan_reporting(site, "a", NULL);
	assert_true(x->departing);
}

static void one_that_left_the_configuration_can_be_added_or_withdrawn(void **state)
{
	struct site *site = *state;
	record_id id = site_couplet(site, "x")->id;

	configure_only(site, NULL, NULL);
	assert_false(graph_find(site->graph, id)->in_use);
	assert_int_equal(add_couplet(site, "x")->id, id);
	assert_true(graph_find(site->graph, id)->in_use);
	graph_withdraw(site->graph, graph_find(site->graph, id));
	remove_departed(site);
	assert_null(graph_find(site->graph, id));
	id = site_couplet(site, "y")->id;
	configure_only(site, NULL, NULL);
	graph_withdraw(site->graph, graph_find(site->graph, id));
	remove_departed(site);
	assert_null(graph_find(site->graph, id));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_without_parents_is_to_be_scanned_and_one_with_parents_is_not),
	    TEST(one_of_the_configuration_is_scanned_whatever_its_parents),
	    TEST(each_change_is_told_with_its_reason),
	    TEST(its_own_session_may_change_it),
	    TEST(one_that_is_no_longer_reported_departs_with_what_is_its_own),
	    TEST(one_that_is_removed_by_the_plugin_departs),
	    TEST(one_that_is_reported_again_in_time_stays),
	    TEST(one_that_two_report_stays_until_neither_does),
	    TEST(one_of_the_configuration_does_not_depart),
	    TEST(one_that_leaves_the_configuration_is_in_use_while_it_is_reported),
	    TEST(those_that_report_each_other_do_not_keep_each_other_in_use),
	    TEST(what_a_reported_one_reports_is_shown_also_after_a_restart),
	    TEST(removing_a_scannable_leaves_others_that_it_reports),
	    TEST(a_scoped_one_departs_with_its_scope),
	    TEST(one_that_was_added_is_in_use_without_a_configuration),
	    TEST(one_that_was_added_is_scanned_whatever_its_parents),
	    TEST(one_that_is_withdrawn_departs_also_after_a_restart),
	    TEST(one_that_is_withdrawn_stays_while_another_reports_it),
	    TEST(one_that_left_the_configuration_can_be_added_or_withdrawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
