/* SPDX-License-Identifier: MIT */
/*
 * A box with drives, in which each of the plugins that include this does one thing wrong. It has to
 * define, before it includes this, the functions that it is about; what it leaves out is done well.
 */
#ifndef CERTIFY_BOX_H
#define CERTIFY_BOX_H

#include <iml/storage_plugin.h>

#include <stdlib.h>
#include <string.h>

#define BOX_DRIVES 6

static __attribute__((unused)) int box_obfuscate(const char *password, char *out, size_t size)
{
	size_t length = strlen(password);

	if (length + 1 > size)
		return 1;
	for (size_t i = 0; i < length; i++)
		out[i] = (char)(password[i] ^ 1);
	out[length] = '\0';
	return 0;
}

static const struct iml_class box = {
    .name = "Box",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name", .max_length = 64),
        IML_PASSWORD("password", .optional = true, .obfuscate = box_obfuscate)),
};

static const struct iml_class drive = {
    .name = "Drive",
    .label = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial", .max_length = 64),
        IML_ENUM("status", IML_OPTIONS("OK", "FAILED")), IML_INTEGER("position", .optional = true)),
    .statistics = IML_STATISTICS(IML_GAUGE("temperature", .units = "C")),
};

/* Reports the drives of a box; their serial numbers begin with prefix. */
static __attribute__((unused)) int box_report(struct iml_plugin *self, const char *prefix)
{
	for (int i = 0; i < BOX_DRIVES; i++) {
		char serial[64];
		struct iml_resource *found;

		snprintf(serial, sizeof(serial), "%s%d", prefix, i);
		found = iml_update_or_create(self, &drive, IML_NO_PARENTS,
		    IML_SET("serial", serial), IML_SET("status", "OK"), IML_SET("position", i));
		if (found != NULL)
			iml_sample(found, "temperature", 30 + i);
	}
	return 0;
}

/* A scan that does nothing else. */
static __attribute__((unused)) int box_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	(void)scannable;
	return box_report(self, "S");
}

#define BOX_PLUGIN(name_, ...) IML_PLUGIN(name_, .classes = IML_CLASSES(&box, &drive), __VA_ARGS__)

#endif
