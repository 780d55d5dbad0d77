#ifndef DPAE_BYTES_SSH_H
#define DPAE_BYTES_SSH_H

#include <stdint.h>

/* The identification string of SSH (RFC 4253 section 4.2), for lua/ssh.lua. */
/* ffi: begin */
struct ssh_banner {
    const char *line; /* whole, without its end; not terminated, like every text here */
    const char *protocol, *software, *comments;
    uint32_t line_length, protocol_length, software_length, comments_length;
};

/* The banner "SSH-protocol-software comments" that the bytes begin with, of at most 253 characters
 * and its line end; a server's lines before it are not skipped. Returns enum parse_result
 * (parse.h); sets *banner for PARSE_WHOLE only. */
int dpae_ssh_banner(const uint8_t *bytes, uint32_t length, struct ssh_banner *banner);
/* ffi: end */

#endif
