/* SPDX-License-Identifier: MIT */
/* Which alerts are silenced, as silences, alerts and links come and go. */
#include "graph_site.h"

#define LENGTH 12

/* Disks 1 to LENGTH, each with an alert "disk N", in a session of couplet a. */
static struct batch *disks(struct site *site)
{
	struct batch *batch = batch_new(site_session(site, "a"), 1);
	char message[32];

	for (uint32_t i = 1; i <= LENGTH; i++) {
		batch_disk(batch, i, (char[]){(char)('A' + i - 1), '\0'});
		snprintf(message, sizeof(message), "disk %u!", i);
		batch_alert(batch, i, 0, message);
	}
	return batch;
}

/* The same, each below the one before. */
static void start_chain(struct site *site)
{
	struct batch *batch = disks(site);

	for (uint32_t i = 2; i <= LENGTH; i++)
		batch_parent(batch, i, i - 1, true);
	site_apply(site, batch);
	site_write(site);
}

static void change_link(struct site *site, uint32_t child, uint32_t parent, bool added)
{
	static uint64_t number = 1;
	struct batch *batch = batch_new(site->last_session, ++number);

	batch_parent(batch, child, parent, added);
	site_apply(site, batch);
	site_write(site);
}

static struct graph_resource *disk(const struct site *site, uint32_t number)
{
	return graph_resource_of(site->graph, site->last_session, number);
}

/* Silences a disk for so many seconds. */
static record_id silence_for(struct site *site, uint32_t number, int64_t seconds)
{
	struct silence_row row = {.who = (char[]){"root"}, .why = (char[]){"new firmware"}};
	const struct graph_silence *silence;
	char reason[REASON_SIZE] = "";

	row.end.us = wallclock_now().us + seconds * US_PER_S;
	silence = graph_silence(site->graph, disk(site, number), &row, reason);
	assert_string_equal(reason, "");
	site_write(site);
	return silence->row.id;
}

/* The silence that the database has of the alert of a disk. */
static record_id silence_of(const struct site *site, uint32_t number)
{
	char message[32];
	const struct alert_row *row;

	snprintf(message, sizeof(message), "disk %u!", number);
	row = site_alert(site, message);
	assert_non_null(row);
	assert_true(row->active);
	return row->silence_id;
}

/* Which disks have a silenced alert, as bits from 1 on. */
static unsigned silenced(const struct site *site)
{
	unsigned bits = 0;

	for (uint32_t i = 1; i <= LENGTH; i++)
		bits |= (unsigned)(silence_of(site, i) != 0) << i;
	return bits;
}

static void a_resource_and_all_that_depends_on_it_is_silenced(void **state)
{
	struct site *site = *state;
	record_id id;

	start_chain(site);
	assert_int_equal(silenced(site), 0);
	id = silence_for(site, 9, 3600);
	assert_int_equal(silenced(site), 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12);
	assert_int_equal(silence_of(site, 12), id);
	assert_int_equal(graph_silence_of(disk(site, 12))->row.id, id);
	assert_null(graph_silence_of(disk(site, 8)));
	assert_int_equal(site->database.silence_count, 1);
}

static void an_alert_that_comes_later_is_silenced_from_the_first(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	start_chain(site);
	batch = batch_new(site->last_session, 2);
	batch_alert(batch, 12, 0, NULL);
	site_apply(site, batch);
	silence_for(site, 1, 3600);
	graph_collect_notices(site->graph, true);
	batch = batch_new(site->last_session, 3);
	batch_alert(batch, 12, 0, "disk 12!");
	site_apply(site, batch);
	site_write(site);
	assert_true(silence_of(site, 12) != 0);
	assert_non_null(strstr(site->notices.data, "\"dismissed\": false, \"silenced\": true}"));
}

static void members_come_and_go_with_the_links(void **state)
{
	struct site *site = *state;

	start_chain(site);
	silence_for(site, 2, 3600);
	change_link(site, 6, 5, false);
	assert_int_equal(silenced(site), 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5);
	change_link(site, 12, 3, true);
	assert_true(silence_of(site, 12) != 0);
	change_link(site, 12, 3, false);
	assert_true(silence_of(site, 12) == 0);
	change_link(site, 6, 5, true);
	assert_true(silence_of(site, 12) != 0);
}

static void of_several_the_one_that_lasts_longest_counts(void **state)
{
	struct site *site = *state;
	record_id brief, longer;

	start_chain(site);
	brief = silence_for(site, 8, 60);
	longer = silence_for(site, 2, 3600);
	assert_int_equal(silence_of(site, 9), longer);
	assert_true(graph_unsilence(site->graph, longer, "root"));
	site_write(site);
	assert_int_equal(silence_of(site, 9), brief);
	assert_int_equal(silence_of(site, 7), 0);
	longer = silence_for(site, 8, 3600);
	assert_int_equal(silence_of(site, 9), longer);
	assert_true(graph_unsilence(site->graph, longer, "root"));
	site_write(site);
	assert_int_equal(silence_of(site, 8), brief);
	assert_false(graph_unsilence(site->graph, longer, "root"));
}

static void a_silence_ends_at_its_time_and_says_so(void **state)
{
	struct site *site = *state;
	struct wallclock now = wallclock_now();

	start_chain(site);
	silence_for(site, 2, 60);
	silence_for(site, 5, 3600);
	assert_false(graph_end_silences(site->graph, now));
	now.us += 61 * US_PER_S;
	assert_true(graph_end_silences(site->graph, now));
	assert_false(graph_end_silences(site->graph, now));
	site_write(site);
	assert_int_equal(silence_of(site, 3), 0);
	assert_true(silence_of(site, 5) != 0);
	assert_int_equal(site->database.silence_count, 1);
	assert_non_null(strstr(site->database.events[site->database.event_count - 1].message,
	    " is no longer silenced: the silence by root has run out"));
}

static void silences_survive_a_restart(void **state)
{
	struct site *site = *state;
	record_id id;

	start_chain(site);
	id = silence_for(site, 6, 3600);
	site_restart(site);
	site_write(site);
	assert_int_equal(silence_of(site, 6), id);
	assert_int_equal(silence_of(site, 12), id);
	assert_int_equal(silence_of(site, 5), 0);
	assert_true(graph_unsilence(site->graph, id, "root"));
	site_write(site);
	assert_int_equal(silenced(site), 0);
	site_session(site, "a");
	assert_int_equal(site->database.silence_count, 0);
}

static void a_silence_goes_with_its_resource(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	start_chain(site);
	silence_for(site, 6, 3600);
	silence_for(site, 6, 60);
	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 6);
	site_apply(site, batch);
	site_write(site);
	assert_true(TAILQ_EMPTY(graph_silences(site->graph)));
	assert_int_equal(site->database.silence_count, 0);
	assert_int_equal(silence_of(site, 7), 0);
	assert_int_equal(silence_of(site, 12), 0);
}

static void a_silence_that_is_wrong_is_refused(void **state)
{
	static const struct {
		int64_t seconds;
		const char *who, *why;
		const char *reason;
	} cases[] = {
	    {-1, "root", "x", "until: the time has passed already"},
	    {367 * 24 * 3600, "root", "x", "until: at most one year from now"},
	    {60, "root", " ", "why: May not be blank"},
	    {60, "", "x", "who: May not be blank"},
	    {60, "root", "a\nb", "why: No control characters allowed"},
	};
	struct site *site = *state;
	char reason[REASON_SIZE], *why = xcalloc(1, 502);
	struct silence_row row;

	start_chain(site);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		row =
		    (struct silence_row){.end = {wallclock_now().us + cases[i].seconds * US_PER_S},
		        .who = xstrdup(cases[i].who),
		        .why = xstrdup(cases[i].why)};
		assert_null(graph_silence(site->graph, disk(site, 1), &row, reason));
		assert_string_equal(reason, cases[i].reason);
		silence_row_clear(&row);
	}
	memset(why, 'x', 501);
	row = (struct silence_row){
	    .end = {wallclock_now().us + US_PER_S}, .who = (char[]){"x"}, .why = why};
	assert_null(graph_silence(site->graph, disk(site, 1), &row, reason));
	assert_string_equal(reason, "why: too long");
	why[500] = '\0';
	assert_non_null(graph_silence(site->graph, disk(site, 1), &row, reason));
	free(why);
}

static void there_are_not_more_than_a_thousand(void **state)
{
	struct site *site = *state;
	struct silence_row row = {.end = {wallclock_now().us + 60 * US_PER_S},
	    .who = (char[]){"x"},
	    .why = (char[]){"y"}};
	char reason[REASON_SIZE];

	start_chain(site);
	for (int i = 0; i < 1000; i++)
		assert_non_null(graph_silence(site->graph, disk(site, 12), &row, reason));
	assert_null(graph_silence(site->graph, disk(site, 12), &row, reason));
	assert_non_null(strstr(reason, "1000"));
}

/* ---- at random ---- */

/* Whether one of the disks above, or itself, has a silence, by looking at everything. */
static bool is_below_silence(const struct graph_resource *resource)
{
	const struct graph_link *link;

	if (resource->silenced)
		return true;
	TAILQ_FOREACH (link, &resource->parents, in_child)
		if (is_below_silence(link->parent))
			return true;
	return false;
}

static void check_all(const struct site *site)
{
	for (uint32_t i = 1; i <= LENGTH; i++) {
		const struct graph_silence *silence = graph_silence_of(disk(site, i));

		assert_int_equal(silence != NULL, is_below_silence(disk(site, i)));
		assert_int_equal(silence_of(site, i), silence != NULL ? silence->row.id : 0);
	}
}

static void whatever_happens_members_are_those_below_a_silence(void **state)
{
	struct site *site = *state;
	bool linked[LENGTH + 1][LENGTH + 1] = {0};
	unsigned seed = 7;

	site_apply(site, disks(site));
	site_write(site);
	for (int i = 0; i < 3000; i++) {
		uint32_t parent = 1 + (uint32_t)rand_r(&seed) % LENGTH;
		uint32_t child = 1 + (uint32_t)rand_r(&seed) % LENGTH;
		const struct graph_silence *first = TAILQ_FIRST(graph_silences(site->graph));
		int what = rand_r(&seed) % 8;

		if (what < 6 && parent < child) {
			linked[parent][child] = !linked[parent][child];
			change_link(site, child, parent, linked[parent][child]);
		} else if (what == 6) {
			silence_for(site, child, 1 + rand_r(&seed) % 5);
		} else if (what == 7 && first != NULL) {
			assert_true(graph_unsilence(site->graph, first->row.id, "root"));
			site_write(site);
		}
		check_all(site);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, site_setup, site_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_resource_and_all_that_depends_on_it_is_silenced),
	    TEST(an_alert_that_comes_later_is_silenced_from_the_first),
	    TEST(members_come_and_go_with_the_links),
	    TEST(of_several_the_one_that_lasts_longest_counts),
	    TEST(a_silence_ends_at_its_time_and_says_so),
	    TEST(silences_survive_a_restart),
	    TEST(a_silence_goes_with_its_resource),
	    TEST(a_silence_that_is_wrong_is_refused),
	    TEST(there_are_not_more_than_a_thousand),
	    TEST(whatever_happens_members_are_those_below_a_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
