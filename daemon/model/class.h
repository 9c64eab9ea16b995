/* SPDX-License-Identifier: MIT */
/*
 * A class as the runner knows it: what a plugin declared, checked, with everything it inherits.
 * The plugin host makes it from the plugin's tables, sends it to the supervisor, and both use the
 * same functions for validation, identifiers and labels. A class never changes once it is made.
 */
#ifndef MODEL_CLASS_H
#define MODEL_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/value.h"

/* The numbers of these enumerations are those of the plugin interface. */
enum attribute_type {
	ATTRIBUTE_BOOLEAN = 1,
	ATTRIBUTE_BYTES,
	ATTRIBUTE_ENUM,
	ATTRIBUTE_HOSTNAME,
	ATTRIBUTE_INTEGER,
	ATTRIBUTE_PASSWORD,
	ATTRIBUTE_PATH,
	ATTRIBUTE_STRING,
	ATTRIBUTE_UUID,
	ATTRIBUTE_REFERENCE,
	ATTRIBUTE_TYPE_END
};

enum identifier_scope {
	IDENTIFIER_NONE = 0,
	IDENTIFIER_SCOPED,
	IDENTIFIER_GLOBAL,
	IDENTIFIER_AUTO
};

enum statistic_type { STATISTIC_GAUGE = 1, STATISTIC_COUNTER, STATISTIC_HISTOGRAM };

enum relation_type { RELATION_PROVIDE = 1, RELATION_SUBSCRIBE };

enum condition_type { CONDITION_UPPER_BOUND = 1, CONDITION_LOWER_BOUND, CONDITION_VALUE };

enum builtin {
	BUILTIN_NONE = 0,
	BUILTIN_RESOURCE,
	BUILTIN_SCANNABLE,
	BUILTIN_CONTROLLER,
	BUILTIN_ENCLOSURE,
	BUILTIN_FAN,
	BUILTIN_PHYSICAL_DISK,
	BUILTIN_STORAGE_POOL,
	BUILTIN_LOGICAL_DRIVE,
	BUILTIN_LOGICAL_DRIVE_SLICE,
	BUILTIN_LOGICAL_DRIVE_OCCUPIER,
	BUILTIN_DEVICE_NODE,
	BUILTIN_PATH_WEIGHT,
	BUILTIN_VIRTUAL_MACHINE,
	BUILTIN_SERVER,
	BUILTIN_END
};

enum severity { SEVERITY_INFO = 20, SEVERITY_WARNING = 30, SEVERITY_ERROR = 40 };
#define SEVERITY_COUNT 3

/* Longest names, in characters; identifiers (their JSON text) in bytes. */
#define CLASS_NAME_MAX 128
#define ATTRIBUTE_NAME_MAX 64
#define IDENTIFIER_MAX 2048
#define LABEL_SIZE 1024 /* room for any label */

/*
 * Attributes of a class, inherited ones included, and bytes of a value that is a text. Together
 * they keep any resource within what PostgreSQL takes as one jsonb value (256 MiB) and as one
 * parameter of a statement (1 GiB, with each character escaped).
 */
#define CLASS_ATTRIBUTES_MAX 4096
#define VALUE_TEXT_MAX 32768

#define REASON_SIZE 512 /* room for the reason of a refusal; longer ones end with "…" */

/* Writes a reason; one that is too long is cut between two characters and ends with "…". */
void reason_write(char reason[REASON_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct attribute {
	enum attribute_type type;
	char *name;
	char *label; /* never NULL: declared or made from the name */
	bool optional;
	bool hidden;
	bool user_read_only;
	bool has_default_function;
	bool has_min, has_max;
	int64_t min, max;
	uint32_t max_length;   /* 0: none */
	struct value *options; /* of an enumeration: all texts or all integers */
	size_t option_count;
	struct value default_value; /* null: none */
	size_t origin;              /* index of the declaration in the plugin's tables; host only */
};

struct bin {
	int64_t from;
	int64_t to; /* INT64_MAX: open */
};

struct statistic {
	enum statistic_type type;
	char *name;
	char *label; /* never NULL */
	char *units; /* never NULL */
	uint32_t sample_period;
	struct bin *bins;
	size_t bin_count;
};

/* One severity of a condition: a bound, or a list of states. */
struct threshold {
	bool has_bound;
	double bound;
	struct value *states; /* texts, or null for the null state */
	size_t state_count;
};

/* Index into alert_condition.thresholds, and the severity it stands for. */
extern const enum severity severity_of_threshold[SEVERITY_COUNT]; /* ERROR, WARNING, INFO */
const char *severity_name(enum severity severity);                /* "ERROR", … */

struct alert_condition {
	enum condition_type type;
	char *id;      /* NULL: none declared */
	char *message; /* NULL: none declared */
	bool on_statistic;
	size_t subject; /* index of the attribute, or of the statistic (a gauge) */
	struct threshold thresholds[SEVERITY_COUNT];
	uint32_t raise_after, clear_after; /* at least 1 */
};

/* Statistics that are shown together: all are time series or all are histograms. */
struct chart {
	char *title;
	size_t *series; /* indexes of statistics */
	size_t series_count;
};

/*
 * That resources of the class and of a target class are linked where they have equal values of some
 * attributes. Who is the parent depends on the type: the one provides, the other subscribes.
 */
struct relation {
	enum relation_type type;
	char *target_plugin; /* NULL: the target is a built-in class */
	char *target_class;
	size_t *attributes; /* indexes of attributes of the class; the target's are found by name */
	size_t attribute_count;
	bool ignore_case; /* of texts */
};

struct class
{
	char *plugin; /* name of the plugin that declared it */
	char *name;
	char *label; /* never NULL: declared, or "plugin.Name" */
	bool has_declared_label;
	bool has_label_function;
	bool internal; /* of a plugin marked internal */
	bool scannable;
	bool unusable_for_lustre;
	char *device_type;    /* logical drives only, else NULL */
	enum builtin builtin; /* the nearest built-in base */
	char **ancestry; /* names from itself to the most basic: "acme.Lun", …, "LogicalDrive",
	                    "Resource" */
	size_t ancestry_count;
	enum identifier_scope scope;
	size_t *identifier; /* indexes of attributes; empty for automatic identifiers */
	size_t identifier_count;
	struct attribute *attributes; /* those of bases first, in order of declaration */
	size_t attribute_count;
	struct statistic *statistics; /* own first, then inherited */
	size_t statistic_count;
	struct alert_condition *conditions; /* own first, then inherited */
	size_t condition_count;
	/*
	 * What is shown: those declared, own first, then inherited; or, where none are, one chart
	 * for each statistic.
	 */
	struct chart *charts;
	size_t chart_count;
	bool has_declared_charts;
	struct relation *relations; /* own first, then inherited */
	size_t relation_count;
};

#define CLASS_NOT_FOUND ((size_t)-1)

void class_free(struct class *class);

/* Index of the attribute or statistic of this name, or CLASS_NOT_FOUND. */
size_t class_find_attribute(const struct class *class, const char *name);
size_t class_find_statistic(const struct class *class, const char *name);

bool class_is_identifying(const struct class *class, size_t attribute);

/* Whether the class, or one that it is based on, has this name: "acme.Lun", "LogicalDrive". */
bool class_derives_from(const struct class *class, const char *name);

/* Whether the runner alone sets the attribute: the number of a virtual machine's server. */
bool class_is_managed(const struct class *class, size_t attribute);

/* Index of a class, which is one of them. */
uint32_t class_index(struct class *const *classes, size_t count, const struct class *class);

/* The names of the scannable ones among the classes, joined by commas. The caller frees it. */
char *class_scannable_names(struct class *const *classes, size_t count);

/* Whether two descriptions of a class are the same in every field but origin. */
bool class_equal(const struct class *a, const struct class *b);

/* Label made from a name: "file_size" → "File size", "wwnID" → "Wwnid". The caller frees it. */
char *label_from_name(const char *name);

/* Name of a type as in the schema and in messages: "Boolean", "Bytes", …, "ResourceReference". */
const char *attribute_type_name(enum attribute_type type);
const char *statistic_type_name(enum statistic_type type);
const char *relation_type_name(enum relation_type type); /* "provide" or "subscribe" */
const char *builtin_name(enum builtin builtin);          /* "Resource", "ScannableResource", … */
enum builtin builtin_parent(enum builtin builtin);       /* BUILTIN_NONE for plain resources */

/*
 * The attributes that a built-in class adds to those of its parent: an array of *count entries,
 * owned by the function, whose type, name, optional, and user_read_only alone are given.
 */
const struct attribute *builtin_attributes(enum builtin builtin, size_t *count);

/* Appends what people call a bin of a histogram: "≤512", and "≥4097" if it is open. */
void bin_label(const struct bin *bin, struct text *label);

/* Whether whoever adds a resource has to give a value: no other is made up for it. */
bool attribute_is_required(const struct attribute *attribute);

/* ---- validation ---- */

/*
 * Makes *value what the attribute stores: a boolean of a number, for example. Returns true, or
 * false with the value untouched and a reason that begins with the attribute's name: "capacity": -1
 * is too low (min 0). Passwords never appear in it. References are checked for type only. Null
 * passes for optional attributes.
 */
bool attribute_validate(
    const struct attribute *attribute, struct value *value, char reason[REASON_SIZE]);

/*
 * Reads what a person typed (in a form, a file or on a command line) into a valid value: "1" for an
 * integer, "yes" for a boolean; NULL for null. *value is written without being cleared, and only on
 * success. References can't be typed, nor what only the plugin may set. Returns as
 * attribute_validate().
 */
bool attribute_parse(const struct attribute *attribute, const char *typed, struct value *value,
    char reason[REASON_SIZE]);

/* ---- identifiers and labels ---- */

/*
 * Appends the identity of a resource among those of its class and scope: a JSON array of its
 * identifying values, with UUIDs reduced to 32 lower-case digits. values has one entry per
 * attribute of the class. Returns false with a reason, and key as it was, if a mandatory one is
 * null or the identity is longer than IDENTIFIER_MAX.
 */
bool class_identifier(const struct class *class, const struct value *values, struct text *key,
    char reason[REASON_SIZE]);

/*
 * Writes the label of the resource that a reference names, or its number if it is unknown. Used by
 * class_default_label().
 */
typedef void reference_label(void *context, uint64_t reference, struct text *label);

/*
 * Appends the default label: "HardDrive foo", "HardDrive (foo, bar)"; of a device node its server
 * and path, "3:mpath0". Null and passwords show as "-". A label that does not fit into LABEL_SIZE
 * is cut and ends with "…".
 */
void class_default_label(const struct class *class, const struct value *values,
    reference_label *reference, void *context, struct text *label);

/* Whether an attribute is part of the default label. */
bool class_default_label_has(const struct class *class, size_t attribute);

/* ---- relations ---- */

/* Appends the name of the target as in an ancestry: "linux.ScsiDevice", "DeviceNode". */
void relation_target(const struct relation *relation, struct text *name);

/* What became of a relation's target among the classes at hand. */
enum relation_outcome {
	RELATION_FOUND = 0,
	RELATION_NO_PLUGIN,   /* no class at hand is of the target's plugin */
	RELATION_NO_CLASS,    /* the plugin has no class of this name */
	RELATION_NO_ATTRIBUTE /* neither the target nor a class derived from it has them all */
};

/*
 * Tells which of count classes can be at the other end of a relation of class declaring: the target
 * and what derives from it, as far as they have the named attributes. Stores that for each in
 * takes_part, which may be NULL. Built-in classes are always at hand, and need not be among them.
 */
enum relation_outcome relation_resolve(const struct class *declaring,
    const struct relation *relation, struct class *const *classes, size_t count, bool *takes_part);

/* ---- alert conditions ---- */

/*
 * Appends the stable name of one severity of a condition: "id_subject_SEVERITY",
 * "_subject_SEVERITY" without an id.
 */
void condition_name(const struct class *class, const struct alert_condition *condition,
    size_t threshold, struct text *name);

/* Whether this severity fires for the value. Null fires only value conditions that list it. */
bool condition_fires(
    const struct alert_condition *condition, size_t threshold, const struct value *value);

/* Appends the condition's message for this value, without the resource's name. */
void condition_message(const struct class *class, const struct alert_condition *condition,
    const struct value *value, struct text *message);

#endif
