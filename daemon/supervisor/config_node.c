/* SPDX-License-Identifier: MIT */
#include "supervisor/config_node.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- mistakes ---- */

void node_mistake(
    const struct source *source, const yaml_node_t *node, const char *key, const char *format, ...)
{
	struct text *out = source->loader->mistakes;
	va_list arguments;

	text_printf(out, "%s:%zu: ", source->path, node->start_mark.line + 1);
	if (key[0] != '\0')
		text_printf(out, "%s: ", key);
	va_start(arguments, format);
	text_vprintf(out, format, arguments);
	va_end(arguments);
	text_append_char(out, '\n');
}

char *node_place(const struct source *source, const yaml_node_t *node)
{
	return xasprintf("%s:%zu", source->path, node->start_mark.line + 1);
}

/* ---- nodes ---- */

yaml_node_t *node_at(const struct source *source, int index)
{
	return yaml_document_get_node(source->document, index);
}

const char *node_text(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

bool node_is_null(const yaml_node_t *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(node_text(node), words[i]) == 0)
			return true;
	return false;
}

bool node_expect_scalar(const struct source *source, const yaml_node_t *node, const char *key)
{
	if (node->type != YAML_SCALAR_NODE) {
		node_mistake(source, node, key, "must be a single value, not a %s",
		    node->type == YAML_SEQUENCE_NODE ? "list" : "mapping");
		return false;
	}
	if (strlen(node_text(node)) != node->data.scalar.length) {
		node_mistake(source, node, key, "contains a zero byte");
		return false;
	}
	return true;
}

size_t node_pair_count(const yaml_node_t *mapping)
{
	return (size_t)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);
}

size_t node_item_count(const yaml_node_t *sequence)
{
	return (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start);
}

const yaml_node_t *node_item(const struct source *source, const yaml_node_t *list, size_t index)
{
	return node_at(source, list->data.sequence.items.start[index]);
}

bool node_pair(const struct source *source, const yaml_node_t *mapping, size_t index,
    const yaml_node_t **key, const yaml_node_t **value)
{
	const yaml_node_pair_t *pair = &mapping->data.mapping.pairs.start[index];

	*key = node_at(source, pair->key);
	*value = node_at(source, pair->value);
	return node_expect_scalar(source, *key, "a key");
}

struct key {
	const char *name;
	const yaml_node_t *node;
};

/* Orders keys by name, and equal ones by place. */
static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return (x->node->start_mark.index > y->node->start_mark.index) -
	       (x->node->start_mark.index < y->node->start_mark.index);
}

/* The keys of a mapping that are scalars, in order of their names. The caller frees them. */
static struct key *sorted_keys(
    const struct source *source, const yaml_node_t *mapping, size_t *count)
{
	struct key *keys = xcalloc(node_pair_count(mapping) + 1, sizeof(keys[0]));

	*count = 0;
	for (size_t i = 0; i < node_pair_count(mapping); i++) {
		const yaml_node_t *node = node_at(source, mapping->data.mapping.pairs.start[i].key);

		if (node->type == YAML_SCALAR_NODE)
			keys[(*count)++] = (struct key){node_text(node), node};
	}
	qsort(keys, *count, sizeof(keys[0]), compare_keys);
	return keys;
}

void node_check_duplicates(
    const struct source *source, const yaml_node_t *mapping, const char *shown)
{
	size_t count;
	struct key *keys = sorted_keys(source, mapping, &count);

	for (size_t i = 1; i < count; i++) {
		char *name;

		if (strcmp(keys[i - 1].name, keys[i].name) != 0)
			continue;
		name = xasprintf("%s%s", shown, keys[i].name);
		node_mistake(source, keys[i].node, name, "is given twice, first in line %zu",
		    keys[i - 1].node->start_mark.line + 1);
		free(name);
	}
	free(keys);
}

bool node_expect_list(const struct source *source, const yaml_node_t *node, const char *shown)
{
	if (node->type == YAML_SEQUENCE_NODE)
		return true;
	if (!node_is_null(node))
		node_mistake(source, node, shown, "must be a list");
	return false;
}

/* ---- the whole document ---- */

/* Counts how often each node of the document is used. */
static void count_uses(const struct source *source, size_t node_count, unsigned *uses)
{
	for (size_t i = 1; i <= node_count; i++) {
		const yaml_node_t *node = node_at(source, (int)i);

		for (size_t j = 0; node->type == YAML_SEQUENCE_NODE && j < node_item_count(node);
		     j++)
			uses[node->data.sequence.items.start[j]]++;
		for (size_t j = 0; node->type == YAML_MAPPING_NODE && j < node_pair_count(node);
		     j++) {
			uses[node->data.mapping.pairs.start[j].key]++;
			uses[node->data.mapping.pairs.start[j].value]++;
		}
	}
}

/* Whether an explicit tag gives the node a type of its own. */
static bool has_tag(const yaml_node_t *node)
{
	static const char *const usual[] = {YAML_STR_TAG, YAML_SEQ_TAG, YAML_MAP_TAG};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (strcmp((const char *)node->tag, usual[i]) == 0)
			return false;
	return true;
}

bool node_check_all(const struct source *source)
{
	size_t count = (size_t)(source->document->nodes.top - source->document->nodes.start);
	unsigned *uses = xcalloc(count + 1, sizeof(uses[0]));
	bool valid = true;

	uses[1] = 1; /* the root */
	count_uses(source, count, uses);
	for (size_t i = 1; i <= count; i++) {
		const yaml_node_t *node = node_at(source, (int)i);

		if (uses[i] > 1) {
			node_mistake(source, node, "",
			    "aliases are not supported: write the value again where it is used");
			valid = false;
		} else if (has_tag(node)) {
			node_mistake(source, node, "", "tags are not supported: \"%s\"", node->tag);
			valid = false;
		}
	}
	free(uses);
	return valid;
}
