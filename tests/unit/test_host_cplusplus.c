/* SPDX-License-Identifier: MIT */
/* A plugin that is written in C++ is to the host process what one in C is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include "base/log.h"
#include "batch_samples.h"
#include "fake_supervisor.h"

#define SESSION 3

/* Starts a host process of its own with the plugin. */
static int start_host(void **state)
{
	struct fake_options options = {
	    .plugin = "good_cplusplus", .log_level = LOG_LEVEL_INFO, .workers = 1, .process = true};
	struct fake_supervisor *fake = fake_start_with(&options);

	if (fake->loaded.type == MESSAGE_FAILED)
		fail_msg("%s", fake->loaded.failed.reasons[0]);
	*state = fake;
	return fake->loaded.type == MESSAGE_LOADED ? 0 : -1;
}

static int stop_host(void **state)
{
	struct fake_supervisor *fake = *state;
	int status;

	fake_send_stop(fake);
	for (;;) {
		struct message message = fake_receive_within(fake, PATIENCE_MS);

		if (message.type == MESSAGE_TYPE_END)
			break;
		message_clear(&message);
	}
	assert_int_equal(waitpid(fake->process, &status, 0), fake->process);
	fake_end(fake);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

enum { ARRAY, DRIVE, CLASSES };

/* The attribute of the drive. */
static const struct attribute *attribute_of(const struct fake_supervisor *fake, const char *name)
{
	const struct class *drive = fake->classes[DRIVE];
	size_t index = class_find_attribute(drive, name);

	assert_true(index < drive->attribute_count);
	return &drive->attributes[index];
}

static void classes_and_attributes_are_as_declared(void **state)
{
	const struct fake_supervisor *fake = *state;
	const struct class *array = fake->classes[ARRAY], *drive = fake->classes[DRIVE];

	assert_int_equal(fake->class_count, CLASSES);
	assert_int_equal(fake->loaded.loaded.api_major, 1);
	assert_string_equal(array->name, "Array");
	assert_string_equal(array->label, "An array");
	assert_true(array->scannable);
	assert_int_equal(array->scope, IDENTIFIER_GLOBAL);
	assert_int_equal(array->attributes[1].type, ATTRIBUTE_PASSWORD);
	assert_int_equal(array->attributes[1].max_length, 20);
	assert_string_equal(drive->label, "good_cplusplus.Drive");
	assert_int_equal(drive->builtin, BUILTIN_PHYSICAL_DISK);
	assert_int_equal(drive->attribute_count, 10);
	assert_true(drive->has_label_function);
	assert_int_equal(attribute_of(fake, "slot")->max, 9);
	assert_true(attribute_of(fake, "slot")->has_min);
	assert_string_equal(attribute_of(fake, "status")->options[1].text, "FAILED");
	assert_string_equal(attribute_of(fake, "status")->default_value.text, "OK");
	assert_int_equal(attribute_of(fake, "level")->default_value.integer, 2);
	assert_true(attribute_of(fake, "name")->hidden);
	assert_true(attribute_of(fake, "name")->has_default_function);
	assert_int_equal(attribute_of(fake, "twin")->type, ATTRIBUTE_REFERENCE);
}

static void statistics_charts_conditions_and_relations_are_as_declared(void **state)
{
	const struct fake_supervisor *fake = *state;
	const struct class *drive = fake->classes[DRIVE];

	assert_int_equal(drive->statistic_count, 3);
	assert_string_equal(drive->statistics[0].label, "Heat");
	assert_string_equal(drive->statistics[1].units, "bytes");
	assert_int_equal(drive->statistics[1].sample_period, 60);
	assert_int_equal(drive->statistics[2].bins[1].from, 513);
	assert_int_equal(drive->condition_count, 2);
	assert_string_equal(drive->conditions[0].thresholds[0].states[0].text, "FAILED");
	assert_int_equal(drive->conditions[1].raise_after, 2);
	assert_true(drive->conditions[1].thresholds[1].bound == 60);
	assert_int_equal(drive->chart_count, 2);
	assert_string_equal(drive->charts[0].title, "Climate");
	assert_int_equal(drive->charts[0].series_count, 2);
	assert_int_equal(drive->relation_count, 3);
	assert_string_equal(drive->relations[0].target_plugin, "linux");
	assert_true(drive->relations[0].ignore_case);
	assert_int_equal(drive->relations[1].type, RELATION_SUBSCRIBE);
	assert_string_equal(drive->relations[1].target_class, "Array");
	assert_null(drive->relations[2].target_plugin);
	assert_string_equal(drive->relations[2].target_class, "DeviceNode");
}

/* What a report says of an attribute, or NULL. */
static const struct value *reported(
    const struct fake_supervisor *fake, const struct report *report, const char *name)
{
	size_t index = class_find_attribute(fake->classes[report->class], name);

	for (size_t i = 0; i < report->change_count; i++)
		if (report->changes[i].attribute == index)
			return &report->changes[i].value;
	return NULL;
}

static const struct report *report_of(const struct batch *batch, const char *label)
{
	for (size_t i = 0; i < batch->report_count; i++)
		if (batch->reports[i].label != NULL && strcmp(batch->reports[i].label, label) == 0)
			return &batch->reports[i];
	fail_msg("no report of %s", label);
	return NULL;
}

static void it_reports_what_one_in_c_would(void **state)
{
	struct fake_supervisor *fake = *state;
	const struct report *report;
	struct batch *batch;

	fake_open_partly(fake, SESSION, 1);
	batch = fake_batch(fake);
	assert_null(batch->diagnostic);
	assert_int_equal(batch->refused, 0);
	report = report_of(batch, "Drive Z2");
	assert_string_equal(reported(fake, report, "status")->text, "FAILED");
	assert_true(reported(fake, report, "spare")->boolean);
	assert_true(reported(fake, report, "capacity")->integer == INT64_C(4) << 40);
	assert_int_equal(reported(fake, report, "twin")->reference, report->resource);
	assert_null(reported(fake, report, "path"));
	report = report_of(batch, "Drive Z1");
	assert_string_equal(reported(fake, report, "status")->text, "OK");
	assert_int_equal(batch->parent_count, 2);
	assert_int_equal(batch_sample_count(batch), 2);
	assert_true(batch_sample_at(batch, 1).value == 71);
	assert_int_equal(batch->histogram_count, 2);
	assert_int_equal(batch->histograms[0].counts[1], 4);
	assert_int_equal(batch->alert_count > 0, 1);
	assert_non_null(strstr(fake->log.data, "2 drives"));
	fake_acknowledge(fake, batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        classes_and_attributes_are_as_declared, start_host, stop_host),
	    cmocka_unit_test_setup_teardown(
	        statistics_charts_conditions_and_relations_are_as_declared, start_host, stop_host),
	    cmocka_unit_test_setup_teardown(it_reports_what_one_in_c_would, start_host, stop_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
