#ifndef DPAE_BYTES_SSH_H
#define DPAE_BYTES_SSH_H

#include <stdint.h>

/* The SSH identification string (RFC 4253 section 4.2), for lua/ssh.lua. */
/* ffi: begin */
struct ssh_banner {
    const char *line; /* whole, without the line end; not terminated, like all text here */
    const char *protocol, *software, *comments;
    uint32_t line_length, protocol_length, software_length, comments_length;
};

/* Reads the banner "SSH-protocol-software comments" at the start of the bytes: at most 253
 * characters and the line end. Lines that a server sends before it are not skipped. Returns enum
 * parse_result (parse.h). Sets *banner for PARSE_WHOLE only. */
int dpae_ssh_banner(const uint8_t *bytes, uint32_t length, struct ssh_banner *banner);
/* ffi: end */

#endif
