/* SPDX-License-Identifier: MIT */
/* Connection strings of libpq. */
#ifndef STORE_CONNINFO_H
#define STORE_CONNINFO_H

#include "base/text.h"

/* Appends a keyword and its value, quoted, with a blank before it if it is not the first. */
void conninfo_append(struct text *conninfo, const char *keyword, const char *value);

#endif
