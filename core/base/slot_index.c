#include "base/slot_index.h"

static uint32_t step(const struct slot_index *index, uint32_t at) {
    return at + 1 == index->size ? 0 : at + 1;
}

void slot_index_insert(struct slot_index *index, uint64_t hash, uint32_t slot) {
    uint32_t at = slot_index_home(index, hash);
    while (index->entries[at] != 0) {
        at = step(index, at);
    }
    index->entries[at] = (hash >> 32) << 32 | (slot + 1);
}

/* Returns the distance of the entry at `at` from its home. */
static uint32_t distance(const struct slot_index *index, uint32_t at) {
    const uint32_t home = slot_index_home(index, index->entries[at]);
    return at >= home ? at - home : at + index->size - home;
}

void slot_index_erase(struct slot_index *index, uint64_t hash, uint32_t slot) {
    const uint64_t entry = (hash >> 32) << 32 | (slot + 1);
    uint32_t hole = slot_index_home(index, hash);
    while (index->entries[hole] != entry) {
        if (index->entries[hole] == 0) {
            return;
        }
        hole = step(index, hole);
    }
    /* An entry may move back into the hole unless that puts it before its home. */
    uint32_t gap = 1;
    for (uint32_t at = step(index, hole); index->entries[at] != 0; at = step(index, at), gap++) {
        if (distance(index, at) >= gap) {
            index->entries[hole] = index->entries[at];
            hole = at;
            gap = 0;
        }
    }
    index->entries[hole] = 0;
}
