/* SPDX-License-Identifier: MIT */
/*
 * Those who have made a connection, and what of it is limited: how many a user may have, how long a
 * request may take to come in, and its answer to be taken. libevent does not tell when a connection
 * without a request ends: that its descriptor is another socket, or none, does.
 */
#include "control/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/clock.h"
#include "base/memory.h"

/* An answer of libevent's own is not longer. */
#define PAGE_MAX 1024
/* What a client may have sent that nobody has looked at: a whole request is less. */
#define INPUT_MAX (REQUEST_BODY_LIMIT + 2 * REQUEST_HEADERS_MAX)

/* The cookie by which the kernel tells sockets apart, or 0. */
static uint64_t socket_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

static bool client_is_gone(const struct client *client)
{
	return client->is_known && socket_cookie(client->fd) != client->cookie;
}

static void client_free(struct client *client)
{
	TAILQ_REMOVE(&client->control->clients, client, in_clients);
	client->control->client_count--;
	free(client);
}

size_t clients_count(struct control *control)
{
	struct client *client, *next;

	for (client = TAILQ_FIRST(&control->clients); client != NULL; client = next) {
		next = TAILQ_NEXT(client, in_clients);
		if (client_is_gone(client))
			client_free(client);
	}
	return control->client_count;
}

/* ---- sending clients away ---- */

/* Tells a client why, in place of libevent, and ends the connection. */
static void send_away(struct client *client, int code, const char *reason)
{
	char *body = xasprintf("{\"error\":\"%s\"}\n", reason);
	char *answer = xasprintf("HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
	                         "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
	    code, phrase_of(code), strlen(body), body);

	client->is_sent_away = true;
	/* What does not fit into the buffer of a new socket is lost; the end of it is not. */
	(void)send(client->fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(client->fd, SHUT_RDWR);
	free(answer);
	free(body);
}

static bool lasts_too_long(struct monotonic since, int64_t limit_ms)
{
	return monotonic_since(monotonic_now(), since) > limit_ms * NS_PER_MS;
}

static void check_times(struct client *client)
{
	const struct control_limits *limits = &client->control->limits;
	char reason[128];

	if (client->state == CLIENT_ASKS && lasts_too_long(client->since, limits->request_ms)) {
		snprintf(reason, sizeof(reason), "the request has not come in within %lld s",
		    (long long)limits->request_ms / 1000);
		send_away(client, HTTP_REQUEST_TIMEOUT, reason);
	} else if (client->state == CLIENT_TAKES &&
	           lasts_too_long(client->since, limits->answer_ms)) {
		client->is_sent_away = true;
		shutdown(client->fd, SHUT_RDWR);
	}
}

static size_t count_of_user(const struct control *control, uid_t user)
{
	const struct client *client;
	size_t count = 0;

	TAILQ_FOREACH (client, &control->clients, in_clients)
		count += client->is_known && client->user == user && !client->is_sent_away;
	return count;
}

static bool is_network_socket(int fd)
{
	int domain = AF_UNSPEC;
	socklen_t size = sizeof(domain);

	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
	return domain != AF_UNIX;
}

/* Gets to know a client that has just connected: libevent had no descriptor for it before. */
static void get_to_know(struct client *client)
{
	const struct control *control = client->control;
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	char reason[128];

	client->fd = bufferevent_getfd(client->stream);
	client->cookie = socket_cookie(client->fd);
	getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	client->user = peer.uid;
	client->is_network = is_network_socket(client->fd);
	client->is_known = true;
	if (count_of_user(control, peer.uid) <= control->limits.user_connections)
		return;
	snprintf(reason, sizeof(reason), "%s %zu connections already, the most there can be",
	    client->is_network ? "TCP has" : "this user has", control->limits.user_connections);
	send_away(client, HTTP_TOO_MANY_REQUESTS, reason);
}

static void look_after(evutil_socket_t fd, short what, void *context)
{
	struct control *control = context;
	struct timeval pause = {.tv_sec = control->limits.look_ms / 1000,
	    .tv_usec = control->limits.look_ms % 1000 * 1000};
	struct client *client;

	(void)fd;
	(void)what;
	assert(control->magic == CONTROL_MAGIC);
	clients_count(control);
	TAILQ_FOREACH (client, &control->clients, in_clients) {
		if (!client->is_known)
			get_to_know(client);
		else if (!client->is_sent_away)
			check_times(client);
	}
	if (control->client_count > 0)
		evtimer_add(control->look, &pause);
}

/* ---- what is read and written ---- */

static void set_state(struct client *client, enum client_state state)
{
	client->state = state;
	client->since = monotonic_now();
}

/* Bytes of a request have come in, or were used. */
static void input_changed(
    struct evbuffer *buffer, const struct evbuffer_cb_info *change, void *context)
{
	struct client *client = context;

	(void)buffer;
	if (change->n_added == 0)
		return;
	if (client->state == CLIENT_WAITS)
		set_state(client, CLIENT_ASKS);
	client->head_bytes += change->n_added;
}

/* What libevent says in HTML when it can't read a request, in our words; NULL if it is not that. */
static const char *translate(const struct client *client, const char *page, int *code)
{
	if (sscanf(page, "HTTP/%*d.%*d %d", code) != 1 || *code < HTTP_BADREQUEST ||
	    strstr(page, "\r\nContent-Type: text/html\r\n") == NULL)
		return NULL;
	if (*code == HTTP_ENTITYTOOLARGE)
		return "the body is too long";
	if (*code == HTTP_EXPECTATION_FAILED)
		return "the header Expect is not understood";
	if (*code == HTTP_BADREQUEST && client->head_bytes >= REQUEST_HEADERS_MAX) {
		*code = HTTP_HEADERS_TOO_LARGE;
		return "the request is longer than 16384 bytes without its body";
	}
	return "this is no HTTP request";
}

/* Replaces what libevent itself says in a buffer, all of it, by JSON as in all other answers. */
static void replace_page(const struct client *client, struct evbuffer *buffer)
{
	static const char end[] = "</HTML>\n";
	char page[PAGE_MAX + 1];
	ssize_t length = evbuffer_copyout(buffer, page, PAGE_MAX);
	const char *reason = NULL;
	int code;

	if (length < (ssize_t)sizeof(end))
		return;
	page[length] = '\0';
	if (strcmp(page + length - (sizeof(end) - 1), end) == 0)
		reason = translate(client, page, &code);
	if (reason == NULL)
		return;
	evbuffer_drain(buffer, (size_t)length);
	evbuffer_add_printf(buffer,
	    "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n\r\n{\"error\":\"%s\"}\n",
	    code, phrase_of(code), strlen(reason) + strlen("{\"error\":\"\"}\n"), reason);
}

/* Something was put out, or sent. */
static void output_changed(
    struct evbuffer *buffer, const struct evbuffer_cb_info *change, void *context)
{
	if (change->n_added == 0 || evbuffer_get_length(buffer) > PAGE_MAX)
		return;
	/* Else only what sends it may take anything out. */
	evbuffer_unfreeze(buffer, 1);
	replace_page(context, buffer);
	evbuffer_freeze(buffer, 1);
}

/* ---- the life of a client ---- */

struct bufferevent *client_new(struct event_base *base, struct control *control)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client->control = control;
	client->stream = bufferevent_socket_new(base, -1, 0);
	assert(client->stream != NULL);
	/* While an answer is sent libevent reads on, and nobody looks at that before it is taken.
	 */
	bufferevent_setwatermark(client->stream, EV_READ, 0, INPUT_MAX);
	set_state(client, CLIENT_WAITS);
	TAILQ_INSERT_TAIL(&control->clients, client, in_clients);
	control->client_count++;
	evbuffer_add_cb(bufferevent_get_input(client->stream), input_changed, client);
	evbuffer_add_cb(bufferevent_get_output(client->stream), output_changed, client);
	/* Before anything is read, but when it has its descriptor. */
	event_active(control->look, EV_TIMEOUT, 0);
	return client->stream;
}

/* The client of a request. */
static struct client *find_client(const struct control *control, struct evhttp_request *request)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request);
	const struct bufferevent *stream = evhttp_connection_get_bufferevent(connection);
	/* The newest: an earlier one whose end was not seen may have had the same place. */
	struct client *client = TAILQ_LAST(&control->clients, client_list);

	while (client != NULL && client->stream != stream)
		client = TAILQ_PREV(client, client_list, in_clients);
	assert(client != NULL);
	return client;
}

/* An answer was taken. */
static void answer_taken(struct evhttp_request *request, void *context)
{
	struct client *client = context;
	bool more = evbuffer_get_length(bufferevent_get_input(client->stream)) > 0;

	(void)request;
	client->head_bytes = 0;
	set_state(client, more ? CLIENT_ASKS : CLIENT_WAITS);
}

bool client_asked(struct exchange *exchange)
{
	struct client *client = find_client(exchange->control, exchange->request);

	set_state(client, CLIENT_IS_SERVED);
	evhttp_request_set_on_complete_cb(exchange->request, answer_taken, client);
	return !client->is_sent_away;
}

bool client_is_network(const struct exchange *exchange)
{
	const struct client *client = find_client(exchange->control, exchange->request);

	assert(client->is_known);
	return client->is_network;
}

void client_takes(struct exchange *exchange)
{
	set_state(find_client(exchange->control, exchange->request), CLIENT_TAKES);
}

void clients_open(struct event_base *base, struct control *control)
{
	TAILQ_INIT(&control->clients);
	control->look = evtimer_new(base, look_after, control);
	assert(control->look != NULL);
	control->connections_max = control_connections_max();
	control->limits = (struct control_limits){.request_ms = 30 * 1000,
	    .answer_ms = 300 * 1000,
	    .user_connections = (control->connections_max + 1) / 2,
	    .look_ms = 1000};
}

void clients_close(struct control *control)
{
	while (!TAILQ_EMPTY(&control->clients))
		client_free(TAILQ_FIRST(&control->clients));
	event_free(control->look);
}
