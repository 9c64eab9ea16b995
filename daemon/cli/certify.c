/* SPDX-License-Identifier: MIT */
/* iml-plugin certify: the examination of a plugin, and the report of it that goes with a package.
 */
#include "cli/certify.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/command.h"
#include "cli/plugin_places.h"
#include "cli/scan.h"
#include "kit/validate.h"

#define JSON_FLAGS \
	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)
#define WRONG_ARGUMENTS 2
#define NAME_WIDTH 14
#define OUTCOME_WIDTH 15

/* What was asked for. */
struct request {
	struct scan scan; /* plugin, scannable and settings */
	unsigned scans;
	unsigned limit_s;
	const char *only;
	const char *output; /* name of a file; NULL: standard output */
	FILE *file;         /* opened under that name; NULL: none */
	bool json;
	const struct terminal *terminal;
};

/* ---- the report for people ---- */

static enum style style_of(enum certify_outcome outcome)
{
	static const enum style styles[] = {STYLE_GOOD, STYLE_ERROR, STYLE_DIM};

	return styles[outcome];
}

static void append_line(struct text *out, const struct terminal *terminal, enum style style,
    const char *indent, const char *line)
{
	text_append(out, indent);
	append_styled(out, terminal, style, line);
	text_append_char(out, '\n');
}

void render_check(
    struct text *out, const struct terminal *terminal, const struct certify_result *result)
{
	const char *outcome = certify_outcome_name(result->outcome);

	append_styled(out, terminal, style_of(result->outcome), outcome);
	append_blanks(out, OUTCOME_WIDTH - strlen(outcome));
	text_append(out, result->name);
	append_blanks(out, NAME_WIDTH - strlen(result->name));
	append_clean(out, terminal, result->summary != NULL ? result->summary : result->proves);
	text_append_char(out, '\n');
	for (size_t i = 0; i < result->failures.count; i++) {
		append_line(out, terminal, STYLE_PLAIN, "    ", result->failures.items[i]);
		if (result->remedies.items[i][0] != '\0')
			append_line(
			    out, terminal, STYLE_INFO, "      to do: ", result->remedies.items[i]);
	}
	for (size_t i = 0; i < result->notes.count; i++)
		append_line(out, terminal, STYLE_DIM, "    note: ", result->notes.items[i]);
}

static size_t count_outcomes(const struct certificate *certificate, enum certify_outcome outcome)
{
	size_t count = 0;

	for (size_t i = 0; i < certificate->count; i++)
		count += certificate->results[i].outcome == outcome;
	return count;
}

void render_certificate(struct text *out, const struct terminal *terminal,
    const struct certificate *certificate, unsigned scans)
{
	char date[CLOCK_TEXT_SIZE];

	text_append(out, "\nplugin     ");
	append_clean(out, terminal, certificate->plugin);
	text_printf(out, "\ninterface  %u.%u\nsha256     %s\n", certificate->api_major,
	    certificate->api_minor, certificate->sha256);
	if (certificate->file.build_id != NULL)
		text_printf(out, "build id   %s\n", certificate->file.build_id);
	text_printf(out,
	    "date       %s\nmachine    %s\nscans      %u\nwith       iml-plugin %s\n\n",
	    wallclock_format(certificate->date, date), certificate->machine, scans, VERSION);
	append_styled(out, terminal, certificate->passed ? STYLE_GOOD : STYLE_ERROR,
	    certificate->passed ? "passed" : "failed");
	text_printf(out, ": %zu check%s passed, %zu failed, %zu not applicable\n",
	    count_outcomes(certificate, CERTIFY_PASSED),
	    plural(count_outcomes(certificate, CERTIFY_PASSED)),
	    count_outcomes(certificate, CERTIFY_FAILED),
	    count_outcomes(certificate, CERTIFY_NOT_APPLICABLE));
}

/* ---- the report for programs ---- */

static struct json_object *text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_object_new_string(text) : NULL;
}

static struct json_object *texts(const struct reasons *reasons)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < reasons->count; i++)
		json_object_array_add(array, json_object_new_string(reasons->items[i]));
	return array;
}

static struct json_object *describe_failures(const struct certify_result *result)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < result->failures.count; i++) {
		struct json_object *failure = json_object_new_object();

		json_object_object_add(
		    failure, "seen", json_object_new_string(result->failures.items[i]));
		json_object_object_add(failure, "to_do", text_or_null(result->remedies.items[i]));
		json_object_array_add(array, failure);
	}
	return array;
}

static struct json_object *describe_result(const struct certify_result *result)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", json_object_new_string(result->name));
	json_object_object_add(object, "proves", json_object_new_string(result->proves));
	json_object_object_add(
	    object, "outcome", json_object_new_string(certify_outcome_name(result->outcome)));
	json_object_object_add(object, "summary", text_or_null(result->summary));
	json_object_object_add(object, "failures", describe_failures(result));
	json_object_object_add(object, "notes", texts(&result->notes));
	json_object_object_add(
	    object, "milliseconds", json_object_new_int64(result->duration_ns / NS_PER_MS));
	return object;
}

struct json_object *describe_certificate(const struct certificate *certificate, unsigned scans)
{
	struct json_object *object = json_object_new_object();
	struct json_object *results = json_object_new_array();
	char date[CLOCK_TEXT_SIZE];
	char *version = xasprintf("%u.%u", certificate->api_major, certificate->api_minor);

	json_object_object_add(object, "plugin", json_object_new_string(certificate->plugin));
	json_object_object_add(object, "interface", json_object_new_string(version));
	json_object_object_add(object, "sha256", text_or_null(certificate->sha256));
	json_object_object_add(object, "build_id", text_or_null(certificate->file.build_id));
	json_object_object_add(object, "libraries", texts(&certificate->file.needed));
	json_object_object_add(
	    object, "date", json_object_new_string(wallclock_format(certificate->date, date)));
	json_object_object_add(object, "machine", json_object_new_string(certificate->machine));
	json_object_object_add(object, "version", json_object_new_string(VERSION));
	json_object_object_add(object, "scans", json_object_new_int64(scans));
	json_object_object_add(object, "passed", json_object_new_boolean(certificate->passed));
	for (size_t i = 0; i < certificate->count; i++)
		json_object_array_add(results, describe_result(&certificate->results[i]));
	json_object_object_add(object, "checks", results);
	free(version);
	return object;
}

/* ---- options ---- */

static bool mistake(const char *option, const char *what, const char *argument)
{
	fprintf(stderr, "iml-plugin certify: %s: \"%s\" is not %s\n", option, argument, what);
	return false;
}

static bool take_number(
    const char *option, const char *argument, unsigned least, unsigned most, unsigned *number)
{
	char *end;
	unsigned long value = strtoul(argument, &end, 10);
	char *what;

	if (argument[0] >= '0' && argument[0] <= '9' && *end == '\0' && value >= least &&
	    value <= most) {
		*number = (unsigned)value;
		return true;
	}
	what = xasprintf("a number from %u to %u", least, most);
	mistake(option, what, argument);
	free(what);
	return false;
}

static bool take_check(struct request *request, const char *argument)
{
	const char *name, *proves;

	for (size_t i = 0; certify_check_at(i, &name, &proves); i++)
		if (strcmp(name, argument) == 0) {
			request->only = name;
			return true;
		}
	return mistake("--check", "the name of a check, see \"iml-plugin help certify\"", argument);
}

static bool take_option(struct request *request, int option, const char *argument)
{
	switch (option) {
	case 'j':
		return request->json = true;
	case 'o':
		request->output = argument;
		return true;
	case 'n':
		return take_number(
		    "--scans", argument, CERTIFY_SCANS_MIN, CERTIFY_SCANS_MAX, &request->scans);
	case 'l':
		return take_number("--limit", argument, 1, CERTIFY_LIMIT_MAX, &request->limit_s);
	case 'c':
		return take_check(request, argument);
	case 's':
		return scan_take_setting(&request->scan, argument);
	case 'P':
		return scan_take_password_file(&request->scan, argument);
	default:
		return false;
	}
}

static bool read_arguments(struct request *request, char **words, int count)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"output", required_argument, NULL, 'o'},
	    {"scans", required_argument, NULL, 'n'},
	    {"limit", required_argument, NULL, 'l'},
	    {"check", required_argument, NULL, 'c'},
	    {"setting", required_argument, NULL, 's'},
	    {"password-file", required_argument, NULL, 'P'},
	    {NULL, 0, NULL, 0},
	};
	bool good = true;
	int option;

	scan_keep_words(&request->scan, words, count);
	optind = 0;
	while ((option = getopt_long(count, words, "", options, NULL)) != -1)
		good = take_option(request, option, optarg) && good;
	return scan_read_words(&request->scan, words + optind, count - optind) && good;
}

/* ---- passwords ---- */

/* The class of the scannable as far as it is clear; else the first scan will tell. */
static const struct class *find_class(const struct request *request, struct validation *validation)
{
	const char *wanted = request->scan.class;
	const struct class *found = NULL;
	size_t count;
	struct class *const *classes = validation_classes(validation, &count);

	for (size_t i = 0; i < count; i++) {
		if (!classes[i]->scannable ||
		    (wanted != NULL && strcmp(classes[i]->name, wanted) != 0))
			continue;
		if (found != NULL)
			return NULL;
		found = classes[i];
	}
	return found;
}

/* Asks for passwords on the terminal, where Ctrl-C is read as an answer meanwhile. */
static bool ask(struct request *request, const char *names)
{
	sigset_t signals, before;
	bool good;

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		fprintf(stderr,
		    "iml-plugin certify: a password is missing, and there is no terminal to ask "
		    "for it: give --password-file ATTRIBUTE=FILE for %s",
		    names);
		return false;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	request->scan.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	request->scan.err = STDERR_FILENO;
	request->scan.err_terminal = *request->terminal;
	good = scan_ask(&request->scan, names);
	close(request->scan.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return good;
}

/* Whether all passwords are there, given as such or by answering. */
static bool collect_passwords(struct request *request)
{
	const struct validate_options options = {
	    .path = request->scan.path, .limit_ns = request->limit_s * NS_PER_S};
	struct validation validation;
	struct reasons reasons = {.count = 0};
	struct text missing = TEXT_EMPTY;
	const struct class *class;
	bool good;

	validate_plugin(&options, &validation);
	class = validation.errors.count == 0 ? find_class(request, &validation) : NULL;
	if (class != NULL)
		scan_check_passwords(&request->scan, class, &missing, &reasons);
	for (size_t i = 0; i < reasons.count; i++)
		fprintf(stderr, "iml-plugin certify: %s\n", reasons.items[i]);
	good = reasons.count == 0 && (missing.length == 0 || ask(request, missing.data));
	validation_clear(&validation);
	reasons_clear(&reasons);
	text_clear(&missing);
	return good;
}

/* All attributes in one list, which borrows them. The caller frees it. */
static struct typed_attribute *join_attributes(const struct scan *scan, size_t *count)
{
	struct typed_attribute *all =
	    xcalloc(scan->attributes.count + scan->passwords.count + 1, sizeof(*all));

	*count = 0;
	for (size_t i = 0; i < scan->attributes.count; i++)
		all[(*count)++] = scan->attributes.items[i];
	for (size_t i = 0; i < scan->passwords.count; i++)
		all[(*count)++] = scan->passwords.items[i];
	return all;
}

/* ---- ThreadSanitizer ---- */

extern void __tsan_init(void) __attribute__((weak));

/* The runtime that a plugin built with ThreadSanitizer is linked with; NULL: another is. */
static const char *find_runtime(const struct dissection *file)
{
	for (size_t i = 0; i < file->needed.count; i++)
		if (strncmp(file->needed.items[i], "libtsan.so", strlen("libtsan.so")) == 0)
			return file->needed.items[i];
	return NULL;
}

/*
 * Starts this program anew with ThreadSanitizer's runtime, which has to be there from the start, if
 * the plugin needs it. Returns if it does not, or can't be helped.
 */
static void load_sanitizer(const struct request *request, char **words, int count)
{
	static char json[] = "--json";
	char **arguments = xcalloc((size_t)count + 3, sizeof(*arguments));
	struct dissection file;
	const char *runtime;

	if (dissect_plugin(request->scan.path, &file) && file.thread_sanitizer &&
	    __tsan_init == NULL && getenv("LD_PRELOAD") == NULL &&
	    (runtime = find_runtime(&file)) != NULL) {
		arguments[0] = program_invocation_name;
		arguments[1] = words[0];
		memcpy(arguments + 2, words + 1, (size_t)(count - 1) * sizeof(*words));
		arguments[count + 1] = request->json ? json : NULL;
		setenv("LD_PRELOAD", runtime, 1);
		/* Of libraries that were built without it, it would tell what is not so. */
		setenv("TSAN_OPTIONS", "ignore_noninstrumented_modules=1", 0);
		/* The runtime wants memory at certain addresses. */
		personality(ADDR_NO_RANDOMIZE);
		execv("/proc/self/exe", arguments);
		unsetenv("LD_PRELOAD");
	}
	dissection_clear(&file);
	free(arguments);
}

/* ---- the command ---- */

static void write_result(void *context, const struct certify_result *result)
{
	const struct request *request = context;
	struct text out = TEXT_EMPTY;

	if (request->json && request->output == NULL)
		return;
	render_check(&out, request->terminal, result);
	print(&out);
}

static void complain_of_output(const struct request *request)
{
	fprintf(stderr, "iml-plugin certify: %s: %s\n", request->output, strerror(errno));
}

/* Opens the file for the report: what can't be written is told before anything is examined. */
static bool open_output(struct request *request)
{
	if (request->output == NULL)
		return true;
	request->file = fopen(request->output, "we");
	if (request->file == NULL)
		complain_of_output(request);
	return request->file != NULL;
}

/* Writes the report to the file that was asked for. */
static bool write_file(const struct request *request, const struct certificate *certificate)
{
	const struct terminal plain = {.unicode = true};
	struct text out = TEXT_EMPTY;
	bool good;

	if (request->json) {
		struct json_object *object = describe_certificate(certificate, request->scans);

		text_append(&out, json_object_to_json_string_ext(object, JSON_FLAGS));
		text_append_char(&out, '\n');
		json_object_put(object);
	} else {
		for (size_t i = 0; i < certificate->count; i++)
			render_check(&out, &plain, &certificate->results[i]);
		render_certificate(&out, &plain, certificate, request->scans);
	}
	good = fwrite(out.data, out.length, 1, request->file) == 1;
	good = fclose(request->file) == 0 && good;
	if (!good)
		complain_of_output(request);
	text_clear(&out);
	return good;
}

static int report(const struct request *request, const struct certificate *certificate)
{
	struct text out = TEXT_EMPTY;
	int status = certificate->passed ? EXIT_SUCCESS : EXIT_FAILURE;

	if (request->output != NULL && !write_file(request, certificate))
		status = EXIT_FAILURE;
	if (request->json && request->output == NULL)
		return print_json(describe_certificate(certificate, request->scans)) == 0
		           ? status
		           : EXIT_FAILURE;
	render_certificate(&out, request->terminal, certificate, request->scans);
	return print(&out) == 0 ? status : EXIT_FAILURE;
}

/* Tells what to do next. */
static void tell_next(const struct request *request, const struct certificate *certificate)
{
	const struct cli cli = {.json = request->json && request->output == NULL};

	if (!certificate->passed)
		print_next(&cli, "correct this; --check NAME examines one thing alone");
	else if (request->only != NULL)
		print_next(&cli, "certify it without --check");
	else if (request->output == NULL)
		print_next(&cli, "the same with --output FILE writes the report that goes with %s",
		    request->scan.path);
	else
		print_next(&cli, "install %s where the runner finds it, and ship %s with it",
		    request->scan.path, request->output);
}

static int certify(struct request *request)
{
	struct plugin_places places = plugin_places();
	struct certify_options options = {.path = request->scan.path,
	    .class = request->scan.class,
	    .settings = request->scan.settings,
	    .setting_count = request->scan.setting_count,
	    .directories = places.directories,
	    .directory_count = PLUGIN_PLACES,
	    .scans = request->scans,
	    .limit_s = request->limit_s,
	    .only = request->only,
	    .finished = write_result,
	    .context = request};
	struct typed_attribute *attributes =
	    join_attributes(&request->scan, &options.attribute_count);
	struct certificate certificate;
	int status;

	options.attributes = attributes;
	certify_plugin(&options, &certificate);
	status = report(request, &certificate);
	tell_next(request, &certificate);
	certificate_clear(&certificate);
	plugin_places_clear(&places);
	free(attributes);
	return status;
}

int command_certify(struct cli *cli, char **arguments, int count)
{
	struct request request = {.scans = CERTIFY_SCANS_DEFAULT,
	    .limit_s = CERTIFY_LIMIT_DEFAULT,
	    .json = cli->json,
	    .terminal = &cli->terminal,
	    .scan = {.signals = -1}};
	int status = WRONG_ARGUMENTS;

	if (!read_arguments(&request, arguments, count)) {
		fprintf(stderr, "see \"iml-plugin help certify\"\n");
	} else {
		load_sanitizer(&request, request.scan.words, count);
		if (collect_passwords(&request) && open_output(&request))
			status = certify(&request);
	}
	scan_free_arguments(&request.scan);
	if (__tsan_init != NULL) {
		/* Libraries that clean up at exit may wait for ever for locks of the runtime's. */
		fflush(NULL);
		_exit(status);
	}
	return status;
}
