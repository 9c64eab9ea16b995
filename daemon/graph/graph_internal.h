/* SPDX-License-Identifier: MIT */
/*
 * What the files of the graph share. Nothing outside of the graph includes this.
 */
#ifndef GRAPH_GRAPH_INTERNAL_H
#define GRAPH_GRAPH_INTERNAL_H

#include "graph/graph.h"
#include "model/frame.h"

struct graph_plugin {
	char *name;
	struct graph_class **classes; /* in the order of the plugin's own list */
	struct class **declared;      /* their declarations */
	size_t class_count;
	TAILQ_ENTRY(graph_plugin) in_graph;
};

/* What a session calls a resource. */
struct graph_slot {
	record_id id;      /* SLOT_UNUSED, or a resource that may be gone by now */
	uint32_t class;    /* index among the plugin's */
	uint32_t in_batch; /* scratch: 1 + index of the report that creates it, or SLOT_REMOVED */
	uint32_t seat;     /* where it was last found to be in a cohort; 0: nowhere yet */
};
#define SLOT_UNUSED INT64_C(0)
#define SLOT_REMOVED UINT32_MAX

struct graph_session {
	uint32_t number;
	struct graph_resource *scannable;
	struct graph_plugin *plugin;
	uint64_t last_batch;
	size_t reference;         /* where in graph->next->batches that is, if it is there */
	bool refused;             /* its initial scan had refused calls */
	bool undecided;           /* or has yet to be confirmed: what is lost is still there */
	struct graph_slot *slots; /* by number of the resource */
	size_t slot_count;
	struct monotonic
	    outdated_told; /* when it was last told that samples are outdated; 0: never */
	UT_hash_handle by_number;
};

/* The place of a resource in a cohort: the number of the cohort * FRAME_SLOTS + the slot. */
#define SEAT_COHORTS (UINT32_MAX / FRAME_SLOTS)

/* The cohorts of a scannable and a class: those with a free slot first. */
struct graph_cohort_group {
	struct cohort_key {
		record_id scannable_id;
		record_id class_id;
	} key;
	struct graph_class *class;
	TAILQ_HEAD(, graph_cohort) cohorts;
	struct counter_falls *falls; /* of each statistic; NULL: of none yet */
	UT_hash_handle by_key;
};

struct series;

/* Resources whose samples share frames. */
struct graph_cohort {
	record_id id;
	uint32_t number;     /* index in graph->cohorts */
	uint32_t count;      /* slots that are taken */
	uint32_t end;        /* of those that may ever have been */
	uint32_t first_free; /* no lower slot is free */
	uint32_t capacity;
	record_id *resources; /* by slot; 0: free */
	uint32_t *others;     /* by slot: the next seat of the resource; NULL: none has any */
	struct graph_cohort_group *group;
	TAILQ_ENTRY(graph_cohort) in_group;

	uint32_t session;         /* that sampled last */
	struct wallclock limit;   /* what it samples is later than this */
	struct wallclock newest;  /* sample */
	struct wallclock framed;  /* the newest frame's time */
	struct wallclock vacated; /* whoever gets a slot again has samples later than this */
	struct series **series;   /* while a batch is applied; NULL: it has none of this cohort */
	TAILQ_ENTRY(graph_cohort) in_batch;

	double *counts;         /* by slot: the last value of each counter of the class */
	uint32_t counted_slots; /* that counts has room for */
};

/* A slot that was given to a resource. */
struct new_seat {
	record_id resource;
	uint32_t seat;
	struct wallclock since;
};

/* The allocated lengths of the arrays of graph->next, and of what is checked when it is taken. */
struct graph_capacities {
	size_t classes, forgotten_offline, removed_resources, reporters_removed, parents_removed;
	size_t events, frames, batches, notices, gaps, pauses;
};

struct graph_index_slot {
	void *item; /* NULL: empty */
	uint32_t hash;
};

struct graph_index {
	struct graph_index_slot *slots;
	size_t count;
	size_t capacity; /* a power of two, or 0 */
};

struct id_node;

/* All resources by id. */
struct graph_ids {
	struct id_node *root;
	unsigned levels;
	size_t count;
};

/* A scope that a restored resource names, until all are there. */
struct pending_scope {
	struct graph_resource *resource;
	record_id scope_id;
};

TAILQ_HEAD(graph_link_list, graph_link);

struct graph {
	struct graph_options options;
	struct graph_class *classes_by_id;
	struct graph_class *classes_by_name;
	TAILQ_HEAD(, graph_plugin) plugins;
	struct graph_ids ids;
	struct graph_index by_identity;
	struct graph_session *sessions;
	struct graph_session *session_found; /* the last one that was looked for, or NULL */
	struct counters counters;
	uint64_t dropped_samples;
	bool dropped_lately;    /* since graph_end_dropping() was called last */
	bool dropping;          /* there may be alerts of it */
	struct gap_row dropped; /* of what is being dropped */
	size_t dropped_place;   /* of its row in the next changes, if it is there */
	struct graph_alert_list active_alerts;
	TAILQ_HEAD(, graph_alert) dirty_alerts;
	record_id *touched; /* resources to be written, or gone by now */
	size_t touched_count, touched_capacity;
	uint64_t mark;
	uint64_t last_order; /* the highest place in the order of resources */

	struct graph_link_list refused;
	struct graph_index refused_by_pair;
	bool unblocked; /* what stood against a refused link may be gone */

	TAILQ_HEAD(, relation_rule) rules;
	uint32_t last_rule;
	struct graph_index groups; /* of resources that relations find to be equal */
	TAILQ_HEAD(, relation_group) crowded;
	record_id *joining; /* resources to be compared with others, or gone by now */
	size_t joining_count, joining_capacity;

	record_id *scannables; /* that may have changed, or are gone by now */
	size_t scannable_count, scannable_capacity;
	size_t scannables_judged, scannables_told; /* how many of them */

	record_id *cause_pending; /* resources whose cause is to be judged anew, or gone by now */
	size_t cause_pending_count, cause_pending_capacity;

	struct volumes *volumes; /* NULL while the graph is being freed */

	struct graph_gap *gaps; /* hash of those that last */

	struct graph_pause *paused_scannables; /* hash by id */
	struct graph_pause *paused_plugins;    /* hash by name */

	struct changes *next; /* the next changes to write, as far as they are rows already */
	struct graph_capacities capacities;
	/* Links and reports that are new; written if they still hold when the changes are taken. */
	struct parent_row *parents_added;
	size_t parents_added_count, parents_added_capacity;
	struct reporter_row *reporters_added;
	size_t reporters_added_count, reporters_added_capacity;

	struct graph_cohort_group *cohort_groups;
	struct graph_cohort **cohorts; /* by number, from 1, and so by id; NULL: gone */
	size_t cohort_count, cohort_capacity;
	TAILQ_HEAD(, graph_cohort) sampled; /* that the batch has samples of */
	TAILQ_HEAD(, counter_falls) falls;  /* that it has */
	/* What is new; written if it still holds when the changes are taken. */
	uint32_t *cohorts_added; /* numbers */
	size_t cohorts_added_count, cohorts_added_capacity;
	struct new_seat *seats_added;
	size_t seats_added_count, seats_added_capacity;
	size_t frame_bytes; /* of graph->next */

	struct pending_scope *pending_scopes; /* between restoring and graph_restored() */
	size_t pending_scope_count, pending_scope_capacity;
	bool restored;

	/* Of the operation under way: its time, and the scannable whose scan caused it, or NULL. */
	struct wallclock time;
	struct graph_resource *actor;
	bool collecting;
	const struct graph_alert **raised; /* yet to be told */
	size_t raised_count, raised_capacity;
};

void graph_warn(struct graph *graph, const char *plugin, const char *scannable, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
void graph_error(struct graph *graph, const char *plugin, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Makes the rest follow what was changed, at the end of an operation. */
void graph_settle(struct graph *graph);

/* ---- gap.c ---- */

/* The scannable is gone, and the database forgets its gaps. */
void gaps_forget(struct graph *graph, const struct graph_resource *scannable);
void gaps_free(struct graph *graph);

/* ---- pause.c ---- */

/* The scannable is gone, and the database forgets that it was paused. */
void pauses_forget(struct graph *graph, const struct graph_resource *scannable);
void pauses_free(struct graph *graph);

/* ---- dropping.c ---- */

/* These frames, oldest first, are about to be dropped. */
void dropping_note(struct graph *graph, const struct frame_row *frames, size_t count);

/* ---- index.c ---- */

uint32_t index_hash_id(record_id id);
uint32_t index_hash_identity(const char *identity);
void index_add(struct graph_index *index, uint32_t hash, void *item);
void index_remove(struct graph_index *index, uint32_t hash, const void *item);

/* The item of this hash that is what the key stands for, or NULL. */
void *index_find(const struct graph_index *index, uint32_t hash,
    bool (*is)(const void *item, const void *key), const void *key);
void index_clear(struct graph_index *index);

/* ---- ids.c ---- */

void ids_add(struct graph_ids *ids, record_id id, struct graph_resource *resource);
void ids_remove(struct graph_ids *ids, record_id id);
struct graph_resource *ids_find(const struct graph_ids *ids, record_id id);

/* ---- resource.c ---- */

/* The text that tells a resource from all others; it ends with the identifier. */
char *identity_text(record_id class_id, record_id scope_id, const char *identifier);
struct graph_resource *resource_find_identity(const struct graph *graph, const char *identity);

/* Adds a resource without values and label. Takes the identity over. */
struct graph_resource *resource_new(struct graph *graph, record_id id, struct graph_class *class,
    struct graph_resource *scope, char *identity);

/* Takes the resource out of everything but its links and alerts, which are gone, and frees it. */
void resource_free(struct graph *graph, struct graph_resource *resource);

/* What is to be changed of resource->extras. */
struct graph_extras *resource_extras(struct graph_resource *resource);

/* Forgets what was stored and is read now. */
void resource_forget_unread(struct graph_resource *resource);
void resource_join_scope(struct graph_resource *resource, struct graph_resource *scope);
void resource_touch(struct graph *graph, struct graph_resource *resource);

/* Gives the resource one value per attribute; takes the array over. */
void resource_take_values(
    struct graph *graph, struct graph_resource *resource, struct value *values);
void values_free(struct value *values, size_t count);

/* Assigns one attribute, and takes the value over. Equal values change nothing. */
void resource_set(
    struct graph *graph, struct graph_resource *resource, size_t attribute, struct value *value);

/* The label if it came from the plugin's label function, or NULL. */
const char *resource_own_label(const struct graph_resource *resource);

/* The label it has without one of the plugin's own. */
void resource_default_label(
    struct graph *graph, const struct graph_resource *resource, struct text *label);

/*
 * Gives the resource the label of the plugin, or with NULL the default one; labels that are made
 * from it follow.
 */
void resource_set_label(struct graph *graph, struct graph_resource *resource, const char *own);

/* Whether an attribute of the resource refers to the target. */
bool resource_refers_to(const struct graph_resource *resource, const struct graph_resource *target);

void id_list_add(struct graph *graph, struct id_list *list, struct graph_resource *owner,
    record_id id,
    bool (*holds)(const struct graph_resource *member, const struct graph_resource *owner));

/* ---- link.c ---- */

struct graph_link *link_find(
    const struct graph_resource *child, const struct graph_resource *parent);

/* The same, or one that is refused. */
struct graph_link *link_find_any(const struct graph *graph, const struct graph_resource *child,
    const struct graph_resource *parent);

/*
 * Reports a link; the reporter may be RELATION. It is refused if it would close a loop of parents,
 * which is told by graph_warn() when it is new.
 */
struct graph_link *link_add(struct graph *graph, struct graph_resource *child,
    struct graph_resource *parent, record_id reporter);

/* Takes the reporter from the link; without any left the link is gone. */
void link_drop(struct graph *graph, struct graph_link *link, record_id reporter);
bool link_has_reporter(const struct graph_link *link, record_id reporter);
void link_free(struct graph *graph, struct graph_link *link);

/* Forgets the refused links of resources that go. */
void links_forget_refused(struct graph *graph);

/* Tries refused links again if something that stood against one is gone. */
void links_retry(struct graph *graph);

/* Takes the links to the parents of a resource out of the graph, then adds such links again. */
void links_take_out(
    struct graph *graph, struct graph_resource *resource, struct graph_link_list *loose);
void links_put_back(struct graph *graph, struct graph_link_list *loose);

/* Takes the reporter from all links of a resource. */
void links_drop_reporter(struct graph *graph, struct graph_resource *resource, record_id reporter);

void reporters_clear(struct reporters *reporters);

/* Whether resources like this one are kept as long as someone reports them. */
bool resource_needs_reporter(const struct graph_resource *resource);
bool resource_has_reporter(
    const struct graph_resource *resource, const struct graph_resource *scannable);

/* Returns whether the scannable was no reporter of the resource yet. */
bool reporter_add(
    struct graph *graph, struct graph_resource *resource, struct graph_resource *scannable);

/*
 * Ends the report of a resource. Returns whether it has no reporter left, and is to be removed; a
 * scannable never is.
 */
bool reporter_drop(
    struct graph *graph, struct graph_resource *resource, struct graph_resource *scannable);

/* ---- reference.c ---- */

/* Whether a resource can't be without what this attribute refers to. */
bool reference_is_vital(const struct graph_resource *resource, size_t attribute);

/* Whether with this value the resource could not be without itself in the end. */
bool reference_would_loop(struct graph *graph, const struct graph_resource *resource,
    size_t attribute, const struct value *value);

/* ---- order.c ---- */

/*
 * Changes the order so that the parent comes before the child. Returns false, with nothing changed,
 * if it is the child or below it; the links of a path from one to the other are marked then.
 */
bool order_link(struct graph *graph, struct graph_resource *child, struct graph_resource *parent);

/* Makes the order of all that was restored. Links that close loops are refused. */
void order_restore(struct graph *graph);

/* ---- relation.c ---- */

/* Has the resource compared with others when the operation ends. */
void relation_join_later(struct graph *graph, struct graph_resource *resource);

/* An attribute is about to change: what relations make of its value is undone. */
void relations_change(struct graph *graph, struct graph_resource *resource, size_t attribute);

/* The resource is about to go, with its links. */
void relations_forget(struct graph *graph, struct graph_resource *resource);

/* Makes the links of what appeared or changed, and tries those again that were refused. */
void relations_settle(struct graph *graph);

/* ---- relation_rules.c ---- */

/* Has the classes of a plugin take part in relations, before their resources are read. */
void relations_declare(struct graph *graph, const struct graph_plugin *plugin);

/* Drops links that a relation made in an earlier time, and none makes now. After settling. */
void relations_confirm(struct graph *graph, const struct graph_plugin *plugin);

/* Ends the part of a plugin's classes. Links stay, to be confirmed when they are back. */
void relations_retract(struct graph *graph, const struct graph_plugin *plugin);
void relations_free_ports(struct graph_class *class);
void relations_free(struct graph *graph);

/* ---- volume.c, volume_row.c: volumes follow what happens ---- */

void volumes_new(struct graph *graph);
void volumes_free(struct graph *graph);

/* A class was restored, or is declared: its resources may be something to volumes. */
void volumes_restore_class(struct graph_class *class, const char *ancestry);
void volumes_declare(struct graph *graph, struct graph_class *class);
void volumes_restored(struct graph *graph);

/* A link is there, or is gone. */
void volumes_linked(struct graph *graph, const struct graph_link *link);
void volumes_unlinked(struct graph *graph, const struct graph_link *link);

/* A resource has values, or others; is new to a session; has another label or alias; or will go. */
void volumes_appeared(struct graph *graph, struct graph_resource *resource);
void volumes_changed(struct graph *graph, struct graph_resource *resource);
void volumes_reported(struct graph *graph, struct graph_resource *resource);
void volumes_renamed(struct graph *graph, struct graph_resource *resource);
void volumes_forget(struct graph *graph, struct graph_resource *resource);

/* Works out what changed. Links that relations make may be among it. */
void volumes_settle(struct graph *graph);
bool volumes_have_changes(const struct graph *graph);
void volumes_take_changes(struct graph *graph, struct changes *changes);

/* ---- given.c ---- */

/* What the configuration gives a scannable, in the form that is kept. */
char *given_text(const struct class *class, const struct value *values);

/* Says of each attribute whether something else is given than before; NULL: nothing was. */
void given_compare(const struct class *class, const char *before, const char *now, bool *changed);

/* ---- scannable.c ---- */

/* Whether the configuration has it, as far as is known in a pass over it, or a person added it. */
bool scannable_is_wanted(const struct graph_resource *scannable);

/* Whether it is a scannable that is not in use. */
bool resource_is_retired(const struct graph_resource *resource);

/* Who reports a scannable, its parents, or its part in the configuration may have changed. */
void scannable_changed(struct graph *graph, struct graph_resource *scannable);

/* A session reports another scannable than its own. Returns whether its own did not before. */
bool scannable_report(struct graph *graph, struct graph_resource *scannable,
    struct graph_resource *reporter, bool is_new);

/* A session no longer reports a scannable, which departs if nobody else does. */
void scannable_release(
    struct graph *graph, struct graph_resource *scannable, struct graph_resource *reporter);

/* Has a scannable removed when its session has ended; not one that is configured. */
void scannable_depart(struct graph *graph, struct graph_resource *scannable);

/* Judges which scannables are in use. The alerts of those that no longer are end. */
void scannables_settle(struct graph *graph);

/* Has all scannables of a class looked at by who keeps their sessions. */
void scannables_review(struct graph *graph, const struct graph_class *class);

/* ---- removal.c ---- */

/* Resources to be removed, each once. Start with {0}; removal_run() ends it. */
struct removal {
	struct graph_resource **resources;
	size_t count, capacity;
};

void removal_add(struct removal *removal, struct graph_resource *resource);

/*
 * Removes the resources, what is scoped to them, and what can't be without them because a mandatory
 * attribute refers to them.
 */
void removal_run(struct graph *graph, struct removal *removal);

/* ---- alerts.c ---- */

/* The runner's own alerts; their rows have no attribute. */
extern const char ALERT_OFFLINE[], ALERT_DEGRADED[], ALERT_COLLAPSED[], ALERT_DROPPED[];

struct graph_alert *alert_find(const struct graph_resource *resource, const char *name);
bool alert_is_own(const struct graph_alert *alert);
bool alert_is_offline(const struct graph_alert *alert);

/*
 * Raises an alert unless the resource has an active one of this name; that is then kept. The
 * message is copied. Returns the active alert.
 */
struct graph_alert *alert_raise(struct graph *graph, struct graph_resource *resource,
    const char *name, const char *attribute, enum severity severity, const char *message);

/* Ends an alert, with an event. */
void alert_clear(struct graph *graph, struct graph_alert *alert);

/* Has the alert written. */
void alert_touch(struct graph *graph, struct graph_alert *alert);
void alert_free(struct graph_alert *alert);

/* Adds how messages name the resource: "Drive failure" becomes "Drive failure (Disk top left)". */
void alert_append_resource(
    struct graph *graph, const struct graph_resource *resource, struct text *message);

/* ---- vote.c ---- */

/* A scannable says that the condition of an alert holds, or no longer says so. */
void vote_add(
    struct graph *graph, struct graph_alert *alert, const struct graph_resource *scannable);
void vote_drop(
    struct graph *graph, struct graph_alert *alert, const struct graph_resource *scannable);

/* Takes the votes of a scannable from all alerts of a resource. */
void votes_withdraw(
    struct graph *graph, struct graph_resource *resource, const struct graph_resource *scannable);

/* Takes the votes of scannables that are gone or retired from all alerts. */
void votes_expire(struct graph *graph);

/* The votes as the database has them, NULL for none, and the way back. */
char *votes_text(const struct graph_alert *alert);
void votes_restore(struct graph *graph, struct graph_alert *alert, const char *text);

/* To be called when all is restored. */
void votes_restored(struct graph *graph);

/* ---- cause.c: what changed is noted, and judged when the operation ends ---- */

/* The resource got an alert, or lost one. */
void causes_change_alerts(struct graph *graph, struct graph_resource *resource);
void causes_add_link(struct graph *graph, const struct graph_link *link);
void causes_drop_link(struct graph *graph, const struct graph_link *link);

/* The class was hidden, or is shown again. */
void causes_change_class(struct graph *graph, const struct graph_class *class);
void causes_settle(struct graph *graph);

/* Judges all that was restored. */
void causes_restore(struct graph *graph);
void causes_free(struct graph *graph);

/* ---- stored.c: values as the database has them ---- */

/* Appends the values as a JSON object, either the passwords or all others. Returns how many. */
size_t values_append_json(
    const struct class *class, const struct value *values, bool secrets, struct text *json);

/* Reads the values of all resources of a class whose declaration is known now. */
void stored_read(struct graph *graph, struct graph_class *class);

/* Keeps the values of all resources of a class as text, for the class is about to go. */
void stored_write(struct graph_class *class);

/* ---- class_row.c ---- */

struct statistic_row statistic_row_of(record_id id, const struct statistic *statistic);

/* The row of a class; its statistics have the ids given. */
struct class_row class_row_of(
    record_id id, const struct class *class, const record_id *statistic_ids);

/* A row as JSON text, to be compared by class_rows_equal(). */
char *class_row_text(const struct class_row *row);

/* Whether two rows say the same. */
bool class_rows_equal(const char *a, const char *b);

/* ---- classes.c ---- */

struct graph_class *graph_class_new(struct graph *graph, record_id id, const char *plugin,
    const char *name, const char *label, bool scannable);
void graph_class_learn_statistic(struct graph_class *class, const struct statistic_row *row);
void graph_class_free(struct graph_class *class);
struct graph_plugin *graph_plugin_find(const struct graph *graph, const char *name);
void graph_plugin_free(struct graph *graph, struct graph_plugin *plugin);

/* ---- session.c ---- */

struct graph_session *graph_session_find(const struct graph *graph, uint32_t number);
void graph_session_free(struct graph *graph, struct graph_session *session);

/* Makes sure that there is a slot of this number; false if it is beyond what makes sense. */
bool graph_session_reach(struct graph_session *session, uint32_t number, size_t reports);

/* ---- prepare.c ---- */

enum prepared_state { PREPARED_NOT, PREPARED_BEGUN, PREPARED_READY, PREPARED_GONE };

/* A report that was checked, with its references resolved. */
struct prepared {
	const struct report *report;
	struct graph_class *class;
	enum prepared_state state;       /* GONE: not to be applied */
	bool is_new;                     /* it was added */
	bool orphan;                     /* a mandatory reference names what is gone */
	struct graph_resource *resource; /* NULL: a new one, until it is added */
	record_id id;
	/*
	 * Created: one per attribute of the class; else one per change. Their texts are the
	 * batch's.
	 */
	struct value *values;
	char *identity; /* of a created one that is new to the graph */
};

/* A batch that is being applied. */
struct application {
	struct graph *graph;
	const struct batch *batch;
	struct graph_session *session;
	struct graph_resource *scannable;
	struct prepared *reports;
	struct value *values;           /* of all reports */
	struct graph_index by_identity; /* created reports of what is new to the graph */
	uint32_t *order;                /* created reports, those that identify others first */
	size_t order_count;
	record_id last_id;
	size_t fresh; /* resources that this scannable did not report before */
	char *reason;
};

/* Checks all of the batch, and resolves its reports. Returns 0, or -1 with a reason. */
int application_prepare(struct application *application);
void application_clear(struct application *application);

/* The resource of a number, or NULL if it is gone. The number was checked. */
struct graph_resource *application_resource(const struct application *application, uint32_t number);

/* ---- cull.c ---- */

/* Takes links that an initial scan no longer reports from the scannable. */
void cull_links(struct application *application);

/*
 * Adds the resources that an initial scan no longer reports. False if some have to wait for another
 * one that confirms it.
 */
bool cull_resources(struct application *application, struct removal *removal);

/* What is reported no longer waits to be confirmed as gone. */
void cull_note_reports(struct application *application);

/* ---- cohort_group.c ---- */

/* The cohorts of a scannable and a class; NULL: there are none. */
struct graph_cohort_group *cohort_group_find(
    const struct graph *graph, record_id scannable, record_id class);
/* The same, made if it was not there. */
struct graph_cohort_group *cohort_group_reach(
    struct graph *graph, record_id scannable, struct graph_class *class);
/* Frees a group without cohorts. */
void cohort_group_free(struct graph *graph, struct graph_cohort_group *group);
/* A cohort without slots; ids only count up. */
struct graph_cohort *cohort_new(
    struct graph *graph, struct graph_cohort_group *group, record_id id);
/* Frees a cohort, whose number is not used again. */
void cohort_free(struct graph *graph, struct graph_cohort *cohort);

/* ---- cohort.c ---- */

/*
 * The cohort and slot of a resource of this session, which are given to it if it has none for the
 * scannable: its first sample is of this time.
 */
struct graph_cohort *cohort_seat(struct graph *graph, struct graph_session *session,
    struct graph_resource *resource, struct wallclock time, uint32_t *seat);

/* Takes the resource out of all cohorts and, if it is a scannable, ends its own. */
void cohorts_forget(struct graph *graph, struct graph_resource *resource);
bool cohorts_have_changes(const struct graph *graph);
void cohorts_take_changes(struct graph *graph, struct changes *changes);
void cohorts_free(struct graph *graph);

/* ---- counter.c ---- */

/* Takes the next value of a counter of what is at a slot, and notes if it is less than the last. */
void counters_take(struct graph *graph, struct graph_cohort *cohort, uint32_t slot,
    uint32_t statistic, double value);

/* Records what was noted as events. */
void counters_tell(struct graph *graph);

/* Forgets the last values of what is at a slot, or in a cohort, or of a class. */
void counters_leave(struct graph_cohort *cohort, uint32_t slot);
void counters_forget(struct graph_cohort *cohort);
void counters_forget_class(struct graph *graph, const struct graph_class *class);

/* ---- sample.c ---- */

/* Makes the samples of a batch into frames. */
void samples_apply(struct application *application);

/* ---- changes.c: while restoring, links and reports are stored already ---- */

/* The changes being collected. */
struct changes *changes_next(struct graph *graph);
void changes_add_class(struct graph *graph, struct class_row *row);
void changes_add_removed(struct graph *graph, record_id id);
void changes_forget_offline(struct graph *graph, record_id scannable);
void changes_add_parent(struct graph *graph, const struct graph_link *link, record_id reporter);
void changes_drop_parent(struct graph *graph, const struct graph_link *link, record_id reporter);
void changes_add_reporter(struct graph *graph, record_id resource, record_id reporter);
void changes_drop_reporter(struct graph *graph, record_id resource, record_id reporter);
void changes_add_event(struct graph *graph, enum severity severity, record_id resource,
    record_id alert, const char *message);
void changes_add_frame(struct graph *graph, const struct frame_row *row);
/* In place of the row at *place, if that is the same gap's. */
void changes_add_gap(struct graph *graph, const struct gap_row *row, size_t *place);
/* A copy, in place of a row of the same scannable or plugin. */
void changes_add_pause(struct graph *graph, const struct pause_row *row);
void changes_add_batch(struct graph *graph, struct graph_session *session, uint64_t number);
void changes_add_notice(struct graph *graph, char *notice);

/* ---- notice.c: each does nothing unless notices are collected ---- */

void notice_resource(struct graph *graph, const char *kind, const struct graph_resource *resource);
void notice_changed(struct graph *graph, const struct graph_resource *resource, size_t attribute,
    const struct value *from, const struct value *to);
/* One that was raised is told when its cause is known. */
void notice_alert(struct graph *graph, const struct graph_alert *alert);
void notices_settle(struct graph *graph);

#endif
