/* SPDX-License-Identifier: MIT */
/*
 * The tree of a scannable holds what is scoped to it or reported by it, its members. A member hangs
 * below the first of its parents (by id) that is a member too, below others it is only mentioned;
 * members without such a parent hang below the scannable. The tree below another resource has
 * its descendants for members.
 */
#include "control/describe.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/*
 * Nesting has a limit, both for our stack and for readers' parsers. What is deeper hangs below the
 * root, as do parents that form a ring.
 */
#define DEPTH_MAX 12

/* Most alerts of ancestors that a member carries. */
#define AFFECTED_BY_MAX 8

struct tree_member {
	record_id id;
	struct graph_resource *resource;
	bool placed;
	struct json_object *affected_by; /* alerts of ancestors; NULL: none */
	UT_hash_handle hh;
};

struct tree {
	struct graph *graph;
	struct graph_resource *root;
	struct tree_member *members;
	struct json_object *classes;
	size_t room; /* resources that may still be described */
	bool truncated;
};

static struct tree_member *find_member(const struct tree *tree, record_id id)
{
	struct tree_member *member;

	HASH_FIND(hh, tree->members, &id, sizeof(id), member);
	return member;
}

static void add_member(struct tree *tree, struct graph_resource *resource)
{
	struct tree_member *member;

	if (resource == tree->root || !resource_is_visible(resource) ||
	    find_member(tree, resource->id) != NULL)
		return;
	member = xcalloc(1, sizeof(*member));
	member->id = resource->id;
	member->resource = resource;
	HASH_ADD(hh, tree->members, id, sizeof(member->id), member);
}

static void clear_members(struct tree *tree)
{
	struct tree_member *member, *next;

	HASH_ITER (hh, tree->members, member, next) {
		HASH_DELETE(hh, tree->members, member);
		json_object_put(member->affected_by);
		free(member);
	}
}

/* The parent below which the member hangs. */
static struct graph_resource *place_of(const struct tree *tree, const struct tree_member *member)
{
	struct graph_resource *place = NULL;
	const struct graph_link *link;

	TAILQ_FOREACH (link, &member->resource->parents, in_child) {
		if (find_member(tree, link->parent->id) != NULL &&
		    (place == NULL || link->parent->id < place->id))
			place = link->parent;
	}
	return place != NULL ? place : tree->root;
}

/* ---- alerts of ancestors ---- */

/* An alert on its way to the members below the resource that has it. */
struct spreading {
	struct tree *tree;
	const struct graph_alert *alert;
};

static bool spread(void *context, struct graph_resource *descendant)
{
	const struct spreading *spreading = context;
	struct tree_member *member = find_member(spreading->tree, descendant->id);

	if (member == NULL)
		return true;
	if (member->affected_by == NULL)
		member->affected_by = json_object_new_array();
	if (json_object_array_length(member->affected_by) < AFFECTED_BY_MAX)
		json_object_array_add(member->affected_by, describe_alert(spreading->alert, true));
	return true;
}

/* Marks what the alerts of a resource affect. */
static void spread_alerts(struct tree *tree, struct graph_resource *resource)
{
	struct spreading spreading = {.tree = tree};

	TAILQ_FOREACH (spreading.alert, &resource->alerts, in_resource)
		graph_visit_descendants(tree->graph, resource, spread, &spreading);
}

/* ---- placing ---- */

static struct json_object *place(struct tree *tree, struct graph_resource *resource, size_t depth);

/* A child in the place where it is listed: with all that is below it, or only mentioned. */
static void place_child(struct tree *tree, struct json_object *children,
    const struct graph_resource *parent, struct tree_member *member, size_t depth)
{
	struct json_object *mention;

	if (!member->placed && depth < DEPTH_MAX && place_of(tree, member) == parent) {
		mention = place(tree, member->resource, depth);
	} else {
		mention = describe_reference(member->resource);
		json_object_object_add(mention, "see_also", json_object_new_boolean(true));
	}
	if (mention != NULL)
		json_object_array_add(children, mention);
}

/* The members that are children of a resource, in order. */
static struct resource_list children_of(const struct tree *tree, struct graph_resource *resource)
{
	struct resource_list list = {0};
	struct tree_member *member, *next;
	const struct graph_link *link;

	if (resource == tree->root) {
		HASH_ITER (hh, tree->members, member, next) {
			if (place_of(tree, member) == resource)
				resource_list_add(&list, member->resource);
		}
	} else {
		TAILQ_FOREACH (link, &resource->children, in_parent) {
			if (find_member(tree, link->child->id) != NULL)
				resource_list_add(&list, link->child);
		}
	}
	resource_list_sort_by_name(&list);
	return list;
}

/* Describes a resource with all that hangs below it; NULL when there is no room. */
static struct json_object *place(struct tree *tree, struct graph_resource *resource, size_t depth)
{
	struct tree_member *member = find_member(tree, resource->id);
	struct json_object *object, *children;
	struct resource_list list;

	if (member != NULL)
		member->placed = true;
	if (tree->room == 0) {
		tree->truncated = true;
		return NULL;
	}
	tree->room--;
	object = describe_resource(tree->graph, resource, tree->classes);
	if (member != NULL && member->affected_by != NULL)
		json_object_object_add(object, "affected_by", json_object_get(member->affected_by));
	children = json_object_new_array();
	list = children_of(tree, resource);
	for (size_t i = 0; i < list.count; i++)
		place_child(
		    tree, children, resource, find_member(tree, list.items[i]->id), depth + 1);
	free(list.items);
	json_object_object_add(object, "children", children);
	return object;
}

/* Places what could not be placed below its parents. */
static void place_left_over(struct tree *tree, struct json_object *root)
{
	struct json_object *children = json_object_object_get(root, "children");
	struct tree_member *member, *next;
	struct json_object *object;

	HASH_ITER (hh, tree->members, member, next) {
		if (member->placed)
			continue;
		object = place(tree, member->resource, 1);
		if (object != NULL)
			json_object_array_add(children, object);
	}
}

/* The tree of the root and members; NULL when there is no room for it. Forgets the members. */
static struct json_object *place_all(struct tree *tree)
{
	struct json_object *object;
	struct tree_member *member, *next;

	spread_alerts(tree, tree->root);
	HASH_ITER (hh, tree->members, member, next)
		spread_alerts(tree, member->resource);
	object = place(tree, tree->root, 0);
	if (object != NULL)
		place_left_over(tree, object);
	clear_members(tree);
	return object;
}

/* ---- whole answers ---- */

static bool reports(const struct graph_resource *scannable, const struct graph_resource *resource)
{
	for (size_t i = 0; i < resource->reporters.count; i++) {
		if (graph_reporters(&resource->reporters)[i] == scannable->id)
			return true;
	}
	return false;
}

static struct json_object *tree_of_scannable(struct tree *tree, struct graph_resource *scannable)
{
	struct graph_resource *resource;

	tree->root = scannable;
	TAILQ_FOREACH (resource, &scannable->extras->scoped, in_scope)
		add_member(tree, resource);
	for (size_t i = 0; i < scannable->extras->reported.count; i++) {
		resource = graph_find(tree->graph, scannable->extras->reported.ids[i]);
		if (resource != NULL && reports(scannable, resource))
			add_member(tree, resource);
	}
	return place_all(tree);
}

/* The scannables of all plugins or of one, in order. */
static struct resource_list list_scannables(const struct graph *graph, const char *plugin)
{
	struct resource_list list = {0};
	const struct graph_class *class;
	struct graph_resource *resource;

	for (class = graph_first_class(graph); class != NULL; class = class->by_id.next) {
		if (class->class == NULL || !class->class->scannable)
			continue;
		if (plugin != NULL && strcmp(plugin, class->plugin) != 0)
			continue;
		TAILQ_FOREACH (resource, &class->resources, in_class)
			if (resource_is_visible(resource))
				resource_list_add(&list, resource);
	}
	resource_list_sort_by_name(&list);
	return list;
}

/* The answer around trees. */
static struct json_object *wrap(const struct tree *tree, struct json_object *trees)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "classes", tree->classes);
	json_object_object_add(answer, "trees", trees);
	json_object_object_add(answer, "truncated", json_object_new_boolean(tree->truncated));
	return answer;
}

struct json_object *describe_trees(struct graph *graph, const char *plugin, size_t limit)
{
	struct tree tree = {.graph = graph, .room = limit};
	struct resource_list scannables = list_scannables(graph, plugin);
	struct json_object *trees = json_object_new_array();
	struct json_object *object;

	tree.classes = json_object_new_object();
	for (size_t i = 0; i < scannables.count && !tree.truncated; i++) {
		object = tree_of_scannable(&tree, scannables.items[i]);
		if (object != NULL)
			json_object_array_add(trees, object);
	}
	free(scannables.items);
	return wrap(&tree, trees);
}

static bool add_descendant(void *context, struct graph_resource *descendant)
{
	add_member(context, descendant);
	return true;
}

struct json_object *describe_tree(struct graph *graph, struct graph_resource *root, size_t limit)
{
	struct tree tree = {.graph = graph, .root = root, .room = limit};
	struct json_object *trees = json_object_new_array();

	tree.classes = json_object_new_object();
	if (root->class->class->scannable) {
		json_object_array_add(trees, tree_of_scannable(&tree, root));
	} else {
		graph_visit_descendants(graph, root, add_descendant, &tree);
		json_object_array_add(trees, place_all(&tree));
	}
	return wrap(&tree, trees);
}
