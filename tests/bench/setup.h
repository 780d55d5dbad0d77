#ifndef DPAE_BENCH_SETUP_H
#define DPAE_BENCH_SETUP_H

#include "config/config.h"
#include "pipeline/pipeline.h"
#include "policy/policy.h"

#include <stdint.h>

/* The shipped configuration and policy, and a sink that counts. For programs that measure: what
 * fails here ends the program. */
struct bench {
    struct config config;
    struct policy *policy;
    uint64_t events; /* that the pipeline emitted */
};

/* flow_table_size 0: as configured. */
void bench_load(struct bench *bench, uint32_t flow_table_size);
struct pipeline *bench_pipeline(struct bench *bench);
void bench_free(struct bench *bench);

/* Ends the program with an error's message. */
_Noreturn void bench_fail(const struct error *error);

#endif
