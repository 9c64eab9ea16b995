/* SPDX-License-Identifier: MIT */
/* Within the room: cuts the body of a message into frames and appends them. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "wire/message.h"

void frame_append(struct text *out, enum message_type type, const char *body, size_t length);

#endif
