/* SPDX-License-Identifier: MIT */
/* Options that are wrong in themselves. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"),
        IML_ENUM("status", IML_OPTIONS("OK", NULL, "OK")), IML_ENUM("level", IML_NUMBERS(1, 2, 1)),
        {.type = IML_TYPE_ENUM,
            .name = "both",
            .options = (const char *const[]){"1"},
            .numbers = (const int64_t[]){1},
            .options_count = 1}),
};

IML_PLUGIN(bad_enum_options, .classes = IML_CLASSES(&drive));
