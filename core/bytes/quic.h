#ifndef DPAE_BYTES_QUIC_H
#define DPAE_BYTES_QUIC_H

#include <stdint.h>

/* Recognition of QUIC Initial packets by their unprotected header (RFC 9000 section 17.2.2), for
 * lua/quic.lua. What is in them is encrypted and not looked at. */
/* ffi: begin */
struct quic_initial {
    uint32_t version;                    /* 1, 0x6b3343cf for version 2 (RFC 9369), or a draft's */
    uint32_t token_length;               /* not 0: the client came back with what a Retry gave it */
    const uint8_t *destination, *source; /* connection IDs */
    uint32_t destination_length, source_length;
};

/* Whether a UDP payload begins with an Initial of a version that is known here (1, 2, drafts).
 * length bytes of it can be read, datagram is how many it had on the wire. Returns enum
 * parse_result (parse.h), PARSE_PARTIAL when the capture cut the header; sets *initial for
 * PARSE_WHOLE only. */
int dpae_quic_initial(const uint8_t *bytes, uint32_t length, uint32_t datagram,
                      struct quic_initial *initial);
/* ffi: end */

#endif
