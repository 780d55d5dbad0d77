#ifndef DPAE_PACKET_DECODE_H
#define DPAE_PACKET_DECODE_H

#include "packet/packet.h"

#define DECODE_TAGS_MAX 8

/* Decodes one frame into *packet and sets every member. Never reads past frame->captured. Sizes
 * come from length fields, so a packet truncated by the capture counts in full; only a truncated
 * header is malformed. Supports Ethernet with 802.1Q, 802.1ad and 0x9100 tags, MPLS, PPPoE
 * sessions; Linux SLL and SLL2; raw IP. Tunnels (GRE, VXLAN, IP-in-IP, Geneve) are decoded as the
 * outer flow. Returns packet->class. */
enum packet_class decode_frame(const struct frame *frame, struct packet *packet);

/* Decodes the part after the link header, or the inner packet of a tunnel: ethertype is the type of
 * data (captured bytes of it are present, length were on the wire). In packet, the time, length,
 * link members, vlan and ethertype must be set, and all others zero. */
enum packet_class decode_network(const uint8_t *data, uint32_t captured, uint32_t length,
                                 uint16_t ethertype, struct packet *packet);

/* Returns the name printed in summaries: "short-tcp", "ipv4-total-length", ... */
const char *decode_malformed_name(enum packet_malformed reason);

#endif
