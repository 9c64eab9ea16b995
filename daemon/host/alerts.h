/* SPDX-License-Identifier: MIT */
/*
 * Alert conditions of the resources of a session. Called with the session locked.
 */
#ifndef HOST_ALERTS_H
#define HOST_ALERTS_H

#include "model/batch.h"

struct host_resource;

/* Alert changes that accumulate. */
struct alert_list {
	struct alert_change *items;
	size_t count;
	size_t capacity;
};

/*
 * Judges all conditions of a resource after a scan and adds what began or ceased to hold. Returns
 * whether a condition awaits the next scan to begin or cease (raise_after, clear_after).
 */
bool alerts_judge(struct host_resource *resource, bool is_scan, struct alert_list *changes);

#endif
