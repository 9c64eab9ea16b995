/* SPDX-License-Identifier: MIT */
/*
 * The functions that the plugin calls.
 */
#ifndef HOST_CALLS_H
#define HOST_CALLS_H

#include <iml/storage_plugin.h>

/* One table for all plugins of the process: handles lead to the session, and so to the host. */
extern const struct iml_calls host_calls;

#endif
