#include "packet/decode_layers.h"

#include <string.h>

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, IPV6_FRAGMENT_HEADER = 8, IP_PAYLOAD_MAX = 65535 };

/* RFC 791: the low 14 bits of the word at 6 are "more fragments" and the offset in units of 8. */
enum { IPV4_MORE_FRAGMENTS = 0x2000, IPV4_OFFSET = 0x1fff };

/* RFC 8200 section 4.5: the masked word is the offset in bytes. */
enum { IPV6_OFFSET = 0xfff8, IPV6_MORE_FRAGMENTS = 0x0001 };

/* RFC 8200 section 4, RFC 4302, RFC 6275 */
enum {
    IPV6_HOP_BY_HOP = 0,
    IPV6_ROUTING = 43,
    IPV6_FRAGMENT = 44,
    IPV6_AUTHENTICATION = 51,
    IPV6_NO_NEXT_HEADER = 59,
    IPV6_DESTINATION_OPTIONS = 60,
    IPV6_MOBILITY = 135
};
#define IPV6_EXTENSIONS_MAX 8

/* Marks the packet as a fragment with bytes from offset of its datagram on. */
static void set_fragment(struct packet *packet, uint16_t offset, bool more, uint32_t id) {
    packet->fragmented = true;
    packet->more_fragments = more;
    packet->fragment_offset = offset;
    packet->fragment_id = id;
}

static enum packet_malformed take_ipv4(struct rest *rest, struct packet *packet) {
    const uint32_t length = rest->length;
    const uint8_t *header, *options;
    if (!rest_take(rest, IPV4_HEADER, &header)) {
        return MALFORMED_SHORT_IPV4;
    }
    if (header[0] >> 4 != 4) {
        return MALFORMED_IP_VERSION;
    }
    const uint32_t header_length = (header[0] & 0x0fu) * 4;
    if (header_length < IPV4_HEADER) {
        return MALFORMED_IPV4_HEADER_LENGTH;
    }
    uint32_t total_length = read_be16(header + 2);
    if (total_length == 0) {
        total_length = length; /* captured before segmentation offload */
    }
    if (total_length < header_length || total_length > length) {
        return MALFORMED_IPV4_TOTAL_LENGTH;
    }
    if (!rest_take(rest, header_length - IPV4_HEADER, &options)) {
        return MALFORMED_SHORT_IPV4;
    }
    rest_limit(rest, total_length - header_length);
    packet->ip_version = 4;
    packet->proto = header[9];
    memcpy(packet->src, header + 12, 4);
    memcpy(packet->dst, header + 16, 4);
    const uint16_t word = read_be16(header + 6);
    if ((word & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET)) != 0) {
        set_fragment(packet, (uint16_t)((word & IPV4_OFFSET) * 8),
                     (word & IPV4_MORE_FRAGMENTS) != 0, read_be16(header + 4));
    }
    return MALFORMED_NONE;
}

/* Returns the size of an extension header with this length field; 0 when it is not one. */
static uint32_t ipv6_extension_size(uint8_t next_header, uint8_t units) {
    switch (next_header) {
    case IPV6_HOP_BY_HOP:
    case IPV6_ROUTING:
    case IPV6_DESTINATION_OPTIONS:
    case IPV6_MOBILITY:
        return (units + 1u) * 8;
    case IPV6_FRAGMENT:
        return IPV6_FRAGMENT_HEADER;
    case IPV6_AUTHENTICATION:
        return (units + 2u) * 4;
    default:
        return 0;
    }
}

/* Takes the extension headers, up to the data of a later fragment, which need not begin with a
 * header. */
static enum packet_malformed take_ipv6_extensions(struct rest *rest, struct packet *packet) {
    const uint8_t *header;
    for (unsigned count = 0; ipv6_extension_size(packet->proto, 0) != 0; count++) {
        if (count == IPV6_EXTENSIONS_MAX || !cursor_peek(&rest->bytes, 2, &header) ||
            !rest_take(rest, ipv6_extension_size(packet->proto, header[1]), &header)) {
            return MALFORMED_IPV6_EXTENSION;
        }
        if (packet->proto == IPV6_FRAGMENT) {
            const uint16_t word = read_be16(header + 2);
            if (packet->fragmented) {
                return MALFORMED_IPV6_EXTENSION;
            }
            /* RFC 6946: offset 0 without more fragments is a whole packet ("atomic"). */
            if ((word & (IPV6_OFFSET | IPV6_MORE_FRAGMENTS)) != 0) {
                set_fragment(packet, word & IPV6_OFFSET, (word & IPV6_MORE_FRAGMENTS) != 0,
                             read_be32(header + 4));
            }
        }
        packet->proto = header[0];
        if (packet->fragment_offset != 0) {
            break;
        }
    }
    return MALFORMED_NONE;
}

static enum packet_malformed take_ipv6(struct rest *rest, struct packet *packet) {
    const uint8_t *header;
    if (!rest_take(rest, IPV6_HEADER, &header)) {
        return MALFORMED_SHORT_IPV6;
    }
    if (header[0] >> 4 != 6) {
        return MALFORMED_IP_VERSION;
    }
    uint32_t payload_length = read_be16(header + 4);
    if (payload_length == 0 && header[6] != IPV6_NO_NEXT_HEADER) {
        payload_length = rest->length; /* a jumbogram, or captured before segmentation */
    }
    if (payload_length > rest->length) {
        return MALFORMED_IPV6_PAYLOAD_LENGTH;
    }
    rest_limit(rest, payload_length);
    packet->ip_version = 6;
    packet->proto = header[6];
    memcpy(packet->src, header + 8, 16);
    memcpy(packet->dst, header + 24, 16);
    return take_ipv6_extensions(rest, packet);
}

static enum packet_class decode_ip_payload(const struct rest *rest, struct packet *packet) {
    if (packet->fragmented && rest->length > IP_PAYLOAD_MAX - (uint32_t)packet->fragment_offset) {
        return decode_malformed(packet, MALFORMED_FRAGMENT);
    }
    if (packet->fragment_offset != 0) {
        decode_payload(rest, packet);
        return decode_as(packet, PACKET_FRAGMENT);
    }
    const enum packet_malformed reason = decode_transport(*rest, packet);
    return reason == MALFORMED_NONE ? decode_as(packet, PACKET_FLOW)
                                    : decode_malformed(packet, reason);
}

enum packet_class decode_network(const uint8_t *data, uint32_t captured, uint32_t length,
                                 uint16_t ethertype, struct packet *packet) {
    struct rest rest = {{data, data + captured}, length};
    enum packet_malformed reason;
    packet->network = data;
    packet->network_captured = captured;
    switch (ethertype) {
    case ETHERTYPE_IPV4:
        reason = take_ipv4(&rest, packet);
        break;
    case ETHERTYPE_IPV6:
        reason = take_ipv6(&rest, packet);
        break;
    case ETHERTYPE_ARP:
        return decode_as(packet, PACKET_ARP);
    case ETHERTYPE_LLDP:
        return decode_as(packet, PACKET_LLDP);
    default:
        return decode_as(packet, PACKET_OTHER);
    }
    return reason == MALFORMED_NONE ? decode_ip_payload(&rest, packet)
                                    : decode_malformed(packet, reason);
}
