/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/log.h"
#include "fake_supervisor.h"
#include "watchdog.h"

#define SESSION 5

/* How a host process ended. */
struct end {
	int status;
	uint32_t hook; /* of the worker that was struck */
	uint32_t session;
	bool by_exit;
	bool known;
};

/* Opens a session whose scannable has nothing but an address. */
static void open_array(struct fake_supervisor *fake)
{
	fake_open_partly(fake, SESSION, 1);
}

/* Acknowledges all batches until the channel ends, and reads the flight recorder. */
static struct end run_to_the_end(struct fake_supervisor *fake)
{
	struct end end = {.known = false};
	uint32_t fatal;

	for (;;) {
		struct message message = fake_receive_within(fake, PATIENCE_MS);

		if (message.type == MESSAGE_TYPE_END)
			break;
		if (message.type == MESSAGE_BATCH)
			fake_acknowledge(fake, message.batch);
		else
			message_clear(&message);
	}
	assert_int_equal(waitpid(fake->process, &end.status, 0), fake->process);
	fatal = fake->recorder->fatal_worker;
	end.known = fatal != 0;
	end.by_exit = fake->recorder->fatal_exit != 0;
	if (fatal != 0) {
		end.hook = fake->recorder->workers[fatal - 1].hook;
		end.session = fake->recorder->workers[fatal - 1].session;
	}
	fake_end(fake);
	return end;
}

static struct fake_supervisor *start_crash(const char *hook, const char *how, const char *after)
{
	struct fake_options options = {.plugin = "crash_in_hook",
	    .log_level = LOG_LEVEL_INFO,
	    .workers = 2,
	    .settings = {{(char *)(uintptr_t) "hook", (char *)(uintptr_t)hook},
	        {(char *)(uintptr_t) "how", (char *)(uintptr_t)how},
	        {(char *)(uintptr_t) "after", (char *)(uintptr_t)after}},
	    .setting_count = 3,
	    .process = true};

	return fake_start_with(&options);
}

static void check_crash(
    const char *hook, const char *how, const char *after, int signal, enum hook expected)
{
	struct fake_supervisor *fake = start_crash(hook, how, after);
	struct end end;

	assert_int_equal(fake->loaded.type, MESSAGE_LOADED);
	open_array(fake);
	end = run_to_the_end(fake);
	assert_true(WIFSIGNALED(end.status));
	assert_int_equal(WTERMSIG(end.status), signal);
	assert_true(end.known);
	assert_int_equal(end.hook, expected);
	assert_int_equal(end.session, SESSION);
	assert_false(end.by_exit);
}

static void test_the_recorder_tells_in_which_hook_a_signal_struck(void **state)
{
	(void)state;
	check_crash("initial_scan", "segv", "0", SIGSEGV, HOOK_INITIAL_SCAN);
	check_crash("initial_scan", "abort", "0", SIGABRT, HOOK_INITIAL_SCAN);
	check_crash("initial_scan", "bus", "0", SIGBUS, HOOK_INITIAL_SCAN);
	check_crash("initial_scan", "fpe", "0", SIGFPE, HOOK_INITIAL_SCAN);
	check_crash("initial_scan", "ill", "0", SIGILL, HOOK_INITIAL_SCAN);
	check_crash("update_scan", "segv", "1", SIGSEGV, HOOK_UPDATE_SCAN);
	check_crash("get_label", "abort", "1", SIGABRT, HOOK_GET_LABEL);
}

static void test_a_stack_that_is_used_up_is_told_too(void **state)
{
	(void)state;
	check_crash("initial_scan", "stack", "0", SIGSEGV, HOOK_INITIAL_SCAN);
}

static void test_exit_in_a_hook_is_told(void **state)
{
	struct fake_supervisor *fake = start_crash("update_scan", "exit", "0");
	struct end end;

	(void)state;
	open_array(fake);
	end = run_to_the_end(fake);
	assert_true(WIFEXITED(end.status));
	assert_int_equal(WEXITSTATUS(end.status), 3);
	assert_true(end.known);
	assert_true(end.by_exit);
	assert_int_equal(end.hook, HOOK_UPDATE_SCAN);
	assert_int_equal(end.session, SESSION);
}

static void test_a_killed_host_leaves_what_its_workers_did(void **state)
{
	struct fake_supervisor *fake = start_crash("initial_scan", "kill", "0");
	struct end end;
	struct recorder *recorder;

	(void)state;
	open_array(fake);
	assert_int_equal(fake_receive_within(fake, PATIENCE_MS).type, MESSAGE_TYPE_END);
	recorder = fake->recorder;
	assert_int_equal(recorder->workers[1].hook + recorder->workers[2].hook, HOOK_INITIAL_SCAN);
	end = run_to_the_end(fake);
	assert_int_equal(WTERMSIG(end.status), SIGKILL);
	assert_false(end.known);
}

static void test_an_orderly_stop_ends_with_status_0(void **state)
{
	struct fake_supervisor *fake = start_crash("none", "none", "0");
	struct end end;

	(void)state;
	open_array(fake);
	fake_acknowledge(fake, fake_batch(fake));
	fake_send_stop(fake);
	end = run_to_the_end(fake);
	assert_true(WIFEXITED(end.status));
	assert_int_equal(WEXITSTATUS(end.status), 0);
	assert_false(end.known);
}

static void test_a_plugin_that_can_not_be_used_ends_with_status_1(void **state)
{
	struct fake_options options = {
	    .plugin = "bad_no_definition", .workers = 1, .process = true};
	struct fake_supervisor *fake = fake_start_with(&options);
	struct end end;

	(void)state;
	assert_int_equal(fake->loaded.type, MESSAGE_FAILED);
	end = run_to_the_end(fake);
	assert_int_equal(WEXITSTATUS(end.status), 1);
	assert_false(end.known);
}

static void test_a_hook_that_hangs_does_not_outlive_the_supervisor(void **state)
{
	struct fake_supervisor *fake = start_crash("update_scan", "hang", "0");
	struct monotonic start;
	struct end end;

	(void)state;
	open_array(fake);
	fake_acknowledge(fake, fake_batch(fake));
	while (fake->recorder->workers[1].hook != HOOK_UPDATE_SCAN &&
	       fake->recorder->workers[2].hook != HOOK_UPDATE_SCAN)
		sched_yield();
	start = monotonic_now();
	shutdown(fake->fd, SHUT_WR);
	end = run_to_the_end(fake);
	assert_true(monotonic_since(monotonic_now(), start) < 10 * NS_PER_S);
	assert_true(WIFEXITED(end.status));
	assert_int_equal(WEXITSTATUS(end.status), 2);
}

static void test_closed_descriptors_end_the_host(void **state)
{
	struct fake_options options = {
	    .plugin = "closes_descriptors", .workers = 1, .process = true};
	struct fake_supervisor *fake = fake_start_with(&options);
	struct end end;

	(void)state;
	open_array(fake);
	end = run_to_the_end(fake);
	assert_true(WIFEXITED(end.status));
	assert_int_equal(WEXITSTATUS(end.status), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_recorder_tells_in_which_hook_a_signal_struck),
	    cmocka_unit_test(test_a_stack_that_is_used_up_is_told_too),
	    cmocka_unit_test(test_exit_in_a_hook_is_told),
	    cmocka_unit_test(test_a_killed_host_leaves_what_its_workers_did),
	    cmocka_unit_test(test_an_orderly_stop_ends_with_status_0),
	    cmocka_unit_test(test_a_plugin_that_can_not_be_used_ends_with_status_1),
	    cmocka_unit_test(test_a_hook_that_hangs_does_not_outlive_the_supervisor),
	    cmocka_unit_test(test_closed_descriptors_end_the_host),
	};

	watchdog_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
