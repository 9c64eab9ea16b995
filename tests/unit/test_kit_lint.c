/* SPDX-License-Identifier: MIT */
/* What is legal in a plugin's classes, but poor; and what only looks so, and must not be told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <iml/storage_plugin.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/load.h"
#include "kit/lint.h"
#include "kit/words.h"

#define ID .identifier = IML_SCOPED_ID("serial")
#define SERIAL IML_STRING("serial")

static int hide(const char *password, char *out, size_t size)
{
	return snprintf(out, size, "%zu", strlen(password)) < 0;
}

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	return 0;
}

/* The definition that each test gives its classes. */
IML_PLUGIN(acme, .initial_scan = scan);
static struct iml_plugin_definition definition;

/* The warnings about classes, each on a line. */
static char *warnings_about(const struct iml_class *const *classes, size_t count)
{
	struct reasons reasons = {0}, warnings = {0};
	struct loaded_plugin plugin;
	struct text text = TEXT_EMPTY;

	definition = iml_plugin_definition_acme;
	definition.classes = (struct iml_class_table){classes, count};
	if (!load_definition("acme", &definition, &plugin, &reasons))
		fail_msg("%s", reasons.items[0]);
	lint_classes(plugin.classes, plugin.class_count, &warnings);
	text_append(&text, "");
	for (size_t i = 0; i < warnings.count; i++)
		text_printf(&text, "%s\n", warnings.items[i]);
	reasons_clear(&warnings);
	unload_plugin(&plugin);
	return text_steal(&text);
}

#define assert_warnings(expected, ...)                                                           \
	do {                                                                                     \
		static const struct iml_class *const classes_[] = {__VA_ARGS__};                 \
		char *found_ = warnings_about(classes_, sizeof(classes_) / sizeof(classes_[0])); \
                                                                                                 \
		assert_string_equal(found_, expected);                                           \
		free(found_);                                                                    \
	} while (0)

#define OF_DRIVE "Resource class 'Drive': "
#define IF_MEANT " (if it may be any text, give it a .max_length)\n"

/* ---- types ---- */

static const struct iml_class weak_drive = {.name = "Drive",
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL, IML_STRING("management_address"), IML_STRING("hostname"),
        IML_STRING("guid"), IML_STRING("sysfs_path"), IML_STRING("mount_point"),
        IML_INTEGER("capacity"), IML_INTEGER("used_size"), IML_STRING("cache_bytes"),
        IML_INTEGER("is_spare"), IML_STRING("locate_enabled"), IML_STRING("error_count"),
        IML_STRING("num_ports"))};

static void names_tell_of_better_types(void **state)
{
	(void)state;

	assert_warnings(OF_DRIVE
	    "attribute \"management_address\": it is a String, but its name tells of a host name "
	    "or address: IML_HOSTNAME(\"management_address\") refuses what is none" IF_MEANT
	        OF_DRIVE
	    "attribute \"hostname\": it is a String, but its name tells of a host name or address: "
	    "IML_HOSTNAME(\"hostname\") refuses what is none" IF_MEANT OF_DRIVE
	    "attribute \"guid\": it is a String, but its name tells of a UUID: IML_UUID(\"guid\") "
	    "is "
	    "compared without hyphens and case" IF_MEANT OF_DRIVE
	    "attribute \"guid\": its label is made of its name, \"Guid\": .label = \"GUID\" reads "
	    "better\n" OF_DRIVE
	    "attribute \"sysfs_path\": it is a String, but its name tells of a path: "
	    "IML_PATH(\"sysfs_path\") refuses what is none" IF_MEANT OF_DRIVE
	    "attribute \"mount_point\": it is a String, but its name tells of a path: "
	    "IML_PATH(\"mount_point\") refuses what is none" IF_MEANT OF_DRIVE
	    "attribute \"capacity\": it is an Integer, but its name tells of a size: "
	    "IML_BYTES(\"capacity\") is shown with a suitable unit\n" OF_DRIVE
	    "attribute \"used_size\": it is an Integer, but its name tells of a size: "
	    "IML_BYTES(\"used_size\") is shown with a suitable unit\n" OF_DRIVE
	    "attribute \"cache_bytes\": it is a String, but its name tells of a size: "
	    "IML_BYTES(\"cache_bytes\") is shown with a suitable unit" IF_MEANT OF_DRIVE
	    "attribute \"is_spare\": it is an Integer, but its name tells of yes or no: "
	    "IML_BOOLEAN(\"is_spare\") keeps just that\n" OF_DRIVE
	    "attribute \"locate_enabled\": it is a String, but its name tells of yes or no: "
	    "IML_BOOLEAN(\"locate_enabled\") keeps just that" IF_MEANT OF_DRIVE
	    "attribute \"error_count\": it is a String, but its name tells of a number: "
	    "IML_INTEGER(\"error_count\") can be compared and judged" IF_MEANT OF_DRIVE
	    "attribute \"num_ports\": it is a String, but its name tells of a number: "
	    "IML_INTEGER(\"num_ports\") can be compared and judged" IF_MEANT,
	    &weak_drive);
}

static const struct iml_class silent_drive = {.name = "Drive",
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL, IML_STRING("part_number"), IML_STRING("address"),
        IML_STRING("sas_address", .label = "SAS address"), IML_INTEGER("queue_size"),
        IML_INTEGER("cluster_size"), IML_INTEGER("battery_capacity"),
        IML_INTEGER("capacity", .max = IML_LIMIT(100)), IML_STRING("password_policy"),
        IML_STRING("public_key"), IML_STRING("node"), IML_STRING("history"),
        IML_STRING("description"), IML_STRING("island"), IML_INTEGER("count"),
        IML_INTEGER("link_speed_gb"), IML_INTEGER("mb_per_s"), IML_STRING("pathology"))};

static void names_that_tell_nothing_are_left_alone(void **state)
{
	(void)state;

	assert_warnings("", &silent_drive);
}

static const struct iml_class typed_drive = {.name = "Drive",
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL, IML_HOSTNAME("hostname"), IML_PATH("path"),
        IML_BYTES("capacity"), IML_BOOLEAN("enabled"), IML_INTEGER("error_count"),
        IML_UUID("uuid", .label = "UUID"), IML_PASSWORD("password", .obfuscate = hide),
        IML_ENUM("is_ready", IML_OPTIONS("yes", "no", "soon")))};

static void what_has_its_type_is_left_alone(void **state)
{
	(void)state;

	assert_warnings("", &typed_drive);
}

static const struct iml_class limited_drive = {.name = "Drive",
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL, IML_STRING("uuid", .max_length = 63, .label = "UUID"),
        IML_STRING("path", .max_length = 20), IML_STRING("password_2", .max_length = 20),
        IML_STRING("api_key", .max_length = 20, .label = "API key"))};

static void a_text_with_a_limit_is_meant_but_never_a_secret(void **state)
{
	(void)state;

	assert_warnings(OF_DRIVE
	    "attribute \"password_2\": it is a String, but its name tells of a secret: "
	    "IML_PASSWORD(\"password_2\", .obfuscate = function) is never shown\n" OF_DRIVE
	    "attribute \"api_key\": it is a String, but its name tells of a secret: "
	    "IML_PASSWORD(\"api_key\", .obfuscate = function) is never shown\n",
	    &limited_drive);
}

static const struct iml_class reachable_array = {.name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("address_1"),
    .attributes = IML_ATTRIBUTES(IML_STRING("address_1"))};

static void the_address_of_a_scannable_is_one(void **state)
{
	(void)state;

	assert_warnings("Resource class 'Array': attribute \"address_1\": it is a String, but its "
	                "name tells of a host name or address: IML_HOSTNAME(\"address_1\") refuses "
	                "what is none" IF_MEANT,
	    &reachable_array);
}

static const struct iml_class sized_drive = {.name = "Drive",
    ID,
    .attributes =
        IML_ATTRIBUTES(SERIAL, IML_INTEGER("size_kb"), IML_BYTES("cache_mib"), IML_STRING("tb"))};

static const struct iml_class counted_drive = {.name = "Drive",
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL, IML_STRING("bays", .default_value = IML_DEFAULT("12")),
        IML_STRING("vendor", .default_value = IML_DEFAULT("3par")),
        IML_STRING("model", .default_value = IML_DEFAULT("")),
        IML_STRING("revision", .max_length = 8, .default_value = IML_DEFAULT("7")))};

static void values_tell_of_better_types(void **state)
{
	(void)state;

	assert_warnings(OF_DRIVE
	    "attribute \"bays\": it is a String, but its default \"12\" is a number: "
	    "IML_INTEGER(\"bays\") checks and sorts it as one" IF_MEANT,
	    &counted_drive);
}

static void sizes_are_in_bytes(void **state)
{
	(void)state;

	assert_warnings(OF_DRIVE
	    "attribute \"size_kb\": its name tells of a size: IML_BYTES(\"size\"), in single "
	    "bytes, "
	    "is shown with a suitable unit\n" OF_DRIVE
	    "attribute \"cache_mib\": its name tells of another unit than bytes: "
	    "IML_BYTES(\"cache\"), in single bytes, is shown with a suitable unit\n",
	    &sized_drive);
}

/* ---- labels ---- */

static const struct iml_class abbreviated_drive = {.name = "Drive",
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL, IML_STRING("lun_wwn"), IML_STRING("HDD"),
        IML_STRING("spare_ssds"), IML_STRING("host_IP", .max_length = 15),
        IML_STRING("raid_level", .label = "raid level"), IML_STRING("wwn", .hidden = true),
        IML_STRING("lunar")),
    .statistics = IML_STATISTICS(IML_COUNTER("io_errors"))};

static void abbreviations_need_labels(void **state)
{
	(void)state;

	assert_warnings(OF_DRIVE
	    "attribute \"lun_wwn\": its label is made of its name, \"Lun wwn\": .label = "
	    "\"LUN WWN\" reads better\n" OF_DRIVE
	    "attribute \"HDD\": its label is made of its name, \"Hdd\": .label = \"HDD\" "
	    "reads better\n" OF_DRIVE
	    "attribute \"spare_ssds\": its label is made of its name, \"Spare ssds\": "
	    ".label = \"Spare SSDs\" reads better\n" OF_DRIVE
	    "statistic \"io_errors\": its label is made of its name, \"Io errors\": .label "
	    "= \"IO errors\" reads better\n",
	    &abbreviated_drive);
}

static const struct iml_class labelled_lun = {
    .name = "ThinLun", ID, .attributes = IML_ATTRIBUTES(SERIAL)};

static const struct iml_class labelled_ssd = {
    .name = "SSD", ID, .attributes = IML_ATTRIBUTES(SERIAL)};

static const struct iml_class labelled_raid = {
    .name = "Raid", .label = "Array", ID, .attributes = IML_ATTRIBUTES(SERIAL)};

static const struct iml_class labelled_drive = {
    .name = "HardDrive", ID, .attributes = IML_ATTRIBUTES(SERIAL)};

static void classes_that_are_abbreviations_need_labels(void **state)
{
	(void)state;

	assert_warnings("Resource class 'ThinLun': it has no label, and is called \"acme.ThinLun\" "
	                "and its resources after its name: .label = \"Thin LUN\" reads better\n",
	    &labelled_lun, &labelled_ssd, &labelled_raid, &labelled_drive);
}

static void names_are_taken_apart(void **state)
{
	struct words words = words_of("lunWWN__HostId2_x-y");
	static const char *const expected[] = {"lun", "wwn", "host", "id2", "x", "y"};
	(void)state;

	assert_int_equal(words.count, 6);
	for (size_t i = 0; i < words.count; i++)
		assert_string_equal(words.items[i], expected[i]);
	words_clear(&words);
	words = words_of("___");
	assert_int_equal(words.count, 0);
	words_clear(&words);
	words = words_of("a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r_s_t");
	assert_int_equal(words.count, WORDS_MAX);
	assert_string_equal(words.items[WORDS_MAX - 1], "p");
	words_clear(&words);
}

/* ---- statistics, alert conditions ---- */

static const struct iml_class measured_drive = {.name = "Drive",
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL),
    .statistics = IML_STATISTICS(IML_GAUGE("inlet_temperature"), IML_COUNTER("bytes_read"),
        IML_GAUGE("busy_percent"), IML_GAUGE("temperature", .units = "F"), IML_GAUGE("load"),
        IML_COUNTER("temperature_alarms"),
        IML_HISTOGRAM("write_latency", IML_BINS({0, 5}, {6, IML_OPEN})))};

static void statistics_need_units_that_their_names_tell_of(void **state)
{
	(void)state;

	assert_warnings(OF_DRIVE
	    "statistic \"inlet_temperature\": it has no units, and its name tells of some: "
	    ".units = \"C\"\n" OF_DRIVE
	    "statistic \"bytes_read\": it has no units, and its name tells of some: .units "
	    "= \"bytes\"\n" OF_DRIVE
	    "statistic \"busy_percent\": it has no units, and its name tells of some: "
	    ".units = \"%\"\n" OF_DRIVE
	    "statistic \"write_latency\": it has no units, and its name tells of some: "
	    ".units = \"ms\"\n",
	    &measured_drive);
}

static const struct iml_class alerting_drive = {.name = "Drive",
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL, IML_ENUM("status", IML_OPTIONS("OK", "FAILED"))),
    .statistics = IML_STATISTICS(IML_GAUGE("load")),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED")),
            IML_UPPER_BOUND("load", .warn_bound = IML_BOUND(2), .message = ""),
            IML_UPPER_BOUND("load", .error_bound = IML_BOUND(9), .message = "Too much"))};

static const struct iml_class dumb_drive = {.name = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial", .max_length = 64)),
    .statistics = IML_STATISTICS(IML_GAUGE("load", .units = "%"), IML_GAUGE("wear", .units = "%")),
    .alert_conditions = IML_ALERT_CONDITIONS(IML_UPPER_BOUND("load", .message = "Too much"),
        IML_UPPER_BOUND(
            "wear", .error_bound = IML_BOUND(5), .warn_bound = IML_BOUND(50), .message = "Worn"),
        IML_LOWER_BOUND("wear", .id = "low", .error_bound = IML_BOUND(5),
            .warn_bound = IML_BOUND(50), .message = "Odd"))};

static void alerts_that_never_tell_anything_are_found(void **state)
{
	(void)state;

	assert_warnings(OF_DRIVE
	    "alert condition on \"load\": it has neither bound nor state and never fires: give it "
	    "one, as in .error_bound = IML_BOUND(85) or .error_states = "
	    "IML_STATES(\"FAILED\")\n" OF_DRIVE
	    "alert condition on \"wear\": a milder severity begins where a graver one already "
	    "holds: exchange the bounds\n",
	    &dumb_drive);
}

static void alerts_need_words(void **state)
{
	(void)state;

	assert_warnings(OF_DRIVE
	    "alert condition on \"status\": it has no message: tell people what is wrong, "
	    "as in .message = \"Drive failure\"\n" OF_DRIVE
	    "alert condition on \"load\": it has no message: tell people what is wrong, as "
	    "in .message = \"Drive failure\"\n",
	    &alerting_drive);
}

/* ---- inheritance ---- */

static const struct iml_class inherited_drive = {.name = "Drive",
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL, IML_INTEGER("size_mb")),
    .statistics = IML_STATISTICS(IML_GAUGE("temperature")),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_UPPER_BOUND("size_mb", .error_bound = IML_BOUND(9)))};

static const struct iml_class inherited_flash = {.name = "Flash",
    .base = &inherited_drive,
    ID,
    .attributes = IML_ATTRIBUTES(IML_STRING("path")),
    .alert_conditions = IML_ALERT_CONDITIONS(
        IML_UPPER_BOUND("size_mb", .warn_bound = IML_BOUND(9), .message = "Big"))};

static void what_is_inherited_is_told_once(void **state)
{
	(void)state;

	assert_warnings(OF_DRIVE
	    "attribute \"size_mb\": its name tells of a size: IML_BYTES(\"size\"), in single "
	    "bytes, "
	    "is shown with a suitable unit\n" OF_DRIVE
	    "statistic \"temperature\": it has no units, and its name tells of some: .units = "
	    "\"C\"\n" OF_DRIVE
	    "alert condition on \"size_mb\": it has no message: tell people what is wrong, as in "
	    ".message = \"Drive failure\"\n"
	    "Resource class 'Flash': attribute \"path\": it is a String, but its name tells of a "
	    "path: IML_PATH(\"path\") refuses what is none" IF_MEANT,
	    &inherited_flash, &inherited_drive);
}

/* ---- links ---- */

#define ALONE                                                                                     \
	"nothing links this logical drive to the disks that servers see, so no Lustre volume is " \
	"affected by its problems: "
#define PROVIDE                                                                 \
	".relations = IML_RELATIONS(IML_PROVIDE_TO(\"linux\", \"ScsiDevice\", " \
	"IML_MATCH(\"serial\"), .ignore_case = true))\n"

static const struct iml_class volume = {
    .name = "Volume", .base = &iml_logical_drive, ID, .attributes = IML_ATTRIBUTES(SERIAL)};

static const struct iml_class alone_thin = {.name = "Thin", .base = &volume, ID};

static const struct iml_class alone_nameless = {.name = "Nameless",
    .base = &iml_logical_drive,
    .identifier = IML_SCOPED_ID("number"),
    .attributes = IML_ATTRIBUTES(IML_INTEGER("number"))};

static void a_logical_drive_that_nothing_links_is_told(void **state)
{
	(void)state;

	assert_warnings("Resource class 'Volume': " ALONE PROVIDE
	                "Resource class 'Nameless': " ALONE
	                "report the serial that they see, with IML_STRING(\"serial\") and " PROVIDE,
	    &volume, &alone_thin, &alone_nameless);
}

static const struct iml_class linking_node = {
    .name = "Node", .base = &iml_device_node, .identifier = IML_SCOPED_ID("path")};

static const struct iml_class linking_presentation = {.name = "Presentation",
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL),
    .relations = IML_RELATIONS(IML_SUBSCRIBE(&volume, IML_MATCH("serial")))};

static void a_plugin_that_links_anything_knows_about_links(void **state)
{
	(void)state;

	assert_warnings("", &volume, &linking_node);
	assert_warnings("", &volume, &linking_presentation);
}

static const struct iml_class without_lustre_cache = {.name = "Cache",
    .base = &iml_logical_drive,
    ID,
    .attributes = IML_ATTRIBUTES(SERIAL),
    .unusable_for_lustre = true};

static const struct iml_class without_lustre_slice = {
    .name = "Slice", .base = &iml_logical_drive_slice, ID, .attributes = IML_ATTRIBUTES(SERIAL)};

static void what_carries_no_lustre_needs_no_link(void **state)
{
	(void)state;

	assert_warnings("", &without_lustre_cache, &without_lustre_slice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_tell_of_better_types),
	    cmocka_unit_test(names_that_tell_nothing_are_left_alone),
	    cmocka_unit_test(what_has_its_type_is_left_alone),
	    cmocka_unit_test(a_text_with_a_limit_is_meant_but_never_a_secret),
	    cmocka_unit_test(the_address_of_a_scannable_is_one),
	    cmocka_unit_test(values_tell_of_better_types),
	    cmocka_unit_test(sizes_are_in_bytes),
	    cmocka_unit_test(abbreviations_need_labels),
	    cmocka_unit_test(classes_that_are_abbreviations_need_labels),
	    cmocka_unit_test(names_are_taken_apart),
	    cmocka_unit_test(statistics_need_units_that_their_names_tell_of),
	    cmocka_unit_test(alerts_need_words),
	    cmocka_unit_test(alerts_that_never_tell_anything_are_found),
	    cmocka_unit_test(what_is_inherited_is_told_once),
	    cmocka_unit_test(a_logical_drive_that_nothing_links_is_told),
	    cmocka_unit_test(a_plugin_that_links_anything_knows_about_links),
	    cmocka_unit_test(what_carries_no_lustre_needs_no_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
