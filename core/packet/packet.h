#ifndef DPAE_PACKET_PACKET_H
#define DPAE_PACKET_PACKET_H

#include "packet/frame.h"

#include <stdbool.h>
#include <stdint.h>

enum packet_class {
    PACKET_FLOW,      /* IP with a complete flow key (ports 0 where the protocol has none) */
    PACKET_FRAGMENT,  /* a fragment that is not the first: no ports of its own */
    PACKET_ARP,       /* network points at the ARP header */
    PACKET_LLDP,      /* network points at the first TLV */
    PACKET_OTHER,     /* well-formed, but nothing that dpae looks into */
    PACKET_MALFORMED, /* see malformed */
    PACKET_CLASS_COUNT
};

/* Why a packet could not be decoded. "short" means that the header goes past the captured bytes. */
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
    MALFORMED_FRAGMENT,    /* offset and length beyond 65535 */
    MALFORMED_COUNT
};

/* RFC 9293 section 3.1, low byte first; the NS bit is not kept. */
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

/* A decoded packet: values in host byte order, except that addresses are bytes in network order.
 * Pointers point into the frame and share its lifetime. */
struct packet {
    uint64_t time_ns;
    uint64_t hash;   /* of the flow key, seeded; set by flow_packet_hash(), 0 before */
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
    const uint8_t *payload;    /* of TCP or UDP; for other protocols the IP payload */
    uint32_t payload_captured; /* bytes at payload that may be read */
    uint32_t payload_length;   /* bytes on the wire, from the headers' length fields */
    uint16_t vlan;             /* VID of the outermost tag that has one, 0: untagged */
    uint16_t ethertype;        /* of the network header, after tags; 0 where the link has none */
    uint8_t malformed;         /* enum packet_malformed */
    uint8_t tcp_header_length; /* bytes with options; 0 when not TCP */
    bool fragmented;           /* any fragment, the first one too */
    bool more_fragments;
    uint16_t fragment_offset; /* bytes */
    uint32_t fragment_id;     /* 0 when not fragmented */
    const uint8_t *link_src;  /* 6 bytes, or NULL where the link has none (SLL: sender only) */
    const uint8_t *link_dst;
    const uint8_t *network; /* network header */
    uint32_t network_captured;
};

#endif
