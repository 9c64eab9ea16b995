/* SPDX-License-Identifier: MIT */
/*
 * How the plugin talks to its array. What is here now is a simulation: an array with four drives
 * and one volume, that answers under every address. Replace device.c by calls of the array's
 * library, and keep this header small: it is what the plugin and its tests see of the array.
 *
 * A connection is used by one thread at a time, different ones by different threads.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_SLOTS 4
#define DEVICE_SERIAL_SIZE 32

struct device; /* a connection */

struct device_drive {
	int slot;
	char serial[DEVICE_SERIAL_SIZE];
	uint64_t bytes;
	bool failed;
	double celsius;
};

struct device_volume {
	int number;
	char serial[DEVICE_SERIAL_SIZE]; /* as a server sees it */
	uint64_t bytes;
	uint64_t read_bytes; /* since the volume was made */
};

/* Connects to the array at an address. NULL with a reason if it does not answer. */
struct device *device_connect(const char *address, char *reason, size_t reason_size);
void device_disconnect(struct device *device);

/* Asks the array how it is now, and goes back to the start of all lists. False: no answer. */
bool device_refresh(struct device *device);

/* The next entry of each list; false at its end. */
bool device_next_drive(struct device *device, struct device_drive *drive);
bool device_next_volume(struct device *device, struct device_volume *volume);

/* The next drive that was there at the refresh before the last, and is not any more. */
bool device_next_removed_drive(struct device *device, char serial[DEVICE_SERIAL_SIZE]);

/* ---- what a test can do to the simulated array ---- */

struct device_simulation {
	bool silent; /* does not answer */
	struct {
		bool pulled;
		bool failed;
		double heat; /* degrees above the usual temperature */
	} slots[DEVICE_SLOTS];
};

extern struct device_simulation device_simulation;

#endif
