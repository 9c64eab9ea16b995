/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/codec.h"
#include "wire/message.h"

#define T(text) ((char[]){text}) /* a text that is not const, as the structures want it */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TIME ((struct wallclock){INT64_C(1795340000123456)})
#define SESSION 3

/*
 * Two classes: a scannable of text attributes, and a drive with an attribute of each type, a gauge,
 * a counter, a histogram, and conditions of each type. Everything is constant; the wire only reads.
 */
static char *array_ancestry[] = {T("acme.Array"), T("ScannableResource"), T("Resource")};
static size_t first_attribute[] = {0};
static struct attribute array_attributes[] = {
    {.type = ATTRIBUTE_HOSTNAME, .name = T("address"), .label = T("Address")},
    {.type = ATTRIBUTE_PASSWORD,
        .name = T("password"),
        .label = T("Password"),
        .optional = true,
        .max_length = 8},
};
static struct class array_class = {
    .plugin = T("acme"),
    .name = T("Array"),
    .label = T("acme.Array"),
    .has_label_function = true,
    .scannable = true,
    .builtin = BUILTIN_SCANNABLE,
    .ancestry = array_ancestry,
    .ancestry_count = COUNT(array_ancestry),
    .scope = IDENTIFIER_GLOBAL,
    .identifier = first_attribute,
    .identifier_count = 1,
    .attributes = array_attributes,
    .attribute_count = COUNT(array_attributes),
};

static char *drive_ancestry[] = {T("acme.Drive"), T("LogicalDrive"), T("Resource")};
static size_t drive_identifier[] = {0, 9};
static struct value texts[] = {
    {.type = VALUE_TEXT, .text = T("OK")}, {.type = VALUE_TEXT, .text = T("FAILED")}};
static struct value numbers[] = {
    {.type = VALUE_INTEGER, .integer = 1}, {.type = VALUE_INTEGER, .integer = 2}};
static struct value states[] = {{.type = VALUE_TEXT, .text = T("FAILED")}, {.type = VALUE_NULL}};
static struct bin bins[] = {{0, 512}, {513, INT64_MAX}};

enum { SERIAL, STATUS, SLOT, CAPACITY, ONLINE, DEVICE, UUID, HOST, RATIO, SHELF, DRIVE_ATTRIBUTES };
static struct attribute drive_attributes[DRIVE_ATTRIBUTES] = {
    [SERIAL] = {.type = ATTRIBUTE_STRING,
        .name = T("serial"),
        .label = T("Serial"),
        .max_length = 20},
    [STATUS] = {.type = ATTRIBUTE_ENUM,
        .name = T("status"),
        .label = T("Status"),
        .options = texts,
        .option_count = 2,
        .default_value = {.type = VALUE_TEXT, .text = T("OK")}},
    [SLOT] = {.type = ATTRIBUTE_ENUM,
        .name = T("slot"),
        .label = T("Slot"),
        .options = numbers,
        .option_count = 2,
        .has_default_function = true},
    [CAPACITY] = {.type = ATTRIBUTE_BYTES,
        .name = T("capacity"),
        .label = T("Größe"),
        .hidden = true},
    [ONLINE] = {.type = ATTRIBUTE_BOOLEAN,
        .name = T("online"),
        .label = T("Online"),
        .optional = true,
        .user_read_only = true},
    [DEVICE] = {.type = ATTRIBUTE_PATH,
        .name = T("device"),
        .label = T("Device"),
        .optional = true},
    [UUID] = {.type = ATTRIBUTE_UUID, .name = T("uuid"), .label = T("Uuid"), .optional = true},
    [HOST] = {.type = ATTRIBUTE_HOSTNAME, .name = T("host"), .label = T("Host"), .optional = true},
    [RATIO] = {.type = ATTRIBUTE_INTEGER,
        .name = T("ratio"),
        .label = T("Ratio"),
        .has_min = true,
        .has_max = true,
        .min = -5,
        .max = 5,
        .default_value = {.type = VALUE_INTEGER, .integer = 0}},
    [SHELF] = {.type = ATTRIBUTE_REFERENCE,
        .name = T("shelf"),
        .label = T("Shelf"),
        .optional = true},
};

enum { TEMPERATURE, ERRORS, SIZES };
static struct statistic drive_statistics[] = {
    [TEMPERATURE] = {.type = STATISTIC_GAUGE,
        .name = T("temperature"),
        .label = T("Temperature"),
        .units = T("C"),
        .sample_period = 10},
    [ERRORS] = {.type = STATISTIC_COUNTER,
        .name = T("errors"),
        .label = T("Errors"),
        .units = T(""),
        .sample_period = 1},
    [SIZES] = {.type = STATISTIC_HISTOGRAM,
        .name = T("sizes"),
        .label = T("Sizes"),
        .units = T(""),
        .sample_period = 60,
        .bins = bins,
        .bin_count = 2},
};
enum { FAILURE, HOT, COLD };
static struct alert_condition drive_conditions[] = {
    [FAILURE] = {.type = CONDITION_VALUE,
        .id = T("failure"),
        .message = T("Drive failure"),
        .subject = STATUS,
        .thresholds = {{.states = states, .state_count = 2}},
        .raise_after = 1,
        .clear_after = 2},
    [HOT] = {.type = CONDITION_UPPER_BOUND,
        .on_statistic = true,
        .subject = TEMPERATURE,
        .thresholds = {{.has_bound = true, .bound = 95}, {.has_bound = true, .bound = 85.5}},
        .raise_after = 1,
        .clear_after = 1},
    [COLD] = {.type = CONDITION_LOWER_BOUND,
        .subject = RATIO,
        .thresholds = {[2] = {.has_bound = true, .bound = -1}},
        .raise_after = 3,
        .clear_after = 1},
};
static size_t both_series[] = {TEMPERATURE, ERRORS};
static size_t sizes_series[] = {SIZES};
static struct chart drive_charts[] = {
    {T("Überblick"), both_series, COUNT(both_series)},
    {T("Sizes"), sizes_series, COUNT(sizes_series)},
};
static size_t serial_and_slot[] = {SERIAL, SLOT};
static struct relation drive_relations[] = {
    {RELATION_PROVIDE, T("linux"), T("ScsiDevice"), serial_and_slot, 1, true},
    {RELATION_SUBSCRIBE, NULL, T("DeviceNode"), serial_and_slot, 2, false},
};
static struct class drive_class = {
    .plugin = T("acme"),
    .name = T("Drive"),
    .label = T("A drive"),
    .has_declared_label = true,
    .internal = true,
    .unusable_for_lustre = true,
    .device_type = T("nvme"),
    .builtin = BUILTIN_LOGICAL_DRIVE,
    .ancestry = drive_ancestry,
    .ancestry_count = COUNT(drive_ancestry),
    .scope = IDENTIFIER_SCOPED,
    .identifier = drive_identifier,
    .identifier_count = 2,
    .attributes = drive_attributes,
    .attribute_count = DRIVE_ATTRIBUTES,
    .statistics = drive_statistics,
    .statistic_count = COUNT(drive_statistics),
    .conditions = drive_conditions,
    .condition_count = COUNT(drive_conditions),
    .charts = drive_charts,
    .chart_count = COUNT(drive_charts),
    .has_declared_charts = true,
    .relations = drive_relations,
    .relation_count = COUNT(drive_relations),
};
static struct class *classes[] = {&array_class, &drive_class};
enum { ARRAY, DRIVE };

/* Session 3 has the scannable and a drive, number 5. */
static size_t class_of(void *context, uint32_t session, uint32_t resource)
{
	(void)context;
	if (session != SESSION || (resource != 0 && resource != 5))
		return CLASS_NOT_FOUND;
	return resource == 0 ? ARRAY : DRIVE;
}

static const struct wire_context wire_context = {
    .classes = classes, .class_count = COUNT(classes), .class_of = class_of};

/* ---- one message of each type, with everything in it ---- */

static struct setting settings[] = {{T("a.b"), T("1")}, {T("c.0"), NULL}};
static struct change open_values[] = {{0, {.type = VALUE_TEXT, .text = T("array-7")}},
    {1, {.type = VALUE_TEXT, .text = T("longer than 8")}}};
static struct value typed_values[] = {
    {.type = VALUE_TEXT, .text = T("array-7")}, {.type = VALUE_TEXT, .text = T("secret")}};
static struct value prepared_values[] = {
    {.type = VALUE_TEXT, .text = T("array-7")}, {.type = VALUE_TEXT, .text = T("longer than 8")}};
static char *warnings[] = {T("this"), T("and that")};

static struct change drive_changes[] = {
    {SERIAL, {.type = VALUE_TEXT, .text = T("größe 1")}},
    {STATUS, {.type = VALUE_TEXT, .text = T("FAILED")}},
    {SLOT, {.type = VALUE_INTEGER, .integer = 2}},
    {CAPACITY, {.type = VALUE_INTEGER, .integer = INT64_MAX}},
    {ONLINE, {.type = VALUE_BOOLEAN, .boolean = true}},
    {DEVICE, {.type = VALUE_TEXT, .text = T("/dev/sda")}},
    {UUID, {.type = VALUE_TEXT, .text = T("0123456789abcdef-0123456789ABCDEF")}},
    {HOST, {.type = VALUE_NULL}},
    {RATIO, {.type = VALUE_INTEGER, .integer = -5}},
    {SHELF, {.type = VALUE_REFERENCE, .reference = 5}},
};
static struct change array_change[] = {{1, {.type = VALUE_TEXT, .text = T("obfuscated password")}}};
static struct report reports[] = {
    {.resource = 9,
        .class = DRIVE,
        .created = true,
        .changes = drive_changes,
        .change_count = COUNT(drive_changes)},
    {.resource = 0, .class = ARRAY, .changes = array_change, .change_count = 1},
    {.resource = 5, .class = DRIVE, .label = T("my drive"), .label_changed = true},
};
static uint32_t incomplete[] = {DRIVE};
static uint32_t removed[] = {2, 4};
static struct parent_change parents[] = {{9, 0, true}, {9, 5, true}, {5, 0, false}};
static uint32_t cold[] = {9, 5}, faulty[] = {5};
static double temperatures[] = {-3.25, 0}, errors[] = {1e300};
static struct sample_group sample_groups[] = {{ERRORS, {0}, faulty, errors, 1},
    {TEMPERATURE, TIME, cold, temperatures, 2}, {.statistic = 77}};
static int64_t counts[] = {0, INT64_MAX};
static struct histogram histograms[] = {{9, SIZES, TIME, counts, 2}};
static struct alert_change alerts[] = {
    {9, FAILURE, 0, true, T("Drive failure (9)")}, {5, HOT, 1, false, NULL}};
static struct batch full_batch = {
    .session = SESSION,
    .number = 12,
    .kind = BATCH_UPDATE,
    .time = TIME,
    .duration_ns = 5,
    .lateness_ns = -1,
    .refused = 1,
    .diagnostic = T("drive 5: …"),
    .incomplete = incomplete,
    .incomplete_count = 1,
    .removed = removed,
    .removed_count = 2,
    .reports = reports,
    .report_count = COUNT(reports),
    .parents = parents,
    .parent_count = COUNT(parents),
    .sample_groups = sample_groups,
    .sample_group_count = COUNT(sample_groups),
    .histograms = histograms,
    .histogram_count = 1,
    .alerts = alerts,
    .alert_count = COUNT(alerts),
};

static const struct message examples[MESSAGE_TYPE_END] = {
    [MESSAGE_CONFIGURE] = {.type = MESSAGE_CONFIGURE,
        .configure = {T("acme"), T("/opt/acme.so"), 10, 32, 5, settings, 2}},
    [MESSAGE_OPEN] = {.type = MESSAGE_OPEN,
        .open = {SESSION, ARRAY, T("array-7"), open_values, 2, true}},
    [MESSAGE_CLOSE] = {.type = MESSAGE_CLOSE, .close = {UINT32_MAX}},
    [MESSAGE_SCAN] = {.type = MESSAGE_SCAN, .scan = {SESSION}},
    [MESSAGE_ASSOCIATE] = {.type = MESSAGE_ASSOCIATE, .associate = {SESSION, 7, INT64_MAX}},
    [MESSAGE_ACKNOWLEDGE] = {.type = MESSAGE_ACKNOWLEDGE, .acknowledge = {SESSION, UINT64_MAX}},
    [MESSAGE_PREPARE] = {.type = MESSAGE_PREPARE, .prepare = {7, ARRAY, typed_values, 2, false}},
    [MESSAGE_ADJUST] = {.type = MESSAGE_ADJUST, .adjust = {30, 256, 5}},
    [MESSAGE_STOP] = {.type = MESSAGE_STOP},
    [MESSAGE_LOADED] = {.type = MESSAGE_LOADED, .loaded = {1, 0, true, classes, 2, warnings, 2}},
    [MESSAGE_FAILED] = {.type = MESSAGE_FAILED, .failed = {warnings, 2}},
    [MESSAGE_BATCH] = {.type = MESSAGE_BATCH, .batch = &full_batch},
    [MESSAGE_ENDED] = {.type = MESSAGE_ENDED, .ended = {SESSION, true, T("update_scan"), T("no")}},
    [MESSAGE_LOG] = {.type = MESSAGE_LOG, .log = {0, 30, T("")}},
    [MESSAGE_PREPARED] = {.type = MESSAGE_PREPARED,
        .prepared = {7, ARRAY, prepared_values, 2, false, NULL, 0}},
};

/* ---- helpers ---- */

/* The body of a message, without frames. */
static struct text body_of(const struct message *message)
{
	struct frame_reader reader = {0};
	struct text frames = TEXT_EMPTY, body = TEXT_EMPTY;
	enum message_type type;
	const void *bytes;
	size_t length;
	char reason[REASON_SIZE];

	message_encode(message, &frames);
	frame_reader_feed(&reader, frames.data, frames.length);
	assert_int_equal(frame_reader_next(&reader, &type, &bytes, &length, reason), 1);
	assert_int_equal(type, message->type);
	text_append_bytes(&body, length > 0 ? bytes : "", length);
	assert_int_equal(frame_reader_next(&reader, &type, &bytes, &length, reason), 0);
	frame_reader_clear(&reader);
	text_clear(&frames);
	return body;
}

static bool decode(enum message_type type, const struct text *body, struct message *message,
    char reason[REASON_SIZE])
{
	return message_decode(type, body->data, body->length, &wire_context, message, reason);
}

/* Decodes what the batch encodes to. */
static bool send_batch(struct batch *batch, struct message *message, char reason[REASON_SIZE])
{
	struct message sent = {.type = MESSAGE_BATCH, .batch = batch};
	struct text body = body_of(&sent);
	bool good = decode(MESSAGE_BATCH, &body, message, reason);

	text_clear(&body);
	return good;
}

static void assert_batch_refused(struct batch *batch, const char *expected)
{
	struct message message;
	char reason[REASON_SIZE];

	assert_false(send_batch(batch, &message, reason));
	assert_string_equal(reason, expected);
	assert_null(message.batch);
}

static void assert_refused(const struct message *sent, const char *expected)
{
	struct text body = body_of(sent);
	struct message message;
	char reason[REASON_SIZE];

	assert_false(decode(sent->type, &body, &message, reason));
	assert_string_equal(reason, expected);
	text_clear(&body);
}

static void assert_class_refused(struct class *class, const char *expected)
{
	struct class *list[] = {class};

	assert_refused(&(struct message){.type = MESSAGE_LOADED,
	                   .loaded = {.classes = list, .class_count = 1}},
	    expected);
}

/* ---- what is right ---- */

static void every_message_comes_back_as_it_was(void **state)
{
	(void)state;
	for (int type = 1; type < MESSAGE_TYPE_END; type++) {
		struct text body = body_of(&examples[type]), again;
		struct message message;
		char reason[REASON_SIZE];

		if (!decode((enum message_type)type, &body, &message, reason))
			fail_msg("%s: %s", message_type_name((enum message_type)type), reason);
		assert_int_equal(message.type, type);
		again = body_of(&message);
		assert_int_equal(again.length, body.length);
		if (body.length > 0)
			assert_memory_equal(again.data, body.data, body.length);
		message_clear(&message);
		assert_int_equal(message.type, 0);
		text_clear(&body);
		text_clear(&again);
	}
}

static void classes_come_back_as_they_were(void **state)
{
	struct text body = body_of(&examples[MESSAGE_LOADED]);
	struct message message;
	char reason[REASON_SIZE];

	(void)state;
	assert_true(decode(MESSAGE_LOADED, &body, &message, reason));
	assert_int_equal(message.loaded.class_count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(class_equal(message.loaded.classes[i], classes[i]));
	assert_string_equal(message.loaded.warnings[1], "and that");
	assert_true(message.loaded.has_update_scan);
	message_clear(&message);
	text_clear(&body);
}

static void a_batch_comes_back_as_it_was(void **state)
{
	struct message message;
	char reason[REASON_SIZE];
	struct batch *batch;

	(void)state;
	assert_true(send_batch(&full_batch, &message, reason));
	batch = message.batch;
	message.batch = NULL; /* taken: clearing the message leaves it alone */
	message_clear(&message);
	assert_int_equal(batch->kind, BATCH_UPDATE);
	assert_true(batch->number == 12 && batch->lateness_ns == -1);
	assert_string_equal(batch->diagnostic, "drive 5: …");
	assert_int_equal(batch->removed[1], 4);
	assert_int_equal(batch->report_count, 3);
	assert_true(batch->reports[0].created);
	for (size_t i = 0; i < COUNT(drive_changes); i++)
		assert_true(
		    value_equal(&batch->reports[0].changes[i].value, &drive_changes[i].value));
	assert_string_equal(batch->reports[2].label, "my drive");
	assert_false(batch->parents[2].added);
	assert_true(batch->sample_groups[0].values[0] == 1e300);
	assert_true(batch->sample_groups[1].time.us == TIME.us);
	assert_int_equal(batch->sample_groups[1].resources[1], 5);
	assert_int_equal(batch_sample_count(batch), 3);
	assert_true(batch->histograms[0].counts[1] == INT64_MAX);
	assert_string_equal(batch->alerts[0].message, "Drive failure (9)");
	batch_free(batch);
}

static void a_large_batch_travels_in_several_frames(void **state)
{
	enum { MANY = 200000 };
	struct sample_group group = {.statistic = TEMPERATURE,
	    .time = TIME,
	    .resources = xcalloc(MANY, sizeof(*group.resources)),
	    .values = xcalloc(MANY, sizeof(*group.values)),
	    .count = MANY};
	struct batch batch = {.session = SESSION, .number = 1, .kind = BATCH_ASYNC, .time = TIME};
	struct message message, sent = {.type = MESSAGE_BATCH, .batch = &batch};
	struct text frames = TEXT_EMPTY;
	char reason[REASON_SIZE];

	(void)state;
	batch.sample_groups = &group;
	batch.sample_group_count = 1;
	for (size_t i = 0; i < MANY; i++) {
		group.resources[i] = 5;
		group.values[i] = (double)i;
	}
	message_encode(&sent, &frames);
	assert_true(frames.length > 2 * FRAME_MAX);
	assert_int_equal(frames.data[6], FRAME_MORE);
	assert_true(send_batch(&batch, &message, reason));
	assert_int_equal(message.batch->sample_groups[0].count, MANY);
	assert_memory_equal(
	    message.batch->sample_groups[0].values, group.values, MANY * sizeof(group.values[0]));
	message_clear(&message);
	free(group.resources);
	free(group.values);
	text_clear(&frames);
}

static void resources_are_known_by_an_earlier_batch_or_this_one(void **state)
{
	uint32_t resource = 77;
	double value = 1;
	struct sample_group of_new = {TEMPERATURE, TIME, &resource, &value, 1};
	struct report created = {.resource = 77, .class = DRIVE, .created = true};
	struct batch batch = {.session = SESSION,
	    .number = 1,
	    .kind = BATCH_INITIAL,
	    .sample_groups = &of_new,
	    .sample_group_count = 1};
	struct message message;
	char reason[REASON_SIZE];

	(void)state;
	assert_batch_refused(&batch, "sample_groups[0]: there is no resource 77");
	batch.reports = &created;
	batch.report_count = 1;
	assert_true(send_batch(&batch, &message, reason));
	message_clear(&message);
	created.class = ARRAY;
	assert_batch_refused(&batch, "sample_groups[0]: Array has no statistic 0, only 0");
	created.class = DRIVE;
	batch.session = 4;
	resource = 5;
	assert_batch_refused(&batch, "sample_groups[0]: there is no resource 5");
}

static void messages_without_indexes_need_no_context(void **state)
{
	struct text body = body_of(&examples[MESSAGE_ENDED]);
	struct message message;
	char reason[REASON_SIZE];

	(void)state;
	assert_true(message_decode(MESSAGE_ENDED, body.data, body.length, NULL, &message, reason));
	message_clear(&message);
	text_clear(&body);
	body = body_of(&examples[MESSAGE_OPEN]);
	assert_false(message_decode(MESSAGE_OPEN, body.data, body.length, NULL, &message, reason));
	assert_string_equal(reason, "class: there is no class 0, only 0");
	text_clear(&body);
}

static void message_types_have_names(void **state)
{
	(void)state;
	assert_string_equal(message_type_name(MESSAGE_BATCH), "BATCH");
	for (int type = 1; type < MESSAGE_TYPE_END; type++)
		assert_string_not_equal(message_type_name((enum message_type)type), "?");
	assert_string_equal(message_type_name((enum message_type)0), "?");
	assert_string_equal(message_type_name(MESSAGE_TYPE_END), "?");
}

/* ---- what a batch is refused for ---- */

static void values_must_fit_their_attributes(void **state)
{
	const struct {
		struct change change;
		const char *reason;
	} bad[] = {
	    {{DRIVE_ATTRIBUTES, {.type = VALUE_NULL}},
	        "reports[0]: Drive has no attribute 10, only 10"},
	    {{CAPACITY, {.type = VALUE_TEXT, .text = T("1")}},
	        "reports[0]: the value of \"capacity\" of Drive is not of type Bytes"},
	    {{SERIAL, {.type = VALUE_INTEGER, .integer = 1}},
	        "reports[0]: the value of \"serial\" of Drive is not of type String"},
	    {{SERIAL, {.type = VALUE_NULL}},
	        "reports[0]: the value of \"serial\" of Drive is not of type String"},
	    {{STATUS, {.type = VALUE_INTEGER, .integer = 0}},
	        "reports[0]: the value of \"status\" of Drive is not of type Enum"},
	    {{SLOT, {.type = VALUE_TEXT, .text = T("1")}},
	        "reports[0]: the value of \"slot\" of Drive is not of type Enum"},
	    {{ONLINE, {.type = VALUE_INTEGER, .integer = 1}},
	        "reports[0]: the value of \"online\" of Drive is not of type Boolean"},
	    {{SHELF, {.type = VALUE_INTEGER, .integer = 5}},
	        "reports[0]: the value of \"shelf\" of Drive is not of type ResourceReference"},
	    {{SHELF, {.type = VALUE_REFERENCE, .reference = UINT64_C(1) << 32}},
	        "reports[0].changes[0].value: no resource has a number that high"},
	    {{RATIO, {.type = VALUE_INTEGER, .integer = -6}},
	        "reports[0]: Drive: \"ratio\": -6 is too low (min -5)"},
	};
	struct change change;
	struct report report = {
	    .resource = 5, .class = DRIVE, .changes = &change, .change_count = 1};
	struct batch batch = {.session = SESSION,
	    .number = 1,
	    .kind = BATCH_UPDATE,
	    .reports = &report,
	    .report_count = 1};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		change = bad[i].change;
		assert_batch_refused(&batch, bad[i].reason);
	}
}

static void reports_must_name_what_is_there(void **state)
{
	struct report two[2] = {{.resource = 5, .class = 2}};
	struct batch batch = {.session = SESSION,
	    .number = 1,
	    .kind = BATCH_UPDATE,
	    .reports = two,
	    .report_count = 1};
	char *label = xcalloc(1, LABEL_SIZE + 1);

	(void)state;
	assert_batch_refused(&batch, "reports[0].class: there is no class 2, only 2");
	two[0] = (struct report){.resource = 6, .class = DRIVE};
	assert_batch_refused(&batch, "reports[0]: resource 6 is not known to be a Drive");
	two[0] = (struct report){.resource = 0, .class = DRIVE};
	assert_batch_refused(&batch, "reports[0]: resource 0 is not known to be a Drive");
	two[0] = two[1] = (struct report){.resource = 9, .class = DRIVE, .created = true};
	batch.report_count = 2;
	assert_batch_refused(&batch, "resource 9 is created twice");
	memset(label, 'x', LABEL_SIZE);
	two[0] = (struct report){.resource = 5, .class = DRIVE, .label = label};
	batch.report_count = 1;
	assert_batch_refused(&batch, "reports[0].label: it is longer than 1023");
	free(label);
}

static void samples_must_fit_their_statistics(void **state)
{
	const struct {
		struct sample sample;
		const char *reason;
	} bad[] = {
	    {{5, SIZES, TIME, 1},
	        "sample_groups[0]: \"sizes\" is a histogram and takes no single number"},
	    {{5, 3, TIME, 1}, "sample_groups[0]: Drive has no statistic 3, only 3"},
	    {{5, TEMPERATURE, TIME, NAN}, "sample_groups[0].values[0]: the number is not finite"},
	    {{5, TEMPERATURE, TIME, -INFINITY},
	        "sample_groups[0].values[0]: the number is not finite"},
	    {{5, TEMPERATURE, {-1}, 1},
	        "sample_groups[0].time: the time is not between 1970 and 9999"},
	    {{5, TEMPERATURE, {INT64_MAX}, 1},
	        "sample_groups[0].time: the time is not between 1970 and 9999"},
	};
	uint32_t resource;
	double value;
	struct sample_group group = {.resources = &resource, .values = &value, .count = 1};
	struct batch batch = {.session = SESSION,
	    .number = 1,
	    .kind = BATCH_UPDATE,
	    .sample_groups = &group,
	    .sample_group_count = 1};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		resource = bad[i].sample.resource;
		value = bad[i].sample.value;
		group.statistic = bad[i].sample.statistic;
		group.time = bad[i].sample.time;
		assert_batch_refused(&batch, bad[i].reason);
	}
}

static void samples_have_a_resource_each(void **state)
{
	uint32_t resource = 5;
	double value = 1;
	struct sample_group group = {TEMPERATURE, TIME, &resource, &value, 1};
	struct batch batch = {.session = SESSION,
	    .number = 1,
	    .kind = BATCH_UPDATE,
	    .sample_groups = &group,
	    .sample_group_count = 1};
	struct text body = body_of(&(struct message){.type = MESSAGE_BATCH, .batch = &batch});
	/* The number of values stands before the value, and that of histograms and alerts. */
	char *count = body.data + body.length - 2 * sizeof(uint32_t) - sizeof(value) - 4;
	struct message message;
	char reason[REASON_SIZE];

	(void)state;
	assert_int_equal(*count, 1);
	*count = 0;
	assert_false(decode(MESSAGE_BATCH, &body, &message, reason));
	assert_string_equal(reason, "sample_groups[0].values: it has 0 elements, not 1");
	text_clear(&body);
}

static void histograms_must_fit_their_bins(void **state)
{
	int64_t three[] = {1, -1, 3};
	struct histogram histogram = {5, SIZES, TIME, three, 3};
	struct batch batch = {.session = SESSION,
	    .number = 1,
	    .kind = BATCH_UPDATE,
	    .histograms = &histogram,
	    .histogram_count = 1};

	(void)state;
	assert_batch_refused(&batch, "histograms[0]: \"sizes\" has 2 bins, not 3");
	histogram.count = 2;
	assert_batch_refused(&batch, "histograms[0]: the count of bin 1 is below 0");
	histogram.statistic = ERRORS;
	assert_batch_refused(&batch, "histograms[0]: \"errors\" is no histogram");
	histogram.resource = 8;
	assert_batch_refused(&batch, "histograms[0]: there is no resource 8");
}

static void alerts_must_be_declared(void **state)
{
	const struct {
		struct alert_change alert;
		const char *reason;
	} bad[] = {
	    {{6, FAILURE, 0, true, T("x")}, "alerts[0]: there is no resource 6"},
	    {{5, 3, 0, true, T("x")}, "alerts[0]: Drive has no condition 3, only 3"},
	    {{5, FAILURE, 3, true, T("x")}, "alerts[0].threshold: 3 is out of range (0 to 2)"},
	    {{5, HOT, 2, true, T("x")},
	        "alerts[0]: condition 1 of Drive does not have severity INFO"},
	    {{5, FAILURE, 0, true, NULL}, "alerts[0]: a raised alert has no message"},
	};
	struct alert_change alert;
	struct batch batch = {.session = SESSION,
	    .number = 1,
	    .kind = BATCH_UPDATE,
	    .alerts = &alert,
	    .alert_count = 1};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		alert = bad[i].alert;
		assert_batch_refused(&batch, bad[i].reason);
	}
}

static void the_head_of_a_batch_is_checked(void **state)
{
	struct batch batch = {.session = 0, .number = 1, .kind = BATCH_UPDATE};
	struct parent_change self = {5, 5, true};
	uint32_t class = 2;

	(void)state;
	assert_batch_refused(&batch, "session: 0 is out of range (1 to 4294967295)");
	batch.session = SESSION;
	batch.number = 0;
	assert_batch_refused(&batch, "number: 0 is out of range (1 to 9223372036854775807)");
	batch.number = 1;
	batch.kind = BATCH_KIND_END;
	assert_batch_refused(&batch, "kind: 4 is out of range (1 to 3)");
	batch.kind = BATCH_ASYNC;
	batch.duration_ns = -1;
	assert_batch_refused(&batch, "duration_ns: -1 is out of range (0 to 9223372036854775807)");
	batch.duration_ns = 0;
	batch.incomplete = &class;
	batch.incomplete_count = 1;
	assert_batch_refused(&batch, "incomplete[0]: there is no class 2, only 2");
	batch.incomplete_count = 0;
	batch.parents = &self;
	batch.parent_count = 1;
	assert_batch_refused(&batch, "parents[0]: resource 5 is its own parent");
}

/* ---- what other messages are refused for ---- */

static void classes_must_hang_together(void **state)
{
	size_t tenth[] = {10};
	struct class class = drive_class;

	(void)state;
	class.name = T("");
	assert_class_refused(&class, "classes[0].name: the text is missing");
	class.name = T("_Drive");
	assert_class_refused(&class, "the class name \"_Drive\" is too long or reserved");
	class = drive_class;
	class.ancestry_count = 0;
	assert_class_refused(&class, "class Drive: it has no ancestry");
	class = drive_class;
	class.builtin = BUILTIN_END;
	assert_class_refused(&class, "classes[0].builtin: 15 is out of range (1 to 14)");
	class = drive_class;
	class.identifier = tenth;
	class.identifier_count = 1;
	assert_class_refused(&class, "class Drive: identifier[0] names attribute 10 of 10");
	class.scope = IDENTIFIER_AUTO;
	assert_class_refused(&class, "class Drive: its identifier does not fit its scope");
	class.scope = IDENTIFIER_GLOBAL;
	class.identifier_count = 0;
	assert_class_refused(&class, "class Drive: its identifier does not fit its scope");
}

static void names_have_a_greatest_length_in_characters(void **state)
{
	struct text name = TEXT_EMPTY;
	struct class class = array_class;
	struct class *list[] = {&class};
	struct message sent = {
	    .type = MESSAGE_LOADED, .loaded = {.classes = list, .class_count = 1}};
	struct message message;
	struct text body;
	char reason[REASON_SIZE];

	(void)state;
	for (int i = 0; i < CLASS_NAME_MAX; i++)
		text_append(&name, "ü");
	class.name = name.data;
	body = body_of(&sent);
	assert_true(decode(MESSAGE_LOADED, &body, &message, reason));
	message_clear(&message);
	text_clear(&body);
	text_append(&name, "x");
	class.name = name.data;
	body = body_of(&sent);
	assert_false(decode(MESSAGE_LOADED, &body, &message, reason));
	text_clear(&body);
	text_clear(&name);
}

static void attributes_must_hang_together(void **state)
{
	const struct {
		struct attribute attribute;
		const char *reason;
	} bad[] = {
	    {{.type = ATTRIBUTE_TYPE_END, .name = T("a"), .label = T("A")},
	        "classes[0].attributes[0].type: 11 is out of range (1 to 10)"},
	    {{.type = ATTRIBUTE_STRING, .name = T("_a"), .label = T("A")},
	        "class Array: the name \"_a\" is too long or begins with an underscore"},
	    {{.type = ATTRIBUTE_STRING, .name = T("password"), .label = T("A")},
	        "class Array: \"password\" is declared twice"},
	    {{.type = ATTRIBUTE_STRING, .name = T("a")},
	        "classes[0].attributes[0].label: the text is missing"},
	    {{.type = ATTRIBUTE_ENUM, .name = T("a"), .label = T("A")},
	        "class Array: attribute \"a\": its options do not fit its type"},
	    {{.type = ATTRIBUTE_ENUM,
	         .name = T("a"),
	         .label = T("A"),
	         .options = states,
	         .option_count = 2},
	        "class Array: attribute \"a\": its options do not fit its type"},
	    {{.type = ATTRIBUTE_STRING,
	         .name = T("a"),
	         .label = T("A"),
	         .options = texts,
	         .option_count = 2},
	        "class Array: attribute \"a\": its options do not fit its type"},
	    {{.type = ATTRIBUTE_INTEGER,
	         .name = T("a"),
	         .label = T("A"),
	         .has_min = true,
	         .has_max = true,
	         .min = 2,
	         .max = 1},
	        "class Array: attribute \"a\": its lower limit is above the upper one"},
	    {{.type = ATTRIBUTE_STRING,
	         .name = T("a"),
	         .label = T("A"),
	         .default_value = {.type = VALUE_INTEGER}},
	        "class Array: attribute \"a\": its default value is of another type"},
	    {{.type = ATTRIBUTE_REFERENCE,
	         .name = T("a"),
	         .label = T("A"),
	         .default_value = {.type = VALUE_REFERENCE}},
	        "class Array: attribute \"a\": its default value is of another type"},
	};
	struct attribute attributes[2] = {[1] = array_attributes[1]};
	struct class class = array_class;

	(void)state;
	class.attributes = attributes;
	for (size_t i = 0; i < COUNT(bad); i++) {
		attributes[0] = bad[i].attribute;
		assert_class_refused(&class, bad[i].reason);
	}
}

static void statistics_must_hang_together(void **state)
{
	struct bin backwards = {2, 1};
	struct statistic statistic = drive_statistics[TEMPERATURE];
	struct class class = array_class;

	(void)state;
	class.statistics = &statistic;
	class.statistic_count = 1;
	statistic.name = T("address");
	assert_class_refused(&class, "class Array: \"address\" is declared twice");
	statistic = drive_statistics[TEMPERATURE];
	statistic.units = NULL;
	assert_class_refused(&class, "classes[0].statistics[0].units: the text is missing");
	statistic = drive_statistics[TEMPERATURE];
	statistic.sample_period = 0;
	assert_class_refused(
	    &class, "classes[0].statistics[0].sample_period: 0 is out of range (1 to 2147483647)");
	statistic = drive_statistics[SIZES];
	statistic.bin_count = 0;
	assert_class_refused(
	    &class, "class Array: statistic \"sizes\": its bins do not fit its type");
	statistic.bins = &backwards;
	statistic.bin_count = 1;
	assert_class_refused(
	    &class, "class Array: statistic \"sizes\": bin 0 ends before it begins");
}

static void conditions_must_hang_together(void **state)
{
	struct alert_condition two[2] = {drive_conditions[FAILURE], drive_conditions[FAILURE]};
	struct class class = drive_class;

	(void)state;
	class.conditions = two;
	class.condition_count = 2;
	assert_class_refused(
	    &class, "class Drive: the alert condition \"failure_status_ERROR\" is declared twice");
	class.condition_count = 1;
	two[0].subject = DRIVE_ATTRIBUTES;
	assert_class_refused(
	    &class, "class Drive: conditions[0] judges what the class does not have");
	two[0] = drive_conditions[HOT];
	two[0].subject = ERRORS;
	assert_class_refused(
	    &class, "class Drive: conditions[0] judges what the class does not have");
	two[0] = drive_conditions[HOT];
	two[0].thresholds[2] = (struct threshold){.states = states, .state_count = 1};
	assert_class_refused(
	    &class, "class Drive: conditions[0].thresholds[2] does not fit its type");
	two[0] = drive_conditions[HOT];
	two[0].thresholds[1].bound = NAN;
	assert_class_refused(
	    &class, "classes[0].conditions[0].thresholds[1].bound: the number is not finite");
	two[0] = drive_conditions[HOT];
	two[0].raise_after = 0;
	assert_class_refused(
	    &class, "classes[0].conditions[0].raise_after: 0 is out of range (1 to 4294967295)");
}

static void charts_must_hang_together(void **state)
{
	size_t missing[] = {SIZES + 1};
	struct chart chart = drive_charts[0];
	struct class class = drive_class;

	(void)state;
	class.charts = &chart;
	class.chart_count = 1;
	chart.title = T("");
	assert_class_refused(&class, "classes[0].charts[0].title: the text is missing");
	chart = (struct chart){T("Empty"), NULL, 0};
	assert_class_refused(&class, "class Drive: charts[0] shows what the class does not have");
	chart = (struct chart){T("Missing"), missing, 1};
	assert_class_refused(&class, "class Drive: charts[0] shows what the class does not have");
}

static void relations_must_hang_together(void **state)
{
	size_t missing[] = {SERIAL, DRIVE_ATTRIBUTES};
	struct relation relation = drive_relations[0];
	struct class class = drive_class;

	(void)state;
	class.relations = &relation;
	class.relation_count = 1;
	relation.type = 0;
	assert_class_refused(&class, "classes[0].relations[0].type: 0 is out of range (1 to 2)");
	relation = drive_relations[0];
	relation.target_class = NULL;
	assert_class_refused(&class, "classes[0].relations[0].target_class: the text is missing");
	relation = drive_relations[0];
	relation.attribute_count = 0;
	assert_class_refused(
	    &class, "class Drive: relations[0] matches what the class does not have");
	relation.attributes = missing;
	relation.attribute_count = 2;
	assert_class_refused(
	    &class, "class Drive: relations[0] matches what the class does not have");
}

static void a_plugin_has_one_class_of_a_name(void **state)
{
	struct class other = array_class;
	struct class *list[] = {&array_class, &other};
	struct message message = {
	    .type = MESSAGE_LOADED, .loaded = {.classes = list, .class_count = 2}};

	(void)state;
	assert_refused(&message, "class Array is declared twice");
	other.name = T("Other");
	other.plugin = T("beta");
	assert_refused(&message, "class Other is of another plugin");
}

static void what_is_to_be_prepared_fits_its_class(void **state)
{
	struct message message = examples[MESSAGE_PREPARE];
	struct value values[] = {typed_values[0], typed_values[1]};

	(void)state;
	message.prepare.values = values;
	message.prepare.request = 0;
	assert_refused(&message, "request: 0 is out of range (1 to 4294967295)");
	message.prepare.request = 7;
	message.prepare.class = 2;
	assert_refused(&message, "class: there is no class 2, only 2");
	message.prepare.class = DRIVE;
	assert_refused(&message, "class: Drive is not scannable");
	message.prepare.class = ARRAY;
	message.prepare.value_count = 1;
	assert_refused(&message, "values: Array has 2 attributes, not 1");
	message.prepare.value_count = 2;
	values[0] = value_integer(1);
	assert_refused(&message, "values[0]: \"address\" of Array is of another type");
	values[0] = VALUE_NULL_INIT;
	assert_refused(&message, "values[0]: \"address\" of Array is of another type");
	values[0] = value_reference(5);
	assert_refused(&message, "values[0]: \"address\" of Array is of another type");
}

static void null_is_prepared_where_there_is_a_default_function(void **state)
{
	struct attribute attributes[] = {array_class.attributes[0], array_class.attributes[1]};
	struct class class = array_class;
	struct class *list[] = {&class};
	struct wire_context context = {.classes = list, .class_count = 1};
	struct message message = examples[MESSAGE_PREPARE], decoded;
	struct value values[] = {VALUE_NULL_INIT, typed_values[1]};
	char reason[REASON_SIZE];
	struct text body;

	(void)state;
	attributes[0].has_default_function = true;
	class.attributes = attributes;
	message.prepare.values = values;
	body = body_of(&message);
	assert_true(
	    message_decode(MESSAGE_PREPARE, body.data, body.length, &context, &decoded, reason));
	message_clear(&decoded);
	/* But what comes back has it. */
	message = examples[MESSAGE_PREPARED];
	message.prepared.values = values;
	text_clear(&body);
	body = body_of(&message);
	assert_false(
	    message_decode(MESSAGE_PREPARED, body.data, body.length, &context, &decoded, reason));
	assert_string_equal(reason, "values[0]: \"address\" of Array is of another type");
	text_clear(&body);
}

static void what_was_prepared_is_complete_and_valid_or_has_reasons(void **state)
{
	struct message message = examples[MESSAGE_PREPARED];
	struct value values[] = {prepared_values[0], prepared_values[1]};
	char long_text[REASON_SIZE + 1];
	char *reasons[] = {T("\"password\": no"), long_text, long_text};
	struct message decoded;
	char reason[REASON_SIZE];
	struct text body;

	(void)state;
	message.prepared.values = values;
	values[0].text = T("two words");
	assert_refused(&message,
	    "values[0]: Array: \"address\": \"two words\" is not a host name or "
	    "an IP address");
	values[0] = prepared_values[0];
	message.prepared.value_count = 0;
	assert_refused(&message, "values: Array has 2 attributes, not 0");
	message.prepared.reasons = reasons;
	message.prepared.reason_count = 1;
	body = body_of(&message);
	assert_true(decode(MESSAGE_PREPARED, &body, &decoded, reason));
	assert_string_equal(decoded.prepared.reasons[0], "\"password\": no");
	message_clear(&decoded);
	text_clear(&body);
	message.prepared.value_count = 2;
	assert_refused(&message, "it has values, and reasons why there are none");
	memset(long_text, 'x', REASON_SIZE);
	long_text[REASON_SIZE] = '\0';
	message.prepared.value_count = 0;
	message.prepared.reason_count = 2;
	assert_refused(&message, "reasons[1]: it is longer than 511");
	message.prepared.reason_count = 3;
	assert_refused(&message, "reasons: 3 are too many for the 2 attributes of Array");
}

static void the_small_messages_are_checked_too(void **state)
{
	struct message message = examples[MESSAGE_OPEN];
	struct change typed = {SLOT, {.type = VALUE_TEXT, .text = T("1")}};

	(void)state;
	message.open.class = DRIVE;
	message.open.values = &typed;
	message.open.value_count = 1;
	assert_refused(&message, "values[0]: \"slot\" of Drive is of another type");
	typed.attribute = DRIVE_ATTRIBUTES;
	assert_refused(&message, "values[0].attribute: Drive has no attribute 10, only 10");
	message = examples[MESSAGE_CONFIGURE];
	message.configure.workers = 257;
	assert_refused(&message, "workers: 257 is out of range (1 to 256)");
	message = examples[MESSAGE_CONFIGURE];
	message.configure.path = T("acme.so");
	assert_refused(&message, "path: \"acme.so\" is not absolute");
	message = examples[MESSAGE_ENDED];
	message.ended.reason = NULL;
	assert_refused(&message, "it tells of a failure without hook or reason");
	message = examples[MESSAGE_LOG];
	message.log.line = NULL;
	assert_refused(&message, "line: the text is missing");
	message = (struct message){.type = MESSAGE_FAILED};
	assert_refused(&message, "reasons: there is none");
}

/* ---- damage ---- */

static void texts_of_plugins_have_a_greatest_length(void **state)
{
	char text[PLUGIN_TEXT_MAX + 2] = "";
	struct message message = examples[MESSAGE_LOG];
	struct message received;
	struct text body;
	char reason[REASON_SIZE];

	(void)state;
	memset(text, 'x', PLUGIN_TEXT_MAX + 1);
	message.log.line = text;
	assert_refused(&message, "line: it is longer than 8192");
	message = examples[MESSAGE_ENDED];
	message.ended.reason = text;
	assert_refused(&message, "reason: it is longer than 8192");
	text[PLUGIN_TEXT_MAX] = '\0';
	body = body_of(&message);
	assert_true(decode(message.type, &body, &received, reason));
	message_clear(&received);
	text_clear(&body);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (int type = 1; type < MESSAGE_TYPE_END; type++) {
		struct text body = body_of(&examples[type]);

		for (size_t length = 0; length < body.length; length++) {
			/* A copy of just that length, so that reading past its end is noticed. */
			char *part = xmemdup(body.data, length);
			struct message message;
			char reason[REASON_SIZE] = "";

			assert_false(message_decode((enum message_type)type, part, length,
			    &wire_context, &message, reason));
			assert_true(reason[0] != '\0');
			free(part);
		}
		text_clear(&body);
	}
}

static void a_byte_too_many_is_refused(void **state)
{
	(void)state;
	for (int type = 1; type < MESSAGE_TYPE_END; type++) {
		struct text body = body_of(&examples[type]);
		struct message message;
		char reason[REASON_SIZE];

		text_append_char(&body, '\0');
		assert_false(decode((enum message_type)type, &body, &message, reason));
		assert_string_equal(reason, "bytes are left over at its end");
		text_clear(&body);
	}
}

/* Decodes and, if that is a message after all, encodes it. */
static void decode_whatever(enum message_type type, const struct text *body)
{
	struct text frames = TEXT_EMPTY;
	struct message message;
	char reason[REASON_SIZE];

	if (decode(type, body, &message, reason))
		message_encode(&message, &frames);
	message_clear(&message);
	text_clear(&frames);
}

static void no_damaged_byte_does_harm(void **state)
{
	static const unsigned char damage[] = {0x00, 0x01, 0x7f, 0x80, 0xff};

	(void)state;
	for (int type = 1; type < MESSAGE_TYPE_END; type++) {
		struct text body = body_of(&examples[type]);

		for (size_t i = 0; i < body.length * COUNT(damage); i++) {
			char *byte = &body.data[i / COUNT(damage)];
			char before = *byte;

			*byte = (char)damage[i % COUNT(damage)];
			decode_whatever((enum message_type)type, &body);
			*byte = (char)(before ^ (1 << i % 8));
			decode_whatever((enum message_type)type, &body);
			*byte = before;
		}
		text_clear(&body);
	}
}

static void no_garbage_does_harm(void **state)
{
	unsigned random = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct text body = TEXT_EMPTY;
		int length = round % 200;

		for (int i = 0; i < length; i++) {
			random = random * 1103515245 + 12345;
			/* Small numbers pass more checks than large ones. */
			text_append_char(&body, (char)((random >> 16) % (round % 3 ? 4 : 256)));
		}
		decode_whatever((enum message_type)(round % (MESSAGE_TYPE_END + 1)), &body);
		text_clear(&body);
	}
}

static void a_count_does_not_allocate_more_than_the_bytes_allow(void **state)
{
	struct text body = TEXT_EMPTY;
	struct message message;
	char reason[REASON_SIZE];

	(void)state;
	put_u32(&body, 1000000000);
	put_u32(&body, 0);
	assert_false(decode(MESSAGE_FAILED, &body, &message, reason));
	assert_string_equal(reason, "reasons: a count is larger than the bytes that follow");
	text_clear(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message_comes_back_as_it_was),
	    cmocka_unit_test(classes_come_back_as_they_were),
	    cmocka_unit_test(a_batch_comes_back_as_it_was),
	    cmocka_unit_test(a_large_batch_travels_in_several_frames),
	    cmocka_unit_test(resources_are_known_by_an_earlier_batch_or_this_one),
	    cmocka_unit_test(messages_without_indexes_need_no_context),
	    cmocka_unit_test(message_types_have_names),
	    cmocka_unit_test(values_must_fit_their_attributes),
	    cmocka_unit_test(reports_must_name_what_is_there),
	    cmocka_unit_test(samples_must_fit_their_statistics),
	    cmocka_unit_test(samples_have_a_resource_each),
	    cmocka_unit_test(histograms_must_fit_their_bins),
	    cmocka_unit_test(alerts_must_be_declared),
	    cmocka_unit_test(the_head_of_a_batch_is_checked),
	    cmocka_unit_test(classes_must_hang_together),
	    cmocka_unit_test(names_have_a_greatest_length_in_characters),
	    cmocka_unit_test(attributes_must_hang_together),
	    cmocka_unit_test(statistics_must_hang_together),
	    cmocka_unit_test(conditions_must_hang_together),
	    cmocka_unit_test(charts_must_hang_together),
	    cmocka_unit_test(relations_must_hang_together),
	    cmocka_unit_test(a_plugin_has_one_class_of_a_name),
	    cmocka_unit_test(what_is_to_be_prepared_fits_its_class),
	    cmocka_unit_test(null_is_prepared_where_there_is_a_default_function),
	    cmocka_unit_test(what_was_prepared_is_complete_and_valid_or_has_reasons),
	    cmocka_unit_test(the_small_messages_are_checked_too),
	    cmocka_unit_test(texts_of_plugins_have_a_greatest_length),
	    cmocka_unit_test(every_truncation_is_refused),
	    cmocka_unit_test(a_byte_too_many_is_refused),
	    cmocka_unit_test(no_damaged_byte_does_harm),
	    cmocka_unit_test(no_garbage_does_harm),
	    cmocka_unit_test(a_count_does_not_allocate_more_than_the_bytes_allow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
