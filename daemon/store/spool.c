/* SPDX-License-Identifier: MIT */
#include "store/spool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/spool_file.h"

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
	struct spool_file file;
	uint64_t limit;
	uint64_t at;            /* of the oldest record */
	uint64_t next;          /* of the one after those that were taken */
	uint64_t taken;         /* samples of these */
	uint64_t inherited_end; /* of the records of earlier processes */
	uint64_t samples;
	uint64_t left_out;
	struct wallclock sampled;
	char *reason; /* why it takes no more, as the log was told */
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
	                    spool->file.path, strerror(errno)));
}

static void end_complaint(struct spool *spool)
{
	if (spool->reason != NULL)
		log_info("the spool %s takes samples again", spool->file.path);
	free(spool->reason);
	spool->reason = NULL;
}

/* ---- opening ---- */

/* Nothing of it is needed any more. */
static void empty(struct spool *spool)
{
	spool_file_cut(&spool->file, 0);
	spool->at = spool->next = spool->inherited_end = spool->samples = 0;
}

/* Opens the file, if it is there or to be made. False with errno if it can't. */
static bool open_file(struct spool *spool, bool make)
{
	struct spool_file *file = &spool->file;

	if (file->fd >= 0)
		return true;
	if (!spool_file_open(file, make))
		return false;
	spool->at = file->size > 0 ? FIRST_RECORD : 0;
	spool->inherited_end = file->size;
	spool->samples = file->samples;
	spool->sampled = file->sampled;
	return true;
}

struct spool *spool_open(const char *directory, uint64_t limit)
{
	struct spool *spool = xcalloc(1, sizeof(*spool));

	spool_file_init(&spool->file, directory);
	spool->limit = limit;
	return spool;
}

void spool_claim(struct spool *spool, const char *identity, int64_t revision)
{
	spool_file_claim(&spool->file, identity, revision);
	if (!open_file(spool, false) && errno != ENOENT)
		complain_of_failure(spool);
}

void spool_free(struct spool *spool)
{
	if (spool == NULL)
		return;
	spool_file_clear(&spool->file);
	free(spool->reason);
	free(spool);
}

/* ---- adding ---- */

/* Appends to the record. */
static void append(struct spool *spool, struct record_head *head, const void *bytes, size_t length)
{
	memcpy(spool->file.record + head->bytes, bytes, length);
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
	uint64_t end = spool->file.size > 0 ? spool->file.size : FIRST_RECORD;
	uint64_t room = spool->limit > end ? spool->limit - end : 0;
	size_t most = room < RECORD_BYTES ? (size_t)room : RECORD_BYTES;

	head->bytes = sizeof(*head);
	for (size_t i = 0; i < count; i++) {
		size_t size = sizeof(struct frame_head) + frames[i].payload.length;

		assert(sizeof(*head) + size <= RECORD_BYTES);
		if (head->bytes + size > most)
			break;
		append_frame(spool, head, &frames[i]);
	}
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
		complain(spool,
		    xasprintf("the spool %s is full: raise statistics.spool", spool->file.path));
		return 0;
	}
	if (!spool_file_write(&spool->file, &head)) {
		complain_of_failure(spool);
		return 0;
	}
	if (spool->at == 0)
		spool->at = FIRST_RECORD;
	spool->samples += head.sample_count;
	spool->sampled = mark->sampled;
	return head.frame_count;
}

size_t spool_add(struct spool *spool, const struct frame_row *frames, size_t count,
    const struct spool_mark *mark)
{
	size_t done = 0;
	size_t added = 1;

	assert(spool->file.claim.magic[0] != '\0');
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
	const char *bytes = spool->file.record + sizeof(*head);
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
	while (spool->next < spool->file.size && spool->next - spool->at < RECORD_BYTES &&
	       spool_file_read(&spool->file, spool->next, &head)) {
		if (changes == NULL)
			changes = xcalloc(1, sizeof(*changes));
		take_frames(spool, spool->next, &head, changes);
		spool->next += head.bytes;
		spool->taken += head.sample_count;
	}
	if (changes == NULL && !spool_is_empty(spool)) {
		log_warning("the spool %s can't be read any more: its last %llu samples are lost",
		    spool->file.path, (unsigned long long)spool->samples);
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
	return spool->at == spool->file.size;
}

struct wallclock spool_sampled(const struct spool *spool)
{
	return spool->sampled;
}

struct spool_status spool_status(const struct spool *spool)
{
	return (struct spool_status){.path = spool->file.path,
	    .bytes = spool->file.size,
	    .limit = spool->limit,
	    .samples = spool->samples,
	    .left_out = spool->left_out,
	    .reason = spool->reason};
}
