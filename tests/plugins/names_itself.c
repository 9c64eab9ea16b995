/* SPDX-License-Identifier: MIT */
/*
 * Arrays whose name, which identifies them, is made from their address, unless that is
 * "nameless.example.com". The password "refused" can't be obfuscated. If there is a file at trap,
 * that is removed and the process dies, before the name is made.
 */
#include <iml/storage_plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int obfuscate(const char *password, char *out, size_t size)
{
	if (strcmp(password, "refused") == 0)
		return -1;
	snprintf(out, size, "obfuscated-%zu", strlen(password));
	return 0;
}

static int make_name(struct iml_resource *array)
{
	char address[256], trap[4096], name[300];

	if (unlink(iml_get_text(array, "trap", trap, sizeof(trap))) == 0)
		abort();
	iml_get_text(array, "address", address, sizeof(address));
	if (strcmp(address, "nameless.example.com") == 0)
		return iml_fail(iml_plugin_of(array), "%s has no name", address);
	snprintf(name, sizeof(name), "array at %s", address);
	return iml_set(array, "name", name);
}

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name", .default_function = make_name),
        IML_HOSTNAME("address"), IML_PASSWORD("password", .optional = true, .obfuscate = obfuscate),
        IML_PATH("trap", .optional = true)),
};

static const struct iml_class vault = {
    .name = "Vault",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("uuid"),
    .attributes = IML_ATTRIBUTES(IML_UUID("uuid")),
};

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	iml_set_update_period(self, 1);
	return 0;
}

IML_PLUGIN(names_itself, .classes = IML_CLASSES(&array, &vault), .initial_scan = scan,
    .update_scan = scan);
