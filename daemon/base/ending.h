/* SPDX-License-Identifier: MIT */
#ifndef BASE_ENDING_H
#define BASE_ENDING_H

#include "base/text.h"

/* Appends how a process ended, by its status of waitpid(): "signal 11 (Segmentation fault)" or
 * "exit status 3". */
void ending_describe(int status, struct text *out);

#endif
