/* SPDX-License-Identifier: MIT */
/*
 * The block devices and mounts of the machine as the kernel tells them, in plain structures.
 */
#ifndef LINUX_MACHINE_H
#define LINUX_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iml_resource;

enum shape {
	SHAPE_DISK,             /* and everything that fits nowhere else */
	SHAPE_PARTITION,        /* of a disk */
	SHAPE_MULTIPATH,        /* a device mapper node that joins several paths to one disk */
	SHAPE_MAPPED_PARTITION, /* a device mapper node for a partition, on a multipath node */
	SHAPE_LOGICAL_VOLUME,
	SHAPE_MAPPED, /* any other device mapper node: encrypted, linear, … */
	SHAPE_MD
};

struct counters {
	uint64_t reads, bytes_read, writes, bytes_written;
};

struct block_device {
	enum shape shape;
	char *directory; /* in sysfs */
	char *name;      /* "sda" */
	char *path;      /* "/dev/sda", "/dev/mapper/vg-lv" */
	unsigned major, minor;
	uint64_t bytes;
	char *serial;                    /* disks: NULL if there is none that is unique */
	char *model;                     /* disks: or NULL */
	char *filesystem;                /* or NULL */
	int partition;                   /* its number, from 1 */
	char *mapped_name, *mapped_uuid; /* device mapper, else NULL */
	char *md_uuid;                   /* MD: or NULL */
	char *md_level;
	uint64_t md_disks, md_degraded; /* how many it has, and how many are missing */
	struct counters counters;

	/* What it lies on: the disk of a partition, the members of an array, … */
	struct block_device **below;
	size_t below_count;

	/* For who reports it. */
	bool visited;
	struct iml_resource *drive; /* that it gives access to */
	struct iml_resource *node;
};

struct mount {
	struct block_device *device;
	char *point;
	char *filesystem;
};

struct machine {
	char *root; /* "" or a directory with a copy of /sys, /proc and /run/udev */
	char *host_name;
	struct block_device **devices;
	size_t device_count;
	struct mount *mounts; /* of these devices, without Lustre's */
	size_t mount_count;
};

/* Reads everything. Returns false with a reason; machine_clear() in either case. */
bool machine_read(struct machine *machine, const char *root, char *reason, size_t size);
void machine_clear(struct machine *machine);

/* The machine's host name, released with free(). */
char *machine_host_name(const char *root);

#endif
