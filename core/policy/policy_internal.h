#ifndef DPAE_POLICY_POLICY_INTERNAL_H
#define DPAE_POLICY_POLICY_INTERNAL_H

/* Shared by the files of this folder; private to them. */
#include "base/yaml.h"
#include "policy/policy.h"

/* A validation in progress: its source, faults and resulting policy. */
struct policy_reader {
    const char *source;
    struct faults *faults;
    struct policy *policy;
    const struct policy_condition *rule; /* the rule with the classifiers being derived */
    /* During derivation, for each classifier in policy: an ANY of the conditions from its rules. */
    struct policy_condition *runs_on[POLICY_CLASSIFIERS_MAX];
};

enum condition_kind {
    CONDITION_ANY, /* at least one child */
    CONDITION_ALL, /* every child */
    CONDITION_ETH_SRC,
    CONDITION_ETH_DST,
    CONDITION_ETH_TYPE,
    CONDITION_IP_SRC,
    CONDITION_IP_DST,
    CONDITION_TCP_SRC,
    CONDITION_TCP_DST,
    CONDITION_IDENTITY,  /* only the controller can evaluate it: assumed to hold */
    CONDITION_CLASSIFIER /* its script evaluates it: assumed to hold */
};

/* A node of a rule. A node may have several parents: the policy's list owns all nodes, their
 * parents own no nodes. */
struct policy_condition {
    enum condition_kind kind;
    bool always;                   /* holds for every packet, as far as can be evaluated here */
    bool has_identity;             /* it is or contains a CONDITION_IDENTITY */
    unsigned line, column;         /* in the policy file */
    struct policy_condition *next; /* in the policy's list */
    const struct policy_condition **children; /* ANY, ALL: owned array of count */
    size_t count;
    union {
        uint8_t mac[6];
        uint16_t number; /* port or EtherType, host order */
        struct {
            int version;
            uint8_t first[16], last[16];
        } ip;
        struct {
            enum policy_classifier_type type;
            char name[POLICY_NAME_MAX];
        } classifier;
    };
};

/* policy_check.c: used at every level of the file */

void policy_fault(const struct policy_reader *reader, enum fault_severity severity,
                  const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void policy_fault_memory(const struct policy_reader *reader);

/* Returns the index of the value among words, or -1 with a fault that lists the choices. label is
 * the key of the value. */
int policy_check_word(const struct policy_reader *reader, const struct yaml_node *node,
                      const char *label, const char *const *words, size_t count);

/* Return true for a mapping, a sequence or a scalar, respectively; otherwise add a fault. */
bool policy_check_mapping(const struct policy_reader *reader, const struct yaml_node *node,
                          const char *label);
bool policy_check_sequence(const struct policy_reader *reader, const struct yaml_node *node,
                           const char *label);
bool policy_check_text(const struct policy_reader *reader, const struct yaml_node *node,
                       const char *label);

/* Reads a mapping with exactly these keys: sets values[i] to the value of keys[i], or to NULL with
 * a fault. Adds a fault for every other key. Returns false, with a fault and all values NULL, when
 * node is not a mapping. */
bool policy_check_keys(const struct policy_reader *reader, const struct yaml_node *node,
                       const char *label, const char *const *keys, size_t count,
                       const struct yaml_node **values);

/* Returns the value of a mapping with one entry. Otherwise adds a fault, and returns the first
 * value, so that its faults are found, too, or NULL when there is no value. */
const struct yaml_node *policy_check_single(const struct policy_reader *reader,
                                            const struct yaml_node *node, const char *label);

/* policy_condition.c */

/* Adds a condition to the policy's list, with the position of node in the file. Returns NULL, with
 * a fault, when memory is exhausted. */
struct policy_condition *policy_condition_add(const struct policy_reader *reader,
                                              enum condition_kind kind,
                                              const struct yaml_node *node);

/* Appends child to parent's children and updates parent's flags. Returns false, with a fault, when
 * memory is exhausted. */
bool policy_condition_append(const struct policy_reader *reader, struct policy_condition *parent,
                             const struct policy_condition *child);

void policy_conditions_free(struct policy *policy);

/* policy_ports.c */
void policy_read_port_sets(const struct policy_reader *reader, const struct yaml_node *node);

/* policy_rules.c: reads the value of tc_rules and passes each rule to policy_derive_rule(). */
void policy_read_rules(struct policy_reader *reader, const struct yaml_node *node);

/* policy_stanza.c: returns a stanza with its nested ones, or NULL with faults. */
struct policy_condition *policy_read_stanza(const struct policy_reader *reader,
                                            const struct yaml_node *node);

/* policy_derive.c: adds the classifiers in a rule, which is an ANY or ALL of its stanzas. Returns
 * true when there are any. */
bool policy_derive_rule(struct policy_reader *reader, const struct policy_condition *rule);

/* Returns the index of the classifier of that name, which it adds if necessary. Returns -1, with a
 * fault at line and column, when there are too many. */
int policy_add_classifier(const struct policy_reader *reader, const char *name,
                          enum policy_classifier_type type, unsigned line, unsigned column);

#endif
