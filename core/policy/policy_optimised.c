#include "policy/policy_internal.h"

#include <errno.h>
#include <string.h>

enum rule_key { RULE_INSTALL_TYPE, RULE_TYPE, RULE_VALUE, RULE_KEYS };
static const char *const rule_keys[RULE_KEYS] = {"install_type", "type", "value"};

static bool is_word(const struct yaml_node *node, const char *word) {
    return node->kind == YAML_SCALAR && strcmp(node->text, word) == 0;
}

static void read_classifier(const struct policy_reader *reader, const struct yaml_node *rule) {
    static const char *const types[] = {
        [POLICY_PAYLOAD] = "payload", [POLICY_STATISTICAL] = "statistical"};
    const struct yaml_node *type = yaml_find(rule, rule_keys[RULE_TYPE]);
    const struct yaml_node *value = yaml_find(rule, rule_keys[RULE_VALUE]);
    if (!type || !value) {
        policy_fault(reader, FAULT_ERROR, rule,
                     "a to_dpae rule lacks the key '%s'; it needs type and value",
                     rule_keys[type ? RULE_VALUE : RULE_TYPE]);
        return;
    }
    const int found = policy_check_word(reader, type, "type of a to_dpae rule", types, 2);
    if (!policy_check_text(reader, value, "value of a to_dpae rule")) {
        return;
    }
    if (!policy_classifier_name_valid(value->text)) {
        policy_fault(
            reader, FAULT_ERROR, value,
            "value '%.64s' is not a classifier name; use letters, digits and _, at most %d",
            value->text, POLICY_NAME_MAX - 1);
        return;
    }
    if (found >= 0) {
        (void)policy_add_classifier(reader, value->text, (enum policy_classifier_type)found,
                                    value->line,
                                    value->column); /* on -1 the fault is already added */
    }
}

static void read_rule(const struct policy_reader *reader, const struct yaml_node *rule) {
    if (!policy_check_mapping(reader, rule, "an optimised rule")) {
        return;
    }
    const struct yaml_node *install = yaml_find(rule, rule_keys[RULE_INSTALL_TYPE]);
    if (!install) {
        policy_fault(reader, FAULT_ERROR, rule,
                     "an optimised rule lacks the key 'install_type'; add it");
    } else if (!policy_check_text(reader, install, "install_type")) {
        return;
    } else if (is_word(install, "to_dpae")) {
        read_classifier(reader, rule);
    } else if (!is_word(install, "immediate") && !is_word(install, "on_identity")) {
        policy_fault(reader, FAULT_WARNING, install,
                     "unknown install_type '%.64s': the rule is ignored; write to_dpae, immediate "
                     "or on_identity",
                     install->text);
    }
}

int policy_apply_rules(struct policy *policy, const char *text, size_t length, const char *source,
                       struct faults *faults) {
    const size_t errors = faults->errors;
    struct yaml_document *document = NULL;
    const int result = yaml_parse(text, length, source, &document, faults);
    if (result != 0) {
        return result;
    }
    struct policy replacement = {0};
    const struct policy_reader reader = {
        .source = source, .faults = faults, .policy = &replacement};
    const struct yaml_node *root = yaml_root(document);
    if (!root) {
        policy_fault(&reader, FAULT_ERROR, NULL, "is empty; write an empty list as []");
    } else if (policy_check_sequence(&reader, root, "the optimised rules")) {
        for (size_t i = 0; i < root->count; i++) {
            read_rule(&reader, root->items[i]);
        }
    }
    yaml_release(document);
    if (faults->errors != errors) {
        return -EINVAL;
    }
    policy_conditions_free(policy);
    memcpy(policy->classifiers, replacement.classifiers, sizeof policy->classifiers);
    policy->classifier_count = replacement.classifier_count;
    policy->rules_from_controller = true;
    return 0;
}
