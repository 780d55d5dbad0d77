#include "bytes/tls.h"

#include "base/export.h"
#include "bytes/cursor.h"
#include "bytes/parse.h"

#include <stddef.h>
#include <string.h>

enum { RECORD_HEADER = 5, RECORD_HANDSHAKE = 22, RECORD_MAX = (1 << 14) + 256 };
enum { HANDSHAKE_HEADER = 4, CLIENT_HELLO = 1 };
enum {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_GROUPS = 10,
    EXTENSION_POINT_FORMATS = 11,
    EXTENSION_SIGNATURES = 13,
    EXTENSION_ALPN = 16,
    EXTENSION_VERSIONS = 43
};

/* Takes a length of length_bytes bytes and a list of that length. */
static bool take_list(struct cursor *cursor, unsigned length_bytes, struct tls_list *list) {
    const uint8_t *bytes;
    if (!cursor_take(cursor, length_bytes, &bytes)) {
        return false;
    }
    list->length = length_bytes == 1 ? *bytes : read_be16(bytes);
    return cursor_take(cursor, list->length, &list->bytes);
}

bool tls_is_grease(uint16_t number) {
    return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
}

static struct cursor cursor_over(const struct tls_list *list) {
    return (struct cursor){list->bytes, list->bytes + list->length};
}

/* Reads an extension that consists of exactly one list. */
static bool read_list(const struct tls_list *data, unsigned length_bytes, struct tls_list *list) {
    struct cursor cursor = cursor_over(data);
    return take_list(&cursor, length_bytes, list) && cursor_left(&cursor) == 0;
}

static bool read_numbers(const struct tls_list *data, unsigned length_bytes,
                         struct tls_list *list) {
    return read_list(data, length_bytes, list) && list->length % 2 == 0;
}

/* RFC 6066 section 3: a list of names, at most one of them a host name. */
static bool read_server_name(const struct tls_list *data, struct tls_hello *hello) {
    struct tls_list names, name;
    const uint8_t *type;
    hello->has_server_name = true;
    if (data->length == 0) {
        return true;
    }
    if (!read_list(data, 2, &names)) {
        return false;
    }
    for (struct cursor cursor = cursor_over(&names); cursor_left(&cursor) > 0;) {
        if (!cursor_take(&cursor, 1, &type) || !take_list(&cursor, 2, &name)) {
            return false;
        }
        if (*type == 0) {
            hello->server_name = name;
        }
    }
    return true;
}

/* RFC 7301 section 3.1. */
static bool read_protocols(const struct tls_list *data, struct tls_hello *hello) {
    struct tls_list name;
    if (!read_list(data, 2, &hello->protocols)) {
        return false;
    }
    for (struct cursor cursor = cursor_over(&hello->protocols); cursor_left(&cursor) > 0;) {
        if (!take_list(&cursor, 1, &name)) {
            return false;
        }
    }
    return true;
}

static bool read_extension(uint16_t type, const struct tls_list *data, struct tls_hello *hello) {
    switch (type) {
    case EXTENSION_SERVER_NAME:
        return read_server_name(data, hello);
    case EXTENSION_GROUPS:
        return read_numbers(data, 2, &hello->groups);
    case EXTENSION_POINT_FORMATS:
        return read_list(data, 1, &hello->point_formats);
    case EXTENSION_SIGNATURES:
        return read_numbers(data, 2, &hello->signatures);
    case EXTENSION_ALPN:
        return read_protocols(data, hello);
    case EXTENSION_VERSIONS:
        return read_numbers(data, 1, &hello->versions);
    default:
        return true;
    }
}

/* Reads the extensions that are complete before the cursor's end. */
static enum parse_result read_extensions(struct cursor *cursor, struct tls_hello *hello) {
    while (cursor_left(cursor) > 0) {
        const uint8_t *type;
        struct tls_list data;
        if (!cursor_take(cursor, 2, &type) || !take_list(cursor, 2, &data)) {
            return PARSE_PARTIAL;
        }
        if (!read_extension(read_be16(type), &data, hello)) {
            return PARSE_NONE;
        }
    }
    return PARSE_WHOLE;
}

/* Reads the message after the handshake header, up to the cursor's end. */
static enum parse_result read_body(struct cursor *cursor, struct tls_hello *hello) {
    const uint8_t *version, *length;
    struct tls_list skipped;
    const uint8_t *random;
    if (!cursor_take(cursor, 2, &version) || !cursor_take(cursor, 32, &random) ||
        !take_list(cursor, 1, &skipped) || !take_list(cursor, 2, &hello->ciphers) ||
        !take_list(cursor, 1, &skipped)) {
        return PARSE_PARTIAL;
    }
    hello->version = read_be16(version);
    if (hello->ciphers.length % 2 != 0 || skipped.length == 0) {
        return PARSE_NONE;
    }
    if (cursor_left(cursor) == 0) {
        return PARSE_WHOLE; /* extensions are optional before TLS 1.3 */
    }
    if (!cursor_take(cursor, 2, &length)) {
        return PARSE_PARTIAL;
    }
    const size_t announced = read_be16(length);
    const bool whole = announced <= cursor_left(cursor);
    struct cursor extensions = *cursor;
    if (whole) {
        extensions.end = extensions.at + announced;
        hello->extensions = (struct tls_list){extensions.at, (uint32_t)announced};
        cursor->at = extensions.end;
    }
    const enum parse_result result = read_extensions(&extensions, hello);
    return result == PARSE_WHOLE && !whole ? PARSE_PARTIAL : result;
}

/* Takes the header of a handshake record and sets *left to the length of its content. */
static enum parse_result take_record(struct cursor *cursor, uint32_t *left) {
    const uint8_t *header;
    if (!cursor_take(cursor, RECORD_HEADER, &header)) {
        const bool fits = (cursor->at == cursor->end || cursor->at[0] == RECORD_HANDSHAKE) &&
                          (cursor_left(cursor) < 2 || cursor->at[1] == 3);
        return fits ? PARSE_PARTIAL : PARSE_NONE;
    }
    *left = read_be16(header + 3);
    const bool fits =
        header[0] == RECORD_HANDSHAKE && header[1] == 3 && *left > 0 && *left <= RECORD_MAX;
    return fits ? PARSE_WHOLE : PARSE_NONE;
}

/* Joins the contents of records until there are want bytes or the records end. cursor is just after
 * the first record's header, and left is the length of its content. Returns the number of bytes. */
static uint32_t join_records(struct cursor cursor, uint32_t left, uint32_t want, uint8_t *joined) {
    uint32_t used = 0;
    do {
        const uint8_t *bytes;
        uint32_t size = left < want - used ? left : want - used;
        size = size < cursor_left(&cursor) ? size : (uint32_t)cursor_left(&cursor);
        if (size > 0 && cursor_take(&cursor, size, &bytes)) {
            memcpy(joined + used, bytes, size);
            used += size;
        }
    } while (used < want && take_record(&cursor, &left) == PARSE_WHOLE);
    return used;
}

DPAE_EXPORT int dpae_tls_client_hello(const uint8_t *bytes, uint32_t length,
                                      struct tls_hello *hello) {
    struct cursor cursor = {bytes, bytes + length};
    uint8_t header[HANDSHAKE_HEADER];
    uint32_t left;
    if (length == 0 || bytes[0] != RECORD_HANDSHAKE) {
        return PARSE_NONE;
    }
    memset(hello, 0, offsetof(struct tls_hello, joined));
    const enum parse_result record = take_record(&cursor, &left);
    if (record != PARSE_WHOLE) {
        return (int)record;
    }
    /* Some clients spread even the handshake header over several records, to hide their hello. */
    const uint32_t got = join_records(cursor, left, HANDSHAKE_HEADER, header);
    if (got < HANDSHAKE_HEADER) {
        return got == 0 || header[0] == CLIENT_HELLO ? PARSE_PARTIAL : PARSE_NONE;
    }
    const uint32_t body = read_be32(header) & 0xffffff;
    if (header[0] != CLIENT_HELLO || body > RECORD_MAX) {
        return PARSE_NONE;
    }
    struct cursor message = cursor;
    uint32_t want = HANDSHAKE_HEADER + body;
    uint32_t available =
        (uint32_t)cursor_left(&cursor) < want ? (uint32_t)cursor_left(&cursor) : want;
    if (want > left) {
        const uint32_t limit = want < TLS_HELLO_MAX ? want : TLS_HELLO_MAX;
        available = join_records(cursor, left, limit, hello->joined);
        message.at = hello->joined;
    }
    message.end = message.at + available;
    message.at += HANDSHAKE_HEADER;
    const enum parse_result result = read_body(&message, hello);
    if (result == PARSE_NONE) {
        return PARSE_NONE;
    }
    if (available < want) {
        return PARSE_PARTIAL;
    }
    return result == PARSE_WHOLE && cursor_left(&message) == 0 ? PARSE_WHOLE : PARSE_NONE;
}

DPAE_EXPORT int dpae_tls_next_protocol(const struct tls_hello *hello, uint32_t *at,
                                       struct tls_list *name) {
    const uint8_t *skipped;
    if (hello->protocols.length == 0) {
        return false; /* protocols.bytes is NULL */
    }
    struct cursor cursor = cursor_over(&hello->protocols);
    if (!cursor_take(&cursor, *at, &skipped)) {
        return false;
    }
    while (take_list(&cursor, 1, name)) {
        *at += 1 + name->length;
        if (name->length != 2 || !tls_is_grease(read_be16(name->bytes))) {
            return true;
        }
    }
    return false;
}
