/* SPDX-License-Identifier: MIT */
/* Within the room: messages as frames. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "wire/message.h"

/*
 * Before and after the body of a message is appended: makes a frame of it, or several. The first
 * tells where it began.
 */
size_t frame_begin(struct text *out);
void frame_end(struct text *out, enum message_type type, size_t start);

#endif
