/* SPDX-License-Identifier: MIT */
#include "graph_site.h"

/* Reports shelf 1 as number 1 and drives in slots 1 to count as numbers 2 and up. */
static struct batch *drives(uint32_t session, uint64_t number, uint32_t count)
{
	struct batch *batch = batch_new(session, number);

	batch_shelf(batch, 1, 1);
	for (uint32_t i = 1; i <= count; i++) {
		batch_drive(batch, i + 1, 1, i);
		batch_parent(batch, i + 1, 1, true);
	}
	return batch;
}

static size_t drive_count(const struct site *site)
{
	return graph_find_class(site->graph, "acme", "Drive")->resource_count;
}

/* ---- culling ---- */

static void an_initial_scan_removes_what_it_does_not_report(void **state)
{
	struct site *site = *state;
	record_id kept;

	site_apply(site, drives(site_session(site, "b"), 1, 3));
	site_apply(site, drives(site_session(site, "a"), 1, 10));
	site_write(site);
	kept = site_id(site, "Disk (Shelf 1, 9)");

	site_restart(site);
	site_apply(site, drives(site_session(site, "a"), 1, 9));
	assert_int_equal(drive_count(site), 12);
	assert_int_equal(site_id(site, "Disk (Shelf 1, 9)"), kept);
	assert_null(site_find(site, "Disk (Shelf 1, 10)"));
	assert_int_equal(site_write(site), 1);
	assert_int_equal(site->database.resource_count, 2 + 2 + 12);
}

static void updates_remove_nothing_by_themselves(void **state)
{
	struct site *site = *state;

	site_apply(site, drives(site_session(site, "a"), 1, 10));
	for (uint64_t number = 2; number < 12; number++)
		site_apply(site, batch_new(site->last_session, number));
	assert_int_equal(drive_count(site), 10);
}

static void nothing_is_culled_when_calls_were_refused(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	site_apply(site, drives(site_session(site, "a"), 1, 10));
	graph_close(site->graph, site->last_session);
	batch = drives(site_session(site, "a"), 1, 8);
	batch->refused = 1;
	site_apply(site, batch);
	assert_int_equal(drive_count(site), 10);

	site_apply(site, drives(site_session(site, "a"), 1, 8));
	assert_int_equal(drive_count(site), 8);
}

static void incomplete_classes_are_not_culled(void **state)
{
	struct site *site = *state;
	struct batch *batch = drives(site_session(site, "a"), 1, 5);

	batch_pool(batch, 20, "p");
	site_apply(site, batch);
	batch = drives(site_session(site, "a"), 1, 2);
	APPEND(batch->incomplete, batch->incomplete_count, DRIVE);
	site_apply(site, batch);
	assert_int_equal(drive_count(site), 5);
	assert_null(site_find(site, "Pool p"));
	assert_int_equal(site_find(site, "Shelf 1")->child_count, 5);
}

static void a_global_resource_goes_with_its_last_reporter(void **state)
{
	struct site *site = *state;
	const char *addresses[] = {"a", "b"};
	struct batch *batch;

	for (size_t i = 0; i < 2; i++) {
		batch = batch_new(site_session(site, addresses[i]), 1);
		batch_disk(batch, 1, "S");
		batch_pool(batch, 2, "p");
		batch_parent(batch, 2, 1, true);
		site_apply(site, batch);
	}
	site_write(site);
	site_restart(site);
	site_apply(site, batch_new(site_session(site, "a"), 1));
	assert_int_equal(site_find(site, "SharedDisk S")->reporters.count, 1);
	assert_int_equal(site_find(site, "SharedDisk S")->child_count, 1);
	site_write(site);
	assert_int_equal(site->database.reporter_count, 1);
	site_apply(site, batch_new(site_session(site, "b"), 1));
	assert_null(site_find(site, "SharedDisk S"));
	site_write(site);
	assert_int_equal(site->database.resource_count, 2);
}

static void links_that_an_initial_scan_no_longer_reports_go(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	for (uint32_t parents = 2; parents >= 1; parents--) {
		batch = drives(site_session(site, "a"), 1, 2);
		batch_pool(batch, 10, "p");
		for (uint32_t i = 0; i < parents; i++)
			batch_parent(batch, 10, 2 + i, true);
		site_apply(site, batch);
		assert_int_equal(site_find(site, "Pool p")->parent_count, parents);
		site_write(site);
		site_restart(site);
	}
	assert_int_equal(site->database.parent_count, 3);

	batch = drives(site_session(site, "a"), 1, 2);
	batch->refused = 1;
	batch_pool(batch, 10, "p");
	site_apply(site, batch);
	assert_int_equal(site_find(site, "Pool p")->parent_count, 1);
}

static void a_link_can_be_turned_round_by_the_next_initial_scan(void **state)
{
	struct site *site = *state;

	for (int turn = 0; turn < 2; turn++) {
		struct batch *batch = batch_new(site_session(site, "a"), 1);

		batch_pool(batch, 1, "p");
		batch_pool(batch, 2, "q");
		batch_parent(batch, turn == 0 ? 1 : 2, turn == 0 ? 2 : 1, true);
		site_apply(site, batch);
	}
	assert_int_equal(site_find(site, "Pool q")->parent_count, 1);
	assert_int_equal(site_find(site, "Pool p")->parent_count, 0);
	assert_string_equal(site_warnings.data, "");
}

/* ---- scans that lose most of what there was ---- */

static void a_collapse_waits_for_the_next_initial_scan(void **state)
{
	struct site *site = *state;
	const struct alert_row *alert;

	site_apply(site, drives(site_session(site, "a"), 1, 40));
	site_write(site);
	site_restart(site);
	site_apply(site, drives(site_session(site, "a"), 1, 5));
	assert_int_equal(drive_count(site), 40);
	site_write(site);
	alert = site_alert(site, "35 of 41 resources were not reported");
	assert_non_null(alert);
	assert_true(alert->active);
	assert_string_equal(alert->name, "collapsed");
	assert_int_equal(alert->severity, SEVERITY_WARNING);
	assert_int_equal(alert->resource_id, site_id(site, "Couplet a"));

	site_apply(site, batch_new(site->last_session, 2));
	assert_int_equal(drive_count(site), 40);
	site_apply(site, drives(site_session(site, "a"), 1, 5));
	assert_int_equal(drive_count(site), 5);
	site_write(site);
	assert_false(site_alert(site, "35 of 41")->active);
}

static void a_collapse_that_was_none_is_forgotten(void **state)
{
	struct site *site = *state;

	site_apply(site, drives(site_session(site, "a"), 1, 40));
	site_apply(site, batch_new(site_session(site, "a"), 1));
	assert_int_equal(drive_count(site), 40);
	site_apply(site, drives(site_session(site, "a"), 1, 40));
	assert_true(TAILQ_EMPTY(graph_alerts(site->graph)));
	site_apply(site, batch_new(site_session(site, "a"), 1));
	assert_int_equal(drive_count(site), 40);
}

static void a_worse_scan_confirms_only_what_was_missing_before(void **state)
{
	struct site *site = *state;

	site_apply(site, drives(site_session(site, "a"), 1, 100));
	site_apply(site, drives(site_session(site, "a"), 1, 40));
	assert_int_equal(drive_count(site), 100);
	assert_true(graph_needs_initial_scan(site->graph, site->last_session));

	/* Sixty were missing twice; of the forty and their shelf, all but five are missing now. */
	site_apply(site, drives(site_session(site, "a"), 1, 5));
	assert_int_equal(drive_count(site), 40);
	assert_true(graph_needs_initial_scan(site->graph, site->last_session));
	site_write(site);
	assert_true(site_alert(site, "35 of 41 resources")->active);
	assert_false(site_alert(site, "60 of 101 resources")->active);

	site_apply(site, drives(site_session(site, "a"), 1, 3));
	assert_int_equal(drive_count(site), 3);
	assert_false(graph_needs_initial_scan(site->graph, site->last_session));
	assert_true(TAILQ_EMPTY(graph_alerts(site->graph)));
}

static void what_a_restart_forgot_has_to_be_missed_twice_again(void **state)
{
	struct site *site = *state;

	site_apply(site, drives(site_session(site, "a"), 1, 40));
	site_apply(site, drives(site_session(site, "a"), 1, 5));
	site_write(site);
	site_restart(site);
	site_apply(site, drives(site_session(site, "a"), 1, 5));
	assert_int_equal(drive_count(site), 40);
	site_apply(site, drives(site_session(site, "a"), 1, 5));
	assert_int_equal(drive_count(site), 5);
	site_write(site);
	assert_int_equal(site->database.alert_count, 1);
	assert_false(site->database.alerts[0].active);
}

static void what_comes_back_in_between_was_not_gone(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	site_apply(site, drives(site_session(site, "a"), 1, 40));
	site_apply(site, drives(site_session(site, "a"), 1, 1));
	batch = batch_new(site->last_session, 2);
	for (uint32_t slot = 2; slot <= 40; slot++)
		batch_drive(batch, 100 + slot, 1, slot);
	site_apply(site, batch);
	assert_true(TAILQ_EMPTY(graph_alerts(site->graph)));
	site_apply(site, drives(site_session(site, "a"), 1, 1));
	assert_int_equal(drive_count(site), 40);
}

static void small_and_partial_losses_need_no_confirmation(void **state)
{
	struct site *site = *state;

	site_apply(site, drives(site_session(site, "a"), 1, 18));
	site_apply(site, batch_new(site_session(site, "a"), 1));
	assert_int_equal(drive_count(site), 0);

	site_apply(site, drives(site_session(site, "a"), 1, 59));
	site_apply(site, drives(site_session(site, "a"), 1, 29));
	assert_int_equal(drive_count(site), 29);
}

static void new_resources_do_not_hide_a_collapse(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	site_apply(site, drives(site_session(site, "a"), 1, 30));
	batch = batch_new(site_session(site, "a"), 1);
	for (uint32_t i = 1; i < 100; i++)
		batch_disk(batch, i, (char[]){(char)('A' + i / 50), (char)('A' + i % 50), '\0'});
	site_apply(site, batch);
	assert_int_equal(drive_count(site), 30);
}

/* ---- explicit removal ---- */

static void removing_a_global_resource_gives_up_one_report(void **state)
{
	struct site *site = *state;
	uint32_t sessions[] = {site_session(site, "a"), site_session(site, "b")};
	struct batch *batch;

	for (size_t i = 0; i < 2; i++) {
		batch = batch_new(sessions[i], 1);
		batch_disk(batch, 1, "S");
		batch_pool(batch, 2, i == 0 ? "p" : "q");
		batch_parent(batch, 2, 1, true);
		site_apply(site, batch);
	}
	batch = batch_new(sessions[0], 2);
	batch_remove(batch, 1);
	site_apply(site, batch);

	assert_int_equal(site_find(site, "SharedDisk S")->reporters.count, 1);
	assert_int_equal(site_find(site, "Pool p")->parent_count, 0);
	assert_int_equal(site_find(site, "Pool q")->parent_count, 1);
	assert_true(graph_class_of(site->graph, sessions[0], 1) == CLASS_NOT_FOUND);
	site_write(site);

	batch = batch_new(sessions[1], 2);
	batch_remove(batch, 1);
	site_apply(site, batch);
	assert_null(site_find(site, "SharedDisk S"));
	assert_int_equal(site_find(site, "Pool q")->parent_count, 0);
	assert_int_equal(site_write(site), 1);
}

static void children_of_a_removed_parent_stay(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_pool(batch, 1, "p");
	batch_pool(batch, 2, "q");
	batch_parent(batch, 2, 1, true);
	site_apply(site, batch);
	site_write(site);
	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 1);
	batch_parent(batch, 2, 1, false);
	site_apply(site, batch);
	assert_int_equal(site_find(site, "Pool q")->parent_count, 0);
	site_write(site);
	assert_int_equal(site->database.parent_count, 0);
	assert_int_equal(site->database.resource_count, 2);
}

static void removal_clears_optional_and_follows_mandatory_references(void **state)
{
	struct site *site = *state;
	struct batch *batch = drives(site_session(site, "a"), 1, 2);

	batch_pool(batch, 10, "p");
	batch_set(batch, POOL_MASTER, value_reference(2));
	batch_drive(batch, 11, 2, 1);
	site_apply(site, batch);
	site_write(site);
	assert_non_null(site_find(site, "Disk (Disk (Shelf 1, 1), 1)"));

	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 2);
	site_apply(site, batch);
	assert_int_equal(drive_count(site), 1);
	assert_int_equal(site_find(site, "Pool p")->values[POOL_MASTER].type, VALUE_NULL);
	assert_int_equal(site_write(site), 3);
	assert_string_equal(database_find(&site->database, site_id(site, "Pool p"))->attributes,
	    "{\"name\": \"p\"}");
}

static void what_is_said_of_a_resource_removed_with_another_has_no_effect(void **state)
{
	struct site *site = *state;
	struct batch *batch = drives(site_session(site, "a"), 1, 2);

	batch_pool(batch, 10, "p");
	site_apply(site, batch);
	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 1);
	site_apply(site, batch);
	assert_int_equal(drive_count(site), 0);

	batch = batch_new(site->last_session, 3);
	batch_report(batch, 2, DRIVE, false);
	batch_set(batch, DRIVE_NOTE, value_text("late"));
	batch_parent(batch, 10, 2, true);
	batch_alert(batch, 2, 0, "Drive failure");
	batch_add_sample(batch, ((struct sample){.resource = 3, .value = 1}));
	batch_report(batch, 10, POOL, false);
	batch_set(batch, POOL_MASTER, value_reference(3));
	batch_drive(batch, 20, 3, 1);
	site_apply(site, batch);
	assert_int_equal(drive_count(site), 0);
	assert_int_equal(site_find(site, "Pool p")->values[POOL_MASTER].type, VALUE_NULL);
	assert_true(TAILQ_EMPTY(graph_alerts(site->graph)));

	batch = batch_new(site->last_session, 4);
	batch_report(batch, 20, DRIVE, false);
	batch_set(batch, DRIVE_NOTE, value_text("later"));
	batch_remove(batch, 2);
	site_apply(site, batch);
	assert_int_equal(graph_resource_count(site->graph), 2);
}

static void references_to_what_is_reported_later_end_with_it(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_drive(batch, 1, 3, 1);
	batch_set(batch, DRIVE_MATE, value_reference(2));
	batch_disk(batch, 4, "S");
	batch_set(batch, DISK_HOME, value_reference(5));
	batch_drive(batch, 2, 3, 2);
	batch_shelf(batch, 3, 1);
	batch_shelf(batch, 5, 2);
	site_apply(site, batch);
	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 2);
	batch_remove(batch, 5);
	site_apply(site, batch);
	assert_int_equal(site_find(site, "Disk (Shelf 1, 1)")->values[DRIVE_MATE].type, VALUE_NULL);
	assert_int_equal(site_find(site, "SharedDisk S")->values[DISK_HOME].type, VALUE_NULL);
}

static void a_reference_that_moves_away_in_time_saves_its_owner(void **state)
{
	struct site *site = *state;
	struct batch *batch = drives(site_session(site, "a"), 1, 2);

	batch_pool(batch, 10, "p");
	batch_set(batch, POOL_MASTER, value_reference(2));
	site_apply(site, batch);
	batch = batch_new(site->last_session, 2);
	batch_report(batch, 10, POOL, false);
	batch_set(batch, POOL_MASTER, value_reference(3));
	batch_remove(batch, 2);
	site_apply(site, batch);
	assert_int_equal(site_find(site, "Pool p")->values[POOL_MASTER].reference,
	    site_id(site, "Disk (Shelf 1, 2)"));
}

static void removed_and_reported_again_in_one_batch_keeps_the_record(void **state)
{
	struct site *site = *state;
	struct batch *batch = drives(site_session(site, "a"), 1, 1);
	record_id id;

	batch_pool(batch, 10, "p");
	batch_parent(batch, 10, 2, true);
	batch_alert(batch, 2, 0, "Drive failure");
	site_apply(site, batch);
	site_write(site);
	id = site_id(site, "Disk (Shelf 1, 1)");

	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 2);
	batch_drive(batch, 11, 1, 1);
	site_apply(site, batch);
	assert_int_equal(site_id(site, "Disk (Shelf 1, 1)"), id);
	assert_int_equal(site_find(site, "Pool p")->parent_count, 0);
	assert_true(TAILQ_EMPTY(graph_alerts(site->graph)));
	assert_true(graph_class_of(site->graph, site->last_session, 2) == CLASS_NOT_FOUND);
	assert_int_equal(graph_class_of(site->graph, site->last_session, 11), DRIVE);
}

static void a_resource_that_came_and_went_is_never_written(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	site_apply(site, batch_new(site_session(site, "a"), 1));
	site_write(site);
	batch = batch_new(site->last_session, 2);
	batch_pool(batch, 1, "p");
	batch_parent(batch, 1, 0, true);
	site_apply(site, batch);
	batch = batch_new(site->last_session, 3);
	batch_remove(batch, 1);
	site_apply(site, batch);
	assert_true(graph_has_changes(site->graph));
	assert_int_equal(site_write(site), 0);
}

static void removing_a_scannable_takes_what_is_its_own(void **state)
{
	struct site *site = *state;
	uint32_t sessions[] = {site_session(site, "a"), site_session(site, "b")};
	struct batch *batch;

	for (size_t i = 0; i < 2; i++) {
		batch = drives(sessions[i], 1, 3);
		batch_disk(batch, 20, "shared");
		batch_disk(batch, 21, i == 0 ? "A" : "B");
		batch_parent(batch, 20, 21, true);
		batch_alert(batch, 2, 0, "Drive failure");
		site_apply(site, batch);
	}
	site_write(site);
	graph_set_offline(site->graph, site_find(site, "Couplet a"), true);
	graph_remove(site->graph, site_find(site, "Couplet a"));
	assert_int_equal(graph_resource_count(site->graph), 1 + 4 + 2);
	assert_int_equal(site_find(site, "SharedDisk shared")->reporters.count, 1);
	assert_int_equal(site_find(site, "SharedDisk shared")->parent_count, 1);
	site_refuse(site, batch_new(sessions[0], 2), "is not open");
	site_write(site);
	assert_int_equal(site->database.resource_count, 7);
	assert_int_equal(site_count_events(site, "Re-established contact with Couplet a"), 0);
	site_restart(site);
	assert_int_equal(site_write(site), 0);
	assert_int_equal(graph_resource_count(site->graph), 7);
}

/* ---- parents ---- */

static void parents_add_up_and_are_stored_once(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_parent(batch, 1, 2, true);
	batch_pool(batch, 1, "child");
	batch_pool(batch, 2, "p1");
	batch_pool(batch, 3, "p2");
	batch_parent(batch, 1, 2, true);
	site_apply(site, batch);
	batch = batch_new(site->last_session, 2);
	batch_parent(batch, 1, 3, true);
	site_apply(site, batch);
	site_apply(site, batch_new(site->last_session, 3));
	assert_int_equal(site_find(site, "Pool child")->parent_count, 2);
	site_write(site);
	assert_int_equal(site->database.parent_count, 2);

	batch = batch_new(site->last_session, 4);
	batch_parent(batch, 1, 3, false);
	batch_parent(batch, 2, 3, false);
	site_apply(site, batch);
	assert_int_equal(site_write(site), 1);
	assert_int_equal(site->database.parent_count, 1);
}

static void a_link_lasts_as_long_as_someone_reports_it(void **state)
{
	struct site *site = *state;
	uint32_t sessions[] = {site_session(site, "a"), site_session(site, "b")};
	struct batch *batch;

	for (size_t i = 0; i < 2; i++) {
		batch = batch_new(sessions[i], 1);
		batch_disk(batch, 1, "child");
		batch_disk(batch, 2, "parent");
		batch_parent(batch, 1, 2, true);
		site_apply(site, batch);
	}
	site_write(site);
	assert_int_equal(site->database.parent_count, 2);
	for (size_t i = 0; i < 2; i++) {
		batch = batch_new(sessions[i], 2);
		batch_parent(batch, 1, 2, false);
		site_apply(site, batch);
		assert_int_equal(site_find(site, "SharedDisk child")->parent_count, 1 - i);
	}
	site_write(site);
	assert_int_equal(site->database.parent_count, 0);
}

static void links_of_two_scannables_never_close_a_loop(void **state)
{
	struct site *site = *state;
	uint32_t sessions[] = {site_session(site, "a"), site_session(site, "b")};

	for (uint32_t i = 0; i < 2; i++) {
		struct batch *batch = batch_new(sessions[i], 1);

		batch_disk(batch, 1, "x");
		batch_disk(batch, 2, "y");
		batch_pool(batch, 3, "between");
		batch_parent(batch, 1 + i, 3, true);
		batch_parent(batch, 3, 2 - i, true);
		site_apply(site, batch);
	}
	assert_non_null(strstr(site_warnings.data, "can't be a parent of"));
	assert_int_equal(site_find(site, "SharedDisk x")->parent_count, 1);
	site_write(site);
	assert_int_equal(site->database.parent_count, 3);
}

static bool count_visit(void *context, UNUSED struct graph_resource *descendant)
{
	size_t *left = context;

	return --*left > 0;
}

static void each_descendant_is_visited_once_until_told_to_stop(void **state)
{
	struct site *site = *state;
	struct batch *batch = batch_new(site_session(site, "a"), 1);
	size_t left = 100;

	for (uint32_t i = 1; i <= 5; i++)
		batch_pool(batch, i, (char[]){(char)('0' + i), '\0'});
	batch_parent(batch, 2, 1, true);
	batch_parent(batch, 3, 1, true);
	batch_parent(batch, 4, 2, true);
	batch_parent(batch, 4, 3, true);
	batch_parent(batch, 5, 4, true);
	site_apply(site, batch);
	graph_visit_descendants(site->graph, site_find(site, "Pool 1"), count_visit, &left);
	assert_int_equal(left, 96);
	left = 2;
	graph_visit_descendants(site->graph, site_find(site, "Pool 1"), count_visit, &left);
	assert_int_equal(left, 0);
}

static void report_home(struct batch *batch, uint32_t number, const char *serial, uint32_t home)
{
	batch_disk(batch, number, serial);
	batch_set(batch, DISK_HOME, value_reference(home));
}

static void mandatory_references_of_two_scannables_close_no_loop(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	site->classes[DISK]->attributes[DISK_HOME].optional = false;
	batch = batch_new(site_session(site, "a"), 1);
	batch_pool(batch, 1, "P");
	report_home(batch, 2, "A", 1);
	report_home(batch, 3, "B", 2);
	site_apply(site, batch);
	batch = batch_new(site_session(site, "b"), 1);
	batch_shelf(batch, 1, 1);
	report_home(batch, 2, "A", 3);
	report_home(batch, 3, "B", 2);
	site_apply(site, batch);
	assert_string_equal(site_warnings.data,
	    "\"home\" of \"SharedDisk A\" can't refer to \"SharedDisk B\", which itself refers to "
	    "this resource and can't be without it: left as it was\n");
	assert_int_equal(site_find(site, "SharedDisk A")->values[DISK_HOME].reference,
	    (uint64_t)site_id(site, "Pool P"));

	graph_remove(site->graph, site_couplet(site, "a"));
	site_write(site);
	assert_null(site_find(site, "SharedDisk B"));
	assert_int_equal(site->database.resource_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
	    TEST(an_initial_scan_removes_what_it_does_not_report),
	    TEST(updates_remove_nothing_by_themselves),
	    TEST(nothing_is_culled_when_calls_were_refused),
	    TEST(incomplete_classes_are_not_culled),
	    TEST(a_global_resource_goes_with_its_last_reporter),
	    TEST(links_that_an_initial_scan_no_longer_reports_go),
	    TEST(a_link_can_be_turned_round_by_the_next_initial_scan),
	    TEST(a_collapse_waits_for_the_next_initial_scan),
	    TEST(a_collapse_that_was_none_is_forgotten),
	    TEST(a_worse_scan_confirms_only_what_was_missing_before),
	    TEST(what_a_restart_forgot_has_to_be_missed_twice_again),
	    TEST(what_comes_back_in_between_was_not_gone),
	    TEST(small_and_partial_losses_need_no_confirmation),
	    TEST(new_resources_do_not_hide_a_collapse),
	    TEST(removing_a_global_resource_gives_up_one_report),
	    TEST(children_of_a_removed_parent_stay),
	    TEST(removal_clears_optional_and_follows_mandatory_references),
	    TEST(references_to_what_is_reported_later_end_with_it),
	    TEST(what_is_said_of_a_resource_removed_with_another_has_no_effect),
	    TEST(a_reference_that_moves_away_in_time_saves_its_owner),
	    TEST(removed_and_reported_again_in_one_batch_keeps_the_record),
	    TEST(a_resource_that_came_and_went_is_never_written),
	    TEST(removing_a_scannable_takes_what_is_its_own),
	    TEST(parents_add_up_and_are_stored_once),
	    TEST(a_link_lasts_as_long_as_someone_reports_it),
	    TEST(links_of_two_scannables_never_close_a_loop),
	    TEST(each_descendant_is_visited_once_until_told_to_stop),
	    TEST(mandatory_references_of_two_scannables_close_no_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
