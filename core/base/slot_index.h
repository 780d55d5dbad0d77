#ifndef DPAE_BASE_SLOT_INDEX_H
#define DPAE_BASE_SLOT_INDEX_H

#include <stdint.h>

/* A bounded index from a 64-bit hash to slot numbers of the caller's array: open addressing, linear
 * probing, backward-shift deletion, hence no tombstones. An entry holds the upper half of the hash
 * and the slot; the caller compares keys. The caller provides the memory, which may be shared; the
 * index can be rebuilt from the slots at any time. */
struct slot_index {
    uint64_t *entries; /* tag << 32 | slot + 1; 0: free */
    uint32_t size;     /* entries; more than the slots in use at any time */
};

#define SLOT_NONE UINT32_MAX

/* Returns the entries needed for this many slots at a load of at most 0.8. */
static inline uint32_t slot_index_size(uint32_t slots) {
    return slots + slots / 4 + 2;
}

static inline uint32_t slot_index_home(const struct slot_index *index, uint64_t hash) {
    return (uint32_t)(((hash >> 32) * index->size) >> 32);
}

static inline void slot_index_prefetch(const struct slot_index *index, uint64_t hash) {
    __builtin_prefetch(&index->entries[slot_index_home(index, hash)]);
}

/* Iterates over the slots that may hold the key: start with *at = slot_index_home() and call until
 * it returns SLOT_NONE. */
static inline uint32_t slot_index_next(const struct slot_index *index, uint64_t hash,
                                       uint32_t *at) {
    for (uint64_t entry; (entry = index->entries[*at]) != 0;) {
        *at = *at + 1 == index->size ? 0 : *at + 1;
        if (entry >> 32 == hash >> 32) {
            return (uint32_t)entry - 1;
        }
    }
    return SLOT_NONE;
}

/* Inserts a slot that is not in the index. */
void slot_index_insert(struct slot_index *index, uint64_t hash, uint32_t slot);

/* Erases the slot under this hash; does nothing when it is absent. */
void slot_index_erase(struct slot_index *index, uint64_t hash, uint32_t slot);

#endif
