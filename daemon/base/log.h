/* SPDX-License-Identifier: MIT */
/*
 * One line per event. A line carries time, level, plugin and scannable. Under the journal, which
 * knows the time, it is an entry that has these as fields; if the journal does not take it at once,
 * a line that begins with the journal's priority.
 *
 *	2026-11-22 10:23:16.123 WARNING acme array-7: drive 5 is missing "capacity" (acme.c:31)
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* The same numbers as in the plugin interface. */
enum log_level {
	LOG_LEVEL_DEBUG = 10,
	LOG_LEVEL_INFO = 20,
	LOG_LEVEL_WARNING = 30,
	LOG_LEVEL_ERROR = 40
};

/* "DEBUG", "INFO", "WARNING", "ERROR"; numbers in between take the level below them. */
const char *log_level_name(int level);

/* The level of this name in either case ("warning", "WARN" too), or -1. */
int log_level_parse(const char *name);

/*
 * Where lines go. path NULL: standard error, or the journal if that is what this leads to. A
 * file is opened for appending, and anew when it was renamed or deleted. Returns 0, or -1 with
 * errno.
 */
int log_open(const char *path);

/* Where the journal takes entries, if not at the usual place: for tests. Before log_open(). */
void log_set_journal(const char *path);

/* Gives whoever reads a second for the last lines. */
void log_close(void);

/* Writes to standard error as well what goes to a file. Not until set. */
void log_copy_to_stderr(bool copied);

/*
 * Nobody waits for a pipe, socket or terminal that does not take lines: some are kept until the
 * next line or this call, which is to be made every second. More than 256 KiB are dropped; how many
 * lines that were is logged when there is a reader again.
 */
void log_flush(void);

/*
 * A message, but none at level debug, that comes again within this time of when it was written is
 * counted; how often it came is written before the time is over, "… (repeated 5 times in 9 s)", by
 * log_flush(), and the time begins anew. 0, the default: every message is written.
 */
void log_set_fold(int64_t ns);

/* Lines below this level are dropped. LOG_LEVEL_INFO until set. */
void log_set_level(int level);

/* The same for lines about a plugin, whatever the other level; -1 takes it back. */
void log_set_level_about(const char *plugin, int level);

/*
 * Hands every line to a function in place of the destination; NULL takes it back. A plugin host
 * sends its lines to the supervisor this way, and tests collect them.
 */
typedef void log_sink(int level, const char *plugin, const char *scannable, const char *line);
void log_set_sink(log_sink *sink);

/*
 * Writes a line about plugin and scannable; both may be NULL. May be called from any thread. Line
 * ends and control characters in the text are written as escapes.
 */
void log_about(int level, const char *plugin, const char *scannable, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes a line whatever the level set by log_set_level(): the caller has decided. */
void log_always(int level, const char *plugin, const char *scannable, const char *line);

#define log_debug(...) log_about(LOG_LEVEL_DEBUG, NULL, NULL, __VA_ARGS__)
#define log_info(...) log_about(LOG_LEVEL_INFO, NULL, NULL, __VA_ARGS__)
#define log_warning(...) log_about(LOG_LEVEL_WARNING, NULL, NULL, __VA_ARGS__)
#define log_error(...) log_about(LOG_LEVEL_ERROR, NULL, NULL, __VA_ARGS__)

#endif
