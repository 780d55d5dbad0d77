#ifndef DPAE_BASE_HASH_H
#define DPAE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a of 64 bits over length bytes, going on from an earlier hash, or HASH_START. The same in
 * every process; not for tables whose keys somebody else chooses (siphash.h). */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

#endif
