/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's own structures. One thread, one event loop: nothing here is locked, and nothing
 * here may block.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#ifdef _PTHREAD_H
#error "the supervisor has no threads"
#endif

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/durations.h"
#include "control/control.h"
#include "graph/graph.h"
#include "model/batch.h"
#include "store/embedded.h"
#include "store/reader.h"
#include "store/spool.h"
#include "store/store.h"
#include "supervisor/cgroup.h"
#include "supervisor/config.h"
#include "wire/message.h"
#include "wire/recorder.h"

struct bufferevent;
struct event;
struct event_base;
struct identity;
struct pending;
struct plugin;
struct session;
struct supervisor;
struct task;

/* Exit statuses of the program. */
#define EXIT_WRONG_USAGE 64
#define EXIT_WRONG_CONFIGURATION 78

/* ---- plugin host processes (process.c) ---- */

/* One running plugin host, as the kernel knows it. */
struct process {
	pid_t pid;   /* 0 for a thread (--no-isolation) */
	int channel; /* our end, non-blocking */
	int output;  /* what it prints on standard output; -1 for a thread */
	int errors;  /* and on standard error */
	struct recorder *recorder;
	struct wallclock started;
	struct cgroup cgroup;
};

/*
 * Starts a plugin host with a clean environment, its channel and recorder, and nothing else of
 * ours. Returns 0, or -1 with a reason.
 */
int process_start(struct process *process, const struct supervisor *supervisor, const char *plugin,
    char reason[REASON_SIZE]);

/* Takes over the control group of the service, if there is one to be divided among plugin hosts. */
void processes_take_cgroup(struct supervisor *supervisor);

/* Gives a process the limits that the configuration has now. */
void process_limit(const struct process *process, const struct config *config);

/* Appends how a process ended that nobody asked to, by its status of waitpid(). */
void process_describe_end(
    const struct process *process, const struct config *config, int status, struct text *out);

/*
 * Keeps the memory of this process, which knows passwords, from others of its user, unless it is to
 * be looked at with a debugger; and lets it inherit processes that plugins leave behind.
 */
void processes_guard(bool is_private);

/* Kills what plugins have left behind. When nothing else is left that this process has started. */
void processes_end_adopted(void);

/* Kills a process that still runs and closes what belongs to it. Its end must still be awaited. */
void process_close(struct process *process);

/* ---- plugins (plugin.c, plugin_*.c) ---- */

enum plugin_state {
	PLUGIN_STARTING, /* its process was told to load it */
	PLUGIN_RUNNING,
	PLUGIN_STOPPING,
	PLUGIN_BACKOFF, /* died; will be started again */
	PLUGIN_FAILED,  /* can't be loaded; needs a person, or died of it and is tried again */
	PLUGIN_STOPPED,
	PLUGIN_STATE_COUNT
};
const char *plugin_state_name(enum plugin_state state);

TAILQ_HEAD(session_list, session);

/* A mistake in the configuration, as people are told. */
struct mistake {
	char *place; /* "file:line" */
	char *text;
};

struct mistake_list {
	struct mistake *items;
	size_t count;
	size_t capacity;
};

/* Adds a copy. */
void mistakes_add(struct mistake_list *list, const char *place, const char *text);
void mistakes_clear(struct mistake_list *list);

/* How many lines a plugin may still log. */
struct line_allowance {
	unsigned left;
	struct monotonic since; /* of the last line gained */
	uint64_t dropped;       /* since the plugin is known */
	uint64_t told;          /* of these */
};

/* Why a process that was not asked to end had to be started again. */
enum restart_reason {
	RESTART_CRASH,
	RESTART_DEADLINE, /* killed: a hook took too long */
	RESTART_FAULT,    /* killed for something else that it did, or ceased to do */
	RESTART_LOADING,  /* it could not be loaded */
	RESTART_REASON_COUNT
};

/* What a plugin did since it is known, in whichever process. */
struct plugin_counts {
	uint64_t restarts[RESTART_REASON_COUNT];
	struct durations scans[BATCH_KIND_END]; /* that succeeded; of initial and update scans */
	struct durations lateness;              /* of the same */
	uint64_t failures[GAP_REASON_COUNT];    /* of scans and sessions */
	uint64_t batches[BATCH_KIND_END];
	uint64_t refused; /* calls */
	uint64_t samples;
};

struct plugin {
	uint32_t magic;
	struct supervisor *supervisor;
	const struct plugin_config *config;
	struct plugin_config *own_config; /* that it had before it left the list, or NULL */
	enum plugin_state state;
	char *reason; /* of the state, or NULL */

	struct process process; /* valid while has_process */
	bool has_process;
	struct monotonic started;
	struct plugin_counts counts;
	struct backoff backoff;
	struct event *timer; /* the next start, or the limit of loading or stopping */
	bool refused;        /* never to be started */
	bool leaving;        /* no longer listed; freed when its process has ended */
	bool restarting;     /* to be started again when its process has ended */
	bool closed;         /* its end of the channel */
	bool killed;         /* by us, for the reason in death_reason (NULL: to stop it) */
	bool overdue;        /* killed for a hook that took too long */
	bool hook_told;      /* death_reason names the hook that was running */
	bool reaped;         /* it has ended, and its number may be another's */
	char *death_reason;
	uint32_t turns;  /* of its main thread when they were last looked at */
	int64_t still_s; /* there was none for so many seconds */

	int log_level;                  /* that a person has set, or -1 */
	struct message_adjust adjusted; /* what the process was told */
	struct stat file;               /* of the shared object when the process was started */

	struct event *readable;      /* the channel is */
	struct bufferevent *channel; /* writes what it has no room for at once */
	struct bufferevent *output;
	struct bufferevent *errors;
	struct frame_reader frames;
	struct line_allowance allowance;

	struct class **classes; /* borrowed by the graph, kept while the process is away */
	size_t class_count;
	bool declared; /* to the graph */
	uint16_t api_major, api_minor;
	char **reasons; /* why it can't be loaded */
	size_t reason_count;
	char **warnings;
	size_t warning_count;
	char **relation_warnings; /* about those to other plugins */
	size_t relation_warning_count;
	bool condemned;   /* being stopped because it can't be used, for the reasons above */
	bool lacks_class; /* failed because another plugin has not what a relation of it names */

	struct session_list sessions;
	struct session *by_number;    /* hash of the open ones */
	struct session *by_scannable; /* hash of all */
	struct pending *pending;      /* hash of scannables that the plugin has yet to complete */
	struct identity *identities;  /* hash of those that scannables of the configuration have */
	struct mistake_list mistakes; /* in scannables of the configuration */
	struct mistake_list rejected; /* in those of a file that therefore was not reloaded */
	TAILQ_ENTRY(plugin) next;
};

/* Ends the silences whose time has come. To be called every second. */
void silences_check(struct supervisor *supervisor);

/* Tells those who follow the changes which state a plugin has now. */
void supervisor_tell_plugin(const struct plugin *plugin);

/* How often its process was started again. */
uint64_t plugin_restarts(const struct plugin *plugin);

struct plugin *plugin_new(struct supervisor *supervisor, const struct plugin_config *config);
void plugin_free(struct plugin *plugin);

/* Starts its process. */
void plugin_start(struct plugin *plugin);

/* Starts it anew; a process that it has is stopped first. */
void plugin_restart(struct plugin *plugin);

/*
 * Starts it again now if it could not be loaded or waits to be restarted; not if it was refused by
 * name.
 */
void plugin_retry(struct plugin *plugin);

/*
 * The list has another entry for it now. It starts anew if that, or the file, is not what its
 * process was started with; otherwise its process goes on with new limits and levels.
 */
void plugin_reconfigure(struct plugin *plugin, const struct plugin_config *config);

/* Tells its process what the configuration, or a person, has changed, if that is new. */
void plugin_adjust(struct plugin *plugin);

/* Whether its process must be started anew for another entry, or because its file was replaced. */
bool plugin_must_restart(const struct plugin *plugin, const struct plugin_config *config);

/*
 * The list no longer has it: its sessions are torn down, its classes hidden, and then it is freed.
 * Takes over what its entry holds.
 */
void plugin_leave(struct plugin *plugin, struct plugin_config *config);

/* Frees those that have left. Not to be called by what a plugin calls. */
void plugins_sweep(struct supervisor *supervisor);

/* Marks a plugin that is not to be started at all, for the reason given. */
void plugin_refuse(struct plugin *plugin, const char *reason);

/*
 * Compares the relations of all loaded plugins with the classes of those that they name. Warns
 * about plugins that are not loaded; a plugin that names a class which a loaded one lacks fails.
 */
void plugins_check_relations(struct supervisor *supervisor);

/* Takes part once both the plugin and the database's content are loaded. */
void plugin_join(struct plugin *plugin);

/* Asks it to tear down its sessions and end. */
void plugin_stop(struct plugin *plugin);

/* Kills its process; the obituary gives the reason. */
void plugin_kill(struct plugin *plugin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Its process ended. */
void plugin_ended(struct plugin *plugin, int status);

/* Looks for hooks that take longer than allowed. */
void plugin_check_limits(struct plugin *plugin);

/* Looks whether its process, as a whole, does anything. To be called every second. */
void plugin_check_turns(struct plugin *plugin);

/* Says how many lines that it logged were left out since the last time. To be called every second.
 */
void plugin_tell_dropped(struct plugin *plugin);

void plugin_send(struct plugin *plugin, const struct message *message);

/* ---- scannables and their sessions (session.c) ---- */

enum session_state {
	SESSION_WAITING, /* for the plugin */
	SESSION_INITIAL, /* its initial scan runs, or is being stored */
	SESSION_FIRST,   /* its first update scan is awaited */
	SESSION_ONLINE,
	SESSION_BACKOFF,
	SESSION_CLOSING,
	SESSION_PAUSED, /* by a person, until it is resumed */
	SESSION_STATE_COUNT
};
const char *session_state_name(enum session_state state);

/* Of all scans of a scannable since the runner was started. */
struct scan_totals {
	uint64_t scans; /* that succeeded */
	int64_t duration_ns;
	int64_t lateness_ns;
	uint64_t refused; /* calls, also between scans */
};

struct session {
	uint32_t magic;
	struct plugin *plugin;
	struct graph_resource *scannable;
	enum session_state state;
	char *reason;
	uint32_t number;       /* of the session that is open, 0 if none is */
	uint64_t batch;        /* number of its newest batch, 0 if there was none */
	uint64_t acknowledged; /* this batch, and those before */
	struct backoff backoff;
	struct backoff confirmation; /* waits before another initial scan */
	struct event *timer;         /* the end of either wait */
	bool scanned;       /* an initial scan has succeeded or failed since the runner started */
	bool is_slow;       /* its process died, or was killed, in a hook of it */
	bool unwanted;      /* it is not to be scanned any more: no further session */
	char *failure;      /* why it is not contactable, until it is */
	uint64_t typed;     /* fingerprint of its attributes in the configuration; 0: none yet */
	uint64_t passwords; /* and of those that are passwords, and of who obfuscated them */
	char *place;        /* "file:line" of the configuration that has, or had, it; or NULL */

	struct wallclock last_scan; /* end of the last scan; 0 if none */
	int64_t last_duration_ns;
	int64_t last_lateness_ns;
	uint32_t refused; /* calls in the last scan */
	struct scan_totals totals;
	TAILQ_ENTRY(session) next;
	UT_hash_handle by_number;
	UT_hash_handle by_scannable;
};

struct session *session_new(struct plugin *plugin, struct graph_resource *scannable);
void session_free(struct session *session);

/* Waits as the configuration has them now; one that has begun is not changed. */
void session_take_waits(struct session *session);
struct session *session_find(struct plugin *plugin, uint32_t number);

/* The session of a scannable, or NULL. */
struct session *session_of_scannable(
    const struct plugin *plugin, const struct graph_resource *scannable);

/* Opens a session if its plugin runs and nothing stands against it. */
void session_open(struct session *session);

/*
 * The configuration has the scannable, with attributes of this fingerprint. When others were in
 * force the session begins anew.
 */
void session_configure(struct session *session, uint64_t typed);

/* The scannable is wanted after all: a session that is being ended is followed by another. */
void session_want(struct session *session);

/* Has the session begin anew, if it is open. */
void session_renew(struct session *session, const char *reason);

/* Ends the session for good: the scannable is no longer wanted. */
void session_close(struct session *session, const char *reason);

/*
 * Has it scanned now, whatever it waits for. A scan that runs, and a session that ends, are left
 * alone.
 */
void session_hurry(struct session *session);

/*
 * Follows the graph on whether the scannable is paused: if it is, the session ends when a scan that
 * runs has ended, and no other begins.
 */
void session_follow_pause(struct session *session);

/* Ends the wait after a failure: it is scanned as soon as its plugin runs. */
void session_retry(struct session *session);

/* What a plugin host says about a session. */
void session_batch(struct session *session, struct batch *batch);
void session_ended(struct session *session, bool failed, const char *hook, const char *reason);

/* The plugin host is gone: to blame, if its hook was running when it died. */
void session_lost(struct session *session, bool to_blame, const char *reason);

/* A batch and those before are stored, or the database is away and the graph keeps them. */
void session_acknowledge(struct session *session, uint64_t number);

/* Tells plugins which servers their virtual machines stand for, as far as that is new. */
void sessions_tell_associations(struct supervisor *supervisor);

/* ---- scannables of the configuration (scannable.c, scannable_configure.c) ---- */

/*
 * Reads the scannables that the configuration has for a loaded plugin, logs every mistake with its
 * place, and gives their number. Nothing is made known; the mistakes are kept as those of a file
 * that was rejected.
 */
unsigned scannables_check(struct plugin *plugin);

/*
 * Makes the scannables known to the graph and gives each a session; ends the sessions of those that
 * the configuration no longer has. Those with passwords, or for which the plugin has to compute
 * defaults, follow as the plugin completes them. Mistakes are logged and kept.
 */
void scannables_configure(struct plugin *plugin);
void scannables_prepared(struct plugin *plugin, const struct message_prepared *answer);

/*
 * What people will know a scannable of the configuration by, as far as that can be told before it
 * is known to the graph. The caller frees it.
 */
char *scannable_label(const struct plugin *plugin, const struct scannable_config *config);

/* How many scannables the plugin has yet to complete. */
unsigned scannables_pending(const struct plugin *plugin);

/* Forgets what the plugin was asked, which nobody will answer any more, and the mistakes. */
void scannables_forget(struct plugin *plugin);
void scannables_free(struct plugin *plugin);

/* ---- scannables that people add, edit and remove (scannable_instruct.c) ---- */

/* What a plugin has made of the values of one, if it was asked for that. */
void scannable_instructed(struct plugin *plugin, const struct message_prepared *answer);

/* The process of a plugin is gone, or about to go: nobody will answer. */
void scannables_lose_instructions(struct plugin *plugin);

/* ---- scannables that others report (scannable_report.c) ---- */

/*
 * Gives the scannables that are to be scanned on their own a session, and ends the sessions of
 * those that are not any more. To be called when the graph has changed.
 */
void scannables_follow(struct supervisor *supervisor);

/* A scannable has no session any more: it is removed if it was to be. */
void scannable_left(struct supervisor *supervisor, struct graph_resource *scannable);

/* ---- the supervisor ---- */

enum supervisor_state { SUPERVISOR_STARTING, SUPERVISOR_RUNNING, SUPERVISOR_STOPPING };

struct supervisor_options {
	const char *config_path; /* NULL: defaults only */
	bool check;
	bool verbose;
	bool no_isolation;
	bool embedded; /* whatever the configuration says */
};

struct supervisor {
	uint32_t magic;
	const struct supervisor_options *options;
	struct config config;
	char *program; /* absolute path of this binary */
	int cgroup;    /* in which those of the plugin hosts are; -1: they have none */
	enum supervisor_state state;
	struct monotonic started;
	struct wallclock started_at;
	uint64_t samples_unwanted; /* while no statistics are kept */
	struct event_base *base;
	struct event *terminate_signals[2]; /* SIGTERM, SIGINT */
	struct event *hangup_signal;
	struct event *child_signal;
	struct event *second; /* every second: limits of hooks, status line */
	struct event *stop_timer;
	struct event *watchdog; /* signs of life for systemd; NULL if it wants none */

	struct embedded *embedded;
	struct store *store;
	struct reader *reader;
	struct graph *graph;
	struct control *control;
	bool loaded; /* the graph holds what the database holds */
	bool database_away;
	struct monotonic database_away_since;
	char *database_reason;
	struct monotonic write_since; /* there were changes to store; 0 when they are stored */
	bool write_is_slow;           /* so that nobody waits for it */
	uint64_t writes_begun;        /* how many changes of the graph the store has taken */
	uint64_t writes_done;         /* and of these stored, one after the other */
	int log_level;                /* that a person has set for all, or -1 */
	bool database_missed;         /* it was away when the runner was started */

	struct spool *spool;
	struct counters stored;         /* the highest ids known to be stored */
	const struct changes *replayed; /* what was taken from the spool last */
	const struct changes *saved;    /* the last ones in flight that are in the spool as well */
	bool replay_next;               /* the spool's turn to be stored */

	TAILQ_HEAD(, plugin) plugins;
	struct mistake_list rejected; /* those of no plugin in a file that was not reloaded */
	struct mistake_list failed;   /* what the configuration has and could not be done */
	uint32_t last_session;
	uint32_t last_request;
	TAILQ_HEAD(, task) tasks; /* instructions of people that were not answered yet */
	unsigned task_count;
	uint64_t last_task;
	struct event *tasks_done; /* some can be answered */
	unsigned mistakes;        /* --check: found so far */
	int exit_status;
	bool at_once;      /* a stop that waits for nothing more */
	char *status_text; /* last told to systemd */
};

/* The supervisor that a callback got as its context. */
struct supervisor *supervisor_of(void *context);

/* The whole life of the supervisor. Returns the exit status of the program. */
int supervisor_main(const struct supervisor_options *options);

/* What the command line says goes before what the configuration says. */
void supervisor_override(const struct supervisor *supervisor, struct config *config);

/* Adds a plugin of the configuration, and starts it unless another has its name. */
void supervisor_add_plugin(struct supervisor *supervisor, const struct plugin_config *config);

/* The plugin of this name in the configuration, or NULL. */
struct plugin *supervisor_find_plugin(const struct supervisor *supervisor, const char *name);

/* Logs scannables whose plugin is not listed, and gives their number: nobody else looks at them. */
unsigned supervisor_check_scannables(const struct supervisor *supervisor);

/* There may be something to write to the database. */
void supervisor_kick(struct supervisor *supervisor);

/* The same for all that a scan found, which is stored by itself if the database keeps up. */
void supervisor_offer(struct supervisor *supervisor);

/* A plugin changed its state: the verdict of --check and the end of a stop may depend on it. */
void supervisor_plugin_changed(struct supervisor *supervisor);

/* Ends the event loop because it makes no sense to go on. */
void supervisor_give_up(struct supervisor *supervisor, const char *reason);

/*
 * Reads the configuration again and takes up what differs (reload.c), of which it appends a line
 * for each. With a mistake in it nothing changes: false.
 */
bool supervisor_reload(struct supervisor *supervisor, struct text *changes);

/* The least level of what a plugin logs, or prints (levels.c). */
int plugin_log_level(const struct plugin *plugin);

/* Forgets the levels that people have set: the configuration has them again. */
void levels_forget(struct supervisor *supervisor);

/* Lets the members of the group that the configuration names change things. */
void supervisor_take_group(const struct supervisor *supervisor);

/* Has the control API ask for the token of the configuration over TCP. */
void supervisor_take_token(const struct supervisor *supervisor);

/* ---- what people tell the runner to do (instruction.c) ---- */

void instructions_open(struct supervisor *supervisor);
void instructions_close(struct supervisor *supervisor);

/* Follows an instruction; answered() is called from the event loop when what came of it is stored.
 */
uint64_t supervisor_instruct(void *context, const struct instruction *instruction,
    void (*answered)(void *asker, const struct instruction_answer *answer), void *asker);
void supervisor_forget_asker(void *context, uint64_t number);

/* The store has finished a write. */
void instructions_stored(struct supervisor *supervisor);

/* The database does not store what it is given: who waits for that is told so. */
void instructions_not_stored(struct supervisor *supervisor);

/* ---- the database (database.c) ---- */

/* Starts the private cluster, if it is wanted, makes store and reader; 0, or -1 with a reason. */
int database_open(struct supervisor *supervisor, char reason[REASON_SIZE]);
void database_close(struct supervisor *supervisor);

/* Keeps statistics for as long as the configuration says now. */
void database_take_retention(struct supervisor *supervisor);

/*
 * A database that answers nothing, or can't store what it is given, is as good as away: nobody is
 * to wait for it. To be called every second.
 */
void database_check_write(struct supervisor *supervisor);

/* Whether everything that is known is stored. */
bool database_is_written(const struct supervisor *supervisor);

/* ---- samples while the database is away (spooling.c) ---- */

/* For the graph: takes frames that it has too many of. */
size_t spooling_spill(void *context, const struct frame_row *frames, size_t count);

/* Nobody waits for the database to take what it was given: puts the samples in the spool. */
void spooling_save(struct supervisor *supervisor);

/* The database is about to be loaded: takes into account what waits in the spool. */
void spooling_restore(struct supervisor *supervisor, struct counters *counters);

/* The next changes to store, from the graph and the spool in turn, or NULL. */
struct changes *spooling_take(struct supervisor *supervisor);

/* They are stored. */
void spooling_committed(struct supervisor *supervisor, const struct changes *changes);

/* ---- systemd (service.c) ---- */

/* The runner is ready, and gives signs of life from now on if that is wanted. */
void service_begin(struct supervisor *supervisor);

/* A reload begins; it has ended when the runner is ready again. */
void service_tell_reload(void);
void service_tell_ready(void);

/* How things are, when that changed. It visits every session: not for every scan. */
void service_tell_status(struct supervisor *supervisor);

/* It stops, which may take so long. */
void service_tell_stop(int64_t limit_s);
void service_end(struct supervisor *supervisor);

/* ---- what is told ---- */

/* The answer to GET /v1/status (status.c). */
struct json_object *supervisor_status(void *context);

/*
 * The answer to GET /healthz, and whether what all depends on, database and plugins, is there
 * (health.c).
 */
struct json_object *supervisor_health(void *context, bool *is_usable);

/* The answer to GET /v1/log-level (levels.c). */
struct json_object *supervisor_levels(void *context);

/* The answer to GET /v1/usage (usage_status.c). */
struct json_object *supervisor_usage(void *context);

/* The answer to GET /metrics, a new text (metrics.c). */
char *supervisor_metrics(void *context);

/* Why there is nothing to show yet, a new text; NULL when nothing stands in the way. */
char *supervisor_waiting(void *context);

/* Why a scannable is not contactable, or NULL. */
const char *supervisor_reason(void *context, const struct graph_resource *scannable);

/* What the runner is doing as a whole, an index in the list of names, which NULL ends. */
extern const char *const supervisor_state_names[];
enum supervisor_state supervisor_state(const struct supervisor *supervisor);

/* Whether a session is online, but calls of its last scan were refused. */
bool session_is_degraded(const struct session *session);

/* The state of a session for people, of which "degraded" is one. */
const char *session_shown_state(const struct session *session);

/* What keeps scannables of the configuration from being used, or it from being reloaded. */
struct json_object *supervisor_mistakes(const struct supervisor *supervisor);

/* How many resources people are to see. */
size_t supervisor_count_resources(const struct supervisor *supervisor);

/* How many active alerts they see, those that are silenced or the others. */
int64_t supervisor_count_alerts(const struct supervisor *supervisor, bool silenced);

/* One line for systemd and people (health.c); the caller frees it. */
char *supervisor_summary(const struct supervisor *supervisor);

/* Sessions whose first scan is still awaited. */
unsigned supervisor_scanning_initially(const struct supervisor *supervisor);

#endif
