#ifndef DPAE_PIPELINE_INTERNAL_H
#define DPAE_PIPELINE_INTERNAL_H

#include "capture/capture.h"
#include "identity/names.h"
#include "pipeline/pipeline.h"
#include "pipeline/sets.h"
#include "pipeline/trace.h"

/* Internals of the pipeline, shared by the files of this folder. */
struct pipeline {
    const struct config *config;
    const struct policy *policy;
    struct event_sink sink;
    struct identity_flags identity_flags;
    struct identity_cache *identities;
    struct names *names; /* of servers */
    struct streams *streams;
    struct sightings *sightings;
    struct flow_table *table;
    struct script_host *host;
    struct script_exchange *exchange; /* owned by the host */
    struct sets sets;
    uint16_t generation; /* of the current classifier set; 0 only while there is no policy */

    struct pipeline_trace *trace; /* of the current packet; NULL: tracing is off */

    struct shadow *shadow; /* NULL: no shadow run */
    uint32_t shadows;      /* mask of the candidate, which gives no advice; 0: no shadow run */

    struct event_sink store;
    bool storing;               /* a database is configured */
    uint64_t store_interval_ns; /* minimum between two states of a flow */
    uint64_t round_ns;          /* start of the current walk for states */
    uint32_t state_at;          /* slot at which it continues */

    uint32_t owing;    /* number of flows that owe advice */
    uint32_t owing_at; /* slot at which the walk over them continues */

    /* the batch */
    struct packet packets[CAPTURE_BATCH];
    unsigned count, at;

    /* the packet that the classifiers see */
    struct flow_context context;
    struct flow *flow; /* of the latest packet */
    unsigned end;
    const struct packet *packet; /* NULL: between packets */
    const char *why; /* reasons of the classifier that decides the treatment on this packet; NULL:
                        not given */
    bool unique;     /* not a retransmission, which classifiers never see */

    uint64_t packet_number; /* from 1 over the whole input */
    uint64_t time_ns;       /* of that packet */
    struct pipeline_counters counters;
    struct event event; /* under construction; 5 KiB, too large for the stack */
};

/* advice.c: turns verdicts into advice. */

/* Mask of running classifiers that have not finalised this flow. */
uint32_t advice_wanting(const struct pipeline *pipeline, const struct flow *flow);
/* The same without the candidate of a shadow run. */
uint32_t advice_undecided(const struct pipeline *pipeline, const struct flow *flow);

/* Mask of classifiers with conditions that do not hold for the flow of this packet. */
uint32_t advice_unmet(const struct pipeline *pipeline, const struct packet *packet);

/* Begins a flow under the current set of classifiers: finalises it for those with conditions that
 * do not hold for its packet. Decisions of classifiers that are both in the flow's previous set and
 * in this one stand. */
void advice_begin_flow(struct pipeline *pipeline, struct flow *flow, const struct packet *packet);

/* Mask, by place in the current set, of classifiers that have decided on the flow, even under
 * an earlier set. */
uint32_t advice_decided(const struct pipeline *pipeline, const struct flow *flow);

/* Merges the results in the exchange into the flow, applies the suppress rule (protocol section
 * 4), and reports new advice. */
void advice_settle(struct pipeline *pipeline);

/* trace.c: fills pipeline.trace, which must not be NULL. */

/* Records the contents of the exchange before they are merged into the flow. */
void trace_answers(struct pipeline *pipeline);
void trace_error(struct pipeline *pipeline, const struct script_error *error);

/* report.c: events */

/* The place in the current set of the classifier that decided the flow's treatment; SETS_NONE
 * if there is no treatment, or the classifier is not in this set. */
unsigned report_decider(const struct pipeline *pipeline, const struct flow *flow);

/* How the client was determined: 0: not verified, 1: verified-SYN, 2: verified-SYNACK. */
uint8_t report_verified(const struct flow *flow);

/* Sends advice on a flow to the sink, including owed advice. Without room it stays owed. */
void report_verdict(struct pipeline *pipeline, struct flow *flow, unsigned end, uint8_t actions);
void report_owed(struct pipeline *pipeline); /* pipeline_offer_owed() */
/* Cancels the owed treatment of a flow if its classifier is not in the current set. */
void report_drop_treatment(struct pipeline *pipeline, struct flow *flow);
/* Counts flows that an earlier worker left with owed advice. */
void report_count_owing(struct pipeline *pipeline);
void report_states(struct pipeline *pipeline, uint64_t now_ns); /* pipeline_offer_states() */
void report_identity(void *pipeline, const struct identity *identity);
/* Emits an event for an error of a classifier (struct script_error_sink), if one is due. */
void report_script_error(void *pipeline, const struct script_error *error);
/* Whether the count-th error at a place is reported: the first three, then the 10th, 100th,
 * 1000th ... */
bool report_is_due(uint64_t count);
void report_flow_end(void *pipeline, struct flow *flow, enum flow_end_reason reason);

#endif
