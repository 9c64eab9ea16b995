/* SPDX-License-Identifier: MIT */
/* Whatever a client writes to the control socket: requests with their paths, queries and bodies. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/memory.h"
#include "control/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/fuzz-control-XXXXXX";
static struct event_base *base;
static struct control *control;
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static struct json_object *status(void *context)
{
	struct json_object *object = json_object_new_object();

	(void)context;
	json_object_object_add(object, "plugins", json_object_new_array());
	return object;
}

static struct json_object *health(void *context, bool *is_usable)
{
	(void)context;
	*is_usable = false;
	return json_object_new_object();
}

static char *metrics(void *context)
{
	(void)context;
	return xstrdup("# EOF");
}

static uint64_t ask(void *context, const struct statistics_question *question,
    void (*answered)(void *asker, const struct statistics_answer *answer), void *asker)
{
	(void)context;
	(void)answered;
	(void)asker;
	assert(question->from.us < question->to.us || question->subject == QUESTION_LATEST);
	return 0;
}

static uint64_t instruct(void *context, const struct instruction *instruction,
    void (*answered)(void *asker, const struct instruction_answer *answer), void *asker)
{
	(void)context;
	(void)answered;
	(void)asker;
	assert(instruction->kind < INSTRUCTION_KIND_COUNT);
	return 0;
}

static void followers(void *context, bool any)
{
	(void)context;
	(void)any;
}

static void warn(const char *plugin, const char *scannable, const char *line)
{
	(void)plugin;
	(void)scannable;
	(void)line;
}

static void stop(void)
{
	unlink(address.sun_path);
	rmdir(directory);
}

static void start(void)
{
	static const struct control_callbacks callbacks = {.status = status,
	    .health = health,
	    .metrics = metrics,
	    .ask = ask,
	    .instruct = instruct,
	    .followers = followers};
	static const struct graph_options options = {.warn = warn};
	char reason[REASON_SIZE];
	struct graph *graph;

	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(directory) == NULL)
		abort();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
	base = event_base_new();
	graph = graph_new(&options);
	graph_restored(graph);
	control = control_start(base, address.sun_path, graph, &callbacks, NULL, reason);
	assert(control != NULL);
	atexit(stop);
}

/* Lets the server run until it has ended the connection; a stream is ended from here. */
static void run_to_end(int fd)
{
	char answer[65536];
	ssize_t count;

	for (;;) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		count = read(fd, answer, sizeof(answer) - 1);
		if (count == 0 || (count < 0 && errno != EAGAIN))
			return;
		answer[count > 0 ? count : 0] = '\0';
		if (strstr(answer, ": changes follow") != NULL)
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (control == NULL)
		start();
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		abort();
	/* More than a socket takes at once is no other case than this. */
	if (write(fd, data, size) < 0)
		assert(errno == EAGAIN || size == 0);
	shutdown(fd, SHUT_WR);
	run_to_end(fd);
	close(fd);
	while (clients_count(control) > 0)
		event_base_loop(base, EVLOOP_NONBLOCK);
	return 0;
}
