/* SPDX-License-Identifier: MIT */
/* What "scan" is made of besides the kit itself: files that change, refused calls, samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "kit/file_watch.h"
#include "kit/newest.h"
#include "kit/refused_calls.h"

/* ---- files ---- */

static void write_file(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static void await_event(const struct file_watch *watch)
{
	struct pollfd event = {.fd = file_watch_fd(watch), .events = POLLIN};

	assert_int_equal(poll(&event, 1, 60000), 1);
}

static void a_file_counts_as_changed_once_it_was_written(void **state)
{
	char directory[] = "/tmp/test-kit-tools-XXXXXX";
	struct file_watch *watch;
	char *path, *other;

	(void)state;
	assert_non_null(mkdtemp(directory));
	path = xasprintf("%s/plugin.so", directory);
	other = xasprintf("%s/other", directory);
	write_file(path, "one");
	watch = file_watch_open(path);
	assert_non_null(watch);
	assert_false(file_watch_changed(watch));
	assert_false(file_watch_look(watch));

	write_file(other, "another");
	await_event(watch);
	assert_false(file_watch_changed(watch));

	assert_int_equal(rename(other, path), 0);
	await_event(watch);
	assert_true(file_watch_changed(watch));
	assert_false(file_watch_look(watch));

	write_file(path, "in place");
	assert_true(file_watch_look(watch));
	assert_false(file_watch_look(watch));

	/* A file that is gone is nothing to load. */
	unlink(path);
	assert_false(file_watch_changed(watch));

	file_watch_free(watch);
	rmdir(directory);
	free(path);
	free(other);
}

static void a_directory_that_is_not_there_cant_be_watched(void **state)
{
	(void)state;
	assert_null(file_watch_open("/nonexistent/plugin.so"));
}

/* ---- refused calls ---- */

static void assert_taken(
    struct refused_calls *calls, uint32_t count, const char *diagnostic, const char *expected)
{
	struct reasons lines = {0};
	struct text text = TEXT_EMPTY;

	refused_calls_take(calls, count, diagnostic, &lines);
	text_append(&text, "");
	for (size_t i = 0; i < lines.count; i++)
		text_printf(&text, "%s\n", lines.items[i]);
	assert_string_equal(text.data, expected);
	text_clear(&text);
	reasons_clear(&lines);
}

static void refused_calls_begin_with_their_place(void **state)
{
	struct refused_calls *calls = refused_calls_new();

	(void)state;
	assert_false(refused_calls_note(calls, "connected"));
	assert_true(refused_calls_note(
	    calls, "refused: drive 5: too low (min 0) (iml_set at src/acme.c:31)"));
	assert_true(refused_calls_note(calls, "refused: no place (at all)"));
	assert_true(refused_calls_note(
	    calls, "refused: drive 6: gone (iml_set at acme.c:7) (and 3 more like this)"));
	assert_taken(calls, 3, "drive 5: too low (min 0) (iml_set at src/acme.c:31)",
	    "src/acme.c:31: iml_set: drive 5: too low (min 0)\nno place (at all)\n"
	    "acme.c:7: iml_set: drive 6: gone (and 3 more like this)\n");
	refused_calls_free(calls);
}

static void calls_without_a_line_are_told_in_one(void **state)
{
	struct refused_calls *calls = refused_calls_new();

	(void)state;
	assert_taken(calls, 0, NULL, "");
	assert_taken(
	    calls, 1, "drive 5: bad (iml_set at acme.c:31)", "acme.c:31: iml_set: drive 5: bad\n");
	assert_taken(calls, 4, "drive 5: bad (iml_set at acme.c:31)",
	    "acme.c:31: iml_set: drive 5: bad (and 3 more)\n");
	refused_calls_note(calls, "refused: drive 5: bad (iml_set at acme.c:31)");
	assert_taken(calls, 3, "drive 5: bad (iml_set at acme.c:31)",
	    "acme.c:31: iml_set: drive 5: bad\nand 2 more refused like these\n");
	/* A scan that failed has no batch, and what it was refused is told all the same. */
	refused_calls_note(calls, "refused: drive 5: bad (iml_set at acme.c:31)");
	assert_taken(calls, 0, NULL, "acme.c:31: iml_set: drive 5: bad\n");
	refused_calls_free(calls);
}

static void calls_that_are_not_shown_keep_their_number_and_place(void **state)
{
	struct refused_calls *calls = refused_calls_new();

	(void)state;
	assert_false(refused_calls_note(calls, "5 more drives at acme.c:31"));
	assert_true(refused_calls_note(calls, "refused: drive 5: bad (iml_set at acme.c:31)"));
	assert_true(refused_calls_note(calls, "2 more calls refused at acme.c:31, not shown"));
	assert_taken(calls, 3, "drive 5: bad (iml_set at acme.c:31)",
	    "acme.c:31: iml_set: drive 5: bad\n2 more calls refused at acme.c:31, not shown\n");
	refused_calls_free(calls);
}

/* ---- samples ---- */

static void the_newest_sample_counts_until_its_resource_is_removed(void **state)
{
	struct newest *newest = newest_new();
	int64_t counts[] = {1, 2};
	record_id removed = 7, ids[] = {1, 2, 3};
	struct graph_class class = {.statistic_ids = ids};
	struct graph_resource seven = {.id = 7, .class = &class},
	                      eight = {.id = 8, .class = &class};
	const struct kit_sample samples[] = {{.resource = &seven, .statistic = 0, .value = 1},
	    {.resource = &seven, .statistic = 0, .value = 2},
	    {.resource = &seven, .statistic = 1, .value = 3},
	    {.resource = &eight, .statistic = 2, .counts = counts, .count = 2}};
	const struct changes changes = {.removed_resources = &removed, .removed_resource_count = 1};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		newest_take(newest, &samples[i]);
	assert_true(newest_find(newest, 7, 1)->value == 2);
	assert_true(newest_find(newest, 7, 2)->value == 3);
	assert_null(newest_find(newest, 7, 3));
	assert_null(newest_find(newest, 9, 1));
	assert_int_equal(newest_find(newest, 8, 3)->counts[1], 2);

	newest_forget(newest, &changes);
	assert_null(newest_find(newest, 7, 1));
	assert_non_null(newest_find(newest, 8, 3));
	newest_free(newest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_counts_as_changed_once_it_was_written),
	    cmocka_unit_test(a_directory_that_is_not_there_cant_be_watched),
	    cmocka_unit_test(refused_calls_begin_with_their_place),
	    cmocka_unit_test(calls_without_a_line_are_told_in_one),
	    cmocka_unit_test(calls_that_are_not_shown_keep_their_number_and_place),
	    cmocka_unit_test(the_newest_sample_counts_until_its_resource_is_removed),
	};

	return cmocka_run_group_tests_name("kit tools", tests, NULL, NULL);
}
