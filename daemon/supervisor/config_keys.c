/* SPDX-License-Identifier: MIT */
#include "supervisor/config_keys.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/paths.h"
#include "model/moment.h"
#include "wire/recorder.h"

#define SECONDS(n) ((n)*NS_PER_S)
#define DAY SECONDS(86400)
#define RETENTION_MAX (100000 * DAY)
#define KIB INT64_C(1024)
#define MIB (KIB * KIB)
#define GIB (KIB * MIB)

#define KEY(name_, type_, structure_, member_, ...)                                               \
	{                                                                                         \
		.name = (name_), .type = (type_), .offset = offsetof(struct structure_, member_), \
		__VA_ARGS__                                                                       \
	}
#define OF(name_, type_, member_, ...) KEY(name_, type_, config, member_, __VA_ARGS__)
#define OF_PLUGIN(name_, type_, member_, ...) \
	KEY("plugins[]." name_, type_, plugin_config, member_, __VA_ARGS__)
#define OF_SCANNABLE(name_, type_, member_, ...) \
	KEY("scannables[]." name_, type_, scannable_config, member_, __VA_ARGS__)
#define OF_RETENTION(name_, resolution_, ...) \
	OF("statistics.retention." name_, CONFIG_SECONDS, retention_ns[resolution_], __VA_ARGS__)
#define BETWEEN(minimum_, maximum_) .minimum = (minimum_), .maximum = (maximum_)

const struct config_key config_keys[] = {
    OF("plugins", CONFIG_LIST, plugins,
        .help = "the plugins to run: names, paths, or mappings of the keys below"),
    OF_PLUGIN("name", CONFIG_TEXT, name, .help = "file NAME.so of the plugin directory"),
    OF_PLUGIN("path", CONFIG_PATH, path, .help = "the shared object, in place of a name"),
    OF_PLUGIN("log_level", CONFIG_LOG_LEVEL, log_level,
        .help = "level of its lines, in place of log.plugin_level"),
    OF_PLUGIN("scan_limit", CONFIG_DURATION, scan_limit_ns, BETWEEN(SECONDS(1), DAY),
        .help = "in place of scan.limit"),
    OF_PLUGIN("teardown_limit", CONFIG_DURATION, teardown_limit_ns, BETWEEN(SECONDS(1), DAY),
        .help = "in place of scan.teardown_limit"),
    OF_PLUGIN("stop_limit", CONFIG_DURATION, stop_limit_ns, BETWEEN(0, SECONDS(3600)),
        .help = "in place of scan.stop_limit"),
    OF_PLUGIN("settings", CONFIG_MAPPING, settings, .help = "whatever the plugin asks for"),

    OF("scannables", CONFIG_LIST, scannables, .help = "what the plugins scan"),
    OF_SCANNABLE("plugin", CONFIG_TEXT, plugin, .help = "name of the plugin"),
    OF_SCANNABLE("class", CONFIG_TEXT, class, .help = "name of a scannable class of it"),
    OF_SCANNABLE("attributes", CONFIG_MAPPING, attributes, .help = "values by attribute name"),

    OF("directories.plugins", CONFIG_PATH, plugin_directory, .default_text = PLUGIN_DIRECTORY,
        .help = "where plugins listed by name are"),
    OF("directories.state", CONFIG_PATH, state_directory,
        .default_text = "/var/lib/iml-plugin-runner", .make_default = default_state_directory,
        .needs_restart = true, .help = "what the runner keeps"),
    OF("user", CONFIG_TEXT, user, .needs_restart = true,
        .help = "user that plugins run as when the runner is root"),

    OF("database.conninfo", CONFIG_TEXT, conninfo, .default_text = "", .needs_restart = true,
        .help = "connection string of libpq"),
    OF("database.password_file", CONFIG_PATH, database_password_file,
        .make_default = default_database_password, .needs_restart = true,
        .help = "file with nothing but the password for it"),
    OF("database.embedded", CONFIG_BOOLEAN, embedded, .default_text = "false",
        .needs_restart = true, .help = "run a private PostgreSQL in the state directory"),
    OF("database.embedded_user", CONFIG_TEXT, embedded_user, .needs_restart = true,
        .help = "user that it runs as when the runner is root"),
    OF("database.retry_max", CONFIG_DURATION, database_retry_max_ns,
        BETWEEN(100 * NS_PER_MS, SECONDS(3600)), .default_text = "10 s", .needs_restart = true,
        .help = "longest wait between attempts to connect"),
    OF("database.statement_limit", CONFIG_DURATION, database_statement_limit_ns,
        BETWEEN(SECONDS(1), DAY), .default_text = "10 min", .needs_restart = true,
        .help = "longest time for a statement"),
    OF("database.lock_limit", CONFIG_DURATION, database_lock_limit_ns,
        BETWEEN(100 * NS_PER_MS, SECONDS(3600)), .default_text = "15 s", .needs_restart = true,
        .help = "longest wait for a lock that others hold"),

    OF("host.memory_max", CONFIG_SIZE, host_memory_max, BETWEEN(32 * MIB, 1024 * GIB),
        .default_text = "4 GiB", .help = "most memory of a plugin's process"),
    OF("host.tasks_max", CONFIG_NUMBER, host_tasks_max, BETWEEN(64, 1000000),
        .default_text = "4096", .help = "most threads and processes of a plugin"),

    OF("scan.period", CONFIG_SECONDS, scan_period_ns, BETWEEN(0, DAY), .default_text = "5 s",
        .help = "from the end of an update scan to the next"),
    OF("scan.workers", CONFIG_NUMBER, scan_workers, BETWEEN(1, SCAN_WORKERS_MAX),
        .default_text = "256", .help = "most scans of one plugin at the same time"),
    OF("scan.limit", CONFIG_DURATION, scan_limit_ns, BETWEEN(SECONDS(1), DAY),
        .default_text = "600 s", .help = "longest scan"),
    OF("scan.teardown_limit", CONFIG_DURATION, teardown_limit_ns, BETWEEN(SECONDS(1), DAY),
        .default_text = "30 s", .help = "longest teardown"),
    OF("scan.load_limit", CONFIG_DURATION, load_limit_ns, BETWEEN(SECONDS(1), DAY),
        .default_text = "30 s", .help = "longest time that a plugin may take to load"),
    OF("scan.stop_limit", CONFIG_DURATION, stop_limit_ns, BETWEEN(0, SECONDS(3600)),
        .default_text = "5 s", .help = "longest wait for plugins when the runner stops"),
    OF("scan.retry_min", CONFIG_DURATION, retry_min_ns, BETWEEN(10 * NS_PER_MS, DAY),
        .default_text = "2 s", .help = "first wait after a failed session"),
    OF("scan.retry_max", CONFIG_DURATION, retry_max_ns, BETWEEN(10 * NS_PER_MS, DAY),
        .default_text = "60 s", .help = "longest wait after failed sessions"),
    OF("scan.confirm_after", CONFIG_DURATION, confirm_after_ns, BETWEEN(10 * NS_PER_MS, DAY),
        .default_text = "5 m",
        .help = "wait before another initial scan when one could not tell what is gone"),

    OF("statistics.enabled", CONFIG_BOOLEAN, statistics_enabled, .default_text = "true",
        .help = "store the samples that plugins make"),
    OF("statistics.memory", CONFIG_SIZE, sample_memory, BETWEEN(64 * KIB, 64 * GIB),
        .default_text = "64 MiB", .needs_restart = true,
        .help = "most samples in memory that wait to be stored"),
    OF("statistics.spool", CONFIG_SIZE, sample_spool, BETWEEN(0, 64 * GIB),
        .default_text = "256 MiB", .needs_restart = true,
        .help = "most samples in the state directory that wait to be stored"),
    OF_RETENTION("samples", 0, BETWEEN(SECONDS(180), RETENTION_MAX), .default_text = "1 d",
        .help = "how long samples are kept"),
    OF_RETENTION("one_minute", 1, BETWEEN(SECONDS(600), RETENTION_MAX), .default_text = "3 d",
        .help = "how long they are kept by the minute"),
    OF_RETENTION("five_minutes", 2, BETWEEN(SECONDS(7200), RETENTION_MAX), .default_text = "7 d",
        .help = "how long they are kept by 5 minutes"),
    OF_RETENTION("one_hour", 3, BETWEEN(2 * DAY, RETENTION_MAX), .default_text = "30 d",
        .help = "how long they are kept by the hour"),
    OF_RETENTION("one_day", 4, BETWEEN(2 * DAY, RETENTION_MAX), .default_text = "70000 d",
        .help = "how long they are kept by the day"),

    OF("log.level", CONFIG_LOG_LEVEL, log_level, .default_text = "info",
        .help = "least level of the runner's own lines"),
    OF("log.plugin_level", CONFIG_LOG_LEVEL, plugin_log_level, .default_text = "warning",
        .help = "least level of the plugins' lines"),
    OF("log.file", CONFIG_PATH, log_file, .help = "log file in place of standard error"),
    OF("log.fold", CONFIG_DURATION, log_fold_ns, BETWEEN(0, SECONDS(3600)), .default_text = "10 s",
        .help = "how long a message that comes again is only counted"),
    OF("control.socket", CONFIG_PATH, control_socket,
        .default_text = "/run/iml-plugin-runner/control.sock",
        .make_default = default_control_socket, .needs_restart = true,
        .help = "where iml-plugin talks to the runner"),
    OF("control.group", CONFIG_TEXT, control_group,
        .help = "group whose members may change things with iml-plugin"),
    OF("control.listen", CONFIG_TEXT, control_listen, .needs_restart = true,
        .help = "loopback address and port to answer on, too: 127.0.0.1:9500"),
    OF("control.token_file", CONFIG_PATH, control_token_file,
        .help = "file with nothing but the token that is needed there"),
    OF("control.metrics_without_token", CONFIG_BOOLEAN, control_metrics_without_token,
        .default_text = "false", .help = "answer /metrics there without the token"),
};
const size_t config_key_count = sizeof(config_keys) / sizeof(config_keys[0]);

/* ---- looking ---- */

const struct config_key *config_key_find(const char *name)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	return NULL;
}

bool config_key_is_section(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < config_key_count; i++)
		if (strncmp(config_keys[i].name, name, length) == 0 &&
		    config_keys[i].name[length] == '.')
			return true;
	return false;
}

/* Whether two names, up to their first dot or bracket, are the same. */
static bool same_part(const char *a, const char *b)
{
	size_t length = strcspn(a, ".[");

	return strcspn(b, ".[") == length && memcmp(a, b, length) == 0;
}

/*
 * The next name below prefix, from key *at on, that differs from the one before (*name, or NULL);
 * its length, or 0 if there is none.
 */
static size_t next_name(const char *prefix, size_t *at, const char **name)
{
	for (; *at < config_key_count; ++*at) {
		const char *rest = config_keys[*at].name;

		if (strncmp(rest, prefix, strlen(prefix)) != 0)
			continue;
		rest += strlen(prefix);
		if (*name != NULL && same_part(rest, *name))
			continue;
		*name = rest;
		return strcspn(rest, ".[");
	}
	return 0;
}

/* The full name of a key of another section whose last part is name, or NULL. */
static const char *find_elsewhere(const char *name)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const char *dot = strrchr(config_keys[i].name, '.');

		if (dot != NULL && strcmp(dot + 1, name) == 0 &&
		    strchr(config_keys[i].name, '[') == NULL)
			return config_keys[i].name;
	}
	return NULL;
}

/* Appends all names below prefix. */
static void append_names(const char *prefix, struct text *advice)
{
	const char *name = NULL;
	size_t length;

	for (size_t at = 0; (length = next_name(prefix, &at, &name)) > 0;)
		text_printf(advice, "%s%.*s", advice->length > 0 ? ", " : "", (int)length, name);
}

void config_key_suggest(const char *prefix, const char *name, struct text *advice)
{
	struct nearest nearest = nearest_to(name);
	const char *candidate = NULL;
	struct text names = TEXT_EMPTY;
	size_t length;

	for (size_t at = 0; (length = next_name(prefix, &at, &candidate)) > 0;)
		nearest_try(&nearest, candidate, length);
	if (nearest.name != NULL) {
		text_printf(advice, "did you mean \"%.*s\"?", (int)nearest.length, nearest.name);
		return;
	}
	if (find_elsewhere(name) != NULL) {
		text_printf(advice, "did you mean \"%s\"?", find_elsewhere(name));
		return;
	}
	append_names(prefix, &names);
	text_printf(advice, "known here: %s", names.data);
	text_clear(&names);
}

/* ---- values ---- */

char *config_absolute_path(const char *path, const char *directory)
{
	char *here, *absolute, *result;

	if (path[0] == '/')
		return path_normalise(path);
	here = directory[0] == '/' ? xstrdup(directory) : realpath(directory, NULL);
	absolute = xasprintf("%s/%s", here != NULL ? here : directory, path);
	result = path_normalise(absolute);
	free(absolute);
	free(here);
	return result;
}

/* What a typed value is stored with. */
struct typed {
	const struct config_key *key;
	const char *text; /* never NULL */
	const char *directory;
	void *member;
	char *reason;
};

static bool refuse(const struct typed *typed, const char *why)
{
	reason_write(typed->reason, "\"%s\" %s", typed->text, why);
	return false;
}

static bool store_text(const struct typed *typed)
{
	char **member = typed->member;

	free(*member);
	*member = xstrdup(typed->text);
	return true;
}

static bool store_path(const struct typed *typed)
{
	char **member = typed->member;

	if (typed->text[0] == '\0')
		return refuse(typed, "is not a path");
	free(*member);
	*member = config_absolute_path(typed->text, typed->directory);
	return true;
}

static bool store_boolean(const struct typed *typed)
{
	bool yes = strcmp(typed->text, "true") == 0;

	if (!yes && strcmp(typed->text, "false") != 0)
		return refuse(typed, "is neither true nor false");
	*(bool *)typed->member = yes;
	return true;
}

static bool store_number(const struct typed *typed)
{
	const struct config_key *key = typed->key;
	size_t digits = strspn(typed->text, "0123456789");
	long long number = digits <= 10 ? strtoll(typed->text, NULL, 10) : LLONG_MAX;
	char why[96];

	if (digits > 0 && typed->text[digits] == '\0' && number >= key->minimum &&
	    number <= key->maximum) {
		*(uint32_t *)typed->member = (uint32_t)number;
		return true;
	}
	snprintf(why, sizeof(why), "is not a number (%lld to %lld)", (long long)key->minimum,
	    (long long)key->maximum);
	return refuse(typed, why);
}

static bool store_duration(const struct typed *typed)
{
	const struct config_key *key = typed->key;
	char least[CLOCK_TEXT_SIZE], most[CLOCK_TEXT_SIZE], why[2 * CLOCK_TEXT_SIZE + 32];
	int64_t ns;

	if (!duration_parse(typed->text, &ns, typed->reason))
		return false;
	if (ns < key->minimum || ns > key->maximum) {
		snprintf(why, sizeof(why), "is out of range (%s to %s)",
		    duration_format(key->minimum, least), duration_format(key->maximum, most));
		return refuse(typed, why);
	}
	if (key->type == CONFIG_SECONDS && ns % NS_PER_S != 0)
		return refuse(typed, "is not a whole number of seconds");
	*(int64_t *)typed->member = ns;
	return true;
}

static const char *const size_units[] = {"B", "KiB", "MiB", "GiB"};

#define SIZE_UNITS (sizeof(size_units) / sizeof(size_units[0]))

/* Reads "64 MiB"; false if it is nothing like that. */
static bool parse_size(const char *text, int64_t *bytes)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits + strspn(text + digits, " ");
	int64_t factor = 1;

	if (strcmp(text, "0") == 0) {
		*bytes = 0;
		return true;
	}
	if (digits == 0 || digits > 9)
		return false;
	for (size_t i = 0; i < SIZE_UNITS; i++, factor *= KIB) {
		*bytes = strtoll(text, NULL, 10) * factor;
		if (strcmp(unit, size_units[i]) == 0)
			return true;
	}
	return false;
}

void config_append_size(int64_t bytes, struct text *out)
{
	size_t unit = 0;

	for (; unit + 1 < SIZE_UNITS && bytes > 0 && bytes % KIB == 0; unit++)
		bytes /= KIB;
	text_printf(out, "%lld %s", (long long)bytes, size_units[unit]);
}

static bool store_size(const struct typed *typed)
{
	const struct config_key *key = typed->key;
	struct text why = TEXT_EMPTY;
	int64_t bytes;

	if (!parse_size(typed->text, &bytes))
		return refuse(typed, "is not a size: a whole number and B, KiB, MiB or GiB, as in"
		                     " \"64 MiB\"");
	if (bytes < key->minimum || bytes > key->maximum) {
		text_append(&why, "is out of range (");
		config_append_size(key->minimum, &why);
		text_append(&why, " to ");
		config_append_size(key->maximum, &why);
		text_append_char(&why, ')');
		refuse(typed, why.data);
		text_clear(&why);
		return false;
	}
	*(int64_t *)typed->member = bytes;
	return true;
}

static bool store_log_level(const struct typed *typed)
{
	int level = log_level_parse(typed->text);

	if (level < 0)
		return refuse(typed, "is not a level (debug, info, warning, error)");
	*(int *)typed->member = level;
	return true;
}

static bool (*const stores[CONFIG_TYPE_END])(const struct typed *typed) = {
    [CONFIG_TEXT] = store_text,
    [CONFIG_PATH] = store_path,
    [CONFIG_BOOLEAN] = store_boolean,
    [CONFIG_NUMBER] = store_number,
    [CONFIG_DURATION] = store_duration,
    [CONFIG_SECONDS] = store_duration,
    [CONFIG_SIZE] = store_size,
    [CONFIG_LOG_LEVEL] = store_log_level,
};

/* The sizes of the members that are compared and moved as bytes. */
static const size_t sizes[CONFIG_TYPE_END] = {
    [CONFIG_TEXT] = sizeof(char *),
    [CONFIG_PATH] = sizeof(char *),
    [CONFIG_BOOLEAN] = sizeof(bool),
    [CONFIG_NUMBER] = sizeof(uint32_t),
    [CONFIG_DURATION] = sizeof(int64_t),
    [CONFIG_SECONDS] = sizeof(int64_t),
    [CONFIG_SIZE] = sizeof(int64_t),
    [CONFIG_LOG_LEVEL] = sizeof(int),
};

bool config_key_equal(const struct config_key *key, const void *a, const void *b)
{
	const void *one = (const char *)a + key->offset;
	const void *other = (const char *)b + key->offset;
	const char *text, *other_text;

	assert(sizes[key->type] > 0);
	if (key->type != CONFIG_TEXT && key->type != CONFIG_PATH)
		return memcmp(one, other, sizes[key->type]) == 0;
	text = *(char *const *)one;
	other_text = *(char *const *)other;
	if (text == NULL || other_text == NULL)
		return text == other_text;
	return strcmp(text, other_text) == 0;
}

void config_key_swap(const struct config_key *key, void *a, void *b)
{
	char *one = (char *)a + key->offset;
	char *other = (char *)b + key->offset;

	for (size_t i = 0; i < sizes[key->type]; i++) {
		char byte = one[i];

		one[i] = other[i];
		other[i] = byte;
	}
}

void config_key_clear(const struct config_key *key, void *object)
{
	void *member = (char *)object + key->offset;

	if (key->type != CONFIG_TEXT && key->type != CONFIG_PATH)
		return;
	free(*(char **)member);
	*(char **)member = NULL;
}

bool config_key_store(const struct config_key *key, const char *typed, const char *directory,
    void *object, char reason[REASON_SIZE])
{
	struct typed value = {.key = key,
	    .text = typed != NULL ? typed : key->default_text,
	    .directory = directory,
	    .member = (char *)object + key->offset,
	    .reason = reason};

	assert(stores[key->type] != NULL);
	if (typed != NULL || (key->default_text != NULL && key->make_default == NULL))
		return stores[key->type](&value);
	config_key_clear(key, object);
	if (key->make_default != NULL)
		*(char **)value.member = key->make_default();
	return true;
}
