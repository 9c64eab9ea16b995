/* SPDX-License-Identifier: MIT */
/*
 * What the database holds, as plain rows: the graph makes them, the store writes them in one
 * transaction and reads them back at start-up. Every row names things by ids that the supervisor
 * gives out itself, so a row can be written twice without harm.
 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/class.h"

/* Ids count up from 1; 0 stands for none. They are never used again. */
typedef int64_t record_id;

struct statistic_row {
	record_id id;
	char *name;
	char *type; /* statistic_type_name() */
	char *label;
	char *units;
	uint32_t sample_period;
	char *bins;       /* JSON array of [from, to], to null when open; NULL for time series */
	char *bin_labels; /* JSON array of bin_label() for each; NULL for time series */
	bool declared;    /* by the class as it is stored; else it was one of an earlier version */
};

void statistic_row_clear(struct statistic_row *row);

/* A class, and the plugin it belongs to: (plugin, name) is unique. */
struct class_row {
	record_id id;
	char *plugin;
	char *name;
	char *label;
	bool scannable; /* users may create resources of it */
	bool internal;
	/* Declared by a plugin in use. Else the class is hidden, and only its id is written. */
	bool loaded;
	char *ancestry; /* JSON array of names, itself first */
	char *
	    attributes; /* JSON array of objects: name, label, type, optional, hidden, … in order */
	char *charts;   /* JSON array of objects: title, series (names of statistics) */
	char *relations; /* JSON array of objects: type, plugin, class, attributes, ignore_case */
	struct statistic_row *statistics;
	size_t statistic_count;
};

struct resource_row {
	record_id id;
	record_id class_id;
	record_id scope_id; /* 0: global */
	char *identifier;   /* class_identifier() with references as ids */
	char *label;
	char *alias;      /* NULL: none */
	char *attributes; /* JSON object; null values and passwords are left out */
	char *secrets;    /* JSON object of the passwords, or NULL */
	bool configured;  /* a scannable that the configuration file declares now */
	bool added;       /* a scannable that a person added */
	bool in_use;      /* either, or that one in use reports */
	bool departing;   /* a scannable that is to be removed */
	char *given; /* JSON object of what the file gave it, passwords as null; NULL: never did */
};

/* A parent link as one scannable reports it, or as relations make it. */
struct parent_row {
	record_id child_id;
	record_id parent_id;
	record_id reporter_id; /* the scannable; 0: a relation */
};

/* That a scannable reports a resource with a global identifier. */
struct reporter_row {
	record_id resource_id;
	record_id reporter_id;
};

/* A reference attribute that is not null. */
struct reference_row {
	record_id resource_id;
	char *attribute;
	record_id target_id;
};

/* Name of the alert of a scannable that can't be reached. It does not outlive the scannable. */
#define ALERT_ROW_OFFLINE "offline"

struct alert_row {
	record_id id;
	record_id resource_id; /* may be that of a resource that is gone */
	char *name;      /* condition_name(), or one of the runner's own: "offline", "degraded" */
	char *attribute; /* or statistic; NULL for the runner's own */
	enum severity severity;
	char *message; /* fixed when raised */
	char *voters;  /* ids of the scannables that say so, as "{1,2}"; NULL: unknown, or ended */
	struct wallclock begin;
	struct wallclock end; /* meaningful once not active */
	bool active;
	bool dismissed; /* a user has seen it and does not care for it */
	/* The nearest alert among those of the ancestors, 0: none; once ended, the last one. */
	record_id cause_id;
	record_id root_cause_id; /* the root cause of the cause, or the alert itself */
	record_id silence_id;    /* that it is under, 0: none; once ended, the last one */
};

/* Characters of the reason for a silence. */
#define SILENCE_WHY_MAX 500

/* That alerts of a resource, and of what depends on it, are left out of what is counted. */
struct silence_row {
	record_id id; /* odd: given by the runner; even: by storage.silence() */
	record_id resource_id;
	struct wallclock begin, end;
	char *who; /* a user's name */
	char *why;
};

struct event_row {
	record_id id;
	struct wallclock time;
	enum severity severity;
	record_id resource_id; /* 0: none; may be that of a resource that is gone */
	record_id alert_id;    /* 0: none */
	char *message;
};

/* Resources of one class whose samples the scans of one scannable make: up to FRAME_SLOTS. */
struct cohort_row {
	record_id id;
	record_id scannable_id;
	record_id class_id;
};

/* The place of a resource in the frames of a cohort. */
struct slot_row {
	record_id cohort_id;
	record_id resource_id;
	uint32_t slot;
	struct wallclock since; /* the first sample; older ones here are of another resource */
};

/* Samples of one statistic, or of one bin of a histogram, of the resources of a cohort. */
struct frame_row {
	record_id cohort_id;
	record_id statistic_id;
	uint32_t bin;
	struct wallclock time; /* increases from frame to frame of the same three */
	struct text payload;   /* frame_encode() */
	size_t sample_count;
};

/* A condensed frame that is to be made again: it got samples after it was made. */
struct late_row {
	record_id cohort_id;
	record_id statistic_id;
	uint32_t bin;
	struct wallclock time; /* start of its interval */
	uint32_t resolution;
};

/* Why there are no samples. */
enum gap_reason {
	GAP_OFFLINE,  /* a session failed */
	GAP_DEADLINE, /* a scan took longer than it may */
	GAP_CRASH,    /* the plugin host died */
	GAP_DATABASE, /* the database was away when the runner was started, and nothing scanned */
	GAP_DROPPED,  /* it was away, or slow, for longer than samples could be kept */
	GAP_STOPPED,  /* the runner was not running */
	GAP_PAUSED,   /* a person paused the scannable */
	GAP_REASON_COUNT
};
const char *gap_reason_name(enum gap_reason reason);

/* The reason of this name, or GAP_REASON_COUNT. */
enum gap_reason gap_reason_parse(const char *name);

/* A time without samples, and the reason for it. */
struct gap_row {
	record_id id;
	record_id scannable_id; /* 0: all */
	struct wallclock begin;
	struct wallclock end; /* meaningful unless it is open */
	bool open;            /* it lasts */
	enum gap_reason reason;
};

/* That a scannable is not scanned until a person resumes it. */
struct pause_row {
	record_id scannable_id; /* 0: all of the plugin */
	char *plugin;
	struct wallclock since;
	int64_t user; /* who paused it */
	char *why;    /* or NULL */
	bool lasts;   /* else it has ended, and the row goes */
};

/* What a server record says of how far it is: a person, or the manager, has the rest to say. */
#define SERVER_STATE_REQUESTED "requested" /* to be set up by the manager */
#define SERVER_STATE_FOUND "found"         /* the machine of a scan: there is nothing to set up */

/* Where a server record comes from. */
#define SERVER_SOURCE_MACHINE "virtual machine"
#define SERVER_SOURCE_SCAN "scan"
#define SERVER_SOURCE_MANAGER "manager"

struct server_row {
	record_id id; /* odd: given by the runner; even: by storage.add_server() */
	char *address;
	char *fqdn; /* or NULL */
	char *state;
	char *source;
	struct wallclock recorded; /* when the record was made */
};

/* That one server can take over from another; there is a row for each direction. */
struct server_peer_row {
	record_id server_id;
	record_id peer_id;
};

/* A logical drive that servers can use. */
struct volume_row {
	record_id id;
	record_id drive_id;
	char *label;
	int64_t size; /* in bytes; negative: unknown */
	char *filesystem_type;
	bool unusable; /* for Lustre */
	bool in_use;
	bool chosen; /* the roles of its nodes are a user's choice */
};

/* A path to a volume on one server. */
struct volume_node_row {
	record_id id;
	record_id volume_id;
	record_id resource_id; /* the device node */
	record_id server_id;   /* need not have a record; 0: unknown */
	char *path;
	bool primary;
	bool used; /* primary or secondary */
	bool weighted;
	int64_t weight; /* sum of its path weights, if weighted */
};

/* What the manager asks for with one of the schema's functions. */
struct request_row {
	record_id id;
	char *kind;
	char *arguments; /* JSON object */
};

/* The highest ids given out so far, and how far statistics go. */
struct counters {
	record_id class_id;
	record_id statistic_id;
	record_id resource_id;
	record_id alert_id;
	record_id event_id;
	record_id server_id;
	record_id volume_id;
	record_id volume_node_id;
	record_id cohort_id;
	record_id gap_id;
	record_id silence_id;
	struct wallclock sampled; /* time of the newest sample; 0: there is none */
};

/* What those who follow the changes may ask for. */
enum notice_type {
	NOTICE_RESOURCE,  /* appeared, disappeared, changed */
	NOTICE_ALERT,     /* raised, cleared, changed */
	NOTICE_SCANNABLE, /* offline, online */
	NOTICE_PLUGIN,    /* its state */
	NOTICE_EVENT,     /* an event_row */
	NOTICE_TYPE_COUNT
};
const char *notice_type_name(enum notice_type type);

/* What those who follow the changes are told. */
struct notice {
	enum notice_type type;
	record_id resource_id;  /* that it is about, 0: none */
	record_id scannable_id; /* whose scan told of it, 0: none */
	char *plugin;           /* of the resource, or itself; or NULL */
	char *json;
};

void notice_clear(struct notice *notice);

/* The newest batch of a session that is contained in changes. */
struct batch_reference {
	uint32_t session;
	uint64_t number;
};

/*
 * Everything that changed since the last changes were taken, for one transaction. Written in this
 * order: requests that are done; alerts without history; removals; classes; resources; reporters,
 * parents, references; servers, volumes and their nodes; alerts; silences; events; cohorts, slots,
 * frames; gaps; pauses. Rows under "removed" that are not there, and rows that are there already,
 * are no error. A parent or reporter may be both removed and added, and then is there in the end; a
 * row may be in a list twice.
 */
struct changes {
	record_id *requests_done;
	size_t requests_done_count;

	struct class_row *classes; /* new or changed */
	size_t class_count;

	/* Scannables whose alerts of the name ALERT_ROW_OFFLINE are deleted, ended ones too. */
	record_id *forgotten_offline;
	size_t forgotten_offline_count;
	record_id
	    *removed_resources; /* with everything that refers to them; alerts stay as history */
	size_t removed_resource_count;
	struct resource_row *resources; /* new or changed */
	size_t resource_count;

	struct reporter_row *reporters_removed;
	size_t reporters_removed_count;
	struct reporter_row *reporters_added;
	size_t reporters_added_count;

	struct parent_row *parents_removed;
	size_t parents_removed_count;
	struct parent_row *parents_added;
	size_t parents_added_count;

	/* All references of each resource in resources; others have none changed. */
	struct reference_row *references;
	size_t reference_count;

	record_id *servers_removed; /* with their peers */
	size_t servers_removed_count;
	struct server_row *servers; /* new or changed */
	size_t server_count;
	record_id *peers_replaced; /* servers whose peers are those in peers, and no others */
	size_t peers_replaced_count;
	struct server_peer_row *peers;
	size_t peer_count;
	record_id *volume_nodes_removed;
	size_t volume_nodes_removed_count;
	record_id *volumes_removed;
	size_t volumes_removed_count;
	struct volume_row *volumes; /* new or changed */
	size_t volume_count;
	struct volume_node_row *volume_nodes; /* new or changed */
	size_t volume_node_count;

	struct alert_row *alerts; /* raised or cleared */
	size_t alert_count;
	struct silence_row *silences; /* begun */
	size_t silence_count;
	record_id *silences_removed; /* ended, also of those that begin here */
	size_t silences_removed_count;
	struct event_row *events;
	size_t event_count;

	struct cohort_row *cohorts; /* new */
	size_t cohort_count;
	struct slot_row *slots; /* given to a resource */
	size_t slot_count;
	struct frame_row *frames;
	size_t frame_count;
	struct late_row *late; /* the store's own: what the frames come too late for */
	size_t late_count;
	struct gap_row *gaps; /* begun or ended */
	size_t gap_count;
	struct pause_row *pauses; /* begun or ended, one for each that can be paused */
	size_t pause_count;

	struct counters counters;

	struct batch_reference *batches; /* to be acknowledged once this is stored */
	size_t batch_count;
	struct notice *notices; /* in order */
	size_t notice_count;
	bool notices_lost; /* there were too many */
};

/* Whether there is nothing to write (there may be batches and notices). */
bool changes_are_empty(const struct changes *changes);

/* Whether there are frames to write, and nothing else. */
bool changes_are_frames(const struct changes *changes);

void changes_free(struct changes *changes);
void class_row_clear(struct class_row *row);
void resource_row_clear(struct resource_row *row);
void alert_row_clear(struct alert_row *row);
void silence_row_clear(struct silence_row *row);
void pause_row_clear(struct pause_row *row);
void server_row_clear(struct server_row *row);
void volume_row_clear(struct volume_row *row);
void volume_node_row_clear(struct volume_node_row *row);

#endif
