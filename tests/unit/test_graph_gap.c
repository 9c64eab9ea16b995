/* SPDX-License-Identifier: MIT */
/* Times without samples: what of them is to be written. */
#include "graph_site.h"

/* Takes the changes, and gives the gaps among them as text. */
static const char *take_gaps(struct graph *graph)
{
	static struct text text;
	struct changes *changes = graph_take_changes(graph);

	text_reset(&text);
	for (size_t i = 0; changes != NULL && i < changes->gap_count; i++) {
		const struct gap_row *row = &changes->gaps[i];

		text_printf(&text, "%s%ld of %ld: %s from %ld", i > 0 ? "; " : "", (long)row->id,
		    (long)row->scannable_id, gap_reason_name(row->reason), (long)row->begin.us);
		if (!row->open)
			text_printf(&text, " to %ld", (long)row->end.us);
	}
	changes_free(changes);
	return text.data;
}

static struct wallclock at(int64_t us)
{
	return (struct wallclock){us};
}

static void a_gap_is_written_when_it_begins_and_when_it_ends(void **state)
{
	struct site *site = *state;
	struct graph_resource *scannable = site_couplet(site, "a");
	char *begun = xasprintf("1 of %ld: offline from 1000", (long)scannable->id);
	char *ended = xasprintf("1 of %ld: offline from 1000 to 2000", (long)scannable->id);

	graph_begin_gap(site->graph, scannable, GAP_OFFLINE, at(1000));
	assert_string_equal(take_gaps(site->graph), begun);
	graph_begin_gap(site->graph, scannable, GAP_OFFLINE, at(1500));
	assert_string_equal(take_gaps(site->graph), "");
	graph_end_gap(site->graph, scannable, GAP_REASON_COUNT, at(2000));
	assert_string_equal(take_gaps(site->graph), ended);
	graph_end_gap(site->graph, scannable, GAP_REASON_COUNT, at(3000));
	assert_string_equal(take_gaps(site->graph), "");
	free(begun);
	free(ended);
}

static void a_gap_that_ends_before_it_is_written_is_one_row(void **state)
{
	struct site *site = *state;

	graph_begin_gap(site->graph, NULL, GAP_DROPPED, at(1000));
	graph_end_gap(site->graph, NULL, GAP_STOPPED, at(1500));
	graph_end_gap(site->graph, NULL, GAP_DROPPED, at(500));
	graph_begin_gap(site->graph, NULL, GAP_DATABASE, at(3000));

	assert_string_equal(take_gaps(site->graph),
	    "1 of 0: dropped from 1000 to 1000; 2 of 0: database from 3000");
}

static void another_reason_makes_another_gap(void **state)
{
	struct site *site = *state;
	struct graph_resource *scannable = site_couplet(site, "a");
	struct changes *changes;

	graph_begin_gap(site->graph, scannable, GAP_CRASH, at(1000));
	graph_begin_gap(site->graph, scannable, GAP_OFFLINE, at(1000));
	changes = graph_take_changes(site->graph);

	assert_int_equal(changes->gap_count, 2);
	assert_false(changes->gaps[0].open);
	assert_true(changes->gaps[1].open);
	assert_int_equal(changes->gaps[1].reason, GAP_OFFLINE);
	assert_int_equal(changes->gaps[0].end.us, changes->gaps[1].begin.us);
	changes_free(changes);
}

static void the_gap_of_what_is_removed_is_forgotten(void **state)
{
	struct site *site = *state;
	struct graph_resource *scannable = site_couplet(site, "a");

	graph_begin_gap(site->graph, scannable, GAP_OFFLINE, at(1000));
	take_gaps(site->graph);
	graph_remove(site->graph, scannable);
	scannable = site_couplet(site, "a");
	graph_end_gap(site->graph, scannable, GAP_REASON_COUNT, at(2000));

	assert_string_equal(take_gaps(site->graph), "");
}

static void the_time_without_a_runner_begins_with_the_newest_sample_or_gap(void **state)
{
	const struct graph_options options = {.warn = site_warn};
	const struct counters counters = {.gap_id = 7, .sampled = {5000}};
	struct gap_row open = {
	    .id = 9, .scannable_id = 3, .begin = {6000}, .open = true, .reason = GAP_OFFLINE};
	struct graph *graph = graph_new(&options);

	(void)state;
	graph_restore_counters(graph, &counters);
	graph_restored(graph);
	graph_begin_stopped(graph);
	assert_string_equal(take_gaps(graph), "8 of 0: stopped from 5000");
	graph_free(graph);

	graph = graph_new(&options);
	graph_restore_counters(graph, &counters);
	graph_restore_gap(graph, &open);
	graph_restored(graph);
	graph_begin_stopped(graph);
	assert_string_equal(take_gaps(graph), "10 of 0: stopped from 6000");
	graph_free(graph);

	graph = graph_new(&options);
	graph_restored(graph);
	graph_begin_stopped(graph);
	assert_string_equal(take_gaps(graph), "");
	graph_free(graph);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_gap_is_written_when_it_begins_and_when_it_ends),
	    TEST(a_gap_that_ends_before_it_is_written_is_one_row),
	    TEST(another_reason_makes_another_gap),
	    TEST(the_gap_of_what_is_removed_is_forgotten),
	    TEST(the_time_without_a_runner_begins_with_the_newest_sample_or_gap),
	};

	return cmocka_run_group_tests_name("gaps", tests, NULL, NULL);
}
