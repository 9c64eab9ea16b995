/* SPDX-License-Identifier: MIT */
/*
 * Any number of simulated couplets, as large as the settings ask for, which fail and recover on a
 * script or at random: a load generator for tests, measurements and demonstrations.
 *
 * Settings (all optional):
 *
 *	seed: 1                   another seed, another world
 *	enclosures: 2             each with a fan
 *	drives_per_enclosure: 12
 *	pools: 2
 *	luns_per_pool: 4
 *	power_supplies: false     one for each enclosure, whose loss fails all that is in it
 *	servers: 0                that have each LUN, with the numbers from
 *	first_server: 1           this one on
 *	paths: 1                  device nodes of a LUN on each server; if several, one of
 *	                          /dev/mapper below them
 *	shared: ~                 couplets with the same word here have the same enclosures and
 *	                          drives, as two controllers of one array do
 *	statistics: true
 *	period: 5                 seconds between update scans
 *	blackholed: ~             couplets whose names begin like this never answer: each of their
 *	                          scans takes until it is to stop
 *	scan_ms: 0                milliseconds that every scan takes at least
 *	step: 0                   simulated seconds from scan to scan; 0: as the clock says
 *	chaos: 0                  mean seconds between random failures; 0: none
 *	chaos_recovery: 15        mean seconds until such a failure is over
 *	script:
 *	  - at: 10                seconds after the first scan
 *	    action: fail          or degrade, recover, hot, remove, add;
 *	    object: drive 3       or power, fan, enclosure, pool, lun, node, mapper
 *	  - at: 60
 *	    action: offline       or online, recover, slow (with ms: 2000)
 *	    object: couplet
 */
#include <iml/storage_plugin.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan.h"
#include "world.h"

#define TIB (UINT64_C(1) << 40)
#define SERIAL_SIZE 32
#define SLICE_MS 10 /* how soon a slow scan sees that it is to stop */
#define BLACKHOLE_SLICE_MS 100

/* clang-format off */

#define STATUS IML_ENUM("status", IML_OPTIONS("OK", "DEGRADED", "FAILED"))
#define STATUS_CONDITIONS(what) \
	IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED"), \
		.message = what " failed"), \
	IML_VALUE_CONDITION("status", .warn_states = IML_STATES("DEGRADED"), \
		.message = what " degraded")
#define NUMBER IML_INTEGER("number", .min = IML_LIMIT(0))
#define TEMPERATURE IML_GAUGE("temperature", .units = "C")
#define TEMPERATURE_CONDITION \
	IML_UPPER_BOUND("temperature", .warn_bound = IML_BOUND(60), \
		.error_bound = IML_BOUND(80), .message = "Temperature too high")

static const struct iml_class couplet = {
	.name = "Couplet",
	.base = &iml_scannable,
	.identifier = IML_GLOBAL_ID("name"),
	.attributes = IML_ATTRIBUTES(IML_STRING("name", .max_length = 64)),
};

/*
 * What is in an enclosure belongs to a couplet, or is known everywhere by its serial number and so
 * the same for all couplets that report it.
 */
#define OWN(...) .identifier = IML_SCOPED_ID("number"), .attributes = IML_ATTRIBUTES(NUMBER, __VA_ARGS__)
#define SHARED(...) .identifier = IML_GLOBAL_ID("serial_number"), .attributes = IML_ATTRIBUTES(__VA_ARGS__)
#define SERIAL IML_STRING("serial_number")

#define POWER_SUPPLY \
	.label = "Power supply", .base = &iml_plain, \
	.alert_conditions = IML_ALERT_CONDITIONS(STATUS_CONDITIONS("Power supply"))
#define FAN \
	.label = "Fan", .base = &iml_fan, \
	.alert_conditions = IML_ALERT_CONDITIONS(STATUS_CONDITIONS("Fan"))
#define ENCLOSURE \
	.label = "Enclosure", .base = &iml_enclosure, \
	.statistics = IML_STATISTICS(TEMPERATURE), \
	.alert_conditions = IML_ALERT_CONDITIONS(STATUS_CONDITIONS("Enclosure"), TEMPERATURE_CONDITION)
#define HARD_DRIVE \
	.label = "Drive", .base = &iml_physical_disk, \
	.statistics = IML_STATISTICS(TEMPERATURE), \
	.alert_conditions = IML_ALERT_CONDITIONS(STATUS_CONDITIONS("Drive"), TEMPERATURE_CONDITION)

static const struct iml_class power_supply = {
	.name = "PowerSupply", POWER_SUPPLY, OWN(STATUS)
};
static const struct iml_class fan = {
	.name = "Fan", FAN, OWN(STATUS)
};
static const struct iml_class enclosure = {
	.name = "Enclosure", ENCLOSURE, OWN(STATUS)
};
static const struct iml_class hard_drive = {
	.name = "HardDrive", HARD_DRIVE, OWN(SERIAL, IML_BYTES("capacity"), STATUS)
};

static const struct iml_class shared_power_supply = {
	.name = "SharedPowerSupply", POWER_SUPPLY, SHARED(SERIAL, STATUS)
};
static const struct iml_class shared_fan = {
	.name = "SharedFan", FAN, SHARED(SERIAL, STATUS)
};
static const struct iml_class shared_enclosure = {
	.name = "SharedEnclosure", ENCLOSURE, SHARED(SERIAL, STATUS)
};
static const struct iml_class shared_drive = {
	.name = "SharedDrive", HARD_DRIVE, SHARED(SERIAL, IML_BYTES("capacity"), STATUS)
};

static const struct iml_class pool = {
	.name = "Pool",
	.label = "Pool",
	.base = &iml_storage_pool,
	.identifier = IML_SCOPED_ID("number"),
	.attributes = IML_ATTRIBUTES(NUMBER, IML_BYTES("capacity"), STATUS),
	.alert_conditions = IML_ALERT_CONDITIONS(STATUS_CONDITIONS("Pool")),
};

static const struct iml_class lun = {
	.name = "Lun",
	.label = "LUN",
	.base = &iml_logical_drive,
	.identifier = IML_SCOPED_ID("number"),
	.attributes = IML_ATTRIBUTES(NUMBER, IML_STRING("serial"), STATUS),
	.statistics = IML_STATISTICS(
		IML_COUNTER("read_bytes", .label = "Read", .units = "bytes"),
		IML_COUNTER("write_bytes", .label = "Written", .units = "bytes")),
	.alert_conditions = IML_ALERT_CONDITIONS(STATUS_CONDITIONS("LUN")),
	.relations = IML_RELATIONS(
		IML_PROVIDE_TO("linux", "ScsiDevice", IML_MATCH("serial"), .ignore_case = true)),
};

static const struct iml_class device_node = {
	.name = "DeviceNode",
	.label = "Device node",
	.base = &iml_device_node,
	.identifier = IML_SCOPED_ID("host_id", "path"),
	.attributes = IML_ATTRIBUTES(STATUS),
	.alert_conditions = IML_ALERT_CONDITIONS(STATUS_CONDITIONS("Path")),
};

/* clang-format on */

static const char *const condition_names[] = {
    [CONDITION_OK] = "OK",
    [CONDITION_DEGRADED] = "DEGRADED",
    [CONDITION_FAILED] = "FAILED",
};

/*
 * The time of a couplet begins with its first scan and outlives its sessions, so that a script can
 * take it offline and bring it back. Kept as long as the plugin is loaded.
 */
struct epoch {
	char *name;
	struct timespec start;
	uint64_t scans;
	struct epoch *next;
};

static pthread_mutex_t epochs_lock = PTHREAD_MUTEX_INITIALIZER; /* protects all epochs */
static struct epoch *epochs;

struct session {
	struct plan plan;
	struct world *world;
	struct epoch *epoch;
	uint64_t seed;
	uint64_t shelf_seed;                       /* of the enclosures, which may be shared */
	struct iml_resource **handles[KIND_COUNT]; /* NULL: not reported, or gone */
};

/* FNV-1a. */
static uint64_t hash_text(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return hash;
}

static __attribute__((destructor)) void forget_epochs(void)
{
	struct epoch *epoch;

	while ((epoch = epochs) != NULL) {
		epochs = epoch->next;
		free(epoch->name);
		free(epoch);
	}
}

static struct epoch *find_epoch_locked(const char *name)
{
	struct epoch *epoch = epochs;

	while (epoch != NULL && strcmp(epoch->name, name) != 0)
		epoch = epoch->next;
	return epoch;
}

static struct epoch *make_epoch_locked(const char *name)
{
	struct epoch *epoch = calloc(1, sizeof(*epoch));

	if (epoch == NULL)
		return NULL;
	epoch->name = strdup(name);
	if (epoch->name == NULL) {
		free(epoch);
		return NULL;
	}
	clock_gettime(CLOCK_MONOTONIC, &epoch->start);
	epoch->next = epochs;
	epochs = epoch;
	return epoch;
}

/* The epoch of the couplet; NULL if out of memory. */
static struct epoch *find_or_make_epoch(const char *name)
{
	struct epoch *epoch;

	pthread_mutex_lock(&epochs_lock);
	epoch = find_epoch_locked(name);
	if (epoch == NULL)
		epoch = make_epoch_locked(name);
	pthread_mutex_unlock(&epochs_lock);
	return epoch;
}

/* Counts a scan of the couplet, and gives its time in seconds. */
static double count_scan(struct epoch *epoch, double step)
{
	struct timespec now;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&epochs_lock);
	if (step > 0)
		seconds = step * (double)epoch->scans++;
	else
		seconds = (double)(now.tv_sec - epoch->start.tv_sec) +
		          1e-9 * (double)(now.tv_nsec - epoch->start.tv_nsec);
	pthread_mutex_unlock(&epochs_lock);
	return seconds;
}

/* The serial number of an object in an enclosure. */
static const char *serial_of(
    const struct session *session, const char *prefix, size_t number, char serial[SERIAL_SIZE])
{
	snprintf(serial, SERIAL_SIZE, "%s%08X%06zu", prefix, (unsigned)session->shelf_seed, number);
	return serial;
}

static struct iml_resource *report_drive(struct iml_plugin *self, struct session *session, size_t i)
{
	char serial[SERIAL_SIZE];

	serial_of(session, "SIM", i, serial);
	if (session->plan.shared[0] != '\0')
		return iml_update_or_create(self, &shared_drive, IML_NO_PARENTS,
		    IML_SET("serial_number", serial), IML_SET("capacity", 8 * TIB),
		    IML_SET("status", "OK"));
	return iml_update_or_create(self, &hard_drive, IML_NO_PARENTS, IML_SET("number", i),
	    IML_SET("serial_number", serial), IML_SET("capacity", 8 * TIB),
	    IML_SET("status", "OK"));
}

static struct iml_resource *report_pool(struct iml_plugin *self, struct session *session, size_t i)
{
	size_t drives = plan_parents(&session->plan, KIND_POOL, i).count;

	return iml_update_or_create(self, &pool, IML_NO_PARENTS, IML_SET("number", i),
	    IML_SET("capacity", 8 * TIB * drives), IML_SET("status", "OK"));
}

static struct iml_resource *report_lun(struct iml_plugin *self, struct session *session, size_t i)
{
	char serial[64];

	snprintf(serial, sizeof(serial), "600510%08x%018zx", (unsigned)session->seed, i);
	return iml_update_or_create(self, &lun, IML_NO_PARENTS, IML_SET("number", i),
	    IML_SET("serial", serial), IML_SET("size", TIB), IML_SET("status", "OK"));
}

/* A part of an enclosure that has nothing but a status. */
static struct iml_resource *report_part(struct iml_plugin *self, const struct session *session,
    const struct iml_class *own, const struct iml_class *shared, const char *prefix, size_t i)
{
	char serial[SERIAL_SIZE];

	if (session->plan.shared[0] != '\0')
		return iml_update_or_create(self, shared, IML_NO_PARENTS,
		    IML_SET("serial_number", serial_of(session, prefix, i, serial)),
		    IML_SET("status", "OK"));
	return iml_update_or_create(
	    self, own, IML_NO_PARENTS, IML_SET("number", i), IML_SET("status", "OK"));
}

static struct iml_resource *report_power(struct iml_plugin *self, struct session *session, size_t i)
{
	return report_part(self, session, &power_supply, &shared_power_supply, "PSU", i);
}

static struct iml_resource *report_fan(struct iml_plugin *self, struct session *session, size_t i)
{
	return report_part(self, session, &fan, &shared_fan, "FAN", i);
}

static struct iml_resource *report_enclosure(
    struct iml_plugin *self, struct session *session, size_t i)
{
	return report_part(self, session, &enclosure, &shared_enclosure, "ENC", i);
}

static struct iml_resource *report_device_node(
    struct iml_plugin *self, const struct session *session, size_t server, const char *path)
{
	return iml_update_or_create(self, &device_node, IML_NO_PARENTS,
	    IML_SET("host_id", (size_t)session->plan.first_server + server), IML_SET("path", path),
	    IML_SET("status", "OK"));
}

static struct iml_resource *report_node(struct iml_plugin *self, struct session *session, size_t i)
{
	size_t servers = (size_t)session->plan.servers, paths = (size_t)session->plan.paths;
	size_t drive = i / (servers * paths);
	char path[64];

	snprintf(
	    path, sizeof(path), "/dev/sim%08x-%zu-%zu", (unsigned)session->seed, drive, i % paths);
	return report_device_node(self, session, i / paths % servers, path);
}

static struct iml_resource *report_mapper(
    struct iml_plugin *self, struct session *session, size_t i)
{
	size_t servers = (size_t)session->plan.servers;
	char path[64];

	snprintf(
	    path, sizeof(path), "/dev/mapper/sim%08x-%zu", (unsigned)session->seed, i / servers);
	return report_device_node(self, session, i % servers, path);
}

static struct iml_resource *(*const report_functions[KIND_COUNT])(
    struct iml_plugin *self, struct session *session, size_t number) = {
    [KIND_POWER] = report_power,
    [KIND_FAN] = report_fan,
    [KIND_ENCLOSURE] = report_enclosure,
    [KIND_DRIVE] = report_drive,
    [KIND_POOL] = report_pool,
    [KIND_LUN] = report_lun,
    [KIND_NODE] = report_node,
    [KIND_MAPPER] = report_mapper,
};

/* Links a new object to those around it that have been reported. */
static void link_object(struct session *session, enum kind kind, size_t number)
{
	struct iml_resource *object = session->handles[kind][number];
	struct span parents = plan_parents(&session->plan, kind, number);
	struct span children = plan_children(&session->plan, kind, number);

	for (size_t i = parents.first; i < parents.first + parents.count; i++)
		if (session->handles[kind - 1][i] != NULL)
			iml_add_parent(object, session->handles[kind - 1][i]);
	for (size_t i = children.first; i < children.first + children.count; i++)
		if (session->handles[kind + 1][i] != NULL)
			iml_add_parent(session->handles[kind + 1][i], object);
}

static void sample_object(struct session *session, enum kind kind, size_t number)
{
	struct iml_resource *object = session->handles[kind][number];

	if (kind == KIND_ENCLOSURE || kind == KIND_DRIVE)
		iml_sample(object, "temperature", world_celsius(session->world, kind, number));
	if (kind != KIND_LUN)
		return;
	iml_sample(object, "read_bytes", world_bytes_read(session->world, kind, number));
	iml_sample(object, "write_bytes", world_bytes_written(session->world, kind, number));
}

/* Brings one object up to date. Known ones are not searched: the session has their handles. */
static void scan_object(
    struct iml_plugin *self, struct session *session, enum kind kind, size_t number)
{
	struct iml_resource **handle = &session->handles[kind][number];

	if (!world_is_present(session->world, kind, number)) {
		if (*handle != NULL)
			iml_remove(*handle);
		*handle = NULL;
		return;
	}
	if (*handle == NULL) {
		*handle = report_functions[kind](self, session, number);
		if (*handle == NULL)
			return;
		link_object(session, kind, number);
	}
	iml_set(*handle, "status", condition_names[world_condition(session->world, kind, number)]);
	if (session->plan.statistics)
		sample_object(session, kind, number);
}

static bool is_blackholed(const struct plan *plan, const char *name)
{
	return plan->blackholed[0] != '\0' &&
	       strncmp(name, plan->blackholed, strlen(plan->blackholed)) == 0;
}

/* Waits for an answer that does not come, until the session ends. */
static int await_nothing(struct iml_plugin *self, const char *name)
{
	const struct timespec slice = {.tv_nsec = BLACKHOLE_SLICE_MS * 1000000L};

	while (!iml_stopping(self))
		nanosleep(&slice, NULL);
	return iml_fail(self, "couplet \"%s\" does not answer (simulated)", name);
}

/* Takes its time, in slices, so that the end of the session is seen. */
static void take_time(struct iml_plugin *self, int64_t ms)
{
	const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};

	for (; ms > 0 && !iml_stopping(self); ms -= SLICE_MS)
		nanosleep(&slice, NULL);
}

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = iml_get_private(self);
	const char *name = iml_text(scannable, "name");

	if (!world_advance(session->world, count_scan(session->epoch, session->plan.step)))
		return iml_fail(self, "out of memory");
	if (is_blackholed(&session->plan, name))
		return await_nothing(self, name);
	take_time(self, session->plan.scan_ms + world_slow_ms(session->world));
	if (world_is_offline(session->world))
		return iml_fail(self, "couplet \"%s\" is offline (simulated)", name);
	for (enum kind kind = 0; kind < KIND_COUNT; kind++)
		for (size_t i = 0; i < plan_count(&session->plan, kind); i++)
			scan_object(self, session, kind, i);
	return 0;
}

static const char *look_up(void *self, const char *key)
{
	return iml_setting(self, key);
}

static bool open_world(struct session *session, const char *name)
{
	const char *shelf = session->plan.shared[0] != '\0' ? session->plan.shared : name;

	session->seed = (uint64_t)session->plan.seed ^ hash_text(name);
	session->shelf_seed = (uint64_t)session->plan.seed ^ hash_text(shelf);
	session->world = world_new(&session->plan, session->seed);
	session->epoch = find_or_make_epoch(name);
	if (session->world == NULL || session->epoch == NULL)
		return false;
	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		session->handles[kind] =
		    calloc(plan_count(&session->plan, kind) + 1, sizeof(struct iml_resource *));
		if (session->handles[kind] == NULL)
			return false;
	}
	return true;
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct session *session = calloc(1, sizeof(*session));
	char reason[PLAN_REASON_SIZE];

	if (session == NULL)
		return iml_fail(self, "out of memory");
	iml_set_private(self, session);
	if (!plan_read(&session->plan, look_up, self, reason))
		return iml_fail(self, "%s", reason);
	if (!open_world(session, iml_text(scannable, "name")))
		return iml_fail(self, "out of memory");
	iml_set_update_period(self, (unsigned)session->plan.period);
	return update_scan(self, scannable);
}

static int teardown(struct iml_plugin *self)
{
	struct session *session = iml_get_private(self);

	if (session == NULL)
		return 0;
	if (session->world != NULL)
		world_free(session->world);
	for (enum kind kind = 0; kind < KIND_COUNT; kind++)
		free(session->handles[kind]);
	plan_clear(&session->plan);
	free(session);
	return 0;
}

IML_PLUGIN(simulator,
    .classes = IML_CLASSES(&couplet, &power_supply, &fan, &enclosure, &hard_drive, &pool, &lun,
        &device_node, &shared_power_supply, &shared_fan, &shared_enclosure, &shared_drive),
    .initial_scan = initial_scan, .update_scan = update_scan, .teardown = teardown);
