/* SPDX-License-Identifier: MIT */
/*
 * A text that grows. Start with {0} or TEXT_EMPTY, end with text_clear(). After every function the
 * text is ended by a zero byte that length does not count, and data is not NULL.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *data; /* NULL as long as nothing was appended */
	size_t length;
	size_t capacity;
};

#define TEXT_EMPTY ((struct text){NULL, 0, 0})

void text_clear(struct text *text);

/* The same for a text with a secret, of which nothing stays in memory that it has now. */
void text_forget(struct text *text);

/* Makes room for that many more bytes. */
void text_reserve(struct text *text, size_t more);

/* Empties the text and keeps its memory. */
void text_reset(struct text *text);

void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const void *bytes, size_t length);
void text_append_char(struct text *text, char byte);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Appends string as a JSON string with its quotes; NULL as null. The string must be UTF-8. */
void text_append_json(struct text *text, const char *string);

/* Gives the text away, to be released with free(), and leaves an empty one. Never NULL. */
char *text_steal(struct text *text);

/* Whether the bytes are well-formed UTF-8 (no overlong forms, surrogates or zero bytes). */
bool utf8_valid(const char *bytes, size_t length);

/* Size of the well-formed character at the beginning of the bytes, or 0 if there is none. */
size_t utf8_next(const char *bytes, size_t length);

/* Number of characters of valid UTF-8. */
size_t utf8_length(const char *string);

/*
 * What is wrong with valid UTF-8 that people typed, such as a reason: it is blank, has control
 * characters, or more characters than most. NULL: nothing.
 */
const char *text_fault(const char *string, size_t most);

/* The largest length up to most that cuts valid UTF-8 between two characters. */
size_t utf8_cut(const char *string, size_t length, size_t most);

/*
 * Copies from to a buffer of size bytes and ends it with a zero byte. Returns false, with "" in
 * the buffer, if it does not fit.
 */
bool text_copy(char *to, size_t size, const char *from);

/* The end of a noun after a number: "" after 1, else "s". */
const char *plural(uint64_t number);

/* Appends a size for people, with one decimal in steps of 1024: "1023.0bytes", "1.0KB", "8.0EB". */
void bytes_format(int64_t bytes, struct text *out);

/* The same with as many decimals, up to 6, as tell sizes apart that differ by a step. */
void bytes_format_step(int64_t bytes, int64_t step, struct text *out);

#endif
