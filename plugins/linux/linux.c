/* SPDX-License-Identifier: MIT */
/*
 * The block devices of the machine that the runner runs on: disks, their device nodes, partitions,
 * multipath, MD, LVM, and what is mounted.
 *
 * Settings (optional): root, a directory with a copy of /sys, /proc and /run/udev to read instead.
 */
#include <iml/storage_plugin.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ledger.h"
#include "machine.h"
#include "sysfs.h"

static int server_label(struct iml_resource *server, char *label, size_t size);
static int copy_label(struct iml_resource *resource, char *label, size_t size);
static int serial_label(struct iml_resource *disk, char *label, size_t size);
static int node_label(struct iml_resource *node, char *label, size_t size);
static int mount_label(struct iml_resource *mount, char *label, size_t size);

/* clang-format off */

#define TRAFFIC \
	IML_COUNTER("read_bytes", .label = "Read", .units = IML_UNITS_BYTES), \
	IML_COUNTER("write_bytes", .label = "Written", .units = IML_UNITS_BYTES), \
	IML_COUNTER("reads", .units = "operations"), \
	IML_COUNTER("writes", .units = "operations")

#define TRAFFIC_CHARTS \
	IML_CHART("Bandwidth", IML_SERIES("read_bytes", "write_bytes")), \
	IML_CHART("Operations", IML_SERIES("reads", "writes"))

/* The machine. Without a host name it is the one that the runner runs on. */
static const struct iml_class server = {
	.name = "Server",
	.label = "Server",
	.base = &iml_scannable,
	.identifier = IML_GLOBAL_ID("hostname"),
	.attributes = IML_ATTRIBUTES(IML_HOSTNAME("hostname", .label = "Host name", .optional = true)),
	.get_label = server_label,
};

/* A disk with a serial: servers that see the same serial see the same disk. */
static const struct iml_class scsi_device = {
	.name = "ScsiDevice",
	.label = "Disk",
	.base = &iml_logical_drive,
	.identifier = IML_GLOBAL_ID("serial"),
	.attributes = IML_ATTRIBUTES(
		IML_STRING("serial"),
		IML_STRING("model", .optional = true)),
	.statistics = IML_STATISTICS(TRAFFIC),
	.charts = IML_CHARTS(TRAFFIC_CHARTS),
	.get_label = serial_label,
};

/* A device without a serial: known by its path on one server. */
static const struct iml_class unshared_device = {
	.name = "UnsharedDevice",
	.label = "Local disk",
	.base = &iml_logical_drive,
	.identifier = IML_SCOPED_ID("path"),
	.attributes = IML_ATTRIBUTES(IML_PATH("path")),
	.statistics = IML_STATISTICS(TRAFFIC),
	.charts = IML_CHARTS(TRAFFIC_CHARTS),
};

/* "display_name" keeps what the label is made of: "<container>-<number>". */
static const struct iml_class partition = {
	.name = "Partition",
	.label = "Partition",
	.base = &iml_logical_drive_slice,
	.identifier = IML_GLOBAL_ID("container", "number"),
	.attributes = IML_ATTRIBUTES(
		IML_REFERENCE("container"),
		IML_INTEGER("number", .min = IML_LIMIT(1)),
		IML_STRING("display_name", .hidden = true)),
	.statistics = IML_STATISTICS(TRAFFIC),
	.charts = IML_CHARTS(TRAFFIC_CHARTS),
	.get_label = copy_label,
};

static const struct iml_class volume_group = {
	.name = "VolumeGroup",
	.label = "Volume group",
	.base = &iml_storage_pool,
	.identifier = IML_GLOBAL_ID("uuid"),
	.attributes = IML_ATTRIBUTES(
		IML_STRING("uuid", .label = "UUID", .max_length = 63),
		IML_STRING("display_name", .label = "Name")),
	.get_label = copy_label,
};

static const struct iml_class logical_volume = {
	.name = "LogicalVolume",
	.label = "Logical volume",
	.base = &iml_logical_drive_slice,
	.identifier = IML_GLOBAL_ID("uuid", "group"),
	.attributes = IML_ATTRIBUTES(
		IML_STRING("uuid", .label = "UUID", .max_length = 63),
		IML_REFERENCE("group", .label = "Volume group"),
		IML_STRING("name"),
		IML_STRING("display_name", .hidden = true)),
	.statistics = IML_STATISTICS(TRAFFIC),
	.charts = IML_CHARTS(TRAFFIC_CHARTS),
	.get_label = copy_label,
};

static const struct iml_class md_raid = {
	.name = "MdRaid",
	.label = "MD RAID",
	.base = &iml_logical_drive,
	.identifier = IML_GLOBAL_ID("uuid"),
	.attributes = IML_ATTRIBUTES(
		IML_STRING("uuid", .label = "UUID", .max_length = 255),
		IML_STRING("display_name", .label = "Name"),
		IML_STRING("level", .label = "RAID level"),
		IML_INTEGER("disks"),
		IML_INTEGER("missing_disks")),
	.statistics = IML_STATISTICS(TRAFFIC),
	.charts = IML_CHARTS(TRAFFIC_CHARTS),
	.alert_conditions = IML_ALERT_CONDITIONS(
		IML_UPPER_BOUND("missing_disks", .warn_bound = IML_BOUND(0), .message = "Array is degraded")),
	.get_label = copy_label,
};

/* host_id 0 is the server that the scannable stands for, by its label. */
static const struct iml_class device_node = {
	.name = "DeviceNode",
	.label = "Device node",
	.base = &iml_device_node,
	.identifier = IML_SCOPED_ID("path"),
	.attributes = IML_ATTRIBUTES(
		IML_INTEGER("host_id", .hidden = true, .default_value = IML_DEFAULT(0))),
	.get_label = node_label,
};

/* A mounted file system, other than Lustre's, or swap. */
static const struct iml_class local_mount = {
	.name = "LocalMount",
	.label = "Mount",
	.base = &iml_logical_drive_occupier,
	.identifier = IML_SCOPED_ID("device", "mount_point"),
	.attributes = IML_ATTRIBUTES(
		IML_PATH("device"),
		IML_PATH("mount_point"),
		IML_STRING("filesystem_type")),
	.get_label = mount_label,
};

/* clang-format on */

static const char *root_of(struct iml_plugin *self)
{
	const char *root = iml_setting(self, "root");

	return root != NULL ? root : "";
}

static int server_label(struct iml_resource *resource, char *label, size_t size)
{
	char *here;

	iml_get_text(resource, "hostname", label, size);
	if (label[0] != '\0')
		return 0;
	here = machine_host_name(root_of(iml_plugin_of(resource)));
	snprintf(label, size, "%s", here);
	free(here);
	return 0;
}

static int copy_label(struct iml_resource *resource, char *label, size_t size)
{
	iml_get_text(resource, "display_name", label, size);
	return 0;
}

static int serial_label(struct iml_resource *disk, char *label, size_t size)
{
	iml_get_text(disk, "serial", label, size);
	return 0;
}

static int node_label(struct iml_resource *node, char *label, size_t size)
{
	iml_get_text(node, "path", label, size);
	return 0;
}

static int mount_label(struct iml_resource *mount, char *label, size_t size)
{
	snprintf(label, size, "%s (%s)", iml_text(mount, "mount_point"),
	    iml_text(mount, "filesystem_type"));
	return 0;
}

/* One scan: what it reads and what it has reported. */
struct scan {
	struct iml_plugin *self;
	struct machine machine;
	struct ledger reported;
	bool refused; /* a report was: what is missing may still be there */
};

static struct iml_resource *note(struct scan *scan, struct iml_resource *resource)
{
	if (resource != NULL)
		ledger_add_resource(&scan->reported, resource);
	else
		scan->refused = true;
	return resource;
}

/* Makes parent a parent of child. Either is NULL where a report was refused. */
static void link_to(struct scan *scan, struct iml_resource *child, struct iml_resource *parent)
{
	if (child == NULL || parent == NULL)
		return;
	iml_add_parent(child, parent);
	ledger_add_link(&scan->reported, child, parent);
}

static void link_to_nodes_below(
    struct scan *scan, struct iml_resource *child, const struct block_device *device)
{
	for (size_t i = 0; i < device->below_count; i++)
		link_to(scan, child, device->below[i]->node);
}

static struct iml_resource *report_unshared(struct scan *scan, struct block_device *device)
{
	return note(scan, iml_update_or_create(scan->self, &unshared_device, IML_NO_PARENTS,
	                      IML_SET("path", device->path), IML_SET("size", device->bytes),
	                      IML_SET("filesystem_type", device->filesystem)));
}

/* A drive without medium or backing has no size, and its serial is not yet worth a thing. */
static struct iml_resource *report_disk(struct scan *scan, struct block_device *device)
{
	if (device->serial == NULL || device->bytes == 0)
		return report_unshared(scan, device);
	return note(scan,
	    iml_update_or_create(scan->self, &scsi_device, IML_NO_PARENTS,
	        IML_SET("serial", device->serial), IML_SET("model", device->model),
	        IML_SET("size", device->bytes), IML_SET("filesystem_type", device->filesystem)));
}

/* How a disk is called in the labels of its partitions. */
static const char *container_name(const struct block_device *device)
{
	while (device->shape == SHAPE_MULTIPATH && device->below_count > 0)
		device = device->below[0];
	return device->serial != NULL ? device->serial : device->path;
}

static struct iml_resource *report_partition(struct scan *scan, struct block_device *device)
{
	struct block_device *disk = device->below_count > 0 ? device->below[0] : NULL;
	struct iml_resource *reported;
	char name[1024];

	if (disk == NULL || disk->drive == NULL)
		return NULL;
	snprintf(name, sizeof(name), "%s-%d", container_name(disk), device->partition);
	reported =
	    note(scan, iml_update_or_create(scan->self, &partition, IML_NO_PARENTS,
	                   IML_SET("container", disk->drive), IML_SET("number", device->partition),
	                   IML_SET("display_name", name), IML_SET("size", device->bytes),
	                   IML_SET("filesystem_type", device->filesystem)));
	link_to_nodes_below(scan, reported, device);
	return reported;
}

/* A multipath node is one more way to the drive that its paths lead to. */
static struct iml_resource *find_multipath_drive(struct scan *scan, struct block_device *device)
{
	(void)scan;
	return device->below_count > 0 ? device->below[0]->drive : NULL;
}

static struct iml_resource *report_mapped(struct scan *scan, struct block_device *device)
{
	struct iml_resource *reported = report_unshared(scan, device);

	link_to_nodes_below(scan, reported, device);
	return reported;
}

/* "vg--1-lv" is lv in vg-1: a hyphen in a name is written twice. */
static void split_volume_name(const char *mapped, char *group, char *volume, size_t size)
{
	char *out = group;
	size_t used = 0;

	group[0] = volume[0] = '\0';
	for (; *mapped != '\0' && used + 1 < size; mapped++) {
		if (mapped[0] == '-' && mapped[1] != '-' && out == group) {
			out = volume;
			used = 0;
			continue;
		}
		mapped += mapped[0] == '-' && mapped[1] == '-';
		out[used++] = *mapped;
		out[used] = '\0';
	}
}

#define VOLUME_UUID_LENGTH 32
#define VOLUME_UUID_PREFIX "LVM-"

/* 32 characters in the groups in which LVM writes them, 6-4-4-4-4-4-6, and a suffix. */
static void format_volume_uuid(const char *plain, const char *suffix, char *out, size_t size)
{
	static const int groups[] = {6, 4, 4, 4, 4, 4, 6};
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && used < size; i++) {
		used += (size_t)snprintf(
		    out + used, size - used, "%s%.*s", i > 0 ? "-" : "", groups[i], plain);
		plain += groups[i];
	}
	if (used < size)
		snprintf(out + used, size - used, "%s", suffix);
}

static struct iml_resource *report_volume_group(
    struct scan *scan, const struct block_device *device, const char *uuid, const char *name)
{
	struct iml_resource *group =
	    note(scan, iml_update_or_create(scan->self, &volume_group, IML_NO_PARENTS,
	                   IML_SET("uuid", uuid), IML_SET("display_name", name)));

	for (size_t i = 0; i < device->below_count; i++)
		if (device->below[i]->shape != SHAPE_LOGICAL_VOLUME)
			link_to(scan, group, device->below[i]->node);
	return group;
}

static struct iml_resource *report_logical_volume(struct scan *scan, struct block_device *device)
{
	const char *plain = device->mapped_uuid + strlen(VOLUME_UUID_PREFIX);
	char group_uuid[64], uuid[64], group_name[256], name[256], label[520];
	struct iml_resource *group, *volume;

	if (strlen(plain) < 2 * VOLUME_UUID_LENGTH)
		return report_mapped(scan, device);
	format_volume_uuid(plain, "", group_uuid, sizeof(group_uuid));
	/* Hidden parts of a volume have its UUID with a suffix: "-tpool", "-real", … */
	format_volume_uuid(
	    plain + VOLUME_UUID_LENGTH, plain + 2 * VOLUME_UUID_LENGTH, uuid, sizeof(uuid));
	split_volume_name(device->mapped_name, group_name, name, sizeof(name));
	snprintf(label, sizeof(label), "%s-%s", group_name, name);
	group = report_volume_group(scan, device, group_uuid, group_name);
	if (group == NULL)
		return NULL;
	volume = note(scan,
	    iml_update_or_create(scan->self, &logical_volume, IML_NO_PARENTS, IML_SET("uuid", uuid),
	        IML_SET("group", group), IML_SET("name", name), IML_SET("display_name", label),
	        IML_SET("size", device->bytes), IML_SET("filesystem_type", device->filesystem)));
	link_to(scan, volume, group);
	for (size_t i = 0; i < device->below_count; i++)
		if (device->below[i]->shape == SHAPE_LOGICAL_VOLUME)
			link_to(scan, volume, device->below[i]->node);
	return volume;
}

/* An array whose UUID can't be read is told from others by its server and name. */
static struct iml_resource *report_md(struct scan *scan, struct block_device *device)
{
	char *local = format_text("%s:%s", scan->machine.host_name, device->name);
	struct iml_resource *array = note(scan,
	    iml_update_or_create(scan->self, &md_raid, IML_NO_PARENTS,
	        IML_SET("uuid", device->md_uuid != NULL ? device->md_uuid : local),
	        IML_SET("display_name", device->name),
	        IML_SET("level", device->md_level != NULL ? device->md_level : "unknown"),
	        IML_SET("disks", device->md_disks), IML_SET("missing_disks", device->md_degraded),
	        IML_SET("size", device->bytes), IML_SET("filesystem_type", device->filesystem)));

	free(local);
	link_to_nodes_below(scan, array, device);
	return array;
}

/* Reports the drive that a device gives access to, and returns it. */
static struct iml_resource *(*const report_drive[])(
    struct scan *scan, struct block_device *device) = {
    [SHAPE_DISK] = report_disk,
    [SHAPE_PARTITION] = report_partition,
    [SHAPE_MULTIPATH] = find_multipath_drive,
    [SHAPE_MAPPED_PARTITION] = report_partition,
    [SHAPE_LOGICAL_VOLUME] = report_logical_volume,
    [SHAPE_MAPPED] = report_mapped,
    [SHAPE_MD] = report_md,
};

static void report_device(struct scan *scan, struct block_device *device)
{
	if (device->visited)
		return;
	device->visited = true;
	for (size_t i = 0; i < device->below_count; i++)
		report_device(scan, device->below[i]);
	device->drive = report_drive[device->shape](scan, device);
	device->node = note(scan, iml_update_or_create(scan->self, &device_node, IML_NO_PARENTS,
	                              IML_SET("path", device->path)));
	if (device->shape == SHAPE_MULTIPATH)
		link_to_nodes_below(scan, device->node, device);
	else
		link_to(scan, device->node, device->drive);
}

static void report_mounts(struct scan *scan)
{
	for (size_t i = 0; i < scan->machine.mount_count; i++) {
		const struct mount *mount = &scan->machine.mounts[i];
		struct iml_resource *reported =
		    note(scan, iml_update_or_create(scan->self, &local_mount, IML_NO_PARENTS,
		                   IML_SET("device", mount->device->path),
		                   IML_SET("mount_point", mount->point),
		                   IML_SET("filesystem_type", mount->filesystem)));

		link_to(scan, reported, mount->device->node);
	}
}

static int compare_drives(const void *a, const void *b)
{
	uintptr_t one = (uintptr_t)(*(struct block_device *const *)a)->drive;
	uintptr_t other = (uintptr_t)(*(struct block_device *const *)b)->drive;

	return (one > other) - (one < other);
}

static void sample_drive(struct iml_resource *drive, const struct counters *total)
{
	iml_sample(drive, "read_bytes", total->bytes_read);
	iml_sample(drive, "write_bytes", total->bytes_written);
	iml_sample(drive, "reads", total->reads);
	iml_sample(drive, "writes", total->writes);
}

/*
 * The traffic of a drive is that of all its paths. A multipath node only passes it on to them.
 * Sorts the devices by drive.
 */
static void sample_drives(struct scan *scan)
{
	struct block_device **devices = scan->machine.devices;
	size_t count = scan->machine.device_count;
	struct counters total = {0};

	if (count > 0)
		qsort((void *)devices, count, sizeof(struct block_device *), compare_drives);
	for (size_t i = 0; i < count; i++) {
		const struct counters *own = &devices[i]->counters;

		if (devices[i]->shape != SHAPE_MULTIPATH) {
			total.reads += own->reads;
			total.bytes_read += own->bytes_read;
			total.writes += own->writes;
			total.bytes_written += own->bytes_written;
		}
		if (i + 1 < count && devices[i + 1]->drive == devices[i]->drive)
			continue;
		if (devices[i]->drive != NULL)
			sample_drive(devices[i]->drive, &total);
		total = (struct counters){0};
	}
}

static void report_machine(struct scan *scan)
{
	for (size_t i = 0; i < scan->machine.device_count; i++)
		report_device(scan, scan->machine.devices[i]);
	report_mounts(scan);
	sample_drives(scan);
}

/* "node1" is also "node1.example.com", and the other way round. */
static bool is_same_host(const char *one, const char *other)
{
	size_t length = strcspn(one, "."), other_length = strcspn(other, ".");

	if (one[length] != '\0' && other[other_length] != '\0')
		return strcasecmp(one, other) == 0;
	return length == other_length && strncasecmp(one, other, length) == 0;
}

static int check_host(struct iml_plugin *self, struct iml_resource *scannable)
{
	const char *wanted = iml_text(scannable, "hostname");
	char *here = machine_host_name(root_of(self));
	int result = 0;

	if (wanted[0] != '\0' && !is_same_host(wanted, here))
		result = iml_fail(self,
		    "\"%s\" is another machine: this runner can read the devices of \"%s\" only",
		    wanted, here);
	free(here);
	return result;
}

/*
 * Reports the machine; what the scan before reported and this one did not is removed, unless it is
 * missing because a report was refused.
 */
static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct ledger *before = iml_get_private(self);
	struct scan scan = {.self = self};
	char reason[512];

	(void)scannable;
	if (!machine_read(&scan.machine, root_of(self), reason, sizeof(reason))) {
		machine_clear(&scan.machine);
		return iml_fail(self, "%s", reason);
	}
	report_machine(&scan);
	if (scan.refused)
		ledger_keep_missing(before, &scan.reported);
	else
		ledger_remove_missing(before, &scan.reported);
	ledger_clear(before);
	*before = scan.reported;
	machine_clear(&scan.machine);
	return 0;
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_set_private(self, required(calloc(1, sizeof(struct ledger))));
	if (check_host(self, scannable) != 0)
		return -1;
	return update_scan(self, scannable);
}

static int teardown(struct iml_plugin *self)
{
	struct ledger *ledger = iml_get_private(self);

	if (ledger != NULL)
		ledger_clear(ledger);
	free(ledger);
	return 0;
}

IML_PLUGIN(linux,
    .classes = IML_CLASSES(&server, &scsi_device, &unshared_device, &partition, &volume_group,
        &logical_volume, &md_raid, &device_node, &local_mount),
    .initial_scan = initial_scan, .update_scan = update_scan, .teardown = teardown);
