/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "batch_samples.h"
#include "host/sampling.h"

static void add(struct sampling *sampling, uint32_t resource, uint32_t statistic, int64_t time_us)
{
	const struct sample sample = {resource, statistic, {time_us}, resource + statistic / 10.0};

	sampling_add(sampling, &sample);
}

/* Moves all samples to a batch, and gives it. */
static struct batch *move(struct sampling *sampling)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));

	sampling_move(sampling, batch);
	assert_int_equal(sampling->count, 0);
	return batch;
}

static void statistics_taken_in_turns_make_a_group_each(void **state)
{
	struct sampling sampling = {0};
	struct batch *batch;

	(void)state;
	/* Of the second scan it is known how many there will be. */
	for (int scan = 0; scan < 2; scan++) {
		for (uint32_t resource = 1; resource <= 100; resource++)
			for (uint32_t statistic = 0; statistic < 3; statistic++)
				add(&sampling, resource, statistic, 1000);
		assert_int_equal(sampling.count, 300);
		batch = move(&sampling);
		assert_int_equal(batch->sample_group_count, 3);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(batch->sample_groups[i].count, 100);
			assert_int_equal(batch->sample_groups[i].time.us, 1000);
		}
		assert_true(batch_sample_at(batch, 299).value == 100.2);
		batch_free(batch);
	}
	sampling_clear(&sampling);
}

static void several_samples_of_each_resource_share_groups_with_those_of_others(void **state)
{
	struct sampling sampling = {0};
	struct batch *batch;

	(void)state;
	for (uint32_t resource = 1; resource <= 50; resource++)
		for (int64_t i = 0; i < 4; i++)
			add(&sampling, resource, 0, 1000 + i);
	batch = move(&sampling);

	assert_int_equal(batch->sample_group_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(batch->sample_groups[i].count, 50);
	batch_free(batch);
	sampling_clear(&sampling);
}

static void groups_are_in_order_of_time(void **state)
{
	struct sampling sampling = {0};
	struct batch *batch;

	(void)state;
	add(&sampling, 1, 0, 3000);
	add(&sampling, 2, 0, 1000);
	add(&sampling, 2, 7, 2000);
	batch = move(&sampling);

	assert_int_equal(batch->sample_group_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(batch->sample_groups[i].time.us, 1000 * (i + 1));
	assert_int_equal(batch->sample_groups[1].statistic, 7);
	batch_free(batch);
	sampling_clear(&sampling);
}

static bool is_odd(const void *context, uint32_t resource)
{
	(void)context;
	return resource % 2 == 1;
}

static void samples_of_some_resources_are_dropped(void **state)
{
	struct sampling sampling = {0};
	struct batch *batch;

	(void)state;
	for (uint32_t resource = 1; resource <= 5; resource++)
		add(&sampling, resource, 0, 1000);
	add(&sampling, 3, 1, 1000);
	sampling_drop(&sampling, is_odd, NULL);
	assert_int_equal(sampling.count, 2);
	add(&sampling, 6, 0, 1000);
	batch = move(&sampling);

	assert_int_equal(batch->sample_group_count, 1);
	assert_int_equal(batch->sample_groups[0].count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(batch_sample_at(batch, i).resource, 2 * (i + 1));
		assert_true(batch_sample_at(batch, i).value == 2 * (i + 1));
	}
	batch_free(batch);
	sampling_clear(&sampling);
}

static void what_is_not_sent_is_released(void **state)
{
	struct sampling sampling = {0};
	struct batch *batch = move(&sampling);

	(void)state;
	assert_int_equal(batch->sample_group_count, 0);
	batch_free(batch);
	add(&sampling, 1, 3, 1000);
	sampling_clear(&sampling);
	assert_int_equal(sampling.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(statistics_taken_in_turns_make_a_group_each),
	    cmocka_unit_test(several_samples_of_each_resource_share_groups_with_those_of_others),
	    cmocka_unit_test(groups_are_in_order_of_time),
	    cmocka_unit_test(samples_of_some_resources_are_dropped),
	    cmocka_unit_test(what_is_not_sent_is_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
