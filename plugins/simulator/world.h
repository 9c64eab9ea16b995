/* SPDX-License-Identifier: MIT */
/*
 * The simulated couplet at one moment. It depends on nothing but the plan, the seed and the seconds
 * since the start.
 */
#ifndef SIMULATOR_WORLD_H
#define SIMULATOR_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"

enum condition { CONDITION_OK, CONDITION_DEGRADED, CONDITION_FAILED };

struct world;

/* A couplet at the time 0; borrows the plan. NULL when there is no memory. */
struct world *world_new(const struct plan *plan, uint64_t seed);
void world_free(struct world *world);

/* Moves on to a later time, in seconds. False when there is no memory. */
bool world_advance(struct world *world, double now);

bool world_is_offline(const struct world *world);
int64_t world_slow_ms(const struct world *world); /* how much longer scans take */

/* One object: whether it is there, how it is, its temperature, and what it read and wrote. */
bool world_is_present(const struct world *world, enum kind kind, size_t number);
enum condition world_condition(const struct world *world, enum kind kind, size_t number);
double world_celsius(const struct world *world, enum kind kind, size_t number);
uint64_t world_bytes_read(const struct world *world, enum kind kind, size_t number);
uint64_t world_bytes_written(const struct world *world, enum kind kind, size_t number);

#endif
