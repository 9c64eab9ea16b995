/* SPDX-License-Identifier: MIT */
/*
 * A small simulated storage array. It stands where a vendor's client library would: connect,
 * refresh, and walk the lists.
 *
 * The array lives in simulated time, which every refresh moves on by one step, so that what is
 * seen depends only on the addresses and the number of refreshes. Its drives warm up; every now and
 * then one overheats, fails, and is replaced, while its pool is degraded and then rebuilds; a
 * snapshot appears and goes.
 */
#ifndef EXAMPLE_ARRAY_H
#define EXAMPLE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_CONTROLLERS 2
#define ARRAY_DRIVES 12
#define ARRAY_POOLS 2
#define ARRAY_NAME_SIZE 64

/* A host name that never answers, and one whose connection breaks after a few refreshes. */
#define ARRAY_UNREACHABLE "unreachable.example.com"
#define ARRAY_UNSTEADY "unsteady.example.com"

struct array;

struct array_controller {
	int index;
	bool online;
};

struct array_drive {
	int slot; /* 0 to ARRAY_DRIVES - 1 */
	char serial[ARRAY_NAME_SIZE];
	uint64_t bytes;
	bool ok;
	double celsius;
};

struct array_pool {
	int id;
	const char *raid_type;
	const char *status; /* "OPTIMAL", "DEGRADED", "REBUILDING" */
	uint64_t bytes;
	int first_slot, drives; /* its members */
};

struct array_lun {
	int id;
	int pool;
	char name[ARRAY_NAME_SIZE];
	char serial[ARRAY_NAME_SIZE];
	uint64_t bytes;
	uint64_t bytes_read, bytes_written; /* since the LUN was made */
};

/*
 * Connects to whichever of an array's two controllers answers; address_2 may be empty. Returns NULL
 * with a reason when none does.
 */
struct array *array_connect(
    const char *address_1, const char *address_2, char *reason, size_t reason_size);
void array_disconnect(struct array *array);

/* Reads the state of the array, and goes back to the start of all lists. False if contact is lost.
 */
bool array_refresh(struct array *array);

/* The next entry of each list; false at its end. */
bool array_next_controller(struct array *array, struct array_controller *controller);
bool array_next_drive(struct array *array, struct array_drive *drive);
bool array_next_pool(struct array *array, struct array_pool *pool);
bool array_next_lun(struct array *array, struct array_lun *lun);

/* The next LUN that was deleted since the last refresh. */
bool array_next_deleted_lun(struct array *array, int *id);

#endif
