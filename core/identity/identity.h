#ifndef DPAE_IDENTITY_IDENTITY_H
#define DPAE_IDENTITY_IDENTITY_H

#include "bytes/dns.h"
#include "packet/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses and names on the network, as seen in packets. An identity holds values and no pointers,
 * since it passes through shared memory. Text is printable ASCII: other bytes are escaped as \DDD
 * (decimal, RFC 4343), a backslash as "\\"; excess text is truncated. */
enum identity_kind {
    IDENTITY_ARP,
    IDENTITY_LLDP,
    IDENTITY_DNS,
    IDENTITY_DHCP,
    IDENTITY_NDP,
    IDENTITY_KIND_COUNT
};

enum identity_malformed {
    IDENTITY_MALFORMED_ARP,
    IDENTITY_MALFORMED_LLDP,
    IDENTITY_MALFORMED_DNS, /* includes messages truncated by the capture or by fragmentation */
    IDENTITY_MALFORMED_DHCP,
    IDENTITY_MALFORMED_NDP,
    IDENTITY_DNS_TCP_SPLIT, /* a message that is not whole in its segment: ignored */
    IDENTITY_MALFORMED_COUNT
};

#define IDENTITY_TEXT 1025

/* RFC 826, IPv4 over Ethernet; reported for requests and replies. Text form: "spa,sha,tpa,tha". */
struct identity_arp {
    uint16_t operation; /* 1 request, 2 reply */
    uint8_t sender_ip[4], sender_mac[6], target_ip[4], target_mac[6];
};

/* IEEE 802.1AB. Empty text: the TLV was absent. Of several management addresses, the first. An
 * LLDPDU with TTL 0, which withdraws the information, is not reported. */
struct identity_lldp {
    char system_name[IDENTITY_TEXT];
    char port_id[IDENTITY_TEXT]; /* MAC and network addresses as text, others escaped */
    char port_description[IDENTITY_TEXT];
    char management_address[64];
};

/* One answer record, class IN, of a DNS response: RFC 1035, AAAA RFC 3596. Names are in lower case,
 * without the trailing dot (the root is "."), in the notation of RFC 1035 section 5.1: besides the
 * escapes above, each of ".;()@$ and " within a label is preceded by a backslash, and a space is
 * \032. */
struct identity_dns {
    uint16_t type;      /* 1 A, 5 CNAME, 28 AAAA */
    uint32_t ttl;       /* seconds */
    uint8_t client[16]; /* receiver of the answer (destination of the packet); its IP version is
                           below */
    uint8_t client_version;
    char name[DNS_NAME_MAX];
    uint8_t address[16];       /* A: first 4 bytes; AAAA: all */
    char target[DNS_NAME_MAX]; /* CNAME */
};

/* DHCPv4, RFC 2131 and 2132, of Ethernet clients. 0 or empty: not in the message. Trailing NULs,
 * which some clients send, are removed. */
struct identity_dhcp {
    uint8_t message_type; /* option 53: 1 DISCOVER ... 8 INFORM */
    uint8_t client_mac[6];
    uint8_t requested_ip[4];          /* option 50 */
    uint8_t assigned_ip[4];           /* yiaddr */
    uint8_t server_ip[4];             /* option 54 */
    uint32_t lease_s;                 /* option 51 */
    char host_name[IDENTITY_TEXT];    /* option 12 */
    char vendor_class[IDENTITY_TEXT]; /* option 60 */
};

/* Neighbour advertisement, RFC 4861 section 4.4. */
struct identity_ndp {
    uint8_t target[16];
    uint8_t target_mac[6]; /* from the target link-layer address option, else the frame's source */
};

struct identity {
    enum identity_kind kind;
    uint64_t time_ns;
    uint8_t src_mac[6]; /* source of the frame; zeros when the link has no addresses */
    union {
        struct identity_arp arp;
        struct identity_lldp lldp;
        struct identity_dns dns;
        struct identity_dhcp dhcp;
        struct identity_ndp ndp;
    };
};

/* The kinds to harvest, from the policy's identity flags. arp includes NDP. */
struct identity_flags {
    bool arp, lldp, dns, dhcp;
};

struct identity_counters {
    uint64_t malformed[IDENTITY_MALFORMED_COUNT];
};

/* Returns the kind that a packet may contain by its protocol and ports: ARP, LLDP, UDP or TCP with
 * port 53, UDP with ports 67/68, ICMPv6 type 136; IDENTITY_KIND_COUNT for all others. */
static inline enum identity_kind identity_kind_of(const struct packet *packet) {
    if (packet->class != PACKET_FLOW) {
        return packet->class == PACKET_ARP    ? IDENTITY_ARP
               : packet->class == PACKET_LLDP ? IDENTITY_LLDP
                                              : IDENTITY_KIND_COUNT;
    }
    if (packet->proto == IP_PROTO_TCP || packet->proto == IP_PROTO_UDP) {
        if (packet->src_port == 53 || packet->dst_port == 53) {
            return IDENTITY_DNS;
        }
        const bool dhcp = packet->src_port == 67 || packet->src_port == 68 ||
                          packet->dst_port == 67 || packet->dst_port == 68;
        return dhcp && packet->proto == IP_PROTO_UDP ? IDENTITY_DHCP : IDENTITY_KIND_COUNT;
    }
    const bool neighbour = packet->proto == IP_PROTO_ICMPV6 && packet->ip_version == 6 &&
                           packet->payload_captured > 0 && packet->payload[0] == 136;
    return neighbour ? IDENTITY_NDP : IDENTITY_KIND_COUNT;
}

/* Returns true when identity_harvest() should examine packet under these flags. Called for each
 * packet. */
static inline bool identity_applies(const struct packet *packet,
                                    const struct identity_flags *flags) {
    switch (identity_kind_of(packet)) {
    case IDENTITY_ARP:
    case IDENTITY_NDP:
        return flags->arp;
    case IDENTITY_LLDP:
        return flags->lldp;
    case IDENTITY_DNS:
        return flags->dns;
    case IDENTITY_DHCP:
        return flags->dhcp;
    case IDENTITY_KIND_COUNT:
        break;
    }
    return false;
}

/* Extracts the identities of a packet for which identity_applies() is true and calls report for
 * each; the identity is valid during the call only. Counts malformed input and reports the part
 * before it; but a truncated DNS message yields no identities, and further answers after 256 count
 * as malformed. Does not allocate. Returns the number of identities reported. */
unsigned identity_harvest(const struct packet *packet, struct identity_counters *counters,
                          void (*report)(void *context, const struct identity *identity),
                          void *context);

const char *identity_kind_name(enum identity_kind kind); /* "arp", "lldp", "dns", "dhcp", "ndp" */
const char *
identity_malformed_name(enum identity_malformed reason); /* "dns", "dns-tcp-split" ... */

/* Remembers which identities were already reported. Bounded; when full, it drops the one reported
 * longest ago. The result does not depend on the seed. */
struct identity_cache;

/* Creates a cache of capacity > 0 entries; the same identity is reported again after refresh_ns.
 * Returns NULL when memory is exhausted. */
struct identity_cache *identity_cache_new(uint32_t capacity, uint64_t refresh_ns, uint64_t seed);

void identity_cache_set_refresh(struct identity_cache *cache, uint64_t refresh_ns);

/* Returns true, and records the identity as reported now, when it is new or its last report is at
 * least refresh_ns away (by identity->time_ns, in either direction, so that a clock that goes back
 * does not suppress it). Two identities are the same when kind, source MAC and all other members
 * except time, TTL and lease are equal. */
bool identity_cache_admit(struct identity_cache *cache, const struct identity *identity);
/* Withdraws the last admission after its report failed: the same identity is due again. */
void identity_cache_withdraw(struct identity_cache *cache);
void identity_cache_free(struct identity_cache *cache); /* accepts NULL */

#endif
