#ifndef DPAE_CLI_SUMMARY_H
#define DPAE_CLI_SUMMARY_H

#include "pipeline/pipeline.h"

#include <stdint.h>
#include <stdio.h>

/* What a finished pipeline has counted, for people. */
void summary_print(FILE *file, const struct pipeline *pipeline, uint64_t elapsed_ns);

#endif
