#include "packet/decode.h"
#include "packet/decode_layers.h"

#include <string.h>

static const char *const malformed_names[MALFORMED_COUNT] = {
    [MALFORMED_NONE] = "none",
    [MALFORMED_SHORT_LINK] = "short-link",
    [MALFORMED_SHORT_VLAN] = "short-vlan",
    [MALFORMED_SHORT_MPLS] = "short-mpls",
    [MALFORMED_SHORT_PPPOE] = "short-pppoe",
    [MALFORMED_TAG_DEPTH] = "tag-depth",
    [MALFORMED_IP_VERSION] = "ip-version",
    [MALFORMED_SHORT_IPV4] = "short-ipv4",
    [MALFORMED_IPV4_HEADER_LENGTH] = "ipv4-header-length",
    [MALFORMED_IPV4_TOTAL_LENGTH] = "ipv4-total-length",
    [MALFORMED_SHORT_IPV6] = "short-ipv6",
    [MALFORMED_IPV6_PAYLOAD_LENGTH] = "ipv6-payload-length",
    [MALFORMED_IPV6_EXTENSION] = "ipv6-extension",
    [MALFORMED_SHORT_TCP] = "short-tcp",
    [MALFORMED_TCP_HEADER_LENGTH] = "tcp-header-length",
    [MALFORMED_SHORT_UDP] = "short-udp",
    [MALFORMED_UDP_LENGTH] = "udp-length",
    [MALFORMED_SHORT_PORTS] = "short-ports",
    [MALFORMED_FRAGMENT] = "fragment",
};

const char *decode_malformed_name(enum packet_malformed reason) {
    return (unsigned)reason < MALFORMED_COUNT ? malformed_names[reason] : "unknown";
}

/* Clears in halves: for the whole struct gcc emits "rep stos", which takes longer than all the
 * decoding. */
static inline void clear(struct packet *packet) {
    const size_t half = sizeof *packet / 2;
    memset(packet, 0, half);
    memset((uint8_t *)packet + half, 0, sizeof *packet - half);
}

enum packet_class decode_frame(const struct frame *frame, struct packet *packet) {
    struct rest rest = {{frame->data, frame->data + frame->captured}, frame->length};
    uint16_t next = 0;
    clear(packet);
    packet->time_ns = frame->time_ns;
    packet->length = frame->length;
    const enum packet_malformed reason = decode_link(frame->link, &rest, &next, packet);
    if (reason != MALFORMED_NONE) {
        return decode_malformed(packet, reason);
    }
    return decode_network(rest.bytes.at, (uint32_t)cursor_left(&rest.bytes), rest.length, next,
                          packet);
}
