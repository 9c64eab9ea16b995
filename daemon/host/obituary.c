/* SPDX-License-Identifier: MIT */
#include "host/obituary.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

#define SIGNAL_STACK_SIZE 32768

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static _Atomic(struct recorder *) prepared;
static _Thread_local uint32_t this_worker; /* 1 + index; 0: none */
static _Thread_local void *signal_stack;

/* Runs in a signal handler: atomic stores only. */
static void note_worker(int by_exit)
{
	struct recorder *recorder = atomic_load(&prepared);

	if (recorder == NULL)
		return;
	atomic_store(&recorder->fatal_exit, by_exit);
	atomic_store(&recorder->fatal_worker, this_worker);
}

/*
 * The default action is back in place when this runs. A fault strikes again on return, at the
 * instruction that a core file should show; a signal that somebody sent must be sent again.
 */
static void on_fatal_signal(int number, siginfo_t *information, void *context)
{
	(void)context;
	note_worker(0);
	if (information->si_code <= 0)
		raise(number);
}

static void on_process_exit(int status, void *argument)
{
	(void)status;
	(void)argument;
	note_worker(1);
}

void obituary_prepare(struct recorder *recorder)
{
	struct sigaction action = {.sa_sigaction = on_fatal_signal,
	    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER};

	atomic_store(&prepared, recorder);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(fatal_signals) / sizeof(*fatal_signals); i++)
		sigaction(fatal_signals[i], &action, NULL);
	on_exit(on_process_exit, NULL);
}

void obituary_cancel(void)
{
	atomic_store(&prepared, NULL);
}

void obituary_enter_thread(size_t worker)
{
	stack_t stack = {.ss_size = SIGNAL_STACK_SIZE};

	this_worker = (uint32_t)worker + 1;
	signal_stack = xcalloc(1, SIGNAL_STACK_SIZE);
	stack.ss_sp = signal_stack;
	sigaltstack(&stack, NULL);
}

void obituary_leave_thread(void)
{
	stack_t none = {.ss_flags = SS_DISABLE};

	this_worker = 0;
	sigaltstack(&none, NULL);
	free(signal_stack);
	signal_stack = NULL;
}
