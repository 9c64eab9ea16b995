/* SPDX-License-Identifier: MIT */
/*
 * The partitions of storage.frame: each resolution has its own, each for a range of time, named
 * after it ("frame_0_1700000000_1700003600"). A whole one is dropped when all of it has expired.
 * Pure functions.
 */
#ifndef STORE_PARTITION_H
#define STORE_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "store/store.h"

/* Length of the intervals of each resolution, in seconds; that of samples is 0. */
extern const int64_t resolution_length_s[STORE_RESOLUTIONS];

/* The frames whose time is in a range of seconds since 1970, without its end. */
struct partition {
	int64_t begin_s;
	int64_t end_s;
};

/* Those of one resolution, in order of time. */
struct partitions {
	struct partition *items;
	size_t count;
	size_t capacity;
};

/* The start of the interval of this length, in any unit, that a time is in. */
int64_t interval_start(int64_t time, int64_t length);

/*
 * How much time a partition is for: a little less than a twentieth of the retention, which is how
 * late what has expired may be dropped.
 */
int64_t partition_width_s(int64_t retention_s);

/* The partition that a time is in, or NULL. */
const struct partition *partitions_find(const struct partitions *list, int64_t time_s);

/*
 * The partition to make for a time that has none: it begins and ends at multiples of width_s, but
 * where others are.
 */
struct partition partitions_plan(const struct partitions *list, int64_t time_s, int64_t width_s);

void partitions_add(struct partitions *list, struct partition partition);
void partitions_remove(struct partitions *list, struct partition partition);
void partitions_clear(struct partitions *list);

/* Reads the name of a partition. False if it is none. */
bool partition_parse(const char *name, unsigned *resolution, struct partition *partition);

/* Appends the name of its table, with the schema, as it is written in statements. */
void partition_append_name(unsigned resolution, struct partition partition, struct text *sql);

/*
 * Appends the statement that makes a partition, and holds up neither readers nor writers, or that
 * drops it.
 */
void partition_append_make(unsigned resolution, struct partition partition, struct text *sql);
void partition_append_drop(unsigned resolution, struct partition partition, struct text *sql);

#endif
