/* SPDX-License-Identifier: MIT */
/* What the files of the test library share. */
#ifndef PLUGIN_TEST_HARNESS_H
#define PLUGIN_TEST_HARNESS_H

#include <iml/plugin_test.h>

#include <pthread.h>
#include <stdarg.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/text.h"
#include "kit/kit.h"

/* Where in the test a function was called. */
struct place {
	const char *file;
	int line;
};
#define HERE ((struct place){file, line})

struct log_line {
	char *scannable; /* NULL: about the plugin */
	int level;
	char *text;
};

/* All samples or histograms of one statistic of a resource. */
struct series {
	struct series_key {
		record_id resource;
		record_id statistic;
	} key;
	uint64_t count;
	double value;    /* newest */
	int64_t *counts; /* newest; NULL: none */
	size_t bins;
	UT_hash_handle hh;
};

struct iml_test_resource {
	struct iml_test *test;
	record_id id;
	char *name;       /* as it was called last */
	struct text text; /* the attribute that was asked for last */
	UT_hash_handle hh;
};

struct iml_test_scannable {
	struct iml_test *test;
	struct kit_session *session;
	record_id id;
	char *reason;                   /* why its last scan failed; NULL: it did not */
	uint64_t scans;                 /* that succeeded */
	uint64_t refused;               /* calls, as iml_test_assert_refused() counts them */
	struct reasons refused_reasons; /* the first of each batch that these were in */
	size_t first_line;              /* in the log, of its last scan */
	TAILQ_ENTRY(iml_test_scannable) next;
};

struct iml_test {
	uint32_t magic;
	char *name;
	char *path; /* NULL: definition */
	const struct iml_plugin_definition *definition;
	struct setting *settings;
	size_t setting_count, setting_capacity;

	struct kit *kit; /* NULL: not loaded yet */
	bool running;    /* the kit; stays set when a hook was left by a failure */
	bool allow_refused;
	bool refused;           /* a batch with refused calls has come, and was not looked at */
	uint64_t async_batches; /* of changes of the plugin's own threads */
	TAILQ_HEAD(, iml_test_scannable) scannables;
	struct iml_test_resource *resources; /* hash */
	struct series *series;               /* hash */
	struct text message;                 /* of a failure, while it is put together */

	pthread_mutex_t log_lock; /* for these three */
	struct log_line *lines;
	size_t line_count, line_capacity;

	LIST_ENTRY(iml_test) next;
};

/* ---- harness.c ---- */

/* Asserts that the test is one. */
void test_check(const struct iml_test *test);

/* Loads the plugin unless it is; fails with all reasons if it can't be. */
void test_load(struct iml_test *test, struct place place);

/* Does one thing that is due; false if nothing is. */
bool test_run(struct iml_test *test);

/* Fails if calls were refused since this was called last, unless that is allowed. */
void test_check_refused(struct iml_test *test, struct place place);

/* Prints the test's message and a line end, and fails the running test of cmocka. */
__attribute__((noreturn)) void test_fail(struct iml_test *test, struct place place);

/* The same with one more sentence at the end of the message. */
__attribute__((noreturn)) void test_fail_with(struct iml_test *test, struct place place,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- log.c ---- */

void log_keep(struct iml_test *test, const char *scannable, int level, const char *text);

/* The lines from first on that begin with prefix, of a scannable (NULL: all); how many. */
size_t log_append_matching(
    struct iml_test *test, const char *scannable, size_t first, const char *prefix);

/* Whether one of the lines from first on contains part; of a scannable, or of all (NULL). */
bool log_contains(struct iml_test *test, const char *scannable, size_t first, const char *part);

/* Appends the newest lines, without those for debugging, to the message. */
void log_append(struct iml_test *test, size_t first);
size_t log_count(struct iml_test *test);
void log_free(struct iml_test *test);

/* ---- find.c ---- */

/* The handle of a resource. */
struct iml_test_resource *resource_handle(struct iml_test *test, struct graph_resource *resource);

/* The resource of a handle; fails if it is gone. */
struct graph_resource *resource_of(struct iml_test_resource *handle, struct place place);
void resources_free(struct iml_test *test);

/* Whether the class, or one that it derives from, has the name. */
bool resource_class_is(const struct class *class, const char *name);

/* Fails unless the plugin has such a class. */
void resource_check_class(struct iml_test *test, const char *name, struct place place);

/* Index of an attribute; fails if the class has none of the name. */
size_t resource_attribute(struct iml_test *test, const struct graph_resource *resource,
    const char *name, struct place place);

/*
 * Whether an attribute has the value that a person would type so; NULL is null. -1 with a reason if
 * it can never have it.
 */
int resource_has_value(struct iml_test *test, const struct graph_resource *resource,
    size_t attribute, const char *typed, char reason[REASON_SIZE]);

/* Appends a value: null, 12, FAILED, of a reference the label of its target. */
void resource_append_value(struct iml_test *test, const struct graph_resource *resource,
    size_t attribute, struct text *text);

/* Appends a resource with all attributes, and a line end, to the message. */
void resource_append(struct iml_test *test, const struct graph_resource *resource);

/* ---- sample.c ---- */

void series_collect(
    struct iml_test *test, const struct kit_session *session, const struct batch *batch);
void series_free(struct iml_test *test);

#endif
