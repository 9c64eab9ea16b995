/* SPDX-License-Identifier: MIT */
/* Listening on a port of the loopback interface. */
#include "control/internal.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/listener.h>

#include "base/log.h"

union tcp_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool is_loopback(const union tcp_address *address)
{
	if (address->any.sa_family == AF_INET)
		return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

/* Reads "127.0.0.1" or "[::1]", of this length. */
static bool parse_host(const char *text, size_t length, union tcp_address *address)
{
	char host[INET6_ADDRSTRLEN + 2];

	if (length < 2 || length >= sizeof(host))
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	if (host[0] != '[') {
		address->v4.sin_family = AF_INET;
		return inet_pton(AF_INET, host, &address->v4.sin_addr) == 1;
	}
	if (host[length - 1] != ']')
		return false;
	host[length - 1] = '\0';
	address->v6.sin6_family = AF_INET6;
	return inet_pton(AF_INET6, host + 1, &address->v6.sin6_addr) == 1;
}

static bool parse_port(const char *text, in_port_t *port)
{
	size_t length = strspn(text, "0123456789");
	long number = strtol(text, NULL, 10);

	*port = htons((uint16_t)number);
	return length > 0 && length <= 5 && text[length] == '\0' && number <= UINT16_MAX;
}

/* The address of a text such as 127.0.0.1:9500 or [::1]:9500; false with a reason. */
static bool parse_address(const char *text, union tcp_address *address, char reason[REASON_SIZE])
{
	const char *colon = strrchr(text, ':');
	in_port_t port;

	memset(address, 0, sizeof(*address));
	if (colon == NULL || !parse_port(colon + 1, &port) ||
	    !parse_host(text, (size_t)(colon - text), address)) {
		snprintf(reason, REASON_SIZE,
		    "\"%s\" is not an address and port, such as 127.0.0.1:9500 or [::1]:9500",
		    text);
		return false;
	}
	if (!is_loopback(address)) {
		snprintf(reason, REASON_SIZE,
		    "%s is not of this machine alone: name 127.0.0.1 or [::1], and let a proxy "
		    "with "
		    "TLS in front of it speak to others",
		    text);
		return false;
	}
	if (address->any.sa_family == AF_INET)
		address->v4.sin_port = port;
	else
		address->v6.sin6_port = port;
	return true;
}

bool control_check_address(const char *text, char reason[REASON_SIZE])
{
	union tcp_address address;

	return parse_address(text, &address, reason);
}

/* A listening socket, or -1 with errno. */
static int bind_port(const union tcp_address *address)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool is_v4 = address->any.sa_family == AF_INET;
	socklen_t length = is_v4 ? sizeof(address->v4) : sizeof(address->v6);
	int yes = 1, error;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, &address->any, length) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* The port that a socket has got. */
static unsigned port_of(int fd)
{
	union tcp_address address = {.any.sa_family = AF_UNSPEC};
	socklen_t size = sizeof(address);

	getsockname(fd, &address.any, &size);
	return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

bool control_listen_tcp(struct control *control, const char *text, char reason[REASON_SIZE])
{
	union tcp_address address;
	int fd;

	assert(control->port_listener == NULL);
	if (!parse_address(text, &address, reason))
		return false;
	fd = bind_port(&address);
	if (fd < 0) {
		snprintf(reason, REASON_SIZE, "%s: %s", text, strerror(errno));
		return false;
	}
	control->port = port_of(fd);
	control->port_listener = control_add_listener(control, fd);
	if (control->port_listener == NULL) {
		snprintf(reason, REASON_SIZE, "%s: no HTTP server can be made", text);
		return false;
	}
	log_info("listening on %.*s:%u", (int)(strrchr(text, ':') - text), text, control->port);
	return true;
}
