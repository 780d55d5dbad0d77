#include "worker/worker_policy.h"

#include "worker/inputs.h"

#include <string.h>

static uint32_t bounded(uint32_t length) {
    return length < SHARED_POLICY_BYTES ? length : SHARED_POLICY_BYTES;
}

static void keep(struct policy_text *text, const char *policy, uint32_t policy_length,
                 const char *rules, uint32_t rules_length) {
    text->policy_length = bounded(policy_length);
    text->rules_length = bounded(rules_length);
    memcpy(text->policy, policy, text->policy_length);
    memcpy(text->rules, rules, text->rules_length);
}

static bool same(const struct policy_text *one, const struct policy_text *other) {
    return one->policy_length == other->policy_length && one->rules_length == other->rules_length &&
           memcmp(one->policy, other->policy, one->policy_length) == 0 &&
           memcmp(one->rules, other->rules, one->rules_length) == 0;
}

enum policy_outcome worker_policy_take(struct worker_policy *policy,
                                       const struct worker_orders *orders,
                                       struct pipeline *pipeline, struct faults *faults) {
    const struct policy_text *incoming = &policy->incoming;
    keep(&policy->incoming, orders->policy, orders->policy_length, orders->rules,
         orders->rules_length);
    if (policy->policy && policy->outcome == POLICY_IN_FORCE && same(&policy->text, incoming)) {
        return POLICY_IN_FORCE;
    }
    struct policy *fresh = inputs_read_policy(incoming->policy, incoming->policy_length,
                                              incoming->rules, incoming->rules_length, faults);
    if (!fresh) {
        return POLICY_REFUSED;
    }
    const int loaded = pipeline_set_policy(pipeline, fresh, faults);
    policy_free(policy->policy);
    policy->policy = fresh;
    policy->outcome = loaded == 0 ? POLICY_IN_FORCE : POLICY_PARTIAL;
    keep(&policy->text, incoming->policy, incoming->policy_length, incoming->rules,
         incoming->rules_length);
    return policy->outcome;
}
