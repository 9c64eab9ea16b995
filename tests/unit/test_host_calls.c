/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/log.h"
#include "batch_samples.h"
#include "fake_supervisor.h"
#include "host/calls.h"
#include "watchdog.h"

/* The scans below are code of a plugin; the calls that they make go to the host. */
const struct iml_calls *iml_calls_ = &host_calls;

#define SERIAL 0
#define CAPACITY 1
#define STATUS 2
#define NOTE 3

/* What the scans found out, for the test to check. The channel orders one after the other. */
static struct {
	int result[16];
	char error[16][1024];
	struct iml_resource *resource[16];
	bool flag[16];
	char text[4096];
	size_t count;
	struct iml_plugin *self;
} seen;

static struct t_hooks *hooks;

static int keep(size_t i, int result)
{
	seen.result[i] = result;
	snprintf(seen.error[i], sizeof(seen.error[i]), "%s", iml_error());
	return result;
}

static struct iml_resource *keep_resource(size_t i, struct iml_resource *resource)
{
	seen.resource[i] = resource;
	snprintf(seen.error[i], sizeof(seen.error[i]), "%s", iml_error());
	return resource;
}

static struct iml_resource *report_drive(struct iml_plugin *self, const char *serial)
{
	return iml_update_or_create(self, hooks->drive, IML_NO_PARENTS, IML_SET("serial", serial),
	    IML_SET("capacity", 100));
}

/* ---- running one scan, or two ---- */

typedef int scan(struct iml_plugin *self, struct iml_resource *scannable);

static struct fake_supervisor *begin(scan *initial, scan *update)
{
	struct fake_supervisor *fake = fake_start("t_hooks", LOG_LEVEL_INFO, 2);

	assert_int_equal(fake->loaded.type, MESSAGE_LOADED);
	memset(&seen, 0, sizeof(seen));
	hooks = fake->hooks;
	hooks->initial_scan = initial;
	hooks->update_scan = update;
	fake_open(fake, 1);
	return fake;
}

/* Runs an initial scan and hands over its batch, which the caller releases. */
static struct batch *scan_once(struct fake_supervisor **fake, scan *initial)
{
	*fake = begin(initial, NULL);
	return fake_batch(*fake);
}

/* Runs both scans and hands over the batch of the update. */
static struct batch *scan_twice(struct fake_supervisor **fake, scan *initial, scan *update)
{
	*fake = begin(initial, update);
	fake_acknowledge(*fake, fake_batch(*fake));
	return fake_batch(*fake);
}

static void finish(struct fake_supervisor *fake, struct batch *batch)
{
	batch_free(batch);
	fake_stop(fake);
}

static const struct report *find_report(const struct batch *batch, uint32_t resource)
{
	for (size_t i = 0; i < batch->report_count; i++)
		if (batch->reports[i].resource == resource)
			return &batch->reports[i];
	return NULL;
}

static const struct value *find_change(const struct report *report, uint32_t attribute)
{
	for (size_t i = 0; i < report->change_count; i++)
		if (report->changes[i].attribute == attribute)
			return &report->changes[i].value;
	return NULL;
}

/* ---- reports ---- */

static int scan_one_drive(struct iml_plugin *self, struct iml_resource *scannable);

static int scan_two_drives(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	report_drive(self, "A");
	report_drive(self, "B");
	return 0;
}

static void test_new_resources_are_sent_with_all_their_values(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_two_drives);
	const struct report *report = find_report(batch, 1);

	(void)state;
	assert_int_equal(batch->kind, BATCH_INITIAL);
	assert_int_equal(batch->refused, 0);
	assert_int_equal(batch->report_count, 2);
	assert_non_null(report);
	assert_true(report->created);
	assert_int_equal(report->class, T_DRIVE);
	assert_string_equal(find_change(report, SERIAL)->text, "A");
	assert_int_equal(find_change(report, CAPACITY)->integer, 100);
	assert_string_equal(find_change(report, STATUS)->text, "OK");
	assert_null(find_change(report, NOTE));
	finish(fake, batch);
}

static int scan_reports_twice(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	keep_resource(0, iml_update_or_create_flag(self, hooks->drive, &seen.flag[0],
	                     IML_NO_PARENTS, IML_SET("serial", "A"), IML_SET("capacity", 1)));
	keep_resource(1, iml_update_or_create_flag(self, hooks->drive, &seen.flag[1],
	                     IML_NO_PARENTS, IML_SET("serial", "A"), IML_SET("status", "FAILED")));
	return 0;
}

static void test_a_second_report_updates_the_same_resource(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_reports_twice);

	(void)state;
	assert_ptr_equal(seen.resource[0], seen.resource[1]);
	assert_true(seen.flag[0]);
	assert_false(seen.flag[1]);
	assert_int_equal(batch->report_count, 1);
	assert_int_equal(find_change(&batch->reports[0], CAPACITY)->integer, 1);
	assert_string_equal(find_change(&batch->reports[0], STATUS)->text, "FAILED");
	finish(fake, batch);
}

static int scan_incomplete_report(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	report_drive(self, "A");
	keep_resource(
	    0, iml_update_or_create(self, hooks->drive, IML_NO_PARENTS, IML_SET("serial", "B")));
	keep_resource(1, iml_update_or_create(self, hooks->drive, IML_NO_PARENTS,
	                     IML_SET("serial", "C"), IML_SET("capcity", 3)));
	keep_resource(2, iml_update_or_create(self, hooks->drive, IML_NO_PARENTS,
	                     IML_SET("serial", "D"), IML_SET("capacity", -1)));
	keep_resource(
	    3, iml_update_or_create(self, hooks->drive, IML_NO_PARENTS, IML_SET("capacity", 1)));
	keep_resource(4, iml_update_or_create(self, hooks->drive, IML_NO_PARENTS,
	                     IML_SET("serial", "E"), IML_SET("temperature", 1)));
	return 0;
}

static void test_a_refused_report_leaves_its_neighbours(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_incomplete_report);

	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_null(seen.resource[i]);
	assert_non_null(strstr(seen.error[0], "Drive B"));
	assert_non_null(strstr(seen.error[0], "\"capacity\""));
	assert_non_null(strstr(seen.error[0], "(iml_update_or_create at "));
	assert_non_null(strstr(seen.error[0], "test_host_calls.c:"));
	assert_non_null(strstr(seen.error[1], "\"capcity\" is no attribute"));
	assert_non_null(strstr(seen.error[1], "\"capacity\""));
	assert_non_null(strstr(seen.error[2], "Drive D: \"capacity\": -1"));
	assert_non_null(strstr(seen.error[3], "\"serial\""));
	assert_non_null(strstr(seen.error[4], "is a statistic"));
	assert_int_equal(batch->refused, 5);
	assert_string_equal(batch->diagnostic, seen.error[0]);
	assert_int_equal(batch->report_count, 1);
	assert_non_null(strstr(fake->log.data, "30 refused: Drive B"));
	finish(fake, batch);
}

static int scan_forgives(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_update_or_create(self, hooks->drive, IML_NO_PARENTS, IML_SET("serial", "B"));
	return iml_forgive(self);
}

static void test_forgiven_refusals_do_not_degrade(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_forgives);

	(void)state;
	assert_int_equal(batch->refused, 0);
	assert_null(batch->diagnostic);
	finish(fake, batch);
}

static int scan_many_refusals(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	for (int i = 0; i < 100; i++)
		iml_update_or_create(self, hooks->drive, IML_NO_PARENTS, IML_SET("serial", "B"));
	return 0;
}

static void test_equal_refusals_are_logged_once(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_many_refusals);
	const char *first = strstr(fake->log.data, "refused:");

	(void)state;
	assert_int_equal(batch->refused, 100);
	assert_non_null(first);
	assert_null(strstr(first + 1, "refused:"));
	finish(fake, batch);
}

/* In one loop, drives with impossible capacities, each another. */
static void report_bad_drives(struct iml_plugin *self, int count)
{
	for (int i = 0; i < count; i++) {
		char serial[16];

		snprintf(serial, sizeof(serial), "S%d", i);
		iml_update_or_create(self, hooks->drive, IML_NO_PARENTS, IML_SET("serial", serial),
		    IML_SET("capacity", -1 - i));
	}
}

static int scan_two_mistakes(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	report_bad_drives(self, 2);
	return 0;
}

static void test_each_mistake_made_in_a_loop_is_logged(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_two_mistakes);

	(void)state;
	assert_int_equal(batch->refused, 2);
	assert_non_null(strstr(fake->log.data, "\"capacity\": -1"));
	assert_non_null(strstr(fake->log.data, "\"capacity\": -2"));
	assert_null(strstr(fake->log.data, "not shown"));
	finish(fake, batch);
}

static int scan_twelve_mistakes(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	report_bad_drives(self, 12);
	return 0;
}

static void test_calls_that_are_not_logged_are_counted_at_the_end_of_the_scan(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_twice(&fake, scan_twelve_mistakes, scan_twelve_mistakes);
	const char *told = strstr(fake->log.data, "2 more calls refused at ");

	(void)state;
	assert_int_equal(batch->refused, 12);
	assert_non_null(strstr(fake->log.data, "\"capacity\": -10"));
	assert_null(strstr(fake->log.data, "\"capacity\": -11"));
	assert_non_null(told);
	assert_non_null(strstr(told, "test_host_calls.c:"));
	assert_non_null(strstr(told, ", not shown"));
	/* The second scan says nothing new. */
	assert_null(strstr(told, "refused:"));
	assert_null(strstr(told + strlen("2 more calls"), "more calls"));
	finish(fake, batch);
}

static int scan_foreign_classes(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	keep_resource(
	    0, iml_update_or_create(self, hooks->unlisted, IML_NO_PARENTS, IML_SET("name", "x")));
	keep_resource(1,
	    iml_update_or_create(self, &iml_physical_disk, IML_NO_PARENTS, IML_SET("name", "x")));
	keep_resource(2, iml_update_or_create(self, NULL, IML_NO_PARENTS, IML_SET("name", "x")));
	return 0;
}

static void test_only_classes_of_the_plugin_can_be_reported(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_foreign_classes);

	(void)state;
	assert_null(seen.resource[0]);
	assert_null(seen.resource[1]);
	assert_null(seen.resource[2]);
	assert_non_null(strstr(seen.error[0], "Unlisted"));
	assert_non_null(strstr(seen.error[1], "PhysicalDisk"));
	assert_int_equal(batch->refused, 3);
	finish(fake, batch);
}

/* ---- identity ---- */

static int scan_identities(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	keep_resource(0, iml_update_or_create(self, hooks->fan, IML_NO_PARENTS, IML_SET("a", 1)));
	keep_resource(1, iml_update_or_create(
	                     self, hooks->fan, IML_NO_PARENTS, IML_SET("a", 1), IML_SET("b", 2)));
	keep_resource(2, iml_update_or_create(self, hooks->fan, IML_NO_PARENTS, IML_SET("a", 1),
	                     IML_SET("b", IML_NULL)));
	keep_resource(3, iml_update_or_create(self, hooks->fan, IML_NO_PARENTS, IML_SET("b", 2)));
	keep_resource(4, report_drive(self, "a"));
	keep_resource(5, report_drive(self, "A"));
	keep_resource(6, iml_update_or_create(self, hooks->shelf, IML_NO_PARENTS,
	                     IML_SET("uuid", "BACBE363-A1D4-4C1A-9A08-5B47DE17AB73")));
	keep_resource(7, iml_update_or_create(self, hooks->shelf, IML_NO_PARENTS,
	                     IML_SET("uuid", "bacbe363a1d44c1a9a085b47de17ab73")));
	keep(8, iml_set(seen.resource[4], "serial", "b"));
	keep(9, iml_set(seen.resource[4], "serial", "a"));
	keep(10, iml_set(seen.resource[6], "uuid", "bacbe363a1d44c1a9a085b47de17ab73"));
	keep(11, iml_set(seen.resource[6], "uuid", "bacbe363a1d44c1a9a085b47de17ab74"));
	iml_get_text(seen.resource[6], "uuid", seen.text, sizeof(seen.text));
	return 0;
}

static void test_identity_is_all_identifying_values(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_identities);

	(void)state;
	assert_ptr_not_equal(seen.resource[0], seen.resource[1]);
	assert_ptr_equal(seen.resource[0], seen.resource[2]);
	assert_null(seen.resource[3]);
	assert_non_null(strstr(seen.error[3], "\"a\""));
	assert_ptr_not_equal(seen.resource[4], seen.resource[5]);
	assert_ptr_equal(seen.resource[6], seen.resource[7]);
	assert_int_equal(seen.result[8], IML_EIDENTITY);
	assert_int_equal(seen.result[9], 0);
	finish(fake, batch);
}

static void test_a_uuid_in_another_spelling_is_the_same_and_no_change(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_identities);

	(void)state;
	assert_int_equal(seen.result[10], 0);
	assert_int_equal(seen.result[11], IML_EIDENTITY);
	assert_string_equal(seen.text, "BACBE363-A1D4-4C1A-9A08-5B47DE17AB73");
	finish(fake, batch);
}

static int scan_shelf(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	keep_resource(0, iml_update_or_create(self, hooks->shelf, IML_NO_PARENTS,
	                     IML_SET("uuid", "BACBE363-A1D4-4C1A-9A08-5B47DE17AB73")));
	return 0;
}

static int spell_uuid_differently(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	keep(1, iml_set(seen.resource[0], "uuid", "bacbe363a1d44c1a9a085b47de17ab73"));
	return 0;
}

static void test_another_spelling_of_an_identity_is_not_sent(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_twice(&fake, scan_shelf, spell_uuid_differently);

	(void)state;
	assert_int_equal(seen.result[1], 0);
	assert_int_equal(batch->refused, 0);
	assert_int_equal(batch->report_count, 0);
	finish(fake, batch);
}

static int scan_scannable_itself(struct iml_plugin *self, struct iml_resource *scannable)
{
	keep_resource(0, scannable);
	keep_resource(1, iml_scannable_of(self));
	keep_resource(2, iml_update_or_create(self, hooks->controller, IML_NO_PARENTS,
	                     IML_SET("address", "array-1"), IML_SET("firmware", "old")));
	keep(3, iml_remove(scannable));
	snprintf(seen.text, sizeof(seen.text), "%s %s", iml_text(scannable, "address"),
	    iml_text(scannable, "password"));
	seen.count = (size_t)iml_get_integer(scannable, "boots");
	return iml_forgive(self);
}

static void test_the_scannable_is_a_resource_of_its_session(void **state)
{
	struct fake_supervisor *fake = fake_start("t_hooks", LOG_LEVEL_INFO, 2);
	struct batch *batch;

	(void)state;
	hooks = fake->hooks;
	hooks->initial_scan = scan_scannable_itself;
	fake_open_partly(fake, 1, 2);
	batch = fake_batch(fake);
	assert_ptr_equal(seen.resource[0], seen.resource[1]);
	assert_ptr_equal(seen.resource[0], seen.resource[2]);
	assert_int_equal(seen.result[3], IML_ESTATE);
	assert_string_equal(seen.text, "array-1 hunter2");
	assert_int_equal(seen.count, 7);
	assert_int_equal(batch->report_count, 1);
	assert_false(batch->reports[0].created);
	assert_string_equal(find_change(&batch->reports[0], 1)->text, "old");
	/* A mandatory attribute that it lacked got its default, which is stored. */
	assert_int_equal(find_change(&batch->reports[0], 3)->integer, 7);
	assert_int_equal(batch->alert_count, 1);
	assert_int_equal(batch->alerts[0].resource, 0);
	finish(fake, batch);
}

/* ---- defaults ---- */

static int copy_name(struct iml_resource *resource)
{
	char name[64];

	return iml_set(resource, "copy", iml_get_text(resource, "name", name, sizeof(name)));
}

static int read_name(struct iml_resource *resource)
{
	char name[64];

	iml_get_text(resource, "name", name, sizeof(name));
	return 0;
}

static int scan_default_function(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	hooks->default_function = copy_name;
	iml_update_or_create(self, hooks->nid, IML_NO_PARENTS, IML_SET("name", "Bob"));
	hooks->default_function = read_name;
	keep_resource(
	    0, iml_update_or_create(self, hooks->nid, IML_NO_PARENTS, IML_SET("name", "Eve")));
	hooks->default_function = NULL;
	return 0;
}

static void test_default_functions_compute_missing_values(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_default_function);

	(void)state;
	assert_int_equal(batch->report_count, 1);
	assert_string_equal(find_change(&batch->reports[0], 1)->text, "Bob");
	assert_null(seen.resource[0]);
	assert_non_null(strstr(seen.error[0], "\"copy\""));
	assert_non_null(strstr(seen.error[0], "(iml_update_or_create at "));
	assert_int_equal(batch->refused, 1);
	finish(fake, batch);
}

static int meddle(struct iml_resource *resource)
{
	struct iml_plugin *self = iml_plugin_of(resource);

	keep_resource(0, report_drive(self, "X"));
	keep(1, iml_remove(resource));
	keep(2, iml_set(iml_scannable_of(self), "firmware", "new"));
	return copy_name(resource);
}

static int scan_meddling_default(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	hooks->default_function = meddle;
	keep_resource(
	    3, iml_update_or_create(self, hooks->nid, IML_NO_PARENTS, IML_SET("name", "Bob")));
	return 0;
}

static void test_a_default_function_can_assign_its_own_resource_only(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_meddling_default);

	(void)state;
	assert_null(seen.resource[0]);
	assert_int_equal(seen.result[1], IML_ESTATE);
	assert_int_equal(seen.result[2], IML_ESTATE);
	assert_non_null(seen.resource[3]);
	assert_int_equal(batch->report_count, 1);
	finish(fake, batch);
}

/* ---- changes ---- */

static int scan_one_drive(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	seen.self = self;
	keep_resource(0, report_drive(self, "A"));
	return 0;
}

static int scan_same_again(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	report_drive(self, "A");
	iml_set(seen.resource[0], "status", "OK");
	iml_set(seen.resource[0], "note", IML_NULL);
	iml_set(seen.resource[0], "capacity", 200);
	iml_set(seen.resource[0], "capacity", 100);
	return 0;
}

static void test_equal_values_and_those_that_return_are_no_change(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_twice(&fake, scan_one_drive, scan_same_again);

	(void)state;
	assert_int_equal(batch->kind, BATCH_UPDATE);
	assert_true(batch_is_empty(batch));
	assert_int_equal(batch->number, 2);
	finish(fake, batch);
}

static int scan_reports_unchanged(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_report_unchanged(self, true);
	iml_set(seen.resource[0], "capacity", 100);
	iml_report_unchanged(self, false);
	return scan_same_again(self, scannable);
}

static void test_every_assignment_counts_when_asked_for(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_twice(&fake, scan_one_drive, scan_reports_unchanged);

	(void)state;
	assert_int_equal(batch->report_count, 1);
	assert_int_equal(batch->reports[0].change_count, 1);
	assert_int_equal(find_change(&batch->reports[0], CAPACITY)->integer, 100);
	finish(fake, batch);
}

static int scan_changes(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	keep(1, iml_set(seen.resource[0], "status", "FAILED"));
	keep(2, iml_set(seen.resource[0], "note", "12345678"));
	keep(3, iml_set(seen.resource[0], "note", "123456789"));
	keep(4, iml_set(seen.resource[0], "capacity", IML_NULL));
	keep(5, iml_set(seen.resource[0], "status", "BROKEN"));
	keep(6, iml_set(seen.resource[0], "status", 1));
	keep(7, iml_set(seen.resource[0], "color", "red"));
	return 0;
}

static void test_refused_assignments_leave_the_old_value(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_twice(&fake, scan_one_drive, scan_changes);

	(void)state;
	assert_int_equal(seen.result[1], 0);
	assert_int_equal(seen.result[2], 0);
	for (size_t i = 3; i < 7; i++)
		assert_int_equal(seen.result[i], IML_EVALUE);
	assert_int_equal(seen.result[7], IML_EUNKNOWN);
	assert_int_equal(batch->refused, 5);
	assert_int_equal(batch->report_count, 1);
	assert_false(batch->reports[0].created);
	assert_int_equal(batch->reports[0].change_count, 2);
	assert_string_equal(find_change(&batch->reports[0], STATUS)->text, "FAILED");
	assert_string_equal(find_change(&batch->reports[0], NOTE)->text, "12345678");
	finish(fake, batch);
}

static int scan_updates_nothing_of_a_bad_report(
    struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	keep_resource(
	    1, iml_update_or_create(self, hooks->drive, IML_NO_PARENTS, IML_SET("serial", "A"),
	           IML_SET("status", "FAILED"), IML_SET("capacity", -5)));
	keep_resource(2, iml_update_or_create(self, hooks->drive, IML_PARENTS(NULL),
	                     IML_SET("serial", "A"), IML_SET("status", "FAILED")));
	return 0;
}

static void test_a_report_is_applied_as_a_whole_or_not_at_all(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch =
	    scan_twice(&fake, scan_one_drive, scan_updates_nothing_of_a_bad_report);

	(void)state;
	assert_null(seen.resource[1]);
	assert_null(seen.resource[2]);
	assert_int_equal(batch->report_count, 0);
	assert_int_equal(batch->refused, 2);
	finish(fake, batch);
}

static char long_text[VALUE_TEXT_MAX + 2];

static int scan_a_note_that_is_too_long(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *drive = report_drive(self, "A");

	(void)scannable;
	memset(long_text, 'x', sizeof(long_text) - 1);
	keep(0, iml_set(drive, "secret_note", long_text));
	long_text[sizeof(long_text) - 2] = '\0';
	keep(1, iml_set(drive, "secret_note", long_text));
	return 0;
}

static void test_a_value_that_no_database_should_hold_is_refused(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_a_note_that_is_too_long);

	(void)state;
	assert_int_equal(seen.result[0], IML_EVALUE);
	assert_non_null(
	    strstr(seen.error[0], "\"secret_note\": 32769 bytes is too long (max 32768)"));
	assert_int_equal(seen.result[1], 0);
	assert_int_equal(batch->refused, 1);
	finish(fake, batch);
}

/* ---- removal and handles ---- */

static int scan_many_that_do_not_stay(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	for (int i = 0; i < 20000; i++) {
		struct iml_resource *gone = report_drive(self, "A");

		if (i % 2 == 0)
			iml_sample(gone, "reads", i);
		iml_remove(gone);
	}
	iml_sample(report_drive(self, "B"), "reads", 1);
	return 0;
}

static int scan_replaces_what_was_sent(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_remove_by_attr(self, hooks->drive, IML_SET("serial", "B"));
	report_drive(self, "C");
	return 0;
}

static void test_numbers_of_resources_are_used_again(void **state)
{
	struct fake_supervisor *fake =
	    begin(scan_many_that_do_not_stay, scan_replaces_what_was_sent);
	struct batch *batch = fake_batch(fake);
	uint32_t first;

	(void)state;
	assert_int_equal(batch->report_count, 1);
	first = batch->reports[0].resource;
	assert_in_range(first, 1, 2000);
	assert_int_equal(batch_sample_count(batch), 1);
	assert_int_equal(batch_sample_at(batch, 0).resource, first);
	fake_acknowledge(fake, batch);

	/* Not in the batch that tells of the removal, but after it. */
	batch = fake_batch(fake);
	assert_int_equal(batch->removed_count, 1);
	assert_int_equal(batch->removed[0], first);
	assert_int_equal(batch->report_count, 1);
	assert_int_not_equal(batch->reports[0].resource, first);
	hooks->update_scan = scan_one_drive;
	fake_acknowledge(fake, batch);
	batch = fake_batch(fake);
	assert_int_equal(batch->reports[0].resource, first);
	finish(fake, batch);
}

static int scan_creates_and_removes(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *gone = report_drive(self, "A");

	(void)scannable;
	iml_sample(gone, "reads", 1);
	keep(0, iml_remove(gone));
	keep(1, iml_remove(gone));
	keep(2, iml_set(gone, "status", "OK"));
	keep(3, iml_set(NULL, "status", "OK"));
	keep(4, iml_set((struct iml_resource *)self, "status", "OK"));
	keep(5, iml_set((struct iml_resource *)&seen, "status", "OK"));
	keep(6, iml_set((struct iml_resource *)(uintptr_t)12345, "status", "OK"));
	keep(7, iml_set((struct iml_resource *)UINTPTR_MAX, "status", "OK"));
	keep_resource(8, report_drive((struct iml_plugin *)gone, "B"));
	return 0;
}

static void test_dead_and_foreign_handles_are_refused(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_creates_and_removes);

	(void)state;
	assert_int_equal(seen.result[0], 0);
	for (size_t i = 1; i < 8; i++)
		assert_int_equal(seen.result[i], IML_EHANDLE);
	assert_null(seen.resource[8]);
	assert_non_null(strstr(seen.error[3], "NULL"));
	assert_int_equal(batch->refused, 8);
	/* Created and removed in one scan: never sent, and neither are its samples. */
	assert_int_equal(batch->report_count, 0);
	assert_int_equal(batch->removed_count, 0);
	assert_int_equal(batch_sample_count(batch), 0);
	finish(fake, batch);
}

static int scan_removes_and_reports(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_remove(seen.resource[0]);
	keep_resource(1, iml_update_or_create_flag(self, hooks->drive, &seen.flag[1],
	                     IML_NO_PARENTS, IML_SET("serial", "A"), IML_SET("capacity", 100)));
	return 0;
}

static void test_removed_and_reported_again_is_a_new_resource(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_twice(&fake, scan_one_drive, scan_removes_and_reports);

	(void)state;
	assert_ptr_not_equal(seen.resource[0], seen.resource[1]);
	assert_true(seen.flag[1]);
	assert_int_equal(batch->removed_count, 1);
	assert_int_equal(batch->removed[0], 1);
	assert_int_equal(batch->report_count, 1);
	assert_int_equal(batch->reports[0].resource, 2);
	assert_true(batch->reports[0].created);
	finish(fake, batch);
}

/* ---- searches ---- */

static int scan_finds(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *found[4];

	(void)scannable;
	iml_update_or_create(self, hooks->fan, IML_NO_PARENTS, IML_SET("a", 1), IML_SET("b", 1));
	iml_update_or_create(self, hooks->fan, IML_NO_PARENTS, IML_SET("a", 1), IML_SET("b", 2));
	iml_update_or_create(self, hooks->fan, IML_NO_PARENTS, IML_SET("a", 2), IML_SET("b", 1));
	keep(0, iml_find(self, hooks->fan, found, 4, &seen.count, IML_SET("a", 1),
	            IML_SET("c", "ignored")));
	for (size_t i = 0; i < seen.count; i++)
		keep(1 + i, iml_remove(found[i]));
	keep(3, iml_remove_by_attr(self, hooks->fan, IML_SET("a", 2), IML_SET("b", 1)));
	keep(4, iml_remove_by_attr(self, hooks->fan, IML_SET("a", 9), IML_SET("b", 1)));
	keep(5, iml_remove_by_attr(self, hooks->fan, IML_SET("b", 1)));
	keep(6, iml_find(self, hooks->fan, found, 4, &seen.count, IML_SET("x", 1)));
	return 0;
}

static void test_resources_are_found_by_some_identifying_values(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_finds);

	(void)state;
	assert_int_equal(seen.result[0], 0);
	assert_int_equal(seen.result[1], 0);
	assert_int_equal(seen.result[2], 0);
	assert_int_equal(seen.result[3], 1);
	assert_int_equal(seen.result[4], 0);
	assert_int_equal(seen.result[5], IML_EIDENTITY);
	assert_int_equal(seen.result[6], IML_EUNKNOWN);
	assert_int_equal(batch->report_count, 0);
	finish(fake, batch);
}

/* ---- parents ---- */

static int scan_parents(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *a = report_drive(self, "A");
	struct iml_resource *b = report_drive(self, "B");
	struct iml_resource *c = iml_update_or_create(
	    self, hooks->drive, IML_PARENTS(b, b), IML_SET("serial", "C"), IML_SET("capacity", 1));
	int result;

	keep_resource(0, a);
	keep_resource(1, b);
	keep_resource(2, c);
	iml_add_parent(b, a);
	keep(3, iml_add_parent(a, c));
	keep(4, iml_add_parent(a, a));
	keep_resource(
	    5, iml_update_or_create(self, hooks->drive, IML_PARENTS(c), IML_SET("serial", "A")));
	keep(6, iml_remove_parent(a, c));
	keep(7, iml_add_parent(c, scannable));
	keep_resource(8, iml_get_parent(c, hooks->drive, &seen.result[8]));
	keep_resource(9, iml_get_parent(c, &iml_scannable, NULL));
	iml_get_parent(c, hooks->fan, &seen.result[10]);
	iml_get_parent(c, NULL, &result);
	seen.result[11] = result;
	return 0;
}

static int scan_parents_again(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_remove_parent(seen.resource[2], scannable);
	iml_remove_parent(seen.resource[1], seen.resource[0]);
	iml_add_parent(seen.resource[1], seen.resource[0]);
	iml_update_or_create(
	    self, hooks->drive, IML_PARENTS(seen.resource[0]), IML_SET("serial", "C"));
	return 0;
}

static void test_parents_are_added_without_cycles(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_parents);

	(void)state;
	assert_int_equal(seen.result[3], IML_ECYCLE);
	assert_int_equal(seen.result[4], IML_ECYCLE);
	assert_null(seen.resource[5]);
	assert_int_equal(seen.result[6], 0);
	assert_int_equal(seen.result[7], 0);
	assert_ptr_equal(seen.resource[8], seen.resource[1]);
	assert_int_equal(seen.result[10], IML_ENOTFOUND);
	assert_int_equal(seen.result[11], IML_EAMBIGUOUS);
	assert_int_equal(batch->parent_count, 3);
	assert_int_equal(batch->parents[0].child, 3);
	assert_int_equal(batch->parents[0].parent, 2);
	assert_true(batch->parents[0].added);
	assert_int_equal(batch->refused, 3);
	finish(fake, batch);
}

static void test_parents_are_removed_only_when_asked_for(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_twice(&fake, scan_parents, scan_parents_again);

	(void)state;
	assert_int_equal(batch->parent_count, 2);
	assert_int_equal(batch->parents[0].child, 3);
	assert_int_equal(batch->parents[0].parent, 0);
	assert_false(batch->parents[0].added);
	assert_int_equal(batch->parents[1].child, 3);
	assert_int_equal(batch->parents[1].parent, 1);
	assert_true(batch->parents[1].added);
	finish(fake, batch);
}

/* ---- references ---- */

static int scan_references(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *drive = keep_resource(0, report_drive(self, "A"));
	struct iml_resource *spare = keep_resource(1, report_drive(self, "S"));

	(void)scannable;
	keep_resource(
	    2, iml_update_or_create(self, hooks->part, IML_NO_PARENTS, IML_SET("drive", drive),
	           IML_SET("number", 1), IML_SET("spare", spare)));
	keep_resource(3, iml_update_or_create(self, hooks->part, IML_NO_PARENTS,
	                     IML_SET("drive", seen.resource[2]), IML_SET("number", 2)));
	keep_resource(4, iml_get_reference(seen.resource[2], "spare"));
	keep(5, iml_set(seen.resource[2], "spare", drive));
	keep(6, iml_set(seen.resource[2], "spare", spare));
	keep(7, iml_set(seen.resource[2], "spare", "S"));
	keep(8, iml_set(seen.resource[2], "spare", (struct iml_resource *)self));
	return 0;
}

static int scan_removes_spare(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	iml_remove(seen.resource[1]);
	keep_resource(4, iml_get_reference(seen.resource[2], "spare"));
	return 0;
}

static int scan_removes_drive(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	iml_remove(seen.resource[0]);
	keep(5, iml_set(seen.resource[2], "spare", IML_NULL));
	keep(6, iml_set(seen.resource[3], "spare", IML_NULL));
	return 0;
}

static void test_references_name_resources_of_the_session(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_references);

	(void)state;
	assert_ptr_equal(seen.resource[4], seen.resource[1]);
	assert_int_equal(seen.result[5], 0);
	assert_int_equal(seen.result[6], 0);
	assert_int_equal(seen.result[7], IML_EVALUE);
	assert_int_equal(seen.result[8], IML_EHANDLE);
	assert_int_equal(find_change(find_report(batch, 3), 0)->reference, 1);
	assert_int_equal(find_change(find_report(batch, 3), 2)->reference, 2);
	finish(fake, batch);
}

static void test_optional_references_to_what_is_removed_become_null(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_twice(&fake, scan_references, scan_removes_spare);

	(void)state;
	assert_null(seen.resource[4]);
	assert_int_equal(batch->removed_count, 1);
	assert_int_equal(batch->removed[0], 2);
	assert_int_equal(batch->report_count, 1);
	assert_int_equal(batch->reports[0].resource, 3);
	assert_int_equal(find_change(&batch->reports[0], 2)->type, VALUE_NULL);
	finish(fake, batch);
}

static void test_what_can_not_be_without_its_reference_is_removed_too(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_twice(&fake, scan_references, scan_removes_drive);

	(void)state;
	assert_int_equal(seen.result[5], IML_EHANDLE);
	assert_int_equal(seen.result[6], IML_EHANDLE);
	assert_int_equal(batch->removed_count, 3);
	assert_int_equal(batch->report_count, 0);
	finish(fake, batch);
}

static int scan_loops_of_references(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *drive = report_drive(self, "A");
	struct iml_resource *first = iml_update_or_create(
	    self, hooks->leg, IML_NO_PARENTS, IML_SET("name", "1"), IML_SET("stands_on", drive));
	struct iml_resource *part = iml_update_or_create(
	    self, hooks->part, IML_NO_PARENTS, IML_SET("drive", first), IML_SET("number", 1));
	struct iml_resource *second = iml_update_or_create(
	    self, hooks->leg, IML_NO_PARENTS, IML_SET("name", "2"), IML_SET("stands_on", part));

	(void)scannable;
	keep(0, iml_set(first, "stands_on", second));
	keep(1, iml_set(first, "stands_on", first));
	keep_resource(2, iml_update_or_create(self, hooks->leg, IML_NO_PARENTS,
	                     IML_SET("name", "1"), IML_SET("stands_on", part)));
	keep(3, iml_set(part, "spare", second));
	keep_resource(4, iml_get_reference(first, "stands_on"));
	keep(5, iml_set(second, "stands_on", drive));
	keep(6, iml_set(first, "stands_on", second));
	keep_resource(7, drive);
	return 0;
}

static void test_references_that_can_not_be_null_make_no_loop(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_loops_of_references);

	(void)state;
	assert_int_equal(seen.result[0], IML_ECYCLE);
	assert_int_equal(seen.result[1], IML_ECYCLE);
	assert_null(seen.resource[2]);
	assert_int_equal(seen.result[3], 0);
	assert_ptr_equal(seen.resource[4], seen.resource[7]);
	assert_int_equal(seen.result[5], 0);
	assert_int_equal(seen.result[6], 0);
	assert_int_equal(batch->refused, 3);
	assert_non_null(strstr(batch->diagnostic,
	    "\"stands_on\" can't refer to Leg 2, which itself refers to this resource"));
	finish(fake, batch);
}

/* ---- statistics ---- */

static int scan_samples(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *drive = report_drive(self, "A");

	(void)scannable;
	keep(0, iml_sample(drive, "reads", 5));
	keep(1, iml_sample(drive, "reads", 5u));
	keep(2, iml_sample(drive, "temperature", "20.5"));
	keep(3, iml_sample(drive, "temperature", ""));
	keep(4, iml_sample(drive, "temperature", "abc"));
	keep(5, iml_sample(drive, "temperature", INFINITY));
	keep(6, iml_sample(drive, "temperature", NAN));
	keep(7, iml_sample(drive, "temperature", "nan"));
	keep(8, iml_sample(drive, "capacity", 1));
	keep(9, iml_sample(drive, "sizes", 1));
	keep(10, iml_sample_histogram(drive, "sizes", ((int64_t[]){1, 2}), 2));
	keep(11, iml_sample_histogram(drive, "sizes", ((int64_t[]){1, 2, 3}), 3));
	keep(12, iml_sample_histogram(drive, "sizes", ((int64_t[]){1, -2}), 2));
	keep(13, iml_sample_histogram(drive, "reads", ((int64_t[]){1, 2}), 2));
	keep(14, iml_sample(drive, "temperature", IML_NULL));
	return 0;
}

static void test_every_finite_sample_is_kept(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_samples);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(seen.result[i], 0);
	for (size_t i = 3; i < 8; i++)
		assert_int_equal(seen.result[i], IML_EVALUE);
	assert_int_equal(seen.result[8], IML_EUNKNOWN);
	assert_int_equal(seen.result[9], IML_EVALUE);
	assert_int_equal(seen.result[10], 0);
	for (size_t i = 11; i < 15; i++)
		assert_int_equal(seen.result[i], IML_EVALUE);
	assert_int_equal(batch_sample_count(batch), 3);
	assert_true(batch_sample_at(batch, 0).value == 5);
	assert_true(batch_sample_at(batch, 1).value + batch_sample_at(batch, 2).value == 25.5);
	assert_true(batch_sample_at(batch, 0).time.us <= batch_sample_at(batch, 2).time.us);
	assert_int_equal(batch->histogram_count, 1);
	assert_int_equal(batch->histograms[0].counts[1], 2);
	finish(fake, batch);
}

/* ---- alerts ---- */

static int scan_failed_drive(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	keep_resource(
	    0, iml_update_or_create(self, hooks->drive, IML_NO_PARENTS, IML_SET("serial", "A"),
	           IML_SET("capacity", 1), IML_SET("status", "FAILED")));
	return 0;
}

static int scan_recovers(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	iml_set(seen.resource[0], "status", "OK");
	return 0;
}

static int scan_flickers(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_set(seen.resource[0], "status", "OK");
	return scan_failed_drive(self, scannable);
}

static void test_alerts_are_sent_when_they_begin_and_end(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_failed_drive);

	(void)state;
	assert_int_equal(batch->alert_count, 1);
	assert_true(batch->alerts[0].raised);
	assert_int_equal(batch->alerts[0].resource, 1);
	assert_int_equal(severity_of_threshold[batch->alerts[0].threshold], SEVERITY_ERROR);
	assert_non_null(strstr(batch->alerts[0].message, "Failure"));
	hooks->update_scan = scan_recovers;
	fake_acknowledge(fake, batch);
	batch = fake_batch(fake);
	assert_int_equal(batch->alert_count, 1);
	assert_false(batch->alerts[0].raised);
	finish(fake, batch);
}

static void test_a_value_that_returns_within_a_scan_leaves_no_trace(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_twice(&fake, scan_failed_drive, scan_flickers);

	(void)state;
	assert_true(batch_is_empty(batch));
	finish(fake, batch);
}

static int scan_samples_often(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *drives[] = {report_drive(self, "A"), report_drive(self, "B")};

	(void)scannable;
	for (int i = 0; i < 4000; i++)
		iml_sample(drives[i % 2], i % 4 < 2 ? "reads" : "temperature", 7);
	for (int i = 0; i < 10; i++)
		iml_sample_histogram(drives[0], "sizes", ((int64_t[]){i, 2}), 2);
	return 0;
}

static void test_every_sample_has_a_time_of_its_own(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_samples_often);
	int64_t newest[3][3] = {{0}};

	(void)state;
	assert_int_equal(batch_sample_count(batch), 4000);
	for (size_t i = 0; i < batch_sample_count(batch); i++) {
		const struct sample sample = batch_sample_at(batch, i);

		assert_true(sample.time.us > newest[sample.resource][sample.statistic]);
		newest[sample.resource][sample.statistic] = sample.time.us;
	}
	assert_int_equal(batch->histogram_count, 10);
	for (size_t i = 1; i < batch->histogram_count; i++)
		assert_true(batch->histograms[i].time.us > batch->histograms[i - 1].time.us);
	finish(fake, batch);
}

static int scan_while_the_clock_is_put_back(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *drive = report_drive(self, "A");

	(void)scannable;
	keep(0, iml_sample(drive, "reads", 1));
	clock_skip(-3600 * NS_PER_S);
	keep(1, iml_sample(drive, "reads", 2));
	keep(2, iml_sample(drive, "reads", 3));
	keep(3, iml_sample(drive, "temperature", 20));
	clock_skip(3600 * NS_PER_S);
	keep(4, iml_sample(drive, "reads", 4));
	return 0;
}

static void test_samples_behind_the_newest_are_left_out_with_a_warning(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_while_the_clock_is_put_back);
	const char *warning = strstr(fake->log.data, "samples are not stored");

	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(seen.result[i], 0);
	assert_int_equal(batch_sample_count(batch), 3);
	assert_true(batch_sample_at(batch, 0).value == 20);
	assert_true(batch_sample_at(batch, 1).value == 1);
	assert_true(batch_sample_at(batch, 2).value == 4);
	assert_non_null(warning);
	assert_non_null(strstr(warning, " behind the newest one"));
	assert_null(strstr(warning + 1, "samples are not stored"));
	finish(fake, batch);
}

static double temperature;

static int scan_temperature(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	if (seen.resource[0] == NULL)
		keep_resource(0, report_drive(self, "A"));
	if (temperature > 0)
		iml_sample(seen.resource[0], "temperature", temperature);
	return 0;
}

static void test_conditions_wait_for_as_many_scans_as_they_ask_for(void **state)
{
	/* Raised after 2 scans above 50, cleared after 2 below; 0: no sample in this scan. */
	static const struct {
		double temperature;
		int raised; /* -1: cleared */
	} scans[] = {{60, 0}, {40, 0}, {60, 0}, {0, 1}, {40, 0}, {60, 0}, {40, 0}, {0, -1}};
	struct fake_supervisor *fake = fake_start("t_hooks", LOG_LEVEL_INFO, 1);

	(void)state;
	memset(&seen, 0, sizeof(seen));
	hooks = fake->hooks;
	hooks->initial_scan = scan_temperature;
	hooks->update_scan = scan_temperature;
	temperature = scans[0].temperature;
	fake_open(fake, 1);
	for (size_t i = 0; i < sizeof(scans) / sizeof(*scans); i++) {
		struct batch *batch = fake_batch(fake);

		assert_int_equal(batch->alert_count, scans[i].raised != 0);
		if (scans[i].raised != 0)
			assert_int_equal(batch->alerts[0].raised, scans[i].raised > 0);
		temperature = i + 1 < sizeof(scans) / sizeof(*scans) ? scans[i + 1].temperature : 0;
		fake_acknowledge(fake, batch);
	}
	fake_stop(fake);
}

/* ---- labels ---- */

static int label_fan(struct iml_resource *resource, char *label, size_t size)
{
	keep(0, iml_set(resource, "c", "from the label"));
	snprintf(label, size, "Fan no. %d %s", (int)iml_get_integer(resource, "a"),
	    iml_text(resource, "c"));
	return 0;
}

static int scan_fan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_update_or_create(self, hooks->fan, IML_NO_PARENTS, IML_SET("a", 3));
	return 0;
}

static int scan_fan_again(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_update_or_create(
	    self, hooks->fan, IML_NO_PARENTS, IML_SET("a", 3), IML_SET("c", "left"));
	return 0;
}

static void test_label_functions_are_asked_when_attributes_change(void **state)
{
	struct fake_supervisor *fake = fake_start("t_hooks", LOG_LEVEL_INFO, 1);
	struct batch *batch;

	(void)state;
	hooks = fake->hooks;
	hooks->initial_scan = scan_fan;
	hooks->update_scan = scan_fan_again;
	hooks->get_label = label_fan;
	fake_open(fake, 1);
	batch = fake_batch(fake);
	assert_true(find_report(batch, 1)->label_changed);
	assert_string_equal(find_report(batch, 1)->label, "Fan no. 3 ");
	assert_int_equal(seen.result[0], IML_ESTATE);
	fake_acknowledge(fake, batch);
	batch = fake_batch(fake);
	assert_string_equal(find_report(batch, 1)->label, "Fan no. 3 left");
	fake_acknowledge(fake, batch);
	batch = fake_batch(fake);
	assert_int_equal(batch->report_count, 0);
	finish(fake, batch);
}

static void test_a_label_function_that_fails_gives_the_default(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_fan);

	(void)state;
	assert_false(find_report(batch, 1)->label_changed);
	assert_null(find_report(batch, 1)->label);
	assert_non_null(strstr(fake->log.data, "get_label of class Fan failed"));
	finish(fake, batch);
}

/* ---- the rest ---- */

static int scan_logs_at_length(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct text line = TEXT_EMPTY;

	(void)scannable;
	for (int i = 0; i < 3000; i++)
		text_append(&line, "é");
	iml_info(self, "-%s", line.data);
	text_clear(&line);
	return 0;
}

static void test_a_log_line_that_is_too_long_is_cut_visibly(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_logs_at_length);
	const char *line = strstr(fake->log.data, "-é");

	(void)state;
	assert_non_null(line);
	assert_int_equal(strcspn(line, "\n"), 4094);
	assert_int_equal(strncmp(line + 4089, "é…\n", 6), 0);
	finish(fake, batch);
}

/* As a plugin can that makes no use of the header's functions. */
static int scan_logs_beyond_all_bounds(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct text line = TEXT_EMPTY;

	(void)scannable;
	text_append(&line, "-");
	for (int i = 0; i < PLUGIN_TEXT_MAX; i++)
		text_append(&line, "é");
	host_calls.log(self, IML_WARNING, line.data);
	text_clear(&line);
	return 0;
}

static void test_no_line_is_longer_than_the_supervisor_takes(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_logs_beyond_all_bounds);
	const char *line = strstr(fake->log.data, "-é");

	(void)state;
	assert_non_null(line);
	assert_in_range(strcspn(line, "\n"), PLUGIN_TEXT_MAX - 64, PLUGIN_TEXT_MAX);
	assert_non_null(strstr(line, "é… (16385 bytes in all)\n"));
	finish(fake, batch);
}

static int scan_odds_and_ends(struct iml_plugin *self, struct iml_resource *scannable)
{
	char small[4];
	struct iml_value value;

	keep(0, iml_incomplete(self, hooks->drive));
	keep(1, iml_incomplete(self, hooks->drive));
	keep(2, iml_incomplete(self, &iml_fan));
	seen.flag[0] = strcmp(iml_setting(self, "limit"), "12") == 0;
	seen.flag[1] = iml_setting(self, "none") == NULL;
	iml_set_private(self, &seen);
	seen.flag[2] = iml_get_private(self) == &seen;
	seen.flag[3] = iml_plugin_of(scannable) == self;
	keep(3, iml_get_value(scannable, "address", &value, small, sizeof(small)));
	keep(4, iml_get_value(scannable, "firmware", &value, small, sizeof(small)));
	seen.flag[4] = value.kind == IML_KIND_NULL;
	iml_info(self, "hello %d \xff", 5);
	iml_debug(self, "not shown");
	keep(5, iml_set(scannable, "boots", "\xff"));
	keep(6, iml_set(scannable, "password", 3));
	return iml_fail(self, "forgot to return it") == 0;
}

static int scan_forgets_to_fail(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_fail(self, "lost contact");
	return 0;
}

static int scan_all(struct iml_plugin *self, struct iml_resource *scannable)
{
	return scan_odds_and_ends(self, scannable);
}

static void test_settings_private_data_and_log(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_all);

	(void)state;
	assert_int_equal(batch->incomplete_count, 1);
	assert_int_equal(batch->incomplete[0], T_DRIVE);
	assert_int_equal(seen.result[2], IML_EUNKNOWN);
	for (size_t i = 0; i < 5; i++)
		assert_true(seen.flag[i]);
	assert_int_equal(seen.result[3], IML_EVALUE);
	assert_int_equal(seen.result[4], 0);
	assert_non_null(strstr(fake->log.data, "20 hello 5 ?"));
	assert_null(strstr(fake->log.data, "not shown"));
	assert_int_equal(seen.result[5], IML_EVALUE);
	assert_int_equal(seen.result[6], IML_EVALUE);
	assert_null(strstr(fake->log.data, "hunter2"));
	finish(fake, batch);
}

static void test_a_failure_that_was_not_returned_degrades(void **state)
{
	struct fake_supervisor *fake;
	struct batch *batch = scan_once(&fake, scan_forgets_to_fail);

	(void)state;
	assert_int_equal(batch->refused, 1);
	assert_non_null(strstr(batch->diagnostic, "lost contact"));
	finish(fake, batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_new_resources_are_sent_with_all_their_values),
	    cmocka_unit_test(test_a_second_report_updates_the_same_resource),
	    cmocka_unit_test(test_a_refused_report_leaves_its_neighbours),
	    cmocka_unit_test(test_forgiven_refusals_do_not_degrade),
	    cmocka_unit_test(test_equal_refusals_are_logged_once),
	    cmocka_unit_test(test_each_mistake_made_in_a_loop_is_logged),
	    cmocka_unit_test(test_calls_that_are_not_logged_are_counted_at_the_end_of_the_scan),
	    cmocka_unit_test(test_only_classes_of_the_plugin_can_be_reported),
	    cmocka_unit_test(test_a_uuid_in_another_spelling_is_the_same_and_no_change),
	    cmocka_unit_test(test_another_spelling_of_an_identity_is_not_sent),
	    cmocka_unit_test(test_identity_is_all_identifying_values),
	    cmocka_unit_test(test_the_scannable_is_a_resource_of_its_session),
	    cmocka_unit_test(test_default_functions_compute_missing_values),
	    cmocka_unit_test(test_a_default_function_can_assign_its_own_resource_only),
	    cmocka_unit_test(test_equal_values_and_those_that_return_are_no_change),
	    cmocka_unit_test(test_every_assignment_counts_when_asked_for),
	    cmocka_unit_test(test_refused_assignments_leave_the_old_value),
	    cmocka_unit_test(test_a_report_is_applied_as_a_whole_or_not_at_all),
	    cmocka_unit_test(test_dead_and_foreign_handles_are_refused),
	    cmocka_unit_test(test_removed_and_reported_again_is_a_new_resource),
	    cmocka_unit_test(test_resources_are_found_by_some_identifying_values),
	    cmocka_unit_test(test_parents_are_added_without_cycles),
	    cmocka_unit_test(test_parents_are_removed_only_when_asked_for),
	    cmocka_unit_test(test_references_name_resources_of_the_session),
	    cmocka_unit_test(test_optional_references_to_what_is_removed_become_null),
	    cmocka_unit_test(test_what_can_not_be_without_its_reference_is_removed_too),
	    cmocka_unit_test(test_references_that_can_not_be_null_make_no_loop),
	    cmocka_unit_test(test_a_value_that_no_database_should_hold_is_refused),
	    cmocka_unit_test(test_numbers_of_resources_are_used_again),
	    cmocka_unit_test(test_every_finite_sample_is_kept),
	    cmocka_unit_test(test_every_sample_has_a_time_of_its_own),
	    cmocka_unit_test(test_samples_behind_the_newest_are_left_out_with_a_warning),
	    cmocka_unit_test(test_a_log_line_that_is_too_long_is_cut_visibly),
	    cmocka_unit_test(test_no_line_is_longer_than_the_supervisor_takes),
	    cmocka_unit_test(test_alerts_are_sent_when_they_begin_and_end),
	    cmocka_unit_test(test_a_value_that_returns_within_a_scan_leaves_no_trace),
	    cmocka_unit_test(test_conditions_wait_for_as_many_scans_as_they_ask_for),
	    cmocka_unit_test(test_label_functions_are_asked_when_attributes_change),
	    cmocka_unit_test(test_a_label_function_that_fails_gives_the_default),
	    cmocka_unit_test(test_settings_private_data_and_log),
	    cmocka_unit_test(test_a_failure_that_was_not_returned_degrades),
	};

	watchdog_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
