/* SPDX-License-Identifier: MIT */
/*
 * What the small bad plugins have in common: an array with drives, of which one is reported by
 * each scan.
 */
#ifndef T_ARRAY_H
#define T_ARRAY_H

#include <iml/storage_plugin.h>

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("address"),
    .attributes = IML_ATTRIBUTES(IML_HOSTNAME("address")),
};

static const struct iml_class drive = {
    .name = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_BYTES("capacity")),
};

static inline struct iml_resource *report_drive(
    struct iml_plugin *self, const char *serial, int64_t capacity)
{
	return iml_update_or_create(
	    self, &drive, IML_NO_PARENTS, IML_SET("serial", serial), IML_SET("capacity", capacity));
}

#endif
