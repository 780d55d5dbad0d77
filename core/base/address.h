#ifndef DPAE_BASE_ADDRESS_H
#define DPAE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses as text. Bytes are in network order throughout. An IPv4 address occupies the first 4 of
 * 16 bytes; the rest are 0. */
#define ADDRESS_IP_TEXT  46 /* longest IPv6 text plus NUL */
#define ADDRESS_MAC_TEXT 18 /* aa:bb:cc:dd:ee:ff plus NUL */

/* Formats an address as RFC 5952 text. version is 4 or 6. Returns text. */
const char *address_format_ip(const uint8_t ip[16], int version, char text[ADDRESS_IP_TEXT]);

/* Formats a MAC in lower case with colons. Returns text. */
const char *address_format_mac(const uint8_t mac[6], char text[ADDRESS_MAC_TEXT]);

/* Parses an IPv4 or IPv6 address. Returns its version (4 or 6), or 0 when text is neither. */
int address_parse_ip(const char *text, uint8_t ip[16]);

/* Parses an address, a CIDR block ("10.0.0.0/8"; host bits may be set) or a range "a-b" with a < b,
 * both of one version, into its first and last address. Returns the version, or 0 when text is
 * malformed. */
int address_parse_range(const char *text, uint8_t first[16], uint8_t last[16]);

/* Parses a MAC in any common notation and case: aa:bb:.., aa-bb-.., aabb.ccdd.eeff, aabbccddeeff.
 * Returns false when text is malformed. */
bool address_parse_mac(const char *text, uint8_t mac[6]);

#endif
