/* SPDX-License-Identifier: MIT */
#include "model/class.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

#define HOSTNAME_MAX 255
#define HOSTNAME_LABEL_MAX 63
#define UUID_DIGITS 32
#define QUOTED_MAX 80 /* bytes of a value that a reason repeats */
#define TWO_TO_63 9223372036854775808.0

/*
 * How the values of a type are checked, and how typed text becomes one before it is checked; a type
 * without parse takes the text as it is.
 */
struct rule {
	bool (*check)(const struct attribute *attribute, struct value *value, char *reason);
	bool (*parse)(const struct attribute *attribute, const char *typed, struct value *value,
	    char *reason);
};

/* Writes a reason that begins with the attribute's name. Always false. */
__attribute__((format(printf, 3, 4))) static bool refuse(
    const struct attribute *attribute, char *reason, const char *format, ...)
{
	struct text text = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	reason_write(reason, "\"%s\": %s", attribute->name, text.data);
	text_clear(&text);
	return false;
}

/* Appends a value as a reason shows it; a long text is cut. */
static void append_quoted(struct text *out, const struct value *value)
{
	struct value cut;
	size_t length;

	if (value->type == VALUE_REFERENCE) {
		text_append(out, "a resource");
		return;
	}
	if (value->type == VALUE_REAL) { /* JSON has no word for infinity */
		value_append_plain(out, value);
		return;
	}
	if (value->type != VALUE_TEXT || strlen(value->text) <= QUOTED_MAX) {
		value_append_json(out, value);
		return;
	}
	length = utf8_cut(value->text, strlen(value->text), QUOTED_MAX);
	cut = (struct value){
	    .type = VALUE_TEXT, .text = xasprintf("%.*s…", (int)length, value->text)};
	value_append_json(out, &cut);
	value_clear(&cut);
}

/* Writes a reason that begins with the attribute's name and the value. Always false. */
static bool refuse_value(const struct attribute *attribute, const struct value *value, char *reason,
    const char *complaint)
{
	struct text text = TEXT_EMPTY;

	append_quoted(&text, value);
	refuse(attribute, reason, "%s %s", text.data, complaint);
	text_clear(&text);
	return false;
}

/* The least value of a number: sizes are not negative unless their declaration says so. */
static int64_t least_of(const struct attribute *attribute)
{
	if (attribute->has_min)
		return attribute->min;
	return attribute->type == ATTRIBUTE_BYTES ? 0 : INT64_MIN;
}

static int64_t most_of(const struct attribute *attribute)
{
	return attribute->has_max ? attribute->max : INT64_MAX;
}

/* Writes that a number is out of bounds: "-1 is too low (min 0)". Always false. */
static bool refuse_low(const struct attribute *attribute, const struct value *value, char *reason)
{
	char complaint[64];

	snprintf(complaint, sizeof(complaint), "is too low (min %" PRId64 ")", least_of(attribute));
	return refuse_value(attribute, value, reason, complaint);
}

static bool refuse_high(const struct attribute *attribute, const struct value *value, char *reason)
{
	char complaint[64];

	snprintf(complaint, sizeof(complaint), "is too high (max %" PRId64 ")", most_of(attribute));
	return refuse_value(attribute, value, reason, complaint);
}

/* ---- checks, one for each type ---- */

static bool check_boolean(const struct attribute *attribute, struct value *value, char *reason)
{
	bool boolean;

	switch (value->type) {
	case VALUE_BOOLEAN:
		return true;
	case VALUE_INTEGER:
		boolean = value->integer != 0;
		break;
	case VALUE_UNSIGNED:
		boolean = value->number != 0;
		break;
	case VALUE_REAL:
		boolean = value->real != 0;
		break;
	case VALUE_TEXT:
		boolean = value->text[0] != '\0';
		break;
	default:
		return refuse_value(attribute, value, reason, "is not a boolean");
	}
	value_clear(value);
	*value = value_boolean(boolean);
	return true;
}

/* Checks a number that may be beyond the integers: -1 below, 1 above, 0 if *integer holds it. */
static int whole_number(const struct value *value, int64_t *integer)
{
	switch (value->type) {
	case VALUE_INTEGER:
		*integer = value->integer;
		return 0;
	case VALUE_UNSIGNED:
		*integer = (int64_t)value->number;
		return value->number > INT64_MAX;
	default:
		if (value->real < -TWO_TO_63 || value->real >= TWO_TO_63)
			return value->real < 0 ? -1 : 1;
		*integer = (int64_t)value->real;
		return 0;
	}
}

static bool is_whole(const struct value *value)
{
	return value->type == VALUE_INTEGER || value->type == VALUE_UNSIGNED ||
	       (value->type == VALUE_REAL && isfinite(value->real) &&
	           trunc(value->real) == value->real);
}

static bool check_integer(const struct attribute *attribute, struct value *value, char *reason)
{
	int64_t integer = 0;
	int beyond;

	if (!is_whole(value))
		return refuse_value(attribute, value, reason, "is not a whole number");
	beyond = whole_number(value, &integer);
	if (beyond < 0 || (beyond == 0 && integer < least_of(attribute)))
		return refuse_low(attribute, value, reason);
	if (beyond > 0 || integer > most_of(attribute))
		return refuse_high(attribute, value, reason);
	*value = value_integer(integer);
	return true;
}

/* Writes what an enumeration allows: "charlie" is not one of "alpha", "bravo". Always false. */
static bool refuse_option(
    const struct attribute *attribute, const struct value *value, char *reason)
{
	struct text text = TEXT_EMPTY;

	append_quoted(&text, value);
	text_append(&text, " is not one of ");
	for (size_t i = 0; i < attribute->option_count; i++) {
		if (i > 0)
			text_append(&text, ", ");
		value_append_json(&text, &attribute->options[i]);
	}
	refuse(attribute, reason, "%s", text.data);
	text_clear(&text);
	return false;
}

static bool check_enum(const struct attribute *attribute, struct value *value, char *reason)
{
	for (size_t i = 0; i < attribute->option_count; i++) {
		if (value_equal(value, &attribute->options[i]))
			return true;
	}
	return refuse_option(attribute, value, reason);
}

static bool check_text(const struct attribute *attribute, const struct value *value, char *reason)
{
	if (value->type != VALUE_TEXT)
		return refuse_value(attribute, value, reason, "is not a text");
	return true;
}

/* Whether a text keeps to the declared length, without showing it. */
static bool check_length(const struct attribute *attribute, const char *text, char *reason)
{
	size_t length;

	if (attribute->max_length == 0)
		return true;
	length = utf8_length(text);
	if (length <= attribute->max_length)
		return true;
	return refuse(attribute, reason, "%zu characters is too long (max %" PRIu32 ")", length,
	    attribute->max_length);
}

static bool check_string(const struct attribute *attribute, struct value *value, char *reason)
{
	return check_text(attribute, value, reason) && check_length(attribute, value->text, reason);
}

/* The declared length limits what is typed, not what the plugin's function makes of it. */
static bool check_password(const struct attribute *attribute, struct value *value, char *reason)
{
	if (value->type != VALUE_TEXT)
		return refuse(attribute, reason, "a password must be a text");
	return true;
}

static bool check_path(const struct attribute *attribute, struct value *value, char *reason)
{
	if (!check_text(attribute, value, reason))
		return false;
	if (value->text[0] == '\0')
		return refuse(attribute, reason, "a path can't be empty");
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hexadecimal(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool check_uuid(const struct attribute *attribute, struct value *value, char *reason)
{
	size_t digits = 0;
	const char *c;

	if (!check_text(attribute, value, reason))
		return false;
	for (c = value->text; *c == '-' || is_hexadecimal(*c); c++)
		digits += *c != '-';
	if (*c != '\0' || digits != UUID_DIGITS)
		return refuse_value(
		    attribute, value, reason, "is not a UUID (32 hexadecimal digits)");
	return true;
}

/* Length of the host name's label at the beginning of text, 0 if there is none. */
static size_t hostname_label(const char *text)
{
	size_t length = 0;

	while (is_letter(text[length]) || is_digit(text[length]) || text[length] == '-')
		length++;
	if (length == 0 || length > HOSTNAME_LABEL_MAX || text[0] == '-' || text[length - 1] == '-')
		return 0;
	return length;
}

/* Whether a text can only be meant as an IPv4 address: numbers with dots in between. */
static bool looks_like_ipv4(const char *text)
{
	return strchr(text, '.') != NULL && text[strspn(text, "0123456789.")] == '\0';
}

static bool is_hostname(const char *text)
{
	struct in6_addr address;
	size_t label;

	if (strlen(text) > HOSTNAME_MAX)
		return false;
	if (inet_pton(AF_INET6, text, &address) == 1)
		return true;
	if (looks_like_ipv4(text))
		return inet_pton(AF_INET, text, &address) == 1;
	while ((label = hostname_label(text)) > 0 && text[label] == '.')
		text += label + 1;
	return label > 0 && text[label] == '\0';
}

static bool check_hostname(const struct attribute *attribute, struct value *value, char *reason)
{
	if (!check_text(attribute, value, reason))
		return false;
	if (!is_hostname(value->text))
		return refuse_value(
		    attribute, value, reason, "is not a host name or an IP address");
	return true;
}

static bool check_reference(const struct attribute *attribute, struct value *value, char *reason)
{
	if (value->type != VALUE_REFERENCE)
		return refuse_value(attribute, value, reason, "is not a resource");
	return true;
}

/* ---- what people type ---- */

static bool parse_boolean(
    const struct attribute *attribute, const char *typed, struct value *value, char *reason)
{
	static const struct {
		const char *word;
		bool boolean;
	} words[] = {{"true", true}, {"false", false}, {"yes", true}, {"no", false}, {"1", true},
	    {"0", false}};
	struct value text;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(typed, words[i].word) == 0) {
			*value = value_boolean(words[i].boolean);
			return true;
		}
	}
	text = value_text(typed);
	refuse_value(attribute, &text, reason, "is not one of true, false, yes, no, 1, 0");
	value_clear(&text);
	return false;
}

/* Whether text is an integer in decimal digits; *beyond tells one that int64_t can't hold. */
static bool read_integer(const char *text, int64_t *integer, bool *beyond)
{
	const char *digits = text[0] == '-' ? text + 1 : text;

	if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return false;
	errno = 0;
	*integer = strtoll(text, NULL, 10);
	*beyond = errno == ERANGE;
	return true;
}

static bool parse_integer(
    const struct attribute *attribute, const char *typed, struct value *value, char *reason)
{
	struct value text = value_text(typed);
	bool beyond = false;
	int64_t integer;
	bool good = false;

	if (!read_integer(typed, &integer, &beyond))
		refuse_value(attribute, &text, reason, "is not a whole number");
	else if (beyond && integer < 0)
		refuse_low(attribute, &text, reason);
	else if (beyond)
		refuse_high(attribute, &text, reason);
	else
		good = true;
	value_clear(&text);
	if (good)
		*value = value_integer(integer);
	return good;
}

/* A number among the options is meant by its digits. */
static bool parse_enum(
    const struct attribute *attribute, const char *typed, struct value *value, char *reason)
{
	bool beyond = false;
	int64_t integer;

	(void)reason;
	if (attribute->option_count > 0 && attribute->options[0].type == VALUE_INTEGER &&
	    read_integer(typed, &integer, &beyond) && !beyond)
		*value = value_integer(integer);
	else
		*value = value_text(typed);
	return true;
}

static bool parse_password(
    const struct attribute *attribute, const char *typed, struct value *value, char *reason)
{
	if (!check_length(attribute, typed, reason))
		return false;
	*value = value_text(typed);
	return true;
}

static bool parse_reference(
    const struct attribute *attribute, const char *typed, struct value *value, char *reason)
{
	(void)typed;
	(void)value;
	return refuse(attribute, reason, "a reference to a resource can't be typed");
}

static const struct rule rules[ATTRIBUTE_TYPE_END] = {
    [ATTRIBUTE_BOOLEAN] = {check_boolean, parse_boolean},
    [ATTRIBUTE_BYTES] = {check_integer, parse_integer},
    [ATTRIBUTE_ENUM] = {check_enum, parse_enum},
    [ATTRIBUTE_HOSTNAME] = {check_hostname, NULL},
    [ATTRIBUTE_INTEGER] = {check_integer, parse_integer},
    [ATTRIBUTE_PASSWORD] = {check_password, parse_password},
    [ATTRIBUTE_PATH] = {check_path, NULL},
    [ATTRIBUTE_STRING] = {check_string, NULL},
    [ATTRIBUTE_UUID] = {check_uuid, NULL},
    [ATTRIBUTE_REFERENCE] = {check_reference, parse_reference},
};

/* The rule of a type that was checked when the class was made. */
static const struct rule *rule_of(const struct attribute *attribute)
{
	assert(attribute->type > 0 && attribute->type < ATTRIBUTE_TYPE_END);
	return &rules[attribute->type];
}

/* Null is for optional attributes only. */
static bool check_null(const struct attribute *attribute, const struct value *value, char *reason)
{
	if (attribute->optional)
		return true;
	if (attribute->type == ATTRIBUTE_ENUM)
		return refuse_option(attribute, value, reason);
	return refuse(attribute, reason, "null is not allowed (not optional)");
}

/* What holds for the texts of all types. */
static bool check_bytes(const struct attribute *attribute, const char *text, char *reason)
{
	size_t length = strlen(text);

	if (length > VALUE_TEXT_MAX)
		return refuse(
		    attribute, reason, "%zu bytes is too long (max %d)", length, VALUE_TEXT_MAX);
	if (!utf8_valid(text, length))
		return refuse(attribute, reason, "not valid UTF-8");
	return true;
}

bool attribute_is_required(const struct attribute *attribute)
{
	return !attribute->optional && !attribute->user_read_only &&
	       !attribute->has_default_function && attribute->default_value.type == VALUE_NULL;
}

bool attribute_validate(
    const struct attribute *attribute, struct value *value, char reason[REASON_SIZE])
{
	if (value->type == VALUE_NULL)
		return check_null(attribute, value, reason);
	if (value->type == VALUE_TEXT && !check_bytes(attribute, value->text, reason))
		return false;
	return rule_of(attribute)->check(attribute, value, reason);
}

bool attribute_parse(const struct attribute *attribute, const char *typed, struct value *value,
    char reason[REASON_SIZE])
{
	const struct rule *rule = rule_of(attribute);
	struct value parsed = VALUE_NULL_INIT;

	if (attribute->user_read_only)
		return refuse(attribute, reason, "set by the plugin only");
	if (typed != NULL && !check_bytes(attribute, typed, reason))
		return false;
	if (typed != NULL && rule->parse == NULL)
		parsed = value_text(typed);
	else if (typed != NULL && !rule->parse(attribute, typed, &parsed, reason))
		return false;
	if (!attribute_validate(attribute, &parsed, reason)) {
		value_clear(&parsed);
		return false;
	}
	*value = parsed;
	return true;
}
