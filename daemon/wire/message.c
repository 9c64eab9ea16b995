/* SPDX-License-Identifier: MIT */
#include "wire/message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/check.h"
#include "wire/frame.h"
#include "wire/message_layouts.h"

/* What there is to know of each type of message. */
struct message_kind {
	const char *name;
	const struct layout *layout;
	size_t offset; /* of its part in struct message */
	message_check *check;
};

#define KIND(name_, part_, check_)                                           \
	{                                                                    \
		.name = (name_), .layout = &part_##_layout,                  \
		.offset = offsetof(struct message, part_), .check = (check_) \
	}

static const struct message_kind kinds[MESSAGE_TYPE_END] = {
    [MESSAGE_CONFIGURE] = KIND("CONFIGURE", configure, check_configure),
    [MESSAGE_OPEN] = KIND("OPEN", open, check_open),
    [MESSAGE_CLOSE] = KIND("CLOSE", close, NULL),
    [MESSAGE_ACKNOWLEDGE] = KIND("ACKNOWLEDGE", acknowledge, NULL),
    [MESSAGE_PREPARE] = KIND("PREPARE", prepare, check_prepare),
    [MESSAGE_ADJUST] = KIND("ADJUST", adjust, NULL),
    [MESSAGE_STOP] = {.name = "STOP", .layout = &stop_layout},
    [MESSAGE_LOADED] = KIND("LOADED", loaded, check_loaded),
    [MESSAGE_FAILED] = KIND("FAILED", failed, check_failed),
    [MESSAGE_BATCH] = {"BATCH", &batch_message_layout, offsetof(struct message, batch),
        check_batch},
    [MESSAGE_ENDED] = KIND("ENDED", ended, check_ended),
    [MESSAGE_LOG] = KIND("LOG", log, check_log),
    [MESSAGE_PREPARED] = KIND("PREPARED", prepared, check_prepared),
    [MESSAGE_ASSOCIATE] = KIND("ASSOCIATE", associate, NULL),
    [MESSAGE_SCAN] = KIND("SCAN", scan, NULL),
};

/* The table's row, or NULL for a number that stands for no type. */
static const struct message_kind *kind_of(enum message_type type)
{
	return type > 0 && type < MESSAGE_TYPE_END ? &kinds[type] : NULL;
}

const char *message_type_name(enum message_type type)
{
	const struct message_kind *kind = kind_of(type);

	return kind != NULL ? kind->name : "?";
}

struct message message_open_for(uint32_t session, uint32_t index, const struct class *class,
    const struct value *values, const char *label)
{
	struct change *changes = xcalloc(class->attribute_count, sizeof(*changes));
	size_t count = 0;

	for (size_t i = 0; i < class->attribute_count; i++)
		if (values[i].type != VALUE_NULL && values[i].type != VALUE_REFERENCE)
			changes[count++] = (struct change){(uint32_t)i, values[i]};
	return (struct message){.type = MESSAGE_OPEN,
	    .open = {.session = session,
	        .class = index,
	        .label = xstrdup(label),
	        .values = changes,
	        .value_count = count}};
}

void message_open_release(struct message *message)
{
	free(message->open.label);
	free(message->open.values);
}

void message_clear(struct message *message)
{
	const struct message_kind *kind = kind_of(message->type);

	if (kind != NULL)
		layout_clear(kind->layout, (char *)message + kind->offset);
	*message = (struct message){0};
}

void message_encode(const struct message *message, struct text *out)
{
	const struct message_kind *kind = kind_of(message->type);
	size_t start;

	assert(kind != NULL);
	start = frame_begin(out);
	layout_encode(kind->layout, (const char *)message + kind->offset, out);
	frame_end(out, message->type, start);
}

/* Decodes the part of the message that belongs to its type, and checks it. */
static bool decode_part(const struct message_kind *kind, struct reader *in, void *part,
    const struct wire_context *context, char reason[REASON_SIZE])
{
	static const struct wire_context no_context;

	if (!layout_decode(kind->layout, in, part, reason))
		return false;
	if (!reader_finish(in))
		return check_refuse(reason, "%s", in->error);
	return kind->check == NULL ||
	       kind->check(part, context != NULL ? context : &no_context, reason);
}

bool message_decode(enum message_type type, const void *body, size_t length,
    const struct wire_context *context, struct message *message, char reason[REASON_SIZE])
{
	const struct message_kind *kind = kind_of(type);
	struct reader in = reader_of(body, length);

	*message = (struct message){.type = type};
	if (kind == NULL)
		return check_refuse(reason, "there is no message of type %d", (int)type);
	if (decode_part(kind, &in, (char *)message + kind->offset, context, reason))
		return true;
	message_clear(message);
	return false;
}
