#ifndef DPAE_SCRIPT_HTTP_H
#define DPAE_SCRIPT_HTTP_H

#include "script/flow_view.h"

/* The start line of an HTTP/1 request (RFC 9112 section 3), for lua/http.lua. */
/* ffi: begin */
struct http_request {
    const char *method; /* points into the payload, not terminated */
    const char *target; /* the request target: the URI as sent */
    uint32_t method_length, target_length;
};

/* True when the current packet's payload starts with a request line of HTTP/1.0 or 1.1; then
 * *request is set, valid until the next packet. */
bool dpae_http_request(const struct flow_view *view, struct http_request *request);
/* ffi: end */

/* The same for length bytes at payload: a method of up to 32 characters, one space, a target of
 * printable bytes, and " HTTP/1." with a digit, all of it within length. */
bool http_parse_request(const uint8_t *payload, size_t length, struct http_request *request);

#endif
