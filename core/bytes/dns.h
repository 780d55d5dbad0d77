#ifndef DPAE_BYTES_DNS_H
#define DPAE_BYTES_DNS_H

#include <stdbool.h>
#include <stdint.h>

/* What a DNS message asks, for lua/dns.lua. */
#define DNS_NAME_MAX 1025 /* a 255 byte name, every byte escaped, and its NUL */

/* ffi: begin */
struct dns_query {
    uint16_t type; /* 1 A, 28 AAAA, 65 HTTPS, ... */
    bool is_response;
    uint16_t name_length;
    char name[DNS_NAME_MAX]; /* in lower case, without the last dot, escaped as of RFC 1035 */
};

/* The first question of the DNS message that the bytes are; over TCP its length comes first (RFC
 * 1035 section 4.2.2), and what is behind it is left alone. Returns enum parse_result (parse.h),
 * PARSE_PARTIAL over TCP only; sets *query for PARSE_WHOLE only. */
int dpae_dns_query(const uint8_t *bytes, uint32_t length, bool tcp, struct dns_query *query);
/* ffi: end */

#endif
