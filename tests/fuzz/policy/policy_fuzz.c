#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A policy to which rules can be applied. */
static const char sound[] =
    "tc_policies: {p: {comment: c, rule_set: r, port_set: s, mode: passive}}\n"
    "tc_rules: {r: []}\n"
    "identity: {arp: 1, lldp: 1, dns: 1, dhcp: 1}\n"
    "qos_treatment: {default_priority: 0, constrained_bw: 1, high_priority: 2, low_priority: 3}\n"
    "port_sets: {all_access_ports: []}\n";

/* Invariants of every accepted policy. */
static void check_policy(const struct policy *policy) {
    static const uint8_t mac[6] = {0, 0, 0x5e, 0, 0x53, 1};
    const struct policy_subject subject = {.eth_src = mac,
                                           .eth_dst = mac,
                                           .eth_type = 0x0800,
                                           .ip_version = 4,
                                           .is_tcp = true,
                                           .ip_src = {10, 0, 0, 1},
                                           .ip_dst = {10, 0, 0, 2},
                                           .src_port = 1234,
                                           .dst_port = 80};
    if (policy->classifier_count > POLICY_CLASSIFIERS_MAX) {
        abort();
    }
    for (size_t i = 0; i < policy->classifier_count; i++) {
        const struct policy_classifier *classifier = &policy->classifiers[i];
        if (!policy_classifier_name_valid(classifier->name)) {
            abort();
        }
        (void)policy_condition_matches(classifier->when, &subject);
    }
}

static void parse_policy(const char *text, size_t size) {
    struct faults faults = {0};
    struct policy *policy = NULL;
    const int result = policy_parse(text, size, "fuzz", &policy, &faults);
    if ((result == 0) != (policy != NULL) || (result == 0) != (faults.errors == 0)) {
        abort();
    }
    if (policy) {
        check_policy(policy);
    }
    policy_free(policy);
    faults_free(&faults);
}

static void parse_rules(const char *text, size_t size) {
    struct faults faults = {0};
    struct policy *policy = NULL;
    if (policy_parse(sound, strlen(sound), "sound", &policy, &faults) != 0) {
        abort();
    }
    const int result = policy_apply_rules(policy, text, size, "fuzz", &faults);
    if ((result == 0) != policy->rules_from_controller || (result == 0) != (faults.errors == 0)) {
        abort();
    }
    check_policy(policy);
    policy_free(policy);
    faults_free(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    parse_policy((const char *)data, size);
    parse_rules((const char *)data, size);
    return 0;
}
