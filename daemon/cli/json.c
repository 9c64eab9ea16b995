/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

#include <math.h>
#include <time.h>

struct json_object *json_value(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

const char *json_text(struct json_object *object, const char *key)
{
	struct json_object *value = json_value(object, key);

	return value != NULL ? json_object_get_string(value) : "";
}

int64_t json_number(struct json_object *object, const char *key)
{
	return json_object_get_int64(json_value(object, key));
}

double json_real(struct json_object *object, const char *key)
{
	return json_object_get_double(json_value(object, key));
}

bool json_flag(struct json_object *object, const char *key)
{
	return json_object_get_boolean(json_value(object, key));
}

struct json_object *json_part(struct json_object *object, const char *key)
{
	struct json_object *value = json_value(object, key);

	if (json_object_is_type(value, json_type_array) ||
	    json_object_is_type(value, json_type_object))
		return value;
	return NULL;
}

size_t json_count(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

struct json_object *json_item(struct json_object *array, size_t index)
{
	return json_object_array_get_idx(array, index);
}

bool json_finite(struct json_object *value, double *number)
{
	if (!json_object_is_type(value, json_type_double) &&
	    !json_object_is_type(value, json_type_int))
		return false;
	*number = json_object_get_double(value);
	return isfinite(*number);
}

void append_local_time(struct text *out, double seconds)
{
	time_t time = (time_t)seconds;
	struct tm local;
	char buffer[64];

	localtime_r(&time, &local);
	strftime(buffer, sizeof(buffer), "%F %T", &local);
	text_append(out, buffer);
}

void append_time(struct text *out, const char *time, bool date)
{
	struct tm parts = {0};
	char buffer[64];
	time_t seconds;

	if (strptime(time, "%Y-%m-%dT%H:%M:%S", &parts) == NULL) {
		text_append(out, time);
		return;
	}
	seconds = timegm(&parts);
	localtime_r(&seconds, &parts);
	if (date)
		strftime(buffer, sizeof(buffer), "%F %T", &parts);
	else
		strftime(buffer, sizeof(buffer), "%T", &parts);
	text_append(out, buffer);
}
