/* SPDX-License-Identifier: MIT */
/*
 * Links that relations make. An index holds the resources of those classes alone that take part in
 * one, so a change costs what it changes.
 */
#include "graph/relation.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/*
 * A value that so many pairs have in common tells nothing: "unknown", or a serial number that an
 * array forgot to give. More than a few resources on each side, and more than this many pairs.
 */
#define CROWD_SIDE 8
#define CROWD_PAIRS 100000

/* Room for this many resources that are to be compared is kept from one batch to the next. */
#define JOINING_KEPT 4096

/* ---- groups ---- */

/* Any entry: all of a group are equal. */
static const struct relation_entry *first_of(const struct relation_group *group)
{
	return !LIST_EMPTY(&group->providers) ? LIST_FIRST(&group->providers)
	                                      : LIST_FIRST(&group->subscribers);
}

static bool belongs(const void *item, const void *key)
{
	const struct relation_entry *member = first_of(item);
	const struct relation_entry *entry = key;

	return member->port->rule == entry->port->rule &&
	       relation_same(member->resource, member->port, entry->resource, entry->port);
}

static struct relation_entries *side_of(struct relation_group *group, bool provides)
{
	return provides ? &group->providers : &group->subscribers;
}

static void group_join(struct graph *graph, struct relation_entry *entry, uint32_t hash)
{
	struct relation_group *group = index_find(&graph->groups, hash, belongs, entry);

	if (group == NULL) {
		group = xcalloc(1, sizeof(*group));
		group->hash = hash;
		index_add(&graph->groups, hash, group);
	}
	entry->group = group;
	LIST_INSERT_HEAD(side_of(group, entry->port->provides), entry, in_group);
	if (entry->port->provides)
		group->provider_count++;
	else
		group->subscriber_count++;
}

static void group_leave(struct graph *graph, struct relation_entry *entry)
{
	struct relation_group *group = entry->group;

	LIST_REMOVE(entry, in_group);
	if (entry->port->provides)
		group->provider_count--;
	else
		group->subscriber_count--;
	if (!LIST_EMPTY(&group->providers) || !LIST_EMPTY(&group->subscribers))
		return;
	if (group->crowded)
		TAILQ_REMOVE(&graph->crowded, group, in_graph);
	index_remove(&graph->groups, group->hash, group);
	free(group);
}

/* Whether a group has too many members to link them; one that had, until it has half as many. */
static bool is_crowd(const struct relation_group *group)
{
	uint64_t pairs = (uint64_t)group->provider_count * group->subscriber_count;

	return group->provider_count > CROWD_SIDE && group->subscriber_count > CROWD_SIDE &&
	       pairs > (group->crowded ? CROWD_PAIRS / 2 : CROWD_PAIRS);
}

/* ---- links ---- */

static void connect(
    struct graph *graph, const struct relation_entry *entry, const struct relation_entry *other)
{
	const struct relation_entry *above = entry->port->provides ? entry : other;
	const struct relation_entry *below = entry->port->provides ? other : entry;
	struct graph_link *link;

	if (entry->resource == other->resource)
		return;
	link = link_add(graph, below->resource, above->resource, RELATION);
	link->relations++;
	link->unconfirmed = false;
}

static void disconnect(struct graph *graph, const struct relation_entry *entry,
    const struct relation_entry *other, bool keep)
{
	const struct relation_entry *above = entry->port->provides ? entry : other;
	const struct relation_entry *below = entry->port->provides ? other : entry;
	struct graph_link *link;

	if (entry->resource == other->resource)
		return;
	link = link_find_any(graph, below->resource, above->resource);
	assert(link != NULL && link->relations > 0);
	if (--link->relations > 0)
		return;
	if (keep && !link->refused)
		link->unconfirmed = true;
	else
		link_drop(graph, link, RELATION);
}

/* ---- crowded groups ---- */

static void warn_of_crowd(struct graph *graph, const struct relation_group *group)
{
	const struct relation_entry *provider = LIST_FIRST(&group->providers);
	const struct relation_entry *subscriber = LIST_FIRST(&group->subscribers);

	graph_warn(graph, provider->resource->class->plugin, NULL,
	    "%u resources like \"%s\" and %u like \"%s\" have in common what a relation compares, "
	    "so it tells nothing: the relation links none of them",
	    group->provider_count, graph_name(provider->resource), group->subscriber_count,
	    graph_name(subscriber->resource));
}

/* Makes all links of a group, or drops all but those of the entry that has none yet. */
static void link_group(struct graph *graph, const struct relation_group *group,
    const struct relation_entry *without, bool linked)
{
	const struct relation_entry *provider, *subscriber;

	LIST_FOREACH (provider, &group->providers, in_group) {
		LIST_FOREACH (subscriber, &group->subscribers, in_group) {
			if (linked)
				connect(graph, provider, subscriber);
			else if (provider != without && subscriber != without)
				disconnect(graph, provider, subscriber, false);
		}
	}
}

static void become_crowded(
    struct graph *graph, struct relation_group *group, const struct relation_entry *last)
{
	group->crowded = true;
	TAILQ_INSERT_TAIL(&graph->crowded, group, in_graph);
	warn_of_crowd(graph, group);
	link_group(graph, group, last, false);
}

/* Makes the links of groups that are no longer crowded. */
static void thin_out(struct graph *graph)
{
	struct relation_group *group, *next;

	for (group = TAILQ_FIRST(&graph->crowded); group != NULL; group = next) {
		next = TAILQ_NEXT(group, in_graph);
		if (is_crowd(group))
			continue;
		group->crowded = false;
		TAILQ_REMOVE(&graph->crowded, group, in_graph);
		link_group(graph, group, NULL, true);
	}
}

/* ---- entries ---- */

static void enter(
    struct graph *graph, struct graph_resource *resource, const struct relation_port *port)
{
	struct relation_entry *entry, *other;
	uint32_t hash;

	for (entry = resource->entries; entry != NULL; entry = entry->next)
		if (entry->port == port)
			return;
	if (!relation_hash(resource, port, &hash))
		return;
	entry = xcalloc(1, sizeof(*entry));
	*entry = (struct relation_entry){.resource = resource, .port = port};
	entry->next = resource->entries;
	resource->entries = entry;
	group_join(graph, entry, hash);
	if (entry->group->crowded)
		return;
	if (is_crowd(entry->group)) {
		become_crowded(graph, entry->group, entry);
		return;
	}
	LIST_FOREACH (other, side_of(entry->group, !port->provides), in_group)
		connect(graph, entry, other);
}

static void leave(struct graph *graph, struct relation_entry *entry, bool keep)
{
	struct relation_entry *other;

	if (!entry->group->crowded)
		LIST_FOREACH (other, side_of(entry->group, !entry->port->provides), in_group)
			disconnect(graph, entry, other, keep);
	group_leave(graph, entry);
	free(entry);
}

void relation_leave(struct graph *graph, struct graph_resource *resource,
    const struct relation_port *port, bool keep)
{
	struct relation_entry **place = &resource->entries;

	while (*place != NULL) {
		struct relation_entry *entry = *place;

		if (port != NULL && entry->port != port) {
			place = &entry->next;
			continue;
		}
		*place = entry->next;
		leave(graph, entry, keep);
	}
}

void relations_forget(struct graph *graph, struct graph_resource *resource)
{
	struct relation_entry *entry;

	while ((entry = resource->entries) != NULL) {
		resource->entries = entry->next;
		group_leave(graph, entry);
		free(entry);
	}
}

/* ---- what changes ---- */

void relation_join_later(struct graph *graph, struct graph_resource *resource)
{
	if (resource->joining || resource->class->port_count == 0)
		return;
	resource->joining = true;
	graph->joining = xgrow(
	    graph->joining, graph->joining_count, &graph->joining_capacity, sizeof(record_id));
	graph->joining[graph->joining_count++] = resource->id;
}

static bool compares(const struct relation_port *port, size_t attribute)
{
	for (size_t i = 0; i < port->attribute_count; i++)
		if (port->attributes[i] == attribute)
			return true;
	return false;
}

void relations_change(struct graph *graph, struct graph_resource *resource, size_t attribute)
{
	for (size_t i = 0; i < resource->class->port_count; i++) {
		const struct relation_port *port = resource->class->ports[i];

		if (!compares(port, attribute))
			continue;
		relation_leave(graph, resource, port, false);
		relation_join_later(graph, resource);
	}
}

static void join(struct graph *graph, struct graph_resource *resource)
{
	resource->joining = false;
	for (size_t i = 0; i < resource->class->port_count; i++)
		enter(graph, resource, resource->class->ports[i]);
}

void relations_settle(struct graph *graph)
{
	for (size_t i = 0; i < graph->joining_count; i++) {
		struct graph_resource *resource = graph_find(graph, graph->joining[i]);

		if (resource != NULL && resource->values != NULL)
			join(graph, resource);
		else if (resource != NULL)
			resource->joining = false;
	}
	graph->joining_count = 0;
	/* After a start that was long. */
	if (graph->joining_capacity > JOINING_KEPT) {
		free(graph->joining);
		graph->joining = NULL;
		graph->joining_capacity = 0;
	}
	thin_out(graph);
	links_retry(graph);
}
