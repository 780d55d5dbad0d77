#ifndef DPAE_WORKER_COUNTERS_H
#define DPAE_WORKER_COUNTERS_H

#include "worker/shared.h"

/* Adds what more counted to total: but for the counters of single classifiers, which are about the
 * set in force in one worker. */
void worker_counters_add(struct worker_counters *total, const struct worker_counters *more);

#endif
