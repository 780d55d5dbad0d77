#ifndef DPAE_BYTES_DNS_H
#define DPAE_BYTES_DNS_H

#include <stdbool.h>
#include <stdint.h>

/* The question of a DNS message, for lua/dns.lua. */
#define DNS_NAME_MAX 1025 /* a 255-byte name with every byte escaped, plus NUL */

/* ffi: begin */
struct dns_query {
    uint16_t type; /* 1 A, 28 AAAA, 65 HTTPS, ... */
    bool is_response;
    uint16_t name_length;
    char name[DNS_NAME_MAX]; /* lower case, no trailing dot, escaped as in RFC 1035 */
};

/* Reads the first question of a DNS message. Over TCP, the message follows its length (RFC 1035
 * section 4.2.2); bytes after it are ignored. Returns enum parse_result (parse.h); PARSE_PARTIAL
 * over TCP only. Sets *query for PARSE_WHOLE only. */
int dpae_dns_query(const uint8_t *bytes, uint32_t length, bool tcp, struct dns_query *query);
/* ffi: end */

#endif
