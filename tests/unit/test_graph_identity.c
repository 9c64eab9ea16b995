/* SPDX-License-Identifier: MIT */
#include "graph_site.h"

static void the_same_report_keeps_its_record_over_sessions_and_restarts(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);
	record_id shelf, drive;

	batch_shelf(batch, 1, 4);
	batch_drive(batch, 2, 1, 7);
	site_apply(site, batch);
	site_write(site);
	shelf = site_id(site, "Shelf 4");
	drive = site_id(site, "Disk (Shelf 4, 7)");

	site_restart(site);
	batch = batch_new(site_session(site, "a"), 1);
	batch_drive(batch, 1, 2, 7);
	batch_shelf(batch, 2, 4);
	site_apply(site, batch);

	assert_int_equal(site_id(site, "Shelf 4"), shelf);
	assert_int_equal(site_id(site, "Disk (Shelf 4, 7)"), drive);
	assert_int_equal(site_write(site), 0);
}

static void an_unchanged_scan_after_a_restart_writes_nothing(void **state)
{
	struct site *site = *state;

	for (int run = 0; run < 3; run++) {
		struct batch *batch = batch_new(site_session(site, "a"), 1);

		batch_shelf(batch, 1, 1);
		batch_set(batch, SHELF_COLOUR, value_text("grün \"\\\n"));
		for (uint32_t slot = 2; slot < 30; slot++) {
			batch_drive(batch, slot, 1, slot);
			batch_set(batch, DRIVE_STATUS, value_text("OK"));
			batch_parent(batch, slot, 1, true);
		}
		batch->reports[0].label = xstrdup("own label");
		batch_disk(batch, 50, "S1");
		site_apply(site, batch);
		assert_true(graph_has_changes(site->graph));
		if (run == 0)
			assert_true(site_write(site) > 30);
		else
			assert_int_equal(site_write(site), 0);
		site_restart(site);
		assert_int_equal(site_write(site), 0);
	}
}

static void scoped_identifiers_differ_by_scannable_global_ones_do_not(void **state)
{
	struct site *site = *state;
	uint32_t sessions[] = {site_session(site, "a"), site_session(site, "b")};
	struct graph_resource *disk;

	for (size_t i = 0; i < 2; i++) {
		struct batch *batch = batch_new(sessions[i], 1);

		batch_shelf(batch, 1, 1);
		batch_disk(batch, 2, "S1");
		batch_set(batch, DISK_SIZE, value_integer(100 + (int64_t)i));
		site_apply(site, batch);
	}

	assert_int_equal(graph_find_class(site->graph, "acme", "Shelf")->resource_count, 2);
	assert_int_equal(graph_find_class(site->graph, "acme", "SharedDisk")->resource_count, 1);
	disk = site_find(site, "SharedDisk S1");
	assert_null(disk->scope);
	assert_int_equal(disk->reporters.count, 2);
	assert_int_equal(disk->values[DISK_SIZE].integer, 101);
	site_write(site);
	assert_int_equal(site->database.reporter_count, 2);
}

static void identity_includes_class_and_type_and_case(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_disk(batch, 1, "1");
	batch_disk(batch, 2, "a");
	batch_disk(batch, 3, "A");
	batch_pool(batch, 4, "1");
	batch_shelf(batch, 5, 1);
	site_apply(site, batch);
	assert_int_equal(graph_resource_count(site->graph), 6);
}

static void a_created_report_resets_what_it_does_not_give(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_disk(batch, 1, "S1");
	batch_set(batch, DISK_SIZE, value_integer(5));
	site_apply(site, batch);
	batch = batch_new(site_session(site, "b"), 1);
	batch_disk(batch, 1, "S1");
	batch_set(batch, DISK_STATE, value_text("OK"));
	site_apply(site, batch);

	assert_int_equal(site_find(site, "SharedDisk S1")->values[DISK_SIZE].type, VALUE_NULL);
	assert_string_equal(site_find(site, "SharedDisk S1")->values[DISK_STATE].text, "OK");
}

static void chains_of_identifying_references_resolve_in_any_order(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_drive(batch, 1, 2, 1);
	batch_drive(batch, 2, 3, 2);
	batch_drive(batch, 3, 9, 3);
	batch_set(batch, DRIVE_MATE, value_reference(1));
	batch_shelf(batch, 9, 5);
	site_apply(site, batch);

	assert_non_null(site_find(site, "Disk (Disk (Disk (Shelf 5, 3), 2), 1)"));
	assert_int_equal(site_find(site, "Disk (Shelf 5, 3)")->values[DRIVE_MATE].reference,
	    site_id(site, "Disk (Disk (Disk (Shelf 5, 3), 2), 1)"));
}

static void a_long_chain_of_references_needs_no_deep_stack(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);
	enum { LENGTH = 50000 };

	for (uint32_t i = 1; i < LENGTH; i++)
		batch_drive(batch, i, i + 1, 0);
	batch_shelf(batch, LENGTH, 1);
	site_apply(site, batch);
	assert_int_equal(graph_resource_count(site->graph), LENGTH + 1);
}

static void loops_of_identifying_references_are_refused(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_drive(batch, 1, 2, 1);
	batch_drive(batch, 2, 3, 1);
	batch_drive(batch, 3, 1, 1);
	site_refuse(site, batch, "identified by itself");
}

static void labels_follow_those_of_identifying_references(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_shelf(batch, 1, 1);
	batch_drive(batch, 2, 1, 8);
	site_apply(site, batch);
	site_write(site);

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 1, SHELF, false);
	batch->reports[0].label = xstrdup("Top");
	batch->reports[0].label_changed = true;
	site_apply(site, batch);

	assert_true(site_find(site, "Top")->labelled);
	assert_non_null(site_find(site, "Disk (Top, 8)"));
	assert_int_equal(site_write(site), 2);

	batch = batch_new(site->last_session, 3);
	batch_report(batch, 1, SHELF, false);
	batch_set(batch, SHELF_COLOUR, value_text("red"));
	site_apply(site, batch);
	assert_non_null(site_find(site, "Top"));

	batch = batch_new(site->last_session, 4);
	batch_report(batch, 1, SHELF, false);
	batch->reports[0].label_changed = true;
	site_apply(site, batch);
	assert_non_null(site_find(site, "Shelf 1"));
	assert_false(site_find(site, "Shelf 1")->labelled);
	assert_non_null(site_find(site, "Disk (Shelf 1, 8)"));
}

static void an_own_label_survives_a_restart(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_shelf(batch, 1, 1);
	batch->reports[0].label = xstrdup("Top");
	batch_shelf(batch, 2, 2);
	site_apply(site, batch);
	site_write(site);
	site_restart(site);

	assert_true(site_find(site, "Top")->labelled);
	assert_false(site_find(site, "Shelf 2")->labelled);
}

/* ---- batches that no honest host sends ---- */

static void batches_out_of_place_are_refused(void **state)
{
	struct site *site = *state;
	uint32_t session = site_session(site, "a");

	site_refuse(site, batch_new(77, 1), "session 77 is not open");
	site_refuse(site, batch_new(session, 2), "not that of the initial scan");
	site_refuse(site, batch_new(session, 0), "comes after");
	site_apply(site, batch_new(session, 1));
	site_refuse(site, batch_new(session, 1), "comes after batch 1");
	site_apply(site, batch_new(session, 3));
	graph_close(site->graph, session);
	graph_close(site->graph, session);
	site_refuse(site, batch_new(session, 4), "is not open");
}

static void a_second_initial_scan_is_refused(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	site_apply(site, batch_new(site_session(site, "a"), 1));
	batch = batch_new(site->last_session, 2);
	batch->kind = BATCH_INITIAL;
	site_refuse(site, batch, "second initial scan");
}

/* A batch after an initial one that reported shelf 1 and drive 2. */
static struct batch *next_batch(struct site *site)
{
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_shelf(batch, 1, 1);
	batch_drive(batch, 2, 1, 1);
	site_apply(site, batch);
	return batch_new(site->last_session, 2);
}

static void reports_of_wrong_numbers_are_refused(void **state)
{
	struct site *site = *state;
	struct batch *batch = next_batch(site);

	batch_shelf(batch, 3, 3);
	batch_shelf(batch, 1, 2);
	site_refuse(site, batch, "created but known already");

	batch = batch_new(site->last_session, 2);
	batch_shelf(batch, 0, 2);
	site_refuse(site, batch, "created but known already");

	batch = batch_new(site->last_session, 2);
	batch_shelf(batch, 4000000000, 2);
	site_refuse(site, batch, "out of range");

	batch = batch_new(site->last_session, 2);
	batch_shelf(batch, 5, 2);
	batch_shelf(batch, 5, 3);
	site_refuse(site, batch, "created but known already");

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 9, SHELF, false);
	site_refuse(site, batch, "changed but unknown");

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 1, DRIVE, false);
	site_refuse(site, batch, "changes its class");

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 9, CLASS_COUNT, true);
	site_refuse(site, batch, "class 7 is unknown");

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 9, ARRAY, true);
	site_refuse(site, batch, "can't be reported");

	batch = batch_new(site->last_session, 2);
	batch_shelf(batch, 9, 5);
	batch_shelf(batch, 10, 5);
	site_refuse(site, batch, "9 and 10 are the same");

	batch = batch_new(site_session(site, "a"), 1);
	batch_shelf(batch, 9, 3);
	batch_shelf(batch, 10, 3);
	site_refuse(site, batch, "9 and 10 are the same");

	assert_int_equal(graph_resource_count(site->graph), 3);
}

static void values_that_do_not_fit_are_refused(void **state)
{
	struct site *site = *state;
	struct batch *batch = next_batch(site);

	batch_report(batch, 2, DRIVE, false);
	batch_set(batch, DRIVE_STATUS, value_text("GONE"));
	site_refuse(site, batch, "\"status\" has a value that does not fit");

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 2, DRIVE, false);
	batch_set(batch, DRIVE_CAPACITY, VALUE_NULL_INIT);
	site_refuse(site, batch, "\"capacity\" has a value that does not fit");

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 2, DRIVE, false);
	batch_set(batch, 99, value_integer(1));
	site_refuse(site, batch, "attribute 99 is unknown");

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 2, DRIVE, false);
	batch_set(batch, DRIVE_MATE, value_reference(7));
	site_refuse(site, batch, "refers to resource 7, which is unknown");

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 2, DRIVE, false);
	batch_set(batch, DRIVE_SLOT, value_integer(2));
	site_refuse(site, batch, "changes what identifies it");

	batch = batch_new(site->last_session, 2);
	batch_report(batch, 3, DRIVE, true);
	batch_set(batch, DRIVE_SLOT, value_integer(2));
	batch_set(batch, DRIVE_SHELF, value_reference(1));
	site_refuse(site, batch, "\"capacity\" is missing");
}

static void what_names_nothing_is_refused(void **state)
{
	struct site *site = *state;
	struct batch *batch = next_batch(site);
	struct sample sample = {.resource = 2, .statistic = 2, .value = 1};
	int64_t counts[] = {1};

	batch_parent(batch, 2, 8, true);
	site_refuse(site, batch, "one of them is unknown");

	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 8);
	site_refuse(site, batch, "removed but unknown");

	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 2);
	batch_remove(batch, 2);
	site_refuse(site, batch, "removed already");

	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 0);
	site_refuse(site, batch, "scannable can't be removed");

	batch = batch_new(site->last_session, 2);
	batch_add_sample(batch, sample);
	site_refuse(site, batch, "no such statistic");

	batch = batch_new(site->last_session, 2);
	batch->histograms = xcalloc(1, sizeof(*batch->histograms));
	batch->histogram_count = 1;
	batch->histograms[0] = (struct histogram){.resource = 2, .statistic = 1, .count = 1};
	batch->histograms[0].counts = xcalloc(1, sizeof(counts));
	site_refuse(site, batch, "not its bins");

	batch = batch_new(site->last_session, 2);
	batch_alert(batch, 1, 0, "no condition on shelves");
	site_refuse(site, batch, "no such condition");

	batch = batch_new(site->last_session, 2);
	APPEND(batch->incomplete, batch->incomplete_count, 44);
	site_refuse(site, batch, "class 44 is unknown");
}

static void a_removed_number_is_another_resource_s_from_the_next_batch_on(void **state)
{
	struct site *site = *state;
	struct batch *batch = next_batch(site);
	size_t count = graph_resource_count(site->graph);

	batch_remove(batch, 2);
	batch_shelf(batch, 2, 7);
	site_refuse(site, batch, "created but known already");
	for (uint64_t number = 2; number < 10; number++) {
		batch = batch_new(site->last_session, number);
		batch_remove(batch, 2);
		site_apply(site, batch);
		assert_int_equal(graph_resource_count(site->graph), count - 1);
		batch = batch_new(site->last_session, ++number);
		batch_shelf(batch, 2, (int64_t)number);
		site_apply(site, batch);
		assert_int_equal(graph_resource_count(site->graph), count);
		assert_int_equal(graph_class_of(site->graph, site->last_session, 2), SHELF);
	}
}

static void a_removed_number_is_not_valid(void **state)
{
	struct site *site = *state;
	struct batch *batch = next_batch(site);

	batch_remove(batch, 2);
	site_apply(site, batch);
	batch = batch_new(site->last_session, 3);
	batch_report(batch, 2, DRIVE, false);
	site_refuse(site, batch, "changed but unknown");
	assert_true(graph_class_of(site->graph, site->last_session, 2) == CLASS_NOT_FOUND);
	assert_int_equal(graph_class_of(site->graph, site->last_session, 1), SHELF);
	assert_int_equal(graph_class_of(site->graph, site->last_session, 0), COUPLET);
	assert_true(graph_class_of(site->graph, site->last_session, 4000) == CLASS_NOT_FOUND);
	assert_true(graph_class_of(site->graph, 999, 0) == CLASS_NOT_FOUND);
}

static int edit(struct site *site, struct graph_resource *couplet, const char *address,
    char reason[REASON_SIZE])
{
	struct value values[] = {
	    VALUE_NULL_INIT, VALUE_NULL_INIT, VALUE_NULL_INIT, value_integer(8)};
	int result;

	if (address != NULL)
		values[COUPLET_ADDRESS] = value_text(address);
	result = graph_edit(site->graph, couplet, values, reason);
	value_clear(&values[COUPLET_ADDRESS]);
	return result;
}

static void an_edit_moves_a_scannable_with_all_that_is_its_own(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);
	struct graph_resource *couplet = site_couplet(site, "a");
	record_id shelf;
	char reason[REASON_SIZE];

	batch_shelf(batch, 1, 7);
	batch_report(batch, 0, COUPLET, false);
	batch_set(batch, COUPLET_FIRMWARE, value_text("1.2"));
	site_apply(site, batch);
	site_write(site);
	shelf = site_id(site, "Shelf 7");

	assert_int_equal(edit(site, couplet, "b", reason), 0);
	assert_string_equal(graph_identifier(couplet), "[\"b\"]");
	assert_string_equal(couplet->label, "Couplet b");
	assert_int_equal(couplet->values[COUPLET_PORT].integer, 8);
	assert_string_equal(couplet->values[COUPLET_FIRMWARE].text, "1.2");
	assert_int_equal(site_write(site), 1);
	assert_string_equal(database_find(&site->database, couplet->id)->identifier, "[\"b\"]");
	site_restart(site);
	assert_int_equal(site_id(site, "Shelf 7"), shelf);
	assert_ptr_equal(site_find(site, "Shelf 7")->scope, site_couplet(site, "b"));
	assert_ptr_not_equal(site_couplet(site, "a"), site_couplet(site, "b"));
}

static void an_edit_to_an_identity_that_is_taken_is_refused(void **state)
{
	struct site *site = *state;
	struct graph_resource *couplet = site_couplet(site, "a");
	char reason[REASON_SIZE];

	site_couplet(site, "b");
	site_write(site);
	assert_int_equal(edit(site, couplet, "b", reason), -1);
	assert_string_equal(
	    reason, "\"Couplet b\" has these values already: [\"b\"] identifies a Couplet");
	assert_int_equal(edit(site, couplet, NULL, reason), -1);
	assert_string_equal(reason, "\"address\" is missing");
	assert_false(graph_has_changes(site->graph));
	assert_int_equal(edit(site, couplet, "a", reason), 0);
	assert_int_equal(couplet->values[COUPLET_PORT].integer, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
	    TEST(the_same_report_keeps_its_record_over_sessions_and_restarts),
	    TEST(an_unchanged_scan_after_a_restart_writes_nothing),
	    TEST(scoped_identifiers_differ_by_scannable_global_ones_do_not),
	    TEST(identity_includes_class_and_type_and_case),
	    TEST(a_created_report_resets_what_it_does_not_give),
	    TEST(chains_of_identifying_references_resolve_in_any_order),
	    TEST(a_long_chain_of_references_needs_no_deep_stack),
	    TEST(loops_of_identifying_references_are_refused),
	    TEST(labels_follow_those_of_identifying_references),
	    TEST(an_own_label_survives_a_restart),
	    TEST(batches_out_of_place_are_refused),
	    TEST(an_edit_moves_a_scannable_with_all_that_is_its_own),
	    TEST(an_edit_to_an_identity_that_is_taken_is_refused),
	    TEST(a_second_initial_scan_is_refused),
	    TEST(reports_of_wrong_numbers_are_refused),
	    TEST(values_that_do_not_fit_are_refused),
	    TEST(what_names_nothing_is_refused),
	    TEST(a_removed_number_is_another_resource_s_from_the_next_batch_on),
	    TEST(a_removed_number_is_not_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
