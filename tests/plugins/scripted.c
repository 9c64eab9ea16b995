/* SPDX-License-Identifier: MIT */
/*
 * Reports what a file says, so that a test can change the world under a running runner. One line,
 * one thing:
 *
 *	pool P1 size=100 disk=S1    a pool (scoped by name), with parents and attributes
 *	disk S1 status=OK pool=P1   a disk (scoped by serial)
 *	shared W1 note=text         a shared disk (global by wwn)
 *	sensor T value=96 mode=LOUD a sensor (scoped by name)
 *	array B script=/path root=  another array, with root a child of this one
 *	motto text                  assigns an attribute of the array, as firmware does
 *	gone disk S1                removes it
 *	temperature S1 36.5         a sample of a disk
 *	count T 1000                the counter of a sensor
 *	sizes T 3 5                 the histogram of a sensor, which has two bins
 *	incomplete disk             this scan could not list all disks
 *	fail words                  the scan fails
 *	pause                       waits until the file changes
 *	once                        update scans report nothing
 */
#include <iml/storage_plugin.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const struct iml_class array = {
    .name = "Array",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_PATH("script"),
        IML_STRING("firmware", .optional = true, .user_read_only = true),
        IML_STRING("motto", .optional = true)),
};

/* The same without a name of its own. */
static const struct iml_class numbered = {
    .name = "Numbered",
    .base = &iml_scannable,
    .identifier = IML_AUTO_ID(),
    .attributes = IML_ATTRIBUTES(
        IML_PATH("script"), IML_STRING("firmware", .optional = true, .user_read_only = true)),
};

static const struct iml_class pool = {
    .name = "Pool",
    .base = &iml_storage_pool,
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_BYTES("size", .optional = true)),
};

static const struct iml_class disk = {
    .name = "Disk",
    .base = &iml_physical_disk,
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial"), IML_BYTES("capacity", .optional = true),
        IML_ENUM("status", IML_OPTIONS("OK", "DEGRADED", "FAILED")),
        IML_REFERENCE("spare_of", .optional = true)),
    .statistics = IML_STATISTICS(IML_GAUGE("temperature", .units = "C")),
    .alert_conditions = IML_ALERT_CONDITIONS(
        IML_VALUE_CONDITION("status", .error_states = IML_STATES("FAILED"),
            .warn_states = IML_STATES("DEGRADED"), .message = "Drive failure"),
        IML_UPPER_BOUND("temperature", .error_bound = IML_BOUND(85), .message = "Drive too hot"),
        IML_LOWER_BOUND("capacity", .warn_bound = IML_BOUND(1), .message = "Capacity lost",
            .raise_after = 3, .clear_after = 2)),
};

static const struct iml_class shared = {
    .name = "SharedDisk",
    .base = &iml_physical_disk,
    .identifier = IML_GLOBAL_ID("wwn"),
    .attributes = IML_ATTRIBUTES(IML_STRING("wwn"), IML_STRING("note", .optional = true),
        IML_ENUM("health", IML_OPTIONS("OK", "FAILED"), .optional = true)),
    .alert_conditions = IML_ALERT_CONDITIONS(IML_VALUE_CONDITION(
        "health", .error_states = IML_STATES("FAILED"), .message = "Shared drive failure")),
};

static const struct iml_class sensor = {
    .name = "Sensor",
    .identifier = IML_SCOPED_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_INTEGER("value", .optional = true),
        IML_ENUM("mode", IML_OPTIONS("QUIET", "LOUD"), .optional = true)),
    .statistics = IML_STATISTICS(
        IML_COUNTER("count"), IML_HISTOGRAM("sizes", IML_BINS({0, 9}, {10, IML_OPEN}))),
    .alert_conditions =
        IML_ALERT_CONDITIONS(IML_UPPER_BOUND("value", .warn_bound = IML_BOUND(85),
                                 .error_bound = IML_BOUND(95), .message = "Too high"),
            IML_LOWER_BOUND("value", .info_bound = IML_BOUND(0), .message = "Too low"),
            IML_VALUE_CONDITION(
                "mode", .id = "ear", .warn_states = IML_STATES("LOUD"), .message = "Heard"),
            IML_VALUE_CONDITION("mode", .id = "neighbour", .warn_states = IML_STATES("LOUD"),
                .message = "Disturbed")),
};

static const struct iml_class *class_of(const char *word)
{
	if (strcmp(word, "array") == 0)
		return &array;
	if (strcmp(word, "pool") == 0)
		return &pool;
	if (strcmp(word, "disk") == 0)
		return &disk;
	if (strcmp(word, "sensor") == 0)
		return &sensor;
	return strcmp(word, "shared") == 0 ? &shared : NULL;
}

static const char *key_of(const struct iml_class *class_)
{
	return class_->identifier.names[0];
}

static struct iml_resource *find(
    struct iml_plugin *self, const struct iml_class *class_, const char *key)
{
	struct iml_resource *found = NULL;
	size_t count = 0;

	iml_find(self, class_, &found, 1, &count, IML_SET(key_of(class_), key));
	return count == 1 ? found : NULL;
}

/* Assigns "name=value"; "pool=P1" adds a parent instead. */
static void assign(struct iml_plugin *self, struct iml_resource *resource, char *word)
{
	char *value = strchr(word, '=');

	if (value == NULL)
		return;
	*value++ = '\0';
	if (strcmp(word, "pool") == 0)
		iml_add_parent(resource, find(self, &pool, value));
	else if (strcmp(word, "disk") == 0)
		iml_add_parent(resource, find(self, &disk, value));
	else if (strcmp(word, "nopool") == 0)
		iml_remove_parent(resource, find(self, &pool, value));
	else if (strcmp(word, "spare_of") == 0)
		iml_set(resource, word, find(self, &disk, value));
	else if (strcmp(word, "value") == 0 && strcmp(value, "-") == 0)
		iml_set(resource, word, NULL);
	else if (strcmp(word, "capacity") == 0 || strcmp(word, "size") == 0 ||
	         strcmp(word, "value") == 0)
		iml_set(resource, word, strtoll(value, NULL, 10));
	else if (strcmp(word, "root") == 0)
		iml_add_parent(resource, iml_scannable_of(self));
	else if (strcmp(word, "noroot") == 0)
		iml_remove_parent(resource, iml_scannable_of(self));
	else if (strcmp(word, "status") != 0)
		iml_set(resource, word, value);
}

static void report(
    struct iml_plugin *self, const struct iml_class *class_, const char *key, char **words)
{
	struct iml_resource *resource;
	const char *status = "OK", *script = "";

	for (size_t i = 0; words[i] != NULL; i++) {
		if (strncmp(words[i], "status=", 7) == 0)
			status = words[i] + 7;
		if (strncmp(words[i], "script=", 7) == 0)
			script = words[i] + 7;
	}
	if (class_ == &array)
		resource = iml_update_or_create(self, class_, IML_NO_PARENTS,
		    IML_SET(key_of(class_), key), IML_SET("script", script));
	else if (class_ == &disk)
		resource = iml_update_or_create(self, class_, IML_NO_PARENTS,
		    IML_SET(key_of(class_), key), IML_SET("status", status));
	else
		resource = iml_update_or_create(
		    self, class_, IML_NO_PARENTS, IML_SET(key_of(class_), key));
	for (size_t i = 0; resource != NULL && words[i] != NULL; i++)
		assign(self, resource, words[i]);
}

/* Waits until the script is another file than the one that said so. */
static void wait_for_change(struct iml_plugin *self, const char *path)
{
	struct stat before, now;

	if (stat(path, &before) != 0)
		return;
	iml_info(self, "waiting for another script");
	while (!iml_stopping(self) && stat(path, &now) == 0 && now.st_ino == before.st_ino)
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static size_t split(char *line, char **words, size_t most)
{
	size_t count = 0;
	char *rest;

	for (char *word = strtok_r(line, " \n", &rest); word != NULL && count < most - 1;
	     word = strtok_r(NULL, " \n", &rest))
		words[count++] = word;
	words[count] = NULL;
	return count;
}

static void sample_sizes(struct iml_resource *resource, char **words)
{
	const int64_t counts[] = {strtoll(words[0], NULL, 10), strtoll(words[1], NULL, 10)};

	iml_sample_histogram(resource, "sizes", counts, 2);
}

/* Does what one line says. Returns what the scan is to return if the line ends it, else 0. */
static int obey(struct iml_plugin *self, const char *path, char **words, size_t count)
{
	if (strcmp(words[0], "fail") == 0)
		return iml_fail(self, "script says %s", count > 1 ? words[1] : "so");
	if (strcmp(words[0], "pause") == 0)
		wait_for_change(self, path);
	else if (strcmp(words[0], "incomplete") == 0 && count > 1)
		iml_incomplete(self, class_of(words[1]));
	else if (strcmp(words[0], "gone") == 0 && count > 2)
		iml_remove_by_attr(
		    self, class_of(words[1]), IML_SET(key_of(class_of(words[1])), words[2]));
	else if (strcmp(words[0], "temperature") == 0 && count > 2)
		iml_sample(find(self, &disk, words[1]), "temperature", words[2]);
	else if (strcmp(words[0], "count") == 0 && count > 2)
		iml_sample(find(self, &sensor, words[1]), "count", words[2]);
	else if (strcmp(words[0], "sizes") == 0 && count > 3)
		sample_sizes(find(self, &sensor, words[1]), words + 2);
	else if ((strcmp(words[0], "firmware") == 0 || strcmp(words[0], "motto") == 0) && count > 1)
		iml_set(iml_scannable_of(self), words[0], words[1]);
	else if (class_of(words[0]) != NULL && count > 1)
		report(self, class_of(words[0]), words[1], words + 2);
	return 0;
}

static int follow(struct iml_plugin *self, struct iml_resource *scannable, bool update)
{
	const char *path = iml_text(scannable, "script");
	FILE *file = fopen(path, "r");
	char line[4096];
	int result = 0;

	if (file == NULL)
		return iml_fail(self, "can't read %s", path);
	while (result == 0 && fgets(line, sizeof(line), file) != NULL) {
		char *words[64];
		size_t count = split(line, words, 64);

		if (count > 0 && update && strcmp(words[0], "once") == 0)
			break;
		if (count > 0)
			result = obey(self, path, words, count);
	}
	fclose(file);
	return result;
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_set_update_period(self, 1);
	iml_info(self, "initial scan");
	return follow(self, scannable, false);
}

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_debug(self, "update scan");
	return follow(self, scannable, true);
}

static int teardown(struct iml_plugin *self)
{
	iml_info(self, "teardown");
	return 0;
}

IML_PLUGIN(scripted, .classes = IML_CLASSES(&array, &numbered, &pool, &disk, &shared, &sensor),
    .initial_scan = initial_scan, .update_scan = update_scan, .teardown = teardown);
