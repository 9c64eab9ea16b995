/* SPDX-License-Identifier: MIT */
/*
 * What one scan reported, so that the next can tell what is gone.
 */
#ifndef LINUX_LEDGER_H
#define LINUX_LEDGER_H

#include <stddef.h>

struct iml_resource;

struct ledger_link {
	struct iml_resource *child;
	struct iml_resource *parent;
};

struct ledger_resource {
	struct iml_resource *resource;
	size_t order; /* of its first report in the scan */
};

struct ledger {
	struct ledger_resource *resources;
	size_t resource_count;
	struct ledger_link *links;
	size_t link_count;
};

/* Entries may be added more than once. */
void ledger_add_resource(struct ledger *ledger, struct iml_resource *resource);
void ledger_add_link(
    struct ledger *ledger, struct iml_resource *child, struct iml_resource *parent);

/*
 * Removes what the earlier scan reported and the later one did not: links first, then resources,
 * those before that were reported after and may refer to them.
 */
void ledger_remove_missing(struct ledger *earlier, struct ledger *later);

/*
 * Removes nothing, and has the later scan stand for all that the earlier one reported too: it could
 * not report everything itself.
 */
void ledger_keep_missing(const struct ledger *earlier, struct ledger *later);

void ledger_clear(struct ledger *ledger);

#endif
