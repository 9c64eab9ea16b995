/* SPDX-License-Identifier: MIT */
#include "cli/terminal.h"

#include <langinfo.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define ESCAPE '\033'
#define NARROWEST 40

static const char *const style_codes[STYLE_COUNT] = {
    [STYLE_PLAIN] = "",
    [STYLE_BOLD] = "\033[1m",
    [STYLE_DIM] = "\033[2m",
    [STYLE_ERROR] = "\033[31m",
    [STYLE_WARNING] = "\033[33m",
    [STYLE_INFO] = "\033[36m",
    [STYLE_GOOD] = "\033[32m",
    [STYLE_BLUE] = "\033[34m",
    [STYLE_MAGENTA] = "\033[35m",
};

/* Columns of the terminal on standard output. */
static size_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long width = 0;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width == 0 && columns != NULL)
		width = strtol(columns, NULL, 10);
	if (width <= 0 || width > 10000)
		width = 80;
	return width < NARROWEST ? NARROWEST : (size_t)width;
}

/* Its lines; 0 if it does not tell. */
static size_t terminal_height(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

struct terminal terminal_of_output(void)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *kind = getenv("TERM");
	struct terminal terminal = {.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};

	if (!isatty(STDOUT_FILENO))
		return terminal;
	terminal.width = terminal_width();
	terminal.height = terminal_height();
	terminal.colour = (no_colour == NULL || no_colour[0] == '\0') &&
	                  (kind == NULL || strcmp(kind, "dumb") != 0);
	return terminal;
}

const char *ellipsis(const struct terminal *terminal)
{
	return terminal->unicode ? "…" : "...";
}

/* Decodes a character of UTF-8; its length, or 0 for a byte that begins none. */
static size_t decode(const char *text, uint32_t *character)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = 0;

	if (bytes[0] < 0x80)
		length = 1;
	else if (bytes[0] >= 0xc2 && bytes[0] < 0xe0)
		length = 2;
	else if (bytes[0] >= 0xe0 && bytes[0] < 0xf0)
		length = 3;
	else if (bytes[0] >= 0xf0 && bytes[0] < 0xf5)
		length = 4;
	if (length == 0)
		return 0;
	*character = length == 1 ? bytes[0] : bytes[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (bytes[i] & 0x3f);
	}
	return length;
}

/* Characters that would act on the terminal rather than show on it. */
static bool is_harmful(uint32_t character)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
	    {0x00, 0x1f},       /* control characters, escape among them */
	    {0x7f, 0x9f},       /* more of them */
	    {0x200e, 0x200f},   /* direction marks */
	    {0x2028, 0x202e},   /* line separators, direction of writing */
	    {0x2066, 0x2069},   /* the same */
	    {0xfeff, 0xfeff},   /* byte order mark */
	    {0xe0000, 0xe007f}, /* invisible tags */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (character >= ranges[i].from && character <= ranges[i].to)
			return true;
	}
	return false;
}

void append_clean(struct text *out, const struct terminal *terminal, const char *string)
{
	uint32_t character;
	size_t length;

	for (; *string != '\0'; string += length) {
		length = decode(string, &character);
		if (length == 0) {
			text_append_char(out, '?');
			length = 1;
		} else if (character == '\t' || character == '\n') {
			text_append_char(out, ' ');
		} else if (is_harmful(character)) {
			continue;
		} else if (character > 0x7e && !terminal->unicode) {
			text_append_char(out, '?');
		} else {
			text_append_bytes(out, string, length);
		}
	}
}

void append_styled(
    struct text *out, const struct terminal *terminal, enum style style, const char *string)
{
	bool styled = terminal->colour && style != STYLE_PLAIN;

	if (styled)
		text_append(out, style_codes[style]);
	append_clean(out, terminal, string);
	if (styled)
		text_append(out, "\033[0m");
}

/* Length in bytes of what is at text: a style's sequence or a character, of so many columns. */
static size_t step(const char *text, size_t *columns)
{
	uint32_t character = 0;
	size_t length;
	int width;

	*columns = 0;
	if (text[0] == ESCAPE) {
		length = strcspn(text, "m");
		return text[length] == 'm' ? length + 1 : length;
	}
	length = decode(text, &character);
	width = character < 0x80 || length == 0 ? 1 : wcwidth((wchar_t)character);
	*columns = width < 0 ? 1 : (size_t)width;
	return length == 0 ? 1 : length;
}

size_t display_width(const char *text)
{
	size_t width = 0, columns;

	while (*text != '\0') {
		text += step(text, &columns);
		width += columns;
	}
	return width;
}

void append_cut(struct text *out, const struct terminal *terminal, const char *text, size_t columns)
{
	size_t mark = terminal->unicode ? 1 : 3;
	size_t room, taken, length;

	if (display_width(text) <= columns) {
		text_append(out, text);
		return;
	}
	room = columns > mark ? columns - mark : 0;
	for (; *text != '\0'; text += length) {
		length = step(text, &taken);
		if (taken > room)
			break;
		room -= taken;
		text_append_bytes(out, text, length);
	}
	if (terminal->colour)
		text_append(out, "\033[0m");
	text_append(out, columns >= mark ? ellipsis(terminal) : "");
}

void append_blanks(struct text *out, size_t count)
{
	while (count-- > 0)
		text_append_char(out, ' ');
}

void trim_blanks(struct text *out, size_t from)
{
	while (out->length > from && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
}

enum style style_of_severity(const char *severity)
{
	if (strcmp(severity, "ERROR") == 0)
		return STYLE_ERROR;
	return strcmp(severity, "WARNING") == 0 ? STYLE_WARNING : STYLE_INFO;
}
