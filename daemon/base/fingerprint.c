/* SPDX-License-Identifier: MIT */
#include "base/fingerprint.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include <sha2.h>

static pthread_once_t made = PTHREAD_ONCE_INIT;
static uint8_t process_key[SHA256_DIGEST_LENGTH];

static void make_key(void)
{
	ssize_t length;

	do
		length = getrandom(process_key, sizeof(process_key), 0);
	while (length < 0 && errno == EINTR);
	assert(length == (ssize_t)sizeof(process_key));
}

/* A part of the SHA-256 of the key and the bytes: so short that nothing can be appended to them. */
uint64_t fingerprint(const void *bytes, size_t length)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint64_t part;
	SHA2_CTX hash;

	pthread_once(&made, make_key);
	SHA256Init(&hash);
	SHA256Update(&hash, process_key, sizeof(process_key));
	SHA256Update(&hash, bytes, length);
	SHA256Final(digest, &hash);
	explicit_bzero(&hash, sizeof(hash));
	memcpy(&part, digest, sizeof(part));
	return part;
}
