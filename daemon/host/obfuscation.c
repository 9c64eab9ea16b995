/* SPDX-License-Identifier: MIT */
#include "host/obfuscation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "host/host_internal.h"

#define OBFUSCATION_MAGIC 0x4f424655u
#define RESULT_SIZE 4096

struct obfuscation {
	struct queue_entry entry; /* first */
	uint32_t magic;
	struct message_obfuscate request;
};

static void forget_text(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* What the function makes of the password, in the caller's buffer; NULL if it failed. */
static char *run_function(
    obfuscate_function *function, const char *password, char result[RESULT_SIZE])
{
	struct worker_note before = worker_enter(HOOK_OBFUSCATE, 0);
	int code = function(password, result, RESULT_SIZE);
	size_t length = strnlen(result, RESULT_SIZE);

	worker_leave(before);
	if (code != 0 || length == RESULT_SIZE || !utf8_valid(result, length))
		return NULL;
	return result;
}

static obfuscate_function *find_function(
    const struct host *host, const struct message_obfuscate *request)
{
	const struct loaded_plugin *plugin = &host->plugin;

	if (request->class >= plugin->class_count ||
	    request->attribute >= plugin->classes[request->class]->attribute_count)
		return NULL;
	return plugin->details[request->class].functions[request->attribute].obfuscate;
}

static void run(struct worker *worker, struct queue_entry *entry)
{
	struct obfuscation *obfuscation = (struct obfuscation *)(void *)entry;
	struct message answer = {.type = MESSAGE_OBFUSCATED};
	char result[RESULT_SIZE] = "";
	obfuscate_function *function;

	assert(obfuscation->magic == OBFUSCATION_MAGIC);
	answer.obfuscated.request = obfuscation->request.request;
	function = find_function(worker->host, &obfuscation->request);
	if (function != NULL && obfuscation->request.password != NULL)
		answer.obfuscated.result =
		    run_function(function, obfuscation->request.password, result);
	host_send(worker->host, &answer);
	explicit_bzero(result, sizeof(result));
	forget_text(obfuscation->request.password);
	free(obfuscation);
}

void obfuscation_request(struct host *host, struct message_obfuscate *request)
{
	struct obfuscation *obfuscation = xcalloc(1, sizeof(*obfuscation));

	obfuscation->entry.run = run;
	obfuscation->magic = OBFUSCATION_MAGIC;
	obfuscation->request = *request;
	request->password = NULL;
	deadline_queue_put(&host->prompt, &obfuscation->entry, monotonic_now());
}
