/* SPDX-License-Identifier: MIT */
#include "store/partition.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define WIDTHS_PER_RETENTION 24

const int64_t resolution_length_s[STORE_RESOLUTIONS] = {0, 60, 300, 3600, 86400};

int64_t interval_start(int64_t time, int64_t length)
{
	int64_t rest = time % length;

	return time - (rest < 0 ? rest + length : rest);
}

int64_t partition_width_s(int64_t retention_s)
{
	int64_t width_s = retention_s / WIDTHS_PER_RETENTION;

	return width_s > 0 ? width_s : 1;
}

/* How many of the partitions begin at or before a time. */
static size_t count_until(const struct partitions *list, int64_t time_s)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (list->items[middle].begin_s <= time_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct partition *partitions_find(const struct partitions *list, int64_t time_s)
{
	size_t before = count_until(list, time_s);

	if (before == 0 || list->items[before - 1].end_s <= time_s)
		return NULL;
	return &list->items[before - 1];
}

struct partition partitions_plan(const struct partitions *list, int64_t time_s, int64_t width_s)
{
	struct partition plan = {.begin_s = interval_start(time_s, width_s)};
	size_t before = count_until(list, time_s);

	assert(partitions_find(list, time_s) == NULL);
	plan.end_s = plan.begin_s + width_s;
	if (before > 0 && list->items[before - 1].end_s > plan.begin_s)
		plan.begin_s = list->items[before - 1].end_s;
	if (before < list->count && list->items[before].begin_s < plan.end_s)
		plan.end_s = list->items[before].begin_s;
	return plan;
}

void partitions_add(struct partitions *list, struct partition partition)
{
	size_t place = count_until(list, partition.begin_s);

	list->items = xgrow(list->items, list->count, &list->capacity, sizeof(*list->items));
	memmove(&list->items[place + 1], &list->items[place],
	    (list->count - place) * sizeof(*list->items));
	list->items[place] = partition;
	list->count++;
}

void partitions_remove(struct partitions *list, struct partition partition)
{
	size_t after = count_until(list, partition.begin_s);

	assert(after > 0 && list->items[after - 1].begin_s == partition.begin_s);
	memmove(&list->items[after - 1], &list->items[after],
	    (list->count - after) * sizeof(*list->items));
	list->count--;
}

void partitions_clear(struct partitions *list)
{
	free(list->items);
	*list = (struct partitions){0};
}

bool partition_parse(const char *name, unsigned *resolution, struct partition *partition)
{
	int length = 0;

	return sscanf(name, "frame_%1u_%" SCNd64 "_%" SCNd64 "%n", resolution, &partition->begin_s,
	           &partition->end_s, &length) == 3 &&
	       name[length] == '\0' && *resolution < STORE_RESOLUTIONS &&
	       partition->begin_s < partition->end_s;
}

void partition_append_name(unsigned resolution, struct partition partition, struct text *sql)
{
	text_printf(sql, "storage.\"frame_%u_%" PRId64 "_%" PRId64 "\"", resolution,
	    partition.begin_s, partition.end_s);
}

/* Appends a call of a function of the schema: the runner need not own the partitions. */
static void append_call(
    const char *function, unsigned resolution, struct partition partition, struct text *sql)
{
	text_printf(sql, "SELECT storage.%s(%u, %" PRId64 ", %" PRId64 ")", function, resolution,
	    partition.begin_s, partition.end_s);
}

void partition_append_make(unsigned resolution, struct partition partition, struct text *sql)
{
	append_call("make_partition", resolution, partition, sql);
}

void partition_append_drop(unsigned resolution, struct partition partition, struct text *sql)
{
	append_call("drop_partition", resolution, partition, sql);
}
