#include "script/http.h"

#include "script/export.h"

#include <string.h>

#define METHOD_MAX 32

static bool is_upper(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z';
}

/* tchar of RFC 9110 section 5.6.2. */
static bool is_token(uint8_t byte) {
    return is_upper(byte) || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

static bool is_target(uint8_t byte) {
    return byte > ' ' && byte != 0x7f;
}

bool http_parse_request(const uint8_t *payload, size_t length, struct http_request *request) {
    static const char version[] = " HTTP/1.";
    const size_t version_length = sizeof version - 1;
    const uint8_t *at = payload;
    const uint8_t *end = payload + length;
    /* Methods in use begin with a capital; most payloads are told apart here. */
    if (length == 0 || !is_upper(*at)) {
        return false;
    }
    while (at < end && at - payload < METHOD_MAX && is_token(*at)) {
        at++;
    }
    if (at == end || *at != ' ') {
        return false;
    }
    const uint8_t *target = at + 1;
    for (at = target; at < end && is_target(*at); at++) {
    }
    if (at == target || version_length + 1 > (size_t)(end - at) ||
        memcmp(at, version, version_length) != 0 || at[version_length] < '0' ||
        at[version_length] > '9') {
        return false;
    }
    request->method = (const char *)payload;
    request->method_length = (uint32_t)(target - 1 - payload);
    request->target = (const char *)target;
    request->target_length = (uint32_t)(at - target);
    return true;
}

DPAE_EXPORT bool dpae_http_request(const struct flow_view *view, struct http_request *request) {
    uint32_t length;
    const uint8_t *payload = dpae_flow_payload(view, &length);
    return http_parse_request(payload, length, request);
}
