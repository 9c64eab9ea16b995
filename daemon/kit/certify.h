/* SPDX-License-Identifier: MIT */
/*
 * The examination of a plugin at a device: what its maker ships as proof that it is fit for use.
 * Every check runs the plugin in processes of its own, loaded anew, so a crash or a hang is a
 * failure of that check and of no other.
 */
#ifndef KIT_CERTIFY_H
#define KIT_CERTIFY_H

#include <sha2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "host/dissect.h"
#include "host/reasons.h"
#include "model/typed.h"
#include "wire/message.h"

#define CERTIFY_SCANS_DEFAULT 1000
#define CERTIFY_SCANS_MIN 32 /* fewer tell no growth from noise */
#define CERTIFY_SCANS_MAX 1000000
#define CERTIFY_LIMIT_DEFAULT 60
#define CERTIFY_LIMIT_MAX 3600

enum certify_outcome { CERTIFY_PASSED, CERTIFY_FAILED, CERTIFY_NOT_APPLICABLE };

struct certify_result {
	const char *name;   /* "leaks" */
	const char *proves; /* a sentence */
	enum certify_outcome outcome;
	char *summary;           /* what was done; why it is not applicable; NULL: nothing to say */
	struct reasons failures; /* what was seen … */
	struct reasons remedies; /* … and, for each, what to change; "": nothing to say */
	struct reasons notes;
	int64_t duration_ns;
};

struct certify_options {
	const char *path;
	const char *class; /* of the scannable; NULL: the plugin's only one */
	const struct typed_attribute *attributes;
	size_t attribute_count;
	const struct setting *settings;
	size_t setting_count;
	const char *const *directories; /* of validate_options */
	size_t directory_count;
	unsigned scans;
	unsigned limit_s; /* for each hook */
	const char *only; /* the name of the one check to run; NULL: all */
	/* Told of each result as soon as it is there; may be NULL. */
	void (*finished)(void *context, const struct certify_result *result);
	void *context;
};

struct certificate {
	char *plugin;
	uint16_t api_major, api_minor; /* that it was built for; 0.0 if it can't be loaded */
	char sha256[SHA256_DIGEST_STRING_LENGTH]; /* of the file; "" if it can't be read */
	struct dissection file;
	struct wallclock date;
	char *machine; /* "Linux 6.1.0 x86_64" */
	struct certify_result *results;
	size_t count;
	bool passed;
};

/* "passed", "failed", "not applicable". */
const char *certify_outcome_name(enum certify_outcome outcome);

/* Name and meaning of check number index; false if there is none. */
bool certify_check_at(size_t index, const char **name, const char **proves);

/*
 * Must be called while this process has one thread. The file must be there; whatever else is wrong
 * with it is in the certificate, which is to be released in any case.
 */
void certify_plugin(const struct certify_options *options, struct certificate *certificate);
void certificate_clear(struct certificate *certificate);

#endif
