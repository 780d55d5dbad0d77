#ifndef DPAE_UNIT_POLICY_POLICY_BED_H
#define DPAE_UNIT_POLICY_POLICY_BED_H

/* Shared by the tests of the policy: a valid policy around the rules of a case. */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof array / sizeof *(array))

/* A rule made of its match_type and its stanzas, in flow notation. */
#define RULE(match, stanzas)                                                                       \
    "    - {comment: c, match_type: " match ", conditions_list: [" stanzas                         \
    "], actions: {set_qos: classifier_return, set_desc: d}}\n"

/* The first rule is on line 3. */
#define POLICY(rules)                                                                              \
    "tc_rules:\n"                                                                                  \
    "  rules:\n" rules "tc_policies:\n"                                                            \
    "  one: {comment: c, rule_set: rules, port_set: all_access_ports, mode: active}\n"             \
    "identity: {arp: 1, lldp: 0, dns: true, dhcp: no}\n"                                           \
    "qos_treatment: {default_priority: 0, constrained_bw: 11, high_priority: 12, "                 \
    "low_priority: 0x0d}\n"                                                                        \
    "port_sets: {all_access_ports: [{s1: {DPID: 18446744073709551615, ports: '1-3,5'}}]}\n"

/* Parses a policy that must be accepted; adds its warnings to *faults. */
static inline struct policy *bed_parse(const char *text, struct faults *faults) {
    struct policy *policy = NULL;
    if (policy_parse(text, strlen(text), "test", &policy, faults) != 0) {
        char fault[640] = "no fault";
        if (faults->count > 0) {
            fault_format(&faults->items[faults->count - 1], fault, sizeof fault);
        }
        fail_msg("%s\n%s", text, fault);
    }
    return policy;
}

/* Returns true when a fault of that severity is at that place and contains the words. */
static inline bool bed_has_fault(const struct faults *faults, enum fault_severity severity,
                                 unsigned line, unsigned column, const char *words) {
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->items[i];
        if (fault->severity == severity && fault->line == line && fault->column == column &&
            strstr(fault->message, words)) {
            return true;
        }
    }
    return false;
}

static inline void bed_print_faults(const struct faults *faults) {
    for (size_t i = 0; i < faults->count; i++) {
        char text[640];
        fault_format(&faults->items[i], text, sizeof text);
        print_error("%s\n", text);
    }
}

/* Writes the names of the classifiers, with '?' after one that does not run on all flows. */
static inline const char *bed_classifiers(const struct policy *policy, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < policy->classifier_count && used < size; i++) {
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s%s", i ? " " : "",
                             policy->classifiers[i].name, policy->classifiers[i].when ? "?" : "");
    }
    return text;
}

#endif
