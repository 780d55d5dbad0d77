#ifndef DPAE_POLICY_POLICY_H
#define DPAE_POLICY_POLICY_H

#include "base/faults.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The main policy of the nmeta2 controller and the optimised rules it makes of it, validated by the
 * controller's grammar (config/main_policy.yaml shows it). Immutable once built, except that rules
 * from the controller replace the derived ones. */
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
#define POLICY_NAME_MAX        64 /* of a classifier, with its NUL */

struct policy_condition; /* a tree of static conditions, owned by its policy */

struct policy_classifier {
    char name[POLICY_NAME_MAX]; /* [A-Za-z0-9_]+ */
    enum policy_classifier_type type;
    const struct policy_condition *when; /* the flows it runs on; NULL: all */
    unsigned line, column;               /* of its name where it is first mentioned */
};

struct policy_identity {
    bool arp, lldp, dns, dhcp;
};

struct policy {
    enum policy_mode mode;
    struct policy_identity identity;
    uint32_t queue[TREATMENT_COUNT]; /* switch queue of each treatment */
    struct policy_classifier classifiers[POLICY_CLASSIFIERS_MAX]; /* in order, each name once */
    size_t classifier_count;
    size_t static_rules; /* rules of the main policy without a classifier: the controller's */
    bool rules_from_controller;          /* otherwise derived from the main policy */
    struct policy_condition *conditions; /* all that classifiers point at, as a list; owned */
};

/* Parses and validates a main policy (YAML or JSON). source names it in faults. On success returns
 * 0 and *policy (free with policy_free) with its classifiers derived from every stanza; warnings
 * say where that goes beyond what the controller does. On failure a negative errno, *policy NULL,
 * and every fault found. */
int policy_parse(const char *text, size_t length, const char *source, struct policy **policy,
                 struct faults *faults);
int policy_load(const char *path, struct policy **policy, struct faults *faults);

/* A policy that runs these classifiers, in this order, on all flows, passively, and gathers every
 * kind of identity; for who has no main policy. source names it in faults. Otherwise as
 * policy_parse(). */
int policy_from_names(const char *const *names, size_t count, const char *source,
                      struct policy **policy, struct faults *faults);

/* Replaces the classifiers by those of an optimised rules list (a JSON or YAML array; items with
 * install_type "to_dpae"), as the controller sends it. On failure policy is unchanged. */
int policy_apply_rules(struct policy *policy, const char *text, size_t length, const char *source,
                       struct faults *faults);

void policy_free(struct policy *policy); /* NULL is allowed */

/* What of a packet a static condition can look at. Addresses in network order, ports in host
 * order. */
struct policy_subject {
    const uint8_t *eth_src; /* 6 bytes or NULL: then eth conditions do not match */
    const uint8_t *eth_dst;
    uint16_t eth_type; /* 0: unknown */
    uint8_t ip_version;
    bool is_tcp; /* tcp_src and tcp_dst match TCP only */
    uint8_t ip_src[16], ip_dst[16];
    uint16_t src_port, dst_port;
};

/* True when the subject, this one packet as it is, meets the condition; NULL is met by all. A
 * condition holds for a flow when a packet of either direction meets it: ask for both. */
bool policy_condition_matches(const struct policy_condition *condition,
                              const struct policy_subject *subject);

/* A number for what a classifier is to do: its name and its condition, wherever they stand in the
 * file. */
uint64_t policy_classifier_hash(const struct policy_classifier *classifier);

const char *treatment_name(enum treatment treatment); /* "constrained_bw"; NONE: "none" */
enum treatment
treatment_from_name(const char *name); /* TREATMENT_NONE when it is none of the four */

/* True for [A-Za-z0-9_]+ of less than POLICY_NAME_MAX bytes: what may become a path. */
bool policy_classifier_name_valid(const char *name);

#endif
