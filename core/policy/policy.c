#include "policy/policy_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum top_key { TOP_POLICIES, TOP_RULES, TOP_IDENTITY, TOP_QOS, TOP_PORT_SETS, TOP_KEYS };
static const char *const top_keys[TOP_KEYS] = {"tc_policies", "tc_rules", "identity",
                                               "qos_treatment", "port_sets"};

enum tc_policy_key { TC_COMMENT, TC_RULE_SET, TC_PORT_SET, TC_MODE, TC_KEYS };
static const char *const tc_policy_keys[TC_KEYS] = {"comment", "rule_set", "port_set", "mode"};

static const char *const treatment_names[TREATMENT_COUNT] = {
    [TREATMENT_NONE] = "none",
    [TREATMENT_DEFAULT_PRIORITY] = "default_priority",
    [TREATMENT_CONSTRAINED_BW] = "constrained_bw",
    [TREATMENT_HIGH_PRIORITY] = "high_priority",
    [TREATMENT_LOW_PRIORITY] = "low_priority",
};

const char *treatment_name(enum treatment treatment) {
    return treatment_names[treatment];
}

enum treatment treatment_from_name(const char *name) {
    for (int i = TREATMENT_NONE + 1; i < TREATMENT_COUNT; i++) {
        if (strcmp(treatment_names[i], name) == 0) {
            return (enum treatment)i;
        }
    }
    return TREATMENT_NONE;
}

bool policy_classifier_name_valid(const char *name) {
    const size_t length = strnlen(name, POLICY_NAME_MAX);
    return length > 0 && length < POLICY_NAME_MAX &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
               length;
}

static void read_tc_policies(const struct policy_reader *reader, const struct yaml_node *node) {
    static const char *const modes[] = {[POLICY_PASSIVE] = "passive", [POLICY_ACTIVE] = "active"};
    const struct yaml_node *values[TC_KEYS];
    const struct yaml_node *entry = policy_check_single(reader, node, "tc_policies");
    if (!entry || !policy_check_keys(reader, entry, "the entry of tc_policies", tc_policy_keys,
                                     TC_KEYS, values)) {
        return;
    }
    for (size_t i = 0; i < TC_MODE; i++) {
        if (values[i]) {
            (void)policy_check_text(reader, values[i], tc_policy_keys[i]);
        }
    }
    const int mode =
        values[TC_MODE] ? policy_check_word(reader, values[TC_MODE], "mode", modes, 2) : -1;
    reader->policy->mode = mode == POLICY_ACTIVE ? POLICY_ACTIVE : POLICY_PASSIVE;
}

static void read_identity(const struct policy_reader *reader, const struct yaml_node *node) {
    static const char *const keys[] = {"arp", "lldp", "dns", "dhcp"};
    struct policy_identity *identity = &reader->policy->identity;
    bool *const flags[] = {&identity->arp, &identity->lldp, &identity->dns, &identity->dhcp};
    const struct yaml_node *values[4];
    if (!policy_check_keys(reader, node, "identity", keys, 4, values)) {
        return;
    }
    for (size_t i = 0; i < 4; i++) {
        if (values[i] && !yaml_as_bool(values[i], flags[i])) {
            policy_fault(reader, FAULT_ERROR, values[i],
                         "identity %s must be 1 or 0, or true or "
                         "false, without quotes; write one of them",
                         keys[i]);
        }
    }
}

static void read_qos_treatment(const struct policy_reader *reader, const struct yaml_node *node) {
    const struct yaml_node *values[TREATMENT_COUNT];
    const size_t first = TREATMENT_NONE + 1; /* "none" is not a key */
    if (!policy_check_keys(reader, node, "qos_treatment", treatment_names + first,
                           TREATMENT_COUNT - first, values + first)) {
        return;
    }
    for (size_t i = first; i < TREATMENT_COUNT; i++) {
        uint64_t queue = 0;
        if (values[i] && (!yaml_as_uint(values[i], &queue) || queue > UINT32_MAX)) {
            policy_fault(reader, FAULT_ERROR, values[i],
                         "qos_treatment %s must be a queue number; write a whole number from 0, "
                         "without quotes",
                         treatment_names[i]);
        }
        reader->policy->queue[i] = (uint32_t)queue;
    }
}

/* Adds a warning when the value of key `label` in entry is not a key of sets; existing is one that
 * is. */
static void check_reference(const struct policy_reader *reader, const struct yaml_node *entry,
                            const char *label, const struct yaml_node *sets, const char *existing) {
    const struct yaml_node *name = yaml_find(entry, label);
    if (name && name->kind == YAML_SCALAR && !yaml_find(sets, name->text)) {
        policy_fault(reader, FAULT_WARNING, name,
                     "%s is '%.64s', which does not exist; write '%.64s'", label, name->text,
                     existing);
    }
}

static bool has_entry(const struct yaml_node *node) {
    return node && node->kind == YAML_MAPPING && node->count > 0;
}

static void check_references(const struct policy_reader *reader,
                             const struct yaml_node *const values[TOP_KEYS]) {
    const struct yaml_node *policies = values[TOP_POLICIES], *rules = values[TOP_RULES];
    const struct yaml_node *ports = values[TOP_PORT_SETS];
    if (!has_entry(policies) || !has_entry(policies->items[0])) {
        return;
    }
    if (has_entry(rules)) {
        check_reference(reader, policies->items[0], "rule_set", rules, rules->keys[0]->text);
    }
    if (has_entry(ports)) {
        check_reference(reader, policies->items[0], "port_set", ports, "all_access_ports");
    }
}

static bool has_any(const struct yaml_node *mapping, const char *const *keys, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (yaml_find(mapping, keys[i])) {
            return true;
        }
    }
    return false;
}

/* Detects a config that was meant for -c: it contains no key of a policy. */
static bool is_config(const struct yaml_node *root) {
    static const char *const config_keys[] = {"nmeta_controller_address", "nmeta_controller_port",
                                              "sniff_if_names", "classifiers_directory"};
    return root->kind == YAML_MAPPING && !has_any(root, top_keys, TOP_KEYS) &&
           has_any(root, config_keys, sizeof config_keys / sizeof *config_keys);
}

static void read_policy(struct policy_reader *reader, const struct yaml_node *root) {
    const struct yaml_node *values[TOP_KEYS];
    if (!root) {
        policy_fault(reader, FAULT_ERROR, NULL,
                     "the policy is empty; start from a copy of config/main_policy.yaml");
        return;
    }
    if (is_config(root)) {
        policy_fault(reader, FAULT_ERROR, NULL,
                     "is a config, not a policy; pass a policy with -p, a config with "
                     "-c");
        return;
    }
    if (!policy_check_keys(reader, root, "the main policy", top_keys, TOP_KEYS, values)) {
        return;
    }
    if (values[TOP_POLICIES]) {
        read_tc_policies(reader, values[TOP_POLICIES]);
    }
    if (values[TOP_RULES]) {
        policy_read_rules(reader, values[TOP_RULES]);
    }
    if (values[TOP_IDENTITY]) {
        read_identity(reader, values[TOP_IDENTITY]);
    }
    if (values[TOP_QOS]) {
        read_qos_treatment(reader, values[TOP_QOS]);
    }
    if (values[TOP_PORT_SETS]) {
        policy_read_port_sets(reader, values[TOP_PORT_SETS]);
    }
    check_references(reader, values);
}

static int build_policy(const struct yaml_document *document, const char *source,
                        struct policy **policy, struct faults *faults) {
    const size_t errors = faults->errors;
    struct policy *made = calloc(1, sizeof *made);
    struct policy_reader reader = {.source = source, .faults = faults, .policy = made};
    if (!made) {
        policy_fault_memory(&reader);
        return -ENOMEM;
    }
    read_policy(&reader, yaml_root(document));
    if (faults->errors != errors) {
        policy_free(made);
        return -EINVAL;
    }
    *policy = made;
    return 0;
}

int policy_parse(const char *text, size_t length, const char *source, struct policy **policy,
                 struct faults *faults) {
    struct yaml_document *document = NULL;
    *policy = NULL;
    int result = yaml_parse(text, length, source, &document, faults);
    if (result == 0) {
        result = build_policy(document, source, policy, faults);
    }
    yaml_release(document);
    return result;
}

int policy_load(const char *path, struct policy **policy, struct faults *faults) {
    struct yaml_document *document = NULL;
    *policy = NULL;
    int result = yaml_load(path, &document, faults);
    if (result == 0) {
        result = build_policy(document, path, policy, faults);
    }
    yaml_release(document);
    return result;
}

void policy_free(struct policy *policy) {
    if (policy) {
        policy_conditions_free(policy);
        free(policy);
    }
}

/* Returns why a classifier cannot be added, or NULL. */
static const char *check_name(const struct policy *policy, const char *name) {
    if (!policy_classifier_name_valid(name)) {
        return "is not a classifier name; use letters, digits and _, at most 63";
    }
    for (size_t i = 0; i < policy->classifier_count; i++) {
        if (strcmp(policy->classifiers[i].name, name) == 0) {
            return "occurs twice";
        }
    }
    return policy->classifier_count == POLICY_CLASSIFIERS_MAX
               ? "exceeds the maximum of 16 classifiers"
               : NULL;
}

int policy_from_names(const char *const *names, size_t count, const char *source,
                      struct policy **out, struct faults *faults) {
    struct policy *policy = calloc(1, sizeof *policy);
    int result = policy ? 0 : -ENOMEM;
    *out = NULL;
    if (!policy) {
        faults_add(faults, FAULT_ERROR, source, 0, 0, "out of memory");
    }
    for (size_t i = 0; i < count && policy; i++) {
        const char *problem = check_name(policy, names[i]);
        if (problem) {
            faults_add(faults, FAULT_ERROR, source, 0, 0, "'%.64s' %s", names[i], problem);
            result = -EINVAL;
            continue;
        }
        memcpy(policy->classifiers[policy->classifier_count++].name, names[i],
               strlen(names[i]) + 1);
    }
    if (result != 0) {
        policy_free(policy);
        return result;
    }
    policy->identity = (struct policy_identity){true, true, true, true};
    *out = policy;
    return 0;
}
