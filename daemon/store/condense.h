/* SPDX-License-Identifier: MIT */
/*
 * Condensing: from the frames of one resolution, read in order, those of the next one are made. The
 * frame of an interval is a function of the finer frames in it and of nothing else, so making it
 * again does no harm.
 *
 * Either all frames of one interval are made, or some frames of any interval that got samples late.
 */
#ifndef STORE_CONDENSE_H
#define STORE_CONDENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/record.h"
#include "store/array.h"
#include "store/partition.h"

/* A finer frame, and the frame that it is a part of. */
struct part_row {
	struct late_row frame;
	bool counter;
	int64_t time_us; /* of the finer one; INT64_MIN: there is none */
	const char *payload;
	size_t size;
};

/* A list of frames. */
struct late_list {
	struct late_row *rows;
	size_t count;
	size_t capacity;
};

/* The columns of the frames that were made, as parameters of a statement. */
enum made_column { MADE_COHORT, MADE_STATISTIC, MADE_BIN, MADE_TIME, MADE_PAYLOAD, MADE_COLUMNS };

struct frame;
struct frame_sums;

struct condenser {
	unsigned resolution; /* of the frames that are made; 0: none are */
	bool late;           /* they are made again */
	int64_t begin_us;    /* of the interval, unless they are late */
	bool found;          /* any part in it */
	size_t read;         /* parts in this step */

	bool open;             /* a frame is being made */
	struct late_row frame; /* that one */
	int64_t last_us;       /* time of its last part */
	struct frame_sums *sums;

	struct late_list made;
	struct array columns[MADE_COLUMNS]; /* of those made */

	/* A part as it is read: one of these. */
	struct frame *samples;
	struct frame_sums *part;
};

/* Begins an interval, or with late frames. */
void condenser_begin(struct condenser *condenser, unsigned resolution, int64_t begin_us);
void condenser_begin_late(struct condenser *condenser, unsigned resolution);

/*
 * Adds the next part, in order of the frames and of time. False if it can't be read, and is left
 * out.
 */
bool condenser_add(struct condenser *condenser, const struct part_row *row);

/* All parts were added: the last frame is made. */
void condenser_finish(struct condenser *condenser);

/* The frames that were made are stored, and make room for more. */
void condenser_stored(struct condenser *condenser);

/* Forgets everything; it can be begun again. */
void condenser_stop(struct condenser *condenser);

struct condenser *condenser_new(void);
void condenser_free(struct condenser *condenser);

/* Length of the intervals of the frames that are made. */
int64_t condenser_length_us(const struct condenser *condenser);

/*
 * Adds the frames of a resolution that have a part in the time from from_us until to_us, as far as
 * they were condensed until condensed_us. The series is that of frame.
 */
void late_add(struct late_list *list, const struct late_row *frame, unsigned resolution,
    int64_t from_us, int64_t to_us, int64_t condensed_us);

#endif
