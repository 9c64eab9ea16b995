/* SPDX-License-Identifier: MIT */
/* What systemd is told: that the runner is ready, how things are, and that its loop still turns. */
#include "supervisor/supervisor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <systemd/sd-daemon.h>

/* In each time that systemd allows for a sign of life, so many are given. */
#define SIGNS_OF_LIFE 3

#define NS_PER_US (NS_PER_S / US_PER_S)

static void give_sign_of_life(int fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	sd_notify(0, "WATCHDOG=1");
}

void service_tell_reload(void)
{
	/* By the time systemd knows that this is no reload from before it asked for one. */
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, monotonic_now().ns / NS_PER_US);
}

void service_tell_ready(void)
{
	sd_notify(0, "READY=1");
}

void service_begin(struct supervisor *supervisor)
{
	uint64_t limit_us = 0;
	struct timeval time;

	service_tell_ready();
	if (sd_watchdog_enabled(0, &limit_us) <= 0)
		return;
	limit_us /= SIGNS_OF_LIFE;
	time = (struct timeval){
	    .tv_sec = (time_t)(limit_us / US_PER_S), .tv_usec = (suseconds_t)(limit_us % US_PER_S)};
	supervisor->watchdog =
	    event_new(supervisor->base, -1, EV_PERSIST, give_sign_of_life, supervisor);
	event_add(supervisor->watchdog, &time);
}

void service_tell_status(struct supervisor *supervisor)
{
	char *text = supervisor_summary(supervisor);

	/* A line end would begin another message. */
	for (char *end = text; (end = strchr(end, '\n')) != NULL;)
		*end = ' ';
	if (supervisor->status_text == NULL || strcmp(text, supervisor->status_text) != 0)
		sd_notifyf(0, "STATUS=%s", text);
	free(supervisor->status_text);
	supervisor->status_text = text;
}

void service_tell_stop(int64_t limit_s)
{
	sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64, limit_s * US_PER_S);
}

void service_end(struct supervisor *supervisor)
{
	if (supervisor->watchdog != NULL)
		event_free(supervisor->watchdog);
	free(supervisor->status_text);
}
