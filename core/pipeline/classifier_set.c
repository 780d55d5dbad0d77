#include "pipeline/pipeline_internal.h"

#include <errno.h>
#include <string.h>

/* The set of running classifiers: those of the policy, in its order, then the candidate of a
 * shadow run. */

static unsigned list_names(const struct policy *policy, const char **names) {
    for (size_t i = 0; i < policy->classifier_count; i++) {
        names[i] = policy->classifiers[i].name;
    }
    return (unsigned)policy->classifier_count;
}

unsigned pipeline_list_classifiers(const struct policy *policy, const struct config_shadow *shadow,
                                   const char *names[SCRIPT_CLASSIFIERS_MAX],
                                   struct faults *faults) {
    unsigned count = list_names(policy, names), ignored;
    if (shadow->candidate &&
        shadow_allowed(policy, shadow->incumbent, shadow->candidate, &ignored, faults)) {
        names[count++] = shadow->candidate;
    }
    return count;
}

/* Moves the counters of classifiers that stay to their new places. */
static void keep_treatments(struct pipeline *pipeline, const char *const *names, unsigned count) {
    uint64_t before[SCRIPT_CLASSIFIERS_MAX][TREATMENT_COUNT];
    memcpy(before, pipeline->counters.treatments, sizeof before);
    memset(pipeline->counters.treatments, 0, sizeof before);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < SCRIPT_CLASSIFIERS_MAX; k++) {
            if (strcmp(names[i], script_host_name(pipeline->host, k)) == 0) {
                memcpy(pipeline->counters.treatments[i], before[k], sizeof before[k]);
            }
        }
    }
}

int pipeline_set_policy(struct pipeline *pipeline, const struct policy *policy,
                        struct faults *faults) {
    const struct policy_identity *identity = &policy->identity;
    const char *names[SCRIPT_CLASSIFIERS_MAX];
    uint64_t members[SCRIPT_CLASSIFIERS_MAX];
    unsigned count = list_names(policy, names);
    bool shadowed = true;
    for (unsigned i = 0; i < count; i++) {
        members[i] = policy_classifier_hash(&policy->classifiers[i]);
    }
    pipeline->policy = policy;
    pipeline->identity_flags = (struct identity_flags){
        .arp = identity->arp, .lldp = identity->lldp, .dns = identity->dns, .dhcp = identity->dhcp};
    if (pipeline->shadow) {
        shadowed = shadow_take_policy(pipeline->shadow, policy, faults);
        pipeline->shadows = shadow_mask(pipeline->shadow);
        pipeline->context.shadow = shadowed ? count : SCRIPT_NO_CLASSIFIER;
    }
    if (pipeline->shadows) {
        names[count] = shadow_candidate_name(pipeline->shadow);
        members[count++] = shadow_hash(pipeline->shadow);
    }
    pipeline->generation = sets_put(&pipeline->sets, members, count);
    keep_treatments(pipeline, names, count);
    const int loaded = script_host_load(pipeline->host, names, count, faults);
    return loaded != 0 || shadowed ? loaded : -EINVAL;
}

int pipeline_reload_classifiers(struct pipeline *pipeline, uint32_t generation,
                                struct faults *faults) {
    const struct policy *policy = pipeline->policy;
    (void)script_host_reload(pipeline->host, generation, faults);
    if (policy && pipeline->shadow && !pipeline->shadows) {
        return -EINVAL; /* the candidate's incumbent is not in the policy */
    }
    const uint32_t all = policy ? ((1u << policy->classifier_count) - 1) | pipeline->shadows : 0;
    const uint32_t there =
        script_host_ready(pipeline->host) | script_host_counters(pipeline->host)->quarantined;
    return (all & ~there) == 0 ? 0 : -EINVAL;
}
