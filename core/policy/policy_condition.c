#include "base/hash.h"
#include "policy/policy_internal.h"

#include <stdlib.h>
#include <string.h>

struct policy_condition *policy_condition_add(const struct policy_reader *reader,
                                              enum condition_kind kind,
                                              const struct yaml_node *node) {
    struct policy_condition *condition = calloc(1, sizeof *condition);
    if (!condition) {
        policy_fault_memory(reader);
        return NULL;
    }
    condition->kind = kind;
    condition->always =
        kind == CONDITION_ALL || kind == CONDITION_IDENTITY || kind == CONDITION_CLASSIFIER;
    condition->has_identity = kind == CONDITION_IDENTITY;
    condition->line = node ? node->line : 0;
    condition->column = node ? node->column : 0;
    condition->next = reader->policy->conditions;
    reader->policy->conditions = condition;
    return condition;
}

bool policy_condition_append(const struct policy_reader *reader, struct policy_condition *parent,
                             const struct policy_condition *child) {
    const size_t count = parent->count;
    if ((count & (count - 1)) == 0) { /* 0 and powers of two: the array is full */
        const size_t room = count ? 2 * count : 1;
        const struct policy_condition **grown =
            realloc(parent->children, room * sizeof(struct policy_condition *));
        if (!grown) {
            policy_fault_memory(reader);
            return false;
        }
        parent->children = grown;
    }
    parent->children[parent->count++] = child;
    parent->always = parent->kind == CONDITION_ANY ? parent->always || child->always
                                                   : parent->always && child->always;
    parent->has_identity = parent->has_identity || child->has_identity;
    return true;
}

void policy_conditions_free(struct policy *policy) {
    while (policy->conditions) {
        struct policy_condition *condition = policy->conditions;
        policy->conditions = condition->next;
        free(condition->children);
        free(condition);
    }
}

static bool match_mac(const struct policy_condition *condition, const uint8_t *mac) {
    return mac && memcmp(condition->mac, mac, sizeof condition->mac) == 0;
}

static bool match_ip(const struct policy_condition *condition, const struct policy_subject *subject,
                     const uint8_t ip[16]) {
    const size_t length = subject->ip_version == 4 ? 4 : 16;
    return condition->ip.version == subject->ip_version &&
           memcmp(condition->ip.first, ip, length) <= 0 &&
           memcmp(ip, condition->ip.last, length) <= 0;
}

/* Recurses as deep as the policy file is nested: at most YAML_DEPTH_MAX and a few levels. */
static bool match_children(const struct policy_condition *condition,
                           const struct policy_subject *subject, bool any) {
    for (size_t i = 0; i < condition->count; i++) {
        if (policy_condition_matches(condition->children[i], subject) == any) {
            return any;
        }
    }
    return !any;
}

bool policy_condition_matches(const struct policy_condition *condition,
                              const struct policy_subject *subject) {
    if (!condition) {
        return true;
    }
    switch (condition->kind) {
    case CONDITION_ANY:
        return match_children(condition, subject, true);
    case CONDITION_ALL:
        return match_children(condition, subject, false);
    case CONDITION_ETH_SRC:
        return match_mac(condition, subject->eth_src);
    case CONDITION_ETH_DST:
        return match_mac(condition, subject->eth_dst);
    case CONDITION_ETH_TYPE:
        return subject->eth_type == condition->number;
    case CONDITION_IP_SRC:
        return match_ip(condition, subject, subject->ip_src);
    case CONDITION_IP_DST:
        return match_ip(condition, subject, subject->ip_dst);
    case CONDITION_TCP_SRC:
        return subject->is_tcp && subject->src_port == condition->number;
    case CONDITION_TCP_DST:
        return subject->is_tcp && subject->dst_port == condition->number;
    case CONDITION_IDENTITY:
    case CONDITION_CLASSIFIER:
        return true;
    }
    return false;
}

static uint64_t hash_number(uint64_t hash, uint64_t number) {
    return hash_bytes(hash, &number, sizeof number);
}

static uint64_t hash_condition(uint64_t hash, const struct policy_condition *condition) {
    hash = hash_number(hash, (uint64_t)condition->kind);
    switch (condition->kind) {
    case CONDITION_ANY:
    case CONDITION_ALL:
        hash = hash_number(hash, condition->count);
        for (size_t i = 0; i < condition->count; i++) {
            hash = hash_condition(hash, condition->children[i]);
        }
        return hash;
    case CONDITION_ETH_SRC:
    case CONDITION_ETH_DST:
        return hash_bytes(hash, condition->mac, sizeof condition->mac);
    case CONDITION_IP_SRC:
    case CONDITION_IP_DST:
        hash = hash_number(hash, (uint64_t)condition->ip.version);
        hash = hash_bytes(hash, condition->ip.first, sizeof condition->ip.first);
        return hash_bytes(hash, condition->ip.last, sizeof condition->ip.last);
    case CONDITION_ETH_TYPE:
    case CONDITION_TCP_SRC:
    case CONDITION_TCP_DST:
        return hash_number(hash, condition->number);
    case CONDITION_IDENTITY:
    case CONDITION_CLASSIFIER:
        break; /* assumed to hold, whatever its value */
    }
    return hash;
}

uint64_t policy_classifier_hash(const struct policy_classifier *classifier) {
    const uint64_t hash = hash_bytes(HASH_START, classifier->name, strlen(classifier->name) + 1);
    return classifier->when ? hash_condition(hash, classifier->when) : hash;
}
