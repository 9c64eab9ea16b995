/* SPDX-License-Identifier: MIT */
/* A plugin in the hands of an experiment: loaded in this child process, watched, written down. */
#include "kit/certify_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

/* ---- what is told to the parent ---- */

/* Writes all, with the zero byte at the end. A parent that is gone has ended us already. */
static void write_text(int fd, const char *text)
{
	size_t length = strlen(text) + 1;

	while (length > 0) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno != EINTR)
			return;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
}

static void tell(struct trial *trial, char letter, const char *text)
{
	char *record = xasprintf("%c%s", letter, text);

	write_text(trial->isolated->result, record);
	free(record);
}

static __attribute__((format(printf, 3, 0))) void tell_format(
    struct trial *trial, char letter, const char *format, va_list arguments)
{
	char *text = xvasprintf(format, arguments);

	tell(trial, letter, text);
	free(text);
}

void trial_fail(struct trial *trial, const char *remedy, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell_format(trial, 'F', format, arguments);
	va_end(arguments);
	tell(trial, 'R', remedy);
}

void trial_note(struct trial *trial, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell_format(trial, 'N', format, arguments);
	va_end(arguments);
}

void trial_summary(struct trial *trial, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell_format(trial, 'S', format, arguments);
	va_end(arguments);
}

void trial_skip(struct trial *trial, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell_format(trial, 'X', format, arguments);
	va_end(arguments);
}

void trial_fact(struct trial *trial, const char *fact)
{
	tell(trial, 'D', fact);
}

void trial_about(struct trial *trial, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell_format(trial, 'A', format, arguments);
	va_end(arguments);
}

/* ---- what the plugin makes known ---- */

/* One line for each text. */
static void record(struct trial *trial, const char *what, const char *text)
{
	if (trial->record == NULL || text == NULL)
		return;
	text_printf(trial->record, "%s: ", what);
	for (; *text != '\0'; text++)
		text_append_char(trial->record, *text != '\n' ? *text : ' ');
	text_append_char(trial->record, '\n');
}

static void on_log(void *context, const char *scannable, int level, const char *line)
{
	(void)scannable;
	(void)level;
	record(context, "a log line", line);
}

static void record_report(
    struct trial *trial, const struct class *class, const struct report *report)
{
	record(trial, "a label", report->label);
	for (size_t i = 0; i < report->change_count; i++) {
		const struct attribute *attribute =
		    &class->attributes[report->changes[i].attribute];
		const struct value *value = &report->changes[i].value;
		char *what;

		if (attribute->type == ATTRIBUTE_PASSWORD || value->type != VALUE_TEXT)
			continue;
		what = xasprintf("the attribute %s.%s", class->name, attribute->name);
		record(trial, what, value->text);
		free(what);
	}
}

static void record_batch(struct trial *trial, const struct batch *batch)
{
	size_t count;
	struct class *const *classes = kit_classes(trial->kit, &count);

	for (size_t i = 0; i < batch->report_count; i++)
		record_report(trial, classes[batch->reports[i].class], &batch->reports[i]);
	for (size_t i = 0; i < batch->alert_count; i++)
		record(trial, "an alert", batch->alerts[i].message);
	record(trial, "the reason of a refused call", batch->diagnostic);
}

static void on_applied(void *context, struct kit_session *session, const struct batch *batch)
{
	struct trial *trial = context;

	(void)session;
	trial->seen.refused += batch->refused;
	if (trial->seen.diagnostic == NULL)
		trial->seen.diagnostic = xstrdup(batch->diagnostic);
	if (batch->kind != BATCH_ASYNC) {
		trial->seen.scans++;
		trial->seen.duration_ns = batch->duration_ns;
	}
	if (trial->record != NULL)
		record_batch(trial, batch);
}

static void on_ended(
    void *context, struct kit_session *session, const char *hook, const char *reason)
{
	struct trial *trial = context;

	(void)session;
	trial->seen.ends++;
	if (reason != NULL) {
		free(trial->seen.hook);
		free(trial->seen.reason);
		trial->seen.hook = xstrdup(hook);
		trial->seen.reason = xstrdup(reason);
	}
	record(trial, "the reason of a failed scan", reason);
	if (trial->ended != NULL)
		trial->ended(trial);
}

static void free_seen(struct trial *trial)
{
	free(trial->seen.hook);
	free(trial->seen.reason);
	free(trial->seen.diagnostic);
}

void trial_forget(struct trial *trial)
{
	free_seen(trial);
	trial->seen = (struct trial_seen){.ends = 0};
	memset(trial->injection.entered, 0, sizeof(trial->injection.entered));
	atomic_store(&trial->injection.calls, 0);
	atomic_store(&trial->injection.refusals, 0);
}

/* ---- the limit of hooks ---- */

/* Ends this process with SIGKILL, which no plugin can catch, when it is not set again in time. */
static void set_limit(unsigned seconds)
{
	static timer_t timer;
	static pid_t owner;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	const struct itimerspec time = {.it_value = {.tv_sec = seconds}};

	/* Timers are not inherited, but the variables are. */
	if (owner != getpid() && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
		owner = getpid();
	if (owner == getpid())
		timer_settime(timer, 0, &time, NULL);
}

static bool run(struct trial *trial)
{
	bool done;

	set_limit(trial->options->limit_s);
	done = kit_run(trial->kit);
	set_limit(0);
	return done;
}

/* ---- the life of a session ---- */

/* Tells reasons as one failure each. */
static void fail_with(struct trial *trial, struct reasons *reasons, const char *remedy)
{
	for (size_t i = 0; i < reasons->count; i++) {
		record(trial, "an error", reasons->items[i]);
		trial_fail(trial, remedy, "%s", reasons->items[i]);
	}
	reasons_clear(reasons);
}

bool trial_load(struct trial *trial)
{
	const struct certify_options *given = trial->options;
	const struct kit_options options = {.name = trial->plugin,
	    .path = given->path,
	    .log_level = trial->log_level,
	    .settings = given->settings,
	    .setting_count = given->setting_count,
	    .recorder = trial->isolated->recorder,
	    .injection = trial->plain ? NULL : &trial->injection,
	    .callbacks = {.log = on_log, .applied = on_applied, .ended = on_ended},
	    .context = trial};
	struct reasons reasons = {.count = 0};
	struct reasons warnings = {.count = 0};

	set_limit(given->limit_s);
	trial->kit = kit_load(&options, &reasons, &warnings);
	set_limit(0);
	fail_with(trial, &reasons, "");
	reasons_clear(&warnings);
	return trial->kit != NULL;
}

bool trial_add(struct trial *trial, const struct typed_attribute *attributes, size_t count)
{
	struct reasons reasons = {.count = 0};

	set_limit(trial->options->limit_s);
	trial->session = kit_add(trial->kit, trial->options->class, attributes, count, &reasons);
	set_limit(0);
	fail_with(trial, &reasons, "");
	return trial->session != NULL;
}

bool trial_begin(struct trial *trial)
{
	if (!trial_load(trial))
		return false;
	if (trial_add(trial, trial->options->attributes, trial->options->attribute_count))
		return true;
	kit_free(trial->kit);
	return false;
}

bool trial_is_online(const struct trial *trial)
{
	return trial->session->state == KIT_ONLINE;
}

void trial_close(struct trial *trial)
{
	kit_close(trial->session);
	while (trial->session->number != 0 && run(trial))
		continue;
}

void trial_end(struct trial *trial)
{
	trial_close(trial);
	set_limit(trial->options->limit_s);
	kit_free(trial->kit);
	set_limit(0);
	free_seen(trial);
}

bool trial_settle(struct trial *trial)
{
	kit_open(trial->session);
	while (run(trial))
		continue;
	return trial_is_online(trial);
}

bool trial_must_settle(struct trial *trial, const char *when)
{
	if (trial_settle(trial))
		return true;
	trial_fail(trial, "keep nothing of a session beyond its teardown", "%s: %s failed: %s",
	    when, trial->seen.hook != NULL ? trial->seen.hook : "the session",
	    trial->seen.reason != NULL ? trial->seen.reason : "it ended");
	return false;
}

bool trial_scan(struct trial *trial)
{
	uint64_t scans = trial->seen.scans;
	struct monotonic due;

	while (trial->session->number != 0 && trial->seen.scans == scans &&
	       kit_next(trial->kit, &due)) {
		int64_t wait = monotonic_since(due, monotonic_now());

		if (wait > 0)
			clock_skip(wait);
		run(trial);
	}
	return trial->session->number != 0;
}
