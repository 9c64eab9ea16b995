/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <libmount.h>
#include <libudev.h>

#include "serial.h"
#include "sysfs.h"

#define SECTOR 512 /* of sysfs, whatever the device's own is */
#define MAJOR_RAM 1
#define MAJOR_LOOP 7

/* ---- udev ---- */

/* What udev knows of one device: from libudev, or from the text of its database in a copy. */
struct udev_record {
	struct udev_device *device;
	char *text;
	char value[1024];
};

static void open_udev_record(struct udev_record *record, const struct machine *machine,
    struct udev *udev, const struct block_device *device)
{
	char *directory, *file;

	*record = (struct udev_record){0};
	if (udev != NULL) {
		record->device =
		    udev_device_new_from_devnum(udev, 'b', makedev(device->major, device->minor));
		return;
	}
	directory = format_text("%s/run/udev/data", machine->root);
	file = format_text("b%u:%u", device->major, device->minor);
	record->text = sysfs_text(directory, file);
	free(directory);
	free(file);
}

static void close_udev_record(struct udev_record *record)
{
	udev_device_unref(record->device);
	free(record->text);
}

static const char *udev_property(void *context, const char *key)
{
	struct udev_record *record = context;
	size_t length = strlen(key);

	if (record->device != NULL)
		return udev_device_get_property_value(record->device, key);
	for (const char *line = record->text; line != NULL; line = strchr(line, '\n')) {
		line += line[0] == '\n';
		if (strncmp(line, "E:", 2) != 0 || strncmp(line + 2, key, length) != 0 ||
		    line[2 + length] != '=')
			continue;
		line += 3 + length;
		snprintf(
		    record->value, sizeof(record->value), "%.*s", (int)strcspn(line, "\n"), line);
		return record->value;
	}
	return NULL;
}

static char *copy_property(struct udev_record *record, const char *key)
{
	const char *value = udev_property(record, key);

	return value != NULL && value[0] != '\0' ? required(strdup(value)) : NULL;
}

/* ---- devices ---- */

static void free_device(struct block_device *device)
{
	free(device->directory);
	free(device->name);
	free(device->path);
	free(device->serial);
	free(device->model);
	free(device->filesystem);
	free(device->mapped_name);
	free(device->mapped_uuid);
	free(device->md_uuid);
	free(device->md_level);
	free(device->below);
	free(device);
}

static bool starts_with(const char *text, const char *prefix)
{
	return text != NULL && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What lsblk leaves out by default, too. */
static bool is_uninteresting(const struct block_device *device)
{
	uint64_t hidden = 0;

	if (device->major == MAJOR_RAM)
		return true;
	if (device->major == MAJOR_LOOP && device->bytes == 0)
		return !sysfs_exists(device->directory, "loop/backing_file");
	return sysfs_number(device->directory, "hidden", &hidden) && hidden != 0;
}

static bool read_numbers(struct block_device *device)
{
	char *text = sysfs_text(device->directory, "dev");
	uint64_t sectors;
	bool good = text != NULL && sscanf(text, "%u:%u", &device->major, &device->minor) == 2 &&
	            sysfs_number(device->directory, "size", &sectors);

	free(text);
	if (good)
		device->bytes = sectors * SECTOR;
	return good;
}

static void read_counters(struct block_device *device)
{
	unsigned long long reads, read_sectors, writes, write_sectors;
	char *text = sysfs_text(device->directory, "stat");

	if (text != NULL && sscanf(text, "%llu %*u %llu %*u %llu %*u %llu", &reads, &read_sectors,
	                        &writes, &write_sectors) == 4)
		device->counters =
		    (struct counters){reads, read_sectors * SECTOR, writes, write_sectors * SECTOR};
	free(text);
}

static enum shape mapped_shape(const char *uuid)
{
	int number;

	if (starts_with(uuid, "mpath-"))
		return SHAPE_MULTIPATH;
	if (starts_with(uuid, "LVM-"))
		return SHAPE_LOGICAL_VOLUME;
	if (uuid != NULL && sscanf(uuid, "part%d-", &number) == 1)
		return SHAPE_MAPPED_PARTITION;
	return SHAPE_MAPPED;
}

static char *node_path(const struct block_device *device)
{
	char *path;

	if (device->mapped_name != NULL)
		return format_text("/dev/mapper/%s", device->mapped_name);
	path = format_text("/dev/%s", device->name);
	for (char *c = path; *c != '\0'; c++)
		if (*c == '!') /* sysfs writes "cciss!c0d0" for "cciss/c0d0" */
			*c = '/';
	return path;
}

static void read_shape(struct block_device *device)
{
	uint64_t number;

	device->mapped_name = sysfs_text(device->directory, "dm/name");
	device->mapped_uuid = sysfs_text(device->directory, "dm/uuid");
	device->path = node_path(device);
	if (sysfs_number(device->directory, "partition", &number)) {
		device->shape = SHAPE_PARTITION;
		device->partition = (int)number;
	} else if (device->mapped_name != NULL) {
		device->shape = mapped_shape(device->mapped_uuid);
		if (device->shape == SHAPE_MAPPED_PARTITION)
			sscanf(device->mapped_uuid, "part%d-", &device->partition);
	} else if (sysfs_exists(device->directory, "md/level")) {
		device->shape = SHAPE_MD;
	}
}

static void read_md(struct block_device *device, struct udev_record *record)
{
	device->md_level = sysfs_text(device->directory, "md/level");
	device->md_uuid = copy_property(record, "MD_UUID");
	if (device->md_uuid == NULL)
		device->md_uuid = sysfs_text(device->directory, "md/uuid");
	sysfs_number(device->directory, "md/raid_disks", &device->md_disks);
	sysfs_number(device->directory, "md/degraded", &device->md_degraded);
}

static void read_properties(
    const struct machine *machine, struct udev *udev, struct block_device *device)
{
	struct udev_record record;

	open_udev_record(&record, machine, udev, device);
	device->filesystem = copy_property(&record, "ID_FS_TYPE");
	if (device->filesystem != NULL && strcmp(device->filesystem, "mpath_member") == 0) {
		free(device->filesystem); /* says nothing of the disk that the path leads to */
		device->filesystem = NULL;
	}
	if (device->shape == SHAPE_DISK) {
		device->serial = serial_of_disk(device->directory, udev_property, &record);
		device->model = sysfs_text(device->directory, "device/model");
	} else if (device->shape == SHAPE_MD) {
		read_md(device, &record);
	}
	close_udev_record(&record);
}

static struct block_device *add_below(struct block_device *device, struct block_device *below)
{
	device->below = required(
	    reallocarray(device->below, device->below_count + 1, sizeof(struct block_device *)));
	device->below[device->below_count++] = below;
	return below;
}

/* Reads one device; NULL if it is gone, or none to report. */
static struct block_device *read_device(
    struct machine *machine, struct udev *udev, char *directory, const char *name)
{
	struct block_device *device = required(calloc(1, sizeof(*device)));

	device->directory = directory;
	device->name = required(strdup(name));
	if (!read_numbers(device) || is_uninteresting(device)) {
		free_device(device);
		return NULL;
	}
	read_counters(device);
	read_shape(device);
	read_properties(machine, udev, device);
	machine->devices = required(reallocarray(
	    machine->devices, machine->device_count + 1, sizeof(struct block_device *)));
	machine->devices[machine->device_count++] = device;
	return device;
}

static void read_partitions(struct machine *machine, struct udev *udev, struct block_device *disk)
{
	char **names = sysfs_names(disk->directory);

	for (char **name = names; name != NULL && *name != NULL; name++) {
		char *directory = format_text("%s/%s", disk->directory, *name);
		struct block_device *partition = NULL;

		if (sysfs_exists(directory, "partition"))
			partition = read_device(machine, udev, directory, *name);
		else
			free(directory);
		if (partition != NULL)
			add_below(partition, disk);
	}
	free_names(names);
}

static struct block_device *find_by_name(const struct machine *machine, const char *name)
{
	for (size_t i = 0; i < machine->device_count; i++)
		if (strcmp(machine->devices[i]->name, name) == 0)
			return machine->devices[i];
	return NULL;
}

static void join_members(struct machine *machine, struct block_device *device)
{
	char *directory = format_text("%s/slaves", device->directory);
	char **names = sysfs_names(directory);

	for (char **name = names; name != NULL && *name != NULL; name++) {
		struct block_device *member = find_by_name(machine, *name);

		if (member != NULL && member != device)
			add_below(device, member);
	}
	free_names(names);
	free(directory);
}

static bool read_devices(struct machine *machine, char *reason, size_t size)
{
	char *directory = format_text("%s/sys/block", machine->root);
	char **names = sysfs_names(directory);
	struct udev *udev = machine->root[0] == '\0' ? udev_new() : NULL;

	if (names == NULL)
		snprintf(reason, size, "%s: %s", directory, strerror(errno));
	for (char **name = names; name != NULL && *name != NULL; name++) {
		struct block_device *disk =
		    read_device(machine, udev, format_text("%s/%s", directory, *name), *name);

		if (disk != NULL)
			read_partitions(machine, udev, disk);
	}
	for (size_t i = 0; i < machine->device_count; i++)
		if (machine->devices[i]->shape != SHAPE_PARTITION)
			join_members(machine, machine->devices[i]);
	udev_unref(udev);
	free(directory);
	free_names(names);
	return names != NULL;
}

/* ---- mounts ---- */

/* Puts "?" for every byte that does not belong to a UTF-8 character: file names may hold any. */
static void repair_utf8(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
		int more = *c < 0x80 ? 0 : *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc2 ? 1 : -1;
		int i = 1;

		while (i <= more && (c[i] & 0xc0) == 0x80)
			i++;
		if (more < 0 || i <= more || *c > 0xf4)
			*c = '?';
		else
			c += more;
	}
}

/* By number, and by name for file systems that hide it (btrfs) and for swap. */
static struct block_device *find_mounted(
    const struct machine *machine, dev_t number, const char *source)
{
	for (size_t i = 0; i < machine->device_count; i++) {
		struct block_device *device = machine->devices[i];

		if (number != 0 && makedev(device->major, device->minor) == number)
			return device;
	}
	for (size_t i = 0; source != NULL && i < machine->device_count; i++) {
		struct block_device *device = machine->devices[i];

		if (strcmp(device->path, source) == 0 ||
		    (starts_with(source, "/dev/") && strcmp(device->name, source + 5) == 0))
			return device;
	}
	return NULL;
}

static void add_mount(
    struct machine *machine, struct block_device *device, const char *point, const char *filesystem)
{
	struct mount *mount;

	if (device == NULL || point == NULL || point[0] == '\0' || filesystem == NULL)
		return;
	if (strcmp(filesystem, "lustre") == 0)
		return;
	machine->mounts = required(
	    reallocarray(machine->mounts, machine->mount_count + 1, sizeof(*machine->mounts)));
	mount = &machine->mounts[machine->mount_count++];
	mount->device = device;
	mount->point = required(strdup(point));
	mount->filesystem = required(strdup(filesystem));
	repair_utf8(mount->point);
	if (device->filesystem == NULL)
		device->filesystem = required(strdup(filesystem));
}

static struct libmnt_table *open_table(const struct machine *machine, const char *file,
    int (*parse)(struct libmnt_table *, const char *))
{
	char *path = format_text("%s/proc/%s", machine->root, file);
	struct libmnt_table *table = required(mnt_new_table());

	/* A kernel without swap has no file of it: the table then stays empty. */
	parse(table, path);
	free(path);
	return table;
}

static void read_mounts(struct machine *machine)
{
	struct libmnt_table *table = open_table(machine, "self/mountinfo", mnt_table_parse_file);
	struct libmnt_iter *position = required(mnt_new_iter(MNT_ITER_FORWARD));
	struct libmnt_fs *fs;

	while (mnt_table_next_fs(table, position, &fs) == 0)
		add_mount(machine,
		    find_mounted(machine, mnt_fs_get_devno(fs), mnt_fs_get_srcpath(fs)),
		    mnt_fs_get_target(fs), mnt_fs_get_fstype(fs));
	mnt_free_iter(position);
	mnt_unref_table(table);
}

static void read_swaps(struct machine *machine)
{
	struct libmnt_table *table = open_table(machine, "swaps", mnt_table_parse_swaps);
	struct libmnt_iter *position = required(mnt_new_iter(MNT_ITER_FORWARD));
	struct libmnt_fs *fs;

	while (mnt_table_next_fs(table, position, &fs) == 0)
		add_mount(
		    machine, find_mounted(machine, 0, mnt_fs_get_source(fs)), "[SWAP]", "swap");
	mnt_free_iter(position);
	mnt_unref_table(table);
}

/* ---- the machine ---- */

char *machine_host_name(const char *root)
{
	char *directory = format_text("%s/proc/sys/kernel", root);
	char *name = sysfs_text(directory, "hostname");

	free(directory);
	return name != NULL ? name : required(strdup("localhost"));
}

/* The file system of a multipath node is that of the drive behind its paths. */
static void share_filesystems(struct machine *machine)
{
	for (size_t i = 0; i < machine->device_count; i++) {
		const struct block_device *device = machine->devices[i];

		if (device->shape != SHAPE_MULTIPATH || device->filesystem == NULL)
			continue;
		for (size_t p = 0; p < device->below_count; p++) {
			free(device->below[p]->filesystem);
			device->below[p]->filesystem = required(strdup(device->filesystem));
		}
	}
}

bool machine_read(struct machine *machine, const char *root, char *reason, size_t size)
{
	*machine =
	    (struct machine){.root = required(strdup(root)), .host_name = machine_host_name(root)};
	if (!read_devices(machine, reason, size))
		return false;
	read_mounts(machine);
	read_swaps(machine);
	share_filesystems(machine);
	return true;
}

void machine_clear(struct machine *machine)
{
	for (size_t i = 0; i < machine->device_count; i++)
		free_device(machine->devices[i]);
	for (size_t i = 0; i < machine->mount_count; i++) {
		free(machine->mounts[i].point);
		free(machine->mounts[i].filesystem);
	}
	free(machine->devices);
	free(machine->mounts);
	free(machine->root);
	free(machine->host_name);
}
