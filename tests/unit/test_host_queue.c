/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/handle.h"
#include "host/queue.h"
#include "watchdog.h"

static struct monotonic in_ms(int64_t ms)
{
	return monotonic_after(monotonic_now(), ms * NS_PER_MS);
}

/* ---- the queue ---- */

#define ENTRIES 1000

static void test_entries_come_in_the_order_of_their_time(void **state)
{
	static struct queue_entry entries[ENTRIES];
	struct deadline_queue queue;
	struct queue_entry *previous = NULL;

	(void)state;
	deadline_queue_init(&queue);
	srand(1);
	for (size_t i = 0; i < ENTRIES; i++)
		deadline_queue_put(&queue, &entries[i], (struct monotonic){rand() % 100});
	for (size_t i = 0; i < ENTRIES; i += 3)
		deadline_queue_remove(&queue, &entries[i]);
	for (size_t i = 1; i < ENTRIES; i += 3)
		deadline_queue_put(&queue, &entries[i], (struct monotonic){rand() % 100});
	for (size_t i = 0; i < ENTRIES - (ENTRIES + 2) / 3; i++) {
		struct queue_entry *entry = deadline_queue_take(&queue);

		assert_int_not_equal((entry - entries) % 3, 0);
		assert_true(previous == NULL || previous->due.ns < entry->due.ns ||
		            (previous->due.ns == entry->due.ns && previous->order < entry->order));
		previous = entry;
	}
	assert_int_equal(queue.count, 0);
	deadline_queue_destroy(&queue);
}

static void test_nothing_is_taken_before_its_time(void **state)
{
	struct queue_entry late = {.position = 0}, early = {.position = 0};
	struct deadline_queue queue;
	struct monotonic due = in_ms(50);

	(void)state;
	deadline_queue_init(&queue);
	deadline_queue_put(&queue, &late, due);
	deadline_queue_put(&queue, &early, in_ms(10));
	assert_ptr_equal(deadline_queue_take(&queue), &early);
	assert_ptr_equal(deadline_queue_take(&queue), &late);
	assert_true(monotonic_now().ns >= due.ns);
	deadline_queue_destroy(&queue);
}

static sem_t taken_one;

static void *take_one(void *queue)
{
	struct queue_entry *entry = deadline_queue_take(queue);

	sem_post(&taken_one);
	return entry;
}

static void test_one_who_waits_learns_of_an_earlier_entry(void **state)
{
	struct queue_entry far = {.position = 0}, near = {.position = 0};
	struct deadline_queue queue;
	pthread_t threads[3];
	void *taken[3];
	int found = 0;

	(void)state;
	sem_init(&taken_one, 0, 0);
	deadline_queue_init(&queue);
	deadline_queue_put(&queue, &far, in_ms(3600 * 1000));
	for (size_t i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, take_one, &queue);
	deadline_queue_put(&queue, &near, monotonic_now());
	sem_wait(&taken_one);
	deadline_queue_close(&queue);
	for (size_t i = 0; i < 3; i++) {
		pthread_join(threads[i], &taken[i]);
		found += taken[i] == &near;
		assert_true(taken[i] == &near || taken[i] == NULL);
	}
	assert_int_equal(found, 1);
	deadline_queue_destroy(&queue);
}

/* Waits until another thread than before waits last in line, and returns that one. */
static struct queue_waiter *await_last(struct deadline_queue *queue, struct queue_waiter *before)
{
	struct queue_waiter *last = before;

	while (last == before) {
		sched_yield();
		pthread_mutex_lock(&queue->lock);
		last = queue->waiting;
		pthread_mutex_unlock(&queue->lock);
	}
	return last;
}

static void test_the_thread_that_came_last_is_the_first_to_get_something(void **state)
{
	struct queue_entry entry = {.position = 0};
	struct queue_waiter *last = NULL;
	struct deadline_queue queue;
	pthread_t threads[3];
	void *taken[3];

	(void)state;
	sem_init(&taken_one, 0, 0);
	deadline_queue_init(&queue);
	for (size_t i = 0; i < 3; i++) {
		pthread_create(&threads[i], NULL, take_one, &queue);
		last = await_last(&queue, last);
	}
	deadline_queue_put(&queue, &entry, monotonic_now());
	sem_wait(&taken_one);
	deadline_queue_close(&queue);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], &taken[i]);
	assert_null(taken[0]);
	assert_null(taken[1]);
	assert_ptr_equal(taken[2], &entry);
	deadline_queue_destroy(&queue);
}

/* ---- handles ---- */

#define HANDLES 10000

static void test_a_handle_leads_to_its_object_until_it_is_freed(void **state)
{
	struct host_session *session = (struct host_session *)(void *)state;
	static uint64_t handles[HANDLES];
	static int objects[HANDLES];

	for (size_t i = 0; i < HANDLES; i++)
		handles[i] = handle_new(HANDLE_RESOURCE, session, &objects[i]);
	for (size_t i = 0; i < HANDLES; i++) {
		assert_ptr_equal(handle_session(handles[i], HANDLE_RESOURCE), session);
		assert_ptr_equal(handle_object(handles[i], HANDLE_RESOURCE, session), &objects[i]);
	}
	for (size_t i = 0; i < HANDLES; i++)
		handle_free(handles[i]);
	for (size_t i = 0; i < HANDLES; i++)
		assert_null(handle_session(handles[i], HANDLE_RESOURCE));
	/* The slots are used again, under other handles. */
	for (size_t i = 0; i < HANDLES; i++) {
		uint64_t again = handle_new(HANDLE_RESOURCE, session, &objects[i]);

		assert_null(handle_object(handles[i], HANDLE_RESOURCE, session));
		handles[i] = again;
	}
	for (size_t i = 0; i < HANDLES; i++)
		handle_free(handles[i]);
}

static void test_what_is_no_handle_leads_nowhere(void **state)
{
	struct host_session *session = (struct host_session *)(void *)state;
	uint64_t handle = handle_new(HANDLE_SESSION, session, session);
	uint64_t wrong[] = {0, 1, 4096, (uintptr_t)&handle, UINT64_MAX, handle ^ 1,
	    handle ^ (UINT64_C(1) << 40), (uint32_t)handle};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_null(handle_session(wrong[i], HANDLE_SESSION));
	assert_null(handle_session(handle, HANDLE_RESOURCE));
	assert_null(handle_object(handle, HANDLE_SESSION, NULL));
	handle_free(handle);
}

static void test_those_who_have_nothing_to_do_may_retire(void **state)
{
	struct queue_entry entry = {.position = 0};
	struct deadline_queue queue;
	pthread_t threads[3];
	void *taken;

	(void)state;
	sem_init(&taken_one, 0, 0);
	deadline_queue_init(&queue);
	for (size_t i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, take_one, &queue);
	deadline_queue_retire(&queue, 2);
	sem_wait(&taken_one);
	sem_wait(&taken_one);
	/* The third one is there for what comes. */
	deadline_queue_put(&queue, &entry, in_ms(10));
	sem_wait(&taken_one);
	for (size_t i = 0, found = 0; i < 3; i++) {
		pthread_join(threads[i], &taken);
		found += taken == &entry;
		assert_true(i < 2 || found == 1);
	}
	deadline_queue_destroy(&queue);
}

static void test_what_was_due_at_a_time_can_be_counted(void **state)
{
	struct queue_entry entries[3] = {{.position = 0}};
	struct deadline_queue queue;

	(void)state;
	deadline_queue_init(&queue);
	for (int64_t i = 0; i < 3; i++)
		deadline_queue_put(&queue, &entries[i], (struct monotonic){10 * i});
	assert_int_equal(deadline_queue_count_due(&queue, (struct monotonic){10}), 2);
	deadline_queue_destroy(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_those_who_have_nothing_to_do_may_retire),
	    cmocka_unit_test(test_what_was_due_at_a_time_can_be_counted),
	    cmocka_unit_test(test_entries_come_in_the_order_of_their_time),
	    cmocka_unit_test(test_nothing_is_taken_before_its_time),
	    cmocka_unit_test(test_one_who_waits_learns_of_an_earlier_entry),
	    cmocka_unit_test(test_the_thread_that_came_last_is_the_first_to_get_something),
	    cmocka_unit_test(test_a_handle_leads_to_its_object_until_it_is_freed),
	    cmocka_unit_test(test_what_is_no_handle_leads_nowhere),
	};

	watchdog_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
