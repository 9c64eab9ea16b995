/* SPDX-License-Identifier: MIT */
#define T_NAME t_initial_only
#define T_UPDATE_SCAN
#include "t_hooks.c"
