/* SPDX-License-Identifier: MIT */
#include "store/spool_file.h"

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

static const char magic[8] = "IMLSPL1";

/* ---- bytes ---- */

static bool read_all(const struct spool_file *file, void *bytes, size_t length, uint64_t at)
{
	size_t done = 0;

	while (done < length) {
		ssize_t count =
		    pread(file->fd, (char *)bytes + done, length - done, (off_t)(at + done));

		if (count == 0 || (count < 0 && errno != EINTR))
			return false;
		done += count > 0 ? (size_t)count : 0;
	}
	return true;
}

static bool write_all(const struct spool_file *file, const void *bytes, size_t length, uint64_t at)
{
	size_t done = 0;

	while (done < length) {
		ssize_t count =
		    pwrite(file->fd, (const char *)bytes + done, length - done, (off_t)(at + done));

		if (count < 0 && errno != EINTR)
			return false;
		done += count > 0 ? (size_t)count : 0;
	}
	return true;
}

void spool_file_cut(struct spool_file *file, uint64_t size)
{
	if (ftruncate(file->fd, (off_t)size) != 0)
		log_warning("the spool %s can't be cut off: %s", file->path, strerror(errno));
	file->size = size;
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

bool spool_file_read(struct spool_file *file, uint64_t at, struct record_head *head)
{
	if (!read_all(file, head, sizeof(*head), at) || head->bytes < sizeof(*head) ||
	    head->bytes > RECORD_BYTES || !read_all(file, file->record, head->bytes, at))
		return false;
	return checksum_of(file->record, head->bytes) == head->checksum;
}

/* ---- opening ---- */

static void close_file(struct spool_file *file)
{
	close(file->fd);
	file->fd = -1;
}

/*
 * Looks at every record that is there, and cuts off what is not whole. False if one is of a later
 * state of the database.
 */
static bool inspect_records(struct spool_file *file)
{
	off_t end = lseek(file->fd, 0, SEEK_END);
	struct record_head head;

	file->size = FIRST_RECORD;
	while (spool_file_read(file, file->size, &head)) {
		if (head.mark.revision > file->revision)
			return false;
		file->size += head.bytes;
		file->samples += head.sample_count;
		if (file->sampled.us < head.mark.sampled.us)
			file->sampled = head.mark.sampled;
	}
	if ((uint64_t)end > file->size) {
		log_warning("the spool %s is damaged: its last %llu bytes are cut off", file->path,
		    (unsigned long long)((uint64_t)end - file->size));
		spool_file_cut(file, file->size);
	}
	return true;
}

/* Whether the file is empty, or what it has from an earlier process is taken over. */
static bool inherit(struct spool_file *file)
{
	struct spool_file_head head;

	if (lseek(file->fd, 0, SEEK_END) == 0)
		return true;
	if (!read_all(file, &head, sizeof(head), 0) ||
	    memcmp(&head, &file->claim, sizeof(head)) != 0 || !inspect_records(file))
		return false;
	if (file->samples > 0)
		log_info("%llu samples of an earlier time wait for the database in %s",
		    (unsigned long long)file->samples, file->path);
	return true;
}

/* Moves away what can't be used. */
static void put_aside(struct spool_file *file)
{
	char *aside = xasprintf("%s.aside", file->path);

	log_warning("the samples in %s are not for this database, or it was restored from a "
	            "backup: they are put aside as %s",
	    file->path, aside);
	if (rename(file->path, aside) != 0)
		spool_file_cut(file, 0);
	close_file(file);
	file->size = file->samples = 0;
	file->sampled.us = 0;
	free(aside);
}

bool spool_file_open(struct spool_file *file, bool make)
{
	if (file->fd >= 0)
		return true;
	if (make && make_directories(file->directory) != 0)
		return false;
	file->fd = open(file->path, O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
	if (file->fd < 0)
		return false;
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0) {
		close_file(file);
		errno = EBUSY;
		return false;
	}
	if (inherit(file))
		return true;
	put_aside(file);
	errno = ENOENT;
	return make && spool_file_open(file, true);
}

void spool_file_init(struct spool_file *file, const char *directory)
{
	*file = (struct spool_file){.fd = -1};
	file->directory = xstrdup(directory);
	file->path = xasprintf("%s/samples.spool", directory);
	file->record = xreallocarray(NULL, RECORD_BYTES, 1);
}

void spool_file_clear(struct spool_file *file)
{
	if (file->fd >= 0)
		close_file(file);
	free(file->directory);
	free(file->path);
	free(file->record);
}

void spool_file_claim(struct spool_file *file, const char *identity, int64_t revision)
{
	bool fits = text_copy(file->claim.identity, sizeof(file->claim.identity), identity);

	assert(fits);
	memcpy(file->claim.magic, magic, sizeof(magic));
	file->revision = revision;
}

/* ---- writing ---- */

bool spool_file_write(struct spool_file *file, struct record_head *head)
{
	uint64_t at = file->size > 0 ? file->size : FIRST_RECORD;
	int error;

	memcpy(file->record, head, sizeof(*head));
	head->checksum = checksum_of(file->record, head->bytes);
	memcpy(file->record, head, sizeof(*head));
	if ((file->size > 0 || write_all(file, &file->claim, sizeof(file->claim), 0)) &&
	    write_all(file, file->record, head->bytes, at)) {
		file->size = at + head->bytes;
		return true;
	}
	error = errno;
	spool_file_cut(file, file->size);
	errno = error;
	return false;
}
