/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <iml/storage_plugin.h>

#include "sysfs.h"

static int compare_handles(const struct iml_resource *a, const struct iml_resource *b)
{
	return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static int compare_resources(const void *a, const void *b)
{
	const struct ledger_resource *one = a, *other = b;

	return compare_handles(one->resource, other->resource);
}

static int compare_resources_and_order(const void *a, const void *b)
{
	const struct ledger_resource *one = a, *other = b;
	int order = compare_resources(a, b);

	return order != 0 ? order : (one->order > other->order) - (one->order < other->order);
}

static int compare_by_age(const void *a, const void *b)
{
	const struct ledger_resource *one = a, *other = b;

	return (one->order < other->order) - (one->order > other->order);
}

static int compare_links(const void *a, const void *b)
{
	const struct ledger_link *one = a, *other = b;
	int order = compare_handles(one->child, other->child);

	return order != 0 ? order : compare_handles(one->parent, other->parent);
}

void ledger_add_resource(struct ledger *ledger, struct iml_resource *resource)
{
	ledger->resources = required(reallocarray(
	    ledger->resources, ledger->resource_count + 1, sizeof(*ledger->resources)));
	ledger->resources[ledger->resource_count] =
	    (struct ledger_resource){resource, ledger->resource_count};
	ledger->resource_count++;
}

void ledger_add_link(struct ledger *ledger, struct iml_resource *child, struct iml_resource *parent)
{
	ledger->links =
	    required(reallocarray(ledger->links, ledger->link_count + 1, sizeof(*ledger->links)));
	ledger->links[ledger->link_count++] = (struct ledger_link){child, parent};
}

typedef int comparison(const void *, const void *);

/* Sorts and drops repetitions, of which the first stays; the number that is left. */
static size_t make_set(
    void *items, size_t count, size_t size, comparison *order, comparison *identity)
{
	char *bytes = items;
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(items, count, size, order);
	for (size_t i = 1; i < count; i++)
		if (identity(bytes + i * size, bytes + kept * size) != 0) {
			kept++;
			memmove(bytes + kept * size, bytes + i * size, size);
		}
	return kept + 1;
}

static void sort(struct ledger *ledger)
{
	ledger->resource_count = make_set(ledger->resources, ledger->resource_count,
	    sizeof(*ledger->resources), compare_resources_and_order, compare_resources);
	ledger->link_count = make_set(ledger->links, ledger->link_count, sizeof(*ledger->links),
	    compare_links, compare_links);
}

static bool has(const void *key, const void *items, size_t count, size_t size, comparison *compare)
{
	return count > 0 && bsearch(key, items, count, size, compare) != NULL;
}

void ledger_remove_missing(struct ledger *earlier, struct ledger *later)
{
	sort(earlier);
	sort(later);
	for (size_t i = 0; i < earlier->link_count; i++) {
		struct ledger_link *link = &earlier->links[i];

		if (!has(link, later->links, later->link_count, sizeof(*link), compare_links))
			iml_remove_parent(link->child, link->parent);
	}
	if (earlier->resource_count > 0)
		qsort(earlier->resources, earlier->resource_count, sizeof(*earlier->resources),
		    compare_by_age);
	for (size_t i = 0; i < earlier->resource_count; i++)
		if (!has(&earlier->resources[i], later->resources, later->resource_count,
		        sizeof(*later->resources), compare_resources))
			iml_remove(earlier->resources[i].resource);
}

void ledger_keep_missing(const struct ledger *earlier, struct ledger *later)
{
	for (size_t i = 0; i < earlier->resource_count; i++)
		ledger_add_resource(later, earlier->resources[i].resource);
	for (size_t i = 0; i < earlier->link_count; i++)
		ledger_add_link(later, earlier->links[i].child, earlier->links[i].parent);
	sort(later);
}

void ledger_clear(struct ledger *ledger)
{
	free(ledger->resources);
	free(ledger->links);
	*ledger = (struct ledger){0};
}
