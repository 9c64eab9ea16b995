/* SPDX-License-Identifier: MIT */
#include "cli/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void scan_keep_password(struct scan *scan, const char *name, const char *password)
{
	password_guard();
	typed_list_add(&scan->passwords, name, password);
}

/* Asks for one password. */
static bool ask(struct scan *scan, const char *name)
{
	char *password = password_ask(scan->err, &scan->err_terminal, scan->signals, name);

	if (password == NULL)
		return false;
	scan_keep_password(scan, name, password);
	forget_text(password);
	return true;
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

/* Whether a person has to give the attribute, and did not. */
static bool is_missing(const struct scan *scan, const struct attribute *attribute)
{
	return attribute->type == ATTRIBUTE_PASSWORD && attribute_is_required(attribute) &&
	       !typed_list_has(&scan->passwords, attribute->name);
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
