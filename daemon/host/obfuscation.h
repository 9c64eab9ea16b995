/* SPDX-License-Identifier: MIT */
/*
 * Passwords that a user typed, on their way through the plugin's function.
 */
#ifndef HOST_OBFUSCATION_H
#define HOST_OBFUSCATION_H

#include "wire/message.h"

struct host;

/* Queues a request, from which the password is taken; a worker will send the answer. */
void obfuscation_request(struct host *host, struct message_obfuscate *request);

#endif
