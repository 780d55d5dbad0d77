#include "base/address.h"
#include "base/nearest.h"
#include "policy/policy_internal.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

struct condition_key {
    const char *name;
    enum condition_kind kind;
    enum policy_classifier_type type; /* of CONDITION_CLASSIFIER */
    bool regex;                       /* of CONDITION_IDENTITY */
};

static const struct condition_key condition_keys[] = {
    {.name = "eth_src", .kind = CONDITION_ETH_SRC},
    {.name = "eth_dst", .kind = CONDITION_ETH_DST},
    {.name = "eth_type", .kind = CONDITION_ETH_TYPE},
    {.name = "ip_src", .kind = CONDITION_IP_SRC},
    {.name = "ip_dst", .kind = CONDITION_IP_DST},
    {.name = "tcp_src", .kind = CONDITION_TCP_SRC},
    {.name = "tcp_dst", .kind = CONDITION_TCP_DST},
    {.name = "identity_lldp_systemname", .kind = CONDITION_IDENTITY},
    {.name = "identity_lldp_systemname_re", .kind = CONDITION_IDENTITY, .regex = true},
    {.name = "identity_service_dns", .kind = CONDITION_IDENTITY},
    {.name = "identity_service_dns_re", .kind = CONDITION_IDENTITY, .regex = true},
    {.name = "payload", .kind = CONDITION_CLASSIFIER, .type = POLICY_PAYLOAD},
    {.name = "statistical", .kind = CONDITION_CLASSIFIER, .type = POLICY_STATISTICAL},
};
#define CONDITION_KEYS (sizeof condition_keys / sizeof *condition_keys)

static const struct condition_key *find_key(const char *name) {
    for (size_t i = 0; i < CONDITION_KEYS; i++) {
        if (strcmp(condition_keys[i].name, name) == 0) {
            return &condition_keys[i];
        }
    }
    return NULL;
}

static void fault_unknown_condition(const struct policy_reader *reader,
                                    const struct yaml_node *key) {
    const char *names[CONDITION_KEYS + 2] = {"match_type", "conditions"};
    for (size_t i = 0; i < CONDITION_KEYS; i++) {
        names[i + 2] = condition_keys[i].name;
    }
    const char *nearest = nearest_word(key->text, names, CONDITION_KEYS + 2);
    if (nearest) {
        policy_fault(reader, FAULT_ERROR, key, "unknown condition '%.64s'; did you mean '%s'?",
                     key->text, nearest);
    } else {
        policy_fault(reader, FAULT_ERROR, key,
                     "unknown condition '%.64s'; use eth_, ip_ or tcp_ src and dst, eth_type, "
                     "an identity_ condition, payload or statistical",
                     key->text);
    }
}

/* In YAML, ports are numbers; in JSON, hexadecimal EtherTypes must be strings. To the controller
 * the quotes make no difference. */
static bool read_number(const struct policy_reader *reader, const struct yaml_node *node,
                        const char *label, uint16_t *number) {
    struct yaml_node plain = *node;
    plain.quoted = false;
    uint64_t value;
    if (!yaml_as_uint(&plain, &value) || value < 1 || value > UINT16_MAX) {
        policy_fault(reader, FAULT_ERROR, node, "%s is '%.64s'; write a number from 1 to 65535",
                     label, node->text);
        return false;
    }
    *number = (uint16_t)value;
    return true;
}

/* glibc copies the expression before each '+', and before '{n}' n times, so that a short text can
 * exhaust memory; "(?" is Python syntax. Such expressions are left to the controller. */
static bool regex_is_simple(const char *text) {
    size_t plus = 0;
    for (const char *at = text; *at; at++) {
        plus += *at == '+';
    }
    return strlen(text) <= 256 && plus <= 4 && !strchr(text, '{') && !strstr(text, "(?");
}

/* The controller uses Python's re, so a fault found here is only a hint. */
static void check_regex(const struct policy_reader *reader, const struct yaml_node *node,
                        const char *label) {
    regex_t regex;
    char reason[96];
    if (!regex_is_simple(node->text)) {
        return;
    }
    const int result = regcomp(&regex, node->text, REG_EXTENDED | REG_NOSUB);
    if (result == 0) {
        regfree(&regex);
        return;
    }
    regerror(result, &regex, reason, sizeof reason);
    policy_fault(reader, FAULT_WARNING, node,
                 "%s '%.64s' is probably not a regular expression (%s); check its brackets", label,
                 node->text, reason);
}

static bool read_value(const struct policy_reader *reader, const struct condition_key *key,
                       const struct yaml_node *node, struct policy_condition *condition) {
    switch (key->kind) {
    case CONDITION_ETH_SRC:
    case CONDITION_ETH_DST:
        if (!address_parse_mac(node->text, condition->mac)) {
            policy_fault(reader, FAULT_ERROR, node,
                         "%s is '%.64s'; write a MAC address such as '00:00:5e:00:53:01'",
                         key->name, node->text);
            return false;
        }
        return true;
    case CONDITION_IP_SRC:
    case CONDITION_IP_DST:
        condition->ip.version =
            address_parse_range(node->text, condition->ip.first, condition->ip.last);
        if (condition->ip.version == 0) {
            policy_fault(reader, FAULT_ERROR, node,
                         "%s is '%.64s'; write an address, a block such as 192.0.2.0/24 or a "
                         "range such as 192.0.2.1-192.0.2.9, the lower one first",
                         key->name, node->text);
            return false;
        }
        return true;
    case CONDITION_ETH_TYPE:
    case CONDITION_TCP_SRC:
    case CONDITION_TCP_DST:
        return read_number(reader, node, key->name, &condition->number);
    case CONDITION_IDENTITY:
        if (key->regex) {
            check_regex(reader, node, key->name);
        }
        return true;
    case CONDITION_CLASSIFIER:
        if (!policy_classifier_name_valid(node->text)) {
            policy_fault(
                reader, FAULT_ERROR, node,
                "%s is '%.64s', not a classifier name; use letters, digits and _, at most %d",
                key->name, node->text, POLICY_NAME_MAX - 1);
            return false;
        }
        condition->line = node->line; /* faults refer to the name, not the key */
        condition->column = node->column;
        condition->classifier.type = key->type;
        memcpy(condition->classifier.name, node->text, node->count + 1);
        return true;
    case CONDITION_ANY:
    case CONDITION_ALL:
        break;
    }
    return false;
}

static void read_condition(const struct policy_reader *reader, struct policy_condition *stanza,
                           const struct yaml_node *name, const struct yaml_node *value) {
    const struct condition_key *key = find_key(name->text);
    if (!key) {
        fault_unknown_condition(reader, name);
        return;
    }
    if (!policy_check_text(reader, value, key->name)) {
        return;
    }
    struct policy_condition *condition = policy_condition_add(reader, key->kind, name);
    if (condition && read_value(reader, key, value, condition)) {
        (void)policy_condition_append(reader, stanza,
                                      condition); /* on false the fault is already added */
    }
}

/* Each item is a mapping with one entry: a name and its stanza. */
static void read_nested(const struct policy_reader *reader, struct policy_condition *stanza,
                        const struct yaml_node *name, const struct yaml_node *list) {
    if (!policy_check_sequence(reader, list, name->text)) {
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *value =
            policy_check_single(reader, list->items[i], "an item of nested conditions");
        const struct policy_condition *inner = value ? policy_read_stanza(reader, value) : NULL;
        if (inner) {
            (void)policy_condition_append(reader, stanza,
                                          inner); /* on false the fault is already added */
        }
    }
}

struct policy_condition *policy_read_stanza(const struct policy_reader *reader,
                                            const struct yaml_node *node) {
    if (!policy_check_mapping(reader, node, "a stanza of conditions_list")) {
        return NULL;
    }
    static const char *const match_types[] = {"any", "all"};
    const struct yaml_node *match = yaml_find(node, "match_type");
    enum condition_kind kind = CONDITION_ANY;
    if (!match) {
        policy_fault(reader, FAULT_ERROR, node,
                     "a stanza lacks match_type; add 'match_type: any' or 'match_type: all'");
    } else if (policy_check_word(reader, match, "match_type", match_types, 2) == 1) {
        kind = CONDITION_ALL;
    }
    struct policy_condition *stanza = policy_condition_add(reader, kind, node);
    if (!stanza) {
        return NULL;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *key = node->keys[i];
        if (strncmp(key->text, "conditions", strlen("conditions")) == 0) {
            read_nested(reader, stanza, key, node->items[i]);
        } else if (node->items[i] != match) {
            read_condition(reader, stanza, key, node->items[i]);
        }
    }
    if (node->count == (match ? 1 : 0)) {
        policy_fault(reader, FAULT_WARNING, node,
                     "a stanza without conditions has no effect; add one, or remove the stanza");
    }
    return stanza;
}
