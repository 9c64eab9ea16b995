/* SPDX-License-Identifier: MIT */
/* clang-format off */
/*
 * Frames: how samples are stored. A frame holds what one scan sampled of one statistic, for up to
 * FRAME_SLOTS resources of one cohort: one entry per resource, at the slot that the cohort gives
 * it. A condensed frame holds what an interval of time comes to, in the same form.
 *
 * The payload is a number of columns, packed to as few bits as the values of this frame need, so
 * that one slot can be read without the others, by the functions of the schema too:
 *
 *   byte 0      FRAME_FORMAT
 *   byte 1      number of columns
 *   bytes 2-3   the first slot that has an entry
 *   bytes 4-5   number of slots from that one to the last one that has an entry
 *   bytes 6-7   number of entries
 *   columns     10 bytes for each: its kind, its width in bits (0 to 57, or 64), its base (8 bytes)
 *   bitmap      unless all of the slots have an entry: a bit for each, the highest of a byte first,
 *               up to a whole byte
 *   entries     for each column its entries in order of slots, each of the column's width, the
 *               highest bit first, up to a whole byte
 *   end         8 bytes of zero, so that 8 bytes can be read from wherever an entry begins
 *
 * Numbers are big-endian. An entry is the column's base plus its bits (modulo 2^64), as a signed
 * number n. What that is depends on the kind of the column: with 0 to 15, n / 10^kind, n being less
 * than 2^53; with FRAME_REAL, the bits of a double in an order that is that of the numbers: if n is
 * not negative the bits are n, else they are those of n with all but the highest inverted. Every
 * value comes back as it was, bit by bit.
 *
 * Pure functions; any thread.
 */
/* clang-format on */
#ifndef MODEL_FRAME_H
#define MODEL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/column.h"

#define FRAME_FORMAT 1
#define FRAME_SLOTS COLUMN_ENTRIES
#define FRAME_REAL COLUMN_REAL

/* The entries of a frame of samples: its two columns are the offsets and the values. */
struct frame {
	bool present[FRAME_SLOTS];
	int64_t offset_us[FRAME_SLOTS]; /* of the time of the sample from that of the frame */
	double value[FRAME_SLOTS];      /* finite */
};

/* What some samples of one slot come to. With count 0 nothing else has a meaning. */
struct frame_sum {
	uint64_t count;
	/* Exact as long as it and every sample are numbers of up to 15 digits, those after the
	 * point counted; carry is what it lacks otherwise, which encoding adds. */
	double sum;
	double carry;
	double minimum;
	double maximum;
	/* Of a counter: the first and the last sample, and by how much it rose from one to the
	 * next. */
	double first;
	double last;
	double rise;
};

/* The columns of a condensed frame: the first four of a gauge, all of a counter. */
enum frame_sum_column {
	FRAME_COUNT,
	FRAME_SUM,
	FRAME_MINIMUM,
	FRAME_MAXIMUM,
	FRAME_FIRST,
	FRAME_LAST,
	FRAME_RISE,
	FRAME_SUM_COLUMNS
};

/* What an interval comes to so far, for each slot. */
struct frame_sums {
	bool counter;
	struct frame_sum slots[FRAME_SLOTS];
};

/* Appends the payload. A frame without entries is none: at least one is present. */
void frame_encode(const struct frame *frame, struct text *payload);

/* Reads a payload. False if it is none of a frame of samples. */
bool frame_decode(const void *payload, size_t size, struct frame *frame);

/* Appends the payload of a condensed frame; nothing if no slot has a sample. */
void frame_sums_encode(const struct frame_sums *sums, struct text *payload);

/* Reads a payload. False if it is none of a condensed frame of this kind (sums->counter). */
bool frame_sums_decode(const void *payload, size_t size, struct frame_sums *sums);

/*
 * Adds the samples of a frame that begins at time_us, as far as they are of the interval from
 * from_us up to, but not including, to_us. Frames are added in order of time.
 */
void frame_sums_add(struct frame_sums *sums, const struct frame *frame, int64_t time_us,
    int64_t from_us, int64_t to_us);

/* Adds what a part of the interval comes to. Parts are added in order of time. */
void frame_sums_join(struct frame_sums *sums, const struct frame_sums *part);

#endif
