/* SPDX-License-Identifier: MIT */
/* Within the room: the layouts of the messages, in daemon/wire/message.h's order. */
#ifndef WIRE_MESSAGE_LAYOUTS_H
#define WIRE_MESSAGE_LAYOUTS_H

#include "wire/layout.h"

extern const struct layout configure_layout;
extern const struct layout open_layout;
extern const struct layout close_layout;
extern const struct layout acknowledge_layout;
extern const struct layout prepare_layout;
extern const struct layout adjust_layout;
extern const struct layout stop_layout;
extern const struct layout loaded_layout;
extern const struct layout failed_layout;
extern const struct layout batch_message_layout; /* of a pointer to a batch */
extern const struct layout ended_layout;
extern const struct layout log_layout;
extern const struct layout prepared_layout;
extern const struct layout associate_layout;
extern const struct layout scan_layout;

#endif
