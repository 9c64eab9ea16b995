/* SPDX-License-Identifier: MIT */
/*
 * Streams of what happens. Each follower has its place in what was told lately, and is sent more
 * when it has taken what it was sent: however slowly it reads, it costs no more than one piece. One
 * whose place is no longer there is told that it missed something, and goes on with what is new.
 */
#include "control/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/memory.h"

#define FOLLOWERS_MAX 64
#define HEARTBEAT_SECONDS 15

/* After the last follower has left, so many heartbeats are kept for it to come back to. */
#define LINGER_BEATS 20

/* What is sent at a time, and for how long a reader may take nothing of it. */
#define PIECE_SIZE ((size_t)256 * 1024)
#define STUCK_SECONDS 60

/* ---- followers ---- */

/* Forgets a follower, whose connection is about to end. */
static void follower_remove(struct follower *follower)
{
	struct control *control = follower->control;

	TAILQ_REMOVE(&control->followers, follower, in_followers);
	free(follower->plugin);
	free(follower);
	control->follower_count--;
	control->idle_beats = 0;
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

/* ---- sending ---- */

static bool follower_wants(const struct follower *follower, const struct told *told)
{
	if ((follower->types & (1u << told->type)) == 0)
		return false;
	if (follower->resource != 0 && follower->resource != told->resource &&
	    follower->resource != told->scannable)
		return false;
	return follower->plugin == NULL ||
	       (told->plugin != NULL && strcmp(follower->plugin, told->plugin) == 0);
}

/* Appends that more was missed than can be made up for. */
static void append_reset(const struct recent *recent, struct evbuffer *piece)
{
	struct text event = TEXT_EMPTY;
	char time[CLOCK_TEXT_SIZE];
	char *data =
	    xasprintf("{\"time\": \"%s\", \"kind\": \"reset\", \"message\": \"something was "
	              "missed: read anew what is to be shown\"}",
	        wallclock_format(wallclock_now(), time));

	recent_append_event(recent, &event, recent->next - 1, "reset", data);
	evbuffer_add(piece, event.data, event.length);
	text_clear(&event);
	free(data);
}

static void follower_pump(struct follower *follower);

/* What was sent is on its way. */
static void sent(struct evhttp_connection *connection, void *argument)
{
	struct follower *follower = argument;

	(void)connection;
	follower->sending = false;
	follower_pump(follower);
}

/* Sends a piece, which is released; the follower must not be sending. */
static void follower_send(struct follower *follower, struct evbuffer *piece)
{
	assert(!follower->sending);
	if (evbuffer_get_length(piece) > 0) {
		follower->sending = true;
		evhttp_send_reply_chunk_with_cb(follower->request, piece, sent, follower);
	}
	evbuffer_free(piece);
}

/* Sends what comes next, if there is something and all before it is sent. */
static void follower_pump(struct follower *follower)
{
	const struct recent *recent = &follower->control->recent;
	const struct told *told;
	struct evbuffer *piece;

	if (follower->sending || follower->place == recent->next)
		return;
	piece = evbuffer_new();
	assert(piece != NULL);
	if (follower->place < recent->first) {
		append_reset(recent, piece);
		follower->place = recent->next;
	}
	while (follower->place < recent->next && evbuffer_get_length(piece) < PIECE_SIZE) {
		told = recent_get(recent, follower->place++);
		if (follower_wants(follower, told))
			evbuffer_add(piece, told->text, told->length);
	}
	follower_send(follower, piece);
}

static void pump_all(struct control *control)
{
	struct follower *follower;

	TAILQ_FOREACH (follower, &control->followers, in_followers)
		follower_pump(follower);
}

/* Sends a comment, with the number to go on after, to one that has had everything. */
static void follower_greet(struct follower *follower, const char *comment)
{
	const struct recent *recent = &follower->control->recent;
	struct evbuffer *piece;

	if (follower->sending)
		return;
	piece = evbuffer_new();
	assert(piece != NULL);
	if (follower->place == recent->next)
		evbuffer_add_printf(piece, "id: %s-%" PRIu64 "\n", recent->epoch, recent->next - 1);
	evbuffer_add_printf(piece, ":%s\n\n", comment);
	follower_send(follower, piece);
}

/* ---- collecting what followers may want ---- */

static void collect(struct control *control)
{
	static const struct timeval period = {.tv_sec = HEARTBEAT_SECONDS};

	if (control->collecting)
		return;
	control->collecting = true;
	event_add(control->heartbeat, &period);
	control->callbacks->followers(control->context, true);
}

static void stop_collecting(struct control *control)
{
	if (!control->collecting)
		return;
	control->collecting = false;
	event_del(control->heartbeat);
	recent_forget(&control->recent);
	control->callbacks->followers(control->context, false);
}

static void beat(evutil_socket_t fd, short what, void *argument)
{
	struct control *control = argument;
	struct follower *follower;

	(void)fd;
	(void)what;
	assert(control->magic == CONTROL_MAGIC);
	TAILQ_FOREACH (follower, &control->followers, in_followers)
		follower_greet(follower, "");
	if (control->follower_count == 0 && ++control->idle_beats >= LINGER_BEATS)
		stop_collecting(control);
}

struct event *followers_heartbeat(struct event_base *base, struct control *control)
{
	struct event *heartbeat = event_new(base, -1, EV_PERSIST, beat, control);

	assert(heartbeat != NULL);
	return heartbeat;
}

/* ---- streams ---- */

/* Where a follower begins: at what is new, or after the event that it had last. */
static uint64_t find_place(const struct exchange *exchange)
{
	const struct recent *recent = &exchange->control->recent;
	const char *last = evhttp_find_header(
	    evhttp_request_get_input_headers(exchange->request), "Last-Event-ID");

	return last != NULL && last[0] != '\0' ? recent_after(recent, last) : recent->next;
}

void exchange_follow(struct exchange *exchange)
{
	static const struct timeval stuck = {.tv_sec = STUCK_SECONDS};
	struct control *control = exchange->control;
	const struct query *query = &exchange->query;
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
	*follower = (struct follower){.control = control,
	    .request = request,
	    .place = find_place(exchange),
	    .types = query->types != 0 ? query->types : ~0u,
	    .resource = query->id,
	    .plugin = xstrdup(query->plugin)};
	TAILQ_INSERT_TAIL(&control->followers, follower, in_followers);
	control->follower_count++;
	collect(control);
	evhttp_add_header(headers, "Content-Type", "text/event-stream");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_connection_set_closecb(connection, follower_closed, follower);
	evhttp_send_reply_start(request, HTTP_OK, "OK");
	/* Followers only listen: silence from them is no reason to hang up. */
	bufferevent_set_timeouts(evhttp_connection_get_bufferevent(connection), NULL, &stuck);
	follower_greet(follower, " changes follow");
}

void control_tell(struct control *control, const struct notice *notices, size_t count)
{
	assert(control->magic == CONTROL_MAGIC);
	if (!control->collecting)
		return;
	for (size_t i = 0; i < count; i++)
		recent_add(&control->recent, &notices[i]);
	pump_all(control);
}

void control_tell_lost(struct control *control)
{
	assert(control->magic == CONTROL_MAGIC);
	if (!control->collecting)
		return;
	recent_forget(&control->recent);
	pump_all(control);
}

/* Ends a stream as it should, as far as the reader takes it at once. */
static void follower_end(struct follower *follower)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(follower->request);
	struct bufferevent *stream = evhttp_connection_get_bufferevent(connection);
	struct evbuffer *output = bufferevent_get_output(stream);
	bool is_chunked = evhttp_find_header(evhttp_request_get_output_headers(follower->request),
	                      "Transfer-Encoding") != NULL;

	if (is_chunked)
		evbuffer_add(output, "0\r\n\r\n", 5);
	evbuffer_unfreeze(output, 1);
	evbuffer_write(output, bufferevent_getfd(stream));
	evhttp_connection_free(connection);
}

void followers_close(struct control *control)
{
	struct follower *follower;

	while ((follower = TAILQ_FIRST(&control->followers)) != NULL)
		follower_end(follower);
	stop_collecting(control);
	free(control->recent.items);
}
