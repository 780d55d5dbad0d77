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

/* A shadow run: a candidate is called for the flows and packets that a classifier of the policy,
 * the incumbent, is called for, until it has finalised a flow itself. It is one more classifier of
 * the host's set, behind those of the policy; what it says is kept here, and goes nowhere else.
 * When a flow ends, what both said of it is compared. */
struct shadow;

#define SHADOW_KEPT 20 /* of the flows that they differed on, the first */

/* What both said of a flow, in the end. */
enum shadow_outcome {
    SHADOW_AGREED,
    SHADOW_DIFFERED, /* or only one said something */
    SHADOW_NEITHER,  /* said anything */
    SHADOW_OUTCOME_COUNT
};

struct shadow_result {
    unsigned incumbent, candidate; /* of the host's set, under the policy in force */
    uint64_t flows[SHADOW_OUTCOME_COUNT];
    uint64_t only_incumbent, only_candidate; /* spoke: of those that they differed on */
    unsigned kept;
    struct event_shadow first[SHADOW_KEPT];
};

/* For the flow table of this configuration, which says how much of streams there is, too: the
 * candidate has its own. incumbent and candidate are names, copied. */
int shadow_new(struct shadow **shadow, const char *incumbent, const char *candidate,
               const struct config *config, struct error *error);
void shadow_free(struct shadow *shadow); /* NULL is allowed */

/* Whether a policy has the incumbent, at *place, and room for the candidate, which it must not run
 * itself; why not is a fault. */
bool shadow_allowed(const struct policy *policy, const char *incumbent, const char *candidate,
                    unsigned *place, struct faults *faults);

/* Finds the incumbent in a policy; the candidate's place in the set is behind the policy's. Flows
 * that are being compared go on to be when the incumbent is what it was. False: it cannot run; why
 * is a fault. */
bool shadow_take_policy(struct shadow *shadow, const struct policy *policy, struct faults *faults);

/* The candidate's bit in masks of classifiers; 0: it does not run. */
uint32_t shadow_mask(const struct shadow *shadow);
const char *shadow_candidate_name(const struct shadow *shadow); /* the shadow's */
/* As policy_classifier_hash(), of the candidate beside this incumbent. */
uint64_t shadow_hash(const struct shadow *shadow);

/* A flow meets the set for the first time. ready is the mask of classifiers that run, decided that
 * of those whose conditions it does not meet. Returns decided, with the candidate if the two are
 * not to be compared on this flow. */
uint32_t shadow_begin_flow(struct shadow *shadow, uint32_t slot, uint32_t ready, uint32_t decided);

/* Streams of the candidate, and what it asked for in this flow: see struct flow_context. */
struct streams *shadow_streams(struct shadow *shadow);
uint8_t *shadow_asked(struct shadow *shadow, uint32_t slot);

/* As streams_take() and streams_forget(). */
void shadow_take_stream(struct shadow *shadow, const struct flow_table *table, struct flow *flow,
                        unsigned end, const struct packet *packet, bool unique);
void shadow_forget_stream(struct shadow *shadow, const struct flow_table *table, struct flow *flow);

/* What was said on packet number flow_packets of the flow. */
void shadow_note(struct shadow *shadow, uint32_t slot, const struct script_exchange *exchange,
                 uint64_t flow_packets);

/* A flow ended. Returns whether they differed on it; then *difference says what each said, its
 * hash, start and ends being the caller's to fill in before shadow_keep(). */
bool shadow_end_flow(struct shadow *shadow, uint32_t slot, struct event_shadow *difference);
void shadow_keep(struct shadow *shadow, const struct event_shadow *difference);

const struct shadow_result *shadow_result(const struct shadow *shadow);

#endif
