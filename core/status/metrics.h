#ifndef DPAE_STATUS_METRICS_H
#define DPAE_STATUS_METRICS_H

#include "status/snapshot.h"

#include <stdio.h>

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Writes the snapshot in Prometheus' text exposition format, version 0.0.4. Whether all was written
 * is for the caller to ask the file. */
void metrics_write(FILE *file, const struct status_snapshot *snapshot);

#endif
