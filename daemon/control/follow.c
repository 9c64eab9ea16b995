/* SPDX-License-Identifier: MIT */
#include "control/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/memory.h"

#define FOLLOWERS_MAX 64
#define HEARTBEAT_SECONDS 15

/*
 * A reader that has not taken this many bytes when more are to be sent is cut off, and one that
 * takes nothing for so many seconds.
 */
#define BEHIND_MAX (1024 * 1024)
#define STUCK_SECONDS 60

/* Forgets a follower, whose connection is about to end. */
static void follower_remove(struct follower *follower)
{
	struct control *control = follower->control;

	TAILQ_REMOVE(&control->followers, follower, in_followers);
	free(follower);
	if (--control->follower_count > 0)
		return;
	event_del(control->heartbeat);
	control->callbacks->followers(control->context, false);
}

void request_release_closed(struct evhttp_request *request)
{
	/* libevent leaves us the request of a connection that failed, and else frees it itself. */
	if (evhttp_request_get_connection(request) == NULL)
		evhttp_request_free(request);
}

/* The connection of a follower ends. */
static void follower_closed(struct evhttp_connection *connection, void *argument)
{
	struct follower *follower = argument;
	struct evhttp_request *request = follower->request;

	(void)connection;
	follower_remove(follower);
	request_release_closed(request);
}

/* Sends bytes of the stream; a follower that is too far behind is gone afterwards. */
static void follower_send(struct follower *follower, const void *bytes, size_t length)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(follower->request);
	struct bufferevent *stream = evhttp_connection_get_bufferevent(connection);
	struct evbuffer *chunk;

	if (evbuffer_get_length(bufferevent_get_output(stream)) > BEHIND_MAX) {
		evhttp_connection_free(connection);
		return;
	}
	chunk = evbuffer_new();
	assert(chunk != NULL);
	evbuffer_add(chunk, bytes, length);
	evhttp_send_reply_chunk(follower->request, chunk);
	evbuffer_free(chunk);
}

/* Sends the same bytes to all followers. */
static void followers_send(struct control *control, const void *bytes, size_t length)
{
	struct follower *follower, *next;

	for (follower = TAILQ_FIRST(&control->followers); follower != NULL; follower = next) {
		next = TAILQ_NEXT(follower, in_followers);
		follower_send(follower, bytes, length);
	}
}

static void beat(evutil_socket_t fd, short what, void *argument)
{
	static const char comment[] = ":\n\n";
	struct control *control = argument;

	(void)fd;
	(void)what;
	assert(control->magic == CONTROL_MAGIC);
	followers_send(control, comment, sizeof(comment) - 1);
}

struct event *followers_heartbeat(struct event_base *base, struct control *control)
{
	struct event *heartbeat = event_new(base, -1, EV_PERSIST, beat, control);

	assert(heartbeat != NULL);
	return heartbeat;
}

void exchange_follow(struct exchange *exchange)
{
	static const char greeting[] = ": changes follow\n\n";
	static const struct timeval period = {.tv_sec = HEARTBEAT_SECONDS};
	static const struct timeval stuck = {.tv_sec = STUCK_SECONDS};
	struct control *control = exchange->control;
	struct evhttp_request *request = exchange->request;
	struct evhttp_connection *connection = evhttp_request_get_connection(request);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct follower *follower;

	if (control->follower_count >= FOLLOWERS_MAX) {
		exchange_refuse(exchange, HTTP_SERVUNAVAIL, NULL,
		    "%d readers follow the changes already, the most there can be", FOLLOWERS_MAX);
		return;
	}
	follower = xcalloc(1, sizeof(*follower));
	follower->control = control;
	follower->request = request;
	TAILQ_INSERT_TAIL(&control->followers, follower, in_followers);
	if (control->follower_count++ == 0) {
		event_add(control->heartbeat, &period);
		control->callbacks->followers(control->context, true);
	}
	evhttp_add_header(headers, "Content-Type", "text/event-stream");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_connection_set_closecb(connection, follower_closed, follower);
	evhttp_send_reply_start(request, HTTP_OK, "OK");
	/* Followers only listen: silence from them is no reason to hang up. */
	bufferevent_set_timeouts(evhttp_connection_get_bufferevent(connection), NULL, &stuck);
	follower_send(follower, greeting, sizeof(greeting) - 1);
}

/* Appends one event whose data is the notice; each line of it needs a field of its own. */
static void append_event(struct text *events, const char *notice)
{
	const char *line = notice;
	size_t length;

	for (;;) {
		length = strcspn(line, "\r\n");
		text_append(events, "data: ");
		text_append_bytes(events, line, length);
		text_append_char(events, '\n');
		if (line[length] == '\0')
			break;
		line += length + 1;
	}
	text_append_char(events, '\n');
}

void control_tell(struct control *control, char *const *notices, size_t count)
{
	struct text events = TEXT_EMPTY;

	assert(control->magic == CONTROL_MAGIC);
	if (control->follower_count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		append_event(&events, notices[i]);
	if (events.length > 0)
		followers_send(control, events.data, events.length);
	text_clear(&events);
}

void followers_close(struct control *control)
{
	struct follower *follower;

	while ((follower = TAILQ_FIRST(&control->followers)) != NULL)
		evhttp_connection_free(evhttp_request_get_connection(follower->request));
}
