/* SPDX-License-Identifier: MIT */
/* Counters that fall: the events of it. The temperature of drives is a counter here. */
#include "graph_site.h"

#include "base/clock.h"

static void declare_counter(struct site *site)
{
	site->classes[DRIVE]->statistics[0].type = STATISTIC_COUNTER;
	site_restart(site);
	site_write(site);
}

/* The initial scan of a new session, with this number of drives, from 2 on. */
static struct batch *begin_session(struct site *site, uint32_t drives)
{
	struct batch *batch = batch_new(site_session(site, "a"), 1);

	batch_shelf(batch, 1, 1);
	for (uint32_t i = 0; i < drives; i++)
		batch_drive(batch, 2 + i, 1, i);
	return batch;
}

/* Samples of drives from 2 on; each a second later than those before. */
static void count(struct batch *batch, uint32_t drives, double value)
{
	static int64_t time_us = US_PER_S;

	time_us += US_PER_S;
	for (uint32_t i = 0; i < drives; i++) {
		struct sample sample = {2 + i, 0, {time_us}, value};

		batch_add_sample(batch, sample);
	}
}

static void scan(struct site *site, uint64_t number, uint32_t drives, double value)
{
	struct batch *batch = batch_new(site->last_session, number);

	count(batch, drives, value);
	site_apply(site, batch);
	site_write(site);
}

/* The events about counters. Valid until the next call. */
static const char *falls(const struct site *site)
{
	static struct text text;

	text_reset(&text);
	for (size_t i = 0; i < site->database.event_count; i++) {
		const struct event_row *event = &site->database.events[i];

		if (strncmp(event->message, "Counter", 7) != 0)
			continue;
		assert_int_equal(event->severity, SEVERITY_INFO);
		text_printf(&text, "%s: %s\n",
		    graph_name(graph_find(site->graph, event->resource_id)), event->message);
	}
	return text.data;
}

static void begin_with(struct site *site, uint32_t drives, double value)
{
	struct batch *batch = begin_session(site, drives);

	count(batch, drives, value);
	site_apply(site, batch);
	site_write(site);
}

static void a_counter_that_falls_is_an_event(void **state)
{
	struct site *site = *state;

	declare_counter(site);
	begin_with(site, 1, 1000);
	scan(site, 2, 1, 1000);
	scan(site, 3, 1, 1200.5);
	assert_string_equal(falls(site), "");
	scan(site, 4, 1, 7);
	scan(site, 5, 1, 8);
	assert_string_equal(falls(site),
	    "Disk (Shelf 1, 0): Counter \"Temperature\" of Disk (Shelf "
	    "1, 0) was reset, from 1200.5 to 7\n");
}

static void a_counter_that_wraps_around_is_told_so(void **state)
{
	struct site *site = *state;

	declare_counter(site);
	begin_with(site, 1, 4294967290);
	scan(site, 2, 1, 5);
	assert_non_null(strstr(falls(site), "wrapped around at 2^32, from 4294967290 to 5\n"));
	clock_skip(61 * NS_PER_S);
	scan(site, 3, 1, 0x1.fffffp63);
	scan(site, 4, 1, 0);
	assert_non_null(strstr(falls(site), "wrapped around at 2^64"));
}

static void gauges_may_fall(void **state)
{
	struct site *site = *state;

	begin_with(site, 1, 1000);
	scan(site, 2, 1, 10);
	assert_string_equal(falls(site), "");
}

static void counters_that_fall_together_are_one_event(void **state)
{
	struct site *site = *state;

	declare_counter(site);
	begin_with(site, FRAME_SLOTS + 5, 50);
	scan(site, 2, FRAME_SLOTS + 5, 1);
	assert_string_equal(falls(site), "Couplet a: Counter \"Temperature\" of Disk (Shelf 1, 0) "
	                                 "was reset, from 50 to 1; it fell "
	                                 "1029 times at resources of class Drive\n");
}

static void a_counter_that_is_none_is_not_told_all_the_time(void **state)
{
	struct site *site = *state;
	size_t events;

	declare_counter(site);
	begin_with(site, 1, 1000);
	for (uint64_t i = 2; i < 100; i++)
		scan(site, i, 1, i % 2 == 0 ? 10 : 20);
	events = site->database.event_count;
	assert_non_null(strstr(falls(site), "from 1000 to 10\n"));
	clock_skip(61 * NS_PER_S);
	scan(site, 100, 1, 5);
	assert_int_equal(site->database.event_count, events + 1);
	assert_non_null(strstr(falls(site), "from 20 to 10; it fell 49 times"));
}

static void a_reset_between_sessions_is_an_event(void **state)
{
	struct site *site = *state;

	declare_counter(site);
	begin_with(site, 2, 1000);
	begin_with(site, 2, 3);
	assert_non_null(strstr(falls(site), "from 1000 to 3; it fell 2 times"));
}

static void what_takes_a_slot_does_not_go_on_with_its_counter(void **state)
{
	struct site *site = *state;
	struct batch *batch;

	declare_counter(site);
	begin_with(site, 3, 1000);
	batch = batch_new(site->last_session, 2);
	batch_remove(batch, 3);
	site_apply(site, batch);
	/* a day later another one has it */
	batch = batch_new(site->last_session, 3);
	batch_drive(batch, 20, 1, 77);
	batch_add_sample(batch, ((struct sample){20, 0, {3 * 86400 * US_PER_S}, 1}));
	site_apply(site, batch);
	site_write(site);
	assert_int_equal(site->database.slot_count, 3);
	assert_int_equal(site->database.slots[2].slot, 1);
	assert_string_equal(falls(site), "");
}

static void another_version_of_the_class_begins_anew(void **state)
{
	struct site *site = *state;

	declare_counter(site);
	begin_with(site, 1, 1000);
	graph_retract(site->graph, "acme");
	site->classes[DRIVE]->statistics[0].sample_period = 60;
	graph_declare(site->graph, "acme", site->classes, CLASS_COUNT);
	begin_with(site, 1, 3);
	assert_string_equal(falls(site), "");
	scan(site, 2, 1, 1);
	assert_non_null(strstr(falls(site), "from 3 to 1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_counter_that_falls_is_an_event),
	    TEST(a_counter_that_wraps_around_is_told_so),
	    TEST(gauges_may_fall),
	    TEST(counters_that_fall_together_are_one_event),
	    TEST(a_counter_that_is_none_is_not_told_all_the_time),
	    TEST(a_reset_between_sessions_is_an_event),
	    TEST(what_takes_a_slot_does_not_go_on_with_its_counter),
	    TEST(another_version_of_the_class_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
