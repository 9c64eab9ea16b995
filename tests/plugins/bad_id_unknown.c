/* SPDX-License-Identifier: MIT */
/* Identifiers that name what is no attribute. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("my_serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_BYTES("capacity")),
};

static const struct iml_class fan = {
    .name = "Fan",
    .identifier = IML_GLOBAL_ID("speed"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics = IML_STATISTICS(IML_GAUGE("speed")),
};

static const struct iml_class pool = {
    .name = "Pool",
    .identifier = IML_GLOBAL_ID("serial", "serial", NULL),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

static const struct iml_class port = {
    .name = "Port",
    .identifier = {.scope = IML_ID_GLOBAL},
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

static const struct iml_class card = {
    .name = "Card",
    .identifier = {.scope = 9},
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
};

IML_PLUGIN(bad_id_unknown, .classes = IML_CLASSES(&drive, &fan, &pool, &port, &card));
