/* SPDX-License-Identifier: MIT */
#include "supervisor/plugin_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "base/log.h"
#include "base/memory.h"

/* Bytes of the channel that are read at once, and more than it holds. */
#define READ_SIZE 65536
#define REST_MAX (1024 * 1024)

/* From the end of the channel to the end of the process, when that is all there is to it. */
#define CLOSED_LIMIT_NS NS_PER_S

/* Bytes of a message that leaves more unused memory behind than the next ones will need. */
#define MUCH (8 << 20)

static struct session *session_of(struct plugin *plugin, uint32_t number, const char *what)
{
	struct session *session = session_find(plugin, number);

	if (session == NULL)
		plugin_kill(plugin, "sent %s for session %u, which is not open", what, number);
	return session;
}

static void receive_batch(struct plugin *plugin, struct message *message)
{
	struct session *session = session_of(plugin, message->batch->session, "a batch");

	if (session != NULL)
		session_batch(session, message->batch);
}

static void receive_ended(struct plugin *plugin, struct message *message)
{
	struct session *session = session_of(plugin, message->ended.session, "the end");

	if (session != NULL)
		session_ended(
		    session, message->ended.failed, message->ended.hook, message->ended.reason);
}

static void receive_log(struct plugin *plugin, struct message *message)
{
	const struct session *session = session_find(plugin, message->log.session);

	plugin_log_line(plugin, (int)message->log.level,
	    session != NULL ? graph_name(session->scannable) : NULL, message->log.line);
}

static void receive_prepared(struct plugin *plugin, struct message *message)
{
	scannables_prepared(plugin, &message->prepared);
}

/* Which messages a plugin host may send, and in which states. */
static const struct receiver {
	void (*receive)(struct plugin *plugin, struct message *message);
	bool while_starting, while_running;
} receivers[MESSAGE_TYPE_END] = {
    [MESSAGE_LOADED] = {plugin_receive_loaded, true, false},
    [MESSAGE_FAILED] = {plugin_receive_failed, true, false},
    [MESSAGE_BATCH] = {receive_batch, false, true},
    [MESSAGE_ENDED] = {receive_ended, false, true},
    [MESSAGE_LOG] = {receive_log, true, true},
    [MESSAGE_PREPARED] = {receive_prepared, false, true},
};

static const struct receiver *find_receiver(const struct plugin *plugin, enum message_type type)
{
	const struct receiver *receiver = &receivers[type];

	if (type <= 0 || type >= MESSAGE_TYPE_END || receiver->receive == NULL)
		return NULL;
	if (plugin->state == PLUGIN_STARTING)
		return receiver->while_starting ? receiver : NULL;
	return receiver->while_running ? receiver : NULL;
}

/*
 * Decodes one message and acts on it. Anything wrong ends the process. The first scan of a large
 * site takes as much memory as what the graph keeps of it.
 */
static void receive(struct plugin *plugin, enum message_type type, const void *body, size_t length)
{
	const struct receiver *receiver = find_receiver(plugin, type);
	struct wire_context context = {.classes = plugin->classes,
	    .class_count = plugin->class_count,
	    .class_of = graph_class_of,
	    .context = plugin->supervisor->graph};
	struct message message;
	char reason[REASON_SIZE];

	if (receiver == NULL) {
		plugin_kill(plugin, "sent a message of type %d (%s) while %s", (int)type,
		    message_type_name(type), plugin_state_name(plugin->state));
		return;
	}
	if (!message_decode(type, body, length, &context, &message, reason)) {
		plugin_kill(
		    plugin, "sent a malformed message (%s): %s", message_type_name(type), reason);
		return;
	}
	frame_reader_release(&plugin->frames);
	receiver->receive(plugin, &message);
	message_clear(&message);
	if (length >= MUCH)
		memory_return();
}

/* Reads what there is, in one go. As recv(). */
static ssize_t take_in(struct plugin *plugin)
{
	void *room = frame_reader_room(&plugin->frames, READ_SIZE);
	ssize_t length = recv(plugin->process.channel, room, READ_SIZE, MSG_DONTWAIT);

	if (length > 0)
		frame_reader_came(&plugin->frames, (size_t)length);
	return length;
}

/* Takes complete messages out of what came in. */
static void receive_all(struct plugin *plugin)
{
	enum message_type type;
	const void *body;
	size_t length;
	char reason[REASON_SIZE];
	int more = 1;

	while (!plugin->killed &&
	       (more = frame_reader_next(&plugin->frames, &type, &body, &length, reason)) > 0)
		receive(plugin, type, body, length);
	if (!plugin->killed && more < 0)
		plugin_kill(plugin, "sent what is no message: %s", reason);
}

/* Its end of the channel is closed. */
static void channel_closed(struct plugin *plugin)
{
	event_del(plugin->readable);
	bufferevent_disable(plugin->channel, EV_WRITE);
	plugin->closed = true;
	if (plugin->process.pid == 0)
		plugin_ended(plugin, 0);
	else if (plugin->state != PLUGIN_STOPPING)
		plugin_set_timer(plugin, CLOSED_LIMIT_NS);
}

static void channel_readable(evutil_socket_t fd, short what, void *context)
{
	struct plugin *plugin = plugin_of(context);
	ssize_t length = take_in(plugin);

	(void)fd;
	(void)what;
	if (length > 0 && plugin->killed)
		frame_reader_clear(&plugin->frames);
	else if (length > 0)
		receive_all(plugin);
	else if (length == 0 || (errno != EAGAIN && errno != EINTR))
		channel_closed(plugin);
}

static void channel_failed(struct bufferevent *stream, short what, void *context)
{
	(void)stream;
	(void)what;
	channel_closed(plugin_of(context));
}

/* Writes what there is room for without a turn of the event loop. Gives how much. */
static size_t send_at_once(struct plugin *plugin, const struct text *frames)
{
	ssize_t sent;

	if (plugin->closed || evbuffer_get_length(bufferevent_get_output(plugin->channel)) > 0)
		return 0;
	sent = send(bufferevent_getfd(plugin->channel), frames->data, frames->length,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent > 0 ? (size_t)sent : 0;
}

void plugin_send(struct plugin *plugin, const struct message *message)
{
	struct text frames = TEXT_EMPTY;
	size_t sent;

	if (plugin->channel == NULL)
		return;
	message_encode(message, &frames);
	sent = send_at_once(plugin, &frames);
	if (sent < frames.length)
		bufferevent_write(plugin->channel, frames.data + sent, frames.length - sent);
	explicit_bzero(frames.data, frames.length);
	text_clear(&frames);
}

void plugin_open_channel(struct plugin *plugin)
{
	struct event_base *base = plugin->supervisor->base;
	int fd = plugin->process.channel;

	plugin->readable = event_new(base, fd, EV_READ | EV_PERSIST, channel_readable, plugin);
	plugin->channel = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	assert(plugin->readable != NULL && plugin->channel != NULL);
	bufferevent_setcb(plugin->channel, NULL, NULL, channel_failed, plugin);
	bufferevent_enable(plugin->channel, EV_WRITE);
	event_add(plugin->readable, NULL);
}

void plugin_drain_channel(struct plugin *plugin)
{
	ssize_t left = REST_MAX, length;

	event_del(plugin->readable);
	bufferevent_disable(plugin->channel, EV_WRITE);
	if (plugin->killed)
		return;
	while (left > 0 && (length = take_in(plugin)) > 0)
		left -= length;
	receive_all(plugin);
}

void plugin_close_channel(struct plugin *plugin)
{
	if (plugin->channel == NULL)
		return;
	event_free(plugin->readable);
	bufferevent_free(plugin->channel);
	plugin->channel = NULL;
	frame_reader_clear(&plugin->frames);
}
