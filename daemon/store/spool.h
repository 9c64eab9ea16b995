/* SPDX-License-Identifier: MIT */
/*
 * Frames of samples that wait for the database in a file, oldest first, also after the process has
 * ended. They are written at once, but not forced to the disk: they outlive the process, and as a
 * rule not a power failure. Each record has its length and a checksum; from one that is not whole
 * on, the file is cut off. Nothing here waits for anything but the file system, and no failure is
 * more than told in the log: what is not added stays with the caller.
 *
 * The file belongs to one database, and to one process at a time.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/record.h"

struct spool;

/* How things stand when frames are added. */
struct spool_mark {
	/*
	 * The highest ids known to be stored. Later ones are given out anew after the process has
	 * ended, if they are not stored by then: frames of them are of use to this process only.
	 */
	record_id cohort_id;
	record_id statistic_id;
	int64_t revision;         /* transactions that the database is known to have had */
	struct wallclock sampled; /* the newest sample */
};

struct spool_status {
	const char *path;
	uint64_t bytes;
	uint64_t limit;
	uint64_t samples;   /* that wait */
	uint64_t left_out;  /* samples of an earlier process, of what was never stored */
	const char *reason; /* why it takes no more, or NULL */
};

/*
 * The spool in a directory, of up to so many bytes (0: nothing is added). What an earlier process
 * has left is there.
 */
struct spool *spool_open(const char *directory, uint64_t limit);
void spool_free(struct spool *spool);

/*
 * Says which database the frames are for, and how many transactions it has had: to be called before
 * what follows. Frames that another one, or a later state of it, was to get are put aside.
 */
void spool_claim(struct spool *spool, const char *identity, int64_t revision);

/* Adds frames, and gives the number of those that could be added. They are copied. */
size_t spool_add(struct spool *spool, const struct frame_row *frames, size_t count,
    const struct spool_mark *mark);

/* The oldest frames as changes to write, or NULL. They stay until spool_drop(). */
struct changes *spool_take(struct spool *spool);

/* What was taken last is stored. */
void spool_drop(struct spool *spool);

bool spool_is_empty(const struct spool *spool);

/* Time of the newest sample when any of its frames were added; 0: there never were any. */
struct wallclock spool_sampled(const struct spool *spool);

/* Valid until the next call. */
struct spool_status spool_status(const struct spool *spool);

#endif
