/* SPDX-License-Identifier: MIT */
/* Sessions as memory: made once, filled in for each use, emptied, and kept for the next one. */
#include "host/session_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/handle.h"
#include "host/refusal.h"

/* Sessions that are of no use at present. They are never released: see handle.h. */
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static struct host_session *pool;

static struct host_session *make_session(void)
{
	struct host_session *session = xcalloc(1, sizeof(*session));
	pthread_mutexattr_t attributes;

	session->magic = HOST_SESSION_MAGIC;
	/* Never written again: a worker may look here after the session it was queued for. */
	session->scan.run = host_session_run_due;
	session->flush.run = host_session_run_flush;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&session->lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return session;
}

static struct host_session *take_from_pool(void)
{
	struct host_session *session;

	pthread_mutex_lock(&pool_lock);
	session = pool;
	if (session != NULL)
		pool = session->next_free;
	pthread_mutex_unlock(&pool_lock);
	return session != NULL ? session : make_session();
}

/* Clears all members but those that stay. */
static void blank(struct host_session *session)
{
	size_t kept = offsetof(struct host_session, host);

	host_session_lock(session);
	memset((char *)session + kept, 0, sizeof(*session) - kept);
	host_session_unlock(session);
}

void host_session_keep(struct host_session *session)
{
	blank(session);
	pthread_mutex_lock(&pool_lock);
	session->next_free = pool;
	pool = session;
	pthread_mutex_unlock(&pool_lock);
}

/* ---- what a session holds ---- */

static void prepare_stage(struct host_session *session)
{
	const struct loaded_plugin *plugin = &session->host->plugin;
	struct stage *stage = &session->stage;

	for (size_t i = 0; i < plugin->class_count; i++)
		if (plugin->classes[i]->attribute_count > stage->size)
			stage->size = plugin->classes[i]->attribute_count;
	stage->values = xcalloc(stage->size, sizeof(*stage->values));
	stage->targets = xcalloc(stage->size, sizeof(*stage->targets));
	stage->given = xcalloc(stage->size, sizeof(*stage->given));
}

static void prepare_lists(struct host_session *session)
{
	size_t count = session->host->plugin.class_count;

	session->by_class = xcalloc(count, sizeof(*session->by_class));
	for (size_t i = 0; i < count; i++)
		TAILQ_INIT(&session->by_class[i]);
	TAILQ_INIT(&session->changed);
	TAILQ_INIT(&session->watched);
	TAILQ_INIT(&session->changed_links);
}

/* Makes the session's own copy of the scannable: resource 0, which the supervisor knows. */
static void make_scannable(struct host_session *session, const struct message_open *open)
{
	const struct class *class = session->host->plugin.classes[open->class];
	struct host_resource *scannable = host_resource_new(session, open->class);
	char reason[REASON_SIZE];
	char *key = NULL;

	scannable->sent = true;
	for (size_t i = 0; i < open->value_count; i++)
		if (open->values[i].value.type != VALUE_REFERENCE)
			scannable->values[open->values[i].attribute] =
			    value_copy(&open->values[i].value);
	if (class->scope == IDENTIFIER_SCOPED || class->scope == IDENTIFIER_GLOBAL)
		key = host_resource_key(session, open->class, scannable->values, reason);
	host_resource_index(scannable, key);
	session->scannable = scannable;
	/* Its conditions and label are part of the first batch, changed or not. */
	host_resource_touch(scannable);
}

/* Sets all members of a session from the pool. */
static void fill_in(
    struct host_session *session, struct host *host, const struct message_open *open)
{
	session->host = host;
	session->number = open->session;
	session->period_s = atomic_load(&host->default_period_s);
	session->is_slow = open->is_slow;
	host_session_set_state(session, HOST_SESSION_OPEN);
	prepare_stage(session);
	prepare_lists(session);
	session->handle = handle_new(HANDLE_SESSION, session, session);
	make_scannable(session, open);
}

struct host_session *host_session_take(struct host *host, const struct message_open *open)
{
	struct host_session *session = take_from_pool();

	host_session_lock(session);
	fill_in(session, host, open);
	return session;
}

static void free_unsent(struct unsent *unsent)
{
	for (size_t i = 0; i < unsent->histogram_count; i++)
		free(unsent->histograms[i].counts);
	free(unsent->removed.items);
	free(unsent->incomplete.items);
	free(unsent->forgotten.items);
	free(unsent->vacated.items);
	free(unsent->histograms);
	free(unsent->diagnostic);
}

void host_session_empty(struct host_session *session)
{
	handle_free(session->handle);
	host_session_unqueue_locked(session);
	deadline_queue_remove(&session->host->prompt, &session->flush);
	host_resources_free(session);
	refusals_free(session);
	free_unsent(&session->unsent);
	sampling_clear(&session->sampling);
	free(session->vacant.items);
	free(session->by_class);
	free(session->stage.values);
	free(session->stage.targets);
	free(session->stage.given);
	free(session->fail_reason);
	host_session_set_state(session, HOST_SESSION_FREE);
	host_session_unlock(session);
}

/* ---- without a scan ---- */

struct host_resource *host_session_borrow(
    struct host *host, uint32_t class, const struct value *values)
{
	const struct message_open open = {.class = class};
	struct host_session *session = host_session_take(host, &open);
	size_t count = host->plugin.classes[class]->attribute_count;

	for (size_t i = 0; i < count; i++)
		session->scannable->values[i] = value_copy(&values[i]);
	/* It may change in what identifies it, too. */
	session->unborn = session->scannable;
	return session->scannable;
}

void host_session_give_back(struct host_session *session)
{
	host_session_empty(session);
	host_session_keep(session);
}

void number_list_add(struct number_list *list, uint32_t number)
{
	list->items = xgrow(list->items, list->count, &list->capacity, sizeof(*list->items));
	list->items[list->count++] = number;
}
