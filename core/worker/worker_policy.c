#include "worker/worker_policy.h"

#include "worker/inputs.h"

#include <string.h>

/* Takes text over, or frees it. */
static enum policy_outcome take_text(struct worker_policy *policy, struct policy_text *text,
                                     struct pipeline *pipeline, struct faults *faults) {
    if (policy->policy && policy->outcome == POLICY_IN_FORCE &&
        policy_text_equal(&policy->text, text)) {
        policy_text_free(text);
        return POLICY_IN_FORCE;
    }
    struct policy *fresh = inputs_read_policy(text, faults);
    if (!fresh) {
        policy_text_free(text);
        return POLICY_REFUSED;
    }
    const int loaded = pipeline_set_policy(pipeline, fresh, faults);
    worker_policy_free(policy);
    policy->policy = fresh;
    policy->text = *text;
    policy->outcome = loaded == 0 ? POLICY_IN_FORCE : POLICY_PARTIAL;
    return policy->outcome;
}

enum policy_outcome worker_policy_take(struct worker_policy *policy,
                                       const struct worker_orders *orders,
                                       struct pipeline *pipeline, struct faults *faults) {
    const struct policy_text ordered = policy_block_text(&orders->policy);
    struct policy_text incoming; /* a copy: the control process may write the next one meanwhile */
    if (policy_text_copy(&incoming, &ordered) != 0) {
        faults_add(faults, FAULT_ERROR, "main policy", 0, 0, "out of memory");
        return POLICY_REFUSED;
    }
    return take_text(policy, &incoming, pipeline, faults);
}

void worker_policy_free(struct worker_policy *policy) {
    policy_free(policy->policy);
    policy_text_free(&policy->text);
    policy->policy = NULL;
}
