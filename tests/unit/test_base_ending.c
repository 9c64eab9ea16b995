/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ending.h"

/* How a child ended that does this. */
static int status_of(void (*act)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void assert_described(int status, const char *expected)
{
	struct text text = TEXT_EMPTY;

	ending_describe(status, &text);
	assert_string_equal(text.data, expected);
	text_clear(&text);
}

static void exit_with_3(void)
{
	_exit(3);
}

static void be_killed(void)
{
	raise(SIGKILL);
}

static void do_nothing(void)
{
}

static void an_exit_is_told_by_its_status(void **state)
{
	(void)state;
	assert_described(status_of(do_nothing), "exit status 0");
	assert_described(status_of(exit_with_3), "exit status 3");
}

static void a_signal_is_told_by_number_and_name(void **state)
{
	(void)state;
	assert_described(status_of(be_killed), "signal 9 (Killed)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_exit_is_told_by_its_status),
	    cmocka_unit_test(a_signal_is_told_by_number_and_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
