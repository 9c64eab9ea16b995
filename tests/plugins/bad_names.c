/* SPDX-License-Identifier: MIT */
/* Names that are too long, reserved, missing, or no text. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"),
        IML_STRING("a234567890b234567890c234567890d234567890e234567890f234567890123x"),
        IML_STRING("a234567890b234567890c234567890d234567890e234567890f2345678901234x"),
        IML_STRING("_hidden"), IML_STRING(NULL), IML_STRING(""), IML_STRING("\xff"),
        IML_STRING("a\nb")),
    .statistics = IML_STATISTICS(IML_GAUGE("_load")),
};

static const struct iml_class reserved = {
    .name = "_Fan",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

static const struct iml_class unnamed = {
    .name = NULL,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

#define LONG_NAME                                                          \
	"Class567890b234567890c234567890d234567890e234567890f234567890123" \
	"a234567890b234567890c234567890d234567890e234567890f234567890123"

static const struct iml_class longest = {
    .name = LONG_NAME "x",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

static const struct iml_class too_long = {
    .name = LONG_NAME "xy",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_names, .classes = IML_CLASSES(&drive, &reserved, &unnamed, &longest, &too_long));
