/* SPDX-License-Identifier: MIT */
/* A real plugin host with worker threads, spoken to over its channel. */
#include "kit/certify_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "host/host.h"

static struct place *find_place(struct supervision *supervision, uint32_t session)
{
	for (size_t i = 0; i < SIDE_BY_SIDE; i++)
		if (supervision->places[i].session == session)
			return &supervision->places[i];
	return NULL;
}

static size_t class_of(void *context, uint32_t session, uint32_t resource)
{
	const struct place *place = find_place(context, session);

	return place != NULL && resource < place->count ? place->class_of[resource]
	                                                : CLASS_NOT_FOUND;
}

static void note_class(struct place *place, uint32_t resource, uint32_t class)
{
	while (place->count <= resource) {
		place->class_of = xgrow(
		    place->class_of, place->count, &place->capacity, sizeof(*place->class_of));
		place->class_of[place->count++] = 0;
	}
	place->class_of[resource] = class;
}

/* ---- the channel ---- */

static void send_message(struct supervision *supervision, const struct message *message)
{
	struct text frames = TEXT_EMPTY;
	size_t sent = 0;

	message_encode(message, &frames);
	while (sent < frames.length) {
		ssize_t length =
		    send(supervision->fd, frames.data + sent, frames.length - sent, MSG_NOSIGNAL);

		if (length <= 0)
			break;
		sent += (size_t)length;
	}
	text_forget(&frames);
}

static void wake(struct supervision *supervision)
{
	uint64_t count;

	if (read(supervision->wake, &count, sizeof(count)) > 0)
		supervision->woken(supervision);
}

/* Reads more bytes. False at the end of the channel, or when none come within the limit. */
static bool read_more(struct supervision *supervision)
{
	struct pollfd inputs[] = {
	    {.fd = supervision->fd, .events = POLLIN}, {.fd = supervision->wake, .events = POLLIN}};
	char bytes[65536];
	ssize_t length;

	if (poll(inputs, 2, (int)supervision->trial->options->limit_s * 1000) <= 0)
		return false;
	if (inputs[1].revents != 0)
		wake(supervision);
	if (inputs[0].revents == 0)
		return true;
	length = recv(supervision->fd, bytes, sizeof(bytes), 0);
	if (length > 0)
		frame_reader_feed(&supervision->reader, bytes, (size_t)length);
	return length > 0;
}

/* The next message, or false when there is none. */
static bool receive(struct supervision *supervision, struct message *message)
{
	const struct message_loaded *loaded = &supervision->loaded.loaded;
	const struct wire_context context = {.classes = loaded->classes,
	    .class_count = loaded->class_count,
	    .class_of = class_of,
	    .context = supervision};
	char reason[REASON_SIZE];
	enum message_type type;
	const void *body;
	size_t length;
	int result;

	while (
	    (result = frame_reader_next(&supervision->reader, &type, &body, &length, reason)) == 0)
		if (!read_more(supervision))
			return false;
	return result > 0 && message_decode(type, body, length, &context, message, reason);
}

/* ---- sessions ---- */

void supervision_open(struct supervision *supervision, struct place *place)
{
	struct kit_session *session = supervision->trial->session;
	struct message message = {.type = MESSAGE_OPEN};
	size_t count;
	struct class *const *classes = kit_classes(supervision->trial->kit, &count);

	*place = (struct place){.session = ++supervision->last_session,
	    .class_of = place->class_of,
	    .capacity = place->capacity,
	    .rounds = place->rounds + 1};
	message.open = (struct message_open){.session = place->session,
	    .label = session->scannable->label,
	    .values = supervision->values,
	    .value_count = supervision->value_count};
	while (classes[message.open.class] != session->class)
		message.open.class ++;
	note_class(place, 0, message.open.class);
	send_message(supervision, &message);
	supervision->open++;
}

void supervision_close(struct supervision *supervision, const struct place *place)
{
	const struct message message = {
	    .type = MESSAGE_CLOSE, .close = {.session = place->session}};

	send_message(supervision, &message);
}

/* After the initial scan and an update scan a session makes room for the next. */
static void take_batch(struct supervision *supervision, const struct batch *batch)
{
	struct place *place = find_place(supervision, batch->session);
	const struct message message = {.type = MESSAGE_ACKNOWLEDGE,
	    .acknowledge = {.session = batch->session, .batch = batch->number}};

	if (place == NULL)
		return;
	for (size_t i = 0; i < batch->report_count; i++)
		note_class(place, batch->reports[i].resource, batch->reports[i].class);
	send_message(supervision, &message);
	place->batches += batch->kind != BATCH_ASYNC;
	if (place->batches == 2 && batch->kind != BATCH_ASYNC)
		supervision_close(supervision, place);
}

static void take_end(struct supervision *supervision, const struct message_ended *ended)
{
	struct place *place = find_place(supervision, ended->session);

	supervision->open--;
	if (place != NULL)
		supervision->ended(supervision, place, ended);
}

bool supervision_run(struct supervision *supervision)
{
	struct message message;

	while (supervision->open > 0) {
		if (!receive(supervision, &message))
			return false;
		if (message.type == MESSAGE_BATCH)
			take_batch(supervision, message.batch);
		else if (message.type == MESSAGE_ENDED)
			take_end(supervision, &message.ended);
		message_clear(&message);
	}
	return true;
}

/* ---- the host ---- */

/* Starts a plugin host in threads of this process; false if it can't be. */
static bool start_host(struct supervision *supervision, int recorder)
{
	int ends[2];

	if (recorder < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	supervision->fd = ends[0];
	return host_start_thread(ends[1], recorder) == 0;
}

static void tell_failed(struct trial *trial, const struct message *message)
{
	if (message->type != MESSAGE_FAILED)
		return;
	for (size_t i = 0; i < message->failed.reason_count; i++)
		trial_fail(trial, "", "%s", message->failed.reasons[i]);
}

/* Sends the configuration and waits until the plugin is loaded once more. */
static bool configure(struct supervision *supervision)
{
	const struct certify_options *options = supervision->trial->options;
	const struct message message = {.type = MESSAGE_CONFIGURE,
	    .configure = {.plugin = (char *)(uintptr_t)supervision->trial->plugin,
	        .path = supervision->path,
	        .log_level = IML_ERROR,
	        .workers = SIDE_BY_SIDE,
	        .default_period_s = 1,
	        .settings = (struct setting *)(uintptr_t)options->settings,
	        .setting_count = options->setting_count}};

	send_message(supervision, &message);
	while (receive(supervision, &supervision->loaded)) {
		if (supervision->loaded.type == MESSAGE_LOADED)
			return true;
		tell_failed(supervision->trial, &supervision->loaded);
		message_clear(&supervision->loaded);
	}
	return false;
}

static void read_values(struct supervision *supervision)
{
	const struct kit_session *session = supervision->trial->session;
	size_t count = session->class->attribute_count;

	supervision->values = xcalloc(count, sizeof(*supervision->values));
	for (size_t i = 0; i < count; i++) {
		const struct value *value = &session->scannable->values[i];

		if (value->type != VALUE_NULL && value->type != VALUE_REFERENCE)
			supervision->values[supervision->value_count++] =
			    (struct change){.attribute = (uint32_t)i, .value = *value};
	}
}

bool supervision_begin(struct supervision *supervision, struct trial *trial)
{
	/* So that the parent learns in which hook a worker of the host dies. */
	int recorder = fcntl(trial->isolated->recorder, F_DUPFD_CLOEXEC, 0);

	trial->plain = true;
	if (!trial_begin(trial)) {
		close(recorder);
		return false;
	}
	supervision->trial = trial;
	supervision->path = realpath(trial->options->path, NULL);
	if (!start_host(supervision, recorder) || !configure(supervision)) {
		trial_fail(trial, "", "a plugin host with threads can't be started");
		return false;
	}
	read_values(supervision);
	return true;
}

void supervision_end(struct supervision *supervision)
{
	const struct message stop = {.type = MESSAGE_STOP};

	send_message(supervision, &stop);
	host_join_threads();
	message_clear(&supervision->loaded);
	frame_reader_clear(&supervision->reader);
	close(supervision->fd);
	free(supervision->values);
	free(supervision->path);
	for (size_t i = 0; i < SIDE_BY_SIDE; i++)
		free(supervision->places[i].class_of);
	trial_end(supervision->trial);
}
