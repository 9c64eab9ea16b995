/* SPDX-License-Identifier: MIT */
#include "cli/password.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include "base/memory.h"

#define PASSWORD_MAX 4096

/* ---- what was typed ---- */

void typed_list_add(struct typed_list *list, const char *name, const char *value)
{
	list->items = xgrow(list->items, list->count, &list->capacity, sizeof(*list->items));
	list->items[list->count++] =
	    (struct typed_attribute){.name = xstrdup(name), .value = xstrdup(value)};
}

bool typed_list_has(const struct typed_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return true;
	return false;
}

void typed_list_free(struct typed_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		forget_text(list->items[i].value);
	}
	free(list->items);
}

char *typed_split(const char *word, const char **value)
{
	const char *equals = strchr(word, '=');

	if (equals == NULL || equals == word)
		return NULL;
	*value = equals + 1;
	return xstrndup(word, (size_t)(equals - word));
}

/* ---- passwords ---- */

void password_guard(void)
{
	static const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
}

/* The first line of a stream without its end; NULL if it is empty. */
static char *read_first_line(FILE *file)
{
	char line[PASSWORD_MAX] = "";
	char *text = NULL;

	setvbuf(file, NULL, _IONBF, 0);
	if (fgets(line, sizeof(line), file) != NULL)
		line[strcspn(line, "\r\n")] = '\0';
	if (line[0] != '\0')
		text = xstrdup(line);
	explicit_bzero(line, sizeof(line));
	return text;
}

char *password_of_file(const char *program, const char *path)
{
	FILE *file = fopen(path, "re");
	char *text;

	if (file == NULL) {
		fprintf(stderr, "%s: %s: %s\n", program, path, strerror(errno));
		return NULL;
	}
	text = read_first_line(file);
	fclose(file);
	if (text == NULL)
		fprintf(stderr, "%s: %s: the first line has no password\n", program, path);
	return text;
}

char *password_of_command(const char *program, const char *command)
{
	FILE *pipe;
	char *text;

	password_guard();
	pipe = popen(command, "re"); /* NOLINT(cert-env33-c): it is the user's own */
	if (pipe == NULL) {
		fprintf(stderr, "%s: %s: %s\n", program, command, strerror(errno));
		return NULL;
	}
	text = read_first_line(pipe);
	if (pclose(pipe) == 0 && text != NULL)
		return text;
	fprintf(stderr, "%s: the command \"%s\" failed, or wrote no password\n", program, command);
	forget_text(text);
	return NULL;
}

/* Writes all of the text. */
static void write_all(int fd, const struct text *text)
{
	size_t done = 0;
	ssize_t count;

	while (done < text->length) {
		count = write(fd, text->data + done, text->length - done);
		if (count > 0)
			done += (size_t)count;
		else if (count < 0 && errno != EINTR)
			return;
	}
}

/* Reads a line, which the terminal does not show. Returns its length, 0 or less for none. */
static ssize_t read_silently(
    int fd, const struct text *prompt, int signals, char line[PASSWORD_MAX])
{
	struct pollfd events[] = {
	    {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	struct termios before, silent;
	ssize_t length = 0;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return 0;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	write_all(fd, prompt);
	while (poll(events, 2, -1) < 0 && errno == EINTR)
		continue;
	if (events[1].revents == 0)
		length = read(STDIN_FILENO, line, PASSWORD_MAX - 1);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	return length;
}

char *password_ask(int fd, const struct terminal *terminal, int signals, const char *name)
{
	struct text prompt = TEXT_EMPTY;
	char line[PASSWORD_MAX];
	char *password = NULL;
	ssize_t length;

	password_guard();
	append_clean(&prompt, terminal, name);
	text_append(&prompt, ": ");
	length = read_silently(fd, &prompt, signals, line);
	text_reset(&prompt);
	text_append_char(&prompt, '\n');
	write_all(fd, &prompt);
	text_clear(&prompt);
	line[length > 0 ? length : 0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] != '\0')
		password = xstrdup(line);
	explicit_bzero(line, sizeof(line));
	return password;
}
