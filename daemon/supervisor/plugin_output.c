/* SPDX-License-Identifier: MIT */
#include "supervisor/plugin_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "base/log.h"

#define OUTPUT_LINE_MAX 4096
/* More than a pipe holds. */
#define REST_MAX (1024 * 1024)
/* What a plugin may log: this many lines at once, and so many a second in the long run. */
#define LINES_AT_ONCE 2000
#define LINES_PER_SECOND 200
#define NS_PER_LINE (NS_PER_S / LINES_PER_SECOND)

struct bufferevent *plugin_open_stream(
    struct plugin *plugin, int fd, bufferevent_data_cb ready, bufferevent_event_cb event)
{
	struct bufferevent *stream =
	    bufferevent_socket_new(plugin->supervisor->base, fd, BEV_OPT_CLOSE_ON_FREE);

	assert(stream != NULL);
	bufferevent_setcb(stream, ready, NULL, event, plugin);
	bufferevent_enable(stream, EV_READ);
	return stream;
}

/* Whether one more line may be logged now; counts it if not. */
static bool take_allowance(struct plugin *plugin)
{
	struct line_allowance *allowance = &plugin->allowance;
	struct monotonic now = monotonic_now();
	int64_t gained = monotonic_since(now, allowance->since) / NS_PER_LINE;

	if (gained > 0) {
		int64_t left = allowance->left + gained;

		allowance->left = left < LINES_AT_ONCE ? (unsigned)left : LINES_AT_ONCE;
		allowance->since = now;
	}
	if (allowance->left == 0) {
		allowance->dropped++;
		return false;
	}
	allowance->left--;
	return true;
}

void plugin_tell_dropped(struct plugin *plugin)
{
	struct line_allowance *allowance = &plugin->allowance;

	if (allowance->dropped > allowance->told)
		log_about(LOG_LEVEL_WARNING, plugin->config->name, NULL,
		    "%" PRIu64 " lines that it logged are left out here: more than %d a second",
		    allowance->dropped - allowance->told, LINES_PER_SECOND);
	allowance->told = allowance->dropped;
}

void plugin_log_line(struct plugin *plugin, int level, const char *scannable, const char *line)
{
	if (take_allowance(plugin))
		log_always(level, plugin->config->name, scannable, line);
}

/* Logs a line that it printed, if its level is wanted. */
static void log_printed(struct plugin *plugin, int level, const char *line)
{
	if (level >= plugin_log_level(plugin))
		plugin_log_line(plugin, level, NULL, line);
}

/* Logs the complete lines of what was printed, and with rest set what is left without an end. */
static void log_lines(struct plugin *plugin, struct bufferevent *stream, int level, bool rest)
{
	struct evbuffer *input = bufferevent_get_input(stream);
	char *line;

	while ((line = evbuffer_readln(input, NULL, EVBUFFER_EOL_LF)) != NULL) {
		log_printed(plugin, level, line);
		free(line);
	}
	while (evbuffer_get_length(input) >= (rest ? 1 : OUTPUT_LINE_MAX)) {
		char part[OUTPUT_LINE_MAX + 1];
		int length = evbuffer_remove(input, part, OUTPUT_LINE_MAX);

		if (length <= 0)
			break;
		part[length] = '\0';
		log_printed(plugin, level, part);
	}
}

static void output_ready(struct bufferevent *stream, void *context)
{
	log_lines(plugin_of(context), stream, LOG_LEVEL_INFO, false);
}

static void errors_ready(struct bufferevent *stream, void *context)
{
	log_lines(plugin_of(context), stream, LOG_LEVEL_WARNING, false);
}

static void output_event(struct bufferevent *stream, short what, void *context)
{
	(void)what;
	(void)context;
	bufferevent_disable(stream, EV_READ);
}

void plugin_read_rest(struct bufferevent *stream)
{
	struct evbuffer *input = bufferevent_get_input(stream);
	int left = REST_MAX;
	int length;

	evbuffer_unfreeze(input, 0);
	while (left > 0 && (length = evbuffer_read(input, bufferevent_getfd(stream), left)) > 0)
		left -= length;
}

static void close_stream(struct plugin *plugin, struct bufferevent **stream, int level)
{
	if (*stream == NULL)
		return;
	plugin_read_rest(*stream);
	log_lines(plugin, *stream, level, true);
	bufferevent_free(*stream);
	*stream = NULL;
}

void plugin_open_output(struct plugin *plugin)
{
	plugin->output =
	    plugin_open_stream(plugin, plugin->process.output, output_ready, output_event);
	plugin->errors =
	    plugin_open_stream(plugin, plugin->process.errors, errors_ready, output_event);
}

void plugin_close_output(struct plugin *plugin)
{
	close_stream(plugin, &plugin->output, LOG_LEVEL_INFO);
	close_stream(plugin, &plugin->errors, LOG_LEVEL_WARNING);
	plugin_tell_dropped(plugin);
}
