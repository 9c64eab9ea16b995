/* SPDX-License-Identifier: MIT */
/*
 * Which classes take part in which relations, as plugins come and go. This looks at all resources
 * of a class, once for each of its plugin's declarations.
 */
#include "graph/relation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- rules ---- */

static char *shape_of(const struct class *class, const struct relation *relation)
{
	struct text shape = TEXT_EMPTY;

	text_printf(&shape, "%d %d ", relation->type, relation->ignore_case);
	relation_target(relation, &shape);
	for (size_t i = 0; i < relation->attribute_count; i++)
		text_printf(&shape, " %s", class->attributes[relation->attributes[i]].name);
	return text_steal(&shape);
}

static struct relation_rule *find_rule(
    struct graph *graph, const struct class *class, const struct relation *relation)
{
	char *shape = shape_of(class, relation);
	struct relation_rule *rule;

	TAILQ_FOREACH (rule, &graph->rules, in_graph) {
		if (strcmp(rule->shape, shape) != 0)
			continue;
		free(shape);
		return rule;
	}
	rule = xcalloc(1, sizeof(*rule));
	rule->number = ++graph->last_rule;
	rule->shape = shape;
	rule->ignore_case = relation->ignore_case;
	TAILQ_INIT(&rule->sources);
	TAILQ_INSERT_TAIL(&graph->rules, rule, in_graph);
	return rule;
}

static void rule_free(struct graph *graph, struct relation_rule *rule)
{
	assert(TAILQ_EMPTY(&rule->sources));
	TAILQ_REMOVE(&graph->rules, rule, in_graph);
	free(rule->shape);
	free(rule);
}

/* ---- ports ---- */

static struct relation_port *find_port(
    const struct graph_class *class, const struct relation_rule *rule, bool is_source)
{
	for (size_t i = 0; i < class->port_count; i++)
		if (class->ports[i]->rule == rule &&
		    (class->ports[i]->relation != NULL) == is_source)
			return class->ports[i];
	return NULL;
}

static struct relation_port *add_port(struct graph_class *class, struct relation_rule *rule)
{
	struct relation_port *port = xcalloc(1, sizeof(*port));

	port->class = class;
	port->rule = rule;
	class->ports = xreallocarray(class->ports, class->port_count + 1, sizeof(*class->ports));
	class->ports[class->port_count++] = port;
	return port;
}

static void port_free(struct relation_port *port)
{
	if (port->relation != NULL)
		TAILQ_REMOVE(&port->rule->sources, port, in_rule);
	free(port->attributes);
	free(port);
}

/* Gives a class that declares a relation its port. */
static void add_source(
    struct graph *graph, struct graph_class *class, const struct relation *relation)
{
	struct relation_rule *rule = find_rule(graph, class->class, relation);
	struct relation_port *port;

	if (find_port(class, rule, true) != NULL)
		return;
	port = add_port(class, rule);
	port->relation = relation;
	port->provides = relation->type == RELATION_PROVIDE;
	port->attribute_count = relation->attribute_count;
	port->attributes = xcalloc(port->attribute_count, sizeof(*port->attributes));
	memcpy(port->attributes, relation->attributes,
	    port->attribute_count * sizeof(*port->attributes));
	TAILQ_INSERT_TAIL(&rule->sources, port, in_rule);
}

/* Gives a class that is a target of a rule its port, and looks at the resources it has. */
static void add_target(
    struct graph *graph, struct graph_class *class, const struct relation_port *source)
{
	const struct class *declaring = source->class->class;
	struct relation_port *port;
	struct graph_resource *resource;

	if (find_port(class, source->rule, false) != NULL)
		return;
	port = add_port(class, source->rule);
	port->provides = !source->provides;
	port->attribute_count = source->attribute_count;
	port->attributes = xcalloc(port->attribute_count, sizeof(*port->attributes));
	for (size_t i = 0; i < port->attribute_count; i++)
		port->attributes[i] = class_find_attribute(
		    class->class, declaring->attributes[source->attributes[i]].name);
	TAILQ_FOREACH (resource, &class->resources, in_class)
		if (resource->values != NULL)
			relation_join_later(graph, resource);
}

/* ---- all loaded classes ---- */

struct loaded {
	struct graph_class **classes;
	struct class **declared;
	bool *takes_part;
	size_t count;
};

static struct loaded find_loaded(const struct graph *graph)
{
	struct loaded loaded = {NULL, NULL, NULL, 0};
	const struct graph_plugin *plugin;
	size_t count = 1;

	TAILQ_FOREACH (plugin, &graph->plugins, in_graph)
		count += plugin->class_count;
	loaded.classes = xcalloc(count, sizeof(*loaded.classes));
	loaded.declared = xcalloc(count, sizeof(*loaded.declared));
	loaded.takes_part = xcalloc(count, sizeof(*loaded.takes_part));
	TAILQ_FOREACH (plugin, &graph->plugins, in_graph) {
		for (size_t i = 0; i < plugin->class_count; i++) {
			loaded.classes[loaded.count] = plugin->classes[i];
			loaded.declared[loaded.count++] = plugin->declared[i];
		}
	}
	return loaded;
}

static void loaded_clear(struct loaded *loaded)
{
	free(loaded->classes);
	free(loaded->declared);
	free(loaded->takes_part);
}

static void add_targets(struct graph *graph, const struct relation_rule *rule)
{
	const struct relation_port *source = TAILQ_FIRST(&rule->sources);
	struct loaded loaded = find_loaded(graph);

	relation_resolve(source->class->class, source->relation, loaded.declared, loaded.count,
	    loaded.takes_part);
	for (size_t i = 0; i < loaded.count; i++)
		if (loaded.takes_part[i])
			add_target(graph, loaded.classes[i], source);
	loaded_clear(&loaded);
}

void relations_declare(struct graph *graph, const struct graph_plugin *plugin)
{
	const struct relation_rule *rule;

	for (size_t i = 0; i < plugin->class_count; i++) {
		struct graph_class *class = plugin->classes[i];

		for (size_t j = 0; j < class->class->relation_count; j++)
			add_source(graph, class, &class->class->relations[j]);
	}
	TAILQ_FOREACH (rule, &graph->rules, in_graph)
		add_targets(graph, rule);
}

/* ---- links of earlier times ---- */

/* Drops a link of an earlier time that no relation makes now, if all is known that could. */
static void drop_unconfirmed(struct graph *graph, struct graph_link *link)
{
	if (!link->unconfirmed || link->child->class->class == NULL ||
	    link->parent->class->class == NULL)
		return;
	link->unconfirmed = false;
	link_drop(graph, link, RELATION);
}

static void confirm_resource(struct graph *graph, struct graph_resource *resource)
{
	struct graph_link *link, *next;

	for (link = TAILQ_FIRST(&resource->parents); link != NULL; link = next) {
		next = TAILQ_NEXT(link, in_child);
		drop_unconfirmed(graph, link);
	}
	for (link = TAILQ_FIRST(&resource->children); link != NULL; link = next) {
		next = TAILQ_NEXT(link, in_parent);
		drop_unconfirmed(graph, link);
	}
}

void relations_confirm(struct graph *graph, const struct graph_plugin *plugin)
{
	struct graph_resource *resource;

	for (size_t i = 0; i < plugin->class_count; i++)
		TAILQ_FOREACH (resource, &plugin->classes[i]->resources, in_class)
			confirm_resource(graph, resource);
}

/* ---- retracting ---- */

/* Ends the part that other classes have in a rule that nobody declares any more. */
static void end_rule(struct graph *graph, struct relation_rule *rule)
{
	struct graph_class *class;
	struct graph_resource *resource;

	for (class = graph->classes_by_id; class != NULL; class = class->by_id.next) {
		struct relation_port *port = find_port(class, rule, false);
		size_t place = 0;

		if (port == NULL)
			continue;
		TAILQ_FOREACH (resource, &class->resources, in_class)
			relation_leave(graph, resource, port, true);
		while (class->ports[place] != port)
			place++;
		class->ports[place] = class->ports[--class->port_count];
		port_free(port);
	}
	rule_free(graph, rule);
}

static void retract_class(struct graph *graph, struct graph_class *class)
{
	struct graph_resource *resource;

	if (class->port_count == 0)
		return;
	TAILQ_FOREACH (resource, &class->resources, in_class)
		relation_leave(graph, resource, NULL, true);
	relations_free_ports(class);
}

void relations_retract(struct graph *graph, const struct graph_plugin *plugin)
{
	struct relation_rule *rule, *next;

	for (size_t i = 0; i < plugin->class_count; i++)
		retract_class(graph, plugin->classes[i]);
	for (rule = TAILQ_FIRST(&graph->rules); rule != NULL; rule = next) {
		next = TAILQ_NEXT(rule, in_graph);
		if (TAILQ_EMPTY(&rule->sources))
			end_rule(graph, rule);
	}
	links_retry(graph);
}

void relations_free_ports(struct graph_class *class)
{
	for (size_t i = 0; i < class->port_count; i++)
		port_free(class->ports[i]);
	free(class->ports);
	class->ports = NULL;
	class->port_count = 0;
}

void relations_free(struct graph *graph)
{
	struct relation_rule *rule;

	while ((rule = TAILQ_FIRST(&graph->rules)) != NULL)
		rule_free(graph, rule);
	index_clear(&graph->groups);
	free(graph->joining);
}
