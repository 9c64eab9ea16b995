/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <iml/plugin_test.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

IML_TEST_PLUGIN(linux);

#define SECTORS(bytes) ((bytes) / 512)
#define GIB (UINT64_C(1) << 30)
#define STAT "100 0 2000 0 300 0 4000 0 0 0 0\n"

static char root[64]; /* of the copy of a machine that a test builds */
static struct iml_test *test;
static struct iml_test_scannable *server;

/* ---- building a machine ---- */

static void make_directories(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

static void put_bytes(const char *path, const void *bytes, size_t length)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	make_directories(full);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

static __attribute__((format(printf, 2, 3))) void put(const char *path, const char *format, ...)
{
	char text[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	put_bytes(path, text, strlen(text));
}

static __attribute__((format(printf, 3, 4))) void put_in(
    const char *device, const char *file, const char *format, ...)
{
	char path[256], text[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(path, sizeof(path), "sys/block/%s/%s", device, file);
	put_bytes(path, text, strlen(text));
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_device(const char *device)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/sys/block/%s", root, device);
	remove_tree(path);
}

static void add_disk(const char *name, const char *number, uint64_t bytes)
{
	put_in(name, "dev", "%s\n", number);
	put_in(name, "size", "%llu\n", (unsigned long long)SECTORS(bytes));
	put_in(name, "stat", STAT);
}

static void add_partition(
    const char *disk, const char *name, const char *number, int partition, uint64_t bytes)
{
	char device[128];

	snprintf(device, sizeof(device), "%s/%s", disk, name);
	add_disk(device, number, bytes);
	put_in(device, "partition", "%d\n", partition);
}

static void add_mapped(const char *name, const char *number, uint64_t bytes,
    const char *mapped_name, const char *uuid, const char *const members[])
{
	char file[128];

	add_disk(name, number, bytes);
	put_in(name, "dm/name", "%s\n", mapped_name);
	put_in(name, "dm/uuid", "%s\n", uuid);
	for (; *members != NULL; members++) {
		snprintf(file, sizeof(file), "slaves/%s", *members);
		put_in(name, file, "%s", "");
	}
}

#define MEMBERS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Page 0x83 with a target port's name, a T10 name and, if given, an extended NAA one. */
static void put_page_83(const char *device, const char *t10, const char *naa)
{
	uint8_t page[256] = {0, 0x83, 0, 0, 1, 0x13, 0, 8, 0x50, 1, 2, 3, 4, 5, 6, 7};
	size_t used = 16;
	char path[128];

	page[used] = 2;
	page[used + 1] = 1;
	page[used + 3] = (uint8_t)strlen(t10);
	memcpy(page + used + 4, t10, strlen(t10));
	used += 4 + strlen(t10);
	if (naa != NULL) {
		page[used] = 1;
		page[used + 1] = 3;
		page[used + 3] = (uint8_t)(strlen(naa) / 2);
		used += 4;
		for (size_t i = 0; naa[i] != '\0'; i += 2)
			page[used++] =
			    (uint8_t)strtoul((char[]){naa[i], naa[i + 1], '\0'}, NULL, 16);
	}
	page[3] = (uint8_t)(used - 4);
	snprintf(path, sizeof(path), "sys/block/%s/device/vpd_pg83", device);
	put_bytes(path, page, used);
}

static void put_page_80(const char *device, const char *serial)
{
	uint8_t page[128] = {0, 0x80, 0, (uint8_t)strlen(serial)};
	char path[128];

	memcpy(page + 4, serial, strlen(serial));
	snprintf(path, sizeof(path), "sys/block/%s/device/vpd_pg80", device);
	put_bytes(path, page, 4 + strlen(serial));
}

static void add_scsi_disk(
    const char *name, const char *number, const char *vendor, const char *model)
{
	add_disk(name, number, 4 * GIB);
	put_in(name, "device/vendor", "%-8s\n", vendor);
	put_in(name, "device/model", "%-16s\n", model);
}

static int load(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/iml-linux-XXXXXX");
	assert_non_null(mkdtemp(root));
	put("sys/block/.keep", "%s", "");
	put("proc/sys/kernel/hostname", "oss1.example.com\n");
	put("proc/self/mountinfo", "%s", "");
	test = iml_test_new(linux);
	iml_test_set(test, "root", root);
	server = iml_test_add(test, "Server");
	return 0;
}

static int unload(void **state)
{
	(void)state;
	iml_test_free(test);
	remove_tree(root);
	return 0;
}

/* ---- looking ---- */

static void scan(void)
{
	iml_test_assert_scan(server);
}

static struct iml_test_resource *find(const char *class_name, const char *name, const char *value)
{
	char wanted[512];

	snprintf(wanted, sizeof(wanted), "%s=%s", name, value);
	return iml_test_assert_resource(test, class_name, wanted);
}

static struct iml_test_resource *the_disk(const char *serial)
{
	return find("ScsiDevice", "serial", serial);
}

static struct iml_test_resource *the_local_disk(const char *path)
{
	return find("UnsharedDevice", "path", path);
}

static struct iml_test_resource *the_node(const char *path)
{
	return find("DeviceNode", "path", path);
}

static struct iml_test_resource *the_partition(const char *name)
{
	return find("Partition", "display_name", name);
}

/* ---- serials ---- */

static void page_83_is_preferred_to_page_80(void **state)
{
	(void)state;
	add_scsi_disk("sda", "8:0", "ACME", "Array");
	put_page_83("sda", "ACME    Array   t10name", "600140512345678900000000000000ab");
	put_page_80("sda", "SN-0815");
	scan();
	the_disk("600140512345678900000000000000ab");
	iml_test_assert_count(test, "ScsiDevice", 1);
	iml_test_assert_attribute(the_disk("600140512345678900000000000000ab"), "model", "Array");
}

static void page_80_serves_when_there_is_no_page_83(void **state)
{
	(void)state;
	add_scsi_disk("sda", "8:0", "ACME", "Array");
	put_page_80("sda", "  SN-0815 ");
	scan();
	the_disk("ACME Array SN-0815");
}

static void same_serial_is_found_in_sysfs_and_in_udev(void **state)
{
	(void)state;
	add_disk("sda", "8:0", 4 * GIB);
	put_in("sda", "device/wwid", "naa.600140512345678900000000000000ab\n");
	add_disk("sdb", "8:16", 4 * GIB);
	put("run/udev/data/b8:16", "S:disk/by-id/x\nE:ID_FS_TYPE=ext4\n"
	                           "E:ID_SERIAL=3600140512345678900000000000000ab\n");
	scan();
	iml_test_assert_count(test, "ScsiDevice", 1);
	iml_test_assert_count(test, "DeviceNode", 2);
}

static void nvme_is_known_by_its_world_wide_name(void **state)
{
	(void)state;
	add_disk("nvme0n1", "259:0", 4 * GIB);
	put_in("nvme0n1", "wwid", "eui.0025385b01420af3\n");
	put_in("nvme0n1", "device/serial", "S4EWNX0M1234\n");
	scan();
	the_disk("0025385b01420af3");
}

static void generic_serials_of_virtual_disks_are_dropped(void **state)
{
	(void)state;
	add_scsi_disk("sda", "8:0", "QEMU", "QEMU HARDDISK");
	add_scsi_disk("sdb", "8:16", "QEMU", "QEMU HARDDISK");
	put_page_83("sda", "QEMU    QEMU HARDDISK   0", NULL);
	put_page_83("sdb", "QEMU    QEMU HARDDISK   0", NULL);
	put_page_80("sda", "0");
	put_page_80("sdb", "0");
	scan();
	iml_test_assert_count(test, "ScsiDevice", 0);
	the_local_disk("/dev/sda");
	the_local_disk("/dev/sdb");
}

static void chosen_serials_of_virtual_disks_join_paths(void **state)
{
	(void)state;
	add_scsi_disk("sda", "8:0", "QEMU", "QEMU HARDDISK");
	add_scsi_disk("sdb", "8:16", "QEMU", "QEMU HARDDISK");
	put_page_83("sda", "QEMU    QEMU HARDDISK   MPATH-testdev01", NULL);
	put_page_83("sdb", "QEMU    QEMU HARDDISK   MPATH-testdev01", NULL);
	scan();
	the_disk("QEMU QEMU HARDDISK MPATH-testdev01");
	iml_test_assert_count(test, "ScsiDevice", 1);
	iml_test_assert_count(test, "UnsharedDevice", 0);
}

static void names_that_hypervisors_make_up_are_no_serials(void **state)
{
	(void)state;
	add_disk("sda", "8:0", GIB);
	put("run/udev/data/b8:0", "E:ID_SERIAL=QEMU_HARDDISK_QM00001\n");
	add_disk("sdb", "8:16", GIB);
	put("run/udev/data/b8:16", "E:ID_SERIAL=0QEMU_QEMU_HARDDISK_drive-scsi0-0-0\n");
	add_disk("vda", "254:0", GIB);
	put_in("vda", "serial", "1");
	add_disk("vdb", "254:16", GIB);
	put_in("vdb", "serial", "rootfs");
	scan();
	iml_test_assert_count(test, "ScsiDevice", 0);
	iml_test_assert_count(test, "UnsharedDevice", 4);
}

static void malformed_page_83_gives_no_serial(void **state)
{
	static const uint8_t pages[][8] = {
	    {0, 0x83, 0, 200, 1, 3, 0, 200}, /* longer than it is */
	    {0, 0x80, 0, 4, 1, 3, 0, 0},     /* another page */
	    {0, 0x83, 0, 4, 1, 3, 0, 0},     /* an empty designator */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		char name[8], number[8], path[64];

		snprintf(name, sizeof(name), "sd%c", (char)('a' + i));
		snprintf(number, sizeof(number), "8:%zu", i * 16);
		snprintf(path, sizeof(path), "sys/block/%s/device/vpd_pg83", name);
		add_disk(name, number, GIB);
		put_bytes(path, pages[i], sizeof(pages[i]));
	}
	scan();
	iml_test_assert_count(test, "ScsiDevice", 0);
	iml_test_assert_count(test, "UnsharedDevice", 3);
}

/* ---- structure ---- */

static void partitions_lie_between_two_nodes(void **state)
{
	(void)state;
	add_disk("vda", "254:0", 8 * GIB);
	add_partition("vda", "vda1", "254:1", 1, GIB);
	add_partition("vda", "vda2", "254:2", 2, 7 * GIB);
	scan();
	struct iml_test_resource *part = the_partition("/dev/vda-2");

	iml_test_assert_attribute(part, "size", "7516192768");
	iml_test_assert_attribute(part, "container", "Local disk /dev/vda");
	iml_test_assert_label(part, "/dev/vda-2");
	iml_test_assert_parent(the_node("/dev/vda"), the_local_disk("/dev/vda"));
	iml_test_assert_parent(part, the_node("/dev/vda"));
	iml_test_assert_parent(the_node("/dev/vda2"), part);
	iml_test_assert_count(test, "Partition", 2);
	iml_test_assert_count(test, "UnsharedDevice", 1);
}

static void build_multipath(void)
{
	static const char naa[] = "600140512345678900000000000000ab";

	add_scsi_disk("sda", "8:0", "ACME", "Array");
	add_scsi_disk("sdb", "8:16", "ACME", "Array");
	put_page_83("sda", "ACME    Array", naa);
	put_page_83("sdb", "ACME    Array", naa);
	put("run/udev/data/b8:0", "E:ID_FS_TYPE=mpath_member\n");
	add_mapped("dm-0", "253:0", 4 * GIB, "mpatha", "mpath-3600140512345678900000000000000ab",
	    MEMBERS("sda", "sdb"));
	add_mapped("dm-1", "253:1", GIB, "mpatha1", "part1-mpath-3600140512345678900000000000000ab",
	    MEMBERS("dm-0"));
}

static void multipath_node_joins_the_paths_to_one_disk(void **state)
{
	struct iml_test_resource *disk, *node, *part;

	(void)state;
	build_multipath();
	scan();
	disk = the_disk("600140512345678900000000000000ab");
	node = the_node("/dev/mapper/mpatha");
	part = the_partition("600140512345678900000000000000ab-1");
	iml_test_assert_parent(the_node("/dev/sda"), disk);
	iml_test_assert_parent(the_node("/dev/sdb"), disk);
	iml_test_assert_parent(node, the_node("/dev/sda"));
	iml_test_assert_parent(node, the_node("/dev/sdb"));
	iml_test_assert_no_parent(node, disk);
	iml_test_assert_parent(part, node);
	iml_test_assert_parent(the_node("/dev/mapper/mpatha1"), part);
	iml_test_assert_label(part, "600140512345678900000000000000ab-1");
	iml_test_assert_count(test, "UnsharedDevice", 0);
}

/* sda1, sdb1 and mpatha1 are one partition. */
static void partition_seen_on_every_path_is_one(void **state)
{
	struct iml_test_resource *part;

	(void)state;
	build_multipath();
	add_partition("sda", "sda1", "8:1", 1, GIB);
	add_partition("sdb", "sdb1", "8:17", 1, GIB);
	scan();
	iml_test_assert_count(test, "Partition", 1);
	part = the_partition("600140512345678900000000000000ab-1");
	iml_test_assert_parents(part, 3);
	iml_test_assert_parent(the_node("/dev/sda1"), part);
	iml_test_assert_parent(the_node("/dev/mapper/mpatha1"), part);
}

static void logical_volumes_belong_to_their_group(void **state)
{
	static const char uuid[] =
	    "LVM-aaaaaabbbbccccddddeeeeffffgggggg111111222233334444555566667777ab";
	struct iml_test_resource *group, *volume;

	(void)state;
	add_disk("vda", "254:0", 8 * GIB);
	add_disk("vdb", "254:16", 8 * GIB);
	put("run/udev/data/b254:0", "E:ID_FS_TYPE=LVM2_member\n");
	add_mapped("dm-0", "253:0", 2 * GIB, "vg--1-home--lv", uuid, MEMBERS("vda", "vdb"));
	scan();
	group = iml_test_assert_resource(
	    test, "VolumeGroup", "uuid=aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg");
	volume = iml_test_assert_resource(
	    test, "LogicalVolume", "uuid=111111-2222-3333-4444-5555-6666-7777ab");
	iml_test_assert_label(group, "vg-1");
	iml_test_assert_attribute(volume, "name", "home-lv");
	iml_test_assert_label(volume, "vg-1-home-lv");
	iml_test_assert_attribute(volume, "size", "2147483648");
	iml_test_assert_parent(group, the_node("/dev/vda"));
	iml_test_assert_parent(group, the_node("/dev/vdb"));
	iml_test_assert_parent(volume, group);
	iml_test_assert_parent(the_node("/dev/mapper/vg--1-home--lv"), volume);
	iml_test_assert_attribute(the_local_disk("/dev/vda"), "filesystem_type", "LVM2_member");
}

static void hidden_parts_of_a_volume_are_volumes_below_it(void **state)
{
	static const char uuid[] =
	    "LVM-aaaaaabbbbccccddddeeeeffffgggggg111111222233334444555566667777ab";
	char hidden[128];

	(void)state;
	snprintf(hidden, sizeof(hidden), "%s-tpool", uuid);
	add_disk("vda", "254:0", 8 * GIB);
	add_mapped("dm-0", "253:0", GIB, "vg-pool-tpool", hidden, MEMBERS("vda"));
	add_mapped("dm-1", "253:1", GIB, "vg-pool", uuid, MEMBERS("dm-0"));
	scan();
	iml_test_assert_count(test, "LogicalVolume", 2);
	iml_test_assert_count(test, "VolumeGroup", 1);
	iml_test_assert_parent(iml_test_assert_resource(test, "LogicalVolume",
	                           "uuid=111111-2222-3333-4444-5555-6666-7777ab"),
	    the_node("/dev/mapper/vg-pool-tpool"));
}

static void encrypted_device_is_a_local_disk_on_its_partition(void **state)
{
	(void)state;
	add_disk("vda", "254:0", 8 * GIB);
	add_partition("vda", "vda1", "254:1", 1, GIB);
	add_mapped(
	    "dm-0", "253:0", GIB, "cryptroot", "CRYPT-LUKS2-0123-cryptroot", MEMBERS("vda1"));
	scan();
	iml_test_assert_parent(the_local_disk("/dev/mapper/cryptroot"), the_node("/dev/vda1"));
}

static void build_md(void)
{
	add_disk("vda", "254:0", GIB);
	add_disk("vdb", "254:16", GIB);
	add_disk("md0", "9:0", GIB);
	put_in("md0", "md/level", "raid1\n");
	put_in("md0", "md/raid_disks", "2\n");
	put_in("md0", "md/degraded", "0\n");
	put_in("md0", "slaves/vda", "%s", "");
	put_in("md0", "slaves/vdb", "%s", "");
}

static void md_array_lies_on_its_members(void **state)
{
	struct iml_test_resource *array;

	(void)state;
	build_md();
	put("run/udev/data/b9:0", "E:MD_UUID=01234567:89abcdef:01234567:89abcdef\n");
	add_partition("md0", "md0p1", "259:0", 1, GIB / 2);
	scan();
	array =
	    iml_test_assert_resource(test, "MdRaid", "uuid=01234567:89abcdef:01234567:89abcdef");
	iml_test_assert_attribute(array, "level", "raid1");
	iml_test_assert_attribute(array, "missing_disks", "0");
	iml_test_assert_parent(array, the_node("/dev/vda"));
	iml_test_assert_parent(array, the_node("/dev/vdb"));
	iml_test_assert_parent(the_node("/dev/md0"), array);
	the_partition("/dev/md0-1");
	put_in("md0", "md/degraded", "1\n");
	scan();
	iml_test_assert_alert(array, "WARNING", "Array is degraded");
	iml_test_assert_affected(the_node("/dev/md0p1"), "Array is degraded");
}

static void md_array_without_uuid_is_known_by_server_and_name(void **state)
{
	(void)state;
	build_md();
	scan();
	iml_test_assert_resource(test, "MdRaid", "uuid=oss1.example.com:md0");
}

static void disks_that_tell_nothing_are_left_out(void **state)
{
	(void)state;
	add_disk("loop0", "7:0", 0);
	add_disk("loop1", "7:1", GIB);
	put_in("loop1", "loop/backing_file", "/tmp/image\n");
	add_disk("ram0", "1:0", GIB);
	add_disk("zram0", "253:0", 0);
	add_disk("nvme0c0n1", "259:3", GIB);
	put_in("nvme0c0n1", "hidden", "1\n");
	put_in("broken", "size", "none\n");
	scan();
	iml_test_assert_count(test, "UnsharedDevice", 2);
	the_local_disk("/dev/loop1");
	iml_test_assert_attribute(the_local_disk("/dev/zram0"), "size", "0");
}

static void slash_in_a_name_is_restored(void **state)
{
	(void)state;
	add_disk("cciss!c0d0", "104:0", GIB);
	scan();
	the_node("/dev/cciss/c0d0");
}

static void device_nodes_belong_to_this_server(void **state)
{
	(void)state;
	add_disk("vda", "254:0", GIB);
	scan();
	iml_test_assert_attribute(the_node("/dev/vda"), "host_id", "0");
}

/* ---- mounts ---- */

static void mounts_occupy_their_device(void **state)
{
	struct iml_test_resource *mount;

	(void)state;
	add_disk("vda", "254:0", 8 * GIB);
	add_partition("vda", "vda1", "254:1", 1, GIB);
	add_partition("vda", "vda2", "254:2", 2, GIB);
	add_partition("vda", "vda3", "254:3", 3, GIB);
	put("proc/self/mountinfo", "27 1 254:1 / / rw,relatime - ext4 /dev/root rw\n"
	                           "28 27 0:40 / /data\\040set rw,relatime - btrfs /dev/vda2 rw\n"
	                           "29 27 0:21 / /proc rw - proc proc rw\n"
	                           "30 27 254:3 / /mnt/ost0 rw - lustre /dev/vda3 rw\n");
	scan();
	iml_test_assert_count(test, "LocalMount", 2);
	mount = iml_test_assert_resource(
	    test, "LocalMount", "device=/dev/vda2", "mount_point=/data set");
	iml_test_assert_parent(mount, the_node("/dev/vda2"));
	iml_test_assert_label(mount, "/data set (btrfs)");
	iml_test_assert_resource(test, "LocalMount", "device=/dev/vda1", "mount_point=/");
	iml_test_assert_attribute(the_partition("/dev/vda-1"), "filesystem_type", "ext4");
}

static void swap_occupies_its_device(void **state)
{
	(void)state;
	add_disk("vda", "254:0", GIB);
	put("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n"
	                  "/dev/vda                               partition\t1048572\t0\t-2\n");
	scan();
	iml_test_assert_resource(test, "LocalMount", "device=/dev/vda", "mount_point=[SWAP]");
}

static void mount_point_of_any_bytes_is_text(void **state)
{
	(void)state;
	add_disk("vda", "254:0", GIB);
	put("proc/self/mountinfo", "27 1 254:0 / /a\xff\xc3\xa9 rw - ext4 /dev/vda rw\n");
	scan();
	iml_test_assert_resource(test, "LocalMount", "device=/dev/vda", "mount_point=/a?\xc3\xa9");
}

/* ---- changes ---- */

static void unplugged_disk_is_removed_with_all_that_lay_on_it(void **state)
{
	(void)state;
	add_disk("vda", "254:0", GIB);
	add_disk("vdb", "254:16", GIB);
	add_partition("vdb", "vdb1", "254:17", 1, GIB);
	put("proc/self/mountinfo", "27 1 254:17 / /mnt rw - ext4 /dev/vdb1 rw\n");
	scan();
	iml_test_assert_count(test, "LocalMount", 1);
	remove_device("vdb");
	scan();
	iml_test_assert_count(test, "UnsharedDevice", 1);
	iml_test_assert_count(test, "DeviceNode", 1);
	iml_test_assert_count(test, "Partition", 0);
	iml_test_assert_count(test, "LocalMount", 0);
	the_local_disk("/dev/vda");
}

static void new_partition_appears_and_deleted_one_goes(void **state)
{
	(void)state;
	add_disk("vda", "254:0", 2 * GIB);
	add_partition("vda", "vda1", "254:1", 1, GIB);
	scan();
	remove_device("vda/vda1");
	add_partition("vda", "vda2", "254:2", 2, GIB);
	scan();
	iml_test_assert_no_resource(test, "Partition", "display_name=/dev/vda-1");
	iml_test_assert_no_resource(test, "DeviceNode", "path=/dev/vda1");
	the_partition("/dev/vda-2");
}

static void lost_path_leaves_the_disk(void **state)
{
	(void)state;
	build_multipath();
	scan();
	remove_device("sdb");
	remove_device("dm-0/slaves/sdb");
	scan();
	the_disk("600140512345678900000000000000ab");
	iml_test_assert_no_resource(test, "DeviceNode", "path=/dev/sdb");
	iml_test_assert_parents(the_node("/dev/mapper/mpatha"), 1);
}

/* The paths stay, but the map no longer uses one of them. */
static void link_that_is_gone_is_removed(void **state)
{
	(void)state;
	build_multipath();
	scan();
	remove_device("dm-0/slaves/sdb");
	scan();
	the_node("/dev/sdb");
	iml_test_assert_no_parent(the_node("/dev/mapper/mpatha"), the_node("/dev/sdb"));
	iml_test_assert_parent(the_node("/dev/mapper/mpatha"), the_node("/dev/sda"));
}

static void unmounted_file_system_frees_its_device(void **state)
{
	(void)state;
	add_disk("vda", "254:0", GIB);
	put("proc/self/mountinfo", "27 1 254:0 / /mnt rw - ext4 /dev/vda rw\n");
	scan();
	put("proc/self/mountinfo", "%s", "");
	scan();
	iml_test_assert_count(test, "LocalMount", 0);
}

/* ---- statistics ---- */

static void counters_come_from_the_kernel(void **state)
{
	struct iml_test_resource *disk;

	(void)state;
	add_disk("vda", "254:0", GIB);
	scan();
	disk = the_local_disk("/dev/vda");
	iml_test_assert_sample(disk, "reads", 100);
	iml_test_assert_sample(disk, "read_bytes", 2000 * 512);
	iml_test_assert_sample(disk, "writes", 300);
	iml_test_assert_sample(disk, "write_bytes", 4000 * 512);
}

static void traffic_of_a_disk_is_that_of_all_its_paths(void **state)
{
	struct iml_test_resource *disk;

	(void)state;
	build_multipath();
	scan();
	disk = the_disk("600140512345678900000000000000ab");
	iml_test_assert_sample(disk, "reads", 200);
	iml_test_assert_samples(disk, "reads", 1);
}

/* ---- the server ---- */

static void server_is_called_by_its_host_name(void **state)
{
	(void)state;
	scan();
	iml_test_assert_label(iml_test_resource_of(server), "oss1.example.com");
}

static void short_and_long_host_names_are_the_same(void **state)
{
	(void)state;
	iml_test_assert_scan(iml_test_add(test, "Server", "hostname=OSS1"));
	iml_test_assert_scan(iml_test_add(test, "Server", "hostname=oss1.example.com"));
}

static void other_machine_is_refused(void **state)
{
	(void)state;
	iml_test_assert_scan_fails(iml_test_add(test, "Server", "hostname=oss2.example.com"),
	    "\"oss2.example.com\" is another machine: this runner can "
	    "read the devices of \"oss1.example.com\" only");
	iml_test_assert_scan_fails(
	    iml_test_add(test, "Server", "hostname=oss1.example.org"), "another machine");
}

static void unreadable_sysfs_fails_the_scan(void **state)
{
	char expected[128];

	(void)state;
	scan();
	snprintf(expected, sizeof(expected), "%s/sys", root);
	remove_tree(expected);
	snprintf(expected, sizeof(expected), "%s/sys/block: No such file or directory", root);
	iml_test_assert_scan_fails(server, expected);
}

/* ---- this machine ---- */

static struct json_object *run_lsblk(void)
{
	FILE *pipe = popen("lsblk -J -b -o NAME,PATH,TYPE,SIZE", "r");
	char *text = calloc(1, 1 << 20);
	struct json_object *all, *devices = NULL;

	assert_non_null(pipe);
	assert_true(fread(text, 1, (1 << 20) - 1, pipe) > 0);
	pclose(pipe);
	all = json_tokener_parse(text);
	free(text);
	assert_true(json_object_object_get_ex(all, "blockdevices", &devices));
	devices = json_object_get(devices);
	json_object_put(all);
	return devices;
}

/* The logical drive that a node gives access to: its parent, or further up for multipath. */
static struct iml_test_resource *drive_of(struct iml_test_resource *device)
{
	struct iml_test_resource *parent = iml_test_parent(device, 0);

	assert_non_null(parent);
	return iml_test_is_a(parent, "DeviceNode") ? drive_of(parent) : parent;
}

static size_t compare_with_lsblk(struct json_object *devices)
{
	size_t count = json_object_array_length(devices);

	for (size_t i = 0, top = count; i < top; i++) {
		struct json_object *device = json_object_array_get_idx(devices, i);
		struct json_object *path, *size, *children;
		assert_true(json_object_object_get_ex(device, "path", &path));
		assert_true(json_object_object_get_ex(device, "size", &size));
		iml_test_assert_attribute(drive_of(the_node(json_object_get_string(path))), "size",
		    json_object_get_string(size));
		if (json_object_object_get_ex(device, "children", &children))
			count += compare_with_lsblk(children);
	}
	return count;
}

static void live_machine_agrees_with_lsblk(void **state)
{
	struct json_object *devices;

	(void)state;
	test = iml_test_new(linux);
	server = iml_test_add(test, "Server");
	scan();
	devices = run_lsblk();
	compare_with_lsblk(devices);
	json_object_put(devices);
	scan();
	iml_test_free(test);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, load, unload)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(page_83_is_preferred_to_page_80),
	    TEST(page_80_serves_when_there_is_no_page_83),
	    TEST(same_serial_is_found_in_sysfs_and_in_udev),
	    TEST(nvme_is_known_by_its_world_wide_name),
	    TEST(generic_serials_of_virtual_disks_are_dropped),
	    TEST(chosen_serials_of_virtual_disks_join_paths),
	    TEST(names_that_hypervisors_make_up_are_no_serials),
	    TEST(malformed_page_83_gives_no_serial),
	    TEST(partitions_lie_between_two_nodes),
	    TEST(multipath_node_joins_the_paths_to_one_disk),
	    TEST(partition_seen_on_every_path_is_one),
	    TEST(logical_volumes_belong_to_their_group),
	    TEST(hidden_parts_of_a_volume_are_volumes_below_it),
	    TEST(encrypted_device_is_a_local_disk_on_its_partition),
	    TEST(md_array_lies_on_its_members),
	    TEST(md_array_without_uuid_is_known_by_server_and_name),
	    TEST(disks_that_tell_nothing_are_left_out),
	    TEST(slash_in_a_name_is_restored),
	    TEST(device_nodes_belong_to_this_server),
	    TEST(mounts_occupy_their_device),
	    TEST(swap_occupies_its_device),
	    TEST(mount_point_of_any_bytes_is_text),
	    TEST(unplugged_disk_is_removed_with_all_that_lay_on_it),
	    TEST(new_partition_appears_and_deleted_one_goes),
	    TEST(lost_path_leaves_the_disk),
	    TEST(link_that_is_gone_is_removed),
	    TEST(unmounted_file_system_frees_its_device),
	    TEST(counters_come_from_the_kernel),
	    TEST(traffic_of_a_disk_is_that_of_all_its_paths),
	    TEST(server_is_called_by_its_host_name),
	    TEST(short_and_long_host_names_are_the_same),
	    TEST(other_machine_is_refused),
	    TEST(unreadable_sysfs_fails_the_scan),
	    cmocka_unit_test(live_machine_agrees_with_lsblk),
	};

	return cmocka_run_group_tests_name("plugin tests: linux", tests, NULL, NULL);
}
