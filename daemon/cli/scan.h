/* SPDX-License-Identifier: MIT */
/* The command "scan": what it was asked for, and what its files do for each other. */
#ifndef CLI_SCAN_H
#define CLI_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json_object.h>

#include "base/text.h"
#include "cli/password.h"
#include "cli/terminal.h"
#include "kit/file_watch.h"
#include "kit/isolate.h"
#include "kit/kit.h"
#include "kit/newest.h"
#include "model/typed.h"

/* How a run of the plugin, in a process of its own, came out: the exit status of that process. */
enum scan_result {
	SCAN_GOOD = 0,
	SCAN_FAILED = 1,
	SCAN_WRONG_ARGUMENTS = 2,
	SCAN_UNUSABLE = 3, /* the plugin can't be loaded */
	SCAN_ASK = 4,      /* passwords are missing: the result has their names, one a line */
	SCAN_RELOAD = 5    /* the file changed */
};

struct scan {
	const char *path;
	char *name; /* of the plugin, as its file */
	const char *class;
	struct typed_list attributes;
	struct typed_list passwords;
	struct setting *settings;
	size_t setting_count;
	size_t setting_capacity;
	uint32_t period_s; /* 0: not given */
	bool once, json, debug, isolated, watch;
	bool can_ask; /* there is somebody at a terminal */

	char **words; /* the command line, from "scan" on */
	int word_count;
	char *program; /* "iml-plugin scan", for messages */
	int out, err;  /* what were standard output and error when the program began */
	struct terminal out_terminal, err_terminal;
	int signals;             /* signalfd of SIGINT and SIGTERM */
	struct file_watch *file; /* with watch */
	unsigned runs;           /* of a plugin, so far */
};

/* ---- scan_arguments.c ---- */

/* Reads the words after "scan". Returns false with the mistakes told and the exit status. */
bool scan_read_arguments(struct scan *scan, char **words, int count, int *status);
void scan_free_arguments(struct scan *scan);

/*
 * What "scan" and "certify" have in common; words[0] is the name of the command, for messages.
 * These return false with the mistake told.
 */
void scan_keep_words(struct scan *scan, char **words, int count);
bool scan_read_words(struct scan *scan, char **words, int count); /* FILE [CLASS] NAME=VALUE … */
bool scan_take_setting(struct scan *scan, const char *argument);
bool scan_take_password_file(struct scan *scan, const char *argument);

/* ---- scan_password.c ---- */

/* Adds a password; from now on neither this process nor what it starts leaves a core file. */
void scan_keep_password(struct scan *scan, const char *name, const char *password);

/* Asks for the passwords of these names, one a line. False if the answer was Ctrl-C or nothing. */
bool scan_ask(struct scan *scan, const char *names);

/*
 * Checks that passwords were given as such, and nothing else was. Appends the names of those that
 * are missing, one a line.
 */
void scan_check_passwords(const struct scan *scan, const struct class *class, struct text *missing,
    struct reasons *reasons);

/* ---- scan_session.c ---- */

/* Runs the plugin in this process to the end. Returns a scan_result. */
int scan_run_session(void *scan, const struct isolated *isolated);

/* ---- scan_output.c ---- */

/* Writes all of the text and clears it. False if it can't be written. */
bool scan_write(int fd, struct text *text);

/* Writes a line on standard error, with the time. From any thread. */
void scan_say(const struct scan *scan, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same without the time, so that editors find the place that the words begin with. */
void scan_say_place(const struct scan *scan, enum style style, const char *words);

/* Writes each with the name of the command before it. */
void scan_complain(const struct scan *scan, const struct reasons *reasons);

/* What the plugin prints, which becomes lines on standard error. */
struct scan_printed {
	const struct scan *scan;
	struct text line; /* not ended yet */
};
void scan_take_printed(void *printed, const char *bytes, size_t length);
void scan_end_printed(struct scan_printed *printed);

/* Appends the command line that runs the same under gdb. */
void scan_append_gdb(const struct scan *scan, struct text *out);

/* ---- scan_describe.c ---- */

/* The tree of the session's scannable as "tree" has it, with statistics and parents. */
struct json_object *scan_describe_tree(
    const struct kit_session *session, const struct newest *newest);

/* Notices of "scan" alone, one JSON text a line, appended: a scan, and a sample. */
void scan_describe_batch(const struct batch *batch, struct text *notices);
void scan_describe_sample(const struct kit_sample *sample, struct text *notices);

#endif
