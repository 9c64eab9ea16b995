/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISOR_RELOAD_CHANGES_H
#define SUPERVISOR_RELOAD_CHANGES_H

#include "supervisor/supervisor.h"

/*
 * Appends a line for each difference between the configuration that is about to be taken up and the
 * one before; plugins still have their entries of that. Values are not told: some are passwords.
 */
void reload_describe(
    const struct supervisor *supervisor, const struct config *before, struct text *changes);

#endif
