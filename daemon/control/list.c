/* SPDX-License-Identifier: MIT */
#include "control/describe.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A resource that a search has been to. */
struct seen {
	record_id id;
	UT_hash_handle hh;
};

bool resource_is_visible(const struct graph_resource *resource)
{
	return graph_is_shown(resource);
}

size_t count_visible(const struct graph_class *class)
{
	const struct graph_resource *resource;
	size_t count = 0;

	TAILQ_FOREACH (resource, &class->resources, in_class)
		count += resource_is_visible(resource);
	return count;
}

void resource_list_add(struct resource_list *list, struct graph_resource *resource)
{
	list->items =
	    xgrow(list->items, list->count, &list->capacity, sizeof(struct graph_resource *));
	list->items[list->count++] = resource;
}

static int compare_ids(const void *a, const void *b)
{
	const struct graph_resource *const *left = a, *const *right = b;

	return ((*left)->id > (*right)->id) - ((*left)->id < (*right)->id);
}

static int compare_names(const void *a, const void *b)
{
	const struct graph_resource *const *left = a, *const *right = b;
	int order = strcmp((*left)->class->key, (*right)->class->key);

	if (order == 0)
		order = strverscmp(graph_name(*left), graph_name(*right));
	return order != 0 ? order : compare_ids(a, b);
}

/* Which of two comes first on the page, as strcmp() tells it. */
static int compare_on_page(const struct resource_page *page, const struct graph_resource *a,
    const struct graph_resource *b)
{
	int order = page->by_name ? compare_names(&a, &b) : compare_ids(&a, &b);

	return page->descending ? -order : order;
}

static int compare_items(const void *a, const void *b, void *page)
{
	const struct graph_resource *const *left = a, *const *right = b;

	return compare_on_page(page, *left, *right);
}

/* Sorts, and keeps one more than the page is to have: that tells that there are more. */
static void keep_first(struct resource_page *page)
{
	struct resource_list *list = &page->list;

	if (list->count > 1)
		qsort_r(
		    list->items, list->count, sizeof(struct graph_resource *), compare_items, page);
	if (list->count <= page->limit)
		return;
	list->count = page->limit + 1;
	page->bound = list->items[page->limit];
}

/* Whether a resource was on an earlier page. */
static bool is_earlier(const struct resource_page *page, const struct graph_resource *resource)
{
	if (page->by_name)
		return page->last != NULL && compare_on_page(page, resource, page->last) <= 0;
	if (page->descending)
		return page->after != 0 && resource->id >= page->after;
	return resource->id <= page->after;
}

void resource_page_add(struct resource_page *page, struct graph_resource *resource)
{
	bool is_beyond = page->bound != NULL && compare_on_page(page, resource, page->bound) > 0;

	if (is_beyond || is_earlier(page, resource) || !resource_is_visible(resource))
		return;
	resource_list_add(&page->list, resource);
	if (page->list.count > 2 * page->limit)
		keep_first(page);
}

bool resource_page_finish(struct resource_page *page)
{
	bool more;

	keep_first(page);
	more = page->list.count > page->limit;
	if (more)
		page->list.count = page->limit;
	return more;
}

void resource_list_sort_by_name(struct resource_list *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(struct graph_resource *), compare_names);
}

/* Notes the id. Returns whether it was not there before. */
static bool seen_add(struct seen **set, record_id id)
{
	struct seen *seen;

	HASH_FIND(hh, *set, &id, sizeof(id), seen);
	if (seen != NULL)
		return false;
	seen = xcalloc(1, sizeof(*seen));
	seen->id = id;
	HASH_ADD(hh, *set, id, sizeof(seen->id), seen);
	return true;
}

static void seen_clear(struct seen **set)
{
	struct seen *seen = *set, *next;

	HASH_CLEAR(hh, *set);
	for (; seen != NULL; seen = next) {
		next = seen->hh.next;
		free(seen);
	}
}

struct resource_list list_ancestors(const struct graph_resource *resource)
{
	const struct graph_resource *from = resource;
	struct resource_list list = {0};
	struct seen *set = NULL;
	const struct graph_link *link;

	seen_add(&set, resource->id);
	for (size_t next = 0; from != NULL; next++) {
		TAILQ_FOREACH (link, &from->parents, in_child) {
			if (resource_is_visible(link->parent) && seen_add(&set, link->parent->id))
				resource_list_add(&list, link->parent);
		}
		from = next < list.count ? list.items[next] : NULL;
	}
	seen_clear(&set);
	return list;
}
