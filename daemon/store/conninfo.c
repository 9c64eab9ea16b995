/* SPDX-License-Identifier: MIT */
#include "store/conninfo.h"

#include <string.h>

#include <libpq-fe.h>

#include "base/memory.h"
#include "base/paths.h"
#include "store/internal.h"

/* Room for a password and its line end. */
#define PASSWORD_SIZE 1024

void conninfo_append(struct text *conninfo, const char *keyword, const char *value)
{
	text_printf(conninfo, "%s%s='", conninfo->length > 0 ? " " : "", keyword);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			text_append_char(conninfo, '\\');
		text_append_char(conninfo, *value);
	}
	text_append_char(conninfo, '\'');
}

/* Reads the only line of a file, without its end. False with a reason. */
static bool read_password(const char *path, char password[PASSWORD_SIZE], char reason[REASON_SIZE])
{
	const char *why = NULL;
	ssize_t length = secret_file_read(path, password, PASSWORD_SIZE, &why);

	if (length < 0) {
		reason_write(reason, "%s can't be read: %s", path, why);
		return false;
	}
	if (length == PASSWORD_SIZE)
		why = "is too long for a password";
	else if (length > 0 && password[length - 1] == '\n')
		length--;
	password[length < PASSWORD_SIZE ? length : PASSWORD_SIZE - 1] = '\0';
	if (why == NULL && length == 0)
		why = "is empty";
	else if (why == NULL && strcspn(password, "\n") != (size_t)length)
		why = "has more than one line, and should have nothing but a password";
	if (why != NULL)
		reason_write(reason, "%s %s", path, why);
	return why == NULL;
}

/* Appends all that a conninfo says except the password. */
static void append_rest(struct text *to, const char *conninfo)
{
	PQconninfoOption *options =
	    store_conninfo_is_name(conninfo) ? NULL : PQconninfoParse(conninfo, NULL);

	if (store_conninfo_is_name(conninfo) && conninfo[0] != '\0')
		conninfo_append(to, "dbname", conninfo);
	for (const PQconninfoOption *option = options; option != NULL && option->keyword != NULL;
	     option++)
		if (option->val != NULL && strcmp(option->keyword, "password") != 0)
			conninfo_append(to, option->keyword, option->val);
	PQconninfoFree(options);
}

char *store_conninfo_with_password(const char *conninfo, const char *path, char reason[REASON_SIZE])
{
	struct text text = TEXT_EMPTY;
	char password[PASSWORD_SIZE];

	if (read_password(path, password, reason)) {
		append_rest(&text, conninfo);
		conninfo_append(&text, "password", password);
	}
	explicit_bzero(password, sizeof(password));
	return text.length > 0 ? text_steal(&text) : NULL;
}
