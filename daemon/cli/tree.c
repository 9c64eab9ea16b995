/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/client.h"
#include "cli/json.h"

/* Most values on a line, and most resources named as seen elsewhere. */
#define VALUES_MAX 4
#define MENTIONS_MAX 4

/* Resources that the runner is asked for at most. */
#define TREE_LIMIT "100000"

struct drawing {
	struct text *out;
	const struct terminal *terminal;
	struct json_object *classes;
	struct json_object *above; /* the resource that the branch comes from, or NULL */
	struct text indent;        /* what stands before the name of the resource being drawn */
	bool detailed;
};

/* The pieces that the branches are drawn with. */
struct branches {
	const char *child, *last_child, *below_child, *below_last, *mention;
};

static const struct branches *branches_of(const struct terminal *terminal)
{
	static const struct branches unicode = {"├─ ", "└─ ", "│  ", "   ", "→ "};
	static const struct branches ascii = {"|- ", "`- ", "|  ", "   ", "-> "};

	return terminal->unicode ? &unicode : &ascii;
}

/* ---- values ---- */

/* In which order values are shown, by the type of their attribute; 0: not at all. */
static int rank_of(struct json_object *column)
{
	static const struct {
		const char *type;
		int rank;
	} ranks[] = {{"Enum", 1}, {"Bytes", 2}, {"Integer", 3}, {"Boolean", 4}, {"String", 5},
	    {"Hostname", 5}, {"PosixPath", 5}};
	const char *type = json_text(column, "type");

	if (json_flag(column, "identifying"))
		return 0;
	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
		if (strcmp(ranks[i].type, type) == 0)
			return ranks[i].rank;
	}
	return 0;
}

/* Appends a value as a line of the tree shows it: some need their attribute's label. */
static void append_value(struct text *out, const struct terminal *terminal,
    struct json_object *column, const char *value)
{
	const char *type = json_text(column, "type");
	const char *label = json_text(column, "label");
	struct text lower = TEXT_EMPTY;
	bool boolean = strcmp(type, "Boolean") == 0;

	text_append(out, "  ");
	if (boolean || strcmp(type, "Integer") == 0) {
		append_clean(&lower, terminal, label);
		if (lower.length > 1 && lower.data[0] >= 'A' && lower.data[0] <= 'Z' &&
		    (lower.data[1] < 'A' || lower.data[1] > 'Z'))
			lower.data[0] = (char)(lower.data[0] | 0x20);
		text_printf(out, "%s%s", lower.length > 0 ? lower.data : "", boolean ? "" : " ");
		text_clear(&lower);
	}
	if (!boolean)
		append_clean(out, terminal, value);
}

/* Whether a value is worth its place on the line: not null, not "no", not a part of the name. */
static bool is_telling(struct json_object *column, const char *value, const char *name)
{
	if (value[0] == '\0' || strcmp(value, "-") == 0)
		return false;
	if (strcmp(json_text(column, "type"), "Boolean") == 0)
		return strcmp(value, "yes") == 0;
	return strstr(name, value) == NULL;
}

/* Appends the most telling values of a resource. */
static void append_values(
    struct text *out, const struct drawing *drawing, struct json_object *resource)
{
	struct json_object *class = json_part(drawing->classes, json_text(resource, "class"));
	struct json_object *columns = json_part(class, "columns");
	struct json_object *texts = json_part(resource, "texts");
	struct json_object *column;
	const char *value;
	size_t shown = 0;

	for (int rank = 1; rank <= 5; rank++) {
		for (size_t i = 0; i < json_count(columns) && shown < VALUES_MAX; i++) {
			column = json_item(columns, i);
			value = json_text(texts, json_text(column, "name"));
			if (rank_of(column) != rank ||
			    !is_telling(column, value, json_text(resource, "label")))
				continue;
			append_value(out, drawing->terminal, column, value);
			shown++;
		}
	}
}

/* ---- alerts ---- */

/* The style of the worst of the alerts; plain if there are none. */
static enum style worst_style(struct json_object *alerts)
{
	enum style worst = STYLE_PLAIN, style;

	for (size_t i = 0; i < json_count(alerts); i++) {
		style = style_of_severity(json_text(json_item(alerts, i), "severity"));
		if (worst == STYLE_PLAIN || style < worst)
			worst = style;
	}
	return worst;
}

static enum style style_of(struct json_object *alert)
{
	return style_of_severity(json_text(alert, "severity"));
}

/* Whether another of the alerts says the same with more weight, as one bound of several does. */
static bool is_repeated(struct json_object *alerts, size_t index)
{
	struct json_object *alert = json_item(alerts, index), *other;

	for (size_t i = 0; i < json_count(alerts); i++) {
		other = json_item(alerts, i);
		if (strcmp(json_text(alert, "message"), json_text(other, "message")) != 0)
			continue;
		if (style_of(other) < style_of(alert) ||
		    (style_of(other) == style_of(alert) && i < index))
			return true;
	}
	return false;
}

static void append_own_alerts(
    struct text *out, const struct terminal *terminal, struct json_object *alerts)
{
	struct text mark = TEXT_EMPTY;
	struct json_object *alert;

	for (size_t i = 0; i < json_count(alerts); i++) {
		alert = json_item(alerts, i);
		if (is_repeated(alerts, i))
			continue;
		text_reset(&mark);
		text_append(&mark, "! ");
		append_message_only(&mark, terminal, json_text(alert, "message"));
		text_append(out, "   ");
		append_styled(out, terminal, style_of(alert), mark.data);
	}
	text_clear(&mark);
}

static bool has_alert(struct json_object *alerts, int64_t id)
{
	for (size_t i = 0; i < json_count(alerts); i++) {
		if (json_number(json_item(alerts, i), "id") == id)
			return true;
	}
	return false;
}

/* Whether the line that the branch comes from shows the alert, as its own or inherited. */
static bool is_shown_above(const struct drawing *drawing, struct json_object *alert)
{
	int64_t id = json_number(alert, "id");

	return has_alert(json_part(drawing->above, "alerts"), id) ||
	       has_alert(json_part(drawing->above, "affected_by"), id);
}

/*
 * Appends what is wrong with ancestors: "(! Enclosure 1: Fan failure)" for the worst and how many
 * more, or just "(!)" for what the line above shows.
 */
static void append_inherited_alerts(
    struct text *out, const struct drawing *drawing, struct json_object *alerts)
{
	struct json_object *alert, *worst = NULL;
	struct text mark = TEXT_EMPTY;
	size_t count = 0;

	for (size_t i = 0; i < json_count(alerts); i++) {
		alert = json_item(alerts, i);
		if (is_repeated(alerts, i) || is_shown_above(drawing, alert))
			continue;
		count++;
		if (worst == NULL || style_of(alert) < style_of(worst))
			worst = alert;
	}
	text_append(&mark, "(!");
	if (worst != NULL) {
		text_printf(&mark, " %s: ", json_text(json_part(worst, "resource"), "label"));
		append_message_only(&mark, drawing->terminal, json_text(worst, "message"));
	}
	if (count > 1)
		text_printf(&mark, ", %zu more", count - 1);
	text_append(&mark, ")");
	text_append(out, "   ");
	append_styled(out, drawing->terminal, worst_style(alerts), mark.data);
	text_clear(&mark);
}

/* ---- lines ---- */

/* Appends which children hang elsewhere in the tree. */
static void append_mentions(
    struct text *out, const struct terminal *terminal, struct json_object *children)
{
	struct text names = TEXT_EMPTY;
	struct json_object *child;
	size_t count = 0;

	for (size_t i = 0; i < json_count(children); i++) {
		child = json_item(children, i);
		if (!json_flag(child, "see_also") || count++ >= MENTIONS_MAX)
			continue;
		text_append(&names, names.length == 0 ? branches_of(terminal)->mention : ", ");
		text_append(&names, json_text(child, "label"));
	}
	if (count > MENTIONS_MAX)
		text_printf(&names, ", %zu more", count - MENTIONS_MAX);
	if (names.length > 0) {
		text_append(out, "  ");
		append_styled(out, terminal, STYLE_DIM, names.data);
	}
	text_clear(&names);
}

/* Appends since when a scannable is paused. */
static void append_paused(
    struct text *out, const struct terminal *terminal, struct json_object *pause)
{
	struct text words = TEXT_EMPTY;

	if (pause == NULL)
		return;
	append_pause(&words, terminal, pause);
	text_append(out, "   ");
	append_styled(out, terminal, STYLE_WARNING, words.data);
	text_clear(&words);
}

/*
 * Appends as many of the values, each with two blanks before it, as there is room for. None is cut:
 * half a number would be worse than none.
 */
static void append_whole_values(
    struct text *out, const struct terminal *terminal, const char *values, size_t room)
{
	size_t mark = display_width(ellipsis(terminal)) + 1;
	struct text some = TEXT_EMPTY;
	const char *gap = values, *fitting = values;

	if (display_width(values) <= room) {
		text_append(out, values);
		return;
	}
	while (gap[0] != '\0' && (gap = strstr(gap + 1, "  ")) != NULL) {
		text_reset(&some);
		text_append_bytes(&some, values, (size_t)(gap - values));
		if (display_width(some.data) + mark > room)
			break;
		fitting = gap;
	}
	text_append_bytes(out, values, (size_t)(fitting - values));
	if (mark <= room)
		text_printf(out, " %s", ellipsis(terminal));
	text_clear(&some);
}

/* Puts a line together: the values in the middle are what gives way. */
static void join_line(
    const struct drawing *drawing, struct text *head, const char *values, const char *marks)
{
	size_t width = drawing->terminal->width;
	size_t used = display_width(head->data) + display_width(marks);

	if (width == 0) {
		text_printf(drawing->out, "%s%s%s\n", head->data, values, marks);
		return;
	}
	append_whole_values(head, drawing->terminal, values, used < width ? width - used : 0);
	text_append(head, marks);
	append_cut(drawing->out, drawing->terminal, head->data, width);
	text_append_char(drawing->out, '\n');
}

/* Draws the line of one resource. */
static void draw_line(const struct drawing *drawing, struct json_object *resource)
{
	const struct terminal *terminal = drawing->terminal;
	struct json_object *alerts = json_part(resource, "alerts");
	struct json_object *inherited = json_part(resource, "affected_by");
	struct text head = TEXT_EMPTY, values = TEXT_EMPTY, marks = TEXT_EMPTY;
	enum style style = worst_style(alerts);

	if (style == STYLE_PLAIN && drawing->indent.length == 0)
		style = STYLE_BOLD;
	text_append(&head, drawing->indent.data);
	append_styled(&head, terminal, style, json_text(resource, "label"));
	text_append(&values, "");
	if (!drawing->detailed)
		append_values(&values, drawing, resource);
	append_mentions(&values, terminal, json_part(resource, "children"));
	text_append(&marks, "");
	append_paused(&marks, terminal, json_part(resource, "paused"));
	append_own_alerts(&marks, terminal, alerts);
	if (json_count(inherited) > 0)
		append_inherited_alerts(&marks, drawing, inherited);
	join_line(drawing, &head, values.data, marks.data);
	text_clear(&head);
	text_clear(&values);
	text_clear(&marks);
}

/* The number of children up to the last one that hangs here. */
static size_t count_placed(struct json_object *children)
{
	size_t count = json_count(children);

	while (count > 0 && json_flag(json_item(children, count - 1), "see_also"))
		count--;
	return count;
}

/* ---- trees ---- */

/* Draws what else is known of a resource, between its line and those of its children. */
static void draw_details(struct drawing *drawing, struct json_object *resource, bool has_children)
{
	const struct branches *branches = branches_of(drawing->terminal);
	struct text before = TEXT_EMPTY;

	text_append(&before, drawing->indent.data);
	text_append(&before, has_children ? branches->below_child : branches->below_last);
	append_details(drawing->out, drawing->terminal, before.data, resource,
	    json_number(drawing->above, "id"));
	text_clear(&before);
}

/* Takes the indent back to an earlier length. */
static void unindent(struct drawing *drawing, size_t length)
{
	drawing->indent.length = length;
	drawing->indent.data[length] = '\0';
}

/*
 * Draws a resource and all that hangs below it; branch leads to its own line, below stands before
 * those of its children.
 */
static void draw(
    struct drawing *drawing, struct json_object *resource, const char *branch, const char *below)
{
	const struct branches *branches = branches_of(drawing->terminal);
	struct json_object *children = json_part(resource, "children");
	struct json_object *above = drawing->above;
	size_t outer = drawing->indent.length, last = count_placed(children);

	text_append(&drawing->indent, branch);
	draw_line(drawing, resource);
	unindent(drawing, outer);
	text_append(&drawing->indent, below);
	if (drawing->detailed)
		draw_details(drawing, resource, last > 0);
	drawing->above = resource;
	for (size_t i = 0; i < last; i++) {
		if (json_flag(json_item(children, i), "see_also"))
			continue;
		draw(drawing, json_item(children, i),
		    i + 1 < last ? branches->child : branches->last_child,
		    i + 1 < last ? branches->below_child : branches->below_last);
	}
	drawing->above = above;
	unindent(drawing, outer);
}

static void draw_trees(
    struct text *out, const struct terminal *terminal, struct json_object *answer, bool detailed)
{
	struct drawing drawing = {.out = out, .terminal = terminal, .detailed = detailed};
	struct json_object *trees = json_part(answer, "trees");

	drawing.classes = json_part(answer, "classes");
	for (size_t i = 0; i < json_count(trees); i++) {
		if (i > 0)
			text_append_char(out, '\n');
		draw(&drawing, json_item(trees, i), "", "");
	}
	if (json_count(trees) == 0 && !append_waiting(out, terminal, answer))
		text_append(out, "No scannables yet.\n");
	if (json_flag(answer, "truncated"))
		text_printf(out, "%s and more: look at a part of it with \"iml-plugin tree ID\"\n",
		    ellipsis(terminal));
	text_clear(&drawing.indent);
}

void render_trees(struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	draw_trees(out, terminal, answer, false);
}

void render_detailed_trees(
    struct text *out, const struct terminal *terminal, struct json_object *answer)
{
	draw_trees(out, terminal, answer, true);
}

int command_tree(struct cli *cli, char **arguments, int count)
{
	char *path = client_add_parameter(xstrdup("/v1/tree"), "limit", TREE_LIMIT);
	struct text out = TEXT_EMPTY;
	struct json_object *answer;

	if (count == 1)
		path = client_add_parameter(path, "id", arguments[0]);
	answer = client_get(cli->client, path);
	free(path);
	if (answer == NULL)
		return EXIT_FAILURE;
	if (cli->json)
		return print_json(answer);
	render_trees(&out, &cli->terminal, answer);
	json_object_put(answer);
	return print(&out);
}
