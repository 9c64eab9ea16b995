/* SPDX-License-Identifier: MIT */
#include "cli/client.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>
#include <json-c/linkhash.h>
#include <json-c/json_tokener.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/text.h"
#include "cli/json.h"

#define ANSWER_MAX ((size_t)1024 * 1024 * 1024)
#define ANSWER_DEPTH 64
#define CONNECT_SECONDS 5
#define SILENCE_SECONDS 120 /* without a byte of an answer */
#define RETRY_MS 100
#define HTTP_UNAVAILABLE 503

struct client {
	char *path; /* of the socket */
	CURL *curl; /* for single requests, on one connection */
};

/* ---- finding the runner ---- */

/* Where to look for a runner, and what was found there. */
struct place {
	char *path;
	bool is_given; /* by the user, who knows whose it is */
	int error;     /* EPERM: it belongs to another user, and was left alone */
	uid_t owner;
};

/*
 * Whether something listens at the socket: 0, or the error. A socket in /tmp that nobody named
 * counts only if it is our own: anybody could have put it there.
 */
static int try_place(struct place *place)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;
	int fd, result;

	if (!text_copy(address.sun_path, sizeof(address.sun_path), place->path))
		return ENAMETOOLONG;
	if (!place->is_given && strncmp(place->path, "/tmp/", 5) == 0) {
		if (stat(place->path, &status) != 0)
			return errno;
		place->owner = status.st_uid;
		if (status.st_uid != geteuid())
			return EPERM;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	result = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
	close(fd);
	return result;
}

/* The socket of a runner that answers, or NULL. */
static char *find_socket(struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		places[i].error = try_place(&places[i]);
		if (places[i].error == 0)
			return xstrdup(places[i].path);
	}
	return NULL;
}

/* The first place that we are kept from, or NULL. */
static const struct place *find_forbidden(const struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (places[i].error == EACCES)
			return &places[i];
	return NULL;
}

/* Appends "/run/…/control.sock: no such file" and so on. */
static void append_place(struct text *list, const struct place *place)
{
	text_printf(list, "%s%s: ", list->length > 0 ? ", " : "", place->path);
	if (place->error == EPERM)
		text_printf(list, "belongs to user %u, and was left alone", (unsigned)place->owner);
	else if (place->error == ENOENT)
		text_append(list, "no such file");
	else if (place->error == ECONNREFUSED)
		text_append(list, "refused, whoever made it has ended");
	else
		text_append(list, strerror(place->error));
}

/* Tells why there is no runner to talk to, and what to do. */
static void complain(const struct place *places, size_t count)
{
	const struct place *forbidden = find_forbidden(places, count);
	struct text list = TEXT_EMPTY;

	if (forbidden != NULL) {
		fprintf(stderr,
		    "iml-plugin: not allowed to talk to the runner at %s: permission denied; be"
		    " root or a member of the group iml-plugin-runner\n",
		    forbidden->path);
		return;
	}
	for (size_t i = 0; i < count; i++)
		append_place(&list, &places[i]);
	if (places[0].is_given)
		fprintf(stderr, "iml-plugin: no runner answers at %s\n", list.data);
	else
		fprintf(stderr,
		    "iml-plugin: the plugin runner is not running (%s); start it with \"systemctl"
		    " start iml-plugin-runner\" or run iml-plugin-runner\n",
		    list.data);
	text_clear(&list);
}

/* The socket of the runner, after a wait if need be; NULL with a complaint. */
static char *await_socket(struct place *places, size_t count, unsigned wait_s)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * NS_PER_MS};
	struct monotonic begin = monotonic_now();
	char *found;

	for (;;) {
		found = find_socket(places, count);
		if (found != NULL)
			return found;
		if (find_forbidden(places, count) != NULL ||
		    monotonic_since(monotonic_now(), begin) >= wait_s * NS_PER_S)
			break;
		nanosleep(&pause, NULL);
	}
	complain(places, count);
	errno = find_forbidden(places, count) != NULL ? EACCES : ENOENT;
	return NULL;
}

/* The places to look for a runner. */
static size_t list_places(const char *socket, struct place places[CONTROL_SOCKET_PLACES])
{
	char *paths[CONTROL_SOCKET_PLACES];
	size_t count;

	if (socket == NULL)
		socket = getenv("IML_PLUGIN_SOCKET");
	if (socket != NULL && socket[0] != '\0') {
		places[0] = (struct place){.path = xstrdup(socket), .is_given = true};
		return 1;
	}
	count = control_socket_places(paths);
	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){.path = paths[i]};
	return count;
}

struct client *client_open(const char *socket, unsigned wait_s)
{
	struct place places[CONTROL_SOCKET_PLACES] = {0};
	size_t count = list_places(socket, places);
	char *path = await_socket(places, count, wait_s);
	struct client *client = NULL;
	int error = errno;

	for (size_t i = 0; i < count; i++)
		free(places[i].path);
	errno = error;
	if (path == NULL)
		return NULL;
	client = xcalloc(1, sizeof(*client));
	client->path = path;
	client->curl = curl_easy_init();
	assert(client->curl != NULL);
	return client;
}

void client_free(struct client *client)
{
	curl_easy_cleanup(client->curl);
	free(client->path);
	free(client);
}

/* ---- single requests ---- */

static size_t receive(char *bytes, size_t size, size_t count, void *argument)
{
	struct text *answer = argument;

	if (size * count > ANSWER_MAX - answer->length)
		return 0;
	text_append_bytes(answer, bytes, size * count);
	return size * count;
}

/* Prepares a request for a path. */
static void prepare(CURL *curl, const char *socket, const char *path)
{
	char *url = xasprintf("http://runner%s", path);

	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	free(url);
}

/* The object of a JSON text, or NULL. */
static struct json_object *parse(const struct text *text)
{
	struct json_tokener *tokener = json_tokener_new_ex(ANSWER_DEPTH);
	struct json_object *object = NULL;

	assert(tokener != NULL);
	if (text->length > 0 && text->length < INT_MAX)
		object = json_tokener_parse_ex(tokener, text->data, (int)text->length);
	json_tokener_free(tokener);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

/* All that is wrong with a request, one reason a line. */
static char *join_errors(struct json_object *answer, const char *first)
{
	struct json_object *further = json_object_object_get(answer, "further");
	struct text lines = TEXT_EMPTY;

	text_append(&lines, first);
	for (size_t i = 0; i < json_count(further); i++)
		text_printf(&lines, "\niml-plugin: %s", json_text(json_item(further, i), "error"));
	return text_steal(&lines);
}

/* Checks what the runner answered; NULL, with a reason, unless it is what was asked for. */
static struct json_object *accept_answer(
    CURL *curl, CURLcode result, const struct text *body, char **reason)
{
	struct json_object *answer, *error;
	long code = 0;

	if (result != CURLE_OK) {
		*reason = xasprintf("the runner did not answer: %s", curl_easy_strerror(result));
		return NULL;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	answer = parse(body);
	if (code >= 200 && code < 300 && answer != NULL)
		return answer;
	if (code == HTTP_UNAVAILABLE && answer != NULL && json_value(answer, "error") == NULL)
		return answer;
	if (answer != NULL && json_object_object_get_ex(answer, "error", &error))
		*reason = join_errors(answer, json_object_get_string(error));
	else
		*reason = xasprintf("the runner's answer was not understood (HTTP %ld)", code);
	json_object_put(answer);
	return NULL;
}

/* Makes the request that was prepared. */
static struct json_object *perform(struct client *client, char **reason)
{
	struct text body = TEXT_EMPTY;
	struct json_object *answer;
	CURLcode result;

	curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &body);
	curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_SECONDS);
	result = curl_easy_perform(client->curl);
	answer = accept_answer(client->curl, result, &body, reason);
	text_clear(&body);
	return answer;
}

struct json_object *client_try(struct client *client, const char *path, char **reason)
{
	curl_easy_reset(client->curl);
	prepare(client->curl, client->path, path);
	return perform(client, reason);
}

/* Tells why there is no answer, and releases that. */
static void tell(char *reason)
{
	if (reason != NULL)
		fprintf(stderr, "iml-plugin: %s\n", reason);
	free(reason);
}

struct json_object *client_send(
    struct client *client, const char *method, const char *path, struct json_object *body)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	const char *text =
	    body != NULL ? json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN) : "";
	char *reason = NULL;
	struct json_object *answer;

	curl_easy_reset(client->curl);
	prepare(client->curl, client->path, path);
	curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, text);
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	answer = perform(client, &reason);
	tell(reason);
	curl_slist_free_all(headers);
	json_object_put(body);
	return answer;
}

struct json_object *client_get(struct client *client, const char *path)
{
	char *reason = NULL;
	struct json_object *answer = client_try(client, path, &reason);

	tell(reason);
	return answer;
}

char *client_append_name(char *path, const char *name)
{
	char *escaped = curl_easy_escape(NULL, name, 0);
	char *longer;

	assert(escaped != NULL);
	longer = xasprintf("%s%s", path, escaped);
	curl_free(escaped);
	free(path);
	return longer;
}

char *client_add_parameter(char *path, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, 0);
	char *longer;

	assert(escaped != NULL);
	longer = xasprintf("%s%c%s=%s", path, strchr(path, '?') != NULL ? '&' : '?', name, escaped);
	curl_free(escaped);
	free(path);
	return longer;
}

/* Moves what the page has to the end of what there is. */
static void append_page(struct json_object *all, struct json_object *page, const char *key)
{
	struct json_object *items = json_object_object_get(page, key);
	struct json_object *classes = json_object_object_get(page, "classes");
	struct json_object *target = json_object_object_get(all, key);

	for (size_t i = 0; items != NULL && i < json_object_array_length(items); i++)
		json_object_array_add(target, json_object_get(json_object_array_get_idx(items, i)));
	if (classes == NULL || !json_object_is_type(classes, json_type_object))
		return;
	json_object_object_foreach(classes, name, class)
	{
		json_object_object_add(
		    json_object_object_get(all, "classes"), name, json_object_get(class));
	}
}

struct json_object *client_get_all(struct client *client, const char *path, const char *key)
{
	struct json_object *all = client_get(client, path);
	struct json_object *page, *next;
	char *page_path;

	if (all == NULL || !json_object_is_type(json_object_object_get(all, key), json_type_array))
		return all;
	while ((next = json_object_object_get(all, "next")) != NULL) {
		page_path =
		    client_add_parameter(xstrdup(path), "after", json_object_get_string(next));
		page = client_get(client, page_path);
		free(page_path);
		if (page == NULL) {
			json_object_put(all);
			return NULL;
		}
		append_page(all, page, key);
		json_object_object_add(
		    all, "next", json_object_get(json_object_object_get(page, "next")));
		json_object_put(page);
	}
	return all;
}

/* ---- following ---- */

struct following {
	const struct client_events *events;
	void *context;
	struct text buffer; /* of the stream, not read yet */
	struct text data;   /* of the event that is being read */
};

/* Reads one line of the stream: data is collected, an empty line ends an event. */
static void take_line(struct following *following, const char *line)
{
	if (line[0] == '\0' && following->data.length > 0) {
		following->events->notice(following->context, following->data.data);
		text_reset(&following->data);
	} else if (strncmp(line, "data:", 5) == 0) {
		if (following->data.length > 0)
			text_append_char(&following->data, '\n');
		text_append(&following->data, line + 5 + (line[5] == ' '));
	}
}

static size_t receive_events(char *bytes, size_t size, size_t count, void *argument)
{
	struct following *following = argument;
	char *line, *end;

	text_append_bytes(&following->buffer, bytes, size * count);
	line = following->buffer.data;
	while ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		take_line(following, line);
		line = end + 1;
	}
	end = xstrdup(line);
	text_reset(&following->buffer);
	text_append(&following->buffer, end);
	free(end);
	return size * count;
}

int client_take_signals(sigset_t *before)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, before);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	assert(fd >= 0);
	return fd;
}

void client_give_signals_back(int signals, const sigset_t *before)
{
	close(signals);
	sigprocmask(SIG_SETMASK, before, NULL);
}

/* Whether the stream has ended; if so with the result. */
static bool stream_ended(CURLM *multi, CURLcode *result)
{
	struct CURLMsg *message;
	int left;

	message = curl_multi_info_read(multi, &left);
	if (message == NULL || message->msg != CURLMSG_DONE)
		return false;
	*result = message->data.result;
	return true;
}

/* Runs the stream until something ends it; *hung_up if that was the runner. */
static CURLcode run_stream(CURLM *multi, int signals, struct following *following, bool *hung_up)
{
	struct curl_waitfd also = {.fd = signals, .events = CURL_WAIT_POLLIN};
	struct signalfd_siginfo taken;
	CURLcode result = CURLE_OK;
	int running;

	for (;;) {
		curl_multi_perform(multi, &running);
		*hung_up = stream_ended(multi, &result);
		if (*hung_up || !following->events->idle(following->context))
			return result;
		also.revents = 0;
		curl_multi_poll(multi, &also, 1, following->events->wait_ms, NULL);
		if (also.revents != 0 && read(signals, &taken, sizeof(taken)) > 0)
			return CURLE_OK;
	}
}

bool client_follow(struct client *client, const struct client_events *events, void *context)
{
	struct following following = {.events = events, .context = context};
	CURLM *multi = curl_multi_init();
	CURL *stream = curl_easy_init();
	sigset_t before;
	int signals = client_take_signals(&before);
	bool hung_up;
	CURLcode result;
	long code = 0;

	assert(multi != NULL && stream != NULL);
	prepare(stream, client->path, "/v1/changes");
	curl_easy_setopt(stream, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(stream, CURLOPT_WRITEFUNCTION, receive_events);
	curl_easy_setopt(stream, CURLOPT_WRITEDATA, &following);
	curl_multi_add_handle(multi, stream);
	result = run_stream(multi, signals, &following, &hung_up);
	curl_easy_getinfo(stream, CURLINFO_RESPONSE_CODE, &code);
	if (result != CURLE_OK && code != 200)
		fprintf(stderr, "iml-plugin: the runner can't be followed: %s (HTTP %ld)\n",
		    curl_easy_strerror(result), code);
	else if (hung_up)
		fprintf(stderr, "iml-plugin: the runner has ended\n");
	curl_multi_remove_handle(multi, stream);
	curl_easy_cleanup(stream);
	curl_multi_cleanup(multi);
	client_give_signals_back(signals, &before);
	text_clear(&following.buffer);
	text_clear(&following.data);
	return result == CURLE_OK || code == 200;
}
