/* SPDX-License-Identifier: MIT */
/* What the files of a plugin share: its life (plugin.c), what it prints, its channel, its loading,
 * and what its process is doing. */
#ifndef SUPERVISOR_PLUGIN_INTERNAL_H
#define SUPERVISOR_PLUGIN_INTERNAL_H

#include <event2/bufferevent.h>

#include "host/reasons.h"
#include "supervisor/supervisor.h"

#define PLUGIN_MAGIC 0x504c5547u

/* The plugin that a callback got as its context. */
struct plugin *plugin_of(void *context);

/* Moves to a state; the reason, in words, is logged and kept for status. */
void plugin_set_state(struct plugin *plugin, enum plugin_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a text that the plugin then owns, or NULL, and without a line in the log. */
void plugin_take_state(struct plugin *plugin, enum plugin_state state, char *reason);

/* It has failed, for the reasons that it has. Each is logged with the place of its entry. */
void plugin_fail(struct plugin *plugin);

/* The end of what the state waits for. */
void plugin_set_timer(struct plugin *plugin, int64_t ns);

/* Frees texts and leaves none. */
void texts_free(char ***texts, size_t *count);

/*
 * Stops a plugin that was loaded but can't be used, for the reasons given, which it takes. Its
 * sessions end in order, without its scannables being called offline; then it has failed, as one
 * that can't be loaded.
 */
void plugin_condemn(struct plugin *plugin, struct reasons *reasons);

/* ---- in and out of the list (plugin_list.c) ---- */

/* What a process of the plugin is to be told by the configuration. */
struct message_adjust plugin_adjustment(const struct plugin *plugin);

/* Forgets the entry that it had when it left the list. */
void plugin_drop_own_config(struct plugin *plugin);

/* Takes the part of a plugin back that is no longer listed, and whose process has ended. */
void plugin_depart(struct plugin *plugin);

/* ---- what it prints (plugin_output.c) ---- */

/* Opens a non-blocking stream on our end of what leads to the process. */
struct bufferevent *plugin_open_stream(
    struct plugin *plugin, int fd, bufferevent_data_cb ready, bufferevent_event_cb event);

/*
 * Reads what a dead process left in its stream. No more than fits there: a process that it started
 * may live on, and write faster than we read.
 */
void plugin_read_rest(struct bufferevent *stream);

/* Begins to log standard output and error of the process, line by line. */
void plugin_open_output(struct plugin *plugin);

/* Logs what a dead process printed last, then closes its streams. */
void plugin_close_output(struct plugin *plugin);

/* Logs a line in the name of the plugin, unless it has logged too many of late. */
void plugin_log_line(struct plugin *plugin, int level, const char *scannable, const char *line);

/* ---- its channel (plugin_channel.c) ---- */

void plugin_open_channel(struct plugin *plugin);

/* Takes what a process sent before it ended. */
void plugin_drain_channel(struct plugin *plugin);

void plugin_close_channel(struct plugin *plugin);

/* ---- loading (plugin_loading.c) ---- */

void plugin_receive_loaded(struct plugin *plugin, struct message *message);
void plugin_receive_failed(struct plugin *plugin, struct message *message);
void plugin_free_classes(struct plugin *plugin);

/* ---- what its process is doing (plugin_activity.c) ---- */

/* Appends 'in update_scan of "array-7"' for every hook that was running, or just the fatal one. */
void plugin_describe_activity(struct plugin *plugin, struct text *text);

/* Whether a session's hook was running when the process died. */
bool plugin_was_busy(const struct plugin *plugin, const struct session *session);

#endif
