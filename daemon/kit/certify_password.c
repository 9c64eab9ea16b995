/* SPDX-License-Identifier: MIT */
/* The check that a password is nowhere to be seen. */
#include "kit/certify_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

#define SECRET_MIN 6 /* a shorter one may be found by chance */
#define SCANS 3

/* Where a secret may show, beyond what the plugin reports and logs. */
static const char *const process_files[] = {"/proc/self/environ", "/proc/self/cmdline"};

/* Passwords as they were typed, and as the plugin has them. */
struct secrets {
	struct reasons items;
};

static void add_secret(struct secrets *secrets, const char *secret)
{
	if (secret != NULL && strlen(secret) >= SECRET_MIN)
		reasons_add(&secrets->items, "%s", secret);
}

/* ---- the scannable's class ---- */

/* The class of the scannable, which the plugin has told. */
static const struct class *scannable_class(const struct trial *trial)
{
	size_t count;
	struct class *const *classes = kit_classes(trial->kit, &count);
	const char *wanted = trial->options->class;

	for (size_t i = 0; i < count; i++)
		if (classes[i]->scannable &&
		    (wanted == NULL || strcmp(classes[i]->name, wanted) == 0))
			return classes[i];
	return NULL;
}

/* The password attribute of this name, or NULL. */
static const struct attribute *password_of(const struct class *class, const char *name)
{
	size_t index = class_find_attribute(class, name);

	if (index == CLASS_NOT_FOUND || class->attributes[index].type != ATTRIBUTE_PASSWORD)
		return NULL;
	return &class->attributes[index];
}

static bool takes_password(const struct class *class)
{
	for (size_t i = 0; i < class->attribute_count; i++)
		if (class->attributes[i].type == ATTRIBUTE_PASSWORD &&
		    !class->attributes[i].user_read_only)
			return true;
	return false;
}

/* ---- looking for secrets ---- */

static void look(struct trial *trial, const struct secrets *secrets, const struct text *seen)
{
	for (size_t i = 0; i < secrets->items.count; i++) {
		const char *found =
		    seen->length > 0 ? strstr(seen->data, secrets->items.items[i]) : NULL;
		const char *line = found;

		if (found == NULL)
			continue;
		while (line > seen->data && line[-1] != '\n')
			line--;
		trial_fail(trial,
		    "take the password out of every text that is logged, reported or returned",
		    "the password is in %.*s", (int)strcspn(line, ":\n"), line);
		return;
	}
}

/* Adds what other processes can see of this one. */
static void read_process(struct text *seen)
{
	for (size_t i = 0; i < sizeof(process_files) / sizeof(*process_files); i++) {
		int fd = open(process_files[i], O_RDONLY | O_CLOEXEC);
		char bytes[65536];
		ssize_t length = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : 0;

		text_printf(seen, "%s: ", process_files[i]);
		for (ssize_t k = 0; k < length; k++)
			text_append_char(seen, bytes[k] >= ' ' ? bytes[k] : ' ');
		text_append_char(seen, '\n');
		if (fd >= 0)
			close(fd);
	}
	for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
		text_printf(seen, "the environment: %s\n", *entry);
}

/* What the parent is to find in what is printed. */
static void tell_secrets(struct trial *trial, const struct secrets *secrets)
{
	for (size_t i = 0; i < secrets->items.count; i++)
		trial_fact(trial, secrets->items.items[i]);
}

/* ---- the experiments ---- */

/* Adds the passwords of the scannable as the plugin has them. */
static void add_obfuscated(const struct trial *trial, struct secrets *secrets)
{
	const struct class *class = trial->session->class;

	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct value *value = &trial->session->scannable->values[i];

		if (class->attributes[i].type == ATTRIBUTE_PASSWORD && value->type == VALUE_TEXT)
			add_secret(secrets, value->text);
	}
}

/* Scans with these attributes and looks for the secrets in all that comes out. */
static void scan_and_look(struct trial *trial, struct secrets *secrets,
    const struct typed_attribute *attributes, size_t count)
{
	struct text seen = TEXT_EMPTY;

	trial->record = &seen;
	tell_secrets(trial, secrets);
	if (trial_add(trial, attributes, count)) {
		add_obfuscated(trial, secrets);
		tell_secrets(trial, secrets);
		if (trial_settle(trial))
			for (unsigned i = 0; i < SCANS && trial_scan(trial); i++)
				continue;
		trial_close(trial);
	}
	read_process(&seen);
	look(trial, secrets, &seen);
	trial->record = NULL;
	text_forget(&seen);
}

/* A password that occurs nowhere by chance, not longer than one may be. */
static char *make_canary(const struct attribute *attribute)
{
	unsigned char random[8] = {0};
	struct text canary = TEXT_EMPTY;

	if (getrandom(random, sizeof(random), 0) < 0)
		random[0] = (unsigned char)getpid();
	text_append(&canary, "Cn");
	for (size_t i = 0; i < sizeof(random); i++)
		text_printf(&canary, "%02x", random[i]);
	if (attribute->max_length > 0 && attribute->max_length < canary.length)
		canary.data[attribute->max_length] = '\0';
	return text_steal(&canary);
}

/* The attributes with a canary in the place of each password. */
static struct typed_attribute *plant_canaries(
    const struct trial *trial, const struct class *class, struct secrets *secrets, size_t *count)
{
	const struct certify_options *options = trial->options;
	struct typed_attribute *typed =
	    xcalloc(options->attribute_count + class->attribute_count, sizeof(*typed));

	*count = 0;
	for (size_t i = 0; i < options->attribute_count; i++)
		if (password_of(class, options->attributes[i].name) == NULL)
			typed[(*count)++] = options->attributes[i];
	for (size_t i = 0; i < class->attribute_count; i++) {
		const struct attribute *attribute = &class->attributes[i];

		if (password_of(class, attribute->name) == NULL || attribute->user_read_only)
			continue;
		typed[*count] = (struct typed_attribute){
		    .name = attribute->name, .value = make_canary(attribute)};
		add_secret(secrets, typed[(*count)++].value);
	}
	return typed;
}

static void free_canaries(const struct class *class, struct typed_attribute *typed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (password_of(class, typed[i].name) != NULL)
			free(typed[i].value);
	free(typed);
}

/* A password that is wrong, most likely: the device refuses it, and the plugin complains. */
static void try_canary(struct trial *trial)
{
	struct secrets secrets = {.items = {.count = 0}};
	const struct class *class;
	struct typed_attribute *typed;
	size_t count;

	trial->log_level = LOG_LEVEL_DEBUG;
	if (!trial_load(trial))
		return;
	class = scannable_class(trial);
	if (class == NULL || !takes_password(class)) {
		trial_skip(trial, "the scannable has no password");
		kit_free(trial->kit);
		return;
	}
	typed = plant_canaries(trial, class, &secrets, &count);
	trial_about(trial, "with a wrong password");
	scan_and_look(trial, &secrets, typed, count);
	free_canaries(class, typed, count);
	reasons_clear(&secrets.items);
	kit_free(trial->kit);
}

/* Whether the plugin makes the same of the same password. */
static void note_determinism(struct trial *trial)
{
	struct secrets first = {.items = {.count = 0}}, second = {.items = {.count = 0}};
	bool same = true;

	add_obfuscated(trial, &first);
	if (!trial_add(trial, trial->options->attributes, trial->options->attribute_count))
		return;
	add_obfuscated(trial, &second);
	for (size_t i = 0; i < first.items.count && i < second.items.count; i++)
		same = same && strcmp(first.items.items[i], second.items.items[i]) == 0;
	trial_note(trial, "obfuscated twice, a password becomes %s",
	    same ? "the same" : "another each time");
	reasons_clear(&first.items);
	reasons_clear(&second.items);
}

/* The right password: the plugin uses it. */
static void try_password(struct trial *trial)
{
	const struct certify_options *options = trial->options;
	struct secrets secrets = {.items = {.count = 0}};
	const struct class *class;

	trial->log_level = LOG_LEVEL_DEBUG;
	if (!trial_load(trial))
		return;
	class = scannable_class(trial);
	for (size_t i = 0; class != NULL && i < options->attribute_count; i++)
		if (password_of(class, options->attributes[i].name) != NULL)
			add_secret(&secrets, options->attributes[i].value);
	trial_about(trial, "with the password");
	scan_and_look(trial, &secrets, options->attributes, options->attribute_count);
	if (trial->session != NULL)
		note_determinism(trial);
	reasons_clear(&secrets.items);
	kit_free(trial->kit);
}

/* Looks in what an experiment printed for the secrets that it told. */
static void look_in_printed(struct certify_result *result, const struct experiment_outcome *outcome)
{
	for (size_t i = 0; i < outcome->facts.count && outcome->printed.length > 0; i++) {
		if (strstr(outcome->printed.data, outcome->facts.items[i]) == NULL)
			continue;
		result_fail(result, "print nothing, and least of all a password",
		    "the password is in what the plugin prints");
		return;
	}
}

void check_password(struct examination *examination, struct certify_result *result)
{
	experiment *const experiments[] = {try_canary, try_password};

	for (size_t i = 0; i < 2 && result->outcome != CERTIFY_NOT_APPLICABLE; i++) {
		struct experiment_outcome outcome;

		experiment_run(examination, result, experiments[i], NULL, false, &outcome);
		look_in_printed(result, &outcome);
		experiment_outcome_clear(&outcome);
	}
	if (result->outcome != CERTIFY_NOT_APPLICABLE)
		result_summary(result, "with the password and with a wrong one");
}
