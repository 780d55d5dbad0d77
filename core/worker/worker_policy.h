#ifndef DPAE_WORKER_WORKER_POLICY_H
#define DPAE_WORKER_WORKER_POLICY_H

#include "worker/shared.h"

/* The policy of a worker, and the text that it was read from. */
struct policy_text {
    uint32_t policy_length, rules_length;
    char policy[SHARED_POLICY_BYTES];
    char rules[SHARED_POLICY_BYTES];
};

struct worker_policy {
    struct policy *policy;       /* in force; NULL: none yet */
    enum policy_outcome outcome; /* of that one */
    struct policy_text text;     /* of that one */
    struct policy_text incoming; /* a copy: the control process may write the next one meanwhile */
};

/* Takes the policy in the orders, unless it is in force already: a session that begins again is no
 * reason to load the classifiers anew and forget what they know of their flows. The one before is
 * freed. Refused: it stays. */
enum policy_outcome worker_policy_take(struct worker_policy *policy,
                                       const struct worker_orders *orders,
                                       struct pipeline *pipeline, struct faults *faults);

#endif
