#include "bytes/http.h"

#include "base/export.h"
#include "bytes/cursor.h"
#include "bytes/parse.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define METHOD_MAX 32

static bool is_upper(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z';
}

static bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

/* tchar of RFC 9110 section 5.6.2. */
static bool is_token(uint8_t byte) {
    return is_upper(byte) || (byte >= 'a' && byte <= 'z') || is_digit(byte) ||
           (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

static bool is_target(uint8_t byte) {
    return byte > ' ' && byte != 0x7f;
}

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

/* Takes text from the cursor. Returns PARSE_PARTIAL when the bytes end within it. */
static enum parse_result take_text(struct cursor *cursor, const char *text) {
    const size_t length = strlen(text);
    const size_t available = cursor_left(cursor) < length ? cursor_left(cursor) : length;
    if (available > 0 && memcmp(cursor->at, text, available) != 0) {
        return PARSE_NONE;
    }
    cursor->at += available;
    return available == length ? PARSE_WHOLE : PARSE_PARTIAL;
}

static enum parse_result take_digit(struct cursor *cursor, uint32_t *digit) {
    const uint8_t *byte;
    if (!cursor_take(cursor, 1, &byte)) {
        return PARSE_PARTIAL;
    }
    *digit = *byte - (uint32_t)'0';
    return is_digit(*byte) ? PARSE_WHOLE : PARSE_NONE;
}

DPAE_EXPORT int dpae_http_request(const uint8_t *bytes, uint32_t length,
                                  struct http_request *request) {
    struct cursor cursor = {bytes, bytes + length};
    const uint8_t *at = bytes;
    uint32_t digit;
    /* Methods in use begin with a capital letter; this rejects most payloads. */
    if (length == 0 || !is_upper(*at)) {
        return PARSE_NONE;
    }
    while (at < cursor.end && at - bytes < METHOD_MAX && is_token(*at)) {
        at++;
    }
    if (at == cursor.end || *at != ' ') {
        return at == cursor.end ? PARSE_PARTIAL : PARSE_NONE;
    }
    const uint8_t *target = at + 1;
    for (at = target; at < cursor.end && is_target(*at); at++) {
    }
    if (at == target) {
        return at == cursor.end ? PARSE_PARTIAL : PARSE_NONE;
    }
    cursor.at = at;
    enum parse_result result = take_text(&cursor, " HTTP/1.");
    if (result == PARSE_WHOLE) {
        result = take_digit(&cursor, &digit);
    }
    if (result == PARSE_WHOLE) {
        *request = (struct http_request){
            .method = (const char *)bytes,
            .target = (const char *)target,
            .method_length = (uint32_t)(target - 1 - bytes),
            .target_length = (uint32_t)(at - target),
        };
    }
    return (int)result;
}

/* Takes a line, which ends with CR LF or LF (RFC 9112 section 2.2). *line excludes the line end.
 * Returns false when there is no line end. */
static bool take_line(struct cursor *cursor, struct cursor *line) {
    const size_t left = cursor_left(cursor);
    const uint8_t *feed = left ? memchr(cursor->at, '\n', left) : NULL;
    if (!feed) {
        return false;
    }
    *line = (struct cursor){cursor->at, feed};
    if (feed > line->at && feed[-1] == '\r') {
        line->end--;
    }
    cursor->at = feed + 1;
    return true;
}

DPAE_EXPORT int dpae_http_response(const uint8_t *bytes, uint32_t length,
                                   struct http_response *response) {
    struct cursor cursor = {bytes, bytes + length}, line;
    const uint8_t *blank;
    uint32_t digit, status = 0;
    enum parse_result result = length ? take_text(&cursor, "HTTP/1.") : PARSE_NONE;
    if (result == PARSE_WHOLE) {
        result = take_digit(&cursor, &digit);
    }
    if (result == PARSE_WHOLE) {
        result = take_text(&cursor, " ");
    }
    for (int i = 0; i < 3 && result == PARSE_WHOLE; i++) {
        result = take_digit(&cursor, &digit);
        status = 10 * status + digit;
    }
    if (result != PARSE_WHOLE) {
        return (int)result;
    }
    if (status < 100) {
        return PARSE_NONE;
    }
    if (!take_line(&cursor, &line)) {
        return PARSE_PARTIAL;
    }
    /* The reason, and the space before it, are optional. */
    if (cursor_take(&line, 1, &blank) && *blank != ' ') {
        return PARSE_NONE;
    }
    *response = (struct http_response){
        .reason = (const char *)line.at,
        .reason_length = (uint32_t)cursor_left(&line),
        .status = status,
    };
    return PARSE_WHOLE;
}

/* Returns true when the line is this field, and sets *field to its value. */
static bool read_field(struct cursor line, const char *name, uint32_t name_length,
                       struct http_field *field) {
    const uint8_t *start;
    const uint8_t *colon;
    if (!cursor_take(&line, name_length, &start) || !cursor_take(&line, 1, &colon) ||
        *colon != ':' || strncasecmp((const char *)start, name, name_length) != 0) {
        return false;
    }
    while (line.at < line.end && is_blank(*line.at)) {
        line.at++;
    }
    while (line.end > line.at && is_blank(line.end[-1])) {
        line.end--;
    }
    *field = (struct http_field){(const char *)line.at, (uint32_t)cursor_left(&line)};
    return true;
}

DPAE_EXPORT int dpae_http_field(const uint8_t *bytes, uint32_t length, const char *name,
                                uint32_t name_length, struct http_field *field) {
    struct cursor cursor = {bytes, bytes + length}, line;
    struct http_request request;
    struct http_response response;
    int start = dpae_http_request(bytes, length, &request);
    if (start == PARSE_NONE) {
        start = dpae_http_response(bytes, length, &response);
    }
    if (start != PARSE_WHOLE) {
        return start;
    }
    if (!take_line(&cursor, &line)) {
        return PARSE_PARTIAL;
    }
    while (take_line(&cursor, &line)) {
        if (cursor_left(&line) == 0) {
            return PARSE_NONE;
        }
        if (name_length > 0 && read_field(line, name, name_length, field)) {
            return PARSE_WHOLE;
        }
    }
    return PARSE_PARTIAL;
}
