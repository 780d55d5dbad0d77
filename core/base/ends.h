#ifndef DPAE_BASE_ENDS_H
#define DPAE_BASE_ENDS_H

#include <stdint.h>

/* The two ends of a flow; A is the sender of a packet or the client. Addresses are in network order
 * (IPv4: the first 4 bytes). Ports are in host order, 0 when the protocol has no ports. */
struct ends {
    uint8_t ip_version; /* 4 or 6 */
    uint8_t proto;
    uint16_t port_a, port_b;
    uint8_t ip_a[16], ip_b[16];
};

#define ENDS_TEXT       128
#define ENDS_PROTO_TEXT 8

/* Formats "10.1.0.1:42000 -> 10.1.0.22:22 tcp" or "[::1]:53 -> [::2]:53 udp", without ports when
 * both are 0. Returns text. */
const char *ends_format(const struct ends *ends, char text[ENDS_TEXT]);

/* Returns the name of a protocol ("tcp", "udp", ...). For an unnamed one, writes its number to text
 * and returns text. */
const char *ends_proto_name(uint8_t proto, char text[ENDS_PROTO_TEXT]);

#endif
