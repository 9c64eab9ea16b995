/* SPDX-License-Identifier: MIT */
/* An inherited alert condition on what the class declared anew. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_INTEGER("level")),
    .alert_conditions = IML_ALERT_CONDITIONS(IML_UPPER_BOUND("level", .error_bound = IML_BOUND(5))),
};

static const struct iml_class ssd = {
    .name = "Ssd",
    .base = &drive,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("level")),
};

IML_PLUGIN(bad_alert_redeclared, .classes = IML_CLASSES(&drive, &ssd));
