/* SPDX-License-Identifier: MIT */
/* Which classes a relation is about, among those of all plugins at hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/class.h"

#define T(text) ((char[]){text})
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct attribute serial = {.type = ATTRIBUTE_STRING, .name = T("serial")};
static struct attribute hidden[] = {{.type = ATTRIBUTE_PASSWORD, .name = T("serial")}};
static struct attribute serial_and_wwn[] = {
    {.type = ATTRIBUTE_STRING, .name = T("wwn")}, {.type = ATTRIBUTE_STRING, .name = T("serial")}};
static struct attribute path[] = {{.type = ATTRIBUTE_PATH, .name = T("path")},
    {.type = ATTRIBUTE_INTEGER, .name = T("host_id")},
    {.type = ATTRIBUTE_STRING, .name = T("serial")}};

static char *disk_ancestry[] = {T("linux.Disk"), T("Resource")};
static char *ssd_ancestry[] = {T("acme.Ssd"), T("linux.Disk"), T("Resource")};
static char *nvme_ancestry[] = {T("acme.Nvme"), T("acme.Ssd"), T("linux.Disk"), T("Resource")};
static char *node_ancestry[] = {T("acme.Node"), T("DeviceNode"), T("Resource")};

/* A disk of one plugin, what another derives from it, and a device node. */
enum { DISK, SSD, NVME, NODE, CLASSES };

static struct class disk = {.plugin = T("linux"),
    .name = T("Disk"),
    .ancestry = disk_ancestry,
    .ancestry_count = COUNT(disk_ancestry),
    .attributes = &serial,
    .attribute_count = 1};
static struct class ssd = {.plugin = T("acme"),
    .name = T("Ssd"),
    .ancestry = ssd_ancestry,
    .ancestry_count = COUNT(ssd_ancestry),
    .attributes = serial_and_wwn,
    .attribute_count = 2};
static struct class nvme = {.plugin = T("acme"),
    .name = T("Nvme"),
    .ancestry = nvme_ancestry,
    .ancestry_count = COUNT(nvme_ancestry),
    .attributes = hidden,
    .attribute_count = 1};
static struct class node = {.plugin = T("acme"),
    .name = T("Node"),
    .builtin = BUILTIN_DEVICE_NODE,
    .ancestry = node_ancestry,
    .ancestry_count = COUNT(node_ancestry),
    .attributes = path,
    .attribute_count = COUNT(path)};
static struct class *const classes[CLASSES] = {&disk, &ssd, &nvme, &node};

/* What a LUN can match by. */
static struct attribute lun_attributes[] = {{.type = ATTRIBUTE_STRING, .name = T("serial")},
    {.type = ATTRIBUTE_STRING, .name = T("wwn")}, {.type = ATTRIBUTE_INTEGER, .name = T("host_id")},
    {.type = ATTRIBUTE_PATH, .name = T("path")}};
static const struct class lun = {.plugin = T("example"),
    .name = T("Lun"),
    .attributes = lun_attributes,
    .attribute_count = COUNT(lun_attributes)};
static size_t by_serial[] = {0}, by_wwn[] = {1}, by_node[] = {2, 3}, by_both[] = {0, 1};

static struct relation relation_to(char *plugin, char *name, size_t *attributes, size_t count)
{
	return (struct relation){.type = RELATION_PROVIDE,
	    .target_plugin = plugin,
	    .target_class = name,
	    .attributes = attributes,
	    .attribute_count = count};
}

/* Tells the outcome, and who takes part as a text of 0 and 1. */
static void assert_resolves(
    struct relation relation, enum relation_outcome outcome, const char *expected)
{
	bool takes_part[CLASSES];
	char found[CLASSES + 1] = "";

	assert_int_equal(relation_resolve(&lun, &relation, classes, CLASSES, takes_part), outcome);
	assert_int_equal(relation_resolve(&lun, &relation, classes, CLASSES, NULL), outcome);
	for (size_t i = 0; i < CLASSES; i++)
		found[i] = takes_part[i] ? '1' : '0';
	assert_string_equal(found, expected);
}

static void the_target_and_what_derives_from_it_take_part(void **state)
{
	(void)state;

	/* The NVMe's serial is a password, which nobody compares. */
	assert_resolves(relation_to(T("linux"), T("Disk"), by_serial, 1), RELATION_FOUND, "1100");
	assert_resolves(relation_to(T("acme"), T("Ssd"), by_serial, 1), RELATION_FOUND, "0100");
	assert_resolves(relation_to(NULL, T("Resource"), by_serial, 1), RELATION_FOUND, "1101");
}

static void derived_classes_take_part_where_the_target_lacks_an_attribute(void **state)
{
	(void)state;

	assert_resolves(relation_to(T("linux"), T("Disk"), by_wwn, 1), RELATION_FOUND, "0100");
	assert_resolves(relation_to(T("linux"), T("Disk"), by_both, 2), RELATION_FOUND, "0100");
	assert_resolves(relation_to(NULL, T("DeviceNode"), by_serial, 1), RELATION_FOUND, "0001");
}

static void a_builtin_target_is_found_without_classes(void **state)
{
	struct relation by_path = relation_to(NULL, T("DeviceNode"), by_node, 2);
	struct relation by_number = relation_to(NULL, T("DeviceNode"), by_wwn, 1);
	(void)state;

	assert_int_equal(relation_resolve(&lun, &by_path, NULL, 0, NULL), RELATION_FOUND);
	assert_int_equal(relation_resolve(&lun, &by_number, NULL, 0, NULL), RELATION_NO_ATTRIBUTE);
	assert_resolves(by_path, RELATION_FOUND, "0001");
}

static void what_is_missing_is_told(void **state)
{
	(void)state;

	assert_resolves(relation_to(T("zfs"), T("Disk"), by_serial, 1), RELATION_NO_PLUGIN, "0000");
	assert_resolves(
	    relation_to(T("linux"), T("disk"), by_serial, 1), RELATION_NO_CLASS, "0000");
	/* A class that derives from it is not of its plugin. */
	assert_resolves(relation_to(T("linux"), T("Ssd"), by_wwn, 1), RELATION_NO_CLASS, "0000");
	assert_resolves(
	    relation_to(T("acme"), T("Nvme"), by_serial, 1), RELATION_NO_ATTRIBUTE, "0000");
	assert_resolves(relation_to(NULL, T("Nothing"), by_serial, 1), RELATION_NO_CLASS, "0000");
	assert_resolves(relation_to(NULL, T("Fan"), by_serial, 1), RELATION_NO_ATTRIBUTE, "0000");
}

static void a_target_is_called_as_in_an_ancestry(void **state)
{
	struct relation named = relation_to(T("linux"), T("Disk"), by_serial, 1);
	struct relation builtin = relation_to(NULL, T("DeviceNode"), by_serial, 1);
	struct text text = TEXT_EMPTY;
	(void)state;

	relation_target(&named, &text);
	text_append(&text, " ");
	relation_target(&builtin, &text);
	assert_string_equal(text.data, "linux.Disk DeviceNode");
	text_clear(&text);
	assert_string_equal(relation_type_name(RELATION_PROVIDE), "provide");
	assert_string_equal(relation_type_name(RELATION_SUBSCRIBE), "subscribe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_target_and_what_derives_from_it_take_part),
	    cmocka_unit_test(derived_classes_take_part_where_the_target_lacks_an_attribute),
	    cmocka_unit_test(a_builtin_target_is_found_without_classes),
	    cmocka_unit_test(what_is_missing_is_told),
	    cmocka_unit_test(a_target_is_called_as_in_an_ancestry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
