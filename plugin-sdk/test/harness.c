/* SPDX-License-Identifier: MIT */
/* The life of a test: settings, loading, what the kit tells, failing, and the end. */
#include "harness.h"

#include <assert.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#define TEST_MAGIC 0x494d4c54u /* "IMLT" */

/*
 * All tests that were not ended, and those that could not be: a hook that a failure left still owns
 * what it made, and must find it if threads of the plugin go on.
 */
static LIST_HEAD(, iml_test) tests = LIST_HEAD_INITIALIZER(tests);

void test_check(const struct iml_test *test)
{
	assert(test != NULL && test->magic == TEST_MAGIC);
}

/* ---- failing ---- */

void test_fail(struct iml_test *test, struct place place)
{
	if (test->message.length > 0 && test->message.data[test->message.length - 1] == '\n')
		test->message.data[--test->message.length] = '\0';
	print_error("%s\n", test->message.data);
	text_reset(&test->message);
	_fail(place.file, place.line);
	abort(); /* _fail() returns only outside of a test */
}

void test_fail_with(struct iml_test *test, struct place place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&test->message, format, arguments);
	va_end(arguments);
	test_fail(test, place);
}

/* ---- what the kit tells ---- */

static struct iml_test_scannable *find_scannable(
    struct iml_test *test, const struct kit_session *session)
{
	struct iml_test_scannable *scannable;

	TAILQ_FOREACH (scannable, &test->scannables, next)
		if (scannable->session == session)
			return scannable;
	assert(!"every session is of a scannable of the test");
	abort();
}

static void on_log(void *context, const char *scannable, int level, const char *line)
{
	log_keep(context, scannable, level, line);
}

static void on_applied(void *context, struct kit_session *session, const struct batch *batch)
{
	struct iml_test *test = context;
	struct iml_test_scannable *scannable = find_scannable(test, session);
	bool is_scan = batch->kind == BATCH_INITIAL ||
	               (batch->kind == BATCH_UPDATE && kit_has_update_scan(test->kit));

	if (is_scan) {
		scannable->scans++;
		scannable->refused = 0;
		reasons_clear(&scannable->refused_reasons);
		free(scannable->reason);
		scannable->reason = NULL;
	}
	test->async_batches += batch->kind == BATCH_ASYNC;
	series_collect(test, session, batch);
	scannable->refused += batch->refused;
	if (batch->refused > 0)
		reasons_take(&scannable->refused_reasons, xstrdup(batch->diagnostic));
	test->refused = test->refused || batch->refused > 0;
}

static void on_ended(
    void *context, struct kit_session *session, const char *hook, const char *reason)
{
	struct iml_test_scannable *scannable = find_scannable(context, session);

	if (reason == NULL)
		return;
	free(scannable->reason);
	scannable->reason = xasprintf("%s: %s", hook, reason);
}

bool test_run(struct iml_test *test)
{
	bool done;

	test->running = true;
	done = kit_run(test->kit);
	test->running = false;
	return done;
}

void test_check_refused(struct iml_test *test, struct place place)
{
	struct iml_test_scannable *scannable;
	bool refused = test->refused;

	test->refused = false;
	if (!refused || test->allow_refused)
		return;
	text_append(&test->message, "calls of the plugin were refused:\n");
	TAILQ_FOREACH (scannable, &test->scannables, next) {
		for (size_t i = 0; i < scannable->refused_reasons.count; i++)
			text_printf(&test->message, "  %s\n", scannable->refused_reasons.items[i]);
		if (scannable->refused > scannable->refused_reasons.count)
			text_printf(&test->message, "  in all %llu for %s\n",
			    (unsigned long long)scannable->refused,
			    graph_name(scannable->session->scannable));
	}
	test_fail(test, place);
}

/* ---- beginning ---- */

static struct iml_test *make_test(char *name)
{
	struct iml_test *test = xcalloc(1, sizeof(*test));

	clock_stop();
	test->magic = TEST_MAGIC;
	test->name = name;
	TAILQ_INIT(&test->scannables);
	pthread_mutex_init(&test->log_lock, NULL);
	LIST_INSERT_HEAD(&tests, test, next);
	return test;
}

struct iml_test *iml_test_new_definition(
    const char *name, const struct iml_plugin_definition *definition)
{
	struct iml_test *test = make_test(xstrdup(name));

	test->definition = definition;
	return test;
}

struct iml_test *iml_test_load(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	size_t length = strlen(base);
	struct iml_test *test;

	if (length > 3 && strcmp(base + length - 3, ".so") == 0)
		length -= 3;
	test = make_test(xstrndup(base, length));
	test->path = xstrdup(path);
	return test;
}

void iml_test_set_at(
    const char *file, int line, struct iml_test *test, const char *key, const char *value)
{
	test_check(test);
	if (test->kit != NULL)
		test_fail_with(
		    test, HERE, "setting \"%s\" comes too late: the plugin is loaded already", key);
	test->settings = xgrow(
	    test->settings, test->setting_count, &test->setting_capacity, sizeof(*test->settings));
	test->settings[test->setting_count++] =
	    (struct setting){.key = xstrdup(key), .value = xstrdup(value)};
}

void iml_test_allow_refused(struct iml_test *test, bool allow)
{
	test_check(test);
	test->allow_refused = allow;
}

static void append_reasons(struct iml_test *test, const struct reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		text_printf(&test->message, "\n  %s", reasons->items[i]);
}

void test_load(struct iml_test *test, struct place place)
{
	struct reasons reasons = {.count = 0};
	struct reasons warnings = {.count = 0};
	struct kit_options options = {.name = test->name,
	    .path = test->path,
	    .definition = test->definition,
	    .log_level = LOG_LEVEL_DEBUG,
	    .settings = test->settings,
	    .setting_count = test->setting_count,
	    .recorder = -1,
	    .callbacks = {.log = on_log, .applied = on_applied, .ended = on_ended},
	    .context = test};

	test_check(test);
	if (test->running)
		test_fail_with(test, place,
		    "not while a hook of the plugin runs, and not after a failure has left one");
	if (test->kit != NULL)
		return;
	test->kit = kit_load(&options, &reasons, &warnings);
	for (size_t i = 0; i < warnings.count; i++)
		log_keep(test, NULL, LOG_LEVEL_WARNING, warnings.items[i]);
	if (test->kit == NULL) {
		text_printf(&test->message, "plugin %s can't be loaded:", test->name);
		append_reasons(test, &reasons);
	}
	reasons_clear(&reasons);
	reasons_clear(&warnings);
	if (test->kit == NULL)
		test_fail(test, place);
}

/* ---- the end ---- */

static void free_scannable(struct iml_test_scannable *scannable)
{
	TAILQ_REMOVE(&scannable->test->scannables, scannable, next);
	reasons_clear(&scannable->refused_reasons);
	free(scannable->reason);
	free(scannable);
}

/* Releases all but the kit. */
static void release(struct iml_test *test)
{
	while (!TAILQ_EMPTY(&test->scannables))
		free_scannable(TAILQ_FIRST(&test->scannables));
	for (size_t i = 0; i < test->setting_count; i++) {
		free(test->settings[i].key);
		free(test->settings[i].value);
	}
	free(test->settings);
	resources_free(test);
	series_free(test);
	log_free(test);
	pthread_mutex_destroy(&test->log_lock);
	text_clear(&test->message);
	free(test->name);
	free(test->path);
	LIST_REMOVE(test, next);
	test->magic = 0;
	free(test);
}

/* Tears down all sessions. What was wrong about that is in the message then. */
static void close_all(struct iml_test *test)
{
	size_t first = log_count(test);

	kit_stop(test->kit);
	while (test_run(test))
		continue;
	log_append_matching(test, NULL, first, "teardown failed: ");
	if (!test->allow_refused)
		log_append_matching(test, NULL, first, "refused: ");
}

void iml_test_free_at(const char *file, int line, struct iml_test *test)
{
	char *wrong = NULL;

	if (test == NULL)
		return;
	test_check(test);
	if (test->running)
		return;
	text_reset(&test->message);
	if (test->kit != NULL) {
		close_all(test);
		kit_free(test->kit);
		wrong = test->message.length > 0 ? text_steal(&test->message) : NULL;
	}
	release(test);
	if (wrong == NULL)
		return;
	print_error("the sessions did not end well:\n%s", wrong);
	free(wrong);
	_fail(file, line);
}
