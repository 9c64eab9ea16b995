/* SPDX-License-Identifier: MIT */
/*
 * The payloads of frames. What the first byte chooses: the others are a payload, which is refused
 * or comes back the same from being encoded again; or they are samples, which come back bit by bit.
 */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct frame *frame, const struct frame *again)
{
	assert(memcmp(frame->present, again->present, sizeof(frame->present)) == 0);
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++) {
		if (!frame->present[slot])
			continue;
		assert(frame->offset_us[slot] == again->offset_us[slot]);
		assert(memcmp(&frame->value[slot], &again->value[slot], sizeof(double)) == 0);
	}
}

static void try_frame(const struct frame *frame)
{
	static struct frame again;
	struct text payload = TEXT_EMPTY;

	frame_encode(frame, &payload);
	assert(frame_decode(payload.data, payload.length, &again));
	compare(frame, &again);
	text_clear(&payload);
}

static void try_payload(const uint8_t *data, size_t size)
{
	static struct frame frame;

	if (frame_decode(data, size, &frame))
		try_frame(&frame);
}

static void try_sums(const uint8_t *data, size_t size, bool counter)
{
	static struct frame_sums sums, again, joined;
	struct text payload = TEXT_EMPTY;

	sums.counter = again.counter = joined.counter = counter;
	if (!frame_sums_decode(data, size, &sums))
		return;
	frame_sums_encode(&sums, &payload);
	assert(frame_sums_decode(payload.data, payload.length, &again));
	assert(memcmp(&sums, &again, sizeof(sums)) == 0);
	memset(joined.slots, 0, sizeof(joined.slots));
	frame_sums_join(&joined, &sums);
	frame_sums_join(&joined, &again);
	text_reset(&payload);
	frame_sums_encode(&joined, &payload);
	/* Refused if it counts more samples than there can be. */
	frame_sums_decode(payload.data, payload.length, &again);
	text_clear(&payload);
}

/* Each sample is how many slots are left out before it, its offset, and its value. */
static void try_samples(const uint8_t *data, size_t size)
{
	static struct frame frame;
	size_t slot = 0;
	bool any = false;

	memset(&frame, 0, sizeof(frame));
	for (; size >= 1 + 2 + sizeof(double); size -= 1 + 2 + sizeof(double), slot++) {
		double value;

		memcpy(&value, data + 3, sizeof(value));
		slot += data[0] / 16;
		if (slot >= FRAME_SLOTS)
			break;
		frame.present[slot] = isfinite(value);
		frame.offset_us[slot] = data[1] * 256 + data[2];
		frame.value[slot] = value;
		any |= isfinite(value);
		data += 1 + 2 + sizeof(double);
	}
	if (any)
		try_frame(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 4) {
	case 0:
		try_payload(data + 1, size - 1);
		break;
	case 1:
		try_samples(data + 1, size - 1);
		break;
	default:
		try_sums(data + 1, size - 1, data[0] % 4 == 3);
		break;
	}
	return 0;
}
