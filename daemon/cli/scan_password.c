/* SPDX-License-Identifier: MIT */
#include "cli/scan.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include "base/memory.h"

#define PASSWORD_MAX 4096

/*
 * Writes a prompt and reads a line, which the terminal does not show. False for Ctrl-C, Ctrl-D and
 * an empty one.
 */
static bool read_silently(const struct scan *scan, struct text *prompt, char line[PASSWORD_MAX])
{
	struct pollfd events[] = {
	    {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = scan->signals, .events = POLLIN}};
	struct termios before, silent;
	ssize_t length = 0;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return false;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	scan_write(scan->err, prompt);
	while (poll(events, 2, -1) < 0 && errno == EINTR)
		continue;
	if (events[1].revents == 0)
		length = read(STDIN_FILENO, line, PASSWORD_MAX - 1);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	line[length > 0 ? length : 0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return line[0] != '\0';
}

void scan_keep_password(struct scan *scan, const char *name, const char *password)
{
	static const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	typed_list_add(&scan->passwords, name, password);
}

/* Asks for one password. */
static bool ask(struct scan *scan, const char *name)
{
	struct text prompt = TEXT_EMPTY;
	char line[PASSWORD_MAX];
	bool good;

	append_clean(&prompt, &scan->err_terminal, name);
	text_append(&prompt, ": ");
	good = read_silently(scan, &prompt, line);
	text_append_char(&prompt, '\n');
	scan_write(scan->err, &prompt);
	if (good)
		scan_keep_password(scan, name, line);
	explicit_bzero(line, sizeof(line));
	return good;
}

bool scan_ask(struct scan *scan, const char *names)
{
	bool good = true;

	while (good && names[0] != '\0') {
		size_t length = strcspn(names, "\n");
		char *name = xstrndup(names, length);

		good = ask(scan, name);
		free(name);
		names += length + (names[length] == '\n');
	}
	return good;
}

/* ---- checking ---- */

static bool is_password(const struct class *class, const char *name)
{
	size_t index = class_find_attribute(class, name);

	return index != CLASS_NOT_FOUND && class->attributes[index].type == ATTRIBUTE_PASSWORD;
}

static bool is_given(const struct typed_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return true;
	return false;
}

/* Whether a person has to give the attribute, and did not. */
static bool is_missing(const struct scan *scan, const struct attribute *attribute)
{
	return attribute->type == ATTRIBUTE_PASSWORD && !attribute->optional &&
	       !attribute->user_read_only && !attribute->has_default_function &&
	       attribute->default_value.type == VALUE_NULL &&
	       !is_given(&scan->passwords, attribute->name);
}

void scan_check_passwords(const struct scan *scan, const struct class *class, struct text *missing,
    struct reasons *reasons)
{
	for (size_t i = 0; i < scan->attributes.count; i++) {
		const char *name = scan->attributes.items[i].name;

		if (is_password(class, name))
			reasons_add(reasons,
			    "\"%s\" is a password, and one on the command line is seen by "
			    "everybody on this machine: give it as --password-file %s=FILE, or "
			    "leave it out to be asked",
			    name, name);
	}
	for (size_t i = 0; i < scan->passwords.count; i++) {
		const char *name = scan->passwords.items[i].name;

		if (!is_password(class, name))
			reasons_add(
			    reasons, "%s has no password attribute \"%s\"", class->name, name);
	}
	for (size_t i = 0; i < class->attribute_count; i++)
		if (is_missing(scan, &class->attributes[i]))
			text_printf(missing, "%s\n", class->attributes[i].name);
}
