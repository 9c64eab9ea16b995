/* SPDX-License-Identifier: MIT */
/*
 * Reports what a file says, for plugins whose resources are linked by relations. Every scan reads
 * all of it; one line, one thing:
 *
 *	Lun 1 serial=X parent=Disk:A    a resource by class and first identifying attribute, with
 *	                                attributes ("-" for null) and parents
 *	gone Lun 1                      removes it
 */
#ifndef TESTS_PLUGINS_RELATION_SCRIPT_H
#define TESTS_PLUGINS_RELATION_SCRIPT_H

#include <iml/storage_plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct iml_class *const script_classes[];

static const struct iml_class *script_class(const char *name)
{
	for (size_t i = 0; script_classes[i] != NULL; i++)
		if (strcmp(script_classes[i]->name, name) == 0)
			return script_classes[i];
	return NULL;
}

static struct iml_resource *script_find(
    struct iml_plugin *self, const struct iml_class *class_, const char *key)
{
	struct iml_resource *found = NULL;
	size_t count = 0;

	iml_find(self, class_, &found, 1, &count, IML_SET(class_->identifier.names[0], key));
	return count == 1 ? found : NULL;
}

static void script_assign(struct iml_plugin *self, struct iml_resource *resource, char *word)
{
	char *value = strchr(word, '=');
	char *key;

	if (value == NULL)
		return;
	*value++ = '\0';
	if (strcmp(word, "host_id") == 0) {
		iml_set(resource, word, strtoll(value, NULL, 10));
		return;
	}
	if (strcmp(word, "parent") != 0) {
		iml_set(resource, word, strcmp(value, "-") == 0 ? NULL : value);
		return;
	}
	key = strchr(value, ':');
	*key++ = '\0';
	iml_add_parent(resource, script_find(self, script_class(value), key));
}

static void script_obey(struct iml_plugin *self, char *line)
{
	char *rest;
	char *name = strtok_r(line, " \n", &rest);
	bool gone = name != NULL && strcmp(name, "gone") == 0;
	const struct iml_class *class_;
	struct iml_resource *resource;
	char *key;

	if (gone)
		name = strtok_r(NULL, " \n", &rest);
	key = name != NULL ? strtok_r(NULL, " \n", &rest) : NULL;
	if (key == NULL)
		return;
	class_ = script_class(name);
	if (gone) {
		iml_remove_by_attr(self, class_, IML_SET(class_->identifier.names[0], key));
		return;
	}
	resource = iml_update_or_create(
	    self, class_, IML_NO_PARENTS, IML_SET(class_->identifier.names[0], key));
	for (char *word; (word = strtok_r(NULL, " \n", &rest)) != NULL;)
		script_assign(self, resource, word);
}

static int script_scan(struct iml_plugin *self, struct iml_resource *scannable)
{
	const char *path = iml_text(scannable, "script");
	FILE *file = fopen(path, "r");
	char line[1024];

	if (file == NULL)
		return iml_fail(self, "can't read %s", path);
	iml_set_update_period(self, 1);
	while (fgets(line, sizeof(line), file) != NULL)
		script_obey(self, line);
	fclose(file);
	return 0;
}

#endif
