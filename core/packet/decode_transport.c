#include "packet/decode_layers.h"

enum { IP_PROTO_DCCP = 33, IP_PROTO_SCTP = 132, IP_PROTO_UDPLITE = 136 };

enum { TCP_HEADER = 20, UDP_HEADER = 8, PORTS_SIZE = 4, UDP_LENGTH_MAX = 65535 };

static void set_ports(struct packet *packet, const uint8_t *header) {
    packet->src_port = read_be16(header);
    packet->dst_port = read_be16(header + 2);
}

/* RFC 9293 section 3.1. Options that were not captured are skipped. */
static enum packet_malformed take_tcp(struct rest *rest, struct packet *packet) {
    const uint8_t *header, *options;
    if (!rest_take(rest, TCP_HEADER, &header)) {
        return MALFORMED_SHORT_TCP;
    }
    const uint32_t header_length = (header[12] >> 4) * 4u;
    const uint32_t options_length = header_length - TCP_HEADER;
    if (header_length < TCP_HEADER || options_length > rest->length) {
        return MALFORMED_TCP_HEADER_LENGTH;
    }
    if (!rest_take(rest, options_length, &options)) {
        rest->bytes.at = rest->bytes.end;
        rest->length -= options_length;
    }
    set_ports(packet, header);
    packet->tcp_seq = read_be32(header + 4);
    packet->tcp_ack = read_be32(header + 8);
    packet->tcp_flags = header[13];
    packet->tcp_header_length = (uint8_t)header_length;
    return MALFORMED_NONE;
}

/* RFC 768. In a first fragment the length is that of the whole datagram; 0 means a jumbogram (RFC
 * 2675). */
static enum packet_malformed take_udp(struct rest *rest, struct packet *packet) {
    const uint32_t length = rest->length;
    const uint8_t *header;
    if (!rest_take(rest, UDP_HEADER, &header)) {
        return MALFORMED_SHORT_UDP;
    }
    uint32_t udp_length = read_be16(header + 4);
    if ((udp_length > length && packet->fragmented) ||
        (udp_length == 0 && length > UDP_LENGTH_MAX)) {
        udp_length = length;
    }
    if (udp_length < UDP_HEADER || udp_length > length) {
        return MALFORMED_UDP_LENGTH;
    }
    rest_limit(rest, udp_length - UDP_HEADER);
    set_ports(packet, header);
    return MALFORMED_NONE;
}

/* SCTP (RFC 9260), DCCP (RFC 4340) and UDP-Lite (RFC 3828) begin with the ports, as UDP does; the
 * payload is still the IP payload. */
static enum packet_malformed find_ports(const struct rest *rest, struct packet *packet) {
    const uint8_t *ports;
    if (!cursor_peek(&rest->bytes, PORTS_SIZE, &ports)) {
        return MALFORMED_SHORT_PORTS;
    }
    set_ports(packet, ports);
    return MALFORMED_NONE;
}

static enum packet_malformed take_transport(struct rest *rest, struct packet *packet) {
    switch (packet->proto) {
    case IP_PROTO_TCP:
        return take_tcp(rest, packet);
    case IP_PROTO_UDP:
        return take_udp(rest, packet);
    case IP_PROTO_SCTP:
    case IP_PROTO_DCCP:
    case IP_PROTO_UDPLITE:
        return find_ports(rest, packet);
    default:
        return MALFORMED_NONE;
    }
}

enum packet_malformed decode_transport(struct rest rest, struct packet *packet) {
    const enum packet_malformed reason = take_transport(&rest, packet);
    if (reason == MALFORMED_NONE) {
        decode_payload(&rest, packet);
    }
    return reason;
}
