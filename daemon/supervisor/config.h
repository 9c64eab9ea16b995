/* SPDX-License-Identifier: MIT */
/*
 * The configuration: one YAML file and the *.yaml files of its conf.d directory, in order of their
 * names. One table of keys (config_keys) gives name, type, range, default and help of each; the
 * parser, the error messages, --check and the test of the man page all come from it.
 */
#ifndef SUPERVISOR_CONFIG_H
#define SUPERVISOR_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/typed.h"
#include "store/store.h"
#include "wire/message.h"

struct plugin_config {
	char *name;                /* file name without extension */
	char *path;                /* of the shared object, absolute */
	int log_level;             /* -1: log.plugin_level */
	int64_t scan_limit_ns;     /* of scan.limit unless given here */
	int64_t teardown_limit_ns; /* likewise */
	int64_t stop_limit_ns;     /* likewise */
	struct setting *settings;  /* nested keys joined by dots */
	size_t setting_count;
	char *place; /* "file:line" */
};

struct scannable_config {
	char *plugin;
	char *class;
	struct typed_attribute *attributes;
	size_t attribute_count;
	char *place;
};

struct config {
	char *path;    /* absolute; NULL: defaults only */
	char **places; /* for each of config_keys where it was set, "file:line", or NULL */

	struct plugin_config *plugins;
	size_t plugin_count;
	struct scannable_config *scannables;
	size_t scannable_count;

	char *plugin_directory;
	char *state_directory;
	char *user; /* plugin hosts run as this user when the runner is root; NULL: as the runner */

	char *conninfo;
	char *database_password_file; /* NULL: none */
	bool embedded;
	char *embedded_user; /* NULL: chosen */
	int64_t database_retry_max_ns;
	int64_t database_statement_limit_ns, database_lock_limit_ns;

	int64_t host_memory_max; /* bytes */
	uint32_t host_tasks_max;

	int64_t scan_period_ns;
	uint32_t scan_workers;
	int64_t scan_limit_ns;
	int64_t teardown_limit_ns;
	int64_t load_limit_ns;
	int64_t stop_limit_ns;
	int64_t retry_min_ns, retry_max_ns;
	int64_t confirm_after_ns;

	bool statistics_enabled;
	int64_t sample_memory, sample_spool; /* in bytes */
	int64_t retention_ns[STORE_RESOLUTIONS];

	int log_level;        /* of the runner's own lines */
	int plugin_log_level; /* of the plugins' lines, unless one has a level of its own */
	char *log_file;       /* NULL: standard error */
	int64_t log_fold_ns;  /* 0: every message is written */

	char *control_socket;
	char *control_group;      /* NULL: none */
	char *control_listen;     /* address and port; NULL: none */
	char *control_token_file; /* NULL: none */
	bool control_metrics_without_token;
};

enum config_type {
	CONFIG_TEXT,      /* char * */
	CONFIG_PATH,      /* char *, made absolute */
	CONFIG_BOOLEAN,   /* bool */
	CONFIG_NUMBER,    /* uint32_t, minimum to maximum */
	CONFIG_DURATION,  /* int64_t ns, minimum to maximum */
	CONFIG_SECONDS,   /* int64_t ns, whole seconds, minimum to maximum */
	CONFIG_SIZE,      /* int64_t bytes, minimum to maximum */
	CONFIG_LOG_LEVEL, /* int */
	CONFIG_LIST,      /* not a scalar: its entries are described by keys "name[].…" */
	CONFIG_MAPPING,   /* not a scalar: names of anyone's choice */
	CONFIG_TYPE_END
};

/* One scalar key: "scan.workers". Sequences (plugins, scannables) are described the same way. */
struct config_key {
	const char *name;
	enum config_type type;
	size_t offset; /* in struct config, or that of the entry: "plugins[].…", "scannables[].…" */
	int64_t minimum, maximum;
	const char *default_text; /* as it would be written in the file; NULL: none */
	char *(*make_default)(
	    void);          /* of a path that depends on the user; default_text is root's */
	bool needs_restart; /* a reload does not take it up, and says so */
	const char *help;
};
extern const struct config_key config_keys[];
extern const size_t config_key_count;

/*
 * Reads path and its drop-ins ("conf.d" beside it). Returns true, or false with every mistake
 * found, one line each: "runner.yaml:14: scan.workers: \"many\" is not a number (1 to 1024)". A
 * path of NULL gives the defaults. config_free() in either case.
 */
bool config_load(const char *path, struct config *config, struct text *mistakes);

/*
 * Looks whether what a configuration names is there and can be used on this machine: users, the
 * log's directory, and the database as far as its conninfo tells. Adds mistakes of the same form.
 */
bool config_check_site(const struct config *config, struct text *mistakes);

/*
 * What the configuration says to connect to, with the password of its file; the caller releases it
 * with forget_text(). NULL with a reason.
 */
char *config_conninfo(const struct config *config, char reason[REASON_SIZE]);

/* Where a key was set: "file:line", or "default" if it was not. */
const char *config_place(const struct config *config, const char *key);

void config_free(struct config *config);

/* Releases what a plugin's entry holds. */
void plugin_config_clear(struct plugin_config *plugin);

/* Whether a plugin with one entry needs no restart to have the other. */
bool plugin_config_runs_alike(const struct plugin_config *a, const struct plugin_config *b);

/*
 * Puts the values of the keys that a reload does not take up in the place of the new ones, which go
 * to present. Adds a line "file:line: key: …" for each that differs.
 */
void config_keep(struct config *next, struct config *present, struct text *kept);

#endif
