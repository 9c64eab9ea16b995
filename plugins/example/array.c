/* SPDX-License-Identifier: MIT */
#include "array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

/* Steps of simulated time. Each failure takes one cycle, and each cycle the next drive. */
#define CYCLE 40
#define OVERHEATS_AT 5
#define FAILS_AT 10
#define REPLACED_AT 20
#define REBUILT_AT 26
#define UNSTEADY_STEPS 3
#define SNAPSHOT_CYCLE 16 /* there for the second half */

#define POOL_DRIVES (ARRAY_DRIVES / ARRAY_POOLS)
#define POOL_LUNS 2
#define LUNS (ARRAY_POOLS * POOL_LUNS)
#define SNAPSHOT LUNS /* its number, after those of the other LUNs */

struct array {
	uint32_t id; /* of the array, made from its first address */
	bool online[ARRAY_CONTROLLERS];
	bool unsteady;
	long step; /* of simulated time; the first refresh makes it 0 */
	int controller, drive, pool, lun;
	bool snapshot, snapshot_deleted;
};

/* FNV-1a. */
static uint32_t hash_text(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

static bool answers(const char *address)
{
	return address[0] != '\0' && strcasecmp(address, ARRAY_UNREACHABLE) != 0;
}

struct array *array_connect(
    const char *address_1, const char *address_2, char *reason, size_t reason_size)
{
	struct array *array = NULL;

	if (!answers(address_1) && !answers(address_2)) {
		snprintf(reason, reason_size, "%s%s%s: no route to host", address_1,
		    address_2[0] != '\0' ? ", " : "", address_2);
		return NULL;
	}
	array = calloc(1, sizeof(*array));
	if (array == NULL) {
		snprintf(reason, reason_size, "out of memory");
		return NULL;
	}
	array->id = hash_text(address_1);
	array->online[0] = answers(address_1);
	array->online[1] = address_2[0] == '\0' || answers(address_2);
	array->unsteady = strcasecmp(address_1, ARRAY_UNSTEADY) == 0;
	array->step = -1;
	return array;
}

void array_disconnect(struct array *array)
{
	free(array);
}

bool array_refresh(struct array *array)
{
	bool had_snapshot = array->snapshot;

	if (array->unsteady && array->step + 1 == UNSTEADY_STEPS)
		return false;
	array->step++;
	array->controller = array->drive = array->pool = array->lun = 0;
	array->snapshot = array->step % SNAPSHOT_CYCLE >= SNAPSHOT_CYCLE / 2;
	array->snapshot_deleted = had_snapshot && !array->snapshot;
	return true;
}

/* The slot of the drive that is in trouble in this cycle. */
static int ailing_slot(const struct array *array)
{
	return (int)((array->step / CYCLE * 5 + 3) % ARRAY_DRIVES);
}

/* Drives start cold and settle; the ailing one heats up until it fails. */
static double celsius(const struct array *array, int slot)
{
	long now = array->step % CYCLE;
	double warm = array->step < 10 ? 24 + (double)array->step : 34;

	if (slot == ailing_slot(array) && now >= OVERHEATS_AT && now < FAILS_AT)
		warm += 12.0 * (double)(now - OVERHEATS_AT + 1);
	return warm + slot % 4;
}

static const char *pool_status(const struct array *array, int pool)
{
	long now = array->step % CYCLE;

	if (ailing_slot(array) / POOL_DRIVES != pool || now < FAILS_AT || now >= REBUILT_AT)
		return "OPTIMAL";
	return now < REPLACED_AT ? "DEGRADED" : "REBUILDING";
}

bool array_next_controller(struct array *array, struct array_controller *controller)
{
	if (array->controller == ARRAY_CONTROLLERS)
		return false;
	*controller = (struct array_controller){
	    .index = array->controller, .online = array->online[array->controller]};
	array->controller++;
	return true;
}

bool array_next_drive(struct array *array, struct array_drive *drive)
{
	long now = array->step % CYCLE;
	int slot = array->drive;

	if (slot == ARRAY_DRIVES)
		return false;
	*drive = (struct array_drive){.slot = slot, .bytes = 4 * TIB};
	snprintf(drive->serial, sizeof(drive->serial), "Z%08X%02d", array->id, slot);
	drive->ok = slot != ailing_slot(array) || now < FAILS_AT || now >= REPLACED_AT;
	drive->celsius = celsius(array, slot);
	array->drive++;
	return true;
}

bool array_next_pool(struct array *array, struct array_pool *pool)
{
	if (array->pool == ARRAY_POOLS)
		return false;
	*pool = (struct array_pool){.id = array->pool,
	    .raid_type = "raid6",
	    .status = pool_status(array, array->pool),
	    .bytes = 16 * TIB,
	    .first_slot = array->pool * POOL_DRIVES,
	    .drives = POOL_DRIVES};
	array->pool++;
	return true;
}

bool array_next_lun(struct array *array, struct array_lun *lun)
{
	int id = array->lun;
	uint64_t age = (uint64_t)array->step + 1;

	if (id == LUNS + (array->snapshot ? 1 : 0))
		return false;
	*lun = (struct array_lun){.id = id, .pool = id / POOL_LUNS, .bytes = 8 * TIB};
	if (id == SNAPSHOT) {
		lun->pool = 0;
		snprintf(lun->name, sizeof(lun->name), "snapshot");
		age = (uint64_t)(array->step % SNAPSHOT_CYCLE - SNAPSHOT_CYCLE / 2) + 1;
	} else {
		snprintf(lun->name, sizeof(lun->name), "lun%d", id);
	}
	snprintf(lun->serial, sizeof(lun->serial), "600d%08x%020d", array->id, id);
	lun->bytes_read = age * (uint64_t)(id + 1) * GIB / 2;
	lun->bytes_written = age * (uint64_t)(id + 1) * GIB / 8;
	array->lun++;
	return true;
}

bool array_next_deleted_lun(struct array *array, int *id)
{
	if (!array->snapshot_deleted)
		return false;
	array->snapshot_deleted = false;
	*id = SNAPSHOT;
	return true;
}
