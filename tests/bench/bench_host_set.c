/* SPDX-License-Identifier: MIT */
/*
 * What an assignment costs in a plugin host: unchanged, changed, and a whole report of 5
 * attributes. Runs a host in a thread, against the test plugin t_hooks. Prints rows of the table
 * that tests/bench/run makes.
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

/* Nanoseconds of each of the rounds since start. */
static double cost(int64_t start, int rounds)
{
	return (double)(thread_ns() - start) / rounds;
}

static void print_row(const char *what, double ns, const char *compared_with, double other_ns)
{
	printf(
	    "%s\t%.0f ns\t%s, %.0f ns\t%.2f\n", what, ns, compared_with, other_ns, ns / other_ns);
}

static struct iml_resource *report(struct iml_plugin *self, int number)
{
	char serial[32];

	snprintf(serial, sizeof(serial), "SERIAL-%06d", number);
	return iml_update_or_create(self, hooks->drive, IML_NO_PARENTS, IML_SET("serial", serial),
	    IML_SET("capacity", 4000), IML_SET("status", "OK"), IML_SET("note", "bay 3"),
	    IML_SET("secret_note", "something longer"));
}

/* An assignment of what is there already. */
static double set_unchanged_text(struct iml_resource *drive)
{
	int64_t start = thread_ns();

	for (int i = 0; i < ROUNDS; i++)
		iml_set(drive, "status", "OK");
	return cost(start, ROUNDS);
}

static double set_unchanged_number(struct iml_resource *drive)
{
	int64_t start = thread_ns();

	for (int i = 0; i < ROUNDS; i++)
		iml_set(drive, "capacity", 4000);
	return cost(start, ROUNDS);
}

static double set_changed_number(struct iml_resource *drive)
{
	int64_t start = thread_ns();

	for (int i = 0; i < ROUNDS; i++)
		iml_set(drive, "capacity", i);
	return cost(start, ROUNDS);
}

static double report_drives(struct iml_plugin *self)
{
	int64_t start = thread_ns();

	for (int i = 0; i < DRIVES; i++)
		report(self, i);
	return cost(start, DRIVES);
}

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *drive = report(self, 0);
	double number, reported;

	(void)scannable;
	print_row("assignment, unchanged text", set_unchanged_text(drive), "goal", 100);
	number = set_unchanged_number(drive);
	print_row("assignment, unchanged number", number, "goal", 100);
	print_row("assignment, changed number", set_changed_number(drive), "unchanged", number);
	reported = report_drives(self);
	print_row("report of 5 attributes, unchanged", report_drives(self), "new", reported);
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
