/* SPDX-License-Identifier: MIT */
/* How many connections there may be. */
#include "control/internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/listener.h>

#include "base/log.h"

#define CONNECTIONS_MAX 128
/* The part of all descriptors that connections may take. */
#define DESCRIPTORS_PART 4
/* How long nobody is let in when there is no room. */
#define PAUSE_US (100 * 1000)

/* The one that lets clients in: libevent gives the callback of errors an argument of its own. */
static struct control *accepting;

size_t control_connections_max(void)
{
	struct rlimit limit;
	size_t part;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return CONNECTIONS_MAX;
	part = (size_t)limit.rlim_cur / DESCRIPTORS_PART;
	return part < 1 ? 1 : part < CONNECTIONS_MAX ? part : CONNECTIONS_MAX;
}

/* Lets nobody in for a while; who comes meanwhile waits in the kernel's queue. */
static void pause_listening(struct control *control)
{
	evconnlistener_disable(control->listener);
	if (control->port_listener != NULL)
		evconnlistener_disable(control->port_listener);
	evtimer_add(control->resume, &(const struct timeval){.tv_usec = PAUSE_US});
}

static void resume_listening(int fd, short what, void *context)
{
	struct control *control = context;

	(void)fd;
	(void)what;
	if (clients_count(control) >= control->connections_max) {
		pause_listening(control);
		return;
	}
	evconnlistener_enable(control->listener);
	if (control->port_listener != NULL)
		evconnlistener_enable(control->port_listener);
}

/* Tells once that there is no room, and until when. */
static void complain(struct control *control, const char *why)
{
	if (!control->is_full)
		log_warning("control socket: %s: others wait until one of them ends", why);
	control->is_full = true;
}

/* A connection was accepted: makes its stream, and sees whether there may be another. */
static struct bufferevent *accepted(struct event_base *base, void *context)
{
	struct control *control = context;
	size_t count = clients_count(control) + 1;

	assert(control->magic == CONTROL_MAGIC);
	if (count >= control->connections_max) {
		complain(control, "as many connections as there may be");
		pause_listening(control);
	} else if (count < control->connections_max / 2) {
		control->is_full = false;
	}
	return client_new(base, control);
}

/* A connection could not be accepted. */
static void not_accepted(struct evconnlistener *listener, void *context)
{
	int error = EVUTIL_SOCKET_ERROR();

	(void)context;
	assert(accepting != NULL &&
	       (accepting->listener == listener || accepting->port_listener == listener));
	complain(accepting, strerror(error));
	pause_listening(accepting);
}

/* A listener of the HTTP server on a socket, which is taken over; NULL if libevent can't. */
static struct evconnlistener *bind_listener(
    struct event_base *base, int fd, const struct control *control)
{
	struct evconnlistener *listener = evconnlistener_new(
	    base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);

	if (listener == NULL) {
		close(fd);
		return NULL;
	}
	if (evhttp_bind_listener(control->http, listener) == NULL) {
		evconnlistener_free(listener);
		return NULL;
	}
	evconnlistener_set_error_cb(listener, not_accepted);
	return listener;
}

bool control_accept(struct event_base *base, int fd, struct control *control)
{
	control->resume = evtimer_new(base, resume_listening, control);
	assert(control->resume != NULL);
	control->listener = bind_listener(base, fd, control);
	if (control->listener == NULL)
		return false;
	accepting = control;
	evhttp_set_bevcb(control->http, accepted, control);
	return true;
}

struct evconnlistener *control_add_listener(struct control *control, int fd)
{
	return bind_listener(evconnlistener_get_base(control->listener), fd, control);
}

void control_stop_accepting(struct control *control)
{
	if (accepting == control)
		accepting = NULL;
	if (control->resume != NULL)
		event_free(control->resume);
	control->resume = NULL;
}
