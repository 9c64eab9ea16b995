/* SPDX-License-Identifier: MIT */
#include "store/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <sha.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/text.h"

#define MAGIC "IMLSPL1\n"

/* Bytes of a record, and of those of one transaction but for the last one. */
#define RECORD_BYTES ((size_t)1024 * 1024)

/* The file is of this machine: numbers are in its order. */
struct file_head {
	char magic[8];
	char identity[48]; /* of the database */
};

struct record_head {
	uint64_t checksum; /* of what follows */
	uint32_t bytes;    /* with this head */
	uint32_t frame_count;
	uint64_t sample_count;
	struct spool_mark mark;
};

/* The payload follows. */
struct frame_head {
	int64_t cohort_id;
	int64_t statistic_id;
	int64_t time_us;
	uint64_t sample_count;
	uint32_t bin;
	uint32_t bytes;
};

struct spool {
	char *directory;
	char *path;
	int fd; /* -1: not open */
	uint64_t limit;
	struct file_head claim; /* whose it is */
	int64_t revision;       /* of that, when it was claimed */
	uint64_t size;          /* of what is whole; 0: not even the head is there */
	uint64_t at;            /* of the oldest record */
	uint64_t next;          /* of the one after that, once it was taken */
	uint64_t taken;         /* samples of the one that was */
	uint64_t inherited_end; /* of the records of earlier processes */
	uint64_t samples;
	uint64_t left_out;
	struct wallclock sampled;
	char *reason; /* why it takes no more, as the log was told */
	char *record; /* RECORD_BYTES */
};

/* ---- what is told ---- */

/* It takes no more for this reason, which is told when it is new. */
static void complain(struct spool *spool, char *reason)
{
	if (spool->reason == NULL || strcmp(spool->reason, reason) != 0)
		log_warning("%s; until then samples are kept in memory only, and the oldest are"
		            " dropped when there are too many",
		    reason);
	free(spool->reason);
	spool->reason = reason;
}

static void complain_of_failure(struct spool *spool)
{
	complain(spool, xasprintf("the spool %s can't be written: %s: make room or mend it",
	                    spool->path, strerror(errno)));
}

static void end_complaint(struct spool *spool)
{
	if (spool->reason != NULL)
		log_info("the spool %s takes samples again", spool->path);
	free(spool->reason);
	spool->reason = NULL;
}

/* ---- bytes ---- */

static bool read_all(const struct spool *spool, void *bytes, size_t length, uint64_t at)
{
	size_t done = 0;

	while (done < length) {
		ssize_t count =
		    pread(spool->fd, (char *)bytes + done, length - done, (off_t)(at + done));

		if (count == 0 || (count < 0 && errno != EINTR))
			return false;
		done += count > 0 ? (size_t)count : 0;
	}
	return true;
}

static bool write_all(const struct spool *spool, const void *bytes, size_t length, uint64_t at)
{
	size_t done = 0;

	while (done < length) {
		ssize_t count = pwrite(
		    spool->fd, (const char *)bytes + done, length - done, (off_t)(at + done));

		if (count < 0 && errno != EINTR)
			return false;
		done += count > 0 ? (size_t)count : 0;
	}
	return true;
}

/* Has the file end here. What may stay behind that is written over, or not whole. */
static void cut(struct spool *spool, uint64_t size)
{
	if (ftruncate(spool->fd, (off_t)size) != 0)
		log_warning("the spool %s can't be cut off: %s", spool->path, strerror(errno));
	spool->size = size;
}

/* A part of what the fastest hash of our libraries gives: it guards against accidents only. */
static uint64_t checksum_of(const char *record, size_t length)
{
	uint8_t digest[SHA1_DIGEST_LENGTH];
	uint64_t part;
	SHA1_CTX hash;

	SHA1Init(&hash);
	SHA1Update(&hash, (const uint8_t *)record + sizeof(part), length - sizeof(part));
	SHA1Final(digest, &hash);
	memcpy(&part, digest, sizeof(part));
	return part;
}

/* Reads the record at a place; false if there is none that is whole. */
static bool read_record(struct spool *spool, uint64_t at, struct record_head *head)
{
	if (!read_all(spool, head, sizeof(*head), at) || head->bytes < sizeof(*head) ||
	    head->bytes > RECORD_BYTES || !read_all(spool, spool->record, head->bytes, at))
		return false;
	return checksum_of(spool->record, head->bytes) == head->checksum;
}

/* ---- opening ---- */

/* Nothing of it is needed any more. */
static void empty(struct spool *spool)
{
	cut(spool, 0);
	spool->at = spool->next = spool->inherited_end = spool->samples = 0;
}

static void close_file(struct spool *spool)
{
	close(spool->fd);
	spool->fd = -1;
}

/*
 * Looks at every record that is there, and cuts off what is not whole. False if one is of a later
 * state of the database.
 */
static bool inspect_records(struct spool *spool)
{
	off_t end = lseek(spool->fd, 0, SEEK_END);
	struct record_head head;

	spool->size = spool->at = sizeof(struct file_head);
	while (read_record(spool, spool->size, &head)) {
		if (head.mark.revision > spool->revision)
			return false;
		spool->size += head.bytes;
		spool->samples += head.sample_count;
		if (spool->sampled.us < head.mark.sampled.us)
			spool->sampled = head.mark.sampled;
	}
	if ((uint64_t)end > spool->size) {
		log_warning("the spool %s is damaged: its last %llu bytes are cut off", spool->path,
		    (unsigned long long)((uint64_t)end - spool->size));
		cut(spool, spool->size);
	}
	spool->inherited_end = spool->size;
	return true;
}

/* Whether the file is empty, or what it has from an earlier process is taken over. */
static bool inherit(struct spool *spool)
{
	struct file_head head;

	if (lseek(spool->fd, 0, SEEK_END) == 0)
		return true;
	if (!read_all(spool, &head, sizeof(head), 0) ||
	    memcmp(&head, &spool->claim, sizeof(head)) != 0 || !inspect_records(spool))
		return false;
	if (spool->samples > 0)
		log_info("%llu samples of an earlier time wait for the database in %s",
		    (unsigned long long)spool->samples, spool->path);
	return true;
}

/* Moves away what can't be used. */
static void put_aside(struct spool *spool)
{
	char *aside = xasprintf("%s.aside", spool->path);

	log_warning("the samples in %s are not for this database, or it was restored from a "
	            "backup: they are put aside as %s",
	    spool->path, aside);
	if (rename(spool->path, aside) != 0)
		cut(spool, 0);
	close_file(spool);
	spool->size = spool->at = spool->samples = 0;
	spool->sampled.us = 0;
	free(aside);
}

/* Opens the file, if it is there or to be made. False with errno if it can't. */
static bool open_file(struct spool *spool, bool make)
{
	if (spool->fd >= 0)
		return true;
	if (make && make_directories(spool->directory) != 0)
		return false;
	spool->fd = open(spool->path, O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
	if (spool->fd < 0)
		return false;
	if (flock(spool->fd, LOCK_EX | LOCK_NB) != 0) {
		close_file(spool);
		errno = EBUSY;
		return false;
	}
	if (inherit(spool))
		return true;
	put_aside(spool);
	errno = ENOENT;
	return make && open_file(spool, true);
}

struct spool *spool_open(const char *directory, uint64_t limit)
{
	struct spool *spool = xcalloc(1, sizeof(*spool));

	spool->directory = xstrdup(directory);
	spool->path = xasprintf("%s/samples.spool", directory);
	spool->fd = -1;
	spool->limit = limit;
	spool->record = xreallocarray(NULL, RECORD_BYTES, 1);
	return spool;
}

void spool_claim(struct spool *spool, const char *identity, int64_t revision)
{
	memcpy(spool->claim.magic, MAGIC, sizeof(spool->claim.magic));
	if (!text_copy(spool->claim.identity, sizeof(spool->claim.identity), identity))
		assert(!"identities are short");
	spool->revision = revision;
	if (!open_file(spool, false) && errno != ENOENT)
		complain_of_failure(spool);
}

void spool_free(struct spool *spool)
{
	if (spool == NULL)
		return;
	if (spool->fd >= 0)
		close_file(spool);
	free(spool->directory);
	free(spool->path);
	free(spool->reason);
	free(spool->record);
	free(spool);
}

/* ---- adding ---- */

/* Appends to the record. */
static void append(struct spool *spool, struct record_head *head, const void *bytes, size_t length)
{
	memcpy(spool->record + head->bytes, bytes, length);
	head->bytes += (uint32_t)length;
}

static void append_frame(struct spool *spool, struct record_head *head, const struct frame_row *row)
{
	const struct frame_head frame = {.cohort_id = row->cohort_id,
	    .statistic_id = row->statistic_id,
	    .time_us = row->time.us,
	    .sample_count = row->sample_count,
	    .bin = row->bin,
	    .bytes = (uint32_t)row->payload.length};

	append(spool, head, &frame, sizeof(frame));
	append(spool, head, row->payload.data, row->payload.length);
	head->frame_count++;
	head->sample_count += row->sample_count;
}

/* Makes a record of as many frames as fit in it, and in the file. */
static void make_record(
    struct spool *spool, struct record_head *head, const struct frame_row *frames, size_t count)
{
	uint64_t size_before = spool->size > 0 ? spool->size : sizeof(struct file_head);
	uint64_t room = spool->limit > size_before ? spool->limit - size_before : 0;
	size_t most = room < RECORD_BYTES ? (size_t)room : RECORD_BYTES;

	head->bytes = sizeof(*head);
	for (size_t i = 0; i < count; i++) {
		size_t size = sizeof(struct frame_head) + frames[i].payload.length;

		assert(sizeof(*head) + size <= RECORD_BYTES);
		if (head->bytes + size > most)
			break;
		append_frame(spool, head, &frames[i]);
	}
	memcpy(spool->record, head, sizeof(*head));
	head->checksum = checksum_of(spool->record, head->bytes);
	memcpy(spool->record, head, sizeof(*head));
}

/* The head of the file, before the first record. */
static bool write_head(struct spool *spool)
{
	if (spool->size > 0)
		return true;
	if (!write_all(spool, &spool->claim, sizeof(spool->claim), 0))
		return false;
	spool->size = spool->at = sizeof(spool->claim);
	return true;
}

/* Adds one record; 0 if it can't, which is told. */
static size_t add_record(struct spool *spool, const struct frame_row *frames, size_t count,
    const struct spool_mark *mark)
{
	struct record_head head = {.mark = *mark};

	if (!open_file(spool, true)) {
		complain_of_failure(spool);
		return 0;
	}
	make_record(spool, &head, frames, count);
	if (head.frame_count == 0) {
		complain(
		    spool, xasprintf("the spool %s is full: raise statistics.spool", spool->path));
		return 0;
	}
	if (!write_head(spool) || !write_all(spool, spool->record, head.bytes, spool->size)) {
		complain_of_failure(spool);
		cut(spool, spool->size);
		return 0;
	}
	spool->size += head.bytes;
	spool->samples += head.sample_count;
	spool->sampled = mark->sampled;
	return head.frame_count;
}

size_t spool_add(struct spool *spool, const struct frame_row *frames, size_t count,
    const struct spool_mark *mark)
{
	size_t done = 0;
	size_t added = 1;

	assert(spool->claim.magic[0] != '\0');
	while (spool->limit > 0 && done < count && added > 0) {
		added = add_record(spool, frames + done, count - done, mark);
		done += added;
	}
	if (done == count && count > 0)
		end_complaint(spool);
	return done;
}

/* ---- taking ---- */

static void add_frame(struct changes *changes, const struct frame_head *frame, const char *payload)
{
	struct frame_row *row = &changes->frames[changes->frame_count++];

	*row = (struct frame_row){.cohort_id = frame->cohort_id,
	    .statistic_id = frame->statistic_id,
	    .bin = frame->bin,
	    .time = {frame->time_us},
	    .sample_count = frame->sample_count};
	text_append_bytes(&row->payload, payload, frame->bytes);
}

/* Adds the frames of the record that was read, from this place, but those of what was never stored.
 */
static void take_frames(
    struct spool *spool, uint64_t at, const struct record_head *head, struct changes *changes)
{
	const char *bytes = spool->record + sizeof(*head);
	bool inherited = at < spool->inherited_end;

	changes->frames = xreallocarray(
	    changes->frames, changes->frame_count + head->frame_count, sizeof(*changes->frames));
	for (uint32_t i = 0; i < head->frame_count; i++) {
		struct frame_head frame;

		memcpy(&frame, bytes, sizeof(frame));
		bytes += sizeof(frame);
		if (inherited && (frame.cohort_id > head->mark.cohort_id ||
		                     frame.statistic_id > head->mark.statistic_id))
			spool->left_out += frame.sample_count;
		else
			add_frame(changes, &frame, bytes);
		bytes += frame.bytes;
	}
	changes->counters.sampled = head->mark.sampled;
}

struct changes *spool_take(struct spool *spool)
{
	struct changes *changes = NULL;
	struct record_head head;

	spool->next = spool->at;
	spool->taken = 0;
	while (spool->next < spool->size && spool->next - spool->at < RECORD_BYTES &&
	       read_record(spool, spool->next, &head)) {
		if (changes == NULL)
			changes = xcalloc(1, sizeof(*changes));
		take_frames(spool, spool->next, &head, changes);
		spool->next += head.bytes;
		spool->taken += head.sample_count;
	}
	if (changes == NULL && !spool_is_empty(spool)) {
		log_warning("the spool %s can't be read any more: its last %llu samples are lost",
		    spool->path, (unsigned long long)spool->samples);
		empty(spool);
	}
	return changes;
}

void spool_drop(struct spool *spool)
{
	assert(spool->next > spool->at);
	spool->at = spool->next;
	spool->samples -= spool->taken;
	if (spool_is_empty(spool))
		empty(spool);
}

/* ---- looking ---- */

bool spool_is_empty(const struct spool *spool)
{
	return spool->at == spool->size;
}

struct wallclock spool_sampled(const struct spool *spool)
{
	return spool->sampled;
}

struct spool_status spool_status(const struct spool *spool)
{
	return (struct spool_status){.path = spool->path,
	    .bytes = spool->size,
	    .limit = spool->limit,
	    .samples = spool->samples,
	    .left_out = spool->left_out,
	    .reason = spool->reason};
}
