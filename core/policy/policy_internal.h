#ifndef DPAE_POLICY_POLICY_INTERNAL_H
#define DPAE_POLICY_POLICY_INTERNAL_H

/* What the files of this folder share. Not for others. */
#include "base/yaml.h"
#include "policy/policy.h"

/* A validation under way: where its faults go and which policy it fills. */
struct policy_reader {
    const char *source;
    struct faults *faults;
    struct policy *policy;
    const struct policy_condition *rule; /* whose classifiers are being derived */
    /* Of each classifier in policy, while it is derived: an ANY of what its rules say. */
    struct policy_condition *runs_on[POLICY_CLASSIFIERS_MAX];
};

enum condition_kind {
    CONDITION_ANY, /* one of the children, at least */
    CONDITION_ALL, /* every child */
    CONDITION_ETH_SRC,
    CONDITION_ETH_DST,
    CONDITION_ETH_TYPE,
    CONDITION_IP_SRC,
    CONDITION_IP_DST,
    CONDITION_TCP_SRC,
    CONDITION_TCP_DST,
    CONDITION_IDENTITY,  /* only the controller can tell: taken as met */
    CONDITION_CLASSIFIER /* its script tells: taken as met */
};

/* A node of what a rule says. A node may be the child of several: all are owned by the policy's
 * list, none by its parent. */
struct policy_condition {
    enum condition_kind kind;
    bool always;                   /* met by every packet, for all that can be told here */
    bool has_identity;             /* a CONDITION_IDENTITY is in it or below */
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

/* policy_check.c: what every level of the file needs. */

void policy_fault(const struct policy_reader *reader, enum fault_severity severity,
                  const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void policy_fault_memory(const struct policy_reader *reader);

/* The index of the word among words; otherwise -1, and a fault that names the choices. what is the
 * key that has the value. */
int policy_check_word(const struct policy_reader *reader, const struct yaml_node *node,
                      const char *what, const char *const *words, size_t count);

/* True for a mapping; else a fault. So for sequences and scalars. */
bool policy_check_mapping(const struct policy_reader *reader, const struct yaml_node *node,
                          const char *what);
bool policy_check_sequence(const struct policy_reader *reader, const struct yaml_node *node,
                           const char *what);
bool policy_check_text(const struct policy_reader *reader, const struct yaml_node *node,
                       const char *what);

/* A mapping with exactly these keys: values[i] becomes the value of keys[i], or NULL with a fault.
 * A fault for every other key. False when node is no mapping (with a fault; values all NULL). */
bool policy_check_keys(const struct policy_reader *reader, const struct yaml_node *node,
                       const char *what, const char *const *keys, size_t count,
                       const struct yaml_node **values);

/* A mapping of one entry: its value. A fault for any other count (then the first value, so that its
 * faults are found too) and for what is no mapping; NULL when there is no value. */
const struct yaml_node *policy_check_single(const struct policy_reader *reader,
                                            const struct yaml_node *node, const char *what);

/* policy_condition.c */

/* A node in the policy's list, at the place of node in the file. NULL without memory (a fault). */
struct policy_condition *policy_condition_add(const struct policy_reader *reader,
                                              enum condition_kind kind,
                                              const struct yaml_node *node);

/* Makes child the last of parent's children, and keeps parent's flags true. False without memory
 * (a fault). */
bool policy_condition_append(const struct policy_reader *reader, struct policy_condition *parent,
                             const struct policy_condition *child);

void policy_conditions_free(struct policy *policy);

/* policy_ports.c */
void policy_read_port_sets(const struct policy_reader *reader, const struct yaml_node *node);

/* policy_rules.c: the value of tc_rules. Gives each rule to policy_derive_rule. */
void policy_read_rules(struct policy_reader *reader, const struct yaml_node *node);

/* policy_stanza.c: a stanza with its nested ones, or NULL (faults tell). */
struct policy_condition *policy_read_stanza(const struct policy_reader *reader,
                                            const struct yaml_node *node);

/* policy_derive.c: adds the classifiers that a rule, an ANY or ALL of its stanzas, names. True when
 * there are some. */
bool policy_derive_rule(struct policy_reader *reader, const struct policy_condition *rule);

/* The place in the policy of the classifier of that name, new or the one there is. -1 when there
 * are too many, with a fault at line and column. */
int policy_add_classifier(const struct policy_reader *reader, const char *name,
                          enum policy_classifier_type type, unsigned line, unsigned column);

#endif
