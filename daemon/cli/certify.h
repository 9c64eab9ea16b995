/* SPDX-License-Identifier: MIT */
/* How the examination of a plugin is shown. */
#ifndef CLI_CERTIFY_H
#define CLI_CERTIFY_H

#include <json-c/json_object.h>

#include "base/text.h"
#include "cli/terminal.h"
#include "kit/certify.h"

/* Appends the result of one check. */
void render_check(
    struct text *out, const struct terminal *terminal, const struct certify_result *result);

/* Appends what was examined, when and where, and how it came out. */
void render_certificate(struct text *out, const struct terminal *terminal,
    const struct certificate *certificate, unsigned scans);

/* Everything for programs. */
struct json_object *describe_certificate(const struct certificate *certificate, unsigned scans);

#endif
