/* SPDX-License-Identifier: MIT */
/* What t_samples samples, and its ledger. */
#ifndef PLUGINS_SAMPLES_H
#define PLUGINS_SAMPLES_H

#include <stdint.h>

/* Each sample is a random whole number from 0 to this, on top of the number of its scan. */
#define SAMPLE_MOST 1000

/* A scan that was stored. The file has them one after the other. */
struct ledger_line {
	int64_t number;
	int64_t end_us; /* when the plugin was through with it */
};

/* The sample of a drive and a gauge in a scan. */
static inline int64_t sample_value(int64_t scan, int64_t drive, int64_t gauge)
{
	uint64_t random = ((uint64_t)scan << 24 ^ (uint64_t)drive << 2 ^ (uint64_t)gauge) + 1;

	random *= UINT64_C(0x9e3779b97f4a7c15);
	random ^= random >> 32;
	random *= UINT64_C(0xd6e8feb86659fd93);
	return scan * (SAMPLE_MOST + 1) + (int64_t)((random >> 40) % (SAMPLE_MOST + 1));
}

static inline int64_t sample_scan(int64_t value)
{
	return value / (SAMPLE_MOST + 1);
}

#endif
