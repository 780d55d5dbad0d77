#ifndef DPAE_PIPELINE_STAGES_H
#define DPAE_PIPELINE_STAGES_H

#include "capture/capture.h"
#include "identity/names.h"
#include "pipeline/pipeline.h"
#include "pipeline/sets.h"
#include "pipeline/trace.h"

/* The inside of the pipeline, for the files of this folder. */
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
    struct script_exchange *exchange; /* the host's */
    struct sets sets;
    uint16_t generation; /* of the classifier set in force; never 0 once there is a policy */

    struct pipeline_trace *trace; /* of the packet under way; NULL: nobody wants it */

    struct shadow *shadow; /* NULL: none */
    uint32_t shadows;      /* mask: the candidate, which advises nothing; 0: none */

    struct event_sink store;
    bool storing;               /* there is a store */
    uint64_t store_interval_ns; /* between two states of a flow */
    uint64_t round_ns;          /* when the walk over the table for states began */
    uint32_t state_at;          /* slot at which it goes on */

    uint32_t owing;    /* flows that owe advice */
    uint32_t owing_at; /* slot at which the walk over them goes on */

    /* the batch */
    struct packet packets[CAPTURE_BATCH];
    unsigned count, at;

    /* the packet that the classifiers see */
    struct flow_context context;
    struct flow *flow; /* the latest one's */
    unsigned end;
    const struct packet *packet; /* NULL: none is under way */
    const char *why; /* of the classifier that decides the treatment on it; NULL: it says not */
    bool unique;     /* not a retransmission, which no classifier sees */

    uint64_t packet_number; /* from 1 over the whole input */
    uint64_t time_ns;       /* of that packet */
    struct pipeline_counters counters;
    struct event event; /* the one being built; 5 KiB, too much for the stack of each call */
};

/* advice.c: what the classifiers said becomes advice. */

/* Classifiers that run and have not finalised this flow, as a mask. */
uint32_t advice_wanting(const struct pipeline *pipeline, const struct flow *flow);
/* Of these, whose word counts: not the candidate of a shadow run. */
uint32_t advice_undecided(const struct pipeline *pipeline, const struct flow *flow);

/* Classifiers whose conditions the flow of this packet does not meet, as a mask. */
uint32_t advice_unmet(const struct pipeline *pipeline, const struct packet *packet);

/* A flow meets this set of classifiers for the first time: those whose conditions its packet does
 * not meet are finalised for it at once. What classifiers decided stands, if they were in the set
 * that it met before, and are in this one. */
void advice_begin_flow(struct pipeline *pipeline, struct flow *flow, const struct packet *packet);

/* Who has decided on the flow, in the places of the set in force, whenever it met a set last. */
uint32_t advice_decided(const struct pipeline *pipeline, const struct flow *flow);

/* Merges the results in the exchange into the flow, applies the suppress rule (protocol section 4),
 * and reports what there is to advise. */
void advice_settle(struct pipeline *pipeline);

/* trace.c: into pipeline.trace, which is not NULL. */

/* What the exchange has, before it is merged into the flow. */
void trace_answers(struct pipeline *pipeline);
void trace_error(struct pipeline *pipeline, const struct script_error *error);

/* report.c: events */

/* The place in the set in force of the classifier that decided the flow's treatment; SETS_NONE:
 * none did, or it is not in this set. */
unsigned report_decider(const struct pipeline *pipeline, const struct flow *flow);

/* How its client is known: 0: not, 1: verified-SYN, 2: verified-SYNACK. */
uint8_t report_verified(const struct flow *flow);

/* Tells the sink of advice on a flow, with what the flow owed. What finds no room stays owed. */
void report_verdict(struct pipeline *pipeline, struct flow *flow, unsigned end, uint8_t actions);
void report_owed(struct pipeline *pipeline); /* pipeline_offer_owed() */
/* Flows of another set of classifiers do not owe its treatments any more. */
void report_drop_treatment(struct pipeline *pipeline, struct flow *flow);
/* Flows of an earlier worker may owe, too. */
void report_count_owing(struct pipeline *pipeline);
void report_states(struct pipeline *pipeline, uint64_t now_ns); /* pipeline_offer_states() */
void report_identity(void *pipeline, const struct identity *identity);
/* An error of a classifier, as struct script_error_sink tells it: an event, if it is time for one.
 */
void report_script_error(void *pipeline, const struct script_error *error);
/* Whether there is an event of the error at a place that is the count-th there: of the first three,
 * and of the 10th, 100th, 1000th ... */
bool report_is_due(uint64_t count);
void report_flow_end(void *pipeline, struct flow *flow, enum flow_end_reason reason);

#endif
