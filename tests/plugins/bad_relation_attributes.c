/* SPDX-License-Identifier: MIT */
/* Relations that match what the class does not have, or what nobody can compare. */
#include <iml/storage_plugin.h>

static int obfuscate(const char *password, char *out, size_t size)
{
	return snprintf(out, size, "%s", password) < 0;
}

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_REFERENCE("shelf", .optional = true),
        IML_PASSWORD("key", .obfuscate = obfuscate)),
    .statistics = IML_STATISTICS(IML_GAUGE("heat")),
    .relations = IML_RELATIONS(IML_PROVIDE(&iml_logical_drive, IML_MATCH("seriel")),
        IML_SUBSCRIBE_TO("linux", "ScsiDevice", IML_MATCH("heat", "shelf", "key")),
        IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("serial", "serial")),
        {.type = IML_RELATION_PROVIDE, .target = &iml_fan},
        IML_PROVIDE(&iml_fan, IML_MATCH("serial", NULL))),
};

IML_PLUGIN(bad_relation_attributes, .classes = IML_CLASSES(&drive));
