/* SPDX-License-Identifier: MIT */
#include "base/backoff.h"

#include <sys/random.h>

#include "base/clock.h"

/* A number from -1 to 1. */
static double chance(void)
{
	uint32_t bits = 0;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits))
		bits = (uint32_t)monotonic_now().ns * 2654435761u;
	return bits / (double)UINT32_MAX * 2 - 1;
}

int64_t backoff_next(struct backoff *backoff)
{
	int64_t wait = backoff->next_ns > 0 ? backoff->next_ns : backoff->least_ns;

	if (wait > backoff->most_ns)
		wait = backoff->most_ns;
	backoff->next_ns = wait > backoff->most_ns / 2 ? backoff->most_ns : wait * 2;
	return wait + (int64_t)((double)wait * 0.2 * chance());
}

void backoff_reset(struct backoff *backoff)
{
	backoff->next_ns = 0;
}

void backoff_limit(struct backoff *backoff, int64_t least_ns, int64_t most_ns)
{
	backoff->least_ns = least_ns;
	backoff->most_ns = most_ns;
	if (backoff->next_ns > 0 && backoff->next_ns < least_ns)
		backoff->next_ns = least_ns;
}
