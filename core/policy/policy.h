#ifndef DPAE_POLICY_POLICY_H
#define DPAE_POLICY_POLICY_H

#include "base/faults.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The main policy of the nmeta2 controller and the optimised rules that it derives, validated
 * against the controller's grammar (see config/main_policy.yaml). Immutable once built, except that
 * rules from the controller replace the derived ones. */
enum treatment {
    TREATMENT_NONE,
    TREATMENT_DEFAULT_PRIORITY,
    TREATMENT_CONSTRAINED_BW,
    TREATMENT_HIGH_PRIORITY,
    TREATMENT_LOW_PRIORITY,
    TREATMENT_COUNT
};

enum policy_mode { POLICY_PASSIVE, POLICY_ACTIVE };
enum policy_classifier_type { POLICY_PAYLOAD, POLICY_STATISTICAL };

#define POLICY_CLASSIFIERS_MAX 16
#define POLICY_NAME_MAX        64 /* of a classifier, including NUL */

struct policy_condition; /* a tree of static conditions, owned by its policy */

struct policy_classifier {
    char name[POLICY_NAME_MAX]; /* [A-Za-z0-9_]+ */
    enum policy_classifier_type type;
    const struct policy_condition *when; /* the flows it runs on; NULL: all flows */
    unsigned line, column;               /* where its name first occurs */
};

struct policy_identity {
    bool arp, lldp, dns, dhcp;
};

struct policy {
    enum policy_mode mode;
    struct policy_identity identity;
    uint32_t queue[TREATMENT_COUNT]; /* switch queue of each treatment */
    struct policy_classifier classifiers[POLICY_CLASSIFIERS_MAX]; /* in order, without duplicates */
    size_t classifier_count;
    size_t static_rules; /* rules of the main policy without a classifier, which the controller
                            implements */
    bool rules_from_controller; /* false: derived from the main policy */
    struct policy_condition
        *conditions; /* owned list of all conditions that classifiers point to */
};

/* Parses and validates a main policy (YAML or JSON). source names it in faults. On success returns
 * 0 and sets *policy (free with policy_free), with classifiers derived from every stanza; warnings
 * point out where that exceeds the controller's behaviour. On failure returns a negative errno,
 * sets *policy to NULL and adds every fault found. */
int policy_parse(const char *text, size_t length, const char *source, struct policy **policy,
                 struct faults *faults);
int policy_load(const char *path, struct policy **policy, struct faults *faults);

/* Builds a policy without a main policy: it runs these classifiers, in this order, on all flows,
 * passively, and harvests every kind of identity. source names it in faults. Otherwise like
 * policy_parse(). */
int policy_from_names(const char *const *names, size_t count, const char *source,
                      struct policy **policy, struct faults *faults);

/* Replaces the classifiers by those of an optimised rules list from the controller (a JSON or YAML
 * array; items with install_type "to_dpae"). On failure leaves policy unchanged. */
int policy_apply_rules(struct policy *policy, const char *text, size_t length, const char *source,
                       struct faults *faults);

void policy_free(struct policy *policy); /* accepts NULL */

/* The properties of a packet that static conditions test. Addresses in network order, ports in host
 * order. */
struct policy_subject {
    const uint8_t *eth_src; /* 6 bytes, or NULL: eth conditions do not match */
    const uint8_t *eth_dst;
    uint16_t eth_type; /* 0: unknown */
    uint8_t ip_version;
    bool is_tcp; /* tcp_src and tcp_dst match only TCP */
    uint8_t ip_src[16], ip_dst[16];
    uint16_t src_port, dst_port;
};

/* Returns true when this packet satisfies the condition; every packet satisfies NULL. A condition
 * holds for a flow when a packet of either direction satisfies it: test both directions. */
bool policy_condition_matches(const struct policy_condition *condition,
                              const struct policy_subject *subject);

/* Returns a hash of a classifier's name and condition, independent of its position in the file. */
uint64_t policy_classifier_hash(const struct policy_classifier *classifier);

const char *treatment_name(enum treatment treatment); /* "constrained_bw"; NONE: "none" */
enum treatment treatment_from_name(const char *name); /* TREATMENT_NONE when unknown */

/* Returns true for [A-Za-z0-9_]+ of less than POLICY_NAME_MAX bytes, which is safe in a path. */
bool policy_classifier_name_valid(const char *name);

#endif
