#ifndef DPAE_PACKET_PACKET_H
#define DPAE_PACKET_PACKET_H

#include "packet/frame.h"

#include <stdbool.h>
#include <stdint.h>

enum packet_class {
    PACKET_FLOW,      /* IP with a complete flow key (ports 0 for protocols without ports) */
    PACKET_FRAGMENT,  /* a fragment after the first: without ports */
    PACKET_ARP,       /* network points at the ARP header */
    PACKET_LLDP,      /* network points at the first TLV */
    PACKET_OTHER,     /* well-formed, but not examined further */
    PACKET_MALFORMED, /* see malformed */
    PACKET_CLASS_COUNT
};

/* Why a packet could not be decoded. "short": the header exceeds the captured bytes. */
enum packet_malformed {
    MALFORMED_NONE,
    MALFORMED_SHORT_LINK,
    MALFORMED_SHORT_VLAN,
    MALFORMED_SHORT_MPLS,
    MALFORMED_SHORT_PPPOE,
    MALFORMED_TAG_DEPTH, /* more VLAN tags or MPLS labels than DECODE_TAGS_MAX */
    MALFORMED_IP_VERSION,
    MALFORMED_SHORT_IPV4,
    MALFORMED_IPV4_HEADER_LENGTH,
    MALFORMED_IPV4_TOTAL_LENGTH,
    MALFORMED_SHORT_IPV6,
    MALFORMED_IPV6_PAYLOAD_LENGTH,
    MALFORMED_IPV6_EXTENSION,
    MALFORMED_SHORT_TCP,
    MALFORMED_TCP_HEADER_LENGTH,
    MALFORMED_SHORT_UDP,
    MALFORMED_UDP_LENGTH,
    MALFORMED_SHORT_PORTS, /* SCTP, DCCP, UDP-Lite */
    MALFORMED_FRAGMENT,    /* offset plus length exceeds 65535 */
    MALFORMED_COUNT
};

/* RFC 9293 section 3.1, low byte first; the NS bit is dropped. */
enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
    TCP_ECE = 0x40,
    TCP_CWR = 0x80
};

enum { IP_PROTO_ICMP = 1, IP_PROTO_TCP = 6, IP_PROTO_UDP = 17, IP_PROTO_ICMPV6 = 58 };

/* A decoded packet: values in host byte order, addresses as bytes in network order. Pointers point
 * into the frame and share its lifetime. */
struct packet {
    uint64_t time_ns;
    uint64_t hash;   /* seeded hash of the flow key, set by flow_packet_hash(); 0 before */
    uint8_t src[16]; /* IPv4: the first 4 bytes, then zeros */
    uint8_t dst[16];
    uint16_t src_port; /* TCP, UDP (also SCTP, UDP-Lite, DCCP); else 0 */
    uint16_t dst_port;
    uint8_t proto;      /* after IPv6 extension headers */
    uint8_t ip_version; /* 4, 6; 0: not IP */
    uint8_t tcp_flags;  /* enum tcp_flag; 0 when not TCP */
    uint8_t class;      /* enum packet_class */
    uint32_t tcp_seq;
    uint32_t tcp_ack;
    uint32_t length;           /* frame length on the wire with link header */
    const uint8_t *payload;    /* TCP or UDP payload; for other protocols the IP payload */
    uint32_t payload_captured; /* readable bytes at payload */
    uint32_t payload_length;   /* bytes on the wire, from the headers' length fields */
    uint16_t vlan;             /* outermost nonzero VID, 0: untagged */
    uint16_t ethertype; /* of the network header, after tags; 0 when the link has no such field */
    uint8_t malformed;  /* enum packet_malformed */
    uint8_t tcp_header_length; /* bytes with options; 0 when not TCP */
    bool fragmented;           /* any fragment, including the first */
    bool more_fragments;
    uint16_t fragment_offset; /* bytes */
    uint32_t fragment_id;     /* 0 when not fragmented */
    const uint8_t
        *link_src; /* 6 bytes, or NULL when the link has no addresses (SLL: sender only) */
    const uint8_t *link_dst;
    const uint8_t *network; /* network header */
    uint32_t network_captured;
};

#endif
