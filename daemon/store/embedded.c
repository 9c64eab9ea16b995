/* SPDX-License-Identifier: MIT */
#include "store/embedded.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/ending.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/cluster.h"

/* A server that ends sooner than this failed at once; so many in a row are too many. */
#define HEALTHY_NS (5 * NS_PER_S)
#define FAILURES_MAX 6

#define RESTART_LEAST_NS (100 * NS_PER_MS)
#define RESTART_MOST_NS (5 * NS_PER_S)

/* How often, and for how long, the end of an earlier runner's server is waited for. */
#define EARLIER_POLL_MS 50
#define EARLIER_LIMIT_NS (10 * NS_PER_S)

/* How long its end is waited for when there is no time for an orderly one. */
#define QUIT_LIMIT_NS (1 * NS_PER_S)
#define KILL_LIMIT_NS (2 * NS_PER_S)

enum embedded_state {
	EMBEDDED_IDLE,
	EMBEDDED_EARLIER,  /* waits for the end of an earlier runner's server */
	EMBEDDED_CREATING, /* initdb runs */
	EMBEDDED_RUNNING,  /* the server runs */
	EMBEDDED_RESTING,  /* before the next start */
	EMBEDDED_STOPPING,
	EMBEDDED_STOPPED,
	EMBEDDED_FAILED
};

static const char *const state_names[] = {
    [EMBEDDED_IDLE] = "idle",
    [EMBEDDED_EARLIER] = "waiting for an earlier server to end",
    [EMBEDDED_CREATING] = "being created",
    [EMBEDDED_RUNNING] = "running",
    [EMBEDDED_RESTING] = "about to be started again",
    [EMBEDDED_STOPPING] = "stopping",
    [EMBEDDED_STOPPED] = "stopped",
    [EMBEDDED_FAILED] = "failed",
};

struct embedded {
	struct cluster cluster;
	enum embedded_state state;
	void (*failed)(void *context, const char *reason);
	void *context;
	struct event *timer;
	char *conninfo;

	pid_t pid; /* of initdb or the server; 0: none */
	struct monotonic started;
	pid_t earlier; /* an earlier runner's server */
	struct monotonic earlier_since;
	int failures; /* in a row */
	struct backoff wait;
};

static void set_state(struct embedded *embedded, enum embedded_state state)
{
	if (state == embedded->state)
		return;
	log_debug("private database: %s, was %s", state_names[state], state_names[embedded->state]);
	embedded->state = state;
}

static void set_timer(struct embedded *embedded, int64_t ms)
{
	struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(embedded->timer, &wait);
}

/* ---- starting ---- */

/* Keeps the process that was begun, or tries again later. */
static void started(struct embedded *embedded, enum embedded_state state, pid_t pid)
{
	if (pid < 0) {
		log_warning("private database: no process for it: %s", strerror(errno));
		set_state(embedded, EMBEDDED_RESTING);
		set_timer(embedded, RESTART_MOST_NS / NS_PER_MS);
		return;
	}
	embedded->pid = pid;
	embedded->started = monotonic_now();
	set_state(embedded, state);
}

static void start_server(struct embedded *embedded)
{
	started(embedded, EMBEDDED_RUNNING, cluster_run_server(&embedded->cluster));
}

static void create_cluster(struct embedded *embedded)
{
	log_info("private database: making a new one in %s", embedded->cluster.directory);
	started(embedded, EMBEDDED_CREATING, cluster_run_initdb(&embedded->cluster));
}

/* Does what comes first: ends an earlier server, makes the cluster, or starts the server. */
static void proceed(struct embedded *embedded)
{
	pid_t earlier = cluster_find_server(&embedded->cluster);

	if (earlier != 0) {
		log_info(
		    "private database: stopping the server %d of an earlier runner", (int)earlier);
		embedded->earlier = earlier;
		embedded->earlier_since = monotonic_now();
		kill(earlier, SIGINT);
		set_state(embedded, EMBEDDED_EARLIER);
		set_timer(embedded, EARLIER_POLL_MS);
	} else if (cluster_is_complete(&embedded->cluster)) {
		start_server(embedded);
	} else {
		create_cluster(embedded);
	}
}

static void check_earlier(struct embedded *embedded)
{
	if (!cluster_is_server(&embedded->cluster, embedded->earlier)) {
		proceed(embedded);
		return;
	}
	if (monotonic_since(monotonic_now(), embedded->earlier_since) > EARLIER_LIMIT_NS) {
		kill(embedded->earlier, SIGQUIT);
		embedded->earlier_since = monotonic_now();
	}
	set_timer(embedded, EARLIER_POLL_MS);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct embedded *embedded = context;

	(void)fd;
	(void)what;
	if (embedded->state == EMBEDDED_EARLIER)
		check_earlier(embedded);
	else if (embedded->state == EMBEDDED_RESTING)
		proceed(embedded);
}

/* ---- the end of a process ---- */

/* A text of ending_describe(). The caller frees it. */
static char *describe_status(int status)
{
	struct text text = TEXT_EMPTY;

	ending_describe(status, &text);
	return text_steal(&text);
}

static void give_up(struct embedded *embedded, const char *program, const char *how)
{
	char *words = cluster_last_words(&embedded->cluster);
	char *reason = xasprintf("the private database in %s failed: %s ended with %s; the end of "
	                         "its log %s: %s",
	    embedded->cluster.directory, program, how, embedded->cluster.log, words);

	set_state(embedded, EMBEDDED_FAILED);
	embedded->failed(embedded->context, reason);
	free(words);
	free(reason);
}

static void creating_ended(struct embedded *embedded, int status)
{
	char *how = describe_status(status);

	if (status != 0)
		give_up(embedded, "initdb", how);
	else if (!cluster_mark_complete(&embedded->cluster))
		give_up(embedded, "initdb", "success, but its directory can't be written");
	else
		start_server(embedded);
	free(how);
}

static void server_ended(struct embedded *embedded, int status)
{
	bool healthy = monotonic_since(monotonic_now(), embedded->started) > HEALTHY_NS;
	char *how = describe_status(status);

	if (healthy) {
		embedded->failures = 0;
		backoff_reset(&embedded->wait);
	}
	if (++embedded->failures >= FAILURES_MAX) {
		give_up(embedded, "postgres", how);
	} else {
		log_warning("private database: the server ended with %s, starting it again", how);
		set_state(embedded, EMBEDDED_RESTING);
		set_timer(embedded, backoff_next(&embedded->wait) / NS_PER_MS);
	}
	free(how);
}

bool embedded_child_ended(struct embedded *embedded, pid_t pid, int status)
{
	if (embedded->pid == 0 || pid != embedded->pid)
		return false;
	embedded->pid = 0;
	if (embedded->state == EMBEDDED_CREATING)
		creating_ended(embedded, status);
	else if (embedded->state == EMBEDDED_RUNNING)
		server_ended(embedded, status);
	else
		set_state(embedded, EMBEDDED_STOPPED);
	return true;
}

/* ---- for the supervisor ---- */

struct embedded *embedded_start(
    struct event_base *base, const struct embedded_options *options, char reason[REASON_SIZE])
{
	struct embedded *embedded = xcalloc(1, sizeof(*embedded));

	assert(options->directory != NULL && options->failed != NULL);
	embedded->failed = options->failed;
	embedded->context = options->context;
	embedded->wait = (struct backoff){.least_ns = RESTART_LEAST_NS, .most_ns = RESTART_MOST_NS};
	embedded->timer = evtimer_new(base, on_timer, embedded);
	assert(embedded->timer != NULL);
	if (!cluster_prepare(&embedded->cluster, options->directory, options->user,
	        options->bin_directory, reason)) {
		embedded_free(embedded);
		return NULL;
	}
	embedded->conninfo = cluster_conninfo(&embedded->cluster);
	proceed(embedded);
	return embedded;
}

const char *embedded_conninfo(const struct embedded *embedded)
{
	return embedded->conninfo;
}

void embedded_stop(struct embedded *embedded)
{
	bool creating = embedded->state == EMBEDDED_CREATING;

	event_del(embedded->timer);
	if (embedded->pid == 0) {
		set_state(embedded, EMBEDDED_STOPPED);
		return;
	}
	set_state(embedded, EMBEDDED_STOPPING);
	/* initdb runs programs of its own; its process group has them all. */
	if (creating)
		kill(-embedded->pid, SIGKILL);
	else
		kill(embedded->pid, SIGINT);
}

const char *embedded_waiting(const struct embedded *embedded)
{
	static const char *const words[] = {
	    [EMBEDDED_EARLIER] = "the private database waits for an earlier runner's to end",
	    [EMBEDDED_CREATING] = "the private database is being made",
	    [EMBEDDED_RESTING] = "the private database is about to be started again",
	    [EMBEDDED_FAILED] = NULL,
	};

	return words[embedded->state];
}

bool embedded_is_running(const struct embedded *embedded)
{
	return embedded->pid != 0;
}

/* Waits for the end of a child for so long; whether it has ended. */
static bool await_child(pid_t pid, int64_t limit_ns)
{
	struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	struct monotonic begin = monotonic_now();
	int64_t left_ns = limit_ns;

	while (end.fd >= 0 && left_ns > 0 && poll(&end, 1, (int)(left_ns / NS_PER_MS) + 1) < 0)
		left_ns = limit_ns - monotonic_since(monotonic_now(), begin);
	if (end.fd >= 0)
		close(end.fd);
	return waitpid(pid, NULL, WNOHANG) != 0;
}

/*
 * Ends what still runs at once. Told to quit, the server ends the processes it has started; killed,
 * it is missed by them, and the next start repairs what they leave.
 */
static void kill_child(struct embedded *embedded)
{
	if (embedded->pid == 0)
		return;
	if (embedded->state != EMBEDDED_CREATING) {
		kill(embedded->pid, SIGQUIT);
		if (await_child(embedded->pid, QUIT_LIMIT_NS))
			return;
	}
	kill(embedded->pid, SIGKILL);
	kill(-embedded->pid, SIGKILL);
	if (!await_child(embedded->pid, KILL_LIMIT_NS))
		log_error("private database: process %d was killed, but does not end: it hangs in "
		          "the kernel",
		    (int)embedded->pid);
}

void embedded_free(struct embedded *embedded)
{
	if (embedded == NULL)
		return;
	kill_child(embedded);
	event_free(embedded->timer);
	cluster_clear(&embedded->cluster);
	free(embedded->conninfo);
	free(embedded);
}
