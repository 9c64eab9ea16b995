/* SPDX-License-Identifier: MIT */
/* One class for each built-in class. */
#include <iml/storage_plugin.h>

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)self;
	(void)scannable;
	return 0;
}

#define DERIVED(variable, name_)                                \
	static const struct iml_class variable = {              \
	    .name = (name_),                                    \
	    .base = &iml_##variable,                            \
	    .identifier = IML_SCOPED_ID("serial"),              \
	    .attributes = IML_ATTRIBUTES(IML_STRING("serial")), \
	}

DERIVED(plain, "MyResource");
DERIVED(scannable, "MyScannableResource");
DERIVED(controller, "MyController");
DERIVED(enclosure, "MyEnclosure");
DERIVED(fan, "MyFan");
DERIVED(physical_disk, "MyPhysicalDisk");
DERIVED(storage_pool, "MyStoragePool");
DERIVED(logical_drive, "MyLogicalDrive");
DERIVED(logical_drive_slice, "MyLogicalDriveSlice");
DERIVED(logical_drive_occupier, "MyLogicalDriveOccupier");
DERIVED(device_node, "MyDeviceNode");
DERIVED(path_weight, "MyPathWeight");
DERIVED(virtual_machine, "MyVirtualMachine");
DERIVED(server, "MyHost");

IML_PLUGIN(good_builtins,
    .classes = IML_CLASSES(&plain, &scannable, &controller, &enclosure, &fan, &physical_disk,
        &storage_pool, &logical_drive, &logical_drive_slice, &logical_drive_occupier, &device_node,
        &path_weight, &virtual_machine, &server),
    .initial_scan = initial_scan);
