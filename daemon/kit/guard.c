/* SPDX-License-Identifier: MIT */
#include "kit/guard.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "wire/recorder.h"

/* How often the hooks are looked at, which costs nothing but must not wake a laptop all the time.
 */
#define LOOK_MS 500

/* A kit runs hooks in one thread, as one of its two workers. */
#define KIT_WORKERS 2

struct guard {
	struct guard_options options;
	struct recorder *recorder;
	pthread_t thread;
	pthread_mutex_t lock;
	struct kit *kit; /* under lock */
	_Atomic enum guard_reason reason;
	int stop; /* eventfd, readable when reason is set */
	int end;  /* eventfd that ends the thread */
	struct monotonic asked;
	int64_t told; /* beginning of the hook that overdue() was told of */
};

/* ---- what the thread does ---- */

/* The hook that runs, since when; HOOK_NONE if none does. */
static enum hook running_hook(const struct guard *guard, int64_t *since)
{
	for (size_t i = 0; i < KIT_WORKERS; i++) {
		uint32_t hook = guard->recorder->workers[i].hook;

		*since = guard->recorder->workers[i].since_ns;
		if (hook > HOOK_NONE && hook < HOOK_END)
			return hook;
	}
	return HOOK_NONE;
}

/* Its name, or NULL. */
static const char *running_hook_name(const struct guard *guard)
{
	int64_t since;
	enum hook hook = running_hook(guard, &since);

	return hook != HOOK_NONE ? hook_name(hook) : NULL;
}

/* Asks the sessions to end; without any, or asked again, nothing is waited for. */
static void stop(struct guard *guard, enum guard_reason reason)
{
	bool again = guard->reason == GUARD_SIGNAL && reason == GUARD_SIGNAL;

	guard->asked = monotonic_now();
	guard->reason = reason;
	eventfd_write(guard->stop, 1);
	pthread_mutex_lock(&guard->lock);
	if (again || guard->kit == NULL)
		guard->options.give_up(guard->options.context, reason, running_hook_name(guard));
	guard->options.stopping(guard->options.context, reason, running_hook_name(guard));
	kit_stop(guard->kit);
	pthread_mutex_unlock(&guard->lock);
}

static void take_signal(struct guard *guard)
{
	struct signalfd_siginfo signal;

	if (read(guard->options.signals, &signal, sizeof(signal)) == sizeof(signal))
		stop(guard, GUARD_SIGNAL);
}

/* Tells of a hook that takes long, and gives up one that a changed file has to wait for. */
static void look_at_hooks(struct guard *guard)
{
	struct monotonic now = monotonic_now();
	int64_t since;
	enum hook hook = running_hook(guard, &since);

	if (guard->reason == GUARD_FILE &&
	    monotonic_since(now, guard->asked) > guard->options.overdue_ns)
		guard->options.give_up(
		    guard->options.context, GUARD_FILE, running_hook_name(guard));
	if (hook == HOOK_NONE || since == guard->told ||
	    now.ns - since <= guard->options.overdue_ns)
		return;
	guard->told = since;
	guard->options.overdue(guard->options.context, hook_name(hook));
}

static void *watch_over(void *argument)
{
	struct guard *guard = argument;
	struct pollfd events[] = {{.fd = guard->end, .events = POLLIN},
	    {.fd = guard->options.signals, .events = POLLIN}, {.fd = -1, .events = POLLIN}};

	if (guard->options.file != NULL)
		events[2].fd = file_watch_fd(guard->options.file);
	for (;;) {
		int count = poll(events, 3, LOOK_MS);

		if (count > 0 && events[0].revents != 0)
			return NULL;
		if (count > 0 && events[1].revents != 0)
			take_signal(guard);
		if (count > 0 && events[2].revents != 0 && guard->reason == GUARD_NONE &&
		    file_watch_changed(guard->options.file))
			stop(guard, GUARD_FILE);
		if (guard->reason != GUARD_NONE)
			events[2].fd = -1;
		look_at_hooks(guard);
	}
}

/* ---- beginning and end ---- */

struct guard *guard_start(const struct guard_options *options)
{
	struct guard *guard = xcalloc(1, sizeof(*guard));
	int result;

	guard->options = *options;
	guard->recorder = recorder_map(options->recorder);
	guard->stop = eventfd(0, EFD_CLOEXEC);
	guard->end = eventfd(0, EFD_CLOEXEC);
	assert(guard->recorder != NULL && guard->stop >= 0 && guard->end >= 0);
	pthread_mutex_init(&guard->lock, NULL);
	result = pthread_create(&guard->thread, NULL, watch_over, guard);
	assert(result == 0);
	return guard;
}

void guard_free(struct guard *guard)
{
	eventfd_write(guard->end, 1);
	pthread_join(guard->thread, NULL);
	pthread_mutex_destroy(&guard->lock);
	recorder_unmap(guard->recorder);
	close(guard->stop);
	close(guard->end);
	free(guard);
}

void guard_set_kit(struct guard *guard, struct kit *kit)
{
	pthread_mutex_lock(&guard->lock);
	guard->kit = kit;
	pthread_mutex_unlock(&guard->lock);
}

enum guard_reason guard_reason(const struct guard *guard)
{
	return guard->reason;
}

int guard_stop(const struct guard *guard)
{
	return guard->stop;
}
