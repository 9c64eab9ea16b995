/* SPDX-License-Identifier: MIT */
#include "cli/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/json.h"

/* A line of the plugin's that is longer is broken. */
#define PRINTED_LINE_MAX 4096

bool scan_write(int fd, struct text *text)
{
	size_t written = 0;
	bool good = true;

	while (good && written < text->length) {
		ssize_t count = write(fd, text->data + written, text->length - written);

		good = count > 0 || (count < 0 && errno == EINTR);
		written += count > 0 ? (size_t)count : 0;
	}
	text_clear(text);
	return good;
}

/* Writes a line in one piece, so that lines of several threads don't mix. */
static void write_line(
    const struct scan *scan, const char *before, enum style style, const char *words)
{
	struct text line = TEXT_EMPTY;

	text_append(&line, before);
	append_styled(&line, &scan->err_terminal, style, words);
	text_append_char(&line, '\n');
	scan_write(scan->err, &line);
}

void scan_say(const struct scan *scan, enum style style, const char *format, ...)
{
	char time[CLOCK_TEXT_SIZE];
	struct text before = TEXT_EMPTY;
	va_list arguments;
	char *words;

	va_start(arguments, format);
	words = xvasprintf(format, arguments);
	va_end(arguments);
	append_time(&before, wallclock_format(wallclock_now(), time), false);
	text_append(&before, "  ");
	write_line(scan, before.data, style, words);
	text_clear(&before);
	free(words);
}

void scan_say_place(const struct scan *scan, enum style style, const char *words)
{
	write_line(scan, "", style, words);
}

void scan_complain(const struct scan *scan, const struct reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		write_line(scan, "iml-plugin scan: ", STYLE_PLAIN, reasons->items[i]);
}

void scan_take_printed(void *context, const char *bytes, size_t length)
{
	struct scan_printed *printed = context;
	const char *end = bytes + length;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));

		text_append_bytes(
		    &printed->line, bytes, (size_t)((newline != NULL ? newline : end) - bytes));
		bytes = newline != NULL ? newline + 1 : end;
		if (newline != NULL || printed->line.length > PRINTED_LINE_MAX)
			scan_end_printed(printed);
	}
}

void scan_end_printed(struct scan_printed *printed)
{
	if (printed->line.length > 0)
		scan_say(printed->scan, STYLE_DIM, "%s prints: %s", printed->scan->name,
		    printed->line.data);
	text_clear(&printed->line);
}

/* Appends a word as a shell reads it back. */
static void append_quoted(struct text *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "0123456789_-+=./:,@%";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		text_append(out, word);
		return;
	}
	text_append_char(out, '\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			text_append(out, "'\\''");
		else
			text_append_char(out, *word);
	}
	text_append_char(out, '\'');
}

void scan_append_gdb(const struct scan *scan, struct text *out)
{
	text_append(out, "gdb --args iml-plugin scan --no-isolation");
	for (int i = 1; i < scan->word_count; i++) {
		if (strcmp(scan->words[i], "--watch") == 0)
			continue;
		text_append_char(out, ' ');
		append_quoted(out, scan->words[i]);
	}
}
