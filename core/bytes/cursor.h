#ifndef DPAE_BYTES_CURSOR_H
#define DPAE_BYTES_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The unread bytes of a packet; at <= end. Every read of packet bytes goes through cursor_take() or
 * cursor_peek(). */
struct cursor {
    const uint8_t *at, *end;
};

static inline size_t cursor_left(const struct cursor *cursor) {
    return (size_t)(cursor->end - cursor->at);
}

/* Points *bytes at the next need bytes. Returns false when fewer are left. */
static inline bool cursor_peek(const struct cursor *cursor, size_t need, const uint8_t **bytes) {
    if (need > (size_t)(cursor->end - cursor->at)) {
        return false;
    }
    *bytes = cursor->at;
    return true;
}

/* As cursor_peek(), and advances past the bytes; on failure the cursor stays. */
static inline bool cursor_take(struct cursor *cursor, size_t need, const uint8_t **bytes) {
    if (!cursor_peek(cursor, need, bytes)) {
        return false;
    }
    cursor->at += need;
    return true;
}

/* Convert network byte order to host byte order. */
static inline uint16_t read_be16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t read_be32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

#endif
