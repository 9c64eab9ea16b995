/* SPDX-License-Identifier: MIT */
/* Has a password, which becomes something else each time that it is obfuscated. */
#include <iml/storage_plugin.h>

#include <stdio.h>
#include <string.h>

static int obfuscate(const char *password, char *out, size_t size)
{
	static unsigned salt;

	snprintf(out, size, "%u-%zu", ++salt, strlen(password));
	return 0;
}

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes =
        IML_ATTRIBUTES(IML_STRING("name"), IML_PASSWORD("password", .obfuscate = obfuscate)),
};

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_set_update_period(self, 1);
	return 0;
}

IML_PLUGIN(
    salts_password, .classes = IML_CLASSES(&array), .initial_scan = scan, .update_scan = scan);
