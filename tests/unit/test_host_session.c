/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/log.h"
#include "batch_samples.h"
#include "fake_supervisor.h"
#include "host/calls.h"
#include "watchdog.h"

/* The hooks below are code of a plugin; the calls that they make go to the host. */
const struct iml_calls *iml_calls_ = &host_calls;

static struct t_hooks *hooks;

/* What the hooks of a test count and wait for. */
static atomic_int initial_scans, update_scans, teardowns, overlaps, inside;
static sem_t entered, go_on;
static struct iml_plugin *_Atomic the_self;
static struct iml_resource *_Atomic the_drive;

static struct fake_supervisor *begin(const char *plugin, int log_level, uint32_t workers)
{
	struct fake_supervisor *fake = fake_start(plugin, (uint32_t)log_level, workers);

	assert_int_equal(fake->loaded.type, MESSAGE_LOADED);
	hooks = fake->hooks;
	initial_scans = update_scans = teardowns = overlaps = inside = 0;
	sem_init(&entered, 0, 0);
	sem_init(&go_on, 0, 0);
	return fake;
}

static int count_teardown(struct iml_plugin *self)
{
	(void)self;
	teardowns++;
	return 0;
}

static int scan_drive(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	initial_scans++;
	the_self = self;
	the_drive = iml_update_or_create(
	    self, hooks->drive, IML_NO_PARENTS, IML_SET("serial", "A"), IML_SET("capacity", 1));
	return 0;
}

static int count_update(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	update_scans++;
	return 0;
}

/* Says that it was entered, and goes on when told to. */
static int scan_slowly(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	sem_post(&entered);
	sem_wait(&go_on);
	return 0;
}

static int64_t milliseconds_since(struct monotonic start)
{
	return monotonic_since(monotonic_now(), start) / NS_PER_MS;
}

/* ---- the order of hooks ---- */

static void test_the_first_update_follows_the_acknowledged_initial_scan(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 2);
	struct batch *batch;
	struct monotonic acknowledged;

	(void)state;
	hooks->initial_scan = scan_drive;
	hooks->update_scan = count_update;
	fake_open(fake, 1);
	batch = fake_batch(fake);
	assert_int_equal(batch->kind, BATCH_INITIAL);
	assert_int_equal(batch->number, 1);
	/* Nothing is due before the acknowledgement. */
	assert_int_equal(fake_receive_within(fake, 100).type, MESSAGE_TYPE_END);
	assert_int_equal(update_scans, 0);
	acknowledged = monotonic_now();
	fake_acknowledge(fake, batch);
	batch = fake_batch(fake);
	assert_true(milliseconds_since(acknowledged) < 900);
	assert_int_equal(batch->kind, BATCH_UPDATE);
	assert_int_equal(update_scans, 1);
	fake_acknowledge(fake, batch);
	fake_stop(fake);
	assert_int_equal(initial_scans, 1);
}

static int scan_each_second(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_set_update_period(self, 1);
	return scan_drive(self, scannable);
}

/* A session that is scanned each second, with the initial batch acknowledged. */
static struct fake_supervisor *begin_scanning_each_second(void)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);

	hooks->initial_scan = scan_each_second;
	hooks->update_scan = count_update;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	return fake;
}

static void test_a_scan_waits_for_the_third_batch_before_it(void **state)
{
	struct fake_supervisor *fake = begin_scanning_each_second();
	struct batch *first = fake_batch(fake), *second = fake_batch(fake),
	             *third = fake_batch(fake), *fourth;

	(void)state;
	assert_int_equal(fake_receive_within(fake, 1300).type, MESSAGE_TYPE_END);
	assert_int_equal(update_scans, 3);
	fake_acknowledge(fake, first);
	fourth = fake_batch(fake);
	assert_int_equal(fourth->number, third->number + 1);
	assert_int_equal(fake_receive_within(fake, 1300).type, MESSAGE_TYPE_END);
	assert_int_equal(update_scans, 4);
	batch_free(second);
	batch_free(third);
	fake_acknowledge(fake, fourth);
	batch_free(fake_batch(fake));
	fake_stop(fake);
}

static void test_acknowledging_a_batch_acknowledges_those_before(void **state)
{
	struct fake_supervisor *fake = begin_scanning_each_second();
	struct batch *second;

	(void)state;
	batch_free(fake_batch(fake));
	second = fake_batch(fake);
	fake_acknowledge(fake, second);
	batch_free(fake_batch(fake));
	batch_free(fake_batch(fake));
	batch_free(fake_batch(fake));
	assert_int_equal(fake_receive_within(fake, 1300).type, MESSAGE_TYPE_END);
	assert_int_equal(update_scans, 5);
	fake_stop(fake);
}

static void test_changes_of_threads_wait_for_every_acknowledgement(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct batch *update, *changes;

	(void)state;
	hooks->initial_scan = scan_drive;
	hooks->update_scan = count_update;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	update = fake_batch(fake);
	iml_set(the_drive, "capacity", 7);
	assert_int_equal(fake_receive_within(fake, 100).type, MESSAGE_TYPE_END);
	fake_acknowledge(fake, update);
	changes = fake_batch(fake);
	assert_int_equal(changes->report_count, 1);
	fake_acknowledge(fake, changes);
	fake_stop(fake);
}

static int set_period_of_2(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_set_update_period(self, 2);
	return scan_drive(self, scannable);
}

static int set_period_of_60(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_set_update_period(self, 60);
	return count_update(self, scannable);
}

static void test_the_period_is_frozen_after_the_initial_scan(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_DEBUG, 1);
	struct monotonic first;
	struct batch *batch;

	(void)state;
	hooks->initial_scan = set_period_of_2;
	hooks->update_scan = set_period_of_60;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	batch = fake_batch(fake);
	first = monotonic_now();
	assert_int_equal(batch->refused, 0);
	fake_acknowledge(fake, batch);
	fake_acknowledge(fake, fake_batch(fake));
	assert_in_range(milliseconds_since(first), 1900, 50000);
	assert_non_null(strstr(fake->log.data, "10 the update period counts only"));
	fake_stop(fake);
}

static void test_a_period_counts_as_a_scan_without_an_update_scan(void **state)
{
	struct fake_supervisor *fake = begin("t_initial_only", LOG_LEVEL_INFO, 1);
	struct batch *batch;

	(void)state;
	hooks->initial_scan = scan_drive;
	assert_false(fake->loaded.loaded.has_update_scan);
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	batch = fake_batch(fake);
	assert_int_equal(batch->kind, BATCH_UPDATE);
	assert_true(batch_is_empty(batch));
	fake_acknowledge(fake, batch);

	/* In between what its threads do, which needs no period. */
	iml_set(the_drive, "no such", "attribute");
	iml_set(the_drive, "status", "FAILED");
	batch = fake_batch(fake);
	assert_int_equal(batch->kind, BATCH_ASYNC);
	assert_int_equal(batch->refused, 1);
	fake_acknowledge(fake, batch);
	batch = fake_batch(fake);
	assert_int_equal(batch->kind, BATCH_UPDATE);
	assert_int_equal(batch->refused, 0);
	assert_true(batch_is_empty(batch));
	fake_acknowledge(fake, batch);
	fake_stop(fake);
	assert_int_equal(initial_scans, 1);
}

static int scan_and_count_overlaps(struct iml_plugin *self, struct iml_resource *scannable)
{
	if (atomic_fetch_add(&inside, 1) != 0)
		overlaps++;
	scan_drive(self, scannable);
	for (int i = 0; i < 2000; i++)
		iml_sample(the_drive, "reads", i);
	atomic_fetch_sub(&inside, 1);
	return 0;
}

static void test_hooks_of_a_session_never_overlap(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 4);

	(void)state;
	hooks->initial_scan = scan_and_count_overlaps;
	hooks->update_scan = scan_and_count_overlaps;
	fake_open(fake, 1);
	for (int i = 0; i < 3; i++) {
		struct batch *batch = fake_batch(fake);

		assert_int_equal(batch_sample_count(batch), 2000);
		fake_acknowledge(fake, batch);
	}
	assert_int_equal(overlaps, 0);
	fake_stop(fake);
}

/* ---- failure ---- */

static int scan_fails(struct iml_plugin *self, struct iml_resource *scannable)
{
	scan_drive(self, scannable);
	return iml_fail(self, "%s: lost contact", iml_text(scannable, "address"));
}

static void test_a_failed_initial_scan_ends_the_session_with_its_reason(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct message message;

	(void)state;
	hooks->initial_scan = scan_fails;
	hooks->teardown = count_teardown;
	fake_open(fake, 1);
	message = fake_receive_within(fake, PATIENCE_MS);
	assert_int_equal(message.type, MESSAGE_ENDED);
	assert_true(message.ended.failed);
	assert_string_equal(message.ended.hook, "initial_scan");
	assert_string_equal(message.ended.reason, "array-1: lost contact");
	assert_int_equal(teardowns, 1);
	message_clear(&message);
	fake_stop(fake);
	assert_int_equal(teardowns, 1);
}

static int update_fails(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_set(the_drive, "status", "FAILED");
	(void)self;
	return 3;
}

static int teardown_fails(struct iml_plugin *self)
{
	count_teardown(self);
	return iml_fail(self, "can't log out");
}

static void test_a_failed_update_sends_nothing_of_the_scan(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct message message;

	(void)state;
	hooks->initial_scan = scan_drive;
	hooks->update_scan = update_fails;
	hooks->teardown = teardown_fails;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	message = fake_receive_within(fake, PATIENCE_MS);
	assert_int_equal(message.type, MESSAGE_ENDED);
	assert_string_equal(message.ended.hook, "update_scan");
	assert_string_equal(message.ended.reason, "returned 3");
	assert_int_equal(teardowns, 1);
	assert_non_null(strstr(fake->log.data, "30 teardown failed: can't log out"));
	message_clear(&message);

	/* A new session for it starts from nothing. */
	hooks->update_scan = count_update;
	fake_open(fake, 2);
	fake_acknowledge(fake, fake_batch(fake));
	fake_stop(fake);
	assert_int_equal(teardowns, 2);
}

/* ---- closing ---- */

static void expect_orderly_end(struct fake_supervisor *fake, uint32_t session)
{
	struct message message = fake_receive(fake, MESSAGE_ENDED);

	assert_int_equal(message.ended.session, session);
	assert_false(message.ended.failed);
	assert_null(message.ended.reason);
	message_clear(&message);
}

static void test_a_closed_session_is_torn_down_and_its_handles_are_dead(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);

	(void)state;
	hooks->initial_scan = scan_drive;
	hooks->teardown = count_teardown;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	fake_acknowledge(fake, fake_batch(fake));
	fake_close(fake, 1);
	expect_orderly_end(fake, 1);
	assert_int_equal(teardowns, 1);
	assert_int_equal(iml_set(the_drive, "status", "OK"), IML_EHANDLE);
	assert_non_null(strstr(iml_error(), "session has ended"));
	assert_true(iml_stopping(the_self));
	assert_null(iml_scannable_of(the_self));
	iml_info(the_self, "into the void");
	fake_stop(fake);
	assert_int_equal(teardowns, 1);
}

static int scan_until_stopping(struct iml_plugin *self, struct iml_resource *scannable)
{
	scan_drive(self, scannable);
	sem_post(&entered);
	while (!iml_stopping(self))
		sched_yield();
	return 0;
}

static void test_an_interrupted_initial_scan_is_not_stored(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);

	(void)state;
	hooks->initial_scan = scan_until_stopping;
	hooks->teardown = count_teardown;
	fake_open(fake, 1);
	sem_wait(&entered);
	fake_close(fake, 1);
	expect_orderly_end(fake, 1);
	assert_int_equal(teardowns, 1);
	fake_stop(fake);
}

static int change_until_stopping(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_set(the_drive, "status", "FAILED");
	sem_post(&entered);
	while (!iml_stopping(self))
		sched_yield();
	return 0;
}

static void test_an_interrupted_update_is_sent_before_the_end(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct batch *batch;

	(void)state;
	hooks->initial_scan = scan_drive;
	hooks->update_scan = change_until_stopping;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	sem_wait(&entered);
	fake_close(fake, 1);
	batch = fake_batch(fake);
	assert_int_equal(batch->kind, BATCH_UPDATE);
	assert_int_equal(batch->alert_count, 1);
	batch_free(batch);
	expect_orderly_end(fake, 1);
	fake_stop(fake);
}

#define TEXT(text_)                                                    \
	{                                                              \
		.type = VALUE_TEXT, .text = (char *)(uintptr_t)(text_) \
	}
enum { NAME, ADDRESS, PASSWORD, PEER, GATEWAY_ATTRIBUTES };

/* Asks for a gateway with these values, and gives the answer. */
static struct message prepare(struct fake_supervisor *fake, struct value values[GATEWAY_ATTRIBUTES])
{
	struct message message = {.type = MESSAGE_PREPARE,
	    .prepare = {.request = 9,
	        .class = T_GATEWAY,
	        .values = values,
	        .value_count = GATEWAY_ATTRIBUTES}};

	fake_send(fake, &message);
	message = fake_receive(fake, MESSAGE_PREPARED);
	assert_int_equal(message.prepared.request, 9);
	assert_int_equal(message.prepared.class, T_GATEWAY);
	return message;
}

static void test_a_session_that_was_never_entered_needs_no_teardown(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);

	(void)state;
	hooks->initial_scan = scan_slowly;
	hooks->teardown = count_teardown;
	fake_open(fake, 1);
	sem_wait(&entered);
	fake_open(fake, 2); /* the one worker for scans is busy */
	fake_close(fake, 2);
	expect_orderly_end(fake, 2);
	assert_int_equal(teardowns, 0);
	sem_post(&go_on);
	batch_free(fake_batch(fake));
	fake_stop(fake);
	assert_int_equal(teardowns, 1);
}

static void test_stop_tears_all_sessions_down(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 2);

	(void)state;
	hooks->initial_scan = scan_drive;
	hooks->teardown = count_teardown;
	for (uint32_t session = 1; session <= 5; session++)
		fake_open(fake, session);
	for (uint32_t session = 1; session <= 5; session++)
		batch_free(fake_batch(fake));
	fake_send_stop(fake);
	for (uint32_t session = 1; session <= 5; session++) {
		struct message message = fake_receive(fake, MESSAGE_ENDED);

		message_clear(&message);
	}
	assert_int_equal(fake_receive_within(fake, PATIENCE_MS).type, MESSAGE_TYPE_END);
	assert_int_equal(teardowns, 5);
	fake_stop(fake);
}

static void test_the_end_of_the_channel_tears_down_too(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 2);

	(void)state;
	hooks->initial_scan = scan_drive;
	hooks->teardown = count_teardown;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	shutdown(fake->fd, SHUT_RDWR);
	host_join_threads();
	assert_int_equal(teardowns, 1);
	fake_end(fake);
}

/* ---- changes of the plugin's own threads ---- */

static int stay_quiet(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_set_update_period(self, 3600);
	return scan_drive(self, scannable);
}

/* Opens a session that does nothing by itself any more. */
static void open_quiet_session(struct fake_supervisor *fake, uint32_t session)
{
	hooks->initial_scan = stay_quiet;
	fake_open(fake, session);
	fake_acknowledge(fake, fake_batch(fake));
	fake_acknowledge(fake, fake_batch(fake));
}

static void *fail_drive(void *argument)
{
	(void)argument;
	iml_set(the_drive, "status", "FAILED");
	iml_set(the_drive, "note", "broken");
	return NULL;
}

static void test_a_change_by_a_thread_is_sent_within_100_ms(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct monotonic changed;
	struct batch *batch;
	pthread_t thread;

	(void)state;
	open_quiet_session(fake, 1);
	changed = monotonic_now();
	pthread_create(&thread, NULL, fail_drive, NULL);
	batch = fake_batch(fake);
	assert_true(milliseconds_since(changed) < 100);
	pthread_join(thread, NULL);
	assert_int_equal(batch->kind, BATCH_ASYNC);
	assert_int_equal(batch->report_count, 1);
	assert_int_equal(batch->reports[0].change_count, 2);
	assert_int_equal(batch->alert_count, 1);
	fake_acknowledge(fake, batch);
	fake_stop(fake);
}

static void test_changes_while_a_batch_is_under_way_join_the_next(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct batch *batch;

	(void)state;
	open_quiet_session(fake, 1);
	iml_set(the_drive, "note", "1");
	batch = fake_batch(fake);
	iml_set(the_drive, "note", "2");
	iml_set(the_drive, "note", "3");
	assert_int_equal(fake_receive_within(fake, 100).type, MESSAGE_TYPE_END);
	fake_acknowledge(fake, batch);
	batch = fake_batch(fake);
	assert_int_equal(batch->kind, BATCH_ASYNC);
	assert_int_equal(batch->report_count, 1);
	assert_string_equal(batch->reports[0].changes[0].value.text, "3");
	fake_acknowledge(fake, batch);
	fake_stop(fake);
}

static void test_changes_of_threads_are_no_scans_for_conditions(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct batch *batch;

	(void)state;
	open_quiet_session(fake, 1);
	for (int i = 0; i < 3; i++) {
		iml_sample(the_drive, "temperature", 60 + i);
		batch = fake_batch(fake);
		assert_int_equal(batch->kind, BATCH_ASYNC);
		assert_int_equal(batch->alert_count, 0);
		fake_acknowledge(fake, batch);
	}
	iml_set(the_drive, "status", "FAILED");
	batch = fake_batch(fake);
	assert_int_equal(batch->alert_count, 1);
	fake_acknowledge(fake, batch);
	fake_stop(fake);
}

static void test_the_last_changes_of_threads_are_sent_after_the_batch_before(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct batch *batch, *last;

	(void)state;
	open_quiet_session(fake, 1);
	hooks->teardown = count_teardown;
	iml_sample(the_drive, "reads", 1);
	batch = fake_batch(fake);
	iml_sample(the_drive, "reads", 2);
	fake_close(fake, 1);
	assert_int_equal(fake_receive_within(fake, 100).type, MESSAGE_TYPE_END);
	assert_int_equal(teardowns, 0);
	fake_acknowledge(fake, batch);
	last = fake_batch(fake);
	assert_int_equal(last->kind, BATCH_ASYNC);
	assert_int_equal(batch_sample_count(last), 1);
	assert_true(batch_sample_at(last, 0).value == 2);
	batch_free(last);
	expect_orderly_end(fake, 1);
	assert_int_equal(teardowns, 1);
	fake_stop(fake);
}

static void test_an_end_does_not_wait_for_ever_for_the_batch_before(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);

	(void)state;
	open_quiet_session(fake, 1);
	hooks->teardown = count_teardown;
	iml_sample(the_drive, "reads", 1);
	batch_free(fake_batch(fake));
	iml_sample(the_drive, "reads", 2);
	fake_close(fake, 1);
	expect_orderly_end(fake, 1);
	assert_int_equal(teardowns, 1);
	assert_non_null(strstr(fake->log.data, "the last changes are lost"));
	fake_stop(fake);
}

static void test_a_change_that_is_taken_back_sends_nothing(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);

	(void)state;
	open_quiet_session(fake, 1);
	iml_set(the_drive, "status", "FAILED");
	iml_set(the_drive, "status", "OK");
	assert_int_equal(fake_receive_within(fake, 200).type, MESSAGE_TYPE_END);
	iml_set(the_drive, "status", "FAILED");
	batch_free(fake_batch(fake));
	fake_stop(fake);
}

static void test_changes_do_not_wait_for_scans_of_others(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct batch *batch;

	(void)state;
	open_quiet_session(fake, 1);
	hooks->initial_scan = scan_slowly;
	fake_open(fake, 2);
	sem_wait(&entered);
	iml_set(the_drive, "status", "FAILED");
	batch = fake_batch(fake);
	assert_int_equal(batch->session, 1);
	assert_int_equal(batch->kind, BATCH_ASYNC);
	fake_acknowledge(fake, batch);
	sem_post(&go_on);
	batch_free(fake_batch(fake));
	fake_stop(fake);
}

static void test_changes_during_a_scan_join_its_batch(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct batch *batch;

	(void)state;
	hooks->initial_scan = scan_drive;
	hooks->update_scan = scan_slowly;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	sem_wait(&entered);
	iml_set(the_drive, "status", "FAILED");
	assert_int_equal(fake_receive_within(fake, 150).type, MESSAGE_TYPE_END);
	sem_post(&go_on);
	batch = fake_batch(fake);
	assert_int_equal(batch->kind, BATCH_UPDATE);
	assert_int_equal(batch->alert_count, 1);
	batch_free(batch);
	fake_stop(fake);
}

#define THREADS 3
#define THREAD_DRIVES 300

static void *report_many(void *argument)
{
	size_t thread = (size_t)(uintptr_t)argument;
	char serial[32];

	for (int i = 0; i < THREAD_DRIVES; i++) {
		snprintf(serial, sizeof(serial), "%zu-%d", thread, i);
		iml_update_or_create(the_self, hooks->drive, IML_PARENTS(the_drive),
		    IML_SET("serial", serial), IML_SET("capacity", i));
	}
	return NULL;
}

static void test_nothing_that_threads_report_is_lost(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 2);
	pthread_t threads[THREADS];
	size_t reports = 0, parents = 0;

	(void)state;
	hooks->initial_scan = scan_drive;
	hooks->update_scan = count_update;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, report_many, (void *)(uintptr_t)i);
	while (reports < THREADS * THREAD_DRIVES) {
		struct batch *batch = fake_batch(fake);

		reports += batch->report_count;
		parents += batch->parent_count;
		fake_acknowledge(fake, batch);
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(reports, THREADS * THREAD_DRIVES);
	assert_int_equal(parents, THREADS * THREAD_DRIVES);
	fake_stop(fake);
}

static atomic_bool threads_stop;

static void *call_for_ever(void *argument)
{
	(void)argument;
	while (!threads_stop) {
		struct iml_resource *found[4];
		size_t count;

		iml_set(the_drive, "status", "FAILED");
		iml_find(the_self, hooks->drive, found, 4, &count, IML_SET("serial", "A"));
		iml_sample(the_drive, "reads", 1);
		iml_remove(iml_update_or_create(the_self, hooks->drive, IML_NO_PARENTS,
		    IML_SET("serial", "B"), IML_SET("capacity", 1)));
	}
	return NULL;
}

static void test_calls_may_race_with_the_end_of_the_session(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_ERROR, 2);
		pthread_t threads[THREADS];

		open_quiet_session(fake, 1);
		threads_stop = false;
		for (size_t i = 0; i < THREADS; i++)
			pthread_create(&threads[i], NULL, call_for_ever, NULL);
		batch_free(fake_batch(fake));
		fake_stop(fake);
		threads_stop = true;
		for (size_t i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
	}
}

/* ---- the rest ---- */

static void test_the_recorder_knows_the_hook_that_runs(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);

	(void)state;
	hooks->initial_scan = scan_slowly;
	fake_open(fake, 7);
	sem_wait(&entered);
	assert_int_equal(fake->recorder->workers[1].hook, HOOK_INITIAL_SCAN);
	assert_int_equal(fake->recorder->workers[1].session, 7);
	sem_post(&go_on);
	batch_free(fake_batch(fake));
	fake_stop(fake);
}

static void test_durations_and_lateness_are_told(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct batch *batch;

	(void)state;
	hooks->initial_scan = scan_slowly;
	fake_open(fake, 1);
	fake_open(fake, 2); /* waits for the one worker */
	sem_wait(&entered);
	assert_int_equal(fake_receive_within(fake, 50).type, MESSAGE_TYPE_END);
	sem_post(&go_on);
	sem_post(&go_on);
	batch = fake_batch(fake);
	assert_true(batch->duration_ns >= 40 * NS_PER_MS);
	batch_free(batch);
	batch = fake_batch(fake);
	assert_true(batch->lateness_ns >= 40 * NS_PER_MS);
	batch_free(batch);
	fake_stop(fake);
}

/* ---- preparing scannables ---- */

static void test_passwords_go_through_the_plugin(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct value values[] = {TEXT("G"), TEXT("host"), TEXT("abc"), VALUE_NULL_INIT};
	struct message answer = prepare(fake, values);

	(void)state;
	assert_int_equal(answer.prepared.reason_count, 0);
	assert_int_equal(answer.prepared.value_count, GATEWAY_ATTRIBUTES);
	assert_string_equal(answer.prepared.values[NAME].text, "G");
	assert_string_equal(answer.prepared.values[ADDRESS].text, "host");
	assert_string_equal(answer.prepared.values[PASSWORD].text, "<abc>");
	message_clear(&answer);
	fake_stop(fake);
}

static void test_a_password_that_can_not_be_obfuscated_is_told_without_it(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	char password[5000];
	struct value values[] = {TEXT("G"), TEXT("host"), TEXT(password), VALUE_NULL_INIT};
	struct message answer;

	(void)state;
	memset(password, 'p', sizeof(password) - 1);
	password[sizeof(password) - 1] = '\0';
	answer = prepare(fake, values);
	assert_int_equal(answer.prepared.value_count, 0);
	assert_int_equal(answer.prepared.reason_count, 1);
	assert_string_equal(
	    answer.prepared.reasons[0], "\"password\": the plugin's obfuscate function failed");
	message_clear(&answer);
	fake_stop(fake);
}

static struct iml_resource *_Atomic the_gateway;

/* Names a gateway after its other attributes, of which the password is obfuscated already. */
static int name_gateway(struct iml_resource *gateway)
{
	char address[40], password[40], name[128];

	the_gateway = gateway;
	iml_get_text(gateway, "address", address, sizeof(address));
	iml_get_text(gateway, "password", password, sizeof(password));
	snprintf(name, sizeof(name), "%s %s", address, password);
	return iml_set(gateway, "name", name);
}

static void test_a_default_function_may_give_what_identifies_a_scannable(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct value values[] = {VALUE_NULL_INIT, TEXT("host"), TEXT("abc"), VALUE_NULL_INIT};
	struct message answer;

	(void)state;
	hooks->default_function = name_gateway;
	answer = prepare(fake, values);
	assert_int_equal(answer.prepared.reason_count, 0);
	assert_string_equal(answer.prepared.values[NAME].text, "host <abc>");
	assert_string_equal(answer.prepared.values[PASSWORD].text, "<abc>");
	message_clear(&answer);
	/* The scannable existed only meanwhile. */
	assert_int_equal(iml_set(the_gateway, "name", "G"), IML_EHANDLE);
	/* Nothing is sent of it, and the next one begins anew. */
	answer = prepare(fake, values);
	assert_string_equal(answer.prepared.values[NAME].text, "host <abc>");
	message_clear(&answer);
	assert_int_equal(fake_receive_within(fake, 50).type, MESSAGE_TYPE_END);
	fake_stop(fake);
}

static int give_too_long_a_name(struct iml_resource *gateway)
{
	char name[50];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	iml_set(gateway, "name", name);
	return 0;
}

static int fail_to_give_a_name(struct iml_resource *gateway)
{
	iml_set(gateway, "name", "half a name");
	iml_fail(iml_plugin_of(gateway), "the gateway does not know its name");
	return 5;
}

static int refer_to_itself(struct iml_resource *gateway)
{
	iml_set(gateway, "name", "G");
	return iml_set(gateway, "peer", gateway);
}

static int report_a_drive(struct iml_resource *gateway)
{
	return iml_update_or_create(iml_plugin_of(gateway), hooks->drive, IML_NO_PARENTS,
	           IML_SET("serial", "A"), IML_SET("capacity", 1)) != NULL
	           ? 0
	           : -1;
}

static void test_a_default_function_that_fails_is_told_with_its_reason(void **state)
{
	static const struct {
		int (*function)(struct iml_resource *gateway);
		const char *reason;
	} cases[] = {
	    {fail_to_give_a_name, "\"name\": the plugin's default function returned 5: the gateway "
	                          "does not know its name"},
	    {give_too_long_a_name,
	        "\"name\": the plugin's default function gave no value: Gateway "},
	    {report_a_drive, "\"name\": the plugin's default function returned -1: "},
	    {refer_to_itself, "\"peer\": a default function can't refer to a resource"},
	};
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct value values[] = {
		    VALUE_NULL_INIT, TEXT("host"), TEXT("abc"), VALUE_NULL_INIT};
		struct message answer;

		hooks->default_function = cases[i].function;
		answer = prepare(fake, values);
		assert_int_equal(answer.prepared.value_count, 0);
		assert_int_equal(answer.prepared.reason_count, 1);
		assert_memory_equal(
		    answer.prepared.reasons[0], cases[i].reason, strlen(cases[i].reason));
		assert_null(strstr(answer.prepared.reasons[0], "abc"));
		message_clear(&answer);
	}
	fake_stop(fake);
}

static int name_slowly(struct iml_resource *gateway)
{
	sem_post(&entered);
	sem_wait(&go_on);
	return iml_set(gateway, "name", "G");
}

static void test_the_recorder_knows_functions_that_prepare(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);
	struct value values[] = {VALUE_NULL_INIT, TEXT("host"), TEXT("abc"), VALUE_NULL_INIT};
	struct message message = {.type = MESSAGE_PREPARE,
	    .prepare = {.request = 9,
	        .class = T_GATEWAY,
	        .values = values,
	        .value_count = GATEWAY_ATTRIBUTES}};

	(void)state;
	hooks->default_function = name_slowly;
	fake_send(fake, &message);
	fake_send(fake, &message); /* which nobody will answer */
	sem_wait(&entered);
	assert_int_equal(fake->recorder->workers[0].hook, HOOK_DEFAULT);
	assert_int_equal(fake->recorder->workers[0].session, 0);
	fake_send_stop(fake);
	sem_post(&go_on);
	sem_post(&go_on);
	fake_stop(fake);
}

/* ---- the rest ---- */

static void test_a_plugin_that_can_not_be_used_is_told_with_reasons(void **state)
{
	struct fake_supervisor *fake = fake_start("bad_no_definition", LOG_LEVEL_INFO, 1);

	(void)state;
	assert_int_equal(fake->loaded.type, MESSAGE_FAILED);
	assert_true(fake->loaded.failed.reason_count > 0);
	assert_int_equal(fake_receive_within(fake, PATIENCE_MS).type, MESSAGE_TYPE_END);
	host_join_threads();
	fake_end(fake);
}

/* ---- many that hang ---- */

#define HANGING 60

/* All sessions but the last one hang in their first scan. */
static int hang_unless_last(struct iml_plugin *self, struct iml_resource *scannable)
{
	if (atomic_fetch_add(&initial_scans, 1) < HANGING)
		return scan_slowly(self, scannable);
	return 0;
}

/* Opens those that hang, and then one that does not. */
static struct fake_supervisor *begin_hanging(void)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 256);

	hooks->initial_scan = hang_unless_last;
	hooks->update_scan = count_update;
	hooks->teardown = count_teardown;
	for (uint32_t session = 1; session <= HANGING; session++)
		fake_open(fake, session);
	for (int i = 0; i < HANGING; i++)
		sem_wait(&entered);
	fake_open(fake, HANGING + 1);
	return fake;
}

static void let_hanging_end(struct fake_supervisor *fake)
{
	for (int i = 0; i < HANGING; i++)
		sem_post(&go_on);
	fake_stop(fake);
}

static void test_hanging_scans_do_not_hold_up_others(void **state)
{
	struct fake_supervisor *fake = begin_hanging();
	struct batch *batch = fake_batch(fake);

	(void)state;
	assert_int_equal(batch->session, HANGING + 1);
	fake_acknowledge(fake, batch);
	for (int i = 0; i < 3; i++) {
		batch = fake_batch(fake);
		assert_int_equal(batch->session, HANGING + 1);
		assert_true(batch->lateness_ns < 500 * NS_PER_MS);
		fake_acknowledge(fake, batch);
	}
	let_hanging_end(fake);
}

static void test_hanging_scans_do_not_hold_up_teardowns(void **state)
{
	struct fake_supervisor *fake = begin_hanging();
	struct message ended;

	(void)state;
	fake_acknowledge(fake, fake_batch(fake));
	fake_acknowledge(fake, fake_batch(fake));
	fake_send_stop(fake);
	ended = fake_receive_within(fake, PATIENCE_MS);
	assert_int_equal(ended.type, MESSAGE_ENDED);
	assert_int_equal(ended.ended.session, HANGING + 1);
	assert_int_equal(teardowns, 1);
	message_clear(&ended);
	let_hanging_end(fake);
}

/* Only the first one does. */
static int take_longer_than_the_period(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	if (atomic_fetch_add(&update_scans, 1) == 0)
		nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100 * 1000000}, NULL);
	return 0;
}

static void test_a_scan_that_took_too_long_is_run_by_workers_apart(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_INFO, 1);

	(void)state;
	hooks->update_scan = take_longer_than_the_period;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	fake_acknowledge(fake, fake_batch(fake));

	/* The only worker for scans in time is another's from now on. */
	hooks->initial_scan = scan_slowly;
	fake_open(fake, 2);
	sem_wait(&entered);
	fake_acknowledge(fake, fake_batch(fake));
	assert_int_equal(update_scans, 2);
	sem_post(&go_on);
	fake_stop(fake);
}

static void test_the_level_of_lines_can_be_changed(void **state)
{
	struct fake_supervisor *fake = begin("t_hooks", LOG_LEVEL_WARNING, 1);
	struct message adjust = {.type = MESSAGE_ADJUST,
	    .adjust = {.log_level = LOG_LEVEL_DEBUG, .workers = 2, .default_period_s = 1}};

	(void)state;
	hooks->initial_scan = scan_drive;
	fake_open(fake, 1);
	fake_acknowledge(fake, fake_batch(fake));
	assert_null(fake->log.data);
	fake_send(fake, &adjust);
	fake_acknowledge(fake, fake_batch(fake));
	fake_acknowledge(fake, fake_batch(fake));
	assert_non_null(strstr(fake->log.data, "idle -> scanning"));
	fake_stop(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_first_update_follows_the_acknowledged_initial_scan),
	    cmocka_unit_test(test_a_scan_waits_for_the_third_batch_before_it),
	    cmocka_unit_test(test_acknowledging_a_batch_acknowledges_those_before),
	    cmocka_unit_test(test_changes_of_threads_wait_for_every_acknowledgement),
	    cmocka_unit_test(test_the_period_is_frozen_after_the_initial_scan),
	    cmocka_unit_test(test_a_period_counts_as_a_scan_without_an_update_scan),
	    cmocka_unit_test(test_hooks_of_a_session_never_overlap),
	    cmocka_unit_test(test_a_failed_initial_scan_ends_the_session_with_its_reason),
	    cmocka_unit_test(test_a_failed_update_sends_nothing_of_the_scan),
	    cmocka_unit_test(test_a_closed_session_is_torn_down_and_its_handles_are_dead),
	    cmocka_unit_test(test_an_interrupted_initial_scan_is_not_stored),
	    cmocka_unit_test(test_an_interrupted_update_is_sent_before_the_end),
	    cmocka_unit_test(test_a_session_that_was_never_entered_needs_no_teardown),
	    cmocka_unit_test(test_stop_tears_all_sessions_down),
	    cmocka_unit_test(test_the_end_of_the_channel_tears_down_too),
	    cmocka_unit_test(test_a_change_by_a_thread_is_sent_within_100_ms),
	    cmocka_unit_test(test_changes_while_a_batch_is_under_way_join_the_next),
	    cmocka_unit_test(test_changes_of_threads_are_no_scans_for_conditions),
	    cmocka_unit_test(test_the_last_changes_of_threads_are_sent_after_the_batch_before),
	    cmocka_unit_test(test_an_end_does_not_wait_for_ever_for_the_batch_before),
	    cmocka_unit_test(test_a_change_that_is_taken_back_sends_nothing),
	    cmocka_unit_test(test_changes_do_not_wait_for_scans_of_others),
	    cmocka_unit_test(test_changes_during_a_scan_join_its_batch),
	    cmocka_unit_test(test_nothing_that_threads_report_is_lost),
	    cmocka_unit_test(test_calls_may_race_with_the_end_of_the_session),
	    cmocka_unit_test(test_the_recorder_knows_the_hook_that_runs),
	    cmocka_unit_test(test_durations_and_lateness_are_told),
	    cmocka_unit_test(test_passwords_go_through_the_plugin),
	    cmocka_unit_test(test_a_password_that_can_not_be_obfuscated_is_told_without_it),
	    cmocka_unit_test(test_a_default_function_may_give_what_identifies_a_scannable),
	    cmocka_unit_test(test_a_default_function_that_fails_is_told_with_its_reason),
	    cmocka_unit_test(test_the_recorder_knows_functions_that_prepare),
	    cmocka_unit_test(test_a_plugin_that_can_not_be_used_is_told_with_reasons),
	    cmocka_unit_test(test_hanging_scans_do_not_hold_up_others),
	    cmocka_unit_test(test_hanging_scans_do_not_hold_up_teardowns),
	    cmocka_unit_test(test_a_scan_that_took_too_long_is_run_by_workers_apart),
	    cmocka_unit_test(test_the_level_of_lines_can_be_changed),
	};

	watchdog_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
