/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/memory.h"
#include "cli/client.h"
#include "cli/json.h"

/* What is nested deeper is left out, and its place marked. */
#define DEPTH_MAX 200

/* A node of the answer with those around it, in order of the answer. */
struct node {
	int64_t id;
	struct json_object *object;
	struct node **around[2];
	size_t counts[2], capacities[2];
	bool drawn;
	UT_hash_handle hh;
};

enum direction { UP, DOWN };

struct drawing {
	struct text *out;
	const struct terminal *terminal;
	enum direction direction;
	struct text indent;
};

/* ---- nodes ---- */

static struct node *find_node(struct node *nodes, int64_t id)
{
	struct node *node;

	HASH_FIND(hh, nodes, &id, sizeof(id), node);
	return node;
}

static void add_neighbour(struct node *node, enum direction direction, struct node *neighbour)
{
	node->around[direction] = xgrow(node->around[direction], node->counts[direction],
	    &node->capacities[direction], sizeof(struct node *));
	node->around[direction][node->counts[direction]++] = neighbour;
}

static void link_node(struct node *nodes, struct node *node)
{
	struct json_object *parents = json_part(node->object, "parents");

	for (size_t i = 0; i < json_count(parents); i++) {
		struct node *parent =
		    find_node(nodes, json_object_get_int64(json_item(parents, i)));

		/* The others are not in the answer. */
		if (parent == NULL)
			continue;
		add_neighbour(node, UP, parent);
		add_neighbour(parent, DOWN, node);
	}
}

static struct node *read_nodes(struct json_object *answer)
{
	struct json_object *array = json_part(answer, "nodes");
	struct node *nodes = NULL, *node, *next;

	for (size_t i = 0; i < json_count(array); i++) {
		int64_t id = json_number(json_item(array, i), "id");

		if (find_node(nodes, id) != NULL)
			continue;
		node = xcalloc(1, sizeof(*node));
		node->id = id;
		node->object = json_item(array, i);
		HASH_ADD(hh, nodes, id, sizeof(node->id), node);
	}
	HASH_ITER (hh, nodes, node, next)
		link_node(nodes, node);
	return nodes;
}

static void free_nodes(struct node *nodes)
{
	struct node *node, *next;

	HASH_ITER (hh, nodes, node, next) {
		HASH_DEL(nodes, node);
		free(node->around[UP]);
		free(node->around[DOWN]);
		free(node);
	}
}

/* ---- trees ---- */

/* Appends the line of a node; what is next to it may be left out. */
static void append_node(const struct drawing *drawing, const struct node *node, bool cut)
{
	const char *severity = json_text(node->object, "severity");

	append_styled(drawing->out, drawing->terminal,
	    severity[0] != '\0' ? style_of_severity(severity) : STYLE_PLAIN,
	    json_text(node->object, "label"));
	text_append(drawing->out, "  ");
	append_styled(
	    drawing->out, drawing->terminal, STYLE_DIM, json_text(node->object, "class_label"));
	text_printf(drawing->out, " %" PRId64, node->id);
	if (severity[0] != '\0')
		text_printf(drawing->out, "  ! %s", severity);
	if (cut)
		text_printf(drawing->out, "  %s", ellipsis(drawing->terminal));
	text_append_char(drawing->out, '\n');
}

static void draw_node(struct drawing *drawing, struct node *node, size_t depth);

/* Draws what is next to a node, further up or down. */
static void draw_neighbours(struct drawing *drawing, const struct node *node, size_t depth)
{
	bool unicode = drawing->terminal->unicode;
	size_t count = node->counts[drawing->direction], outer = drawing->indent.length;

	for (size_t i = 0; i < count; i++) {
		bool last = i + 1 == count;

		text_append(drawing->out, drawing->indent.data);
		text_append(
		    drawing->out, !unicode ? (last ? "`- " : "|- ") : (last ? "└─ " : "├─ "));
		text_append(&drawing->indent, last ? "   " : unicode ? "│  " : "|  ");
		draw_node(drawing, node->around[drawing->direction][i], depth + 1);
		drawing->indent.length = outer;
		drawing->indent.data[outer] = '\0';
	}
}

static void draw_node(struct drawing *drawing, struct node *node, size_t depth)
{
	bool ends = node->counts[drawing->direction] == 0;
	bool cut = !node->drawn && !ends && depth >= DEPTH_MAX;

	if (node->drawn && !ends)
		text_append(drawing->out, drawing->terminal->unicode ? "→ " : "-> ");
	append_node(drawing, node, cut);
	if (node->drawn || cut)
		return;
	node->drawn = true;
	draw_neighbours(drawing, node, depth);
}

/* Draws what is above the node, or below it. */
static void draw_side(
    struct drawing *drawing, const struct node *node, enum direction direction, const char *heading)
{
	if (node->counts[direction] == 0)
		return;
	append_heading(drawing->out, drawing->terminal, heading);
	drawing->direction = direction;
	draw_neighbours(drawing, node, 0);
}

void render_graph(
    struct text *out, const struct terminal *terminal, struct json_object *answer, int64_t id)
{
	struct drawing drawing = {.out = out, .terminal = terminal, .direction = DOWN};
	struct node *nodes = read_nodes(answer), *node, *next;

	text_append(&drawing.indent, "");
	node = find_node(nodes, id);
	if (node != NULL) {
		append_node(&drawing, node, false);
		draw_side(&drawing, node, UP, "Depends on");
		draw_side(&drawing, node, DOWN, "Affects");
	} else {
		HASH_ITER (hh, nodes, node, next)
			if (node->counts[UP] == 0)
				draw_node(&drawing, node, 0);
	}
	if (nodes == NULL)
		text_append(out, "No resources.\n");
	text_clear(&drawing.indent);
	free_nodes(nodes);
}

/* ---- graphviz ---- */

/* Appends text as graphviz reads it in quotes. */
static void append_quoted(struct text *out, const char *string)
{
	static const struct terminal plain = {.unicode = true};
	struct text clean = TEXT_EMPTY;

	text_append(&clean, "");
	append_clean(&clean, &plain, string);
	for (const char *c = clean.data; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			text_append_char(out, '\\');
		text_append_char(out, *c);
	}
	text_clear(&clean);
}

static const char *colour_of(const char *severity)
{
	static const struct {
		const char *severity, *colour;
	} colours[] = {{"ERROR", "red"}, {"WARNING", "orange"}, {"INFO", "blue"}};

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(colours[i].severity, severity) == 0)
			return colours[i].colour;
	return "black";
}

void render_dot(struct text *out, struct json_object *answer)
{
	struct node *nodes = read_nodes(answer), *node, *next;

	text_append(out, "digraph storage {\n\tnode [shape=box];\n");
	HASH_ITER (hh, nodes, node, next) {
		text_printf(out, "\t%" PRId64 " [label=\"", node->id);
		append_quoted(out, json_text(node->object, "class_label"));
		text_append(out, "\\n");
		append_quoted(out, json_text(node->object, "label"));
		text_printf(
		    out, "\", color=%s];\n", colour_of(json_text(node->object, "severity")));
	}
	HASH_ITER (hh, nodes, node, next)
		for (size_t i = 0; i < node->counts[DOWN]; i++)
			text_printf(out, "\t%" PRId64 " -> %" PRId64 ";\n", node->id,
			    node->around[DOWN][i]->id);
	text_append(out, "}\n");
	free_nodes(nodes);
}

/* ---- the command ---- */

int command_graph(struct cli *cli, char **arguments, int count)
{
	char *path = client_add_parameter(xstrdup("/v1/graph"), "limit", "10000");
	struct text out = TEXT_EMPTY;
	struct json_object *answer;

	if (count == 1)
		path = client_add_parameter(path, "id", arguments[0]);
	answer = client_get_all(cli->client, path, "nodes");
	free(path);
	if (answer == NULL)
		return EXIT_FAILURE;
	if (cli->json)
		return print_json(answer);
	if (cli->dot)
		render_dot(&out, answer);
	else
		render_graph(
		    &out, &cli->terminal, answer, count == 1 ? strtoll(arguments[0], NULL, 10) : 0);
	json_object_put(answer);
	return print(&out);
}
