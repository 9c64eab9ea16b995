/* SPDX-License-Identifier: MIT */
/* Scannables, their scans, and time. */
#include "harness.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/memory.h"

#define AWAIT_S 10

/* ---- adding ---- */

/* What a test gives a scannable, as texts "name=value". */
struct typed_list {
	struct typed_attribute *items;
	size_t count, capacity;
};

static void typed_list_clear(struct typed_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].value);
	}
	free(list->items);
}

/* Reads the arguments up to NULL. Returns the first that has no "=", or NULL. */
static const char *typed_list_read(struct typed_list *list, va_list arguments)
{
	const char *argument;

	while ((argument = va_arg(arguments, const char *)) != NULL) {
		const char *equals = strchr(argument, '=');

		if (equals == NULL)
			return argument;
		list->items =
		    xgrow(list->items, list->count, &list->capacity, sizeof(*list->items));
		list->items[list->count++] = (struct typed_attribute){
		    .name = xstrndup(argument, (size_t)(equals - argument)),
		    .value = xstrdup(equals + 1)};
	}
	return NULL;
}

/* Has the kit add a scannable, which may run functions of the plugin. NULL with reasons. */
static struct kit_session *add_session(
    struct iml_test *test, const char *class_name, va_list arguments, struct reasons *reasons)
{
	struct typed_list list = {.count = 0};
	struct kit_session *session = NULL;
	const char *wrong = typed_list_read(&list, arguments);

	test->running = true;
	if (wrong != NULL)
		reasons_add(reasons, "\"%s\" is not \"name=value\"", wrong);
	else
		session = kit_add(test->kit, class_name, list.items, list.count, reasons);
	test->running = false;
	typed_list_clear(&list);
	return session;
}

/* Opens the session, whose first scan is due then. */
static struct iml_test_scannable *make_scannable(struct iml_test *test, struct kit_session *session)
{
	struct iml_test_scannable *scannable = xcalloc(1, sizeof(*scannable));

	scannable->test = test;
	scannable->session = session;
	scannable->id = session->scannable->id;
	TAILQ_INSERT_TAIL(&test->scannables, scannable, next);
	kit_open(session);
	return scannable;
}

struct iml_test_scannable *iml_test_add_at(
    const char *file, int line, struct iml_test *test, const char *class_name, ...)
{
	struct reasons reasons = {.count = 0};
	struct kit_session *session;
	va_list arguments;

	test_load(test, HERE);
	va_start(arguments, class_name);
	session = add_session(test, class_name, arguments, &reasons);
	va_end(arguments);
	if (session != NULL)
		return make_scannable(test, session);
	text_append(&test->message, "the scannable can't be added:");
	for (size_t i = 0; i < reasons.count; i++)
		text_printf(&test->message, "\n  %s", reasons.items[i]);
	reasons_clear(&reasons);
	test_fail(test, HERE);
}

void iml_test_assert_add_fails_at(const char *file, int line, struct iml_test *test,
    const char *reason, const char *class_name, ...)
{
	struct reasons reasons = {.count = 0};
	struct kit_session *session;
	va_list arguments;
	bool as_expected = false;

	test_load(test, HERE);
	va_start(arguments, class_name);
	session = add_session(test, class_name, arguments, &reasons);
	va_end(arguments);
	if (session != NULL)
		test_fail_with(test, HERE,
		    "the scannable %s was added, but was expected to be refused with \"%s\"",
		    graph_name(session->scannable), reason != NULL ? reason : "any reason");
	text_printf(&test->message,
	    "the scannable was refused, but not with \"%s\":", reason != NULL ? reason : "");
	for (size_t i = 0; i < reasons.count; i++) {
		as_expected = as_expected || reason == NULL || strstr(reasons.items[i], reason);
		text_printf(&test->message, "\n  %s", reasons.items[i]);
	}
	reasons_clear(&reasons);
	if (!as_expected)
		test_fail(test, HERE);
	text_reset(&test->message);
}

/* ---- scanning ---- */

static const char *name_of(const struct iml_test_scannable *scannable)
{
	return graph_name(scannable->session->scannable);
}

static void prepare_scan(struct iml_test_scannable *scannable, struct place place)
{
	struct iml_test *test = scannable->test;

	test_load(test, place);
	if (scannable->session->number == 0)
		kit_open(scannable->session);
	if (scannable->session->state != KIT_INITIAL && !kit_has_update_scan(test->kit))
		test_fail_with(test, place,
		    "%s has had its initial scan, and plugin %s has no update_scan",
		    name_of(scannable), test->name);
	scannable->first_line = log_count(test);
}

/* Runs one scan, and what else has to come before it. Returns whether it succeeded. */
static bool scan(struct iml_test_scannable *scannable, struct place place)
{
	uint64_t scans = scannable->scans;
	uint64_t failures = scannable->session->failures;

	prepare_scan(scannable, place);
	while (scannable->scans == scans && scannable->session->failures == failures) {
		kit_hurry(scannable->session);
		if (!test_run(scannable->test))
			test_fail_with(
			    scannable->test, place, "no scan of %s can be run", name_of(scannable));
	}
	test_check_refused(scannable->test, place);
	return scannable->scans > scans;
}

bool iml_test_scan_at(const char *file, int line, struct iml_test_scannable *scannable)
{
	return scan(scannable, HERE);
}

void iml_test_assert_scan_at(const char *file, int line, struct iml_test_scannable *scannable)
{
	struct iml_test *test = scannable->test;

	if (scan(scannable, HERE))
		return;
	text_printf(&test->message, "the scan of %s failed: %s\nLogged in it:\n",
	    name_of(scannable), scannable->reason);
	log_append(test, scannable->first_line);
	test_fail(test, HERE);
}

void iml_test_assert_scan_fails_at(
    const char *file, int line, struct iml_test_scannable *scannable, const char *reason)
{
	if (scan(scannable, HERE))
		test_fail_with(scannable->test, HERE,
		    "the scan of %s succeeded, but was expected to fail with \"%s\"",
		    name_of(scannable), reason != NULL ? reason : "any reason");
	if (reason == NULL || strstr(scannable->reason, reason) != NULL)
		return;
	test_fail_with(scannable->test, HERE,
	    "the scan of %s failed with \"%s\", but was expected to with \"%s\"",
	    name_of(scannable), scannable->reason, reason);
}

const char *iml_test_reason(const struct iml_test_scannable *scannable)
{
	return scannable->reason;
}

uint64_t iml_test_scans(const struct iml_test_scannable *scannable)
{
	return scannable->scans;
}

void iml_test_close_at(const char *file, int line, struct iml_test_scannable *scannable)
{
	struct iml_test *test = scannable->test;
	size_t first;

	test_load(test, HERE);
	first = log_count(test);
	kit_close(scannable->session);
	while (scannable->session->number != 0 && test_run(test))
		continue;
	test_check_refused(test, HERE);
	text_printf(&test->message, "the session of %s did not end well:\n", name_of(scannable));
	if (log_append_matching(test, NULL, first, "teardown failed: ") > 0)
		test_fail(test, HERE);
	if (!test->allow_refused && log_append_matching(test, NULL, first, "refused: ") > 0)
		test_fail(test, HERE);
	text_reset(&test->message);
}

/* ---- time ---- */

static void skip_to(struct monotonic time)
{
	int64_t ahead = monotonic_since(time, monotonic_now());

	if (ahead > 0)
		clock_skip(ahead);
}

void iml_test_advance_at(const char *file, int line, struct iml_test *test, double seconds)
{
	struct monotonic end, due;

	test_load(test, HERE);
	if (!(seconds >= 0))
		test_fail_with(test, HERE, "time does not go back by %g s", -seconds);
	end = monotonic_after(monotonic_now(), (int64_t)(seconds * (double)NS_PER_S));
	while (kit_next(test->kit, &due) && due.ns <= end.ns) {
		skip_to(due);
		test_run(test);
	}
	skip_to(end);
	test_check_refused(test, HERE);
}

/* Real time, which the clock of the runner does not tell here. */
static int64_t real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / NS_PER_MS;
}

void iml_test_await_at(const char *file, int line, struct iml_test *test)
{
	int64_t end = real_ms() + AWAIT_S * 1000;
	struct monotonic due;
	uint64_t before;

	test_load(test, HERE);
	for (before = test->async_batches; test->async_batches == before;) {
		struct pollfd wake = {.fd = kit_wake(test->kit), .events = POLLIN};
		int64_t left = end - real_ms();
		eventfd_t ignored;

		eventfd_read(wake.fd, &ignored);
		if (kit_next_changes(test->kit, &due)) {
			skip_to(due);
			test_run(test);
			continue;
		}
		if (left <= 0)
			test_fail_with(test, HERE,
			    "no thread of the plugin has reported anything for %d s", AWAIT_S);
		poll(&wake, 1, (int)left);
	}
	test_check_refused(test, HERE);
}

/* ---- refused calls ---- */

/* Whether a reason of a refused call is known that contains part. */
static bool has_refused_reason(struct iml_test_scannable *scannable, const char *part)
{
	for (size_t i = 0; i < scannable->refused_reasons.count; i++)
		if (strstr(scannable->refused_reasons.items[i], part) != NULL)
			return true;
	return log_contains(scannable->test, scannable->session->name, scannable->first_line, part);
}

void iml_test_assert_refused_at(const char *file, int line, struct iml_test_scannable *scannable,
    uint64_t count, const char *reason)
{
	struct iml_test *test = scannable->test;
	bool good = scannable->refused == count;

	test_load(test, HERE);
	if (good && (reason == NULL || has_refused_reason(scannable, reason)))
		return;
	text_printf(&test->message, "%llu calls of %s were refused",
	    (unsigned long long)scannable->refused, name_of(scannable));
	if (!good)
		text_printf(&test->message, ", %llu expected", (unsigned long long)count);
	else
		text_printf(&test->message, ", none with \"%s\"", reason);
	text_append(&test->message, ":\n");
	for (size_t i = 0; i < scannable->refused_reasons.count; i++)
		text_printf(&test->message, "  %s\n", scannable->refused_reasons.items[i]);
	test_fail(test, HERE);
}
