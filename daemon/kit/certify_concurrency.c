/* SPDX-License-Identifier: MIT */
/*
 * The check that sessions run side by side: in a real plugin host with worker threads, spoken to
 * over its channel. If the plugin was built with ThreadSanitizer, and its runtime is there, data
 * races are found, too.
 */
#include "kit/certify_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "host/host.h"

#define SESSIONS 4
#define ROUNDS 6 /* sessions that follow each other in each place */
#define CLASSES_INITIAL 64

extern void __tsan_init(void) __attribute__((weak));

/* The classes of a session's resources, by number, which the decoder of batches asks for. */
struct place {
	uint32_t session; /* number */
	uint32_t *class_of;
	size_t count;
	size_t capacity;
	unsigned rounds;  /* begun */
	unsigned batches; /* of the session that is open */
};

struct supervision {
	struct trial *trial;
	char *path; /* absolute */
	int fd;
	struct frame_reader reader;
	struct message loaded;
	struct place places[SESSIONS];
	uint32_t last_session;
	unsigned open;
	unsigned failures;
	struct change *values;
	size_t value_count;
};

static struct place *find_place(struct supervision *supervision, uint32_t session)
{
	for (size_t i = 0; i < SESSIONS; i++)
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

/* Reads more bytes. False at the end of the channel, or when none come within the limit. */
static bool read_more(struct supervision *supervision)
{
	struct pollfd input = {.fd = supervision->fd, .events = POLLIN};
	char bytes[65536];
	ssize_t length;

	if (poll(&input, 1, (int)supervision->trial->options->limit_s * 1000) <= 0)
		return false;
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

static void open_session(struct supervision *supervision, struct place *place)
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

static void close_session(struct supervision *supervision, const struct place *place)
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
		close_session(supervision, place);
}

static void take_end(struct supervision *supervision, const struct message_ended *ended)
{
	struct place *place = find_place(supervision, ended->session);

	supervision->open--;
	if (ended->failed && supervision->failures++ == 0)
		trial_fail(supervision->trial,
		    "keep nothing in static variables that belongs to one session; if the device "
		    "admits only so many logins, share one among the sessions",
		    "%s failed while %d sessions ran side by side: %s", ended->hook, SESSIONS,
		    ended->reason);
	if (place != NULL && place->rounds < ROUNDS)
		open_session(supervision, place);
}

static void take(struct supervision *supervision, const struct message *message)
{
	if (message->type == MESSAGE_BATCH)
		take_batch(supervision, message->batch);
	else if (message->type == MESSAGE_ENDED)
		take_end(supervision, &message->ended);
}

/* Keeps SESSIONS sessions running until each place has had its rounds. */
static void supervise(struct supervision *supervision)
{
	struct message message;

	for (size_t i = 0; i < SESSIONS; i++)
		open_session(supervision, &supervision->places[i]);
	while (supervision->open > 0) {
		if (!receive(supervision, &message)) {
			trial_fail(supervision->trial,
			    "look for locks that one session holds while another waits",
			    "%d sessions side by side did not go on", SESSIONS);
			/* Their threads can't be ended. */
			_exit(0);
		}
		take(supervision, &message);
		message_clear(&message);
	}
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
	        .workers = SESSIONS,
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

static void end_supervision(struct supervision *supervision)
{
	const struct message stop = {.type = MESSAGE_STOP};

	send_message(supervision, &stop);
	host_join_threads();
	message_clear(&supervision->loaded);
	frame_reader_clear(&supervision->reader);
	close(supervision->fd);
	free(supervision->values);
	free(supervision->path);
	for (size_t i = 0; i < SESSIONS; i++)
		free(supervision->places[i].class_of);
}

static void try_side_by_side(struct trial *trial)
{
	struct supervision supervision = {
	    .trial = trial, .path = realpath(trial->options->path, NULL)};
	/* So that the parent learns in which hook a worker of the host dies. */
	int recorder = fcntl(trial->isolated->recorder, F_DUPFD_CLOEXEC, 0);

	trial->plain = true;
	if (!trial_begin(trial))
		return;
	if (!start_host(&supervision, recorder) || !configure(&supervision)) {
		trial_fail(trial, "", "a plugin host with threads can't be started");
		return;
	}
	read_values(&supervision);
	supervise(&supervision);
	end_supervision(&supervision);
	trial_end(trial);
}

/* ---- the check ---- */

/* Adds what ThreadSanitizer printed of a race. */
static void judge_races(struct certify_result *result, const struct text *printed)
{
	static const char place[] = "SUMMARY: ThreadSanitizer: ";
	const char *at = printed->length > 0 ? printed->data : "";
	size_t races = 0;

	for (const char *next = at; (next = strstr(next, RACE_WARNING)) != NULL; next++)
		races++;
	if (races == 0)
		return;
	at = strstr(at, place);
	at = at != NULL ? at + strlen(place) : "see the output of the plugin";
	result_fail(result,
	    "guard what sessions share with a mutex, or make it part of the session",
	    "ThreadSanitizer found %zu races, the first: %.*s", races, (int)strcspn(at, "\n"), at);
}

void check_concurrency(struct examination *examination, struct certify_result *result)
{
	struct experiment_outcome outcome;
	bool sanitized = examination->certificate->file.thread_sanitizer;

	experiment_run(examination, result, try_side_by_side, NULL, false, &outcome);
	judge_races(result, &outcome.printed);
	result_summary(result, "%d sessions, %d at a time", SESSIONS * ROUNDS, SESSIONS);
	if (!sanitized)
		result_note(result, "data races were not looked for: build with -fsanitize=thread");
	else if (__tsan_init != NULL)
		result_note(result, "under ThreadSanitizer");
	experiment_outcome_clear(&outcome);
}
