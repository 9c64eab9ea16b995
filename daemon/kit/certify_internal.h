/* SPDX-License-Identifier: MIT */
/*
 * What the checks share: experiments, which are functions that run in a child process, and the
 * trial, which is the plugin as an experiment handles it.
 */
#ifndef KIT_CERTIFY_INTERNAL_H
#define KIT_CERTIFY_INTERNAL_H

#include "base/text.h"
#include "host/inject.h"
#include "kit/certify.h"
#include "kit/isolate.h"
#include "kit/kit.h"

/* ---- certify.c: the parent's side ---- */

struct examination {
	const struct certify_options *options;
	struct certificate *certificate;
	bool loads;             /* the declarations are valid */
	bool scans;             /* the first scan succeeds */
	struct text printed;    /* by all experiments that came to their end */
	struct reasons secrets; /* passwords of the scannable: never to be told */
};

/* How a report of ThreadSanitizer begins, which is not what the plugin prints. */
#define RACE_WARNING "WARNING: ThreadSanitizer: "

struct trial;
typedef void experiment(struct trial *trial);

/* How an experiment went. End with experiment_outcome_clear(). */
struct experiment_outcome {
	bool complete; /* else it crashed or hung, and the failure was added to the result */
	bool no_network_possible; /* whether the child could be cut off, where asked for */
	struct reasons facts;
	struct text printed;
};

/*
 * Runs an experiment in a child process, with what it finds added to the result. context is its
 * own.
 */
void experiment_run(struct examination *examination, struct certify_result *result,
    experiment *function, void *context, bool without_network, struct experiment_outcome *outcome);
void experiment_outcome_clear(struct experiment_outcome *outcome);

/* The same where only what is found counts. */
void experiment_try(
    struct examination *examination, struct certify_result *result, experiment *function);

void result_fail(struct certify_result *result, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void result_note(struct certify_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void result_summary(struct certify_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Not applicable, unless it has failed. */
void result_skip(struct certify_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- certify_trial.c: the child's side ---- */

/* What the plugin was seen to do since trial_forget(). */
struct trial_seen {
	unsigned ends; /* of sessions */
	char *hook;    /* that failed last; NULL: none */
	char *reason;
	uint64_t refused;
	char *diagnostic;    /* of the first refused call */
	bool in_time;        /* scratch of the stop check */
	int64_t duration_ns; /* of the last scan */
	uint64_t scans;
};

struct trial {
	const struct certify_options *options;
	const char *plugin;
	const struct isolated *isolated;
	void *context;
	struct injection injection;
	bool plain; /* no injection */
	int log_level;
	struct kit *kit;
	struct kit_session *session;
	struct trial_seen seen;
	struct text *record; /* gets everything that the plugin makes known; NULL: nothing does */
	void (*ended)(struct trial *trial);
};

/* What is found, told to the parent at once: it is known even if the plugin then crashes. */
void trial_fail(struct trial *trial, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void trial_note(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trial_summary(struct trial *trial, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void trial_skip(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trial_fact(struct trial *trial, const char *fact);
/* What is being tried, for the case that the plugin does not survive it. */
void trial_about(struct trial *trial, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Loads the plugin and makes the scannable. False after telling why it failed. */
bool trial_begin(struct trial *trial);
bool trial_load(struct trial *trial);
bool trial_add(struct trial *trial, const struct typed_attribute *attributes, size_t count);

/* Closes the session, waits for its end, and releases the plugin. */
void trial_end(struct trial *trial);

/*
 * Runs the plugin from opening its session to the first update scan. Returns whether the session is
 * online then. trial_must_settle() tells the failure, too.
 */
bool trial_settle(struct trial *trial);
bool trial_must_settle(struct trial *trial, const char *when);

/* Skips the time to the next update scan and runs it. False if the session is over. */
bool trial_scan(struct trial *trial);

/* Runs whatever is due until the session has ended. */
void trial_close(struct trial *trial);

void trial_forget(struct trial *trial);
bool trial_is_online(const struct trial *trial);

/* The call for sample index of several, from the first call to the last. */
uint64_t sample_call(uint64_t index, uint64_t samples, uint64_t calls);

/* ---- certify_supervision.c: a plugin host with worker threads, as a runner has ---- */

#define SIDE_BY_SIDE 4 /* sessions, and worker threads */

/* Where sessions follow each other, each with two scans. */
struct place {
	uint32_t session; /* number of the newest; 0: none yet */
	/* The classes of its resources, by number, which the decoder of batches asks for. */
	uint32_t *class_of;
	size_t count;
	size_t capacity;
	unsigned rounds;  /* begun */
	unsigned batches; /* of the newest session */
};

struct supervision {
	struct trial *trial;
	char *path; /* absolute */
	int fd;     /* the channel */
	struct frame_reader reader;
	struct message loaded;
	struct place places[SIDE_BY_SIDE];
	uint32_t last_session;
	unsigned open; /* sessions */
	unsigned failures;
	struct change *values; /* of the scannable */
	size_t value_count;
	/* What the check sets: a descriptor (-1: none) and what is called when it can be read, */
	int wake;
	void (*woken)(struct supervision *supervision);
	/* and what is called when a session has ended. */
	void (*ended)(struct supervision *supervision, struct place *place,
	    const struct message_ended *ended);
	void *context;
};

/*
 * Loads the plugin, and once more in a plugin host in threads of this process. False after telling
 * why it can't be.
 */
bool supervision_begin(struct supervision *supervision, struct trial *trial);
void supervision_end(struct supervision *supervision);

/* Opens a session in a place; it is closed after two scans. */
void supervision_open(struct supervision *supervision, struct place *place);
void supervision_close(struct supervision *supervision, const struct place *place);

/* Goes on until no session is open. False if nothing happened for as long as a hook may take. */
bool supervision_run(struct supervision *supervision);

/* ---- certify_snapshot.c: what a session has reported ---- */

struct snapshot {
	struct reasons lines; /* one per resource, sorted: class, identifier, attributes */
};

void snapshot_take(const struct trial *trial, struct snapshot *snapshot);
void snapshot_from_facts(const struct reasons *facts, struct snapshot *snapshot);
void snapshot_tell(struct trial *trial, const struct snapshot *snapshot);
void snapshot_clear(struct snapshot *snapshot);
bool snapshot_has(const struct snapshot *snapshot, const char *line);

/* What became of one kind of thing from one snapshot to the next. */
struct tally {
	char *name;    /* "HardDrive", or "HardDrive.status" */
	size_t before; /* resources of the class in the first snapshot */
	size_t lost, gained, changed;
	size_t comparisons;  /* in which any of these was not 0 */
	size_t replacements; /* in which some were lost and some gained */
	bool most;           /* at least once more than half were lost, or gained */
	char *example;       /* the first resource that was lost or gained, or changed */
};

/* Tallies that accumulate over comparisons. Start with {0}. */
struct comparison {
	struct tally *tallies;
	size_t count;
	size_t capacity;
	size_t comparisons;
};

void comparison_add(
    struct comparison *comparison, const struct snapshot *before, const struct snapshot *after);
void comparison_clear(struct comparison *comparison);

/* The readable part of a line of a snapshot. The caller frees it. */
char *snapshot_name(const char *line);

/* ---- certify_process.c: what can be seen of this process ---- */

size_t count_entries(const char *directory);
size_t count_descriptors(void);
size_t count_threads(void);

/* Bytes that are allocated. */
size_t count_memory(void);

/* Resident kilobytes. */
size_t count_resident(void);

/* Waits until no more than so many threads are left, for two seconds at most. */
size_t await_threads(size_t wanted);

/*
 * By how much the values grow for each step: 0 unless the least value of each eighth of them is
 * above that of the eighth before it.
 */
double growth(const size_t *values, size_t count);

/* ---- the checks ---- */

void check_declarations(struct examination *examination, struct certify_result *result);
void check_file(struct examination *examination, struct certify_result *result);
void check_first_scan(struct examination *examination, struct certify_result *result);
void check_identity(struct examination *examination, struct certify_result *result);
void check_updates(struct examination *examination, struct certify_result *result);
void check_teardown(struct examination *examination, struct certify_result *result);
void check_refused_calls(struct examination *examination, struct certify_result *result);
void check_stop(struct examination *examination, struct certify_result *result);
void check_no_network(struct examination *examination, struct certify_result *result);
void check_leaks(struct examination *examination, struct certify_result *result);
void check_threads(struct examination *examination, struct certify_result *result);
void check_concurrency(struct examination *examination, struct certify_result *result);
void check_slow_device(struct examination *examination, struct certify_result *result);
void check_password(struct examination *examination, struct certify_result *result);
void check_process(struct examination *examination, struct certify_result *result);
void check_output(struct examination *examination, struct certify_result *result);

#endif
