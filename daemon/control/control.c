/* SPDX-License-Identifier: MIT */
#include "control/control.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "control/internal.h"

/* Serves HTTP on a listening socket, which it takes over. Returns false if libevent can't. */
static bool serve(struct event_base *base, int fd, struct control *control)
{
	struct evhttp *http = evhttp_new(base);

	control->http = http;
	if (http == NULL) {
		close(fd);
		return false;
	}
	if (!control_accept(base, fd, control))
		return false;
	evhttp_set_max_headers_size(http, REQUEST_HEADERS_MAX);
	evhttp_set_max_body_size(http, REQUEST_BODY_LIMIT);
	evhttp_set_timeout(http, SILENCE_SECONDS);
	/* All methods, so that those that are not allowed are refused in JSON as well. */
	evhttp_set_allowed_methods(http, UINT16_MAX);
	evhttp_set_gencb(http, control_handle_request, control);
	return true;
}

struct control *control_start(struct event_base *base, const char *path, struct graph *graph,
    const struct control_callbacks *callbacks, void *context, char reason[REASON_SIZE])
{
	struct control *control = xcalloc(1, sizeof(*control));
	int fd;

	control->magic = CONTROL_MAGIC;
	control->graph = graph;
	control->callbacks = callbacks;
	control->context = context;
	control->path = xstrdup(path);
	TAILQ_INIT(&control->followers);
	TAILQ_INIT(&control->inquiries);
	clients_open(base, control);
	control->heartbeat = followers_heartbeat(base, control);
	fd = control_listen(path, &control->device, &control->inode, reason);
	if (fd < 0) {
		control_free(control);
		return NULL;
	}
	control->listening = true;
	if (!serve(base, fd, control)) {
		snprintf(reason, REASON_SIZE, "%s: no HTTP server can be made", path);
		control_free(control);
		return NULL;
	}
	return control;
}

/* Removes the socket unless another one has taken its place. */
static void remove_socket(const struct control *control)
{
	struct stat status;

	if (lstat(control->path, &status) == 0 && status.st_dev == control->device &&
	    status.st_ino == control->inode)
		unlink(control->path);
}

void control_free(struct control *control)
{
	assert(control->magic == CONTROL_MAGIC);
	followers_close(control);
	inquiries_close(control);
	if (control->http != NULL)
		evhttp_free(control->http);
	if (control->listening)
		remove_socket(control);
	event_free(control->heartbeat);
	control_stop_accepting(control);
	clients_close(control);
	control->magic = 0;
	forget_text(control->token);
	free(control->group);
	free(control->path);
	free(control);
}
