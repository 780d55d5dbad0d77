#ifndef DPAE_PACKET_DECODE_LAYERS_H
#define DPAE_PACKET_DECODE_LAYERS_H

#include "bytes/cursor.h"
#include "packet/decode.h"

/* Internal to decode_*.c. Each layer takes its headers from the rest of the packet, decodes them
 * and leaves the remainder to the next layer. */

enum {
    ETHERTYPE_FIRST = 0x0600, /* smaller: IEEE 802.3 length, or one of SLL's special values */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_CTAG = 0x8100, /* 802.1Q */
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_UPSTREAM = 0x8848,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_STAG = 0x88a8, /* 802.1ad */
    ETHERTYPE_LLDP = 0x88cc,
    ETHERTYPE_QINQ_OLD = 0x9100 /* QinQ before 802.1ad */
};

/* The part of a packet that is not yet decoded. */
struct rest {
    struct cursor bytes; /* its captured bytes */
    uint32_t length;     /* its bytes on the wire; never fewer */
};

static inline bool rest_take(struct rest *rest, uint32_t need, const uint8_t **bytes) {
    if (!cursor_take(&rest->bytes, need, bytes)) {
        return false;
    }
    rest->length -= need;
    return true;
}

/* Truncates the rest to length bytes on the wire (<= rest->length), the value of a header's length
 * field. */
static inline void rest_limit(struct rest *rest, uint32_t length) {
    rest->length = length;
    if (cursor_left(&rest->bytes) > length) {
        rest->bytes.end = rest->bytes.at + length;
    }
}

/* Takes the link header, tags, labels and PPPoE. Sets vlan, ethertype and the link addresses; *next
 * is the ethertype of the rest, 0 when it cannot be decoded. */
enum packet_malformed decode_link(enum link_type link, struct rest *rest, uint16_t *next,
                                  struct packet *packet);

/* Decodes the payload of an IP packet or of its first fragment, according to packet->proto. Sets
 * the TCP and UDP members and the payload. */
enum packet_malformed decode_transport(struct rest rest, struct packet *packet);

static inline enum packet_class decode_as(struct packet *packet, enum packet_class outcome) {
    packet->class = (uint8_t)outcome;
    return outcome;
}

static inline enum packet_class decode_malformed(struct packet *packet,
                                                 enum packet_malformed reason) {
    packet->malformed = (uint8_t)reason;
    return decode_as(packet, PACKET_MALFORMED);
}

static inline void decode_payload(const struct rest *rest, struct packet *packet) {
    packet->payload = rest->bytes.at;
    packet->payload_captured = (uint32_t)cursor_left(&rest->bytes);
    packet->payload_length = rest->length;
}

#endif
