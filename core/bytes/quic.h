#ifndef DPAE_BYTES_QUIC_H
#define DPAE_BYTES_QUIC_H

#include <stdint.h>

/* Recognises QUIC Initial packets by their unprotected header (RFC 9000 section 17.2.2), for
 * lua/quic.lua. The encrypted content is ignored. */
/* ffi: begin */
struct quic_initial {
    uint32_t version;      /* 1, 0x6b3343cf for version 2 (RFC 9369), or that of a draft */
    uint32_t token_length; /* nonzero: the client answers a Retry or reuses an earlier token */
    const uint8_t *destination, *source; /* connection IDs */
    uint32_t destination_length, source_length;
};

/* Checks whether a UDP payload begins with an Initial of a known version (1, 2, drafts). length
 * bytes are readable; the payload had datagram bytes on the wire. Returns enum parse_result
 * (parse.h), PARSE_PARTIAL when the capture truncated the header. Sets *initial for PARSE_WHOLE
 * only. */
int dpae_quic_initial(const uint8_t *bytes, uint32_t length, uint32_t datagram,
                      struct quic_initial *initial);
/* ffi: end */

#endif
