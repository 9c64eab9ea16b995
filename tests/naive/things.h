/* SPDX-License-Identifier: MIT */
/*
 * What the database has to hold after scans, worked out in the simplest way there is: a table of
 * all things that can ever be reported, flags, and loops over all of them. Nothing is kept that can
 * be found out again; nothing is taken from how the runner does it.
 *
 * naive_array.Box, .Numbered: scannables, the latter with an automatic identifier.
 * naive_array.Tray: scoped.
 * naive_array.Spindle: scoped, identified by its tray and a number; may have a spare.
 * naive_array.Lun, .FatLun: logical drives, scoped, of a spindle that they can't be without. A
 * FatLun is a Lun, of device type "zfs".
 * naive_array.Shared: a logical drive, global; may have a tray for its home.
 * naive_linux.Server: a scannable. Its label is no host name, so nobody knows which server it is.
 * naive_linux.Device: a device node, scoped.
 * naive_linux.Export: a logical drive, global, of a device that it can't be without; unusable for
 * Lustre.
 * naive_linux.Part: a slice of a logical drive, scoped.
 * naive_linux.Rating: a path weight, scoped.
 * naive_linux.Mount: an occupier, scoped.
 * naive_linux.Machine: a virtual machine, scoped.
 *
 * Lun provides to Device by wwn in any case; Device subscribes to Shared by wwn and size, Export
 * to Lun by size, Mount to Part by size; Rating provides to Device by wwn.
 */
#ifndef TESTS_NAIVE_THINGS_H
#define TESTS_NAIVE_THINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
	BOX,
	NUMBERED,
	SERVER,
	TRAY,
	SPINDLE,
	LUN,
	FAT_LUN,
	SHARED,
	DEVICE,
	EXPORT,
	PART,
	RATING,
	MOUNT,
	MACHINE,
	CLASSES
};
enum { ARRAY_PLUGIN, LINUX_PLUGIN, PLUGINS };
enum { STATE, WWN, SIZE, REF, TYPE, PATH, HOST, WEIGHT, ADDRESS, VALUES };
enum { NO_STATE, OK, WORN, FAILED };
enum { SCANNABLES = 6, ARRAYS = 4 };
enum { TRAYS = 3, SLOTS = 4, LUNS = 4, SHAREDS = 4, EXPORTS = 3 };
enum { SERVER_THINGS = 18 };
enum {
	OWN_THINGS = TRAYS + TRAYS * SLOTS + LUNS + 1,
	THINGS = SCANNABLES + ARRAYS * OWN_THINGS + SHAREDS +
	         (SCANNABLES - ARRAYS) * SERVER_THINGS + EXPORTS
};
enum { RECORDS = 24 }; /* of servers, at most */
enum { NOWHERE = -1, BY_RELATION = SCANNABLES, REPORTERS };

struct naive_class {
	const char *name;
	int plugin;
	const char *ref;   /* name of the attribute that refers to another thing */
	int ref_class;     /* what to */
	bool ref_is_vital; /* it can't be without */
	bool has[VALUES];  /* which values it has */
	const char *kind;  /* built-in class */
	const char *device_type;
	bool unusable; /* for Lustre */
};

static const struct naive_class naive_classes[CLASSES] = {
    [BOX] = {.name = "Box", .kind = "ScannableResource"},
    [NUMBERED] = {.name = "Numbered", .kind = "ScannableResource"},
    [SERVER] = {.name = "Server", .plugin = LINUX_PLUGIN, .kind = "ScannableResource"},
    [TRAY] = {.name = "Tray", .has = {[STATE] = true}, .kind = "Enclosure"},
    [SPINDLE] = {.name = "Spindle",
        .ref = "spare",
        .ref_class = SPINDLE,
        .has = {[STATE] = true, [REF] = true},
        .kind = "PhysicalDisk"},
    [LUN] = {.name = "Lun",
        .ref = "spindle",
        .ref_class = SPINDLE,
        .ref_is_vital = true,
        .has = {true, true, true, true, [TYPE] = true},
        .kind = "LogicalDrive"},
    [FAT_LUN] = {.name = "FatLun",
        .ref = "spindle",
        .ref_class = SPINDLE,
        .ref_is_vital = true,
        .has = {true, true, true, true, [TYPE] = true},
        .kind = "LogicalDrive",
        .device_type = "zfs"},
    [SHARED] = {.name = "Shared",
        .ref = "home",
        .ref_class = TRAY,
        .has = {true, true, true, true, [TYPE] = true},
        .kind = "LogicalDrive"},
    [DEVICE] = {.name = "Device",
        .plugin = LINUX_PLUGIN,
        .has = {[STATE] = true, [WWN] = true, [SIZE] = true, [PATH] = true, [HOST] = true},
        .kind = "DeviceNode"},
    [EXPORT] = {.name = "Export",
        .plugin = LINUX_PLUGIN,
        .ref = "device",
        .ref_class = DEVICE,
        .ref_is_vital = true,
        .has = {[STATE] = true, [SIZE] = true, [REF] = true},
        .kind = "LogicalDrive",
        .unusable = true},
    [PART] = {.name = "Part",
        .plugin = LINUX_PLUGIN,
        .has = {[STATE] = true, [SIZE] = true, [TYPE] = true},
        .kind = "LogicalDriveSlice"},
    [RATING] = {.name = "Rating",
        .plugin = LINUX_PLUGIN,
        .has = {[WWN] = true, [WEIGHT] = true},
        .kind = "PathWeight"},
    [MOUNT] = {.name = "Mount",
        .plugin = LINUX_PLUGIN,
        .has = {[SIZE] = true},
        .kind = "LogicalDriveOccupier"},
    [MACHINE] = {.name = "Machine",
        .plugin = LINUX_PLUGIN,
        .has = {[ADDRESS] = true},
        .kind = "VirtualMachine"},
};

static const char *const naive_plugins[PLUGINS] = {"naive_array", "naive_linux"};

/* What the values of things are called, and can be: 0 is null. */
enum { CHOICES = 10 };
static const struct {
	const char *name;
	bool is_number;
	bool is_vital; /* never null */
	const char *texts[CHOICES];
} naive_values[VALUES] = {
    [STATE] = {"state", false, false, {NULL, "OK", "WORN", "FAILED"}},
    [WWN] = {"wwn", false, false, {NULL, "a1", "A1", "b2", "B2", "c3", "C3"}},
    [SIZE] = {"size", true, false, {NULL, "1", "2", "3"}},
    [REF] = {NULL, false, false, {NULL}}, /* a thing and one */
    [TYPE] = {"filesystem_type", false, false, {NULL, "ext4", "xfs"}},
    [PATH] = {"path", false, true,
        {NULL, "/dev/sda", "/dev/sdb", "/dev/sdc", "/dev/sdd", "/dev/sde", "/dev/mapper/a",
            "/dev/mapper/b"}},
    [HOST] = {"host_id", true, true, {NULL}}, /* a number and one */
    [WEIGHT] = {"weight", true, true, {NULL, "10", "20", "25", "-5"}},
    [ADDRESS] = {"address", false, true, {NULL, "vm1", "vm2", "vm3", "localhost"}},
};

struct naive_thing {
	int class;
	int scope;  /* scannable, or NOWHERE */
	int tray;   /* thing that identifies it with its number, or NOWHERE */
	int number; /* what tells it from others of its class and scope */
	bool exists;
	uint32_t life;      /* another each time that it comes to exist */
	int64_t id;         /* in the database; 0: not known yet */
	int values[VALUES]; /* 0: null; a reference is the thing and one */
	int alias;          /* 0: none */
	bool reported[SCANNABLES];
	int says[SCANNABLES]; /* the state that each gives as reason for an alert */
	int64_t server;       /* of a virtual machine; 0: none */
	bool judged;          /* of one: its server was looked for in the last change */
};

struct naive_scannable {
	bool configured;
	char name[16];
	bool offline, degraded, collapsed;
	bool recounted; /* what is missing, in the last change */
	unsigned refused;
	char collapse[256]; /* how much is missing */
	bool missing[THINGS];
	bool session;
	bool session_refused;   /* calls were refused in its initial scan */
	uint32_t means[THINGS]; /* which life of a thing the session speaks of; 0: none */
};

struct naive_alert {
	int64_t id;
	int64_t begin;
	int thing; /* NOWHERE: gone */
	char name[32];
	int severity;
	char message[320];
	bool own, active, dismissed, gone, fresh;
	int cause, root; /* other alerts; NOWHERE: none */
};

struct naive_event {
	int alert;
	int thing;
	char message[400];
};

struct naive_server {
	bool exists;
	int64_t id;
	char address[16], fqdn[16], state[16], source[16];
	bool peers[RECORDS];
};

/* A device node that nothing is below and a drive is above. */
struct naive_leaf {
	bool leads;
	int drive;
	uint32_t life, drive_life;
	int64_t server; /* 0: unknown */
	int path;
	bool weighted;
	int weight;
	bool holds; /* its place, which is there once */
	bool is_node;
	int64_t id; /* of the node */
	bool primary, used;
};

struct naive_volume {
	bool exists;
	uint32_t life; /* of the drive */
	int64_t id;
	char label[64];
	int size, type;
	bool unusable, in_use, chosen;
	bool concerned; /* its nodes are to be given their roles anew */
};

struct naive_model {
	struct naive_thing things[THINGS];
	struct naive_scannable scannables[SCANNABLES];
	bool loaded[PLUGINS];
	bool wanted[REPORTERS][THINGS][THINGS]; /* links by child and parent */
	bool linked[THINGS][THINGS];            /* those of them that close no loop */
	struct naive_alert *alerts;
	size_t alert_count;
	size_t *active; /* those of them that are, in no order */
	size_t active_count;
	struct naive_event *events; /* of the last change */
	size_t event_count;
	uint32_t lives;
	char automatic[128]; /* the identifier of what has an automatic one */
	struct naive_server servers[RECORDS];
	struct naive_leaf leaves[THINGS];    /* by device node */
	struct naive_volume volumes[THINGS]; /* by drive */
	bool unseen; /* more may have happened from one look to the next than the model is told */
};

/* What one scan says. */
struct naive_scan {
	int scannable;
	bool initial;
	unsigned refused;
	bool incomplete[CLASSES];
	bool created[THINGS], removed[THINGS];
	bool changed[THINGS][VALUES];
	int values[THINGS][VALUES];
	bool linked[THINGS][THINGS], unlinked[THINGS][THINGS];
};

/* ---- the table of things: scannables first ---- */

static inline int naive_add(
    struct naive_model *model, int at, int class, int scope, int tray, int number)
{
	model->things[at] =
	    (struct naive_thing){.class = class, .scope = scope, .tray = tray, .number = number};
	return at + 1;
}

static inline int naive_add_array(struct naive_model *model, int at, int scannable)
{
	int trays = at;

	for (int i = 0; i < TRAYS; i++)
		at = naive_add(model, at, TRAY, scannable, NOWHERE, i + 1);
	for (int i = 0; i < TRAYS * SLOTS; i++)
		at = naive_add(model, at, SPINDLE, scannable, trays + i / SLOTS, i % SLOTS + 1);
	for (int i = 0; i < LUNS; i++)
		at = naive_add(model, at, LUN, scannable, NOWHERE, i + 1);
	return naive_add(model, at, FAT_LUN, scannable, NOWHERE, 1);
}

static inline int naive_add_server_things(struct naive_model *model, int at, int scannable)
{
	static const int classes[SERVER_THINGS] = {DEVICE, DEVICE, PART, PART, RATING, RATING,
	    RATING, DEVICE, DEVICE, DEVICE, DEVICE, DEVICE, DEVICE, DEVICE, MOUNT, MOUNT, MACHINE,
	    MACHINE};

	for (int i = 0; i < SERVER_THINGS; i++)
		at = naive_add(model, at, classes[i], scannable, NOWHERE, i + 1);
	return at;
}

static inline void naive_begin(struct naive_model *model)
{
	int at = 0;

	memset(model, 0, sizeof(*model));
	for (int i = 0; i < SCANNABLES; i++) {
		at = naive_add(model, at,
		    i >= ARRAYS       ? SERVER
		    : i == ARRAYS - 1 ? NUMBERED
		                      : BOX,
		    NOWHERE, NOWHERE, i + 1);
		snprintf(model->scannables[i].name, sizeof(model->scannables[i].name), "s%d", i);
	}
	for (int i = 0; i < SHAREDS; i++)
		at = naive_add(model, at, SHARED, NOWHERE, NOWHERE, i + 1);
	for (int i = 0; i < ARRAYS; i++)
		at = naive_add_array(model, at, i);
	for (int i = ARRAYS; i < SCANNABLES; i++)
		at = naive_add_server_things(model, at, i);
	for (int i = 0; i < EXPORTS; i++)
		at = naive_add(model, at, EXPORT, NOWHERE, NOWHERE, i + 1);
	model->loaded[ARRAY_PLUGIN] = model->loaded[LINUX_PLUGIN] = true;
}

static inline void naive_end(struct naive_model *model)
{
	free(model->alerts);
	free(model->active);
	free(model->events);
}

static inline bool naive_is_drive(int thing_class)
{
	return strncmp(naive_classes[thing_class].kind, "LogicalDrive", 12) == 0 &&
	       thing_class != MOUNT;
}

/* Whether things of the class can't be without the value. */
static inline bool naive_is_vital(int thing_class, int which)
{
	return which == REF ? naive_classes[thing_class].ref_is_vital
	                    : naive_values[which].is_vital;
}

/* How many values there are to choose from, with null. */
static inline uint32_t naive_choices(int which)
{
	uint32_t count = 1;

	while (count < CHOICES && naive_values[which].texts[count] != NULL)
		count++;
	return count;
}

/* A value as text that lasts for a while; "-": null. */
static inline const char *naive_text(int which, int value)
{
	static char numbers[8][16];
	static unsigned next;
	char *number = numbers[next++ % 8];

	if (value == 0)
		return "-";
	if (which != HOST)
		return naive_values[which].texts[value];
	snprintf(number, 16, "%d", value - 1);
	return number;
}

static inline int naive_plugin_of(int thing_class)
{
	return naive_classes[thing_class].plugin;
}

/* Whether a scannable can report a thing: what is its own, and what is global of its plugin. */
static inline bool naive_can_report(const struct naive_model *model, int scannable, int thing)
{
	const struct naive_thing *t = &model->things[thing];

	return thing >= SCANNABLES && (t->scope == NOWHERE || t->scope == scannable) &&
	       naive_plugin_of(t->class) == naive_plugin_of(model->things[scannable].class);
}

static inline bool naive_is_loaded(const struct naive_model *model, int thing)
{
	return model->loaded[naive_plugin_of(model->things[thing].class)];
}

/* Whether people see a thing. */
static inline bool naive_is_shown(const struct naive_model *model, int thing)
{
	const struct naive_thing *t = &model->things[thing];

	if (!t->exists || !naive_is_loaded(model, thing))
		return false;
	if (thing < SCANNABLES)
		return model->scannables[thing].configured;
	for (int i = 0; i < SCANNABLES; i++)
		if (t->reported[i] && model->scannables[i].configured)
			return true;
	return false;
}

/* ---- labels ---- */

static inline void naive_label(const struct naive_model *model, int thing, char label[64])
{
	const struct naive_thing *t = &model->things[thing];
	const char *class = naive_classes[t->class].name;

	if (t->class == NUMBERED)
		snprintf(label, 64, "%s", class);
	else if (t->class == DEVICE)
		snprintf(label, 64, "%s:%s", naive_text(HOST, t->values[HOST]),
		    strrchr(naive_text(PATH, t->values[PATH]), '/') + 1);
	else if (thing < SCANNABLES)
		snprintf(label, 64, "%s %s", class, model->scannables[thing].name);
	else if (t->tray != NOWHERE)
		snprintf(
		    label, 64, "%s (Tray %d, %d)", class, model->things[t->tray].number, t->number);
	else
		snprintf(label, 64, "%s %d", class, t->number);
}

/* What people call it. */
static inline void naive_name(const struct naive_model *model, int thing, char name[64])
{
	naive_label(model, thing, name);
	if (model->things[thing].alias != 0)
		snprintf(name, 64, "top-%d", model->things[thing].alias);
}

/* What an alert calls it. */
static inline void naive_alert_name(const struct naive_model *model, int thing, char name[64])
{
	naive_label(model, thing, name);
	if (model->things[thing].alias != 0)
		snprintf(name, 64, "%s top-%d", naive_classes[model->things[thing].class].name,
		    model->things[thing].alias);
}

#endif
