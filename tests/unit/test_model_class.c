/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/class.h"

/* A class to try things on: HardDrive (name, slot, uuid, shelf), identified by name and slot. */
enum { NAME, SLOT, DRIVE_UUID, SHELF, ATTRIBUTE_COUNT };

static struct class *drive_new(void)
{
	static const struct {
		enum attribute_type type;
		const char *name;
	} attributes[ATTRIBUTE_COUNT] = {{ATTRIBUTE_STRING, "name"}, {ATTRIBUTE_INTEGER, "slot"},
	    {ATTRIBUTE_UUID, "uuid"}, {ATTRIBUTE_REFERENCE, "shelf"}};
	struct class *class = xcalloc(1, sizeof(*class));

	class->plugin = xstrdup("acme");
	class->name = xstrdup("HardDrive");
	class->label = xstrdup("acme.HardDrive");
	class->builtin = BUILTIN_PHYSICAL_DISK;
	class->scope = IDENTIFIER_SCOPED;
	class->ancestry_count = 1;
	class->ancestry = xcalloc(1, sizeof(*class->ancestry));
	class->ancestry[0] = xstrdup("acme.HardDrive");
	class->attribute_count = ATTRIBUTE_COUNT;
	class->attributes = xcalloc(ATTRIBUTE_COUNT, sizeof(*class->attributes));
	for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
		class->attributes[i].type = attributes[i].type;
		class->attributes[i].name = xstrdup(attributes[i].name);
		class->attributes[i].label = label_from_name(attributes[i].name);
		class->attributes[i].optional = i != NAME;
	}
	class->identifier = xcalloc(ATTRIBUTE_COUNT, sizeof(*class->identifier));
	class->identifier_count = 2;
	class->identifier[0] = NAME;
	class->identifier[1] = SLOT;
	return class;
}

/* Lets one attribute alone identify the class. */
static void identify_by(struct class *class, size_t attribute)
{
	class->identifier_count = 1;
	class->identifier[0] = attribute;
}

/* ---- labels of attributes ---- */

static void a_label_is_made_from_the_name(void **state)
{
	static const struct {
		const char *name, *label;
	} names[] = {{"file_size", "File size"}, {"my_attribute", "My attribute"},
	    {"host_ID", "Host ID"}, {"wwnID", "Wwnid"}, {"a", "A"}, {"UPPER_lower", "Upper lower"},
	    {"a__b", "A  b"}, {"9lives", "9lives"}, {"état_x", "état x"}};
	(void)state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *label = label_from_name(names[i].name);

		assert_string_equal(label, names[i].label);
		free(label);
	}
}

/* ---- identifiers ---- */

static void assert_identifier(
    const struct class *class, const struct value *values, const char *expected)
{
	struct text key = TEXT_EMPTY;
	char reason[REASON_SIZE];

	assert_true(class_identifier(class, values, &key, reason));
	assert_string_equal(key.data, expected);
	text_clear(&key);
}

static void an_identifier_lists_its_values_in_order(void **state)
{
	struct class *drive = drive_new();
	struct value values[ATTRIBUTE_COUNT] = {
	    [NAME] = value_text("a\"b"), [SLOT] = value_integer(2)};
	(void)state;

	assert_identifier(drive, values, "[\"a\\\"b\", 2]");
	value_clear(&values[NAME]);
	class_free(drive);
}

static void numbers_and_texts_of_the_same_digits_differ(void **state)
{
	struct class *drive = drive_new();
	struct value text[ATTRIBUTE_COUNT] = {[NAME] = value_text("1")};
	struct value number[ATTRIBUTE_COUNT] = {[SLOT] = value_integer(1)};
	struct value reference[ATTRIBUTE_COUNT] = {[SHELF] = value_reference(1)};
	(void)state;

	identify_by(drive, NAME);
	assert_identifier(drive, text, "[\"1\"]");
	identify_by(drive, SLOT);
	assert_identifier(drive, number, "[1]");
	identify_by(drive, SHELF);
	assert_identifier(drive, reference, "[{\"ref\": 1}]");
	value_clear(&text[NAME]);
	class_free(drive);
}

static void an_absent_optional_value_counts_as_null(void **state)
{
	struct class *drive = drive_new();
	struct value values[ATTRIBUTE_COUNT] = {[NAME] = value_text("a")};
	(void)state;

	assert_identifier(drive, values, "[\"a\", null]");
	value_clear(&values[NAME]);
	class_free(drive);
}

static void an_absent_mandatory_value_is_named(void **state)
{
	struct class *drive = drive_new();
	struct value values[ATTRIBUTE_COUNT] = {[SLOT] = value_integer(1)};
	struct text key = TEXT_EMPTY;
	char reason[REASON_SIZE];
	(void)state;

	assert_false(class_identifier(drive, values, &key, reason));
	assert_string_equal(reason, "\"name\": missing (it is part of the identifier)");
	text_clear(&key);
	class_free(drive);
}

static void uuids_are_compared_without_hyphens_and_case(void **state)
{
	struct class *drive = drive_new();
	struct value values[ATTRIBUTE_COUNT] = {
	    [DRIVE_UUID] = value_text("BACBE363-A1D4-4C1A-9A08-5B47DE17AB73")};
	struct value same[ATTRIBUTE_COUNT] = {
	    [DRIVE_UUID] = value_text("bacbe363a1d44c1a9a085b47de17ab-73")};
	(void)state;

	identify_by(drive, DRIVE_UUID);
	assert_identifier(drive, values, "[\"bacbe363a1d44c1a9a085b47de17ab73\"]");
	assert_identifier(drive, same, "[\"bacbe363a1d44c1a9a085b47de17ab73\"]");
	value_clear(&values[DRIVE_UUID]);
	value_clear(&same[DRIVE_UUID]);
	class_free(drive);
}

/* A value of one character over and over. */
static struct value repeated(const char *character, size_t count)
{
	struct text text = TEXT_EMPTY;

	for (size_t i = 0; i < count; i++)
		text_append(&text, character);
	return (struct value){.type = VALUE_TEXT, .text = text_steal(&text)};
}

static void identifiers_of_256_characters_of_any_kind_fit(void **state)
{
	static const char *const characters[] = {"a", "é", "\xf0\x9f\x98\x80", "\x01"};
	struct class *drive = drive_new();
	(void)state;

	identify_by(drive, NAME);
	for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
		struct value values[ATTRIBUTE_COUNT] = {[NAME] = repeated(characters[i], 256)};
		struct text key = TEXT_EMPTY;
		char reason[REASON_SIZE];

		assert_true(class_identifier(drive, values, &key, reason));
		text_clear(&key);
		value_clear(&values[NAME]);
	}
	class_free(drive);
}

static void a_longer_identifier_is_refused_not_cut(void **state)
{
	struct class *drive = drive_new();
	struct value fits[ATTRIBUTE_COUNT] = {[NAME] = repeated("a", IDENTIFIER_MAX - 4)};
	struct value beyond[ATTRIBUTE_COUNT] = {[NAME] = repeated("a", IDENTIFIER_MAX - 3)};
	struct text key = TEXT_EMPTY;
	char reason[REASON_SIZE];
	(void)state;

	identify_by(drive, NAME);
	text_append(&key, "before");
	assert_false(class_identifier(drive, beyond, &key, reason));
	assert_string_equal(reason, "identifier of 2049 bytes is too long (max 2048)");
	assert_string_equal(key.data, "before");
	assert_true(class_identifier(drive, fits, &key, reason));
	assert_int_equal(key.length, strlen("before") + IDENTIFIER_MAX);
	text_clear(&key);
	value_clear(&fits[NAME]);
	value_clear(&beyond[NAME]);
	class_free(drive);
}

/* ---- labels of resources ---- */

static void name_reference(void *context, uint64_t reference, struct text *label)
{
	text_printf(label, "%s %d", (const char *)context, (int)reference);
}

static void assert_label(
    const struct class *class, const struct value *values, const char *expected)
{
	static char shelf[] = "Shelf";
	struct text label = TEXT_EMPTY;

	class_default_label(class, values, name_reference, shelf, &label);
	assert_string_equal(label.data, expected);
	text_clear(&label);
}

static void a_default_label_is_the_name_and_the_identifier(void **state)
{
	struct class *drive = drive_new();
	struct value values[ATTRIBUTE_COUNT] = {
	    [NAME] = value_text("foo"), [SLOT] = value_integer(3), [SHELF] = value_reference(7)};
	(void)state;

	assert_label(drive, values, "HardDrive (foo, 3)");
	identify_by(drive, NAME);
	assert_label(drive, values, "HardDrive foo");
	identify_by(drive, SHELF);
	assert_label(drive, values, "HardDrive Shelf 7");
	identify_by(drive, DRIVE_UUID);
	assert_label(drive, values, "HardDrive -");
	value_clear(&values[NAME]);
	class_free(drive);
}

static void a_declared_label_takes_the_place_of_the_name(void **state)
{
	struct class *drive = drive_new();
	struct value values[ATTRIBUTE_COUNT] = {[NAME] = value_text("foo")};
	(void)state;

	free(drive->label);
	drive->label = xstrdup("Disk");
	drive->has_declared_label = true;
	assert_label(drive, values, "Disk (foo, -)");
	value_clear(&values[NAME]);
	class_free(drive);
}

static void without_identifying_values_the_name_is_the_label(void **state)
{
	struct class *drive = drive_new();
	struct value values[ATTRIBUTE_COUNT] = {0};
	(void)state;

	drive->scope = IDENTIFIER_AUTO;
	drive->identifier_count = 0;
	assert_label(drive, values, "HardDrive");
	class_free(drive);
}

static void a_password_is_not_in_the_label(void **state)
{
	struct class *drive = drive_new();
	struct value values[ATTRIBUTE_COUNT] = {[NAME] = value_text("secret")};
	(void)state;

	drive->attributes[NAME].type = ATTRIBUTE_PASSWORD;
	identify_by(drive, NAME);
	assert_label(drive, values, "HardDrive -");
	value_clear(&values[NAME]);
	class_free(drive);
}

static void a_long_label_is_cut_between_characters(void **state)
{
	struct class *drive = drive_new();
	struct value values[ATTRIBUTE_COUNT] = {[NAME] = repeated("€", 400)};
	struct text label = TEXT_EMPTY;
	(void)state;

	text_append(&label, "before ");
	class_default_label(drive, values, NULL, NULL, &label);
	assert_true(label.length - strlen("before ") < LABEL_SIZE);
	assert_true(label.length - strlen("before ") >= LABEL_SIZE - 4);
	assert_true(utf8_valid(label.data, label.length));
	assert_string_equal(label.data + label.length - strlen("…"), "…");
	text_clear(&label);
	value_clear(&values[NAME]);
	class_free(drive);
}

static void a_device_node_is_called_by_server_and_short_path(void **state)
{
	static const struct {
		const char *path, *label;
	} nodes[] = {{"/dev/sda", "3:sda"}, {"/dev/mapper/mpath0", "3:mpath0"},
	    {"/dev/disk/by-id/x", "3:x"}, {"/dev/disk/by-path/pci-1", "3:pci-1"},
	    {"/dev/mapper//dev/sda", "3:/dev/sda"}, {"/dev/disk/x", "3:disk/x"},
	    {"/opt/f", "3:/opt/f"}, {"dev/f", "3:dev/f"}};
	struct class *node = drive_new();
	struct value values[ATTRIBUTE_COUNT] = {[SLOT] = value_integer(3)};
	(void)state;

	node->builtin = BUILTIN_DEVICE_NODE;
	memcpy(node->attributes[NAME].name, "path", sizeof("path"));
	assert_label(node, values, "HardDrive (-, 3)");
	free(node->attributes[SLOT].name);
	node->attributes[SLOT].name = xstrdup("host_id");
	assert_label(node, values, "3:-");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		values[NAME] = value_text(nodes[i].path);
		assert_label(node, values, nodes[i].label);
		value_clear(&values[NAME]);
	}
	class_free(node);
}

/* ---- looking and comparing ---- */

static void bins_are_called_by_their_end_or_open_beginning(void **state)
{
	const struct bin bins[] = {{0, 512}, {4097, INT64_MAX}, {-9, -5}};
	static const char *const labels[] = {"≤512", "≥4097", "≤-5"};
	(void)state;

	for (size_t i = 0; i < sizeof(bins) / sizeof(bins[0]); i++) {
		struct text label = TEXT_EMPTY;

		bin_label(&bins[i], &label);
		assert_string_equal(label.data, labels[i]);
		text_clear(&label);
	}
}

static void attributes_and_statistics_are_found_by_name(void **state)
{
	struct class *drive = drive_new();
	(void)state;

	assert_int_equal(class_find_attribute(drive, "uuid"), DRIVE_UUID);
	assert_int_equal(class_find_attribute(drive, "Uuid"), CLASS_NOT_FOUND);
	assert_int_equal(class_find_statistic(drive, "uuid"), CLASS_NOT_FOUND);
	assert_true(class_is_identifying(drive, SLOT));
	assert_false(class_is_identifying(drive, DRIVE_UUID));
	class_free(drive);
}

/* Gives the class an option, a default, a histogram, a condition, a chart, and a relation. */
static struct class *rich_new(void)
{
	struct class *class = drive_new();
	struct attribute *slot = &class->attributes[SLOT];

	slot->options = xcalloc(1, sizeof(*slot->options));
	slot->option_count = 1;
	slot->options[0] = value_text("one");
	slot->default_value = value_text("one");
	class->statistics = xcalloc(1, sizeof(*class->statistics));
	class->statistic_count = 1;
	class->statistics[0] = (struct statistic){.type = STATISTIC_HISTOGRAM,
	    .name = xstrdup("sizes"),
	    .label = xstrdup("Sizes"),
	    .units = xstrdup("bytes"),
	    .sample_period = 10,
	    .bins = xcalloc(1, sizeof(struct bin)),
	    .bin_count = 1};
	class->conditions = xcalloc(1, sizeof(*class->conditions));
	class->condition_count = 1;
	class->conditions[0] = (struct alert_condition){.type = CONDITION_VALUE,
	    .id = xstrdup("a"),
	    .message = xstrdup("Failed"),
	    .subject = SLOT,
	    .raise_after = 1,
	    .clear_after = 1};
	class->conditions[0].thresholds[0].states = xcalloc(1, sizeof(struct value));
	class->conditions[0].thresholds[0].state_count = 1;
	class->conditions[0].thresholds[0].states[0] = value_text("one");
	class->charts = xcalloc(1, sizeof(*class->charts));
	class->chart_count = 1;
	class->charts[0] = (struct chart){
	    .title = xstrdup("Sizes"), .series = xcalloc(1, sizeof(size_t)), .series_count = 1};
	class->relations = xcalloc(1, sizeof(*class->relations));
	class->relation_count = 1;
	class->relations[0] = (struct relation){.type = RELATION_PROVIDE,
	    .target_plugin = xstrdup("linux"),
	    .target_class = xstrdup("ScsiDevice"),
	    .attributes = xcalloc(1, sizeof(size_t)),
	    .attribute_count = 1};
	return class;
}

static void equal_descriptions_of_a_class_are_equal(void **state)
{
	struct class *a = rich_new(), *b = rich_new();
	(void)state;

	b->attributes[SLOT].origin = 99;
	assert_true(class_equal(a, b));
	class_free(a);
	class_free(b);
}

/* Each changes one thing of a class made by rich_new(). */
static void rename_class(struct class *class)
{
	class->name[0] = 'X';
}

static void change_scope(struct class *class)
{
	class->scope = IDENTIFIER_GLOBAL;
}

static void change_identifier(struct class *class)
{
	class->identifier[0] = SHELF;
}

static void change_ancestry(struct class *class)
{
	class->ancestry[0][0] = 'X';
}

static void add_device_type(struct class *class)
{
	class->device_type = xstrdup("linux");
}

static void hide_attribute(struct class *class)
{
	class->attributes[NAME].hidden = true;
}

static void limit_attribute(struct class *class)
{
	class->attributes[SLOT].has_min = true;
}

static void change_option(struct class *class)
{
	class->attributes[SLOT].options[0].text[0] = 'X';
}

static void change_default(struct class *class)
{
	value_clear(&class->attributes[SLOT].default_value);
}

static void change_bin(struct class *class)
{
	class->statistics[0].bins[0].to = 512;
}

static void change_period(struct class *class)
{
	class->statistics[0].sample_period = 60;
}

static void change_state(struct class *class)
{
	value_clear(&class->conditions[0].thresholds[0].states[0]);
}

static void change_bound(struct class *class)
{
	class->conditions[0].thresholds[2].has_bound = true;
}

static void change_raise_after(struct class *class)
{
	class->conditions[0].raise_after = 2;
}

static void change_title(struct class *class)
{
	class->charts[0].title[0] = 'X';
}

static void change_series(struct class *class)
{
	class->charts[0].series[0] = 1;
}

static void declare_charts(struct class *class)
{
	class->has_declared_charts = true;
}

static void change_relation_type(struct class *class)
{
	class->relations[0].type = RELATION_SUBSCRIBE;
}

static void change_target_plugin(struct class *class)
{
	free(class->relations[0].target_plugin);
	class->relations[0].target_plugin = NULL;
}

static void change_target_class(struct class *class)
{
	class->relations[0].target_class[0] = 'X';
}

static void change_match(struct class *class)
{
	class->relations[0].attributes[0] = SLOT;
}

static void ignore_case(struct class *class)
{
	class->relations[0].ignore_case = true;
}

static void any_difference_makes_classes_differ(void **state)
{
	static void (*const changes[])(struct class *) = {rename_class, change_scope,
	    change_identifier, change_ancestry, add_device_type, hide_attribute, limit_attribute,
	    change_option, change_default, change_bin, change_period, change_state, change_bound,
	    change_raise_after, change_title, change_series, declare_charts, change_relation_type,
	    change_target_plugin, change_target_class, change_match, ignore_case};
	struct class *original = rich_new();
	(void)state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct class *changed = rich_new();

		changes[i](changed);
		assert_false(class_equal(original, changed));
		assert_false(class_equal(changed, original));
		class_free(changed);
	}
	class_free(original);
}

static void types_have_names(void **state)
{
	(void)state;
	assert_string_equal(attribute_type_name(ATTRIBUTE_BOOLEAN), "Boolean");
	assert_string_equal(attribute_type_name(ATTRIBUTE_PATH), "PosixPath");
	assert_string_equal(attribute_type_name(ATTRIBUTE_REFERENCE), "ResourceReference");
	assert_string_equal(statistic_type_name(STATISTIC_GAUGE), "Gauge");
	assert_string_equal(statistic_type_name(STATISTIC_HISTOGRAM), "BytesHistogram");
	for (int type = ATTRIBUTE_BOOLEAN; type < ATTRIBUTE_TYPE_END; type++)
		assert_non_null(attribute_type_name(type));
}

/* ---- built-in classes ---- */

/* Asserts the names of the attributes that instances of a built-in class have: "a b [c]". */
static void assert_inherits(enum builtin builtin, const char *expected)
{
	struct text names = TEXT_EMPTY;

	text_reset(&names);
	for (; builtin != BUILTIN_NONE; builtin = builtin_parent(builtin)) {
		size_t count;
		const struct attribute *attributes = builtin_attributes(builtin, &count);

		for (size_t i = 0; i < count; i++)
			text_printf(&names, attributes[i].optional ? "[%s %s] " : "%s %s ",
			    attribute_type_name(attributes[i].type), attributes[i].name);
	}
	assert_string_equal(names.data, expected);
	text_clear(&names);
}

static void built_in_classes_bring_their_attributes(void **state)
{
	(void)state;
	assert_inherits(BUILTIN_RESOURCE, "");
	assert_inherits(BUILTIN_SCANNABLE, "");
	assert_inherits(BUILTIN_CONTROLLER, "");
	assert_inherits(BUILTIN_ENCLOSURE, "");
	assert_inherits(BUILTIN_FAN, "");
	assert_inherits(BUILTIN_PHYSICAL_DISK, "");
	assert_inherits(BUILTIN_STORAGE_POOL, "");
	assert_inherits(BUILTIN_LOGICAL_DRIVE, "Bytes size [String filesystem_type] ");
	assert_inherits(BUILTIN_LOGICAL_DRIVE_SLICE, "Bytes size [String filesystem_type] ");
	assert_inherits(BUILTIN_LOGICAL_DRIVE_OCCUPIER, "");
	assert_inherits(BUILTIN_DEVICE_NODE, "Integer host_id PosixPath path ");
	assert_inherits(BUILTIN_PATH_WEIGHT, "Integer weight ");
	assert_inherits(BUILTIN_VIRTUAL_MACHINE, "Hostname address [Integer host_id] ");
	assert_inherits(BUILTIN_SERVER, "");
}

static void the_manager_sets_the_server_of_a_virtual_machine(void **state)
{
	size_t count;
	const struct attribute *attributes = builtin_attributes(BUILTIN_VIRTUAL_MACHINE, &count);
	(void)state;

	assert_int_equal(count, 2);
	assert_false(attributes[0].user_read_only);
	assert_true(attributes[1].user_read_only);
}

static void built_in_classes_end_in_the_plain_resource(void **state)
{
	(void)state;
	for (int builtin = BUILTIN_RESOURCE; builtin < BUILTIN_END; builtin++) {
		enum builtin base = builtin;

		assert_non_null(builtin_name(builtin));
		while (builtin_parent(base) != BUILTIN_NONE)
			base = builtin_parent(base);
		assert_int_equal(base, BUILTIN_RESOURCE);
	}
	assert_string_equal(builtin_name(BUILTIN_SCANNABLE), "ScannableResource");
	assert_int_equal(builtin_parent(BUILTIN_LOGICAL_DRIVE_SLICE), BUILTIN_LOGICAL_DRIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_label_is_made_from_the_name),
	    cmocka_unit_test(an_identifier_lists_its_values_in_order),
	    cmocka_unit_test(numbers_and_texts_of_the_same_digits_differ),
	    cmocka_unit_test(an_absent_optional_value_counts_as_null),
	    cmocka_unit_test(an_absent_mandatory_value_is_named),
	    cmocka_unit_test(uuids_are_compared_without_hyphens_and_case),
	    cmocka_unit_test(identifiers_of_256_characters_of_any_kind_fit),
	    cmocka_unit_test(a_longer_identifier_is_refused_not_cut),
	    cmocka_unit_test(a_default_label_is_the_name_and_the_identifier),
	    cmocka_unit_test(a_declared_label_takes_the_place_of_the_name),
	    cmocka_unit_test(without_identifying_values_the_name_is_the_label),
	    cmocka_unit_test(a_password_is_not_in_the_label),
	    cmocka_unit_test(a_long_label_is_cut_between_characters),
	    cmocka_unit_test(a_device_node_is_called_by_server_and_short_path),
	    cmocka_unit_test(bins_are_called_by_their_end_or_open_beginning),
	    cmocka_unit_test(attributes_and_statistics_are_found_by_name),
	    cmocka_unit_test(equal_descriptions_of_a_class_are_equal),
	    cmocka_unit_test(any_difference_makes_classes_differ),
	    cmocka_unit_test(types_have_names),
	    cmocka_unit_test(built_in_classes_bring_their_attributes),
	    cmocka_unit_test(the_manager_sets_the_server_of_a_virtual_machine),
	    cmocka_unit_test(built_in_classes_end_in_the_plain_resource),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
