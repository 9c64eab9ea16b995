/* SPDX-License-Identifier: MIT */
#include "kit/life.h"

#include <poll.h>
#include <sys/eventfd.h>

#define LEAST_WAIT_NS (2 * NS_PER_S)
#define MOST_WAIT_NS (60 * NS_PER_S)

/* The waits between sessions that fail. */
struct retries {
	int64_t wait_ns; /* the next one */
	bool planned;
	struct monotonic due;
};

static bool is_stopping(const struct life *life)
{
	struct pollfd stop = {.fd = life->stop, .events = POLLIN};

	return poll(&stop, 1, 0) > 0;
}

/* Opens a session, unless the end came first: what it asked to stop was another session then. */
static void open_session(const struct life *life, struct retries *retries)
{
	retries->planned = false;
	kit_open(life->session);
	if (is_stopping(life))
		kit_stop(life->kit);
}

/* Sees to what follows from the session's state. */
static void proceed(const struct life *life, struct retries *retries)
{
	if (life->session->state == KIT_ONLINE) {
		retries->wait_ns = LEAST_WAIT_NS;
		if (life->once)
			kit_close(life->session);
		return;
	}
	if (life->session->state != KIT_CLOSED)
		return;
	if (!retries->planned) {
		retries->planned = true;
		retries->due = monotonic_after(monotonic_now(), retries->wait_ns);
		life->waiting(life->context, retries->wait_ns);
		retries->wait_ns *= 2;
		if (retries->wait_ns > MOST_WAIT_NS)
			retries->wait_ns = MOST_WAIT_NS;
	} else if (retries->due.ns <= monotonic_now().ns) {
		open_session(life, retries);
	}
}

/* Milliseconds until something is due; -1: nothing is planned. */
static int wait_ms(const struct life *life, const struct retries *retries)
{
	struct monotonic due;
	bool any = kit_next(life->kit, &due);
	int64_t left;

	if (retries->planned && (!any || retries->due.ns < due.ns)) {
		due = retries->due;
		any = true;
	}
	left = any ? monotonic_since(due, monotonic_now()) : 0;
	if (!any)
		return -1;
	return left > 0 ? (int)(left / NS_PER_MS) + 1 : 0;
}

static void wait(const struct life *life, const struct retries *retries)
{
	struct pollfd events[] = {
	    {.fd = kit_wake(life->kit), .events = POLLIN}, {.fd = life->stop, .events = POLLIN}};
	eventfd_t count;

	poll(events, 2, wait_ms(life, retries));
	if (events[0].revents != 0)
		eventfd_read(events[0].fd, &count);
}

/* Whether the session is over and no other is to follow. */
static bool is_over(const struct life *life)
{
	return life->session->state == KIT_CLOSED && (life->once || is_stopping(life));
}

void life_run(const struct life *life)
{
	struct retries retries = {.wait_ns = LEAST_WAIT_NS};

	open_session(life, &retries);
	while (!is_over(life)) {
		bool done = kit_run(life->kit);

		if (done)
			life->step(life->context);
		if (is_over(life))
			break;
		proceed(life, &retries);
		if (!done)
			wait(life, &retries);
	}
}
