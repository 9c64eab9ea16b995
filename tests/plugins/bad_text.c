/* SPDX-License-Identifier: MIT */
/* Texts that are too long, or none. */
#include <iml/storage_plugin.h>

#define LETTERS_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(
        IML_STRING("serial"), IML_ENUM("status", IML_OPTIONS("OK", "\xff", (const char *)64))),
    .statistics = IML_STATISTICS(IML_GAUGE("load", .units = "op\ts"),
        IML_GAUGE("heat", .units = LETTERS_64 LETTERS_64 LETTERS_64 LETTERS_64)),
    .alert_conditions = IML_ALERT_CONDITIONS(
        IML_VALUE_CONDITION("status", .id = "a\nb", .error_states = IML_STATES("\xc3")),
        IML_UPPER_BOUND("heat", .error_bound = IML_BOUND(1), .message = "\xc0\xaf")),
};

IML_PLUGIN(bad_text, .classes = IML_CLASSES(&drive));
