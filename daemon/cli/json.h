/* SPDX-License-Identifier: MIT */
/* Reading answers: what is missing or of another type counts as empty, never as an error. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json_object.h>

#include "base/text.h"

/* The text of a key, or "". Numbers are given as text too. Belongs to the object. */
const char *json_text(struct json_object *object, const char *key);
int64_t json_number(struct json_object *object, const char *key);
double json_real(struct json_object *object, const char *key);
bool json_flag(struct json_object *object, const char *key);

/* The array or object of a key; NULL, which the functions here take as empty. */
struct json_object *json_part(struct json_object *object, const char *key);
size_t json_count(struct json_object *array);
struct json_object *json_item(struct json_object *array, size_t index);

/* The value of a key; NULL if there is none, and for null. */
struct json_object *json_value(struct json_object *object, const char *key);

/* Whether a value is a number; if so sets it. */
bool json_finite(struct json_object *value, double *number);

/* Appends a time in seconds since 1970, in the user's time zone: "2026-11-22 10:23:16". */
void append_local_time(struct text *out, double seconds);

/*
 * Appends a time of an answer, such as "2026-11-22T10:23:16.123456Z", in the user's time zone, with
 * or without the date. What is no time is appended as it is.
 */
void append_time(struct text *out, const char *time, bool date);

#endif
