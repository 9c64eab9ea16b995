/* SPDX-License-Identifier: MIT */
#include "cli/scan.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json_tokener.h>

#include "base/log.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/json.h"
#include "kit/guard.h"
#include "kit/life.h"
#include "kit/refused_calls.h"

#define OVERDUE_NS (10 * NS_PER_S)

#define JSON_FLAGS (JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

/* One run of the plugin. Log lines come from any thread; the rest is of one. */
struct run {
	const struct scan *scan;
	struct kit_session *session;
	struct guard *guard;
	struct newest *newest;
	struct refused_calls *refused;
	struct text notices;         /* that were not shown yet, one a line */
	bool live;                   /* the tree was shown: changes are shown from now on */
	char *failed_hook, *failure; /* the last failure */
	struct reasons refusals;     /* with once: all of them */
	bool unread;                 /* standard output could not be written */
	_Atomic bool failed;         /* a hook did, a call was refused, or the output was lost */
};

/* ---- output ---- */

/* Writes to standard output. When nobody reads that, it is as if we were asked to stop, once. */
static void show(struct run *run, struct text *out)
{
	if (run->unread || scan_write(run->scan->out, out)) {
		text_clear(out);
		return;
	}
	if (errno != EPIPE)
		scan_say(run->scan, STYLE_ERROR, "standard output: %s", strerror(errno));
	run->unread = true;
	run->failed = true;
	kill(getpid(), SIGTERM);
}

/* Shows the notices that came since the last time. */
static void show_notices(struct run *run)
{
	const struct scan *scan = run->scan;
	struct text out = TEXT_EMPTY;
	char *rest = NULL;

	if (run->notices.length == 0)
		return;
	for (char *line = strtok_r(run->notices.data, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		struct json_object *notice;

		if (scan->json) {
			text_printf(&out, "%s\n", line);
			continue;
		}
		notice = json_tokener_parse(line);
		render_change(&out, &scan->out_terminal, notice);
		json_object_put(notice);
	}
	text_clear(&run->notices);
	show(run, &out);
}

/* Adds what a run that ends now found wrong. */
static void add_findings(struct json_object *answer, const struct run *run)
{
	struct json_object *refused = json_object_new_array();
	struct json_object *failure = NULL;

	for (size_t i = 0; i < run->refusals.count; i++)
		json_object_array_add(refused, json_object_new_string(run->refusals.items[i]));
	if (run->failure != NULL) {
		failure = json_object_new_object();
		json_object_object_add(failure, "hook", json_object_new_string(run->failed_hook));
		json_object_object_add(failure, "reason", json_object_new_string(run->failure));
	}
	json_object_object_add(answer, "refused", refused);
	json_object_object_add(answer, "failed", failure);
}

/* Shows the tree as it is now; what changed until now is in it. */
static void show_tree(struct run *run)
{
	const struct scan *scan = run->scan;
	struct json_object *answer = scan_describe_tree(run->session, run->newest);
	struct text out = TEXT_EMPTY;

	text_clear(&run->notices);
	if (scan->json) {
		json_object_object_add(answer, "plugin", json_object_new_string(scan->name));
		if (scan->once)
			add_findings(answer, run);
		text_printf(&out, "%s\n",
		    json_object_to_json_string_ext(
		        answer, scan->once ? JSON_FLAGS | JSON_C_TO_STRING_PRETTY : JSON_FLAGS));
	} else {
		render_detailed_trees(&out, &scan->out_terminal, answer);
		if (!scan->once)
			text_append(&out, "\nChanges as they happen (Ctrl-C ends):\n");
	}
	json_object_put(answer);
	run->live = true;
	show(run, &out);
}

/* Writes the calls that were refused in a scan. */
static void tell_refused(struct run *run, const struct batch *batch)
{
	struct reasons lines = {0};
	bool forgiven = batch != NULL && batch->refused == 0;

	refused_calls_take(run->refused, batch != NULL ? batch->refused : 0,
	    batch != NULL ? batch->diagnostic : NULL, &lines);
	if (batch != NULL && batch->refused > 0)
		run->failed = true;
	for (size_t i = 0; i < lines.count; i++) {
		if (forgiven)
			scan_say(run->scan, STYLE_DIM, "forgiven: %s", lines.items[i]);
		else
			scan_say_place(run->scan, STYLE_WARNING, lines.items[i]);
		if (run->scan->once && !forgiven)
			reasons_take(&run->refusals, xstrdup(lines.items[i]));
	}
	reasons_clear(&lines);
}

/* ---- what the kit and the guard tell ---- */

static void take_log(void *context, const char *scannable, int level, const char *line)
{
	static const char teardown[] = "teardown failed: ";
	struct run *run = context;
	enum style style = STYLE_DIM;

	(void)scannable;
	if (refused_calls_note(run->refused, line))
		return;
	if (strncmp(line, teardown, sizeof(teardown) - 1) == 0)
		run->failed = true;
	if (level >= LOG_LEVEL_WARNING)
		style = level >= LOG_LEVEL_ERROR ? STYLE_ERROR : STYLE_WARNING;
	scan_say(run->scan, style, "%s: %s", log_level_name(level), line);
}

static void take_sample(void *context, const struct kit_sample *sample)
{
	struct run *run = context;

	newest_take(run->newest, sample);
	if (run->scan->debug)
		scan_describe_sample(sample, &run->notices);
}

static void take_batch(void *context, struct kit_session *session, const struct batch *batch)
{
	struct run *run = context;

	if (run->scan->debug)
		scan_describe_batch(batch, &run->notices);
	sampled_visit(kit_graph(session->kit), batch, take_sample, run);
	tell_refused(run, batch);
}

static void take_stored(void *context, const struct changes *changes)
{
	struct run *run = context;

	newest_forget(run->newest, changes);
}

static void take_change(void *context, const char *notice)
{
	struct run *run = context;

	text_printf(&run->notices, "%s\n", notice);
}

static void take_end(
    void *context, struct kit_session *session, const char *hook, const char *reason)
{
	struct run *run = context;

	(void)session;
	tell_refused(run, NULL);
	if (reason == NULL)
		return;
	run->failed = true;
	free(run->failed_hook);
	free(run->failure);
	run->failed_hook = xstrdup(hook);
	run->failure = xstrdup(reason);
	scan_say(run->scan, STYLE_ERROR, "%s failed: %s", hook, reason);
}

/*
 * A thing was done: the tree is shown once there is all to see, and then what changed. A program
 * that wants to hear once gets one answer at the end.
 */
static void take_step(void *context)
{
	struct run *run = context;
	const struct kit_session *session = run->session;
	bool over = session->state == KIT_CLOSED;

	if (run->scan->once && run->scan->json) {
		if (over)
			show_tree(run);
		return;
	}
	if (!run->live && session->scans > 0 && (over || session->state == KIT_ONLINE))
		show_tree(run);
	if (run->live || over)
		show_notices(run);
}

static void take_wait(void *context, int64_t ns)
{
	struct run *run = context;
	char time[CLOCK_TEXT_SIZE];

	scan_say(run->scan, STYLE_PLAIN, "next try in %s", duration_format(ns, time));
}

/* Says that a hook takes long, and how long the runner would put up with it. */
static void take_overdue(void *context, const char *hook)
{
	const struct run *run = context;
	const char *limit = strcmp(hook, "teardown") == 0 ? "30 s" : "600 s";
	bool limited = strstr(hook, "_scan") != NULL || strcmp(hook, "teardown") == 0;

	if (limited)
		scan_say(run->scan, STYLE_WARNING,
		    "%s runs since 10 s; the runner would end it after %s", hook, limit);
	else
		scan_say(run->scan, STYLE_WARNING, "%s runs since 10 s", hook);
}

static void take_stopping(void *context, enum guard_reason reason, const char *hook)
{
	const struct run *run = context;

	if (hook != NULL && reason == GUARD_SIGNAL)
		scan_say(run->scan, STYLE_PLAIN,
		    "waiting for %s to return (Ctrl-C again: end at once)", hook);
}

static _Noreturn void take_give_up(void *context, enum guard_reason reason, const char *hook)
{
	const struct run *run = context;

	if (hook != NULL)
		scan_say(run->scan, STYLE_ERROR, "%s did not end: teardown is not called", hook);
	_exit(reason == GUARD_FILE ? SCAN_RELOAD : SCAN_FAILED);
}

/* ---- the run ---- */

static struct kit *load(struct run *run, int recorder)
{
	const struct scan *scan = run->scan;
	struct reasons reasons = {0}, warnings = {0};
	struct kit_options options = {.name = scan->name,
	    .path = scan->path,
	    .log_level = scan->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
	    .period_s = scan->period_s,
	    .settings = scan->settings,
	    .setting_count = scan->setting_count,
	    .recorder = recorder,
	    .notices = true,
	    .callbacks = {.log = take_log,
	        .applied = take_batch,
	        .ended = take_end,
	        .changed = take_change,
	        .stored = take_stored},
	    .context = run};
	struct kit *kit = kit_load(&options, &reasons, &warnings);

	scan_complain(scan, &reasons);
	for (size_t i = 0; i < warnings.count; i++)
		scan_say(scan, STYLE_WARNING, "%s", warnings.items[i]);
	reasons_clear(&reasons);
	reasons_clear(&warnings);
	return kit;
}

/* All attributes that were given, those with passwords last. Borrowed; the caller frees the array.
 */
static struct typed_attribute *all_attributes(const struct scan *scan, size_t *count)
{
	struct typed_attribute *all;

	*count = scan->attributes.count + scan->passwords.count;
	all = xcalloc(*count + 1, sizeof(*all));
	for (size_t i = 0; i < *count; i++)
		all[i] = i < scan->attributes.count
		             ? scan->attributes.items[i]
		             : scan->passwords.items[i - scan->attributes.count];
	return all;
}

/* Adds the scannable to the kit. Returns SCAN_GOOD, or what is wrong, having told it. */
static enum scan_result add_scannable(struct run *run, struct kit *kit, int result_fd)
{
	const struct scan *scan = run->scan;
	struct reasons reasons = {0};
	const struct class *class = kit_choose_class(kit, scan->class, &reasons);
	struct text missing = TEXT_EMPTY;
	enum scan_result result = SCAN_GOOD;

	if (class != NULL)
		scan_check_passwords(scan, class, &missing, &reasons);
	if (reasons.count == 0 && missing.length > 0 && scan->can_ask) {
		scan_write(result_fd, &missing);
		result = SCAN_ASK;
	} else if (reasons.count == 0) {
		size_t count;
		struct typed_attribute *all = all_attributes(scan, &count);

		run->session = kit_add(kit, scan->class, all, count, &reasons);
		free(all);
	}
	if (reasons.count > 0) {
		if (missing.length > 0)
			reasons_add(
			    &reasons, "passwords are given as --password-file ATTRIBUTE=FILE");
		scan_complain(scan, &reasons);
		result = SCAN_WRONG_ARGUMENTS;
	}
	text_clear(&missing);
	reasons_clear(&reasons);
	return result;
}

static enum scan_result live(struct run *run, struct kit *kit)
{
	struct life life = {.kit = kit,
	    .session = run->session,
	    .once = run->scan->once,
	    .stop = guard_stop(run->guard),
	    .step = take_step,
	    .waiting = take_wait,
	    .context = run};

	life_run(&life);
	if (guard_reason(run->guard) == GUARD_FILE)
		return SCAN_RELOAD;
	return run->failed ? SCAN_FAILED : SCAN_GOOD;
}

/* Loads the plugin and leads its life. */
static enum scan_result load_and_live(struct run *run, const struct isolated *isolated)
{
	struct kit *kit = load(run, isolated->recorder);
	enum scan_result result;

	if (kit == NULL)
		return SCAN_UNUSABLE;
	guard_set_kit(run->guard, kit);
	result = add_scannable(run, kit, isolated->result);
	if (result == SCAN_GOOD && run->scan->runs > 1)
		scan_say(run->scan, STYLE_GOOD, "reloaded %s", run->scan->path);
	if (result == SCAN_GOOD)
		result = live(run, kit);
	guard_set_kit(run->guard, NULL);
	kit_free(kit);
	return result;
}

int scan_run_session(void *context, const struct isolated *isolated)
{
	struct run run = {.scan = context};
	struct guard_options options = {.signals = run.scan->signals,
	    .file = run.scan->file,
	    .recorder = isolated->recorder,
	    .overdue_ns = OVERDUE_NS,
	    .overdue = take_overdue,
	    .stopping = take_stopping,
	    .give_up = take_give_up,
	    .context = &run};
	enum scan_result result;

	run.newest = newest_new();
	run.refused = refused_calls_new();
	run.guard = guard_start(&options);
	result = load_and_live(&run, isolated);
	guard_free(run.guard);
	newest_free(run.newest);
	refused_calls_free(run.refused);
	text_clear(&run.notices);
	reasons_clear(&run.refusals);
	free(run.failed_hook);
	free(run.failure);
	return result;
}
