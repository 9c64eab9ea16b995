/* SPDX-License-Identifier: MIT */
/*
 * The file of a spool: a head that tells whose it is, and records with their length and a checksum.
 * What a failure, or the end of the machine, left of a record is cut off.
 */
#ifndef STORE_SPOOL_FILE_H
#define STORE_SPOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "store/spool.h"

/* Bytes of a record, at most. */
#define RECORD_BYTES ((size_t)1024 * 1024)

/* The file is of this machine: numbers are in its order. */
struct spool_file_head {
	char magic[8];
	char identity[48]; /* of the database */
};

/* Where the first record is. */
#define FIRST_RECORD sizeof(struct spool_file_head)

/* Its frames follow. */
struct record_head {
	uint64_t checksum; /* of what follows */
	uint32_t bytes;    /* with this head */
	uint32_t frame_count;
	uint64_t sample_count;
	struct spool_mark mark;
};

struct spool_file {
	char *directory;
	char *path;
	int fd;                       /* -1: not open */
	struct spool_file_head claim; /* whose it is */
	int64_t revision;             /* of that, when it was claimed */
	uint64_t size;                /* of what is whole; 0: nothing is there */
	uint64_t samples;             /* that were found when it was opened */
	struct wallclock sampled;     /* the newest of them */
	char *record; /* RECORD_BYTES: the last that was read, or is to be written */
};

void spool_file_init(struct spool_file *file, const char *directory);
void spool_file_clear(struct spool_file *file);

/* Says whose it is; identities that are too long are a bug. */
void spool_file_claim(struct spool_file *file, const char *identity, int64_t revision);

/*
 * Opens the file, if it is there or to be made, and looks at every record. What is of another owner
 * is moved aside, which is told. False with errno if it can't, EBUSY if another process has it.
 */
bool spool_file_open(struct spool_file *file, bool make);

/* Reads the record at a place; false if there is none that is whole. */
bool spool_file_read(struct spool_file *file, uint64_t at, struct record_head *head);

/* Writes the record, whose head this is, after the last one. False with errno, and nothing left. */
bool spool_file_write(struct spool_file *file, struct record_head *head);

/* Has the file end here. What may stay behind that is written over, or not whole. */
void spool_file_cut(struct spool_file *file, uint64_t size);

#endif
