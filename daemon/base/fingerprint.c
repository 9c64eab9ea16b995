/* SPDX-License-Identifier: MIT */
#include "base/fingerprint.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

static pthread_once_t made = PTHREAD_ONCE_INIT;
static uint64_t process_key[2];

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void mix(uint64_t v[4], unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

/* Up to 8 bytes as a number, the first one lowest. */
static uint64_t word_of(const uint8_t *bytes, size_t count)
{
	uint64_t word = 0;

	for (size_t i = 0; i < count; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

uint64_t siphash(const uint64_t key[2], const void *bytes, size_t length)
{
	const uint8_t *rest = bytes;
	uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575),
	    key[1] ^ UINT64_C(0x646f72616e646f6d), key[0] ^ UINT64_C(0x6c7967656e657261),
	    key[1] ^ UINT64_C(0x7465646279746573)};
	size_t left = length;
	uint64_t word;

	for (; left >= 8; left -= 8, rest += 8) {
		word = word_of(rest, 8);
		v[3] ^= word;
		mix(v, 2);
		v[0] ^= word;
	}
	word = word_of(rest, left) | (uint64_t)length << 56;
	v[3] ^= word;
	mix(v, 2);
	v[0] ^= word;
	v[2] ^= 0xff;
	mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void make_key(void)
{
	ssize_t length;

	do
		length = getrandom(process_key, sizeof(process_key), 0);
	while (length < 0 && errno == EINTR);
	assert(length == (ssize_t)sizeof(process_key));
}

uint64_t fingerprint(const void *bytes, size_t length)
{
	pthread_once(&made, make_key);
	return siphash(process_key, bytes, length);
}
