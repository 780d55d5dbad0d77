#include "policy/policy_internal.h"

#include <string.h>

/* Derives which classifiers run, and on which flows, without a controller's rules.
 *
 * A classifier runs where its outcome can matter: when every enclosing ANY is still open, and the
 * rest of every enclosing ALL holds. Conditions that only the controller or a script can evaluate
 * are assumed to hold. So a classifier runs on the flows that satisfy each enclosing ALL, with the
 * classifier itself assumed to hold; with several mentions, any one suffices. */

/* The position of a walk through a rule: the enclosing nodes, innermost first. */
struct scope {
    const struct scope *outer;
    const struct policy_condition *node;
    size_t stanza; /* index in the conditions_list */
    size_t depth;  /* 0: the conditions_list, 1: its stanzas, higher: nested ones */
    bool identity; /* an enclosing ALL also requires an identity */
};

int policy_add_classifier(const struct policy_reader *reader, const char *name,
                          enum policy_classifier_type type, unsigned line, unsigned column) {
    struct policy *policy = reader->policy;
    for (size_t i = 0; i < policy->classifier_count; i++) {
        if (strcmp(policy->classifiers[i].name, name) == 0) {
            if (policy->classifiers[i].type != type) {
                faults_add(reader->faults, FAULT_WARNING, reader->source, line, column,
                           "classifier '%s' is listed as payload and as statistical; it runs once, "
                           "so keep one of them",
                           name);
            }
            return (int)i;
        }
    }
    if (policy->classifier_count == POLICY_CLASSIFIERS_MAX) {
        faults_add(reader->faults, FAULT_ERROR, reader->source, line, column,
                   "classifier '%s' exceeds the maximum; list at most %d", name,
                   POLICY_CLASSIFIERS_MAX);
        return -1;
    }
    struct policy_classifier *classifier = &policy->classifiers[policy->classifier_count];
    *classifier = (struct policy_classifier){.type = type, .line = line, .column = column};
    memcpy(classifier->name, name, strlen(name) + 1);
    return (int)policy->classifier_count++;
}

/* Warns about rules that the controller does not implement: it reads only the first stanza, and not
 * with match_type all. */
static void warn_beyond_controller(const struct policy_reader *reader,
                                   const struct policy_condition *leaf, const struct scope *scope,
                                   bool everywhere) {
    const struct policy_condition *list = reader->rule;
    const struct policy_condition *stanza = list->children[scope->stanza];
    const char *reason = NULL;
    if (scope->stanza > 0) {
        reason = "reads only the first stanza of a conditions_list";
    } else if (scope->depth > 1) {
        reason = "ignores nested conditions";
    } else if (stanza->kind == CONDITION_ALL) {
        reason = "ignores a stanza with 'match_type: all'";
    } else if (list->kind == CONDITION_ALL && list->count > 1) {
        reason = "ignores the match_type of a rule";
    }
    const char *flows = everywhere ? "all flows" : "the flows that match the rest";
    if (reason) {
        faults_add(reader->faults, FAULT_WARNING, reader->source, leaf->line, leaf->column,
                   "the controller %s; without one '%s' runs on %s; only a first stanza with "
                   "'match_type: any' has the same meaning for both",
                   reason, leaf->classifier.name, flows);
    }
    if (scope->identity) {
        faults_add(reader->faults, FAULT_WARNING, reader->source, leaf->line, leaf->column,
                   "only the controller can evaluate an identity; without one '%s' runs on %s, "
                   "whatever the identity; remove that condition if this is not intended",
                   leaf->classifier.name, flows);
    }
}

static void derive_classifier(struct policy_reader *reader, const struct policy_condition *leaf,
                              const struct scope *scope) {
    const int index = policy_add_classifier(reader, leaf->classifier.name, leaf->classifier.type,
                                            leaf->line, leaf->column);
    struct policy_condition *flows = policy_condition_add(reader, CONDITION_ALL, NULL);
    if (index < 0 || !flows) {
        return;
    }
    for (const struct scope *at = scope; at; at = at->outer) {
        if (at->node->kind == CONDITION_ALL && !at->node->always &&
            !policy_condition_append(reader, flows, at->node)) {
            return;
        }
    }
    struct policy_condition **runs_on = &reader->runs_on[index];
    if (!*runs_on) {
        *runs_on = policy_condition_add(reader, CONDITION_ANY, NULL);
    }
    if (*runs_on && policy_condition_append(reader, *runs_on, flows)) {
        reader->policy->classifiers[index].when = (*runs_on)->always ? NULL : *runs_on;
    }
    warn_beyond_controller(reader, leaf, scope, flows->always);
}

/* Recurses as deep as the policy file is nested. Returns true when it found a classifier. */
static bool walk(struct policy_reader *reader, const struct scope *scope) {
    const struct policy_condition *node = scope->node;
    size_t identities = 0;
    for (size_t i = 0; i < node->count; i++) {
        identities += node->kind == CONDITION_ALL && node->children[i]->has_identity;
    }
    bool found = false;
    for (size_t i = 0; i < node->count; i++) {
        const struct policy_condition *child = node->children[i];
        struct scope here = *scope;
        here.identity = scope->identity || identities > (child->has_identity ? 1 : 0);
        if (scope->depth == 0) {
            here.stanza = i;
        }
        if (child->kind == CONDITION_CLASSIFIER) {
            derive_classifier(reader, child, &here);
            found = true;
        } else if (child->kind == CONDITION_ANY || child->kind == CONDITION_ALL) {
            const struct scope inner = {.outer = &here,
                                        .node = child,
                                        .stanza = here.stanza,
                                        .depth = scope->depth + 1,
                                        .identity = here.identity};
            found = walk(reader, &inner) || found;
        }
    }
    return found;
}

bool policy_derive_rule(struct policy_reader *reader, const struct policy_condition *rule) {
    const struct scope scope = {.node = rule};
    reader->rule = rule;
    return walk(reader, &scope);
}
