/* SPDX-License-Identifier: MIT */
/* A password in an identifier. */
#include <iml/storage_plugin.h>

#include <string.h>

static int obfuscate(const char *password, char *out, size_t size)
{
	if (strlen(password) >= size)
		return -1;
	memcpy(out, password, strlen(password) + 1);
	return 0;
}

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial", "password"),
    .attributes =
        IML_ATTRIBUTES(IML_STRING("serial"), IML_PASSWORD("password", .obfuscate = obfuscate)),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("password", .error_states = IML_STATES("secret"))),
};

IML_PLUGIN(bad_id_password, .classes = IML_CLASSES(&drive));
