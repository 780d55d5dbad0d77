#ifndef DPAE_FLOW_FLOW_H
#define DPAE_FLOW_FLOW_H

#include "base/ends.h"
#include "base/slot_index.h"
#include "packet/packet.h"

#include <stdbool.h>
#include <stdint.h>

/* One flow: both directions of a conversation between two ends, each an address and a port. The
 * ends are normalised: end 0 is the lower (address bytes, then port), so that packets of both
 * directions find the same record; FLOW_CLIENT_IS_1 identifies the client. A direction is named
 * after the sending end. 128 bytes, two cache lines; rarely used data is in struct flow_cold. Only
 * flow_ingest_packet() writes it, except for the members of the classifiers. */
enum flow_flag {
    FLOW_USED = 1u << 0,
    FLOW_IPV6 = 1u << 1,
    FLOW_CLIENT_IS_1 = 1u << 2,     /* the client is end 1, otherwise end 0 */
    FLOW_VERIFIED_SYN = 1u << 3,    /* client known from a SYN */
    FLOW_VERIFIED_SYNACK = 1u << 4, /* client known from a SYN+ACK; with neither flag: assumed */
    FLOW_SEQ_KNOWN_0 = 1u << 5,     /* next_seq[0] is set */
    FLOW_SEQ_KNOWN_1 = 1u << 6,
    FLOW_FIN_0 = 1u << 7, /* FIN seen from end 0 */
    FLOW_FIN_1 = 1u << 8,
    FLOW_ENDED = 1u << 9,         /* its end was reported; the record lingers */
    FLOW_HOLES = 1u << 10,        /* it has open sequence gaps */
    FLOW_SCRIPT_STATE = 1u << 11, /* a classifier keeps a table for it */
    FLOW_SYN_0 = 1u << 12,        /* SYN seen from end 0 */
    FLOW_SYN_1 = 1u << 13,
    FLOW_FIN_ACKED_0 = 1u << 14, /* the FIN of end 0 was acknowledged */
    FLOW_FIN_ACKED_1 = 1u << 15
};

/* The idle timeout of a flow. Each has its own list, longest idle first. */
enum flow_timeout {
    FLOW_TIMEOUT_TCP_OPENING,
    FLOW_TIMEOUT_TCP_ESTABLISHED,
    FLOW_TIMEOUT_TCP_CLOSED, /* FINs in both directions, or RST */
    FLOW_TIMEOUT_UDP,
    FLOW_TIMEOUT_OTHER,
    FLOW_TIMEOUT_COUNT
};

enum flow_end_reason {
    FLOW_END_IDLE,
    FLOW_END_FIN,
    FLOW_END_RST,
    FLOW_END_REUSE,   /* a new SYN reused the ports */
    FLOW_END_EVICTED, /* the table was full */
    FLOW_END_STOP,    /* the program or the input ended */
    FLOW_END_COUNT
};

#define FLOW_TIME_BITS     48
#define FLOW_INTERVAL_NONE ((UINT64_C(1) << FLOW_TIME_BITS) - 1)

struct flow {
    /* key, immutable */
    uint8_t address[2][16]; /* network order; IPv4: the first 4 bytes */
    uint16_t port[2];       /* host order */
    uint8_t proto;
    uint8_t timeout : 4;     /* enum flow_timeout: its list */
    uint8_t stream : 4;      /* bytes requested by a classifier: 2 bits per end (script) */
    uint16_t flags;          /* enum flow_flag */
    uint64_t last_ns[2];     /* time of the latest packet per direction; 0: no packet yet */
    uint64_t packets_0 : 40; /* unique packets */
    uint64_t treatment : 4;  /* enum treatment decided so far (pipeline) */
    uint64_t decider : 4;    /* classifier that decided it (pipeline) */
    uint64_t gaps_0 : 16;    /* sequence gaps, saturating */

    uint64_t packets_1 : 40;
    uint64_t max_packet_size : 20; /* bytes on the wire, saturating */
    uint64_t owed : 2; /* enum event_action: advice that the sink has not accepted yet (pipeline) */
    uint64_t owed_end : 1; /* sender of the packet that caused it (pipeline) */
    uint64_t unused : 1;
    uint64_t bytes_0 : 48;   /* of unique packets, on the wire */
    uint64_t finalised : 16; /* one bit per classifier of the set (pipeline) */
    uint64_t bytes_1 : 48;
    uint64_t generation : 16; /* classifier set that finalised and decider refer to (pipeline) */
    uint64_t max_interval_ns : 48;   /* over both directions */
    uint64_t vlan_0 : 12;            /* latest VID of direction 0, 0: untagged */
    uint64_t end_reason : 3;         /* enum flow_end_reason, valid with FLOW_ENDED */
    uint64_t unstored : 1;           /* to be stored in the database (pipeline) */
    uint64_t min_interval_0_ns : 48; /* FLOW_INTERVAL_NONE before the second packet */
    uint64_t vlan_1 : 12;
    uint64_t end_reported : 1; /* its end was reported, but not yet to the database (pipeline) */
    uint64_t unused_1 : 3;
    uint64_t min_interval_1_ns : 48;
    uint64_t gaps_1 : 16;
    uint32_t next_seq[2];     /* TCP: the sequence number after the highest one seen */
    uint32_t suppressed;      /* packet_count at the last suppression, 0: never (pipeline) */
    uint32_t retransmissions; /* segments without new data, SYN or FIN */
};
_Static_assert(sizeof(struct flow) == 128, "two cache lines");

/* One of the first packets of a flow. */
struct flow_kept_packet {
    uint64_t offset_ns; /* since the start of the flow */
    uint32_t length;    /* on the wire, at most 131071 */
    uint8_t tcp_flags;
    uint8_t end; /* the sender, 0 or 1 */
};

static inline uint64_t flow_packet_count(const struct flow *flow) {
    return (uint64_t)flow->packets_0 + flow->packets_1;
}

static inline uint64_t flow_end_packets(const struct flow *flow, unsigned end) {
    return end ? flow->packets_1 : flow->packets_0;
}

static inline uint64_t flow_end_bytes(const struct flow *flow, unsigned end) {
    return end ? flow->bytes_1 : flow->bytes_0;
}

static inline uint32_t flow_end_gaps(const struct flow *flow, unsigned end) {
    return end ? flow->gaps_1 : flow->gaps_0;
}

static inline uint16_t flow_end_vlan(const struct flow *flow, unsigned end) {
    return end ? flow->vlan_1 : flow->vlan_0;
}

static inline unsigned flow_client_end(const struct flow *flow) {
    return (flow->flags & FLOW_CLIENT_IS_1) != 0;
}

static inline uint64_t flow_last_ns(const struct flow *flow) {
    return flow->last_ns[0] > flow->last_ns[1] ? flow->last_ns[0] : flow->last_ns[1];
}

static inline int flow_ip_version(const struct flow *flow) {
    return flow->flags & FLOW_IPV6 ? 6 : 4;
}

/* The largest interval between consecutive packets of one direction, and the smallest non-zero one;
 * ns, 0 when undefined. */
uint64_t flow_max_interval_ns(const struct flow *flow);
uint64_t flow_min_interval_ns(const struct flow *flow);

/* Returns the flow's ends; A is end a. */
struct ends flow_ends(const struct flow *flow, unsigned a);

/* Returns the hash that is displayed and stored: 64-bit FNV-1a over protocol, address 0, port 0,
 * address 1, port 1 (addresses of 4 or 16 bytes, ports big-endian). Unseeded, so equal in every
 * DPAE. */
uint64_t flow_public_hash(const struct flow *flow);

const char *flow_end_reason_name(enum flow_end_reason reason); /* "idle", "fin", "rst", ... */

#endif
