/* SPDX-License-Identifier: MIT */
/* A plugin for a device that the test makes up, in the test program itself. */
#ifndef TESTS_SDK_ACME_H
#define TESTS_SDK_ACME_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <iml/plugin_test.h>
#include <iml/storage_plugin.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#define ACME_DRIVES 4

struct acme_drive {
	const char *serial; /* NULL: no drive in the slot */
	long long capacity;
	const char *status;
	double celsius;
};

/* What the device says; a test changes it between scans. */
static struct acme_device {
	const char *error;
	struct acme_drive drives[ACME_DRIVES];
	unsigned period;
	int teardown_result;
	bool ask_library; /* for its state, which a test then mocks */
	bool has_thread;
} acme;

/* Of the plugin's own thread, which reports when the test says so. */
static sem_t acme_event;
static pthread_t acme_thread;
static struct iml_resource *acme_watched;

/* Keeps a password from being read at a glance: reverses it. */
static int acme_obfuscate(const char *password, char *out, size_t size)
{
	size_t length = strlen(password);

	if (length >= size)
		return -1;
	for (size_t i = 0; i < length; i++)
		out[i] = password[length - 1 - i];
	out[length] = '\0';
	return 0;
}

static const struct iml_class acme_array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("address"),
    .attributes = IML_ATTRIBUTES(IML_HOSTNAME("address"), IML_STRING("note", .optional = true),
        IML_PASSWORD("password", .optional = true, .obfuscate = acme_obfuscate)),
};

static const struct iml_class acme_pool = {
    .name = "Pool",
    .base = &iml_storage_pool,
    .identifier = IML_SCOPED_ID("number"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("number"), IML_REFERENCE("spare", .optional = true)),
};

static const struct iml_class acme_drive = {
    .name = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_BYTES("capacity"),
        IML_ENUM("status", IML_OPTIONS("OK", "FAILED")), IML_UUID("uuid", .optional = true)),
    .statistics = IML_STATISTICS(IML_GAUGE("temperature", .units = "C"),
        IML_HISTOGRAM("latency", IML_BINS({0, 9}, {10, IML_OPEN}))),
    .alert_conditions = IML_ALERT_CONDITIONS(
        IML_VALUE_CONDITION(
            "status", .error_states = IML_STATES("FAILED"), .message = "Drive failure"),
        IML_UPPER_BOUND("temperature", .warn_bound = IML_BOUND(50), .message = "Drive too hot")),
};

/* The vendor's library; tests that set ask_library mock it with will_return(). */
static const char *acme_library_state(const char *serial)
{
	check_expected_ptr(serial);
	return mock_ptr_type(const char *);
}

static void acme_report_drive(
    struct iml_plugin *self, struct iml_resource *pool, const struct acme_drive *d)
{
	const char *status = acme.ask_library ? acme_library_state(d->serial) : d->status;
	struct iml_resource *drive = iml_update_or_create(self, &acme_drive, IML_NO_PARENTS,
	    IML_SET("serial", d->serial), IML_SET("capacity", d->capacity),
	    IML_SET("status", status), IML_SET("uuid", "0123ABCD-0123-4567-89ab-0123456789ab"));

	if (drive == NULL)
		return;
	acme_watched = drive;
	iml_add_parent(pool, drive);
	iml_sample(drive, "temperature", d->celsius);
	iml_sample_histogram(drive, "latency", ((const int64_t[]){3, d->capacity}), 2);
}

static int acme_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *pool;

	(void)scannable;
	if (acme.error != NULL)
		return iml_fail(self, "%s", acme.error);
	pool = iml_update_or_create(self, &acme_pool, IML_NO_PARENTS, IML_SET("number", 0));
	for (int i = 0; i < ACME_DRIVES; i++)
		if (acme.drives[i].serial != NULL)
			acme_report_drive(self, pool, &acme.drives[i]);
	iml_debug(self, "scanned");
	return 0;
}

static void *acme_watch(void *nothing)
{
	(void)nothing;
	sem_wait(&acme_event);
	iml_set(acme_watched, "status", "FAILED");
	return NULL;
}

static int acme_initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	int result;

	iml_set_update_period(self, acme.period);
	if (iml_setting(self, "greeting") != NULL)
		iml_info(self, "greeting is %s", iml_setting(self, "greeting"));
	result = acme_scan(self, scannable);
	if (result == 0 && acme.has_thread) {
		sem_init(&acme_event, 0, 0);
		pthread_create(&acme_thread, NULL, acme_watch, NULL);
	}
	return result;
}

static int acme_teardown(struct iml_plugin *self)
{
	(void)self;
	if (acme.has_thread) {
		sem_post(&acme_event);
		pthread_join(acme_thread, NULL);
		sem_destroy(&acme_event);
	}
	return acme.teardown_result;
}

IML_PLUGIN(acme, .classes = IML_CLASSES(&acme_array, &acme_pool, &acme_drive),
    .initial_scan = acme_initial_scan, .update_scan = acme_scan, .teardown = acme_teardown);

/* Begins a test of the plugin with a device of two good drives. */
static int acme_setup(void **state)
{
	acme = (struct acme_device){
	    .period = 10, .drives = {{"D0", 4096, "OK", 36.5}, {"D1", 8192, "OK", 37}}};
	*state = iml_test_new(acme);
	return 0;
}

static int acme_end(void **state)
{
	iml_test_free(*state);
	return 0;
}

#endif
