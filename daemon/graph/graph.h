/* SPDX-License-Identifier: MIT */
/*
 * All resources of the site in memory: identity, attributes, parents, reporters, alerts. The graph
 * applies batches, decides what is gone, and collects what has to be written. It knows neither
 * the database nor the plugin hosts, never blocks, and belongs to the supervisor's one thread.
 *
 * The structures are public to be read (by the control API, and tests); only the functions below
 * change them. Cost of a batch grows with the batch, not with the graph.
 */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/clock.h"
#include "model/batch.h"
#include "model/class.h"
#include "model/record.h"

struct graph;
struct graph_resource;
struct graph_volume;
struct graph_volume_node;
struct relation_entry;
struct relation_port;

/*
 * Ids of resources that may stand in some relation to the owner of the list. An entry may be out of
 * date, or there twice: whoever reads it looks whether the relation still holds.
 */
struct id_list {
	record_id *ids;
	uint32_t count;
	uint32_t capacity;
};

/* Scannables that report something. One alone takes no memory of its own. */
struct reporters {
	union {
		record_id one;
		record_id *many;
	};
	uint32_t count;
};

struct graph_class {
	struct graph *graph;
	record_id id;
	char *plugin;
	char *name;
	char *label;
	char *row_text; /* what was last stored of it, to see whether a new version changed it */
	bool shown;     /* to those who read the database */
	const struct class *class; /* NULL as long as its plugin is not loaded, or lacks it */
	size_t index;              /* of class among the plugin's */
	size_t attribute_count;    /* of class */
	bool scannable;
	record_id *statistic_ids; /* one per statistic of class */
	uint32_t *first_series; /* of each statistic: how many those before it have; last: of all */
	uint32_t *counter_places; /* of each statistic: how many counters are before it */
	uint32_t counter_count;
	struct statistic_row *known_statistics; /* of all versions; without what people read */
	size_t known_statistic_count;
	TAILQ_HEAD(, graph_resource) resources;
	size_t resource_count;
	unsigned kinds;               /* what its resources are to volumes */
	struct relation_port **ports; /* the relations that it takes part in */
	size_t port_count;
	UT_hash_handle by_id;
	UT_hash_handle by_name; /* key: "plugin.name" */
	char *key;
};

/* In the place of a link's reporter: that relations make it. */
#define RELATION INT64_C(0)

/*
 * A link from parent to child. Several scannables may report the same one, and relations may make
 * it too. One that would close a loop of parents is refused: it is in no list of its two ends, and
 * is tried again when what stands against it is gone.
 */
struct graph_link {
	struct graph_resource *child;
	struct graph_resource *parent;
	struct reporters reporters;
	uint32_t relations; /* matches that make it */
	bool refused;
	bool blocks;      /* it may be what stands against a refused link */
	bool unconfirmed; /* made by a relation in an earlier time, and not by one at present */
	bool kept;        /* scratch of an initial scan: it reports the link */
	TAILQ_ENTRY(graph_link) in_child;  /* in child->parents */
	TAILQ_ENTRY(graph_link) in_parent; /* in parent->children */
};

struct graph_alert {
	struct alert_row row;
	struct graph_resource *resource;      /* NULL once the resource is gone */
	TAILQ_ENTRY(graph_alert) in_resource; /* in resource->alerts, while active */
	TAILQ_ENTRY(graph_alert) in_active;   /* in graph->alerts, while active */
	TAILQ_ENTRY(graph_alert) in_dirty;
	record_id *voters; /* scannables that say that the condition holds */
	uint32_t voter_count;
	record_id *missing; /* of "collapsed": resources that wait to be confirmed as gone */
	size_t missing_count;
	bool dirty;
	bool kept; /* scratch of a batch: the condition holds */
};

/* The nearest active alert among the ancestors of a resource, of those the worst, then the oldest.
 */
struct graph_cause {
	struct graph_alert *nearest;
	struct graph_alert *root; /* the root cause of that one, or itself */
	uint32_t distance;        /* links up to it */
};

/* What most resources do without. */
struct graph_extras {
	char *alias;
	char *given; /* JSON: what the configuration gave a scannable, with defaults; or NULL */
	struct id_list referrers; /* resources with an attribute that refers to this one */
	struct id_list reported;  /* of a scannable: resources that it is a reporter of */
	TAILQ_HEAD(, graph_resource) scoped; /* resources whose scope this is */
};

/* JSON as read from the database, until the class is known. */
struct graph_unread {
	char *attributes;
	char *secrets; /* or NULL */
};

struct graph_resource {
	/* What a change of a link or an alert looks at comes first: of a million it is in no cache.
	 */
	record_id id;
	struct graph_class *class;
	TAILQ_HEAD(, graph_link) parents;
	TAILQ_HEAD(, graph_link) children;
	uint32_t parent_count, child_count;
	uint64_t order;                   /* lower than that of any child */
	TAILQ_HEAD(, graph_alert) alerts; /* active ones */
	struct graph_cause *cause;        /* of these and of those further down; NULL: none above */
	struct graph_volume *volume;      /* of a drive that device nodes lead to, else NULL */
	struct graph_volume_node
	    *volume_node;        /* of a device node that leads to a drive, else NULL */
	uint64_t mark;           /* scratch of traversals: equal to graph->mark if visited */
	uint8_t traits;          /* what volumes have to know of its place */
	bool configured : 1;     /* a scannable that the configuration declares */
	bool added : 1;          /* a scannable that a person added */
	bool was_configured : 1; /* before the pass over the configuration that is under way */
	bool in_use : 1; /* a scannable that is configured or added, or that one in use reports */
	bool departing : 1;      /* a scannable that nobody wants any more: to be removed */
	bool unjudged : 1;       /* whether it is in use is to be judged anew */
	bool edited : 1;         /* a scannable that another one gave other values */
	bool dirty : 1;          /* to be written */
	bool stored : 1;         /* the database has a row of it, or will have */
	bool kept : 1;           /* scratch of a batch: reported, so not to be removed */
	bool going : 1;          /* being removed */
	bool joining : 1;        /* to be compared with others by relations */
	bool has_refused : 1;    /* an end of a refused link, or once was */
	bool cause_pending : 1;  /* the cause is to be judged anew */
	bool alerts_changed : 1; /* since then */
	bool labelled : 1;       /* the label came from the plugin's label function */
	uint32_t seat;           /* the first of its places in cohorts, 0: none */

	struct value *values; /* one per attribute of the class; NULL while class->class is */
	struct graph_unread *unread;    /* or NULL */
	struct relation_entry *entries; /* in the index of what relations compare */
	struct graph_extras *extras;    /* never NULL */
	struct graph_resource *scope;   /* NULL: global */
	char *label;                    /* never NULL */
	char *identity;                 /* class, scope and identifier: unique in the graph */
	struct reporters reporters;     /* of one that is global or a scannable, without its own */
	TAILQ_ENTRY(graph_resource) in_scope;
	TAILQ_ENTRY(graph_resource) in_class;
};

struct graph_options {
	bool ignores_samples; /* nobody stores them */
	/* Where warnings about stored data go; plugin and scannable may be NULL. */
	void (*warn)(const char *plugin, const char *scannable, const char *line);
	/* Where errors go: what is stored lacks what a class demands. NULL: to warn(). */
	void (*error)(const char *plugin, const char *scannable, const char *line);
	/*
	 * Bytes of samples that are kept at most until they are taken: when there are more, while
	 * the database is away, they are spilled, and what is not taken then may be dropped, the
	 * older half. 0: a default of 64 MiB.
	 */
	size_t frame_limit;
	/*
	 * Takes frames elsewhere, oldest first, by making copies; gives how many it took. NULL:
	 * none.
	 */
	size_t (*spill)(void *context, const struct frame_row *frames, size_t count);
	void *context; /* of spill() */
};

struct graph *graph_new(const struct graph_options *options);
void graph_free(struct graph *graph);

/* ---- loading what the database holds: classes, then resources in any order, then the rest ---- */

void graph_restore_counters(struct graph *graph, const struct counters *counters);
void graph_restore_class(struct graph *graph, const struct class_row *row);
void graph_restore_resource(struct graph *graph, const struct resource_row *row);
void graph_restore_parent(struct graph *graph, const struct parent_row *row);
void graph_restore_reporter(struct graph *graph, const struct reporter_row *row);
void graph_restore_alert(struct graph *graph, const struct alert_row *row); /* active ones */
void graph_restore_cohort(struct graph *graph, const struct cohort_row *row);
void graph_restore_slot(struct graph *graph, const struct slot_row *row);
void graph_restore_gap(struct graph *graph, const struct gap_row *row); /* open ones */
void graph_restore_pause(struct graph *graph, const struct pause_row *row);
/*
 * Joins what was restored (scopes). Rows that name what is not there are reported by warn() and
 * left out. Must be called once, after the rows and before anything below.
 */
void graph_restored(struct graph *graph);

/* ---- plugins and scannables ---- */

/*
 * Makes the classes of a plugin known; the graph borrows them until graph_retract(). Stored
 * resources of these classes are read with the new declarations: attributes that no longer exist
 * are ignored, missing mandatory ones take their default or are reported by error(). Classes of the
 * plugin that are not among them are hidden. Relations from and to its classes are in force from
 * now on; stored links that no relation makes any more go.
 */
void graph_declare(
    struct graph *graph, const char *plugin, struct class *const *classes, size_t count);

/*
 * Forgets the classes of a plugin, which may then be freed, and ends its sessions. Its resources
 * keep their records, and links that relations made, and are read again by the next
 * graph_declare(). Not needed when a process dies and the next one declares equal classes.
 */
void graph_retract(struct graph *graph, const char *plugin);

/*
 * Hides the classes of a plugin that is not in use (no longer listed, or it can't be loaded) from
 * those who read the database. Their resources keep their records.
 */
void graph_hide(struct graph *graph, const char *plugin);

/*
 * Begins a pass over the configuration: no scannable counts as configured until graph_configure()
 * names it.
 */
void graph_begin_configuration(struct graph *graph);

/*
 * Ends the pass for the scannables of one plugin: those that were not named are retired. Their
 * alerts, and those of what is scoped to them or reported by nobody else, end ("offline" without
 * leaving any history); all of it keeps its records, and is hidden until the configuration names
 * them again.
 */
void graph_end_configuration(struct graph *graph, const char *plugin);

/*
 * Whether people are to see a resource: its plugin is loaded, and its scannable, or one of those
 * that report it, in use. The view storage.resources says the same.
 */
bool graph_is_shown(const struct graph_resource *resource);

/*
 * The scannable of this class with these values (one per attribute, valid, copied), made if there
 * is none; its other attributes take the values given, except those that only the plugin may set,
 * and those for which the same was given the last time: what the plugin assigned since stays. So a
 * session that is open has to begin anew exactly when something else is given. Nobody knows here
 * what a password was, so one that is given is taken: the caller gives what it has if that is to
 * stay.
 * Missing mandatory values take their default. NULL with a reason when it can't be: a mandatory
 * value is missing, the identifier too long. With an automatic identifier name tells one from
 * another
 * ("configured:1"); else it is ignored.
 */
struct graph_resource *graph_configure(struct graph *graph, const struct graph_class *class,
    const struct value *values, const char *name, char reason[REASON_SIZE]);

/* The scannable that graph_configure() would give these values to; NULL: it would make one. */
struct graph_resource *graph_find_configured(struct graph *graph, const struct graph_class *class,
    const struct value *values, const char *name);

/*
 * The scannable of this class with these values, which are as for graph_configure(), as a person
 * adds it: it is in use until a person withdraws it. One that is there but not in use takes the
 * values; the caller has seen to it that none in use has this identity. An automatic identifier
 * makes it another one than all before. NULL with a reason when it can't be.
 */
struct graph_resource *graph_add(struct graph *graph, const struct graph_class *class,
    const struct value *values, char reason[REASON_SIZE]);

/*
 * A person no longer wants a scannable that was added, or one that is not in use. It departs, as
 * one does that is no longer reported, unless another one reports it.
 */
void graph_withdraw(struct graph *graph, struct graph_resource *scannable);

/*
 * Gives a scannable other values, as a person edits it; they are as for graph_configure(). It stays
 * the same resource with all that belongs to it, also when what identifies it changes. Returns 0,
 * or -1 with a reason and nothing changed: a mandatory value is missing, or another resource has
 * this identity. A session of it has to begin anew to know of the change.
 */
int graph_edit(struct graph *graph, struct graph_resource *scannable, const struct value *values,
    char reason[REASON_SIZE]);

/*
 * Removes a scannable with everything scoped to it, and with what it alone reports, but for other
 * scannables: those are retired. Its session, if any, ends. Alerts stay as history, but those of
 * the scannable being "offline".
 */
void graph_remove(struct graph *graph, struct graph_resource *scannable);

/*
 * Scannables that others report. Such a one is in use as long as one in use reports it; when none
 * does any more it departs: it is hidden, and its owner removes it with graph_remove() when it has
 * no session (nor has a scannable scoped to it). Until then it can be reported again.
 */

/*
 * Whether a scannable is to be scanned on its own: it is in use, and the configuration declares it,
 * a person added it, or it has no parents.
 */
bool graph_wants_session(const struct graph_resource *scannable);

/*
 * A scannable for which that, or whether it departs, may have changed, or that was given other
 * values by another one's scan (*edited); NULL: no more. It may be told more than once.
 */
struct graph_resource *graph_next_scannable(struct graph *graph, bool *edited);

/* ---- sessions ---- */

/* Begins a session: number 0 of it is the scannable. A number is used once only. */
void graph_open(struct graph *graph, uint32_t session, struct graph_resource *scannable);

/* Ends a session; one that has ended already is no error. */
void graph_close(struct graph *graph, uint32_t session);

/*
 * Whether the initial scan of an open session left it undecided what is gone, because calls were
 * refused in it or because it has to be confirmed: only another session can tell.
 */
bool graph_needs_initial_scan(const struct graph *graph, uint32_t session);

/* What a session calls by this number, or NULL if that is gone. */
struct graph_resource *graph_resource_of(
    const struct graph *graph, uint32_t session, uint32_t resource);

/* For wire_context: index of the class (among the plugin's) of a resource of a session. */
size_t graph_class_of(void *graph, uint32_t session, uint32_t resource);

/*
 * Applies a batch: identity, attributes, labels, parents, removals and, after an initial scan in
 * which nothing was refused, removal of what was not reported; then links that relations make, and
 * samples and alerts. A link, or a reference that can't be null, that would close a loop is left
 * out, which is told by warn(); the link until it no longer would. Returns 0,
 * or -1 with a reason and nothing changed when the batch can't be what an honest plugin host sends.
 *
 * Removals come after reports, so that a reference that moves away from a resource before that is
 * removed does not take its owner along. A resource removed and reported again in one batch keeps
 * its record. A resource that the graph removed itself (because another was, which it refers to)
 * may still be named by the session: what is said about it has no effect.
 *
 * Alerts are a matter of votes: a condition holds for a resource as long as one of the scannables
 * that report it says so, whatever the others say of theirs. A session takes back only what its own
 * scannable said; so does the end of a report, and the removal or retirement of the scannable. The
 * values of attributes are those of the latest report, so an alert may be active on one reporter's
 * word while another's value is shown. Votes are stored with the alert: after a restart each counts
 * until its scannable reports the resource anew, or no longer reports it.
 *
 * The alert "degraded" is active on the scannable from a scan that had refused calls to one that
 * had none; if the former was an initial scan, so has the latter to be. "collapsed" is active while
 * the removal of most of its resources waits to be confirmed: what the next initial scan misses,
 * too, is removed then, and what else it misses is judged afresh.
 */
int graph_apply(struct graph *graph, const struct batch *batch, char reason[REASON_SIZE]);

/*
 * Raises or clears one of the runner's own alerts on a scannable: "offline" ("<name> not
 * contactable"; clearing records the event "Re-established contact with <name>").
 */
void graph_set_offline(struct graph *graph, struct graph_resource *scannable, bool offline);

/*
 * From this time on there are no samples of a scannable (NULL: of all), for this reason. A gap that
 * lasts goes on; one of another reason ends now, and another one begins.
 */
void graph_begin_gap(struct graph *graph, const struct graph_resource *scannable,
    enum gap_reason reason, struct wallclock begin);

/*
 * The same for the time that the runner was not running: since the newest sample, or the last gap,
 * that was restored. False, and nothing, if there never was a sample.
 */
bool graph_begin_stopped(struct graph *graph);

/* There are samples again. A gap of another reason lasts; GAP_REASON_COUNT stands for any. */
void graph_end_gap(struct graph *graph, const struct graph_resource *scannable,
    enum gap_reason reason, struct wallclock end);

/*
 * A scannable of a plugin, or (NULL) all that it has and gets, are not to be scanned from now on,
 * or are again. Of which the caller has seen that it is not so already; why may be NULL.
 */
void graph_pause(struct graph *graph, const char *plugin, const struct graph_resource *scannable,
    unsigned user, const char *why);
void graph_resume(struct graph *graph, const char *plugin, const struct graph_resource *scannable);

/* The pause of a plugin as a whole, or NULL. */
const struct pause_row *graph_plugin_pause(const struct graph *graph, const char *plugin);

/* Why a scannable is not to be scanned: its own pause, else that of its plugin, or NULL. */
const struct pause_row *graph_find_pause(
    const struct graph *graph, const struct graph_resource *scannable);

/* Appends "since 2026-11-22T10:23:16.123456Z by user 1000: new firmware". */
void graph_describe_pause(const struct pause_row *pause, struct text *out);

/*
 * Sets the mark that a user has seen an active alert and does not care for it, or takes it back.
 * The alert stays as it is; a later one of the same condition has no mark. False if no active alert
 * has this id.
 */
bool graph_dismiss_alert(struct graph *graph, record_id id, bool dismissed);

/* ---- what to write ---- */

/*
 * Everything that changed since the last call, or NULL if nothing did and no batch waits to be
 * acknowledged. A resource that changed several times is one row in its newest state; each alert
 * and event is kept. The caller frees it.
 */
struct changes *graph_take_changes(struct graph *graph);
bool graph_has_changes(const struct graph *graph);

/* Time of the newest sample; 0: there never was one. */
struct wallclock graph_sampled(const struct graph *graph);

/* Spills the samples that are yet to be taken. */
void graph_spill(struct graph *graph);

/*
 * How many samples were dropped because nobody took them. The gap "dropped" tells of which time,
 * and the alert "dropped" is active on the scannables that they were of.
 */
uint64_t graph_dropped_samples(const struct graph *graph);

/*
 * What could be kept was stored: the alerts "dropped" end, unless more was dropped since this was
 * called last.
 */
void graph_end_dropping(struct graph *graph);

/*
 * Whether notices are collected (someone follows the changes). Off at first. A notice is one JSON
 * object on one line:
 *
 *	{"time": "2026-11-22T10:23:16.123456Z", "kind": …,
 *	 "resource": {"id": 12, "class": "acme.HardDrive", "class_label": "Disk", "label": "Disk
 *42"}, "scannable": {"id": 3, "label": "Couplet 10.0.0.1"}, …}
 *
 * label is the alias where there is one. scannable is the one whose scan told of it, or null when
 * the runner itself did (a scannable that the configuration adds). kind is one of
 *
 *	appeared, disappeared   the resource
 *	paused, resumed         the scannable, by a person
 *	changed                 an attribute, with "attribute" (its name), "label" (its label),
 *	                        "from" and "to": JSON values as they are stored, a reference as the
 *	                        label of its target. Never told of passwords and hidden attributes.
 *	alert_raised, alert_cleared, offline, online
 *	                        with "alert" (its id), "name", "severity" ("ERROR", …), "message",
 *	                        "affects": the first 20 descendants of the resource, nearest first,
 *	                        as {"id", "class", "label"}, "affects_count": the number of all, and
 *	                        "root_cause": {"alert", "message"} of the alert that it follows from
 *	                        in the end, or null. offline and online stand for the alert
 *	                        "offline" being raised and cleared.
 */
void graph_collect_notices(struct graph *graph, bool on);

/* ---- looking ---- */

struct graph_resource *graph_find(const struct graph *graph, record_id id);
struct graph_class *graph_find_class(
    const struct graph *graph, const char *plugin, const char *name);
const struct graph_class *graph_first_class(const struct graph *graph); /* then by_id.next */
size_t graph_resource_count(const struct graph *graph);

/* The active alerts of the whole graph, oldest first. */
TAILQ_HEAD(graph_alert_list, graph_alert);
const struct graph_alert_list *graph_alerts(const struct graph *graph);

/* Gives a resource the name that a user calls it by; NULL takes it back. */
void graph_set_alias(struct graph *graph, struct graph_resource *resource, const char *alias);

/* The last part of its identity: what the class demands to be unique, as JSON. */
const char *graph_identifier(const struct graph_resource *resource);

/* The ids of the reporters, as many as there are. */
const record_id *graph_reporters(const struct reporters *reporters);

/* Alias or label: how people call it. */
const char *graph_name(const struct graph_resource *resource);

/*
 * Calls visit for each descendant (children, their children, …) once, nearest first. Stops when
 * visit returns false.
 */
void graph_visit_descendants(struct graph *graph, struct graph_resource *resource,
    bool (*visit)(void *context, struct graph_resource *descendant), void *context);

#endif
