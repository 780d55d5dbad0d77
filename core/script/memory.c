#include "script/memory.h"

#include "script/limits.h"

#define CHECKS_PER_CAP 8 /* checks per cap of allocated bytes */
#define LARGE_BYTES    ((size_t)1 << 20)
#define KEY_BYTES      24
#define KEYS_WEIGHT    8 /* moving keys takes as long as a list of this many times their bytes */

/* Runs rarely. */
static void check(struct script_memory *memory) {
    memory->next_check = memory->allocated + memory->cap / CHECKS_PER_CAP;
    if (memory->used > memory->cap) {
        *memory->due = true;
    }
    if (memory->used / 4 > memory->cap) {
        memory->give_up(memory->context);
    }
}

/* The number of keys of a block that holds the hash part of a table: a power of two. No other
 * block has such a size, since others have a header. */
static size_t room_for_keys(size_t size) {
    const size_t room = size / KEY_BYTES;
    return size % KEY_BYTES == 0 && (room & (room - 1)) == 0 ? room : 0;
}

/* Size class of a block, from 0; -1: not large. */
static int level_of(size_t size) {
    const size_t weight = room_for_keys(size) ? size * KEYS_WEIGHT : size;
    int level = -1;
    while (level < MEMORY_LEVELS - 1 && weight >= LARGE_BYTES << (level + 1)) {
        level++;
    }
    return level;
}

/* Steps between two checks: half as many for each level. */
static double slice_for(const struct script_memory *memory) {
    for (unsigned level = MEMORY_LEVELS; level > 0; level--) {
        if (memory->large[level - 1] > 0) {
            return LIMITS_SLICE >> level > 0 ? LIMITS_SLICE >> level : 1;
        }
    }
    return LIMITS_SLICE;
}

/* Runs rarely: a large block is allocated, freed or resized. */
static void note_large(struct script_memory *memory, size_t before, size_t after) {
    const int old_level = level_of(before), new_level = level_of(after);
    if (old_level >= 0) {
        memory->large[old_level]--;
    }
    if (new_level >= 0) {
        memory->large[new_level]++;
    }
    if (room_for_keys(after) > MEMORY_KEYS_MAX) {
        *memory->oversized |= 1u << *memory->current;
    }
    *memory->slice = slice_for(memory);
}

void *memory_allocate(void *context, void *block, size_t old_size, size_t new_size) {
    struct script_memory *memory = context;
    const size_t before = block ? old_size : 0;
    void *made = memory->base(memory->base_context, block, before, new_size);
    if (new_size > 0 && !made) {
        return NULL;
    }
    memory->used += new_size - before;
    if (new_size >= LARGE_BYTES / KEYS_WEIGHT || before >= LARGE_BYTES / KEYS_WEIGHT) {
        note_large(memory, before, new_size);
    }
    if (new_size > before) {
        memory->allocated += new_size - before;
        if (memory->allocated >= memory->next_check) {
            check(memory);
        }
    }
    return made;
}
