/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "base/memory.h"
#include "base/outlet.h"
#include "base/repeats.h"
#include "base/text.h"

#define LOG_FILE_MODE 0640
/* How long a reader may take for the last lines. */
#define CLOSE_LIMIT_NS NS_PER_S
/* From one look for what came again to the next: a call of log_flush(). */
#define LOOK_NS NS_PER_S

struct level {
	int level;
	const char *name;
	const char *short_name;
	const char *priority; /* of the journal */
};

static const struct level levels[] = {
    {LOG_LEVEL_ERROR, "ERROR", "ERR", "3"},
    {LOG_LEVEL_WARNING, "WARNING", "WARN", "4"},
    {LOG_LEVEL_INFO, "INFO", "INFO", "6"},
    {LOG_LEVEL_DEBUG, "DEBUG", "DEBUG", "7"},
};
#define LEVEL_COUNT (sizeof(levels) / sizeof(levels[0]))

/* The destination, for writers who hold the lock. */
static struct {
	pthread_mutex_t lock;
	char *path;         /* NULL: standard error only */
	bool copied;        /* what goes to path goes to standard error, too */
	struct outlet file; /* path; closed while it can't be opened */
	struct outlet errors;
	bool journal;    /* standard error leads to it */
	int entries;     /* sends entries to it; -1: closed */
	int64_t fold_ns; /* how long a message that comes again is only counted; 0: never */
	struct repeats repeats;
} destination = {.lock = PTHREAD_MUTEX_INITIALIZER,
    .file = OUTLET_CLOSED,
    .errors = OUTLET_CLOSED,
    .entries = -1};

static const char *journal_path = JOURNAL_SOCKET;

static atomic_int lowest_level = LOG_LEVEL_INFO;

/* Plugins whose lines have a level of their own. */
struct own_level {
	char *plugin;
	int level;
};

static struct {
	pthread_mutex_t lock;
	struct own_level *items;
	size_t capacity;
	atomic_size_t count; /* read without the lock where there are none */
} own_levels = {.lock = PTHREAD_MUTEX_INITIALIZER};
static _Atomic(log_sink *) current_sink;

/* The row of a level; one in between takes the level below it. */
static const struct level *level_find(int level)
{
	for (size_t i = 0; i < LEVEL_COUNT; i++) {
		if (level >= levels[i].level)
			return &levels[i];
	}
	return &levels[LEVEL_COUNT - 1];
}

const char *log_level_name(int level)
{
	return level_find(level)->name;
}

int log_level_parse(const char *name)
{
	for (size_t i = 0; i < LEVEL_COUNT; i++) {
		if (strcasecmp(name, levels[i].name) == 0 ||
		    strcasecmp(name, levels[i].short_name) == 0)
			return levels[i].level;
	}
	return -1;
}

/* Whether standard error is the journal's stream, as systemd names it in the environment. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat status;
	char end;

	if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
		return false;
	if (sscanf(stream, "%ju:%ju%c", &device, &inode, &end) != 2)
		return false;
	return device == status.st_dev && inode == status.st_ino;
}

void log_set_level(int level)
{
	atomic_store(&lowest_level, level);
}

/* The place of a plugin among those with a level of their own, or their number. */
static size_t find_own_level_locked(const char *plugin)
{
	size_t i = 0;

	while (i < own_levels.count && strcmp(own_levels.items[i].plugin, plugin) != 0)
		i++;
	return i;
}

void log_set_level_about(const char *plugin, int level)
{
	size_t place;

	pthread_mutex_lock(&own_levels.lock);
	place = find_own_level_locked(plugin);
	if (place < own_levels.count) {
		free(own_levels.items[place].plugin);
		own_levels.items[place] = own_levels.items[--own_levels.count];
	}
	if (level >= 0) {
		own_levels.items = xgrow(own_levels.items, own_levels.count, &own_levels.capacity,
		    sizeof(*own_levels.items));
		own_levels.items[own_levels.count++] =
		    (struct own_level){.plugin = xstrdup(plugin), .level = level};
	}
	pthread_mutex_unlock(&own_levels.lock);
}

/* The least level of lines about a plugin, or (NULL) about none. */
static int least_level(const char *plugin)
{
	int level = atomic_load(&lowest_level);
	size_t place;

	if (plugin == NULL || atomic_load(&own_levels.count) == 0)
		return level;
	pthread_mutex_lock(&own_levels.lock);
	place = find_own_level_locked(plugin);
	if (place < own_levels.count)
		level = own_levels.items[place].level;
	pthread_mutex_unlock(&own_levels.lock);
	return level;
}

void log_set_journal(const char *path)
{
	journal_path = path;
}

void log_set_sink(log_sink *sink)
{
	atomic_store(&current_sink, sink);
}

/*
 * Appends one character of size bytes (0: a byte that is not UTF-8), as an escape if it could act
 * on a terminal.
 */
static void append_character(struct text *out, const char *bytes, size_t size)
{
	const unsigned char *u = (const unsigned char *)bytes;

	if (u[0] == '\n')
		text_append(out, "\\n");
	else if (u[0] == '\r')
		text_append(out, "\\r");
	else if (u[0] == '\t')
		text_append(out, "\\t");
	else if (size == 0 || u[0] < 0x20 || u[0] == 0x7f)
		text_printf(out, "\\x%02x", u[0]);
	else if (u[0] == 0xc2 && u[1] < 0xa0)
		text_printf(out, "\\u%04x", u[1]);
	else
		text_append_bytes(out, bytes, size);
}

/* Appends text with control characters and invalid UTF-8 as escapes. */
static void append_escaped(struct text *out, const char *string)
{
	size_t left = strlen(string);

	text_append_bytes(out, "", 0);
	while (left > 0) {
		size_t size = utf8_next(string, left);

		append_character(out, string, size);
		string += size > 0 ? size : 1;
		left -= size > 0 ? size : 1;
	}
}

/* Appends the local time: "2026-11-22 10:23:16.123". */
static void append_time(struct text *out)
{
	struct wallclock now = wallclock_now();
	time_t seconds = now.us / US_PER_S;
	struct tm tm;

	localtime_r(&seconds, &tm);
	text_printf(out, "%04d-%02d-%02d %02d:%02d:%02d.%03d", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(now.us % US_PER_S / 1000));
}

/* Appends whom the line is about: "acme array-7: ". */
static void append_subject(struct text *out, const char *plugin, const char *scannable)
{
	if (plugin != NULL)
		append_escaped(out, plugin);
	if (plugin != NULL && scannable != NULL)
		text_append_char(out, ' ');
	if (scannable != NULL)
		append_escaped(out, scannable);
	if (plugin != NULL || scannable != NULL)
		text_append(out, ": ");
}

/* Appends a line that is escaped already as it is written to the destination. */
static void append_line_locked(
    struct text *out, int level, const char *plugin, const char *scannable, const char *line)
{
	const struct level *row = level_find(level);

	if (destination.journal) {
		text_printf(out, "<%s>", row->priority);
	} else {
		append_time(out);
		text_printf(out, " %s ", row->name);
	}
	append_subject(out, plugin, scannable);
	text_append(out, line);
	text_append_char(out, '\n');
}

/* ---- the destination ---- */

/* Says how many lines nobody read, once somebody reads again. */
static void tell_dropped_locked(struct outlet *outlet)
{
	struct text out = TEXT_EMPTY;
	char *line;

	if (outlet->dropped == 0 || outlet_kept(outlet) > OUTLET_QUEUE_MAX / 2)
		return;
	line = xasprintf(
	    "%llu lines of the log are left out here: they were not read in time", outlet->dropped);
	outlet->dropped = 0;
	append_line_locked(&out, LOG_LEVEL_WARNING, NULL, NULL, line);
	outlet_write(outlet, out.data, out.length);
	text_clear(&out);
	free(line);
}

/* Writes what is left of earlier lines. Returns whether all of it could be. */
static bool flush_locked(void)
{
	bool file = outlet_flush(&destination.file);
	bool errors = outlet_flush(&destination.errors);

	tell_dropped_locked(&destination.file);
	tell_dropped_locked(&destination.errors);
	return file && errors;
}

/* A descriptor to append to a file, made if need be; -1 with errno. */
static int open_file(const char *path)
{
	return open(
	    path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, LOG_FILE_MODE);
}

/* What to wait for until more of an outlet can be written. */
static struct pollfd room_for(const struct outlet *outlet)
{
	return (struct pollfd){.fd = outlet_kept(outlet) > 0 ? outlet->fd : -1, .events = POLLOUT};
}

/* Gives those who are slow to read what is left a last moment for it. */
static void await_readers_locked(void)
{
	struct monotonic end = monotonic_after(monotonic_now(), CLOSE_LIMIT_NS);
	int64_t left;

	while (!flush_locked() && (left = monotonic_since(end, monotonic_now())) > 0) {
		struct pollfd rooms[] = {
		    room_for(&destination.file), room_for(&destination.errors)};

		poll(rooms, 2, (int)(left / NS_PER_MS) + 1);
	}
}

static void tell_repeated_locked(const struct message_seen *seen);

/* Puts a destination in place of the present one. */
static void destination_set(char *path, int fd)
{
	pthread_mutex_lock(&destination.lock);
	repeats_tell_all(&destination.repeats, tell_repeated_locked);
	await_readers_locked();
	outlet_close(&destination.file);
	outlet_close(&destination.errors);
	free(destination.path);
	destination.path = path;
	if (fd >= 0)
		outlet_open(&destination.file, fd, true);
	destination.journal = path == NULL && stderr_is_journal();
	if (destination.entries >= 0)
		close(destination.entries);
	destination.entries = destination.journal ? journal_open() : -1;
	pthread_mutex_unlock(&destination.lock);
}

int log_open(const char *path)
{
	int fd = path != NULL ? open_file(path) : -1;

	if (path != NULL && fd < 0)
		return -1;
	destination_set(xstrdup(path), fd);
	return 0;
}

void log_copy_to_stderr(bool copied)
{
	pthread_mutex_lock(&destination.lock);
	destination.copied = copied;
	pthread_mutex_unlock(&destination.lock);
}

void log_set_fold(int64_t ns)
{
	pthread_mutex_lock(&destination.lock);
	destination.fold_ns = ns;
	if (ns == 0)
		repeats_tell_all(&destination.repeats, tell_repeated_locked);
	pthread_mutex_unlock(&destination.lock);
}

void log_flush(void)
{
	pthread_mutex_lock(&destination.lock);
	repeats_tell_older(
	    &destination.repeats, destination.fold_ns - LOOK_NS, tell_repeated_locked);
	flush_locked();
	pthread_mutex_unlock(&destination.lock);
}

void log_close(void)
{
	log_copy_to_stderr(false);
	destination_set(NULL, -1);
}

/* Whether the open file is still the one that the path names. */
static bool file_is_current_locked(void)
{
	struct stat named;

	return destination.file.fd >= 0 && stat(destination.path, &named) == 0 &&
	       named.st_dev == destination.file.device && named.st_ino == destination.file.inode;
}

/* Writes to the file, if there is to be one. False if that can't be done. */
static bool write_file_locked(const struct text *line)
{
	int fd;

	if (destination.path == NULL)
		return false;
	if (!file_is_current_locked()) {
		outlet_close(&destination.file);
		fd = open_file(destination.path);
		if (fd >= 0)
			outlet_open(&destination.file, fd, true);
	}
	return destination.file.fd >= 0 &&
	       outlet_write(&destination.file, line->data, line->length);
}

static void write_errors_locked(const struct text *line)
{
	if (!outlet_is_of(&destination.errors, STDERR_FILENO))
		outlet_open(&destination.errors, STDERR_FILENO, false);
	outlet_write(&destination.errors, line->data, line->length);
}

/* ---- lines ---- */

/* Sends a line to the journal as an entry. False if it does not take it now. */
static bool write_entry_locked(
    int level, const char *plugin, const char *scannable, const char *line)
{
	struct text message = TEXT_EMPTY, plugin_name = TEXT_EMPTY, scannable_name = TEXT_EMPTY;
	bool taken;

	if (destination.entries < 0)
		return false;
	append_subject(&message, plugin, scannable);
	text_append(&message, line);
	if (plugin != NULL)
		append_escaped(&plugin_name, plugin);
	if (scannable != NULL)
		append_escaped(&scannable_name, scannable);
	taken = journal_send(destination.entries, journal_path,
	    (const struct journal_field[]){{"MESSAGE", message.data},
	        {"PRIORITY", level_find(level)->priority},
	        {"SYSLOG_IDENTIFIER", program_invocation_short_name}, {"PLUGIN", plugin_name.data},
	        {"SCANNABLE", scannable_name.data}, {NULL, NULL}});
	text_clear(&message);
	text_clear(&plugin_name);
	text_clear(&scannable_name);
	return taken;
}

/* Writes a line that is escaped already to the destination. */
static void write_line_locked(
    int level, const char *plugin, const char *scannable, const char *line)
{
	struct text out = TEXT_EMPTY;

	flush_locked();
	if (write_entry_locked(level, plugin, scannable, line))
		return;
	append_line_locked(&out, level, plugin, scannable, line);
	if (!write_file_locked(&out) || destination.copied)
		write_errors_locked(&out);
	text_clear(&out);
}

static void tell_repeated_locked(const struct message_seen *seen)
{
	char time[CLOCK_TEXT_SIZE];
	char *line = xasprintf("%s (repeated %" PRIu64 " time%s in %s)", seen->line, seen->count,
	    plural(seen->count),
	    duration_format(monotonic_since(monotonic_now(), seen->since), time));

	write_line_locked(seen->level, seen->plugin, seen->scannable, line);
	free(line);
}

/* Whether a message is to be written now; else it is told later how often it came. */
static bool is_new_locked(const struct message *message)
{
	if (destination.fold_ns == 0 || message->level < LOG_LEVEL_INFO)
		return true;
	repeats_tell_older(&destination.repeats, destination.fold_ns, tell_repeated_locked);
	return repeats_are_new(&destination.repeats, message, tell_repeated_locked);
}

/* Writes or counts a message whose line is escaped already. */
static void take_message(const struct message *message)
{
	pthread_mutex_lock(&destination.lock);
	if (is_new_locked(message))
		write_line_locked(
		    message->level, message->plugin, message->scannable, message->line);
	pthread_mutex_unlock(&destination.lock);
}

void log_always(int level, const char *plugin, const char *scannable, const char *line)
{
	log_sink *sink = atomic_load(&current_sink);
	struct text escaped = TEXT_EMPTY;
	int saved = errno;

	append_escaped(&escaped, line);
	if (sink != NULL)
		sink(level, plugin, scannable, escaped.data);
	else
		take_message(&(struct message){level, plugin, scannable, escaped.data});
	text_clear(&escaped);
	errno = saved;
}

void log_about(int level, const char *plugin, const char *scannable, const char *format, ...)
{
	struct text line = TEXT_EMPTY;
	int saved = errno;
	va_list arguments;

	if (level < least_level(plugin))
		return;
	va_start(arguments, format);
	text_vprintf(&line, format, arguments);
	va_end(arguments);
	log_always(level, plugin, scannable, line.data);
	text_clear(&line);
	errno = saved;
}
