/* SPDX-License-Identifier: MIT */
/*
 * What the settings ask for: how many objects of each kind, and what happens to them when.
 */
#ifndef SIMULATOR_PLAN_H
#define SIMULATOR_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_REASON_SIZE 512
#define WORD_SIZE 65

/*
 * In the order in which trouble travels: each kind is a parent of the next. A node is a device node
 * of a LUN on a server, a mapper the one that its paths there share.
 */
enum kind {
	KIND_POWER,
	KIND_FAN,
	KIND_ENCLOSURE,
	KIND_DRIVE,
	KIND_POOL,
	KIND_LUN,
	KIND_NODE,
	KIND_MAPPER,
	KIND_COUPLET
};
#define KIND_COUNT 8 /* kinds of which there are several */

enum action {
	ACTION_FAIL,
	ACTION_DEGRADE,
	ACTION_RECOVER,
	ACTION_HOT,
	ACTION_REMOVE,
	ACTION_ADD,
	ACTION_OFFLINE,
	ACTION_ONLINE,
	ACTION_SLOW
};

struct event {
	double at; /* seconds after the first scan */
	enum action action;
	enum kind kind;
	size_t number;
	int64_t ms; /* of ACTION_SLOW */
};

struct plan {
	int64_t seed;
	int64_t enclosures; /* each with one fan */
	int64_t drives_per_enclosure;
	int64_t pools;
	int64_t luns_per_pool;
	int64_t servers; /* that have nodes of each LUN */
	int64_t first_server;
	int64_t paths;       /* nodes of a LUN on each of them */
	bool power_supplies; /* one for each enclosure, which is lost with it */
	/* Couplets with the same word here share their enclosures; "": none. */
	char shared[WORD_SIZE];
	/* Couplets whose names begin with this never answer; "": none. */
	char blackholed[WORD_SIZE];
	int64_t period;        /* seconds between update scans */
	int64_t scan_ms;       /* that every scan takes at least */
	double chaos;          /* mean seconds between random failures; 0: none */
	double chaos_recovery; /* mean seconds until such a failure is over */
	double step; /* simulated seconds from one scan to the next; 0: as the clock says */
	bool statistics;

	struct event *script; /* in order of time */
	size_t script_length;
};

/* Gives the value of a setting, or NULL. */
typedef const char *plan_lookup(void *context, const char *key);

/*
 * Reads a plan from settings. Returns false with a reason that names the setting. plan_clear() in
 * either case.
 */
bool plan_read(
    struct plan *plan, plan_lookup *lookup, void *context, char reason[PLAN_REASON_SIZE]);
void plan_clear(struct plan *plan);

/* How many objects of a kind there are, and a span of them. */
size_t plan_count(const struct plan *plan, enum kind kind);

struct span {
	size_t first;
	size_t count;
};

/* The objects of the kind before that affect this one, and those of the kind after that it affects.
 */
struct span plan_parents(const struct plan *plan, enum kind kind, size_t number);
struct span plan_children(const struct plan *plan, enum kind kind, size_t number);

#endif
