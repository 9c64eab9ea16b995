/* SPDX-License-Identifier: MIT */
/*
 * Within the room: whether a decoded message makes sense. The layouts have checked the shape by
 * then; here numbers are compared with what they refer to. Each function returns true, or false
 * with a reason.
 */
#ifndef WIRE_CHECK_H
#define WIRE_CHECK_H

#include <stdbool.h>

#include "wire/message.h"

typedef bool message_check(
    const void *part, const struct wire_context *context, char reason[REASON_SIZE]);

message_check check_configure;
message_check check_open;
message_check check_prepare;
message_check check_loaded;
message_check check_failed;
message_check check_ended;
message_check check_log;
message_check check_prepared;
message_check check_batch; /* of a pointer to a batch */

/* Writes a reason and returns false. */
bool check_refuse(char reason[REASON_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the value is of the type that the attribute stores. Null is only if it is optional. */
bool check_value_type(const struct attribute *attribute, const struct value *value);

#endif
