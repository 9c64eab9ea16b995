/* SPDX-License-Identifier: MIT */
/*
 * Makes what the session reports equal to what a file says, in every scan. One line, one thing:
 *
 *	Tray 1 state=OK               a resource by class and number, with attributes ("-" for null)
 *	Spindle 2:1 spare=2:3         one that its tray identifies, too; so it is named by others
 *	Lun 1 @spindle=2:1 size=3     one that can't be without what follows the @; at most two
 *	link Lun 1 Spindle 2:1        a parent; "Root 0" is the scannable
 *	unlink Lun 1 Tray 1           no parent
 *	gone Lun 2                    not there, or no more
 *	generation 17                 set on the scannable, and written to the file beside it
 */
#ifndef TESTS_PLUGINS_NAIVE_SCRIPT_H
#define TESTS_PLUGINS_NAIVE_SCRIPT_H

#include <iml/storage_plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAIVE_STATE IML_STRING("state", .optional = true)
#define NAIVE_CONDITIONS                                                                           \
	IML_ALERT_CONDITIONS(IML_VALUE_CONDITION("state", .error_states = IML_STATES("FAILED"),    \
	                         .warn_states = IML_STATES("WORN"), .message = "Failure"),         \
	    IML_VALUE_CONDITION("state", .id = "any", .info_states = IML_STATES("WORN", "FAILED"), \
	        .message = "Trouble"))
#define NAIVE_SCANNABLE                         \
	IML_STRING("name"), IML_PATH("script"), \
	    IML_INTEGER("generation", .optional = true, .user_read_only = true)

static const struct iml_class *const script_classes[];

static const struct iml_class *script_class(const char *name)
{
	for (size_t i = 0; script_classes[i] != NULL; i++)
		if (strcmp(script_classes[i]->name, name) == 0)
			return script_classes[i];
	return NULL;
}

static struct iml_resource *script_find(
    struct iml_plugin *self, const char *class_name, const char *key)
{
	const struct iml_class *class_ = script_class(class_name);
	const char *rest = strchr(key, ':');
	struct iml_resource *found = NULL;
	size_t count = 0;
	char tray[16];

	if (strcmp(class_name, "Root") == 0)
		return iml_scannable_of(self);
	if (rest == NULL) {
		iml_find(self, class_, &found, 1, &count, IML_SET("name", strtoll(key, NULL, 10)));
		return count == 1 ? found : NULL;
	}
	snprintf(tray, sizeof(tray), "%.*s", (int)(rest - key), key);
	found = script_find(self, "Tray", tray);
	if (found == NULL)
		return NULL;
	iml_find(self, class_, &found, 1, &count, IML_SET("tray", found),
	    IML_SET("name", strtoll(rest + 1, NULL, 10)));
	return count == 1 ? found : NULL;
}

/* What a reference of this name refers to. */
static struct iml_resource *script_target(
    struct iml_plugin *self, const char *name, const char *key)
{
	const char *class_name = strcmp(name, "home") == 0     ? "Tray"
	                         : strcmp(name, "device") == 0 ? "Device"
	                                                       : "Spindle";

	return script_find(self, class_name, key);
}

static bool script_is_among(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

/* A word "name=value" that is not null, the name of which it ends. */
static struct iml_setting script_setting(struct iml_plugin *self, char *word)
{
	static const char *const numbers[] = {"size", "host_id", "weight", NULL};
	static const char *const texts[] = {
	    "state", "wwn", "filesystem_type", "path", "address", NULL};
	char *value = strchr(word, '=');

	*value++ = '\0';
	if (script_is_among(word, numbers))
		return IML_SET(word, strtoll(value, NULL, 10));
	if (script_is_among(word, texts))
		return IML_SET(word, value);
	return IML_SET(word, script_target(self, word, value));
}

static void script_assign(struct iml_plugin *self, struct iml_resource *resource, char *word)
{
	char *value = strchr(word, '=');
	struct iml_setting setting;

	if (strcmp(value, "=-") == 0) {
		*value = '\0';
		iml_set(resource, word, IML_NULL);
		return;
	}
	setting = script_setting(self, word);
	iml_set_value(resource, setting.name, setting.value, IML_PLACE);
}

static struct iml_resource *script_report(struct iml_plugin *self, const char *class_name,
    const char *key, char **vital, size_t vital_count)
{
	const struct iml_class *class_ = script_class(class_name);
	const char *rest = strchr(key, ':');
	struct iml_setting name, settings[2];
	char tray[16];

	for (size_t i = 0; i < vital_count; i++)
		settings[i] = script_setting(self, vital[i] + 1);
	if (rest != NULL) {
		snprintf(tray, sizeof(tray), "%.*s", (int)(rest - key), key);
		settings[0] = IML_SET("tray", script_find(self, "Tray", tray));
		key = rest + 1;
		vital_count = 1;
	}
	name = IML_SET("name", strtoll(key, NULL, 10));
	if (vital_count == 0)
		return iml_update_or_create(self, class_, IML_NO_PARENTS, name);
	if (vital_count == 1)
		return iml_update_or_create(self, class_, IML_NO_PARENTS, name, settings[0]);
	return iml_update_or_create(self, class_, IML_NO_PARENTS, name, settings[0], settings[1]);
}

static void script_link(struct iml_plugin *self, char **words, bool added)
{
	struct iml_resource *child = script_find(self, words[1], words[2]);
	struct iml_resource *parent = script_find(self, words[3], words[4]);

	if (added)
		iml_add_parent(child, parent);
	else if (child != NULL && parent != NULL)
		iml_remove_parent(child, parent);
}

static void script_obey(struct iml_plugin *self, char **words, size_t count)
{
	struct iml_resource *resource;
	size_t vital = 0;

	if (strcmp(words[0], "link") == 0 || strcmp(words[0], "unlink") == 0) {
		script_link(self, words, words[0][0] == 'l');
		return;
	}
	if (strcmp(words[0], "gone") == 0) {
		resource = script_find(self, words[1], words[2]);
		if (resource != NULL)
			iml_remove(resource);
		return;
	}
	if (strcmp(words[0], "generation") == 0) {
		iml_set(iml_scannable_of(self), "generation", strtoll(words[1], NULL, 10));
		return;
	}
	while (vital < 2 && 2 + vital < count && words[2 + vital][0] == '@')
		vital++;
	resource = script_report(self, words[0], words[1], &words[2], vital);
	for (size_t i = 2 + vital; i < count; i++)
		script_assign(self, resource, words[i]);
}

/*
 * Says beside the script how many scans of this process have read this generation of it. The
 * process of a runner that was killed may live a little longer.
 */
static void script_tell(const char *path, const char *generation)
{
	char seen[1100], last[16] = "";
	int pid = 0;
	unsigned times = 0;
	FILE *file;

	snprintf(seen, sizeof(seen), "%s.seen", path);
	file = fopen(seen, "r");
	if (file != NULL && fscanf(file, "%15s %d %u", last, &pid, &times) < 3)
		times = 0;
	if (file != NULL)
		fclose(file);
	file = fopen(seen, "w");
	if (file == NULL)
		return;
	if (pid != getpid() || strcmp(last, generation) != 0)
		times = 0;
	fprintf(file, "%s %d %u\n", generation, getpid(), times + 1);
	fclose(file);
}

static int script_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	const char *path = iml_text(scannable, "script");
	FILE *file = fopen(path, "r");
	char line[1024], generation[16] = "";

	if (file == NULL)
		return iml_fail(self, "can't read %s", path);
	iml_set_update_period(self, 1);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *words[16], *rest;
		size_t count = 0;

		for (char *word = strtok_r(line, " \n", &rest); word != NULL && count < 16;
		     word = strtok_r(NULL, " \n", &rest))
			words[count++] = word;
		if (count < 2)
			continue;
		if (strcmp(words[0], "generation") == 0)
			snprintf(generation, sizeof(generation), "%s", words[1]);
		script_obey(self, words, count);
	}
	fclose(file);
	script_tell(path, generation);
	return 0;
}

#endif
