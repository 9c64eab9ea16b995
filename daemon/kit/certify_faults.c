/* SPDX-License-Identifier: MIT */
/* Checks of what a plugin does when something goes wrong: failures, refusals, stops, no device. */
#include "kit/certify_internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define STOP_LIMIT_NS (5 * NS_PER_S)
#define ROUNDS 4       /* of a failing hook */
#define SAMPLED_MAX 24 /* calls to refuse, one at a time */
#define STOPS 4        /* calls to stop at */

static const char *const other_hooks =
    "teardown has to release whatever there is, also when a scan ended halfway, and only that";

/* ---- teardown ---- */

/* Opens a session whose hook fails, and looks at its end. False if it is not as it should be. */
static bool fail_once(struct trial *trial, enum hook hook)
{
	const char *name = hook_name(hook);

	trial_forget(trial);
	trial->injection.failing_hook = hook;
	trial_settle(trial);
	trial->injection.failing_hook = HOOK_NONE;
	if (trial->seen.ends != 1 || trial->seen.reason == NULL ||
	    strcmp(trial->seen.hook, name) != 0) {
		trial_fail(trial, "", "a session whose %s was made to fail ended otherwise: %s",
		    name, trial->seen.reason != NULL ? trial->seen.reason : "it went on");
		return false;
	}
	if (trial->injection.entered[HOOK_TEARDOWN] != 1) {
		trial_fail(trial, "", "teardown was called %llu times after %s failed",
		    (unsigned long long)trial->injection.entered[HOOK_TEARDOWN], name);
		return false;
	}
	return true;
}

/* What several sessions leave behind, each. */
struct leftovers {
	double descriptors, threads;
};

/* Runs sessions, clean ones with HOOK_NONE, or such whose hook fails. False if one ends badly. */
static bool leave(struct trial *trial, enum hook hook, struct leftovers *left)
{
	size_t descriptors[ROUNDS], threads[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		if (hook != HOOK_NONE && !fail_once(trial, hook))
			return false;
		if (hook == HOOK_NONE && !trial_must_settle(trial, "one session after another"))
			return false;
		trial_close(trial);
		threads[i] = await_threads(i > 0 ? threads[i - 1] : 0);
		descriptors[i] = count_descriptors();
	}
	*left = (struct leftovers){growth(descriptors, ROUNDS), growth(threads, ROUNDS)};
	return true;
}

/* Compares what failing sessions leave behind with what good ones do. */
static void try_failures(struct trial *trial, enum hook hook)
{
	struct leftovers good, bad;

	trial_about(trial, "while a failure of %s was dealt with", hook_name(hook));
	if (!leave(trial, HOOK_NONE, &good) || !leave(trial, hook, &bad))
		return;
	if (bad.descriptors > good.descriptors)
		trial_fail(trial, other_hooks,
		    "each session whose %s fails leaves %.3g descriptors open", hook_name(hook),
		    bad.descriptors);
	if (bad.threads > good.threads)
		trial_fail(trial, other_hooks,
		    "each session whose %s fails leaves %.3g threads behind", hook_name(hook),
		    bad.threads);
	trial_about(trial, "in the session after a failure of %s", hook_name(hook));
	trial_must_settle(trial, "the session after a failure");
}

static void try_initial_failure(struct trial *trial)
{
	if (!trial_begin(trial))
		return;
	try_failures(trial, HOOK_INITIAL_SCAN);
	trial_end(trial);
}

static void try_update_failure(struct trial *trial)
{
	if (!trial_begin(trial))
		return;
	if (kit_has_update_scan(trial->kit))
		try_failures(trial, HOOK_UPDATE_SCAN);
	trial_end(trial);
}

void check_teardown(struct examination *examination, struct certify_result *result)
{
	experiment_try(examination, result, try_initial_failure);
	experiment_try(examination, result, try_update_failure);
	result_summary(result, "each hook failed %d times", ROUNDS);
}

/* ---- refused calls ---- */

/* Runs a session from its beginning with some calls refused; counts them. */
static void disturb(struct trial *trial, uint64_t first, uint64_t last)
{
	trial_forget(trial);
	trial->injection.first_refused = first;
	trial->injection.last_refused = last;
	trial_settle(trial);
	trial->injection.first_refused = trial->injection.last_refused = 0;
}

/* Names what was there before and is again, but was gone in between. */
static void judge_removals(struct trial *trial, const struct snapshot *before,
    const struct snapshot *meanwhile, const struct snapshot *after, const char *which)
{
	size_t lost = 0;
	char *name = NULL;

	for (size_t i = 0; i < before->lines.count; i++) {
		const char *line = before->lines.items[i];

		if (snapshot_has(meanwhile, line) || !snapshot_has(after, line))
			continue;
		lost++;
		if (name == NULL)
			name = snapshot_name(line);
	}
	if (lost > 0)
		trial_fail(trial,
		    "never remove a resource because another call was refused; a NULL handle is no "
		    "sign that the device lost something",
		    "%zu resources were removed when %s was refused (%s): %s", lost, which,
		    trial->injection.place, name);
	free(name);
}

/* A disturbed session between two clean ones; the first of these is over. */
static bool refuse_calls(struct trial *trial, uint64_t first, uint64_t last, const char *which)
{
	struct snapshot before, meanwhile, after;
	bool recovered;

	snapshot_take(trial, &before);
	trial_about(trial, "when %s was refused", which);
	disturb(trial, first, last);
	snapshot_take(trial, &meanwhile);
	trial_close(trial);
	trial_forget(trial);
	trial_about(trial, "in the session after %s was refused", which);
	recovered = trial_must_settle(trial, "the session after one with refused calls");
	snapshot_take(trial, &after);
	trial_close(trial);
	if (recovered)
		judge_removals(trial, &before, &meanwhile, &after, which);
	snapshot_clear(&before);
	snapshot_clear(&meanwhile);
	snapshot_clear(&after);
	return recovered;
}

/* The number of reporting calls in a session's first scans, which is closed again; 0: it fails. */
static uint64_t count_calls(struct trial *trial)
{
	uint64_t calls;

	trial_forget(trial);
	if (!trial_must_settle(trial, "before any call was refused"))
		return 0;
	calls = atomic_load(&trial->injection.calls);
	trial_close(trial);
	return calls;
}

uint64_t sample_call(uint64_t index, uint64_t samples, uint64_t calls)
{
	return samples > 1 ? 1 + index * (calls - 1) / (samples - 1) : 1;
}

static void try_single_refusals(struct trial *trial)
{
	uint64_t calls, samples;
	bool good = true;

	if (!trial_begin(trial))
		return;
	calls = count_calls(trial);
	samples = calls < SAMPLED_MAX ? calls : SAMPLED_MAX;
	for (uint64_t i = 0; good && i < samples; i++) {
		uint64_t number = sample_call(i, samples, calls);
		char *which = xasprintf(
		    "call %llu of %llu", (unsigned long long)number, (unsigned long long)calls);

		good = refuse_calls(trial, number, number, which);
		free(which);
	}
	trial_summary(trial, "%llu of %llu calls refused, one in each session, then all",
	    (unsigned long long)samples, (unsigned long long)calls);
	trial_end(trial);
}

static void try_all_refused(struct trial *trial)
{
	if (!trial_begin(trial))
		return;
	if (count_calls(trial) > 0)
		refuse_calls(trial, 1, UINT64_MAX, "every call");
	trial_end(trial);
}

void check_refused_calls(struct examination *examination, struct certify_result *result)
{
	experiment_try(examination, result, try_single_refusals);
	experiment_try(examination, result, try_all_refused);
}

/* ---- stop ---- */

/* What the stop experiment is at. */
struct stopping {
	_Atomic int64_t asked_ns; /* monotonic; 0: not yet. Set by the thread that asks */
	int64_t took_ns;          /* from then to the end of the session; 0: it did not end */
	uint64_t calls;           /* of the clean session */
	int64_t duration_ns;
	uint64_t stop_at; /* the call; 0: none */
};

static void ask_to_stop(struct trial *trial)
{
	struct stopping *stopping = trial->context;

	if (stopping->asked_ns == 0)
		stopping->asked_ns = monotonic_now().ns;
	kit_stop(trial->kit);
}

static void note_call(void *context, uint64_t number)
{
	struct trial *trial = context;
	const struct stopping *stopping = trial->context;

	if (number == stopping->stop_at)
		ask_to_stop(trial);
}

static void note_stopped(struct trial *trial)
{
	struct stopping *stopping = trial->context;

	if (stopping->asked_ns != 0)
		stopping->took_ns = monotonic_now().ns - stopping->asked_ns;
}

/* Whether the session that was stopped, and the next, are as they should be. */
static bool judge_stop(struct trial *trial, const char *when)
{
	const struct stopping *stopping = trial->context;
	char duration[CLOCK_TEXT_SIZE];
	uint64_t teardowns = trial->injection.entered[HOOK_TEARDOWN];

	/* Asked before it was open, or after its last scan, it may not have noticed. */
	if (stopping->took_ns == 0) {
		trial_close(trial);
		return true;
	}
	if (stopping->took_ns > STOP_LIMIT_NS) {
		trial_fail(trial,
		    "ask iml_stopping() between requests to the device and in every loop that "
		    "waits, and return when it is true",
		    "a session that was stopped %s took %s to end", when,
		    duration_format(stopping->took_ns, duration));
		return false;
	}
	if (trial->seen.ends != 1 || teardowns != trial->injection.entered[HOOK_INITIAL_SCAN]) {
		trial_fail(trial, "", "a session that was stopped %s had %llu teardowns", when,
		    (unsigned long long)teardowns);
		return false;
	}
	trial_forget(trial);
	trial_about(trial, "in the session after one that was stopped %s", when);
	if (!trial_must_settle(trial, "the session after one that was stopped"))
		return false;
	trial_close(trial);
	return true;
}

/* Stops a session at one of its calls. */
static bool stop_at(struct trial *trial, uint64_t call)
{
	struct stopping *stopping = trial->context;
	char *when = xasprintf(
	    "at call %llu of %llu", (unsigned long long)call, (unsigned long long)stopping->calls);
	bool good;

	trial_forget(trial);
	stopping->asked_ns = stopping->took_ns = 0;
	stopping->stop_at = call;
	trial_about(trial, "in a session that was stopped %s", when);
	trial_settle(trial);
	stopping->stop_at = 0;
	good = judge_stop(trial, when);
	free(when);
	return good;
}

/* A thread that stops the session after half the time that one takes. */
struct stopper {
	struct trial *trial;
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool is_over;
};

static void *stop_later(void *context)
{
	struct stopper *stopper = context;
	const struct stopping *stopping = stopper->trial->context;
	struct timespec until;
	int64_t ns = stopping->duration_ns / 2;
	int error = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	ns += until.tv_nsec;
	until.tv_sec += ns / NS_PER_S;
	until.tv_nsec = ns % NS_PER_S;
	pthread_mutex_lock(&stopper->lock);
	while (!stopper->is_over && error == 0)
		error = pthread_cond_timedwait(&stopper->over, &stopper->lock, &until);
	if (!stopper->is_over)
		ask_to_stop(stopper->trial);
	pthread_mutex_unlock(&stopper->lock);
	return NULL;
}

/* Stops a session in the middle, whatever it does there. */
static bool stop_in_the_middle(struct trial *trial)
{
	struct stopping *stopping = trial->context;
	struct stopper stopper = {
	    .trial = trial, .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};
	pthread_t thread;

	trial_forget(trial);
	stopping->asked_ns = stopping->took_ns = 0;
	if (pthread_create(&thread, NULL, stop_later, &stopper) != 0)
		return true;
	trial_about(trial, "in a session that was stopped halfway");
	trial_settle(trial);
	pthread_mutex_lock(&stopper.lock);
	stopper.is_over = true;
	pthread_cond_signal(&stopper.over);
	pthread_mutex_unlock(&stopper.lock);
	pthread_join(thread, NULL);
	while (kit_is_busy(trial->kit) && kit_run(trial->kit))
		continue;
	return judge_stop(trial, "halfway");
}

static void try_stops(struct trial *trial)
{
	struct stopping stopping = {.took_ns = 0};
	struct monotonic start;
	uint64_t samples;
	bool good = true;

	trial->context = &stopping;
	trial->ended = note_stopped;
	trial->injection.at_call = note_call;
	trial->injection.context = trial;
	if (!trial_begin(trial))
		return;
	start = monotonic_now();
	stopping.calls = count_calls(trial);
	stopping.duration_ns = monotonic_since(monotonic_now(), start);
	samples = stopping.calls < STOPS ? stopping.calls : STOPS;
	for (uint64_t i = 0; good && i < samples; i++)
		good = stop_at(trial, sample_call(i, samples, stopping.calls));
	if (good)
		stop_in_the_middle(trial);
	trial_summary(trial, "stopped at %llu calls, and halfway", (unsigned long long)samples);
	trial_end(trial);
}

void check_stop(struct examination *examination, struct certify_result *result)
{
	experiment_try(examination, result, try_stops);
}

/* ---- no network ---- */

static void try_contact(struct trial *trial)
{
	if (!trial_begin(trial))
		return;
	trial_settle(trial);
	trial_fact(trial, trial->seen.reason != NULL ? trial->seen.reason : "");
	if (trial_is_online(trial)) {
		struct snapshot snapshot;

		snapshot_take(trial, &snapshot);
		snapshot_tell(trial, &snapshot);
		snapshot_clear(&snapshot);
	}
	trial_end(trial);
}

/* Judges a session that succeeded without a network. */
static void judge_success(
    struct examination *examination, struct certify_result *result, const struct reasons *facts)
{
	struct experiment_outcome outcome;

	experiment_run(examination, result, try_contact, NULL, false, &outcome);
	if (outcome.facts.count <= facts->count)
		result_skip(result, "the device was reached without a network");
	else
		result_fail(result,
		    "return iml_fail(self, \"%s: %s\", address, reason) when the device does not "
		    "answer: what a scan does not list counts as gone",
		    "without a network the scan succeeded with %zu resources, of %zu that there "
		    "are",
		    facts->count - 1, outcome.facts.count - 1);
	experiment_outcome_clear(&outcome);
}

void check_no_network(struct examination *examination, struct certify_result *result)
{
	struct experiment_outcome outcome;
	const char *reason;

	experiment_run(examination, result, try_contact, NULL, true, &outcome);
	reason = outcome.facts.count > 0 ? outcome.facts.items[0] : NULL;
	if (!outcome.no_network_possible)
		result_skip(result, "no process can be cut off from the network here");
	else if (reason == NULL)
		result_summary(result, "the plugin did not end");
	else if (reason[0] == '\0')
		judge_success(examination, result, &outcome.facts);
	else if (strncmp(reason, "returned ", strlen("returned ")) == 0)
		result_fail(result, "return iml_fail(self, \"%s: %s\", address, reason)",
		    "the scan failed without a network, but did not say why: %s", reason);
	else
		result_summary(result, "fails with \"%s\"", reason);
	result_note(result, "a device that stops in the middle of an answer is not examined: try "
	                    "that with the device itself");
	experiment_outcome_clear(&outcome);
}
