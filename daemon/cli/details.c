/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <json-c/json_object_iterator.h>

#include "cli/json.h"

/* Words that are put on as many lines as they need. */
struct paragraph {
	struct text *out;
	const struct terminal *terminal;
	const char *before; /* each line */
	struct text line;
	size_t width; /* of line */
};

static void end_line(struct paragraph *paragraph)
{
	if (paragraph->width > 0)
		text_printf(paragraph->out, "%s%s\n", paragraph->before, paragraph->line.data);
	text_clear(&paragraph->line);
	paragraph->width = 0;
}

/* Adds a word, so many blanks after the one before it. */
static void add_word(struct paragraph *paragraph, size_t gap, const char *word)
{
	size_t most = paragraph->terminal->width;
	size_t margin = display_width(paragraph->before);
	size_t width = display_width(word);

	if (most > 0 && margin + paragraph->width + gap + width > most)
		end_line(paragraph);
	if (paragraph->width == 0)
		gap = 0;
	append_blanks(&paragraph->line, gap);
	text_append(&paragraph->line, word);
	paragraph->width += gap + width;
}

/* Adds "name=value", both made harmless. */
static void add_pair(struct paragraph *paragraph, const char *name, char between, const char *value)
{
	const struct terminal *terminal = paragraph->terminal;
	struct text word = TEXT_EMPTY;

	append_clean(&word, terminal, name);
	text_append_char(&word, between);
	append_clean(&word, terminal, value);
	add_word(paragraph, 2, word.data);
	text_clear(&word);
}

static const char *text_of_statistic(struct json_object *statistic)
{
	return json_text(statistic, "text");
}

/* Adds the members of an object. */
static void add_pairs(struct paragraph *paragraph, struct json_object *object, char between,
    const char *(*text_of)(struct json_object *value))
{
	struct json_object_iterator at, end;

	if (object == NULL)
		return;
	at = json_object_iter_begin(object);
	end = json_object_iter_end(object);
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		add_pair(paragraph, json_object_iter_peek_name(&at), between,
		    text_of(json_object_iter_peek_value(&at)));
}

/* Names the parents, unless it is just the one that the branch comes from. */
static void add_parents(struct paragraph *paragraph, struct json_object *resource, int64_t above)
{
	struct json_object *parents = json_part(resource, "parents");
	size_t count = json_count(parents);

	if (count == 0 || (count == 1 && json_number(json_item(parents, 0), "id") == above))
		return;
	add_word(paragraph, 2, count == 1 ? "parent:" : "parents:");
	for (size_t i = 0; i < count; i++) {
		struct text name = TEXT_EMPTY;

		append_clean(&name, paragraph->terminal, json_text(json_item(parents, i), "label"));
		text_append(&name, i + 1 < count ? "," : "");
		add_word(paragraph, 1, name.data);
		text_clear(&name);
	}
}

void append_details(struct text *out, const struct terminal *terminal, const char *before,
    struct json_object *resource, int64_t above)
{
	struct paragraph paragraph = {.out = out, .terminal = terminal, .before = before};

	add_pairs(&paragraph, json_part(resource, "texts"), '=', json_object_get_string);
	end_line(&paragraph);
	add_pairs(&paragraph, json_part(resource, "statistics"), ' ', text_of_statistic);
	end_line(&paragraph);
	add_parents(&paragraph, resource, above);
	end_line(&paragraph);
}
