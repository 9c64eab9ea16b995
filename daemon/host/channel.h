/* SPDX-License-Identifier: MIT */
/*
 * The plugin host's end of the channel to the supervisor. One thread reads, any thread writes.
 */
#ifndef HOST_CHANNEL_H
#define HOST_CHANNEL_H

#include <pthread.h>
#include <stdbool.h>

#include "wire/message.h"

struct host_channel {
	int fd;
	pthread_mutex_t lock; /* for writing: frames of one message stay together */
	bool broken;          /* under lock: nothing more can be written */
	struct frame_reader reader;
};

void host_channel_init(struct host_channel *channel, int fd);
void host_channel_close(struct host_channel *channel);

/* Writes a message, waiting until the supervisor has room for it. */
void host_channel_send(struct host_channel *channel, const struct message *message);

/*
 * Waits until there are bytes to read and takes them in, or until the eventfd wake is set and
 * resets it; sometimes returns without either. Returns false at the end of the channel, or when it
 * is broken.
 */
bool host_channel_receive(struct host_channel *channel, int wake);

/*
 * Decodes the next complete message: 1, 0 if more bytes are needed, -1 with a reason when it is
 * none.
 */
int host_channel_next(struct host_channel *channel, const struct wire_context *context,
    struct message *message, char reason[REASON_SIZE]);

#endif
