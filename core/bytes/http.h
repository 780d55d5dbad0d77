#ifndef DPAE_BYTES_HTTP_H
#define DPAE_BYTES_HTTP_H

#include <stdint.h>

/* The head of an HTTP/1 message (RFC 9112 sections 2 to 5), for lua/http.lua. Each function returns
 * enum parse_result (parse.h) and sets its last argument for PARSE_WHOLE only. */
/* ffi: begin */
struct http_request {
    const char *method; /* not terminated, like all text here */
    const char *target; /* the request target: the URI as sent */
    uint32_t method_length, target_length;
};

struct http_response {
    const char *reason;
    uint32_t reason_length;
    uint32_t status; /* 100 to 999 */
};

struct http_field {
    const char *value; /* without surrounding white space */
    uint32_t length;
};

/* Reads the request line of HTTP/1.0 or 1.1 at the start of the bytes: a method of up to 32
 * characters that starts with a capital letter, one space, a target of printable bytes, and "
 * HTTP/1." with a digit. */
int dpae_http_request(const uint8_t *bytes, uint32_t length, struct http_request *request);

/* Reads the status line at the start of the bytes, including its line end. */
int dpae_http_response(const uint8_t *bytes, uint32_t length, struct http_response *response);

/* Finds the first header field of this name, in any case, in the message at the start of the bytes.
 * Returns PARSE_NONE when it is not an HTTP message, or its header section ends without the field.
 * A folded value (obs-fold) ends with its first line. */
int dpae_http_field(const uint8_t *bytes, uint32_t length, const char *name, uint32_t name_length,
                    struct http_field *field);
/* ffi: end */

#endif
