/* SPDX-License-Identifier: MIT */
#include "base/durations.h"

#include "base/clock.h"

const int64_t duration_bounds_ns[DURATION_BOUNDS] = {
    NS_PER_MS,
    5 * NS_PER_MS / 2,
    5 * NS_PER_MS,
    10 * NS_PER_MS,
    25 * NS_PER_MS,
    50 * NS_PER_MS,
    100 * NS_PER_MS,
    250 * NS_PER_MS,
    500 * NS_PER_MS,
    NS_PER_S,
    5 * NS_PER_S / 2,
    5 * NS_PER_S,
    10 * NS_PER_S,
    30 * NS_PER_S,
    60 * NS_PER_S,
    120 * NS_PER_S,
    300 * NS_PER_S,
};

void durations_add(struct durations *durations, int64_t ns)
{
	size_t bucket = 0;

	if (ns < 0)
		ns = 0;
	while (bucket < DURATION_BOUNDS && ns > duration_bounds_ns[bucket])
		bucket++;
	durations->counts[bucket]++;
	durations->sum_s += (double)ns / NS_PER_S;
}
