/* SPDX-License-Identifier: MIT */
/*
 * Test plugins whose hooks are functions of the test that loads them: t_hooks and t_initial_only
 * export a struct t_hooks under the name T_HOOKS_SYMBOL.
 */
#ifndef T_HOOKS_H
#define T_HOOKS_H

#include <iml/storage_plugin.h>

#define T_HOOKS_SYMBOL "t_hooks"

/* Every hook may be NULL, and then succeeds. */
struct t_hooks {
	int (*initial_scan)(struct iml_plugin *self, struct iml_resource *scannable);
	int (*update_scan)(struct iml_plugin *self, struct iml_resource *scannable);
	int (*teardown)(struct iml_plugin *self);
	int (*get_label)(struct iml_resource *resource, char *label, size_t size);
	int (*default_function)(struct iml_resource *resource);

	/* The classes, in the order in which the plugin lists them. */
	const struct iml_class *controller; /* address; firmware, boots = 7 */
	const struct iml_class *drive;      /* serial; capacity, status, … */
	const struct iml_class *nid;        /* name; copy has a default function */
	const struct iml_class *shelf;      /* uuid; enabled: Boolean, slots = 4 */
	const struct iml_class *part;    /* (drive: reference, number); spare: optional reference */
	const struct iml_class *fan;     /* label function; id (a, optional b) */
	const struct iml_class *gateway; /* scannable; name, its identity, has a default function */
	const struct iml_class *leg;     /* name; stands_on: reference */
	const struct iml_class *unlisted; /* is not among the plugin's classes */
};

enum { T_CONTROLLER, T_DRIVE, T_NID, T_SHELF, T_PART, T_FAN, T_GATEWAY, T_LEG };

#endif
