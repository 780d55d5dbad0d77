#ifndef DPAE_CLI_SUMMARY_H
#define DPAE_CLI_SUMMARY_H

#include "pipeline/pipeline.h"

#include <stdint.h>
#include <stdio.h>

/* Prints the counters of a finished pipeline. */
void summary_print(FILE *file, const struct pipeline *pipeline, uint64_t elapsed_ns);

/* Prints the cost of calls, one classifier per line, if the host has a profile. */
void summary_print_profile(FILE *file, const struct script_host *host);

/* Prints the result of the pipeline's shadow run, and the cost of both classifiers; the host
 * must have a profile. */
void summary_print_shadow(FILE *file, const struct pipeline *pipeline);

#endif
