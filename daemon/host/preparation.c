/* SPDX-License-Identifier: MIT */
#include "host/preparation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/assign.h"
#include "host/host_internal.h"
#include "host/refusal.h"
#include "host/session.h"

#define PREPARATION_MAGIC 0x50524550u
#define RESULT_SIZE 4096

struct preparation {
	struct queue_entry entry; /* first */
	uint32_t magic;
	struct message_prepare request;
	LIST_ENTRY(preparation) next; /* in host->preparations, under host->lock */
};

/* Adds why an attribute could not be prepared, in words that the supervisor takes. */
static void __attribute__((format(printf, 3, 4)))
add_reason(struct reasons *reasons, const struct attribute *attribute, const char *format, ...)
{
	struct text why = TEXT_EMPTY;
	char reason[REASON_SIZE];
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&why, format, arguments);
	va_end(arguments);
	reason_write(reason, "\"%s\": %s", attribute->name, why.data);
	reasons_take(reasons, xstrdup(reason));
	text_clear(&why);
}

/* ---- passwords ---- */

/* Runs the plugin's function. Returns NULL, or what is wrong with what it did. */
static const char *run_function(
    obfuscate_function *function, const char *password, char result[RESULT_SIZE])
{
	struct worker_note before = worker_enter(HOOK_OBFUSCATE, 0);
	int code = function(password, result, RESULT_SIZE);
	size_t length = strnlen(result, RESULT_SIZE);

	worker_leave(before);
	if (code != 0)
		return "failed";
	if (length == RESULT_SIZE)
		return "did not end its result with a zero byte";
	return utf8_valid(result, length) ? NULL : "gave what is not UTF-8";
}

/* Puts the obfuscated password in the place of the typed one. */
static void obfuscate(const struct attribute *attribute, obfuscate_function *function,
    struct value *value, struct reasons *reasons)
{
	char result[RESULT_SIZE] = "";
	const char *wrong = run_function(function, value->text, result);

	forget_text(value->text);
	*value = wrong == NULL ? value_text(result) : VALUE_NULL_INIT;
	explicit_bzero(result, sizeof(result));
	if (wrong != NULL)
		add_reason(reasons, attribute, "the plugin's obfuscate function %s", wrong);
}

static void obfuscate_all(
    const struct host *host, struct message_prepare *request, struct reasons *reasons)
{
	const struct class *class = host->plugin.classes[request->class];
	const struct attribute_functions *functions =
	    host->plugin.details[request->class].functions;

	for (size_t i = 0; i < request->value_count; i++)
		if (class->attributes[i].type == ATTRIBUTE_PASSWORD &&
		    request->values[i].type == VALUE_TEXT)
			obfuscate(&class->attributes[i], functions[i].obfuscate,
			    &request->values[i], reasons);
}

/* ---- defaults ---- */

/* Runs the default function of an attribute, and adds why it gave no value. */
static void fill_in(struct host_resource *scannable, size_t index, struct reasons *reasons)
{
	struct host_session *session = scannable->session;
	const struct attribute *attribute = &host_resource_class(scannable)->attributes[index];
	int result = assign_default(scannable, index);
	const char *why =
	    session->fail_reason != NULL ? session->fail_reason : session->unsent.diagnostic;

	if (result != 0)
		add_reason(reasons, attribute, "the plugin's default function returned %d%s%s",
		    result, why != NULL ? ": " : "", why != NULL ? why : "");
	else if (assign_needs_value(scannable, index))
		add_reason(reasons, attribute, "the plugin's default function gave no value%s%s",
		    why != NULL ? ": " : "", why != NULL ? why : "");
	free(session->fail_reason);
	session->fail_reason = NULL;
	refusals_forgive(session);
}

/* Complains of references: the supervisor knows no resource that this one could mean. */
static void check_references(const struct host_resource *scannable, struct reasons *reasons)
{
	const struct class *class = host_resource_class(scannable);

	for (size_t i = 0; i < class->attribute_count; i++)
		if (scannable->values[i].type == VALUE_REFERENCE)
			add_reason(reasons, &class->attributes[i],
			    "a default function can't refer to a resource");
}

/* Whether there is a mandatory attribute without a value. */
static bool is_incomplete(const struct host *host, const struct message_prepare *request)
{
	const struct class *class = host->plugin.classes[request->class];

	for (size_t i = 0; i < request->value_count; i++)
		if (request->values[i].type == VALUE_NULL && !class->attributes[i].optional)
			return true;
	return false;
}

/* Runs the default functions that are needed, on a scannable that exists only meanwhile. */
static void fill_in_all(struct host *host, struct message_prepare *request, struct reasons *reasons)
{
	struct host_resource *scannable =
	    host_session_borrow(host, request->class, request->values);
	struct host_session *session = scannable->session;

	for (size_t i = 0; i < request->value_count; i++)
		if (assign_needs_value(scannable, i))
			fill_in(scannable, i, reasons);
	if (reasons->count == 0)
		check_references(scannable, reasons);
	for (size_t i = 0; i < request->value_count; i++)
		value_move(&request->values[i], &scannable->values[i]);
	host_session_give_back(session);
}

/* ---- requests ---- */

static void free_preparation(struct preparation *preparation)
{
	struct message_prepare *request = &preparation->request;

	for (size_t i = 0; i < request->value_count; i++)
		if (request->values[i].type == VALUE_TEXT)
			forget_text(request->values[i].text);
	free(request->values);
	free(preparation);
}

static void answer(
    struct host *host, const struct message_prepare *request, const struct reasons *reasons)
{
	bool good = reasons->count == 0;
	struct message message = {.type = MESSAGE_PREPARED,
	    .prepared = {.request = request->request,
	        .class = request->class,
	        .partial = request->partial,
	        .values = good ? request->values : NULL,
	        .value_count = good ? request->value_count : 0,
	        .reasons = reasons->items,
	        .reason_count = reasons->count}};

	host_send(host, &message);
}

static void run(struct worker *worker, struct queue_entry *entry)
{
	struct preparation *preparation = (struct preparation *)(void *)entry;
	struct host *host = worker->host;
	struct reasons reasons = {.count = 0};

	assert(preparation->magic == PREPARATION_MAGIC);
	obfuscate_all(host, &preparation->request, &reasons);
	if (reasons.count == 0 && !preparation->request.partial &&
	    is_incomplete(host, &preparation->request))
		fill_in_all(host, &preparation->request, &reasons);
	answer(host, &preparation->request, &reasons);
	reasons_clear(&reasons);
	pthread_mutex_lock(&host->lock);
	LIST_REMOVE(preparation, next);
	pthread_mutex_unlock(&host->lock);
	free_preparation(preparation);
}

void preparation_request(struct host *host, struct message_prepare *request)
{
	struct preparation *preparation = xcalloc(1, sizeof(*preparation));

	preparation->entry.run = run;
	preparation->magic = PREPARATION_MAGIC;
	preparation->request = *request;
	request->values = NULL;
	request->value_count = 0;
	pthread_mutex_lock(&host->lock);
	LIST_INSERT_HEAD(&host->preparations, preparation, next);
	pthread_mutex_unlock(&host->lock);
	deadline_queue_put(&host->prompt, &preparation->entry, monotonic_now());
}

void preparations_free(struct host *host)
{
	struct preparation *preparation;

	while ((preparation = LIST_FIRST(&host->preparations)) != NULL) {
		LIST_REMOVE(preparation, next);
		free_preparation(preparation);
	}
}
