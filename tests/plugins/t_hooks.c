/* SPDX-License-Identifier: MIT */
#include "t_hooks.h"

#include <stdio.h>

#ifndef T_NAME
#define T_NAME t_hooks
#define T_UPDATE_SCAN .update_scan = update_scan,
#endif

__attribute__((visibility("default"))) extern struct t_hooks t_hooks;

static int obfuscate(const char *password, char *out, size_t size)
{
	return snprintf(out, size, "<%s>", password) < (int)size ? 0 : -1;
}

static int default_function(struct iml_resource *resource)
{
	return t_hooks.default_function != NULL ? t_hooks.default_function(resource) : -1;
}

static int get_label(struct iml_resource *resource, char *label, size_t size)
{
	return t_hooks.get_label != NULL ? t_hooks.get_label(resource, label, size) : -1;
}

static const struct iml_class controller = {
    .name = "Controller",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("address"),
    .attributes = IML_ATTRIBUTES(IML_HOSTNAME("address"),
        IML_STRING("firmware", .optional = true, .user_read_only = true),
        IML_PASSWORD("password", .optional = true, .obfuscate = obfuscate),
        IML_INTEGER("boots", .default_value = IML_DEFAULT(7))),
    .alert_conditions = IML_ALERT_CONDITIONS(
        IML_VALUE_CONDITION("firmware", .warn_states = IML_STATES("old"), .message = "Old")),
};

static const struct iml_class drive = {
    .name = "Drive",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_BYTES("capacity"),
        IML_ENUM("status", IML_OPTIONS("OK", "FAILED"), .default_value = IML_DEFAULT("OK")),
        IML_STRING("note", .optional = true, .max_length = 8),
        IML_STRING("secret_note", .optional = true)),
    .statistics = IML_STATISTICS(IML_GAUGE("temperature", .units = "C"), IML_COUNTER("reads"),
        IML_HISTOGRAM("sizes", IML_BINS({0, 512}, {513, IML_OPEN}))),
    .alert_conditions = IML_ALERT_CONDITIONS(
        IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED"), .message = "Failure"),
        IML_UPPER_BOUND("temperature", .warn_bound = IML_BOUND(50), .message = "Hot",
            .raise_after = 2, .clear_after = 2)),
};

static const struct iml_class nid = {
    .name = "Nid",
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(
        IML_STRING("name"), IML_STRING("copy", .default_function = default_function)),
};

static const struct iml_class shelf = {
    .name = "Shelf",
    .base = &iml_enclosure,
    .identifier = IML_SCOPED_ID("uuid"),
    .attributes = IML_ATTRIBUTES(IML_UUID("uuid"), IML_BOOLEAN("enabled", .optional = true),
        IML_INTEGER("slots", .default_value = IML_DEFAULT(4))),
};

static const struct iml_class part = {
    .name = "Part",
    .identifier = IML_SCOPED_ID("drive", "number"),
    .attributes = IML_ATTRIBUTES(
        IML_REFERENCE("drive"), IML_INTEGER("number"), IML_REFERENCE("spare", .optional = true)),
};

static const struct iml_class fan = {
    .name = "Fan",
    .base = &iml_fan,
    .identifier = IML_SCOPED_ID("a", "b"),
    .attributes = IML_ATTRIBUTES(
        IML_INTEGER("a"), IML_INTEGER("b", .optional = true), IML_STRING("c", .optional = true)),
    .get_label = get_label,
};

static const struct iml_class gateway = {
    .name = "Gateway",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes =
        IML_ATTRIBUTES(IML_STRING("name", .max_length = 40, .default_function = default_function),
            IML_HOSTNAME("address"), IML_PASSWORD("password", .obfuscate = obfuscate),
            IML_REFERENCE("peer", .optional = true)),
};

static const struct iml_class leg = {
    .name = "Leg",
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_REFERENCE("stands_on")),
};

static const struct iml_class unlisted = {
    .name = "Unlisted",
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name")),
};

struct t_hooks t_hooks = {
    .controller = &controller,
    .drive = &drive,
    .nid = &nid,
    .shelf = &shelf,
    .part = &part,
    .fan = &fan,
    .gateway = &gateway,
    .leg = &leg,
    .unlisted = &unlisted,
};

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	return t_hooks.initial_scan != NULL ? t_hooks.initial_scan(self, scannable) : 0;
}

__attribute__((unused)) static int update_scan(
    struct iml_plugin *self, struct iml_resource *scannable)
{
	return t_hooks.update_scan != NULL ? t_hooks.update_scan(self, scannable) : 0;
}

static int teardown(struct iml_plugin *self)
{
	return t_hooks.teardown != NULL ? t_hooks.teardown(self) : 0;
}

#define T_PLUGIN(name, ...) IML_PLUGIN(name, __VA_ARGS__)
T_PLUGIN(T_NAME,
    .classes = IML_CLASSES(&controller, &drive, &nid, &shelf, &part, &fan, &gateway, &leg),
    .initial_scan = initial_scan, T_UPDATE_SCAN.teardown = teardown);
