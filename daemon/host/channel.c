/* SPDX-License-Identifier: MIT */
#include "host/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 65536

/*
 * A plugin may close descriptors that are not its own. poll() does not notice while it waits for
 * them, only when it is called again. And the supervisor wants to see that this thread moves.
 */
#define LOOK_MS 250

void host_channel_init(struct host_channel *channel, int fd)
{
	*channel = (struct host_channel){.fd = fd};
	pthread_mutex_init(&channel->lock, NULL);
}

void host_channel_close(struct host_channel *channel)
{
	close(channel->fd);
	frame_reader_clear(&channel->reader);
	pthread_mutex_destroy(&channel->lock);
}

/* Waits until the channel can be written. */
static bool await_room(int fd)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};

	while (poll(&room, 1, -1) < 0)
		if (errno != EINTR)
			return false;
	return (room.revents & POLLOUT) != 0;
}

static bool write_all_locked(struct host_channel *channel, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = send(channel->fd, bytes, length, MSG_NOSIGNAL);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0 && errno == EAGAIN && await_room(channel->fd))
			continue;
		if (written < 0)
			return false;
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}

void host_channel_send(struct host_channel *channel, const struct message *message)
{
	struct text frames = TEXT_EMPTY;

	message_encode(message, &frames);
	pthread_mutex_lock(&channel->lock);
	if (!channel->broken && !write_all_locked(channel, frames.data, frames.length))
		channel->broken = true;
	pthread_mutex_unlock(&channel->lock);
	/* A message may have held a password. */
	text_forget(&frames);
}

bool host_channel_receive(struct host_channel *channel, int wake)
{
	struct pollfd events[] = {
	    {.fd = channel->fd, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
	char bytes[READ_SIZE];
	eventfd_t count;
	ssize_t length;

	if (poll(events, 2, LOOK_MS) < 0)
		return errno == EINTR;
	if ((events[0].revents | events[1].revents) & POLLNVAL)
		return false;
	if (events[1].revents != 0)
		eventfd_read(wake, &count);
	if (events[0].revents == 0)
		return true;
	length = recv(channel->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (length < 0)
		return errno == EINTR || errno == EAGAIN;
	if (length == 0)
		return false;
	frame_reader_feed(&channel->reader, bytes, (size_t)length);
	explicit_bzero(bytes, (size_t)length);
	return true;
}

int host_channel_next(struct host_channel *channel, const struct wire_context *context,
    struct message *message, char reason[REASON_SIZE])
{
	enum message_type type;
	const void *body;
	size_t length;
	int result = frame_reader_next(&channel->reader, &type, &body, &length, reason);

	if (result <= 0)
		return result;
	return message_decode(type, body, length, context, message, reason) ? 1 : -1;
}
