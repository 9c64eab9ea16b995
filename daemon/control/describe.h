/* SPDX-License-Identifier: MIT */
/*
 * How the graph becomes JSON, for the control API and for whoever else has a graph. What is
 * returned is new and the caller's.
 */
#ifndef CONTROL_DESCRIBE_H
#define CONTROL_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json_object.h>

#include "graph/graph.h"

/* ---- list.c ---- */

/* Resources are shown while the classes of their plugin are known. */
bool resource_is_visible(const struct graph_resource *resource);

/* Borrowed resources; items is released with free(). */
struct resource_list {
	struct graph_resource **items;
	size_t count;
	size_t capacity;
};

void resource_list_add(struct resource_list *list, struct graph_resource *resource);

/* By class, then by name, in which numbers count as numbers. */
void resource_list_sort_by_name(struct resource_list *list);

/*
 * A page of a long list: of the visible resources that are added, in any order, those that are
 * first among what comes after the page before. It never holds more than about twice as many as it
 * is to have. Start with {.after, .limit}, and by_name with last in place of after; list.items is
 * released with free().
 */
struct resource_page {
	record_id after; /* by id: the one before; 0: none */
	size_t limit;
	bool by_name; /* of the class, then of the resource; else by id */
	bool descending;
	const struct graph_resource *last; /* by name: the one before; NULL: none */
	struct resource_list list;
	const struct graph_resource *bound; /* after which none is of use; NULL: not known yet */
};

void resource_page_add(struct resource_page *page, struct graph_resource *resource);

/* Puts the page in order. Returns whether there are more. */
bool resource_page_finish(struct resource_page *page);

/* All visible ancestors, each once, nearest first. */
struct resource_list list_ancestors(const struct graph_resource *resource);

/* ---- describe.c ---- */

/* Most children named with a resource, and most of its ancestors' alerts. */
#define RELATIVES_MAX 1000

/* A silence: {"id", "resource", "begin", "until", "who", "why"}. */
struct json_object *describe_silence(const struct graph_silence *silence);

/* {"id", "class", "label"}: how other objects refer to a resource. The label is its alias, if any.
 */
struct json_object *describe_reference(const struct graph_resource *resource);

/* When, by whom and why something was paused; NULL for NULL. */
struct json_object *describe_pause(const struct pause_row *pause);

/* The same of what keeps a scannable from being scanned, and whether that is of its plugin. */
struct json_object *describe_pause_of(
    const struct graph *graph, const struct graph_resource *scannable);

/* The resource in lists and trees. Its class is added to classes (by "plugin.Name") if missing. */
struct json_object *describe_resource(
    const struct graph *graph, const struct graph_resource *resource, struct json_object *classes);

/* Everything about one resource. */
struct json_object *describe_resource_fully(
    const struct graph *graph, const struct graph_resource *resource);

/* A class as its resources are listed with: label, kind and columns. */
struct json_object *describe_class(const struct graph_class *graph_class);

/* Everything that was declared. */
struct json_object *describe_class_fully(const struct graph_class *graph_class);

/* Resources of a class that people are to see. */
size_t count_visible(const struct graph_class *class);

/* An active alert; with the resource that it is about unless that is clear from the place. */
struct json_object *describe_alert(const struct graph_alert *alert, bool with_resource);

/* The same with its resource, its cause and its root cause, which may be null. */
struct json_object *describe_alert_with_cause(const struct graph_alert *alert);

/* ---- tree.c ---- */

/* The trees of all scannables, or (plugin not NULL) of those of one plugin, of limit resources. */
struct json_object *describe_trees(struct graph *graph, const char *plugin, size_t limit);

/* The tree below one resource. */
struct json_object *describe_tree(struct graph *graph, struct graph_resource *root, size_t limit);

/* ---- impact.c ---- */

/* What depends on a resource (so many of these at most), and what it suffers from. */
struct json_object *describe_impact(struct graph_resource *resource, size_t limit);

/* ---- graph.c ---- */

/* The graph, or (plugin not NULL) the part of a plugin: the first nodes after an id. */
struct json_object *describe_graph(
    const struct graph *graph, const char *plugin, record_id after, size_t limit);

/* The same of a resource with its ancestors and descendants. */
struct json_object *describe_graph_around(
    struct graph *graph, struct graph_resource *resource, record_id after, size_t limit);

#endif
