/* SPDX-License-Identifier: MIT */
/* Which alert is the cause of which, as alerts and links come and go. */
#include "graph_site.h"

enum { ERROR_STATE, WARNING_STATE, INFO_STATE };

/* Disks 1 to count without any link, in batch 1 of a session of couplet a. */
static struct batch *disks(struct site *site, uint32_t count)
{
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	for (uint32_t i = 1; i <= count; i++)
		batch_disk(batch, i, (char[]){(char)('A' + i - 1), '\0'});
	return batch;
}

/* Disk 1 above 2, above 3, and so on. */
static struct batch *chain(struct site *site, uint32_t length)
{
	struct batch *batch = disks(site, length);

	for (uint32_t i = 2; i <= length; i++)
		batch_parent(batch, i, i - 1, true);
	return batch;
}

static struct batch *next_batch(const struct site *site)
{
	static uint64_t number = 1;

	return batch_new(site->last_session, ++number);
}

/* The newest alert with this message. */
static const struct alert_row *alert(const struct site *site, const char *message)
{
	const struct alert_row *row = site_alert(site, message);

	assert_non_null(row);
	return row;
}

static void apply_and_write(struct site *site, struct batch *batch)
{
	site_apply(site, batch);
	site_write(site);
}

/* Fails unless an alert has this cause (NULL: none) and root cause, in the database. */
static void assert_cause(
    const struct site *site, const char *message, const char *cause, const char *root)
{
	assert_int_equal(
	    alert(site, message)->cause_id, cause != NULL ? alert(site, cause)->id : 0);
	assert_int_equal(alert(site, message)->root_cause_id, alert(site, root)->id);
}

/* ---- which it is ---- */

static void an_alert_without_others_above_is_its_own_root(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 3);

	batch_alert(batch, 1, 0, "first");
	apply_and_write(site, batch);
	assert_cause(site, "first", NULL, "first");
}

static void the_nearest_alert_above_is_the_cause(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 6);

	batch_alert(batch, 6, 0, "sixth");
	batch_alert(batch, 3, 0, "third");
	batch_alert(batch, 1, 0, "first");
	apply_and_write(site, batch);
	assert_cause(site, "first", NULL, "first");
	assert_cause(site, "third", "first", "first");
	assert_cause(site, "sixth", "third", "first");
}

static void of_equally_near_ones_the_worst_and_then_the_oldest_is_the_cause(void **state)
{
	struct site *site = *state;
	struct batch *batch = disks(site, 4);

	for (uint32_t parent = 1; parent <= 3; parent++)
		batch_parent(batch, 4, parent, true);
	batch_alert(batch, 4, 0, "below");
	batch_alert(batch, 1, INFO_STATE, "info");
	apply_and_write(site, batch);
	assert_cause(site, "below", "info", "info");

	batch = next_batch(site);
	batch_alert(batch, 2, WARNING_STATE, "older warning");
	apply_and_write(site, batch);
	assert_cause(site, "below", "older warning", "older warning");

	batch = next_batch(site);
	batch_alert(batch, 3, WARNING_STATE, "newer warning");
	apply_and_write(site, batch);
	assert_cause(site, "below", "older warning", "older warning");

	batch = next_batch(site);
	batch_alert(batch, 3, ERROR_STATE, "error");
	apply_and_write(site, batch);
	assert_cause(site, "below", "error", "error");
}

static void a_near_information_comes_before_a_far_error(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 3);

	batch_alert(batch, 1, ERROR_STATE, "far error");
	batch_alert(batch, 2, INFO_STATE, "near info");
	batch_alert(batch, 3, 0, "below");
	apply_and_write(site, batch);
	assert_cause(site, "below", "near info", "far error");
}

static void alerts_of_one_resource_share_a_cause_and_are_none_of_each_other(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 2);

	batch_alert(batch, 2, ERROR_STATE, "one");
	batch_alert(batch, 2, WARNING_STATE, "other");
	apply_and_write(site, batch);
	assert_cause(site, "one", NULL, "one");
	assert_cause(site, "other", NULL, "other");

	batch = next_batch(site);
	batch_alert(batch, 1, 0, "above");
	apply_and_write(site, batch);
	assert_cause(site, "one", "above", "above");
	assert_cause(site, "other", "above", "above");
}

/* ---- alerts come and go ---- */

static void a_cause_that_ends_gives_way_to_the_next_one_up(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 4);

	for (uint32_t i = 1; i <= 3; i++)
		batch_alert(batch, i, 0, (const char *[]){"", "first", "second", "third"}[i]);
	apply_and_write(site, batch);
	assert_cause(site, "third", "second", "first");

	batch = next_batch(site);
	batch_alert(batch, 2, 0, NULL);
	apply_and_write(site, batch);
	assert_cause(site, "third", "first", "first");
	/* What it was is kept with the one that ended. */
	assert_false(alert(site, "second")->active);
	assert_cause(site, "second", "first", "first");

	batch = next_batch(site);
	batch_alert(batch, 1, 0, NULL);
	apply_and_write(site, batch);
	assert_cause(site, "third", NULL, "third");
}

static void a_root_further_up_is_the_root_of_all_below(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 5);

	batch_alert(batch, 3, 0, "third");
	batch_alert(batch, 4, 0, "fourth");
	batch_alert(batch, 5, 0, "fifth");
	apply_and_write(site, batch);
	assert_cause(site, "fifth", "fourth", "third");

	batch = next_batch(site);
	batch_alert(batch, 1, 0, "first");
	apply_and_write(site, batch);
	assert_cause(site, "third", "first", "first");
	assert_cause(site, "fourth", "third", "first");
	assert_cause(site, "fifth", "fourth", "first");
}

static void a_transition_writes_what_it_changes_and_nothing_else(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 20);

	for (uint32_t i = 2; i <= 20; i += 2)
		batch_alert(batch, i, 0, "even");
	apply_and_write(site, batch);

	/* The last one changes nothing further up. */
	batch = next_batch(site);
	batch_alert(batch, 20, WARNING_STATE, "more");
	site_apply(site, batch);
	assert_int_equal(site_write(site), 1);
	/* A near one changes the one below it; the root stays. */
	batch = next_batch(site);
	batch_alert(batch, 17, 0, "odd");
	site_apply(site, batch);
	assert_int_equal(site_write(site), 2);
}

static void contact_lost_with_a_scannable_is_a_cause_like_others(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 2);

	batch_parent(batch, 1, 0, true);
	batch_alert(batch, 2, 0, "second");
	apply_and_write(site, batch);
	graph_set_offline(site->graph, site_find(site, "Couplet a"), true);
	site_write(site);
	assert_cause(site, "second", "Couplet a not contactable", "Couplet a not contactable");
	graph_set_offline(site->graph, site_find(site, "Couplet a"), false);
	site_write(site);
	assert_cause(site, "second", NULL, "second");
}

/* ---- links come and go ---- */

static void an_alert_that_leaves_no_history_is_the_last_cause_of_none(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 2);

	batch_parent(batch, 1, 0, true);
	batch_alert(batch, 1, 0, "first");
	batch_alert(batch, 2, 0, "second");
	graph_set_offline(site->graph, site_find(site, "Couplet a"), true);
	apply_and_write(site, batch);
	assert_cause(site, "second", "first", "Couplet a not contactable");

	graph_remove(site->graph, site_find(site, "Couplet a"));
	site_write(site);
	assert_null(site_alert(site, "Couplet a not contactable"));
	assert_cause(site, "first", NULL, "first");
	assert_cause(site, "second", "first", "second");
}

static void causes_follow_links(void **state)
{
	struct site *site = *state;
	struct batch *batch = disks(site, 4);

	batch_parent(batch, 4, 3, true);
	batch_alert(batch, 1, 0, "first");
	batch_alert(batch, 4, 0, "fourth");
	apply_and_write(site, batch);
	assert_cause(site, "fourth", NULL, "fourth");

	batch = next_batch(site);
	batch_parent(batch, 2, 1, true);
	batch_parent(batch, 3, 2, true);
	apply_and_write(site, batch);
	assert_cause(site, "fourth", "first", "first");

	batch = next_batch(site);
	batch_parent(batch, 3, 2, false);
	apply_and_write(site, batch);
	assert_cause(site, "fourth", NULL, "fourth");
}

static void a_second_way_keeps_the_cause_when_the_first_goes(void **state)
{
	struct site *site = *state;
	struct batch *batch = disks(site, 4);

	batch_parent(batch, 2, 1, true);
	batch_parent(batch, 3, 1, true);
	batch_parent(batch, 4, 2, true);
	batch_parent(batch, 4, 3, true);
	batch_alert(batch, 1, 0, "top");
	batch_alert(batch, 4, 0, "bottom");
	apply_and_write(site, batch);

	batch = next_batch(site);
	batch_parent(batch, 4, 2, false);
	site_apply(site, batch);
	assert_int_equal(site_write(site), 1); /* the link alone */
	assert_cause(site, "bottom", "top", "top");
}

static void what_is_between_may_be_removed(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 3);

	for (uint32_t i = 1; i <= 3; i++)
		batch_alert(batch, i, 0, (const char *[]){"", "first", "second", "third"}[i]);
	apply_and_write(site, batch);

	batch = next_batch(site);
	batch_remove(batch, 2);
	apply_and_write(site, batch);
	assert_cause(site, "third", NULL, "third");
	assert_cause(site, "second", "first", "first");
	assert_false(alert(site, "second")->active);
}

static void a_cause_that_is_raised_and_removed_at_once_leaves_nothing(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 2);

	batch_alert(batch, 2, 0, "second");
	apply_and_write(site, batch);
	batch = next_batch(site);
	batch_alert(batch, 1, 0, "first");
	site_apply(site, batch);
	batch = next_batch(site);
	batch_remove(batch, 1);
	apply_and_write(site, batch);
	assert_cause(site, "second", NULL, "second");
}

/* ---- restart, hiding, dismissal ---- */

static void a_restart_finds_the_same_causes_and_writes_nothing(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 4);

	batch_alert(batch, 1, 0, "first");
	batch_alert(batch, 2, 0, "second");
	batch_alert(batch, 4, 0, "fourth");
	apply_and_write(site, batch);
	site_restart(site);
	assert_int_equal(site_write(site), 0);

	graph_set_offline(site->graph, site_couplet(site, "a"), true);
	batch = batch_new(site_open(site, site_couplet(site, "a")), 1);
	batch->refused = 1;
	batch_disk(batch, 1, "A");
	apply_and_write(site, batch);
	assert_false(alert(site, "first")->active);
	assert_cause(site, "second", NULL, "second");
	assert_cause(site, "fourth", "second", "second");
}

static void causes_that_are_missing_in_the_database_are_made_at_the_start(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 2);

	batch_alert(batch, 1, 0, "first");
	batch_alert(batch, 2, 0, "second");
	apply_and_write(site, batch);
	for (size_t i = 0; i < site->database.alert_count; i++)
		site->database.alerts[i].cause_id = site->database.alerts[i].root_cause_id = 0;
	site_restart(site);
	site_write(site);
	assert_cause(site, "second", "first", "first");
}

static void alerts_of_a_plugin_that_is_hidden_are_no_causes(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 2);

	batch_alert(batch, 1, 0, "first");
	batch_alert(batch, 2, 0, "second");
	apply_and_write(site, batch);
	graph_retract(site->graph, "acme");
	site_write(site);
	assert_cause(site, "second", "first", "first");
	graph_hide(site->graph, "acme");
	site_write(site);
	assert_cause(site, "second", NULL, "second");
	graph_declare(site->graph, "acme", site->classes, CLASS_COUNT);
	site_write(site);
	assert_cause(site, "second", "first", "first");
}

static void dismissal_marks_one_alert_and_no_later_one(void **state)
{
	struct site *site = *state;
	struct batch *batch = chain(site, 2);
	record_id id;

	batch_alert(batch, 1, 0, "first");
	batch_alert(batch, 2, 0, "second");
	apply_and_write(site, batch);
	id = alert(site, "first")->id;
	assert_true(graph_dismiss_alert(site->graph, id, true));
	assert_true(graph_dismiss_alert(site->graph, id, true));
	assert_int_equal(site_write(site), 1);
	assert_true(alert(site, "first")->dismissed);
	assert_true(alert(site, "first")->active);
	assert_false(alert(site, "second")->dismissed);
	assert_cause(site, "second", "first", "first");

	site_restart(site);
	assert_int_equal(site_write(site), 0);
	batch = chain(site, 2);
	batch_alert(batch, 2, 0, "second");
	apply_and_write(site, batch);
	assert_false(alert(site, "first")->active);
	assert_true(alert(site, "first")->dismissed);
	assert_false(graph_dismiss_alert(site->graph, id, false));

	batch = next_batch(site);
	batch_alert(batch, 1, 0, "first");
	apply_and_write(site, batch);
	assert_int_not_equal(alert(site, "first")->id, id);
	assert_false(alert(site, "first")->dismissed);
	assert_true(graph_dismiss_alert(site->graph, alert(site, "first")->id, true));
	assert_true(graph_dismiss_alert(site->graph, alert(site, "first")->id, false));
	site_write(site);
	assert_false(alert(site, "first")->dismissed);
}

/* ---- any sequence: against a search from each alert ---- */

enum { DISKS = 24, STEPS = 3000 };

struct level {
	struct graph_resource *resources[DISKS + 2];
	size_t count;
};

static void level_add(struct level *level, struct graph_resource *resource)
{
	for (size_t i = 0; i < level->count; i++)
		if (level->resources[i] == resource)
			return;
	level->resources[level->count++] = resource;
}

static struct level level_above(const struct level *level)
{
	struct level above = {.count = 0};
	const struct graph_link *link;

	for (size_t i = 0; i < level->count; i++)
		TAILQ_FOREACH (link, &level->resources[i]->parents, in_child)
			level_add(&above, link->parent);
	return above;
}

static const struct graph_alert *worst_of(const struct level *level)
{
	const struct graph_alert *candidate, *worst = NULL;

	for (size_t i = 0; i < level->count; i++)
		TAILQ_FOREACH (candidate, &level->resources[i]->alerts, in_resource)
			if (worst == NULL || candidate->row.severity > worst->row.severity ||
			    (candidate->row.severity == worst->row.severity &&
			        candidate->row.id < worst->row.id))
				worst = candidate;
	return worst;
}

static const struct graph_alert *search_cause(const struct graph_alert *from)
{
	struct level level = {.resources = {from->resource}, .count = 1};
	const struct graph_alert *cause = NULL;

	while (cause == NULL && level.count > 0) {
		level = level_above(&level);
		cause = worst_of(&level);
	}
	return cause;
}

static void assert_all_causes(const struct site *site)
{
	const struct graph_alert *each, *cause, *root;

	TAILQ_FOREACH (each, graph_alerts(site->graph), in_active) {
		cause = search_cause(each);
		assert_int_equal(each->row.cause_id, cause != NULL ? cause->row.id : 0);
		for (root = each; cause != NULL; cause = search_cause(cause))
			root = cause;
		assert_int_equal(each->row.root_cause_id, root->row.id);
	}
	for (size_t i = 0; i < site->database.alert_count; i++) {
		const struct alert_row *row = &site->database.alerts[i];

		if (!row->active)
			continue;
		TAILQ_FOREACH (each, graph_alerts(site->graph), in_active)
			if (each->row.id == row->id)
				break;
		assert_non_null(each);
		assert_int_equal(row->cause_id, each->row.cause_id);
		assert_int_equal(row->root_cause_id, each->row.root_cause_id);
	}
}

static uint32_t pick(uint64_t *seed, uint32_t end)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(*seed >> 33) % end;
}

/* Adds a few changes: links (some would close a loop), alerts, removals. */
static void change_anything(uint64_t *seed, struct batch *batch, bool *gone)
{
	uint32_t changes = 1 + pick(seed, 6);

	for (uint32_t i = 0; i < changes; i++) {
		uint32_t a = 1 + pick(seed, DISKS), b = 1 + pick(seed, DISKS);
		uint32_t what = pick(seed, 100);

		if (gone[a] || gone[b] || a == b)
			continue;
		if (what < 40)
			batch_parent(batch, a > b || what < 4 ? a : b, a > b || what < 4 ? b : a,
			    what % 3 > 0);
		else if (what < 97)
			batch_alert(batch, a, what % 3, what % 2 > 0 ? "failure" : NULL);
		else if (batch->removed_count + batch->parent_count + batch->alert_count == 0) {
			batch_remove(batch, a);
			gone[a] = true;
		}
	}
}

static void any_sequence_gives_what_a_search_finds(void **state)
{
	struct site *site = *state;
	const char *given = getenv("SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)wallclock_now().us;
	bool gone[DISKS + 1] = {false};
	uint64_t number = 1;

	print_message("SEED=%llu\n", (unsigned long long)seed);
	site_apply(site, disks(site, DISKS));
	for (int step = 0; step < STEPS; step++) {
		struct batch *batch;

		if (pick(&seed, 200) == 0) {
			site_restart(site);
			memset(gone, 0, sizeof(gone));
			batch = disks(site, DISKS);
			number = 1;
		} else {
			batch = batch_new(site->last_session, ++number);
			change_anything(&seed, batch, gone);
		}
		site_apply(site, batch);
		if (pick(&seed, 3) > 0)
			site_write(site);
		else
			continue;
		assert_all_causes(site);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
	    TEST(an_alert_without_others_above_is_its_own_root),
	    TEST(the_nearest_alert_above_is_the_cause),
	    TEST(of_equally_near_ones_the_worst_and_then_the_oldest_is_the_cause),
	    TEST(a_near_information_comes_before_a_far_error),
	    TEST(alerts_of_one_resource_share_a_cause_and_are_none_of_each_other),
	    TEST(a_cause_that_ends_gives_way_to_the_next_one_up),
	    TEST(a_root_further_up_is_the_root_of_all_below),
	    TEST(a_transition_writes_what_it_changes_and_nothing_else),
	    TEST(contact_lost_with_a_scannable_is_a_cause_like_others),
	    TEST(an_alert_that_leaves_no_history_is_the_last_cause_of_none),
	    TEST(causes_follow_links),
	    TEST(a_second_way_keeps_the_cause_when_the_first_goes),
	    TEST(what_is_between_may_be_removed),
	    TEST(a_cause_that_is_raised_and_removed_at_once_leaves_nothing),
	    TEST(a_restart_finds_the_same_causes_and_writes_nothing),
	    TEST(causes_that_are_missing_in_the_database_are_made_at_the_start),
	    TEST(alerts_of_a_plugin_that_is_hidden_are_no_causes),
	    TEST(dismissal_marks_one_alert_and_no_later_one),
	    TEST(any_sequence_gives_what_a_search_finds),
	};

	return cmocka_run_group_tests_name("causes of alerts", tests, NULL, NULL);
}
