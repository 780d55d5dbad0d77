#ifndef DPAE_BYTES_TLS_H
#define DPAE_BYTES_TLS_H

#include <stdbool.h>
#include <stdint.h>

/* The ClientHello of TLS (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2), for lua/tls.lua. */
#define TLS_HELLO_MAX 4096
#define TLS_TEXT_MAX  16384 /* exceeds the text of any hello of TLS_HELLO_MAX bytes */

/* ffi: begin */
/* A list of the hello in wire format, without its length; 0 bytes when it is absent. */
struct tls_list {
    const uint8_t *bytes;
    uint32_t length;
};

struct tls_hello {
    uint16_t version; /* legacy_version: 0x0303 for TLS 1.2 and 1.3 */
    bool has_server_name;
    struct tls_list server_name;                           /* one host name, as sent */
    struct tls_list ciphers, groups, signatures, versions; /* 16-bit numbers */
    struct tls_list point_formats;                         /* 8-bit numbers */
    struct tls_list protocols;                             /* ALPN names, each after its length */
    struct tls_list extensions;                            /* all of them */
    uint8_t joined[TLS_HELLO_MAX]; /* holds a hello split over TLS records */
};

/* Reads the ClientHello at the start of the bytes. Returns enum parse_result (parse.h). For
 * PARSE_PARTIAL, *hello holds the lists that were complete; of these only server_name is usable,
 * the others only for PARSE_WHOLE. A hello split over records is limited to TLS_HELLO_MAX bytes:
 * the rest counts as missing. */
int dpae_tls_client_hello(const uint8_t *bytes, uint32_t length, struct tls_hello *hello);

/* Reads the next ALPN protocol, skipping GREASE (RFC 8701). Returns false at the end. Start with
 * *at = 0. */
int dpae_tls_next_protocol(const struct tls_hello *hello, uint32_t *at, struct tls_list *name);
/* Returns the next of supported_versions, skipping GREASE (RFC 8701), or 0 at the end. Start with
 * *at = 0. */
uint32_t dpae_tls_next_version(const struct tls_hello *hello, uint32_t *at);

/* Write the text that JA3 hashes (version, ciphers, extensions, groups, point formats), and JA4 in
 * its raw form (JA4_r: ciphers and extensions sorted, not hashed). Both omit GREASE. They write up
 * to TLS_TEXT_MAX bytes and return the length. */
uint32_t dpae_tls_ja3(const struct tls_hello *hello, char *text);
uint32_t dpae_tls_ja4(const struct tls_hello *hello, char *text);
/* ffi: end */

/* RFC 8701: 0x0a0a, 0x1a1a ... 0xfafa. */
bool tls_is_grease(uint16_t number);

#endif
