#ifndef DPAE_PIPELINE_TRACE_H
#define DPAE_PIPELINE_TRACE_H

#include "base/ends.h"
#include "packet/packet.h"
#include "script/host.h"

#include <stdbool.h>
#include <stdint.h>

/* The outcome of a packet: exactly one class, so that their sum is the number of packets read. */
enum pipeline_class {
    PIPELINE_FLOW_PACKET,
    PIPELINE_RETRANSMISSION,
    PIPELINE_LATE,           /* after the reported end of its flow */
    PIPELINE_FRAGMENT_WAITS, /* before the first fragment of its datagram */
    PIPELINE_ARP,
    PIPELINE_LLDP,
    PIPELINE_OTHER, /* not IP */
    PIPELINE_MALFORMED,
    PIPELINE_CLASS_COUNT
};

#define TRACE_NAME  256
#define TRACE_ERROR 2048

/* One packet as the classifiers saw it, and their results, for dpae replay --packet. Masks are
 * by place in the set of classifiers. */
struct pipeline_trace {
    uint64_t number;
    struct packet packet; /* its pointers refer to the frame */
    enum pipeline_class class;

    bool has_flow;    /* a flow that classifiers may see; otherwise the rest is unset */
    struct ends ends; /* A is the sender */
    bool from_client;
    uint8_t verified;              /* 0: no, 1: verified-SYN, 2: verified-SYNACK */
    uint64_t packets[2], bytes[2]; /* of the flow so far, [0] from the client, [1] to it */
    uint32_t retransmissions;
    char server_name[TRACE_NAME]; /* of the flow; empty: unknown */

    /* before the classifiers ran */
    uint32_t quarantined; /* mask */
    uint32_t unmet;       /* mask: the policy's conditions do not hold */
    uint32_t finalised; /* mask: the flow is finalised for them, or their conditions do not hold */
    unsigned decider;   /* owner of the flow's treatment; SETS_NONE of sets.h: no treatment */

    uint32_t called, failed, spoke, explained, finalises; /* masks */
    uint8_t treatment[SCRIPT_CLASSIFIERS_MAX];            /* enum treatment, for bits in spoke */
    char why[SCRIPT_CLASSIFIERS_MAX][SCRIPT_WHY_MAX];     /* for bits in explained */
    char errors[SCRIPT_CLASSIFIERS_MAX][TRACE_ERROR];     /* for bits in failed: all lines */
};

#endif
