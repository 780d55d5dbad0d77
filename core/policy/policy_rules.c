#include "base/nearest.h"
#include "policy/policy_internal.h"

#include <string.h>

enum rule_key { RULE_COMMENT, RULE_MATCH_TYPE, RULE_CONDITIONS_LIST, RULE_ACTIONS, RULE_KEYS };
static const char *const rule_keys[RULE_KEYS] = {"comment", "match_type", "conditions_list",
                                                 "actions"};

enum action_key { ACTION_SET_QOS, ACTION_SET_DESC, ACTION_KEYS };
static const char *const action_keys[ACTION_KEYS] = {"set_qos", "set_desc"};

#define CLASSIFIER_RETURN "classifier_return"

/* Returns the value of set_qos if it is text, otherwise NULL. */
static const struct yaml_node *read_actions(const struct policy_reader *reader,
                                            const struct yaml_node *node) {
    const struct yaml_node *values[ACTION_KEYS];
    if (!policy_check_keys(reader, node, "actions", action_keys, ACTION_KEYS, values)) {
        return NULL;
    }
    if (values[ACTION_SET_DESC]) {
        (void)policy_check_text(reader, values[ACTION_SET_DESC], "set_desc");
    }
    const struct yaml_node *set_qos = values[ACTION_SET_QOS];
    return set_qos && policy_check_text(reader, set_qos, "set_qos") ? set_qos : NULL;
}

/* In a rule with a classifier, any value other than a treatment means that the classifier decides.
 */
static void check_set_qos(const struct policy_reader *reader, const struct yaml_node *set_qos) {
    const char *words[TREATMENT_COUNT] = {CLASSIFIER_RETURN};
    if (strcmp(set_qos->text, CLASSIFIER_RETURN) == 0) {
        return;
    }
    if (treatment_from_name(set_qos->text) != TREATMENT_NONE) {
        policy_fault(reader, FAULT_WARNING, set_qos,
                     "set_qos is a treatment, but the rule has a classifier, which decides the "
                     "treatment; write 'set_qos: " CLASSIFIER_RETURN "'");
        return;
    }
    for (size_t i = TREATMENT_NONE + 1; i < TREATMENT_COUNT; i++) {
        words[i] = treatment_name((enum treatment)i);
    }
    const char *nearest = nearest_word(set_qos->text, words, TREATMENT_COUNT);
    policy_fault(reader, FAULT_WARNING, set_qos,
                 "set_qos is '%.64s', neither a treatment nor " CLASSIFIER_RETURN
                 "; did you mean '%s'?",
                 set_qos->text, nearest ? nearest : CLASSIFIER_RETURN);
}

static struct policy_condition *read_conditions_list(const struct policy_reader *reader,
                                                     const struct yaml_node *node,
                                                     enum condition_kind kind) {
    if (!policy_check_sequence(reader, node, "conditions_list")) {
        return NULL;
    }
    if (node->count == 0) {
        policy_fault(reader, FAULT_ERROR, node,
                     "conditions_list is empty; add a stanza, or remove "
                     "the rule");
        return NULL;
    }
    struct policy_condition *list = policy_condition_add(reader, kind, node);
    for (size_t i = 0; list && i < node->count; i++) {
        const struct policy_condition *stanza = policy_read_stanza(reader, node->items[i]);
        if (stanza && !policy_condition_append(reader, list, stanza)) {
            return NULL;
        }
    }
    return list;
}

static void read_rule(struct policy_reader *reader, const struct yaml_node *node) {
    static const char *const match_types[] = {"any", "all"};
    const struct yaml_node *values[RULE_KEYS];
    if (!policy_check_keys(reader, node, "a rule of tc_rules", rule_keys, RULE_KEYS, values)) {
        return;
    }
    if (values[RULE_COMMENT]) {
        (void)policy_check_text(reader, values[RULE_COMMENT], "comment");
    }
    enum condition_kind kind = CONDITION_ANY;
    if (values[RULE_MATCH_TYPE] &&
        policy_check_word(reader, values[RULE_MATCH_TYPE], "match_type", match_types, 2) == 1) {
        kind = CONDITION_ALL;
    }
    const struct yaml_node *set_qos =
        values[RULE_ACTIONS] ? read_actions(reader, values[RULE_ACTIONS]) : NULL;
    const struct policy_condition *list =
        values[RULE_CONDITIONS_LIST]
            ? read_conditions_list(reader, values[RULE_CONDITIONS_LIST], kind)
            : NULL;
    if (!list) {
        return;
    }
    if (!policy_derive_rule(reader, list)) {
        reader->policy->static_rules++;
    } else if (set_qos) {
        check_set_qos(reader, set_qos);
    }
}

void policy_read_rules(struct policy_reader *reader, const struct yaml_node *node) {
    const struct yaml_node *ruleset = policy_check_single(reader, node, "tc_rules");
    if (!ruleset || !policy_check_sequence(reader, ruleset, "the ruleset in tc_rules")) {
        return;
    }
    for (size_t i = 0; i < ruleset->count; i++) {
        read_rule(reader, ruleset->items[i]);
    }
}
