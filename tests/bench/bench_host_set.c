/* SPDX-License-Identifier: MIT */
/*
 * What an assignment costs in a plugin host: unchanged, changed, and a whole report of 5
 * attributes. Runs a host in a thread, against the test plugin t_hooks.
 */
#include <stdio.h>
#include <time.h>

#include "../unit/fake_supervisor.h"
#include "base/log.h"
#include "host/calls.h"

const struct iml_calls *iml_calls_ = &host_calls;

#define ROUNDS 2000000
#define DRIVES 10000

static struct t_hooks *hooks;

/* Processor time of this thread, so that a busy machine gives the same figures. */
static int64_t thread_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * NS_PER_S + time.tv_nsec;
}

static void print_cost(const char *what, int64_t start, int rounds)
{
	printf("%-28s %8.1f ns\n", what, (double)(thread_ns() - start) / rounds);
}

static struct iml_resource *report(struct iml_plugin *self, int number)
{
	char serial[32];

	snprintf(serial, sizeof(serial), "SERIAL-%06d", number);
	return iml_update_or_create(self, hooks->drive, IML_NO_PARENTS, IML_SET("serial", serial),
	    IML_SET("capacity", 4000), IML_SET("status", "OK"), IML_SET("note", "bay 3"),
	    IML_SET("secret_note", "something longer"));
}

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *drive = report(self, 0);
	int64_t start = thread_ns();

	(void)scannable;
	for (int i = 0; i < ROUNDS; i++)
		iml_set(drive, "status", "OK");
	print_cost("unchanged text", start, ROUNDS);
	start = thread_ns();
	for (int i = 0; i < ROUNDS; i++)
		iml_set(drive, "capacity", 4000);
	print_cost("unchanged number", start, ROUNDS);
	start = thread_ns();
	for (int i = 0; i < ROUNDS; i++)
		iml_set(drive, "capacity", i);
	print_cost("changed number", start, ROUNDS);
	start = thread_ns();
	for (int i = 0; i < DRIVES; i++)
		report(self, i);
	print_cost("new resource", start, DRIVES);
	start = thread_ns();
	for (int i = 0; i < DRIVES; i++)
		report(self, i);
	print_cost("unchanged report", start, DRIVES);
	return 0;
}

int main(void)
{
	struct fake_supervisor *fake = fake_start("t_hooks", LOG_LEVEL_INFO, 1);
	struct batch *batch;

	assert(fake->hooks != NULL);
	hooks = fake->hooks;
	hooks->initial_scan = scan;
	fake_open(fake, 1);
	batch = fake_batch(fake);
	batch_free(batch);
	fake_stop(fake);
	return 0;
}
