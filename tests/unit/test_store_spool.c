/* SPDX-License-Identifier: MIT */
/* The file in which samples wait for the database. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/spool.h"

#define MIB ((uint64_t)1024 * 1024)
#define PAYLOAD_BYTES 1000
#define REVISION 7

static const char identity[] = "6a2b1d0e-0000-4000-8000-000000000001";
static const struct spool_mark mark = {
    .cohort_id = 10, .statistic_id = 10, .revision = REVISION, .sampled = {5000}};

struct fixture {
	char directory[64];
	char *state; /* a directory that the spool makes */
	char *path;
	char *aside;
	struct spool *spool;
};

static struct text log_lines;

static void keep_line(int level, const char *plugin, const char *scannable, const char *line)
{
	(void)level;
	(void)plugin;
	(void)scannable;
	text_printf(&log_lines, "%s\n", line);
}

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	assert_true(
	    text_copy(fixture->directory, sizeof(fixture->directory), "/tmp/iml-spool-XXXXXX"));
	assert_non_null(mkdtemp(fixture->directory));
	fixture->state = xasprintf("%s/state", fixture->directory);
	fixture->path = xasprintf("%s/samples.spool", fixture->state);
	fixture->aside = xasprintf("%s.aside", fixture->path);
	log_set_sink(keep_line);
	text_clear(&log_lines);
	text_append(&log_lines, "");
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	spool_free(fixture->spool);
	unlink(fixture->path);
	unlink(fixture->aside);
	rmdir(fixture->state);
	rmdir(fixture->directory);
	free(fixture->state);
	free(fixture->path);
	free(fixture->aside);
	free(fixture);
	text_clear(&log_lines);
	return 0;
}

/* A process begins, for this database. */
static void begin(struct fixture *fixture, uint64_t limit, const char *database, int64_t revision)
{
	spool_free(fixture->spool);
	fixture->spool = spool_open(fixture->state, limit);
	spool_claim(fixture->spool, database, revision);
}

static void begin_again(struct fixture *fixture)
{
	begin(fixture, MIB, identity, REVISION);
}

/* A frame that can be told from all others. */
static struct frame_row make_frame(int64_t number, record_id cohort, record_id statistic)
{
	struct frame_row row = {.cohort_id = cohort,
	    .statistic_id = statistic,
	    .bin = (uint32_t)number % 3,
	    .time = {number},
	    .sample_count = 2};
	char bytes[PAYLOAD_BYTES];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(number * 31 + (int64_t)i);
	text_append_bytes(&row.payload, bytes, sizeof(bytes));
	return row;
}

/* Adds frames of these numbers in one go; gives how many were added. */
static size_t add(struct fixture *fixture, int64_t first, size_t count)
{
	struct frame_row *rows = xcalloc(count, sizeof(*rows));
	size_t added;

	for (size_t i = 0; i < count; i++)
		rows[i] = make_frame(first + (int64_t)i, 1, 2);
	added = spool_add(fixture->spool, rows, count, &mark);
	for (size_t i = 0; i < count; i++)
		text_clear(&rows[i].payload);
	free(rows);
	return added;
}

static void assert_frame(const struct frame_row *row, int64_t number)
{
	struct frame_row expected = make_frame(number, 1, 2);

	assert_int_equal(row->cohort_id, expected.cohort_id);
	assert_int_equal(row->statistic_id, expected.statistic_id);
	assert_int_equal(row->bin, expected.bin);
	assert_int_equal(row->time.us, number);
	assert_int_equal(row->sample_count, expected.sample_count);
	assert_int_equal(row->payload.length, PAYLOAD_BYTES);
	assert_memory_equal(row->payload.data, expected.payload.data, PAYLOAD_BYTES);
	text_clear(&expected.payload);
}

/* Takes what is there: frames that are numbered from this on, in order. Gives how many. */
static size_t take_all(struct fixture *fixture, int64_t first)
{
	struct changes *changes;
	size_t count = 0;

	while ((changes = spool_take(fixture->spool)) != NULL) {
		for (size_t i = 0; i < changes->frame_count; i++)
			assert_frame(&changes->frames[i], first + (int64_t)count++);
		assert_int_equal(changes->counters.sampled.us, mark.sampled.us);
		changes_free(changes);
		spool_drop(fixture->spool);
	}
	assert_true(spool_is_empty(fixture->spool));
	assert_int_equal(spool_status(fixture->spool).samples, 0);
	return count;
}

static uint64_t file_size(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return (uint64_t)status.st_size;
}

/* Changes a byte of the file, so far before its end. */
static void damage(const struct fixture *fixture, uint64_t before_end)
{
	int fd = open(fixture->path, O_RDWR | O_CLOEXEC);
	off_t at = (off_t)(file_size(fixture->path) - before_end);
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static unsigned count_lines(const char *text)
{
	const char *place = log_lines.data;
	unsigned count = 0;

	while ((place = strstr(place, text)) != NULL) {
		count++;
		place++;
	}
	return count;
}

/* ---- order ---- */

static void nothing_is_there_as_long_as_nothing_was_added(void **state)
{
	struct fixture *fixture = *state;

	begin_again(fixture);
	assert_true(spool_is_empty(fixture->spool));
	assert_null(spool_take(fixture->spool));
	assert_int_equal(spool_sampled(fixture->spool).us, 0);
	assert_int_equal(access(fixture->state, F_OK), -1);
	assert_string_equal(log_lines.data, "");
}

static void frames_come_back_in_order(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, 10 * MIB, identity, REVISION);
	assert_int_equal(add(fixture, 0, 1), 1);
	/* More than fits in one record. */
	assert_int_equal(add(fixture, 1, 3000), 3000);
	assert_int_equal(spool_status(fixture->spool).samples, 2 * 3001);
	assert_int_equal(take_all(fixture, 0), 3001);
	assert_int_equal(file_size(fixture->path), 0);
	assert_int_equal(add(fixture, 7, 2), 2);
	assert_int_equal(take_all(fixture, 7), 2);
}

static void what_was_taken_and_not_stored_is_taken_again(void **state)
{
	struct fixture *fixture = *state;
	struct changes *changes;

	begin_again(fixture);
	add(fixture, 0, 1);
	add(fixture, 1, 1);
	changes = spool_take(fixture->spool);
	assert_int_equal(changes->frame_count, 2);
	changes_free(changes);
	/* While it is taken, more may come. */
	add(fixture, 2, 1);
	assert_int_equal(take_all(fixture, 0), 3);
}

static void frames_outlive_the_process(void **state)
{
	struct fixture *fixture = *state;
	struct changes *changes;

	begin_again(fixture);
	add(fixture, 0, 3);
	add(fixture, 3, 2);
	begin_again(fixture);
	assert_int_equal(spool_sampled(fixture->spool).us, mark.sampled.us);
	assert_int_equal(spool_status(fixture->spool).samples, 10);
	/* Those that were dropped from a file that is not empty yet come again. */
	changes = spool_take(fixture->spool);
	add(fixture, 5, 1);
	changes_free(changes);
	spool_drop(fixture->spool);
	assert_int_equal(spool_status(fixture->spool).samples, 2);
	begin_again(fixture);
	assert_int_equal(take_all(fixture, 0), 6);
}

static void frames_of_what_was_never_stored_end_with_the_process(void **state)
{
	struct fixture *fixture = *state;
	struct frame_row rows[4];

	rows[0] = make_frame(0, 1, 2);
	rows[1] = make_frame(1, mark.cohort_id + 1, 2);
	rows[2] = make_frame(2, 1, mark.statistic_id + 1);
	rows[3] = make_frame(1, 1, 2);
	begin_again(fixture);
	for (int round = 0; round < 2; round++) {
		struct changes *changes;

		assert_int_equal(spool_add(fixture->spool, rows, 4, &mark), 4);
		changes = spool_take(fixture->spool);
		assert_int_equal(changes->frame_count, 4);
		changes_free(changes);
		spool_drop(fixture->spool);
	}
	assert_int_equal(spool_add(fixture->spool, rows, 4, &mark), 4);
	begin_again(fixture);
	assert_int_equal(take_all(fixture, 0), 2);
	assert_int_equal(spool_status(fixture->spool).left_out, 4);
	for (int i = 0; i < 4; i++)
		text_clear(&rows[i].payload);
}

/* ---- damage ---- */

static void a_torn_tail_is_cut_off_and_told_once(void **state)
{
	struct fixture *fixture = *state;
	uint64_t whole, size;

	begin_again(fixture);
	add(fixture, 0, 2);
	whole = file_size(fixture->path);
	add(fixture, 2, 1);
	size = file_size(fixture->path);
	for (uint64_t left = whole + 1; left < size; left += 97) {
		spool_free(fixture->spool);
		fixture->spool = NULL;
		assert_int_equal(truncate(fixture->path, (off_t)left), 0);
		text_reset(&log_lines);
		begin_again(fixture);
		assert_int_equal(count_lines("is damaged"), 1);
		assert_int_equal(file_size(fixture->path), whole);
		assert_int_equal(spool_status(fixture->spool).samples, 4);
		add(fixture, 2, 1);
	}
	assert_int_equal(take_all(fixture, 0), 3);
}

static void a_wrong_checksum_ends_what_is_whole(void **state)
{
	struct fixture *fixture = *state;

	begin_again(fixture);
	add(fixture, 0, 1);
	add(fixture, 1, 1);
	add(fixture, 2, 1);
	damage(fixture, PAYLOAD_BYTES + 500);
	begin_again(fixture);
	assert_int_equal(count_lines("is damaged"), 1);
	assert_int_equal(take_all(fixture, 0), 1);
}

static void what_is_damaged_while_it_waits_is_lost_and_told(void **state)
{
	struct fixture *fixture = *state;
	struct changes *changes;

	begin_again(fixture);
	add(fixture, 0, 1);
	add(fixture, 1, 1);
	damage(fixture, 500);
	changes = spool_take(fixture->spool);
	assert_int_equal(changes->frame_count, 1);
	changes_free(changes);
	spool_drop(fixture->spool);
	assert_null(spool_take(fixture->spool));
	assert_int_equal(count_lines("can't be read any more: its last 2 samples are lost"), 1);
	assert_true(spool_is_empty(fixture->spool));
	add(fixture, 5, 1);
	assert_int_equal(take_all(fixture, 5), 1);
}

static void an_impossible_length_is_not_believed(void **state)
{
	struct fixture *fixture = *state;
	const uint32_t bytes = UINT32_MAX;
	uint64_t first;
	int fd;

	begin_again(fixture);
	add(fixture, 0, 1);
	first = file_size(fixture->path);
	add(fixture, 1, 1);
	fd = open(fixture->path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, &bytes, sizeof(bytes), (off_t)first + 8), sizeof(bytes));
	close(fd);
	begin_again(fixture);
	assert_int_equal(take_all(fixture, 0), 1);
}

/* ---- whose it is ---- */

static void frames_for_another_database_are_put_aside(void **state)
{
	struct fixture *fixture = *state;

	begin_again(fixture);
	add(fixture, 0, 1);
	begin(fixture, MIB, "6a2b1d0e-0000-4000-8000-000000000002", REVISION + 1);
	assert_true(spool_is_empty(fixture->spool));
	assert_int_equal(spool_sampled(fixture->spool).us, 0);
	assert_int_equal(count_lines("put aside"), 1);
	assert_true(file_size(fixture->aside) > PAYLOAD_BYTES);
	add(fixture, 3, 1);
	assert_int_equal(take_all(fixture, 3), 1);
}

static void frames_for_a_later_state_of_the_database_are_put_aside(void **state)
{
	struct fixture *fixture = *state;

	begin_again(fixture);
	add(fixture, 0, 1);
	begin(fixture, MIB, identity, REVISION - 1);
	assert_int_equal(count_lines("put aside"), 1);
	assert_true(spool_is_empty(fixture->spool));
	assert_int_equal(spool_sampled(fixture->spool).us, 0);
}

static void what_is_no_spool_is_put_aside(void **state)
{
	struct fixture *fixture = *state;
	FILE *file;

	begin_again(fixture);
	add(fixture, 0, 1);
	spool_free(fixture->spool);
	fixture->spool = NULL;
	file = fopen(fixture->path, "we");
	fputs("something else", file);
	fclose(file);
	begin_again(fixture);
	assert_int_equal(file_size(fixture->aside), strlen("something else"));
	add(fixture, 0, 1);
	assert_int_equal(take_all(fixture, 0), 1);
}

static void a_spool_in_use_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct spool *other = spool_open(fixture->state, MIB);

	begin_again(fixture);
	add(fixture, 0, 1);
	spool_claim(other, identity, REVISION);
	assert_true(spool_is_empty(other));
	assert_int_equal(count_lines("busy"), 1);
	spool_free(other);
	assert_int_equal(take_all(fixture, 0), 1);
}

/* ---- bounds and failures ---- */

static void no_more_than_its_bound_is_added(void **state)
{
	struct fixture *fixture = *state;
	size_t added;

	begin(fixture, 20000, identity, REVISION);
	added = add(fixture, 0, 30);
	assert_in_range(added, 15, 19);
	assert_in_range(file_size(fixture->path), 15000, 20000);
	assert_int_equal(add(fixture, 30, 1), 0);
	assert_int_equal(add(fixture, 31, 5), 0);
	assert_int_equal(count_lines("is full: raise statistics.spool"), 1);
	assert_non_null(strstr(spool_status(fixture->spool).reason, fixture->path));
	assert_int_equal(take_all(fixture, 0), added);
	assert_int_equal(add(fixture, 50, 1), 1);
	assert_int_equal(count_lines("takes samples again"), 1);
	assert_null(spool_status(fixture->spool).reason);
	assert_int_equal(take_all(fixture, 50), 1);
}

static void without_a_bound_nothing_is_added_and_what_is_there_is_taken(void **state)
{
	struct fixture *fixture = *state;

	begin_again(fixture);
	add(fixture, 0, 1);
	begin(fixture, 0, identity, REVISION);
	assert_int_equal(add(fixture, 1, 1), 0);
	assert_int_equal(take_all(fixture, 0), 1);
	assert_int_equal(count_lines("raise"), 0);
}

static void a_full_disk_is_told_and_leaves_what_is_whole(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit saved, limit;

	signal(SIGXFSZ, SIG_IGN);
	begin_again(fixture);
	assert_int_equal(add(fixture, 0, 2), 2);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
	limit = saved;
	limit.rlim_cur = file_size(fixture->path) + PAYLOAD_BYTES / 2;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(add(fixture, 2, 1), 0);
	assert_int_equal(add(fixture, 2, 1), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);

	assert_int_equal(count_lines("can't be written"), 1);
	assert_int_equal(count_lines(fixture->path), 1);
	assert_true(file_size(fixture->path) < limit.rlim_cur);
	assert_int_equal(add(fixture, 2, 1), 1);
	assert_int_equal(count_lines("takes samples again"), 1);
	begin_again(fixture);
	assert_int_equal(count_lines("is damaged"), 0);
	assert_int_equal(take_all(fixture, 0), 3);
}

static void a_directory_that_can_not_be_made_is_told(void **state)
{
	struct fixture *fixture = *state;
	int fd = open(fixture->state, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	close(fd);
	fixture->spool = spool_open(fixture->state, MIB);
	spool_claim(fixture->spool, identity, REVISION);
	assert_int_equal(add(fixture, 0, 1), 0);
	assert_int_equal(count_lines("can't be written"), 1);
	unlink(fixture->state);
	assert_int_equal(add(fixture, 0, 1), 1);
	assert_int_equal(take_all(fixture, 0), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_there_as_long_as_nothing_was_added),
	    TEST(frames_come_back_in_order),
	    TEST(what_was_taken_and_not_stored_is_taken_again),
	    TEST(frames_outlive_the_process),
	    TEST(frames_of_what_was_never_stored_end_with_the_process),
	    TEST(a_torn_tail_is_cut_off_and_told_once),
	    TEST(a_wrong_checksum_ends_what_is_whole),
	    TEST(what_is_damaged_while_it_waits_is_lost_and_told),
	    TEST(an_impossible_length_is_not_believed),
	    TEST(frames_for_another_database_are_put_aside),
	    TEST(frames_for_a_later_state_of_the_database_are_put_aside),
	    TEST(what_is_no_spool_is_put_aside),
	    TEST(a_spool_in_use_is_left_alone),
	    TEST(no_more_than_its_bound_is_added),
	    TEST(without_a_bound_nothing_is_added_and_what_is_there_is_taken),
	    TEST(a_full_disk_is_told_and_leaves_what_is_whole),
	    TEST(a_directory_that_can_not_be_made_is_told),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
