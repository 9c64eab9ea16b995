/* SPDX-License-Identifier: MIT */
/* The table of checks, and how each is run. */
#include "kit/certify.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "base/memory.h"
#include "kit/certify_internal.h"
#include "kit/validate.h"

/* What has to be in order before a check makes sense. */
enum requirement { NEEDS_NOTHING, NEEDS_PLUGIN, NEEDS_SCANS };

static const struct check {
	const char *name;
	const char *proves;
	enum requirement needs;
	void (*run)(struct examination *examination, struct certify_result *result);
} checks[] = {
    {"declarations", "what the plugin declares is valid", NEEDS_NOTHING, check_declarations},
    {"file", "the file exports its definition alone and is linked safely", NEEDS_NOTHING,
        check_file},
    {"first-scan", "the first scan succeeds and reports something, and no call is refused",
        NEEDS_PLUGIN, check_first_scan},
    {"identity", "every session, in this process or the next, finds the same resources",
        NEEDS_SCANS, check_identity},
    {"updates", "nothing comes, goes or changes by itself from scan to scan", NEEDS_SCANS,
        check_updates},
    {"teardown", "a hook that fails is followed by one teardown and a good next session",
        NEEDS_SCANS, check_teardown},
    {"refused-calls", "a refused call costs no resource, and the next session recovers",
        NEEDS_SCANS, check_refused_calls},
    {"stop", "a scan that is asked to stop returns within 5 s", NEEDS_SCANS, check_stop},
    {"no-network", "an unreachable device makes the scan fail in time and with a reason",
        NEEDS_SCANS, check_no_network},
    {"leaks", "memory, descriptors, threads, files and processes do not grow", NEEDS_SCANS,
        check_leaks},
    {"threads", "the plugin's own threads end with their session", NEEDS_SCANS, check_threads},
    {"concurrency", "sessions run side by side without disturbing each other", NEEDS_SCANS,
        check_concurrency},
    {"slow-device", "a scan that takes long delays neither other sessions nor its own end",
        NEEDS_SCANS, check_slow_device},
    {"password", "a password is in nothing that the plugin makes known", NEEDS_PLUGIN,
        check_password},
    {"process", "signals, directory, mask, locale and environment stay as they are", NEEDS_SCANS,
        check_process},
    {"output", "nothing was printed during all of this", NEEDS_NOTHING, check_output},
};
#define CHECK_COUNT (sizeof(checks) / sizeof(*checks))

const char *certify_outcome_name(enum certify_outcome outcome)
{
	static const char *const names[] = {"passed", "failed", "not applicable"};

	return names[outcome];
}

bool certify_check_at(size_t index, const char **name, const char **proves)
{
	if (index >= CHECK_COUNT)
		return false;
	*name = checks[index].name;
	*proves = checks[index].proves;
	return true;
}

/* ---- results ---- */

/* Adds what several experiments see alike once only. */
static void add_failure(struct certify_result *result, const char *remedy, char *seen)
{
	result->outcome = CERTIFY_FAILED;
	for (size_t i = 0; i < result->failures.count; i++) {
		if (strcmp(result->failures.items[i], seen) != 0)
			continue;
		free(seen);
		return;
	}
	reasons_take(&result->failures, seen);
	reasons_take(&result->remedies, xstrdup(remedy));
}

void result_fail(struct certify_result *result, const char *remedy, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_failure(result, remedy, xvasprintf(format, arguments));
	va_end(arguments);
}

void result_note(struct certify_result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	reasons_take(&result->notes, xvasprintf(format, arguments));
	va_end(arguments);
}

void result_summary(struct certify_result *result, const char *format, ...)
{
	va_list arguments;

	free(result->summary);
	va_start(arguments, format);
	result->summary = xvasprintf(format, arguments);
	va_end(arguments);
}

void result_skip(struct certify_result *result, const char *format, ...)
{
	va_list arguments;

	if (result->outcome == CERTIFY_FAILED)
		return;
	result->outcome = CERTIFY_NOT_APPLICABLE;
	free(result->summary);
	va_start(arguments, format);
	result->summary = xvasprintf(format, arguments);
	va_end(arguments);
}

static void clear_result(struct certify_result *result)
{
	free(result->summary);
	reasons_clear(&result->failures);
	reasons_clear(&result->remedies);
	reasons_clear(&result->notes);
}

/* ---- experiments ---- */

struct call {
	experiment *function;
	struct trial trial;
};

/* Runs in the child. */
static int perform(void *context, const struct isolated *isolated)
{
	struct call *call = context;

	/* Grandchildren that lost their parent become ours, so that they are seen. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	call->trial.isolated = isolated;
	call->function(&call->trial);
	return 0;
}

/* Adds what the child told: a letter and a text each. about becomes the last thing tried. */
static void read_records(struct certify_result *result, const struct text *records,
    struct reasons *facts, const char **about)
{
	const char *end = records->data + records->length;
	const char *seen = NULL;

	for (const char *at = records->data; at != NULL && at < end; at += strlen(at) + 1) {
		const char *text = at + 1;

		if (*at == 'F')
			seen = text;
		else if (*at == 'R' && seen != NULL)
			add_failure(result, text, xstrdup(seen));
		else if (*at == 'N')
			result_note(result, "%s", text);
		else if (*at == 'S')
			result_summary(result, "%s", text);
		else if (*at == 'X')
			result_skip(result, "%s", text);
		else if (*at == 'D')
			reasons_add(facts, "%s", text);
		else if (*at == 'A')
			*about = text;
	}
}

/* The last line that was printed, to tell with a crash; "" for none. The caller frees it. */
static char *last_words(const struct text *printed)
{
	size_t end = printed->length;
	size_t start;

	while (end > 0 && printed->data[end - 1] == '\n')
		end--;
	for (start = end; start > 0 && printed->data[start - 1] != '\n';)
		start--;
	return end > start
	           ? xasprintf("; it printed: %.*s", (int)(end - start), printed->data + start)
	           : xstrdup("");
}

/* Adds why the child did not come to its end. */
static void tell_death(const struct examination *examination, struct certify_result *result,
    const struct isolate_result *child, const char *about)
{
	bool hung =
	    child->timed_out || (WIFSIGNALED(child->status) && WTERMSIG(child->status) == SIGKILL);
	const char *hook = strstr(child->cause, " in ");
	const char *when = about != NULL ? about : "";
	char *words = last_words(&child->printed);

	if (hung)
		result_fail(result,
		    "give every request to the device a timeout, and end every loop that retries",
		    "did not return within %u s%s%s%s", examination->options->limit_s,
		    hook != NULL ? hook : "", when[0] != '\0' ? ", " : "", when);
	else
		result_fail(result,
		    "find it with \"gdb --args iml-plugin scan --no-isolation FILE.so ...\" or "
		    "valgrind",
		    "%s%s%s%s", child->cause, when[0] != '\0' ? ", " : "", when, words);
	free(words);
}

void experiment_run(struct examination *examination, struct certify_result *result,
    experiment *function, void *context, bool without_network, struct experiment_outcome *outcome)
{
	const struct isolate_options options = {
	    .capture = true, .without_network = without_network, .stop = -1};
	struct call call = {.function = function,
	    .trial = {.options = examination->options,
	        .plugin = examination->certificate->plugin,
	        .context = context}};
	struct isolate_result child;
	const char *about = NULL;

	*outcome = (struct experiment_outcome){.complete = false};
	isolate(perform, &call, &options, &child);
	outcome->no_network_possible = !child.no_network;
	read_records(result, &child.result, &outcome->facts, &about);
	outcome->complete = child.cause == NULL && !child.no_network;
	if (child.cause != NULL)
		tell_death(examination, result, &child, about);
	else if (child.printed.length > 0 && strstr(child.printed.data, RACE_WARNING) == NULL)
		text_append_bytes(&examination->printed, child.printed.data, child.printed.length);
	outcome->printed = child.printed;
	child.printed = TEXT_EMPTY;
	isolate_result_clear(&child);
}

void experiment_outcome_clear(struct experiment_outcome *outcome)
{
	reasons_clear(&outcome->facts);
	text_clear(&outcome->printed);
}

void experiment_try(
    struct examination *examination, struct certify_result *result, experiment *function)
{
	struct experiment_outcome outcome;

	experiment_run(examination, result, function, NULL, false, &outcome);
	experiment_outcome_clear(&outcome);
}

/* ---- passwords ---- */

static void note_secret(
    struct examination *examination, const struct class *class, const struct typed_attribute *typed)
{
	size_t index = class_find_attribute(class, typed->name);

	if (index != CLASS_NOT_FOUND && class->attributes[index].type == ATTRIBUTE_PASSWORD &&
	    typed->value != NULL && typed->value[0] != '\0')
		reasons_add(&examination->secrets, "%s", typed->value);
}

static void note_secrets(
    struct examination *examination, struct class *const *classes, size_t count)
{
	const struct certify_options *options = examination->options;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < options->attribute_count; k++)
			note_secret(examination, classes[i], &options->attributes[k]);
}

/* Takes out of a text, which may quote the plugin, what nobody is to read. */
static void withhold(const struct examination *examination, char **text)
{
	for (size_t i = 0; *text != NULL && i < examination->secrets.count; i++) {
		if (strstr(*text, examination->secrets.items[i]) == NULL)
			continue;
		forget_text(*text);
		*text = xstrdup("(withheld: a password is in it)");
	}
}

static void withhold_all(const struct examination *examination, struct certify_result *result)
{
	withhold(examination, &result->summary);
	for (size_t i = 0; i < result->failures.count; i++)
		withhold(examination, &result->failures.items[i]);
	for (size_t i = 0; i < result->notes.count; i++)
		withhold(examination, &result->notes.items[i]);
}

/* ---- checks without experiments ---- */

/* Names the classes: "Array, Drive; 1 warning". */
static void summarize_declarations(
    struct certify_result *result, struct class *const *classes, size_t count, size_t warnings)
{
	struct text names = TEXT_EMPTY;

	for (size_t i = 0; i < count; i++)
		text_printf(&names, "%s%s", i > 0 ? ", " : "", classes[i]->name);
	result_summary(result, "%s; %zu warning%s", names.data, warnings, plural(warnings));
	text_clear(&names);
}

void check_declarations(struct examination *examination, struct certify_result *result)
{
	const struct validate_options options = {.path = examination->options->path,
	    .directories = examination->options->directories,
	    .directory_count = examination->options->directory_count,
	    .limit_ns = examination->options->limit_s * NS_PER_S};
	struct validation validation;
	struct class *const *classes;
	size_t count;

	validate_plugin(&options, &validation);
	for (size_t i = 0; i < validation.errors.count; i++)
		result_fail(result, "", "%s", validation.errors.items[i]);
	for (size_t i = 0; i < validation.warnings.count; i++)
		result_note(result, "%s", validation.warnings.items[i]);
	classes = validation_classes(&validation, &count);
	note_secrets(examination, classes, count);
	examination->loads = validation.errors.count == 0;
	if (examination->loads) {
		examination->certificate->api_major = validation.loaded.loaded.api_major;
		examination->certificate->api_minor = validation.loaded.loaded.api_minor;
		summarize_declarations(result, classes, count, validation.warnings.count);
	}
	text_append_bytes(
	    &examination->printed, validation.printed.data, validation.printed.length);
	validation_clear(&validation);
}

void check_file(struct examination *examination, struct certify_result *result)
{
	const struct dissection *file = &examination->certificate->file;
	struct text names = TEXT_EMPTY;

	if (file->executable_stack)
		result_fail(result,
		    "link with -Wl,-z,noexecstack; nested functions and assembler files without a "
		    ".note.GNU-stack section cause this",
		    "the file asks for an executable stack");
	if (file->text_relocations)
		result_fail(
		    result, "compile everything in it with -fPIC", "the file has text relocations");
	for (size_t i = 0; i < file->exported.count; i++)
		text_printf(&names, "%s%s", i > 0 ? ", " : "", file->exported.items[i]);
	if (file->exported.count > 1)
		result_fail(result, "compile with -fvisibility=hidden",
		    "the file exports %zu symbols, where its definition should be the only one: %s",
		    file->exported.count, names.data);
	text_clear(&names);
	text_append(&names, "");
	for (size_t i = 0; i < file->needed.count; i++)
		text_printf(&names, "%s%s", i > 0 ? ", " : "", file->needed.items[i]);
	result_summary(result, "needs %s", file->needed.count > 0 ? names.data : "no libraries");
	text_clear(&names);
}

/* What a terminal may be shown of a text: its first line, cut. The caller frees it. */
static char *first_line(const struct text *text)
{
	size_t length = strcspn(text->data, "\n");

	return xstrndup(text->data, length < 200 ? length : utf8_cut(text->data, length, 200));
}

void check_output(struct examination *examination, struct certify_result *result)
{
	char *line;

	if (examination->printed.length == 0)
		return;
	line = first_line(&examination->printed);
	result_fail(result,
	    "use iml_info(), iml_warning() and iml_err() in place of printf(); turn off messages "
	    "of libraries",
	    "%zu bytes were printed, beginning with: %s", examination->printed.length, line);
	free(line);
}

/* ---- the examination ---- */

/* Why a check can't be run, or NULL. */
static const char *obstacle(const struct examination *examination, enum requirement needs)
{
	if (needs >= NEEDS_PLUGIN && !examination->loads)
		return "the declarations are not valid";
	if (needs >= NEEDS_SCANS && !examination->scans)
		return "the first scan does not succeed";
	return NULL;
}

/* Whether a check is asked for; those that others depend on are run in any case. */
static bool is_wanted(const struct examination *examination, const struct check *check)
{
	const char *only = examination->options->only;

	return only == NULL || strcmp(only, check->name) == 0 || check->run == check_declarations ||
	       check->run == check_first_scan;
}

static void run_check(struct examination *examination, const struct check *check)
{
	struct certificate *certificate = examination->certificate;
	struct certify_result *result = &certificate->results[certificate->count];
	struct monotonic start = monotonic_now();
	const char *why = obstacle(examination, check->needs);

	*result = (struct certify_result){.name = check->name, .proves = check->proves};
	if (why != NULL)
		result_skip(result, "%s", why);
	else
		check->run(examination, result);
	withhold_all(examination, result);
	result->duration_ns = monotonic_since(monotonic_now(), start);
	if (result->outcome == CERTIFY_FAILED)
		certificate->passed = false;
	certificate->count++;
	if (examination->options->finished != NULL)
		examination->options->finished(examination->options->context, result);
}

/* The name of a plugin is that of its file. The caller frees it. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t length = strlen(name);

	if (length > 3 && strcmp(name + length - 3, ".so") == 0)
		length -= 3;
	return xstrndup(name, length);
}

static char *describe_machine(void)
{
	struct utsname machine;

	if (uname(&machine) != 0)
		return xstrdup("unknown");
	return xasprintf("%s %s %s", machine.sysname, machine.release, machine.machine);
}

void certify_plugin(const struct certify_options *options, struct certificate *certificate)
{
	struct examination examination = {.options = options, .certificate = certificate};

	assert(options->scans >= CERTIFY_SCANS_MIN && options->limit_s > 0);
	*certificate = (struct certificate){.plugin = name_of(options->path),
	    .date = wallclock_now(),
	    .machine = describe_machine(),
	    .results = xcalloc(CHECK_COUNT, sizeof(*certificate->results)),
	    .passed = true};
	if (SHA256File(options->path, certificate->sha256) == NULL)
		certificate->sha256[0] = '\0';
	dissect_plugin(options->path, &certificate->file);
	for (size_t i = 0; i < CHECK_COUNT; i++)
		if (is_wanted(&examination, &checks[i]))
			run_check(&examination, &checks[i]);
	text_forget(&examination.printed);
	for (size_t i = 0; i < examination.secrets.count; i++)
		explicit_bzero(examination.secrets.items[i], strlen(examination.secrets.items[i]));
	reasons_clear(&examination.secrets);
}

void certificate_clear(struct certificate *certificate)
{
	for (size_t i = 0; i < certificate->count; i++)
		clear_result(&certificate->results[i]);
	free(certificate->results);
	dissection_clear(&certificate->file);
	free(certificate->plugin);
	free(certificate->machine);
}
