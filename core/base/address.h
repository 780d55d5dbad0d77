#ifndef DPAE_BASE_ADDRESS_H
#define DPAE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses as text. Bytes are in network order throughout; an IPv4 address is the first 4 of 16
 * bytes, the others 0. */
#define ADDRESS_IP_TEXT  46 /* longest IPv6 text and its NUL */
#define ADDRESS_MAC_TEXT 18 /* aa:bb:cc:dd:ee:ff and its NUL */

/* version is 4 or 6. RFC 5952 text. Returns text. */
const char *address_format_ip(const uint8_t ip[16], int version, char text[ADDRESS_IP_TEXT]);

/* Lower case, colons. Returns text. */
const char *address_format_mac(const uint8_t mac[6], char text[ADDRESS_MAC_TEXT]);

/* An IPv4 or IPv6 address. Returns its version (4 or 6), or 0 when text is neither. */
int address_parse_ip(const char *text, uint8_t ip[16]);

/* An address, a CIDR block ("10.0.0.0/8", host bits may be set) or a range "a-b" of one version
 * with a < b, as first and last address. Returns the version, or 0 when text is none of these. */
int address_parse_range(const char *text, uint8_t first[16], uint8_t last[16]);

/* Any common notation: aa:bb:.., aa-bb-.., aabb.ccdd.eeff, aabbccddeeff, any case. */
bool address_parse_mac(const char *text, uint8_t mac[6]);

#endif
