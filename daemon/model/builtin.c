/* SPDX-License-Identifier: MIT */
#include "model/class.h"

#include <assert.h>

#define ATTRIBUTE_NAME(text) ((char[]){text})

struct builtin_class {
	const char *name;
	enum builtin parent;
	const struct attribute *attributes;
	size_t attribute_count;
};

static const struct attribute logical_drive_attributes[] = {
    {.type = ATTRIBUTE_BYTES, .name = ATTRIBUTE_NAME("size")},
    {.type = ATTRIBUTE_STRING, .name = ATTRIBUTE_NAME("filesystem_type"), .optional = true},
};

static const struct attribute device_node_attributes[] = {
    {.type = ATTRIBUTE_INTEGER, .name = ATTRIBUTE_NAME("host_id")},
    {.type = ATTRIBUTE_PATH, .name = ATTRIBUTE_NAME("path")},
};

static const struct attribute path_weight_attributes[] = {
    {.type = ATTRIBUTE_INTEGER, .name = ATTRIBUTE_NAME("weight")},
};

static const struct attribute virtual_machine_attributes[] = {
    {.type = ATTRIBUTE_HOSTNAME, .name = ATTRIBUTE_NAME("address")},
    {.type = ATTRIBUTE_INTEGER,
        .name = ATTRIBUTE_NAME("host_id"),
        .optional = true,
        .user_read_only = true},
};

#define WITH(table) (table), sizeof(table) / sizeof((table)[0])

static const struct builtin_class classes[BUILTIN_END] = {
    [BUILTIN_RESOURCE] = {"Resource", BUILTIN_NONE, NULL, 0},
    [BUILTIN_SCANNABLE] = {"ScannableResource", BUILTIN_RESOURCE, NULL, 0},
    [BUILTIN_CONTROLLER] = {"Controller", BUILTIN_RESOURCE, NULL, 0},
    [BUILTIN_ENCLOSURE] = {"Enclosure", BUILTIN_RESOURCE, NULL, 0},
    [BUILTIN_FAN] = {"Fan", BUILTIN_RESOURCE, NULL, 0},
    [BUILTIN_PHYSICAL_DISK] = {"PhysicalDisk", BUILTIN_RESOURCE, NULL, 0},
    [BUILTIN_STORAGE_POOL] = {"StoragePool", BUILTIN_RESOURCE, NULL, 0},
    [BUILTIN_LOGICAL_DRIVE] = {"LogicalDrive", BUILTIN_RESOURCE, WITH(logical_drive_attributes)},
    [BUILTIN_LOGICAL_DRIVE_SLICE] = {"LogicalDriveSlice", BUILTIN_LOGICAL_DRIVE, NULL, 0},
    [BUILTIN_LOGICAL_DRIVE_OCCUPIER] = {"LogicalDriveOccupier", BUILTIN_RESOURCE, NULL, 0},
    [BUILTIN_DEVICE_NODE] = {"DeviceNode", BUILTIN_RESOURCE, WITH(device_node_attributes)},
    [BUILTIN_PATH_WEIGHT] = {"PathWeight", BUILTIN_RESOURCE, WITH(path_weight_attributes)},
    [BUILTIN_VIRTUAL_MACHINE] = {"VirtualMachine", BUILTIN_RESOURCE,
        WITH(virtual_machine_attributes)},
    [BUILTIN_SERVER] = {"Host", BUILTIN_RESOURCE, NULL, 0},
};

static const struct builtin_class *builtin_find(enum builtin builtin)
{
	assert(builtin > BUILTIN_NONE && builtin < BUILTIN_END);
	return &classes[builtin];
}

const char *builtin_name(enum builtin builtin)
{
	return builtin_find(builtin)->name;
}

enum builtin builtin_parent(enum builtin builtin)
{
	return builtin_find(builtin)->parent;
}

const struct attribute *builtin_attributes(enum builtin builtin, size_t *count)
{
	const struct builtin_class *class = builtin_find(builtin);

	*count = class->attribute_count;
	return class->attributes;
}
