#include "packet/decode_layers.h"

enum {
    ETHERNET_HEADER = 14,
    SLL_HEADER = 16,
    SLL2_HEADER = 20,
    TAG_SIZE = 4,
    MPLS_ENTRY = 4,
    PPPOE_HEADER = 8 /* including the PPP protocol */
};

enum { PPPOE_VERSION_TYPE = 0x11, PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057 };

static bool is_tag(uint16_t ethertype) {
    return ethertype == ETHERTYPE_CTAG || ethertype == ETHERTYPE_STAG ||
           ethertype == ETHERTYPE_QINQ_OLD;
}

/* Sets *next to the ethertype after the tags. A tag with VID 0 only sets a priority, so the
 * outermost nonzero VID counts. */
static enum packet_malformed take_tags(struct rest *rest, uint16_t *next, uint16_t *vlan) {
    for (unsigned tags = 0; is_tag(*next); tags++) {
        const uint8_t *tag;
        if (tags == DECODE_TAGS_MAX) {
            return MALFORMED_TAG_DEPTH;
        }
        if (!rest_take(rest, TAG_SIZE, &tag)) {
            return MALFORMED_SHORT_VLAN;
        }
        if (*vlan == 0) {
            *vlan = read_be16(tag) & 0x0fff;
        }
        *next = read_be16(tag + 2);
    }
    return MALFORMED_NONE;
}

/* RFC 3032: a stack of labels; a bit marks the last one. The stack does not identify its content,
 * so, like routers, this checks the IP version; a pseudowire's control word (RFC 4385) begins with
 * 0 or 1. */
static enum packet_malformed take_mpls(struct rest *rest, uint16_t *next) {
    const uint8_t *entry, *first;
    unsigned labels = 0;
    do {
        if (labels++ == DECODE_TAGS_MAX) {
            return MALFORMED_TAG_DEPTH;
        }
        if (!rest_take(rest, MPLS_ENTRY, &entry)) {
            return MALFORMED_SHORT_MPLS;
        }
    } while ((entry[2] & 1) == 0);
    if (!cursor_peek(&rest->bytes, 1, &first)) {
        return MALFORMED_SHORT_MPLS;
    }
    const uint8_t version = *first >> 4;
    *next = version == 4 ? ETHERTYPE_IPV4 : version == 6 ? ETHERTYPE_IPV6 : 0;
    return MALFORMED_NONE;
}

/* RFC 2516 section 4 */
static enum packet_malformed take_pppoe(struct rest *rest, uint16_t *next) {
    const uint8_t *header;
    if (!rest_take(rest, PPPOE_HEADER, &header)) {
        return MALFORMED_SHORT_PPPOE;
    }
    const uint16_t protocol = read_be16(header + 6);
    if (header[0] != PPPOE_VERSION_TYPE || header[1] != 0) {
        *next = 0;
    } else {
        *next = protocol == PPP_IPV4 ? ETHERTYPE_IPV4 : protocol == PPP_IPV6 ? ETHERTYPE_IPV6 : 0;
    }
    return MALFORMED_NONE;
}

static enum packet_malformed take_ethernet(struct rest *rest, uint16_t *next,
                                           struct packet *packet) {
    const uint8_t *header;
    if (!rest_take(rest, ETHERNET_HEADER, &header)) {
        return MALFORMED_SHORT_LINK;
    }
    packet->link_dst = header;
    packet->link_src = header + 6;
    *next = read_be16(header + 12);
    return MALFORMED_NONE;
}

/* LINKTYPE_LINUX_SLL: packet type, ARPHRD type, address length, address (8), protocol. */
static enum packet_malformed take_sll(struct rest *rest, uint16_t *next, struct packet *packet) {
    const uint8_t *header;
    if (!rest_take(rest, SLL_HEADER, &header)) {
        return MALFORMED_SHORT_LINK;
    }
    if (read_be16(header + 4) == 6) {
        packet->link_src = header + 6;
    }
    *next = read_be16(header + 14);
    return MALFORMED_NONE;
}

/* LINKTYPE_LINUX_SLL2: protocol, reserved (2), interface (4), ARPHRD type, packet type (1), address
 * length (1), address (8). */
static enum packet_malformed take_sll2(struct rest *rest, uint16_t *next, struct packet *packet) {
    const uint8_t *header;
    if (!rest_take(rest, SLL2_HEADER, &header)) {
        return MALFORMED_SHORT_LINK;
    }
    if (header[11] == 6) {
        packet->link_src = header + 12;
    }
    *next = read_be16(header);
    return MALFORMED_NONE;
}

static enum packet_malformed find_ip_version(const struct rest *rest, uint16_t *next) {
    const uint8_t *first;
    if (!cursor_peek(&rest->bytes, 1, &first)) {
        return MALFORMED_SHORT_LINK;
    }
    *next = *first >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
    return MALFORMED_NONE;
}

static enum packet_malformed take_link_header(enum link_type link, struct rest *rest,
                                              uint16_t *next, struct packet *packet) {
    switch (link) {
    case LINK_ETHERNET:
        return take_ethernet(rest, next, packet);
    case LINK_LINUX_SLL:
        return take_sll(rest, next, packet);
    case LINK_LINUX_SLL2:
        return take_sll2(rest, next, packet);
    case LINK_RAW_IP:
        return find_ip_version(rest, next);
    }
    return MALFORMED_SHORT_LINK;
}

/* Takes headers between the link header and the network header. */
static enum packet_malformed take_shims(struct rest *rest, uint16_t *next, struct packet *packet) {
    const enum packet_malformed reason = take_tags(rest, next, &packet->vlan);
    if (reason != MALFORMED_NONE) {
        return reason;
    }
    packet->ethertype = *next >= ETHERTYPE_FIRST ? *next : 0;
    if (*next == ETHERTYPE_MPLS || *next == ETHERTYPE_MPLS_UPSTREAM) {
        return take_mpls(rest, next);
    }
    if (*next == ETHERTYPE_PPPOE_SESSION) {
        return take_pppoe(rest, next);
    }
    return MALFORMED_NONE;
}

enum packet_malformed decode_link(enum link_type link, struct rest *rest, uint16_t *next,
                                  struct packet *packet) {
    enum packet_malformed reason = take_link_header(link, rest, next, packet);
    if (reason == MALFORMED_NONE && link != LINK_RAW_IP) {
        reason = take_shims(rest, next, packet);
        if (*next == ETHERTYPE_IPV4 || *next == ETHERTYPE_IPV6) {
            packet->ethertype = *next;
        }
    }
    return reason;
}
