#include "bytes/quic.h"

#include "base/export.h"
#include "bytes/cursor.h"
#include "bytes/parse.h"

#include <stdbool.h>

#define VERSION_1         UINT32_C(1)
#define VERSION_2         UINT32_C(0x6b3343cf)
#define DRAFTS            UINT32_C(0xff000000) /* plus a number up to 34 */
#define LAST_DRAFT        34
#define CONNECTION_ID_MAX 20
#define PACKET_LENGTH_MIN 20 /* a packet number and the sample of header protection */

static bool is_known(uint32_t version) {
    return version == VERSION_1 || version == VERSION_2 ||
           (version > DRAFTS && version <= DRAFTS + LAST_DRAFT);
}

/* Long header, fixed bit and type Initial, which has another number in version 2. */
static bool is_initial(uint8_t first, uint32_t version) {
    const unsigned type = first >> 4 & 3;
    return (first & 0xc0) == 0xc0 && type == (version == VERSION_2 ? 1 : 0);
}

static enum parse_result take_id(struct cursor *cursor, const uint8_t **id, uint32_t *length) {
    const uint8_t *byte;
    if (!cursor_take(cursor, 1, &byte)) {
        return PARSE_PARTIAL;
    }
    *length = *byte;
    if (*length > CONNECTION_ID_MAX) {
        return PARSE_NONE;
    }
    return cursor_take(cursor, *length, id) ? PARSE_WHOLE : PARSE_PARTIAL;
}

/* RFC 9000 section 16. */
static bool take_varint(struct cursor *cursor, uint64_t *value) {
    const uint8_t *bytes;
    if (!cursor_peek(cursor, 1, &bytes)) {
        return false;
    }
    const unsigned size = 1u << (*bytes >> 6);
    if (!cursor_take(cursor, size, &bytes)) {
        return false;
    }
    *value = bytes[0] & 0x3f;
    for (unsigned i = 1; i < size; i++) {
        *value = *value << 8 | bytes[i];
    }
    return true;
}

DPAE_EXPORT int dpae_quic_initial(const uint8_t *bytes, uint32_t length, uint32_t datagram,
                                  struct quic_initial *initial) {
    struct cursor cursor = {bytes, bytes + length};
    struct quic_initial found = {0};
    const uint8_t *head;
    uint64_t token, rest;
    if (length == 0 || (bytes[0] & 0xc0) != 0xc0) {
        return PARSE_NONE;
    }
    if (!cursor_take(&cursor, 5, &head)) {
        return length < datagram ? PARSE_PARTIAL : PARSE_NONE;
    }
    found.version = read_be32(head + 1);
    if (!is_known(found.version) || !is_initial(head[0], found.version)) {
        return PARSE_NONE;
    }
    enum parse_result result = take_id(&cursor, &found.destination, &found.destination_length);
    if (result == PARSE_WHOLE) {
        result = take_id(&cursor, &found.source, &found.source_length);
    }
    if (result == PARSE_WHOLE) {
        result = take_varint(&cursor, &token) ? PARSE_WHOLE : PARSE_PARTIAL;
    }
    if (result == PARSE_WHOLE && token > datagram) {
        return PARSE_NONE;
    }
    if (result == PARSE_WHOLE) {
        found.token_length = (uint32_t)token;
        const bool whole = cursor_take(&cursor, token, &head) && take_varint(&cursor, &rest);
        result = whole ? PARSE_WHOLE : PARSE_PARTIAL;
    }
    if (result == PARSE_PARTIAL) {
        return length < datagram ? PARSE_PARTIAL : PARSE_NONE;
    }
    if (result == PARSE_WHOLE &&
        (rest < PACKET_LENGTH_MIN || rest > datagram - (uint64_t)(cursor.at - bytes))) {
        return PARSE_NONE;
    }
    if (result == PARSE_WHOLE) {
        *initial = found;
    }
    return (int)result;
}
