/* SPDX-License-Identifier: MIT */
/*
 * The interface between a storage plugin and the IML plugin runner.
 *
 * A plugin is one shared object. It declares its classes as constant tables, and reports
 * resources from two functions, initial_scan and update_scan:
 *
 *	#include <iml/storage_plugin.h>
 *
 *	static const struct iml_class drive = {
 *		.name = "HardDrive",
 *		.base = &iml_physical_disk,
 *		.identifier = IML_SCOPED_ID("serial_number"),
 *		.attributes = IML_ATTRIBUTES(IML_STRING("serial_number"), IML_BYTES("capacity")),
 *	};
 *
 * Everything in this file is either a declaration (a table, read once when the plugin is
 * loaded; it must have static storage duration, in the plugin's own file, and never change) or a
 * call (a function that a plugin makes while it scans). The plugin exports a single symbol, its
 * definition, made by IML_PLUGIN(), and needs none: calls go through a table that the runner hands
 * in. So a plugin links with -Wl,--no-undefined and without any library of the runner.
 *
 * Rules for every call
 *
 * Threads: every call may be made from any thread of the plugin, between the start of
 * initial_scan and the end of teardown of its session. Calls for one session exclude each
 * other; calls for different sessions run side by side.
 *
 * Errors: calls that return int give 0, or one of the negative IML_E values; calls that return
 * a handle give NULL. iml_error() then tells the reason in words. A refused call changes
 * nothing, is logged with its name and its place in the plugin's source, and marks the running
 * scan as degraded: what was valid is stored, but after a degraded initial scan no resource is
 * taken for gone because that did not report it. iml_forgive() takes the mark back.
 *
 * The log has each reason for which calls were refused once a minute. Of many different ones at the
 * same place in the source, as in a loop over drives, it has the first ten and, at the end of the
 * scan, how many more there were: "5 more calls refused at acme.c:70, not shown".
 *
 * Handles: struct iml_plugin and struct iml_resource are never defined; a pointer to one is a
 * handle. A session's handles are valid until its teardown returns, a resource's until it is
 * removed. Use of a handle that is no longer valid, and of NULL, is refused with IML_EHANDLE.
 *
 * Text is UTF-8, ended by a zero byte, and copied by every call: the caller keeps what it passes.
 *
 * Versions
 *
 * The interface has a version of two numbers, IML_API_MAJOR and IML_API_MINOR. A plugin runs with
 * runners of the major version that it was built for, and of the same or a later minor version; any
 * other is refused when the plugin is loaded, with both versions named. So a plugin need not be
 * built again when the runner is updated.
 *
 * A minor version adds and changes nothing that is there. What it may add: fields at the end of
 * iml_class, iml_attribute, iml_statistic, iml_alert_condition, iml_chart, iml_relation and
 * iml_plugin_definition, where zero means what was so before; functions at the end of iml_calls;
 * enumerators with new values; macros and inline functions. All other structures stay as they are.
 * The runner knows the sizes of the tables in each minor version, finds the fields by them, and
 * takes those that an older plugin lacks for zero; a plugin finds the functions that it knows at
 * the beginning of a table that has grown. A plugin that can do without something new asks for it
 * with #if IML_API_MINOR >= 1. Calls may return negative values that are not yet named here.
 *
 * A major version may change everything but the first four fields of iml_plugin_definition and the
 * beginning of its symbol's name, by which each runner can tell which version it sees.
 *
 * C++: from C++17 on a plugin is written with the same declarations and calls, but for how options
 * are given: IML_STRING("name").optional(true) instead of IML_STRING("name", .optional = true). See
 * storage_plugin.hpp, which this file includes then.
 */
#ifndef IML_STORAGE_PLUGIN_H
#define IML_STORAGE_PLUGIN_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The version of this interface; see "Versions" above. */
#define IML_API_MAJOR 1
#define IML_API_MINOR 0

struct iml_plugin;   /* one session of the plugin: "self" in the hooks */
struct iml_resource; /* one reported resource, or the scannable of the session */

/* What a refused call returns. The values are stable. */
enum iml_result {
	IML_OK = 0,
	IML_EHANDLE = -1,  /* the handle is NULL, removed, or of a session that has ended */
	IML_EUNKNOWN = -2, /* no attribute, statistic or class of this name */
	IML_EVALUE = -3, /* the value does not fit the declaration (type, range, length, options) */
	IML_EMISSING = -4, /* a mandatory attribute has no value */
	IML_EIDENTITY =
	    -5, /* an identifying attribute would change, or the identifier is too long */
	IML_ECYCLE =
	    -6, /* the resource would become its own ancestor, or need itself by references */
	IML_ESTATE = -7,    /* the call is not allowed here (removing the scannable, for example) */
	IML_ENOTFOUND = -8, /* nothing matched */
	IML_EAMBIGUOUS = -9 /* more than one matched */
};

/* ---------------------------------------------------------------- values */

enum iml_value_kind {
	IML_KIND_NULL = 0,
	IML_KIND_BOOLEAN = 1,  /* integer: 0 or 1 */
	IML_KIND_INTEGER = 2,  /* integer */
	IML_KIND_UNSIGNED = 3, /* integer holds the bits of an uint64_t */
	IML_KIND_REAL = 4,     /* real */
	IML_KIND_TEXT = 5,     /* text; a NULL text is the null value */
	IML_KIND_RESOURCE = 6  /* resource; a NULL handle is the null value */
};

/*
 * A value on its way into or out of a call. Plugins rarely write one by hand: IML_SET() and
 * iml_set() make it from any number, text, boolean or handle.
 */
struct iml_value {
	uint32_t kind; /* enum iml_value_kind */
	uint32_t reserved;
	int64_t integer;
	double real;
	const char *text;
	struct iml_resource *resource;
};

/* The null value, for optional attributes: iml_set(drive, "lun", IML_NULL). */
#define IML_NULL ((void *)0)

/* ---------------------------------------------------------------- attributes */

enum iml_attribute_type {
	IML_TYPE_BOOLEAN = 1,
	IML_TYPE_BYTES = 2,
	IML_TYPE_ENUM = 3,
	IML_TYPE_HOSTNAME = 4,
	IML_TYPE_INTEGER = 5,
	IML_TYPE_PASSWORD = 6,
	IML_TYPE_PATH = 7,
	IML_TYPE_STRING = 8,
	IML_TYPE_UUID = 9,
	IML_TYPE_REFERENCE = 10
};

/* A limit that may be absent: .min = IML_LIMIT(10). Inclusive. */
struct iml_limit {
	int64_t value;
	uint64_t given;
};
#define IML_LIMIT(limit)                     \
	{                                    \
		.value = (limit), .given = 1 \
	}

/*
 * One attribute of a class. Made by IML_STRING() and its sisters below; every field but type and
 * name is optional and can be given after the name: IML_STRING("name", .optional = true).
 *
 * A class has at most 4096 attributes, inherited ones included, and a value that is a text at most
 * 32768 bytes, whatever its type: longer ones are refused.
 */
struct iml_attribute {
	uint32_t type;    /* enum iml_attribute_type */
	const char *name; /* 1 to 64 characters, not beginning with an underscore */

	/* Text for people. NULL: made from the name, "file_size" becomes "File size". */
	const char *label;

	bool optional;       /* may be null; without it a value must be given at the first report */
	bool hidden;         /* stored and usable, but no column, detail or form field */
	bool user_read_only; /* set by the plugin only; such an attribute must also be optional */

	struct iml_limit min;   /* Integer and Bytes; Bytes without min refuses values below 0 */
	struct iml_limit max;   /* Integer and Bytes */
	uint32_t max_length;    /* String, and Password as typed: in characters; 0: no limit */
	uint32_t options_count; /* Enum: how many options or numbers there are */

	const char *const *options; /* Enum of texts: IML_OPTIONS("OK", "FAILED") */
	const int64_t *numbers;     /* Enum of numbers: IML_NUMBERS(0, 1) */

	/*
	 * The value of a mandatory attribute that was not given, on report, on creation by a user,
	 * and for resources stored by a version of the plugin that lacked the attribute. Ignored
	 * for optional attributes. Either fixed, .default_value = IML_DEFAULT(0), or a function
	 * that computes it from the other attributes and assigns it with iml_set(resource, ...); it
	 * returns 0, or anything else when it can't. For a scannable that a user adds it may give
	 * what identifies it, too: it then runs outside of any session, with passwords obfuscated
	 * already, and iml_fail(iml_plugin_of(resource), ...) says why it can't.
	 */
	struct iml_value default_value;
	int (*default_function)(struct iml_resource *resource);

	/*
	 * Password, required: turns what a user typed into what is stored. Writes the result, ended
	 * by a zero byte, to out and returns 0; or returns anything else when it can't. Runs in
	 * the plugin's host process. What the plugin itself assigns is stored unchanged.
	 */
	int (*obfuscate)(const char *password, char *out, size_t size);
};

#define IML_ATTRIBUTE_(type_, ...)                   \
	{                                            \
		.type = (type_), .name = __VA_ARGS__ \
	}

/* True or false. Any number assigned is taken as (number != 0), any text as (not empty). */
#define IML_BOOLEAN(...) IML_ATTRIBUTE_(IML_TYPE_BOOLEAN, __VA_ARGS__)
/* A size in bytes, exact; shown with a suitable unit. Prefer it to kilobytes in an Integer. */
#define IML_BYTES(...) IML_ATTRIBUTE_(IML_TYPE_BYTES, __VA_ARGS__)
/* One of a fixed set: IML_ENUM("status", IML_OPTIONS("OK", "FAILED")). */
#define IML_ENUM(...) IML_ATTRIBUTE_(IML_TYPE_ENUM, __VA_ARGS__)
/* A DNS host name, or an IPv4 or IPv6 address. */
#define IML_HOSTNAME(...) IML_ATTRIBUTE_(IML_TYPE_HOSTNAME, __VA_ARGS__)
/* A whole number from -2^63 to 2^63-1, with optional .min and .max. */
#define IML_INTEGER(...) IML_ATTRIBUTE_(IML_TYPE_INTEGER, __VA_ARGS__)
/* A secret: IML_PASSWORD("password", .obfuscate = function). Never shown anywhere. */
#define IML_PASSWORD(...) IML_ATTRIBUTE_(IML_TYPE_PASSWORD, __VA_ARGS__)
/* A POSIX path, absolute or relative, not empty. */
#define IML_PATH(...) IML_ATTRIBUTE_(IML_TYPE_PATH, __VA_ARGS__)
/* Any Unicode text, with an optional .max_length. */
#define IML_STRING(...) IML_ATTRIBUTE_(IML_TYPE_STRING, __VA_ARGS__)
/* 32 hexadecimal digits with hyphens anywhere; kept as given, compared without hyphens and case. */
#define IML_UUID(...) IML_ATTRIBUTE_(IML_TYPE_UUID, __VA_ARGS__)
/* A reference to another resource of the session, given as its handle. */
#define IML_REFERENCE(...) IML_ATTRIBUTE_(IML_TYPE_REFERENCE, __VA_ARGS__)

/* The options of an Enum, texts or numbers. */
#define IML_OPTIONS(...)                               \
	.options = (const char *const[]){__VA_ARGS__}, \
	.options_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define IML_NUMBERS(...)                           \
	.numbers = (const int64_t[]){__VA_ARGS__}, \
	.options_count = sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)

/* A constant for .default_value: a number, a text or a boolean. */
#define IML_DEFAULT(constant)                                                                               \
	{                                                                                                   \
		.kind = _Generic((constant), bool: IML_KIND_BOOLEAN, char *: IML_KIND_TEXT,               \
	     const char *: IML_KIND_TEXT, float: IML_KIND_REAL, double: IML_KIND_REAL,             \
	     default: IML_KIND_INTEGER),                                                           \
	 .integer = _Generic((constant), char *: 0, const char *: 0, default: (constant)),         \
	 .real = _Generic((constant), float: (constant), double: (constant), default: 0.0),        \
	 .text = _Generic((constant), char *: (constant), const char *: (constant), default: NULL) \
	}

struct iml_attribute_table {
	const struct iml_attribute *items;
	size_t count;
};
#define IML_ATTRIBUTES(...) IML_TABLE_(struct iml_attribute, __VA_ARGS__)

#define IML_TABLE_(type, ...)                                                                   \
	{                                                                                       \
		(const type[]){__VA_ARGS__}, sizeof((const type[]){__VA_ARGS__}) / sizeof(type) \
	}

/* ---------------------------------------------------------------- identifiers */

enum iml_identifier_scope {
	IML_ID_NONE = 0, /* built-in classes only: the class can't be reported */
	IML_ID_SCOPED = 1,
	IML_ID_GLOBAL = 2,
	IML_ID_AUTO = 3
};

/* Which attributes tell one resource from another. Not inherited: each class declares its own. */
struct iml_identifier {
	uint32_t scope; /* enum iml_identifier_scope */
	uint32_t count;
	const char *const *names; /* names of attributes of the class or its bases */
};
/* Unique among the resources of this class below one scannable. */
#define IML_SCOPED_ID(...) IML_ID_(IML_ID_SCOPED, __VA_ARGS__)
/* Unique among all resources of this class; several scannables may report the same resource. */
#define IML_GLOBAL_ID(...) IML_ID_(IML_ID_GLOBAL, __VA_ARGS__)
/* Scannable classes only: each one that a user adds is a resource of its own. */
#define IML_AUTO_ID()                \
	{                            \
		.scope = IML_ID_AUTO \
	}

#define IML_ID_(scope_, ...)                                                                \
	{                                                                                   \
		.scope = (scope_),                                                          \
		.count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), \
		.names = (const char *const[])                                              \
		{                                                                           \
			__VA_ARGS__                                                         \
		}                                                                           \
	}

/* ---------------------------------------------------------------- statistics */

enum iml_statistic_type {
	IML_STATISTIC_GAUGE = 1,
	IML_STATISTIC_COUNTER = 2,
	IML_STATISTIC_HISTOGRAM = 3
};

/* Units of a number of bytes, which is shown with a suitable prefix: "1.5GB". */
#define IML_UNITS_BYTES "bytes"

/*
 * One bin of a histogram, both ends included. Only the last may be open: {4097, IML_OPEN}. People
 * see a bin by its end, "≤512", and an open one by its beginning, "≥4097".
 */
struct iml_bin {
	int64_t from;
	int64_t to;
};
#define IML_OPEN INT64_MAX

struct iml_statistic {
	uint32_t type;     /* enum iml_statistic_type */
	const char *name;  /* as for attributes; no attribute of the class may have it too */
	const char *label; /* NULL: made from the name */
	const char *units; /* "C", "op/s", …, or IML_UNITS_BYTES; NULL: a plain number */
	int32_t
	    sample_period;  /* whole seconds between samples; 0 is as left out: 10; not below 0 */
	uint32_t bin_count; /* histograms only: IML_BINS({0, 512}, {513, IML_OPEN}) */
	const struct iml_bin *bins;
};

#define IML_STATISTIC_(type_, ...)                   \
	{                                            \
		.type = (type_), .name = __VA_ARGS__ \
	}
/* A number that goes up and down. */
#define IML_GAUGE(...) IML_STATISTIC_(IML_STATISTIC_GAUGE, __VA_ARGS__)
/* A number that only grows (until the device resets it); shown as a rate per second. */
#define IML_COUNTER(...) IML_STATISTIC_(IML_STATISTIC_COUNTER, __VA_ARGS__)
/* A fixed number of bins, each with a count. */
#define IML_HISTOGRAM(...) IML_STATISTIC_(IML_STATISTIC_HISTOGRAM, __VA_ARGS__)
#define IML_BINS(...)                                  \
	.bins = (const struct iml_bin[]){__VA_ARGS__}, \
	.bin_count = sizeof((const struct iml_bin[]){__VA_ARGS__}) / sizeof(struct iml_bin)

struct iml_statistic_table {
	const struct iml_statistic *items;
	size_t count;
};
#define IML_STATISTICS(...) IML_TABLE_(struct iml_statistic, __VA_ARGS__)

/* ---------------------------------------------------------------- charts */

/*
 * One chart: statistics of the class, or of its bases, that are shown together. Its series are
 * either gauges and counters, or histograms, never both, and have at most two different units
 * (there are two axes to read them on).
 */
struct iml_chart {
	const char *title; /* for people: "Bandwidth" */
	const char *const *series;
	uint32_t series_count;
};
/* IML_CHART("Bandwidth", IML_SERIES("read_bytes", "write_bytes")) */
#define IML_CHART(...)               \
	{                            \
		.title = __VA_ARGS__ \
	}
/* The names of the statistics of a chart, at least one. */
#define IML_SERIES(...)                               \
	.series = (const char *const[]){__VA_ARGS__}, \
	.series_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)

/*
 * The charts of a class. Those that it inherits follow its own. What is in none of them has no
 * chart; but if neither the class nor its bases declare any, each statistic has a chart of its own,
 * which has the statistic's label as its title.
 */
struct iml_chart_table {
	const struct iml_chart *items;
	size_t count;
};
#define IML_CHARTS(...) IML_TABLE_(struct iml_chart, __VA_ARGS__)

/* ---------------------------------------------------------------- alert conditions */

enum iml_condition_type {
	IML_CONDITION_UPPER_BOUND = 1,
	IML_CONDITION_LOWER_BOUND = 2,
	IML_CONDITION_VALUE = 3
};

/* A bound that may be absent: .error_bound = IML_BOUND(85). */
struct iml_bound {
	double value;
	uint64_t given;
};
#define IML_BOUND(bound)                     \
	{                                    \
		.value = (bound), .given = 1 \
	}

/*
 * The states that raise an alert. Numbers are written as text, IML_STATES("3"), booleans as
 * "true" and "false"; a NULL among them means that null raises it.
 */
struct iml_states {
	const char *const *items;
	size_t count;
};
#define IML_STATES(...) IML_TABLE_(char *const, __VA_ARGS__)

/*
 * One alert condition, judged after every scan for each resource of the class that changed. The
 * three severities are judged independently of each other; leave out those that are not wanted.
 */
struct iml_alert_condition {
	uint32_t type; /* enum iml_condition_type */
	const char
	    *attribute;      /* attribute to judge; a bound may also name a gauge (newest sample) */
	const char *id;      /* needed only when two conditions share attribute and severity */
	const char *message; /* "Drive failure"; NULL: made from the attribute's label and value */

	struct iml_bound error_bound; /* upper: fires above the bound; lower: below; never at it */
	struct iml_bound warn_bound;
	struct iml_bound info_bound;

	struct iml_states error_states;
	struct iml_states warn_states;
	struct iml_states info_states;

	/*
	 * Consecutive scans that must agree before it raises, and before it clears; 0 is 1. Changes
	 * that the plugin's own threads make in between are judged at once where one scan is
	 * enough; they count as no scan. A plugin without an update scan has one that does nothing
	 * each update period.
	 */
	uint32_t raise_after;
	uint32_t clear_after;
};

#define IML_CONDITION_(type_, ...)                        \
	{                                                 \
		.type = (type_), .attribute = __VA_ARGS__ \
	}
#define IML_UPPER_BOUND(...) IML_CONDITION_(IML_CONDITION_UPPER_BOUND, __VA_ARGS__)
#define IML_LOWER_BOUND(...) IML_CONDITION_(IML_CONDITION_LOWER_BOUND, __VA_ARGS__)
#define IML_VALUE_CONDITION(...) IML_CONDITION_(IML_CONDITION_VALUE, __VA_ARGS__)

struct iml_alert_condition_table {
	const struct iml_alert_condition *items;
	size_t count;
};
#define IML_ALERT_CONDITIONS(...) IML_TABLE_(struct iml_alert_condition, __VA_ARGS__)

/* ---------------------------------------------------------------- relations */

enum iml_relation_type { IML_RELATION_PROVIDE = 1, IML_RELATION_SUBSCRIBE = 2 };

struct iml_class;

/*
 * A link that nobody has to report: where a resource of the declaring class and one of the target
 * class have equal values of all the named attributes, one becomes a parent of the other, whichever
 * plugins and scannables report them, and in whichever order. The link goes when a value changes.
 * Null equals nothing. Classes derived from either side take part too.
 *
 * The attributes have the same names on both sides. The declaring class must have them; they can't
 * be statistics, passwords or references. Where the target class lacks one, those of its derived
 * classes that have it take part. If none does, the plugin is loaded with a warning. So it is if
 * the target names a plugin that is not loaded: there will be links as soon as it is. If that
 * plugin is loaded and has no such class, the declaring plugin is refused, and stopped if it runs.
 */
struct iml_relation {
	uint32_t type;                 /* enum iml_relation_type */
	uint32_t attribute_count;      /* of IML_MATCH() */
	const char *const *attributes; /* names of attributes, at least one */

	/* The target: a built-in class or one of this plugin … */
	const struct iml_class *target;
	/* … or a class of any plugin, by the names of both, in which case counts. */
	const char *target_plugin;
	const char *target_class;

	bool ignore_case; /* compare texts without regard to the case of ASCII letters */
};

/*
 * IML_PROVIDE: a resource of the declaring class becomes a parent of each resource of the target
 * that matches, "this LUN is that disk of the servers":
 *	IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("serial"), .ignore_case = true)
 *	IML_PROVIDE(&iml_device_node, IML_MATCH("host_id", "path"))
 * IML_SUBSCRIBE: it becomes a child of each.
 *	IML_SUBSCRIBE(&lun, IML_MATCH("lun_id"))
 *	IML_SUBSCRIBE_TO("acme", "Lun", IML_MATCH("lun_id"))
 */
#define IML_PROVIDE(target_, ...) IML_RELATION_(IML_RELATION_PROVIDE, target_, __VA_ARGS__)
#define IML_SUBSCRIBE(target_, ...) IML_RELATION_(IML_RELATION_SUBSCRIBE, target_, __VA_ARGS__)
#define IML_PROVIDE_TO(plugin_, class_, ...) \
	IML_RELATION_TO_(IML_RELATION_PROVIDE, plugin_, class_, __VA_ARGS__)
#define IML_SUBSCRIBE_TO(plugin_, class_, ...) \
	IML_RELATION_TO_(IML_RELATION_SUBSCRIBE, plugin_, class_, __VA_ARGS__)
/* The attributes that must be equal. */
#define IML_MATCH(...)                                    \
	.attributes = (const char *const[]){__VA_ARGS__}, \
	.attribute_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)

#define IML_RELATION_(type_, target_, ...)                        \
	{                                                         \
		.type = (type_), .target = (target_), __VA_ARGS__ \
	}
#define IML_RELATION_TO_(type_, plugin_, class_, ...)                                              \
	{                                                                                          \
		.type = (type_), .target_plugin = (plugin_), .target_class = (class_), __VA_ARGS__ \
	}

/* The relations of a class, in addition to those of its bases. */
struct iml_relation_table {
	const struct iml_relation *items;
	size_t count;
};
#define IML_RELATIONS(...) IML_TABLE_(struct iml_relation, __VA_ARGS__)

/* ---------------------------------------------------------------- classes */

enum iml_builtin {
	IML_BUILTIN_NONE = 0,
	IML_BUILTIN_RESOURCE = 1,
	IML_BUILTIN_SCANNABLE = 2,
	IML_BUILTIN_CONTROLLER = 3,
	IML_BUILTIN_ENCLOSURE = 4,
	IML_BUILTIN_FAN = 5,
	IML_BUILTIN_PHYSICAL_DISK = 6,
	IML_BUILTIN_STORAGE_POOL = 7,
	IML_BUILTIN_LOGICAL_DRIVE = 8,
	IML_BUILTIN_LOGICAL_DRIVE_SLICE = 9,
	IML_BUILTIN_LOGICAL_DRIVE_OCCUPIER = 10,
	IML_BUILTIN_DEVICE_NODE = 11,
	IML_BUILTIN_PATH_WEIGHT = 12,
	IML_BUILTIN_VIRTUAL_MACHINE = 13,
	IML_BUILTIN_SERVER = 14
};

/* A declared kind of resource. */
struct iml_class {
	const char *name;  /* 1 to 128 characters, unique in the plugin: "HardDrive" */
	const char *label; /* for people; NULL: "plugin.Name" */
	const struct iml_class
	    *base; /* a built-in class or one of the plugin; NULL: plain resource */

	struct iml_identifier identifier;
	struct iml_attribute_table attributes; /* in addition to, or in place of, the base's */
	struct iml_statistic_table statistics;
	struct iml_alert_condition_table alert_conditions;

	/*
	 * Writes the label of a resource, ended by a zero byte, and returns 0. An empty label, or
	 * any other return, gives the default: the class's label or name with the identifier's
	 * values. Called after a scan, for resources whose attributes changed.
	 */
	int (*get_label)(struct iml_resource *resource, char *label, size_t size);

	uint32_t builtin; /* enum iml_builtin; IML_BUILTIN_NONE in a plugin's own classes */

	/*
	 * Logical drives only: the class can't carry a Lustre target (its volumes are listed, never
	 * offered), and the kind of device that it is; NULL: "linux".
	 */
	bool unusable_for_lustre;
	const char *device_type;

	struct iml_chart_table charts;
	struct iml_relation_table relations;
};

struct iml_class_table {
	const struct iml_class *const *items;
	size_t count;
};
#define IML_CLASSES(...) IML_TABLE_(struct iml_class *const, __VA_ARGS__)

/*
 * The built-in classes: bases for a plugin's own, which tell the runner and the user interface
 * what an object is. They can't be reported themselves. Inherited attributes are given in
 * parentheses; those in brackets are optional.
 */
#ifdef __cplusplus
constexpr iml_class iml_builtin_class_(const char *name, uint32_t builtin)
{
	iml_class made{};

	made.name = name;
	made.builtin = builtin;
	return made;
}
#define IML_BUILTIN_CLASS_(variable, name_, builtin_)             \
	__attribute__((unused)) static const iml_class variable = \
	    iml_builtin_class_((name_), (builtin_))
#else
#define IML_BUILTIN_CLASS_(variable, name_, builtin_)                      \
	__attribute__((unused)) static const struct iml_class variable = { \
	    .name = (name_), .builtin = (builtin_)}
#endif

/* Anything. */
IML_BUILTIN_CLASS_(iml_plain, "Resource", IML_BUILTIN_RESOURCE);
/* What an administrator adds and the plugin contacts: each gets a session of its own. */
IML_BUILTIN_CLASS_(iml_scannable, "ScannableResource", IML_BUILTIN_SCANNABLE);
/* A RAID controller. */
IML_BUILTIN_CLASS_(iml_controller, "Controller", IML_BUILTIN_CONTROLLER);
/* An enclosure, drawer or shelf. */
IML_BUILTIN_CLASS_(iml_enclosure, "Enclosure", IML_BUILTIN_ENCLOSURE);
/* A cooling fan. */
IML_BUILTIN_CLASS_(iml_fan, "Fan", IML_BUILTIN_FAN);
/* A hard drive or SSD. */
IML_BUILTIN_CLASS_(iml_physical_disk, "PhysicalDisk", IML_BUILTIN_PHYSICAL_DISK);
/* An aggregation of physical drives. */
IML_BUILTIN_CLASS_(iml_storage_pool, "StoragePool", IML_BUILTIN_STORAGE_POOL);
/* A device of fixed size that could carry Lustre (size: Bytes, [filesystem_type]: String). */
IML_BUILTIN_CLASS_(iml_logical_drive, "LogicalDrive", IML_BUILTIN_LOGICAL_DRIVE);
/* A logical drive that is a part of another, as a partition (size, [filesystem_type]). */
IML_BUILTIN_CLASS_(iml_logical_drive_slice, "LogicalDriveSlice", IML_BUILTIN_LOGICAL_DRIVE_SLICE);
/* Below a logical drive it marks that drive as in use, as a mounted file system does. */
IML_BUILTIN_CLASS_(
    iml_logical_drive_occupier, "LogicalDriveOccupier", IML_BUILTIN_LOGICAL_DRIVE_OCCUPIER);
/* A device node on a server (host_id: Integer, path: PosixPath). */
IML_BUILTIN_CLASS_(iml_device_node, "DeviceNode", IML_BUILTIN_DEVICE_NODE);
/* How preferable a path to a logical drive is (weight: Integer). */
IML_BUILTIN_CLASS_(iml_path_weight, "PathWeight", IML_BUILTIN_PATH_WEIGHT);
/* A server that the hardware hosts (address: Hostname, [host_id]: Integer, set by the manager). */
IML_BUILTIN_CLASS_(iml_virtual_machine, "VirtualMachine", IML_BUILTIN_VIRTUAL_MACHINE);
/* A server. */
IML_BUILTIN_CLASS_(iml_server, "Host", IML_BUILTIN_SERVER);

/* ---------------------------------------------------------------- the plugin */

enum iml_log_level { IML_DEBUG = 10, IML_INFO = 20, IML_WARNING = 30, IML_ERROR = 40 };

/* One attribute and the value to assign, in a report or a search. Made by IML_SET(). */
struct iml_setting {
	const char *name;
	struct iml_value value;
};

/* What iml_update_or_create() passes on. */
struct iml_report {
	struct iml_resource *const *parents;
	size_t parent_count;
	const struct iml_setting *settings;
	size_t setting_count;
	bool *created; /* may be NULL */
};

/*
 * The functions of the runner, found in the order given. Plugins use the inline functions below,
 * which need not be changed when this table grows at its end. The last argument of the calls that
 * have one is the place of the call, "file.c:123".
 */
struct iml_calls {
	uint32_t size; /* bytes of the table that are there */
	uint16_t major;
	uint16_t minor;
	struct iml_resource *(*update_or_create)(struct iml_plugin *self,
	    const struct iml_class *class_, const struct iml_report *report, const char *place);
	int (*set)(struct iml_resource *resource, const char *name, const struct iml_value *value,
	    const char *place);
	int (*get)(struct iml_resource *resource, const char *name, struct iml_value *value,
	    char *text, size_t size, const char *place);
	int (*add_parent)(
	    struct iml_resource *resource, struct iml_resource *parent, const char *place);
	int (*remove_parent)(
	    struct iml_resource *resource, struct iml_resource *parent, const char *place);
	int (*get_parents)(struct iml_resource *resource, const struct iml_class *class_,
	    struct iml_resource **parents, size_t size, size_t *count, const char *place);
	int (*remove)(struct iml_resource *resource, const char *place);
	int (*find)(struct iml_plugin *self, const struct iml_class *class_,
	    const struct iml_setting *settings, size_t setting_count, struct iml_resource **found,
	    size_t size, size_t *count, const char *place);
	int (*remove_by_attr)(struct iml_plugin *self, const struct iml_class *class_,
	    const struct iml_setting *settings, size_t setting_count, const char *place);
	int (*sample)(struct iml_resource *resource, const char *name,
	    const struct iml_value *value, const char *place);
	int (*sample_histogram)(struct iml_resource *resource, const char *name,
	    const int64_t *counts, size_t count, const char *place);
	int (*incomplete)(
	    struct iml_plugin *self, const struct iml_class *class_, const char *place);
	int (*fail)(struct iml_plugin *self, const char *reason);
	int (*forgive)(struct iml_plugin *self);
	int (*report_unchanged)(struct iml_plugin *self, bool on);
	int (*set_update_period)(struct iml_plugin *self, unsigned seconds, const char *place);
	void (*log)(struct iml_plugin *self, int level, const char *line);
	const char *(*error)(void);
	const char *(*setting)(struct iml_plugin *self, const char *key);
	struct iml_resource *(*scannable)(struct iml_plugin *self);
	int (*set_private)(struct iml_plugin *self, void *data);
	void *(*get_private)(struct iml_plugin *self);
	struct iml_plugin *(*plugin_of)(struct iml_resource *resource);
	bool (*stopping)(struct iml_plugin *self);
};

/*
 * The one exported symbol. The first four fields keep place and meaning in every version; the
 * sizes let the runner read tables of plugins that were built against an older header.
 */
struct iml_plugin_definition {
	uint32_t magic; /* IML_PLUGIN_MAGIC */
	uint16_t major;
	uint16_t minor;
	uint32_t size; /* of this structure */
	uint16_t class_size;
	uint16_t attribute_size;
	uint16_t statistic_size;
	uint16_t alert_condition_size;
	const char *name;               /* what IML_PLUGIN() was given; the file's name decides */
	const struct iml_calls **calls; /* the runner stores the address of its table here */

	struct iml_class_table classes;

	/*
	 * Reports everything that the scannable has: what was known before and is not reported is
	 * removed when this returns 0. Must return iml_fail(self, ...), or anything but 0, if it
	 * could not list everything. Required when the plugin has scannable classes.
	 */
	int (*initial_scan)(struct iml_plugin *self, struct iml_resource *scannable);
	/*
	 * Reports what changed since the last scan, periodically. Optional. It may report as little
	 * as it likes: nothing is removed because an update scan does not report it. What the
	 * device no longer has goes by iml_remove(), or after the initial scan of the next session.
	 */
	int (*update_scan)(struct iml_plugin *self, struct iml_resource *scannable);
	/*
	 * Frees what the session holds. Optional. Called once for every session whose initial_scan
	 * was entered, also after a failure, and never while a scan runs; no scan follows.
	 */
	int (*teardown)(struct iml_plugin *self);

	bool internal; /* classes are not offered to users */

	uint16_t chart_size;
	uint16_t relation_size;
};

#define IML_PLUGIN_MAGIC 0x494d4c50u /* "IMLP" */
#define IML_PLUGIN_SYMBOL_PREFIX "iml_plugin_definition_"

/* Filled by the runner before any other code of the plugin is called. Internal to this header. */
extern __attribute__((visibility("hidden"))) const struct iml_calls *iml_calls_;

/* Defines the plugin. Once per plugin, in one source file, with the name of the .so file. */
#define IML_PLUGIN(name_, ...)                                                    \
	__attribute__((visibility("hidden"))) const struct iml_calls *iml_calls_; \
	extern const struct iml_plugin_definition iml_plugin_definition_##name_;  \
	__attribute__((visibility("default")))                                    \
	const struct iml_plugin_definition iml_plugin_definition_##name_ = {      \
	    .magic = IML_PLUGIN_MAGIC,                                            \
	    .major = IML_API_MAJOR,                                               \
	    .minor = IML_API_MINOR,                                               \
	    .size = sizeof(struct iml_plugin_definition),                         \
	    .class_size = sizeof(struct iml_class),                               \
	    .attribute_size = sizeof(struct iml_attribute),                       \
	    .statistic_size = sizeof(struct iml_statistic),                       \
	    .alert_condition_size = sizeof(struct iml_alert_condition),           \
	    .chart_size = sizeof(struct iml_chart),                               \
	    .relation_size = sizeof(struct iml_relation),                         \
	    .name = #name_,                                                       \
	    .calls = &iml_calls_,                                                 \
	    __VA_ARGS__}

/* ---------------------------------------------------------------- calls: values */

#ifndef __cplusplus

static inline struct iml_value iml_value_null(const void *nothing)
{
	(void)nothing;
	return (struct iml_value){.kind = IML_KIND_NULL};
}

static inline struct iml_value iml_value_boolean(bool boolean)
{
	return (struct iml_value){.kind = IML_KIND_BOOLEAN, .integer = boolean};
}

static inline struct iml_value iml_value_integer(long long integer)
{
	return (struct iml_value){.kind = IML_KIND_INTEGER, .integer = integer};
}

static inline struct iml_value iml_value_unsigned(unsigned long long number)
{
	return (struct iml_value){.kind = IML_KIND_UNSIGNED, .integer = (int64_t)number};
}

static inline struct iml_value iml_value_real(double real)
{
	return (struct iml_value){.kind = IML_KIND_REAL, .real = real};
}

static inline struct iml_value iml_value_text(const char *text)
{
	return (struct iml_value){
	    .kind = text != NULL ? IML_KIND_TEXT : IML_KIND_NULL, .text = text};
}

static inline struct iml_value iml_value_resource(struct iml_resource *resource)
{
	return (struct iml_value){
	    .kind = resource != NULL ? IML_KIND_RESOURCE : IML_KIND_NULL, .resource = resource};
}

/* Never defined: a call does not compile, and says why. */
struct iml_value iml_value_character(char character) __attribute__((
    error("a plain char is neither a number nor a text: cast it to int, or pass a text")));

/*
 * Makes a value of whatever is given: boolean, integer, real, text, handle or IML_NULL. A plain
 * char is none of these, since whether it has a sign differs between machines; signed char and
 * unsigned char are numbers.
 */
#define IML_VALUE(value_) \
	_Generic((value_),                                                                         \
	    bool: iml_value_boolean,                                                               \
	    char: iml_value_character,                                                             \
	    signed char: iml_value_integer,                                                        \
	    short: iml_value_integer,                                                              \
	    int: iml_value_integer,                                                                \
	    long: iml_value_integer,                                                               \
	    long long: iml_value_integer,                                                          \
	    unsigned char: iml_value_unsigned,                                                     \
	    unsigned short: iml_value_unsigned,                                                    \
	    unsigned int: iml_value_unsigned,                                                      \
	    unsigned long: iml_value_unsigned,                                                     \
	    unsigned long long: iml_value_unsigned,                                                \
	    float: iml_value_real,                                                                 \
	    double: iml_value_real,                                                                \
	    char *: iml_value_text,                                                                \
	    const char *: iml_value_text,                                                          \
	    struct iml_resource *: iml_value_resource,                                             \
	    void *: iml_value_null)(value_)

/* One attribute of a report or a search: IML_SET("capacity", 4096). */
#define IML_SET(name_, value_) ((struct iml_setting){.name = (name_), .value = IML_VALUE(value_)})

#endif

#define IML_TEXT_OF_(x) #x
#define IML_LINE_(line) IML_TEXT_OF_(line)
#define IML_PLACE __FILE__ ":" IML_LINE_(__LINE__)

/* ---------------------------------------------------------------- calls: reporting */

#define IML_COUNT_(type, ...) (sizeof((const type[]){__VA_ARGS__}) / sizeof(type))

/*
 * The parents of a report: "a problem with the parent is a problem with the child". A NULL among
 * them is refused (it is most likely a report that failed). IML_NO_PARENTS for none; an array and
 * its length, "disks, count", for parents that are known at run time only.
 */
#define IML_PARENTS(...)                               \
	((struct iml_resource *const[]){__VA_ARGS__}), \
	    IML_COUNT_(struct iml_resource *, __VA_ARGS__)
#define IML_NO_PARENTS NULL, 0

/*
 * Reports a resource: makes it or, when the session already has one with this identifier, updates
 * it. The first report in a session must give all mandatory attributes without default; later ones
 * the identifying attributes and whatever changed. Parents are added to those that it has.
 *
 *	disk = iml_update_or_create(self, &hard_drive, IML_PARENTS(enclosure),
 *	    IML_SET("serial_number", serial), IML_SET("capacity", bytes));
 *
 * Returns the handle of the resource, or NULL if the report was refused. When an attribute of an
 * existing resource is refused nothing of the report is applied.
 */
#define iml_update_or_create(self, class_, ...) \
	iml_report_((self), (class_), NULL, IML_PLACE, __VA_ARGS__)

/* The same, and stores in *created whether this is the resource's first report in this session. */
#define iml_update_or_create_flag(self, class_, created, ...) \
	iml_report_((self), (class_), (created), IML_PLACE, __VA_ARGS__)

#define iml_report_(self, class_, created, place, ...) \
	IML_REPORT_((self), (class_), (created), (place), __VA_ARGS__)
/* parents and their number come as one macro; the extra level of expansion splits them. */
#define IML_REPORT_(self, class_, created_, place, parents_, parent_count_, ...) \
	iml_calls_->update_or_create((self), (class_),                           \
	    &(const struct iml_report){.parents = (parents_),                    \
	        .parent_count = (parent_count_),                                 \
	        .settings = (const struct iml_setting[]){__VA_ARGS__},           \
	        .setting_count = IML_COUNT_(struct iml_setting, __VA_ARGS__),    \
	        .created = (created_)},                                          \
	    (place))

/* Assigns one attribute: iml_set(disk, "status", "FAILED"). Equal values cost nothing. */
#define iml_set(resource, name_, value_) \
	iml_set_value((resource), (name_), IML_VALUE(value_), IML_PLACE)

static inline int iml_set_value(
    struct iml_resource *resource, const char *name, struct iml_value value, const char *place)
{
	return iml_calls_->set(resource, name, &value, place);
}

/*
 * Reads an attribute. Null reads as 0, false or "". iml_get_value() tells null from these; its
 * text, if the value is one, is copied to text (at most size bytes, else IML_EVALUE).
 */
#define iml_get_value(resource, name_, value, text, size) \
	iml_calls_->get((resource), (name_), (value), (text), (size), IML_PLACE)
#define iml_get_integer(resource, name_) iml_integer_at((resource), (name_), IML_PLACE)
#define iml_get_boolean(resource, name_) (iml_integer_at((resource), (name_), IML_PLACE) != 0)
#define iml_get_reference(resource, name_) iml_reference_at((resource), (name_), IML_PLACE)

static inline int64_t iml_integer_at(
    struct iml_resource *resource, const char *name, const char *place)
{
	struct iml_value value;

	return iml_calls_->get(resource, name, &value, NULL, 0, place) == 0 ? value.integer : 0;
}

static inline struct iml_resource *iml_reference_at(
    struct iml_resource *resource, const char *name, const char *place)
{
	struct iml_value value;

	return iml_calls_->get(resource, name, &value, NULL, 0, place) == 0 ? value.resource : NULL;
}

static inline const char *iml_text_at(
    struct iml_resource *resource, const char *name, char *text, size_t size, const char *place)
{
	struct iml_value value;

	text[0] = '\0';
	if (iml_calls_->get(resource, name, &value, text, size, place) != 0)
		text[0] = '\0';
	return text;
}

/* Reads a text into the caller's buffer and returns it; "" for null and after an error. */
#define iml_get_text(resource, name_, text, size) \
	iml_text_at((resource), (name_), (text), (size), IML_PLACE)
/*
 * Reads a text of up to 1023 bytes into a buffer that lives as long as the enclosing block:
 *	const char *address = iml_text(controller, "address");
 */
#define iml_text(resource, name_) \
	iml_text_at((resource), (name_), (char[1024]){""}, 1024, IML_PLACE)

/*
 * Removes a resource: gone for the plugin at once, in the database at the end of the scan. A
 * resource with a global identifier stays as long as another scannable reports it. The scannable
 * itself can't be removed.
 */
#define iml_remove(resource) iml_calls_->remove((resource), IML_PLACE)

/*
 * Finds the session's resources of exactly this class whose identifying attributes have the given
 * values (not all need be given; attributes that do not identify are ignored). Stores up to size
 * handles in found and how many match in *count, which may be larger than size. The handles stay
 * valid when some of the resources are removed.
 *	iml_find(self, &port, found, 16, &count, IML_SET("card", 1))
 */
#define iml_find(self, class_, found, size, count, ...)                               \
	iml_calls_->find((self), (class_), (const struct iml_setting[]){__VA_ARGS__}, \
	    IML_COUNT_(struct iml_setting, __VA_ARGS__), (found), (size), (count), IML_PLACE)

/* Removes the resource with exactly this identifier. Returns 1 if there was one, 0 if not. */
#define iml_remove_by_attr(self, class_, ...)                                                   \
	iml_calls_->remove_by_attr((self), (class_), (const struct iml_setting[]){__VA_ARGS__}, \
	    IML_COUNT_(struct iml_setting, __VA_ARGS__), IML_PLACE)

/* Adds or removes one parent. Removing one that is none is no error. */
#define iml_add_parent(resource, parent) iml_calls_->add_parent((resource), (parent), IML_PLACE)
#define iml_remove_parent(resource, parent) \
	iml_calls_->remove_parent((resource), (parent), IML_PLACE)

/*
 * Lists the parents of a resource that are of the given class or derived from it (NULL: all), up
 * to size of them, and stores their number in *count, which may be larger than size.
 */
#define iml_get_parents(resource, class_, parents, size, count) \
	iml_calls_->get_parents((resource), (class_), (parents), (size), (count), IML_PLACE)

/* The one parent of the given class, or NULL with IML_ENOTFOUND or IML_EAMBIGUOUS in *result. */
#define iml_get_parent(resource, class_, result) \
	iml_parent_at((resource), (class_), (result), IML_PLACE)

static inline struct iml_resource *iml_parent_at(
    struct iml_resource *resource, const struct iml_class *class_, int *result, const char *place)
{
	struct iml_resource *parent = NULL;
	size_t count = 0;
	int code = iml_calls_->get_parents(resource, class_, &parent, 1, &count, place);

	if (code == 0 && count != 1)
		code = count == 0 ? IML_ENOTFOUND : IML_EAMBIGUOUS;
	if (result != NULL)
		*result = code;
	return code == 0 ? parent : NULL;
}

/* ---------------------------------------------------------------- calls: statistics */

/*
 * Records one sample of a gauge or counter, with the time of the call. Every call makes a
 * sample, also with an equal value: times of one statistic of a resource differ by at least a
 * microsecond. Infinite values and NaN are refused. A text is taken if it is a number. While the
 * clock of the machine is behind the newest sample, since it was put back, samples are not stored,
 * which is logged; alert conditions are judged on them all the same.
 */
#define iml_sample(resource, name_, value_) \
	iml_sample_value((resource), (name_), IML_VALUE(value_), IML_PLACE)

static inline int iml_sample_value(
    struct iml_resource *resource, const char *name, struct iml_value value, const char *place)
{
	return iml_calls_->sample(resource, name, &value, place);
}

/* Records a histogram: count must be the number of its bins, no entry below 0. */
#define iml_sample_histogram(resource, name_, counts, count) \
	iml_calls_->sample_histogram((resource), (name_), (counts), (count), IML_PLACE)

/* ---------------------------------------------------------------- calls: the scan */

/* Marks a text that did not fit with an ellipsis, between two characters. */
static inline void iml_mark_cut_(char *text, size_t size)
{
	size_t end = size - 4;

	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	text[end] = '\xe2';
	text[end + 1] = '\x80';
	text[end + 2] = '\xa6';
	text[end + 3] = '\0';
}

/*
 * Tells why a scan fails, and returns the value to leave the hook with:
 *	return iml_fail(self, "%s: connection refused", address);
 * A reason of more than 1023 bytes is cut, and ends with "…".
 */
#define iml_fail(self, ...) iml_fail_format((self), __VA_ARGS__)

static inline __attribute__((format(printf, 2, 3))) int iml_fail_format(
    struct iml_plugin *self, const char *format, ...)
{
	char reason[1024];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(reason, sizeof(reason), format, arguments) >= (int)sizeof(reason))
		iml_mark_cut_(reason, sizeof(reason));
	va_end(arguments);
	return (iml_calls_->fail)(self, reason); /* test frameworks have a macro fail() */
}

/* This scan could list only part of a class: what it does not report of it is not removed. */
#define iml_incomplete(self, class_) iml_calls_->incomplete((self), (class_), IML_PLACE)

/* Forgets the refused calls of the running scan, which is then no longer degraded. */
static inline int iml_forgive(struct iml_plugin *self)
{
	return iml_calls_->forgive(self);
}

/*
 * Seconds from the end of one update scan to the start of the next; at least 1, 5 when never set.
 * Counts only when called in initial_scan.
 */
#define iml_set_update_period(self, seconds) \
	iml_calls_->set_update_period((self), (seconds), IML_PLACE)

/* From now on every assignment counts as a change, even of an equal value; false turns it off. */
static inline int iml_report_unchanged(struct iml_plugin *self, bool on)
{
	return iml_calls_->report_unchanged(self, on);
}

/* True once the runner wants the session to end: a long scan should then return soon. */
static inline bool iml_stopping(struct iml_plugin *self)
{
	return iml_calls_->stopping(self);
}

/* The scannable of the session, and the session of a resource. */
static inline struct iml_resource *iml_scannable_of(struct iml_plugin *self)
{
	return iml_calls_->scannable(self);
}

static inline struct iml_plugin *iml_plugin_of(struct iml_resource *resource)
{
	return iml_calls_->plugin_of(resource);
}

/*
 * A setting of the plugin from the runner's configuration, or NULL if it has none of this name.
 * Nested settings are named with dots, list entries with numbers: "simulator.couplets",
 * "addresses.0". The text stays valid as long as the plugin is loaded.
 */
static inline const char *iml_setting(struct iml_plugin *self, const char *key)
{
	return iml_calls_->setting(self, key);
}

/* A pointer of the plugin's own, kept with the session. The plugin frees it in teardown. */
static inline int iml_set_private(struct iml_plugin *self, void *data)
{
	return iml_calls_->set_private(self, data);
}

static inline void *iml_get_private(struct iml_plugin *self)
{
	return iml_calls_->get_private(self);
}

/*
 * Why the last call of this thread was refused, in words that name resource, attribute and
 * remedy; "" if it was not. Valid until the next call of this thread.
 */
static inline const char *iml_error(void)
{
	return iml_calls_->error();
}

/* ---------------------------------------------------------------- calls: logging */

/*
 * Logs a line in the name of the plugin and the session's scannable: iml_log(self, IML_INFO,
 * "firmware %s", version). A line of more than 4095 bytes is cut, and ends with "…". Plugins should
 * not print; what they print is logged line by line.
 */
static inline __attribute__((format(printf, 3, 4))) void iml_log(
    struct iml_plugin *self, int level, const char *format, ...)
{
	char line[4096];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(line, sizeof(line), format, arguments) >= (int)sizeof(line))
		iml_mark_cut_(line, sizeof(line));
	va_end(arguments);
	iml_calls_->log(self, level, line);
}

#define iml_debug(self, ...) iml_log((self), IML_DEBUG, __VA_ARGS__)
#define iml_info(self, ...) iml_log((self), IML_INFO, __VA_ARGS__)
#define iml_warning(self, ...) iml_log((self), IML_WARNING, __VA_ARGS__)
#define iml_err(self, ...) iml_log((self), IML_ERROR, __VA_ARGS__)

#ifdef __cplusplus
#include <iml/storage_plugin.hpp>
#endif

#endif
