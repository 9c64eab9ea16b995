/* SPDX-License-Identifier: MIT */
/*
 * Scannables as a user typed them, on their way through the plugin's functions: passwords are
 * obfuscated, then mandatory attributes without a value get their defaults.
 */
#ifndef HOST_PREPARATION_H
#define HOST_PREPARATION_H

#include "wire/message.h"

struct host;

/* Queues a request, from which the values are taken; a worker will send the answer. */
void preparation_request(struct host *host, struct message_prepare *request);

/* Releases the requests that nobody will answer any more. */
void preparations_free(struct host *host);

#endif
