/* SPDX-License-Identifier: MIT */
/* Has a password. Obfuscating one takes as long as there is a file of that name. */
#include <iml/storage_plugin.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int obfuscate(const char *password, char *out, size_t size)
{
	while (access(password, F_OK) == 0)
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	snprintf(out, size, "obfuscated-%zu", strlen(password));
	return 0;
}

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"),
        IML_PASSWORD("password", .obfuscate = obfuscate),
        IML_PASSWORD("token", .obfuscate = obfuscate, .optional = true, .user_read_only = true)),
};

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	char password[256];

	iml_set_update_period(self, 1);
	iml_get_text(scannable, "password", password, sizeof(password));
	if (strncmp(password, "obfuscated-", 11) != 0)
		return iml_fail(self, "the password is not obfuscated");
	iml_set(scannable, "token", "canary-token");
	iml_set(scannable, "token", 5);
	iml_sample(scannable, "password", "canary-sample");
	return 0;
}

IML_PLUGIN(keeps_secret, .classes = IML_CLASSES(&array), .initial_scan = scan, .update_scan = scan);
