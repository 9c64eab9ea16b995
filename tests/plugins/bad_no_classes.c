/* SPDX-License-Identifier: MIT */
/* Declares no classes. */
#include <iml/storage_plugin.h>

IML_PLUGIN(bad_no_classes, .internal = false);
