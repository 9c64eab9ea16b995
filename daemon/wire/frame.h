/* SPDX-License-Identifier: MIT */
/* Within the room: messages as frames. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "wire/message.h"

/* Cuts the body of a message into frames and appends them. */
void frame_append(struct text *out, enum message_type type, const char *body, size_t length);

/*
 * The same of a body that is appended in between: it needs no copy unless it is longer than a
 * frame. The first tells where it began.
 */
size_t frame_begin(struct text *out, enum message_type type);
void frame_end(struct text *out, enum message_type type, size_t start);

#endif
