/* SPDX-License-Identifier: MIT */
/* What happens to samples that are taken while the database is away. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/memory.h"
#include "model/batch.h"

/* Scans are numbered from a multiple of this, another one for each start of the runner. */
enum { GENERATION = 1000000, DRIVES = 10 };

/* The array "A" of some drives, scanned all the time, and further keys of statistics. */
static void start(struct runner *runner, int generation, const char *statistics)
{
	char *plugin = built("tests/plugins/t_counts.so");

	runner_configure(runner,
	    "plugins:\n  - path: %s\n"
	    "scan: {period: 0 s, retry_min: 50 ms, retry_max: 100 ms}\n"
	    "statistics: {%s}\n"
	    "scannables:\n  - plugin: t_counts\n    class: Array\n"
	    "    attributes: {name: A, drives: %d, first: %d, file: %s/scans-%d}\n",
	    plugin, statistics, DRIVES, generation * GENERATION, runner->directory, generation);
	runner_start(runner, NULL);
	free(plugin);
}

/*
 * How many scans of a generation were taken over. The plugin notes each one that begins; those just
 * before may still be on their way.
 */
static long scans(const struct runner *runner, int generation)
{
	char *path = xasprintf("%s/scans-%d", runner->directory, generation);
	FILE *file = fopen(path, "re");
	long next = 0;

	if (file != NULL && fscanf(file, "%ld", &next) != 1)
		next = 0;
	if (file != NULL)
		fclose(file);
	free(path);
	next -= (long)generation * GENERATION + BATCHES_UNACKNOWLEDGED_MOST - 1;
	return next > 0 ? next : 0;
}

/* Waits for so many more scans. */
static void await_scans(const struct runner *runner, int generation, long count)
{
	long end = scans(runner, generation) + count;
	int64_t deadline = now_ms() + DEADLINE_S * 1000;

	while (scans(runner, generation) < end) {
		if (now_ms() > deadline)
			fail_msg("%ld scans in place of %ld", scans(runner, generation), end);
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
}

#define SAMPLES                                                                     \
	"FROM storage.resources AS drive,"                                          \
	" storage.samples(drive.id, 'scan', now() - interval '1 hour', 'infinity'," \
	" 100000) AS sample WHERE drive.class = 'Drive' AND value IS NOT NULL"      \
	" AND value / 1000000 >= %d AND value / 1000000 < %d + 1"

static long count_samples(struct runner *runner, int generation)
{
	return query_number(runner, "SELECT count(*) " SAMPLES, generation, generation);
}

/* The database is back, also for the test. */
static void resume(struct runner *runner)
{
	database_resume();
	wait_for(runner, "SELECT true");
}

/* Every scan up to some number, at least these, has each drive once. */
static void assert_complete(struct runner *runner, int generation, long least)
{
	long highest = query_number(runner, "SELECT max(value) - %d " SAMPLES,
	    generation * GENERATION, generation, generation);

	assert_in_range(highest + 1, least, GENERATION);
	assert_int_equal(count_samples(runner, generation), (highest + 1) * DRIVES);
	assert_int_equal(query_number(runner, "SELECT count(DISTINCT (drive.id, value)) " SAMPLES,
	                     generation, generation),
	    (highest + 1) * DRIVES);
}

/* A number of the status, from the last of its parts. */
static long status_number(struct runner *runner, const char *name)
{
	char *status = command(runner, NULL, "--json status");
	const char *place = strstr(status, name);
	long number;

	assert_non_null(place);
	number = strtol(place + strlen(name), NULL, 10);
	free(status);
	return number;
}

#define SPOOLED "\"samples\":"
#define DROPPED "\"dropped_samples\":"

/* Waits until a number of the status is in a range. */
static void await_status(struct runner *runner, const char *name, long least, long most)
{
	int64_t deadline = now_ms() + DEADLINE_S * 1000;
	long number;

	while ((number = status_number(runner, name)) < least || number > most)
		if (now_ms() > deadline)
			fail_msg("%s %ld is not in the range from %ld to %ld", name, number, least,
			    most);
}

/* The array was scanned a while, all of which is stored. */
static void begin(struct runner *runner, const char *statistics)
{
	start(runner, 1, statistics);
	await_scans(runner, 1, 20);
	wait_for(runner, "SELECT count(*) > 20 FROM storage.frame WHERE resolution = 0");
}

static void samples_taken_while_the_database_is_away_are_stored_once(void **state)
{
	struct runner *runner = *state;
	long taken;

	begin(runner, "");
	database_crash();
	await_scans(runner, 1, 300);
	taken = scans(runner, 1);
	assert_in_range(status_number(runner, SPOOLED), 200 * DRIVES, GENERATION);
	resume(runner);
	await_status(runner, SPOOLED, 0, 0);
	assert_int_equal(status_number(runner, DROPPED), 0);
	assert_int_equal(runner_stop(runner), 0);

	assert_complete(runner, 1, taken);
	assert_int_equal(query_number(runner, "SELECT count(*) FROM storage.gap"), 0);
	assert_int_equal(query_number(runner, "SELECT count(*) FROM storage.alert"), 0);
}

static void samples_outlive_a_kill_while_the_database_is_away(void **state)
{
	struct runner *runner = *state;
	long taken[3];

	begin(runner, "");
	database_crash();
	await_scans(runner, 1, 300);
	taken[1] = scans(runner, 1);
	runner_kill(runner);
	resume(runner);
	start(runner, 2, "");
	await_scans(runner, 2, 20);
	await_status(runner, SPOOLED, 0, 0);
	taken[2] = scans(runner, 2);
	assert_int_equal(runner_stop(runner), 0);

	assert_complete(runner, 1, taken[1]);
	assert_complete(runner, 2, taken[2]);
	/* The time without a runner begins after the last sample, which was stored later. */
	assert_int_equal(
	    query_number(runner, "SELECT count(*) FROM storage.gap JOIN storage.frame ON"
	                         " begin_time >= time WHERE reason = 'stopped' AND resolution = 0"),
	    query_number(runner, "SELECT count(*) / %d " SAMPLES, DRIVES, 1, 1));
}

static void samples_outlive_kills_while_they_are_stored(void **state)
{
	struct runner *runner = *state;
	long taken;

	begin(runner, "");
	database_crash();
	await_scans(runner, 1, 500);
	taken = scans(runner, 1);
	runner_kill(runner);
	resume(runner);
	for (int i = 2; i < 6; i++) {
		start(runner, i, "");
		wait_for_plugin(runner, "t_counts", "running");
		await_scans(runner, i, 3 * i);
		runner_kill(runner);
	}
	start(runner, 6, "");
	await_scans(runner, 6, 3);
	await_status(runner, SPOOLED, 0, 0);
	assert_int_equal(runner_stop(runner), 0);
	assert_complete(runner, 1, taken);
}

static void what_was_taken_is_stored_after_an_orderly_end_without_the_database(void **state)
{
	struct runner *runner = *state;
	long taken;

	begin(runner, "");
	database_crash();
	await_scans(runner, 1, 100);
	taken = scans(runner, 1);
	kill(runner->pid, SIGTERM);
	wait_for_log(runner, "t_counts: stopped", 1);
	kill(runner->pid, SIGTERM);
	runner_wait(runner);
	resume(runner);
	start(runner, 2, "");
	await_scans(runner, 2, 1);
	await_status(runner, SPOOLED, 0, 0);
	assert_int_equal(runner_stop(runner), 0);
	assert_complete(runner, 1, taken);
}

#define ALERT "SELECT count(*) = 1 FROM storage.alerts WHERE name = 'dropped'"

static void what_is_too_much_is_counted_alerted_and_a_gap(void **state)
{
	struct runner *runner = *state;
	char *output;
	long dropped;

	begin(runner, "spool: 64 KiB, memory: 64 KiB");
	database_crash();
	await_status(runner, DROPPED, 1, GENERATION);
	assert_true(count_log(runner, "samples.spool is full: raise statistics.spool") == 1);
	assert_true(count_log(runner, "older samples are dropped") == 1);
	output = command(runner, NULL, "alerts");
	assert_non_null(strstr(output, "Samples are dropped"));
	free(output);
	output = command(runner, NULL, "status");
	assert_non_null(strstr(output, "Samples are kept in memory only: "));
	assert_non_null(strstr(output, "\nsamples dropped: "));
	assert_non_null(strstr(output, "\nsamples that wait for the database: "));
	free(output);
	resume(runner);

	wait_for(runner, ALERT " AND NOT active AND end_time >= begin_time");
	await_status(runner, SPOOLED, 0, 0);
	await_scans(runner, 1, 20);
	dropped = status_number(runner, DROPPED);
	assert_int_equal(runner_stop(runner), 0);
	wait_for(runner, "SELECT count(*) = 1 FROM storage.gaps WHERE reason = 'dropped'"
	                 " AND scannable_id IS NULL AND end_time > begin_time");
	assert_int_equal(
	    query_number(runner, "SELECT (max(value) + 1 - %d) * %d - count(*) " SAMPLES,
	        GENERATION, DRIVES, 1, 1),
	    dropped);
	assert_int_equal(
	    query_number(runner,
	        "SELECT count(*) FROM storage.frame, storage.gap WHERE reason = 'dropped'"
	        " AND resolution = 0 AND time > begin_time AND time < end_time"),
	    0);
	wait_for(runner,
	    "SELECT count(*) > 0 FROM storage.resources AS drive,"
	    " storage.samples(drive.id, 'scan', now() - interval '1 hour', 'infinity', 100000)"
	    " WHERE drive.class = 'Drive' AND gap = 'dropped'");
}

static void a_spool_that_can_not_be_written_stops_no_scan(void **state)
{
	struct runner *runner = *state;
	char *directory = xasprintf("%s/state", runner->directory);
	char *path = xasprintf("%s/samples.spool", directory);
	long taken;

	assert_int_equal(mkdir(directory, 0755), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	begin(runner, "");
	database_crash();
	await_scans(runner, 1, 300);
	taken = scans(runner, 1);
	assert_int_equal(count_log(runner, "samples.spool can't be written: Is a directory"), 1);
	assert_int_equal(status_number(runner, SPOOLED), 0);
	resume(runner);
	await_scans(runner, 1, 20);
	assert_int_equal(runner_stop(runner), 0);
	assert_complete(runner, 1, taken);
	free(directory);
	free(path);
}

static void a_runner_that_waited_for_the_database_says_so(void **state)
{
	struct runner *runner = *state;

	begin(runner, "");
	assert_int_equal(runner_stop(runner), 0);
	database_crash();
	start(runner, 2, "");
	wait_for_log(runner, "database not reached", 1);
	resume(runner);
	wait_for(runner, "SELECT count(*) = 1 FROM storage.gap WHERE reason = 'database'"
	                 " AND scannable_id IS NULL AND end_time > begin_time");
	assert_int_equal(
	    query_number(runner, "SELECT count(*) FROM storage.gap AS a JOIN storage.gap AS b"
	                         " ON a.end_time = b.begin_time WHERE a.reason = 'stopped'"
	                         " AND b.reason = 'database'"),
	    1);
	assert_int_equal(query_number(runner, "SELECT count(*) FROM storage.gap"), 2);
	assert_int_equal(runner_stop(runner), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    runner_test(samples_taken_while_the_database_is_away_are_stored_once),
	    runner_test(samples_outlive_a_kill_while_the_database_is_away),
	    runner_test(samples_outlive_kills_while_they_are_stored),
	    runner_test(what_was_taken_is_stored_after_an_orderly_end_without_the_database),
	    runner_test(what_is_too_much_is_counted_alerted_and_a_gap),
	    runner_test(a_spool_that_can_not_be_written_stops_no_scan),
	    runner_test(a_runner_that_waited_for_the_database_says_so),
	};

	return cmocka_run_group_tests_name("spool", tests, database_start, database_stop);
}
