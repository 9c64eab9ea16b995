/* SPDX-License-Identifier: MIT */
/*
 * Reports logical drives, device nodes and virtual machines as a file says. A word may be "class
 * key name=value …"; the names "on" and "below" add a parent "class:key". Classes:
 *
 *	lun disk part volume group zfs raw    global, with the label of their key
 *	node mount weight                     of the scannable; node host_id=2, weight weight=10
 *	machine                               global; machine vm0 address=10.0.0.5
 *
 * What the scan before had and this one does not is removed. "number vm0" has the host_id of a
 * machine logged.
 */
#include <iml/storage_plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int key_label(struct iml_resource *resource, char *label, size_t size)
{
	iml_get_text(resource, "key", label, size);
	return 0;
}

static const struct iml_class room = {
    .name = "Server",
    .base = &iml_scannable,
    .identifier = IML_GLOBAL_ID("name"),
    .attributes = IML_ATTRIBUTES(IML_STRING("name"), IML_PATH("script")),
};

#define DRIVE(variable, name_, base_, ...)                       \
	static const struct iml_class variable = {.name = name_, \
	    .label = name_,                                      \
	    .base = &(base_),                                    \
	    .identifier = IML_GLOBAL_ID("key"),                  \
	    .attributes = IML_ATTRIBUTES(IML_STRING("key")),     \
	    .get_label = key_label,                              \
	    __VA_ARGS__}

DRIVE(lun, "Lun", iml_logical_drive);
DRIVE(disk, "Disk", iml_logical_drive);
DRIVE(part, "Partition", iml_logical_drive_slice);
DRIVE(logical_volume, "LogicalVolume", iml_logical_drive_slice);
DRIVE(group, "Group", iml_storage_pool);
DRIVE(zfs, "Dataset", iml_logical_drive, .device_type = "zfs");
DRIVE(raw, "Raw", iml_logical_drive, .unusable_for_lustre = true);

static const struct iml_class node = {
    .name = "Node",
    .base = &iml_device_node,
    .identifier = IML_SCOPED_ID("path"),
};

static const struct iml_class mount = {
    .name = "Mount",
    .base = &iml_logical_drive_occupier,
    .identifier = IML_SCOPED_ID("key"),
    .attributes = IML_ATTRIBUTES(IML_STRING("key")),
};

static const struct iml_class weight = {
    .name = "Weight",
    .base = &iml_path_weight,
    .identifier = IML_SCOPED_ID("key"),
    .attributes = IML_ATTRIBUTES(IML_STRING("key")),
};

static const struct iml_class machine = {
    .name = "Machine",
    .base = &iml_virtual_machine,
    .identifier = IML_GLOBAL_ID("key"),
    .attributes = IML_ATTRIBUTES(IML_STRING("key")),
};

static const struct {
	const char *word;
	const struct iml_class *class_;
} words[] = {{"lun", &lun}, {"disk", &disk}, {"part", &part}, {"volume", &logical_volume},
    {"group", &group}, {"zfs", &zfs}, {"raw", &raw}, {"node", &node}, {"mount", &mount},
    {"weight", &weight}, {"machine", &machine}};

/* What scans report: every resource with its links, of this scan and of the one before. */
struct link {
	struct iml_resource *child, *parent;
};
struct ledger {
	struct iml_resource *resources[1024];
	struct link links[1024];
	size_t resource_count, link_count;
};

static const struct iml_class *class_of(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].class_;
	return NULL;
}

static struct iml_resource *find(struct iml_plugin *self, const char *word, const char *key)
{
	const struct iml_class *class_ = class_of(word);
	struct iml_resource *found = NULL;
	size_t count = 0;

	if (class_ != NULL)
		iml_find(
		    self, class_, &found, 1, &count, IML_SET(class_->identifier.names[0], key));
	return count == 1 ? found : NULL;
}

static void add_parent(
    struct iml_plugin *self, struct ledger *ledger, struct iml_resource *child, char *parent)
{
	char *key = strchr(parent, ':');

	if (key == NULL)
		return;
	*key++ = '\0';
	ledger->links[ledger->link_count] = (struct link){child, find(self, parent, key)};
	if (ledger->links[ledger->link_count].parent != NULL)
		iml_add_parent(child, ledger->links[ledger->link_count++].parent);
}

static void assign(
    struct iml_plugin *self, struct ledger *ledger, struct iml_resource *resource, char *word)
{
	char *value = strchr(word, '=');

	if (value == NULL)
		return;
	*value++ = '\0';
	if (strcmp(word, "on") == 0)
		add_parent(self, ledger, resource, value);
	else if (strcmp(word, "size") == 0 || strcmp(word, "host_id") == 0 ||
	         strcmp(word, "weight") == 0)
		iml_set(resource, word, strtoll(value, NULL, 10));
	else if (strcmp(word, "address") != 0)
		iml_set(resource, word, value);
}

/* The value of "name=value" among the words, or another. */
static const char *given(char **line, const char *name, const char *other)
{
	size_t length = strlen(name);

	for (size_t i = 0; line[i] != NULL; i++)
		if (strncmp(line[i], name, length) == 0 && line[i][length] == '=')
			return line[i] + length + 1;
	return other;
}

static struct iml_resource *report(
    struct iml_plugin *self, const struct iml_class *class_, const char *key, char **line)
{
	const char *name = class_->identifier.names[0];

	if (class_ == &node)
		return iml_update_or_create(self, class_, IML_NO_PARENTS, IML_SET(name, key),
		    IML_SET("host_id", strtoll(given(line, "host_id", "0"), NULL, 10)));
	if (class_ == &weight)
		return iml_update_or_create(self, class_, IML_NO_PARENTS, IML_SET(name, key),
		    IML_SET("weight", strtoll(given(line, "weight", "0"), NULL, 10)));
	if (class_ == &machine)
		return iml_update_or_create(self, class_, IML_NO_PARENTS, IML_SET(name, key),
		    IML_SET("address", given(line, "address", "")));
	if (class_ == &mount || class_ == &group)
		return iml_update_or_create(self, class_, IML_NO_PARENTS, IML_SET(name, key));
	return iml_update_or_create(self, class_, IML_NO_PARENTS, IML_SET(name, key),
	    IML_SET("size", strtoll(given(line, "size", "4096"), NULL, 10)));
}

static void obey(struct iml_plugin *self, struct ledger *ledger, char **line)
{
	const struct iml_class *class_ = class_of(line[0]);
	struct iml_resource *resource;

	if (strcmp(line[0], "number") == 0) {
		resource = find(self, "machine", line[1]);
		iml_info(self, "%s has number %lld", line[1],
		    (long long)iml_get_integer(resource, "host_id"));
	}
	if (class_ == NULL || line[1] == NULL)
		return;
	resource = report(self, class_, line[1], line + 2);
	if (resource == NULL)
		return;
	ledger->resources[ledger->resource_count++] = resource;
	for (size_t i = 2; line[i] != NULL; i++)
		assign(self, ledger, resource, line[i]);
}

static bool has_resource(const struct ledger *ledger, const struct iml_resource *resource)
{
	for (size_t i = 0; i < ledger->resource_count; i++)
		if (ledger->resources[i] == resource)
			return true;
	return false;
}

static bool has_link(const struct ledger *ledger, const struct link *link)
{
	for (size_t i = 0; i < ledger->link_count; i++)
		if (ledger->links[i].child == link->child &&
		    ledger->links[i].parent == link->parent)
			return true;
	return false;
}

static void remove_missing(const struct ledger *before, const struct ledger *now)
{
	for (size_t i = 0; i < before->link_count; i++)
		if (!has_link(now, &before->links[i]) &&
		    has_resource(now, before->links[i].child) &&
		    has_resource(now, before->links[i].parent))
			iml_remove_parent(before->links[i].child, before->links[i].parent);
	for (size_t i = 0; i < before->resource_count; i++)
		if (!has_resource(now, before->resources[i]))
			iml_remove(before->resources[i]);
}

static int update_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	struct ledger *before = iml_get_private(self);
	struct ledger *now = calloc(1, sizeof(*now));
	const char *path = iml_text(scannable, "script");
	FILE *file = fopen(path, "r");
	char text[4096];

	if (file == NULL || now == NULL)
		return iml_fail(self, "can't read %s", path);
	while (fgets(text, sizeof(text), file) != NULL) {
		char *line[32] = {NULL};
		char *rest;
		size_t count = 0;

		for (char *word = strtok_r(text, " \n", &rest); word != NULL && count < 31;
		     word = strtok_r(NULL, " \n", &rest))
			line[count++] = word;
		if (count > 0)
			obey(self, now, line);
	}
	fclose(file);
	if (before != NULL)
		remove_missing(before, now);
	free(before);
	iml_set_private(self, now);
	iml_debug(self, "scanned");
	return 0;
}

static int initial_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	iml_set_update_period(self, 1);
	return update_scan(self, scannable);
}

static int teardown(struct iml_plugin *self)
{
	free(iml_get_private(self));
	return 0;
}

IML_PLUGIN(t_volumes,
    .classes = IML_CLASSES(&room, &lun, &disk, &part, &logical_volume, &group, &zfs, &raw, &node,
        &mount, &weight, &machine),
    .initial_scan = initial_scan, .update_scan = update_scan, .teardown = teardown);
