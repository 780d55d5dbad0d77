#ifndef DPAE_BASE_HASH_H
#define DPAE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* 64-bit FNV-1a over length bytes. Continues from an earlier hash, or starts with HASH_START. The
 * result is the same in every process. Not for tables with keys that outsiders choose (see
 * siphash.h). */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

#endif
