/* SPDX-License-Identifier: MIT */
/*
 * A test in the place of the supervisor: starts a plugin host in a thread, and speaks with it over
 * a socketpair.
 */
#ifndef FAKE_SUPERVISOR_H
#define FAKE_SUPERVISOR_H

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "host/host.h"
#include "../plugins/t_hooks.h"
#include "wire/message.h"
#include "wire/recorder.h"

#define SESSIONS_MAX 64
#define RESOURCES_MAX 20000
#define PATIENCE_MS 20000

struct fake_supervisor {
	int fd;
	struct frame_reader reader;
	struct recorder *recorder;
	struct class **classes;
	size_t class_count;
	struct message loaded; /* LOADED or FAILED */
	struct t_hooks *hooks;
	uint32_t class_of[SESSIONS_MAX][RESOURCES_MAX]; /* 1 + class */
	struct text log;                                /* of all sessions */
	pid_t process;
};

static inline size_t fake_class_of(void *context, uint32_t session, uint32_t resource)
{
	struct fake_supervisor *fake = context;

	assert(session < SESSIONS_MAX && resource < RESOURCES_MAX);
	return fake->class_of[session][resource] != 0 ? fake->class_of[session][resource] - 1
	                                              : CLASS_NOT_FOUND;
}

static inline void fake_send(struct fake_supervisor *fake, const struct message *message)
{
	struct text frames = TEXT_EMPTY;

	message_encode(message, &frames);
	/* Fails when the host has ended. */
	if (send(fake->fd, frames.data, frames.length, MSG_NOSIGNAL) < 0)
		assert(errno == EPIPE || errno == ECONNRESET);
	text_clear(&frames);
}

/* Reads more bytes; false at the end of the channel or when none come in time. */
static inline bool fake_read(struct fake_supervisor *fake, int patience_ms)
{
	struct pollfd input = {.fd = fake->fd, .events = POLLIN};
	char bytes[65536];
	ssize_t length;

	if (poll(&input, 1, patience_ms) <= 0)
		return false;
	length = recv(fake->fd, bytes, sizeof(bytes), 0);
	if (length <= 0)
		return false;
	frame_reader_feed(&fake->reader, bytes, (size_t)length);
	return true;
}

/* Notes the classes of new resources, for the decoder. */
static inline void fake_note(struct fake_supervisor *fake, const struct batch *batch)
{
	for (size_t i = 0; i < batch->report_count; i++)
		fake->class_of[batch->session][batch->reports[i].resource] =
		    batch->reports[i].class + 1;
}

/* The next message that is no log line; type MESSAGE_TYPE_END when none comes in time. */
static inline struct message fake_receive_within(struct fake_supervisor *fake, int patience_ms)
{
	struct wire_context context = {fake->classes, fake->class_count, fake_class_of, fake};
	struct message message = {.type = MESSAGE_TYPE_END};
	char reason[REASON_SIZE] = "";
	enum message_type type;
	const void *body;
	size_t length;

	for (;;) {
		int result = frame_reader_next(&fake->reader, &type, &body, &length, reason);

		assert(result >= 0);
		if (result == 0 && !fake_read(fake, patience_ms))
			return (struct message){.type = MESSAGE_TYPE_END};
		if (result == 0)
			continue;
		if (!message_decode(type, body, length, &context, &message, reason)) {
			fprintf(stderr, "%s: %s\n", message_type_name(type), reason);
			abort();
		}
		if (message.type != MESSAGE_LOG)
			break;
		text_printf(&fake->log, "%u %s\n", message.log.level, message.log.line);
		message_clear(&message);
	}
	if (message.type == MESSAGE_BATCH)
		fake_note(fake, message.batch);
	return message;
}

static inline struct message fake_receive(struct fake_supervisor *fake, enum message_type type)
{
	struct message message = fake_receive_within(fake, PATIENCE_MS);

	if (message.type != type)
		fprintf(stderr, "expected %s, got %s\n%s", message_type_name(type),
		    message.type < MESSAGE_TYPE_END ? message_type_name(message.type) : "nothing",
		    fake->log.data != NULL ? fake->log.data : "");
	if (message.type == MESSAGE_ENDED && message.ended.reason != NULL)
		fprintf(stderr, "ended: %s\n", message.ended.reason);
	assert(message.type == type);
	return message;
}

static inline struct batch *fake_batch(struct fake_supervisor *fake)
{
	return fake_receive(fake, MESSAGE_BATCH).batch;
}

static inline void fake_acknowledge(struct fake_supervisor *fake, struct batch *batch)
{
	struct message message = {.type = MESSAGE_ACKNOWLEDGE,
	    .acknowledge = {.session = batch->session, .batch = batch->number}};

	fake_send(fake, &message);
	batch_free(batch);
}

struct fake_options {
	const char *plugin;
	uint32_t log_level;
	uint32_t workers;
	struct setting settings[4];
	size_t setting_count;
	bool process; /* in a process of its own, not in a thread */
};

/* The absolute path of a built test plugin. The caller frees it. */
static inline char *fake_plugin_path(const char *plugin)
{
	const char *build = getenv("BUILD");
	char *relative =
	    xasprintf("%s/tests/plugins/%s.so", build != NULL ? build : "build", plugin);
	char *path = realpath(relative, NULL);

	if (path == NULL)
		fprintf(stderr, "%s is missing\n", relative);
	assert(path != NULL);
	free(relative);
	return path;
}

/* Starts a host on the other end of a channel. */
static inline void fake_run_host(struct fake_supervisor *fake, bool process)
{
	int recorder = recorder_create();
	int ends[2];

	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	fake->fd = ends[0];
	fake->recorder = recorder_map(recorder);
	assert(fake->recorder != NULL);
	if (!process) {
		assert(host_start_thread(ends[1], recorder) == 0);
		return;
	}
	fflush(NULL);
	fake->process = fork();
	if (fake->process == 0) {
		close(ends[0]);
		free(fake);
		exit(host_main(ends[1], recorder));
	}
	close(ends[1]);
	close(recorder);
}

/* Starts a host and lets it load the plugin. */
static inline struct fake_supervisor *fake_start_with(const struct fake_options *options)
{
	struct fake_supervisor *fake = xcalloc(1, sizeof(*fake));
	char *path = fake_plugin_path(options->plugin);
	struct message configure = {.type = MESSAGE_CONFIGURE,
	    .configure = {.plugin = (char *)(uintptr_t)options->plugin,
	        .path = path,
	        .log_level = options->log_level,
	        .workers = options->workers,
	        .default_period_s = 1,
	        .settings = (struct setting *)(uintptr_t)options->settings,
	        .setting_count = options->setting_count}};

	fake_run_host(fake, options->process);
	fake_send(fake, &configure);
	free(path);
	fake->loaded = fake_receive_within(fake, PATIENCE_MS);
	if (fake->loaded.type == MESSAGE_LOADED) {
		fake->classes = fake->loaded.loaded.classes;
		fake->class_count = fake->loaded.loaded.class_count;
	}
	return fake;
}

/* Starts a host in a thread, with one of the plugins whose hooks are functions of the test. */
static inline struct fake_supervisor *fake_start(
    const char *plugin, uint32_t log_level, uint32_t workers)
{
	struct fake_options options = {.plugin = plugin,
	    .log_level = log_level,
	    .workers = workers,
	    .settings = {{(char *)(uintptr_t) "limit", (char *)(uintptr_t) "12"}},
	    .setting_count = 1};
	struct fake_supervisor *fake = fake_start_with(&options);
	char *path = fake_plugin_path(plugin);
	void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);

	if (library != NULL)
		fake->hooks = dlsym(library, T_HOOKS_SYMBOL);
	free(path);
	return fake;
}

/* Opens a session for a controller of which count attributes are known. */
static inline void fake_open_partly(struct fake_supervisor *fake, uint32_t session, size_t count)
{
	struct change values[] = {{0, {.type = VALUE_TEXT, .text = (char *)(uintptr_t) "array-1"}},
	    {2, {.type = VALUE_TEXT, .text = (char *)(uintptr_t) "hunter2"}},
	    {3, value_integer(7)}};
	struct message open = {.type = MESSAGE_OPEN};

	assert(count <= sizeof(values) / sizeof(*values));
	memset(fake->class_of[session], 0, sizeof(fake->class_of[session]));
	fake->class_of[session][0] = 1;
	open.open = (struct message_open){.session = session,
	    .class = 0,
	    .label = (char *)(uintptr_t) "array-1",
	    .values = values,
	    .value_count = count};
	fake_send(fake, &open);
}

static inline void fake_open(struct fake_supervisor *fake, uint32_t session)
{
	fake_open_partly(fake, session, 3);
}

static inline void fake_close(struct fake_supervisor *fake, uint32_t session)
{
	struct message message = {.type = MESSAGE_CLOSE, .close = {.session = session}};

	fake_send(fake, &message);
}

static inline void fake_send_stop(struct fake_supervisor *fake)
{
	struct message message = {.type = MESSAGE_STOP};

	fake_send(fake, &message);
}

/* Releases everything; the host has ended. */
static inline void fake_end(struct fake_supervisor *fake)
{
	if (fake->hooks != NULL) {
		fake->hooks->initial_scan = NULL;
		fake->hooks->update_scan = NULL;
		fake->hooks->teardown = NULL;
		fake->hooks->get_label = NULL;
		fake->hooks->default_function = NULL;
	}
	message_clear(&fake->loaded);
	frame_reader_clear(&fake->reader);
	recorder_unmap(fake->recorder);
	text_clear(&fake->log);
	close(fake->fd);
	free(fake);
}

/* Stops the host, throws away what it still sends, and waits for its end. */
static inline void fake_stop(struct fake_supervisor *fake)
{
	fake_send_stop(fake);
	for (;;) {
		struct message message = fake_receive_within(fake, PATIENCE_MS);

		if (message.type == MESSAGE_TYPE_END)
			break;
		message_clear(&message);
	}
	host_join_threads();
	fake_end(fake);
}

#endif
