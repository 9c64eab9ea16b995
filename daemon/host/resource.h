/* SPDX-License-Identifier: MIT */
/*
 * The resources of a session as the plugin reported them, and how they differ from what was sent.
 * Everything here is called with the session locked.
 */
#ifndef HOST_RESOURCE_H
#define HOST_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/clock.h"
#include "model/class.h"
#include "model/value.h"

struct host_session;
struct host_resource;

/* Stands for an attribute in links to parents. */
#define LINK_TO_PARENT UINT32_MAX

enum link_state {
	LINK_NEW,  /* not sent yet */
	LINK_SENT, /* known to the supervisor; always so for references, whose value is sent */
	LINK_GONE  /* removed, and the supervisor still knows it */
};

/* A parent, or a reference, of one resource; found from both its ends. */
struct host_link {
	struct host_resource *from; /* the child, or the resource that refers */
	struct host_resource *to;
	uint32_t attribute;
	enum link_state state;
	LIST_ENTRY(host_link) outgoing; /* of from */
	LIST_ENTRY(host_link) incoming; /* of to */
	TAILQ_ENTRY(host_link) changed; /* in the session's, if new or gone */
};
LIST_HEAD(host_link_ends, host_link);
TAILQ_HEAD(host_link_list, host_link);

/* The value of a changed attribute as it was last sent. */
struct original {
	uint32_t attribute;
	bool assigned; /* counts as a change even if the value is equal */
	struct value value;
};

/*
 * Whether a severity of a condition is raised, and for how many scans in a row it has been found
 * otherwise. Until it is known, what an earlier session left may still be raised.
 */
struct alert_state {
	uint32_t known : 1;
	uint32_t raised : 1;
	uint32_t fired : 1; /* what the last scan found */
	uint32_t streak : 29;
};

struct host_resource {
	struct host_session *session;
	uint64_t handle;
	uint32_t number;
	uint32_t class;
	bool sent;        /* the supervisor knows it */
	bool is_changed;  /* in session->changed */
	bool is_watched;  /* in session->watched */
	bool is_doomed;   /* is being removed */
	bool is_labelled; /* its label function was asked once */
	char *label;      /* that its label function gave and was sent; NULL: default */
	char *key;        /* class and identifier; NULL: not indexed */
	struct value *values;
	struct original *originals; /* only of a resource that was sent */
	size_t original_count;
	size_t original_capacity;
	struct alert_state *alerts; /* SEVERITY_COUNT per condition; NULL: none declared */
	double *newest;             /* sample per statistic, NaN: none; NULL: no condition asks */
	struct wallclock *sampled;  /* when each statistic was; NULL: never yet */
	uint64_t sampled_for;       /* number of the batch that holds its last sample */
	uint64_t visit;
	struct host_link_ends outgoing;
	struct host_link_ends incoming;
	TAILQ_ENTRY(host_resource) same_class;
	TAILQ_ENTRY(host_resource) changed;
	TAILQ_ENTRY(host_resource) watched;
	UT_hash_handle by_key;
};
TAILQ_HEAD(host_resource_list, host_resource);

const struct class *host_resource_class(const struct host_resource *resource);

/* A resource with a handle but without number and values, and not in the index. */
struct host_resource *host_resource_new(struct host_session *session, uint32_t class);

/* Enters the resource into the index under a key that it then owns (NULL: none). */
void host_resource_index(struct host_resource *resource, char *key);

/* Finds a resource of the session by its key: class and identifier, or NULL. */
struct host_resource *host_resource_find(struct host_session *session, const char *key);

/*
 * The key of a resource of a class with these values, to be released with free(). NULL with a
 * reason if the identifier is too long.
 */
char *host_resource_key(const struct host_session *session, uint32_t class,
    const struct value *values, char reason[REASON_SIZE]);

/* Marks the resource as changed since the last batch. */
void host_resource_touch(struct host_resource *resource);

/*
 * Assigns a valid value, which it takes; target is the resource that a reference names. An equal
 * one is no change, unless the plugin asked for every assignment.
 */
void host_resource_assign(struct host_resource *resource, uint32_t attribute, struct value *value,
    struct host_resource *target);

/* The resource that an attribute refers to, or NULL. */
struct host_resource *host_resource_target(
    const struct host_resource *resource, uint32_t attribute);

/*
 * Whether a resource could not be without itself in the end if this attribute of it, which is
 * mandatory or identifies it, referred to the target.
 */
bool host_resource_would_loop(
    struct host_resource *resource, uint32_t attribute, struct host_resource *target);

bool host_resource_has_parent(
    const struct host_resource *resource, const struct host_resource *parent);

/* Whether parent is the resource itself or one of its descendants. */
bool host_resource_would_cycle(struct host_resource *resource, struct host_resource *parent);

void host_resource_add_parent(struct host_resource *resource, struct host_resource *parent);
void host_resource_remove_parent(struct host_resource *resource, struct host_resource *parent);

/* Notes that a changed link was sent; releases it if it is gone. */
void host_link_sent(struct host_link *link);

/*
 * Removes the resource, its links, and what can't be without it: resources with a mandatory or
 * identifying reference to it. Other references to it become null. The scannable stays.
 */
void host_resource_remove(struct host_resource *resource);

/* Takes a number that no resource of the session has. */
uint32_t host_resource_take_number(struct host_session *session);

/* Releases a resource that was made and is not to be after all, and its number. */
void host_resource_discard(struct host_resource *resource);

/* Releases every resource of a session that ends. */
void host_resources_free(struct host_session *session);

/* Appends the default label of a resource, or of the report in session->stage, for texts. */
void host_resource_describe(const struct host_resource *resource, struct text *text);
void host_stage_describe(struct host_session *session, uint32_t class, struct text *text);

#endif
