/* SPDX-License-Identifier: MIT */
/*
 * Has a password, and does with it what plugins do: logs about it at every level, reads and assigns
 * it, wrongly too, and has calls refused. A password that begins with "refuse" is not obfuscated;
 * one that begins with "abort" kills the process.
 */
#include <iml/storage_plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "canary.h"

static int obfuscate(const char *password, char *out, size_t size)
{
	if (strncmp(password, "abort", 5) == 0)
		abort();
	if (strncmp(password, "refuse", 6) == 0)
		return 1;
	return canary_obfuscate(password, out, size) ? 0 : 1;
}

static const struct iml_class array = {
    .name = "Array",
    .label = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"),
        IML_PASSWORD("password", .max_length = 100, .obfuscate = obfuscate),
        IML_PASSWORD("token", .obfuscate = obfuscate, .optional = true, .user_read_only = true)),
};

static const struct iml_class drive = {
    .name = "Drive",
    .label = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_BYTES("capacity")),
    .statistics = IML_STATISTICS(IML_GAUGE("temperature", .units = "C")),
};

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct iml_resource *found;
	char password[256];

	iml_set_update_period(self, 1);
	iml_get_text(scannable, "password", password, sizeof(password));
	iml_debug(self, "logged in with a password of %zu characters", strlen(password));
	iml_info(self, "this process is %s", prctl(PR_GET_DUMPABLE) == 0 ? "guarded" : "dumpable");
	iml_set(scannable, "token", password);
	iml_set(scannable, "password", password);
	iml_set(scannable, "password", 5);
	iml_sample(scannable, "password", 7);
	found = iml_update_or_create(
	    self, &drive, IML_NO_PARENTS, IML_SET("serial", "S1"), IML_SET("capacity", 4096));
	iml_sample(found, "temperature", 30);
	iml_set(found, "capacity", -1);
	explicit_bzero(password, sizeof(password));
	return 0;
}

IML_PLUGIN(
    canary, .classes = IML_CLASSES(&array, &drive), .initial_scan = scan, .update_scan = scan);
