/* SPDX-License-Identifier: MIT */
/*
 * Fingerprints of secrets: they tell whether a text changed, and nothing else about it. They are
 * keyed with random bytes that this process has made and nobody else knows.
 */
#ifndef BASE_FINGERPRINT_H
#define BASE_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

/* The fingerprint of these bytes, the same as long as the process lives. From any thread. */
uint64_t fingerprint(const void *bytes, size_t length);

#endif
