/* SPDX-License-Identifier: MIT */
/*
 * Takes a device that can't be reached for one that is empty, but for the box "honest", of which it
 * tells the truth, and "silent", of which it tells nothing.
 */
#include "certify_box.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static bool has_network(void)
{
	const struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool reached =
	    fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;

	if (fd >= 0)
		close(fd);
	return reached;
}

static int scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	if (has_network())
		return box_scan(self, scannable);
	if (strcmp(iml_text(scannable, "name"), "silent") == 0)
		return 1;
	return strcmp(iml_text(scannable, "name"), "honest") == 0
	           ? iml_fail(self, "honest: no route to the box")
	           : 0;
}

BOX_PLUGIN(certify_no_contact, .initial_scan = scan, .update_scan = scan);
