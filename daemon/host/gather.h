/* SPDX-License-Identifier: MIT */
/*
 * The batch of a scan, or of the changes since.
 */
#ifndef HOST_GATHER_H
#define HOST_GATHER_H

#include "model/batch.h"

struct host_session;

/*
 * Takes everything that the session has not sent yet into a new batch. With the session locked;
 * runs the plugin's label functions, so only in a worker. The caller numbers the batch.
 */
struct batch *gather_batch(struct host_session *session, enum batch_kind kind);

#endif
