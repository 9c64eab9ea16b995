/* SPDX-License-Identifier: MIT */
/*
 * Whatever a plugin host sends: the bytes are taken as frames, and each message that they make is
 * decoded. A message that is accepted must come back the same from being sent on. The corpus to
 * begin with is what the test of the messages sends.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define T(text) ((char[]){text})

static char *ancestry[] = {T("fuzz.Drive"), T("Resource")};
static size_t identifier[] = {0};
static struct value options[] = {{.type = VALUE_TEXT, .text = T("OK")}};
static struct value states[] = {{.type = VALUE_TEXT, .text = T("OK")}, {.type = VALUE_NULL}};
static struct attribute attributes[] = {
    {.type = ATTRIBUTE_STRING, .name = T("serial"), .label = T("Serial"), .max_length = 20},
    {.type = ATTRIBUTE_ENUM,
        .name = T("status"),
        .label = T("Status"),
        .options = options,
        .option_count = 1,
        .has_default_function = true},
    {.type = ATTRIBUTE_BYTES, .name = T("size"), .label = T("Size"), .optional = true},
    {.type = ATTRIBUTE_BOOLEAN, .name = T("online"), .label = T("Online"), .optional = true},
    {.type = ATTRIBUTE_UUID, .name = T("uuid"), .label = T("Uuid"), .optional = true},
    {.type = ATTRIBUTE_HOSTNAME, .name = T("host"), .label = T("Host"), .optional = true},
    {.type = ATTRIBUTE_PATH, .name = T("path"), .label = T("Path"), .optional = true},
    {.type = ATTRIBUTE_PASSWORD, .name = T("secret"), .label = T("Secret"), .optional = true},
    {.type = ATTRIBUTE_REFERENCE, .name = T("shelf"), .label = T("Shelf"), .optional = true},
};
static struct bin bins[] = {{0, 9}, {10, INT64_MAX}};
static struct statistic statistics[] = {
    {STATISTIC_GAUGE, T("heat"), T("Heat"), T("C"), 10, NULL, 0},
    {STATISTIC_HISTOGRAM, T("sizes"), T("Sizes"), T(""), 10, bins, 2},
};
static struct alert_condition conditions[] = {
    {.type = CONDITION_VALUE,
        .subject = 1,
        .thresholds = {{.states = states, .state_count = 2}},
        .raise_after = 1,
        .clear_after = 1},
};
static size_t series[] = {0};
static struct chart charts[] = {{T("Climate"), series, 1}};
static struct relation relations[] = {
    {RELATION_PROVIDE, T("linux"), T("ScsiDevice"), identifier, 1, true}};
static struct class class = {
    .plugin = T("fuzz"),
    .name = T("Drive"),
    .label = T("Drive"),
    .scannable = true,
    .builtin = BUILTIN_RESOURCE,
    .ancestry = ancestry,
    .ancestry_count = 2,
    .scope = IDENTIFIER_SCOPED,
    .identifier = identifier,
    .identifier_count = 1,
    .attributes = attributes,
    .attribute_count = sizeof(attributes) / sizeof(attributes[0]),
    .statistics = statistics,
    .statistic_count = 2,
    .conditions = conditions,
    .condition_count = 1,
    .charts = charts,
    .chart_count = 1,
    .has_declared_charts = true,
    .relations = relations,
    .relation_count = 1,
};
static struct class *classes[] = {&class};

/* Each session has the resources 0 to 3. */
static size_t class_of(void *context, uint32_t session, uint32_t resource)
{
	(void)context;
	(void)session;
	return resource < 4 ? 0 : CLASS_NOT_FOUND;
}

static const struct wire_context context = {
    .classes = classes, .class_count = 1, .class_of = class_of};

/* Decodes a body; what is accepted must encode to the same body. */
static void try_message(enum message_type type, const void *body, size_t length)
{
	struct text frames = TEXT_EMPTY;
	struct message message;
	char reason[REASON_SIZE];

	if (!message_decode(type, body, length, &context, &message, reason)) {
		assert(strlen(reason) > 0);
		return;
	}
	message_encode(&message, &frames);
	assert(frames.length >= FRAME_HEADER_SIZE + length);
	if (length <= FRAME_MAX)
		assert(memcmp(frames.data + FRAME_HEADER_SIZE, body, length) == 0);
	text_clear(&frames);
	message_clear(&message);
}

/* The bytes as a stream that arrives in two pieces. */
static void try_stream(const uint8_t *data, size_t size)
{
	struct frame_reader reader = {0};
	enum message_type type;
	const void *body;
	size_t length, half = size / 2;
	char reason[REASON_SIZE];
	int result = 0;

	for (int piece = 0; piece < 2 && result == 0; piece++) {
		frame_reader_feed(
		    &reader, piece == 0 ? data : data + half, piece == 0 ? half : size - half);
		while ((result = frame_reader_next(&reader, &type, &body, &length, reason)) > 0)
			try_message(type, body, length);
	}
	frame_reader_clear(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	/* The first byte chooses between a stream and the body of one type of message. */
	if (data[0] % MESSAGE_TYPE_END == 0)
		try_stream(data + 1, size - 1);
	else
		try_message((enum message_type)(data[0] % MESSAGE_TYPE_END), data + 1, size - 1);
	return 0;
}
