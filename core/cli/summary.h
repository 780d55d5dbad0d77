#ifndef DPAE_CLI_SUMMARY_H
#define DPAE_CLI_SUMMARY_H

#include "pipeline/pipeline.h"

#include <stdint.h>
#include <stdio.h>

/* What a finished pipeline has counted, for people. */
void summary_print(FILE *file, const struct pipeline *pipeline, uint64_t elapsed_ns);

/* What the calls of each classifier cost, a line each; nothing unless the host has a profile. */
void summary_print_profile(FILE *file, const struct script_host *host);

/* The result of the pipeline's shadow run, and what both classifiers cost; the host has a profile.
 */
void summary_print_shadow(FILE *file, const struct pipeline *pipeline);

#endif
