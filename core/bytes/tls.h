#ifndef DPAE_BYTES_TLS_H
#define DPAE_BYTES_TLS_H

#include <stdbool.h>
#include <stdint.h>

/* The ClientHello of TLS (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2), for lua/tls.lua. */
#define TLS_HELLO_MAX 4096
#define TLS_TEXT_MAX  16384 /* more than a hello of TLS_HELLO_MAX bytes can give */

/* ffi: begin */
/* A list of the hello as it is on the wire, without the length in front; 0 bytes: it is not there.
 */
struct tls_list {
    const uint8_t *bytes;
    uint32_t length;
};

struct tls_hello {
    uint16_t version; /* legacy_version: 0x0303 for TLS 1.2 and 1.3 */
    bool has_server_name;
    struct tls_list server_name;                           /* one host name, as sent */
    struct tls_list ciphers, groups, signatures, versions; /* 16 bit numbers */
    struct tls_list point_formats;                         /* 8 bit numbers */
    struct tls_list protocols;                             /* of ALPN: each after its length */
    struct tls_list extensions;                            /* all of them */
    uint8_t joined[TLS_HELLO_MAX]; /* holds a hello that was split over TLS records */
};

/* The ClientHello that the bytes begin with. Returns enum parse_result (parse.h). For PARSE_PARTIAL
 * *hello has what was whole in the bytes; server_name may be among it, the other lists are of use
 * for PARSE_WHOLE only. A hello over several records can have TLS_HELLO_MAX bytes: what is beyond
 * is taken for missing. */
int dpae_tls_client_hello(const uint8_t *bytes, uint32_t length, struct tls_hello *hello);

/* The next protocol of ALPN, or false. GREASE (RFC 8701) is left out. *at is 0 at first. */
int dpae_tls_next_protocol(const struct tls_hello *hello, uint32_t *at, struct tls_list *name);
/* The next version of supported_versions, or 0. GREASE (RFC 8701) is left out. *at is 0 at first.
 */
uint32_t dpae_tls_next_version(const struct tls_hello *hello, uint32_t *at);

/* The text that JA3 takes the hash of: version, ciphers, extensions, groups, point formats. And JA4
 * in its raw form (JA4_r): ciphers and extensions sorted and not hashed. GREASE is left out of
 * both. Write up to TLS_TEXT_MAX bytes, return how many. */
uint32_t dpae_tls_ja3(const struct tls_hello *hello, char *text);
uint32_t dpae_tls_ja4(const struct tls_hello *hello, char *text);
/* ffi: end */

/* RFC 8701: 0x0a0a, 0x1a1a ... 0xfafa. */
bool tls_is_grease(uint16_t number);

#endif
