/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of a storage plugin, with cmocka.
 *
 *	#include <stdarg.h>
 *	#include <stddef.h>
 *	#include <setjmp.h>
 *	#include <stdint.h>
 *	#include <cmocka.h>
 *	#include <iml/plugin_test.h>
 *
 *	IML_TEST_PLUGIN(acme);
 *
 *	static int setup(void **state)
 *	{
 *		*state = iml_test_new(acme);
 *		return 0;
 *	}
 *
 *	static int teardown(void **state)
 *	{
 *		iml_test_free(*state);
 *		return 0;
 *	}
 *
 *	static void a_failed_drive_raises_an_alert(void **state)
 *	{
 *		struct iml_test *test = *state;
 *		struct iml_test_scannable *array = iml_test_add(test, "Array", "address=10.0.0.1");
 *		struct iml_test_resource *drive;
 *
 *		will_return(acme_drive_state, "OK");
 *		iml_test_assert_scan(array);
 *		drive = iml_test_assert_resource(test, "Drive", "serial=D0");
 *		iml_test_assert_no_alert(drive);
 *
 *		will_return(acme_drive_state, "FAILED");
 *		iml_test_assert_scan(array);
 *		iml_test_assert_attribute(drive, "status", "FAILED");
 *		iml_test_assert_alert(drive, "ERROR", "Drive failure");
 *	}
 *
 * The plugin runs as in the runner: the same code reads its declarations, checks its calls, tells
 * resources apart, removes what is gone, and raises alerts. But there is no database and no other
 * process: hooks run in the thread of the test, when the test says so. So mocks of the vendor's
 * library (mock(), will_return(), the linker's --wrap) work in hooks; threads of the plugin's own
 * run as well, but cmocka's mocks and assertions can't be used in them.
 *
 * Linking
 *
 * Either the plugin's objects are linked into the test program, as above, or its shared object is
 * loaded with iml_test_load():
 *	cc -o test_acme test_acme.o acme.o $(pkg-config --cflags --libs iml-plugin-test)
 * Functions of the C library are better not wrapped: those of the runner would be, too. In C++
 * <cmocka.h> has to be included in extern "C" { }.
 *
 * Failures
 *
 * Every function here, but for the few that say otherwise, fails the running test of cmocka when
 * what it asks for is not so. It prints what it expected and what there is, the resources and their
 * attributes, and names the line of the test. Passwords are never printed. A plugin that can't be
 * loaded fails the test with all its mistakes.
 *
 * A refused call (an unknown attribute, a value out of range, …) fails the test at the end of the
 * scan that made it, with the place of the call in the plugin; see iml_test_allow_refused().
 *
 * Time
 *
 * Time stands still, for the runner, and passes with iml_test_advance() only. The plugin's own
 * clocks go on as they do. Time is one for the whole test program.
 *
 * Lifetime
 *
 * The test owns everything: scannables, resources and texts that functions here return are valid
 * until iml_test_free(), texts as far as nothing else is said. They are never to be freed.
 * A resource may be gone meanwhile; an assertion about it then fails and says so. One that comes
 * back with the same identity is another resource.
 *
 * One thread uses a test and all that belongs to it. Tests come one after the other.
 *
 * Texts of attributes are what a person would type: "12", "true", "4096", "FAILED", of a reference
 * the label of what it refers to. NULL is null. In a list "name=value" they can't be null.
 */
#ifndef IML_PLUGIN_TEST_H
#define IML_PLUGIN_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iml_plugin_definition;
struct iml_test;           /* a plugin under test, with its settings, scannables and resources */
struct iml_test_scannable; /* what an administrator would add */
struct iml_test_resource;  /* what the plugin reported; there is one handle for each */

/* ---------------------------------------------------------------- beginning and end */

/* Declares a plugin that is linked into the test program, by the name given to IML_PLUGIN(). */
#ifdef __cplusplus
#define IML_TEST_PLUGIN(name) \
	extern "C" const struct iml_plugin_definition iml_plugin_definition_##name
#else
#define IML_TEST_PLUGIN(name) extern const struct iml_plugin_definition iml_plugin_definition_##name
#endif

/*
 * Begins a test of a plugin that is declared with IML_TEST_PLUGIN(): iml_test_new(acme). It is
 * loaded by the first function that needs it.
 */
#define iml_test_new(name) iml_test_new_definition(#name, &iml_plugin_definition_##name)

/* The same for a shared object, whose file gives the plugin its name: "build/acme.so". */
struct iml_test *iml_test_load(const char *path);

/*
 * Ends a test: tears down its sessions and frees all that belongs to it. To be called in the
 * teardown function of a test, so that it is called after failures too. Fails if the plugin's
 * teardown failed or made calls that were refused. If the test failed inside a hook, that hook can
 * neither go on nor be torn down: the session is left as it is, with its memory.
 */
#define iml_test_free(test) iml_test_free_at(__FILE__, __LINE__, (test))

/*
 * Gives the plugin a setting, which iml_setting() returns: iml_test_set(test, "list.0", "a").
 * Before the first function that needs the plugin.
 */
#define iml_test_set(test, key, value) iml_test_set_at(__FILE__, __LINE__, (test), (key), (value))

/* ---------------------------------------------------------------- scannables */

/*
 * Adds a scannable of a class, with its attributes. The class may be NULL if the plugin has one
 * scannable class only. Passwords are given as a user types them; the plugin obfuscates them. The
 * first scan is due at once.
 *	iml_test_add(test, "Array", "address=10.0.0.1", "user=admin")
 */
#define iml_test_add(...) iml_test_add_at(__FILE__, __LINE__, __VA_ARGS__, NULL)

/* Attributes with which a scannable can't be added, and a part of the reason. */
#define iml_test_assert_add_fails(test, reason, ...) \
	iml_test_assert_add_fails_at(__FILE__, __LINE__, (test), (reason), __VA_ARGS__, NULL)

/*
 * Runs the next scan of the scannable now, whether or not it is due: initial_scan at first and
 * after a failure or iml_test_close(), update_scan from then on (a plugin without it fails the
 * test). Returns whether it succeeded, and its results hold; if not, its session has ended, as it
 * would in the runner.
 */
#define iml_test_scan(scannable) iml_test_scan_at(__FILE__, __LINE__, (scannable))

/* A scan that must succeed. */
#define iml_test_assert_scan(scannable) iml_test_assert_scan_at(__FILE__, __LINE__, (scannable))

/* A scan that must fail, with a part of the reason: "no route to host". NULL is any reason. */
#define iml_test_assert_scan_fails(scannable, reason) \
	iml_test_assert_scan_fails_at(__FILE__, __LINE__, (scannable), (reason))

/*
 * Why the last scan failed, "initial_scan: " and what iml_fail() was given; NULL if it did not.
 * Never fails. Valid until the next scan.
 */
const char *iml_test_reason(const struct iml_test_scannable *scannable);

/* How many scans of the scannable have succeeded so far. Never fails. */
uint64_t iml_test_scans(const struct iml_test_scannable *scannable);

/*
 * Ends the session as the runner does when it stops: what threads of the plugin reported is stored,
 * and the plugin's teardown is called. Resources stay, as they do in a database; the next scan is
 * an initial scan of a new session. Nothing is done if there is no session.
 */
#define iml_test_close(scannable) iml_test_close_at(__FILE__, __LINE__, (scannable))

/*
 * Lets time pass, in seconds. All that becomes due on the way is done in its order and at its time:
 * scans of all scannables with their periods, and changes of the plugin's own threads, which are
 * stored a moment (0.02 s) after they were made. Scans that fail are no failure of the test. A
 * session that has ended is not begun again.
 */
#define iml_test_advance(test, seconds) iml_test_advance_at(__FILE__, __LINE__, (test), (seconds))

/*
 * Waits, 10 s of real time at most, until a thread of the plugin's own has reported something that
 * is not stored yet, and stores it. No scan is run.
 */
#define iml_test_await(test) iml_test_await_at(__FILE__, __LINE__, (test))

/* ---------------------------------------------------------------- resources */

/*
 * The one resource of a class, or of a class derived from it, with these attributes. Built-in
 * classes can be named too. Fails if there is none, or more than one.
 *	drive = iml_test_assert_resource(test, "Drive", "serial=D0", "status=OK");
 */
#define iml_test_assert_resource(...) \
	iml_test_assert_resource_at(__FILE__, __LINE__, __VA_ARGS__, NULL)

/* The same, but NULL if there is none. */
#define iml_test_find(...) iml_test_find_at(__FILE__, __LINE__, __VA_ARGS__, NULL)

/* That there is no such resource. */
#define iml_test_assert_no_resource(...) \
	iml_test_assert_no_resource_at(__FILE__, __LINE__, __VA_ARGS__, NULL)

/* How many resources of a class there are, scannables included. */
#define iml_test_assert_count(test, class_name, count) \
	iml_test_assert_count_at(__FILE__, __LINE__, (test), (class_name), (count))

/* The resource of a scannable. */
#define iml_test_resource_of(scannable) iml_test_resource_of_at(__FILE__, __LINE__, (scannable))

/* That a resource has been removed. */
#define iml_test_assert_gone(resource) iml_test_assert_gone_at(__FILE__, __LINE__, (resource))

/* The value of an attribute: iml_test_assert_attribute(drive, "lun", NULL). */
#define iml_test_assert_attribute(resource, name, value) \
	iml_test_assert_attribute_at(__FILE__, __LINE__, (resource), (name), (value))

/* The value as text, NULL if it is null. Valid until the next call for the same resource. */
#define iml_test_attribute(resource, name) \
	iml_test_attribute_at(__FILE__, __LINE__, (resource), (name))

/* What people call the resource: the plugin's label, or the default one. */
#define iml_test_assert_label(resource, label) \
	iml_test_assert_label_at(__FILE__, __LINE__, (resource), (label))

/* That the one resource is, or is not, a parent of the other, in one step. */
#define iml_test_assert_parent(child, parent) \
	iml_test_assert_parent_at(__FILE__, __LINE__, (child), (parent))
#define iml_test_assert_no_parent(child, parent) \
	iml_test_assert_no_parent_at(__FILE__, __LINE__, (child), (parent))

/* How many parents the resource has. */
#define iml_test_assert_parents(resource, count) \
	iml_test_assert_parents_at(__FILE__, __LINE__, (resource), (count))

/* Each parent of the resource, by an index from 0; NULL after the last. */
#define iml_test_parent(resource, index) iml_test_parent_at(__FILE__, __LINE__, (resource), (index))

/* Whether the resource is of a class, or of one derived from it. */
#define iml_test_is_a(resource, class_name) \
	iml_test_is_a_at(__FILE__, __LINE__, (resource), (class_name))

/* ---------------------------------------------------------------- alerts */

/*
 * An active alert of this resource: its severity, "ERROR", "WARNING" or "INFO", and a part of its
 * message. NULL is any.
 */
#define iml_test_assert_alert(resource, severity, message) \
	iml_test_assert_alert_at(__FILE__, __LINE__, (resource), (severity), (message))

/* That the resource has no active alert of its own. */
#define iml_test_assert_no_alert(resource) \
	iml_test_assert_no_alert_at(__FILE__, __LINE__, (resource))

/* That the resource, or one of its ancestors, has an active alert, with a part of its message. */
#define iml_test_assert_affected(resource, message) \
	iml_test_assert_affected_at(__FILE__, __LINE__, (resource), (message))

/* That neither the resource nor any of its ancestors has an active alert. */
#define iml_test_assert_not_affected(resource) \
	iml_test_assert_not_affected_at(__FILE__, __LINE__, (resource))

/* ---------------------------------------------------------------- statistics */

/* The newest sample of a gauge or counter, to a millionth of its value. */
#define iml_test_assert_sample(resource, name, value) \
	iml_test_assert_sample_at(__FILE__, __LINE__, (resource), (name), (value))

/* The newest sample. Fails if there is none. */
#define iml_test_sample(resource, name) iml_test_sample_at(__FILE__, __LINE__, (resource), (name))

/* How many samples of a gauge or counter, or histograms, were stored. */
#define iml_test_assert_samples(resource, name, count) \
	iml_test_assert_samples_at(__FILE__, __LINE__, (resource), (name), (count))

/* The newest histogram: an array of int64_t and its length. */
#define iml_test_assert_histogram(resource, name, counts, count) \
	iml_test_assert_histogram_at(__FILE__, __LINE__, (resource), (name), (counts), (count))

/* ---------------------------------------------------------------- refused calls, log */

/* From now on refused calls fail the test (at first), or are only counted. Never fails. */
void iml_test_allow_refused(struct iml_test *test, bool allow);

/*
 * How many calls were refused in the last scan of the scannable that succeeded, or in changes
 * since, and a part of a reason, in which the place stands too: "acme.c:31". NULL is any. Calls
 * that the plugin forgave with iml_forgive() don't count.
 */
#define iml_test_assert_refused(scannable, count, reason) \
	iml_test_assert_refused_at(__FILE__, __LINE__, (scannable), (count), (reason))

/*
 * A part of a line that was logged since the test began: by the plugin, debug lines too, and about
 * it, warnings about its declarations for example. What the plugin prints is no log line.
 */
#define iml_test_assert_log(test, part) iml_test_assert_log_at(__FILE__, __LINE__, (test), (part))

/* ---------------------------------------------------------------- behind the macros */

struct iml_test *iml_test_new_definition(
    const char *name, const struct iml_plugin_definition *definition);
void iml_test_free_at(const char *file, int line, struct iml_test *test);
void iml_test_set_at(
    const char *file, int line, struct iml_test *test, const char *key, const char *value);
__attribute__((sentinel)) struct iml_test_scannable *iml_test_add_at(
    const char *file, int line, struct iml_test *test, const char *class_name, ...);
__attribute__((sentinel)) void iml_test_assert_add_fails_at(const char *file, int line,
    struct iml_test *test, const char *reason, const char *class_name, ...);
bool iml_test_scan_at(const char *file, int line, struct iml_test_scannable *scannable);
void iml_test_assert_scan_at(const char *file, int line, struct iml_test_scannable *scannable);
void iml_test_assert_scan_fails_at(
    const char *file, int line, struct iml_test_scannable *scannable, const char *reason);
void iml_test_close_at(const char *file, int line, struct iml_test_scannable *scannable);
void iml_test_advance_at(const char *file, int line, struct iml_test *test, double seconds);
void iml_test_await_at(const char *file, int line, struct iml_test *test);
__attribute__((sentinel)) struct iml_test_resource *iml_test_assert_resource_at(
    const char *file, int line, struct iml_test *test, const char *class_name, ...);
__attribute__((sentinel)) struct iml_test_resource *iml_test_find_at(
    const char *file, int line, struct iml_test *test, const char *class_name, ...);
__attribute__((sentinel)) void iml_test_assert_no_resource_at(
    const char *file, int line, struct iml_test *test, const char *class_name, ...);
void iml_test_assert_count_at(
    const char *file, int line, struct iml_test *test, const char *class_name, size_t count);
struct iml_test_resource *iml_test_resource_of_at(
    const char *file, int line, struct iml_test_scannable *scannable);
void iml_test_assert_gone_at(const char *file, int line, struct iml_test_resource *resource);
void iml_test_assert_attribute_at(const char *file, int line, struct iml_test_resource *resource,
    const char *name, const char *value);
const char *iml_test_attribute_at(
    const char *file, int line, struct iml_test_resource *resource, const char *name);
void iml_test_assert_label_at(
    const char *file, int line, struct iml_test_resource *resource, const char *label);
void iml_test_assert_parent_at(
    const char *file, int line, struct iml_test_resource *child, struct iml_test_resource *parent);
void iml_test_assert_no_parent_at(
    const char *file, int line, struct iml_test_resource *child, struct iml_test_resource *parent);
void iml_test_assert_parents_at(
    const char *file, int line, struct iml_test_resource *resource, size_t count);
struct iml_test_resource *iml_test_parent_at(
    const char *file, int line, struct iml_test_resource *resource, size_t index);
bool iml_test_is_a_at(
    const char *file, int line, struct iml_test_resource *resource, const char *class_name);
void iml_test_assert_alert_at(const char *file, int line, struct iml_test_resource *resource,
    const char *severity, const char *message);
void iml_test_assert_no_alert_at(const char *file, int line, struct iml_test_resource *resource);
void iml_test_assert_affected_at(
    const char *file, int line, struct iml_test_resource *resource, const char *message);
void iml_test_assert_not_affected_at(
    const char *file, int line, struct iml_test_resource *resource);
void iml_test_assert_sample_at(
    const char *file, int line, struct iml_test_resource *resource, const char *name, double value);
double iml_test_sample_at(
    const char *file, int line, struct iml_test_resource *resource, const char *name);
void iml_test_assert_samples_at(const char *file, int line, struct iml_test_resource *resource,
    const char *name, uint64_t count);
void iml_test_assert_histogram_at(const char *file, int line, struct iml_test_resource *resource,
    const char *name, const int64_t *counts, size_t count);
void iml_test_assert_refused_at(const char *file, int line, struct iml_test_scannable *scannable,
    uint64_t count, const char *reason);
void iml_test_assert_log_at(const char *file, int line, struct iml_test *test, const char *part);

#ifdef __cplusplus
}
#endif

#endif
