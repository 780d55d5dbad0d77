#ifndef DPAE_IDENTITY_IDENTITY_H
#define DPAE_IDENTITY_IDENTITY_H

#include "bytes/dns.h"
#include "packet/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who is who on the network, as packets tell it. Values only, no pointers: an identity travels
 * through shared memory. Text is printable ASCII: what the wire has else is escaped as \DDD
 * (decimal, RFC 4343), a backslash as "\\"; what does not fit is cut. */
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
    IDENTITY_MALFORMED_DNS, /* cut by the capture or by fragmentation counts too */
    IDENTITY_MALFORMED_DHCP,
    IDENTITY_MALFORMED_NDP,
    IDENTITY_DNS_TCP_SPLIT, /* a message that does not lie whole in its segment: not looked into */
    IDENTITY_MALFORMED_COUNT
};

#define IDENTITY_TEXT 1025

/* RFC 826, IPv4 over Ethernet; reported for requests and replies. Text form: "spa,sha,tpa,tha". */
struct identity_arp {
    uint16_t operation; /* 1 request, 2 reply */
    uint8_t sender_ip[4], sender_mac[6], target_ip[4], target_mac[6];
};

/* IEEE 802.1AB. Empty text: the TLV was not there. Of several management addresses the first. One
 * that says goodbye (TTL 0) is not reported. */
struct identity_lldp {
    char system_name[IDENTITY_TEXT];
    char port_id[IDENTITY_TEXT]; /* MAC and network addresses as text, else escaped */
    char port_description[IDENTITY_TEXT];
    char management_address[64];
};

/* One answer record, class IN, of a DNS response: RFC 1035, AAAA RFC 3596. Names are in lower case,
 * without the last dot (the root is "."), in the form of RFC 1035 section 5.1: besides the escapes
 * above, one of ".;()@$ and " that is part of a label has a backslash before it, and a space is
 * \032. */
struct identity_dns {
    uint16_t type;      /* 1 A, 5 CNAME, 28 AAAA */
    uint32_t ttl;       /* seconds */
    uint8_t client[16]; /* who was answered (destination of the packet), ip_version below */
    uint8_t client_version;
    char name[DNS_NAME_MAX];
    uint8_t address[16];       /* A: first 4; AAAA */
    char target[DNS_NAME_MAX]; /* CNAME */
};

/* DHCPv4, RFC 2131 and 2132, of Ethernet clients. 0 or empty: not in the message. Text comes
 * without the NULs that some clients end it with. */
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
    uint8_t target_mac[6]; /* of the target link-layer address option, else the frame's source */
};

struct identity {
    enum identity_kind kind;
    uint64_t time_ns;
    uint8_t src_mac[6]; /* of the frame; zeros where the link has none */
    union {
        struct identity_arp arp;
        struct identity_lldp lldp;
        struct identity_dns dns;
        struct identity_dhcp dhcp;
        struct identity_ndp ndp;
    };
};

/* What to harvest; from the policy's identity flags. NDP goes with arp. */
struct identity_flags {
    bool arp, lldp, dns, dhcp;
};

struct identity_counters {
    uint64_t malformed[IDENTITY_MALFORMED_COUNT];
};

/* The kind that a packet may tell by its protocol and ports: ARP, LLDP, UDP or TCP with port 53,
 * UDP with ports 67/68, ICMPv6 type 136; IDENTITY_KIND_COUNT for all others. */
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

/* True when identity_harvest() is to look into packet under these flags. Called for each packet. */
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

/* Reads the identities of a packet for which identity_applies() holds and calls report for each;
 * the identity is valid during the call only. Malformed input is counted, what was readable before
 * it is reported; of a DNS message that is cut, nothing, and at most 256 answers of one (more count
 * as malformed). No allocation. Returns the number reported. */
unsigned identity_harvest(const struct packet *packet, struct identity_counters *counters,
                          void (*report)(void *context, const struct identity *identity),
                          void *context);

const char *identity_kind_name(enum identity_kind kind); /* "arp", "lldp", "dns", "dhcp", "ndp" */
const char *
identity_malformed_name(enum identity_malformed reason); /* "dns", "dns-tcp-split" ... */

/* Says which identities were told already. Bounded; when full, the one told longest ago goes. Which
 * ones are told does not depend on the seed. */
struct identity_cache;

/* capacity > 0 entries; refresh_ns: the same identity is told again after so long. Returns NULL
 * when out of memory. */
struct identity_cache *identity_cache_new(uint32_t capacity, uint64_t refresh_ns, uint64_t seed);

void identity_cache_set_refresh(struct identity_cache *cache, uint64_t refresh_ns);

/* True when identity is new or was told refresh_ns or longer ago (by identity->time_ns; a clock
 * that went back as far tells it again, too); remembers it as told now. Two are the same when kind,
 * source MAC and all that they say are equal, the time, the TTL and the lease left aside. */
bool identity_cache_admit(struct identity_cache *cache, const struct identity *identity);
/* The one admitted last was not told after all: the next of the same is due. */
void identity_cache_take_back(struct identity_cache *cache);
void identity_cache_free(struct identity_cache *cache); /* NULL is allowed */

#endif
