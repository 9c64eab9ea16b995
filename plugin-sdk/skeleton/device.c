/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIB (UINT64_C(1) << 40)
#define USUAL_CELSIUS 31.0

struct device_simulation device_simulation;

struct device {
	char address[256];
	uint64_t refreshes;
	bool present[DEVICE_SLOTS];
	bool removed[DEVICE_SLOTS];
	int next_drive, next_volume, next_removed;
};

struct device *device_connect(const char *address, char *reason, size_t reason_size)
{
	struct device *device = NULL;

	if (device_simulation.silent) {
		snprintf(reason, reason_size, "no route to host");
		return NULL;
	}
	device = calloc(1, sizeof(*device));
	if (device == NULL)
		snprintf(reason, reason_size, "out of memory");
	else
		snprintf(device->address, sizeof(device->address), "%s", address);
	return device;
}

void device_disconnect(struct device *device)
{
	free(device);
}

bool device_refresh(struct device *device)
{
	if (device_simulation.silent)
		return false;
	device->refreshes++;
	for (int slot = 0; slot < DEVICE_SLOTS; slot++) {
		bool present = !device_simulation.slots[slot].pulled;

		device->removed[slot] = device->present[slot] && !present;
		device->present[slot] = present;
	}
	device->next_drive = device->next_volume = device->next_removed = 0;
	return true;
}

/* A number that is always the same for an address. */
static unsigned number_of(const char *address)
{
	unsigned number = 0;

	for (; *address != '\0'; address++)
		number = number * 31 + (unsigned char)*address;
	return number;
}

static void write_serial(
    const struct device *device, char kind, int number, char serial[DEVICE_SERIAL_SIZE])
{
	snprintf(
	    serial, DEVICE_SERIAL_SIZE, "%c%08X%02d", kind, number_of(device->address), number);
}

bool device_next_drive(struct device *device, struct device_drive *drive)
{
	int slot = device->next_drive;

	while (slot < DEVICE_SLOTS && !device->present[slot])
		slot++;
	if (slot == DEVICE_SLOTS)
		return false;
	*drive = (struct device_drive){.slot = slot,
	    .bytes = 4 * TIB,
	    .failed = device_simulation.slots[slot].failed,
	    .celsius = USUAL_CELSIUS + slot + device_simulation.slots[slot].heat};
	write_serial(device, 'D', slot, drive->serial);
	device->next_drive = slot + 1;
	return true;
}

bool device_next_volume(struct device *device, struct device_volume *volume)
{
	if (device->next_volume > 0)
		return false;
	*volume = (struct device_volume){
	    .number = 0, .bytes = 8 * TIB, .read_bytes = device->refreshes * UINT64_C(1000000)};
	write_serial(device, 'V', 0, volume->serial);
	device->next_volume++;
	return true;
}

bool device_next_removed_drive(struct device *device, char serial[DEVICE_SERIAL_SIZE])
{
	int slot = device->next_removed;

	while (slot < DEVICE_SLOTS && !device->removed[slot])
		slot++;
	if (slot == DEVICE_SLOTS)
		return false;
	write_serial(device, 'D', slot, serial);
	device->next_removed = slot + 1;
	return true;
}
