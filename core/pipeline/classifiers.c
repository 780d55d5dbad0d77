#include "pipeline/stages.h"

#include <errno.h>
#include <string.h>

/* Which classifiers run: those of the policy, in its order, and behind them the candidate of a
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

/* The set of classifiers by its members and their order, not 0: a worker that takes a table over
 * under the same set goes on where the one before was, and under another decides on every flow
 * anew. */
static uint16_t generation_of(const char *const *names, unsigned count) {
    uint32_t hash = UINT32_C(0x811c9dc5); /* FNV-1a */
    for (unsigned i = 0; i < count; i++) {
        for (const char *at = names[i]; *at; at++) {
            hash = (hash ^ (uint8_t)*at) * UINT32_C(0x01000193);
        }
        hash = (hash ^ ',') * UINT32_C(0x01000193);
    }
    const uint16_t folded = (uint16_t)(hash ^ hash >> 16);
    return folded ? folded : 1;
}

int pipeline_set_policy(struct pipeline *pipeline, const struct policy *policy,
                        struct faults *faults) {
    const struct policy_identity *identity = &policy->identity;
    const char *names[SCRIPT_CLASSIFIERS_MAX + 1];
    unsigned count = list_names(policy, names);
    int shadowed = 0;
    pipeline->policy = policy;
    pipeline->identity_flags = (struct identity_flags){
        .arp = identity->arp, .lldp = identity->lldp, .dns = identity->dns, .dhcp = identity->dhcp};
    memset(pipeline->counters.treatments, 0, sizeof pipeline->counters.treatments);
    if (pipeline->shadow) {
        names[count] = shadow_take_policy(pipeline->shadow, policy, faults);
        shadowed = names[count] ? 0 : -EINVAL;
        count += names[count] != NULL;
        pipeline->shadows = shadow_mask(pipeline->shadow);
        pipeline->context.shadow =
            pipeline->shadows ? shadow_candidate(pipeline->shadow) : SCRIPT_NOBODY;
    }
    pipeline->generation = generation_of(names, count);
    const int loaded = script_host_load(pipeline->host, names, count, faults);
    return loaded != 0 ? loaded : shadowed;
}

int pipeline_reload_classifiers(struct pipeline *pipeline, uint32_t generation,
                                struct faults *faults) {
    const struct policy *policy = pipeline->policy;
    (void)script_host_reload(pipeline->host, generation, faults);
    if (policy && pipeline->shadow && !pipeline->shadows) {
        return -EINVAL; /* the policy leaves nothing to run beside */
    }
    const uint32_t all = policy ? ((1u << policy->classifier_count) - 1) | pipeline->shadows : 0;
    const uint32_t there =
        script_host_ready(pipeline->host) | script_host_counters(pipeline->host)->quarantined;
    return (all & ~there) == 0 ? 0 : -EINVAL;
}
