/* SPDX-License-Identifier: MIT */
/*
 * Frames: the buffer holds bytes as they came, from consumed on not looked at yet. A message of one
 * frame is handed out where it lies; the parts of a longer one are gathered in body. What is no
 * longer needed is wiped: there may be passwords in it.
 */
#include "wire/message.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "wire/codec.h"
#include "wire/frame.h"

/* Memory kept for the next message. */
#define KEPT_MAX ((size_t)4 * FRAME_MAX)

struct header {
	uint32_t length;
	uint16_t type;
	uint16_t flags;
};

static void write_header(char *bytes, enum message_type type, size_t length, uint16_t flags)
{
	uint64_t header = (uint64_t)length | (uint64_t)type << 32 | (uint64_t)flags << 48;

	assert(length <= FRAME_MAX);
	for (size_t i = 0; i < FRAME_HEADER_SIZE; i++)
		bytes[i] = (char)(header >> (8 * i));
}

size_t frame_begin(struct text *out)
{
	static const char header[FRAME_HEADER_SIZE];
	size_t start = out->length;

	text_append_bytes(out, header, sizeof(header));
	return start;
}

void frame_end(struct text *out, enum message_type type, size_t start)
{
	size_t length = out->length - start - FRAME_HEADER_SIZE;
	size_t more = length > FRAME_MAX ? (length - 1) / FRAME_MAX : 0;
	size_t part = length - more * FRAME_MAX;

	text_reserve(out, more * FRAME_HEADER_SIZE);
	out->length += more * FRAME_HEADER_SIZE;
	out->data[out->length] = '\0';
	/* The last part is moved first, to make room for its header. */
	for (size_t i = more; i > 0; i--, part = FRAME_MAX) {
		char *from = out->data + start + FRAME_HEADER_SIZE + i * FRAME_MAX;
		char *to = from + i * FRAME_HEADER_SIZE;

		memmove(to, from, part);
		write_header(to - FRAME_HEADER_SIZE, type, part, i < more ? FRAME_MORE : 0);
	}
	write_header(out->data + start, type, part, more > 0 ? FRAME_MORE : 0);
}

void frame_reader_clear(struct frame_reader *reader)
{
	text_forget(&reader->buffer);
	text_forget(&reader->body);
	*reader = (struct frame_reader){0};
}

/* Gives back the memory of an unusually long text, and else keeps it for the next. */
static void reset(struct text *text)
{
	if (text->length > 0)
		explicit_bzero(text->data, text->length);
	if (text->capacity > KEPT_MAX)
		text_clear(text);
	else if (text->length > 0)
		text_reset(text);
}

/* Drops what was consumed, moving the rest to the front only when that is the smaller part. */
static void compact(struct frame_reader *reader)
{
	struct text *buffer = &reader->buffer;
	size_t rest = buffer->length - reader->consumed;

	if (rest == 0) {
		reset(buffer);
	} else if (reader->consumed > rest) {
		memmove(buffer->data, buffer->data + reader->consumed, rest);
		explicit_bzero(buffer->data + rest, reader->consumed);
		buffer->length = rest;
		buffer->data[rest] = '\0';
	} else {
		return;
	}
	reader->consumed = 0;
}

void *frame_reader_room(struct frame_reader *reader, size_t size)
{
	compact(reader);
	text_reserve(&reader->buffer, size);
	return reader->buffer.data + reader->buffer.length;
}

void frame_reader_came(struct frame_reader *reader, size_t length)
{
	struct text *buffer = &reader->buffer;

	assert(length < buffer->capacity - buffer->length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void frame_reader_feed(struct frame_reader *reader, const void *bytes, size_t length)
{
	memcpy(frame_reader_room(reader, length), bytes, length);
	frame_reader_came(reader, length);
}

/* Writes why the bytes are no frames, and returns -1. */
static int __attribute__((format(printf, 2, 3)))
refuse(char reason[REASON_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, REASON_SIZE, format, arguments);
	va_end(arguments);
	return -1;
}

/* Whether a frame of this header can follow what came before: 0, or -1 with a reason. */
static int check_header(
    const struct frame_reader *reader, const struct header *header, char reason[REASON_SIZE])
{
	if (header->length > FRAME_MAX)
		return refuse(
		    reason, "a frame of %u bytes is longer than %d", header->length, FRAME_MAX);
	if (header->type == 0 || header->type >= MESSAGE_TYPE_END)
		return refuse(reason, "a frame has the unknown type %u", header->type);
	if ((header->flags & ~FRAME_MORE) != 0)
		return refuse(reason, "a frame has the unknown flags 0x%x", header->flags);
	if (header->length == 0 && (header->flags & FRAME_MORE) != 0)
		return refuse(reason, "a frame that has to be continued is empty");
	if (reader->in_message && header->type != reader->type)
		return refuse(reason, "a frame of type %u interrupts a message of type %u",
		    header->type, reader->type);
	if (reader->in_message && header->length > MESSAGE_MAX - reader->body.length)
		return refuse(reason, "a message is longer than %d bytes", MESSAGE_MAX);
	return 0;
}

void frame_reader_release(struct frame_reader *reader)
{
	if (!reader->in_message)
		reset(&reader->body);
}

/* Adds a frame to the message in the making. Returns whether that is complete. */
static bool join(struct frame_reader *reader, const struct header *header, const char *data,
    const void **body, size_t *length)
{
	bool more = (header->flags & FRAME_MORE) != 0;

	if (!reader->in_message && !more) {
		*body = data;
		*length = header->length;
		return true;
	}
	text_append_bytes(&reader->body, data, header->length);
	reader->type = header->type;
	reader->in_message = more;
	*body = reader->body.data;
	*length = reader->body.length;
	return !more;
}

/* Reads the header of the next frame. Returns whether that frame is there in full. */
static bool peek(const struct frame_reader *reader, struct header *header, bool *has_header)
{
	const struct text *buffer = &reader->buffer;
	size_t rest = buffer->length - reader->consumed;
	struct reader in;

	*has_header = rest >= FRAME_HEADER_SIZE;
	if (!*has_header)
		return false;
	in = reader_of(buffer->data + reader->consumed, FRAME_HEADER_SIZE);
	header->length = get_u32(&in);
	header->type = get_u16(&in);
	header->flags = get_u16(&in);
	return rest - FRAME_HEADER_SIZE >= header->length;
}

int frame_reader_next(struct frame_reader *reader, enum message_type *type, const void **body,
    size_t *length, char reason[REASON_SIZE])
{
	frame_reader_release(reader);
	for (;;) {
		struct header header;
		bool has_header;
		bool complete = peek(reader, &header, &has_header);
		const char *data;

		/* A wrong header is told at once, not when as many bytes as it claims came. */
		if (has_header && check_header(reader, &header, reason) < 0)
			return -1;
		if (!complete)
			return 0;
		data = reader->buffer.data + reader->consumed + FRAME_HEADER_SIZE;
		reader->consumed += FRAME_HEADER_SIZE + header.length;
		*type = (enum message_type)header.type;
		if (join(reader, &header, data, body, length))
			return 1;
	}
}
