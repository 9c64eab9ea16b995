/* SPDX-License-Identifier: MIT */
/*
 * The checks that sessions run side by side, and that one whose device is slow disturbs no other.
 * If the plugin was built with ThreadSanitizer, and its runtime is there, data races are found,
 * too.
 */
#include "kit/certify_internal.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host/session.h"

#define ROUNDS 6 /* sessions that follow each other in each place */
#define SAMPLES 3
#define STOP_LIMIT_NS (5 * NS_PER_S)

extern void __tsan_init(void) __attribute__((weak));

/* ---- side by side ---- */

/* A session that has ended makes room for the next. */
static void go_on(
    struct supervision *supervision, struct place *place, const struct message_ended *ended)
{
	if (ended->failed && supervision->failures++ == 0)
		trial_fail(supervision->trial,
		    "keep nothing in static variables that belongs to one session; if the device "
		    "admits only so many logins, share one among the sessions",
		    "%s failed while %d sessions ran side by side: %s", ended->hook, SIDE_BY_SIDE,
		    ended->reason);
	if (place->rounds < ROUNDS)
		supervision_open(supervision, place);
}

static void try_side_by_side(struct trial *trial)
{
	struct supervision supervision = {.wake = -1, .ended = go_on};

	if (!supervision_begin(&supervision, trial))
		return;
	for (size_t i = 0; i < SIDE_BY_SIDE; i++)
		supervision_open(&supervision, &supervision.places[i]);
	if (!supervision_run(&supervision)) {
		trial_fail(trial, "look for locks that one session holds while another waits",
		    "%d sessions side by side did not go on", SIDE_BY_SIDE);
		/* Their threads can't be ended. */
		_exit(0);
	}
	supervision_end(&supervision);
}

/* Adds what ThreadSanitizer printed of a race. */
static void judge_races(struct certify_result *result, const struct text *printed)
{
	static const char place[] = "SUMMARY: ThreadSanitizer: ";
	const char *at = printed->length > 0 ? printed->data : "";
	size_t races = 0;

	for (const char *next = at; (next = strstr(next, RACE_WARNING)) != NULL; next++)
		races++;
	if (races == 0)
		return;
	at = strstr(at, place);
	at = at != NULL ? at + strlen(place) : "see the output of the plugin";
	result_fail(result,
	    "guard what sessions share with a mutex, or make it part of the session",
	    "ThreadSanitizer found %zu races, the first: %.*s", races, (int)strcspn(at, "\n"), at);
}

void check_concurrency(struct examination *examination, struct certify_result *result)
{
	struct experiment_outcome outcome;
	bool sanitized = examination->certificate->file.thread_sanitizer;

	experiment_run(examination, result, try_side_by_side, NULL, false, &outcome);
	judge_races(result, &outcome.printed);
	result_summary(result, "%d sessions, %d at a time", SIDE_BY_SIDE * ROUNDS, SIDE_BY_SIDE);
	if (!sanitized)
		result_note(result, "data races were not looked for: build with -fsanitize=thread");
	else if (__tsan_init != NULL)
		result_note(result, "under ThreadSanitizer");
	experiment_outcome_clear(&outcome);
}

/* ---- a slow device ---- */

/*
 * A session that is held at one of its calls, as if its device took long to answer there, until the
 * others have run from beginning to end.
 */
struct slowness {
	struct injection injection;
	pthread_mutex_t lock; /* for what follows up to is_held */
	pthread_cond_t released;
	uint32_t session; /* number of the one that is held */
	uint64_t calls;   /* that it has made */
	uint64_t hold_at; /* the call; 0: none */
	bool stop;        /* it is asked to end while it is held */
	bool is_held;
	int wake;
	struct monotonic asked; /* to end, or to go on */
	bool has_failed;
};

/* Waits for the request to end, which is on its way: the plugin is to find it in any case. */
static void await_stop(struct host_session *session)
{
	bool stopping;

	do {
		sched_yield();
		host_session_lock(session);
		stopping = session->stopping;
		host_session_unlock(session);
	} while (!stopping);
}

/* Holds a call of the session in question. In the thread that makes it. */
static void hold(void *context, uint64_t number)
{
	struct slowness *slowness = context;
	struct host_session *session = host_session_running();
	const uint64_t one = 1;
	bool await = false;

	(void)number;
	pthread_mutex_lock(&slowness->lock);
	if (session != NULL && session->number == slowness->session &&
	    ++slowness->calls == slowness->hold_at &&
	    write(slowness->wake, &one, sizeof(one)) > 0) {
		slowness->is_held = true;
		while (slowness->is_held)
			pthread_cond_wait(&slowness->released, &slowness->lock);
		await = slowness->stop;
	}
	pthread_mutex_unlock(&slowness->lock);
	if (await)
		await_stop(session);
}

static void release(struct slowness *slowness)
{
	pthread_mutex_lock(&slowness->lock);
	slowness->is_held = false;
	pthread_cond_signal(&slowness->released);
	pthread_mutex_unlock(&slowness->lock);
}

/* One session is held: opens the others. */
static void open_others(struct supervision *supervision)
{
	for (size_t i = 1; i < SIDE_BY_SIDE; i++)
		supervision_open(supervision, &supervision->places[i]);
}

/* Judges the session that was held. */
static void judge_slow(struct supervision *supervision, const struct message_ended *ended)
{
	struct slowness *slowness = supervision->context;
	int64_t took = monotonic_since(monotonic_now(), slowness->asked);
	char duration[CLOCK_TEXT_SIZE];

	if (ended->failed && !slowness->stop) {
		slowness->has_failed = true;
		trial_fail(supervision->trial,
		    "count with it that the device, or the runner, takes its time between two "
		    "calls",
		    "%s failed when one of its calls had taken long: %s", ended->hook,
		    ended->reason);
	}
	if (!slowness->stop || took <= STOP_LIMIT_NS)
		return;
	slowness->has_failed = true;
	trial_fail(supervision->trial,
	    "ask iml_stopping() between requests to the device and in every loop that waits, and "
	    "return when it is true",
	    "a session that was stopped while its device was slow took %s to end after that",
	    duration_format(took, duration));
}

/* When all others have ended, the one that is held may go on. */
static void end_slow(
    struct supervision *supervision, struct place *place, const struct message_ended *ended)
{
	struct slowness *slowness = supervision->context;

	if (place == &supervision->places[0]) {
		if (slowness->hold_at > 0)
			judge_slow(supervision, ended);
	} else if (supervision->open == 1) {
		if (slowness->stop)
			supervision_close(supervision, &supervision->places[0]);
		slowness->asked = monotonic_now();
		release(slowness);
	}
}

/* Holds a session at one call, and runs the others meanwhile. False if they did not go on. */
static bool try_call(struct supervision *supervision, uint64_t call, bool stop)
{
	struct slowness *slowness = supervision->context;

	pthread_mutex_lock(&slowness->lock);
	slowness->session = supervision->last_session + 1;
	slowness->calls = 0;
	slowness->hold_at = call;
	slowness->stop = stop;
	pthread_mutex_unlock(&slowness->lock);
	supervision_open(supervision, &supervision->places[0]);
	return supervision_run(supervision);
}

/* Tries some calls, with and without a stop. False if the sessions did not go on. */
static bool try_calls(struct supervision *supervision)
{
	struct slowness *slowness = supervision->context;
	uint64_t calls, samples;

	if (!try_call(supervision, 0, false))
		return false;
	pthread_mutex_lock(&slowness->lock);
	calls = slowness->calls;
	pthread_mutex_unlock(&slowness->lock);
	samples = calls < SAMPLES ? calls : SAMPLES;
	for (uint64_t i = 0; !slowness->has_failed && i < 2 * samples; i++)
		if (!try_call(supervision, sample_call(i / 2, samples, calls), i % 2 > 0))
			return false;
	trial_summary(supervision->trial,
	    "held at %llu of %llu calls, with and without a stop, while %d others ran",
	    (unsigned long long)samples, (unsigned long long)calls, SIDE_BY_SIDE - 1);
	if (calls == 0)
		trial_skip(supervision->trial, "a session makes no calls");
	return true;
}

/* Tells which sessions did not go on. */
static void tell_standstill(struct trial *trial, struct slowness *slowness)
{
	bool is_held;

	pthread_mutex_lock(&slowness->lock);
	is_held = slowness->is_held;
	pthread_mutex_unlock(&slowness->lock);
	if (is_held)
		trial_fail(trial,
		    "hold no lock that sessions share while a scan talks to its device",
		    "while one scan took long, the sessions of other scannables did not go on");
	else
		trial_fail(trial, "give every request to the device a timeout",
		    "a session did not end within %u s after one of its calls had taken long",
		    trial->options->limit_s);
}

static void try_slow_device(struct trial *trial)
{
	struct slowness slowness = {.lock = PTHREAD_MUTEX_INITIALIZER,
	    .released = PTHREAD_COND_INITIALIZER,
	    .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	struct supervision supervision = {
	    .wake = slowness.wake, .woken = open_others, .ended = end_slow, .context = &slowness};

	slowness.injection = (struct injection){.at_call = hold, .context = &slowness};
	if (!supervision_begin(&supervision, trial))
		return;
	kit_inject(trial->kit, &slowness.injection);
	if (!try_calls(&supervision)) {
		tell_standstill(trial, &slowness);
		/* Their threads can't be ended. */
		_exit(0);
	}
	supervision_end(&supervision);
	close(slowness.wake);
}

void check_slow_device(struct examination *examination, struct certify_result *result)
{
	experiment_try(examination, result, try_slow_device);
}
