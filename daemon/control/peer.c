/* SPDX-License-Identifier: MIT */
/*
 * Who may change things. The kernel tells who made a connection; who may make one at all is a
 * matter of the socket's mode.
 */
#include "control/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/bufferevent.h>

#include "base/memory.h"

void control_set_group(struct control *control, const char *name, gid_t id)
{
	free(control->group);
	control->group = xstrdup(name);
	control->group_id = id;
}

/* Whether the maker of a connection has a group besides its first one. */
static bool peer_has_group(int fd, gid_t group)
{
	socklen_t size = 0;
	gid_t first, *groups;
	bool has = false;

	/* The kernel says how much room it needs; the groups of a connection never change. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &first, &size) != 0 && errno != ERANGE)
		return false;
	groups = xcalloc(size / sizeof(*groups) + 1, sizeof(*groups));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
		size = 0;
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		has = has || groups[i] == group;
	free(groups);
	return has;
}

/* Refuses a request of a user, and says who may make it. */
static void refuse(struct exchange *exchange, uid_t user)
{
	const struct control *control = exchange->control;
	const char *comma = control->group != NULL ? ", " : " and ";
	uid_t own = geteuid();
	struct text words = TEXT_EMPTY;

	text_printf(&words, "user %u may only read: root", (unsigned)user);
	if (own != 0)
		text_printf(&words, "%suser %u, who runs the runner", comma, (unsigned)own);
	if (control->group != NULL)
		text_printf(&words, " and members of the group %s", control->group);
	text_append(&words, " may change things");
	if (control->group == NULL)
		text_append(&words, "; the configuration names a group with control.group");
	exchange_refuse(exchange, HTTP_FORBIDDEN, NULL, "%s", words.data);
	text_clear(&words);
}

bool exchange_may_change(struct exchange *exchange)
{
	const struct control *control = exchange->control;
	struct evhttp_connection *connection = evhttp_request_get_connection(exchange->request);
	int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
	struct ucred peer = {.uid = (uid_t)-1, .gid = (gid_t)-1};
	socklen_t size = sizeof(peer);

	if (client_is_network(exchange)) {
		exchange_refuse(exchange, HTTP_FORBIDDEN, NULL,
		    "over TCP nothing can be changed: use the control socket");
		return false;
	}
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	exchange->user = peer.uid;
	if (peer.uid == 0 || peer.uid == geteuid())
		return true;
	if (control->group != NULL &&
	    (peer.gid == control->group_id || peer_has_group(fd, control->group_id)))
		return true;
	refuse(exchange, peer.uid);
	return false;
}
