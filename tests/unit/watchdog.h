/* SPDX-License-Identifier: MIT */
/*
 * For test programs with threads of their own. After a test that failed in the middle cmocka would
 * run the next one, beside threads that wait for ever for what the failed one no longer does; and
 * an assertion that fails in another thread could not be left by longjmp().
 */
#ifndef TESTS_UNIT_WATCHDOG_H
#define TESTS_UNIT_WATCHDOG_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROGRAM_SECONDS 120

static inline void watchdog_bark(int signal)
{
	static const char message[] = "The test that was begun last hangs.\n";
	ssize_t written = write(STDERR_FILENO, message, sizeof(message) - 1);

	(void)signal;
	(void)written;
	abort();
}

/* The first failed assertion ends the program, and so does a test that hangs. To begin main(). */
static inline void watchdog_start(void)
{
	/* What aborts shows which test it was. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	signal(SIGALRM, watchdog_bark);
	alarm(PROGRAM_SECONDS);
}

#endif
