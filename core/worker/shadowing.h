#ifndef DPAE_WORKER_SHADOWING_H
#define DPAE_WORKER_SHADOWING_H

#include "pipeline/pipeline.h"

/* Logs how the shadow run of a worker went, and what both classifiers cost; nothing when there is
 * none, or no flow was compared. After the end of its flows. */
void shadowing_log(const char *interface, unsigned worker, const struct pipeline *pipeline);

#endif
