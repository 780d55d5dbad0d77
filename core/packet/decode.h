#ifndef DPAE_PACKET_DECODE_H
#define DPAE_PACKET_DECODE_H

#include "packet/packet.h"

#define DECODE_TAGS_MAX 8

/* Decodes one frame into *packet, every member set. Never reads past frame->captured. Sizes come
 * from the wire (length fields), so a snapped packet counts whole; only a header that was itself
 * cut is malformed. Ethernet with 802.1Q, 802.1ad and 0x9100 tags, MPLS, PPPoE session; Linux SLL
 * and SLL2; raw IP. Tunnels (GRE, VXLAN, IP-in-IP, Geneve) are decoded as the outer flow. Returns
 * packet->class. */
enum packet_class decode_frame(const struct frame *frame, struct packet *packet);

/* The part after the link header, ready for the inner packet of a tunnel too: ethertype says what
 * data is (captured bytes there, length on the wire). packet has its time, length, link members,
 * vlan and ethertype set, and zeros beyond. */
enum packet_class decode_network(const uint8_t *data, uint32_t captured, uint32_t length,
                                 uint16_t ethertype, struct packet *packet);

/* "short-tcp", "ipv4-total-length", ...: as printed in summaries. */
const char *decode_malformed_name(enum packet_malformed reason);

#endif
