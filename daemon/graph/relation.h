/* SPDX-License-Identifier: MIT */
/*
 * What the files about relations share. Nothing outside of the graph includes this.
 *
 * A rule is a relation as classes declare it; several classes may declare the same one. A class
 * that takes part in a rule, as the one that declares it or as its target, has a port for it. A
 * resource has an entry for each port of its class for which no value is null. Entries with equal
 * values are in one group, found by hash, and each that provides is a parent of each that
 * subscribes.
 */
#ifndef GRAPH_RELATION_H
#define GRAPH_RELATION_H

#include "graph/graph_internal.h"

struct relation_rule {
	uint32_t number;
	char *shape; /* all that tells it from other rules */
	bool ignore_case;
	TAILQ_HEAD(, relation_port) sources; /* ports of the classes that declare it */
	TAILQ_ENTRY(relation_rule) in_graph;
};

struct relation_port {
	struct relation_rule *rule;
	struct graph_class *class;
	const struct relation *relation; /* as the class declares it; NULL: it is a target */
	bool provides;
	size_t *attributes; /* of the class, in the order of the rule */
	size_t attribute_count;
	TAILQ_ENTRY(relation_port) in_rule; /* in rule->sources */
};

LIST_HEAD(relation_entries, relation_entry);

struct relation_entry {
	struct graph_resource *resource;
	const struct relation_port *port;
	struct relation_group *group;
	LIST_ENTRY(relation_entry) in_group;
	struct relation_entry *next; /* of the resource */
};

struct relation_group {
	uint32_t hash;
	uint32_t provider_count, subscriber_count;
	bool crowded; /* in graph->crowded, without any links */
	struct relation_entries providers, subscribers;
	TAILQ_ENTRY(relation_group) in_graph; /* in graph->crowded */
};

/* ---- relation_key.c ---- */

/* The hash of what the port's rule compares; false if a value is null. */
bool relation_hash(
    const struct graph_resource *resource, const struct relation_port *port, uint32_t *hash);

/* Whether what the rule of both ports compares is equal. */
bool relation_same(const struct graph_resource *a, const struct relation_port *port_a,
    const struct graph_resource *b, const struct relation_port *port_b);

/* ---- relation.c ---- */

/*
 * Takes the resource out of the groups of its entries for one port, or for all (NULL). Links that
 * no relation makes any more go; with keep they stay, as those do that are restored.
 */
void relation_leave(struct graph *graph, struct graph_resource *resource,
    const struct relation_port *port, bool keep);

#endif
