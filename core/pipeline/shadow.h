#ifndef DPAE_PIPELINE_SHADOW_H
#define DPAE_PIPELINE_SHADOW_H

#include "base/error.h"
#include "base/faults.h"
#include "config/config.h"
#include "event/event.h"
#include "flow/flow_table.h"
#include "policy/policy.h"
#include "script/host.h"
#include "script/stream.h"

/* A shadow run: a candidate is called for the same flows and packets as a classifier of the
 * policy, the incumbent, until it has finalised the flow itself. It is one more classifier of
 * the host's set, after those of the policy; its verdicts are kept here and have no effect. At
 * the end of a flow, the two verdicts are compared. */
struct shadow;

#define SHADOW_KEPT 20 /* the first flows with a difference */

/* The comparison of a flow. */
enum shadow_outcome {
    SHADOW_AGREED,
    SHADOW_DIFFERED, /* including verdicts of only one of them */
    SHADOW_NEITHER,  /* no verdict */
    SHADOW_OUTCOME_COUNT
};

struct shadow_result {
    unsigned incumbent, candidate; /* indices in the host's set, under the current policy */
    uint64_t flows[SHADOW_OUTCOME_COUNT];
    uint64_t only_incumbent, only_candidate; /* differing flows with only this verdict */
    unsigned kept;
    struct event_shadow first[SHADOW_KEPT];
};

/* Sized by the configuration's flow table and stream settings; the candidate has its own
 * streams. incumbent and candidate are names; copied. */
int shadow_new(struct shadow **shadow, const char *incumbent, const char *candidate,
               const struct config *config, struct error *error);
void shadow_free(struct shadow *shadow); /* NULL is allowed */

/* Whether a policy has the incumbent, at *place, and room for the candidate, which must not be
 * part of the policy; if not, adds a fault. */
bool shadow_allowed(const struct policy *policy, const char *incumbent, const char *candidate,
                    unsigned *place, struct faults *faults);

/* Finds the incumbent in a policy; the candidate's place is after the policy's classifiers.
 * Comparisons in progress continue if the incumbent is unchanged. On false the shadow run
 * pauses, and a fault says why. */
bool shadow_take_policy(struct shadow *shadow, const struct policy *policy, struct faults *faults);

/* The candidate's bit in masks of classifiers; 0 while it does not run. */
uint32_t shadow_mask(const struct shadow *shadow);
const char *shadow_candidate_name(const struct shadow *shadow); /* borrowed from the shadow */
/* As policy_classifier_hash(), for the candidate beside this incumbent. */
uint64_t shadow_hash(const struct shadow *shadow);

/* Begins a flow that meets the set for the first time. ready: mask of running classifiers;
 * decided: mask of those with conditions that do not hold. Returns decided, plus the candidate if
 * this flow is not compared. */
uint32_t shadow_begin_flow(struct shadow *shadow, uint32_t slot, uint32_t ready, uint32_t decided);

/* The candidate's streams, and its requests for this flow: see struct flow_context. */
struct streams *shadow_streams(struct shadow *shadow);
uint8_t *shadow_asked(struct shadow *shadow, uint32_t slot);

/* As streams_take() and streams_forget(). */
void shadow_take_stream(struct shadow *shadow, const struct flow_table *table, struct flow *flow,
                        unsigned end, const struct packet *packet, bool unique);
void shadow_forget_stream(struct shadow *shadow, const struct flow_table *table, struct flow *flow);

/* Records the verdicts on packet number flow_packets of the flow. */
void shadow_note(struct shadow *shadow, uint32_t slot, const struct script_exchange *exchange,
                 uint64_t flow_packets);

/* Ends a flow. Returns whether the verdicts differ; then fills *difference, except for hash,
 * start and ends, which the caller sets before shadow_keep(). */
bool shadow_end_flow(struct shadow *shadow, uint32_t slot, struct event_shadow *difference);
void shadow_keep(struct shadow *shadow, const struct event_shadow *difference);

const struct shadow_result *shadow_result(const struct shadow *shadow);

#endif
