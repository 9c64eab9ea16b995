/* SPDX-License-Identifier: MIT */
/* Attributes as they are typed, and passwords, which are never arguments. */
#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/terminal.h"
#include "model/typed.h"

struct typed_list {
	struct typed_attribute *items;
	size_t count;
	size_t capacity;
};

/* Adds a copy; the value may be a secret. */
void typed_list_add(struct typed_list *list, const char *name, const char *value);
bool typed_list_has(const struct typed_list *list, const char *name);
void typed_list_free(struct typed_list *list);

/* Splits "name=value"; the caller frees the name. NULL if it is none. */
char *typed_split(const char *word, const char **value);

/* From now on neither this process nor what it starts leaves a core file. */
void password_guard(void);

/*
 * The first line of a file, or of what a command writes, without its end; NULL with the mistake
 * told in the name of a program. The caller releases it with forget_text().
 */
char *password_of_file(const char *program, const char *path);
char *password_of_command(const char *program, const char *command);

/*
 * Asks on a terminal, which does not show what is typed. NULL for an empty line, and for Ctrl-C,
 * which makes signals readable.
 */
char *password_ask(int fd, const struct terminal *terminal, int signals, const char *name);

#endif
