#ifndef DPAE_WORKER_COUNTERS_H
#define DPAE_WORKER_COUNTERS_H

#include "base/counter.h"
#include "capture/live.h"
#include "flow/flow_table.h"
#include "pipeline/pipeline.h"

/* The life of a worker as the control process sees it. */
struct life_counters {
    uint64_t deaths;
    uint64_t gap_ms; /* time without a capture, between a worker that died and the next */
    uint64_t missed; /* an estimate of the packets of that time */
};

/* All that a worker counts. Up to scripts.quarantined each member is a uint64_t, or consists of
 * such, and belongs to one row of the two tables below. */
struct worker_counters {
    struct pipeline_counters pipeline;
    struct flow_counters flow;
    struct live_counters live;
    struct life_counters life;             /* filled in by the control process */
    uint64_t shadow[SHADOW_OUTCOME_COUNT]; /* flows of a shadow run */
    uint64_t streams_lost;
    uint64_t flows; /* in the table */
    struct script_counters scripts;

    /* of the set in force; pipeline.treatments and scripts have the same order */
    char classifiers[SCRIPT_CLASSIFIERS_MAX][SCRIPT_NAME_MAX]; /* empty: there are no more */
    uint32_t ready;                                            /* mask: those that run */
};

/* The counters of a worker, and those of each classifier of its set, of which a struct
 * worker_counters has SCRIPT_CLASSIFIERS_MAX in turn. */
extern const struct counter_table worker_counter_table;
extern const struct counter_table classifier_counter_table;

/* Fills in the counters of a pipeline; live and life stay. */
void worker_counters_collect(struct worker_counters *counters, const struct pipeline *pipeline);

/* Adds what more counted to total, as counter_add(). */
void worker_counters_add(struct worker_counters *total, const struct worker_counters *more);

#endif
