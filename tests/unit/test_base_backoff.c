/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/backoff.h"
#include "base/clock.h"

#define ROUNDS 2000

static struct backoff of_2_to_60_s(void)
{
	return (struct backoff){.least_ns = 2 * NS_PER_S, .most_ns = 60 * NS_PER_S};
}

/* Fails unless a wait is that many seconds, give or take a fifth. */
static void assert_about(int64_t wait_ns, int64_t seconds)
{
	assert_true(wait_ns >= seconds * NS_PER_S * 8 / 10 - 1);
	assert_true(wait_ns <= seconds * NS_PER_S * 12 / 10 + 1);
}

static void waits_double_up_to_the_most(void **state)
{
	static const int64_t seconds[] = {2, 4, 8, 16, 32, 60, 60, 60};

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct backoff backoff = of_2_to_60_s();

		for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
			assert_about(backoff_next(&backoff), seconds[i]);
	}
}

static void chance_takes_the_whole_range(void **state)
{
	int64_t least = INT64_MAX, most = 0, sum = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct backoff backoff = of_2_to_60_s();
		int64_t wait = backoff_next(&backoff);

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
		sum += wait;
	}
	assert_in_range(least / NS_PER_MS, 1600, 1650);
	assert_in_range(most / NS_PER_MS, 2350, 2400);
	assert_in_range(sum / ROUNDS / NS_PER_MS, 1960, 2040);
}

static void a_reset_starts_with_the_least(void **state)
{
	struct backoff backoff = of_2_to_60_s();

	(void)state;
	for (int i = 0; i < 10; i++)
		backoff_next(&backoff);
	backoff_reset(&backoff);
	assert_about(backoff_next(&backoff), 2);
	assert_about(backoff_next(&backoff), 4);
}

static void other_limits_hold_for_the_next_wait(void **state)
{
	struct backoff backoff = of_2_to_60_s();

	(void)state;
	backoff_next(&backoff);
	backoff_limit(&backoff, 10 * NS_PER_S, 15 * NS_PER_S);
	assert_about(backoff_next(&backoff), 10);
	assert_about(backoff_next(&backoff), 15);
	backoff_limit(&backoff, NS_PER_S, 3 * NS_PER_S);
	assert_about(backoff_next(&backoff), 3);
}

static void the_least_may_be_the_most(void **state)
{
	struct backoff backoff = {.least_ns = NS_PER_S, .most_ns = NS_PER_S};

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_about(backoff_next(&backoff), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(waits_double_up_to_the_most),
	    cmocka_unit_test(chance_takes_the_whole_range),
	    cmocka_unit_test(a_reset_starts_with_the_least),
	    cmocka_unit_test(other_limits_hold_for_the_next_wait),
	    cmocka_unit_test(the_least_may_be_the_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
