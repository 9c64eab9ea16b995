/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/memory.h"
#include "model/batch.h"
#include "model/record.h"

/* Makes a table of one zeroed row. */
#define ONE(table, count) ((table) = xcalloc(1, sizeof(*(table))), (count) = 1)

static void a_batch_is_empty_until_it_changes_something(void **state)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));
	(void)state;

	batch->diagnostic = xstrdup("drive 5 is missing \"capacity\"");
	batch->refused = 1;
	ONE(batch->incomplete, batch->incomplete_count);
	assert_true(batch_is_empty(batch));
	ONE(batch->sample_groups, batch->sample_group_count);
	assert_false(batch_is_empty(batch));
	batch_free(batch);
}

static void every_part_of_a_batch_makes_it_not_empty(void **state)
{
	const struct batch batches[] = {{.removed_count = 1}, {.report_count = 1},
	    {.parent_count = 1}, {.sample_group_count = 1}, {.histogram_count = 1},
	    {.alert_count = 1}};
	(void)state;

	for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++)
		assert_false(batch_is_empty(&batches[i]));
}

static void a_batch_releases_all_that_it_holds(void **state)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));
	(void)state;

	ONE(batch->removed, batch->removed_count);
	ONE(batch->reports, batch->report_count);
	ONE(batch->parents, batch->parent_count);
	ONE(batch->sample_groups, batch->sample_group_count);
	ONE(batch->sample_groups[0].resources, batch->sample_groups[0].count);
	ONE(batch->sample_groups[0].values, batch->sample_groups[0].count);
	ONE(batch->histograms, batch->histogram_count);
	ONE(batch->alerts, batch->alert_count);
	ONE(batch->reports[0].changes, batch->reports[0].change_count);
	batch->reports[0].changes[0].value = value_text("text");
	batch->reports[0].label = xstrdup("label");
	ONE(batch->histograms[0].counts, batch->histograms[0].count);
	batch->alerts[0].message = xstrdup("message");
	batch_free(batch);
	batch_free(NULL);
}

static void changes_are_empty_with_nothing_but_batches_and_notices(void **state)
{
	struct changes *changes = xcalloc(1, sizeof(*changes));
	(void)state;

	ONE(changes->batches, changes->batch_count);
	ONE(changes->notices, changes->notice_count);
	changes->notices[0].json = xstrdup("{}");
	changes->counters.event_id = 5;
	assert_true(changes_are_empty(changes));
	ONE(changes->removed_resources, changes->removed_resource_count);
	assert_false(changes_are_empty(changes));
	changes_free(changes);
}

static void every_kind_of_row_is_a_change(void **state)
{
	const struct changes changes[] = {{.class_count = 1}, {.removed_resource_count = 1},
	    {.resource_count = 1}, {.reporters_removed_count = 1}, {.reporters_added_count = 1},
	    {.parents_removed_count = 1}, {.parents_added_count = 1}, {.reference_count = 1},
	    {.alert_count = 1}, {.event_count = 1}, {.cohort_count = 1}, {.slot_count = 1},
	    {.frame_count = 1}};
	(void)state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		assert_false(changes_are_empty(&changes[i]));
}

static void changes_release_all_that_they_hold(void **state)
{
	struct changes *changes = xcalloc(1, sizeof(*changes));
	struct class_row *class;
	(void)state;

	ONE(changes->classes, changes->class_count);
	class = &changes->classes[0];
	class->plugin = xstrdup("acme");
	class->name = xstrdup("Lun");
	class->label = xstrdup("acme.Lun");
	class->ancestry = xstrdup("[]");
	class->attributes = xstrdup("[]");
	class->charts = xstrdup("[]");
	class->relations = xstrdup("[]");
	ONE(class->statistics, class->statistic_count);
	class->statistics[0] = (struct statistic_row){.name = xstrdup("n"),
	    .type = xstrdup("Gauge"),
	    .label = xstrdup("N"),
	    .units = xstrdup(""),
	    .bins = xstrdup("[]"),
	    .bin_labels = xstrdup("[]")};
	ONE(changes->resources, changes->resource_count);
	changes->resources[0] = (struct resource_row){.identifier = xstrdup("[1]"),
	    .label = xstrdup("Lun 1"),
	    .alias = xstrdup("alias"),
	    .attributes = xstrdup("{}"),
	    .secrets = xstrdup("{}")};
	ONE(changes->references, changes->reference_count);
	changes->references[0].attribute = xstrdup("shelf");
	ONE(changes->alerts, changes->alert_count);
	changes->alerts[0] = (struct alert_row){
	    .name = xstrdup("offline"), .attribute = xstrdup("a"), .message = xstrdup("m")};
	ONE(changes->events, changes->event_count);
	changes->events[0].message = xstrdup("event");
	ONE(changes->frames, changes->frame_count);
	text_append(&changes->frames[0].payload, "payload");
	ONE(changes->reporters_added, changes->reporters_added_count);
	ONE(changes->reporters_removed, changes->reporters_removed_count);
	ONE(changes->parents_added, changes->parents_added_count);
	ONE(changes->parents_removed, changes->parents_removed_count);
	ONE(changes->cohorts, changes->cohort_count);
	ONE(changes->slots, changes->slot_count);
	changes_free(changes);
	changes_free(NULL);
}

static void a_cleared_row_can_be_used_again(void **state)
{
	struct resource_row row = {.id = 5, .label = xstrdup("label")};
	(void)state;

	resource_row_clear(&row);
	assert_int_equal(row.id, 0);
	assert_null(row.label);
	resource_row_clear(&row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_batch_is_empty_until_it_changes_something),
	    cmocka_unit_test(every_part_of_a_batch_makes_it_not_empty),
	    cmocka_unit_test(a_batch_releases_all_that_it_holds),
	    cmocka_unit_test(changes_are_empty_with_nothing_but_batches_and_notices),
	    cmocka_unit_test(every_kind_of_row_is_a_change),
	    cmocka_unit_test(changes_release_all_that_they_hold),
	    cmocka_unit_test(a_cleared_row_can_be_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
