#ifndef DPAE_WORKER_WORKER_POLICY_H
#define DPAE_WORKER_WORKER_POLICY_H

#include "worker/shared.h"

/* The policy of a worker, and the text that it was parsed from. Zero-initialise. */
struct worker_policy {
    struct policy *policy;       /* in force; NULL: none yet */
    enum policy_outcome outcome; /* of that policy */
    struct policy_text text;     /* of that policy; a copy of its own */
};

/* Takes the policy in the orders, unless it is already in force: a session that begins again must
 * not reload the classifiers, which would lose their data on flows. Frees the earlier policy, which
 * stays when the new one is refused. */
enum policy_outcome worker_policy_take(struct worker_policy *policy,
                                       const struct worker_orders *orders,
                                       struct pipeline *pipeline, struct faults *faults);

/* Frees the policy in force and its text. */
void worker_policy_free(struct worker_policy *policy);

#endif
