/* SPDX-License-Identifier: MIT */
/*
 * Within the configuration: the nodes of a YAML document, and what is wrong with them.
 */
#ifndef SUPERVISOR_CONFIG_NODE_H
#define SUPERVISOR_CONFIG_NODE_H

#include <yaml.h>

#include "supervisor/config_file.h"

/* A file that is being read. */
struct source {
	struct config_loader *loader;
	const char *path;
	char *directory;
	yaml_document_t *document;
};

/* Adds the mistake "file:line: key: reason"; without the key if that is "". */
void node_mistake(const struct source *source, const yaml_node_t *node, const char *key,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "file:line" of a node. The caller frees it. */
char *node_place(const struct source *source, const yaml_node_t *node);

yaml_node_t *node_at(const struct source *source, int index);

/* The text of a scalar. */
const char *node_text(const yaml_node_t *node);

/* Whether the value is left out: nothing at all, ~ or null. */
bool node_is_null(const yaml_node_t *node);

/* Numbers of entries of a mapping and of a list. */
size_t node_pair_count(const yaml_node_t *mapping);
size_t node_item_count(const yaml_node_t *list);

/* Entries of a list. */
const yaml_node_t *node_item(const struct source *source, const yaml_node_t *list, size_t index);

/* Key and value of a pair. Returns false, with a mistake, if the key is not a scalar. */
bool node_pair(const struct source *source, const yaml_node_t *mapping, size_t index,
    const yaml_node_t **key, const yaml_node_t **value);

/* Whether the node is a scalar without zero bytes; else that is a mistake. */
bool node_expect_scalar(const struct source *source, const yaml_node_t *node, const char *key);

/* Whether the node is a list, or nothing at all; else that is a mistake. */
bool node_expect_list(const struct source *source, const yaml_node_t *node, const char *key);

/* Complains of keys that a mapping has twice. shown is what goes before their names. */
void node_check_duplicates(
    const struct source *source, const yaml_node_t *mapping, const char *shown);

/* Refuses aliases, with which a document would not be a tree, and tags. */
bool node_check_all(const struct source *source);

#endif
